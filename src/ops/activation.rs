//! Activations made of others: with a parameter that scales them, and over an axis. Right to every
//! order, since each of their parts is. Floor 3.

use super::map::Operand;
use crate::error::Site;
use crate::graph::Var;
use crate::shape::{Axes, Shape, resolve_axis};

impl<'g> Var<'g> {
    /// The continuous exponential linear unit, `max(x, 0) + min(0, α·(e^(x/α) − 1))` (Barron 2017);
    /// PyTorch's `alpha` is 1.
    #[track_caller]
    pub fn celu(self, alpha: impl Operand<'g>) -> Var<'g> {
        let _site = self.graph.at(Site::here());
        let alpha = alpha.on(self.graph);
        (self / alpha).elu(1.0) * alpha
    }

    /// Swish with a slope of its own, `x · σ(β·x)` (Ramachandran et al. 2017); with `beta` 1 it is
    /// [`silu`](Var::silu), and `beta` may be learned.
    #[track_caller]
    pub fn swish(self, beta: impl Operand<'g>) -> Var<'g> {
        let _site = self.graph.at(Site::here());
        self.pull((self * beta.on(self.graph)).sigmoid())
    }

    /// Softplus with a sharpness, `ln(1 + e^(β·x)) / β`; the larger `beta`, the nearer the rectifier.
    #[track_caller]
    pub fn softplus_sharp(self, beta: impl Operand<'g>) -> Var<'g> {
        let _site = self.graph.at(Site::here());
        let beta = beta.on(self.graph);
        (self * beta).softplus() / beta
    }

    /// The rectifier with a learned slope below 0 (He et al. 2015): [`leaky_relu`](Var::leaky_relu)
    /// under its own name.
    #[track_caller]
    pub fn prelu(self, alpha: Var<'g>) -> Var<'g> {
        self.leaky_relu(alpha)
    }

    /// The unit step with the gradient of the identity: the straight-through estimator (Bengio et al.
    /// 2013).
    #[track_caller]
    pub fn step_straight_through(self) -> Var<'g> {
        let _site = self.graph.at(Site::here());
        self.graph.custom("step_straight_through", self.step(), &[self], |_, _, ct| vec![ct])
    }

    /// `softmax(−x)` along an axis: the smallest gets the most.
    #[track_caller]
    pub fn softmin(self, axis: impl Into<Axes>) -> Var<'g> {
        let _site = self.graph.at(Site::here());
        (-self).softmax(axis)
    }

    /// The gated linear unit, `a · σ(b)` of the two halves of an axis (Dauphin et al. 2017).
    #[track_caller]
    pub fn glu(self, axis: isize) -> Var<'g> {
        self.gated("glu", axis, |b| b.sigmoid())
    }

    /// The gated unit with a rectifier, `a · max(b, 0)` (Shazeer 2020).
    #[track_caller]
    pub fn reglu(self, axis: isize) -> Var<'g> {
        self.gated("reglu", axis, |b| b.relu())
    }

    /// The gated unit with GELU, `a · gelu(b)` (Shazeer 2020).
    #[track_caller]
    pub fn geglu(self, axis: isize) -> Var<'g> {
        self.gated("geglu", axis, |b| b.gelu())
    }

    /// The gated unit with swish, `a · silu(b)` (Shazeer 2020).
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.input("x", [5, 8]);
    /// assert_eq!(x.swiglu(-1).shape()[..], [5, 4]);
    /// ```
    #[track_caller]
    pub fn swiglu(self, axis: isize) -> Var<'g> {
        self.gated("swiglu", axis, |b| b.silu())
    }

    #[track_caller]
    fn gated(self, name: &str, axis: isize, gate: impl Fn(Var<'g>) -> Var<'g>) -> Var<'g> {
        let _site = self.graph.at(Site::here());
        let shape = self.shape();
        match resolve_axis(axis, shape.len()) {
            Ok(at) if shape[at].is_multiple_of(2) => {
                let half = shape[at] / 2;
                self.slice(at, ..half) * gate(self.slice(at, half..))
            }
            Ok(at) => {
                let problem = format!("axis {at} of shape {shape} does not have two halves");
                self.graph.refuse(name, &[("value", self)], problem)
            }
            Err(problem) => self.graph.refuse(name, &[("value", self)], problem),
        }
    }

    /// The largest of each `pieces` neighbors of an axis (Goodfellow et al. 2013): an axis of size
    /// `n` becomes one of `n / pieces`.
    #[track_caller]
    pub fn maxout(self, axis: isize, pieces: usize) -> Var<'g> {
        let _site = self.graph.at(Site::here());
        let shape = self.shape();
        match resolve_axis(axis, shape.len()) {
            Ok(at) if pieces > 0 && shape[at].is_multiple_of(pieces) => {
                let groups = [shape[at] / pieces, pieces];
                let split: Shape =
                    shape[..at].iter().chain(&groups).chain(&shape[at + 1..]).copied().collect();
                self.reshape(split).max(at + 1).reshape(shape.with(at, groups[0]))
            }
            Ok(at) => {
                let problem = format!("axis {at} of shape {shape} does not divide into pieces of {pieces}");
                self.graph.refuse("maxout", &[("value", self)], problem)
            }
            Err(problem) => self.graph.refuse("maxout", &[("value", self)], problem),
        }
    }

    /// The rectifier of the value and of its negative, side by side along an axis (Shang et al. 2016).
    #[track_caller]
    pub fn crelu(self, axis: isize) -> Var<'g> {
        let _site = self.graph.at(Site::here());
        self.graph.join(&[self.relu(), (-self).relu()], axis)
    }
}
