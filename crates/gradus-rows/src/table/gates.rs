//! Gates, `σ` of something, and the functions that are made of them: swish, the approximations of `gelu`, the
//! sharp softplus.

use super::forms::{Power, Tail, end, exact_sum, rest};
use crate::number::Scalar;

/// The exponent `w` of a gate `σ(w)` and its slope, each as a rounded number and its rounding error, with its
/// second slope.
pub(crate) struct Gate<S> {
    w: S,
    rest: S,
    slope: S,
    slope_rest: S,
    bend: S,
}

impl<S: Scalar> Gate<S> {
    /// `w = x`.
    #[inline(always)]
    pub(crate) fn plain(x: S) -> Self {
        let zero = x.lit(0.0);
        Gate { w: x, rest: zero, slope: x.lit(1.0), slope_rest: zero, bend: zero }
    }

    /// `w = β · x`.
    #[inline(always)]
    pub(crate) fn times(x: S, beta: S) -> Self {
        let zero = x.lit(0.0);
        Gate { w: x * beta, rest: rest(x, beta), slope: beta, slope_rest: zero, bend: zero }
    }

    /// `w = 1.702 · x`.
    #[inline(always)]
    pub(crate) fn gelu_sigmoid(x: S) -> Self {
        let (beta, low) = x.split(1.702, 4.263_256_414_560_601e-17);
        Gate { rest: rest(x, beta) + x * low, slope_rest: low, ..Gate::times(x, beta) }
    }

    /// `w = 2√(2/π) · (x + 0.044715 · x³)`, so that `σ(w) = (1 + tanh(w/2)) / 2`.
    #[inline(always)]
    pub(crate) fn gelu_tanh(x: S) -> Self {
        let (linear, linear_low) = x.split(1.595_769_121_605_730_8, -9.969_308_809_110_92e-17);
        let (cubic, cubic_low) = x.split(0.071_354_816_272_600_25, -6.175_149_918_155_315e-19);
        let square = x * x;
        let term = cubic * square;
        let term_low = rest(cubic, square) + cubic * rest(x, x) + cubic_low * square;
        let (sum, sum_rest) = exact_sum(linear, term);
        let sum_low = sum_rest + term_low + linear_low;
        let three = x.lit(3.0);
        let (near, near_rest) = exact_sum(linear, three * term);
        let near_rest = near_rest + (rest(three, term) + three.mul_add(term_low, linear_low));
        let (slope, slope_rest) = exact_sum(near, near_rest);
        let bend = x.lit(2.0) * three * cubic * x;
        Gate { w: x * sum, rest: rest(x, sum) + x * sum_low, slope, slope_rest, bend }
    }

    /// `σ(w)`.
    #[inline(always)]
    pub(crate) fn open(&self) -> S {
        let [d, _, k] = self.w.gate(self.rest);
        k / d
    }

    /// Returns the mask of `w ≥ 0`, and `σ(−|w|)` both as one number and as the product of two factors.
    #[inline(always)]
    fn less(&self) -> (S, Tail<S>) {
        let right = self.w.lit(0.0).le(self.w);
        let [d, low, small] = (-self.w.abs()).gate(right.select(-self.rest, self.rest));
        let (inverse, one) = (self.w.lit(1.0) / d, self.w.lit(1.0));
        let left = (-inverse).mul_add(low, (-inverse).mul_add(d, one));
        // An infinite d needs no correction.
        let left = inverse.eq(inverse.lit(0.0)).select(inverse, left);
        let large = left.mul_add(inverse, inverse);
        (right, Tail { plain: large * small, large, small })
    }

    /// `−|w|` and its rounding error.
    #[inline(always)]
    fn fall(&self) -> (S, S) {
        let right = self.w.lit(0.0).le(self.w);
        (-self.w.abs(), right.select(-self.rest, self.rest))
    }

    /// `e^−|w|`.
    #[inline(always)]
    fn power(&self) -> Power<S> {
        let (t, rest) = self.fall();
        Power::of(t, rest)
    }

    /// `x · σ(w)`.
    #[inline(always)]
    pub(crate) fn value(&self, x: S) -> S {
        let [d, _, k] = self.w.gate(self.rest);
        d.eq(x.lit(f64::INFINITY)).select(x.lit(0.0), x / d * k)
    }

    /// The slope of `x · σ(w)`: `σ(w) · (1 + x·w′·σ(−w))`.
    #[inline(always)]
    pub(crate) fn slope(&self, x: S) -> S {
        let ((right, q), one) = (self.less(), x.lit(1.0));
        // To the right, the slope is 1 plus a small rest, which must keep its own digits.
        let steep = x.mul_add(self.slope, right.select(-one, one));
        let less = (-(x * self.slope)).mul_add(q.plain, x * self.slope_rest);
        let part = q.times(steep + less);
        right.select(one + part, part)
    }

