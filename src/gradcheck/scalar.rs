//! Checks of functions of one number. Floor 7.

mod elementwise;
mod hints;
mod points;
mod probes;
mod row;

pub use elementwise::{Elementwise, elementwise};
pub use row::{op, op_at, op_in};
