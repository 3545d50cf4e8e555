//! What a gradient check saw. Floor 8.

use super::judge::{Evidence, Rules};
use super::probes::Region;
use super::verdict::{Oracle, Verdict};
use crate::shape::Shape;
use std::fmt;

/// One derivative that was checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// Where the input is in its tensor.
    pub index: Shape,
    /// Which element of the function's value was differentiated, counted in row-major order.
    pub output: usize,
    /// The input.
    pub at: f64,
    /// The part of the number line that it lies in, if the function is one of a number.
    pub region: Option<Region>,
    /// The derivative that the graph computes.
    pub analytic: f64,
    /// The derivative by the best oracle.
    pub numeric: f64,
    /// That oracle, if any could tell.
    pub oracle: Option<Oracle>,
    /// The slopes to the left and right of a kink.
    pub sides: Option<(f64, f64)>,
    /// How far to both sides the value is exactly constant.
    pub reach: f64,
    /// What follows.
    pub verdict: Verdict,
}

impl Element {
    /// What follows from the evidence, at a place that is still to be told.
    pub(super) fn judged(evidence: &Evidence, rules: &Rules) -> Self {
        let (verdict, numeric, oracle) = evidence.judge(rules);
        Element {
            index: Shape::scalar(),
            output: 0,
            at: evidence.at,
            region: None,
            analytic: evidence.analytic,
            numeric,
            oracle,
            sides: evidence.kink(),
            reach: evidence.reach,
            verdict,
        }
    }

    /// The relative difference of the two derivatives.
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
    /// How many elements the function's value has.
    pub outputs: usize,
    /// The derivatives that were checked.
    pub elements: Vec<Element>,
    /// Points left out because the value or its slope is beyond the largest number there.
    pub beyond: usize,
    /// Kinks that were found and not declared.
    pub kinks: Vec<f64>,
    /// How often the function was computed, in all kinds of numbers.
    pub runs: usize,
}

impl Part {
    pub(super) fn new(name: &str, shape: &[usize]) -> Self {
        let (name, shape) = (name.to_string(), shape.into());
        Part { name, shape, outputs: 1, elements: Vec::new(), beyond: 0, kinks: Vec::new(), runs: 0 }
    }

    /// How many elements got a verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.elements.iter().filter(|element| element.verdict == verdict).count()
    }

    /// The verified element with the largest relative difference.
    pub fn worst(&self) -> Option<&Element> {
        let verified = self.elements.iter().filter(|element| element.verdict == Verdict::Verified);
        verified.max_by(|a, b| a.relative().total_cmp(&b.relative()))
    }
}

/// What a derivative along a direction was held against.
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

/// A derivative along a direction through a whole tensor, or all: weaker than each element, and told
/// apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Projection {
    /// What was projected.
    pub name: String,
    /// What it is held against.
    pub by: Witness,
    /// By the graph; of a remainder, 2.
    pub analytic: f64,
    /// By the witness; of a remainder, its order, at most 2.
    pub numeric: f64,
    /// How far apart they may be: roundings of the sum of the terms' sizes.
    pub bound: f64,
}

impl Projection {
    /// Whether the two agree.
    pub fn agrees(&self) -> bool {
        (self.analytic - self.numeric).abs() <= self.bound
    }
}

/// What a gradient check saw, element by element. Displayed, tables and a conclusion.
#[must_use = "a check says nothing until its report is read; see `assert_ok`"]
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// What was checked.
    pub name: String,
    /// The seed of the probes, samples and directions.
    pub seed: u64,
    /// The tensors, in the order in which they were recorded.
    pub parts: Vec<Part>,
    /// Derivatives along directions.
    pub projections: Vec<Projection>,
    /// The operations whose rules are wrong where they stand, with the lines that recorded them.
    pub guilty: Vec<String>,
    /// The operations between the tensors and the value, by name, and how many there are of each.
    pub operations: Vec<(String, usize)>,
    /// What else is worth knowing, above all what was not exercised.
    pub notes: Vec<String>,
    /// Whether dead intervals were declared, so that finding them is evidence.
    pub(super) dead_counts: bool,
    problem: Option<String>,
}

impl Report {
    pub(super) fn new(name: &str, seed: u64) -> Self {
        Report {
            name: name.to_string(),
            seed,
            parts: Vec::new(),
            projections: Vec::new(),
            guilty: Vec::new(),
            operations: Vec::new(),
            notes: Vec::new(),
            dead_counts: false,
            problem: Some("it did not run".into()),
        }
    }

    /// How many derivatives were checked.
    pub fn checked(&self) -> usize {
        self.parts.iter().map(|part| part.elements.len()).sum()
    }

    /// How many derivatives there are.
    pub fn total(&self) -> usize {
        self.parts.iter().map(|part| part.shape.size() * part.outputs).sum()
    }

