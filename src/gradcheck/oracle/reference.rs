//! A graph's values in more exact numbers than it trains in, and what follows when one leaf moves.
//! Floor 7.

use crate::element::Number;
use crate::error::Result;
use crate::graph::{Graph, Node, NodeId};
use crate::interpret::{Value, apply};
use crate::tensor::Tensor;
use std::collections::{HashMap, HashSet};

/// The values of some nodes and of all that they are made of.
pub(crate) struct Reference<S> {
    order: Vec<(NodeId, Node)>,
    values: HashMap<NodeId, Value<S>>,
}

/// A leaf's value, if the node is one.
pub(crate) type Leaf<'a> = &'a dyn Fn(NodeId, &Node) -> Result<Option<Value>>;

impl<S: Number> Reference<S> {
    /// Computes `wanted`.
    pub(crate) fn new(graph: &Graph, wanted: &[NodeId], leaf: Leaf<'_>) -> Result<Self> {
        let mut new = Reference { order: Vec::new(), values: HashMap::new() };
        new.extend(graph, wanted, leaf)?;
        Ok(new)
    }

    /// Prepares a node as a function of a leaf: what follows from that is computed when it is moved.
    pub(crate) fn of(graph: &Graph, wanted: NodeId, x: NodeId, leaf: Leaf<'_>) -> Result<Self> {
        let mut new = Reference { order: Vec::new(), values: HashMap::new() };
        let mut follows = HashSet::from([x]);
        let (moves, still): (Vec<NodeId>, Vec<NodeId>) =
            graph.ancestors(&[wanted]).into_iter().partition(|&id| {
                let moves = id == x || graph.node(id).args.iter().any(|arg| follows.contains(arg));
                if moves {
                    follows.insert(id);
                }
                moves
            });
        new.extend(graph, &still, leaf)?;
        new.order.extend(moves.into_iter().map(|id| (id, graph.node(id))));
        Ok(new)
    }

    /// Computes more nodes of the same graph.
    pub(crate) fn extend(&mut self, graph: &Graph, wanted: &[NodeId], leaf: Leaf<'_>) -> Result<()> {
        for id in graph.ancestors(wanted) {
            if self.values.contains_key(&id) {
                continue;
            }
            let node = graph.node(id);
            let value = match leaf(id, &node)? {
                Some(Value::Real(x)) => Value::Real(x.map(|&x| S::from(x))),
                Some(Value::Index(x)) => Value::Index(x),
                None => self.applied(&node, &HashMap::new())?,
            };
            self.values.insert(id, value);
            self.order.push((id, node));
        }
        Ok(())
    }

    fn applied(&self, node: &Node, moved: &HashMap<NodeId, Value<S>>) -> Result<Value<S>> {
        let args: Vec<&Value<S>> =
            node.args.iter().map(|arg| moved.get(arg).unwrap_or_else(|| &self.values[arg])).collect();
        apply(node, &args)
    }

    /// The value of a node of real numbers.
    pub(crate) fn real(&self, id: NodeId) -> Option<&Tensor<S>> {
        self.values.get(&id).and_then(Value::real)
    }

    /// The value of `wanted` when some nodes have other values; `fixed` ones stay as they are.
    pub(crate) fn moved(
        &self,
        moved: Vec<(NodeId, Tensor<S>)>,
        fixed: &HashSet<NodeId>,
        wanted: NodeId,
    ) -> Result<Tensor<S>> {
        let mut moved: HashMap<NodeId, Value<S>> =
            moved.into_iter().map(|(id, tensor)| (id, Value::Real(tensor))).collect();
        for (id, node) in self.order.iter().filter(|(id, _)| *id <= wanted) {
            let follows = node.args.iter().any(|arg| moved.contains_key(arg));
            if follows && !moved.contains_key(id) && !fixed.contains(id) {
                let value = self.applied(node, &moved)?;
                moved.insert(*id, value);
            }
        }
        let value = moved.remove(&wanted);
        let value = value.as_ref().or_else(|| self.values.get(&wanted)).and_then(Value::real);
        Ok(value.cloned().unwrap_or_else(|| Tensor::full([0], S::from(0.0))))
    }
}
