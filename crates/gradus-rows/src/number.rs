//! The number types: those that a row of the table can compute with, and the two that a program can run in.

mod math;
mod tails;

#[doc(hidden)]
pub use math::piecewise;

use std::fmt::{Debug, Display, LowerExp};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// Arithmetic that values and gradients share.
pub trait Arithmetic:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self>
{
    /// The constant `c`, as a value of the same kind as `self`.
    fn lit(self, c: f64) -> Self;
}

/// A number that a row's `value` can be computed with: arithmetic and the few functions that all
/// others are made of. A row is written once over this trait and runs in every type that has it.
pub trait Scalar: Arithmetic {
    /// `|x|`.
    fn abs(self) -> Self;
    /// The constant `high + low`, which is more exact than this type: the rounded constant, and its rounding
    /// error.
    fn split(self, high: f64, low: f64) -> (Self, Self);
    /// `self · b + c`, rounded once.
    fn mul_add(self, b: Self, c: Self) -> Self;
    /// `√x`.
    fn sqrt(self) -> Self;
    /// `∛x`.
    fn cbrt(self) -> Self;
    /// `eˣ`.
    fn exp(self) -> Self;
    /// `eˣ − 1`, accurate near 0.
    fn exp_m1(self) -> Self;
    /// The natural logarithm.
    fn ln(self) -> Self;
    /// `ln(1 + x)`, accurate near 0.
    fn ln_1p(self) -> Self;
    /// `2ˣ`, exact for whole numbers.
    fn exp2(self) -> Self;
    /// The logarithm to the base 2, exact for powers of two.
    fn log2(self) -> Self;
    /// The logarithm to the base 10, exact for powers of ten.
    fn log10(self) -> Self;
    /// `ln(1 + x)` for `x` from 0 to 1 only, which takes less time.
    #[inline(always)]
    fn ln_1p_fraction(self) -> Self {
        self.ln_1p()
    }
    /// `ln(1 + e^(self + rest))` for a `self ≤ 0` as `(high + low) · small`, where `low` is the rounding
    /// error of `high`. It holds as far as [`Scalar::exp_parts`] does.
    #[inline(always)]
    fn ln_1p_exp(self, rest: Self) -> [Self; 3] {
        tails::ln_1p_exp(self, rest)
    }
    /// The sine, in radians.
    fn sin(self) -> Self;
    /// The cosine, in radians.
    fn cos(self) -> Self;
    /// The tangent, in radians.
    fn tan(self) -> Self;
    /// The inverse sine, in radians.
    fn asin(self) -> Self;
    /// The inverse cosine, in radians.
    fn acos(self) -> Self;
    /// The hyperbolic tangent.
    fn tanh(self) -> Self;
    /// The inverse tangent, in radians.
    fn atan(self) -> Self;
    /// The error function `2/√π ∫₀ˣ e^(−t²) dt`.
    fn erf(self) -> Self;
    /// The complement `1 − erf(x)`, accurate where it is tiny.
    fn erfc(self) -> Self;
    /// `selfᵖ`.
    fn pow(self, p: Self) -> Self;
    /// `e^(self + rest)` as a product of two factors, for a `self` that is not large and a `rest` far smaller
    /// than 1. The first factor is a normal number, or 0 where the exponential is 0 even times a large
    /// number.
    #[inline(always)]
    fn exp_parts(self, rest: Self) -> (Self, Self) {
        tails::exp_parts(self, rest)
    }
    /// `1 + e^−(self + rest)` as `(high + low) / factor`, for a `rest` far smaller than 1. `low` is the
    /// rounding error of `high`, which is normal, or infinite where the exponential is infinite even times a
    /// small number.
    #[inline(always)]
    fn gate(self, rest: Self) -> [Self; 3] {
        tails::gate(self, rest)
    }
    /// The same for `self` alone. Far to the left it may be finite, but then 1380 divided by it is 0.
    #[inline(always)]
    fn plain_gate(self) -> (Self, Self) {
        let [d, _, k] = self.gate(self.lit(0.0));
        (d, k)
    }
    /// The standard normal distribution's tail `Φ(−|x|)`, as `(high + low) · small`: `low` is the rounding
    /// error of `high`, and `high` is normal where it is not 0.
    #[inline(always)]
    fn normal_tail(self) -> [Self; 3] {
        tails::normal_tail(self)
    }
    /// `|x|·Φ(−|x|)` as a product of two factors, of which the first is normal where it is not 0.
    #[inline(always)]
    fn normal_tail_times(self) -> (Self, Self) {
        tails::normal_tail_times(self)
    }
    /// `Φ(−|x|) − |x|·φ(x)`, the slope of `|x|·Φ(−|x|)` in `|x|`, as a product of two factors, of which the
    /// first is normal where it is not 0.
    #[inline(always)]
    fn normal_tail_slope(self) -> (Self, Self) {
        tails::normal_tail_slope(self)
    }
    /// `ln Φ(−|x|)`, the logarithm of the standard normal distribution's tail.
    fn ln_normal_tail(self) -> Self;
    /// The hazard function `h(a) = φ(a)/Φ(−a)` of the standard normal distribution (the inverse of Mills' ratio) and its
    /// first derivative for `a ≥ 0`, and its second one for `a ≥ −½`.
    fn normal_hazard(self) -> [Self; 3];
    /// The largest whole number that is not above.
    fn floor(self) -> Self;
    /// The nearest whole number, of two the even one.
    fn round(self) -> Self;
    /// The remainder of a division that is rounded toward 0, exact: C's `fmod`.
    fn fmod(self, by: Self) -> Self;
    /// The larger of two; NaN if one is NaN.
    fn max(self, other: Self) -> Self;
    /// The smaller of two; NaN if one is NaN.
    fn min(self, other: Self) -> Self;
    /// 1 where `self < other`, else 0.
    fn lt(self, other: Self) -> Self;
    /// 1 where `self ≤ other`, else 0.
    fn le(self, other: Self) -> Self;
    /// 1 where both are equal, else 0.
    fn eq(self, other: Self) -> Self;
    /// `yes` where `self` is not 0, else `no`.
    fn select(self, yes: Self, no: Self) -> Self;
}

