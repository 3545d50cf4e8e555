//! What a run is given: tensors to read, and parameters to read or to change.

use crate::error::{Error, Result};
use crate::plan::{Plan, PlanInput, Source};

/// What a run reads from outside, in the plan's order.
pub struct RunInputs<'a, E> {
    /// The numbers of each input.
    pub inputs: &'a [&'a [E]],
    /// The indices of each of the labels.
    pub labels: &'a [&'a [usize]],
}

/// The parameters that a run is lent, by their numbers in the plan.
pub trait ParamAccess<E> {
    /// Returns the numbers of a parameter.
    fn read(&self, param: usize) -> &[E];
    /// Returns the numbers of a parameter to be changed, or `None` where the parameters are only lent to be read.
    fn change(&mut self, param: usize) -> Option<&mut [E]>;
}

/// The sizes that a run must be given, counted once.
pub(crate) struct Sizes {
    inputs: Vec<usize>,
    labels: Vec<usize>,
    params: Vec<usize>,
    /// The size of each output that is filled in place: not of those of indices, nor of those among the parameters.
    results: Vec<Option<usize>>,
}

impl Sizes {
    pub(crate) fn of(plan: &Plan) -> Self {
        let sizes = |inputs: &[PlanInput]| inputs.iter().map(|input| input.shape.size()).collect();
        let home = |i: usize| plan.homes.iter().any(|&(_, output)| output as usize == i);
        let results = plan.outputs.iter().enumerate().map(|(i, view)| match view.source {
            Source::Index(_) | Source::Labels(_) => None,
            _ => (!home(i)).then(|| view.shape.size()),
        });
        Sizes {
            inputs: sizes(&plan.inputs),
            labels: sizes(&plan.labels),
            params: sizes(&plan.params),
            results: results.collect(),
        }
    }

    /// Tells whether a parameter has this size.
    pub(crate) fn fits(&self, param: usize, size: usize) -> bool {
        self.params[param] == size
    }

    /// The size of each output that is filled in place.
    pub(crate) fn results(&self) -> &[Option<usize>] {
        &self.results
    }
}

impl<E> RunInputs<'_, E> {
    /// Refuses what does not fit the plan, since kernels rely on it.
    pub(crate) fn check(&self, plan: &Plan, sizes: &Sizes) -> Result<()> {
        let inputs = self.inputs.iter().map(|x| x.len()).eq(sizes.inputs.iter().copied());
        let labels = self.labels.iter().map(|x| x.len()).eq(sizes.labels.iter().copied());
        if !inputs || !labels {
            return Err(Error::Invalid("a run was given tensors of other sizes than its plan has".into()));
        }
        for (i, (expected, x)) in plan.labels.iter().zip(self.labels).enumerate() {
            if let Some(position) = x.iter().position(|&label| label >= expected.bound) {
                return Err(Error::Label { labels: i, label: x[position], position });
            }
        }
        Ok(())
    }
}
