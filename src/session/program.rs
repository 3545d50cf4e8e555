//! `Program`: a compiled graph that runs many times.

use super::feed::{Declared, Feed, Few, resolve, trap_nan};
use super::lent::{Lent, giver};
use super::outputs::{OutputBuffer, OutputVar, Outputs};
use crate::compile::{self, Origins, Passes, UnfusedPlan, Updates};
use crate::element::Element;
use crate::error::{Error, Result, Site};
use crate::graph::{Graph, NodeId};
use crate::params::Params;
use crate::shape::Shape;
use crate::tensor::Tensor;
use gradus_exec::plan::Plan;
use gradus_exec::{Divide, Executor, InstructionSet, Mode, buffer};
use smallvec::SmallVec;
use std::fmt;
use std::sync::Arc;

/// A compiled graph: it owns its buffers and runs many times, in one element type. After its first
/// run it allocates nothing of its own. It can move to another thread, and many can run at once.
pub struct Program<E> {
    pub(super) machine: Box<dyn Executor<E>>,
    /// The steps, one operation each, that run when every value is checked.
    pub(super) steps: UnfusedPlan,
    trapping: Option<Box<dyn Executor<E>>>,
    declared: Declared,
    nodes: Vec<NodeId>,
    /// The results of the last run. An output that is made in a parameter's place has no numbers here.
    results: Vec<OutputBuffer<E>>,
    /// True for each output that is made in a parameter's place.
    in_place: Vec<bool>,
    /// The parameters that an output overwrites, each with the output, in runs that do not check every value.
    homes: Vec<(u32, u32)>,
    /// The store's slot of each parameter, as of the last run.
    slots: Vec<usize>,
    pub(super) threads: Threads,
    /// True if any step is large enough for threads.
    divides: bool,
    /// True if each step is divided that can be, however small.
    divide_all: bool,
    set: InstructionSet,
    trap: bool,
    /// True if each step is timed.
    pub(super) timed: bool,
    /// The number of runs that were timed.
    pub(super) runs: usize,
}

/// The threads of a run; a pool is shared by the programs of a training.
#[derive(Clone)]
pub(super) enum Threads {
    One,
    Shared,
    Own(Arc<rayon::ThreadPool>),
}

impl Threads {
    /// Makes the threads for a count: 1 for the caller's alone, 0 for rayon's shared pool.
    pub(super) fn new(count: usize, site: Site) -> Result<Self> {
        if count > MOST_THREADS {
            let problem = format!(
                "a run uses at most {MOST_THREADS} threads, and {count} were asked for; 0 takes as many as there are processors\n  --> {site}"
            );
            return Err(Error::Threads { count, problem, source: None });
        }
        Ok(match count {
            0 => Threads::Shared,
            1 => Threads::One,
            count => {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build();
                let refused = |error: rayon::ThreadPoolBuildError| {
                    let problem = format!("the system gives no {count} threads: {error}\n  --> {site}");
                    Error::Threads { count, problem, source: Some(error.into()) }
                };
                Threads::Own(Arc::new(pool.map_err(refused)?))
            }
        })
    }
}

/// The most threads that can be asked for: more would only wait for each other, and a mistaken number must
/// not exhaust the system.
const MOST_THREADS: usize = 1024;

