//! Elementwise operations that run together, block by block, with intermediate values in tiles that fit the
//! innermost cache: plain data.

use super::Product;
use super::pairs::Chain;
use gradus_rows::{Fold, Map};
use smallvec::SmallVec;

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
}

/// The contents of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Register {
    /// A block's elements.
    Tile,
    /// A number for each of a block's rows.
    Row,
    /// One number, in all lanes of a stretch.
    Splat,
}

/// The place that an instruction reads or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    Register(u32),
    Constant(u32),
    /// The step's argument of this number, element by element.
    Arg(u32),
    /// The step's argument of this number, which is repeated for each row: column by column.
    Column(u32),
    /// The step's result of this number, element by element.
    Out(u32),
}

/// One instruction, run for each block.
#[derive(Clone, Debug)]
pub enum Instr {
    /// An elementwise operation.
    Map { map: Map, args: SmallVec<[Operand; 3]>, out: Operand },
    /// Two elementwise operations, the second of the first's result.
    Chain { chain: Chain, args: SmallVec<[Operand; 3]>, out: Operand },
    /// Two elementwise operations of one argument, which share their costly part.
    Pair { maps: [Map; 2], x: Operand, outs: [Operand; 2] },
    /// Copies an argument's elements of the block, whatever their order.
    Load { arg: u32, out: Operand },
    /// Makes the masks of an argument's indices, in a tile of rows.
    OneHot { arg: u32, width: usize, out: u32 },
    /// Copies each row's element of `x` at the argument's index into a register of rows.
    Pick { arg: u32, x: Operand, out: u32 },
    /// Copies `b` into a tile, then sets element `index[row]` of each row to `a[row]`.
    Put { arg: u32, a: Operand, b: Operand, out: Operand },
    /// Folds each row into a register of rows.
    Fold { fold: Fold, x: Operand, out: u32 },
    /// Folds the block's elements, or its rows' numbers, to a number for each lane, in the block's place of a
    /// result.
    Total { fold: Fold, x: Operand, of: Register, out: u32 },
    /// Copies a register's elements into a result.
    Store { x: u32, out: u32 },
}

impl Instr {
    /// Returns the operands that it reads.
    pub fn reads(&self) -> SmallVec<[Operand; 3]> {
        match self {
            Instr::Map { args, .. } | Instr::Chain { args, .. } => args.clone(),
            Instr::Put { a, b, .. } => [*a, *b].into_iter().collect(),
            Instr::Pair { x, .. }
            | Instr::Pick { x, .. }
            | Instr::Fold { x, .. }
            | Instr::Total { x, .. } => [*x].into_iter().collect(),
            Instr::Store { x, .. } => [Operand::Register(*x)].into_iter().collect(),
            Instr::Load { .. } | Instr::OneHot { .. } => SmallVec::new(),
        }
    }

    /// Replaces each read of one operand by a read of another.
    pub fn read_instead(&mut self, from: Operand, to: Operand) {
        let change = |operand: &mut Operand| {
            if *operand == from {
                *operand = to;
            }
        };
        match self {
            Instr::Map { args, .. } | Instr::Chain { args, .. } => args.iter_mut().for_each(change),
            Instr::Put { a, b, .. } => [a, b].into_iter().for_each(change),
            Instr::Pair { x, .. }
            | Instr::Pick { x, .. }
            | Instr::Fold { x, .. }
            | Instr::Total { x, .. } => change(x),
            Instr::Load { .. } | Instr::OneHot { .. } | Instr::Store { .. } => {}
        }
    }

    /// Tells whether it writes a result.
    fn writes(&self, result: u32) -> bool {
        match self {
            Instr::Map { out, .. }
            | Instr::Chain { out, .. }
            | Instr::Load { out, .. }
            | Instr::Put { out, .. } => *out == Operand::Out(result),
            Instr::Pair { outs, .. } => outs.contains(&Operand::Out(result)),
            Instr::Total { out, .. } | Instr::Store { out, .. } => *out == result,
            Instr::OneHot { .. } | Instr::Pick { .. } | Instr::Fold { .. } => false,
        }
    }

    /// Tells whether it loads an argument of the step into a register.
    fn loads(&self, argument: u32) -> bool {
        matches!(self, Instr::Load { arg, out: Operand::Register(_) } if *arg == argument)
    }

    /// Tells whether it reads an argument of the step.
    fn takes(&self, argument: u32) -> bool {
        let of = |operand: Operand| matches!(operand, Operand::Arg(i) | Operand::Column(i) if i == argument);
        let named = match self {
            Instr::Load { arg, .. }
            | Instr::OneHot { arg, .. }
            | Instr::Pick { arg, .. }
            | Instr::Put { arg, .. } => *arg == argument,
            _ => false,
        };
        named || self.reads().into_iter().any(of)
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
        let two = |instr: &&Instr| matches!(instr, Instr::Pair { .. } | Instr::Chain { .. });
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
