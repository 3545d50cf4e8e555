//! A value with the user's own derivative rule: for straight-through estimators, for rules that are
//! better than the derived ones, and for proving that a check catches a wrong one.

use crate::graph::{Graph, Var};
use crate::op::Op;
use std::sync::Arc;

/// The cotangents that a rule of the user's gives. A mistake in them is reported once: a rule that has
/// answered wrongly is not asked again.
#[track_caller]
pub(super) fn vjp<'g>(
    rule: u32,
    y: Var<'g>,
    args: &[Var<'g>],
    ct: Var<'g>,
    places: &[usize],
) -> Vec<(usize, Var<'g>)> {
    let graph = y.graph();
    let custom = graph.read(|record| record.customs[rule as usize].clone());
    if let Some(poison) = custom.refused {
        let poison = graph.var(poison).detach(); // counts the values that depend on it
        return places.iter().map(|&i| (i, poison)).collect();
    }
    // The square of a root is not the rule's.
    let args = if custom.root { &args[..args.len() - 1] } else { args };
    let places: Vec<usize> = places.iter().copied().filter(|&i| i < args.len()).collect();
    let given = (custom.rule)(&args[1..], y, ct);
    let problem = match given.len() == args.len() - 1 {
        false => Some(format!("the rule gave {} cotangents for {} arguments", given.len(), args.len() - 1)),
        true => places.iter().find_map(|&i| {
            let (part, x) = (given[i - 1], args[i]);
            if !part.is_of(graph) {
                return Some(format!(
                    "the rule gave a cotangent of another graph for argument {}; it records them on what it is given",
                    i - 1
                ));
            }
            (!part.is_poisoned() && part.shape() != x.shape()).then(|| {
                format!(
                    "the rule gave a cotangent of shape {} for an argument of shape {}",
                    part.shape(),
                    x.shape()
                )
            })
        }),
    };
    let poison = problem.map(|problem| y.push(y.op(), &[y, ct], Err(problem)));
    let parts: Vec<(usize, Var<'g>)> =
        places.iter().map(|&i| (i, poison.unwrap_or_else(|| given[i - 1]))).collect();
    if let Some((_, poison)) = parts.iter().find(|(_, part)| part.is_poisoned()) {
        graph.refuse_rule(rule, poison.id());
    }
    parts
}

/// The square of a custom value that is a root, by a rule of the engine's.
pub(super) fn square(y: Var<'_>, rule: u32) -> Option<Var<'_>> {
    let root = y.graph().read(|record| record.customs[rule as usize].root);
    y.graph().node(y.id()).args.last().filter(|_| root).map(|&id| y.graph().var(id))
}

/// A value with a rule of its own, that is also the root of `square`: so the derivative of its square, or of another
/// power, is right where that of the root is not smooth.
#[track_caller]
pub(super) fn root<'g>(
    name: &str,
    value: Var<'g>,
    x: Var<'g>,
    square: Var<'g>,
    rule: impl for<'a> Fn(&[Var<'a>], Var<'a>, Var<'a>) -> Vec<Var<'a>> + Send + Sync + 'static,
) -> Var<'g> {
    let op = Op::Custom(x.graph().add_custom(name.into(), Arc::new(rule), true));
    value.push(op, &[value, x, square], Ok(value.shape()))
}

impl Graph {
    /// A value that is differentiated by a rule of yours. `value` is the value itself, made of any
    /// operations; `args` are its arguments; `rule` takes the arguments, the value and its cotangent, and
    /// gives the cotangent of each argument, made of operations as well, so that every order of derivative
    /// works. The rule must be linear in the cotangent. Multiplied by [`strong_mul`](Var::strong_mul), or through
    /// [`vjp`](Var::vjp) where it needs a matrix product, a cotangent of exactly 0 adds nothing even beside NaN, as in
    /// all other rules.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// // A step whose gradient passes straight through (Bengio et al. 2013).
    /// let g = Graph::new();
    /// let x = g.value(tensor![-0.5, 2.0]);
    /// let y = g.custom("straight_through", x.step(), &[x], |_, _, ct| vec![ct]);
    /// assert_eq!(y.to_string(), "[0, 1]");
    /// assert_eq!(y.sum(..).grad(x).to_string(), "[1, 1]");
    /// ```
    #[track_caller]
    pub fn custom<'g>(
        &'g self,
        name: impl Into<String>,
        value: Var<'g>,
        args: &[Var<'g>],
        rule: impl for<'a> Fn(&[Var<'a>], Var<'a>, Var<'a>) -> Vec<Var<'a>> + Send + Sync + 'static,
    ) -> Var<'g> {
        let op = Op::Custom(self.add_custom(name.into(), Arc::new(rule), false));
        let all: Vec<Var<'g>> = std::iter::once(value).chain(args.iter().copied()).collect();
        self.var(self.push(op, &all, Ok(value.shape())))
    }
}
