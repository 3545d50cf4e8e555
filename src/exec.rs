//! Runs a plan: its buffers, and one call of a kernel per step. Floor 6: reads floors 0, 1 and the
//! plan of floor 5; knows no rule and no graph.

mod contract;
mod fold;
mod gemm;
mod index;
mod map;
mod place;
mod rows;

use crate::compile::{Kernel, Plan, Source, Step, View};
use crate::element::Element;
use crate::error::{Error, Result};
use crate::params::Params;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// What a run reads from outside, resolved: the tensors behind the plan's inputs and parameters.
pub(crate) struct Given<'a, E> {
    pub(crate) inputs: &'a [&'a Tensor<E>],
    pub(crate) labels: &'a [&'a Tensor<usize>],
    pub(crate) params: &'a Params<E>,
    /// The store's slot of each of the plan's parameters.
    pub(crate) slots: &'a [usize],
}

/// How a run behaves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mode {
    /// Stop at the first value that is not finite.
    pub(crate) trap: bool,
    /// Use rayon's threads where a step is large enough.
    pub(crate) parallel: bool,
}

/// A plan with its buffers. After the first run no step allocates.
pub(crate) struct Machine<E> {
    pub(crate) plan: Plan,
    slots: Vec<Vec<E>>,
    indices: Vec<Vec<usize>>,
    constants: Vec<E>,
    values: Vec<Tensor<E>>,
    /// Room for what a matrix product lays out.
    scratch: Vec<E>,
}

/// The sources of a running step's arguments.
struct Sources<'a, E> {
    slots: &'a [Vec<E>],
    indices: &'a [Vec<usize>],
    constants: &'a [E],
    values: &'a [Tensor<E>],
    given: &'a Given<'a, E>,
}

impl<'a, E: Element> Sources<'a, E> {
    fn real(&self, source: Source) -> &'a [E] {
        match source {
            Source::Slot(i) => &self.slots[i as usize],
            Source::Constant(i) => &self.constants[i as usize..][..1],
            Source::Value(i) => self.values[i as usize].data(),
            Source::Input(i) => self.given.inputs[i as usize].data(),
            Source::Param(i) => self.given.params.entries()[self.given.slots[i as usize]].value.data(),
            Source::Index(_) | Source::Labels(_) => &[],
        }
    }

    fn index(&self, source: Source) -> &'a [usize] {
        match source {
            Source::Index(i) => &self.indices[i as usize],
            Source::Labels(i) => self.given.labels[i as usize].data(),
            _ => &[],
        }
    }

    fn view<'v>(&self, view: &'v View) -> Strided<'a, 'v, E> {
        Strided { data: self.real(view.source), view }
    }
}

/// The numbers behind a view.
#[derive(Clone, Copy)]
pub(crate) struct Strided<'a, 'v, E> {
    data: &'a [E],
    view: &'v View,
}

impl<'a, E: Element> Strided<'a, '_, E> {
    /// Where the row begins that is number `row` of all rows along the last axis.
    fn start(&self, row: usize) -> usize {
        let (shape, strides) = (&self.view.shape, &self.view.strides);
        let mut rest = row;
        let mut at = self.view.offset;
        for axis in (0..shape.len().saturating_sub(1)).rev() {
            at += rest % shape[axis] * strides[axis];
            rest /= shape[axis];
        }
        at
    }

    /// The distance between neighbors of a row.
    fn stride(&self) -> usize {
        self.view.strides.last().copied().unwrap_or(0)
    }

    /// The elements, of a view that has them one after another.
    fn slice(&self) -> &'a [E] {
        &self.data[self.view.offset..self.view.offset + self.view.shape.size()]
    }
}

impl<E: Element> Machine<E> {
    /// Sets the buffers aside.
    pub(crate) fn new(plan: Plan) -> Result<Self> {
        let scratch = plan.steps.iter().map(scratch::<E>).max().unwrap_or(0);
        Ok(Machine {
            slots: plan.slots.iter().map(|&size| buffer(size, E::default())).collect::<Result<_>>()?,
            indices: plan.index_slots.iter().map(|&size| buffer(size, 0)).collect::<Result<_>>()?,
            constants: plan.constants.iter().map(|&c| E::from_f64(c)).collect(),
            values: plan.values.iter().map(|value| value.cast()).collect(),
            scratch: buffer(scratch, E::default())?,
            plan,
        })
    }

