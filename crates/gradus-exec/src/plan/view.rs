//! Views: a value as a walk over another's elements, which costs nothing.
//!
//! No product here overflows. Products of a shape do not (`Shape::checked`), and a stride times the size of its
//! axis is at most twice the elements of a shape, since the last neighbor along the axis is one of them.

use gradus_tensor::{Shape, shape::List};
use smallvec::SmallVec;

/// The place of a value's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// A buffer of real numbers that the program owns.
    Slot(u32),
    /// A buffer of indices that the program owns.
    Index(u32),
    Param(u32),
    Input(u32),
    Labels(u32),
    Value(u32),
    Constant(u32),
    /// An output's own tensor.
    Result(u32),
}

/// The order in which a view visits the elements of its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walk {
    /// One element, again and again.
    One,
    /// One after another.
    Whole,
    /// This many elements, again and again.
    Cycle(usize),
    /// Each element this many times.
    Spread(usize),
    /// Any other.
    Strided,
}

/// A value as elements of a source, with a stride along each axis.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct View {
    pub source: Source,
    pub offset: usize,
    pub shape: Shape,
    pub strides: List,
}

impl View {
    pub fn whole(source: Source, shape: &Shape) -> Self {
        View { source, offset: 0, shape: shape.clone(), strides: shape.strides() }
    }

    /// Tells whether the elements lie one after another, in row-major order.
    pub fn is_contiguous(&self) -> bool {
        let strides = self.shape.strides();
        (0..self.shape.len()).all(|axis| self.shape[axis] == 1 || self.strides[axis] == strides[axis])
    }

    /// Returns one more than the last position that is visited of the source, 0 if none is, or `None` if it cannot
    /// be counted.
    pub fn end(&self) -> Option<usize> {
        if self.shape.size() == 0 {
            return Some(0);
        }
        let last = self
            .shape
            .iter()
            .zip(&self.strides)
            .try_fold(self.offset, |last, (n, stride)| (n - 1).checked_mul(*stride)?.checked_add(last));
        last?.checked_add(1)
    }

    /// Returns the order in which the elements are visited.
    pub fn walk(&self) -> Walk {
        let mut axes: SmallVec<[(usize, usize); 4]> = SmallVec::new();
        for (&n, &stride) in self.shape.iter().zip(&self.strides).filter(|(n, _)| **n != 1) {
            match axes.last_mut() {
                Some((size, last)) if *last == stride * n => (*size, *last) = (*size * n, stride),
                _ => axes.push((n, stride)),
            }
        }
        match axes[..] {
            [] | [(_, 1)] => Walk::Whole,
            [(_, 0)] => Walk::One,
            [(_, 0), (n, 1)] => Walk::Cycle(n),
            [(_, 1), (n, 0)] => Walk::Spread(n),
            _ => Walk::Strided,
        }
    }

    /// Returns the same elements in one axis, if they lie one after another; so equal views are equal.
    pub fn flat(&self) -> View {
        match self.walk() {
            Walk::Whole => {
                let shape = Shape::from([self.shape.size()]);
                View { strides: shape.strides(), shape, ..self.clone() }
            }
            _ => self.clone(),
        }
    }

    /// Returns the same elements under a shape that differs by axes of size 1 alone.
    pub fn with_other_ones(&self, shape: &Shape) -> Option<View> {
        let long = |shape: &Shape| shape.iter().copied().filter(|&n| n != 1).collect::<List>();
        if long(&self.shape) != long(shape) {
            return None;
        }
        let mut rest = self.shape.iter().zip(&self.strides).rev().filter(|(n, _)| **n != 1);
        let mut strides: List = smallvec::smallvec![0; shape.len()];
        // An axis of size 1 is never walked along: its stride is the one that it would have in order.
        let mut next = 1;
        for axis in (0..shape.len()).rev() {
            strides[axis] =
                if shape[axis] == 1 { next } else { rest.next().map_or(next, |(_, stride)| *stride) };
            next = strides[axis].saturating_mul(shape[axis]);
        }
        Some(View { shape: shape.clone(), strides, ..self.clone() })
    }

    pub fn permuted(&self, order: &[usize]) -> View {
        let strides = order.iter().map(|&axis| self.strides[axis]).collect();
        View { shape: self.shape.permuted(order), strides, ..self.clone() }
    }
}

pub fn broadcast(x: &View, target: &Shape) -> View {
    let skip = target.len() - x.shape.len();
    let strides = (0..target.len())
        .map(|axis| match axis.checked_sub(skip) {
            Some(i) if x.shape[i] == target[axis] => x.strides[i],
            _ => 0,
        })
        .collect();
    View { shape: target.clone(), strides, ..x.clone() }
}

/// Returns the number of elements before a box of some shape that begins at `start`: none before an empty one,
/// whose beginning may lie behind all elements.
pub fn skipped(start: &List, strides: &List, shape: &Shape) -> usize {
    match shape.size() {
        0 => 0,
        _ => start.iter().zip(strides).map(|(i, stride)| i * stride).sum(),
    }
}

/// Returns the distance between windows whose neighbors are `step` elements apart. A single window has no neighbor,
/// and its step may be any number.
pub fn apart(windows: &Shape, axis: usize, stride: usize, step: usize) -> usize {
    if windows[axis] > 1 { stride * step } else { 0 }
}

/// Returns the size of an axis and of all axes behind it.
pub fn around(shape: &Shape, axis: usize) -> [usize; 2] {
    [shape[axis], shape[axis + 1..].iter().product()]
}

/// Merges neighboring axes of the arguments of an elementwise loop wherever all of them allow it: fewer, longer
/// rows.
pub fn collapse(shape: &Shape, mut args: SmallVec<[View; 3]>) -> SmallVec<[View; 3]> {
    let mut merged: List = List::new();
    let mut strides: SmallVec<[List; 3]> = args.iter().map(|_| List::new()).collect();
    for axis in (0..shape.len()).filter(|&axis| shape[axis] != 1) {
        let n = shape[axis];
        let joins = !merged.is_empty()
            && args.iter().zip(&strides).all(|(arg, so_far)| so_far.last() == Some(&(arg.strides[axis] * n)));
        if joins {
            if let Some(last) = merged.last_mut() {
                *last *= n;
            }
            strides.iter_mut().zip(&args).for_each(|(so_far, arg)| {
                so_far.pop();
                so_far.push(arg.strides[axis]);
            });
        } else {
            merged.push(n);
            strides.iter_mut().zip(&args).for_each(|(so_far, arg)| so_far.push(arg.strides[axis]));
        }
    }
    for (arg, strides) in args.iter_mut().zip(strides) {
        arg.shape = merged.iter().copied().collect();
        arg.strides = strides;
    }
    args
}
