//! Logarithms and powers.

use super::exponential::{exp_both, exp_pair};
use super::{Lane, exp, halves, polynomial};

/// `ln(1 + f + rest) − less · ln 2`, for `|f| ≤ 1/3` and a `rest` no larger than the rounding of `f`.
#[inline(always)]
fn sum<L: Lane>(f: L, rest: Option<L>, less: L) -> L {
    let bend = halves(f, L::LN).fused(f, L::of(-0.5));
    let low = (-less) * L::LN2.1;
    let low = (f * f).fused(bend, rest.map_or(low, |rest| low + rest));
    (-less).fused(L::LN2.0, f + low)
}

/// Puts in the logarithm's limits: −∞ at `x = root`, NaN below, ∞ at ∞.
#[inline(always)]
fn limits<L: Lane>(x: L, root: L, y: L) -> L {
    let infinity = L::of(f64::INFINITY);
    let beyond = if x > root { x } else { L::of(f64::NAN) };
    let limit = if x == root { -infinity } else { beyond };
    if x > root && x < infinity { y } else { limit }
}

/// The natural logarithm.
#[inline(always)]
pub(in crate::number) fn ln<L: Lane>(x: L) -> L {
    let (zero, one) = (L::of(0.0), L::of(1.0));
    let tiny = x < L::NORMAL;
    let (m, less, _) = (if tiny { x * L::LIFT.0 } else { x }).parts();
    let less = less + if tiny { L::LIFT.1 } else { zero };
    limits(x, zero, sum(m - one, None, less))
}

/// `ln(1 + x)`.
#[inline(always)]
pub(in crate::number) fn ln_1p<L: Lane>(x: L) -> L {
    let one = L::of(1.0);
    let u = one + x;
    let rest = x - (u - one);
    let (m, less, scale) = u.parts();
    // Subtracted, so that −0 is kept.
    let (below, part) = (one - m, rest * scale);
    let f = part - below;
    limits(x, -one, sum(f, Some(part - (f + below)), less))
}

/// `ln(1 + x)` for `x` from 0 to 1.
#[inline(always)]
pub(in crate::number) fn ln_1p_fraction<L: Lane>(x: L) -> L {
    (x * x).fused(polynomial(x, L::LN_1P).fused(x, L::of(-0.5)), x)
}

/// `ln(1 + e^(t + rest))` for `t ≤ 0` and a `rest` far below 1, as `(high + low) · small`.
#[inline(always)]
pub(in crate::number) fn ln_1p_exp<L: Lane>(t: L, rest: L) -> [L; 3] {
    let ((large, large_low), small) = exp_pair(t, rest);
    let x = large * small;
    let bend = polynomial(x, L::LN_1P).fused(x, L::of(-0.5));
    let (share, share_low) = (x * bend, x.fused(bend, -(x * bend)));
    let high = large.fused(share, large);
    // The difference is exact, since more than half of it is left. The last term corrects for the rounding
    // error of x along the tangent, which is exact enough.
    let left = large.fused(share, large - high) + large * share_low;
    [high, large_low.fused(x.fused(L::of(-0.5), L::of(1.0)), left), small]
}

/// `aᵖ` by `f64`'s functions, whose digits suffice for `f32`.
#[inline(always)]
pub(in crate::number) fn pow_single(a: f32, p: f32) -> f32 {
    let (a, p) = (f64::from(a), f64::from(p));
    signed_power(a, p, exp(p * ln(a.abs()))) as f32
}

/// `aᵖ`.
#[inline(always)]
pub(in crate::number) fn pow<L: Lane>(a: L, p: L) -> L {
    let (high, low) = ln_pair(a.abs());
    let product = p * high;
    let rest = p.fused(high, -product) + p * low;
    // A product beyond all exponents needs no correction.
    let rest = if product.abs() < L::of(2.0) * L::MOST { rest } else { L::of(0.0) };
    signed_power(a, p, exp_both(product, Some(rest)))
}

