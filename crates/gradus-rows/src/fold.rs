//! The reductions along axes: each fold of the table as a variant.

use crate::for_each_fold;
use crate::map::Real;
use crate::number::Scalar;

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
