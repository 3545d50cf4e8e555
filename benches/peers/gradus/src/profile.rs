//! The share of the machine's limit that a workload reaches, by the program's own profile.

use crate::function::Function;
use crate::network::Network;
use gradus::prelude::*;
use protocol::{Contest, Task, Workload};

/// The seconds of runs, both before they are timed and while they are.
const SECONDS: f64 = 0.2;

/// Prints one line of JSON: the number of steps, the share of the machine's limit that all of them reach, and
/// for the costliest one its share of the time and of its limit.
pub fn print(name: &str) -> Result<()> {
    let (g, workload) = (Graph::new(), Workload::named(name).map_err(Error::Invalid)?);
    let profile = match &workload.task {
        Task::Mlp(mlp) => {
            let mut network = Network::new(&g, mlp, 1)?;
            timed(&mut network, |network, on| network.program().map(|program| program.time_steps(on)))?;
            network.program()?.profile()?
        }
        task => {
            let mut function = Function::new(&g, task, 1)?;
            timed(&mut function, |function, on| {
                function.program().time_steps(on);
                Ok(())
            })?;
            function.program().profile()?
        }
    };
    let all: f64 = profile.steps.iter().map(|step| profile.share(step) * step.seconds).sum();
    let most = profile.steps.iter().max_by(|a, b| a.seconds.total_cmp(&b.seconds));
    let [time, share] = most.map_or([0.0; 2], |step| [step.seconds / profile.seconds(), profile.share(step)]);
    let step: String = most.map_or("", |step| &step.name).chars().take(40).collect();
    println!(
        "{{\"steps\": {}, \"share\": {:.3}, \"step\": {step:?}, \"step_time\": {time:.3}, \"step_share\": {share:.3}}}",
        profile.steps.len(),
        all / profile.seconds(),
    );
    Ok(())
}

/// Runs for a while untimed, and then the same number of times timed.
fn timed<C: Contest>(contest: &mut C, time_steps: impl Fn(&mut C, bool) -> Result<()>) -> Result<()> {
    let (start, mut runs) = (std::time::Instant::now(), 0);
    while start.elapsed().as_secs_f64() < SECONDS {
        contest.run(10);
        runs += 10;
    }
    time_steps(contest, true)?;
    contest.run(runs);
    Ok(())
}
