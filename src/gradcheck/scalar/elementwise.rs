//! The check of a function of one number, element by element, at probes of its own. Floor 7.

use super::hints::{digits, hints};
use super::points::{Diagonal, Recorded, Rule, admitted};
use super::probes::probes;
use crate::autodiff::depends;
use crate::error::{Error, Result};
use crate::gradcheck::order_problem;
use crate::gradcheck::report::{Element, Origin, Part, Region, Report, literal};
use crate::gradcheck::verdict::{Evidence, RULES, Rules, Verdict, gather};
use crate::graph::{Graph, Var};

/// The number of points that are evaluated together: their intermediate values stay in the caches.
const AT_ONCE: usize = 1024;

/// Checks the derivative of a function of one number, element by element, from the smallest numbers to
/// the largest: on each side 12 probes in every octave from 2⁻⁷ on, at and beside every kink, at zeros and subnormal
/// numbers.
///
/// Kinks and intervals without a slope must be declared; those that are found and not declared fail.
///
/// ```
/// use gradus::gradcheck::elementwise;
/// elementwise("square", |x| x * x).run()?.assert_ok();
///
/// // The textbook's rule for the sigmoid, which engines use: its tail is 0.
/// let textbook = elementwise("textbook", |x| {
///     x.graph().custom("sigmoid", x.sigmoid(), &[x], |_, y, ct| vec![ct * y * (1.0 - y)])
/// });
/// let report = textbook.run()?;
/// assert!(!report.passed());
/// assert!(report.to_string().contains("right tail"), "{report}");
/// # Ok::<(), gradus::Error>(())
/// ```
#[track_caller]
pub fn elementwise<'f>(
    name: impl Into<String>,
    f: impl for<'g> Fn(Var<'g>) -> Var<'g> + 'f,
) -> Elementwise<'f> {
    let name = name.into();
    Elementwise {
        f: admitted(name.clone(), f),
        name,
        domain: (f64::NEG_INFINITY, f64::INFINITY),
        kinks: Vec::new(),
        dead: Vec::new(),
        also: Vec::new(),
        only: Vec::new(),
        order: 1,
        seed: 0,
        rules: RULES,
        problem: None,
        origin: Origin::here(true),
        row: None,
    }
}

/// A check of a function of one number, being described; see [`elementwise`].
#[must_use = "nothing is checked until it runs"]
pub struct Elementwise<'f> {
    name: String,
    f: Box<Recorded<'f>>,
    pub(crate) domain: (f64, f64),
    pub(crate) kinks: Vec<(f64, f64)>,
    pub(crate) dead: Vec<(f64, f64)>,
    also: Vec<f64>,
    only: Vec<f64>,
    order: usize,
    seed: u64,
    rules: Rules,
    /// A mistake in the description.
    pub(crate) problem: Option<String>,
    origin: Origin,
    /// The description as code, for a row of the table.
    pub(crate) row: Option<String>,
}

impl std::fmt::Debug for Elementwise<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut debug = f.debug_struct("Elementwise");
        debug.field("name", &self.name).field("domain", &self.domain).field("kinks", &self.kinks);
        debug.field("order", &self.order).field("seed", &self.seed).finish_non_exhaustive()
    }
}

impl<'f> Elementwise<'f> {
    /// Probes only inside this open interval.
    pub fn domain(self, low: f64, high: f64) -> Self {
        Elementwise { domain: (low, high), ..self }
    }

    /// Declares a kink, and the slope that was chosen there.
    pub fn kink(mut self, at: f64, slope: f64) -> Self {
        self.kinks.push((at, slope));
        self
    }

    /// Declares an open interval in which the function does not depend on its argument.
    pub fn dead(mut self, low: f64, high: f64) -> Self {
        self.dead.push((low, high));
        self
    }

    /// Probes these points as well.
    pub fn at(mut self, points: impl IntoIterator<Item = f64>) -> Self {
        self.also.extend(points);
        self
    }

    /// Probes these points alone: to look closer at what failed.
    pub fn only(mut self, points: impl IntoIterator<Item = f64>) -> Self {
        self.only.extend(points);
        self
    }

    /// Checks the derivative of the derivative as well, if 2 (default 1). In second order, kinks and dead intervals
    /// need not be declared: those of the first derivative have none to declare them. Other orders than 1 and 2 are an
    /// error of the run.
    #[track_caller]
    pub fn order(self, order: usize) -> Self {
        let problem = order_problem(order);
        Elementwise { order, problem: self.problem.or(problem), ..self }
    }

    /// Sets the seed for the jitter of the probes (default 0).
    pub fn seed(self, seed: u64) -> Self {
        Elementwise { seed, ..self }
    }

    #[cfg(test)]
    pub(crate) fn rules(self, rules: Rules) -> Self {
        Elementwise { rules, ..self }
    }

