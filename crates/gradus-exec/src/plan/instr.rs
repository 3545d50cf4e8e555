//! Instructions of a group: one type for those of a plan and for those that are ready to run. A [`Stage`] names the
//! parts in which the two differ.

use super::pairs::Chain;
use gradus_rows::{Fold, Map};
use smallvec::{SmallVec, smallvec};
use std::convert::Infallible;

/// The stage of an instruction: planned, or prepared to run.
pub trait Stage {
    /// An elementwise operation.
    type Elementwise;
    /// Two elementwise operations of one argument.
    type Pair;
    /// The arguments of an elementwise operation.
    type Args;
    /// An argument of the step whose elements are copied.
    type Loaded;
    /// A place that is read or written, of which `N` is the plan's name.
    type Place<N>;
    /// An instruction that the other stage does not have.
    type Own;
}

/// The stage of a plan, which is plain data.
#[derive(Clone, Copy, Debug)]
pub enum Planned {}

impl Stage for Planned {
    type Elementwise = Elementwise;
    type Pair = [Map; 2];
    type Args = SmallVec<[Operand; 3]>;
    type Loaded = u32;
    type Place<N> = N;
    type Own = Infallible;
}

/// An elementwise operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elementwise {
    /// One row of the table.
    Map(Map),
    /// Two rows, the second of the first's result.
    Chain(Chain),
}

impl Elementwise {
    /// Returns the number of its arguments.
    pub fn args(self) -> usize {
        match self {
            Elementwise::Map(map) => map.args().len(),
            Elementwise::Chain(chain) => chain.args(),
        }
    }
}

/// The contents of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
pub enum Instr<S: Stage = Planned> {
    /// An elementwise operation.
    Map { op: S::Elementwise, args: S::Args, out: S::Place<Operand> },
    /// Two elementwise operations of one argument, which share their costly part.
    Pair { maps: S::Pair, x: S::Place<Operand>, outs: [S::Place<Operand>; 2] },
    /// Copies an argument's elements of the block, whatever their order.
    Load { arg: S::Loaded, out: S::Place<Operand> },
    /// Makes the masks of an argument's indices, in a tile of rows.
    OneHot { arg: u32, width: usize, out: S::Place<u32> },
    /// Copies each row's element of `x` at the argument's index into a register of rows.
    Pick { arg: u32, x: S::Place<Operand>, out: S::Place<u32> },
    /// Copies `b` into a tile, unless it is there, then sets element `index[row]` of each row to `a[row]`.
    Put { arg: u32, a: S::Place<Operand>, b: S::Place<Operand>, out: S::Place<Operand> },
    /// Folds each row into a register of rows.
    Fold { fold: Fold, x: S::Place<Operand>, out: S::Place<u32> },
    /// Folds the block's elements, or its rows' numbers, to a number for each lane, in the block's place of a
    /// result.
    Total { fold: Fold, x: S::Place<Operand>, of: Register, out: S::Place<u32> },
    /// Copies a register's elements into a result.
    Store { x: S::Place<u32>, out: S::Place<u32> },
    /// An instruction of this stage alone.
    Own(S::Own),
}

impl Instr {
    /// Returns the operands that it reads, to be replaced. The register of a store is none, since it is always one.
    pub fn reads_mut(&mut self) -> SmallVec<[&mut Operand; 3]> {
        match self {
            Instr::Map { args, .. } => args.iter_mut().collect(),
            Instr::Put { a, b, .. } => smallvec![a, b],
            Instr::Pair { x, .. }
            | Instr::Pick { x, .. }
            | Instr::Fold { x, .. }
            | Instr::Total { x, .. } => smallvec![x],
            Instr::Load { .. } | Instr::OneHot { .. } | Instr::Store { .. } => SmallVec::new(),
            Instr::Own(none) => match *none {},
        }
    }

    /// Returns the operands that it reads.
    pub fn reads(&self) -> SmallVec<[Operand; 3]> {
        self.clone().reads_mut().into_iter().map(|operand| *operand).collect()
    }

    /// Tells whether it writes a result.
    pub(super) fn writes(&self, result: u32) -> bool {
        match self {
            Instr::Map { out, .. } | Instr::Load { out, .. } | Instr::Put { out, .. } => {
                *out == Operand::Out(result)
            }
            Instr::Pair { outs, .. } => outs.contains(&Operand::Out(result)),
            Instr::Total { out, .. } | Instr::Store { out, .. } => *out == result,
            Instr::OneHot { .. } | Instr::Pick { .. } | Instr::Fold { .. } => false,
            Instr::Own(none) => match *none {},
        }
    }

    /// Tells whether it loads an argument of the step into a register.
    pub(super) fn loads(&self, argument: u32) -> bool {
        matches!(self, Instr::Load { arg, out: Operand::Register(_) } if *arg == argument)
    }

    /// Tells whether it reads an argument of the step.
    pub(super) fn takes(&self, argument: u32) -> bool {
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
