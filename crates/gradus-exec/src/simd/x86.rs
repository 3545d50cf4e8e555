//! The vectors of AVX-512 and of AVX2 with fused multiply-add.

mod functions;
mod parts;

use super::Vector;
use parts::*;
use std::arch::x86_64::*;

/// Defines a vector of `$n` numbers in a register, by instructions and by functions of `parts`.
macro_rules! vector {
    ($name:ident($register:ident) $float:ident $n:literal: $zero:ident $splat:ident $load:ident $store:ident $mul_add:ident;
     $has_nan:ident $load_part:ident $store_part:ident $transpose:ident) => {
        /// Numbers in a register. Only kernels of the instruction set make one, and they are chosen where the processor
        /// has it.
        #[derive(Clone, Copy)]
        pub(crate) struct $name($register);

        // SAFETY of every block here: the trait's contract covers the instructions and the pointers. A masked access
        // touches no number that its mask leaves out.
        impl Vector for $name {
            type E = $float;
            const N: usize = $n;
            const MASKED: bool = true;

            #[inline(always)]
            fn prefetch(from: *const $float) {
                // SAFETY: a hint may be given any address.
                unsafe { _mm_prefetch::<_MM_HINT_T1>(from.cast()) }
            }
            #[inline(always)]
            unsafe fn zero() -> Self {
                // SAFETY: see above.
                unsafe { $name($zero()) }
            }
            #[inline(always)]
            unsafe fn splat(x: $float) -> Self {
                // SAFETY: see above.
                unsafe { $name($splat(x)) }
            }
            #[inline(always)]
            unsafe fn load(from: *const $float) -> Self {
                // SAFETY: see above.
                unsafe { $name($load(from)) }
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $float) {
                // SAFETY: see above.
                unsafe { $store(to, self.0) }
            }
            #[inline(always)]
            unsafe fn mul_add(self, b: Self, c: Self) -> Self {
                // SAFETY: see above.
                unsafe { $name($mul_add(self.0, b.0, c.0)) }
            }
            #[inline(always)]
            unsafe fn has_nan(self) -> bool {
                // SAFETY: see above.
                unsafe { $has_nan(self.0) }
            }
            #[inline(always)]
            unsafe fn load_part(from: *const $float, count: usize) -> Self {
                // SAFETY: see above.
                unsafe { $name($load_part(from, count)) }
            }
            #[inline(always)]
            unsafe fn store_part(self, to: *mut $float, count: usize) {
                // SAFETY: see above.
                unsafe { $store_part(to, count, self.0) }
            }
            #[inline(always)]
            unsafe fn transpose(
                from: *const $float,
                stride: usize,
                size: [usize; 2],
                to: *mut $float,
                width: usize,
            ) {
                // SAFETY: see above.
                unsafe { $transpose(from, stride, size, to, width) }
            }
        }
    };
}

vector! { F32x16(__m512) f32 16: _mm512_setzero_ps _mm512_set1_ps _mm512_loadu_ps _mm512_storeu_ps _mm512_fmadd_ps;
has_nan_f32x16 load_f32x16 store_f32x16 transpose_f32x16 }
vector! { F64x8(__m512d) f64 8: _mm512_setzero_pd _mm512_set1_pd _mm512_loadu_pd _mm512_storeu_pd _mm512_fmadd_pd;
has_nan_f64x8 load_f64x8 store_f64x8 transpose_f64x8 }
vector! { F32x8(__m256) f32 8: _mm256_setzero_ps _mm256_set1_ps _mm256_loadu_ps _mm256_storeu_ps _mm256_fmadd_ps;
has_nan_f32x8 load_f32x8 store_f32x8 transpose_f32x8 }
vector! { F64x4(__m256d) f64 4: _mm256_setzero_pd _mm256_set1_pd _mm256_loadu_pd _mm256_storeu_pd _mm256_fmadd_pd;
has_nan_f64x4 load_f64x4 store_f64x4 transpose_f64x4 }
