//! The activations, one row each; see the table for what a row says. Floor 0: reads nothing of ours.
//!
//! Names, default parameters and the slopes at kinks are PyTorch's where it has the function.

use crate::element::Scalar;

/// Hands the given rows and those of the activations to the macro `$read`.
macro_rules! with_activations {
    ($read:ident [$($rows:tt)*]) => {
        $read! {
            $($rows)*

            /// The logistic sigmoid. The slope is `σ(x)·σ(−x)`: the textbook's `y(1 − y)` is 0 in `f32`
            /// from x = 17 on, where the true slope is 4e-8.
            Sigmoid sigmoid(x) -> y { formula: "1 / (1 + e⁻ˣ)",
                value: { let e = (-x.abs()).exp(); x.lit(0.0).less_equal(x).select(x.lit(1.0), e) / (x.lit(1.0) + e) },
                slopes: [y * (-x).sigmoid()], domain: [REAL], range: (0.0, 1.0), kinks: [], ulp: 3.0 }
            /// The hyperbolic tangent. The slope is `4·σ(2x)·σ(−2x)`, accurate where `1 − y²` is 0.
            Tanh tanh(x) -> y { formula: "(eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)", value: x.tanh(),
                slopes: [x.lit(4.0) * (x + x).sigmoid() * (-(x + x)).sigmoid()],
                domain: [REAL], range: (-1.0, 1.0), kinks: [], ulp: 3.0 }
            /// The rectifier; slope 0 at 0, as PyTorch has it.
            Relu relu(x) -> y { formula: "max(x, 0)", value: x.max(x.lit(0.0)), slopes: [x.step()],
                domain: [REAL], range: (0.0, f64::INFINITY), kinks: [[0.0] => [0.0] in [(0.0, 1.0)]], ulp: 0.0 }
            /// The leaky rectifier; with a learned `alpha`, PReLU. At 0 the slope is `alpha`, as PyTorch
            /// has it (JAX: 1).
            LeakyRelu leaky_relu(x, alpha) -> y { formula: "x if x > 0 else alpha · x",
                value: x.lit(0.0).less(x).select(x, alpha * x),
                slopes: [x.lit(0.0).less(x).select(x.lit(1.0), alpha), x.minimum(x.lit(0.0))],
                domain: [REAL, REAL], range: REAL, kinks: [[0.0, 0.25] => [0.25, 0.0] in [(0.25, 1.0), (0.0, 0.0)]], ulp: 1.0 }
            /// The smooth rectifier, stable in both tails; its slope is the sigmoid.
            Softplus softplus(x) -> y { formula: "ln(1 + eˣ)",
                value: x.max(x.lit(0.0)) + (-x.abs()).exp().ln_1p(), slopes: [x.sigmoid()],
                domain: [REAL], range: (0.0, f64::INFINITY), kinks: [], ulp: 3.0 }
            /// The logarithm of the sigmoid, stable in both tails.
            LogSigmoid log_sigmoid(x) -> y { formula: "ln σ(x) = −ln(1 + e⁻ˣ)",
                value: x.min(x.lit(0.0)) - (-x.abs()).exp().ln_1p(), slopes: [(-x).sigmoid()],
                domain: [REAL], range: (f64::NEG_INFINITY, 0.0), kinks: [], ulp: 3.0 }
            /// The rectifier held below 6; slope 0 at both edges, as PyTorch has it (Krizhevsky 2010).
            Relu6 relu6(x) -> y { formula: "min(max(x, 0), 6)", value: x.max(x.lit(0.0)).min(x.lit(6.0)),
                slopes: [x.step() * x.less(x.lit(6.0))], domain: [REAL], range: (0.0, 6.0),
                kinks: [[0.0] => [0.0] in [(0.0, 1.0)], [6.0] => [0.0] in [(0.0, 1.0)]], ulp: 0.0 }
            /// The squared rectifier (So et al. 2021).
            ReluSquared relu_squared(x) -> y { formula: "max(x, 0)²",
                value: { let r = x.max(x.lit(0.0)); r * r }, slopes: [x.lit(2.0) * x.relu()],
                domain: [REAL], range: (0.0, f64::INFINITY), kinks: [], ulp: 1.0 }
            /// The exponential linear unit (Clevert et al. 2016); PyTorch's `alpha` is 1. At 0 the slope is
            /// `alpha`, as PyTorch has it.
            Elu elu(x, alpha) -> y { formula: "x if x > 0 else alpha · (eˣ − 1)",
                value: x.lit(0.0).less(x).select(x, alpha * x.exp_m1()),
                slopes: [x.lit(0.0).less(x).select(x.lit(1.0), alpha * x.exp()), x.minimum(x.lit(0.0)).exp_m1()],
                domain: [REAL, REAL], range: REAL,
                kinks: [[0.0, 2.0] => [2.0, 0.0] in [(1.0, 2.0), (0.0, 0.0)]], ulp: 3.0 }
            /// The scaled exponential linear unit, which keeps mean and variance (Klambauer et al. 2017). At 0
            /// the slope is that of the left side, as PyTorch has it.
            Selu selu(x) -> y { formula: "1.0507 · (x if x > 0 else 1.6733 · (eˣ − 1))",
                value: x.lit(1.050_700_987_355_480_5)
                    * x.lit(0.0).less(x).select(x, x.lit(1.673_263_242_354_377_2) * x.exp_m1()),
                slopes: [x.lit(1.050_700_987_355_480_5)
                    * x.lit(0.0).less(x).select(x.lit(1.0), x.lit(1.673_263_242_354_377_2) * x.exp())],
                domain: [REAL], range: (-1.758_1, f64::INFINITY),
                kinks: [[0.0] => [1.758_099_340_847_376_6] in [(1.050_700_987_355_480_5, 1.758_099_340_847_376_6)]], ulp: 4.0 }
            /// The self-gated unit of Misra (2019), `x · tanh(softplus(x))`, from one exponential.
            Mish mish(x) -> y { formula: "x · tanh(ln(1 + eˣ))",
                value: { let (e, one, two) = ((-x.abs()).exp(), x.lit(1.0), x.lit(2.0));
                    let right = (one + two * e) / (one + two * e * (one + e));
                    let left = e * (e + two) / (e * (e + two) + two);
                    let y = x * x.lit(0.0).less_equal(x).select(right, left);
                    x.equal(x.lit(f64::NEG_INFINITY)).select(x.lit(0.0), y) },
                slopes: [{ let s = x.softplus();
                    s.tanh() + x.pull(x.lit(4.0) * (s + s).sigmoid() * (-(s + s)).sigmoid() * x.sigmoid()) }],
                domain: [REAL], range: (-0.3089, f64::INFINITY), kinks: [], ulp: 5.0 }
            /// A sigmoid of straight lines; slope 0 at both edges, as PyTorch has it (Courbariaux et al. 2015).
            HardSigmoid hard_sigmoid(x) -> y { formula: "min(max(x + 3, 0), 6) / 6",
                value: (x + x.lit(3.0)).max(x.lit(0.0)).min(x.lit(6.0)) / x.lit(6.0),
                slopes: [x.lit(-3.0).less(x) * x.less(x.lit(3.0)) * x.lit(1.0 / 6.0)],
                domain: [REAL], range: (0.0, 1.0), ulp: 2.0,
                kinks: [[-3.0] => [0.0] in [(0.0, 1.0 / 6.0)], [3.0] => [0.0] in [(0.0, 1.0 / 6.0)]] }
            /// Swish of straight lines; slope 0 at −3 and 1 at 3, as PyTorch has it (Howard et al. 2019).
            HardSwish hard_swish(x) -> y { formula: "x · min(max(x + 3, 0), 6) / 6",
                value: { let gate = (x + x.lit(3.0)).max(x.lit(0.0)).min(x.lit(6.0)) / x.lit(6.0);
                    gate.equal(x.lit(0.0)).select(x.lit(0.0), x * gate) },
                slopes: [x.less_equal(x.lit(-3.0)).select(x.lit(0.0),
                    x.less(x.lit(3.0)).select((x + x + x.lit(3.0)) / x.lit(6.0), x.lit(1.0)))],
                domain: [REAL], range: (-0.375, f64::INFINITY), ulp: 3.0,
                kinks: [[-3.0] => [0.0] in [(-0.5, 0.0)], [3.0] => [1.0] in [(1.0, 1.5)]] }
            /// The soft sign, whose tails fall slowly (Turian et al. 2009).
            Softsign softsign(x) -> y { formula: "x / (1 + |x|)",
                value: { let (a, one) = (x.abs(), x.lit(1.0));
                    // Beyond 1 it is ±1 / (1/|x| + 1), which has a limit at ±∞.
                    let sign = x.less(x.lit(0.0)).select(x.lit(-1.0), one);
                    one.less(a).select(sign / (one / a + one), x / (one + a)) },
                slopes: [(x.lit(1.0) / (x.lit(1.0) + x.abs())).square()],
                domain: [REAL], range: (-1.0, 1.0), kinks: [], ulp: 2.0 }
            /// Shrinking toward 0 by `lambda`; slope 0 at both edges, as PyTorch has it, whose `lambda` is 0.5
            /// (Donoho 1995).
            Softshrink softshrink(x, lambda) -> y { formula: "sign(x) · max(|x| − lambda, 0)",
                value: lambda.less(x).select(x - lambda, x.less(-lambda).select(x + lambda, x.equal(x).select(lambda.equal(lambda).select(x.lit(0.0), lambda), x))),
                slopes: [lambda.less(x) + x.less(-lambda), x.less(-lambda) - lambda.less(x)],
                domain: [REAL, POSITIVE], range: REAL, ulp: 1.0,
                kinks: [[0.5, 0.5] => [0.0, 0.0] in [(0.0, 1.0), (-1.0, 0.0)],
                        [-0.5, 0.5] => [0.0, 0.0] in [(0.0, 1.0), (0.0, 1.0)]] }
            /// The Gaussian bump.
            Gaussian gaussian(x) -> y { formula: "e^(−x²)", value: (-(x * x)).exp(), slopes: [x.lit(-2.0) * x.pull(y)],
                domain: [REAL], range: (0.0, 1.0), kinks: [], ulp: 2.0 }
            /// The density of the standard normal distribution.
            NormalPdf normal_pdf(x) -> y { formula: "e^(−x²/2) / √(2π)", value: crate::table::normal_pdf(x),
                slopes: [-(x.pull(y))], domain: [REAL], range: (0.0, 0.398_942_280_401_432_8), kinks: [], ulp: 3.0 }
            /// The distribution function of the standard normal distribution.
            NormalCdf normal_cdf(x) -> y { formula: "Φ(x) = (1 + erf(x/√2)) / 2",
                value: crate::table::normal_cdf(x), slopes: [x.normal_pdf()],
                domain: [REAL], range: (0.0, 1.0), kinks: [], ulp: 4.0 }
            /// The Gaussian error linear unit (Hendrycks & Gimpel 2016), in its exact form.
            Gelu gelu(x) -> y { formula: "x · Φ(x)",
                value: { let p = crate::table::normal_cdf(x);
                    p.equal(p.lit(0.0)).select(p, x * p) },
                slopes: [x.normal_cdf() + x.pull(x.normal_pdf())],
                domain: [REAL], range: (-0.17, f64::INFINITY), kinks: [], ulp: 5.0 }
            /// The sigmoid linear unit, also called swish (Elfwing et al. 2018).
            Silu silu(x) -> y { formula: "x · σ(x)",
                value: { let e = (-x.abs()).exp();
                    let y = x * x.lit(0.0).less_equal(x).select(x.lit(1.0), e) / (x.lit(1.0) + e);
                    x.equal(x.lit(f64::NEG_INFINITY)).select(x.lit(0.0), y) },
                slopes: [x.sigmoid().pull(x.lit(1.0) + x.pull((-x).sigmoid()))],
                domain: [REAL], range: (-0.2785, f64::INFINITY), kinks: [], ulp: 3.0 }
        }
    };
}
pub(crate) use with_activations;

