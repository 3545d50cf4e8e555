//! Guards of a debug build: the room behind each buffer, each register and each value in a longer buffer is filled
//! with a signaling NaN, and checked after each step. All buffers are one allocation, so that an address sanitizer
//! sees no write from one into the next. A release build has no guards.

use crate::error::{Error, Result};
use crate::memory::{GAP, Memory};
use crate::plan::{LANES, Plan, Source};
use gradus_rows::Float;

/// The sizes of each step's results: the step may not write the rest of their buffers.
pub(super) struct Guard {
    /// For each step, the slots that it fills, each with the number of elements.
    made: Vec<Vec<(Source, usize)>>,
}

impl Guard {
    /// Makes the guards of a plan. `made` returns the number of elements that a step makes of one of its results.
    pub(super) fn new(plan: &Plan, made: impl Fn(usize, usize) -> usize) -> Self {
        if GAP == 0 {
            return Guard { made: Vec::new() };
        }
        let slots = |(at, step): (usize, &crate::plan::Step)| {
            let outs = step.outs.iter().enumerate();
            let slots = outs.filter(|(_, out)| matches!(out, Source::Slot(_)));
            slots.map(|(i, &out)| (out, made(at, i))).collect()
        };
        Guard { made: plan.steps.iter().enumerate().map(slots).collect() }
    }

    /// Fills the program's buffers and the gaps between them, before a run.
    pub(super) fn start<E: Float>(&self, memory: &Memory<E>) {
        if GAP > 0 {
            memory.gaps(true).for_each(|(at, n)| fill(at, n));
        }
    }

    /// Fills the room that a step may not write, before it.
    pub(super) fn before<E: Float>(&self, step: usize, memory: &Memory<E>) {
        for &(out, made) in self.made.get(step).into_iter().flatten() {
            let (at, n) = memory.span(out);
            let whole = made.next_multiple_of(LANES);
            fill(at.wrapping_add(whole), n.next_multiple_of(LANES).saturating_sub(whole));
        }
    }

    /// Checks the room that a step may not write, after it.
    ///
    /// # Errors
    /// [`Error::Defect`] if the step wrote there, or beyond a register.
    pub(super) fn after<E: Float>(
        &self,
        step: usize,
        plan: &Plan,
        memory: &Memory<E>,
        left: bool,
    ) -> Result<()> {
        if GAP == 0 {
            return Ok(());
        }
        let rest = self.made.get(step).into_iter().flatten().map(|&(out, made)| {
            let (at, n) = memory.span(out);
            let whole = made.next_multiple_of(LANES);
            (at.wrapping_add(whole), n.next_multiple_of(LANES).saturating_sub(whole))
        });
        let whole = memory.gaps(false).chain(rest).all(|(at, n)| intact(at, n));
        match whole && !left {
            true => Ok(()),
            false => {
                let step = &plan.steps[step];
                let what = if whole { "a register" } else { "its results" };
                let (name, origin, problem) =
                    (step.name.clone(), step.origin, format!("it wrote beyond {what}"));
                Err(Error::Defect { name, origin, problem })
            }
        }
    }
}

/// The bits of a signaling NaN, in 4 and in 8 bytes.
const SINGLE: u32 = 0x7FA4_DEAD;
const DOUBLE: u64 = 0x7FF4_DEAD_7FF4_DEAD;

/// Fills `n` numbers of the program's own memory.
pub(super) fn fill<E: Float>(at: *mut E, n: usize) {
    for i in 0..n {
        // SAFETY: `at` is the address of `n` aligned numbers in a buffer that the run owns and borrows alone; each
        // has 4 or 8 bytes, and every pattern of bits is a number.
        unsafe {
            match size_of::<E>() {
                4 => at.add(i).cast::<u32>().write(SINGLE),
                _ => at.add(i).cast::<u64>().write(DOUBLE),
            }
        }
    }
}

/// Tells whether `n` numbers of the program's own memory are as `fill` left them.
pub(super) fn intact<E: Float>(at: *mut E, n: usize) -> bool {
    (0..n).all(|i| {
        // SAFETY: as in `fill`.
        unsafe {
            match size_of::<E>() {
                4 => at.add(i).cast::<u32>().read() == SINGLE,
                _ => at.add(i).cast::<u64>().read() == DOUBLE,
            }
        }
    })
}
