//! Finds how far each instruction of a group reads and writes, so that a group that would go out of bounds is
//! refused before it runs.

use super::operand::Count;
use super::prepared::Lower;
use crate::load::Block;
use crate::plan::{Instr, LANES, Operand, Product, Register, SPLAT, Source, Space};
use gradus_rows::Float;

/// The elements of one operand that an instruction reads or writes in a block: lines of equal length, a stride
/// apart.
struct Touch {
    operand: Operand,
    lines: usize,
    apart: usize,
    count: Count,
    written: bool,
}

impl<E: Float> Lower<'_, E> {
    /// Returns the first problem of a group's instructions, on the blocks whose ends differ. `room` returns the
    /// number of elements that a result has room for.
    pub(super) fn problem(&self, room: &dyn Fn(Source) -> usize) -> Option<&'static str> {
        let group = self.group;
        let (rows, columns) = (group.space.rows(), group.space.columns());
        let blocks = corners(&group.space);
        let head = group.head.is_none_or(|Product { size: [m, _, n], .. }| [m, n] == [rows, columns]);
        if !head || (group.head.is_some() && !matches!(group.space, Space::Flat { .. })) {
            return Some("the size of its product is another than the group's");
        }
        for (instr, blocks) in group
            .prelude
            .iter()
            .map(|instr| (instr, &blocks[..1]))
            .chain(group.code.iter().map(|i| (i, &blocks[..])))
        {
            let touches = match self.touches(instr) {
                Ok(touches) => touches,
                Err(problem) => return Some(problem),
            };
            for touch in &touches {
                if let Some(problem) = blocks.iter().find_map(|block| self.beyond(touch, block, room)) {
                    return Some(problem);
                }
            }
        }
        None
    }

    /// Returns the operands of an instruction with the elements touched of each, or the problem.
    fn touches(&self, instr: &Instr) -> Result<Vec<Touch>, &'static str> {
        let space = self.group.space;
        let (rows, elements) = (space.rows(), space.rows() * space.columns());
        let read =
            |operand: Operand, count: Count| Touch { operand, lines: 1, apart: 0, count, written: false };
        let write = |operand: Operand, count: Count| Touch { written: true, ..read(operand, count) };
        let size = |arg: u32| self.step.args[arg as usize].shape.size();
        // All elements of a block, in a register or elsewhere.
        let tile = |operand: Operand, written: bool| match space {
            Space::Flat { .. } => Touch { written, ..read(operand, Count::Block) },
            Space::RowAlongLanes { columns, .. } => Touch { written, ..read(operand, Count::Fixed(columns)) },
            Space::RowsInLanes { columns, block, .. } => {
                Touch { operand, lines: columns, apart: block, count: Count::Fixed(block), written }
            }
        };
        let splat = Count::Fixed(SPLAT);
        let row = match space {
            Space::RowsInLanes { block, .. } => Count::Fixed(block),
            _ => splat,
        };
        Ok(match instr {
            Instr::Map { op, args, .. } if args.len() != op.args() => {
                return Err("an operation has not its number of arguments");
            }
            Instr::Map { args, out, .. } => {
                let (layout, count) = self.layout(args, *out);
                let arg = |(i, &operand): (usize, &Operand)| match layout.varies[i] {
                    true => Touch {
                        operand,
                        lines: layout.lines,
                        apart: layout.line_stride[i],
                        count,
                        written: false,
                    },
                    false => read(operand, splat),
                };
                let mut touches: Vec<Touch> = args.iter().enumerate().map(arg).collect();
                touches.push(Touch {
                    operand: *out,
                    lines: layout.lines,
                    apart: layout.out_line_stride,
                    count,
                    written: true,
                });
                touches
            }
            Instr::Pair { x, outs, .. } => {
                let count = self.pair_count(*x, *outs);
                let x = read(*x, if self.walk(*x).0 { count } else { splat });
                vec![x, write(outs[0], count), write(outs[1], count)]
            }
            Instr::Load { arg, out } => {
                let kind = self.kind(*out);
                let most = match kind {
                    Register::Tile => elements,
                    Register::Row => rows,
                    Register::Splat => 1,
                };
                if size(*arg) < most || (kind != Register::Splat && size(*arg) != most) {
                    return Err("the size of a loaded argument is not that of the group");
                }
                vec![match kind {
                    Register::Tile => tile(*out, true),
                    Register::Row => write(*out, row),
                    Register::Splat => write(*out, splat),
                }]
            }
            Instr::OneHot { arg, width, out } => {
                if size(*arg) * width != elements {
                    return Err("the size of the masks is not that of the group");
                }
                vec![tile(Operand::Register(*out), true)]
            }
            Instr::Pick { arg, x, out } => {
                self.rows_of_indices(size(*arg))?;
                vec![tile(*x, false), write(Operand::Register(*out), row)]
            }
            Instr::Put { arg, a, b, out } => {
                self.rows_of_indices(size(*arg))?;
                let a = read(*a, if self.walk(*a).0 { row } else { Count::Fixed(1) });
                vec![a, tile(*b, false), tile(*out, true)]
            }
            Instr::Fold { x, out, .. } => {
                if let Space::Flat { .. } = space {
                    return Err("a folded row is not whole in a block");
                }
                vec![tile(*x, false), write(Operand::Register(*out), row)]
            }
            Instr::Total { x, of: Register::Tile, .. } => vec![tile(*x, false)],
            Instr::Total { x, .. } => vec![read(*x, if self.walk(*x).0 { row } else { Count::Fixed(1) })],
            Instr::Store { x, out } => {
                let from = Operand::Register(*x);
                match self.group.registers[*x as usize] {
                    Register::Tile if matches!(space, Space::RowsInLanes { .. }) => {
                        vec![tile(from, false), write(Operand::Out(*out), Count::Block)]
                    }
                    Register::Tile => vec![read(from, Count::Block), write(Operand::Out(*out), Count::Block)],
                    Register::Row => vec![read(from, row)],
                    Register::Splat => vec![read(from, splat)],
                }
            }
            Instr::Own(none) => match *none {},
        })
    }

    /// Checks that there is an index for each row, and that each row is whole in its block.
    fn rows_of_indices(&self, indices: usize) -> Result<(), &'static str> {
        match self.group.space {
            Space::Flat { .. } => Err("a row with an index is not whole in a block"),
            space if space.rows() != indices => Err("the number of indices is not that of the rows"),
            _ => Ok(()),
        }
    }

    /// Returns a problem if an operand does not hold the elements touched in a block.
    fn beyond(&self, touch: &Touch, block: &Block, room: &dyn Fn(Source) -> usize) -> Option<&'static str> {
        let n = touch.count.of(block);
        let span = touch.lines.saturating_sub(1) * touch.apart + n;
        let elements = self.group.space.rows() * self.group.space.columns();
        // A value of the program's own has room up to a whole vector.
        let held = |source: Source, size: usize| match self.memory.place(source).2 {
            true => size.next_multiple_of(LANES),
            false => size,
        };
        match touch.operand {
            Operand::Register(i) if span > self.group.space.room(self.group.registers[i as usize]) => {
                Some("an instruction goes beyond a register")
            }
            Operand::Constant(_) if span > SPLAT => Some("an instruction goes beyond a constant"),
            Operand::Register(_) | Operand::Constant(_) => (touch.written
                && !matches!(touch.operand, Operand::Register(_)))
            .then_some("a constant is written"),
            Operand::Arg(i) | Operand::Column(i) => {
                let view = &self.step.args[i as usize];
                let moved = if matches!(touch.operand, Operand::Arg(_)) { block.first } else { block.column };
                let end = view.offset + moved + span;
                if touch.written {
                    return Some("an argument is written");
                }
                view.end()
                    .is_none_or(|most| end > held(view.source, most))
                    .then_some("an instruction reads beyond an argument's source")
            }
            Operand::Out(i) => {
                let (source, end) = (self.step.outs[i as usize], block.first + span);
                let head = i == 0 && self.group.head.is_some();
                // The elements behind a block belong to the next one, unless this is the last.
                let last = block.first + block.n == elements && !head;
                let most = if last { held(source, elements) } else { block.first + block.n };
                (end > most || room(source) < elements)
                    .then_some("an instruction writes beyond its block of a result")
            }
        }
    }
}

