//! Elements in another arrangement, made of slices, joints, windows and choices by constant indices.

use super::view::ends;
use crate::graph::{Graph, Idx, Var};
use crate::shape::{Axes, IntoAxis, List, Shape};
use crate::tensor::Tensor;
use std::ops::RangeBounds;

impl<'g> Var<'g> {
    /// The elements in reverse order along some axes, or along all (`..`): PyTorch's and NumPy's `flip`.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.flip(1).to_string(), "[[2, 1], [4, 3]]");
    /// assert_eq!(x.flip(..).to_string(), "[[4, 3], [2, 1]]");
    /// // Every second element, from the last on.
    /// let row = g.value(tensor![1.0, 2.0, 3.0, 4.0, 5.0]);
    /// assert_eq!(row.flip(0).slice_step(0, .., 2).to_string(), "[5, 3, 1]");
    /// ```
    #[track_caller]
    pub fn flip(self, axes: impl Into<Axes>) -> Var<'g> {
        let _call = self.graph.call("flip");
        let axes = match axes.into().resolve(self.rank()) {
            Ok(axes) => axes,
            Err(problem) => return self.graph.refuse("flip", &[("value", self)], problem),
        };
        let mut y = self;
        for axis in axes.into_iter().filter(|&axis| self.size(axis) > 1) {
            let n = self.size(axis);
            y = match Tensor::try_from_fn([n], |at| n - 1 - at[0]) {
                Ok(back) => y.gather(self.graph.indices(back), axis),
                Err(error) => return self.graph.refuse("flip", &[("value", self)], error.to_string()),
            };
        }
        y
    }

    /// The elements moved along an axis by `shift` places toward the end, or toward the start if it is negative; those
    /// that leave one end come in at the other.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![1.0, 2.0, 3.0, 4.0]);
    /// assert_eq!(x.roll(1, 0).to_string(), "[4, 1, 2, 3]");
    /// assert_eq!(x.roll(-1, 0).to_string(), "[2, 3, 4, 1]");
    /// ```
    #[track_caller]
    pub fn roll(self, shift: isize, axis: impl IntoAxis) -> Var<'g> {
        let _call = self.graph.call("roll");
        let at = match axis.position(self.rank()) {
            Ok(at) => at,
            Err(problem) => return self.graph.refuse("roll", &[("value", self)], problem),
        };
        let n = self.size(at);
        let moved = if n == 0 { 0 } else { shift.rem_euclid(n as isize) as usize };
        match moved {
            0 => self,
            moved => self.graph.cat(&[self.slice(at, n - moved..), self.slice(at, ..n - moved)], at),
        }
    }

    /// The whole value again and again: `repeats` copies along each axis, counted from the last; NumPy's `tile` and
    /// PyTorch's `repeat`. Axes that are missing in one of them are taken as 1.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![[1.0, 2.0]]);
    /// assert_eq!(x.tile(2).to_string(), "[[1, 2, 1, 2]]");
    /// assert_eq!(x.tile([3, 1]).to_string(), "[[1, 2], [1, 2], [1, 2]]");
    /// ```
    #[track_caller]
    pub fn tile(self, repeats: impl Into<Shape>) -> Var<'g> {
        let _call = self.graph.call("tile");
        let (shape, repeats) = (self.shape(), repeats.into());
        let rank = shape.len().max(repeats.len());
        let long = |sizes: &Shape| -> List {
            std::iter::repeat_n(1, rank - sizes.len()).chain(sizes.iter().copied()).collect()
        };
        let (sizes, counts) = (long(&shape), long(&repeats));
        let target: Shape = sizes.iter().zip(&counts).map(|(&n, &count)| n.saturating_mul(count)).collect();
        let target = match target.checked() {
            Ok(target) => target,
            Err(problem) => return self.graph.refuse("tile", &[("value", self)], problem),
        };
        let apart: Shape = sizes.iter().flat_map(|&n| [1, n]).collect();
        let each: Shape = counts.iter().zip(&sizes).flat_map(|(&count, &n)| [count, n]).collect();
        self.reshape(apart).broadcast_to(each).reshape(target)
    }

    /// Each element along an axis `count` times, one after another: NumPy's `repeat` and PyTorch's `repeat_interleave`.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![1.0, 2.0]);
    /// assert_eq!(x.repeat_interleave(2, 0).to_string(), "[1, 1, 2, 2]");
    /// ```
    #[track_caller]
    pub fn repeat_interleave(self, count: usize, axis: impl IntoAxis) -> Var<'g> {
        let _call = self.graph.call("repeat_interleave");
        let shape = self.shape();
        let target = axis
            .position(shape.len())
            .and_then(|at| Ok((at, shape.with(at, shape[at].saturating_mul(count)).checked()?)));
        match target {
            Ok((at, target)) => {
                let each: Shape =
                    shape[..=at].iter().chain([&count]).chain(&shape[at + 1..]).copied().collect();
                self.unsqueeze(at + 1).broadcast_to(each).reshape(target)
            }
            Err(problem) => self.graph.refuse("repeat_interleave", &[("value", self)], problem),
        }
    }

    /// Every `step`-th element of a part of one axis, from its first on: Python's `x[start:end:step]`. It is a view, for
    /// which nothing is copied. A negative step is that of the axis [flipped](Var::flip).
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![0.0, 1.0, 2.0, 3.0, 4.0]);
    /// assert_eq!(x.slice_step(0, .., 2).to_string(), "[0, 2, 4]");
    /// assert_eq!(x.slice_step(0, 1..4, 2).to_string(), "[1, 3]");
    /// ```
    #[track_caller]
    pub fn slice_step(self, axis: impl IntoAxis, range: impl RangeBounds<usize>, step: usize) -> Var<'g> {
        let _call = self.graph.call("slice_step");
        if step == 0 {
            let problem = "the step is 0, and it has to be 1 or more".into();
            return self.graph.refuse("slice_step", &[("value", self)], problem);
        }
        let part = self.slice(axis, range);
        match axis.position(part.rank()) {
            Ok(at) if step > 1 && part.size(at) > 1 => part.unfold(at, 1, step).squeeze(at + 1),
            _ => part,
        }
    }

    /// Neighboring axes as one, with the elements in the order that they have: all from one on (`1..`), all (`..`), or
    /// some (`0..2`). Flattening no axes, as of a scalar, puts in one of size 1.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.input("x", [8, 3, 4, 5]);
    /// assert_eq!(x.flatten(1..).shape()[..], [8, 60]);
    /// assert_eq!(x.flatten(..).shape()[..], [480]);
    /// assert_eq!(x.flatten(1..3).shape()[..], [8, 12, 5]);
    /// ```
    #[track_caller]
    pub fn flatten(self, axes: impl RangeBounds<usize>) -> Var<'g> {
        let _call = self.graph.call("flatten");
        let shape = self.shape();
        let (start, end) = ends(&axes, shape.len());
        if start > end || end > shape.len() {
            let problem = format!("{start}..{end} is not inside the {} axes of shape {shape}", shape.len());
            return self.graph.refuse("flatten", &[("value", self)], problem);
        }
        let one: usize = shape[start..end].iter().product();
        self.reshape(shape[..start].iter().chain([&one]).chain(&shape[end..]).copied().collect::<Shape>())
    }

    /// The outer product of two vectors, `x[i]·y[j]`: `[n]` and `[m]` to `[n, m]`.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![1.0, 2.0]);
    /// assert_eq!(x.outer(g.value(tensor![3.0, 4.0, 5.0])).to_string(), "[[3, 4, 5], [6, 8, 10]]");
    /// ```
    #[track_caller]
    pub fn outer(self, other: Var<'g>) -> Var<'g> {
        let _call = self.graph.call("outer");
        let both = [("left", self), ("right", other)];
        let whole = both.iter().all(|(_, x)| !x.is_poisoned() && x.is_of(self.graph));
        if !whole || self.rank() != 1 || other.rank() != 1 {
            let (a, b) = (self.shape(), other.shape());
            let problem = format!("both sides are to be vectors; the shapes are {a} and {b}");
            return self.graph.refuse("outer", &both, problem);
        }
        self.unsqueeze(1) * other.unsqueeze(0)
    }

    /// The diagonal of the last two axes: `[…, n, m]` to `[…, min(n, m)]`. It is a view of a value that lies in order.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    /// assert_eq!(x.diagonal().to_string(), "[1, 5]");
    /// ```
    #[track_caller]
    pub fn diagonal(self) -> Var<'g> {
        let _call = self.graph.call("diagonal");
        let shape = self.shape();
        let [before @ .., n, m] = &shape[..] else {
            let problem = format!("a diagonal is of rows and columns; the shape is {shape}");
            return self.graph.refuse("diagonal", &[("value", self)], problem);
        };
        let flat: Shape = before.iter().copied().chain([n * m]).collect();
        let (flat, count) = (self.reshape(flat), (*n).min(*m));
        // From one element of the diagonal to the next there is a row and one more.
        flat.slice_step(-1, ..if count == 0 { 0 } else { (count - 1) * (m + 1) + 1 }, m + 1)
    }
}

impl Graph {
    /// The numbers `0, 1, …, n − 1`: NumPy's and PyTorch's `arange(n)`. Other ranges are `start + step·x`.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// assert_eq!((g.arange(3) * 0.5 + 1.0).to_string(), "[1, 1.5, 2]");
    /// ```
    #[track_caller]
    pub fn arange(&self, n: usize) -> Var<'_> {
        let _call = self.call("arange");
        match Shape::from([n]).checked().map_err(|problem| problem.to_string()).and_then(|shape| {
            Tensor::try_from_fn(shape, |at| at[0] as f64).map_err(|error| error.to_string())
        }) {
            Ok(numbers) => self.value(numbers),
            Err(problem) => self.refuse("arange", &[], problem),
        }
    }

    /// Constant indices, such as those of rows to [`gather`](Var::gather). They count as below the largest of them plus 1.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    /// assert_eq!(x.gather(g.indices(tensor![2, 0]), 0).to_string(), "[[5, 6], [1, 2]]");
    /// ```
    #[track_caller]
    pub fn indices(&self, indices: impl Into<Tensor<usize>>) -> Idx<'_> {
        self.constant_indices(indices.into())
    }
}
