//! What `docs/gradient_check.md` says.

use crate::engine::{grid, median, slopes, values};
use crate::page::Form::{self, Fixed, Percent, Power};
use crate::page::Page;
use gradus::gradcheck::{Verdict, elementwise};
use gradus::nn::Activation;
use gradus::plot::{Axis, BLUE, DASHED, DOTTED, Figure, GREEN, ORANGE, SOLID};
use gradus::prelude::*;

const SIGMOID: Activation = |x| x.sigmoid();
const SEEDS: u64 = 20;
/// What PyTorch's check takes if nothing else is said: a step, and how far off a slope may be.
const STEP: f64 = 1e-6;
const ABSOLUTE: f64 = 1e-5;
const RELATIVE: f64 = 1e-3;
/// Points that such a check is given.
const GIVEN: usize = 8;

/// The relative errors of differences: a step, and bands for the medians over points of the forward difference,
/// of the centered one, and of the centered one in `f32`.
#[rustfmt::skip]
const STEPS: [(f64, [f64; 2], [f64; 2], [f64; 2]); 6] = [
    (1e-1, [5e-3, 5e-2], [1e-4, 3e-3], [1e-4, 3e-3]),
    (1e-2, [5e-4, 5e-3], [1e-6, 3e-5], [1e-6, 5e-5]),
    (1e-3, [5e-5, 5e-4], [1e-8, 3e-7], [1e-5, 4e-4]),
    (1e-5, [5e-7, 5e-6], [1e-12, 5e-11], [1e-3, 4e-2]),
    (1e-7, [5e-9, 5e-8], [1e-10, 5e-9], [5e-2, 1.0]),
    (1e-9, [1e-8, 3e-7], [1e-8, 5e-7], [1.0, 1.0]),
];

/// Where the tails are looked at, and the bands of the median error with a step of 1e-5.
#[rustfmt::skip]
const TAILS: [(f64, [f64; 2]); 6] = [
    (-30.0, [1e-12, 1e-10]), (-20.0, [1e-12, 1e-10]), (10.0, [5e-9, 5e-7]), (20.0, [1e-4, 5e-3]), (25.0, [2e-2, 0.6]), (30.0, [1.0, 1.0]),
];

/// A rule that is wrong, the value that it belongs to, and how often the usual check is to see it.
struct Wrong {
    id: &'static str,
    activation: Activation,
    seen: f64,
    kink: bool,
}

/// How much too large one of them is, as a share.
const SLIGHT: f64 = 5e-4;

#[rustfmt::skip]
const WRONG: [Wrong; 7] = [
    Wrong { id: "sign", activation: |x| custom(x, x.sigmoid(), |x, _, ct| ct * -x.logistic_pdf()), seen: 20.0, kink: false },
    Wrong { id: "product", activation: |x| custom(x, x.silu(), |x, _, ct| ct * x.sigmoid()), seen: 20.0, kink: false },
    Wrong { id: "factor", activation: |x| custom(x, x.tanh(), |x, _, ct| ct * x.tanh_grad() * (1.0 + SLIGHT)), seen: 0.0, kink: false },
    Wrong { id: "textbook", activation: |x| custom(x, x.sigmoid(), |_, y, ct| ct * y * (1.0 - y)), seen: 0.0, kink: false },
    Wrong { id: "clipped", activation: |x| custom(x, x.tanh(), |x, _, ct| ct * x.tanh_grad() * x.abs().lt(6.0)), seen: 0.0, kink: false },
    Wrong { id: "kink", activation: |x| custom(x, x.relu(), |x, _, ct| ct * (x.step() + 2.0 * x.eq(0.0))), seen: 0.0, kink: true },
    Wrong { id: "cotangent", activation: |x| custom(x, x.sin(), |x, _, ct| x.cos() + 0.0 * ct), seen: 0.0, kink: false },
];

fn custom<'g>(x: Var<'g>, value: Var<'g>, rule: for<'a> fn(Var<'a>, Var<'a>, Var<'a>) -> Var<'a>) -> Var<'g> {
    x.graph().custom("wrong", value, &[x], move |args, y, ct| vec![rule(args[0], y, ct)])
}

