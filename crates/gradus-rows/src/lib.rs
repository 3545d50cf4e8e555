//! Activation functions, the elementary functions that they are made of, and the derivatives of all of them, for
//! plain numbers.
//!
//! Each function is one row of a [table]: its formula, its value, its derivative, the interval where both are
//! smooth, its kinks, and a bound on its error. Values and derivatives are accurate in both tails, where the textbook's
//! formulas are 0 or NaN; they are the same bits on every platform.
//!
//! ```
//! use gradus_rows::{Map, grad, rows};
//!
//! assert_eq!(rows::sigmoid(0.0), 0.5);
//! assert_eq!(grad::sigmoid(0.0), 0.25);
//! // Far out, `y · (1 − y)` is 0; the derivative is not.
//! let y: f32 = rows::sigmoid(40.0);
//! assert_eq!(y * (1.0 - y), 0.0);
//! assert_eq!(grad::sigmoid(40.0_f32), 4.248354e-18);
//! // The table describes each function.
//! assert_eq!(Map::Sigmoid.formula(), "1 / (1 + e⁻ˣ)");
//! assert_eq!(Map::Relu.kinks()[0].at, [0.0]);
//! ```
//!
//! [`rows`] has a function for each row, [`grad`] its derivative in the first argument, and [`Map`] the rows as
//! values that a program can choose among, with the derivatives in all arguments ([`Map::slope`]). All of them are
//! generic over [`Scalar`]: `f32`, `f64`, or a number type of your own.
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::panic, clippy::todo, clippy::dbg_macro))]

mod fold;
mod map;
pub mod number;
pub mod random;
pub mod table;

pub use fold::{Fold, Joined, WithFold};
pub use map::{Map, Real, grad, rows};
pub use number::{Arithmetic, Float, Number, Scalar};
