//! The loops of elementwise operations.

use super::{Numbers, OperandLayout, Row};
use crate::plan::{LANES, SPLAT};
use crate::set::CALLS;
use crate::simd::Vector;
use gradus_rows::Float;
use std::any::TypeId;

/// Runs the loop of a row. The compiler does not unroll long stretches, and so fills whole vectors.
///
/// # Safety
/// As for [`super::Kernel`].
#[inline(always)]
pub(super) unsafe fn run<E: Float, R: Row, V: Vector<E = f32> + Numbers>(
    args: [*const E; 3],
    out: *mut E,
    layout: &OperandLayout,
    n: usize,
) {
    for line in 0..layout.lines {
        // Only arguments that the row has are moved along.
        let moved =
            |i: usize| if i < R::ARGS { args[i].wrapping_add(line * layout.line_stride[i]) } else { args[i] };
        // SAFETY: the caller vouches for the numbers of each line.
        unsafe {
            run_line::<E, R, V>(
                [moved(0), moved(1), moved(2)],
                layout.varies,
                out.wrapping_add(line * layout.out_line_stride),
                n,
            );
        }
    }
}

#[inline(always)]
unsafe fn run_line<E: Float, R: Row, V: Vector<E = f32> + Numbers>(
    from: [*const E; 3],
    varies: [bool; 3],
    to: *mut E,
    n: usize,
) {
    let at = |i: usize, done: usize| from[i].wrapping_add(if varies[i] { done } else { 0 });
    if CALLS && V::N == 1 && !R::CHEAP {
        for i in 0..n {
            // SAFETY: an argument that the row has holds `n` numbers, or `SPLAT` equal ones; the result holds `n`.
            unsafe {
                let arg = |j: usize| if j < R::ARGS { *at(j, i) } else { E::default() };
                *to.wrapping_add(i) = R::value([arg(0), arg(1), arg(2)]);
            }
        }
        return;
    }
    let mut done = 0;
    while n - done >= SPLAT {
        // SAFETY: each argument has `SPLAT` numbers left, or equal ones; so has the result, which overlaps no
        // argument.
        unsafe { stretch::<E, R, V, SPLAT>([at(0, done), at(1, done), at(2, done)], to.wrapping_add(done)) };
        done += SPLAT;
    }
    while n - done >= LANES {
        // SAFETY: as above.
        unsafe { stretch::<E, R, V, LANES>([at(0, done), at(1, done), at(2, done)], to.wrapping_add(done)) };
        done += LANES;
    }
    let left = n - done;
    if left > 0 {
        let (mut x, mut y) = ([[E::default(); LANES]; 3], [E::default(); LANES]);
        for (i, x) in x.iter_mut().enumerate().take(R::ARGS) {
            // SAFETY: the argument has `left` numbers left, or `SPLAT` equal ones.
            unsafe { few(at(i, done), x.as_mut_ptr(), left) };
        }
        // SAFETY: the buffers hold sixteen numbers; the result has room for `left`.
        unsafe {
            stretch::<E, R, V, LANES>([x[0].as_ptr(), x[1].as_ptr(), x[2].as_ptr()], y.as_mut_ptr());
            few(y.as_ptr(), to.wrapping_add(done), left);
        }
    }
}

/// Copies fewer numbers than a vector has; a call would take longer.
///
/// # Safety
/// `n` must be below 16. `from` must be valid for reads and `to` for writes of `n` numbers; the two must not
/// overlap.
#[inline(always)]
unsafe fn few<E: Float>(from: *const E, to: *mut E, n: usize) {
    let mut done = 0;
    // SAFETY: the parts lie one after another, and the sum of their sizes is `n`.
    unsafe {
        if n & 8 != 0 {
            to.cast::<[E; 8]>().write(from.cast::<[E; 8]>().read());
            done = 8;
        }
        if n & 4 != 0 {
            to.add(done).cast::<[E; 4]>().write(from.add(done).cast::<[E; 4]>().read());
            done += 4;
        }
        if n & 2 != 0 {
            to.add(done).cast::<[E; 2]>().write(from.add(done).cast::<[E; 2]>().read());
            done += 2;
        }
        if n & 1 != 0 {
            *to.add(done) = *from.add(done);
        }
    }
}

