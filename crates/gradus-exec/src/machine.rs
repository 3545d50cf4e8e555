//! Runs a plan: its buffers, and one call of a kernel per step.

use crate::error::{Error, Result};
use crate::group::{PreparedGroup, Registers, RunContext};
use crate::guard::Guard;
use crate::index::Order;
use crate::memory::{Memory, Room, buffer};
use crate::numbers::{self, RunNumbers};
use crate::plan::{Kernel, Plan, SPLAT, Source, Step, View};
use crate::set::{Divide, InstructionSet};
use crate::source::Sources;
use crate::{Executor, boxes, check, contract, fold, gemm, group, index, map, rows, trap};
use gradus_rows::{Float, random};
use gradus_tensor::Tensor;
use std::time::Instant;

/// The behavior of a run.
#[derive(Clone, Copy, Debug)]
pub struct Mode {
    /// Stops at the first value that is not finite.
    pub trap: bool,
    /// The steps that are divided among rayon's threads.
    pub divide: Divide,
    /// Measures the time of each step.
    pub timed: bool,
    /// The number of outputs, of the first of [`Plan::needed`], that may be infinite or NaN.
    pub passed: usize,
    /// The number of the draw that random numbers are of.
    pub draw: u64,
}

/// A plan with its buffers. After the first run no step allocates.
pub(crate) struct Machine<E> {
    plan: Plan,
    room: Room<E>,
    size: usize,
    guard: Guard,
    /// The sizes of all that a run is given.
    sizes: Vec<usize>,
    memory: Memory<E>,
    registers: Registers<E>,
    indices: Vec<Vec<usize>>,
    /// Room for the order of a row that is sorted.
    order: Order,
    values: Vec<Tensor<E>>,
    /// The outputs that are copied: they have no step that makes them in their place.
    copied: Vec<usize>,
    /// The prepared group of each step that is one.
    prepared: Vec<Option<PreparedGroup<E>>>,
    /// Room for the copies that a matrix product makes of its sides.
    scratch: Vec<E>,
    set: InstructionSet,
    /// The first step that updates something in place.
    first_update: Option<usize>,
    /// The time of each step in the timed runs, in seconds.
    times: Vec<f64>,
}

impl<E: Float> Machine<E> {
    /// Prepares the plan, and allocates its buffers.
    pub(crate) fn new(plan: Plan, set: InstructionSet) -> Result<Self> {
        let (memory, size) = Memory::new(&plan)?;
        let prepared = check::check(&plan, &memory, set)?;
        let registers = prepared.iter().flatten().map(|prepared| prepared.room).max().unwrap_or(0);
        let scratch = plan.steps.iter().map(|step| scratch::<E>(step, set)).max().unwrap_or(0);
        let copied = plan.outputs.iter().enumerate().filter(|&(i, view)| {
            view.source != Source::Result(i as u32)
                && !matches!(view.source, Source::Index(_) | Source::Labels(_))
        });
        let mut machine = Machine {
            copied: copied.map(|(i, _)| i).collect(),
            room: Room::new(size)?,
            guard: Guard::new(&plan, |at, result| check::made(&plan.steps[at], result)),
            sizes: numbers::sizes(&plan),
            size,
            memory,
            registers: Registers::new(registers),
            indices: plan.index_slots.iter().map(|&size| buffer(size, 0)).collect::<Result<_>>()?,
            order: Order::new(),
            values: plan.values.iter().map(|value| value.cast()).collect(),
            prepared,
            scratch: buffer(scratch, E::default())?,
            set,
            first_update: check::first_update(&plan),
            times: vec![0.0; plan.steps.len()],
            plan,
        };
        machine.memory.own(machine.room.start(), machine.size);
        machine.registers.reserve(1, &machine.memory)?;
        for (i, &constant) in machine.plan.constants.iter().enumerate() {
            let at = machine.memory.span(Source::Constant(i as u32)).0;
            // SAFETY: a constant has room for `SPLAT` numbers.
            (0..SPLAT).for_each(|lane| unsafe { *at.add(lane) = E::from_f64(constant) });
        }
        Ok(machine)
    }

