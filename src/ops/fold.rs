//! Reductions along axes: a method for each fold of the table, and the one derivative rule they
//! share. Folded axes stay with size 1.

use crate::graph::Var;
use crate::op::{Fold, Op};
use crate::shape::{Axes, List, Shape};
use gradus_rows::for_each_fold;

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
        fold => ct.strong_mul(slope(fold, axes, x, y)),
    }
}

/// `t_y = Σ slope(x, y) · t`.
#[track_caller]
pub(super) fn jvp<'g>(fold: Fold, axes: &List, x: Var<'g>, y: Var<'g>, t: Var<'g>) -> Var<'g> {
    record(Fold::Sum, axes, t.strong_mul(slope(fold, axes, x, y)))
}

#[track_caller]
fn record<'g>(fold: Fold, axes: &List, x: Var<'g>) -> Var<'g> {
    x.push(Op::Fold(fold, axes.clone()), &[x], shape(fold, axes, &x.shape()))
}

impl<'g> Var<'g> {
    /// Folds some axes, which stay as 1, or all of them to a scalar.
    #[track_caller]
    pub(super) fn fold(self, fold: Fold, axes: Axes) -> Var<'g> {
        let y = match axes.resolve(self.rank()) {
            Ok(list) => record(fold, &list, self),
            Err(problem) => self.push(Op::Fold(fold, List::new()), &[self], Err(problem)),
        };
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
