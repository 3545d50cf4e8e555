//! Gradient checks: the derivative that a graph computes, held against differences of its value,
//! element by element, in `f64`. Floor 8: reads floors 0 to 4 and 7.
//!
//! Every element gets a verdict, and "cannot tell" is one of them. A check passes only on evidence:
//! one that tested nothing fails.

mod differences;
mod report;

pub use report::{Element as ElementReport, Report, TensorReport, Verdict};

use crate::autodiff::depends;
use crate::element::Element;
use crate::error::{Error, Result};
use crate::graph::{NodeId, Var};
use crate::op::Op;
use crate::params::Params;
use crate::session::{Fed, Feed, Program};
use crate::tensor::Tensor;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

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
pub fn gradcheck<'g, E: Element>(loss: Var<'g>, params: &Params<E>) -> Check<'g> {
    Check { loss, params: params.cast(), feeds: Vec::new(), wrt: Vec::new(), sample: SAMPLE, seed: 0 }
}

/// A gradient check that is being described; see [`gradcheck`].
#[must_use = "nothing is checked until it runs"]
pub struct Check<'g> {
    loss: Var<'g>,
    params: Params<f64>,
    feeds: Vec<(u64, NodeId, Owned)>,
    wrt: Vec<Var<'g>>,
    sample: usize,
    seed: u64,
}

enum Owned {
    Real(Tensor<f64>),
    Index(Tensor<usize>),
}

impl<'g> Check<'g> {
    /// The inputs and labels, as for a run; numbers of another type are made `f64`, exactly.
    pub fn feed<'a, E: Element>(mut self, feeds: impl IntoIterator<Item = impl Into<Feed<'a, E>>>) -> Self {
        for feed in feeds {
            let feed: Feed<'a, E> = feed.into();
            let owned = match feed.value {
                Fed::Real(tensor) => Owned::Real(tensor.cast()),
                Fed::Index(tensor) => Owned::Index(tensor.clone()),
            };
            self.feeds.push((feed.graph, feed.node, owned));
        }
        self
    }

    /// Checks these inputs and parameters instead of all parameters.
    pub fn wrt(mut self, values: impl IntoIterator<Item = Var<'g>>) -> Self {
        self.wrt.extend(values);
        self
    }

    /// How many elements of each tensor are checked at most; 64 unless this is said. They are drawn
    /// by the seed, without repetition.
    pub fn sample(mut self, elements: usize, seed: u64) -> Self {
        (self.sample, self.seed) = (elements, seed);
        self
    }

    /// Checks every element of every tensor.
    pub fn exhaustive(self) -> Self {
        self.sample(usize::MAX, 0)
    }

    /// Runs the check.
    ///
    /// # Errors
    /// What compiling and running the graph gives; [`Error::Invalid`] if there is nothing to check.
    /// That a gradient is wrong is not an error but a verdict of the [`Report`].
    pub fn run(mut self) -> Result<Report> {
        let graph = self.loss.graph();
        let wrt = self.tensors()?;
        let mut asked = vec![self.loss];
        asked.extend(self.loss.grads(&wrt));
        let gradients: Vec<Tensor<f64>> = {
            let mut program: Program<f64> = graph.compile(asked)?;
            program.threads(1)?;
            let out = program.run(&self.params, self.fed())?;
            (1..=wrt.len()).map(|i| out.at(i).clone()).collect()
        };
        let scale = gradients.iter().flatten().fold(0.0, |max: f64, g| max.max(g.abs()));
        let mut value: Program<f64> = graph.compile([self.loss])?;
        value.threads(1)?;
        let mut tensors = Vec::new();
        for (var, gradient) in wrt.iter().zip(&gradients) {
            let name = graph.read(|record| record.called(var.id()));
            let chosen = choose(gradient.len(), self.sample, self.seed);
            let mut elements = Vec::with_capacity(chosen.len());
            for at in chosen {
                let index = gradient.shape().unravel(at);
                let analytic = gradient.data()[at];
                let x = self.element(*var, at)?;
                let mut failure = None;
                let mut f = |moved: f64| {
                    let result = self.moved(*var, at, moved, &mut value);
                    result.unwrap_or_else(|error| {
                        failure = Some(error);
                        f64::NAN
                    })
                };
                let (verdict, numeric, runs) = differences::judge(&mut f, x, analytic, scale);
                self.set(*var, at, x)?;
                if let Some(error) = failure {
                    return Err(error);
                }
                elements.push(ElementReport { index: index[..].into(), analytic, numeric, verdict, runs });
            }
            tensors.push(TensorReport { name, shape: gradient.shape().clone(), elements });
        }
        Ok(Report { tensors })
    }

    /// What is checked: what was named, else every parameter that the value depends on.
    fn tensors(&self) -> Result<Vec<Var<'g>>> {
        let graph = self.loss.graph();
        graph.check()?;
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
                Err(Error::Invalid("there is nothing to check: the value depends on no parameter".into()))
            }
            false => Ok(wrt),
        }
    }

    fn fed(&self) -> Vec<Feed<'_, f64>> {
        let feeds = self.feeds.iter().map(|(graph, node, owned)| {
            let value = match owned {
                Owned::Real(tensor) => Fed::Real(tensor),
                Owned::Index(tensor) => Fed::Index(tensor),
            };
            Feed { graph: *graph, node: *node, value }
        });
        feeds.collect()
    }

    /// The tensor behind a parameter or an input, to be moved.
    fn tensor(&mut self, var: Var<'g>) -> Result<&mut Tensor<f64>> {
        if let Op::Param(i) = var.op() {
            let param = var.graph().read(|record| record.params[i as usize].0.clone());
            let slot = self.params.slot(param.slot, &param.name, &param.shape, Some(param.site))?;
            return Ok(&mut self.params.entry_mut(slot).value);
        }
        let fed = self.feeds.iter_mut().find(|(_, node, _)| *node == var.id());
        match fed {
            Some((_, _, Owned::Real(tensor))) => Ok(tensor),
            _ => Err(Error::Feed("an input that is to be checked was not fed".into())),
        }
    }

    fn element(&mut self, var: Var<'g>, at: usize) -> Result<f64> {
        Ok(self.tensor(var)?.data()[at])
    }

    fn set(&mut self, var: Var<'g>, at: usize, x: f64) -> Result<()> {
        self.tensor(var)?.data_mut()[at] = x;
        Ok(())
    }

    fn moved(&mut self, var: Var<'g>, at: usize, x: f64, value: &mut Program<f64>) -> Result<f64> {
        self.set(var, at, x)?;
        let feeds = self.fed();
        Ok(value.run(&self.params, feeds)?.at(0).data()[0])
    }
}

/// Up to `sample` positions below `n`, in order, without repetition (Floyd's method).
fn choose(n: usize, sample: usize, seed: u64) -> Vec<usize> {
    if n <= sample {
        return (0..n).collect();
    }
    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    let mut chosen = std::collections::BTreeSet::new();
    for top in n - sample..n {
        let at = (rng.next_u64() % (top as u64 + 1)) as usize;
        if !chosen.insert(at) {
            chosen.insert(top);
        }
    }
    chosen.into_iter().collect()
}
