//! Turns clusters of steps into groups: the code of each, and the places of its values. Floor 5.

mod peephole;

use super::cut::cut;
use super::fuse::{Cluster, Extent};
use crate::shape::Shape;
use gradus_exec::plan::{
    Elementwise, Group, Instr, Kernel, LANES, Operand, Part, Plan, Register, Source, Space, Step, View, Walk,
};
use peephole::{Rewrite, in_place_puts, rewrites};
use smallvec::{SmallVec, smallvec};
use std::collections::HashMap;

/// Replaces a plan's steps by groups of them. `sizes` are those of the values; the parts of folds are added.
pub(super) fn groups(plan: &mut Plan, clusters: Vec<Cluster>, sizes: &mut Vec<usize>) {
    let steps = std::mem::take(&mut plan.steps);
    let mut reads: Vec<usize> = vec![0; sizes.len()];
    let slots = |view: &View| match view.source {
        Source::Slot(value) => Some(value as usize),
        _ => None,
    };
    let asked = plan.outputs.iter().filter_map(slots);
    steps
        .iter()
        .flat_map(|step| &step.args)
        .filter_map(slots)
        .chain(asked)
        .for_each(|value| reads[value] += 1);
    for cluster in clusters {
        match (cluster.extent, &cluster.members[..]) {
            (Extent::Alone, members) => plan.steps.extend(members.iter().map(|&at| steps[at].clone())),
            (extent, members) => {
                // A product comes first, and so do its sides.
                let head = |at: &&usize| matches!(steps[**at].kernel, Kernel::Contract(_));
                let others = members.iter().filter(|at| !head(at));
                let members: Vec<usize> = members.iter().filter(head).chain(others).copied().collect();
                let mut emitter = Emitter::new(plan, &steps, &members, extent, &reads);
                members.iter().for_each(|&at| emitter.member(at, sizes));
                let (step, folds) = emitter.finish();
                plan.steps.push(step);
                plan.steps.extend(folds);
            }
        }
    }
}

/// Returns the number of elements that a step goes over.
fn reach(step: &Step) -> usize {
    match step.kernel {
        Kernel::Fold { outer, size, inner, .. } => outer * size * inner,
        _ => step.shape.size(),
    }
}

struct Emitter<'s> {
    steps: &'s [Step],
    /// The rewrites of steps that have no code of their own.
    rewrites: HashMap<usize, Rewrite>,
    /// The number of reads of each value that this group still has to make.
    left: HashMap<u32, usize>,
    /// Tells of each value of the group whether anything outside reads it.
    read_outside: HashMap<u32, bool>,
    /// The values that are made in the place of another one, which equals them but for an element of each row.
    in_place_puts: HashMap<u32, u32>,
    args: Vec<View>,
    known: HashMap<View, u32>,
    /// The registers of loaded arguments, each with the number of reads still to be made.
    loaded: HashMap<(u32, bool), (u32, usize)>,
    /// The number of reads of each argument, by operations on rows or on elements.
    uses: HashMap<(View, bool), usize>,
    outs: SmallVec<[Source; 1]>,
    /// The places of the group's own values.
    places: HashMap<u32, Operand>,
    free: Vec<(Register, u32)>,
    folds: Vec<Step>,
    shape: Shape,
    group: Group,
}

impl<'s> Emitter<'s> {
    fn new(plan: &Plan, steps: &'s [Step], members: &[usize], extent: Extent, reads: &[usize]) -> Self {
        let mut left: HashMap<u32, usize> = HashMap::new();
        for arg in members.iter().flat_map(|&at| &steps[at].args) {
            if let Source::Slot(value) = arg.source {
                *left.entry(value).or_default() += 1;
            }
        }
        let mut read_outside = HashMap::new();
        for &at in members {
            if let Source::Slot(value) = steps[at].outs[0] {
                let within = left.get(&value).copied().unwrap_or(0);
                read_outside.insert(value, reads[value as usize] > within);
            }
        }
        let group = Group {
            space: cut(steps, members, extent),
            head: None,
            prelude: Vec::new(),
            code: Vec::new(),
            parts: Vec::new(),
            registers: Vec::new(),
        };
        let rewrites = rewrites(plan, steps, members, group.space, &read_outside);
        let mut emitter = Emitter {
            steps,
            in_place_puts: in_place_puts(steps, &rewrites, &left, &read_outside),
            rewrites,
            left,
            read_outside,
            args: Vec::new(),
            known: HashMap::new(),
            loaded: HashMap::new(),
            uses: HashMap::new(),
            outs: SmallVec::new(),
            places: HashMap::new(),
            free: Vec::new(),
            folds: Vec::new(),
            shape: steps[members[members.len() - 1]].shape.clone(),
            group,
        };
        for step in members.iter().map(|&at| &steps[at]) {
            let row = emitter.kind(reach(step)) == Register::Row;
            for arg in &step.args {
                *emitter.uses.entry((arg.flat(), row)).or_default() += 1;
            }
        }
        emitter
    }

