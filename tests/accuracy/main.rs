//! How exact values, slopes and second slopes are, over the whole range of both number types, against
//! tables made with arbitrary precision (`tests/reference/make.py`). The document of the figures is
//! generated: `UPDATE=1 cargo test --test accuracy` writes it anew.
//!
//! A program by itself: CI runs it as a release as well, for which all other tests would have to be compiled too.

use gradus::prelude::*;
use std::path::{Path, PathBuf};

mod softmax;
mod sweep;
#[path = "../all/tables/mod.rs"]
mod tables;

/// What is measured: a name, and the function as a user records it.
const FUNCTIONS: &[(&str, for<'g> fn(Var<'g>) -> Var<'g>)] = &[
    ("sigmoid", |x| x.sigmoid()),
    ("tanh", |x| x.tanh()),
    ("softplus", |x| x.softplus()),
    ("softplus_sharp", |x| x.softplus_sharp(2.0)),
    ("log_sigmoid", |x| x.log_sigmoid()),
    ("silu", |x| x.silu()),
    ("swish", |x| x.swish(1.5)),
    ("mish", |x| x.mish()),
    ("gelu", |x| x.gelu()),
    ("gelu_tanh", |x| x.gelu_tanh()),
    ("gelu_sigmoid", |x| x.gelu_sigmoid()),
    ("squareplus", |x| x.squareplus(4.0)),
    ("softsign", |x| x.softsign()),
    ("isru", |x| x.isru()),
    ("arctan", |x| x.arctan()),
    ("bent_identity", |x| x.bent_identity()),
    ("logcosh", |x| x.logcosh()),
    ("tanhshrink", |x| x.tanhshrink()),
    ("gaussian", |x| x.gaussian()),
    ("normal_pdf", |x| x.normal_pdf()),
    ("normal_cdf", |x| x.normal_cdf()),
    ("log_normal_cdf", |x| x.log_normal_cdf()),
    ("logistic_pdf", |x| x.logistic_pdf()),
    ("relu", |x| x.relu()),
    ("leaky_relu", |x| x.leaky_relu(0.25)),
    ("relu6", |x| x.relu6()),
    ("relu_squared", |x| x.relu_squared()),
    ("elu", |x| x.elu(1.0)),
    ("celu", |x| x.celu(3.0)),
    ("selu", |x| x.selu()),
    ("hard_sigmoid", |x| x.hard_sigmoid()),
    ("hard_swish", |x| x.hard_swish()),
    ("hard_tanh", |x| x.hard_tanh()),
    ("softshrink", |x| x.softshrink(0.5)),
    ("hardshrink", |x| x.hardshrink(0.5)),
    ("threshold", |x| x.threshold(1.0, -0.5)),
    ("exp", |x| x.exp()),
    ("exp_m1", |x| x.exp_m1()),
    ("ln", |x| x.ln()),
    ("ln_1p", |x| x.ln_1p()),
    ("sqrt", |x| x.sqrt()),
    ("exp2", |x| x.exp2()),
    ("log2", |x| x.log2()),
    ("log10", |x| x.log10()),
    ("hypot", |x| x.hypot(1.5)),
    ("atan2", |x| x.atan2(-0.75)),
    ("atan2_x", |x| x.full_like(0.75).atan2(x)),
    ("tan", |x| x.tan()),
    ("asin", |x| x.asin()),
    ("acos", |x| x.acos()),
    ("sinh", |x| x.sinh()),
    ("cosh", |x| x.cosh()),
    ("asinh", |x| x.asinh()),
    ("acosh", |x| x.acosh()),
    ("atanh", |x| x.atanh()),
    ("cbrt", |x| x.cbrt()),
    ("rsqrt", |x| x.rsqrt()),
    ("sin", |x| x.sin()),
    ("erf", |x| x.erf()),
    ("erfc", |x| x.erfc()),
    ("erfinv", |x| x.erfinv()),
];

/// Units in the last place that value, slope and second slope may be off.
const BUDGET: [f64; 3] = [2.0, 4.0, 8.0];

/// The same of slopes in a parameter and of their slopes in x, which are slopes and second slopes; beyond, there is
/// no promise.
const LEARNED: [f64; 3] = [4.0, 8.0, f64::INFINITY];

/// The same of a loss, its gradient and its second derivative.
const LOSS: [f64; 3] = [8.0, 8.0, 16.0];

