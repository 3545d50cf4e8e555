//! The report of a gradient check. Floor 7.

mod region;
mod show;

pub(crate) use region::NEAR;
pub use region::Region;

use crate::gradcheck::verdict::{Evidence, Judgment, Oracle, Rules, Verdict};
use crate::shape::Shape;
use std::panic::Location;

/// Prefix of the names of tensors in the second order.
pub(crate) const SECOND: &str = "second order: ";

/// One derivative that was checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// The place of the input in its tensor.
    pub index: Shape,
    /// The element of the function's value that was differentiated, counted in row-major order.
    pub output: usize,
    /// The input.
    pub at: f64,
    /// The part of the number line that it lies in.
    pub region: Region,
    /// The derivative that the graph computes.
    pub analytic: f64,
    /// The derivative by the best oracle.
    pub numeric: f64,
    /// The best oracle, if any resolved the derivative.
    pub oracle: Option<Oracle>,
    /// Another oracle that disagrees, and what it says.
    pub other: Option<(Oracle, f64)>,
    /// The slope that was declared, at a declared kink.
    pub declared: Option<f64>,
    /// The slopes to the left and right of a kink.
    pub sides: Option<(f64, f64)>,
    /// The distance over which the value is exactly constant in `f64`, to both sides.
    pub reach: f64,
    /// The verdict.
    pub verdict: Verdict,
}

impl Element {
    /// Judges the evidence; the place of the element is still to be filled in.
    pub(crate) fn judged(evidence: &Evidence, rules: &Rules) -> Self {
        let Judgment { verdict, numeric, oracle, other } = evidence.judge(rules);
        Element {
            index: Shape::scalar(),
            output: 0,
            at: evidence.at,
            region: Region::of(evidence.at, &[]),
            analytic: evidence.analytic,
            numeric,
            oracle,
            other,
            declared: None,
            sides: evidence.kink().map(|(left, right, _)| (left, right)),
            reach: evidence.reach,
            verdict,
        }
    }

    /// Returns the relative difference of the two derivatives.
    pub fn relative(&self) -> f64 {
        match (self.analytic - self.numeric).abs() {
            0.0 => 0.0,
            difference => difference / self.analytic.abs().max(self.numeric.abs()),
        }
    }
}

/// The derivatives in one tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The name of the parameter or input.
    pub name: String,
    /// Its shape.
    pub shape: Shape,
    /// The number of elements of the function's value.
    pub outputs: usize,
    /// The derivatives that were checked.
    pub elements: Vec<Element>,
    /// Points left out because the value or its slope is beyond the largest number there.
    pub beyond: usize,
    /// Kinks that were found and not declared.
    pub kinks: Vec<f64>,
    /// The number of evaluations of the function, in all kinds of numbers.
    pub runs: usize,
}

impl Part {
    pub(crate) fn new(name: &str, shape: &[usize]) -> Self {
        let (name, shape) = (name.to_string(), shape.into());
        Part { name, shape, outputs: 1, elements: Vec::new(), beyond: 0, kinks: Vec::new(), runs: 0 }
    }

    /// The name of the tensor alone, of the second order as well.
    pub(crate) fn tensor(&self) -> &str {
        self.name.strip_prefix(SECOND).unwrap_or(&self.name)
    }

    /// Returns the number of elements with a verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.elements.iter().filter(|element| element.verdict == verdict).count()
    }

    /// The verified element with the largest relative difference.
    pub fn worst(&self) -> Option<&Element> {
        let verified = self.elements.iter().filter(|element| element.verdict == Verdict::Verified);
        verified.max_by(|a, b| a.relative().total_cmp(&b.relative()))
    }
}

/// The witness that a derivative along a direction was compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Witness {
    /// The complex step along the direction.
    ComplexStep,
    /// The graph's own forward mode: `⟨u, J v⟩ = ⟨Jᵀ u, v⟩`.
    Forward,
    /// The order with which the remainder of the linear approximation falls: 2, if the slope is right.
    Remainder,
    /// The second derivative with its two directions exchanged.
    Symmetry,
}

