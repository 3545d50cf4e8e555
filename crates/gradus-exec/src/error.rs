//! Errors of a run, in the plan's numbers: the caller knows the lines.

use gradus_tensor::Shape;

/// The result of a call of the executor.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A mistake that the executor reports.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Something else, in words.
    #[error("{0}")]
    Invalid(String),
    /// There is no memory for something.
    #[error("{0}")]
    Memory(String),
    /// A step that breaks what kernels rely on: a mistake in the compiler.
    #[error("a defect in Gradus: {name}: {problem}")]
    Defect {
        /// The step's name.
        name: String,
        /// The step's origin.
        origin: usize,
        /// The problem.
        problem: String,
    },
    /// An index that is not below its bound.
    #[error("label {label} at position {position} of labels {labels} is not below their bound")]
    Label {
        /// The number of the labels in the plan.
        labels: usize,
        /// The index.
        label: usize,
        /// Its position.
        position: usize,
    },
    /// A number that has to be finite is not; nothing was updated in place.
    #[error("a number that has to be finite is not")]
    Refused,
    /// The first value that is not finite, of a run that stops there.
    #[error("{name} made {value} at position {position} of a value of shape {shape}")]
    NonFinite {
        /// The step's name.
        name: String,
        /// The step's origin.
        origin: usize,
        /// The value.
        value: f64,
        /// Its place along each axis.
        position: Shape,
        /// The shape of the step's result.
        shape: Shape,
    },
}
