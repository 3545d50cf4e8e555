//! The numbers behind a step's arguments.

use crate::memory::Memory;
use crate::plan::{Source, View};
use gradus_rows::Float;

/// The sources of a running step's arguments.
pub(crate) struct Sources<'a, E> {
    pub(crate) memory: &'a Memory<E>,
    pub(crate) indices: &'a [Vec<usize>],
    pub(crate) labels: &'a [&'a [usize]],
}

impl<'a, E: Float> Sources<'a, E> {
    pub(crate) fn real(&self, source: Source) -> &'a [E] {
        let (at, length) = self.memory.span(source);
        if length == 0 {
            return &[];
        }
        // SAFETY: the address and the length are those of a slot of the room or of a tensor that is
        // borrowed for the run, and no step writes what it reads.
        unsafe { std::slice::from_raw_parts(at, length) }
    }

    /// Returns the indices of an argument. The buffer may be longer, since values share it.
    pub(crate) fn index(&self, view: &View) -> &'a [usize] {
        let all = match view.source {
            Source::Index(i) => &self.indices[i as usize],
            Source::Labels(i) => self.labels[i as usize],
            _ => &[],
        };
        &all[..view.shape.size()]
    }

    pub(crate) fn view<'v>(&self, view: &'v View) -> Strided<'a, 'v, E> {
        Strided { data: self.real(view.source), view }
    }
}

/// The numbers behind a view.
#[derive(Clone, Copy)]
pub(crate) struct Strided<'a, 'v, E> {
    pub(crate) data: &'a [E],
    pub(crate) view: &'v View,
}

impl<'a, E: Float> Strided<'a, '_, E> {
    /// Returns the position of the first element of row `row`, of all rows along the last axis.
    pub(crate) fn start(&self, row: usize) -> usize {
        let (shape, strides) = (&self.view.shape, &self.view.strides);
        let mut rest = row;
        let mut at = self.view.offset;
        for axis in (0..shape.len().saturating_sub(1)).rev() {
            at += rest % shape[axis] * strides[axis];
            rest /= shape[axis];
        }
        at
    }

    /// Returns the position of an element, of all in row-major order.
    pub(crate) fn position(&self, at: usize) -> usize {
        let (shape, strides) = (&self.view.shape, &self.view.strides);
        let axes = shape.unravel(at);
        self.view.offset + axes.iter().zip(strides).map(|(i, stride)| i * stride).sum::<usize>()
    }

    /// Returns the distance between neighbors of a row.
    pub(crate) fn stride(&self) -> usize {
        self.view.strides.last().copied().unwrap_or(0)
    }

    /// Returns the elements of a view that has them one after another.
    pub(crate) fn slice(&self) -> &'a [E] {
        &self.data[self.view.offset..self.view.offset + self.view.shape.size()]
    }
}
