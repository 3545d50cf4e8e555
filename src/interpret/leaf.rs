//! The values of nodes without arguments, each checked against the graph. Floor 4.

use super::Value;
use crate::error::{Error, FeedErrorKind, ParamErrorKind, Result, Site};
use crate::graph::{Graph, Node, NodeId};
use crate::op::Op;
use crate::params::Params;
use std::collections::HashMap;

/// Returns an error if a number of `wanted` or of `inputs` is of another graph, or if a value is given for a node
/// that is no input.
#[track_caller]
pub(super) fn judge(graph: &Graph, wanted: &[NodeId], inputs: &HashMap<NodeId, Value>) -> Result<()> {
    graph.within(wanted.iter().chain(inputs.keys()).copied())?;
    let (other, site) =
        (|id: &NodeId| !matches!(graph.node(*id).op, Op::Input(_) | Op::Labels(_)), Site::here());
    match inputs.keys().copied().filter(other).min() {
        Some(id) => {
            let (name, recorded) = (graph.read(|record| record.called(id)), graph.node(id).site);
            let problem = "only inputs and labels are given";
            Err(Error::Feed {
                kind: FeedErrorKind::Unknown,
                problem: format!(
                    "a value was given for {name:?}, which is not an input of this graph; {problem}\n  --> {site}\n     recorded at {recorded}"
                ),
            })
        }
        None => Ok(()),
    }
}

/// Returns the value of a node without arguments.
pub(crate) fn leaf(
    graph: &Graph,
    id: NodeId,
    node: &Node,
    params: &Params<f64>,
    inputs: &HashMap<NodeId, Value>,
) -> Result<Option<Value>> {
    Ok(Some(match node.op {
        Op::Input(i) | Op::Labels(i) => {
            let (name, classes) = graph.read(|record| {
                let input = &record.inputs[i as usize];
                (input.name.clone(), input.classes)
            });
            given(name, classes, node, inputs.get(&id))?
        }
        Op::Param(i) => {
            let name = graph.read(|record| record.params[i as usize].0.name.clone());
            let missing = || Error::Param {
                name: name.to_string(),
                kind: ParamErrorKind::Missing,
                problem: "there is none of this name".into(),
            };
            let value = params.get(&name).ok_or_else(missing)?;
            if *value.shape() != node.shape {
                let (expected, found) = (node.shape.clone(), value.shape().clone());
                let what = format!("the parameter {name:?}");
                return Err(Error::Shape { what, expected, found, at: Some(node.site) });
            }
            Value::Real(value.clone())
        }
        Op::Value(i) => Value::Real(graph.read(|record| (*record.values[i as usize]).clone())),
        Op::Indices(i) => Value::Index(graph.read(|record| (*record.indices[i as usize]).clone())),
        Op::Constant(c) => Value::Real(c.value().into()),
        _ => return Ok(None),
    }))
}

/// Returns the value given for an input, if its kind and shape are the input's and its labels are below the number
/// of classes.
fn given(name: String, classes: usize, node: &Node, value: Option<&Value>) -> Result<Value> {
    let (kind, site) = (node.op.name(), node.site);
    let Some(value) = value else {
        return Err(Error::Missing { kind, name, shape: Some(node.shape.clone()), site });
    };
    let found = match value {
        Value::Real(x) => x.shape(),
        Value::Index(x) => x.shape(),
    };
    if *found != node.shape {
        let (what, expected) = (format!("the {kind} {name:?}"), node.shape.clone());
        return Err(Error::Shape { what, expected, found: found.clone(), at: Some(site) });
    }
    match (&node.op, value) {
        (Op::Labels(_), Value::Index(x)) => {
            match x.iter().enumerate().find(|(_, label)| **label >= classes) {
                Some((position, &label)) => Err(Error::Label { name, label, position, classes, site }),
                None => Ok(value.clone()),
            }
        }
        (Op::Input(_), Value::Real(_)) => Ok(value.clone()),
        (Op::Labels(_), _) => Err(Error::Feed {
            kind: FeedErrorKind::WrongKind,
            problem: format!("the labels {name:?} were fed real numbers\n  --> declared at {site}"),
        }),
        _ => Err(Error::Feed {
            kind: FeedErrorKind::WrongKind,
            problem: format!("the input {name:?} was fed indices\n  --> declared at {site}"),
        }),
    }
}
