//! The vectors of AVX-512 and of AVX2 with fused multiply-add.

mod functions;

use super::Vector;
use std::arch::x86_64::*;

/// Defines a vector of `$n` numbers in a register. `$($part)*` are the items that depend on masks.
macro_rules! vector {
    ($name:ident($register:ident) $float:ident $n:literal: $zero:ident $splat:ident $load:ident $store:ident $mul_add:ident;
     $($part:item)*) => {
        /// Numbers in a register. Only kernels of the instruction set make one, and they are chosen where the processor
        /// has it.
        #[derive(Clone, Copy)]
        pub(crate) struct $name($register);

        // SAFETY of every block here: the trait's contract covers the instructions and the pointers. A masked access
        // touches no number that its mask leaves out.
        impl Vector for $name {
            type E = $float;
            const N: usize = $n;

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
            $($part)*
        }
    };
}

/// Parts of vectors by masks, and transposes.
macro_rules! masked {
    ($name:ident $float:ident: $load:ident $store:ident $transpose:ident $compare:ident) => {
        const MASKED: bool = true;

        #[inline(always)]
        unsafe fn has_nan(self) -> bool {
            // SAFETY: see above.
            unsafe { $compare::<_CMP_UNORD_Q>(self.0, self.0) != 0 }
        }

        #[inline(always)]
        unsafe fn load_part(from: *const $float, count: usize) -> Self {
            // SAFETY: see above.
            unsafe { $name($load(Self::mask(count), from)) }
        }
        #[inline(always)]
        unsafe fn store_part(self, to: *mut $float, count: usize) {
            // SAFETY: see above.
            unsafe { $store(to, Self::mask(count), self.0) }
        }
        #[inline(always)]
        unsafe fn transpose(
            from: *const $float,
            stride: usize,
            [columns, depth]: [usize; 2],
            to: *mut $float,
            width: usize,
        ) {
            // SAFETY: see above.
            unsafe { $transpose(from, stride, [columns, depth], to, width) }
        }
    };
}

/// Parts of vectors through an array.
macro_rules! copied {
    ($name:ident $float:ident $n:literal: $load:ident $store:ident $compare:ident $signs:ident) => {
        const MASKED: bool = false;

        #[inline(always)]
        unsafe fn has_nan(self) -> bool {
            // SAFETY: see above.
            unsafe { $signs($compare::<_CMP_UNORD_Q>(self.0, self.0)) != 0 }
        }

        #[inline(always)]
        unsafe fn load_part(from: *const $float, count: usize) -> Self {
            let mut part = [0.0; $n];
            for (i, x) in part.iter_mut().enumerate().take(count) {
                // SAFETY: see above.
                *x = unsafe { *from.add(i) };
            }
            // SAFETY: see above.
            unsafe { $name($load(part.as_ptr())) }
        }
        #[inline(always)]
        unsafe fn store_part(self, to: *mut $float, count: usize) {
            let mut part = [0.0; $n];
            // SAFETY: see above.
            unsafe { $store(part.as_mut_ptr(), self.0) };
            for (i, &x) in part.iter().enumerate().take(count) {
                // SAFETY: see above.
                unsafe { *to.add(i) = x };
            }
        }
    };
}

vector! { F32x16(__m512) f32 16: _mm512_setzero_ps _mm512_set1_ps _mm512_loadu_ps _mm512_storeu_ps _mm512_fmadd_ps;
    masked! { F32x16 f32: _mm512_maskz_loadu_ps _mm512_mask_storeu_ps transpose_f32 _mm512_cmp_ps_mask }
}
vector! { F64x8(__m512d) f64 8: _mm512_setzero_pd _mm512_set1_pd _mm512_loadu_pd _mm512_storeu_pd _mm512_fmadd_pd;
    masked! { F64x8 f64: _mm512_maskz_loadu_pd _mm512_mask_storeu_pd transpose_f64 _mm512_cmp_pd_mask }
}
vector! { F32x8(__m256) f32 8: _mm256_setzero_ps _mm256_set1_ps _mm256_loadu_ps _mm256_storeu_ps _mm256_fmadd_ps;
    copied! { F32x8 f32 8: _mm256_loadu_ps _mm256_storeu_ps _mm256_cmp_ps _mm256_movemask_ps }
}
vector! { F64x4(__m256d) f64 4: _mm256_setzero_pd _mm256_set1_pd _mm256_loadu_pd _mm256_storeu_pd _mm256_fmadd_pd;
    copied! { F64x4 f64 4: _mm256_loadu_pd _mm256_storeu_pd _mm256_cmp_pd _mm256_movemask_pd }
}

impl F32x16 {
    /// Returns the mask of the first `count` numbers.
    #[inline(always)]
    fn mask(count: usize) -> __mmask16 {
        if count >= 16 { __mmask16::MAX } else { (1 << count) - 1 }
    }
}

impl F64x8 {
    /// Returns the mask of the first `count` numbers.
    #[inline(always)]
    fn mask(count: usize) -> __mmask8 {
        if count >= 8 { __mmask8::MAX } else { (1 << count) - 1 }
    }
}

