//! Derivatives by differences, with an estimate of their own error. Floor 8.
//!
//! Ridders' method (1982): central differences at halving steps, extrapolated to step 0; neighbors
//! in the table tell the error. To that comes the rounding of the function's value, which the table
//! cannot see where successive values are equal.

use super::report::Verdict;

/// Halvings of a step.
const ROWS: usize = 5;
/// Where the tables begin, largest first: a kink beside the point asks for a smaller one.
const STARTS: [f64; 6] = [0.1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6];
/// An estimate this good, relatively, is good enough to stop at.
const GOOD: f64 = 1e-9;
/// An estimate worse than this, relatively, shows nothing.
const POOR: f64 = 1e-5;
/// Agreement beyond the estimated error that is owed to the rounding of the gradient itself.
const ROUNDING: f64 = 1e-11;

/// A derivative with its estimated error.
#[derive(Clone, Copy)]
struct Estimate {
    value: f64,
    error: f64,
    /// The slope jumps at the point itself, as a central difference cannot see: it takes the mean of
    /// the two sides for the slope, at every step.
    bent: bool,
}

const NOTHING: Estimate = Estimate { value: f64::NAN, error: f64::INFINITY, bent: false };

impl Estimate {
    fn holds(&self, analytic: f64) -> bool {
        (analytic - self.value).abs() <= 2.0 * self.error + ROUNDING * self.value.abs()
    }
}

/// Judges `analytic`, the derivative of `f` at `x`. `scale` is the size of the largest derivative
/// beside it. Also gives the numeric derivative and how often `f` was run.
pub(super) fn judge(
    f: &mut dyn FnMut(f64) -> f64,
    x: f64,
    analytic: f64,
    scale: f64,
) -> (Verdict, f64, usize) {
    let mut runs = 1;
    let here = f(x);
    if !here.is_finite() || !analytic.is_finite() {
        return (Verdict::NonFinite, f64::NAN, runs);
    }
    let (mut best, mut bent) = (NOTHING, false);
    let mut flat = true;
    for start in STARTS {
        let (estimate, same) = central(f, x, start * x.abs().max(1.0), here);
        runs += 2 * ROWS;
        flat &= same;
        bent |= estimate.bent;
        // Beside a kink the larger steps are bent and the smaller ones are not; on it, all are.
        if !estimate.bent && estimate.error < best.error {
            best = estimate;
        }
        if best.error <= GOOD * best.value.abs() {
            break;
        }
    }
    if flat {
        // Not one of the steps moved the value. That is a zero derivative only if the graph says the
        // same; else it may be too small to see beside the value.
        let unseen = 4.0 * f64::EPSILON * here.abs() / (STARTS[0] * x.abs().max(1.0));
        let verdict = match analytic {
            0.0 => Verdict::Constant,
            a if a.abs() > unseen => Verdict::Wrong,
            a if unseen <= GOOD * scale && a.abs() <= unseen => Verdict::AtScale,
            _ => Verdict::Inconclusive,
        };
        return (verdict, 0.0, runs);
    }
    // Either the estimate resolves the derivative itself, or it only shows that the derivative is
    // small beside its neighbors, or it shows nothing.
    let resolved = best.error <= POOR * best.value.abs();
    let small = best.error <= GOOD * scale && !bent;
    let verdict = match (best.holds(analytic), resolved, small) {
        (true, true, _) => Verdict::Verified,
        (true, false, true) => Verdict::AtScale,
        (false, true, _) | (false, _, true) => kink_or(f, x, analytic, here, Verdict::Wrong, &mut runs),
        (_, false, false) => kink_or(f, x, analytic, here, Verdict::Inconclusive, &mut runs),
    };
    (verdict, best.value, runs)
}

/// Where the slopes of the two sides are known and differ, the point is a kink: right is what lies
/// between them.
fn kink_or(
    f: &mut dyn FnMut(f64) -> f64,
    x: f64,
    analytic: f64,
    here: f64,
    otherwise: Verdict,
    runs: &mut usize,
) -> Verdict {
    let step = 1e-4 * x.abs().max(1.0);
    let right = one_sided(f, x, step, here);
    let left = one_sided(f, x, -step, here);
    *runs += 2 * ROWS;
    let known =
        |side: Estimate| side.error <= POOR * side.value.abs().max(1e-3 * (left.value - right.value).abs());
    let apart = (left.value - right.value).abs() > 4.0 * (left.error + right.error);
    if !(known(left) && known(right) && apart) {
        return otherwise;
    }
    let slack = 2.0 * left.error.max(right.error);
    let (low, high) = (left.value.min(right.value) - slack, left.value.max(right.value) + slack);
    if (low..=high).contains(&analytic) { Verdict::Kink } else { Verdict::Wrong }
}

