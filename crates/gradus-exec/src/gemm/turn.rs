//! Transposes blocks of columns, for rows that are to lie beside each other in the lanes.

use crate::set::InstructionSet;
#[cfg(target_arch = "x86_64")]
use crate::simd::{F32x8, F32x16, F64x4, F64x8};
use crate::simd::{Plain, Vector};
use gradus_rows::Float;

/// Copies `count` columns of `depth` numbers each, which start `stride` apart, to rows that start `width` apart;
/// `size` is `[count, depth]`.
///
/// # Safety
/// `from` must be valid for reads of `count` columns, `to` for writes of `depth` rows of `count` numbers; the
/// regions must not overlap. The CPU must support the instruction set that the function was compiled for.
pub(crate) type Turn<E> =
    unsafe fn(from: *const E, stride: usize, size: [usize; 2], to: *mut E, width: usize);

/// Returns the function of an instruction set. It moves bits, so only the size of a number counts.
#[cfg_attr(not(target_arch = "x86_64"), allow(unused_variables, reason = "other processors have one set"))]
pub(crate) fn turn<E: Float>(set: InstructionSet) -> Turn<E> {
    #[cfg(target_arch = "x86_64")]
    match (set, size_of::<E>()) {
        (InstructionSet::Avx512, 4) => return avx512::<E, F32x16>,
        (InstructionSet::Avx512, 8) => return avx512::<E, F64x8>,
        (InstructionSet::Avx2, 4) => return avx2::<E, F32x8>,
        (InstructionSet::Avx2, 8) => return avx2::<E, F64x4>,
        _ => {}
    }
    run::<E, Plain<E>>
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx2,fma")]
unsafe fn avx512<E, V: Vector>(from: *const E, stride: usize, size: [usize; 2], to: *mut E, width: usize) {
    // SAFETY: the caller's contract is this one.
    unsafe { run::<E, V>(from, stride, size, to, width) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2<E, V: Vector>(from: *const E, stride: usize, size: [usize; 2], to: *mut E, width: usize) {
    // SAFETY: the caller's contract is this one.
    unsafe { run::<E, V>(from, stride, size, to, width) }
}

#[inline(always)]
unsafe fn run<E, V: Vector>(
    from: *const E,
    stride: usize,
    [count, depth]: [usize; 2],
    to: *mut E,
    width: usize,
) {
    let (from, to) = (from.cast::<V::E>(), to.cast::<V::E>());
    for j in (0..count).step_by(V::N) {
        for l in (0..depth).step_by(V::N) {
            let size = [V::N.min(count - j), V::N.min(depth - l)];
            // SAFETY: the caller vouches for all columns, and these are some of them; a number of `E` has the size
            // of one of `V`, and every pattern of bits is a number.
            unsafe { V::transpose(from.add(j * stride + l), stride, size, to.add(l * width + j), width) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<E: Float>(set: InstructionSet, count: usize, depth: usize) {
        let (stride, width) = (depth + 3, count + 2);
        let from: Vec<E> = (0..count * stride).map(|i| E::from_f64(i as f64)).collect();
        let untouched = E::from_f64(-1.0);
        let mut to = vec![untouched; depth * width];
        // SAFETY: both have room, and the processor has the set.
        unsafe { turn::<E>(set)(from.as_ptr(), stride, [count, depth], to.as_mut_ptr(), width) };
        for (at, &x) in to.iter().enumerate() {
            let (l, j) = (at / width, at % width);
            let expected = if j < count { from[j * stride + l] } else { untouched };
            assert_eq!(x, expected, "{set:?}: {count} columns of {depth}, row {l}, column {j}");
        }
    }

    #[test]
    fn columns_of_any_number_and_length_become_rows() {
        let small = (1..=17).flat_map(|count| (1..=17).map(move |depth| (count, depth)));
        for (count, depth) in small.chain([(96, 10), (33, 40)]) {
            for &set in InstructionSet::available() {
                check::<f32>(set, count, depth);
                check::<f64>(set, count, depth);
            }
        }
    }
}
