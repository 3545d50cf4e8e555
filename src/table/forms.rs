//! Values of rows that need more than a line: exact in the tails, in every number type. Floor 0:
//! reads `element`.
//!
//! Two things spoil a tail. An exponential that is already subnormal has lost digits which a factor
//! such as `x` brings back into sight: so `e^t` is kept as `E · K`, where `E` is a normal number, and
//! `K` comes last. And an exponent that was rounded is off by as many units in the last place as it is
//! large: so what its rounding left out is kept beside it.

use crate::element::Scalar;

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
    /// `factor · e^t`, and 0 where `e^t` is, whatever the factor.
    #[inline(always)]
    fn times(&self, factor: S) -> S {
        let zero = factor.lit(0.0);
        self.large.equal(zero).select(zero, factor * self.large * self.small)
    }
}

/// What the rounding of `a · b` left out.
#[inline(always)]
fn rest<S: Scalar>(a: S, b: S) -> S {
    a.mul_add(b, -(a * b))
}

/// `1 / (1 + e⁻ˣ)`.
#[inline(always)]
pub(crate) fn sigmoid<S: Scalar>(x: S) -> S {
    let (d, k) = x.plain_gate();
    k / d
}

/// `x · σ(x)`; what is further left than any exponential reaches is taken for the end of that.
#[inline(always)]
pub(crate) fn silu<S: Scalar>(x: S) -> S {
    let (d, k) = x.plain_gate();
    x.max(x.lit(-1380.0)) / d * k
}

/// The slope of `tanh`, `4e / (1 + e)²` with `e = e^−2|x|`.
#[inline(always)]
pub(crate) fn tanh_slope<S: Scalar>(x: S) -> S {
    let Tail { plain: e, large, small } = tail(x.lit(-2.0) * x.abs(), x.lit(0.0));
    x.lit(4.0) * large / (x.lit(1.0) + e * (x.lit(2.0) + e)) * small
}

/// Below this, `1 + e^t` is 1 in every number type, and `e^t` all that is left of a tail.
const FAR: f64 = -80.0;
/// Down to this, `e^t` is the product of two factors in every number type.
const END: f64 = -160.0;

/// `e^t` that is to be multiplied with numbers so large that it may itself be below all numbers: beyond the end it is
/// taken as a square, which costs a rounding more.
struct Power<S> {
    far: S,
    beyond: S,
    /// Of `t`, or beyond the end of `t/2`.
    part: Tail<S>,
}

impl<S: Scalar> Power<S> {
    /// `e^(t + rest)` for `t ≤ 0` and a `rest` far smaller than 1.
    #[inline(always)]
    fn of(t: S, rest: S) -> Self {
        let beyond = t.less(t.lit(END));
        let part = beyond.select(t.lit(0.5), t.lit(1.0));
        Power { far: t.less(t.lit(FAR)), beyond, part: tail(part * t, part * rest) }
    }

    /// `a · b · e^t`, and 0 where `e^t` is, whatever they are.
    #[inline(always)]
    fn times(&self, a: S, b: S) -> S {
        let Tail { large, small, .. } = self.part;
        let (zero, one) = (a.lit(0.0), a.lit(1.0));
        let [second, last] = [large, small].map(|part| self.beyond.select(part, one));
        large.equal(zero).select(zero, (a * large) * (b * second) * small * last)
    }
}

/// The slope of `elu`: α·eˣ to the left, 1 to the right.
#[inline(always)]
pub(crate) fn elu_slope<S: Scalar>(x: S, alpha: S) -> S {
    let zero = x.lit(0.0);
    let left = Power::of(x.min(zero), zero).times(alpha, x.lit(1.0));
    zero.less(x).select(x.lit(1.0), alpha.equal(alpha).select(left, alpha))
}

/// The slope of `selu`: λα·eˣ to the left, λ to the right.
#[inline(always)]
pub(crate) fn selu_slope<S: Scalar>(x: S) -> S {
    let (zero, steep) = (x.lit(0.0), x.lit(1.758_099_340_847_376_6));
    zero.less(x).select(x.lit(1.050_700_987_355_480_5), tail(x.min(zero), zero).times(steep))
}

/// The quotient of `celu`, `α·(e^(x/α) − 1)`, which is `x` where it is tiny; more exact numbers see the
/// next term as well.
#[inline(always)]
pub(crate) fn celu<S: Scalar>(x: S, alpha: S) -> S {
    let zero = x.lit(0.0);
    let left = x.min(zero);
    let ratio = left / alpha;
    let tiny = ratio.equal(zero).select(x, x + x.lit(0.5) * left * ratio);
    x.lit(-1e-20).less(ratio).select(tiny, alpha * ratio.exp_m1())
}

