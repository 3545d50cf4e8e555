//! New values of large parameters are made where the old ones are. Nobody can tell: the bits are those of values made
//! apart, who asks for the old value gets it, and a step that fails has changed nothing.

use gradus::prelude::*;
use gradus::{Optimizer, Rate, Training, Update};

type Made<'g> = (Training<'static, f32>, Var<'g>, Idx<'g>);

const SIZES: [usize; 3] = [300, 260, 5];
const BATCH: usize = 64;

/// A step of a network of which one weight is large.
fn step<'g>(g: &'g Graph, params: &mut Params<f32>, optimizer: impl Optimizer, apart: bool) -> Made<'g> {
    let net = Mlp::new(params, "net", &SIZES);
    let (x, labels) = (g.input("x", [BATCH, SIZES[0]]), g.labels("labels", [BATCH], SIZES[2]));
    let mut training = g.training(net.forward(x).softmax_cross_entropy(labels), optimizer);
    if apart {
        // What is asked for is kept.
        for layer in net.layers() {
            training = training.emit(g.param(layer.weight()));
        }
    }
    (training.compile(params).expect("it compiles"), x, labels)
}

fn batch(i: usize) -> (Tensor<f32>, Tensor<usize>) {
    let x = Tensor::from_fn([BATCH, SIZES[0]], |at| ((at[0] * 7 + at[1] * 3 + i) % 11) as f32 / 11.0 - 0.5);
    (x, (0..BATCH).map(|row| (row + i) % SIZES[2]).collect::<Vec<_>>().into())
}

fn bits(params: &Params<f32>) -> Vec<(String, Vec<u32>)> {
    let all = params.iter().chain(params.states());
    all.map(|(name, value)| (name.into(), value.iter().map(|x| x.to_bits()).collect())).collect()
}

/// Parameters and states after some steps, and in whose places new values were made.
fn trained(
    optimizer: impl Optimizer,
    apart: bool,
    trap: bool,
    threads: usize,
) -> (Vec<(String, Vec<u32>)>, String) {
    let (g, mut params) = (Graph::new(), Params::seeded(3));
    let (mut step, x, labels) = step(&g, &mut params, optimizer, apart);
    step.threads(threads).expect("there are threads");
    step.trap_non_finite(trap);
    for i in 0..4 {
        let (xs, targets) = batch(i);
        step.run(&mut params, [x.feed(&xs), labels.feed(&targets)]).expect("it runs");
    }
    let text = step.program().expect("it is compiled").to_string();
    let places = text.lines().last().filter(|line| line.starts_with("makes ")).unwrap_or_default();
    (bits(&params), places.into())
}

fn the_same<O: Optimizer>(name: &str, states: usize, optimizer: impl Fn() -> O) {
    let (expected, places) = trained(optimizer(), true, false, 1);
    // Only states are.
    assert_eq!(places.matches("in place of").count(), states, "{name}: {places}");
    assert!(!places.contains("in place of net"), "{name}: {places}");
    for threads in [1, 2] {
        let (found, places) = trained(optimizer(), false, false, threads);
        assert_eq!(places.matches("in place of").count(), 1 + states, "{name}: {places}");
        assert!(!places.contains("bias"), "{name}: {places}");
        assert!(found == expected, "{name} with {threads} threads");
    }
    // Where every value is looked at, all are made apart.
    let (found, _) = trained(optimizer(), false, true, 1);
    for ((called, found), (_, expected)) in found.iter().zip(&expected) {
        let near = |(&a, &b): (&u32, &u32)| (f32::from_bits(a) - f32::from_bits(b)).abs() < 1e-5;
        assert!(found.iter().zip(expected).all(near), "{name}: {called}");
    }
}

#[test]
fn the_bits_are_those_of_values_made_apart() {
    the_same("sgd", 0, || Sgd::new(0.1));
    the_same("momentum", 1, || Sgd::new(0.1).momentum(0.9).l2(1e-3));
    the_same("nesterov", 1, || Sgd::new(0.1).momentum(0.9).nesterov());
    the_same("adam", 2, || Adam::new(0.01));
    the_same("adamw", 2, || AdamW::new(0.01).decay(0.1));
    the_same("rmsprop", 2, || RmsProp::new(0.01).momentum(0.5));
    the_same("clipped", 2, || Adam::new(0.01).clip_norm(0.1));
}