    /// Runs the check.
    ///
    /// # Errors
    /// An error of recording, compiling or running the function. A wrong derivative is not an error but a verdict
    /// of the [`Report`].
    pub fn run(self) -> Result<Report> {
        if let Some(problem) = self.problem {
            return Err(Error::Invalid(problem));
        }
        let mut report = Report::new(&self.name, self.seed, self.origin, self.code());
        report.dead_counts = !self.dead.is_empty();
        let first = self.part(&self.f, 1)?;
        let right = first.elements.iter().all(|e| (self.rules.passes)(e.verdict));
        let slope: &Recorded<'_> = &|x| slope_of(&self.f, x);
        report.notes.extend(digits(slope, &first)?);
        report.parts.push(first);
        // A second derivative is judged only where the first one is right.
        if self.order >= 2 && right {
            let graph = Graph::new();
            let x = graph.input("x", [1]);
            match depends(slope(x), x) {
                true => {
                    let second = self.part(slope, 2)?;
                    report.notes.extend(digits(&|x| slope_of(slope, x), &second)?);
                    report.parts.push(second);
                }
                false => {
                    report.notes.push("the slope is piecewise constant: there is no second order".into())
                }
            }
        }
        report.notes.extend(self.missed(&report));
        let open = self.row.is_none() && self.domain == (f64::NEG_INFINITY, f64::INFINITY);
        report.notes.extend(report.parts.first().map(|first| hints(first, open)).unwrap_or_default());
        report.conclude(&self.rules);
        Ok(report)
    }

    /// Returns the description as code.
    fn code(&self) -> (String, String) {
        let mut code = match &self.row {
            Some(row) => row.clone(),
            None => {
                let mut code = format!("elementwise({:?}, f)", self.name);
                if self.domain != (f64::NEG_INFINITY, f64::INFINITY) {
                    code += &format!(".domain({}, {})", literal(self.domain.0), literal(self.domain.1));
                }
                for (at, slope) in &self.kinks {
                    code += &format!(".kink({}, {})", literal(*at), literal(*slope));
                }
                for (low, high) in &self.dead {
                    code += &format!(".dead({}, {})", literal(*low), literal(*high));
                }
                code
            }
        };
        let also: Vec<String> = self.also.iter().map(|&x| literal(x)).collect();
        if !also.is_empty() {
            code += &format!(".at([{}])", also.join(", "));
        }
        let order = if self.order >= 2 { format!(".order({})", self.order) } else { String::new() };
        (code, format!("{order}.seed({})", self.seed))
    }

    /// Returns the parts of the domain in which nothing was verified, as remarks.
    fn missed(&self, report: &Report) -> Vec<String> {
        let Some(first) = report.parts.first().filter(|_| self.only.is_empty()) else { return Vec::new() };
        let sound = |v: Verdict| matches!(v, Verdict::Verified | Verdict::Kink | Verdict::Dead);
        let missed = Region::ALL.into_iter().filter(|&region| {
            let met = || first.elements.iter().filter(move |e| e.region == region);
            let there = region != Region::Kink || !self.kinks.is_empty();
            there && !met().any(|e| sound(e.verdict))
        });
        let remark = |region: Region| {
            let met = first.elements.iter().filter(|e| e.region == region).count();
            format!("not exercised: {}: nothing was verified at {met} probes", region.name())
        };
        missed.map(remark).collect()
    }

    fn part(&self, f: &Recorded<'_>, order: usize) -> Result<Part> {
        let places: Vec<f64> = self.kinks.iter().map(|(at, _)| *at).collect();
        let mut points = self.only.clone();
        if points.is_empty() {
            points = probes(self.domain, &places, self.seed);
            points.extend(&self.also);
        }
        let name = if order == 1 { "slope" } else { "slope of the slope" };
        let mut part = Part::new(name, &[points.len()]);
        let first = &points[..points.len().min(AT_ONCE)];
        let (mut lanes, mut rule) = (Diagonal::new(f, first.len())?, Rule::new(f, first.len())?);
        for (points, start) in points.chunks(AT_ONCE).zip((0..).step_by(AT_ONCE)) {
            lanes.move_to(points, points.iter().map(|&x| self.room(x)).collect());
            let (analytic, contract) = rule.at(points)?;
            let (evidence, runs) = gather(&mut lanes, &analytic, &self.rules)?;
            part.runs += runs;
            for (i, (evidence, contract)) in evidence.iter().zip(contract).enumerate() {
                match self.element(evidence, contract, order) {
                    Some(element) => {
                        let region = Region::of(element.at, &places);
                        part.elements.push(Element { index: [start + i][..].into(), region, ..element });
                    }
                    None => part.beyond += 1,
                }
            }
        }
        part.elements.sort_by(|a, b| a.at.total_cmp(&b.at));
        if order == 1 {
            self.undeclared(f, &mut part)?;
        }
        Ok(part)
    }

    /// Makes the element of a point; nothing if the function or its slope leaves the numbers.
    fn element(&self, evidence: &Evidence, contract: Option<Verdict>, order: usize) -> Option<Element> {
        let beyond = evidence.analytic.is_infinite() && evidence.step.value == evidence.analytic;
        if beyond || (evidence.here.is_infinite() && !evidence.analytic.is_nan()) {
            return None;
        }
        let mut element = Element::judged(evidence, &self.rules);
        if order == 1 {
            let x = evidence.at;
            element.verdict = self.declared(x, element.verdict, evidence);
            element.declared = self.kinks.iter().find(|(at, _)| *at == x).map(|(_, slope)| *slope);
        }
        if (self.rules.passes)(element.verdict) {
            element.verdict = contract.unwrap_or(element.verdict);
        }
        Some(element)
    }