    /// Tells whether any step is large enough for threads.
    fn some_step_is_large(&self) -> bool {
        let product = |[m, k, n]: [usize; 3]| m.saturating_mul(k).saturating_mul(n) >= gemm::WORTH;
        self.plan.steps.iter().zip(&self.prepared).any(|(step, prepared)| match (&step.kernel, prepared) {
            (Kernel::Contract(each), _) => product(each.size),
            (Kernel::Group(group), Some(prepared)) => match group.head {
                Some(each) => product(each.size),
                None => prepared.work >= group::WORTH,
            },
            (Kernel::Fold { outer, size, inner, .. }, _) => outer * size * inner >= rows::WORTH,
            _ => step.shape.size() >= rows::WORTH,
        })
    }

    /// Notes the addresses of this run's numbers.
    fn take<'r>(&mut self, lend: &mut dyn FnMut(&mut RunNumbers<'_, 'r, E>)) -> Result<()>
    where
        E: 'r,
    {
        let memory = &mut self.memory;
        memory.own(self.room.start(), self.size);
        memory.forget();
        self.values.iter().enumerate().for_each(|(i, x)| memory.value(i, x.data()));
        lend(&mut RunNumbers::new(memory, &self.plan));
        if memory.holds(&self.sizes) {
            return Ok(());
        }
        let changed = self.plan.in_place.iter().all(|&(_, output)| memory.has_result(output, &self.sizes));
        Err(Error::Invalid(match changed {
            true => "a run needs every input, parameter and result of its plan, each in its size".into(),
            false => "this program belongs to a training and changes parameters: run the training, which borrows them mutably".into(),
        }))
    }
}

impl<E: Float> Executor<E> for Machine<E> {
    fn plan(&self) -> &Plan {
        &self.plan
    }

    fn divides(&self) -> bool {
        self.some_step_is_large()
    }

    fn times(&self) -> &[f64] {
        &self.times
    }

    fn forget_times(&mut self) {
        self.times.fill(0.0);
    }

    fn run<'r>(
        &mut self,
        labels: &[&[usize]],
        lend: &mut dyn FnMut(&mut RunNumbers<'_, 'r, E>),
        mode: Mode,
    ) -> Result<()>
    where
        E: 'r,
    {
        numbers::check_labels(&self.plan, labels)?;
        self.take(lend)?;
        self.guard.start(&self.memory);
        let threads = if mode.divide == Divide::Never { 1 } else { rayon::current_num_threads() };
        self.registers.reserve(threads, &self.memory)?;
        let steps = self.plan.steps.iter().zip(&self.prepared).zip(&mut self.times).enumerate();
        for (at, ((step, prepared), time)) in steps {
            if Some(at) == self.first_update {
                let sources = Sources { memory: &self.memory, indices: &self.indices, labels };
                let views = self.plan.needed.iter().map(|&output| &self.plan.outputs[output as usize]);
                let first = |view: &View| sources.real(view.source).get(view.offset).copied();
                if !views.skip(mode.passed).filter_map(first).all(|x| x.to_f64().is_finite()) {
                    return Err(Error::Refused);
                }
            }
            self.guard.before(at, &self.memory);
            let start = mode.timed.then(Instant::now);
            if let Source::Index(i) = step.outs[0] {
                // The buffer that is filled is taken out while the others are read, and then put back.
                let mut out = std::mem::take(&mut self.indices[i as usize]);
                let sources = Sources { memory: &self.memory, indices: &self.indices, labels };
                index::made(step, &sources, &mut self.order, &mut out[..step.shape.size()]);
                self.indices[i as usize] = out;
                continue;
            }
            let sources = Sources { memory: &self.memory, indices: &self.indices, labels };
            call(
                step,
                prepared.as_ref(),
                &sources,
                &self.registers,
                &mut self.scratch,
                (self.set, mode.divide, mode.draw),
            );
            self.guard.after(at, &self.plan, &self.memory, self.registers.left())?;
            *time += start.map_or(0.0, |start| start.elapsed().as_secs_f64());
            if mode.trap {
                trap::trap(step, &sources)?;
            }
        }
        // An output that no step makes in its place, such as an input, is copied.
        let sources = Sources { memory: &self.memory, indices: &self.indices, labels };
        for &i in &self.copied {
            let (view, (at, _)) = (&self.plan.outputs[i], self.memory.span(Source::Result(i as u32)));
            let size = view.shape.size();
            if size > 0 {
                // SAFETY: the tensor of a result that is not made in place is borrowed here only.
                let out = unsafe { std::slice::from_raw_parts_mut(at, size) };
                map::copy(sources.view(view), out, Divide::Never);
            }
        }
        Ok(())
    }

    fn indices<'a>(&'a self, output: usize, labels: &'a [&'a [usize]]) -> &'a [usize] {
        let view = &self.plan.outputs[output];
        let sources = Sources { memory: &self.memory, indices: &self.indices, labels };
        sources.index(view)
    }
}

