//! How mistakes in recording are told. Floor 2.

use crate::error::Fault;
use crate::op::Op;

/// What the arguments of an operation are called in a fault.
pub(crate) fn labels(op: &Op) -> &'static [&'static str] {
    match op {
        Op::Map(map) => map.args(),
        Op::Contract { .. } => &["left", "right"],
        Op::Gather(_) | Op::ScatterAdd(_) => &["from", "indices"],
        Op::SameIndex => &["left", "right"],
        Op::Join(_) | Op::Custom(_) => &[],
        _ => &["value"],
    }
}

/// Ends the program at the user's line; only `Graph::strict` asks for this.
#[allow(clippy::panic, reason = "this is what Graph::strict is asked to do")]
#[track_caller]
pub(crate) fn stop(fault: &Fault) -> ! {
    panic!("{fault}")
}
