//! Gradus is a tensor mini-engine for small models: a computation graph of tensor nodes records
//! operations, reverse-mode autodiff turns the graph into the graph of its gradients, a compiler
//! turns both into a program that runs many times, and numerical checks prove every derivative, in
//! the tails and at the kinks too.
//!
//! ```
//! use gradus::prelude::*;
//!
//! let g = Graph::new();
//! let x = g.value(tensor![1.0, 2.0, 3.0]);
//! let y = (x * x * x).sum(..);
//! assert_eq!(y.to_string(), "36"); // compiles and runs what y needs
//! let dy = y.grad(x);
//! assert_eq!(dy.to_string(), "[3, 12, 27]");
//! assert_eq!(dy.sum(..).grad(x).to_string(), "[6, 12, 18]"); // a gradient is just more graph
//! ```
//!
//! A model is a struct of layers and a function from value to value. It is recorded once, compiled
//! once (forward, backward and update together) and run many times:
//!
//! ```
//! use gradus::prelude::*;
//!
//! let x = tensor![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
//! let t = tensor![[0.0], [1.0], [1.0], [0.0]];
//! let mut params = Params::<f32>::seeded(7);
//! let hidden = Linear::new(&mut params, "hidden", 2, 8);
//! let output = Linear::new(&mut params, "output", 8, 1);
//!
//! let g = Graph::new();
//! let (xs, ts) = (g.input("x", [4, 2]), g.input("t", [4, 1]));
//! let logit = output.forward(hidden.forward(xs).tanh());
//! let loss = logit.sigmoid_cross_entropy(ts);
//!
//! let mut step = g.train(loss, Adam::new(0.05), &mut params)?;
//! let mut last = f32::NAN;
//! for _ in 0..300 {
//!     last = step.run(&mut params, [(xs, &x), (ts, &t)])?[loss].item();
//! }
//! assert!(last < 0.01);
//!
//! gradcheck(loss, &params).feed([(xs, &x), (ts, &t)]).run()?.assert_ok();
//! # Ok::<(), gradus::Error>(())
//! ```
//!
//! # Axes
//! A number names an axis, and a negative one counts from the last, in every method that takes an axis.
//!
//! **A folded axis stays with size 1**, so that the result broadcasts against the value that was folded. All
//! axes, written `..`, give a scalar. [`squeeze`](Var::squeeze) removes an axis. There is no exception:
//!
//! | of `[2, 3]` | along `1` | along `[0, 1]` | along `..` |
//! |---|---|---|---|
//! | [`sum`](Var::sum), [`max`](Var::max), [`min`](Var::min) | `[2, 1]` | `[1, 1]` | `[]` |
//! | [`mean`](Var::mean), [`var`](Var::var), [`sample_var`](Var::sample_var), [`prod`](Var::prod) | `[2, 1]` | `[1, 1]` | `[]` |
//! | [`logsumexp`](Var::logsumexp) | `[2, 1]` | `[1, 1]` | `[]` |
//! | [`argmax`](Var::argmax) | `[2, 1]` | a fault | `[]` |
//!
//! ```
//! use gradus::prelude::*;
//!
//! let g = Graph::new();
//! let x = g.value(tensor![[1.0, 3.0], [2.0, 2.0]]);
//! assert_eq!((x / x.sum(1)).to_string(), "[[0.25, 0.75], [0.5, 0.5]]");
//! assert_eq!(x.argmax(-1).squeeze(-1).shape()[..], [2]);
//! ```
//!
//! # What it is not
//! No GPU, no control flow inside a graph, one element type per program, shapes fixed per compiled program
//! ([`trace()`] compiles one for each shape). Models that need more than a processor's cache and memory need
//! another engine.
//!
//! # What it promises
//! - **Recording cannot fail.** A mistake poisons a value. The first call that needs numbers reports it, with
//!   your own line and all other root mistakes ([`Graph`]).
//! - **Any order.** The derivative of every operation is made of operations ([`op::Op`]).
//! - **Accurate tails.** Slopes are written so that they do not cancel: the sigmoid's is right where
//!   the textbook's `y(1 − y)` is 0 ([`op::Map`]).
//! - **An exact zero wins in every derivative rule**, so the branch that a
//!   [`select`](Var::select) did not take adds neither NaN nor infinity.
//! - **The same bits** from run to run and for any number of threads ([`Program`]).
//! - **No allocation** in a program after its first run.
//!
//! # Contents
//! - Recording: [`Graph`], [`Var`], [`Idx`], [`Tensor`], [`Shape`], [`Axes`].
//! - Running: [`Program`], [`Training`], [`trace()`], [`trace_training()`], [`Outputs`].
//! - Models: [`Params`], [`nn`], [`optim`], [`CrossEntropy`]; files by [`Params::save`].
//! - Trust: [`gradcheck`](mod@gradcheck) and [`error`].
//! - Health of units: [`diagnose`].
//! - Data and charts: [`data`], [`plot`].
//!
//! # Crate layout
//! The functions of the table, tensors, data and the executor are crates of their own, re-exported here as
//! far as users need them. Within this crate, imports go strictly down: the operations and parameters at the
//! bottom, then the graph, its rules, derivatives, the compiler, the session, and layers, optimizers, checks,
//! files and diagnostics on top.
//!
//! # Features
//! Both are off by default: `csv` reads tables from CSV files, plain or gzip ([`data`]); `ndarray`
//! converts between [`Tensor`] and `ndarray`'s arrays.

