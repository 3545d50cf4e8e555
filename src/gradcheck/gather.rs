//! Evidence, gathered from the cheapest oracle to the most exact one. Floor 8.

use super::dd::Dd;
use super::differences::{Estimate, Layout, central, one_sided};
use super::judge::{END, Evidence, FADED, FINE, PLAIN, Rules};
use super::step::Step;
use crate::error::Result;

/// Where the tables in `f64` begin, largest first: a kink beside the point asks for a smaller one.
const STARTS: [f64; 5] = [0.1, 1e-2, 1e-3, 1e-4, 1e-6];
const PLAIN_LAYOUT: Layout = Layout { rows: 5, epsilon: f64::EPSILON };
/// The same for double-double numbers, whose unit in the last place is 2⁻¹⁰⁴.
const FINE_STARTS: [f64; 3] = [0.25, 1e-3, 1e-7];
const FINE_LAYOUT: Layout = Layout { rows: 8, epsilon: 4.930_380_657_631_324e-32 };
/// Tables of one side begin here.
const SIDE: f64 = 1e-5;

/// Functions of one number each, which a check can compute in three kinds of numbers.
pub(super) trait Probed {
    /// The points, one for each function.
    fn points(&self) -> &[f64];
    /// How far a point may be moved: to the next kink that is known, or infinity.
    fn room(&self) -> &[f64];
    /// The values with the points moved.
    fn plain(&mut self, at: &[f64]) -> Result<Vec<f64>>;
    /// The same in double-double numbers, of some of the functions.
    fn fine(&mut self, which: &[usize], at: &[Dd]) -> Result<Vec<Dd>>;
    /// The derivatives by the complex step, of some of the functions.
    fn step(&mut self, which: &[usize]) -> Result<Vec<Estimate>>;
    /// How much each derivative changes when the inputs are rounded differently, or what is made of them.
    fn spread(&mut self, which: &[usize], derivatives: &[f64]) -> Result<Vec<f64>>;
    /// Whether the complex step is taken even where differences settle it.
    fn thorough(&self) -> bool;
}

/// Gathers the evidence for each function; also how often all of them were computed.
pub(super) fn gather(f: &mut dyn Probed, analytic: &[f64], rules: &Rules) -> Result<(Vec<Evidence>, usize)> {
    let points = f.points().to_vec();
    let room = f.room().to_vec();
    let here = f.plain(&points)?;
    let mut found: Vec<Evidence> = points
        .iter()
        .zip(here.iter().zip(analytic))
        .map(|(&at, (&here, &analytic))| Evidence::new(at, here, analytic))
        .collect();
    let mut runs = 1 + plain(f, &mut found, &points, &room, &here, rules)?;
    let open: Vec<usize> = (0..found.len())
        .filter(|&i| f.thorough() || !found[i].settled(rules))
        .filter(|&i| found[i].here.is_finite() && !found[i].analytic.is_nan())
        .collect();
    if open.is_empty() {
        return Ok((found, runs));
    }
    let steps = f.step(&open)?;
    runs += 1;
    for (&i, step) in open.iter().zip(&steps) {
        found[i].step = *step;
    }
    let unsettled: Vec<usize> = open
        .into_iter()
        .filter(|&i| {
            let evidence = &found[i];
            let settled = evidence.settled(rules) && agrees(evidence, rules);
            let told = settled || evidence.dead() || evidence.far_and_right(rules);
            evidence.analytic.is_finite() && !told
        })
        .collect();
    if !unsettled.is_empty() {
        runs += fine(f, &mut found, &unsettled, &points, &room, rules)?;
        let derivatives: Vec<f64> = unsettled.iter().map(|&i| found[i].step.value).collect();
        for (&i, spread) in unsettled.iter().zip(f.spread(&unsettled, &derivatives)?) {
            found[i].spread = spread;
        }
    }
    Ok((found, runs))
}

/// Whether the complex step says what the differences and the graph say.
fn agrees(evidence: &Evidence, rules: &Rules) -> bool {
    let step = evidence.step.value;
    let same = (step - evidence.analytic).abs() <= rules.relative * step.abs();
    same && evidence.step.resolves(FINE) && Evidence { analytic: step, ..*evidence }.settled(rules)
}

fn scale(x: f64) -> f64 {
    x.abs().max(1.0)
}

fn plain(
    f: &mut dyn Probed,
    found: &mut [Evidence],
    points: &[f64],
    room: &[f64],
    here: &[f64],
    rules: &Rules,
) -> Result<usize> {
    let mut runs = 0;
    for start in STARTS {
        let steps: Vec<f64> =
            points.iter().zip(room).map(|(x, room)| (start * scale(x / 64.0)).min(0.9 * room)).collect();
        let result = central(&mut |at: &[f64]| f.plain(at), points, here, &steps, PLAIN_LAYOUT, rules)?;
        runs += 2 * PLAIN_LAYOUT.rows;
        for (i, evidence) in found.iter_mut().enumerate() {
            let estimate = result.estimate[i];
            // Beside a kink the larger steps are bent and the smaller ones are not; on it, all are.
            if !result.bent[i] && estimate.error < evidence.plain.error {
                evidence.plain = estimate;
            }
            if result.flat[i] {
                evidence.reach = evidence.reach.max(steps[i]);
            }
        }
        let enough = |e: &Evidence| e.plain.resolves(0.1 * PLAIN) || e.reach > 0.0;
        if found.iter().all(enough) {
            break;
        }
    }
    Ok(runs)
}

