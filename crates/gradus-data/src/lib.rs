//! Data for training and for judging it: tables, batches, point sets, scaling and metrics. Reads
//! `shape`, `element`, `error` and `tensor` only.
//!
//! ```
//! use gradus_data::{Batches, Standardizer, moons, split};
//! # fn main() -> gradus_tensor::Result<()> {
//! let (points, labels) = moons::<f32>(200, 0.1, 7)?;
//! let (train, test) = split(200, 0.25, 7)?;
//! let scale = Standardizer::fit(&points.take(&train)?)?;
//! let (points, labels) = (scale.apply(&points.take(&train)?)?, labels.take(&train)?);
//! for rows in Batches::new(train.len(), 32)?.seed(7).epoch(0) {
//!     let (x, y) = (points.take(&rows)?, labels.take(&rows)?);
//!     assert_eq!(x.shape()[..], [y.len(), 2]);
//! }
//! assert_eq!(test.len(), 50);
//! # Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::panic, clippy::todo, clippy::dbg_macro))]

pub mod batches;
#[cfg(feature = "csv")]
pub mod csv;
pub mod generate;
pub mod loader;
pub mod metrics;
pub mod plot;
pub mod scale;

pub use batches::{Batches, Epoch, split, stratified};
#[cfg(feature = "csv")]
pub use csv::{Columns, Table, TableReader};
pub use generate::{blobs, moons, spirals, targets, xor};
pub use loader::{Loader, LoaderEpoch};
pub use metrics::{Confusion, accuracy};
pub use scale::Standardizer;

use gradus_rows::Float;
use gradus_tensor::Shape;
use gradus_tensor::Tensor;
use gradus_tensor::{Error, Result};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// The purpose of random numbers.
///
/// One seed serves a whole experiment. Without purposes, the noise of a point and the side of the split that it
/// falls on would come from the same numbers and be correlated.
#[derive(Clone, Copy)]
enum Purpose {
    /// The order of the rows in one epoch.
    Order(u64),
    /// The rows that are kept for testing.
    Split,
    /// The noise of a generated point set.
    Noise,
    /// The noise that one step of a training is fed.
    Step(u64),
}

/// Returns the generator for one seed and purpose.
fn random(seed: u64, purpose: Purpose) -> Pcg64Mcg {
    let (kind, number) = match purpose {
        Purpose::Order(epoch) => (0, epoch),
        Purpose::Split => (1, 0),
        Purpose::Noise => (2, 0),
        Purpose::Step(step) => (3, step),
    };
    let key = [kind, number].iter().fold(seed, |key, part| Pcg64Mcg::seed_from_u64(key).next_u64() ^ part);
    Pcg64Mcg::seed_from_u64(key)
}

/// Uniform numbers from 0 to 1, without 1, for one step of a training: what randomized activations such
/// as [`rrelu` are fed. The same for the same seed and step on every machine.
///
/// ```
/// let noise = gradus_data::noise::<f32>([64, 10], 7, 0);
/// assert!(noise.iter().all(|&x| (0.0..1.0).contains(&x)));
/// assert_ne!(noise, gradus_data::noise([64, 10], 7, 1));
/// ```
///
/// # Panics
/// If the shape is too large (see [`Shape`]), or there is no memory for it.
#[track_caller]
pub fn noise<E: Float>(shape: impl Into<Shape>, seed: u64, step: u64) -> Tensor<E> {
    let mut random = random(seed, Purpose::Step(step));
    // 24 bits, so that a number of `f32` is not rounded up to 1.
    Tensor::from_fn(shape, |_| E::from_f64((random.next_u64() >> 40) as f64 / f64::from(1 << 24)))
}

/// Returns the positions of this many rows, or an error if there is no memory for them.
fn positions(rows: usize) -> Result<Vec<usize>> {
    let mut positions = room(rows, 1)?;
    positions.extend(0..rows);
    Ok(positions)
}

/// Returns room for this many rows of numbers, or an error if there is no memory for them.
fn room<T>(rows: usize, width: usize) -> Result<Vec<T>> {
    let mut numbers = Vec::new();
    match numbers.try_reserve_exact(rows.saturating_mul(width)) {
        Ok(()) => Ok(numbers),
        Err(_) => Err(Error::Memory(format!("there is no memory for {rows} rows"))),
    }
}

/// Shuffles rows, each order as likely as every other.
///
/// This is not `rand`'s own shuffle: its result depends on a feature of `rand` that any other crate of a build may
/// switch on, and a resumed run would then go on in another order.
fn shuffle(rows: &mut [usize], random: &mut Pcg64Mcg) {
    for i in (1..rows.len()).rev() {
        rows.swap(i, below(i as u64 + 1, random) as usize);
    }
}

/// Returns a number from 0 and below `n`, which is not 0, by Lemire's method.
fn below(n: u64, random: &mut Pcg64Mcg) -> u64 {
    loop {
        let product = u128::from(random.next_u64()) * u128::from(n);
        // The lowest `2⁶⁴ mod n` remainders are one too many for some of the numbers.
        if product as u64 >= n.wrapping_neg() % n {
            return (product >> 64) as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_other_numbers_for_another_purpose() {
        let first = |purpose| random(7, purpose).next_u64();
        let mut drawn = vec![
            first(Purpose::Order(0)),
            first(Purpose::Order(1)),
            first(Purpose::Split),
            first(Purpose::Noise),
        ];
        drawn.sort_unstable();
        drawn.dedup();
        assert_eq!(drawn.len(), 4);
        assert_eq!(first(Purpose::Split), first(Purpose::Split));
    }

    #[test]
    fn every_order_is_as_likely() {
        let mut counts = std::collections::BTreeMap::new();
        for seed in 0..6000 {
            let mut rows = [0, 1, 2];
            shuffle(&mut rows, &mut random(seed, Purpose::Split));
            *counts.entry(rows).or_insert(0_i32) += 1;
        }
        // Five standard deviations of each count: 5 √(6000 · 5/36).
        assert!(counts.len() == 6 && counts.values().all(|n| (n - 1000).abs() < 145), "{counts:?}");
    }

    #[test]
    fn numbers_that_do_not_divide_the_range_are_drawn_without_bias() {
        // Two thirds of the range: without rejection, even numbers would come up twice as often.
        let (n, mut random) = (u64::MAX / 3 * 2 + 1, random(1, Purpose::Split));
        let even = (0..6000).filter(|_| below(n, &mut random).is_multiple_of(2)).count();
        assert!(even.abs_diff(3000) < 194, "{even}");
    }
}
