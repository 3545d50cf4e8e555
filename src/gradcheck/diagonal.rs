//! One function of a number at many points, computed in every kind of number. Floor 8.

use super::dd::Dd;
use super::differences::{Estimate, LEAST};
use super::gather::{Changes, Probed, SHAKES, estimate, shaken};
use super::reference::Reference;
use super::step::Step;
use super::verdict::Verdict;
use crate::element::Number;
use crate::error::{Error, Result};
use crate::graph::{Graph, Node, NodeId, Var};
use crate::interpret::{Value, leaf};
use crate::params::Params;
use crate::session::{Feed, Program};
use crate::tensor::Tensor;
use std::collections::{HashMap, HashSet};

/// A function of one number, as it is recorded for many at once.
pub(super) type Recorded<'f> = dyn for<'g> Fn(Var<'g>) -> Var<'g> + 'f;

/// One function at many points.
pub(super) struct Diagonal<'f> {
    f: &'f Recorded<'f>,
    points: Vec<f64>,
    room: Vec<f64>,
    program: Program<f64>,
    feed: (u64, NodeId),
    fine: Option<Lanes<Dd>>,
    step: Option<Lanes<Step<Dd>>>,
    rough: Option<Lanes<Step<f64>>>,
}

/// The function in one kind of number, at so many points.
struct Lanes<S> {
    count: usize,
    reference: Reference<S>,
    x: NodeId,
    y: NodeId,
}

impl<S: Number> Lanes<S> {
    fn new(f: &Recorded<'_>, count: usize) -> Result<Self> {
        let graph = Graph::new();
        let x = graph.input("x", [count]);
        let y = f(x).id();
        graph.check()?;
        let (store, none) = (Params::seeded(0), HashMap::new());
        let leaf = |id: NodeId, node: &Node| match id == x.id() {
            true => Ok(Some(Value::Real(Tensor::zeros([count])))),
            false => leaf(&graph, id, node, &store, &none),
        };
        Ok(Lanes { count, reference: Reference::new(&graph, &[y], &leaf)?, x: x.id(), y })
    }

    fn at(&self, points: Vec<S>) -> Result<Vec<S>> {
        let x = Tensor::new([self.count], points)?;
        Ok(self.reference.moved(vec![(self.x, x)], &HashSet::new(), self.y)?.into_data())
    }
}

/// The lanes of so many points, made anew if there are others.
fn lanes<'a, S: Number>(
    held: &'a mut Option<Lanes<S>>,
    f: &Recorded<'_>,
    count: usize,
) -> Result<&'a Lanes<S>> {
    let fits = held.take().filter(|lanes| lanes.count == count);
    let lanes = match fits {
        Some(lanes) => lanes,
        None => Lanes::new(f, count)?,
    };
    Ok(held.insert(lanes))
}

impl<'f> Diagonal<'f> {
    pub(super) fn new(f: &'f Recorded<'f>, points: Vec<f64>, room: Vec<f64>) -> Result<Self> {
        let graph = Graph::new();
        let x = graph.input("x", [points.len()]);
        let y = f(x);
        graph.check()?;
        if y.shape() != x.shape() {
            return Err(Error::Invalid(format!(
                "a function that is checked element by element keeps the shape, but this one makes {} of {}; check it as a `function`",
                y.shape(),
                x.shape()
            )));
        }
        let mut program: Program<f64> = graph.compile([y])?;
        program.threads(1)?;
        let feed = (graph.id(), x.id());
        Ok(Diagonal { f, points, room, program, feed, fine: None, step: None, rough: None })
    }

    /// Derivatives at any points, by the complex step.
    fn steps(&mut self, at: &[f64]) -> Result<Vec<Step<Dd>>> {
        let points = at.iter().map(|&x| Step::new(Dd::from(x), 1.0)).collect();
        lanes(&mut self.step, self.f, at.len())?.at(points)
    }

    /// The derivative at one point, by the complex step.
    pub(super) fn derivative(&mut self, x: f64) -> Result<f64> {
        Ok(self.steps(&[x])?[0].im.to_f64())
    }

    /// Where between two points, each with its derivative, the derivative jumps, if it does.
    pub(super) fn jump(&mut self, left: (f64, f64), right: (f64, f64)) -> Result<Option<f64>> {
        let ((mut low, mut a), (mut high, mut b)) = (left, right);
        let whole = (a - b).abs();
        for _ in 0..1100 {
            let middle = 0.5 * low + 0.5 * high;
            if middle <= low || middle >= high {
                break;
            }
            let m = self.derivative(middle)?;
            // A smooth slope changes the less the nearer the points are.
            if !m.is_finite() || (a - m).abs().max((m - b).abs()) < 1e-3 * whole {
                return Ok(None);
            }
            if (a - m).abs() > (m - b).abs() { (high, b) = (middle, m) } else { (low, a) = (middle, m) }
        }
        // Steep is not broken: beside a jump the slope is steady.
        let width = (high - low).max(1e-12 * high.abs());
        let (before, after) = (self.derivative(low - width)?, self.derivative(high + width)?);
        let steady = (before - a).abs().max((after - b).abs()) < 0.1 * (a - b).abs();
        Ok(steady.then_some(high))
    }
}

