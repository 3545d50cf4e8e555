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
        for i in 0..width {
            let (y, x) = (&mut out[at + i * to], data[i * from]);
            *y = if add { *y + x } else { x };
        }
    }
}
