//! Tiles of the result, whose sums stay in registers over the whole of `k`.

use crate::simd::Vector;

/// The right side for a tile: rows that start `row` apart, of which it reads the first `columns` numbers.
#[derive(Clone, Copy)]
pub(super) struct Strip<E> {
    pub(super) from: *const E,
    pub(super) row: usize,
    pub(super) columns: usize,
}

/// The left side: its first element and the strides of rows and columns.
pub(super) type Left<E> = (*const E, [usize; 2]);

/// The beginning and the end of sums.
#[derive(Clone, Copy)]
pub(super) struct Sums {
    /// Adds to the sums in `out`.
    pub(super) add: bool,
    /// Tells whether a sum is not finite.
    pub(super) check: bool,
}

/// Computes `m` rows of one strip's columns over a depth of `k`, in tiles of at most `wide` vectors. Returns true if it checks the sums and one is not
/// finite.
///
/// # Safety
/// `k` must be at least 1. `left` must be valid for reads of `m` rows of `k` columns; `strip` for reads of `k` rows
/// of its columns, rounded up to whole vectors if `V` is not masked; `out` for reads and writes of the strip's
/// columns in `m` rows that start `n` apart. `out` must not overlap the sides. The CPU must support the
/// instructions of `V`.
#[inline(always)]
pub(super) unsafe fn strip<V: Vector>(
    wide: usize,
    [m, k]: [usize; 2],
    left: Left<V::E>,
    strip: Strip<V::E>,
    (out, n): (*mut V::E, usize),
    sums: Sums,
) -> bool {
    // SAFETY: the caller's contract is this one.
    unsafe {
        match m {
            1 => return long::<V, 1, 8>(k, left, strip, (out, n), sums),
            2 => return long::<V, 2, 4>(k, left, strip, (out, n), sums),
            _ => {}
        }
        match (strip.columns.div_ceil(V::N), wide) {
            (1, _) => cut::<V, 8, 1, true>([m, k], left, strip, (out, n), sums),
            // A mask takes one of sixteen registers, and six rows need all.
            (_, 2) if strip.columns % V::N == 0 => cut::<V, 6, 2, false>([m, k], left, strip, (out, n), sums),
            (_, 2) => cut::<V, 4, 2, true>([m, k], left, strip, (out, n), sums),
            (2, _) => cut::<V, 8, 2, true>([m, k], left, strip, (out, n), sums),
            (3, _) => cut::<V, 8, 3, true>([m, k], left, strip, (out, n), sums),
            _ => cut::<V, 6, 4, true>([m, k], left, strip, (out, n), sums),
        }
    }
}

/// Computes `R` rows, one or two, in tiles of at most `W` vectors. Returns the same as [`strip`].
///
/// # Safety
/// As for [`strip`], with `R` for `m`.
#[inline(always)]
unsafe fn long<V: Vector, const R: usize, const W: usize>(
    k: usize,
    left: Left<V::E>,
    strip: Strip<V::E>,
    (out, n): (*mut V::E, usize),
    sums: Sums,
) -> bool {
    let (mut odd, mut j) = (false, 0);
    while j < strip.columns {
        let rest = strip.columns - j;
        // SAFETY: each tile is a part of the caller's strip, of as many vectors as are left or fewer.
        unsafe {
            let (from, out) = (strip.from.add(j), (out.add(j), n));
            let part = |width: usize| Strip { from, columns: rest.min(width * V::N), ..strip };
            let (found, width) = match rest.div_ceil(V::N) {
                vectors if vectors >= W => (cut::<V, R, W, true>([R, k], left, part(W), out, sums), W),
                4.. => (cut::<V, R, 4, true>([R, k], left, part(4), out, sums), 4),
                2.. => (cut::<V, R, 2, true>([R, k], left, part(2), out, sums), 2),
                _ => (cut::<V, R, 1, true>([R, k], left, part(1), out, sums), 1),
            };
            odd |= found;
            j += width * V::N;
        }
    }
    odd
}

