//! The commonest operations on single numbers, each compiled for the places of its arguments.
//!
//! Each ends with a call of the next one, which in a release build is a jump. So every operation has a jump of its
//! own, and the processor predicts its target better than that of one jump for all.

use gradus_rows::Float;
use gradus_rows::{Map, rows};

/// One of eight operations.
#[derive(Clone, Copy)]
pub(super) struct Quick(u8);

/// The operations in the order of their numbers.
const ALL: [Map; 8] =
    [Map::Add, Map::Sub, Map::Mul, Map::Div, Map::StrongMul, Map::Neg, Map::Step, Map::Relu];

impl Quick {
    pub(super) fn of(map: Map) -> Option<Self> {
        ALL.iter().position(|&quick| quick == map).map(|i| Quick(i as u8))
    }
}

/// The number of last results at hand: they are passed on, and need not be written and read again.
pub(super) const RECENT: usize = 3;

/// The place of an argument: its register, and its age if it is at hand (1 for the last result), else 0.
#[derive(Clone, Copy)]
pub(super) struct Arg {
    pub(super) register: u32,
    pub(super) age: usize,
}

/// One operation of a run.
pub(super) struct ScalarInstr<E> {
    run: Run<E>,
    args: [u32; 2],
    out: u32,
}

/// Runs an operation and all after it up to an end, given the last results, the last one first.
///
/// # Safety
/// `instr` must point into an array in which an end follows. `registers` must be valid for reads and writes of
/// every register that these operations name, and nobody else may use them. Each register must have been written
/// before it is read, unless its value is at hand.
type Run<E> = unsafe fn(instr: *const ScalarInstr<E>, registers: *mut E, E, E, E);

impl<E: Float> ScalarInstr<E> {
    /// Returns an operation, which writes its result only if `written`: where it is read later.
    pub(super) fn new(Quick(op): Quick, args: [Arg; 2], out: u32, written: bool) -> Self {
        let place = (args.map(|arg| arg.age), written);
        let run = match op {
            0 => first::<E, 0>(place),
            1 => first::<E, 1>(place),
            2 => first::<E, 2>(place),
            3 => first::<E, 3>(place),
            4 => first::<E, 4>(place),
            5 => first::<E, 5>(place),
            6 => first::<E, 6>(place),
            _ => first::<E, 7>(place),
        };
        ScalarInstr { run, args: args.map(|arg| arg.register), out }
    }

    /// Returns the end of operations.
    pub(super) fn end() -> Self {
        ScalarInstr { run: end::<E>, args: [0; 2], out: 0 }
    }

    /// Runs an operation and all after it up to an end. No result is at hand.
    ///
    /// # Safety
    /// As for [`Run`].
    #[inline(always)]
    pub(super) unsafe fn start(instr: *const Self, registers: *mut E) {
        let none = E::default();
        // SAFETY: the caller's contract is this one.
        unsafe { ((*instr).run)(instr, registers, none, none, none) }
    }
}

fn first<E: Float, const OP: u8>(([age, b], written): ([usize; 2], bool)) -> Run<E> {
    match age {
        0 => second::<E, OP, 0>(b, written),
        1 => second::<E, OP, 1>(b, written),
        2 => second::<E, OP, 2>(b, written),
        _ => second::<E, OP, 3>(b, written),
    }
}

fn second<E: Float, const OP: u8, const A: usize>(age: usize, written: bool) -> Run<E> {
    match (age, written) {
        (0, true) => run::<E, OP, A, 0, true>,
        (1, true) => run::<E, OP, A, 1, true>,
        (2, true) => run::<E, OP, A, 2, true>,
        (_, true) => run::<E, OP, A, 3, true>,
        (0, false) => run::<E, OP, A, 0, false>,
        (1, false) => run::<E, OP, A, 1, false>,
        (2, false) => run::<E, OP, A, 2, false>,
        (_, false) => run::<E, OP, A, 3, false>,
    }
}

/// Runs one operation, whose arguments have these ages, and calls the next.
///
/// # Safety
/// As for [`Run`].
unsafe fn run<E: Float, const OP: u8, const A: usize, const B: usize, const WRITTEN: bool>(
    instr: *const ScalarInstr<E>,
    registers: *mut E,
    last: E,
    second: E,
    third: E,
) {
    let recent = [last, second, third];
    // SAFETY: the caller vouches for the registers and for an instruction after this one, which is no end.
    unsafe {
        let arg = |age: usize, i: usize| match age {
            0 => *registers.add((*instr).args[i] as usize),
            _ => recent[age - 1],
        };
        let y = value::<E, OP>(arg(A, 0), arg(B, 1));
        if WRITTEN {
            *registers.add((*instr).out as usize) = y;
        }
        let next = instr.add(1);
        ((*next).run)(next, registers, y, last, second)
    }
}

unsafe fn end<E>(_: *const ScalarInstr<E>, _: *mut E, _: E, _: E, _: E) {}

#[inline(always)]
fn value<E: Float, const OP: u8>(a: E, b: E) -> E {
    match OP {
        0 => rows::add(a, b),
        1 => rows::sub(a, b),
        2 => rows::mul(a, b),
        3 => rows::div(a, b),
        4 => rows::strong_mul(a, b),
        5 => rows::neg(a),
        6 => rows::step(a),
        _ => rows::relu(a),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_the_row_of_its_name() {
        for (op, map) in ALL.into_iter().enumerate() {
            for args in [[1.5, -0.25], [-2.0, 3.0], [0.0, f64::INFINITY], [f64::NAN, 1.0]] {
                let mut registers = [args[0], args[1], 0.0];
                let at = |register| Arg { register, age: 0 };
                let code = [ScalarInstr::new(Quick(op as u8), [at(0), at(1)], 2, true), ScalarInstr::end()];
                // SAFETY: the code names three registers, and an end follows.
                unsafe { ScalarInstr::start(code.as_ptr(), registers.as_mut_ptr()) };
                // The sign of a NaN is not specified.
                let bits = |x: f64| if x.is_nan() { None } else { Some(x.to_bits()) };
                let expected = map.value(&args[..map.args().len()]);
                assert_eq!(bits(registers[2]), bits(expected), "{} of {args:?}", map.name());
            }
        }
    }
}