impl Probed for Diagonal<'_> {
    fn points(&self) -> &[f64] {
        &self.points
    }

    fn room(&self) -> &[f64] {
        &self.room
    }

    fn thorough(&self) -> bool {
        true
    }

    fn plain(&mut self, at: &[f64]) -> Result<Vec<f64>> {
        let x = Tensor::new([at.len()], at.to_vec())?;
        let feed = Feed { graph: self.feed.0, node: self.feed.1, value: (&x).into() };
        Ok(self.program.run(&Params::seeded(0), [feed])?.at(0).data().to_vec())
    }

    fn fine(&mut self, which: &[usize], at: &[Dd]) -> Result<Vec<Dd>> {
        lanes(&mut self.fine, self.f, which.len())?.at(at.to_vec())
    }

    fn step(&mut self, which: &[usize]) -> Result<Vec<Estimate>> {
        let at: Vec<f64> = which.iter().map(|&i| self.points[i]).collect();
        let points = at.iter().map(|&x| Step::new(x, 1.0)).collect();
        let rough = lanes(&mut self.rough, self.f, at.len())?.at(points)?;
        Ok(rough.into_iter().zip(self.steps(&at)?).map(|(rough, fine)| estimate(rough, fine)).collect())
    }

    fn spread(&mut self, which: &[usize], derivatives: &[f64]) -> Result<Vec<f64>> {
        let mut changes = Changes::new(which.len());
        for (round, units) in SHAKES.into_iter().enumerate() {
            for sign in [1, -1] {
                let at: Vec<f64> = which.iter().map(|&i| shaken(self.points[i], sign * units)).collect();
                changes.add(round, derivatives, self.steps(&at)?.iter().map(|step| step.im.to_f64()));
            }
        }
        Ok(changes.spread())
    }
}

/// The derivatives that the graph computes at some points, and where its rule breaks the contract of a
/// rule: the same each time it is asked and recorded, linear in the cotangent, and added to what else the
/// argument gets.
pub(super) fn analytic(f: &Recorded<'_>, points: &[f64]) -> Result<(Vec<f64>, Vec<Option<Verdict>>)> {
    let n = points.len();
    let at = Tensor::new([n], points.to_vec())?;
    let run = |value: &Recorded<'_>, cts: &[f64]| -> Result<Vec<Vec<f64>>> {
        let graph = Graph::new();
        let (x, ct) = (graph.input("x", [n]), graph.input("ct", [n]));
        let slope = value(x).vjp(ct, &[x])[0];
        let mut program: Program<f64> = graph.compile([slope])?;
        program.threads(1)?;
        let mut each = |c: f64| {
            let cts = Tensor::full([n], c);
            let feeds: [Feed<'_, f64>; 2] = [x.feed(&at), ct.feed(&cts)];
            Ok(program.run(&Params::seeded(0), feeds)?.at(0).data().to_vec())
        };
        cts.iter().map(|&c| each(c)).collect()
    };
    let found = run(f, &[1.0, 1.0, 2.0, -1.0, 0.0, 3.0])?;
    let again = run(f, &[1.0])?;
    let twice = run(&|x| f(x) + f(x), &[1.0])?;
    let contract = (0..n).map(|i| {
        let value = |k: usize| found[k][i];
        let first = value(0);
        if first.to_bits() != value(1).to_bits() || first.to_bits() != again[0][i].to_bits() {
            return Some(Verdict::NonDeterministic);
        }
        // Powers of two scale without rounding; what 3 rounds, a sum that cancels may enlarge.
        let near = |a: f64, b: f64, share: f64| (a - b).abs() <= share * b.abs() + LEAST || !b.is_finite();
        let linear = near(value(2), 2.0 * first, 0.0)
            && near(value(3), -first, 0.0)
            && value(4) == 0.0
            && near(value(5), 3.0 * first, 1e-7);
        // The parts are added in another order.
        let added = near(twice[0][i], 2.0 * first, 1e-7);
        match first.is_finite() {
            true if !linear => Some(Verdict::NonLinear),
            true if !added => Some(Verdict::Overwritten),
            _ => None,
        }
    });
    Ok((found[0].clone(), contract.collect()))
}
