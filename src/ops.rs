//! The rules: for each operation of the alphabet its shape, and the way of derivatives through it. Floor 3:
//! reads floors 1 and 2. There is one file per kind of operation; this one only leads to them.

mod activation;
mod arrange;
mod attention;
mod boxes;
mod conv;
mod cotangent;
mod custom;
mod derived;
mod einsum;
mod fold;
mod index;
mod loss;
mod map;
mod mask;
mod matmul;
mod order;
mod pool;
mod power;
mod random;
mod scan;
mod softmax;
mod view;
// The last one, so that its methods stand last in the documentation.
mod slopes;

pub(crate) use boxes::Parts;
pub use conv::{Convolution, PaddingMode, Sizes};
pub(crate) use cotangent::Cotangent;
pub use loss::{CrossEntropy, Reduction, Targets};
pub use map::Operand;
pub use pool::Pooling;

use crate::graph::{NodeId, Var};
use crate::op::{Fold, Map, Op};
use crate::shape::{List, Shape};

/// The shape of an operation's value, or the mismatch in words. Operations that choose their own size
/// (broadcast, reshape, slice, pad, …) are held to `target`.
pub(crate) fn shape(op: &Op, args: &[Shape], target: &Shape) -> Result<Shape, String> {
    let one = || exactly::<1>(op, args).map(|[x]| x);
    let two = || exactly::<2>(op, args);
    // Without a default arm, so that a new operation does not compile before it has a shape.
    match op {
        Op::Poison => Err("a poisoned value has no shape".into()),
        Op::Input(_) | Op::Labels(_) | Op::Param(_) | Op::Value(_) | Op::Random(_) => {
            exactly::<0>(op, args).map(|_| target.clone())
        }
        Op::Indices(_) => exactly::<0>(op, args).map(|_| target.clone()),
        Op::Constant(_) => exactly::<0>(op, args).map(|_| Shape::scalar()),
        Op::Map(_) => map::shape(args),
        Op::Fold(fold, axes) => fold::shape(*fold, axes, one()?),
        Op::Broadcast => view::broadcast_shape(one()?, target),
        Op::Reshape => view::reshape_shape(one()?, target),
        Op::Permute(order) => view::permute_shape(one()?, order),
        Op::Slice(start) => view::slice_shape(one()?, start, target),
        Op::Pad(starts) => boxes::shape(args, starts, target),
        Op::Cat(axis) => view::cat_shape(args, *axis),
        Op::Unfold { axis, step } => view::window_shape(one()?, *axis, *step, target),
        Op::Overlap { axis, step } => {
            view::window_shape(target, *axis, *step, one()?).map(|_| target.clone())
        }
        Op::MatMul { ta, tb, .. } => two().and_then(|[a, b]| matmul::shape(a, b, *ta, *tb)),
        Op::Gather(axis) => two().and_then(|[x, idx]| index::gather_shape(x, idx, *axis)),
        Op::ScatterAdd(axis) => two().and_then(|[x, idx]| index::scatter_shape(x, idx, *axis, target)),
        Op::OneHot => index::one_hot_shape(one()?, target),
        Op::ArgMax(axis) => index::argmax_shape(one()?, *axis),
        Op::ArgSort { axis, .. } => order::argsort_shape(one()?, *axis, target),
        Op::Along { axis, .. } => order::along_shape(one()?, *axis),
        Op::SameIndex => two().and_then(|_| map::shape(args)),
        Op::Detach => one().cloned(),
        Op::Custom(_) => match args {
            [value, ..] => Ok(value.clone()),
            [] => Err(format!("{} was given no value", op.name())),
        },
    }
}

/// The arguments as an array of the length that the operation takes.
fn exactly<'a, const N: usize>(op: &Op, args: &'a [Shape]) -> Result<&'a [Shape; N], String> {
    args.try_into().map_err(|_| format!("{} was given {} arguments and takes {N}", op.name(), args.len()))
}

/// The way in which an operation depends on its arguments: all that a derivative needs beside the rule
/// itself.
enum Linearity {
    /// On no argument with a derivative.
    Nowhere,
    /// Linearly on the first argument; others are indices.
    First,
    /// Linearly on all arguments together.
    Together,
    /// Linearly on each argument while the others stay.
    Each,
    /// By a slope in each argument.
    Elementwise(Map),
    /// By the slope of each element that is folded.
    Folded(Fold, List),
    /// By the user's rule, on all arguments but the first, which is the value itself.
    Ruled,
}

