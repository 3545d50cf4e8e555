//! The gradient check is proved: wrong derivatives are found, right ones are not taken for wrong. Rates
//! are printed.

use crate::mutants::{End, Mutant, elementwise, end, formulas, slips, tails, tensors};
use crate::tables;
use gradus::gradcheck::{Report, Verdict, gradcheck};
use gradus::prelude::*;
use std::collections::BTreeMap;

/// Checks mutants on two threads, in their order.
fn ends(all: &[Mutant], seed: u64) -> Vec<End> {
    let one = |mutant: &Mutant| match mutant.check(seed) {
        Ok(report) => end(&report),
        Err(error) => panic!("{}: {error}", mutant.name),
    };
    let (left, right) = all.split_at(all.len() / 2);
    let mut ends: Vec<End> = Vec::new();
    std::thread::scope(|scope| {
        let right = scope.spawn(|| right.iter().map(one).collect::<Vec<End>>());
        ends.extend(left.iter().map(one));
        ends.extend(right.join().expect("no check panics"));
    });
    ends
}

#[test]
fn every_wrong_derivative_is_found() {
    let all: Vec<Mutant> = [elementwise::all(), formulas::all(), tensors::all(), slips::all(), tails::all()]
        .into_iter()
        .flatten()
        .collect();
    assert!(all.len() >= 200, "{}", all.len());
    let ends = ends(&all, 0);
    let mut classes: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut lived = Vec::new();
    for (mutant, end) in all.iter().zip(&ends) {
        let (killed, of) = classes.entry(mutant.class).or_default();
        *of += 1;
        match end {
            End::Killed => *killed += 1,
            end => lived.push(format!("{} ({}): {end:?}", mutant.name, mutant.class)),
        }
    }
    let mut table = format!("wrong derivatives\n{:30} killed of\n", "class");
    classes.insert("all", (all.len() - lived.len(), all.len()));
    for (class, (killed, of)) in &classes {
        table += &format!("{class:30} {killed:6} {of:3}\n");
    }
    tables::print(&table);
    assert!(lived.is_empty(), "{} of {} live:\n{}", lived.len(), all.len(), lived.join("\n"));
    is_told(&format!("{} wrong rules in the shapes of real slips, all found", all.len()));
}

/// Asserts that the document says so, however its lines break.
fn is_told(words: &str) {
    let text: Vec<&str> = include_str!("../../docs/architecture.md").split_whitespace().collect();
    assert!(text.join(" ").contains(words), "docs/architecture.md does not say: {words}");
}

#[test]
fn nearly_every_fresh_one_is_found() {
    let all = elementwise::fresh(2024, 14);
    let sizes: Vec<f64> = all.iter().map(|(_, size)| *size).collect();
    let all: Vec<Mutant> = all.into_iter().map(|(mutant, _)| mutant).collect();
    let ends = ends(&all, 1);
    let killed = ends.iter().filter(|end| **end == End::Killed).count();
    let mut table = String::from("fresh wrong derivatives\noff by    killed of\n");
    for power in -9..0 {
        let within = |size: f64| size.log10().floor() as i32 == power;
        let of: Vec<End> =
            ends.iter().zip(&sizes).filter(|(_, size)| within(**size)).map(|(end, _)| *end).collect();
        let killed = of.iter().filter(|end| **end == End::Killed).count();
        table += &format!("1e{power}      {killed:6} {:3}\n", of.len());
    }
    table += &format!("all       {killed:6} {:3}\n", all.len());
    for (mutant, end) in all.iter().zip(&ends).filter(|(_, end)| **end != End::Killed) {
        table += &format!("{}: {end:?}\n", mutant.name);
    }
    tables::print(&table);
    assert!(killed * 100 >= all.len() * 99, "{killed} of {}", all.len());
    is_told(&format!("of {} fresh ones, off by 1e-9 to 0.3 on a random interval, {killed} ", all.len()));
}

#[test]
fn the_same_values_with_their_right_rules_pass() {
    for mutant in elementwise::right() {
        let report = mutant.check(3).expect("it runs");
        report.assert_ok();
    }
}

