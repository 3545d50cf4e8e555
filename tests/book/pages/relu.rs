//! What `docs/relu.md` says.

use crate::engine::{grid, mean, over_seeds, slopes, values};
use crate::page::Form::{Fixed, Percent, Power};
use crate::page::Page;
use gradus::data::{Standardizer, moons};
use gradus::nn::Activation;
use gradus::plot::{Axis, BLUE, DASHED, Figure, GRAY, ORANGE, Pen, SOLID};
use gradus::prelude::*;

const RELU: Activation = |x| x.relu();
/// `x`, said in a roundabout way.
const IDENTITY: Activation = |x| x.relu() - (-x).relu();
/// From 0 up to 1 and down to 0 again, between 0 and 1.
const HAT: Activation = |x| 2.0 * x.relu() - 4.0 * (x - 0.5).relu();

const SEEDS: u64 = 20;
const POINTS: usize = 60;
const UNITS: usize = 16;
const STEPS: usize = 150;
const DEPTH: usize = 5;

pub fn page(page: &mut Page) {
    page.exact("slope_left", Fixed(0), slopes::<f64>(RELU, &[-1e-300])[0]);
    page.exact("slope_zero", Fixed(0), slopes::<f64>(RELU, &[0.0])[0]);
    page.exact("slope_right", Fixed(0), slopes::<f64>(RELU, &[1e-300])[0]);
    page.exact("identity_zero", Fixed(0), slopes::<f64>(IDENTITY, &[0.0])[0]);
    page.exact("identity_beside", Fixed(0), slopes::<f64>(IDENTITY, &[1e-300])[0]);

    let (rectifiers, others) = (spread(|x| x.relu()), spread(|x| x.tanh()));
    let off = rectifiers - 1.0;
    assert!(off < 1e-12, "the sums of rectifiers' layers differ by {off:e}");
    page.exact("balance", Power(0), 1e-12);
    page.seeded("balance_tanh", Fixed(0), others);

    page.exact("points", Fixed(0), POINTS as f64);
    page.exact("units", Fixed(0), UNITS as f64);
    page.exact("steps", Fixed(0), STEPS as f64);
    page.exact("seeds", Fixed(0), SEEDS as f64);
    let runs = |rate: f64| over_seeds(SEEDS, |seed| train(rate, seed).expect("it trains"));
    let (gentle, harsh) = (runs(0.1), runs(2.0));
    let share = |runs: &[Run], of: fn(&Run) -> f64| mean(runs.iter().map(of));
    page.exact("gentle", Fixed(1), 0.1);
    page.statistical("silent_start", Percent(0), 20, 0.46..=0.55, share(&gentle, |run| run.silent[0]));
    page.statistical("silent_gentle", Percent(0), 20, 0.46..=0.57, share(&gentle, |run| run.silent[1]));
    page.statistical("silent_harsh", Percent(0), 20, 0.65..=0.84, share(&harsh, |run| run.silent[1]));

    page.exact("hat_units", Fixed(0), (2 * DEPTH) as f64);
    page.exact("hat_pieces", Fixed(0), pieces(DEPTH) as f64);
    page.exact("flat_pieces", Fixed(0), (2 * DEPTH + 1) as f64);
    page.exact("flat_units", Fixed(0), (pieces(DEPTH) - 1) as f64);

    page.figure("curve", draw_curve());
    page.figure("silence", draw_silence(&gentle[0]));
    page.figure("hats", draw_hats());
}

/// In a stack of layers without a bias, the size of `Σ w · ∂L/∂w` of each layer: the largest over the smallest.
fn spread(activation: Activation) -> f64 {
    let mut params = Params::<f64>::seeded(1);
    let layers: Vec<Linear> = (0..6)
        .map(|i| {
            let outputs = if i == 5 { 1 } else { UNITS };
            Linear::no_bias(&mut params, format!("{i}"), UNITS, outputs, Init::HeNormal)
        })
        .collect();
    let points = Init::Normal(1.0).sample([POINTS, UNITS], params.rng());
    let g = Graph::new();
    let x = g.input("x", [POINTS, UNITS]);
    let y = layers.iter().enumerate().fold(x, |x, (i, layer)| layer.forward(if i > 0 { activation(x) } else { x }));
    let loss = y.square().mean(..);
    let weights: Vec<Var<'_>> = layers.iter().map(|layer| g.param(layer.weight())).collect();
    let sums: Vec<Var<'_>> =
        loss.grads(&weights).into_iter().zip(&weights).map(|(slope, weight)| (slope * *weight).sum(..)).collect();
    let mut program = g.compile(sums).expect("it compiles");
    let out = program.run(&params, [(x, &points)]).expect("it runs");
    let sums: Vec<f64> = (0..6).map(|i| out.at(i).item().abs()).collect();
    let end = |pick: fn(f64, f64) -> f64| sums.iter().copied().reduce(pick).expect("there are layers");
    end(f64::max) / end(f64::min)
}

struct Run {
    /// The share of zeros among all values of both hidden layers, before and after training.
    silent: [f64; 2],
    /// Whether each unit of the first layer speaks, point by point, after training.
    speaks: Tensor<f64>,
}