impl<E: Element> Program<E> {
    #[track_caller]
    pub(super) fn new(graph: &Graph, asked: &[OutputVar<'_>], passes: Passes) -> Result<Self> {
        Self::with_updates(graph, asked, passes, &Updates::default())
    }

    /// Compiles a graph. `updates` are outputs that are new values of parameters, with their names; these may
    /// be made in place.
    ///
    /// Every compilation comes through here, so that a node's number from another graph is never taken for
    /// one of this graph.
    #[track_caller]
    pub(super) fn with_updates(
        graph: &Graph,
        asked: &[OutputVar<'_>],
        passes: Passes,
        updates: &Updates,
    ) -> Result<Self> {
        let site = Site::here();
        let own =
            |(i, asked): (usize, &OutputVar<'_>)| graph.own(format_args!("output {i}"), asked.value(), site);
        let nodes = asked.iter().enumerate().map(own).collect::<Result<Vec<NodeId>>>()?;
        let ir = compile::lower(graph, &nodes, passes)?;
        let steps = UnfusedPlan::of(&ir, graph);
        let plan: Plan = steps.plan(passes.fuse, updates);
        let mut in_place = vec![false; asked.len()];
        plan.in_place.iter().for_each(|&(_, output)| in_place[output as usize] = true);
        let results = asked.iter().zip(&in_place).map(|(asked, in_place)| match asked {
            OutputVar::Real(_) if *in_place => Ok(OutputBuffer::Real(Tensor::full([0], E::default()))),
            OutputVar::Real(value) => Ok(OutputBuffer::Real(empty(&value.shape())?)),
            OutputVar::Index(indices) => {
                let shape = indices.shape();
                Ok(OutputBuffer::Index(Tensor::new(&shape, room(shape.size(), 0)?)?))
            }
        });
        let results = results.collect::<Result<Vec<OutputBuffer<E>>>>()?;
        let set = InstructionSet::best();
        let machine = executor(plan, set, steps.origins())?;
        Ok(Program {
            results,
            in_place,
            homes: machine.plan().in_place.clone(),
            slots: steps.origins().params.iter().map(|param| param.slot).collect(),
            steps,
            trapping: None,
            declared: Declared::of(graph),
            nodes,
            threads: Threads::Shared,
            divides: machine.divides(),
            machine,
            set,
            divide_all: false,
            trap: false,
            timed: false,
            runs: 0,
        })
    }

    /// Sets the number of threads of a run: 1 for the caller's alone, 0 for rayon's shared pool, which is the
    /// default. Results are the same, bit for bit; only steps that are large enough for it are divided.
    ///
    /// # Errors
    /// [`Error::Threads`] for more than 1,024, or if the system refuses them.
    #[track_caller]
    pub fn threads(&mut self, count: usize) -> Result<()> {
        self.threads = Threads::new(count, Site::here())?;
        Ok(())
    }

    /// Divides every step that can be divided among the threads, however small, so that tests of small values
    /// cover threads.
    #[doc(hidden)]
    pub fn divide_all(&mut self, all: bool) {
        self.divide_all = all;
    }

    /// Runs on this instruction set instead of the processor's fastest, to measure or to test the code of
    /// other processors. Results have the same bits.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// # use gradus::InstructionSet;
    /// let g = Graph::new();
    /// let y = g.value(tensor![0.3, -2.0]).gelu();
    /// let mut program = g.compile::<f32>([y])?;
    /// let params = Params::new();
    /// let fastest = program.run_unfed(&params)?.at(0).clone();
    /// for &set in InstructionSet::available() {
    ///     program.instructions(set)?;
    ///     assert_eq!(*program.run_unfed(&params)?.at(0), fastest);
    /// }
    /// # Ok::<(), gradus::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] if the processor does not have the set.
    pub fn instructions(&mut self, set: InstructionSet) -> Result<()> {
        if set != self.set {
            let machine = executor(self.machine.plan().clone(), set, self.steps.origins())?;
            (self.machine, self.trapping) = (machine, None);
            self.set = set;
        }
        Ok(())
    }

    /// Makes runs stop at the first value that is not finite: a NaN, or an infinity that was computed from
    /// finite numbers. The error names the operation and the user's line, and nothing is changed.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.input("x", [2]);
    /// let y = x.ln().sum(..);
    /// let mut program = g.compile::<f32>([y])?;
    /// program.trap_non_finite(true);
    /// let error = program.run(&Params::new(), [(x, &tensor![1.0, -1.0])]).unwrap_err().to_string();
    /// assert!(error.starts_with("ln made NaN at position [1] of a value of shape [2]\n  --> "));
    /// # Ok::<(), gradus::Error>(())
    /// ```
    pub fn trap_non_finite(&mut self, trap: bool) {
        self.trap = trap;
    }

    /// The number of kernel calls of a run.
    pub fn steps(&self) -> usize {
        self.machine.plan().steps.len()
    }

    /// The bytes of the program's buffers, without its outputs.
    pub fn bytes(&self) -> usize {
        self.machine.plan().bytes(size_of::<E>())
    }

    /// Computes the outputs.
    ///
    /// # Errors
    /// A missing, misshapen or unknown feed or parameter; a label out of range; with
    /// [`trap_non_finite`](Program::trap_non_finite), the first value that is not finite.
    #[track_caller]
    pub fn run<'a>(
        &mut self,
        params: &Params<E>,
        feeds: impl IntoIterator<Item = impl Into<Feed<'a, E>>>,
    ) -> Result<Outputs<'_, E>> {
        let mut fed: SmallVec<[Feed<'a, E>; 8]> = SmallVec::new();
        feeds.into_iter().for_each(|feed| fed.push(feed.into()));
        self.run_feeds(Lent::Read(params), &fed, Site::here())?;
        Ok(self.last())
    }

    /// Computes the outputs of a program that needs no inputs.
    ///
    /// # Errors
    /// As [`run`](Program::run).
    #[track_caller]
    pub fn run_unfed(&mut self, params: &Params<E>) -> Result<Outputs<'_, E>> {
        self.run_feeds(Lent::Read(params), &[], Site::here())?;
        Ok(self.last())
    }

    /// Computes the outputs on behalf of a line of the user's.
    pub(crate) fn run_at(
        &mut self,
        params: &Params<E>,
        feeds: &[Feed<'_, E>],
        site: Site,
    ) -> Result<Outputs<'_, E>> {
        self.run_feeds(Lent::Read(params), feeds, site)?;
        Ok(self.last())
    }

    /// Runs on behalf of a line of the user's. Changes no parameter if there is an error.
    pub(super) fn run_feeds(&mut self, params: Lent<'_, E>, feeds: &[Feed<'_, E>], site: Site) -> Result<()> {
        let origins = self.steps.origins();
        let (mut inputs, mut labels) = (Few::new(), Few::new());
        resolve(origins, &mut self.declared, feeds, &mut inputs, &mut labels, site)?;
        for (slot, param) in self.slots.iter_mut().zip(&origins.params) {
            *slot = params.params().slot(*slot, &param.name, &param.shape, Some(param.site))?;
        }
        if self.trap {
            trap_nan(origins, &inputs, (params.params(), &self.slots))?;
            // Every value is checked before anything is changed.
            for &(param, output) in &self.machine.plan().in_place {
                if let Some(OutputBuffer::Real(result)) = self.results.get_mut(output as usize)
                    && result.is_empty()
                {
                    *result = empty(&origins.params[param as usize].shape)?;
                }
            }
        }
        let divide = match (&self.threads, self.divide_all) {
            (Threads::One, _) => Divide::Never,
            (_, true) => Divide::Always,
            _ if self.divides => Divide::Worth,
            _ => Divide::Never,
        };
        let mode = Mode { trap: self.trap, divide, timed: self.timed };
        if self.trap && self.trapping.is_none() {
            let plan = self.steps.plan(false, &Updates::default());
            self.trapping = Some(executor(plan, self.set, origins)?);
        }
        let trapping = self.trapping.as_mut().filter(|_| self.trap);
        let machine = trapping.unwrap_or(&mut self.machine);
        let changed: &[(u32, u32)] = if self.trap { &[] } else { &self.homes };
        let (slots, in_place) = (&self.slots, &self.in_place);
        let mut given = Some((params, self.results.iter_mut()));
        let mut lend = giver(|to| {
            let Some((params, results)) = given.take() else { return };
            inputs.iter().enumerate().for_each(|(i, input)| to.input(i, input));
            params.give(slots, changed, to);
            for (i, result) in results.enumerate() {
                match result {
                    // An output that is made in place has no result here, though it keeps the tensor of an
                    // earlier run with the trap.
                    OutputBuffer::Real(tensor) if self.trap || !in_place[i] => {
                        to.result(i, tensor.data_mut())
                    }
                    _ => {}
                }
            }
        });
        let mut run = || machine.run(&labels, &mut lend, mode);
        let ran = match &self.threads {
            Threads::Own(pool) if divide != Divide::Never => pool.install(run),
            _ => run(),
        };
        ran.map_err(|error| explain(error, origins))?;
        self.runs += usize::from(self.timed);
        for (i, result) in self.results.iter_mut().enumerate() {
            if let OutputBuffer::Index(tensor) = result {
                tensor.data_mut().copy_from_slice(machine.indices(i, &labels));
            }
        }
        Ok(())
    }

