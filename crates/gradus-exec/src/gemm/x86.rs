//! The vectors of AVX-512 and of AVX2 with fused multiply-add.

use super::lanes::Lanes;
use super::run::run;
use super::tile::{self, Left, Strip};
use super::{Part, Task};
use gradus_rows::Float;
use std::any::TypeId;
use std::arch::x86_64::*;

/// Does a part of a product, if vectors hold its elements; whether they do.
#[target_feature(enable = "avx512f,avx2,fma")]
pub(super) fn avx512<E: Float>(task: &Task<'_, E>, part: &mut Part<'_, '_, E>) -> bool {
    if let Some((task, part)) = same::<E, f32>(task, part) {
        run::<F32x16>(task, part);
    } else if let Some((task, part)) = same::<E, f64>(task, part) {
        run::<F64x8>(task, part);
    } else {
        return false;
    }
    true
}

/// The same with shorter vectors.
#[target_feature(enable = "avx2,fma")]
pub(super) fn avx2<E: Float>(task: &Task<'_, E>, part: &mut Part<'_, '_, E>) -> bool {
    if let Some((task, part)) = same::<E, f32>(task, part) {
        run::<F32x8>(task, part);
    } else if let Some((task, part)) = same::<E, f64>(task, part) {
        run::<F64x4>(task, part);
    } else {
        return false;
    }
    true
}

/// What it is given, if the two types are one.
fn same<'t, 'a, 'p, 'f, E: Float, F: Float>(
    task: &'t Task<'a, E>,
    part: &'t mut Part<'p, 'f, E>,
) -> Option<(&'t Task<'a, F>, &'t mut Part<'p, 'f, F>)> {
    (TypeId::of::<E>() == TypeId::of::<F>()).then(|| {
        // SAFETY: `E` and `F` are one type, so each pointer is cast to the type that it has.
        unsafe { (&*std::ptr::from_ref(task).cast(), &mut *std::ptr::from_mut(part).cast()) }
    })
}

macro_rules! wide {
    ($name:ident $vector:ident $float:ident $n:literal $mask:ident: $zero:ident $splat:ident $load:ident
     $maskz_load:ident $store:ident $mask_store:ident $mul_add:ident, $transpose:ident) => {
        #[derive(Clone, Copy)]
        pub(super) struct $name($vector);

        impl $name {
            #[inline(always)]
            fn mask(count: usize) -> $mask {
                if count >= $n { $mask::MAX } else { (1 << count) - 1 }
            }
        }

        // SAFETY of every block here: the trait's contract vouches for the instructions and the
        // pointers, and a masked access touches no element that its mask leaves out.
        impl Lanes for $name {
            type E = $float;
            const N: usize = $n;
            const MASKED: bool = true;
            const WIDTH: usize = 4;

            #[inline(always)]
            fn prefetch(from: *const $float) {
                // SAFETY: a hint, which any address may be given to.
                unsafe { _mm_prefetch::<_MM_HINT_T1>(from.cast()) }
            }
            #[target_feature(enable = "avx512f,avx2,fma")]
            unsafe fn strip(
                size: [usize; 2],
                left: Left<$float>,
                strip: Strip<$float>,
                out: (*mut $float, usize),
                add: bool,
            ) {
                // SAFETY: see above.
                unsafe { tile::strip::<Self>(size, left, strip, out, add) }
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
            unsafe fn load_part(from: *const $float, count: usize) -> Self {
                // SAFETY: see above.
                unsafe { $name($maskz_load(Self::mask(count), from)) }
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $float) {
                // SAFETY: see above.
                unsafe { $store(to, self.0) }
            }
            #[inline(always)]
            unsafe fn store_part(self, to: *mut $float, count: usize) {
                // SAFETY: see above.
                unsafe { $mask_store(to, Self::mask(count), self.0) }
            }
            #[inline(always)]
            unsafe fn mul_add(self, b: Self, c: Self) -> Self {
                // SAFETY: see above.
                unsafe { $name($mul_add(self.0, b.0, c.0)) }
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
        }
    };
}
wide!(F32x16 __m512 f32 16 __mmask16: _mm512_setzero_ps _mm512_set1_ps _mm512_loadu_ps
    _mm512_maskz_loadu_ps _mm512_storeu_ps _mm512_mask_storeu_ps _mm512_fmadd_ps, transpose_f32);
wide!(F64x8 __m512d f64 8 __mmask8: _mm512_setzero_pd _mm512_set1_pd _mm512_loadu_pd
    _mm512_maskz_loadu_pd _mm512_storeu_pd _mm512_mask_storeu_pd _mm512_fmadd_pd, transpose_f64);

/// `Lanes::transpose`, for sixteen columns of sixteen.
///
/// # Safety
/// As of `Lanes::transpose`.
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
            // SAFETY: a column past the last is the last again, and of each only `depth` are read.
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
                // SAFETY: one of the `depth` rows, of which `columns` numbers are written.
                unsafe { _mm512_mask_storeu_ps(to.add((4 * i + c) * width), kept, line) };
            }
        }
    }
}

/// `Lanes::transpose`, for eight columns of eight.
///
/// # Safety
/// As of `Lanes::transpose`.
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
            // SAFETY: a column past the last is the last again, and of each only `depth` are read.
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
                // SAFETY: one of the `depth` rows, of which `columns` numbers are written.
                unsafe { _mm512_mask_storeu_pd(to.add((2 * i + c) * width), kept, line) };
            }
        }
    }
}

macro_rules! half {
    ($name:ident $vector:ident $float:ident $n:literal: $zero:ident $splat:ident $load:ident $store:ident
     $mul_add:ident) => {
        #[derive(Clone, Copy)]
        pub(super) struct $name($vector);

        // SAFETY of every block here: the trait's contract vouches for the instructions and the
        // pointers; a part of a vector goes through an array of its own.
        impl Lanes for $name {
            type E = $float;
            const N: usize = $n;
            const MASKED: bool = false;
            const WIDTH: usize = 3;

            #[inline(always)]
            fn prefetch(from: *const $float) {
                // SAFETY: a hint, which any address may be given to.
                unsafe { _mm_prefetch::<_MM_HINT_T1>(from.cast()) }
            }
            #[target_feature(enable = "avx2,fma")]
            unsafe fn strip(
                size: [usize; 2],
                left: Left<$float>,
                strip: Strip<$float>,
                out: (*mut $float, usize),
                add: bool,
            ) {
                // SAFETY: see above.
                unsafe { tile::strip::<Self>(size, left, strip, out, add) }
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
            unsafe fn store(self, to: *mut $float) {
                // SAFETY: see above.
                unsafe { $store(to, self.0) }
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
            #[inline(always)]
            unsafe fn mul_add(self, b: Self, c: Self) -> Self {
                // SAFETY: see above.
                unsafe { $name($mul_add(self.0, b.0, c.0)) }
            }
        }
    };
}
half!(F32x8 __m256 f32 8: _mm256_setzero_ps _mm256_set1_ps _mm256_loadu_ps _mm256_storeu_ps _mm256_fmadd_ps);
half!(F64x4 __m256d f64 4: _mm256_setzero_pd _mm256_set1_pd _mm256_loadu_pd _mm256_storeu_pd _mm256_fmadd_pd);
