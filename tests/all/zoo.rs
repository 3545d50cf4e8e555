//! Every row of the table passes the gradient check at first and second order, with probes from the
//! smallest numbers to the largest; every case of the catalog passes it with its whole Jacobian, and as a
//! weighted sum. The seeds are the first 3 unless `GRADUS_SEEDS` says how many, or from which to which; the
//! rates are printed.
//!
//! `GRADUS_SEEDS=1000 cargo test --release --test all zoo` is the long run; `GRADUS_SEEDS=500..600` a part of it.

use crate::catalog::{self, Case};
use crate::tables;
use gradus::gradcheck::{Report, Verdict, elementwise, function, gradcheck, op, op_at, op_in};
use gradus::nn::ACTIVATIONS;
use gradus::op::Map;
use gradus::prelude::*;
use std::ops::Range;
use std::time::Instant;

fn seeds() -> Range<u64> {
    let Ok(asked) = std::env::var("GRADUS_SEEDS") else { return 0..3 };
    let (first, end) = asked.split_once("..").unwrap_or(("0", &asked));
    let number = |n: &str| n.parse().unwrap_or_else(|_| panic!("GRADUS_SEEDS={asked} is neither n nor m..n"));
    number(first)..number(end)
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
    for seed in seeds() {
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

/// Values of the arguments that are not probed: of the first one on both sides and near 0, of the
/// others inside their domains.
fn beside(map: Map) -> Vec<Vec<f64>> {
    let others = |i: usize, j: usize| match map.domain()[i] {
        (low, _) if low.is_finite() => low + [0.25, 1.0, 3.0][(i + j) % 3],
        (_, high) if high.is_finite() => high - [0.25, 1.0, 3.0][(i + j) % 3],
        _ => [1.5, -0.75, 0.4][(i + j) % 3],
    };
    let firsts = [-30.0, -2.5, -1e-3, -1e-9, 0.0, 1e-3, 0.6, 3.3, 40.0];
    let inside = |x: &f64| *x > map.domain()[0].0 && *x < map.domain()[0].1;
    let at = |(j, &x): (usize, &f64)| {
        (0..map.args().len()).map(|i| if i == 0 { x } else { others(i, j) }).collect()
    };
    firsts.iter().filter(|x| inside(x)).enumerate().map(at).collect()
}

#[test]
fn every_row_passes_in_its_other_arguments() {
    let (start, mut all, mut failed) = (Instant::now(), 0, Vec::new());
    // In these the table declares neither dead intervals nor, off the kinks, kinks.
    let wrong =
        [Verdict::Wrong, Verdict::NonFinite, Verdict::NonLinear, Verdict::Overwritten, Verdict::Inconclusive];
    for &map in Map::ALL {
        for i in (1..map.args().len()).filter(|&i| !map.flat(i)) {
            let mut verified = 0;
            for seed in seeds().take(20) {
                // Rows that are themselves slopes have roots there that no oracle resolves.
                let slope = map.name().ends_with("_grad") || map.name().ends_with("_grad2");
                let resolved = matches!(map, Map::ExpRatioBGrad | Map::SwishMixedGrad2);
                let others = if slope && !resolved { Vec::new() } else { beside(map) };
                let checks = others.into_iter().map(|at| op_at(map, i, &at)).chain([op_in(map, i)]);
                for check in checks {
                    let report = check.seed(seed).run().expect("it runs");
                    all += 1;
                    verified += report.count(Verdict::Verified);
                    if wrong.iter().any(|&verdict| report.count(verdict) > 0) {
                        failed.push(format!("{} in argument {i}:\n{report}", map.name()));
                    }
                }
            }
            assert!(verified > 100, "{} in argument {i}: {verified} verified", map.name());
        }
    }
    tell("other arguments", all, &failed, start);
}

/// Every activation of one number: as a row, by what it declares; else as it is called.
fn zoo() -> Vec<(&'static str, Report)> {
    let check = |(called, activation): &(&'static str, gradus::nn::Activation)| {
        let name = called.split('(').next().expect("a name");
        let report = match Map::ALL.iter().find(|map| map.name() == name) {
            Some(&map) => op(map).order(2).run(),
            None if *called == "rrelu_mean(0.125, 1.0 / 3.0)" => {
                let slope = (0.125 + 1.0 / 3.0) / 2.0;
                elementwise(*called, activation).kink(0.0, slope).order(2).run()
            }
            None => elementwise(*called, activation).order(2).run(),
        };
        (*called, report.expect("it runs"))
    };
    // The rule of the straight-through step is no derivative, and is not meant to be.
    ACTIVATIONS.iter().filter(|(called, _)| *called != "step_straight_through()").map(check).collect()
}

#[test]
fn every_activation_is_verified_wherever_its_derivative_is_a_normal_number() {
    let mut count = 0;
    for (called, report) in zoo() {
        report.assert_ok();
        for part in &report.parts {
            let largest = part.elements.iter().filter(|e| e.at.abs() < 8.0).map(|e| e.numeric.abs());
            let largest = largest.fold(0.0, f64::max);
            for element in part.elements.iter().filter(|e| e.numeric.abs() >= f64::MIN_POSITIVE) {
                let told = matches!(element.verdict, Verdict::Verified | Verdict::Kink);
                // Beside a root of the slope itself its terms cancel.
                let root = element.verdict == Verdict::AtScale
                    && element.at.abs() < 8.0
                    && element.numeric.abs() < 1e-3 * largest;
                assert!(told || root, "{called}, {}: {element:?}", part.name);
                let near = element.relative() <= 1e-10 || element.verdict == Verdict::Kink;
                assert!(!told || near, "{called}, {}: {element:?}", part.name);
                count += usize::from(told);
            }
        }
    }
    println!("{count} derivatives verified");
    assert!(count > 20_000, "{count}");
}

#[test]
fn far_out_the_slope_of_the_sigmoid_is_verified() {
    let far = op(Map::Sigmoid).at([40.0, 100.0, -700.0]).run().expect("it runs");
    for x in [40.0, 100.0, -700.0] {
        let element = far.parts[0].elements.iter().find(|e| e.at == x).expect("it was probed");
        assert_eq!(element.verdict, Verdict::Verified, "{element:?}");
        assert!(element.relative() <= 1e-10 && element.analytic != 0.0, "{element:?}");
    }
}

#[test]
fn where_steps_are_longer_than_a_wave_differences_claim_nothing() {
    // Halved from here, all steps are nearly multiples of the period.
    let points = [64037.56132506697, 193199.95504856552, -257503.5222172665, 515240.2703510358];
    for map in [Map::Sin, Map::Cos] {
        let report = op(map).only(points).run().expect("it runs");
        report.assert_ok();
        assert_eq!(report.count(Verdict::Verified), points.len(), "{report}");
    }
    // So they are here wherever the first step is a tenth.
    for periods in [161.0, 161.5, 323.0] {
        let wave = elementwise("a fast wave", move |x| (x * (std::f64::consts::TAU * periods)).sin());
        wave.only([-7.3, -1.1, 0.2, 0.7, 3.0, 11.5]).run().expect("it runs").assert_ok();
    }
}

#[test]
fn where_the_complex_step_overflows_it_claims_nothing() {
    // The exponential inside is the largest number, nearly, and twice of that, its slope, is none.
    let points = [-354.6, 354.6, -354.88, 354.7];
    let report = op(Map::Tanhshrink).only(points).run().expect("it runs");
    report.assert_ok();
    assert_eq!(report.count(Verdict::Verified), points.len(), "{report}");
}

type Function = for<'g> fn(Var<'g>) -> Var<'g>;

/// A function with a rule of its own, whose slope is off by a factor.
fn ruled(
    name: &'static str,
    value: Function,
    slope: Function,
    factor: f64,
) -> impl for<'g> Fn(Var<'g>) -> Var<'g> {
    move |x| x.graph().custom(name, value(x), &[x], move |x, _, ct| vec![ct * slope(x[0]) * factor])
}

