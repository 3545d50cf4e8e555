//! The loops around the tiles: strips of columns, blocks of rows, cuts of `k`.

use super::scheme::{Right, TALL, TILE_ROWS};
use super::strips::Strips;
use super::tile::{self, Strip, Sums};
use super::{Part, Task, pack};
use gradus_rows::Float;
use std::mem::MaybeUninit;

/// Computes a part of a product.
#[inline(always)]
pub(super) fn run<V: Strips>(task: &Task<'_, V::E>, part: &mut Part<'_, '_, V::E>) {
    match part {
        Part::Tiny(out) => {
            if tiny::<V>(task, out) {
                careful::<V>(task, 0, out);
            }
        }
        Part::Right(to) => whole::<V>(task, to),
        Part::Rows { first, shared, own, out, finish } => {
            let (n, block) = (task.size[2], task.scheme.block);
            let tall = if task.scheme.right == Right::Strips { TALL } else { block };
            for (i, rows) in out.chunks_mut(tall * n).enumerate() {
                let first = *first + i * tall;
                let odd = match task.scheme.right {
                    Right::Strips => deep::<V>(task, first, own, rows),
                    Right::Turned { .. } => turned::<V>(task, first, own, rows),
                    _ => flat::<V>(task, first, shared, own, rows),
                };
                if odd {
                    careful::<V>(task, first, rows);
                }
                for (i, rows) in rows.chunks_mut(block * n).enumerate() {
                    finish(first + i * block, rows);
                }
            }
        }
    }
}

impl<E> Task<'_, E> {
    /// Returns the beginning and the end of sums over all of `k` or, with `add`, over another part of it.
    #[inline(always)]
    fn sums(&self, add: bool) -> Sums {
        Sums { add, check: self.strong != [false; 2] }
    }
}

/// Computes again the rows that have a number that is not finite, from row `first` on, without the terms in which an
/// exact zero wins. The others are added in the same order, so finite numbers keep their bits.
#[inline(always)]
fn careful<V: Strips>(task: &Task<'_, V::E>, first: usize, out: &mut [V::E]) {
    let Task {
        size: [_, k, n], strong: [left, right], a: (a, [row, column]), b: (b, [across, along]), ..
    } = *task;
    let zero = V::E::default();
    for (i, out) in out.chunks_exact_mut(n).enumerate() {
        if out.iter().all(|x| x.is_finite()) {
            continue;
        }
        out.fill(zero);
        for l in 0..k {
            let (x, b) = (a[(first + i) * row + l * column], &b[l * across..]);
            if left && x == zero {
                continue;
            }
            match along {
                1 => more(right, x, b.iter(), out),
                // A single column may have any stride.
                _ => more(right, x, b.iter().step_by(along.max(1)), out),
            }
        }
    }
}

/// Adds `x` times each of some numbers, unless an exact zero of these wins.
#[inline(always)]
fn more<'a, E: Float>(strong: bool, x: E, by: impl Iterator<Item = &'a E>, sums: &mut [E]) {
    for (sum, &y) in sums.iter_mut().zip(by) {
        let more = x.mul_add(y, *sum);
        *sum = if strong && y == E::default() { *sum } else { more };
    }
}

/// Computes one strip, at most a vector wide, which is read in place, or transposed first.
#[inline(always)]
fn tiny<V: Strips>(task: &Task<'_, V::E>, out: &mut [V::E]) -> bool {
    let Task { size: [m, k, n], a: (a, strides), b: (b, [row, column]), .. } = *task;
    let mut turned = [const { MaybeUninit::<V::E>::uninit() }; 256];
    assert!(V::MASKED && n <= V::N && out.len() >= m * n);
    let strip = if column == 1 || n == 1 {
        Strip { from: b.as_ptr(), row, columns: n }
    } else {
        assert!(row == 1 && k <= V::N && V::N * V::N <= turned.len());
        let to = turned.as_mut_ptr().cast::<V::E>();
        // SAFETY: `call` checked the instruction set and the length of `b`; the assertion checks the rest.
        unsafe { V::transpose(b.as_ptr(), column, [n, k], to, V::N) };
        Strip { from: to.cast_const(), row: V::N, columns: n }
    };
    // SAFETY: as above; a transposed strip has `k` rows of `n` numbers.
    unsafe {
        tile::cut::<V, 8, 1, true>(
            [m, k],
            (a.as_ptr(), strides),
            strip,
            (out.as_mut_ptr(), n),
            task.sums(false),
        )
    }
}

/// Copies the whole right side, strip after strip.
#[inline(always)]
fn whole<V: Strips>(Task { scheme, size: [_, k, n], b: (b, strides), .. }: &Task<'_, V::E>, to: &mut [V::E]) {
    for (j, columns) in scheme.strips(*n) {
        let width = columns.next_multiple_of(V::N);
        let (from, to) = (&b[j * strides[1]..], &mut to[j * k..][..k * width]);
        // SAFETY: `call` checked the instruction set and the length of `b`; `to` was cut to size.
        unsafe { pack::right::<V>((from.as_ptr(), *strides), [*k, columns], to.as_mut_ptr(), width) };
    }
}

