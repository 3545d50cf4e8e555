//! `Linear`: the affine layer.

use super::Module;
use super::init::Init;
use super::weight::Weight;
use crate::element::Element;
use crate::error::Result;
use crate::graph::Var;
use crate::params::{Param, Params};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// `y = x·Wᵀ + b`: from `[…, inputs]` to `[…, outputs]`.
///
/// If its numbers cannot be allocated, because a size is mistaken, the first graph that uses the layer
/// reports it.
///
/// Its parameters are `name.weight`, of shape `[outputs, inputs]`, and `name.bias`, of shape
/// `[outputs]`: PyTorch's names and layout.
///
/// ```
/// # use gradus::prelude::*;
/// let mut params = Params::<f32>::seeded(7);
/// let layer = Linear::new(&mut params, "layer", 3, 2);
/// let g = Graph::new();
/// assert_eq!(layer.forward(g.input("x", [5, 3])).shape()[..], [5, 2]);
/// ```
#[derive(Clone, Debug)]
pub struct Linear {
    name: String,
    weight: Weight,
    bias: Option<Param>,
}

impl Linear {
    /// A layer with PyTorch's default initialization: weights and bias uniform in `±1/√inputs`.
    #[track_caller]
    pub fn new<E: Element>(
        params: &mut Params<E>,
        name: impl Into<String>,
        inputs: usize,
        outputs: usize,
    ) -> Self {
        let (weight, bias) = (Shape::from([outputs, inputs]), Shape::from([outputs, inputs.max(1)]));
        let weight = (Init::TorchLinear.draw(&weight, params.rng()), weight);
        // PyTorch draws the bias from the bounds of the weight, so it is drawn as a column of it.
        let bias = Init::TorchLinear.draw(&bias, params.rng());
        let bias = bias.map(|bias: Tensor<E>| bias.rows().map(|row| row[0]).collect());
        Self::from_tensors(params, name.into(), weight, Some((bias, [outputs].into())))
    }

    /// A layer with weights drawn by `init`, and a bias of zeros.
    #[track_caller]
    pub fn with_init<E: Element>(
        params: &mut Params<E>,
        name: impl Into<String>,
        inputs: usize,
        outputs: usize,
        init: Init,
    ) -> Self {
        let weight = Shape::from([outputs, inputs]);
        let weight = (init.draw(&weight, params.rng()), weight);
        let bias = Tensor::try_full([outputs], E::default());
        Self::from_tensors(params, name.into(), weight, Some((bias, [outputs].into())))
    }

    /// A layer without a bias, its weights drawn by `init`.
    #[track_caller]
    pub fn no_bias<E: Element>(
        params: &mut Params<E>,
        name: impl Into<String>,
        inputs: usize,
        outputs: usize,
        init: Init,
    ) -> Self {
        let weight = Shape::from([outputs, inputs]);
        let weight = (init.draw(&weight, params.rng()), weight);
        Self::from_tensors(params, name.into(), weight, None)
    }

    /// A layer whose weights for each output are a direction and a length of their own (Salimans & Kingma 2016):
    /// `W = g·v / ‖v‖`. PyTorch's `parametrizations.weight_norm(nn.Linear(…))`: its parameters are
    /// `name.parametrizations.weight.original0`, the lengths `g`, of shape `[outputs, 1]`, `….original1`, the directions `v`, of
    /// shape `[outputs, inputs]`, and `name.bias`. The first weights are those of [`new`](Self::new).
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let mut params = Params::<f64>::seeded(7);
    /// let layer = Linear::weight_norm(&mut params, "layer", 2, 1);
    /// params.set("layer.parametrizations.weight.original0", tensor![[10.0]])?;
    /// params.set("layer.parametrizations.weight.original1", tensor![[3.0, 4.0]])?;
    /// params.set("layer.bias", tensor![1.0])?;
    /// let g = Graph::new();
    /// let y = layer.forward(g.value(tensor![[1.0, 1.0]]));
    /// assert_eq!(g.compile::<f64>([y])?.run_unfed(&params)?[y].to_string(), "[[15]]");
    /// # Ok::<(), gradus::Error>(())
    /// ```
    #[track_caller]
    pub fn weight_norm<E: Element>(
        params: &mut Params<E>,
        name: impl Into<String>,
        inputs: usize,
        outputs: usize,
    ) -> Self {
        let (name, weight) = (name.into(), Shape::from([outputs, inputs]));
        let drawn = (Init::TorchLinear.draw(&weight, params.rng()), weight);
        let weight = Weight::normed(params, &name, drawn);
        let shape = Shape::from([outputs]);
        let bound = 1.0 / libm::sqrt(inputs.max(1) as f64);
        let drawn = Init::Uniform(bound).draw(&shape, params.rng());
        let bias = Some(params.take(format!("{name}.bias"), (drawn, shape)));
        Linear { name, weight, bias }
    }

    /// Adds the tensors that were drawn, each with its intended shape.
    #[track_caller]
    fn from_tensors<E: Element>(
        params: &mut Params<E>,
        name: String,
        weight: (Result<Tensor<E>>, Shape),
        bias: Option<(Result<Tensor<E>>, Shape)>,
    ) -> Self {
        let weight = params.take(format!("{name}.weight"), weight);
        #[allow(clippy::manual_map, reason = "a closure would not carry the caller's line")]
        let bias = match bias {
            Some(bias) => Some(params.take(format!("{name}.bias"), bias)),
            None => None,
        };
        Linear { name, weight: Weight::plain(weight), bias }
    }

    /// The weights, of shape `[outputs, inputs]`; with weight norm, their directions.
    pub fn weight(&self) -> &Param {
        &self.weight.param
    }

    /// The bias, of shape `[outputs]`, if there is one.
    pub fn bias(&self) -> Option<&Param> {
        self.bias.as_ref()
    }

    /// The layer's name, which is its scope in the graph.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Records the layer.
    #[track_caller]
    pub fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
        let graph = x.graph();
        let _scope = graph.scope(&self.name);
        let y = x.matmul_t(self.weight.on(graph));
        match &self.bias {
            Some(bias) => y + graph.param(bias),
            None => y,
        }
    }
}

impl Module for Linear {
    #[track_caller]
    fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
        self.forward(x)
    }
}
