//! One function of a number at many points, computed in every kind of number. Floor 7.

use crate::element::Number;
use crate::error::{Error, Result, Site};
use crate::gradcheck::numbers::{Dd, Dual};
use crate::gradcheck::oracle::{
    Changes, Estimate, LEAST, Probed, Reference, SHAKES, Stepped, alone, derivative, shaken, whole,
};
use crate::gradcheck::verdict::Verdict;
use crate::graph::{Graph, Node, NodeId, Var};
use crate::interpret::leaf;
use crate::params::Params;
use crate::session::{Feed, Program};
use crate::tensor::Tensor;
use std::collections::{HashMap, HashSet};

/// The point, 2¹²⁷, beyond which double-double numbers show nothing new: `f64` begins to round away what is beside
/// a leading power at 2⁵³, and the octaves from there on are examined in both. Further out, the complex step in
/// `f64` is enough if it says what the graph says.
const ALIKE: f64 = (1u128 << 127) as f64;

/// A function of one number, as it is recorded for many at once.
pub(crate) type Recorded<'f> = dyn for<'g> Fn(Var<'g>) -> Var<'g> + 'f;

/// Wraps a function so that a value of another graph becomes a fault.
#[track_caller]
pub(crate) fn admitted<'f>(name: String, f: impl for<'g> Fn(Var<'g>) -> Var<'g> + 'f) -> Box<Recorded<'f>> {
    let site = Site::here();
    Box::new(move |x| {
        let y = f(x);
        let _site = x.graph().at(site); // the closure does not know the caller
        x.graph().admit(&name, y)
    })
}

/// One function at many points.
pub(crate) struct Diagonal<'f> {
    f: &'f Recorded<'f>,
    points: Vec<f64>,
    room: Vec<f64>,
    plain: Plain,
    fine: Option<Lanes<Dd>>,
    step: Option<Lanes<Dual<Dd>>>,
    rough: Option<Lanes<Dual<f64>>>,
}

/// The function as it is trained, at a number of points.
struct Plain {
    count: usize,
    program: Program<f64>,
    feed: (u64, NodeId),
}

impl Plain {
    fn new(f: &Recorded<'_>, count: usize) -> Result<Self> {
        let graph = Graph::new();
        let x = graph.input("x", [count]);
        let y = f(x);
        graph.sound([y.id()])?;
        if y.shape() != x.shape() {
            return Err(Error::Invalid(format!(
                "a function that is checked element by element keeps the shape, but this one makes {} of {}; check it as a `function`",
                y.shape(),
                x.shape()
            )));
        }
        let mut program: Program<f64> = graph.compile([y])?;
        program.threads(1)?;
        Ok(Plain { count, program, feed: (graph.id(), x.id()) })
    }
}

/// The function in one kind of number, at a number of points.
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
        graph.sound([y])?;
        let (store, none) = (Params::seeded(0), HashMap::new());
        let leaf = |id: NodeId, node: &Node| leaf(&graph, id, node, &store, &none);
        Ok(Lanes { count, reference: Reference::of(&graph, y, x.id(), &leaf)?, x: x.id(), y })
    }

    fn at(&self, points: Vec<S>) -> Result<Vec<S>> {
        let x = Tensor::new([self.count], points)?;
        Ok(self.reference.moved(vec![(self.x, x)], &HashSet::new(), self.y)?.into_data())
    }
}

/// Returns the lanes for a number of points, made anew if there are others.
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

/// Returns the values of a function in double-double numbers.
pub(crate) fn exact(f: &Recorded<'_>, at: &[f64]) -> Result<Vec<f64>> {
    let values = Lanes::new(f, at.len())?.at(at.iter().map(|&x| Dd::from(x)).collect())?;
    Ok(values.into_iter().map(Dd::to_f64).collect())
}

impl<'f> Diagonal<'f> {
    /// Prepares a function at a number of points, all 0.
    pub(crate) fn new(f: &'f Recorded<'f>, count: usize) -> Result<Self> {
        let (points, room) = (vec![0.0; count], vec![f64::INFINITY; count]);
        let plain = Plain::new(f, count)?;
        Ok(Diagonal { f, points, room, plain, fine: None, step: None, rough: None })
    }

