//! Makes a group's instructions ready to run: kernels are chosen, and operands become places. Floor 6.

use crate::compile::{Group, Instr, Operand, Register, Source, Space, Step, View};
use crate::element::Element;
use crate::exec::lane::{self, Kernel, Lines, Set, Total};
use crate::exec::memory::Memory;
use crate::op::Fold;

/// Where an operand is, for any block.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// The tensor, or none for the registers.
    pub(super) tensor: Option<usize>,
    pub(super) offset: usize,
    pub(super) by: By,
    pub(super) inner: bool,
    pub(super) outer: usize,
}

/// What an operand moves along with.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum By {
    Nothing,
    Elements,
    Columns,
    /// The rows that a matrix product has just made.
    Head,
}

pub(super) enum Action<E> {
    Map { kernel: Kernel<E>, args: [Place; 3], out: Place, tile: bool, even: bool },
    Load { view: View, at: (usize, usize), out: Place, kind: Register },
    OneHot { source: Source, width: usize, out: Place },
    Fold { fold: Fold, x: Place, out: Place },
    Total { fold: Fold, x: Place, out: Place, tile: bool },
    Store { x: Place, out: Place, kind: Register },
}

/// A group, ready to run.
pub(in crate::exec) struct Ready<E> {
    pub(super) space: Space,
    pub(super) head: Option<([usize; 3], Source)>,
    pub(super) prelude: Vec<Action<E>>,
    pub(super) code: Vec<Action<E>>,
    /// How many numbers its registers take.
    pub(in crate::exec) room: usize,
    pub(in crate::exec) work: usize,
    pub(super) total: Total<E>,
    pub(super) lines: Lines<E>,
}

impl<E: Element> Ready<E> {
    pub(in crate::exec) fn new(group: &Group, step: &Step, memory: &Memory<E>, set: Set) -> Self {
        let space = group.space;
        let mut room = 0;
        let registers: Vec<usize> = group
            .registers
            .iter()
            .map(|&register| {
                let at = room;
                room += space.room(register);
                at
            })
            .collect();
        let lower = Lower { group, step, memory, registers, set };
        Ready {
            space,
            head: group.head.map(|size| (size, step.outs[0])),
            prelude: group.prelude.iter().map(|instr| lower.action(instr)).collect(),
            code: group.code.iter().map(|instr| lower.action(instr)).collect(),
            room,
            work: space.rows() * space.columns() * group.code.len(),
            total: lane::total(set),
            lines: lane::lines(set),
        }
    }
}

/// What the instructions of a group are made ready with.
struct Lower<'a, E> {
    group: &'a Group,
    step: &'a Step,
    memory: &'a Memory<E>,
    registers: Vec<usize>,
    set: Set,
}

impl<E: Element> Lower<'_, E> {
    fn action(&self, instr: &Instr) -> Action<E> {
        match instr {
            Instr::Map { map, args, out } => {
                let operands = || args.iter().chain([out]);
                let tile = match *out {
                    Operand::Register(i) => self.group.registers[i as usize] == Register::Tile,
                    _ => true,
                };
                let even = operands().all(|operand| self.even(*operand));
                let first = self.place(args[0]);
                let mut places = [first; 3];
                args.iter().zip(&mut places).for_each(|(arg, place)| *place = self.place(*arg));
                Action::Map {
                    kernel: lane::row(*map, self.set),
                    args: places,
                    out: self.place(*out),
                    tile,
                    even,
                }
            }
            Instr::Load { arg, out } => {
                let view = self.step.args[*arg as usize].clone();
                let (tensor, offset, _) = self.memory.place(view.source);
                let kind = match *out {
                    Operand::Register(i) => self.group.registers[i as usize],
                    _ => Register::Tile,
                };
                Action::Load { at: (tensor, offset + view.offset), view, out: self.place(*out), kind }
            }
            Instr::OneHot { arg, width, out } => Action::OneHot {
                source: self.step.args[*arg as usize].source,
                width: *width,
                out: self.place(Operand::Register(*out)),
            },
            Instr::Fold { fold, x, out } => {
                Action::Fold { fold: *fold, x: self.place(*x), out: self.place(Operand::Register(*out)) }
            }
            Instr::Total { fold, x, out } => {
                let tile = match *x {
                    Operand::Register(i) => self.group.registers[i as usize] == Register::Tile,
                    _ => true,
                };
                let out = Place { by: By::Nothing, ..self.place(Operand::Out(*out)) };
                Action::Total { fold: *fold, x: self.place(*x), out, tile }
            }
            Instr::Store { x, out } => Action::Store {
                x: self.place(Operand::Register(*x)),
                out: Place { by: By::Nothing, ..self.place(Operand::Out(*out)) },
                kind: self.group.registers[*x as usize],
            },
        }
    }

    /// Whether whole vectors may be read and written, also where the last one is not full.
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
        // The end of a block that is not of whole vectors is the beginning of the next.
        let space = self.group.space;
        let whole = space.blocks() == 1 || space.room(Register::Tile) == space.block();
        whole && self.group.head.is_none() && self.memory.place(source).2
    }

    fn place(&self, operand: Operand) -> Place {
        let space = self.group.space;
        match operand {
            Operand::Register(i) => {
                let (inner, outer) = match (self.group.registers[i as usize], space) {
                    (Register::Tile, Space::Across { block, .. }) => (true, block),
                    (Register::Row, Space::Across { .. }) => (true, 0),
                    (Register::Tile, _) => (true, 0),
                    _ => (false, 0),
                };
                Place { tensor: None, offset: self.registers[i as usize], by: By::Nothing, inner, outer }
            }
            Operand::Constant(i) => {
                let (tensor, offset, _) = self.memory.place(Source::Constant(i));
                Place { tensor: Some(tensor), offset, by: By::Nothing, inner: false, outer: 0 }
            }
            Operand::Arg(i) | Operand::Column(i) => {
                let view = &self.step.args[i as usize];
                let (tensor, offset, _) = self.memory.place(view.source);
                let by = if matches!(operand, Operand::Arg(_)) { By::Elements } else { By::Columns };
                Place { tensor: Some(tensor), offset: offset + view.offset, by, inner: true, outer: 0 }
            }
            Operand::Out(i) => {
                let (tensor, offset, _) = self.memory.place(self.step.outs[i as usize]);
                let by = if i == 0 && self.group.head.is_some() { By::Head } else { By::Elements };
                Place { tensor: Some(tensor), offset, by, inner: true, outer: 0 }
            }
        }
    }
}
