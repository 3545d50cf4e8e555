//! wip
#![allow(missing_docs)]
mod autodiff;
mod compile;
pub mod data;
pub mod element;
pub mod error;
mod exec;
pub mod gradcheck;
mod graph;
pub mod interpret;
pub mod io;
pub mod nn;
pub mod op;
mod ops;
pub mod optim;
mod params;
mod session;
mod shape;
pub mod table;
mod tensor;

pub use compile::Passes;
pub use element::Element;
pub use error::{Error, Result};
pub use graph::{Graph, Idx, Node, NodeId, Scope, Var};
pub use ops::{CrossEntropy, Operand, Reduction, Targets};
pub use params::{Param, Params, Stream};
pub use session::{
    Asked, Fed, Feed, Inputs, Optimizer, Outputs, Program, Rate, Traced, TracedTraining, Training,
    TrainingBuilder, Update, trace, trace_training,
};
pub use shape::{Axes, Shape};
pub use tensor::Tensor;

/// What most programs use.
pub mod prelude {
    pub use crate::gradcheck::gradcheck;
    pub use crate::nn::{Init, Linear, Mlp};
    pub use crate::optim::{Adam, AdamW, Clip, Cosine, RmsProp, Schedule, Sgd, StepDecay, WarmUp};
    pub use crate::tensor;
    pub use crate::{
        CrossEntropy, Element, Error, Graph, Idx, Param, Params, Reduction, Result, Shape, Tensor, Var,
        trace, trace_training,
    };
}
