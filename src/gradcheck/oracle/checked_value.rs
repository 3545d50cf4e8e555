//! A value of a graph as a function of one element of one tensor, computed in every kind of number.
//! Floor 7.

use super::complex_step::{Both, Stepped, derivative, whole};
use super::estimate::Estimate;
use super::probed::Probed;
use super::reference::Reference;
use super::rounding::{Changes, SHAKES, shaken};
use crate::element::Number;
use crate::error::{Error, Result};
use crate::gradcheck::numbers::{Dd, Dual};
use crate::graph::{Graph, Node, NodeId, Var};
use crate::interpret::{Value, leaf};
use crate::op::Op;
use crate::params::Params;
use crate::session::{Feed, FeedValue, Program};
use crate::tensor::Tensor;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

/// Ways of rounding the inputs that are tried.
const WAYS: u64 = 3;

/// A value that a program is fed, owned.
#[derive(Clone)]
pub(crate) struct OwnedFeed {
    pub(crate) graph: u64,
    pub(crate) node: NodeId,
    pub(crate) value: OwnedTensor,
}

/// Real numbers or indices.
#[derive(Clone)]
pub(crate) enum OwnedTensor {
    Real(Tensor<f64>),
    Index(Tensor<usize>),
}

/// A value, and all that it is computed from.
pub(crate) struct CheckedValue<'g> {
    pub(crate) y: Var<'g>,
    pub(crate) params: Params<f64>,
    pub(crate) feeds: Vec<OwnedFeed>,
    program: Program<f64>,
    fine: Option<Reference<Dd>>,
    step: Option<Reference<Dual<Dd>>>,
    rough: Option<Reference<Dual<f64>>>,
    shaken: Vec<(usize, Reference<Dual<Dd>>)>,
}

impl<'g> CheckedValue<'g> {
    pub(crate) fn new(y: Var<'g>, params: Params<f64>, feeds: Vec<OwnedFeed>) -> Result<Self> {
        let mut program: Program<f64> = y.graph().compile([y])?;
        program.threads(1)?;
        Ok(CheckedValue {
            y,
            params,
            feeds,
            program,
            fine: None,
            step: None,
            rough: None,
            shaken: Vec::new(),
        })
    }

