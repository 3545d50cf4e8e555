//! Functions made of the alphabet: mean and variance, product. Right to every order, since each of their
//! parts is.

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
}
