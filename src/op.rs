//! The alphabet: every operation that a node can be. Floor 1.
//!
//! The alphabet is closed under differentiation: the derivative of each operation is made of operations.
//! Equality and hash are derived, so that merging equal nodes cannot forget an operation's payload.

use crate::shape::List;
#[doc(hidden)]
pub use gradus_rows::rows;
pub use gradus_rows::{Fold, Map, Real};

/// A constant, kept by its bits so that operations can be compared and hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bits(u64);

impl Bits {
    /// The constant's value.
    pub fn value(self) -> f64 {
        f64::from_bits(self.0)
    }
}

impl From<f64> for Bits {
    fn from(value: f64) -> Self {
        Bits(value.to_bits())
    }
}

/// One operation, with the data that it needs beside its arguments. Numbers such as `Input(2)` point into the
/// graph's lists of inputs, parameters, values and custom rules.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Op {
    /// A value downstream of a mistake.
    Poison,
    /// Real numbers fed at each run.
    Input(u32),
    /// Indices fed at each run.
    Labels(u32),
    /// A named parameter.
    Param(u32),
    /// A scalar constant.
    Constant(Bits),
    /// A constant tensor.
    Value(u32),
    /// Constant indices.
    Indices(u32),
    /// Random numbers, uniform from 0 on and below 1, by this seed; each step of a training draws others.
    Random(u64),
    /// An elementwise operation; all arguments have the node's shape.
    Map(Map),
    /// The argument repeated to fill the node's shape.
    Broadcast,
    /// A reduction along some axes, which stay with size 1.
    Fold(Fold, List),
    /// The same elements, or indices, in row-major order under another shape.
    Reshape,
    /// The axes in another order.
    Permute(List),
    /// A box of the argument, from `start` on in each axis.
    Slice(List),
    /// The arguments inside zeros, each from its `start` on in each axis; where several lie over each other, their sum.
    Pad(Box<[List]>),
    /// The arguments one after another along an axis.
    Cat(usize),
    /// The matrix product over the last two axes, either side transposed or not.
    MatMul {
        /// True if the left side is transposed.
        ta: bool,
        /// True if the right side is transposed.
        tb: bool,
        /// The sides of which an exact zero wins, even beside ∞ or NaN, as in `strong_mul`: cotangents and tangents.
        strong: [bool; 2],
    },
    /// Overlapping windows of an axis, each as a row: `[…, n, …]` to `[…, count, size, …]`.
    Unfold {
        /// The axis that is cut.
        axis: usize,
        /// The elements between the starts of neighbors.
        step: usize,
    },
    /// Overlapping windows added back into an axis; the transpose of `Unfold`.
    Overlap {
        /// The axis of the windows' count; the next one is their size.
        axis: usize,
        /// The elements between the starts of neighbors.
        step: usize,
    },
    /// Rows chosen along an axis by indices, which replace that axis.
    Gather(usize),
    /// Rows added to zeros at indices along an axis; the transpose of `Gather`.
    ScatterAdd(usize),
    /// A new last axis with 1 at the index and 0 elsewhere.
    OneHot,
    /// The index of the first largest element along an axis, which stays with size 1.
    ArgMax(usize),
    /// The indices along an axis that sort it, as many as the node has; a NaN is the largest, and equals keep their order.
    ArgSort {
        /// The axis that is sorted.
        axis: usize,
        /// True if the largest comes first.
        descending: bool,
    },
    /// Indices along an axis as positions among all elements, in row-major order.
    Along {
        /// The axis that the indices are of.
        axis: usize,
        /// The number of elements along it.
        size: usize,
    },
    /// The mask that is 1 where two indices are equal.
    SameIndex,
    /// The value, through which no derivative goes.
    Detach,
    /// The value of the first argument, with the user's own derivative rule for the others.
    Custom(u32),
}

impl Op {
    /// The operation's name in messages, drawings and the reference.
    pub fn name(&self) -> &'static str {
        match self {
            Op::Poison => "poison",
            Op::Input(_) => "input",
            Op::Labels(_) => "labels",
            Op::Param(_) => "param",
            Op::Constant(_) => "constant",
            Op::Value(_) => "value",
            Op::Indices(_) => "indices",
            Op::Random(_) => "random",
            Op::Map(map) => map.name(),
            Op::Broadcast => "broadcast",
            Op::Fold(fold, _) => fold.name(),
            Op::Reshape => "reshape",
            Op::Permute(_) => "permute",
            Op::Slice(_) => "slice",
            Op::Pad(_) => "pad",
            Op::Cat(_) => "cat",
            Op::MatMul { .. } => "matmul",
            Op::Unfold { .. } => "unfold",
            Op::Overlap { .. } => "overlap_add",
            Op::Gather(_) => "gather",
            Op::ScatterAdd(_) => "scatter_add",
            Op::OneHot => "one_hot",
            Op::ArgMax(_) => "argmax",
            Op::ArgSort { .. } => "argsort",
            Op::Along { .. } => "along",
            Op::SameIndex => "same_index",
            Op::Detach => "detach",
            Op::Custom(_) => "custom",
        }
    }

    /// Tells whether the node holds indices, not real numbers.
    pub fn is_index(&self) -> bool {
        matches!(self, Op::Labels(_) | Op::Indices(_) | Op::ArgMax(_) | Op::ArgSort { .. } | Op::Along { .. })
    }
}

macro_rules! kinds {
    ($($Kind:ident)*) => {
        impl Op {
            /// The names of the variants, for tests that go through all of them.
            #[doc(hidden)]
            pub const KINDS: &[&str] = &[$(stringify!($Kind)),*];

            /// The name of the variant. One that [`Op::KINDS`] leaves out does not compile.
            #[doc(hidden)]
            pub fn kind(&self) -> &'static str {
                match self { $(Op::$Kind { .. } => stringify!($Kind)),* }
            }
        }
    };
}
kinds! {
    Poison Input Labels Param Constant Value Random Map Broadcast Fold Reshape Permute Slice Pad Cat MatMul Unfold Overlap
    Gather ScatterAdd OneHot Indices ArgMax ArgSort Along SameIndex Detach Custom
}
