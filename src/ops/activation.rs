//! Activations made of others: with a parameter that scales them, and over an axis. Right to every
//! order, since each of their parts is.

use super::map::Operand;
use crate::graph::Var;
use crate::shape::{Axes, IntoAxis, Shape};

impl<'g> Var<'g> {
    /// The identity: the activation of a layer without one.
    #[track_caller]
    pub fn identity(self) -> Var<'g> {
        self
    }

    /// The sine of a sharpened value, `sin(ω · x)` (Sitzmann et al. 2020, whose `omega` is 30).
    #[track_caller]
    pub fn sine(self, omega: impl Operand<'g>) -> Var<'g> {
        let _call = self.graph.call("sine");
        (self * omega.on(self.graph)).sin()
    }

    /// The rectifier with a learned slope below 0 (He et al. 2015): [`leaky_relu`](Var::leaky_relu)
    /// under its own name. PyTorch's `PReLU` begins with `alpha` 0.25.
    #[track_caller]
    pub fn prelu(self, alpha: Var<'g>) -> Var<'g> {
        let _call = self.graph.call("prelu");
        self.leaky_relu(alpha)
    }

    /// The randomized leaky rectifier while it trains (Xu et al. 2015): the slope below 0 of each element
    /// is `lower + (upper − lower) · noise`, with a `noise` from 0 to 1 that is fed anew at each step
    /// (see [`noise`](crate::data::noise)). PyTorch's bounds are 1/8 and 1/3.
    #[track_caller]
    pub fn rrelu(self, noise: Var<'g>, lower: f64, upper: f64) -> Var<'g> {
        let _call = self.graph.call("rrelu");
        self.leaky_relu(noise * (upper - lower) + lower)
    }

    /// The randomized leaky rectifier when it predicts: the mean of its slopes.
    #[track_caller]
    pub fn rrelu_mean(self, lower: f64, upper: f64) -> Var<'g> {
        let _call = self.graph.call("rrelu_mean");
        self.leaky_relu((lower + upper) / 2.0)
    }

    /// The unit step with the gradient of the identity: the straight-through estimator (Bengio et al.
    /// 2013).
    #[track_caller]
    pub fn step_straight_through(self) -> Var<'g> {
        let _call = self.graph.call("step_straight_through");
        self.graph.custom("step_straight_through", self.step(), &[self], |_, _, ct| vec![ct])
    }

    /// The nearest whole number with the gradient of the identity, for training with numbers of few bits: the
    /// straight-through estimator. [`Var::round`] itself has slope 0.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![0.4, 2.5, -1.6]);
    /// let y = x.round_straight_through();
    /// assert_eq!(y.to_string(), "[0, 2, -2]");
    /// assert_eq!(y.square().sum(..).grad(x).to_string(), "[0, 4, -4]");
    /// ```
    #[track_caller]
    pub fn round_straight_through(self) -> Var<'g> {
        let _call = self.graph.call("round_straight_through");
        self.graph.custom("round_straight_through", self.round(), &[self], |_, _, ct| vec![ct])
    }

    /// `softmax(−x)` along an axis: the smallest gets the most.
    #[track_caller]
    pub fn softmin(self, axis: impl Into<Axes>) -> Var<'g> {
        let _call = self.graph.call("softmin");
        (-self).softmax(axis)
    }

    /// The nearest point of the simplex along an axis: numbers from 0 on that sum to 1, many of them
    /// exactly 0 (Martins & Astudillo 2016). It compares each element with each, so an axis of size `n`
    /// takes `n²` numbers. An element of −∞ gets 0, elements of ∞ share 1, and all are 0 where all are −∞, as of
    /// [`softmax`](Var::softmax).
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let p = g.value(tensor![1.0, 0.5, -1.0]).sparsemax(-1);
    /// assert_eq!(p.to_string(), "[0.75, 0.25, 0]");
    /// ```
    #[track_caller]
    pub fn sparsemax(self, axis: impl IntoAxis) -> Var<'g> {
        let _call = self.graph.call("sparsemax");
        let at = match axis.position(self.rank()) {
            Ok(at) => at,
            Err(problem) => return self.graph.refuse("sparsemax", &[("value", self)], problem),
        };
        let shape = self.shape();
        let pairs: Shape = shape[..at].iter().chain(&[shape[at]]).chain(&shape[at..]).copied().collect();
        if let Err(problem) = pairs.checked() {
            return self.graph.refuse("sparsemax", &[("value", self)], problem);
        }
        // The result does not depend on the shift, so no derivative goes through it.
        let most = self.largest(&at.into()).detach();
        // An element that is more than 1 below the largest is 0, however far below. Elements of ∞ share the whole.
        let below = (self - most).maximum(-1.0);
        let x = most.eq(f64::INFINITY).select(self.eq(most) - 1.0, below);
        // The elements that are at least as large as this one, along a new axis behind `at`.
        let (mine, theirs) = (x.unsqueeze(at + 1), x.unsqueeze(at));
        let larger = mine.le(theirs);
        let (count, sum) =
            (larger.sum(at + 1).squeeze(at + 1), (larger * theirs).sum(at + 1).squeeze(at + 1));
        // An element stays above 0 if 1 + k·x > Σ of the k largest down to it.
        let support = sum.lt(1.0 + count * x).detach();
        let threshold = ((support.strong_mul(x)).sum(at) - 1.0) / support.sum(at);
        let value = support.strong_mul(x - threshold);
        // A NaN among the elements is larger than none, so it would be lost.
        most.eq(most).select(value, most)
    }

    /// The gated linear unit, `a · σ(b)` of the two halves of an axis (Dauphin et al. 2017).
    #[track_caller]
    pub fn glu(self, axis: impl IntoAxis) -> Var<'g> {
        let _call = self.graph.call("glu");
        self.gated("glu", axis, |b| b.sigmoid())
    }

    /// The gated unit with a rectifier, `a · max(b, 0)` (Shazeer 2020).
    #[track_caller]
    pub fn reglu(self, axis: impl IntoAxis) -> Var<'g> {
        let _call = self.graph.call("reglu");
        self.gated("reglu", axis, |b| b.relu())
    }

    /// The gated unit with GELU, `a · gelu(b)` (Shazeer 2020).
    #[track_caller]
    pub fn geglu(self, axis: impl IntoAxis) -> Var<'g> {
        let _call = self.graph.call("geglu");
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
    pub fn swiglu(self, axis: impl IntoAxis) -> Var<'g> {
        let _call = self.graph.call("swiglu");
        self.gated("swiglu", axis, |b| b.silu())
    }

    #[track_caller]
    fn gated(self, name: &str, axis: impl IntoAxis, gate: impl Fn(Var<'g>) -> Var<'g>) -> Var<'g> {
        let shape = self.shape();
        match axis.position(shape.len()) {
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
    pub fn maxout(self, axis: impl IntoAxis, pieces: usize) -> Var<'g> {
        let _call = self.graph.call("maxout");
        let shape = self.shape();
        let split = axis.position(shape.len()).and_then(|at| {
            if pieces == 0 || !shape[at].is_multiple_of(pieces) {
                return Err(format!("axis {at} of shape {shape} does not divide into pieces of {pieces}"));
            }
            let groups = [shape[at] / pieces, pieces];
            let split: Shape = shape[..at].iter().chain(&groups).chain(&shape[at + 1..]).copied().collect();
            Ok((at, split.checked()?))
        });
        match split {
            Ok((at, split)) => self.reshape(split).max(at + 1).reshape(shape.with(at, shape[at] / pieces)),
            Err(problem) => self.graph.refuse("maxout", &[("value", self)], problem),
        }
    }

    /// The rectifier of the value and of its negative, side by side along an axis (Shang et al. 2016).
    #[track_caller]
    pub fn crelu(self, axis: impl IntoAxis) -> Var<'g> {
        let _call = self.graph.call("crelu");
        self.graph.cat(&[self.relu(), (-self).relu()], axis)
    }
}
