//! The reference: what each operation means, one at a time, in `f64`, as plainly as it can be said.
//! The executor must agree with it. Floor 4: reads floors 0 to 3.

use crate::element::Scalar;
use crate::error::{Error, Result};
use crate::graph::{Graph, Node, NodeId};
use crate::op::{Fold, Op};
use crate::params::Params;
use crate::shape::{List, Shape};
use crate::tensor::Tensor;
use std::collections::HashMap;

/// The value of a node: real numbers or indices.
#[derive(Clone, Debug)]
pub enum Value {
    /// Real numbers.
    Real(Tensor<f64>),
    /// Indices.
    Index(Tensor<usize>),
}

impl Value {
    /// The real numbers, if that is what they are.
    pub fn real(&self) -> Option<&Tensor<f64>> {
        match self {
            Value::Real(tensor) => Some(tensor),
            Value::Index(_) => None,
        }
    }
}

/// Computes some nodes of a graph, given its inputs.
///
/// # Errors
/// The graph's faults, or what is missing.
pub fn interpret(
    graph: &Graph,
    wanted: &[NodeId],
    params: &Params<f64>,
    inputs: &HashMap<NodeId, Value>,
) -> Result<Vec<Value>> {
    graph.check()?;
    let mut values: HashMap<NodeId, Value> = HashMap::new();
    for id in graph.ancestors(wanted) {
        let node = graph.node(id);
        let args: Vec<&Value> = node.args.iter().map(|arg| &values[arg]).collect();
        let value = leaf(graph, id, &node, params, inputs)?.map_or_else(|| apply(&node, &args), Ok)?;
        values.insert(id, value);
    }
    Ok(wanted.iter().map(|id| values[id].clone()).collect())
}

/// The value of a node without arguments.
fn leaf(
    graph: &Graph,
    id: NodeId,
    node: &Node,
    params: &Params<f64>,
    inputs: &HashMap<NodeId, Value>,
) -> Result<Option<Value>> {
    Ok(Some(match node.op {
        Op::Input(_) | Op::Labels(_) => inputs.get(&id).cloned().ok_or_else(|| Error::Missing {
            kind: node.op.name(),
            name: graph.read(|record| record.called(id)),
            shape: node.shape.clone(),
            site: node.site,
        })?,
        Op::Param(i) => {
            let name = graph.read(|record| record.params[i as usize].0.name.clone());
            let missing =
                || Error::Param { name: name.to_string(), problem: "there is none of this name".into() };
            Value::Real(params.get(&name).cloned().ok_or_else(missing)?)
        }
        Op::Value(i) => Value::Real(graph.read(|record| (*record.values[i as usize]).clone())),
        Op::Constant(c) => Value::Real(c.value().into()),
        _ => return Ok(None),
    }))
}

