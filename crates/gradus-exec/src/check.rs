//! Refuses a plan that breaks what the kernels rely on: that each view lies within what was made of its source, that no
//! result is where an argument is, and that each kernel's sizes are those of its arguments and its result.

#[cfg(test)]
mod tests;

use crate::error::{Error, Result};
use crate::group::PreparedGroup;
use crate::memory::Memory;
use crate::plan::{Group, Instr, Kernel, LANES, Plan, Product, Register, Source, Step, View};
use crate::set::InstructionSet;
use gradus_rows::Float;
use std::collections::{HashMap, HashSet};

/// Returns the parameter in whose place a result is made, for each result that is made so.
fn in_place(plan: &Plan) -> HashMap<Source, Source> {
    plan.in_place.iter().map(|&(param, output)| (Source::Result(output), Source::Param(param))).collect()
}

/// Tells whether a later step or an output reads a parameter whose new value has taken its place.
fn outlived(plan: &Plan, in_place: &HashMap<Source, Source>) -> bool {
    let mut gone: HashSet<Source> = HashSet::new();
    for step in &plan.steps {
        if step.args.iter().any(|arg| gone.contains(&arg.source)) {
            return true;
        }
        gone.extend(step.outs.iter().filter_map(|out| in_place.get(out)));
    }
    plan.outputs.iter().any(|view| gone.contains(&view.source))
}

/// The contents of a source.
#[derive(Clone, Copy)]
struct Held {
    /// The number of its elements.
    size: usize,
    /// A bound that its indices are below.
    bound: usize,
}

/// The contents of all sources when a step runs. Slots and results hold what earlier steps made.
struct Contents<'p, E> {
    plan: &'p Plan,
    memory: &'p Memory<E>,
    made: HashMap<Source, Held>,
}

/// Prepares a plan's groups, or returns an error for the first step that no kernel may run.
pub(super) fn check<E: Float>(
    plan: &Plan,
    memory: &Memory<E>,
    set: InstructionSet,
) -> Result<Vec<Option<PreparedGroup<E>>>> {
    let in_place = in_place(plan);
    let mut sources = Contents { plan, memory, made: HashMap::new() };
    let mut prepared = Vec::with_capacity(plan.steps.len());
    for step in &plan.steps {
        let made = sources.problem(step, &in_place).map_or(Ok(()), Err).and_then(|()| match &step.kernel {
            Kernel::Group(group) => {
                PreparedGroup::new(group, step, memory, set, &|source| sources.room(source)).map(Some)
            }
            _ => Ok(None),
        });
        match made {
            Ok(made) => prepared.push(made),
            Err(problem) => {
                let (name, origin, problem) = (step.name.clone(), step.origin, problem.into());
                return Err(Error::Defect { name, origin, problem });
            }
        }
        sources.make(step);
    }
    if !plan.outputs.iter().all(|view| sources.holds(view)) {
        return Err(Error::Invalid("a defect in Gradus: no step makes an output".into()));
    }
    if !made_in_time(plan) {
        return Err(Error::Invalid(
            "a defect in Gradus: an update does not wait for what has to be finite".into(),
        ));
    }
    match outlived(plan, &in_place) {
        true => Err(Error::Invalid(
            "a defect in Gradus: an old value is read after the new one took its place".into(),
        )),
        false => Ok(prepared),
    }
}

/// The first step that updates something in place.
pub(super) fn first_update(plan: &Plan) -> Option<usize> {
    let in_place = in_place(plan);
    plan.steps.iter().position(|step| step.outs.iter().any(|out| in_place.contains_key(out)))
}

/// Tells whether what has to be finite before an update is made by then.
fn made_in_time(plan: &Plan) -> bool {
    let Some(first) = first_update(plan) else { return true };
    let late = |view: &View| plan.steps[first..].iter().any(|step| step.outs.contains(&view.source));
    plan.needed.iter().all(|&output| plan.outputs.get(output as usize).is_some_and(|view| !late(view)))
}

