//! Operations that move elements and compute nothing: views, cuts and joints. The derivative of each is
//! another of them.

use crate::graph::{Graph, Var};
use crate::op::Op;
use crate::shape::{Axes, IntoAxis, List, NewShape, Shape};
use std::ops::{Bound, RangeBounds};

pub(super) fn broadcast_shape(x: &Shape, target: &Shape) -> Result<Shape, String> {
    match x.fits(target) {
        true => Ok(target.clone()),
        false => Err(format!("shape {x} cannot be repeated to {target}")),
    }
}

pub(super) fn reshape_shape(x: &Shape, target: &Shape) -> Result<Shape, String> {
    match x.size() == target.size() {
        true => Ok(target.clone()),
        false => Err(format!("shape {x} has {} elements, and {target} has {}", x.size(), target.size())),
    }
}

pub(super) fn permute_shape(x: &Shape, order: &List) -> Result<Shape, String> {
    let mut sorted = order.clone();
    sorted.sort_unstable();
    match sorted.iter().copied().eq(0..x.len()) {
        true => Ok(x.permuted(order)),
        false => Err(format!("{order:?} is not an order of the axes of shape {x}")),
    }
}

pub(super) fn slice_shape(x: &Shape, start: &List, target: &Shape) -> Result<Shape, String> {
    let ranks = x.len() == target.len() && x.len() == start.len();
    let inside = |axis: usize| start[axis].checked_add(target[axis]).is_some_and(|end| end <= x[axis]);
    match ranks && (0..x.len()).all(inside) {
        true => Ok(target.clone()),
        false => Err(format!("a box of shape {target} from {start:?} on is not inside shape {x}")),
    }
}

pub(super) fn cat_shape(parts: &[Shape], axis: usize) -> Result<Shape, String> {
    let Some(first) = parts.first().filter(|first| axis < first.len()) else {
        return Err(format!("there is nothing to join along axis {axis}"));
    };
    match parts.iter().find(|part| part.len() != first.len() || part.without(axis) != first.without(axis)) {
        Some(part) => Err(format!("the shapes {first} and {part} must be equal but for axis {axis}")),
        None => Ok(first.with(axis, Shape::sum(parts.iter().map(|part| part[axis])))),
    }
}

/// The shape of windows, whose size and count stand in `target` at `axis`.
pub(super) fn window_shape(x: &Shape, axis: usize, step: usize, target: &Shape) -> Result<Shape, String> {
    let (Some(&n), Some(&[count, size])) =
        (x.get(axis), target.get(axis..axis + 2).and_then(|two| two.first_chunk::<2>()))
    else {
        return Err(format!("axis {axis} of shape {x} cannot be cut into windows"));
    };
    let around = x[..axis] == target[..axis] && x[axis + 1..] == target[axis + 2..];
    match around && step > 0 && size > 0 && size <= n && count == (n - size) / step + 1 {
        true => Ok(target.clone()),
        false => Err(format!("windows of size {size}, {step} apart, do not fit axis {axis} of shape {x}")),
    }
}

/// The start and the end of a range of `n` places.
pub(super) fn ends(range: &impl RangeBounds<usize>, n: usize) -> (usize, usize) {
    let start = match range.start_bound() {
        Bound::Included(&n) => n,
        Bound::Excluded(&n) => n.saturating_add(1),
        Bound::Unbounded => 0,
    };
    let end = match range.end_bound() {
        Bound::Included(&n) => n.saturating_add(1),
        Bound::Excluded(&n) => n,
        Bound::Unbounded => n,
    };
    (start, end)
}

#[track_caller]
pub(super) fn unpermute<'g>(x: Var<'g>, order: &List) -> Var<'g> {
    let mut inverse: List = smallvec::smallvec![0; order.len()];
    order.iter().enumerate().for_each(|(to, &from)| inverse[from] = to);
    let shape = x.shape().permuted(&inverse);
    x.push(Op::Permute(inverse), &[x], Ok(shape))
}

/// The part of a joint value that came from argument `i`.
#[track_caller]
pub(super) fn cat_part<'g>(ct: Var<'g>, parts: &[Var<'g>], axis: usize, i: usize) -> Var<'g> {
    let before: usize = parts[..i].iter().map(|part| part.size(axis)).sum();
    let mut start: List = smallvec::smallvec![0; ct.rank()];
    start[axis] = before;
    ct.slice_from(&start, &parts[i].shape())
}

#[track_caller]
pub(super) fn windows<'g>(x: Var<'g>, axis: usize, step: usize, target: &Shape) -> Var<'g> {
    x.push(Op::Unfold { axis, step }, &[x], window_shape(&x.shape(), axis, step, target))
}

#[track_caller]
pub(super) fn overlap<'g>(x: Var<'g>, axis: usize, step: usize, target: &Shape) -> Var<'g> {
    let shape = window_shape(target, axis, step, &x.shape()).map(|_| target.clone());
    x.push(Op::Overlap { axis, step }, &[x], shape)
}

