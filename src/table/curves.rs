//! Values of rows made of powers and roots, without overflow and without cancellation. Floor 0: reads
//! `element`.

use crate::element::Scalar;

/// The coefficients of `ln cosh x` in `x²`.
const LOGCOSH: [f64; 12] = [
    0.5,
    -0.083_333_333_333_333_33,
    0.022_222_222_222_222_223,
    -0.006_746_031_746_031_746,
    0.002_186_948_853_615_520_5,
    -0.000_738_602_960_825_183_1,
    0.000_256_580_574_040_891_1,
    -9.098_964_919_070_74e-5,
    3.277_930_227_475_478e-5,
    -1.195_645_571_217_762_5e-5,
    4.405_244_525_877_023e-6,
    -1.636_596_828_471_534_8e-6,
];

/// `ln cosh x`: near 0 from `sinh²x`, which is exact there; else from `|x| − ln 2`.
#[inline(always)]
pub(crate) fn logcosh<S: Scalar>(x: S) -> S {
    let (a, one, half) = (x.abs(), x.lit(1.0), x.lit(0.5));
    let m = a.min(one).exp_m1();
    let sinh = half * (m + m / (m + one));
    let near = half * (sinh * sinh).ln_1p();
    // Beside 0, its Taylor series.
    let (series, square) = (LOGCOSH.iter().rev(), a.min(x.lit(0.25)) * a.min(x.lit(0.25)));
    let least = square * series.fold(x.lit(0.0), |sum, &term| sum * square + x.lit(term));
    let (ln2, low) = x.split(std::f64::consts::LN_2, 2.319_046_813_846_299_6e-17);
    let far = (a - ln2) + ((-(a + a)).exp().ln_1p() - low);
    a.less(x.lit(0.25)).select(least, a.less(one).select(near, far))
}

/// `x − tanh x`: near 0 from the series of `x·cosh x − sinh x`, whose terms are all positive.
#[inline(always)]
pub(crate) fn tanhshrink<S: Scalar>(x: S) -> S {
    let near = x.abs().min(x.lit(1.0));
    let square = near * near;
    let series = (1..=9).rev().fold(x.lit(0.0), |sum, n: i32| {
        // 2n / (2n + 1)!
        let term = 2.0 * f64::from(n) / (2..=2 * n + 1).map(f64::from).product::<f64>();
        sum * square + x.lit(term)
    });
    let e = near.exp();
    let cosh = x.lit(0.5) * (e + x.lit(1.0) / e);
    let small = x * (square * series / cosh);
    x.abs().less(x.lit(1.0)).select(small, x - x.tanh())
}

/// Beyond this, 1 is nothing beside `x²`, and `x³` no number of `f32` yet.
const STRAIGHT: f64 = 1e10;

/// `1/√(x² + b)`, without overflow.
#[inline(always)]
pub(crate) fn inverse_root<S: Scalar>(x: S, b: S) -> S {
    x.lit(1.0) / hypot_squared(x.abs(), b)
}

/// `1/(1 + x²)`, without overflow.
#[inline(always)]
pub(crate) fn arctan_slope<S: Scalar>(x: S) -> S {
    let (a, one) = (x.abs(), x.lit(1.0));
    let far = x.lit(STRAIGHT).less(a);
    let near = far.select(one, a);
    let r = one / far.select(a, one);
    far.select(r * r, one / near.mul_add(near, one))
}

/// `1/(1 + x²)^(3/2)`, without overflow.
#[inline(always)]
pub(crate) fn isru_slope<S: Scalar>(x: S) -> S {
    let (a, one) = (x.abs(), x.lit(1.0));
    let far = x.lit(STRAIGHT).less(a);
    let near = far.select(one, a);
    let (r, d) = (one / far.select(a, one), near.mul_add(near, one));
    far.select(r * r * r, one / (d * d.sqrt()))
}

/// `x/√(1 + x²)`, without overflow.
#[inline(always)]
pub(crate) fn isru<S: Scalar>(x: S) -> S {
    let (a, one) = (x.abs(), x.lit(1.0));
    let large = one.less(a);
    let small = large.select(one / a, a);
    let root = small.mul_add(small, one).sqrt();
    large.select(x.less(x.lit(0.0)).select(-one, one), x) / root
}

/// `√(a² + b)` for `a ≥ 0`, without overflow.
#[inline(always)]
fn hypot_squared<S: Scalar>(a: S, b: S) -> S {
    let far = (a.lit(1e15) * b.max(a.lit(1.0))).less(a);
    let near = far.select(a.lit(0.0), a);
    far.select(a, near.mul_add(near, b).sqrt())
}

/// `(x + √(x² + b)) / 2`; to the left, where the two would cancel, `b / 2 / (√(x² + b) − x)`.
#[inline(always)]
pub(crate) fn squareplus<S: Scalar>(x: S, b: S) -> S {
    let (h, half) = (hypot_squared(x.abs(), b), x.lit(0.5));
    x.less(x.lit(0.0)).select(x.lit(0.25) * b / (half * h - half * x), half * x + half * h)
}

/// `(1 + x/√(x² + b)) / 2`: to the left `b / 2 / (h·(h − x))` with the root `h`, to the right 1 less that.
#[inline(always)]
pub(crate) fn squareplus_slope<S: Scalar>(x: S, b: S) -> S {
    let (h, half) = (hypot_squared(x.abs(), b), x.lit(0.5));
    let rest = x.lit(0.25) * b / (half * h + half * x.abs()) / h;
    x.less(x.lit(0.0)).select(rest, x.lit(1.0) - rest)
}

/// `(√(x² + 1) − 1) / 2 + x`.
#[inline(always)]
pub(crate) fn bent_identity<S: Scalar>(x: S) -> S {
    let (a, one, half) = (x.abs(), x.lit(1.0), x.lit(0.5));
    // √(a² + 1) − 1 = a · a / (√(a² + 1) + 1)
    let bend = a * (a / (hypot_squared(a, one) + one));
    a.equal(a.lit(f64::INFINITY)).select(x, half * bend + x)
}
