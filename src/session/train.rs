//! `Training`: forward, backward and update as one program. Floor 7.

use super::feed::Feed;
use super::lent::Lent;
use super::outputs::{OutputVar, Outputs};
use super::program::Program;
use super::update::{Optimizer, Rate, Update};
use crate::autodiff;
use crate::compile::{Passes, Updates};
use crate::element::Element;
use crate::error::{Error, Result, Role, Site};
use crate::graph::{Graph, Node, NodeId, Var};
use crate::op::Op;
use crate::params::{Kind, Param, Params};
use crate::shape::Shape;
use crate::tensor::Tensor;
use smallvec::SmallVec;

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
    /// let loss = line.apply(x).mse(t);
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
    ) -> Result<Training<E>> {
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

    /// An input that the training feeds by itself; one graph may hold several trainings.
    #[track_caller]
    fn own_input(&self, name: &str) -> Var<'_> {
        let known = self.read(|record| {
            let named = record.inputs.iter().find(|input| input.name == name).map(|input| input.node);
            // One of the user's own that is fed something else is told as a name that is taken.
            let number = |node: &Node| matches!(node.op, Op::Input(_)) && node.shape == Shape::scalar();
            named.filter(|node| number(&record.nodes[node.index()]))
        });
        match known {
            Some(node) => self.var(node),
            None => self.input(name, Shape::scalar()),
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
    /// [`Error::Recording`] with all root faults of the graph; [`Error::Foreign`] for a loss, another output or a new
    /// value of another graph; [`Error::Shape`] for a new value of another shape than its parameter's.
    #[track_caller]
    pub fn compile<E: Element>(self, params: &mut Params<E>) -> Result<Training<E>> {
        self.compile_at(params, Site::here())
    }

    /// The same on behalf of a line of the user's.
    pub(super) fn compile_at<E: Element>(self, params: &mut Params<E>, line: Site) -> Result<Training<E>> {
        let graph = self.graph;
        for (i, &(output, at)) in self.outputs.iter().enumerate() {
            graph.own(if i == 0 { "the loss" } else { "an output of the training" }, output.value(), at)?;
        }
        let site = Site { role: Role::Update, ..line };
        graph.check()?;
        let held: Vec<(Param, NodeId)> = graph.read(|record| record.params.clone());
        params.distinct()?;
        let (mut trained, mut unused) = (Vec::new(), Vec::new());
        for entry in params.entries().iter().filter(|entry| entry.kind == Kind::Trained) {
            let known = held.iter().find(|(param, _)| param.name == entry.name);
            match known.filter(|(_, node)| autodiff::depends(self.loss, graph.var(*node))) {
                Some((param, node)) => trained.push((param.clone(), graph.var(*node))),
                None => unused.push(entry.name.to_string()),
            }
        }
        let vars: Vec<Var<'g>> = trained.iter().map(|(_, var)| *var).collect();
        let gradients = {
            let _site = graph.at(line);
            self.loss.grads(&vars)
        };
        // What each output beyond the user's own is the new value of; a state with its first value.
        let mut updates: Vec<(Param, Option<f64>)> = Vec::new();
        let mut asked: Vec<OutputVar<'g>> = self.outputs.iter().map(|(output, _)| *output).collect();
        let emitted = asked.len();
        let _site = graph.at(site);
        let (rate, step) = (graph.own_input(RATE), graph.own_input(STEP));
        let gradients = self.optimizer.gradients(gradients);
        if gradients.len() != trained.len() {
            let (given, count) = (gradients.len(), trained.len());
            return Err(Error::Invalid(format!(
                "the optimizer's `gradients` gave {given} for {count} parameters; it gives one for each, in their order\n  --> {site}"
            )));
        }
        for ((param, var), gradient) in trained.into_iter().zip(gradients) {
            fits("the optimizer's gradient", &param, graph, gradient, site)?;
            let mut update = Update::new(&param.name, var, gradient, rate, step);
            let next = self.optimizer.update(&mut update);
            let states = update.states.into_iter().map(|state| (state.param, Some(state.start), state.next));
            for (param, start, next) in [(param, None, next)].into_iter().chain(states) {
                fits("the new value", &param, graph, next, site)?;
                asked.push(next.into());
                updates.push((param, start));
            }
        }
        let named = updates.iter().enumerate().map(|(i, (param, _))| (emitted + i, param.name.clone()));
        let named = Updates { outputs: named.collect(), ..self.in_place };
        let program = Program::with_updates(graph, &asked, self.passes, &named)?;
        // Only now is anything changed: the states get their places, all or none.
        let before = params.entries().len();
        let slots = updates.iter().map(|(param, start)| {
            if let Some(start) = start {
                params.state(&param.name, || written(&param.shape, E::from_f64(*start)));
            }
            params.slot(param.slot, &param.name, &param.shape, Some(param.site))
        });
        let slots: Result<Vec<usize>> = slots.collect();
        if slots.is_err() {
            params.truncate(before);
        }
        Ok(Training {
            updates: slots?,
            changed: updates.into_iter().map(|(param, _)| param).collect(),
            program,
            emitted,
            rate: self.optimizer.rate(),
            fed: [(graph.id(), rate.id()), (graph.id(), step.id())],
            scalars: [Tensor::full((), E::default()), Tensor::full((), E::default())],
            unused,
        })
    }
}

/// A tensor of one number that is written at once: of memory that is only known to be zero, the first step would read
/// each page before it writes it, and wait for the system twice.
fn written<E: Element>(shape: &Shape, start: E) -> Tensor<E> {
    let mut tensor = Tensor::full(shape, start);
    tensor.data_mut().fill(start);
    tensor
}

/// Tells whether a value that an optimizer gave for a parameter fits it, by its graph and its shape.
fn fits(what: &str, param: &Param, graph: &Graph, given: Var<'_>, site: Site) -> Result<()> {
    let what = format!("{what} of {:?}", param.name);
    graph.own(&what, given, site)?;
    let (expected, found) = (param.shape.clone(), given.shape());
    match found == expected {
        true => Ok(()),
        // A mistake in the rule itself is told first.
        false => graph.check().and(Err(Error::Shape { what, expected, found, at: Some(site) })),
    }
}

const RATE: &str = "optimizer.rate";
const STEP: &str = "optimizer.step";

/// A compiled training step.
pub struct Training<E> {
    program: Program<E>,
    /// How many outputs are the user's; the rest are new values of parameters and states.
    emitted: usize,
    /// The store's slot that each new value goes to, as of the last run.
    updates: Vec<usize>,
    /// What is updated.
    changed: Vec<Param>,
    rate: Rate,
    fed: [(u64, NodeId); 2],
    scalars: [Tensor<E>; 2],
    unused: Vec<String>,
}

impl<E> std::fmt::Debug for Training<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.program.fmt(f)
    }
}

