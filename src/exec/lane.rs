//! Kernels on lanes: for each row of the table a loop over blocks of sixteen numbers, compiled for each
//! instruction set and chosen when the program is made. The code is one and the same, and so are the
//! bits. Floor 6.

use super::fold;
use crate::compile::LANES;
use crate::element::Element;
use crate::op::{Fold, Map, Row, rows};
use crate::table::for_each_map;

/// Where an argument's numbers are: sixteen more are `inner` further on, the next line `outer`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk<E> {
    pub(super) at: *const E,
    pub(super) inner: usize,
    pub(super) outer: usize,
}

/// Fills lines of `n` numbers with an elementwise operation; the result's lines are `step` apart.
///
/// # Safety
/// Each argument holds what its walk over `lines` of `n` numbers visits, where an `inner` of 0 visits
/// sixteen; `out` holds the result, and overlaps no argument. The processor has the instructions.
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

/// The loop of a row.
#[inline(always)]
unsafe fn run<E: Element, R: Row>(args: &[Walk<E>; 3], out: *mut E, step: usize, lines: usize, n: usize) {
    for line in 0..lines {
        let mut from = args.map(|arg| arg.at.wrapping_add(line * arg.outer));
        let mut to = out.wrapping_add(line * step);
        let mut left = n;
        while left >= LANES {
            // SAFETY: at least sixteen numbers are left for each argument, or it is sixteen long; so
            // for the result, which overlaps none of them.
            unsafe {
                let x = |i: usize| &*(from[if i < R::ARGS { i } else { 0 }] as *const [E; LANES]);
                sixteen::<E, R>([x(0), x(1), x(2)], &mut *(to as *mut [E; LANES]));
            }
            (0..3).for_each(|i| from[i] = from[i].wrapping_add(args[i].inner));
            to = to.wrapping_add(LANES);
            left -= LANES;
        }
        if left > 0 {
            let mut x = [[E::default(); LANES]; 3];
            let mut y = [E::default(); LANES];
            // SAFETY: `left` numbers are there for each argument and for the result.
            unsafe {
                (0..R::ARGS).for_each(|i| std::ptr::copy_nonoverlapping(from[i], x[i].as_mut_ptr(), left));
                sixteen::<E, R>([&x[0], &x[1], &x[2]], &mut y);
                std::ptr::copy_nonoverlapping(y.as_ptr(), to, left);
            }
        }
    }
}

#[inline(always)]
fn sixteen<E: Element, R: Row>([a, b, c]: [&[E; LANES]; 3], y: &mut [E; LANES]) {
    match R::ARGS {
        1 => one(|a| R::value(&[a]), a, y),
        2 => two(|a, b| R::value(&[a, b]), a, b, y),
        _ => three(|a, b, c| R::value(&[a, b, c]), a, b, c, y),
    }
}

#[inline(always)]
fn one<E: Element>(f: impl Fn(E) -> E, a: &[E; LANES], y: &mut [E; LANES]) {
    for i in 0..LANES {
        y[i] = f(a[i]);
    }
}

#[inline(always)]
fn two<E: Element>(f: impl Fn(E, E) -> E, a: &[E; LANES], b: &[E; LANES], y: &mut [E; LANES]) {
    for i in 0..LANES {
        y[i] = f(a[i], b[i]);
    }
}

#[inline(always)]
fn three<E: Element>(
    f: impl Fn(E, E, E) -> E,
    a: &[E; LANES],
    b: &[E; LANES],
    c: &[E; LANES],
    y: &mut [E; LANES],
) {
    for i in 0..LANES {
        y[i] = f(a[i], b[i], c[i]);
    }
}
