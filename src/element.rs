//! The number types: those that a row of the table can compute with, and the two that a program can run in. Floor 1.

use gradus_exec::Kernels;
pub use gradus_rows::{Arithmetic, Float, Number, Scalar};
use std::any::Any;

/// The element types a program can run in: `f32` and `f64`.
///
/// A graph has no element type. The same graph is compiled for training in `f32` and for a
/// gradient check in `f64`.
pub trait Element: Kernels {
    /// The functions for this type that are compiled in this crate: a table of each floor that has some. What is generic
    /// over the element type is otherwise compiled in every program that uses it.
    #[doc(hidden)]
    fn precompiled() -> &'static [&'static (dyn Any + Send + Sync)];
}

/// Returns the table `T` of an element type's functions.
pub(crate) fn precompiled<E: Element, T: Any>() -> &'static T {
    let known = E::precompiled().iter().find_map(|table| table.downcast_ref());
    known.unwrap_or_else(|| unreachable!("each element type has every table"))
}
