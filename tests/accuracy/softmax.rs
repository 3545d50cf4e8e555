//! Softmax, log-softmax and cross-entropy with its gradient against exact tables
//! (`tests/reference/make_softmax.py`).

use super::{Truth, figure, number, path, ulp};
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

/// What was measured of PyTorch 2.15 and JAX 0.10.2, as cells of the table.
const PEERS: [(&str, &str, &str); 6] = [
    ("hard", "f64", "8e15 / 8e15 | 10 | 8e15 / 8e15 | 11"),
    ("hard", "f32", "2e7 / 2e7 | 10 | 2e7 / 2e7 | 232"),
    ("smooth", "f64", "inf / 21.2 | 0 | inf / 12.3 | 0"),
    ("smooth", "f32", "inf / 21.7 | 0 | inf / 10.3 | 0"),
    ("soft", "f64", "inf / 9.3 | 0 | 1.6 / 6.8 | 0"),
    ("soft", "f32", "inf / 7.9 | 0 | 0.9 / 5.9 | 0"),
];

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
fn compute<E: Element>(line: &Line) -> Result<Vec<f64>> {
    let g = Graph::new();
    let n = line.logits.len();
    let row = |of: &[f64]| Tensor::new([1, n], of.iter().map(|&x| E::from_f64(x)).collect());
    let (z, t) = (g.input("z", [1, n]), g.labels("t", [1], n));
    let (zs, ts) = (row(&line.logits)?, Tensor::from([line.target]));
    let loss = match &line.mode[..] {
        "each" => {
            let both = g.join(&[z.softmax(-1), z.log_softmax(-1)], 0).t();
            let mut program: Program<E> = g.compile([both])?;
            let out = program.run(&Params::seeded(0), [z.feed(&zs)])?;
            return Ok(out.at(0).iter().map(|x| x.to_f64()).collect());
        }
        "hard" => z.softmax_cross_entropy(t),
        "smooth" => CrossEntropy::new().smoothing(0.125).of(z, t),
        _ => z.softmax_cross_entropy(g.value(Tensor::new([1, n], line.probabilities.clone())?)),
    };
    let mut program: Program<E> = g.compile([loss, loss.grad(z)])?;
    let out = match &line.mode[..] {
        "soft" => program.run(&Params::seeded(0), [z.feed(&zs)])?,
        _ => program.run(&Params::seeded(0), [z.feed(&zs), t.feed(&ts)])?,
    };
    Ok(out.at(0).iter().chain(out.at(1).iter()).map(|x| x.to_f64()).collect())
}

/// The worst errors of a mode in one type: of numbers, and on the scale of terms that cancel.
fn measure<E: Element>(mode: &str, lines: &[Line], wrong: &mut Vec<String>) -> [f64; 2] {
    let mut worst = [0f64; 2];
    let held = |x: f64| E::DTYPE != "F32" || f64::from(x as f32) == x;
    for line in lines.iter().filter(|line| line.mode == mode) {
        assert!(line.logits.iter().all(|&z| held(z)), "{}: the logits are numbers of both types", line.name);
        let found = compute::<E>(line).expect("it runs");
        assert_eq!(found.len(), line.truth.len(), "{}: everything is judged", line.name);
        for (i, (&found, truth)) in found.iter().zip(&line.truth).enumerate() {
            let error = truth.error::<E>(found);
            let at = &mut worst[usize::from(truth.scale != 0.0)];
            *at = at.max(error);
            let masked = truth.hi == 0.0 && truth.lo == 0.0 && truth.scale == 0.0;
            if error > BUDGET || truth.is_false_zero::<E>(found) || (masked && found != 0.0) {
                wrong.push(format!(
                    "{mode} {} of {}, target {}, number {i}: {found:e}, not {:e}: {error:.1} ulp",
                    E::DTYPE,
                    line.name,
                    line.target,
                    truth.hi
                ));
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
        for (dtype, [worst, scaled]) in [
            ("f64", measure::<f64>(mode, &lines, &mut wrong)),
            ("f32", measure::<f32>(mode, &lines, &mut wrong)),
        ] {
            let scaled = figure(scaled);
            let peers = PEERS.iter().find(|(of, of_type, _)| *of == mode && *of_type == dtype);
            let peers = peers.map_or("- | - | - | -", |(.., cells)| cells);
            writeln!(rows, "| {what} | {dtype} | {numbers} | {} | {scaled} | {peers} |", figure(worst))
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
