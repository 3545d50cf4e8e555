//! Convolutional layers.

use super::Module;
use super::init::Init;
use super::weight::Weight;
use crate::element::Element;
use crate::error::{Error, Result};
use crate::graph::Var;
use crate::ops::{Convolution, Sizes};
use crate::params::{Param, Params};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// A convolution along `D` axes, [`Conv1d`] or [`Conv2d`]: from `[n, inputs, …]` to `[n, outputs, …]`, with the sizes of
/// [`Var::conv1d`](crate::Var::conv1d).
///
/// Its parameters are `name.weight`, of shape `[outputs, inputs / groups, kernel…]`, and `name.bias`, of shape
/// `[outputs]`: PyTorch's names, layout and first numbers, uniform in `±1/√(inputs / groups · kernel…)`.
///
/// ```
/// # use gradus::prelude::*;
/// use gradus::nn::{Conv2d, Convolution};
/// let mut params = Params::<f32>::seeded(7);
/// let first = Conv2d::new(&mut params, "first", 1, 6, 5);
/// let second = Conv2d::with_options(&mut params, "second", 6, 16, [3, 5], Convolution::new().stride(2).padding([1, 2]));
/// let g = Graph::new();
/// let y = second.forward(first.forward(g.input("x", [8, 1, 28, 28])).relu());
/// assert_eq!(y.shape()[..], [8, 16, 12, 12]);
/// ```
#[derive(Clone, Debug)]
pub struct Conv<const D: usize> {
    name: String,
    weight: Weight,
    bias: Option<Param>,
    options: Convolution<D>,
}

/// A convolution along one axis, such as time.
pub type Conv1d = Conv<1>;
/// A convolution along two axes, height and width.
pub type Conv2d = Conv<2>;

/// A transposed convolution along `D` axes, [`ConvTranspose1d`] or [`ConvTranspose2d`]: from `[n, inputs, …]` to
/// `[n, outputs, …]`, with the sizes of [`Var::conv_transpose1d`](crate::Var::conv_transpose1d).
///
/// Its parameters are `name.weight`, of shape `[inputs, outputs / groups, kernel…]`, and `name.bias`, of shape
/// `[outputs]`: PyTorch's names, layout and first numbers.
///
/// ```
/// # use gradus::prelude::*;
/// use gradus::nn::{ConvTranspose2d, Convolution};
/// let mut params = Params::<f32>::seeded(7);
/// let up = ConvTranspose2d::with_options(&mut params, "up", 16, 6, 2, Convolution::new().stride(2), 0);
/// let g = Graph::new();
/// assert_eq!(up.forward(g.input("x", [8, 16, 5, 5])).shape()[..], [8, 6, 10, 10]);
/// ```
#[derive(Clone, Debug)]
pub struct ConvTranspose<const D: usize> {
    name: String,
    weight: Param,
    bias: Option<Param>,
    options: Convolution<D>,
    more: [usize; D],
}

/// A transposed convolution along one axis.
pub type ConvTranspose1d = ConvTranspose<1>;
/// A transposed convolution along two axes.
pub type ConvTranspose2d = ConvTranspose<2>;

/// Adds the parameters of a convolution: a weight of shape `[first, second, kernel…]`, and a bias if it is wanted.
#[track_caller]
fn added<E: Element>(
    params: &mut Params<E>,
    name: &str,
    (weight, problem): (Shape, Option<String>),
    bias: Option<usize>,
) -> (Param, Option<Param>) {
    let (drawn, bound) = drawn(params, &weight, problem);
    let weight = params.take(format!("{name}.weight"), (drawn, weight));
    #[allow(clippy::manual_map, reason = "a closure would not carry the caller's line")]
    let bias = match bias {
        Some(outputs) => Some(added_bias(params, name, outputs, bound)),
        None => None,
    };
    (weight, bias)
}

/// Draws a weight, and returns it with the bound of the bias beside it.
fn drawn<E: Element>(
    params: &mut Params<E>,
    weight: &Shape,
    problem: Option<String>,
) -> (Result<Tensor<E>>, f64) {
    let drawn = match problem {
        Some(problem) => Err(Error::Invalid(problem)),
        None => Init::TorchLinear.draw(weight, params.rng()),
    };
    let fan_in = weight[1..].iter().fold(1_usize, |all, &n| all.saturating_mul(n));
    (drawn, 1.0 / libm::sqrt(fan_in.max(1) as f64))
}

/// Adds the bias of a convolution.
#[track_caller]
fn added_bias<E: Element>(params: &mut Params<E>, name: &str, outputs: usize, bound: f64) -> Param {
    let shape = Shape::from([outputs]);
    let drawn = Init::Uniform(bound).draw(&shape, params.rng());
    params.take(format!("{name}.bias"), (drawn, shape))
}

/// The shape of a weight, and the mistake of groups that do not divide the channels, which the first graph that uses the
/// layer reports.
fn weight_shape<const D: usize>(
    first: usize,
    second: usize,
    groups: usize,
    kernel: [usize; D],
) -> (Shape, Option<String>) {
    let divides = |n: usize| groups > 0 && n.is_multiple_of(groups);
    let problem = (!(divides(first) && divides(second)))
        .then(|| format!("channels of {second} and {first} cannot be divided into {groups} groups"));
    ([first, second / groups.max(1)].into_iter().chain(kernel).collect(), problem)
}

/// Adds a bias to each channel.
#[track_caller]
fn biased<'g>(y: Var<'g>, bias: Option<&Param>, axes: usize) -> Var<'g> {
    match bias {
        Some(bias) => {
            let shape: Shape = bias.shape().iter().copied().chain(std::iter::repeat_n(1, axes)).collect();
            y + y.graph().param(bias).reshape(shape)
        }
        None => y,
    }
}