fn fine(
    f: &mut dyn Probed,
    found: &mut [Evidence],
    which: &[usize],
    points: &[f64],
    room: &[f64],
    rules: &Rules,
) -> Result<usize> {
    let mut runs = 1;
    let mut open = which.to_vec();
    for start in FINE_STARTS {
        if open.is_empty() {
            break;
        }
        let at: Vec<f64> = open.iter().map(|&i| points[i]).collect();
        let steps: Vec<f64> =
            open.iter().map(|&i| (start * scale(points[i] / 64.0)).min(0.9 * room[i])).collect();
        let mut lanes = |at: &[Dd]| f.fine(&open, at);
        let here = lanes(&at.iter().map(|&x| Dd::from(x)).collect::<Vec<Dd>>())?;
        let result = central(&mut lanes, &at, &here, &steps, FINE_LAYOUT, rules)?;
        runs += 2 * FINE_LAYOUT.rows + 1;
        for (k, &i) in open.iter().enumerate() {
            if !result.bent[k] && result.estimate[k].error < found[i].fine.error {
                found[i].fine = result.estimate[k];
            }
        }
        open.retain(|&i| !found[i].fine.resolves(FINE));
    }
    // What is still open, or says something else than the complex step, may be a kink.
    let open: Vec<usize> = which
        .iter()
        .copied()
        .filter(|&i| {
            let step = found[i].step.value;
            let told =
                found[i].fine.resolves(FINE) && (step - found[i].fine.value).abs() <= 1e-9 * step.abs();
            // The tables of one side must not reach across a kink that is known.
            !told && room[i] > 4.0 * SIDE * scale(points[i])
        })
        .collect();
    if open.is_empty() {
        return Ok(runs);
    }
    let at: Vec<f64> = open.iter().map(|&i| points[i]).collect();
    let steps: Vec<f64> = at.iter().map(|x| SIDE * scale(*x)).collect();
    let back: Vec<f64> = steps.iter().map(|step| -step).collect();
    let mut lanes = |at: &[Dd]| f.fine(&open, at);
    let right = one_sided(&mut lanes, &at, &steps, FINE_LAYOUT, rules)?;
    let left = one_sided(&mut lanes, &at, &back, FINE_LAYOUT, rules)?;
    runs += 4 * FINE_LAYOUT.rows;
    for (k, &i) in open.iter().enumerate() {
        found[i].sides = Some((left[k], right[k]));
    }
    Ok(runs)
}

/// A derivative by the complex step in `f64` and in double-double numbers. What the first one lost to
/// rounding, the second one loses as well, 2⁻⁵² times that; and the terms that it is made of were
/// rounded; and what factors at the end of the numbers left out.
pub(super) fn estimate(plain: Step<f64>, fine: Step<Dd>) -> Estimate {
    let firm = !plain.tied && !fine.tied;
    let end = 4.0 * f64::from_bits(1) * fine.lost;
    let (tied, plain, size, fine) = (fine.tied, plain.im, fine.size, fine.im.to_f64());
    match fine.is_finite() && !tied {
        // No term ever moved.
        true if size == 0.0 => Estimate { value: fine, error: 0.0, size, firm },
        true if plain.is_finite() => {
            let lost = (plain - fine).abs();
            // Where nothing is left in `f64`, the loss has no measure.
            let lost = if lost > 0.25 * fine.abs() { fine.abs() } else { lost * (-46f64).exp2() };
            let error = lost + (-100f64).exp2() * size;
            let end = if fine.abs() < END { end + FADED } else { end };
            Estimate { value: fine, error: error + end, size, firm }
        }
        // Something overflowed in `f64`, or a choice was a tie: there is no measure of the error.
        _ => Estimate { value: fine, error: f64::INFINITY, size, firm: false },
    }
}

/// By how many units in the last place inputs are moved to see what their rounding does.
pub(super) const SHAKES: [i64; 2] = [1, 16];

/// A number moved by units in its last place.
pub(super) fn shaken(x: f64, units: i64) -> f64 {
    let mut moved = x;
    for _ in 0..units.abs() {
        moved = if units > 0 { moved.next_up() } else { moved.next_down() };
    }
    if moved.is_finite() { moved } else { x }
}

/// By how much derivatives change when inputs are moved, for each of the [`SHAKES`].
pub(super) struct Changes(Vec<[f64; 2]>);

impl Changes {
    pub(super) fn new(n: usize) -> Self {
        Changes(vec![[0.0; 2]; n])
    }

    /// What one more way of moving them does.
    pub(super) fn add(&mut self, round: usize, derivatives: &[f64], moved: impl Iterator<Item = f64>) {
        for (most, (moved, derivative)) in self.0.iter_mut().zip(moved.zip(derivatives)) {
            most[round] = most[round].max((moved - derivative).abs());
        }
    }

    /// The change by one unit, where it grows with the units. Across a kink it does not: there it is
    /// no rounding.
    pub(super) fn spread(&self) -> Vec<f64> {
        self.0.iter().map(|[one, many]| if *many >= 4.0 * one { *one } else { 0.0 }).collect()
    }
}
