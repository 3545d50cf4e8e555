//! Whether a plan keeps what the kernels rely on: that each view lies within its source, and that no
//! result is where an argument is. Floor 6.

use super::memory::Memory;
use crate::compile::{Instr, Kernel, Operand, Plan, Register, Source, Step, View};
use crate::element::Element;
use crate::error::{Error, Result};
use std::collections::{HashMap, HashSet};

/// The parameter whose place each result takes, if it does.
fn homes(plan: &Plan) -> HashMap<Source, Source> {
    plan.homes.iter().map(|&(param, output)| (Source::Result(output), Source::Param(param))).collect()
}

/// Whether a parameter is read after its new value took its place, by a later step or as an output.
fn outlived(plan: &Plan, homes: &HashMap<Source, Source>) -> bool {
    let mut gone: HashSet<Source> = HashSet::new();
    for step in &plan.steps {
        if step.args.iter().any(|arg| gone.contains(&arg.source)) {
            return true;
        }
        gone.extend(step.outs.iter().filter_map(|out| homes.get(out)));
    }
    plan.outputs.iter().any(|view| gone.contains(&view.source))
}

/// An error for the first step that a kernel must not run.
pub(super) fn check<E: Element>(plan: &Plan, memory: &Memory<E>) -> Result<()> {
    let homes = homes(plan);
    for step in &plan.steps {
        let problem = problem(plan, step, memory, &homes);
        if let Some(problem) = problem {
            return Err(Error::Invalid(format!(
                "a defect in Gradus: {} of {}: {problem}",
                step.name, step.site
            )));
        }
    }
    match outlived(plan, &homes) {
        true => Err(Error::Invalid(
            "a defect in Gradus: an old value is read after the new one took its place".into(),
        )),
        false => Ok(()),
    }
}

