//! What `docs/zoo.md` says.

use crate::engine::{grid, slopes, values};
use crate::page::Form::{Fixed, Percent, Power};
use crate::page::Page;
use gradus::plot::{Anchor, Axis, DASHED, Figure, GRAY, SOLID};
use gradus::nn::{ACTIVATIONS, Activation, Facts, Trend};
use gradus::op::Map;
use std::fmt::Write;

pub fn page(page: &mut Page) {
    let facts: Vec<Facts> =
        ACTIVATIONS.iter().map(|(_, activation)| Facts::of(activation).expect("facts")).collect();
    page.block("table", table(&facts));
    let of = |name: &str| {
        let at = ACTIVATIONS.iter().position(|(called, _)| *called == name).expect("it is listed");
        (ACTIVATIONS[at].1, &facts[at])
    };
    let count = |such: &dyn Fn(usize) -> bool| (0..facts.len()).filter(|&i| such(i)).count() as f64;
    page.exact("all", Fixed(0), facts.len() as f64);
    page.exact("rising", Fixed(0), count(&|i| facts[i].trend == Trend::Rising));
    page.exact("steep", Fixed(0), count(&|i| facts[i].steepest > 1.0 + 1e-6));
    page.exact("flat", Fixed(0), count(&|i| flat(ACTIVATIONS[i].0).is_some()));

    page.exact("relu_mean", Fixed(3), of("relu()").1.mean);
    page.exact("relu_gain", Fixed(3), of("relu()").1.gain());
    page.exact("sigmoid_gain", Fixed(3), of("sigmoid()").1.gain());
    page.exact("sigmoid_slope_gain", Fixed(2), of("sigmoid()").1.slope_gain());
    page.exact("tanh_gain", Fixed(3), of("tanh()").1.gain());
    page.exact("common_tanh_gain", Fixed(3), 5.0 / 3.0);
    page.exact("selu_gain", Fixed(3), of("selu()").1.gain());
    page.exact("leaky_gain", Fixed(4), of("leaky_relu(0.01)").1.gain());
    page.exact("relu_gain_4", Fixed(4), of("relu()").1.gain());
    page.exact("gelu_steepest", Fixed(3), of("gelu()").1.steepest);

    for (id, name) in [("gelu", "gelu()"), ("silu", "silu()"), ("mish", "mish()")] {
        let (at, value) = lowest(of(name).0);
        page.exact(&format!("{id}_low"), Fixed(3), value);
        page.exact(&format!("{id}_low_at"), Fixed(2), at);
    }
    let apart = |a: &str, b: &str| {
        let xs = grid(-8.0, 8.0, 16000);
        let (a, b) = (values::<f64>(of(a).0, &xs), values::<f64>(of(b).0, &xs));
        a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    };
    page.exact("gelu_tanh", Power(1), apart("gelu()", "gelu_tanh()"));
    page.exact("gelu_sigmoid", Fixed(3), apart("gelu()", "gelu_sigmoid()"));
    page.exact("hard_sigmoid", Fixed(3), apart("sigmoid()", "hard_sigmoid()"));
    page.exact("hard_swish", Fixed(3), apart("silu()", "hard_swish()"));
    // What is left of the share of the slope at −5, for the functions that are never flat.
    for (id, name) in [("tail_tanh", "tanh()"), ("tail_softsign", "softsign()")] {
        page.exact(id, Power(1), slopes::<f64>(of(name).0, &[10.0])[0]);
    }
    page.exact("tail_share", Percent(1), slopes::<f64>(of("leaky_relu(0.01)").0, &[-10.0])[0]);
    page.figure("all", draw());
}

/// The lowest point between −5 and 0, from a fine grid.
fn lowest(activation: Activation) -> (f64, f64) {
    let xs = grid(-5.0, 0.0, 50_000);
    let values = values::<f64>(activation, &xs);
    let all = xs.into_iter().zip(values);
    all.min_by(|a, b| a.1.total_cmp(&b.1)).expect("there are points")
}

/// Where the slope is exactly 0, as the engine's table has it.
fn flat(called: &str) -> Option<String> {
    let map = map(called)?;
    let ends: Vec<String> =
        map.dead().iter().map(|(low, high)| format!("{} … {}", number(*low), number(*high))).collect();
    (!ends.is_empty()).then(|| ends.join(", "))
}

