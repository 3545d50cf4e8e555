//! The reference: the meaning of each operation, one at a time, as plainly as possible. In `f64` the executor must
//! agree with it; gradient checks run it in more exact numbers. Floor 4: reads floors 1 to 3.

mod leaf;

pub(crate) use leaf::leaf;

use crate::element::Number;
use crate::error::{Error, Result};
use crate::graph::{Graph, Node, NodeId};
use crate::op::{Fold, Op};
use crate::params::Params;
use crate::shape::{List, Shape};
use crate::tensor::Tensor;
use gradus_rows::random;
use std::collections::HashMap;

/// The value of a node: real numbers or indices.
#[derive(Clone)]
pub enum Value<S = f64> {
    /// Real numbers.
    Real(Tensor<S>),
    /// Indices.
    Index(Tensor<usize>),
}

/// The kind and the shape, without the numbers.
impl<S> std::fmt::Debug for Value<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Real(tensor) => write!(f, "Real({})", tensor.shape()),
            Value::Index(tensor) => write!(f, "Index({})", tensor.shape()),
        }
    }
}

impl<S> Value<S> {
    /// Returns the real numbers, or `None` for indices.
    pub fn real(&self) -> Option<&Tensor<S>> {
        match self {
            Value::Real(tensor) => Some(tensor),
            Value::Index(_) => None,
        }
    }
}

/// Computes some nodes of a graph, given its inputs.
///
/// # Errors
/// The graph's faults; a number of another graph; an input that is missing, or not of the kind and shape that the
/// graph has.
#[track_caller]
pub fn interpret(
    graph: &Graph,
    wanted: &[NodeId],
    params: &Params<f64>,
    inputs: &HashMap<NodeId, Value>,
) -> Result<Vec<Value>> {
    graph.sound(wanted.iter().copied())?;
    leaf::judge(graph, wanted, inputs)?;
    let mut values: HashMap<NodeId, Value> = HashMap::new();
    for id in graph.ancestors(wanted) {
        let node = graph.node(id);
        let args: Vec<&Value> = node.args.iter().map(|arg| &values[arg]).collect();
        let value = leaf(graph, id, &node, params, inputs)?.map_or_else(|| apply(&node, &args), Ok)?;
        values.insert(id, value);
    }
    Ok(wanted.iter().map(|id| values[id].clone()).collect())
}

