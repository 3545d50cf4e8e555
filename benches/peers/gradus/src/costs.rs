//! The time before the first step: recording and compiling.

use crate::function::scalar;
use crate::network::Recorded;
use gradus::prelude::*;
use protocol::{Task, Workload};
use std::hint::black_box;
use std::time::Instant;

/// The number of repeats of which the best counts: a thing that happens once in a program is disturbed more
/// often than it is sped up.
const REPEATS: usize = 20;

/// Prints one line of JSON: nanoseconds to record a node, microseconds to compile the steps.
pub fn print() -> Result<()> {
    let (digits, deep) = (compiling("digits")?, compiling("deep")?);
    println!(
        "{{\"recording_ns_a_node\": {:.1}, \"compiling_digits_us\": {digits:.0}, \"compiling_deep_us\": {deep:.0}}}",
        recording(),
    );
    Ok(())
}

/// A graph of 60,000 scalar nodes.
fn recording() -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..REPEATS {
        let g = Graph::new();
        let start = Instant::now();
        black_box(scalar(g.input("a", ()), g.input("b", ()), 10_000));
        best = best.min(start.elapsed().as_secs_f64() * 1e9 / g.len() as f64);
    }
    best
}

/// The time from the recorded loss to the step that can run: differentiation, update and compilation.
fn compiling(name: &str) -> Result<f64> {
    let workload = Workload::named(name).map_err(Error::Invalid)?;
    let Task::Mlp(mlp) = &workload.task else { return Err(Error::Invalid(format!("{name} trains nothing"))) };
    let mut best = f64::INFINITY;
    for _ in 0..REPEATS {
        let g = Graph::new();
        let mut recorded = Recorded::new(&g, mlp)?;
        let start = Instant::now();
        black_box(recorded.compile(mlp)?);
        best = best.min(start.elapsed().as_secs_f64() * 1e6);
    }
    Ok(best)
}
