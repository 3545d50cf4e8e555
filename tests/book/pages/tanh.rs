//! What `docs/tanh.md` says.

use crate::engine::{grid, mean, over_seeds, slopes, values};
use crate::page::Form::{Fixed, Power};
use crate::page::Page;
use gradus::data::{Standardizer, moons};
use gradus::nn::{Activation, Facts};
use gradus::plot::{Axis, BLUE, DASHED, DOTTED, Figure, GREEN, ORANGE, SOLID};
use gradus::prelude::*;

const TANH: Activation = |x| x.tanh();
const SIGMOID: Activation = |x| x.sigmoid();
/// The slope as every textbook has it, from the value alone.
const TEXTBOOK: Activation = |x| 1.0 - x.tanh().square();

const SEEDS: u64 = 20;
/// The networks that are trained.
const POINTS: usize = 40;
const DEPTH: usize = 5;
const UNITS: usize = 10;
const STEPS: usize = 600;
/// At five times this rate the losses of tanh jump; the order at the end is the same.
const RATE: f64 = 0.1;
/// The stacks that numbers are sent through.
const LAYERS: usize = 10;
const WIDTH: usize = 32;

pub fn page(page: &mut Page) {
    let xs = grid(-12.0, 12.0, 2400);
    let same = values::<f64>(|x| 2.0 * (2.0 * x).sigmoid() - 1.0, &xs);
    let apart = values::<f64>(TANH, &xs).iter().zip(&same).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(apart < 1e-15, "tanh x and 2σ(2x) − 1 are {apart:e} apart");
    page.exact("same", Power(0), 1e-15);

    for x in [0.0, 1.0, 2.0, 3.0, 5.0, 10.0] {
        let form = if x < 1.5 { Fixed(3) } else { Power(2) };
        page.exact(&format!("slope_{x}"), form, slopes::<f64>(TANH, &[x])[0]);
        page.exact(&format!("sigmoid_slope_{x}"), form, slopes::<f64>(SIGMOID, &[x])[0]);
    }
    page.exact("hundredth", Fixed(2), 0.01);
    let small = |f: Activation| first(2.0, 0.01, |x| slopes::<f64>(f, x), |slope| slope < 0.01);
    page.exact("below_hundredth", Fixed(1), small(TANH));
    page.exact("sigmoid_below_hundredth", Fixed(1), small(SIGMOID));
    page.exact("crossing", Fixed(2), crossing());
    let zero = |slope: f64| slope == 0.0;
    page.exact("zero_f32", Fixed(0), first(5.0, 0.01, |x| values::<f32>(TEXTBOOK, x), zero));
    page.exact("zero_f64", Fixed(0), first(15.0, 0.01, |x| values::<f64>(TEXTBOOK, x), zero));
    page.exact("engine_zero_f32", Fixed(0), first(40.0, 0.1, |x| slopes::<f32>(TANH, x), zero));
    page.exact("engine_zero_f64", Fixed(0), first(340.0, 0.1, |x| slopes::<f64>(TANH, x), zero));
    let facts = |f: Activation| Facts::of(f).expect("they are measured");
    page.exact("mean", Fixed(1), facts(TANH).mean.abs());
    page.exact("sigmoid_mean", Fixed(1), facts(SIGMOID).mean);

    page.exact("seeds", Fixed(0), SEEDS as f64);
    page.exact("width", Fixed(0), WIDTH as f64);
    let stacks = |f: Activation| -> Vec<[f64; 2]> {
        let runs = over_seeds(SEEDS, |seed| stack(f, seed));
        let of = |layer: usize, which: usize| mean(runs.iter().map(|run: &Vec<[f64; 2]>| run[layer][which]));
        (0..LAYERS).map(|layer| [of(layer, 0), of(layer, 1)]).collect()
    };
    let (tanh, sigmoid) = (stacks(TANH), stacks(SIGMOID));
    let last = LAYERS - 1;
    page.statistical("stack_mean", Fixed(1), 20, -0.049..=0.049, tanh[last][0].abs());
    page.statistical("stack_sigmoid_mean", Fixed(1), 20, 0.45..=0.55, sigmoid[last][0]);
    page.statistical("spread_first", Fixed(1), 20, 0.5..=0.7, tanh[0][1]);
    page.statistical("spread_last", Fixed(1), 20, 0.15..=0.35, tanh[last][1]);
    page.statistical("spread_sigmoid_first", Fixed(1), 20, 0.15..=0.25, sigmoid[0][1]);
    page.statistical("spread_sigmoid_last", Power(0), 20, 1e-7..=2e-6, sigmoid[last][1]);

    page.exact("points", Fixed(0), POINTS as f64);
    page.exact("steps", Fixed(0), STEPS as f64);
    page.exact("rate", Fixed(1), RATE);
    page.exact("ln_2", Fixed(3), std::f64::consts::LN_2);
    let ways = [Way::Tanh, Way::Sigmoid, Way::Dressed];
    let runs = ways.map(|way| over_seeds(SEEDS, |seed| train(way, seed).expect("it trains")));
    let ends = |way: usize| mean(runs[way].iter().map(|losses: &Vec<f64>| losses[STEPS]));
    page.statistical("loss_tanh", Fixed(3), 20, 0.0005..=0.006, ends(0));
    page.statistical("loss_sigmoid", Fixed(3), 20, 0.69..=0.695, ends(1));
    page.statistical("loss_dressed", Fixed(2), 20, 0.2..=0.3, ends(2));
    let apart = (runs[0].iter().zip(&runs[2])).map(|(a, b)| (a[0] - b[0]).abs()).fold(0.0, f64::max);
    assert!(apart < 1e-12, "the dressed network begins {apart:e} away");
    page.exact("dressed", Power(0), 1e-12);

    page.figure("curve", draw_curve());
    page.figure("layers", draw_layers(&tanh, &sigmoid));
    page.figure("losses", draw_losses(&runs));
}

