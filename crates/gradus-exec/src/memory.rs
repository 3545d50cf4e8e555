//! The addresses of a run's numbers: one room for the buffers of the program, and the tensors of others.

use crate::error::{Error, Result};
use crate::plan::{LANES, Plan, SPLAT, Source};
use gradus_rows::Float;

/// The elements behind each buffer and register that nothing may write: debug builds guard them.
pub(super) const GAP: usize = if cfg!(debug_assertions) { LANES } else { 0 };

/// Buffers in one allocation, each aligned to a vector and padded to whole ones.
pub(super) struct Room<E> {
    data: Vec<E>,
    /// The number of elements before the first aligned one.
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

/// The tensor number of a thread's registers.
pub(super) const REGISTERS: usize = 0;
/// The tensor number of the rows that a matrix product has just made.
pub(super) const HEAD: usize = 1;
/// The tensor number of the program's own room.
const OWN: usize = 2;

/// The addresses and lengths of the tensors that a run reads and writes: after two that each thread has for itself
/// come the program's room, constant tensors, inputs, parameters and results.
pub(super) struct Memory<E> {
    bases: Vec<*mut E>,
    lengths: Vec<usize>,
    firsts: [usize; 5],
    /// The offset and size of each slot.
    slots: Vec<(usize, usize)>,
    constants: usize,
}

// SAFETY: each run sets the addresses anew at its start, from borrows that last as long as the run; nobody reads
// them between runs.
unsafe impl<E: Send> Send for Memory<E> {}
// SAFETY: threads of a run only read the addresses, and write through them to parts that do not overlap.
unsafe impl<E: Sync> Sync for Memory<E> {}

impl<E> Memory<E> {
    /// Places a plan's buffers in the room, and returns the size of the room.
    ///
    /// # Errors
    /// [`Error::Memory`] if the size in bytes exceeds what can be addressed.
    pub(super) fn new(plan: &Plan) -> Result<(Self, usize)> {
        let mut size: usize = 0;
        let mut place = |n: usize| {
            let at = size;
            let padded = n.checked_next_multiple_of(LANES).and_then(|n| n.checked_add(GAP));
            let end = padded.and_then(|n| at.checked_add(n)).filter(|end| *end <= MOST / size_of::<E>());
            let too_large = || {
                let (count, most) = (plan.slots.len(), plan.slots.iter().max().copied().unwrap_or(0));
                Error::Memory(format!(
                    "the program needs more memory than can be addressed: it keeps {count} values, the largest of \
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

    /// Notes the address of the room.
    pub(super) fn own(&mut self, start: *mut E, size: usize) {
        (self.bases[OWN], self.lengths[OWN]) = (start, size);
    }

    /// Notes the address of tensor `i` of a kind.
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

    /// Returns the tensor number of a source, the offset of its first element, and whether the room behind it may
    /// be read and written up to a whole vector.
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

    /// Returns the address and length of the gap behind each buffer of the program, with the buffer itself if
    /// `buffers`.
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

    /// Returns the addresses of the tensors.
    pub(super) fn bases(&self) -> &[*mut E] {
        &self.bases
    }

    /// Returns a source's address and length.
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

/// Allocates a buffer, or returns an error where there is no memory: a mistaken shape must not end the process.
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
