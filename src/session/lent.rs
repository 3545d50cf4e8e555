//! The parameters of a run, which it reads, or changes in place as well.

use crate::element::Element;
use crate::params::Params;
use gradus_exec::RunNumbers;

/// The store that a run borrows.
pub(crate) enum Lent<'a, E> {
    Read(&'a Params<E>),
    Change(&'a mut Params<E>),
}

impl<'a, E: Element> Lent<'a, E> {
    /// Returns the store.
    pub(crate) fn params(&self) -> &Params<E> {
        match self {
            Lent::Read(params) => params,
            Lent::Change(params) => params,
        }
    }

    /// Gives the executor the parameters of a plan: `slots` are their places in the store. Those that are
    /// overwritten by an output (`changed`) are given mutably, if the store is.
    pub(super) fn give(self, slots: &[usize], changed: &[(u32, u32)], to: &mut RunNumbers<'_, 'a, E>) {
        match self {
            Lent::Change(params) if !changed.is_empty() => {
                for (slot, entry) in params.entries_mut().iter_mut().enumerate() {
                    // Each entry is borrowed once; no two of a plan's parameters are one.
                    let Some(param) = slots.iter().position(|each| *each == slot) else { continue };
                    match changed.iter().any(|&(each, _)| each as usize == param) {
                        true => to.change(param, entry.value.data_mut()),
                        false => to.read(param, entry.value.data()),
                    }
                }
            }
            Lent::Change(params) => read(params, slots, to),
            Lent::Read(params) => read(params, slots, to),
        }
    }
}

fn read<'a, E: Element>(params: &'a Params<E>, slots: &[usize], to: &mut RunNumbers<'_, 'a, E>) {
    let entries = params.entries();
    slots.iter().enumerate().for_each(|(i, &slot)| to.read(i, entries[slot].value.data()));
}

/// Fixes the lifetime in a closure's signature, which inference would leave open.
pub(super) fn giver<'a, E, F: FnMut(&mut RunNumbers<'_, 'a, E>)>(give: F) -> F {
    give
}