    /// Returns how far a point may be moved without meeting a declared kink or the domain's end.
    fn room(&self, x: f64) -> f64 {
        let ends = [self.domain.0, self.domain.1];
        let stops =
            self.kinks.iter().map(|(at, _)| *at).chain(ends).chain(self.dead.iter().flat_map(|d| [d.0, d.1]));
        stops.filter(|stop| *stop != x).fold(f64::INFINITY, |room, stop| room.min((stop - x).abs()))
    }

    /// Adapts a verdict to what was declared: at a declared kink the slope is the declared one, and no other kink
    /// is right.
    fn declared(&self, x: f64, verdict: Verdict, evidence: &Evidence) -> Verdict {
        match self.kinks.iter().find(|(at, _)| *at == x) {
            Some(_) if verdict == Verdict::NonFinite => verdict,
            // No oracle counts at a jump but the two sides, which may agree.
            Some(_) if verdict == Verdict::Inconclusive && !evidence.between_sides() => verdict,
            Some((_, slope)) if *slope != evidence.analytic => Verdict::Wrong,
            Some(_) if verdict == Verdict::Wrong => Verdict::Wrong,
            Some(_) => Verdict::Kink,
            None if verdict == Verdict::Kink => Verdict::Undeclared,
            None => verdict,
        }
    }

    /// Finds what nobody declared: kinks between probes, and intervals without a slope.
    fn undeclared(&self, f: &Recorded<'_>, part: &mut Part) -> Result<()> {
        let mut one = Diagonal::new(f, 1)?;
        let mut edges: Vec<f64> = self.kinks.iter().map(|(at, _)| *at).collect();
        edges.extend(self.dead.iter().flat_map(|(low, high)| [*low, *high]));
        let steepest = part.elements.iter().filter(|e| e.at.abs() <= 8.0).map(|e| e.numeric.abs());
        let steepest = steepest.filter(|slope| slope.is_finite()).fold(0.0, f64::max);
        for i in 1..part.elements.len() {
            let (left, right) = (&part.elements[i - 1], &part.elements[i]);
            let (a, b) = (left.numeric, right.numeric);
            let largest = a.abs().max(b.abs());
            let known = edges.iter().any(|edge| left.at <= *edge && *edge <= right.at);
            // Far off, numbers are so sparse that a wave looks like a jump.
            let near = left.at >= -2048.0 && right.at <= 2048.0;
            let change = (a - b).abs();
            if near && !known && change > 1e-6 * largest && change > 1e-14 * steepest && largest > 1e-290 {
                part.kinks.extend(one.jump((left.at, a), (right.at, b))?);
            }
        }
        let inside = |x: f64| self.dead.iter().any(|(low, high)| x > *low && x < *high);
        let dead: Vec<usize> = (0..part.elements.len())
            .filter(|&i| part.elements[i].verdict == Verdict::Dead && !inside(part.elements[i].at))
            .collect();
        // Neighbors share their fate.
        let mut run: Option<(usize, bool)> = None;
        for i in dead {
            let declared = match run {
                Some((last, faded)) if last + 1 == i => faded,
                _ => self.fades(&mut one, &part.elements, i)?,
            };
            run = Some((i, declared));
            if !declared {
                part.elements[i].verdict = Verdict::Undeclared;
            }
        }
        Ok(())
    }

    /// Tells whether a slope of 0 has become smaller than the smallest number: on the way to the next point that
    /// has a slope it grows out of the smallest numbers, and slowly.
    fn fades(&self, one: &mut Diagonal<'_>, elements: &[Element], i: usize) -> Result<bool> {
        let alive = |e: &&Element| e.numeric != 0.0 && e.verdict != Verdict::Kink;
        let sides = [elements[..i].iter().rev().find(alive), elements[i..].iter().find(alive)];
        for side in sides.into_iter().flatten() {
            let (mut zero, mut some) = (elements[i].at, side.at);
            for _ in 0..200 {
                let middle = middle(zero, some);
                if middle == zero || middle == some {
                    break;
                }
                if one.derivative(middle)? == 0.0 { zero = middle } else { some = middle }
            }
            let beside = some + 0.1 * some.abs() * (some - zero).signum();
            if one.derivative(beside)?.abs() < 1e-150 {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Returns a number between two others: the geometric mean if they are far apart.
fn middle(a: f64, b: f64) -> f64 {
    let far = a * b > 0.0 && (a / b > 4.0 || b / a > 4.0);
    if far { a.signum() * a.abs().sqrt() * b.abs().sqrt() } else { 0.5 * a + 0.5 * b }
}

/// Records the slope of a function of one number, element by element.
fn slope_of<'g>(f: &Recorded<'_>, x: Var<'g>) -> Var<'g> {
    f(x).sum(..).grad(x)
}
