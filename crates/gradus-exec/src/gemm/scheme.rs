//! The scheme of a product: its vectors, its blocks, and the sides that are copied.

use super::pack;
use crate::set::InstructionSet;

/// The most bytes of a right side that is not cut along `k`: a larger one would not stay in a second-level cache.
const LARGE: usize = 1 << 20;
/// The same where that cache is smaller, as beside AVX2, and where there are `MANY` rows, so that a copy pays.
const LARGE_AVX2: usize = 1 << 18;
const MANY: usize = 80;
/// Bytes of a row of the left side in one cut along `k`.
const DEPTH: usize = 2048;
/// Rows that are finished together where the right side is large.
const LOW: usize = 8;
/// Rows of the left side that stay in the second-level cache while a large right side passes: a multiple of `LOW`
/// and of `TILE_ROWS`.
pub(super) const TALL: usize = 264;
/// Bytes of the rows that are finished together.
const BLOCK: usize = 1 << 14;
/// The number of rows that the heights of all tiles divide; block heights are its multiples.
pub(super) const TILE_ROWS: usize = 24;

/// Returns the numbers in a vector, the most vectors in a tile's row, and whether a part of a vector can be read.
#[inline(always)]
fn vectors<E>(set: InstructionSet) -> (usize, usize, bool) {
    match set {
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx512 => (64 / size_of::<E>(), 4, true),
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2 => (32 / size_of::<E>(), 2, true),
        _ => (4, 4, false),
    }
}

/// Returns the most vectors in a row of a tile where there are one or two rows, or 0: as many sums as keep the
/// processor busy.
#[inline(always)]
pub(super) fn longest(rows: usize) -> usize {
    match rows {
        1 => 8,
        2 => 4,
        _ => 0,
    }
}

/// The place where tiles read the right side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Right {
    /// In place.
    InPlace,
    /// Copied as a whole before the first tile.
    Whole,
    /// Copied strip by strip when tiles reach it, since all rows are one block.
    Each,
    /// Copied strip by strip, each cut along `k`, when tiles reach it.
    Strips,
    /// In the place of the left side: the result has too few columns to fill a vector, but enough rows. Strips of
    /// the left side are read in place, or copied.
    Turned { in_place: bool },
}

/// The scheme of a product, which follows from sizes and strides alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scheme {
    pub(super) set: InstructionSet,
    pub(super) right: Right,
    /// Numbers in a vector, and the most vectors in a tile's row.
    pub(super) lanes: usize,
    most: usize,
    /// The number of strips of columns, and of vectors in the widest one.
    strips: usize,
    width: usize,
    /// The depth of a cut along `k`.
    pub(super) depth: usize,
    /// Rows that are finished together.
    pub(super) block: usize,
}

impl Scheme {
    /// Returns the scheme for sizes `m × k` and `k × n` that are not 0, and the strides of both sides.
    #[inline(always)]
    pub(super) fn new<E>(set: InstructionSet, [m, k, n]: [usize; 3], a: [usize; 2], b: [usize; 2]) -> Self {
        let ((lanes, most, masked), bytes) = (vectors::<E>(set), size_of::<E>());
        let whole_rows = b[1] == 1 || n == 1;
        // The number of vectors for each of `k`, either way. A left side in columns need not be copied.
        let (straight, turned) = (m * n.div_ceil(lanes), n * m.div_ceil(lanes));
        let few = if a[0] == 1 { n <= 4 * lanes && 5 * turned <= 4 * straight } else { n <= lanes / 4 };
        let large = match set {
            InstructionSet::Avx2 if m >= MANY => LARGE_AVX2,
            _ => LARGE,
        };
        let right = if few && m >= lanes {
            Right::Turned { in_place: a[0] == 1 && masked }
        } else if k * n * bytes > large {
            Right::Strips
        } else if whole_rows && (masked || n % lanes == 0) {
            Right::InPlace
        } else {
            Right::Whole
        };
        let most = match right {
            Right::Turned { .. } => most.max(longest(n)),
            _ => most.max(longest(m)),
        };
        // A division takes as long as a small product.
        let (strips, width) = match n <= lanes {
            true => (1, 1),
            false => {
                let strips = n.div_ceil(lanes * most);
                (strips, n.div_ceil(lanes).div_ceil(strips))
            }
        };
        let block = match right {
            Right::Strips => LOW,
            _ if m * n * bytes <= BLOCK => m,
            Right::Turned { .. } => (BLOCK / (n * bytes)).next_multiple_of(lanes * most),
            _ => (BLOCK / (n * bytes)).max(1).next_multiple_of(TILE_ROWS),
        };
        let right = if right == Right::Whole && m <= block { Right::Each } else { right };
        Scheme { set, right, lanes, most, strips, width, depth: DEPTH / bytes, block }
    }

