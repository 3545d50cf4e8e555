//! Initializers: distributions from which the first numbers of a parameter are drawn.

use crate::element::Element;
use crate::error::{Error, Result};
use crate::shape::Shape;
use crate::tensor::Tensor;
use rand::Rng;

/// The distribution from which a parameter's first numbers are drawn.
///
/// Matrices are `[outputs, inputs]`, as PyTorch has them. `fan_in` is the product of all axes but the first,
/// `fan_out` the first axis times all but the first two; for a vector both are its length. Numbers are drawn
/// in `f64` and rounded, so `f32` and `f64` models of one seed agree, and the bits are the same on every
/// machine.
///
/// ```
/// # use gradus::prelude::*;
/// let mut params = Params::<f32>::seeded(7);
/// let w: Tensor<f32> = Init::HeUniform.sample([8, 4], params.rng());
/// let bound = (6.0_f32 / 4.0).sqrt();
/// assert!(w.iter().all(|w| w.abs() <= bound));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Init {
    /// Zeros.
    Zeros,
    /// The same number everywhere.
    Constant(f64),
    /// Uniform in `±bound`.
    Uniform(f64),
    /// Normal with mean 0 and this standard deviation.
    Normal(f64),
    /// Uniform in `±√(6 / (fan_in + fan_out))` (Glorot & Bengio 2010), also called Xavier's; keeps the
    /// variance through layers whose slope at 0 is 1, such as tanh.
    GlorotUniform,
    /// Normal with variance `2 / (fan_in + fan_out)` (Glorot & Bengio 2010).
    GlorotNormal,
    /// Uniform in `±√(6 / fan_in)` (He et al. 2015), also called Kaiming's; keeps the variance through
    /// rectifiers.
    HeUniform,
    /// Normal with variance `2 / fan_in` (He et al. 2015).
    HeNormal,
    /// Uniform in `±√(3 / fan_in)` (LeCun et al. 1998).
    LecunUniform,
    /// Normal with variance `1 / fan_in` (LeCun et al. 1998), for which SELU is made.
    LecunNormal,
    /// Normal with variance `gain² / fan_in` (He et al. 2015), PyTorch's `kaiming_normal_`. It keeps the mean
    /// square of the units at 1, with the [`gain`](crate::nn::Facts::gain) of the activation before them.
    KaimingNormal(f64),
    /// Orthonormal rows, or columns if there are fewer of them, times a gain (Saxe et al. 2014). More
    /// axes than two are taken as `[first, rest]`, a vector as one row.
    Orthogonal(f64),
    /// Uniform in `±1/√fan_in`, the default of PyTorch's `nn.Linear`.
    TorchLinear,
}

impl Init {
    /// Draws a tensor.
    ///
    /// # Panics
    /// If the shape is too large (see [`Shape`]), or there is no memory for it. Layers do not panic: the
    /// first graph that uses them reports it, as it reports a name that is taken.
    #[track_caller]
    pub fn sample<E: Element>(self, shape: impl Into<Shape>, rng: &mut impl Rng) -> Tensor<E> {
        Tensor::made(self.draw(&shape.into(), rng))
    }

    /// Draws a tensor, or returns an error instead of the panic.
    pub(super) fn draw<E: Element>(self, shape: &Shape, rng: &mut impl Rng) -> Result<Tensor<E>> {
        let mut numbers = self.numbers(shape, rng)?;
        Tensor::try_from_fn(shape, |_| E::from_f64(numbers.next(rng)))
    }

