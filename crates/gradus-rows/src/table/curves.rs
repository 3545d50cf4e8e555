//! Values of rows made of powers and roots, without overflow and without cancellation.

use super::polynomials::{LOGCOSH, TANHSHRINK};
use crate::number::Scalar;

/// A polynomial's value, lowest power first.
#[inline(always)]
pub(super) fn polynomial<S: Scalar>(x: S, terms: &'static [f64]) -> S {
    let last = terms.len() - 1;
    terms[..last].iter().rev().fold(x.lit(terms[last]), |sum, &term| sum.mul_add(x, x.lit(term)))
}

/// `ln cosh x`: to 1 a polynomial, else from `|x| − ln 2`.
#[inline(always)]
pub(crate) fn logcosh<S: Scalar>(x: S) -> S {
    let (a, one) = (x.abs(), x.lit(1.0));
    let small = a.min(one);
    let square = small * small;
    let near = small * (small * polynomial(square, &LOGCOSH));
    let (ln2, low) = x.split(std::f64::consts::LN_2, 2.319_046_813_846_299_6e-17);
    let far = (a - ln2) + ((-(a + a)).exp().ln_1p_fraction() - low);
    a.lt(one).select(near, far)
}

/// `x − tanh x`: to 1 a polynomial, else `|x| − 1 + 2/(e^(2|x|) + 1)` with the sign of `x`.
#[inline(always)]
pub(crate) fn tanhshrink<S: Scalar>(x: S) -> S {
    let (a, one) = (x.abs(), x.lit(1.0));
    let small = x.max(-one).min(one);
    let square = small * small;
    let square_low = small.mul_add(small, -square);
    let steep = polynomial(square, &TANHSHRINK);
    // Three factors, and the rounding errors of two of the products.
    let bend = square * steep;
    let bend_low = square.mul_add(steep, -bend) + square_low * steep;
    let near = small.mul_add(bend, small * bend_low);
    let far = (a - one) + x.lit(2.0) / ((a + a).exp() + one);
    a.lt(one).select(near, x.lt(x.lit(0.0)).select(-far, far))
}

/// The bound beyond which 1 is lost beside `x²`, while `x³` still fits `f32`.
const STRAIGHT: f64 = 1e10;

/// `1/√(x² + b)`, without overflow.
#[inline(always)]
pub(crate) fn inverse_root<S: Scalar>(x: S, b: S) -> S {
    x.lit(1.0) / hypot_squared(x.abs(), b)
}

/// `1/(1 + x²)`, without overflow.
#[inline(always)]
pub(crate) fn arctan_grad<S: Scalar>(x: S) -> S {
    let (a, one) = (x.abs(), x.lit(1.0));
    let far = x.lit(STRAIGHT).lt(a);
    let near = far.select(one, a);
    let r = one / far.select(a, one);
    far.select(r * r, one / near.mul_add(near, one))
}

/// `1/(1 + x²)^(3/2)`, without overflow.
#[inline(always)]
pub(crate) fn isru_grad<S: Scalar>(x: S) -> S {
    let (a, one) = (x.abs(), x.lit(1.0));
    let far = x.lit(STRAIGHT).lt(a);
    let near = far.select(one, a);
    let (r, d) = (one / far.select(a, one), near.mul_add(near, one));
    far.select(r * r * r, one / (d * d.sqrt()))
}

/// `x/√(1 + x²)`, without overflow.
#[inline(always)]
pub(crate) fn isru<S: Scalar>(x: S) -> S {
    let (a, one) = (x.abs(), x.lit(1.0));
    let large = one.lt(a);
    let small = large.select(one / a, a);
    let root = small.mul_add(small, one).sqrt();
    large.select(x.lt(x.lit(0.0)).select(-one, one), x) / root
}

/// `√(a² + b)` for `a ≥ 0`, without overflow: beside a large `b` a large `a` still counts, but its square may be no
/// number of `f32`, so both are made smaller by powers of two.
#[inline(always)]
fn hypot_squared<S: Scalar>(a: S, b: S) -> S {
    let (one, large) = (a.lit(1.0), a.lit(1e15));
    let far = (large * b.max(one)).lt(a);
    let scale = large.lt(a).select(a.lit(SMALL), one);
    let near = far.select(a.lit(0.0), a) * scale;
    far.select(a, near.mul_add(near, b * scale * scale).sqrt() / scale)
}

