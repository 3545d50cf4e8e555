//! Answers to the exercises of `docs/sigmoid.md`.

use gradus::prelude::*;

/// 1. Near 1 the numbers of `f64` are 2⁻⁵³ apart, and 1 − y is e⁻ˣ: from half of that on, y is 1. That is
///    x > 53 ln 2 + ln 2 − …, a little under 37.
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
