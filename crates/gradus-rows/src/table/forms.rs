//! Values of rows that need more than a line: exact in the tails, in every number type.
//!
//! Two things spoil a tail. An exponential that is already subnormal has lost digits which a factor such as
//! `x` would show: so `e^t` is kept as `E · K`, where `E` is a normal number, and `K` comes last.
//! And a rounded exponent makes the result off by as many units in the last place as the exponent is large:
//! so its rounding error is kept beside it.

use crate::number::Scalar;

/// `e^t`, and the same as the product of `large` and `small`.
#[derive(Clone, Copy)]
pub(super) struct Tail<S> {
    pub(super) plain: S,
    pub(super) large: S,
    pub(super) small: S,
}

/// `e^(t + rest)` for `t ≤ 0` and a `rest` far smaller than 1.
#[inline(always)]
pub(super) fn tail<S: Scalar>(t: S, rest: S) -> Tail<S> {
    let (large, small) = t.exp_parts(rest);
    Tail { plain: large * small, large, small }
}

impl<S: Scalar> Tail<S> {
    /// `factor · e^t`, and 0 where `e^t` is 0, for every factor.
    #[inline(always)]
    pub(super) fn times(&self, factor: S) -> S {
        let zero = factor.lit(0.0);
        self.large.eq(zero).select(zero, factor * self.large * self.small)
    }
}

/// The rounding error of `a · b`.
#[inline(always)]
pub(super) fn rest<S: Scalar>(a: S, b: S) -> S {
    a.mul_add(b, -(a * b))
}

/// A sum and its rounding error (Knuth's TwoSum).
#[inline(always)]
pub(super) fn exact_sum<S: Scalar>(a: S, b: S) -> (S, S) {
    let sum = a + b;
    let part = sum - a;
    (sum, (a - (sum - part)) + (b - part))
}

/// `1 / (1 + e⁻ˣ)`.
#[inline(always)]
pub(crate) fn sigmoid<S: Scalar>(x: S) -> S {
    let (d, k) = x.plain_gate();
    k / d
}

/// `x · σ(x)`; arguments to the left of where the exponential ends are taken for that end.
#[inline(always)]
pub(crate) fn silu<S: Scalar>(x: S) -> S {
    let (d, k) = x.plain_gate();
    x.max(x.lit(-1380.0)) / d * k
}

/// The slope of `tanh`, `4e / (1 + e)²` with `e = e^−2|x|`.
#[inline(always)]
pub(crate) fn tanh_grad<S: Scalar>(x: S) -> S {
    let Tail { plain: e, large, small } = tail(x.lit(-2.0) * x.abs(), x.lit(0.0));
    x.lit(4.0) * large / e.mul_add(x.lit(2.0) + e, x.lit(1.0)) * small
}

/// The bound below which `1 + e^t` is 1 in every number type, and a tail is `e^t` alone.
const FAR: f64 = -80.0;
/// The least exponent for which `e^t` is the product of two factors that are not subnormal: one bound for
/// `f32`, and one for the other types.
#[inline(always)]
pub(super) fn end<S: Scalar>(t: S) -> S {
    by_type(t, -160.0, -700.0)
}

/// One constant for `f32`, and one for the other types: `f32` has no number as small as 1e-300.
#[inline(always)]
pub(super) fn by_type<S: Scalar>(of: S, single: f64, other: f64) -> S {
    of.lit(1e-300).eq(of.lit(0.0)).select(of.lit(single), of.lit(other))
}

/// `e^t` for products with numbers so large that `e^t` itself may be below all numbers: beyond the end it is
/// taken as a square, which costs one more rounding.
pub(super) struct Power<S> {
    pub(super) far: S,
    pub(super) beyond: S,
    /// The exponential of `t`; beyond the end, that of `t/2`.
    pub(super) part: Tail<S>,
}

