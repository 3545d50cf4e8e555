//! Folds: trees of a fixed shape, so that a sum has the same bits however many threads take part,
//! and an error that grows with the logarithm of its length. Floor 6.

use super::rows::WORTH;
use crate::element::Element;
use crate::op::Fold;
use rayon::prelude::*;

/// Neighboring results that are folded together.
const LANES: usize = 8;
/// Elements of a leaf of the tree.
const LEAF: usize = 32;

/// Folds `[outer, size, inner]` along the middle.
pub(super) fn fold<E: Element>(
    fold: Fold,
    [outer, size, inner]: [usize; 3],
    x: &[E],
    out: &mut [E],
    parallel: bool,
) {
    let row = |(o, out): (usize, &mut [E])| {
        let x = &x[o * size * inner..(o + 1) * size * inner];
        if inner == 1 {
            out[0] = line(fold, x);
        } else {
            for (i, out) in out.chunks_mut(LANES).enumerate() {
                columns(fold, x, inner, i * LANES, out);
            }
        }
    };
    if inner == 0 || outer == 0 {
        return;
    }
    match parallel && outer > 1 && x.len() >= WORTH {
        true => out.par_chunks_mut(inner).enumerate().for_each(row),
        false => out.chunks_mut(inner).enumerate().for_each(row),
    }
}

/// One result from elements one after another: lane `i` takes every eighth.
fn line<E: Element>(fold: Fold, x: &[E]) -> E {
    let start = E::from_f64(fold.start());
    let (whole, rest) = x.split_at(x.len() / LANES * LANES);
    let mut lanes = tree(
        whole.len() / LANES,
        &|from, to| {
            let mut lanes = [start; LANES];
            for eight in whole[from * LANES..to * LANES].chunks_exact(LANES) {
                (0..LANES).for_each(|i| lanes[i] = fold.join(lanes[i], eight[i]));
            }
            lanes
        },
        &|a, b| std::array::from_fn(|i| fold.join(a[i], b[i])),
        [start; LANES],
    );
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane = fold.join(*lane, x);
    }
    let mut width = LANES / 2;
    while width > 0 {
        (0..width).for_each(|i| lanes[i] = fold.join(lanes[i], lanes[i + width]));
        width /= 2;
    }
    lanes[0]
}

/// Up to eight neighboring results, each from the elements below it.
fn columns<E: Element>(fold: Fold, x: &[E], inner: usize, first: usize, out: &mut [E]) {
    let n = out.len();
    let start = [E::from_f64(fold.start()); LANES];
    let size = x.len() / inner;
    let joined = tree(
        size,
        &|from, to| {
            let mut lanes = start;
            for row in from..to {
                let x = &x[row * inner + first..][..n];
                lanes.iter_mut().zip(x).for_each(|(a, &x)| *a = fold.join(*a, x));
            }
            lanes
        },
        &|a, b| std::array::from_fn(|i| fold.join(a[i], b[i])),
        start,
    );
    out.copy_from_slice(&joined[..n]);
}

/// Leaves of at most [`LEAF`] items, joined two by two.
fn tree<T: Copy>(n: usize, leaf: &impl Fn(usize, usize) -> T, join: &impl Fn(T, T) -> T, empty: T) -> T {
    fn part<T>(from: usize, to: usize, leaf: &impl Fn(usize, usize) -> T, join: &impl Fn(T, T) -> T) -> T {
        let leaves = (to - from).div_ceil(LEAF);
        if leaves <= 1 {
            return leaf(from, to);
        }
        let middle = from + leaves.next_power_of_two() / 2 * LEAF;
        join(part(from, middle, leaf, join), part(middle, to, leaf, join))
    }
    if n == 0 { empty } else { part(0, n, leaf, join) }
}
