//! Remarks on the data: the sides of kinks that it did not reach, and where it is NaN. Floor 7.

use crate::error::Result;
use crate::gradcheck::oracle::{CheckedValue, OwnedTensor};
use crate::graph::Var;
use crate::op::{Map, Op};
use crate::tensor::Tensor;

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

/// Returns the inputs and parameters that are NaN somewhere, each as a remark: their derivatives are NaN whatever the rules
/// are.
pub(crate) fn not_a_number(subject: &CheckedValue<'_>) -> Vec<String> {
    let graph = subject.y.graph();
    let remark = |what: &str, name: &str, x: &Tensor<f64>| {
        let first = x.iter().position(|x| x.is_nan())?;
        let more = x.iter().filter(|x| x.is_nan()).count() - 1;
        let more = if more > 0 { format!(" and at {more} more") } else { String::new() };
        let at = x.shape().unravel(first);
        Some(format!(
            "the {what} {name} is NaN at {at:?}{more}: derivatives there are NaN, and say nothing of a rule"
        ))
    };
    let inputs = subject.feeds.iter().filter_map(|feed| match &feed.value {
        OwnedTensor::Real(x) => remark("input", &graph.read(|record| record.called(feed.node)), x),
        OwnedTensor::Index(_) => None,
    });
    let params = subject.params.iter().filter_map(|(name, x)| remark("parameter", name, x));
    inputs.chain(params).collect()
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
