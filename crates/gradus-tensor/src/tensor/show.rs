//! The display of tensors.

use super::Tensor;
use std::fmt;

/// Tensors of more than this many elements are displayed with their inner part left out.
const SHOWN: usize = 1000;
/// A number that takes more characters than this is written with an exponent.
const LONG: usize = 21;
/// The number of entries that are shown at each end of a long axis.
const EDGE: usize = 3;

impl<T: fmt::Display + fmt::LowerExp> Tensor<T> {
    fn show(&self, f: &mut fmt::Formatter<'_>, axis: usize, start: usize) -> fmt::Result {
        let Some(&n) = self.shape.get(axis) else {
            return match self.data.get(start) {
                Some(x) if f.precision().is_some() => fmt::Display::fmt(x, f),
                Some(x) => {
                    let plain = x.to_string();
                    if plain.len() > LONG { write!(f, "{x:e}") } else { f.write_str(&plain) }
                }
                None => Ok(()),
            };
        };
        let stride = self.shape.strides()[axis];
        // A tensor without elements still has brackets, so the extent counts.
        let long = self.shape.extent() > SHOWN && n > 2 * EDGE;
        write!(f, "[")?;
        let mut first = true;
        let (left, right) = if long { (EDGE, n - EDGE) } else { (0, 0) };
        for i in (0..left).chain(right..n) {
            if !first {
                write!(f, ", ")?;
            }
            first = false;
            if long && i == right {
                write!(f, "…, ")?;
            }
            self.show(f, axis + 1, start + i * stride)?;
        }
        write!(f, "]")
    }
}

/// Nested brackets; the inner part of a large tensor is left out, and very small or large numbers
/// have an exponent. A precision such as `{:.3}` holds for every number.
impl<T: fmt::Display + fmt::LowerExp> fmt::Display for Tensor<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show(f, 0, 0)
    }
}

impl<T: fmt::Display + fmt::LowerExp> fmt::Debug for Tensor<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tensor {} ", self.shape)?;
        self.show(f, 0, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_as_short_as_they_are_exact() {
        let t: Tensor<f64> = crate::tensor![1.0, 0.25, -1e-300, 1e300, f64::NAN, f64::INFINITY];
        assert_eq!(t.to_string(), "[1, 0.25, -1e-300, 1e300, NaN, inf]");
        assert_eq!(format!("{:.2}", crate::tensor![[1.0, 0.126]]), "[[1.00, 0.13]]");
        assert_eq!(crate::tensor![3_usize, 4].to_string(), "[3, 4]");
    }

    #[test]
    fn a_large_tensor_is_shown_without_its_inner_part() {
        let t = Tensor::from_fn([2000], |at| at[0]);
        assert_eq!(t.to_string(), "[0, 1, 2, …, 1997, 1998, 1999]");
    }

    #[test]
    fn many_rows_of_nothing_are_shown_like_other_rows() {
        let t = Tensor::<f64>::zeros([1 << 59, 0]);
        assert_eq!(t.to_string(), "[[], [], [], …, [], [], []]");
    }
}
