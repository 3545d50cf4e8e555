//! What `docs/playground.md` says: the playground's own experiments, run by the playground's own code.

use crate::page::Form::Fixed;
use crate::page::Page;
use gradus::plot::{Axis, BLUE, DASHED, Figure, GRAY, GREEN, ORANGE, Pen, SOLID};
use play::experiments::{EXPERIMENTS, Experiment};
use play::points::{TEST, TRAIN};
use play::{Playground, REACH};
use std::collections::HashMap;

// A page's script calls more of it than a page's test.
#[allow(dead_code)]
#[path = "../playground/mod.rs"]
mod play;

pub fn page(page: &mut Page) {
    page.exact("train", Fixed(0), TRAIN as f64);
    page.exact("test", Fixed(0), TEST as f64);
    let mut ends = HashMap::new();
    for experiment in EXPERIMENTS {
        let id = experiment.name.to_lowercase().replace(' ', "_");
        let mut end = experiment.run().expect("it trains");
        page.block(&id, format!("```text\n{}\n```", end.words().expect("it judges").join("\n")));
        ends.insert(experiment.name, end);
    }
    let memorized = ends.get_mut("Memorize").map(|end| end.judge().expect("it judges"));
    page.seeded("memorize_train", Fixed(2), memorized.map_or(f64::NAN, |judgment| judgment.train_loss));
    page.seeded("memorize_test", Fixed(2), memorized.map_or(f64::NAN, |judgment| judgment.test_loss));
    let steep = |name: &str| {
        let gradients = &ends[name].health().expect("it is watched").layers;
        gradients[0].gradient.expect("a loss") / gradients[gradients.len() - 1].gradient.expect("a loss")
    };
    page.seeded("go_deep_share", Fixed(0), steep("Go deep"));
    page.figure("planes", draw_planes(&mut ends));
    page.figure("depth", draw_depth(&ends));
    page.figure("dead", draw_dead(&ends));
}

/// The planes of four experiments, as the playground paints them: darker where the network is surer.
fn draw_planes(ends: &mut HashMap<&'static str, Playground>) -> String {
    let mut figure = Figure::new(
        "What four networks make of the plane",
        "Four squares in the colors of the classes, with the points on them. Learn follows the two moons with one bent border. \
         Draw a line cuts circle and ring in two halves. Go deep puts a closed border around the circle. Memorize has drawn \
         strips and corners around a few points.",
        236.0,
    );
    for (i, name) in ["Learn", "Draw a line", "Go deep", "Memorize"].into_iter().enumerate() {
        let left = 16.0 + 156.0 * i as f64;
        let axis = |label: &str| Axis::new(label, (-REACH, REACH), &[]);
        let mut panel = figure.panel([left, 72.0, left + 140.0, 212.0], axis(""), axis(name));
        let Some(end) = ends.get_mut(name) else { continue };
        let (side, colors) = (40, [BLUE, ORANGE, GREEN]);
        let map = end.map(side).expect("it maps");
        let edge = |place: usize| place as f64 / side as f64 * 2.0 * REACH - REACH;
        let tone = |place: usize| {
            let shares = &map.shares[2 * place..2 * place + 2];
            let class = usize::from(shares[1] > shares[0]);
            // Four tones are enough to see where it is unsure.
            (class, ((2.0 * shares[class] - 1.0) * 3.99) as usize)
        };
        for row in 0..side {
            let mut from = 0;
            while from < side {
                let at = tone(row * side + from);
                let to = (from..side).find(|&to| tone(row * side + to) != at).unwrap_or(side);
                let opacity = [0.1, 0.2, 0.32, 0.45][at.1];
                panel.area(colors[at.0], opacity, (edge(from), -edge(row)), (edge(to), -edge(row + 1)));
                from = to;
            }
        }
        for (class, color) in colors.into_iter().enumerate() {
            let (points, labels) = &end.points.train;
            let of = points.rows().zip(labels).filter(|(_, label)| **label == class).step_by(3);
            let places = of.map(|(at, _)| (f64::from(at[0]), f64::from(at[1])));
            panel.dots(color, class == 0, places.filter(|(x, y)| x.abs() < REACH && y.abs() < REACH));
        }
    }
    figure.to_svg()
}

/// The gradient across depth, before the first step.
fn draw_depth(ends: &HashMap<&'static str, Playground>) -> String {
    let mut figure = Figure::new(
        "The gradient across eight layers, before the first step",
        "On a logarithmic scale. In Vanish it falls from the last layer to the first by more than ten thousand times; in Go deep \
         the first layer has more of it than the last.",
        330.0,
    );
    let layers: Vec<f64> = (1..=8).map(f64::from).collect();
    let mut panel = figure.panel(
        [64.0, 60.0, 520.0, 272.0],
        Axis::new("layer", (0.5, 8.5), &layers),
        Axis::decades("gradient", (1e-7, 1.0), &[-6, -4, -2, 0]),
    );
    for (name, pen, color, full) in [("Vanish", DASHED, ORANGE, false), ("Go deep", SOLID, BLUE, true)] {
        let health = ends[name].health().expect("it is watched");
        let gradients = health.history[0].gradients.iter().map(|gradient| gradient.unwrap_or(f64::NAN));
        let points: Vec<(f64, f64)> = layers.iter().copied().zip(gradients).collect();
        panel.line(pen, points.iter().copied()).dots(color, full, points.iter().copied());
        panel.label(color, points[points.len() - 1], (12.0, if full { -6.0 } else { 14.0 }), name);
    }
    figure.to_svg()
}

/// Dead units over the steps, rectifiers at a high rate and tanh at the same.
fn draw_dead(ends: &HashMap<&'static str, Playground>) -> String {
    let mut figure = Figure::new(
        "Dead units at rate 5",
        "The number of dead units over the steps. In Kill both layers of rectifiers lose units in the first steps; in Cure, tanh at \
         the same rate, neither does.",
        330.0,
    );
    let experiment = Experiment::of("Kill").expect("it is listed");
    let (steps, units) = (experiment.steps as f64, 16.0);
    let mut panel = figure.panel(
        [48.0, 60.0, 500.0, 272.0],
        Axis::new("step", (0.0, steps), &[0.0, 100.0, 200.0, 300.0]),
        Axis::new("dead units", (0.0, units), &[0.0, 4.0, 8.0, 12.0, 16.0]),
    );
    for (name, layer, pen, color) in
        [("Kill", 0, DASHED, ORANGE), ("Kill", 1, SOLID, BLUE), ("Cure", 1, Pen::new(GRAY, "2 3"), GRAY)]
    {
        let health = ends[name].health().expect("it is watched");
        let points: Vec<(f64, f64)> =
            health.history.iter().map(|look| (look.step as f64, look.dead[layer] as f64)).collect();
        panel.line(pen, points.iter().copied());
        let words = if name == "Kill" { format!("Kill, layer {}", layer + 1) } else { "Cure, both".into() };
        panel.label(color, points[points.len() - 1], (10.0, if name == "Kill" { 4.0 } else { -4.0 }), &words);
    }
    figure.to_svg()
}
