//! The rules: for each letter of the alphabet its shape, and how derivatives go through it.
//! Floor 3: reads floors 0 to 2. One file per kind of operation; this one only leads to them.

mod activation;
mod contract;
mod custom;
mod derived;
mod fold;
mod index;
mod loss;
mod map;
mod softmax;
mod view;

pub use loss::{CrossEntropy, Reduction, Targets};
pub use map::Operand;
pub use view::IntoAxis;

use crate::graph::Var;
use crate::op::{Fold, Op};
use crate::shape::Shape;

/// The shape of an operation's value, or what does not fit. Operations that say how large they
/// become (broadcast, reshape, slice, pad, …) are held to `target`.
pub(crate) fn shape(op: &Op, args: &[Shape], target: &Shape) -> Result<Shape, String> {
    match (op, args) {
        (Op::Poison, _) => Err("a poisoned value has no shape".into()),
        (Op::Input(_) | Op::Labels(_) | Op::Param(_) | Op::Value(_), []) => Ok(target.clone()),
        (Op::Constant(_), []) => Ok(Shape::scalar()),
        (Op::Map(_), _) => map::shape(args),
        (Op::Fold(fold, axes), [x]) => fold::shape(*fold, axes, x),
        (Op::Broadcast, [x]) => view::broadcast_shape(x, target),
        (Op::Reshape, [x]) => view::reshape_shape(x, target),
        (Op::Permute(order), [x]) => view::permute_shape(x, order),
        (Op::Slice(start), [x]) => view::slice_shape(x, start, target),
        (Op::Pad(start), [x]) => view::slice_shape(target, start, x).map(|_| target.clone()),
        (Op::Join(axis), _) => view::join_shape(args, *axis),
        (Op::Window { axis, step }, [x]) => view::window_shape(x, *axis, *step, target),
        (Op::Overlap { axis, step }, [x]) => {
            view::window_shape(target, *axis, *step, x).map(|_| target.clone())
        }
        (Op::Contract { ta, tb }, [a, b]) => contract::shape(a, b, *ta, *tb),
        (Op::Gather(axis), [x, idx]) => index::gather_shape(x, idx, *axis),
        (Op::ScatterAdd(axis), [x, idx]) => index::scatter_shape(x, idx, *axis, target),
        (Op::OneHot, [idx]) => index::one_hot_shape(idx, target),
        (Op::ArgMax(axis), [x]) => index::argmax_shape(x, *axis),
        (Op::SameIndex, [a, b]) => map::shape(&[a.clone(), b.clone()]),
        (Op::Detach, [x]) | (Op::Custom(_), [x, ..]) => Ok(x.clone()),
        (op, args) => Err(format!("{} was given {} arguments", op.name(), args.len())),
    }
}

/// Whether a derivative goes through argument `i` at all.
pub(crate) fn flows(op: &Op, i: usize) -> bool {
    match op {
        Op::Map(map) => !map.flat(i),
        Op::Custom(_) => i > 0,
        Op::Gather(_) | Op::ScatterAdd(_) => i == 0,
        Op::OneHot | Op::ArgMax(_) | Op::SameIndex | Op::Detach | Op::Poison => false,
        Op::Input(_) | Op::Labels(_) | Op::Param(_) | Op::Constant(_) | Op::Value(_) => false,
        Op::Fold(..)
        | Op::Broadcast
        | Op::Reshape
        | Op::Permute(_)
        | Op::Slice(_)
        | Op::Pad(_)
        | Op::Join(_) => true,
        Op::Window { .. } | Op::Overlap { .. } | Op::Contract { .. } => true,
    }
}

