//! Axes: every reduction keeps the one rule of what becomes of the axes that it folds, and every method that takes an
//! axis takes the same numbers.

use crate::catalog::{folds, numbers};
use gradus::op::Fold;
use gradus::{Axes, Graph, Params, Shape, Var};
use std::fs;
use std::path::Path;

/// The shape of a reduction's value.
type Reduce = for<'g> fn(Var<'g>, Axes) -> Shape;

/// Every reduction that several axes may be given to, and the one that takes one axis or all.
fn reductions() -> Vec<(&'static str, Box<dyn Fn(Var<'_>, Axes) -> Shape>)> {
    let made: [(&str, Reduce); 13] = [
        ("mean", |x, axes| x.mean(axes).shape()),
        ("var", |x, axes| x.var(axes).shape()),
        ("sample_var", |x, axes| x.sample_var(axes).shape()),
        ("prod", |x, axes| x.prod(axes).shape()),
        ("std", |x, axes| x.std(axes).shape()),
        ("sample_std", |x, axes| x.sample_std(axes).shape()),
        ("norm", |x, axes| x.norm(axes).shape()),
        ("cosine_similarity", |x, axes| x.cosine_similarity(x.exp(), axes).shape()),
        ("logsumexp", |x, axes| x.logsumexp(axes).shape()),
        ("argmax", |x, axes| x.argmax(axes).shape()),
        ("argmin", |x, axes| x.argmin(axes).shape()),
        ("any", |x, axes| x.any(axes).shape()),
        ("all", |x, axes| x.all(axes).shape()),
    ];
    let table = Fold::ALL.iter().map(|&fold| {
        let call = folds::call(fold);
        (
            fold.name(),
            Box::new(move |x: Var<'_>, axes| call(x, axes).shape()) as Box<dyn Fn(Var<'_>, Axes) -> Shape>,
        )
    });
    table
        .chain(made.map(|(name, reduce)| (name, Box::new(reduce) as Box<dyn Fn(Var<'_>, Axes) -> Shape>)))
        .collect()
}

#[test]
fn a_folded_axis_stays_with_size_1_and_all_axes_give_a_scalar() {
    let cases: [(Axes, &[usize]); 8] = [
        (0.into(), &[1, 3, 4]),
        (1.into(), &[2, 1, 4]),
        ((-1).into(), &[2, 3, 1]),
        (2_usize.into(), &[2, 3, 1]),
        ([0, 2].into(), &[1, 3, 1]),
        ([-1, 0].into(), &[1, 3, 1]),
        ([0, 1, 2].into(), &[1, 1, 1]),
        ((..).into(), &[]),
    ];
    for (name, reduce) in reductions() {
        for (axes, expected) in &cases {
            if ["argmax", "argmin"].contains(&name) && axes.one(3).is_err() {
                continue;
            }
            let g = Graph::new();
            let x = g.value(numbers([2, 3, 4], 0));
            assert_eq!(reduce(x, axes.clone())[..], **expected, "{name} along {axes:?}");
            assert!(g.check().is_ok(), "{name} along {axes:?}: {:?}", g.check());
        }
    }
}

#[test]
fn the_rule_is_proved_of_every_reduction_that_there_is() {
    let known: Vec<&str> = reductions().iter().map(|(name, _)| *name).collect();
    for file in ["derived", "softmax", "index", "mask"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/ops/{file}.rs"));
        for line in fs::read_to_string(path).expect("a source file").lines() {
            if let Some((name, _)) =
                line.trim().strip_prefix("pub fn ").and_then(|rest| rest.split_once("(self, axes: "))
            {
                assert!(
                    known.contains(&name) || ["normalize", "l2_normalize"].contains(&name),
                    "{name} is not in the list of reductions"
                );
            }
        }
    }
}

#[test]
fn argmax_of_all_counts_row_by_row() {
    let g = Graph::new();
    let x = g.value(numbers([2, 3], 1));
    let flat = x.reshape([6]);
    let y = [x.argmax(..).one_hot(), flat.argmax(0).squeeze(0).one_hot()];
    let mut both = g.compile::<f64>(y).expect("it compiles");
    let out = both.run_unfed(&Params::seeded(0)).expect("it runs");
    assert_eq!((out.at(0), out.at(0).shape()[..].to_vec()), (out.at(1), vec![6]));
}

#[test]
fn one_number_names_the_same_axis_everywhere() {
    let g = Graph::new();
    let x = g.value(numbers([2, 4], 0));
    let (label, place) = (g.labels("label", [5], 2), g.labels("place", [2], 4));
    let shapes = |at: isize| {
        let usual = [
            x.sum(at),
            x.softmax(at),
            x.sparsemax(at),
            x.glu(at),
            x.maxout(at, 2),
            x.crelu(at),
            x.slice(at, 1..),
            x.pad(at, 1, 0),
            x.unfold(at, 2, 1),
            x.gather(label, at),
            x.scatter_add(place, at, 4),
            x.argmax(at).one_hot(),
            x.argmax(at).squeeze(at).one_hot(),
            x.sort(at),
            x.sort_descending(at),
            x.topk(2, at).0,
            x.take_along_axis(x.argsort(at), at),
            x.flip(at),
            x.roll(1, at),
            x.repeat_interleave(2, at),
            x.slice_step(at, .., 2),
            x.cumsum(at),
            x.cumprod(at),
            x.cummax(at),
            x.logcumsumexp(at),
            x.transpose(at, 1),
            x.permute([1, at]),
            g.cat(&[x, x], at),
        ];
        usual.map(|y| y.shape())
    };
    let (back, front) = (shapes(-2), shapes(0));
    assert_eq!(back, front);
    // An axis that is put in is counted in the result.
    let put = |at: isize| [x.unsqueeze(at), g.stack(&[x, x], at)].map(|y| y.shape());
    assert_eq!((put(-1), put(-3)), (put(2), put(0)));
    assert!(g.check().is_ok(), "{:?}", g.check());
    assert_eq!((x.size(-1), x.size(1_usize), x.size(1)), (4, 4, 4));
}

#[test]
fn the_size_of_an_axis_that_is_not_there_is_a_fault() {
    let g = Graph::new();
    let x = g.input("x", [2, 3]);
    let line = line!() + 1;
    let size = x.size(9);
    let error = g.check().expect_err("there is no axis 9");
    let [fault] = error.faults() else { panic!("one fault: {error}") };
    assert_eq!((size, fault.op.as_str(), fault.site.location.line()), (1, "size", line));
    assert_eq!(fault.message, "axis 9 is out of range for rank 2");
    // A poisoned value has its fault already.
    let poisoned = x.matmul(x);
    let before = g.check().expect_err("two faults").faults().len();
    assert_eq!((poisoned.size(9), g.check().expect_err("two faults").faults().len()), (1, before));
}
