//! Exercises of `docs/sigmoid.md`: `cargo test --test exercises sigmoid -- --ignored`.

mod answers;

use gradus::nn::Activation;
use gradus::prelude::*;

// 1. Predict ----------------------------------------------------------------------------------------

/// In `f64`, `y * (1 - y)` is exactly 0 from some x on. What is the first whole x?
fn first_whole_zero() -> f64 {
    todo!("a number, guessed before anything is run")
}

#[test]
#[ignore = "exercise"]
fn exercise_1() {
    check_1(first_whole_zero);
}

fn check_1(answer: fn() -> f64) {
    let textbook = |x: f64| {
        let y = Graph::new();
        let y = y.value(x).sigmoid();
        (y * (1.0 - y)).eval::<f64>().expect("it runs").item()
    };
    let x = answer();
    assert!(textbook(x) == 0.0, "at {x} it is still {:e}", textbook(x));
    assert!(textbook(x - 1.0) > 0.0, "it is 0 earlier than {x}");
}

// 2. Compute ----------------------------------------------------------------------------------------

/// ln σ(x), right from −800 to 800. The obvious `x.sigmoid().ln()` is −∞ on the left.
fn log_sigmoid(x: Var<'_>) -> Var<'_> {
    todo!("one line; look for a row of docs/ops.md that is ln(1 + eˣ)")
}

#[test]
#[ignore = "exercise"]
fn exercise_2() {
    check_2(log_sigmoid);
}

fn check_2(answer: Activation) {
    let g = Graph::new();
    let x = g.value(tensor![-800.0, -1.0, 0.0, 40.0]);
    let y = answer(x);
    let (value, slope) =
        (y.eval::<f64>().expect("it runs"), y.sum(..).grad(x).eval::<f64>().expect("it runs"));
    let expected = [-800.0, -1.3132616875182228, -std::f64::consts::LN_2, -4.248354255291589e-18];
    for (i, (found, expected)) in value.iter().zip(expected).enumerate() {
        assert!((found / expected - 1.0).abs() < 1e-12, "value {i}: {found:e} for {expected:e}");
    }
    assert_eq!((slope.data()[0], slope.data()[2]), (1.0, 0.5), "the slope is σ(−x)");
}

// 3. Break and fix ----------------------------------------------------------------------------------

/// The slope of the sigmoid, in `f32`, from x alone and without `grad`: right in both tails. Neither
/// `y * (1 - y)` nor `eˣ / (1 + eˣ)²` will do: the first is 0 at 20, the second NaN at 100.
fn slope(x: Var<'_>) -> Var<'_> {
    todo!("which exponential can never overflow?")
}

#[test]
#[ignore = "exercise"]
fn exercise_3() {
    check_3(slope);
}

fn check_3(answer: Activation) {
    let g = Graph::new();
    let x = g.value(tensor![-80.0, -20.0, -1.0, 0.0, 1.0, 20.0, 80.0]);
    let truth = x.sigmoid().sum(..).grad(x).eval::<f64>().expect("it runs");
    let found = answer(x).eval::<f32>().expect("it runs");
    for (found, truth) in found.iter().zip(truth.iter()) {
        assert!((f64::from(*found) / truth - 1.0).abs() < 1e-5, "{found:e} for {truth:e}");
    }
}

// Answers -------------------------------------------------------------------------------------------

#[test]
fn answer_1() {
    check_1(answers::first_whole_zero);
}

#[test]
fn answer_2() {
    check_2(answers::log_sigmoid);
}

#[test]
fn answer_3() {
    check_3(answers::slope);
}