    /// Returns the source of a tensor's numbers. It has no element type, so that it is compiled once.
    fn numbers(self, shape: &Shape, rng: &mut dyn Rng) -> Result<Numbers> {
        // Checked before sizes are multiplied.
        shape.clone().checked().map_err(Error::Invalid)?;
        let rest: usize = shape.iter().skip(2).product();
        let (fan_in, fan_out) = match shape[..] {
            [] => (1.0, 1.0),
            [n] => (n as f64, n as f64),
            [first, second, ..] => ((second * rest) as f64, (first * rest) as f64),
        };
        Ok(match self {
            Init::Zeros => Numbers::Constant(0.0),
            Init::Constant(value) => Numbers::Constant(value),
            Init::Uniform(bound) => Numbers::Uniform(bound),
            Init::GlorotUniform => Numbers::Uniform(libm::sqrt(6.0 / (fan_in + fan_out))),
            Init::HeUniform => Numbers::Uniform(libm::sqrt(6.0 / fan_in)),
            Init::LecunUniform => Numbers::Uniform(libm::sqrt(3.0 / fan_in)),
            Init::TorchLinear => Numbers::Uniform(1.0 / libm::sqrt(fan_in)),
            Init::Normal(deviation) => Numbers::Normal(deviation),
            Init::GlorotNormal => Numbers::Normal(libm::sqrt(2.0 / (fan_in + fan_out))),
            Init::HeNormal => Numbers::Normal(libm::sqrt(2.0 / fan_in)),
            Init::LecunNormal => Numbers::Normal(1.0 / libm::sqrt(fan_in)),
            Init::KaimingNormal(gain) => Numbers::Normal(gain / libm::sqrt(fan_in)),
            Init::Orthogonal(gain) => Numbers::Given(orthogonal(shape, gain, rng)?.into_iter()),
        })
    }
}

/// A source of numbers for a tensor.
enum Numbers {
    Constant(f64),
    /// Uniform numbers between the bound and its negative.
    Uniform(f64),
    /// Normal numbers of this deviation.
    Normal(f64),
    Given(std::vec::IntoIter<f64>),
}

impl Numbers {
    fn next(&mut self, rng: &mut dyn Rng) -> f64 {
        match self {
            Numbers::Constant(value) => *value,
            Numbers::Uniform(bound) => *bound * (2.0 * unit(rng) - 1.0),
            Numbers::Normal(deviation) => *deviation * normal(rng),
            Numbers::Given(numbers) => numbers.next().unwrap_or(0.0),
        }
    }
}