/// The one list of the way of derivatives through operations; both modes read it.
fn linearity(op: &Op) -> Linearity {
    match op {
        Op::Poison | Op::Input(_) | Op::Labels(_) | Op::Param(_) | Op::Constant(_) | Op::Value(_) => {
            Linearity::Nowhere
        }
        Op::Indices(_) | Op::ArgSort { .. } | Op::Along { .. } => Linearity::Nowhere,
        Op::OneHot | Op::ArgMax(_) | Op::SameIndex | Op::Detach | Op::Random(_) => Linearity::Nowhere,
        Op::Broadcast | Op::Reshape | Op::Permute(_) | Op::Slice(_) => Linearity::First,
        Op::Unfold { .. } | Op::Overlap { .. } | Op::Gather(_) | Op::ScatterAdd(_) => Linearity::First,
        Op::Fold(Fold::Sum, _) => Linearity::First,
        Op::Fold(fold, axes) => Linearity::Folded(*fold, axes.clone()),
        Op::Cat(_) | Op::Pad(_) => Linearity::Together,
        Op::MatMul { .. } => Linearity::Each,
        Op::Map(map) => Linearity::Elementwise(*map),
        Op::Custom(_) => Linearity::Ruled,
    }
}

/// Tells whether a derivative goes through argument `i` at all.
pub(crate) fn flows(op: &Op, i: usize) -> bool {
    match linearity(op) {
        Linearity::Nowhere => false,
        Linearity::First | Linearity::Folded(..) => i == 0,
        Linearity::Together | Linearity::Each => true,
        Linearity::Elementwise(map) => !map.flat(i),
        Linearity::Ruled => i > 0,
    }
}

/// The cotangents that `ct`, the cotangent of `y`, gives to the wanted arguments, as pairs of the argument's
/// place and its cotangent, by the rule of this one operation.
#[track_caller]
pub(crate) fn vjp<'g>(y: Var<'g>, ct: Var<'g>, wanted: impl Fn(usize) -> bool) -> Vec<(usize, Var<'g>)> {
    let parts = pull(y, Cotangent::given(ct), wanted, &|_, _| false);
    let _site = y.graph().at(crate::error::Site::here()); // the closure does not know the caller
    parts.into_iter().map(|(i, part)| (i, part.value())).collect()
}

/// The same, of a cotangent that knows which of its zeros win. `apart` tells of two values whether one has no
/// influence on the other, nor has anything on both. A poisoned cotangent is passed on, without asking a rule.
#[track_caller]
pub(crate) fn pull<'g>(
    y: Var<'g>,
    given: Cotangent<'g>,
    wanted: impl Fn(usize) -> bool,
    apart: &dyn Fn(NodeId, NodeId) -> bool,
) -> Vec<(usize, Cotangent<'g>)> {
    let node = y.graph().node(y.id());
    let args: Vec<Var<'g>> = node.args.iter().map(|&id| y.graph().var(id)).collect();
    let places: Vec<usize> = (0..args.len()).filter(|&i| flows(&node.op, i) && wanted(i)).collect();
    if given.is_poisoned() {
        return places.into_iter().map(|i| (i, given)).collect();
    }
    let mut cotangents = Vec::with_capacity(places.len());
    if let Op::Map(map) = node.op {
        for i in places {
            let fixed = |id: NodeId| apart(args[i].id(), id);
            cotangents.extend(map::carry(map, i, &args, y, given, &fixed).map(|part| (i, part)));
        }
        return cotangents;
    }
    let ct = given.value();
    if let Op::Custom(rule) = node.op {
        let parts = custom::vjp(rule, y, &args, ct, &places);
        return parts.into_iter().map(|(i, part)| (i, given.moved(part, true))).collect();
    }
    for i in places {
        let x = args[i];
        let part = match &node.op {
            Op::Fold(fold, axes) => Some(fold::vjp(*fold, axes, x, y, ct)),
            Op::Broadcast => Some(ct.sum_to(&x.shape())),
            Op::Reshape => Some(ct.reshape(x.shape())),
            Op::Permute(order) => Some(view::unpermute(ct, order)),
            Op::Slice(start) => Some(ct.pad_from(start, &x.shape())),
            Op::Pad(starts) => Some(ct.slice_from(&starts[i], &x.shape())),
            Op::Cat(axis) => Some(view::cat_part(ct, &args, *axis, i)),
            Op::Unfold { axis, step } => Some(view::overlap(ct, *axis, *step, &x.shape())),
            Op::Overlap { axis, step } => Some(view::windows(ct, *axis, *step, &x.shape())),
            Op::MatMul { ta, tb, strong } => {
                Some(matmul::vjp(i, [*ta, *tb], *strong, [args[0], args[1]], ct))
            }
            Op::Gather(axis) => Some(index::scatter(ct, args[1], *axis, &x.shape())),
            Op::ScatterAdd(axis) => Some(index::gathered(ct, args[1], *axis)),
            // `flows` is false for all of these but maps and custom rules, which are asked above.
            Op::OneHot | Op::ArgMax(_) | Op::SameIndex | Op::Detach | Op::Poison => None,
            Op::Map(_) | Op::Custom(_) | Op::Random(_) => None,
            Op::Indices(_) | Op::ArgSort { .. } | Op::Along { .. } => None,
            Op::Input(_) | Op::Labels(_) | Op::Param(_) | Op::Constant(_) | Op::Value(_) => None,
        };
        let hides = match node.op {
            Op::Fold(fold, _) => fold != Fold::Sum,
            Op::Slice(_) | Op::Unfold { .. } | Op::Gather(_) => true,
            // A zero of a factor that has nothing in common with this one says that this one has no influence.
            Op::MatMul { .. } => apart(x.id(), args[1 - i].id()),
            _ => false,
        };
        cotangents.extend(part.map(|part| (i, given.moved(part, hides))));
    }
    cotangents
}

