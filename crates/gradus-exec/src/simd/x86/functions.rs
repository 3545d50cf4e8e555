//! The functions by pieces on vectors of `f32`: where they look up their terms, compilers emit slow loads, and a
//! permutation of a register does.

use super::{F32x8, F32x16};
use gradus_rows::number::piecewise::Numbers;
use std::arch::x86_64::*;
use std::ops::{Add, Mul, Sub};

/// Implements `Numbers`; `$($other)*` are the items that differ between sizes.
macro_rules! numbers {
    ($name:ident $whole:ident: $splat:ident $add:ident $sub:ident $mul:ident $fmadd:ident $fnmadd:ident $min:ident $max:ident $shift_left:ident $shift_right:ident $to_whole:ident
     $to_float:ident; $($other:item)*) => {
        // SAFETY of every block here: see the type.
        impl Add for $name {
            type Output = Self;
            #[inline(always)]
            fn add(self, other: Self) -> Self {
                // SAFETY: see above.
                unsafe { $name($add(self.0, other.0)) }
            }
        }
        impl Sub for $name {
            type Output = Self;
            #[inline(always)]
            fn sub(self, other: Self) -> Self {
                // SAFETY: see above.
                unsafe { $name($sub(self.0, other.0)) }
            }
        }
        impl Mul for $name {
            type Output = Self;
            #[inline(always)]
            fn mul(self, other: Self) -> Self {
                // SAFETY: see above.
                unsafe { $name($mul(self.0, other.0)) }
            }
        }
        impl Numbers for $name {
            type Piece = $whole;
            #[inline(always)]
            fn of(c: f32) -> Self {
                // SAFETY: see above.
                unsafe { $name($splat(c)) }
            }
            #[inline(always)]
            fn at_most(self, most: Self) -> Self {
                // SAFETY: see above. For a NaN the instruction returns its second operand.
                unsafe { $name($min(most.0, self.0)) }
            }
            #[inline(always)]
            fn positive_part(self) -> Self {
                // SAFETY: see above. For two zeros, or a NaN, the instruction returns its second operand.
                unsafe { $name($max($splat(0.0), self.0)) }
            }
            #[inline(always)]
            fn fused(self, b: Self, c: Self) -> Self {
                // SAFETY: see above.
                unsafe { $name($fmadd(self.0, b.0, c.0)) }
            }
            #[inline(always)]
            fn fused_from(self, b: Self, c: Self) -> Self {
                // SAFETY: see above.
                unsafe { $name($fnmadd(self.0, b.0, c.0)) }
            }
            #[inline(always)]
            fn exponent(self) -> Self {
                // SAFETY: see above.
                unsafe { $name($to_float($shift_left::<23>($to_whole(self.0)))) }
            }
            #[inline(always)]
            fn piece(self) -> $whole {
                // SAFETY: see above. Permutations read only the lowest bits.
                unsafe { $shift_right::<21>($to_whole(self.0)) }
            }
            $($other)*
        }
    };
}

numbers! { F32x16 __m512i: _mm512_set1_ps _mm512_add_ps _mm512_sub_ps
    _mm512_mul_ps _mm512_fmadd_ps _mm512_fnmadd_ps _mm512_min_ps _mm512_max_ps _mm512_slli_epi32 _mm512_srli_epi32
    _mm512_castps_si512 _mm512_castsi512_ps;
    #[inline(always)]
    fn abs(self) -> Self {
        // SAFETY: see above.
        unsafe { F32x16(_mm512_abs_ps(self.0)) }
    }
    #[inline(always)]
    fn signed(self, of: Self) -> Self {
        // SAFETY: see above.
        unsafe {
            let sign = _mm512_set1_ps(-0.0);
            F32x16(_mm512_or_ps(_mm512_andnot_ps(sign, self.0), _mm512_and_ps(sign, of.0)))
        }
    }
    #[inline(always)]
    fn negative(self, yes: Self, no: Self) -> Self {
        // SAFETY: see above.
        unsafe {
            let negative = _mm512_cmp_ps_mask::<_CMP_LT_OQ>(self.0, _mm512_setzero_ps());
            F32x16(_mm512_mask_blend_ps(negative, no.0, yes.0))
        }
    }
    #[inline(always)]
    fn look(terms: &'static [f32; 16], piece: __m512i) -> Self {
        // SAFETY: see above; there are sixteen terms.
        unsafe { F32x16(_mm512_permutexvar_ps(piece, _mm512_loadu_ps(terms.as_ptr()))) }
    }
}

numbers! { F32x8 __m256i: _mm256_set1_ps _mm256_add_ps _mm256_sub_ps
    _mm256_mul_ps _mm256_fmadd_ps _mm256_fnmadd_ps _mm256_min_ps _mm256_max_ps _mm256_slli_epi32 _mm256_srli_epi32
    _mm256_castps_si256 _mm256_castsi256_ps;
    #[inline(always)]
    fn abs(self) -> Self {
        // SAFETY: see above.
        unsafe { F32x8(_mm256_andnot_ps(_mm256_set1_ps(-0.0), self.0)) }
    }
    #[inline(always)]
    fn signed(self, of: Self) -> Self {
        // SAFETY: see above.
        unsafe {
            let sign = _mm256_set1_ps(-0.0);
            F32x8(_mm256_or_ps(_mm256_andnot_ps(sign, self.0), _mm256_and_ps(sign, of.0)))
        }
    }
    #[inline(always)]
    fn negative(self, yes: Self, no: Self) -> Self {
        // SAFETY: see above.
        unsafe {
            let negative = _mm256_cmp_ps::<_CMP_LT_OQ>(self.0, _mm256_setzero_ps());
            F32x8(_mm256_blendv_ps(no.0, yes.0, negative))
        }
    }
    #[inline(always)]
    fn look(terms: &'static [f32; 16], piece: __m256i) -> Self {
        // SAFETY: see above; there are twice eight terms, and the fourth bit chooses between them.
        unsafe {
            let (first, last) = (_mm256_loadu_ps(terms.as_ptr()), _mm256_loadu_ps(terms.as_ptr().add(8)));
            let which = _mm256_castsi256_ps(_mm256_slli_epi32::<28>(piece));
            let (first, last) =
                (_mm256_permutevar8x32_ps(first, piece), _mm256_permutevar8x32_ps(last, piece));
            F32x8(_mm256_blendv_ps(first, last, which))
        }
    }
}