/// One operation on the values of its arguments.
fn apply(node: &Node, args: &[&Value]) -> Result<Value> {
    let shape = &node.shape;
    let real = |i: usize| match args[i] {
        Value::Real(x) => Ok(x),
        Value::Index(_) => Err(Error::Invalid(format!("{} was given indices", node.op.name()))),
    };
    let index = |i: usize| match args[i] {
        Value::Index(x) => Ok(x),
        Value::Real(_) => Err(Error::Invalid(format!("{} was given real numbers", node.op.name()))),
    };
    let each = |f: &mut dyn FnMut(&[usize]) -> f64| Ok(Value::Real(Tensor::from_fn(shape, f)));
    match &node.op {
        Op::Map(map) => {
            let args: Vec<&Tensor<f64>> = (0..args.len()).map(real).collect::<Result<_>>()?;
            let mut at = 0..;
            each(&mut |_| {
                let i = at.next().unwrap_or(0);
                map.value(&args.iter().map(|x| x.data()[i]).collect::<Vec<f64>>())
            })
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
        Op::Reshape => Ok(Value::Real(real(0)?.clone().reshape(shape)?)),
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
        Op::Pad(start) => {
            let x = real(0)?;
            each(&mut |at| {
                let from: Option<List> = at.iter().zip(start).map(|(i, s)| i.checked_sub(*s)).collect();
                from.and_then(|from| x.get(&from).copied()).unwrap_or(0.0)
            })
        }
        Op::Join(axis) => {
            let parts: Vec<&Tensor<f64>> = (0..args.len()).map(real).collect::<Result<_>>()?;
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
        Op::Contract { ta, tb } => {
            let (a, b) = (real(0)?, real(1)?);
            let rank = shape.len();
            let k = if *ta { a.shape()[rank - 2] } else { a.shape()[rank - 1] };
            each(&mut |at| {
                let element = |x: &Tensor<f64>, transposed: bool, row: usize, column: usize| {
                    let mut from: List = at.into();
                    (from[rank - 2], from[rank - 1]) = if transposed { (column, row) } else { (row, column) };
                    value_at(x, &from)
                };
                (0..k).map(|l| element(a, *ta, at[rank - 2], l) * element(b, *tb, l, at[rank - 1])).sum()
            })
        }
        Op::Window { axis, step } => {
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
            let mut y = Tensor::zeros(shape);
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
            let mut y = Tensor::zeros(shape);
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
            let rank = shape.len() - 1;
            each(&mut |at| if idx.get(&at[..rank]) == Some(&at[rank]) { 1.0 } else { 0.0 })
        }
        Op::ArgMax(axis) => {
            let x = real(0)?;
            let first_largest = |at: &[usize]| {
                let line: Vec<f64> = (0..x.shape()[*axis])
                    .map(|i| {
                        value_at(
                            x,
                            &at[..*axis].iter().chain([&i]).chain(&at[*axis..]).copied().collect::<List>(),
                        )
                    })
                    .collect();
                let mut best = 0;
                for (i, v) in line.iter().enumerate() {
                    if *v > line[best] || (v.is_nan() && !line[best].is_nan()) {
                        best = i;
                    }
                }
                best
            };
            Ok(Value::Index(Tensor::from_fn(shape, first_largest)))
        }
        Op::SameIndex => {
            let (a, b) = (index(0)?, index(1)?);
            each(&mut |at| if a.get(at) == b.get(at) { 1.0 } else { 0.0 })
        }
        Op::Detach | Op::Custom(_) => Ok(args[0].clone()),
        Op::Poison | Op::Input(_) | Op::Labels(_) | Op::Param(_) | Op::Constant(_) | Op::Value(_) => {
            Err(Error::Invalid(format!("{} is not computed from arguments", node.op.name())))
        }
    }
}

fn value_at(x: &Tensor<f64>, at: &[usize]) -> f64 {
    x.get(at).copied().unwrap_or(f64::NAN)
}

fn add_at(y: &mut Tensor<f64>, at: &[usize], v: f64) {
    let flat: usize = at.iter().zip(y.shape().strides()).map(|(i, stride)| i * stride).sum();
    y.data_mut()[flat] += v;
}

fn folded(fold: Fold, axes: &List, x: &Tensor<f64>, shape: &Shape) -> Result<Value> {
    let gather = |each: &mut dyn FnMut(usize, f64)| {
        for (i, &v) in x.iter().enumerate() {
            let mut to = x.shape().unravel(i);
            axes.iter().for_each(|&axis| to[axis] = 0);
            each(to.iter().zip(shape.strides()).map(|(i, stride)| i * stride).sum(), v);
        }
    };
    let mut pivot = vec![f64::NEG_INFINITY; shape.size()];
    if fold.pivot() {
        gather(&mut |to, v| pivot[to] = Scalar::max(pivot[to], v));
    }
    let mut joined = vec![fold.start(); shape.size()];
    gather(&mut |to, v| joined[to] = fold.join(joined[to], fold.term(v, pivot[to])));
    let result = joined.into_iter().zip(pivot).map(|(a, m)| fold.finish(a, m)).collect();
    Ok(Value::Real(Tensor::new(shape, result)?))
}
