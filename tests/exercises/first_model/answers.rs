//! Answers to the exercises of `docs/first_model.md`.

use gradus::prelude::*;

/// 1. The knob has to go up by 1, and the turn is the rate times 18.
pub fn rate_for_one_turn() -> f64 {
    1.0 / 18.0
}

/// 2. From each size to the next: `(inputs + 1) · units`, the one more being the bias.
pub fn count_weights(sizes: &[usize]) -> usize {
    sizes.windows(2).map(|pair| (pair[0] + 1) * pair[1]).sum()
}

/// 3. A slope in a weight of one layer is made of numbers and weights of the other; if all are 0, so is
///    it. Units that begin alike also stay alike, so the rows have to differ, and one of the two layers may
///    stay at 0: the first step moves it. That is why weights begin at random.
pub fn start(params: &mut Params<f64>) {
    let weight = tensor![[1.0, 0.5], [-0.5, 1.0], [1.0, -1.0], [0.5, 1.5]];
    params.set("hidden.weight", weight).expect("the weight is there");
    params.set("hidden.bias", tensor![0.5, -0.5, 0.25, -1.0]).expect("the bias is there");
    params.set("output.weight", tensor![[0.5, -0.5, 1.0, -1.0]]).expect("the weight is there");
}
