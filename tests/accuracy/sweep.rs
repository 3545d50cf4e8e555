//! The same budgets off the tables' points: `f32` on numbers of every size against `f64`, whose errors are as
//! nothing to it, for value, slope and second slope of every function. In a build for release every 997th of all
//! numbers is tried, else every 9,973rd, unless `GRADUS_STEP` says which.

use super::{BUDGET, FUNCTIONS, LEARNED, PARAMETERS, Truth, compute, figure, slope_in};
use gradus::op::{Map, rows};
use gradus::prelude::*;
use std::fmt::Write;

/// Which of all numbers are tried: every so manyth.
fn step() -> usize {
    let usual = if cfg!(debug_assertions) { 9_973 } else { 997 };
    std::env::var("GRADUS_STEP").map_or(usual, |step| step.parse().expect("GRADUS_STEP is a whole number"))
}

/// A block's size: so many numbers run at once.
const BLOCK: usize = 1 << 15;

/// Functions with a parameter that is no power of two, and so is rounded in places where another is not.
const OTHERS: &[(&str, for<'g> fn(Var<'g>) -> Var<'g>)] = &[
    ("swish at 0.7", |x| x.swish(0.7f32 as f64)),
    ("softplus_sharp at 0.7", |x| x.softplus_sharp(0.7f32 as f64)),
    ("elu at 1.7", |x| x.elu(1.7f32 as f64)),
    ("celu at 0.7", |x| x.celu(0.7f32 as f64)),
    ("squareplus at 0.7", |x| x.squareplus(0.7f32 as f64)),
];

/// The same of slopes in the parameter.
const OTHER_PARAMETERS: &[(&str, for<'g> fn(Var<'g>) -> Var<'g>)] = &[
    ("swish_beta at 0.7", |x| slope_in(x, 0.7f32 as f64, |x, b| x.swish(b))),
    ("softplus_sharp_beta at 0.7", |x| slope_in(x, 0.7f32 as f64, |x, b| x.softplus_sharp(b))),
    ("celu_alpha at 0.7", |x| slope_in(x, 0.7f32 as f64, |x, a| x.celu(a))),
    ("squareplus_b at 0.7", |x| slope_in(x, 0.7f32 as f64, |x, b| x.squareplus(b))),
];

/// The sizes of the terms of slope and second slope of `x · σ(w)`, with `w` and its first two derivatives.
fn gated(x: f64, [w, first, second]: [f64; 3]) -> [f64; 2] {
    let p = rows::logistic_pdf(w);
    let bend = second.abs() + (first * first * (0.5 * w).tanh()).abs();
    [rows::sigmoid(w) + (x * p * first).abs(), p * (2.0 * first + x.abs() * bend)]
}

/// The sizes of the terms of slope and second slope, of functions whose terms cancel somewhere: what
/// `tests/reference/make.py` has as well.
fn terms(name: &str, x: f64) -> [f64; 2] {
    // Beyond, the terms are 0 times infinity.
    let x = x.clamp(-1e3, 1e3);
    match name {
        "silu" => gated(x, [x, 1.0, 0.0]),
        "swish" => gated(x, [1.5 * x, 1.5, 0.0]),
        "swish at 0.7" => gated(x, [0.7 * x, 0.7, 0.0]),
        "gelu_sigmoid" => gated(x, [1.702 * x, 1.702, 0.0]),
        "gelu_tanh" => {
            let (linear, cubic) = (1.595_769_121_605_730_8, 0.071_354_816_272_600_25);
            gated(x, [x * (linear + cubic * x * x), linear + 3.0 * cubic * x * x, 6.0 * cubic * x])
        }
        "mish" if x == 0.0 => [0.0, 0.0],
        "mish" => {
            let gate = rows::mish(x) / x;
            let slope = (rows::mish_grad(x) - gate).abs();
            [gate + slope, 2.0 * slope / x.abs() + 2.0 * slope]
        }
        "gelu" => {
            let density = rows::normal_pdf(x);
            [rows::normal_cdf(x) + x.abs() * density, (2.0 + x * x) * density]
        }
        "gaussian" => [0.0, (4.0 * x * x + 2.0) * rows::gaussian(x)],
        "normal_pdf" => [0.0, (x * x + 1.0) * rows::normal_pdf(x)],
        "logistic_pdf" => {
            let p = rows::logistic_pdf(x);
            [0.0, p + 6.0 * p * p]
        }
        "swish_beta" | "swish_beta at 0.7" => {
            let beta = if name == "swish_beta" { 1.5 } else { 0.7 };
            let w = beta * x;
            [rows::logistic_pdf(w) * x.abs() * (2.0 + w.abs()), 0.0]
        }
        "hard_swish" if x.abs() < 3.0 => [(2.0 * x.abs() + 3.0) / 6.0, 0.0],
        _ => [0.0, 0.0],
    }
}