/// Slopes in a parameter that may be learned: a name, what it is called, and the function.
const PARAMETERS: &[(&str, &str, for<'g> fn(Var<'g>) -> Var<'g>)] = &[
    ("swish_beta", "`swish` in `beta` = 1.5", |x| slope_in(x, 1.5, |x, b| x.swish(b))),
    ("softplus_sharp_beta", "`softplus_sharp` in `beta` = 2", |x| {
        slope_in(x, 2.0, |x, b| x.softplus_sharp(b))
    }),
    ("elu_alpha", "`elu` in `alpha` = 1", |x| slope_in(x, 1.0, |x, a| x.elu(a))),
    ("celu_alpha", "`celu` in `alpha` = 3", |x| slope_in(x, 3.0, |x, a| x.celu(a))),
    ("squareplus_b", "`squareplus` in `b` = 4", |x| slope_in(x, 4.0, |x, b| x.squareplus(b))),
];

/// The second derivatives of the same functions in x and in the parameter, x first.
const MIXED: &[for<'g> fn(Var<'g>) -> Var<'g>] = &[
    |x| mixed(x, 1.5, |x, b| x.swish(b)),
    |x| mixed(x, 2.0, |x, b| x.softplus_sharp(b)),
    |x| mixed(x, 1.0, |x, a| x.elu(a)),
    |x| mixed(x, 3.0, |x, a| x.celu(a)),
    |x| mixed(x, 4.0, |x, b| x.squareplus(b)),
];

/// Sigmoid cross-entropy of one logit.
const LOSSES: &[(&str, &str, for<'g> fn(Var<'g>) -> Var<'g>)] = &[
    ("logit_of_0", "against 0", |x| each_against(x, 0.0)),
    ("logit_of_1", "against 1", |x| each_against(x, 1.0)),
    ("logit_of_quarter", "against ¼", |x| each_against(x, 0.25)),
];

/// The slope of a function in its parameter, element by element.
fn slope_in<'g>(x: Var<'g>, at: f64, f: impl Fn(Var<'g>, Var<'g>) -> Var<'g>) -> Var<'g> {
    let parameter = x.full_like(at);
    f(x, parameter).sum(..).grad(parameter)
}

/// The slope in x, and of that the slope in the parameter.
fn mixed<'g>(x: Var<'g>, at: f64, f: impl Fn(Var<'g>, Var<'g>) -> Var<'g>) -> Var<'g> {
    let parameter = x.full_like(at);
    f(x, parameter).sum(..).grad(x).sum(..).grad(parameter)
}

