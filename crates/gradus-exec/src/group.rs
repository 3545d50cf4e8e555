//! Runs groups: each block goes through all instructions before the next, so that intermediate values stay in the
//! innermost cache.

mod operand;
mod prepared;
mod quick;
mod reach;
mod singles;
mod stage;

use crate::error::Result;
use crate::guard;
use crate::joins;
use crate::load::{self, Block};
use crate::memory::{GAP, HEAD, Memory, REGISTERS, Room};
use crate::plan::{Instr, LANES, Product, Register, SPLAT, Source, Space};
use crate::set::Divide;
use gradus_rows::Float;
use operand::Place;
pub(super) use prepared::PreparedGroup;
use stage::{Loaded, Own, Prepared, PreparedPair};
use std::cell::Cell;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

/// The work below which a group is not worth a second thread: elements times operations.
pub(super) const WORTH: usize = 1 << 18;

/// The registers of each thread.
pub(super) struct Registers<E> {
    rooms: Vec<Room<E>>,
    /// The addresses of tensors for each thread, with the thread's own registers among them.
    bases: Vec<Vec<Cell<*mut E>>>,
    size: usize,
    /// True if an instruction wrote beyond a register; only a debug build checks.
    left: AtomicBool,
}

// SAFETY: the addresses are those of the rooms, which move along, and of tensors, which each run sets anew at its
// start.
unsafe impl<E: Send> Send for Registers<E> {}
// SAFETY: each thread uses the registers of its own number only.
unsafe impl<E: Sync> Sync for Registers<E> {}

impl<E: Float> Registers<E> {
    pub(super) fn new(size: usize) -> Self {
        Registers { rooms: Vec::new(), bases: Vec::new(), size, left: AtomicBool::new(false) }
    }

    /// Makes registers for this many threads, and notes the addresses of tensors from `memory`.
    pub(super) fn reserve(&mut self, threads: usize, memory: &Memory<E>) -> Result<()> {
        while self.rooms.len() < threads {
            self.rooms.push(Room::new(self.size)?);
            self.bases.push(memory.bases().iter().map(|&base| Cell::new(base)).collect());
        }
        for (room, bases) in self.rooms.iter_mut().zip(&self.bases).take(threads) {
            bases.iter().zip(memory.bases()).for_each(|(to, &base)| to.set(base));
            bases[REGISTERS].set(room.start());
        }
        Ok(())
    }

    /// Tells whether an instruction wrote beyond a register since the last call.
    pub(super) fn left(&self) -> bool {
        GAP > 0 && self.left.swap(false, Ordering::Relaxed)
    }

    /// Returns the addresses for the calling thread.
    fn own(&self, parallel: bool) -> &[Cell<*mut E>] {
        let thread = if parallel { rayon::current_thread_index().unwrap_or(0) } else { 0 };
        &self.bases[thread]
    }
}

/// The context of a group's run: the registers, the indices, and the division among threads.
pub(super) struct RunContext<'a, E> {
    pub(super) registers: &'a Registers<E>,
    /// Returns the indices that an argument of the step holds.
    pub(super) indices: &'a (dyn Fn(u32) -> &'a [usize] + Sync),
    pub(super) divide: Divide,
}

/// The context of one block: its position, and the addresses of tensors.
struct BlockContext<'a, E> {
    block: Block,
    /// The offset of an operand in the block, by `BlockOffset`.
    moved: [usize; 3],
    /// The addresses of tensors and of the calling thread's registers.
    bases: &'a [Cell<*mut E>],
}

impl<'a, E> BlockContext<'a, E> {
    #[inline(always)]
    fn new(block: Block, bases: &'a [Cell<*mut E>]) -> Self {
        BlockContext { block, moved: [0, block.first, block.column], bases }
    }

    /// Returns an operand's address in the block.
    #[inline(always)]
    fn address(&self, place: &Place) -> *mut E {
        self.bases[place.base].get().wrapping_add(place.offset + self.moved[place.block_offset as usize])
    }
}

impl<E: Float> PreparedGroup<E> {
    /// Returns the matrix product that the group follows, and its result.
    pub(super) fn head(&self) -> Option<(Product, Source)> {
        self.head
    }

    /// Runs all blocks.
    pub(super) fn run(&self, context: &RunContext<'_, E>) {
        let blocks = self.blocks;
        match context.divide.pays(self.work, WORTH) {
            true => self.part(0..blocks, blocks.div_ceil(rayon::current_num_threads()), context),
            false => self.blocks(0..blocks, context),
        }
    }

