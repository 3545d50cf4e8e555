//! Kernels of folds: trees of a fixed shape. So a sum has the same bits for any number of threads, and an error
//! that grows with the logarithm of its length. They are inlined into the loops of each instruction set.

use crate::plan::{LANES, SPLAT};
use gradus_rows::{Float, Fold, Joined, WithFold};

/// The number of lines, or of sixteens, that a leaf of the tree folds one after another.
const LEAF: usize = 16;
/// The numbers of a part of a long fold.
pub(crate) const PART: usize = 1 << 14;

/// Folds at most [`PART`] elements to one number for each lane, of every sixteenth element.
#[inline(always)]
pub(super) fn lanes<E: Float>(fold: Fold, x: &[E]) -> [E; LANES] {
    fold.with(Lanes(x))
}

/// Folds lines, which start `stride` apart, to one of `out`'s length.
#[inline(always)]
pub(super) fn lines<E: Float>(fold: Fold, x: &[E], stride: usize, lines: usize, out: &mut [E]) {
    fold.with(Lines { x, stride, lines, out });
}

/// Joins two results lane by lane.
#[inline(always)]
pub(super) fn joined<E: Float>(fold: Fold, a: [E; LANES], b: [E; LANES]) -> [E; LANES] {
    fold.with(Both { a, b })
}

struct Lanes<'a, E>(&'a [E]);
impl<E: Float> WithFold for Lanes<'_, E> {
    type Output = [E; LANES];
    #[inline(always)]
    fn with<J: Joined>(self) -> [E; LANES] {
        lanes_of::<E, J>(self.0)
    }
}

struct Lines<'a, E> {
    x: &'a [E],
    stride: usize,
    lines: usize,
    out: &'a mut [E],
}
impl<E: Float> WithFold for Lines<'_, E> {
    type Output = ();
    #[inline(always)]
    fn with<J: Joined>(self) {
        lines_of::<E, J>(self.x, self.stride, self.lines, self.out);
    }
}

struct Both<E> {
    a: [E; LANES],
    b: [E; LANES],
}
impl<E: Float> WithFold for Both<E> {
    type Output = [E; LANES];
    #[inline(always)]
    fn with<J: Joined>(self) -> [E; LANES] {
        joined_by::<E, J, LANES>(self.a, self.b)
    }
}

// No closures here: one would be compiled on its own, without the caller's instructions.

#[inline(always)]
fn joined_by<E: Float, J: Joined, const N: usize>(a: [E; N], b: [E; N]) -> [E; N] {
    let mut y = a;
    for i in 0..N {
        y[i] = J::join(a[i], b[i]);
    }
    y
}

/// Partial results, joined in pairs as they arrive: that of level `i` stands for 2ⁱ leaves.
struct Tree<E, const N: usize, const DEPTH: usize> {
    levels: [[E; N]; DEPTH],
    leaves: usize,
}

impl<E: Float, const N: usize, const DEPTH: usize> Tree<E, N, DEPTH> {
    #[inline(always)]
    fn new() -> Self {
        Tree { levels: [[E::default(); N]; DEPTH], leaves: 0 }
    }

    #[inline(always)]
    fn add<J: Joined>(&mut self, mut leaf: [E; N]) {
        let mut level = 0;
        while self.leaves >> level & 1 == 1 {
            leaf = joined_by::<E, J, N>(self.levels[level], leaf);
            level += 1;
        }
        self.levels[level] = leaf;
        self.leaves += 1;
    }

    #[inline(always)]
    fn end<J: Joined>(&self) -> [E; N] {
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
fn lanes_of<E: Float, J: Joined>(x: &[E]) -> [E; LANES] {
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
fn leaf<E: Float, J: Joined>(x: &[E]) -> [E; LANES] {
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

/// Folds the lanes to one number.
#[inline(always)]
pub(super) fn across<E: Float>(fold: Fold, mut lanes: [E; LANES]) -> E {
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
fn lines_of<E: Float, J: Joined>(x: &[E], stride: usize, lines: usize, out: &mut [E]) {
    let (wide, rest) = out.as_chunks_mut::<SPLAT>();
    let from = wide.len() * SPLAT;
    for (i, out) in wide.iter_mut().enumerate() {
        *out = abreast::<E, J, SPLAT>(&x[i * SPLAT..], stride, lines, SPLAT);
    }
    for (i, out) in rest.chunks_mut(LANES).enumerate() {
        let folded = abreast::<E, J, LANES>(&x[from + i * LANES..], stride, lines, out.len());
        out.copy_from_slice(&folded[..out.len()]);
    }
}

/// Folds the first `n` numbers of some lines.
#[inline(always)]
fn abreast<E: Float, J: Joined, const N: usize>(x: &[E], stride: usize, lines: usize, n: usize) -> [E; N] {
    if lines <= LEAF {
        return few::<E, J, N>(x, stride, lines, n);
    }
    let mut tree = Tree::<E, N, 32>::new();
    for first in (0..lines).step_by(LEAF) {
        tree.add::<J>(few::<E, J, N>(&x[first * stride..], stride, LEAF.min(lines - first), n));
    }
    tree.end::<J>()
}

/// Folds the first `n` numbers of a few lines, one line after another.
#[inline(always)]
fn few<E: Float, J: Joined, const N: usize>(x: &[E], stride: usize, lines: usize, n: usize) -> [E; N] {
    let mut folded = [E::from_f64(J::START); N];
    for line in 0..lines {
        let x = &x[line * stride..];
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
