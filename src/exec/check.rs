//! Whether a plan keeps what the kernels rely on: that each view lies within its source, and that no
//! result is where an argument is. Floor 6.

use super::memory::Memory;
use crate::compile::{Instr, Kernel, Operand, Plan, Register, Source, Step, View};
use crate::element::Element;
use crate::error::{Error, Result};

/// An error for the first step that a kernel must not run.
pub(super) fn check<E: Element>(plan: &Plan, memory: &Memory<E>) -> Result<()> {
    for step in &plan.steps {
        let problem = problem(plan, step, memory);
        if let Some(problem) = problem {
            return Err(Error::Invalid(format!(
                "a defect in Gradus: {} of {}: {problem}",
                step.name, step.site
            )));
        }
    }
    Ok(())
}

fn problem<E: Element>(plan: &Plan, step: &Step, memory: &Memory<E>) -> Option<&'static str> {
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
    let apart = |(i, out): (usize, &Source)| {
        !step.outs[..i].contains(out) && step.args.iter().all(|arg| arg.source != *out)
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
    use crate::error::Site;
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
}
