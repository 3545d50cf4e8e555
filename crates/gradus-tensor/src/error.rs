//! Every error of the crate, as one enum.

use crate::shape::Shape;
use std::fmt;
use std::panic::Location;

/// The result of everything that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The part of a computation that a node belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Role {
    /// Recorded by the user.
    #[default]
    Forward,
    /// Part of the derivative of the line's operation.
    Backward,
    /// Part of an optimizer's update.
    Update,
}

/// The place where a node was recorded: the user's own file, line and column, and the role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Site {
    /// The place in the user's source.
    pub location: &'static Location<'static>,
    /// The part of a computation that the node belongs to.
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
    /// The place where it was recorded.
    pub site: Site,
}

/// A mistake in recording: an operation whose arguments do not fit.
///
/// Displayed, it names the operation, the shapes, the user's line, and the place that each argument came
/// from.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// The operation, with the scopes it was recorded in, such as `hidden/matmul`.
    pub op: String,
    /// The mismatch, in words.
    pub message: String,
    /// The user's line.
    pub site: Site,
    /// The arguments of the operation.
    pub args: Vec<Argument>,
    /// The number of values that depend on this one and were not checked.
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

/// The ways in which a feed does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FeedErrorKind {
    /// There is no such input.
    Unknown,
    /// It is for a value of another graph.
    OtherGraph,
    /// The input was fed already.
    Twice,
    /// Indices were fed to an input of real numbers, or real numbers to labels.
    WrongKind,
}

/// The ways in which a parameter cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParamErrorKind {
    /// There is none of this name.
    Missing,
    /// Two have this name.
    Twice,
    /// No file can hold this name.
    Name,
    /// It is a buffer where a parameter is meant, or a parameter where a buffer is.
    Buffer,
}

/// The ways in which a file is not as requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FileErrorKind {
    /// Its bytes are not those of a whole file of its format.
    Damaged,
    /// Its bytes are those of another format, which the text names.
    OtherFormat,
    /// It lacks a parameter.
    MissingParam,
    /// It holds a parameter that the store does not have.
    UnknownParam,
    /// It holds a parameter in another shape.
    Shape,
    /// It holds numbers of a type that is not read.
    ElementType,
    /// It is longer than the limit.
    TooLong,
    /// It holds no rows.
    Empty,
    /// It lacks a column, a header or a number that was asked for.
    Content,
}

/// The error that caused another one.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

