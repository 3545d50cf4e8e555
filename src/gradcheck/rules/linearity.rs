//! Checks that a custom rule is linear in its cotangent and deterministic. Floor 7.

use super::rerecord::same_operation;
use crate::gradcheck::numbers::{Dd, Dual};
use crate::gradcheck::oracle::Reference;
use crate::graph::{NodeId, Var};
use crate::ops;
use crate::tensor::Tensor;

/// Factors on the cotangent with which a rule is asked again: those that the check of the whole value uses; and
/// large and small ones, after that check found a rule that is not linear, which may be so only at the sizes that
/// it meets there.
const TIMES: [f64; 3] = [2.0, -1.0, 0.0];
const FAR: [f64; 6] =
    [1024.0, 9.765_625e-4, 1_048_576.0, 9.536_743_164_062_5e-7, 1_073_741_824.0, 9.313_225_746_154_785e-10];
/// The agreement, relative to the largest element, that a linear rule shows.
const RIGHT: f64 = 1e-9;

/// Two answers of one rule for an argument.
struct Pair {
    id: NodeId,
    arg: NodeId,
    parts: [NodeId; 2],
    /// The factor between the two; `None` if the same cotangent was given at a second use.
    times: Option<f64>,
}

/// The answers of rules that were asked again.
#[derive(Default)]
pub(crate) struct Contract {
    pairs: Vec<Pair>,
}

impl Contract {
    /// Asks the rule of `y` again, after it gave `parts` for the cotangent `ct`.
    pub(crate) fn ask<'g>(
        &mut self,
        y: Var<'g>,
        (ct, ct_var): (&Tensor<f64>, Var<'g>),
        parts: &[(usize, Var<'g>)],
        wanted: impl Fn(usize) -> bool,
        suspect: bool,
    ) {
        let graph = y.graph();
        let args: Vec<Var<'g>> = graph.node(y.id()).args.iter().map(|&arg| graph.var(arg)).collect();
        let mut add = |others: Vec<(usize, Var<'g>)>, times| {
            self.pairs.extend(parts.iter().zip(others).map(|((i, part), (_, other))| Pair {
                id: y.id(),
                arg: args[*i].id(),
                parts: [part.id(), other.id()],
                times,
            }));
        };
        add(ops::vjp(same_operation(y, &args), ct_var, &wanted), None);
        for &times in TIMES.iter().chain(if suspect { &FAR[..] } else { &[] }) {
            let scaled = graph.value(ct.map(|c| times * c));
            add(ops::vjp(y, scaled, &wanted), Some(times));
        }
    }

    /// Returns the nodes that are to be computed.
    pub(crate) fn wanted(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.pairs.iter().flat_map(|pair| pair.parts)
    }

    /// Returns the operations that broke the contract, the argument, and how: each the first time only.
    pub(crate) fn broken(&self, reference: &Reference<Dual<Dd>>) -> Vec<(NodeId, NodeId, String)> {
        let mut found: Vec<(NodeId, NodeId, String)> = Vec::new();
        for Pair { id, arg, parts: [part, other], times } in &self.pairs {
            let Some((part, other)) = reference.real(*part).zip(reference.real(*other)) else { continue };
            let both = || part.iter().zip(other).map(|(a, b)| (a.re.to_f64(), b.re.to_f64()));
            let problem = match *times {
                None => both().find(|(a, b)| a.to_bits() != b.to_bits()).map(|(first, second)| {
                    format!("returned {first:e}, then {second:e} when called again with the same cotangent")
                }),
                Some(times) => {
                    let largest = both().map(|(a, _)| (times * a).abs()).fold(0.0, f64::max);
                    let off = |(a, b): &(f64, f64)| {
                        let expected = times * a;
                        let near = (expected - b).abs() <= RIGHT * largest + f64::MIN_POSITIVE;
                        expected.is_finite() && largest.is_finite() && !near
                    };
                    both().find(off).map(|(first, second)| {
                        format!("returned {first:e}, and {second:e} for {times} times the cotangent: it is not linear")
                    })
                }
            };
            if let Some(problem) = problem.filter(|_| found.iter().all(|(of, to, _)| (of, to) != (id, arg))) {
                found.push((*id, *arg, problem));
            }
        }
        found
    }
}