fn problem<E: Element>(
    plan: &Plan,
    step: &Step,
    memory: &Memory<E>,
    homes: &HashMap<Source, Source>,
) -> Option<&'static str> {
    // The length of a source of real numbers, as the plan says it.
    let length = |source: Source| match source {
        Source::Slot(_) | Source::Constant(_) => Some(memory.span(source).1),
        Source::Input(i) => Some(plan.inputs[i as usize].shape.size()),
        Source::Param(i) => Some(plan.params[i as usize].shape.size()),
        Source::Value(i) => Some(plan.values[i as usize].shape().size()),
        Source::Result(i) => Some(plan.outputs[i as usize].shape.size()),
        Source::Index(_) | Source::Labels(_) => None,
    };
    let inside = |view: &View| {
        let last: usize =
            view.shape.iter().zip(&view.strides).map(|(n, stride)| n.saturating_sub(1) * stride).sum();
        view.shape.size() == 0 || length(view.source).is_none_or(|length| view.offset + last < length)
    };
    if !step.args.iter().all(inside) {
        return Some("an argument reaches beyond its source");
    }
    // Where a result is a parameter's new value, the old one is taken up first, and not needed later.
    let taken = |argument: usize, result: usize| match &step.kernel {
        Kernel::Group(group) => group.takes_first(argument as u32, result as u32),
        _ => false,
    };
    let apart = |(i, out): (usize, &Source)| {
        let (same, old) = (*out, homes.get(out).copied());
        let clear = |(argument, arg): (usize, &View)| {
            arg.source != same && (old != Some(arg.source) || (arg.is_contiguous() && taken(argument, i)))
        };
        !step.outs[..i].contains(out) && step.args.iter().enumerate().all(clear)
    };
    if !step.outs.iter().enumerate().all(apart) {
        return Some("a result is where an argument or another result is");
    }
    let Kernel::Group(group) = &step.kernel else { return None };
    let elements = group.space.rows() * group.space.columns();
    let whole = |operand: &Operand| match *operand {
        Operand::Arg(i) => step.args[i as usize].shape.size() == elements,
        Operand::Out(i) => length(step.outs[i as usize]).is_some_and(|length| length >= elements),
        Operand::Register(_) | Operand::Constant(_) | Operand::Column(_) => true,
    };
    let tile = |operand: &Operand| match *operand {
        Operand::Register(i) => group.registers[i as usize] == Register::Tile,
        Operand::Constant(_) | Operand::Column(_) => false,
        Operand::Arg(_) | Operand::Out(_) => true,
    };
    let fits = |instr: &Instr| match instr {
        Instr::Map { args, out, .. } | Instr::Chain { args, out, .. } => args.iter().chain([out]).all(whole),
        Instr::Pair { x, outs, .. } => [x, &outs[0], &outs[1]].into_iter().all(whole),
        Instr::Load { out, .. } => whole(out),
        // An element of each row is taken or replaced.
        Instr::Pick { x, .. } => whole(x) && tile(x),
        Instr::Put { b, out, .. } => [b, out].into_iter().all(|x| whole(x) && tile(x)),
        _ => true,
    };
    (!group.code.iter().all(fits)).then_some("an operand has not the elements of its group")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::{Group, Space};
    use crate::error::Site;
    use crate::op::Map;
    use crate::params::Param;
    use crate::shape::Shape;
    use smallvec::smallvec;

    /// A plan of one copy from the first of two buffers of four.
    fn plan(size: usize, out: u32) -> Plan {
        let shape = Shape::from([size]);
        let view =
            View { source: Source::Slot(0), offset: 0, strides: shape.strides(), shape: shape.clone() };
        let outs = smallvec![Source::Slot(out)];
        let (name, site) = ("copy".into(), Site::here());
        let step = Step { kernel: Kernel::Copy, args: smallvec![view], outs, shape, name, site };
        Plan { steps: vec![step], slots: vec![4, 4], ..Plan::default() }
    }

    #[test]
    fn a_plan_that_breaks_what_kernels_rely_on_is_refused() {
        let judged =
            |plan: Plan| check(&plan, &Memory::<f32>::new(&plan).0).map_err(|error| error.to_string());
        assert_eq!(judged(plan(4, 1)), Ok(()));
        assert!(judged(plan(5, 1)).is_err_and(|said| said.contains("reaches beyond its source")));
        assert!(judged(plan(4, 0)).is_err_and(|said| said.contains("where an argument")));
    }

    /// A plan of one group that makes a parameter's new value in its place, of code that is given.
    fn at_home(code: Vec<Instr>) -> Plan {
        let shape = Shape::from([32]);
        let view = |source| View { source, offset: 0, strides: shape.strides(), shape: shape.clone() };
        let space = Space::Flat { rows: 1, columns: 32, block: [1, 32] };
        let (prelude, parts, registers) = (Vec::new(), Vec::new(), vec![Register::Tile]);
        let kernel = Kernel::Group(Box::new(Group { space, head: None, prelude, code, parts, registers }));
        let (args, outs) = (smallvec![view(Source::Param(0))], smallvec![Source::Result(0)]);
        let site = Site::here();
        let step = Step { kernel, args, outs, shape: shape.clone(), name: "neg".into(), site };
        let param = Param { slot: 0, name: "w".into(), shape: shape.clone(), site, taken: None };
        let outputs = vec![view(Source::Result(0))];
        Plan { steps: vec![step], params: vec![param], outputs, homes: vec![(0, 0)], ..Plan::default() }
    }

    #[test]
    fn an_old_value_is_taken_up_before_the_new_one_takes_its_place() {
        let judged =
            |plan: Plan| check(&plan, &Memory::<f32>::new(&plan).0).map_err(|error| error.to_string());
        let (load, out) = (Instr::Load { arg: 0, out: Operand::Register(0) }, Operand::Out(0));
        let neg = |from| Instr::Map { map: Map::Neg, args: smallvec![from], out };
        let right = || at_home(vec![load.clone(), neg(Operand::Register(0))]);
        assert_eq!(judged(right()), Ok(()));
        // Read where it is written, or after that.
        for code in [vec![neg(Operand::Arg(0))], vec![neg(Operand::Register(0)), load.clone()]] {
            assert!(judged(at_home(code)).is_err_and(|said| said.contains("where an argument")));
        }
        // Read by a later step, or asked for.
        let mut later = right();
        later.steps.push(Step { outs: smallvec![Source::Slot(0)], ..later.steps[0].clone() });
        later.slots.push(32);
        let mut asked = right();
        asked.outputs.push(asked.steps[0].args[0].clone());
        for plan in [later, asked] {
            assert!(judged(plan).is_err_and(|said| said.contains("an old value is read after")));
        }
        // A result whose place is its own may be made of the argument at once.
        let apart = Plan { homes: Vec::new(), ..at_home(vec![neg(Operand::Arg(0))]) };
        assert_eq!(judged(apart), Ok(()));
    }
}
