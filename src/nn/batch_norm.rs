//! `BatchNorm`: normalization over a batch, with running statistics for evaluation.

use super::Module;
use super::norm::{EPSILON, added, beside, not_channels, wrong_epsilon};
use crate::element::Element;
use crate::graph::Var;
use crate::params::{Param, Params};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// Normalization of each channel over a batch (Ioffe & Szegedy 2015): `[n, channels, …]`, with the formula of
/// [`LayerNorm`](super::LayerNorm) over all axes but that of the channels, and a weight and a bias for each channel.
///
/// In a training ([`Graph::for_training`](crate::Graph::for_training), [`trace_training`](crate::trace_training)) mean and
/// variance are those of the batch, and each step moves the running ones toward them by a share of 0.1, PyTorch's
/// `momentum`: `running ← (1 − 0.1)·running + 0.1·batch`, with the variance estimated from a sample (`n − 1`). In an evaluation
/// they are the running ones. A batch that has one number in each channel is a fault in a training, since its variance is 0.
///
/// Its parameters are `name.weight`, which begins with ones, and `name.bias`, with zeros; its buffers `name.running_mean`, which
/// begins with zeros, and `name.running_var`, with ones, all of shape `[channels]`. PyTorch's `num_batches_tracked` is
/// passed over where a file has it.
///
/// ```
/// # use gradus::prelude::*;
/// use gradus::nn::BatchNorm;
/// let mut params = Params::<f64>::seeded(7);
/// let (norm, line) = (BatchNorm::new(&mut params, "norm", 1), Linear::new(&mut params, "line", 1, 1));
/// let mut step = trace_training(Sgd::new(0.1), |at| vec![line.forward(norm.forward(at.input("x"))).square().mean(..)]);
/// step.run(&mut params, [feed("x", &tensor![[1.0], [3.0]])])?;
/// assert_eq!(params.get("norm.running_mean").unwrap().data(), [0.2]);
/// assert_eq!(params.get("norm.running_var").unwrap().data(), [0.9 + 0.1 * 2.0]);
/// # Ok::<(), gradus::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct BatchNorm {
    name: String,
    weight: Param,
    bias: Param,
    mean: Param,
    variance: Param,
    momentum: f64,
    epsilon: f64,
    fixed: bool,
}

impl BatchNorm {
    /// A layer of a number of channels.
    #[track_caller]
    pub fn new<E: Element>(params: &mut Params<E>, name: impl Into<String>, channels: usize) -> Self {
        let (name, shape) = (name.into(), Shape::from([channels]));
        let weight = added(params, format!("{name}.weight"), &shape, 1.0);
        let bias = added(params, format!("{name}.bias"), &shape, 0.0);
        let drawn = |number: f64| (Tensor::try_full(&shape, E::from_f64(number)), shape.clone());
        let mean = params.take_buffer(format!("{name}.running_mean"), drawn(0.0));
        let variance = params.take_buffer(format!("{name}.running_var"), drawn(1.0));
        BatchNorm { name, weight, bias, mean, variance, momentum: 0.1, epsilon: EPSILON, fixed: false }
    }

    /// Sets `ε`.
    #[must_use]
    pub fn epsilon(self, epsilon: f64) -> Self {
        BatchNorm { epsilon, ..self }
    }

    /// Sets the share by which the running statistics move toward those of a batch, from 0 to 1.
    #[must_use]
    pub fn momentum(self, momentum: f64) -> Self {
        BatchNorm { momentum, ..self }
    }

    /// Lets the layer use its running statistics, and leave them as they are, in a training as well: for a model that is
    /// trained further.
    #[must_use]
    pub fn fixed(self) -> Self {
        BatchNorm { fixed: true, ..self }
    }

    /// Records the layer, in the mode of the graph.
    #[track_caller]
    pub fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
        let graph = x.graph();
        let _scope = graph.scope(&self.name);
        let (shape, channels) = (x.shape(), self.weight.shape()[0]);
        let training = graph.is_training() && !self.fixed;
        if let Some(problem) = not_channels(x, channels)
            .or_else(|| self.alone(&shape, training))
            .or_else(|| wrong_epsilon(self.epsilon))
        {
            return graph.refuse("batch_norm", &[("value", x)], problem);
        }
        let each = beside(channels, &shape);
        let (weight, bias) =
            (graph.param(&self.weight).reshape(&each), graph.param(&self.bias).reshape(&each));
        if !training {
            let mean = graph.param(&self.mean).reshape(&each);
            let variance = graph.param(&self.variance).reshape(&each);
            let y = (x - mean) / (variance + self.epsilon).sqrt() * weight + bias;
            if !self.fixed {
                graph.evaluates(y, "a batch normalization");
            }
            return y;
        }
        let axes: Vec<usize> = (0..shape.len()).filter(|&axis| axis != 1).collect();
        for (buffer, batch) in [(&self.mean, x.mean(&axes[..])), (&self.variance, x.sample_var(&axes[..]))] {
            let batch = batch.detach().reshape([channels]);
            graph.assign(buffer, graph.current(buffer) * (1.0 - self.momentum) + batch * self.momentum);
        }
        x.normalize(&axes[..], self.epsilon) * weight + bias
    }

    /// The mistake of a batch whose variance is 0, or of a momentum that is no share.
    fn alone(&self, shape: &Shape, training: bool) -> Option<String> {
        if !(0.0..=1.0).contains(&self.momentum) {
            return Some(format!("the momentum is {}, and has to be a number from 0 to 1", self.momentum));
        }
        let count = shape[0] * shape[2..].iter().product::<usize>();
        (training && count < 2).then(|| {
            format!("a training needs 2 or more numbers in each channel, and the value has shape {shape}")
        })
    }
}

impl Module for BatchNorm {
    #[track_caller]
    fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
        self.forward(x)
    }
}
