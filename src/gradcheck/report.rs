//! What a gradient check saw. Floor 8.

use crate::shape::Shape;
use std::fmt;

/// What a check says of one element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The differences resolve the derivative, and it is right.
    Verified,
    /// It is right as far as the differences resolve it: they show that it is tiny beside the
    /// largest derivative, not its own digits.
    AtScale,
    /// The point is a kink, and the derivative lies between the slopes of the two sides.
    Kink,
    /// The value does not move at all, to either side, and the derivative is exactly 0.
    Constant,
    /// The derivative is wrong.
    Wrong,
    /// The value or the derivative is infinite or NaN.
    NonFinite,
    /// The differences cannot tell. This never passes.
    Inconclusive,
}

impl Verdict {
    const ALL: [Verdict; 7] = [
        Verdict::Verified,
        Verdict::AtScale,
        Verdict::Kink,
        Verdict::Constant,
        Verdict::Wrong,
        Verdict::NonFinite,
        Verdict::Inconclusive,
    ];

    /// Whether an element with this verdict lets a check pass.
    pub fn passes(self) -> bool {
        match self {
            Verdict::Verified | Verdict::AtScale | Verdict::Kink | Verdict::Constant => true,
            Verdict::Wrong | Verdict::NonFinite | Verdict::Inconclusive => false,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Verdict::Verified => "verified",
            Verdict::AtScale => "at scale",
            Verdict::Kink => "kink",
            Verdict::Constant => "constant",
            Verdict::Wrong => "wrong",
            Verdict::NonFinite => "non-finite",
            Verdict::Inconclusive => "inconclusive",
        }
    }
}

/// One element that was checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// Where it is in its tensor.
    pub index: Shape,
    /// The derivative that the graph computes.
    pub analytic: f64,
    /// The derivative by differences.
    pub numeric: f64,
    /// What follows.
    pub verdict: Verdict,
    /// How often the value was computed for it.
    pub runs: usize,
}

impl Element {
    /// The relative difference of the two derivatives.
    pub fn relative(&self) -> f64 {
        match (self.analytic - self.numeric).abs() {
            0.0 => 0.0,
            difference => difference / self.analytic.abs().max(self.numeric.abs()),
        }
    }
}

/// The elements of one tensor that were checked.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorReport {
    /// The name of the parameter or input.
    pub name: String,
    /// Its shape.
    pub shape: Shape,
    /// The elements that were checked, in order.
    pub elements: Vec<Element>,
}

impl TensorReport {
    fn count(&self, verdict: Verdict) -> usize {
        self.elements.iter().filter(|element| element.verdict == verdict).count()
    }

    /// The largest relative difference among verified elements.
    fn worst(&self) -> f64 {
        let verified = self.elements.iter().filter(|element| element.verdict == Verdict::Verified);
        verified.map(Element::relative).fold(0.0, f64::max)
    }
}

/// What a gradient check saw, element by element. Displayed, a table.
#[must_use = "a check says nothing until its report is read; see `assert_ok`"]
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The tensors, in the order in which they were recorded.
    pub tensors: Vec<TensorReport>,
}

impl Report {
    /// How many elements were checked.
    pub fn checked(&self) -> usize {
        self.tensors.iter().map(|tensor| tensor.elements.len()).sum()
    }

    /// How many elements there are.
    pub fn total(&self) -> usize {
        self.tensors.iter().map(|tensor| tensor.shape.size()).sum()
    }

    /// How many elements got a verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.tensors.iter().map(|tensor| tensor.count(verdict)).sum()
    }

    /// Whether no element failed and at least one was verified.
    pub fn passed(&self) -> bool {
        let all = self.tensors.iter().flat_map(|tensor| &tensor.elements);
        let mut evidence = false;
        for element in all {
            if !element.verdict.passes() {
                return false;
            }
            evidence |= matches!(element.verdict, Verdict::Verified | Verdict::Kink);
        }
        evidence
    }

    /// Ends a test with the whole report unless the check passed.
    ///
    /// # Panics
    /// If it did not pass.
    #[track_caller]
    pub fn assert_ok(&self) {
        assert!(self.passed(), "{self}");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: Vec<Verdict> =
            Verdict::ALL.into_iter().filter(|&verdict| self.count(verdict) > 0).collect();
        let mut rows = vec![vec!["tensor".to_string(), "shape".into(), "checked".into()]];
        rows[0].extend(shown.iter().map(|verdict| verdict.word().to_string()));
        rows[0].push("worst".into());
        for tensor in &self.tensors {
            let mut row = vec![tensor.name.clone(), tensor.shape.to_string()];
            row.push(format!("{} of {}", tensor.elements.len(), tensor.shape.size()));
            row.extend(shown.iter().map(|&verdict| tensor.count(verdict).to_string()));
            row.push(format!("{:.1e}", tensor.worst()));
            rows.push(row);
        }
        let widths: Vec<usize> = (0..rows[0].len())
            .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
            .collect();
        for row in &rows {
            for (i, (cell, &width)) in row.iter().zip(&widths).enumerate() {
                if i < 2 { write!(f, "{cell:width$}  ")? } else { write!(f, "{cell:>width$}  ")? }
            }
            writeln!(f)?;
        }
        for tensor in &self.tensors {
            let failed = tensor.elements.iter().filter(|element| !element.verdict.passes());
            for Element { index, analytic, numeric, verdict, .. } in failed.take(5) {
                writeln!(
                    f,
                    "{}{index}: {}: {analytic:e} by the graph, {numeric:e} by differences",
                    tensor.name,
                    verdict.word()
                )?;
            }
        }
        let verdict = match self.passed() {
            true => "passed",
            false if self.count(Verdict::Verified) + self.count(Verdict::Kink) == 0 => {
                "failed: nothing was verified"
            }
            false => "failed",
        };
        write!(f, "gradient check {verdict}: {} of {} elements checked", self.checked(), self.total())
    }
}
