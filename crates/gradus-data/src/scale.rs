//! Features brought to mean 0 and standard deviation 1, column by column.

use gradus_rows::Float;
use gradus_tensor::Shape;
use gradus_tensor::Tensor;
use gradus_tensor::{Error, Result};
use std::marker::PhantomData;

/// The mean and the standard deviation of each column, as found in the training features.
///
/// Column `j` of `x` becomes `(x[i, j] − mean[j]) / scale[j]`. A constant column keeps scale 1. All
/// is computed in `f64` and rounded at the end.
///
/// ```
/// use gradus_data::Standardizer;
/// use gradus_tensor::tensor;
/// # fn main() -> gradus_tensor::Result<()> {
/// let train = tensor![[1.0, 5.0], [3.0, 5.0]];
/// let scale = Standardizer::fit(&train)?;
/// assert_eq!((scale.mean(), scale.scale()), (&[2.0, 5.0][..], &[1.0, 1.0][..]));
/// let scaled = scale.apply(&train)?;
/// assert_eq!(scaled, tensor![[-1.0, 0.0], [1.0, 0.0]]);
/// assert_eq!(scale.invert(&scaled)?, train);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Standardizer<E> {
    mean: Vec<f64>,
    scale: Vec<f64>,
    element: PhantomData<E>,
}

impl<E: Float> Standardizer<E> {
    /// Measures each column of `features`, `[n, columns]`.
    ///
    /// The deviation is that of the rows themselves: `√(Σ (x − mean)² / n)`.
    ///
    /// # Errors
    /// [`Error::Shape`] if the features are not a matrix; [`Error::Invalid`] if there are no rows, a
    /// feature is infinite or NaN, or the features are too large for an `f64` to hold their mean.
    pub fn fit(features: &Tensor<E>) -> Result<Self> {
        let shape = features.shape();
        let &[n, columns] = &shape[..] else {
            let n = shape.first().copied().unwrap_or(1);
            return Err(mismatch([n, shape.without(0).size()].into(), shape));
        };
        if n == 0 {
            return Err(Error::Invalid(format!("features of shape {shape} have no rows to measure")));
        }
        let (mut mean, mut scale) = (Vec::new(), Vec::new());
        for column in 0..columns {
            let values = || features.data().iter().skip(column).step_by(columns).map(|x| x.to_f64());
            if let Some((row, x)) = values().enumerate().find(|(_, x)| !x.is_finite()) {
                return Err(Error::Invalid(format!("the feature at row {row}, column {column} is {x}")));
            }
            let (center, deviation) = measure(values, n);
            if !center.is_finite() || !deviation.is_finite() {
                return Err(Error::Invalid(format!(
                    "the features of column {column} are too large to average"
                )));
            }
            mean.push(center);
            scale.push(deviation);
        }
        Ok(Standardizer { mean, scale, element: PhantomData })
    }

    /// Makes a standardizer from the numbers of an earlier one, as [`mean`](Self::mean) and [`scale`](Self::scale)
    /// return them.
    ///
    /// # Errors
    /// [`Error::Shape`] if there are more of one than of the other; [`Error::Invalid`] if a mean is not finite, or
    /// a scale is not finite and above 0.
    pub fn from_parts(mean: Vec<f64>, scale: Vec<f64>) -> Result<Self> {
        if mean.len() != scale.len() {
            let (expected, found) = (mean.len().into(), scale.len().into());
            return Err(Error::Shape { what: "the scale of each mean".into(), expected, found, at: None });
        }
        for (column, (m, s)) in mean.iter().zip(&scale).enumerate() {
            if !m.is_finite() || !s.is_finite() || *s <= 0.0 {
                return Err(Error::Invalid(format!("column {column} cannot have mean {m} and scale {s}")));
            }
        }
        Ok(Standardizer { mean, scale, element: PhantomData })
    }

    /// Returns the mean of each column.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// Returns the divisor of each column: its standard deviation, or 1 if it is constant.
    pub fn scale(&self) -> &[f64] {
        &self.scale
    }

    /// The standardized features, `[n, columns]` as they were given.
    ///
    /// # Errors
    /// [`Error::Shape`] if the features are not a matrix with as many columns as were measured.
    pub fn apply(&self, features: &Tensor<E>) -> Result<Tensor<E>> {
        self.each(features, |x, mean, scale| (x - mean) / scale)
    }

    /// The features that [`apply`](Self::apply) made the given ones of, up to rounding.
    ///
    /// # Errors
    /// [`Error::Shape`] if the features are not a matrix with as many columns as were measured.
    pub fn invert(&self, features: &Tensor<E>) -> Result<Tensor<E>> {
        self.each(features, |x, mean, scale| x * scale + mean)
    }

    fn each(&self, features: &Tensor<E>, f: impl Fn(f64, f64, f64) -> f64) -> Result<Tensor<E>> {
        let (shape, columns) = (features.shape(), self.mean.len());
        if shape.len() != 2 || shape[1] != columns {
            return Err(mismatch([shape.first().copied().unwrap_or(1), columns].into(), shape));
        }
        let parts = self.mean.iter().zip(&self.scale).cycle();
        let data = features.iter().zip(parts).map(|(x, (&m, &s))| E::from_f64(f(x.to_f64(), m, s))).collect();
        Tensor::new(shape, data)
    }
}

fn mismatch(expected: Shape, found: &Shape) -> Error {
    Error::Shape { what: "the matrix of features".into(), expected, found: found.clone(), at: None }
}

