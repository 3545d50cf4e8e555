//! What `docs/initialization.md` says.

use crate::engine::{grid, mean, over_seeds, values};
use crate::page::Form::{Fixed, Percent, Power};
use crate::page::Page;
use gradus::data::{Standardizer, moons};
use gradus::diagnose::Health;
use gradus::nn::{Activation, Facts};
use gradus::plot::{Axis, BLUE, DASHED, DOTTED, Figure, GREEN, MIXED, ORANGE, PINK, Pen, SOLID};
use gradus::prelude::*;
use std::collections::HashSet;

const WIDTH: usize = 32;
const DEPTH: usize = 20;
const SEEDS: u64 = 20;
const SQRT_2: f64 = std::f64::consts::SQRT_2;
/// What is trained.
const POINTS: usize = 30;
const NARROW: usize = 12;
const UNITS: usize = 8;
const STEPS: usize = 100;
const RATE: f64 = 0.1;

/// An activation, and the bands of what the last layer's root mean square is of the first one's, for gains 1, √2 and its
/// own. They hold for each of three sets of twenty seeds.
struct Row {
    id: &'static str,
    activation: Activation,
    bands: [[f64; 2]; 3],
    /// How far apart networks with its own gain end: the factor that one standard deviation is.
    spread: [f64; 2],
}

#[rustfmt::skip]
const ROWS: [Row; 6] = [
    Row { id: "relu", activation: |x| x.relu(), bands: [[3e-4, 1.5e-3], [0.25, 0.9], [0.25, 0.9]], spread: [1.5, 3.5] },
    Row { id: "tanh", activation: |x| x.tanh(), bands: [[0.18, 0.3], [0.8, 1.0], [0.9, 1.1]], spread: [1.01, 1.15] },
    Row { id: "elu", activation: |x| x.elu(1.0), bands: [[0.08, 0.3], [1.8, 3.8], [0.75, 1.2]], spread: [1.05, 1.8] },
    Row { id: "selu", activation: |x| x.selu(), bands: [[0.6, 1.5], [4.5, 9.5], [0.8, 1.2]], spread: [1.05, 1.8] },
    Row { id: "gelu", activation: |x| x.gelu(), bands: [[8e-7, 8e-6], [5e-3, 3e-2], [0.25, 1.8]], spread: [1.6, 5.0] },
    Row { id: "silu", activation: |x| x.silu(), bands: [[8e-7, 8e-6], [1e-3, 6e-3], [1.0, 7.0]], spread: [2.0, 8.0] },
];

/// The root mean square of each layer's units in one drawn network on normal inputs. The first layer has gain 1, since
/// its inputs have variance 1 as they are.
fn look(activation: Activation, gain: f64, seed: u64) -> Result<Vec<f64>> {
    let mut params = Params::<f64>::seeded(seed);
    let init = |i: usize| Init::KaimingNormal(if i == 0 { 1.0 } else { gain });
    let layers: Vec<Linear> = (0..DEPTH)
        .map(|i| Linear::no_bias(&mut params, format!("layer.{i}"), WIDTH, WIDTH, init(i)))
        .collect();
    let batch: Tensor<f64> = Init::Normal(1.0).sample([WIDTH, WIDTH], params.rng());
    let g = Graph::new();
    let x = g.input("x", [WIDTH, WIDTH]);
    let y = layers.iter().fold(x, |h, layer| activation(layer.forward(h)));
    let health = Health::of(y, &params, [[(x, &batch)]])?;
    let root = |mean: f64, deviation: f64| libm::sqrt(mean * mean + deviation * deviation);
    Ok(health.layers.iter().map(|layer| root(layer.mean, layer.deviation)).collect())
}

/// Each layer as a share of the first.
fn shares(activation: Activation, gain: f64) -> Vec<Vec<f64>> {
    over_seeds(SEEDS, |seed| {
        let roots = look(activation, gain, seed).expect("it looks");
        roots.iter().map(|root| root / roots[0]).collect()
    })
}

fn geometric(numbers: impl IntoIterator<Item = f64>) -> f64 {
    libm::exp(mean(numbers.into_iter().map(libm::log)))
}

