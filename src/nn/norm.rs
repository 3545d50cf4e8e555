//! Layers that normalize: mean 0 and variance 1, or mean square 1, along some axes.

use super::Module;
use crate::element::Element;
use crate::graph::Var;
use crate::params::{Param, Params};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// The number beside the variance, below the root, in PyTorch's layers but `RMSNorm`.
pub(super) const EPSILON: f64 = 1e-5;
/// The number beside the mean square: that of `f32`'s precision, for both element types. PyTorch's default follows the
/// element type.
const RMS_EPSILON: f64 = f32::EPSILON as f64;

/// Adds a parameter of one number throughout.
#[track_caller]
pub(super) fn added<E: Element>(params: &mut Params<E>, name: String, shape: &Shape, number: f64) -> Param {
    params.take(name, (Tensor::try_full(shape, E::from_f64(number)), shape.clone()))
}

/// Normalization along the last axes, one example at a time (Ba et al. 2016):
/// `(x − mean) / √(variance + ε) · weight + bias`, with the variance of a population and `ε` of 1e-5.
///
/// Its parameters are `name.weight`, which begins with ones, and `name.bias`, with zeros, both of the shape of the axes.
///
/// ```
/// # use gradus::prelude::*;
/// use gradus::nn::LayerNorm;
/// let mut params = Params::<f64>::seeded(7);
/// let norm = LayerNorm::new(&mut params, "norm", [4]);
/// let g = Graph::new();
/// let y = norm.forward(g.value(tensor![10000.0, 10001.0, 10002.0, 10003.0]));
/// let y = g.compile::<f64>([y])?.run_unfed(&params)?.at(0).clone();
/// assert!((y[[3]] - 1.5 / (1.25f64 + 1e-5).sqrt()).abs() < 1e-11);
/// # Ok::<(), gradus::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct LayerNorm {
    name: String,
    shape: Shape,
    weight: Param,
    bias: Param,
    epsilon: f64,
}

impl LayerNorm {
    /// A layer that normalizes the last axes, of this shape.
    #[track_caller]
    pub fn new<E: Element>(params: &mut Params<E>, name: impl Into<String>, shape: impl Into<Shape>) -> Self {
        let (name, shape) = (name.into(), shape.into());
        let weight = added(params, format!("{name}.weight"), &shape, 1.0);
        let bias = added(params, format!("{name}.bias"), &shape, 0.0);
        LayerNorm { name, shape, weight, bias, epsilon: EPSILON }
    }

    /// Sets `ε`.
    #[must_use]
    pub fn epsilon(self, epsilon: f64) -> Self {
        LayerNorm { epsilon, ..self }
    }

    /// Records the layer.
    #[track_caller]
    pub fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
        let graph = x.graph();
        let _scope = graph.scope(&self.name);
        if let Some(problem) = ends_otherwise(x, &self.shape).or_else(|| wrong_epsilon(self.epsilon)) {
            return graph.refuse("layer_norm", &[("value", x)], problem);
        }
        let y = x.normalize(last(&self.shape), self.epsilon);
        y * graph.param(&self.weight) + graph.param(&self.bias)
    }
}

/// Division by the root of the mean square along the last axes (Zhang & Sennrich 2019): `x / √(Σ x² / n + ε) · weight`,
/// with `ε` of 1.1920929e-7, the precision of `f32`, in both element types (PyTorch: the precision of the element type).
///
/// Its parameter is `name.weight`, which begins with ones.
///
/// ```
/// # use gradus::prelude::*;
/// use gradus::nn::RMSNorm;
/// let mut params = Params::<f64>::seeded(7);
/// let norm = RMSNorm::new(&mut params, "norm", [2]).epsilon(0.0);
/// let g = Graph::new();
/// let y = norm.forward(g.value(tensor![3.0, -3.0]));
/// assert_eq!(g.compile::<f64>([y])?.run_unfed(&params)?.at(0).data(), [1.0, -1.0]);
/// # Ok::<(), gradus::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RMSNorm {
    name: String,
    shape: Shape,
    weight: Param,
    epsilon: f64,
}

impl RMSNorm {
    /// A layer that divides along the last axes, of this shape.
    #[track_caller]
    pub fn new<E: Element>(params: &mut Params<E>, name: impl Into<String>, shape: impl Into<Shape>) -> Self {
        let (name, shape) = (name.into(), shape.into());
        let weight = added(params, format!("{name}.weight"), &shape, 1.0);
        RMSNorm { name, shape, weight, epsilon: RMS_EPSILON }
    }

    /// Sets `ε`.
    #[must_use]
    pub fn epsilon(self, epsilon: f64) -> Self {
        RMSNorm { epsilon, ..self }
    }

    /// Records the layer.
    #[track_caller]
    pub fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
        let graph = x.graph();
        let _scope = graph.scope(&self.name);
        if let Some(problem) = ends_otherwise(x, &self.shape).or_else(|| wrong_epsilon(self.epsilon)) {
            return graph.refuse("rms_norm", &[("value", x)], problem);
        }
        let square = x.square().mean(last(&self.shape));
        x / (square + self.epsilon).sqrt() * graph.param(&self.weight)
    }
}

