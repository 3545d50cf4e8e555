//! What the executor runs: the steps of a compiled graph with their buffers, as plain data. Nothing here knows a graph, a
//! parameter's store or a line of the user's; the caller keeps these beside it, by number.

mod group;
mod pairs;
mod show;
mod view;

pub use group::{Group, Instr, LANES, Operand, Part, Register, SPLAT, Space};
pub(crate) use pairs::for_each_pair;
pub use pairs::{Chain, chain, partners};
pub use view::{Source, View, Walk, apart, around, broadcast, collapse, skipped};

use gradus_rows::{Fold, Map};
use gradus_tensor::shape::List;
use gradus_tensor::{Shape, Tensor};
use smallvec::SmallVec;
use std::sync::Arc;

/// One kernel call.
#[derive(Clone, Debug)]
pub enum Kernel {
    /// Elementwise operations and what goes with them, block by block. After `emit`, all are in groups.
    Group(Box<Group>),
    /// An elementwise operation.
    Map(Map),
    /// The elements in row-major order.
    Copy,
    /// A fold of `[outer, size, inner]` along the middle.
    Fold { fold: Fold, outer: usize, size: usize, inner: usize },
    /// Matrix products, one for each index of the batch axes.
    Contract { m: usize, k: usize, n: usize },
    /// Parts put, or added, into boxes of the result: where each starts and its strides.
    Boxes { zero: bool, add: bool, boxes: SmallVec<[(usize, List); 2]> },
    /// Rows at indices: `[outer, size, inner]` to `[outer, indices, inner]`.
    Gather { size: usize, inner: usize },
    /// Rows added at indices: `[outer, indices, inner]` to `[outer, size, inner]`.
    ScatterAdd { size: usize, inner: usize },
    /// Rows of this width with a 1 at the index.
    OneHot { width: usize },
    /// The place of the first largest of `[…, size, inner]` along the middle.
    ArgMax { size: usize, inner: usize },
    /// 1 where two indices are equal.
    SameIndex,
}

/// A kernel with its arguments, what it fills, and where it comes from.
#[derive(Clone, Debug)]
pub struct Step {
    pub kernel: Kernel,
    pub args: SmallVec<[View; 3]>,
    pub outs: SmallVec<[Source; 1]>,
    /// The shape of the node's value; in a group, of the last one's.
    pub shape: Shape,
    /// The operation's name, in messages and in the plan's text.
    pub name: String,
    /// A number of the caller's that says where the step comes from; errors give it back.
    pub origin: usize,
}

impl Step {
    /// The operations on numbers that a run takes, and how many numbers it moves: each argument and each
    /// result once. Both saturate: of the three sizes of a matrix product, only two at a time are of one shape.
    pub fn cost(&self) -> [usize; 2] {
        let times = |sizes: &[usize]| Shape::from(sizes).size();
        let product = |[m, k, n]: [usize; 3]| times(&[2, m, k, n]);
        let size = self.shape.size();
        let operations = match &self.kernel {
            Kernel::Contract { k, .. } => times(&[2, *k, size]),
            Kernel::Group(group) => {
                let elements = group.space.rows().saturating_mul(group.space.columns());
                Shape::sum([group.head.map_or(0, product), times(&[elements, group.maps()])])
            }
            Kernel::Fold { outer, size, inner, .. } => times(&[*outer, *size, *inner]),
            _ => size,
        };
        let read = |view: &View| {
            let axes = view.shape.iter().zip(&view.strides).filter(|(_, stride)| **stride != 0);
            axes.map(|(&n, _)| n).collect::<Shape>().size()
        };
        let moved = Shape::sum(self.args.iter().map(read).chain([times(&[self.outs.len(), size])]));
        [operations, moved.min(usize::MAX / 8)] // so that their bytes can be told, too
    }
}

/// A tensor that a run is given, of real numbers or of indices.
#[derive(Clone, Debug)]
pub struct PlanInput {
    /// Its name in the plan's text.
    pub name: String,
    /// The shape that it must have.
    pub shape: Shape,
    /// The bound that indices are below; 0 for real numbers.
    pub bound: usize,
}

/// The compiled order of kernel calls, with the buffers that they need: plain data.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub steps: Vec<Step>,
    /// The sizes of the buffers of real numbers.
    pub slots: Vec<usize>,
    /// The sizes of the buffers of indices.
    pub index_slots: Vec<usize>,
    /// The tensors of real numbers that each run is given.
    pub inputs: Vec<PlanInput>,
    /// The tensors of indices that each run is given.
    pub labels: Vec<PlanInput>,
    /// The parameters, which each run is lent.
    pub params: Vec<PlanInput>,
    /// Constant tensors.
    pub values: Vec<Arc<Tensor<f64>>>,
    pub constants: Vec<f64>,
    /// What is asked for, in order.
    pub outputs: Vec<View>,
    /// Parameters, each with the output that is made in its place.
    pub in_place: Vec<(u32, u32)>,
}