    /// Runs some blocks, divided until a thread's share is left. The division changes no result.
    fn part(&self, blocks: Range<usize>, share: usize, context: &RunContext<'_, E>) {
        if blocks.len() <= share {
            return self.blocks(blocks, context);
        }
        let middle = blocks.start + blocks.len() / 2;
        rayon::join(
            || self.part(blocks.start..middle, share, context),
            || self.part(middle..blocks.end, share, context),
        );
    }

    fn blocks(&self, blocks: Range<usize>, context: &RunContext<'_, E>) {
        let bases = context.registers.own(context.divide != Divide::Never);
        self.guarded(bases, context, || self.in_turn(blocks, bases, context));
    }

    /// Runs a function, with guards behind each register in a debug build.
    #[inline(always)]
    fn guarded(&self, bases: &[Cell<*mut E>], context: &RunContext<'_, E>, run: impl FnOnce()) {
        let gaps = || self.gaps.iter().map(|at| bases[REGISTERS].get().wrapping_add(*at));
        gaps().for_each(|at| guard::fill(at, GAP));
        run();
        if !gaps().all(|at| guard::intact(at, GAP)) {
            context.registers.left.store(true, Ordering::Relaxed);
        }
    }

    fn in_turn(&self, blocks: Range<usize>, bases: &[Cell<*mut E>], context: &RunContext<'_, E>) {
        self.all(&self.prelude, &BlockContext::new(self.first, bases), context);
        for i in blocks {
            let block = if i == 0 { self.first } else { Block::of(&self.space, i) };
            self.all(&self.code, &BlockContext::new(block, bases), context);
        }
    }

    /// Runs on rows that a matrix product has just made.
    pub(super) fn follow(&self, first: usize, rows: &mut [E], context: &RunContext<'_, E>) {
        let Space::Flat { columns, block: [some, piece], .. } = self.space else { return };
        let bases = context.registers.own(context.divide != Divide::Never);
        // The address of row 0, of which `rows` are row `first` and those after it.
        bases[HEAD].set(rows.as_mut_ptr().wrapping_sub(first * columns));
        let last = first + rows.len() / columns;
        self.guarded(bases, context, || self.behind(first..last, [some, piece], bases, context));
    }

    /// Runs on rows at the address of the head, in blocks of `some` rows and `piece` columns.
    fn behind(
        &self,
        all: Range<usize>,
        [some, piece]: [usize; 2],
        bases: &[Cell<*mut E>],
        context: &RunContext<'_, E>,
    ) {
        let (first, last, columns) = (all.start, all.end, self.space.columns());
        // A single thread takes the blocks of rows in order, and finds its registers as it left them.
        if context.divide != Divide::Never || first == 0 {
            self.all(&self.prelude, &BlockContext::new(self.first, bases), context);
        }
        if self.blocks == 1 && all.len() * columns == self.first.n {
            return self.all(&self.code, &BlockContext::new(self.first, bases), context);
        }
        for row in (first..last).step_by(some) {
            for column in (0..columns).step_by(piece) {
                let (rows, wide) = (some.min(last - row), piece.min(columns - column));
                let block =
                    Block { index: 0, row, column, rows, first: row * columns + column, n: rows * wide };
                self.all(&self.code, &BlockContext::new(block, bases), context);
            }
        }
    }

    fn all(&self, code: &[Instr<Prepared<E>>], at: &BlockContext<'_, E>, context: &RunContext<'_, E>) {
        for instr in code {
            // SAFETY: `check` refuses a plan in which this is not so: every operand has the elements of its space,
            // registers have room for a block, each result has a buffer that none of the step's arguments is in, or
            // loads the block first. Threads write different blocks. `set` was found on this processor.
            unsafe { self.one(instr, at, context) }
        }
    }

