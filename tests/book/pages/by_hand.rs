//! What `docs/by_hand.md` says.

use crate::page::Form::{self, Fixed};
use crate::page::Page;
use gradus::plot::{Axis, BLUE, Figure, GRAY, ORANGE, Panel, Pen};
use gradus::prelude::*;

const NAMES: [&str; 8] = ["x", "w", "b", "t", "product", "z", "p", "e"];

pub fn page(page: &mut Page) {
    let (values, slopes, dot) = neuron();
    for (name, (value, slope)) in NAMES.iter().zip(values.iter().zip(&slopes)) {
        if ["z", "p", "e"].contains(name) {
            page.exact(&format!("value_{name}"), Fixed(6), *value);
        }
        if !["t", "product"].contains(name) {
            page.exact(&format!("slope_{name}"), Fixed(6), *slope);
        }
    }
    page.exact("loss", Fixed(6), values[8]);
    page.exact("pdf", Fixed(6), slopes[5] / slopes[6]);
    page.figure("forward", draw(&dot, &values, None));
    page.figure("backward", draw(&dot, &values, Some(&slopes)));

    let [square, sigmoid, both] = fan_out();
    page.exact("part_square", Fixed(6), square);
    page.exact("part_sigmoid", Fixed(6), sigmoid);
    page.exact("both", Fixed(6), both);
    let (forward, all) = products();
    page.exact("products_forward", Fixed(0), forward as f64);
    page.exact("products_backward", Fixed(0), (all - forward) as f64);
    page.figure("fan_out", draw_fan_out([square, sigmoid, both]));
}

/// One unit on one point: the values of all nodes, the slopes of the loss in them, and the drawing.
fn neuron() -> (Vec<f64>, Vec<f64>, String) {
    let g = Graph::new();
    let [x, w, b, t] = ["x", "w", "b", "t"].map(|name| g.input(name, Shape::scalar()));
    let product = x * w;
    let z = product + b;
    let p = z.sigmoid();
    let e = p - t;
    let loss = e.square();
    let nodes = [x, w, b, t, product, z, p, e, loss];
    let dot = g.to_dot([loss]);
    let asked: Vec<Var<'_>> = nodes.into_iter().chain(loss.grads(&nodes)).collect();
    let mut program = g.compile(asked).expect("it compiles");
    let fed = [2.0, -1.0, 0.5, 1.0].map(Tensor::<f64>::from);
    let feeds = [(x, &fed[0]), (w, &fed[1]), (b, &fed[2]), (t, &fed[3])];
    let out = program.run(&Params::new(), feeds).expect("it runs");
    let all: Vec<f64> = (0..18).map(|i| out.at(i).item()).collect();
    (all[..9].to_vec(), all[9..].to_vec(), dot)
}

/// Where the nodes of the drawing stand, in the order of their recording: what is given above, what is computed below.
const PLACES: [(f64, f64); 9] =
    [(12.0, LOWER), (116.0, UPPER), (220.0, UPPER), (428.0, UPPER), (116.0, LOWER), (220.0, LOWER), (324.0, LOWER), (428.0, LOWER), (532.0, LOWER)];
const UPPER: f64 = 70.0;
const LOWER: f64 = 158.0;
/// The size of a node.
const NODE: (f64, f64) = (88.0, 48.0);

/// The engine's drawing with the numbers in their places: values in the nodes, slopes beside them.
fn draw(dot: &str, values: &[f64], slopes: Option<&[f64]>) -> String {
    let print = |number: f64| Form::Fixed(3).print(number);
    let [title, description] = match slopes {
        None => [
            "Forward: the values",
            "The graph of one unit and its loss. The product of x and w, the sum with b, its sigmoid, the difference to t and its square, \
             each with its value.",
        ],
        Some(_) => [
            "Backward: the slopes of the loss",
            "The same graph with its values. Beside each node the slope of the loss in it, from 1 at the square back to x, w, b and t.",
        ],
    };
    let mut figure = Figure::new(title, description, 250.0);
    let mut panel = canvas(&mut figure, 250.0);
    let mut node = 0;
    for line in dot.lines().map(str::trim) {
        if let Some((from, to)) = line.split_once(" -> ") {
            let [from, to] = [from, to].map(|id| PLACES[id.trim_matches(|c: char| !c.is_ascii_digit()).parse::<usize>().expect("a node")]);
            arrow(&mut panel, from, to);
        } else if let Some((_, rest)) = line.split_once(" [label=\"") {
            let (name, (x, y)) = (rest.split_once("\\n").expect("a label").0, PLACES[node]);
            panel.area(BLUE, 0.15, (x, y), (x + NODE.0, y + NODE.1));
            panel.note((x, y), (8.0, 19.0), name).note((x, y), (8.0, 39.0), &print(values[node]));
            if let Some(slopes) = slopes {
                let (back, down) = if y == UPPER { ("↑", -8.0) } else { ("←", NODE.1 + 20.0) };
                panel.label(ORANGE, (x, y), (4.0, down), &format!("{back} {}", print(slopes[node])));
            }
            node += 1;
        }
    }
    assert_eq!(node, values.len(), "each node of the drawing has its number");
    figure.to_svg()
}

