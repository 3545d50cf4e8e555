//! The sides of kinks that the data did not reach. Floor 7.

use crate::error::Result;
use crate::gradcheck::oracle::CheckedValue;
use crate::graph::Var;
use crate::op::{Map, Op};

/// The number of remarks, at most.
const MOST: usize = 8;

/// Returns the sides of kinks on which no element was, each as a remark.
pub(crate) fn exercised<'g>(subject: &CheckedValue<'g>, wrt: &[Var<'g>]) -> Result<Vec<String>> {
    let graph = subject.y.graph();
    let (moves, path) = subject.path(wrt);
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
    Ok(remarks)
}

/// Returns the arguments in which a row has kinks, and their places.
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