/// Transposes as `Vector::transpose` does, up to sixteen columns of sixteen.
///
/// # Safety
/// As for `Vector::transpose`.
#[target_feature(enable = "avx512f")]
unsafe fn transpose_f32(
    from: *const f32,
    stride: usize,
    [columns, depth]: [usize; 2],
    to: *mut f32,
    width: usize,
) {
    let (mask, kept) = (F32x16::mask(depth), F32x16::mask(columns));
    // `four[q][c]`: in its lane of four number `i`, element `4i + c` of the columns `4q` to `4q + 3`.
    let mut four = [[_mm512_setzero_ps(); 4]; 4];
    for (q, four) in four.iter_mut().enumerate() {
        let mut r = [_mm512_setzero_ps(); 4];
        for (j, r) in r.iter_mut().enumerate() {
            // SAFETY: columns past the last read the last again, and each only its `depth` numbers.
            *r = unsafe { _mm512_maskz_loadu_ps(mask, from.add((4 * q + j).min(columns - 1) * stride)) };
        }
        let a = _mm512_castps_pd(_mm512_unpacklo_ps(r[0], r[1]));
        let b = _mm512_castps_pd(_mm512_unpackhi_ps(r[0], r[1]));
        let c = _mm512_castps_pd(_mm512_unpacklo_ps(r[2], r[3]));
        let d = _mm512_castps_pd(_mm512_unpackhi_ps(r[2], r[3]));
        four[0] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, c));
        four[1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, c));
        four[2] = _mm512_castpd_ps(_mm512_unpacklo_pd(b, d));
        four[3] = _mm512_castpd_ps(_mm512_unpackhi_pd(b, d));
    }
    for c in 0..4 {
        let [p, q, r, s] = &four;
        let low = _mm512_shuffle_f32x4::<0x44>(p[c], q[c]);
        let high = _mm512_shuffle_f32x4::<0xEE>(p[c], q[c]);
        let low2 = _mm512_shuffle_f32x4::<0x44>(r[c], s[c]);
        let high2 = _mm512_shuffle_f32x4::<0xEE>(r[c], s[c]);
        let lines = [
            _mm512_shuffle_f32x4::<0x88>(low, low2),
            _mm512_shuffle_f32x4::<0xDD>(low, low2),
            _mm512_shuffle_f32x4::<0x88>(high, high2),
            _mm512_shuffle_f32x4::<0xDD>(high, high2),
        ];
        for (i, line) in lines.into_iter().enumerate() {
            if 4 * i + c < depth {
                // SAFETY: this is one of the `depth` rows, and `columns` numbers of it are written.
                unsafe { _mm512_mask_storeu_ps(to.add((4 * i + c) * width), kept, line) };
            }
        }
    }
}

/// Transposes as `Vector::transpose` does, up to eight columns of eight.
///
/// # Safety
/// As for `Vector::transpose`.
#[target_feature(enable = "avx512f")]
unsafe fn transpose_f64(
    from: *const f64,
    stride: usize,
    [columns, depth]: [usize; 2],
    to: *mut f64,
    width: usize,
) {
    let (mask, kept) = (F64x8::mask(depth), F64x8::mask(columns));
    // `two[q][c]`: in its lane of two number `i`, element `2i + c` of the columns `2q` and `2q + 1`.
    let mut two = [[_mm512_setzero_pd(); 2]; 4];
    for (q, two) in two.iter_mut().enumerate() {
        let mut r = [_mm512_setzero_pd(); 2];
        for (j, r) in r.iter_mut().enumerate() {
            // SAFETY: columns past the last read the last again, and each only its `depth` numbers.
            *r = unsafe { _mm512_maskz_loadu_pd(mask, from.add((2 * q + j).min(columns - 1) * stride)) };
        }
        *two = [_mm512_unpacklo_pd(r[0], r[1]), _mm512_unpackhi_pd(r[0], r[1])];
    }
    for c in 0..2 {
        let [p, q, r, s] = &two;
        let low = _mm512_shuffle_f64x2::<0x44>(p[c], q[c]);
        let high = _mm512_shuffle_f64x2::<0xEE>(p[c], q[c]);
        let low2 = _mm512_shuffle_f64x2::<0x44>(r[c], s[c]);
        let high2 = _mm512_shuffle_f64x2::<0xEE>(r[c], s[c]);
        let lines = [
            _mm512_shuffle_f64x2::<0x88>(low, low2),
            _mm512_shuffle_f64x2::<0xDD>(low, low2),
            _mm512_shuffle_f64x2::<0x88>(high, high2),
            _mm512_shuffle_f64x2::<0xDD>(high, high2),
        ];
        for (i, line) in lines.into_iter().enumerate() {
            if 2 * i + c < depth {
                // SAFETY: this is one of the `depth` rows, and `columns` numbers of it are written.
                unsafe { _mm512_mask_storeu_pd(to.add((2 * i + c) * width), kept, line) };
            }
        }
    }
}