/// Differences with a step, forward or centered, computed in `E`.
fn differences<E: Element>(xs: &[f64], h: f64, centered: bool) -> Vec<f64> {
    let round = |x: f64| E::from_f64(x).to_f64();
    let right: Vec<f64> = xs.iter().map(|x| round(round(*x) + h)).collect();
    let left: Vec<f64> = xs.iter().map(|x| round(if centered { round(*x) - h } else { *x })).collect();
    let (above, below) = (values::<E>(SIGMOID, &right), values::<E>(SIGMOID, &left));
    let over = if centered { 2.0 * h } else { h };
    above.iter().zip(&below).map(|(a, b)| round(a - b) / over).collect()
}

fn errors<E: Element>(xs: &[f64], h: f64, centered: bool) -> Vec<f64> {
    let off = |(said, truth): (f64, f64)| (said - truth).abs() / said.abs().max(truth.abs());
    differences::<E>(xs, h, centered).into_iter().zip(slopes::<f64>(SIGMOID, xs)).map(off).collect()
}

/// How an error within a band is printed.
fn form([low, high]: [f64; 2]) -> Form {
    if low == 1.0 {
        Fixed(0)
    } else if high > 0.5 {
        Fixed(1)
    } else {
        Power(0)
    }
}

/// Points around a middle, one for each seed.
fn points(middle: f64, half: f64) -> Vec<f64> {
    let draw = |seed| Init::Uniform(half).sample::<f64>([1], Params::<f64>::seeded(seed).rng()).data()[0];
    (1..=SEEDS).map(|seed| middle + draw(seed)).collect()
}

/// Whether the usual check sees that a rule is wrong, at points drawn by a seed.
fn usual_check_fails(activation: Activation, seed: u64) -> bool {
    let xs: Tensor<f64> = Init::Normal(1.0).sample([GIVEN], Params::<f64>::seeded(seed).rng());
    let moved = |by: f64| values::<f64>(activation, &xs.iter().map(|x| x + by).collect::<Vec<_>>());
    let numeric: Vec<f64> = moved(STEP).iter().zip(moved(-STEP)).map(|(a, b)| (a - b) / (2.0 * STEP)).collect();
    let analytic = slopes::<f64>(activation, xs.data());
    analytic.iter().zip(numeric).any(|(a, n)| (a - n).abs() > ABSOLUTE + RELATIVE * n.abs())
}

pub fn page(page: &mut Page) {
    let seeds = SEEDS as usize;
    let middle = points(0.0, 2.0);
    for (i, (h, forward, centered, single)) in STEPS.into_iter().enumerate() {
        let mut claim = |id: &str, [low, high]: [f64; 2], errors: Vec<f64>| {
            page.statistical(&format!("{id}_{i}"), form([low, high]), seeds, low..=high, median(errors));
        };
        claim("forward", forward, errors::<f64>(&middle, h, false));
        claim("centered", centered, errors::<f64>(&middle, h, true));
        claim("single", single, errors::<f32>(&middle, h, true));
    }
    for (x, [low, high]) in TAILS {
        let error = median(errors::<f64>(&points(x, 0.5), 1e-5, true));
        page.statistical(&format!("tail_{x}"), form([low, high]), seeds, low..=high, error);
    }
    page.exact("slope_30", Power(1), slopes::<f64>(SIGMOID, &[30.0])[0]);
    page.exact("numeric_30", Fixed(0), differences::<f64>(&[30.0], 1e-5, true)[0]);
    let relu = |x: f64| values::<f64>(|x| x.relu(), &[x])[0];
    for (id, x) in [("at", 0.0), ("right", 1e-6), ("left", -1e-6)] {
        page.exact(&format!("kink_{id}"), Fixed(2), (relu(x + 1e-5) - relu(x - 1e-5)) / 2e-5);
    }

    page.exact("absolute", Power(0), ABSOLUTE);
    page.exact("relative", Power(0), RELATIVE);
    page.exact("step", Power(0), STEP);
    page.exact("slight", Percent(2), SLIGHT);
    page.exact("given", Fixed(0), GIVEN as f64);
    page.exact("draws", Fixed(0), SEEDS as f64);
    for Wrong { id, activation, seen, kink } in WRONG {
        let caught = (1..=SEEDS).filter(|seed| usual_check_fails(activation, *seed)).count() as f64;
        page.statistical(&format!("usual_{id}"), Fixed(0), seeds, seen..=seen, caught);
        let check = elementwise(id, activation);
        let check = if kink { check.kink(0.0, 0.0).dead(f64::NEG_INFINITY, 0.0) } else { check };
        let report = check.run().expect("it runs");
        assert!(!report.passed(), "{id} is caught: {report}");
        let verdict = if id == "cotangent" { Verdict::NonLinear } else { Verdict::Wrong };
        assert!(report.count(verdict) > 0, "{report}");
    }
    page.block("named", named());
    page.figure("steps", draw_steps());
    page.figure("tails", draw_tails());
}

