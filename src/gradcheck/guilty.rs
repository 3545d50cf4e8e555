//! Which operation's rule is wrong, where a whole gradient is. Floor 8.

use super::dd::Dd;
use super::derivatives::random;
use super::reference::Reference;
use super::step::Step;
use super::subject::Subject;
use crate::element::Number;
use crate::error::Result;
use crate::graph::{NodeId, Var};
use crate::op::Op;
use crate::ops;
use crate::tensor::Tensor;
use std::collections::HashSet;

/// The agreement, relative to the sizes of the terms, that a right rule shows.
const RIGHT: f64 = 1e-9;

/// Judges the rule of each operation between `wrt` and the value by itself, at the values that it
/// has there: its cotangents along a random direction against the complex step of its own value.
pub(super) fn guilty<'g>(subject: &Subject<'g>, wrt: &[Var<'g>], seed: u64) -> Result<Vec<String>> {
    let graph = subject.y.graph();
    let path: Vec<NodeId> = graph
        .ancestors(&[subject.y.id()])
        .into_iter()
        .filter(|&id| wrt.iter().any(|x| x.id() < id) && !graph.node(id).args.is_empty())
        .collect();
    // The cotangents by the rules are recorded first, so that all is computed at once.
    let mut random = random(seed ^ 0x6017);
    let mut asked: Vec<(NodeId, NodeId, Tensor<f64>, Vec<NodeId>)> = Vec::new();
    for &id in &path {
        let (y, node) = (graph.var(id), graph.node(id));
        let ct = Tensor::from_fn(&node.shape, |_| random());
        let ct_var = graph.value(ct.clone());
        for (i, part) in ops::vjp(y, ct_var, |i| !graph.node(node.args[i]).op.is_index()) {
            // An argument that stands in two places gets the sum of both cotangents.
            match asked.iter_mut().find(|(of, arg, ..)| *of == id && *arg == node.args[i]) {
                Some((.., parts)) => parts.push(part.id()),
                None => asked.push((id, node.args[i], ct.clone(), vec![part.id()])),
            }
        }
    }
    let wanted: Vec<NodeId> =
        asked.iter().flat_map(|(.., parts)| parts).copied().chain([subject.y.id()]).collect();
    let reference: Reference<Step<Dd>> = subject.reference(&wanted, None)?;
    let mut found: Vec<String> = Vec::new();
    for (id, arg, ct, parts) in asked {
        let node = graph.node(id);
        let Some(base) = reference.real(arg) else { continue };
        let direction = Tensor::from_fn(base.shape(), |_| random());
        let moved = base.iter().zip(&direction).map(|(x, &d)| Step::new(x.re, d)).collect();
        let moved = vec![(arg, Tensor::new(base.shape(), moved)?)];
        // A custom operation is its value, as a function of its arguments; the others stay.
        let (value, fixed): (NodeId, HashSet<NodeId>) = match node.op {
            Op::Custom(_) => {
                (node.args[0], node.args[1..].iter().copied().filter(|other| *other != arg).collect())
            }
            _ => (id, path.iter().copied().filter(|&other| other != id).collect()),
        };
        let pushed = reference.moved(moved, &fixed, value)?;
        let forward: f64 = pushed.iter().zip(&ct).map(|(y, c)| c * y.im.to_f64()).sum();
        let parts: Vec<&Tensor<Step<Dd>>> = parts.iter().filter_map(|part| reference.real(*part)).collect();
        let terms = || parts.iter().flat_map(|part| part.iter().zip(&direction).map(|(g, d)| g.real() * d));
        let (backward, size) =
            terms().fold((0.0, 0.0), |(sum, size): (f64, f64), t| (sum + t, size + t.abs()));
        let size = size.max(pushed.iter().zip(&ct).map(|(y, c)| (c * y.im.to_f64()).abs()).sum());
        let right = (forward - backward).abs() <= RIGHT * size;
        if forward.is_finite() && !right {
            let name = graph.read(|record| record.called(id));
            found.push(format!(
                "the rule of {name}, recorded at {}: {backward:e} along a direction through {}, {forward:e} by the complex step",
                node.site.location,
                graph.read(|record| record.called(arg))
            ));
        }
    }
    Ok(found)
}
