//! Rows that are the slopes of other rows, where those are more than a short expression: each from
//! one exponential, accurate in its tails. Floor 0: reads nothing of ours.
//!
//! `…_slope` is the first derivative of the row of that name, `…_bend` the second.

/// Hands the given rows and those of the slopes to the macro `$read`.
#[doc(hidden)]
#[macro_export]
macro_rules! with_slopes {
    ($read:ident [$($rows:tt)*]) => {
        $read! {
            $($rows)*

            // ---- slopes of other rows, and what they are made of

            /// The density of the logistic distribution: the slope of the sigmoid.
            LogisticPdf logistic_pdf(x) -> y { formula: "e⁻ˣ / (1 + e⁻ˣ)²", value: forms::logistic_pdf(x),
                slopes: [-(y * (x.lit(0.5) * x).tanh())], domain: [REAL], range: (0.0, 0.25), kinks: [], ulp: 2.5 }
            /// The slope of the hyperbolic tangent, `1/cosh²x`.
            TanhSlope tanh_slope(x) -> y { formula: "1 / cosh² x", value: forms::tanh_slope(x),
                slopes: [x.lit(-2.0) * (x.tanh() * y)], domain: [REAL], range: (0.0, 1.0), kinks: [], ulp: 2.5 }
            /// The slope of `elu` in `x`, which jumps at 0. A large `alpha` brings back into sight what of the exponential
            /// itself is below the smallest number.
            EluSlope elu_slope(x, alpha) -> y { formula: "1 if x > 0 else alpha · eˣ", value: forms::elu_slope(x, alpha),
                slopes: [x.lit(0.0).less(x).select(x.lit(0.0), y),
                    x.lit(0.0).less(x).select(x.lit(0.0), x.minimum(x.lit(0.0)).exp())],
                domain: [REAL, REAL], range: REAL,
                kinks: [[0.0, 2.0] => [2.0, 1.0] in [(0.0, 2.0), (1.0, 1.0)]], ulp: 3.0,
                dead: [(0.0, f64::INFINITY)] }
            /// The slope of `selu`, which jumps at 0.
            SeluSlope selu_slope(x) -> y { formula: "1.0507 if x > 0 else 1.7581 · eˣ", value: forms::selu_slope(x),
                slopes: [x.lit(0.0).less(x).select(x.lit(0.0), y)], domain: [REAL], range: (0.0, 1.758_1),
                kinks: [[0.0] => [1.758_099_340_847_376_6] in [(0.0, 1.758_099_340_847_376_6)]], ulp: 2.0,
                dead: [(0.0, f64::INFINITY)] }
            /// The slope of `arctan`.
            ArctanSlope arctan_slope(x) -> y { formula: "1 / (1 + x²)", value: curves::arctan_slope(x),
                slopes: [x.lit(-2.0) * (x.pull(y) * y)], domain: [REAL], range: (0.0, 1.0), kinks: [], ulp: 2.0 }
            /// The slope of `isru`.
            IsruSlope isru_slope(x) -> y { formula: "1 / (1 + x²)^(3/2)", value: curves::isru_slope(x),
                slopes: [x.lit(-3.0) * (x.pull(x.arctan_slope()) * y)], domain: [REAL], range: (0.0, 1.0), kinks: [], ulp: 3.0 }
            /// The density of the standard normal distribution.
            NormalPdf normal_pdf(x) -> y { formula: "e^(−x²/2) / √(2π)", value: forms::normal_pdf(x, x.lit(1.0)),
                slopes: [x.normal_pdf_slope()], domain: [REAL], range: (0.0, 0.398_942_280_401_432_8), kinks: [], ulp: 2.0 }
            /// The slope of the normal density, `−x · φ(x)`.
            NormalPdfSlope normal_pdf_slope(x) -> y { formula: "−x · φ(x)", value: forms::normal_pdf(x, -x),
                slopes: [x.normal_pdf_bend()], domain: [REAL], range: (-0.242, 0.242), kinks: [], ulp: 3.0 }
            /// The second slope of the normal density; roots at ±1.
            NormalPdfBend normal_pdf_bend(x) -> y { formula: "(x² − 1) · φ(x)",
                value: forms::normal_pdf(x, x.mul_add(x, x.lit(-1.0))),
                slopes: [x.pull(x.normal_pdf().pull(x.lit(3.0) - x.square()))],
                domain: [REAL], range: (-0.399, 0.1785), kinks: [], ulp: 3.0 }
            /// The slope of the Gaussian bump.
            GaussianSlope gaussian_slope(x) -> y { formula: "−2x · e^(−x²)", value: forms::bell(false, x, x.lit(-2.0) * x),
                slopes: [x.gaussian_bend()], domain: [REAL], range: (-0.858, 0.858), kinks: [], ulp: 3.0 }
            /// The second slope of the Gaussian bump; roots at ±√½.
            GaussianBend gaussian_bend(x) -> y { formula: "(4x² − 2) · e^(−x²)",
                value: { let double = x + x; forms::bell(false, x, double.mul_add(double, x.lit(-2.0))) },
                slopes: [x.pull(x.gaussian().pull(x.lit(12.0) - x.lit(8.0) * x.square()))],
                domain: [REAL], range: (-2.0, 0.893), kinks: [], ulp: 3.0 }
            /// The slope of `gelu`.
            GeluSlope gelu_slope(x) -> y { formula: "Φ(x) + x · φ(x)", value: forms::gelu_slope(x),
                slopes: [x.gelu_bend()], domain: [REAL], range: (-0.1291, 1.1291), kinks: [], ulp: 4.0 }
            /// The second slope of `gelu`; roots at ±√2.
            GeluBend gelu_bend(x) -> y { formula: "(2 − x²) · φ(x)",
                value: forms::normal_pdf(x, (-x).mul_add(x, x.lit(2.0))),
                slopes: [x.pull(x.normal_pdf().pull(x.square() - x.lit(4.0)))],
                domain: [REAL], range: (-0.1083, 0.798), kinks: [], ulp: 3.0 }
            /// The slope of `silu`.
            SiluSlope silu_slope(x) -> y { formula: "σ(x) · (1 + x·σ(−x))", value: gates::Gate::plain(x).slope(x),
                slopes: [x.silu_bend()], domain: [REAL], range: (-0.0999, 1.0999), kinks: [], ulp: 4.0 }
            /// The second slope of `silu`; roots at ±2.399.
            SiluBend silu_bend(x) -> y { formula: "σ(x)·σ(−x) · (2 − x·tanh(x/2))", value: gates::Gate::plain(x).bend(x),
                slopes: [{ let (p, t) = (x.logistic_pdf(), (x.lit(0.5) * x).tanh());
                    -(y * t) - p * (t + x.lit(2.0) * x.pull(p)) }],
                domain: [REAL], range: (-0.0853, 0.5), kinks: [], ulp: 8.0 }
            /// The gate of `swish`, the sigmoid of a product.
            SwishGate swish_gate(x, beta) -> y { formula: "σ(beta · x)", value: gates::Gate::times(x, beta).open(),
                slopes: [x.swish_gate_slope(beta), beta.swish_gate_slope(x)],
                domain: [REAL, REAL], range: (0.0, 1.0), kinks: [], ulp: 3.0 }
            /// The slope of `swish_gate` in `x`.
            SwishGateSlope swish_gate_slope(x, beta) -> y { formula: "beta · σ(beta · x) · σ(−beta · x)",
                value: gates::swish_gate_slope(x, beta),
                slopes: [-(beta.pull(y) * (x.lit(0.5) * x * beta).tanh()),
                    { let w = x * beta; w.logistic_pdf().pull(x.lit(1.0) - w.pull((x.lit(0.5) * w).tanh())) }],
                domain: [REAL, REAL], range: REAL, kinks: [], ulp: 4.0 }
            /// The slope of `swish` in `x`.
            SwishSlope swish_slope(x, beta) -> y { formula: "σ(βx) · (1 + βx·σ(−βx)), β = beta",
                value: gates::Gate::times(x, beta).slope(x),
                slopes: [x.swish_bend(beta), x.swish_mixed(beta)],
                domain: [REAL, REAL], range: (-0.1, 1.1), kinks: [], ulp: 4.0 }
            /// The second slope of `swish` in `x`.
            SwishBend swish_bend(x, beta) -> y { formula: "β·σ(βx)·σ(−βx) · (2 − βx·tanh(βx/2)), β = beta",
                value: gates::swish_bend(x, beta),
                // With w = βx, p = σ(w)σ(−w), t = tanh(w/2): p′ = −pt and t′ = 2p.
                slopes: [{ let w = x * beta; let (p, t) = (w.logistic_pdf(), (x.lit(0.5) * w).tanh());
                        -(beta.pull(y) * t) - beta.pull(beta.pull(p.pull(t + x.lit(2.0) * w.pull(p)))) },
                    { let w = x * beta; let (p, t) = (w.logistic_pdf(), (x.lit(0.5) * w).tanh());
                        let bend = p.pull(x.lit(2.0) - w.pull(t));
                        bend - w.pull(t * bend + p.pull(t + x.lit(2.0) * w.pull(p))) }],
                domain: [REAL, REAL], range: REAL, kinks: [], ulp: 8.0 }
            /// The slope of `swish` in its `beta`.
            SwishBetaSlope swish_beta_slope(x, beta) -> y { formula: "x² · σ(βx) · σ(−βx), β = beta",
                value: gates::swish_beta_slope(x, beta),
                slopes: [x.swish_mixed(beta), -(x.pull(y) * (x.lit(0.5) * x * beta).tanh())],
                domain: [REAL, REAL], range: (0.0, f64::INFINITY), kinks: [], ulp: 4.0 }
            /// The second slope of `swish`, once in `x` and once in its `beta`; roots where `beta · x` is ±2.399.
            SwishMixed swish_mixed(x, beta) -> y { formula: "x · σ(βx)·σ(−βx) · (2 − βx·tanh(βx/2)), β = beta",
                value: gates::swish_mixed(x, beta),
                slopes: [{ let w = x * beta; let (p, t) = (w.logistic_pdf(), (x.lit(0.5) * w).tanh());
                        let bend = p.pull(x.lit(2.0) - w.pull(t));
                        bend - w.pull(t * bend + p.pull(t + x.lit(2.0) * w.pull(p))) },
                    { let w = x * beta; let (p, t) = (w.logistic_pdf(), (x.lit(0.5) * w).tanh());
                        -(x.pull(y) * t) - x.pull(x.pull(p.pull(t + x.lit(2.0) * w.pull(p)))) }],
                domain: [REAL, REAL], range: REAL, kinks: [], ulp: 8.0 }
            /// The slope of `softplus_sharp` in its `beta`.
            SoftplusSharpBetaSlope softplus_sharp_beta_slope(x, beta) -> y {
                formula: "−(ln(1 + e) + |βx| · e/(1 + e)) / β², e = e^−|βx|, β = beta",
                value: gates::softplus_sharp_beta_slope(x, beta),
                slopes: [beta.swish_gate_slope(x), (x.swish_beta_slope(beta) - x.lit(2.0) * y) / beta],
                domain: [REAL, POSITIVE], range: (f64::NEG_INFINITY, 0.0), kinks: [], ulp: 4.0 }
            /// The slope of `celu` in its `alpha`: by how much the tangent of the exponential at `x/alpha` misses the
            /// exponential at 0.
            CeluAlphaSlope celu_alpha_slope(x, alpha) -> y { formula: "eᵘ · (1 − u) − 1, u = min(x, 0)/alpha",
                value: curves::exp_gap(x.min(x.lit(0.0)) / alpha),
                slopes: [x.minimum(x.lit(0.0)).exp_ratio_slope_below(alpha),
                    { let a = x.minimum(x.lit(0.0)); -(a.pull(a.exp_ratio_slope_below(alpha)) / alpha) }],
                domain: [REAL, POSITIVE], range: (-1.0, 0.0), kinks: [], ulp: 3.0,
                dead: [(0.0, f64::INFINITY)] }
            /// The slope of `gelu_tanh`.
            GeluTanhSlope gelu_tanh_slope(x) -> y { formula: "σ(w) · (1 + x·w′·σ(−w)), w = 2√(2/π) · (x + 0.044715 · x³)",
                value: gates::Gate::gelu_tanh(x).slope(x),
                slopes: [x.gelu_tanh_bend()], domain: [REAL], range: (-0.13, 1.13), kinks: [], ulp: 4.0 }
            /// The second slope of `gelu_tanh`.
            GeluTanhBend gelu_tanh_bend(x) -> y { formula: "σ(w)·σ(−w) · (2w′ + x·w″ − x·w′²·tanh(w/2)), w = 2√(2/π) · (x + 0.044715 · x³)",
                value: gates::Gate::gelu_tanh(x).bend(x),
                slopes: [{ let (linear, cubic) = (x.lit(1.595_769_121_605_730_8), x.lit(0.071_354_816_272_600_25));
                    let (w, slope) = (x * (linear + cubic * x.square()), linear + x.lit(3.0) * cubic * x.square());
                    let third = x.lit(6.0) * cubic;
                    let (bend, p, t) = (third * x, w.logistic_pdf(), (x.lit(0.5) * w).tanh());
                    let tail = t * slope.square() + x * slope * (x.lit(2.0) * p * slope.square() + x.lit(2.0) * t * bend);
                    -(y.pull(t * slope)) + p.pull(x.lit(3.0) * bend + x * third - tail) }],
                domain: [REAL], range: (-0.112, 0.8), kinks: [], ulp: 8.0 }
            /// The slope of `gelu_sigmoid`.
            GeluSigmoidSlope gelu_sigmoid_slope(x) -> y { formula: "σ(w) · (1 + w·σ(−w)), w = 1.702 · x",
                value: gates::Gate::gelu_sigmoid(x).slope(x),
                slopes: [x.gelu_sigmoid_bend()], domain: [REAL], range: (-0.1, 1.1), kinks: [], ulp: 4.0 }
            /// The second slope of `gelu_sigmoid`.
            GeluSigmoidBend gelu_sigmoid_bend(x) -> y { formula: "1.702·σ(w)·σ(−w) · (2 − w·tanh(w/2)), w = 1.702 · x",
                value: gates::Gate::gelu_sigmoid(x).bend(x),
                slopes: [{ let beta = x.lit(1.702); let w = x * beta;
                    let (p, t) = (w.logistic_pdf(), (x.lit(0.5) * w).tanh());
                    -(beta * t * y) - beta.square() * p * (t + x.lit(2.0) * w.pull(p)) }],
                domain: [REAL], range: (-0.146, 0.8511), kinks: [], ulp: 8.0 }
            /// The slope of `mish`.
            MishSlope mish_slope(x) -> y { formula: "t + x·t′, t = tanh(ln(1 + eˣ))", value: mish::slope(x),
                slopes: [x.mish_bend()], domain: [REAL], range: (-0.1132, 1.0894), kinks: [], ulp: 4.0 }
            /// The second slope of `mish`; roots at −2.256 and 1.491, near which its terms cancel.
            MishBend mish_bend(x) -> y { formula: "2t′ + x·t″, t = tanh(ln(1 + eˣ))", value: mish::bend(x),
                // With a = σ(x), b = σ(−x): t′ = 4ab²/(1 + b²)², t″ = q·t′, q = (2b² − a²(2 + b))/(1 + b²).
                slopes: [{ let (a, b, one, two) = (x.sigmoid(), (-x).sigmoid(), x.lit(1.0), x.lit(2.0));
                    let d = one + b.square();
                    let first = x.lit(4.0) * a * (b / d).square();
                    let q = (two * b.square() - a.square() * (two + b)) / d;
                    let change = (a.square() * a * b - x.lit(4.0) * a * b.square() - two * a.square() * b * (two + b)
                        + two * q * a * b.square()) / d;
                    first.pull(q * (x.lit(3.0) + x * q) + x.pull(change)) }],
                domain: [REAL], range: (-0.1, 0.65), kinks: [], ulp: 16.0 }
            /// The slope of `squareplus` in `x`.
            SquareplusSlope squareplus_slope(x, b) -> y { formula: "(1 + x/√(x² + b)) / 2", value: curves::squareplus_slope(x, b),
                slopes: [{ let r = x.inverse_root(b); x.lit(0.5) * b * r * r * r },
                    { let r = x.inverse_root(b); x.lit(-0.25) * x.pull(r) * r * r }],
                domain: [REAL, POSITIVE], range: (0.0, 1.0), kinks: [], ulp: 4.0 }
            /// The exponential of a quotient: the slope of `celu`.
            ExpRatio exp_ratio(a, b) -> y { formula: "e^(a/b)", value: forms::exp_ratio(a, b),
                slopes: [a.exp_ratio_slope(b), a.exp_ratio_slope_below(b)],
                domain: [REAL, POSITIVE], range: (0.0, f64::INFINITY), kinks: [], ulp: 2.0 }
            /// The slope of `exp_ratio` in `a`.
            ExpRatioSlope exp_ratio_slope(a, b) -> y { formula: "e^(a/b) / b", value: forms::exp_ratio_over(a.lit(1.0), a, b),
                // By halves of the exponent: y itself may be subnormal, whose missing digits a small b brings into sight.
                slopes: [(a.exp_ratio(b + b) / b).square(), { let (q, r) = (a.exp_ratio(b + b) / b, a / b);
                    -q.pull(q.pull(r + a.lit(1.0))) }],
                domain: [REAL, POSITIVE], range: (0.0, f64::INFINITY), kinks: [], ulp: 3.0 }
            /// The slope of `exp_ratio` in `b`.
            ExpRatioSlopeBelow exp_ratio_slope_below(a, b) -> y { formula: "−a/b² · e^(a/b)",
                value: forms::exp_ratio_over(-(a / b), a, b),
                slopes: [{ let (q, r) = (a.exp_ratio(b + b) / b, a / b); -q.pull(q.pull(r + a.lit(1.0))) },
                    { let (q, r) = (a.exp_ratio(b + b) / b, a / b); q.pull(r).pull(q.pull(r + a.lit(2.0))) }],
                domain: [REAL, POSITIVE], range: REAL, kinks: [], ulp: 4.0 }
            /// The inverse of the root of `x² + b`, without overflow.
            InverseRoot inverse_root(x, b) -> y { formula: "1 / √(x² + b)", value: curves::inverse_root(x, b),
                slopes: [-(x.pull(y) * y.square()), x.lit(-0.5) * y * y.square()],
                domain: [REAL, POSITIVE], range: (0.0, f64::INFINITY), kinks: [], ulp: 3.0 }
        }
    };
}
