//! Liveness: which buffer each value lives in. Floor 5.

use super::plan::Plan;
use super::view::Source;
use smallvec::SmallVec;

/// Gives every value a slot: a free one that is large enough, else a new one. A slot is free
/// after the last step that reads it.
pub(super) fn assign(plan: &mut Plan, sizes: &[usize], indices: &[usize]) {
    let steps = &mut plan.steps;
    let mut last: [Vec<usize>; 2] = [vec![0; sizes.len()], vec![0; indices.len()]];
    let place = |source: Source| match source {
        Source::Slot(i) => Some((0, i as usize)),
        Source::Index(i) => Some((1, i as usize)),
        _ => None,
    };
    for (at, step) in steps.iter().enumerate() {
        for source in step.args.iter().map(|arg| arg.source).chain([step.out]) {
            if let Some((bank, i)) = place(source) {
                last[bank][i] = at;
            }
        }
    }
    for (bank, i) in plan.outputs.iter().filter_map(|view| place(view.source)) {
        last[bank][i] = usize::MAX;
    }
    let needed = [sizes, indices];
    let mut slots: [Vec<usize>; 2] = [Vec::new(), Vec::new()];
    let mut free: [Vec<usize>; 2] = [Vec::new(), Vec::new()];
    let mut given: [Vec<u32>; 2] = [vec![0; sizes.len()], vec![0; indices.len()]];
    let moved = |given: &[Vec<u32>; 2], source: Source| match source {
        Source::Slot(i) => Source::Slot(given[0][i as usize]),
        Source::Index(i) => Source::Index(given[1][i as usize]),
        other => other,
    };
    for (at, step) in steps.iter_mut().enumerate() {
        if let Some((bank, i)) = place(step.out) {
            let size = needed[bank][i];
            let fit = (0..free[bank].len()).filter(|&j| slots[bank][free[bank][j]] >= size);
            let best = fit.min_by_key(|&j| slots[bank][free[bank][j]]);
            let slot = match best {
                Some(j) => free[bank].swap_remove(j),
                None => {
                    slots[bank].push(size);
                    slots[bank].len() - 1
                }
            };
            given[bank][i] = slot as u32;
        }
        let mut ended: SmallVec<[(usize, usize); 4]> = SmallVec::new();
        for source in step.args.iter().map(|arg| arg.source).chain([step.out]) {
            if let Some((bank, i)) = place(source).filter(|&(bank, i)| last[bank][i] == at) {
                let slot = (bank, given[bank][i] as usize);
                if !ended.contains(&slot) {
                    ended.push(slot);
                }
            }
        }
        ended.into_iter().for_each(|(bank, slot)| free[bank].push(slot));
        step.out = moved(&given, step.out);
        step.args.iter_mut().for_each(|arg| arg.source = moved(&given, arg.source));
    }
    for view in &mut plan.outputs {
        view.source = moved(&given, view.source);
    }
    [plan.slots, plan.index_slots] = slots;
}
