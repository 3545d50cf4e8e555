//! `Training`: forward, backward and update as one program. Floor 6.

use super::feed::Feed;
use super::function::{Function, fits};
use super::outputs::{OutputVar, Outputs};
use super::program::{Program, Threads};
use super::recipe::{Own, Recipe, TrainingProgram};
use super::update::{Optimizer, Rate};
use crate::compile::{Passes, Updates};
use crate::element::{Element, precompiled};
use crate::error::{Error, Result, Site};
use crate::graph::{Graph, Var};
use crate::params::{Params, named_key};
use crate::tensor::Tensor;
use smallvec::SmallVec;
use std::any::Any;
use std::fmt;
use std::sync::Arc;

impl Graph {
    /// Compiles a training step: the loss, its gradients in all parameters, and the optimizer's
    /// update. Its state is added to `params`.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let mut params = Params::<f32>::seeded(1);
    /// let line = Linear::new(&mut params, "line", 1, 1);
    /// let g = Graph::new();
    /// let (x, t) = (g.input("x", [3, 1]), g.input("t", [3, 1]));
    /// let loss = line.forward(x).mse_loss(t);
    /// let mut step = g.train(loss, Sgd::new(0.1), &mut params)?;
    /// let (xs, ts) = (tensor![[0.0], [1.0], [2.0]], tensor![[1.0], [3.0], [5.0]]);
    /// for _ in 0..500 {
    ///     step.run(&mut params, [(x, &xs), (t, &ts)])?;
    /// }
    /// let slope = params.get("line.weight").unwrap()[[0, 0]];
    /// assert!((slope - 2.0).abs() < 1e-3);
    /// # Ok::<(), gradus::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`compile`](TrainingBuilder::compile).
    #[track_caller]
    pub fn train<'g, E: Element>(
        &'g self,
        loss: Var<'g>,
        optimizer: impl Optimizer,
        params: &mut Params<E>,
    ) -> Result<Training<'static, E>> {
        self.training(loss, optimizer).compile(params)
    }

    /// The same with more outputs than the loss, such as an accuracy.
    #[track_caller]
    pub fn training<'g, O: Optimizer>(&'g self, loss: Var<'g>, optimizer: O) -> TrainingBuilder<'g, O> {
        TrainingBuilder {
            graph: self,
            loss,
            optimizer,
            outputs: vec![(loss.into(), Site::here())],
            passes: Passes::default(),
            in_place: Updates::default(),
        }
    }
}

/// A training step that is being described.
#[must_use = "nothing is trained until it is compiled"]
pub struct TrainingBuilder<'g, O> {
    graph: &'g Graph,
    loss: Var<'g>,
    optimizer: O,
    /// The loss and what else is put out, each with the line that asked for it.
    outputs: Vec<(OutputVar<'g>, Site)>,
    passes: Passes,
    in_place: Updates,
}

impl<O: fmt::Debug> fmt::Debug for TrainingBuilder<'_, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outputs: Vec<_> = self.outputs.iter().map(|(output, _)| output).collect();
        let mut debug = f.debug_struct("TrainingBuilder");
        debug.field("optimizer", &self.optimizer).field("outputs", &outputs).finish_non_exhaustive()
    }
}

impl<'g, O: Optimizer> TrainingBuilder<'g, O> {
    /// Compiles with some of the compiler's passes left out, and updates in place parameters from so many numbers on: for
    /// tests that compare.
    #[doc(hidden)]
    pub fn passes(mut self, passes: Passes, in_place_from: usize) -> Self {
        (self.passes, self.in_place.least) = (passes, in_place_from);
        self
    }

    /// One more output of each step.
    #[track_caller]
    pub fn emit(mut self, output: impl Into<OutputVar<'g>>) -> Self {
        self.outputs.push((output.into(), Site::here()));
        self
    }

