//! Matrix products whose right side fits the cache: it is laid out once in columns of panels, and
//! tiles of the result stay in registers. Floor 6.
//!
//! The loops are plain; compiled once for each instruction set, they become fused multiply-adds on
//! vectors. Each element is one sum in the order of `k`, whichever tile it falls into.

use crate::element::Element;

/// A matrix's elements from its first on, with the strides of rows and columns.
pub(super) type Matrix<'a, E> = (&'a [E], [usize; 2]);

/// The right side may take this many bytes: half of a common second-level cache.
const CACHE: usize = 1 << 19;
/// Rows of a tile.
const ROWS: usize = 8;

/// The width of a panel: two vectors of 512 bits.
const fn width<E>() -> usize {
    128 / size_of::<E>()
}

/// Whether a product with a right side of this size is for these kernels.
pub(super) fn serves<E>(k: usize, n: usize) -> bool {
    vectors() && packed::<E>(k, n) * size_of::<E>() <= CACHE
}

/// How many numbers the right side takes when it is laid out.
pub(super) fn packed<E>(k: usize, n: usize) -> usize {
    n.div_ceil(width::<E>()) * width::<E>() * k
}

/// Whether a multiply-add is an instruction here. Where it is not, it would be a slow call.
fn vectors() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma");
    #[cfg(not(target_arch = "x86_64"))]
    return cfg!(target_arch = "aarch64");
}

/// Lays the right side out in panels of columns, the last one filled up with zeros.
pub(super) fn pack<E: Element>((b, [row, column]): Matrix<'_, E>, [k, n]: [usize; 2], out: &mut [E]) {
    let width = width::<E>();
    for (p, panel) in out[..packed::<E>(k, n)].chunks_exact_mut(width * k).enumerate() {
        let columns = width.min(n - p * width);
        let b = &b[p * width * column..];
        if column == 1 || row != 1 {
            for (l, line) in panel.chunks_exact_mut(width).enumerate() {
                let from = &b[l * row..];
                (0..columns).for_each(|j| line[j] = from[j * column]);
                line[columns..].fill(E::default());
            }
        } else {
            // A transposed side is read along its own rows, eight at a time.
            for first in (0..width).step_by(8) {
                let lines: [&[E]; 8] = std::array::from_fn(|j| match first + j < columns {
                    true => &b[(first + j) * column..][..k],
                    false => &[],
                });
                for (l, line) in panel.chunks_exact_mut(width).enumerate() {
                    let eight: [E; 8] = std::array::from_fn(|j| lines[j].get(l).copied().unwrap_or_default());
                    line[first..first + 8].copy_from_slice(&eight);
                }
            }
        }
    }
}

/// `out ← a · packed`.
pub(super) fn product<E: Element>(size: [usize; 3], a: Matrix<'_, E>, packed: &[E], out: &mut [E]) {
    #[cfg(target_arch = "x86_64")]
    {
        if std::is_x86_feature_detected!("avx512f") {
            // SAFETY: the line above asked the processor for the instructions.
            return unsafe { avx512(size, a, packed, out) };
        }
        if vectors() {
            // SAFETY: `vectors` asked the processor for the instructions.
            return unsafe { avx2(size, a, packed, out) };
        }
    }
    by_type(size, a, packed, out);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx2,fma")]
fn avx512<E: Element>(size: [usize; 3], a: Matrix<'_, E>, packed: &[E], out: &mut [E]) {
    by_type(size, a, packed, out);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2<E: Element>(size: [usize; 3], a: Matrix<'_, E>, packed: &[E], out: &mut [E]) {
    by_type(size, a, packed, out);
}

#[inline(always)]
fn by_type<E: Element>(size: [usize; 3], a: Matrix<'_, E>, packed: &[E], out: &mut [E]) {
    match width::<E>() {
        32 => panels::<E, 32>(size, a, packed, out),
        _ => panels::<E, 16>(size, a, packed, out),
    }
}

#[inline(always)]
fn panels<E: Element, const W: usize>([m, k, n]: [usize; 3], a: Matrix<'_, E>, packed: &[E], out: &mut [E]) {
    for (p, panel) in packed.chunks_exact(W * k).take(n.div_ceil(W)).enumerate() {
        let columns = W.min(n - p * W);
        let mut row = 0;
        while row < m {
            let out = &mut out[row * n + p * W..];
            row += match m - row {
                ROWS.. => tile::<E, ROWS, W>(a, row, panel, out, n, columns),
                4.. => tile::<E, 4, W>(a, row, panel, out, n, columns),
                2.. => tile::<E, 2, W>(a, row, panel, out, n, columns),
                _ => tile::<E, 1, W>(a, row, panel, out, n, columns),
            };
        }
    }
}

/// `R` rows of one panel's columns; gives `R`.
#[inline(always)]
fn tile<E: Element, const R: usize, const W: usize>(
    (a, [row, column]): Matrix<'_, E>,
    first: usize,
    panel: &[E],
    out: &mut [E],
    n: usize,
    columns: usize,
) -> usize {
    let k = panel.len() / W;
    if k == 0 {
        return R;
    }
    let reach = (first + R - 1) * row + (k - 1) * column;
    assert!(reach < a.len());
    let (a, panel) = (&a[first * row..], panel.as_ptr());
    let mut sums = [[E::default(); W]; R];
    for l in 0..k {
        for (i, sums) in sums.iter_mut().enumerate() {
            // SAFETY: `i < R` and `l < k`, so the place is at most `reach`, which the assertion found
            // inside. A checked access would keep the sums in memory: 40 against 60 GFLOP/s.
            let x = unsafe { *a.get_unchecked(i * row + l * column) };
            for (j, sum) in sums.iter_mut().enumerate() {
                // SAFETY: `l < k` and `j < W`, and the panel has `k · W` elements.
                let y = unsafe { *panel.add(l * W + j) };
                *sum = x.mul_add(y, *sum);
            }
        }
    }
    for (i, sums) in sums.iter().enumerate() {
        out[i * n..i * n + columns].copy_from_slice(&sums[..columns]);
    }
    R
}
