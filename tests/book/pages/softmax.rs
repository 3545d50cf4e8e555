//! What `docs/softmax.md` says.

use crate::engine::{grid, over_seeds};
use crate::page::Form::{Fixed, Power};
use crate::page::Page;
use gradus::plot::{Axis, BLUE, DASHED, DOTTED, Figure, GREEN, ORANGE, SOLID};
use gradus::prelude::*;

/// The logits of the page, and the temperatures at which they are looked at.
const LOGITS: [f64; 3] = [1.0, 2.0, 3.0];
const TEMPERATURES: [f64; 6] = [0.1, 0.5, 1.0, 2.0, 10.0, 100.0];
/// How many rows of how many logits are added up, and how far they are spread.
const ROWS: usize = 200;
const CLASSES: usize = 10;
const SPREAD: f64 = 20.0;

pub fn page(page: &mut Page) {
    let p = softmax(&LOGITS);
    for (i, p) in p.iter().enumerate() {
        page.exact(&format!("p_{}", i + 1), Fixed(4), *p);
    }
    page.exact("overflow_f32", Fixed(2), first(80.0, |z| naive::<f32>(z)[0].is_nan()));
    page.exact("overflow_f64", Fixed(2), first(700.0, |z| naive::<f64>(z)[0].is_nan()));
    let away = over_seeds(20, farthest_sum);
    let away = away.into_iter().fold(0.0, f64::max);
    page.exact("rows", Fixed(0), ROWS as f64);
    page.statistical("away", Power(0), 20, 1e-16..=1e-15, away);

    let hot = |t: f64| softmax(&LOGITS.map(|z| z / t));
    for t in TEMPERATURES {
        page.exact(&format!("largest_{t}"), Fixed(if t < 0.2 { 5 } else { 4 }), hot(t)[2]);
        page.exact(&format!("entropy_{t}"), Fixed(4), entropy(&hot(t)));
        if ![1.0, 2.0, 10.0].contains(&t) {
            page.exact(&format!("temperature_{t}"), Fixed(usize::from(t < 1.0)), t);
        }
    }
    page.exact("most", Fixed(4), 3f64.ln());

    let jacobian = jacobian();
    page.block("jacobian", table(&jacobian));
    let [low, high] = eigenvalues(&jacobian);
    page.exact("eigenvalue_low", Fixed(4), low);
    page.exact("eigenvalue_high", Fixed(4), high);

    for classes in [2, 10, 1000] {
        page.exact(&format!("start_{classes}"), Fixed(3), loss(&vec![0.0; classes], 0));
    }
    page.exact("classes_1000", Fixed(0), 1000.0);
    let each = pull(&LOGITS, 0);
    for (i, pull) in each.iter().enumerate() {
        page.exact(&format!("pull_{}", i + 1), Fixed(4), *pull);
    }
    page.exact("loss_first", Fixed(4), loss(&LOGITS, 0));

    page.exact("fused", Fixed(0), loss(&[0.0, 800.0], 0));
    page.exact("naive", Fixed(0), naive_loss(&[0.0, 800.0], 0));
    page.exact("crossed", Fixed(4), -pull(&[-10.0, 10.0], 0)[0]);
    page.exact("squared", Power(2), -squared_pull(&[-10.0, 10.0], 0)[0]);

    for margin in [10.0, 17.0, 40.0, 700.0] {
        page.exact(&format!("engine_{margin}"), Power(2), pull(&[margin, 0.0], 0)[0]);
    }
    page.exact("loss_40", Power(2), loss(&[40.0, 0.0, 0.0], 0));
    page.exact("pull_40", Power(2), pull(&[40.0, 0.0, 0.0], 0)[0]);
    page.exact("margin_17", Fixed(0), 17.0);
    page.exact("margin_40", Fixed(0), 40.0);
    page.exact("margin_700", Fixed(0), 700.0);
    page.exact("textbook_17_f32", Fixed(0), textbook::<f32>(17.0).abs());
    page.exact("textbook_40_f64", Fixed(0), textbook::<f64>(40.0).abs());
    page.exact("zero_f32", Fixed(2), first(10.0, |z| textbook::<f32>(z) == 0.0));
    page.exact("zero_f64", Fixed(2), first(30.0, |z| textbook::<f64>(z) == 0.0));
    page.exact("engine_zero_f64", Fixed(1), first(740.0, |z| pull(&[z, 0.0], 0)[0] == 0.0));

    page.figure("temperature", draw_temperature(&hot));
    page.figure("wrong", draw_wrong());
    page.figure("sure", draw_sure());
}

fn row(logits: &[f64]) -> Tensor<f64> {
    Tensor::new([1, logits.len()], logits.to_vec()).expect("a row")
}

fn softmax(logits: &[f64]) -> Vec<f64> {
    let g = Graph::new();
    g.value(row(logits)).softmax(-1).eval::<f64>().expect("it runs").into_data()
}