/// What is tried of one function: the worst error of each quantity and where it is, and what is beyond the budget.
fn sweep(name: &str, f: for<'g> fn(Var<'g>) -> Var<'g>, budget: [f64; 3]) -> ([(f64, f64); 3], Vec<String>) {
    let (mut worst, mut wrong) = ([(0.0, 0.0); 3], Vec::new());
    let all = (0..=u32::MAX).step_by(step()).map(f32::from_bits).filter(|x| !x.is_nan());
    let all: Vec<f64> = all.map(f64::from).collect();
    for at in all.chunks(BLOCK) {
        let single = compute::<f32>(f, at).expect("it runs");
        let double = compute::<f64>(f, at).expect("it runs");
        for (i, &x) in at.iter().enumerate() {
            let [slope, bend] = terms(name, x);
            for (order, scale) in [0.0, slope, bend].into_iter().enumerate() {
                let (found, hi) = (single[order][i], double[order][i]);
                if found.is_nan() && hi.is_nan() {
                    continue;
                }
                let scale = if scale > 4.0 * hi.abs() { scale } else { 0.0 };
                let truth = Truth { hi, lo: 0.0, scale };
                let (error, zero) = (truth.error::<f32>(found), truth.is_false_zero::<f32>(found));
                if error > worst[order].0 {
                    worst[order] = (error, x);
                }
                if error > budget[order] || (zero && budget[order].is_finite()) {
                    let what = ["value", "slope", "second slope"][order];
                    wrong.push(format!("{name} {what} at {x:e}: {found:e}, not {hi:e}: {error:.2} ulp"));
                }
            }
        }
    }
    (worst, wrong)
}

#[test]
fn budgets_hold_off_the_points_of_the_tables() {
    let mut all: Vec<(&str, [f64; 3], for<'g> fn(Var<'g>) -> Var<'g>)> = Vec::new();
    for &(name, f) in FUNCTIONS {
        // The density is the slope of another row, and its own says what it may be off by.
        let value = if name == "logistic_pdf" { rows_ulp(name) } else { BUDGET[0] };
        all.push((name, [value, BUDGET[1], BUDGET[2]], f));
    }
    all.extend(OTHERS.iter().map(|&(name, f)| (name, BUDGET, f)));
    all.extend(PARAMETERS.iter().map(|&(name, _, f)| (name, LEARNED, f)));
    all.extend(OTHER_PARAMETERS.iter().map(|&(name, f)| (name, LEARNED, f)));
    let mut told = format!(
        "f32 on every {}th number against f64: the worst error in ulp, and where\n{:28} {:24} {:24} {:24}\n",
        step(),
        "function (or slope in one)",
        "value",
        "slope",
        "second slope"
    );
    let mut beyond = Vec::new();
    for (name, budget, f) in all {
        let (worst, wrong) = sweep(name, f, budget);
        let cells = worst.map(|(error, x)| format!("{} at {x:.4e}", figure2(error)));
        writeln!(told, "{name:28} {:24} {:24} {:24}", cells[0], cells[1], cells[2]).expect("a string");
        let more = wrong.len();
        beyond.extend(wrong.into_iter().take(3));
        if more > 3 {
            beyond.push(format!("{name}: and {} more", more - 3));
        }
    }
    super::tables::print(&told);
    assert!(beyond.is_empty(), "beyond the budget:\n{}", beyond.join("\n"));
}

