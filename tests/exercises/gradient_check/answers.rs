//! Answers to the exercises of `docs/gradient_check.md`.

use gradus::prelude::*;

/// 1. It sees the right side only, where the slope is 1, and calls the 0 of the graph wrong. The centered one
///    says a half, and is right about neither side.
pub fn forward_difference_at_the_kink() -> f64 {
    1.0
}

/// 2. The slope is even, and on the left the value is as small as it is, so that nothing cancels.
pub fn slope(sigmoid: &dyn Fn(f64) -> f64, x: f64) -> f64 {
    let (x, h) = (-x.abs(), 1e-4);
    (sigmoid(x + h) - sigmoid(x - h)) / (2.0 * h)
}

/// 3. Far to the left y is tiny, its exponential is 1, and 1 − 1 is 0. The same slope, without the
///    subtraction, is the sigmoid.
pub fn softplus(x: Var<'_>) -> Var<'_> {
    x.graph().custom("softplus", x.softplus(), &[x], |args, _, ct| vec![ct * args[0].sigmoid()])
}
