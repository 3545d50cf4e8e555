//! What pages ask of the engine again and again.

use gradus::nn::Activation;
use gradus::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

/// Numbers from `low` to `high`, both included.
pub fn grid(low: f64, high: f64, steps: u32) -> Vec<f64> {
    (0..=steps).map(|i| low + (high - low) * f64::from(i) / f64::from(steps)).collect()
}

/// The values of a function at some points, computed in `E`.
pub fn values<E: Element>(function: Activation, xs: &[f64]) -> Vec<f64> {
    let g = Graph::new();
    let x = g.value(Tensor::new([xs.len()], xs.to_vec()).expect("a row"));
    numbers(&function(x).eval::<E>().expect("it runs"))
}

/// Its slopes by reverse mode.
pub fn slopes<E: Element>(function: Activation, xs: &[f64]) -> Vec<f64> {
    let g = Graph::new();
    let x = g.value(Tensor::new([xs.len()], xs.to_vec()).expect("a row"));
    numbers(&function(x).sum(..).grad(x).eval::<E>().expect("it runs"))
}

fn numbers<E: Element>(tensor: &Tensor<E>) -> Vec<f64> {
    tensor.iter().map(|x| x.to_f64()).collect()
}

/// `run` for the seeds from 1 on, in their order, on all cores.
pub fn over_seeds<T: Send>(seeds: u64, run: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let (next, cores) = (AtomicU64::new(1), std::thread::available_parallelism().map_or(1, |n| n.get()));
    let work = || {
        let mut done = Vec::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed > seeds {
                return done;
            }
            done.push((seed, run(seed)));
        }
    };
    let mut all: Vec<(u64, T)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a run does not panic")).collect()
    });
    all.sort_by_key(|(seed, _)| *seed);
    all.into_iter().map(|(_, result)| result).collect()
}

pub fn mean(numbers: impl IntoIterator<Item = f64>) -> f64 {
    let (sum, count) = numbers.into_iter().fold((0.0, 0), |(sum, count), x| (sum + x, count + 1));
    sum / f64::from(count)
}

/// The median; of an even count, the mean of the middle two.
pub fn median(numbers: impl IntoIterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = numbers.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    (sorted[(sorted.len() - 1) / 2] + sorted[sorted.len() / 2]) / 2.0
}
