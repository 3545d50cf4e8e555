//! The settings and the procedure that all checks of tensors share. Floor 7.

use super::derivatives::{Derivatives, Only, second};
use super::exercised::{exercised, not_a_number};
use crate::error::{Error, Result};
use crate::gradcheck::oracle::CheckedValue;
use crate::gradcheck::order_problem;
use crate::gradcheck::report::Report;
use crate::gradcheck::verdict::{RULES, Rules};
use crate::graph::Var;

/// Elements of a tensor that are checked unless more are asked for.
const SAMPLE: usize = 64;

/// The choice of the derivatives to check.
pub(super) struct Settings {
    /// Elements of a tensor that are checked at most.
    pub(super) sample: usize,
    pub(super) seed: u64,
    pub(super) order: usize,
    /// A setting that is not allowed, and its line.
    pub(super) problem: Option<String>,
    pub(super) only: Option<Only>,
    pub(super) rules: Rules,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("order", &self.order)
            .field("sample", &self.sample)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

impl Settings {
    pub(super) fn new() -> Self {
        Settings { sample: SAMPLE, seed: 0, order: 1, problem: None, only: None, rules: RULES }
    }

    /// Sets the order, or keeps what is wrong with it.
    #[track_caller]
    pub(super) fn order(self, order: usize) -> Self {
        let problem = order_problem(order);
        Settings { order, problem: self.problem.or(problem), ..self }
    }

    /// Returns an error if a setting is not allowed.
    pub(super) fn allowed(&self) -> Result<()> {
        self.problem.clone().map_or(Ok(()), |problem| Err(Error::Invalid(problem)))
    }

    /// Returns the samples and the order as code.
    pub(super) fn code(&self) -> String {
        let sample = if self.sample == usize::MAX { "usize::MAX".into() } else { self.sample.to_string() };
        let order = if self.order >= 2 { format!(".order({})", self.order) } else { String::new() };
        format!(".sample({sample}, {}){order}", self.seed)
    }

    /// Returns an error if the one element that is asked for does not exist.
    pub(super) fn picked(&self, wrt: &[Var<'_>]) -> Result<()> {
        self.derivatives(wrt).picked()
    }

    /// Checks the derivatives of a value, at both orders if asked for, and completes the report.
    pub(super) fn run<'g>(
        &self,
        mut subject: CheckedValue<'g>,
        wrt: &[Var<'g>],
        mut report: Report,
    ) -> Result<Report> {
        let plan = self.derivatives(wrt);
        plan.check(&mut subject, &mut report, "")?;
        report.notes = not_a_number(&subject);
        report.notes.extend(exercised(&subject, wrt)?);
        let mut elements = report.parts.iter().flat_map(|part| &part.elements);
        // A second derivative is judged only where the first one is right.
        if self.order >= 2 && elements.all(|e| (self.rules.passes)(e.verdict)) {
            second(&plan, subject, &mut report)?;
        }
        report.conclude(&self.rules);
        Ok(report)
    }

    fn derivatives<'a, 'g>(&'a self, wrt: &'a [Var<'g>]) -> Derivatives<'a, 'g> {
        let only = self.only.as_ref();
        Derivatives { wrt, sample: self.sample, seed: self.seed, only, rules: self.rules }
    }
}
