//! Writes or adds a view's elements into a box of the result: the kernel of pad, join and overlap-add.

use crate::source::Strided;
use gradus_rows::Float;
use gradus_tensor::shape::List;

/// Writes `x` into `out` from `offset` on, or adds it; `strides` are the distances between neighbors along each
/// axis.
pub(super) fn write<E: Float>(
    x: Strided<'_, '_, E>,
    out: &mut [E],
    offset: usize,
    strides: &List,
    add: bool,
) {
    let shape = &x.view.shape;
    if shape.size() == 0 {
        return;
    }
    let width = shape.last().copied().unwrap_or(1);
    let (from, to) = (x.stride(), strides.last().copied().unwrap_or(0));
    for row in 0..shape.size() / width {
        let data = &x.data[x.start(row)..];
        let mut at = offset;
        let mut rest = row;
        for axis in (0..shape.len().saturating_sub(1)).rev() {
            at += rest % shape[axis] * strides[axis];
            rest /= shape[axis];
        }
        let out = &mut out[at..];
        match (from, to) {
            (1, 1) if !add => out[..width].copy_from_slice(&data[..width]),
            (0, _) => every(out, to, width).for_each(|y| *y = if add { *y + data[0] } else { data[0] }),
            _ if add => every(out, to, width).zip(data.iter().step_by(from)).for_each(|(y, &x)| *y = *y + x),
            _ => every(out, to, width).zip(data.iter().step_by(from)).for_each(|(y, &x)| *y = x),
        }
    }
}

/// Returns `count` elements that lie `stride` apart.
fn every<E>(out: &mut [E], stride: usize, count: usize) -> impl Iterator<Item = &mut E> {
    out.iter_mut().step_by(stride.max(1)).take(count)
}
