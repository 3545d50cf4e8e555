//! Runs groups: each block through all instructions before the next, so that what lies between them
//! stays in the innermost cache. Floor 6.

mod ready;

use super::fold;
use super::lane::Walk;
use super::load::{self, Block};
use super::memory::{Memory, Room};
use crate::compile::{LANES, SPLAT, Source, Space};
use crate::element::Element;
use crate::error::Result;
pub(super) use ready::Ready;
use ready::{Action, By, Place};
use std::ops::Range;

/// Numbers below which a group is not worth a second thread, each counted once for each operation.
pub(super) const WORTH: usize = 1 << 18;

/// The registers of each thread.
pub(super) struct Registers<E> {
    rooms: Vec<Room<E>>,
    starts: Vec<*mut E>,
    size: usize,
}

// SAFETY: the addresses are those of the rooms, which move along.
unsafe impl<E: Send> Send for Registers<E> {}
// SAFETY: each thread takes the registers of its own number.
unsafe impl<E: Sync> Sync for Registers<E> {}

impl<E: Element> Registers<E> {
    pub(super) fn new(size: usize) -> Result<Self> {
        let mut registers = Registers { rooms: Vec::new(), starts: Vec::new(), size };
        registers.grow(1)?;
        Ok(registers)
    }

    /// Makes them for so many threads.
    pub(super) fn grow(&mut self, threads: usize) -> Result<()> {
        while self.rooms.len() < threads {
            let mut room = Room::new(self.size)?;
            self.starts.push(room.start());
            self.rooms.push(room);
        }
        Ok(())
    }

    /// Those of the calling thread, if there may be several.
    fn own(&self, parallel: bool) -> *mut E {
        let thread = if parallel { rayon::current_thread_index().unwrap_or(0) } else { 0 };
        self.starts[thread]
    }
}

/// What a group's run needs beside itself.
pub(super) struct Around<'a, E> {
    pub(super) memory: &'a Memory<E>,
    pub(super) registers: &'a Registers<E>,
    pub(super) indices: &'a (dyn Fn(Source) -> &'a [usize] + Sync),
    pub(super) parallel: bool,
}

/// Where a run is.
struct At<E> {
    block: Block,
    registers: *mut E,
    /// The number of the first element of a matrix product's rows, and where they are.
    head: (usize, *mut E),
}

impl<E: Element> Ready<E> {
    /// The matrix product that comes first.
    pub(super) fn head(&self) -> Option<([usize; 3], Source)> {
        self.head
    }

    /// Runs all blocks.
    pub(super) fn run(&self, around: &Around<'_, E>) {
        let blocks = self.space.blocks();
        match around.parallel && self.work >= WORTH {
            true => self.part(0..blocks, blocks.div_ceil(rayon::current_num_threads()), around),
            false => self.blocks(0..blocks, around),
        }
    }

    /// Some blocks, divided until a thread's share is left. How they are divided changes nothing.
    fn part(&self, blocks: Range<usize>, share: usize, around: &Around<'_, E>) {
        if blocks.len() <= share {
            return self.blocks(blocks, around);
        }
        let middle = blocks.start + blocks.len() / 2;
        rayon::join(
            || self.part(blocks.start..middle, share, around),
            || self.part(middle..blocks.end, share, around),
        );
    }

    fn blocks(&self, blocks: Range<usize>, around: &Around<'_, E>) {
        let registers = around.registers.own(around.parallel);
        let mut at = At { block: Block::of(&self.space, 0), registers, head: (0, std::ptr::null_mut()) };
        self.all(&self.prelude, &at, around);
        for i in blocks {
            at.block = Block::of(&self.space, i);
            self.all(&self.code, &at, around);
        }
    }

    /// Runs on rows that a matrix product has just made.
    pub(super) fn follow(&self, first: usize, rows: &mut [E], around: &Around<'_, E>) {
        let Space::Flat { columns, block: [some, piece], .. } = self.space else { return };
        let registers = around.registers.own(around.parallel);
        let head = (first * columns, rows.as_mut_ptr());
        let mut at = At { block: Block::of(&self.space, 0), registers, head };
        self.all(&self.prelude, &at, around);
        let last = first + rows.len() / columns;
        for row in (first..last).step_by(some) {
            for column in (0..columns).step_by(piece) {
                let (rows, wide) = (some.min(last - row), piece.min(columns - column));
                at.block =
                    Block { index: 0, row, column, rows, first: row * columns + column, n: rows * wide };
                self.all(&self.code, &at, around);
            }
        }
    }