/// A wrong rule in the midst of right ones. All of it is additions and products, which have the same digits everywhere.
fn named() -> String {
    let g = Graph::new();
    let x = g.input("x", [3]);
    let cube = g.custom("cube", x * x * x, &[x], |args, _, ct| vec![ct * 2.0 * args[0].square()]);
    let loss = (cube.relu() + x.square()).sum(..);
    let at = tensor![-1.0, 0.5, 2.0];
    let check = gradcheck(loss, &Params::<f64>::new()).wrt([x]).feed([(x, &at)]);
    let report = check.run().expect("it runs");
    assert!(!report.passed() && report.wrong_rules.len() == 1, "{report}");
    format!("```text\n{report}\n```")
}

fn draw_steps() -> String {
    let mut figure = Figure::new(
        "The error of a difference, by its step",
        "Both axes are logarithmic. Each curve falls with the step, until rounding lifts it again. The centered difference in f64 is best near \
         a step of 1e-5, the forward one near 1e-8, the centered one in f32 near 1e-2, where it is still a million times worse.",
        380.0,
    );
    let mut panel = figure.panel(
        [72.0, 56.0, 510.0, 320.0],
        Axis::decades("step h", (1e-12, 1.0), &[-12, -9, -6, -3, 0]),
        Axis::decades("relative error, median of 20 points", (1e-12, 1.0), &[-12, -9, -6, -3, 0]),
    );
    let xs = points(0.0, 2.0);
    let steps: Vec<f64> = grid(-12.0, 0.0, 48).iter().map(|power| libm::pow(10.0, *power)).collect();
    let curve = |errors: &dyn Fn(f64) -> Vec<f64>| -> Vec<(f64, f64)> {
        steps.iter().map(|&h| (h, median(errors(h)).clamp(1e-12, 1.0))).collect()
    };
    panel.line(SOLID, curve(&|h| errors::<f64>(&xs, h, true)));
    panel.line(DASHED, curve(&|h| errors::<f64>(&xs, h, false)));
    panel.line(DOTTED, curve(&|h| errors::<f32>(&xs, h, true)));
    panel.label(BLUE, (1e-4, 1e-10), (8.0, 14.0), "centered, f64");
    panel.label(ORANGE, (1.0, 0.2), (6.0, -10.0), "forward, f64");
    panel.label(GREEN, (1e-6, 0.05), (8.0, -14.0), "centered, f32");
    figure.to_svg()
}

fn draw_tails() -> String {
    let mut figure = Figure::new(
        "The same check, all along the sigmoid",
        "The relative error of the centered difference of a right slope. To the left it stays small. To the right of 0 it grows by a factor of e with \
         every unit of x, until at 30 the difference is exactly 0 and the error is all of it. A wider step only moves the place.",
        380.0,
    );
    let mut panel = figure.panel(
        [72.0, 56.0, 540.0, 320.0],
        Axis::new("x", (-40.0, 40.0), &[-40.0, -20.0, 0.0, 20.0, 40.0]),
        Axis::decades("relative error", (1e-13, 1.0), &[-12, -9, -6, -3, 0]),
    );
    // The largest error of each stretch, so that the line does not hide in its own noise.
    let xs = grid(-40.0, 40.0, 800);
    let worst = |h: f64| -> Vec<(f64, f64)> {
        let errors = errors::<f64>(&xs, h, true);
        let stretch = |(x, e): (&[f64], &[f64])| (x[x.len() / 2], e.iter().fold(1e-13, |a: f64, b| a.max(*b)));
        xs.chunks(10).zip(errors.chunks(10)).map(stretch).collect()
    };
    panel.line(SOLID, worst(1e-5));
    panel.line(DASHED, worst(1e-2));
    panel.label(BLUE, (-28.0, 3e-11), (0.0, 18.0), "h = 1e-5").label(ORANGE, (-38.0, 1.7e-5), (0.0, -10.0), "h = 1e-2");
    panel.note((-38.0, 1e-3), (0.0, -6.0), "PyTorch's default is content below this line");
    figure.to_svg()
}
