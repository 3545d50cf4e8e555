//! Kernels that read or make indices. The indices are below their bound: a run checks its labels first.

use crate::plan::{Kernel, Step};
use crate::source::Sources;
use gradus_rows::Float;

/// Copies rows at indices: `[outer, size, inner]` to `[outer, indices, inner]`.
pub(super) fn gather<E: Float>([size, inner]: [usize; 2], x: &[E], indices: &[usize], out: &mut [E]) {
    if inner == 0 || indices.is_empty() || size == 0 {
        return;
    }
    for (out, x) in out.chunks_exact_mut(indices.len() * inner).zip(x.chunks_exact(size * inner)) {
        if inner == 1 {
            out.iter_mut().zip(indices).for_each(|(y, &index)| *y = x[index]);
            continue;
        }
        for (row, index) in out.chunks_exact_mut(inner).zip(indices) {
            row.copy_from_slice(&x[index * inner..(index + 1) * inner]);
        }
    }
}

/// Adds rows at indices, in the order of the indices.
pub(super) fn scatter<E: Float>([size, inner]: [usize; 2], x: &[E], indices: &[usize], out: &mut [E]) {
    out.fill(E::default());
    if inner == 0 || indices.is_empty() {
        return;
    }
    for (i, row) in x.chunks_exact(inner).enumerate() {
        let to = (i / indices.len() * size + indices[i % indices.len()]) * inner;
        out[to..to + inner].iter_mut().zip(row).for_each(|(y, &x)| *y = *y + x);
    }
}

/// Fills a row of `width` for each index, with 1 at the index, or with zeros only if the index is beyond the row.
pub(super) fn one_hot<E: Float>(width: usize, indices: &[usize], out: &mut [E]) {
    out.fill(E::default());
    for (i, &index) in indices.iter().enumerate().filter(|(_, index)| **index < width) {
        let one = &mut out[i * width + index];
        *one = one.lit(1.0);
    }
}

/// Sets 1 where two indices are equal, and 0 elsewhere.
pub(super) fn same<E: Float>(a: &[usize], b: &[usize], out: &mut [E]) {
    out.iter_mut().zip(a).zip(b).for_each(|((y, a), b)| *y = y.lit(f64::from(u8::from(a == b))));
}

/// The elements of a row with their places, in a room that is kept between runs.
pub(super) type Order = Vec<(f64, usize)>;

/// Fills the result of a step that makes indices.
pub(super) fn made<E: Float>(step: &Step, sources: &Sources<'_, E>, order: &mut Order, out: &mut [usize]) {
    match &step.kernel {
        Kernel::ArgMax { .. } => argmax(step, sources, out),
        Kernel::Indices { indices } => out.copy_from_slice(indices.data()),
        &Kernel::ArgSort { size, kept, inner, descending } => {
            argsort(sources.view(&step.args[0]).slice(), [size, kept, inner], descending, order, out);
        }
        &Kernel::Along { size, kept, inner, .. } => {
            for (i, (y, &index)) in out.iter_mut().zip(sources.index(&step.args[0])).enumerate() {
                *y = (i / (kept * inner) * size + index) * inner + i % inner;
            }
        }
        _ => {}
    }
}

/// Finds the first `kept` positions of each row of `size`, whose elements lie `inner` apart, in its order: a NaN is the
/// largest, and equals keep their order.
fn argsort<E: Float>(
    x: &[E],
    [size, kept, inner]: [usize; 3],
    descending: bool,
    order: &mut Order,
    out: &mut [usize],
) {
    if kept == 0 || out.is_empty() {
        return;
    }
    for row in 0..out.len() / kept {
        let (first, to) =
            (row / inner * size * inner + row % inner, row / inner * kept * inner + row % inner);
        order.clear();
        order.extend((0..size).map(|i| (x[first + i * inner].to_f64(), i)));
        let by = |a: &(f64, usize), b: &(f64, usize)| {
            let up = a.0.partial_cmp(&b.0).unwrap_or_else(|| a.0.is_nan().cmp(&b.0.is_nan()));
            if descending { up.reverse() } else { up }.then(a.1.cmp(&b.1))
        };
        if kept < size {
            order.select_nth_unstable_by(kept - 1, by);
        }
        order[..kept].sort_unstable_by(by);
        order[..kept].iter().enumerate().for_each(|(i, &(_, place))| out[to + i * inner] = place);
    }
}

/// Finds the position of the first largest element; a NaN counts as the largest.
fn argmax<E: Float>(step: &Step, sources: &Sources<'_, E>, out: &mut [usize]) {
    let Kernel::ArgMax { size, inner, .. } = step.kernel else { return };
    let x = sources.view(&step.args[0]).slice();
    for (i, best) in out.iter_mut().enumerate() {
        let at = |j: usize| x[(i / inner * size + j) * inner + i % inner].to_f64();
        *best = 0;
        for j in 1..size {
            if at(j) > at(*best) || (at(j).is_nan() && !at(*best).is_nan()) {
                *best = j;
            }
        }
    }
}
