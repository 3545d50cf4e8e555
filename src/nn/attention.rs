//! Attention of several heads, and the transformer's layer that is made of it.

use super::init::Init;
use super::{LayerNorm, Linear, Module};
use crate::element::Element;
use crate::error::Site;
use crate::graph::Var;
use crate::params::{Param, Params};
use crate::shape::Shape;

/// Attention of several heads (Vaswani et al. 2017): each head projects queries, keys and values to a share of the width
/// and attends by [`Var::scaled_dot_product_attention`]; the heads side by side are projected once more.
///
/// Its parameters are `name.in_proj_weight`, of shape `[3·width, width]`, for queries, keys and values one below the other,
/// `name.in_proj_bias`, of shape `[3·width]`, and `name.out_proj.weight` and `.bias`: PyTorch's names and layout. The
/// first numbers are PyTorch's, too: Glorot's uniform distribution for the first, biases of zeros.
///
/// ```
/// # use gradus::prelude::*;
/// use gradus::nn::MultiheadAttention;
/// let mut params = Params::<f32>::seeded(7);
/// let attention = MultiheadAttention::new(&mut params, "attention", 16, 4);
/// let g = Graph::new();
/// let x = g.input("x", [8, 10, 16]);
/// assert_eq!(attention.forward(x).shape()[..], [8, 10, 16]);
/// let causal = attention.attend(x, x, x, g.causal_mask(10));
/// assert_eq!(causal.shape()[..], [8, 10, 16]);
/// ```
#[derive(Clone, Debug)]
pub struct MultiheadAttention {
    name: String,
    width: usize,
    heads: usize,
    weight: Param,
    bias: Param,
    output: Linear,
    dropout: f64,
}

impl MultiheadAttention {
    /// Attention over vectors of `width` numbers, a multiple of the number of heads.
    #[track_caller]
    pub fn new<E: Element>(
        params: &mut Params<E>,
        name: impl Into<String>,
        width: usize,
        heads: usize,
    ) -> Self {
        let name = name.into();
        // Too large a width is reported with the shape that it makes.
        let (w, b) = (Shape::from([width.saturating_mul(3), width]), Shape::from([width.saturating_mul(3)]));
        let drawn = (Init::GlorotUniform.draw(&w, params.rng()), w);
        let weight = params.take(format!("{name}.in_proj_weight"), drawn);
        let drawn = (Init::Zeros.draw(&b, params.rng()), b);
        let bias = params.take(format!("{name}.in_proj_bias"), drawn);
        let output = Linear::with_init(params, format!("{name}.out_proj"), width, width, Init::TorchLinear);
        MultiheadAttention { name, width, heads, weight, bias, output, dropout: 0.0 }
    }

    /// Leaves out shares of attention in a training, each with this probability; PyTorch's `dropout`. It is 0 unless it is
    /// set.
    #[must_use]
    pub fn dropout(self, probability: f64) -> Self {
        MultiheadAttention { dropout: probability, ..self }
    }

