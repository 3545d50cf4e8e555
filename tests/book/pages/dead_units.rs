//! What `docs/dead_units.md` says.

use crate::engine::{mean, over_seeds};
use crate::page::Form::{Fixed, Percent};
use crate::page::Page;
use gradus::data::{Standardizer, moons};
use gradus::diagnose::Health;
use gradus::nn::Activation;
use gradus::plot::{Axis, BLUE, DASHED, Figure, GRAY, ORANGE, SOLID};
use gradus::prelude::*;

const POINTS: usize = 100;
const UNITS: usize = 16;
const STEPS: usize = 200;
/// Steps from one look to the next.
const LOOK: usize = 10;
/// The same for the run that is shown unit by unit, and its seed.
const FILM: usize = 2;
const FILMED: u64 = 10;
const SEEDS: u64 = 20;
/// By when most of the dying is over.
const EARLY: u64 = 50;

/// One way to train.
#[derive(Clone, Copy)]
struct Way {
    rate: f64,
    warm_up: u64,
    clip: f64,
    bias: f64,
    activation: Activation,
}

const fn rate(rate: f64) -> Way {
    Way { rate, warm_up: 0, clip: f64::INFINITY, bias: 0.0, activation: |x| x.relu() }
}

/// What became of one network.
#[derive(Clone, Debug)]
struct Run {
    /// The share of dead units of each hidden layer at the end.
    dead: [f64; 2],
    /// How often a unit of each layer came back.
    revived: [f64; 2],
    accuracy: f64,
    finite: bool,
    /// The share of the second layer that was dead before the first step.
    born_dead: f64,
    /// How many units are dead at the end, and how many of these have been since [`EARLY`].
    ends: [f64; 2],
    /// The norm of the gradient in all weights before the first step.
    pull: f64,
    /// Which units were dead at each look.
    film: Vec<Vec<bool>>,
}

fn train(way: Way, seed: u64, film: bool) -> Result<Run> {
    let look = if film { FILM } else { LOOK };
    let (points, label) = moons::<f64>(POINTS, 0.1, seed)?;
    let points = Standardizer::fit(&points)?.apply(&points)?;
    let mut params = Params::<f64>::seeded(seed);
    let net = Mlp::with_activation(&mut params, "net", &[2, UNITS, UNITS, 2], Init::HeNormal, way.activation);
    for name in ["net.0.bias", "net.1.bias"] {
        params.set(name, Tensor::full([UNITS], way.bias))?;
    }
    let g = Graph::new();
    let (x, labels) = (g.input("x", [POINTS, 2]), g.labels("label", [POINTS], 2));
    let logits = net.forward(x);
    let loss = logits.softmax_cross_entropy(labels);
    let accuracy = logits.argmax(-1).squeeze(-1).agrees_with(labels).mean(..);
    let optimizer = Sgd::new(WarmUp::new(way.warm_up, way.rate)).clip_norm(way.clip);
    let mut step = g.training(loss, optimizer).emit(accuracy).compile(&mut params)?;
    // A run that diverges is shown.
    step.stop_on_non_finite_loss(false);
    step.watch(loss, look as u64)?.window(1);
    let mut run = Run {
        dead: [0.0; 2],
        revived: [0.0; 2],
        accuracy: 0.0,
        finite: true,
        born_dead: 0.0,
        ends: [0.0; 2],
        pull: 0.0,
        film: Vec::new(),
    };
    for i in 0..=STEPS {
        let out = step.run(&mut params, [x.feed(&points), labels.feed(&label)])?;
        (run.accuracy, run.finite) = (out[accuracy].item(), out[loss].item().is_finite());
        if i == 0 {
            let first = step.health();
            run.born_dead = first.layers[1].dead() as f64 / UNITS as f64;
            let squares = first.weights.iter().filter_map(|weight| weight.gradient).map(|norm| norm * norm);
            run.pull = squares.sum::<f64>().sqrt();
        }
        if film && i % look == 0 {
            let units = step.health().layers.into_iter().flat_map(|layer| layer.units);
            run.film.push(units.map(|unit| unit.dead).collect());
        }
    }
    for (i, layer) in step.health().layers.iter().enumerate() {
        run.dead[i] = layer.dead() as f64 / UNITS as f64;
        run.revived[i] = layer.revived() as f64;
        run.ends[0] += layer.dead() as f64;
        run.ends[1] +=
            layer.units.iter().filter(|unit| unit.since.is_some_and(|step| step <= EARLY)).count() as f64;
    }
    Ok(run)
}

