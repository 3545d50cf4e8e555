//! `Tensor`: concrete numbers with a shape.

mod compare;
mod make;
#[cfg(feature = "ndarray")]
mod ndarray;
mod show;

use crate::error::{Error, Result};
use crate::shape::Shape;
use gradus_rows::Float;
use make::room;
use std::ops::{Index, IndexMut};

/// Numbers with a shape, in row-major order. It holds data; arithmetic is recorded in Gradus' graphs.
///
/// A shape that is too large (see [`Shape`]) is an error of [`new`](Tensor::new). The constructors that make
/// the numbers themselves ([`full`](Tensor::full), [`zeros`](Tensor::zeros), [`from_fn`](Tensor::from_fn))
/// panic then, and if there is no memory, as an index beyond a slice does.
///
/// ```
/// use gradus_tensor::{Tensor, tensor};
/// let t: Tensor<f32> = tensor![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
/// assert_eq!(t.shape()[..], [2, 3]);
/// assert_eq!(t[[1, 2]], 6.0);
/// assert_eq!(t.row(0), [1.0, 2.0, 3.0]);
/// assert_eq!(t.to_string(), "[[1, 2, 3], [4, 5, 6]]");
/// ```
#[derive(Clone, PartialEq)]
pub struct Tensor<T> {
    shape: Shape,
    data: Vec<T>,
}

impl<T> Tensor<T> {
    /// A tensor from its shape and its numbers in row-major order.
    ///
    /// # Errors
    /// [`Error::Length`] if there are more or fewer numbers than the shape has elements, [`Error::Invalid`] if the
    /// shape is too large.
    pub fn new(shape: impl Into<Shape>, data: Vec<T>) -> Result<Self> {
        let shape = shape.into().checked().map_err(Error::Invalid)?;
        match shape.size() == data.len() {
            true => Ok(Tensor { shape, data }),
            false => Err(Error::Length { shape, len: data.len() }),
        }
    }

    /// The sizes of the axes.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// Tells whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// All elements in row-major order.
    pub fn data(&self) -> &[T] {
        &self.data
    }

    /// All elements in row-major order, mutable.
    pub fn data_mut(&mut self) -> &mut [T] {
        &mut self.data
    }

    /// The elements, without their shape.
    pub fn into_data(self) -> Vec<T> {
        self.data
    }

    /// The elements in row-major order.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.data.iter()
    }

    /// The element at an index, or `None` if there is none.
    pub fn get(&self, index: &[usize]) -> Option<&T> {
        self.position(index).map(|at| &self.data[at])
    }

    fn position(&self, index: &[usize]) -> Option<usize> {
        let inside =
            index.len() == self.shape.len() && index.iter().zip(self.shape.iter()).all(|(i, n)| i < n);
        inside.then(|| index.iter().zip(self.shape.iter()).fold(0, |at, (i, n)| at * n + i))
    }

    /// The size of the last axis: 1 for a scalar.
    fn width(&self) -> usize {
        self.shape.last().copied().unwrap_or(1)
    }

    /// The elements at one position of all axes but the last.
    ///
    /// # Panics
    /// If there is no such row, as slices do.
    #[track_caller]
    pub fn row(&self, row: usize) -> &[T] {
        // Saturating, since a product that wraps could name a row that exists.
        let start = row.saturating_mul(self.width());
        &self.data[start..start.saturating_add(self.width())]
    }

    /// The rows, one after another.
    pub fn rows(&self) -> std::slice::ChunksExact<'_, T> {
        self.data.chunks_exact(self.width().max(1))
    }

    /// The same numbers under another shape.
    ///
    /// # Errors
    /// [`Error::Length`] if the other shape has more or fewer elements.
    pub fn reshape(self, shape: impl Into<Shape>) -> Result<Self> {
        Tensor::new(shape, self.data)
    }

    /// A tensor of the same shape with `f` of each element.
    pub fn map<U>(&self, f: impl FnMut(&T) -> U) -> Tensor<U> {
        Tensor { shape: self.shape.clone(), data: self.data.iter().map(f).collect() }
    }
}

impl<T: Clone> Tensor<T> {
    /// The rows at the given positions of the first axis, in that order.
    ///
    /// # Errors
    /// [`Error::Invalid`] if a position is out of range, the tensor is a scalar, or the result is too large.
    pub fn take(&self, rows: &[usize]) -> Result<Self> {
        let Some(&n) = self.shape.first() else {
            return Err(Error::Invalid("a scalar has no rows to take".into()));
        };
        let width = self.shape.without(0).size();
        let (shape, mut data) = room(self.shape.with(0, rows.len()))?;
        for &row in rows {
            if row >= n {
                return Err(Error::Invalid(format!("row {row} is out of range for shape {}", self.shape)));
            }
            data.extend_from_slice(&self.data[row * width..(row + 1) * width]);
        }
        Ok(Tensor { shape, data })
    }
}

