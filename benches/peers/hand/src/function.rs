//! The chain, the scalars, the maps and softmax cross-entropy alone.

use crate::maths::{exp, normal, sigmoid, softplus, tanh};
use crate::softmax::cross_entropy;
use protocol::{Contest, Map, Task};
use rayon::prelude::*;
use std::hint::black_box;

const LANES: usize = 16;
const FRAC_1_SQRT_TAU: f32 = 0.398_942_3;

fn squares(x: &[f32]) -> Option<f64> {
    Some(x.iter().map(|&x| f64::from(x) * f64::from(x)).sum())
}

/// The part of `len` numbers, in rows of `row`, that each thread takes.
fn share(len: usize, row: usize, threads: usize) -> usize {
    (len / row).div_ceil(threads) * row
}

/// Σ gelu(σ(x)·tanh(x) + x).
pub struct Chain {
    x: Vec<f32>,
    gradient: Vec<f32>,
    value: f64,
    share: usize,
}

impl Chain {
    pub fn new(task: &Task, threads: usize) -> Self {
        let (x, _) = task.inputs();
        // Ten microseconds are not worth a second thread.
        let threads = if x.len() < 100_000 { 1 } else { threads };
        Chain { gradient: vec![0.0; x.len()], value: 0.0, share: share(x.len(), LANES, threads), x }
    }
}

impl Contest for Chain {
    fn run(&mut self, steps: usize) {
        for _ in 0..steps {
            let (x, gradient) = (black_box(&self.x), &mut self.gradient);
            self.value = if self.share >= x.len() {
                chain(x, gradient)
            } else {
                let parts = x.par_chunks(self.share).zip(gradient.par_chunks_mut(self.share));
                parts.map(|(x, gradient)| chain(x, gradient)).sum()
            };
        }
    }

    fn loss(&mut self) -> f64 {
        self.value
    }

    fn squares(&mut self) -> Option<f64> {
        squares(&self.gradient)
    }
}

/// Goes tile by tile, since a sum of a million `f32` loses digits.
fn chain(x: &[f32], gradient: &mut [f32]) -> f64 {
    const TILE: usize = 4096;
    x.chunks(TILE).zip(gradient.chunks_mut(TILE)).map(|(x, gradient)| f64::from(tile(x, gradient))).sum()
}

/// Value and gradient in one pass, with two exponentials: σ and tanh share one, Φ and its density the
/// other.
fn tile(x: &[f32], gradient: &mut [f32]) -> f32 {
    let mut sums = [0.0; LANES];
    for (x, gradient) in x.chunks(LANES).zip(gradient.chunks_mut(LANES)) {
        for ((&x, gradient), sum) in x.iter().zip(gradient).zip(&mut sums) {
            let u = exp(-x.clamp(-40.0, 40.0));
            let (s, t) = (1.0 / (1.0 + u), (1.0 - u * u) / (1.0 + u * u));
            let z = s * t + x;
            let (cumulated, e) = normal(z);
            *sum += z * cumulated;
            let slope = z.mul_add(e * FRAC_1_SQRT_TAU, cumulated);
            *gradient = slope * (s * (1.0 - s) * t + s * (1.0 - t * t) + 1.0);
        }
    }
    sums.iter().sum()
}

/// The scalar workload: a tape without an engine, that is two small arrays.
pub struct Scalar {
    start: (f32, f32),
    value: f32,
    gradient: (f32, f32),
    rounds: usize,
}

impl Scalar {
    pub fn new(task: &Task) -> Self {
        let (numbers, _) = task.inputs();
        let rounds = if let Task::Scalar { rounds } = *task { rounds } else { 0 };
        Scalar { start: (numbers[0], numbers[1]), value: 0.0, gradient: (0.0, 0.0), rounds }
    }
}