/// `e^(−x²/2) / √(2π)`. The rounding of `x²` would grow to `x²/2` units in the last place; what it left
/// out is known exactly, and is put back.
#[inline(always)]
pub(crate) fn normal_pdf<S: Scalar>(x: S) -> S {
    let half = x * x.lit(0.5);
    let square = half * x;
    let rest = half.mul_add(x, -square);
    let y = (-square).exp() * x.lit(0.398_942_280_401_432_7);
    // Where the square is infinite there is no rest.
    y.equal(y.lit(0.0)).select(y, y - y * rest)
}

/// `Φ(x) = erfc(−x/√2) / 2`. In the left tail the rounding of the argument would grow to `x²` units in
/// the last place; what it left out times the slope is put back.
#[inline(always)]
pub(crate) fn normal_cdf<S: Scalar>(x: S) -> S {
    let (root, low) = x.split(std::f64::consts::FRAC_1_SQRT_2, -4.833_646_656_726_457e-17);
    let z = -(x * root);
    let rest = (-x).mul_add(root, -z) - x * low;
    let y = z.erfc() * x.lit(0.5);
    let slope = (-(z * z)).exp() * x.lit(0.564_189_583_547_756_3);
    let corrected = y - slope * rest;
    // Beyond the tail, at infinity and for NaN there is nothing to correct.
    rest.equal(rest).select(slope.equal(slope.lit(0.0)).select(y, corrected), y)
}

