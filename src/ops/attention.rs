//! Attention: rows of values, mixed by the similarity of queries and keys.

use crate::graph::{Graph, Var};
use crate::shape::Shape;
use crate::tensor::Tensor;

impl<'g> Var<'g> {
    /// Attention by scaled dot products, `softmax(Q·Kᵀ/√width)·V` (Vaswani et al. 2017): queries `[…, q, width]`, the value
    /// that the method is called on, keys `[…, k, width]` and values `[…, k, other]` to `[…, q, other]`. Earlier axes
    /// broadcast.
    ///
    /// A `mask` is 1 where a query may see a key and 0 where not, of a shape that broadcasts to `[…, q, k]`. A query that may
    /// see no key gets zeros, and the gradient behind it is 0 (PyTorch: zeros or NaN, depending on the path taken). What a mask
    /// hides adds nothing, even if it is infinite or NaN.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(tensor![[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]);
    /// let v = g.value(tensor![[1.0], [3.0], [8.0]]);
    /// let y = x.scaled_dot_product_attention(x, v, Some(g.causal_mask(3)));
    /// assert_eq!(y.slice(0, ..2).to_string(), "[[1], [2]]");
    /// ```
    #[track_caller]
    pub fn scaled_dot_product_attention(
        self,
        keys: Var<'g>,
        values: Var<'g>,
        mask: impl Into<Option<Var<'g>>>,
    ) -> Var<'g> {
        let _call = self.graph.call("scaled_dot_product_attention");
        self.attend(keys, values, mask.into(), 0.0)
    }

    /// Attention whose shares are left out in a training with a probability.
    #[track_caller]
    pub(crate) fn attend(
        self,
        keys: Var<'g>,
        values: Var<'g>,
        mask: Option<Var<'g>>,
        dropout: f64,
    ) -> Var<'g> {
        let mut args = vec![("queries", self), ("keys", keys), ("values", values)];
        args.extend(mask.map(|mask| ("mask", mask)));
        if args.iter().any(|(_, x)| x.is_poisoned() || !x.is_of(self.graph)) {
            return self.graph.refuse("scaled_dot_product_attention", &args, String::new());
        }
        let (q, k, v) = (self.shape(), keys.shape(), values.shape());
        let problem = match (&q[..], &k[..], &v[..]) {
            ([.., _, a], [.., m, b], [.., n, _]) if a != b || m != n => Some(format!(
                "queries of shape {q}, keys of shape {k} and values of shape {v} do not fit: queries and keys have one width, keys and values one number"
            )),
            ([.., _, 0], ..) => Some(format!("queries of shape {q} have no width")),
            ([_, _, ..], [_, _, ..], [_, _, ..]) => None,
            _ => Some(format!(
                "queries, keys and values need two axes or more; the shapes are {q}, {k} and {v}"
            )),
        };
        let problem = problem.or_else(|| unfit(mask?, &q, &k));
        if let Some(problem) = problem {
            return self.graph.refuse("scaled_dot_product_attention", &args, problem);
        }
        let width = q[q.len() - 1] as f64;
        let scores = (self * (1.0 / libm::sqrt(width))).matmul_t(keys);
        let scores = mask.map_or(scores, |mask| mask.select(scores, f64::NEG_INFINITY));
        // A share of exactly 0 wins, so that a value that is hidden may be infinite or NaN.
        let shares = scores.softmax(-1);
        let shares = if dropout == 0.0 { shares } else { shares.dropout(dropout) };
        shares.matmul_strong(values)
    }
}

/// The mistake of a mask that does not stand beside the scores of queries and keys.
fn unfit(mask: Var<'_>, q: &Shape, k: &Shape) -> Option<String> {
    let (queries, keys) = (q[q.len() - 2], k[k.len() - 2]);
    let batch = Shape::from(&q[..q.len() - 2]).broadcast(&Shape::from(&k[..k.len() - 2]))?;
    let scores: Shape = batch.iter().copied().chain([queries, keys]).collect();
    (!mask.shape().fits(&scores)).then(|| {
        format!(
            "a mask of shape {} does not broadcast to the scores, of shape {scores}: 1 where a query may see a key; a mask of keys that are padding has an axis of size 1 for the queries",
            mask.shape()
        )
    })
}

impl Graph {
    /// The mask `[n, n]` with which each place sees itself and those before it: 1 on and below the diagonal, 0 above.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// assert_eq!(g.causal_mask(3).to_string(), "[[1, 0, 0], [1, 1, 0], [1, 1, 1]]");
    /// ```
    #[track_caller]
    pub fn causal_mask(&self, n: usize) -> Var<'_> {
        let _call = self.call("causal_mask");
        let shape = match Shape::from([n, n]).checked() {
            Ok(shape) => shape,
            Err(problem) => return self.refuse("causal_mask", &[], problem),
        };
        match Tensor::try_from_fn(shape, |at| f64::from(u8::from(at[1] <= at[0]))) {
            Ok(mask) => self.value(mask),
            Err(error) => self.refuse("causal_mask", &[], error.to_string()),
        }
    }
}