    /// Runs one instruction on one block.
    ///
    /// # Safety
    /// Every operand must be valid for what the instruction reads and writes of it in the block, and a result must
    /// not overlap an operand unless the plan makes it in place. No other thread may use the registers or the
    /// block. The CPU must support the instruction set of the kernels.
    #[inline(always)]
    unsafe fn one(&self, instr: &Instr<Prepared<E>>, at: &BlockContext<'_, E>, context: &RunContext<'_, E>) {
        match instr {
            Instr::Map { op, args: [a, b, c], out } => {
                let (a, b, c, out) = (at.address(a), at.address(b), at.address(c), at.address(out));
                // SAFETY: the caller's contract covers the operands of the block and the instruction set.
                unsafe { (op.kernel)(a, b, c, out, &op.layout, op.n.of(&at.block)) }
            }
            Instr::Own(Own::Singles(singles)) => {
                // SAFETY: as above.
                unsafe { singles.run(at.bases[REGISTERS].get(), |place| at.address(place)) }
            }
            // SAFETY: as above.
            _ => unsafe { self.rare(instr, at, context) },
        }
    }

    /// Runs an instruction of a rarer kind. This is a function of its own so that the common kinds are found by a
    /// comparison: a jump through a table would have to be predicted, beside the call of the kernel.
    ///
    /// # Safety
    /// As for [`Self::one`].
    #[inline(never)]
    unsafe fn rare(&self, instr: &Instr<Prepared<E>>, at: &BlockContext<'_, E>, context: &RunContext<'_, E>) {
        let address = |place: &Place| at.address(place);
        let block = &at.block;
        match instr {
            Instr::Map { .. } | Instr::Own(Own::Singles(_)) => {}
            Instr::Own(Own::Spread(out)) => {
                let out = address(out);
                // SAFETY: the caller's contract covers the operands of the block and the instruction set.
                unsafe { load::fill(out, SPLAT, *out) }
            }
            Instr::Pair { maps: PreparedPair { kernel, varies, n }, x, outs: [y, z] } => {
                // SAFETY: as above.
                unsafe { kernel(address(x), *varies, address(y), address(z), n.of(block)) }
            }
            Instr::Load { arg: Loaded { view, from, straight }, out } => {
                let (from, to) = (address(from), address(out));
                // SAFETY: as above.
                unsafe { load::load(&self.space, block, (view, *straight), self.turn, from, to, out.kind) }
            }
            Instr::OneHot { arg, width, out } => {
                // SAFETY: as above.
                unsafe { load::one_hot(&self.space, block, (context.indices)(*arg), *width, address(out)) }
            }
            Instr::Pick { arg, x, out } => {
                // SAFETY: as above.
                unsafe {
                    load::pick(&self.space, block, (context.indices)(*arg), address(x), address(out));
                }
            }
            Instr::Put { arg, a, b, out } => {
                let a = (address(a).cast_const(), self.space.varies(a.kind));
                // SAFETY: as above.
                unsafe {
                    load::put(&self.space, block, (context.indices)(*arg), a, address(b), address(out));
                }
            }
            Instr::Store { x, out } => {
                // SAFETY: as above.
                unsafe { load::store(&self.space, block, self.turn, address(x), address(out), x.kind) }
            }
            Instr::Fold { fold, x, out } => {
                let (x, out) = (address(x), address(out));
                // SAFETY: as above.
                unsafe {
                    match self.space {
                        Space::RowsInLanes { columns, block, .. } => {
                            (self.lines)(*fold, x, block, columns, out, block)
                        }
                        _ => {
                            let sum = joins::across(*fold, (self.total)(*fold, x, self.space.columns()));
                            load::fill(out, SPLAT, sum);
                        }
                    }
                }
            }
            Instr::Total { fold, x, of, out } => {
                let (x, out) = (address(x), address(out));
                // SAFETY: as above.
                unsafe {
                    let folded = match (self.space, of) {
                        (Space::Flat { .. }, _) => (self.total)(*fold, x, block.n),
                        (Space::RowsInLanes { columns, block: stride, .. }, Register::Tile) => {
                            let lines =
                                (0..columns).map(|c| (self.total)(*fold, x.add(c * stride), block.rows));
                            lines.reduce(|a, b| joins::joined(*fold, a, b)).unwrap_or([E::default(); LANES])
                        }
                        (Space::RowsInLanes { .. }, _) => (self.total)(*fold, x, block.rows),
                        (Space::RowAlongLanes { columns, .. }, Register::Tile) => {
                            (self.total)(*fold, x, columns)
                        }
                        (Space::RowAlongLanes { .. }, _) => (self.total)(*fold, x, 1),
                    };
                    match self.blocks {
                        1 => *out = joins::across(*fold, folded),
                        _ => *(out.add(block.index * LANES) as *mut [E; LANES]) = folded,
                    }
                }
            }
        }
    }
}