impl<T: Copy> Tensor<T> {
    /// The only element.
    ///
    /// # Panics
    /// If there is more than one element, or none.
    #[track_caller]
    pub fn item(&self) -> T {
        assert!(
            self.data.len() == 1,
            "item: a tensor of shape {} has {} elements, not one",
            self.shape,
            self.len()
        );
        self.data[0]
    }
}

impl<E: Float> Tensor<E> {
    /// The same numbers in another element type, each rounded.
    pub fn cast<F: Float>(&self) -> Tensor<F> {
        self.map(|x| F::from_f64(x.to_f64()))
    }
}

impl<T> AsRef<Tensor<T>> for Tensor<T> {
    fn as_ref(&self) -> &Tensor<T> {
        self
    }
}

impl<T, const R: usize> Index<[usize; R]> for Tensor<T> {
    type Output = T;
    #[track_caller]
    fn index(&self, index: [usize; R]) -> &T {
        let at = self.position(&index);
        assert!(at.is_some(), "index {index:?} is out of range for shape {}", self.shape);
        &self.data[at.unwrap_or(0)]
    }
}

impl<T, const R: usize> IndexMut<[usize; R]> for Tensor<T> {
    #[track_caller]
    fn index_mut(&mut self, index: [usize; R]) -> &mut T {
        let at = self.position(&index);
        assert!(at.is_some(), "index {index:?} is out of range for shape {}", self.shape);
        &mut self.data[at.unwrap_or(0)]
    }
}

impl<'a, T> IntoIterator for &'a Tensor<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.data.iter()
    }
}

impl<T> IntoIterator for Tensor<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;
    fn into_iter(self) -> Self::IntoIter {
        self.data.into_iter()
    }
}

impl<T> From<Vec<T>> for Tensor<T> {
    fn from(data: Vec<T>) -> Self {
        Tensor { shape: data.len().into(), data }
    }
}

impl<T: Clone> From<&[T]> for Tensor<T> {
    fn from(data: &[T]) -> Self {
        data.to_vec().into()
    }
}

impl<T> FromIterator<T> for Tensor<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        items.into_iter().collect::<Vec<T>>().into()
    }
}

/// A matrix from its rows.
impl<T> TryFrom<Vec<Vec<T>>> for Tensor<T> {
    type Error = Error;
    fn try_from(rows: Vec<Vec<T>>) -> Result<Self> {
        let (n, width) = (rows.len(), rows.first().map_or(0, Vec::len));
        if let Some((row, found)) = rows.iter().enumerate().find(|(_, row)| row.len() != width) {
            return Err(Error::Ragged { row, len: found.len(), first: width });
        }
        Tensor::new([n, width], rows.into_iter().flatten().collect())
    }
}

macro_rules! tensor_from {
    ($($T:ty),*) => {$(
        impl From<$T> for Tensor<$T> {
            fn from(x: $T) -> Self {
                Tensor { shape: Shape::scalar(), data: vec![x] }
            }
        }
        impl<const A: usize> From<[$T; A]> for Tensor<$T> {
            fn from(data: [$T; A]) -> Self {
                Tensor { shape: [A].into(), data: data.to_vec() }
            }
        }
        impl<const A: usize, const B: usize> From<[[$T; B]; A]> for Tensor<$T> {
            fn from(data: [[$T; B]; A]) -> Self {
                Tensor { shape: [A, B].into(), data: data.into_iter().flatten().collect() }
            }
        }
        impl<const A: usize, const B: usize, const C: usize> From<[[[$T; C]; B]; A]> for Tensor<$T> {
            fn from(data: [[[$T; C]; B]; A]) -> Self {
                Tensor { shape: [A, B, C].into(), data: data.into_iter().flatten().flatten().collect() }
            }
        }
    )*};
}
tensor_from!(f32, f64, usize);

/// A tensor from literal numbers: nested brackets, up to three axes, or one number.
///
/// ```
/// use gradus_tensor::{Tensor, tensor};
/// let vector: Tensor<f64> = tensor![1.0, 2.0, 3.0];
/// let matrix: Tensor<f32> = tensor![[1.0, 2.0], [3.0, 4.0]];
/// assert_eq!((vector.shape().len(), matrix.shape().len()), (1, 2));
/// ```
#[macro_export]
macro_rules! tensor {
    ($($rows:tt)*) => { $crate::Tensor::from([$($rows)*]) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_an_error_with_its_numbers() {
        assert_eq!(
            Tensor::new([2, 3], vec![0.0; 5]).map(|_| ()).map_err(|error| error.to_string()),
            Err("a tensor of shape [2, 3] has 6 elements, but 5 were given".into())
        );
        let ragged: Result<Tensor<f64>> = vec![vec![1.0], vec![1.0, 2.0]].try_into();
        assert_eq!(
            ragged.map_err(|error| error.to_string()),
            Err("row 1 has 2 elements, but row 0 has 1".into())
        );
        assert!(Tensor::<f64>::zeros([2, 2]).take(&[2]).is_err());
        assert_eq!(Tensor::<f64>::zeros([2, 2]).get(&[2, 0]), None);
    }
}
