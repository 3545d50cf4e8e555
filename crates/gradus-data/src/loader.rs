//! `Loader`: two tensors in batches.

use super::{Batches, Epoch};
use gradus_tensor::{Error, Result, Tensor};
use std::fmt;

/// The rows of two tensors that belong together, such as points and labels, in batches: [`Batches`] with the rows taken.
///
/// ```
/// use gradus_data::Loader;
/// use gradus_tensor::tensor;
/// # fn main() -> gradus_tensor::Result<()> {
/// let points = tensor![[0.0, 0.1], [1.0, 1.1], [2.0, 2.1]];
/// let labels = tensor![0, 1, 2];
/// let loader = Loader::new(&points, &labels, 2)?.seed(7);
/// for (x, label) in loader.epoch(0) {
///     assert_eq!(x.shape()[..], [label.len(), 2]);
/// }
/// assert_eq!(loader.per_epoch(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Loader<'a, A, B> {
    batches: Batches,
    first: &'a Tensor<A>,
    second: &'a Tensor<B>,
}

impl<'a, A: Clone, B: Clone> Loader<'a, A, B> {
    /// Batches of `size` rows of two tensors, in their own order. Rows lie along the first axis.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the tensors have different numbers of rows, if one is a scalar, or if the size is 0;
    /// [`Error::Memory`] if there is none for the order of the rows.
    pub fn new(first: &'a Tensor<A>, second: &'a Tensor<B>, size: usize) -> Result<Self> {
        match (first.shape().first(), second.shape().first()) {
            (Some(a), Some(b)) if a == b => Ok(Loader { batches: Batches::new(*a, size)?, first, second }),
            (Some(a), Some(b)) => Err(Error::Invalid(format!(
                "rows that belong together: there are {a} in the first tensor, of shape {}, and {b} in the second, of shape {}",
                first.shape(),
                second.shape()
            ))),
            _ => Err(Error::Invalid("a scalar has no rows to take".into())),
        }
    }

    /// Shuffles the rows of each epoch, as [`Batches::seed`].
    pub fn seed(self, seed: u64) -> Self {
        Loader { batches: self.batches.seed(seed), ..self }
    }

    /// Leaves out the last batch of an epoch if it is short, as [`Batches::drop_last`].
    pub fn drop_last(self) -> Self {
        Loader { batches: self.batches.drop_last(), ..self }
    }

    /// Returns the number of batches in an epoch.
    pub fn per_epoch(&self) -> usize {
        self.batches.per_epoch()
    }

    /// Returns the batches of one epoch. A run that is resumed at batch `b` of epoch `k` goes on with
    /// `.epoch(k).skip(b)`.
    pub fn epoch(&self, number: u64) -> LoaderEpoch<'a, A, B> {
        LoaderEpoch { epoch: self.batches.epoch(number), first: self.first, second: self.second }
    }
}

/// Shows the batches and the shapes.
impl<A, B> fmt::Debug for Loader<'_, A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shapes = [self.first.shape(), self.second.shape()];
        f.debug_struct("Loader").field("batches", &self.batches).field("shapes", &shapes).finish()
    }
}

/// Shows the number of batches that are left.
impl<A, B> fmt::Debug for LoaderEpoch<'_, A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoaderEpoch").field("left", &self.epoch.len()).finish()
    }
}

/// The batches of one epoch, made by [`Loader::epoch`].
#[derive(Clone)]
pub struct LoaderEpoch<'a, A, B> {
    epoch: Epoch,
    first: &'a Tensor<A>,
    second: &'a Tensor<B>,
}

impl<A: Clone, B: Clone> Iterator for LoaderEpoch<'_, A, B> {
    type Item = (Tensor<A>, Tensor<B>);

    fn next(&mut self) -> Option<Self::Item> {
        let rows = self.epoch.next()?;
        // All rows are there; a batch for which there is no memory panics, as a `Vec` of it would.
        Some((Tensor::made(self.first.take(&rows)), Tensor::made(self.second.take(&rows))))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.epoch.size_hint()
    }
}

impl<A: Clone, B: Clone> ExactSizeIterator for LoaderEpoch<'_, A, B> {}
impl<A: Clone, B: Clone> std::iter::FusedIterator for LoaderEpoch<'_, A, B> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_has_each_row_once_with_its_label() {
        let rows = Tensor::from_fn([23, 2], |at| (10 * at[0] + at[1]) as f32);
        let labels = Tensor::from_fn([23], |at| at[0]);
        let loader = Loader::new(&rows, &labels, 5).expect("it fits").seed(3);
        let mut seen = Vec::new();
        for (x, label) in loader.epoch(4) {
            for (i, &label) in label.iter().enumerate() {
                assert_eq!(x[[i, 1]], (10 * label + 1) as f32);
                seen.push(label);
            }
        }
        assert_eq!(
            seen,
            Batches::new(23, 5).expect("it fits").seed(3).epoch(4).flatten().collect::<Vec<_>>()
        );
        assert_eq!((loader.epoch(0).len(), loader.drop_last().epoch(0).len()), (5, 4));
    }

    #[test]
    fn what_does_not_belong_together_is_an_error() {
        let (rows, labels) = (Tensor::full([3, 2], 0.0f64), Tensor::full([4], 0usize));
        let error = Loader::new(&rows, &labels, 2).expect_err("it is refused").to_string();
        assert!(
            error.contains("3 in the first tensor, of shape [3, 2], and 4 in the second, of shape [4]"),
            "{error}"
        );
        assert!(Loader::new(&rows, &Tensor::full((), 0usize), 2).is_err());
        assert!(Loader::new(&rows, &Tensor::full([3], 0usize), 0).is_err());
    }
}
