//! The elementwise operations: each row of the table as a variant, a function and its derivatives.

use crate::number::{Arithmetic, Scalar};
use crate::table::{Interval, Kink, POSITIVE, REAL};
use crate::{for_each_map, for_each_slope};

/// The arithmetic and the rows in which slopes are written. Numbers compute, a `Var` records.
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
        ///
        /// Rows are added without notice. A table made by `for_each_map!` has an entry for each of them, new ones
        /// included; it is read at [`Map::index`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Map { $($(#[doc = $doc])* $Row,)* }

        /// The values, a function for each row, for code that knows the row, such as a loop over it: a call
        /// of `Map::value` would compile all rows there, to choose one.
        #[allow(unused_variables)]
        pub mod rows {
            use crate::number::Scalar;
            use crate::table::{curves, forms, gates, hyperbolic, mish, planar};

            $($(#[doc = $doc])*
            #[inline(always)]
            pub fn $row<S: Scalar>($($arg: S),*) -> S {
                $value
            })*
        }

        /// The derivatives in the first argument, a function for each row; 0 where the value is piecewise constant in it.
        /// [`Map::slope`] has those in the other arguments.
        #[allow(unused_variables)]
        pub mod grad {
            use super::Real;
            use crate::number::{Arithmetic, Scalar};

            $(
                #[doc = concat!("The derivative of [`", stringify!($row), "`](super::rows::", stringify!($row), ") in its first argument.")]
                #[inline]
                pub fn $row<S: Scalar>($($arg: S),*) -> S {
                    // Written over `Real`, as slopes are: with `Scalar` in scope, some methods would be
                    // ambiguous.
                    #[inline(always)]
                    fn slope<R: Real>($($arg: R,)* $y: R) -> Option<R> {
                        let i = 0;
                        map_enum!(@slope i, 0; $($slope)*)
                    }
                    let value = super::rows::$row($($arg),*);
                    slope($($arg,)* value).unwrap_or(Arithmetic::lit(value, 0.0))
                }
            )*
        }

        #[allow(unused_variables)]
        impl Map {
            /// Every row, in the order of the table.
            pub const ALL: &[Map] = &[$(Map::$Row),*];

            /// The row's place in [`Map::ALL`].
            pub const fn index(self) -> usize {
                self as usize
            }

            /// The row's name, which is the method's name on `Var`.
            pub const fn name(self) -> &'static str {
                match self { $(Map::$Row => stringify!($row)),* }
            }
            /// The names of the arguments.
            pub const fn args(self) -> &'static [&'static str] {
                match self { $(Map::$Row => &[$(stringify!($arg)),*]),* }
            }
            /// The row's documentation.
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
            /// Tells whether the value is piecewise constant in argument `i`.
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

macro_rules! slopes {
    ($($(#[doc = $doc:literal])* $Row:ident $row:ident($($arg:ident),*) -> $y:ident { $($fields:tt)* })*) => {
        impl Map {
            /// The rows at the end of the table that are slopes of others, or that slopes are made of. Users
            /// hardly ever write them.
            pub const SLOPES: &[Map] = &[$(Map::$Row),*];
        }
    };
}
for_each_slope!(slopes);

impl Map {
    /// Tells whether the row is one of [`Map::SLOPES`].
    pub const fn is_slope(self) -> bool {
        self.index() >= Map::ALL.len() - Map::SLOPES.len()
    }
}

#[cfg(test)]
mod tests {
    use super::Map;

    #[test]
    fn the_slopes_stand_at_the_end_of_the_table() {
        for (i, map) in Map::ALL.iter().enumerate() {
            assert_eq!((map.index(), map.is_slope()), (i, Map::SLOPES.contains(map)), "{}", map.name());
        }
        assert!(Map::GeluGrad.is_slope() && !Map::Gelu.is_slope());
    }
}
