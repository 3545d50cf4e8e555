//! Choosing by indices: gather and its transpose, one-hot rows, argmax. Indices have no derivative,
//! by type.

use crate::graph::{Idx, Var};
use crate::op::Op;
use crate::shape::{Axes, IntoAxis, NewShape, Shape};

pub(super) fn gather_shape(x: &Shape, idx: &Shape, axis: usize) -> Result<Shape, String> {
    match axis < x.len() {
        true => Ok(x[..axis].iter().chain(idx.iter()).chain(&x[axis + 1..]).copied().collect()),
        false => Err(format!("axis {axis} is out of range for shape {x}")),
    }
}

pub(super) fn scatter_shape(x: &Shape, idx: &Shape, axis: usize, target: &Shape) -> Result<Shape, String> {
    match gather_shape(target, idx, axis) {
        Ok(gathered) if gathered == *x => Ok(target.clone()),
        _ => Err(format!(
            "rows of shape {x} at indices of shape {idx} do not add into axis {axis} of {target}"
        )),
    }
}

pub(super) fn one_hot_shape(idx: &Shape, target: &Shape) -> Result<Shape, String> {
    match target[..].split_last() {
        Some((_, rows)) if *rows == idx[..] => Ok(target.clone()),
        _ => Err(format!("one-hot rows of indices of shape {idx} do not have shape {target}")),
    }
}

pub(super) fn argmax_shape(x: &Shape, axis: usize) -> Result<Shape, String> {
    match x.get(axis) {
        Some(0) => Err(format!("axis {axis} of shape {x} is empty, and argmax of nothing has no value")),
        Some(_) => Ok(x.with(axis, 1)),
        None => Err(format!("axis {axis} is out of range for shape {x}")),
    }
}

#[track_caller]
pub(super) fn gathered<'g>(x: Var<'g>, idx: Var<'g>, axis: usize) -> Var<'g> {
    x.push(Op::Gather(axis), &[x, idx], gather_shape(&x.shape(), &idx.shape(), axis))
}

#[track_caller]
pub(super) fn scatter<'g>(x: Var<'g>, idx: Var<'g>, axis: usize, target: &Shape) -> Var<'g> {
    x.push(Op::ScatterAdd(axis), &[x, idx], scatter_shape(&x.shape(), &idx.shape(), axis, target))
}

