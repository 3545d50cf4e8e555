//! Vectors of numbers, as wide as the processor has them: what the kernels are written over.
//!
//! A method is inlined into a function that is compiled for the vector's instructions: the parent has one
//! for each set.

use super::tile::{self, Left, Strip};
use crate::set::CALLS;
use gradus_rows::Float;

/// Some numbers that one instruction works on.
///
/// # Safety
/// Each method may run only where the processor has the vector's instructions, and a
/// pointer must reach the elements that the method names.
pub(super) trait Lanes: Copy {
    type E: Float;
    /// Numbers in a vector.
    const N: usize;
    /// Whether a part of a vector can be read without touching what follows.
    const MASKED: bool;
    /// The most vectors side by side in a tile: 4 where there are 32 registers, 3 where there are 16.
    const WIDTH: usize;

    unsafe fn zero() -> Self;
    unsafe fn splat(x: Self::E) -> Self;
    unsafe fn load(from: *const Self::E) -> Self;
    /// The first `count` numbers, and anything in place of the rest.
    unsafe fn load_part(from: *const Self::E, count: usize) -> Self;
    unsafe fn store(self, to: *mut Self::E);
    unsafe fn store_part(self, to: *mut Self::E, count: usize);
    /// `self · b + c`, rounded once.
    unsafe fn mul_add(self, b: Self, c: Self) -> Self;

    /// Fills a strip of the result by [`tile::strip`], in a function of its own: it is called from several loops, and is
    /// much to compile.
    unsafe fn strip(
        size: [usize; 2],
        left: Left<Self::E>,
        strip: Strip<Self::E>,
        out: (*mut Self::E, usize),
        add: bool,
    );

    /// Asks for the line of memory at `from`, which may be anywhere, to be brought near.
    #[inline(always)]
    fn prefetch(_from: *const Self::E) {}

    /// Moves `columns` columns of `depth` numbers each, which start `stride` apart, to rows that
    /// start `width` apart. At most `N` of either, and at least one.
    #[inline(always)]
    unsafe fn transpose(
        from: *const Self::E,
        stride: usize,
        [columns, depth]: [usize; 2],
        to: *mut Self::E,
        width: usize,
    ) {
        for l in 0..depth {
            for j in 0..columns {
                // SAFETY: the caller's promise, element by element.
                unsafe { *to.add(l * width + j) = *from.add(j * stride + l) };
            }
        }
    }
}

/// Four numbers in an array: the compiler finds what instructions there are.
#[derive(Clone, Copy)]
pub(super) struct Plain<E>([E; 4]);

impl<E: Float> Lanes for Plain<E> {
    type E = E;
    const N: usize = 4;
    const MASKED: bool = false;
    const WIDTH: usize = 4;

    #[inline(never)]
    unsafe fn strip(
        [m, k]: [usize; 2],
        left: Left<E>,
        strip: Strip<E>,
        (out, n): (*mut E, usize),
        add: bool,
    ) {
        // SAFETY: the caller's promise, passed on, for the strip as it is or a vector's width of it at a time.
        unsafe {
            if !CALLS {
                return tile::strip::<Self>([m, k], left, strip, (out, n), add);
            }
            for j in (0..strip.columns).step_by(4) {
                let part = Strip { from: strip.from.add(j), columns: 4.min(strip.columns - j), ..strip };
                tile::cut::<Self, 1, 1>([m, k], left, part, (out.add(j), n), add);
            }
        }
    }

    #[inline(always)]
    unsafe fn zero() -> Self {
        Plain([E::default(); 4])
    }

    #[inline(always)]
    unsafe fn splat(x: E) -> Self {
        Plain([x; 4])
    }

    #[inline(always)]
    unsafe fn load(from: *const E) -> Self {
        // SAFETY: the caller's promise; an array has the alignment of its elements.
        Plain(unsafe { *from.cast() })
    }

    #[inline(always)]
    unsafe fn load_part(from: *const E, count: usize) -> Self {
        // SAFETY: the caller's promise holds for the first `count`, and no other is read.
        Plain(std::array::from_fn(|i| if i < count { unsafe { *from.add(i) } } else { E::default() }))
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut E) {
        // SAFETY: the caller's promise; an array has the alignment of its elements.
        unsafe { *to.cast() = self.0 };
    }

    #[inline(always)]
    unsafe fn store_part(self, to: *mut E, count: usize) {
        for (i, &x) in self.0.iter().enumerate().take(count) {
            // SAFETY: the caller's promise holds for the first `count`.
            unsafe { *to.add(i) = x };
        }
    }

    #[inline(always)]
    unsafe fn mul_add(self, b: Self, c: Self) -> Self {
        Plain(std::array::from_fn(|i| self.0[i].mul_add(b.0[i], c.0[i])))
    }
}
