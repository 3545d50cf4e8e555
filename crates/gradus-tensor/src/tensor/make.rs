//! Tensors made from a shape alone. If there is no memory for one, the error names the caller's line; within
//! a `Vec`, the process would abort without it.

use super::Tensor;
use crate::error::{Error, Result};
use crate::shape::Shape;
use gradus_rows::Float;

/// The size in bytes from which on an allocation may fail.
const LARGE: usize = 1 << 30;

/// Checks that a shape is not too large, and allocates room for its numbers.
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

    /// Returns what `from_fn` does, or an error instead of its panic.
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

    /// Unwraps a tensor; an error panics at the caller's line.
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

    /// Returns what `full` does, or an error instead of its panic.
    pub fn try_full(shape: impl Into<Shape>, value: T) -> Result<Self> {
        let mut shape = shape.into().checked().map_err(Error::Invalid)?;
        // A large allocation is tried first. A smaller tensor is made at once, with zeros from memory that
        // the system cleared: memory that was tried and given back would stay with the process.
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
