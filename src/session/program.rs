//! `Program`: a compiled graph that runs many times.

use super::feed::{Declared, Feed, Few, resolve, trap_nan};
use super::lent::{Lent, giver};
use super::outputs::{OutputBuffer, OutputVar, Outputs};
use crate::compile::{self, Origins, Passes, UnfusedPlan, Updates};
use crate::element::{Element, precompiled};
use crate::error::{Error, ParamErrorKind, Result, Site};
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
    /// The function that runs it, found once.
    run: Run<E>,
    pub(super) machine: Machine<E>,
    /// The steps, one operation each, that run when every value is checked.
    pub(super) steps: UnfusedPlan,
    /// The machine of these steps, once it is asked for.
    trapping: Option<Machine<E>>,
    declared: Declared,
    nodes: Vec<NodeId>,
    /// The results of the last run. An output that is made in a parameter's place has no numbers here.
    results: Vec<OutputBuffer<E>>,
    /// The store's slot of each parameter, and the layout of the store that they were found in.
    slots: Vec<usize>,
    layout: Option<u64>,
    pub(super) threads: Threads,
    /// True if any step is large enough for threads.
    divides: bool,
    /// True if each step is divided that can be, however small.
    divide_all: bool,
    set: InstructionSet,
    /// True if runs check every value, on a machine that updates nothing in place.
    trap: bool,
    /// True if a run updates nothing in place.
    apart: bool,
    /// The number of outputs, of the first of those that have to be finite, that may be infinite or NaN.
    pub(super) passed: usize,
    /// The number of the draw that random numbers are of.
    pub(super) draw: u64,
    /// True if the last run stopped before it updated anything in place.
    refused: bool,
    /// True if each step is timed.
    pub(super) timed: bool,
    /// The number of runs that were timed.
    pub(super) runs: usize,
}

/// Runs a program on behalf of a line of the user's.
type Run<E> = fn(&mut Program<E>, Lent<'_, E>, &[Feed<'_, E>], Site) -> Result<()>;