    /// Swaps an output of real numbers with a parameter's tensor, unless it was made there already.
    pub(super) fn swap_updated(&mut self, output: usize, tensor: &mut Tensor<E>) {
        if let (Some(OutputBuffer::Real(result)), true) =
            (self.results.get_mut(output), self.trap || !self.in_place[output])
        {
            std::mem::swap(result, tensor);
        }
    }

    /// The outputs of the last run; zeros before the first.
    pub fn last(&self) -> Outputs<'_, E> {
        self.outputs(self.results.len())
    }

    /// The first `count` of the last run's outputs.
    pub(super) fn outputs(&self, count: usize) -> Outputs<'_, E> {
        Outputs::new(self.declared.graph(), &self.nodes[..count], &self.results[..count])
    }
}

/// A tensor for the executor to fill.
fn empty<E: Element>(shape: &Shape) -> Result<Tensor<E>> {
    Tensor::new(shape, room(shape.size(), E::default())?)
}

/// Allocates a buffer, or returns an error if there is no memory.
fn room<T: Clone>(size: usize, zero: T) -> Result<Vec<T>> {
    buffer(size, zero).map_err(|error| Error::Memory(error.to_string()))
}

/// Makes a plan ready to run.
fn executor<E: Element>(plan: Plan, set: InstructionSet, origins: &Origins) -> Result<Box<dyn Executor<E>>> {
    E::executor(plan, set).map_err(|error| explain(error, origins))
}

