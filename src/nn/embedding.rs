//! `Embedding`: a table of vectors, one for each index.

use super::init::Init;
use crate::element::Element;
use crate::graph::{Graph, Idx, Var};
use crate::params::{Param, Params};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// A table of vectors that are looked up by index: from indices of shape `[…]` to `[…, width]`.
///
/// Its parameter is `name.weight`, of shape `[count, width]`, drawn from a normal distribution with variance 1, as
/// PyTorch's.
///
/// ```
/// # use gradus::prelude::*;
/// use gradus::nn::Embedding;
/// let mut params = Params::<f32>::seeded(7);
/// let words = Embedding::new(&mut params, "words", 100, 16);
/// let g = Graph::new();
/// let x = words.forward(g.labels("text", [8, 12], 100));
/// assert_eq!(x.shape()[..], [8, 12, 16]);
/// // The same table gives the scores of each word, as the last layer of a language model.
/// assert_eq!(words.scores(x).shape()[..], [8, 12, 100]);
/// ```
#[derive(Clone, Debug)]
pub struct Embedding {
    name: String,
    weight: Param,
    padding: Option<usize>,
}

impl Embedding {
    /// A table of `count` vectors of `width` numbers.
    #[track_caller]
    pub fn new<E: Element>(
        params: &mut Params<E>,
        name: impl Into<String>,
        count: usize,
        width: usize,
    ) -> Self {
        Self::drawn(params, name.into(), count, width, None)
    }

    /// A table whose vector of one index, such as that of padding, begins with zeros and has no gradient. (A weight decay
    /// that is no part of the gradient, as AdamW's, leaves zeros as they are.)
    #[track_caller]
    pub fn with_padding<E: Element>(
        params: &mut Params<E>,
        name: impl Into<String>,
        count: usize,
        width: usize,
        padding: usize,
    ) -> Self {
        Self::drawn(params, name.into(), count, width, Some(padding))
    }

    #[track_caller]
    fn drawn<E: Element>(
        params: &mut Params<E>,
        name: String,
        count: usize,
        width: usize,
        padding: Option<usize>,
    ) -> Self {
        let shape = Shape::from([count, width]);
        let mut drawn = Init::Normal(1.0).draw(&shape, params.rng());
        if let (Ok(table), Some(row)) = (&mut drawn, padding.filter(|&row| row < count)) {
            let table: &mut Tensor<E> = table;
            table.data_mut()[row * width..(row + 1) * width].fill(E::default());
        }
        let weight = params.take(format!("{name}.weight"), (drawn, shape));
        Embedding { name, weight, padding }
    }

    /// The table, of shape `[count, width]`.
    pub fn weight(&self) -> &Param {
        &self.weight
    }

    /// Records the look-up. The indices may be of fewer classes than the table has vectors, not of more.
    #[track_caller]
    pub fn forward<'g>(&self, indices: Idx<'g>) -> Var<'g> {
        let _scope = indices.graph().scope(&self.name);
        self.table(indices.graph()).gather(indices, 0)
    }

    /// The products of each vector with those of the table, `x·Wᵀ`: from `[…, width]` to `[…, count]` (Press & Wolf
    /// 2017, tied weights).
    #[track_caller]
    pub fn scores<'g>(&self, x: Var<'g>) -> Var<'g> {
        let _scope = x.graph().scope(&self.name);
        x.matmul_t(self.table(x.graph()))
    }

    /// The table, of which the vector of padding has no gradient.
    #[track_caller]
    fn table<'g>(&self, graph: &'g Graph) -> Var<'g> {
        let (table, count) = (graph.param(&self.weight), self.weight.shape()[0]);
        match self.padding {
            Some(row) if row < count => {
                let kept = Tensor::from_fn([count, 1], |at| f64::from(u8::from(at[0] != row)));
                graph.value(kept).select(table, table.detach())
            }
            Some(row) => {
                let problem =
                    format!("the index {row} of padding is not below {count}, the number of vectors");
                graph.refuse("embedding", &[("table", table)], problem)
            }
            None => table,
        }
    }
}