impl<S: Scalar> Power<S> {
    /// `e^(t + rest)` for `t ≤ 0` and a `rest` far smaller than 1.
    #[inline(always)]
    pub(super) fn of(t: S, rest: S) -> Self {
        let beyond = t.lt(end(t));
        let part = beyond.select(t.lit(0.5), t.lit(1.0));
        Power { far: t.lt(t.lit(FAR)), beyond, part: tail(part * t, part * rest) }
    }

    /// `a · b · e^t`, and 0 where `e^t` is 0, for all `a` and `b`.
    #[inline(always)]
    pub(super) fn times(&self, a: S, b: S) -> S {
        let Tail { large, small, .. } = self.part;
        let (zero, one) = (a.lit(0.0), a.lit(1.0));
        let [second, last] = [large, small].map(|part| self.beyond.select(part, one));
        large.eq(zero).select(zero, (a * large) * (b * second) * small * last)
    }
}

/// The slope of `elu`: α·eˣ to the left, 1 to the right.
#[inline(always)]
pub(crate) fn elu_grad<S: Scalar>(x: S, alpha: S) -> S {
    let zero = x.lit(0.0);
    let left = Power::of(x.min(zero), zero).times(alpha, x.lit(1.0));
    zero.lt(x).select(x.lit(1.0), alpha.eq(alpha).select(left, alpha))
}

/// The slope of `selu`: λα·eˣ to the left, λ to the right.
#[inline(always)]
pub(crate) fn selu_grad<S: Scalar>(x: S) -> S {
    let (zero, steep) = (x.lit(0.0), x.lit(1.758_099_340_847_376_6));
    zero.lt(x).select(x.lit(1.050_700_987_355_480_5), tail(x.min(zero), zero).times(steep))
}

/// The quotient of `celu`, `α·(e^(x/α) − 1)`, corrected by the rounding error of `x/α`. A tiny quotient is
/// `x/α` itself, plus the next term for more exact number types.
#[inline(always)]
pub(crate) fn celu<S: Scalar>(x: S, alpha: S) -> S {
    let zero = x.lit(0.0);
    let left = x.min(zero);
    let ratio = left / alpha;
    let tiny = ratio.eq(zero).select(x, x + x.lit(0.5) * left * ratio);
    let (plain, rest) = (ratio.exp_m1(), (-ratio).mul_add(alpha, left) / alpha);
    let missing = alpha * rest * (plain + x.lit(1.0));
    // An infinite quotient needs no correction.
    let missing = missing.eq(missing).select(missing, zero);
    x.lit(-1e-20).lt(ratio).select(tiny, alpha.mul_add(plain, missing))
}

/// `e / (1 + e)²` with `e = e^−|x|`.
#[inline(always)]
pub(crate) fn logistic_pdf<S: Scalar>(x: S) -> S {
    let (e, one) = ((-x.abs()).exp(), x.lit(1.0));
    e / e.mul_add(x.lit(2.0) + e, one)
}

/// `e^(a/b)`, corrected by the rounding error of the quotient.
#[inline(always)]
pub(crate) fn exp_ratio<S: Scalar>(a: S, b: S) -> S {
    let ratio = a / b;
    exp_of_both(ratio, (-ratio).mul_add(b, a) / b)
}

/// `factor/b · e^(a/b)`.
#[inline(always)]
pub(crate) fn exp_ratio_over<S: Scalar>(factor: S, a: S, b: S) -> S {
    let (zero, ratio) = (a.lit(0.0), a / b);
    let left = Power::of(ratio.min(zero), (-ratio).mul_add(b, a) / b).times(factor / b, a.lit(1.0));
    zero.lt(ratio).select(factor * exp_ratio(a, b) / b, left)
}

/// `e^(a − b)`, corrected by the rounding error of the difference. Equal infinities differ by 0.
#[inline(always)]
pub(crate) fn exp_difference<S: Scalar>(a: S, b: S) -> S {
    let (difference, left) = exact_sum(a, -b);
    a.eq(b).select(a.lit(1.0), exp_of_both(difference, left))
}

/// `e^(x + left)`, with `left` far below an ulp's share of `x`.
#[inline(always)]
fn exp_of_both<S: Scalar>(x: S, left: S) -> S {
    let e = x.exp();
    // 0 and infinity need no correction.
    let corrected = e + e * left;
    corrected.eq(corrected).select(corrected, e)
}

