//! The judge: a verdict follows from the evidence. Floor 7.

use super::{Oracle, Verdict};
use crate::gradcheck::oracle::{END, Estimate, FADED, FINE, NOTHING, PLAIN, Sides};

/// One-sided slopes are known when their error is below this share.
const SIDES: f64 = 1e-6;
/// The share of the slope below which a bend is no kink: the tables of the sides cannot distinguish it from a bend
/// of the slope itself.
const BEND: f64 = 1e-5;
/// Differences do not count beyond this point, unless the complex step is silent.
const FAR: f64 = 1e6;
/// Oracles that differ by more than this share disagree.
const AGREE: f64 = 1e-8;
/// Share for differences in `f64`, if double-double numbers resolve the derivative as well.
const ROUGHLY: f64 = 1e-6;
/// A derivative that no oracle resolves, beside a root, must be known to this share of its terms; beside
/// 0, of the value.
const ROOT: f64 = 1e-24;
/// A value that is larger than its terms by this factor hides from double-double numbers what they do.
const HIDES: f64 = 1e19;

/// The numbers and rules that the judgment rests on, in one place so that the checks of the check can bend them.
#[derive(Clone, Copy)]
pub(crate) struct Rules {
    /// Roundings of a value that its differences are thought to carry.
    pub(crate) noise: f64,
    /// Agreement, relative to the derivative, that is owed to the rounding of the gradient.
    pub(crate) relative: f64,
    /// Factor on the spread of the derivative under roundings, for a sum that cancels.
    pub(crate) spread: f64,
    /// The slopes at a kink that are right, of the two sides.
    pub(crate) between: fn(f64, f64) -> (f64, f64),
    /// Tells whether a verdict lets a check pass.
    pub(crate) passes: fn(Verdict) -> bool,
    /// Tells whether this number of verified elements and kinks is evidence.
    pub(crate) evidence: fn(usize) -> bool,
}

/// The rules by which checks judge.
pub(crate) const RULES: Rules = Rules {
    noise: 4.0,
    relative: 1e-11,
    spread: 32.0,
    between: |left, right| (left.min(right), left.max(right)),
    passes: Verdict::passes,
    evidence: |count| count > 0,
};

/// A verdict, and what it rests on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judgment {
    pub(crate) verdict: Verdict,
    /// The derivative that the verdict rests on, and whose that is.
    pub(crate) numeric: f64,
    pub(crate) oracle: Option<Oracle>,
    /// The oracle that says something else, and what it says.
    pub(crate) other: Option<(Oracle, f64)>,
}

impl Judgment {
    fn new(verdict: Verdict, numeric: f64, oracle: Option<Oracle>) -> Self {
        Judgment { verdict, numeric, oracle, other: None }
    }
}

/// All that is known of one derivative.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evidence {
    /// The point.
    pub(crate) at: f64,
    /// The function's value.
    pub(crate) here: f64,
    /// The derivative that the graph computes.
    pub(crate) analytic: f64,
    /// The derivative by differences in `f64`.
    pub(crate) plain: Estimate,
    /// The derivative by differences in double-double numbers.
    pub(crate) fine: Estimate,
    /// The derivative by the complex step.
    pub(crate) step: Estimate,
    /// The slopes to the left and to the right, by differences.
    pub(crate) sides: Option<Sides>,
    /// The slopes by a complex step to either side, if a choice was made between equals.
    pub(crate) turned: Option<Sides>,
    /// The distance over which the value is exactly constant in `f64`, to both sides.
    pub(crate) reach: f64,
    /// True if the value is exactly constant in double-double numbers as well, over the widest of their
    /// differences.
    pub(crate) still: bool,
    /// The change of the derivative when inputs, or what is made of them, are rounded differently.
    pub(crate) spread: f64,
}

impl Evidence {
    /// Evidence before any oracle was asked.
    pub(crate) fn new(at: f64, here: f64, analytic: f64) -> Self {
        Evidence {
            at,
            here,
            analytic,
            plain: NOTHING,
            fine: NOTHING,
            step: NOTHING,
            sides: None,
            turned: None,
            reach: 0.0,
            still: false,
            spread: 0.0,
        }
    }

