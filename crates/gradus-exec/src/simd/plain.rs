//! Vectors for every processor.

use super::Vector;
use gradus_rows::Float;

/// Four numbers in an array, for which the compiler chooses instructions.
#[derive(Clone, Copy)]
pub(crate) struct Plain<E>([E; 4]);

impl<E: Float> Vector for Plain<E> {
    type E = E;
    const N: usize = 4;
    const MASKED: bool = false;

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
        // SAFETY: the caller vouches for four numbers; an array has the alignment of its elements.
        Plain(unsafe { *from.cast() })
    }

    #[inline(always)]
    unsafe fn load_part(from: *const E, count: usize) -> Self {
        // SAFETY: the caller vouches for the first `count`, and no other is read.
        Plain(std::array::from_fn(|i| if i < count { unsafe { *from.add(i) } } else { E::default() }))
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut E) {
        // SAFETY: the caller vouches for four numbers; an array has the alignment of its elements.
        unsafe { *to.cast() = self.0 };
    }

    #[inline(always)]
    unsafe fn store_part(self, to: *mut E, count: usize) {
        for (i, &x) in self.0.iter().enumerate().take(count) {
            // SAFETY: the caller vouches for the first `count`.
            unsafe { *to.add(i) = x };
        }
    }

    #[inline(always)]
    unsafe fn mul_add(self, b: Self, c: Self) -> Self {
        Plain(std::array::from_fn(|i| self.0[i].mul_add(b.0[i], c.0[i])))
    }

    #[inline(always)]
    unsafe fn has_nan(self) -> bool {
        self.0.iter().any(|x| x.partial_cmp(x).is_none())
    }
}

/// A single number, for loops over numbers that the compiler turns into vectors.
impl Vector for f32 {
    type E = f32;
    const N: usize = 1;
    const MASKED: bool = false;

    #[inline(always)]
    unsafe fn zero() -> Self {
        0.0
    }

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        x
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller vouches for the number.
        unsafe { *from }
    }

    #[inline(always)]
    unsafe fn load_part(from: *const f32, count: usize) -> Self {
        // SAFETY: the caller vouches for the number, if there is one.
        if count > 0 { unsafe { *from } } else { 0.0 }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller vouches for the number.
        unsafe { *to = self }
    }

    #[inline(always)]
    unsafe fn store_part(self, to: *mut f32, count: usize) {
        if count > 0 {
            // SAFETY: the caller vouches for the number.
            unsafe { *to = self }
        }
    }

    #[inline(always)]
    unsafe fn mul_add(self, b: Self, c: Self) -> Self {
        f32::mul_add(self, b, c)
    }

    #[inline(always)]
    unsafe fn has_nan(self) -> bool {
        self.is_nan()
    }
}
