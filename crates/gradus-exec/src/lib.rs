//! The executor of [Gradus](https://docs.rs/gradus): runs plans of tensor operations.
//!
//! A [`Plan`](plan::Plan) is plain data: steps, each a kernel with views of its arguments, and the buffers that they
//! need. [`Kernels::executor`] makes one ready to run, and [`Executor::run`] runs it as often as wanted; after the first
//! run it allocates nothing. Plans come of Gradus' compiler; one that breaks what the kernels rely on is refused.
//!
//! Kernels are compiled here, for `f32` and `f64` and for each instruction set, and nowhere else: whoever uses the
//! executor reaches them through [`Kernels`], whose functions are not generic. All `unsafe` code of Gradus is in this crate.
//!
//! This crate is no stable interface of its own: its version is that of `gradus`, which uses it.
// Each block states its contract.
#![deny(clippy::undocumented_unsafe_blocks)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::panic, clippy::todo, clippy::dbg_macro))]

mod boxes;
mod check;
mod contract;
pub mod error;
mod fold;
mod gemm;
mod group;
mod guard;
mod index;
mod joins;
mod lane;
mod limits;
mod load;
mod machine;
mod map;
mod memory;
mod numbers;
pub mod plan;
mod rows;
mod set;
mod simd;
mod source;
mod trap;

pub use error::{Error, Result};
use gradus_rows::Float;
pub use machine::Mode;
pub use memory::buffer;
pub use numbers::RunNumbers;
pub use set::{Divide, InstructionSet};

/// The number types that there are kernels for: `f32` and `f64`.
pub trait Kernels: Float {
    /// Makes a plan ready to run on an instruction set.
    ///
    /// # Errors
    /// [`Error::Defect`] for a plan that breaks what kernels rely on; [`Error::Memory`] if there is no memory for its
    /// buffers, [`Error::Invalid`] if the processor does not have the instruction set.
    fn executor(plan: plan::Plan, set: InstructionSet) -> Result<Box<dyn Executor<Self>>>;

    /// Measures what a core reaches at best, in operations and in bytes per second: in a matrix product inside the
    /// cache, and in a sum over more than the cache holds.
    ///
    /// # Errors
    /// [`Error::Memory`] if there is no memory for the sum.
    fn limits() -> Result<[f64; 2]>;
}

// Not one `impl` for all `Float`: these functions are compiled here, with all kernels that they reach.
macro_rules! kernels {
    ($($float:ty)*) => {$(
        impl Kernels for $float {
            fn executor(plan: plan::Plan, set: InstructionSet) -> Result<Box<dyn Executor<Self>>> {
                Ok(Box::new(machine::Machine::new(plan, set.checked()?)?))
            }
            fn limits() -> Result<[f64; 2]> {
                limits::limits::<Self>()
            }
        }
    )*};
}
kernels!(f32 f64);

/// A plan that is ready to run, with its buffers.
pub trait Executor<E>: Send + Sync {
    /// The plan.
    fn plan(&self) -> &plan::Plan;

    /// Tells whether any step is large enough for threads.
    fn divides(&self) -> bool;

    /// Runs every step, and fills the results. `labels` are the indices that the plan needs; `lend` is called once, and
    /// gives all other numbers.
    ///
    /// # Errors
    /// [`Error::Label`] for an index out of range; with [`Mode::trap`], [`Error::NonFinite`] for the first value that is
    /// not finite; [`Error::Invalid`] where numbers are missing or of other sizes than the plan has; [`Error::Memory`] if
    /// there is none for the registers of more threads.
    fn run<'r>(
        &mut self,
        labels: &[&[usize]],
        lend: &mut dyn FnMut(&mut RunNumbers<'_, 'r, E>),
        mode: Mode,
    ) -> Result<()>
    where
        E: 'r;

    /// Returns an output of indices of the last run, which was given the same labels.
    fn indices<'a>(&'a self, output: usize, labels: &'a [&'a [usize]]) -> &'a [usize];

    /// The seconds that each step took in runs that were timed, added up.
    fn times(&self) -> &[f64];

    /// Sets the times of all steps to 0.
    fn forget_times(&mut self);
}