/// `e / (1 + e)²` with `e = e^−|x|`.
#[inline(always)]
pub(crate) fn logistic_pdf<S: Scalar>(x: S) -> S {
    let (e, one) = ((-x.abs()).exp(), x.lit(1.0));
    e / (one + e * (x.lit(2.0) + e))
}

/// The exponent `w` of a gate `σ(w)` as a rounded number and what that left out, with its first two
/// derivatives.
pub(crate) struct Gate<S> {
    w: S,
    rest: S,
    slope: S,
    bend: S,
}

impl<S: Scalar> Gate<S> {
    /// `w = x`.
    #[inline(always)]
    pub(crate) fn plain(x: S) -> Self {
        Gate { w: x, rest: x.lit(0.0), slope: x.lit(1.0), bend: x.lit(0.0) }
    }

    /// `w = β · x`.
    #[inline(always)]
    pub(crate) fn times(x: S, beta: S) -> Self {
        Gate { w: x * beta, rest: rest(x, beta), slope: beta, bend: x.lit(0.0) }
    }

    /// `w = 1.702 · x`.
    #[inline(always)]
    pub(crate) fn gelu_sigmoid(x: S) -> Self {
        let (beta, low) = x.split(1.702, 4.263_256_414_560_601e-17);
        Gate { rest: rest(x, beta) + x * low, ..Gate::times(x, beta) }
    }

    /// `w = 2√(2/π) · (x + 0.044715 · x³)`, so that `σ(w) = (1 + tanh(w/2)) / 2`.
    #[inline(always)]
    pub(crate) fn gelu_tanh(x: S) -> Self {
        let (linear, linear_low) = x.split(1.595_769_121_605_730_8, -9.969_308_809_110_92e-17);
        let (cubic, cubic_low) = x.split(0.071_354_816_272_600_25, -6.175_149_918_155_315e-19);
        let square = x * x;
        let term = cubic * square;
        let term_low = rest(cubic, square) + cubic * rest(x, x) + cubic_low * square;
        // The sum of both terms and its rounding (Knuth's exact sum).
        let sum = linear + term;
        let part = sum - linear;
        let sum_low = (linear - (sum - part)) + (term - part) + term_low + linear_low;
        let three = x.lit(3.0);
        let slope = linear + three.mul_add(term, three.mul_add(term_low, linear_low));
        let bend = x.lit(2.0) * three * cubic * x;
        Gate { w: x * sum, rest: rest(x, sum) + x * sum_low, slope, bend }
    }

    /// `σ(w)`.
    #[inline(always)]
    pub(crate) fn open(&self) -> S {
        let (d, k) = self.w.gate(self.rest);
        k / d
    }

    /// Whether `w ≥ 0`, and `σ(−|w|)`: as it is, and as the product of two factors.
    #[inline(always)]
    fn less(&self) -> (S, Tail<S>) {
        let right = self.w.lit(0.0).less_equal(self.w);
        let (d, small) = (-self.w.abs()).gate(right.select(-self.rest, self.rest));
        let (inverse, one) = (self.w.lit(1.0) / d, self.w.lit(1.0));
        // Where d is infinite there is nothing to correct.
        let left = inverse.equal(inverse.lit(0.0)).select(inverse, (-inverse).mul_add(d, one));
        let large = left.mul_add(inverse, inverse);
        (right, Tail { plain: large * small, large, small })
    }

    /// `e^−|w|`.
    #[inline(always)]
    fn power(&self) -> Power<S> {
        let right = self.w.lit(0.0).less_equal(self.w);
        Power::of(-self.w.abs(), right.select(-self.rest, self.rest))
    }

    /// `x · σ(w)`.
    #[inline(always)]
    pub(crate) fn value(&self, x: S) -> S {
        let (d, k) = self.w.gate(self.rest);
        d.equal(x.lit(f64::INFINITY)).select(x.lit(0.0), x / d * k)
    }

    /// The slope of `x · σ(w)`: `σ(w) · (1 + x·w′·σ(−w))`.
    #[inline(always)]
    pub(crate) fn slope(&self, x: S) -> S {
        let ((right, q), one) = (self.less(), x.lit(1.0));
        // To the right it is 1 and a small rest, which must keep its own digits.
        let steep = x.mul_add(self.slope, right.select(-one, one));
        let part = q.times((-(x * self.slope)).mul_add(q.plain, steep));
        right.select(one + part, part)
    }

