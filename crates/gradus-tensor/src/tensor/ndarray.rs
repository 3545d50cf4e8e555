//! Conversion between `Tensor` and `ndarray`'s arrays, both ways; behind the feature `ndarray`.

use super::Tensor;
use crate::shape::Shape;
use ndarray::{Array, ArrayD, Dimension, IxDyn};

/// The elements in row-major order, for an array of any memory order.
///
/// ```
/// use gradus_tensor::Tensor;
/// let array = ndarray::array![[1.0_f32, 2.0], [3.0, 4.0]];
/// let transposed = Tensor::from(array.reversed_axes());
/// assert_eq!(transposed.to_string(), "[[1, 3], [2, 4]]");
/// assert_eq!(ndarray::ArrayD::from(transposed)[[0, 1]], 3.0);
/// ```
impl<T: Clone, D: Dimension> From<Array<T, D>> for Tensor<T> {
    fn from(array: Array<T, D>) -> Self {
        Tensor { shape: Shape::from(array.shape()), data: array.iter().cloned().collect() }
    }
}

impl<T: Clone> From<Tensor<T>> for ArrayD<T> {
    fn from(tensor: Tensor<T>) -> Self {
        let shape = IxDyn(&tensor.shape);
        // A tensor's data always has the size of its shape; an array of the data is its plain form.
        ArrayD::from_shape_vec(shape, tensor.data.clone()).unwrap_or_else(|_| {
            ArrayD::from_shape_fn(IxDyn(&[tensor.data.len()]), |i| tensor.data[i[0]].clone())
        })
    }
}
