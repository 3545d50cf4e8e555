//! Health of units: which activations are dead, asleep or saturated, how the gradient fares from layer
//! to layer, and whether the weights move. Floor 8: reads floors 0 to 4 and 7, and `plot`.
//!
//! One word in a training's line asks for it; without it, nothing is recorded and nothing is paid:
//!
//! ```
//! # use gradus::prelude::*;
//! let mut params = Params::<f32>::seeded(1);
//! let net = Mlp::new(&mut params, "net", &[2, 8, 8, 1]);
//! let g = Graph::new();
//! let (x, t) = (g.input("x", [3, 2]), g.input("t", [3, 1]));
//! let loss = net.apply(x).mse(t);
//! let mut step = g.train(loss, Sgd::new(0.1), &mut params)?.watch(loss, 10)?; // every 10th step
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
//! # What is watched
//! Every activation that the user recorded between a parameter and the loss: the activation rows of the
//! table, and `sin`, `cos` and `erf`. What a loss function records for itself does not count, nor do
//! activations made of other operations (`x.maximum(0.0)`) or by a rule of one's own. The units of a
//! layer are its last axis, its samples all other axes. Slopes are those of the row's own rule, so a
//! leaky rectifier is never dead.
//!
//! # What the words mean
//! - *dead*: the slope is exactly 0 on every sample of the window. No gradient passes the unit.
//! - *asleep*: the slope is smaller than a bound on every sample of the window ([`Bounds::asleep`]).
//! - *saturated*: the slope is below a share of the steepest that the function has
//!   ([`Bounds::saturated`]); of functions with bounded values only.
//! - *gradient* of a layer: of the loss in what the activation is given. The gradients of the weights
//!   mislead: under rectifiers they keep their ratio whatever the scale of the weights.

mod health;
mod layers;
mod look;
mod report;
mod traced;

pub use health::{Bounds, Health, Layer, Look, Unit, Weight};
pub use traced::WatchedTraced;

use crate::element::Element;
use crate::error::{Error, Result, Site};
use crate::graph::Var;
use crate::params::{Kind, Params};
use crate::session::{Feed, Outputs, Program, Training};
use crate::tensor::Tensor;
use health::Monitor;
use layers::Looker;
use look::Seen;
use smallvec::SmallVec;

/// How many looks in a row a unit has to be silent to be dead, unless this is said.
const WINDOW: usize = 5;

impl<E: Element> Training<E> {
    /// Watches the units of this step's loss: whenever the number of steps taken is a multiple of `every`,
    /// from 0 on, with the batch of the next step and the parameters before it. The steps themselves stay the same, bit for
    /// bit; a look costs about one more step, and a step without one costs nothing more.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let mut params = Params::<f32>::seeded(1);
    /// let layer = Linear::new(&mut params, "layer", 1, 4);
    /// let g = Graph::new();
    /// let x = g.input("x", [3, 1]);
    /// let loss = layer.apply(x).relu().mean(..);
    /// params.set("layer.bias", Tensor::full([4], -100.0))?;
    /// let mut step = g.train(loss, Sgd::new(0.1), &mut params)?.watch(loss, 1)?;
    /// step.run(&mut params, [(x, &tensor![[1.0], [2.0], [3.0]])])?;
    /// assert_eq!(step.health().layers[0].dead(), 4);
    /// assert!(step.health().to_string().contains("layer layer: all 4 units dead"));
    /// # Ok::<(), gradus::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] if `every` is 0 or no activation stands between the parameters and the loss;
    /// [`Error::Foreign`] for a loss of another graph than the training's.
    #[track_caller]
    pub fn watch(self, loss: Var<'_>, every: u64) -> Result<Watched<E>> {
        let every = interval(every)?;
        if loss.graph().id() != self.graph() {
            return Err(loss.foreign("the loss that is to be watched", Site::here()));
        }
        Ok(Watched { training: self, looker: Looker::new(loss)?, monitor: Monitor::new(WINDOW), every })
    }
}

fn interval(every: u64) -> Result<u64> {
    match every {
        0 => Err(Error::Invalid("every 0th step cannot be watched; every 1st is all of them".into())),
        every => Ok(every),
    }
}

/// A training step that is watched; see [`Training::watch`].
pub struct Watched<E> {
    training: Training<E>,
    looker: Looker<E>,
    monitor: Monitor,
    every: u64,
}

impl<E: Element> Watched<E> {
    /// In how many looks in a row a unit has to be silent to be dead; 5 unless this is said. With full
    /// batches 1 is right; small batches need more, since a unit that fires rarely is not dead.
    pub fn window(mut self, looks: usize) -> Self {
        self.monitor.window = looks.max(1);
        self
    }

