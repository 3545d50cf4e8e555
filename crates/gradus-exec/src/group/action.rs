//! What a group's code is made of, ready to run: kernels, and where their operands are.

use super::singles::Singles;
use crate::lane::{Kernel, Lay, Pair};
use crate::load::Block;
use crate::plan::{LANES, Register, View};
use gradus_rows::Fold;

/// Where an operand is, for any block.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place {
    /// The number of the tensor.
    pub(super) base: usize,
    pub(super) offset: usize,
    pub(super) by: By,
}

/// What an operand moves along with.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum By {
    Nothing,
    Elements,
    Columns,
}

/// How many numbers each of an instruction's lines has.
#[derive(Clone, Copy)]
pub(super) enum Count {
    Fixed(usize),
    /// Those of the block.
    Block,
    /// The same, up to a whole vector.
    Even,
}

impl Count {
    /// The count in a block.
    #[inline(always)]
    pub(super) fn of(self, block: &Block) -> usize {
        match self {
            Count::Fixed(n) => n,
            Count::Block => block.n,
            Count::Even => block.n.next_multiple_of(LANES),
        }
    }
}

pub(super) enum Action<E> {
    Map {
        kernel: Kernel<E>,
        args: [Place; 3],
        out: Place,
        lay: Lay,
        n: Count,
    },
    /// The commonest maps, of single numbers.
    Singles(Singles<E>),
    Pair {
        kernel: Pair<E>,
        x: Place,
        inner: bool,
        outs: [Place; 2],
        n: Count,
    },
    Pick {
        arg: u32,
        x: Place,
        out: Place,
    },
    /// `a` with whether its numbers differ from row to row; `b`, unless it is where the result goes.
    Put {
        arg: u32,
        a: (Place, bool),
        b: Option<Place>,
        out: Place,
    },
    /// `straight`: the view's elements lie one after another.
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
    /// One number as often as a stretch of a row reads it.
    Spread {
        out: Place,
    },
    Store {
        x: Place,
        out: Place,
        kind: Register,
    },
}
