//! The table of elementwise operations: one row each.
//!
//! A row is only tokens; its readers give it meaning. `map` makes the enum `Map` with `value`, `slope` and
//! the facts, `gradus::ops::map` the documented methods on `Var`, and `gradus-exec/lane` the loops. The op
//! reference and the samples of every law come from it as well, so adding an operation is adding a row.
//!
//! Arithmetic, comparison and elementary functions stand here; activations, and then the slopes that are rows, follow
//! in `table/`.
//!
//! - `value` is written once over [`Scalar`](crate::number::Scalar), free of overflow and of
//!   cancellation, and is right at ±∞ and NaN.
//! - `slopes` has one expression per argument, in the arguments and the result `y`, made of rows
//!   again; `flat` marks an argument on which the value depends piecewise constantly.
//! - `domain` is the open interval per argument in which value and slope are finite and smooth
//!   (but for the kinks); `range` holds every value.
//! - `kinks` are the points without a derivative: there, the slopes that we choose, and for each
//!   argument the interval of one-sided slopes that holds the choice.
//! - `ulp` bounds the error of the value in units in the last place, inside the domain.
//! - `dead` lists the open intervals of the first argument in which it has no influence (the other arguments
//!   as at the kinks).

mod activations;
pub(crate) mod curves;
pub(crate) mod forms;
pub(crate) mod gates;
pub(crate) mod hyperbolic;
pub(crate) mod mish;
pub(crate) mod planar;
mod polynomials;
mod slopes;

