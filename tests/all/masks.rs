//! Masks: what an exactly zero cotangent covers adds nothing to a derivative, be it NaN or infinite, through every
//! operation of the alphabet, in both modes and at both orders.

use crate::catalog::folds::call;
use crate::catalog::maps::sample;
use gradus::interpret::{Value, interpret};
use gradus::op::{Fold, Map, Op, Real};
use gradus::prelude::*;
use gradus::{Feed, InstructionSet, Node, NodeId, Passes};
use std::collections::{HashMap, HashSet};

type Numbers = Vec<Tensor<f64>>;

/// Values of a shape between −1 and 1, none of them 0.
fn numbers(shape: &[usize], seed: usize) -> Tensor<f64> {
    let mut i = seed * 37;
    Tensor::from_fn(shape, |_| {
        i += 1;
        ((i * 29 % 41) as f64 - 20.25) / 21.0
    })
}

/// A function of some values, of which the elements `covered` of the first have no part in its result.
struct Masked<'a> {
    name: &'a str,
    inputs: Numbers,
    covered: Vec<usize>,
    labels: Vec<(Tensor<usize>, usize)>,
    /// The mask of 0 and 1, which is fed.
    mask: Tensor<f64>,
}

/// A scalar of the inputs, the mask and the labels.
type Loss<'a> = &'a dyn for<'g> Fn(&[Var<'g>], Var<'g>, &[Idx<'g>]) -> Var<'g>;

/// The derivatives of a loss, with the handles that they are made of.
struct Derived<'g> {
    xs: Vec<Var<'g>>,
    mask: Var<'g>,
    labels: Vec<Idx<'g>>,
    /// The loss, its gradient backward, the second derivative backward and forward.
    outputs: Vec<Var<'g>>,
}

fn derive<'g>(g: &'g Graph, of: &Masked<'_>, loss: Loss<'_>) -> Derived<'g> {
    let xs: Vec<Var<'g>> =
        of.inputs.iter().enumerate().map(|(i, x)| g.input(format!("x{i}"), x.shape())).collect();
    let labels: Vec<Idx<'g>> =
        of.labels.iter().enumerate().map(|(i, (t, n))| g.labels(format!("t{i}"), t.shape(), *n)).collect();
    let mask = g.input("mask", of.mask.shape());
    let loss = loss(&xs, mask, &labels);
    let slopes = loss.grads(&xs);
    let along = |i: usize| {
        let mut v = numbers(&of.inputs[i].shape()[..], 7 + i);
        if i == 0 {
            of.covered.iter().for_each(|&at| v.data_mut()[at] = 0.0);
        }
        g.value(v)
    };
    let v: Vec<Var<'g>> = (0..xs.len()).map(along).collect();
    let sum = slopes.iter().zip(&v).map(|(&slope, &v)| slope.dot(v)).reduce(|a, b| a + b);
    let second = sum.expect("there is an input").grads(&xs);
    let forward = slopes.iter().flat_map(|slope| xs.iter().zip(&v).map(|(&x, &v)| slope.jvp(x, v)));
    let first = xs.iter().zip(&v).map(|(&x, &v)| loss.jvp(x, v));
    let outputs = [loss].into_iter().chain(first).chain(forward);
    Derived { mask, labels, outputs: outputs.chain(slopes.iter().copied()).chain(second).collect(), xs }
}

