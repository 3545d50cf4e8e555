//! The alphabet: every operation that a node can be. Floor 1: reads `table`, `shape`, `element`.
//!
//! The alphabet is closed under differentiation: the derivative of each letter is made of letters.
//! Equality and hash are derived, so that merging equal nodes cannot forget a letter's payload.

use crate::element::{Arithmetic, Scalar};
use crate::shape::List;
use crate::table::{Interval, Kink, POSITIVE, REAL, for_each_fold, for_each_map};

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

/// One operation, with what it needs beside its arguments. Numbers such as `Input(2)` point into
/// the graph's lists of inputs, parameters, values and custom rules.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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
    /// An elementwise operation; all arguments have the node's shape.
    Map(Map),
    /// The argument repeated to fill the node's shape.
    Broadcast,
    /// A reduction along some axes, which stay with size 1.
    Fold(Fold, List),
    /// The same elements in row-major order under another shape.
    Reshape,
    /// The axes in another order.
    Permute(List),
    /// A box of the argument, from `start` on in each axis.
    Slice(List),
    /// The argument inside zeros, from `start` on in each axis.
    Pad(List),
    /// The arguments one after another along an axis.
    Join(usize),
    /// The matrix product over the last two axes, either side transposed or not.
    Contract {
        /// Whether the left side is transposed.
        ta: bool,
        /// Whether the right side is transposed.
        tb: bool,
    },
    /// Overlapping windows of an axis, each as a row: `[…, n, …]` to `[…, count, size, …]`.
    Window {
        /// The axis that is cut.
        axis: usize,
        /// The elements between the starts of neighbors.
        step: usize,
    },
    /// Overlapping windows added back into an axis; the transpose of `Window`.
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
    /// The index of the first largest element along an axis, which goes.
    ArgMax(usize),
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
            Op::Map(map) => map.name(),
            Op::Broadcast => "broadcast",
            Op::Fold(fold, _) => fold.name(),
            Op::Reshape => "reshape",
            Op::Permute(_) => "permute",
            Op::Slice(_) => "slice",
            Op::Pad(_) => "pad",
            Op::Join(_) => "join",
            Op::Contract { .. } => "matmul",
            Op::Window { .. } => "window",
            Op::Overlap { .. } => "overlap_add",
            Op::Gather(_) => "gather",
            Op::ScatterAdd(_) => "scatter_add",
            Op::OneHot => "one_hot",
            Op::ArgMax(_) => "argmax",
            Op::SameIndex => "same_index",
            Op::Detach => "detach",
            Op::Custom(_) => "custom",
        }
    }

    /// Whether the node holds indices, not real numbers.
    pub fn is_index(&self) -> bool {
        matches!(self, Op::Labels(_) | Op::ArgMax(_))
    }
}

/// What slopes are written in: arithmetic and every row of the table. Numbers compute, a `Var`
/// records.
pub trait Real: Arithmetic {
    /// Applies a row.
    fn row(map: Map, args: &[Self]) -> Self;
    for_each_map!(real_methods);
}

impl<S: Scalar> Real for S {
    fn row(map: Map, args: &[Self]) -> Self {
        map.value(args)
    }
    for_each_map!(real_values);
}

