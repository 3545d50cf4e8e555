//! Values of rows of two coordinates in the plane: the distance from 0, the angle, and their slopes, without overflow.

use super::forms::by_type;
use crate::number::Scalar;
use std::f64::consts::{FRAC_PI_2, PI};

/// Two coordinates, infinite ones taken as ±1 and all beside those as 0, and the mask of these points.
#[inline(always)]
fn finite<S: Scalar>(a: S, b: S) -> (S, S, S) {
    let (zero, one, infinity) = (a.lit(0.0), a.lit(1.0), a.lit(f64::INFINITY));
    let sign = |x: S| x.eq(infinity) - x.eq(-infinity);
    let (a_sign, b_sign) = (sign(a), sign(b));
    let far = a_sign.select(one, b_sign);
    // A product, which keeps the sign of 0, and NaN.
    let beside = |x: S, sign: S| far.select(sign.select(sign, x * zero), x);
    (beside(a, a_sign), beside(b, b_sign), far)
}

/// `2ⁿ`.
const fn power_of_two(n: i64) -> f64 {
    f64::from_bits(((1023 + n) as u64) << 52)
}

/// The powers of two by which coordinates are multiplied so that their squares neither overflow nor vanish: one for small
/// numbers, one for large ones, each 1 for the others.
#[inline(always)]
fn scales<S: Scalar>(a: S, b: S) -> (S, S) {
    let (one, size) = (a.lit(1.0), a.abs().max(b.abs()));
    let of = |few: i64, more: i64| by_type(a, power_of_two(few), power_of_two(more));
    let up = size.lt(of(-50, -500)).select(of(90, 600), one);
    let down = of(60, 500).lt(size).select(of(-80, -600), one);
    (up, down)
}

/// The larger size of two coordinates, and the smaller one over it: 0 where both are 0, or one is infinite.
#[inline(always)]
fn ratio<S: Scalar>(a: S, b: S) -> (S, S) {
    let (zero, one) = (a.lit(0.0), a.lit(1.0));
    let (a, b) = (a.abs(), b.abs());
    let (large, small) = (a.max(b), a.min(b));
    let none = large.lt(by_type(a, 1e-45, 5e-324));
    let alone = none.select(one, large.eq(a.lit(f64::INFINITY)));
    (large, alone.select(zero, small / large))
}

/// `√(a² + b²)`.
#[inline(always)]
pub(crate) fn hypot<S: Scalar>(a: S, b: S) -> S {
    let (large, ratio) = ratio(a, b);
    large * ratio.mul_add(ratio, a.lit(1.0)).sqrt()
}

/// `a / √(a² + b²)`, the cosine of the angle, and 0 at 0.
#[inline(always)]
pub(crate) fn hypot_grad<S: Scalar>(a: S, b: S) -> S {
    let (a, b, _) = finite(a, b);
    let (zero, one, (large, ratio)) = (a.lit(0.0), a.lit(1.0), ratio(a, b));
    let sign = a.lt(zero).select(-one, zero.lt(a).select(one, a));
    let share = a.abs().lt(large).select(a / large, sign);
    share / ratio.mul_add(ratio, one).sqrt()
}

/// `a / (a² + b²)`, and 0 at 0.
#[inline(always)]
pub(crate) fn atan2_grad<S: Scalar>(a: S, b: S) -> S {
    let (a, b, far) = finite(a, b);
    let (up, down) = scales(a, b);
    let scale = up * down;
    let (p, q) = (a * scale, b * scale);
    let square = p.mul_add(p, q * q);
    let none = square.eq(square.lit(0.0));
    let whole = a * up / square * down * scale;
    // Zero, or NaN beside infinity.
    far.select(square * square.lit(0.0), none.select(square, whole))
}

/// The angle of the point `(x, y)`, from −π to π, with the sign of `y`: the inverse tangent of `y/x`, or, beside the
/// vertical axis, a right angle and that of `x/y`.
#[inline(always)]
pub(crate) fn atan2<S: Scalar>(y: S, x: S) -> S {
    let (zero, one) = (y.lit(0.0), y.lit(1.0));
    // The sign, also that of 0.
    let negative = |v: S| v.eq(zero).select((one / v).lt(zero), v.lt(zero));
    let (down, left) = (negative(y), negative(x));
    let (y, x, _) = finite(y, x);
    let (a, b) = (y.abs(), x.abs());
    let steep = (y.lit(1.25) * b).lt(a);
    let (over, under) = (steep.select(b, a), steep.select(a, b));
    let turn = (over / under.eq(zero).select(one, under)).atan();
    let (half, half_low) = y.split(FRAC_PI_2, 6.123_233_995_736_766e-17);
    let (whole, whole_low) = y.split(PI, 1.224_646_799_147_353_2e-16);
    let pick = |half: S, whole: S| steep.select(half, left.select(whole, zero));
    let back = steep.select(one - left, left);
    let size = pick(half, whole) + (pick(half_low, whole_low) + back.select(-turn, turn));
    down.select(-size, size)
}
