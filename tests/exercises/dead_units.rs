//! Exercises of `docs/dead_units.md`: `cargo test --test exercises dead_units -- --ignored`.

mod answers;

use gradus::diagnose::Health;
use gradus::prelude::*;

/// A small network of rectifiers in which the first layer has dead units, and what it is fed.
fn patient() -> (Params<f64>, Mlp, Tensor<f64>) {
    let mut params = Params::<f64>::seeded(3);
    let net = Mlp::new(&mut params, "net", &[2, 6, 1]);
    params.set("net.0.bias", tensor![0.0, -50.0, 0.0, -50.0, -50.0, 0.0].cast()).expect("the bias");
    let points = tensor![[0.5, -1.0], [1.5, 0.25], [-0.75, 2.0], [1.0, 1.0], [-1.5, -0.5]].cast();
    (params, net, points)
}

fn health(params: &Params<f64>, net: &Mlp, points: &Tensor<f64>) -> Health {
    let g = Graph::new();
    let x = g.input("x", [5, 2]);
    Health::of(net.forward(x).mean(..), params, [[(x, points)]]).expect("it looks")
}

// 1. Predict ----------------------------------------------------------------------------------------

/// All weights that lead *out* of dead units are set to 0, which is as good as cutting the units out. Does
/// the output change on the points on which they are dead?
fn pruning_changes_the_output() -> bool {
    todo!("true or false, guessed before anything is run")
}

#[test]
#[ignore = "exercise"]
fn exercise_1() {
    check_1(pruning_changes_the_output);
}

fn check_1(answer: fn() -> bool) {
    let (mut params, net, points) = patient();
    let output = |params: &Params<f64>| {
        let g = Graph::new();
        let x = g.input("x", [5, 2]);
        let mut program = g.compile([net.forward(x)]).expect("it compiles");
        program.run(params, [(x, &points)]).expect("it runs").at(0).clone()
    };
    let before = output(&params);
    let dead: Vec<bool> =
        health(&params, &net, &points).layers[0].units.iter().map(|unit| unit.dead).collect();
    let mut weight = params[net.layers()[1].weight()].clone();
    weight.data_mut().iter_mut().zip(&dead).filter(|(_, dead)| **dead).for_each(|(w, _)| *w = 0.0);
    params.set("net.1.weight", weight).expect("the weight");
    assert_eq!(answer(), before != output(&params));
}

// 2. Compute ----------------------------------------------------------------------------------------

/// How many units are dead, given what their rectifiers were given: a row for each point, a column for
/// each unit.
fn count_dead(pre_activations: &Tensor<f64>) -> usize {
    todo!("one unit is dead if …, for every row")
}

#[test]
#[ignore = "exercise"]
fn exercise_2() {
    check_2(count_dead);
}

fn check_2(answer: fn(&Tensor<f64>) -> usize) {
    let z = tensor![[1.0, -1.0, 0.0, -2.0, 3.0], [-1.0, -1.0, 0.0, 5.0, 3.0]].cast();
    assert_eq!(answer(&z), 2, "the second, and the third: at 0 the slope is 0 here");
    let (params, net, points) = patient();
    let g = Graph::new();
    let x = g.input("x", [5, 2]);
    let mut program = g.compile([net.layers()[0].forward(x)]).expect("it compiles");
    let z = program.run(&params, [(x, &points)]).expect("it runs").at(0).clone();
    assert_eq!(answer(&z), health(&params, &net, &points).dead());
}

// 3. Break and fix ----------------------------------------------------------------------------------

/// No training step will bring these units back. You can: change `net.0.bias` alone, so that no unit of the
/// first layer is dead on these points.
fn revive(params: &mut Params<f64>) {
    todo!("params.set(\"net.0.bias\", …)")
}

#[test]
#[ignore = "exercise"]
fn exercise_3() {
    check_3(revive);
}

fn check_3(answer: fn(&mut Params<f64>)) {
    let (mut params, net, points) = patient();
    assert_eq!(health(&params, &net, &points).dead(), 3);
    let weights = params[net.layers()[0].weight()].clone();
    answer(&mut params);
    assert_eq!(params[net.layers()[0].weight()], weights, "the bias alone");
    assert_eq!(health(&params, &net, &points).dead(), 0);
}

// Answers -------------------------------------------------------------------------------------------

#[test]
fn answer_1() {
    check_1(answers::pruning_changes_the_output);
}

#[test]
fn answer_2() {
    check_2(answers::count_dead);
}

#[test]
fn answer_3() {
    check_3(answers::revive);
}