    /// The second slope of `x · σ(w)`: `σ(w)·σ(−w) · (2w′ + x·w″ − x·w′²·tanh(w/2))`.
    #[inline(always)]
    pub(crate) fn bend(&self, x: S) -> S {
        let ((right, q), one) = (self.less(), x.lit(1.0));
        let (half, half_rest) = (x * self.slope, x.mul_add(self.slope_rest, rest(x, self.slope)));
        let (steep, away) = (half * self.slope, one - (q.plain + q.plain));
        let steep_rest = half.mul_add(self.slope_rest, half_rest.mul_add(self.slope, rest(half, self.slope)));
        let toward = |steep: S| right.select(-steep, steep);
        let less = toward(steep_rest).mul_add(away, self.slope_rest + self.slope_rest);
        q.both(toward(steep).mul_add(away, x.mul_add(self.bend, self.slope + self.slope)) + less)
    }
}

impl<S: Scalar> Tail<S> {
    /// `factor · q · (1 − q)`, where `q` is this share.
    #[inline(always)]
    fn both(&self, factor: S) -> S {
        Tail { large: (-self.large).mul_add(self.plain, self.large), ..*self }.times(factor)
    }
}

/// `x · σ(βx)`, for every `β`. With a tiny `β`, a large `x` makes a gate matter that is too small for two
/// factors. There the gate is the square of the one at half the exponent, which costs one more rounding.
#[inline(always)]
pub(crate) fn swish<S: Scalar>(x: S, beta: S) -> S {
    let Gate { w, rest, .. } = Gate::times(x, beta);
    let (beyond, zero) = (w.lt(end(w)), x.lit(0.0));
    let part = beyond.select(x.lit(0.5), x.lit(1.0));
    let [d, _, k] = (part * w).gate(part * rest);
    let once = d.eq(x.lit(f64::INFINITY)).select(zero, x / d * k);
    beyond.select(once / d * k, once)
}

/// The slope of `σ(βx)` in `x`.
#[inline(always)]
pub(crate) fn swish_gate_grad<S: Scalar>(x: S, beta: S) -> S {
    let gate = Gate::times(x, beta);
    let e = gate.power();
    e.far.select(e.times(beta, x.lit(1.0)), gate.less().1.both(beta))
}

/// The second slope of `swish` in `x`.
#[inline(always)]
pub(crate) fn swish_grad2<S: Scalar>(x: S, beta: S) -> S {
    let gate = Gate::times(x, beta);
    let e = gate.power();
    e.far.select(e.times(beta, x.lit(2.0) - gate.w.abs()), gate.bend(x))
}

/// The second slope of `swish`, in `x` and in `β`: `x·σ(w)·σ(−w) · (2 − w·tanh(w/2))` with `w = βx`.
#[inline(always)]
pub(crate) fn swish_mixed_grad2<S: Scalar>(x: S, beta: S) -> S {
    let gate = Gate::times(x, beta);
    let (e, q) = (gate.power(), gate.less().1);
    let away = x.lit(2.0) - gate.w.abs() * (x.lit(1.0) - (q.plain + q.plain));
    e.far.select(e.times(x, away), q.both(x * away))
}

/// The slope of `swish` in its `β`, `x² · σ(βx) · σ(−βx)`.
#[inline(always)]
pub(crate) fn swish_beta_grad<S: Scalar>(x: S, beta: S) -> S {
    let gate = Gate::times(x, beta);
    let e = gate.power();
    e.far.select(e.times(x, x), gate.less().1.both(x) * x)
}

/// The slope of `softplus_sharp` in its `β`, `−(ln(1 + e) + |βx|·e/(1 + e)) / β²` with `e = e^−|βx|`: no
/// term cancels another.
#[inline(always)]
pub(crate) fn softplus_sharp_beta_grad<S: Scalar>(x: S, beta: S) -> S {
    let (gate, one) = (Gate::times(x, beta), x.lit(1.0));
    let (e, inverse) = (gate.power(), one / beta);
    let plain = e.part.plain;
    let away = e.part.times(x.abs()) / (one + plain);
    let near = (plain.ln_1p() / beta + away) / beta;
    -e.far.select(e.times(x.abs() + inverse, inverse), near)
}

/// `ln(1 + e^(βx)) / β`, corrected by the rounding errors of the logarithm and of the quotient.
#[inline(always)]
pub(crate) fn softplus_sharp<S: Scalar>(x: S, beta: S) -> S {
    let (gate, one) = (Gate::times(x, beta), x.lit(1.0));
    let (e, (t, rest)) = (gate.power(), gate.fall());
    let [high, low, small] = t.ln_1p_exp(rest);
    let ratio = high / beta;
    let part = ratio + ((-ratio).mul_add(beta, high) + low) / beta;
    // An infinite quotient needs no correction.
    let near = part.eq(part).select(part, ratio) * small;
    x.max(x.lit(0.0)) + e.beyond.select(e.times(one / beta, one), near)
}