impl<'g> Var<'g> {
    /// The same elements in row-major order under another shape, of which one size may be −1: as many as the elements
    /// fill.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.input("x", [2, 3, 4]);
    /// assert_eq!(x.reshape([6, -1]).shape()[..], [6, 4]);
    /// ```
    #[track_caller]
    pub fn reshape(self, shape: impl Into<NewShape>) -> Var<'g> {
        let from = self.shape();
        let to = shape.into().of(&from);
        match to.as_ref() == Ok(&from) && !self.is_poisoned() {
            true => self,
            false => self.push(Op::Reshape, &[self], to.and_then(|to| reshape_shape(&from, &to))),
        }
    }

    /// The axes in another order: axis `i` of the result is axis `order[i]` of this value.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.input("x", [2, 3, 4]);
    /// assert_eq!(x.permute([-1, 0, 1]).shape()[..], [4, 2, 3]);
    /// ```
    #[track_caller]
    pub fn permute(self, order: impl Into<Axes>) -> Var<'g> {
        let (x, order) = (self.shape(), order.into());
        match order.in_order(x.len()) {
            Ok(order) => {
                let shape = permute_shape(&x, &order);
                self.push(Op::Permute(order), &[self], shape)
            }
            Err(problem) => self.push(Op::Permute(List::new()), &[self], Err(problem)),
        }
    }

    /// The matrix transposed: the last two axes exchanged.
    #[track_caller]
    pub fn t(self) -> Var<'g> {
        let _call = self.graph.call("t");
        self.transpose(-2, -1)
    }

    /// Two axes exchanged.
    #[track_caller]
    pub fn transpose(self, a: impl IntoAxis, b: impl IntoAxis) -> Var<'g> {
        let _call = self.graph.call("transpose");
        let rank = self.rank();
        match a.position(rank).and_then(|a| Ok((a, b.position(rank)?))) {
            Ok((a, b)) => {
                let mut order: List = (0..rank).collect();
                order.swap(a, b);
                self.permute(&order[..])
            }
            Err(problem) => self.push(Op::Permute(List::new()), &[self], Err(problem)),
        }
    }

    /// The value repeated to fill a shape: axes are matched from the last, and an axis of size 1, or
    /// one that is not there, is repeated.
    #[track_caller]
    pub fn broadcast_to(self, shape: impl Into<Shape>) -> Var<'g> {
        let _call = self.graph.call("broadcast_to");
        let (from, to) = (self.shape(), shape.into());
        match from == to && !self.is_poisoned() {
            true => self,
            false => self.push(Op::Broadcast, &[self], broadcast_shape(&from, &to)),
        }
    }

    /// An axis of size 1 put in at a place, counted in the result: -1 puts it last.
    #[track_caller]
    pub fn unsqueeze(self, axis: impl IntoAxis) -> Var<'g> {
        let _call = self.graph.call("unsqueeze");
        let shape = self.shape();
        match axis.position(shape.len() + 1) {
            Ok(at) => {
                self.reshape(shape[..at].iter().chain(&[1]).chain(&shape[at..]).copied().collect::<Shape>())
            }
            Err(problem) => self.push(Op::Reshape, &[self], Err(problem)),
        }
    }

    /// An axis of size 1 taken out.
    #[track_caller]
    pub fn squeeze(self, axis: impl IntoAxis) -> Var<'g> {
        let _call = self.graph.call("squeeze");
        let shape = self.shape();
        match axis.position(shape.len()) {
            Ok(at) if shape[at] == 1 => self.reshape(shape.without(at)),
            Ok(at) => {
                self.push(Op::Reshape, &[self], Err(format!("axis {at} of shape {shape} is not of size 1")))
            }
            Err(problem) => self.push(Op::Reshape, &[self], Err(problem)),
        }
    }

    /// A part of one axis.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![1.0, 2.0, 3.0, 4.0]);
    /// assert_eq!(x.slice(0, 1..3).to_string(), "[2, 3]");
    /// assert_eq!(x.slice(-1, ..2).to_string(), "[1, 2]");
    /// ```
    #[track_caller]
    pub fn slice(self, axis: impl IntoAxis, range: impl RangeBounds<usize>) -> Var<'g> {
        let shape = self.shape();
        let cut = axis.position(shape.len()).and_then(|at| {
            let (start, end) = ends(&range, shape[at]);
            match start <= end && end <= shape[at] {
                true => Ok((at, start, end - start)),
                false => Err(format!("{start}..{end} is not inside axis {at} of shape {shape}")),
            }
        });
        match cut {
            Ok((at, start, size)) => {
                let mut from: List = smallvec::smallvec![0; shape.len()];
                from[at] = start;
                self.slice_from(&from, &shape.with(at, size))
            }
            Err(problem) => self.push(Op::Slice(List::new()), &[self], Err(problem)),
        }
    }

    #[track_caller]
    pub(crate) fn slice_from(self, start: &List, shape: &Shape) -> Var<'g> {
        if self.shape() == *shape && !self.is_poisoned() {
            return self;
        }
        self.push(Op::Slice(start.clone()), &[self], slice_shape(&self.shape(), start, shape))
    }

    /// Zeros put before and after the elements of one axis.
    #[track_caller]
    pub fn pad(self, axis: impl IntoAxis, before: usize, after: usize) -> Var<'g> {
        let shape = self.shape();
        let target = axis
            .position(shape.len())
            .and_then(|at| Ok((at, shape.with(at, Shape::sum([before, shape[at], after])).checked()?)));
        match target {
            Ok((at, target)) => {
                let mut start: List = smallvec::smallvec![0; shape.len()];
                start[at] = before;
                self.pad_from(&start, &target)
            }
            Err(problem) => self.push(Op::Pad(Box::default()), &[self], Err(problem)),
        }
    }

    #[track_caller]
    pub(crate) fn pad_from(self, start: &List, shape: &Shape) -> Var<'g> {
        if self.shape() == *shape && !self.is_poisoned() {
            return self;
        }
        let (op, shape) = (
            Op::Pad(Box::new([start.clone()])),
            slice_shape(shape, start, &self.shape()).map(|_| shape.clone()),
        );
        self.push(op, &[self], shape)
    }

    /// Overlapping windows of an axis, each as a row: `[…, n, …]` to `[…, count, size, …]`, with
    /// `count = (n − size) / step + 1`. With a matrix product it makes a convolution, with a fold a
    /// pooling.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![1.0, 2.0, 3.0, 4.0]);
    /// assert_eq!(x.unfold(0, 2, 1).to_string(), "[[1, 2], [2, 3], [3, 4]]");
    /// assert_eq!(x.unfold(0, 2, 1).sum(..).grad(x).to_string(), "[1, 2, 2, 1]");
    /// ```
    #[track_caller]
    pub fn unfold(self, axis: impl IntoAxis, size: usize, step: usize) -> Var<'g> {
        let shape = self.shape();
        let target = axis.position(shape.len()).and_then(|at| {
            let fits = step > 0 && size > 0 && size <= shape[at];
            let count = if fits { (shape[at] - size) / step + 1 } else { 0 };
            let target: Shape =
                shape[..at].iter().chain(&[count, size]).chain(&shape[at + 1..]).copied().collect();
            Ok((at, window_shape(&shape, at, step, &target)?))
        });
        let (axis, shape) = target.map_or_else(|problem| (0, Err(problem)), |(at, shape)| (at, Ok(shape)));
        self.push(Op::Unfold { axis, step }, &[self], shape)
    }

    /// Windows added back to where they were cut from, into an axis of size `n`: the transpose of
    /// [`unfold`](Var::unfold).
    #[track_caller]
    pub fn overlap_add(self, axis: impl IntoAxis, step: usize, n: usize) -> Var<'g> {
        let shape = self.shape();
        match axis.position(shape.len()) {
            Ok(at) if at + 1 < shape.len() => overlap(self, at, step, &shape.without(at + 1).with(at, n)),
            Ok(at) => self.push(
                Op::Overlap { axis: at, step },
                &[self],
                Err(format!("axis {at} has no windows after it")),
            ),
            Err(problem) => self.push(Op::Overlap { axis: 0, step }, &[self], Err(problem)),
        }
    }
}

