//! What `docs/sigmoid.md` says.

use crate::engine::{grid, slopes, values};
use crate::page::Form::{Fixed, Power};
use crate::page::Page;
use gradus::nn::Activation;
use gradus::plot::{Axis, BLUE, DASHED, DOTTED, Figure, GRAY, GREEN, ORANGE, SOLID};
use gradus::prelude::*;

const SIGMOID: Activation = |x| x.sigmoid();
/// The formula of the textbooks for the value, and theirs for the slope.
const QUOTIENT: Activation = |x| x.exp() / (1.0 + x.exp());
const TEXTBOOK: Activation = |x| x.sigmoid() * (1.0 - x.sigmoid());

pub fn page(page: &mut Page) {
    let at = [0.0, 5.0, 10.0, 17.0, 20.0, 30.0];
    for (x, slope) in at.iter().zip(slopes::<f64>(SIGMOID, &at)) {
        match x {
            0.0 => page.exact("slope_0", Fixed(2), slope),
            _ => page.exact(&format!("slope_{x}"), Power(2), slope),
        }
    }
    page.exact("slope_17_f32", Power(2), slopes::<f32>(SIGMOID, &[17.0])[0]);
    page.exact("smallest_f32", Power(1), f64::from(f32::from_bits(1)));
    page.exact("value_10", Fixed(6), values::<f64>(SIGMOID, &[10.0])[0]);
    page.exact("value_minus_10", Power(2), values::<f64>(SIGMOID, &[-10.0])[0]);

    // Where the quotient overflows, and where the textbook's slope is 0, to a hundredth.
    page.exact("nan_f32", Fixed(2), first(80.0, |x| values::<f32>(QUOTIENT, x), f64::is_nan));
    page.exact("nan_f64", Fixed(2), first(700.0, |x| values::<f64>(QUOTIENT, x), f64::is_nan));
    let zero = |y: f64| y == 0.0;
    page.exact("zero_f32", Fixed(2), first(10.0, |x| values::<f32>(TEXTBOOK, x), zero));
    page.exact("zero_f64", Fixed(2), first(30.0, |x| values::<f64>(TEXTBOOK, x), zero));
    let left = |x: &[f64]| values::<f64>(TEXTBOOK, &x.iter().map(|x| -x).collect::<Vec<_>>());
    page.exact("zero_left_f64", Fixed(1), -first(740.0, left, zero));
    page.exact("engine_zero_f64", Fixed(1), first(740.0, |x| slopes::<f64>(SIGMOID, x), zero));
    page.exact("engine_zero_f32", Fixed(1), first(95.0, |x| slopes::<f32>(SIGMOID, x), zero));

    let shares = [10.0, 20.0, 30.0];
    for ((x, truth), said) in
        shares.iter().zip(slopes::<f64>(SIGMOID, &shares)).zip(values::<f64>(TEXTBOOK, &shares))
    {
        page.exact(&format!("error_{x}"), Power(0), ((said - truth) / truth).abs());
    }
    for power in [2, 3, 6] {
        let bound = 10f64.powi(-power);
        page.exact(&format!("below_{power}"), Fixed(2), first(3.0, |x| slopes::<f64>(SIGMOID, x), |s| s < bound));
    }

    let (squared, crossed) = wrong_by_ten();
    page.exact("mse", Power(2), squared);
    page.exact("cross_entropy", Fixed(5), crossed);
    page.exact("ratio", Fixed(0), crossed / squared);

    page.figure("curve", curve());
    page.figure("cliff", cliff());
}

/// The first of `from`, `from` + 0.01, … for which the function's value is such.
fn first(from: f64, function: impl Fn(&[f64]) -> Vec<f64>, such: impl Fn(f64) -> bool) -> f64 {
    let xs: Vec<f64> = (0..2000).map(|i| from + f64::from(i) / 100.0).collect();
    xs[function(&xs).into_iter().position(such).expect("it happens")]
}