#[test]
fn where_a_slope_on_the_way_is_beyond_the_numbers_the_complex_step_takes_a_smaller_step() {
    // The slope of the logarithm is above the largest number here, and that of the whole is not.
    let points = [5e-324, 1.5e-323, 3.3e-321, 2.7e-316, 2.5e-314, 1e-310, 5.5e-309];
    let of: [(&str, Function, Function); 3] = [
        ("x · ln x", |x| x * x.ln(), |x| x.ln() + 1.0),
        ("√x · ln x", |x| x.sqrt() * x.ln(), |x| (0.5 * x.ln() + 1.0) / x.sqrt()),
        ("x^¾ · ln² x", |x| x.pow(0.75) * x.ln().square(), |x| x.pow(-0.25) * x.ln() * (0.75 * x.ln() + 2.0)),
    ];
    for (name, value, slope) in of {
        for (wrong, verdict) in [(1.0, Verdict::Verified), (1.5, Verdict::Wrong)] {
            let f = ruled(name, value, slope, wrong);
            let report = elementwise(name, &f).domain(0.0, f64::INFINITY).only(points).run();
            let report = report.expect("it runs");
            assert_eq!(report.count(verdict), points.len(), "{report}");
            let report = function(name, [Tensor::from(points.to_vec())], |x| f(x[0])).run().expect("it runs");
            assert_eq!(report.count(verdict), points.len(), "{report}");
        }
    }
    let report = op_at(Map::PowBGrad, 0, &[1.0, 1.25]).only(points).run().expect("it runs");
    assert_eq!(report.count(Verdict::Verified), points.len(), "{report}");
}

