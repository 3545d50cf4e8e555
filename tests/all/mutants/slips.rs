//! Wrong derivatives as they were in shipped engines, one each.

use super::{Mutant, Of, Rule, Value};
use gradus::op::{Map, Real};
use gradus::{CrossEntropy, Tensor, Var, tensor};
use std::sync::Arc;

fn slip(
    name: &str,
    of: Of,
    value: impl for<'a> Fn(&[Var<'a>]) -> Var<'a> + Send + Sync + 'static,
    rule: impl for<'a> Fn(&[Var<'a>], Var<'a>, Var<'a>) -> Vec<Var<'a>> + Send + Sync + 'static,
) -> Mutant {
    let (value, rule): (Value, Rule) = (Arc::new(value), Arc::new(rule));
    Mutant { name: name.into(), class: "shipped", value, rule, of, then: None }
}

/// A row of the table with a slope that another engine has.
fn row(
    name: &str,
    map: Map,
    slope: impl for<'a> Fn(Var<'a>, Var<'a>) -> Var<'a> + Send + Sync + 'static,
) -> Mutant {
    slip(name, Of::Number(map), move |x| Real::row(map, x), move |x, y, ct| vec![ct * slope(x[0], y)])
}

fn tensors(inputs: impl IntoIterator<Item = Tensor<f64>>) -> Of {
    Of::Tensors(inputs.into_iter().collect())
}

