//! Vectors of numbers, as wide as the processor has them: the kernels of rows and of products are written over them.
//!
//! A method is inlined into a function that is compiled for the vector's instructions; kernels have one for each set.

mod plain;
#[cfg(target_arch = "x86_64")]
mod x86;

use gradus_rows::Float;
pub(crate) use plain::Plain;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86::{F32x8, F32x16, F64x4, F64x8};

/// Some numbers that one instruction works on.
///
/// # Safety
/// The CPU must support the vector's instructions wherever a method runs. `from` must be valid for reads, and `to` for
/// writes, of `N` numbers, or of the first `count`.
pub(crate) trait Vector: Copy {
    /// The type of a number.
    type E: Float;
    /// The number of numbers in a vector.
    const N: usize;
    /// True if a part of a vector can be read without touching the numbers behind it.
    const MASKED: bool;

    unsafe fn zero() -> Self;
    unsafe fn splat(x: Self::E) -> Self;
    unsafe fn load(from: *const Self::E) -> Self;
    /// Loads the first `count` numbers; the others are unspecified.
    unsafe fn load_part(from: *const Self::E, count: usize) -> Self;
    unsafe fn store(self, to: *mut Self::E);
    /// Stores the first `count` numbers.
    unsafe fn store_part(self, to: *mut Self::E, count: usize);
    /// Returns `self · b + c`, rounded once.
    unsafe fn mul_add(self, b: Self, c: Self) -> Self;
    /// Tells whether a number is NaN.
    unsafe fn has_nan(self) -> bool;

    /// Asks for the cache line at `from`, which may be any address.
    #[inline(always)]
    fn prefetch(_from: *const Self::E) {}

    /// Copies `columns` columns of `depth` numbers each, which start `stride` apart, to rows that start `width` apart.
    /// There are at most `N` of either, and at least one.
    ///
    /// # Safety
    /// `from` must be valid for reads of the columns, and `to` for writes of `depth` rows of `columns` numbers. The two
    /// must not overlap.
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
                // SAFETY: the caller vouches for each number.
                unsafe { *to.add(l * width + j) = *from.add(j * stride + l) };
            }
        }
    }
}
