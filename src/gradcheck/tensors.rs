//! Checks of functions of tensors: of a loss, and of a whole Jacobian. Floor 7.

mod check;
mod derivatives;
mod directional;
mod exercised;
mod function;
mod settings;

pub use check::{Check, gradcheck};
pub use function::{Function, function};
