//! `Linear`: the affine layer.

use super::Module;
use super::init::Init;
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
    weight: Param,
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
        Linear { name, weight, bias }
    }

    /// The weights, of shape `[outputs, inputs]`.
    pub fn weight(&self) -> &Param {
        &self.weight
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
        let y = x.matmul_t(graph.param(&self.weight));
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