    /// Emits the code of one step.
    fn member(&mut self, at: usize, sizes: &mut Vec<usize>) {
        let step = &self.steps[at];
        let Source::Slot(value) = step.outs[0] else { return };
        self.group.parts.push(Part { name: step.name.clone(), origin: step.origin });
        let read_outside = self.read_outside[&value];
        let kind = self.kind(reach(step));
        if let Some(rewrite) = self.rewrites.remove(&at) {
            return self.rewritten(step, value, rewrite);
        }
        match &step.kernel {
            Kernel::Contract(product) => {
                self.group.head = Some(*product);
                self.args.extend(step.args.iter().cloned());
                self.outs.push(step.outs[0]);
                self.places.insert(value, Operand::Out(0));
            }
            Kernel::Map(map) => {
                let args: SmallVec<[Operand; 3]> =
                    step.args.iter().map(|arg| self.operand(arg, kind)).collect();
                let out = self.out(value, kind, read_outside);
                self.push(Instr::Map { op: Elementwise::Map(*map), args, out });
                self.kept(value, out, read_outside);
                step.args.iter().for_each(|arg| self.read(arg, kind));
            }
            Kernel::Copy => {
                let arg = self.arg(&step.args[0]);
                let out = self.out(value, kind, read_outside);
                self.push(Instr::Load { arg, out });
                self.kept(value, out, read_outside);
            }
            Kernel::OneHot { width } => {
                let arg = self.arg(&step.args[0]);
                let register = self.register(kind);
                self.push(Instr::OneHot { arg, width: *width, out: register });
                let out = Operand::Register(register);
                self.places.insert(value, out);
                self.store(value, register, read_outside);
            }
            Kernel::Fold { fold, outer, size, .. } => {
                let (rows, columns) = (self.group.space.rows(), self.group.space.columns());
                let whole =
                    matches!(self.group.space, Space::Flat { .. }) || (*outer, *size) != (rows, columns);
                let x = self.operand(&step.args[0], kind);
                match whole {
                    true => {
                        let out = self.outs.len() as u32;
                        self.push(Instr::Total { fold: *fold, x, of: kind, out });
                        let blocks = self.group.space.blocks();
                        match blocks {
                            1 => self.outs.push(step.outs[0]),
                            _ => self.fold_of_parts(step, blocks, sizes),
                        }
                    }
                    false => {
                        let register = self.register(Register::Row);
                        self.push(Instr::Fold { fold: *fold, x, out: register });
                        self.places.insert(value, Operand::Register(register));
                        self.store(value, register, read_outside);
                    }
                }
                self.read(&step.args[0], kind);
            }
            _ => unreachable!("no other kernel is part of a group"),
        }
    }

    /// Adds a step that folds the parts that blocks leave.
    fn fold_of_parts(&mut self, step: &Step, blocks: usize, sizes: &mut Vec<usize>) {
        let Kernel::Fold { fold, .. } = step.kernel else { return };
        sizes.push(blocks * LANES);
        let parts = Source::Slot(sizes.len() as u32 - 1);
        self.outs.push(parts);
        let view = View::whole(parts, &Shape::from([blocks * LANES]));
        let kernel = Kernel::Fold { fold, outer: 1, size: blocks * LANES, inner: 1 };
        self.folds.push(Step { kernel, args: smallvec![view], ..step.clone() });
    }

    fn push(&mut self, instr: Instr) {
        self.group.code.push(instr);
    }

    /// Returns the kind of register for a value of this size.
    fn kind(&self, size: usize) -> Register {
        match self.group.space {
            Space::Flat { .. } => Register::Tile,
            _ if size == self.group.space.rows() => Register::Row,
            _ => Register::Tile,
        }
    }

    /// Returns the number of an argument.
    fn arg(&mut self, view: &View) -> u32 {
        let next = self.args.len() as u32;
        let view = view.flat();
        let arg = *self.known.entry(view.clone()).or_insert(next);
        if arg == next {
            self.args.push(view);
        }
        arg
    }