/// The functions of programs that are compiled in this crate for each element type ([`Element::precompiled`]). Each has
/// the user's line as an argument, since a pointer to a function does not carry its caller's line.
pub(crate) struct ProgramTable<E> {
    pub(super) build: fn(&Graph, &[OutputVar<'_>], Passes, &Updates, Site) -> Result<Program<E>>,
}

impl<E: Element> ProgramTable<E> {
    pub(crate) const NEW: Self = ProgramTable { build: Program::build };

    pub(super) fn get() -> &'static Self {
        precompiled::<E, Self>()
    }
}

/// A plan that is ready to run.
pub(super) struct Machine<E> {
    pub(super) executor: Box<dyn Executor<E>>,
    /// The parameters that an output overwrites, each with the output.
    homes: Vec<(u32, u32)>,
    /// True for each output that is made in a parameter's place.
    in_place: Vec<bool>,
}

impl<E: Element> Machine<E> {
    fn new(plan: Plan, set: InstructionSet, origins: &Origins, outputs: usize) -> Result<Self> {
        let mut in_place = vec![false; outputs];
        let homes = plan.in_place.clone();
        homes.iter().for_each(|&(_, output)| in_place[output as usize] = true);
        let executor = E::executor(plan, set).map_err(|error| explain(error, origins))?;
        Ok(Machine { executor, homes, in_place })
    }
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
    /// Compiles a graph. `updates` are outputs that are new values of parameters, with their names; these may
    /// be made in place.
    ///
    /// Every compilation comes through here, so that a node's number from another graph is never taken for
    /// one of this graph.
    pub(super) fn build(
        graph: &Graph,
        asked: &[OutputVar<'_>],
        passes: Passes,
        updates: &Updates,
        site: Site,
    ) -> Result<Self> {
        let own =
            |(i, asked): (usize, &OutputVar<'_>)| graph.own(format_args!("output {i}"), asked.value(), site);
        let nodes = asked.iter().enumerate().map(own).collect::<Result<Vec<NodeId>>>()?;
        let ir = compile::lower(graph, &nodes, passes)?;
        let steps = UnfusedPlan::of(&ir, graph);
        let set = InstructionSet::best();
        // A lack of memory is mostly one value that was meant to be smaller.
        let largest = ir.nodes.iter().max_by_key(|node| node.shape.size()).map(|node| node.site);
        let place = |error: Error| match (error, largest) {
            (Error::Memory(problem), Some(site)) => Error::Memory(format!("{problem}\n  --> {site}")),
            (error, _) => error,
        };
        let plan = steps.plan(passes.fuse, updates);
        let machine = Machine::new(plan, set, steps.origins(), asked.len()).map_err(place)?;
        let results = asked.iter().zip(&machine.in_place).map(|(asked, in_place)| match asked {
            OutputVar::Real(_) if *in_place => Ok(OutputBuffer::Real(Tensor::full([0], E::default()))),
            OutputVar::Real(value) => Ok(OutputBuffer::Real(empty(&value.shape())?)),
            OutputVar::Index(indices) => {
                let shape = indices.shape();
                Ok(OutputBuffer::Index(Tensor::new(&shape, room(shape.size(), 0)?)?))
            }
        });
        Ok(Program {
            run: Program::run_feeds,
            results: results.collect::<Result<_>>().map_err(place)?,
            slots: steps.origins().params.iter().map(|param| param.slot).collect(),
            layout: None,
            steps,
            trapping: None,
            declared: Declared::of(graph),
            nodes,
            threads: Threads::Shared,
            divides: machine.executor.divides(),
            machine,
            set,
            divide_all: false,
            trap: false,
            apart: false,
            passed: 0,
            draw: 0,
            refused: false,
            timed: false,
            runs: 0,
        })
    }

    /// Requires that the program reads no parameters, since it will be given none.
    pub(super) fn needs_none(&self, site: Site) -> Result<()> {
        match self.steps.origins().params.first() {
            Some(param) => Err(Error::Param {
                name: param.name.to_string(),
                kind: ParamErrorKind::Missing,
                problem: format!(
                    "`eval` has no parameters, and the value depends on this one; compile it, and run it with them\n  \
                     --> {site}\n     declared at {}",
                    param.site
                ),
            }),
            None => Ok(()),
        }
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
            let (plan, outputs) = (self.machine.executor.plan().clone(), self.nodes.len());
            self.machine = Machine::new(plan, set, self.steps.origins(), outputs)?;
            self.trapping = None;
            self.set = set;
        }
        Ok(())
    }

    /// Makes runs stop at the first value that is not finite: a NaN, or an infinity whose element was computed from
    /// finite numbers alone, such as `ln 0` or an overflow. An infinity that was given, such as the −∞ of a mask that is
    /// chosen, added or fed, is no fault, and neither is what it makes infinite. The error names the operation and
    /// the user's line, and nothing is changed.
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
        self.machine.executor.plan().steps.len()
    }

    /// The bytes of the program's buffers, without its outputs.
    pub fn bytes(&self) -> usize {
        self.machine.executor.plan().bytes(size_of::<E>())
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
        (self.run)(self, Lent::Read(params), &fed, Site::here())?;
        Ok(self.last())
    }

    /// Computes the outputs of a program that needs no inputs.
    ///
    /// # Errors
    /// As [`run`](Program::run).
    #[track_caller]
    pub fn run_unfed(&mut self, params: &Params<E>) -> Result<Outputs<'_, E>> {
        (self.run)(self, Lent::Read(params), &[], Site::here())?;
        Ok(self.last())
    }

    /// Computes the outputs on behalf of a line of the user's.
    pub(crate) fn run_at(
        &mut self,
        params: &Params<E>,
        feeds: &[Feed<'_, E>],
        site: Site,
    ) -> Result<Outputs<'_, E>> {
        (self.run)(self, Lent::Read(params), feeds, site)?;
        Ok(self.last())
    }