/// Computes rows of the result, each over the whole of `k` at once.
#[inline(always)]
fn flat<V: Strips>(
    task: &Task<'_, V::E>,
    first: usize,
    shared: &[V::E],
    own: &mut [V::E],
    out: &mut [V::E],
) -> bool {
    let Task { scheme, size: [_, k, n], a: (a, strides), b: (b, [row, column]), .. } = *task;
    let mut odd = false;
    let left = (a[first * strides[0]..].as_ptr(), strides);
    for (j, columns) in scheme.strips(n) {
        let strip = match scheme.right {
            Right::InPlace => Strip { from: b[j..].as_ptr(), row, columns },
            Right::Each => {
                let width = columns.next_multiple_of(V::N);
                let (from, to) = (&b[j * column..], &mut own[..k * width]);
                // SAFETY: `call` checked the instruction set and the length of `b`; `to` was cut to size.
                unsafe {
                    pack::right::<V>((from.as_ptr(), [row, column]), [k, columns], to.as_mut_ptr(), width)
                };
                Strip { from: to.as_ptr(), row: width, columns }
            }
            _ => {
                let row = columns.next_multiple_of(V::N);
                Strip { from: shared[j * k..][..k * row].as_ptr(), row, columns }
            }
        };
        let rows = out.len() / n;
        // SAFETY: `call` checked the instruction set and that `a` and `b` hold all rows and columns. A strip in
        // place has whole vectors where these are not masked; a copied strip was cut to size; `out` has `rows` rows
        // of `n` numbers, and the strip's begin at `j`.
        odd |= unsafe { V::strip([rows, k], left, strip, (out[j..].as_mut_ptr(), n), task.sums(false)) };
    }
    odd
}

/// Computes rows of the result, one cut of `k` after the other, so that what is read stays in cache.
#[inline(always)]
fn deep<V: Strips>(task: &Task<'_, V::E>, first: usize, own: &mut [V::E], out: &mut [V::E]) -> bool {
    let Task { scheme, size: [_, k, n], a: (a, strides), b: (b, [row, column]), .. } = *task;
    let mut odd = false;
    let rows = out.len() / n;
    let (packed, own) = own.split_at_mut(scheme.strip(k));
    for l in (0..k).step_by(scheme.depth) {
        let depth = scheme.depth.min(k - l);
        let a = (&a[first * strides[0] + l * strides[1]..], strides);
        assert!(own.len() >= pack::left_size([rows, depth]));
        let strides = pack::left(a, [rows, depth], own);
        for (j, columns) in scheme.strips(n) {
            let width = columns.next_multiple_of(V::N);
            let from = b[l * row + j * column..].as_ptr();
            let packed = &mut packed[..depth * width];
            // SAFETY: `call` checked the instruction set and the length of `b`; the strip was cut to size.
            unsafe { pack::right::<V>((from, [row, column]), [depth, columns], packed.as_mut_ptr(), width) };
            let strip = Strip { from: packed.as_ptr(), row: width, columns };
            // The next strip and the next rows are far away in memory, so they are prefetched piece by piece.
            let next = (from.wrapping_add(columns * column), [row, column]);
            let parts = rows.div_ceil(TILE_ROWS);
            for part in 0..parts {
                let i = part * TILE_ROWS;
                pack::ahead::<V>(next, [depth, columns], [depth * part / parts, depth * (part + 1) / parts]);
                let left = (own[i * strides[0]..].as_ptr(), strides);
                let out = (out[i * n + j..].as_mut_ptr(), n);
                pack::ahead::<V>(
                    (out.0.wrapping_add(TILE_ROWS * n), [n, 1]),
                    [TILE_ROWS, columns],
                    [0, TILE_ROWS],
                );
                // SAFETY: `left` filled `rows` rows of `depth` columns with the strides that it returned; the
                // assertion checked the room. `out` has `rows` rows of `n` numbers, and the strip's begin at `j`.
                odd |=
                    unsafe { V::strip([TILE_ROWS.min(rows - i), depth], left, strip, out, task.sums(l > 0)) };
            }
        }
    }
    odd
}

/// Computes rows of the result as columns of its transpose, which has few rows.
#[inline(always)]
fn turned<V: Strips>(task: &Task<'_, V::E>, first: usize, own: &mut [V::E], out: &mut [V::E]) -> bool {
    let Task { scheme, size: [_, k, n], a: (a, [row, column]), b: (b, strides), .. } = *task;
    let mut odd = false;
    let (packed, own) = own.split_at_mut(scheme.strip(k));
    let wide = scheme.wide();
    let few = &mut own[..n * wide];
    for (i, out) in out.chunks_mut(wide * n).enumerate() {
        let (from, rows) = (a[(first + i * wide) * row..].as_ptr(), out.len() / n);
        let left = (b.as_ptr(), [strides[1], strides[0]]);
        // SAFETY: `call` checked the instruction set and that `a` and `b` hold all rows and columns. The left side
        // is read in place where vectors are masked; otherwise the strip has room for `k` rows of `wide` numbers.
        // `few` has `n` rows of `wide` numbers, of which `rows` are filled and then moved to the `rows` rows of `n`
        // numbers in `out`.
        unsafe {
            let strip = match scheme.right {
                Right::Turned { in_place: true } => Strip { from, row: column, columns: rows },
                _ => {
                    let packed = packed[..k * wide].as_mut_ptr();
                    pack::right::<V>((from, [column, row]), [k, rows], packed, wide);
                    Strip { from: packed, row: wide, columns: rows }
                }
            };
            odd |= V::strip([n, k], left, strip, (few.as_mut_ptr(), wide), task.sums(false));
            for i in (0..rows).step_by(V::N) {
                for j in (0..n).step_by(V::N) {
                    let size = [V::N.min(n - j), V::N.min(rows - i)];
                    let to = out[i * n + j..].as_mut_ptr();
                    V::transpose(few[j * wide + i..].as_ptr(), wide, size, to, n);
                }
            }
        }
    }
    odd
}
