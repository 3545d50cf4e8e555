//! A training step of a network.

use crate::maths::{sigmoid, softplus, tanh};
use crate::product::{product, transpose};
use crate::softmax::cross_entropy;
use protocol::{Activation, Contest, Loss, Mlp, Optimizer};

/// The number of weights from which on the backward product reads them faster if they are transposed first.
const TRANSPOSED: usize = 1 << 20;
const BETA: (f32, f32) = (0.9, 0.999);
const EPSILON: f32 = 1e-8;

/// Numbers that are trained, with their gradient and the optimizer's moments.
struct Trained {
    value: Vec<f32>,
    gradient: Vec<f32>,
    first: Vec<f32>,
    second: Vec<f32>,
}

/// `output = activation(input · weight + bias)`; `weight` has a row for each input.
struct Layer {
    inputs: usize,
    outputs: usize,
    weight: Trained,
    bias: Trained,
    output: Vec<f32>,
    /// The gradient of the loss in this layer's output, and then in the argument of its activation.
    gradient: Vec<f32>,
}

pub struct Network {
    x: Vec<f32>,
    labels: Vec<usize>,
    layers: Vec<Layer>,
    transposed: Vec<f32>,
    batch: usize,
    activation: Activation,
    kind: Loss,
    optimizer: Optimizer,
    rate: f32,
    threads: usize,
    step: i32,
    loss: f64,
}

impl Trained {
    fn new(value: Vec<f32>) -> Self {
        let zeros = vec![0.0; value.len()];
        Trained { value, gradient: zeros.clone(), first: zeros.clone(), second: zeros }
    }

    fn update(&mut self, optimizer: Optimizer, rate: f32, step: i32) {
        let Trained { value, gradient, first, second } = self;
        match optimizer {
            Optimizer::Sgd => value.iter_mut().zip(gradient).for_each(|(w, g)| *w -= rate * *g),
            Optimizer::Momentum => {
                for ((w, g), v) in value.iter_mut().zip(gradient).zip(first) {
                    *v = BETA.0 * *v + *g;
                    *w -= rate * *v;
                }
            }
            Optimizer::Adam => {
                let size = rate / (1.0 - f64::from(BETA.0).powi(step)) as f32;
                let root = 1.0 / (1.0 - f64::from(BETA.1).powi(step)).sqrt() as f32;
                for (((w, g), m), v) in value.iter_mut().zip(gradient).zip(first).zip(second) {
                    *m = BETA.0 * *m + (1.0 - BETA.0) * *g;
                    *v = BETA.1 * *v + (1.0 - BETA.1) * *g * *g;
                    *w -= size * *m / (v.sqrt() * root + EPSILON);
                }
            }
            other => panic!("{other:?} is asked of Gradus, JAX and PyTorch alone"),
        }
    }
}

impl Network {
    pub fn new(mlp: &Mlp, threads: usize) -> Self {
        let layers = mlp.layers().enumerate().map(|(i, (inputs, outputs))| Layer {
            inputs,
            outputs,
            weight: Trained::new(mlp.weight(i)),
            bias: Trained::new(mlp.bias(i)),
            output: vec![0.0; mlp.batch * outputs],
            gradient: vec![0.0; mlp.batch * outputs],
        });
        let largest = mlp.layers().skip(1).map(|(inputs, outputs)| inputs * outputs).max().unwrap_or(0);
        Network {
            x: mlp.inputs(),
            labels: mlp.labels(),
            layers: layers.collect(),
            transposed: vec![0.0; if largest < TRANSPOSED { 0 } else { largest }],
            batch: mlp.batch,
            activation: mlp.activation,
            kind: mlp.loss,
            optimizer: mlp.optimizer,
            rate: mlp.rate as f32,
            threads,
            step: 0,
            loss: f64::NAN,
        }
    }

