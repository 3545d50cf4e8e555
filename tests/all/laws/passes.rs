//! Every pass on = off, and any number of threads = one.

use crate::catalog::{Case, all, numbers};
use crate::law::{agree, derive, hold, worst};
use gradus::{Graph, Params, Passes, Tensor, Var};

const PASSES: [Passes; 5] = [
    Passes { simplify: false, cse: false, fuse: false },
    Passes { simplify: false, cse: true, fuse: true },
    Passes { simplify: true, cse: false, fuse: true },
    Passes { simplify: true, cse: true, fuse: false },
    Passes { simplify: true, cse: true, fuse: true },
];

fn both(law: impl Fn(&Case) -> crate::law::Verdict) {
    let cases: Vec<Case> = all().into_iter().flat_map(|case| [derive::gradient(&case), case]).collect();
    hold(&cases, law);
}

#[test]
fn any_passes_leave_values_and_gradients_as_they_are_interpreted() {
    both(|case| worst(PASSES.map(|passes| agree::executor::<f64>(case, &case.inputs, passes))));
}

#[test]
fn any_passes_leave_nan_and_infinities_where_they_are() {
    both(|case| {
        worst([f64::NAN, f64::INFINITY, f64::NEG_INFINITY].into_iter().flat_map(|odd| {
            (0..case.inputs.len()).filter(|&i| !case.inputs[i].is_empty()).flat_map(move |i| {
                let mut inputs = case.inputs.clone();
                let at = inputs[i].len() / 2;
                inputs[i].data_mut()[at] = odd;
                PASSES.map(|passes| {
                    agree::executor::<f64>(case, &inputs, passes)
                        .map_err(|problem| format!("{odd} in input {i}, {passes:?}: {problem}"))
                })
            })
        }))
    });
}

/// Large inputs, uneven and not multiples of a block.
fn large() -> [Tensor<f64>; 4] {
    let random = |shape: [usize; 2], seed: u64| {
        let mut random = crate::law::Random(seed);
        random.like(&shape)
    };
    [random([331, 211], 1), random([211, 173], 2), random([9, 20011], 3), numbers([173], 4)]
}

/// Steps that are divided among threads: maps of both kinds of rows, folds of every kind of
/// layout, products of panels, and all of it backward.
fn record<'g>(g: &'g Graph, x: &[Var<'g>]) -> Vec<Var<'g>> {
    let product = x[0].matmul(x[1]);
    let hidden = (product + x[3]).tanh();
    let pieces = [
        hidden,
        x[0].t() * 2.0,
        x[0].exp().sum(0),
        x[0].logsumexp(-1),
        x[0].max(..),
        x[0].reshape([331 * 211]).sin(),
        x[2].var(-1),
        x[2].t().min(0),
        x[2].sum([0, 1]),
        x[2].square().sum(..),
        x[2].softmax(-1),
        x[2].t().log_softmax(0).reshape([9 * 20011]),
        x[0].matmul(x[0].t()),
        x[2].unfold(-1, 5, 2).mean(-1),
    ];
    let loss = pieces.iter().map(|piece| piece.square().mean(..)).reduce(|a, b| a + b).unwrap_or(x[0]);
    let gradients = loss.grads(x);
    g.check().expect("the graph has no faults");
    pieces.into_iter().chain(gradients).collect()
}

fn bits_with<E: gradus::Element>(threads: usize, runs: usize) -> Vec<Vec<u64>> {
    let g = Graph::new();
    let values = large();
    let xs: Vec<Var<'_>> =
        values.iter().enumerate().map(|(i, x)| g.input(format!("x{i}"), x.shape())).collect();
    let values: Vec<Tensor<E>> = values.iter().map(Tensor::cast).collect();
    let outputs = record(&g, &xs);
    let mut program = g.compile::<E>(outputs.iter().copied()).expect("it compiles");
    program.threads(threads).expect("there are threads");
    let feeds: Vec<_> = xs.iter().zip(&values).map(|(x, value)| x.feed(value)).collect();
    let params = Params::new();
    for _ in 1..runs {
        program.run(&params, &feeds).expect("it runs");
    }
    let out = program.run(&params, &feeds).expect("it runs");
    (0..outputs.len()).map(|i| out.at(i).iter().map(|x| x.to_f64().to_bits()).collect()).collect()
}

#[test]
fn any_number_of_threads_gives_the_same_bits_in_f64() {
    let one = bits_with::<f64>(1, 1);
    for threads in [2, 3, 0] {
        assert!(bits_with::<f64>(threads, 1) == one, "{threads} threads and one differ");
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits_in_f32() {
    let one = bits_with::<f32>(1, 1);
    for threads in [2, 3, 0] {
        assert!(bits_with::<f32>(threads, 1) == one, "{threads} threads and one differ");
    }
}

#[test]
fn a_run_again_gives_the_same_bits() {
    assert!(bits_with::<f64>(2, 1) == bits_with::<f64>(2, 3), "the third run differs from the first");
}

#[test]
fn a_run_leaves_nothing_behind_for_the_next() {
    for case in all() {
        let g = Graph::new();
        let recorded = case.record(&g);
        let passes = Passes::default();
        let mut runner = crate::law::Runner::<f64>::new(&g, &case, &recorded, &[], &recorded.ys, passes)
            .expect("it compiles");
        let bits =
            |out: Vec<Tensor<f64>>| -> Vec<u64> { out.iter().flatten().map(|x| x.to_bits()).collect() };
        let first = bits(runner.run(&case.inputs).expect("it runs"));
        let poisoned: Vec<Tensor<f64>> = case.inputs.iter().map(|x| x.map(|_| f64::NAN)).collect();
        runner.run(&poisoned).expect("it runs");
        assert!(first == bits(runner.run(&case.inputs).expect("it runs")), "{}", case.name);
    }
}
