//! The normal distribution's tail and the error function.

use super::exponential::exp_pair;
use super::{Lane, at_most, ln, polynomial};

/// `ln √(2π)`.
const LN_ROOT: f64 = 0.918_938_533_204_672_8;

/// `Φ(−a) · e^(a²/2)` for `a ≥ 0`, and its rounding error: a polynomial in `(a − 4)/(a + 4)`, over `a + 1`.
#[inline(always)]
fn scaled_tail<L: Lane>(a: L) -> (L, L) {
    let (one, center) = (L::of(1.0), L::of(4.0));
    let (low, high) = if a < one { (a, one) } else { (one, a) };
    let (sum, outer) = (high + low, a + center);
    let sum_low = low - (sum - high);
    // One division serves both quotients; its remainder corrects the one that matters.
    let both = one / (sum * outer);
    let (inverse, u) = (both * outer, (a + a).fused(both * sum, -one));
    let left = (-inverse).fused(sum_low, (-inverse).fused(sum, one));
    let rest = u * polynomial(u, &L::TAIL[1..]);
    let y = rest + L::TAIL[0];
    let y_low = rest - (y - L::TAIL[0]) + L::TAIL_LOW;
    let product = inverse * y;
    (product, inverse.fused(y.fused(left, y_low), inverse.fused(y, -product)))
}

/// `Φ(−|x|)` as `(high + low) · small`.
#[inline(always)]
pub(in crate::number) fn normal_tail<L: Lane>(x: L) -> [L; 3] {
    let half = x * L::of(0.5);
    let square = half * x;
    let ((e, e_low), small) = exp_pair(-square, -half.fused(x, -square));
    let (w, w_low) = scaled_tail(at_most(x.abs(), L::TAIL_END));
    let high = w * e;
    [high, w_low.fused(e, w.fused(e_low, w.fused(e, -high))), small]
}

/// `|x|·Φ(−|x|)` as two factors; beyond 39 the tail is 0.
#[inline(always)]
pub(in crate::number) fn normal_tail_times<L: Lane>(x: L) -> (L, L) {
    let ([high, low, small], a) = (normal_tail(x), at_most(x.abs(), L::of(39.0)));
    (a.fused(high, a * low), small)
}

/// `Φ(−a) − a·φ(a)` with `a = |x|`, as two factors: both terms share one exponential, so that their
/// difference is as exact as they are.
#[inline(always)]
pub(in crate::number) fn normal_tail_slope<L: Lane>(x: L) -> (L, L) {
    let half = x * L::of(0.5);
    let square = half * x;
    let ((e, e_low), small) = exp_pair(-square, -half.fused(x, -square));
    let a = at_most(x.abs(), L::TAIL_END);
    let (w, w_low) = scaled_tail(a);
    let y = (-a).fused(L::DENSITY.0, w) + (-a).fused(L::DENSITY.1, w_low);
    (y.fused(e, y * e_low), small)
}

/// `ln Φ(−|x|)`, which is `ln w − a²/2` with `w = Φ(−a)·e^(a²/2)`. Far out, `w·a·√(2π)` is its asymptotic series, whose
/// logarithm is a series too.
#[inline(always)]
pub(in crate::number) fn ln_normal_tail<L: Lane>(x: L) -> L {
    let a = x.abs();
    let near = a < L::TAIL_END;
    let (w, w_low) = scaled_tail(at_most(a, L::TAIL_END));
    // One logarithm and one division serve both.
    let (of, over) = if near { (w, w_low) } else { (a, L::of(1.0)) };
    let (log, share) = (ln(of), over / of);
    let square = share * share;
    let bend = square.fused(square.fused(L::of(-816.2), L::of(88.25)), L::of(-37.0 / 3.0));
    let series = square * square.fused(square.fused(bend, L::of(2.5)), L::of(-1.0));
    // The larger part comes last, so that it is rounded once.
    let (part, rest) = if near { (share, log) } else { (series - (log + L::of(LN_ROOT)), L::of(0.0)) };
    (a * L::of(-0.5)).fused(a, part) + rest
}

/// `h(a) = φ(a)/Φ(−a)` and its first derivative for `a ≥ 0`, and its second one for `a ≥ −½`, which falls as `2/a³`:
/// polynomials in quotients that go to 1 at infinity.
#[inline(always)]
pub(in crate::number) fn normal_hazard<L: Lane>(a: L) -> [L; 3] {
    let (one, less) = (L::of(1.0), L::of(-8.0));
    let (inverse, next) = (one / (a + L::of(4.0)), one / (a + L::of(4.5)));
    let (u, v) = (inverse.fused(less, one), next.fused(less, one));
    let bend = (next * L::of(8.0)).fused(polynomial(v, L::HAZARD_GRAD2), L::of(2.0));
    [
        inverse.fused(polynomial(u, L::HAZARD), a),
        polynomial(u, L::HAZARD_GRAD),
        // In this order, so that nothing is subnormal before the last product.
        bend * next * next * next,
    ]
}

/// The complement of the error function.
#[inline(always)]
pub(in crate::number) fn erfc<L: Lane>(x: L) -> L {
    let (a, zero) = (at_most(x.abs(), L::TAIL_END), L::of(0.0));
    let square = a * a;
    let ((e, e_low), small) = exp_pair(-square, -a.fused(a, -square));
    let z = a * L::SQRT_2.0;
    let (w, w_low) = scaled_tail(z);
    // The rounding error of the argument, along the tangent z·w − 1/√(2π).
    let z_low = a.fused(L::SQRT_2.0, -z) + a * L::SQRT_2.1;
    let w_low = z_low.fused(z.fused(w, -L::DENSITY.0), w_low);
    let half = w.fused(e, w_low.fused(e, w * e_low));
    let tail = (half + half) * small;
    if x < zero { L::of(2.0) - tail } else { tail }
}

/// The error function: near 0 a polynomial, further out 1 less its complement.
#[inline(always)]
pub(in crate::number) fn erf<L: Lane>(x: L) -> L {
    let (a, square) = (x.abs(), x * x);
    let near = a.fused(polynomial(square, L::ERF), a);
    (if a < L::of(0.75) { near } else { L::of(1.0) - erfc(a) }).signed(x)
}