/// A number that a graph can be interpreted in.
pub trait Number: Scalar + From<f64> {
    /// The number rounded to `f64`; for a complex number, its real part.
    fn real(self) -> f64;
}

impl Number for f64 {
    fn real(self) -> f64 {
        self
    }
}

/// The element types a program can run in: `f32` and `f64`.
///
/// A graph has no element type. The same graph is compiled for training in `f32` and for a
/// gradient check in `f64`.
pub trait Float:
    Scalar + Default + PartialOrd + Debug + Display + LowerExp + Send + Sync + sealed::Sealed + 'static
{
    /// The type's name as safetensors spells it: `F32` or `F64`.
    const DTYPE: &'static str;
    /// Rounds an `f64` to this type.
    fn from_f64(x: f64) -> Self;
    /// This number as an `f64`; exact.
    fn to_f64(self) -> f64;
    /// Tells whether the number is neither infinite nor NaN.
    fn is_finite(self) -> bool;
}

mod sealed {
    /// Keeps `Float` closed: a type that is not `f32` is `f64`.
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

macro_rules! element {
    ($float:ident, $dtype:literal, $pow:ident, $pieces:ident, $($libm:ident as $method:ident)*) => {
        impl Arithmetic for $float {
            #[inline(always)]
            fn lit(self, c: f64) -> Self {
                c as $float
            }
        }

        impl Scalar for $float {
            element!(@call exp exp_m1 ln ln_1p ln_1p_fraction exp2 log2 log10 atan erf erfc);
            #[inline(always)]
            fn abs(self) -> Self {
                <$float>::abs(self)
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                <$float>::sqrt(self)
            }
            $(#[inline(always)]
            fn $method(self) -> Self {
                libm::$libm(self)
            })*
            #[inline(always)]
            fn exp_parts(self, rest: Self) -> (Self, Self) {
                math::exp_parts(self, rest)
            }
            #[inline(always)]
            fn ln_1p_exp(self, rest: Self) -> [Self; 3] {
                math::ln_1p_exp(self, rest)
            }
            #[inline(always)]
            fn gate(self, rest: Self) -> [Self; 3] {
                math::gate(self, rest)
            }
            #[inline(always)]
            fn plain_gate(self) -> (Self, Self) {
                math::plain_gate(self)
            }
            #[inline(always)]
            fn normal_tail(self) -> [Self; 3] {
                math::normal_tail(self)
            }
            #[inline(always)]
            fn ln_normal_tail(self) -> Self {
                math::ln_normal_tail(self)
            }
            #[inline(always)]
            fn normal_hazard(self) -> [Self; 3] {
                math::normal_hazard(self)
            }
            #[inline(always)]
            fn normal_tail_times(self) -> (Self, Self) {
                math::$pieces::normal_tail_times(self)
            }
            #[inline(always)]
            fn normal_tail_slope(self) -> (Self, Self) {
                math::$pieces::normal_tail_slope(self)
            }
            #[inline(always)]
            fn split(self, high: f64, low: f64) -> (Self, Self) {
                let rounded = high as $float;
                (rounded, (high - f64::from(rounded) + low) as $float)
            }
            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self {
                <$float>::mul_add(self, b, c)
            }
            #[inline(always)]
            fn tanh(self) -> Self {
                math::$pieces::tanh(self)
            }
            #[inline(always)]
            fn pow(self, p: Self) -> Self {
                math::$pow(self, p)
            }
            #[inline(always)]
            fn floor(self) -> Self {
                <$float>::floor(self)
            }
            #[inline(always)]
            fn round(self) -> Self {
                <$float>::round_ties_even(self)
            }
            #[inline(always)]
            fn fmod(self, by: Self) -> Self {
                self % by
            }
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                if self > other || self.is_nan() { self } else { other }
            }
            #[inline(always)]
            fn min(self, other: Self) -> Self {
                if self < other || self.is_nan() { self } else { other }
            }
            #[inline(always)]
            fn lt(self, other: Self) -> Self {
                if self < other { 1.0 } else { 0.0 }
            }
            #[inline(always)]
            fn le(self, other: Self) -> Self {
                if self <= other { 1.0 } else { 0.0 }
            }
            #[inline(always)]
            fn eq(self, other: Self) -> Self {
                if self == other { 1.0 } else { 0.0 }
            }
            #[inline(always)]
            fn select(self, yes: Self, no: Self) -> Self {
                if self != 0.0 { yes } else { no }
            }
        }

        impl Float for $float {
            const DTYPE: &'static str = $dtype;
            fn from_f64(x: f64) -> Self {
                x as $float
            }
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            fn is_finite(self) -> bool {
                <$float>::is_finite(self)
            }
        }
    };
    (@call $($name:ident)*) => {$(
        #[inline(always)]
        fn $name(self) -> Self {
            math::$name(self)
        }
    )*};
}
element!(f32, "F32", pow_single, piecewise, sinf as sin cosf as cos tanf as tan asinf as asin acosf as acos cbrtf as cbrt);
element!(f64, "F64", pow, whole, sin as sin cos as cos tan as tan asin as asin acos as acos cbrt as cbrt);
