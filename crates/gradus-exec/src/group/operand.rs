//! Places of operands, and how many numbers of each an instruction goes over.

use crate::load::Block;
use crate::plan::{LANES, Register};

/// The place of an operand: a tensor, an offset in it, and how far the block moves it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place {
    /// The number of the tensor.
    pub(super) base: usize,
    pub(super) offset: usize,
    pub(super) block_offset: BlockOffset,
    /// The kind of register that its numbers are in, or are as if they were.
    pub(super) kind: Register,
}

/// The number of elements by which a block moves an operand.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum BlockOffset {
    /// None: the operand is the same for each block.
    Zero,
    /// The number of the block's first element.
    Element,
    /// The number of the block's first column.
    Column,
}

/// The number of elements in each line of an instruction.
#[derive(Clone, Copy)]
pub(super) enum Count {
    /// This many, in each block.
    Fixed(usize),
    /// The block's.
    Block,
    /// The block's, rounded up to whole vectors.
    Even,
}

impl Count {
    /// Returns the count in a block.
    #[inline(always)]
    pub(super) fn of(self, block: &Block) -> usize {
        match self {
            Count::Fixed(n) => n,
            Count::Block => block.n,
            Count::Even => block.n.next_multiple_of(LANES),
        }
    }
}
