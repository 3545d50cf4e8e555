//! Compiles a recorded graph to a plan, by passes from graph to graph, each of which can be read by itself. Floor
//! 5: reads floors 1 to 3.

mod cse;
mod cut;
mod emit;
mod fuse;
mod in_place;
mod plan;
mod prune;
mod simplify;
mod slots;
mod verify;

pub(crate) use in_place::Updates;
pub(crate) use plan::{DeclaredInput, Origins};

use crate::error::Result;
use crate::graph::{Graph, Node, NodeId};
use crate::op::Op;
use crate::shape::Shape;
use crate::tensor::Tensor;
use gradus_exec::plan::Plan;
use smallvec::SmallVec;
use std::sync::Arc;

/// A graph on its way to a plan: nodes in topological order, and the roots that are wanted.
#[derive(Clone)]
pub(crate) struct Ir {
    pub(crate) nodes: Vec<Node>,
    pub(crate) roots: Vec<NodeId>,
    /// The constant tensors that `Op::Value` points into.
    pub(crate) values: Vec<Arc<Tensor<f64>>>,
}

/// The passes that may be left out, for the law "with a pass = without it".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passes {
    /// Equations that make the graph smaller.
    pub simplify: bool,
    /// Equal operations on equal arguments become one.
    pub cse: bool,
    /// Operations run together, block by block, where their values need not be kept.
    pub fuse: bool,
}

impl Default for Passes {
    fn default() -> Self {
        Passes { simplify: true, cse: true, fuse: true }
    }
}

/// Runs the passes over the nodes that the wanted ones depend on.
#[track_caller]
pub(crate) fn lower(graph: &Graph, wanted: &[NodeId], passes: Passes) -> Result<Ir> {
    graph.sound(wanted.iter().copied())?;
    graph.within(wanted.iter().copied())?;
    let mut ir = Ir::new(graph, wanted);
    verify::verify(&ir)?; // every shape is derived again, by the rules that recorded it
    if passes.simplify {
        ir = prune::prune(simplify::simplify(ir)); // x·1 → x, and its kin, each an equation
    }
    if passes.cse {
        ir = cse::cse(ir); // equal operation, equal arguments → one node
    }
    ir = prune::prune(ir); // keep what the outputs need
    verify::verify(&ir)?;
    Ok(ir)
}

/// A plan in which each operation is a step and each value has a slot of its own.
#[derive(Clone)]
pub(crate) struct UnfusedPlan {
    plan: Plan,
    origins: Origins,
    sizes: Vec<usize>,
    indices: Vec<usize>,
}

impl UnfusedPlan {
    /// Turns the graph into steps.
    pub(crate) fn of(ir: &Ir, graph: &Graph) -> Self {
        plan::steps(ir, graph)
    }

    /// Returns the graph's side of the plan's numbers.
    pub(crate) fn origins(&self) -> &Origins {
        &self.origins
    }

    /// Groups the steps, each by itself unless `fuse`, and gives the values their buffers. `updates` are outputs
    /// that are new values of parameters, and may be made in place.
    pub(crate) fn plan(&self, fuse: bool, updates: &Updates) -> Plan {
        let (mut plan, mut sizes) = (self.plan.clone(), self.sizes.clone());
        let clusters = fuse::clusters(&plan, sizes.len(), fuse);
        emit::groups(&mut plan, clusters, &mut sizes);
        in_place::find(&mut plan, updates);
        slots::assign(&mut plan, &sizes, &self.indices);
        plan
    }
}

impl Ir {
    fn new(graph: &Graph, wanted: &[NodeId]) -> Self {
        let ids = graph.ancestors(wanted);
        graph.read(|record| {
            let mut place = vec![NodeId(0); record.nodes.len()];
            ids.iter().enumerate().for_each(|(i, id)| place[id.index()] = NodeId(i as u32));
            let nodes = ids.iter().map(|id| {
                let mut node = record.nodes[id.index()].clone();
                if let Op::Custom(_) = node.op {
                    // Only the rule reads the other arguments, so they need not be computed.
                    node.args.truncate(1);
                }
                node.args.iter_mut().for_each(|arg| *arg = place[arg.index()]);
                node
            });
            Ir {
                nodes: nodes.collect(),
                roots: wanted.iter().map(|id| place[id.index()]).collect(),
                values: record.values.clone(),
            }
        })
    }

    /// Rebuilds the graph node by node. `step` gets each node with its arguments already mapped, and returns the
    /// node of the new graph that stands for it.
    pub(crate) fn rebuild(self, mut step: impl FnMut(&mut Builder, Node) -> NodeId) -> Ir {
        let mut builder = Builder { nodes: Vec::with_capacity(self.nodes.len()), values: self.values };
        let mut place: Vec<NodeId> = Vec::with_capacity(self.nodes.len());
        for mut node in self.nodes {
            node.args.iter_mut().for_each(|arg| *arg = place[arg.index()]);
            place.push(step(&mut builder, node));
        }
        let roots = self.roots.iter().map(|root| place[root.index()]).collect();
        Ir { nodes: builder.nodes, roots, values: builder.values }
    }
}

/// A graph under construction.
pub(crate) struct Builder {
    pub(crate) nodes: Vec<Node>,
    pub(crate) values: Vec<Arc<Tensor<f64>>>,
}

impl Builder {
    pub(crate) fn push(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        NodeId(self.nodes.len() as u32 - 1)
    }

    /// Adds a node on behalf of another, with the same line and scope.
    pub(crate) fn like(&mut self, like: &Node, op: Op, args: &[NodeId], shape: Shape) -> NodeId {
        let args = SmallVec::from_slice(args);
        self.push(Node { op, args, shape, site: like.site, scope: like.scope })
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }
}
