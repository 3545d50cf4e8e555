//! Common subexpressions: equal operations on equal arguments become one node. Floor 5.

use super::Ir;
use crate::graph::NodeId;
use crate::op::{Map, Op};
use crate::shape::Shape;
use smallvec::SmallVec;
use std::collections::HashMap;

pub(super) fn cse(ir: Ir) -> Ir {
    let mut known: HashMap<(Op, SmallVec<[NodeId; 3]>, Shape), NodeId> = HashMap::new();
    ir.rebuild(|builder, mut node| {
        // a + b = b + a and a·b = b·a, bit for bit
        if matches!(node.op, Op::Map(Map::Add | Map::Mul | Map::StrongMul)) {
            node.args.sort_unstable();
        }
        let key = (node.op.clone(), node.args.clone(), node.shape.clone());
        *known.entry(key).or_insert_with(|| builder.push(node))
    })
}
