//! The elementary functions of `f32` and `f64`: free of branches, so that a loop over one of them
//! becomes a loop over vectors, whichever instructions it is compiled for. Floor 0: reads nothing of ours.
//!
//! Only operations that IEEE 754 rounds exactly are used (sums, products, quotients, fused multiply-adds,
//! comparisons, whole numbers in the bits), so the bits are the same everywhere. Where code is compiled for a
//! processor without fused multiply-adds, each is a call, and a function takes about ten times as long. The
//! polynomials come of `tests/reference/make_polynomials.py`.

mod angle;
mod exponential;
mod logarithm;
mod normal;
mod pieces;
pub mod piecewise;
mod polynomials;

pub(super) use angle::atan;
pub(super) use exponential::{exp, exp_m1, exp_parts, gate, plain_gate};
pub(super) use logarithm::{ln, ln_1p, ln_1p_exp, ln_1p_fraction, pow, pow_single};
pub(super) use normal::{erf, erfc, normal_tail};
use polynomials::Polynomials;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// What `f32` has by pieces, for other types.
pub(super) mod whole {
    pub(in crate::number) use super::exponential::tanh;
    pub(in crate::number) use super::normal::{normal_tail_slope, normal_tail_times};
}

/// A number of one lane of a vector, with what its bits are good for.
pub(super) trait Lane:
    Polynomials
    + Copy
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// 1.5 · 2^m with `m` bits after the point: what is added to it is rounded to a whole number,
    /// which stands in the lowest bits.
    const ROUND: Self;
    /// The same with the bias of an exponent less 1.
    const BIASED: Self;
    /// `ln 2` in two parts; the product of the first and an exponent is exact.
    const LN2: (Self, Self);
    /// `e` to a smaller power than this is 0 even times a large factor.
    const LEAST: Self;
    /// `e` to this power is beyond the largest number.
    const MOST: Self;
    /// From where on `e^t` is kept divided by a power of two, that power's exponent, and its inverse.
    const FAR: (Self, Self, Self);
    /// From here on, `tanh` and its kin are 1.
    const FLAT: Self;
    /// Far beyond this, the normal distribution's tail is 0.
    const TAIL_END: Self;
    /// The smallest normal number.
    const NORMAL: Self;
    /// A power of two that makes subnormal numbers normal ones, and its exponent.
    const LIFT: (Self, Self);
    /// Below this, `eˣ − 1` is `x`.
    const TINY: Self;
    /// Above this, every number is whole.
    const WHOLE: Self;
    /// `π/2` in two parts.
    const HALF_PI: (Self, Self);
    /// `1/√(2π)` in two parts.
    const DENSITY: (Self, Self);
    /// `1/3` in two parts.
    const THIRD: (Self, Self);

    /// The constant nearest to `c`.
    fn of(c: f64) -> Self;
    fn abs(self) -> Self;
    /// `self · b + c`, rounded once.
    fn fused(self, b: Self, c: Self) -> Self;
    /// This size with the sign of another number.
    fn signed(self, of: Self) -> Self;
    /// `2^(n − 1)` from `BIASED + n`.
    fn power(self) -> Self;
    /// The same as a normal number and, beyond those, a second factor.
    fn powers(self) -> (Self, Self);
    /// Of a normal positive number `m · 2^e`, with `m` from 2/3 to 4/3: `m`, `−e` and, but for the largest
    /// numbers, `2^−e`.
    fn parts(self) -> (Self, Self, Self);
}

macro_rules! lane {
    ($float:ident $bits:ident $signed:ident, $mantissa:literal bits, bias $bias:literal: $($constant:item)*) => {
        impl Lane for $float {
            $($constant)*

            #[inline(always)]
            fn of(c: f64) -> Self {
                c as $float
            }
            #[inline(always)]
            fn abs(self) -> Self {
                $float::from_bits(self.to_bits() & ($bits::MAX >> 1))
            }
            #[inline(always)]
            fn fused(self, b: Self, c: Self) -> Self {
                self.mul_add(b, c)
            }
            #[inline(always)]
            fn signed(self, of: Self) -> Self {
                let size = $bits::MAX >> 1;
                $float::from_bits((self.to_bits() & size) | (of.to_bits() & !size))
            }
            #[inline(always)]
            fn power(self) -> Self {
                $float::from_bits(self.to_bits() << $mantissa)
            }
            #[inline(always)]
            fn powers(self) -> (Self, Self) {
                let (exponent, least) = (self.to_bits() as $signed, Self::ROUND.to_bits() as $signed + 14);
                let first = if exponent < least { least } else { exponent };
                let second = (exponent.wrapping_sub(first) << $mantissa).wrapping_add($bias << $mantissa);
                ($float::from_bits((first as $bits) << $mantissa), $float::from_bits(second as $bits))
            }
            #[inline(always)]
            fn parts(self) -> (Self, Self, Self) {
                const ONE: $bits = $bias << $mantissa;
                const LEAST: $bits = ((2.0 as $float) / 3.0).to_bits();
                const WHOLE: $bits = ($bias + $mantissa) << $mantissa;
                let shifted = self.to_bits().wrapping_add(ONE - LEAST);
                let exponent = shifted >> $mantissa;
                let m = (shifted & ((1 << $mantissa) - 1)).wrapping_add(LEAST);
                let less = ($float::from_bits(WHOLE) + $bias as $float) - $float::from_bits(WHOLE | exponent);
                let scale = (2 * $bias as $bits).saturating_sub(exponent) << $mantissa;
                ($float::from_bits(m), less, $float::from_bits(scale))
            }
        }
    };
}

