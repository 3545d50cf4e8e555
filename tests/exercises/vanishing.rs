//! Exercises of `docs/vanishing.md`: `cargo test --test exercises vanishing -- --ignored`.

mod answers;

use gradus::diagnose::Health;
use gradus::nn::{Activation, Facts};
use gradus::prelude::*;

/// What is left of the gradient in the first of some layers of 32 units: the geometric mean of ten networks.
fn fall(depth: usize, init: Init, activation: Activation) -> f64 {
    let one = |seed: u64| {
        let mut params = Params::<f64>::seeded(seed);
        let sizes: Vec<usize> = [32].into_iter().chain(vec![32; depth]).chain([1]).collect();
        let net = Mlp::with_activation(&mut params, "net", &sizes, init, activation);
        let batch = Init::Normal(1.0).sample([32, 32], params.rng());
        let g = Graph::new();
        let x = g.input("x", [32, 32]);
        let health = Health::of(net.forward(x).mean(..), &params, [[(x, &batch)]]).expect("it looks");
        health.fall().expect("a gradient reaches the last layer").ln()
    };
    ((1..=10).map(one).sum::<f64>() / 10.0).exp()
}

// 1. Predict ----------------------------------------------------------------------------------------

/// Eleven layers of rectifiers with gain 1: what share of the last layer's gradient reaches the first? A
/// factor of 2 is near enough.
fn share_of_eleven() -> f64 {
    todo!("half of all slopes are 0; what does that do to a norm, ten times?")
}

#[test]
#[ignore = "exercise"]
fn exercise_1() {
    check_1(share_of_eleven);
}

fn check_1(answer: fn() -> f64) {
    let (said, measured) = (answer(), fall(11, Init::KaimingNormal(1.0), |x| x.relu()));
    assert!((0.5..2.0).contains(&(said / measured)), "{said:.4}, and measured is {measured:.4}");
}

// 2. Compute ----------------------------------------------------------------------------------------

/// The factor by which the gradient changes from one wide layer to the one before it, if what the layers
/// are given has variance 1. `Facts::of` knows an expectation that helps.
fn factor(activation: Activation, gain: f64) -> f64 {
    todo!("gain times the root of …")
}

#[test]
#[ignore = "exercise"]
fn exercise_2() {
    check_2(factor);
}

fn check_2(answer: fn(Activation, f64) -> f64) {
    let activations: [Activation; 4] = [|x| x.relu(), |x| x.tanh(), |x| x.selu(), |x| x.sigmoid()];
    let expected = [0.5f64.sqrt(), 0.6815, 1.0352, 0.2117];
    for (activation, expected) in activations.into_iter().zip(expected) {
        for gain in [1.0, 2.0] {
            let found = answer(activation, gain);
            assert!((found / (gain * expected) - 1.0).abs() < 2e-3, "{found} for {}", gain * expected);
        }
    }
    let balance = Facts::of(|x| x.relu()).expect("it is measured").slope_gain();
    assert!((answer(|x| x.relu(), balance) - 1.0).abs() < 1e-9, "He's gain keeps the gradient");
}

// 3. Break and fix ----------------------------------------------------------------------------------

/// An initialization for ten sigmoid layers with which the first layer gets between a tenth and ten times the
/// gradient of the last. Glorot's gives it a millionth, a gain of 4 a hundredth.
fn init_for_sigmoids() -> Init {
    todo!("Init::KaimingNormal(…)")
}

#[test]
#[ignore = "exercise"]
fn exercise_3() {
    check_3(init_for_sigmoids);
}

fn check_3(answer: fn() -> Init) {
    let share = fall(10, answer(), |x| x.sigmoid());
    assert!((0.1..10.0).contains(&share), "the first layer gets {share:.1e} of the last one's");
}

// Answers -------------------------------------------------------------------------------------------

#[test]
fn answer_1() {
    check_1(answers::share_of_eleven);
}

#[test]
fn answer_2() {
    check_2(answers::factor);
}

#[test]
fn answer_3() {
    check_3(answers::init_for_sigmoids);
}
