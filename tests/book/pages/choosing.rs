//! What `docs/choosing.md` says.

use crate::engine::{mean, median, over_seeds};
use crate::page::Form::{Fixed, Percent};
use crate::page::Page;
use gradus::data::{Standardizer, moons, targets, xor};
use gradus::nn::Activation;
use gradus::plot::{Axis, BLUE, Figure, GRAY, ORANGE};
use gradus::prelude::*;

const SEEDS: u64 = 20;
const POINTS: usize = 40;
const UNITS: usize = 12;
const STEPS: usize = 100;
const DEEP: usize = 8;
/// XOR: its seeds, its steps, its rate, and below which loss it is solved.
const TRIES: u64 = 30;
const XOR_STEPS: usize = 300;
const SOLVED: f64 = 0.1;
/// The line that is to be learned, and the logit by which an output starts out wrong.
const STEEP: f64 = 3.0;
const BIAS: f64 = 10.0;

const LEAKY: Activation = |x| x.leaky_relu(0.01);
const SILU: Activation = |x| x.silu();
const RELU: Activation = |x| x.relu();
const TANH: Activation = |x| x.tanh();
const SIGMOID: Activation = |x| x.sigmoid();

/// A function to compare, and the initialization that is usual with it.
struct Choice {
    id: &'static str,
    label: &'static str,
    activation: Activation,
    init: Init,
    /// Bands of the mean accuracy at the two rates.
    bands: [[f64; 2]; 2],
}

const RATES: [f64; 2] = [1.0, 5.0];

#[rustfmt::skip]
const CHOICES: [Choice; 6] = [
    Choice { id: "relu", label: "ReLU", activation: RELU, init: Init::HeNormal, bands: [[0.96, 1.0], [0.48, 0.65]] },
    Choice { id: "leaky", label: "leaky ReLU", activation: LEAKY, init: Init::HeNormal, bands: [[0.96, 1.0], [0.5, 0.75]] },
    Choice { id: "gelu", label: "GELU", activation: |x| x.gelu(), init: Init::HeNormal, bands: [[0.97, 1.0], [0.48, 0.73]] },
    Choice { id: "silu", label: "SiLU", activation: SILU, init: Init::HeNormal, bands: [[0.97, 1.0], [0.55, 0.78]] },
    Choice { id: "tanh", label: "tanh", activation: TANH, init: Init::GlorotNormal, bands: [[0.92, 1.0], [0.82, 0.97]] },
    Choice { id: "sigmoid", label: "sigmoid", activation: SIGMOID, init: Init::GlorotNormal, bands: [[0.8, 0.92], [0.79, 0.92]] },
];

/// A deep network: its function, its initialization, the band of its mean accuracy.
type Stack = (&'static str, &'static str, Activation, Init, [f64; 2]);

const STACKS: [Stack; 4] = [
    ("deep_relu", "ReLU, He", RELU, Init::HeNormal, [0.78, 0.95]),
    ("deep_tanh", "tanh, Glorot", TANH, Init::GlorotNormal, [0.8, 0.96]),
    ("deep_silu", "SiLU, He", SILU, Init::HeNormal, [0.78, 0.98]),
    ("deep_sigmoid", "sigmoid, Glorot", SIGMOID, Init::GlorotNormal, [0.42, 0.58]),
];
const DEEP_RATE: f64 = 0.5;

