//! Shorter code for steps of a group: choices by a mask of indices, which are a position in each row, and
//! operations that share their costly part. Floor 5.

use super::{Emitter, reach};
use crate::op::{Fold, Map};
use gradus_exec::plan::{
    Chain, Elementwise, Instr, Kernel, Operand, Plan, Register, Source, Space, Step, View, Walk, chain,
    partners,
};
use smallvec::SmallVec;
use std::collections::HashMap;

/// The rewrite of a step that has no code of its own.
#[derive(Clone, Debug)]
pub(super) enum Rewrite {
    /// No code: another step does the work.
    Nothing,
    /// `Σ select(one_hot(indices), x, 0)` along rows: the element at the index.
    Pick { indices: View, x: View },
    /// `select(one_hot(indices), a, b)`: `b`, with `a` at the index.
    Put { indices: View, a: View, b: View },
    /// Two operations on the same argument in one pass; `other` is the second's step.
    Pair { other: usize },
    /// An operation and the one before it, whose step is `first`, in one pass.
    Chain { first: usize, chain: Chain },
}

/// The steps of a group, as far as their code depends on each other.
struct GroupView<'s> {
    steps: &'s [Step],
    space: Space,
    /// The step that makes each value of the group, and those of the group that read it.
    makers: HashMap<u32, usize>,
    readers: HashMap<u32, Vec<usize>>,
    constants: &'s [f64],
}

/// Finds the steps that have shorter code. `read_outside` tells which values others read as well.
pub(super) fn rewrites(
    plan: &Plan,
    steps: &[Step],
    members: &[usize],
    space: Space,
    read_outside: &HashMap<u32, bool>,
) -> HashMap<usize, Rewrite> {
    let mut group = GroupView {
        steps,
        space,
        makers: HashMap::new(),
        readers: HashMap::new(),
        constants: &plan.constants,
    };
    for &at in members {
        if let Source::Slot(value) = steps[at].outs[0] {
            group.makers.insert(value, at);
        }
        for arg in &steps[at].args {
            if let Source::Slot(value) = arg.source {
                group.readers.entry(value).or_default().push(at);
            }
        }
    }
    let mut found = HashMap::new();
    for &at in members {
        if let Kernel::OneHot { width } = steps[at].kernel
            && (steps[at].shape.size() / width.max(1), width) == (space.rows(), space.columns())
            && !matches!(space, Space::Flat { .. })
        {
            group.choices(at, read_outside, &mut found);
        }
    }
    group.pairs(members, &mut found);
    // Single numbers have no passes to save.
    if space.rows() * space.columns() > 1 {
        group.chains(members, read_outside, &mut found);
    }
    found
}

/// Returns the values that can be made in the place of another: those that only a `Put` reads, to replace an
/// element of each row.
pub(super) fn in_place_puts(
    steps: &[Step],
    rewrites: &HashMap<usize, Rewrite>,
    left: &HashMap<u32, usize>,
    read_outside: &HashMap<u32, bool>,
) -> HashMap<u32, u32> {
    let puts = rewrites.iter().filter_map(|(&at, rewrite)| match rewrite {
        Rewrite::Put { b, .. } => Some((&steps[at].outs[0], &b.source)),
        _ => None,
    });
    let values = puts.filter_map(|(out, b)| match (out, b) {
        (&Source::Slot(value), &Source::Slot(whole)) => Some((whole, value)),
        _ => None,
    });
    let fits = |&(whole, value): &(u32, u32)| {
        read_outside[&value] && read_outside.get(&whole) == Some(&false) && left[&whole] == 1
    };
    values.filter(fits).collect()
}

