//! Health of units: dead, sleeping and saturated activations, the size of the gradient from layer to layer,
//! and the movement of the weights. Floor 7: reads floors 1 to 4 and 6.
//!
//! One line turns it on; without it, nothing is recorded and nothing is paid:
//!
//! ```
//! # use gradus::prelude::*;
//! let mut params = Params::<f32>::seeded(1);
//! let net = Mlp::new(&mut params, "net", &[2, 8, 8, 1]);
//! let g = Graph::new();
//! let (x, t) = (g.input("x", [3, 2]), g.input("t", [3, 1]));
//! let loss = net.forward(x).mse_loss(t);
//! let mut step = g.train(loss, Sgd::new(0.1), &mut params)?;
//! step.watch(loss, 10)?; // every 10th step
//! let (xs, ts) = (tensor![[0.1, 0.2], [0.3, -0.4], [-0.5, 0.6]], tensor![[0.0], [1.0], [0.0]]);
//! for _ in 0..30 {
//!     step.run(&mut params, [(x, &xs), (t, &ts)])?;
//! }
//! let health = step.health();
//! println!("{health}");
//! assert_eq!((health.layers[0].name.as_str(), health.layers[0].units.len()), ("net.0", 8));
//! assert_eq!(health.history.len(), 3);
//! # Ok::<(), gradus::Error>(())
//! ```
//!
//! # The activations that are watched
//! Every activation that the user recorded between a parameter and the loss: the activation rows of the
//! table, and `sin`, `cos` and `erf`. Activations that a loss function records for itself do not count, nor
//! do those made of other operations (`x.maximum(0.0)`) or by a custom rule. The units of a layer are its
//! last axis, its samples all other axes. Slopes are those of the row's own rule, so a leaky rectifier is
//! never dead.
//!
//! # Terms
//! - *dead*: the slope is exactly 0 on every sample of the window. No gradient passes the unit.
//! - *asleep*: the slope is smaller than a bound on every sample of the window ([`Bounds::asleep`]).
//! - *saturated*: the slope is below a share of the function's steepest slope ([`Bounds::saturated`]); only
//!   for functions with bounded values.
//! - *gradient* of a layer: the gradient of the loss in the activation's argument. The gradients of the
//!   weights mislead: under rectifiers they keep their ratio whatever the scale of the weights.

mod bounds;
mod health;
mod layers;
mod look;
mod report;
mod watch;

pub use bounds::Bounds;
pub use health::{Health, Layer, Look, Unit, Weight};
pub use watch::Watch;
pub(crate) use watch::WatchTable;

use crate::element::Element;
use crate::error::{Error, Result, Site};
use crate::graph::Var;
use crate::params::{Kind, Params};
use crate::session::{Feed, NextStep};
use crate::tensor::Tensor;
use health::Monitor;
use layers::Looker;
use look::Seen;

/// The result of a look before a step, to be completed after the step.
struct Before<E> {
    step: u64,
    seen: Seen,
    weights: Vec<Weight>,
    /// The parameters that the step may change.
    values: Vec<Option<Tensor<E>>>,
}

impl<E: Element> Before<E> {
    fn look(looker: &mut Looker<E>, bounds: &Bounds, step: &NextStep<'_, E>) -> Result<Self> {
        let (mut seen, params) = (Seen::default(), step.params);
        looker.look(params, step.feeds, bounds, &mut seen, step.site)?;
        let trained = |name: &String| {
            let mut entries = params.entries().iter();
            entries.find(|entry| *entry.name == **name && entry.kind == Kind::Trained)
        };
        let values = looker.params.iter().map(|name| trained(name).map(|entry| entry.value.clone()));
        Ok(Before { step: step.taken, weights: weigh(looker, params, &seen), values: values.collect(), seen })
    }

