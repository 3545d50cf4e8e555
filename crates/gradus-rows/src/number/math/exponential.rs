//! `exp` and its kin.

use super::{Lane, at_least, at_most, polynomial};
use std::f64::consts::{LN_2, LOG2_E};

/// The reduction that all functions share: `e^(x + rest) = y · 2^(n − 1)` with `y` from 1.4 to 2.9.
pub(super) struct Reduced<L> {
    /// `y` and its rounding error.
    pub(super) y: (L, L),
    /// `BIASED + n`.
    power: L,
}

/// Returns `BIASED + n` and `−n`, where `n` is the whole number nearest to `t / ln 2`.
#[inline(always)]
fn whole<L: Lane>(t: L) -> (L, L) {
    let power = t.fused(L::of(LOG2_E), L::BIASED);
    (power, L::BIASED - power)
}

/// Reduces `x + rest`; the exponents of two factors must be able to hold `n`.
#[inline(always)]
pub(super) fn reduced<L: Lane>(x: L, rest: Option<L>) -> Reduced<L> {
    let (power, n) = whole(x);
    let near = n.fused(L::LN2.0, x);
    let r = match rest {
        None => n.fused(L::LN2.1, near),
        Some(rest) => near + n.fused(L::LN2.1, rest),
    };
    let (two, slope) = (L::of(2.0), slope(r));
    let y = slope.fused(r, two);
    Reduced { y: (y, slope.fused(r, two - y)), power }
}

/// `2(e^r − 1)/r`, where `|r| ≤ ln 2 / 2`.
#[inline(always)]
fn slope<L: Lane>(r: L) -> L {
    polynomial(r, L::EXP).fused(r, L::of(1.0)).fused(r, L::of(2.0))
}

/// `eˣ`.
#[inline(always)]
pub(in crate::number) fn exp<L: Lane>(x: L) -> L {
    exp_both(x, None)
}

/// `2ˣ`: what is left of `x` beside a whole number is 0 for powers of two, which are exact.
#[inline(always)]
pub(in crate::number) fn exp2<L: Lane>(x: L) -> L {
    let x = at_least(at_most(x, L::ENDS.0), L::ENDS.1);
    let power = x + L::BIASED;
    let part = x + (L::BIASED - power);
    let r = part.fused(L::LN2.0, part * L::LN2.1);
    let (first, second) = power.powers();
    slope(r).fused(r, L::of(2.0)) * first * second
}

/// `e^(x + rest)`, for a `rest` far below 1.
#[inline(always)]
pub(super) fn exp_both<L: Lane>(x: L, rest: Option<L>) -> L {
    let Reduced { y: (y, _), power } = reduced(at_least(at_most(x, L::MOST), L::LEAST), rest);
    let (first, second) = power.powers();
    y * first * second
}

/// `e^(x + rest)` as a product of a normal number and a power of two, for `x` that are not large and a
/// `rest` far below 1.
#[inline(always)]
pub(in crate::number) fn exp_parts<L: Lane>(x: L, rest: L) -> (L, L) {
    let ((y, _), small) = exp_pair(x, rest);
    (y, small)
}

/// The same with the rounding error of the first factor.
#[inline(always)]
pub(super) fn exp_pair<L: Lane>(x: L, rest: L) -> ((L, L), L) {
    let Reduced { y: (y, low), power } = reduced(at_least(x, L::LEAST), Some(rest));
    let (first, second) = power.powers();
    let (none, zero) = (x < L::LEAST, L::of(0.0));
    ((if none { zero } else { y * first }, if none { zero } else { low * first }), second)
}

/// `1 + e^−(x + rest)` as the quotient of a normal number, given with its rounding error, by a power of two,
/// for a `rest` far below 1. It is infinite where the exponential is infinite even times a small factor.
#[inline(always)]
pub(in crate::number) fn gate<L: Lane>(x: L, rest: L) -> [L; 3] {
    // Beyond this, the exponential is lost beside 1, and so is its rest, which may be NaN.
    let flat = L::FLAT + L::FLAT;
    let (t, rest) = if x > flat { (-flat, L::of(0.0)) } else { (-x, -rest) };
    let t = at_most(t, -L::LEAST);
    let (power, n) = whole(t);
    let [d, low, k] = one_and_exp(t, n.fused(L::LN2.0, t) + n.fused(L::LN2.1, rest), power);
    [if x < L::LEAST { L::of(f64::INFINITY) } else { d }, low, k]
}

/// `1 + e⁻ˣ` as such a quotient, always finite: the exponential is cut off only where 1380 divided by it is 0
/// already.
#[inline(always)]
pub(in crate::number) fn plain_gate<L: Lane>(x: L) -> (L, L) {
    let t = at_least(at_most(-x, -L::LEAST), -L::FLAT - L::FLAT);
    let (power, n) = whole(t);
    let [d, _, k] = one_and_exp(t, n.fused(L::LN2.1, n.fused(L::LN2.0, t)), power);
    (d, k)
}

/// `1 + e^t` as `(d + low) / k`, where `e^t = e^r · 2ⁿ` and `power` is `BIASED + n`.
#[inline(always)]
fn one_and_exp<L: Lane>(t: L, r: L, power: L) -> [L; 3] {
    let (one, slope) = (L::of(1.0), slope(r));
    // e^t = 2s + s · slope · r. The sum of k and 2s is exact in two parts, so that hardly anything is rounded
    // before the last sum.
    let far = t > L::FAR.0;
    let s = (if far { power - L::FAR.1 } else { power }).power();
    let k = if far { L::FAR.2 } else { one };
    let double = s + s;
    let whole = double + k;
    let part = (s * slope).fused(r, k - (whole - double));
    let d = whole + part;
    [d, part - (d - whole), k]
}

/// `eˣ − 1`.
#[inline(always)]
pub(in crate::number) fn exp_m1<L: Lane>(x: L) -> L {
    let (half, one) = (L::of(0.5), L::of(1.0));
    let t = at_least(at_most(x, L::MOST), -L::FLAT - L::FLAT);
    let (power, n) = whole(t);
    let near = n.fused(L::LN2.0, t);
    let r = n.fused(L::LN2.1, near);
    let rest = n.fused(L::LN2.1, near - r);
    // (s − 1) + s · (r + rest + …) with s = 2ⁿ; the first sum is exact. All terms are halved, since s may be
    // beyond the largest number.
    let s = power.power();
    let more = (half * r * r).fused(polynomial(r, L::EXP).fused(r, one), rest);
    let (whole, part) = (s - half, s * r);
    let sum = whole + part;
    let y = sum + s.fused(more, (whole - sum) + part);
    // A result that is nearly x itself may be subnormal, and its half would be rounded.
    if x.abs() < L::TINY { x } else { (y + y).signed(x) }
}

/// The hyperbolic tangent: near 0 a polynomial, further out `1 − 2 / (e^2|x| + 1)`.
#[inline(always)]
pub(in crate::number) fn tanh<L: Lane>(x: L) -> L {
    let (one, two, a) = (L::of(1.0), L::of(2.0), x.abs());
    let square = x * x;
    let near = (a * square).fused(polynomial(square, L::TANH), a);
    // Far out, the rounding error of ln 2 would be seen, but the quotient is lost beside 1.
    let t = at_most(a + a, L::FLAT);
    let (power, n) = whole(t);
    let r = n.fused(L::of(LN_2), t);
    let far = one - two / slope(r).fused(r, two).fused(power.power(), one);
    (if a < L::of(0.625) { near } else { far }).signed(x)
}
