//! Prepares a group's instructions: chooses kernels, and turns operands into places.

use super::operand::{BlockOffset, Count, Place};
use super::quick::Quick;
use super::singles::{Number, Single, Singles};
use super::stage::{Loaded, Own, Prepared, PreparedElementwise, PreparedPair};
use crate::gemm::{self, Turn};
use crate::lane::{self, Lines, OperandLayout, Total};
use crate::load::Block;
use crate::memory::{GAP, HEAD, Memory, REGISTERS};
use crate::plan::{Elementwise, Group, Instr, LANES, Operand, Product, Register, SPLAT, Source, Space, Step};
use crate::set::InstructionSet;
use gradus_rows::Float;

/// A group, prepared to run.
pub(crate) struct PreparedGroup<E> {
    pub(super) space: Space,
    /// The number of blocks, and the first of them: mostly it is the only one, and finding a block takes divisions.
    pub(super) blocks: usize,
    pub(super) first: Block,
    pub(super) head: Option<(Product, Source)>,
    pub(super) prelude: Vec<Instr<Prepared<E>>>,
    pub(super) code: Vec<Instr<Prepared<E>>>,
    /// The offsets of the guards behind its registers, in a debug build.
    pub(super) gaps: Vec<usize>,
    /// The number of elements that its registers take.
    pub(crate) room: usize,
    pub(crate) work: usize,
    pub(super) total: Total<E>,
    pub(super) lines: Lines<E>,
    pub(super) turn: Turn<E>,
}

impl<E: Float> PreparedGroup<E> {
    /// Prepares a group, or returns its problem. `room` returns the number of elements that a result has room for.
    pub(crate) fn new(
        group: &Group,
        step: &Step,
        memory: &Memory<E>,
        set: InstructionSet,
        room: &dyn Fn(Source) -> usize,
    ) -> Result<Self, &'static str> {
        let space = group.space;
        let mut numbers = 0;
        let registers: Vec<usize> = group
            .registers
            .iter()
            .map(|&register| {
                let at = numbers;
                numbers += space.room(register) + GAP;
                at
            })
            .collect();
        let ends = registers.iter().zip(&group.registers).map(|(at, &register)| at + space.room(register));
        let gaps = if GAP > 0 { ends.collect() } else { Vec::new() };
        let lower = Lower { group, step, memory, registers, set };
        if let Some(problem) = lower.problem(room) {
            return Err(problem);
        }
        let (code, numbers) = lower.code(numbers);
        Ok(PreparedGroup {
            space,
            blocks: space.blocks(),
            first: Block::of(&space, 0),
            head: group.head.map(|product| (product, step.outs[0])),
            prelude: group.prelude.iter().map(|instr| lower.prepared(instr)).collect(),
            code,
            room: numbers,
            gaps,
            work: (space.rows() * space.columns()).saturating_mul(group.code.len()),
            total: lane::total(set),
            lines: lane::lines(set),
            turn: gemm::turn(set),
        })
    }
}

/// A group with all that its instructions are prepared from.
pub(super) struct Lower<'a, E> {
    pub(super) group: &'a Group,
    pub(super) step: &'a Step,
    pub(super) memory: &'a Memory<E>,
    pub(super) registers: Vec<usize>,
    pub(super) set: InstructionSet,
}

