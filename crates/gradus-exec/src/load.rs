//! Moves a block's elements between tensors, in whatever order these have them, and registers.

use crate::gemm::Turn;
use crate::plan::{Register, SPLAT, Space, View};
use gradus_rows::Float;

/// Some of a group's elements: a few whole rows, or a piece of one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    pub(super) index: usize,
    /// The first row and column.
    pub(super) row: usize,
    pub(super) column: usize,
    pub(super) rows: usize,
    /// The number of the first element, and the number of elements.
    pub(super) first: usize,
    pub(super) n: usize,
}

impl Block {
    /// Returns the block of this number.
    pub(super) fn of(space: &Space, index: usize) -> Self {
        let (rows, columns) = (space.rows(), space.columns());
        let [some, piece] = match *space {
            Space::Flat { block, .. } => block,
            Space::RowsInLanes { block, .. } => [block, columns],
            Space::RowAlongLanes { .. } => [1, columns],
        };
        // Most blocks are of whole rows, and a division takes longer than all else here.
        let (row, column) = match piece >= columns {
            true => (index * some, 0),
            false => {
                let pieces = columns.div_ceil(piece);
                (index / pieces * some, index % pieces * piece)
            }
        };
        let (rows, wide) = (some.min(rows - row), piece.min(columns - column));
        Block { index, row, column, rows, first: row * columns + column, n: rows * wide }
    }
}

/// Calls `run(position, offset, stride, count)` for stretches that cover `n` elements of a view from the
/// element `first` on: each is `count` elements, `stride` apart, from `offset` on.
#[inline(always)]
fn stretches(view: &View, first: usize, n: usize, mut run: impl FnMut(usize, usize, usize, usize)) {
    let (shape, strides) = (&view.shape, &view.strides);
    let wide = shape.last().copied().unwrap_or(1);
    let stride = strides.last().copied().unwrap_or(0);
    // A division takes longer than all else here.
    let (mut row, mut column) = if first < wide { (0, first) } else { (first / wide, first % wide) };
    let mut done = 0;
    while done < n {
        let (mut offset, mut rest) = (column * stride, row);
        for axis in (1..shape.len().saturating_sub(1)).rev() {
            offset += rest % shape[axis] * strides[axis];
            rest /= shape[axis];
        }
        if shape.len() > 1 {
            offset += rest * strides[0];
        }
        let count = (wide - column).min(n - done);
        run(done, offset, stride, count);
        done += count;
        (row, column) = (row + 1, 0);
    }
}

/// Fills `n` places with one number.
///
/// # Safety
/// `to` must be valid for `n` writes of `E`.
#[inline(always)]
pub(super) unsafe fn fill<E: Float>(to: *mut E, n: usize, x: E) {
    // SAFETY: the caller vouches for the places.
    unsafe { std::slice::from_raw_parts_mut(to, n) }.fill(x);
}

/// Fills a register, or in a flat space any place, with a view's elements of the block.
///
/// # Safety
/// `from` must be the address of the first element of the view's source, and valid for reads of all elements of the
/// view; these must lie one after another, from the view's offset on, if `straight`. `to` must be valid for writes
/// of the block, or of the whole register in `RowsInLanes` and for a splat, and must not overlap the view. The CPU
/// must support the instruction set of `turn`.
pub(super) unsafe fn load<E: Float>(
    space: &Space,
    block: &Block,
    (view, straight): (&View, bool),
    turn: Turn<E>,
    from: *const E,
    to: *mut E,
    kind: Register,
) {
    // SAFETY: the caller vouches for the view's elements and for the register's.
    let read = |offset: usize| unsafe { *from.add(offset) };
    // SAFETY: the same.
    let write = |i: usize, x: E| unsafe { *to.add(i) = x };
    // SAFETY: the same, of a register of one number.
    let splat = |x: E| unsafe { fill(to, SPLAT, x) };
    let columns = space.columns();
    match (kind, *space) {
        (Register::Splat, _) => splat(read(0)),
        (Register::Row, Space::RowAlongLanes { .. }) if straight => splat(read(block.row)),
        (Register::Row, Space::RowAlongLanes { .. }) => {
            stretches(view, block.row, 1, |_, offset, _, _| splat(read(offset)));
        }
        // SAFETY: the caller vouches for both; a register or result is no part of an argument.
        (Register::Row, _) if straight => unsafe {
            std::ptr::copy_nonoverlapping(from.add(block.row), to, block.rows);
        },
        (Register::Row, _) => stretches(view, block.row, block.rows, |position, offset, stride, count| {
            (0..count).for_each(|i| write(position + i, read(offset + i * stride)));
        }),
        (Register::Tile, Space::RowsInLanes { block: apart, .. }) if straight => {
            // SAFETY: the caller vouches for the rows of the view, and for the register.
            unsafe { turn(from.add(block.first), columns, [block.rows, columns], to, apart) };
        }
        (Register::Tile, Space::RowsInLanes { block: apart, .. }) => {
            stretches(view, block.first, block.n, |position, offset, stride, count| {
                let (mut row, mut column) = (position / columns, position % columns);
                for i in 0..count {
                    write(column * apart + row, read(offset + i * stride));
                    column += 1;
                    if column == columns {
                        (row, column) = (row + 1, 0);
                    }
                }
            });
        }
        // SAFETY: as above.
        (Register::Tile, _) if straight => unsafe {
            std::ptr::copy_nonoverlapping(from.add(block.first), to, block.n);
        },
        (Register::Tile, _) => stretches(view, block.first, block.n, |position, offset, stride, count| {
            match stride {
                // SAFETY: the caller vouches for both; a register or result is no part of an argument.
                1 => unsafe { std::ptr::copy_nonoverlapping(from.add(offset), to.add(position), count) },
                0 => (0..count).for_each(|i| write(position + i, read(offset))),
                _ => (0..count).for_each(|i| write(position + i, read(offset + i * stride))),
            }
        }),
    }
}