/// The row of the table of operations, if it is one.
fn map(called: &str) -> Option<Map> {
    let name = called.split('(').next()?;
    Map::ALL.iter().copied().find(|map| map.name() == name)
}

fn number(x: f64) -> String {
    match x {
        f64::INFINITY => "∞".into(),
        f64::NEG_INFINITY => "−∞".into(),
        // Not minus 0.
        _ => format!("{}", (x * 100.0).round() / 100.0 + 0.0).replace('-', "−"),
    }
}

fn table(facts: &[Facts]) -> String {
    let mut text = String::from(
        "| activation | formula | goes | steepest slope | at | gain | slope gain | slope is 0 on |\n|---|---|---|---|---|---|---|---|\n",
    );
    for ((called, _), facts) in ACTIVATIONS.iter().zip(facts) {
        let name = called.split('(').next().expect("a name");
        let formula = map(called).map_or("", |map| map.formula());
        let formula = match name {
            "identity" => "x",
            "sine" => "sin(omega · x)",
            "rrelu_mean" => "x if x > 0 else (lower + upper)/2 · x",
            "step_straight_through" => "1 if x > 0 else 0, with the slope of the identity",
            _ => formula,
        };
        let goes = match facts.trend {
            Trend::Rising => "up",
            Trend::Falling => "down",
            Trend::Neither => "both ways",
        };
        let (low, high) = facts.steepest_at;
        let at = if low == high { number(low) } else { format!("{} … {}", number(low), number(high)) };
        let steepest = match facts.steepest {
            f64::INFINITY => "∞".to_string(),
            steepest => format!("{steepest:.3}"),
        };
        writeln!(
            text,
            "| [`{called}`](plots/{name}.svg) | {} | {goes} | {steepest} | {at} | {:.3} | {:.3} | {} |",
            formula.replace('|', "\\|"),
            facts.gain(),
            facts.slope_gain(),
            flat(called).unwrap_or_default()
        )
        .expect("a string");
    }
    text
}

/// A line with a gap where the function jumps.
fn gaps(points: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let (low, high) = Y;
    let mut out: Vec<(f64, f64)> = Vec::new();
    for (x, y) in points {
        if let Some(&(_, before)) = out.last()
            && (y - before).abs() > 0.45
        {
            out.push((x, f64::NAN));
        }
        out.push((x, if (low..=high).contains(&y) { y } else { f64::NAN }));
    }
    out
}

const X: (f64, f64) = (-4.0, 4.0);
const Y: (f64, f64) = (-1.6, 3.2);

fn draw() -> String {
    let (columns, wide, tall) = (5, 124.0, 92.0);
    let rows = ACTIVATIONS.len().div_ceil(columns);
    let mut figure = Figure::new(
        "Values solid, slopes dashed, from −4 to 4",
        "A small panel for each activation: its value as a solid line, its slope as a dashed one. The sigmoids bend flat at both ends, \
         the rectifiers at the left end only; GELU, SiLU and Mish dip below 0 before they rise.",
        56.0 + rows as f64 * tall,
    );
        let xs = grid(X.0, X.1, 64);
    for (i, (called, activation)) in ACTIVATIONS.iter().enumerate() {
        let (left, top) = (12.0 + (i % columns) as f64 * wide, 54.0 + (i / columns) as f64 * tall);
        figure.text((left, top - 3.0), Anchor::Start, 10.0, short(called));
        let mut panel = figure.panel(
            [left, top, left + wide - 14.0, top + tall - 24.0],
            Axis::new("", X, &[]),
            Axis::new("", Y, &[]),
        );
        // The axes through 0.
        panel.area(GRAY, 0.5, (X.0, -0.02), (X.1, 0.02)).area(GRAY, 0.5, (-0.03, Y.0), (0.03, Y.1));
        panel.line(DASHED, gaps(xs.iter().copied().zip(slopes::<f64>(*activation, &xs))));
        panel.line(SOLID, gaps(xs.iter().copied().zip(values::<f64>(*activation, &xs))));
    }
    figure.to_svg()
}

fn short(called: &str) -> &str {
    called.split('(').next().unwrap_or(called)
}