/// Half of `ln m` for a number `x = m · 2^e ≥ 0`, with its rounding error, and `−e`: from `ln m = 2·artanh(s)` with
/// `s = f/(2 + f)`, whose first two terms are exact to twice the digits.
#[inline(always)]
fn half_ln<L: Lane>(x: L) -> (L, L, L) {
    let (zero, one, two) = (L::of(0.0), L::of(1.0), L::of(2.0));
    let tiny = x < L::NORMAL;
    let (m, less, _) = (if tiny { x * L::LIFT.0 } else { x }).parts();
    let less = less + if tiny { L::LIFT.1 } else { zero };
    let f = m - one;
    let sum = f + two;
    let sum_low = f - (sum - two);
    let inverse = one / sum;
    let s = f * inverse;
    let s_low = ((-s).fused(sum, f) - s * sum_low) * inverse;
    let z = s * s;
    let z_low = s.fused(s, -z) + two * s * s_low;
    // A third of the square as two numbers, and the further terms.
    let third = z * L::THIRD.0;
    let third_low = z.fused(L::THIRD.0, -third) + z * L::THIRD.1 + z_low * L::THIRD.0;
    let third_low = third_low + z * z * polynomial(z, L::LOG);
    let cubic = s * third;
    let cubic_low = s.fused(third, -cubic) + s * third_low + s_low * third;
    let half = s + cubic;
    (half, cubic - (half - s) + (cubic_low + s_low), less)
}

/// The logarithm of `x ≥ 0` and its rounding error.
#[inline(always)]
fn ln_pair<L: Lane>(x: L) -> (L, L) {
    let (half, half_low, less) = half_ln(x);
    let (zero, two) = (L::of(0.0), L::of(2.0));
    let whole = less * L::LN2.0;
    let y = two * half - whole;
    let y_low = (two * half - (y + whole)) + (two * half_low - less * L::LN2.1);
    (limits(x, zero, y), if x < L::of(f64::INFINITY) { y_low } else { zero })
}

/// A logarithm to another base, `half ln m · twice − whole(−e)` for `x = m · 2^e`, where `whole` gives a number and its
/// rounding error: rounded so late that logarithms that are whole numbers are exact.
#[inline(always)]
fn to_base<L: Lane>(x: L, twice: (L, L), whole: impl Fn(L) -> (L, L)) -> L {
    let (half, half_low, less) = half_ln(x);
    let part = half * twice.0;
    let part_low = half.fused(twice.0, -part) + (half * twice.1 + half_low * twice.0);
    let (whole, whole_low) = whole(less);
    let y = part - whole;
    limits(x, L::of(0.0), y + ((part - (y + whole)) + (part_low - whole_low)))
}

/// The logarithm to the base 2, exact for powers of two.
#[inline(always)]
pub(in crate::number) fn log2<L: Lane>(x: L) -> L {
    to_base(x, L::TWICE_LOG2_E, |less| (less, L::of(0.0)))
}

/// The logarithm to the base 10, exact for powers of ten.
#[inline(always)]
pub(in crate::number) fn log10<L: Lane>(x: L) -> L {
    to_base(x, L::TWICE_LOG10_E, |less| {
        let whole = less * L::LOG10_2.0;
        (whole, less.fused(L::LOG10_2.0, -whole) + less * L::LOG10_2.1)
    })
}

/// Puts in the sign and the special cases of a power whose size is known.
#[inline(always)]
fn signed_power<L: Lane>(a: L, p: L, size: L) -> L {
    let (zero, one, infinity) = (L::of(0.0), L::of(1.0), L::of(f64::INFINITY));
    let whole = |p: L| p >= L::WHOLE || (p + L::WHOLE) - L::WHOLE == p;
    let (q, half) = (p.abs(), L::of(0.5) * p.abs());
    let odd = whole(q) && !whole(half);
    let size = if p == zero || a == one || (a == -one && q == infinity) { one } else { size };
    let size = if a < zero && a > -infinity && !whole(q) { L::of(f64::NAN) } else { size };
    if odd { size.signed(a) } else { size }
}
