//! What `docs/vanishing.md` says.

use crate::engine::{grid, mean, median, over_seeds, slopes, values};
use crate::page::Form::{Fixed, Percent, Power};
use crate::page::Page;
use gradus::data::{Standardizer, moons};
use gradus::diagnose::Health;
use gradus::nn::Activation;
use gradus::plot::{Axis, BLUE, DASHED, DOTTED, Figure, GRAY, GREEN, MIXED, ORANGE, PINK, Pen, SOLID};
use gradus::prelude::*;

const WIDTH: usize = 32;
const SEEDS: u64 = 20;
/// The two depths of the table.
const DEPTHS: [usize; 2] = [10, 20];
/// What is trained.
const POINTS: usize = 30;
const NARROW: usize = 12;
const STEPS: usize = 100;
/// The network that is scaled, and by how much.
const SCALED: u64 = 1;
const SMALL: f64 = 0.08;

/// Layers without biases, their weights normal with standard deviation `gain / √width`.
#[derive(Clone, Copy)]
struct Net {
    id: &'static str,
    activation: Activation,
    gain: f64,
    /// The bands of the first layer's share of the gradient, for both depths.
    bands: [[f64; 2]; 2],
}

const SQRT_2: f64 = std::f64::consts::SQRT_2;
#[rustfmt::skip]
const NETS: [Net; 6] = [
    Net { id: "sigmoid", activation: |x| x.sigmoid(), gain: 1.0, bands: [[1.1e-6, 2.9e-6], [4e-13, 1.2e-12]] },
    Net { id: "strong", activation: |x| x.sigmoid(), gain: 4.0, bands: [[5e-3, 1.4e-2], [2e-5, 1.4e-4]] },
    Net { id: "tanh", activation: |x| x.tanh(), gain: 1.0, bands: [[0.18, 0.4], [0.09, 0.24]] },
    Net { id: "relu", activation: |x| x.relu(), gain: SQRT_2, bands: [[0.5, 1.3], [0.4, 1.3]] },
    Net { id: "glorot", activation: |x| x.relu(), gain: 1.0, bands: [[2.2e-2, 5.6e-2], [5e-4, 1.8e-3]] },
    Net { id: "selu", activation: |x| x.selu(), gain: 1.0, bands: [[1.0, 1.9], [1.4, 2.9]] },
];

/// A training: of which network, how deep, and whether by Adam. The band is of the median loss at the end: a single network that overshoots
/// for some steps would lift a mean.
struct Way {
    id: &'static str,
    net: Net,
    depth: usize,
    rate: f64,
    adam: bool,
    band: [f64; 2],
}

#[rustfmt::skip]
const WAYS: [Way; 5] = [
    Way { id: "sgd_sigmoid", net: NETS[0], depth: 10, rate: 1.0, adam: false, band: [0.69, 0.695] },
    Way { id: "sgd_tanh", net: NETS[2], depth: 10, rate: 0.05, adam: false, band: [0.15, 0.35] },
    Way { id: "sgd_relu", net: NETS[3], depth: 10, rate: 0.05, adam: false, band: [0.1, 0.3] },
    Way { id: "adam_sigmoid", net: NETS[0], depth: 10, rate: 0.01, adam: true, band: [0.3, 0.5] },
    Way { id: "adam_deep", net: NETS[0], depth: 20, rate: 0.01, adam: true, band: [0.69, 0.695] },
];

