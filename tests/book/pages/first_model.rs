//! What `docs/first_model.md` says.

use crate::engine::over_seeds;
use crate::page::Form::Fixed;
use crate::page::Page;
use gradus::data::{targets, xor};
use gradus::plot::{Anchor, Axis, BLUE, DASHED, Figure, GRAY, GREEN, ORANGE, SOLID};
use gradus::prelude::*;
use std::fmt::Write;

const SEEDS: u64 = 20;
const SEED: u64 = 7;
const HIDDEN: usize = 8;
const STEPS: usize = 500;
/// A loss below this is a problem solved.
const SOLVED: f64 = 0.05;
/// Cells of a map, along each side.
const CELLS: usize = 24;

pub fn page(page: &mut Page) {
    one_weight(page);

    page.exact("steps", Fixed(0), STEPS as f64);
    page.exact("seeds", Fixed(0), SEEDS as f64);
    page.exact("solved", Fixed(2), SOLVED);
    let run = train(SEED, true, true);
    page.block("report", report(&run));
    page.exact("weights", Fixed(0), run.weights as f64);
    page.seeded("start", Fixed(2), run.losses[0]);
    let ends = |bent| -> Vec<f64> { over_seeds(SEEDS, |seed| train(seed, bent, false).losses[STEPS]) };
    let (bent, straight) = (ends(true), ends(false));
    let solved = |ends: &[f64]| ends.iter().filter(|&&loss| loss < SOLVED).count() as f64;
    page.statistical("solved_bent", Fixed(0), SEEDS as usize, 19.0..=20.0, solved(&bent));
    page.statistical("solved_straight", Fixed(0), SEEDS as usize, 0.0..=0.0, solved(&straight));
    let best = straight.iter().copied().fold(f64::INFINITY, f64::min);
    let even = std::f64::consts::LN_2;
    page.statistical("straight_best", Fixed(4), SEEDS as usize, even - 1e-4..=even + 1e-4, best);
    page.exact("ln_2", Fixed(4), even);

    let without = train(SEED, false, true);
    page.figure("loss", draw_losses(&run.losses, &without.losses));
    page.figure("regions", draw_regions(&[&run.before, &without.after, &run.after]));
}

/// One weight that is to turn 3 into 6.
fn one_weight(page: &mut Page) {
    let at = |w: f64| {
        let g = Graph::new();
        let w = g.value(w);
        let loss = (w * 3.0 - 6.0).square();
        let number = |of: Var<'_>| of.eval::<f64>().expect("it runs").item();
        (number(loss), number(loss.grad(w)))
    };
    let mut table = String::from("| step | `w` | says | loss | slope |\n|---|---|---|---|---|\n");
    let mut w = 1.0;
    for step in 0..4 {
        let (loss, slope) = at(w);
        let says = 3.0 * w;
        let row = format!("| {step} | {w:.3} | {says:.3} | {loss:.4} | {slope:.2} |");
        writeln!(table, "{}", row.replace('-', "−")).expect("a string");
        w -= 0.05 * slope;
    }
    page.block("turns", table);
    let mut error = |id: &str, rate: f64| {
        let turned = 1.0 - rate * at(1.0).1;
        page.exact(&format!("rate_{id}"), Fixed(2), rate);
        page.exact(&format!("says_{id}"), Fixed(2), 3.0 * turned);
        page.exact(&format!("factor_{id}"), Fixed(2), (3.0 * turned - 6.0) / (3.0 - 6.0));
    };
    error("small", 0.01);
    error("good", 0.05);
    error("large", 0.1);
    error("wild", 0.12);
}

struct Run {
    weights: usize,
    /// Before each step, and after the last.
    losses: Vec<f64>,
    /// What it says of the corners at the end.
    corners: Vec<f64>,
    /// What it says of the plane, before and after.
    before: Vec<f64>,
    after: Vec<f64>,
}

struct Model {
    hidden: Linear,
    output: Linear,
    bent: bool,
}

impl Model {
    fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
        let h = self.hidden.forward(x);
        self.output.forward(if self.bent { h.tanh() } else { h })
    }
}

