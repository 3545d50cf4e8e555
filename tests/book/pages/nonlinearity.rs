//! What `docs/nonlinearity.md` says.

use crate::engine::{grid, values};
use crate::page::Form::{Fixed, Power};
use crate::page::Page;
use gradus::data::{targets, xor};
use gradus::nn::Activation;
use gradus::plot::{Axis, BLUE, DASHED, DOTTED, Figure, GRAY, GREEN, MIXED, ORANGE, PINK, SOLID};
use gradus::prelude::*;

const FUNCTIONS: [(&str, Activation); 5] = [
    ("triple", |x| 3.0 * x),
    ("shifted", |x| 3.0 * x + 1.0),
    ("sigmoid", |x| x.sigmoid()),
    ("tanh", |x| x.tanh()),
    ("relu", |x| x.relu()),
];

/// `f(αx₁ + βx₂) − αf(x₁) − βf(x₂)`.
fn defect(function: Activation, [alpha, beta]: [f64; 2], [x1, x2]: [f64; 2]) -> f64 {
    let f = values::<f64>(function, &[alpha * x1 + beta * x2, x1, x2]);
    f[0] - alpha * f[1] - beta * f[2]
}

/// The same of `f(x) − f(0)`.
fn bend(function: Activation, factors: [f64; 2], at: [f64; 2]) -> f64 {
    let zero = values::<f64>(function, &[0.0])[0];
    defect(function, factors, at) - zero * (1.0 - factors[0] - factors[1])
}

const FACTORS: [f64; 2] = [2.0, -3.0];
const AT: [f64; 2] = [0.5, 1.25];

const UNITS: usize = 16;
/// The points on which two networks are compared.
const POINTS: usize = 100;

pub fn page(page: &mut Page) {
    page.exact("points", Fixed(0), POINTS as f64);
    for (name, function) in FUNCTIONS {
        page.exact(&format!("defect_{name}"), Fixed(3), defect(function, FACTORS, AT));
        page.exact(&format!("bend_{name}"), Fixed(3), bend(function, FACTORS, AT));
        page.exact(&format!("odd_{name}"), Fixed(1), defect(function, [1.0, 1.0], [1.0, -1.0]));
    }
    let (difference, two, one) = collapse();
    assert!(difference < 1e-12, "two linear layers and the one differ by {difference:e}");
    page.exact("units", Fixed(0), UNITS as f64);
    page.exact("bound", Power(0), 1e-12);
    page.exact("two_layers", Fixed(0), two as f64);
    page.exact("one_layer", Fixed(0), one as f64);

    let (says, loss) = straight();
    page.exact("straight_says", Fixed(2), says[0]);
    assert!(says.iter().all(|p| (p - says[0]).abs() < 1e-9), "the best line says the same everywhere");
    page.exact("straight_loss", Fixed(2), loss);
    let (best, tried) = lines();
    page.exact("lines", Fixed(0), tried as f64);
    page.exact("lines_right", Fixed(0), best);

    page.figure("defects", draw_defects());
    page.figure("fold", draw_fold());
}

/// How much a network of two linear layers differs from the one layer that it is, and their sizes.
fn collapse() -> (f64, usize, usize) {
    let mut params = Params::<f64>::seeded(1);
    let (first, second) = (Linear::new(&mut params, "a", 8, UNITS), Linear::new(&mut params, "b", UNITS, 3));
    let two = params.size();
    let points = Init::Normal(1.0).sample([POINTS, 8], params.rng());
    let g = Graph::new();
    let (x, origin, axes) = (g.input("x", [POINTS, 8]), g.value(Tensor::zeros([1, 8])), g.value(identity(8)));
    let network = |x| second.forward(first.forward(x));
    // The one layer is read off the network: its bias at the origin, its weights along the axes.
    let bias = network(origin);
    let weight = network(axes) - bias;
    let difference = (network(x) - (x.matmul(weight) + bias)).abs().max(..);
    let mut program = g.compile([difference]).expect("it compiles");
    let out = program.run(&params, [(x, &points)]).expect("it runs").at(0).item();
    (out, two, weight.shape().size() + bias.shape().size())
}

fn identity(n: usize) -> Tensor<f64> {
    Tensor::from_fn([n, n], |at| f64::from(u8::from(at[0] == at[1])))
}

/// The best line for the exclusive or, found by descent: what it says, and its mean squared error.
fn straight() -> (Vec<f64>, f64) {
    let (points, labels) = xor::<f64>();
    let answers = targets::<f64>(&labels);
    let mut params = Params::<f64>::seeded(1);
    let line = Linear::new(&mut params, "line", 2, 1);
    let g = Graph::new();
    let (x, t) = (g.input("x", [4, 2]), g.input("t", [4, 1]));
    let says = line.forward(x);
    let loss = says.mse_loss(t);
    let mut step = g.training(loss, Sgd::new(0.5)).emit(says).compile(&mut params).expect("it compiles");
    let mut last = (Vec::new(), 0.0);
    for _ in 0..400 {
        let out = step.run(&mut params, [(x, &points), (t, &answers)]).expect("it runs");
        last = (out[says].data().to_vec(), out[loss].item());
    }
    last
}