impl<E: Element> Training<E> {
    /// Takes one step: computes the loss and the gradients, and changes the parameters and the
    /// optimizer's state. On an error nothing is changed.
    ///
    /// # Errors
    /// As [`Program::run`]; [`Error::Steps`] if the number of steps is at its end, [`Error::LearningRate`] if the
    /// learning rate is not a finite number.
    #[track_caller]
    pub fn run<'a>(
        &mut self,
        params: &mut Params<E>,
        feeds: impl IntoIterator<Item = impl Into<Feed<'a, E>>>,
    ) -> Result<Outputs<'_, E>> {
        let Some(steps) = params.steps().checked_add(1) else {
            return Err(Error::Steps { site: Site::here() });
        };
        let rate = (self.rate)(params.steps());
        self.scalars[0].data_mut()[0] = E::from_f64(rate);
        if !self.scalars[0].data()[0].to_f64().is_finite() {
            let (steps, dtype, site) = (params.steps(), E::DTYPE.to_lowercase(), Site::here());
            return Err(Error::LearningRate { steps, rate, dtype, site });
        }
        self.scalars[1].data_mut()[0] = E::from_f64(steps as f64);
        let mut all: SmallVec<[Feed<'_, E>; 8]> = SmallVec::new();
        for feed in feeds {
            let feed: Feed<'a, E> = feed.into();
            all.push(feed);
        }
        for ((graph, node), scalar) in self.fed.iter().zip(&self.scalars) {
            all.push(Feed { graph: *graph, node: *node, value: scalar.into() });
        }
        // All places are found before anything is changed. They may be others than before: loading a
        // file may order the states anew.
        for (slot, param) in self.updates.iter_mut().zip(&self.changed) {
            *slot = params.slot(*slot, &param.name, &param.shape, None)?;
        }
        self.program.run_feeds(Lent::Change(params), &all)?;
        for (i, &slot) in self.updates.iter().enumerate() {
            self.program.swap_updated(self.emitted + i, &mut params.entry_mut(slot).value);
        }
        params.set_steps(steps);
        Ok(self.outputs())
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

    /// The number of the graph that it was compiled of.
    pub(crate) fn graph(&self) -> u64 {
        self.fed[0].0
    }

    /// What the last step put out.
    pub(super) fn outputs(&self) -> Outputs<'_, E> {
        self.program.outputs(self.emitted)
    }

    /// The compiled program: its steps and bytes, its threads, and whether it stops at values that
    /// are not finite.
    pub fn program(&mut self) -> &mut Program<E> {
        &mut self.program
    }

    /// The trainable parameters on which the loss does not depend: their gradients are zero, and the
    /// step leaves them as they are.
    pub fn unused(&self) -> &[String] {
        &self.unused
    }
}