macro_rules! real_methods {
    ($($(#[doc = $doc:literal])* $Row:ident $row:ident($first:ident $(, $rest:ident)*) -> $y:ident { $($fields:tt)* })*) => {$(
        $(#[doc = $doc])*
        #[inline(always)]
        #[track_caller]
        fn $row(self $(, $rest: Self)*) -> Self {
            Self::row(Map::$Row, &[self $(, $rest)*])
        }
    )*};
}
use real_methods;

macro_rules! real_values {
    ($($(#[doc = $doc:literal])* $Row:ident $row:ident($first:ident $(, $rest:ident)*) -> $y:ident { $($fields:tt)* })*) => {$(
        fn $row(self $(, $rest: Self)*) -> Self {
            rows::$row(self $(, $rest)*)
        }
    )*};
}
use real_values;

macro_rules! map_enum {
    ($($(#[doc = $doc:literal])* $Row:ident $row:ident($($arg:ident),*) -> $y:ident {
        formula: $formula:literal, value: $value:expr, slopes: [$($slope:tt)*],
        domain: [$($domain:expr),*], range: $range:expr, $($tail:tt)*
    })*) => {
        /// The elementwise operations, a variant for each row of the table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Map { $($(#[doc = $doc])* $Row,)* }

        /// The values, a function for each row: where the row is known, as in a loop over it. There a call of
        /// `Map::value` would compile all rows to choose the one.
        #[allow(unused_variables)]
        pub mod rows {
            use crate::element::Scalar;
            use crate::table::{curves, forms, gates, mish};

            $($(#[doc = $doc])*
            #[inline(always)]
            pub fn $row<S: Scalar>($($arg: S),*) -> S {
                $value
            })*
        }

        #[allow(unused_variables)]
        impl Map {
            /// Every row, in the order of the table.
            pub const ALL: &[Map] = &[$(Map::$Row),*];

            /// The row's name, which is the method's name on `Var`.
            pub const fn name(self) -> &'static str {
                match self { $(Map::$Row => stringify!($row)),* }
            }
            /// The names of the arguments.
            pub const fn args(self) -> &'static [&'static str] {
                match self { $(Map::$Row => &[$(stringify!($arg)),*]),* }
            }
            /// What the row says of itself.
            pub const fn doc(self) -> &'static str {
                match self { $(Map::$Row => concat!($($doc),*)),* }
            }
            /// The value as a formula.
            pub const fn formula(self) -> &'static str {
                match self { $(Map::$Row => $formula),* }
            }
            /// The slopes as they are written in the row.
            pub const fn slopes_text(self) -> &'static str {
                match self { $(Map::$Row => stringify!($($slope)*)),* }
            }
            /// For each argument, the open interval in which value and slope are finite and smooth.
            pub const fn domain(self) -> &'static [Interval] {
                match self { $(Map::$Row => &[$($domain),*]),* }
            }
            /// An interval that holds every value.
            pub const fn range(self) -> Interval {
                match self { $(Map::$Row => $range),* }
            }
            /// The points without a derivative.
            pub const fn kinks(self) -> &'static [Kink] {
                match self { $(Map::$Row => map_enum!(@kinks $($tail)*)),* }
            }
            /// The bound on the value's error, in units in the last place.
            pub const fn ulp(self) -> f64 {
                match self { $(Map::$Row => map_enum!(@ulp $($tail)*)),* }
            }
            /// The open intervals of the first argument in which the value does not depend on it.
            pub const fn dead(self) -> &'static [Interval] {
                match self { $(Map::$Row => map_enum!(@dead $($tail)*)),* }
            }
            /// The value.
            pub fn value<S: Scalar>(self, args: &[S]) -> S {
                match self { $(Map::$Row => {
                    let [$($arg),*] = *args else { unreachable!("the graph gives a row all of its arguments") };
                    rows::$row($($arg),*)
                })* }
            }
            /// The slope in argument `i`, or `None` where the value is piecewise constant in it.
            #[track_caller]
            pub fn slope<R: Real>(self, i: usize, args: &[R], y: R) -> Option<R> {
                match self { $(Map::$Row => {
                    let [$($arg),*] = *args else { unreachable!("the graph gives a row all of its arguments") };
                    let $y = y;
                    map_enum!(@slope i, 0; $($slope)*)
                })* }
            }
            /// Whether the value is piecewise constant in argument `i`.
            pub const fn flat(self, i: usize) -> bool {
                match self { $(Map::$Row => map_enum!(@flat i, 0; $($slope)*)),* }
            }
        }
    };
    (@kinks kinks: $kinks:tt, $($tail:tt)*) => { map_enum!(@listed $kinks) };
    (@kinks ulp: $ulp:expr, kinks: $kinks:tt $($tail:tt)*) => { map_enum!(@listed $kinks) };
    (@listed [$([$($at:expr),*] => [$($chosen:expr),*] in [$($between:expr),*]),*]) => {
        &[$(Kink { at: &[$($at),*], slopes: &[$($chosen),*], between: &[$($between),*] }),*]
    };
    (@ulp kinks: $kinks:tt, ulp: $ulp:expr $(, dead: $dead:expr)?) => { $ulp };
    (@ulp ulp: $ulp:expr, kinks: $kinks:tt $(, dead: $dead:expr)?) => { $ulp };
    (@dead kinks: $kinks:tt, ulp: $ulp:expr $(, dead: [$($dead:expr),*])?) => { &[$($($dead),*)?] };
    (@dead ulp: $ulp:expr, kinks: $kinks:tt $(, dead: [$($dead:expr),*])?) => { &[$($($dead),*)?] };
    // The slope of each argument in turn: `flat`, or an expression.
    (@slope $i:ident, $n:expr;) => { None };
    (@slope $i:ident, $n:expr; flat $(, $($more:tt)*)?) => {
        if $i == $n { None } else { map_enum!(@slope $i, $n + 1; $($($more)*)?) }
    };
    (@slope $i:ident, $n:expr; $slope:expr $(, $($more:tt)*)?) => {
        if $i == $n { Some($slope) } else { map_enum!(@slope $i, $n + 1; $($($more)*)?) }
    };
    (@flat $i:ident, $n:expr;) => { false };
    (@flat $i:ident, $n:expr; flat $(, $($more:tt)*)?) => { $i == $n || map_enum!(@flat $i, $n + 1; $($($more)*)?) };
    (@flat $i:ident, $n:expr; $slope:expr $(, $($more:tt)*)?) => { map_enum!(@flat $i, $n + 1; $($($more)*)?) };
}
for_each_map!(map_enum);