#![forbid(unsafe_code)]
#![deny(missing_docs, missing_debug_implementations)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::panic, clippy::todo, clippy::dbg_macro))]

mod autodiff;
mod compile;
pub mod diagnose;
pub mod element;
pub mod gradcheck;
mod graph;
#[doc(hidden)]
pub mod interpret;
mod io;
pub mod nn;
pub mod op;
mod ops;
pub mod optim;
mod params;
mod session;

pub use gradus_data as data;
pub use gradus_data::plot;
#[doc(hidden)]
pub use gradus_rows::table;
pub use gradus_tensor::error;
use gradus_tensor::shape;
/// Tensors, for the modules of this crate.
mod tensor {
    pub(crate) use gradus_tensor::Tensor;
}

#[doc(hidden)]
pub use compile::Passes;
pub use element::Element;
pub use error::{Error, Result};
pub use gradus_exec::InstructionSet;
pub use gradus_tensor::{Axes, IntoAxis, IntoSize, NewShape, Shape, Tensor, tensor};
#[doc(hidden)]
pub use graph::Node;
pub use graph::{CustomRule, Graph, Idx, NodeId, Scope, Var};
pub use ops::{Convolution, CrossEntropy, Operand, PaddingMode, Pooling, Reduction, Sizes, Targets};
pub use params::{Param, Params, Stream};
pub use session::{
    Cost, Feed, FeedKey, FeedValue, Inputs, Optimizer, OutputVar, Outputs, Profile, Program, Rate, Setting,
    Traced, Training, TrainingBuilder, Update, feed, trace, trace_training,
};

macro_rules! element {
    ($($float:ident)*) => {$(
        impl Element for $float {
            // Inlined, or of constants, the tables and all that they reach would be compiled with each program again.
            #[inline(never)]
            fn precompiled() -> &'static [&'static (dyn std::any::Any + Send + Sync)] {
                static PROGRAMS: session::ProgramTable<$float> = session::ProgramTable::NEW;
                static TRAININGS: session::TrainingTable<$float> = session::TrainingTable::NEW;
                static FILES: io::FilesTable<$float> = io::FilesTable::NEW;
                static WATCH: diagnose::WatchTable<$float> = diagnose::WatchTable::NEW;
                static ALL: [&(dyn std::any::Any + Send + Sync); 4] = [&PROGRAMS, &TRAININGS, &FILES, &WATCH];
                &ALL
            }
        }
    )*};
}
element!(f32 f64);

/// The names that most programs use.
pub mod prelude {
    pub use crate::gradcheck::gradcheck;
    pub use crate::nn::{
        AdaptiveAvgPool1d, AdaptiveAvgPool2d, AvgPool1d, AvgPool2d, BatchNorm, Conv1d, Conv2d,
        ConvTranspose1d, ConvTranspose2d, Dropout, Embedding, Flatten, GRU, GroupNorm, Init, InstanceNorm,
        LSTM, LayerNorm, Linear, MaxPool1d, MaxPool2d, Mlp, Module, MultiheadAttention, RMSNorm, RNN,
        RotaryPositions, Sequential, SinusoidalPositions, TransformerEncoderLayer,
    };
    pub use crate::optim::{Adam, AdamW, Clip, Cosine, RmsProp, Schedule, Sgd, StepDecay, WarmUp};
    pub use crate::tensor;
    pub use crate::{
        Convolution, CrossEntropy, Element, Error, Graph, Idx, Param, Params, Pooling, Program, Reduction,
        Result, Shape, Tensor, Training, Var, feed, trace, trace_training,
    };
}

/// The snippets of the documents beside the source run as tests.
#[cfg(doctest)]
mod documents {
    #[doc = include_str!("../README.md")]
    mod readme {}
    #[doc = include_str!("../CONTRIBUTING.md")]
    mod contributing {}
    #[doc = include_str!("../docs/architecture.md")]
    mod architecture {}
    // The pages of the book.
    #[doc = include_str!("../docs/first_model.md")]
    mod first_model {}
    #[doc = include_str!("../docs/nonlinearity.md")]
    mod nonlinearity {}
    #[doc = include_str!("../docs/sigmoid.md")]
    mod sigmoid {}
    #[doc = include_str!("../docs/tanh.md")]
    mod tanh {}
    #[doc = include_str!("../docs/relu.md")]
    mod relu {}
    #[doc = include_str!("../docs/dead_units.md")]
    mod dead_units {}
    #[doc = include_str!("../docs/zoo.md")]
    mod zoo {}
    #[doc = include_str!("../docs/softmax.md")]
    mod softmax {}
    #[doc = include_str!("../docs/vanishing.md")]
    mod vanishing {}
    #[doc = include_str!("../docs/initialization.md")]
    mod initialization {}
    #[doc = include_str!("../docs/choosing.md")]
    mod choosing {}
    #[doc = include_str!("../docs/by_hand.md")]
    mod by_hand {}
    #[doc = include_str!("../docs/gradient_check.md")]
    mod gradient_check {}
    #[doc = include_str!("../docs/health_report.md")]
    mod health_report {}
    #[doc = include_str!("../docs/playground.md")]
    mod playground {}
    #[doc = include_str!("../docs/source.md")]
    mod source {}
    #[doc = include_str!("../docs/glossary.md")]
    mod glossary {}
    #[doc = include_str!("../docs/coming_from.md")]
    mod coming_from {}
    #[doc = include_str!("../docs/answers.md")]
    mod answers {}
    #[doc = include_str!("../docs/WRITING.md")]
    mod writing {}
}