/// A row of the tables: what is trained, and the bands within which the means over seeds fall. They hold for
/// each of three sets of twenty seeds; the first set is what is printed.
struct Row {
    id: &'static str,
    label: &'static str,
    way: Way,
    /// The share of dead units in the first layer and in the second.
    first: [f64; 2],
    second: [f64; 2],
    accuracy: [f64; 2],
    /// How many runs end without a finite loss.
    lost: [f64; 2],
}

const NONE: [f64; 2] = [0.0, 0.0];
const LEAK: f64 = 0.01;
const LEAKY: Activation = |x| x.leaky_relu(LEAK);

#[rustfmt::skip]
const ROWS: [Row; 11] = [
    Row { id: "0.1", label: "rate 0.1", way: rate(0.1), first: [0.0, 0.02], second: [0.03, 0.15], accuracy: [0.92, 0.98], lost: NONE },
    Row { id: "1", label: "rate 1", way: rate(1.0), first: [0.0, 0.03], second: [0.08, 0.25], accuracy: [0.98, 1.0], lost: NONE },
    Row { id: "2", label: "rate 2", way: rate(2.0), first: [0.06, 0.32], second: [0.3, 0.65], accuracy: [0.88, 1.0], lost: NONE },
    Row { id: "5", label: "rate 5", way: rate(5.0), first: [0.3, 0.65], second: [0.85, 1.0], accuracy: [0.5, 0.68], lost: NONE },
    Row { id: "clip", label: "rate 2, clipped", way: Way { clip: 0.1, ..rate(2.0) }, first: [0.0, 0.02], second: [0.03, 0.15], accuracy: [0.98, 1.0], lost: NONE },
    Row { id: "warm", label: "rate 2, warm-up", way: Way { warm_up: 100, ..rate(2.0) }, first: [0.0, 0.02], second: [0.03, 0.15], accuracy: [0.98, 1.0], lost: NONE },
    Row { id: "bias", label: "rate 2, biased", way: Way { bias: 0.5, ..rate(2.0) }, first: [0.12, 0.4], second: [0.66, 0.9], accuracy: [0.7, 0.95], lost: NONE },
    Row { id: "leaky", label: "rate 2, leaky", way: Way { activation: LEAKY, ..rate(2.0) }, first: NONE, second: NONE, accuracy: [0.95, 1.0], lost: NONE },
    Row { id: "leaky_5", label: "rate 5, leaky", way: Way { activation: LEAKY, ..rate(5.0) }, first: NONE, second: NONE, accuracy: [0.5, 0.65], lost: [13.0, 20.0] },
    Row { id: "elu_5", label: "rate 5, ELU", way: Way { activation: |x| x.elu(1.0), ..rate(5.0) }, first: [0.1, 0.6], second: [0.1, 0.7], accuracy: [0.5, 0.65], lost: [5.0, 18.0] },
    Row { id: "tanh_5", label: "rate 5, tanh", way: Way { activation: |x| x.tanh(), ..rate(5.0) }, first: NONE, second: NONE, accuracy: [0.95, 1.0], lost: NONE },
];

