//! What a run is given: tensors to read, and parameters to read or to change.

use crate::error::{Error, Result};
use crate::plan::{Plan, PlanInput};

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

impl<E> RunInputs<'_, E> {
    /// Refuses what does not fit the plan, since kernels rely on it.
    pub(crate) fn check(&self, plan: &Plan) -> Result<()> {
        let fits = |expected: &PlanInput, n: usize| expected.shape.size() == n;
        let inputs = self.inputs.len() == plan.inputs.len()
            && plan.inputs.iter().zip(self.inputs).all(|(expected, x)| fits(expected, x.len()));
        let labels = self.labels.len() == plan.labels.len()
            && plan.labels.iter().zip(self.labels).all(|(expected, x)| fits(expected, x.len()));
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
