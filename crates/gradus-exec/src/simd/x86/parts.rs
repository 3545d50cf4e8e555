//! Parts of vectors by masks, and transposes.

use std::arch::x86_64::*;

/// Returns the mask of the first `count` of sixteen numbers.
#[inline(always)]
fn mask_16(count: usize) -> __mmask16 {
    if count >= 16 { __mmask16::MAX } else { (1 << count) - 1 }
}

/// Returns the mask of the first `count` of eight numbers.
#[inline(always)]
fn mask_8(count: usize) -> __mmask8 {
    if count >= 8 { __mmask8::MAX } else { (1 << count) - 1 }
}

/// Masks of AVX2: those of the first `count` of `N` numbers begin at `MASKS[N - count]`.
static MASKS_32: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];
static MASKS_64: [i64; 8] = [-1, -1, -1, -1, 0, 0, 0, 0];

/// Defines, for one vector, the functions that tell whether a number is NaN, and that load and store its first
/// `count` numbers without touching the others.
///
/// SAFETY of every function: `from` must be valid for reads, and `to` for writes, of the first `count` numbers, at any
/// alignment. The CPU must support the instructions of the vector.
macro_rules! parts {
    ($features:literal $register:ident $float:ident: $has_nan:ident $load:ident $store:ident
     |$x:ident| $nan:expr; |$from:ident, $loaded:ident| $part:expr; |$to:ident, $stored:ident, $kept:ident| $put:expr) => {
        #[inline]
        #[target_feature(enable = $features)]
        pub(super) fn $has_nan($x: $register) -> bool {
            $nan
        }
        #[inline]
        #[target_feature(enable = $features)]
        pub(super) unsafe fn $load($from: *const $float, $loaded: usize) -> $register {
            // SAFETY: the caller vouches for the numbers that the mask keeps; the instruction reads no other.
            unsafe { $part }
        }
        #[inline]
        #[target_feature(enable = $features)]
        pub(super) unsafe fn $store($to: *mut $float, $stored: usize, $kept: $register) {
            // SAFETY: the caller vouches for the numbers that are written.
            unsafe { $put }
        }
    };
}
parts! { "avx512f" __m512 f32: has_nan_f32x16 load_f32x16 store_f32x16
    |x| _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(x, x) != 0;
    |from, count| _mm512_maskz_loadu_ps(mask_16(count), from);
    |to, count, x| _mm512_mask_storeu_ps(to, mask_16(count), x)
}
parts! { "avx512f" __m512d f64: has_nan_f64x8 load_f64x8 store_f64x8
    |x| _mm512_cmp_pd_mask::<_CMP_UNORD_Q>(x, x) != 0;
    |from, count| _mm512_maskz_loadu_pd(mask_8(count), from);
    |to, count, x| _mm512_mask_storeu_pd(to, mask_8(count), x)
}
// A masked store of AVX2 is many steps on some processors, so that parts are written by halves.
parts! { "avx2" __m256 f32: has_nan_f32x8 load_f32x8 store_f32x8
    |x| _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_UNORD_Q>(x, x)) != 0;
    |from, count| {
        let mask = &MASKS_32[8 - count.min(8)..][..8];
        _mm256_maskload_ps(from, _mm256_loadu_si256(mask.as_ptr().cast()))
    };
    |to, count, x| {
        if count >= 8 {
            return _mm256_storeu_ps(to, x);
        }
        let (mut part, mut to) = (_mm256_castps256_ps128(x), to);
        if count & 4 != 0 {
            _mm_storeu_ps(to, part);
            (part, to) = (_mm256_extractf128_ps::<1>(x), to.add(4));
        }
        if count & 2 != 0 {
            _mm_storel_pd(to.cast(), _mm_castps_pd(part));
            (part, to) = (_mm_movehl_ps(part, part), to.add(2));
        }
        if count & 1 != 0 {
            _mm_store_ss(to, part);
        }
    }
}
parts! { "avx2" __m256d f64: has_nan_f64x4 load_f64x4 store_f64x4
    |x| _mm256_movemask_pd(_mm256_cmp_pd::<_CMP_UNORD_Q>(x, x)) != 0;
    |from, count| {
        let mask = &MASKS_64[4 - count.min(4)..][..4];
        _mm256_maskload_pd(from, _mm256_loadu_si256(mask.as_ptr().cast()))
    };
    |to, count, x| {
        if count >= 4 {
            return _mm256_storeu_pd(to, x);
        }
        let (mut part, mut to) = (_mm256_castpd256_pd128(x), to);
        if count & 2 != 0 {
            _mm_storeu_pd(to, part);
            (part, to) = (_mm256_extractf128_pd::<1>(x), to.add(2));
        }
        if count & 1 != 0 {
            _mm_store_sd(to, part);
        }
    }
}

