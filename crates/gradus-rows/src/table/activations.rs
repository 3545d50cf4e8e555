//! The activations, one row each; the table explains the parts of a row.
//!
//! Names, default parameters and the slopes at kinks are PyTorch's where it has the function. Every
//! slope is accurate in both tails: where the textbook's formula is not, the slope is a row of its
//! own (`table/slopes.rs`).

/// Hands the given rows and those of the activations to the macro `$read`.
#[doc(hidden)]
#[macro_export]
macro_rules! with_activations {
    ($read:ident [$($rows:tt)*]) => { $crate::with_activations! { @ $read () [$($rows)*] } };
    (@ $read:ident ($($after:ident)?) [$($rows:tt)*]) => {
        $crate::hand_rows! { $read ($($after)?)
            $($rows)*

            // ---- smooth

            /// The logistic sigmoid (Rumelhart et al. 1986). The slope is `σ(x)·σ(−x)`: the textbook's `y(1 − y)`,
            /// which PyTorch and JAX have, is 0 in `f32` from x = 17 on, where the true slope is 4e-8.
            Sigmoid sigmoid(x) -> y { formula: "1 / (1 + e⁻ˣ)", value: forms::sigmoid(x),
                slopes: [x.logistic_pdf()], domain: [REAL], range: (0.0, 1.0), kinks: [], ulp: 2.0 }
            /// The hyperbolic tangent (LeCun et al. 1998). The slope is `4·σ(2x)·σ(−2x)`, accurate where `1 − y²`,
            /// which PyTorch and JAX have, is 0.
            Tanh tanh(x) -> y { formula: "(eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)", value: x.tanh(),
                slopes: [x.tanh_grad()],
                domain: [REAL], range: (-1.0, 1.0), kinks: [], ulp: 2.0 }
            /// The smooth rectifier (Dugas et al. 2001), stable in both tails; its slope is the sigmoid. PyTorch's is
            /// a straight line from 20 on, which is off by up to 2e-9 there; this one is not, since it needs no
            /// such help.
            Softplus softplus(x) -> y { formula: "ln(1 + eˣ)",
                value: x.max(x.lit(0.0)) + (-x.abs()).exp().ln_1p_fraction(), slopes: [x.sigmoid()],
                domain: [REAL], range: (0.0, f64::INFINITY), kinks: [], ulp: 2.0 }
            /// Softplus with a sharpness, which may be learned; the larger `beta`, the nearer the rectifier. It is
            /// PyTorch's `softplus(beta)`, whose `beta` is 1, without the threshold.
            SoftplusSharp softplus_sharp(x, beta) -> y { formula: "ln(1 + e^(beta · x)) / beta",
                value: gates::softplus_sharp(x, beta),
                slopes: [x.swish_gate(beta), x.softplus_sharp_beta_grad(beta)],
                domain: [REAL, POSITIVE], range: (0.0, f64::INFINITY), kinks: [], ulp: 2.0 }
            /// The logarithm of the sigmoid, stable in both tails: PyTorch's `logsigmoid`.
            LogSigmoid log_sigmoid(x) -> y { formula: "ln σ(x) = −ln(1 + e⁻ˣ)",
                value: x.min(x.lit(0.0)) - (-x.abs()).exp().ln_1p_fraction(), slopes: [(-x).sigmoid()],
                domain: [REAL], range: (f64::NEG_INFINITY, 0.0), kinks: [], ulp: 2.0 }
            /// The sigmoid linear unit, also called swish (Elfwing et al. 2018). Its slope has a root at −1.278.
            Silu silu(x) -> y { formula: "x · σ(x)", value: forms::silu(x),
                slopes: [x.silu_grad()], domain: [REAL], range: (-0.2785, f64::INFINITY), kinks: [], ulp: 2.0 }
            /// Swish with a slope of its own, which may be learned (Ramachandran et al. 2017); with `beta`
            /// 1 it is `silu`.
            Swish swish(x, beta) -> y { formula: "x · σ(beta · x)", value: gates::swish(x, beta),
                slopes: [x.swish_grad(beta), x.swish_beta_grad(beta)],
                domain: [REAL, REAL], range: REAL, kinks: [], ulp: 2.0 }
            /// The self-gated unit of Misra (2019). Its slope has a root at −1.192.
            Mish mish(x) -> y { formula: "x · tanh(ln(1 + eˣ))", value: mish::mish(x),
                slopes: [x.mish_grad()], domain: [REAL], range: (-0.3089, f64::INFINITY), kinks: [], ulp: 2.0 }
            /// The Gaussian error linear unit (Hendrycks & Gimpel 2016), in its exact form. Its slope has a
            /// root at −0.752.
            Gelu gelu(x) -> y { formula: "x · Φ(x)", value: forms::gelu(x), slopes: [x.gelu_grad()],
                domain: [REAL], range: (-0.17, f64::INFINITY), kinks: [], ulp: 2.0 }
            /// The approximation of GELU by a hyperbolic tangent, PyTorch's `approximate="tanh"`; off by up
            /// to 5e-4.
            GeluTanh gelu_tanh(x) -> y { formula: "x/2 · (1 + tanh(√(2/π) · (x + 0.044715 · x³)))",
                value: gates::Gate::gelu_tanh(x).value(x), slopes: [x.gelu_tanh_grad()],
                domain: [REAL], range: (-0.1701, f64::INFINITY), kinks: [], ulp: 2.0 }
            /// The approximation of GELU by a sigmoid, off by up to 0.0203; also called quick GELU.
            GeluSigmoid gelu_sigmoid(x) -> y { formula: "x · σ(1.702 · x)",
                value: gates::Gate::gelu_sigmoid(x).value(x), slopes: [x.gelu_sigmoid_grad()],
                domain: [REAL], range: (-0.1637, f64::INFINITY), kinks: [], ulp: 2.0 }
            /// A smooth rectifier without exponentials (Barron 2021), whose `b` is 4.
            Squareplus squareplus(x, b) -> y { formula: "(x + √(x² + b)) / 2", value: curves::squareplus(x, b),
                slopes: [x.squareplus_grad(b), x.lit(0.25) * x.inverse_root(b)],
                domain: [REAL, POSITIVE], range: (0.0, f64::INFINITY), kinks: [], ulp: 2.0 }
            /// The soft sign, whose tails fall slowly (Turian et al. 2009).
            Softsign softsign(x) -> y { formula: "x / (1 + |x|)",
                value: { let (a, one) = (x.abs(), x.lit(1.0));
                    // Beyond 1 it is ±1 / (1/|x| + 1), which has a limit at ±∞.
                    let sign = x.lt(x.lit(0.0)).select(x.lit(-1.0), one);
                    one.lt(a).select(sign / (one / a + one), x / (one + a)) },
                slopes: [(x.lit(1.0) / (x.lit(1.0) + x.abs())).square()],
                domain: [REAL], range: (-1.0, 1.0), kinks: [], ulp: 2.0 }
            /// The inverse square root unit (Carlile et al. 2017), whose `alpha` is 1.
            Isru isru(x) -> y { formula: "x / √(1 + x²)", value: curves::isru(x),
                slopes: [x.isru_grad()],
                domain: [REAL], range: (-1.0, 1.0), kinks: [], ulp: 2.0 }
            /// The inverse tangent, in radians. No paper that introduced it is known; scaled and shifted, it is a squashing
            /// function as Hornik et al. (1989) define them, who do not name it.
            Arctan arctan(x) -> y { formula: "arctan x", value: x.atan(), slopes: [x.arctan_grad()],
                domain: [REAL], range: (-std::f64::consts::FRAC_PI_2, std::f64::consts::FRAC_PI_2), kinks: [], ulp: 2.0 }
            /// The bent identity. No paper is known for it: it comes from Wikipedia's table of activation
            /// functions.
            BentIdentity bent_identity(x) -> y { formula: "(√(x² + 1) − 1) / 2 + x", value: curves::bent_identity(x),
                slopes: [x.lit(1.0) + x.lit(0.5) * x.isru()], domain: [REAL], range: REAL, kinks: [], ulp: 2.0 }
            /// The logarithm of the hyperbolic cosine: a square near 0, straight far off (Green 1990).
            Logcosh logcosh(x) -> y { formula: "ln cosh x", value: curves::logcosh(x), slopes: [x.tanh()],
                domain: [REAL], range: (0.0, f64::INFINITY), kinks: [], ulp: 2.0 }
            /// The difference between the identity and the hyperbolic tangent: PyTorch's `Tanhshrink`, by way
            /// of Torch7's `TanhShrink`, which names no paper.
            Tanhshrink tanhshrink(x) -> y { formula: "x − tanh x", value: curves::tanhshrink(x),
                slopes: [x.tanh().square()], domain: [REAL], range: REAL, kinks: [], ulp: 2.0 }
            /// The Gaussian bump of radial basis functions (Broomhead & Lowe 1988).
            Gaussian gaussian(x) -> y { formula: "e^(−x²)", value: forms::bell(false, x, x.lit(1.0)),
                slopes: [x.gaussian_grad()], domain: [REAL], range: (0.0, 1.0), kinks: [], ulp: 2.0 }
            /// The distribution function of the standard normal distribution: the probability of probit regression (Bliss
            /// 1934), and the gate of `gelu`.
            NormalCdf normal_cdf(x) -> y { formula: "Φ(x) = (1 + erf(x/√2)) / 2",
                value: forms::normal_cdf(x), slopes: [x.normal_pdf()],
                domain: [REAL], range: (0.0, 1.0), kinks: [], ulp: 2.0 }
            /// The logarithm of the standard normal distribution function, stable in both tails: a term of the log-likelihood
            /// of probit regression (Bliss 1934) and of censored data (Tobin 1958). It is `log_ndtr` of PyTorch and JAX. The
            /// slope is the inverse Mills ratio `φ(x)/Φ(x)`, which is `−x`, nearly, far to the left.
            LogNormalCdf log_normal_cdf(x) -> y { formula: "ln Φ(x), Φ(x) = (1 + erf(x/√2)) / 2",
                value: forms::log_normal_cdf(x), slopes: [x.log_normal_cdf_grad()],
                domain: [REAL], range: (f64::NEG_INFINITY, 0.0), kinks: [], ulp: 2.0 }

            // ---- with a kink, or straight

            /// The rectifier (Nair & Hinton 2010); slope 0 at 0, as PyTorch has it.
            Relu relu(x) -> y { formula: "max(x, 0)", value: x.max(x.lit(0.0)), slopes: [y.step()],
                domain: [REAL], range: (0.0, f64::INFINITY), kinks: [[0.0] => [0.0] in [(0.0, 1.0)]], ulp: 0.0,
                dead: [(f64::NEG_INFINITY, 0.0)] }
            /// The leaky rectifier (Maas et al. 2013), PyTorch's `leaky_relu(negative_slope)`, whose slope below 0
            /// is 0.01; with a learned `alpha`, PReLU. At 0 the slope is `alpha`, as PyTorch has it (JAX: 1).
            LeakyRelu leaky_relu(x, alpha) -> y { formula: "x if x > 0 else alpha · x",
                value: x.lit(0.0).lt(x).select(x, alpha * x),
                slopes: [x.lit(0.0).lt(x).select(x.lit(1.0), alpha), x.minimum(x.lit(0.0))],
                domain: [REAL, REAL], range: REAL, kinks: [[0.0, 0.25] => [0.25, 0.0] in [(0.25, 1.0), (0.0, 0.0)]], ulp: 1.0 }
            /// The rectifier held below 6; slope 0 at both edges, as PyTorch has it (Krizhevsky 2010).
            Relu6 relu6(x) -> y { formula: "min(max(x, 0), 6)", value: x.max(x.lit(0.0)).min(x.lit(6.0)),
                slopes: [x.step() * x.lt(x.lit(6.0))], domain: [REAL], range: (0.0, 6.0),
                kinks: [[0.0] => [0.0] in [(0.0, 1.0)], [6.0] => [0.0] in [(0.0, 1.0)]], ulp: 0.0,
                dead: [(f64::NEG_INFINITY, 0.0), (6.0, f64::INFINITY)] }
            /// The squared rectifier (So et al. 2021).
            ReluSquared relu_squared(x) -> y { formula: "max(x, 0)²",
                value: { let r = x.max(x.lit(0.0)); r * r }, slopes: [x.lit(2.0) * x.relu()],
                domain: [REAL], range: (0.0, f64::INFINITY), kinks: [], ulp: 1.0, dead: [(f64::NEG_INFINITY, 0.0)] }
            /// The exponential linear unit (Clevert et al. 2016); PyTorch's `alpha` is 1. At 0 the slope is
            /// `alpha`, as PyTorch has it.
            Elu elu(x, alpha) -> y { formula: "x if x > 0 else alpha · (eˣ − 1)",
                value: x.lit(0.0).lt(x).select(x, alpha * x.exp_m1()),
                slopes: [x.elu_grad(alpha), x.minimum(x.lit(0.0)).exp_m1()],
                domain: [REAL, REAL], range: REAL,
                kinks: [[0.0, 2.0] => [2.0, 0.0] in [(1.0, 2.0), (0.0, 0.0)]], ulp: 2.0 }
            /// The continuous exponential linear unit (Barron 2017), whose slope is 1 on both sides of 0 for
            /// every `alpha`; PyTorch's is 1.
            Celu celu(x, alpha) -> y { formula: "x if x > 0 else alpha · (e^(x/alpha) − 1)",
                value: forms::celu(x, alpha),
                slopes: [x.minimum(x.lit(0.0)).exp_ratio(alpha), x.celu_alpha_grad(alpha)],
                domain: [REAL, POSITIVE], range: REAL, kinks: [], ulp: 2.0 }
            /// The scaled exponential linear unit, which keeps mean and variance (Klambauer et al. 2017). At 0
            /// the slope is that of the left side, as PyTorch has it.
            Selu selu(x) -> y { formula: "1.0507 · (x if x > 0 else 1.6733 · (eˣ − 1))",
                value: x.lit(0.0).lt(x).select(x.lit(1.050_700_987_355_480_5) * x,
                    x.lit(1.758_099_340_847_376_6) * x.exp_m1()),
                slopes: [x.selu_grad()],
                domain: [REAL], range: (-1.758_1, f64::INFINITY),
                kinks: [[0.0] => [1.758_099_340_847_376_6] in [(1.050_700_987_355_480_5, 1.758_099_340_847_376_6)]], ulp: 2.0 }
            /// A sigmoid of straight lines: the gate of `hard_swish` (Howard et al. 2019); that of Courbariaux et al.
            /// (2015) is three times as steep. Slope 0 at both edges, as PyTorch has it.
            HardSigmoid hard_sigmoid(x) -> y { formula: "min(max(x + 3, 0), 6) / 6",
                value: (x + x.lit(3.0)).max(x.lit(0.0)).min(x.lit(6.0)) / x.lit(6.0),
                slopes: [x.lit(-3.0).lt(x) * x.lt(x.lit(3.0)) * x.lit(1.0 / 6.0)],
                domain: [REAL], range: (0.0, 1.0), ulp: 2.0,
                kinks: [[-3.0] => [0.0] in [(0.0, 1.0 / 6.0)], [3.0] => [0.0] in [(0.0, 1.0 / 6.0)]],
                dead: [(f64::NEG_INFINITY, -3.0), (3.0, f64::INFINITY)] }
            /// Swish of straight lines; slope 0 at −3 and 1 at 3, as PyTorch has it (Howard et al. 2019). Its
            /// slope has a root at −1.5.
            HardSwish hard_swish(x) -> y { formula: "x · min(max(x + 3, 0), 6) / 6",
                value: { let gate = (x + x.lit(3.0)).max(x.lit(0.0)).min(x.lit(6.0));
                    let inner = gate.eq(x.lit(0.0)).select(x.lit(0.0), x * gate / x.lit(6.0));
                    x.lit(3.0).lt(x).select(x, inner) },
                slopes: [x.le(x.lit(-3.0)).select(x.lit(0.0),
                    x.lt(x.lit(3.0)).select((x + x + x.lit(3.0)) / x.lit(6.0), x.lit(1.0)))],
                domain: [REAL], range: (-0.375, f64::INFINITY), ulp: 2.0,
                kinks: [[-3.0] => [0.0] in [(-0.5, 0.0)], [3.0] => [1.0] in [(1.0, 1.5)]],
                dead: [(f64::NEG_INFINITY, -3.0)] }
            /// The hyperbolic tangent of straight lines (Collobert 2004); slope 0 at both edges, as PyTorch has it
            /// (JAX: 1). With other edges than PyTorch's ±1 it is `clamp`, whose slope there is 0 as well.
            HardTanh hard_tanh(x) -> y { formula: "min(max(x, −1), 1)", value: x.max(x.lit(-1.0)).min(x.lit(1.0)),
                slopes: [x.abs().lt(x.lit(1.0))], domain: [REAL], range: (-1.0, 1.0), ulp: 0.0,
                kinks: [[-1.0] => [0.0] in [(0.0, 1.0)], [1.0] => [0.0] in [(0.0, 1.0)]],
                dead: [(f64::NEG_INFINITY, -1.0), (1.0, f64::INFINITY)] }
            /// Shrinking toward 0 by `lambda`; slope 0 at both edges, as PyTorch has it, whose `lambda` is 0.5
            /// (Donoho 1995).
            Softshrink softshrink(x, lambda) -> y { formula: "sign(x) · max(|x| − lambda, 0)",
                value: lambda.lt(x).select(x - lambda, x.lt(-lambda).select(x + lambda, x.eq(x).select(lambda.eq(lambda).select(x.lit(0.0), lambda), x))),
                slopes: [lambda.lt(x) + x.lt(-lambda), x.lt(-lambda) - lambda.lt(x)],
                domain: [REAL, POSITIVE], range: REAL, ulp: 1.0,
                kinks: [[0.5, 0.5] => [0.0, 0.0] in [(0.0, 1.0), (-1.0, 0.0)],
                        [-0.5, 0.5] => [0.0, 0.0] in [(0.0, 1.0), (0.0, 1.0)]], dead: [(-0.5, 0.5)] }
            /// The value where it is larger than `lambda` in size, else 0; it jumps at ±`lambda`, where the slope
            /// is 0, as PyTorch has it, whose `lambda` is 0.5 (Donoho & Johnstone 1994).
            Hardshrink hardshrink(x, lambda) -> y { formula: "x if |x| > lambda else 0",
                value: x.abs().le(lambda).select(x.lit(0.0), lambda.eq(lambda).select(x, lambda)),
                slopes: [lambda.lt(x.abs()), flat], domain: [REAL, POSITIVE], range: REAL, ulp: 0.0,
                kinks: [[0.5, 0.5] => [0.0, 0.0] in [(0.0, 1.0), (0.0, 0.0)],
                        [-0.5, 0.5] => [0.0, 0.0] in [(0.0, 1.0), (0.0, 0.0)]], dead: [(-0.5, 0.5)] }
            /// The value where it is above `at`, else another one: PyTorch's `threshold(threshold, value)`, which
            /// has no defaults; at `at` itself the slope is 0, as there.
            Threshold threshold(x, at, other) -> y { formula: "x if x > at else other",
                value: x.le(at).select(other, at.eq(at).select(x, at)),
                slopes: [at.lt(x), flat, x.le(at)], domain: [REAL, REAL, REAL], range: REAL, ulp: 0.0,
                kinks: [[1.0, 1.0, -0.5] => [0.0, 0.0, 1.0] in [(0.0, 1.0), (0.0, 0.0), (1.0, 1.0)]],
                dead: [(f64::NEG_INFINITY, 1.0)] }
        }
    };
}

/// Hands rows to the macro `$read`, alone or followed by the slopes.
#[doc(hidden)]
#[macro_export]
macro_rules! hand_rows {
    ($read:ident () $($rows:tt)*) => { $read! { $($rows)* } };
    ($read:ident (slopes) $($rows:tt)*) => { $crate::with_slopes! { $read [$($rows)*] } };
}