/// Copies a register's elements of the block into a tensor.
///
/// # Safety
/// `from` must be valid for reads of a register that holds the block, and `to` must be the address of a tensor that
/// is valid for writes of the block's elements or rows. The two must not overlap. The CPU must support the instruction set
/// of `turn`.
pub(super) unsafe fn store<E: Float>(
    space: &Space,
    block: &Block,
    turn: Turn<E>,
    from: *const E,
    to: *mut E,
    kind: Register,
) {
    // SAFETY: the caller vouches for the register's elements and for the tensor's.
    let copy = |i: usize, at: usize, count: usize| unsafe {
        std::ptr::copy_nonoverlapping(from.add(i), to.add(at), count);
    };
    match (kind, *space) {
        (Register::Tile, Space::RowsInLanes { columns, block: apart, .. }) => {
            // SAFETY: the caller vouches for the register, and for the rows of the tensor.
            unsafe { turn(from, apart, [columns, block.rows], to.add(block.first), columns) };
        }
        (Register::Tile, _) => copy(0, block.first, block.n),
        (Register::Row, _) => copy(0, block.row, block.rows),
        (Register::Splat, _) => copy(0, 0, 1),
    }
}

/// Fills a register with the masks of indices: 1 at the index, and 0 elsewhere.
///
/// # Safety
/// `to` must be valid for writes of the block, or in `RowsInLanes` of the whole register.
pub(super) unsafe fn one_hot<E: Float>(
    space: &Space,
    block: &Block,
    indices: &[usize],
    width: usize,
    to: *mut E,
) {
    let one = E::from_f64(1.0);
    // SAFETY: the caller vouches for the register.
    let write = |i: usize, x: E| unsafe { *to.add(i) = x };
    let columns = space.columns();
    // The position in the register of an element of the block.
    let place = |position: usize| match *space {
        Space::RowsInLanes { block: apart, .. } => position % columns * apart + position / columns,
        _ => position,
    };
    let (first, last) = (block.first, block.first + block.n);
    match *space {
        // SAFETY: the caller vouches for the register.
        Space::RowsInLanes { block: apart, .. } => unsafe { fill(to, columns * apart, E::default()) },
        // SAFETY: as above.
        _ => unsafe { fill(to, block.n, E::default()) },
    }
    for (row, &index) in indices.iter().enumerate().take(last.div_ceil(width)).skip(first / width) {
        let at = row * width + index;
        if index < width && (first..last).contains(&at) {
            write(place(at - first), one);
        }
    }
}

/// Calls `at(row, position)` for each of a block's rows, with the position in a tile of the element at the row's
/// index. An index beyond the row is skipped.
#[inline(always)]
fn places(space: &Space, block: &Block, indices: &[usize], mut at: impl FnMut(usize, usize)) {
    let columns = space.columns();
    for (row, &index) in indices.iter().skip(block.row).take(block.rows).enumerate() {
        if index < columns {
            match *space {
                Space::RowsInLanes { block: apart, .. } => at(row, index * apart + row),
                _ => at(row, index),
            }
        }
    }
}

/// Fills a register of rows with each row's element at its index. The element is added to 0, as the sum over a mask
/// has it.
///
/// # Safety
/// `x` must be valid for reads of the block, and `to` for writes of a register of rows. The two must not overlap.
pub(super) unsafe fn pick<E: Float>(
    space: &Space,
    block: &Block,
    indices: &[usize],
    x: *const E,
    to: *mut E,
) {
    let count = space.room(Register::Row);
    // SAFETY: the caller vouches for the registers.
    unsafe {
        fill(to, count, E::default());
        match space {
            Space::RowsInLanes { .. } => {
                places(space, block, indices, |row, at| *to.add(row) = *to.add(row) + *x.add(at));
            }
            _ => places(space, block, indices, |_, at| fill(to, count, E::default() + *x.add(at))),
        }
    }
}

/// Copies a block from `b`, unless that is `to` itself, and sets each row's element at its index to the row's number of
/// `a`.
///
/// # Safety
/// `to` must be valid for writes, and `b` for reads, of a tile; in a tensor, of the block. `a` must be valid for
/// reads of a number for each row, or of one if it does not vary. `to` must overlap neither, unless it is `b`.
pub(super) unsafe fn put<E: Float>(
    space: &Space,
    block: &Block,
    indices: &[usize],
    (a, varies): (*const E, bool),
    b: *const E,
    to: *mut E,
) {
    // SAFETY: the caller vouches for the registers.
    unsafe {
        if b != to.cast_const() {
            // In a tensor, the numbers behind a row are another row's.
            let count = match space {
                Space::RowsInLanes { .. } => space.room(Register::Tile),
                _ => space.columns(),
            };
            std::ptr::copy_nonoverlapping(b, to, count);
        }
        places(space, block, indices, |row, at| *to.add(at) = *a.add(if varies { row } else { 0 }));
    }
}
