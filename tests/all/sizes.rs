//! Sizes at the ends of what can be counted, through the public functions. No sum and no product of sizes panics, ends the
//! process or wraps to a wrong shape: what is too large is a fault at the user's line, or an error.

use gradus::error::Fault;
use gradus::prelude::*;
use std::cell::RefCell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

/// The most elements of a shape.
const MOST: usize = isize::MAX as usize / 8;

/// What every function is tried with. Values of 2³¹ and 2³² numbers are recorded, never made.
const SIZES: [usize; 14] = [
    0,
    1,
    2,
    3,
    1 << 31,
    1 << 32,
    1 << 59,
    MOST - 1,
    MOST,
    MOST + 1,
    1 << 61,
    isize::MAX as usize,
    isize::MAX as usize + 1,
    usize::MAX,
];

/// What arithmetic without bounds says: the shapes that are passed through, the last one the result's; `None` where
/// another rule forbids it.
type Shapes = Option<Vec<Vec<u128>>>;

/// An operation, what its faults may be called, its line, and its shapes.
struct Row {
    name: &'static str,
    line: u32,
    build: for<'g> fn(&'g Graph, usize) -> Var<'g>,
    shapes: fn(u128) -> Shapes,
}

macro_rules! row {
    ($name:literal, $build:expr, $shapes:expr) => {
        Row { name: $name, line: line!(), build: $build, shapes: $shapes }
    };
}

/// A value of zeros that takes no memory, and that no pass knows for a constant.
#[track_caller]
fn zeros(g: &Graph, shape: impl Into<Shape>) -> Var<'_> {
    g.value(0.0).broadcast_to(shape)
}

fn one(shape: impl Into<Vec<u128>>) -> Shapes {
    Some(vec![shape.into()])
}