    /// Tells whether the differences in `f64` alone settle the derivative.
    pub(crate) fn settled(&self, rules: &Rules) -> bool {
        self.plain.resolves(PLAIN) && close(self.analytic, self.plain, rules)
    }

    /// Tells whether the element is dead: the value is constant to both sides, and graph and complex step say 0.
    /// Either nothing that moves reaches the value, or its terms cancel to the last digit of double-double numbers.
    /// Differences of the whole value alone are no evidence: a change that is small beside the rest of the value
    /// shows in none of its digits. A derivative of 0 is not enough either, since a root of the slope has it too.
    pub(crate) fn dead(&self) -> bool {
        let Estimate { value, error, size, cut, .. } = self.step;
        let cut = cut && value == 0.0 && error == 0.0;
        let shown = self.still && self.here.abs() <= HIDES * size;
        let cancelled = shown && error.is_finite() && value.abs() <= error && error <= ROOT * size;
        self.analytic == 0.0 && self.reach > 0.0 && (cut || cancelled)
    }

    /// Returns the slope of both sides, if they are the same.
    fn common(&self) -> Estimate {
        self.sides.map_or(NOTHING, |(left, right)| {
            let error = left.error.max(right.error).max((left.value - right.value).abs());
            let size = left.size.max(right.size);
            Estimate { value: 0.5 * (left.value + right.value), error, size, ..NOTHING }
        })
    }

    /// Tells whether the complex step alone counts: far off, the steps of differences are longer than any wave.
    fn far(&self) -> bool {
        self.at.abs() > FAR && self.step.resolves(FINE)
    }

    /// Tells whether no other oracle could change that the derivative is verified.
    pub(crate) fn far_and_right(&self, rules: &Rules) -> bool {
        self.far() && self.step.firm && close(self.analytic, self.step, rules)
    }

    /// Returns the oracles that resolve the derivative, the most exact one last.
    fn oracles(&self) -> Vec<(Oracle, Estimate)> {
        let mut found = Vec::with_capacity(3);
        let far = self.far();
        if self.plain.resolves(PLAIN) && !far {
            found.push((Oracle::Differences, self.plain));
        }
        if self.fine.resolves(FINE) && !far {
            found.push((Oracle::DoubleDouble, self.fine));
        } else if self.common().resolves(FINE) && !far {
            found.push((Oracle::OneSided, self.common()));
        }
        if self.step.resolves(FINE) || self.step.error <= 2.0 * FADED {
            found.push((Oracle::ComplexStep, self.step));
        }
        found
    }

    /// Returns the slopes of the two sides, if both are known and differ, and the oracle that knows them. The
    /// complex step sees a kink that is small beside the value as well.
    pub(crate) fn kink(&self) -> Option<(f64, f64, Oracle)> {
        let (sides, by) = match self.turned {
            Some(turned) => (turned, Oracle::ComplexStep),
            None => (self.sides?, Oracle::OneSided),
        };
        bent(sides).map(|(left, right)| (left, right, by))
    }

    /// Returns the middle of a kink that differences see, if the complex step to both sides sees none or another
    /// one.
    fn torn(&self) -> Option<f64> {
        let (turned, (left, right)) = (self.turned?, bent(self.sides?)?);
        let slack = SIDES * left.abs().max(right.abs());
        let apart = |step: Estimate, other: f64| (step.value - other).abs() > slack + 4.0 * step.error;
        (apart(turned.0, left) || apart(turned.1, right)).then_some(0.5 * (left + right))
    }