pub fn page(page: &mut Page) {
    let seeds = SEEDS as usize;
    let band = |[low, high]: [f64; 2]| low..=high;
    for (id, number) in [
        ("seeds", SEEDS as f64),
        ("points", POINTS as f64),
        ("units", UNITS as f64),
        ("steps", STEPS as f64),
        ("tries", TRIES as f64),
        ("xor_steps", XOR_STEPS as f64),
    ] {
        page.exact(id, Fixed(0), number);
    }
    page.exact("deep_rate", Fixed(1), DEEP_RATE);
    page.exact("solved", Fixed(1), SOLVED);

    // Few hidden layers, at two rates.
    let mut shallow = Vec::new();
    for Choice { id, activation, init, bands, .. } in &CHOICES {
        let mut means = [0.0; 2];
        for (i, rate) in RATES.into_iter().enumerate() {
            let runs = over_seeds(SEEDS, |seed| {
                train(seed, 2, *activation, *init, rate, Start::Usual).expect("it trains")
            });
            means[i] = mean(runs);
            page.statistical(&format!("{id}_{rate}"), Percent(0), seeds, band(bands[i]), means[i]);
        }
        shallow.push(means);
    }

    // Many of them.
    let mut deep = Vec::new();
    for (id, _, activation, init, limits) in STACKS {
        let runs = over_seeds(SEEDS, |seed| {
            train(seed, DEEP, activation, init, DEEP_RATE, Start::Usual).expect("it trains")
        });
        page.statistical(id, Percent(0), seeds, band(limits), mean(runs.iter().copied()));
        deep.push(runs);
    }

    // Two units.
    for (id, activation, limits) in [
        ("xor_relu", RELU, [0.0, 9.0]),
        ("xor_tanh", TANH, [5.0, 22.0]),
        ("xor_sigmoid", SIGMOID, [7.0, 23.0]),
        ("xor_silu", SILU, [27.0, 30.0]),
    ] {
        let solved = over_seeds(TRIES, |seed| solves_xor(seed, activation).expect("it trains"));
        let count = solved.into_iter().filter(|&solved| solved).count() as f64;
        page.statistical(id, Fixed(0), TRIES as usize, band(limits), count);
    }

    // Outputs.
    for (id, activation, limits) in [
        ("line_identity", (|x| x) as Activation, [0.0, 0.02]),
        ("line_tanh", TANH, [1.05, 1.07]),
        ("line_relu", RELU, [1.64, 1.67]),
    ] {
        let errors = over_seeds(SEEDS, |seed| fits_line(seed, activation).expect("it trains"));
        page.statistical(id, Fixed(3), seeds, band(limits), median(errors));
    }
    for (id, start, limits) in
        [("wrong_crossed", Start::Wrong, [0.9, 1.0]), ("wrong_squared", Start::WrongSquared, [0.48, 0.52])]
    {
        let runs = over_seeds(SEEDS, |seed| {
            train(seed, 2, TANH, Init::GlorotNormal, 1.0, start).expect("it trains")
        });
        page.statistical(id, Percent(0), seeds, band(limits), mean(runs));
    }

    // Zeros and second slopes.
    for (id, activation, limits) in [("zeros_relu", RELU, [0.45, 0.55]), ("zeros_silu", SILU, [0.0, 0.0])] {
        let shares = over_seeds(SEEDS, |seed| zeros(seed, activation).expect("it runs"));
        page.statistical(id, Percent(0), seeds, band(limits), mean(shares));
    }
    for (id, activation, limits) in
        [("bend_relu", RELU, [0.0, 0.0]), ("bend_leaky", LEAKY, [0.0, 0.0]), ("bend_tanh", TANH, [1.2, 2.3])]
    {
        let bends = over_seeds(SEEDS, |seed| bend(seed, activation).expect("it runs"));
        page.statistical(id, Fixed(1), seeds, band(limits), mean(bends));
    }
    page.figure("rates", draw_rates(&shallow));
    page.figure("deep", draw_deep(&deep));
}

/// How a network begins, and what it is trained on.
#[derive(Clone, Copy, PartialEq)]
enum Start {
    Usual,
    /// With output biases that are sure of one class.
    Wrong,
    /// The same, with the squared error of the shares.
    WrongSquared,
}

/// The accuracy on two moons after plain descent.
fn train(
    seed: u64,
    depth: usize,
    activation: Activation,
    init: Init,
    rate: f64,
    start: Start,
) -> Result<f64> {
    let (points, label) = moons::<f64>(POINTS, 0.1, seed)?;
    let points = Standardizer::fit(&points)?.apply(&points)?;
    let mut params = Params::<f64>::seeded(seed);
    let mut sizes = vec![UNITS; depth + 2];
    (sizes[0], sizes[depth + 1]) = (2, 2);
    let net = Mlp::with_activation(&mut params, "net", &sizes, init, activation);
    if start != Start::Usual {
        params.set(&format!("net.{depth}.bias"), tensor![BIAS, -BIAS].cast())?;
    }
    let g = Graph::new();
    let (x, labels) = (g.input("x", [POINTS, 2]), g.labels("label", [POINTS], 2));
    let logits = net.forward(x);
    let loss = match start {
        Start::WrongSquared => (logits.softmax(-1) - labels.one_hot()).square().sum(-1).mean(..),
        _ => logits.softmax_cross_entropy(labels),
    };
    let accuracy = logits.argmax(-1).squeeze(-1).agrees_with(labels).mean(..);
    let mut step = g.training(loss, Sgd::new(rate)).emit(accuracy).compile(&mut params)?;
    // A run that diverges is shown.
    step.stop_on_non_finite_loss(false);
    let mut last = 0.0;
    for _ in 0..=STEPS {
        last = step.run(&mut params, [x.feed(&points), labels.feed(&label)])?[accuracy].item();
    }
    Ok(last)
}

/// Whether two hidden units learn the exclusive or.
fn solves_xor(seed: u64, activation: Activation) -> Result<bool> {
    let (points, labels) = xor::<f64>();
    let right = targets::<f64>(&labels);
    let mut params = Params::<f64>::seeded(seed);
    let net = Mlp::with_activation(&mut params, "net", &[2, 2, 1], Init::Normal(1.0), activation);
    let g = Graph::new();
    let (x, t) = (g.input("x", [4, 2]), g.input("t", [4, 1]));
    let loss = net.forward(x).sigmoid_cross_entropy(t);
    let mut step = g.train(loss, Adam::new(0.05), &mut params)?;
    let mut last = 0.0;
    for _ in 0..XOR_STEPS {
        last = step.run(&mut params, [(x, &points), (t, &right)])?[loss].item();
    }
    Ok(last < SOLVED)
}

