//! The check of the check: each of its rules, bent, is caught by what the check must say.

use super::verdict::{RULES, Rules};
use super::{Report, Verdict, elementwise, function, gradcheck};
use crate::error::Result;
use crate::graph::{Graph, NodeId, Var};
use crate::params::Params;
use crate::tensor::Tensor;
use std::collections::BTreeSet;
use std::sync::Mutex;

/// The check of a function of one tensor, by some rules.
fn check(rules: Rules, at: Tensor<f64>, f: impl for<'g> Fn(Var<'g>) -> Var<'g>) -> Result<Report> {
    let g = Graph::new();
    let x = g.input("x", at.shape());
    let loss = f(x).sum(..);
    gradcheck(loss, &Params::<f64>::seeded(0)).wrt([x]).feed([(x, &at)]).rules(rules).run()
}

/// A rectifier whose rule says this slope everywhere.
fn kink(x: Var<'_>, slope: f64) -> Var<'_> {
    x.graph().custom("rectifier", x.relu(), &[x], move |_, _, ct| vec![ct * slope])
}

/// The sine with a rule that is off by a share.
fn sine(x: Var<'_>, share: f64) -> Var<'_> {
    x.graph().custom("sine", x.sin(), &[x], move |args, _, ct| vec![ct * args[0].cos() * (1.0 + share)])
}

/// The sine, of which a cotangent that was seen before gets nothing beyond 0.7.
fn forgetful(x: Var<'_>) -> Var<'_> {
    static SEEN: Mutex<BTreeSet<(u64, NodeId)>> = Mutex::new(BTreeSet::new());
    x.graph().custom("sine", x.sin(), &[x], |args, _, ct| {
        let first = SEEN.lock().is_ok_and(|mut seen| seen.insert((ct.graph().id(), ct.id())));
        let part = ct * args[0].cos();
        vec![if first { part } else { part * args[0].lt(0.7) }]
    })
}

/// The verdicts that a check must reach: whether it passes.
fn battery(rules: Rules) -> Vec<(&'static str, bool, Result<Report>)> {
    let point = |x: f64| Tensor::from([x]);
    vec![
        ("a right sigmoid, everywhere", true, elementwise("sigmoid", |x| x.sigmoid()).rules(rules).run()),
        (
            "a sigmoid without a tail",
            false,
            elementwise("textbook", |x| {
                x.graph().custom("sigmoid", x.sigmoid(), &[x], |_, y, ct| vec![ct * y * (1.0 - y)])
            })
            .rules(rules)
            .run(),
        ),
        ("a slope inside a kink", true, check(rules, point(0.0), |x| kink(x, 0.5))),
        ("a slope above a kink", false, check(rules, point(0.0), |x| kink(x, 1.5))),
        ("a slope below a kink", false, check(rules, point(0.0), |x| kink(x, -0.5))),
        // Alone: among others it would be caught by its operation as well.
        (
            "a slope above a kink, alone",
            false,
            elementwise("rectifier", |x| {
                x.graph().custom("rectifier", x.relu(), &[x], |args, _, ct| {
                    vec![ct * (args[0].step() + 1.5 * args[0].eq(0.0))]
                })
            })
            .domain(-3.0, 3.0)
            .rules(rules)
            .run(),
        ),
        (
            "a rule that forgets a second use",
            false,
            elementwise("forgetful", forgetful).domain(0.5, 0.9).rules(rules).run(),
        ),
        ("a right sine", true, check(rules, point(0.7), |x| sine(x, 0.0))),
        // Element by element alone: all together would be caught by their projection as well.
        (
            "a sine off by 1e-9",
            false,
            elementwise("sine", |x| sine(x, 1e-9)).domain(-3.0, 3.0).rules(rules).run(),
        ),
        (
            "a NaN beside a number",
            false,
            function("root", [Tensor::from([-1.0, 4.0])], |x| x[0].sqrt()).rules(rules).run(),
        ),
        (
            "a bend too slight to be seen",
            false,
            check(rules, Tensor::from([0.0, 1.0]), |x| x + x.abs() * 1e-7),
        ),
        ("nothing at all", false, check(rules, Tensor::zeros([0]), |x| x.sin())),
        (
            "a residue of roundings",
            true,
            function("residue", [Tensor::from([0.3, 0.7])], |x| ((x[0] + 0.1 + 0.2) - 0.6).square())
                .rules(rules)
                .run(),
        ),
        ("a value in coarse steps", true, check(rules, point(0.3), |x| (x + 1e6) - 1e6)),
    ]
}

/// Returns the cases that a battery gets wrong.
fn wrong(rules: Rules) -> Vec<&'static str> {
    let all = battery(rules).into_iter();
    all.filter(|(_, passes, report)| report.as_ref().map(Report::passed).ok() != Some(*passes))
        .map(|(name, ..)| name)
        .collect()
}

#[test]
fn the_rules_say_what_they_must() {
    for (name, passes, report) in battery(RULES) {
        let report = report.expect(name);
        assert_eq!(report.passed(), passes, "{name}:\n{report}");
    }
}

#[test]
fn every_bent_rule_is_caught() {
    let bent: [(&str, Rules); 10] = [
        ("no noise in the differences", Rules { noise: 0.0, ..RULES }),
        ("a tolerance of a millionth", Rules { relative: 1e-6, ..RULES }),
        ("nothing owed to sums that cancel", Rules { spread: 0.0, ..RULES }),
        ("the two sides of a kink swapped", Rules { between: |l, r| (l.max(r), l.min(r)), ..RULES }),
        ("any slope right at a kink", Rules { between: |_, _| (f64::NEG_INFINITY, f64::INFINITY), ..RULES }),
        ("inconclusive passes", Rules { passes: |v| v.passes() || v == Verdict::Inconclusive, ..RULES }),
        ("a NaN is skipped", Rules { passes: |v| v.passes() || v == Verdict::NonFinite, ..RULES }),
        ("overwritten passes", Rules { passes: |v| v.passes() || v == Verdict::Overwritten, ..RULES }),
        ("nothing is evidence enough", Rules { evidence: |_| true, ..RULES }),
        ("wrong passes", Rules { passes: |v| v.passes() || v == Verdict::Wrong, ..RULES }),
    ];
    let mut lived = Vec::new();
    for (name, rules) in bent {
        let caught = wrong(rules);
        println!("{name}: caught by {caught:?}");
        if caught.is_empty() {
            lived.push(name);
        }
    }
    assert!(lived.is_empty(), "these bent rules live: {lived:?}");
}
