//! Every row of the table passes the gradient check at first and second order, with probes from the
//! smallest numbers to the largest; every case of the catalog passes it with its whole Jacobian. The
//! seeds are 3 unless `GRADUS_SEEDS` says how many; the rates are printed.

#[path = "catalog/mod.rs"]
mod catalog;
mod tables;

use catalog::Case;
use gradus::gradcheck::{Report, Verdict, gradcheck, op, op_in};
use gradus::op::Map;
use gradus::prelude::*;
use std::time::Instant;

fn seeds() -> u64 {
    std::env::var("GRADUS_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(3)
}

/// Counts what did not pass, and tells it.
fn tell(what: &str, all: usize, failed: &[String], start: Instant) {
    let seconds = start.elapsed().as_secs_f64();
    tables::print(&format!("false alarms, {what}: {} of {all} checks ({seconds:.1} s)", failed.len()));
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn every_row_passes_at_both_orders() {
    let (start, mut all, mut failed) = (Instant::now(), 0, Vec::new());
    for seed in 0..seeds() {
        for &map in Map::ALL {
            let report = op(map).order(2).seed(seed).run().expect("it runs");
            all += 1;
            if !report.passed() {
                failed.push(format!("{} at seed {seed}:\n{report}", map.name()));
            }
        }
    }
    tell("rows", all, &failed, start);
}

#[test]
fn every_row_passes_in_its_other_arguments() {
    let (start, mut all, mut failed) = (Instant::now(), 0, Vec::new());
    for &map in Map::ALL {
        for i in (1..map.args().len()).filter(|&i| !map.flat(i)) {
            let report = op_in(map, i).run().expect("it runs");
            // In these the table declares no dead interval.
            let wrong = [Verdict::Wrong, Verdict::NonFinite, Verdict::NonLinear, Verdict::Inconclusive];
            all += 1;
            if wrong.iter().any(|&verdict| report.count(verdict) > 0) {
                failed.push(format!("{} in argument {i}:\n{report}", map.name()));
            }
        }
    }
    tell("other arguments", all, &failed, start);
}

#[test]
fn vanishing_slopes_are_verified_not_excused() {
    for map in [Map::Sigmoid, Map::Tanh, Map::Gelu, Map::Silu, Map::Mish, Map::Softplus, Map::Elu, Map::Selu]
    {
        let report = op(map).order(2).run().expect("it runs");
        for part in &report.parts {
            for element in part.elements.iter().filter(|e| e.numeric.abs() >= f64::MIN_POSITIVE) {
                let told = matches!(element.verdict, Verdict::Verified | Verdict::Kink);
                // Beside a root of the slope itself its terms cancel.
                let root = element.verdict == Verdict::AtScale && element.numeric.abs() < 1e-3;
                assert!(
                    told || (root && element.at.abs() < 4.0),
                    "{} {}: {element:?}",
                    map.name(),
                    part.name
                );
                assert!(
                    !told || element.relative() <= 1e-10 || element.verdict == Verdict::Kink,
                    "{element:?}"
                );
            }
        }
    }
    let far = op(Map::Sigmoid).at([40.0, 100.0, -700.0]).run().expect("it runs");
    for x in [40.0, 100.0, -700.0] {
        let element = far.parts[0].elements.iter().find(|e| e.at == x).expect("it was probed");
        assert_eq!(element.verdict, Verdict::Verified, "{element:?}");
        assert!(element.relative() <= 1e-10 && element.analytic != 0.0, "{element:?}");
    }
}

/// The gradient check of a case, summed with fixed weights of both signs.
fn check(case: &Case, order: usize, seed: u64) -> Result<Option<Report>> {
    let g = Graph::new();
    let recorded = case.record(&g);
    let mut weight = seed as f64;
    let parts = recorded.ys.iter().filter(|y| y.shape().size() > 0).map(|y| {
        let weights = Tensor::from_fn(y.shape(), |_| {
            weight = (weight * 1.37 + 0.71) % 2.0;
            weight - 0.9
        });
        (*y * g.value(weights)).sum(..)
    });
    let Some(loss) = parts.reduce(|a, b| a + b) else { return Ok(None) };
    let xs: Vec<Var<'_>> = recorded.xs.iter().copied().filter(|x| x.shape().size() > 0).collect();
    let shifted: Vec<Tensor<f64>> =
        case.inputs.iter().map(|x| x.map(|x| x * (1.0 + 1e-3 * (seed % 10) as f64))).collect();
    let feeds = recorded.xs.iter().zip(&shifted).map(|(x, value)| x.feed(value));
    let labels = recorded.labels.iter().zip(&case.labels).map(|(t, (value, _))| t.feed::<f64>(value));
    let params = catalog::store::<f64>().0;
    match gradcheck(loss, &params).wrt(xs).feed(feeds).feed(labels).order(order).sample(16, seed).run() {
        Ok(report) => Ok(Some(report)),
        // A case that is constant in all of its inputs has nothing to check.
        Err(Error::Invalid(problem)) if problem.contains("nothing to check") => Ok(None),
        Err(error) => Err(error),
    }
}

#[test]
fn the_whole_catalog_passes_at_both_orders() {
    let (start, mut all, mut failed) = (Instant::now(), 0, Vec::new());
    for seed in 0..seeds().min(100) {
        for case in catalog::all().iter().filter(|case| !case.estimate) {
            let Some(report) = check(case, 2, seed).unwrap_or_else(|e| panic!("{}: {e}", case.name)) else {
                continue;
            };
            all += 1;
            // A case may well be constant where it is sampled.
            let constant = report.count(Verdict::Dead) == report.checked();
            if !report.passed() && !constant {
                failed.push(format!("{} at seed {seed}:\n{report}", case.name));
            }
        }
    }
    tell("catalog", all, &failed, start);
}

/// A network of 20 layers, in one of which the user's own tanh has a rule that is off by a millionth.
fn deep<'g>(x: Var<'g>, params: &mut Params<f64>, g: &'g Graph) -> Var<'g> {
    let mut h = x;
    for layer in 0..20 {
        let linear = Linear::new(params, format!("layer{layer}"), 6, 6);
        h = linear.apply(h);
        let wrong = if layer == 12 { 1.0 + 1e-6 } else { 1.0 };
        h = g.custom(format!("tanh{layer}"), h.tanh(), &[h], move |x, _, ct| {
            vec![ct * x[0].tanh_slope() * wrong]
        });
    }
    h
}

#[test]
fn in_a_model_of_twenty_layers_the_wrong_operation_is_named() {
    let mut params = Params::<f64>::seeded(5);
    let g = Graph::new();
    let x = g.input("x", [4, 6]);
    let loss = deep(x, &mut params, &g).square().mean(..);
    let xs = Tensor::from_fn([4, 6], |at| ((at[0] * 5 + at[1] * 3) % 11) as f64 / 5.0 - 1.0);
    let report = gradcheck(loss, &params).feed([(x, &xs)]).sample(4, 1).run().expect("it runs");
    assert!(!report.passed());
    assert_eq!(report.guilty.len(), 1, "{report}");
    let guilty = &report.guilty[0];
    assert!(guilty.contains("tanh12") && guilty.contains("zoo.rs"), "{guilty}");
}
