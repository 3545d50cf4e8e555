//! Exercises of `docs/relu.md`: `cargo test --test exercises relu -- --ignored`.

mod answers;

use gradus::nn::Activation;
use gradus::prelude::*;

fn values(function: Activation, xs: &[f64]) -> Vec<f64> {
    let g = Graph::new();
    function(g.value(Tensor::from(xs.to_vec()))).eval::<f64>().expect("it runs").into_data()
}

// 1. Predict ----------------------------------------------------------------------------------------

/// Seven hats, each of two rectifiers, are put into each other. How many rectifiers does one hidden layer
/// need at least, to draw the same pieces?
fn units_of_one_layer() -> usize {
    todo!("each hat doubles the pieces, and each unit of one layer adds one bend")
}

#[test]
#[ignore = "exercise"]
fn exercise_1() {
    check_1(units_of_one_layer);
}

fn check_1(answer: fn() -> usize) {
    let hat: Activation = |x| 2.0 * x.relu() - 4.0 * (x - 0.5).relu();
    let xs: Vec<f64> = (0..=1024).map(|i| f64::from(i) / 1024.0).collect();
    let ys = (0..7).fold(xs, |ys, _| values(hat, &ys));
    let slopes: Vec<f64> = ys.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let bends = slopes.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert_eq!(answer(), bends, "there are {} pieces", bends + 1);
}

// 2. Compute ----------------------------------------------------------------------------------------

/// `x`, but 0 where it is less and 1 where it is more: of rectifiers, without `clamp`, `minimum` and the like.
fn between_0_and_1(x: Var<'_>) -> Var<'_> {
    todo!("one rectifier begins to rise at 0; what stops it at 1?")
}

#[test]
#[ignore = "exercise"]
fn exercise_2() {
    check_2(between_0_and_1);
}

fn check_2(answer: Activation) {
    let xs = [-3.0, -0.5, 0.0, 0.25, 0.75, 1.0, 1.5, 100.0];
    assert_eq!(values(answer, &xs), [0.0, 0.0, 0.0, 0.25, 0.75, 1.0, 1.0, 1.0]);
    let g = Graph::new();
    let recipe = format!("{:?}", answer(g.value(0.5)));
    let others =
        ["clamp(", "minimum(", "maximum(", "select(", "hard_sigmoid(", "hard_tanh(", "abs(", "relu6("];
    assert!(recipe.contains("relu(") && !others.iter().any(|other| recipe.contains(other)), "\n{recipe}");
}

// 3. Break and fix ----------------------------------------------------------------------------------

/// `x.relu() - (-x).relu()` is x, and at 0 its slope is said to be 0. Say x with two rectifiers between −1 and
/// 1, so that the slope is 1 there everywhere.
fn identity(x: Var<'_>) -> Var<'_> {
    todo!("the kink need not be at 0")
}

#[test]
#[ignore = "exercise"]
fn exercise_3() {
    check_3(identity);
}

fn check_3(answer: Activation) {
    let xs = [-0.75, -0.5, 0.0, 0.25, 0.875];
    assert_eq!(values(answer, &xs), xs);
    let g = Graph::new();
    let x = g.value(Tensor::from(xs));
    let y = answer(x);
    let recipe = format!("{y:?}");
    assert_eq!(recipe.matches("relu(").count(), 2, "two rectifiers:\n{recipe}");
    assert_eq!(y.sum(..).grad(x).to_string(), "[1, 1, 1, 1, 1]");
}

// Answers -------------------------------------------------------------------------------------------

#[test]
fn answer_1() {
    check_1(answers::units_of_one_layer);
}

#[test]
fn answer_2() {
    check_2(answers::between_0_and_1);
}

#[test]
fn answer_3() {
    check_3(answers::identity);
}
