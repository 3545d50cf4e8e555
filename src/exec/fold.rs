//! Folds: trees of a fixed shape, so that a sum has the same bits however many threads take part,
//! and an error that grows with the logarithm of its length. Floor 6.

use super::lane;
use super::rows::WORTH;
use super::set::{Divide, InstructionSet};
use crate::compile::{LANES, SPLAT};
use crate::element::Element;
use crate::op::Fold;
use crate::table::for_each_fold;
use rayon::prelude::*;

/// Lines, or sixteens, that a leaf of the tree folds one after another.
const LEAF: usize = 16;
/// Numbers of a part of a long fold.
const PART: usize = 1 << 14;

/// How a fold joins, of a fold that is known when the code is compiled.
trait Join {
    /// What joining starts from.
    const START: f64;
    /// Two partial results as one.
    fn join<E: Element>(a: E, b: E) -> E;
}

macro_rules! join_types {
    ($($(#[doc = $doc:literal])* $Row:ident $row:ident($x:ident, $a:ident, $b:ident) -> $y:ident {
        formula: $formula:literal, empty: $empty:expr, ties: $ties:expr,
        start: $start:expr, join: $join:expr, slope: $slope:expr
    })*) => {
        mod joins { $(pub(super) struct $Row;)* }
        $(impl Join for joins::$Row {
            const START: f64 = $start;
            #[inline(always)]
            fn join<E: Element>($a: E, $b: E) -> E {
                $join
            }
        })*
        /// One number for each lane, of every sixteenth of at most [`PART`] elements.
        #[inline(always)]
        pub(super) fn lanes<E: Element>(fold: Fold, x: &[E]) -> [E; LANES] {
            match fold { $(Fold::$Row => lanes_of::<E, joins::$Row>(x)),* }
        }
        /// Lines, `step` apart, as one of `out`'s length.
        #[inline(always)]
        pub(super) fn lines<E: Element>(fold: Fold, x: &[E], step: usize, lines: usize, out: &mut [E]) {
            match fold { $(Fold::$Row => lines_of::<E, joins::$Row>(x, step, lines, out)),* }
        }
        /// Lane by lane.
        #[inline(always)]
        pub(super) fn joined<E: Element>(fold: Fold, a: [E; LANES], b: [E; LANES]) -> [E; LANES] {
            match fold { $(Fold::$Row => joined_by::<E, joins::$Row, LANES>(a, b)),* }
        }
    };
}
for_each_fold!(join_types);

// No closures here: one would be compiled on its own, without the caller's instructions.

#[inline(always)]
fn joined_by<E: Element, J: Join, const N: usize>(a: [E; N], b: [E; N]) -> [E; N] {
    let mut y = a;
    for i in 0..N {
        y[i] = J::join(a[i], b[i]);
    }
    y
}

/// Partial results, joined two by two as they come: the one of level `i` stands for 2ⁱ leaves.
struct Tree<E, const N: usize, const DEPTH: usize> {
    levels: [[E; N]; DEPTH],
    leaves: usize,
}

impl<E: Element, const N: usize, const DEPTH: usize> Tree<E, N, DEPTH> {
    #[inline(always)]
    fn new() -> Self {
        Tree { levels: [[E::default(); N]; DEPTH], leaves: 0 }
    }

    #[inline(always)]
    fn add<J: Join>(&mut self, mut leaf: [E; N]) {
        let mut level = 0;
        while self.leaves >> level & 1 == 1 {
            leaf = joined_by::<E, J, N>(self.levels[level], leaf);
            level += 1;
        }
        self.levels[level] = leaf;
        self.leaves += 1;
    }

    #[inline(always)]
    fn end<J: Join>(&self) -> [E; N] {
        let mut result = [E::from_f64(J::START); N];
        let mut some = false;
        for level in 0..DEPTH {
            if self.leaves >> level & 1 == 1 {
                let left = self.levels[level];
                result = if some { joined_by::<E, J, N>(left, result) } else { left };
                some = true;
            }
        }
        result
    }
}

