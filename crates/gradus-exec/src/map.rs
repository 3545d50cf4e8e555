//! Copies a view's elements in row-major order.

use crate::rows;
use crate::set::Divide;
use crate::source::Strided;
use gradus_rows::Float;

/// Fills `out` with a view's elements.
pub(super) fn copy<E: Float>(x: Strided<'_, '_, E>, out: &mut [E], divide: Divide) {
    let width = x.view.shape.last().copied().unwrap_or(1);
    rows::each(out, width, divide, |row, column, out| {
        let stride = x.stride();
        let data = &x.data[x.start(row) + column * stride..];
        match stride {
            0 => out.fill(data[0]),
            1 => out.copy_from_slice(&data[..out.len()]),
            _ => out.iter_mut().zip(data.iter().step_by(stride)).for_each(|(y, &a)| *y = a),
        }
    });
}