pub fn page(page: &mut Page) {
    page.exact("points", Fixed(0), POINTS as f64);
    page.exact("units", Fixed(0), UNITS as f64);
    page.exact("steps", Fixed(0), STEPS as f64);
    page.exact("seeds", Fixed(0), SEEDS as f64);
    let way = |id: &str| ROWS.iter().find(|row| row.id == id).expect("a row").way;
    page.exact("gentle", Fixed(1), way("0.1").rate);
    page.exact("clip", Fixed(1), way("clip").clip);
    page.exact("bias", Fixed(1), way("bias").bias);
    page.exact("leak", Fixed(2), LEAK);
    page.block("report", patient());

    let runs: Vec<Vec<Run>> = ROWS
        .iter()
        .map(|row| over_seeds(SEEDS, |seed| train(row.way, seed, false).expect("it trains")))
        .collect();
    let band = |[low, high]: [f64; 2]| low..=high;
    let seeds = SEEDS as usize;
    let mut revived = [0.0; 2];
    for (Row { id, first, second, accuracy, lost, .. }, runs) in ROWS.iter().zip(&runs) {
        let of = |number: fn(&Run) -> f64| mean(runs.iter().map(number));
        page.statistical(&format!("first_{id}"), Percent(0), seeds, band(*first), of(|run| run.dead[0]));
        page.statistical(&format!("second_{id}"), Percent(0), seeds, band(*second), of(|run| run.dead[1]));
        page.statistical(&format!("accuracy_{id}"), Percent(0), seeds, band(*accuracy), of(|run| run.accuracy));
        if id.ends_with('5') {
            let count = runs.iter().filter(|run| !run.finite).count() as f64;
            page.statistical(&format!("lost_{id}"), Fixed(0), seeds, band(*lost), count);
        }
        for (sum, layer) in revived.iter_mut().zip(0..) {
            *sum += runs.iter().map(|run| run.revived[layer]).sum::<f64>();
        }
    }
    page.exact("runs", Fixed(0), (ROWS.len() * seeds) as f64);
    page.statistical("revived_first", Fixed(0), ROWS.len() * seeds, 0.0..=0.0, revived[0]);
    page.statistical("revived_second", Fixed(0), ROWS.len() * seeds, 100.0..=400.0, revived[1]);
    let harsh = &runs[2];
    page.exact("early", Fixed(0), EARLY as f64);
    let sum = |which: usize| harsh.iter().map(|run| run.ends[which]).sum::<f64>();
    page.statistical("early_2", Percent(0), seeds, 0.85..=1.0, sum(1) / sum(0));
    page.statistical("born_dead", Percent(0), seeds, 0.03..=0.16, mean(harsh.iter().map(|run| run.born_dead)));
    let pull = |way: usize| mean(runs[way].iter().map(|run| run.pull));
    page.statistical("pull_2", Fixed(1), seeds, 1.8..=3.0, pull(2));
    page.statistical("pull_bias", Fixed(1), seeds, 3.2..=5.0, pull(6));
    let perfect: Vec<&Run> = harsh.iter().filter(|run| run.accuracy == 1.0).collect();
    page.statistical("perfect_2", Fixed(0), seeds, 10.0..=20.0, perfect.len() as f64);
    let dead = mean(perfect.iter().map(|run| run.dead[1]));
    page.statistical("perfect_dead_2", Percent(0), seeds, 0.25..=0.6, dead);

    let film = train(rate(2.0), FILMED, true).expect("it trains").film;
    page.figure("film", draw_film(&film));
    page.figure("rates", draw_rates(&runs[..4]));
    page.figure("cures", draw_cures(&runs));
}

/// A network with three units that were killed by their bias, in its own words.
fn patient() -> String {
    let mut params = Params::<f64>::seeded(3);
    let net = Mlp::new(&mut params, "net", &[2, 6, 1]);
    params.set("net.0.bias", tensor![0.0, -50.0, 0.0, -50.0, -50.0, 0.0].cast()).expect("the bias");
    let points = tensor![[0.5, -1.0], [1.5, 0.25], [-0.75, 2.0], [1.0, 1.0]].cast();
    let g = Graph::new();
    let x = g.input("x", [4, 2]);
    let health = Health::of(net.forward(x).mean(..), &params, [[(x, &points)]]).expect("it looks");
    format!("```text\n{health}\n```")
}

fn draw_film(film: &[Vec<bool>]) -> String {
    let mut figure = Figure::new(
        "One network at rate 2, unit by unit",
        "A row for each unit, time to the right, dark where the unit is dead. In the first layer a bar that begins never \
         ends. In the second layer some bars end: those units came back.",
        420.0,
    );
    let last = STEPS as f64;
    for (layer, top) in [(0, 60.0), (1, 232.0)] {
        let x = Axis::new(if layer == 1 { "step" } else { "" }, (0.0, last), &[0.0, 50.0, 100.0, 150.0, 200.0]);
        let label = ["units of the first layer", "units of the second layer"][layer];
        let mut panel = figure.panel(
            [40.0, top, 620.0, top + 128.0],
            if layer == 1 { x } else { Axis::new("", (0.0, last), &[]) },
            Axis::named(label, (0.0, UNITS as f64), &[]),
        );
        panel.area(GRAY, 0.15, (0.0, 0.0), (last, UNITS as f64));
        for unit in 0..UNITS {
            let (row, column) = ((UNITS - 1 - unit) as f64, layer * UNITS + unit);
            let mut at = 0;
            while at < film.len() {
                let length = film[at..].iter().take_while(|look| look[column]).count();
                if length > 0 {
                    let (from, to) = ((at * FILM) as f64, ((at + length) * FILM) as f64);
                    panel.area(ORANGE, 1.0, (from, row + 0.1), (to.min(last), row + 0.9));
                }
                at += length.max(1);
            }
        }
    }
    figure.to_svg()
}