/// Computes `m` rows in tiles of `R` rows, and the rest in smaller ones. Returns the same as [`strip`].
///
/// # Safety
/// As for [`strip`], with a strip of `W` vectors, the last of which is whole unless `PART`.
#[inline(always)]
pub(super) unsafe fn cut<V: Vector, const R: usize, const W: usize, const PART: bool>(
    [m, k]: [usize; 2],
    (a, [row, column]): Left<V::E>,
    strip: Strip<V::E>,
    (out, n): (*mut V::E, usize),
    sums: Sums,
) -> bool {
    // SAFETY: the caller vouches for the instructions.
    let mut odd = unsafe { V::zero() };
    let mut i = 0;
    while i < m {
        // SAFETY: a tile has at most the `m - i` rows that are left of the caller's.
        unsafe {
            let left = (a.add(i * row), [row, column]);
            let out = (out.add(i * n), n);
            i += match m - i {
                // Four and three rows, or four and four, take less time than six and one, or six and two.
                rest if rest >= R && !(R == 6 && matches!(rest, 7 | 8)) => {
                    tile::<V, R, W, PART>(k, left, strip, out, sums, &mut odd)
                }
                4.. => tile::<V, 4, W, PART>(k, left, strip, out, sums, &mut odd),
                3 => tile::<V, 3, W, PART>(k, left, strip, out, sums, &mut odd),
                2 => tile::<V, 2, W, PART>(k, left, strip, out, sums, &mut odd),
                _ => tile::<V, 1, W, PART>(k, left, strip, out, sums, &mut odd),
            };
        }
    }
    // SAFETY: as above.
    sums.check && unsafe { odd.has_nan() }
}

/// Computes one tile, and returns its number of rows. If it checks the sums and one is not finite, a number of `odd`
/// becomes NaN.
///
/// # Safety
/// As for [`cut`], with `R` for `m`.
#[inline(always)]
unsafe fn tile<V: Vector, const R: usize, const W: usize, const PART: bool>(
    k: usize,
    (a, [row, column]): Left<V::E>,
    strip: Strip<V::E>,
    (out, n): (*mut V::E, usize),
    Sums { add, check }: Sums,
    odd: &mut V,
) -> usize {
    let last = if PART { strip.columns - (W - 1) * V::N } else { V::N };
    // SAFETY: the caller vouches for `i < R` rows and `l < k` columns on the left, and for `l < k` rows of `W`
    // vectors on the right, of which the last has `last` columns.
    unsafe {
        let mut sums = [[V::zero(); W]; R];
        if add {
            for (i, sums) in sums.iter_mut().enumerate() {
                for (j, sum) in sums.iter_mut().enumerate() {
                    let from = out.add(i * n + j * V::N);
                    *sum = if j + 1 < W { V::load(from) } else { V::load_part(from, last) };
                }
            }
        }
        let (mut a, mut b) = (a, strip.from);
        for _ in 0..k {
            let y: [V; W] = std::array::from_fn(|j| match PART && V::MASKED && j + 1 == W {
                true => V::load_part(b.add(j * V::N), last),
                false => V::load(b.add(j * V::N)),
            });
            for (i, sums) in sums.iter_mut().enumerate() {
                let x = V::splat(*a.add(i * row));
                for (sum, &y) in sums.iter_mut().zip(&y) {
                    *sum = x.mul_add(y, *sum);
                }
            }
            a = a.wrapping_add(column);
            b = b.wrapping_add(strip.row);
        }
        for (i, sums) in sums.iter().enumerate() {
            for (j, sum) in sums.iter().enumerate() {
                let to = out.add(i * n + j * V::N);
                if j + 1 < W || last == V::N { sum.store(to) } else { sum.store_part(to, last) }
            }
        }
        if check {
            // 0 · x is 0, but NaN where x is not finite. Columns have chains of their own, since each addition waits for
            // the one before it.
            let (zero, mut found) = (V::zero(), [V::zero(); W]);
            for (i, sums) in sums.iter().enumerate() {
                for (j, (sum, found)) in sums.iter().zip(&mut found).enumerate() {
                    // Numbers beyond the columns are unspecified where vectors are not masked.
                    let whole = j + 1 < W || last == V::N || V::MASKED;
                    let sum = if whole { *sum } else { V::load_part(out.add(i * n + j * V::N), last) };
                    *found = sum.mul_add(zero, *found);
                }
            }
            for found in found {
                *odd = found.mul_add(zero, *odd);
            }
        }
    }
    R
}
