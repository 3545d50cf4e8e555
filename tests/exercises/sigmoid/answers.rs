//! Answers to the exercises of `docs/sigmoid.md`.

use gradus::prelude::*;

/// 1. From 1 to the next number of `f64` it is 2⁻⁵². Once e⁻ˣ is at most half of that, 1 + e⁻ˣ is 1, and so
///    is y: from 53 ln 2 on, which is 36.7.
pub fn first_whole_zero() -> f64 {
    37.0
}

/// 2. ln σ(x) = −ln(1 + e⁻ˣ), and `softplus` is ln(1 + eˣ) without overflow.
pub fn log_sigmoid(x: Var<'_>) -> Var<'_> {
    -(-x).softplus()
}

/// 3. The slope is even, so it may be taken at −|x|, where the exponential is at most 1.
pub fn slope(x: Var<'_>) -> Var<'_> {
    let e = (-x.abs()).exp();
    e / (1.0 + e).square()
}