/// Translates the executor's error into one with the user's names and lines.
fn explain(error: gradus_exec::Error, origins: &Origins) -> Error {
    let site = |origin: usize| origins.steps.get(origin).copied();
    match error {
        gradus_exec::Error::Label { labels, label, position } => match origins.labels.get(labels) {
            Some(fed) => {
                Error::Label { name: fed.name.clone(), label, position, classes: fed.classes, site: fed.site }
            }
            None => Error::Invalid(error.to_string()),
        },
        gradus_exec::Error::NonFinite { ref name, origin, value, ref position, ref shape } => {
            match site(origin) {
                Some(site) => Error::NonFinite {
                    op: name.clone(),
                    value,
                    position: position.clone(),
                    shape: shape.clone(),
                    site,
                },
                None => Error::Invalid(error.to_string()),
            }
        }
        gradus_exec::Error::Defect { name, origin, problem } => Error::Defect(match site(origin) {
            Some(site) => format!("{name} of {site}: {problem}"),
            None => format!("{name}: {problem}"),
        }),
        gradus_exec::Error::Memory(problem) => Error::Memory(problem),
        other => Error::Invalid(other.to_string()),
    }
}

/// Shows the compiled steps: the values that each fills, and those that it reads.
impl<E> fmt::Display for Program<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.machine.plan().fmt(f)
    }
}

impl<E> fmt::Debug for Program<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