    /// Returns the scheme of a product of one tile or two, at most a vector wide, for which a full plan takes as
    /// long as the work. A transposed right side is at most a vector deep, too.
    #[inline(always)]
    pub(super) fn tiny<E>(set: InstructionSet, [m, k, n]: [usize; 3], b: [usize; 2]) -> Option<Self> {
        let (lanes, most, masked) = vectors::<E>(set);
        let straight = b[1] == 1 || n == 1;
        let tiny = masked && m <= 16 && n <= lanes && (straight && k <= 64 || b[0] == 1 && k <= lanes);
        let right = Right::InPlace;
        tiny.then_some(Scheme { set, right, lanes, most, strips: 1, width: 1, depth: k, block: m })
    }

    /// Returns the number of rows for one thread: whole blocks. Where each thread copies the right side for itself,
    /// panels are few, and of equal height.
    pub(super) fn panel(&self, m: usize) -> usize {
        let panels = match self.right {
            Right::Strips => (m / 64).clamp(1, 2).max((m / 128).min(4)).max(m / TALL),
            _ => 8,
        };
        m.div_ceil(panels).next_multiple_of(self.block)
    }

    /// Returns the number of elements of a copy of the whole right side.
    #[inline(always)]
    pub(super) fn shared(&self, k: usize, n: usize) -> usize {
        if self.right == Right::Whole { n.next_multiple_of(self.lanes) * k } else { 0 }
    }

    /// Returns the number of elements of a copy of one strip.
    #[inline(always)]
    pub(super) fn strip(&self, k: usize) -> usize {
        match self.right {
            Right::Strips => k.min(self.depth) * self.width * self.lanes,
            Right::Each => k * self.width * self.lanes,
            Right::Turned { in_place: false } => k * self.wide(),
            _ => 0,
        }
    }

    /// Returns the number of rows in a strip of the left side, where the sides have changed places.
    #[inline(always)]
    pub(super) fn wide(&self) -> usize {
        self.lanes * self.most
    }

    /// Returns the number of scratch elements for each thread.
    pub(super) fn own(&self, k: usize, n: usize) -> usize {
        self.strip(k)
            + match self.right {
                Right::Strips => pack::left_size([TALL, k.min(self.depth)]),
                Right::Turned { .. } => n * self.wide(),
                _ => 0,
            }
    }

    pub(super) fn scratch(&self, [m, k, n]: [usize; 3]) -> usize {
        self.shared(k, n) + self.own(k, n) * m.div_ceil(self.panel(m))
    }

    /// Returns the first column and the number of columns of each strip. Numbers of vectors differ by one at most.
    #[inline(always)]
    pub(super) fn strips(&self, n: usize) -> impl Iterator<Item = (usize, usize)> {
        let (strips, lanes) = (self.strips, self.lanes);
        let from = move |s: usize| match s {
            0 => 0,
            s if s == strips => n,
            s => (n.div_ceil(lanes) * s).div_ceil(strips) * lanes,
        };
        (0..strips).map(move |s| (from(s), from(s + 1) - from(s)))
    }
}
