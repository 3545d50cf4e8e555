//! The ladder of oracles, from the cheapest to the most exact one. Floor 7.

use super::judge::{Evidence, Rules};
use crate::error::Result;
use crate::gradcheck::numbers::Dd;
use crate::gradcheck::oracle::{FINE, Layout, PLAIN, Probed, central, flat, one_sided};

/// First steps of the tables in `f64`, the largest first: a kink beside the point asks for a smaller one.
const STARTS: [f64; 5] = [0.1, 1e-2, 1e-3, 1e-4, 1e-6];
const PLAIN_LAYOUT: Layout = Layout { rows: 5, epsilon: f64::EPSILON };
/// First steps in double-double numbers, whose unit in the last place is 2⁻¹⁰⁴.
const FINE_STARTS: [f64; 3] = [0.25, 1e-3, 1e-7];
const FINE_LAYOUT: Layout = Layout { rows: 8, epsilon: 4.930_380_657_631_324e-32 };
/// First step of the tables of one side.
const SIDE: f64 = 1e-5;

/// Gathers the evidence for each function; returns the number of evaluations too.
pub(crate) fn gather(f: &mut dyn Probed, analytic: &[f64], rules: &Rules) -> Result<(Vec<Evidence>, usize)> {
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
    // Differences cannot change what the complex step settled alone; but the values must show as well that there is
    // no slope.
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
            let known = settled || evidence.dead() || evidence.far_and_right(rules);
            evidence.analytic.is_finite() && !known
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

/// Tells whether the complex step says what the differences and the graph say.
fn agrees(evidence: &Evidence, rules: &Rules) -> bool {
    let step = evidence.step.value;
    let same = (step - evidence.analytic).abs() <= rules.relative * step.abs();
    same && evidence.step.resolves(FINE) && Evidence { analytic: step, ..*evidence }.settled(rules)
}

fn scale(x: f64) -> f64 {
    x.abs().max(1.0)
}

/// Takes the complex step of those functions that are finite, and returns which they are.
fn step(f: &mut dyn Probed, found: &mut [Evidence], which: Vec<usize>) -> Result<Vec<usize>> {
    let finite = |evidence: &Evidence| evidence.here.is_finite() && !evidence.analytic.is_nan();
    let which: Vec<usize> = which.into_iter().filter(|&i| finite(&found[i])).collect();
    if !which.is_empty() {
        let analytic: Vec<f64> = which.iter().map(|&i| found[i].analytic).collect();
        for (&i, step) in which.iter().zip(f.step(&which, &analytic)?) {
            (found[i].step, found[i].turned) = (step.estimate, step.sides);
        }
    }
    Ok(which)
}

/// Returns some of the points, and the values there.
fn here(found: &[Evidence], which: &[usize]) -> (Vec<f64>, Vec<f64>) {
    which.iter().map(|&i| (found[i].at, found[i].here)).unzip()
}

/// Returns the first step of the differences, for some of the functions.
fn steps(found: &[Evidence], which: &[usize], room: &[f64], start: f64) -> Vec<f64> {
    which.iter().map(|&i| (start * scale(found[i].at / 64.0)).min(0.9 * room[i])).collect()
}

/// Notes how far values are constant where there is no slope; returns those where they are not.
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
        let result = central(&mut lanes, &at, &here, &steps, PLAIN_LAYOUT, rules.noise)?;
        runs += 2 * PLAIN_LAYOUT.rows;
        for (k, &i) in which.iter().enumerate() {
            let (evidence, estimate) = (&mut found[i], result.estimate[k]);
            // Larger steps are bent beside a kink and smaller ones are not; on a kink, all are.
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
        let result = central(&mut lanes, &at, &here, &steps, FINE_LAYOUT, rules.noise)?;
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
    // An open derivative, or one that contradicts the complex step, may be at a kink.
    let open: Vec<usize> = which
        .iter()
        .copied()
        .filter(|&i| {
            let step = found[i].step.value;
            let resolved =
                found[i].fine.resolves(FINE) && (step - found[i].fine.value).abs() <= 1e-9 * step.abs();
            // The tables of one side must not reach across a kink that is known.
            !resolved && room[i] > 4.0 * SIDE * scale(found[i].at)
        })
        .collect();
    if open.is_empty() {
        return Ok(runs);
    }
    let (at, _) = here(found, &open);
    let steps: Vec<f64> = at.iter().map(|x| SIDE * scale(*x)).collect();
    let back: Vec<f64> = steps.iter().map(|step| -step).collect();
    let mut lanes = |at: &[Dd]| f.fine(&open, at);
    let right = one_sided(&mut lanes, &at, &steps, FINE_LAYOUT, rules.noise)?;
    let left = one_sided(&mut lanes, &at, &back, FINE_LAYOUT, rules.noise)?;
    runs += 4 * FINE_LAYOUT.rows;
    for (k, &i) in open.iter().enumerate() {
        found[i].sides = Some((left[k], right[k]));
    }
    Ok(runs)
}