/// Hands all rows to the macro `$read`: first those that users write, then the slopes.
#[doc(hidden)]
#[macro_export]
macro_rules! for_each_map {
    ($read:ident) => { $crate::for_each_map! { @ $read (slopes) } };
    (@ $read:ident ($($after:ident)?)) => {
        $crate::with_activations! { @ $read ($($after)?) [
            // ---- arithmetic

            /// The sum.
            Add add(a, b) -> y { formula: "a + b", value: a + b, slopes: [a.lit(1.0), a.lit(1.0)],
                domain: [REAL, REAL], range: REAL, kinks: [], ulp: 1.0 }
            /// The difference.
            Sub sub(a, b) -> y { formula: "a − b", value: a - b, slopes: [a.lit(1.0), a.lit(-1.0)],
                domain: [REAL, REAL], range: REAL, kinks: [], ulp: 1.0 }
            /// The product.
            Mul mul(a, b) -> y { formula: "a · b", value: a * b, slopes: [b, a],
                domain: [REAL, REAL], range: REAL, kinks: [], ulp: 1.0 }
            /// The quotient.
            Div div(a, b) -> y { formula: "a / b", value: a / b, slopes: [a.lit(1.0) / b, -y / b],
                domain: [REAL, POSITIVE], range: REAL, kinks: [], ulp: 1.0 }
            /// The product in which an exact zero wins, Julia's "strong zero": 0 if either is 0, even beside
            /// ∞ or NaN. Derivatives multiply by masks with it, so the branch that a `select` did not take
            /// adds nothing; in the matrix products of derivatives, an exact zero of a cotangent wins likewise.
            StrongMul strong_mul(a, b) -> y { formula: "a · b, and 0 if a or b is 0",
                value: a.eq(a.lit(0.0)).select(a.lit(0.0), b.eq(a.lit(0.0)).select(a.lit(0.0), a * b)),
                slopes: [b, a], domain: [REAL, REAL], range: REAL, kinks: [], ulp: 1.0 }
            /// The value with the opposite sign.
            Neg neg(x) -> y { formula: "−x", value: -x, slopes: [x.lit(-1.0)],
                domain: [REAL], range: REAL, kinks: [], ulp: 0.0 }
            /// The square.
            Square square(x) -> y { formula: "x²", value: x * x, slopes: [x.lit(2.0) * x],
                domain: [REAL], range: (0.0, f64::INFINITY), kinks: [], ulp: 1.0 }
            /// The power; the slope in `a` is 0 where `b` is 0. At `a = 0`, the slopes of both orders are the limits
            /// from above.
            Pow pow(a, b) -> y { formula: "aᵇ", value: a.pow(b), slopes: [a.pow_grad(b), a.pow_b_grad(b)],
                domain: [POSITIVE, REAL], range: REAL, kinks: [], ulp: 2.0 }
            /// The square root; its slope at 0 is ∞.
            Sqrt sqrt(x) -> y { formula: "√x", value: x.sqrt(), slopes: [x.lit(0.5) / y],
                domain: [POSITIVE], range: (0.0, f64::INFINITY), kinks: [], ulp: 1.0 }

            // ---- comparison: masks of 0 and 1, and choices by them

            /// The mask that is 1 where `a < b`, else 0 (also beside NaN).
            Lt lt(a, b) -> y { formula: "1 if a < b else 0", value: a.lt(b), slopes: [flat, flat],
                domain: [REAL, REAL], range: (0.0, 1.0), kinks: [], ulp: 0.0 }
            /// The mask that is 1 where `a ≤ b`, else 0 (also beside NaN).
            Le le(a, b) -> y { formula: "1 if a ≤ b else 0", value: a.le(b),
                slopes: [flat, flat], domain: [REAL, REAL], range: (0.0, 1.0), kinks: [], ulp: 0.0 }
            /// The mask that is 1 where `a = b`, else 0 (also beside NaN).
            Eq eq(a, b) -> y { formula: "1 if a = b else 0", value: a.eq(b), slopes: [flat, flat],
                domain: [REAL, REAL], range: (0.0, 1.0), kinks: [], ulp: 0.0 }
            /// The mask decides, element by element: `a` where it is not 0, else `b`. The side not taken
            /// adds nothing to a derivative of any order, be it or its slope infinite or NaN, and neither does
            /// what it was made of: a masked row with a NaN reaches no weight of the layers below. A product with
            /// a mask of 0 and 1 masks derivatives alone, since its value is NaN where 0 meets ∞ or NaN.
            Select select(mask, a, b) -> y { formula: "a if mask ≠ 0 else b", value: mask.select(a, b),
                slopes: [flat, mask.select(a.lit(1.0), a.lit(0.0)), mask.select(a.lit(0.0), a.lit(1.0))],
                domain: [REAL, REAL, REAL], range: REAL, kinks: [], ulp: 0.0 }
            /// The larger of two; NaN if one is NaN. A tie shares the slope equally.
            Max maximum(a, b) -> y { formula: "max(a, b)", value: a.max(b),
                slopes: [(b.lt(a) + b.le(a)) * a.lit(0.5), (a.lt(b) + a.le(b)) * a.lit(0.5)],
                domain: [REAL, REAL], range: REAL, ulp: 0.0,
                kinks: [[1.0, 1.0] => [0.5, 0.5] in [(0.0, 1.0), (0.0, 1.0)]], dead: [(f64::NEG_INFINITY, 1.0)] }
            /// The smaller of two; NaN if one is NaN. A tie shares the slope equally.
            Min minimum(a, b) -> y { formula: "min(a, b)", value: a.min(b),
                slopes: [(a.lt(b) + a.le(b)) * a.lit(0.5), (b.lt(a) + b.le(a)) * a.lit(0.5)],
                domain: [REAL, REAL], range: REAL, ulp: 0.0,
                kinks: [[1.0, 1.0] => [0.5, 0.5] in [(0.0, 1.0), (0.0, 1.0)]], dead: [(1.0, f64::INFINITY)] }
            /// The value held between two bounds; `high` wins where they cross. At a bound the slope is the bound's: 0 in
            /// `x`, as PyTorch has it since 2.14 for numbers as bounds, and 1 in the bound, so that the slopes add up to 1.
            /// For tensors as bounds PyTorch shares it, ½ and ½, as `x.maximum(low).minimum(high)` does here.
            Clamp clamp(x, low, high) -> y { formula: "min(max(x, low), high)", value: x.max(low).min(high),
                slopes: [low.lt(x) * x.lt(high), x.le(low) * low.lt(high), high.le(x.maximum(low))],
                domain: [REAL, (f64::NEG_INFINITY, 0.0), POSITIVE], range: REAL, ulp: 0.0,
                kinks: [[-1.0, -1.0, 1.0] => [0.0, 1.0, 0.0] in [(0.0, 1.0), (0.0, 1.0), (0.0, 0.0)],
                        [1.0, -1.0, 1.0] => [0.0, 0.0, 1.0] in [(0.0, 1.0), (0.0, 0.0), (0.0, 1.0)]], dead: [(f64::NEG_INFINITY, -1.0), (1.0, f64::INFINITY)] }
            /// The absolute value; slope 0 at 0, as PyTorch has it (JAX: 1).
            Abs abs(x) -> y { formula: "|x|", value: x.abs(), slopes: [x.sign()],
                domain: [REAL], range: (0.0, f64::INFINITY), kinks: [[0.0] => [0.0] in [(-1.0, 1.0)]], ulp: 0.0 }
            /// The sign: −1, 0 or 1.
            Sign sign(x) -> y { formula: "−1 if x < 0, 0 if x = 0, 1 if x > 0",
                value: x.lt(x.lit(0.0)).select(x.lit(-1.0), x.lit(0.0).lt(x).select(x.lit(1.0), x)),
                slopes: [flat], domain: [REAL], range: (-1.0, 1.0), kinks: [[0.0] => [0.0] in [(0.0, 0.0)]], ulp: 0.0 }
            /// The unit step, the slope of the rectifier: 1 above 0, and 0 at 0.
            Step step(x) -> y { formula: "1 if x > 0 else 0",
                value: x.lit(0.0).lt(x).select(x.lit(1.0), x.le(x.lit(0.0)).select(x.lit(0.0), x)),
                slopes: [flat], domain: [REAL], range: (0.0, 1.0), kinks: [[0.0] => [0.0] in [(0.0, 0.0)]], ulp: 0.0 }

            // ---- elementary functions

            /// The exponential.
            Exp exp(x) -> y { formula: "eˣ", value: x.exp(), slopes: [y],
                domain: [REAL], range: (0.0, f64::INFINITY), kinks: [], ulp: 2.0 }
            /// The exponential of a difference, corrected by the rounding error of the difference. That of equal
            /// infinities is 1.
            ExpDifference exp_difference(a, b) -> y { formula: "e^(a − b)", value: forms::exp_difference(a, b),
                slopes: [y, -y], domain: [REAL, REAL], range: (0.0, f64::INFINITY), kinks: [], ulp: 2.0 }
            /// The exponential minus 1, accurate near 0.
            ExpM1 exp_m1(x) -> y { formula: "eˣ − 1", value: x.exp_m1(), slopes: [x.exp()],
                domain: [REAL], range: (-1.0, f64::INFINITY), kinks: [], ulp: 2.0 }
            /// The natural logarithm.
            Ln ln(x) -> y { formula: "ln x", value: x.ln(), slopes: [x.lit(1.0) / x],
                domain: [POSITIVE], range: REAL, kinks: [], ulp: 2.0 }
            /// The natural logarithm of `1 + x`, accurate near 0.
            Ln1p ln_1p(x) -> y { formula: "ln(1 + x)", value: x.ln_1p(), slopes: [x.lit(1.0) / (x.lit(1.0) + x)],
                domain: [(-1.0, f64::INFINITY)], range: REAL, kinks: [], ulp: 2.0 }
            /// The power of 2, exact for whole numbers.
            Exp2 exp2(x) -> y { formula: "2ˣ", value: x.exp2(), slopes: [x.exp2_grad()],
                domain: [REAL], range: (0.0, f64::INFINITY), kinks: [], ulp: 2.0 }
            /// The logarithm to the base 2, exact for powers of two.
            Log2 log2(x) -> y { formula: "log₂ x", value: x.log2(), slopes: [x.lit(std::f64::consts::LOG2_E) / x],
                domain: [POSITIVE], range: REAL, kinks: [], ulp: 2.0 }
            /// The logarithm to the base 10, exact for powers of ten.
            Log10 log10(x) -> y { formula: "log₁₀ x", value: x.log10(), slopes: [x.lit(std::f64::consts::LOG10_E) / x],
                domain: [POSITIVE], range: REAL, kinks: [], ulp: 2.0 }
            /// The length of the vector `(a, b)`, which neither overflows nor vanishes on the way; NaN if one is NaN, also
            /// beside ∞. At (0, 0), a kink, the slopes are 0, as those of `norm`; PyTorch has NaN there, and JAX ½.
            Hypot hypot(a, b) -> y { formula: "√(a² + b²)", value: planar::hypot(a, b),
                slopes: [a.hypot_grad(b), b.hypot_grad(a)], domain: [REAL, REAL], range: (0.0, f64::INFINITY), ulp: 2.0,
                kinks: [[0.0, 0.0] => [0.0, 0.0] in [(-1.0, 1.0), (-1.0, 1.0)]] }
            /// The angle of the point `(x, y)`, in radians: IEEE 754's `atan2` with its signs of zeros and infinities, so 0 at
            /// (0, 0), where the slopes are 0. It jumps by 2π where `y` changes its sign to the left of 0; the slopes there are
            /// those of both sides.
            Atan2 atan2(y, x) -> angle { formula: "arg(x + iy)", value: planar::atan2(y, x),
                slopes: [x.atan2_grad(y), -y.atan2_grad(x)],
                domain: [REAL, REAL], range: (-std::f64::consts::PI, std::f64::consts::PI), ulp: 2.0,
                kinks: [[0.0, -1.0] => [-1.0, 0.0] in [(-1.0, -1.0), (0.0, 0.0)],
                        [0.0, 0.0] => [0.0, 0.0] in [(0.0, 0.0), (0.0, 0.0)]] }
            /// The sine, in radians.
            Sin sin(x) -> y { formula: "sin x", value: x.sin(), slopes: [x.cos()],
                domain: [REAL], range: (-1.0, 1.0), kinks: [], ulp: 2.0 }
            /// The cosine, in radians.
            Cos cos(x) -> y { formula: "cos x", value: x.cos(), slopes: [-x.sin()],
                domain: [REAL], range: (-1.0, 1.0), kinks: [], ulp: 2.0 }
            /// The tangent, in radians. Between two poles, `domain` names those beside 0.
            Tan tan(x) -> y { formula: "tan x", value: x.tan(), slopes: [x.lit(1.0) + y.square()],
                domain: [(-std::f64::consts::FRAC_PI_2, std::f64::consts::FRAC_PI_2)], range: REAL, kinks: [], ulp: 2.0 }
            /// The inverse sine, in radians; its slope at ±1 is ∞, and beyond it is NaN.
            Asin asin(x) -> y { formula: "arcsin x", value: x.asin(), slopes: [x.asin_grad()], domain: [(-1.0, 1.0)],
                range: (-std::f64::consts::FRAC_PI_2, std::f64::consts::FRAC_PI_2), kinks: [], ulp: 2.0 }
            /// The inverse cosine, in radians; its slope at ±1 is −∞, and beyond it is NaN.
            Acos acos(x) -> y { formula: "arccos x", value: x.acos(), slopes: [-x.asin_grad()], domain: [(-1.0, 1.0)],
                range: (0.0, std::f64::consts::PI), kinks: [], ulp: 2.0 }
            /// The hyperbolic sine.
            Sinh sinh(x) -> y { formula: "(eˣ − e⁻ˣ) / 2", value: hyperbolic::sinh(x), slopes: [x.cosh()],
                domain: [REAL], range: REAL, kinks: [], ulp: 2.0 }
            /// The hyperbolic cosine.
            Cosh cosh(x) -> y { formula: "(eˣ + e⁻ˣ) / 2", value: hyperbolic::cosh(x), slopes: [x.sinh()],
                domain: [REAL], range: (1.0, f64::INFINITY), kinks: [], ulp: 2.0 }
            /// The inverse hyperbolic sine.
            Asinh asinh(x) -> y { formula: "ln(x + √(x² + 1))", value: hyperbolic::asinh(x),
                slopes: [x.inverse_root(x.lit(1.0))], domain: [REAL], range: REAL, kinks: [], ulp: 2.0 }
            /// The inverse hyperbolic cosine; its slope at 1 is ∞, and below it is NaN.
            Acosh acosh(x) -> y { formula: "ln(x + √(x² − 1))", value: hyperbolic::acosh(x), slopes: [x.acosh_grad()],
                domain: [(1.0, f64::INFINITY)], range: (0.0, f64::INFINITY), kinks: [], ulp: 2.0 }
            /// The inverse hyperbolic tangent, ±∞ at ±1, and beyond it NaN.
            Atanh atanh(x) -> y { formula: "ln((1 + x) / (1 − x)) / 2", value: hyperbolic::atanh(x),
                slopes: [x.atanh_grad()], domain: [(-1.0, 1.0)], range: REAL, kinks: [], ulp: 2.0 }
            /// The cube root, of negative numbers as well; its slope at 0 is ∞.
            Cbrt cbrt(x) -> y { formula: "∛x", value: x.cbrt(),
                slopes: [x.cbrt_grad()],
                domain: [POSITIVE], range: (0.0, f64::INFINITY), kinks: [], ulp: 1.0 }
            /// The inverse of the square root: ∞ at 0, where its slope is −∞, and NaN below.
            Rsqrt rsqrt(x) -> y { formula: "1 / √x", value: x.lit(1.0) / x.sqrt(), slopes: [x.lit(-0.5) * y / x],
                domain: [POSITIVE], range: (0.0, f64::INFINITY), kinks: [], ulp: 2.0 }
            /// The product with a logarithm, 0 where `a` is 0, even beside `b = 0`: the terms of an entropy. There the slope in
            /// `a` is `ln b`, so −∞ at (0, 0), and the slope in `b` is 0.
            Xlogy xlogy(a, b) -> y { formula: "a · ln b, and 0 if a is 0",
                value: a.eq(a.lit(0.0)).select(b.eq(b).select(a.lit(0.0), b), a * b.ln()),
                slopes: [b.ln(), b.eq(b.lit(0.0)).select(a.strong_mul(b.lit(1.0) / b), a / b)], domain: [REAL, POSITIVE], range: REAL, kinks: [], ulp: 2.0 }
            /// The largest whole number that is not above; its slope is 0. The domain is one of its pieces, as that of the
            /// other rows that round.
            Floor floor(x) -> y { formula: "⌊x⌋", value: x.floor(), slopes: [flat],
                domain: [(0.0, 1.0)], range: REAL, kinks: [], ulp: 0.0 }
            /// The smallest whole number that is not below; its slope is 0.
            Ceil ceil(x) -> y { formula: "⌈x⌉", value: -(-x).floor(), slopes: [flat],
                domain: [(0.0, 1.0)], range: REAL, kinks: [], ulp: 0.0 }
            /// The nearest whole number, of two the even one, as PyTorch, JAX and IEEE 754 have it; its slope is 0.
            /// `round_straight_through` has the slope 1.
            Round round(x) -> y { formula: "x to the nearest whole number, ½ to the even one", value: x.round(), slopes: [flat],
                domain: [(-0.5, 0.5)], range: REAL, kinks: [], ulp: 0.0 }
            /// The whole number toward 0; its slope is 0.
            Trunc trunc(x) -> y { formula: "sign(x) · ⌊|x|⌋", value: x.lt(x.lit(0.0)).select(-(-x).floor(), x.floor()),
                slopes: [flat], domain: [(-1.0, 1.0)], range: REAL, kinks: [], ulp: 0.0 }
            /// The rest beside `trunc(x)`, with the sign of `x`: PyTorch's `frac`.
            Fract fract(x) -> y { formula: "x − trunc(x)",
                value: x - x.lt(x.lit(0.0)).select(-(-x).floor(), x.floor()), slopes: [x.lit(1.0)],
                domain: [(-1.0, 1.0)], range: (-1.0, 1.0), kinks: [], ulp: 0.0 }
            /// The remainder of a division that is rounded down, with the sign of `b`: Python's `%`, PyTorch's and JAX's
            /// `remainder`. The slope in `b` is `−⌊a/b⌋`. NaN where `b` is 0 or `a` infinite.
            Remainder remainder(a, b) -> y { formula: "a − b · ⌊a/b⌋", value: forms::remainder(a, b),
                slopes: [a.lit(1.0), -((a - y) / b).round()],
                domain: [(-2.0, 0.0), (2.0, f64::INFINITY)], range: REAL, kinks: [], ulp: 1.0 }
            /// The complement of the error function, exact where it is tiny.
            Erfc erfc(x) -> y { formula: "1 − erf(x)", value: x.erfc(),
                slopes: [x.lit(-std::f64::consts::FRAC_2_SQRT_PI) * x.gaussian()],
                domain: [REAL], range: (0.0, 2.0), kinks: [], ulp: 2.0 }
            /// The inverse of the error function: ±∞ at ±1, and beyond NaN.
            Erfinv erfinv(x) -> y { formula: "y with erf(y) = x", value: forms::erfinv(x), slopes: [x.erfinv_grad()],
                domain: [(-1.0, 1.0)], range: REAL, kinks: [], ulp: 2.0 }
            /// The error function.
            Erf erf(x) -> y { formula: "2/√π ∫₀ˣ e^(−t²) dt", value: x.erf(),
                slopes: [x.lit(std::f64::consts::FRAC_2_SQRT_PI) * x.gaussian()],
                domain: [REAL], range: (-1.0, 1.0), kinks: [], ulp: 2.0 }
        ] }
    };
}

