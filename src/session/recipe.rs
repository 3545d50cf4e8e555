//! `Recipe`: the parts that a training step is recorded and compiled from, and `TrainingProgram`, the compiled step.

use super::feed::Feed;
use super::lent::Lent;
use super::outputs::OutputVar;
use super::program::Program;
use super::update::{Optimizer, Update};
use crate::autodiff;
use crate::compile::{Passes, Updates};
use crate::element::Element;
use crate::error::{Error, Result, Role, Site};
use crate::graph::{Graph, Node, NodeId, Var};
use crate::op::Op;
use crate::params::{Kind, Param, Params};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// The parts that a training step is recorded from.
pub(super) struct Recipe<'r, 'g> {
    pub(super) loss: Var<'g>,
    /// The loss and what else is put out, each with the line that asked for it.
    pub(super) outputs: &'r [(OutputVar<'g>, Site)],
    pub(super) optimizer: &'r dyn Optimizer,
    pub(super) passes: Passes,
    pub(super) in_place: Updates,
}

impl<'g> Recipe<'_, 'g> {
    /// Records the update and compiles the step, on behalf of a line of the user's.
    pub(super) fn compile<E: Element>(
        self,
        graph: &'g Graph,
        params: &mut Params<E>,
        line: Site,
    ) -> Result<TrainingProgram<E>> {
        for (i, &(output, at)) in self.outputs.iter().enumerate() {
            graph.own(if i == 0 { "the loss" } else { "an output of the training" }, output.value(), at)?;
        }
        self.optimizer.settings().iter().try_for_each(|setting| setting.judge::<E>(line))?;
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
            accept("the optimizer's gradient", &param, graph, gradient, site)?;
            let mut update = Update::new(&param.name, var, gradient, rate, step);
            let next = self.optimizer.update(&mut update);
            let states = update.states.into_iter().map(|state| (state.param, Some(state.start), state.next));
            for (param, start, next) in [(param, None, next)].into_iter().chain(states) {
                accept("the new value", &param, graph, next, site)?;
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
        Ok(TrainingProgram {
            updates: slots?,
            changed: updates.into_iter().map(|(param, _)| param).collect(),
            program,
            emitted,
            graph: graph.id(),
            fed: [rate.id(), step.id()],
            unused,
            shapes: Vec::new(),
        })
    }
}

impl Graph {
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

/// A tensor of one number that is written at once: of memory that is only known to be zero, the first step would read
/// each page before it writes it, and wait for the system twice.
fn written<E: Element>(shape: &Shape, start: E) -> Tensor<E> {
    let mut tensor = Tensor::full(shape, start);
    tensor.data_mut().fill(start);
    tensor
}

/// Tells whether a value that an optimizer gave for a parameter fits it, by its graph and its shape.
fn accept(what: &str, param: &Param, graph: &Graph, given: Var<'_>, site: Site) -> Result<()> {
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

/// The compiled step of one graph.
pub(super) struct TrainingProgram<E> {
    pub(super) program: Program<E>,
    /// The number of the user's outputs; the rest are new values of parameters and states.
    pub(super) emitted: usize,
    /// The store's slot that each new value goes to, as of the last run.
    updates: Vec<usize>,
    /// The parameters and states that are updated.
    changed: Vec<Param>,
    pub(super) graph: u64,
    /// The inputs of the learning rate and of the step's number.
    pub(super) fed: [NodeId; 2],
    pub(super) unused: Vec<String>,
    /// The names and shapes of the feeds that a function was recorded for.
    pub(super) shapes: Vec<(String, Shape)>,
}

impl<E: Element> TrainingProgram<E> {
    /// Takes one step: on an error nothing is changed.
    pub(super) fn run(
        &mut self,
        params: &mut Params<E>,
        feeds: &[Feed<'_, E>],
        steps: u64,
        site: Site,
    ) -> Result<()> {
        // All places are found before anything is changed. They may be others than before: loading a
        // file may order the states anew.
        for (slot, param) in self.updates.iter_mut().zip(&self.changed) {
            *slot = params.slot(*slot, &param.name, &param.shape, None)?;
        }
        self.program.run_feeds(Lent::Change(params), feeds, site)?;
        for (i, &slot) in self.updates.iter().enumerate() {
            self.program.swap_updated(self.emitted + i, &mut params.entry_mut(slot).value);
        }
        params.set_steps(steps);
        Ok(())
    }
}
