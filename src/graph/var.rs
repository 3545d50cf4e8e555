//! `Var` and `Idx`: the handles to nodes. Floor 2; their operations come with the rules, floor 3.

use super::{Graph, NodeId};
use crate::error::Site;
use crate::op::Op;
use crate::shape::{IntoAxis, Shape};

/// A handle to a real-valued node of a graph: a copy costs nothing, and arithmetic on it records.
///
/// ```
/// use gradus::prelude::*;
/// let g = Graph::new();
/// let x = g.value(tensor![1.0, 2.0, 3.0]);
/// let y = (x * x * x).sum(..);
/// assert_eq!(y.to_string(), "36");
/// assert_eq!(y.grad(x).to_string(), "[3, 12, 27]");
/// ```
#[derive(Clone, Copy)]
pub struct Var<'g> {
    pub(crate) graph: &'g Graph,
    pub(crate) id: NodeId,
}

impl<'g> Var<'g> {
    /// Returns the graph that holds the node.
    pub fn graph(self) -> &'g Graph {
        self.graph
    }

    /// Returns the node's position in its graph.
    pub fn id(self) -> NodeId {
        self.id
    }

    /// Returns the shape of the value, or that of a scalar for a poisoned value.
    pub fn shape(self) -> Shape {
        self.graph.read(|record| record.nodes[self.id.index()].shape.clone())
    }

    /// Returns the size of one axis. If there is no such axis, it is 1 and a fault at your line; for a poisoned value it
    /// is 1 as well.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.input("x", [2, 3]);
    /// assert_eq!((x.size(0), x.size(-1)), (2, 3));
    /// assert_eq!(x.size(9), 1);
    /// assert!(g.check().unwrap_err().to_string().starts_with("size: axis 9 is out of range for rank 2"));
    /// ```
    #[track_caller]
    pub fn size(self, axis: impl IntoAxis) -> usize {
        let shape = self.shape();
        match axis.position(shape.len()) {
            Ok(at) => shape[at],
            Err(problem) => {
                if !self.is_poisoned() {
                    self.graph.refuse("size", &[("value", self)], problem);
                    self.graph.record.borrow_mut().lost = true;
                }
                1
            }
        }
    }

    /// Returns the number of axes.
    pub fn rank(self) -> usize {
        self.shape().len()
    }

    /// Returns the line that recorded the value.
    pub fn site(self) -> Site {
        self.graph.read(|record| record.nodes[self.id.index()].site)
    }

    /// Tells whether the value depends on a mistake.
    pub fn is_poisoned(self) -> bool {
        self.graph.read(|record| record.nodes[self.id.index()].op == Op::Poison)
    }

    pub(crate) fn op(self) -> Op {
        self.graph.read(|record| record.nodes[self.id.index()].op.clone())
    }

    /// Records an operation on this and other values.
    #[track_caller]
    pub(crate) fn push(self, op: Op, args: &[Var<'g>], shape: Result<Shape, String>) -> Var<'g> {
        Var { graph: self.graph, id: self.graph.push(op, args, shape) }
    }
}

/// A handle to a node of indices: labels, or the result of `argmax`. It has no gradient, by type.
///
/// ```compile_fail
/// # use gradus::prelude::*;
/// let g = Graph::new();
/// let label = g.labels("label", [4], 10);
/// label.grad(label); // no method named `grad`
/// ```
#[derive(Clone, Copy)]
pub struct Idx<'g>(pub(crate) Var<'g>);

impl<'g> Idx<'g> {
    /// Returns the graph that holds the node.
    pub fn graph(self) -> &'g Graph {
        self.0.graph
    }

    /// Returns the node's position in its graph.
    pub fn id(self) -> NodeId {
        self.0.id
    }

    /// Returns the shape of the indices, or that of a scalar for poisoned ones.
    pub fn shape(self) -> Shape {
        self.0.shape()
    }

    /// Returns the bound that every index is below.
    pub(crate) fn classes(self) -> usize {
        let graph = self.0.graph;
        graph.read(|record| {
            let node = &record.nodes[self.0.id.index()];
            match node.op {
                Op::Labels(i) => record.inputs[i as usize].classes,
                Op::Indices(i) => {
                    record.indices[i as usize].iter().max().map_or(0, |most| most.saturating_add(1))
                }
                Op::ArgSort { axis, .. } => record.nodes[node.args[0].index()].shape[axis],
                Op::Along { axis, size } => node.shape.with(axis, size).size(),
                Op::ArgMax(axis) => record.nodes[node.args[0].index()].shape[axis],
                // The same indices in another shape.
                Op::Reshape => Idx(Var { id: node.args[0], ..self.0 }).classes(),
                _ => 0,
            }
        })
    }
}
