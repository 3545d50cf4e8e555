//! The check of a function of tensors: all of its Jacobian. Floor 7.

use super::derivatives::few_outputs;
use super::settings::Settings;
use crate::autodiff::depends;
use crate::element::Element;
use crate::error::{Error, Result};
use crate::gradcheck::numbers::random;
use crate::gradcheck::oracle::{CheckedValue, OwnedFeed, OwnedTensor};
use crate::gradcheck::report::{Origin, Report};
#[cfg(test)]
use crate::gradcheck::verdict::Rules;
use crate::graph::{Graph, Var};
use crate::params::Params;
use crate::tensor::Tensor;

/// The number of random sums that are differentiated if there are too many outputs to take one by one.
const SUMS: usize = 4;

/// Checks every derivative of every element of a function's value in every element of its arguments; of
/// a value with more than 64 elements, random sums of them.
///
/// ```
/// # use gradus::prelude::*;
/// use gradus::gradcheck::function;
/// let (a, b) = (tensor![[1.0, 2.0], [3.0, 4.0]], tensor![[0.5], [-1.0]]);
/// let report = function("product", [a, b], |x| x[0].matmul(x[1])).order(2).run()?;
/// report.assert_ok();
/// // Two outputs in four and two inputs, and the second order.
/// assert!(report.checked() > 2 * (4 + 2));
/// # Ok::<(), gradus::Error>(())
/// ```
#[track_caller]
pub fn function<'f, E: Element>(
    name: impl Into<String>,
    inputs: impl IntoIterator<Item = Tensor<E>>,
    f: impl for<'g> Fn(&[Var<'g>]) -> Var<'g> + 'f,
) -> Function<'f> {
    Function {
        name: name.into(),
        inputs: inputs.into_iter().map(|x| x.cast()).collect(),
        f: Box::new(f),
        settings: Settings::new(),
        origin: Origin::here(false),
    }
}

/// A check of a function of tensors, being described; see [`function`].
#[must_use = "nothing is checked until it runs"]
pub struct Function<'f> {
    name: String,
    inputs: Vec<Tensor<f64>>,
    f: Box<dyn for<'g> Fn(&[Var<'g>]) -> Var<'g> + 'f>,
    settings: Settings,
    origin: Origin,
}

impl std::fmt::Debug for Function<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut debug = f.debug_struct("Function");
        debug.field("name", &self.name).field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Function<'_> {
    /// Checks the second derivative as well, if 2: the gradient of a random sum of the derivatives. Other orders than
    /// 1 and 2 are an error of the run.
    #[track_caller]
    pub fn order(self, order: usize) -> Self {
        Function { settings: self.settings.order(order), ..self }
    }

    /// Sets how many elements of each argument are checked at most (default 64).
    pub fn sample(self, elements: usize, seed: u64) -> Self {
        Function { settings: Settings { sample: elements, seed, ..self.settings }, ..self }
    }

    /// Checks one element alone, of an argument that is called `x0`, `x1`, …: to look closer at what
    /// failed.
    pub fn only(self, name: impl Into<String>, index: impl Into<Vec<usize>>) -> Self {
        let only = Some((name.into(), index.into()));
        Function { settings: Settings { only, ..self.settings }, ..self }
    }

    #[cfg(test)]
    pub(crate) fn rules(self, rules: Rules) -> Self {
        Function { settings: Settings { rules, ..self.settings }, ..self }
    }

    /// Runs the check.
    ///
    /// # Errors
    /// An error of recording, compiling or running the function; [`Error::Invalid`] if its value does not depend on
    /// its arguments. A wrong derivative is a verdict of the [`Report`].
    #[track_caller]
    pub fn run(self) -> Result<Report> {
        self.settings.allowed()?;
        let graph = Graph::new();
        let xs: Vec<Var<'_>> =
            self.inputs.iter().enumerate().map(|(i, x)| graph.input(format!("x{i}"), x.shape())).collect();
        let y = graph.admit(&self.name, (self.f)(&xs));
        graph.sound([y.id()])?;
        let wrt: Vec<Var<'_>> = xs.iter().copied().filter(|&x| depends(y, x)).collect();
        if wrt.is_empty() {
            return Err(Error::Invalid("there is nothing to check: the value depends on no argument".into()));
        }
        let feeds = xs.iter().zip(&self.inputs).map(|(x, value)| OwnedFeed {
            graph: graph.id(),
            node: x.id(),
            value: OwnedTensor::Real(value.clone()),
        });
        // Many outputs are replaced by random sums of them.
        let n = y.shape().size();
        let y = match few_outputs(n) {
            true => y,
            false => {
                let mut random = random(self.settings.seed ^ 0xA5);
                let weights = graph.value(Tensor::try_from_fn([SUMS, n], |_| random())?);
                weights.matmul(y.reshape([n]))
            }
        };
        let code = format!("function({:?}, inputs, f)", self.name);
        let code = (code, self.settings.code());
        let report = Report::new(&self.name, self.settings.seed, self.origin, code);
        self.settings.picked(&wrt)?;
        self.settings.run(CheckedValue::new(y, Params::seeded(0), feeds.collect())?, &wrt, report)
    }
}