    /// How many elements got a verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.parts.iter().map(|part| part.count(verdict)).sum()
    }

    /// Why the check failed, or `None` if it passed.
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// Whether no element failed and there is evidence.
    pub fn passed(&self) -> bool {
        self.problem.is_none()
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
    pub(super) fn conclude(&mut self, rules: &Rules) {
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
        self.problem = if failed > 0 {
            let dead = all().all(|e| e.verdict == Verdict::Undeclared && e.sides.is_none());
            let why = if dead { ": no point has a slope, and that was not declared" } else { "" };
            Some(format!("{failed} of {} derivatives did not pass{why}", self.checked()))
        } else if !kinks.is_empty() {
            Some(format!("kinks that nobody declared: {}", kinks.join(", ")))
        } else if apart > 0 {
            Some(format!("{apart} of {} projections disagree", self.projections.len()))
        } else if !(rules.evidence)(evidence) {
            Some(if self.checked() == 0 { "nothing was checked" } else { "nothing was verified" }.into())
        } else {
            None
        };
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: Vec<Verdict> =
            Verdict::ALL.into_iter().filter(|&verdict| self.count(verdict) > 0).collect();
        let mut rows = vec![vec!["tensor".to_string(), "shape".into(), "checked".into()]];
        rows[0].extend(shown.iter().map(|verdict| verdict.word().to_string()));
        rows[0].extend(["worst".into(), "runs".into()]);
        let row = |name: String, shape: String, elements: &[&Element], of: usize, runs: String| {
            let count = |verdict| elements.iter().filter(|e| e.verdict == verdict).count().to_string();
            let verified = elements.iter().filter(|e| e.verdict == Verdict::Verified);
            let worst = verified.map(|e| e.relative()).fold(0.0, f64::max);
            let mut row = vec![name, shape, format!("{} of {of}", elements.len())];
            row.extend(shown.iter().map(|&verdict| count(verdict)));
            row.extend([format!("{worst:.1e}"), runs]);
            row
        };
        for part in &self.parts {
            let all: Vec<&Element> = part.elements.iter().collect();
            let of = part.shape.size() * part.outputs;
            rows.push(row(part.name.clone(), part.shape.to_string(), &all, of, part.runs.to_string()));
            for region in Region::ALL {
                let inside: Vec<&Element> =
                    all.iter().copied().filter(|element| element.region == Some(region)).collect();
                if !inside.is_empty() {
                    let n = inside.len();
                    rows.push(row(format!("  {}", region.name()), String::new(), &inside, n, String::new()));
                }
            }
        }
        table(f, &rows)?;
        self.details(f)?;
        match &self.problem {
            None => write!(f, "gradient check of {} passed", self.name)?,
            Some(problem) => write!(f, "gradient check of {} failed: {problem}", self.name)?,
        }
        write!(f, ": {} of {} derivatives checked (seed {})", self.checked(), self.total(), self.seed)
    }
}

impl Report {
    /// The elements that failed, what was left out, projections and notes.
    fn details(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            let failed = part.elements.iter().filter(|element| !element.verdict.passes());
            for element in failed.take(5) {
                let place = match element.region {
                    Some(_) => format!("{} at {:e}", self.name, element.at),
                    None => format!("{}{}", part.name, element.index),
                };
                let output =
                    if part.outputs > 1 { format!(", output {}", element.output) } else { String::new() };
                let oracle = element.oracle.map_or("no oracle", Oracle::word);
                write!(
                    f,
                    "{place}{output}: {}: {:e} by the graph, {:e} by {oracle}",
                    element.verdict.word(),
                    element.analytic,
                    element.numeric
                )?;
                match element.sides {
                    Some((left, right)) => writeln!(f, " ({left:e} to the left, {right:e} to the right)")?,
                    None => writeln!(f)?,
                }
            }
            if part.beyond > 0 {
                writeln!(
                    f,
                    "{}: {} probes left out, where value or slope is beyond the largest number",
                    part.name, part.beyond
                )?;
            }
            for at in &part.kinks {
                writeln!(f, "{}: a kink at {at:e} that nobody declared", part.name)?;
            }
        }
        for p in &self.projections {
            let word = if p.agrees() { "agrees" } else { "DISAGREES" };
            let other = match p.by {
                Witness::ComplexStep => "the complex step",
                Witness::Forward => "forward mode",
                Witness::Symmetry => "u · (H v)",
                Witness::Remainder => {
                    writeln!(f, "{}: {word}: the remainder falls as h^{:.2} or faster", p.name, p.numeric)?;
                    continue;
                }
            };
            writeln!(f, "{}: {word}: {:e} by the graph, {:e} by {other}", p.name, p.analytic, p.numeric)?;
        }
        if !self.operations.is_empty() {
            let each: Vec<String> = self.operations.iter().map(|(name, n)| format!("{n} {name}")).collect();
            writeln!(f, "through {}", each.join(", "))?;
        }
        for guilty in &self.guilty {
            writeln!(f, "guilty: {guilty}")?;
        }
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        Ok(())
    }
}

/// Writes rows in columns: names to the left, numbers to the right.
fn table(f: &mut fmt::Formatter<'_>, rows: &[Vec<String>]) -> fmt::Result {
    let widths: Vec<usize> = (0..rows[0].len())
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
        .collect();
    for row in rows {
        for (i, (cell, &width)) in row.iter().zip(&widths).enumerate() {
            if i < 2 { write!(f, "{cell:width$}  ")? } else { write!(f, "{cell:>width$}  ")? }
        }
        writeln!(f)?;
    }
    Ok(())
}
