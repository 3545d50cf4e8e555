//! Rows that are the slopes of other rows, if those slopes are more than a short expression: each from one
//! exponential, accurate in its tails.
//!
//! `…_grad` is the first derivative of the row of that name, `…_grad2` the second, `…_grad3` the third.

/// Hands the given rows and the slopes to the macro `$read`.
#[doc(hidden)]
#[macro_export]
macro_rules! with_slopes {
    ($read:ident [$($rows:tt)*]) => {
        $read! {
            $($rows)*

            // ---- slopes of other rows, and the rows that they are made of

            /// The slope of `pow` in its `a`. Its slope in `b` is one product: at `a = 0` its two terms would be
            /// infinities of opposite signs.
            PowGrad pow_grad(a, b) -> y { formula: "b · aᵇ⁻¹", value: b.eq(b.lit(0.0)).select(b.lit(0.0), b * a.pow(b - b.lit(1.0))),
                slopes: [(b * (b - b.lit(1.0))).strong_mul(a.pow(b - b.lit(2.0))),
                    a.pow(b - b.lit(1.0)).strong_mul(b.lit(1.0) + b.strong_mul(a.ln()))],
                domain: [POSITIVE, REAL], range: REAL, kinks: [], ulp: 3.0 }
            /// The slope of `pow` in its `b`. The power is taken as a square, whose root is far from the smallest number.
            PowBGrad pow_b_grad(a, b) -> y { formula: "aᵇ · ln a",
                value: { let root = a.pow(b * b.lit(0.5)); root.eq(b.lit(0.0)).select(root, root * (root * a.ln())) },
                slopes: [a.pow(b - b.lit(1.0)).strong_mul(b.lit(1.0) + b.strong_mul(a.ln())), y.strong_mul(a.ln())],
                domain: [POSITIVE, REAL], range: REAL, kinks: [], ulp: 7.0 }
            /// The density of the logistic distribution: the slope of the sigmoid.
            LogisticPdf logistic_pdf(x) -> y { formula: "e⁻ˣ / (1 + e⁻ˣ)²", value: forms::logistic_pdf(x),
                slopes: [-(y * (x.lit(0.5) * x).tanh())], domain: [REAL], range: (0.0, 0.25), kinks: [], ulp: 2.5 }
            /// The slope of the hyperbolic tangent, `1/cosh²x`.
            TanhGrad tanh_grad(x) -> y { formula: "1 / cosh² x", value: forms::tanh_grad(x),
                slopes: [x.lit(-2.0) * (x.tanh() * y)], domain: [REAL], range: (0.0, 1.0), kinks: [], ulp: 2.5 }
            /// The slope of `elu` in `x`, which jumps at 0. With a large `alpha` it is right even where the
            /// exponential alone is below the smallest number.
            EluGrad elu_grad(x, alpha) -> y { formula: "1 if x > 0 else alpha · eˣ", value: forms::elu_grad(x, alpha),
                slopes: [x.lit(0.0).lt(x).select(x.lit(0.0), y),
                    x.lit(0.0).lt(x).select(x.lit(0.0), x.minimum(x.lit(0.0)).exp())],
                domain: [REAL, REAL], range: REAL,
                kinks: [[0.0, 2.0] => [2.0, 1.0] in [(0.0, 2.0), (1.0, 1.0)]], ulp: 3.0,
                dead: [(0.0, f64::INFINITY)] }
            /// The slope of `selu`, which jumps at 0.
            SeluGrad selu_grad(x) -> y { formula: "1.0507 if x > 0 else 1.7581 · eˣ", value: forms::selu_grad(x),
                slopes: [x.lit(0.0).lt(x).select(x.lit(0.0), y)], domain: [REAL], range: (0.0, 1.758_1),
                kinks: [[0.0] => [1.758_099_340_847_376_6] in [(0.0, 1.758_099_340_847_376_6)]], ulp: 2.0,
                dead: [(0.0, f64::INFINITY)] }
            /// The slope of `arctan`.
            ArctanGrad arctan_grad(x) -> y { formula: "1 / (1 + x²)", value: curves::arctan_grad(x),
                slopes: [x.lit(-2.0) * (x.strong_mul(y) * y)], domain: [REAL], range: (0.0, 1.0), kinks: [], ulp: 2.0 }
            /// The slope of `isru`.
            IsruGrad isru_grad(x) -> y { formula: "1 / (1 + x²)^(3/2)", value: curves::isru_grad(x),
                slopes: [x.lit(-3.0) * (x.strong_mul(x.arctan_grad()) * y)], domain: [REAL], range: (0.0, 1.0), kinks: [], ulp: 3.0 }
            /// The density of the standard normal distribution.
            NormalPdf normal_pdf(x) -> y { formula: "e^(−x²/2) / √(2π)", value: forms::normal_pdf(x, x.lit(1.0)),
                slopes: [x.normal_pdf_grad()], domain: [REAL], range: (0.0, 0.398_942_280_401_432_8), kinks: [], ulp: 2.0 }
            /// The slope of the normal density, `−x · φ(x)`.
            NormalPdfGrad normal_pdf_grad(x) -> y { formula: "−x · φ(x)", value: forms::normal_pdf(x, -x),
                slopes: [x.normal_pdf_grad2()], domain: [REAL], range: (-0.242, 0.242), kinks: [], ulp: 3.0 }
            /// The second slope of the normal density; roots at ±1.
            NormalPdfGrad2 normal_pdf_grad2(x) -> y { formula: "(x² − 1) · φ(x)",
                value: forms::normal_pdf(x, x.mul_add(x, x.lit(-1.0))),
                slopes: [x.strong_mul(x.normal_pdf().strong_mul(x.lit(3.0) - x.square()))],
                domain: [REAL], range: (-0.399, 0.1785), kinks: [], ulp: 3.0 }
            /// The slope of the Gaussian bump.
            GaussianGrad gaussian_grad(x) -> y { formula: "−2x · e^(−x²)", value: forms::bell(false, x, x.lit(-2.0) * x),
                slopes: [x.gaussian_grad2()], domain: [REAL], range: (-0.858, 0.858), kinks: [], ulp: 3.0 }
            /// The second slope of the Gaussian bump; roots at ±√½.
            GaussianGrad2 gaussian_grad2(x) -> y { formula: "(4x² − 2) · e^(−x²)",
                value: { let double = x + x; forms::bell(false, x, double.mul_add(double, x.lit(-2.0))) },
                slopes: [x.strong_mul(x.gaussian().strong_mul(x.lit(12.0) - x.lit(8.0) * x.square()))],
                domain: [REAL], range: (-2.0, 0.893), kinks: [], ulp: 3.0 }
            /// The slope of `gelu`.
            GeluGrad gelu_grad(x) -> y { formula: "Φ(x) + x · φ(x)", value: forms::gelu_grad(x),
                slopes: [x.gelu_grad2()], domain: [REAL], range: (-0.1291, 1.1291), kinks: [], ulp: 4.0 }
            /// The second slope of `gelu`; roots at ±√2.
            GeluGrad2 gelu_grad2(x) -> y { formula: "(2 − x²) · φ(x)",
                value: forms::normal_pdf(x, (-x).mul_add(x, x.lit(2.0))),
                slopes: [x.strong_mul(x.normal_pdf().strong_mul(x.square() - x.lit(4.0)))],
                domain: [REAL], range: (-0.1083, 0.798), kinks: [], ulp: 3.0 }
            /// The slope of `log_normal_cdf`, the inverse Mills ratio: from `−x` far to the left to 0 on the right.
            LogNormalCdfGrad log_normal_cdf_grad(x) -> y { formula: "φ(x) / Φ(x)", value: forms::log_normal_cdf_grad(x),
                slopes: [x.log_normal_cdf_grad2()], domain: [REAL], range: (0.0, f64::INFINITY), kinks: [], ulp: 4.0 }
            /// The second slope of `log_normal_cdf`. One more than it is the variance of a standard normal number that is
            /// known to be below `x`; over the first slope it is `−(x + h)`, so that the logarithm of the expected improvement
            /// `φ(x) + x·Φ(x)` is `x.log_normal_cdf() + (-x.log_normal_cdf_grad2() / x.log_normal_cdf_grad()).ln()`.
            LogNormalCdfGrad2 log_normal_cdf_grad2(x) -> y { formula: "−h · (x + h), h = φ(x)/Φ(x)",
                value: forms::log_normal_cdf_grad2(x), slopes: [x.log_normal_cdf_grad3()],
                domain: [REAL], range: (-1.0, 0.0), kinks: [], ulp: 4.0 }
            /// The third slope of `log_normal_cdf`, which falls as `2/|x|³` to the left.
            LogNormalCdfGrad3 log_normal_cdf_grad3(x) -> y { formula: "h · ((x + h)·(x + 2h) − 1), h = φ(x)/Φ(x)",
                value: forms::log_normal_cdf_grad3(x),
                // With s = x + h and v = 1 − h·s, the slope is 2h·s·v − y·(s + h). To the left s is −h′/h and v is
                // s² − y/h, which do not cancel; far to the left the two terms do, and it is a Padé approximant of its
                // asymptotic series in 1/x², off by 6e-14 at −16 and by less beyond.
                slopes: [{ let (h, slope) = (x.log_normal_cdf_grad(), x.log_normal_cdf_grad2());
                    let (s, two) = (-(slope / h), x.lit(2.0));
                    let left = -(y * (s + h)) - two * (slope * (s.square() - y / h));
                    let right = -y.strong_mul(x + two * h) - two * (slope * (x.lit(1.0) + slope));
                    let r = (x.lit(1.0) / x).square();
                    let above = x.lit(680.275_454_410_565_5) + r * x.lit(437.355_822_668_506_2);
                    let above = x.lit(6.0) + r * (x.lit(337.087_550_068_142_3) + r * (x.lit(4_464.192_146_716_005) + r * above));
                    let below = x.lit(18_019.082_648_689_62) + r * x.lit(46_327.230_510_233_1);
                    let below = x.lit(1.0) + r * (x.lit(76.181_258_344_690_2) + r * (x.lit(1_917.657_191_346_471_7) + r * below));
                    let far = r.square() * (above / below);
                    x.lt(x.lit(-16.0)).select(far, x.lt(x.lit(0.0)).select(left, right)) }],
                domain: [REAL], range: (0.0, 0.295_8), kinks: [], ulp: 10.0 }
            /// The slope of `silu`.
            SiluGrad silu_grad(x) -> y { formula: "σ(x) · (1 + x·σ(−x))", value: gates::Gate::plain(x).slope(x),
                slopes: [x.silu_grad2()], domain: [REAL], range: (-0.0999, 1.0999), kinks: [], ulp: 4.0 }
            /// The second slope of `silu`; roots at ±2.399.
            SiluGrad2 silu_grad2(x) -> y { formula: "σ(x)·σ(−x) · (2 − x·tanh(x/2))", value: gates::Gate::plain(x).bend(x),
                slopes: [{ let (p, t) = (x.logistic_pdf(), (x.lit(0.5) * x).tanh());
                    -(y * t) - p * (t + x.lit(2.0) * x.strong_mul(p)) }],
                domain: [REAL], range: (-0.0853, 0.5), kinks: [], ulp: 8.0 }
            /// The gate of `swish`, the sigmoid of a product.
            SwishGate swish_gate(x, beta) -> y { formula: "σ(beta · x)", value: gates::Gate::times(x, beta).open(),
                slopes: [x.swish_gate_grad(beta), beta.swish_gate_grad(x)],
                domain: [REAL, REAL], range: (0.0, 1.0), kinks: [], ulp: 3.0 }
            /// The slope of `swish_gate` in `x`.
            SwishGateGrad swish_gate_grad(x, beta) -> y { formula: "beta · σ(beta · x) · σ(−beta · x)",
                value: gates::swish_gate_grad(x, beta),
                slopes: [-(beta.strong_mul(y) * (x.lit(0.5) * x * beta).tanh()),
                    { let w = x * beta; w.logistic_pdf().strong_mul(x.lit(1.0) - w.strong_mul((x.lit(0.5) * w).tanh())) }],
                domain: [REAL, REAL], range: REAL, kinks: [], ulp: 4.0 }
            /// The slope of `swish` in `x`.
            SwishGrad swish_grad(x, beta) -> y { formula: "σ(βx) · (1 + βx·σ(−βx)), β = beta",
                value: gates::Gate::times(x, beta).slope(x),
                slopes: [x.swish_grad2(beta), x.swish_mixed_grad2(beta)],
                domain: [REAL, REAL], range: (-0.1, 1.1), kinks: [], ulp: 4.0 }
            /// The second slope of `swish` in `x`.
            SwishGrad2 swish_grad2(x, beta) -> y { formula: "β·σ(βx)·σ(−βx) · (2 − βx·tanh(βx/2)), β = beta",
                value: gates::swish_grad2(x, beta),
                // With w = βx, p = σ(w)σ(−w), t = tanh(w/2): p′ = −pt and t′ = 2p.
                slopes: [{ let w = x * beta; let (p, t) = (w.logistic_pdf(), (x.lit(0.5) * w).tanh());
                        -(beta.strong_mul(y) * t) - beta.strong_mul(beta.strong_mul(p.strong_mul(t + x.lit(2.0) * w.strong_mul(p)))) },
                    { let w = x * beta; let (p, t) = (w.logistic_pdf(), (x.lit(0.5) * w).tanh());
                        let bend = p.strong_mul(x.lit(2.0) - w.strong_mul(t));
                        bend - w.strong_mul(t * bend + p.strong_mul(t + x.lit(2.0) * w.strong_mul(p))) }],
                domain: [REAL, REAL], range: REAL, kinks: [], ulp: 8.0 }
            /// The slope of `swish` in its `beta`.
            SwishBetaGrad swish_beta_grad(x, beta) -> y { formula: "x² · σ(βx) · σ(−βx), β = beta",
                value: gates::swish_beta_grad(x, beta),
                slopes: [x.swish_mixed_grad2(beta), -(x.strong_mul(y) * (x.lit(0.5) * x * beta).tanh())],
                domain: [REAL, REAL], range: (0.0, f64::INFINITY), kinks: [], ulp: 4.0 }
            /// The second slope of `swish`, once in `x` and once in its `beta`; roots where `beta · x` is ±2.399.
            SwishMixedGrad2 swish_mixed_grad2(x, beta) -> y { formula: "x · σ(βx)·σ(−βx) · (2 − βx·tanh(βx/2)), β = beta",
                value: gates::swish_mixed_grad2(x, beta),
                slopes: [{ let w = x * beta; let (p, t) = (w.logistic_pdf(), (x.lit(0.5) * w).tanh());
                        let bend = p.strong_mul(x.lit(2.0) - w.strong_mul(t));
                        bend - w.strong_mul(t * bend + p.strong_mul(t + x.lit(2.0) * w.strong_mul(p))) },
                    { let w = x * beta; let (p, t) = (w.logistic_pdf(), (x.lit(0.5) * w).tanh());
                        -(x.strong_mul(y) * t) - x.strong_mul(x.strong_mul(p.strong_mul(t + x.lit(2.0) * w.strong_mul(p)))) }],
                domain: [REAL, REAL], range: REAL, kinks: [], ulp: 8.0 }
            /// The slope of `softplus_sharp` in its `beta`.
            SoftplusSharpBetaGrad softplus_sharp_beta_grad(x, beta) -> y {
                formula: "−(ln(1 + e) + |βx| · e/(1 + e)) / β², e = e^−|βx|, β = beta",
                value: gates::softplus_sharp_beta_grad(x, beta),
                slopes: [beta.swish_gate_grad(x), (x.swish_beta_grad(beta) - x.lit(2.0) * y) / beta],
                domain: [REAL, POSITIVE], range: (f64::NEG_INFINITY, 0.0), kinks: [], ulp: 4.0 }
            /// The slope of `celu` in its `alpha`: the error of the exponential's tangent at `x/alpha`, taken
            /// at 0.
            CeluAlphaGrad celu_alpha_grad(x, alpha) -> y { formula: "eᵘ · (1 − u) − 1, u = min(x, 0)/alpha",
                value: curves::exp_gap(x.min(x.lit(0.0)) / alpha),
                slopes: [x.minimum(x.lit(0.0)).exp_ratio_b_grad(alpha),
                    { let a = x.minimum(x.lit(0.0)); -(a.strong_mul(a.exp_ratio_b_grad(alpha)) / alpha) }],
                domain: [REAL, POSITIVE], range: (-1.0, 0.0), kinks: [], ulp: 3.0,
                dead: [(0.0, f64::INFINITY)] }
            /// The slope of `gelu_tanh`.
            GeluTanhGrad gelu_tanh_grad(x) -> y { formula: "σ(w) · (1 + x·w′·σ(−w)), w = 2√(2/π) · (x + 0.044715 · x³)",
                value: gates::Gate::gelu_tanh(x).slope(x),
                slopes: [x.gelu_tanh_grad2()], domain: [REAL], range: (-0.13, 1.13), kinks: [], ulp: 4.0 }
            /// The second slope of `gelu_tanh`.
            GeluTanhGrad2 gelu_tanh_grad2(x) -> y { formula: "σ(w)·σ(−w) · (2w′ + x·w″ − x·w′²·tanh(w/2)), w = 2√(2/π) · (x + 0.044715 · x³)",
                value: gates::Gate::gelu_tanh(x).bend(x),
                slopes: [{ let (linear, cubic) = (x.lit(1.595_769_121_605_730_8), x.lit(0.071_354_816_272_600_25));
                    let (w, slope) = (x * (linear + cubic * x.square()), linear + x.lit(3.0) * cubic * x.square());
                    let third = x.lit(6.0) * cubic;
                    let (bend, p, t) = (third * x, w.logistic_pdf(), (x.lit(0.5) * w).tanh());
                    let tail = t * slope.square() + x * slope * (x.lit(2.0) * p * slope.square() + x.lit(2.0) * t * bend);
                    -(y.strong_mul(t * slope)) + p.strong_mul(x.lit(3.0) * bend + x * third - tail) }],
                domain: [REAL], range: (-0.112, 0.8), kinks: [], ulp: 8.0 }
            /// The slope of `gelu_sigmoid`.
            GeluSigmoidGrad gelu_sigmoid_grad(x) -> y { formula: "σ(w) · (1 + w·σ(−w)), w = 1.702 · x",
                value: gates::Gate::gelu_sigmoid(x).slope(x),
                slopes: [x.gelu_sigmoid_grad2()], domain: [REAL], range: (-0.1, 1.1), kinks: [], ulp: 4.0 }
            /// The second slope of `gelu_sigmoid`.
            GeluSigmoidGrad2 gelu_sigmoid_grad2(x) -> y { formula: "1.702·σ(w)·σ(−w) · (2 − w·tanh(w/2)), w = 1.702 · x",
                value: gates::Gate::gelu_sigmoid(x).bend(x),
                slopes: [{ let beta = x.lit(1.702); let w = x * beta;
                    let (p, t) = (w.logistic_pdf(), (x.lit(0.5) * w).tanh());
                    -(beta * t * y) - beta.square() * p * (t + x.lit(2.0) * w.strong_mul(p)) }],
                domain: [REAL], range: (-0.146, 0.8511), kinks: [], ulp: 8.0 }
            /// The slope of `mish`.
            MishGrad mish_grad(x) -> y { formula: "t + x·t′, t = tanh(ln(1 + eˣ))", value: mish::slope(x),
                slopes: [x.mish_grad2()], domain: [REAL], range: (-0.1132, 1.0894), kinks: [], ulp: 4.0 }
            /// The second slope of `mish`; roots at −2.256 and 1.491, near which its terms cancel.
            MishGrad2 mish_grad2(x) -> y { formula: "2t′ + x·t″, t = tanh(ln(1 + eˣ))", value: mish::bend(x),
                // With a = σ(x), b = σ(−x): t′ = 4ab²/(1 + b²)², t″ = q·t′, q = (2b² − a²(2 + b))/(1 + b²).
                slopes: [{ let (a, b, one, two) = (x.sigmoid(), (-x).sigmoid(), x.lit(1.0), x.lit(2.0));
                    let d = one + b.square();
                    let first = x.lit(4.0) * a * (b / d).square();
                    let q = (two * b.square() - a.square() * (two + b)) / d;
                    let change = (a.square() * a * b - x.lit(4.0) * a * b.square() - two * a.square() * b * (two + b)
                        + two * q * a * b.square()) / d;
                    first.strong_mul(q * (x.lit(3.0) + x * q) + x.strong_mul(change)) }],
                domain: [REAL], range: (-0.1, 0.65), kinks: [], ulp: 16.0 }
            /// The slope of `squareplus` in `x`.
            SquareplusGrad squareplus_grad(x, b) -> y { formula: "(1 + x/√(x² + b)) / 2", value: curves::squareplus_grad(x, b),
                slopes: [{ let r = x.inverse_root(b); x.lit(0.5) * b * r * r * r },
                    { let r = x.inverse_root(b); x.lit(-0.25) * x.strong_mul(r) * r * r }],
                domain: [REAL, POSITIVE], range: (0.0, 1.0), kinks: [], ulp: 4.0 }
            /// The exponential of a quotient: the slope of `celu`.
            ExpRatio exp_ratio(a, b) -> y { formula: "e^(a/b)", value: forms::exp_ratio(a, b),
                slopes: [a.exp_ratio_grad(b), a.exp_ratio_b_grad(b)],
                domain: [REAL, POSITIVE], range: (0.0, f64::INFINITY), kinks: [], ulp: 2.0 }
            /// The slope of `exp_ratio` in `a`.
            ExpRatioGrad exp_ratio_grad(a, b) -> y { formula: "e^(a/b) / b", value: forms::exp_ratio_over(a.lit(1.0), a, b),
                // The exponent is halved: y itself may be subnormal, and a small b would show its missing
                // digits.
                slopes: [(a.exp_ratio(b + b) / b).square(), { let (q, r) = (a.exp_ratio(b + b) / b, a / b);
                    -q.strong_mul(q.strong_mul(r + a.lit(1.0))) }],
                domain: [REAL, POSITIVE], range: (0.0, f64::INFINITY), kinks: [], ulp: 3.0 }
            /// The slope of `exp_ratio` in `b`.
            ExpRatioBGrad exp_ratio_b_grad(a, b) -> y { formula: "−a/b² · e^(a/b)",
                value: forms::exp_ratio_over(-(a / b), a, b),
                slopes: [{ let (q, r) = (a.exp_ratio(b + b) / b, a / b); -q.strong_mul(q.strong_mul(r + a.lit(1.0))) },
                    { let (q, r) = (a.exp_ratio(b + b) / b, a / b); q.strong_mul(r).strong_mul(q.strong_mul(r + a.lit(2.0))) }],
                domain: [REAL, POSITIVE], range: REAL, kinks: [], ulp: 4.0 }
            /// The slope of `erfinv`.
            ErfinvGrad erfinv_grad(x) -> y { formula: "√π/2 · e^(erfinv²(x))", value: forms::erfinv_grad(x),
                slopes: [x.lit(2.0) * x.erfinv() * y.square()], domain: [(-1.0, 1.0)], range: (0.886, f64::INFINITY),
                kinks: [], ulp: 4.0 }
            /// The slope of `exp2`, by the root of the power: it is a number even where only it is one.
            Exp2Grad exp2_grad(x) -> y { formula: "ln 2 · 2ˣ",
                value: { let root = (x.lit(0.5) * x).exp2(); x.lit(std::f64::consts::LN_2) * root * root },
                slopes: [{ let root = (x.lit(0.5) * x).exp2(); x.lit(0.480_453_013_918_201_4) * root * root }],
                domain: [REAL], range: (0.0, f64::INFINITY), kinks: [], ulp: 4.0 }
            /// The slope of `cbrt`.
            CbrtGrad cbrt_grad(x) -> y { formula: "1 / (3 · ∛x²)",
                value: { let root = x.cbrt(); x.lit(1.0) / (x.lit(3.0) * (root * root)) },
                slopes: [x.lit(-2.0 / 3.0) * y / x], domain: [POSITIVE], range: (0.0, f64::INFINITY), kinks: [], ulp: 4.0 }
            /// The slope of `asin`.
            AsinGrad asin_grad(x) -> y { formula: "1 / √(1 − x²)",
                value: x.lit(1.0) / ((x.lit(1.0) - x) * (x.lit(1.0) + x)).sqrt(), slopes: [x * y * y.square()],
                domain: [(-1.0, 1.0)], range: (1.0, f64::INFINITY), kinks: [], ulp: 4.0 }
            /// The slope of `acosh`.
            AcoshGrad acosh_grad(x) -> y { formula: "1 / √(x² − 1)", value: hyperbolic::acosh_grad(x),
                slopes: [-(x.strong_mul(y) * y.square())], domain: [(1.0, f64::INFINITY)], range: (0.0, f64::INFINITY), kinks: [], ulp: 4.0 }
            /// The slope of `atanh`.
            AtanhGrad atanh_grad(x) -> y { formula: "1 / (1 − x²)",
                value: hyperbolic::atanh_grad(x), slopes: [x.lit(2.0) * x * y.square()],
                domain: [(-1.0, 1.0)], range: (1.0, f64::INFINITY), kinks: [], ulp: 4.0 }
            /// The slope of `hypot` in its `a`, the cosine of the angle between; 0 at (0, 0).
            HypotGrad hypot_grad(a, b) -> y { formula: "a / √(a² + b²)", value: planar::hypot_grad(a, b),
                slopes: [{ let q = b.hypot_grad(a); q.strong_mul(q / a.hypot(b)) },
                    { let q = b.hypot_grad(a); -y.strong_mul(q / a.hypot(b)) }],
                domain: [REAL, REAL], range: (-1.0, 1.0), ulp: 4.0,
                kinks: [[0.0, 0.0] => [0.0, 0.0] in [(0.0, 0.0), (0.0, 0.0)]] }
            /// The slope of `atan2` in its `y`, with the coordinates in the other order; 0 at (0, 0).
            Atan2Grad atan2_grad(a, b) -> y { formula: "a / (a² + b²)", value: planar::atan2_grad(a, b),
                slopes: [b.atan2_grad(a).square() - y.square(), { let q = b.atan2_grad(a); a.lit(-2.0) * y * q }],
                domain: [REAL, REAL], range: REAL, kinks: [], ulp: 4.0 }
            /// The inverse of the root of `x² + b`, without overflow.
            InverseRoot inverse_root(x, b) -> y { formula: "1 / √(x² + b)", value: curves::inverse_root(x, b),
                slopes: [-(x.strong_mul(y) * y.square()), x.lit(-0.5) * y * y.square()],
                domain: [REAL, POSITIVE], range: (0.0, f64::INFINITY), kinks: [], ulp: 3.0 }
        }
    };
}