#[cfg(test)]
mod tests {
    use crate::op::Map;

    /// x, density, distribution, gelu and its slope: computed with mpmath at 600 bits and rounded.
    const REFERENCE: [[f64; 5]; 18] = [
        [-38.0, 1.097221052e-314, 2.88542835e-316, -1.096462777e-314, -4.1665545693e-313],
        [
            -37.5,
            1.7282337322841054e-306,
            4.605353009581955e-308,
            -1.7270073785932332e-306,
            -6.476271143055812e-305,
        ],
        [
            -30.25,
            7.899741722660823e-200,
            2.6086402857412604e-201,
            -7.891136864367313e-200,
            -2.3870632308191575e-198,
        ],
        [
            -20.1,
            7.434525389680312e-89,
            3.6896808637213897e-90,
            -7.416258536079994e-89,
            -1.4906499224620214e-87,
        ],
        [-12.7, 3.777735721149138e-36, 2.95648536485205e-37, -3.754736413362103e-36, -4.7681595122108847e-35],
        [
            -8.3,
            4.3816394355093325e-16,
            5.205569744890254e-17,
            -4.3206228882589113e-16,
            -3.584705034023844e-15,
        ],
        [
            -5.5,
            1.0769760042543276e-07,
            1.8989562465887718e-08,
            -1.0444259356238245e-07,
            -5.733472398739924e-07,
        ],
        [-3.3, 0.0017225689390536812, 0.0004834241423837775, -0.0015952996698664658, -0.00520105335649337],
        [-1.3, 0.17136859204780736, 0.09680048458561033, -0.12584062996129342, -0.12597868507653923],
        [-0.1, 0.39695254747701175, 0.460172162722971, -0.0460172162722971, 0.4204769079752698],
        [-1e-09, 0.3989422804014327, 0.49999999960105773, -4.999999996010577e-10, 0.49999999920211546],
        [0.0, 0.3989422804014327, 0.5, 0.0, 0.5],
        [1e-09, 0.3989422804014327, 0.5000000003989423, 5.000000003989423e-10, 0.5000000007978845],
        [0.3, 0.3813878154605241, 0.6179114221889527, 0.1853734266566858, 0.7323277668271099],
        [1.7, 0.09404907737688693, 0.955434537241457, 1.6242387133104768, 1.1153179687821648],
        [4.2, 5.894306775653982e-05, 0.9999866542509841, 4.199943947854133, 1.0002342151355617],
        [8.1, 2.2588094031543087e-15, 0.9999999999999998, 8.099999999999998, 1.000000000000018],
        [20.0, 5.520948362159764e-88, 1.0, 20.0, 1.0],
    ];

