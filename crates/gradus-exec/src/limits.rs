//! Limits of the machine, with which a program's times are compared.

use crate::error::Result;
use crate::memory::buffer;
use crate::plan::Product;
use crate::set::{Divide, InstructionSet};
use crate::{fold, gemm};
use gradus_rows::Float;
use gradus_rows::Fold;
use std::time::Instant;

/// Measures what a core reaches at best, in operations and in bytes per second: in a matrix product inside the
/// cache, and in a sum over more than the cache holds.
pub(crate) fn limits<E: Float>() -> Result<[f64; 2]> {
    let set = InstructionSet::best();
    let (n, many) = (96, (1 << 24) / size_of::<E>());
    let (side, mut out, mut scratch) = (vec![E::default(); n * n], vec![E::default(); n * n], Vec::new());
    scratch.resize(gemm::scratch::<E>(set, [n; 3], [n, 1], [n, 1]), E::default());
    let long = buffer(many, E::default())?;
    let least = |run: &mut dyn FnMut()| {
        let mut time = || {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64()
        };
        (0..20).map(|_| time()).fold(f64::INFINITY, f64::min)
    };
    let a = (&side[..], [n, 1]);
    let size = Product { size: [n; 3], strong: [false; 2] };
    let product = least(&mut || gemm::product(set, size, a, a, &mut out, &mut scratch, &mut |_, _| {}));
    let mut sum = [E::default()];
    let read = least(&mut || fold::fold(Fold::Sum, [1, many, 1], &long, &mut sum, set, Divide::Never));
    Ok([2.0 * (n * n * n) as f64 / product, (many * size_of::<E>()) as f64 / read])
}
