//! Slips in formulas, as shipped engines had them.

use super::{Mutant, Of, Rule, Value};
use gradus::Var;
use gradus::op::{Map, Real};
use std::sync::Arc;

fn one(
    name: &str,
    map: Map,
    slope: impl for<'a> Fn(Var<'a>, Var<'a>) -> Var<'a> + Send + Sync + 'static,
) -> Mutant {
    let rule: Rule = Arc::new(move |args, y, ct| vec![ct * slope(args[0], y)]);
    let value: Value = Arc::new(move |args| Real::row(map, args));
    Mutant { name: name.into(), class: "formula", value, rule, of: Of::Number(map), then: None }
}

/// A function that is not a row, in an interval.
fn made(
    name: &str,
    interval: (f64, f64),
    value: impl for<'a> Fn(Var<'a>) -> Var<'a> + Send + Sync + 'static,
    slope: impl for<'a> Fn(Var<'a>, Var<'a>) -> Var<'a> + Send + Sync + 'static,
) -> Mutant {
    let rule: Rule = Arc::new(move |args, y, ct| vec![ct * slope(args[0], y)]);
    let value: Value = Arc::new(move |args| value(args[0]));
    Mutant {
        name: name.into(),
        class: "formula",
        value,
        rule,
        of: Of::Interval(interval.0, interval.1),
        then: None,
    }
}

/// The rules that PyTorch and JAX use, which lose their digits in a tail.
pub fn shipped() -> Vec<Mutant> {
    let sixth = f64::from(1.0f32 / 6.0);
    let inf = f64::INFINITY;
    let mut all = vec![
        one("sigmoid as y(1 − y)", Map::Sigmoid, |_, y| y * (1.0 - y)),
        one("tanh as 1 − y²", Map::Tanh, |_, y| 1.0 - y * y),
        one("hard sigmoid with a sixth in f32", Map::HardSigmoid, move |x, _| {
            (x.gt(-3.0) * x.lt(3.0)) * sixth
        }),
        one("selu by expm1 + 1", Map::Selu, |x, _| {
            let left = (x.minimum(0.0).exp_m1() + 1.0) * 1.758_099_340_847_376_6;
            x.gt(0.0).select(1.050_700_987_355_480_5, left)
        }),
        made("elu by expm1 + 1", (-inf, 0.0), |x| x.exp_m1(), |x, _| x.exp_m1() + 1.0),
        made("elu by its value + 1", (-inf, 0.0), |x| x.exp_m1(), |_, y| y + 1.0),
        one("log sigmoid as 1 − σ", Map::LogSigmoid, |x, _| 1.0 - x.sigmoid()),
        one("log Φ by the exponential of a difference", Map::LogNormalCdf, |x, y| {
            (x.square() * -0.5 - y).exp() * 0.398_942_280_401_432_7
        }),
        one("softplus with a threshold of 20", Map::Softplus, |x, _| x.gt(20.0).select(1.0, x.sigmoid())),
    ];
    all.iter_mut().for_each(|mutant| mutant.class = "shipped");
    all
}