/// The error of a small network with this activation at its output on a line of slope 3.
fn fits_line(seed: u64, activation: Activation) -> Result<f64> {
    let points = Tensor::from_fn([21, 1], |at| at[0] as f64 / 10.0 - 1.0);
    let line = points.map(|x| STEEP * x);
    let mut params = Params::<f64>::seeded(seed);
    let net = Mlp::with_activation(&mut params, "net", &[1, 8, 1], Init::GlorotNormal, |x| x.tanh());
    let g = Graph::new();
    let (x, t) = (g.input("x", [21, 1]), g.input("t", [21, 1]));
    let loss = activation(net.forward(x)).mse_loss(t);
    let mut step = g.train(loss, Adam::new(0.05), &mut params)?;
    let mut last = 0.0;
    for _ in 0..200 {
        last = step.run(&mut params, [(x, &points), (t, &line)])?[loss].item();
    }
    Ok(last)
}

/// Normal points, and a first layer's weights for them.
fn layer(seed: u64) -> (Params<f64>, Linear, Tensor<f64>) {
    let mut params = Params::<f64>::seeded(seed);
    let layer = Linear::with_init(&mut params, "layer", 8, UNITS, Init::HeNormal);
    let points = Init::Normal(1.0).sample([POINTS, 8], params.rng());
    (params, layer, points)
}

/// The share of exact zeros that a layer passes on.
fn zeros(seed: u64, activation: Activation) -> Result<f64> {
    let (params, layer, points) = layer(seed);
    let g = Graph::new();
    let x = g.input("x", [POINTS, 8]);
    let share = activation(layer.forward(x)).eq(0.0).mean(..);
    let mut program = g.compile([share])?;
    Ok(program.run(&params, [(x, &points)])?.at(0).item())
}

/// The mean size of the second derivative of a network in its input.
fn bend(seed: u64, activation: Activation) -> Result<f64> {
    let mut params = Params::<f64>::seeded(seed);
    let net = Mlp::with_activation(&mut params, "net", &[1, UNITS, UNITS, 1], Init::HeNormal, activation);
    let points = Init::Normal(1.0).sample([POINTS, 1], params.rng());
    let g = Graph::new();
    let x = g.input("x", [POINTS, 1]);
    let slope = net.forward(x).sum(..).grad(x);
    let size = slope.sum(..).grad(x).abs().mean(..);
    let mut program = g.compile([size])?;
    Ok(program.run(&params, [(x, &points)])?.at(0).item())
}

const SHARES: [(f64, &str); 3] = [(0.5, "50 %"), (0.75, "75 %"), (1.0, "100 %")];

fn draw_rates(shallow: &[[f64; 2]]) -> String {
    let mut figure = Figure::new(
        "Six functions, two hidden layers, two learning rates",
        "Mean accuracy on two moons. At rate 1 all but the sigmoid are near 100 per cent. At rate 5 the functions \
         without an upper end fall towards a half; tanh and the sigmoid keep what they had.",
        290.0,
    );
    let names: Vec<(f64, &str)> = CHOICES
        .iter()
        .enumerate()
        .map(|(i, choice)| ((CHOICES.len() - 1 - i) as f64, choice.label))
        .collect();
    for (i, rate) in RATES.into_iter().enumerate() {
        let left = 110.0 + 270.0 * i as f64;
        let names = if i == 0 { names.clone() } else { names.iter().map(|(at, _)| (*at, "")).collect() };
        let mut panel = figure.panel(
            [left, 66.0, left + 240.0, 240.0],
            Axis::named("accuracy", (0.45, 1.02), &SHARES),
            Axis::named(format!("rate {rate}"), (-0.5, CHOICES.len() as f64 - 0.5), &names),
        );
        panel.dots(BLUE, true, names.iter().zip(shallow).map(|((row, _), means)| (means[i], *row)));
    }
    figure.to_svg()
}

fn draw_deep(deep: &[Vec<f64>]) -> String {
    let mut figure = Figure::new(
        "Eight hidden layers",
        "Accuracy of each of twenty networks, and their mean, for four pairs of function and initialization. Rectifiers and SiLU with He's, \
         and tanh with Glorot's, learn; networks of sigmoids scatter about a half.",
        290.0,
    );
    let names: Vec<(f64, &str)> =
        STACKS.iter().enumerate().map(|(i, stack)| ((STACKS.len() - 1 - i) as f64, stack.1)).collect();
    let mut panel = figure.panel(
        [160.0, 60.0, 620.0, 240.0],
        Axis::named(
            "accuracy",
            (0.15, 1.02),
            &[(0.25, "25 %"), (0.5, "50 %"), (0.75, "75 %"), (1.0, "100 %")],
        ),
        Axis::named("○ a network   ● mean", (-0.5, STACKS.len() as f64 - 0.5), &names),
    );
    for ((row, _), runs) in names.iter().zip(deep) {
        let spread = |i: usize| (i as f64 / (runs.len() - 1) as f64 - 0.5) * 0.5;
        panel.dots(GRAY, false, runs.iter().enumerate().map(|(i, accuracy)| (*accuracy, row + spread(i))));
        panel.dots(ORANGE, true, [(mean(runs.iter().copied()), *row)]);
    }
    figure.to_svg()
}
