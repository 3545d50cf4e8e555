//! What `docs/source.md` says.

use crate::engine::{grid, mean, over_seeds, slopes, values};
use crate::page::Form::{Fixed, Percent, Power};
use crate::page::Page;
use gradus::data::{Standardizer, moons, targets, xor};
use gradus::diagnose::Health;
use gradus::nn::{Activation, Facts};
use gradus::plot::{Axis, BLUE, DASHED, DOTTED, Figure, GREEN, ORANGE, SOLID};
use gradus::prelude::*;

const SEEDS: u64 = 20;
const LAYERS: usize = 10;
const UNITS: usize = 24;
const SIGMOID: Activation = |x| x.sigmoid();
const RELU: Activation = |x| x.relu();
const TANH: Activation = |x| x.tanh();
const LINE: Activation = |x| 3.0 * x + 1.0;

pub fn page(page: &mut Page) {
    let seeds = SEEDS as usize;
    // The equation, at α = β = 1, and away from 0.
    page.exact("defect_line", Fixed(0), defect(LINE, [1.0, 1.0, 1.0, -1.0]));
    page.exact("defect_tanh_odd", Fixed(0), defect(TANH, [1.0, 1.0, 1.0, -1.0]).abs());
    for (id, activation) in [("defect_relu", RELU), ("defect_tanh", TANH), ("defect_sigmoid", SIGMOID)] {
        page.exact(id, Fixed(2), defect(activation, [2.0, -3.0, 0.5, 1.25]));
    }
    // Linear layers are one, and one does not do XOR.
    let apart = over_seeds(SEEDS, collapse).into_iter().fold(0.0, f64::max);
    page.statistical("collapse", Power(0), seeds, 1e-15..=1e-12, apart);
    let linear = over_seeds(SEEDS, |seed| learns_xor(seed, |x| x).expect("it trains"));
    page.statistical("xor_linear", Fixed(3), seeds, 0.692..=0.7, mean(linear));
    let bent = over_seeds(SEEDS, |seed| learns_xor(seed, TANH).expect("it trains"));
    page.statistical("xor_tanh", Fixed(3), seeds, 0.0..=0.1, mean(bent));

    // The sigmoid.
    let quotient: Activation = |x| x.exp() / (1.0 + x.exp());
    page.exact("overflow_f32", Fixed(2), first(80.0, |x| values::<f32>(quotient, x)));
    page.exact("overflow_f64", Fixed(2), first(700.0, |x| values::<f64>(quotient, x)));
    page.exact("slope_5", Power(2), slopes::<f64>(SIGMOID, &[5.0])[0]);
    page.exact("slope_10", Power(2), slopes::<f64>(SIGMOID, &[10.0])[0]);
    page.exact("layers", Fixed(0), LAYERS as f64);
    let gain = Facts::of(SIGMOID).expect("facts").slope_gain();
    for (id, form, activation, init, band) in [
        ("falls_sigmoid", Power(0), SIGMOID, Init::GlorotNormal, 8e-7..=6e-6),
        ("falls_tanh", Fixed(1), TANH, Init::GlorotNormal, 0.1..=0.6),
        ("falls_relu", Fixed(1), RELU, Init::HeNormal, 0.35..=1.8),
        ("falls_relu_glorot", Fixed(2), RELU, Init::GlorotNormal, 0.015..=0.08),
        ("falls_gain", Fixed(2), SIGMOID, Init::KaimingNormal(gain), 0.005..=0.06),
    ] {
        let falls = over_seeds(SEEDS, |seed| fall(seed, activation, init).expect("it runs").ln());
        page.statistical(id, form, seeds, band, mean(falls).exp());
    }

    // Dead units, at three rates, and what cannot die.
    let mut dead = Vec::new();
    for (id, rate, band) in
        [("gentle", 0.1, 0.02..=0.1), ("harsh", 2.0, 0.17..=0.45), ("brutal", 5.0, 0.55..=0.85)]
    {
        let runs = over_seeds(SEEDS, |seed| moon(seed, RELU, rate).expect("it trains"));
        page.statistical(
            &format!("dead_{id}"),
            Percent(0),
            seeds,
            band,
            mean(runs.iter().map(|run| run.dead)),
        );
        if id == "gentle" {
            page.exact("rate_gentle", Fixed(1), rate);
        }
        dead.push((rate, runs));
    }
    let harsh: Vec<f64> = dead[1].1.iter().map(|run| run.accuracy).collect();
    page.statistical("harsh_accuracy", Percent(0), seeds, 0.88..=1.0, mean(harsh));
    let lost = |activation: Activation| {
        let runs = over_seeds(SEEDS, |seed| moon(seed, activation, 5.0).expect("it trains"));
        runs.iter().filter(|run| !run.finite).count() as f64
    };
    page.exact("seeds", Fixed(0), SEEDS as f64);
    page.statistical(
        "lost_relu",
        Fixed(0),
        seeds,
        0.0..=0.0,
        dead[2].1.iter().filter(|run| !run.finite).count() as f64,
    );
    page.statistical("lost_leaky", Fixed(0), seeds, 7.0..=19.0, lost(|x| x.leaky_relu(0.01)));
    page.statistical("lost_tanh", Fixed(0), seeds, 0.0..=0.0, lost(TANH));

    // Softmax.
    let away = over_seeds(SEEDS, farthest_sum).into_iter().fold(0.0, f64::max);
    page.statistical("sum_away", Power(0), seeds, 1e-16..=1e-15, away);
    page.figure("equation", draw());
}

