//! The activations, one row each; see the table for what a row says. Floor 0: reads nothing of ours.
//!
//! Names, default parameters and the slopes at kinks are PyTorch's where it has the function.

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
