//! Reductions along axes: a method for each fold of the table, what is made of them, and the one
//! derivative rule they share. Folded axes stay with size 1. Floor 3.

use crate::graph::Var;
use crate::op::{Fold, Op};
use crate::shape::{Axes, List, Shape};
use crate::table::for_each_fold;

pub(super) fn shape(fold: Fold, axes: &List, x: &Shape) -> Result<Shape, String> {
    match axes.iter().find(|&&axis| axis >= x.len() || (x[axis] == 0 && !fold.empty())) {
        Some(&axis) if axis >= x.len() => Err(format!("axis {axis} is out of range for shape {x}")),
        Some(axis) => {
            Err(format!("axis {axis} of shape {x} is empty, and {} of nothing has no value", fold.name()))
        }
        None => Ok(x.folded(axes)),
    }
}

/// The slope of each element, repeated from the result and shared among ties.
#[track_caller]
fn slope<'g>(fold: Fold, axes: &List, x: Var<'g>, y: Var<'g>) -> Var<'g> {
    let slope = fold.slope(x, y.broadcast_to(x.shape()));
    match fold.ties() {
        true => slope / record(Fold::Sum, axes, slope),
        false => slope,
    }
}

/// `ct_x = ct · slope(x, y)`, with `ct` repeated along the folded axes.
#[track_caller]
pub(super) fn vjp<'g>(fold: Fold, axes: &List, x: Var<'g>, y: Var<'g>, ct: Var<'g>) -> Var<'g> {
    let ct = ct.broadcast_to(x.shape());
    match fold {
        Fold::Sum => ct,
        fold => ct.pull(slope(fold, axes, x, y)),
    }
}

/// `t_y = Σ slope(x, y) · t`.
#[track_caller]
pub(super) fn jvp<'g>(fold: Fold, axes: &List, x: Var<'g>, y: Var<'g>, t: Var<'g>) -> Var<'g> {
    record(Fold::Sum, axes, t.pull(slope(fold, axes, x, y)))
}

#[track_caller]
fn record<'g>(fold: Fold, axes: &List, x: Var<'g>) -> Var<'g> {
    x.push(Op::Fold(fold, axes.clone()), &[x], shape(fold, axes, &x.shape()))
}

impl<'g> Var<'g> {
    /// Folds some axes, which stay as 1, or all of them to a scalar.
    #[track_caller]
    fn fold(self, fold: Fold, axes: Axes) -> Var<'g> {
        let y = match axes.resolve(self.rank()) {
            Ok(list) => record(fold, &list, self),
            Err(problem) => self.push(Op::Fold(fold, List::new()), &[self], Err(problem)),
        };
        if axes.is_all() { y.reshape(()) } else { y }
    }

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

    /// The sum over the axes along which a value of shape `to` was repeated to this one's.
    #[track_caller]
    pub(crate) fn sum_to(self, to: &Shape) -> Var<'g> {
        let from = self.shape();
        let more = from.len().saturating_sub(to.len());
        let axes: List =
            (0..from.len()).filter(|&i| i < more || (to[i - more] == 1 && from[i] != 1)).collect();
        let folded = if axes.is_empty() { self } else { record(Fold::Sum, &axes, self) };
        folded.reshape(to)
    }
}

macro_rules! var_folds {
    ($($(#[doc = $doc:literal])* $Row:ident $row:ident $names:tt -> $y:ident {
        formula: $formula:literal, $($fields:tt)*
    })*) => {
        impl<'g> Var<'g> {$(
            $(#[doc = $doc])*
            ///
            #[doc = concat!("`", $formula, "` along some axes, which stay with size 1, or along all (`..`), to a scalar.")]
            #[track_caller]
            pub fn $row(self, axes: impl Into<Axes>) -> Var<'g> {
                self.fold(Fold::$Row, axes.into())
            }
        )*}
    };
}
for_each_fold!(var_folds);
