//! Answers to the exercises of `docs/vanishing.md`.

use gradus::nn::{Activation, Facts};
use gradus::prelude::*;

/// 1. Half of the squares are lost in each step, so the norm falls by √½; ten steps make 1/32.
pub fn share_of_eleven() -> f64 {
    0.5f64.sqrt().powi(10)
}

/// 2. With variance 1 the expectation is under the standard normal distribution, which `Facts` measures.
pub fn factor(activation: Activation, gain: f64) -> f64 {
    gain * Facts::of(activation).expect("it is measured").slope_moment.sqrt()
}

/// 3. Large weights saturate most units, but those near 0 have a slope of a quarter, and a large gain. The gradient
///    is kept by the few. That it flows does not make the network a good one: it is nearly a network of steps.
pub fn init_for_sigmoids() -> Init {
    Init::KaimingNormal(10.0)
}
