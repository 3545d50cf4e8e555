//! Exercises of `docs/first_model.md`: `cargo test --test exercises first_model -- --ignored`.

mod answers;

use gradus::data::{targets, xor};
use gradus::prelude::*;

// 1. Predict ----------------------------------------------------------------------------------------

/// The knob `w` begins at 1, is given 3, and should say 6; the loss is the square of the error. At which
/// rate is it right after one turn?
fn rate_for_one_turn() -> f64 {
    todo!("the slope is −18; how far is it from 1 to 2?")
}

#[test]
#[ignore = "exercise"]
fn exercise_1() {
    check_1(rate_for_one_turn);
}

fn check_1(answer: fn() -> f64) {
    let g = Graph::new();
    let w = g.value(1.0);
    let slope = (w * 3.0 - 6.0).square().grad(w).eval::<f64>().expect("it runs").item();
    let says = 3.0 * (1.0 - answer() * slope);
    assert!((says - 6.0).abs() < 1e-9, "after this turn it says {says}");
}

// 2. Compute ----------------------------------------------------------------------------------------

/// How many weights a network with layers of these sizes has, biases included: the program of the page is
/// `[2, 8, 1]`.
fn count_weights(sizes: &[usize]) -> usize {
    todo!("each unit has a weight for each number it is given, and one bias")
}

#[test]
#[ignore = "exercise"]
fn exercise_2() {
    check_2(count_weights);
}

fn check_2(answer: fn(&[usize]) -> usize) {
    for sizes in [&[2, 8, 1][..], &[1, 1], &[3, 5, 7, 2]] {
        let mut params = Params::<f64>::seeded(1);
        Mlp::new(&mut params, "net", sizes);
        assert_eq!(answer(sizes), params.size(), "layers of {sizes:?}");
    }
}

// 3. Break and fix ----------------------------------------------------------------------------------

/// All weights are 0: every unit says 0, every slope in a weight is 0, and nothing ever moves. Set
/// `hidden.weight`, which is `[4, 2]`, and whatever else you like, so that it learns the exclusive or.
fn start(params: &mut Params<f64>) {
    todo!("params.set(\"hidden.weight\", tensor![[…], […], […], […]]): may two rows be equal?")
}

#[test]
#[ignore = "exercise"]
fn exercise_3() {
    check_3(start);
}

fn check_3(answer: fn(&mut Params<f64>)) {
    let train = |start: fn(&mut Params<f64>)| {
        let (points, labels) = xor::<f64>();
        let answers = targets::<f64>(&labels);
        let mut params = Params::<f64>::seeded(1);
        let hidden = Linear::with_init(&mut params, "hidden", 2, 4, Init::Zeros);
        let output = Linear::with_init(&mut params, "output", 4, 1, Init::Zeros);
        start(&mut params);
        let g = Graph::new();
        let (x, t) = (g.input("x", [4, 2]), g.input("t", [4, 1]));
        let loss = output.forward(hidden.forward(x).tanh()).sigmoid_cross_entropy(t);
        let mut step = g.train(loss, Sgd::new(1.0), &mut params).expect("it compiles");
        let mut last = f64::NAN;
        for _ in 0..1000 {
            last = step.run(&mut params, [(x, &points), (t, &answers)]).expect("it runs")[loss].item();
        }
        last
    };
    assert_eq!(train(|_| ()), std::f64::consts::LN_2, "at 0 it does not move");
    let loss = train(answer);
    assert!(loss < 0.05, "it ends at {loss}");
}

// Answers -------------------------------------------------------------------------------------------

#[test]
fn answer_1() {
    check_1(answers::rate_for_one_turn);
}

#[test]
fn answer_2() {
    check_2(answers::count_weights);
}

#[test]
fn answer_3() {
    check_3(answers::start);
}
