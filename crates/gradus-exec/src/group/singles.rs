//! Runs of operations on single numbers.
//!
//! In such a run each operation mostly waits for one just before it. So its instructions are short, all numbers are
//! in one place, and the last results are at hand: they need not be written and read again first.

use super::operand::Place;
use super::quick::{Arg, Quick, RECENT, ScalarInstr};
use gradus_rows::Float;
use std::collections::HashMap;

/// The place of an operand.
#[derive(Clone, Copy)]
pub(super) enum Number {
    Register(usize),
    /// In a tensor: the run keeps it in a register of its own.
    Elsewhere(Place),
}

/// The number of operations after which calls return: each calls the next, and a build in which calls are no jumps
/// has little stack.
const STRETCH: usize = 256;

/// A run of operations, with the numbers that it reads from tensors and the results that it writes there.
pub(super) struct Singles<E> {
    /// The places in tensors that are read before all operations, and those that are written after them, with their
    /// registers.
    read: Vec<(Place, u32)>,
    written: Vec<(Place, u32)>,
    /// The first register after its own.
    pub(super) end: usize,
    /// The operations in stretches, each with an end.
    code: Vec<ScalarInstr<E>>,
}

/// One operation, its arguments and its result.
pub(super) type Single = (Quick, [Number; 2], Number);

impl<E: Float> Singles<E> {
    /// Makes a run of these operations. Registers from `free` on are free.
    pub(super) fn new(free: usize, row: &[Single]) -> Self {
        let mut new = Singles { read: Vec::new(), written: Vec::new(), end: free, code: Vec::new() };
        // `made`: the operation that made the number in a register; `written`: whether an operation writes its
        // result.
        let (mut known, mut made, mut written) = (HashMap::new(), HashMap::new(), vec![false; row.len()]);
        let mut places = Vec::with_capacity(row.len());
        for (i, &(_, args, out)) in row.iter().enumerate() {
            let args = args.map(|arg| {
                let register = new.register(&mut known, arg, true);
                let Some(&maker) = made.get(&register) else { return Arg { register, age: 0 } };
                let age = i - maker;
                let at_hand = age <= RECENT.min(i % STRETCH);
                written[maker] |= !at_hand;
                Arg { register, age: if at_hand { age } else { 0 } }
            });
            let out = new.register(&mut known, out, false);
            made.insert(out, i);
            places.push((args, out));
        }
        // Others may read the registers as they are in the end.
        made.values().for_each(|&maker| written[maker] = true);
        for (i, (&(quick, ..), (args, out))) in row.iter().zip(places).enumerate() {
            if i > 0 && i % STRETCH == 0 {
                new.code.push(ScalarInstr::end());
            }
            new.code.push(ScalarInstr::new(quick, args, out, written[i]));
        }
        new.code.push(ScalarInstr::end());
        new
    }

    /// Returns the register of an operand.
    fn register(&mut self, known: &mut HashMap<Place, (u32, bool)>, number: Number, read: bool) -> u32 {
        let place = match number {
            Number::Register(i) => return i as u32,
            Number::Elsewhere(place) => place,
        };
        let (register, written) = known.entry(place).or_insert_with(|| {
            let register = self.end as u32;
            self.end += 1;
            if read {
                self.read.push((place, register));
            }
            (register, false)
        });
        if !read && !std::mem::replace(written, true) {
            self.written.push((place, *register));
        }
        *register
    }

    /// Runs all of them.
    ///
    /// # Safety
    /// `registers` must be valid for reads and writes of `self.end` numbers, which nobody else uses. `address` must
    /// return pointers that are valid for a read of each place in `read` and a write of each place in `written`.
    #[inline(always)]
    pub(super) unsafe fn run(&self, registers: *mut E, address: impl Fn(&Place) -> *mut E) {
        // SAFETY: the caller vouches for registers and places; `new` numbers no register beyond the end.
        unsafe {
            for (place, i) in &self.read {
                *registers.add(*i as usize) = *address(place);
            }
            for stretch in self.code.chunks(STRETCH + 1) {
                ScalarInstr::start(stretch.as_ptr(), registers);
            }
            for (place, i) in &self.written {
                *address(place) = *registers.add(*i as usize);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus_rows::Map;
    use rand::{RngExt, SeedableRng};
    use rand_pcg::Pcg64Mcg;

    const MAPS: [Map; 8] =
        [Map::Add, Map::Sub, Map::Mul, Map::Div, Map::StrongMul, Map::Neg, Map::Step, Map::Relu];

    /// Runs `count` operations on some registers, of which the first four are only read, and compares each register
    /// with the result of the operations one after another.
    fn compare<E: Float>(seed: u64, count: usize) {
        let mut rng = Pcg64Mcg::seed_from_u64(seed);
        let mut expected = [E::default(); 12];
        expected.iter_mut().for_each(|x| *x = E::from_f64(rng.random_range(-2.0..2.0)));
        let mut registers = expected;
        let mut row = Vec::new();
        for _ in 0..count {
            let (map, out) = (MAPS[rng.random_range(0..8)], rng.random_range(4..12));
            let args: [usize; 2] = [rng.random_range(0..12), rng.random_range(0..12)];
            expected[out] = map.value(&args.map(|arg| expected[arg])[..map.args().len()]);
            let quick = Quick::of(map).expect("one of the eight");
            row.push((quick, args.map(Number::Register), Number::Register(out)));
        }
        let singles = Singles::new(12, &row);
        // SAFETY: there are twelve registers, and no number is elsewhere.
        unsafe { singles.run(registers.as_mut_ptr(), |_| std::ptr::null_mut()) };
        let bits = |x: E| if x.to_f64().is_nan() { None } else { Some(x.to_f64().to_bits()) };
        assert_eq!(registers.map(bits), expected.map(bits), "{count} operations, seed {seed}");
    }

    #[test]
    fn a_row_leaves_what_its_operations_leave() {
        for seed in 0..500 {
            compare::<f32>(seed, 1 + seed as usize % 40);
            compare::<f64>(seed, 1 + seed as usize % 40);
        }
        (0..8).for_each(|seed| compare::<f64>(seed, STRETCH - 3 + seed as usize));
    }

    #[test]
    fn a_long_row_needs_little_stack() {
        let thread = std::thread::Builder::new().stack_size(1 << 18);
        let thread = thread.spawn(|| compare::<f32>(0, 100_000)).expect("a thread");
        thread.join().expect("it ends");
    }
}
