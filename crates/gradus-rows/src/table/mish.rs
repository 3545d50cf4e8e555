//! Mish with its first two slopes, from one exponential, accurate in both tails.
//!
//! With `u = eˣ`, `N = u(u + 2)` and `D = N + 2` they are `x·N/D`, `u·((u + 2)D + 4x(u + 1))/D²` and
//! `4u·(2(u + 1)D + x(2 + 2u − 3u² − 2u³))/D³`; to the right, the same in `1/u`. Numerator and denominator
//! are kept with their rounding errors, and the quotient is corrected by these.

use super::forms::{Tail, tail};
use crate::number::Scalar;

/// A number and its rounding error.
type Pair<S> = (S, S);

/// The parts that all orders share.
struct Parts<S> {
    right: S,
    /// `e^−|x|`.
    e: Tail<S>,
    /// `N` without the exponential's small factor.
    share: Pair<S>,
    d: Pair<S>,
}

#[inline(always)]
fn parts<S: Scalar>(x: S) -> Parts<S> {
    let (zero, one) = (x.lit(0.0), x.lit(1.0));
    let right = zero.le(x);
    let e = tail(-x.abs(), zero);
    let (plain, double) = (e.plain, e.large + e.large);
    let (a, b) = (right.select(one, plain), right.select(plain, one));
    let (n, m) = (a.mul_add(a, plain + plain), (b + b) * b);
    let d = n + m;
    let share = right.select(n, e.large.mul_add(plain, double));
    let share_low = right.select(zero, e.large.mul_add(plain, double - share));
    let (more, less) = (right.select(n, m), right.select(m, n));
    // A share whose small factor is not 1 is lost beside 2.
    Parts { right, e, share: (share, share_low), d: (d, less - (d - more) + share_low) }
}

/// `a / b`, rounded about once.
#[inline(always)]
fn quotient<S: Scalar>((a, a_low): Pair<S>, (b, b_low): Pair<S>) -> S {
    let inverse = b.lit(1.0) / b;
    let y = a * inverse;
    let left = (-y).mul_add(b, a) + (-y).mul_add(b_low, a_low);
    left.mul_add(inverse, y)
}

#[inline(always)]
fn square<S: Scalar>((a, low): Pair<S>) -> Pair<S> {
    let y = a * a;
    (y, a.mul_add(a, -y) + (a + a) * low)
}

/// `x · tanh(ln(1 + eˣ))`.
#[inline(always)]
pub(crate) fn mish<S: Scalar>(x: S) -> S {
    let Parts { right, e, share: (share, share_low), d } = parts(x);
    let (zero, one) = (x.lit(0.0), x.lit(1.0));
    let product = x * share;
    let y = quotient((product, x.mul_add(share, -product) + x * share_low), d) * right.select(one, e.small);
    e.large.eq(zero).select(right.select(x, zero), y)
}

/// The slope.
#[inline(always)]
pub(crate) fn slope<S: Scalar>(x: S) -> S {
    let Parts { right, e, d, .. } = parts(x);
    let (zero, one, four) = (x.lit(0.0), x.lit(1.0), x.lit(4.0));
    // (u + 2)·D + 4x(u + 1) in powers of u, whose first terms are exact.
    let powers = e.plain.mul_add(four + e.plain, x.mul_add(four, x.lit(6.0)));
    let left_part = powers.mul_add(e.plain, x.mul_add(four, four));
    let right_part = e.plain * (four * x * (one + e.plain) - (d.0 + d.0));
    let part = quotient((e.large * right.select(right_part, left_part), zero), square(d)) * e.small;
    // To the right, the slope is 1 plus a small rest, which must keep its own digits.
    let part = e.large.eq(zero).select(zero, part);
    right.select(one + part, part)
}

/// The second slope.
#[inline(always)]
pub(crate) fn bend<S: Scalar>(x: S) -> S {
    let Parts { right, e, d, .. } = parts(x);
    let (zero, two, four) = (x.lit(0.0), x.lit(2.0), x.lit(4.0));
    // 2(u + 1)D + x(2 + 2u − 3u² − 2u³) in powers of u, whose coefficients are rounded once; in powers of 1/u
    // they are the same the other way round.
    let (first, last) = (x.mul_add(-two, two), x.mul_add(two, four));
    let (second, third) = (x.mul_add(x.lit(-3.0), x.lit(6.0)), x.mul_add(two, x.lit(8.0)));
    let inner = right.select(last, first).mul_add(e.plain, right.select(third, second));
    let inner = inner.mul_add(e.plain, right.select(second, third));
    let sum = inner.mul_add(e.plain, right.select(first, last));
    let (squared, squared_low) = square(d);
    let cube = squared * d.0;
    let cube_low = squared.mul_add(d.0, -cube) + (squared * d.1 + squared_low * d.0);
    let part = e.large * (right.select(four * e.plain, four) * sum);
    e.large.eq(zero).select(zero, quotient((part, zero), (cube, cube_low)) * e.small)
}
