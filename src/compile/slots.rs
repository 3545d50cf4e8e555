//! Liveness: the buffer of each value. Floor 5.

use gradus_exec::plan::{Plan, Source};
use smallvec::SmallVec;
use std::collections::{BTreeMap, HashMap};

/// Marks a value whose last reader has run.
const ENDED: usize = usize::MAX - 1;

/// Gives every value a slot: a free one that is large enough, else a new one. A slot is free after the last step
/// that reads it.
pub(super) fn assign(plan: &mut Plan, sizes: &[usize], indices: &[usize]) {
    let steps = &mut plan.steps;
    let mut last: [Vec<usize>; 2] = [vec![0; sizes.len()], vec![0; indices.len()]];
    let place = |source: Source| match source {
        Source::Slot(i) => Some((0, i as usize)),
        Source::Index(i) => Some((1, i as usize)),
        _ => None,
    };
    for (at, step) in steps.iter().enumerate() {
        for source in step.args.iter().map(|arg| arg.source).chain(step.outs.iter().copied()) {
            if let Some((bank, i)) = place(source) {
                last[bank][i] = at;
            }
        }
    }
    for (bank, i) in plan.outputs.iter().filter_map(|view| place(view.source)) {
        last[bank][i] = usize::MAX;
    }
    // An output's value is made in the output's own tensor.
    let mut results: [HashMap<usize, u32>; 2] = [HashMap::new(), HashMap::new()];
    for (output, view) in plan.outputs.iter().enumerate() {
        if let Some((0, i)) = place(view.source)
            && view.is_contiguous()
            && (view.offset, view.shape.size()) == (0, sizes[i])
        {
            results[0].entry(i).or_insert(output as u32);
        }
    }
    let needed = [sizes, indices];
    let mut slots: [Vec<usize>; 2] = [Vec::new(), Vec::new()];
    // The free slots by their size.
    let mut free: [BTreeMap<usize, Vec<usize>>; 2] = [BTreeMap::new(), BTreeMap::new()];
    let mut given: [Vec<u32>; 2] = [vec![0; sizes.len()], vec![0; indices.len()]];
    let moved = |given: &[Vec<u32>; 2], source: Source| match source {
        Source::Slot(i) if results[0].contains_key(&(i as usize)) => {
            Source::Result(results[0][&(i as usize)])
        }
        Source::Slot(i) => Source::Slot(given[0][i as usize]),
        Source::Index(i) => Source::Index(given[1][i as usize]),
        other => other,
    };
    for (at, step) in steps.iter_mut().enumerate() {
        for (bank, i) in step.outs.iter().filter_map(|out| place(*out)) {
            if results[bank].contains_key(&i) {
                continue;
            }
            let size = needed[bank][i];
            let fit =
                free[bank].range_mut(size..).next().map(|(size, fit)| (*size, fit.pop(), fit.is_empty()));
            if let Some((size, _, true)) = fit {
                free[bank].remove(&size);
            }
            let slot = match fit {
                Some((_, Some(slot), _)) => slot,
                _ => {
                    slots[bank].push(size);
                    slots[bank].len() - 1
                }
            };
            given[bank][i] = slot as u32;
        }
        let mut ended: SmallVec<[(usize, usize); 4]> = SmallVec::new();
        for source in step.args.iter().map(|arg| arg.source).chain(step.outs.iter().copied()) {
            if let Some((bank, i)) = place(source).filter(|&(bank, i)| last[bank][i] == at) {
                ended.push((bank, given[bank][i] as usize));
                last[bank][i] = ENDED;
            }
        }
        ended
            .into_iter()
            .for_each(|(bank, slot)| free[bank].entry(slots[bank][slot]).or_default().push(slot));
        step.outs.iter_mut().for_each(|out| *out = moved(&given, *out));
        step.args.iter_mut().for_each(|arg| arg.source = moved(&given, arg.source));
    }
    for view in &mut plan.outputs {
        view.source = moved(&given, view.source);
    }
    [plan.slots, plan.index_slots] = slots;
}
