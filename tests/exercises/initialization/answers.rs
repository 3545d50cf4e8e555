//! Answers to the exercises of `docs/initialization.md`.

use gradus::nn::Facts;
use gradus::prelude::*;

/// 1. One. A rate for each weight does not help where all weights have had the same gradients: what is computed
///    from equal numbers in the same way is equal.
pub fn different_units() -> usize {
    1
}

/// 2. This is what the definition says; `Facts` does it by quadrature, to thirteen digits.
pub fn gain(activated: &Tensor<f64>) -> f64 {
    let mean_square = activated.iter().map(|y| y * y).sum::<f64>() / activated.len() as f64;
    1.0 / mean_square.sqrt()
}

/// 3. Half of the squares stay, half shrink to a quarter: 5/8 in all, and the gain is √1.6.
pub fn init_for_half_leaky() -> Init {
    Init::KaimingNormal(Facts::of(|x| x.leaky_relu(0.5)).expect("it is measured").gain())
}