lane! { f32 u32 i32, 23 bits, bias 127:
    const ROUND: Self = 12_582_912.0;
    const BIASED: Self = Self::ROUND + 126.0;
    const LN2: (Self, Self) = (0.693_145_75, 1.428_606_8e-6);
    const LEAST: Self = -165.0;
    const MOST: Self = 89.0;
    const FAR: (Self, Self, Self) = (83.0, 120.0, 7.523_164e-37);
    const FLAT: Self = 20.0;
    const TAIL_END: Self = 14.5;
    const NORMAL: Self = f32::MIN_POSITIVE;
    const LIFT: (Self, Self) = (16_777_216.0, 24.0);
    const TINY: Self = 1.0 / 134_217_728.0;
    const WHOLE: Self = 8_388_608.0;
    const HALF_PI: (Self, Self) = (std::f32::consts::FRAC_PI_2, -4.371_139e-8);
    const DENSITY: (Self, Self) = (0.398_942_3, -1.133517e-08);
    const THIRD: (Self, Self) = (1.0 / 3.0, -9.934_107e-9);
}
lane! { f64 u64 i64, 52 bits, bias 1023:
    const ROUND: Self = 6_755_399_441_055_744.0;
    const BIASED: Self = Self::ROUND + 1022.0;
    const LN2: (Self, Self) = (0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10);
    const LEAST: Self = -1380.0;
    const MOST: Self = 710.0;
    const FAR: (Self, Self, Self) = (693.0, 1000.0, 9.332_636_185_032_189e-302);
    const FLAT: Self = 40.0;
    const TAIL_END: Self = 39.0;
    const NORMAL: Self = f64::MIN_POSITIVE;
    const LIFT: (Self, Self) = (18_014_398_509_481_984.0, 54.0);
    const TINY: Self = 1.0 / 144_115_188_075_855_872.0;
    const WHOLE: Self = 4_503_599_627_370_496.0;
    const HALF_PI: (Self, Self) = (std::f64::consts::FRAC_PI_2, 6.123_233_995_736_766e-17);
    const DENSITY: (Self, Self) = (0.398_942_280_401_432_7, -2.49232720227773e-17);
    const THIRD: (Self, Self) = (1.0 / 3.0, 1.850_371_707_708_594e-17);
}

/// The smaller of two; NaN if the first is.
#[inline(always)]
fn at_most<L: Lane>(x: L, most: L) -> L {
    if x > most { most } else { x }
}

/// The larger of two; NaN if the first is.
#[inline(always)]
fn at_least<L: Lane>(x: L, least: L) -> L {
    if x < least { least } else { x }
}

/// A polynomial's value, lowest power first.
#[inline(always)]
fn polynomial<L: Lane>(x: L, terms: &'static [L]) -> L {
    let (last, rest) = (terms[terms.len() - 1], &terms[..terms.len() - 1]);
    rest.iter().rev().fold(last, |sum, &term| sum.fused(x, term))
}

/// The same as an even and an odd part, which need not wait for each other: one product more, and faster
/// where little else is to do meanwhile.
#[inline(always)]
fn halves<L: Lane>(x: L, terms: &'static [L]) -> L {
    let (square, n) = (x * x, terms.len());
    let part = |last: usize| {
        (0..last).rev().step_by(2).skip(1).fold(terms[last - 1], |sum, i| sum.fused(square, terms[i]))
    };
    let (one, other) = (part(n), part(n - 1));
    if n % 2 == 0 { one.fused(x, other) } else { other.fused(x, one) }
}