/// The blocks of 2 × 2 of a 4 × 4 picture, for pooling.
fn blocks(x: Var<'_>) -> Var<'_> {
    x.reshape([2, 2, 2, 2]).permute([0, 2, 1, 3]).reshape([4, 4])
}

fn unblocks(x: Var<'_>) -> Var<'_> {
    x.reshape([2, 2, 2, 2]).permute([0, 2, 1, 3]).reshape([4, 4])
}

fn picture() -> Tensor<f64> {
    Tensor::from_fn([4, 4], |at| ((at[0] * 7 + at[1] * 5) % 16) as f64 / 5.0 - 1.3)
}

fn logits() -> Tensor<f64> {
    tensor![[0.3, -1.2, 2.0], [1.1, 0.4, -0.6], [-0.9, 0.2, 0.8]].cast()
}

pub fn all() -> Vec<Mutant> {
    let half = std::f64::consts::SQRT_2;
    vec![
        row("gelu's density without 1/√2 in it", Map::Gelu, move |x, _| {
            x.normal_cdf() + x.strong_mul(x.normal_pdf()) * half
        }),
        row("gelu's sigmoid form with the slope of its tanh form", Map::GeluSigmoid, |x, _| {
            x.gelu_tanh_grad()
        }),
        row("an operation that the rules do not know: ln with 1", Map::Ln, |x, _| x.full_like(1.0)),
        row("an operation that the rules do not know: exp with 1", Map::Exp, |x, _| x.full_like(1.0)),
        row("a hard tanh with the mean of both sides at its kinks", Map::HardTanh, |x, _| {
            (x.abs().lt(1.0) + x.abs().le(1.0)) * 0.5
        }),
        slip(
            "pooling: the largest of four gets a quarter",
            tensors([picture()]),
            |x| blocks(x[0]).max(1).squeeze(1),
            |x, y, ct| vec![unblocks(blocks(x[0]).eq(y.unsqueeze(1)) * ct.unsqueeze(1) * 0.25)],
        ),
        slip(
            "pooling: the mean's gradient without its quarter",
            tensors([picture()]),
            |x| blocks(x[0]).mean(1).squeeze(1),
            |_, _, ct| vec![unblocks(ct.unsqueeze(1).broadcast_to([4, 4]))],
        ),
        slip(
            "cells written over pass their gradient on",
            tensors([tensor![0.3, -0.7, 1.2, 0.4].cast(), tensor![1.0, 2.0, -1.0, 0.5].cast()]),
            |x| x[0].graph().value(tensor![1.0, 0.0, 0.0, 1.0]).select(x[1], x[0]),
            |x, _, ct| vec![ct, ct * x[0].graph().value(tensor![1.0, 0.0, 0.0, 1.0])],
        ),
        slip(
            "cells added to do not pass their gradient on",
            tensors([tensor![0.3, -0.7, 1.2, 0.4].cast(), tensor![1.0, 2.0, -1.0, 0.5].cast()]),
            |x| x[0] + x[0].graph().value(tensor![1.0, 0.0, 0.0, 1.0]) * x[1],
            |x, _, ct| {
                let written = x[0].graph().value(tensor![1.0, 0.0, 0.0, 1.0]);
                vec![ct * (1.0 - written), ct * written]
            },
        ),
        slip(
            "the largest: a whole gradient to each tie",
            tensors([tensor![1.0, 3.0, 3.0, 2.0].cast()]),
            |x| x[0].max(0).squeeze(0),
            |x, y, ct| vec![ct.unsqueeze(0) * x[0].eq(y.unsqueeze(0))],
        ),
        slip(
            "the larger of two: a whole gradient to both at a tie",
            tensors([tensor![1.0, 2.0].cast(), tensor![1.0, 3.0].cast()]),
            |x| x[0].maximum(x[1]),
            |x, _, ct| vec![ct * x[1].le(x[0]), ct * x[0].le(x[1])],
        ),
        slip(
            "log softmax: summed along axis 1, whatever the axis",
            tensors([logits()]),
            |x| x[0].log_softmax(0),
            |_, y, ct| vec![ct - y.exp() * ct.sum(1)],
        ),
        slip(
            "sigmoid cross-entropy with eˣ/(1 + eˣ)",
            tensors([tensor![0.5, 800.0, -3.0].cast()]),
            |x| x[0].sigmoid_cross_entropy(x[0].graph().value(tensor![0.0, 1.0, 0.25])),
            |x, _, ct| {
                let e = x[0].exp();
                vec![(e / (1.0 + e) - x[0].graph().value(tensor![0.0, 1.0, 0.25])) * ct / 3.0]
            },
        ),
        slip(
            "sigmoid cross-entropy: the target for the logit",
            tensors([tensor![0.5, 1.5, -3.0].cast(), tensor![0.2, 0.7, 0.4].cast()]),
            |x| x[0].sigmoid_cross_entropy(x[1]),
            |x, _, ct| vec![(x[0].sigmoid() - x[1]) * ct / 3.0, -x[1] * ct / 3.0],
        ),
        slip(
            "an ignored label in the denominator",
            tensors([logits()]),
            |x| CrossEntropy::new().ignore(2).of(x[0], x[0].graph().value(logits()).argmax(-1).squeeze(-1)),
            |x, _, ct| {
                let kept = x[0].graph().value(tensor![[0.0], [1.0], [0.0]]);
                vec![
                    (x[0].softmax(-1) - x[0].graph().value(logits()).argmax(-1).squeeze(-1).one_hot())
                        * kept
                        * ct
                        / 3.0,
                ]
            },
        ),
        slip(
            "the trace of an oblong matrix, by its other side",
            tensors([Tensor::from_fn([2, 3], |at| (at[0] * 3 + at[1]) as f64 - 2.2)]),
            |x| (x[0].slice(1, 0..2) * x[0].graph().value(tensor![[1.0, 0.0], [0.0, 1.0]])).sum(..),
            |x, _, ct| {
                let places = x[0].graph().value(tensor![1.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
                vec![ct * places.reshape([2, 3])]
            },
        ),
        slip(
            "nearest neighbors repeated: overwritten instead of added",
            tensors([tensor![0.3, -0.7, 1.2].cast()]),
            |x| x[0].unsqueeze(1).broadcast_to([3, 2]).reshape([6]),
            |_, _, ct| vec![ct.reshape([3, 2]).slice(1, 1..2).squeeze(1)],
        ),
        slip(
            "a coefficient behind the loss has no effect",
            tensors([tensor![0.3, -0.7, 1.2].cast()]),
            |x| x[0].square().mean(..),
            |x, _, _| vec![x[0] * 2.0 / 3.0],
        ),
    ]
}
