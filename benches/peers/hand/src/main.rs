//! The oracle: each workload by hand, for this one model and machine, without an engine. Buffers are made
//! once, maps and their slopes take one pass, products are `gemm`'s. It is not a peer, but measures what code
//! written for this machine alone can reach; its functions are good to about 1e-7 absolute, where an engine
//! may promise more.

mod function;
mod maths;
mod network;
mod product;
mod softmax;

use function::{Chain, Maps, Scalar, Softmax};
use network::Network;
use protocol::{Args, Counting, Task, race};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::read()?;
    rayon::ThreadPoolBuilder::new().num_threads(args.threads).build_global()?;
    let (name, version) = ("hand", env!("CARGO_PKG_VERSION"));
    let (task, threads) = (&args.workload.task, args.threads);
    match task {
        Task::Mlp(mlp) => race(name, version, &args, &mut Network::new(mlp, threads)),
        Task::Chain { .. } => race(name, version, &args, &mut Chain::new(task, threads)),
        Task::Scalar { .. } => race(name, version, &args, &mut Scalar::new(task)),
        Task::Map { map, .. } => race(name, version, &args, &mut Maps::new(task, *map, threads)),
        Task::Softmax { columns, .. } => {
            race(name, version, &args, &mut Softmax::new(task, *columns, threads))
        }
    }
    Ok(())
}