    fn all(&self, actions: &[Action<E>], at: &At<E>, around: &Around<'_, E>) {
        for action in actions {
            // SAFETY: by how the plan is made: `emit` gives every operand the elements of its space, registers have
            // room for a block, and `slots` gives each result a buffer that none of the step's arguments is
            // in; what threads write are different blocks. `Machine::new` refuses a plan of which that is not true.
            unsafe { self.one(action, at, around) }
        }
    }

    /// An operand's address in the block.
    #[inline(always)]
    fn address(&self, place: &Place, at: &At<E>, memory: &Memory<E>) -> *mut E {
        let moved = match place.by {
            By::Nothing => place.offset,
            By::Elements => place.offset + at.block.first,
            By::Columns => place.offset + at.block.column,
            By::Head => return at.head.1.wrapping_add(at.block.first - at.head.0),
        };
        match place.tensor {
            None => at.registers.wrapping_add(moved),
            Some(tensor) => memory.at(tensor, moved),
        }
    }

    /// Runs one instruction on one block.
    unsafe fn one(&self, action: &Action<E>, at: &At<E>, around: &Around<'_, E>) {
        let address = |place: &Place| self.address(place, at, around.memory);
        let block = at.block;
        match action {
            Action::Map { kernel, args, out, tile, even } => {
                let walk =
                    |place: &Place| Walk { at: address(place), inner: place.inner, outer: place.outer };
                let walks = [walk(&args[0]), walk(&args[1]), walk(&args[2])];
                let (lines, n) = self.lines_of(*tile, args, *even, block);
                // SAFETY: the caller vouches for the operands of the block, and `set` for the instructions.
                unsafe { kernel(&walks, address(out), out.outer, lines, n) }
            }
            Action::Load { view, at: (tensor, offset), out, kind } => {
                let from = around.memory.at(*tensor, *offset);
                // SAFETY: as above.
                unsafe { load::load(&self.space, block, view, from, address(out), *kind) }
            }
            Action::OneHot { source, width, out } => {
                // SAFETY: as above.
                unsafe { load::one_hot(&self.space, block, (around.indices)(*source), *width, address(out)) }
            }
            Action::Store { x, out, kind } => {
                // SAFETY: as above.
                unsafe { load::store(&self.space, block, address(x), address(out), *kind) }
            }
            Action::Fold { fold, x, out } => {
                let (x, out) = (address(x), address(out));
                // SAFETY: as above.
                unsafe {
                    match self.space {
                        Space::Across { columns, block, .. } => {
                            (self.lines)(*fold, x, block, columns, out, block)
                        }
                        _ => {
                            let sum = fold::across(*fold, (self.total)(*fold, x, self.space.columns()));
                            (0..SPLAT).for_each(|i| *out.add(i) = sum);
                        }
                    }
                }
            }
            Action::Total { fold, x, out, tile } => {
                let (x, out) = (address(x), address(out));
                // SAFETY: as above.
                unsafe {
                    let folded = match (self.space, tile) {
                        (Space::Flat { .. }, _) => (self.total)(*fold, x, block.n),
                        (Space::Across { .. }, false) => (self.total)(*fold, x, block.rows),
                        (Space::Across { columns, block: step, .. }, true) => {
                            let lines =
                                (0..columns).map(|c| (self.total)(*fold, x.add(c * step), block.rows));
                            lines.reduce(|a, b| fold::joined(*fold, a, b)).unwrap_or([E::default(); LANES])
                        }
                        (Space::Along { .. }, false) => (self.total)(*fold, x, 1),
                        (Space::Along { columns, .. }, true) => (self.total)(*fold, x, columns),
                    };
                    match self.space.blocks() {
                        1 => *out = fold::across(*fold, folded),
                        _ => *(out.add(block.index * LANES) as *mut [E; LANES]) = folded,
                    }
                }
            }
        }
    }

    /// How many lines of how many numbers an elementwise instruction runs over.
    fn lines_of(&self, tile: bool, args: &[Place; 3], even: bool, block: Block) -> (usize, usize) {
        match (self.space, tile) {
            (Space::Flat { .. }, _) if even && block.n > 1 => (1, block.n.next_multiple_of(LANES)),
            (Space::Flat { .. }, _) => (1, block.n),
            (Space::Across { block, .. }, false) => (1, block),
            (Space::Across { columns, block, .. }, true) => {
                // Without a row's number among them, the lines are one.
                let row = args.iter().any(|arg| arg.inner && arg.outer == 0);
                if row { (columns, block) } else { (1, columns * block) }
            }
            (Space::Along { columns, .. }, true) => (1, columns.next_multiple_of(LANES)),
            (Space::Along { .. }, false) => (1, SPLAT),
        }
    }
}
