//! What a check of a whole value went through, and what of it the data did not reach. Floor 8.

use super::subject::Subject;
use crate::error::Result;
use crate::graph::{NodeId, Var};
use crate::op::{Map, Op};
use std::collections::BTreeMap;

/// Remarks of one kind that are made at most.
const MOST: usize = 8;

/// How many operations of each name lie between the tensors and the value, and the sides of kinks on
/// which no element was, each as a remark.
pub(super) fn exercised<'g>(
    subject: &Subject<'g>,
    wrt: &[Var<'g>],
) -> Result<(Vec<(String, usize)>, Vec<String>)> {
    let graph = subject.y.graph();
    let moves =
        graph.ancestors(&[subject.y.id()]).into_iter().fold(Vec::new(), |mut moves: Vec<NodeId>, id| {
            let follows = graph.node(id).args.iter().any(|arg| moves.contains(arg));
            if follows || wrt.iter().any(|x| x.id() == id) {
                moves.push(id);
            }
            moves
        });
    let path: Vec<NodeId> = moves.iter().copied().filter(|id| !wrt.iter().any(|x| x.id() == *id)).collect();
    let mut operations: BTreeMap<String, usize> = BTreeMap::new();
    for &id in &path {
        *operations.entry(graph.node(id).op.name().to_string()).or_default() += 1;
    }
    let bent = path.iter().filter_map(|&id| match graph.node(id).op {
        Op::Map(map) if !map.kinks().is_empty() => Some((id, map)),
        _ => None,
    });
    let mut remarks = Vec::new();
    let values = subject.reference::<f64>(&path, None)?;
    for (id, map) in bent {
        let node = graph.node(id);
        for (i, at) in bends(map) {
            let Some(x) = values.real(node.args[i]).filter(|_| moves.contains(&node.args[i])) else {
                continue;
            };
            let (below, above) = (x.iter().any(|&x| x < at), x.iter().any(|&x| x > at));
            let side = match (below, above) {
                (true, true) => continue,
                (true, false) => "above",
                (false, true) => "below",
                (false, false) => "beside",
            };
            remarks.push(format!(
                "{}, recorded at {}: no element was {side} {at}",
                map.name(),
                node.site.location
            ));
        }
    }
    let more = remarks.len().saturating_sub(MOST);
    remarks.truncate(MOST);
    remarks.iter_mut().for_each(|remark| remark.insert_str(0, "not exercised: "));
    if more > 0 {
        remarks.push(format!("not exercised: {more} more sides of kinks"));
    }
    Ok((operations.into_iter().collect(), remarks))
}

/// The arguments in which a row has kinks, and where they are.
fn bends(map: Map) -> Vec<(usize, f64)> {
    let mut bends: Vec<(usize, f64)> = Vec::new();
    for kink in map.kinks() {
        for (i, &(low, high)) in kink.between.iter().enumerate() {
            if low != high && !bends.contains(&(i, kink.at[i])) {
                bends.push((i, kink.at[i]));
            }
        }
    }
    bends
}
