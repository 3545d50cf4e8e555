//! Answers to the exercises of `docs/choosing.md`.

use gradus::prelude::*;

/// 1. Yes: SiLU falls to its lowest point at −1.28 and rises on both sides of it. Put that point where
///    x₁ + x₂ is 1, and both other sums lie higher. A function that only rises cannot do that.
pub fn one_silu_is_enough() -> bool {
    true
}

/// 2. `softplus`. ReLU is flat below 0, the exponential infinite at 5000, the sigmoid ends at 1.
pub fn output(z: Var<'_>) -> Var<'_> {
    z.softplus()
}

/// 3. Tanh has slope 1 in the middle, and Glorot's initialization keeps numbers there. ReLU with He's is
///    the other pair.
pub fn deep(params: &mut Params<f64>) -> Mlp {
    let sizes = [2, 12, 12, 12, 12, 12, 12, 12, 12, 2];
    Mlp::with_activation(params, "net", &sizes, Init::GlorotNormal, |x| x.tanh())
}