impl<E: Float> Lower<'_, E> {
    /// Returns the prepared instructions, and the size of all registers, given the size of the group's own.
    fn code(&self, mut room: usize) -> (Vec<Instr<Prepared<E>>>, usize) {
        let mut code = Vec::new();
        let instrs = &self.group.code;
        let singles: Vec<Option<Single>> = instrs.iter().map(|instr| self.single(instr)).collect();
        let spread = self.spread();
        let mut at = 0;
        for run in singles.chunk_by(|a, b| a.is_some() && b.is_some()) {
            let row: Vec<Single> = run.iter().copied().flatten().collect();
            if row.is_empty() {
                code.push(self.prepared(&instrs[at]));
                code.extend(spread[at].map(|out| Instr::Own(Own::Spread(out))));
            } else {
                // Results are spread along rows only, and single numbers have no rows.
                let singles = Singles::new(room, &row);
                room = singles.end;
                code.push(Instr::Own(Own::Singles(singles)));
            }
            at += run.len();
        }
        (code, room)
    }

    /// Returns an instruction on single numbers that needs no kernel, if it is one.
    fn single(&self, instr: &Instr) -> Option<Single> {
        let Instr::Map { op: Elementwise::Map(map), args, out } = instr else { return None };
        let Space::Flat { rows: 1, columns: 1, .. } = self.group.space else { return None };
        let number = |operand: Operand| match operand {
            Operand::Register(i) => Number::Register(self.registers[i as usize]),
            _ => Number::Elsewhere(self.place(operand)),
        };
        let args = [args[0], *args.get(1).unwrap_or(&args[0])];
        Some((Quick::of(*map)?, args.map(number), number(*out)))
    }

    /// Returns the place where a result is to be spread, if it is. `read` marks the registers that are read along
    /// rows later.
    fn made(&self, out: Operand, args: &[Operand], read: &mut [bool]) -> Option<Place> {
        let Space::RowAlongLanes { .. } = self.group.space else { return None };
        match out {
            Operand::Register(i) if self.group.registers[i as usize] == Register::Row => {
                std::mem::take(&mut read[i as usize]).then(|| self.place(out))
            }
            _ => {
                for arg in args {
                    if let Operand::Register(i) = *arg {
                        read[i as usize] = true;
                    }
                }
                None
            }
        }
    }

    /// Returns for each instruction the place where its number is to be spread: one that is made for a row and read
    /// along it.
    fn spread(&self) -> Vec<Option<Place>> {
        let mut read = vec![false; self.group.registers.len()];
        let mut spread = vec![None; self.group.code.len()];
        for (instr, spread) in self.group.code.iter().zip(&mut spread).rev() {
            match instr {
                Instr::Map { args, out, .. } => {
                    *spread = self.made(*out, args, &mut read);
                }
                // Both results of a pair are repeated as often as they may be read.
                Instr::Pair { x, outs, .. } => {
                    for operand in outs.iter().chain([x]) {
                        if let Operand::Register(i) = *operand {
                            read[i as usize] = operand == x;
                        }
                    }
                }
                Instr::Fold { out, .. } | Instr::Pick { out, .. } => read[*out as usize] = false,
                _ => {}
            }
        }
        spread
    }

    fn prepared(&self, instr: &Instr) -> Instr<Prepared<E>> {
        match *instr {
            Instr::Map { op, ref args, out } => Instr::Map {
                op: self.elementwise(op, args, out),
                args: std::array::from_fn(|i| self.place(*args.get(i).unwrap_or(&args[0]))),
                out: self.place(out),
            },
            Instr::Pair { maps, x, outs } => {
                let (kernel, swapped) = lane::pair(maps, self.set);
                let (varies, n) = (self.walk(x).0, self.pair_count(x, outs));
                let [y, z] = outs.map(|out| self.place(out));
                let outs = if swapped { [z, y] } else { [y, z] };
                Instr::Pair { maps: PreparedPair { kernel, varies, n }, x: self.place(x), outs }
            }
            Instr::Load { arg, out } => {
                let view = self.step.args[arg as usize].clone();
                let from = Place { block_offset: BlockOffset::Zero, ..self.place(Operand::Arg(arg)) };
                let arg = Loaded { straight: view.is_contiguous(), view, from };
                Instr::Load { arg, out: self.place(out) }
            }
            Instr::OneHot { arg, width, out } => Instr::OneHot { arg, width, out: self.register(out) },
            Instr::Pick { arg, x, out } => Instr::Pick { arg, x: self.place(x), out: self.register(out) },
            Instr::Put { arg, a, b, out } => {
                Instr::Put { arg, a: self.place(a), b: self.place(b), out: self.place(out) }
            }
            Instr::Fold { fold, x, out } => Instr::Fold { fold, x: self.place(x), out: self.register(out) },
            Instr::Total { fold, x, of, out } => {
                Instr::Total { fold, x: self.place(x), of, out: self.result(out) }
            }
            Instr::Store { x, out } => Instr::Store { x: self.register(x), out: self.result(out) },
            Instr::Own(none) => match none {},
        }
    }

    fn elementwise(&self, op: Elementwise, args: &[Operand], out: Operand) -> PreparedElementwise<E> {
        let kernel = match op {
            Elementwise::Map(map) => lane::row(map, self.set),
            Elementwise::Chain(chain) => lane::chain(chain, self.set),
        };
        let (layout, n) = self.layout(args, out);
        PreparedElementwise { kernel, layout, n }
    }

    /// Returns the layout of an elementwise instruction's operands, and the count of numbers in each line.
    pub(super) fn layout(&self, args: &[Operand], out: Operand) -> (OperandLayout, Count) {
        let space = self.group.space;
        let mut layout = OperandLayout {
            varies: [true; 3],
            line_stride: [0; 3],
            out_line_stride: self.walk(out).1,
            lines: 1,
        };
        for (i, &arg) in args.iter().enumerate() {
            (layout.varies[i], layout.line_stride[i]) = self.walk(arg);
        }
        let mut n = self.count(args, out);
        if let (Space::RowsInLanes { block, .. }, Count::Fixed(_)) = (space, n)
            && self.is_tile(out)
            && layout
                .varies
                .iter()
                .zip(&layout.line_stride)
                .take(args.len())
                .any(|(varies, stride)| *varies && *stride == 0)
        {
            // Lines are strides apart if one argument has a number for each row.
            (layout.lines, n) = (space.columns(), Count::Fixed(block));
        }
        (layout, n)
    }

    /// Returns the count of numbers that a pair goes over.
    pub(super) fn pair_count(&self, x: Operand, outs: [Operand; 2]) -> Count {
        match self.group.space {
            Space::RowAlongLanes { .. } if !self.is_tile(outs[0]) => Count::Fixed(SPLAT),
            _ => self.count(&[x, outs[1]], outs[0]),
        }
    }

    /// Returns the count of numbers that an elementwise instruction goes over, if its lines are one.
    fn count(&self, args: &[Operand], out: Operand) -> Count {
        match (self.group.space, self.is_tile(out)) {
            (Space::Flat { .. }, _) => match args.iter().chain([&out]).all(|&operand| self.even(operand)) {
                true => Count::Even,
                false => Count::Block,
            },
            (Space::RowsInLanes { block, .. }, false) => Count::Fixed(block),
            (Space::RowsInLanes { columns, block, .. }, true) => Count::Fixed(columns * block),
            (Space::RowAlongLanes { columns, .. }, true) => {
                let inside =
                    |operand: &Operand| matches!(operand, Operand::Register(_) | Operand::Constant(_));
                match args.iter().chain([&out]).all(inside) {
                    true => Count::Fixed(columns.next_multiple_of(LANES)),
                    false => Count::Fixed(columns),
                }
            }
            // One vector; a number that is read along a row is spread afterwards.
            (Space::RowAlongLanes { .. }, false) => Count::Fixed(LANES),
        }
    }

    fn is_tile(&self, operand: Operand) -> bool {
        match operand {
            Operand::Register(i) => self.group.registers[i as usize] == Register::Tile,
            _ => true,
        }
    }

    /// Returns the kind of register that an operand's numbers are in, or are as if they were.
    pub(super) fn kind(&self, operand: Operand) -> Register {
        match operand {
            Operand::Register(i) => self.group.registers[i as usize],
            Operand::Constant(_) => Register::Splat,
            Operand::Arg(_) | Operand::Column(_) | Operand::Out(_) => Register::Tile,
        }
    }

    /// Returns whether an operand's numbers vary along a line, and the stride between its lines.
    pub(super) fn walk(&self, operand: Operand) -> (bool, usize) {
        let (kind, space) = (self.kind(operand), self.group.space);
        match (operand, kind, space) {
            (Operand::Register(_), Register::Tile, Space::RowsInLanes { block, .. }) => (true, block),
            _ => (space.varies(kind), 0),
        }
    }

    /// Tells whether whole vectors may be read and written, also where the last one is not full.
    fn even(&self, operand: Operand) -> bool {
        let source = match operand {
            Operand::Register(_) | Operand::Constant(_) => return true,
            Operand::Arg(i) | Operand::Column(i) => {
                let view = &self.step.args[i as usize];
                if view.offset != 0 {
                    return false;
                }
                view.source
            }
            Operand::Out(i) => self.step.outs[i as usize],
        };
        // The end of a block that is not of whole vectors is the beginning of the next block, unless it is the last one
        // of all. A piece of a row may be a shorter one at the end of each row.
        let even = match self.group.space {
            space if space.blocks() == 1 => true,
            Space::Flat { rows, columns, block: [some, piece] } => {
                (some * piece).is_multiple_of(LANES)
                    && (piece == columns || rows == 1 || columns.is_multiple_of(LANES))
            }
            _ => false,
        };
        even && self.group.head.is_none() && self.memory.place(source).2
    }

    fn place(&self, operand: Operand) -> Place {
        let view = |i: u32| {
            let view = &self.step.args[i as usize];
            let (tensor, offset, _) = self.memory.place(view.source);
            (tensor, offset + view.offset)
        };
        let whole = |source: Source| {
            let (tensor, offset, _) = self.memory.place(source);
            (tensor, offset)
        };
        let ((base, offset), block_offset) = match operand {
            Operand::Register(i) => ((REGISTERS, self.registers[i as usize]), BlockOffset::Zero),
            Operand::Constant(i) => (whole(Source::Constant(i)), BlockOffset::Zero),
            Operand::Arg(i) => (view(i), BlockOffset::Element),
            Operand::Column(i) => (view(i), BlockOffset::Column),
            Operand::Out(0) if self.group.head.is_some() => ((HEAD, 0), BlockOffset::Element),
            Operand::Out(i) => (whole(self.step.outs[i as usize]), BlockOffset::Element),
        };
        Place { base, offset, block_offset, kind: self.kind(operand) }
    }

    fn register(&self, register: u32) -> Place {
        self.place(Operand::Register(register))
    }

    /// Returns the beginning of a result, the same for each block.
    fn result(&self, result: u32) -> Place {
        Place { block_offset: BlockOffset::Zero, ..self.place(Operand::Out(result)) }
    }
}
