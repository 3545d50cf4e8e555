//! Kernels on lanes: for each row of the table a loop over blocks of sixteen numbers, compiled for each instruction
//! set and chosen when the program is made. The code is the same for all sets, and so are the bits.

mod run;
#[cfg(test)]
mod tests;

use crate::joins;
use crate::plan::{Chain, LANES, for_each_pair};
use crate::set::InstructionSet;
#[cfg(target_arch = "x86_64")]
use crate::simd::{F32x8, F32x16};
use gradus_rows::number::piecewise::{self, Numbers};
use gradus_rows::{Float, Fold, Map, for_each_map, rows as values};
use run::{run, run_pair};

/// The layout of an instruction's operands: whether each argument's numbers vary along a line or repeat the first,
/// the stride between its lines and between the result's, and the number of lines.
#[derive(Clone, Copy, Debug)]
pub(super) struct OperandLayout {
    pub(super) varies: [bool; 3],
    pub(super) line_stride: [usize; 3],
    pub(super) out_line_stride: usize,
    pub(super) lines: usize,
}

/// Fills lines of `n` numbers with an elementwise operation of up to three arguments.
///
/// # Safety
/// Each argument that the row has must be valid for reads of its lines as `layout` says: `n` numbers each, or
/// `SPLAT` equal ones if the argument does not vary. `out` must be valid for writes of its lines, and must not
/// overlap an argument. The CPU must support the instruction set of the kernel.
pub(super) type Kernel<E> =
    unsafe fn(a: *const E, b: *const E, c: *const E, out: *mut E, layout: &OperandLayout, n: usize);

/// Fills two results with two elementwise operations of one argument.
///
/// # Safety
/// `x` must be valid for reads of `n` numbers, or of `SPLAT` equal ones if it does not vary. `y` and `z` must be
/// valid for writes of `n` numbers, and must overlap neither each other nor `x`. The CPU must support the
/// instruction set of the kernel.
pub(super) type Pair<E> = unsafe fn(x: *const E, varies: bool, y: *mut E, z: *mut E, n: usize);

/// Folds numbers to one for each lane.
///
/// # Safety
/// `x` must be valid for reads of `n` numbers. The CPU must support the instruction set of the kernel.
pub(super) type Total<E> = unsafe fn(fold: Fold, x: *const E, n: usize) -> [E; LANES];

/// Folds lines into one.
///
/// # Safety
/// `x` must be valid for reads of `lines` lines of `n` numbers, which start `stride` apart, and of all between
/// them. `out` must be valid for writes of `n` numbers, and must not overlap the lines. The CPU must support the
/// instruction set of the kernel.
pub(super) type Lines<E> =
    unsafe fn(fold: Fold, x: *const E, stride: usize, lines: usize, out: *mut E, n: usize);

/// Names one loop as compiled for the instruction set.
macro_rules! for_each_set {
    ($set:expr, $function:ident<$($generic:ty),*>) => {
        match $set {
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 => avx512::$function::<$($generic),*>,
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => avx2::$function::<$($generic),*>,
            _ => plain::$function::<$($generic),*>,
        }
    };
}

