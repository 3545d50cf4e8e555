//! Sorting: the order of the elements along an axis as indices, and the elements at such indices.

use crate::graph::{Idx, Var};
use crate::op::Op;
use crate::shape::{IntoAxis, Shape};

pub(super) fn argsort_shape(x: &Shape, axis: usize, target: &Shape) -> Result<Shape, String> {
    match x.get(axis).zip(target.get(axis)) {
        Some((&n, &kept)) if kept <= n && x.with(axis, kept) == *target => Ok(target.clone()),
        _ => Err(format!("the order along axis {axis} of shape {x} does not have the shape {target}")),
    }
}

pub(super) fn along_shape(idx: &Shape, axis: usize) -> Result<Shape, String> {
    match axis < idx.len() {
        true => Ok(idx.clone()),
        false => Err(format!("axis {axis} is out of range for shape {idx}")),
    }
}

impl<'g> Var<'g> {
    /// The elements along an axis from the smallest to the largest. Elements that are equal keep their order, and so do 0
    /// and −0; a NaN counts as the largest, as in PyTorch, NumPy and JAX. Each element's derivative goes to the place that
    /// it came from.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![[3.0, 1.0, 2.0], [1.0, 1.0, 0.0]]);
    /// assert_eq!(x.sort(1).to_string(), "[[1, 2, 3], [0, 1, 1]]");
    /// let weights = g.value(tensor![100.0, 10.0, 1.0]);
    /// let slope = (x.sort(1) * weights).sum(..).grad(x);
    /// assert_eq!(slope.to_string(), "[[1, 100, 10], [10, 1, 100]]");
    /// ```
    #[track_caller]
    pub fn sort(self, axis: impl IntoAxis) -> Var<'g> {
        let _call = self.graph.call("sort");
        self.take_along_axis(self.argsort(axis), axis)
    }

    /// The elements along an axis from the largest to the smallest. Elements that are equal keep their order, as those of
    /// PyTorch's `sort(descending=True, stable=True)`; a NaN counts as the largest, so it stands first.
    #[track_caller]
    pub fn sort_descending(self, axis: impl IntoAxis) -> Var<'g> {
        let _call = self.graph.call("sort_descending");
        self.take_along_axis(self.argsort_descending(axis), axis)
    }

    /// The indices along an axis that sort it: those of the elements of [`sort`](Var::sort).
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![3.0, f64::NAN, 1.0, 3.0]);
    /// let order = x.argsort(0);
    /// assert_eq!(g.compile::<f64>([order])?.run_unfed(&Params::new())?[order].to_string(), "[2, 0, 3, 1]");
    /// # Ok::<(), gradus::Error>(())
    /// ```
    #[track_caller]
    pub fn argsort(self, axis: impl IntoAxis) -> Idx<'g> {
        let _call = self.graph.call("argsort");
        self.order(axis, false, None)
    }

    /// The indices along an axis that sort it from the largest to the smallest: those of the elements of
    /// [`sort_descending`](Var::sort_descending).
    #[track_caller]
    pub fn argsort_descending(self, axis: impl IntoAxis) -> Idx<'g> {
        let _call = self.graph.call("argsort_descending");
        self.order(axis, true, None)
    }

    /// The `k` largest elements along an axis, from the largest on, and their indices. Of elements that are equal the first
    /// come first; a NaN counts as the largest.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![1.0, 4.0, 3.0, 4.0]);
    /// let (largest, places) = x.topk(2, 0);
    /// assert_eq!(largest.to_string(), "[4, 4]");
    /// assert_eq!(g.compile::<f64>([places])?.run_unfed(&Params::new())?[places].to_string(), "[1, 3]");
    /// assert_eq!(largest.sum(..).grad(x).to_string(), "[0, 1, 0, 1]");
    /// # Ok::<(), gradus::Error>(())
    /// ```
    #[track_caller]
    pub fn topk(self, k: usize, axis: impl IntoAxis) -> (Var<'g>, Idx<'g>) {
        let _call = self.graph.call("topk");
        let order = self.order(axis, true, Some(k));
        (self.take_along_axis(order, axis), order)
    }

    /// The elements at indices along an axis, each row by indices of its own: `[…, n, …]` at `[…, k, …]` to `[…, k, …]`,
    /// `y[i, j] = x[i, indices[i, j]]`; NumPy's and JAX's `take_along_axis`, PyTorch's `gather`.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    /// let places = g.indices(tensor![[2, 0], [1, 1]]);
    /// assert_eq!(x.take_along_axis(places, 1).to_string(), "[[3, 1], [5, 5]]");
    /// ```
    #[track_caller]
    pub fn take_along_axis(self, indices: Idx<'g>, axis: impl IntoAxis) -> Var<'g> {
        let _call = self.graph.call("take_along_axis");
        let (x, idx) = (self.shape(), indices.shape());
        let at = axis.position(x.len()).and_then(|at| match idx.get(at) {
            Some(&k) if x.with(at, k) != idx || x.len() != idx.len() => Err(format!(
                "indices of shape {idx} do not fit shape {x}, whose axes but {at} they are to have"
            )),
            None => Err(format!("indices of shape {idx} do not fit shape {x}, of whose rank they are to be")),
            Some(_) if indices.classes() > x[at] => {
                Err(format!("the indices go up to {}, but axis {at} has only {}", indices.classes(), x[at]))
            }
            Some(_) => Ok(at),
        });
        match at {
            _ if self.is_poisoned() || indices.0.is_poisoned() || !indices.0.is_of(self.graph) => {
                self.graph.refuse("take_along_axis", &[("from", self), ("indices", indices.0)], String::new())
            }
            Err(problem) => {
                self.graph.refuse("take_along_axis", &[("from", self), ("indices", indices.0)], problem)
            }
            Ok(at) if x.len() == 1 => self.gather(indices, at),
            Ok(at) => self.reshape([x.size()]).gather(indices.along(at, x[at]), 0),
        }
    }

    #[track_caller]
    fn order(self, axis: impl IntoAxis, descending: bool, kept: Option<usize>) -> Idx<'g> {
        let x = self.shape();
        let shape = axis.position(x.len()).and_then(|at| match kept {
            Some(k) if k > x[at] => {
                Err(format!("{k} elements were asked for, and axis {at} of shape {x} has {}", x[at]))
            }
            kept => Ok((at, x.with(at, kept.unwrap_or(x[at])))),
        });
        let (axis, shape) = shape.map_or_else(|problem| (0, Err(problem)), |(at, shape)| (at, Ok(shape)));
        Idx(self.push(Op::ArgSort { axis, descending }, &[self], shape))
    }
}

impl<'g> Idx<'g> {
    /// Indices along an axis, of which a value has `size`, as positions among all of its elements in row-major order: its
    /// other axes are those of the indices.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let places = g.indices(tensor![[2, 0], [1, 1]]).along(1, 3);
    /// assert_eq!(g.compile::<f64>([places])?.run_unfed(&Params::new())?[places].to_string(), "[[2, 0], [4, 4]]");
    /// # Ok::<(), gradus::Error>(())
    /// ```
    #[track_caller]
    pub fn along(self, axis: impl IntoAxis, size: usize) -> Idx<'g> {
        let _call = self.0.graph.call("along");
        let idx = self.shape();
        let shape = axis.position(idx.len()).and_then(|at| {
            idx.with(at, size).checked()?;
            match self.classes() <= size {
                true => Ok((at, idx.clone())),
                false => Err(format!("the indices go up to {}, but the size is {size}", self.classes())),
            }
        });
        let (axis, shape) = shape.map_or_else(|problem| (0, Err(problem)), |(at, shape)| (at, Ok(shape)));
        Idx(self.0.push(Op::Along { axis, size }, &[self.0], shape))
    }
}