impl Masked<'_> {
    /// The inputs with a number in place of the covered ones.
    fn with(&self, odd: f64) -> Numbers {
        let mut inputs = self.inputs.clone();
        self.covered.iter().for_each(|&at| inputs[0].data_mut()[at] = odd);
        inputs
    }

    fn given(&self, derived: &Derived<'_>, inputs: &Numbers) -> HashMap<NodeId, Value> {
        let real = derived.xs.iter().zip(inputs).map(|(x, v)| (x.id(), Value::Real(v.clone())));
        let index =
            derived.labels.iter().zip(&self.labels).map(|(t, (v, _))| (t.id(), Value::Index(v.clone())));
        real.chain(index).chain([(derived.mask.id(), Value::Real(self.mask.clone()))]).collect()
    }

    /// Computes the outputs by a program on each instruction set, and compares them with those that finite numbers in
    /// place of the covered ones give.
    fn compiled<E: Element>(&self, g: &Graph, derived: &Derived<'_>, odd: f64, passes: Passes) {
        let mut program = g.compile_with::<E>(derived.outputs.iter().copied(), passes).expect("it compiles");
        let mask: Tensor<E> = self.mask.cast();
        for &set in InstructionSet::available() {
            program.instructions(set).expect("it is there");
            let mut run = |odd: f64| -> Vec<Tensor<E>> {
                let inputs: Vec<Tensor<E>> = self.with(odd).iter().map(Tensor::cast).collect();
                let real = derived.xs.iter().zip(&inputs).map(|(x, value)| x.feed(value));
                let index = derived.labels.iter().zip(&self.labels).map(|(t, (value, _))| t.feed(value));
                let feeds: Vec<Feed<'_, E>> = real.chain(index).chain([derived.mask.feed(&mask)]).collect();
                let out = program.run(&Params::new(), &feeds).expect("it runs");
                (0..derived.outputs.len()).map(|i| out.at(i).clone()).collect()
            };
            let what = format!("{}, {odd}, {} on {set:?}, {passes:?}", self.name, E::DTYPE);
            let expected = run(0.5);
            same(
                &what,
                &run(odd).iter().map(Tensor::cast).collect(),
                &expected.iter().map(Tensor::cast).collect(),
            );
        }
    }

    /// Checks the loss and its derivatives of both orders, by the interpreter and by programs.
    fn check(&self, loss: Loss<'_>) {
        let g = Graph::new();
        let derived = derive(&g, self, loss);
        g.check().unwrap_or_else(|error| panic!("{}: {error}", self.name));
        let ids: Vec<NodeId> = derived.outputs.iter().map(|y| y.id()).collect();
        let run = |odd: f64| -> Numbers {
            let given = self.given(&derived, &self.with(odd));
            let values = interpret(&g, &ids, &Params::new(), &given).expect("it has values");
            values.iter().filter_map(|value| value.real().cloned()).collect()
        };
        let expected = run(0.5);
        for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            same(&format!("{}, {odd}, interpreter", self.name), &run(odd), &expected);
            for passes in [Passes::default(), Passes { simplify: false, cse: false, fuse: false }] {
                self.compiled::<f32>(&g, &derived, odd, passes);
                self.compiled::<f64>(&g, &derived, odd, passes);
            }
        }
    }
}

#[track_caller]
fn same(what: &str, found: &Numbers, expected: &Numbers) {
    for (output, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!(
            expected.iter().all(|x| x.is_finite()),
            "{what}: output {output} should be finite: {expected}"
        );
        assert!(found == expected, "{what}: output {output} is {found}, should be {expected}");
    }
    assert_eq!(found.len(), expected.len());
}

