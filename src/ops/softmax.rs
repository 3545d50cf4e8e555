//! Softmax and its kin. Every exponential is taken of the difference to a pivot, by a row that keeps what
//! the difference's rounding leaves out; and what is nearly 1 is never subtracted from 1. Floor 3.

use crate::error::Site;
use crate::graph::Var;
use crate::shape::Axes;

/// The exponentials of a value's elements along some axes.
struct Powers<'g> {
    /// The largest element.
    largest: Var<'g>,
    /// The same as a number that no derivative goes through; 0 where all is masked by −∞.
    pivot: Var<'g>,
    /// `e^(x − pivot)`.
    each: Var<'g>,
    /// Their sum, at least 1.
    sum: Var<'g>,
}

impl<'g> Var<'g> {
    /// `eˣ / Σ eˣ` along an axis: positive numbers that sum to 1. Shifted by the largest element, so it
    /// cannot overflow; an element of −∞ gets exactly 0. Where one element takes nearly all, its slope
    /// `p·(1 − p)` keeps its digits.
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
        let axes = axis.into();
        if let Err(problem) = axes.resolve(self.rank()) {
            return self.graph.refuse("softmax", &[("value", self)], problem);
        }
        let powers = self.powers(axes.clone());
        let (alone, others) = self.apart(&powers, axes);
        alone.select(1.0 / (1.0 + others), powers.each / powers.sum)
    }

    /// `x − ln Σ eˣ` along an axis. Where one element takes nearly all, its value, as small as the share
    /// of the others, keeps its digits, and so does its slope.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let p = g.value(tensor![40.0, 0.0]).log_softmax(-1);
    /// assert_eq!(p.to_string(), "[-4.248354255291589e-18, -40]");
    /// ```
    #[track_caller]
    pub fn log_softmax(self, axis: impl Into<Axes>) -> Var<'g> {
        let _site = self.graph.at(Site::here());
        let axes = axis.into();
        if let Err(problem) = axes.resolve(self.rank()) {
            return self.graph.refuse("log_softmax", &[("value", self)], problem);
        }
        let powers = self.powers(axes.clone());
        let (alone, others) = self.apart(&powers, axes);
        alone.select(-others.ln_1p(), (self - powers.pivot) - powers.sum.ln())
    }

    /// `ln Σ eˣ` along some axes, which stay with size 1, or along all (`..`), to a scalar. Shifted by the
    /// largest element, so it cannot overflow; −∞ of nothing. Its slope is the softmax.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![1000.0, 1000.0]);
    /// assert_eq!(x.logsumexp(..).to_string(), "1000.6931471805599");
    /// ```
    #[track_caller]
    pub fn logsumexp(self, axes: impl Into<Axes>) -> Var<'g> {
        let _site = self.graph.at(Site::here());
        let axes = axes.into();
        if let Err(problem) = axes.resolve(self.rank()) {
            return self.graph.refuse("logsumexp", &[("value", self)], problem);
        }
        let powers = self.powers(axes);
        powers.pivot + powers.sum.ln()
    }

    /// The exponentials of the elements, less the largest of them.
    #[track_caller]
    fn powers(self, axes: Axes) -> Powers<'g> {
        let empty = self.shape().size() == 0;
        let largest = if empty { self.sum(axes.clone()) } else { self.max(axes.clone()) };
        let pivot = largest.detach();
        let pivot = pivot.equal(f64::NEG_INFINITY).select(0.0, pivot);
        let each = self.exp_difference(pivot);
        Powers { largest, pivot, each, sum: each.sum(axes) }
    }

    /// The mask of the element that is larger than all others, and the sum of their `e^(x − largest)`. Its
    /// probability is `1 / (1 + sum)`, which leads to `1 − p` without a subtraction; every other's is at
    /// most a half and needs no such care.
    #[track_caller]
    fn apart(self, powers: &Powers<'g>, axes: Axes) -> (Var<'g>, Var<'g>) {
        let top = self.equal(powers.pivot);
        let alone = top.select(top.sum(axes.clone()).equal(1.0), 0.0);
        let others = alone.select(0.0, powers.each).sum(axes);
        // The factor is 1; the slope in the largest element comes of it, since the pivot has none.
        (alone, others * powers.pivot.exp_difference(powers.largest))
    }
}