#[test]
fn what_factors_at_the_end_of_the_numbers_left_out_is_no_mistake() {
    // e^(a/b) is subnormal here and has a few digits; 1/b makes a normal number of it.
    let verdicts = [
        (
            Map::ExpRatio,
            Verdict::AtScale,
            [1.381246047116779e-12, 1.356734354946386e-12, 1.3867140780128596e-12],
        ),
        // Its rule is of half the exponent, which keeps them.
        (
            Map::ExpRatioBGrad,
            Verdict::Verified,
            [1.2939705961722879e-12, 1.3259796441865243e-12, 1.319479582412698e-12],
        ),
    ];
    for (map, verdict, points) in verdicts {
        let report = op_at(map, 1, &[-1e-9, 1.0]).only(points).run().expect("it runs");
        assert_eq!(report.count(verdict), points.len(), "{report}");
    }
    // At the other end, what may be lost is itself as large as numbers are.
    let points = [1.4770686022591453e-6, 1.470916612909321e-6];
    let report = op_at(Map::ExpRatio, 1, &[0.001, 0.25]).only(points).run().expect("it runs");
    assert_eq!(report.count(Verdict::Verified), points.len(), "{report}");
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
fn beside_a_root_what_rounding_leaves_is_no_mistake() {
    // The weights of this seed nearly cancel in one element of the second derivative.
    let cases = catalog::all();
    let case = cases.iter().find(|case| case.name == "log_softmax along -1").expect("it is there");
    let report = check(case, 2, 335).expect("it runs").expect("there is something to check");
    report.assert_ok();
    assert_eq!(report.count(Verdict::AtScale), 1, "{report}");
}

#[test]
fn the_whole_catalog_passes_at_both_orders() {
    let (start, mut all, mut failed) = (Instant::now(), 0, Vec::new());
    for seed in seeds() {
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

/// Processor time of this thread where the system tells it, which others do not lengthen much; else time.
fn seconds(work: impl FnOnce()) -> f64 {
    let spent = || -> Option<u64> {
        std::fs::read_to_string("/proc/thread-self/schedstat").ok()?.split(' ').next()?.parse().ok()
    };
    let (start, before) = (Instant::now(), spent());
    work();
    match before.zip(spent()) {
        Some((before, after)) => (after - before) as f64 * 1e-9,
        None => start.elapsed().as_secs_f64(),
    }
}

#[test]
#[cfg_attr(debug_assertions, ignore = "a promise of the release build")]
fn the_whole_catalog_is_checked_in_five_seconds() {
    let cases = catalog::all();
    let (mut checks, mut derivatives) = (0, 0);
    let mut all = || {
        let rows = Map::ALL.iter().map(|&map| op(map).order(2).run().expect("it runs"));
        let cases = cases.iter().filter(|case| !case.estimate);
        let cases = cases.filter_map(|case| check(case, 2, 0).expect("it runs"));
        (checks, derivatives) =
            rows.chain(cases).fold((0, 0), |(n, of), report| (n + 1, of + report.checked()));
    };
    // The better of two, if the first one was disturbed.
    let mut took = seconds(&mut all);
    if took >= 5.0 {
        took = took.min(seconds(&mut all));
    }
    tables::print(&format!("the whole catalog: {checks} checks of {derivatives} derivatives in {took:.1} s"));
    assert!(took < 5.0, "{took} s");
}

/// The whole Jacobian of a case with one value; labels come in as the places of ones.
fn jacobian(case: &Case, seed: u64) -> Result<Report> {
    let labels: Vec<Tensor<f64>> = case
        .labels
        .iter()
        .map(|(of, classes)| {
            let mut places = of.iter().copied();
            let shape: Vec<usize> = of.shape().iter().copied().chain([*classes]).collect();
            let mut place = 0;
            Tensor::from_fn(shape, |at| {
                if at[at.len() - 1] == 0 {
                    place = places.next().expect("a label for each row");
                }
                f64::from(u8::from(at[at.len() - 1] == place))
            })
        })
        .collect();
    let shifted = case.inputs.iter().map(|x| x.map(|x| x * (1.0 + 1e-3 * (seed % 10) as f64)));
    function(&case.name, shifted, |x| {
        let g = x[0].graph();
        let labels: Vec<Idx<'_>> =
            labels.iter().map(|of| g.value(of.clone()).argmax(-1).squeeze(-1)).collect();
        (case.build)(g, x, &labels)[0]
    })
    .order(2)
    .sample(64, seed)
    .run()
}

#[test]
fn every_case_passes_with_its_whole_jacobian() {
    let (start, mut all, mut failed) = (Instant::now(), 0, Vec::new());
    let (mut square, mut oblong, mut single, mut empty) = (0, 0, 0, 0);
    for case in catalog::all().iter().filter(|case| !case.estimate && !case.inputs.is_empty()) {
        let g = Graph::new();
        let recorded = case.record(&g);
        // One value, which reads no parameter: a function of its inputs.
        let param = catalog::nodes(&g, recorded.ys.iter().map(|y| y.id()))
            .values()
            .any(|node| node.op.name() == "param");
        let [y] = recorded.ys[..] else { continue };
        if param || case.inputs.iter().map(Tensor::len).sum::<usize>() * y.shape().size() > 2000 {
            continue;
        }
        for seed in seeds().take(100) {
            let report = match jacobian(case, seed) {
                Ok(report) => report,
                Err(Error::Invalid(problem)) if problem.contains("nothing to check") => break,
                Err(error) => panic!("{}: {error}", case.name),
            };
            all += 1;
            // Every element of every input that the value depends on, for every output.
            let whole = report
                .parts
                .iter()
                .filter(|part| part.outputs == y.shape().size())
                .all(|part| part.elements.len() == part.shape.size() * part.outputs);
            assert!(whole || y.shape().size() > 64, "{report}");
            if report.checked() == 0 {
                assert_eq!(report.problem(), Some("nothing was checked"), "{}", case.name);
                empty += 1;
                break;
            }
            for part in &report.parts {
                let axes = &part.shape[..];
                square += usize::from(axes.len() > 1 && axes.iter().all(|n| *n == axes[0]));
                oblong += usize::from(axes.iter().any(|n| *n != axes[0]));
                single += usize::from(axes.contains(&1));
            }
            let constant = report.count(Verdict::Dead) == report.checked();
            if !report.passed() && !constant {
                failed.push(format!("{} at seed {seed}:\n{report}", case.name));
            }
        }
    }
    println!("of square tensors {square}, of others {oblong}, with axes of size 1 {single}, empty {empty}");
    assert!(square > 3 && oblong > 50 && single > 10 && empty > 3);
    tell("whole Jacobians", all, &failed, start);
}

/// A network of 20 layers, in one of which the user's own tanh has a rule that is off by a millionth.
fn deep<'g>(x: Var<'g>, params: &mut Params<f64>, g: &'g Graph) -> Var<'g> {
    let mut h = x;
    for layer in 0..20 {
        let linear = Linear::new(params, format!("layer{layer}"), 6, 6);
        h = linear.forward(h);
        let wrong = if layer == 12 { 1.0 + 1e-6 } else { 1.0 };
        h = g.custom(format!("tanh{layer}"), h.tanh(), &[h], move |x, _, ct| {
            vec![ct * x[0].tanh_grad() * wrong]
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
    assert_eq!(report.wrong_rules.len(), 1, "{report}");
    let rule = &report.wrong_rules[0];
    assert!(rule.contains("tanh12") && rule.contains("zoo.rs"), "{rule}");
}