/// The number of elements that a step makes of one of its results.
pub(super) fn made(step: &Step, result: usize) -> usize {
    let Kernel::Group(group) = &step.kernel else { return step.shape.size() };
    let elements = group.space.rows() * group.space.columns();
    let by = |instr: &Instr| match instr {
        Instr::Total { out, .. } if *out as usize == result => match group.space.blocks() {
            1 => Some(1),
            blocks => Some(blocks * LANES),
        },
        Instr::Store { x, out } if *out as usize == result => match group.registers[*x as usize] {
            Register::Tile => Some(elements),
            Register::Row => Some(group.space.rows()),
            Register::Splat => Some(1),
        },
        _ => None,
    };
    group.code.iter().find_map(by).unwrap_or(elements)
}

impl<E: Float> Contents<'_, E> {
    /// Returns the contents of a source, or `None` if no step has filled it.
    fn held(&self, source: Source) -> Option<Held> {
        let plan = self.plan;
        let real = |size: usize| Some(Held { size, bound: 0 });
        match source {
            Source::Slot(_) | Source::Index(_) | Source::Result(_) => self.made.get(&source).copied(),
            Source::Constant(_) => real(1),
            Source::Input(i) => real(plan.inputs[i as usize].shape.size()),
            Source::Param(i) => real(plan.params[i as usize].shape.size()),
            Source::Value(i) => real(plan.values[i as usize].shape().size()),
            Source::Labels(i) => {
                let labels = &plan.labels[i as usize];
                Some(Held { size: labels.shape.size(), bound: labels.bound })
            }
        }
    }

    /// The number of elements that a result has room for.
    fn room(&self, source: Source) -> usize {
        match source {
            Source::Slot(_) => self.memory.span(source).1,
            Source::Index(i) => self.plan.index_slots[i as usize],
            Source::Result(i) => self.plan.outputs[i as usize].shape.size(),
            _ => 0,
        }
    }

    /// Tells whether all elements of a view are there. Indices are read one after another.
    fn holds(&self, view: &View) -> bool {
        let index = matches!(view.source, Source::Index(_) | Source::Labels(_));
        let straight = !index || (view.offset == 0 && view.is_contiguous());
        let end = view.end();
        end == Some(0)
            || self.held(view.source).zip(end).is_some_and(|(held, end)| straight && end <= held.size)
    }

    /// Notes what a step made.
    fn make(&mut self, step: &Step) {
        for (i, &out) in step.outs.iter().enumerate() {
            let bound = match &step.kernel {
                Kernel::ArgMax { size, .. } | Kernel::ArgSort { size, .. } => *size,
                Kernel::Along { whole, .. } => *whole,
                Kernel::Indices { indices } => indices.iter().max().map_or(0, |most| most.saturating_add(1)),
                _ => 0,
            };
            self.made.insert(out, Held { size: made(step, i), bound });
        }
    }

    fn problem(&self, step: &Step, in_place: &HashMap<Source, Source>) -> Option<&'static str> {
        if !step.args.iter().all(|view| self.holds(view)) {
            return Some("an argument reaches beyond its source");
        }
        if (0..step.outs.len()).any(|i| made(step, i) > self.room(step.outs[i])) {
            return Some("a result has no room");
        }
        // A result that is a parameter's new value may be where the old one is, if the group loads the old one
        // first.
        let taken = |argument: usize, result: usize| match &step.kernel {
            Kernel::Group(group) => group.takes_first(argument as u32, result as u32),
            _ => false,
        };
        let apart = |(i, out): (usize, &Source)| {
            let (same, old) = (*out, in_place.get(out).copied());
            let clear = |(argument, arg): (usize, &View)| {
                arg.source != same && (old != Some(arg.source) || (arg.is_contiguous() && taken(argument, i)))
            };
            !step.outs[..i].contains(out) && step.args.iter().enumerate().all(clear)
        };
        if !step.outs.iter().enumerate().all(apart) {
            return Some("a result overlaps an argument or another result");
        }
        match &step.kernel {
            Kernel::Group(group) => elements(step, group),
            _ => self.sizes(step),
        }
    }

    /// Tells whether the sizes of a kernel that is no group fit its arguments and its result.
    fn sizes(&self, step: &Step) -> Option<&'static str> {
        let size = step.shape.size();
        let arg = |i: usize| step.args.get(i).map_or(0, |view| view.shape.size());
        let straight = |i: usize| step.args.get(i).is_some_and(View::is_contiguous);
        let bound = |i: usize| self.held(step.args[i].source).map_or(usize::MAX, |held| held.bound);
        let fits = match &step.kernel {
            Kernel::Group(_) => true,
            Kernel::Map(_) | Kernel::Copy => size == 0,
            Kernel::Fold { outer, size: n, inner, .. } => {
                straight(0) && arg(0) == outer * n * inner && size == outer * inner
            }
            Kernel::ArgMax { size: n, inner } => {
                straight(0) && *n > 0 && arg(0) == size * n && size.is_multiple_of(*inner)
            }
            Kernel::ArgSort { size: n, kept, inner, .. } => {
                let outer = size.checked_div(kept * inner);
                straight(0) && kept <= n && outer.is_none_or(|outer| outer * n * inner == arg(0))
            }
            // Each position is below the number of whole rows, times `size`, times `inner`.
            Kernel::Along { size: n, kept, inner, whole } => {
                let outer = size.checked_div(kept * inner);
                let fits =
                    outer.is_none_or(|outer| outer * n * inner == *whole && outer * kept * inner == size);
                arg(0) == size && bound(0) <= *n && fits
            }
            Kernel::Contract(Product { size: [m, k, n], .. }) => {
                let rank = step.shape.len();
                let ends = |shape: &[usize], two: [usize; 2]| shape.len() == rank && shape.ends_with(&two);
                let batch = |i: usize| step.args[i].shape[..rank - 2] == step.shape[..rank - 2];
                rank >= 2
                    && ends(&step.shape, [*m, *n])
                    && ends(&step.args[0].shape, [*m, *k])
                    && ends(&step.args[1].shape, [*k, *n])
                    && batch(0)
                    && batch(1)
            }
            Kernel::Boxes { boxes, .. } => boxes.iter().zip(&step.args).all(|((offset, strides), x)| {
                let to = View { offset: *offset, strides: strides.clone(), ..x.clone() };
                strides.len() == x.shape.len() && to.end().is_some_and(|end| end <= size)
            }),
            // An empty axis has no indices, so such a step is never run.
            Kernel::Gather { size: n, inner } => {
                let outer = arg(0).checked_div(n * inner);
                let whole =
                    outer.is_none_or(|outer| outer * n * inner == arg(0) && outer * arg(1) * inner == size);
                straight(0) && bound(1) <= *n && whole
            }
            Kernel::ScatterAdd { size: n, inner } => {
                let outer = size.checked_div(n * inner);
                let whole =
                    outer.is_none_or(|outer| outer * n * inner == size && outer * arg(1) * inner == arg(0));
                straight(0) && bound(1) <= *n && whole
            }
            Kernel::OneHot { width } => arg(0) * width == size,
            Kernel::SameIndex => arg(0) == size && arg(1) == size,
            Kernel::Indices { indices } => step.args.is_empty() && indices.shape().size() == size,
            Kernel::Random { .. } => step.args.is_empty(),
        };
        (!fits).then_some("its sizes do not match its arguments and its result")
    }
}