/// Each logit's loss by itself: of one-element batches, so that no mean divides.
fn each_against(x: Var<'_>, target: f64) -> Var<'_> {
    let n = x.shape()[0];
    let each: Vec<Var<'_>> = (0..n)
        .map(|i| {
            let logit = x.slice(0, i..i + 1);
            logit.sigmoid_cross_entropy(logit.full_like(target)).reshape([1])
        })
        .collect();
    x.graph().cat(&each, 0)
}

/// A line of a table.
struct Line {
    x: f64,
    truth: [Truth; 3],
}

/// A number as its rounding and what that left out; and the size of its terms, where they cancel.
#[derive(Clone, Copy)]
struct Truth {
    hi: f64,
    lo: f64,
    scale: f64,
}

impl Truth {
    /// How far a result is off, in units in the last place.
    fn error<E: Element>(&self, found: f64) -> f64 {
        let nearest = E::from_f64(self.hi).to_f64();
        match nearest.is_infinite() || found.is_infinite() || found.is_nan() {
            // The largest finite number stands for what is just beyond it.
            true if found == nearest => 0.0,
            true => f64::INFINITY,
            false => ((found - self.hi) - self.lo).abs() / ulp::<E>(self.hi.abs().max(self.scale)),
        }
    }

    /// Whether 0 came out and is not the nearest number. Half of the smallest number may be rounded
    /// either way.
    fn is_false_zero<E: Element>(&self, found: f64) -> bool {
        found == 0.0 && E::from_f64(self.hi).to_f64().abs() > ulp::<E>(0.0) && self.scale == 0.0
    }
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The number whose bits a word holds.
fn number(word: &str) -> f64 {
    f64::from_bits(u64::from_str_radix(word, 16).expect("bits"))
}

fn table(name: &str) -> Vec<Line> {
    let file = path(&format!("tests/reference/{name}.txt"));
    let text = std::fs::read_to_string(&file).expect("the table is there");
    let line = |line: &str| {
        let n: Vec<f64> = line.split(' ').map(number).collect();
        let truth = |i: usize| Truth { hi: n[3 * i + 1], lo: n[3 * i + 2], scale: n[3 * i + 3] };
        Line { x: n[0], truth: [truth(0), truth(1), truth(2)] }
    };
    text.lines().map(line).collect()
}

/// What is measured of one quantity: the worst error in units in the last place.
#[derive(Clone, Copy, Default)]
struct Worst {
    /// Within 5 of 0; beyond, to 800; further out; and where terms cancel, on their scale.
    regions: [f64; 4],
    /// Where 0 came out and is not the nearest number.
    zeros: usize,
}

/// The spacing of a type's numbers at a size.
fn ulp<E: Element>(size: f64) -> f64 {
    match E::DTYPE {
        "F32" => {
            let x = size.abs() as f32;
            f64::from(x.next_up()) - f64::from(x)
        }
        _ => size.abs().next_up() - size.abs(),
    }
}

/// Value, slope and second slope at some points, as a user computes them.
fn compute<E: Element>(f: for<'g> fn(Var<'g>) -> Var<'g>, at: &[f64]) -> Result<Vec<Vec<f64>>> {
    let g = Graph::new();
    let x = g.input("x", [at.len()]);
    let y = f(x);
    let slope = y.sum(..).grad(x);
    let bend = slope.sum(..).grad(x);
    let mut program: Program<E> = g.compile([y, slope, bend])?;
    let xs = Tensor::new([at.len()], at.iter().map(|&x| E::from_f64(x)).collect())?;
    let out = program.run(&Params::new(), [(x, &xs)])?;
    Ok((0..3).map(|i| out.at(i).iter().map(|x| x.to_f64()).collect()).collect())
}

/// The worst errors of a function in one type, and what is beyond the budget. The function may be a slope: the
/// table's order `from`.
fn measure<E: Element>(
    name: &str,
    f: for<'g> fn(Var<'g>) -> Var<'g>,
    budget: [f64; 3],
    from: usize,
) -> ([Worst; 3], Vec<String>) {
    let single = E::DTYPE == "F32";
    let held = |x: f64| !single || (f64::from(x as f32) == x);
    let lines: Vec<Line> = table(name).into_iter().filter(|line| held(line.x)).collect();
    let at: Vec<f64> = lines.iter().map(|line| line.x).collect();
    let found = compute::<E>(f, &at).expect("it runs");
    let (mut worst, mut wrong) = ([Worst::default(); 3], Vec::new());
    for (order, found) in found.iter().enumerate().take(3 - from) {
        for (line, &found) in lines.iter().zip(found) {
            let truth = line.truth[order + from];
            let error = truth.error::<E>(found);
            let region = match line.x.abs() {
                _ if truth.scale != 0.0 => 3,
                x if x <= 5.0 => 0,
                x if x <= 800.0 => 1,
                _ => 2,
            };
            worst[order].regions[region] = worst[order].regions[region].max(error);
            let zero = truth.is_false_zero::<E>(found);
            worst[order].zeros += usize::from(zero);
            if error > budget[order] || (zero && budget[order].is_finite()) {
                let what = ["value", "slope", "second slope"][order + from];
                wrong.push(format!(
                    "{name} {} {what} at {:e}: {found:e}, not {:e}: {error:.2} ulp",
                    E::DTYPE,
                    line.x,
                    truth.hi
                ));
            }
        }
    }
    (worst, wrong)
}