/// A derivative along a direction through a whole tensor, or all: weaker than each element, and reported apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Projection {
    /// The name of the projection.
    pub name: String,
    /// The witness.
    pub by: Witness,
    /// The derivative by the graph; for a remainder, 2.
    pub analytic: f64,
    /// The derivative by the witness; for a remainder, its order, at most 2.
    pub numeric: f64,
    /// The difference that is allowed: roundings of the sum of the terms' sizes.
    pub bound: f64,
}

impl Projection {
    /// Tells whether the two agree.
    pub fn agrees(&self) -> bool {
        (self.analytic - self.numeric).abs() <= self.bound
    }
}

/// The operations of one name between the tensors and the value, each judged by itself where it stands:
/// what its rule makes of a random cotangent against the complex step of its own value.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// The name.
    pub name: String,
    /// The number of operations of this name.
    pub nodes: usize,
    /// The number of those with a wrong rule.
    pub wrong: usize,
    /// The number of those that could not be judged: at a kink, beside infinities, or beyond what roundings leave.
    pub open: usize,
    /// The largest difference of the others, relative to the sizes of the terms.
    pub worst: f64,
    /// The parts of the number line that an elementwise operation's first argument reached.
    pub reached: Vec<Region>,
}

/// The origin of a check, for repeating it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The line of the description.
    pub(crate) location: &'static Location<'static>,
    /// True for a function of one number.
    pub(crate) number: bool,
}

impl Origin {
    #[track_caller]
    pub(crate) fn here(number: bool) -> Self {
        Origin { location: Location::caller(), number }
    }
}

/// The report of a gradient check, element by element. Displays as tables and a conclusion.
#[must_use = "a check says nothing until its report is read; see `assert_ok`"]
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The name of what was checked.
    pub name: String,
    /// The seed of the probes, samples and directions.
    pub seed: u64,
    /// The tensors, in the order in which they were recorded.
    pub parts: Vec<Part>,
    /// Derivatives along directions.
    pub projections: Vec<Projection>,
    /// The operations whose rules are wrong where they stand, with the lines that recorded them.
    pub wrong_rules: Vec<String>,
    /// The operations between the tensors and the value, by name.
    pub operations: Vec<Operation>,
    /// Remarks, above all on what was not exercised.
    pub notes: Vec<String>,
    /// True if dead intervals were declared, so that finding them is evidence.
    pub(crate) dead_counts: bool,
    pub(crate) origin: Origin,
    /// The description as code, without what picks out elements; and what does.
    pub(crate) code: (String, String),
    problem: Option<String>,
}

impl Report {
    pub(crate) fn new(name: &str, seed: u64, origin: Origin, code: (String, String)) -> Self {
        Report {
            name: name.to_string(),
            seed,
            parts: Vec::new(),
            projections: Vec::new(),
            wrong_rules: Vec::new(),
            operations: Vec::new(),
            notes: Vec::new(),
            dead_counts: false,
            origin,
            code,
            problem: Some("it did not run".into()),
        }
    }

    /// Returns the number of derivatives that were checked.
    pub fn checked(&self) -> usize {
        self.parts.iter().map(|part| part.elements.len()).sum()
    }

    /// Returns the number of derivatives that there are.
    pub fn total(&self) -> usize {
        self.parts.iter().map(|part| part.shape.size() * part.outputs).sum()
    }

