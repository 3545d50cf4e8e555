//! Answers to the exercises of `docs/zoo.md`.

use gradus::prelude::*;

/// 1. At 0, where ReLU is 0 and softplus ln(1 + 1); to both sides the distance is ln(1 + e^−|x|).
pub fn farthest() -> f64 {
    std::f64::consts::LN_2
}

/// 2. Below 0 the value is alpha · x, so the slope in alpha is x; above 0 alpha is not looked at.
pub fn slope_in_alpha(x: Var<'_>) -> Var<'_> {
    x.minimum(0.0)
}

/// 3. `softplus` is ln(1 + eˣ) without the overflow, and so is its slope.
pub fn mish(x: Var<'_>) -> Var<'_> {
    x * x.softplus().tanh()
}
