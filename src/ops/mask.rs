//! Masks of 1 and 0: whether any or all are set, and those of triangles.

use crate::graph::Var;
use crate::shape::{Axes, Shape};
use crate::tensor::Tensor;

impl<'g> Var<'g> {
    /// The mask that is 1 where any of the elements along some axes, which stay with size 1, or of all (`..`), is other
    /// than 0; NaN is. It is 0 of no elements. No derivative goes through it.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![[0.0, 3.0], [0.0, 0.0]]);
    /// assert_eq!(x.any(1).to_string(), "[[1], [0]]");
    /// assert_eq!(x.all(..).to_string(), "0");
    /// ```
    #[track_caller]
    pub fn any(self, axes: impl Into<Axes>) -> Var<'g> {
        let _call = self.graph.call("any");
        self.ne(0.0).sum(axes).gt(0.0)
    }

    /// The mask that is 1 where all of the elements along some axes, which stay with size 1, or of all (`..`), are other
    /// than 0; NaN is. It is 1 of no elements. No derivative goes through it.
    #[track_caller]
    pub fn all(self, axes: impl Into<Axes>) -> Var<'g> {
        let _call = self.graph.call("all");
        self.eq(0.0).sum(axes).eq(0.0)
    }

    /// The lower triangle of the last two axes: the elements on and below a diagonal, and 0 above it, whatever stands there.
    /// The diagonal is the main one if it is 0, and lies that many places to the right of it, or to the left if it is
    /// negative.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    /// assert_eq!(x.tril(0).to_string(), "[[1, 0, 0], [4, 5, 0]]");
    /// assert_eq!(x.tril(1).to_string(), "[[1, 2, 0], [4, 5, 6]]");
    /// ```
    #[track_caller]
    pub fn tril(self, diagonal: isize) -> Var<'g> {
        let _call = self.graph.call("tril");
        self.triangle("tril", &|row, column| column - row <= diagonal as i128)
    }

    /// The upper triangle of the last two axes: the elements on and above a diagonal, and 0 below it; the diagonal is
    /// counted as that of [`tril`](Var::tril).
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    /// assert_eq!(x.triu(1).to_string(), "[[0, 2, 3], [0, 0, 6]]");
    /// ```
    #[track_caller]
    pub fn triu(self, diagonal: isize) -> Var<'g> {
        let _call = self.graph.call("triu");
        self.triangle("triu", &|row, column| column - row >= diagonal as i128)
    }

    #[track_caller]
    fn triangle(self, what: &str, inside: &dyn Fn(i128, i128) -> bool) -> Var<'g> {
        let shape = self.shape();
        let Some(last) = shape.len().checked_sub(2) else {
            let problem = format!("a triangle is of rows and columns; the shape is {shape}");
            return self.graph.refuse(what, &[("value", self)], problem);
        };
        let mask = Tensor::try_from_fn(Shape::from(&shape[last..]), |at| {
            f64::from(u8::from(inside(at[0] as i128, at[1] as i128)))
        });
        match mask {
            Ok(mask) => self.graph.value(mask).select(self, 0.0),
            Err(error) => self.graph.refuse(what, &[("value", self)], error.to_string()),
        }
    }
}
