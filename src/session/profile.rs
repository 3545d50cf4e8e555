//! The profile of a program: the time of each step.

use super::program::Program;
use crate::element::Element;
use crate::error::{Error, Result, Site};
use std::fmt;

/// The cost of one step of a program in a run.
#[derive(Clone, Debug)]
pub struct Cost {
    /// The operations that it runs, by their names in the graph.
    pub name: String,
    /// The line that recorded the first of them.
    pub site: Site,
    /// The mean time of a run, in seconds.
    pub seconds: f64,
    /// Operations on numbers: two for each multiply-add of a product, one for each element of anything
    /// else, an exponential like a sum.
    pub flop: usize,
    /// The bytes of each argument and of each result, counted once.
    pub bytes: usize,
}

/// The steps of a program with the cost of each, from the runs since [`Program::time_steps`].
#[derive(Clone, Debug)]
pub struct Profile {
    /// The steps in the order in which they run.
    pub steps: Vec<Cost>,
    /// The number of runs that were timed.
    pub runs: usize,
    /// The operations a second that a core of this machine reaches at best, in a product inside the cache.
    pub peak_flops: f64,
    /// The bytes a second that a core reads at best from beyond its own cache.
    pub peak_bandwidth: f64,
}

impl Profile {
    /// The time of a run, in seconds.
    pub fn seconds(&self) -> f64 {
        self.steps.iter().map(|step| step.seconds).sum()
    }

    /// The share of the machine's limit that a step reaches: that of the operations or that of the bytes,
    /// whichever would take longer. For data that stays in the cache, the share by its bytes may exceed 1.
    pub fn share(&self, step: &Cost) -> f64 {
        let least = (step.flop as f64 / self.peak_flops).max(step.bytes as f64 / self.peak_bandwidth);
        least / step.seconds
    }
}

impl<E: Element> Program<E> {
    /// Starts or stops timing each step in the runs that follow. It costs some tens of nanoseconds a step.
    /// Earlier measurements are discarded.
    pub fn time_steps(&mut self, on: bool) {
        self.timed = on;
        self.runs = 0;
        self.machine.executor.forget_times();
    }

    /// Returns the profile of the timed runs.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.input("x", [64, 64]);
    /// let mut program = g.compile::<f32>([x.matmul(x).tanh().sum(..)])?;
    /// program.time_steps(true);
    /// let (params, xs) = (Params::new(), Tensor::full([64, 64], 0.01));
    /// for _ in 0..100 {
    ///     program.run(&params, [(x, &xs)])?;
    /// }
    /// let profile = program.profile()?;
    /// println!("{profile}");
    /// assert_eq!((profile.runs, profile.steps[0].flop), (100, 2 * 64 * 64 * 64));
    /// # Ok::<(), gradus::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Memory`] if there is no memory to measure the machine's limits with.
    pub fn profile(&self) -> Result<Profile> {
        let [peak_flops, peak_bandwidth] = E::limits().map_err(|error| Error::Memory(error.to_string()))?;
        let origins = self.steps.origins();
        let steps = self.machine.executor.plan().steps.iter().zip(self.machine.executor.times()).map(
            |(step, time)| {
                let [flop, numbers] = step.cost();
                Cost {
                    name: step.name.clone(),
                    site: origins.steps[step.origin],
                    seconds: time / self.runs.max(1) as f64,
                    flop,
                    bytes: numbers * size_of::<E>(),
                }
            },
        );
        Ok(Profile { steps: steps.collect(), runs: self.runs, peak_flops, peak_bandwidth })
    }
}

/// Shows a table: the time of each step, its rates, its share of the machine's limit, and its operations.
impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.seconds();
        writeln!(f, "{:>9} {:>6} {:>8} {:>7} {:>6}  step", "µs", "share", "GFLOP/s", "GB/s", "limit")?;
        for step in &self.steps {
            let rate = |amount: usize| amount as f64 / step.seconds * 1e-9;
            let name: String = match step.name.char_indices().nth(60) {
                Some((end, _)) => format!("{}…", &step.name[..end]),
                None => step.name.clone(),
            };
            writeln!(
                f,
                "{:9.2} {:5.1}% {:8.1} {:7.1} {:5.0}%  {name}  {}",
                step.seconds * 1e6,
                100.0 * step.seconds / total,
                rate(step.flop),
                rate(step.bytes),
                100.0 * self.share(step),
                step.site,
            )?;
        }
        write!(
            f,
            "{:9.2} µs a run, mean of {}; a core's limits: {:.0} GFLOP/s, {:.0} GB/s",
            total * 1e6,
            self.runs,
            self.peak_flops * 1e-9,
            self.peak_bandwidth * 1e-9,
        )
    }
}