/// f(αx₁ + βx₂) − αf(x₁) − βf(x₂).
fn defect(f: Activation, [a, b, x, y]: [f64; 4]) -> f64 {
    let v = values::<f64>(f, &[a * x + b * y, x, y]);
    v[0] - a * v[1] - b * v[2]
}

fn first(from: f64, function: impl Fn(&[f64]) -> Vec<f64>) -> f64 {
    let xs: Vec<f64> = (0..2000).map(|i| from + f64::from(i) / 100.0).collect();
    let at = function(&xs).iter().position(|y| y.is_nan()).expect("it overflows");
    xs[at]
}

/// How far two linear layers are from the one whose matrix is their product.
fn collapse(seed: u64) -> f64 {
    let mut params = Params::<f64>::seeded(seed);
    let mut draw = |shape: [usize; 2]| Init::Normal(1.0).sample::<f64>(shape, params.rng());
    let (x, a, b) = (draw([50, 8]), draw([8, 16]), draw([16, 3]));
    let g = Graph::new();
    let (x, a, b) = (g.value(x), g.value(a), g.value(b));
    let apart = x.matmul(a).matmul(b) - x.matmul(a.matmul(b));
    apart.abs().max(..).eval::<f64>().expect("it runs").item()
}

/// The loss that a small network reaches on the exclusive or.
fn learns_xor(seed: u64, activation: Activation) -> Result<f64> {
    let (points, labels) = xor::<f64>();
    let right = targets::<f64>(&labels);
    let mut params = Params::<f64>::seeded(seed);
    let net = Mlp::with_activation(&mut params, "net", &[2, 8, 1], Init::GlorotNormal, activation);
    let g = Graph::new();
    let (x, t) = (g.input("x", [4, 2]), g.input("t", [4, 1]));
    let mut step = g.train(net.forward(x).sigmoid_cross_entropy(t), Adam::new(0.05), &mut params)?;
    let mut last = 0.0;
    for _ in 0..200 {
        let out = step.run(&mut params, [(x, &points), (t, &right)])?;
        last = out.at(0).item();
    }
    Ok(last)
}

/// The norm of the gradient at the first layer's pre-activations, as a share of that at the last layer's.
fn fall(seed: u64, activation: Activation, init: Init) -> Result<f64> {
    let mut params = Params::<f64>::seeded(seed);
    let points: Tensor<f64> = Init::Normal(1.0).sample([32, UNITS], params.rng());
    let weights: Vec<Tensor<f64>> = (0..LAYERS).map(|_| init.sample([UNITS, UNITS], params.rng())).collect();
    let head: Tensor<f64> = Init::GlorotNormal.sample([UNITS, 1], params.rng());
    let g = Graph::new();
    let (mut y, mut before) = (g.value(points), Vec::new());
    for weights in weights {
        before.push(y.matmul(g.value(weights)));
        y = activation(before[before.len() - 1]);
    }
    let loss = y.matmul(g.value(head)).mean(..);
    let norm = |z: Var<'_>| -> Result<f64> { Ok(loss.grad(z).square().sum(..).sqrt().eval::<f64>()?.item()) };
    Ok(norm(before[0])? / norm(before[LAYERS - 1])?)
}