pub fn all() -> Vec<Mutant> {
    let inf = f64::INFINITY;
    let real = (-inf, inf);
    let mut all = shipped();
    all.extend([
        one("softplus with a threshold of 8", Map::Softplus, |x, _| x.gt(8.0).select(1.0, x.sigmoid())),
        one("softplus without its left tail", Map::Softplus, |x, _| x.lt(-30.0).select(0.0, x.sigmoid())),
        one("sigmoid that overflows", Map::Sigmoid, |x, _| {
            let e = (-x).exp();
            e / (1.0 + e).square()
        }),
        one("sigmoid of −x", Map::Sigmoid, |x, _| (-x).sigmoid()),
        one("sigmoid's value for its slope", Map::Sigmoid, |_, y| y),
        one("tanh as 1 − y", Map::Tanh, |_, y| 1.0 - y.abs()),
        one("tanh as σ'", Map::Tanh, |x, _| x.logistic_pdf() * 4.0),
        one("gelu with the slope of its tanh form", Map::Gelu, |x, _| x.gelu_tanh_grad()),
        one("gelu's tanh form with the slope of gelu", Map::GeluTanh, |x, _| x.gelu_grad()),
        one("gelu with the slope of its sigmoid form", Map::Gelu, |x, _| x.gelu_sigmoid_grad()),
        one("gelu without x·φ", Map::Gelu, |x, _| x.normal_cdf()),
        one("gelu with Φ by 1 + erf", Map::Gelu, |x, _| {
            (1.0 + (x * std::f64::consts::FRAC_1_SQRT_2).erf()) * 0.5 + x * x.normal_pdf()
        }),
        one("gelu's tanh form with 0.0447", Map::GeluTanh, |x, _| {
            let w = (x + x * x * x * 0.0447) * 1.595_769_121_605_730_8;
            let slope = (1.0 + x * x * 0.1341) * 1.595_769_121_605_730_8;
            w.sigmoid() + x * w.logistic_pdf() * slope
        }),
        one("silu without x", Map::Silu, |x, _| x.sigmoid()),
        one("silu by y + σ(1 − y)", Map::Silu, |x, y| y + x.sigmoid() * (1.0 - y)),
        one("silu with the slope of swish 1.001", Map::Silu, |x, _| x.swish_grad(1.001)),
        one("mish with tanh'(softplus) missing", Map::Mish, |x, _| x.softplus().tanh()),
        one("mish with the slope of silu", Map::Mish, |x, _| x.silu_grad()),
        one("softsign without |x|", Map::Softsign, |x, _| 1.0 / (1.0 + x).square()),
        one("softsign without the square", Map::Softsign, |x, _| 1.0 / (1.0 + x.abs())),
        one("erf with 1.128", Map::Erf, |x, _| x.gaussian() * 1.128),
        one("erf with e^(−x²/2)", Map::Erf, |x, _| x.normal_pdf() * 2.828_427_124_746_190_3),
        one("2ˣ with the slope of eˣ", Map::Exp2, |_, y| y),
        one("log₂ with the slope of ln", Map::Log2, |x, _| 1.0 / x),
        one("log₁₀ with that of log₂", Map::Log10, |x, _| std::f64::consts::LOG2_E / x),
        one("tangent with 1 − y²", Map::Tan, |_, y| 1.0 - y.square()),
        one("arcsine with 1/(1 − x²)", Map::Asin, |x, _| 1.0 / (1.0 - x.square())),
        one("arccosine with the sign of arcsine", Map::Acos, |x, _| x.asin_grad()),
        one("hyperbolic cosine with −sinh", Map::Cosh, |x, _| -x.sinh()),
        one("inverse hyperbolic sine with the slope of arctan", Map::Asinh, |x, _| x.arctan_grad()),
        one("inverse hyperbolic tangent with 1/(1 + x²)", Map::Atanh, |x, _| x.arctan_grad()),
        one("cube root with 1/(3y)", Map::Cbrt, |_, y| 1.0 / (3.0 * y)),
        one("inverse root with −½y²", Map::Rsqrt, |_, y| -0.5 * y.square()),
        one("erfc with the sign of erf", Map::Erfc, |x, _| x.gaussian() * std::f64::consts::FRAC_2_SQRT_PI),
        one("inverse error function with e^(−y²)", Map::Erfinv, |_, y| {
            y.gaussian() * 0.886_226_925_452_758
        }),
        one("exp plus 1e-8", Map::Exp, |_, y| y + 1e-8),
        one("ln with 1/(x + 1e-8)", Map::Ln, |x, _| 1.0 / (x + 1e-8)),
        one("ln of 1 + x", Map::Ln, |x, _| 1.0 / (1.0 + x)),
        one("sqrt with 1/x", Map::Sqrt, |x, _| 0.5 / x),
        one("sqrt with a guard of 1e-6", Map::Sqrt, |_, y| 0.5 / (y + 1e-6)),
        one("square with x", Map::Square, |x, _| x),
        one("sine with sine", Map::Sin, |_, y| y),
        one("sine in degrees", Map::Sin, |x, _| x.cos() * (std::f64::consts::PI / 180.0)),
        one("arctan with 1/√", Map::Arctan, |x, _| x.inverse_root(1.0)),
        one("log cosh clamped", Map::Logcosh, |x, _| {
            x.clamp(-10.0, 10.0).tanh() * 1.0 + x.abs().gt(12.0) * 1e-10
        }),
        one("gaussian without the 2", Map::Gaussian, |x, y| -(x * y)),
        one("relu with a soft step", Map::Relu, |x, _| (x * 1e3).sigmoid()),
        one("relu with 1 at 0", Map::Relu, |x, _| x.ge(0.0)),
        one("relu6 without its upper edge", Map::Relu6, |x, _| x.step()),
        one("hard swish with x/3", Map::HardSwish, |x, _| {
            x.le(-3.0).select(0.0, x.lt(3.0).select(x / 3.0, 1.0))
        }),
        one("hard tanh with the step of relu", Map::HardTanh, |x, _| x.step() * x.lt(1.0)),
        made("swish 1.5 with its β dropped", real, |x| x.swish(1.5), |x, _| x.silu_grad()),
        made("leaky rectifier with 1/α", (1e-9, inf), |x| (-x).leaky_relu(0.25), |x, _| x.full_like(-4.0)),
        made("celu with the slope of elu", (-inf, 0.0), |x| x.celu(2.0), |x, _| x.exp()),
        made("scale inverted", real, |x| x * 3.0, |x, _| x.full_like(1.0 / 3.0)),
        made("softplus 2 without its β", real, |x| x.softplus_sharp(2.0), |x, _| x.sigmoid()),
        made("cube as 2x²", real, |x| x * x * x, |x, _| x * x * 2.0),
        made("a rate of 1e-12 taken for 0", real, |x| x * 1e-12, |x, _| x.zeros_like()),
        made(
            "squareplus by 1 − …",
            real,
            |x| x.squareplus(4.0),
            |x, _| (1.0 + x / (x * x + 4.0).sqrt()) * 0.5,
        ),
    ]);
    all
}
