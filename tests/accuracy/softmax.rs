//! Softmax, log-softmax and cross-entropy with their first two derivatives against exact tables
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

/// The same of an element of a second derivative, and of the derivative of softmax.
const SECOND: f64 = 8.0;

/// As a program usually runs, and each operation by itself.
const PASSES: [Passes; 2] =
    [Passes { simplify: true, cse: true, fuse: true }, Passes { simplify: false, cse: false, fuse: false }];

/// A line of the table.
struct Line {
    name: String,
    mode: String,
    target: usize,
    logits: Vec<f64>,
    /// Of a mode that has them, a number for each class: probabilities, or a cotangent.
    given: Vec<f64>,
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
        let given = matches!(&mode[..], "soft" | "second" | "along");
        let (given, rest) = rest.split_at(if given { n } else { 0 });
        let truth = rest.chunks(3).map(|n| Truth { hi: n[0], lo: n[1], scale: n[2] });
        Line {
            target: target.parse().expect("a class"),
            logits: logits.to_vec(),
            given: given.to_vec(),
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
            let both = g.cat(&[z.softmax(-1), z.log_softmax(-1)], 0).t();
            let mut program: Program<E> = g.compile_with([both], passes)?;
            let out = program.run(&Params::new(), [z.feed(&zs)])?;
            return Ok(out.at(0).iter().map(|x| x.to_f64()).collect());
        }
        "hard" => z.softmax_cross_entropy(t),
        "smooth" => CrossEntropy::new().smoothing(0.125).of(z, t),
        _ => z.softmax_cross_entropy(g.value(Tensor::new([1, n], line.given.clone())?)),
    };
    let mut program: Program<E> = g.compile_with([loss, loss.grad(z)], passes)?;
    let out = match &line.mode[..] {
        "soft" => program.run(&Params::new(), [z.feed(&zs)])?,
        _ => program.run(&Params::new(), [z.feed(&zs), t.feed(&ts)])?,
    };
    Ok(out.at(0).iter().chain(out.at(1).iter()).map(|x| x.to_f64()).collect())
}

/// Matrices of derivatives at a line's logits, each with what it is, a factor, and which of the table's two it is:
/// p·(1 − p) and −p·q, or the second derivative of Σ v·p.
fn matrices<'g>(z: Var<'g>, line: &Line, mode: &str) -> Vec<(String, f64, usize, Var<'g>)> {
    let (g, n) = (z.graph(), line.logits.len());
    let row = |row: Vec<f64>| g.value(Tensor::new([1, n], row).expect("a row"));
    let rows = |of: Var<'g>| {
        let rows: Vec<Var<'g>> = (0..n).map(|i| of.slice(1, i..i + 1).sum(..).grad(z)).collect();
        g.cat(&rows, 0)
    };
    let only = |target: usize| row((0..n).map(|i| f64::from(i == target)).collect());
    if mode == "each" {
        let (v, all) = (row(line.given.clone()), line.given.iter().sum::<f64>());
        let hessian = |y: Var<'g>| rows(y.sum(..).grad(z));
        return vec![
            ("softmax".into(), 1.0, 0, rows(z.softmax(-1))),
            ("softmax, second order".into(), 1.0, 1, hessian(v.strong_mul(z.softmax(-1)))),
            ("logsumexp".into(), 1.0, 0, hessian(z.logsumexp(..))),
            ("log_softmax".into(), -all, 0, hessian(v.strong_mul(z.log_softmax(-1)))),
        ];
    }
    let each = |target: usize| {
        let loss = match mode {
            "hard" => z.softmax_cross_entropy(only(target).argmax(-1).squeeze(-1)),
            "smooth" => CrossEntropy::new().smoothing(0.125).of(z, only(target).argmax(-1).squeeze(-1)),
            _ => z.softmax_cross_entropy(0.5 * only(target) + 0.5 * only((target + 1) % n)),
        };
        (format!("against {target}"), 1.0, 0, rows(loss.grad(z)))
    };
    (0..n).map(each).collect()
}

/// The same as numbers.
fn second<E: Element>(line: &Line, mode: &str, passes: Passes) -> Result<Vec<(String, usize, Vec<f64>)>> {
    let g = Graph::new();
    let z = g.input("z", [1, line.logits.len()]);
    let all = matrices(z, line, mode);
    let mut program: Program<E> = g.compile_with(all.iter().map(|(.., matrix)| *matrix), passes)?;
    let zs = Tensor::new([1, line.logits.len()], line.logits.iter().map(|&x| E::from_f64(x)).collect())?;
    let out = program.run(&Params::new(), [z.feed(&zs)])?;
    let found = all.into_iter().enumerate().map(|(i, (what, factor, which, _))| {
        (what, which, out.at(i).iter().map(|x| x.to_f64() / factor).collect())
    });
    Ok(found.collect())
}