    /// Records attention of a value to itself: `[n, length, width]` to the same shape.
    #[track_caller]
    pub fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
        self.attend(x, x, x, None)
    }

    /// Records attention of queries `[n, q, width]` to keys and values `[n, k, width]`, to `[n, q, width]`. A mask is 1 where a
    /// query may see a key and 0 where not, of a shape that broadcasts to `[n, heads, q, k]`: `[q, k]` for all alike, such as
    /// [`causal_mask`](crate::Graph::causal_mask), or `[n, 1, 1, k]` for keys that are padding. A query that sees no key gets
    /// the bias of the last projection alone.
    #[track_caller]
    pub fn attend<'g>(
        &self,
        queries: Var<'g>,
        keys: Var<'g>,
        values: Var<'g>,
        mask: impl Into<Option<Var<'g>>>,
    ) -> Var<'g> {
        let graph = queries.graph();
        let (_scope, _site) = (graph.scope(&self.name), graph.calling(Site::here()));
        let args = [("queries", queries), ("keys", keys), ("values", values)];
        if let Some(problem) = self.problem(args) {
            return graph.refuse("multihead_attention", &args, problem);
        }
        let (w, b) = (graph.param(&self.weight), graph.param(&self.bias));
        let each = self.width / self.heads;
        let project = |i: usize, x: Var<'g>| {
            let part = i * self.width..(i + 1) * self.width;
            let y = x.matmul_t(w.slice(0, part.clone())) + b.slice(0, part);
            let s = x.shape();
            y.reshape([s[0], s[1], self.heads, each]).permute([0, 2, 1, 3])
        };
        let [q, k, v] = [(0, queries), (1, keys), (2, values)].map(|(i, x)| project(i, x));
        let heads = q.attend(k, v, mask.into(), self.dropout);
        self.output.forward(heads.permute([0, 2, 1, 3]).reshape(queries.shape()))
    }

    fn problem(&self, args: [(&str, Var<'_>); 3]) -> Option<String> {
        let graph = args[0].1.graph();
        if args.iter().any(|(_, x)| x.is_poisoned() || !x.is_of(graph)) {
            return Some(String::new());
        }
        if self.heads == 0 || !self.width.is_multiple_of(self.heads) {
            return Some(format!("a width of {} cannot be divided among {} heads", self.width, self.heads));
        }
        let wrong = |(_, x): &&(&str, Var<'_>)| x.rank() != 3 || x.shape()[2] != self.width;
        let found = args.iter().find(wrong).map(|(what, x)| {
            format!(
                "the {what} are to have the shape [batch, length, {}], and it is {}",
                self.width,
                x.shape()
            )
        });
        let batches = args.map(|(_, x)| x.shape().first().copied());
        found.or_else(|| {
            (batches[0] != batches[1] || batches[1] != batches[2])
                .then(|| "queries, keys and values are to be of one batch".into())
        })
    }
}

/// The encoder's layer of a transformer (Vaswani et al. 2017): attention, then two linear layers, each with a residual and
/// a [`LayerNorm`]. The normalization stands behind each part, as in PyTorch's default, or before it
/// ([`norm_first`](Self::norm_first)), which trains without a warm-up (Xiong et al. 2020). With a causal mask it is the block
/// of a language model.
///
/// Its parameters have PyTorch's names: those of `name.self_attn`, `name.linear1`, `name.linear2`, `name.norm1` and
/// `name.norm2`.
///
/// ```
/// # use gradus::prelude::*;
/// use gradus::nn::TransformerEncoderLayer;
/// let mut params = Params::<f32>::seeded(7);
/// let block = TransformerEncoderLayer::new(&mut params, "block", 16, 4, 64).norm_first();
/// let g = Graph::new();
/// let x = g.input("x", [8, 10, 16]);
/// assert_eq!(block.attend(x, g.causal_mask(10)).shape()[..], [8, 10, 16]);
/// ```
#[derive(Clone, Debug)]
pub struct TransformerEncoderLayer {
    name: String,
    attention: MultiheadAttention,
    linears: [Linear; 2],
    norms: [LayerNorm; 2],
    activation: fn(Var<'_>) -> Var<'_>,
    first: bool,
    dropout: f64,
}

impl TransformerEncoderLayer {
    /// A layer over vectors of `width` numbers with a number of heads and, between the two linear layers, of `hidden` units
    /// and a rectifier.
    #[track_caller]
    pub fn new<E: Element>(
        params: &mut Params<E>,
        name: impl Into<String>,
        width: usize,
        heads: usize,
        hidden: usize,
    ) -> Self {
        let name = name.into();
        let attention = MultiheadAttention::new(params, format!("{name}.self_attn"), width, heads);
        let first = Linear::new(params, format!("{name}.linear1"), width, hidden);
        let second = Linear::new(params, format!("{name}.linear2"), hidden, width);
        let before = LayerNorm::new(params, format!("{name}.norm1"), [width]);
        let after = LayerNorm::new(params, format!("{name}.norm2"), [width]);
        TransformerEncoderLayer {
            name,
            attention,
            linears: [first, second],
            norms: [before, after],
            activation: |x| x.relu(),
            first: false,
            dropout: 0.0,
        }
    }

    /// Sets the activation between the two linear layers.
    #[must_use]
    pub fn activation(self, activation: fn(Var<'_>) -> Var<'_>) -> Self {
        TransformerEncoderLayer { activation, ..self }
    }

    /// Puts each normalization before its part, not behind it.
    #[must_use]
    pub fn norm_first(self) -> Self {
        TransformerEncoderLayer { first: true, ..self }
    }

    /// Leaves out elements in a training, each with this probability, in PyTorch's four places: shares of attention, what
    /// attention returns, what the activation returns, and what the second linear layer returns. It is 0 unless it is set;
    /// PyTorch's is 0.1.
    #[must_use]
    pub fn dropout(self, probability: f64) -> Self {
        let attention = self.attention.dropout(probability);
        TransformerEncoderLayer { attention, dropout: probability, ..self }
    }

    /// Records the layer without a mask: `[n, length, width]` to the same shape.
    #[track_caller]
    pub fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
        self.attend(x, None)
    }

    /// Records the layer with a mask, as that of [`MultiheadAttention::attend`].
    #[track_caller]
    pub fn attend<'g>(&self, x: Var<'g>, mask: impl Into<Option<Var<'g>>>) -> Var<'g> {
        let (graph, mask) = (x.graph(), mask.into());
        let _site = graph.calling(Site::here());
        let [before, after] = &self.norms;
        let dropped = |x: Var<'g>| if self.dropout == 0.0 { x } else { x.dropout(self.dropout) };
        let attention = |x: Var<'g>| dropped(self.attention.attend(x, x, x, mask));
        let hidden = |x: Var<'g>| {
            let before = self.linears[0].forward(x);
            let inner = graph.admit("activation", (self.activation)(before));
            if inner.shape() != before.shape() && !inner.is_poisoned() {
                let problem = format!(
                    "an activation keeps the shape {}, and this one made {}",
                    before.shape(),
                    inner.shape()
                );
                return graph.refuse("activation", &[("value", before)], problem);
            }
            dropped(self.linears[1].forward(dropped(inner)))
        };
        match self.first {
            true => {
                let x = x + attention(before.forward(x));
                x + hidden(after.forward(x))
            }
            false => {
                let x = before.forward(x + attention(x));
                after.forward(x + hidden(x))
            }
        }
    }

    /// The layer's name, with which those of its parameters begin.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Module for MultiheadAttention {
    #[track_caller]
    fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
        self.forward(x)
    }
}

impl Module for TransformerEncoderLayer {
    #[track_caller]
    fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
        self.forward(x)
    }
}
