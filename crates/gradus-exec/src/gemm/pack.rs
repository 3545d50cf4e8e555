//! Sides of a product, laid out so that tiles read them in order.

use super::Matrix;
use crate::simd::Vector;

/// Copies `k` rows of some columns of the right side into rows that start `width` apart. Numbers beyond the columns
/// are unspecified.
///
/// # Safety
/// `b` must be valid for reads of `k` rows of `columns` columns, and `to` for writes of `k · width` numbers, where
/// `width` is `columns` rounded up to whole vectors; the two must not overlap. The CPU must support the
/// instructions of `V`.
#[inline(always)]
pub(super) unsafe fn right<V: Vector>(
    (b, [row, column]): (*const V::E, [usize; 2]),
    [k, columns]: [usize; 2],
    to: *mut V::E,
    width: usize,
) {
    for j in (0..columns).step_by(V::N) {
        let count = V::N.min(columns - j);
        // SAFETY: the caller vouches for `count` columns of `b` from `j` on, and for a whole vector of each row of
        // `to`.
        unsafe {
            let (b, to) = (b.add(j * column), to.add(j));
            if column == 1 {
                for l in 0..k {
                    let from = b.add(l * row);
                    let line = if count == V::N { V::load(from) } else { V::load_part(from, count) };
                    line.store(to.add(l * width));
                }
            } else if row == 1 {
                for l in (0..k).step_by(V::N) {
                    let size = [count, V::N.min(k - l)];
                    V::transpose(b.add(l), column, size, to.add(l * width), width);
                }
            } else {
                for l in 0..k {
                    for j in 0..count {
                        *to.add(l * width + j) = *b.add(l * row + j * column);
                    }
                }
            }
        }
    }
}

/// Prefetches a part of a matrix that is needed next: rows `first..end` of `k`, or the same share of the columns.
#[inline(always)]
pub(super) fn ahead<V: Vector>(
    (from, [row, column]): (*const V::E, [usize; 2]),
    [k, columns]: [usize; 2],
    [first, end]: [usize; 2],
) {
    let line = 64 / size_of::<V::E>();
    if column == 1 {
        for l in first..end {
            for j in (0..columns).step_by(line) {
                V::prefetch(from.wrapping_add(l * row + j));
            }
        }
    } else if row == 1 {
        for j in first * columns / k..end * columns / k {
            for l in (0..k).step_by(line) {
                V::prefetch(from.wrapping_add(j * column + l));
            }
        }
    }
}

/// Numbers between two rows of a copied left side, so that rows fall into different sets of a cache.
const GAP: usize = 16;

/// Returns the number of elements that [`left`] fills.
pub(super) fn left_size([m, k]: [usize; 2]) -> usize {
    (m * (k + GAP)).max(k * (m + GAP))
}

/// Copies a part of the left side, row by row, or column by column where columns are whole, and returns the new
/// strides.
pub(super) fn left<E: Copy>(
    (a, [row, column]): Matrix<'_, E>,
    [m, k]: [usize; 2],
    to: &mut [E],
) -> [usize; 2] {
    let (lines, size, apart, stride) = if row == 1 { (k, m, column, row) } else { (m, k, row, column) };
    for (i, line) in to.chunks_exact_mut(size + GAP).take(lines).enumerate() {
        let (line, from) = (&mut line[..size], &a[i * apart..]);
        match stride {
            1 => line.copy_from_slice(&from[..size]),
            _ => line.iter_mut().zip(from.iter().step_by(stride)).for_each(|(to, &from)| *to = from),
        }
    }
    if row == 1 { [1, size + GAP] } else { [size + GAP, 1] }
}