/// A number from 0 to 1, without 1, with 53 random bits.
fn unit(rng: &mut dyn Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

/// A normal number, by Box and Muller (1958).
fn normal(rng: &mut dyn Rng) -> f64 {
    // 1 − u is never 0, so its logarithm is finite.
    let (radius, angle) = (libm::sqrt(-2.0 * libm::log(1.0 - unit(rng))), std::f64::consts::TAU * unit(rng));
    radius * libm::cos(angle)
}

/// Rows of normal numbers made orthonormal by Gram and Schmidt's method, times `gain`. Done twice, it is exact to
/// rounding; the sign of each row is kept, so the result is uniform over all such matrices.
fn orthogonal(shape: &Shape, gain: f64, rng: &mut dyn Rng) -> Result<Vec<f64>> {
    let (rows, columns) = match shape[..] {
        [] => (1, 1),
        [n] => (1, n),
        [first, ..] => (first, shape[1..].iter().product()),
    };
    let (short, long) = (rows.min(columns), rows.max(columns));
    // The basis takes as many numbers, row by row. They are allocated in advance, so that a lack of memory is an
    // error.
    let mut numbers = Tensor::try_full(shape, 0.0)?;
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(short);
    let mut tries = 0;
    while basis.len() < short {
        // A generator that repeats itself gives no new directions: then axes are taken.
        let axis = (tries >= short + 8).then(|| (tries - short - 8) % long);
        let mut row: Vec<f64> = match axis {
            None => (0..long).map(|_| normal(rng)).collect(),
            Some(axis) => (0..long).map(|i| if i == axis { 1.0 } else { 0.0 }).collect(),
        };
        tries += 1;
        for _ in 0..2 {
            for other in &basis {
                let along: f64 = row.iter().zip(other).map(|(a, b)| a * b).sum();
                row.iter_mut().zip(other).for_each(|(a, b)| *a -= along * b);
            }
        }
        let length = libm::sqrt(row.iter().map(|a| a * a).sum());
        // A row that nearly vanished has lost its digits; another is drawn.
        if length > 1e-8 {
            row.iter_mut().for_each(|a| *a /= length);
            basis.push(row);
        }
    }
    for (at, number) in numbers.data_mut().iter_mut().enumerate() {
        let (row, column) = (at / columns, at % columns);
        let (i, j) = if rows <= columns { (row, column) } else { (column, row) };
        *number = gain * basis[i][j];
    }
    Ok(numbers.into_data())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_pcg::Pcg64Mcg;

    fn draw(init: Init, shape: [usize; 2]) -> Tensor<f64> {
        init.sample(shape, &mut Pcg64Mcg::seed_from_u64(3))
    }

    #[test]
    fn each_draws_the_variance_that_its_formula_says() {
        let (inputs, outputs) = (100.0, 400.0);
        for (init, variance) in [
            (Init::Uniform(3.0), 3.0),
            (Init::Normal(2.0), 4.0),
            (Init::GlorotUniform, 2.0 / (inputs + outputs)),
            (Init::GlorotNormal, 2.0 / (inputs + outputs)),
            (Init::HeUniform, 2.0 / inputs),
            (Init::HeNormal, 2.0 / inputs),
            (Init::LecunUniform, 1.0 / inputs),
            (Init::LecunNormal, 1.0 / inputs),
            (Init::TorchLinear, 1.0 / (3.0 * inputs)),
            (Init::KaimingNormal(1.5), 2.25 / inputs),
        ] {
            let w = draw(init, [400, 100]);
            let n = w.len() as f64;
            let mean = w.iter().sum::<f64>() / n;
            let found = w.iter().map(|w| (w - mean).powi(2)).sum::<f64>() / n;
            // Five standard errors: √(variance/n) for the mean, at most √(2/n) of it for the variance.
            assert!(mean.abs() < 5.0 * (variance / n).sqrt(), "{init:?}: mean {mean}");
            assert!((found / variance - 1.0).abs() < 5.0 * (2.0 / n).sqrt(), "{init:?}: variance {found}");
        }
    }

    #[test]
    fn orthogonal_rows_or_columns_are_orthonormal() {
        for [rows, columns] in [[5, 9], [9, 5], [6, 6], [1, 1]] {
            let w = draw(Init::Orthogonal(2.0), [rows, columns]);
            let at = |i: usize, k: usize| if rows <= columns { w[[i, k]] } else { w[[k, i]] };
            for i in 0..rows.min(columns) {
                for j in 0..rows.min(columns) {
                    let dot: f64 = (0..rows.max(columns)).map(|k| at(i, k) * at(j, k)).sum();
                    let expected = if i == j { 4.0 } else { 0.0 };
                    assert!((dot - expected).abs() < 1e-12, "{dot}");
                }
            }
        }
    }

    #[test]
    fn a_generator_that_repeats_itself_still_gives_an_orthogonal_matrix() {
        struct Stuck;
        impl rand::TryRng for Stuck {
            type Error = std::convert::Infallible;
            fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
                Ok(7)
            }
            fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
                Ok(1 << 60)
            }
            fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
                bytes.fill(7);
                Ok(())
            }
        }
        let w: Tensor<f64> = Init::Orthogonal(1.0).sample([3, 4], &mut Stuck);
        let dot = |i: usize, j: usize| (0..4).map(|k| w[[i, k]] * w[[j, k]]).sum::<f64>();
        assert!((dot(0, 0) - 1.0).abs() < 1e-12 && dot(0, 1).abs() < 1e-12 && dot(1, 2).abs() < 1e-12);
    }

    #[test]
    fn one_seed_gives_one_stream_for_both_types() {
        let mut rng = Pcg64Mcg::seed_from_u64(3);
        let single: Tensor<f32> = Init::HeNormal.sample([4, 4], &mut rng);
        assert_eq!(single, draw(Init::HeNormal, [4, 4]).cast());
        assert_eq!(draw(Init::HeNormal, [4, 4]), draw(Init::HeNormal, [4, 4]));
        assert_eq!(
            draw(Init::Uniform(1.0), [1, 2]).data().iter().map(|x| x.to_bits()).collect::<Vec<_>>(),
            GOLDEN
        );
    }

    /// The first two numbers of the stream: they may never change.
    const GOLDEN: [u64; 2] = [13826514595530216294, 4601057604198582576];

    #[test]
    fn empty_shapes_and_scalars_draw_without_a_fault() {
        for init in [Init::HeNormal, Init::Orthogonal(1.0), Init::TorchLinear] {
            let mut rng = Pcg64Mcg::seed_from_u64(0);
            assert_eq!(init.sample::<f64>([0, 3], &mut rng).len(), 0);
            assert_eq!(init.sample::<f64>([3, 0], &mut rng).len(), 0);
            assert!(init.sample::<f64>((), &mut rng).item().is_finite());
        }
    }
}
