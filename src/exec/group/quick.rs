//! The commonest operations on single numbers, without a call. Floor 6.
//!
//! A graph of scalars is a long row of different operations, and a call through a pointer that the processor
//! did not foresee costs more than each of them. Decisions by single bits it foresees.

use crate::element::Element;
use crate::op::{Map, rows};

/// One of eight operations.
#[derive(Clone, Copy)]
pub(super) struct Quick(u8);

/// In the order of their numbers.
const ALL: [Map; 8] = [Map::Add, Map::Sub, Map::Mul, Map::Pull, Map::Neg, Map::Step, Map::Relu, Map::Div];

impl Quick {
    pub(super) fn of(map: Map) -> Option<Self> {
        ALL.iter().position(|&quick| quick == map).map(|i| Quick(i as u8))
    }

    #[inline(always)]
    pub(super) fn value<E: Element>(self, a: E, b: E) -> E {
        let bit = |i: u8| self.0 >> i & 1 == 1;
        match (bit(2), bit(1), bit(0)) {
            (false, false, false) => rows::add(a, b),
            (false, false, true) => rows::sub(a, b),
            (false, true, false) => rows::mul(a, b),
            (false, true, true) => rows::pull(a, b),
            (true, false, false) => rows::neg(a),
            (true, false, true) => rows::step(a),
            (true, true, false) => rows::relu(a),
            (true, true, true) => rows::div(a, b),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_the_row_of_its_name() {
        for map in ALL {
            for (a, b) in [(1.5, -0.25), (-2.0, 3.0), (0.0, f64::INFINITY), (f64::NAN, 1.0)] {
                let (quick, args) = (Quick::of(map).map(|quick| quick.value(a, b)), [a, b]);
                // The sign of what is no number is nobody's promise.
                let bits = |x: f64| if x.is_nan() { None } else { Some(x.to_bits()) };
                assert_eq!(
                    quick.map(bits),
                    Some(bits(map.value(&args[..map.args().len()]))),
                    "{}",
                    map.name()
                );
            }
        }
    }
}