impl Contest for Scalar {
    fn run(&mut self, steps: usize) {
        for _ in 0..steps {
            let ((mut a, mut b), mut tape) = (black_box(self.start), [(0.0, 0.0, 0.0); 16]);
            for kept in &mut tape[..self.rounds] {
                let next = a.mul_add(b, a).max(0.0);
                *kept = (a, b, next);
                (a, b) = (next, b - 0.5 * next * next);
            }
            self.value = a + b;
            let (mut da, mut db) = (1.0, 1.0);
            for &(a, b, next) in tape[..self.rounds].iter().rev() {
                let through = if next > 0.0 { da - db * next } else { 0.0 };
                (da, db) = (through * (b + 1.0), db + through * a);
            }
            self.gradient = black_box((da, db));
        }
    }

    fn loss(&mut self) -> f64 {
        self.value.into()
    }

    fn squares(&mut self) -> Option<f64> {
        squares(&[self.gradient.0, self.gradient.1])
    }
}

/// A map of a million numbers.
pub struct Maps {
    x: Vec<f32>,
    y: Vec<f32>,
    map: Map,
    share: usize,
}

impl Maps {
    pub fn new(task: &Task, map: Map, threads: usize) -> Self {
        let (x, _) = task.inputs();
        Maps { y: vec![0.0; x.len()], map, share: share(x.len(), LANES, threads), x }
    }
}

impl Contest for Maps {
    fn run(&mut self, steps: usize) {
        for _ in 0..steps {
            let (x, y) = (black_box(&self.x), &mut self.y);
            if self.share >= x.len() {
                map(self.map, x, y);
            } else {
                let parts = x.par_chunks(self.share).zip(y.par_chunks_mut(self.share));
                parts.for_each(|(x, y)| map(self.map, x, y));
            }
        }
    }

    fn loss(&mut self) -> f64 {
        self.y.iter().map(|&y| f64::from(y)).sum()
    }

    fn squares(&mut self) -> Option<f64> {
        squares(&self.y)
    }
}

fn map(map: Map, x: &[f32], y: &mut [f32]) {
    match map {
        Map::Sigmoid => each(x, y, sigmoid),
        Map::Tanh => each(x, y, tanh),
        Map::Relu => each(x, y, |x| x.max(0.0)),
        Map::Gelu => each(x, y, |x| x * normal(x).0),
        Map::Silu => each(x, y, |x| x * sigmoid(x)),
        Map::Softplus => each(x, y, softplus),
    }
}

#[inline(always)]
fn each(x: &[f32], y: &mut [f32], f: impl Fn(f32) -> f32) {
    x.iter().zip(y).for_each(|(&x, y)| *y = f(x));
}

/// Softmax cross-entropy of logits.
pub struct Softmax {
    z: Vec<f32>,
    labels: Vec<usize>,
    columns: usize,
    gradient: Vec<f32>,
    loss: f64,
    share: usize,
}

impl Softmax {
    pub fn new(task: &Task, columns: usize, threads: usize) -> Self {
        let (z, labels) = task.inputs();
        let share = share(z.len(), columns, threads);
        Softmax { gradient: vec![0.0; z.len()], loss: 0.0, columns, share, z, labels }
    }
}

impl Contest for Softmax {
    fn run(&mut self, steps: usize) {
        let (columns, rows) = (self.columns, self.labels.len());
        for _ in 0..steps {
            let (z, labels, gradient) = (black_box(&self.z), &self.labels, &mut self.gradient);
            self.loss = if self.share >= z.len() {
                cross_entropy(z, labels, columns, rows, gradient)
            } else {
                let parts = z.par_chunks(self.share).zip(labels.par_chunks(self.share / columns));
                let parts = parts.zip(gradient.par_chunks_mut(self.share));
                parts.map(|((z, labels), gradient)| cross_entropy(z, labels, columns, rows, gradient)).sum()
            };
        }
    }

    fn loss(&mut self) -> f64 {
        self.loss
    }

    fn squares(&mut self) -> Option<f64> {
        squares(&self.gradient)
    }
}
