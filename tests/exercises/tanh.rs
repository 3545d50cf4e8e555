//! Exercises of `docs/tanh.md`: `cargo test --test exercises tanh -- --ignored`.

mod answers;

use gradus::nn::Activation;
use gradus::prelude::*;

// 1. Predict ----------------------------------------------------------------------------------------

const FIVE: [f64; 5] = [-4.0, -1.0, 0.0, 1.5, 2.0];

/// At −4, −1, 0, 1.5 and 2: is the slope of tanh larger than that of the sigmoid?
fn tanh_is_steeper() -> [bool; 5] {
    todo!("true or false, five times, guessed before anything is run")
}

#[test]
#[ignore = "exercise"]
fn exercise_1() {
    check_1(tanh_is_steeper);
}

fn check_1(answer: fn() -> [bool; 5]) {
    let slope = |f: Activation, x: f64| {
        let g = Graph::new();
        let x = g.value(x);
        f(x).grad(x).eval::<f64>().expect("it runs").item()
    };
    for (x, said) in FIVE.into_iter().zip(answer()) {
        let (tanh, sigmoid) = (slope(|x| x.tanh(), x), slope(|x| x.sigmoid(), x));
        assert_eq!(said, tanh > sigmoid, "at {x}: {tanh:.4} and {sigmoid:.4}");
    }
}

// 2. Compute ----------------------------------------------------------------------------------------

/// A network of tanh is `h = tanh(x · w + b)`, `y = h · v + c`, with `w` of `[2, 3]` and `v` of `[3, 1]`. Give
/// `[w, b, v, c]` of the network of sigmoids that is the same function.
fn dressed<'g>(w: Var<'g>, b: Var<'g>, v: Var<'g>, c: Var<'g>) -> [Var<'g>; 4] {
    todo!("tanh z = 2σ(2z) − 1: where do the 2 inside, the 2 outside and the 1 go?")
}

#[test]
#[ignore = "exercise"]
fn exercise_2() {
    check_2(dressed);
}

fn check_2(answer: for<'g> fn(Var<'g>, Var<'g>, Var<'g>, Var<'g>) -> [Var<'g>; 4]) {
    let g = Graph::new();
    let x = g.value(tensor![[0.5, -1.0], [2.0, 0.25], [-1.5, 3.0], [0.0, 0.0]]);
    let (w, b) = (g.value(tensor![[1.0, -0.5, 0.25], [0.75, 1.5, -2.0]]), g.value(tensor![0.5, -1.0, 0.25]));
    let (v, c) = (g.value(tensor![[1.0], [-2.0], [0.5]]), g.value(tensor![0.75]));
    let tanh = (x.matmul(w) + b).tanh().matmul(v) + c;
    let [w, b, v, c] = answer(w, b, v, c);
    let sigmoid = (x.matmul(w) + b).sigmoid().matmul(v) + c;
    let apart = (tanh - sigmoid).abs().max(..).eval::<f64>().expect("the shapes fit").item();
    assert!(apart < 1e-12, "the two networks are {apart} apart");
}

// 3. Break and fix ----------------------------------------------------------------------------------

/// tanh from exponentials. `(eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)` is NaN at 1000, and has lost half of its digits at 1e-10,
/// where two numbers next to 1 are subtracted. Yours has neither fault, and does not call `tanh`.
fn tanh(x: Var<'_>) -> Var<'_> {
    todo!("`exp_m1` is eˣ − 1 with all its digits; of −2|x| it never overflows; `sign` gives the side back")
}

#[test]
#[ignore = "exercise"]
fn exercise_3() {
    check_3(tanh);
}

fn check_3(answer: Activation) {
    let xs = [-1000.0, -20.0, -1.0, -1e-10, 0.0, 1e-10, 0.5, 3.0, 20.0, 1000.0];
    let g = Graph::new();
    let y = answer(g.value(Tensor::from(xs)));
    let recipe = format!("{y:?}");
    assert!(!recipe.contains("tanh(") && !recipe.contains("sigmoid("), "of exponentials:\n{recipe}");
    for (x, y) in xs.iter().zip(y.eval::<f64>().expect("it runs").iter()) {
        let truth = libm::tanh(*x);
        assert!((y - truth).abs() <= 1e-14 * truth.abs(), "at {x}: {y:e} for {truth:e}");
    }
}

// Answers -------------------------------------------------------------------------------------------

#[test]
fn answer_1() {
    check_1(answers::tanh_is_steeper);
}

#[test]
fn answer_2() {
    check_2(answers::dressed);
}

#[test]
fn answer_3() {
    check_3(answers::tanh);
}