/// Returns the mean of finite values, and their deviation, or 1 if they are all equal.
fn measure<I: Iterator<Item = f64>>(values: impl Fn() -> I, n: usize) -> (f64, f64) {
    let n = n as f64;
    // Relative to the first value: exact for a constant column, and no digits lost to an offset.
    let first = values().next().unwrap_or_default();
    let mean = first + values().map(|x| x - first).sum::<f64>() / n;
    if values().all(|x| x == first) {
        return (mean, 1.0);
    }
    // In units of the largest difference, whose square alone could overflow or vanish.
    let unit = values().map(|x| libm::fabs(x - mean)).fold(0.0, f64::max);
    let squares: f64 = values().map(|x| (x - mean) / unit).map(|x| x * x).sum();
    match unit * libm::sqrt(squares / n) {
        // It may be below the smallest number there is.
        0.0 => (mean, 1.0),
        deviation => (mean, deviation),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standardized_columns_have_mean_0_and_deviation_1() -> Result<()> {
        // An offset of 10⁷ leaves a single-precision sum no digits for the differences.
        let train =
            Tensor::<f32>::from_fn([1000, 2], |at| (1e7 * at[1] as f32) + (at[0] * at[0] % 17) as f32);
        let scale = Standardizer::fit(&train)?;
        let scaled = scale.apply(&train)?;
        for column in 0..2 {
            let values: Vec<f64> = scaled.rows().map(|row| f64::from(row[column])).collect();
            let mean = values.iter().sum::<f64>() / 1000.0;
            let square = values.iter().map(|x| x * x).sum::<f64>() / 1000.0;
            assert!(mean.abs() < 1e-6 && (square - 1.0).abs() < 1e-5, "column {column}: {mean}, {square}");
        }
        let back = scale.invert(&scaled)?;
        assert!(back.iter().zip(&train).all(|(x, y)| (x - y).abs() <= 1e-6 * y.abs().max(1.0)), "{back}");
        Ok(())
    }

    #[test]
    fn other_rows_are_scaled_by_what_was_measured() -> Result<()> {
        let scale = Standardizer::fit(&Tensor::from([[0.0, 1.0], [4.0, 3.0]]))?;
        assert_eq!(scale.apply(&Tensor::from([[8.0, 0.0]]))?, Tensor::from([[3.0, -2.0]]));
        assert_eq!(scale.apply(&Tensor::zeros([0, 2]))?.shape()[..], [0, 2]);
        assert_eq!(Standardizer::from_parts(scale.mean().to_vec(), scale.scale().to_vec())?, scale);
        Ok(())
    }

    #[test]
    fn a_constant_column_keeps_scale_1() -> Result<()> {
        // The plain mean of these is not 0.1: the rounding of it must not become the scale.
        let scale = Standardizer::fit(&Tensor::<f64>::full([10, 1], 0.1))?;
        assert_eq!((scale.mean(), scale.scale()), (&[0.1][..], &[1.0][..]));
        Ok(())
    }

    #[test]
    fn tiny_and_huge_columns_neither_vanish_nor_overflow() -> Result<()> {
        let scale = Standardizer::fit(&Tensor::from([[1e-200, 1e200], [3e-200, 3e200]]))?;
        let near = |found: f64, expected: f64| (found / expected - 1.0).abs() < 1e-12;
        assert!(near(scale.scale()[0], 1e-200) && near(scale.scale()[1], 1e200), "{scale:?}");
        let smallest = f64::from_bits(1);
        let least = Standardizer::fit(&Tensor::from([[0.0], [smallest], [0.0], [0.0]]))?;
        assert!(least.scale()[0] > 0.0, "{least:?}");
        Ok(())
    }

    #[test]
    fn what_cannot_be_measured_is_refused() {
        let text = |found: Result<Standardizer<f64>>| {
            found.map_or_else(|error| error.to_string(), |_| "fine".into())
        };
        let fit = |features: Tensor<f64>| text(Standardizer::fit(&features));
        assert_eq!(fit(Tensor::zeros([0, 3])), "features of shape [0, 3] have no rows to measure");
        assert_eq!(fit(Tensor::from([[1.0, 2.0], [3.0, f64::NAN]])), "the feature at row 1, column 1 is NaN");
        assert_eq!(
            fit(Tensor::from([[f64::MAX], [f64::MIN]])),
            "the features of column 0 are too large to average"
        );
        assert_eq!(
            text(Standardizer::from_parts(vec![0.0], vec![0.0])),
            "column 0 cannot have mean 0 and scale 0"
        );
        assert!(matches!(Standardizer::<f64>::from_parts(vec![0.0], vec![]), Err(Error::Shape { .. })));
    }

    #[test]
    fn another_shape_is_refused_with_the_one_expected() -> Result<()> {
        let shapes = |found: Result<()>| match found {
            Err(Error::Shape { expected, found, .. }) => (expected.to_string(), found.to_string()),
            other => (format!("{other:?}"), String::new()),
        };
        let fit = |features: Tensor<f64>| shapes(Standardizer::fit(&features).map(|_| ()));
        assert_eq!(fit(Tensor::zeros([4, 2, 3])), ("[4, 6]".into(), "[4, 2, 3]".into()));
        assert_eq!(fit(Tensor::from(1.0)), ("[1, 1]".into(), "[]".into()));
        let scale = Standardizer::<f64>::from_parts(vec![0.0; 3], vec![1.0; 3])?;
        assert_eq!(
            shapes(scale.apply(&Tensor::zeros([5, 2])).map(|_| ())),
            ("[5, 3]".into(), "[5, 2]".into())
        );
        assert_eq!(shapes(scale.invert(&Tensor::zeros(3)).map(|_| ())), ("[3, 3]".into(), "[3]".into()));
        Ok(())
    }
}
