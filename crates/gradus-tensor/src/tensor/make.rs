//! How tensors are made of a shape alone. Of one that cannot be had, the process does not end without a word of who
//! asked for it, as it would within a `Vec`.

use super::Tensor;
use crate::error::{Error, Result};
use crate::shape::Shape;
use gradus_rows::Float;

/// Bytes from which on memory may not be had.
const LARGE: usize = 1 << 30;

/// A shape that is not too large, with room for its numbers.
pub(super) fn room<T>(shape: Shape) -> Result<(Shape, Vec<T>)> {
    let shape = shape.checked().map_err(Error::Invalid)?;
    let mut data = Vec::new();
    match data.try_reserve_exact(shape.size()) {
        Ok(()) => Ok((shape, data)),
        Err(_) => Err(Error::Memory(format!("there is no memory for a tensor of shape {shape}"))),
    }
}

impl<T> Tensor<T> {
    /// A tensor whose element at each index is `f(index)`.
    ///
    /// # Panics
    /// If the shape is too large, or there is no memory for it.
    #[track_caller]
    pub fn from_fn(shape: impl Into<Shape>, f: impl FnMut(&[usize]) -> T) -> Self {
        Self::made(Self::try_from_fn(shape, f))
    }

    /// What `from_fn` makes, or why it cannot be had.
    pub fn try_from_fn(shape: impl Into<Shape>, mut f: impl FnMut(&[usize]) -> T) -> Result<Self> {
        let (shape, mut data) = room(shape.into())?;
        let mut index = shape.unravel(0);
        for _ in 0..shape.size() {
            data.push(f(&index));
            // The next index, without the divisions of `unravel`.
            for (i, &n) in index.iter_mut().zip(shape.iter()).rev() {
                *i += 1;
                if *i < n {
                    break;
                }
                *i = 0;
            }
        }
        Ok(Tensor { shape, data })
    }

    /// A tensor that was made; what could not be had ends the program at the caller's line.
    #[track_caller]
    #[allow(clippy::panic, reason = "what makes a tensor of a shape alone panics as slices do")]
    pub fn made(made: Result<Self>) -> Self {
        match made {
            Ok(tensor) => tensor,
            Err(error) => panic!("{error}"),
        }
    }
}

impl<T: Clone> Tensor<T> {
    /// A tensor with the same number everywhere.
    ///
    /// # Panics
    /// If the shape is too large, or there is no memory for it.
    #[track_caller]
    pub fn full(shape: impl Into<Shape>, value: T) -> Self {
        Self::made(Self::try_full(shape, value))
    }

    /// What `full` makes, or why it cannot be had.
    pub fn try_full(shape: impl Into<Shape>, value: T) -> Result<Self> {
        let mut shape = shape.into().checked().map_err(Error::Invalid)?;
        // Memory that may not be had is asked for first. A smaller tensor is made at once, zeros of memory that the
        // system cleared: what is asked for and given back stays with the process.
        if shape.size().saturating_mul(size_of::<T>()) >= LARGE {
            (shape, _) = room::<T>(shape)?;
        }
        let data = vec![value; shape.size()];
        Ok(Tensor { shape, data })
    }
}

impl<E: Float> Tensor<E> {
    /// A tensor of zeros.
    ///
    /// # Panics
    /// If the shape is too large, or there is no memory for it.
    #[track_caller]
    pub fn zeros(shape: impl Into<Shape>) -> Self {
        Tensor::full(shape, E::default())
    }
}