/// Transposes as `Vector::transpose` does, up to sixteen columns of sixteen.
///
/// # Safety
/// As for `Vector::transpose`.
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn transpose_f32x16(
    from: *const f32,
    stride: usize,
    [columns, depth]: [usize; 2],
    to: *mut f32,
    width: usize,
) {
    let (mask, kept) = (mask_16(depth), mask_16(columns));
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
pub(super) unsafe fn transpose_f64x8(
    from: *const f64,
    stride: usize,
    [columns, depth]: [usize; 2],
    to: *mut f64,
    width: usize,
) {
    let (mask, kept) = (mask_8(depth), mask_8(columns));
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

/// Transposes as `Vector::transpose` does, up to eight columns of eight.
///
/// # Safety
/// As for `Vector::transpose`.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) unsafe fn transpose_f32x8(
    from: *const f32,
    stride: usize,
    size: [usize; 2],
    to: *mut f32,
    width: usize,
) {
    // SAFETY: the caller's contract is this one, for all or some of eight columns of eight.
    unsafe {
        match size {
            [8, 8] => transpose_up_to_8(from, stride, [8, 8], to, width),
            _ => transpose_up_to_8(from, stride, size, to, width),
        }
    }
}

/// Transposes at most eight columns of eight; compiled for eight of eight alone, too.
///
/// # Safety
/// As for `Vector::transpose`, with AVX2 for the vector's instructions.
#[inline(always)]
unsafe fn transpose_up_to_8(
    from: *const f32,
    stride: usize,
    [columns, depth]: [usize; 2],
    to: *mut f32,
    width: usize,
) {
    // SAFETY: columns past the last read the last again, and each only its `depth` numbers; of the `depth` rows,
    // `columns` numbers are written.
    unsafe {
        // `lines[i][c]`: in its half number `q`, element `4i + c` of the columns `4q` to `4q + 3`.
        let mut lines = [[_mm256_setzero_ps(); 4]; 2];
        for (i, lines) in lines.iter_mut().enumerate().take(depth.div_ceil(4)) {
            let mut r = [_mm256_setzero_ps(); 4];
            for (j, r) in r.iter_mut().enumerate() {
                let load = |j: usize| {
                    let from = from.add(j.min(columns - 1) * stride + 4 * i);
                    if depth == 8 { _mm_loadu_ps(from) } else { load_f32x4(from, (depth - 4 * i).min(4)) }
                };
                *r = _mm256_insertf128_ps::<1>(_mm256_castps128_ps256(load(j)), load(j + 4));
            }
            let a = _mm256_castps_pd(_mm256_unpacklo_ps(r[0], r[1]));
            let b = _mm256_castps_pd(_mm256_unpackhi_ps(r[0], r[1]));
            let c = _mm256_castps_pd(_mm256_unpacklo_ps(r[2], r[3]));
            let d = _mm256_castps_pd(_mm256_unpackhi_ps(r[2], r[3]));
            lines[0] = _mm256_castpd_ps(_mm256_unpacklo_pd(a, c));
            lines[1] = _mm256_castpd_ps(_mm256_unpackhi_pd(a, c));
            lines[2] = _mm256_castpd_ps(_mm256_unpacklo_pd(b, d));
            lines[3] = _mm256_castpd_ps(_mm256_unpackhi_pd(b, d));
        }
        for (l, &line) in lines.as_flattened().iter().enumerate().take(depth) {
            if columns == 8 {
                _mm256_storeu_ps(to.add(l * width), line)
            } else {
                store_f32x8(to.add(l * width), columns, line)
            }
        }
    }
}

/// Loads the first `count` of four numbers.
///
/// # Safety
/// `from` must be valid for reads of them, at any alignment. The CPU must support AVX2.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn load_f32x4(from: *const f32, count: usize) -> __m128 {
    let mask = &MASKS_32[8 - count.min(4)..][..4];
    // SAFETY: the caller vouches for the numbers that the mask keeps; the instruction reads no other.
    unsafe { _mm_maskload_ps(from, _mm_loadu_si128(mask.as_ptr().cast())) }
}

/// Transposes as `Vector::transpose` does, up to four columns of four.
///
/// # Safety
/// As for `Vector::transpose`.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn transpose_f64x4(
    from: *const f64,
    stride: usize,
    [columns, depth]: [usize; 2],
    to: *mut f64,
    width: usize,
) {
    let mut r = [_mm256_setzero_pd(); 4];
    for (j, r) in r.iter_mut().enumerate() {
        // SAFETY: columns past the last read the last again, and each only its `depth` numbers.
        *r = unsafe { load_f64x4(from.add(j.min(columns - 1) * stride), depth) };
    }
    let low = [_mm256_unpacklo_pd(r[0], r[1]), _mm256_unpacklo_pd(r[2], r[3])];
    let high = [_mm256_unpackhi_pd(r[0], r[1]), _mm256_unpackhi_pd(r[2], r[3])];
    let lines = [
        _mm256_permute2f128_pd::<0x20>(low[0], low[1]),
        _mm256_permute2f128_pd::<0x20>(high[0], high[1]),
        _mm256_permute2f128_pd::<0x31>(low[0], low[1]),
        _mm256_permute2f128_pd::<0x31>(high[0], high[1]),
    ];
    for (l, line) in lines.into_iter().enumerate().take(depth) {
        // SAFETY: this is one of the `depth` rows, and `columns` numbers of it are written.
        unsafe { store_f64x4(to.add(l * width), columns, line) };
    }
}
