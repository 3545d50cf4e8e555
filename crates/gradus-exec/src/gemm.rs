//! The matrix product, by kernels of our own.
//!
//! Each element of the result is one chain of fused multiply-adds in the order of `k`, whatever the
//! tiles, the vectors and the threads: the bits are the same on every processor. A right side is
//! read in place where its rows are whole; it is laid out anew where it is transposed or large.

mod pack;
mod run;
mod scheme;
mod strips;
#[cfg(test)]
mod tests;
mod tile;
mod turn;
#[cfg(target_arch = "x86_64")]
mod x86;

use crate::plan::Product;
use crate::set::{Divide, InstructionSet};
use crate::simd::Plain;
use gradus_rows::Float;
use rayon::prelude::*;
use run::run;
use scheme::{Right, Scheme};
pub(super) use turn::{Turn, turn};

/// A matrix's elements from its first on, with the strides of rows and columns.
pub(super) type Matrix<'a, E> = (&'a [E], [usize; 2]);

/// A function that is called with the first row and the rows that are done, while they are in cache.
pub(super) type Finish<'a, E> = &'a mut dyn FnMut(usize, &mut [E]);

/// Multiply-adds below which a product is not worth a thread.
pub(super) const WORTH: usize = 1 << 22;

/// Returns the number of scratch elements that a product of this size and these strides needs, or `usize::MAX` if
/// it cannot be counted.
pub(super) fn scratch<E>(
    set: InstructionSet,
    size: [usize; 3],
    a_strides: [usize; 2],
    b_strides: [usize; 2],
) -> usize {
    // Sides that are laid out are filled up to tiles, with gaps, for each of some panels.
    let [m, k, n] = size.map(|n| n.saturating_add(1 << 9));
    let counted = [m.checked_mul(k), k.checked_mul(n), m.checked_mul(n)];
    match size.contains(&0) {
        true => 0,
        false if counted.iter().any(|count| count.is_none_or(|count| count > usize::MAX >> 5)) => usize::MAX,
        false => Scheme::new::<E>(set, size, a_strides, b_strides).scratch(size),
    }
}

/// Computes `out ← a · b` for sizes `m × k` and `k × n`, and calls `finish` with each block of rows as soon as it
/// is done.
pub(super) fn product<E: Float>(
    set: InstructionSet,
    Product { size: size @ [m, k, n], strong }: Product,
    a: Matrix<'_, E>,
    b: Matrix<'_, E>,
    out: &mut [E],
    scratch: &mut [E],
    finish: Finish<'_, E>,
) {
    if empty(size, out) {
        return finish(0, &mut out[..m * n]);
    }
    let out = &mut out[..m * n];
    if let Some(scheme) = Scheme::tiny::<E>(set, size, b.1) {
        call(&Task { scheme, size, strong, a, b }, Part::Tiny(out));
        return finish(0, out);
    }
    let scheme = Scheme::new::<E>(set, size, a.1, b.1);
    let (shared, own) = scratch.split_at_mut(scheme.shared(k, n));
    let task = Task { scheme, size, strong, a, b };
    if scheme.right == Right::Whole {
        call(&task, Part::Right(shared));
    }
    call(&task, Part::Rows { first: 0, shared, own, out, finish });
}

/// Computes the same as [`product`], with panels of rows for rayon's threads where they pay. Blocks are the same.
pub(super) fn parallel<E: Float>(
    (set, divide): (InstructionSet, Divide),
    product @ Product { size: size @ [m, k, n], strong }: Product,
    a: Matrix<'_, E>,
    b: Matrix<'_, E>,
    out: &mut [E],
    scratch: &mut [E],
    finish: &(dyn Fn(usize, &mut [E]) + Sync),
) {
    if !divide.pays(m.saturating_mul(k).saturating_mul(n), WORTH) || empty(size, out) {
        return self::product(set, product, a, b, out, scratch, &mut |first, rows| finish(first, rows));
    }
    let scheme = Scheme::new::<E>(set, size, a.1, b.1);
    let (shared, own) = scratch.split_at_mut(scheme.shared(k, n));
    let task = Task { scheme, size, strong, a, b };
    if scheme.right == Right::Whole {
        call(&task, Part::Right(shared));
    }
    let (panel, each, shared) = (scheme.panel(m), scheme.own(k, n), &*shared);
    let rows = |p: usize, own: &mut [E], out: &mut [E]| {
        let finish = &mut |first: usize, rows: &mut [E]| finish(first, rows);
        call(&task, Part::Rows { first: p * panel, shared, own, out, finish });
    };
    let (out, own) = (&mut out[..m * n], &mut own[..each * m.div_ceil(panel)]);
    match each {
        0 => out.par_chunks_mut(panel * n).enumerate().for_each(|(p, out)| rows(p, &mut [], out)),
        _ => out
            .par_chunks_mut(panel * n)
            .zip(own.par_chunks_mut(each))
            .enumerate()
            .for_each(|(p, (out, own))| rows(p, own, out)),
    }
}

/// Tells whether there is nothing to sum, and then fills `out` with zeros.
fn empty<E: Float>([m, k, n]: [usize; 3], out: &mut [E]) -> bool {
    if k == 0 {
        out[..m * n].fill(E::default());
    }
    m == 0 || k == 0 || n == 0
}

/// A product that is under way.
#[derive(Clone, Copy)]
struct Task<'a, E> {
    scheme: Scheme,
    size: [usize; 3],
    /// The sides of which an exact zero wins.
    strong: [bool; 2],
    a: Matrix<'a, E>,
    b: Matrix<'a, E>,
}

/// A part of a product.
enum Part<'a, 'f, E> {
    /// The whole of a product that is one tile or two.
    Tiny(&'a mut [E]),
    /// A copy of the right side, for tiles to read.
    Right(&'a mut [E]),
    /// The rows of `out`, the first of which is row `first` of the result.
    Rows { first: usize, shared: &'a [E], own: &'a mut [E], out: &'a mut [E], finish: Finish<'f, E> },
}

/// Computes a part with the vectors of the instruction set and the element type.
fn call<E: Float>(task: &Task<'_, E>, mut part: Part<'_, '_, E>) {
    let [m, k, n] = task.size;
    let reach =
        |rows: usize, columns: usize, [row, column]: [usize; 2]| (rows - 1) * row + (columns - 1) * column;
    assert!(task.a.0.len() > reach(m, k, task.a.1) && task.b.0.len() > reach(k, n, task.b.1));
    let done = match task.scheme.set {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the processor has the instruction set, which `InstructionSet::checked` found.
        InstructionSet::Avx512 => unsafe { x86::avx512(task, &mut part) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        InstructionSet::Avx2 => unsafe { x86::avx2(task, &mut part) },
        _ => false,
    };
    if !done {
        run::<Plain<E>>(task, &mut part);
    }
}
