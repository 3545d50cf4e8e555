//! The division of an elementwise loop into pieces: by size, never by the number of threads.

use crate::set::Divide;
use rayon::prelude::*;

/// The number of elements in a piece of work for a thread.
const BLOCK: usize = 1 << 14;
/// The number of elements below which a value is not worth a thread.
pub(super) const WORTH: usize = 1 << 16;

/// Calls `fill(row, column, piece)` for pieces that cover `out`, a matrix with rows of `width`.
pub(super) fn each<E: Send>(
    out: &mut [E],
    width: usize,
    divide: Divide,
    fill: impl Fn(usize, usize, &mut [E]) + Send + Sync,
) {
    if out.is_empty() {
        return;
    }
    if !divide.pays(out.len(), WORTH) {
        out.chunks_mut(width).enumerate().for_each(|(row, piece)| fill(row, 0, piece));
    } else if width >= BLOCK {
        out.par_chunks_mut(width).enumerate().for_each(|(row, whole)| {
            whole.par_chunks_mut(BLOCK).enumerate().for_each(|(i, piece)| fill(row, i * BLOCK, piece));
        });
    } else {
        let rows = BLOCK / width;
        out.par_chunks_mut(rows * width).enumerate().for_each(|(i, block)| {
            block.chunks_mut(width).enumerate().for_each(|(row, piece)| fill(i * rows + row, 0, piece));
        });
    }
}
