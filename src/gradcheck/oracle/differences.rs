//! Derivatives by differences, with an estimate of their own error, many at once. Floor 7.
//!
//! Ridders' method (1982): differences at shrinking steps, extrapolated to step 0; neighbors in the
//! table show the error. The rounding of the function's value is added to it, since the table cannot
//! see it if successive values are equal.

use super::estimate::{Estimate, LEAST, NOTHING};
use crate::element::Number;
use crate::error::Result;

/// Functions of one number each, computed together: one value a lane.
pub(crate) type Lanes<'a, T> = &'a mut dyn FnMut(&[T]) -> Result<Vec<T>>;

/// The ratio of each step to the next one: 1 + √2.
///
/// If steps were halved, all of them could be near multiples of one period; what is left of them halves as
/// well, so that the table of a wave far too fast for it converges, to a wrong value. In this ratio they
/// cannot be: where one step is nearly `m` periods, the next longer one is off every multiple by more
/// than `1/(3m)` of a period.
const RATIO: f64 = 1.0 + std::f64::consts::SQRT_2;

/// The layout of a table of differences.
#[derive(Clone, Copy)]
pub(crate) struct Layout {
    /// The number of steps, each shorter than the last; at most [`ROWS`].
    pub(crate) rows: usize,
    /// A unit in the last place of 1.
    pub(crate) epsilon: f64,
}

impl Layout {
    /// Returns the rounding of a value: a unit in its last place; and near the end of the numbers, the loss on the
    /// way to it.
    fn rounding<T: Number>(self, values: &[T]) -> f64 {
        self.epsilon * largest(values) + LEAST
    }
}

/// Returns the points moved to one side: by the steps that are really taken, not the ones that are meant.
fn shifted<T: Number>(points: &[f64], steps: &[f64], times: f64) -> Vec<T> {
    points.iter().zip(steps).map(|(x, h)| exact(*x, times * h)).collect()
}

/// Returns the ratio of the steps of a row to the first ones.
fn share(row: usize) -> f64 {
    RATIO.powi(-(row as i32))
}

/// Tells for each point whether none of the steps of [`central`] moves the value.
pub(crate) fn flat<T: Number>(
    f: Lanes<'_, T>,
    points: &[f64],
    here: &[T],
    steps: &[f64],
    layout: Layout,
) -> Result<Vec<bool>> {
    let mut flat = vec![true; points.len()];
    for times in (0..layout.rows).flat_map(|row| [share(row), -share(row)]) {
        let there = f(&shifted(points, steps, times))?;
        for (flat, (there, here)) in flat.iter_mut().zip(there.iter().zip(here)) {
            *flat &= same(*there, *here);
        }
    }
    Ok(flat)
}

/// Central differences around each lane's point.
pub(crate) struct Central {
    pub(crate) estimate: Vec<Estimate>,
    /// True if no step moved the value.
    pub(crate) flat: Vec<bool>,
    /// True if the two sides differ as much at the smallest step as at the largest, a kink; or if the value moves
    /// as much, a wave that the steps do not follow.
    pub(crate) bent: Vec<bool>,
}

/// Computes central differences at `x ± step`, `x ± step/RATIO`, …, extrapolated.
pub(crate) fn central<T: Number>(
    f: Lanes<'_, T>,
    points: &[f64],
    here: &[T],
    steps: &[f64],
    layout: Layout,
    noise: f64,
) -> Result<Central> {
    let n = points.len();
    let mut tables = vec![Table::<T>::central(); n];
    let mut flat = vec![true; n];
    let (mut first, mut last) = (vec![Row::default(); n], vec![Row::default(); n]);
    for row in 0..layout.rows {
        let (above, below) = (shifted(points, steps, share(row)), shifted(points, steps, -share(row)));
        let (up, down) = (f(&above)?, f(&below)?);
        for i in 0..n {
            flat[i] &= same(up[i], here[i]) && same(down[i], here[i]);
            let width = (above[i] - below[i]).real();
            let noise = noise * layout.rounding(&[up[i], down[i], here[i]]) / width;
            let jump = ((up[i] - here[i]) - (here[i] - down[i])).real().abs() / (0.5 * width);
            last[i] = Row { jump, rise: (up[i] - down[i]).real().abs(), noise, width };
            if row == 0 {
                first[i] = last[i];
            }
            let width = above[i] - below[i];
            tables[i].add((up[i] - down[i]) / width, width, noise);
        }
    }
    // The difference between the two sides shrinks with the step, and so does the rise, if the value is smooth and
    // the step fine enough to follow it.
    let bent = first.iter().zip(&last).map(|(first, last)| {
        let kink = last.jump > 0.5 * first.jump && last.jump > 8.0 * last.noise;
        let wave = last.rise > 0.5 * first.rise && last.rise > 8.0 * last.noise * last.width;
        kink || wave
    });
    // Steps that are no longer shortened exactly show nothing.
    let bent = bent.zip(steps).map(|(bent, step)| bent || *step < 1e-300);
    Ok(Central {
        bent: bent.collect(),
        estimate: tables.iter().map(|table| table.best(layout)).collect(),
        flat,
    })
}

