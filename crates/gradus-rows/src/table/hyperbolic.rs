//! Values of the hyperbolic functions and their inverses, exact near 0 and in the tails.

use super::curves::polynomial;
use super::forms::{by_type, exact_sum};
use crate::number::Scalar;
use std::f64::consts::LN_2;

/// The rounding error of `ln 2`.
const LN_2_LOW: f64 = 2.319_046_813_846_299_6e-17;

/// An odd function of `x` from its value at `|x|`; so near 0, the value is `x`.
#[inline(always)]
fn odd<S: Scalar>(x: S, size: S) -> S {
    let value = x.lt(x.lit(0.0)).select(-size, size);
    x.abs().lt(x.lit(1e-20)).select(x, value)
}

/// `e^a / 2` for `a ≥ 0`, and ∞ only where that is beyond the largest number.
#[inline(always)]
fn half_exp<S: Scalar>(a: S) -> S {
    let (half, low) = a.split(LN_2, LN_2_LOW);
    let (t, left) = exact_sum(a.min(by_type(a, 90.0, 711.0)), -half);
    let (large, small) = t.exp_parts(left - low);
    large * small
}

/// The coefficients of `(sinh x − x)/x³` in `x²`.
const SINH: [f64; 10] = [
    0.166_666_666_666_666_66,
    0.008_333_333_333_333_333,
    0.000_198_412_698_412_698_4,
    2.755_731_922_398_589_3e-6,
    2.505_210_838_544_172e-8,
    1.605_904_383_682_161_3e-10,
    7.647_163_731_819_816e-13,
    2.811_457_254_345_520_6e-15,
    8.220_635_246_624_33e-18,
    1.957_294_106_339_126_3e-20,
];

/// `(eˣ − e⁻ˣ) / 2`: near 0 its Taylor series.
#[inline(always)]
pub(crate) fn sinh<S: Scalar>(x: S) -> S {
    let (a, one) = (x.abs(), x.lit(1.0));
    let small = a.min(one);
    let square = small * small;
    let near = small + small * (square * polynomial(square, &SINH));
    let half = half_exp(a);
    odd(x, a.lt(one).select(near, half - x.lit(0.25) / half))
}

/// `(eˣ + e⁻ˣ) / 2`.
#[inline(always)]
pub(crate) fn cosh<S: Scalar>(x: S) -> S {
    let half = half_exp(x.abs());
    half + x.lit(0.25) / half
}

/// The bound from which on 1 is lost beside `x²` in every number type, while `x²` still fits `f32`.
const FAR: f64 = 1e18;

/// `ln 2x` for a large `x`.
#[inline(always)]
fn ln_twice<S: Scalar>(x: S) -> S {
    let (ln_2, low) = x.split(LN_2, LN_2_LOW);
    x.ln() + (ln_2 + low)
}

/// `ln(x + √(x² + 1))`.
#[inline(always)]
pub(crate) fn asinh<S: Scalar>(x: S) -> S {
    let (a, one) = (x.abs(), x.lit(1.0));
    let far = x.lit(FAR).lt(a);
    let near = far.select(one, a);
    // √(a² + 1) − 1 is a² / (1 + √(a² + 1)), which does not cancel.
    let less = near * (near / (one + near.mul_add(near, one).sqrt()));
    odd(x, far.select(ln_twice(far.select(a, one)), (near + less).ln_1p()))
}

/// `ln(x + √(x² − 1))`, and NaN below 1.
#[inline(always)]
pub(crate) fn acosh<S: Scalar>(x: S) -> S {
    let one = x.lit(1.0);
    let far = x.lit(FAR).lt(x);
    // The difference is exact where it matters.
    let t = far.select(one, x) - one;
    let near = (t + t.mul_add(t, t + t).sqrt()).ln_1p();
    x.lt(one).select(x.lit(f64::NAN), far.select(ln_twice(x), near))
}

/// `1/√(x² − 1)`, without overflow, and NaN below 1.
#[inline(always)]
pub(crate) fn acosh_grad<S: Scalar>(x: S) -> S {
    let one = x.lit(1.0);
    let far = x.lit(FAR).lt(x);
    let near = far.select(one + one, x);
    let root = far.select(x, ((near - one) * (near + one)).sqrt());
    x.lt(one).select(x.lit(f64::NAN), one / root)
}

/// `ln((1 + x)/(1 − x)) / 2`.
#[inline(always)]
pub(crate) fn atanh<S: Scalar>(x: S) -> S {
    let (a, one) = (x.abs(), x.lit(1.0));
    let double = a + a;
    let size = x.lit(0.5) * (double + double * a / (one - a)).ln_1p();
    one.lt(a).select(x.lit(f64::NAN), odd(x, size))
}

/// `1/(1 − x²)`, and NaN beyond ±1.
#[inline(always)]
pub(crate) fn atanh_grad<S: Scalar>(x: S) -> S {
    let one = x.lit(1.0);
    one.lt(x.abs()).select(x.lit(f64::NAN), one / ((one - x) * (one + x)))
}
