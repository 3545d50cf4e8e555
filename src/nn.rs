//! Layers: named parameters and a function from value to value. Floor 7: reads floors 1 to 4 and 6.
//!
//! A layer holds [`Param`](crate::Param)s, never values of a graph, so a model of yours is a plain struct of
//! layers, without a lifetime, and a function. Layers in a row are a [`Sequential`], and all of these are a
//! [`Module`].
//!
//! ```
//! use gradus::prelude::*;
//! struct Net { hidden: Linear, output: Linear }
//!
//! impl Net {
//!     fn new(params: &mut Params<f32>) -> Self {
//!         Net { hidden: Linear::new(params, "hidden", 2, 8), output: Linear::new(params, "output", 8, 1) }
//!     }
//!
//!     fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
//!         self.output.forward(self.hidden.forward(x).tanh())
//!     }
//! }
//!
//! let mut params = Params::seeded(7);
//! let net = Net::new(&mut params);
//! let g = Graph::new();
//! assert_eq!(net.forward(g.input("x", [4, 2])).shape()[..], [4, 1]);
//! ```

mod activations;
mod attention;
mod batch_norm;
mod conv;
mod dropout;
mod embedding;
mod facts;
mod init;
mod linear;
mod mlp;
mod module;
mod norm;
mod pool;
mod positions;
mod recurrent;
mod weight;

pub use crate::ops::{Convolution, PaddingMode, Pooling, Sizes};
pub use activations::ACTIVATIONS;
pub use attention::{MultiheadAttention, TransformerEncoderLayer};
pub use batch_norm::BatchNorm;
pub use conv::{Conv, Conv1d, Conv2d, ConvTranspose, ConvTranspose1d, ConvTranspose2d};
pub use dropout::Dropout;
pub use embedding::Embedding;
pub use facts::{Facts, Trend};
pub use init::Init;
pub use linear::Linear;
pub use mlp::{Activation, Mlp};
pub use module::{Module, Sequential};
pub use norm::{GroupNorm, InstanceNorm, LayerNorm, RMSNorm};
pub use pool::{
    AdaptiveAvgPool, AdaptiveAvgPool1d, AdaptiveAvgPool2d, AvgPool, AvgPool1d, AvgPool2d, Flatten, MaxPool,
    MaxPool1d, MaxPool2d,
};
pub use positions::{RotaryPositions, SinusoidalPositions};
pub use recurrent::{First, GRU, LSTM, RNN, ReluRNN, States};