/// Every error of the engine, as one type. Its `Debug` is the variant's name and the text:
/// `fn main() -> Result<()>`, tests and `unwrap` show an error that way.
///
/// The variants and their kinds are there to be matched on:
///
/// ```
/// use gradus_tensor::error::{Error, FileErrorKind};
/// fn can_start_anew(error: &Error) -> bool {
///     matches!(error, Error::Io { .. } | Error::File { kind: FileErrorKind::Damaged, .. })
/// }
/// let error = Error::file("model.safetensors", FileErrorKind::Damaged, "it ends too early");
/// assert!(can_start_anew(&error));
/// assert_eq!(error.to_string(), "model.safetensors: it ends too early");
/// assert_eq!(format!("{error:?}"), "File: model.safetensors: it ends too early");
/// ```
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
        /// The number of numbers given.
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
    #[error("{what} {} shape {expected}, but {} given {found}{}", agreed(what, "has", "have"), agreed(what, "was", "were"), at.map(|at| format!("\n  --> declared at {at}")).unwrap_or_default())]
    Shape {
        /// The input or the parameter, by name.
        what: String,
        /// The declared shape.
        expected: Shape,
        /// The shape given.
        found: Shape,
        /// The place where it was declared.
        at: Option<Site>,
    },

    /// A value of another graph was given to a graph, or to a program compiled from it.
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
    #[error("the {kind} {name:?}{} {} not fed\n  --> declared at {site}", shape.as_ref().map(|shape| format!(" of shape {shape}")).unwrap_or_default(), agreed(kind, "was", "were"))]
    Missing {
        /// `input` or `labels`.
        kind: &'static str,
        /// Its name.
        name: String,
        /// Its shape, unless it takes that of the feed.
        shape: Option<Shape>,
        /// The place where it was declared.
        site: Site,
    },

    /// A run was fed something that does not fit its inputs.
    #[error("{problem}")]
    Feed {
        /// The way in which it does not fit.
        kind: FeedErrorKind,
        /// The text, with the line.
        problem: String,
    },

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
        /// The place where the labels were declared.
        site: Site,
    },

    /// The first value that is infinite or NaN, in a run that was asked to stop there.
    #[error("{op} made {value} at position {position} of a value of shape {shape}\n  --> {site}")]
    NonFinite {
        /// The operation, with its scopes.
        op: String,
        /// The value that it made: `NaN`, `inf` or `-inf`.
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
        /// The way in which it cannot be used.
        kind: ParamErrorKind,
        /// The mistake, in words.
        problem: String,
    },

    /// A setting of an optimizer is outside of what is allowed.
    #[error("the optimizer's {setting} is {value}; allowed is {allowed}\n  --> {site}")]
    Setting {
        /// The setting, such as `momentum`.
        setting: String,
        /// The value that was given.
        value: f64,
        /// The allowed range, in words.
        allowed: String,
        /// The line that compiled the training.
        site: Site,
    },

    /// The loss of a step is infinite or NaN: the step is not taken, and nothing is changed.
    #[error(
        "the loss of step {step} is {value}, and the step is not taken; `trap_non_finite(true)` finds the operation that made it, `skip_non_finite(true)` skips such steps, `stop_on_non_finite_loss(false)` takes them\n  --> {site}"
    )]
    Loss {
        /// The number of the step, from 1.
        step: u64,
        /// The loss.
        value: f64,
        /// The line of the run.
        site: Site,
    },

    /// A gradient is infinite or NaN, and the optimizer needs it finite: the step is not taken, and nothing is changed.
    #[error(
        "the gradient of {name:?} in step {step} holds {value}, and the step is not taken; `trap_non_finite(true)` finds the operation that made it, `skip_non_finite(true)` skips such steps\n  --> {site}"
    )]
    Gradient {
        /// The parameter's name.
        name: String,
        /// The number of the step, from 1.
        step: u64,
        /// The largest magnitude in the gradient: `NaN` or `inf`.
        value: f64,
        /// The line of the run.
        site: Site,
    },

    /// The value that a step gives a buffer is infinite or NaN: the step is not taken, and nothing is changed.
    #[error(
        "the value that step {step} gives the buffer {name:?} holds {value}, and the step is not taken; `trap_non_finite(true)` finds the operation that made it, `skip_non_finite(true)` skips such steps\n  --> {site}"
    )]
    Buffer {
        /// The buffer's name.
        name: String,
        /// The number of the step, from 1.
        step: u64,
        /// The largest magnitude in the value: `NaN` or `inf`.
        value: f64,
        /// The line of the run.
        site: Site,
    },

    /// The learning rate of a step is not a finite number from 0 on.
    #[error(
        "the learning rate after {steps} steps is {rate}, which is no finite {dtype} from 0 on; a schedule gives such a number for each step\n  --> {site}"
    )]
    LearningRate {
        /// The number of steps taken before.
        steps: u64,
        /// The rate that the schedule gave.
        rate: f64,
        /// The element type, such as `f32`.
        dtype: String,
        /// The line of the run.
        site: Site,
    },

    /// The number of steps that the parameters have taken is the largest that can be counted.
    #[error(
        "the parameters have taken {} steps, and no more can be counted; new ones that load the weights alone (`load_weights`) count from 0\n  --> {site}",
        u64::MAX
    )]
    Steps {
        /// The line of the run.
        site: Site,
    },

    /// A run cannot have this number of threads.
    #[error("{problem}")]
    Threads {
        /// The number of threads that were asked for.
        count: usize,
        /// The text, with the line.
        problem: String,
        /// The system's reason, if it refused them.
        source: Option<Source>,
    },

    /// There is no memory for something.
    #[error("{0}")]
    Memory(String),

    /// A mistake in Gradus itself, found before it could give a wrong number.
    #[error("a defect in Gradus: {0}")]
    Defect(String),

    /// A request has no answer, such as a gradient check of nothing.
    #[error("{0}")]
    Invalid(String),

    /// A file is damaged, or does not hold what was asked for.
    #[error("{path}: {problem}")]
    File {
        /// The file.
        path: String,
        /// The way in which it is not as requested.
        kind: FileErrorKind,
        /// The mistake, in words.
        problem: String,
        /// The reader's own error, if there is one.
        source: Option<Source>,
    },

    /// A cell of a table has a wrong value.
    #[error("{path}:{line}:{column}: {problem}")]
    Cell {
        /// The file.
        path: String,
        /// The line, from 1.
        line: u64,
        /// The column (the field in its line), from 1.
        column: usize,
        /// The mistake, in words.
        problem: String,
    },

    /// The operating system refused to read or write a file.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// The system's own error.
        source: std::io::Error,
    },
}

/// Returns the form of a verb that agrees with what is named: labels are several, all else is one.
fn agreed(what: &str, one: &'static str, several: &'static str) -> &'static str {
    match what.trim_start_matches("the ").split(' ').next() {
        Some("labels") => several,
        _ => one,
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {self}", self.variant())
    }
}

impl Error {
    /// An error of a file's content.
    pub fn file(path: impl Into<String>, kind: FileErrorKind, problem: impl Into<String>) -> Self {
        Error::File { path: path.into(), kind, problem: problem.into(), source: None }
    }

    /// The name of the variant.
    fn variant(&self) -> &'static str {
        match self {
            Error::Recording(_) => "Recording",
            Error::Length { .. } => "Length",
            Error::Ragged { .. } => "Ragged",
            Error::Shape { .. } => "Shape",
            Error::Foreign { .. } => "Foreign",
            Error::Missing { .. } => "Missing",
            Error::Feed { .. } => "Feed",
            Error::Label { .. } => "Label",
            Error::NonFinite { .. } => "NonFinite",
            Error::Param { .. } => "Param",
            Error::Setting { .. } => "Setting",
            Error::Loss { .. } => "Loss",
            Error::Gradient { .. } => "Gradient",
            Error::Buffer { .. } => "Buffer",
            Error::LearningRate { .. } => "LearningRate",
            Error::Steps { .. } => "Steps",
            Error::Threads { .. } => "Threads",
            Error::Memory(_) => "Memory",
            Error::Defect(_) => "Defect",
            Error::Invalid(_) => "Invalid",
            Error::File { .. } => "File",
            Error::Cell { .. } => "Cell",
            Error::Io { .. } => "Io",
        }
    }

    /// The mistakes in recording; empty for every other error.
    pub fn faults(&self) -> &[Fault] {
        match self {
            Error::Recording(faults) => &faults.0,
            _ => &[],
        }
    }
}