/// A panel whose axes lie outside of the picture; its points are pixels.
fn canvas(figure: &mut Figure, height: f64) -> Panel<'_> {
    let (right, bottom) = (660.0, height + 20.0);
    let ends = (Axis::new("", (-20.0, right), &[]), Axis::new("", (bottom, -20.0), &[]));
    figure.panel([-20.0, -20.0, right, bottom], ends.0, ends.1)
}

/// From one node to its right neighbor, or to the one below.
fn arrow(panel: &mut Panel<'_>, from: (f64, f64), to: (f64, f64)) {
    let pen = Pen::new(GRAY, "");
    if from.1 == to.1 {
        let (y, right) = (from.1 + NODE.1 / 2.0, to.0 - 2.0);
        panel.line(pen, [(from.0 + NODE.0, y), (right, y)]);
        panel.line(pen, [(right - 5.0, y - 4.0), (right, y), (right - 5.0, y + 4.0)]);
    } else {
        let (x, bottom) = (from.0 + NODE.0 / 2.0, to.1 - 2.0);
        panel.line(pen, [(x, from.1 + NODE.1), (x, bottom)]);
        panel.line(pen, [(x - 4.0, bottom - 5.0), (x, bottom), (x + 4.0, bottom - 5.0)]);
    }
}

/// `x² + σ(x)` at 1.5: what comes back on either way, and together.
fn fan_out() -> [f64; 3] {
    let g = Graph::new();
    let x = g.value(1.5);
    let (square, sigmoid) = (x.square(), x.sigmoid());
    [square, sigmoid, square + sigmoid].map(|y| y.grad(x).eval::<f64>().expect("it runs").item())
}

/// The matrix products of a network of three layers, and those with its gradient in all weights.
fn products() -> (usize, usize) {
    let mut params = Params::<f64>::seeded(1);
    let net = Mlp::new(&mut params, "net", &[2, 16, 16, 2]);
    let g = Graph::new();
    let loss = net.forward(g.input("x", [10, 2])).softmax_cross_entropy(g.labels("label", [10], 2));
    let count = || format!("{g:?}").matches("matmul(").count();
    let forward = count();
    let weights: Vec<Var<'_>> =
        net.layers().iter().flat_map(|layer| [layer.weight()].into_iter().chain(layer.bias())).map(|p| g.param(p)).collect();
    loss.grads(&weights);
    (forward, count())
}

fn draw_fan_out([square, sigmoid, both]: [f64; 3]) -> String {
    let mut figure = Figure::new(
        "A value that is used twice",
        "The value x goes into a square and into a sigmoid, which are added. On the way back, what arrives from the square and \
         what arrives from the sigmoid are added at x.",
        250.0,
    );
    let mut panel = canvas(&mut figure, 250.0);
    let node = |panel: &mut Panel<'_>, (x, y): (f64, f64), text: &str| {
        panel.area(BLUE, 0.15, (x, y), (x + 104.0, y + 34.0)).note((x, y), (10.0, 22.0), text);
    };
    for line in [[(144.0, 130.0), (230.0, 82.0)], [(144.0, 140.0), (230.0, 188.0)]] {
        panel.line(Pen::new(GRAY, ""), line);
    }
    for line in [[(334.0, 82.0), (430.0, 130.0)], [(334.0, 188.0), (430.0, 140.0)]] {
        panel.line(Pen::new(GRAY, ""), line);
    }
    node(&mut panel, (40.0, 118.0), "x = 1.5");
    node(&mut panel, (230.0, 64.0), "square");
    node(&mut panel, (230.0, 172.0), "sigmoid");
    node(&mut panel, (430.0, 118.0), "add");
    let print = |number: f64| Form::Fixed(3).print(number);
    panel.label(ORANGE, (112.0, 84.0), (0.0, 0.0), &format!("back: {}", print(square)));
    panel.label(ORANGE, (112.0, 196.0), (0.0, 0.0), &format!("back: {}", print(sigmoid)));
    panel.label(ORANGE, (40.0, 170.0), (0.0, 0.0), &format!("sum: {}", print(both)));
    panel.label(ORANGE, (430.0, 170.0), (0.0, 0.0), "starts with 1");
    figure.to_svg()
}