impl GroupView<'_> {
    /// Rewrites the choices by a mask, if none of them needs the mask itself.
    fn choices(&self, mask: usize, read_outside: &HashMap<u32, bool>, found: &mut HashMap<usize, Rewrite>) {
        let Source::Slot(value) = self.steps[mask].outs[0] else { return };
        let indices = &self.steps[mask].args[0];
        let mut rewrites = Vec::new();
        for &reader in self.readers.get(&value).map_or(&[][..], |readers| readers) {
            let step = &self.steps[reader];
            let (Kernel::Map(Map::Select), Source::Slot(chosen)) = (&step.kernel, step.outs[0]) else {
                return;
            };
            let [by, a, b] = &step.args[..] else { return };
            if by.source != Source::Slot(value) || [a, b].iter().any(|arg| arg.source == by.source) {
                return;
            }
            if let Some(fold) = self.sum_alone(chosen, read_outside)
                && self.is_tile(a)
                && self.is_zero(b)
            {
                rewrites.push((reader, Rewrite::Nothing));
                rewrites.push((fold, Rewrite::Pick { indices: indices.clone(), x: a.clone() }));
            } else if self.is_row(a) && self.is_tile(b) {
                rewrites
                    .push((reader, Rewrite::Put { indices: indices.clone(), a: a.clone(), b: b.clone() }));
            } else {
                return;
            }
        }
        if !read_outside[&value] {
            found.insert(mask, Rewrite::Nothing);
            found.extend(rewrites);
        }
    }

    /// Returns the sum along rows that is the only reader of a value.
    fn sum_alone(&self, value: u32, read_outside: &HashMap<u32, bool>) -> Option<usize> {
        let [fold] = self.readers.get(&value)?[..] else { return None };
        let rows = (self.space.rows(), self.space.columns());
        match self.steps[fold].kernel {
            Kernel::Fold { fold: Fold::Sum, outer, size, .. }
                if (outer, size) == rows && !read_outside[&value] =>
            {
                Some(fold)
            }
            _ => None,
        }
    }

    fn is_zero(&self, view: &View) -> bool {
        matches!(view.source, Source::Constant(i) if self.constants[i as usize] == 0.0)
    }

    /// Tells whether a view is one number, or one of the group's own values with a number for each row.
    fn is_row(&self, view: &View) -> bool {
        match view.source {
            Source::Constant(_) => true,
            Source::Slot(value) => {
                self.space.columns() > 1
                    && self.makers.get(&value).is_some_and(|&at| self.made(at) == self.space.rows())
            }
            _ => false,
        }
    }

    /// Tells whether a view has the group's elements, in a register.
    fn is_tile(&self, view: &View) -> bool {
        let elements = self.space.rows() * self.space.columns();
        match view.source {
            Source::Slot(value) if self.makers.contains_key(&value) => {
                self.made(self.makers[&value]) == elements
            }
            Source::Constant(_) => false,
            _ => view.walk() == Walk::Whole && view.shape.size() == elements,
        }
    }

    fn made(&self, at: usize) -> usize {
        self.steps[at].shape.size()
    }

    /// Finds operations on the same argument that share their costly part.
    fn pairs(&self, members: &[usize], found: &mut HashMap<usize, Rewrite>) {
        let mut seen: HashMap<(Map, View), usize> = HashMap::new();
        for &at in members {
            let Kernel::Map(map) = self.steps[at].kernel else { continue };
            let [x] = &self.steps[at].args[..] else { continue };
            if self.is_apart(x, at) {
                continue;
            }
            let x = x.flat();
            match partners(map).find_map(|other| seen.get(&(other, x.clone())).copied()) {
                Some(first) if !found.contains_key(&first) => {
                    found.insert(first, Rewrite::Pair { other: at });
                    found.insert(at, Rewrite::Nothing);
                }
                _ => {
                    seen.insert((map, x), at);
                }
            }
        }
    }

    /// Tells whether an argument has a number for each row of a step's elements, whose lines are then apart; a pair
    /// runs over one line.
    fn is_apart(&self, x: &View, at: usize) -> bool {
        match (self.space, x.source) {
            (Space::RowsInLanes { .. }, Source::Slot(value)) => {
                self.makers.get(&value).is_some_and(|&maker| self.made(maker) != self.made(at))
            }
            _ => false,
        }
    }

    /// Finds operations of which the second is the only reader of the first's result.
    fn chains(
        &self,
        members: &[usize],
        read_outside: &HashMap<u32, bool>,
        found: &mut HashMap<usize, Rewrite>,
    ) {
        for &at in members {
            let Kernel::Map(then) = self.steps[at].kernel else { continue };
            let args = &self.steps[at].args;
            let chained = args.iter().enumerate().find_map(|(i, arg)| {
                let Source::Slot(value) = arg.source else { return None };
                let first = *self.makers.get(&value)?;
                let Kernel::Map(map) = self.steps[first].kernel else { return None };
                let alone = self.readers[&value].len() == 1 && !read_outside[&value];
                let same = self.made(first) == self.made(at) && !found.contains_key(&first);
                (alone && same).then(|| chain(map, then, i)).flatten().map(|chain| (first, chain))
            });
            if let Some((first, chain)) = chained
                && !found.contains_key(&at)
            {
                found.insert(first, Rewrite::Nothing);
                found.insert(at, Rewrite::Chain { first, chain });
            }
        }
    }
}

