//! Tails in any number type, made of its elementary functions; `f32` and `f64` have their own.

use super::Scalar;

/// The shift of an exponent, chosen so that its exponential is nearly a number of both types.
const SHIFT: f64 = 65.898_437_5;
const SHIFTED: f64 = 2.402_548_855_250_180_1e-29;

/// `e^(x + rest)` as two factors.
#[inline(always)]
pub(super) fn exp_parts<S: Scalar>(x: S, rest: S) -> (S, S) {
    let (zero, one) = (x.lit(0.0), x.lit(1.0));
    // Adding the shift is exact: the sum is no larger, so it needs no more digits.
    let far = x.lt(x.lit(-SHIFT));
    let e = (x + far.select(x.lit(SHIFT), zero)).exp();
    (e.eq(zero).select(e, e + e * rest), far.select(x.lit(SHIFTED), one))
}

/// `ln(1 + e^(x + rest))`; far out, two terms of the series suffice.
#[inline(always)]
pub(super) fn ln_1p_exp<S: Scalar>(x: S, rest: S) -> [S; 3] {
    let (large, small) = exp_parts(x, rest);
    let one = x.lit(1.0);
    let far = large - x.lit(0.5) * large * (large * small);
    [small.eq(one).select(large.ln_1p_fraction(), far), x.lit(0.0), small]
}

/// `1 + e^−(x + rest)` as `d / k`: to the left `k` is the smaller factor of `e^x`, and 1 to the right.
#[inline(always)]
pub(super) fn gate<S: Scalar>(x: S, rest: S) -> [S; 3] {
    let (zero, one) = (x.lit(0.0), x.lit(1.0));
    let right = zero.le(x);
    let (large, small) = exp_parts(right.select(-x, x), right.select(-rest, rest));
    let whole = one + large * small;
    let none = large.eq(zero);
    let left = none.select(x.lit(f64::INFINITY), whole / none.select(one, large));
    [right.select(whole, left), zero, right.select(one, small)]
}

/// `Φ(−a) = erfc(a/√2) / 2` with `a = |x|` as a sum and a factor. The rounding error of the argument would
/// grow to `a²` units in the last place; that error times the slope is the second part of the sum. Near the
/// end of the numbers, the tail is made of its asymptotic series.
#[inline(always)]
pub(super) fn normal_tail<S: Scalar>(x: S) -> [S; 3] {
    let (a, zero, one, half) = (x.abs(), x.lit(0.0), x.lit(1.0), x.lit(0.5));
    let (root, low) = x.split(std::f64::consts::FRAC_1_SQRT_2, -4.833_646_656_726_457e-17);
    let z = a * root;
    let rest = a.mul_add(root, -z) + a * low;
    let slope = (-(z * z)).exp() * x.lit(0.564_189_583_547_756_3);
    // At infinity and for NaN there is nothing to correct.
    let none = slope.eq(zero).select(one, one - rest.eq(rest));
    let (high, low) = (z.erfc() * half, none.select(zero, -(slope * rest)));

    let deep = x.lit(36.0).lt(a);
    let square = half * a * a;
    let (e, small) = exp_parts(-square, -(half * a).mul_add(a, -square));
    let far = e.eq(zero).select(zero, e * x.lit(0.398_942_280_401_432_7) * series(a) / a);
    [deep.select(far, high), deep.select(zero, low), deep.select(small, one)]
}

/// `|x|·Φ(−|x|)` as two factors; beyond 39 the tail is 0.
#[inline(always)]
pub(super) fn normal_tail_times<S: Scalar>(x: S) -> (S, S) {
    let ([high, low, small], a) = (x.normal_tail(), x.abs().min(x.lit(39.0)));
    (a.mul_add(high, a * low), small)
}

/// `Φ(−a) − a·φ(a)` with `a = |x|`, as two factors.
#[inline(always)]
pub(super) fn normal_tail_slope<S: Scalar>(x: S) -> (S, S) {
    let (a, zero) = (x.abs(), x.lit(0.0));
    let [high, low, small] = normal_tail(x);
    let square = x.lit(0.5) * a * a;
    let (e, e_small) = exp_parts(-square, -(x.lit(0.5) * a).mul_add(a, -square));
    let steep = e.eq(zero).select(zero, a * x.lit(0.398_942_280_401_432_7) * e);
    // The two are split at different places only where both are tiny.
    ((high + low) - steep * (e_small / small), small)
}

/// `a·Φ(−a)/φ(a)` for a large `a`, `1 − 1/a² + 3/a⁴ − 15/a⁶ + …` (Abramowitz & Stegun 26.2.12); the first
/// term left out is below 2⁻⁶⁰ from 36 on.
#[inline(always)]
fn series<S: Scalar>(a: S) -> S {
    let (r, one) = ((a.lit(1.0) / a) * (a.lit(1.0) / a), a.lit(1.0));
    [15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0, 1.0].iter().fold(one, |sum, &k| one - a.lit(k) * r * sum)
}
