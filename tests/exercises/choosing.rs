//! Exercises of `docs/choosing.md`: `cargo test --test exercises choosing -- --ignored`.

mod answers;

use gradus::data::xor;
use gradus::nn::Activation;
use gradus::prelude::*;

// 1. Predict ----------------------------------------------------------------------------------------

/// Two rectifiers can learn the exclusive or, one cannot. Is one SiLU unit enough?
fn one_silu_is_enough() -> bool {
    todo!("true or false; think of a function of x₁ + x₂ that is to be 0, 1, 0")
}

#[test]
#[ignore = "exercise"]
fn exercise_1() {
    check_1(one_silu_is_enough);
}

/// The best that one unit does, over a grid of slopes and biases and both signs.
fn most_right(activation: Activation) -> usize {
    let (points, labels) = xor::<f64>();
    let g = Graph::new();
    let x = g.value(points).sum(1);
    let mut best = 0;
    for slope in [0.5, 1.0, 2.0, 4.0] {
        for bias in -16..=16 {
            let y = activation(slope * x + f64::from(bias) / 2.0).eval::<f64>().expect("it runs");
            let right = |threshold: f64| {
                let agree = |(y, &label): (&f64, &usize)| usize::from((*y > threshold) == (label == 1));
                let agree: usize = y.iter().zip(labels.iter()).map(agree).sum();
                agree.max(4 - agree)
            };
            best = y.iter().map(|&y| right(y)).max().unwrap_or(0).max(best);
        }
    }
    best
}

fn check_1(answer: fn() -> bool) {
    assert!(most_right(|x| x.relu()) < 4, "one rectifier is not");
    let most = most_right(|x| x.silu());
    assert_eq!(answer(), most == 4, "one SiLU unit gets {most} of 4 points right");
}

// 2. Compute ----------------------------------------------------------------------------------------

/// The output of a model for a number that is never negative, may be in the thousands, and is to be learned
/// also by a model that starts out far too low.
fn output(z: Var<'_>) -> Var<'_> {
    todo!("never negative, no upper end, nowhere flat")
}

#[test]
#[ignore = "exercise"]
fn exercise_2() {
    check_2(output);
}

fn check_2(answer: Activation) {
    let g = Graph::new();
    let z = g.value(tensor![-30.0, -1.0, 0.0, 1.0, 5000.0]);
    let value = answer(z).eval::<f64>().expect("it runs");
    let slope = answer(z).sum(..).grad(z).eval::<f64>().expect("it runs");
    assert!(value.iter().all(|y| *y >= 0.0 && y.is_finite()), "never negative, never infinite: {value}");
    assert!(value.data()[4] > 1000.0, "no upper end: {value}");
    assert!(slope.iter().all(|s| *s > 0.0 && s.is_finite()), "nowhere flat: {slope}");
}

// 3. Break and fix ----------------------------------------------------------------------------------

/// As `Mlp::with_activation(params, "net", &sizes(), Init::Normal(0.1), |x| x.sigmoid())`, hardly any gradient
/// gets back to the first layer. Change the function and the initialization, not the sizes.
fn deep(params: &mut Params<f64>) -> Mlp {
    todo!("a pair of the table that goes with many hidden layers")
}

fn sizes() -> Vec<usize> {
    vec![2, 12, 12, 12, 12, 12, 12, 12, 12, 2]
}

#[test]
#[ignore = "exercise"]
fn exercise_3() {
    check_3(deep);
}

/// The norm of the gradient in the first weights.
fn first_gradient(net: impl Fn(&mut Params<f64>) -> Mlp) -> f64 {
    let mut params = Params::<f64>::seeded(1);
    let net = net(&mut params);
    let shapes: Vec<_> = net.layers().iter().map(|layer| layer.weight().shape()[1]).collect();
    assert_eq!(shapes, sizes()[..sizes().len() - 1], "the sizes stay as they are");
    let g = Graph::new();
    let x = g.value(tensor![[1.0, -0.5], [-1.0, 1.5], [0.5, 0.5], [-0.5, -1.0]]);
    let right = g.value(tensor![[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]);
    let loss = net.forward(x).softmax_cross_entropy(right);
    let norm = loss.grad(g.param(net.layers()[0].weight())).square().sum(..).sqrt();
    let mut program = g.compile([norm]).expect("it compiles");
    program.run_unfed(&params).expect("it runs").at(0).item()
}

fn check_3(answer: fn(&mut Params<f64>) -> Mlp) {
    let broken = |params: &mut Params<f64>| {
        Mlp::with_activation(params, "net", &sizes(), Init::Normal(0.1), |x| x.sigmoid())
    };
    assert!(first_gradient(broken) < 1e-8, "there is hardly any");
    let found = first_gradient(answer);
    assert!(found > 1e-2, "the gradient in the first weights is {found:e}");
}

// Answers -------------------------------------------------------------------------------------------

#[test]
fn answer_1() {
    check_1(answers::one_silu_is_enough);
}

#[test]
fn answer_2() {
    check_2(answers::output);
}

#[test]
fn answer_3() {
    check_3(answers::deep);
}
