//! The parts that all competitors share: the workloads, their numbers bit for bit, the stopwatch, and the
//! line of JSON. `python/protocol.py` says the same to the Python competitors.

pub mod numbers;
mod race;
mod workload;

pub use race::{Contest, Counting, race};
pub use workload::{Activation, Loss, Map, Mlp, Optimizer, Task, Workload};

/// The arguments of a competitor: `--workload W --threads N --seconds S`.
pub struct Args {
    pub workload: Workload,
    pub threads: usize,
    /// The time for which steps are timed. 0 means one step without timing, for a caller that times the whole
    /// process.
    pub seconds: f64,
}

impl Args {
    /// Reads the command line, or returns a message that says what it should be.
    pub fn read() -> Result<Self, String> {
        let given: Vec<String> = std::env::args().skip(1).collect();
        let (mut workload, mut threads, mut seconds) = (None, 1, 1.0);
        for pair in given.chunks(2) {
            let [name, value] = pair else { return Err(format!("{} has no value", pair[0])) };
            match name.as_str() {
                "--workload" => workload = Some(Workload::named(value)?),
                "--threads" => threads = value.parse().map_err(|_| format!("{value} threads?"))?,
                "--seconds" => seconds = value.parse().map_err(|_| format!("{value} seconds?"))?,
                _ => return Err(format!("{name}? Known are --workload, --threads, --seconds")),
            }
        }
        let workload = workload.ok_or("--workload is missing")?;
        Ok(Args { workload, threads, seconds })
    }
}
