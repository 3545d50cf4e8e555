//! The questions of the oracles to a function. Floor 7.

use super::complex_step::Stepped;
use crate::error::Result;
use crate::gradcheck::numbers::Dd;

/// Functions of one number each, which a check can compute in three kinds of numbers.
pub(crate) trait Probed {
    /// Returns the points, one for each function.
    fn points(&self) -> &[f64];
    /// Returns how far each point may be moved: to the next kink that is known, or infinitely.
    fn room(&self) -> &[f64];
    /// Returns the values of some of the functions, with their points moved.
    fn plain(&mut self, which: &[usize], at: &[f64]) -> Result<Vec<f64>>;
    /// Returns the values in double-double numbers.
    fn fine(&mut self, which: &[usize], at: &[Dd]) -> Result<Vec<Dd>>;
    /// Returns the derivatives of some of the functions by the complex step; takes the graph's derivatives too.
    fn step(&mut self, which: &[usize], analytic: &[f64]) -> Result<Vec<Stepped>>;
    /// Returns the change of each derivative when the inputs are rounded differently, or what is made of them.
    fn spread(&mut self, which: &[usize], derivatives: &[f64]) -> Result<Vec<f64>>;
    /// Tells whether the complex step is taken even if differences settle the derivative.
    fn thorough(&self) -> bool;
}
