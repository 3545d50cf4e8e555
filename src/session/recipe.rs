//! `Recipe`: the parts that a training step is recorded and compiled from, and `TrainingProgram`, the compiled step.

use super::feed::Feed;
use super::outputs::OutputVar;
use super::program::Program;
use super::update::{Optimizer, Update};
use crate::autodiff;
use crate::compile::{Passes, Updates};
use crate::element::Element;
use crate::error::{Error, ParamErrorKind, Result, Role, Site};
use crate::graph::{Graph, Node, NodeId, Var};
use crate::op::Op;
use crate::params::{Kind, Param, Params, clock_key};
use crate::shape::Shape;
use crate::tensor::Tensor;
use std::sync::Arc;

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
        graph.sound(self.outputs.iter().map(|(output, _)| output.value().id()))?;
        params.distinct()?;
        self.training_mode(graph, line)?;
        let held: Vec<(Param, NodeId)> = graph.read(|record| record.params.clone());
        let (mut trained, mut unused) = (Vec::new(), Vec::new());
        for entry in params.entries().iter().filter(|entry| entry.kind == Kind::Trained) {
            let known = held.iter().find(|(param, _)| param.name == entry.name);
            match known.filter(|(_, node)| autodiff::depends(self.loss, graph.var(*node))) {
                Some((param, node)) => trained.push((param.clone(), graph.var(*node))),
                None => unused.push(entry.name.to_string()),
            }
        }
        if trained.is_empty() {
            return Err(idle(params, line));
        }
        let clock = clock_key(trained.iter().map(|(param, _)| param.name()));
        let emitted = self.outputs.len();
        let recorded = self.record(graph, trained, params, line)?;
        let updates = recorded.updates;
        let named = updates.iter().enumerate().map(|(i, (param, _))| (emitted + i, param.name.clone()));
        // The loss, and the gradients that have to be finite.
        let needed =
            std::iter::once(0).chain((0..recorded.finite.len()).map(|i| emitted + updates.len() + i));
        let named = Updates { outputs: named.collect(), needed: needed.collect(), ..self.in_place };
        let program = Program::build(graph, &recorded.asked, self.passes, &named, line)?;
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
            layout: None,
            changed: updates.into_iter().map(|(param, _)| param).collect(),
            program,
            emitted,
            finite: recorded.finite,
            gradients: recorded.gradients,
            graph: graph.id(),
            fed: recorded.fed,
            clock,
            unused,
            shapes: Vec::new(),
        })
    }

    /// Fails if an output depends on a layer that was recorded for evaluation.
    fn training_mode(&self, graph: &Graph, line: Site) -> Result<()> {
        let evaluated = graph.read(|record| record.evaluated.clone());
        if evaluated.is_empty() {
            return Ok(());
        }
        let outputs: Vec<NodeId> = self.outputs.iter().map(|(output, _)| output.value().id()).collect();
        let needed = graph.ancestors(&outputs);
        match evaluated.iter().find(|(node, _)| needed.contains(node)) {
            Some(&(node, layer)) => Err(Error::Invalid(format!(
                "{layer} was recorded for evaluation, and a training is to be compiled of it; record the training in `Graph::for_training()`, or by `trace_training`\n  --> {line}\n     recorded at {}",
                graph.node(node).site
            ))),
            None => Ok(()),
        }
    }

    /// Records the gradients and the update of the parameters that are trained.
    fn record<E: Element>(
        &self,
        graph: &'g Graph,
        trained: Vec<(Param, Var<'g>)>,
        params: &Params<E>,
        line: Site,
    ) -> Result<Recorded<'g>> {
        let site = Site { role: Role::Update, ..line };
        let vars: Vec<Var<'g>> = trained.iter().map(|(_, var)| *var).collect();
        let gradients = {
            let _site = graph.at(line);
            self.loss.grads(&vars)
        };
        let mut asked: Vec<OutputVar<'g>> = self.outputs.iter().map(|(output, _)| *output).collect();
        let _site = graph.at(site);
        let fed = Own::ALL.map(|own| graph.own_input(own.name()));
        let [rate, step] = fed;
        let checked = self.optimizer.finite(&gradients);
        counted(
            "finite",
            if checked.is_empty() { trained.len() } else { checked.len() },
            trained.len(),
            site,
        )?;
        let mut finite: Vec<(Arc<str>, Var<'g>)> = Vec::new();
        for ((param, _), gradient) in trained.iter().zip(checked) {
            accept("the optimizer's checked gradient", param, graph, gradient, site)?;
            if gradient.shape().size() > 0 {
                finite.push((param.name.clone(), gradient.abs().max(..)));
            }
        }
        let gradients = self.optimizer.gradients(gradients);
        counted("gradients", gradients.len(), trained.len(), site)?;
        let mut updates = Vec::new();
        for ((param, var), gradient) in trained.into_iter().zip(gradients) {
            accept("the optimizer's gradient", &param, graph, gradient, site)?;
            let mut update = Update::new(&param.name, var, gradient, rate, step);
            let next = self.optimizer.update(&mut update);
            if let Some(unknown) = update.unknown.first() {
                return Err(Error::Invalid(format!(
                    "the optimizer keeps {unknown:?}, which it has not asked for: `state` comes before `keep`, with the same name\n  --> {site}"
                )));
            }
            let states = update.states.into_iter().map(|state| (state.param, Some(state.start), state.next));
            for (param, start, next) in [(param, None, next)].into_iter().chain(states) {
                accept("the new value", &param, graph, next, site)?;
                asked.push(next.into());
                updates.push((param, start));
            }
        }
        let gradients = finite.len();
        for (param, next, site) in assigned(graph, params)? {
            accept("the value", &param, graph, next, site)?;
            if next.shape().size() > 0 {
                finite.push((param.name.clone(), next.abs().max(..)));
            }
            asked.push(next.into());
            updates.push((param, None));
        }
        asked.extend(finite.iter().map(|&(_, largest)| OutputVar::from(largest)));
        let finite = finite.into_iter().map(|(name, _)| name).collect();
        Ok(Recorded { asked, updates, finite, gradients, fed: fed.map(Var::id) })
    }
}

