//! Functions made of the alphabet: mean and variance, product, softmax. Right to every order, since each of their
//! parts is. Floor 3.

use crate::error::Site;
use crate::graph::Var;
use crate::op::{Fold, Op};
use crate::shape::{Axes, List};

impl<'g> Var<'g> {
    /// How many elements each result of a fold along these axes is made of.
    fn folded_size(self, axes: &Axes) -> usize {
        let shape = self.shape();
        axes.resolve(shape.len()).map_or(1, |axes| axes.iter().map(|&axis| shape[axis]).product())
    }

    /// The arithmetic mean, `Σ x / n`. Of nothing it has no value and is a fault.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![[1.0, 3.0], [5.0, 7.0]]);
    /// assert_eq!(x.mean(..).to_string(), "4");
    /// assert_eq!(x.mean(0).to_string(), "[[3, 5]]");
    /// ```
    #[track_caller]
    pub fn mean(self, axes: impl Into<Axes>) -> Var<'g> {
        self.sum_over(axes.into(), 0, "the mean")
    }

    /// The variance of a population, `Σ (x − mean)² / n`: PyTorch's with `correction=0`.
    #[track_caller]
    pub fn variance(self, axes: impl Into<Axes>) -> Var<'g> {
        self.spread(axes.into(), 0)
    }

    /// The variance estimated from a sample, `Σ (x − mean)² / (n − 1)`: PyTorch's default.
    #[track_caller]
    pub fn sample_variance(self, axes: impl Into<Axes>) -> Var<'g> {
        self.spread(axes.into(), 1)
    }

    #[track_caller]
    fn spread(self, axes: Axes, less: usize) -> Var<'g> {
        let centered = self - self.mean(axes.clone());
        centered.square().sum_over(axes, less, "the variance")
    }

    /// The sum divided by `n − less`.
    #[track_caller]
    fn sum_over(self, axes: Axes, less: usize, what: &str) -> Var<'g> {
        match self.folded_size(&axes).checked_sub(less).filter(|&n| n > 0) {
            Some(n) => self.fold(Fold::Sum, axes) / n as f64,
            None => {
                let problem = format!("{what} of too few elements has no value: shape {}", self.shape());
                self.push(Op::Fold(Fold::Sum, List::new()), &[self], Err(problem))
            }
        }
    }

    /// The product; 1 of nothing. It is taken two by two, in a tree of multiplications, so that its
    /// derivatives of every order are right beside zeros.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![2.0, 0.0, 5.0]);
    /// assert_eq!(x.prod(..).grad(x).to_string(), "[0, 10, 0]");
    /// ```
    #[track_caller]
    pub fn prod(self, axes: impl Into<Axes>) -> Var<'g> {
        let axes = axes.into();
        let list = match axes.resolve(self.rank()) {
            Ok(list) => list,
            Err(problem) => return self.push(Op::Fold(Fold::Sum, List::new()), &[self], Err(problem)),
        };
        let mut y = self;
        for axis in list {
            while y.size(axis) > 1 {
                let n = y.size(axis);
                let (a, b) = (y.slice(axis, ..n / 2), y.slice(axis, n / 2..n / 2 * 2));
                let rest = y.slice(axis, n / 2 * 2..n);
                y = if n.is_multiple_of(2) { a * b } else { self.graph.join(&[a * b, rest], axis) };
            }
            if y.size(axis) == 0 {
                y = self.graph.constant(1.0).broadcast_to(y.shape().with(axis, 1));
            }
        }
        if axes.is_all() { y.reshape(()) } else { y }
    }

    /// `eˣ / Σ eˣ` along an axis: positive numbers that sum to 1. Shifted by the largest element, so it
    /// cannot overflow; an element of −∞ gets exactly 0.
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
        let e = self.shifted(axes.clone()).exp();
        e / e.sum(axes)
    }

    /// `x − ln Σ eˣ` along an axis.
    #[track_caller]
    pub fn log_softmax(self, axis: impl Into<Axes>) -> Var<'g> {
        let _site = self.graph.at(Site::here());
        let axes = axis.into();
        let x = self.shifted(axes.clone());
        x - x.logsumexp(axes)
    }

    /// The elements less the largest along some axes. What is made of it by a softmax does not depend
    /// on the shift, so no derivative goes through it.
    #[track_caller]
    pub(crate) fn shifted(self, axes: Axes) -> Var<'g> {
        if self.shape().size() == 0 {
            return self;
        }
        let largest = self.max(axes).detach();
        // Where all is masked by −∞ there is nothing to shift by.
        let shift = largest.equal(f64::NEG_INFINITY).select(0.0, largest);
        self - shift
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
