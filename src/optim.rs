//! Optimizers: how parameters follow their gradients. Each rule is recorded into the graph and
//! compiled with the rest of the step. Floor 7: reads floors 1 to 4 and 6.
//!
//! The formulas are PyTorch's, so that a run there can be repeated here. A learning rate is a
//! number or a [`Schedule`]; state (moments, velocities) is kept and saved with the parameters.

mod adam;
mod clip;
mod rmsprop;
mod schedule;
mod sgd;

pub use adam::{Adam, AdamW};
pub use clip::{Clip, ClipNorm, ClipValue, FiniteGradients};
pub use rmsprop::RmsProp;
pub use schedule::*;
pub use sgd::Sgd;
