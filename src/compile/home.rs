//! Updates in place: a parameter's new value is made where the old one is, so that neither memory nor cache holds
//! both. Floor 5.

use super::group::{Instr, Operand, Register};
use super::plan::{Kernel, Plan};
use super::view::Source;
use std::sync::Arc;

/// Parameters of fewer numbers stay in cache with their new values; there, a load more costs more than it spares.
const WORTH: usize = 1 << 10;

/// Finds which outputs can be made where the parameter is whose new values they are. `updates` are such outputs with
/// their parameters' names.
pub(super) fn homes(plan: &mut Plan, updates: &[(usize, Arc<str>)]) {
    for (output, name) in updates {
        let Some(param) = plan.params.iter().position(|param| param.name == *name) else { continue };
        if plan.params[param].shape.size() >= WORTH && moved_in(plan, param, *output).is_some() {
            plan.homes.push((param as u32, *output as u32));
        }
    }
}

/// Rewrites the step that makes the output for it to be made where the parameter is, if all else that reads the
/// parameter comes before.
fn moved_in(plan: &mut Plan, param: usize, output: usize) -> Option<()> {
    let (old, view) = (Source::Param(param as u32), &plan.outputs[output]);
    let new @ Source::Slot(_) = view.source else { return None };
    let whole = view.is_contiguous() && view.offset == 0 && view.shape == plan.params[param].shape;
    let asked = |source: Source| plan.outputs.iter().filter(|view| view.source == source).count();
    if !whole || asked(new) != 1 || asked(old) != 0 {
        return None;
    }
    let at = plan.steps.iter().position(|step| step.outs.contains(&new))?;
    if plan.steps[at + 1..].iter().flat_map(|step| &step.args).any(|arg| arg.source == old) {
        return None;
    }
    let step = &mut plan.steps[at];
    let Kernel::Group(group) = &step.kernel else { return None };
    let result = step.outs.iter().position(|out| *out == new)? as u32;
    let mut group = group.clone();
    let read = step.args.iter().enumerate().filter(|(_, arg)| arg.source == old);
    for (argument, view) in read {
        let argument = argument as u32;
        if !view.is_contiguous() || view.offset != 0 {
            return None;
        }
        let register = group.registers.len() as u32;
        let (from, to) = (Operand::Arg(argument), Operand::Register(register));
        let some = group.code.iter().any(|instr| instr.reads().contains(&from));
        group.code.iter_mut().for_each(|instr| instr.read_instead(from, to));
        if some {
            group.registers.push(Register::Tile);
            group.code.insert(0, Instr::Load { arg: argument, out: to });
        }
        if !group.takes_first(argument, result) {
            return None;
        }
    }
    step.kernel = Kernel::Group(group);
    Some(())
}