/// By how much the next variance changes if one variance does, at 1: with the gain that keeps it.
fn steadiness(activation: Activation, gain: f64) -> f64 {
    let xs = grid(-9.99, 9.99, 999);
    let square = |variance: f64| -> f64 {
        let zs: Vec<f64> = xs.iter().map(|x| libm::sqrt(variance) * x).collect();
        let density = |x: f64| 0.02 * libm::exp(-0.5 * x * x) / libm::sqrt(std::f64::consts::TAU);
        values::<f64>(activation, &zs).iter().zip(&xs).map(|(y, x)| y * y * density(*x)).sum()
    };
    gain * gain * (square(1.01) - square(0.99)) / 0.02
}

/// A network with two inputs and two classes after some steps on two moons: itself, the loss and the accuracy.
fn train(depth: usize, units: usize, init: Init, activation: Activation, rate: f64, seed: u64) -> Result<(Params<f64>, f64, f64)> {
    let (points, label) = moons::<f64>(POINTS, 0.1, seed)?;
    let points = Standardizer::fit(&points)?.apply(&points)?;
    let mut params = Params::<f64>::seeded(seed);
    let sizes: Vec<usize> = [2].into_iter().chain(vec![units; depth]).chain([2]).collect();
    let net = Mlp::with_activation(&mut params, "net", &sizes, init, activation);
    let g = Graph::new();
    let (x, labels) = (g.input("x", [POINTS, 2]), g.labels("label", [POINTS], 2));
    let logits = net.forward(x);
    let loss = logits.softmax_cross_entropy(labels);
    let accuracy = logits.argmax(-1).squeeze(-1).agrees_with(labels).mean(..);
    let mut step = g.training(loss, Sgd::new(rate)).emit(accuracy).compile(&mut params)?;
    // A run that diverges is shown.
    step.stop_on_non_finite_loss(false);
    let mut last = (f64::NAN, f64::NAN);
    for _ in 0..=STEPS {
        let out = step.run(&mut params, [x.feed(&points), labels.feed(&label)])?;
        last = (out[loss].item(), out[accuracy].item());
    }
    Ok((params, last.0, last.1))
}

/// How many different units the first layer has, by the bits of their weights.
fn kinds(params: &Params<f64>) -> f64 {
    let weight = params.get("net.0.weight").expect("it is there");
    let rows: HashSet<Vec<u64>> = weight.rows().map(|row| row.iter().map(|w| w.to_bits()).collect()).collect();
    rows.len() as f64
}

pub fn page(page: &mut Page) {
    let seeds = SEEDS as usize;
    for (id, number) in [("width", WIDTH), ("depth", DEPTH), ("seeds", seeds), ("steps", STEPS)] {
        page.exact(id, Fixed(0), number as f64);
    }
    page.exact("halved", Fixed(0), libm::pow(2.0, DEPTH as f64 / 2.0));

    let mut profiles = Vec::new();
    for Row { id, activation, bands, spread } in ROWS {
        let facts = Facts::of(activation).expect("it is measured");
        let (forward, backward) = (facts.gain(), facts.slope_gain());
        page.exact(&format!("gain_{id}"), Fixed(3), forward);
        page.exact(&format!("slope_gain_{id}"), Fixed(3), backward);
        page.exact(&format!("steady_{id}"), Fixed(2), steadiness(activation, forward));
        for ((name, gain), [low, high]) in [("one", 1.0), ("he", SQRT_2), ("own", forward)].into_iter().zip(bands) {
            let runs = shares(activation, gain);
            let last = geometric(runs.iter().map(|run| run[DEPTH - 1]));
            let form = if high < 0.1 { Power(0) } else { Fixed(2) };
            page.statistical(&format!("{id}_{name}"), form, seeds, low..=high, last);
            profiles.push(runs);
        }
        let logs: Vec<f64> = profiles.last().into_iter().flatten().map(|run| libm::log(run[DEPTH - 1])).collect();
        let middle = mean(logs.iter().copied());
        let deviation = libm::sqrt(mean(logs.iter().map(|log| (log - middle) * (log - middle))));
        page.statistical(&format!("spread_{id}"), Fixed(2), seeds, spread[0]..=spread[1], libm::exp(deviation));
    }
    let sigmoid = Facts::of(|x| x.sigmoid()).expect("it is measured");
    page.exact("gain_sigmoid", Fixed(3), sigmoid.gain());
    page.exact("slope_gain_sigmoid", Fixed(3), sigmoid.slope_gain());
    page.exact("loss_sigmoid", Fixed(2), sigmoid.gain() / sigmoid.slope_gain());
    page.exact("half", Fixed(1), Facts::of(|x| x.relu()).expect("it is measured").second_moment);
    let relu: Activation = |x| x.relu();
    page.exact("rate", Fixed(1), RATE);
    for (id, gain, [low, high]) in [("plain", 1.0, [0.62, 0.71]), ("he", SQRT_2, [0.25, 0.55])] {
        let runs = over_seeds(SEEDS, |seed| {
            train(DEPTH, NARROW, Init::KaimingNormal(gain), relu, RATE, seed).expect("it trains").1
        });
        page.statistical(&format!("trained_{id}"), Fixed(2), seeds, low..=high, mean(runs));
    }
    page.exact("units", Fixed(0), UNITS as f64);
    for (id, init) in [("constant", Init::Constant(0.5)), ("zeros", Init::Zeros), ("random", Init::GlorotNormal)] {
        let (params, _, accuracy) = train(1, UNITS, init, |x| x.tanh(), 0.5, 1).expect("it trains");
        if id != "zeros" {
            page.seeded(&format!("kinds_{id}"), Fixed(0), kinds(&params));
        } else {
            page.seeded("accuracy_zeros", Percent(0), accuracy);
            let moved = params.get("net.0.weight").expect("it is there").iter().map(|w| w.abs()).sum();
            page.exact("moved_zeros", Fixed(0), moved);
        }
    }
    page.figure("he", draw_he(&profiles));
    page.figure("balance", draw_balance(&profiles));
}

