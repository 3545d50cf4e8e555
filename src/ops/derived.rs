//! Functions made of the alphabet: softmax and its kin. Right to every order, since each of their
//! parts is. Floor 3.

use crate::error::Site;
use crate::graph::Var;
use crate::shape::Axes;

impl<'g> Var<'g> {
    /// `eˣ / Σ eˣ` along an axis: positive numbers that sum to 1. Shifted by the logarithm of the
    /// sum, so it cannot overflow; an element of −∞ gets exactly 0.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let p = g.value(tensor![1000.0, 1000.0]).softmax(-1);
    /// assert_eq!(p.to_string(), "[0.5, 0.5]");
    /// ```
    #[track_caller]
    pub fn softmax(self, axis: impl Into<Axes>) -> Var<'g> {
        let _site = self.graph.at(Site::here());
        self.log_softmax(axis).exp()
    }

    /// `x − ln Σ eˣ` along an axis.
    #[track_caller]
    pub fn log_softmax(self, axis: impl Into<Axes>) -> Var<'g> {
        let _site = self.graph.at(Site::here());
        let axes = axis.into();
        self - self.logsumexp(axes)
    }

    /// The elements scaled to mean 0 and variance 1 along some axes: `(x − mean) / √(variance + ε)`.
    #[track_caller]
    pub fn normalize(self, axes: impl Into<Axes>, epsilon: f64) -> Var<'g> {
        let _site = self.graph.at(Site::here());
        let axes = axes.into();
        let centered = self - self.mean(axes.clone());
        centered / (centered.square().mean(axes) + epsilon).sqrt()
    }
}