/// Each run a dot, the layers side by side, their means joined by lines.
fn draw_rates(runs: &[Vec<Run>]) -> String {
    let mut figure = Figure::new(
        "The rate decides how many units die",
        "Dead units in both layers for four learning rates. Up to rate 1 the first layer hardly loses any, the second a few. At \
         rate 2 the runs spread widely; at rate 5 almost all of the second layer is dead.",
        360.0,
    );
    let mut panel = figure.panel(
        [64.0, 60.0, 540.0, 300.0],
        Axis::named("learning rate", (-0.5, 3.5), &[(0.0, "0.1"), (1.0, "1"), (2.0, "2"), (3.0, "5")]),
        Axis::named("dead units", (0.0, 1.0), &[(0.0, "0 %"), (0.5, "50 %"), (1.0, "100 %")]),
    );
    for (layer, (color, full, pen, name)) in
        [(BLUE, false, SOLID, "first layer"), (ORANGE, true, DASHED, "second layer")].into_iter().enumerate()
    {
        let place = |way: usize| way as f64 + [-0.12, 0.12][layer];
        let mut means = Vec::new();
        for (way, runs) in runs.iter().enumerate() {
            // Equal dots would hide each other; they stand a little apart.
            let spread = |i: usize| (i as f64 / (runs.len() - 1) as f64 - 0.5) * 0.16;
            panel.dots(color, full, runs.iter().enumerate().map(|(i, run)| (place(way) + spread(i), run.dead[layer])));
            means.push((place(way), mean(runs.iter().map(|run| run.dead[layer]))));
        }
        panel.line(pen, means.iter().copied());
        panel.label(color, means[means.len() - 1], (22.0, 4.0), name);
    }
    figure.to_svg()
}

fn draw_cures(runs: &[Vec<Run>]) -> String {
    let mut figure = Figure::new(
        "What helps, and what only looks like it",
        "Mean share of dead units in the two layers, and accuracy, for eleven ways to train. Clipping and warming up save the units \
         at rate 2; a positive bias kills more of them. Lost are those of twenty networks whose loss is NaN or infinite. At rate 5 leaky units never die and yet learn nothing; tanh learns.",
        400.0,
    );
    let names: Vec<(f64, &str)> =
        ROWS.iter().enumerate().map(|(i, row)| ((ROWS.len() - 1 - i) as f64, row.label)).collect();
    let mut panel = figure.panel(
        [168.0, 64.0, 480.0, 340.0],
        Axis::named("dead units", (0.0, 1.0), &[(0.0, "0 %"), (0.5, "50 %"), (1.0, "100 %")]),
        Axis::named("○ first layer   ● second layer", (-0.5, ROWS.len() as f64 - 0.5), &names),
    );
    for ((row, _), runs) in names.iter().zip(runs) {
        let of = |number: fn(&Run) -> f64| mean(runs.iter().map(number));
        panel.dots(ORANGE, true, [(of(|run| run.dead[1]), *row)]);
        panel.dots(BLUE, false, [(of(|run| run.dead[0]), *row)]);
        let lost = runs.iter().filter(|run| !run.finite).count();
        let lost = if lost > 0 { format!(", {lost} lost") } else { String::new() };
        panel.note((1.0, *row), (10.0, 4.0), &format!("{:.0} %{lost}", 100.0 * of(|run| run.accuracy)));
    }
    panel.note((1.0, ROWS.len() as f64 - 0.5), (10.0, -8.0), "accuracy");
    figure.to_svg()
}
