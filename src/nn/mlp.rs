//! `Mlp`: linear layers with an activation between them.

use super::{Init, Linear, Module};
use crate::element::Element;
use crate::error::Site;
use crate::graph::Var;
use crate::params::Params;

/// An activation between layers: a function from value to value.
pub type Activation = for<'g> fn(Var<'g>) -> Var<'g>;

/// A multi-layer perceptron: linear layers named `name.0`, `name.1`, …, with an activation after
/// each but the last.
///
/// ```
/// # use gradus::prelude::*;
/// let mut params = Params::<f32>::seeded(7);
/// let relu = Mlp::new(&mut params, "relu", &[64, 32, 10]);
/// let tanh = Mlp::with_activation(&mut params, "tanh", &[64, 32, 10], Init::GlorotUniform, |x| x.tanh());
/// let g = Graph::new();
/// let x = g.input("x", [5, 64]);
/// assert_eq!(relu.forward(x).shape(), tanh.forward(x).shape());
/// ```
#[derive(Clone, Debug)]
pub struct Mlp {
    layers: Vec<Linear>,
    activation: Activation,
    /// The sizes that make no layer, and the line that gave them.
    refused: Option<String>,
}

impl Mlp {
    /// Layers of the given sizes, inputs first, with rectifiers between them and the initialization
    /// that keeps their variance (He et al. 2015). With fewer than two sizes there is no layer: recording it is a fault.
    #[track_caller]
    pub fn new<E: Element>(params: &mut Params<E>, name: &str, sizes: &[usize]) -> Self {
        Self::with_activation(params, name, sizes, Init::HeNormal, |x| x.relu())
    }

    /// The same with another initialization and another activation.
    #[track_caller]
    pub fn with_activation<E: Element>(
        params: &mut Params<E>,
        name: &str,
        sizes: &[usize],
        init: Init,
        activation: Activation,
    ) -> Self {
        let mut layers = Vec::new();
        for (i, pair) in sizes.windows(2).enumerate() {
            layers.push(Linear::with_init(params, format!("{name}.{i}"), pair[0], pair[1], init));
        }
        let site = Site::here();
        let refused = layers.is_empty().then(|| {
            format!("{name:?} has the sizes {sizes:?}, which make no layer; it needs two or more\n  --> made at {site}")
        });
        Mlp { layers, activation, refused }
    }

    /// The layers, in order.
    pub fn layers(&self) -> &[Linear] {
        &self.layers
    }

    /// Records the network.
    #[track_caller]
    pub fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
        if let Some(problem) = &self.refused {
            return x.graph().refuse("Mlp", &[("value", x)], problem.clone());
        }
        let mut y = x;
        for (i, layer) in self.layers.iter().enumerate() {
            y = layer.forward(y);
            if i + 1 < self.layers.len() {
                let _site = x.graph().at(Site::here()); // an activation is a closure, without a caller
                y = x.graph().admit("activation", (self.activation)(y));
            }
        }
        y
    }
}

impl Module for Mlp {
    #[track_caller]
    fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
        self.forward(x)
    }
}
