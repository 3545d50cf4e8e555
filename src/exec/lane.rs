//! Kernels on lanes: for each row of the table a loop over blocks of sixteen numbers, compiled for each
//! instruction set and chosen when the program is made. The code is one and the same, and so are the
//! bits. Floor 6.

use super::fold;
use crate::compile::{LANES, SPLAT};
use crate::element::Element;
use crate::op::{Fold, Map, rows as values};
use crate::table::for_each_map;

/// Where an argument's numbers are: `n` more are `n` further on, or the same again; the next line is `outer`
/// further on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk<E> {
    pub(super) at: *const E,
    pub(super) inner: bool,
    pub(super) outer: usize,
}

/// Fills lines of `n` numbers with an elementwise operation; the result's lines are `step` apart.
///
/// # Safety
/// Each argument holds what its walk over `lines` of `n` numbers visits, or if `inner` is not set, `SPLAT`
/// equal ones; `out` holds the result, and overlaps no argument. The processor has the instructions.
pub(super) type Kernel<E> = unsafe fn(args: &[Walk<E>; 3], out: *mut E, step: usize, lines: usize, n: usize);

/// Folds numbers to one for each lane.
///
/// # Safety
/// `x` holds `n` numbers. The processor has the instructions.
pub(super) type Total<E> = unsafe fn(fold: Fold, x: *const E, n: usize) -> [E; LANES];

/// Folds lines into one.
///
/// # Safety
/// `x` holds `lines` of `n` numbers, `step` apart, and `out` holds `n`, which overlap none of them. The
/// processor has the instructions.
pub(super) type Lines<E> =
    unsafe fn(fold: Fold, x: *const E, step: usize, lines: usize, out: *mut E, n: usize);

/// The instructions that the processor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Set {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Plain,
}

impl Set {
    /// The best that is here.
    pub(super) fn here() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            let has = |names: [bool; 4]| names.into_iter().all(|has| has);
            let fma = std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma");
            let wide = [
                std::is_x86_feature_detected!("avx512f"),
                std::is_x86_feature_detected!("avx512dq"),
                std::is_x86_feature_detected!("avx512bw"),
                std::is_x86_feature_detected!("avx512vl"),
            ];
            match fma {
                true if has(wide) => return Set::Avx512,
                true => return Set::Avx2,
                false => {}
            }
        }
        Set::Plain
    }
}

/// One loop, compiled for each instruction set.
macro_rules! for_each_set {
    ($set:expr, $function:ident<$($generic:ty),*>) => {
        match $set {
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => avx512::$function::<$($generic),*>,
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => avx2::$function::<$($generic),*>,
            Set::Plain => plain::$function::<$($generic),*>,
        }
    };
}

