//! Updates in place: a parameter's new value is made where the old one is, so that neither memory nor cache holds
//! both. Floor 5.

use gradus_exec::plan::{Group, Instr, Kernel, Operand, Plan, PlanInput, Register, Source, Step};
use std::collections::HashMap;
use std::sync::Arc;

/// The size from which on an update in place pays. Smaller parameters stay in cache with their new values, and
/// loading each block once more takes longer than it saves: 3 % of a step with two layers of 8,192.
const WORTH: usize = 1 << 16;

/// The outputs that are new values of parameters and may be made in place.
#[derive(Clone, Debug)]
pub(crate) struct Updates {
    /// Each output with its parameter's name.
    pub(crate) outputs: Vec<(usize, Arc<str>)>,
    /// The least size of a parameter that is updated in place.
    pub(crate) least: usize,
    /// The outputs that have to be finite before anything is changed.
    pub(crate) needed: Vec<usize>,
}

impl Default for Updates {
    fn default() -> Self {
        Updates { outputs: Vec::new(), least: WORTH, needed: Vec::new() }
    }
}

/// The makers and the last readers of a plan's values.
struct Lives {
    /// The step that makes each value.
    makers: HashMap<Source, usize>,
    /// The last step that reads each parameter.
    last: HashMap<Source, usize>,
    /// The number of outputs that each is.
    asked: HashMap<Source, usize>,
}

impl Lives {
    fn of(plan: &Plan) -> Self {
        let mut new = Lives { makers: HashMap::new(), last: HashMap::new(), asked: HashMap::new() };
        for (at, step) in plan.steps.iter().enumerate() {
            new.makers.extend(step.outs.iter().map(|out| (*out, at)));
            let params =
                step.args.iter().map(|arg| arg.source).filter(|source| matches!(source, Source::Param(_)));
            new.last.extend(params.map(|param| (param, at)));
        }
        plan.outputs.iter().for_each(|view| *new.asked.entry(view.source).or_default() += 1);
        new
    }

    /// Returns the step that makes an output, if nothing after it reads the parameter, the old value is no output,
    /// and the new one is only one.
    fn maker(&self, plan: &Plan, param: usize, output: usize) -> Option<usize> {
        let (old, view) = (Source::Param(param as u32), &plan.outputs[output]);
        let whole = view.is_contiguous() && view.offset == 0 && view.shape == plan.params[param].shape;
        let at = *self.makers.get(&view.source)?;
        let alone = self.asked.get(&view.source) == Some(&1) && !self.asked.contains_key(&old);
        (whole && alone && self.last.get(&old).is_none_or(|last| *last <= at)).then_some(at)
    }
}

/// Finds the outputs that can be made in the place of the parameter whose new value they are, among `updates`.
pub(super) fn find(plan: &mut Plan, updates: &Updates) {
    let large = |param: &PlanInput| param.shape.size() >= updates.least;
    let params: HashMap<String, usize> = plan
        .params
        .iter()
        .enumerate()
        .filter(|(_, param)| large(param))
        .map(|(i, param)| (param.name.clone(), i))
        .collect();
    let lives = Lives::of(plan);
    // The step that makes the last of the numbers that have to be finite: updates come after it.
    let made = |output: &usize| lives.makers.get(&plan.outputs[*output].source).copied();
    let known = updates.needed.iter().filter_map(made).max();
    for (output, name) in &updates.outputs {
        let Some(&param) = params.get(&**name) else { continue };
        let Some(at) = lives.maker(plan, param, *output) else { continue };
        if known.is_some_and(|known| known >= at) {
            continue;
        }
        let (old, new) = (Source::Param(param as u32), plan.outputs[*output].source);
        if let Some(group) = moved_in(&plan.steps[at], old, new) {
            plan.steps[at].kernel = Kernel::Group(group);
            plan.in_place.push((param as u32, *output as u32));
        }
    }
    plan.needed = updates.needed.iter().map(|&output| output as u32).collect();
}

/// Returns the group of a step that makes a new value, rewritten to make it in the place of the old one.
fn moved_in(step: &Step, old: Source, new: Source) -> Option<Box<Group>> {
    let Kernel::Group(group) = &step.kernel else { return None };
    let result = step.outs.iter().position(|out| *out == new)? as u32;
    let mut group = group.clone();
    for (argument, view) in step.args.iter().enumerate().filter(|(_, arg)| arg.source == old) {
        let argument = argument as u32;
        if !view.is_contiguous() || view.offset != 0 {
            return None;
        }
        let register = group.registers.len() as u32;
        let (from, to) = (Operand::Arg(argument), Operand::Register(register));
        let reads = group.code.iter_mut().flat_map(Instr::reads_mut);
        let changed: Vec<&mut Operand> = reads.filter(|operand| **operand == from).collect();
        if !changed.is_empty() {
            changed.into_iter().for_each(|operand| *operand = to);
            group.registers.push(Register::Tile);
            group.code.insert(0, Instr::Load { arg: argument, out: to });
        }
        if !group.takes_first(argument, result) {
            return None;
        }
    }
    Some(group)
}