/// The gradients of one drawn network: of what each layer's activation is given, and of each layer's weights.
fn look(net: Net, depth: usize, seed: u64) -> Result<(Vec<f64>, Vec<f64>)> {
    let mut params = Params::<f64>::seeded(seed);
    let init = Init::KaimingNormal(net.gain);
    let layers: Vec<Linear> = (0..depth)
        .map(|i| Linear::no_bias(&mut params, format!("layer.{i}"), WIDTH, WIDTH, init))
        .collect();
    let head = Linear::no_bias(&mut params, "head", WIDTH, 1, Init::GlorotNormal);
    let batch: Tensor<f64> = Init::Normal(1.0).sample([WIDTH, WIDTH], params.rng());
    let g = Graph::new();
    let x = g.input("x", [WIDTH, WIDTH]);
    let y = layers.iter().fold(x, |h, layer| (net.activation)(layer.forward(h)));
    let health = Health::of(head.forward(y).mean(..), &params, [[(x, &batch)]])?;
    let of = |number: Option<f64>| number.expect("the value is a number");
    Ok((
        health.layers.iter().map(|layer| of(layer.gradient)).collect(),
        health.weights.iter().take(depth).map(|weight| of(weight.gradient)).collect(),
    ))
}

/// A number of each layer as a share of the last one's.
fn shares(numbers: &[f64]) -> Vec<f64> {
    let last = numbers[numbers.len() - 1];
    numbers.iter().map(|number| number / last).collect()
}

fn geometric(numbers: impl IntoIterator<Item = f64>) -> f64 {
    libm::exp(mean(numbers.into_iter().map(libm::log)))
}

/// The variance of what each layer is given, and the factor by which the gradient changes from each layer to
/// the one before it, if layers are wide.
fn theory(net: Net, depth: usize) -> (Vec<f64>, Vec<f64>) {
    let xs = grid(-9.99, 9.99, 999);
    let density: Vec<f64> = xs.iter().map(|x| 0.02 * libm::exp(-0.5 * x * x) / libm::sqrt(std::f64::consts::TAU)).collect();
    let expected = |ys: Vec<f64>| ys.iter().zip(&density).map(|(y, p)| y * y * p).sum::<f64>();
    let (mut variances, mut factors) = (vec![net.gain * net.gain], Vec::new());
    for i in 0..depth {
        let zs: Vec<f64> = xs.iter().map(|x| libm::sqrt(variances[i]) * x).collect();
        factors.push(net.gain * libm::sqrt(expected(slopes::<f64>(net.activation, &zs))));
        variances.push(net.gain * net.gain * expected(values::<f64>(net.activation, &zs)));
    }
    (variances, factors)
}

/// The gradient of each layer that theory expects, as a share of the last one's.
fn predicted(net: Net, depth: usize) -> Vec<f64> {
    let (_, factors) = theory(net, depth);
    (0..depth).map(|layer| factors[layer..depth - 1].iter().product()).collect()
}

/// How a network trains on two moons: the loss before each step.
fn train(way: &Way, seed: u64) -> Result<Vec<f64>> {
    let (points, label) = moons::<f64>(POINTS, 0.1, seed)?;
    let points = Standardizer::fit(&points)?.apply(&points)?;
    let mut params = Params::<f64>::seeded(seed);
    let sizes: Vec<usize> = [2].into_iter().chain(vec![NARROW; way.depth]).chain([2]).collect();
    let net = Mlp::with_activation(&mut params, "net", &sizes, Init::KaimingNormal(way.net.gain), way.net.activation);
    let g = Graph::new();
    let (x, labels) = (g.input("x", [POINTS, 2]), g.labels("label", [POINTS], 2));
    let loss = net.forward(x).softmax_cross_entropy(labels);
    let mut step = match way.adam {
        true => g.train(loss, Adam::new(way.rate), &mut params)?,
        false => g.train(loss, Sgd::new(way.rate), &mut params)?,
    };
    (0..=STEPS)
        .map(|_| Ok(step.run(&mut params, [x.feed(&points), labels.feed(&label)])?[loss].item()))
        .collect()
}