/// The first of `from`, `from + step`, … for which the function's value is such.
fn first(from: f64, step: f64, function: impl Fn(&[f64]) -> Vec<f64>, such: impl Fn(f64) -> bool) -> f64 {
    let xs: Vec<f64> = (0..1000).map(|i| from + step * f64::from(i)).collect();
    xs[function(&xs).into_iter().position(such).expect("it happens")]
}

/// From where on the sigmoid's slope is the larger one.
fn crossing() -> f64 {
    let ahead = |xs: &[f64]| -> Vec<f64> {
        slopes::<f64>(SIGMOID, xs).iter().zip(slopes::<f64>(TANH, xs)).map(|(a, b)| a - b).collect()
    };
    first(1.5, 0.001, ahead, |ahead| ahead > 0.0)
}

/// Random numbers sent through a stack with Glorot's initialization. Of each layer: the mean of its values, and
/// how far a unit's value is, from point to point, from its own mean.
fn stack(activation: Activation, seed: u64) -> Vec<[f64; 2]> {
    let mut params = Params::<f64>::seeded(seed);
    let net = Mlp::with_activation(&mut params, "net", &[WIDTH; LAYERS + 1], Init::GlorotNormal, activation);
    let points = Init::Normal(1.0).sample([WIDTH, WIDTH], params.rng());
    let g = Graph::new();
    let x = g.input("x", [WIDTH, WIDTH]);
    let (mut h, mut asked) = (x, Vec::new());
    for layer in net.layers() {
        h = activation(layer.forward(h));
        asked.extend([h.mean(..), h.var(0).mean(..).sqrt()]);
    }
    let mut program = g.compile(asked).expect("it compiles");
    let out = program.run(&params, [(x, &points)]).expect("it runs");
    (0..LAYERS).map(|layer| [out.at(2 * layer).item(), out.at(2 * layer + 1).item()]).collect()
}

#[derive(Clone, Copy, PartialEq)]
enum Way {
    Tanh,
    Sigmoid,
    /// Sigmoids, with weights that make it the function that the network of tanh begins as.
    Dressed,
}

/// The losses of one network.
fn train(way: Way, seed: u64) -> Result<Vec<f64>> {
    let (points, label) = moons::<f64>(POINTS, 0.1, seed)?;
    let points = Standardizer::fit(&points)?.apply(&points)?;
    let mut params = Params::<f64>::seeded(seed);
    let sizes = [2, UNITS, UNITS, UNITS, UNITS, UNITS, 2];
    assert_eq!(sizes.len(), DEPTH + 2);
    let activation = if way == Way::Tanh { TANH } else { SIGMOID };
    let net = Mlp::with_activation(&mut params, "net", &sizes, Init::GlorotNormal, activation);
    if way == Way::Dressed {
        dress(&mut params, &net)?;
    }
    let g = Graph::new();
    let (x, labels) = (g.input("x", [POINTS, 2]), g.labels("label", [POINTS], 2));
    let loss = net.forward(x).softmax_cross_entropy(labels);
    let mut step = g.train(loss, Sgd::new(RATE), &mut params)?;
    let mut losses = Vec::new();
    for _ in 0..=STEPS {
        losses.push(step.run(&mut params, [x.feed(&points), labels.feed(&label)])?[loss].item());
    }
    Ok(losses)
}

/// Since `tanh z = 2σ(2z) − 1`: what was given `z` is given `2z`, and what came behind takes `2s − 1` for each `s`.
fn dress(params: &mut Params<f64>, net: &Mlp) -> Result<()> {
    let last = net.layers().len() - 1;
    for (i, layer) in net.layers().iter().enumerate() {
        let (inner, outer) = (if i > 0 { 2.0 } else { 1.0 }, if i < last { 2.0 } else { 1.0 });
        let weight = params[layer.weight()].clone();
        let bias = |row: &[f64]| if i > 0 { -outer * row.iter().sum::<f64>() } else { 0.0 };
        let bias: Vec<f64> = weight.rows().map(bias).collect();
        params.set(&format!("net.{i}.weight"), weight.map(|w| inner * outer * w))?;
        params.set(&format!("net.{i}.bias"), bias.into())?;
    }
    Ok(())
}