/// What became of a network on two moons.
struct Run {
    /// Of all hidden units.
    dead: f64,
    accuracy: f64,
    finite: bool,
}

fn moon(seed: u64, activation: Activation, rate: f64) -> Result<Run> {
    let (points, label) = moons::<f64>(40, 0.1, seed)?;
    let points = Standardizer::fit(&points)?.apply(&points)?;
    let mut params = Params::<f64>::seeded(seed);
    let net = Mlp::with_activation(&mut params, "net", &[2, 12, 12, 2], Init::HeNormal, activation);
    let g = Graph::new();
    let (x, labels) = (g.input("x", [40, 2]), g.labels("label", [40], 2));
    let logits = net.forward(x);
    let loss = logits.softmax_cross_entropy(labels);
    let accuracy = logits.argmax(-1).squeeze(-1).agrees_with(labels).mean(..);
    let mut step = g.training(loss, Sgd::new(rate)).emit(accuracy).compile(&mut params)?;
    // A run that diverges is shown.
    step.stop_on_non_finite_loss(false);
    let (mut last, mut finite) = (0.0, true);
    for _ in 0..100 {
        let out = step.run(&mut params, [x.feed(&points), labels.feed(&label)])?;
        (last, finite) = (out[accuracy].item(), out[loss].item().is_finite());
    }
    if !finite {
        return Ok(Run { dead: 0.0, accuracy: last, finite });
    }
    let health = Health::of(loss, &params, [[x.feed(&points), labels.feed(&label)]])?;
    Ok(Run { dead: health.dead() as f64 / 24.0, accuracy: last, finite })
}

/// How far from 1 the shares of a row add up.
fn farthest_sum(seed: u64) -> f64 {
    let mut params = Params::<f64>::seeded(seed);
    let logits: Tensor<f64> = Init::Uniform(20.0).sample([200, 10], params.rng());
    let g = Graph::new();
    let sums = g.value(logits).softmax(-1).sum(1).eval::<f64>().expect("it runs");
    sums.iter().map(|sum| (sum - 1.0).abs()).fold(0.0, f64::max)
}

/// The equation along one line: x₁ = x, x₂ = −1, α = β = 1.
fn draw() -> String {
    let mut figure = Figure::new(
        "How far three functions are from the linear equation",
        "The difference of f(x − 1) and f(x) + f(−1) for x from −4 to 4. The line 3x + 1 misses the equation everywhere by the same \
         amount, and is useless; the rectifier and tanh miss it by amounts that change with x, and that is what is needed.",
        300.0,
    );
    let xs = grid(-4.0, 4.0, 80);
    let mut panel = figure.panel(
        [64.0, 60.0, 540.0, 240.0],
        Axis::new("x", (-4.0, 4.0), &[-4.0, -2.0, 0.0, 2.0, 4.0]),
        Axis::new("f(x − 1) − f(x) − f(−1)", (-1.2, 1.0), &[-1.0, -0.5, 0.0, 0.5, 1.0]),
    );
    let line = |f: Activation| -> Vec<(f64, f64)> {
        xs.iter().map(|&x| (x, defect(f, [1.0, 1.0, x, -1.0]))).collect()
    };
    panel.line(SOLID, line(RELU)).line(DASHED, line(TANH)).line(DOTTED, line(LINE));
    panel.label(BLUE, (4.0, defect(RELU, [1.0, 1.0, 4.0, -1.0])), (8.0, -4.0), "ReLU");
    panel.label(ORANGE, (4.0, defect(TANH, [1.0, 1.0, 4.0, -1.0])), (8.0, 4.0), "tanh");
    panel.label(GREEN, (4.0, -1.0), (8.0, 12.0), "3x + 1");
    figure.to_svg()
}
