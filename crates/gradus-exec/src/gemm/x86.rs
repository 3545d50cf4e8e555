//! The products of AVX-512 and of AVX2 with fused multiply-add.

use super::run::run;
use super::strips::Strips;
use super::tile::{self, Left, Strip, Sums};
use super::{Part, Task};
use crate::simd::{F32x8, F32x16, F64x4, F64x8};
use gradus_rows::Float;
use std::any::TypeId;

/// Computes a part of a product, and returns true, if there are vectors of its elements.
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

/// Computes a part with shorter vectors.
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

/// Returns its arguments as those of another type, if the two types are one.
fn same<'t, 'a, 'p, 'f, E: Float, F: Float>(
    task: &'t Task<'a, E>,
    part: &'t mut Part<'p, 'f, E>,
) -> Option<(&'t Task<'a, F>, &'t mut Part<'p, 'f, F>)> {
    (TypeId::of::<E>() == TypeId::of::<F>()).then(|| {
        // SAFETY: `E` and `F` are one type, so each pointer is cast to the type that it has.
        unsafe { (&*std::ptr::from_ref(task).cast(), &mut *std::ptr::from_mut(part).cast()) }
    })
}

macro_rules! strips {
    ($($vector:ident $width:literal $features:literal;)*) => {$(
        impl Strips for $vector {
            const WIDTH: usize = $width;

            #[target_feature(enable = $features)]
            unsafe fn strip(
                size: [usize; 2],
                left: Left<Self::E>,
                strip: Strip<Self::E>,
                out: (*mut Self::E, usize),
                sums: Sums,
            ) -> bool {
                // SAFETY: the caller's contract is this one.
                unsafe { tile::strip::<Self>(Self::WIDTH, size, left, strip, out, sums) }
            }
        }
    )*};
}
strips! {
    F32x16 4 "avx512f,avx2,fma";
    F64x8 4 "avx512f,avx2,fma";
    F32x8 2 "avx2,fma";
    F64x4 2 "avx2,fma";
}