#[inline(always)]
fn lanes_of<E: Element, J: Join>(x: &[E]) -> [E; LANES] {
    if x.len() <= LEAF * LANES {
        return leaf::<E, J>(x);
    }
    let mut tree = Tree::<E, LANES, 8>::new();
    for part in x.chunks(LEAF * LANES) {
        tree.add::<J>(leaf::<E, J>(part));
    }
    tree.end::<J>()
}

#[inline(always)]
fn leaf<E: Element, J: Join>(x: &[E]) -> [E; LANES] {
    let (sixteens, rest) = x.as_chunks::<LANES>();
    let mut leaf = [E::from_f64(J::START); LANES];
    for sixteen in sixteens {
        leaf = joined_by::<E, J, LANES>(leaf, *sixteen);
    }
    for (leaf, &x) in leaf.iter_mut().zip(rest) {
        *leaf = J::join(*leaf, x);
    }
    leaf
}

/// The lanes as one.
#[inline(always)]
pub(super) fn across<E: Element>(fold: Fold, mut lanes: [E; LANES]) -> E {
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            lanes[i] = fold.join(lanes[i], lanes[i + width]);
        }
        width /= 2;
    }
    lanes[0]
}

#[inline(always)]
fn lines_of<E: Element, J: Join>(x: &[E], step: usize, lines: usize, out: &mut [E]) {
    let (wide, rest) = out.as_chunks_mut::<SPLAT>();
    let from = wide.len() * SPLAT;
    for (i, out) in wide.iter_mut().enumerate() {
        *out = abreast::<E, J, SPLAT>(&x[i * SPLAT..], step, lines, SPLAT);
    }
    for (i, out) in rest.chunks_mut(LANES).enumerate() {
        let folded = abreast::<E, J, LANES>(&x[from + i * LANES..], step, lines, out.len());
        out.copy_from_slice(&folded[..out.len()]);
    }
}

/// The first `n` numbers of some lines.
#[inline(always)]
fn abreast<E: Element, J: Join, const N: usize>(x: &[E], step: usize, lines: usize, n: usize) -> [E; N] {
    if lines <= LEAF {
        return few::<E, J, N>(x, step, lines, n);
    }
    let mut tree = Tree::<E, N, 32>::new();
    for first in (0..lines).step_by(LEAF) {
        tree.add::<J>(few::<E, J, N>(&x[first * step..], step, LEAF.min(lines - first), n));
    }
    tree.end::<J>()
}

/// The same of a few, one line after another.
#[inline(always)]
fn few<E: Element, J: Join, const N: usize>(x: &[E], step: usize, lines: usize, n: usize) -> [E; N] {
    let mut folded = [E::from_f64(J::START); N];
    for line in 0..lines {
        let x = &x[line * step..];
        match x.first_chunk::<N>() {
            Some(x) => {
                for i in 0..N {
                    folded[i] = J::join(folded[i], x[i]);
                }
            }
            None => {
                for (y, &x) in folded.iter_mut().zip(&x[..n]) {
                    *y = J::join(*y, x);
                }
            }
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
    set: InstructionSet,
    divide: Divide,
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
    match outer > 1 && divide.pays(x.len(), WORTH) {
        true => out.par_chunks_mut(inner).enumerate().for_each(row),
        false => out.chunks_mut(inner).enumerate().for_each(row),
    }
}

/// One number of many.
fn line<E: Element>(fold: Fold, x: &[E], set: InstructionSet) -> E {
    // SAFETY: the slice has as many numbers as are told, and `set` was found on this processor.
    let part = |x: &[E]| unsafe { lane::total(set)(fold, x.as_ptr(), x.len()) };
    if x.len() <= PART {
        return across(fold, part(x));
    }
    // Halves that are whole parts, so that the tree has one shape.
    let parts = x.len().div_ceil(PART);
    let (left, right) = x.split_at(parts.next_power_of_two() / 2 * PART);
    fold.join(line(fold, left, set), line(fold, right, set))
}
