//! What an oracle asks of a function. Floor 8.

use super::complex_step::Stepped;
use crate::error::Result;
use crate::gradcheck::numbers::Dd;

/// Functions of one number each, which a check can compute in three kinds of numbers.
pub(crate) trait Probed {
    /// The points, one for each function.
    fn points(&self) -> &[f64];
    /// How far a point may be moved: to the next kink that is known, or infinity.
    fn room(&self) -> &[f64];
    /// The values of some of the functions, with their points moved.
    fn plain(&mut self, which: &[usize], at: &[f64]) -> Result<Vec<f64>>;
    /// The same in double-double numbers.
    fn fine(&mut self, which: &[usize], at: &[Dd]) -> Result<Vec<Dd>>;
    /// The derivatives by the complex step, of some of the functions; with what the graph computes of each.
    fn step(&mut self, which: &[usize], analytic: &[f64]) -> Result<Vec<Stepped>>;
    /// How much each derivative changes when the inputs are rounded differently, or what is made of them.
    fn spread(&mut self, which: &[usize], derivatives: &[f64]) -> Result<Vec<f64>>;
    /// Whether the complex step is taken even where differences settle it.
    fn thorough(&self) -> bool;
}