/// Returns a problem if the size of an operand is not that of its group. `PreparedGroup` finds how far instructions
/// reach.
fn elements(step: &Step, group: &Group) -> Option<&'static str> {
    use crate::plan::Operand;
    let elements = group.space.rows() * group.space.columns();
    let whole = |operand: &Operand| match *operand {
        Operand::Arg(i) => step.args[i as usize].shape.size() == elements,
        Operand::Register(_) | Operand::Constant(_) | Operand::Column(_) | Operand::Out(_) => true,
    };
    let tile = |operand: &Operand| match *operand {
        Operand::Register(i) => group.registers[i as usize] == Register::Tile,
        Operand::Constant(_) | Operand::Column(_) => false,
        Operand::Arg(_) | Operand::Out(_) => true,
    };
    let fits = |instr: &Instr| match instr {
        Instr::Map { args, out, .. } => args.iter().chain([out]).all(whole),
        Instr::Pair { x, outs, .. } => [x, &outs[0], &outs[1]].into_iter().all(whole),
        Instr::Load { out, .. } => whole(out),
        // An element of each row is taken or replaced.
        Instr::Pick { x, .. } => whole(x) && tile(x),
        Instr::Put { b, out, .. } => [b, out].into_iter().all(|x| whole(x) && tile(x)),
        _ => true,
    };
    (!group.code.iter().all(fits)).then_some("the size of an operand is not that of its group")
}
