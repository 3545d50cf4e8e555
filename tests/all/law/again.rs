//! Records a node once more, through the public methods, on other arguments: so that each node of
//! a case can be judged by itself.

use crate::catalog::folds::call;
use gradus::op::{Op, Real};
use gradus::{Graph, Idx, Node, Shape, Var};

/// A handle to a node of either kind.
#[derive(Clone, Copy)]
pub enum Handle<'g> {
    /// Real numbers.
    Real(Var<'g>),
    /// Indices.
    Index(Idx<'g>),
}

impl<'g> Handle<'g> {
    /// The handle to real numbers.
    pub fn real(self) -> Option<Var<'g>> {
        match self {
            Handle::Real(x) => Some(x),
            Handle::Index(_) => None,
        }
    }

    fn index(self) -> Option<Idx<'g>> {
        match self {
            Handle::Index(x) => Some(x),
            Handle::Real(_) => None,
        }
    }
}

/// The node's operation on other arguments; `None` for one without arguments.
pub fn again<'g>(g: &'g Graph, node: &Node, args: &[Handle<'g>]) -> Option<Handle<'g>> {
    let x = |i: usize| args.get(i).and_then(|arg| arg.real());
    let t = |i: usize| args.get(i).and_then(|arg| arg.index());
    let shape: &Shape = &node.shape;
    let y = match &node.op {
        Op::Map(map) => {
            let args: Option<Vec<Var<'g>>> = (0..args.len()).map(x).collect();
            <Var<'g> as Real>::row(*map, &args?)
        }
        Op::Broadcast => x(0)?.broadcast_to(shape),
        Op::Fold(each, axes) => call(*each)(x(0)?, axes[..].into()),
        Op::Reshape => match t(0) {
            Some(indices) => return Some(Handle::Index(indices.reshape(shape))),
            None => x(0)?.reshape(shape),
        },
        Op::Permute(order) => x(0)?.permute(&order[..]),
        Op::Slice(start) => (0..start.len()).fold(x(0)?, |x, i| x.slice(i, start[i]..start[i] + shape[i])),
        Op::Pad(starts) => {
            let places = (0..args.len()).map(x).zip(starts);
            let padded = places.map(|(x, start)| {
                let beside = |x: Var<'g>, i: usize| x.pad(i, start[i], shape[i] - start[i] - x.size(i));
                Some((0..start.len()).fold(x?, beside))
            });
            padded.collect::<Option<Vec<Var<'g>>>>()?.into_iter().reduce(|sum, part| sum + part)?
        }
        Op::Cat(axis) => {
            let parts: Option<Vec<Var<'g>>> = (0..args.len()).map(x).collect();
            g.cat(&parts?, *axis)
        }
        // Sides in which an exact zero wins are cotangents; on finite numbers they are as any.
        Op::MatMul { ta, tb, strong: _ } => {
            let side = |x: Var<'g>, transposed: bool| if transposed { x.t() } else { x };
            side(x(0)?, *ta).matmul(side(x(1)?, *tb))
        }
        Op::Unfold { axis, step } => x(0)?.unfold(*axis, shape[axis + 1], *step),
        Op::Overlap { axis, step } => x(0)?.overlap_add(*axis, *step, shape[*axis]),
        Op::Gather(axis) => x(0)?.gather(t(1)?, *axis),
        Op::ScatterAdd(axis) => x(0)?.scatter_add(t(1)?, *axis, shape[*axis]),
        Op::OneHot => {
            // The method is as wide as there are classes; the node may be wider or narrower.
            let (hot, width) = (t(0)?.one_hot(), shape.last().copied().unwrap_or(0));
            let all = hot.size(-1);
            hot.pad(-1, 0, width.saturating_sub(all)).slice(-1, ..width)
        }
        Op::ArgSort { axis, descending: true } => {
            return Some(Handle::Index(x(0)?.topk(shape[*axis], *axis).1));
        }
        Op::ArgSort { axis, .. } => return Some(Handle::Index(x(0)?.argsort(*axis))),
        Op::Along { axis, size } => return Some(Handle::Index(t(0)?.along(*axis, *size))),
        Op::ArgMax(axis) => return Some(Handle::Index(x(0)?.argmax(*axis))),
        Op::SameIndex => t(0)?.agrees_with(t(1)?),
        Op::Detach | Op::Custom(_) => x(0)?.detach(),
        Op::Random(_) => return None,
        Op::Poison | Op::Input(_) | Op::Labels(_) | Op::Param(_) | Op::Constant(_) | Op::Value(_) => {
            return None;
        }
        Op::Indices(_) => return None,
        op => unreachable!("an operation that this law does not know: {op:?}"),
    };
    Some(Handle::Real(y))
}
