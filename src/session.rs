//! The path from a graph to numbers, which printing, evaluating, training and checking all take. Floor 6:
//! reads floors 1 to 5, without `interpret`.

mod feed;
mod function;
mod lent;
mod outputs;
mod profile;
mod program;
mod recipe;
mod trace;
mod train;
mod update;

pub(crate) use feed::Declared;
pub use feed::{Feed, FeedKey, FeedValue, feed};
pub use function::Inputs;
pub(crate) use function::{fits, shapes};
pub use outputs::{OutputVar, Outputs};
pub use profile::{Cost, Profile};
pub use program::Program;
pub(crate) use program::ProgramTable;
pub use trace::{Traced, trace, trace_training};
pub(crate) use train::{NextStep, Observer, TrainingTable};
pub use train::{Training, TrainingBuilder};
pub use update::{Optimizer, Rate, Setting, Update};

use crate::compile::{Passes, Updates};
use crate::element::Element;
use crate::error::{Error, Result, Site};
use crate::graph::{Graph, Idx, Var};
use crate::params::Params;
use crate::tensor::Tensor;
use std::fmt;

impl Graph {
    /// Compiles some values into a program that computes them, many times.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.input("x", [3]);
    /// let mut program = g.compile([x.exp(), x.sum(..)])?;
    /// let out = program.run(&Params::<f32>::new(), [(x, &tensor![0.0, 0.0, 0.0])])?;
    /// assert_eq!(out.at(0).to_string(), "[1, 1, 1]");
    /// # Ok::<(), gradus::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Recording`] with all root faults of the graph if an output depends on one, [`Error::Foreign`] for a value of
    /// another graph.
    #[track_caller]
    pub fn compile<'g, E: Element>(
        &'g self,
        outputs: impl IntoIterator<Item = impl Into<OutputVar<'g>>>,
    ) -> Result<Program<E>> {
        self.compile_with(outputs, Passes::default())
    }

    /// Compiles with some of the compiler's passes left out.
    ///
    /// # Errors
    /// As [`compile`](Graph::compile).
    #[track_caller]
    pub fn compile_with<'g, E: Element>(
        &'g self,
        outputs: impl IntoIterator<Item = impl Into<OutputVar<'g>>>,
        passes: Passes,
    ) -> Result<Program<E>> {
        let asked: Vec<OutputVar<'g>> = outputs.into_iter().map(Into::into).collect();
        (ProgramTable::get().build)(self, &asked, passes, &Updates::default(), Site::here())
    }
}

impl Var<'_> {
    /// Computes this value, if it needs no inputs and no parameters. A mistake of the graph on which it does not depend
    /// is of no account.
    ///
    /// # Errors
    /// The graph's faults if the value depends on one, or the first input or parameter that is missing.
    #[track_caller]
    pub fn eval<E: Element>(self) -> Result<Tensor<E>> {
        let mut program: Program<E> = self.graph().compile([self])?;
        program.needs_none(Site::here())?;
        Ok(program.run_unfed(&Params::new())?.at(0).clone())
    }
}

impl Idx<'_> {
    /// Computes these indices, if they need no inputs and no parameters.
    ///
    /// # Errors
    /// The graph's faults if the indices depend on one, or the first input or parameter that is missing.
    #[track_caller]
    pub fn eval(self) -> Result<Tensor<usize>> {
        let mut program: Program<f64> = self.graph().compile([self])?;
        program.needs_none(Site::here())?;
        let out = program.run_unfed(&Params::new())?;
        out.indices(self).cloned().ok_or_else(|| Error::Invalid("the indices were not computed".into()))
    }
}

/// Shows the value, computed in `f64`, or the error in angle brackets.
impl fmt::Display for Var<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.eval::<f64>() {
            Ok(value) => value.fmt(f),
            Err(error) => write!(f, "<{error}>"),
        }
    }
}

/// Shows the indices, or the error in angle brackets.
impl fmt::Display for Idx<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.eval() {
            Ok(value) => value.fmt(f),
            Err(error) => write!(f, "<{error}>"),
        }
    }
}
