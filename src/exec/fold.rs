//! Folds: trees of a fixed shape, so that a sum has the same bits however many threads take part,
//! and an error that grows with the logarithm of its length. Floor 6.

use super::lane::{self, Set};
use super::rows::WORTH;
use crate::compile::LANES;
use crate::element::Element;
use crate::op::Fold;
use rayon::prelude::*;

/// Lines, or sixteens, that a leaf of the tree folds one after another.
const LEAF: usize = 16;
/// Numbers of a part of a long fold.
const PART: usize = 1 << 14;

/// Partial results, joined two by two as they come: the one of level `i` stands for 2ⁱ leaves.
struct Tree<E, const DEPTH: usize> {
    levels: [[E; LANES]; DEPTH],
    leaves: usize,
}

impl<E: Element, const DEPTH: usize> Tree<E, DEPTH> {
    #[inline(always)]
    fn new() -> Self {
        Tree { levels: [[E::default(); LANES]; DEPTH], leaves: 0 }
    }

    #[inline(always)]
    fn add(&mut self, fold: Fold, mut leaf: [E; LANES]) {
        let mut level = 0;
        while self.leaves >> level & 1 == 1 {
            leaf = joined(fold, self.levels[level], leaf);
            level += 1;
        }
        self.levels[level] = leaf;
        self.leaves += 1;
    }

    #[inline(always)]
    fn end(&self, fold: Fold) -> [E; LANES] {
        let mut result: Option<[E; LANES]> = None;
        for level in 0..self.levels.len() {
            if self.leaves >> level & 1 == 1 {
                result =
                    Some(result.map_or(self.levels[level], |right| joined(fold, self.levels[level], right)));
            }
        }
        result.unwrap_or([E::from_f64(fold.start()); LANES])
    }
}

#[inline(always)]
pub(super) fn joined<E: Element>(fold: Fold, a: [E; LANES], b: [E; LANES]) -> [E; LANES] {
    let mut y = a;
    // A loop for each fold, since the choice shall not stand inside.
    match fold {
        Fold::Sum => (0..LANES).for_each(|i| y[i] = Fold::Sum.join(a[i], b[i])),
        Fold::Max => (0..LANES).for_each(|i| y[i] = Fold::Max.join(a[i], b[i])),
        Fold::Min => (0..LANES).for_each(|i| y[i] = Fold::Min.join(a[i], b[i])),
    }
    y
}

/// One number for each lane, of every sixteenth of at most [`PART`] elements.
#[inline(always)]
pub(super) fn lanes<E: Element>(fold: Fold, x: &[E]) -> [E; LANES] {
    if x.len() <= LEAF * LANES {
        return leaf(fold, x);
    }
    let mut tree = Tree::<E, 8>::new();
    x.chunks(LEAF * LANES).for_each(|part| tree.add(fold, leaf(fold, part)));
    tree.end(fold)
}

#[inline(always)]
fn leaf<E: Element>(fold: Fold, x: &[E]) -> [E; LANES] {
    let (sixteens, rest) = x.as_chunks::<LANES>();
    let start = [E::from_f64(fold.start()); LANES];
    let mut leaf = sixteens.iter().fold(start, |leaf, x| joined(fold, leaf, *x));
    leaf.iter_mut().zip(rest).for_each(|(leaf, &x)| *leaf = fold.join(*leaf, x));
    leaf
}

/// The lanes as one.
#[inline(always)]
pub(super) fn across<E: Element>(fold: Fold, mut lanes: [E; LANES]) -> E {
    let mut width = LANES / 2;
    while width > 0 {
        (0..width).for_each(|i| lanes[i] = fold.join(lanes[i], lanes[i + width]));
        width /= 2;
    }
    lanes[0]
}

/// Lines, `step` apart, as one of `out`'s length.
#[inline(always)]
pub(super) fn lines<E: Element>(fold: Fold, x: &[E], step: usize, lines: usize, out: &mut [E]) {
    for (i, out) in out.chunks_mut(LANES).enumerate() {
        let x = &x[i * LANES..];
        let folded = match lines <= LEAF {
            true => few(fold, x, step, lines, out.len()),
            false => {
                let mut tree = Tree::<E, 32>::new();
                for first in (0..lines).step_by(LEAF) {
                    tree.add(fold, few(fold, &x[first * step..], step, LEAF.min(lines - first), out.len()));
                }
                tree.end(fold)
            }
        };
        out.copy_from_slice(&folded[..out.len()]);
    }
}

/// The first `n` numbers of some lines, one line after another.
#[inline(always)]
fn few<E: Element>(fold: Fold, x: &[E], step: usize, lines: usize, n: usize) -> [E; LANES] {
    let mut folded = [E::from_f64(fold.start()); LANES];
    for line in 0..lines {
        match x[line * step..].first_chunk::<LANES>() {
            Some(x) => folded = joined(fold, folded, *x),
            None => folded.iter_mut().zip(&x[line * step..][..n]).for_each(|(y, &x)| *y = fold.join(*y, x)),
        }
    }
    folded
}

/// Folds `[outer, size, inner]` along the middle.
pub(super) fn fold<E: Element>(
    fold: Fold,
    [outer, size, inner]: [usize; 3],
    x: &[E],
    out: &mut [E],
    set: Set,
    parallel: bool,
) {
    if inner == 0 || outer == 0 {
        return;
    }
    if size == 0 {
        return out.fill(E::from_f64(fold.start()));
    }
    let row = |(o, out): (usize, &mut [E])| {
        let x = &x[o * size * inner..(o + 1) * size * inner];
        match inner {
            1 => out[0] = line(fold, x, set),
            // SAFETY: `x` has `size` lines of `inner` numbers, `out` as many as a line, and `set` was
            // found on this processor.
            _ => unsafe {
                lane::lines(set)(fold, x.as_ptr(), inner, size, out.as_mut_ptr(), out.len());
            },
        }
    };
    match parallel && outer > 1 && x.len() >= WORTH {
        true => out.par_chunks_mut(inner).enumerate().for_each(row),
        false => out.chunks_mut(inner).enumerate().for_each(row),
    }
}

/// One number of many.
fn line<E: Element>(fold: Fold, x: &[E], set: Set) -> E {
    // SAFETY: the slice has as many numbers as are told, and `set` was found on this processor.
    let part = |x: &[E]| unsafe { lane::total(set)(fold, x.as_ptr(), x.len()) };
    let mut tree = Tree::<E, 40>::new();
    x.chunks(PART).for_each(|x| tree.add(fold, part(x)));
    across(fold, tree.end(fold))
}
