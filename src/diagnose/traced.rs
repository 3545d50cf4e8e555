//! Watching a training step that is compiled anew for each set of shapes. Floor 8.

use super::health::Monitor;
use super::layers::Looker;
use super::{Before, Bounds, Health, WINDOW, interval};
use crate::element::Element;
use crate::error::{Error, Result};
use crate::graph::Var;
use crate::params::Params;
use crate::session::{Compiled, FeedValue, Inputs, Optimizer, Outputs, TracedTraining};
use smallvec::SmallVec;

impl<E: Element, O, F> TracedTraining<E, O, F>
where
    O: Optimizer + Clone,
    F: for<'g> Fn(&Inputs<'g>) -> Vec<Var<'g>>,
{
    /// Watches the units of the traced loss, as [`Training::watch`](crate::Training::watch) does. The
    /// program that looks is compiled for each set of shapes that is met at a look.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let mut params = Params::<f32>::seeded(1);
    /// let net = Mlp::new(&mut params, "net", &[2, 8, 3]);
    /// let mut step = trace_training(Adam::new(1e-2), |at| {
    ///     vec![net.apply(at.input("x")).softmax_cross_entropy(at.labels("label", 3))]
    /// })
    /// .watch(2)?;
    /// for n in [4, 4, 3] {
    ///     let (x, label) = (Tensor::<f32>::full([n, 2], 1.0), Tensor::<usize>::full([n], 0));
    ///     step.run(&mut params, [("x", (&x).into()), ("label", (&label).into())])?;
    /// }
    /// assert_eq!((step.health().history.len(), step.health().layers[0].samples), (2, 3));
    /// # Ok::<(), gradus::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] if `every` is 0.
    pub fn watch(self, every: u64) -> Result<WatchedTraced<E, O, F>> {
        let every = interval(every)?;
        Ok(WatchedTraced { training: self, looks: Vec::new(), monitor: Monitor::new(WINDOW), every })
    }
}

/// A traced training step that is watched; see [`TracedTraining::watch`].
pub struct WatchedTraced<E, O, F> {
    training: TracedTraining<E, O, F>,
    looks: Vec<Compiled<Looker<E>>>,
    monitor: Monitor,
    every: u64,
}

impl<E: Element, O, F> WatchedTraced<E, O, F>
where
    O: Optimizer + Clone,
    F: for<'g> Fn(&Inputs<'g>) -> Vec<Var<'g>>,
{
    /// In how many looks in a row a unit has to be silent to be dead; 5 unless this is said.
    pub fn window(mut self, looks: usize) -> Self {
        self.monitor.window = looks.max(1);
        self
    }

    /// Where remarks begin.
    pub fn bounds(mut self, bounds: Bounds) -> Self {
        self.monitor.bounds = bounds;
        self
    }

    /// Takes one step, as [`TracedTraining::run`], and looks if it is time to.
    ///
    /// # Errors
    /// As [`TracedTraining::run`] and [`Training::watch`](crate::Training::watch); [`Error::Invalid`] if
    /// the layers of one set of shapes are not those of another. Nothing is changed then.
    #[track_caller]
    pub fn run<'a>(
        &mut self,
        params: &mut Params<E>,
        feeds: impl IntoIterator<Item = (&'a str, FeedValue<'a, E>)>,
    ) -> Result<Outputs<'_, E>> {
        let feeds: SmallVec<[(&'a str, FeedValue<'a, E>); 8]> = feeds.into_iter().collect();
        if !params.steps().is_multiple_of(self.every) {
            return self.training.run(params, feeds);
        }
        let place = self.place(&feeds)?;
        let known = &mut self.looks[place];
        let (fed, looker) = (known.feeds(&feeds), &mut known.program);
        let before = Before::look(looker, &self.monitor.bounds, params, &fed)?;
        let out = self.training.run(params, feeds.iter().copied())?;
        before.compare(looker, &mut self.monitor, params);
        Ok(out)
    }

    /// The program for these shapes, which may have to be compiled first.
    #[track_caller]
    fn place(&mut self, feeds: &[(&str, FeedValue<'_, E>)]) -> Result<usize> {
        if let Some(place) = self.looks.iter().position(|known| known.fits(feeds)) {
            return Ok(place);
        }
        let known = self.training.record(feeds, |_, loss, _| Looker::new(loss))?;
        if self.looks.first().is_some_and(|first| first.program.layers != known.program.layers) {
            let problem = "the traced function has other layers for these shapes; they cannot be compared";
            return Err(Error::Invalid(problem.into()));
        }
        self.looks.push(known);
        Ok(self.looks.len() - 1)
    }

    /// How the units fare, as of the last look.
    pub fn health(&self) -> Health {
        self.monitor.health()
    }

    /// How many sets of shapes have been compiled to train; see [`TracedTraining::compiled`].
    pub fn compiled(&self) -> usize {
        self.training.compiled()
    }
}
