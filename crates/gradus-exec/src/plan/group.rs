//! Elementwise operations that run together, block by block, with intermediate values in tiles that fit the
//! innermost cache: plain data.

use super::Product;
use super::instr::{Elementwise, Instr, Register};

/// The number of lanes: a 512-bit vector of `f32`, or two of `f64`.
pub const LANES: usize = 16;
/// The number of copies of a number that stands for many: the longest stretch that a kernel takes at once.
pub const SPLAT: usize = 64;

/// The elements that a group's operations run over, and their division into blocks, which depends on sizes only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// `rows · columns` elements in row-major order. A block is some whole rows, or a piece of one where a row is
    /// longer than a tile.
    Flat { rows: usize, columns: usize, block: [usize; 2] },
    /// Rows that are folded or repeated within the group, `block` at a time. A tile holds the columns one after
    /// another, so that rows lie beside each other in the lanes.
    RowsInLanes { rows: usize, columns: usize, block: usize },
    /// Rows that are folded or repeated within the group, one at a time, along the lanes.
    RowAlongLanes { rows: usize, columns: usize },
}

impl Space {
    pub fn rows(&self) -> usize {
        match *self {
            Space::Flat { rows, .. }
            | Space::RowsInLanes { rows, .. }
            | Space::RowAlongLanes { rows, .. } => rows,
        }
    }

    pub fn columns(&self) -> usize {
        match *self {
            Space::Flat { columns, .. }
            | Space::RowsInLanes { columns, .. }
            | Space::RowAlongLanes { columns, .. } => columns,
        }
    }

    /// Returns the number of blocks.
    pub fn blocks(&self) -> usize {
        match *self {
            Space::Flat { rows, columns, block: [some, piece] } => {
                rows.div_ceil(some) * columns.div_ceil(piece)
            }
            Space::RowsInLanes { rows, block, .. } => rows.div_ceil(block),
            Space::RowAlongLanes { rows, .. } => rows,
        }
    }

    /// Returns the number of elements in a whole block.
    pub fn block(&self) -> usize {
        match *self {
            Space::Flat { block: [some, piece], .. } => some * piece,
            Space::RowsInLanes { columns, block, .. } => columns * block,
            Space::RowAlongLanes { columns, .. } => columns,
        }
    }

    /// Returns the number of elements in a register of this kind.
    pub fn room(&self, register: Register) -> usize {
        match (register, self) {
            (Register::Tile, _) => self.block().next_multiple_of(LANES),
            (Register::Row, Space::RowsInLanes { block, .. }) => *block,
            _ => SPLAT,
        }
    }

    /// Tells whether the numbers of a register of this kind vary along a line.
    pub fn varies(&self, register: Register) -> bool {
        match register {
            Register::Tile => true,
            Register::Row => matches!(self, Space::RowsInLanes { .. }),
            Register::Splat => false,
        }
    }
}

/// An operation of the graph within a step, for messages and profiles.
#[derive(Clone, Debug)]
pub struct Part {
    /// The operation's name.
    pub name: String,
    /// The caller's number for its origin.
    pub origin: usize,
}

/// A group's program.
#[derive(Clone, Debug)]
pub struct Group {
    pub space: Space,
    /// The matrix product of the first two arguments, which fills the first result; the group runs on
    /// its rows as they are made.
    pub head: Option<Product>,
    /// The instructions that run once, before the blocks.
    pub prelude: Vec<Instr>,
    pub code: Vec<Instr>,
    pub parts: Vec<Part>,
    pub registers: Vec<Register>,
}

impl Group {
    /// Returns the number of operations on numbers among the instructions.
    pub fn maps(&self) -> usize {
        let moves = |instr: &&Instr| matches!(instr, Instr::Load { .. } | Instr::Store { .. });
        let two = |instr: &&Instr| {
            matches!(instr, Instr::Pair { .. } | Instr::Map { op: Elementwise::Chain(_), .. })
        };
        self.code.len() + self.code.iter().filter(two).count() - self.code.iter().filter(moves).count()
    }

    /// Tells whether each block of an argument is in a register before any of a result is written, so that both may
    /// be in one place.
    pub fn takes_first(&self, argument: u32, result: u32) -> bool {
        let written = self.code.iter().position(|instr| instr.writes(result)).unwrap_or(0);
        let late =
            |(i, instr): (usize, &Instr)| instr.takes(argument) && (i >= written || !instr.loads(argument));
        let side = self.head.is_some() && (argument < 2 || result == 0);
        !side
            && !self.prelude.iter().any(|instr| instr.takes(argument))
            && !self.code.iter().enumerate().any(late)
    }
}