/// The derivative of softmax times a vector.
fn along<E: Element>(line: &Line, passes: Passes) -> Result<Vec<f64>> {
    let g = Graph::new();
    let n = line.logits.len();
    let (z, v) = (g.input("z", [1, n]), g.value(Tensor::new([1, n], line.given.clone())?));
    let mut program: Program<E> = g.compile_with([z.logsumexp(..).hvp(z, v)], passes)?;
    let zs = Tensor::new([1, n], line.logits.iter().map(|&x| E::from_f64(x)).collect())?;
    let out = program.run(&Params::new(), [z.feed(&zs)])?;
    Ok(out.at(0).iter().map(|x| x.to_f64()).collect())
}

/// Numbers against the table: the worst error of those whose terms do not cancel, and of others; and what is beyond
/// the budget, in words.
struct Judge<'w> {
    worst: [f64; 2],
    budget: f64,
    wrong: &'w mut Vec<String>,
}

impl Judge<'_> {
    fn see<E: Element>(&mut self, what: &str, found: &[f64], truth: &[Truth]) {
        assert_eq!(found.len(), truth.len(), "{what}: everything is judged");
        for (i, (&found, truth)) in found.iter().zip(truth).enumerate() {
            let error = truth.error::<E>(found);
            let at = &mut self.worst[usize::from(truth.scale != 0.0)];
            *at = at.max(error);
            let masked = truth.hi == 0.0 && truth.lo == 0.0 && truth.scale == 0.0;
            if error > self.budget || truth.is_false_zero::<E>(found) || (masked && found != 0.0) {
                self.wrong.push(format!("{what}, number {i}: {found:e}, not {:e}: {error:.1} ulp", truth.hi));
            }
        }
    }
}

/// The worst errors of a mode in one type, each with that on the scale of terms that cancel: of numbers, and of
/// second derivatives.
fn measure<E: Element>(mode: &str, lines: &[Line], wrong: &mut Vec<String>) -> [f64; 4] {
    let held = |x: f64| E::DTYPE != "F32" || f64::from(x as f32) == x;
    let what = |line: &Line, passes: Passes| {
        let fused = if passes.fuse { "fused" } else { "unfused" };
        format!("{mode} {} of {}, target {}, {fused}", E::DTYPE, line.name, line.target)
    };
    let mut first = Judge { worst: [0.0; 2], budget: BUDGET, wrong: &mut *wrong };
    for (line, passes) in
        lines.iter().filter(|line| line.mode == mode).flat_map(|line| PASSES.map(|passes| (line, passes)))
    {
        assert!(line.logits.iter().all(|&z| held(z)), "{}: the logits are numbers of both types", line.name);
        first.see::<E>(&what(line, passes), &compute::<E>(line, passes).expect("it runs"), &line.truth);
    }
    let [worst, scaled] = first.worst;
    let mut second_order = Judge { worst: [0.0; 2], budget: SECOND, wrong };
    for (line, passes) in lines.iter().flat_map(|line| PASSES.map(|passes| (line, passes))) {
        let what = what(line, passes);
        match &line.mode[..] {
            "second" => {
                let truth: Vec<&[Truth]> = line.truth.chunks(line.truth.len() / 2).collect();
                for (of, which, found) in second::<E>(line, mode, passes).expect("it runs") {
                    second_order.see::<E>(&format!("{what}, second derivative, {of}"), &found, truth[which]);
                }
            }
            "along" if mode == "each" => {
                let found = along::<E>(line, passes).expect("it runs");
                second_order.see::<E>(&format!("{what}, along a vector"), &found, &line.truth);
            }
            _ => {}
        }
    }
    let [second, second_scaled] = second_order.worst;
    [worst, scaled, second, second_scaled]
}

/// The rows of the document's table; an error tells what is beyond the budget.
pub fn rows() -> std::result::Result<String, String> {
    let (lines, mut rows, mut wrong) = (table(), String::new(), Vec::new());
    for (mode, what) in MODES {
        let numbers: usize = lines.iter().filter(|line| line.mode == mode).map(|line| line.truth.len()).sum();
        for (dtype, all) in [
            ("f64", measure::<f64>(mode, &lines, &mut wrong)),
            ("f32", measure::<f32>(mode, &lines, &mut wrong)),
        ] {
            let [worst, scaled, second, second_scaled] = all.map(figure);
            let peers = peers(&format!("softmax_{mode}"), dtype, &[0, 1, 2, 3]);
            writeln!(
                rows,
                "| {what} | {dtype} | {numbers} | {worst} | {scaled} | {second} | {second_scaled} | {peers} |"
            )
            .expect("a string");
        }
    }
    if wrong.is_empty() { Ok(rows) } else { Err(wrong.join("\n")) }
}

/// The largest error of one ulp is above the spacing, not of it: a table read wrongly must not pass.
#[test]
fn the_table_bites() {
    let mut lines = table();
    lines.retain(|line| matches!(&line.mode[..], "hard" | "second"));
    lines.truncate(10);
    for line in &mut lines {
        for truth in &mut line.truth {
            truth.hi *= 1.0 + 1e-13;
        }
    }
    let mut wrong = Vec::new();
    measure::<f64>("hard", &lines, &mut wrong);
    for order in [false, true] {
        assert!(wrong.iter().any(|what| what.contains("second derivative") == order), "{wrong:?}");
    }
    assert!(ulp::<f64>(1.0) < 1e-15);
}