/// A value with a rule of its own at some inputs, all of which are checked.
fn custom(
    at: Tensor<f64>,
    value: impl for<'a> Fn(Var<'a>) -> Var<'a>,
    rule: impl for<'a> Fn(Var<'a>) -> Var<'a> + Send + Sync + 'static,
) -> Report {
    let g = Graph::new();
    let x = g.input("x", at.shape());
    let y = g.custom("rule", value(x), &[x], move |x, _, ct| vec![ct * rule(x[0])]);
    let check = gradcheck(y.sum(..), &Params::<f64>::new()).wrt([x]).feed([(x, &at)]);
    check.exhaustive().run().expect("it runs")
}

/// Cases that other checkers let through, each without having seen anything.
#[test]
fn none_of_the_vacuous_passes_of_others_is_one() {
    // A sigmoid whose slope is 0 where it is small.
    for x in [12.0, -12.0, 14.0, 20.0, 40.0] {
        let report = custom(tensor![x], |x| x.sigmoid(), |x| x.zeros_like());
        assert_eq!(report.count(Verdict::Wrong), 1, "{x}: {report}");
        custom(tensor![x], |x| x.sigmoid(), |x| x.logistic_pdf()).assert_ok();
    }
    // Nothing, with a wrong rule.
    let report = custom(Tensor::zeros([0]), |x| x.sin(), |x| x.sin());
    assert_eq!(report.problem(), Some("nothing was checked"));
    // A function without a value, and one without an end.
    let report = custom(tensor![1.0], |x| x * f64::NAN, |x| x * f64::NAN);
    assert_eq!(report.count(Verdict::NonFinite), 1, "{report}");
    let report = custom(tensor![1.0], |x| x / 0.0, |x| x.zeros_like());
    assert_eq!(report.count(Verdict::NonFinite), 1, "{report}");
    // A rectifier far out, and beside its kink.
    for x in [1e-9, 5e-300] {
        let report = custom(tensor![x], |x| x.relu(), |x| x.zeros_like());
        assert!(!report.passed(), "{x}: {report}");
        custom(tensor![x], |x| x.relu(), |x| x.step()).assert_ok();
    }
    for x in [1e12, 5e-7] {
        assert_eq!(custom(tensor![x], |x| x.relu(), |x| x.zeros_like()).count(Verdict::Wrong), 1, "{x}");
        custom(tensor![x], |x| x.relu(), |x| x.step()).assert_ok();
    }
    custom(tensor![0.0, 1.0], |x| x.relu(), |x| x.step()).assert_ok();
    // Nothing was differentiated.
    let g = Graph::new();
    let x = g.input("x", [1]);
    let at = tensor![0.7];
    let check = gradcheck(x.sin().detach().sum(..), &Params::<f64>::new()).wrt([x]).feed([(x, &at)]);
    let report = check.run().expect("it runs");
    assert!(!report.passed(), "{report}");
    // A third of many elements off by 30 %, all of them at once.
    let many = Tensor::from_fn([40_000], |at| 0.1 + at[0] as f64 / 4e4);
    let g = Graph::new();
    let x = g.input("x", [40_000]);
    let off = g.value(Tensor::from_fn([40_000], |at| if at[0] % 3 == 0 { 1.3 } else { 1.0 }));
    let y = g.custom("sine", x.sin(), &[x, off], |x, _, ct| vec![ct * x[0].cos() * x[1], x[1].zeros_like()]);
    let check = gradcheck(y.sum(..), &Params::<f64>::new()).wrt([x]).feed([(x, &many)]);
    let report = check.sample(8, 0).run().expect("it runs");
    let apart = report.projections.iter().filter(|projection| !projection.agrees()).count();
    assert!(!report.passed() && apart > 0 && report.wrong_rules.len() == 1, "{report}");
    // Twice the slope beyond 9 on some of 400 points.
    let wide = Tensor::from_fn([400], |at| (at[0] as f64 - 199.5) / 20.0);
    let report = custom(
        wide,
        |x| x.softsign(),
        |x| {
            let right = (1.0 / (1.0 + x.abs())).square();
            x.abs().gt(9.0).select(right * 2.0, right)
        },
    );
    let found = [Verdict::Wrong, Verdict::Inconclusive].map(|verdict| report.count(verdict));
    assert!(found[0] > 35 && found[0] + found[1] == 40, "{report}");
}
