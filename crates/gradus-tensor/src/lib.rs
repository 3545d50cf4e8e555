//! Shapes and dense tensors of numbers, and the errors of the engine [Gradus](https://docs.rs/gradus), which
//! re-exports all of this.
//!
//! ```
//! use gradus_tensor::{Tensor, tensor};
//! let x: Tensor<f32> = tensor![[1.0, 2.0], [3.0, 4.0]];
//! assert_eq!((x.shape().to_string(), x[[1, 0]]), ("[2, 2]".into(), 3.0));
//! ```
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::panic, clippy::todo, clippy::dbg_macro))]

pub mod error;
mod new_shape;
#[doc(hidden)]
pub mod shape;
mod tensor;

pub use error::{Error, Result};
pub use new_shape::{IntoSize, NewShape};
pub use shape::{Axes, IntoAxis, Shape};
pub use tensor::Tensor;