    /// Returns the verdict and what it rests on.
    pub(crate) fn judge(&self, rules: &Rules) -> Judgment {
        if !self.here.is_finite() || !self.analytic.is_finite() {
            return Judgment::new(Verdict::NonFinite, self.step.value, None);
        }
        // A point beside a kink has the derivative of its side, however near the kink is.
        let beside = self.step.firm && self.step.resolves(FINE);
        if let Some(differences) = self.torn().filter(|_| !beside) {
            let (other, by) = (Some((Oracle::OneSided, differences)), Some(Oracle::ComplexStep));
            return Judgment { other, ..Judgment::new(Verdict::Inconclusive, self.step.value, by) };
        }
        if let Some((left, right, by)) = self.kink().filter(|_| !beside) {
            let middle = 0.5 * (left + right);
            let (low, high) = (rules.between)(left, right);
            let slack = rules.relative.max(SIDES * 1e-2) * left.abs().max(right.abs());
            let inside = low - slack <= self.analytic && self.analytic <= high + slack;
            let verdict = if inside { Verdict::Kink } else { Verdict::Wrong };
            return Judgment::new(verdict, middle, Some(by));
        }
        if self.dead() {
            return Judgment::new(Verdict::Dead, 0.0, Some(Oracle::ComplexStep));
        }
        let oracles = self.oracles();
        let Some(&(oracle, best)) = oracles.last() else { return self.bounded(rules) };
        // Differences may underestimate their own error by some digits; the verdict is by the best oracle.
        // Differences in `f64` may underestimate it by more, if double-double numbers resolve the derivative.
        let agree = |(which, other): &(Oracle, Estimate)| {
            let finer = *which == Oracle::Differences && self.fine.resolves(FINE);
            let share = if finer { ROUGHLY } else { AGREE };
            let near = (best.value - other.value).abs() <= share * best.value.abs();
            near || close(best.value, *other, rules) || self.owed(best.value, other.value, rules)
        };
        if let Some((other, estimate)) = oracles.iter().find(|other| !agree(other)) {
            let other = Some((*other, estimate.value));
            return Judgment { other, ..Judgment::new(Verdict::Inconclusive, best.value, Some(oracle)) };
        }
        let verdict = match close(self.analytic, best, rules) {
            // Near the end of the numbers it is known to some of the smallest ones, not to its own size.
            true if !best.resolves(PLAIN) => Verdict::AtScale,
            true => Verdict::Verified,
            false if self.faded(best.value) || self.owed(self.analytic, best.value, rules) => {
                Verdict::AtScale
            }
            false if self.cancels(best.value, rules) => Verdict::AtScale,
            // The complex step takes one of two sides, and the bend is too slight to be seen.
            false if oracle == Oracle::ComplexStep && oracles.len() == 1 && self.bend(rules) => {
                Verdict::Inconclusive
            }
            false => Verdict::Wrong,
        };
        Judgment::new(verdict, best.value, Some(oracle))
    }

    /// Returns the verdict where no oracle resolves the derivative to its own size: beside a root it is still known
    /// to a tiny share of the terms that it is made of.
    fn bounded(&self, rules: &Rules) -> Judgment {
        let all = [
            (Oracle::Differences, self.plain),
            (Oracle::DoubleDouble, self.fine),
            (Oracle::OneSided, self.common()),
            (Oracle::ComplexStep, self.step),
        ];
        let known = all.into_iter().filter(|(_, estimate)| estimate.error.is_finite());
        let Some((oracle, best)) = known.min_by(|a, b| a.1.error.total_cmp(&b.1.error)) else {
            return Judgment::new(Verdict::Inconclusive, f64::NAN, None);
        };
        let subnormal = self.faded(best.value) && best.error < f64::MIN_POSITIVE;
        // True if it is made of numbers that have only some digits.
        let at_end = best.value.abs() < END && best.error <= 0.1 * best.value.abs();
        // An overflow hides the size of the terms.
        let finite = self.step.value.is_finite() && self.step.size.is_finite();
        // The value itself is the scale beside 0, if the complex step says what the graph says but `f64` cannot
        // measure its error.
        let same = (self.analytic - self.step.value).abs() <= ROUGHLY * self.step.value.abs();
        let beside_zero =
            if same && self.at.abs() < 0.01 { self.here.abs().max(self.common().size) } else { 0.0 };
        let near_root = finite && best.error <= ROOT * self.step.size.max(beside_zero);
        let verdict = match close(self.analytic, best, rules) {
            _ if subnormal => Verdict::AtScale,
            true if near_root || at_end => Verdict::AtScale,
            _ if self.owed(self.analytic, best.value, rules) || self.cancels(best.value, rules) => {
                Verdict::AtScale
            }
            false if (self.analytic - best.value).abs() > 1e3 * best.error => Verdict::Wrong,
            _ => Verdict::Inconclusive,
        };
        Judgment::new(verdict, best.value, Some(oracle))
    }