    /// The distance in units in the last place, also among subnormal numbers.
    fn ulps(found: f64, expected: f64) -> f64 {
        (found - expected).abs() / (expected.abs().next_up() - expected.abs())
    }

    #[test]
    fn the_normal_rows_keep_their_digits_in_the_tails() {
        for [x, pdf, cdf, gelu, slope] in REFERENCE {
            for (row, expected) in [(Map::NormalPdf, pdf), (Map::NormalCdf, cdf), (Map::Gelu, gelu)] {
                // Where Φ is subnormal it has few digits left, and so has what is made of it.
                if row == Map::Gelu && cdf < f64::MIN_POSITIVE {
                    continue;
                }
                let found = row.value(&[x]);
                assert!(
                    ulps(found, expected) <= row.ulp(),
                    "{} at {x}: {found:e}, not {expected:e}",
                    row.name()
                );
            }
            let found = Map::Gelu.slope(0, &[x], gelu).expect("it has one");
            assert!(
                cdf < f64::MIN_POSITIVE || ulps(found, slope) <= 8.0,
                "the slope of gelu at {x}: {found:e}, not {slope:e}"
            );
        }
    }

    #[test]
    fn in_f32_they_do_as_well() {
        for [x, pdf, cdf, gelu, _] in REFERENCE {
            // The reference is for this x in f64; only what f32 holds exactly is compared.
            if f64::from(x as f32) != x || pdf < 1e-38 {
                continue;
            }
            for (row, expected) in [(Map::NormalPdf, pdf), (Map::NormalCdf, cdf), (Map::Gelu, gelu)] {
                let (found, expected) = (row.value(&[x as f32]), expected as f32);
                let ulp = expected.abs().next_up() - expected.abs();
                let apart = f64::from((found - expected).abs() / ulp);
                assert!(apart <= row.ulp(), "{} at {x}: {found:e}, not {expected:e}", row.name());
            }
        }
    }
}
