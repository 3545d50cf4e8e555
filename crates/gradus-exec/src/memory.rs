//! Where a run's numbers are: one room for what the program owns, and the tensors of others.

use crate::error::{Error, Result};
use crate::guard::GAP;
use crate::plan::{LANES, Plan, SPLAT, Source};
use gradus_rows::Float;

/// Buffers in one piece, each at the start of a vector and filled up to whole ones.
pub(super) struct Room<E> {
    data: Vec<E>,
    /// What is skipped for the first number to be at the start of a vector.
    skipped: usize,
}

impl<E: Float> Room<E> {
    pub(super) fn new(size: usize) -> Result<Self> {
        let data = buffer(size + LANES, E::default())?;
        let address = data.as_ptr().addr() / size_of::<E>();
        Ok(Room { skipped: address.next_multiple_of(LANES) - address, data })
    }

    pub(super) fn start(&mut self) -> *mut E {
        self.data[self.skipped..].as_mut_ptr()
    }
}

/// The most bytes that a buffer can have.
const MOST: usize = isize::MAX as usize - 64;

/// The number of a thread's registers among the tensors.
pub(super) const REGISTERS: usize = 0;
/// The number of the rows that a matrix product has just made.
pub(super) const HEAD: usize = 1;
/// The number of the program's own room.
const OWN: usize = 2;

/// The tensors that a run reads from and makes, as addresses with their lengths: after two that are each
/// thread's own, first the program's room, then constant tensors, inputs, parameters and results.
pub(super) struct Memory<E> {
    bases: Vec<*mut E>,
    lengths: Vec<usize>,
    firsts: [usize; 5],
    /// The place and size of each slot.
    slots: Vec<(usize, usize)>,
    constants: usize,
}

// SAFETY: the addresses are written anew at the start of each run, from borrows that last as long as
// the run; between runs nobody reads them.
unsafe impl<E: Send> Send for Memory<E> {}
// SAFETY: threads of a run read the addresses only; what they write through them is cut into parts
// that do not overlap.
unsafe impl<E: Sync> Sync for Memory<E> {}

impl<E> Memory<E> {
    /// The places of a plan's buffers, and how much room they take.
    ///
    /// # Errors
    /// [`Error::Invalid`] if they are more than can be counted in bytes.
    pub(super) fn new(plan: &Plan) -> Result<(Self, usize)> {
        let mut size: usize = 0;
        let mut place = |n: usize| {
            let at = size;
            let padded = n.checked_next_multiple_of(LANES).and_then(|n| n.checked_add(GAP));
            let end = padded.and_then(|n| at.checked_add(n)).filter(|end| *end <= MOST / size_of::<E>());
            let too_large = || {
                let (count, most) = (plan.slots.len(), plan.slots.iter().max().copied().unwrap_or(0));
                Error::Memory(format!(
                    "the program needs more memory than can be addressed: {count} values that are kept, the largest of \
                     {most} elements, which cannot be had"
                ))
            };
            size = end.ok_or_else(too_large)?;
            Ok((at, n))
        };
        let slots = plan.slots.iter().map(|&n| place(n)).collect::<Result<_>>()?;
        let constants = place(plan.constants.len() * SPLAT)?.0;
        let counts = [1, plan.values.len(), plan.inputs.len(), plan.params.len(), plan.outputs.len()];
        let mut firsts = [OWN; 5];
        (1..5).for_each(|i| firsts[i] = firsts[i - 1] + counts[i - 1]);
        let tensors = OWN + counts.iter().sum::<usize>();
        let (bases, lengths) = (vec![std::ptr::null_mut(); tensors], vec![0; tensors]);
        Ok((Memory { bases, lengths, firsts, slots, constants }, size))
    }

    /// Notes where the room is.
    pub(super) fn own(&mut self, start: *mut E, size: usize) {
        (self.bases[OWN], self.lengths[OWN]) = (start, size);
    }

