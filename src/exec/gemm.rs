//! The matrix product: small ones by a kernel of our own, which takes no memory of its own and pays
//! for no packing of the left side; large ones by the `gemm` crate. Floor 6.

use super::Strided;
use super::small::{self, Matrix};
use crate::element::Element;
use crate::element::sealed::Gemm;
use crate::shape::Shape;
use gemm_common::Parallelism;
use rayon::prelude::*;

macro_rules! gemm {
    ($float:ident, $kernel:path) => {
        impl Gemm for $float {
            unsafe fn gemm(
                [m, n, k]: [usize; 3],
                (dst, dst_strides): (*mut Self, [isize; 2]),
                (lhs, lhs_strides): (*const Self, [isize; 2]),
                (rhs, rhs_strides): (*const Self, [isize; 2]),
            ) {
                let kernel = $kernel();
                // SAFETY: the caller vouches for the pointers and strides; one thread (`None`) and no
                // read of `dst` are asked for.
                unsafe {
                    kernel(
                        m,
                        n,
                        k,
                        dst,
                        dst_strides[1],
                        dst_strides[0],
                        false,
                        lhs,
                        lhs_strides[1],
                        lhs_strides[0],
                        rhs,
                        rhs_strides[1],
                        rhs_strides[0],
                        0.0,
                        1.0,
                        false,
                        false,
                        false,
                        Parallelism::None,
                    );
                }
            }
        }
    };
}
gemm!(f32, gemm_f32::gemm::f32::get_gemm_fn);
gemm!(f64, gemm_f64::gemm::f64::get_gemm_fn);

/// Multiply-adds below which a product is not worth a thread.
const WORTH: usize = 1 << 22;
/// Rows of a panel. The panels of a large product are the same for any number of threads.
const PANEL: usize = 128;

/// How many numbers of scratch a product needs, for the largest of a plan to be set aside.
pub(super) fn scratch<E>(k: usize, n: usize) -> usize {
    if small::serves::<E>(k, n) { small::packed::<E>(k, n) } else { 0 }
}

/// `out[b] ← left[b] · right[b]` for each index `b` of the batch axes of `shape`.
pub(super) fn contract<E: Element>(
    [m, k, n]: [usize; 3],
    shape: &Shape,
    [a, b]: [Strided<'_, '_, E>; 2],
    out: &mut [E],
    scratch: &mut [E],
    parallel: bool,
) {
    if out.is_empty() {
        return;
    }
    if k == 0 {
        return out.fill(E::default());
    }
    let own = small::serves::<E>(k, n);
    let batch = Shape::from(&shape[..shape.len() - 2]);
    let mut packed_from = None;
    for (i, out) in out.chunks_exact_mut(m * n).enumerate() {
        let index = batch.unravel(i);
        let start = |x: &Strided<'_, '_, E>| {
            x.view.offset + index.iter().zip(&x.view.strides).map(|(i, stride)| i * stride).sum::<usize>()
        };
        let [left, right] = [matrix(&a, start(&a)), matrix(&b, start(&b))];
        if own && packed_from != Some(start(&b)) {
            small::pack(right, [k, n], scratch);
            packed_from = Some(start(&b));
        }
        let packed = &*scratch;
        let panel = |(p, out): (usize, &mut [E])| {
            let (data, [rows, columns]) = left;
            let (left, m) = ((&data[p * PANEL * rows..], [rows, columns]), out.len() / n);
            match own {
                true => small::product([m, k, n], left, packed, out),
                false => product([m, k, n], left, right, out),
            }
        };
        match parallel && m > PANEL && m * k * n >= WORTH {
            true => out.par_chunks_mut(PANEL * n).enumerate().for_each(panel),
            // One call for all rows has the bits of the panels: neither kernel mixes rows.
            false if own => panel((0, out)),
            false => out.chunks_mut(PANEL * n).enumerate().for_each(panel),
        }
    }
}

fn matrix<'a, E: Element>(x: &Strided<'a, '_, E>, start: usize) -> Matrix<'a, E> {
    let rank = x.view.strides.len();
    (&x.data[start..], [x.view.strides[rank - 2], x.view.strides[rank - 1]])
}

/// A large product, by the crate. It takes scratch of its own for each call.
fn product<E: Element>([m, k, n]: [usize; 3], (a, s): Matrix<'_, E>, (b, t): Matrix<'_, E>, out: &mut [E]) {
    // Every element that the kernel reads or writes lies at or before these.
    let reach =
        |rows: usize, columns: usize, [row, column]: [usize; 2]| (rows - 1) * row + (columns - 1) * column;
    assert!(out.len() >= m * n && a.len() > reach(m, k, s) && b.len() > reach(k, n, t));
    let signed = |[row, column]: [usize; 2]| [row as isize, column as isize];
    // SAFETY: sizes are at least 1 here (empty products return early), and the assertion above shows
    // that sizes and strides stay inside the three slices; `out` is borrowed mutably, so it overlaps
    // neither of the others.
    unsafe {
        E::gemm(
            [m, n, k],
            (out.as_mut_ptr(), [n as isize, 1]),
            (a.as_ptr(), signed(s)),
            (b.as_ptr(), signed(t)),
        );
    }
}
