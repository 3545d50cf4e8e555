//! Second derivatives at work: Newton's method on Rosenbrock's valley, and the largest curvature of
//! a network by power iteration. `cargo run --example second_order`.

use gradus::data;
use gradus::prelude::*;

fn main() -> Result<()> {
    let steps = newton(true)?;
    println!("Newton's method reached the minimum in {steps} steps\n");
    curvature(true)?;
    Ok(())
}

/// Newton's method with the whole Hessian; gives the number of steps to the minimum at (1, 1).
pub fn newton(print: bool) -> Result<usize> {
    let g = Graph::new();
    let x = g.input("x", [2]);
    let (a, b) = (x.slice(0, 0..1), x.slice(0, 1..2));
    let f = ((1.0 - a).square() + 100.0 * (b - a.square()).square()).sum(..);
    let mut program = g.compile::<f64>([f, f.grad(x), f.hessian(x)])?;

    let mut at: Tensor<f64> = tensor![-1.2, 1.0];
    for step in 0..100 {
        let out = program.run(&Params::new(), [(x, &at)])?;
        let (value, d, h) = (out.at(0).item(), out.at(1), out.at(2));
        if print {
            println!("{step:2}  f = {value:9.3e}  at {at}");
        }
        if d.iter().all(|d| d.abs() < 1e-12) {
            return Ok(step);
        }
        // H·p = d, for two unknowns
        let det = h[[0, 0]] * h[[1, 1]] - h[[0, 1]] * h[[1, 0]];
        let p = [
            (h[[1, 1]] * d[[0]] - h[[0, 1]] * d[[1]]) / det,
            (h[[0, 0]] * d[[1]] - h[[1, 0]] * d[[0]]) / det,
        ];
        at = tensor![at[[0]] - p[0], at[[1]] - p[1]];
    }
    Err(Error::Invalid("Newton's method did not converge".into()))
}

/// The largest eigenvalue of a loss's Hessian in one weight matrix, without the Hessian: each step
/// of the power iteration is one Hessian-vector product.
pub fn curvature(print: bool) -> Result<f64> {
    let (x, label) = data::moons::<f64>(100, 0.1, 3)?;
    let mut params = Params::<f64>::seeded(3);
    let net = Mlp::with_activation(&mut params, "net", &[2, 8, 2], Init::GlorotUniform, |x| x.tanh());
    let g = Graph::new();
    let (xs, labels) = (g.input("x", [100, 2]), g.labels("label", [100], 2));
    let loss = net.forward(xs).softmax_cross_entropy(labels);
    let w = g.param(net.layers()[0].weight());
    let v = g.input("v", w.shape());
    let mut product = g.compile([loss.hvp(w, v)])?;

    let mut direction = Tensor::full([8, 2], 0.25);
    let mut largest = 0.0;
    for step in 0..30 {
        let out = product.run(&params, [xs.feed(&x), labels.feed(&label), v.feed(&direction)])?;
        let hv = out.at(0);
        largest = hv.iter().zip(&direction).map(|(a, b)| a * b).sum::<f64>();
        let norm = hv.iter().map(|a| a * a).sum::<f64>().sqrt();
        direction = hv.map(|a| a / norm);
        if print && step % 10 == 9 {
            println!("after {:2} products: largest curvature {largest:.6}", step + 1);
        }
    }
    Ok(largest)
}