    /// Hands the look on, with the distance by which the step has moved each parameter.
    fn compare(self, looker: &Looker<E>, monitor: &mut Monitor, params: &Params<E>) {
        let Before { step, seen, mut weights, values } = self;
        for (weight, before) in weights.iter_mut().zip(values) {
            let (Some(before), Some(after)) = (before, params.get(&weight.name)) else { continue };
            let change = before.iter().zip(after.iter()).map(|(a, b)| b.to_f64() - a.to_f64());
            weight.update = (weight.norm != 0.0).then(|| norm(change) / weight.norm);
        }
        monitor.see(step, &looker.layers, &seen, weights);
    }
}

fn norm(numbers: impl Iterator<Item = f64>) -> f64 {
    libm::sqrt(numbers.map(|x| x * x).sum())
}

/// The norms of the parameters and of their gradients.
fn weigh<E: Element>(looker: &Looker<E>, params: &Params<E>, seen: &Seen) -> Vec<Weight> {
    let weight = |(name, sum): (&String, &Vec<f64>)| {
        let tensor = params.get(name);
        Weight {
            name: name.clone(),
            rank: tensor.map_or(0, |tensor| tensor.shape().len()),
            norm: tensor.map_or(0.0, |tensor| norm(tensor.iter().map(|x| x.to_f64()))),
            gradient: seen.graded().then(|| norm(sum.iter().copied()) / seen.batches as f64),
            update: None,
        }
    };
    looker.params.iter().zip(&seen.gradients).map(weight).collect()
}

impl Health {
    /// The health of the units behind a loss on a data set, without training: each item of `batches` has the
    /// feeds of a run. An output that is not a single number gives slopes and values, but no gradients.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// # use gradus::diagnose::Health;
    /// let mut params = Params::<f32>::seeded(1);
    /// let net = Mlp::with_activation(&mut params, "net", &[2, 8, 1], Init::GlorotNormal, |x| x.tanh());
    /// let g = Graph::new();
    /// let (x, t) = (g.input("x", [2, 2]), g.input("t", [2, 1]));
    /// let loss = net.forward(x).mse_loss(t);
    /// let (a, b, ts) = (tensor![[0.1, 0.2], [0.3, -0.4]], tensor![[0.0, 0.5], [1.0, -0.2]], tensor![[0.0], [1.0]]);
    /// let health = Health::of(loss, &params, [[(x, &a), (t, &ts)], [(x, &b), (t, &ts)]])?;
    /// assert_eq!((health.layers[0].samples, health.dead()), (4, 0));
    /// assert!(health.findings().is_empty());
    /// # Ok::<(), gradus::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Training::watch`](crate::Training::watch) and [`Program::run`](crate::Program::run); [`Error::Invalid`] if there is no batch.
    #[track_caller]
    pub fn of<'a, E: Element, B>(
        value: Var<'_>,
        params: &Params<E>,
        batches: impl IntoIterator<Item = B>,
    ) -> Result<Self>
    where
        B: IntoIterator,
        B::Item: Into<Feed<'a, E>>,
    {
        Self::with(value, params, batches, Bounds::default())
    }

    /// The same, with bounds of your own.
    ///
    /// # Errors
    /// As [`Health::of`].
    #[track_caller]
    pub fn with<'a, E: Element, B>(
        value: Var<'_>,
        params: &Params<E>,
        batches: impl IntoIterator<Item = B>,
        bounds: Bounds,
    ) -> Result<Self>
    where
        B: IntoIterator,
        B::Item: Into<Feed<'a, E>>,
    {
        let (mut looker, mut monitor) = (Looker::new(value)?, Monitor::new(1));
        monitor.bounds = bounds;
        let mut seen = Seen::default();
        for batch in batches {
            let feeds: Vec<Feed<'a, E>> = batch.into_iter().map(Into::into).collect();
            looker.look(params, &feeds, &bounds, &mut seen, Site::here())?;
        }
        if seen.batches == 0 {
            return Err(Error::Invalid("there is no batch to look at".into()));
        }
        let weights = weigh(&looker, params, &seen);
        monitor.see(params.steps(), &looker.layers, &seen, weights);
        Ok(monitor.health())
    }
}