/// Computes differences between `x + step` and `x + 2·step`, and so on: on one side only, so that a jump at the
/// point itself is no slope. The steps may be negative.
pub(crate) fn one_sided<T: Number>(
    f: Lanes<'_, T>,
    points: &[f64],
    steps: &[f64],
    layout: Layout,
    noise: f64,
) -> Result<Vec<Estimate>> {
    let n = points.len();
    let mut tables = vec![Table::<T>::one_sided(); n];
    let mut sizes = vec![0.0; n];
    for row in 0..layout.rows {
        let near: Vec<T> = shifted(points, steps, share(row));
        let far: Vec<T> = shifted(points, steps, 2.0 * share(row));
        let (low, high) = (f(&near)?, f(&far)?);
        for i in 0..n {
            let width = (far[i] - near[i]).real().abs();
            let noise = noise * layout.rounding(&[low[i], high[i]]) / width;
            if row == 0 {
                sizes[i] = largest(&[low[i], high[i]]) / width;
            }
            let width = far[i] - near[i];
            tables[i].add((high[i] - low[i]) / width, width, noise);
        }
    }
    Ok(tables.iter().zip(sizes).map(|(table, size)| Estimate { size, ..table.best(layout) }).collect())
}

fn largest<T: Number>(values: &[T]) -> f64 {
    values.iter().fold(0.0, |most: f64, value| most.max(value.real().abs()))
}

/// One row of differences.
#[derive(Clone, Copy, Default)]
struct Row {
    /// The difference between the slopes of the two sides.
    jump: f64,
    /// The rise of the value across the point.
    rise: f64,
    noise: f64,
    width: f64,
}

/// Returns `x + h`, as this type holds it.
fn exact<T: Number>(x: f64, h: f64) -> T {
    T::from(x) + T::from(h)
}

fn same<T: Number>(a: T, b: T) -> bool {
    a.eq(b).real() != 0.0
}

/// Rows that a table has room for.
const ROWS: usize = 8;

/// Neville's table: each column cancels one more power of the step, or of its square.
#[derive(Clone, Copy)]
struct Table<T> {
    /// True if the powers are those of the square.
    square: bool,
    /// The factor by which extrapolation enlarges noise, at most.
    growth: f64,
    rows: usize,
    widths: [T; ROWS],
    /// The last row.
    above: [T; ROWS],
    /// Each row's slope, with what noise can make of it.
    slopes: [(f64, f64); ROWS],
    best: Estimate,
    /// The row of the best estimate.
    at: usize,
}

impl<T: Number> Table<T> {
    /// Returns a table in the squares of the steps.
    fn central() -> Self {
        let none = [T::from(0.0); ROWS];
        Table {
            square: true,
            growth: 2.0,
            rows: 0,
            widths: none,
            above: none,
            slopes: [(0.0, 0.0); ROWS],
            best: NOTHING,
            at: 0,
        }
    }

    /// Returns a table in the steps.
    fn one_sided() -> Self {
        Table { square: false, growth: 5.0, ..Table::central() }
    }

    /// Adds one more slope, over a step of this width, with its noise.
    fn add(&mut self, slope: T, width: T, noise: f64) {
        let mut left = slope;
        for column in 0..self.rows {
            // The steps as they were really taken.
            let ratio = self.widths[self.rows - 1 - column] / width;
            let power = if self.square { ratio * ratio } else { ratio };
            let diagonal = std::mem::replace(&mut self.above[column], left);
            let next = left + (left - diagonal) / (power - T::from(1.0));
            let apart = (next - left).real().abs().max((next - diagonal).real().abs());
            let error = apart + self.growth * noise;
            if error < self.best.error {
                self.best = Estimate { value: next.real(), error, ..NOTHING };
                self.at = self.rows;
            }
            left = next;
        }
        (self.above[self.rows], self.widths[self.rows]) = (left, width);
        self.slopes[self.rows] = (slope.real(), self.growth * noise);
        self.rows += 1;
    }

    /// Returns the estimate of the smallest error. Finer steps come nearer to the derivative: an estimate to which
    /// they do not come nearer was made by steps that were wider than what they had to resolve. Noise excuses that
    /// in `f64`, but not in double-double numbers, which have digits to spare.
    fn best(&self, layout: Layout) -> Estimate {
        let Estimate { value, error, .. } = self.best;
        let excused = if layout.epsilon < f64::EPSILON { 0.0 } else { 1.0 };
        let off = |(slope, noise): &(f64, f64)| (slope - value).abs() - excused * noise;
        let most = |rows: &[(f64, f64)]| rows.iter().map(off).fold(0.0, f64::max);
        let (until, after) = self.slopes[..self.rows].split_at((self.at + 1).min(self.rows));
        let (until, after) = (most(until), most(after));
        let error = if after > until { error.max(after) } else { error };
        Estimate { error, ..self.best }
    }
}
