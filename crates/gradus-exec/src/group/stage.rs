//! The prepared stage of a group's instructions: kernels, and the places of their operands.

use super::operand::{Count, Place};
use super::singles::Singles;
use crate::lane::{Kernel, OperandLayout, Pair};
use crate::plan::{Stage, View};
use std::marker::PhantomData;

/// The stage of an instruction that is ready to run.
pub(super) struct Prepared<E>(PhantomData<E>);

impl<E> Stage for Prepared<E> {
    type Elementwise = PreparedElementwise<E>;
    type Pair = PreparedPair<E>;
    type Args = [Place; 3];
    type Loaded = Loaded;
    type Place<N> = Place;
    type Own = Own<E>;
}

/// An instruction that a plan does not have.
pub(super) enum Own<E> {
    /// A run of the commonest maps on single numbers.
    Singles(Singles<E>),
    /// Repeats one number as often as a stretch of a row reads it.
    Spread(Place),
}

/// The kernel of an elementwise operation, with the layout of its operands.
pub(super) struct PreparedElementwise<E> {
    pub(super) kernel: Kernel<E>,
    pub(super) layout: OperandLayout,
    pub(super) n: Count,
}

/// The kernel of two operations of one argument, whose numbers vary along a line or not.
pub(super) struct PreparedPair<E> {
    pub(super) kernel: Pair<E>,
    pub(super) varies: bool,
    pub(super) n: Count,
}

/// A view whose elements are copied, the address of its source, and whether they lie one after another.
pub(super) struct Loaded {
    pub(super) view: View,
    pub(super) from: Place,
    pub(super) straight: bool,
}