/// A logit of −10 where 1 was right: the slopes of half the squared error and of the cross-entropy.
fn wrong_by_ten() -> (f64, f64) {
    let g = Graph::new();
    let (z, t) = (g.value(-10.0), g.value(1.0));
    let squared = (z.sigmoid() - t).square() / 2.0;
    let slope = |loss: Var<'_>| loss.sum(..).grad(z).eval::<f64>().expect("it runs").item();
    (slope(squared), slope(z.sigmoid_cross_entropy(t)))
}

fn curve() -> String {
    let xs = grid(-10.0, 10.0, 200);
    let mut figure = Figure::new(
        "The sigmoid and its slope",
        "The sigmoid rises from 0 to 1 around x = 0. Its slope is a bell that is highest, a quarter, at 0; beyond \
         4.6 on either side, shaded, it is below a hundredth.",
        360.0,
    );
    let ticks = [-10.0, -5.0, 0.0, 5.0, 10.0];
    let mut panel = figure.panel(
        [56.0, 56.0, 620.0, 300.0],
        Axis::new("x", (-10.0, 10.0), &ticks),
        Axis::new("", (0.0, 1.0), &[0.0, 0.25, 0.5, 0.75, 1.0]),
    );
    panel.area(GRAY, 0.18, (-10.0, 0.0), (-4.6, 1.0)).area(GRAY, 0.18, (4.6, 0.0), (10.0, 1.0));
    panel.line(SOLID, xs.iter().copied().zip(values::<f64>(SIGMOID, &xs)));
    panel.line(DASHED, xs.iter().copied().zip(slopes::<f64>(SIGMOID, &xs)));
    panel.label(BLUE, (1.6, 0.77), (8.0, 4.0), "value σ(x)").label(ORANGE, (0.4, 0.25), (8.0, -4.0), "slope σ′(x)");
    panel.note((-10.0, 0.62), (8.0, 0.0), "slope < 0.01").note((4.6, 0.62), (30.0, 0.0), "slope < 0.01");
    figure.to_svg()
}

fn cliff() -> String {
    let xs = grid(0.0, 50.0, 500);
    let mut figure = Figure::new(
        "Three ways to compute one slope",
        "The sigmoid's slope falls by the same factor with every unit of x. The engine follows it. The textbook's \
         y(1 − y) becomes ragged and ends at exactly 0: in f32 before x = 17, in f64 before x = 37.",
        360.0,
    );
    let mut panel = figure.panel(
        [72.0, 56.0, 620.0, 300.0],
        Axis::new("x", (0.0, 50.0), &[0.0, 10.0, 20.0, 30.0, 40.0, 50.0]),
        Axis::decades("slope", (1e-22, 1.0), &[-20, -15, -10, -5, 0]),
    );
    panel.line(SOLID, xs.iter().copied().zip(slopes::<f64>(SIGMOID, &xs)));
    let ragged = |values: Vec<f64>| -> Vec<(f64, f64)> {
        let points = xs.iter().copied().zip(values);
        points.filter(|(_, y)| *y > 0.0).collect()
    };
    let (single, double) = (ragged(values::<f32>(TEXTBOOK, &xs)), ragged(values::<f64>(TEXTBOOK, &xs)));
    for (pen, points) in [(DASHED, &single), (DOTTED, &double)] {
        // The fall to 0 goes off the scale.
        let (x, _) = *points.last().expect("there are points");
        panel.line(pen, points.iter().copied().chain([(x, 1e-22)]));
    }
    panel.label(BLUE, (43.0, 2e-19), (6.0, -6.0), "engine");
    panel.label(ORANGE, (single.last().expect("points").0, 1e-14), (6.0, 0.0), "y(1 − y) in f32");
    panel.label(GREEN, (double.last().expect("points").0, 1e-21), (-92.0, 0.0), "y(1 − y) in f64");
    figure.to_svg()
}
