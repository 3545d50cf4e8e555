//! The watching of a training: a look before and after some of its steps.

use super::health::Monitor;
use super::layers::Looker;
use super::{Before, Bounds, Health};
use crate::element::{Element, precompiled};
use crate::error::{Error, Result, Site};
use crate::graph::Var;
use crate::params::Params;
use crate::session::{NextStep, Observer, Training, fits, shapes};
use crate::shape::Shape;
use std::any::Any;
use std::fmt;

/// A unit counts as dead after this many consecutive silent looks, unless another number is given.
const WINDOW: usize = 5;

impl<E: Element> Training<'_, E> {
    /// Watches the units of the loss: whenever the number of steps that it has taken is a multiple of `every`, from 0 on, with the
    /// batch of the next step and the parameters before it. The steps themselves stay the same, bit for bit; a look
    /// costs about one more step, and a step without one costs nothing more. Watching again begins anew.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let mut params = Params::<f32>::seeded(1);
    /// let layer = Linear::new(&mut params, "layer", 1, 4);
    /// let g = Graph::new();
    /// let x = g.input("x", [3, 1]);
    /// let loss = layer.forward(x).relu().mean(..);
    /// params.set("layer.bias", Tensor::full([4], -100.0))?;
    /// let mut step = g.train(loss, Sgd::new(0.1), &mut params)?;
    /// step.watch(loss, 1)?;
    /// step.run(&mut params, [(x, &tensor![[1.0], [2.0], [3.0]])])?;
    /// assert_eq!(step.health().layers[0].dead(), 4);
    /// assert!(step.health().to_string().contains("layer layer: all 4 units dead"));
    /// # Ok::<(), gradus::Error>(())
    /// ```
    ///
    /// The loss of a traced function is its first output, so `None` stands for it. The program that looks is
    /// compiled for each set of shapes that is met at a look:
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let mut params = Params::<f32>::seeded(1);
    /// let net = Mlp::new(&mut params, "net", &[2, 8, 3]);
    /// let mut step = trace_training(Adam::new(1e-2), |at| {
    ///     vec![net.forward(at.input("x")).softmax_cross_entropy(at.labels("label", 3))]
    /// });
    /// step.watch(None, 2)?;
    /// for n in [4, 4, 3] {
    ///     let (x, label) = (Tensor::<f32>::full([n, 2], 1.0), Tensor::<usize>::full([n], 0));
    ///     step.run(&mut params, [feed("x", &x), feed("label", &label)])?;
    /// }
    /// assert_eq!((step.health().history.len(), step.health().layers[0].samples), (2, 3));
    /// # Ok::<(), gradus::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] if `every` is 0, if no activation stands between the parameters and the loss, if the training
    /// of a graph is given no loss, or that of a function one; [`Error::Foreign`] for a loss of another graph than the
    /// training's. A step fails with [`Error::Invalid`] if a function has other layers for its shapes than for those
    /// before.
    #[track_caller]
    pub fn watch<'g>(&mut self, loss: impl Into<Option<Var<'g>>>, every: u64) -> Result<Watch<'_, E>> {
        (WatchTable::get().watch)(self, loss.into(), every, Site::here())
    }

    fn watch_at(&mut self, loss: Option<Var<'_>>, every: u64, site: Site) -> Result<Watch<'_, E>> {
        let refused = |problem: &str| Err(Error::Invalid(format!("{problem}\n  --> {site}")));
        if every == 0 {
            return refused("`every` must be at least 1 (1 watches every step)");
        }
        let lookers = match (self.graph(), loss) {
            (Some(graph), Some(loss)) if loss.graph().id() == graph => vec![(Vec::new(), Looker::new(loss)?)],
            (Some(_), Some(loss)) => return Err(loss.foreign("the loss that is to be watched", site)),
            (Some(_), None) => {
                return refused("the training of a graph is watched by its loss: `watch(loss, every)`");
            }
            (None, Some(_)) => {
                return refused("the loss of a traced function is what it gives first: `watch(None, every)`");
            }
            (None, None) => Vec::new(),
        };
        let watcher = Watcher { lookers, monitor: Monitor::new(WINDOW), every, before: None, problem: None };
        let observer: &mut dyn Any = self.observer_mut().insert(Box::new(watcher)).as_mut();
        match observer.downcast_mut() {
            Some(watcher) => Ok(Watch { watcher }),
            None => Err(Error::Defect("a training is watched by something else".into())),
        }
    }

    /// Stops watching, and discards the looks.
    pub fn unwatch(&mut self) {
        *self.observer_mut() = None;
    }

    /// The health of the units as of the last look; without [`watch`](Training::watch), or before the first
    /// look, it is empty.
    pub fn health(&self) -> Health {
        let watcher = self.observer().and_then(|observer| {
            let observer: &dyn Any = observer;
            observer.downcast_ref::<Watcher<E>>()
        });
        watcher.map_or_else(|| Monitor::new(WINDOW).health(), |watcher| watcher.monitor.health())
    }
}

