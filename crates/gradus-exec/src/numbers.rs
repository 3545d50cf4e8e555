//! The numbers of a run: tensors to read, parameters to read or to change, and results to fill.

use crate::error::{Error, Result};
use crate::memory::Memory;
use crate::plan::{Plan, Source};
use std::marker::PhantomData;

/// Takes the numbers of a run, each input, parameter and result once, by its number in the plan.
///
/// They are borrowed for the run, so that nothing else reads what it changes.
pub struct RunNumbers<'m, 'r, E> {
    memory: &'m mut Memory<E>,
    changed: &'m [(u32, u32)],
    borrowed: PhantomData<&'r mut [E]>,
}

impl<'m, 'r, E> RunNumbers<'m, 'r, E> {
    pub(crate) fn new(memory: &'m mut Memory<E>, plan: &'m Plan) -> Self {
        RunNumbers { memory, changed: &plan.in_place, borrowed: PhantomData }
    }

    /// Gives the numbers of an input.
    #[inline]
    pub fn input(&mut self, input: usize, numbers: &'r [E]) {
        self.memory.input(input, numbers);
    }

    /// Gives the numbers of a parameter to be read.
    #[inline]
    pub fn read(&mut self, param: usize, numbers: &'r [E]) {
        self.memory.param(param, (numbers.as_ptr().cast_mut(), numbers.len()));
    }

    /// Gives the numbers of a parameter to be changed: the outputs that [`Plan::in_place`] names are made there.
    pub fn change(&mut self, param: usize, numbers: &'r mut [E]) {
        let numbers = (numbers.as_mut_ptr(), numbers.len());
        self.memory.param(param, numbers);
        for &(_, output) in self.changed.iter().filter(|(changed, _)| *changed as usize == param) {
            self.memory.result(output as usize, numbers);
        }
    }

    /// Gives the room for an output of real numbers that is made in no parameter's place.
    #[inline]
    pub fn result(&mut self, output: usize, numbers: &'r mut [E]) {
        self.memory.result(output, (numbers.as_mut_ptr(), numbers.len()));
    }
}

/// Returns the number of elements of everything that a run is given, in the order of [`Memory`].
pub(crate) fn sizes(plan: &Plan) -> Vec<usize> {
    let result = |view: &crate::plan::View| match view.source {
        Source::Index(_) | Source::Labels(_) => 0,
        _ => view.shape.size(),
    };
    let inputs = plan.inputs.iter().chain(&plan.params).map(|input| input.shape.size());
    inputs.chain(plan.outputs.iter().map(result)).collect()
}

/// Refuses indices that are not as many as the plan says, or not below their bound: kernels rely on both.
pub(crate) fn check_labels(plan: &Plan, labels: &[&[usize]]) -> Result<()> {
    let sizes = plan.labels.iter().map(|labels| labels.shape.size());
    if !sizes.eq(labels.iter().map(|labels| labels.len())) {
        return Err(Error::Invalid("the sizes of the labels are not those of the plan".into()));
    }
    for (i, (expected, x)) in plan.labels.iter().zip(labels).enumerate() {
        if let Some(position) = x.iter().position(|&label| label >= expected.bound) {
            return Err(Error::Label { labels: i, label: x[position], position });
        }
    }
    Ok(())
}
