//! Equations that make a graph smaller, each applied from left to right only. A rule may change a finite result by
//! rounding, or the sign of a zero that `strong_mul` made, and nothing else: `x · 0 → 0` is not among them. Floor 5.

use super::{Builder, Ir};
use crate::graph::{Node, NodeId};
use crate::op::{Map, Op};
use crate::shape::{List, Shape};
use smallvec::smallvec;

pub(super) fn simplify(ir: Ir) -> Ir {
    ir.rebuild(apply)
}

fn apply(builder: &mut Builder, node: Node) -> NodeId {
    let simpler = match &node.op {
        // detach(x) = x; custom(y, …) = y: both only steer derivatives, which are already recorded
        Op::Detach | Op::Custom(_) => Some(node.args[0]),
        Op::Reshape | Op::Broadcast | Op::Permute(_) => view(builder, &node),
        // fold over axes of size 1 = x, for all folds
        Op::Fold(..) if builder.node(node.args[0]).shape == node.shape => Some(node.args[0]),
        Op::MatMul { .. } => return contract(builder, node),
        Op::Map(map) => constant(builder, &node, *map)
            .or_else(|| identity(builder, &node, *map))
            .or_else(|| repeated(builder, &node)),
        _ => None,
    };
    simpler.unwrap_or_else(|| builder.push(node))
}

/// Returns the number that fills a value, if one does.
fn filled(builder: &Builder, id: NodeId) -> Option<f64> {
    let node = builder.node(id);
    match node.op {
        Op::Constant(c) => Some(c.value()),
        Op::Broadcast => filled(builder, node.args[0]),
        _ => None,
    }
}

/// Adds a value of the node's shape filled with a number.
fn fill(builder: &mut Builder, node: &Node, value: f64) -> NodeId {
    let scalar = builder.like(node, Op::Constant(value.into()), &[], Shape::scalar());
    match node.shape.is_empty() {
        true => scalar,
        false => builder.like(node, Op::Broadcast, &[scalar], node.shape.clone()),
    }
}

fn view(builder: &mut Builder, node: &Node) -> Option<NodeId> {
    let inner = builder.node(node.args[0]).clone();
    match (&node.op, &inner.op) {
        // reshape(x) = broadcast(x) = x in the same shape
        (Op::Reshape | Op::Broadcast, _) if inner.shape == node.shape => Some(node.args[0]),
        // reshape(reshape(x)) = reshape(x)
        (Op::Reshape, Op::Reshape) => {
            let again = Node { args: inner.args, ..node.clone() };
            Some(apply(builder, again))
        }
        // reshape(fill(c)) = fill(c) in the other shape; permute likewise
        (Op::Reshape | Op::Permute(_), _) if filled(builder, node.args[0]).is_some() => {
            filled(builder, node.args[0]).map(|value| fill(builder, node, value))
        }
        // broadcast(broadcast(x)) = broadcast(x)
        (Op::Broadcast, Op::Broadcast) => Some(builder.push(Node { args: inner.args, ..node.clone() })),
        // permute(permute(x)) = permute(x), in the composed order
        (Op::Permute(outer), Op::Permute(first)) => {
            let order: List = outer.iter().map(|&axis| first[axis]).collect();
            let again = Node { op: Op::Permute(order), args: inner.args, ..node.clone() };
            Some(apply(builder, again))
        }
        // permute(x) = x, in the order that it has
        (Op::Permute(order), _) if order.iter().copied().eq(0..order.len()) => Some(node.args[0]),
        _ => None,
    }
}

/// Computes a map of constants, if both element types give the result but for rounding: in `f32`, 1e-60 is not
/// above 0.
fn constant(builder: &mut Builder, node: &Node, map: Map) -> Option<NodeId> {
    let args: Option<Vec<f64>> = node.args.iter().map(|&arg| filled(builder, arg)).collect();
    let args = args?;
    let singles: Vec<f32> = args.iter().map(|&arg| arg as f32).collect();
    let (double, single) = (map.value(&args), f64::from(map.value(&singles)));
    let near = single != 0.0 && (double - single).abs() <= 1e-5 * double.abs();
    (double == single || near || double.is_nan() && single.is_nan()).then(|| fill(builder, node, double))
}

/// Replaces a map that returns an argument, or a simpler map of it.
fn identity(builder: &mut Builder, node: &Node, map: Map) -> Option<NodeId> {
    let number = |i: usize| node.args.get(i).and_then(|&arg| filled(builder, arg));
    let is = |i: usize, value: f64| number(i) == Some(value);
    let negative = |i: usize| number(i).is_some_and(f64::is_sign_negative);
    let inner = |i: usize| builder.node(node.args[i]);
    match map {
        // −0 + x = x + −0 = x − 0 = x; x + 0 is 0 where x is −0, and 1 / x tells them apart
        Map::Add if is(0, 0.0) && negative(0) => Some(node.args[1]),
        Map::Add if is(1, 0.0) && negative(1) => Some(node.args[0]),
        Map::Sub if is(1, 0.0) && !negative(1) => Some(node.args[0]),
        Map::Mul | Map::StrongMul if is(0, 1.0) => Some(node.args[1]), // 1 · x = x
        Map::Mul | Map::StrongMul | Map::Div if is(1, 1.0) => Some(node.args[0]), // x · 1 = x / 1 = x
        // 0 ⊙ x = 0: in this product an exact zero wins, even beside infinity
        Map::StrongMul if is(0, 0.0) || is(1, 0.0) => Some(fill(builder, node, 0.0)),
        // x ⊙ select(m, a, 0) = select(m, x ⊙ a, 0), and on the other side
        Map::StrongMul if gate(builder, node.args[1]).is_some() => {
            gated(builder, node, node.args[1], node.args[0])
        }
        Map::StrongMul if gate(builder, node.args[0]).is_some() => {
            gated(builder, node, node.args[0], node.args[1])
        }
        // −1 · x = −x
        Map::Mul | Map::StrongMul if is(0, -1.0) => Some(negated(builder, node, node.args[1])),
        Map::Mul | Map::StrongMul if is(1, -1.0) => Some(negated(builder, node, node.args[0])),
        // −(−x) = x
        Map::Neg if inner(0).op == Op::Map(Map::Neg) => Some(inner(0).args[0]),
        // a + (−b) = a − b; a − (−b) = a + b
        Map::Add | Map::Sub if inner(1).op == Op::Map(Map::Neg) => {
            let op = Op::Map(if map == Map::Add { Map::Sub } else { Map::Add });
            let args = [node.args[0], inner(1).args[0]];
            Some(builder.like(node, op, &args, node.shape.clone()))
        }
        // select(m, select(m, a, b), c) = select(m, a, select(m, b, c)) = select(m, a, c)
        Map::Select => chosen(builder, node),
        // select(m, a, 0) + select(m, 0, b) = select(m, a, b)
        Map::Add => joined(builder, node),
        _ => None,
    }
}

