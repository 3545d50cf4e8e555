//! Slopes that are 0 from somewhere in a tail on, beside elements of ordinary size.

use super::elementwise::slope;
use super::{Mutant, Of, Rule, Value};
use gradus::Tensor;
use gradus::op::{Map, Real};
use std::sync::Arc;

/// Rows whose slope vanishes in a tail without being 0, with the sides on which it does.
pub const TAILS: [(Map, &[f64]); 26] = [
    (Map::Sigmoid, &[-1.0, 1.0]),
    (Map::Tanh, &[-1.0, 1.0]),
    (Map::Selu, &[-1.0]),
    (Map::Gelu, &[-1.0]),
    (Map::GeluTanh, &[-1.0]),
    (Map::GeluSigmoid, &[-1.0]),
    (Map::Silu, &[-1.0]),
    (Map::Mish, &[-1.0]),
    (Map::Softplus, &[-1.0]),
    (Map::Softsign, &[-1.0, 1.0]),
    (Map::LogSigmoid, &[1.0]),
    (Map::LogNormalCdf, &[1.0]),
    (Map::Gaussian, &[-1.0, 1.0]),
    (Map::Arctan, &[-1.0, 1.0]),
    (Map::Exp, &[-1.0]),
    (Map::ExpM1, &[-1.0]),
    (Map::Erf, &[-1.0, 1.0]),
    (Map::NormalCdf, &[-1.0, 1.0]),
    (Map::NormalPdf, &[-1.0, 1.0]),
    (Map::LogisticPdf, &[-1.0, 1.0]),
    (Map::Ln, &[1.0]),
    (Map::Exp2, &[-1.0]),
    (Map::Erfc, &[-1.0, 1.0]),
    (Map::Asinh, &[-1.0, 1.0]),
    (Map::Rsqrt, &[1.0]),
    (Map::Sqrt, &[1.0]),
];

/// Points beyond which a slope becomes 0.
const BEYOND: [f64; 9] = [6.0, 12.0, 20.0, 30.0, 75.0, 200.0, 500.0, 1e9, 1e90];

/// The elements beside the one in the tail.
const ORDINARY: [f64; 5] = [0.4, 1.0, 0.7, 0.3, 1.9];

/// A row with a rule that forgets its slope beyond a point.
fn mutant(map: Map, beyond: f64, sign: f64, inside: &str, at: Tensor<f64>, then: Value) -> Mutant {
    let rule: Rule = Arc::new(move |x, y, ct| {
        let kept = (x[0] * sign).lt(beyond);
        vec![kept.select(ct.strong_mul(slope(map, x[0], y)), 0.0)]
    });
    Mutant {
        name: format!("{}: 0 beyond {:e}, in {inside}", map.name(), sign * beyond),
        class: if inside == "a sum" { "zero in a tail, in a sum" } else { "zero in a tail, in a model" },
        value: Arc::new(move |x| Real::row(map, x)),
        rule,
        of: Of::Tensors(vec![at]),
        then: Some(then),
    }
}

pub fn all() -> Vec<Mutant> {
    let mut all = Vec::new();
    for (map, signs) in TAILS {
        for (&sign, beyond) in signs.iter().flat_map(|sign| BEYOND.map(|beyond| (sign, beyond))) {
            // A slope that is not a normal number is skipped.
            let far = sign * beyond * 1.1;
            let slope_there = map.slope(0, &[far], map.value(&[far])).unwrap_or(0.0);
            if slope_there.abs() < 1e-290 {
                continue;
            }
            let at = |i: usize| if i == 4 { far } else { ORDINARY[i % 5] };
            let sum: Value = Arc::new(|y| y[0].sum(..));
            all.push(mutant(map, beyond, sign, "a sum", Tensor::from_fn([6], |i| at(i[0])), sum));
            let model: Value = Arc::new(|y| {
                let weights = Tensor::from_fn([3, 2], |i| 0.3 * i[0] as f64 - 0.5 * i[1] as f64 + 0.4);
                (y[0].matmul(y[0].graph().value(weights)) - 0.25).square().mean(..)
            });
            let batch = Tensor::from_fn([4, 3], |i| at(3 * i[0] + i[1]));
            all.push(mutant(map, beyond, sign, "a model", batch, model));
        }
    }
    all
}
