//! A gradient check's report as text. Floor 7.

use super::{Element, Part, Region, Report, Witness};
use crate::gradcheck::verdict::{Oracle, Verdict};
use std::fmt;

/// The number of elements of one kind that are listed, at most.
const LISTED: usize = 5;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.verdicts(f)?;
        self.evidence(f)?;
        self.operations(f)?;
        for rule in &self.wrong_rules {
            writeln!(f, "wrong: {rule}")?;
        }
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        match self.problem() {
            None => write!(f, "gradient check of {} passed", self.name)?,
            Some(problem) => write!(f, "gradient check of {} failed: {problem}", self.name)?,
        }
        write!(f, ": {} of {} derivatives checked (seed {})", self.checked(), self.total(), self.seed)?;
        match self.passed() {
            true => Ok(()),
            false => write!(f, "\nto repeat it: {}\n  described at {}", self.repeat(), self.origin.location),
        }
    }
}

impl Report {
    /// Writes the verdicts, by tensor and by region.
    fn verdicts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
            let inside = |region| all.iter().copied().filter(|e| e.region == region).collect::<Vec<_>>();
            let met = Region::ALL.into_iter().map(|region| (region, inside(region)));
            let met: Vec<(Region, Vec<&Element>)> = met.filter(|(_, inside)| !inside.is_empty()).collect();
            for (region, inside) in met.iter().filter(|_| met.len() > 1) {
                let name = format!("  {}", region.name());
                rows.push(row(name, String::new(), inside, inside.len(), String::new()));
            }
        }
        table(f, &rows, 2)
    }

    /// Names the place of an element.
    fn place(&self, part: &Part, element: &Element) -> String {
        let output = if part.outputs > 1 { format!(", output {}", element.output) } else { String::new() };
        match self.origin.number {
            true => format!("{}, {} at {:e}", self.name, part.name, element.at),
            false => format!("{}{}{output}", part.name, element.index),
        }
    }

    /// Writes the worst element, what failed, kinks and dead points, what was left out, projections.
    fn evidence(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((part, element)) = self.worst().filter(|(_, element)| element.relative() > 0.0) {
            let oracle = element.oracle.map_or("no oracle", Oracle::word);
            let (place, off) = (self.place(part, element), element.relative());
            writeln!(f, "worst of the verified: {place}, off by {off:.1e} from {oracle}")?;
        }
        let failed = self.failed();
        for part in &self.parts {
            let failed = failed.iter().filter(|(of, _)| std::ptr::eq(*of, part));
            failed.take(LISTED).try_for_each(|(_, element)| self.failure(f, part, element))?;
            let kinks: Vec<&Element> =
                part.elements.iter().filter(|element| element.verdict == Verdict::Kink).collect();
            kinks.iter().take(LISTED).try_for_each(|element| self.kink(f, part, element))?;
            if kinks.len() > LISTED {
                writeln!(f, "{}: {} more kinks", part.name, kinks.len() - LISTED)?;
            }
            let dead = part.elements.iter().filter(|element| element.verdict == Verdict::Dead);
            if let Some(reach) = dead.map(|element| element.reach).reduce(f64::min) {
                let n = part.count(Verdict::Dead);
                writeln!(
                    f,
                    "{}: {n} dead: exactly constant to both sides for at least {reach:.1e} in `f64`, and 0 by the complex step",
                    part.name
                )?;
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
        Ok(())
    }

    fn failure(&self, f: &mut fmt::Formatter<'_>, part: &Part, element: &Element) -> fmt::Result {
        let oracle = element.oracle.map_or("no oracle", Oracle::word);
        write!(
            f,
            "{}: {}: {:e} by the graph, {:e} by {oracle}",
            self.place(part, element),
            element.verdict.word(),
            element.analytic,
            element.numeric
        )?;
        if let Some((oracle, value)) = element.other {
            write!(f, ", and {value:e} by {}", oracle.word())?;
        }
        if let Some(declared) = element.declared {
            write!(f, ", {declared:e} as it was declared")?;
        }
        match element.verdict {
            Verdict::NonDeterministic => write!(f, "; the graph says something else when it is asked again")?,
            Verdict::NonLinear => write!(f, "; its answer is not linear in the cotangent")?,
            Verdict::Overwritten => write!(f, "; the cotangents of two uses are not added")?,
            _ => {}
        }
        match element.sides {
            Some((left, right)) => writeln!(f, " ({left:e} to the left, {right:e} to the right)"),
            None => writeln!(f),
        }
    }

    fn kink(&self, f: &mut fmt::Formatter<'_>, part: &Part, element: &Element) -> fmt::Result {
        let (place, slope) = (self.place(part, element), element.analytic);
        write!(f, "{place}: kink: {slope:e} by the graph")?;
        if element.declared.is_some() {
            write!(f, ", as it was declared")?;
        }
        match element.sides {
            Some((left, right)) => writeln!(f, "; {left:e} to the left, {right:e} to the right"),
            None => writeln!(f, "; a jump, beside which both slopes are the same"),
        }
    }

    /// Writes the operations, each judged where it stands.
    fn operations(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.operations.is_empty() {
            return Ok(());
        }
        let heads = ["operation", "reached", "nodes", "right", "open", "WRONG", "worst"];
        let mut rows = vec![heads.map(String::from).to_vec()];
        for operation in &self.operations {
            let reached: Vec<&str> = operation.reached.iter().map(|region| region.name()).collect();
            let right = operation.nodes - operation.wrong - operation.open;
            let mut row = vec![operation.name.clone(), reached.join(", ")];
            row.extend([operation.nodes, right, operation.open, operation.wrong].map(|n| n.to_string()));
            row.push(format!("{:.1e}", operation.worst));
            rows.push(row);
        }
        table(f, &rows, 2)
    }
}

/// Writes rows in columns: the first `left` ones to the left, numbers to the right.
fn table(f: &mut fmt::Formatter<'_>, rows: &[Vec<String>], left: usize) -> fmt::Result {
    let widths: Vec<usize> = (0..rows[0].len())
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
        .collect();
    for row in rows {
        let cell = |(i, (cell, &width)): (usize, (&String, &usize))| match i < left {
            true => format!("{cell:width$}"),
            false => format!("{cell:>width$}"),
        };
        let cells: Vec<String> = row.iter().zip(&widths).enumerate().map(cell).collect();
        writeln!(f, "{}", cells.join("  ").trim_end())?;
    }
    Ok(())
}
