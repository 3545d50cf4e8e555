//! The number types: those that a row of the table can compute with, and the two that a program can run in.

use gradus_exec::Kernels;
pub use gradus_rows::{Arithmetic, Float, Number, Scalar};

/// The element types a program can run in: `f32` and `f64`.
///
/// A graph has no element type. The same graph is compiled for training in `f32` and for a
/// gradient check in `f64`.
pub trait Element: Kernels {}

impl Element for f32 {}
impl Element for f64 {}
