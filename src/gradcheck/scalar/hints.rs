//! Hints for a check of a function of one number that failed for want of a declaration, or of digits. Floor 7.

use super::points::{Recorded, exact};
use crate::error::Result;
use crate::gradcheck::report::{Element, Part, literal};
use crate::gradcheck::verdict::Verdict;

/// The number of hints of one kind, at most.
const HINTS: usize = 3;

/// Returns the declarations that would let the failed elements of a part be judged, in words; `open` if no domain
/// was declared.
pub(crate) fn hints(part: &Part, open: bool) -> Vec<String> {
    let mut found = Vec::new();
    let undefined: Vec<f64> = of(part, |e| e.verdict == Verdict::NonFinite);
    if let (true, Some(first), Some(last)) = (open, undefined.first(), undefined.last()) {
        found.push(format!(
            "the value is not a number at {} probes from {first:e} to {last:e}: `.domain(low, high)` says where it is one",
            undefined.len()
        ));
    }
    let bends = of(part, |e| e.verdict == Verdict::Undeclared && e.sides.is_some());
    let mut kinks: Vec<f64> = part.kinks.iter().copied().chain(bends).collect();
    kinks.sort_by(f64::total_cmp);
    kinks.dedup();
    for at in kinks.into_iter().take(HINTS) {
        let at = literal(at);
        found.push(format!(
            "if the kink at {at} is intended, declare it with its slope: `.kink({at}, slope)`"
        ));
    }
    let flat = |e: &Element| e.verdict == Verdict::Undeclared && e.sides.is_none();
    let runs = part.elements.chunk_by(|a, b| flat(a) == flat(b)).filter(|run| flat(&run[0]));
    for run in runs.take(HINTS) {
        let (first, last) = (run[0].at, run[run.len() - 1].at);
        found.push(format!(
            "no slope from {first:e} to {last:e}: if this is intended, declare the interval: `.dead(low, high)`"
        ));
    }
    found
}

/// The number of failed elements that are examined for lost digits, at most.
const EXAMINED: usize = 512;
/// Share to which two derivatives are the same.
const SAME: f64 = 1e-6;

/// Says which failed elements are right when the same slope is computed in double-double numbers.
pub(crate) fn digits(slope: &Recorded<'_>, part: &Part) -> Result<Option<String>> {
    let failed = |e: &&Element| matches!(e.verdict, Verdict::Wrong | Verdict::Inconclusive);
    let failed: Vec<&Element> = part.elements.iter().filter(failed).take(EXAMINED).collect();
    if failed.is_empty() {
        return Ok(None);
    }
    let exact = exact(slope, &failed.iter().map(|e| e.at).collect::<Vec<f64>>())?;
    let right = |(e, exact): &(&&Element, f64)| (exact - e.numeric).abs() <= SAME * e.numeric.abs();
    let right: Vec<f64> = failed.iter().zip(exact).filter(right).map(|(e, _)| e.at).collect();
    let (Some(first), Some(last)) = (right.first(), right.last()) else { return Ok(None) };
    Ok(Some(format!(
        "{} of {} that failed, from {first:e} to {last:e}, are right where numbers have twice the digits: the formula loses \
         digits there, as `ln(1 + x)` does near 0 and `ln_1p(x)` does not",
        right.len(),
        failed.len()
    )))
}

/// Returns the points of the elements that something is true of.
fn of(part: &Part, is: impl Fn(&Element) -> bool) -> Vec<f64> {
    part.elements.iter().filter(|e| is(e)).map(|e| e.at).collect()
}