/// The cotangents that `ct`, the cotangent of `y`, gives to the wanted arguments, as pairs of the
/// argument's place and its cotangent. No rule is asked of a poisoned one: it is passed on.
#[track_caller]
pub(crate) fn vjp<'g>(y: Var<'g>, ct: Var<'g>, wanted: impl Fn(usize) -> bool) -> Vec<(usize, Var<'g>)> {
    let node = y.graph().node(y.id());
    let args: Vec<Var<'g>> = node.args.iter().map(|&id| y.graph().var(id)).collect();
    let places: Vec<usize> = (0..args.len()).filter(|&i| flows(&node.op, i) && wanted(i)).collect();
    if ct.is_poisoned() {
        return places.into_iter().map(|i| (i, ct)).collect();
    }
    if let Op::Custom(rule) = node.op {
        return custom::vjp(rule, y, &args, ct, &places);
    }
    let mut cotangents = Vec::with_capacity(places.len());
    for i in places {
        let x = args[i];
        let part = match &node.op {
            Op::Map(map) => map::vjp(*map, i, &args, y, ct),
            Op::Fold(fold, axes) => Some(fold::vjp(*fold, axes, x, y, ct)),
            Op::Broadcast => Some(ct.sum_to(&x.shape())),
            Op::Reshape => Some(ct.reshape(x.shape())),
            Op::Permute(order) => Some(view::unpermute(ct, order)),
            Op::Slice(start) => Some(ct.pad_from(start, &x.shape())),
            Op::Pad(start) => Some(ct.slice_from(start, &x.shape())),
            Op::Join(axis) => Some(view::join_part(ct, &args, *axis, i)),
            Op::Window { axis, step } => Some(view::overlap(ct, *axis, *step, &x.shape())),
            Op::Overlap { axis, step } => Some(view::windows(ct, *axis, *step, &x.shape())),
            Op::Contract { ta, tb } => Some(contract::vjp(i, *ta, *tb, args[0], args[1], ct)),
            Op::Gather(axis) => Some(index::scatter(ct, args[1], *axis, &x.shape())),
            Op::ScatterAdd(axis) => Some(index::gathered(ct, args[1], *axis)),
            op => unreachable!("no derivative flows through {}", op.name()),
        };
        cotangents.extend(part.map(|part| (i, part)));
    }
    cotangents
}

/// The tangent of `y` from the tangents of its arguments; `None` stands for zero.
///
/// Linear operations carry a tangent as they carry a value; the others multiply it by the slope. The tangents are of
/// arguments through which a derivative flows, and none is poisoned.
#[track_caller]
pub(crate) fn jvp<'g>(y: Var<'g>, tangents: &[Option<Var<'g>>]) -> Option<Var<'g>> {
    let node = y.graph().node(y.id());
    let args: Vec<Var<'g>> = node.args.iter().map(|&id| y.graph().var(id)).collect();
    let first = tangents.first().copied().flatten();
    match &node.op {
        Op::Map(map) => {
            let parts = (0..args.len()).filter_map(|i| map::vjp(*map, i, &args, y, tangents[i]?));
            parts.reduce(|sum, part| sum + part)
        }
        Op::Fold(Fold::Sum, _) => first.map(|t| y.push(node.op, &[t], Ok(node.shape))),
        Op::Fold(fold, axes) => first.map(|t| fold::jvp(*fold, axes, args[0], y, t)),
        Op::Broadcast
        | Op::Reshape
        | Op::Permute(_)
        | Op::Slice(_)
        | Op::Pad(_)
        | Op::Window { .. }
        | Op::Overlap { .. } => first.map(|t| y.push(node.op, &[t], Ok(node.shape))),
        Op::Gather(_) | Op::ScatterAdd(_) => first.map(|t| y.push(node.op, &[t, args[1]], Ok(node.shape))),
        Op::Join(_) => {
            let any = tangents.iter().any(|t| t.is_some());
            let parts: Vec<Var<'g>> =
                (0..args.len()).map(|i| tangents[i].unwrap_or_else(|| args[i].zeros())).collect();
            any.then(|| y.push(node.op, &parts, Ok(node.shape)))
        }
        Op::Contract { .. } => {
            let left = first.map(|t| y.push(node.op.clone(), &[t, args[1]], Ok(node.shape.clone())));
            let right = tangents[1].map(|t| y.push(node.op.clone(), &[args[0], t], Ok(node.shape.clone())));
            left.into_iter().chain(right).reduce(|sum, part| sum + part)
        }
        Op::Custom(_) => None, // `autodiff` transposes the user's rule instead
        Op::OneHot | Op::ArgMax(_) | Op::SameIndex | Op::Detach | Op::Poison => None,
        Op::Input(_) | Op::Labels(_) | Op::Param(_) | Op::Constant(_) | Op::Value(_) => None,
    }
}
