//! Removes the nodes that no output needs. Floor 5.

use super::Ir;

pub(super) fn prune(ir: Ir) -> Ir {
    let mut needed = vec![false; ir.nodes.len()];
    ir.roots.iter().for_each(|root| needed[root.index()] = true);
    for (i, node) in ir.nodes.iter().enumerate().rev() {
        if needed[i] {
            node.args.iter().for_each(|arg| needed[arg.index()] = true);
        }
    }
    let mut at = 0..;
    ir.rebuild(|builder, node| {
        let i = at.next().unwrap_or(0);
        // A node that nothing needs is never looked up, so its new number may be any.
        if needed[i] { builder.push(node) } else { crate::graph::NodeId(0) }
    })
}