/// The watching of each element type, compiled in this crate ([`Element::precompiled`]).
pub(crate) struct WatchTable<E> {
    watch: for<'t> fn(&'t mut Training<'_, E>, Option<Var<'_>>, u64, Site) -> Result<Watch<'t, E>>,
}

impl<E: Element> WatchTable<E> {
    pub(crate) const NEW: Self =
        WatchTable { watch: |training, loss, every, line| training.watch_at(loss, every, line) };

    fn get() -> &'static Self {
        precompiled::<E, Self>()
    }
}

/// The settings of a watched training; see [`Training::watch`].
pub struct Watch<'t, E> {
    watcher: &'t mut Watcher<E>,
}

impl<E> Watch<'_, E> {
    /// Sets the number of consecutive silent looks after which a unit counts as dead; the default is 5. With
    /// full batches 1 is right; small batches need more, since a unit that fires rarely is not dead.
    /// A look fails with [`Error::Invalid`] if it is 0.
    #[track_caller]
    pub fn window(self, looks: usize) -> Self {
        let site = Site::here();
        let problem = || format!("`window` must be at least 1 (1 calls a unit dead at once)\n  --> {site}");
        self.watcher.problem = (looks == 0).then(problem);
        self.watcher.monitor.window = looks;
        self
    }

    /// Sets the bounds at which remarks begin.
    pub fn bounds(self, bounds: Bounds) -> Self {
        self.watcher.monitor.bounds = bounds;
        self
    }
}

impl<E> fmt::Debug for Watch<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Watcher { every, monitor, .. } = &*self.watcher;
        let mut debug = f.debug_struct("Watch");
        debug.field("every", every).field("window", &monitor.window).field("bounds", &monitor.bounds).finish()
    }
}

/// The observer of a watched training.
struct Watcher<E> {
    /// The program that looks: one for a graph, or one for each set of shapes of a function.
    lookers: Vec<(Vec<(String, Shape)>, Looker<E>)>,
    monitor: Monitor,
    every: u64,
    /// The look before the step that is being taken, with the place of its program.
    before: Option<(usize, Before<E>)>,
    /// A setting that is not allowed, and its line.
    problem: Option<String>,
}

impl<E: Element> Watcher<E> {
    /// Returns the place of the program for a step, which may have to be compiled first.
    fn place(&mut self, step: &NextStep<'_, E>) -> Result<usize> {
        let Some(function) = step.function else { return Ok(0) };
        if let Some(place) = self.lookers.iter().position(|(shapes, _)| fits(shapes, step.feeds)) {
            return Ok(place);
        }
        let looker = function.record(step.feeds, step.site, |_, outputs| Looker::new(outputs[0]))?;
        if self.lookers.first().is_some_and(|(_, first)| first.layers != looker.layers) {
            let problem = "the traced function has other layers for these shapes; they cannot be compared";
            return Err(Error::Invalid(format!("{problem}\n  --> {}", step.site)));
        }
        self.lookers.push((shapes(step.feeds, step.site)?, looker));
        Ok(self.lookers.len() - 1)
    }
}

impl<E: Element> Observer<E> for Watcher<E> {
    fn before(&mut self, step: &NextStep<'_, E>) -> Result<()> {
        self.before = None;
        if step.taken.is_multiple_of(self.every) {
            if let Some(problem) = &self.problem {
                return Err(Error::Invalid(problem.clone()));
            }
            let place = self.place(step)?;
            let before = Before::look(&mut self.lookers[place].1, &self.monitor.bounds, step)?;
            self.before = Some((place, before));
        }
        Ok(())
    }

    fn after(&mut self, params: &Params<E>) {
        if let Some((place, before)) = self.before.take() {
            before.compare(&self.lookers[place].1, &mut self.monitor, params);
        }
    }
}