/// `factor · e^(−x²/2)` if `half`, else `factor · e^(−x²)`.
#[inline(always)]
pub(crate) fn bell<S: Scalar>(half: bool, x: S, factor: S) -> S {
    // Halving is exact.
    let y = if half { x * x.lit(0.5) } else { x };
    tail(-(y * x), -rest(y, x)).times(factor)
}

/// `1/√(2π)`.
const ROOT: f64 = 0.398_942_280_401_432_7;

/// The density of the standard normal distribution, `φ(x) = e^(−x²/2) / √(2π)`, times a factor.
#[inline(always)]
pub(crate) fn normal_pdf<S: Scalar>(x: S, factor: S) -> S {
    bell(true, x, factor * x.lit(ROOT))
}

/// The distribution function of the standard normal distribution.
#[inline(always)]
pub(crate) fn normal_cdf<S: Scalar>(x: S) -> S {
    let [high, low, small] = x.normal_tail();
    let tail = (high + low) * small;
    x.lt(x.lit(0.0)).select(tail, x.lit(1.0) - tail)
}

/// The logarithm of the distribution function of the standard normal distribution: to the right `ln(1 − Φ(−x))`.
#[inline(always)]
pub(crate) fn log_normal_cdf<S: Scalar>(x: S) -> S {
    let ([high, low, small], zero, one) = (x.normal_tail(), x.lit(0.0), x.lit(1.0));
    let tail = (high + low) * small;
    // The rounding error of the tail, where it is not tiny.
    let rest = small.eq(one).select((high - tail) + low, zero);
    let right = (-tail).ln_1p() - rest / (one - tail);
    // Added, so that it ends in 0, not in −0.
    x.lt(zero).select(x.ln_normal_tail(), right + zero)
}

/// The parts of `φ(x)/Φ(x)` for `x ≥ 0`; smaller ones are taken for 0.
struct InverseMills<S> {
    x: S,
    /// The quotient as two factors, of which the first is a normal number where it is not 0.
    large: S,
    small: S,
}

impl<S: Scalar> InverseMills<S> {
    #[inline(always)]
    fn of(x: S) -> Self {
        let (zero, one) = (x.lit(0.0), x.lit(1.0));
        let x = x.max(zero);
        let half = x * x.lit(0.5);
        let Tail { large: e, small, .. } = tail(-(half * x), -rest(half, x));
        let (root, root_low) = x.split(ROOT, -2.492_327_202_277_73e-17);
        let density = e * root;
        let [high, low, shift] = x.normal_tail();
        let less = (high + low) * shift;
        let below = one - less;
        // The quotient, corrected by the rounding errors of density and divisor.
        let inverse = one / below;
        let ratio = density * inverse;
        let off = rest(e, root) + e * root_low - ratio * ((one - below) - less);
        let left = (-ratio).mul_add(below, density) + off;
        InverseMills { x, large: left.mul_add(inverse, ratio), small }
    }

    /// The quotient times a factor, and 0 where it is 0, for every factor.
    #[inline(always)]
    fn times(&self, factor: S) -> S {
        let zero = factor.lit(0.0);
        self.large.eq(zero).select(zero, factor * self.large * self.small)
    }

    /// The quotient alone.
    #[inline(always)]
    fn plain(&self) -> S {
        self.large * self.small
    }
}

/// `φ(x)/Φ(x)`.
#[inline(always)]
pub(crate) fn log_normal_cdf_grad<S: Scalar>(x: S) -> S {
    let (zero, right) = (x.lit(0.0), InverseMills::of(x));
    let [left, ..] = (-x).max(zero).normal_hazard();
    x.lt(zero).select(left, right.plain())
}

/// `−h·(x + h)` with `h = φ(x)/Φ(x)`.
#[inline(always)]
pub(crate) fn log_normal_cdf_grad2<S: Scalar>(x: S) -> S {
    let (zero, right) = (x.lit(0.0), InverseMills::of(x));
    let [_, left, _] = (-x).max(zero).normal_hazard();
    x.lt(zero).select(-left, right.times(-(right.x + right.plain())))
}