    /// Runs every step. The outputs can be read afterwards with [`read`](Self::read).
    pub(crate) fn run(&mut self, given: &Given<'_, E>, mode: Mode) -> Result<()> {
        for step in &self.plan.steps {
            let size = step.shape.size();
            // The buffer to be filled is taken out while the others are read, and put back.
            match step.out {
                Source::Index(i) => {
                    let mut out = std::mem::take(&mut self.indices[i as usize]);
                    let sources = self.sources(given);
                    index::argmax(step, &sources, &mut out[..size]);
                    self.indices[i as usize] = out;
                }
                Source::Slot(i) => {
                    let mut out = std::mem::take(&mut self.slots[i as usize]);
                    let mut scratch = std::mem::take(&mut self.scratch);
                    let sources = self.sources(given);
                    call(step, &sources, &mut out[..size], &mut scratch, mode.parallel);
                    let trapped = if mode.trap { trap(step, &sources, &out[..size]) } else { Ok(()) };
                    self.slots[i as usize] = out;
                    self.scratch = scratch;
                    trapped?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn sources<'a>(&'a self, given: &'a Given<'a, E>) -> Sources<'a, E> {
        Sources {
            slots: &self.slots,
            indices: &self.indices,
            constants: &self.constants,
            values: &self.values,
            given,
        }
    }

    /// Copies an output of real numbers, in row-major order.
    pub(crate) fn read(&self, output: usize, given: &Given<'_, E>, out: &mut [E]) {
        map::copy(self.sources(given).view(&self.plan.outputs[output]), out, false);
    }

    /// An output of indices.
    pub(crate) fn indices<'a>(&'a self, output: usize, given: &'a Given<'a, E>) -> &'a [usize] {
        let view = &self.plan.outputs[output];
        &self.sources(given).index(view.source)[..view.shape.size()]
    }
}

/// A buffer, or an error where the system has no such room: a mistaken shape shall not end the
/// process.
pub(crate) fn buffer<T: Clone>(size: usize, zero: T) -> Result<Vec<T>> {
    let bytes = size.saturating_mul(size_of::<T>());
    let room = Vec::<T>::new().try_reserve_exact(size).is_ok();
    match room {
        true => Ok(vec![zero; size]),
        false => Err(Error::Invalid(format!(
            "a value of {size} elements needs {bytes} bytes, which cannot be had"
        ))),
    }
}

/// How much scratch a step needs.
fn scratch<E>(step: &Step) -> usize {
    match step.kernel {
        Kernel::Contract { m, k, n } => contract::scratch::<E>([m, k, n], [&step.args[0], &step.args[1]]),
        _ => 0,
    }
}

fn call<E: Element>(step: &Step, sources: &Sources<'_, E>, out: &mut [E], scratch: &mut [E], parallel: bool) {
    let view = |i: usize| sources.view(&step.args[i]);
    match &step.kernel {
        Kernel::Map(row) => map::map(*row, step, sources, out, parallel),
        Kernel::Copy => map::copy(view(0), out, parallel),
        Kernel::Fold { fold, outer, size, inner } => {
            fold::fold(*fold, [*outer, *size, *inner], view(0).slice(), out, parallel);
        }
        Kernel::Contract { m, k, n } => {
            contract::contract([*m, *k, *n], &step.shape, [view(0), view(1)], out, scratch, parallel)
        }
        Kernel::Place { zero, add, boxes } => {
            if *zero {
                out.fill(E::default());
            }
            for (i, (offset, strides)) in boxes.iter().enumerate() {
                place::place(view(i), out, *offset, strides, *add);
            }
        }
        Kernel::Gather { size, inner } => {
            index::gather([*size, *inner], view(0).slice(), sources.index(step.args[1].source), out);
        }
        Kernel::ScatterAdd { size, inner } => {
            index::scatter([*size, *inner], view(0).slice(), sources.index(step.args[1].source), out);
        }
        Kernel::OneHot { width } => index::one_hot(*width, sources.index(step.args[0].source), out),
        Kernel::SameIndex => {
            index::same(sources.index(step.args[0].source), sources.index(step.args[1].source), out);
        }
        Kernel::ArgMax { .. } => unreachable!("argmax fills indices"),
    }
}

/// Stops at a NaN, and at an infinity that came of finite numbers. One that was given, such as the
/// −∞ of a mask, is no fault.
fn trap<E: Element>(step: &Step, sources: &Sources<'_, E>, out: &[E]) -> Result<()> {
    let Some(at) = out.iter().position(|x| !x.is_finite()) else { return Ok(()) };
    let nan = out.iter().position(|x| x.to_f64().is_nan());
    let given = || step.args.iter().any(|arg| sources.real(arg.source).iter().any(|x| !x.is_finite()));
    match nan {
        None if given() => Ok(()),
        _ => Err(non_finite(step, nan.unwrap_or(at), out)),
    }
}

fn non_finite<E: Element>(step: &Step, at: usize, out: &[E]) -> Error {
    Error::NonFinite {
        op: step.name.clone(),
        value: out[at].to_f64(),
        position: Shape::from(&step.shape.unravel(at)[..]),
        shape: step.shape.clone(),
        site: step.site,
    }
}