/// What a row says of itself.
fn rows_ulp(name: &str) -> f64 {
    Map::ALL.iter().find(|map| map.name() == name).expect("a row").ulp()
}

/// With a digit more than the document has.
fn figure2(x: f64) -> String {
    if x < 100.0 { format!("{x:.2}") } else { figure(x) }
}

/// Parameters from far below 1 to far above it.
const EXTREMES: [f32; 9] = [1e-30, 1e-20, 1e-8, 1e-3, 0.37, 30.0, 1e5, 1e20, 1e30];

/// What is asked of a function of a number and a parameter, in the order in which it is computed.
const ASKED: [&str; 4] = ["value", "slope", "slope in the parameter", "second slope"];

type OfTwo = for<'g> fn(Var<'g>, Var<'g>) -> Var<'g>;

/// Functions of which so much is right with every such parameter: what a factor brings back into sight of an
/// exponential that is itself below the smallest number, too. Whether it may be negative. The others of what is
/// asked have roots, or are made of quotients that round; none of them is 0 where it should not be.
const OF_TWO: &[(&str, bool, &[usize], OfTwo)] = &[
    ("elu", true, &[0, 1, 2, 3], |x, a| x.elu(a)),
    ("celu", false, &[0, 1, 2, 3], |x, a| x.celu(a)),
    ("softplus_sharp", false, &[0, 1, 2], |x, b| x.softplus_sharp(b)),
    ("squareplus", false, &[0, 1], |x, b| x.squareplus(b)),
    ("swish", true, &[0, 2], |x, b| x.swish(b)),
];

fn compute_both<E: Element>(f: OfTwo, xs: &[f64], parameter: f32) -> Result<Vec<Vec<f64>>> {
    let g = Graph::new();
    let (x, p) = (g.input("x", [xs.len()]), g.input("p", [xs.len()]));
    let y = f(x, p);
    let slope = y.sum(..).grad(x);
    let asked = [y, slope, y.sum(..).grad(p), slope.sum(..).grad(x)];
    let mut program: Program<E> = g.compile(asked)?;
    let xs = Tensor::new([xs.len()], xs.iter().map(|&x| E::from_f64(x)).collect())?;
    let ps = Tensor::from_fn(xs.shape(), |_| E::from_f64(f64::from(parameter)));
    let out = program.run(&Params::new(), [(x, &xs), (p, &ps)])?;
    Ok((0..asked.len()).map(|i| out.at(i).iter().map(|x| x.to_f64()).collect()).collect())
}

#[test]
fn parameters_far_from_1_cost_no_digits_and_leave_no_false_zero() {
    let all = (0..=u32::MAX).step_by(10 * step()).map(f32::from_bits).filter(|x| x.is_finite());
    let xs: Vec<f64> = all.map(f64::from).collect();
    let mut wrong = Vec::new();
    for &(name, signed, which, f) in OF_TWO {
        for p in EXTREMES.into_iter().flat_map(|p| [p, -p]).filter(|&p| signed || p > 0.0) {
            let single = compute_both::<f32>(f, &xs, p).expect("it runs");
            let double = compute_both::<f64>(f, &xs, p).expect("it runs");
            for (i, (j, x)) in (0..ASKED.len()).flat_map(|i| xs.iter().enumerate().map(move |at| (i, at))) {
                let (found, hi) = (single[i][j], double[i][j]);
                let truth = Truth { hi, lo: 0.0, scale: 0.0 };
                let error = truth.error::<f32>(found);
                if (which.contains(&i) && error > BUDGET[1]) || truth.is_false_zero::<f32>(found) {
                    let what = ASKED[i];
                    wrong.push(format!(
                        "{name} at {p:e}, {what} at {x:e}: {found:e}, not {hi:e}: {error:.2} ulp"
                    ));
                }
            }
        }
    }
    wrong.truncate(20);
    assert!(wrong.is_empty(), "beyond the budget:\n{}", wrong.join("\n"));
}