/// Runs the loop of a pair.
///
/// # Safety
/// As for [`super::Pair`].
#[inline(always)]
pub(super) unsafe fn run_pair<E: Float, R: Row, S: Row, V: Vector<E = f32> + Numbers>(
    x: *const E,
    varies: bool,
    [y, z]: [*mut E; 2],
    n: usize,
) {
    let at = |done: usize| x.wrapping_add(if varies { done } else { 0 });
    if CALLS && V::N == 1 {
        for i in 0..n {
            // SAFETY: the argument holds `n` numbers, or `SPLAT` equal ones; the results hold `n`.
            unsafe {
                let x = *at(i);
                *y.wrapping_add(i) = R::value([x; 3]);
                *z.wrapping_add(i) = S::value([x; 3]);
            }
        }
        return;
    }
    let mut done = 0;
    while n - done >= SPLAT {
        // SAFETY: the argument has `SPLAT` numbers left, or equal ones; so have the results, which overlap neither
        // it nor each other.
        unsafe { both::<E, R, S, V, SPLAT>(at(done), y.wrapping_add(done), z.wrapping_add(done)) };
        done += SPLAT;
    }
    while n - done >= LANES {
        // SAFETY: as above.
        unsafe { both::<E, R, S, V, LANES>(at(done), y.wrapping_add(done), z.wrapping_add(done)) };
        done += LANES;
    }
    let left = n - done;
    if left > 0 {
        let [mut a, mut b, mut c] = [[E::default(); LANES]; 3];
        // SAFETY: the argument and the results have `left` numbers left; the buffers hold sixteen.
        unsafe {
            few(at(done), a.as_mut_ptr(), left);
            both::<E, R, S, V, LANES>(a.as_ptr(), b.as_mut_ptr(), c.as_mut_ptr());
            few(b.as_ptr(), y.wrapping_add(done), left);
            few(c.as_ptr(), z.wrapping_add(done), left);
        }
    }
}

#[inline(always)]
unsafe fn both<E: Float, R: Row, S: Row, V: Vector<E = f32> + Numbers, const N: usize>(
    x: *const E,
    y: *mut E,
    z: *mut E,
) {
    // SAFETY: the caller vouches for `N` numbers at each pointer, which do not overlap.
    let (x, y, z) = unsafe { (&*x.cast::<[E; N]>(), &mut *y.cast::<[E; N]>(), &mut *z.cast::<[E; N]>()) };
    fill_both::<E, R, S, V, N>(x, y, z);
}

#[inline(always)]
fn fill_both<E: Float, R: Row, S: Row, V: Vector<E = f32> + Numbers, const N: usize>(
    x: &[E; N],
    y: &mut [E; N],
    z: &mut [E; N],
) {
    if R::BY_HAND && S::BY_HAND && by_vectors::<E, V>() {
        for i in (0..N).step_by(V::N) {
            // SAFETY: `E` is `f32`, and vectors divide the `N` numbers.
            unsafe {
                let x = V::load(x.as_ptr().add(i).cast());
                R::vector(x).store(y.as_mut_ptr().add(i).cast());
                S::vector(x).store(z.as_mut_ptr().add(i).cast());
            }
        }
        return;
    }
    if R::BY_HAND != S::BY_HAND && by_vectors::<E, V>() {
        // One after the other: in one loop, the looked-up numbers would be loaded one by one.
        one::<E, R, V, N>(x, y);
        return one::<E, S, V, N>(x, z);
    }
    for i in 0..N {
        y[i] = R::value([x[i], x[i], x[i]]);
        z[i] = S::value([x[i], x[i], x[i]]);
    }
}

/// Computes `N` numbers. This is no closure: a large one would be compiled by itself, without the caller's
/// instructions.
#[inline(always)]
unsafe fn stretch<E: Float, R: Row, V: Vector<E = f32> + Numbers, const N: usize>(
    [a, b, c]: [*const E; 3],
    y: *mut E,
) {
    // SAFETY: the caller vouches for `N` numbers at each argument and at the result, which overlaps no argument.
    let (a, y) = unsafe { (&*a.cast::<[E; N]>(), &mut *y.cast::<[E; N]>()) };
    match R::ARGS {
        1 => one::<E, R, V, N>(a, y),
        // SAFETY: as above, for an argument that the row has.
        2 => two::<E, R, N>(a, unsafe { &*b.cast() }, y),
        // SAFETY: as above.
        _ => three::<E, R, N>(a, unsafe { &*b.cast() }, unsafe { &*c.cast() }, y),
    }
}

#[inline(always)]
fn one<E: Float, R: Row, V: Vector<E = f32> + Numbers, const N: usize>(a: &[E; N], y: &mut [E; N]) {
    if R::BY_HAND && by_vectors::<E, V>() {
        for i in (0..N).step_by(V::N) {
            // SAFETY: `E` is `f32`, and vectors divide the `N` numbers.
            unsafe { R::vector(V::load(a.as_ptr().add(i).cast())).store(y.as_mut_ptr().add(i).cast()) }
        }
        return;
    }
    for i in 0..N {
        y[i] = R::value([a[i], a[i], a[i]]);
    }
}

/// Tells whether there are vectors of this type.
#[inline(always)]
fn by_vectors<E: Float, V: Vector<E = f32> + Numbers>() -> bool {
    V::N > 1 && TypeId::of::<E>() == TypeId::of::<f32>()
}

#[inline(always)]
fn two<E: Float, R: Row, const N: usize>(a: &[E; N], b: &[E; N], y: &mut [E; N]) {
    for i in 0..N {
        y[i] = R::value([a[i], b[i], b[i]]);
    }
}

#[inline(always)]
fn three<E: Float, R: Row, const N: usize>(a: &[E; N], b: &[E; N], c: &[E; N], y: &mut [E; N]) {
    for i in 0..N {
        y[i] = R::value([a[i], b[i], c[i]]);
    }
}