/// `h·((x + h)·(x + 2h) − 1)` with `h = φ(x)/Φ(x)`; below ½ the difference would cancel.
#[inline(always)]
pub(crate) fn log_normal_cdf_grad3<S: Scalar>(x: S) -> S {
    let (half, right) = (x.lit(0.5), InverseMills::of(x));
    let [.., left] = (-x).max(-half).normal_hazard();
    let (h, sum) = (right.plain(), right.x + right.plain());
    x.lt(half).select(left, right.times(sum.mul_add(sum + h, x.lit(-1.0))))
}

/// `a − b·⌊a/b⌋`, exact but for the sum of a tiny rest and `b`.
#[inline(always)]
pub(crate) fn remainder<S: Scalar>(a: S, b: S) -> S {
    let zero = a.lit(0.0);
    let (rest, below) = (a.fmod(b), b.lt(zero));
    // Zero has the sign of `b`, as any other rest.
    let none = below.select(-zero, zero);
    let other = rest.lt(zero).eq(below).select(rest, rest + b);
    rest.eq(zero).select(none, other)
}

/// The error function's inverse of `|x|`, as a sum of two numbers: Winitzki's approximation (2008), which is off by 2e-3, and
/// three of Halley's steps, each of which has three times as many digits as the one before. The last is kept beside.
#[inline(always)]
fn erfinv_pair<S: Scalar>(x: S) -> (S, S) {
    let (one, half, a) = (x.lit(1.0), x.lit(0.5), x.abs());
    let (root, far) = (x.lit(0.886_226_925_452_758), a.max(x.lit(0.1)));
    let (away, near, little) = (one - a, a.lt(half), a.lt(x.lit(0.1)));
    let log = (-(far * far)).ln_1p();
    let sum = x.lit(4.330_746_750_799_873) + half * log;
    let wide = (sum.mul_add(sum, x.lit(-6.802_721_088_435_374) * log).sqrt() - sum).sqrt();
    let first = little.select(root * a, wide);
    let step = |y: S| {
        // Far out by the complement, which is exact there.
        let off = near.select(y.erf() - a, away - y.erfc());
        let newton = off * (y * y).exp() * root;
        -newton / y.mul_add(newton, one)
    };
    let second = first + step(first);
    let third = second + step(second);
    (third, step(third))
}

/// The inverse of the error function.
#[inline(always)]
pub(crate) fn erfinv<S: Scalar>(x: S) -> S {
    let (y, rest) = erfinv_pair(x);
    let size = x.abs().eq(x.lit(1.0)).select(x.lit(f64::INFINITY), y + rest);
    x.lt(x.lit(0.0)).select(-size, size)
}

/// `√π/2 · e^(y²)` with `y = erfinv(x)`.
#[inline(always)]
pub(crate) fn erfinv_grad<S: Scalar>(x: S) -> S {
    let (y, left) = erfinv_pair(x);
    let (root, square) = (x.lit(0.886_226_925_452_758), y * y);
    let size = root * exp_of_both(square, (y + y).mul_add(left, rest(y, y)));
    x.abs().eq(x.lit(1.0)).select(x.lit(f64::INFINITY), size)
}

/// `x · Φ(x)`, which is `max(x, 0) − |x|·Φ(−|x|)`.
#[inline(always)]
pub(crate) fn gelu<S: Scalar>(x: S) -> S {
    let ((large, small), zero) = (x.normal_tail_times(), x.lit(0.0));
    (-large).mul_add(small, x.lt(zero).select(zero, x))
}

/// `Φ(x) + x·φ(x)`.
#[inline(always)]
pub(crate) fn gelu_grad<S: Scalar>(x: S) -> S {
    let (large, small) = x.normal_tail_slope();
    let part = large * small;
    x.lt(x.lit(0.0)).select(part, x.lit(1.0) - part)
}
