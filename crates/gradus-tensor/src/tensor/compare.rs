//! `approx`'s comparison traits for `Tensor`: equal shapes, and each pair of elements close.

use super::Tensor;
use approx::{AbsDiffEq, RelativeEq, UlpsEq};

impl<T> Tensor<T> {
    fn all(&self, other: &Self, close: impl Fn(&T, &T) -> bool) -> bool {
        self.shape() == other.shape() && self.iter().zip(other).all(|(a, b)| close(a, b))
    }
}

impl<T: AbsDiffEq> AbsDiffEq for Tensor<T>
where
    T::Epsilon: Copy,
{
    type Epsilon = T::Epsilon;
    fn default_epsilon() -> T::Epsilon {
        T::default_epsilon()
    }
    fn abs_diff_eq(&self, other: &Self, epsilon: T::Epsilon) -> bool {
        self.all(other, |a, b| a.abs_diff_eq(b, epsilon))
    }
}

impl<T: RelativeEq> RelativeEq for Tensor<T>
where
    T::Epsilon: Copy,
{
    fn default_max_relative() -> T::Epsilon {
        T::default_max_relative()
    }
    fn relative_eq(&self, other: &Self, epsilon: T::Epsilon, max_relative: T::Epsilon) -> bool {
        self.all(other, |a, b| a.relative_eq(b, epsilon, max_relative))
    }
}

impl<T: UlpsEq> UlpsEq for Tensor<T>
where
    T::Epsilon: Copy,
{
    fn default_max_ulps() -> u32 {
        T::default_max_ulps()
    }
    fn ulps_eq(&self, other: &Self, epsilon: T::Epsilon, max_ulps: u32) -> bool {
        self.all(other, |a, b| a.ulps_eq(b, epsilon, max_ulps))
    }
}

#[cfg(test)]
mod tests {
    use crate::{Tensor, tensor};
    use approx::{assert_abs_diff_eq, assert_relative_eq, assert_relative_ne, assert_ulps_eq};

    #[test]
    fn tensors_compare_element_by_element() {
        let a: Tensor<f64> = tensor![1.0, 2.0];
        let b = tensor![1.0, 2.0 + 1e-13];
        assert_relative_eq!(a, b, max_relative = 1e-12);
        assert_relative_ne!(a, b, max_relative = 1e-15, epsilon = 0.0);
        assert_abs_diff_eq!(a, b, epsilon = 1e-12);
        assert_ulps_eq!(a, tensor![1.0, 2.0_f64.next_up()], epsilon = 0.0, max_ulps = 1);
    }

    #[test]
    fn other_shapes_and_nan_never_compare_equal() {
        assert_relative_ne!(tensor![1.0], tensor![[1.0]]);
        assert_relative_ne!(tensor![f64::NAN], tensor![f64::NAN]);
    }
}
