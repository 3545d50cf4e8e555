//! The reductions along axes: each fold of the table as a variant.

use crate::for_each_fold;
use crate::map::Real;
use crate::number::Scalar;

/// Work that is compiled for one fold alone: see [`Fold::with`].
pub trait WithFold {
    /// The result of the work.
    type Output;
    /// Does the work for one fold.
    fn with<F: Joined>(self) -> Self::Output;
}

/// A fold of the table as a type, so that a loop over it is compiled for it alone.
pub trait Joined {
    /// The value that joining starts from.
    const START: f64;
    /// Joins two partial results.
    fn join<S: Scalar>(left: S, right: S) -> S;
}

macro_rules! fold_enum {
    ($($(#[doc = $doc:literal])* $Row:ident $row:ident($x:ident, $a:ident, $b:ident) -> $y:ident {
        formula: $formula:literal, empty: $empty:expr, ties: $ties:expr,
        start: $start:expr, join: $join:expr, slope: $slope:expr
    })*) => {
        /// The reductions along axes, a variant for each fold of the table.
        ///
        /// Folds are added without notice. Work that differs between them goes through [`Fold::with`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Fold { $($(#[doc = $doc])* $Row,)* }

        /// The folds as types.
        mod joined {
            $(pub(super) struct $Row;)*
        }
        $(impl Joined for joined::$Row {
            const START: f64 = $start;
            #[inline(always)]
            fn join<S: Scalar>($a: S, $b: S) -> S {
                $join
            }
        })*

        #[allow(unused_variables)]
        impl Fold {
            /// Every fold, in the order of the table.
            pub const ALL: &[Fold] = &[$(Fold::$Row),*];

            /// The fold's name, which is the method's name on `Var`.
            pub const fn name(self) -> &'static str {
                match self { $(Fold::$Row => stringify!($row)),* }
            }
            /// The fold's documentation.
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
            /// Does the work with the fold as a type. This is the match over all folds that other crates cannot
            /// write, since folds are added without notice.
            #[inline(always)]
            pub fn with<W: WithFold>(self, what: W) -> W::Output {
                match self { $(Fold::$Row => what.with::<joined::$Row>()),* }
            }
            /// Tells whether the fold of no elements has a value.
            pub const fn empty(self) -> bool {
                match self { $(Fold::$Row => $empty),* }
            }
            /// Tells whether equal winners share the slope.
            pub const fn ties(self) -> bool {
                match self { $(Fold::$Row => $ties),* }
            }
            /// The value that joining starts from.
            pub const fn start(self) -> f64 {
                match self { $(Fold::$Row => $start),* }
            }
            /// Joins two partial results.
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
