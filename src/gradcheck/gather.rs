//! Evidence, gathered from the cheapest oracle to the most exact one. Floor 8.

use super::dd::Dd;
use super::differences::{Estimate, Layout, central, flat, one_sided};
use super::judge::{END, Evidence, FADED, FINE, PLAIN, Rules, Sides};
use super::step::Step;
use crate::element::{Number, Scalar};
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

/// Gathers the evidence for each function; also how often all of them were computed.
pub(super) fn gather(f: &mut dyn Probed, analytic: &[f64], rules: &Rules) -> Result<(Vec<Evidence>, usize)> {
    let points = f.points().to_vec();
    let room = f.room().to_vec();
    let all: Vec<usize> = (0..points.len()).collect();
    let here = f.plain(&all, &points)?;
    let mut found: Vec<Evidence> = points
        .iter()
        .zip(here.iter().zip(analytic))
        .map(|(&at, (&here, &analytic))| Evidence::new(at, here, analytic))
        .collect();
    let (mut runs, mut stepped) = (1, Vec::new());
    if f.thorough() {
        stepped = step(f, &mut found, all.clone())?;
    }
    // Differences could not change what the complex step settled alone; but that there is no slope must show in
    // the values as well.
    let (known, mut open): (Vec<usize>, Vec<usize>) =
        all.iter().copied().partition(|&i| found[i].far_and_right(rules));
    let still: Vec<usize> = known.into_iter().filter(|&i| found[i].analytic == 0.0).collect();
    if !still.is_empty() {
        open.extend(reach(f, &mut found, &still, &room)?);
        runs += 2 * PLAIN_LAYOUT.rows;
    }
    if !open.is_empty() {
        runs += plain(f, &mut found, &open, &room, rules)?;
    }
    if !f.thorough() {
        let open = all.into_iter().filter(|&i| !found[i].settled(rules)).collect();
        stepped = step(f, &mut found, open)?;
    }
    runs += usize::from(!stepped.is_empty());
    let unsettled: Vec<usize> = stepped
        .into_iter()
        .filter(|&i| {
            let evidence = &found[i];
            let settled = evidence.settled(rules) && agrees(evidence, rules);
            let told = settled || evidence.dead() || evidence.far_and_right(rules);
            evidence.analytic.is_finite() && !told
        })
        .collect();
    if !unsettled.is_empty() {
        runs += fine(f, &mut found, &unsettled, &room, rules)?;
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

/// Takes the complex step of some functions, where there is something to be told of; and says of which.
fn step(f: &mut dyn Probed, found: &mut [Evidence], which: Vec<usize>) -> Result<Vec<usize>> {
    let told = |evidence: &Evidence| evidence.here.is_finite() && !evidence.analytic.is_nan();
    let which: Vec<usize> = which.into_iter().filter(|&i| told(&found[i])).collect();
    if !which.is_empty() {
        let analytic: Vec<f64> = which.iter().map(|&i| found[i].analytic).collect();
        for (&i, step) in which.iter().zip(f.step(&which, &analytic)?) {
            (found[i].step, found[i].turned) = (step.estimate, step.sides);
        }
    }
    Ok(which)
}

/// Some of the points, and the values there.
fn here(found: &[Evidence], which: &[usize]) -> (Vec<f64>, Vec<f64>) {
    which.iter().map(|&i| (found[i].at, found[i].here)).unzip()
}

/// The first of the steps of differences, for some of the functions.
fn steps(found: &[Evidence], which: &[usize], room: &[f64], start: f64) -> Vec<f64> {
    which.iter().map(|&i| (start * scale(found[i].at / 64.0)).min(0.9 * room[i])).collect()
}

/// Notes how far values are constant where there is no slope; and says where they are not.
fn reach(f: &mut dyn Probed, found: &mut [Evidence], which: &[usize], room: &[f64]) -> Result<Vec<usize>> {
    let steps = steps(found, which, room, STARTS[0]);
    let (at, here) = here(found, which);
    let flat = flat(&mut |at: &[f64]| f.plain(which, at), &at, &here, &steps, PLAIN_LAYOUT)?;
    for (&i, (flat, step)) in which.iter().zip(flat.iter().zip(steps)) {
        if *flat {
            found[i].reach = step;
        }
    }
    Ok(which.iter().zip(flat).filter(|(_, flat)| !flat).map(|(&i, _)| i).collect())
}

fn plain(
    f: &mut dyn Probed,
    found: &mut [Evidence],
    which: &[usize],
    room: &[f64],
    rules: &Rules,
) -> Result<usize> {
    let mut runs = 0;
    let (at, here) = here(found, which);
    for start in STARTS {
        let steps = steps(found, which, room, start);
        let mut lanes = |at: &[f64]| f.plain(which, at);
        let result = central(&mut lanes, &at, &here, &steps, PLAIN_LAYOUT, rules)?;
        runs += 2 * PLAIN_LAYOUT.rows;
        for (k, &i) in which.iter().enumerate() {
            let (evidence, estimate) = (&mut found[i], result.estimate[k]);
            // Beside a kink the larger steps are bent and the smaller ones are not; on it, all are.
            if !result.bent[k] && estimate.error < evidence.plain.error {
                evidence.plain = estimate;
            }
            if result.flat[k] {
                evidence.reach = evidence.reach.max(steps[k]);
            }
        }
        let enough = |&i: &usize| found[i].plain.resolves(0.1 * PLAIN) || found[i].reach > 0.0;
        if which.iter().all(enough) {
            break;
        }
    }
    Ok(runs)
}

fn fine(
    f: &mut dyn Probed,
    found: &mut [Evidence],
    which: &[usize],
    room: &[f64],
    rules: &Rules,
) -> Result<usize> {
    let mut runs = 1;
    let mut open = which.to_vec();
    for start in FINE_STARTS {
        if open.is_empty() {
            break;
        }
        let (at, _) = here(found, &open);
        let steps = steps(found, &open, room, start);
        let mut lanes = |at: &[Dd]| f.fine(&open, at);
        let here = lanes(&at.iter().map(|&x| Dd::from(x)).collect::<Vec<Dd>>())?;
        let result = central(&mut lanes, &at, &here, &steps, FINE_LAYOUT, rules)?;
        runs += 2 * FINE_LAYOUT.rows + 1;
        for (k, &i) in open.iter().enumerate() {
            found[i].still |= start == FINE_STARTS[0] && result.flat[k];
            if !result.bent[k] && result.estimate[k].error < found[i].fine.error {
                found[i].fine = result.estimate[k];
            }
        }
        // Shorter steps have more of the rounding of the value: where that hides the derivative already, they are no
        // help.
        let hidden = |evidence: &Evidence, step: f64| {
            let noise = rules.noise * FINE_LAYOUT.epsilon * evidence.here.abs() / (2.0 * step);
            noise > FINE * evidence.step.value.abs().max(evidence.analytic.abs())
        };
        let more = |(i, step): &(&usize, &f64)| {
            let evidence = &found[**i];
            !evidence.fine.resolves(FINE) && !hidden(evidence, **step)
        };
        open = open.iter().zip(&steps).filter(more).map(|(&i, _)| i).collect();
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
            !told && room[i] > 4.0 * SIDE * scale(found[i].at)
        })
        .collect();
    if open.is_empty() {
        return Ok(runs);
    }
    let (at, _) = here(found, &open);
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

/// A derivative by the complex step in `f64` alone, each of whose terms was rounded some times. At the end of the
/// numbers it knows only that no term ever moved.
pub(super) fn alone(step: Step<f64>) -> Estimate {
    let (value, size) = (step.im, step.size);
    let known = !step.tied && (size == 0.0 || value.abs() > END);
    let error = if known { (-46f64).exp2() * size } else { f64::INFINITY };
    Estimate { value, error, size, firm: !step.tied, cut: !step.moves }
}

/// What the complex step says of a derivative, and of its two sides where it was taken to both.
pub(super) struct Stepped {
    estimate: Estimate,
    sides: Option<Sides>,
}

impl From<Estimate> for Stepped {
    fn from(estimate: Estimate) -> Self {
        Stepped { estimate, sides: None }
    }
}

/// A number of a graph, moved by a complex step, in `f64` and in double-double numbers.
pub(super) type Both = (Step<f64>, Step<Dd>);

/// A derivative by a complex step to the right, and to the left where a choice was made between equals: each
/// choice is then that of its side, so that both slopes are known. Where they are the same and the value does
/// not jump, they are the derivative.
pub(super) fn estimate(right: Both, left: Option<Both>) -> Stepped {
    let Some(left) = left.filter(|_| right.1.tied) else { return one_way(right).into() };
    let jump = right.1.re.equal(left.1.re).real() == 0.0;
    let (right, left) = (one_way(right), one_way(left));
    let left = Estimate { value: 0.0 - left.value, ..left };
    let known = |side: Estimate| side.resolves(FINE) || side.error <= 2.0 * FADED;
    if jump || !known(left) || !known(right) {
        return Estimate { error: f64::INFINITY, firm: false, cut: false, ..right }.into();
    }
    let error = left.error.max(right.error);
    let (same, sides) = ((left.value - right.value).abs() <= 4.0 * error, Some((left, right)));
    let error = if same { error } else { f64::INFINITY };
    let (size, cut) = (left.size.max(right.size), left.cut && right.cut);
    Stepped { estimate: Estimate { error, size, firm: false, cut, ..right }, sides }
}

/// A derivative by one complex step. What it lost to rounding in `f64`, it loses in double-double numbers as well,
/// 2⁻⁵² times that; and the terms that it is made of were rounded; and what factors at the end of the numbers
/// left out.
fn one_way((plain, fine): Both) -> Estimate {
    let (firm, cut) = (!plain.tied && !fine.tied, !fine.moves);
    let end = 4.0 * f64::from_bits(1) * fine.lost;
    let (plain, size, fine) = (plain.im, fine.size, fine.im.to_f64());
    match fine.is_finite() {
        // No term ever moved.
        true if size == 0.0 => Estimate { value: fine, error: 0.0, size, firm, cut },
        true if plain.is_finite() => {
            let lost = (plain - fine).abs();
            // Where nothing is left in `f64`, the loss has no measure.
            let lost = if lost > 0.25 * fine.abs() { fine.abs() } else { lost * (-46f64).exp2() };
            let error = lost + (-100f64).exp2() * size;
            let end = if fine.abs() < END { end + FADED } else { end };
            Estimate { value: fine, error: error + end, size, firm, cut }
        }
        // Something overflowed in `f64`: there is no measure of the error.
        _ => Estimate { value: fine, error: f64::INFINITY, size, firm: false, cut },
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
