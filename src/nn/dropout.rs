//! `Dropout`: elements that are left out of a step at random.

use super::Module;
use crate::graph::Var;

/// Leaves out elements in a training ([`Var::dropout`](crate::Var::dropout)), or whole channels; in an evaluation the value
/// itself. It has no parameters.
///
/// ```
/// # use gradus::prelude::*;
/// use gradus::nn::Dropout;
/// let mut params = Params::<f32>::seeded(7);
/// let net = Sequential::new().append(Linear::new(&mut params, "line", 2, 8)).append(Dropout::new(0.5));
/// let mut step = trace_training(Sgd::new(0.1), |at| vec![net.forward(at.input("x")).square().mean(..)]);
/// step.run(&mut params, [feed("x", &Tensor::full([4, 2], 1.0))])?;
/// // Here nothing is left out, and nothing has to be switched.
/// let mut predict = trace(|_, x| net.forward(x));
/// assert_eq!(predict.run(&params, &Tensor::full([4, 2], 1.0))?.shape()[..], [4, 8]);
/// # Ok::<(), gradus::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dropout {
    probability: f64,
    channels: bool,
}

impl Dropout {
    /// A layer that leaves out each element with this probability.
    pub fn new(probability: f64) -> Self {
        Dropout { probability, channels: false }
    }

    /// A layer that leaves out whole channels, the second axis, as PyTorch's `Dropout1d` and `Dropout2d`.
    pub fn channels(probability: f64) -> Self {
        Dropout { probability, channels: true }
    }

    /// Records the layer, in the mode of the graph.
    #[track_caller]
    pub fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
        if self.channels { x.dropout_channels(self.probability) } else { x.dropout(self.probability) }
    }
}

impl Module for Dropout {
    #[track_caller]
    fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
        self.forward(x)
    }
}