/// Hands the rows that users write to the macro `$read`: all but the slopes of others.
#[doc(hidden)]
#[macro_export]
macro_rules! for_each_function {
    ($read:ident) => {
        $crate::for_each_map! { @ $read () }
    };
}

/// Hands the rows that are slopes of others, or that slopes are made of, to the macro `$read`.
#[doc(hidden)]
#[macro_export]
macro_rules! for_each_slope {
    ($read:ident) => {
        $crate::with_slopes! { $read [] }
    };
}

/// Hands all folds (reductions along axes) to the macro `$read`.
///
/// A fold joins the elements two by two from `start` on. `ties` says that the slopes of equal winners are
/// divided by their number.
#[doc(hidden)]
#[macro_export]
macro_rules! for_each_fold {
    ($read:ident) => {
        $read! {
            /// The sum; 0 of nothing.
            Sum sum(x, a, b) -> y { formula: "Σ x", empty: true, ties: false,
                start: 0.0, join: a + b, slope: x.lit(1.0) }
            /// The largest element; NaN if one is NaN. Equal winners share the slope equally.
            Max max(x, a, b) -> y { formula: "max x", empty: false, ties: true,
                start: f64::NEG_INFINITY, join: a.max(b), slope: x.eq(y) }
            /// The smallest element; NaN if one is NaN. Equal winners share the slope equally.
            Min min(x, a, b) -> y { formula: "min x", empty: false, ties: true,
                start: f64::INFINITY, join: a.min(b), slope: x.eq(y) }
        }
    };
}

/// An interval of real numbers.
pub type Interval = (f64, f64);
/// All real numbers.
pub const REAL: Interval = (f64::NEG_INFINITY, f64::INFINITY);
/// The positive numbers.
pub const POSITIVE: Interval = (0.0, f64::INFINITY);

/// A point without a derivative, and the slopes that we choose there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kink {
    /// The arguments.
    pub at: &'static [f64],
    /// The chosen slope in each argument.
    pub slopes: &'static [f64],
    /// For each argument, the one-sided slopes, smaller first.
    pub between: &'static [Interval],
}