/// Returns the last value that the step gives each buffer.
fn assigned<'g, E: Element>(graph: &'g Graph, params: &Params<E>) -> Result<Vec<(Param, Var<'g>, Site)>> {
    let mut found: Vec<(Param, Var<'g>, Site)> = Vec::new();
    for (param, node, site) in graph.read(|record| record.assigned.clone()) {
        let entry = params.entries().iter().find(|entry| entry.name == param.name);
        if entry.is_none_or(|entry| entry.kind != Kind::Buffer) {
            let (name, kind) = (param.name.to_string(), ParamErrorKind::Buffer);
            let problem = format!(
                "it is given a value by `assign`, and is no buffer of these parameters; `add_buffer` adds one\n  --> {site}"
            );
            return Err(Error::Param { name, kind, problem });
        }
        found.retain(|(other, ..)| other.name != param.name);
        found.push((param, graph.var(node), site));
    }
    Ok(found)
}

/// A training step in its graph, before it is compiled.
struct Recorded<'g> {
    /// The user's outputs, the new values, and the largest magnitudes of what has to be finite.
    asked: Vec<OutputVar<'g>>,
    /// The parameter or state of each new value; a state with its first value.
    updates: Vec<(Param, Option<f64>)>,
    /// The parameters whose gradients have to be finite, then the buffers whose values have to be.
    finite: Vec<Arc<str>>,
    /// The number of those that are parameters.
    gradients: usize,
    fed: [NodeId; Own::ALL.len()],
}

/// The inputs that a training feeds by itself.
#[derive(Clone, Copy)]
pub(super) enum Own {
    /// The learning rate.
    Rate,
    /// The number of the step, from 1.
    Step,
}

impl Own {
    pub(super) const ALL: [Own; 2] = [Own::Rate, Own::Step];

    fn name(self) -> &'static str {
        match self {
            Own::Rate => "optimizer.rate",
            Own::Step => "optimizer.step",
        }
    }
}

impl Graph {
    /// An input that the training feeds by itself; one graph may hold several trainings.
    #[track_caller]
    fn own_input(&self, name: &str) -> Var<'_> {
        let known = self.read(|record| {
            let named = record.inputs.iter().find(|input| input.name == name).map(|input| input.node);
            // One of the user's own is reported as a name that is taken.
            let own = |node: &Node| matches!(node.op, Op::Input(_)) && node.site.role == Role::Update;
            named.filter(|node| own(&record.nodes[node.index()]))
        });
        match known {
            Some(node) => self.var(node),
            None => self.input(name, Shape::scalar()),
        }
    }
}

/// The error of a training that would change nothing.
fn idle<E: Element>(params: &Params<E>, line: Site) -> Error {
    let count = |kind: Kind| params.entries().iter().filter(|entry| entry.kind == kind).count();
    let why = match (count(Kind::Trained), count(Kind::Frozen)) {
        (0, 0) => "the store holds none; layers add theirs, and `add` adds one".into(),
        (0, frozen) => format!("the store's {frozen} are frozen; `freeze(name, false)` lets one be trained"),
        (free, _) => format!(
            "none of the store's {free} is used in it; record the loss with layers that were made with this store"
        ),
    };
    Error::Invalid(format!("the loss depends on no parameter that can be trained: {why}\n  --> {line}"))
}