/// What He's gain does under four activations.
fn draw_he(profiles: &[Vec<Vec<f64>>]) -> String {
    let mut figure = Figure::new(
        "He's gain under four activations",
        "The size of the units from layer to layer, as a share of the first, on a logarithmic scale. Under rectifiers it stays. Under ELU \
         it grows; under GELU and SiLU it falls, to a hundredth and to a thousandth.",
        380.0,
    );
    let mut panel = figure.panel(
        [72.0, 56.0, 540.0, 320.0],
        Axis::new("layer", (1.0, 20.0), &[1.0, 5.0, 10.0, 15.0, 20.0]),
        Axis::decades("root mean square, first layer = 1", (1e-4, 10.0), &[-4, -3, -2, -1, 0, 1]),
    );
    let lines: [(usize, Pen<'static>, &str, &str); 4] =
        [(1, SOLID, BLUE, "relu"), (7, DASHED, ORANGE, "elu"), (13, DOTTED, GREEN, "gelu"), (16, MIXED, PINK, "silu")];
    for (which, pen, color, name) in lines {
        let at = |layer: usize| geometric(profiles[which].iter().map(|run| run[layer]));
        panel.line(pen, (0..DEPTH).map(|layer| ((layer + 1) as f64, at(layer))));
        panel.label(color, (DEPTH as f64, at(DEPTH - 1)), (8.0, 4.0), name);
    }
    figure.to_svg()
}

/// Each network by itself, with the gain that is right for its activation.
fn draw_balance(profiles: &[Vec<Vec<f64>>]) -> String {
    let mut figure = Figure::new(
        "The right gain, steady and not",
        "Twenty networks each, a line for a network, all with the gain that keeps the mean square. Under tanh every network stays \
         near 1. Under SiLU, with a gain as right, the networks drift apart, a few down, most of them up.",
        360.0,
    );
    for (which, left, pen, name) in [(5, 64.0, SOLID, "tanh"), (17, 352.0, DASHED, "silu")] {
        let powers: &[i32] = if which == 5 { &[-1, 0, 1] } else { &[] };
        let mut panel = figure.panel(
            [left, 60.0, left + 240.0, 300.0],
            Axis::new("layer", (1.0, 20.0), &[1.0, 10.0, 20.0]),
            Axis::decades(format!("{name}, root mean square"), (0.05, 50.0), powers),
        );
        for run in &profiles[which] {
            panel.line(pen, run.iter().enumerate().map(|(i, share)| ((i + 1) as f64, share.clamp(0.05, 50.0))));
        }
    }
    figure.to_svg()
}