/// Normalization of groups of channels, one example at a time (Wu & He 2018): `[n, channels, …]`, with the formula of
/// [`LayerNorm`] over a group's channels and all axes behind them, and a weight and a bias for each channel.
///
/// Its parameters are `name.weight` and `name.bias`, of shape `[channels]`.
///
/// ```
/// # use gradus::prelude::*;
/// use gradus::nn::GroupNorm;
/// let mut params = Params::<f32>::seeded(7);
/// let norm = GroupNorm::new(&mut params, "norm", 2, 6);
/// let g = Graph::new();
/// assert_eq!(norm.forward(g.input("x", [8, 6, 5, 5])).shape()[..], [8, 6, 5, 5]);
/// ```
#[derive(Clone, Debug)]
pub struct GroupNorm {
    name: String,
    groups: usize,
    weight: Param,
    bias: Param,
    epsilon: f64,
}

impl GroupNorm {
    /// A layer of a number of groups, which divides that of the channels.
    #[track_caller]
    pub fn new<E: Element>(
        params: &mut Params<E>,
        name: impl Into<String>,
        groups: usize,
        channels: usize,
    ) -> Self {
        let (name, shape) = (name.into(), Shape::from([channels]));
        let weight = added(params, format!("{name}.weight"), &shape, 1.0);
        let bias = added(params, format!("{name}.bias"), &shape, 0.0);
        GroupNorm { name, groups, weight, bias, epsilon: EPSILON }
    }

    /// Sets `ε`.
    #[must_use]
    pub fn epsilon(self, epsilon: f64) -> Self {
        GroupNorm { epsilon, ..self }
    }

    /// Records the layer.
    #[track_caller]
    pub fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
        let graph = x.graph();
        let _scope = graph.scope(&self.name);
        let (shape, channels) = (x.shape(), self.weight.shape()[0]);
        if let Some(problem) = not_channels(x, channels)
            .or_else(|| {
                let divides = self.groups > 0 && channels.is_multiple_of(self.groups);
                (!divides)
                    .then(|| format!("{channels} channels cannot be divided into {} groups", self.groups))
            })
            .or_else(|| wrong_epsilon(self.epsilon))
        {
            return graph.refuse("group_norm", &[("value", x)], problem);
        }
        let rest = shape[2..].iter().product::<usize>() * (channels / self.groups);
        let y = x.reshape([shape[0], self.groups, rest]).normalize(-1, self.epsilon).reshape(&shape);
        let each = beside(channels, &shape);
        y * graph.param(&self.weight).reshape(&each) + graph.param(&self.bias).reshape(&each)
    }
}

/// Normalization of each channel of each example by itself (Ulyanov et al. 2016): `[n, channels, …]`, with the formula of
/// [`LayerNorm`] over the axes behind the channels. It has no parameters, as PyTorch's has none unless it is asked to.
///
/// ```
/// # use gradus::prelude::*;
/// use gradus::nn::InstanceNorm;
/// let g = Graph::new();
/// let x = g.value(Tensor::from([[[1.0, 3.0], [5.0, 5.0]]]));
/// assert_eq!(InstanceNorm::new().epsilon(0.0).forward(x.slice(1, ..1)).to_string(), "[[[-1, 1]]]");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct InstanceNorm {
    epsilon: f64,
}

impl Default for InstanceNorm {
    fn default() -> Self {
        InstanceNorm { epsilon: EPSILON }
    }
}

impl InstanceNorm {
    /// A layer with `ε` of 1e-5.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets `ε`.
    #[must_use]
    pub fn epsilon(self, epsilon: f64) -> Self {
        InstanceNorm { epsilon }
    }

    /// Records the layer.
    #[track_caller]
    pub fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
        let rank = x.rank();
        if x.is_poisoned() || rank < 3 {
            let problem = format!(
                "the value has to have 3 or more axes, batch, channels and others, and its shape is {}",
                x.shape()
            );
            return x.graph().refuse("instance_norm", &[("value", x)], problem);
        }
        if let Some(problem) = wrong_epsilon(self.epsilon) {
            return x.graph().refuse("instance_norm", &[("value", x)], problem);
        }
        x.normalize((2..rank).collect::<Vec<usize>>(), self.epsilon)
    }
}

/// The mistake of an `ε` that is no finite number from 0 on.
pub(super) fn wrong_epsilon(epsilon: f64) -> Option<String> {
    (!(epsilon.is_finite() && epsilon >= 0.0))
        .then(|| format!("the epsilon is {epsilon}, and has to be a finite number from 0 on"))
}

/// The last axes, as many as the shape has.
fn last(shape: &Shape) -> Vec<isize> {
    (1..=shape.len() as isize).map(|i| -i).collect()
}

/// The mistake of a value whose last axes are not of this shape.
fn ends_otherwise(x: Var<'_>, shape: &Shape) -> Option<String> {
    let found = x.shape();
    (x.is_poisoned() || shape.is_empty() || !found.ends_with(&shape[..]))
        .then(|| format!("the layer normalizes axes of shape {shape}, and the value has shape {found}"))
}

/// The mistake of a value without this number of channels.
pub(super) fn not_channels(x: Var<'_>, channels: usize) -> Option<String> {
    let found = x.shape();
    (x.is_poisoned() || found.get(1) != Some(&channels)).then(|| {
        format!("the layer has {channels} channels, and the value has shape {found}, whose second axis is to be of that size")
    })
}

/// The shape `[channels, 1, …]` that stands beside a value's channels.
pub(super) fn beside(channels: usize, shape: &Shape) -> Shape {
    std::iter::once(channels).chain(std::iter::repeat_n(1, shape.len() - 2)).collect()
}

macro_rules! modules {
    ($($Layer:ident)*) => {$(
        impl Module for $Layer {
            #[track_caller]
            fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
                self.forward(x)
            }
        }
    )*};
}
modules!(LayerNorm RMSNorm GroupNorm InstanceNorm);
