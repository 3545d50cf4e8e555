//! Softmax, log-softmax and cross-entropy with its gradient against exact tables
//! (`tests/reference/make_softmax.py`).

use super::{Truth, figure, number, path, peers, ulp};
use gradus::Passes;
use gradus::prelude::*;
use std::fmt::Write;

/// Units in the last place that a value, a loss or an element of a gradient may be off.
const BUDGET: f64 = 8.0;

const MODES: [(&str, &str); 4] = [
    ("each", "softmax, log-softmax"),
    ("hard", "cross-entropy, labels"),
    ("smooth", "cross-entropy, labels smoothed by 1/8"),
    ("soft", "cross-entropy, probabilities"),
];

/// The same of an element of the loss's second derivative, against the class that leads. Against another, the leading
/// class has a share that is rounded and then subtracted from 1: there is no promise.
const SECOND: f64 = 16.0;

/// As a program usually runs, and each operation by itself.
const PASSES: [Passes; 2] =
    [Passes { simplify: true, cse: true, fuse: true }, Passes { simplify: false, cse: false, fuse: false }];

/// A line of the table.
struct Line {
    name: String,
    mode: String,
    target: usize,
    logits: Vec<f64>,
    probabilities: Vec<f64>,
    truth: Vec<Truth>,
}

fn table() -> Vec<Line> {
    let text = std::fs::read_to_string(path("tests/reference/softmax.txt")).expect("the table is there");
    let line = |line: &str| {
        let mut words = line.split(' ');
        let mut word = || words.next().expect("a word").to_string();
        let (name, mode, target, n) = (word(), word(), word(), word());
        let n: usize = n.parse().expect("a number of classes");
        let numbers: Vec<f64> = words.map(number).collect();
        let (logits, rest) = numbers.split_at(n);
        let (probabilities, rest) = rest.split_at(if mode == "soft" { n } else { 0 });
        let truth = rest.chunks(3).map(|n| Truth { hi: n[0], lo: n[1], scale: n[2] });
        Line {
            target: target.parse().expect("a class"),
            logits: logits.to_vec(),
            probabilities: probabilities.to_vec(),
            truth: truth.collect(),
            name,
            mode,
        }
    };
    text.lines().map(line).collect()
}

/// What a line tells, as a user computes it.
fn compute<E: Element>(line: &Line, passes: Passes) -> Result<Vec<f64>> {
    let g = Graph::new();
    let n = line.logits.len();
    let row = |of: &[f64]| Tensor::new([1, n], of.iter().map(|&x| E::from_f64(x)).collect());
    let (z, t) = (g.input("z", [1, n]), g.labels("t", [1], n));
    let (zs, ts) = (row(&line.logits)?, Tensor::from([line.target]));
    let loss = match &line.mode[..] {
        "each" => {
            let both = g.join(&[z.softmax(-1), z.log_softmax(-1)], 0).t();
            let mut program: Program<E> = g.compile_with([both], passes)?;
            let out = program.run(&Params::seeded(0), [z.feed(&zs)])?;
            return Ok(out.at(0).iter().map(|x| x.to_f64()).collect());
        }
        "hard" => z.softmax_cross_entropy(t),
        "smooth" => CrossEntropy::new().smoothing(0.125).of(z, t),
        _ => z.softmax_cross_entropy(g.value(Tensor::new([1, n], line.probabilities.clone())?)),
    };
    let mut program: Program<E> = g.compile_with([loss, loss.grad(z)], passes)?;
    let out = match &line.mode[..] {
        "soft" => program.run(&Params::seeded(0), [z.feed(&zs)])?,
        _ => program.run(&Params::seeded(0), [z.feed(&zs), t.feed(&ts)])?,
    };
    Ok(out.at(0).iter().chain(out.at(1).iter()).map(|x| x.to_f64()).collect())
}

/// The second derivative of the loss against a line's target, row by row.
fn second<E: Element>(line: &Line, target: usize, passes: Passes) -> Result<Vec<f64>> {
    let g = Graph::new();
    let n = line.logits.len();
    let (z, t) = (g.input("z", [1, n]), g.labels("t", [1], n));
    let slope = z.softmax_cross_entropy(t).grad(z);
    let rows: Vec<Var<'_>> = (0..n).map(|i| slope.slice(1, i..i + 1).sum(..).grad(z)).collect();
    let mut program: Program<E> = g.compile_with([g.join(&rows, 0)], passes)?;
    let zs = Tensor::new([1, n], line.logits.iter().map(|&x| E::from_f64(x)).collect())?;
    let ts = Tensor::from([target]);
    let out = program.run(&Params::seeded(0), [z.feed(&zs), t.feed(&ts)])?;
    Ok(out.at(0).iter().map(|x| x.to_f64()).collect())
}

