//! Records a value a second time: its arguments then have two uses, and must get the sum of both cotangents. Floor
//! 7.

use crate::autodiff::between;
use crate::error::Role;
use crate::graph::{NodeId, Var};
use std::collections::HashMap;

/// Records a value of the same `wrt` again, with nodes of its own for all that lies between.
pub(crate) fn rerecord<'g>(y: Var<'g>, wrt: &[Var<'g>]) -> Var<'g> {
    let graph = y.graph();
    let mut copies: HashMap<NodeId, Var<'g>> = wrt.iter().map(|x| (x.id(), *x)).collect();
    for id in between(graph, wrt, y) {
        if copies.contains_key(&id) {
            continue;
        }
        let args = graph.node(id).args;
        let args = args.iter().map(|arg| copies.get(arg).copied().unwrap_or_else(|| graph.var(*arg)));
        let args: Vec<Var<'g>> = args.collect();
        copies.insert(id, same_operation(graph.var(id), &args));
    }
    copies.get(&y.id()).copied().unwrap_or(y)
}

/// Records the same operation of these arguments.
pub(crate) fn same_operation<'g>(y: Var<'g>, args: &[Var<'g>]) -> Var<'g> {
    let node = y.graph().node(y.id());
    let _site = y.graph().on_behalf_of(y.id(), Role::Forward);
    y.push(node.op, args, Ok(node.shape))
}