    /// Records the update and compiles the step.
    ///
    /// # Errors
    /// [`Error::Setting`] for a setting of the optimizer that is not allowed; [`Error::Recording`] with all root faults of the graph; [`Error::Foreign`] for a loss, another output or a new
    /// value of another graph; [`Error::Shape`] for a new value of another shape than its parameter's.
    #[track_caller]
    pub fn compile<E: Element>(self, params: &mut Params<E>) -> Result<Training<'static, E>> {
        let recipe = Recipe {
            loss: self.loss,
            outputs: &self.outputs,
            optimizer: &self.optimizer,
            passes: self.passes,
            in_place: self.in_place,
        };
        let program = (TrainingTable::get().compile)(recipe, self.graph, params, Site::here())?;
        Ok(Training::new(vec![program], None, self.optimizer.rate()))
    }
}

/// The feeds of a step, inline up to a common number of inputs.
pub(super) type Feeds<'a, E> = SmallVec<[Feed<'a, E>; 8]>;

/// A training step, compiled: of one recorded graph ([`Graph::train`]), or of a function that is recorded for each set
/// of shapes that it is fed ([`trace_training`](crate::trace_training())). The lifetime is that of what the function
/// borrows; the training of a graph borrows nothing.
pub struct Training<'f, E> {
    /// The function that takes a step, found once.
    step: Step<E>,
    /// The one program of a graph, or one for each set of shapes of a function.
    programs: Vec<TrainingProgram<E>>,
    /// The place of the program that ran last.
    last: usize,
    function: Option<Function<'f>>,
    rate: Rate,
    /// The inputs of its own, as they are fed.
    scalars: [Tensor<E>; Own::ALL.len()],
    /// The key of its clock, if it was named.
    name: Option<Arc<str>>,
    threads: Threads,
    trap: bool,
    /// True if a step without a finite loss is an error.
    stop: bool,
    /// True if a step without a finite loss, or gradients, is skipped.
    skip: bool,
    skipped: u64,
    observer: Option<Box<dyn Observer<E>>>,
}

/// Takes a step of a training on behalf of a line of the user's.
type Step<E> = for<'a> fn(&'a mut Training<'_, E>, &mut Params<E>, &mut Feeds<'a, E>, Site) -> Result<()>;

/// The functions of trainings that are compiled in this crate for each element type ([`Element::precompiled`]), as those
/// of [`ProgramTable`](super::program::ProgramTable).
pub(crate) struct TrainingTable<E> {
    compile: for<'g> fn(Recipe<'_, 'g>, &'g Graph, &mut Params<E>, Site) -> Result<TrainingProgram<E>>,
    step: Step<E>,
}

impl<E: Element> TrainingTable<E> {
    pub(crate) const NEW: Self = TrainingTable {
        compile: |recipe, graph, params, line| recipe.compile(graph, params, line),
        step: |training, params, feeds, line| training.step(params, feeds, line),
    };

    fn get() -> &'static Self {
        precompiled::<E, Self>()
    }
}

/// The program that ran last.
impl<E> fmt::Debug for Training<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.programs.get(self.last) {
            Some(known) => known.program.fmt(f),
            None => write!(f, "a training that has not run yet"),
        }
    }
}

impl<'f, E: Element> Training<'f, E> {
    pub(super) fn new(programs: Vec<TrainingProgram<E>>, function: Option<Function<'f>>, rate: Rate) -> Self {
        Training {
            step: TrainingTable::get().step,
            programs,
            last: 0,
            function,
            rate,
            scalars: Own::ALL.map(|_| Tensor::full((), E::default())),
            name: None,
            threads: Threads::Shared,
            trap: false,
            stop: true,
            skip: false,
            skipped: 0,
            observer: None,
        }
    }