impl Emitter<'_> {
    /// Emits the code of a rewritten step.
    pub(super) fn rewritten(&mut self, step: &Step, value: u32, rewrite: Rewrite) {
        let (kind, read_outside) = (self.kind(reach(step)), self.read_outside[&value]);
        match rewrite {
            Rewrite::Nothing => {}
            Rewrite::Pick { indices, x } => {
                let (arg, at) = (self.arg(&indices), self.operand(&x, Register::Tile));
                let out = self.register(Register::Row);
                self.push(Instr::Pick { arg, x: at, out });
                self.kept(value, Operand::Register(out), read_outside);
                self.read(&x, Register::Tile);
            }
            Rewrite::Put { indices, a, b } => {
                let arg = self.arg(&indices);
                let (from, others) = (self.operand(&a, Register::Tile), self.operand(&b, Register::Tile));
                // The register of `b` is the first to be taken, if it is not read again.
                self.read(&a, Register::Tile);
                self.read(&b, Register::Tile);
                match others {
                    Operand::Out(i) if self.outs[i as usize] == step.outs[0] => {
                        self.push(Instr::Put { arg, a: from, b: others, out: others });
                        self.places.insert(value, others);
                    }
                    _ => {
                        let out = Operand::Register(self.register(Register::Tile));
                        self.push(Instr::Put { arg, a: from, b: others, out });
                        self.kept(value, out, read_outside);
                    }
                }
            }
            Rewrite::Chain { first, chain } => {
                let first = &self.steps[first];
                // The first operation's arguments, then the second's other one.
                let others = step.args.iter().filter(|arg| arg.source != first.outs[0]);
                let args: SmallVec<[&View; 3]> = first.args.iter().chain(others).collect();
                let operands = args.iter().map(|arg| self.operand(arg, kind)).collect();
                let out = self.out(value, kind, read_outside);
                self.push(Instr::Map { op: Elementwise::Chain(chain), args: operands, out });
                self.kept(value, out, read_outside);
                args.iter().for_each(|arg| self.read(arg, kind));
            }
            Rewrite::Pair { other } => {
                let other = &self.steps[other];
                let (Kernel::Map(map), Kernel::Map(partner)) = (&step.kernel, &other.kernel) else { return };
                let Source::Slot(twin) = other.outs[0] else { return };
                let x = self.operand(&step.args[0], kind);
                let outs =
                    [self.out(value, kind, read_outside), self.out(twin, kind, self.read_outside[&twin])];
                self.push(Instr::Pair { maps: [*map, *partner], x, outs });
                self.kept(value, outs[0], read_outside);
                self.kept(twin, outs[1], self.read_outside[&twin]);
                (0..2).for_each(|_| self.read(&step.args[0], kind));
            }
        }
    }
}
