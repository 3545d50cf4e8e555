//! The check of a value in the parameters and inputs that it depends on. Floor 8.

use super::derivatives::{Derivatives, Only, second};
use super::exercised::exercised;
use super::judge::{RULES, Rules};
use super::report::{Origin, Report};
use super::subject::{Fodder, Owned, Subject, fed};
use crate::autodiff::depends;
use crate::element::Element;
use crate::error::{Error, Result, Site};
use crate::graph::Var;
use crate::op::Op;
use crate::params::Params;
use crate::session::{Declared, Fed, Feed};

/// Elements of a tensor that are checked unless more are asked for.
const SAMPLE: usize = 64;

/// Checks the gradient of a scalar in every parameter that it depends on, in `f64`, on the very
/// graph that trains. What it reads is fed as for a run.
///
/// ```
/// # use gradus::prelude::*;
/// let mut params = Params::<f32>::seeded(1);
/// let net = Mlp::new(&mut params, "net", &[2, 4, 1]);
/// let g = Graph::new();
/// let (x, t) = (g.input("x", [3, 2]), g.input("t", [3, 1]));
/// let loss = net.apply(x).mse(t);
/// let (xs, ts) = (tensor![[0.1, 0.2], [0.3, -0.4], [-0.5, 0.6]], tensor![[0.0], [1.0], [0.0]]);
/// let report = gradcheck(loss, &params).feed([(x, &xs), (t, &ts)]).run()?;
/// report.assert_ok();
/// assert_eq!((report.checked(), report.total()), (17, 17));
/// # Ok::<(), gradus::Error>(())
/// ```
#[track_caller]
pub fn gradcheck<'g, E: Element>(loss: Var<'g>, params: &Params<E>) -> Check<'g> {
    Check {
        loss,
        params: params.cast(),
        feeds: Vec::new(),
        wrt: Vec::new(),
        sample: SAMPLE,
        seed: 0,
        order: 1,
        only: None,
        rules: RULES,
        origin: Origin::here(false),
    }
}

/// A gradient check that is being described; see [`gradcheck`].
#[must_use = "nothing is checked until it runs"]
pub struct Check<'g> {
    loss: Var<'g>,
    params: Params<f64>,
    feeds: Vec<Fodder>,
    wrt: Vec<Var<'g>>,
    sample: usize,
    seed: u64,
    order: usize,
    only: Option<Only>,
    rules: Rules,
    origin: Origin,
}

impl<'g> Check<'g> {
    /// The inputs and labels, as for a run; numbers of another type are made `f64`, exactly.
    pub fn feed<'a, E: Element>(mut self, feeds: impl IntoIterator<Item = impl Into<Feed<'a, E>>>) -> Self {
        for feed in feeds {
            let feed: Feed<'a, E> = feed.into();
            let value = match feed.value {
                Fed::Real(tensor) => Owned::Real(tensor.cast()),
                Fed::Index(tensor) => Owned::Index(tensor.clone()),
            };
            self.feeds.push(Fodder { graph: feed.graph, node: feed.node, value });
        }
        self
    }

    /// Checks these inputs and parameters instead of all parameters.
    pub fn wrt(mut self, values: impl IntoIterator<Item = Var<'g>>) -> Self {
        self.wrt.extend(values);
        self
    }

    /// How many elements of each tensor are checked at most; 64 unless this is said. They are drawn
    /// by the seed, one of each of as many parts of the tensor. What is not drawn is covered by
    /// projections.
    pub fn sample(self, elements: usize, seed: u64) -> Self {
        Check { sample: elements, seed, ..self }
    }

    /// Checks every element of every tensor.
    pub fn exhaustive(self) -> Self {
        self.sample(usize::MAX, 0)
    }

    /// Checks the second derivative as well, if 2: the gradient of a random sum of the gradient.
    pub fn order(self, order: usize) -> Self {
        Check { order, ..self }
    }

    /// Checks one element alone, of the parameter or input of this name: to look closer at what failed.
    pub fn only(self, name: impl Into<String>, index: impl Into<Vec<usize>>) -> Self {
        Check { only: Some((name.into(), index.into())), ..self }
    }

    /// The description as code.
    fn code(&self) -> (String, String) {
        let mut code = String::from("gradcheck(loss, &params)");
        if !self.feeds.is_empty() {
            code += ".feed(…)";
        }
        if !self.wrt.is_empty() {
            code += ".wrt(…)";
        }
        (code, sampled(self.sample, self.seed, self.order))
    }

    #[cfg(test)]
    pub(super) fn rules(self, rules: Rules) -> Self {
        Check { rules, ..self }
    }

    /// Runs the check.
    ///
    /// # Errors
    /// What compiling and running the graph gives; [`Error::Invalid`] if there is nothing to check.
    /// That a gradient is wrong is not an error but a verdict of the [`Report`].
    #[track_caller]
    pub fn run(self) -> Result<Report> {
        let wrt = self.tensors()?;
        Declared::of(self.loss.graph()).judge(&fed(&self.feeds))?;
        let shape = self.loss.shape();
        if shape.size() != 1 {
            return Err(Error::Invalid(format!(
                "a gradient is of one number, but this value has shape {shape}; sum it, or check it as a function"
            )));
        }
        let mut report = Report::new("the value", self.seed, self.origin, self.code());
        let only = self.only.as_ref();
        let plan = Derivatives { wrt: &wrt, sample: self.sample, seed: self.seed, only, rules: self.rules };
        plan.picked()?;
        let mut subject = Subject::new(self.loss, self.params, self.feeds)?;
        plan.check(&mut subject, &mut report, "")?;
        report.notes = exercised(&subject, &wrt)?;
        let right =
            || report.parts.iter().flat_map(|part| &part.elements).all(|e| (self.rules.passes)(e.verdict));
        if self.order >= 2 && right() {
            second(&plan, subject, &mut report)?;
        }
        report.conclude(&self.rules);
        Ok(report)
    }

    /// What is checked: what was named, else every parameter that the value depends on.
    #[track_caller]
    fn tensors(&self) -> Result<Vec<Var<'g>>> {
        let graph = self.loss.graph();
        graph.check()?;
        for &var in &self.wrt {
            graph.own("what is to be checked", var, Site::here())?;
        }
        if let Some(other) = self.wrt.iter().find(|var| !matches!(var.op(), Op::Param(_) | Op::Input(_))) {
            return Err(Error::Invalid(format!(
                "a gradient check moves parameters and inputs; this is neither:\n{other:?}"
            )));
        }
        let params = graph.read(|record| record.params.iter().map(|(_, node)| *node).collect::<Vec<_>>());
        let params = params.into_iter().map(|id| graph.var(id)).filter(|&param| depends(self.loss, param));
        let wrt: Vec<Var<'g>> = if self.wrt.is_empty() { params.collect() } else { self.wrt.clone() };
        match wrt.is_empty() {
            true => {
                let problem = "there is nothing to check: the value depends on no parameter; \
                    `.wrt([x])` checks it in an input";
                Err(Error::Invalid(problem.into()))
            }
            false => Ok(wrt),
        }
    }
}

/// What a description says of samples and orders, as code.
pub(super) fn sampled(sample: usize, seed: u64, order: usize) -> String {
    let sample = if sample == usize::MAX { "usize::MAX".into() } else { sample.to_string() };
    let order = if order >= 2 { format!(".order({order})") } else { String::new() };
    format!(".sample({sample}, {seed}){order}")
}