#[rustfmt::skip] // a row a line: faults are held against it
fn rows() -> Vec<Row> {
    Vec::from([
        row!("input", |g, n| g.input("x", n), |m| one([m])),
        row!("input", |g, n| g.input("x", [n, 0]), |m| one([m, 0])),
        row!("input", |g, n| g.input("x", [0, n, n]), |m| one([0, m, m])),
        row!("broadcast_to", |g, n| zeros(g, [n]), |m| one([m])),
        row!("broadcast_to", |g, n| zeros(g, [2, n]), |m| one([2, m])),
        row!("broadcast_to", |g, n| zeros(g, [n, 0, n]), |m| one([m, 0, m])),
        row!("reshape", |g, n| zeros(g, [0]).reshape([n, 0]), |m| one([m, 0])),
        row!("reshape", |g, n| zeros(g, [0]).reshape([n, n]), |m| (m == 0).then(|| vec![vec![0, 0]])),
        row!("reshape", |g, n| zeros(g, [2]).reshape([n, 2]), |m| (m == 1).then(|| vec![vec![1, 2]])),
        row!("reshape", |g, n| zeros(g, [n, 2]).reshape([2, n]), |m| Some(vec![vec![m, 2], vec![2, m]])),
        row!("reshape", |g, n| zeros(g, [n, 2]).reshape([2, -1]), |m| Some(vec![vec![m, 2], vec![2, m]])),
        row!("reshape", |g, n| zeros(g, [6]).reshape(gradus::NewShape::from_iter([n as isize, -1])), |m| (m > 0 && 6 % m == 0).then(|| vec![vec![m, 6 / m]])),
        row!("flatten", |g, n| zeros(g, [n, 2]).flatten(..), |m| Some(vec![vec![m, 2], vec![2 * m]])),
        row!("flatten", |g, n| zeros(g, [2, 3]).flatten(n..), |m| [vec![6], vec![2, 3], vec![2, 3, 1]].get(m as usize).map(|s| vec![s.clone()])),
        row!("tile", |g, n| zeros(g, [2]).tile(n), |m| one([2 * m])),
        row!("tile", |g, n| zeros(g, [n]).tile([n, 3]), |m| Some(vec![vec![m], vec![m, 3 * m]])),
        row!("repeat_interleave", |g, n| zeros(g, [2]).repeat_interleave(n, 0), |m| one([2 * m])),
        row!("roll", |g, n| zeros(g, [n, 2]).roll(isize::MIN, 0), |m| one([m, 2])),
        row!("slice_step", |g, n| zeros(g, [n]).slice_step(0, .., 3), |m| Some(vec![vec![m], vec![m.div_ceil(3)]])),
        row!("slice_step", |g, n| zeros(g, [3]).slice_step(0, .., n), |m| (m > 0).then(|| vec![vec![3_u128.div_ceil(m)]])),
        row!("outer", |g, n| zeros(g, [n]).outer(zeros(g, [n])), |m| Some(vec![vec![m], vec![m, m]])),
        row!("diagonal", |g, n| zeros(g, [n, 2]).diagonal(), |m| Some(vec![vec![m, 2], vec![m.min(2)]])),
        row!("topk", |g, n| zeros(g, [3]).topk(n, 0).0, |m| (m <= 3).then(|| vec![vec![m]])),
        row!("sort", |g, n| zeros(g, [n, 0]).sort(0), |m| one([m, 0])),
        row!("take_along_axis", |g, n| zeros(g, [3, 2]).take_along_axis(g.labels("l", [n, 2], 3), 0), |m| one([m, 2])),
        row!("take_along_axis", |g, n| zeros(g, [3]).take_along_axis(g.labels("l", [2], n), 0), |m| (m <= 3).then(|| vec![vec![2]])),
        row!("cumsum", |g, n| zeros(g, [n]).cumsum(0), |m| one([m])),
        row!("einsum", |g, n| g.einsum("ij,jk->ik", &[zeros(g, [n, 2]), zeros(g, [2, n])]), |m| Some(vec![vec![m, 2], vec![m, m]])),
        row!("unsqueeze", |g, n| zeros(g, [n]).unsqueeze(0), |m| one([1, m])),
        row!("permute", |g, n| zeros(g, [2, 3]).permute([n, 0]), |m| (m == 1).then(|| vec![vec![3, 2]])),
        row!("t", |g, n| zeros(g, [n, 2]).t(), |m| one([2, m])),
        row!("add", |g, n| zeros(g, [n, 1]) + zeros(g, [n]), |m| one([m, m])),
        row!("mul", |g, n| zeros(g, [n, 0, 1]) * zeros(g, [n]), |m| one([m, 0, m])),
        row!("select", |g, n| zeros(g, [n, 1]).select(zeros(g, [1, n]), 0.0), |m| one([m, m])),
        row!("matmul", |g, n| zeros(g, [n, 1]).matmul(zeros(g, [1, n])), |m| one([m, m])),
        row!("matmul", |g, n| zeros(g, [n, 0]).matmul(zeros(g, [0, n])), |m| one([m, m])),
        row!("matmul_t", |g, n| zeros(g, [n, 2]).matmul_t(zeros(g, [3, 2])), |m| Some(vec![vec![m, 2], vec![m, 3]])),
        row!("matmul", |g, n| zeros(g, [n, 1, 2, 3]).matmul(zeros(g, [n, 3, 2])), |m| Some(vec![vec![m, m, 2, 3], vec![m, m, 2, 2]])),
        row!("matmul", |g, n| zeros(g, [n]).matmul(zeros(g, [n])), |m| Some(vec![vec![m], vec![]])),
        row!("cat", |g, n| g.cat(&[zeros(g, [n]); 40], 0), |m| Some(vec![vec![m], vec![40 * m]])),
        row!("cat", |g, n| g.cat(&[zeros(g, [0, n]); 40], 1), |m| Some(vec![vec![m], vec![0, 40 * m]])),
        row!("cat", |g, n| g.cat(&[zeros(g, [n]); 2], n), |m| (m == 0).then(|| vec![vec![0]])),
        row!("stack", |g, n| g.stack(&[zeros(g, [n]); 40], 0), |m| Some(vec![vec![m], vec![40, m]])),
        row!("crelu", |g, n| zeros(g, [n]).crelu(0), |m| Some(vec![vec![m], vec![2 * m]])),
        row!("pad", |g, n| zeros(g, [2]).pad(0, n, n), |m| one([2 + 2 * m])),
        row!("pad", |g, n| zeros(g, [0, 2]).pad(1, n, 1), |m| one([0, 3 + m])),
        row!("pad", |g, n| zeros(g, [n]).pad(-1, n, n), |m| Some(vec![vec![m], vec![3 * m]])),
        row!("unfold", |g, n| zeros(g, [3]).unfold(0, 3, n), |m| (m > 0).then(|| vec![vec![1, 3]])),
        row!("unfold", |g, n| zeros(g, [3]).unfold(0, n, 1), |m| (1..=3).contains(&m).then(|| vec![vec![4 - m, m]])),
        row!("unfold", |g, n| zeros(g, [n]).unfold(0, n / 2, 1), |m| (m > 1).then(|| vec![vec![m], vec![m - m / 2 + 1, m / 2]])),
        row!("unfold", |g, n| zeros(g, [n, 0]).unfold(0, 1, n), |m| (m > 0).then(|| vec![vec![m], vec![1, 1, 0]])),
        row!("overlap_add", |g, n| zeros(g, [1, 3]).overlap_add(0, n, 3), |m| (m > 0).then(|| vec![vec![3]])),
        row!("overlap_add", |g, n| zeros(g, [1, 3]).overlap_add(0, 1, n), |m| (m == 3).then(|| vec![vec![3]])),
        row!("overlap_add", |g, n| zeros(g, [1, 3]).overlap_add(0, n, n), |m| (m > 2).then(|| vec![vec![m]])),
        row!("overlap_add", |g, n| zeros(g, [n, 1]).overlap_add(0, 1, n), |m| (m > 0).then(|| vec![vec![m], vec![m]])),
        row!("slice", |g, n| zeros(g, [3]).slice(0, n..), |m| (m <= 3).then(|| vec![vec![3 - m]])),
        row!("slice", |g, n| zeros(g, [3]).slice(0, ..n), |m| (m <= 3).then(|| vec![vec![m]])),
        row!("slice", |g, n| zeros(g, [3]).slice(0, ..=n), |m| (m < 3).then(|| vec![vec![m + 1]])),
        row!("slice", |g, n| zeros(g, [3]).slice(0, n..=n), |m| (m < 3).then(|| vec![vec![1]])),
        row!("slice", |g, n| zeros(g, [n, 2]).slice(0, n.saturating_sub(1)..n), |m| Some(vec![vec![m, 2], vec![m.min(1), 2]])),
        row!("slice", |g, n| zeros(g, [2, 3]).slice(n, 0..1), |m| [vec![1, 3], vec![2, 1]].get(m as usize).map(|s| vec![s.clone()])),
        row!("one_hot", |g, n| g.labels("l", [3], n).one_hot(), |m| one([3, m])),
        row!("one_hot", |g, n| g.labels("l", [n, 0], n).one_hot(), |m| one([m, 0, m])),
        row!("gather", |g, n| zeros(g, [3, n]).gather(g.labels("l", [n], 3), 0), |m| Some(vec![vec![m, 3], vec![m, m]])),
        row!("gather", |g, n| zeros(g, [3]).gather(g.labels("l", [2], n), 0), |m| (m <= 3).then(|| vec![vec![2]])),
        row!("scatter_add", |g, n| zeros(g, [2, 2]).scatter_add(g.labels("l", [2], 2), 0, n), |m| (m > 1).then(|| vec![vec![m, 2]])),
        row!("scatter_add", |g, n| zeros(g, [2]).scatter_add(g.labels("l", [2], n), 0, 2), |m| (m < 3).then(|| vec![vec![2]])),
        row!("pick", |g, n| zeros(g, [2, n]).pick(g.labels("l", [2], n)), |m| Some(vec![vec![2, m], vec![2, 1]])),
        row!("pick", |g, n| zeros(g, [2, 3]).pick(g.labels("l", [2], n)), |m| (m <= 3).then(|| vec![vec![2, 1]])),
        row!("argmax", |g, n| zeros(g, [n, 2]).argmax(0).squeeze(0).one_hot(), |m| (m > 0).then(|| vec![vec![m, 2], vec![2, m]])),
        row!("sum", |g, n| zeros(g, [2, 3]).sum(n), |m| [vec![1, 3], vec![2, 1]].get(m as usize).map(|s| vec![s.clone()])),
        row!("sum", |g, n| zeros(g, [2, 3]).sum([0, n]), |m| (m == 1).then(|| vec![vec![1, 1]])),
        row!("broadcast_to", |g, n| zeros(g, [n, n, 0]).sum(..), |m| Some(vec![vec![m, m], vec![]])),
        row!("max", |g, n| zeros(g, [n]).max(0), |m| (m > 0).then(|| vec![vec![m], vec![1]])),
        row!("mean", |g, n| zeros(g, [n, 2]).mean(..), |m| (m > 0).then(|| vec![vec![m, 2], vec![]])),
        row!("broadcast_to", |g, n| zeros(g, [0, n.max(1), n]).var([1]), |m| Some(vec![vec![0, m, m], vec![0, 1, m]])),
        row!("broadcast_to", |g, n| zeros(g, [0, n.max(1), n.max(1)]).mean([1, 2]), |m| Some(vec![vec![0, m, m], vec![0, 1, 1]])),
        row!("sample_var", |g, n| zeros(g, [n]).sample_var(0), |m| (m > 1).then(|| vec![vec![m], vec![1]])),
        row!("normalize", |g, n| zeros(g, [n]).normalize(0, 1e-5), |m| (m > 0).then(|| vec![vec![m]])),
        row!("prod", |g, n| zeros(g, [n]).prod(..), |m| Some(vec![vec![m], vec![]])),
        row!("sum", |g, n| zeros(g, [n, 0]).exp().sum(0), |m| Some(vec![vec![m, 0], vec![1, 0]])),
        row!("sum", |g, n| zeros(g, [0, n]).exp().sum(0).square().sum(0), |m| Some(vec![vec![m], vec![1, m]])),
        row!("max", |g, n| zeros(g, [n, 0]).max(0), |m| (m > 0).then(|| vec![vec![m, 0], vec![1, 0]])),
        row!("prod", |g, n| zeros(g, [n, 0]).prod(0), |m| Some(vec![vec![m, 0], vec![1, 0]])),
        row!("argmax", |g, n| zeros(g, [n, 0]).argmax(0).squeeze(0).one_hot(), |m| (m > 0).then(|| vec![vec![m, 0], vec![0, m]])),
        row!("matmul", |g, n| zeros(g, [0, n]).matmul(zeros(g, [n, 2])), |m| Some(vec![vec![m, 2], vec![0, 2]])),
        row!("matmul", |g, n| zeros(g, [n, 0]).t().matmul(zeros(g, [n, 0])), |m| Some(vec![vec![0, m], vec![0, 0]])),
        row!("matmul", |g, n| zeros(g, [n, 0, 2]).matmul(zeros(g, [2, 0])), |m| Some(vec![vec![m, 0, 2], vec![m, 0, 0]])),
        row!("softmax", |g, n| zeros(g, [n, 0]).softmax(0), |m| one([m, 0])),
        row!("softmax", |g, n| zeros(g, [0, n]).softmax(-1).log_softmax(-1), |m| one([0, m])),
        row!("logsumexp", |g, n| zeros(g, [0, n]).logsumexp(1), |m| Some(vec![vec![0, m], vec![0, 1]])),
        row!("mean", |g, n| zeros(g, [n, 0]).tanh().mean(0), |m| (m > 0).then(|| vec![vec![m, 0], vec![1, 0]])),
        row!("unfold", |g, n| zeros(g, [n, 0]).unfold(0, 2, 1).sum(0), |m| (m > 1).then(|| vec![vec![m - 1, 2, 0], vec![1, 2, 0]])),
        row!("gather", |g, n| zeros(g, [n, 0]).gather(zeros(g, [n, 2]).argmax(1).squeeze(1), 0), |m| (m > 1).then(|| vec![vec![m, 2], vec![m, 0]])),
        row!("cat", |g, n| g.cat(&[zeros(g, [n, 0]).exp(), zeros(g, [n, 0])], 0), |m| Some(vec![vec![m, 0], vec![2 * m, 0]])),
        row!("pad", |g, n| zeros(g, [0, n]).exp().pad(1, 1, 1), |m| one([0, m + 2])),
        row!("softmax", |g, n| zeros(g, [n, 2]).softmax(0), |m| one([m, 2])),
        row!("logsumexp", |g, n| zeros(g, [n]).logsumexp(..), |m| Some(vec![vec![m], vec![]])),
        row!("sparsemax", |g, n| zeros(g, [n]).sparsemax(0), |m| Some(vec![vec![m, m], vec![m]])),
        row!("maxout", |g, n| zeros(g, [0]).maxout(0, n), |m| (m > 0).then(|| vec![vec![m], vec![0]])),
        row!("maxout", |g, n| zeros(g, [n]).maxout(0, n), |m| (m > 0).then(|| vec![vec![m], vec![1]])),
        row!("glu", |g, n| zeros(g, [n, 2]).glu(0), |m| (m % 2 == 0).then(|| vec![vec![m, 2], vec![m / 2, 2]])),
        row!("mse_loss", |g, n| zeros(g, [n]).mse_loss(zeros(g, [2])), |m| (m == 2).then(|| vec![vec![]])),
        row!("softmax_cross_entropy", |g, n| zeros(g, [2, 3]).softmax_cross_entropy(g.labels("l", [2], n)), |m| (m <= 3).then(|| vec![vec![]])),
        row!("softmax_cross_entropy", |g, n| CrossEntropy::new().reduction(Reduction::Sum).of(zeros(g, [n, 3]), g.labels("l", [n], 3)), |m| Some(vec![vec![m, 3], vec![]])),
        row!("softmax_cross_entropy", |g, n| CrossEntropy::new().ignore(n).of(zeros(g, [2, 3]), g.labels("l", [2], 3)), |_m| one([])),
        row!("softmax_cross_entropy", |g, n| CrossEntropy::new().ignore(n).of(zeros(g, [2, 3]), g.labels("l", [2], n)), |m| (m <= 3).then(|| vec![vec![]])),
        row!("add", |g, n| { let x = g.input("x", [2, 1]); (x + zeros(g, [n])).sum(..).grad(x) }, |m| Some(vec![vec![2, m], vec![2, 1]])),
        row!("jacobian", |g, n| zeros(g, [0]).jacobian(zeros(g, [n])), |m| Some(vec![vec![m], vec![0, m]])),
        row!("grad", |g, n| { let x = g.input("x", [3]); x.unfold(0, 3, n).sum(..).grad(x) }, |m| (m > 0).then(|| vec![vec![3]])),
    ])
}