impl Graph {
    /// Values one after another along an axis.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let (a, b) = (g.value(tensor![1.0]), g.value(tensor![2.0, 3.0]));
    /// assert_eq!(g.cat(&[a, b], 0).to_string(), "[1, 2, 3]");
    /// ```
    #[track_caller]
    pub fn cat<'g>(&'g self, parts: &[Var<'g>], axis: impl IntoAxis) -> Var<'g> {
        let shapes: Vec<Shape> = parts.iter().map(|part| part.shape()).collect();
        let at = match shapes.first() {
            Some(first) => axis.position(first.len()),
            None => Err("there is nothing to join".into()),
        };
        let shape = at.clone().and_then(|at| cat_shape(&shapes, at));
        self.var(self.push(Op::Cat(at.unwrap_or(0)), parts, shape))
    }

    /// Values of one shape side by side along a new axis.
    #[track_caller]
    pub fn stack<'g>(&'g self, parts: &[Var<'g>], axis: impl IntoAxis) -> Var<'g> {
        let _call = self.call("stack");
        let Some(first) = parts.first().map(|first| first.shape()) else { return self.cat(parts, axis) };
        let problem = match parts.iter().find(|part| part.shape() != first || !part.is_of(self)) {
            Some(part) => Some(format!("the shapes {first} and {} must be equal", part.shape())),
            None => axis.position(first.len() + 1).err(),
        };
        match problem {
            // Pushed with the parts, so that beside a poisoned one it is no fault of its own.
            Some(problem) => self.var(self.push(Op::Cat(0), parts, Err(problem))),
            None => {
                let parts: Vec<Var<'g>> = parts.iter().map(|part| part.unsqueeze(axis)).collect();
                self.cat(&parts, axis)
            }
        }
    }
}