/// The value that the derivative of `y` goes to at once, past operations that are a power together.
pub(crate) fn base<'g>(y: Var<'g>, ends: &dyn Fn(NodeId) -> bool) -> Option<Var<'g>> {
    power::base(y, ends)
}

/// The cotangent of the base of `y`, or the tangent of `y` from that of its base.
#[track_caller]
pub(crate) fn carry<'g>(y: Var<'g>, ends: &dyn Fn(NodeId) -> bool, ct: Cotangent<'g>) -> Cotangent<'g> {
    power::carry(y, ends, ct)
}

/// The tangent of `y` from the tangents of its arguments; `None` stands for zero.
///
/// Linear operations carry a tangent as they carry a value; the others multiply it by the slope. The tangents are of
/// arguments through which a derivative flows, and none is poisoned.
#[track_caller]
pub(crate) fn jvp<'g>(y: Var<'g>, tangents: &[Option<Cotangent<'g>>]) -> Option<Cotangent<'g>> {
    let node = y.graph().node(y.id());
    let args: Vec<Var<'g>> = node.args.iter().map(|&id| y.graph().var(id)).collect();
    let first = tangents.first().copied().flatten();
    let value = |i: usize| tangents[i].map(|t| t.value());
    // Zeros of a sum win if those of each term do.
    let all = |of: Var<'g>, hides: bool| {
        let mut given = tangents.iter().flatten();
        let one = given.clone().find(|t| !t.hides()).or_else(|| given.next());
        one.map(|t| t.moved(of, hides))
    };
    // The operation again, with a tangent in place of argument `i`, of which an exact zero wins in a product.
    let carried = |i: usize, t: Var<'g>| {
        let mut args = args.clone();
        args[i] = t;
        y.push(matmul::strong_in(&node.op, i), &args, Ok(node.shape.clone()))
    };
    let site = y.graph().at(crate::error::Site::here());
    let tangent = match linearity(&node.op) {
        Linearity::First => first.and_then(|t| {
            let hides = matches!(node.op, Op::ScatterAdd(_) | Op::Overlap { .. });
            all(carried(0, t.value()), hides)
        }),
        Linearity::Together => {
            let parts: Vec<Var<'g>> =
                (0..args.len()).map(|i| value(i).unwrap_or_else(|| args[i].zeros_like())).collect();
            let still = tangents.iter().any(|t| t.is_none()) || matches!(node.op, Op::Pad(_));
            all(y.push(node.op.clone(), &parts, Ok(node.shape.clone())), still)
        }
        Linearity::Each => {
            let parts = (0..args.len()).filter_map(|i| Some(carried(i, value(i)?)));
            let alone = tangents.iter().flatten().count() == 1;
            parts.reduce(|sum, part| sum + part).and_then(|sum| all(sum, alone))
        }
        Linearity::Elementwise(map) => {
            let fixed = |id: NodeId| args.iter().zip(tangents).any(|(arg, t)| arg.id() == id && t.is_none());
            let parts = (0..args.len()).filter_map(|i| map::carry(map, i, &args, y, tangents[i]?, &fixed));
            parts.reduce(|sum, part| sum.plus(part))
        }
        Linearity::Folded(fold, axes) => {
            first.and_then(|t| all(fold::jvp(fold, &axes, args[0], y, t.value()), true))
        }
        // For a custom value, `autodiff` transposes the user's rule instead.
        Linearity::Nowhere | Linearity::Ruled => None,
    };
    drop(site);
    tangent
}