    /// Moves to other points.
    pub(crate) fn move_to(&mut self, points: &[f64], room: Vec<f64>) {
        (self.points, self.room) = (points.to_vec(), room);
    }

    /// Returns derivatives at any points, by the complex step.
    fn steps(&mut self, at: &[f64]) -> Result<Vec<Dual<Dd>>> {
        self.moved(at, 1.0)
    }

    /// Returns derivatives by a complex step of this size and sign.
    fn moved(&mut self, at: &[f64], by: f64) -> Result<Vec<Dual<Dd>>> {
        let points = at.iter().map(|&x| Dual::new(Dd::from(x), by)).collect();
        lanes(&mut self.step, self.f, at.len())?.at(points)
    }

    fn rough(&mut self, at: &[f64], by: f64) -> Result<Vec<Dual<f64>>> {
        let points = at.iter().map(|&x| Dual::new(x, by)).collect();
        lanes(&mut self.rough, self.f, at.len())?.at(points)
    }

    /// Returns the derivative at one point, by the complex step.
    pub(crate) fn derivative(&mut self, x: f64) -> Result<f64> {
        Ok(self.steps(&[x])?[0].im.to_f64())
    }

    /// Finds the place between two points, each with its derivative, at which the derivative jumps.
    pub(crate) fn jump(&mut self, left: (f64, f64), right: (f64, f64)) -> Result<Option<f64>> {
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

    fn plain(&mut self, _: &[usize], at: &[f64]) -> Result<Vec<f64>> {
        if self.plain.count != at.len() {
            self.plain = Plain::new(self.f, at.len())?;
        }
        let Plain { program, feed: (graph, node), .. } = &mut self.plain;
        let x = Tensor::new([at.len()], at.to_vec())?;
        let feed = Feed::of(*graph, *node, (&x).into());
        Ok(program.run(&Params::seeded(0), [feed])?.at(0).data().to_vec())
    }

    fn fine(&mut self, which: &[usize], at: &[Dd]) -> Result<Vec<Dd>> {
        lanes(&mut self.fine, self.f, which.len())?.at(at.to_vec())
    }

    fn step(&mut self, which: &[usize], analytic: &[f64]) -> Result<Vec<Stepped>> {
        let at: Vec<f64> = which.iter().map(|&i| self.points[i]).collect();
        let finite = |k: usize| analytic[k].is_finite();
        let rough = whole(finite, |step| self.rough(&at, step))?;
        let known: Vec<Estimate> = rough.iter().map(|&rough| alone(rough)).collect();
        let open = |&k: &usize| at[k].abs() <= ALIKE || !known[k].says(analytic[k]);
        let open: Vec<usize> = (0..at.len()).filter(open).collect();
        let mut steps: Vec<Stepped> = known.iter().map(|&estimate| estimate.into()).collect();
        if open.is_empty() {
            return Ok(steps);
        }
        let points = |which: &[usize]| which.iter().map(|&k| at[k]).collect::<Vec<f64>>();
        let finite_open = |i: usize| finite(open[i]);
        let fine = whole(finite_open, |step| self.moved(&points(&open), step))?;
        let tied = fine.iter().any(|fine| fine.tied);
        // Evaluates all lanes, tied or not: another number of lanes would be recorded anew.
        let left = match tied {
            true => Some((
                whole(finite, |step| self.rough(&at, -step))?,
                whole(finite_open, |step| self.moved(&points(&open), -step))?,
            )),
            false => None,
        };
        for (i, &k) in open.iter().enumerate() {
            steps[k] =
                derivative((rough[k], fine[i]), left.as_ref().map(|(rough, fine)| (rough[k], fine[i])));
        }
        Ok(steps)
    }

    fn spread(&mut self, which: &[usize], derivatives: &[f64]) -> Result<Vec<f64>> {
        let mut changes = Changes::new(which.len());
        for (round, units) in SHAKES.into_iter().enumerate() {
            for sign in [1, -1] {
                let at: Vec<f64> = which.iter().map(|&i| shaken(self.points[i], sign * units)).collect();
                let finite = |k: usize| derivatives[k].is_finite();
                let steps = whole(finite, |step| self.moved(&at, step))?;
                changes.add(round, derivatives, steps.iter().map(|step| step.im.to_f64()));
            }
        }
        Ok(changes.spread())
    }
}

/// The derivatives that the graph computes, at a number of points, and the points at which its rule breaks the
/// contract of a rule: it is the same each time it is asked and recorded, linear in the cotangent, and added to
/// what else the argument gets.
pub(crate) struct Rule<'f> {
    f: &'f Recorded<'f>,
    count: usize,
    first: Slope,
    again: Slope,
    twice: Slope,
}