/// Returns the kernel of a row.
pub(super) fn row<E: Float>(map: Map, set: InstructionSet) -> Kernel<E> {
    // A table for each set, made of the table of rows: a row without a kernel cannot be.
    macro_rules! kernels {
        ($($(#[doc = $doc:literal])* $Row:ident $row:ident($($arg:ident),*) -> $y:ident { $($fields:tt)* })*) => {
            match set {
                #[cfg(target_arch = "x86_64")]
                InstructionSet::Avx512 => [$(avx512::row::<E, rows::$Row> as Kernel<E>),*][map.index()],
                #[cfg(target_arch = "x86_64")]
                InstructionSet::Avx2 => [$(avx2::row::<E, rows::$Row> as Kernel<E>),*][map.index()],
                _ => [$(plain::row::<E, rows::$Row> as Kernel<E>),*][map.index()],
            }
        };
    }
    for_each_map!(kernels)
}

/// Returns the kernel of a chain.
pub(super) fn chain<E: Float>(chain: Chain, set: InstructionSet) -> Kernel<E> {
    match chain {
        Chain::MulAdd => for_each_set!(set, row<E, MulAdd>),
        Chain::StrongMulAdd => for_each_set!(set, row<E, StrongMulAdd>),
        Chain::StrongMulSub => for_each_set!(set, row<E, StrongMulSub>),
        Chain::MulDiv => for_each_set!(set, row<E, MulDiv>),
        Chain::DivStrongMul => for_each_set!(set, row<E, DivStrongMul>),
        Chain::NegStrongMul => for_each_set!(set, row<E, NegStrongMul>),
        Chain::SubMul => for_each_set!(set, row<E, SubMul>),
        Chain::SquareMul => for_each_set!(set, row<E, SquareMul>),
    }
}

/// Returns the kernel of a pair of rows, and whether its second result is the first row's.
pub(super) fn pair<E: Float>([map, other]: [Map; 2], set: InstructionSet) -> (Pair<E>, bool) {
    macro_rules! kernels {
        ($($a:ident $b:ident,)*) => {
            match (map, other) {
                $((Map::$a, Map::$b) | (Map::$b, Map::$a) => {
                    (for_each_set!(set, pair<E, rows::$a, rows::$b>), map == Map::$b)
                })*
                _ => unreachable!("`partners` knows no other pair"),
            }
        };
    }
    for_each_pair!(kernels)
}

/// Returns the kernel that folds numbers.
pub(super) fn total<E: Float>(set: InstructionSet) -> Total<E> {
    for_each_set!(set, total<E>)
}

/// Returns the kernel that folds lines.
pub(super) fn lines<E: Float>(set: InstructionSet) -> Lines<E> {
    for_each_set!(set, lines<E>)
}

macro_rules! set {
    ($name:ident $vector:ty $(, #[$attribute:meta])?) => {
        mod $name {
            use super::*;
            $(#[$attribute])?
            pub(super) unsafe fn row<E: Float, R: Row>(
                a: *const E,
                b: *const E,
                c: *const E,
                out: *mut E,
                layout: &OperandLayout,
                n: usize,
            ) {
                // SAFETY: the caller's contract is this one.
                unsafe { run::<E, R, $vector>([a, b, c], out, layout, n) }
            }
            $(#[$attribute])?
            pub(super) unsafe fn pair<E: Float, R: Row, S: Row>(
                x: *const E,
                varies: bool,
                y: *mut E,
                z: *mut E,
                n: usize,
            ) {
                // SAFETY: the caller's contract is this one.
                unsafe { run_pair::<E, R, S, $vector>(x, varies, [y, z], n) }
            }
            $(#[$attribute])?
            pub(super) unsafe fn total<E: Float>(fold: Fold, x: *const E, n: usize) -> [E; LANES] {
                // SAFETY: the caller vouches for `n` numbers at `x`.
                joins::lanes(fold, unsafe { std::slice::from_raw_parts(x, n) })
            }
            $(#[$attribute])?
            pub(super) unsafe fn lines<E: Float>(
                fold: Fold,
                x: *const E,
                stride: usize,
                lines: usize,
                out: *mut E,
                n: usize,
            ) {
                if lines == 0 || n == 0 {
                    return;
                }
                // SAFETY: the caller vouches for the lines at `x` and for `n` numbers at `out`.
                let (x, out) = unsafe {
                    let x = std::slice::from_raw_parts(x, (lines - 1) * stride + n);
                    (x, std::slice::from_raw_parts_mut(out, n))
                };
                joins::lines(fold, x, stride, lines, out);
            }
        }
    };
}
#[cfg(target_arch = "x86_64")]
set!(avx512 F32x16, #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")]);
#[cfg(target_arch = "x86_64")]
set!(avx2 F32x8, #[target_feature(enable = "avx2,fma")]);
set!(plain f32);

/// The value of a row that is known at compile time.
trait Row {
    /// The number of its arguments.
    const ARGS: usize;
    /// Returns the value.
    fn value<E: Float>(args: [E; 3]) -> E;
    /// True if the value takes a few instructions.
    const CHEAP: bool = false;
    /// True for a row of one argument with hand-written vectors of `f32`.
    const BY_HAND: bool = false;
    /// Returns the same values of a vector, for such a row.
    #[inline(always)]
    fn vector<V: Numbers>(x: V) -> V {
        x
    }
}

/// The rows as types.
macro_rules! row_types {
    ($($(#[doc = $doc:literal])* $Row:ident $row:ident $args:tt -> $y:ident { $($fields:tt)* })*) => {
        mod rows { $(pub(super) struct $Row;)* }
        $(row_types!(@ $Row $row $args);)*
    };
    (@ $Row:ident $row:ident ($a:ident)) => { row_types!(@ $Row $row ($a) 1 [$a, _b, _c]); };
    (@ $Row:ident $row:ident ($a:ident, $b:ident)) => { row_types!(@ $Row $row ($a, $b) 2 [$a, $b, _c]); };
    (@ $Row:ident $row:ident ($a:ident, $b:ident, $c:ident)) => { row_types!(@ $Row $row ($a, $b, $c) 3 [$a, $b, $c]); };
    (@ $Row:ident $row:ident ($($arg:ident),*) $count:literal $all:tt) => {
        impl Row for rows::$Row {
            const ARGS: usize = $count;
            const CHEAP: bool = cheap(Map::$Row);
            #[inline(always)]
            fn value<E: Float>($all: [E; 3]) -> E {
                values::$row($($arg),*)
            }
            row_types!(@ vector $Row);
        }
    };
    (@ vector Tanh) => { row_types!(@ by tanh); };
    (@ vector Gelu) => { row_types!(@ by gelu); };
    (@ vector GeluGrad) => { row_types!(@ by gelu_grad); };
    (@ vector $Row:ident) => {};
    (@ by $function:ident) => {
        const BY_HAND: bool = true;
        #[inline(always)]
        fn vector<V: Numbers>(x: V) -> V {
            piecewise::$function(x)
        }
    };
}
for_each_map!(row_types);

/// Tells whether a row is arithmetic, a comparison or a choice.
const fn cheap(map: Map) -> bool {
    use Map::*;
    matches!(
        map,
        Add | Sub
            | Mul
            | Div
            | StrongMul
            | Neg
            | Square
            | Sqrt
            | Lt
            | Le
            | Eq
            | Select
            | Max
            | Min
            | Clamp
            | Abs
            | Sign
            | Step
            | Relu
            | LeakyRelu
    )
}

/// The chains as types.
macro_rules! chains {
    ($($Chain:ident $args:tt $count:literal => $value:expr;)*) => {$(
        struct $Chain;
        impl Row for $Chain {
            const ARGS: usize = $count;
            const CHEAP: bool = true;
            #[inline(always)]
            fn value<E: Float>($args: [E; 3]) -> E {
                $value
            }
        }
    )*};
}
chains! {
    MulAdd [a, b, c] 3 => values::add(values::mul(a, b), c);
    StrongMulAdd [a, b, c] 3 => values::add(values::strong_mul(a, b), c);
    StrongMulSub [a, b, c] 3 => values::sub(values::strong_mul(a, b), c);
    MulDiv [a, b, c] 3 => values::div(values::mul(a, b), c);
    DivStrongMul [a, b, c] 3 => values::strong_mul(values::div(a, b), c);
    NegStrongMul [a, b, _c] 2 => values::strong_mul(values::neg(a), b);
    SubMul [a, b, c] 3 => values::sub(c, values::mul(a, b));
    SquareMul [a, b, _c] 2 => values::mul(values::square(a), b);
}