/// Of many lines, how many corners the best has on the right side, and how many were tried.
fn lines() -> (f64, usize) {
    let steps = 16;
    let number = |i: usize| (i as f64 - 8.0 + 0.25) / 4.0;
    let tried = (steps + 1) * (steps + 1) * (steps + 1);
    // A column for each: two weights and a threshold.
    let line = |at: usize| [at % (steps + 1), at / (steps + 1) % (steps + 1), at / (steps + 1) / (steps + 1)];
    let g = Graph::new();
    let (points, labels) = xor::<f64>();
    let weights = g.value(Tensor::from_fn([2, tried], |at| number(line(at[1])[at[0]])));
    let thresholds = g.value(Tensor::from_fn([1, tried], |at| number(line(at[1])[2])));
    let above = (g.value(points).matmul(weights) + thresholds).step();
    let wrong = (above - g.value(targets::<f64>(&labels))).abs().sum(0);
    let best = (4.0 - wrong).max(..).eval::<f64>().expect("it runs").item();
    (best, tried)
}

fn draw_defects() -> String {
    let xs = grid(-4.0, 4.0, 160);
    let mut figure = Figure::new(
        "How far each function is from linear, along a line",
        "The defect f(2·x1 − 3·x2) − 2·f(x1) + 3·f(x2) with x1 = 0.5 against x2. That of 3x + 1 is 2 everywhere: a constant, \
         not a bend. Those of tanh, ReLU and sigmoid change with x2.",
        360.0,
    );
    let mut panel = figure.panel(
        [56.0, 56.0, 560.0, 300.0],
        Axis::new("second point, x2", (-4.0, 4.0), &[-4.0, -2.0, 0.0, 2.0, 4.0]),
        Axis::new("defect", (-5.0, 12.0), &[-4.0, 0.0, 4.0, 8.0, 12.0]),
    );
    let pens = [MIXED, SOLID, DASHED, DOTTED];
    let labels = [(PINK, "3x + 1"), (BLUE, "sigmoid"), (ORANGE, "tanh"), (GREEN, "ReLU")];
    for (i, (((_, function), pen), (color, label))) in
        FUNCTIONS[1..].iter().zip(pens).zip(labels).enumerate()
    {
        let points: Vec<(f64, f64)> =
            xs.iter().map(|&x2| (x2, defect(*function, FACTORS, [0.5, x2]))).collect();
        panel.line(pen, points.iter().copied());
        let end = points[points.len() - 1];
        panel.label(color, end, (8.0, [-2.0, 12.0, 22.0, 4.0][i]), label);
    }
    figure.to_svg()
}

/// The four corners before and behind the hidden layer `[relu(x1 + x2), relu(x1 + x2 − 1)]`.
fn draw_fold() -> String {
    let g = Graph::new();
    let (points, labels) = xor::<f64>();
    let sum = g.value(points.clone()).sum(1);
    let hidden = [sum.relu(), (sum - 1.0).relu()].map(|unit| unit.eval::<f64>().expect("it runs"));
    let mut figure = Figure::new(
        "A hidden layer folds the plane",
        "Left, the four corners: no line has both full dots on one side and both hollow ones on the other. Right, behind two \
         rectifiers: the full dots lie on each other, and one line parts them from the hollow ones.",
        330.0,
    );
    let before: Vec<[f64; 2]> = points.rows().map(|row| [row[0], row[1]]).collect();
    let behind: Vec<[f64; 2]> = hidden[0].iter().zip(hidden[1].iter()).map(|(a, b)| [*a, *b]).collect();
    let panels =
        [("x2", "x1", 56.0, &before), ("relu(x1 + x2 − 1)", "relu(x1 + x2)", 380.0, &behind)];
    for (y, x, left, places) in panels {
        let mut panel = figure.panel(
            [left, 60.0, left + 220.0, 270.0],
            Axis::new(x, (-0.5, 2.5), &[0.0, 1.0, 2.0]),
            Axis::new(y, (-0.5, 1.5), &[0.0, 1.0]),
        );
        if left > 100.0 {
            // 2·h2 = h1 − 1/2 leaves 1 − 0 on one side, 0 and 2 − 2 on the other.
            panel.line(DASHED, [(0.25, -0.125), (2.5, 1.0)]);
            panel.label(ORANGE, (1.65, 0.2), (4.0, 14.0), "one line");
        }
        for (place, label) in places.iter().zip(&labels) {
            panel.dots(if *label == 1 { BLUE } else { GRAY }, *label == 1, [(place[0], place[1])]);
        }
        for (text, i, by) in [("0 0", 0, 16.0), ("0 1", 1, -8.0), ("1 0", 2, 16.0), ("1 1", 3, -8.0)] {
            panel.note((places[i][0], places[i][1]), (-8.0, by), text);
        }
    }
    figure.to_svg()
}
