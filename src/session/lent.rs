//! The parameters of a run: to be read, or to be changed in place as well. Floor 6.

use crate::element::Element;
use crate::params::Params;
use gradus_exec::ParamAccess;

/// The store that a run is lent.
pub(crate) enum Lent<'a, E> {
    Read(&'a Params<E>),
    Change(&'a mut Params<E>),
}

impl<E: Element> Lent<'_, E> {
    /// Returns the store.
    pub(crate) fn params(&self) -> &Params<E> {
        match self {
            Lent::Read(params) => params,
            Lent::Change(params) => params,
        }
    }
}

/// The parameters of a plan in the store that a run is lent.
pub(super) struct LentParams<'a, E> {
    pub(super) lent: Lent<'a, E>,
    /// The store's slot of each of the plan's parameters.
    pub(super) slots: &'a [usize],
}

impl<E: Element> ParamAccess<E> for LentParams<'_, E> {
    fn read(&self, param: usize) -> &[E] {
        self.lent.params().entries()[self.slots[param]].value.data()
    }

    fn change(&mut self, param: usize) -> Option<&mut [E]> {
        match &mut self.lent {
            Lent::Read(_) => None,
            Lent::Change(params) => Some(params.entry_mut(self.slots[param]).value.data_mut()),
        }
    }
}
