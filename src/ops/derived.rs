//! Functions made of the alphabet: mean and variance, product. Right to every order, since each of their
//! parts is.

use super::custom;
use crate::graph::Var;
use crate::op::Fold;
use crate::shape::Axes;

impl<'g> Var<'g> {
    /// The arithmetic mean, `Σ x / n`. The mean of no elements is a fault.
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
        let _call = self.graph.call("mean");
        self.sum_over(axes.into(), 0, "mean")
    }

    /// The variance of a population, `Σ (x − mean)² / n`: PyTorch's with `correction=0`.
    #[track_caller]
    pub fn var(self, axes: impl Into<Axes>) -> Var<'g> {
        let _call = self.graph.call("var");
        self.spread(axes.into(), 0)
    }

    /// The variance estimated from a sample, `Σ (x − mean)² / (n − 1)`: PyTorch's default.
    #[track_caller]
    pub fn sample_var(self, axes: impl Into<Axes>) -> Var<'g> {
        let _call = self.graph.call("sample_var");
        self.spread(axes.into(), 1)
    }

    /// The standard deviation of a population, `√(Σ (x − mean)² / n)`: PyTorch's with `correction=0`. Its slope is 0
    /// where all elements are equal, as that of [`norm`](Var::norm), which it is made of.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![[1.0, 1.0, 3.0, 3.0], [2.0, 2.0, 2.0, 2.0]]);
    /// assert_eq!(x.std(1).to_string(), "[[1], [0]]");
    /// assert_eq!(x.std(1).sum(..).grad(x).to_string(), "[[-0.25, -0.25, 0.25, 0.25], [0, 0, 0, 0]]");
    /// ```
    #[track_caller]
    pub fn std(self, axes: impl Into<Axes>) -> Var<'g> {
        let _call = self.graph.call("std");
        self.deviation(axes.into(), 0)
    }

    /// The standard deviation estimated from a sample, `√(Σ (x − mean)² / (n − 1))`: PyTorch's default. Its slope is 0
    /// where all elements are equal.
    #[track_caller]
    pub fn sample_std(self, axes: impl Into<Axes>) -> Var<'g> {
        let _call = self.graph.call("sample_std");
        self.deviation(axes.into(), 1)
    }

    #[track_caller]
    fn deviation(self, axes: Axes, less: usize) -> Var<'g> {
        let count = match self.count(&axes, less) {
            Ok(count) => count,
            Err(problem) => return self.graph.refuse("std", &[("value", self)], problem),
        };
        // Relative to one of them, equal numbers are exactly 0, whatever their mean is rounded to.
        let relative = self - self.largest(&axes).detach();
        let centered = relative - relative.sum_over(axes.clone(), 0, "std");
        centered.norm(axes) / libm::sqrt(count as f64)
    }

    #[track_caller]
    fn spread(self, axes: Axes, less: usize) -> Var<'g> {
        if let Err(problem) = self.count(&axes, less) {
            return self.graph.refuse("var", &[("value", self)], problem);
        }
        let centered = self - self.sum_over(axes.clone(), 0, "var");
        centered.square().sum_over(axes, less, "var")
    }

    /// The sum divided by `n − less`.
    #[track_caller]
    fn sum_over(self, axes: Axes, less: usize, what: &str) -> Var<'g> {
        match self.count(&axes, less) {
            Ok(n) => self.fold(Fold::Sum, axes) / n as f64,
            Err(problem) => self.graph.refuse(what, &[("value", self)], problem),
        }
    }

    /// The number of elements along some axes, `less` fewer, or what is wrong with it.
    fn count(self, axes: &Axes, less: usize) -> Result<usize, String> {
        let shape = self.shape();
        // No product of sizes overflows: see `Shape::checked`.
        let n = axes.resolve(shape.len())?.iter().map(|&axis| shape[axis]).product::<usize>();
        match n.saturating_sub(less) {
            0 => Err(format!("needs {} or more elements along the axes; the shape is {shape}", less + 1)),
            n => Ok(n),
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
        let _call = self.graph.call("prod");
        let axes = axes.into();
        let list = match axes.resolve(self.rank()) {
            Ok(list) => list,
            Err(problem) => return self.graph.refuse("prod", &[("value", self)], problem),
        };
        let mut y = self;
        for axis in list {
            while y.size(axis) > 1 {
                let n = y.size(axis);
                let (a, b) = (y.slice(axis, ..n / 2), y.slice(axis, n / 2..n / 2 * 2));
                let rest = y.slice(axis, n / 2 * 2..n);
                y = if n.is_multiple_of(2) { a * b } else { self.graph.cat(&[a * b, rest], axis) };
            }
            if y.size(axis) == 0 {
                y = self.graph.constant(1.0).broadcast_to(y.shape().with(axis, 1));
            }
        }
        if axes.is_all() { y.reshape(()) } else { y }
    }

    /// The elements scaled to mean 0 and variance 1 along some axes: `(x − mean) / √(variance + ε)`.
    #[track_caller]
    pub fn normalize(self, axes: impl Into<Axes>, epsilon: f64) -> Var<'g> {
        let _call = self.graph.call("normalize");
        let axes = axes.into();
        let centered = self - self.sum_over(axes.clone(), 0, "normalize");
        centered / (centered.square().sum_over(axes, 0, "normalize") + epsilon).sqrt()
    }

    /// The Euclidean norm, `√Σ x²`, along some axes, which stay with size 1, or along all (`..`), to a scalar. Squares
    /// neither overflow nor vanish, since the elements are taken relative to the largest. Its slope is `x / ‖x‖`, and 0
    /// at 0, where there is none: of the slopes of all sides, the smallest. The norm of nothing is 0.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![[3.0, 4.0], [0.0, 0.0]]);
    /// let norm = x.norm(-1);
    /// assert_eq!(norm.to_string(), "[[5], [0]]");
    /// assert_eq!(norm.sum(..).grad(x).to_string(), "[[0.6, 0.8], [0, 0]]");
    /// assert_eq!((x * 1e300).norm(..).eval::<f64>()?.item(), 5e300);
    /// # Ok::<(), gradus::Error>(())
    /// ```
    #[track_caller]
    pub fn norm(self, axes: impl Into<Axes>) -> Var<'g> {
        let _call = self.graph.call("norm");
        let axes = axes.into();
        if let Err(problem) = axes.resolve(self.rank()) {
            return self.graph.refuse("norm", &[("value", self)], problem);
        }
        let (scale, length) = self.scaled_length(&axes);
        let square = self.square().fold(Fold::Sum, axes.clone());
        custom::root("norm", scale * length, self, square, move |x, _, ct| {
            vec![ct.strong_mul(x[0].l2_normalize(axes.clone()))]
        })
    }

    /// The elements divided by their Euclidean norm along some axes, `x / ‖x‖`, so that they have length 1. Zeros stay
    /// zeros; the slope there, where the value jumps, is 0. Where an element is infinite it is NaN.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![[3.0, 4.0], [0.0, 0.0]]);
    /// assert_eq!(x.l2_normalize(-1).to_string(), "[[0.6, 0.8], [0, 0]]");
    /// ```
    #[track_caller]
    pub fn l2_normalize(self, axes: impl Into<Axes>) -> Var<'g> {
        let _call = self.graph.call("l2_normalize");
        let axes = axes.into();
        if let Err(problem) = axes.resolve(self.rank()) {
            return self.graph.refuse("l2_normalize", &[("value", self)], problem);
        }
        let (scale, length) = self.scaled_length(&axes);
        let value = self / scale / length.eq(0.0).select(1.0, length);
        self.graph.custom("l2_normalize", value, &[self], move |x, u, ct| {
            // (ct − u·⟨u, ct⟩) / ‖x‖
            let norm = x[0].norm(axes.clone());
            let none = norm.eq(0.0);
            let along = u.strong_mul(ct).fold(Fold::Sum, axes.clone());
            let across = ct - u.strong_mul(along);
            // Nothing is divided by 0, so that the trap has nothing to report.
            vec![none.select(0.0, across.strong_mul(none.select(1.0, norm).recip()))]
        })
    }

    /// The cosine of the angle between two vectors, `⟨x, y⟩ / (‖x‖·‖y‖)`, along some axes, which stay with size 1, or
    /// along all (`..`), to a scalar; shapes broadcast. Beside a vector of zeros it is 0, and so are its slopes in that
    /// vector.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![[3.0, 4.0], [0.0, 0.0]]);
    /// let y = g.value(tensor![1e300, 0.0]);
    /// assert_eq!(x.cosine_similarity(y, -1).to_string(), "[[0.6], [0]]");
    /// ```
    #[track_caller]
    pub fn cosine_similarity(self, other: Var<'g>, axes: impl Into<Axes>) -> Var<'g> {
        let _call = self.graph.call("cosine_similarity");
        let axes = axes.into();
        let both = [("left", self), ("right", other)];
        if both.iter().any(|(_, x)| x.is_poisoned() || !x.is_of(self.graph)) {
            return self.graph.refuse("cosine_similarity", &both, String::new());
        }
        let common = super::map::shape(&[self.shape(), other.shape()]);
        match common.and_then(|shape| axes.resolve(shape.len()).map(|_| shape)) {
            Ok(shape) => {
                let [a, b] = [self, other].map(|x| x.broadcast_to(&shape).l2_normalize(axes.clone()));
                (a * b).fold(Fold::Sum, axes)
            }
            Err(problem) => self.graph.refuse("cosine_similarity", &both, problem),
        }
    }

    /// The largest size of the elements along some axes, 1 in its place where it is 0 or not finite, and the norm of
    /// the elements over it.
    #[track_caller]
    fn scaled_length(self, axes: &Axes) -> (Var<'g>, Var<'g>) {
        let x = self.detach();
        let largest = if x.shape().size() == 0 {
            x.fold(Fold::Sum, axes.clone())
        } else {
            x.abs().fold(Fold::Max, axes.clone())
        };
        let usual = largest.gt(0.0) * largest.lt(f64::INFINITY);
        let scale = usual.select(largest, 1.0);
        (scale, (x / scale).square().fold(Fold::Sum, axes.clone()).sqrt())
    }
}