/// Returns the side that is 0 in a choice between something and 0: `select(m, a, 0)` or `select(m, 0, b)`.
fn gate(builder: &Builder, id: NodeId) -> Option<usize> {
    let node = builder.node(id);
    let zero = |i: usize| filled(builder, node.args[i]) == Some(0.0);
    match node.op {
        Op::Map(Map::Select) if zero(2) => Some(2),
        Op::Map(Map::Select) if zero(1) => Some(1),
        _ => None,
    }
}

/// Adds a choice between something and 0, times `x`.
fn gated(builder: &mut Builder, node: &Node, choice: NodeId, x: NodeId) -> Option<NodeId> {
    let (zero, mut args) = (gate(builder, choice)?, builder.node(choice).args.clone());
    let something = args[3 - zero];
    args[3 - zero] = apply(builder, Node { args: smallvec![x, something], ..node.clone() });
    Some(apply(builder, Node { op: Op::Map(Map::Select), args, ..node.clone() }))
}

/// Replaces a choice among choices by the same mask.
fn chosen(builder: &mut Builder, node: &Node) -> Option<NodeId> {
    let mut args = node.args.clone();
    for side in [1, 2] {
        let inner = builder.node(args[side]);
        if inner.op == Op::Map(Map::Select) && inner.args[0] == args[0] {
            args[side] = inner.args[side];
        }
    }
    (args != node.args).then(|| builder.push(Node { args, ..node.clone() }))
}

/// Replaces the sum of two choices by one mask that exclude each other.
fn joined(builder: &mut Builder, node: &Node) -> Option<NodeId> {
    let [(left, from), (right, to)] =
        [0, 1].map(|i| (gate(builder, node.args[i]), builder.node(node.args[i])));
    let args = match (left?, right?) {
        (2, 1) => smallvec![from.args[0], from.args[1], to.args[2]],
        (1, 2) => smallvec![from.args[0], to.args[1], from.args[2]],
        _ => return None,
    };
    (from.args[0] == to.args[0])
        .then(|| builder.push(Node { op: Op::Map(Map::Select), args, ..node.clone() }))
}

fn negated(builder: &mut Builder, node: &Node, x: NodeId) -> NodeId {
    let negation = Node { op: Op::Map(Map::Neg), args: smallvec![x], ..node.clone() };
    apply(builder, negation)
}

/// f(broadcast(a), broadcast(b)) = broadcast(f(a, b)): computed once, then repeated.
fn repeated(builder: &mut Builder, node: &Node) -> Option<NodeId> {
    let mut small: Option<Shape> = None;
    for &arg in &node.args {
        let arg = builder.node(arg);
        match arg.op {
            Op::Broadcast => {
                let source = builder.node(arg.args[0]);
                let constant = matches!(source.op, Op::Constant(_));
                match &small {
                    _ if constant => {}
                    Some(shape) if *shape == source.shape => {}
                    None => small = Some(source.shape.clone()),
                    Some(_) => return None,
                }
            }
            _ => return None,
        }
    }
    let small = small.filter(|small| small.size() < node.shape.size())?;
    let args: Vec<NodeId> = node
        .args
        .iter()
        .map(|&arg| {
            let source = builder.node(arg).args[0];
            match builder.node(source).shape == small {
                true => source,
                false => builder.like(node, Op::Broadcast, &[source], small.clone()),
            }
        })
        .collect();
    let inner = Node { args: args.into(), shape: small, ..node.clone() };
    let inner = apply(builder, inner);
    Some(builder.like(node, Op::Broadcast, &[inner], node.shape.clone()))
}

/// A·permute(B) over the last two axes = the product that reads B transposed.
fn contract(builder: &mut Builder, mut node: Node) -> NodeId {
    let Op::MatMul { ta, tb, strong } = node.op else { return builder.push(node) };
    let mut flags = [ta, tb];
    for (arg, flag) in node.args.iter_mut().zip(&mut flags) {
        let inner = builder.node(*arg);
        let Op::Permute(order) = &inner.op else { continue };
        let rank = order.len();
        let swaps =
            order[..rank - 2].iter().copied().eq(0..rank - 2) && order[rank - 2..] == [rank - 1, rank - 2];
        if swaps {
            *arg = inner.args[0];
            *flag = !*flag;
        }
    }
    node.op = Op::MatMul { ta: flags[0], tb: flags[1], strong };
    builder.push(node)
}