/// The program of the page, with or without its bend.
fn train(seed: u64, bent: bool, look: bool) -> Run {
    let (points, labels) = xor::<f64>();
    let answers = targets::<f64>(&labels);
    let mut params = Params::<f64>::seeded(seed);
    let hidden = Linear::new(&mut params, "hidden", 2, HIDDEN);
    let output = Linear::new(&mut params, "output", HIDDEN, 1);
    let model = Model { hidden, output, bent };
    let probabilities = |params: &Params<f64>, points: &Tensor<f64>| {
        let g = Graph::new();
        let x = g.input("x", [points.shape()[0], 2]);
        let mut program = g.compile([model.forward(x).sigmoid()]).expect("it compiles");
        program.run(params, [(x, points)]).expect("it runs").at(0).data().to_vec()
    };
    let plane = |params: &Params<f64>| {
        let number = |i: usize| (i as f64 + 0.5) / CELLS as f64 * 2.0 - 0.5;
        let cells = Tensor::from_fn([CELLS * CELLS, 2], |at| {
            number(if at[1] == 0 { at[0] / CELLS } else { at[0] % CELLS })
        });
        if look { probabilities(params, &cells) } else { Vec::new() }
    };
    let before = plane(&params);
    let g = Graph::new();
    let (x, t) = (g.input("x", [4, 2]), g.input("t", [4, 1]));
    let loss = model.forward(x).sigmoid_cross_entropy(t);
    let mut step = g.train(loss, Sgd::new(1.0), &mut params).expect("it compiles");
    let mut losses = Vec::new();
    for _ in 0..=STEPS {
        let out = step.run(&mut params, [(x, &points), (t, &answers)]).expect("it runs");
        losses.push(out[loss].item());
    }
    let corners = probabilities(&params, &points);
    Run { weights: params.size(), losses, corners, before, after: plane(&params) }
}

fn report(run: &Run) -> String {
    let mut text = String::from("```text\n");
    for step in (0..=STEPS).step_by(100) {
        writeln!(text, "step {step:3}  loss {:.3}", run.losses[step]).expect("a string");
    }
    for (corner, p) in ["0 0", "0 1", "1 0", "1 1"].iter().zip(&run.corners) {
        writeln!(text, "{corner} → {p:.2}").expect("a string");
    }
    text + "```"
}

fn draw_losses(bent: &[f64], straight: &[f64]) -> String {
    let mut figure = Figure::new(
        "The loss, with the bend and without",
        "Loss against steps on a logarithmic scale. With tanh between the layers it falls to under a hundredth; without, it \
         stays at ln 2 from the first steps on.",
        320.0,
    );
    let mut panel = figure.panel(
        [64.0, 56.0, 620.0, 264.0],
        Axis::new("step", (0.0, STEPS as f64), &[0.0, 100.0, 200.0, 300.0, 400.0, 500.0]),
        Axis::decades("loss", (1e-3, 2.0), &[-3, -2, -1, 0]),
    );
    let points = |losses: &[f64]| -> Vec<(f64, f64)> {
        losses.iter().enumerate().step_by(2).map(|(i, loss)| (i as f64, *loss)).collect()
    };
    panel.line(SOLID, points(bent)).line(DASHED, points(straight));
    panel.label(BLUE, (300.0, bent[300]), (0.0, -10.0), "with tanh");
    panel.label(ORANGE, (300.0, straight[300]), (0.0, 18.0), "without: ln 2");
    figure.to_svg()
}

/// Maps of what a model says: the surer of 1, the more gray.
fn draw_regions(maps: &[&[f64]; 3]) -> String {
    let mut figure = Figure::new(
        "What the model says of every point of the plane",
        "Three maps with the four corners of the exclusive or. Before training everything is about even. Trained without a bend, \
         everything stays even. Trained with tanh, a band across the plane holds the two corners that are 0, and what is 1 \
         lies on either side of it.",
        290.0,
    );
    let names = ["before training", "without a bend", "with tanh"];
    for (i, (map, name)) in maps.iter().zip(names).enumerate() {
        let left = 32.0 + 206.0 * i as f64;
        let mut panel = figure.panel(
            [left, 64.0, left + 184.0, 248.0],
            Axis::new("", (-0.5, 1.5), &[0.0, 1.0]),
            Axis::new(name, (-0.5, 1.5), &[0.0, 1.0]),
        );
        let side = 2.0 / CELLS as f64;
        // Cells of one shade that follow each other are one rectangle.
        for (column, cells) in map.chunks(CELLS).enumerate() {
            let (x, shade) = (column as f64 * side - 0.5, |p: f64| (p * 8.0).round() / 10.0);
            let mut from = 0;
            while from < CELLS {
                let length = cells[from..].iter().take_while(|p| shade(**p) == shade(cells[from])).count();
                let y = |cell: usize| cell as f64 * side - 0.5;
                if shade(cells[from]) > 0.0 {
                    panel.area(GRAY, shade(cells[from]), (x, y(from)), (x + side, y(from + length)));
                }
                from += length;
            }
        }
        panel.dots(ORANGE, true, [(0.0, 1.0), (1.0, 0.0)]);
        panel.dots(GREEN, false, [(0.0, 0.0), (1.0, 1.0)]);
    }
    figure.text((16.0, 282.0), Anchor::Start, 12.0, "full dots are to be 1; the more gray, the surer of 1");
    figure.to_svg()
}