    /// The second slope of `x · σ(w)`: `σ(w)·σ(−w) · (2w′ + x·w″ − x·w′²·tanh(w/2))`.
    #[inline(always)]
    pub(crate) fn bend(&self, x: S) -> S {
        let ((right, q), one) = (self.less(), x.lit(1.0));
        let steep = x * self.slope * self.slope;
        let toward = right.select(-steep, steep);
        q.both(toward.mul_add(one - (q.plain + q.plain), x.mul_add(self.bend, self.slope + self.slope)))
    }

    /// The second slope of `x · σ(w)` in `x` and in `β`, where `w = β · x`: `x·σ(w)·σ(−w) · (2 − w·tanh(w/2))`.
    #[inline(always)]
    pub(crate) fn mixed(&self, x: S) -> S {
        let ((_, q), one) = (self.less(), x.lit(1.0));
        let away = self.w.abs() * (one - (q.plain + q.plain));
        q.both(x * (x.lit(2.0) - away))
    }
}

impl<S: Scalar> Tail<S> {
    /// `factor · q · (1 − q)` of a share `q`.
    #[inline(always)]
    fn both(&self, factor: S) -> S {
        Tail { large: (-self.large).mul_add(self.plain, self.large), ..*self }.times(factor)
    }
}

/// The slope of `σ(βx)` in `x`.
#[inline(always)]
pub(crate) fn swish_gate_slope<S: Scalar>(x: S, beta: S) -> S {
    Gate::times(x, beta).less().1.both(beta)
}

/// The slope of `swish` in its `β`, `x² · σ(βx) · σ(−βx)`.
#[inline(always)]
pub(crate) fn swish_beta_slope<S: Scalar>(x: S, beta: S) -> S {
    let gate = Gate::times(x, beta);
    let e = gate.power();
    e.far.select(e.times(x, x), gate.less().1.both(x) * x)
}

/// The slope of `softplus_sharp` in its `β`, `−(ln(1 + e) + |βx|·e/(1 + e)) / β²` with `e = e^−|βx|`: no
/// term cancels another.
#[inline(always)]
pub(crate) fn softplus_sharp_beta_slope<S: Scalar>(x: S, beta: S) -> S {
    let (gate, one) = (Gate::times(x, beta), x.lit(1.0));
    let (e, inverse) = (gate.power(), one / beta);
    let plain = e.part.plain;
    let away = e.part.times(x.abs()) / (one + plain);
    let near = (plain.ln_1p() / beta + away) / beta;
    -e.far.select(e.times(x.abs() + inverse, inverse), near)
}

/// `ln(1 + e^(βx)) / β`.
#[inline(always)]
pub(crate) fn softplus_sharp<S: Scalar>(x: S, beta: S) -> S {
    let (e, one) = (Gate::times(x, beta).power(), x.lit(1.0));
    x.max(x.lit(0.0)) + e.far.select(e.times(one / beta, one), e.part.plain.ln_1p_fraction() / beta)
}

/// `e^(a/b)`, with what the rounding of the quotient left out.
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
    zero.less(ratio).select(factor * exp_ratio(a, b) / b, left)
}

/// `e^(a − b)`, with what the rounding of the difference left out (Knuth's TwoSum).
#[inline(always)]
pub(crate) fn exp_difference<S: Scalar>(a: S, b: S) -> S {
    let difference = a - b;
    let taken = difference - a;
    exp_of_both(difference, (a - (difference - taken)) - (b + taken))
}

/// `e^(x + left)`, with `left` far below an ulp's share of `x`.
#[inline(always)]
fn exp_of_both<S: Scalar>(x: S, left: S) -> S {
    let e = x.exp();
    // At 0 and at infinity there is nothing to correct.
    let corrected = e + e * left;
    corrected.equal(corrected).select(corrected, e)
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
    x.less(x.lit(0.0)).select(tail, x.lit(1.0) - tail)
}

/// `x · Φ(x)`, which is `max(x, 0) − |x|·Φ(−|x|)`; the tail of what is further off than 39 is 0.
#[inline(always)]
pub(crate) fn gelu<S: Scalar>(x: S) -> S {
    let ([high, low, small], zero, a) = (x.normal_tail(), x.lit(0.0), x.abs().min(x.lit(39.0)));
    let part = a.mul_add(high, a * low);
    (-part).mul_add(small, x.less(zero).select(zero, x))
}

/// `Φ(x) + x·φ(x)`.
#[inline(always)]
pub(crate) fn gelu_slope<S: Scalar>(x: S) -> S {
    let (large, small) = x.normal_tail_slope();
    let part = large * small;
    x.less(x.lit(0.0)).select(part, x.lit(1.0) - part)
}