    /// Returns the place where a step reads an argument, which is loaded first if its order is not the block's.
    fn operand(&mut self, view: &View, kind: Register) -> Operand {
        if let Source::Slot(value) = view.source
            && let Some(place) = self.places.get(&value)
        {
            return *place;
        }
        if let Source::Constant(i) = view.source {
            return Operand::Constant(i);
        }
        let arg = self.arg(view);
        let columns = self.group.space.columns();
        let row = kind == Register::Row;
        match (self.group.space, view.walk()) {
            (Space::Flat { .. }, Walk::Whole) => return Operand::Arg(arg),
            (Space::RowAlongLanes { .. }, Walk::Whole) if !row => return Operand::Arg(arg),
            (Space::Flat { block: [_, piece], .. }, Walk::Cycle(n)) if n == columns && piece < n => {
                return Operand::Column(arg);
            }
            _ => {}
        }
        if let Some((register, _)) = self.loaded.get(&(arg, row)) {
            return Operand::Register(*register);
        }
        let (kind, once) = match view.walk() {
            Walk::One => (Register::Splat, true),
            Walk::Cycle(n) if n == columns => (kind, kind == Register::Tile),
            _ => (kind, false),
        };
        let register = match once {
            true => self.new_register(kind),
            false => self.register(kind),
        };
        let load = Instr::Load { arg, out: Operand::Register(register) };
        let uses = if once { usize::MAX } else { self.uses.get(&(view.flat(), row)).copied().unwrap_or(1) };
        self.loaded.insert((arg, row), (register, uses));
        match once {
            true => self.group.prelude.push(load),
            false => self.push(load),
        }
        Operand::Register(register)
    }

    /// Notes that a step has read an argument. A register that is not read again is free.
    fn read(&mut self, view: &View, kind: Register) {
        let own = match view.source {
            Source::Slot(value) => self.places.get(&value).copied().zip(self.left.get_mut(&value)),
            _ => None,
        };
        let loaded = match own {
            Some(_) => None,
            None => self.known.get(&view.flat()).map(|arg| (*arg, kind == Register::Row)),
        };
        let (register, left) = match (own, loaded.and_then(|key| self.loaded.get_mut(&key))) {
            (Some((Operand::Register(register), left)), _) => (register, left),
            (_, Some((register, left))) if *left != usize::MAX => (*register, left),
            _ => return,
        };
        *left -= 1;
        if *left == 0 {
            self.free.push((self.group.registers[register as usize], register));
            loaded.and_then(|key| self.loaded.remove(&key));
        }
    }

    fn register(&mut self, kind: Register) -> u32 {
        match self.free.iter().rposition(|(free, _)| *free == kind) {
            Some(i) => self.free.swap_remove(i).1,
            None => self.new_register(kind),
        }
    }

    fn new_register(&mut self, kind: Register) -> u32 {
        self.group.registers.push(kind);
        self.group.registers.len() as u32 - 1
    }

    /// Returns the place of a step's value: the result itself if others read it and its order of elements is the
    /// block's, else a register.
    fn out(&mut self, value: u32, kind: Register, read_outside: bool) -> Operand {
        let kept = if read_outside { Some(value) } else { self.in_place_puts.get(&value).copied() };
        match (self.group.space, kept) {
            (Space::Flat { .. } | Space::RowAlongLanes { .. }, Some(kept)) if kind == Register::Tile => {
                self.outs.push(Source::Slot(kept));
                Operand::Out(self.outs.len() as u32 - 1)
            }
            _ => Operand::Register(self.register(kind)),
        }
    }

    /// Notes the place of a value, and stores it if others read it.
    fn kept(&mut self, value: u32, out: Operand, read_outside: bool) {
        self.places.insert(value, out);
        if let Operand::Register(register) = out {
            self.store(value, register, read_outside);
        }
    }

    fn store(&mut self, value: u32, register: u32, read_outside: bool) {
        if read_outside {
            self.outs.push(Source::Slot(value));
            self.push(Instr::Store { x: register, out: self.outs.len() as u32 - 1 });
        }
        if self.left.get(&value).is_none_or(|left| *left == 0) {
            self.free.push((self.group.registers[register as usize], register));
        }
    }

    fn finish(self) -> (Step, Vec<Step>) {
        let names: Vec<&str> = self.group.parts.iter().map(|part| &part.name[..]).collect();
        let (name, origin) = (names.join(", "), self.group.parts[0].origin);
        let kernel = Kernel::Group(Box::new(self.group));
        (
            Step { kernel, args: self.args.into(), outs: self.outs, shape: self.shape, name, origin },
            self.folds,
        )
    }
}
