//! The check of a value in the parameters and inputs that it depends on. Floor 7.

use super::settings::Settings;
use crate::autodiff::depends;
use crate::element::Element;
use crate::error::{Error, Result, Site};
use crate::gradcheck::oracle::{CheckedValue, OwnedFeed, OwnedTensor, fed};
use crate::gradcheck::report::{Origin, Report};
#[cfg(test)]
use crate::gradcheck::verdict::Rules;
use crate::graph::Var;
use crate::op::Op;
use crate::params::Params;
use crate::session::{Declared, Feed, FeedValue};

/// Checks the gradient of a scalar in every parameter that it depends on, in `f64`, on the very
/// graph that trains. What it reads is fed as for a run.
///
/// ```
/// # use gradus::prelude::*;
/// let mut params = Params::<f32>::seeded(1);
/// let net = Mlp::new(&mut params, "net", &[2, 4, 1]);
/// let g = Graph::new();
/// let (x, t) = (g.input("x", [3, 2]), g.input("t", [3, 1]));
/// let loss = net.forward(x).mse_loss(t);
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
        settings: Settings::new(),
        origin: Origin::here(false),
    }
}

/// A gradient check that is being described; see [`gradcheck`].
#[must_use = "nothing is checked until it runs"]
pub struct Check<'g> {
    loss: Var<'g>,
    params: Params<f64>,
    feeds: Vec<OwnedFeed>,
    wrt: Vec<Var<'g>>,
    settings: Settings,
    origin: Origin,
}

impl std::fmt::Debug for Check<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut debug = f.debug_struct("Check");
        debug.field("loss", &self.loss).field("wrt", &self.wrt).field("settings", &self.settings);
        debug.finish_non_exhaustive()
    }
}

impl<'g> Check<'g> {
    /// Sets the inputs and labels, as for a run; numbers of another type are made `f64`, exactly.
    pub fn feed<'a, E: Element>(mut self, feeds: impl IntoIterator<Item = impl Into<Feed<'a, E>>>) -> Self {
        for feed in feeds {
            let feed: Feed<'a, E> = feed.into();
            let value = match feed.value {
                FeedValue::Real(tensor) => OwnedTensor::Real(tensor.cast()),
                FeedValue::Index(tensor) => OwnedTensor::Index(tensor.clone()),
            };
            let (graph, node) = feed.node(self.loss.graph());
            self.feeds.push(OwnedFeed { graph, node, value });
        }
        self
    }

    /// Checks these inputs and parameters instead of all parameters.
    pub fn wrt(mut self, values: impl IntoIterator<Item = Var<'g>>) -> Self {
        self.wrt.extend(values);
        self
    }

    /// Sets how many elements of each tensor are checked at most (default 64). The seed draws them, one from each
    /// of as many parts of the tensor. Projections cover the others.
    pub fn sample(self, elements: usize, seed: u64) -> Self {
        Check { settings: Settings { sample: elements, seed, ..self.settings }, ..self }
    }

    /// Checks every element of every tensor.
    pub fn exhaustive(self) -> Self {
        self.sample(usize::MAX, 0)
    }

    /// Checks the second derivative as well, if 2: the gradient of a random sum of the gradient. Other orders than 1
    /// and 2 are an error of the run.
    #[track_caller]
    pub fn order(self, order: usize) -> Self {
        Check { settings: self.settings.order(order), ..self }
    }

    /// Checks one element alone, of the parameter or input of this name: to look closer at what failed.
    pub fn only(self, name: impl Into<String>, index: impl Into<Vec<usize>>) -> Self {
        let only = Some((name.into(), index.into()));
        Check { settings: Settings { only, ..self.settings }, ..self }
    }

    /// Returns the description as code.
    fn code(&self) -> (String, String) {
        let mut code = String::from("gradcheck(loss, &params)");
        if !self.feeds.is_empty() {
            code += ".feed(…)";
        }
        if !self.wrt.is_empty() {
            code += ".wrt(…)";
        }
        (code, self.settings.code())
    }

    #[cfg(test)]
    pub(crate) fn rules(self, rules: Rules) -> Self {
        Check { settings: Settings { rules, ..self.settings }, ..self }
    }

    /// Runs the check.
    ///
    /// # Errors
    /// An error of compiling or running the graph; [`Error::Invalid`] if there is nothing to check. A wrong
    /// gradient is not an error but a verdict of the [`Report`].
    #[track_caller]
    pub fn run(self) -> Result<Report> {
        self.settings.allowed()?;
        let wrt = self.tensors()?;
        Declared::of(self.loss.graph()).judge(&fed(&self.feeds), Site::here())?;
        let shape = self.loss.shape();
        if shape.size() != 1 {
            return Err(Error::Invalid(format!(
                "a gradient is of one number, but this value has shape {shape}; sum it, or check it as a function"
            )));
        }
        let report = Report::new("the value", self.settings.seed, self.origin, self.code());
        self.settings.picked(&wrt)?;
        self.settings.run(CheckedValue::new(self.loss, self.params, self.feeds)?, &wrt, report)
    }

    /// Returns the tensors to check: those that were named, else every parameter that the value depends on.
    #[track_caller]
    fn tensors(&self) -> Result<Vec<Var<'g>>> {
        let graph = self.loss.graph();
        graph.sound([self.loss.id()])?;
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
