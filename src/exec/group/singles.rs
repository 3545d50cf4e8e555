//! Operations on single numbers, in a row. Floor 6.
//!
//! In such a row each operation mostly waits for the one before. So its instructions are short, all numbers are in one
//! place, and the last result is at hand: it need not be written and read again first.

use super::action::Place;
use super::quick::Quick;
use crate::element::Element;
use std::collections::HashMap;

/// One operation, and where its arguments and its result are among the registers.
#[derive(Clone, Copy)]
struct Short {
    quick: Quick,
    /// Whether an argument is the last result.
    last: [bool; 2],
    args: [u32; 2],
    out: u32,
}

/// Where an operand is.
#[derive(Clone, Copy)]
pub(super) enum Number {
    Register(usize),
    /// Among the tensors: it is kept in a register of its own.
    Elsewhere(Place),
}

/// Operations in a row, with the numbers that come from elsewhere and the results that go there.
pub(super) struct Singles {
    /// The first register that nothing else is kept in, and what is kept from there on.
    free: usize,
    kept: Vec<Kept>,
    code: Vec<Short>,
}

/// One operation, its arguments and its result.
pub(super) type Single = (Quick, [Number; 2], Number);

/// A number that is kept in a register.
struct Kept {
    place: Place,
    /// Whether it is read from its place, before all operations; and written there, after them.
    read: bool,
    written: bool,
}

impl Singles {
    /// These operations; registers are free from this one on.
    pub(super) fn new(free: usize, row: &[Single]) -> Self {
        let mut new = Singles { free, kept: Vec::new(), code: Vec::with_capacity(row.len()) };
        let (mut known, mut before) = (HashMap::new(), None);
        for &(quick, args, out) in row {
            let args = args.map(|arg| new.register(&mut known, arg, true));
            let out = new.register(&mut known, out, false);
            new.code.push(Short { quick, last: args.map(|arg| Some(arg) == before), args, out });
            before = Some(out);
        }
        new
    }

    /// The register of an operand that is read or written.
    fn register(&mut self, known: &mut HashMap<Place, usize>, number: Number, read: bool) -> u32 {
        let place = match number {
            Number::Register(i) => return i as u32,
            Number::Elsewhere(place) => place,
        };
        let next = self.kept.len();
        let i = *known.entry(place).or_insert(next);
        if i == next {
            self.kept.push(Kept { place, read, written: false });
        }
        self.kept[i].written |= !read;
        (self.free + i) as u32
    }

    /// The first register after its own.
    pub(super) fn end(&self) -> usize {
        self.free + self.kept.len()
    }

    /// Runs all of them.
    ///
    /// # Safety
    /// There are so many registers as its end says, at least, which nobody else uses; and `address` tells of places where
    /// their numbers are.
    #[inline(always)]
    pub(super) unsafe fn run<E: Element>(&self, registers: *mut E, address: impl Fn(&Place) -> *mut E) {
        // SAFETY: the caller vouches for registers and places; `new` numbers no register beyond the end.
        unsafe {
            let kept = || self.kept.iter().zip(self.free..);
            kept()
                .filter(|(kept, _)| kept.read)
                .for_each(|(kept, i)| *registers.add(i) = *address(&kept.place));
            let mut last = E::default();
            for short in &self.code {
                let arg =
                    |i: usize| if short.last[i] { last } else { *registers.add(short.args[i] as usize) };
                last = short.quick.value(arg(0), arg(1));
                *registers.add(short.out as usize) = last;
            }
            kept()
                .filter(|(kept, _)| kept.written)
                .for_each(|(kept, i)| *address(&kept.place) = *registers.add(i));
        }
    }
}