/// 2^−66.
const SMALL: f64 = 1.355_252_715_606_880_5e-20;

/// `(√(a² + b) − a) / 2` for `a ≥ 0`, where the two would cancel: `y = b / 2 / (√(a² + b) + a)`, and a step of
/// Newton's for `y² + a·y = b/4`. The root comes with it.
#[inline(always)]
fn squareplus_tail<S: Scalar>(a: S, b: S) -> (S, S) {
    let (h, half, quarter) = (hypot_squared(a, b), a.lit(0.5), a.lit(0.25) * b);
    let inverse = a.lit(1.0) / (half * h + half * a);
    let y = quarter * inverse;
    // The step's divisor is 1/h, nearly.
    let left = (-y).mul_add(y, (-y).mul_add(a, quarter));
    let step = left * (inverse * (half * a).mul_add(inverse, half));
    // The square of a tiny y has no digits.
    (b.lt(a.lit(1e-30)).select(quarter / (half * h + half * a), y + step), h)
}

/// `(x + √(x² + b)) / 2`.
#[inline(always)]
pub(crate) fn squareplus<S: Scalar>(x: S, b: S) -> S {
    let ((y, h), half) = (squareplus_tail(x.abs(), b), x.lit(0.5));
    x.lt(x.lit(0.0)).select(y, half * x + half * h)
}

/// `(1 + x/√(x² + b)) / 2`: to the left the quotient of `squareplus` and the root, to the right 1 less that.
#[inline(always)]
pub(crate) fn squareplus_grad<S: Scalar>(x: S, b: S) -> S {
    let (y, h) = squareplus_tail(x.abs(), b);
    let rest = y / h;
    x.lt(x.lit(0.0)).select(rest, x.lit(1.0) - rest)
}

/// `(√(x² + 1) − 1) / 2 + x`.
#[inline(always)]
pub(crate) fn bent_identity<S: Scalar>(x: S) -> S {
    let (a, one, half) = (x.abs(), x.lit(1.0), x.lit(0.5));
    // √(a² + 1) is 1 + a · a / (√(a² + 1) + 1), and also a + 1 / (√(a² + 1) + a), which does not cancel far
    // to the left.
    let root = hypot_squared(a, one);
    let near = half * (a * (a / (root + one))) + x;
    let far = half * (one / (root + a) - (a + one));
    a.eq(a.lit(f64::INFINITY)).select(x, x.lt(-one).select(far, near))
}

/// The coefficients of `eˣ(1 − x) − 1`, from that of `x²` on.
const GAP: [f64; 19] = [
    -0.5,
    -0.333_333_333_333_333_3,
    -0.125,
    -0.033_333_333_333_333_33,
    -0.006_944_444_444_444_444,
    -0.001_190_476_190_476_190_6,
    -0.000_173_611_111_111_111_12,
    -2.204_585_537_918_871_4e-05,
    -2.480_158_730_158_73e-06,
    -2.505_210_838_544_172e-07,
    -2.296_443_268_665_491e-08,
    -1.927_085_260_418_593_7e-09,
    -1.491_196_927_704_864_3e-10,
    -1.070_602_922_454_774_3e-11,
    -7.169_215_998_581_078e-13,
    -4.498_331_606_952_833e-14,
    -2.655_265_184_659_658_5e-15,
    -1.479_714_344_392_379_3e-16,
    -7.809_603_484_293_113e-18,
];

/// `eˣ(1 − x) − 1`: near 0 its Taylor series, whose two parts would cancel.
#[inline(always)]
pub(crate) fn exp_gap<S: Scalar>(x: S) -> S {
    let (zero, one) = (x.lit(0.0), x.lit(1.0));
    let small = x.max(-one).min(one);
    let series = GAP.iter().rev().fold(zero, |sum, &term| sum * small + x.lit(term));
    let near = small * small * series;
    let e = x.exp();
    let left = x.exp_m1() - e.eq(zero).select(zero, x * e);
    let far = x.lt(zero).select(left, e * (one - x) - one);
    x.abs().lt(one).select(near, far)
}