/// What softmax is without the shift, of two logits, one of them 0.
fn naive<E: Element>(logit: f64) -> Vec<f64> {
    let g = Graph::new();
    let e = g.value(tensor![logit, 0.0]).exp();
    let p = (e / e.sum(..)).eval::<E>().expect("it runs");
    p.iter().map(|p| p.to_f64()).collect()
}

/// The cross-entropy of one row.
fn loss(logits: &[f64], right: usize) -> f64 {
    let g = Graph::new();
    let z = g.value(row(logits));
    z.softmax_cross_entropy(target(z, right)).eval::<f64>().expect("it runs").item()
}

/// Its gradient in the logits.
fn pull(logits: &[f64], right: usize) -> Vec<f64> {
    let g = Graph::new();
    let z = g.value(row(logits));
    let loss = z.softmax_cross_entropy(target(z, right));
    loss.grad(z).eval::<f64>().expect("it runs").into_data()
}

/// Probability 1 for the right class.
fn target(z: Var<'_>, right: usize) -> Var<'_> {
    let classes = z.size(1);
    z.graph().value(Tensor::from_fn([1, classes], |at| f64::from(u8::from(at[1] == right))))
}

/// −ln p in two steps.
fn naive_loss(logits: &[f64], right: usize) -> f64 {
    let g = Graph::new();
    let z = g.value(row(logits));
    let loss = -z.softmax(-1).slice(1, right..right + 1).ln();
    loss.eval::<f64>().expect("it runs").item()
}

/// The gradient of the squared error of the probabilities.
fn squared_pull(logits: &[f64], right: usize) -> Vec<f64> {
    let g = Graph::new();
    let z = g.value(row(logits));
    let loss = (z.softmax(-1) - target(z, right)).square().sum(..);
    loss.grad(z).eval::<f64>().expect("it runs").into_data()
}

/// p − y for the right one of two classes, by subtraction.
fn textbook<E: Element>(margin: f64) -> f64 {
    let g = Graph::new();
    let p = g.value(tensor![[margin, 0.0]]).softmax(-1);
    (p - g.value(tensor![[1.0, 0.0]])).eval::<E>().expect("it runs").data()[0].to_f64()
}

/// The first of `from`, `from` + 0.01, … for which it is so.
fn first(from: f64, so: impl Fn(f64) -> bool) -> f64 {
    let mut steps = (0..2000).map(|i| from + f64::from(i) / 100.0);
    steps.find(|&x| so(x)).expect("it is so somewhere")
}

/// How far from 1 the sum of probabilities gets.
fn farthest_sum(seed: u64) -> f64 {
    let mut params = Params::<f64>::seeded(seed);
    let logits: Tensor<f64> = Init::Uniform(SPREAD).sample([ROWS, CLASSES], params.rng());
    let g = Graph::new();
    let sums = g.value(logits).softmax(-1).sum(1).eval::<f64>().expect("it runs");
    sums.iter().map(|sum| (sum - 1.0).abs()).fold(0.0, f64::max)
}

/// In natural units; what has no probability adds nothing.
fn entropy(p: &[f64]) -> f64 {
    -p.iter().map(|&p| if p > 0.0 { p * libm::log(p) } else { 0.0 }).sum::<f64>()
}

/// Row `i` is the gradient of probability `i`.
fn jacobian() -> [[f64; 3]; 3] {
    let g = Graph::new();
    let z = g.value(row(&LOGITS));
    let p = z.softmax(-1);
    std::array::from_fn(|i| {
        let slopes = p.slice(1, i..i + 1).sum(..).grad(z).eval::<f64>().expect("it runs");
        std::array::from_fn(|k| slopes.data()[k])
    })
}

fn table(jacobian: &[[f64; 3]; 3]) -> String {
    let mut text = String::from(
        "| | in the first logit | in the second | in the third | sum |\n|---|---|---|---|---|\n",
    );
    for (name, row) in ["first", "second", "third"].iter().zip(jacobian) {
        let sum = row.iter().sum::<f64>();
        assert!(sum.abs() < 1e-14, "the rows sum to 0");
        let cells: Vec<String> = row.iter().map(|x| format!("{x:.4}").replace('-', "−")).collect();
        text += &format!("| {name} probability | {} | 0 |\n", cells.join(" | "));
    }
    text
}

/// The two eigenvalues beside 0 of a symmetric matrix whose rows sum to 0.
fn eigenvalues(m: &[[f64; 3]; 3]) -> [f64; 2] {
    let trace = m[0][0] + m[1][1] + m[2][2];
    let minor = |i: usize, k: usize| m[i][i] * m[k][k] - m[i][k] * m[k][i];
    let minors = minor(0, 1) + minor(0, 2) + minor(1, 2);
    let root = libm::sqrt(trace * trace - 4.0 * minors);
    [(trace - root) / 2.0, (trace + root) / 2.0]
}

fn draw_temperature(hot: &impl Fn(f64) -> Vec<f64>) -> String {
    let mut figure = Figure::new(
        "Three logits at six temperatures",
        "The probabilities of the logits 1, 2 and 3 at six temperatures. At a tenth the largest takes all; at 1 it takes two \
         thirds; at 100 all three are nearly a third.",
        300.0,
    );
    let names: Vec<String> = TEMPERATURES.iter().map(|t| format!("{t}")).collect();
    let ticks: Vec<(f64, &str)> = names.iter().enumerate().map(|(i, name)| (i as f64, &**name)).collect();
    let mut panel = figure.panel(
        [64.0, 60.0, 540.0, 240.0],
        Axis::named("temperature", (-0.6, 5.6), &ticks),
        Axis::named("probability", (0.0, 1.0), &[(0.0, "0"), (1.0 / 3.0, "⅓"), (2.0 / 3.0, "⅔"), (1.0, "1")]),
    );
    for (i, t) in TEMPERATURES.iter().enumerate() {
        for (k, (p, (color, opacity))) in
            hot(*t).iter().zip([(BLUE, 0.5), (ORANGE, 0.7), (GREEN, 1.0)]).enumerate()
        {
            let left = i as f64 + [-0.42, -0.14, 0.14][k];
            panel.area(color, opacity, (left, 0.0), (left + 0.26, *p));
        }
    }
    for (k, (color, name)) in
        [(BLUE, "logit 1"), (ORANGE, "logit 2"), (GREEN, "logit 3")].into_iter().enumerate()
    {
        panel.label(color, (5.6, 0.30 + 0.12 * k as f64), (10.0, 4.0), name);
    }
    figure.to_svg()
}

/// How hard two losses pull, from right to wrong.
fn draw_wrong() -> String {
    let mut figure = Figure::new(
        "How hard a mistake pulls",
        "The size of the gradient in the right logit, against how far the wrong logit is ahead. The cross-entropy's rises to 1 and \
         stays. The squared error's has a hump near 0 and falls towards 0 where the mistake is worst.",
        320.0,
    );
    let xs = grid(-10.0, 10.0, 160);
    let mut panel = figure.panel(
        [64.0, 60.0, 500.0, 262.0],
        Axis::new("how far the wrong logit is ahead", (-10.0, 10.0), &[-10.0, -5.0, 0.0, 5.0, 10.0]),
        Axis::new("pull at the right logit", (0.0, 1.05), &[0.0, 0.5, 1.0]),
    );
    let line = |pull: fn(&[f64], usize) -> Vec<f64>| -> Vec<(f64, f64)> {
        xs.iter().map(|&x| (x, -pull(&[0.0, x], 0)[0])).collect()
    };
    panel.line(SOLID, line(pull)).line(DASHED, line(squared_pull));
    panel.label(BLUE, (10.0, 1.0), (8.0, 4.0), "cross-entropy");
    panel.label(ORANGE, (10.0, 0.0), (8.0, -2.0), "squared error");
    figure.to_svg()
}

/// The gradient of the surest, on a logarithmic scale.
fn draw_sure() -> String {
    let mut figure = Figure::new(
        "The gradient of a classifier that is right and sure",
        "On a logarithmic scale the engine's gradient is a straight line down to the right. The subtraction p − y follows it, \
         frays, and falls to exactly 0: in f32 at a margin of 16.6, in f64 at 36.7.",
        360.0,
    );
    let xs = grid(0.0, 50.0, 500);
    let mut panel = figure.panel(
        [64.0, 60.0, 540.0, 300.0],
        Axis::new("margin of the right logit", (0.0, 50.0), &[0.0, 10.0, 20.0, 30.0, 40.0, 50.0]),
        Axis::decades("size of the gradient", (1e-22, 1.0), &[-20, -15, -10, -5, 0]),
    );
    panel.line(SOLID, xs.iter().map(|&x| (x, pull(&[0.0, x], 1)[0].abs())));
    let falls: [(_, fn(f64) -> f64); 2] = [(DASHED, textbook::<f32>), (DOTTED, textbook::<f64>)];
    let mut ends = Vec::new();
    for (pen, textbook) in falls {
        let points = xs.iter().map(|&x| (x, textbook(x).abs()));
        let points: Vec<(f64, f64)> = points.take_while(|(_, y)| *y > 0.0).collect();
        // The fall to 0 goes off the scale.
        let end = points.last().expect("there are points").0;
        panel.line(pen, points.into_iter().chain([(end, 1e-22)]));
        ends.push(end);
    }
    panel.label(BLUE, (43.0, 2e-19), (6.0, -6.0), "engine");
    panel.label(ORANGE, (ends[0], 1e-14), (6.0, 0.0), "p − y in f32");
    panel.label(GREEN, (ends[1], 1e-21), (-76.0, 0.0), "p − y in f64");
    figure.to_svg()
}