    /// Notes where the tensors of a kind are, in order.
    fn note(&mut self, kind: usize, i: usize, at: *mut E, n: usize) {
        let tensor = self.firsts[kind] + i;
        // A number that the plan does not have is dropped; `holds` finds what is missing.
        if tensor < self.firsts.get(kind + 1).copied().unwrap_or(self.bases.len()) {
            (self.bases[tensor], self.lengths[tensor]) = (at, n);
        }
    }

    pub(super) fn input(&mut self, i: usize, x: &[E]) {
        self.note(2, i, x.as_ptr().cast_mut(), x.len());
    }

    pub(super) fn param(&mut self, i: usize, (at, n): (*mut E, usize)) {
        self.note(3, i, at, n);
    }

    pub(super) fn value(&mut self, i: usize, x: &[E]) {
        self.note(1, i, x.as_ptr().cast_mut(), x.len());
    }

    pub(super) fn result(&mut self, i: usize, (at, n): (*mut E, usize)) {
        self.note(4, i, at, n);
    }

    /// Which of the tensors a source is in, from which number on, and how many it holds; whether what
    /// follows it up to a whole vector may be read and written.
    pub(super) fn place(&self, source: Source) -> (usize, usize, bool) {
        match source {
            Source::Slot(i) => (OWN, self.slots[i as usize].0, true),
            Source::Constant(i) => (OWN, self.constants + i as usize * SPLAT, true),
            Source::Input(i) => (self.firsts[2] + i as usize, 0, false),
            Source::Param(i) => (self.firsts[3] + i as usize, 0, false),
            Source::Value(i) => (self.firsts[1] + i as usize, 0, false),
            Source::Result(i) => (self.firsts[4] + i as usize, 0, false),
            Source::Index(_) | Source::Labels(_) => (OWN, 0, false),
        }
    }

    /// The gaps behind the buffers of the program, or the buffers as well: addresses and lengths.
    pub(super) fn gaps(&self, buffers: bool) -> impl Iterator<Item = (*mut E, usize)> {
        let own = self.bases[OWN];
        self.slots.iter().map(move |&(at, n)| {
            let whole = n.next_multiple_of(LANES);
            match buffers {
                true => (own.wrapping_add(at), whole + GAP),
                false => (own.wrapping_add(at + whole), GAP),
            }
        })
    }

    /// Forgets what the last run was given.
    pub(super) fn forget(&mut self) {
        let given = self.firsts[2];
        self.lengths[given..].fill(0);
    }

    /// Tells whether a run was given everything, in these sizes; what has none need not be given.
    pub(super) fn holds(&self, sizes: &[usize]) -> bool {
        self.lengths[self.firsts[2]..] == *sizes
    }

    /// Tells whether the result of this number was given, or has no elements.
    pub(super) fn has_result(&self, output: u32, sizes: &[usize]) -> bool {
        let given = self.firsts[4] + output as usize;
        self.lengths[given] == sizes[given - self.firsts[2]]
    }

    /// The addresses of the tensors.
    pub(super) fn bases(&self) -> &[*mut E] {
        &self.bases
    }

    /// A source's address and length.
    pub(super) fn span(&self, source: Source) -> (*mut E, usize) {
        let (tensor, offset, _) = self.place(source);
        let length = match source {
            Source::Slot(i) => self.slots[i as usize].1,
            Source::Constant(_) => 1,
            Source::Index(_) | Source::Labels(_) => 0,
            _ => self.lengths[tensor],
        };
        (self.bases[tensor].wrapping_add(offset), length)
    }
}

/// A buffer, or an error where the system has no such room: a mistaken shape shall not end the
/// process.
pub fn buffer<T: Clone>(size: usize, zero: T) -> Result<Vec<T>> {
    let bytes = size.saturating_mul(size_of::<T>());
    let room = Vec::<T>::new().try_reserve_exact(size).is_ok();
    match room {
        true => Ok(vec![zero; size]),
        false => {
            Err(Error::Memory(format!("a value of {size} elements needs {bytes} bytes, which cannot be had")))
        }
    }
}
