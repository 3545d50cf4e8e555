//! Exercises of `docs/softmax.md`: `cargo test --test exercises softmax -- --ignored`.

mod answers;

use gradus::prelude::*;

// 1. Predict ----------------------------------------------------------------------------------------

/// The logits are 0, −100, −700 and −800. How many of the four shares are exactly 0 in `f32`?
fn zeros() -> usize {
    todo!("a number, guessed before anything is run")
}

#[test]
#[ignore = "exercise"]
fn exercise_1() {
    check_1(zeros);
}

fn check_1(answer: fn() -> usize) {
    let g = Graph::new();
    let p = g.value(tensor![0.0, -100.0, -700.0, -800.0]).softmax(-1).eval::<f32>().expect("it runs");
    let zeros = p.iter().filter(|&&p| p == 0.0).count();
    assert_eq!(answer(), zeros, "the shares are {p}");
}

// 2. Compute ----------------------------------------------------------------------------------------

/// A row of two logits for each example, `[n, 2]`, becomes the share of the first class, `[n, 1]`: with a
/// sigmoid, and without a softmax.
fn share_of_first(z: Var<'_>) -> Var<'_> {
    todo!("only differences count")
}

#[test]
#[ignore = "exercise"]
fn exercise_2() {
    check_2(share_of_first);
}

fn check_2(answer: for<'g> fn(Var<'g>) -> Var<'g>) {
    let g = Graph::new();
    let z = g.value(tensor![[1.0, 2.0], [0.0, 0.0], [1000.0, 970.0], [-5.0, 20.0]]);
    let found = answer(z);
    assert_eq!(found.shape()[..], [4, 1], "one share for each example");
    let found = found.eval::<f64>().expect("it runs");
    let truth = z.softmax(-1).slice(1, ..1).eval::<f64>().expect("it runs");
    for (found, truth) in found.iter().zip(truth.iter()) {
        assert!((found / truth - 1.0).abs() < 1e-14, "{found:e} for {truth:e}");
    }
}

// 3. Break and fix ----------------------------------------------------------------------------------

/// The cross-entropy of each row of logits `z` against the probabilities `y`, summed. The obvious
/// `-(y * z.softmax(-1).ln()).sum(..)` is NaN on `[0, 800]`. Do without softmax and its logarithm.
fn cross_entropy<'g>(z: Var<'g>, y: Var<'g>) -> Var<'g> {
    todo!("ln of a quotient is a difference; which row of docs/ops.md is ln Σ eᶻ?")
}

#[test]
#[ignore = "exercise"]
fn exercise_3() {
    check_3(cross_entropy);
}

fn check_3(answer: for<'g> fn(Var<'g>, Var<'g>) -> Var<'g>) {
    let g = Graph::new();
    let z = g.value(tensor![[0.0, 800.0], [1.0, 2.0], [5000.0, 5000.0]]);
    let y = g.value(tensor![[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]]);
    let loss = answer(z, y);
    let found = loss.eval::<f64>().expect("it runs").item();
    let truth = 800.0 + 0.31326168751822286 + std::f64::consts::LN_2;
    assert!((found - truth).abs() < 1e-9, "{found} for {truth}");
    let pull = loss.grad(z).eval::<f64>().expect("it runs");
    for row in pull.rows() {
        assert!(
            row[0].is_finite() && (row[0] + row[1]).abs() < 1e-12,
            "the pulls of a row sum to 0: {row:?}"
        );
    }
}

// Answers -------------------------------------------------------------------------------------------

#[test]
fn answer_1() {
    check_1(answers::zeros);
}

#[test]
fn answer_2() {
    check_2(answers::share_of_first);
}

#[test]
fn answer_3() {
    check_3(answers::cross_entropy);
}