/// The truth of it from the probabilities: `p·(1 − p)` on the diagonal, with the others' sum for `1 − p`, and
/// `−p·q` beside it; good to a few units of `f64`.
fn second_truth(line: &Line) -> Vec<Truth> {
    let p: Vec<f64> = line.truth.chunks(2).map(|both| both[0].hi).collect();
    let element = |i: usize, j: usize| match i == j {
        true => p[i] * (0..p.len()).filter(|&k| k != i).map(|k| p[k]).sum::<f64>(),
        false => -p[i] * p[j],
    };
    let all = (0..p.len()).flat_map(|i| (0..p.len()).map(move |j| (i, j)));
    all.map(|(i, j)| Truth { hi: element(i, j), lo: 0.0, scale: 0.0 }).collect()
}

/// The worst errors of a mode in one type: of numbers, on the scale of terms that cancel, and of the second order,
/// against the leading class and against others.
fn measure<E: Element>(mode: &str, lines: &[Line], wrong: &mut Vec<String>) -> [f64; 4] {
    let mut worst = [0f64; 4];
    let held = |x: f64| E::DTYPE != "F32" || f64::from(x as f32) == x;
    let what = |line: &Line, passes: Passes| {
        let fused = if passes.fuse { "fused" } else { "unfused" };
        format!("{mode} {} of {}, target {}, {fused}", E::DTYPE, line.name, line.target)
    };
    for (line, passes) in
        lines.iter().filter(|line| line.mode == mode).flat_map(|line| PASSES.map(|passes| (line, passes)))
    {
        assert!(line.logits.iter().all(|&z| held(z)), "{}: the logits are numbers of both types", line.name);
        let found = compute::<E>(line, passes).expect("it runs");
        assert_eq!(found.len(), line.truth.len(), "{}: everything is judged", line.name);
        for (i, (&found, truth)) in found.iter().zip(&line.truth).enumerate() {
            let error = truth.error::<E>(found);
            let at = &mut worst[usize::from(truth.scale != 0.0)];
            *at = at.max(error);
            let masked = truth.hi == 0.0 && truth.lo == 0.0 && truth.scale == 0.0;
            if error > BUDGET || truth.is_false_zero::<E>(found) || (masked && found != 0.0) {
                let what = what(line, passes);
                wrong.push(format!("{what}, number {i}: {found:e}, not {:e}: {error:.1} ulp", truth.hi));
            }
        }
        // The second derivative does not depend on the target; the targets are walked with the cases of softmax.
        let targets = if mode == "each" { 0..line.logits.len() } else { 0..0 };
        for target in targets.filter(|&target| line.logits[target] != f64::NEG_INFINITY) {
            let found = second::<E>(line, target, passes).expect("it runs");
            let leads = line.logits.iter().all(|&z| z <= line.logits[target]);
            for (i, (&found, truth)) in found.iter().zip(second_truth(line)).enumerate() {
                let error = truth.error::<E>(found);
                let at = &mut worst[if leads { 2 } else { 3 }];
                *at = at.max(error);
                assert!(!found.is_nan(), "{} against {target}: number {i}", what(line, passes));
                if leads && (error > SECOND || truth.is_false_zero::<E>(found)) {
                    let what = what(line, passes);
                    wrong.push(format!(
                        "{what}, second derivative against {target}, number {i}: {found:e}, not {:e}: {error:.1} ulp",
                        truth.hi
                    ));
                }
            }
        }
    }
    worst
}

/// The rows of the document's table; an error tells what is beyond the budget.
pub fn rows() -> std::result::Result<String, String> {
    let (lines, mut rows, mut wrong) = (table(), String::new(), Vec::new());
    for (mode, what) in MODES {
        let numbers: usize = lines.iter().filter(|line| line.mode == mode).map(|line| line.truth.len()).sum();
        for (dtype, [worst, scaled, leading, other]) in [
            ("f64", measure::<f64>(mode, &lines, &mut wrong)),
            ("f32", measure::<f32>(mode, &lines, &mut wrong)),
        ] {
            let [worst, scaled] = [worst, scaled].map(figure);
            let second = format!("{} / {}", figure(leading), figure(other));
            let second = if mode == "each" { second } else { "-".into() };
            let peers = peers(&format!("softmax_{mode}"), dtype, &[0, 1, 2, 3]);
            writeln!(rows, "| {what} | {dtype} | {numbers} | {worst} | {scaled} | {second} | {peers} |")
                .expect("a string");
        }
    }
    if wrong.is_empty() { Ok(rows) } else { Err(wrong.join("\n")) }
}

/// The largest error of one ulp is above the spacing, not of it: a table read wrongly must not pass.
#[test]
fn the_table_bites() {
    let mut lines = table();
    lines.truncate(20);
    for line in &mut lines {
        for truth in &mut line.truth {
            truth.hi *= 1.0 + 1e-13;
        }
    }
    let mut wrong = Vec::new();
    measure::<f64>("hard", &lines, &mut wrong);
    assert!(!wrong.is_empty() && ulp::<f64>(1.0) < 1e-15);
}
