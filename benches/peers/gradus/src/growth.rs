//! The growth of a step's cost with the batch, with the square of the width, with the depth, and with the
//! nodes of a graph up to 100,000. A cost that grows linearly stays the same per unit.

use crate::function::scalar;
use crate::network::Network;
use gradus::plot::Chart;
use gradus::prelude::*;
use protocol::{Activation, Contest, Loss, Mlp, Optimizer};
use std::time::Instant;

/// A curve of growth: sizes, and the seconds for each.
struct Curve {
    label: &'static str,
    points: Vec<(f64, f64)>,
}

/// Prints each curve as a table and draws all in one plot.
pub fn print(file: &str) -> Result<()> {
    let mut curves = vec![
        Curve::of("batch", &[32, 64, 128, 256, 512, 1024, 2048], |batch| {
            training(batch, &[64, 128, 64, 10])
        })?,
        Curve::of("width²", &[32, 64, 128, 256, 512, 1024], |width| training(64, &[width; 4]))?.squared(),
        Curve::of("depth", &[4, 8, 16, 32, 64, 128, 256], |depth| training(32, &vec![64; depth + 1]))?,
    ];
    curves.extend(graphs(&[100, 1_000, 10_000, 100_000])?);
    let description = "Each line shows what a unit costs (a row of the batch, a weight of a layer, a layer, a \
                       node), relative to the smallest case. A level line is linear growth; a falling one has \
                       a fixed cost to share.";
    let mut chart =
        Chart::new("Cost per unit as a model grows", description).axes("doublings in size", "per unit").log();
    for Curve { label, points } in &curves {
        let unit = |&(size, seconds): &(f64, f64)| seconds / size;
        let (smallest, first) = (points[0].0, unit(&points[0]));
        println!("\n{label:>24} {:>14} {:>14}", "µs", "ns a unit");
        for point in points {
            println!("{:24} {:14.1} {:14.2}", point.0, 1e6 * point.1, 1e9 * unit(point));
        }
        chart =
            chart.line(*label, points.iter().map(|point| ((point.0 / smallest).log2(), unit(point) / first)));
    }
    chart.save(file)
}

impl Curve {
    fn of(label: &'static str, sizes: &[usize], time: impl Fn(usize) -> Result<f64>) -> Result<Self> {
        let points = sizes.iter().map(|&size| Ok((size as f64, time(size)?)));
        Ok(Curve { label, points: points.collect::<Result<_>>()? })
    }

    fn squared(mut self) -> Self {
        self.points.iter_mut().for_each(|(size, _)| *size *= *size);
        self
    }
}

/// A training step of a network on one thread.
fn training(batch: usize, sizes: &[usize]) -> Result<f64> {
    let mlp = Mlp {
        sizes: sizes.to_vec(),
        batch,
        activation: Activation::Relu,
        loss: Loss::Softmax,
        optimizer: Optimizer::Sgd,
        rate: 1e-3,
    };
    let g = Graph::new();
    let mut network = Network::new(&g, &mlp, 1)?;
    Ok(median(|| network.run(1)))
}

/// Recording, compiling and running graphs of these numbers of scalar nodes, value and gradient.
fn graphs(sizes: &[usize]) -> Result<[Curve; 3]> {
    let mut curves = ["recording", "compiling", "running"].map(|label| Curve { label, points: vec![] });
    for &size in sizes {
        let g = Graph::new();
        let (a, b) = (g.input("a", ()), g.input("b", ()));
        let start = Instant::now();
        // About three nodes of gradient for each of value.
        let value = scalar(a, b, size / 24);
        let gradient = value.grads(&[a, b]);
        let recorded = start.elapsed().as_secs_f64();
        let start = Instant::now();
        let mut program = g.compile([value, gradient[0], gradient[1]])?;
        let compiled = start.elapsed().as_secs_f64();
        program.threads(1)?;
        let (params, x) = (Params::<f32>::new(), [0.6, 0.4].map(|x| Tensor::full((), x)));
        let ran = median(|| {
            program.run(&params, [a.feed(&x[0]), b.feed(&x[1])]).expect("the program runs");
        });
        for (curve, seconds) in curves.iter_mut().zip([recorded, compiled, ran]) {
            curve.points.push((g.len() as f64, seconds));
        }
    }
    Ok(curves)
}

/// The median of at least five runs, after a first one.
fn median(mut run: impl FnMut()) -> f64 {
    run();
    let (mut times, start) = (vec![], Instant::now());
    while times.len() < 5 || (start.elapsed().as_secs_f64() < 0.2 && times.len() < 10_000) {
        let before = Instant::now();
        run();
        times.push(before.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