/// Records a value of the inputs and of indices.
type Record<'a> = &'a dyn for<'g> Fn(&[Var<'g>], &[Idx<'g>]) -> Var<'g>;

/// The operations that a law has met.
#[derive(Default)]
struct Met(HashSet<&'static str>);

impl Met {
    /// Checks that elements of the first input, where they make elements of the value NaN, add nothing to a loss that
    /// masks these: after a nonlinear function, before one, and as rows that are not taken.
    fn check(&mut self, name: &str, inputs: Numbers, covered: &[usize], record: Record<'_>) {
        self.check_with(name, inputs, covered, vec![], record);
    }

    fn check_with(
        &mut self,
        name: &str,
        inputs: Numbers,
        covered: &[usize],
        labels: Vec<(Tensor<usize>, usize)>,
        record: Record<'_>,
    ) {
        let scalar = Tensor::from(1.0);
        let mut masked = Masked { name, inputs, covered: covered.to_vec(), labels, mask: scalar };
        // Values that become NaN with the covered elements are masked.
        let g = Graph::new();
        let probe = derive(&g, &masked, &|x, _, t| record(x, t).sum(..));
        let y = record(&probe.xs, &probe.labels);
        let given = masked.given(&probe, &masked.with(f64::NAN));
        let value =
            interpret(&g, &[y.id()], &Params::new(), &given).unwrap_or_else(|e| panic!("{name}: {e}"));
        let value = value[0].real().expect("real numbers").clone();
        masked.mask = value.map(|x| f64::from(!x.is_nan()));
        assert!(masked.mask.iter().any(|&kept| kept == 0.0), "{name}: nothing is covered");
        self.meet(&g, y);
        masked.check(&|x, mask, t| mask.select(record(x, t).square(), 0.0).sum(..));
        masked.check(&|x, mask, t| mask.select(record(x, t), 0.25).exp().sum(..));
    }

    fn meet(&mut self, g: &Graph, y: Var<'_>) {
        let mut open = vec![y.id()];
        while let Some(id) = open.pop() {
            let node: Node = g.node(id);
            self.0.insert(node.op.kind());
            open.extend(node.args.iter().copied());
        }
    }
}

/// The first of two rows, or of two of other things, is covered.
const FIRST: &[usize] = &[0, 1, 2];

#[test]
fn what_a_zero_cotangent_covers_adds_nothing_through_every_operation() {
    let mut met = Met::default();
    let x = || numbers(&[3, 3], 1);
    let with = |shape: &[usize]| vec![x(), numbers(shape, 2)];
    met.check("broadcast", vec![numbers(&[3, 1], 1)], &[1], &|x, _| x[0].broadcast_to([2, 3, 4]));
    met.check("reshape", vec![numbers(&[3, 4], 1)], FIRST, &|x, _| x[0].reshape([2, 6]));
    met.check("permute", vec![x()], FIRST, &|x, _| x[0].t().permute([1, 0]).t());
    met.check("slice", vec![x()], &[4], &|x, _| x[0].slice(0, 1..).slice(1, 1..));
    met.check("pad", vec![x()], &[4], &|x, _| x[0].pad(0, 1, 2).pad(1, 1, 0));
    met.check("cat", with(&[2, 3]), FIRST, &|x, _| x[0].graph().cat(&[x[0], x[1]], 0));
    met.check("unfold", vec![numbers(&[9], 1)], &[1], &|x, _| x[0].unfold(0, 3, 2));
    met.check("overlap_add", vec![x()], FIRST, &|x, _| x[0].overlap_add(0, 1, 5));
    let index = || vec![(tensor![2, 0, 1, 2], 3)];
    met.check_with("gather", vec![x()], FIRST, index(), &|x, t| x[0].gather(t[0], 0));
    let rows = vec![numbers(&[4, 3], 1)];
    met.check_with("scatter_add", rows, &[3, 5], index(), &|x, t| x[0].scatter_add(t[0], 0, 3));
    met.check("einsum", with(&[3, 4]), FIRST, &|x, _| x[0].graph().einsum("ij,jk->ki", &[x[0], x[1]]));
    met.check_with("take_along_axis", vec![x()], &[1], vec![(tensor![[1], [1], [2]], 3)], &|x, t| {
        x[0].take_along_axis(t[0], 1)
    });
    met.check("slices", vec![numbers(&[8], 1)], &[3], &|x, _| {
        let parts = [x[0].slice(0, 1..3), x[0].slice(0, 3..5), x[0].slice(0, 6..8)];
        x[0].graph().stack(&parts, 0)
    });
    met.check("flip", vec![x()], FIRST, &|x, _| x[0].flip(0));
    met.check("roll", vec![x()], FIRST, &|x, _| x[0].roll(1, 0));
    met.check("tile", vec![x()], &[1], &|x, _| x[0].tile(2).repeat_interleave(2, 0));
    met.check("slice_step", vec![x()], FIRST, &|x, _| x[0].slice_step(0, .., 2));
    met.check("diagonal", vec![x()], &[4], &|x, _| x[0].diagonal());
    met.check("tril", vec![x()], &[3], &|x, _| x[0].tril(0));
    met.check("cumsum", vec![x()], &[1], &|x, _| x[0].cumsum(1));
    met.check("cumprod", vec![x()], &[1], &|x, _| x[0].cumprod(1));
    met.check("cummax", vec![x()], &[1], &|x, _| x[0].cummax(1));
    met.check("logcumsumexp", vec![x()], &[1], &|x, _| x[0].logcumsumexp(1));
    met.check_with("pick", vec![x()], &[2], vec![(tensor![2, 0, 1], 3)], &|x, t| x[0].pick(t[0]));
    met.check("detach", with(&[3, 3]), FIRST, &|x, _| x[0] * x[0].detach() * x[1]);
    for &fold in Fold::ALL {
        met.check(fold.name(), vec![x()], &[1], &|x, _| call(fold)(x[0], 1.into()));
    }
    // The products: either side, transposed or not, batched, and with vectors.
    met.check("matmul", with(&[3, 4]), FIRST, &|x, _| x[0].matmul(x[1]));
    met.check("matmul, right", with(&[4, 3]), &[0, 3, 6], &|x, _| x[1].matmul(x[0]));
    met.check("matmul, left turned", with(&[3, 4]), &[0, 3], &|x, _| x[0].t().matmul(x[1]));
    met.check("matmul_t", with(&[4, 3]), FIRST, &|x, _| x[0].matmul_t(x[1]));
    met.check("matmul_t, right", with(&[4, 3]), FIRST, &|x, _| x[1].matmul_t(x[0]));
    met.check("matmul, both turned", with(&[4, 3]), &[1], &|x, _| x[0].t().matmul(x[1].t()));
    let batch = vec![numbers(&[2, 3, 4], 1), numbers(&[4, 5], 2)];
    met.check("matmul of a batch", batch, &[0, 9], &|x, _| x[0].matmul(x[1]));
    met.check("matmul with a column", with(&[3]), FIRST, &|x, _| x[0].matmul(x[1]));
    met.check("a product of products", with(&[3, 3]), FIRST, &|x, _| x[0].matmul(x[1]).tanh().matmul_t(x[1]));
    // Functions with rules of their own, and functions made of the alphabet.
    met.check("softmax", vec![x()], &[1], &|x, _| x[0].softmax(1));
    met.check("log_softmax", vec![x()], &[1], &|x, _| x[0].log_softmax(1));
    met.check("logsumexp", vec![x()], &[1], &|x, _| x[0].logsumexp(1));
    met.check("mean", vec![x()], &[1], &|x, _| x[0].mean(1));
    met.check("var", vec![x()], &[1], &|x, _| x[0].var(1));
    met.check("prod", vec![x()], &[1], &|x, _| x[0].prod(1));
    met.check("a norm", vec![x()], &[1], &|x, _| x[0].square().sum(1).sqrt());
    met.check("normalize", vec![x()], &[1], &|x, _| x[0].normalize(1, 1e-5));

    // No derivative goes through the others.
    let none = [
        "Poison",
        "Input",
        "Labels",
        "Param",
        "Constant",
        "Value",
        "Random",
        "Indices",
        "OneHot",
        "ArgMax",
        "ArgSort",
        "Along",
        "SameIndex",
    ];
    for kind in Op::KINDS.iter().filter(|kind| !none.contains(kind)) {
        assert!(met.0.contains(kind), "no case for Op::{kind}");
    }
}

#[test]
fn what_a_zero_cotangent_covers_adds_nothing_through_every_row_of_the_table() {
    for &map in Map::ALL {
        // Inside the domain where that has an end: what is not covered is finite.
        let bounded = map.domain().iter().any(|(_, high)| high.is_finite());
        let input = |i: usize| match bounded {
            true => sample(map, i, &[4]),
            false => numbers(&[4], 1 + i).map(|x| 1.5 + x / 4.0),
        };
        let inputs: Numbers = (0..map.args().len()).map(input).collect();
        let name = map.name();
        let masked =
            Masked { name, inputs, covered: vec![1, 2], labels: vec![], mask: tensor![1.0, 0.0, 0.0, 1.0] };
        masked.check(&|x, mask, _| mask.select(<Var<'_> as Real>::row(map, x), 0.0).square().sum(..));
    }
}

#[test]
fn products_of_every_size_leave_out_what_is_covered() {
    // Sizes of each way to run a product: tiny, in place, copied, in strips along `k`, turned.
    for [m, k, n] in
        [[3, 5, 4], [40, 19, 70], [64, 64, 10], [50, 40, 3], [23, 40, 1], [300, 300, 7], [9, 300, 1021]]
    {
        let inputs = vec![numbers(&[m, k], 1), numbers(&[k, n], 2)];
        let row = |i: usize| (0..k).map(move |l| i * k + l);
        let covered: Vec<usize> = row(1).chain(row(m - 1)).collect();
        let kept = Tensor::from_fn(&[m, 1][..], |at| f64::from(at[0] != 1 && at[0] != m - 1));
        let name = format!("{m}×{k}×{n}");
        let masked = Masked { name: &name, inputs, covered, labels: vec![], mask: kept };
        let g = Graph::new();
        let derived = derive(&g, &masked, &|x, mask, _| mask.select(x[0].matmul(x[1]).square(), 0.0).sum(..));
        masked.compiled::<f32>(&g, &derived, f64::NAN, Passes::default());
        masked.compiled::<f64>(&g, &derived, f64::INFINITY, Passes::default());
    }
}

#[test]
fn a_masked_row_reaches_no_weight_of_layers_below_the_mask() {
    let inputs = vec![numbers(&[4, 3], 1), numbers(&[5, 3], 2), numbers(&[5], 3), numbers(&[2, 5], 4)];
    let rows = Masked {
        name: "two layers",
        inputs,
        covered: vec![3, 4, 9],
        labels: vec![],
        mask: tensor![[1.0], [0.0], [1.0], [0.0]],
    };
    fn two<'g>(x: &[Var<'g>]) -> Var<'g> {
        (x[0].matmul_t(x[1]) + x[2]).relu().matmul_t(x[3])
    }
    rows.check(&|x, keep, _| keep.select(two(x), 0.0).square().sum(..));
    rows.check(&|x, keep, _| keep.select(two(x).square().sum(1), 0.0).sum(..) / keep.sum(..));
    rows.check(&|x, keep, _| keep.select(two(x).tanh().softmax(1).square().sum(1), 0.0).sum(..));
    // Cut off, not masked.
    let (inputs, mask) = (rows.inputs.clone(), Tensor::from(1.0));
    let first = Masked { name: "a row cut off", inputs, covered: vec![9, 10, 11], labels: vec![], mask };
    first.check(&|x, _, _| two(x).slice(0, ..3).square().sum(..));
}

#[test]
fn padded_keys_and_values_of_attention_add_nothing() {
    // Two batches of three queries and four keys, of which the last of the first and the last two of the second are
    // padding. The values are cleaned, since the product with them is not a derivative.
    let keys = numbers(&[2, 4, 3], 1);
    let inputs = vec![keys, numbers(&[2, 3, 3], 2), numbers(&[3, 2], 3)];
    let padding = [9, 10, 11, 18, 19, 20, 21, 22, 23];
    let mask = tensor![[1.0, 1.0, 1.0, 0.0], [1.0, 1.0, 0.0, 0.0]];
    let attention = Masked { name: "attention", inputs, covered: padding.to_vec(), labels: vec![], mask };
    attention.check(&|x, keep, _| {
        let scores = x[1].matmul_t(x[0]);
        let weights = keep.unsqueeze(1).select(scores, f64::NEG_INFINITY).softmax(-1);
        let values = keep.unsqueeze(2).select(x[0].matmul(x[2]), 0.0);
        weights.matmul(values).square().sum(..)
    });
}

#[test]
fn padded_steps_of_a_convolution_add_nothing() {
    let inputs = vec![numbers(&[10, 2], 1), numbers(&[6, 4], 2), numbers(&[12, 3], 3)];
    // Two layers of windows of three: six outputs, of which those from the last three steps on are masked.
    let mask = tensor![[1.0], [1.0], [1.0], [0.0], [0.0], [0.0]];
    let padded = Masked { name: "convolution", inputs, covered: (14..20).collect(), labels: vec![], mask };
    padded.check(&|x, keep, _| {
        let hidden = x[0].unfold(0, 3, 1).reshape([8, 6]).matmul(x[1]).tanh();
        let y = hidden.unfold(0, 3, 1).reshape([6, 12]).matmul(x[2]);
        keep.select(y.square(), 0.0).sum(..)
    });
}

#[test]
fn a_row_of_an_embedding_that_is_masked_adds_nothing() {
    let inputs = vec![numbers(&[4, 3], 1), numbers(&[3, 3], 2)];
    let labels = vec![(tensor![0, 2, 3, 0, 1], 4)];
    let mask = tensor![[0.0], [1.0], [1.0], [0.0], [1.0]];
    let words = Masked { name: "embedding", inputs, covered: vec![0, 1, 2], labels, mask };
    words.check(&|x, keep, t| keep.select(x[0].gather(t[0], 0).matmul(x[1]).tanh(), 0.0).square().sum(..));
}

#[test]
fn an_ignored_label_adds_nothing_whatever_its_logits() {
    let inputs = || vec![numbers(&[4, 3], 1), numbers(&[3, 3], 2), numbers(&[3], 3).map(|w| w + 2.0)];
    let one = || Tensor::from(1.0);
    for smoothing in [0.0, 0.1] {
        for reduction in [Reduction::Mean, Reduction::Sum] {
            for weighted in [false, true] {
                let name = format!("{reduction:?}, smoothing {smoothing}, weights: {weighted}");
                let labels = vec![(tensor![0, 3, 2, 3], 4)];
                let covered = vec![3, 4, 9, 11];
                let ignored = Masked { name: &name, inputs: inputs(), covered, labels, mask: one() };
                ignored.check(&|x, _, t| {
                    let entropy = CrossEntropy::new().smoothing(smoothing).ignore(3).reduction(reduction);
                    let entropy = if weighted { entropy.weights(x[2]) } else { entropy };
                    entropy.of(x[0].matmul(x[1]), t[0])
                });
            }
        }
    }
}

#[test]
fn a_zero_that_is_no_cotangent_hides_no_nan() -> Result<()> {
    let g = Graph::new();
    let (x, w) = (g.input("x", [2, 2]), g.input("w", [2, 2]));
    let loss = x.matmul(w).square().sum(..);
    let mut program = g.compile::<f64>([loss.grad(w)])?;
    let (xs, ws) = (tensor![[0.0, 1.0], [0.0, 1.0]], tensor![[1.0, f64::NAN], [1.0, 1.0]]);
    let out = program.run(&Params::new(), [x.feed(&xs), w.feed(&ws)])?;
    assert_eq!(out.at(0).to_string(), "[[0, NaN], [4, NaN]]");
    Ok(())
}