pub fn page(page: &mut Page) {
    let seeds = SEEDS as usize;
    page.exact("width", Fixed(0), WIDTH as f64);
    page.exact("seeds", Fixed(0), SEEDS as f64);
    page.exact("deep", Fixed(0), DEPTHS[1] as f64);
    page.exact("points", Fixed(0), POINTS as f64);
    page.exact("steps", Fixed(0), STEPS as f64);
    page.exact("bound", Power(1), libm::pow(slopes::<f64>(NETS[0].activation, &[0.0])[0], 9.0));
    page.exact("chance", Fixed(4), std::f64::consts::LN_2);
    let (variances, factors) = theory(NETS[0], 10);
    page.exact("factor_first", Fixed(3), factors[0]);
    page.exact("factor", Fixed(3), factors[9]);
    page.exact("variance", Fixed(2), variances[9]);
    page.exact("factor_strong", Fixed(2), theory(NETS[1], 10).1[9]);
    page.exact("factor_glorot", Fixed(4), theory(NETS[4], 10).1[9]);

    page.exact("rate_descent", Fixed(2), WAYS[1].rate);
    page.exact("rate_adam", Fixed(2), WAYS[3].rate);

    let (mut profiles, mut off) = (Vec::new(), 0.0_f64);
    for net in NETS {
        for (depth, [low, high]) in DEPTHS.into_iter().zip(net.bands) {
            let runs = over_seeds(SEEDS, |seed| shares(&look(net, depth, seed).expect("it looks").0));
            let form = if net.bands[0][0] > 0.1 { Fixed(2) } else { Power(1) };
            let means: Vec<f64> = (0..depth).map(|layer| geometric(runs.iter().map(|run| run[layer]))).collect();
            page.statistical(&format!("{}_{depth}", net.id), form, seeds, low..=high, means[0]);
            page.exact(&format!("{}_{depth}_predicted", net.id), form, predicted(net, depth)[0]);
            // By how much prediction and measurement differ in the factor of one layer.
            let apart = (libm::log(predicted(net, depth)[0] / means[0]) / (depth - 1) as f64).abs();
            off = off.max(libm::exp(apart) - 1.0);
            profiles.push(means);
        }
    }

    page.statistical("off", Percent(0), seeds, 0.01..=0.08, off);

    let scaled = [SQRT_2, 1.0, SMALL].map(|gain| {
        let (layers, weights) = look(Net { gain, ..NETS[3] }, DEPTHS[1], SCALED).expect("it looks");
        (shares(&layers), shares(&weights))
    });
    for (id, (layers, weights)) in ["he", "plain", "small"].into_iter().zip(&scaled) {
        let form = if layers[0] > 0.1 { Fixed(1) } else { Power(1) };
        page.seeded(&format!("layers_{id}"), form, layers[0]);
        page.seeded(&format!("weights_{id}"), Fixed(3), weights[0]);
    }
    page.exact("small", Fixed(2), SMALL);

    let trained: Vec<Vec<Vec<f64>>> =
        WAYS.iter().map(|way| over_seeds(SEEDS, |seed| train(way, seed).expect("it trains"))).collect();
    for (Way { id, band: [low, high], .. }, runs) in WAYS.iter().zip(&trained) {
        let digits = if *high - *low < 0.03 { 4 } else { 2 };
        page.statistical(id, Fixed(digits), seeds, *low..=*high, median(runs.iter().map(|run| run[STEPS])));
    }
    page.figure("layers", draw_layers(&profiles));
    page.figure("scaled", draw_scaled(&scaled));
    page.figure("losses", draw_losses(&trained));
}