/// A function in both types.
fn both(
    name: &str,
    f: for<'g> fn(Var<'g>) -> Var<'g>,
    budget: [f64; 3],
    from: usize,
) -> [(&'static str, ([Worst; 3], Vec<String>)); 2] {
    [("f64", measure::<f64>(name, f, budget, from)), ("f32", measure::<f32>(name, f, budget, from))]
}

fn figure(x: f64) -> String {
    match x {
        x if x.is_infinite() => "inf".into(),
        x if x >= 100.0 => format!("{x:.0e}"),
        x => format!("{x:.1}"),
    }
}

/// What is written of one quantity.
fn cell(worst: &Worst) -> String {
    worst.regions.iter().map(|&x| figure(x)).collect::<Vec<_>>().join(" / ")
}

#[test]
fn every_function_keeps_its_budget_everywhere() {
    let (mut rows, mut told, mut wrong) = (String::new(), String::from(TOLD), Vec::new());
    for &(name, f) in FUNCTIONS {
        for (dtype, (worst, beyond)) in both(name, f, BUDGET, 0) {
            let zeros: usize = worst.iter().map(|worst| worst.zeros).sum();
            let peers = peers(name, dtype, &[0, 1, 2, 3, 4, 5, 6, 7]);
            let [value, slope, bend] = worst.map(|worst| cell(&worst));
            rows += &format!("| `{name}` | {dtype} | {value} | {slope} | {bend} | {zeros} | {peers} |\n");
            told += &format!("{name:20} {dtype}  {value:25} {slope:25} {bend:25} {zeros}\n");
            wrong.extend(beyond);
        }
    }
    let mut learned = String::new();
    for (&(name, called, f), &mixed) in PARAMETERS.iter().zip(MIXED) {
        let other_way = both(name, mixed, [LEARNED[1], f64::INFINITY, f64::INFINITY], 1);
        for ((dtype, (worst, beyond)), (_, (other, other_beyond))) in
            both(name, f, LEARNED, 0).into_iter().zip(other_way)
        {
            let zeros = worst[0].zeros + worst[1].zeros + other[0].zeros;
            let [slope, bend, other] = [worst[0], worst[1], other[0]].map(|worst| cell(&worst));
            let peers = peers(name, dtype, &[0, 1, 4, 5]);
            learned += &format!("| {called} | {dtype} | {slope} | {bend} | {other} | {zeros} | {peers} |\n");
            told += &format!("{name:20} {dtype}  {slope:25} {bend:25} {other:25} {zeros}\n");
            wrong.extend(beyond.into_iter().chain(other_beyond));
        }
    }
    let mut losses = String::new();
    for &(name, called, f) in LOSSES {
        for (dtype, (worst, beyond)) in both(name, f, LOSS, 0) {
            let zeros: usize = worst.iter().map(|worst| worst.zeros).sum();
            let [loss, gradient, bend] = worst.map(|worst| cell(&worst));
            let peers = peers(name, dtype, &[0, 1, 2, 3, 4, 5, 6, 7]);
            losses += &format!("| {called} | {dtype} | {loss} | {gradient} | {bend} | {zeros} | {peers} |\n");
            told += &format!("{name:20} {dtype}  {loss:25} {gradient:25} {bend:25} {zeros}\n");
            wrong.extend(beyond);
        }
    }
    tables::print(&told);
    assert!(wrong.is_empty(), "{} beyond the budget:\n{}", wrong.len(), wrong.join("\n"));
    let softmax = softmax::rows().unwrap_or_else(|wrong| panic!("beyond the budget:\n{wrong}"));
    tables::print(&softmax);
    let count: Vec<usize> = FUNCTIONS.iter().map(|(name, _)| table(name).len()).collect();
    let points = format!("{} to {}", count.iter().min().unwrap_or(&0), count.iter().max().unwrap_or(&0));
    let head = HEAD.replace("POINTS", &points);
    hold(
        "docs/accuracy.md",
        &format!("{head}{rows}{FOOT}{LEARN}{learned}{LOGITS}{losses}{SOFTMAX}{softmax}"),
    );
}

const TOLD: &str =
    "worst error in ulp, each for |x| <= 5 / <= 800 / beyond / where terms cancel; and false zeros
function                  value                     slope                     second slope
";

const HEAD: &str = "# Accuracy

Generated by `UPDATE=1 cargo test --test accuracy`; do not edit.

Each activation and elementary function, its slope and its second slope, as a user computes them (recorded, differentiated,
compiled and run), against tables made with arbitrary precision ([`tests/reference`](../tests/reference/make.py)) at POINTS
points each: the interior, both tails, beyond; subnormal numbers, zeros, the largest numbers. The truth is known to 106 bits.

Errors are in units in the last place of the truth (subnormal ones of the subnormal spacing): the worst for |x| ≤ 5 / from 5 to 800 /
beyond / where the terms of the quantity cancel to less than a quarter of their size, there on the scale of the terms. The
budget is 2 for values, 4 for slopes, 8 for second slopes, and a test holds it at every point; in `f32` also at 4.3 million numbers
of every size, against `f64`, in a build for release, and at a tenth of them else (at each 31st of all numbers in November 2026:
`GRADUS_STEP=31`); there `logistic_pdf`, which is a slope, may be off by 2.5. *False zeros* counts results of 0 where the truth is representable, subnormal
numbers included.

Beside it, the same of PyTorch 2.15 and JAX 0.10.2 on a CPU, at the same points and in the same regions
([`tests/reference/measure_peers.py`](../tests/reference/measure_peers.py)): their own function where they have it, else the formula
as their users write it; a dash where they know no such derivative, or nobody writes it so. JAX, compiled, takes subnormal numbers
for 0, which counts as an error of so many units as the number is large, also of `relu`.

| function | type | value | slope | second slope | false zeros | PyTorch: value | slope | second slope | false zeros | JAX: value | slope | second slope | false zeros |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
";

const FOOT: &str = "
Where the terms cancel: `silu`, `swish`, `mish` and the three forms of `gelu` beside the roots of their slopes and second slopes;
`hard_swish` beside −1.5; the second slopes of `gaussian` and `normal_pdf` beside their roots.
";

const LEARN: &str = "
## Slopes in learned parameters

In the same way: the slope in the parameter, budget 4; and the second derivative in x and in the parameter, budget 8, taken
both ways.

| | type | slope in the parameter | of that, the slope in x | of the slope in x, that in the parameter | false zeros | PyTorch: slope in the parameter | of that, the slope in x | JAX: slope in the parameter | of that, the slope in x |
|---|---|---|---|---|---|---|---|---|---|
";

const LOGITS: &str = "
## Sigmoid cross-entropy

Of one logit from −1.8e308 to 1.8e308: the loss and its gradient, budget 8, and the second derivative, budget 16. Against ¼ the
gradient has a root.

| | type | loss | gradient | second derivative | false zeros | PyTorch: loss | gradient | second derivative | false zeros | JAX: loss | gradient | second derivative | false zeros |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
";

const SOFTMAX: &str = "
## Softmax and cross-entropy

The worst error of any number (each element of softmax and log-softmax; the loss and each element of its gradient), with
operations fused and each by itself, against a table made in the same way ([`tests/reference`](../tests/reference/make_softmax.py)): confident models, logits spread over 100 and
over 1e4, equal, tied and nearly so, masked by −∞, the largest of both signs, one class, 1,000 classes. The budget is 8; where
`p·Σ(others' share)` and `share·(1 − p)` cancel to less than a quarter of their sum, on the scale of that sum. No zeros are false;
masked classes have gradients of exactly 0. *Second order*: each element of the second derivatives at the same logits, against
every class, leading or not, one of them masked, and against pairs of them; of log-softmax and softmax, weighted by a cotangent; and of
softmax the first. The budget is 8; where the terms of a second derivative of softmax cancel to less than a quarter of their size, on their scale.

Beside it, the worst errors of PyTorch and JAX in the same cases: of a loss / of an element of a gradient / where terms cancel; of
softmax and log-softmax, of a value. Where the truth is that small, a result of 0 is off by as many units as the truth has.

| function | type | numbers | worst ulp | where terms cancel | second order | where terms cancel | PyTorch | false zeros | JAX | false zeros |
|---|---|---|---|---|---|---|---|---|---|---|
";

/// What was measured of PyTorch and JAX: the words of a line of `tests/reference/peers.txt`.
fn measured(name: &str, dtype: &str) -> Vec<String> {
    let text = std::fs::read_to_string(path("tests/reference/peers.txt")).expect("the figures of others");
    let found = text.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        (words.next() == Some(name) && words.next() == Some(dtype))
            .then(|| words.map(|word| word.replace('/', " / ")).collect())
    });
    found.unwrap_or_else(|| panic!("{name} of {dtype} was not measured of others"))
}

/// The cells of the given words.
fn peers(name: &str, dtype: &str, which: &[usize]) -> String {
    let words = measured(name, dtype);
    which.iter().map(|&i| words[i].clone()).collect::<Vec<_>>().join(" | ")
}

/// Compares a file with what it should be, or writes it.
fn hold(name: &str, expected: &str) {
    if std::env::var("UPDATE").is_ok() {
        return std::fs::write(path(name), expected).expect("the document can be written");
    }
    let found = std::fs::read_to_string(path(name)).unwrap_or_default();
    assert!(found == expected, "{name} is not what is measured; run UPDATE=1 cargo test --test accuracy");
}
