//! Derivatives: functions from graph to graph. Floor 4: reads floors 1 to 3.
//!
//! One walk back over the nodes between the arguments and the value; each rule's answer is more
//! graph, so the gradient of a gradient needs no further code. Forward mode needs no rules of its
//! own: it follows from slopes and linearity.

use crate::error::{Role, Site};
use crate::graph::{Graph, Node, NodeId, Var};
use crate::op::Op;
use crate::ops::{self, Cotangent, Parts};
use smallvec::{SmallVec, smallvec};
use std::collections::HashMap;

/// Returns the nodes that `to` is made of and that depend on one of `from` through differentiable operations, in
/// recorded order.
pub(crate) fn between(graph: &Graph, from: &[Var<'_>], to: Var<'_>) -> Vec<NodeId> {
    graph.read(|record| {
        let last = to.id().index();
        let mut depends = vec![false; last + 1];
        from.iter()
            .filter(|x| x.is_of(graph) && x.id() <= to.id())
            .for_each(|x| depends[x.id().index()] = true);
        for i in 0..=last {
            let node = &record.nodes[i];
            depends[i] |= node
                .args
                .iter()
                .enumerate()
                .any(|(at, arg)| depends[arg.index()] && ops::flows(&node.op, at));
        }
        let mut needed = vec![false; last + 1];
        needed[last] = depends[last];
        for i in (0..=last).rev().filter(|&i| depends[i]) {
            if needed[i] {
                record.nodes[i].args.iter().for_each(|arg| needed[arg.index()] |= depends[arg.index()]);
            }
        }
        (0..=last).filter(|&i| needed[i]).map(|i| NodeId(i as u32)).collect()
    })
}

/// On which of the values that a gradient is asked in each value depends.
struct Reach(HashMap<NodeId, SmallVec<[u64; 1]>>);

impl Reach {
    fn of(graph: &Graph, path: &[NodeId], wrt: &[Var<'_>]) -> Self {
        let mut reach: HashMap<NodeId, SmallVec<[u64; 1]>> = HashMap::with_capacity(path.len());
        let words = wrt.len().div_ceil(64);
        for &id in path {
            let mut bits: SmallVec<[u64; 1]> = smallvec![0; words];
            for (at, _) in wrt.iter().enumerate().filter(|(_, x)| x.id == id) {
                bits[at / 64] |= 1 << (at % 64);
            }
            let node = graph.node(id);
            for (_, arg) in node.args.iter().enumerate().filter(|&(at, _)| ops::flows(&node.op, at)) {
                if let Some(more) = reach.get(arg) {
                    bits.iter_mut().zip(more).for_each(|(bits, more)| *bits |= more);
                }
            }
            reach.insert(id, bits);
        }
        Reach(reach)
    }

    fn has(&self, id: NodeId) -> bool {
        self.0.contains_key(&id)
    }

    /// Tells whether no value has an influence on both.
    fn apart(&self, a: NodeId, b: NodeId) -> bool {
        match (self.0.get(&a), self.0.get(&b)) {
            (Some(a), Some(b)) => a.iter().zip(b).all(|(a, b)| a & b == 0),
            _ => true,
        }
    }
}

/// Tells whether the derivative of `y` in `x` can be other than zero.
pub(crate) fn depends(y: Var<'_>, x: Var<'_>) -> bool {
    !between(y.graph(), &[x], y).is_empty()
}

impl<'g> Var<'g> {
    /// Pulls a cotangent of this value back to each of the given values: `Jᵀ · ct`. A value that this one does not
    /// depend on gets zeros.
    #[track_caller]
    pub fn vjp(self, ct: Var<'g>, wrt: &[Var<'g>]) -> Vec<Var<'g>> {
        if let Some(poison) = self.unfit(["vjp", "cotangent"], self, ct, wrt) {
            return vec![poison; wrt.len()];
        }
        let _site = self.graph.at(Site::here()); // the closures below do not know the caller
        let path = between(self.graph, wrt, self);
        let reach = Reach::of(self.graph, &path, wrt);
        let ends = |id: NodeId| wrt.iter().any(|x| x.id == id);
        // A node without an entry has a cotangent of zero, for which no array is made.
        let mut cts: HashMap<NodeId, Parts<'g>> = HashMap::new();
        cts.entry(self.id).or_default().add(Cotangent::given(ct));
        for &id in path.iter().rev() {
            let y = self.graph.var(id);
            let Some(ct) = cts.get_mut(&id).and_then(|parts| parts.sum(y)) else { continue };
            let Node { op, args, .. } = self.graph.node(id);
            let _site = self.graph.on_behalf_of(id, Role::Backward);
            if matches!(op, Op::Slice(_)) && reach.has(args[0]) && !ct.is_poisoned() {
                cts.entry(args[0]).or_default().add_slice(id, ct.value());
                continue;
            }
            let parts: Vec<(NodeId, Cotangent<'g>)> = match ops::base(y, &ends) {
                Some(base) if !ct.is_poisoned() => vec![(base.id, ops::carry(y, &ends, ct))],
                _ => {
                    let parts = ops::pull(y, ct, |i| reach.has(args[i]), &|a, b| reach.apart(a, b));
                    parts.into_iter().map(|(i, part)| (args[i], part)).collect()
                }
            };
            for (id, part) in parts {
                cts.entry(id).or_default().add(part);
            }
        }
        wrt.iter()
            .map(|x| {
                let ct = cts.get_mut(&x.id).filter(|_| reach.has(x.id)).and_then(|parts| parts.sum(*x));
                ct.map_or_else(|| x.zeros_like(), |ct| ct.value())
            })
            .collect()
    }

    /// The gradient of this scalar in another value: more graph, which can be differentiated again.
    /// Zeros in a value that it does not depend on.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(2.0);
    /// let y = x.pow(5.0);
    /// let dy = y.grad(x);
    /// assert_eq!((dy.to_string(), dy.grad(x).to_string()), ("80".into(), "160".into()));
    /// ```
    #[track_caller]
    pub fn grad(self, wrt: Var<'g>) -> Var<'g> {
        self.grads(&[wrt])[0]
    }

    /// Returns the gradients of this scalar in several values, by one walk.
    #[track_caller]
    pub fn grads(self, wrt: &[Var<'g>]) -> Vec<Var<'g>> {
        let shape = self.shape();
        if shape.size() != 1 && !self.is_poisoned() {
            let problem =
                format!("a gradient is of one number, but this value has shape {shape}; sum it, or use vjp");
            return vec![self.graph.refuse("grad", &[("value", self)], problem); wrt.len()];
        }
        self.vjp(self.ones_like(), wrt)
    }

    /// Pushes a tangent of another value forward to this one: `J · t`, the directional derivative.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let (x, t) = (g.value(tensor![1.0, 2.0]), g.value(tensor![1.0, 0.5]));
    /// assert_eq!(x.square().jvp(x, t).to_string(), "[2, 2]");
    /// ```
    #[track_caller]
    pub fn jvp(self, wrt: Var<'g>, tangent: Var<'g>) -> Var<'g> {
        if let Some(poison) = self.unfit(["jvp", "tangent"], wrt, tangent, &[self]) {
            return poison;
        }
        let path = between(self.graph, &[wrt], self);
        let _caller = self.graph.at(Site::here());
        let mut tangents = HashMap::from([(wrt.id, Cotangent::given(tangent))]);
        for id in path.into_iter().filter(|&id| id != wrt.id) {
            let y = self.graph.var(id);
            let node = self.graph.node(id);
            let moving = |(i, arg)| tangents.get(arg).copied().filter(|_| ops::flows(&node.op, i));
            let given: Vec<Option<Cotangent<'g>>> = node.args.iter().enumerate().map(moving).collect();
            let poison = given.iter().flatten().find(|t| t.is_poisoned()).copied();
            let _site = self.graph.on_behalf_of(id, Role::Backward);
            let ends = |id: NodeId| id == wrt.id;
            let base = ops::base(y, &ends).and_then(|base| tangents.get(&base.id).copied());
            let t = match (node.op, base) {
                _ if poison.is_some() => poison, // no rule is asked of it
                (_, Some(t)) => Some(ops::carry(y, &ends, t)),
                (Op::Custom(_), _) => {
                    let given: Vec<Option<Var<'g>>> = given.iter().map(|t| t.map(|t| t.value())).collect();
                    y.transposed_rule(&given).map(Cotangent::given)
                }
                _ => ops::jvp(y, &given),
            };
            tangents.extend(t.map(|t| (id, t)));
        }
        tangents.get(&self.id).map_or_else(|| self.zeros_like(), |t| t.value())
    }

    /// Returns the tangent through a custom rule. The user gave the rule backward, linear in `ct`; its own
    /// transpose, `∂⟨rule(ct), t⟩/∂ct`, is the rule forward.
    #[track_caller]
    fn transposed_rule(self, tangents: &[Option<Var<'g>>]) -> Option<Var<'g>> {
        tangents.iter().flatten().next()?;
        let ct = self.zeros_like().detach();
        let parts = ops::vjp(self, ct, |i| tangents[i].is_some());
        let sum =
            parts.into_iter().filter_map(|(i, part)| Some(part.dot(tangents[i]?))).reduce(|a, b| a + b)?;
        Some(sum.grad(ct))
    }

    /// Returns the Hessian of this scalar in `wrt`, times a vector: the derivative of the gradient along `v`.
    #[track_caller]
    pub fn hvp(self, wrt: Var<'g>, v: Var<'g>) -> Var<'g> {
        self.grad(wrt).jvp(wrt, v)
    }

    /// All derivatives of this value in another: `[outputs, inputs]`, elements in row-major order.
    /// It walks back once for each output, so it is for small things.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![1.0, 2.0]);
    /// assert_eq!(x.square().jacobian(x).to_string(), "[[2, 0], [0, 4]]");
    /// ```
    #[track_caller]
    pub fn jacobian(self, wrt: Var<'g>) -> Var<'g> {
        if [self, wrt].iter().any(|x| x.is_poisoned() || !x.is_of(self.graph)) {
            return self.graph.refuse("jacobian", &[("value", self), ("in", wrt)], String::new());
        }
        let (outputs, inputs) = (self.shape().size(), wrt.shape().size());
        if outputs == 0 || inputs == 0 {
            return self.graph.constant(0.0).broadcast_to([outputs, inputs]);
        }
        let _site = self.graph.at(Site::here());
        let flat = self.reshape([outputs]);
        let rows: Vec<Var<'g>> =
            (0..outputs).map(|i| flat.slice(0, i..i + 1).reshape(()).grad(wrt).reshape([inputs])).collect();
        self.graph.stack(&rows, 0)
    }

    /// Returns all second derivatives of this scalar: `[inputs, inputs]`, elements in row-major order.
    #[track_caller]
    pub fn hessian(self, wrt: Var<'g>) -> Var<'g> {
        self.grad(wrt).jacobian(wrt)
    }

    /// Returns a poisoned value of this graph if `seed` is not of `x`'s shape, or if one of the values is poisoned
    /// or belongs to another graph.
    #[track_caller]
    fn unfit(
        self,
        [what, label]: [&str; 2],
        x: Var<'g>,
        seed: Var<'g>,
        others: &[Var<'g>],
    ) -> Option<Var<'g>> {
        let mut all = vec![("value", x), (label, seed)];
        all.extend(others.iter().map(|&x| ("value", x)));
        let (value, given) = (x.shape(), seed.shape());
        let recorded = all.iter().all(|(_, x)| x.is_of(self.graph) && !x.is_poisoned());
        if recorded && value == given {
            return None;
        }
        let problem = format!("the {label} has shape {given}, but the value has shape {value}");
        Some(self.graph.refuse(what, if recorded { &all[..2] } else { &all }, problem))
    }
}
