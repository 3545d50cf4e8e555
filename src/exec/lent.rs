//! What a run is lent: tensors to read, and parameters to read or to change. Floor 6.

use crate::element::Element;
use crate::params::Params;
use crate::tensor::Tensor;

/// What a run reads from outside, resolved: the tensors behind the plan's inputs and parameters.
pub(crate) struct Given<'a, E> {
    pub(crate) inputs: &'a [&'a Tensor<E>],
    pub(crate) labels: &'a [&'a Tensor<usize>],
    /// The store's slot of each of the plan's parameters.
    pub(crate) slots: &'a [usize],
}

/// The parameters of a run: to be read, or to be changed in place as well.
pub(crate) enum Lent<'a, E> {
    Read(&'a Params<E>),
    Change(&'a mut Params<E>),
}

impl<E: Element> Lent<'_, E> {
    /// What they hold.
    pub(crate) fn params(&self) -> &Params<E> {
        match self {
            Lent::Read(params) => params,
            Lent::Change(params) => params,
        }
    }

    /// A parameter's numbers. They are written only where the plan makes an output in its place.
    pub(super) fn numbers(&mut self, slot: usize) -> (*mut E, usize) {
        match self {
            Lent::Read(params) => {
                let numbers = params.entries()[slot].value.data();
                (numbers.as_ptr().cast_mut(), numbers.len())
            }
            Lent::Change(params) => {
                let numbers = params.entry_mut(slot).value.data_mut();
                (numbers.as_mut_ptr(), numbers.len())
            }
        }
    }
}