/// Returns the blocks at the corners of a space: every other block ends as one of them does.
fn corners(space: &Space) -> Vec<Block> {
    let blocks = space.blocks();
    let pieces = match *space {
        Space::Flat { columns, block: [_, piece], .. } => columns.div_ceil(piece.max(1)),
        _ => 1,
    };
    let mut corners =
        vec![0, pieces.saturating_sub(1), blocks.saturating_sub(pieces), blocks.saturating_sub(1)];
    corners.dedup();
    corners.into_iter().filter(|i| *i < blocks).map(|i| Block::of(space, i)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Memory;
    use crate::plan::{Group, Kernel, Plan, Step, View};
    use crate::set::InstructionSet;
    use gradus_tensor::Shape;
    use smallvec::smallvec;

    /// Tells whether an instruction may go over whole vectors of a result, also where a block ends within one.
    fn rounded(rows: usize, columns: usize, block: [usize; 2], out: Source) -> bool {
        let shape = Shape::from([rows, columns]);
        let view = View { source: out, offset: 0, strides: shape.strides(), shape: shape.clone() };
        let space = Space::Flat { rows, columns, block };
        let (prelude, code, parts, registers) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let group = Group { space, head: None, prelude, code, parts, registers };
        let step = Step {
            kernel: Kernel::Copy,
            args: smallvec![],
            outs: smallvec![out],
            shape,
            name: String::new(),
            origin: 0,
        };
        let plan = Plan { slots: vec![rows * columns], outputs: vec![view], ..Plan::default() };
        let (memory, _) = Memory::<f32>::new(&plan).expect("it is small");
        let set = InstructionSet::best();
        let lower = Lower { group: &group, step: &step, memory: &memory, registers: Vec::new(), set };
        let touch = Touch { operand: Operand::Out(0), lines: 1, apart: 0, count: Count::Even, written: true };
        let corners = corners(&group.space);
        corners.iter().all(|block| lower.beyond(&touch, block, &|_| rows * columns).is_none())
    }

    #[test]
    fn whole_vectors_are_refused_where_a_row_ends_within_one() {
        let slot = Source::Slot(0);
        // The end of everything, in a buffer of the program's own.
        assert!(rounded(1, 600, [1, 512], slot) && rounded(3, 100, [8, 100], slot));
        // The end of each row, of some rows, and of another's tensor.
        for (rows, columns) in [(2, 520), (10, 600), (32, 1000), (128, 513), (2, 1001)] {
            assert!(!rounded(rows, columns, [1, 512], slot), "{rows} x {columns}");
        }
        assert!(!rounded(9, 7, [4, 7], slot) && !rounded(1, 600, [1, 512], Source::Result(0)));
        assert!(rounded(2, 1024, [1, 512], slot) && rounded(2, 528, [1, 512], slot));
    }
}