impl<'g> Var<'g> {
    /// The rows of an axis at the given indices, whose axes replace that one: an embedding look-up.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let table = g.value(tensor![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    /// let word = g.labels("word", [2], 3);
    /// let mut rows = g.compile::<f64>([table.gather(word, 0)])?;
    /// let out = rows.run(&Params::new(), [word.feed(&tensor![2, 0])])?;
    /// assert_eq!(out.at(0).to_string(), "[[5, 6], [1, 2]]");
    /// # Ok::<(), gradus::Error>(())
    /// ```
    #[track_caller]
    pub fn gather(self, indices: Idx<'g>, axis: impl IntoAxis) -> Var<'g> {
        let (x, idx) = (self.shape(), indices.shape());
        let shape = axis.position(x.len()).and_then(|at| match indices.classes() <= x[at] {
            true => Ok((at, gather_shape(&x, &idx, at)?)),
            false => {
                Err(format!("the indices go up to {}, but axis {at} has only {}", indices.classes(), x[at]))
            }
        });
        let (at, shape) = shape.map_or_else(|problem| (0, Err(problem)), |(at, shape)| (at, Ok(shape)));
        self.push(Op::Gather(at), &[self, indices.0], shape)
    }

    /// Zeros of `size` along an axis, to which each row is added at its index; the transpose of
    /// [`gather`](Var::gather). Rows with the same index add up, in the order of the indices.
    #[track_caller]
    pub fn scatter_add(self, indices: Idx<'g>, axis: impl IntoAxis, size: usize) -> Var<'g> {
        let (x, idx) = (self.shape(), indices.shape());
        let rank = (x.len() + 1).saturating_sub(idx.len());
        let shape = axis.position(rank).and_then(|at| {
            let tail = (at + idx.len()).min(x.len());
            let target: Shape = x[..at].iter().chain([&size]).chain(&x[tail..]).copied().collect();
            match indices.classes() <= size {
                true => Ok((at, scatter_shape(&x, &idx, at, &target)?)),
                false => Err(format!("the indices go up to {}, but the size is {size}", indices.classes())),
            }
        });
        let (at, shape) = shape.map_or_else(|problem| (0, Err(problem)), |(at, shape)| (at, Ok(shape)));
        self.push(Op::ScatterAdd(at), &[self, indices.0], shape)
    }

    /// The element at its index from each row along the last axis: `[…, n]` and `[…]` to `[…, 1]`.
    #[track_caller]
    pub fn pick(self, indices: Idx<'g>) -> Var<'g> {
        let _call = self.graph.call("pick");
        let (x, idx) = (self.shape(), indices.shape());
        let width = x.last().copied().unwrap_or(0);
        let problem = match x.split_last() {
            _ if !indices.0.is_of(self.graph) => Some(String::new()),
            None => Some("a scalar has nothing to pick from".into()),
            Some((_, rows)) if *rows != idx[..] => Some(format!(
                "indices of shape {idx} do not fit the rows of shape {x}, which have shape {}",
                Shape::from(rows)
            )),
            _ if indices.classes() > width => {
                Some(format!("the indices go up to {}, but a row has only {width}", indices.classes()))
            }
            _ => None,
        };
        if let Some(problem) = problem {
            return self.graph.refuse("pick", &[("from", self), ("indices", indices.0)], problem);
        }
        // A choice, not a product, so that an infinite element beside the chosen one adds nothing.
        indices.one_hot_of(width).select(self, 0.0).sum(-1)
    }

    /// The index of the first largest element along an axis, which stays with size 1, or among all elements
    /// (`..`), row by row, as a scalar. A NaN is the largest.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![[1.0, 3.0], [5.0, 4.0]]);
    /// let best = x.argmax(1);
    /// assert_eq!(best.shape()[..], [2, 1]);
    /// // Labels have no such axis, so it goes before the two are compared.
    /// let hits = best.squeeze(1).agrees_with(g.labels("label", [2], 2));
    /// assert_eq!(hits.shape()[..], [2]);
    /// ```
    #[track_caller]
    pub fn argmax(self, axis: impl Into<Axes>) -> Idx<'g> {
        let _call = self.graph.call("argmax");
        let x = self.shape();
        let at = match axis.into().one(x.len()) {
            Ok(Some(at)) => at,
            Ok(None) => {
                let all = if x.len() == 1 { self } else { self.reshape([x.size()]) };
                return all.argmax(0).squeeze(0);
            }
            Err(problem) => return Idx(self.push(Op::ArgMax(0), &[self], Err(problem))),
        };
        Idx(self.push(Op::ArgMax(at), &[self], argmax_shape(&x, at)))
    }

    /// The index of the first smallest element along an axis, which stays with size 1, or among all elements (`..`), row
    /// by row, as a scalar. A NaN is the smallest, as in NumPy and PyTorch.
    #[track_caller]
    pub fn argmin(self, axis: impl Into<Axes>) -> Idx<'g> {
        let _call = self.graph.call("argmin");
        (-self).argmax(axis)
    }
}

impl<'g> Idx<'g> {
    /// The same indices in row-major order under another shape, of which one size may be −1.
    #[track_caller]
    pub fn reshape(self, shape: impl Into<NewShape>) -> Idx<'g> {
        Idx(self.0.reshape(shape))
    }

    /// The same indices without an axis of size 1, such as the one that [`argmax`](Var::argmax) leaves.
    #[track_caller]
    pub fn squeeze(self, axis: impl IntoAxis) -> Idx<'g> {
        Idx(self.0.squeeze(axis))
    }

    /// The same indices with an axis of size 1 put in at a place, counted in the result: -1 puts it last.
    #[track_caller]
    pub fn unsqueeze(self, axis: impl IntoAxis) -> Idx<'g> {
        Idx(self.0.unsqueeze(axis))
    }

    /// A new last axis with 1 at the index and 0 elsewhere, as wide as there are classes.
    #[track_caller]
    pub fn one_hot(self) -> Var<'g> {
        self.one_hot_of(self.classes())
    }

    /// One-hot rows of another width; an index beyond it makes a row of zeros.
    #[track_caller]
    pub(crate) fn one_hot_of(self, width: usize) -> Var<'g> {
        let target: Shape = self.shape().iter().copied().chain([width]).collect();
        self.0.push(Op::OneHot, &[self.0], Ok(target))
    }

    /// The mask that is 1 where two indices are equal; its mean is the accuracy.
    #[track_caller]
    pub fn agrees_with(self, other: Idx<'g>) -> Var<'g> {
        let _call = self.0.graph.call("agrees_with");
        let (a, b) = (self.shape(), other.shape());
        let kept = a.len() != b.len() && (a.contains(&1) || b.contains(&1));
        let hint = if kept { "; an axis of size 1 goes by `squeeze`" } else { "" };
        let shape = if a == b { Ok(a) } else { Err(format!("the shapes {a} and {b} must be equal{hint}")) };
        self.0.push(Op::SameIndex, &[self.0, other.0], shape)
    }
}