    /// Takes one step: computes the loss and the gradients, and changes the parameters and the
    /// optimizer's state. On an error nothing is changed. The inputs of a function are fed by name.
    ///
    /// # Errors
    /// As [`Program::run`]; [`Error::Loss`] if the loss is infinite or NaN, unless
    /// [`stop_on_non_finite_loss`](Training::stop_on_non_finite_loss) or
    /// [`skip_non_finite`](Training::skip_non_finite) says otherwise; [`Error::Gradient`] if a gradient is, of an
    /// optimizer that needs them finite, such as one with [`clip_norm`](crate::optim::Clip::clip_norm);
    /// [`Error::Buffer`] if a value that the step gives a buffer is;
    /// [`Error::Steps`] if the number of steps is at its end, [`Error::LearningRate`] if the learning rate is not a
    /// finite number from 0 on; of a function, what compiling it gives.
    #[track_caller]
    pub fn run<'a>(
        &mut self,
        params: &mut Params<E>,
        feeds: impl IntoIterator<Item = impl Into<Feed<'a, E>>>,
    ) -> Result<Outputs<'_, E>> {
        let (programs, held) = (self.programs.len(), params.entries().len());
        let stepped = {
            let mut all = Feeds::new();
            for feed in feeds {
                let feed: Feed<'a, E> = feed.into();
                all.push(feed);
            }
            (self.step)(self, params, &mut all, Site::here())
        };
        if let Err(error) = stepped {
            // A step that was compiled only now goes again, with the states that it added.
            self.programs.truncate(programs);
            params.truncate(held);
            return Err(error);
        }
        let known = &self.programs[self.last];
        Ok(known.program.outputs(known.emitted))
    }

    /// Takes one step on behalf of a line of the user's.
    pub(super) fn step<'a>(
        &'a mut self,
        params: &mut Params<E>,
        feeds: &mut Feeds<'a, E>,
        site: Site,
    ) -> Result<()> {
        let place = self.place(params, feeds, site)?;
        let clock = self.name.as_ref().unwrap_or(&self.programs[place].clock);
        let taken = params.clocks().steps(clock);
        self.advance(taken, site)?;
        let all = params.steps().checked_add(1).ok_or_else(|| Error::Steps { site })?;
        if let Some(observer) = &mut self.observer {
            let function = self.function.as_ref();
            observer.before(&NextStep { params, feeds, taken, function, site })?;
        }
        let known = &mut self.programs[place];
        for (node, scalar) in known.fed.iter().zip(&self.scalars) {
            feeds.push(Feed::of(known.graph, *node, scalar.into()));
        }
        known.program.draw = taken;
        let unguarded = !self.stop && !self.skip;
        let done = known.run(params, feeds, unguarded, site)?;
        self.last = place;
        let loss = known.loss();
        let spoiled = known.spoiled(taken + 1, site);
        if !done || spoiled.is_some() || !(loss.is_finite() || unguarded) {
            if !self.skip {
                let spoiled = spoiled.filter(|_| loss.is_finite() || unguarded);
                return Err(spoiled.unwrap_or(Error::Loss { step: taken + 1, value: loss, site }));
            }
            self.skipped += 1;
        } else {
            known.update(params);
            params.set_steps(all);
            params.clocks_mut().set(self.name.as_ref().unwrap_or(&known.clock), taken + 1);
        }
        if let Some(observer) = &mut self.observer {
            observer.after(params);
        }
        Ok(())
    }

    /// Takes one step of a training that needs no inputs: its loss is one of the parameters alone.
    ///
    /// ```
    /// use gradus::prelude::*;
    /// let mut params = Params::<f64>::new();
    /// let (x, y) = (params.add("x", Tensor::full((), -1.2)), params.add("y", Tensor::full((), 1.0)));
    /// let g = Graph::new();
    /// let (x, y) = (g.param(&x), g.param(&y));
    /// // Rosenbrock's valley, with its end at (1, 1).
    /// let loss = (1.0 - x).square() + 100.0 * (y - x.square()).square();
    /// let mut step = g.training(loss, Adam::new(0.05)).compile(&mut params)?;
    /// for _ in 0..2000 {
    ///     step.run_unfed(&mut params)?;
    /// }
    /// let off = |name: &str| params.get(name).map_or(f64::NAN, |x| (x.item() - 1.0).abs());
    /// assert!(off("x") < 1e-3 && off("y") < 1e-3);
    /// # Ok::<(), gradus::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`run`](Training::run).
    #[track_caller]
    pub fn run_unfed(&mut self, params: &mut Params<E>) -> Result<Outputs<'_, E>> {
        self.run(params, [] as [Feed<'_, E>; 0])
    }

    /// Makes ready what a step is fed beside the user's inputs.
    fn advance(&mut self, taken: u64, site: Site) -> Result<()> {
        let step = taken.checked_add(1).ok_or_else(|| Error::Steps { site })?;
        let rate = (self.rate)(taken);
        let fed = Own::ALL.map(|own| match own {
            Own::Rate => rate,
            Own::Step => step as f64,
        });
        for (scalar, fed) in self.scalars.iter_mut().zip(fed) {
            scalar.data_mut()[0] = E::from_f64(fed);
        }
        let known = E::from_f64(rate).to_f64();
        if !known.is_finite() || known < 0.0 {
            return Err(Error::LearningRate { steps: taken, rate, dtype: E::DTYPE.to_lowercase(), site });
        }
        Ok(())
    }

    /// Returns the place of the program for these feeds, which may have to be compiled first.
    fn place(&mut self, params: &mut Params<E>, feeds: &[Feed<'_, E>], site: Site) -> Result<usize> {
        let Some(function) = &self.function else { return Ok(0) };
        if let Some(place) = self.programs.iter().position(|known| fits(&known.shapes, feeds)) {
            return Ok(place);
        }
        let mut known = function.compile(params, feeds, site)?;
        known.program.threads = self.threads.clone();
        known.program.trap_non_finite(self.trap);
        self.programs.push(known);
        Ok(self.programs.len() - 1)
    }

    /// Sets how many threads a step may use, as [`Program::threads`], for every set of shapes.
    ///
    /// # Errors
    /// As [`Program::threads`].
    #[track_caller]
    pub fn threads(&mut self, count: usize) -> Result<()> {
        self.threads = Threads::new(count, Site::here())?;
        for known in &mut self.programs {
            known.program.threads = self.threads.clone();
        }
        Ok(())
    }

    /// Asks steps to stop at the first value that is not finite, as [`Program::trap_non_finite`], for every set of
    /// shapes.
    pub fn trap_non_finite(&mut self, trap: bool) {
        self.trap = trap;
        self.programs().for_each(|program| program.trap_non_finite(trap));
    }

    /// Decides whether a step whose loss is infinite or NaN is refused, as it is by default: [`Error::Loss`] names the
    /// step, and nothing is changed. Without it the step is taken, and mostly makes every parameter NaN.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let mut params = Params::<f32>::new();
    /// let w = params.add("w", tensor![2.0]);
    /// let g = Graph::new();
    /// let loss = (g.param(&w) * g.input("x", [1])).exp().sum(..);
    /// let mut step = g.train(loss, Sgd::new(0.1), &mut params)?;
    /// let error = step.run(&mut params, [feed("x", &tensor![100.0f32])]).unwrap_err();
    /// assert!(matches!(error, Error::Loss { step: 1, value: f64::INFINITY, .. }));
    /// assert_eq!(params[&w].item(), 2.0);
    /// # Ok::<(), gradus::Error>(())
    /// ```
    pub fn stop_on_non_finite_loss(&mut self, stop: bool) {
        self.stop = stop;
    }

    /// Decides whether a step whose loss is infinite or NaN is skipped without an error, and so is one with such a
    /// gradient, of an optimizer that needs them finite
    /// ([`finite_gradients`](crate::optim::Clip::finite_gradients), [`clip_norm`](crate::optim::Clip::clip_norm)). A
    /// skipped step changes nothing, and does not count as a step; its outputs are there to be read.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let mut params = Params::<f32>::new();
    /// let w = params.add("w", tensor![2.0]);
    /// let g = Graph::new();
    /// let loss = (g.param(&w) * g.input("x", [1])).sum(..);
    /// let mut step = g.train(loss, Sgd::new(0.5).finite_gradients(), &mut params)?;
    /// step.skip_non_finite(true);
    /// for x in [1.0, f32::NAN, 1.0] {
    ///     step.run(&mut params, [feed("x", &tensor![x])])?;
    /// }
    /// assert_eq!((params[&w].item(), step.skipped(), params.steps()), (1.0, 1, 2));
    /// # Ok::<(), gradus::Error>(())
    /// ```
    pub fn skip_non_finite(&mut self, skip: bool) {
        self.skip = skip;
    }

    /// The number of steps that were skipped: see [`skip_non_finite`](Training::skip_non_finite).
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Names the training: the store counts its steps under this name. One without a name is known by the parameters
    /// that it trains, so that two trainings of the same parameters count together, and those of a generator and of a
    /// discriminator do not. A name is the way to another count: a second schedule for the same parameters that begins
    /// at 0, or one that goes on after some were unfrozen.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let mut params = Params::<f32>::new();
    /// let w = params.add("w", tensor![2.0]);
    /// let g = Graph::new();
    /// let loss = g.param(&w).square().sum(..);
    /// let mut coarse = g.train(loss, Sgd::new(StepDecay::new(0.1, 0.5, 10)), &mut params)?;
    /// coarse.run_unfed(&mut params)?;
    /// let mut fine = g.train(loss, Sgd::new(WarmUp::new(10, 0.01)), &mut params)?;
    /// assert_eq!(fine.steps(&params), 1);
    /// fine.name("fine");
    /// fine.run_unfed(&mut params)?;
    /// fine.run_unfed(&mut params)?;
    /// assert_eq!((coarse.steps(&params), fine.steps(&params), params.steps()), (1, 2, 3));
    /// # Ok::<(), gradus::Error>(())
    /// ```
    pub fn name(&mut self, name: &str) {
        self.name = Some(named_key(name));
    }

    /// The number of steps that this training has taken, from which its schedule and [`Update::step`](crate::Update)
    /// follow. It is kept, saved and loaded with `params`: see [`name`](Training::name). A function has none before its
    /// first step, unless it is named.
    pub fn steps(&self, params: &Params<E>) -> u64 {
        let clock = self.name.as_ref().or(self.programs.get(self.last).map(|known| &known.clock));
        clock.map_or(0, |clock| params.clocks().steps(clock))
    }

    /// The compiled program of the last step: its steps and bytes, and where its time goes. That of a graph is there
    /// from the start, that of a function from its first step on.
    pub fn program(&mut self) -> Option<&mut Program<E>> {
        self.programs.get_mut(self.last).map(|known| &mut known.program)
    }

    /// Every compiled program: the one of a graph, or one for each set of shapes that a function was fed, in the order
    /// of use.
    pub fn programs(&mut self) -> impl Iterator<Item = &mut Program<E>> {
        self.programs.iter_mut().map(|known| &mut known.program)
    }

    /// The number of programs that have been compiled: 1 of a graph, that of the sets of shapes of a function.
    pub fn compiled(&self) -> usize {
        self.programs.len()
    }

    /// The trainable parameters on which the loss does not depend: their gradients are zero, and the
    /// step leaves them as they are. Of a function, as of its last step.
    pub fn unused(&self) -> &[String] {
        self.programs.get(self.last).map_or(&[], |known| &known.unused)
    }

    /// The number of the graph that it was compiled of; a function has none.
    pub(crate) fn graph(&self) -> Option<u64> {
        match self.function {
            Some(_) => None,
            None => self.programs.first().map(|known| known.graph),
        }
    }

    /// The place of what sees each step.
    pub(crate) fn observer(&self) -> Option<&dyn Observer<E>> {
        self.observer.as_deref()
    }

    /// The place of what sees each step, to be filled, changed or emptied.
    pub(crate) fn observer_mut(&mut self) -> &mut Option<Box<dyn Observer<E>>> {
        &mut self.observer
    }
}

/// An observer of each step of a training, from a floor above.
pub(crate) trait Observer<E>: Any + Send {
    /// Sees a step before it is taken. An error stops it.
    fn before(&mut self, step: &NextStep<'_, E>) -> Result<()>;

    /// Sees the parameters after a step that was taken.
    fn after(&mut self, params: &Params<E>);
}

/// A step before it is taken.
pub(crate) struct NextStep<'a, E> {
    pub(crate) params: &'a Params<E>,
    pub(crate) feeds: &'a [Feed<'a, E>],
    /// The number of steps that the training has taken.
    pub(crate) taken: u64,
    /// The function that is trained, if it is no graph.
    pub(crate) function: Option<&'a Function<'a>>,
    /// The line of the run.
    pub(crate) site: Site,
}