    /// Runs on behalf of a line of the user's. Changes no parameter if there is an error.
    pub(super) fn run_feeds(&mut self, params: Lent<'_, E>, feeds: &[Feed<'_, E>], site: Site) -> Result<()> {
        let origins = self.steps.origins();
        let (mut inputs, mut labels) = (Few::new(), Few::new());
        resolve(origins, &mut self.declared, feeds, &mut inputs, &mut labels, site)?;
        let layout = Some(params.params().layout());
        if self.layout != layout {
            for (slot, param) in self.slots.iter_mut().zip(&origins.params) {
                *slot = params.params().slot(*slot, &param.name, &param.shape, Some(param.site))?;
            }
            self.layout = layout;
        }
        if self.trap {
            trap_nan(origins, &inputs, (params.params(), &self.slots))?;
        }
        let apart = self.trap || self.apart;
        if apart {
            self.make_trapping()?;
        }
        let origins = self.steps.origins();
        let divide = match (&self.threads, self.divide_all) {
            (Threads::One, _) => Divide::Never,
            (_, true) => Divide::Always,
            _ if self.divides => Divide::Worth,
            _ => Divide::Never,
        };
        let mode = Mode { trap: self.trap, divide, timed: self.timed, passed: self.passed, draw: self.draw };
        let Machine { executor, homes, in_place } = match &mut self.trapping {
            Some(trapping) if apart => trapping,
            _ => &mut self.machine,
        };
        let slots = &self.slots;
        let mut given = Some((params, self.results.iter_mut()));
        let mut lend = giver(|to| {
            let Some((params, results)) = given.take() else { return };
            inputs.iter().enumerate().for_each(|(i, input)| to.input(i, input));
            params.give(slots, homes, to);
            for (i, result) in results.enumerate() {
                match result {
                    // An output that is made in place has no result here, though it keeps the tensor of an
                    // earlier run with the trap.
                    OutputBuffer::Real(tensor) if !in_place[i] => to.result(i, tensor.data_mut()),
                    _ => {}
                }
            }
        });
        let mut run = || executor.run(&labels, &mut lend, mode);
        let ran = match &self.threads {
            Threads::Own(pool) if divide != Divide::Never => pool.install(run),
            _ => run(),
        };
        self.refused = false;
        match ran {
            Ok(()) => {}
            Err(gradus_exec::Error::Refused) => {
                self.refused = true;
                return Ok(());
            }
            Err(error) => return Err(explain(error, origins)),
        }
        self.runs += usize::from(self.timed);
        for (i, result) in self.results.iter_mut().enumerate() {
            if let OutputBuffer::Index(tensor) = result {
                tensor.data_mut().copy_from_slice(executor.indices(i, &labels));
            }
        }
        Ok(())
    }

    /// Runs as a training step, whose updates wait for what has to be finite. A run that stops there is repeated without
    /// updates in place, for its outputs, and `false` is returned.
    pub(super) fn run_step(
        &mut self,
        params: &mut Params<E>,
        feeds: &[Feed<'_, E>],
        site: Site,
    ) -> Result<bool> {
        self.run_feeds(Lent::Change(params), feeds, site)?;
        if !self.refused {
            return Ok(true);
        }
        self.apart = true;
        let again = self.run_feeds(Lent::Read(params), feeds, site);
        self.apart = false;
        again.map(|()| false)
    }

    /// Makes the machine that checks every value, with results of its own for what the other one updates in place.
    fn make_trapping(&mut self) -> Result<()> {
        if self.trapping.is_some() {
            return Ok(());
        }
        let (origins, outputs) = (self.steps.origins(), self.nodes.len());
        let plan = self.steps.plan(false, &Updates::default());
        for &(param, output) in &self.machine.homes {
            self.results[output as usize] = OutputBuffer::Real(empty(&origins.params[param as usize].shape)?);
        }
        self.trapping = Some(Machine::new(plan, self.set, origins, outputs)?);
        Ok(())
    }

    /// Swaps an output of real numbers with a parameter's tensor, unless it was made there already.
    pub(super) fn swap_updated(&mut self, output: usize, tensor: &mut Tensor<E>) {
        let machine = self.trapping.as_ref().filter(|_| self.trap).unwrap_or(&self.machine);
        if let (Some(OutputBuffer::Real(result)), false) =
            (self.results.get_mut(output), machine.in_place[output])
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
        self.machine.executor.plan().fmt(f)
    }
}

impl<E> fmt::Debug for Program<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