impl<const D: usize> Conv<D> {
    /// A layer with a stride of 1 and no padding.
    #[track_caller]
    pub fn new<E: Element>(
        params: &mut Params<E>,
        name: impl Into<String>,
        inputs: usize,
        outputs: usize,
        kernel: impl Sizes<D>,
    ) -> Self {
        Self::with_options(params, name, inputs, outputs, kernel, Convolution::new())
    }

    /// A layer with options.
    #[track_caller]
    pub fn with_options<E: Element>(
        params: &mut Params<E>,
        name: impl Into<String>,
        inputs: usize,
        outputs: usize,
        kernel: impl Sizes<D>,
        options: Convolution<D>,
    ) -> Self {
        let (name, weight) = (name.into(), weight_shape(outputs, inputs, options.groups, kernel.sizes()));
        let (weight, bias) = added(params, &name, weight, Some(outputs));
        Conv { name, weight: Weight::plain(weight), bias, options }
    }

    /// A layer without a bias, as before a normalization, which would take it away.
    #[track_caller]
    pub fn no_bias<E: Element>(
        params: &mut Params<E>,
        name: impl Into<String>,
        inputs: usize,
        outputs: usize,
        kernel: impl Sizes<D>,
        options: Convolution<D>,
    ) -> Self {
        let (name, weight) = (name.into(), weight_shape(outputs, inputs, options.groups, kernel.sizes()));
        let (weight, bias) = added(params, &name, weight, None);
        Conv { name, weight: Weight::plain(weight), bias, options }
    }

    /// A layer whose weights for each output channel are a direction and a length of their own (Salimans & Kingma 2016):
    /// PyTorch's `parametrizations.weight_norm(nn.Conv1d(…))`, with its names, as those of
    /// [`Linear::weight_norm`](super::Linear::weight_norm).
    #[track_caller]
    pub fn weight_norm<E: Element>(
        params: &mut Params<E>,
        name: impl Into<String>,
        inputs: usize,
        outputs: usize,
        kernel: impl Sizes<D>,
        options: Convolution<D>,
    ) -> Self {
        let (name, (weight, problem)) =
            (name.into(), weight_shape(outputs, inputs, options.groups, kernel.sizes()));
        let (drawn, bound) = drawn(params, &weight, problem);
        let weight = Weight::normed(params, &name, (drawn, weight));
        let bias = Some(added_bias(params, &name, outputs, bound));
        Conv { name, weight, bias, options }
    }

    /// The weights, of shape `[outputs, inputs / groups, kernel…]`; with weight norm, their directions.
    pub fn weight(&self) -> &Param {
        &self.weight.param
    }

    /// The bias, of shape `[outputs]`, if there is one.
    pub fn bias(&self) -> Option<&Param> {
        self.bias.as_ref()
    }

    /// Records the layer.
    #[track_caller]
    pub fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
        let graph = x.graph();
        let _scope = graph.scope(&self.name);
        let y = x.convolution(self.weight.on(graph), self.options);
        biased(y, self.bias.as_ref(), D)
    }
}

impl<const D: usize> ConvTranspose<D> {
    /// A layer with a stride of 1 and no padding.
    #[track_caller]
    pub fn new<E: Element>(
        params: &mut Params<E>,
        name: impl Into<String>,
        inputs: usize,
        outputs: usize,
        kernel: impl Sizes<D>,
    ) -> Self {
        Self::with_options(params, name, inputs, outputs, kernel, Convolution::new(), [0; D])
    }

    /// A layer with options, and with elements at the end of the output that the stride has rounded away (PyTorch's
    /// `output_padding`).
    #[track_caller]
    pub fn with_options<E: Element>(
        params: &mut Params<E>,
        name: impl Into<String>,
        inputs: usize,
        outputs: usize,
        kernel: impl Sizes<D>,
        options: Convolution<D>,
        more: impl Sizes<D>,
    ) -> Self {
        let (name, weight) = (name.into(), weight_shape(inputs, outputs, options.groups, kernel.sizes()));
        let (weight, bias) = added(params, &name, weight, Some(outputs));
        ConvTranspose { name, weight, bias, options, more: more.sizes() }
    }

    /// A layer without a bias, as before a normalization, which would take it away.
    #[track_caller]
    pub fn no_bias<E: Element>(
        params: &mut Params<E>,
        name: impl Into<String>,
        inputs: usize,
        outputs: usize,
        kernel: impl Sizes<D>,
        options: Convolution<D>,
        more: impl Sizes<D>,
    ) -> Self {
        let (name, weight) = (name.into(), weight_shape(inputs, outputs, options.groups, kernel.sizes()));
        let (weight, bias) = added(params, &name, weight, None);
        ConvTranspose { name, weight, bias, options, more: more.sizes() }
    }

    /// The weights, of shape `[inputs, outputs / groups, kernel…]`.
    pub fn weight(&self) -> &Param {
        &self.weight
    }

    /// The bias, of shape `[outputs]`, if there is one.
    pub fn bias(&self) -> Option<&Param> {
        self.bias.as_ref()
    }

    /// Records the layer.
    #[track_caller]
    pub fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
        let graph = x.graph();
        let _scope = graph.scope(&self.name);
        let y = x.transposed_convolution(graph.param(&self.weight), self.options, self.more);
        biased(y, self.bias.as_ref(), D)
    }
}

impl<const D: usize> Module for Conv<D> {
    #[track_caller]
    fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
        self.forward(x)
    }
}

impl<const D: usize> Module for ConvTranspose<D> {
    #[track_caller]
    fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
        self.forward(x)
    }
}
