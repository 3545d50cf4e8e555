//! What `docs/health_report.md` says.

use crate::page::Form::{Fixed, Percent, Power};
use crate::page::Page;
use gradus::data::{Standardizer, moons};
use gradus::diagnose::{Bounds, Health};
use gradus::nn::Activation;
use gradus::plot::{Axis, BLUE, DASHED, DOTTED, Figure, GREEN, ORANGE, Pen, SOLID};
use gradus::prelude::*;

const POINTS: usize = 24;

/// A network on two moons, and what is done to it.
struct Case {
    activation: Activation,
    gain: f64,
    hidden: usize,
    /// Plain descent with this rate for so many steps, looked at before each; of 0 steps, a look at the start.
    rate: f64,
    steps: usize,
    /// What is done to the points.
    spoil: fn(Tensor<f64>) -> Tensor<f64>,
}

const SQRT_2: f64 = std::f64::consts::SQRT_2;
const WELL: Case =
    Case { activation: |x| x.tanh(), gain: 1.0, hidden: 2, rate: 0.3, steps: 21, spoil: |points| points };
const DEAD: Case = Case { activation: |x| x.relu(), gain: SQRT_2, rate: 5.0, steps: 11, ..WELL };
/// How much larger the points of one case are.
const SCALE: f64 = 100.0;
const UNSCALED: Case = Case { spoil: |points| points.map(|x| SCALE * x), steps: 0, ..WELL };
const VANISHING: Case = Case { activation: |x| x.sigmoid(), hidden: 8, steps: 0, ..WELL };
const EXPLODING: Case = Case { activation: |x| x.relu(), gain: 4.0, hidden: 8, steps: 0, ..WELL };
const HASTY: Case = Case { rate: 10.0, steps: 3, ..WELL };
const TIMID: Case = Case { rate: 1e-8, steps: 3, ..WELL };
const MISSING: Case = Case { spoil: missing, steps: 0, ..WELL };

/// One number is missing, as it may be in a table that was read.
fn missing(mut points: Tensor<f64>) -> Tensor<f64> {
    points.data_mut()[6] = f64::NAN;
    points
}

fn examine(case: &Case) -> Result<Health> {
    let (points, label) = moons::<f64>(POINTS, 0.1, 1)?;
    let points = (case.spoil)(Standardizer::fit(&points)?.apply(&points)?);
    let mut params = Params::<f64>::seeded(1);
    let sizes: Vec<usize> = [2].into_iter().chain(vec![8; case.hidden]).chain([2]).collect();
    let net = Mlp::with_activation(&mut params, "net", &sizes, Init::KaimingNormal(case.gain), case.activation);
    let g = Graph::new();
    let (x, labels) = (g.input("x", [POINTS, 2]), g.labels("label", [POINTS], 2));
    let loss = net.forward(x).softmax_cross_entropy(labels);
    if case.steps == 0 {
        return Health::of(loss, &params, [[x.feed(&points), labels.feed(&label)]]);
    }
    let mut step = g.train(loss, Sgd::new(case.rate), &mut params)?;
    step.watch(loss, 1)?.window(1);
    for _ in 0..case.steps {
        step.run(&mut params, [x.feed(&points), labels.feed(&label)])?;
    }
    Ok(step.health())
}

pub fn page(page: &mut Page) {
    let of = |case: &Case| examine(case).expect("it looks");
    let (well, dead, unscaled, vanishing) = (of(&WELL), of(&DEAD), of(&UNSCALED), of(&VANISHING));
    assert!(well.findings().is_empty(), "{well}");
    let fenced = |text: &str| format!("```text\n{text}\n```");
    for (id, health) in [("well", &well), ("dead", &dead), ("unscaled", &unscaled)] {
        page.block(id, fenced(&health.to_string()));
    }
    page.block("vanishing", fenced(&format!("- {}", vanishing.findings().join("\n- "))));
    let exploding = of(&EXPLODING);
    let others = [
        ("weights four times too large, 8 layers", &exploding),
        ("a rate of 10", &of(&HASTY)),
        ("a rate of a hundred-millionth", &of(&TIMID)),
        ("one number of the data is NaN", &of(&MISSING)),
    ];
    let row = |(cause, health): &(&str, &Health)| {
        let findings = health.findings();
        let first = findings.iter().find(|finding| finding.starts_with("the gradient")).or(findings.first()).expect("a remark");
        format!("| {cause} | {first} |")
    };
    let rows: Vec<String> = others.iter().map(row).collect();
    page.block("others", format!("| what was done | what the report says of it |\n|---|---|\n{}", rows.join("\n")));

    let bounds = Bounds::default();
    page.exact("asleep", Power(0), bounds.asleep);
    page.exact("saturated", Percent(0), bounds.saturated);
    page.exact("crowded", Percent(0), bounds.crowded);
    page.exact("trend", Fixed(0), bounds.trend);
    page.exact("slow", Power(0), bounds.slow);
    page.exact("fast", Percent(0), bounds.fast);
    page.exact("points", Fixed(0), POINTS as f64);
    let norm = |health: &Health| health.weights.iter().find(|weight| weight.name == "net.1.weight").expect("it is there").norm;
    page.seeded("norm_well", Fixed(1), norm(&well));
    page.seeded("norm_dead", Fixed(0), norm(&dead));
    page.seeded("dead_second", Fixed(0), dead.layers[1].dead() as f64);
    page.exact("scale", Fixed(0), SCALE);
    page.seeded("unscaled_saturated", Percent(0), unscaled.layers[0].saturated.expect("tanh is bounded"));
    page.seeded("unscaled_next", Percent(0), unscaled.layers[1].saturated.expect("tanh is bounded"));
    page.seeded("vanishing_each", Fixed(1), 1.0 / vanishing.fall_per_layer().expect("a gradient arrives"));
    page.seeded("well_update", Percent(1), well.weights[0].update.expect("it moved"));
    page.figure("gradients", draw_gradients([&vanishing, &of(&Case { hidden: 8, steps: 0, ..WELL }), &exploding]));
}

fn draw_gradients(looks: [&Health; 3]) -> String {
    let mut figure = Figure::new(
        "The column of gradients, drawn",
        "The gradient of each of eight layers before the first step, on a logarithmic scale. Under sigmoids it falls toward the first layer, with weights \
         four times too large it grows, under tanh with weights that fit it stays nearly level.",
        360.0,
    );
    let mut panel = figure.panel(
        [72.0, 56.0, 500.0, 300.0],
        Axis::new("layer", (1.0, 8.0), &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]),
        Axis::decades("gradient of the layer, last = 1", (1e-6, 1e6), &[-6, -4, -2, 0, 2, 4, 6]),
    );
    let lines: [(Pen<'static>, &str, &str); 3] =
        [(SOLID, BLUE, "sigmoid: vanishing"), (DOTTED, GREEN, "tanh: level"), (DASHED, ORANGE, "gain 4: exploding")];
    for (health, (pen, color, name)) in looks.into_iter().zip(lines) {
        let gradients: Vec<f64> = health.layers.iter().map(|layer| layer.gradient.expect("of a loss")).collect();
        let share = |layer: usize| gradients[layer] / gradients[gradients.len() - 1];
        panel.line(pen, (0..gradients.len()).map(|layer| ((layer + 1) as f64, share(layer))));
        panel.label(color, (2.0, share(1)), (6.0, if share(1) < 0.1 { 18.0 } else { -8.0 }), name);
    }
    figure.to_svg()
}
