//! Every error of the crate, as one enum. Floor 1: reads `shape`.

use crate::shape::Shape;
use std::fmt;
use std::panic::Location;

/// The result of everything that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The part of a computation that a node belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Role {
    /// The user recorded it.
    #[default]
    Forward,
    /// Part of the derivative of what the line recorded.
    Backward,
    /// Part of an optimizer's update.
    Update,
}

/// Where a node was recorded: the user's own file, line and column, and the role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Site {
    /// The place in the user's source.
    pub location: &'static Location<'static>,
    /// What the node is there for.
    pub role: Role,
}

impl Site {
    /// The caller's line, in the forward role.
    #[track_caller]
    pub fn here() -> Self {
        Site { location: Location::caller(), role: Role::Forward }
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.location;
        write!(f, "{}:{}:{}", at.file(), at.line(), at.column())?;
        match self.role {
            Role::Forward => Ok(()),
            Role::Backward => write!(f, " (backward)"),
            Role::Update => write!(f, " (update)"),
        }
    }
}

/// An argument of an operation that was recorded wrongly.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// The argument's role in the operation, such as `left`.
    pub label: String,
    /// Its shape.
    pub shape: Shape,
    /// Its name if it has one, else the operation that made it.
    pub name: String,
    /// Where it was recorded.
    pub site: Site,
}

/// A mistake in recording: an operation whose arguments do not fit.
///
/// Displayed, it names the operation, the shapes, the user's line, and where each argument came
/// from.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// The operation, with the scopes it was recorded in, such as `hidden/matmul`.
    pub op: String,
    /// What does not fit.
    pub message: String,
    /// The user's line.
    pub site: Site,
    /// What the operation was given.
    pub args: Vec<Argument>,
    /// How many values were recorded on top of this one and not checked.
    pub dependents: usize,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n  --> {}", self.op, self.message, self.site)?;
        let width = |text: fn(&Argument) -> String| {
            self.args.iter().map(|arg| text(arg).chars().count()).max().unwrap_or(0)
        };
        let (label, shape, name) = (
            width(|arg| arg.label.clone()),
            width(|arg| arg.shape.to_string()),
            width(|arg| arg.name.clone()),
        );
        for arg in &self.args {
            write!(
                f,
                "\n     {:label$}  {:shape$}  {:name$}  {}",
                arg.label,
                arg.shape.to_string(),
                arg.name,
                arg.site
            )?;
        }
        match self.dependents {
            0 => Ok(()),
            1 => write!(f, "\n  = 1 later value depends on this one and was not checked"),
            n => write!(f, "\n  = {n} later values depend on this one and were not checked"),
        }
    }
}

/// All root mistakes of a graph, in the order in which they were made.
#[derive(Clone, Debug, PartialEq)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.0.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

/// Everything that can go wrong, as one type. Its `Debug` is its text: `fn main() -> Result<()>`, tests and
/// `unwrap` show an error that way.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The graph was recorded with mistakes; all root ones are listed.
    #[error("{0}")]
    Recording(Faults),

    /// Numbers and shape do not agree.
    #[error("a tensor of shape {shape} has {} elements, but {len} were given", shape.size())]
    Length {
        /// The shape.
        shape: Shape,
        /// How many numbers there were.
        len: usize,
    },

    /// The rows of a nested list differ in length.
    #[error("row {row} has {len} elements, but row 0 has {first}")]
    Ragged {
        /// The first row that differs.
        row: usize,
        /// Its length.
        len: usize,
        /// The length of row 0.
        first: usize,
    },

    /// Something was given in another shape than it was declared with.
    #[error("{what} has shape {expected}, but was given {found}{}", at.map(|at| format!("\n  --> declared at {at}")).unwrap_or_default())]
    Shape {
        /// What it is: an input or a parameter, by name.
        what: String,
        /// The declared shape.
        expected: Shape,
        /// The shape given.
        found: Shape,
        /// Where it was declared.
        at: Option<Site>,
    },

    /// A value was given to a graph, or to what was compiled of it, that another graph holds.
    #[error(
        "{what} is a value of another graph; record it in this one, or ask the graph that holds it\n  --> {site}\n     {name}  {shape}  recorded at {recorded}"
    )]
    Foreign {
        /// Its role where it was given.
        what: String,
        /// Its name if it has one, else the operation that made it.
        name: String,
        /// Its shape.
        shape: Shape,
        /// The line that recorded it.
        recorded: Site,
        /// The line that gave it.
        site: Site,
    },

    /// A run needs an input that was not fed.
    #[error("the {kind} {name:?} of shape {shape} was not fed\n  --> declared at {site}")]
    Missing {
        /// `input` or `labels`.
        kind: &'static str,
        /// Its name.
        name: String,
        /// Its shape.
        shape: Shape,
        /// Where it was declared.
        site: Site,
    },

    /// A run was fed something that the program has no input for.
    #[error("{0}")]
    Feed(String),

    /// A label is not below the number of classes.
    #[error(
        "label {label} at position {position} of {name:?} is not below {classes}, the number of classes\n  --> declared at {site}"
    )]
    Label {
        /// The name of the labels.
        name: String,
        /// The label.
        label: usize,
        /// Its position.
        position: usize,
        /// The number of classes.
        classes: usize,
        /// Where the labels were declared.
        site: Site,
    },

    /// The first value that is infinite or NaN, in a run that was asked to stop there.
    #[error("{op} made {value} at position {position} of a value of shape {shape}\n  --> {site}")]
    NonFinite {
        /// The operation, with its scopes.
        op: String,
        /// What it made: `NaN`, `inf` or `-inf`.
        value: f64,
        /// The element's index.
        position: Shape,
        /// The value's shape.
        shape: Shape,
        /// The user's line.
        site: Site,
    },

    /// A parameter cannot be added, found or used.
    #[error("parameter {name:?}: {problem}")]
    Param {
        /// The parameter's name.
        name: String,
        /// What is wrong.
        problem: String,
    },

    /// Something was asked that has no answer, such as the gradient check of nothing.
    #[error("{0}")]
    Invalid(String),

    /// A file is damaged, or does not hold what was asked of it.
    #[error("{path}: {problem}")]
    File {
        /// The file.
        path: String,
        /// What is wrong with it.
        problem: String,
    },

    /// A cell of a table is not what it should be.
    #[error("{path}:{line}:{column}: {problem}")]
    Cell {
        /// The file.
        path: String,
        /// The line, from 1.
        line: u64,
        /// The column (the field in its line), from 1.
        column: usize,
        /// What is wrong with it.
        problem: String,
    },

    /// The operating system refused to read or write a file.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error {
    /// The recording mistakes, if that is what went wrong.
    pub fn faults(&self) -> &[Fault] {
        match self {
            Error::Recording(faults) => &faults.0,
            _ => &[],
        }
    }
}
