//! The prepared form of a group's instructions: kernels, and the places of their operands.

use super::operand::{Count, Place};
use super::singles::Singles;
use crate::lane::{Kernel, OperandLayout, Pair};
use crate::plan::{Register, View};
use gradus_rows::Fold;

pub(super) enum Action<E> {
    Map {
        kernel: Kernel<E>,
        args: [Place; 3],
        out: Place,
        layout: OperandLayout,
        n: Count,
    },
    /// A run of the commonest maps on single numbers.
    Singles(Singles<E>),
    Pair {
        kernel: Pair<E>,
        x: Place,
        varies: bool,
        outs: [Place; 2],
        n: Count,
    },
    Pick {
        arg: u32,
        x: Place,
        out: Place,
    },
    /// `a` with a flag that tells whether its numbers differ from row to row; `b`, unless it is where the result
    /// goes.
    Put {
        arg: u32,
        a: (Place, bool),
        b: Option<Place>,
        out: Place,
    },
    /// `straight` is true if the view's elements lie one after another.
    Load {
        view: View,
        from: Place,
        out: Place,
        kind: Register,
        straight: bool,
    },
    OneHot {
        arg: u32,
        width: usize,
        out: Place,
    },
    Fold {
        fold: Fold,
        x: Place,
        out: Place,
    },
    Total {
        fold: Fold,
        x: Place,
        out: Place,
        tile: bool,
    },
    /// Repeats one number as often as a stretch of a row reads it.
    Spread {
        out: Place,
    },
    Store {
        x: Place,
        out: Place,
        kind: Register,
    },
}
