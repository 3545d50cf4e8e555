//! The weight of a layer: a parameter, or the directions and the lengths that it is made of.

use crate::element::Element;
use crate::error::Result;
use crate::graph::{Graph, Var};
use crate::params::{Param, Params};
use crate::shape::{List, Shape};
use crate::tensor::Tensor;

/// A weight, of shape `[outputs, …]`.
#[derive(Clone, Debug)]
pub(super) struct Weight {
    /// The weight itself, or its direction for each output.
    pub(super) param: Param,
    /// The length of each direction, where the weight is normalized.
    length: Option<Param>,
}

impl Weight {
    /// The weight that a parameter is.
    pub(super) fn plain(param: Param) -> Self {
        Weight { param, length: None }
    }

    /// Adds the lengths and the directions of a weight that was drawn, by PyTorch's names.
    #[track_caller]
    pub(super) fn normed<E: Element>(
        params: &mut Params<E>,
        name: &str,
        (drawn, shape): (Result<Tensor<E>>, Shape),
    ) -> Self {
        let ones = std::iter::repeat_n(1, shape.len().saturating_sub(1));
        let each: Shape = shape.first().copied().into_iter().chain(ones).collect();
        let lengths = match &drawn {
            Ok(weight) => {
                let size = (weight.len() / each.size().max(1)).max(1);
                Tensor::new(&each, weight.data().chunks(size).map(length).collect())
            }
            Err(_) => Tensor::try_full(&each, E::default()),
        };
        let length = params.take(format!("{name}.parametrizations.weight.original0"), (lengths, each));
        let param = params.take(format!("{name}.parametrizations.weight.original1"), (drawn, shape));
        Weight { param, length: Some(length) }
    }

    /// Records the weight: each direction divided by its own length, times the length that it is to have.
    #[track_caller]
    pub(super) fn on<'g>(&self, graph: &'g Graph) -> Var<'g> {
        let weight = graph.param(&self.param);
        match &self.length {
            Some(length) => {
                let axes: List = (1..weight.rank()).collect();
                weight.l2_normalize(&axes[..]) * graph.param(length)
            }
            None => weight,
        }
    }
}

/// The Euclidean norm.
fn length<E: Element>(numbers: &[E]) -> E {
    E::from_f64(libm::sqrt(numbers.iter().map(|x| x.to_f64() * x.to_f64()).sum()))
}
