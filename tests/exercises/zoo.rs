//! Exercises of `docs/zoo.md`: `cargo test --test exercises zoo -- --ignored`.

mod answers;

use gradus::nn::Activation;
use gradus::prelude::*;

// 1. Predict ----------------------------------------------------------------------------------------

/// Softplus, ln(1 + eˣ), is the smooth rectifier. How far from ReLU does it get?
fn farthest() -> f64 {
    todo!("where are they farthest apart, and how far is it there?")
}

#[test]
#[ignore = "exercise"]
fn exercise_1() {
    check_1(farthest);
}

fn check_1(answer: fn() -> f64) {
    let g = Graph::new();
    let x = g.value(Tensor::from_fn([2001], |at| at[0] as f64 / 100.0 - 10.0));
    let apart = (x.softplus() - x.relu()).abs().max(..).eval::<f64>().expect("it runs").item();
    assert!((answer() - apart).abs() < 5e-4, "they are up to {apart} apart");
}

// 2. Compute ----------------------------------------------------------------------------------------

/// The slope of `x.leaky_relu(alpha)` in `alpha`, from `x` alone and without `grad`. It is what PReLU
/// learns by.
fn slope_in_alpha(x: Var<'_>) -> Var<'_> {
    todo!("on which side does alpha matter at all?")
}

#[test]
#[ignore = "exercise"]
fn exercise_2() {
    check_2(slope_in_alpha);
}

fn check_2(answer: Activation) {
    let g = Graph::new();
    for x in [-3.0, -0.5, 0.0, 2.0] {
        let (x, alpha) = (g.value(x), g.value(0.25));
        let truth = x.prelu(alpha).grad(alpha).eval::<f64>().expect("it runs").item();
        assert_eq!(answer(x).eval::<f64>().expect("it runs").item(), truth);
    }
}

// 3. Break and fix ----------------------------------------------------------------------------------

/// Mish is x · tanh(ln(1 + eˣ)). As it is written there, its slope is NaN from 710 on. Write it without
/// `mish`, so that value and slope are right from −800 to 800.
fn mish(x: Var<'_>) -> Var<'_> {
    todo!("x * (1.0 + x.exp()).ln().tanh() is the broken one")
}

#[test]
#[ignore = "exercise"]
fn exercise_3() {
    check_3(mish);
}

fn check_3(answer: Activation) {
    let g = Graph::new();
    let x = g.value(tensor![-800.0, -20.0, -1.0, 0.0, 1.0, 20.0, 800.0]);
    let run = |y: Var<'_>| y.eval::<f64>().expect("it runs");
    let (value, slope) = (answer(x), answer(x).sum(..).grad(x));
    for (found, truth) in [(run(value), run(x.mish())), (run(slope), run(x.mish().sum(..).grad(x)))] {
        for (found, truth) in found.iter().zip(truth.iter()) {
            assert!((found - truth).abs() <= 1e-12 * truth.abs(), "{found:e} for {truth:e}");
        }
    }
}

// Answers -------------------------------------------------------------------------------------------

#[test]
fn answer_1() {
    check_1(answers::farthest);
}

#[test]
fn answer_2() {
    check_2(answers::slope_in_alpha);
}

#[test]
fn answer_3() {
    check_3(answers::mish);
}