/// The kernel of a row.
pub(super) fn row<E: Element>(map: Map, set: Set) -> Kernel<E> {
    macro_rules! kernels {
        ($($(#[doc = $doc:literal])* $Row:ident $row:ident($($arg:ident),*) -> $y:ident { $($fields:tt)* })*) => {
            match map { $(Map::$Row => for_each_set!(set, row<E, rows::$Row>)),* }
        };
    }
    for_each_map!(kernels)
}

/// The kernel that folds numbers.
pub(super) fn total<E: Element>(set: Set) -> Total<E> {
    for_each_set!(set, total<E>)
}

/// The kernel that folds lines.
pub(super) fn lines<E: Element>(set: Set) -> Lines<E> {
    for_each_set!(set, lines<E>)
}

macro_rules! set {
    ($name:ident $(, #[$attribute:meta])?) => {
        mod $name {
            use super::*;
            $(#[$attribute])?
            pub(super) unsafe fn row<E: Element, R: Row>(
                args: &[Walk<E>; 3],
                out: *mut E,
                step: usize,
                lines: usize,
                n: usize,
            ) {
                // SAFETY: the caller's promise is passed on.
                unsafe { run::<E, R>(args, out, step, lines, n) }
            }
            $(#[$attribute])?
            pub(super) unsafe fn total<E: Element>(fold: Fold, x: *const E, n: usize) -> [E; LANES] {
                // SAFETY: the caller vouches for `n` numbers at `x`.
                fold::lanes(fold, unsafe { std::slice::from_raw_parts(x, n) })
            }
            $(#[$attribute])?
            pub(super) unsafe fn lines<E: Element>(
                fold: Fold,
                x: *const E,
                step: usize,
                lines: usize,
                out: *mut E,
                n: usize,
            ) {
                if lines == 0 || n == 0 {
                    return;
                }
                // SAFETY: the caller vouches for the lines at `x` and for `n` numbers at `out`.
                let (x, out) = unsafe {
                    let x = std::slice::from_raw_parts(x, (lines - 1) * step + n);
                    (x, std::slice::from_raw_parts_mut(out, n))
                };
                fold::lines(fold, x, step, lines, out);
            }
        }
    };
}
#[cfg(target_arch = "x86_64")]
set!(avx512, #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")]);
#[cfg(target_arch = "x86_64")]
set!(avx2, #[target_feature(enable = "avx2,fma")]);
set!(plain);

/// A row's value, of a row that is known when the code is compiled.
trait Row {
    /// How many arguments it has.
    const ARGS: usize;
    /// The value.
    fn value<E: Element>(args: [E; 3]) -> E;
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
            #[inline(always)]
            fn value<E: Element>($all: [E; 3]) -> E {
                values::$row($($arg),*)
            }
        }
    };
}
for_each_map!(row_types);

/// The loop of a row. Long stretches are not unrolled by the compiler, which then fills whole vectors.
#[inline(always)]
unsafe fn run<E: Element, R: Row>(args: &[Walk<E>; 3], out: *mut E, step: usize, lines: usize, n: usize) {
    if (lines, n) == (1, 1) {
        // Scalars are many, and each is little work.
        // SAFETY: one number is there for each argument that the row has, and for the result.
        unsafe {
            let x = |i: usize| *args[if i < R::ARGS { i } else { 0 }].at;
            *out = R::value([x(0), x(1), x(2)]);
        }
        return;
    }
    for line in 0..lines {
        let from = args.map(|arg| arg.at.wrapping_add(line * arg.outer));
        let to = out.wrapping_add(line * step);
        let at = |i: usize, done: usize| from[i].wrapping_add(if args[i].inner { done } else { 0 });
        let mut done = 0;
        while n - done >= SPLAT {
            // SAFETY: so many numbers are left for each argument, or it has so many; and for the result,
            // which overlaps none of them.
            unsafe { stretch::<E, R, SPLAT>([at(0, done), at(1, done), at(2, done)], to.wrapping_add(done)) };
            done += SPLAT;
        }
        while done < n {
            let left = n - done;
            let (mut x, mut y) = ([[E::default(); LANES]; 3], [E::default(); LANES]);
            let mut from = [at(0, done), at(1, done), at(2, done)];
            if left < LANES {
                for i in 0..R::ARGS {
                    // SAFETY: `left` numbers are there.
                    unsafe { std::ptr::copy_nonoverlapping(from[i], x[i].as_mut_ptr(), left) };
                    from[i] = x[i].as_ptr();
                }
            }
            let whole = to.wrapping_add(done);
            // SAFETY: as above, or both are buffers of sixteen.
            unsafe {
                stretch::<E, R, LANES>(from, if left < LANES { y.as_mut_ptr() } else { whole });
                if left < LANES {
                    std::ptr::copy_nonoverlapping(y.as_ptr(), whole, left);
                }
            }
            done += LANES;
        }
    }
}

/// `N` numbers. No closure: a large one would be compiled on its own, without the caller's instructions.
#[inline(always)]
unsafe fn stretch<E: Element, R: Row, const N: usize>([a, b, c]: [*const E; 3], y: *mut E) {
    // SAFETY: the caller vouches for `N` numbers at each argument and at the result, apart from them.
    let (a, y) = unsafe { (&*a.cast::<[E; N]>(), &mut *y.cast::<[E; N]>()) };
    match R::ARGS {
        1 => one::<E, R, N>(a, y),
        // SAFETY: as above, for an argument that the row has.
        2 => two::<E, R, N>(a, unsafe { &*b.cast() }, y),
        // SAFETY: as above.
        _ => three::<E, R, N>(a, unsafe { &*b.cast() }, unsafe { &*c.cast() }, y),
    }
}

#[inline(always)]
fn one<E: Element, R: Row, const N: usize>(a: &[E; N], y: &mut [E; N]) {
    for i in 0..N {
        y[i] = R::value([a[i], a[i], a[i]]);
    }
}

#[inline(always)]
fn two<E: Element, R: Row, const N: usize>(a: &[E; N], b: &[E; N], y: &mut [E; N]) {
    for i in 0..N {
        y[i] = R::value([a[i], b[i], b[i]]);
    }
}

#[inline(always)]
fn three<E: Element, R: Row, const N: usize>(a: &[E; N], b: &[E; N], c: &[E; N], y: &mut [E; N]) {
    for i in 0..N {
        y[i] = R::value([a[i], b[i], c[i]]);
    }
}
