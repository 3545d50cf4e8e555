//! The product of matrices, one for each index of the batch axes.

use crate::gemm::{self, Matrix};
use crate::plan::{Product, View};
use crate::set::{Divide, InstructionSet};
use crate::source::Strided;
use gradus_rows::Float;
use gradus_tensor::Shape;

/// Returns the number of scratch elements that a step needs.
pub(super) fn scratch<E>(set: InstructionSet, size: [usize; 3], [left, right]: [&View; 2]) -> usize {
    gemm::scratch::<E>(set, size, strides(left), strides(right))
}

/// A function that runs on rows of a product as soon as they are made, given the number of the first row.
pub(super) type Finish<'f, E> = &'f (dyn Fn(usize, &mut [E]) + Sync);

/// `out[b] ← left[b] · right[b]` for each index `b` of the batch axes of `shape`.
pub(super) fn contract<E: Float>(
    product @ Product { size: [m, _, n], .. }: Product,
    shape: &[usize],
    [a, b]: [Strided<'_, '_, E>; 2],
    out: &mut [E],
    scratch: &mut [E],
    (set, divide): (InstructionSet, Divide),
    finish: Finish<'_, E>,
) {
    if out.is_empty() {
        return;
    }
    let mut one = |index: &[usize], out: &mut [E]| {
        let [a, b] = [matrix(&a, index), matrix(&b, index)];
        match divide {
            Divide::Never => {
                gemm::product(set, product, a, b, out, scratch, &mut |first, rows| finish(first, rows));
            }
            _ => gemm::parallel((set, divide), product, a, b, out, scratch, finish),
        }
    };
    match &shape[..shape.len() - 2] {
        [] => one(&[], out),
        batch => {
            let batch = Shape::from(batch);
            let parts = out.chunks_exact_mut(m * n).enumerate();
            parts.for_each(|(i, out)| one(&batch.unravel(i), out));
        }
    }
}

fn matrix<'a, E: Float>(x: &Strided<'a, '_, E>, index: &[usize]) -> Matrix<'a, E> {
    let start =
        x.view.offset + index.iter().zip(&x.view.strides).map(|(i, stride)| i * stride).sum::<usize>();
    (x.data.get(start..).unwrap_or_default(), strides(x.view))
}

/// Returns the strides of rows and columns.
fn strides(view: &View) -> [usize; 2] {
    let rank = view.strides.len();
    [view.strides[rank - 2], view.strides[rank - 1]]
}