    /// Tells whether the derivative is the slope of both sides.
    pub(crate) fn between_sides(&self) -> bool {
        let near =
            |side: Estimate| (self.analytic - side.value).abs() <= 2.0 * side.error + 1e-9 * side.value.abs();
        self.sides.is_some_and(|(left, right)| near(left) && near(right))
    }

    /// Tells whether two derivatives are too near the end of the numbers to be distinguished: both are subnormal,
    /// or made of a value that is subnormal and has only some digits.
    fn faded(&self, value: f64) -> bool {
        let largest = self.analytic.abs().max(value.abs());
        let some = if self.here == 0.0 { 0.0 } else { 4.0 * f64::from_bits(1) / self.here.abs() };
        let near = (self.analytic - value).abs() <= some.clamp(1e-6, 0.1) * largest;
        largest < f64::MIN_POSITIVE || (largest < 1e-300 && near)
    }

    /// Tells whether the slopes of the two sides differ at all, and the derivative lies between them.
    fn bend(&self, rules: &Rules) -> bool {
        self.sides.is_some_and(|(left, right)| {
            let (low, high) = (rules.between)(left.value, right.value);
            (left.value - right.value).abs() > 4.0 * (left.error + right.error)
                && (low..=high).contains(&self.analytic)
        })
    }

    /// Tells whether the terms of the derivative cancel to the last digit of double-double numbers, and the graph's differ
    /// by no more than their rounding in `f64`. The complex step may add them in an order in which they cancel exactly, while
    /// the graph adds them backward: so of the bias of attention's keys, which moves all scores of a query alike.
    fn cancels(&self, value: f64, rules: &Rules) -> bool {
        let size = self.step.size;
        let rounded = rules.spread * f64::EPSILON * size;
        size.is_finite() && value.abs() <= ROOT * size && (self.analytic - value).abs() <= rounded
    }

    /// Tells whether a difference is no more than roundings make.
    fn owed(&self, a: f64, b: f64, rules: &Rules) -> bool {
        self.spread > 0.0 && (a - b).abs() <= rules.spread * self.spread
    }
}

/// Returns the slopes of two sides, if both are known and differ.
fn bent((left, right): Sides) -> Option<(f64, f64)> {
    let apart = (left.value - right.value).abs();
    let known = |side: Estimate| side.error <= SIDES * side.value.abs().max(apart);
    let bend = apart > BEND * left.value.abs().max(right.value.abs()) && apart > f64::MIN_POSITIVE;
    (known(left) && known(right) && bend && apart > 4.0 * (left.error + right.error))
        .then_some((left.value, right.value))
}

/// Tells whether a derivative equals an estimate, to its error and to the rounding of the derivative itself; the
/// only absolute term is the end of the numbers.
fn close(a: f64, estimate: Estimate, rules: &Rules) -> bool {
    (a - estimate.value).abs() <= 2.0 * estimate.error + rules.relative * estimate.value.abs() + 2.0 * FADED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_that_finer_ones_overrule_may_be_off_by_a_millionth() {
        let known = |value: f64, share: f64| Estimate {
            error: share * value,
            value,
            size: 1.0,
            firm: true,
            cut: false,
        };
        let judged = |plain: f64, fine: Estimate| {
            let evidence = Evidence::new(1.0, 1.0, 2.0);
            let evidence = Evidence { plain: known(plain, 1e-12), fine, step: known(2.0, 1e-15), ..evidence };
            evidence.judge(&RULES).verdict
        };
        assert_eq!(judged(2.0 * (1.0 + 1e-7), known(2.0, 1e-15)), Verdict::Verified);
        assert_eq!(judged(2.0 * (1.0 + 1e-7), NOTHING), Verdict::Inconclusive);
        assert_eq!(judged(2.0 * (1.0 + 1e-5), known(2.0, 1e-15)), Verdict::Inconclusive);
        assert_eq!(judged(2.0, known(2.0 * (1.0 + 1e-7), 1e-15)), Verdict::Inconclusive);
    }
}
