//! The plan that the executor runs: the steps of a compiled graph with their buffers, as plain data. It knows no
//! graph, no store of parameters and no line of the user's; the caller keeps these beside it, by number.

mod group;
mod instr;
mod pairs;
mod show;
mod view;

pub use group::{Group, LANES, Part, SPLAT, Space};
pub use instr::{Elementwise, Instr, Operand, Planned, Register, Stage};
pub(crate) use pairs::for_each_pair;
pub use pairs::{Chain, chain, partners};
pub use view::{Source, View, Walk, apart, around, broadcast, collapse, skipped};

use gradus_rows::{Fold, Map};
use gradus_tensor::shape::List;
use gradus_tensor::{Shape, Tensor};
use smallvec::SmallVec;
use std::sync::Arc;

/// A matrix product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Product {
    /// The sizes `[m, k, n]`, of `m × k` and `k × n` numbers.
    pub size: [usize; 3],
    /// The sides of which an exact zero wins: what it is multiplied with adds nothing, even if it is ∞ or NaN.
    pub strong: [bool; 2],
}

/// One kernel call.
#[derive(Clone, Debug)]
pub enum Kernel {
    /// Elementwise operations, and folds and choices with them, block by block. After `emit`, all are in groups.
    Group(Box<Group>),
    /// An elementwise operation.
    Map(Map),
    /// The elements in row-major order.
    Copy,
    /// A fold of `[outer, size, inner]` along the middle.
    Fold { fold: Fold, outer: usize, size: usize, inner: usize },
    /// Matrix products, one for each index of the batch axes.
    Contract(Product),
    /// Writes each argument into a box of the result, or adds it: the offset of each box and its strides.
    Boxes { zero: bool, add: bool, boxes: SmallVec<[(usize, List); 2]> },
    /// Rows at indices: `[outer, size, inner]` to `[outer, indices, inner]`.
    Gather { size: usize, inner: usize },
    /// Rows added at indices: `[outer, indices, inner]` to `[outer, size, inner]`.
    ScatterAdd { size: usize, inner: usize },
    /// Rows of this width with a 1 at the index.
    OneHot { width: usize },
    /// The position of the first largest of `[…, size, inner]` along the middle.
    ArgMax { size: usize, inner: usize },
    /// The first `kept` positions in the order of `[…, size, inner]` along the middle.
    ArgSort { size: usize, kept: usize, inner: usize, descending: bool },
    /// Indices `[…, kept, inner]` along an axis of `size` as positions among `whole` elements.
    Along { size: usize, kept: usize, inner: usize, whole: usize },
    /// 1 where two indices are equal.
    SameIndex,
    /// Constant indices.
    Indices { indices: Arc<Tensor<usize>> },
    /// Random numbers, uniform from 0 on and below 1, by this seed and the draw of the run.
    Random { seed: u64 },
}

/// A kernel with its arguments, its results, and its origin.
#[derive(Clone, Debug)]
pub struct Step {
    pub kernel: Kernel,
    pub args: SmallVec<[View; 3]>,
    pub outs: SmallVec<[Source; 1]>,
    /// The shape of the result; of a group, that of its last operation's value.
    pub shape: Shape,
    /// The name of the operation, for messages and the plan's text.
    pub name: String,
    /// The caller's number for the origin of the step; errors return it.
    pub origin: usize,
}

impl Step {
    /// Returns the number of operations in a run, and the number of elements moved: each argument and each result
    /// once. Both saturate: of the three sizes of a matrix product, only two at a time are in one shape.
    pub fn cost(&self) -> [usize; 2] {
        let times = |sizes: &[usize]| Shape::from(sizes).size();
        let product = |Product { size: [m, k, n], .. }: Product| times(&[2, m, k, n]);
        let size = self.shape.size();
        let operations = match &self.kernel {
            Kernel::Contract(Product { size: [_, k, _], .. }) => times(&[2, *k, size]),
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
        [operations, moved.min(usize::MAX / 8)] // so that the count of bytes does not overflow
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
    /// The parameters that each run may use.
    pub params: Vec<PlanInput>,
    /// Constant tensors.
    pub values: Vec<Arc<Tensor<f64>>>,
    pub constants: Vec<f64>,
    /// The outputs, in order.
    pub outputs: Vec<View>,
    /// The parameters that are updated in place, each with the output that is its new value.
    pub in_place: Vec<(u32, u32)>,
    /// The outputs whose first numbers have to be finite before anything is updated in place. Steps before the first
    /// update make them.
    pub needed: Vec<u32>,
}