/// Computes one operation on the values of its arguments.
pub(crate) fn apply<S: Number>(node: &Node, args: &[&Value<S>]) -> Result<Value<S>> {
    let shape = &node.shape;
    let real = |i: usize| match args[i] {
        Value::Real(x) => Ok(x),
        Value::Index(_) => Err(Error::Invalid(format!("{} was given indices", node.op.name()))),
    };
    let index = |i: usize| match args[i] {
        Value::Index(x) => Ok(x),
        Value::Real(_) => Err(Error::Invalid(format!("{} was given real numbers", node.op.name()))),
    };
    let each = |f: &mut dyn FnMut(&[usize]) -> S| Ok(Value::Real(Tensor::try_from_fn(shape, f)?));
    let mask = |is: bool| S::from(if is { 1.0 } else { 0.0 });
    match &node.op {
        Op::Map(map) => {
            let args: Vec<&[S]> = (0..args.len()).map(|i| Ok(real(i)?.data())).collect::<Result<_>>()?;
            let values = match args[..] {
                [a] => a.iter().map(|&a| map.value(&[a])).collect(),
                [a, b] => a.iter().zip(b).map(|(&a, &b)| map.value(&[a, b])).collect(),
                _ => (0..shape.size()).map(|i| map.value(&[args[0][i], args[1][i], args[2][i]])).collect(),
            };
            Ok(Value::Real(Tensor::new(shape, values)?))
        }
        Op::Broadcast => {
            let x = real(0)?;
            let skip = shape.len() - x.shape().len();
            each(&mut |at| {
                let at: List = at[skip..]
                    .iter()
                    .zip(x.shape().iter())
                    .map(|(&i, &n)| if n == 1 { 0 } else { i })
                    .collect();
                value_at(x, &at)
            })
        }
        Op::Fold(fold, axes) => folded(*fold, axes, real(0)?, shape),
        Op::Reshape => Ok(match args[0] {
            Value::Real(x) => Value::Real(x.clone().reshape(shape)?),
            Value::Index(x) => Value::Index(x.clone().reshape(shape)?),
        }),
        Op::Permute(order) => {
            let x = real(0)?;
            each(&mut |at| {
                let mut from: List = smallvec::smallvec![0; at.len()];
                order.iter().zip(at).for_each(|(&axis, &i)| from[axis] = i);
                value_at(x, &from)
            })
        }
        Op::Slice(start) => {
            let x = real(0)?;
            each(&mut |at| value_at(x, &at.iter().zip(start).map(|(i, s)| i + s).collect::<List>()))
        }
        Op::Pad(starts) => {
            let parts: Vec<&Tensor<S>> = (0..args.len()).map(real).collect::<Result<_>>()?;
            each(&mut |at| {
                let mut there = parts.iter().zip(starts).filter_map(|(part, start)| {
                    let from: Option<List> = at.iter().zip(start).map(|(i, s)| i.checked_sub(*s)).collect();
                    part.get(&from?).copied()
                });
                // A single one is moved as it is, also −0; several are added to 0.
                match starts.len() {
                    1 => there.next().unwrap_or(S::from(0.0)),
                    _ => there.fold(S::from(0.0), |sum, x| sum + x),
                }
            })
        }
        Op::Cat(axis) => {
            let parts: Vec<&Tensor<S>> = (0..args.len()).map(real).collect::<Result<_>>()?;
            each(&mut |at| {
                let mut at: List = at.into();
                let mut part = 0;
                while at[*axis] >= parts[part].shape()[*axis] {
                    at[*axis] -= parts[part].shape()[*axis];
                    part += 1;
                }
                value_at(parts[part], &at)
            })
        }
        Op::MatMul { ta, tb, strong: [sa, sb] } => {
            let (a, b) = (real(0)?, real(1)?);
            let rank = shape.len();
            let (m, n) = (shape[rank - 2], shape[rank - 1]);
            let k = if *ta { a.shape()[rank - 2] } else { a.shape()[rank - 1] };
            each(&mut |at| {
                let batch =
                    at[..rank - 2].iter().zip(&shape[..]).fold(0, |batch, (i, size)| batch * size + i);
                let left = |l: usize| {
                    a.data()[batch * m * k + if *ta { l * m + at[rank - 2] } else { at[rank - 2] * k + l }]
                };
                let right = |l: usize| {
                    b.data()[batch * k * n + if *tb { at[rank - 1] * k + l } else { l * n + at[rank - 1] }]
                };
                let zero = |x: S| x.real() == 0.0;
                let term = |a: S, b: S| {
                    let product = a * b;
                    // Only beside ∞ or NaN: a dual number whose real part is 0 still moves.
                    let wins = !product.real().is_finite() && (*sa && zero(a) || *sb && zero(b));
                    if wins { S::from(0.0) } else { product }
                };
                (0..k).fold(S::from(0.0), |sum, l| sum + term(left(l), right(l)))
            })
        }
        Op::Unfold { axis, step } => {
            let x = real(0)?;
            each(&mut |at| {
                let mut from: List = at.into();
                from[*axis] = at[*axis] * step + at[axis + 1];
                from.remove(axis + 1);
                value_at(x, &from)
            })
        }
        Op::Overlap { axis, step } => {
            let x = real(0)?;
            let mut y = Tensor::try_full(shape, S::from(0.0))?;
            for (i, &v) in x.iter().enumerate() {
                let mut to = x.shape().unravel(i);
                to[*axis] = to[*axis] * step + to[axis + 1];
                to.remove(axis + 1);
                add_at(&mut y, &to, v);
            }
            Ok(Value::Real(y))
        }
        Op::Gather(axis) => {
            let (x, idx) = (real(0)?, index(1)?);
            let rank = idx.shape().len();
            each(&mut |at| {
                let row = idx.get(&at[*axis..axis + rank]).copied().unwrap_or(0);
                let from: List =
                    at[..*axis].iter().chain([&row]).chain(&at[axis + rank..]).copied().collect();
                value_at(x, &from)
            })
        }
        Op::ScatterAdd(axis) => {
            let (x, idx) = (real(0)?, index(1)?);
            let rank = idx.shape().len();
            let mut y = Tensor::try_full(shape, S::from(0.0))?;
            for (i, &v) in x.iter().enumerate() {
                let at = x.shape().unravel(i);
                let row = idx.get(&at[*axis..axis + rank]).copied().unwrap_or(0);
                let to: List = at[..*axis].iter().chain([&row]).chain(&at[axis + rank..]).copied().collect();
                add_at(&mut y, &to, v);
            }
            Ok(Value::Real(y))
        }
        Op::OneHot => {
            let idx = index(0)?;
            each(&mut |at| mask(idx.get(&at[..at.len() - 1]) == at.last()))
        }
        Op::ArgMax(axis) => {
            let x = real(0)?;
            let first_largest = |at: &[usize]| {
                let line = |i: usize| {
                    let from: List = at[..*axis].iter().chain([&i]).chain(&at[axis + 1..]).copied().collect();
                    value_at(x, &from)
                };
                let nan = |v: S| v.real().is_nan();
                let beats = |v: S, best: S| best.lt(v).real() != 0.0 || (nan(v) && !nan(best));
                (1..x.shape()[*axis]).fold(0, |best, i| if beats(line(i), line(best)) { i } else { best })
            };
            Ok(Value::Index(Tensor::try_from_fn(shape, first_largest)?))
        }
        Op::ArgSort { axis, descending } => {
            let x = real(0)?;
            let place = |at: &[usize]| {
                let line = |i: usize| {
                    let from: List = at[..*axis].iter().chain([&i]).chain(&at[axis + 1..]).copied().collect();
                    value_at(x, &from).real()
                };
                let mut order: Vec<usize> = (0..x.shape()[*axis]).collect();
                order.sort_by(|&i, &j| match descending {
                    false => upward(line(i), line(j)),
                    true => upward(line(j), line(i)),
                });
                order[at[*axis]]
            };
            Ok(Value::Index(Tensor::try_from_fn(shape, place)?))
        }
        Op::Along { axis, size } => {
            let idx = index(0)?;
            let whole = shape.with(*axis, *size).strides();
            let position = |at: &[usize]| {
                let mut to: List = at.into();
                to[*axis] = idx.get(at).copied().unwrap_or(0);
                to.iter().zip(&whole).map(|(i, stride)| i * stride).sum::<usize>()
            };
            Ok(Value::Index(Tensor::try_from_fn(shape, position)?))
        }
        Op::SameIndex => {
            let (a, b) = (index(0)?, index(1)?);
            each(&mut |at| mask(a.get(at) == b.get(at)))
        }
        // Programs that are no trainings draw as the first step does.
        Op::Random(seed) => {
            let mut numbers = vec![S::from(0.0); shape.size()];
            random::fill(*seed, 0, &mut numbers, S::from);
            Ok(Value::Real(Tensor::new(shape, numbers)?))
        }
        Op::Detach | Op::Custom(_) => Ok(args[0].clone()),
        Op::Poison
        | Op::Input(_)
        | Op::Labels(_)
        | Op::Param(_)
        | Op::Constant(_)
        | Op::Value(_)
        | Op::Indices(_) => Err(Error::Invalid(format!("{} is not computed from arguments", node.op.name()))),
    }
}

/// The order of two numbers, in which a NaN is the largest.
fn upward(a: f64, b: f64) -> std::cmp::Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

fn value_at<S: Number>(x: &Tensor<S>, at: &[usize]) -> S {
    x.get(at).copied().unwrap_or(S::from(f64::NAN))
}

fn add_at<S: Number>(y: &mut Tensor<S>, at: &[usize], v: S) {
    let flat: usize = at.iter().zip(y.shape().strides()).map(|(i, stride)| i * stride).sum();
    y.data_mut()[flat] = y.data()[flat] + v;
}

fn folded<S: Number>(fold: Fold, axes: &List, x: &Tensor<S>, shape: &Shape) -> Result<Value<S>> {
    let mut joined = Tensor::try_full(shape, S::from(fold.start()))?;
    for (i, &v) in x.iter().enumerate() {
        let mut at = x.shape().unravel(i);
        axes.iter().for_each(|&axis| at[axis] = 0);
        let to: usize = at.iter().zip(shape.strides()).map(|(i, stride)| i * stride).sum();
        joined.data_mut()[to] = fold.join(joined.data()[to], v);
    }
    Ok(Value::Real(joined))
}