/// Whether the sizes that are not 0 multiply to no more than a shape may have.
fn fits(shape: &[u128]) -> bool {
    shape.iter().try_fold(1u128, |all, &n| all.checked_mul(n.max(1))).is_some_and(|all| all <= MOST as u128)
}

#[test]
fn every_operation_has_the_shape_that_arithmetic_says_or_a_fault_at_its_line() {
    let mut wrong = Vec::new();
    for Row { name, line, build, shapes } in rows() {
        for n in SIZES {
            let found = catch_unwind(|| {
                let g = Graph::new();
                let y = build(&g, n);
                let shape: Vec<u128> = y.shape().iter().map(|&n| n as u128).collect();
                (shape, g.check().map_or_else(|error| error.faults().to_vec(), |()| Vec::new()))
            });
            let Ok((shape, faults)) = found else {
                wrong.push(format!("{name} (line {line}) of {n} panicked"));
                continue;
            };
            let expected = shapes(n as u128).filter(|all| all.iter().all(|shape| fits(shape)));
            match expected.and_then(|all| all.last().cloned()) {
                Some(expected) if !faults.is_empty() || shape != expected => {
                    wrong.push(format!(
                        "{name} (line {line}) of {n} has shape {shape:?}, not {expected:?}: {faults:#?}"
                    ));
                }
                Some(_) => {}
                None => {
                    // Of what the operation is given, something may be too large by itself.
                    let given = ["broadcast_to", "input", "labels", "unfold"];
                    let given = |op: &str| (n > 1 << 32 || name == "grad") && given.contains(&op);
                    let told = |fault: &Fault| {
                        let at = fault.site.location;
                        (fault.op == name || given(&fault.op)) && (at.file(), at.line()) == (file!(), line)
                    };
                    let one = faults.len() == 1 || n > 1 << 32;
                    if faults.is_empty() || !one || !faults.iter().all(told) {
                        wrong.push(format!("{name} (line {line}) of {n}: {faults:#?}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} mistakes\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_is_recorded_compiles_or_says_that_there_is_no_memory() {
    let mut wrong = Vec::new();
    for Row { name, line, build, shapes } in rows() {
        // What there may be memory for is not asked for.
        for n in SIZES.into_iter().filter(|&n| n <= 3 || n >= 1 << 59) {
            let size = |shape: &Vec<u128>| shape.iter().fold(1u128, |all, &n| all.saturating_mul(n));
            let small = shapes(n as u128).is_some_and(|all| all.iter().all(|shape| size(shape) < 1000));
            let found = catch_unwind(|| {
                let g = Graph::new();
                let y = build(&g, n);
                let mut program = g.compile::<f64>([y])?;
                match small {
                    true => program.run_unfed(&Params::new()).map(|_| ()),
                    false => Ok(()),
                }
            });
            match found {
                Err(_) => wrong.push(format!("{name} (line {line}) of {n} panicked")),
                Ok(Ok(()) | Err(Error::Missing { .. } | Error::Recording(_))) => {}
                Ok(Err(error)) if !small && error.to_string().contains("which cannot be had\n  --> ") => {}
                Ok(Err(error)) => wrong.push(format!("{name} (line {line}) of {n}: {error}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{} mistakes\n{}", wrong.len(), wrong.join("\n"));
}

/// What a function panics with, and the line that the panic names; `None` if it does not panic.
fn panic_of<T>(f: impl FnOnce() -> T) -> Option<(String, u32)> {
    thread_local! { static SEEN: RefCell<Option<(String, u32)>> = const { RefCell::new(None) } }
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let line = info.location().filter(|at| at.file() == file!()).map_or(0, |at| at.line());
            let text = info.payload().downcast_ref::<String>();
            SEEN.set(text.map(|text| (text.clone(), line)));
            before(info);
        }));
    });
    SEEN.set(None);
    catch_unwind(AssertUnwindSafe(f)).err().map(|_| SEEN.take().unwrap_or_default())
}

/// Shapes that cannot be had, each with what is said of it.
fn impossible() -> Vec<(Shape, String)> {
    let large = |shape: Shape| {
        let problem = format!("the shape {shape} is too large: its sizes multiply to more than {MOST}");
        (shape, problem)
    };
    let huge = |shape: Shape| {
        let problem = format!("there is no memory for a tensor of shape {shape}");
        (shape, problem)
    };
    vec![
        large([usize::MAX].into()),
        large([MOST + 1].into()),
        large([usize::MAX, 0].into()),
        large([0, 1 << 31, 1 << 31].into()),
        large([1 << 32, 1 << 32].into()),
        large([3, usize::MAX, usize::MAX].into()),
        huge([MOST].into()),
        huge([1 << 58, 2].into()),
    ]
}

#[test]
fn a_tensor_that_cannot_be_had_panics_at_the_callers_line_with_its_shape() {
    for (shape, problem) in impossible() {
        let told = |line| Some((problem.clone(), line));
        assert_eq!(panic_of(|| Tensor::full(&shape, 1.0)), told(line!()));
        assert_eq!(panic_of(|| Tensor::<f64>::zeros(&shape)), told(line!()));
        assert_eq!(panic_of(|| Tensor::from_fn(&shape, |_| 0.0)), told(line!()));
        assert_eq!(panic_of(|| gradus::data::noise::<f64>(&shape, 0, 0)), told(line!()));
        for init in inits() {
            let mut params = Params::<f64>::seeded(0);
            assert_eq!(panic_of(|| init.sample::<f64>(&shape, params.rng())), told(line!()), "{init:?}");
        }
    }
}

/// Each initialization.
fn inits() -> [Init; 13] {
    [
        Init::Zeros,
        Init::Constant(1.0),
        Init::Uniform(1.0),
        Init::Normal(1.0),
        Init::GlorotUniform,
        Init::GlorotNormal,
        Init::HeUniform,
        Init::HeNormal,
        Init::LecunUniform,
        Init::LecunNormal,
        Init::KaimingNormal(1.0),
        Init::Orthogonal(1.0),
        Init::TorchLinear,
    ]
}

#[test]
fn empty_shapes_are_drawn_whatever_their_other_sizes() {
    for init in inits() {
        for shape in [[0, MOST], [MOST, 0]] {
            let w: Tensor<f32> = init.sample(shape, Params::<f32>::seeded(0).rng());
            assert_eq!((w.len(), &w.shape()[..]), (0, &shape[..]), "{init:?}");
        }
    }
}

#[test]
fn a_tensor_of_given_numbers_is_an_error_where_its_shape_is_too_large() {
    let text = |made: Result<Tensor<f64>>| made.map_or_else(|error| error.to_string(), |_| "fine".into());
    for (shape, problem) in impossible().into_iter().filter(|(shape, _)| shape.contains(&0)) {
        assert_eq!(text(Tensor::new(&shape, vec![])), problem);
        assert_eq!(text(Tensor::zeros([0]).reshape(&shape)), problem);
    }
    for (shape, _) in impossible() {
        assert!(
            Tensor::new(&shape, vec![0.0; 3]).is_err() && Tensor::<f32>::zeros([3]).reshape(&shape).is_err()
        );
    }
    // Many rows of nothing.
    let rows = Tensor::<f64>::zeros([3, MOST / 4, 0]);
    assert_eq!(text(rows.take(&[2, 0, 1])), "fine");
    assert!(text(rows.take(&[0; 5])).starts_with("the shape [5, "));
    assert_eq!(rows.to_string().matches("[]").count(), 3 * 6);
}

#[test]
fn a_row_beyond_all_does_not_wrap_to_one_that_is_there() {
    let x = tensor![[1.0, 2.0], [3.0, 4.0]];
    for row in [2, 1 << 62, 1 << 63, usize::MAX] {
        let (text, line) = panic_of(|| x.row(row).to_vec()).unwrap_or_default();
        assert!(text.contains("out of range for slice") || text.contains("slice index"), "row {row}: {text}");
        let _ = line;
    }
    assert_eq!((x.get(&[usize::MAX, 0]), x.get(&[0, usize::MAX])), (None, None));
}

#[test]
fn axes_that_do_not_fit_are_not_taken_for_others() {
    let axes: [isize; 6] = [isize::MIN, isize::MIN + 1, -3, 2, isize::MAX - 1, isize::MAX];
    let mut wrong = Vec::new();
    let mut hold = |name: &str, axis: String, g: &Graph, build: &dyn Fn(&Graph)| {
        let panic = panic_of(|| build(g));
        let faults = g.check().map_or_else(|error| error.faults().to_vec(), |()| Vec::new());
        let told =
            matches!(&faults[..], [fault] if fault.message.contains(&format!("axis {axis} is out of range")));
        if panic.is_some() || !told {
            wrong.push(format!("{name} along {axis}: {panic:?} {faults:#?}"));
        }
    };
    for axis in axes {
        let table: [(&str, &dyn Fn(&Graph)); 21] = [
            ("transpose", &|g| drop(zeros(g, [2, 3]).transpose(0, axis).to_string())),
            ("squeeze", &|g| drop(zeros(g, [2, 3]).squeeze(axis).to_string())),
            ("slice", &|g| drop(zeros(g, [2, 3]).slice(axis, ..).to_string())),
            ("pad", &|g| drop(zeros(g, [2, 3]).pad(axis, 1, 1).to_string())),
            ("unfold", &|g| drop(zeros(g, [2, 3]).unfold(axis, 1, 1).to_string())),
            ("overlap_add", &|g| drop(zeros(g, [2, 3]).overlap_add(axis, 1, 4).to_string())),
            ("cat", &|g| drop(g.cat(&[zeros(g, [2, 3]); 2], axis).to_string())),
            ("gather", &|g| drop(zeros(g, [2, 3]).gather(g.labels("l", [2], 2), axis).to_string())),
            ("scatter_add", &|g| {
                drop(zeros(g, [2, 3]).scatter_add(g.labels("l", [2], 2), axis, 2).to_string())
            }),
            ("argmax", &|g| drop(zeros(g, [2, 3]).argmax(axis).squeeze(axis).one_hot().to_string())),
            ("sum", &|g| drop(zeros(g, [2, 3]).sum(axis).to_string())),
            ("sum of two", &|g| drop(zeros(g, [2, 3]).sum([0, axis]).to_string())),
            ("mean", &|g| drop(zeros(g, [2, 3]).mean(axis).to_string())),
            ("var", &|g| drop(zeros(g, [2, 3]).var(axis).to_string())),
            ("prod", &|g| drop(zeros(g, [2, 3]).prod(axis).to_string())),
            ("softmax", &|g| drop(zeros(g, [2, 3]).softmax(axis).to_string())),
            ("logsumexp", &|g| drop(zeros(g, [2, 3]).logsumexp(axis).to_string())),
            ("sparsemax", &|g| drop(zeros(g, [2, 3]).sparsemax(axis).to_string())),
            ("glu", &|g| drop(zeros(g, [2, 3]).glu(axis).to_string())),
            ("maxout", &|g| drop(zeros(g, [2, 3]).maxout(axis, 1).to_string())),
            ("crelu", &|g| drop(zeros(g, [2, 3]).crelu(axis).to_string())),
        ];
        for (name, build) in table {
            hold(name, axis.to_string(), &Graph::new(), build);
        }
        if ![-3, 2].contains(&axis) {
            hold("unsqueeze", axis.to_string(), &Graph::new(), &|g| {
                drop(zeros(g, [2, 3]).unsqueeze(axis).to_string())
            });
            hold("stack", axis.to_string(), &Graph::new(), &|g| {
                drop(g.stack(&[zeros(g, [2, 3])], axis).to_string())
            });
        }
    }
    // As signed numbers these would be -1 and isize::MIN.
    for axis in [usize::MAX, isize::MAX as usize + 1] {
        let table: [(&str, &dyn Fn(&Graph)); 4] = [
            ("sum", &|g| drop(zeros(g, [2, 3]).sum(axis).to_string())),
            ("max", &|g| drop(zeros(g, [2, 3]).max([axis]).to_string())),
            ("slice", &|g| drop(zeros(g, [2, 3]).slice(axis, ..1).to_string())),
            ("cat", &|g| drop(g.cat(&[zeros(g, [2, 3])], axis).to_string())),
        ];
        for (name, build) in table {
            hold(name, isize::MAX.to_string(), &Graph::new(), build);
        }
    }
    assert!(wrong.is_empty(), "{} mistakes\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_single_window_may_be_any_number_of_steps_from_the_next() {
    let g = Graph::new();
    let x = g.value(tensor![[1.0, 2.0], [3.0, 4.0]]);
    for step in [2, 1 << 62, usize::MAX] {
        let windows = x.exp().ln().unfold(0, 2, step);
        assert_eq!(windows.t().to_string(), "[[[1, 3], [2, 4]]]");
        assert_eq!(windows.overlap_add(0, step, 2).to_string(), "[[1, 2], [3, 4]]");
        assert_eq!(windows.square().sum(..).grad(x).to_string(), "[[2, 4], [6, 8]]");
        assert_eq!(windows.unfold(1, 2, step).sum(..).to_string(), "10");
    }
}

#[test]
fn a_part_behind_all_elements_is_empty_wherever_it_begins() {
    // Each axis of size 1 has a stride as long as all elements, and the empty part behind it begins there.
    let mut shape = vec![1; 20];
    shape[19] = MOST;
    let g = Graph::new();
    let (mut x, row) = (g.input("x", shape), g.input("row", [MOST]));
    for axis in 0..19 {
        x = x.slice(axis, 1..);
    }
    let mut program =
        g.compile::<f64>([(x * row).sum(..), x.pad(0, 1, 0).sum(..)]).expect("it takes no memory");
    assert!(matches!(program.run_unfed(&Params::new()), Err(Error::Missing { .. })));
}

#[test]
fn a_label_that_cannot_occur_ignores_nothing() {
    let loss = |ignored: Option<usize>| {
        let g = Graph::new();
        let (z, label) = (g.value(tensor![[2.0, 0.0, -1.0], [0.0, 1.0, 0.0]]), g.labels("label", [2], 3));
        let entropy = ignored.map_or(CrossEntropy::new(), |ignored| CrossEntropy::new().ignore(ignored));
        let mut program = g.compile::<f64>([entropy.of(z, label)])?;
        Ok::<f64, Error>(program.run(&Params::new(), [label.feed(&tensor![0, 2])])?.at(0).item())
    };
    let none = loss(None).expect("a loss");
    for label in [3, 1 << 31, MOST, isize::MAX as usize, usize::MAX] {
        assert_eq!(loss(Some(label)).expect("a loss"), none, "{label}");
    }
}

#[test]
fn a_layer_that_cannot_be_had_is_a_fault_of_the_graph_that_uses_it() {
    let sizes = [
        (usize::MAX, 2),
        (2, usize::MAX),
        (usize::MAX, usize::MAX),
        (0, usize::MAX),
        (MOST, 1),
        (1 << 58, 2),
    ];
    for (inputs, outputs) in sizes {
        let mut params = Params::<f32>::seeded(7);
        let line = line!() + 1;
        let new = Linear::new(&mut params, "new", inputs, outputs);
        let with = Linear::with_init(&mut params, "with", inputs, outputs, Init::Orthogonal(1.0));
        let unbiased = Linear::no_bias(&mut params, "unbiased", inputs, outputs, Init::HeNormal);
        let mlp = Mlp::new(&mut params, "mlp", &[inputs, outputs]);
        let layers = [new, with, unbiased, mlp.layers()[0].clone()];
        for (i, layer) in (0..).zip(&layers) {
            let g = Graph::new();
            let y = layer.forward(g.input("x", [5, 2]));
            let used = line!() - 1;
            let faults = g.check().expect_err("no such layer").faults().to_vec();
            assert!(y.is_poisoned());
            let (name, at) = (layer.weight().name(), format!("{}:{}:", file!(), line + i));
            let weight = &faults[0];
            let said = format!("the parameter {name:?} of {at}");
            assert!(weight.message.starts_with(&said), "{weight}");
            assert!(weight.message.contains(&format!("shape [{outputs}, {inputs}]")), "{weight}");
            assert_eq!(
                (weight.op.as_str(), weight.site.location.line()),
                (&*format!("{}/param", layer.name()), used)
            );
        }
        // What was had is there, and nothing else.
        assert!(params.iter().all(|(_, value)| value.len() == outputs), "{params:?}");
        assert_eq!(params.get("new.weight"), None);
        assert!(panic_of(|| params[layers[0].weight()].len()).is_some());
    }
}

#[test]
fn counts_of_rows_that_cannot_be_had_are_errors() {
    use gradus::data::{Batches, Confusion, blobs, moons, spirals, split};
    for n in [1 << 59, MOST, MOST + 1, 1 << 61, isize::MAX as usize, usize::MAX] {
        let all: [(&str, Result<()>); 6] = [
            ("batches", Batches::new(n, 1).map(|_| ())),
            ("split", split(n, 0.5, 0).map(|_| ())),
            ("moons", moons::<f64>(n, 0.1, 0).map(|_| ())),
            ("spirals", spirals::<f64>(n, 2, 0.1, 0).map(|_| ())),
            ("blobs", blobs::<f32>(n, n, 0.1, 0).map(|_| ())),
            ("confusion", Confusion::new(&[0], &[0], n).map(|_| ())),
        ];
        for (name, made) in all {
            let text = made.map_or_else(|error| error.to_string(), |()| "fine".into());
            assert!(text.contains("memory") && text.contains(&n.to_string()), "{name} of {n}: {text}");
        }
    }
    let batches = Batches::new(3, usize::MAX).map(|batches| batches.drop_last().seed(1));
    assert_eq!(
        batches.map(|batches| (batches.per_epoch(), batches.epoch(u64::MAX).len())).ok(),
        Some((0, 0))
    );
    let few = blobs::<f64>(3, usize::MAX, 0.0, 0).map(|(_, labels)| labels.into_data());
    assert_eq!(few.ok(), Some(vec![0, 1, 2]));
    assert!(spirals::<f64>(3, usize::MAX, 0.0, 0).is_ok_and(|(points, _)| points.len() == 6));
}

#[test]
fn a_file_whose_shapes_overflow_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.safetensors");
    let sizes: Vec<String> = SIZES.iter().map(usize::to_string).collect();
    let mut shapes: Vec<String> = sizes.iter().map(|n| format!("[{n}]")).collect();
    shapes
        .extend(sizes.iter().flat_map(|n| [format!("[0,{n}]"), format!("[{n},0]"), format!("[{n},{n},0]")]));
    shapes.extend(sizes.iter().map(|n| format!("[{n},{n}]")));
    for (shape, name) in shapes.iter().flat_map(|shape| [(shape, "w"), (shape, "optimizer.m")]) {
        for end in ["0", "8", "18446744073709551615"] {
            let w = r#""w":{"dtype":"F64","shape":[0],"data_offsets":[0,0]},"#;
            let w = if name == "w" { "" } else { w };
            let header =
                format!(r#"{{{w}"{name}":{{"dtype":"F64","shape":{shape},"data_offsets":[0,{end}]}}}}"#);
            let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
            bytes.extend(header.as_bytes());
            bytes.extend([0; 8]);
            if end == "0" {
                bytes.truncate(bytes.len() - 8);
            }
            std::fs::write(&path, bytes).expect("written");
            let mut params = Params::<f64>::seeded(0);
            params.add("w", Tensor::zeros([0]));
            match params.load(&path) {
                Ok(()) => assert!(name != "w" || shape == "[0]", "{name} of shape {shape} to {end}"),
                Err(error) => {
                    assert!(matches!(error, Error::File { .. }), "{name} of {shape} to {end}: {error}")
                }
            }
            // What was taken in is of a shape that can be counted.
            assert!(
                params
                    .states()
                    .all(|(_, state)| fits(&state.shape().iter().map(|&n| n as u128).collect::<Vec<_>>()))
            );
        }
    }
}

#[test]
fn a_check_and_the_reference_of_more_numbers_than_there_is_memory_for_are_errors() {
    use gradus::gradcheck::function;
    for n in [1 << 58, MOST, usize::MAX] {
        let report = function("huge", [tensor![1.0]], move |x| x[0].broadcast_to([n])).run();
        let text = report.map_or_else(|error| error.to_string(), |_| "fine".into());
        assert!(
            text.contains("too large") || text.contains("cannot be had") || text.contains("no memory"),
            "{text}"
        );
    }
    let g = Graph::new();
    let index = zeros(&g, [1, 2]).argmax(1).squeeze(1);
    for y in [
        zeros(&g, [1 << 58]),
        zeros(&g, [1]).pad(0, 1 << 58, 0),
        zeros(&g, [1]).scatter_add(index, 0, 1 << 58),
        zeros(&g, [1, 1]).overlap_add(0, 1 << 58, 1 << 57),
        g.value(Tensor::zeros([0, 1 << 58])).sum(0),
    ] {
        let found = gradus::interpret::interpret(&g, &[y.id()], &Params::new(), &HashMap::new());
        let text = found.map_or_else(|error| error.to_string(), |_| "fine".into());
        assert!(text.starts_with("there is no memory for a tensor of shape ["), "{y:?}: {text}");
    }
}

#[test]
fn units_that_cannot_be_watched_are_an_error() {
    let mut params = Params::<f64>::seeded(0);
    let w = params.add("w", tensor![1.0]);
    let g = Graph::new();
    let x = g.input("x", [0, 1 << 58]);
    let value = (x * g.param(&w)).relu().sum(..);
    let empty = Tensor::zeros([0, 1 << 58]);
    let health = gradus::diagnose::Health::of(value, &params, [[(x, &empty)]]);
    let text = health.map_or_else(|error| error.to_string(), |_| "fine".into());
    assert!(text.starts_with("there is no memory to watch 288230376151711744 units"), "{text}");
}

#[test]
fn threads_without_number_are_an_error() {
    let g = Graph::new();
    let mut program = g.compile::<f32>([g.constant(1.0)]).expect("it compiles");
    for count in [1025, 1 << 31, usize::MAX] {
        let line = line!() + 1;
        let error = program.threads(count).expect_err("there are not so many").to_string();
        for part in ["at most 1024 threads", &count.to_string(), &format!("tests/all/sizes.rs:{line}:")] {
            assert!(error.contains(part), "{part}: {error}");
        }
    }
    assert!(program.threads(1).is_ok() && program.threads(0).is_ok());
}
