//! Folds over whole values, divided among threads.

use crate::joins::{PART, across};
use crate::lane;
use crate::rows::WORTH;
use crate::set::{Divide, InstructionSet};
use gradus_rows::{Float, Fold};
use rayon::prelude::*;

/// Folds `[outer, size, inner]` along the middle.
pub(super) fn fold<E: Float>(
    fold: Fold,
    [outer, size, inner]: [usize; 3],
    x: &[E],
    out: &mut [E],
    set: InstructionSet,
    divide: Divide,
) {
    if inner == 0 || outer == 0 {
        return;
    }
    if size == 0 {
        return out.fill(E::from_f64(fold.start()));
    }
    let row = |(o, out): (usize, &mut [E])| {
        let x = &x[o * size * inner..(o + 1) * size * inner];
        match inner {
            1 => out[0] = line(fold, x, set),
            // SAFETY: `x` has `size` lines of `inner` numbers, `out` as many as a line, and `set` was
            // found on this processor.
            _ => unsafe {
                lane::lines(set)(fold, x.as_ptr(), inner, size, out.as_mut_ptr(), out.len());
            },
        }
    };
    match outer > 1 && divide.pays(x.len(), WORTH) {
        true => out.par_chunks_mut(inner).enumerate().for_each(row),
        false => out.chunks_mut(inner).enumerate().for_each(row),
    }
}

/// Folds many numbers to one.
fn line<E: Float>(fold: Fold, x: &[E], set: InstructionSet) -> E {
    // SAFETY: `x` is a slice of `x.len()` numbers, and `set` was found on this processor.
    let part = |x: &[E]| unsafe { lane::total(set)(fold, x.as_ptr(), x.len()) };
    if x.len() <= PART {
        return across(fold, part(x));
    }
    // The halves are whole parts, so that the tree has one shape.
    let parts = x.len().div_ceil(PART);
    let (left, right) = x.split_at(parts.next_power_of_two() / 2 * PART);
    fold.join(line(fold, left, set), line(fold, right, set))
}