/// A cotangent's share in a function's argument.
struct Slope {
    program: Program<f64>,
    feeds: [(u64, NodeId); 2],
}

impl Slope {
    fn new(f: &Recorded<'_>, n: usize) -> Result<Self> {
        let graph = Graph::new();
        let (x, ct) = (graph.input("x", [n]), graph.input("ct", [n]));
        let slope = f(x).vjp(ct, &[x])[0];
        let mut program: Program<f64> = graph.compile([slope])?;
        program.threads(1)?;
        Ok(Slope { program, feeds: [x, ct].map(|var| (graph.id(), var.id())) })
    }

    fn at(&mut self, points: &Tensor<f64>, cotangent: f64) -> Result<Vec<f64>> {
        let cts = Tensor::full(points.shape(), cotangent);
        let [x, ct] = self.feeds;
        let feeds =
            [(x, points), (ct, &cts)].map(|((graph, node), value)| Feed::of(graph, node, value.into()));
        Ok(self.program.run(&Params::seeded(0), feeds)?.at(0).data().to_vec())
    }
}

impl<'f> Rule<'f> {
    pub(crate) fn new(f: &'f Recorded<'f>, count: usize) -> Result<Self> {
        let (first, again) = (Slope::new(f, count)?, Slope::new(f, count)?);
        Ok(Rule { f, count, first, again, twice: Slope::new(&|x| f(x) + f(x), count)? })
    }

    /// Returns the derivatives at some points, and the verdicts where the contract is broken.
    pub(crate) fn at(&mut self, points: &[f64]) -> Result<(Vec<f64>, Vec<Option<Verdict>>)> {
        let n = points.len();
        if n != self.count {
            *self = Rule::new(self.f, n)?;
        }
        let points = Tensor::new([n], points.to_vec())?;
        let mut ask = |cotangent: f64| self.first.at(&points, cotangent);
        let (found, same) = (ask(1.0)?, ask(1.0)?);
        let (double, negative, none, triple) = (ask(2.0)?, ask(-1.0)?, ask(0.0)?, ask(3.0)?);
        let (again, twice) = (self.again.at(&points, 1.0)?, self.twice.at(&points, 1.0)?);
        let contract = (0..n).map(|i| {
            let first = found[i];
            if first.to_bits() != same[i].to_bits() || first.to_bits() != again[i].to_bits() {
                return Some(Verdict::NonDeterministic);
            }
            // Powers of two scale without rounding; what 3 rounds, a sum that cancels may enlarge.
            let near =
                |a: f64, b: f64, share: f64| (a - b).abs() <= share * b.abs() + LEAST || !b.is_finite();
            let linear = near(double[i], 2.0 * first, 0.0)
                && near(negative[i], -first, 0.0)
                && none[i] == 0.0
                && near(triple[i], 3.0 * first, 1e-7);
            // The parts are added in another order.
            let added = near(twice[i], 2.0 * first, 1e-7);
            match first.is_finite() {
                true if !linear => Some(Verdict::NonLinear),
                true if !added => Some(Verdict::Overwritten),
                _ => None,
            }
        });
        let contract = contract.collect();
        Ok((found, contract))
    }
}