macro_rules! fold_enum {
    ($($(#[doc = $doc:literal])* $Row:ident $row:ident($x:ident, $a:ident, $b:ident) -> $y:ident {
        formula: $formula:literal, empty: $empty:expr, ties: $ties:expr,
        start: $start:expr, join: $join:expr, slope: $slope:expr
    })*) => {
        /// The reductions along axes, a variant for each fold of the table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Fold { $($(#[doc = $doc])* $Row,)* }

        #[allow(unused_variables)]
        impl Fold {
            /// Every fold, in the order of the table.
            pub const ALL: &[Fold] = &[$(Fold::$Row),*];

            /// The fold's name, which is the method's name on `Var`.
            pub const fn name(self) -> &'static str {
                match self { $(Fold::$Row => stringify!($row)),* }
            }
            /// What the fold says of itself.
            pub const fn doc(self) -> &'static str {
                match self { $(Fold::$Row => concat!($($doc),*)),* }
            }
            /// The value as a formula.
            pub const fn formula(self) -> &'static str {
                match self { $(Fold::$Row => $formula),* }
            }
            /// The slope as it is written in the table.
            pub const fn slope_text(self) -> &'static str {
                match self { $(Fold::$Row => stringify!($slope)),* }
            }
            /// Whether the fold of nothing has a value.
            pub const fn empty(self) -> bool {
                match self { $(Fold::$Row => $empty),* }
            }
            /// Whether equal winners share the slope.
            pub const fn ties(self) -> bool {
                match self { $(Fold::$Row => $ties),* }
            }
            /// The value that joining starts from.
            pub const fn start(self) -> f64 {
                match self { $(Fold::$Row => $start),* }
            }
            /// Two partial results as one.
            #[inline(always)]
            pub fn join<S: Scalar>(self, left: S, right: S) -> S {
                match self { $(Fold::$Row => { let ($a, $b) = (left, right); $join })* }
            }
            /// The slope of the result in the element.
            #[track_caller]
            pub fn slope<R: Real>(self, element: R, result: R) -> R {
                match self { $(Fold::$Row => { let ($x, $y) = (element, result); $slope })* }
            }
        }
    };
}
for_each_fold!(fold_enum);