    fn graph(&self) -> &'g Graph {
        self.y.graph()
    }

    /// Runs another program of the graph on the same values.
    pub(crate) fn run(&self, program: &mut Program<f64>, outputs: usize) -> Result<Vec<Tensor<f64>>> {
        let out = program.run(&self.params, fed(&self.feeds))?;
        Ok((0..outputs).map(|i| out.at(i).clone()).collect())
    }

    /// Returns the tensor behind a parameter or an input.
    pub(crate) fn tensor(&mut self, var: Var<'g>) -> Result<&mut Tensor<f64>> {
        if let Op::Param(i) = var.op() {
            let param = var.graph().read(|record| record.params[i as usize].0.clone());
            let slot = self.params.slot(param.slot, &param.name, &param.shape, Some(param.site))?;
            return Ok(&mut self.params.entry_mut(slot).value);
        }
        match self.feeds.iter_mut().find(|feed| feed.node == var.id()).map(|feed| &mut feed.value) {
            Some(OwnedTensor::Real(tensor)) => Ok(tensor),
            _ => Err(Error::Missing {
                kind: "input",
                name: var.graph().read(|record| record.called(var.id())),
                shape: Some(var.shape()),
                site: var.site(),
            }),
        }
    }

    /// Computes the graph in another kind of number; `shake` moves the inputs by a number of units in the last
    /// place, up or down by a seed.
    pub(crate) fn reference<S: Number>(
        &self,
        wanted: &[NodeId],
        shake: Option<(i64, u64)>,
    ) -> Result<Reference<S>> {
        let (units, seed) = shake.unwrap_or((0, 0));
        let rng = RefCell::new(Pcg64Mcg::seed_from_u64(seed.wrapping_add(77)));
        let inputs: HashMap<NodeId, Value> = self
            .feeds
            .iter()
            .map(|feed| match &feed.value {
                OwnedTensor::Real(x) => (feed.node, Value::Real(x.clone())),
                OwnedTensor::Index(x) => (feed.node, Value::Index(x.clone())),
            })
            .collect();
        let leaf = |id: NodeId, node: &Node| {
            let value = leaf(self.graph(), id, node, &self.params, &inputs)?;
            Ok(match value {
                Some(Value::Real(x)) if shake.is_some() && !matches!(node.op, Op::Constant(_)) => {
                    let mut rng = rng.borrow_mut();
                    let mut sign = || if rng.next_u64() & 1 == 0 { units } else { -units };
                    Some(Value::Real(x.map(|&x| shaken(x, sign()))))
                }
                value => value,
            })
        };
        Reference::new(self.graph(), wanted, &leaf)
    }

    /// Returns the derivatives of the value along a direction in one tensor, by the complex step.
    pub(crate) fn along(&mut self, var: Var<'g>, direction: &Tensor<f64>) -> Result<Tensor<Dual<Dd>>> {
        let y = self.y.id();
        let reference = match self.step.take() {
            Some(reference) => reference,
            None => self.reference(&[y], None)?,
        };
        along(self.step.insert(reference), &[(var, direction)], y)
    }

    /// Returns the derivatives along a direction in `f64`.
    fn rough(&mut self, var: Var<'g>, direction: &Tensor<f64>) -> Result<Tensor<Dual<f64>>> {
        let y = self.y.id();
        let reference = match self.rough.take() {
            Some(reference) => reference,
            None => self.reference(&[y], None)?,
        };
        along(self.rough.insert(reference), &[(var, direction)], y)
    }

    /// Returns the derivatives along a direction through several tensors.
    pub(crate) fn along_all(&mut self, directions: &[(Var<'g>, Tensor<f64>)]) -> Result<Tensor<Dual<Dd>>> {
        let y = self.y.id();
        let reference = match self.step.take() {
            Some(reference) => reference,
            None => self.reference(&[y], None)?,
        };
        let directions: Vec<(Var<'g>, &Tensor<f64>)> = directions.iter().map(|(x, d)| (*x, d)).collect();
        along(self.step.insert(reference), &directions, y)
    }

    /// Returns the value with several tensors moved by a multiple of a direction, in double-double numbers.
    pub(crate) fn moved_along(
        &mut self,
        directions: &[(Var<'g>, Tensor<f64>)],
        by: f64,
    ) -> Result<Tensor<Dd>> {
        let y = self.y.id();
        let reference = match self.fine.take() {
            Some(reference) => reference,
            None => self.reference(&[y], None)?,
        };
        let reference = self.fine.insert(reference);
        let mut moved = Vec::new();
        for (var, direction) in directions {
            let Some(base) = reference.real(var.id()) else { continue };
            let data = base.iter().zip(direction).map(|(&x, &d)| x + Dd::from(d) * Dd::from(by)).collect();
            moved.push((var.id(), Tensor::new(base.shape(), data)?));
        }
        reference.moved(moved, &HashSet::new(), y)
    }

    /// Returns the nodes that move when some tensors do, these included, and the nodes between them and the value.
    pub(crate) fn path(&self, wrt: &[Var<'g>]) -> (HashSet<NodeId>, Vec<NodeId>) {
        let mut moves: HashSet<NodeId> = wrt.iter().map(|x| x.id()).collect();
        let mut path = Vec::new();
        for id in self.graph().ancestors(&[self.y.id()]) {
            if self.graph().node(id).args.iter().any(|arg| moves.contains(arg)) && moves.insert(id) {
                path.push(id);
            }
        }
        (moves, path)
    }

    /// Returns the function of one element. `silent` says that its derivative is known to be 0.
    pub(crate) fn column(&mut self, var: Var<'g>, at: usize, silent: bool) -> Result<Column<'_, 'g>> {
        let x = self.tensor(var)?.data()[at];
        let outputs = self.y.shape().size();
        Ok(Column {
            var,
            at,
            x,
            points: vec![x; outputs],
            room: vec![f64::INFINITY; outputs],
            silent,
            subject: self,
        })
    }
}

/// Returns the feeds as a run takes them.
pub(crate) fn fed(feeds: &[OwnedFeed]) -> Vec<Feed<'_, f64>> {
    let feed = |feed| {
        let OwnedFeed { graph, node, value }: &OwnedFeed = feed;
        let value = match value {
            OwnedTensor::Real(tensor) => FeedValue::Real(tensor),
            OwnedTensor::Index(tensor) => FeedValue::Index(tensor),
        };
        Feed::of(*graph, *node, value)
    };
    feeds.iter().map(feed).collect()
}

/// Returns `y` with leaves moved along directions by an infinitesimal step.
fn along<S: Number>(
    reference: &Reference<Dual<S>>,
    directions: &[(Var<'_>, &Tensor<f64>)],
    y: NodeId,
) -> Result<Tensor<Dual<S>>> {
    let mut moved = Vec::new();
    for (var, direction) in directions {
        let Some(base) = reference.real(var.id()) else { continue }; // the value does not depend on it
        let data = base.iter().zip(*direction).map(|(x, &d)| Dual::new(x.re, d)).collect();
        moved.push((var.id(), Tensor::new(base.shape(), data)?));
    }
    reference.moved(moved, &HashSet::new(), y)
}

/// One element of one tensor, and the value as a function of it.
pub(crate) struct Column<'s, 'g> {
    subject: &'s mut CheckedValue<'g>,
    var: Var<'g>,
    at: usize,
    x: f64,
    points: Vec<f64>,
    room: Vec<f64>,
    silent: bool,
}

impl Column<'_, '_> {
    fn unit(&mut self) -> Result<Tensor<f64>> {
        let at = self.at;
        let shape = self.subject.tensor(self.var)?.shape().clone();
        let mut unit = Tensor::zeros(shape);
        unit.data_mut()[at] = 1.0;
        Ok(unit)
    }

    /// Returns the value along a direction, by the complex step in both kinds of numbers; `finite` tells where the
    /// graph's derivative is.
    fn both(&mut self, direction: &Tensor<f64>, finite: impl Fn(usize) -> bool) -> Result<Vec<Both>> {
        let (var, subject) = (self.var, &mut *self.subject);
        let part = |step: f64| direction.map(|&d| d * step);
        let fine = whole(&finite, |step| Ok(subject.along(var, &part(step))?.into_data()))?;
        let rough = whole(&finite, |step| Ok(subject.rough(var, &part(step))?.into_data()))?;
        Ok(rough.into_iter().zip(fine).collect())
    }
}

impl Probed for Column<'_, '_> {
    fn points(&self) -> &[f64] {
        &self.points
    }

    fn room(&self) -> &[f64] {
        &self.room
    }

    fn thorough(&self) -> bool {
        false
    }

    fn plain(&mut self, which: &[usize], at: &[f64]) -> Result<Vec<f64>> {
        let Some(&moved) = at.first() else { return Ok(Vec::new()) };
        let (i, x) = (self.at, self.x);
        self.subject.tensor(self.var)?.data_mut()[i] = moved;
        let CheckedValue { program, params, feeds, .. } = &mut *self.subject;
        let values = |out: &[f64]| which.iter().map(|&i| out[i]).collect();
        let result = program.run(params, fed(feeds)).map(|out| values(out.at(0).data()));
        self.subject.tensor(self.var)?.data_mut()[i] = x;
        result
    }

    fn fine(&mut self, which: &[usize], at: &[Dd]) -> Result<Vec<Dd>> {
        let (y, id) = (self.subject.y.id(), self.var.id());
        let reference = match self.subject.fine.take() {
            Some(reference) => reference,
            None => self.subject.reference(&[y], None)?,
        };
        let reference = self.subject.fine.insert(reference);
        let (Some(mut x), Some(&moved)) = (reference.real(id).cloned(), at.first()) else {
            return Ok(Vec::new());
        };
        x.data_mut()[self.at] = moved;
        let values = reference.moved(vec![(id, x)], &HashSet::new(), y)?;
        Ok(which.iter().map(|&i| values.data()[i]).collect())
    }

    fn step(&mut self, which: &[usize], analytic: &[f64]) -> Result<Vec<Stepped>> {
        if self.silent {
            let none = Estimate { value: 0.0, error: 0.0, size: 0.0, firm: true, cut: true };
            return Ok(which.iter().map(|_| none.into()).collect());
        }
        let unit = self.unit()?;
        let finite = |i: usize| which.iter().zip(analytic).any(|(&at, slope)| at == i && slope.is_finite());
        let right = self.both(&unit, finite)?;
        let left = match which.iter().any(|&i| right[i].1.tied) {
            true => Some(self.both(&unit.map(|x| -x), finite)?),
            false => None,
        };
        Ok(which.iter().map(|&i| derivative(right[i], left.as_ref().map(|left| left[i]))).collect())
    }

    fn spread(&mut self, which: &[usize], derivatives: &[f64]) -> Result<Vec<f64>> {
        let y = self.subject.y.id();
        if self.subject.shaken.is_empty() {
            for (round, units) in SHAKES.into_iter().enumerate() {
                for way in 0..WAYS {
                    let next = self.subject.reference(&[y], Some((units, way)))?;
                    self.subject.shaken.push((round, next));
                }
            }
        }
        let unit = self.unit()?;
        let mut changes = Changes::new(which.len());
        let finite =
            |i: usize| which.iter().zip(derivatives).any(|(&at, slope)| at == i && slope.is_finite());
        let part = |step: f64| unit.map(|&d| d * step);
        for (round, reference) in &self.subject.shaken {
            let values =
                whole(finite, |step| Ok(along(reference, &[(self.var, &part(step))], y)?.into_data()))?;
            changes.add(*round, derivatives, which.iter().map(|&i| values[i].im.to_f64()));
        }
        // The loss of `f64` on the way, but no more than a rounding of all terms.
        let (var, subject) = (self.var, &mut *self.subject);
        let rough = whole(finite, |step| Ok(subject.rough(var, &part(step))?.into_data()))?;
        let rounded = which.iter().zip(derivatives).map(|(&i, derivative)| {
            let Dual { im, size, .. } = rough[i];
            let off = (im - derivative).abs();
            if off.is_nan() { 0.0 } else { off.min(f64::EPSILON * size) }
        });
        Ok(changes.spread().into_iter().zip(rounded).map(|(inputs, rounded)| inputs.max(rounded)).collect())
    }
}