    /// Where remarks begin.
    pub fn bounds(mut self, bounds: Bounds) -> Self {
        self.monitor.bounds = bounds;
        self
    }

    /// Takes one step, as [`Training::run`], and looks if it is time to.
    ///
    /// # Errors
    /// As [`Training::run`]; nothing is changed then.
    #[track_caller]
    pub fn run<'a>(
        &mut self,
        params: &mut Params<E>,
        feeds: impl IntoIterator<Item = impl Into<Feed<'a, E>>>,
    ) -> Result<Outputs<'_, E>> {
        let feeds: SmallVec<[Feed<'a, E>; 8]> = feeds.into_iter().map(Into::into).collect();
        if !params.steps().is_multiple_of(self.every) {
            return self.training.run(params, &feeds);
        }
        let before = Before::look(&mut self.looker, &self.monitor.bounds, params, &feeds)?;
        let out = self.training.run(params, &feeds)?;
        before.compare(&self.looker, &mut self.monitor, params);
        Ok(out)
    }

    /// Takes one step of a training that needs no inputs, and looks if it is time to.
    ///
    /// # Errors
    /// As [`run`](Watched::run).
    #[track_caller]
    pub fn run_unfed(&mut self, params: &mut Params<E>) -> Result<Outputs<'_, E>> {
        self.run(params, [] as [Feed<'_, E>; 0])
    }

    /// How the units fare, as of the last look.
    pub fn health(&self) -> Health {
        self.monitor.health()
    }

    /// The compiled step, as [`Training::program`].
    pub fn program(&mut self) -> &mut Program<E> {
        self.training.program()
    }

    /// The parameters that the loss does not depend on, as [`Training::unused`].
    pub fn unused(&self) -> &[String] {
        self.training.unused()
    }

    /// The training step, no longer watched.
    pub fn into_training(self) -> Training<E> {
        self.training
    }
}

impl<E> std::fmt::Debug for Watched<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.training.fmt(f)
    }
}

/// What a look saw, to be completed by what the step does.
struct Before<E> {
    step: u64,
    seen: Seen,
    weights: Vec<Weight>,
    /// The parameters that the step may change.
    values: Vec<Option<Tensor<E>>>,
}

impl<E: Element> Before<E> {
    #[track_caller]
    fn look(
        looker: &mut Looker<E>,
        bounds: &Bounds,
        params: &Params<E>,
        feeds: &[Feed<'_, E>],
    ) -> Result<Self> {
        let mut seen = Seen::default();
        looker.look(params, feeds, bounds, &mut seen)?;
        let trained = |name: &String| {
            let mut entries = params.entries().iter();
            entries.find(|entry| *entry.name == **name && entry.kind == Kind::Trained)
        };
        let values = looker.params.iter().map(|name| trained(name).map(|entry| entry.value.clone()));
        Ok(Before {
            step: params.steps(),
            weights: weigh(looker, params, &seen),
            values: values.collect(),
            seen,
        })
    }

    /// Hands the look on, with how far the step has moved each parameter.
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
    /// How the units behind a loss fare on a data set, without training: each item of `batches` is what a
    /// run is fed. Of an output that is not a single number there are slopes and values, but no gradients.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// # use gradus::diagnose::Health;
    /// let mut params = Params::<f32>::seeded(1);
    /// let net = Mlp::with(&mut params, "net", &[2, 8, 1], Init::GlorotNormal, |x| x.tanh());
    /// let g = Graph::new();
    /// let (x, t) = (g.input("x", [2, 2]), g.input("t", [2, 1]));
    /// let loss = net.apply(x).mse(t);
    /// let (a, b, ts) = (tensor![[0.1, 0.2], [0.3, -0.4]], tensor![[0.0, 0.5], [1.0, -0.2]], tensor![[0.0], [1.0]]);
    /// let health = Health::of(loss, &params, [[(x, &a), (t, &ts)], [(x, &b), (t, &ts)]])?;
    /// assert_eq!((health.layers[0].samples, health.dead()), (4, 0));
    /// assert!(health.findings().is_empty());
    /// # Ok::<(), gradus::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Training::watch`] and [`Program::run`]; [`Error::Invalid`] if there is no batch.
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

    /// The same, with bounds of one's own.
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
            looker.look(params, &feeds, &bounds, &mut seen)?;
        }
        if seen.batches == 0 {
            return Err(Error::Invalid("there is no batch to look at".into()));
        }
        let weights = weigh(&looker, params, &seen);
        monitor.see(params.steps(), &looker.layers, &seen, weights);
        Ok(monitor.health())
    }
}