    /// Returns the number of elements with a verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.parts.iter().map(|part| part.count(verdict)).sum()
    }

    /// Returns why the check failed, or `None` if it passed.
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// Tells whether no element failed and there is evidence.
    pub fn passed(&self) -> bool {
        self.problem.is_none()
    }

    /// The verified element with the largest relative difference, and the tensor that it is in.
    pub fn worst(&self) -> Option<(&Part, &Element)> {
        let each = self.parts.iter().filter_map(|part| part.worst().map(|element| (part, element)));
        each.max_by(|a, b| a.1.relative().total_cmp(&b.1.relative()))
    }

    /// Returns the derivatives that did not pass, with their tensors, the most telling ones first: those known to
    /// be wrong come before those that nothing resolves; then, for a function of one number, those nearest to its
    /// interior; then those with the largest error.
    pub fn failed(&self) -> Vec<(&Part, &Element)> {
        let all = self.parts.iter().flat_map(|part| part.elements.iter().map(move |e| (part, e)));
        let mut failed: Vec<(&Part, &Element)> = all.filter(|(_, e)| !e.verdict.passes()).collect();
        let known = |e: &Element| !matches!(e.verdict, Verdict::Inconclusive | Verdict::NonFinite);
        let [inside, at]: [fn(&Element) -> f64; 2] = match self.origin.number {
            true => [|e| f64::from(e.region.outward()), |e| e.at.abs()],
            false => [|_| 0.0, |_| 0.0],
        };
        // Two errors of about one size are ordered by their places.
        let size = |e: &Element| (2.0 * e.relative().log10()).round();
        failed.sort_by(|(_, a), (_, b)| {
            let order = known(b).cmp(&known(a)).then(inside(a).total_cmp(&inside(b)));
            order.then(size(b).total_cmp(&size(a))).then(at(a).total_cmp(&at(b)))
        });
        failed
    }

    /// Returns the code that repeats the check; if an element failed, the code for the most telling one alone. The
    /// same seed probes the same points.
    pub fn repeat(&self) -> String {
        let (code, all) = &self.code;
        let what = match self.failed().first() {
            Some((_, element)) if self.origin.number => format!(".only([{}])", literal(element.at)),
            Some((part, element)) => {
                format!(".only(\"{}\", {:?})", part.tensor(), &element.index[..])
            }
            None => String::new(),
        };
        format!("{code}{what}{all}.run()")
    }

    /// Ends a test with the whole report unless the check passed.
    ///
    /// # Panics
    /// If it did not pass.
    #[track_caller]
    pub fn assert_ok(&self) {
        assert!(self.passed(), "{self}");
    }

    /// Draws the conclusion.
    pub(crate) fn conclude(&mut self, rules: &Rules) {
        let all = || self.parts.iter().flat_map(|part| &part.elements);
        let failed = all().filter(|element| !(rules.passes)(element.verdict)).count();
        let kinks: Vec<String> =
            self.parts.iter().flat_map(|part| &part.kinks).map(|at| format!("{at:e}")).collect();
        let evidence = all().filter(|element| match element.verdict {
            Verdict::Verified | Verdict::Kink => true,
            Verdict::Dead => self.dead_counts,
            _ => false,
        });
        let evidence = evidence.count();
        let apart = self.projections.iter().filter(|projection| !projection.agrees()).count();
        self.problem = if self.checked() == 0 && !(rules.evidence)(0) {
            Some("nothing was checked".into())
        } else if failed > 0 {
            let dead = all().all(|e| e.verdict == Verdict::Undeclared && e.sides.is_none());
            let why = if dead { ": no point has a slope, and that was not declared" } else { "" };
            Some(format!("{failed} of {} derivatives did not pass{why}", self.checked()))
        } else if !kinks.is_empty() {
            Some(format!("kinks that nobody declared: {}", kinks.join(", ")))
        } else if apart > 0 {
            Some(format!("{apart} of {} projections disagree", self.projections.len()))
        } else if !self.wrong_rules.is_empty() {
            Some(format!("the rules of {} operations are wrong", self.wrong_rules.len()))
        } else if !(rules.evidence)(evidence) {
            Some("nothing was verified".into())
        } else {
            None
        };
    }
}

/// Returns a number as code has it.
pub(crate) fn literal(x: f64) -> String {
    match x {
        _ if x == f64::INFINITY => "f64::INFINITY".into(),
        _ if x == f64::NEG_INFINITY => "f64::NEG_INFINITY".into(),
        _ if x.is_nan() => "f64::NAN".into(),
        _ => format!("{x:?}"),
    }
}