    fn forward(&mut self) {
        let last = self.layers.len() - 1;
        for i in 0..=last {
            let (before, from) = self.layers.split_at_mut(i);
            let x = before.last().map_or(&self.x, |layer| &layer.output);
            let Layer { inputs, outputs, weight, bias, output, .. } = &mut from[0];
            let (inputs, outputs) = (*inputs, *outputs);
            let shape = (self.batch, inputs, outputs);
            product(output, shape, (x, (inputs, 1)), (&weight.value, (outputs, 1)), self.threads);
            match self.activation {
                _ if i == last => biased(output, &bias.value, |z| z),
                Activation::Tanh => biased(output, &bias.value, tanh),
                Activation::Relu => biased(output, &bias.value, |z| z.max(0.0)),
                Activation::Sigmoid => biased(output, &bias.value, sigmoid),
                other => panic!("{other:?} is asked of Gradus, JAX and PyTorch alone"),
            }
        }
    }

    fn loss_and_gradient(&mut self) {
        let (labels, batch) = (&self.labels, self.batch);
        let Some(Layer { outputs, output, gradient, .. }) = self.layers.last_mut() else { return };
        self.loss = match self.kind {
            Loss::Softmax => cross_entropy(output, labels, *outputs, batch, gradient),
            Loss::Binary => {
                let mut sum = 0.0;
                for ((&z, gradient), &label) in output.iter().zip(gradient).zip(labels) {
                    let target = label as f32;
                    sum += softplus(z) - z * target;
                    *gradient = (sigmoid(z) - target) / batch as f32;
                }
                f64::from(sum) / batch as f64
            }
        };
    }

    fn backward(&mut self) {
        for i in (0..self.layers.len()).rev() {
            let (before, from) = self.layers.split_at_mut(i);
            let Layer { inputs, outputs, weight, bias, gradient, .. } = &mut from[0];
            let (inputs, outputs) = (*inputs, *outputs);
            bias.gradient.fill(0.0);
            for row in gradient.chunks(outputs) {
                bias.gradient.iter_mut().zip(row).for_each(|(sum, g)| *sum += g);
            }
            let x = before.last().map_or(&self.x, |layer| &layer.output);
            let shape = (inputs, self.batch, outputs);
            product(&mut weight.gradient, shape, (x, (1, inputs)), (gradient, (outputs, 1)), self.threads);
            let Some(below) = before.last_mut() else { continue };
            let shape = (self.batch, outputs, inputs);
            let turned = if inputs * outputs < TRANSPOSED {
                (&weight.value[..], (1, outputs))
            } else {
                let turned = &mut self.transposed[..inputs * outputs];
                transpose(turned, &weight.value, inputs, outputs);
                (&*turned, (inputs, 1))
            };
            product(&mut below.gradient, shape, (gradient, (outputs, 1)), turned, self.threads);
            match self.activation {
                Activation::Tanh => sloped(below, |y| 1.0 - y * y),
                Activation::Relu => sloped(below, |y| if y > 0.0 { 1.0 } else { 0.0 }),
                Activation::Sigmoid => sloped(below, |y| y * (1.0 - y)),
                other => panic!("{other:?} is asked of Gradus, JAX and PyTorch alone"),
            }
        }
    }
}

/// `z = f(z + bias)`, row by row.
#[inline(always)]
fn biased(z: &mut [f32], bias: &[f32], f: impl Fn(f32) -> f32) {
    for row in z.chunks_mut(bias.len()) {
        row.iter_mut().zip(bias).for_each(|(z, b)| *z = f(*z + b));
    }
}

/// Turns the gradient in a layer's output into the one in its activation's argument.
#[inline(always)]
fn sloped(layer: &mut Layer, slope: impl Fn(f32) -> f32) {
    layer.gradient.iter_mut().zip(&layer.output).for_each(|(g, &y)| *g *= slope(y));
}

impl Contest for Network {
    fn run(&mut self, steps: usize) {
        for _ in 0..steps {
            self.step += 1;
            self.forward();
            self.loss_and_gradient();
            self.backward();
            for layer in &mut self.layers {
                layer.weight.update(self.optimizer, self.rate, self.step);
                layer.bias.update(self.optimizer, self.rate, self.step);
            }
        }
    }

    fn loss(&mut self) -> f64 {
        self.loss
    }
}
