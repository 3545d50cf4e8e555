//! Wrong derivatives: a right value, made of the crate's own operations, with one wrong rule.

pub mod elementwise;
pub mod formulas;
pub mod slips;
pub mod tails;
pub mod tensors;

use gradus::gradcheck::{Report, Verdict, elementwise as check_elementwise, function};
use gradus::op::Map;
use gradus::{Result, Tensor, Var};
use std::sync::Arc;

/// A rule: from the arguments, the value and its cotangent to the arguments' cotangents.
pub type Rule = Arc<dyn for<'a> Fn(&[Var<'a>], Var<'a>, Var<'a>) -> Vec<Var<'a>> + Send + Sync>;
/// A value from its arguments.
pub type Value = Arc<dyn for<'a> Fn(&[Var<'a>]) -> Var<'a> + Send + Sync>;

/// A value with a rule.
pub struct Mutant {
    pub name: String,
    pub class: &'static str,
    pub value: Value,
    pub rule: Rule,
    pub of: Of,
    /// A function of the value that is checked instead of it.
    pub then: Option<Value>,
}

/// The arguments of a value.
#[derive(Clone)]
pub enum Of {
    /// One number, with the row's domain, kinks and dead intervals.
    Number(Map),
    /// One number, in an interval.
    Interval(f64, f64),
    /// Tensors.
    Tensors(Vec<Tensor<f64>>),
}

impl Mutant {
    /// The value with the rule, recorded.
    fn record<'g>(&self, args: &[Var<'g>]) -> Var<'g> {
        let value = (self.value)(args);
        let rule = self.rule.clone();
        let y = args[0].graph().custom(self.name.clone(), value, args, move |args, y, ct| rule(args, y, ct));
        match &self.then {
            Some(then) => then(&[y]),
            None => y,
        }
    }

    /// The check's report of it, at default settings.
    pub fn check(&self, seed: u64) -> Result<Report> {
        match &self.of {
            Of::Tensors(inputs) => {
                function(&self.name, inputs.clone(), |x| self.record(x)).sample(64, seed).run()
            }
            Of::Interval(low, high) => {
                check_elementwise(&self.name, |x| self.record(&[x])).domain(*low, *high).seed(seed).run()
            }
            Of::Number(map) => {
                let mut check = check_elementwise(&self.name, |x| self.record(&[x])).seed(seed);
                check = check.domain(map.domain()[0].0, map.domain()[0].1);
                for kink in map.kinks() {
                    check = check.kink(kink.at[0], kink.slopes[0]);
                }
                for &(low, high) in map.dead() {
                    check = check.dead(low, high);
                }
                check.run()
            }
        }
    }
}

/// The end of a check.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// The check failed and said that something is wrong.
    Killed,
    /// The check failed, but only since no oracle resolved the derivative.
    Refused,
    /// The check passed.
    Passed,
}

/// Returns the end of a check.
pub fn end(report: &Report) -> End {
    let wrong = [
        Verdict::Wrong,
        Verdict::NonFinite,
        Verdict::NonDeterministic,
        Verdict::NonLinear,
        Verdict::Overwritten,
    ];
    match report.passed() {
        true => End::Passed,
        false if wrong.iter().any(|&verdict| report.count(verdict) > 0) => End::Killed,
        false if report.projections.iter().any(|projection| !projection.agrees()) => End::Killed,
        false if !report.wrong_rules.is_empty() => End::Killed,
        false => End::Refused,
    }
}
