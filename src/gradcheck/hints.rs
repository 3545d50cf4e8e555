//! What to write where a check of a function of one number failed for want of a declaration. Floor 8.

use super::report::{Element, Part, literal};
use super::verdict::Verdict;

/// Intervals that are told.
const TOLD: usize = 3;

/// The declarations that would let the failed elements of a part be judged, in words; `open` if no domain
/// was declared.
pub(super) fn hints(part: &Part, open: bool) -> Vec<String> {
    let mut found = Vec::new();
    let undefined: Vec<f64> = of(part, |e| e.verdict == Verdict::NonFinite);
    if let (true, Some(first), Some(last)) = (open, undefined.first(), undefined.last()) {
        found.push(format!(
            "no number at {} probes from {first:e} to {last:e}: `.domain(low, high)` says where there is a value",
            undefined.len()
        ));
    }
    let bends = of(part, |e| e.verdict == Verdict::Undeclared && e.sides.is_some());
    let mut kinks: Vec<f64> = part.kinks.iter().copied().chain(bends).collect();
    kinks.sort_by(f64::total_cmp);
    kinks.dedup();
    for at in kinks.into_iter().take(TOLD) {
        let at = literal(at);
        found.push(format!("a kink that is meant is declared with its slope: `.kink({at}, slope)`"));
    }
    let flat = |e: &Element| e.verdict == Verdict::Undeclared && e.sides.is_none();
    let runs = part.elements.chunk_by(|a, b| flat(a) == flat(b)).filter(|run| flat(&run[0]));
    for run in runs.take(TOLD) {
        let (first, last) = (run[0].at, run[run.len() - 1].at);
        found.push(format!(
            "no slope from {first:e} to {last:e}: if that is meant, `.dead(low, high)` declares the interval"
        ));
    }
    found
}

/// Where the elements are that something is true of.
fn of(part: &Part, is: impl Fn(&Element) -> bool) -> Vec<f64> {
    part.elements.iter().filter(|e| is(e)).map(|e| e.at).collect()
}
