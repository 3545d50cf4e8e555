//! Exercises of `docs/by_hand.md`: `cargo test --test exercises by_hand -- --ignored`.

mod answers;

use gradus::prelude::*;

// 1. Predict ----------------------------------------------------------------------------------------

/// The slope of `(x + x) * x` at 3.
fn slope_at_3() -> f64 {
    todo!("x is used three times; what comes back each time?")
}

#[test]
#[ignore = "exercise"]
fn exercise_1() {
    check_1(slope_at_3);
}

fn check_1(answer: fn() -> f64) {
    let g = Graph::new();
    let x = g.value(3.0);
    let slope = ((x + x) * x).grad(x).eval::<f64>().expect("it runs").item();
    assert_eq!(answer(), slope);
}

// 2. Compute ----------------------------------------------------------------------------------------

/// The slopes of `(σ(x·w + b) − t)²` in w, b and x, in plain arithmetic.
fn slopes([x, w, b, t]: [f64; 4]) -> [f64; 3] {
    todo!("forward to p first, then back: 2(p − t), times p(1 − p), and on")
}

#[test]
#[ignore = "exercise"]
fn exercise_2() {
    check_2(slopes);
}

fn check_2(answer: fn([f64; 4]) -> [f64; 3]) {
    for at in [[2.0, -1.0, 0.5, 1.0], [0.0, 3.0, 0.0, 0.0], [-1.5, 0.5, 2.0, 0.25]] {
        let g = Graph::new();
        let [x, w, b, t] = at.map(|number| g.value(number));
        let loss = ((x * w + b).sigmoid() - t).square();
        for ((said, var), name) in answer(at).iter().zip([w, b, x]).zip(["w", "b", "x"]) {
            let slope = loss.grad(var).eval::<f64>().expect("it runs").item();
            assert!((said - slope).abs() < 1e-12, "in {name} at {at:?}: {said} for {slope}");
        }
    }
}

// 3. Break and fix ----------------------------------------------------------------------------------

/// Each node of a tape lists what it was made of: the place of an argument, and its own slope in it. The last
/// node is the loss. Give the slope of the loss in every node.
type Tape<'a> = &'a [&'a [(usize, f64)]];

/// This walk passes every test in which no value is used twice:
/// `for (arg, own) in tape[node] { slopes[*arg] = own * slopes[node]; }`
fn walk_back(tape: Tape<'_>) -> Vec<f64> {
    todo!("begin with 1 at the last node and 0 elsewhere; go from the last to the first")
}

#[test]
#[ignore = "exercise"]
fn exercise_3() {
    check_3(walk_back);
}

fn check_3(answer: fn(Tape<'_>) -> Vec<f64>) {
    // 5 · 3x at any x: nothing is used twice.
    assert_eq!(answer(&[&[], &[(0, 3.0)], &[(1, 5.0)]]), [15.0, 5.0, 1.0]);
    // x² + 4x at 3: x is used twice.
    assert_eq!(answer(&[&[], &[(0, 6.0)], &[(0, 4.0)], &[(1, 1.0), (2, 1.0)]]), [10.0, 1.0, 1.0, 1.0]);
    // x · x at 3: both times by one node.
    assert_eq!(answer(&[&[], &[(0, 3.0), (0, 3.0)]]), [6.0, 1.0]);
}

// Answers -------------------------------------------------------------------------------------------

#[test]
fn answer_1() {
    check_1(answers::slope_at_3);
}

#[test]
fn answer_2() {
    check_2(answers::slopes);
}

#[test]
fn answer_3() {
    check_3(answers::walk_back);
}
