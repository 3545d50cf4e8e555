//! The matrix product over the last two axes; earlier axes are a shared batch. Either side may be
//! read transposed, so its derivative moves no data.

use crate::graph::Var;
use crate::op::Op;
use crate::shape::Shape;

/// Rows and columns, as read.
fn matrix(x: &Shape, transposed: bool) -> Option<(usize, usize)> {
    match (&x[..], transposed) {
        ([.., m, n], false) | ([.., n, m], true) => Some((*m, *n)),
        _ => None,
    }
}

pub(super) fn shape(a: &Shape, b: &Shape, ta: bool, tb: bool) -> Result<Shape, String> {
    let (Some((m, k)), Some((l, n))) = (matrix(a, ta), matrix(b, tb)) else {
        return Err(format!("both sides need rows and columns; the shapes are {a} and {b}"));
    };
    if k != l {
        let columns = if ta { "rows of the transposed left" } else { "columns of the left" };
        let rows = if tb { "columns of the transposed right" } else { "rows of the right" };
        return Err(format!("{columns} ({k}) must equal {rows} ({l})"));
    }
    let (batch, other) = (&a[..a.len() - 2], &b[..b.len() - 2]);
    match batch == other {
        true => Ok(batch.iter().copied().chain([m, n]).collect()),
        false => {
            Err(format!("the batch axes {batch:?} of the left and {other:?} of the right must be equal"))
        }
    }
}

#[track_caller]
fn matmul<'g>(a: Var<'g>, b: Var<'g>, [ta, tb]: [bool; 2], strong: [bool; 2]) -> Var<'g> {
    a.push(Op::MatMul { ta, tb, strong }, &[a, b], shape(&a.shape(), &b.shape(), ta, tb))
}

/// `⟨ct, A·B⟩ = ⟨ct·Bᵀ, A⟩ = ⟨Aᵀ·ct, B⟩`, each transposed if its side was read transposed. An exact zero of the
/// cotangent wins, and so does one of a side that was itself a cotangent.
#[track_caller]
pub(super) fn vjp<'g>(
    i: usize,
    [ta, tb]: [bool; 2],
    [sa, sb]: [bool; 2],
    [a, b]: [Var<'g>; 2],
    ct: Var<'g>,
) -> Var<'g> {
    match (i, ta, tb) {
        (0, false, _) => matmul(ct, b, [false, !tb], [true, sb]),
        (0, true, _) => matmul(b, ct, [tb, true], [sb, true]),
        (_, _, false) => matmul(a, ct, [!ta, false], [sa, true]),
        (_, _, true) => matmul(ct, a, [true, ta], [true, sa]),
    }
}

/// Returns a linear operation for a tangent in place of argument `i`: an exact zero of it wins in a product.
pub(super) fn strong_in(op: &Op, i: usize) -> Op {
    let mut op = op.clone();
    if let Op::MatMul { strong, .. } = &mut op {
        strong[i] = true;
    }
    op
}

impl<'g> Var<'g> {
    /// The matrix product `A·B` over the last two axes: `[…, m, k]` and `[…, k, n]` to `[…, m, n]`.
    /// Earlier axes are a batch and broadcast. A vector on the left is a row, on the right a column.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let a = g.value(tensor![[1.0, 2.0], [3.0, 4.0]]);
    /// let v = g.value(tensor![1.0, 1.0]);
    /// assert_eq!(a.matmul(a).to_string(), "[[7, 10], [15, 22]]");
    /// assert_eq!(a.matmul(v).to_string(), "[3, 7]");
    /// ```
    #[track_caller]
    pub fn matmul(self, right: Var<'g>) -> Var<'g> {
        let _call = self.graph.call("matmul");
        self.product(right, false)
    }

    /// The matrix product with the right side transposed, `A·Bᵀ`, which a linear layer computes.
    #[track_caller]
    pub fn matmul_t(self, right: Var<'g>) -> Var<'g> {
        let _call = self.graph.call("matmul_t");
        self.product(right, true)
    }

    /// The matrix product in which an exact zero of the left side wins, also beside NaN.
    #[track_caller]
    pub(super) fn matmul_strong(self, right: Var<'g>) -> Var<'g> {
        self.product_of(right, false, [true, false])
    }

    #[track_caller]
    fn product(self, right: Var<'g>, tb: bool) -> Var<'g> {
        self.product_of(right, tb, [false; 2])
    }

    #[track_caller]
    fn product_of(self, right: Var<'g>, tb: bool, strong: [bool; 2]) -> Var<'g> {
        let poisoned = self.is_poisoned() || right.is_poisoned() || !right.is_of(self.graph);
        let (rank, other) = (self.rank(), right.rank());
        if poisoned || rank == 0 || other == 0 || (tb && other == 1) {
            return matmul(self, right, [false, tb], strong);
        }
        let a = if rank == 1 { self.unsqueeze(0) } else { self };
        let b = if other == 1 { right.unsqueeze(1) } else { right };
        // The shapes are checked without their batch axes first, so that a fault names the shapes that were
        // given.
        let (sa, sb) = (a.shape(), b.shape());
        let (batch_a, batch_b): (Shape, Shape) = (sa[..sa.len() - 2].into(), sb[..sb.len() - 2].into());
        let Some(batch) = batch_a.broadcast(&batch_b) else {
            return matmul(self, right, [false, tb], strong);
        };
        let (tail_a, tail_b): (Shape, Shape) = (sa[sa.len() - 2..].into(), sb[sb.len() - 2..].into());
        let whole = |tail: &Shape| batch.iter().chain(tail.iter()).copied().collect::<Shape>().checked();
        let sides = shape(&tail_a, &tail_b, false, tb).and_then(|_| Ok((whole(&tail_a)?, whole(&tail_b)?)));
        let (whole_a, whole_b) = match sides {
            Ok(sides) => sides,
            Err(problem) => {
                let op = Op::MatMul { ta: false, tb, strong };
                return self.push(op, &[self, right], Err(problem));
            }
        };
        let y = matmul(a.broadcast_to(whole_a), b.broadcast_to(whole_b), [false, tb], strong);
        match (rank, other) {
            (1, 1) => y.reshape(()),
            (1, _) => y.squeeze(-2),
            (_, 1) => y.squeeze(-1),
            _ => y,
        }
    }

    /// The sum of the products of all elements, `Σ a·b`: a scalar.
    #[track_caller]
    pub fn dot(self, other: Var<'g>) -> Var<'g> {
        let _call = self.graph.call("dot");
        (self * other).sum(..)
    }
}
