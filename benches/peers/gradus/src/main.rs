//! Gradus as a competitor, through its public interface. Beside the protocol it has commands of its own:
//! `peer-gradus costs`, `peer-gradus profile WORKLOAD`, and `peer-gradus growth FILE.svg`.

mod costs;
mod function;
mod growth;
mod network;
mod profile;

use function::Function;
use gradus::prelude::*;
use network::Network;
use protocol::{Args, Counting, Task, race};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["costs"] => costs::print(),
        ["profile", workload] => profile::print(workload),
        ["growth", file] => growth::print(file),
        _ => contest(&Args::read().map_err(Error::Invalid)?),
    }
}

fn contest(args: &Args) -> Result<()> {
    let (g, version) = (Graph::new(), env!("CARGO_PKG_VERSION"));
    match &args.workload.task {
        Task::Mlp(mlp) => race("gradus", version, args, &mut Network::new(&g, mlp, args.threads)?),
        task => race("gradus", version, args, &mut Function::new(&g, task, args.threads)?),
    }
    Ok(())
}