/// Returns the number of scratch elements that a step needs.
fn scratch<E>(step: &Step, set: InstructionSet) -> usize {
    let product = match &step.kernel {
        Kernel::Contract(product) => Some(*product),
        Kernel::Group(group) => group.head,
        _ => None,
    };
    product.map_or(0, |product| contract::scratch::<E>(set, product.size, [&step.args[0], &step.args[1]]))
}

fn call<E: Float>(
    step: &Step,
    prepared: Option<&PreparedGroup<E>>,
    sources: &Sources<'_, E>,
    registers: &Registers<E>,
    scratch: &mut [E],
    (set, divide, draw): (InstructionSet, Divide, u64),
) {
    let view = |i: usize| sources.view(&step.args[i]);
    let indices = |arg: u32| sources.index(&step.args[arg as usize]);
    let filled = |source: Source, size: usize| -> &mut [E] {
        let (at, length) = sources.memory.span(source);
        if length == 0 {
            return &mut [];
        }
        // SAFETY: the plan gives each result a buffer that none of the step's arguments is in.
        unsafe { std::slice::from_raw_parts_mut(at, size.min(length)) }
    };
    if let Some(prepared) = prepared {
        let context = RunContext { registers, indices: &indices, divide };
        return match prepared.head() {
            Some((product, out)) => {
                let [m, _, n] = product.size;
                let out = filled(out, m * n);
                let finish = |first: usize, rows: &mut [E]| prepared.follow(first, rows, &context);
                contract::contract(
                    product,
                    &[m, n],
                    [view(0), view(1)],
                    out,
                    scratch,
                    (set, divide),
                    &finish,
                );
            }
            None => prepared.run(&context),
        };
    }
    let out = filled(step.outs[0], step.shape.size());
    match &step.kernel {
        Kernel::Fold { fold, outer, size, inner } => {
            fold::fold(*fold, [*outer, *size, *inner], view(0).slice(), out, set, divide);
        }
        Kernel::Contract(product) => contract::contract(
            *product,
            &step.shape,
            [view(0), view(1)],
            out,
            scratch,
            (set, divide),
            &|_, _| {},
        ),
        Kernel::Boxes { zero, add, boxes } => {
            if *zero {
                out.fill(E::default());
            }
            for (i, (offset, strides)) in boxes.iter().enumerate() {
                boxes::write(view(i), out, *offset, strides, *add);
            }
        }
        Kernel::Gather { size, inner } => {
            index::gather([*size, *inner], view(0).slice(), sources.index(&step.args[1]), out);
        }
        Kernel::ScatterAdd { size, inner } => {
            index::scatter([*size, *inner], view(0).slice(), sources.index(&step.args[1]), out);
        }
        Kernel::OneHot { width } => index::one_hot(*width, sources.index(&step.args[0]), out),
        Kernel::SameIndex => {
            index::same(sources.index(&step.args[0]), sources.index(&step.args[1]), out);
        }
        Kernel::Random { seed } => random::fill(*seed, draw, out, E::from_f64),
        // A value without elements, which is in no group.
        Kernel::Map(_) | Kernel::Copy => {}
        Kernel::ArgSort { .. } | Kernel::Along { .. } => unreachable!("run above"),
        Kernel::ArgMax { .. } | Kernel::Indices { .. } | Kernel::Group(_) => unreachable!("run above"),
    }
}