/// The layers of the deeper networks from the last to the first; theory as dots.
fn draw_layers(profiles: &[Vec<f64>]) -> String {
    let depth = DEPTHS[1];
    let mut figure = Figure::new(
        "What is left of the gradient, layer by layer",
        "Twenty layers, the gradient on its way back from the last to the first, on a logarithmic scale. Under sigmoids it falls by the same factor in \
         every layer, to a millionth of a millionth. Under rectifiers with weights too small it falls slowly; under tanh and under rectifiers with \
         He's weights hardly at all. Dots are what theory predicts, and lie on the lines.",
        400.0,
    );
    let mut panel = figure.panel(
        [72.0, 56.0, 510.0, 340.0],
        Axis::new("layers back from the last", (0.0, 19.0), &[0.0, 5.0, 10.0, 15.0, 19.0]),
        Axis::decades("gradient, as a share of the last layer's", (1e-13, 10.0), &[-12, -9, -6, -3, 0]),
    );
    let lines: [(usize, Pen<'static>, &str, &str, f64); 4] = [
        (0, SOLID, BLUE, "sigmoid", 4.0),
        (2, DASHED, ORANGE, "tanh", 12.0),
        (3, DOTTED, GREEN, "relu, He", -4.0),
        (4, MIXED, PINK, "relu, gain 1", 8.0),
    ];
    for (which, pen, color, name, down) in lines {
        let back = |shares: &[f64]| -> Vec<(f64, f64)> {
            shares.iter().rev().enumerate().map(|(i, &share)| (i as f64, share)).collect()
        };
        let points = back(&profiles[2 * which + 1]);
        panel.dots(GRAY, false, back(&predicted(NETS[which], depth)));
        panel.line(pen, points.iter().copied());
        panel.label(color, points[depth - 1], (8.0, down), name);
    }
    figure.to_svg()
}

/// One rectifier network with its weights in three sizes: what the layers' gradients show, and the weights' own do not.
fn draw_scaled(scaled: &[(Vec<f64>, Vec<f64>); 3]) -> String {
    let mut figure = Figure::new(
        "Two gradients of one network",
        "Twenty layers of rectifiers with weights of three sizes. To the left, the gradients that reach the layers: level, falling, and gone. To \
         the right, the gradients of the weights: three lines that are one.",
        360.0,
    );
    for (right, left, title) in [(false, 64.0, "reaches the layer"), (true, 352.0, "of its weights")] {
        let powers: &[i32] = if right { &[] } else { &[-24, -18, -12, -6, 0] };
        let mut panel = figure.panel(
            [left, 60.0, left + 212.0, 300.0],
            Axis::new("layer", (1.0, 20.0), &[1.0, 10.0, 20.0]),
            Axis::decades(title, (1e-27, 1e3), powers),
        );
        let names = [(SOLID, BLUE, "He", (4.0, -6.0)), (DASHED, ORANGE, "gain 1", (4.0, 14.0)), (DOTTED, GREEN, "gain 0.08", (10.0, 14.0))];
        for ((layers, weights), (pen, color, name, by)) in scaled.iter().zip(names) {
            let shares = if right { weights } else { layers };
            panel.line(pen, shares.iter().enumerate().map(|(i, &share)| ((i + 1) as f64, share)));
            if !right {
                panel.label(color, (6.0, shares[5]), by, name);
            }
        }
        if right {
            panel.note((3.0, 1e-5), (0.0, 0.0), "all three");
        }
    }
    figure.to_svg()
}

fn draw_losses(trained: &[Vec<Vec<f64>>]) -> String {
    let mut figure = Figure::new(
        "Ten layers learn, or do not",
        "The median loss of twenty networks over a hundred steps. Plain descent on sigmoids never leaves the loss of guessing. On tanh and rectifiers it \
         learns. Adam makes the sigmoids learn as well.",
        360.0,
    );
    let last = STEPS as f64;
    let mut panel = figure.panel(
        [64.0, 56.0, 480.0, 300.0],
        Axis::new("step", (0.0, last), &[0.0, 25.0, 50.0, 75.0, 100.0]),
        Axis::new("loss, median of 20", (0.0, 1.0), &[0.0, 0.25, 0.5, 0.75, 1.0]),
    );
    let lines: [(usize, Pen<'static>, &str, &str, f64); 4] = [
        (0, SOLID, BLUE, "sigmoid", 0.0),
        (1, DASHED, ORANGE, "tanh", 0.0),
        (2, DOTTED, GREEN, "relu", 8.0),
        (3, MIXED, PINK, "sigmoid, Adam", -6.0),
    ];
    for (which, pen, color, name, down) in lines {
        let at = |step: usize| median(trained[which].iter().map(|run| run[step]));
        panel.line(pen, (0..=STEPS).map(|step| (step as f64, at(step))));
        panel.label(color, (last, at(STEPS)), (8.0, 4.0 + down), name);
    }
    figure.to_svg()
}