/// A tensor of one number that is written at once: of memory that is only known to be zero, the first step would read
/// each page before it writes it, and wait for the system twice.
fn written<E: Element>(shape: &Shape, start: E) -> Tensor<E> {
    let mut tensor = Tensor::full(shape, start);
    tensor.data_mut().fill(start);
    tensor
}

/// Fails if a method of the optimizer gave more or fewer gradients than there are parameters.
fn counted(method: &str, given: usize, count: usize, site: Site) -> Result<()> {
    match given == count {
        true => Ok(()),
        false => Err(Error::Invalid(format!(
            "the optimizer's `{method}` gave {given} for {count} parameters; it gives one for each, in their order\n  --> {site}"
        ))),
    }
}

/// Fails if a value that an optimizer gave for a parameter does not fit it, by its graph or its shape.
fn accept(what: &str, param: &Param, graph: &Graph, given: Var<'_>, site: Site) -> Result<()> {
    let what = format!("{what} of {:?}", param.name);
    graph.own(&what, given, site)?;
    let (expected, found) = (param.shape.clone(), given.shape());
    match found == expected {
        true => Ok(()),
        // A mistake in the rule itself is reported first.
        false => graph.check().and(Err(Error::Shape { what, expected, found, at: Some(site) })),
    }
}

/// The compiled step of one graph.
pub(super) struct TrainingProgram<E> {
    pub(super) program: Program<E>,
    /// The number of the user's outputs, the loss first; the rest are new values of parameters and states, and the
    /// largest magnitudes of gradients that have to be finite.
    pub(super) emitted: usize,
    /// The parameters whose gradients have to be finite, then the buffers whose values have to be.
    finite: Vec<Arc<str>>,
    /// The number of those that are parameters.
    gradients: usize,
    /// The store's slot that each new value goes to, and the layout of the store that they were found in.
    updates: Vec<usize>,
    layout: Option<u64>,
    /// The parameters and states that are updated.
    changed: Vec<Param>,
    pub(super) graph: u64,
    /// The inputs that the training feeds by itself.
    pub(super) fed: [NodeId; Own::ALL.len()],
    /// The key of the clock of a training without a name.
    pub(super) clock: Arc<str>,
    pub(super) unused: Vec<String>,
    /// The names and shapes of the feeds that a function was recorded for.
    pub(super) shapes: Vec<(String, Shape)>,
}

impl<E: Element> TrainingProgram<E> {
    /// Computes a step. Only parameters that are updated in place are changed, and only if the loss and the gradients
    /// that have to be finite are so, or if the loss is `passed`; else it returns `false`.
    pub(super) fn run(
        &mut self,
        params: &mut Params<E>,
        feeds: &[Feed<'_, E>],
        passed: bool,
        site: Site,
    ) -> Result<bool> {
        // All places are found before anything is changed. They may be others than before: loading a
        // file may order the states anew.
        let layout = Some(params.layout());
        if self.layout != layout {
            self.find(params, site)?;
            self.layout = layout;
        }
        self.program.passed = usize::from(passed);
        self.program.run_step(params, feeds, site)
    }

    /// Finds the slots of what is updated.
    fn find(&mut self, params: &Params<E>, site: Site) -> Result<()> {
        for (slot, param) in self.updates.iter_mut().zip(&self.changed) {
            *slot = params.slot(*slot, &param.name, &param.shape, Some(site)).map_err(|error| match error {
                Error::Param { name, kind, .. } => Error::Param {
                    name,
                    kind,
                    problem: format!(
                        "these parameters have none of this name; a training runs on those that it was compiled with, or on a copy of them\n  --> {site}"
                    ),
                },
                other => other,
            })?;
        }
        Ok(())
    }

    /// The loss of the last run.
    pub(super) fn loss(&self) -> f64 {
        self.program.last().at(0).item().to_f64()
    }

    /// The error of the first gradient, or value of a buffer, that was not finite in the last run, though it has to be.
    pub(super) fn spoiled(&self, step: u64, site: Site) -> Option<Error> {
        let outputs = self.program.last();
        let largest = |i: usize| outputs.at(self.emitted + self.updates.len() + i).item().to_f64();
        let (i, value) = (0..self.finite.len()).map(|i| (i, largest(i))).find(|(_, x)| !x.is_finite())?;
        let name = self.finite[i].to_string();
        Some(match i < self.gradients {
            true => Error::Gradient { name, step, value, site },
            false => Error::Buffer { name, step, value, site },
        })
    }

    /// Puts the new values of the last run into the store.
    pub(super) fn update(&mut self, params: &mut Params<E>) {
        for (i, &slot) in self.updates.iter().enumerate() {
            self.program.swap_updated(self.emitted + i, &mut params.entry_mut(slot).value);
        }
    }
}