#[test]
fn a_step_that_fails_changes_nothing() {
    let (g, mut params) = (Graph::new(), Params::seeded(3));
    let (mut step, x, labels) = step(&g, &mut params, Adam::new(0.01), false);
    let (xs, targets) = batch(0);
    step.run(&mut params, [x.feed(&xs), labels.feed(&targets)]).expect("it runs");
    let before = bits(&params);
    let narrow = Tensor::zeros([BATCH, 1]);
    step.run(&mut params, [x.feed(&narrow), labels.feed(&targets)]).expect_err("it does not fit");
    let foreign: Tensor<usize> = vec![SIZES[2]; BATCH].into();
    step.run(&mut params, [x.feed(&xs), labels.feed(&foreign)]).expect_err("there is no such class");
    let huge = Tensor::full([BATCH, SIZES[0]], f32::MAX);
    step.trap_non_finite(true);
    let error = step.run(&mut params, [x.feed(&huge), labels.feed(&targets)]).expect_err("it overflows");
    assert!(error.to_string().contains("made"), "{error}");
    assert!(bits(&params) == before);
    // Looked at or not, the training goes on.
    for trap in [true, false, true, false] {
        step.trap_non_finite(trap);
        let before = bits(&params);
        step.run(&mut params, [x.feed(&xs), labels.feed(&targets)]).expect("it runs");
        assert!(bits(&params).iter().zip(&before).all(|(new, old)| new != old));
    }
    assert_eq!(params.steps(), 5);
}

/// A rule that keeps a mean of the old values and of gradients, and reads the parameter in another order as well.
struct Crossed;
impl Optimizer for Crossed {
    fn rate(&self) -> Rate {
        Box::new(|_| 0.25)
    }
    fn update<'g>(&self, at: &mut Update<'g>) -> Var<'g> {
        let mean = at.state("mean", 0.0);
        at.keep("mean", 0.5 * mean + 0.5 * (at.param + at.gradient));
        let other = if at.param.shape().len() == 2 { at.param.t() } else { at.param };
        at.param - at.rate * at.gradient + other
    }
}

#[test]
fn rules_that_read_the_old_value_late_or_in_another_order_have_it() {
    let mut params = Params::<f64>::seeded(0);
    let square = params.add("square", Tensor::from_fn([260, 260], |at| (at[0] * 260 + at[1]) as f64));
    let long = params.add("long", Tensor::from_fn([66_000], |at| at[0] as f64));
    let g = Graph::new();
    let (s, l) = (g.param(&square), g.param(&long));
    // The gradient is the sum, so that the loss is known before anything is updated.
    let sum = s.sum(..) + l.sum(..);
    let mut step = g
        .training(0.5 * sum.square(), Crossed)
        .emit(l.slice(0, 3..4))
        .compile(&mut params)
        .expect("it compiles");
    let places = step.program().expect("it is compiled").to_string();
    assert!(!places.contains("in place of square"), "{places}");
    assert!(places.contains("in place of optimizer.square.mean"), "{places}");
    let old = params.clone();
    let gradient = old.iter().flat_map(|(_, x)| x.iter()).sum::<f64>();
    let third = step.run_unfed(&mut params).expect("it runs").at(1).item();
    assert_eq!(third, 3.0);
    for (at, name) in
        [(&[3usize, 7][..], "square"), (&[259, 0], "square"), (&[65_999], "long"), (&[0], "long")]
    {
        let before = |at: &[usize]| old.get(name).and_then(|x| x.get(at)).copied().expect("there");
        let other: Vec<usize> = at.iter().rev().copied().collect();
        let mean = params.states().find(|(state, _)| *state == format!("optimizer.{name}.mean"));
        assert_eq!(
            params.get(name).and_then(|x| x.get(at)),
            Some(&(before(at) - 0.25 * gradient + before(&other)))
        );
        assert_eq!(mean.and_then(|(_, x)| x.get(at)), Some(&(0.5 * (before(at) + gradient))));
    }
}

/// A rule that forgets an axis.
struct Short;
impl Optimizer for Short {
    fn rate(&self) -> Rate {
        Box::new(|_| 0.1)
    }
    fn update<'g>(&self, at: &mut Update<'g>) -> Var<'g> {
        (at.param - at.rate * at.gradient).sum(0)
    }
}

#[test]
fn a_new_value_of_another_shape_is_told_when_it_is_compiled() {
    let mut params = Params::<f64>::seeded(0);
    let w = params.add("w", Tensor::zeros([2, 3]));
    let g = Graph::new();
    let line = line!() + 1;
    let error = g.train(g.param(&w).sum(..), Short, &mut params).expect_err("it does not fit").to_string();
    assert!(error.starts_with("the new value of \"w\""), "{error}");
    for part in ["[2, 3]", "[1, 3]", &format!("tests/all/in_place.rs:{line}:")] {
        assert!(error.contains(part), "{part}: {error}");
    }
}
