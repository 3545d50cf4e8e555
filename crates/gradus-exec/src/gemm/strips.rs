//! Strips of a product, compiled once for each vector.

use super::tile::{self, Left, Strip, Sums};
use crate::set::CALLS;
use crate::simd::{Plain, Vector};
use gradus_rows::Float;

/// A vector that a product is computed with.
pub(super) trait Strips: Vector {
    /// The most vectors side by side in a tile: 4 where there are 32 registers, 2 where there are 16.
    const WIDTH: usize;

    /// Fills a strip of the result by [`tile::strip`], and returns the same. It is a function of its own, since several loops call it and it is
    /// much to compile.
    ///
    /// # Safety
    /// As for [`tile::strip`].
    unsafe fn strip(
        size: [usize; 2],
        left: Left<Self::E>,
        strip: Strip<Self::E>,
        out: (*mut Self::E, usize),
        sums: Sums,
    ) -> bool;
}

impl<E: Float> Strips for Plain<E> {
    const WIDTH: usize = 4;

    #[inline(never)]
    unsafe fn strip(
        [m, k]: [usize; 2],
        left: Left<E>,
        strip: Strip<E>,
        (out, n): (*mut E, usize),
        sums: Sums,
    ) -> bool {
        // SAFETY: the caller's contract covers the strip as it is, and a vector's width of it at a time.
        unsafe {
            if !CALLS {
                return tile::strip::<Self>(Self::WIDTH, [m, k], left, strip, (out, n), sums);
            }
            let mut odd = false;
            for j in (0..strip.columns).step_by(4) {
                let part = Strip { from: strip.from.add(j), columns: 4.min(strip.columns - j), ..strip };
                odd |= tile::cut::<Self, 1, 1, true>([m, k], left, part, (out.add(j), n), sums);
            }
            odd
        }
    }
}