fn draw_curve() -> String {
    let xs = grid(-4.0, 4.0, 160);
    let mut figure = Figure::new(
        "Tanh and sigmoid, values and slopes",
        "Left, tanh rises from −1 to 1 through 0, the sigmoid from 0 to 1 through a half. Right, the slope of tanh is 1 in the \
         middle and falls quickly; beyond 1.66 on either side that of the sigmoid is larger.",
        320.0,
    );
    let ticks = [-4.0, -2.0, 0.0, 2.0, 4.0];
    let panels = [
        ("value", 48.0, (-1.0, 1.0), [-1.0, 0.0, 1.0].as_slice(), values::<f64> as fn(Activation, &[f64]) -> Vec<f64>),
        ("slope", 356.0, (0.0, 1.0), &[0.0, 0.25, 0.5, 1.0], slopes::<f64>),
    ];
    for (name, left, ends, marks, of) in panels {
        let mut panel = figure.panel(
            [left, 64.0, left + 264.0, 264.0],
            Axis::new("x", (-4.0, 4.0), &ticks),
            Axis::new(name, ends, marks),
        );
        panel.line(SOLID, xs.iter().copied().zip(of(TANH, &xs)));
        panel.line(DASHED, xs.iter().copied().zip(of(SIGMOID, &xs)));
        if name == "value" {
            panel.label(BLUE, (1.2, of(TANH, &[1.2])[0]), (10.0, 20.0), "tanh");
            panel.label(ORANGE, (-3.0, of(SIGMOID, &[-3.0])[0]), (-20.0, -12.0), "sigmoid");
        } else {
            panel.label(BLUE, (0.6, of(TANH, &[0.6])[0]), (8.0, 0.0), "tanh");
            let cross = crossing();
            let at = (cross, of(SIGMOID, &[cross])[0]);
            panel.dots(ORANGE, false, [at, (-cross, at.1)]);
            panel.label(ORANGE, at, (6.0, -8.0), "sigmoid");
        }
    }
    figure.to_svg()
}

fn draw_layers(tanh: &[[f64; 2]], sigmoid: &[[f64; 2]]) -> String {
    let mut figure = Figure::new(
        "What arrives, layer by layer",
        "Left, the mean of a layer's values: one half in every layer of sigmoids, 0 with tanh. Right, on a logarithmic scale, how \
         much a unit differs from point to point: with tanh it falls slowly, with sigmoids by a factor of four or so in each layer.",
        320.0,
    );
    let layers = [1.0, 4.0, 7.0, 10.0];
    let panels = [
        (0, 48.0, Axis::new("mean", (-0.25, 0.75), &[0.0, 0.5])),
        (1, 372.0, Axis::decades("spread over points", (1e-7, 1.0), &[-6, -4, -2, 0])),
    ];
    for (which, left, axis) in panels {
        let mut panel =
            figure.panel([left, 64.0, left + 240.0, 264.0], Axis::new("layer", (0.5, 10.5), &layers), axis);
        for (pen, color, full, name, stack) in
            [(SOLID, BLUE, true, "tanh", tanh), (DASHED, ORANGE, false, "sigmoid", sigmoid)]
        {
            let points: Vec<(f64, f64)> =
                stack.iter().enumerate().map(|(i, layer)| (i as f64 + 1.0, layer[which])).collect();
            panel.line(pen, points.iter().copied()).dots(color, full, points.iter().copied());
            panel.label(color, points[4], (10.0, if which == 1 && full { 20.0 } else { -10.0 }), name);
        }
    }
    figure.to_svg()
}

fn draw_losses(runs: &[Vec<Vec<f64>>; 3]) -> String {
    let mut figure = Figure::new(
        "The same functions, three beginnings",
        "Mean loss over twenty seeds against steps. Five layers of sigmoids stay at ln 2. Five layers of tanh learn until nothing \
         is left; so do, more slowly, five layers of sigmoids that begin as the same functions as those of tanh.",
        340.0,
    );
    let mut panel = figure.panel(
        [56.0, 60.0, 480.0, 284.0],
        Axis::new("step", (0.0, STEPS as f64), &[0.0, 200.0, 400.0, 600.0]),
        Axis::new("loss", (0.0, 1.0), &[0.0, 0.25, 0.5, 0.75, 1.0]),
    );
    let labels = [(BLUE, SOLID, "tanh"), (ORANGE, DASHED, "sigmoid"), (GREEN, DOTTED, "begun as tanh")];
    for (runs, (color, pen, name)) in runs.iter().zip(labels) {
        let at = |step: usize| mean(runs.iter().map(|losses| losses[step]));
        panel.line(pen, (0..=STEPS).map(|step| (step as f64, at(step))));
        let by = if name == "tanh" { 0.0 } else { 4.0 };
        panel.label(color, (STEPS as f64, at(STEPS)), (8.0, by), name);
    }
    figure.to_svg()
}
