//! Times matrix products of the shapes that small models have: `cargo bench --bench product`. Prints
//! GFLOP/s of the fastest of some repeats, for one thread.

use gradus::prelude::*;
use std::time::{Duration, Instant};

/// Sizes `m × k` and `k × n`, and the side that is stored transposed, as in a layer's forward pass, the
/// gradient of its input, and the gradient of its weight.
const SHAPES: [(&str, [usize; 3]); 26] = [
    ("forward", [4, 2, 4]),
    ("forward", [300, 2, 64]),
    ("forward", [300, 64, 64]),
    ("input", [300, 64, 64]),
    ("weight", [64, 300, 64]),
    ("weight", [2, 300, 64]),
    ("forward", [300, 64, 3]),
    ("input", [300, 3, 64]),
    ("weight", [64, 300, 3]),
    ("forward", [64, 64, 128]),
    ("input", [64, 128, 64]),
    ("weight", [64, 64, 128]),
    ("forward", [64, 64, 10]),
    ("input", [64, 10, 64]),
    ("weight", [64, 64, 10]),
    ("forward", [128, 784, 256]),
    ("weight", [784, 128, 256]),
    ("forward", [128, 256, 128]),
    ("input", [128, 128, 256]),
    ("weight", [256, 128, 128]),
    ("forward", [32, 64, 64]),
    ("input", [32, 64, 64]),
    ("weight", [64, 32, 64]),
    ("forward", [256, 2048, 2048]),
    ("input", [256, 2048, 2048]),
    ("weight", [2048, 256, 2048]),
];

/// The fastest run, in seconds; a program's own cost of a run is part of it.
fn fastest<E: Element>(kind: &str, [m, k, n]: [usize; 3]) -> Result<f64> {
    let g = Graph::new();
    let (left, right) =
        (if kind == "weight" { [k, m] } else { [m, k] }, if kind == "input" { [n, k] } else { [k, n] });
    let (a, b) = (g.input("a", left), g.input("b", right));
    let product = match kind {
        "input" => a.matmul_t(b),
        "weight" => a.t().matmul(b),
        _ => a.matmul(b),
    };
    let mut program = g.compile::<E>([product])?;
    program.threads(1)?;
    let number = |at: &[usize]| E::from_f64(((at[0] * 31 + at[1] * 17) % 97) as f64 / 97.0);
    let (x, y, params) = (Tensor::from_fn(left, number), Tensor::from_fn(right, number), Params::new());
    let (mut best, start) = (f64::MAX, Instant::now());
    while start.elapsed() < Duration::from_millis(200) {
        let before = Instant::now();
        program.run(&params, [(a, &x), (b, &y)])?;
        best = best.min(before.elapsed().as_secs_f64());
    }
    Ok(best)
}

fn main() -> Result<()> {
    println!("{:24} {:>10} {:>10}   GFLOP/s", "m × k × n", "f32", "f64");
    for (kind, size @ [m, k, n]) in SHAPES {
        let rate = |seconds: f64| 2e-9 * (m * k * n) as f64 / seconds;
        let (single, double) = (rate(fastest::<f32>(kind, size)?), rate(fastest::<f64>(kind, size)?));
        println!("{:24} {single:10.1} {double:10.1}", format!("{kind:8} {m} × {k} × {n}"));
    }
    Ok(())
}