/// A table of central differences at `step`, `step/2`, …; and whether the value never moved.
fn central(f: &mut dyn FnMut(f64) -> f64, x: f64, step: f64, here: f64) -> (Estimate, bool) {
    let mut flat = true;
    let mut jumps = Vec::with_capacity(ROWS);
    let estimate = table(step, 4.0, |h| {
        // The steps that were really taken, not the ones that were meant.
        let (above, below) = (x + h, x - h);
        let (up, down) = (f(above), f(below));
        flat &= up == here && down == here;
        let noise = noise(&[up, down, here], above - below);
        jumps.push((((up - here) - (here - down)).abs() / h, noise));
        ((up - down) / (above - below), noise)
    });
    // The difference between the two sides shrinks with the step where the value is smooth.
    let bent = match (jumps.first(), jumps.last()) {
        (Some(first), Some(last)) => last.0 > 0.5 * first.0 && last.0 > 8.0 * last.1,
        _ => false,
    };
    (Estimate { bent, ..estimate }, flat)
}

fn one_sided(f: &mut dyn FnMut(f64) -> f64, x: f64, step: f64, here: f64) -> Estimate {
    table(step, 2.0, |h| {
        let beside = x + h;
        let there = f(beside);
        ((there - here) / (beside - x), noise(&[there, here], beside - x))
    })
}

/// What the rounding of the values can do to their difference quotient.
fn noise(values: &[f64], width: f64) -> f64 {
    4.0 * f64::EPSILON * values.iter().fold(0.0, |max: f64, v| max.max(v.abs())) / width.abs()
}

/// Neville's table: each column cancels one more power of the step, which is `ratio` for the first.
fn table(step: f64, ratio: f64, mut difference: impl FnMut(f64) -> (f64, f64)) -> Estimate {
    let mut best = NOTHING;
    let mut above: Vec<f64> = Vec::with_capacity(ROWS);
    let mut h = step;
    for row in 0..ROWS {
        let (first, noise) = difference(h);
        let mut line = vec![first];
        let mut power = ratio;
        for column in 1..=row {
            line.push((line[column - 1] * power - above[column - 1]) / (power - 1.0));
            power *= ratio;
            let error =
                (line[column] - line[column - 1]).abs().max((line[column] - above[column - 1]).abs()) + noise;
            if error < best.error {
                best = Estimate { value: line[column], error, ..NOTHING };
            }
        }
        above = line;
        h /= 2.0;
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(mut f: impl FnMut(f64) -> f64, x: f64, analytic: f64) -> Verdict {
        judge(&mut f, x, analytic, analytic.abs()).0
    }

    #[test]
    fn a_right_derivative_is_verified_and_a_slightly_wrong_one_is_not() {
        for x in [-3.0, 0.1, 1.0, 20.0] {
            assert_eq!(verdict(f64::sin, x, x.cos()), Verdict::Verified);
            for wrong in [1e-3, 1e-6, 1e-8] {
                assert_eq!(verdict(f64::sin, x, x.cos() * (1.0 + wrong)), Verdict::Wrong, "{x} {wrong}");
            }
        }
    }

    #[test]
    fn a_kink_admits_what_lies_between_its_sides() {
        for (slope, expected) in
            [(0.0, Verdict::Kink), (0.5, Verdict::Kink), (1.0, Verdict::Kink), (1.1, Verdict::Wrong)]
        {
            assert_eq!(verdict(|x| x.max(0.0), 0.0, slope), expected);
        }
    }

    #[test]
    fn a_kink_nearby_only_asks_for_a_smaller_step() {
        for beside in [0.05, 1e-3, 1e-5] {
            assert_eq!(verdict(|x| x.max(0.0), beside, 1.0), Verdict::Verified);
            assert_eq!(verdict(|x| x.max(0.0), beside, 0.0), Verdict::Wrong);
        }
    }

    #[test]
    fn a_constant_has_derivative_zero_and_no_other() {
        assert_eq!(verdict(|_| 3.0, 1.0, 0.0), Verdict::Constant);
        assert_eq!(verdict(|_| 3.0, 1.0, 1e-3), Verdict::Wrong);
    }

    #[test]
    fn a_derivative_too_small_to_see_is_inconclusive() {
        assert_eq!(verdict(|x| 1.0 + 1e-20 * x, 1.0, 1e-20), Verdict::Inconclusive);
        assert_eq!(verdict(|x| 1.0 + 1e-20 * x, 1.0, 2e-20), Verdict::Inconclusive);
    }

    #[test]
    fn nan_and_infinity_are_told() {
        assert_eq!(verdict(|_| f64::NAN, 1.0, 0.0), Verdict::NonFinite);
        assert_eq!(verdict(|x| x, 1.0, f64::NAN), Verdict::NonFinite);
    }
}