fn train(rate: f64, seed: u64) -> Result<Run> {
    let (points, label) = moons::<f64>(POINTS, 0.1, seed)?;
    let points = Standardizer::fit(&points)?.apply(&points)?;
    let mut params = Params::<f64>::seeded(seed);
    let net = Mlp::new(&mut params, "net", &[2, UNITS, UNITS, 2]);
    let g = Graph::new();
    let (x, labels) = (g.input("x", [POINTS, 2]), g.labels("label", [POINTS], 2));
    let first = net.layers()[0].forward(x).relu();
    let second = net.layers()[1].forward(first).relu();
    let loss = net.layers()[2].forward(second).softmax_cross_entropy(labels);
    let (speaks, silent) = (first.step(), 1.0 - (first.step() + second.step()).mean(..) / 2.0);
    let mut step = g.training(loss, Sgd::new(rate)).emit(silent).emit(speaks).compile(&mut params)?;
    let mut run = Run { silent: [0.0; 2], speaks: Tensor::zeros([1]) };
    for i in 0..=STEPS {
        let out = step.run(&mut params, [x.feed(&points), labels.feed(&label)])?;
        run.silent[usize::from(i > 0)] = out[silent].item();
        if i == STEPS {
            run.speaks = out[speaks].clone();
        }
    }
    Ok(run)
}

fn hats(depth: usize, xs: &[f64]) -> Vec<f64> {
    (0..depth).fold(xs.to_vec(), |ys, _| values::<f64>(HAT, &ys))
}

/// The straight pieces of as many hats, one put into the other. All numbers are sums of a few powers of two,
/// so slopes that are equal are equal to the bit.
fn pieces(depth: usize) -> usize {
    let ys = hats(depth, &grid(0.0, 1.0, 1024));
    let slopes: Vec<f64> = ys.windows(2).map(|pair| pair[1] - pair[0]).collect();
    1 + slopes.windows(2).filter(|pair| pair[0] != pair[1]).count()
}

fn draw_curve() -> String {
    let mut figure = Figure::new(
        "The rectifier and its slope",
        "The value is 0 left of 0 and x right of it. The slope jumps from 0 to 1; at 0 itself it is said to be 0, the full dot.",
        340.0,
    );
    let mut panel = figure.panel(
        [56.0, 56.0, 600.0, 280.0],
        Axis::new("x", (-2.0, 2.0), &[-2.0, -1.0, 0.0, 1.0, 2.0]),
        Axis::new("", (-0.25, 2.0), &[0.0, 1.0, 2.0]),
    );
    let xs = grid(-2.0, 2.0, 8);
    panel.line(SOLID, xs.iter().copied().zip(values::<f64>(RELU, &xs)));
    for side in [[-2.0, -0.03], [0.03, 2.0]] {
        let middle = slopes::<f64>(RELU, &[(side[0] + side[1]) / 2.0])[0];
        panel.line(DASHED, side.map(|x| (x, middle)));
    }
    panel.dots(ORANGE, true, [(0.0, slopes::<f64>(RELU, &[0.0])[0])]).dots(ORANGE, false, [(0.0, 1.0)]);
    panel.label(BLUE, (1.5, 1.5), (8.0, 14.0), "value").label(ORANGE, (1.5, 1.0), (8.0, 16.0), "slope");
    figure.to_svg()
}

/// Units by points, gray where a unit is silent.
fn draw_silence(run: &Run) -> String {
    let mut figure = Figure::new(
        "Who speaks, and on which points",
        "A row for each unit of the first layer, a column for each point, along one moon and then along the other. Dark where \
         the unit is not 0. Every unit speaks on some stretch and is silent on another.",
        330.0,
    );
    let half = POINTS as f64 / 2.0;
    let mut panel = figure.panel(
        [40.0, 60.0, 620.0, 280.0],
        Axis::named("points", (0.0, POINTS as f64), &[(half / 2.0, "first moon"), (1.5 * half, "second moon")]),
        Axis::named("units", (0.0, UNITS as f64), &[]),
    );
    // The labels of the points alternate.
    let column = |at: usize| if at < POINTS / 2 { 2 * at } else { 2 * (at - POINTS / 2) + 1 };
    for unit in 0..UNITS {
        let speaks: Vec<bool> = (0..POINTS).map(|at| run.speaks[[column(at), unit]] > 0.0).collect();
        assert!(speaks.contains(&true) && speaks.contains(&false), "the description would be wrong");
        let (row, mut at) = ((UNITS - 1 - unit) as f64, 0);
        while at < POINTS {
            let length = speaks[at..].iter().take_while(|other| **other == speaks[at]).count();
            let (from, to) = (at as f64, (at + length) as f64);
            let (color, opacity) = if speaks[at] { (BLUE, 1.0) } else { (GRAY, 0.15) };
            panel.area(color, opacity, (from, row + 0.1), (to, row + 0.9));
            at += length;
        }
    }
    panel.line(Pen::new(ORANGE, "4 3"), [(half, 0.0), (half, UNITS as f64)]);
    figure.to_svg()
}

fn draw_hats() -> String {
    let mut figure = Figure::new(
        "A hat, put into itself",
        "A hat of two rectifiers has two straight pieces. Three layers of it have eight, five layers thirty-two: each layer \
         doubles them.",
        260.0,
    );
    for (i, depth) in [1, 3, DEPTH].into_iter().enumerate() {
        let left = 40.0 + 204.0 * i as f64;
        let name = format!("{} pieces", pieces(depth));
        let mut panel = figure.panel(
            [left, 64.0, left + 176.0, 210.0],
            Axis::new(format!("{} units", 2 * depth), (0.0, 1.0), &[0.0, 1.0]),
            Axis::new(&name, (0.0, 1.0), &[0.0, 1.0]),
        );
        let xs = grid(0.0, 1.0, 1 << depth);
        panel.line(SOLID, xs.iter().copied().zip(hats(depth, &xs)));
    }
    figure.to_svg()
}
