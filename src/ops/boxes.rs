//! Boxes within one value: the cotangents of its slices, put beside each other instead of each into zeros of its own.

use super::Cotangent;
use super::view::slice_shape;
use crate::error::Role;
use crate::graph::{NodeId, Var};
use crate::op::Op;
use crate::shape::{List, Shape};

pub(super) fn shape(parts: &[Shape], starts: &[List], target: &Shape) -> Result<Shape, String> {
    if parts.is_empty() || parts.len() != starts.len() {
        return Err(format!("{} values cannot stand at {} places", parts.len(), starts.len()));
    }
    parts.iter().zip(starts).try_for_each(|(part, start)| slice_shape(target, start, part).map(drop))?;
    Ok(target.clone())
}

/// The cotangent of one value on its way to being summed. What slices give is kept apart until it is asked for: a loop
/// over `n` slices would else fill `n` values that are as large as the one that is sliced.
#[derive(Default)]
pub(crate) struct Parts<'g> {
    /// The sum of the parts that are as large as the value.
    whole: Option<Cotangent<'g>>,
    /// The cotangents of slices, each with its slice.
    boxes: Vec<(NodeId, Var<'g>)>,
}

impl<'g> Parts<'g> {
    /// Adds a part that is as large as the value.
    #[track_caller]
    pub(crate) fn add(&mut self, part: Cotangent<'g>) {
        self.whole = Some(match self.whole {
            Some(sum) => sum.plus(part),
            None => part,
        });
    }

    /// Adds what a slice gives to the value that it is of.
    pub(crate) fn add_slice(&mut self, slice: NodeId, ct: Var<'g>) {
        self.boxes.push((slice, ct));
    }

    /// Returns the sum of all parts of the cotangent of `x`.
    #[track_caller]
    pub(crate) fn sum(&mut self, x: Var<'g>) -> Option<Cotangent<'g>> {
        if let Some(&(first, ct)) = self.boxes.first() {
            let _site = x.graph().on_behalf_of(first, Role::Backward);
            let boxes = std::mem::take(&mut self.boxes);
            let start = |id: NodeId| match x.graph().node(id).op {
                Op::Slice(start) => start,
                _ => List::new(),
            };
            let starts: Vec<List> = boxes.iter().map(|&(slice, _)| start(slice)).collect();
            let parts: Vec<Var<'g>> = boxes.iter().map(|&(_, ct)| ct).collect();
            self.add(Cotangent::given(ct).moved(inside(x, starts, parts), true));
        }
        self.whole
    }
}

/// The values in their places within zeros of the shape of `x`.
#[track_caller]
fn inside<'g>(x: Var<'g>, starts: Vec<List>, parts: Vec<Var<'g>>) -> Var<'g> {
    let shape = x.shape();
    if let ([start], [part]) = (&starts[..], &parts[..]) {
        return part.pad_from(start, &shape);
    }
    match in_a_row(&shape, &starts, &parts) {
        Some((axis, order)) => {
            let parts: Vec<Var<'g>> = order.into_iter().map(|i| parts[i]).collect();
            x.graph().cat(&parts, axis)
        }
        None => x.push(Op::Pad(starts.into()), &parts, Ok(shape)),
    }
}

/// The axis along which boxes fill the whole shape one after another, with their order.
fn in_a_row(shape: &Shape, starts: &[List], parts: &[Var<'_>]) -> Option<(usize, Vec<usize>)> {
    let sizes: Vec<Shape> = parts.iter().map(|part| part.shape()).collect();
    let axis = (0..shape.len()).find(|&axis| sizes[0][axis] != shape[axis])?;
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|&i| starts[i][axis]);
    let mut end = 0;
    for &i in &order {
        if starts[i][axis] != end || sizes[i].with(axis, shape[axis]) != *shape {
            return None;
        }
        end += sizes[i][axis];
    }
    (end == shape[axis]).then_some((axis, order))
}
