//! Rules of tensor operations with the slips of shipped engines: axes, transposes, scales, sums.

use super::{Mutant, Of, Rule, Value};
use gradus::{Tensor, Var};
use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Numbers without a pattern.
fn numbers(shape: &[usize], from: usize) -> Tensor<f64> {
    let mut i = from;
    Tensor::from_fn(shape, |_| {
        i += 1;
        ((i * 37 % 101) as f64 / 50.5 - 1.0) * 1.3 + 0.017
    })
}

fn mutant(
    name: &str,
    class: &'static str,
    inputs: Vec<Tensor<f64>>,
    value: impl for<'a> Fn(&[Var<'a>]) -> Var<'a> + Send + Sync + 'static,
    rule: impl for<'a> Fn(&[Var<'a>], Var<'a>, Var<'a>) -> Vec<Var<'a>> + Send + Sync + 'static,
) -> Mutant {
    let (value, rule): (Value, Rule) = (Arc::new(value), Arc::new(rule));
    Mutant { name: name.into(), class, value, rule, of: Of::Tensors(inputs), then: None }
}

fn products() -> Vec<Mutant> {
    let square = || vec![numbers(&[3, 3], 0), numbers(&[3, 3], 20)];
    let oblong = || vec![numbers(&[2, 3], 0), numbers(&[3, 4], 20)];
    vec![
        mutant(
            "product: right not transposed",
            "tensor",
            square(),
            |x| x[0].matmul(x[1]),
            |x, _, ct| vec![ct.matmul(x[1]), x[0].t().matmul(ct)],
        ),
        mutant(
            "product: left not transposed",
            "tensor",
            square(),
            |x| x[0].matmul(x[1]),
            |x, _, ct| vec![ct.matmul_t(x[1]), x[0].matmul(ct)],
        ),
        mutant(
            "product: both gradients swapped",
            "tensor",
            square(),
            |x| x[0].matmul(x[1]),
            |x, _, ct| vec![x[0].t().matmul(ct), ct.matmul_t(x[1])],
        ),
        mutant(
            "product: right side forgotten",
            "tensor",
            oblong(),
            |x| x[0].matmul(x[1]),
            |x, _, ct| vec![ct.matmul_t(x[1]), x[1].zeros_like()],
        ),
        mutant(
            "product: left off by 1e-7",
            "tensor",
            oblong(),
            |x| x[0].matmul(x[1]),
            |x, _, ct| vec![ct.matmul_t(x[1]) * (1.0 + 1e-7), x[0].t().matmul(ct)],
        ),
        mutant(
            "product: gradient transposed",
            "tensor",
            square(),
            |x| x[0].matmul(x[1]),
            |x, _, ct| vec![ct.matmul_t(x[1]).t(), x[0].t().matmul(ct)],
        ),
        mutant(
            "x·xᵀ counted once",
            "tensor",
            vec![numbers(&[2, 3], 0)],
            |x| x[0].matmul_t(x[0]),
            |x, _, ct| vec![ct.matmul(x[0])],
        ),
        mutant(
            "a product: siblings swapped",
            "tensor",
            vec![numbers(&[4], 0), numbers(&[4], 9)],
            |x| x[0] * x[1],
            |x, _, ct| vec![ct * x[0], ct * x[1]],
        ),
        mutant(
            "a quotient: sign of the divisor's",
            "tensor",
            vec![numbers(&[4], 0), numbers(&[4], 9)],
            |x| x[0] / x[1],
            |x, y, ct| vec![ct / x[1], ct * y / x[1]],
        ),
        mutant(
            "a difference: second sign",
            "tensor",
            vec![numbers(&[4], 0), numbers(&[4], 9)],
            |x| x[0] - x[1],
            |_, _, ct| vec![ct, ct],
        ),
        mutant(
            "used twice, one path dropped",
            "shipped",
            vec![numbers(&[4], 0)],
            |x| x[0] * x[0] + x[0].sin(),
            |x, _, ct| vec![ct * x[0] * 2.0],
        ),
        mutant(
            "overwritten instead of added",
            "shipped",
            vec![numbers(&[4], 0)],
            |x| x[0] * 3.0 + x[0] * 5.0,
            |_, _, ct| vec![ct * 5.0],
        ),
        mutant(
            "inverse scale",
            "shipped",
            vec![numbers(&[5], 0)],
            |x| x[0] * 4.0,
            |_, _, ct| vec![ct * 0.25],
        ),
        mutant(
            "dropped cotangent",
            "shipped",
            vec![numbers(&[5], 0)],
            |x| x[0].sin(),
            |x, _, _| vec![x[0].cos()],
        ),
        mutant(
            "detached",
            "shipped",
            vec![numbers(&[5], 0)],
            |x| x[0].sin(),
            |x, _, _| vec![x[0].zeros_like()],
        ),
        mutant(
            "a branch not taken that poisons",
            "shipped",
            vec![numbers(&[6], 0).map(|x| x * 900.0)],
            |x| x[0].gt(0.0).select(x[0], x[0].minimum(0.0).exp_m1()),
            |x, _, ct| vec![ct * (x[0].gt(0.0) + x[0].le(0.0) * x[0].exp())],
        ),
    ]
}

fn reductions() -> Vec<Mutant> {
    let x = || vec![numbers(&[3, 4], 0)];
    let square = || vec![numbers(&[3, 3], 0)];
    vec![
        mutant(
            "sum along the wrong axis",
            "tensor",
            square(),
            |x| x[0].sum(0).squeeze(0),
            |x, _, ct| vec![ct.unsqueeze(1).broadcast_to(x[0].shape())],
        ),
        mutant(
            "mean without 1/n",
            "tensor",
            x(),
            |x| x[0].mean(1).squeeze(1),
            |x, _, ct| vec![ct.unsqueeze(1).broadcast_to(x[0].shape())],
        ),
        mutant(
            "mean with n − 1",
            "tensor",
            x(),
            |x| x[0].mean(1).squeeze(1),
            |x, _, ct| vec![ct.unsqueeze(1).broadcast_to(x[0].shape()) / 3.0],
        ),
        mutant(
            "variance with n − 1",
            "tensor",
            x(),
            |x| x[0].var(..),
            |x, _, ct| vec![(x[0] - x[0].mean(..)) * 2.0 * ct / 11.0],
        ),
        mutant(
            "variance without the mean",
            "tensor",
            x(),
            |x| x[0].var(..),
            |x, _, ct| vec![x[0] * 2.0 * ct / 12.0],
        ),
        mutant(
            "product of all as y/x beside 0",
            "tensor",
            vec![Tensor::from([2.0, 0.0, 5.0])],
            |x| x[0].prod(..),
            |x, y, ct| vec![ct * y / x[0]],
        ),
        mutant(
            "largest: all ties",
            "tensor",
            vec![Tensor::from([1.0, 3.0, 3.0, 2.0])],
            |x| x[0].max(..) + x[0].sum(..) * 0.0,
            |x, _, ct| vec![ct * x[0].eq(x[0].max(..)) * 2.0],
        ),
        mutant(
            "largest: the smallest's",
            "tensor",
            x(),
            |x| x[0].max(1).squeeze(1),
            |x, _, ct| vec![ct.unsqueeze(1) * x[0].eq(x[0].min(1))],
        ),
        mutant(
            "a norm without its root",
            "tensor",
            x(),
            |x| x[0].square().sum(..).sqrt(),
            |x, _, ct| vec![ct * x[0]],
        ),
        mutant(
            "logsumexp: the largest only",
            "tensor",
            x(),
            |x| x[0].logsumexp(1).squeeze(1),
            |x, _, ct| vec![ct.unsqueeze(1) * x[0].eq(x[0].max(1))],
        ),
        mutant(
            "bias: the first row only",
            "tensor",
            vec![numbers(&[3, 4], 0), numbers(&[4], 30)],
            |x| x[0] + x[1],
            |_, _, ct| vec![ct, ct.slice(0, ..1).squeeze(0)],
        ),
        mutant(
            "bias: a mean for the sum",
            "tensor",
            vec![numbers(&[3, 4], 0), numbers(&[4], 30)],
            |x| x[0] + x[1],
            |_, _, ct| vec![ct, ct.mean(0).squeeze(0)],
        ),
        mutant(
            "bias: along the wrong axis",
            "tensor",
            vec![numbers(&[3, 3], 0), numbers(&[3], 30)],
            |x| x[0] + x[1],
            |_, _, ct| vec![ct, ct.sum(1).squeeze(1)],
        ),
        mutant(
            "batch mean not divided",
            "tensor",
            vec![numbers(&[5], 0)],
            |x| x[0].square().mean(..),
            |x, _, ct| vec![ct * x[0] * 2.0],
        ),
    ]
}

fn softmaxes() -> Vec<Mutant> {
    let x = || vec![numbers(&[2, 4], 0).map(|x| x * 3.0)];
    let square = || vec![numbers(&[3, 3], 0).map(|x| x * 3.0)];
    let confident = || vec![Tensor::from([[40.0, 0.0, 1.0], [0.5, 35.0, -3.0]])];
    vec![
        mutant("softmax without the sum", "tensor", x(), |x| x[0].softmax(-1), |_, y, ct| vec![ct * y]),
        mutant(
            "softmax: diagonal only",
            "tensor",
            x(),
            |x| x[0].softmax(-1),
            |_, y, ct| vec![ct * y * (1.0 - y)],
        ),
        mutant(
            "softmax along the wrong axis",
            "tensor",
            square(),
            |x| x[0].softmax(-1),
            |_, y, ct| vec![y * (ct - (ct * y).sum(0))],
        ),
        mutant(
            "softmax: small ones off by 1e-3",
            "tensor",
            x(),
            |x| x[0].softmax(-1),
            |_, y, ct| {
                let right = y * (ct - (ct * y).sum(-1));
                vec![y.lt(1e-2).select(right * (1.0 + 1e-3), right)]
            },
        ),
        mutant(
            "softmax: below 1e-7 flushed",
            "tensor",
            confident(),
            |x| x[0].softmax(-1),
            |_, y, ct| {
                let right = y * (ct - (ct * y).sum(-1));
                vec![y.lt(1e-7).select(0.0, right)]
            },
        ),
        mutant("log softmax without the sum", "tensor", x(), |x| x[0].log_softmax(-1), |_, _, ct| vec![ct]),
        mutant(
            "log softmax: without the softmax",
            "tensor",
            x(),
            |x| x[0].log_softmax(-1),
            |_, _, ct| vec![ct - ct.mean(-1)],
        ),
        mutant(
            "cross-entropy by p − 1, flushed",
            "tensor",
            confident(),
            |x| x[0].softmax_cross_entropy(x[0].argmax(-1).squeeze(-1)),
            |x, _, ct| {
                let d = x[0].softmax(-1) - x[0].argmax(-1).squeeze(-1).one_hot();
                vec![d.abs().lt(1e-6).select(0.0, d) * ct * 0.5]
            },
        ),
        mutant(
            "cross-entropy not divided by the batch",
            "tensor",
            x(),
            |x| x[0].softmax_cross_entropy(x[0].argmax(-1).squeeze(-1)),
            |x, _, ct| vec![(x[0].softmax(-1) - x[0].argmax(-1).squeeze(-1).one_hot()) * ct],
        ),
        mutant(
            "sigmoid cross-entropy without the target",
            "tensor",
            vec![numbers(&[4], 0)],
            |x| x[0].sigmoid_cross_entropy(x[0].full_like(0.25)),
            |x, _, ct| vec![x[0].sigmoid() * ct / 4.0],
        ),
        mutant(
            "normalize without the mean's path",
            "tensor",
            x(),
            |x| x[0].normalize(-1, 1e-5),
            |x, y, ct| {
                let s = (x[0].var(-1) + 1e-5).sqrt();
                vec![(ct - y * (ct * y).mean(-1)) / s]
            },
        ),
        mutant(
            "normalize without the variance's path",
            "tensor",
            x(),
            |x| x[0].normalize(-1, 1e-5),
            |x, _, ct| {
                let s = (x[0].var(-1) + 1e-5).sqrt();
                vec![(ct - ct.mean(-1)) / s]
            },
        ),
        mutant(
            "normalize with ε outside the root",
            "tensor",
            x(),
            |x| x[0].normalize(-1, 1e-3),
            |x, y, ct| {
                let s = x[0].var(-1).sqrt() + 1e-3;
                vec![(ct - ct.mean(-1) - y * (ct * y).mean(-1)) / s]
            },
        ),
    ]
}

fn views() -> Vec<Mutant> {
    let x = || vec![numbers(&[3, 4], 0)];
    let square = || vec![numbers(&[3, 3], 0)];
    vec![
        mutant("transpose forgotten", "tensor", square(), |x| x[0].t(), |_, _, ct| vec![ct]),
        mutant(
            "reshape by columns",
            "tensor",
            vec![numbers(&[2, 3], 0)],
            |x| x[0].reshape([3, 2]),
            |_, _, ct| vec![ct.t()],
        ),
        mutant("slice off by one", "tensor", x(), |x| x[0].slice(1, 0..3), |_, _, ct| vec![ct.pad(1, 1, 0)]),
        mutant("pad shifted", "tensor", x(), |x| x[0].pad(1, 1, 1), |_, _, ct| vec![ct.slice(1, 0..4)]),
        mutant(
            "joined parts swapped",
            "tensor",
            vec![numbers(&[2, 3], 0), numbers(&[2, 3], 9)],
            |x| x[0].graph().cat(x, 1),
            |_, _, ct| vec![ct.slice(1, 3..6), ct.slice(1, 0..3)],
        ),
        mutant(
            "rows gathered twice, overwritten",
            "shipped",
            vec![numbers(&[3], 0)],
            |x| x[0].graph().cat(&[x[0].slice(0, 1..2), x[0].slice(0, 1..2), x[0].slice(0, 2..3)], 0),
            |_, _, ct| vec![ct.slice(0, 1..3).pad(0, 1, 0)],
        ),
        mutant(
            "an unselected row leaks",
            "tensor",
            x(),
            |x| x[0].slice(0, 0..2),
            |_, _, ct| vec![ct.slice(0, 0..1).broadcast_to([3, 4])],
        ),
        mutant(
            "window added once",
            "tensor",
            vec![numbers(&[6], 0)],
            |x| x[0].unfold(0, 3, 1),
            |_, _, ct| vec![ct.slice(1, 0..1).reshape([4]).pad(0, 0, 2)],
        ),
        mutant(
            "reversed order",
            "tensor",
            vec![numbers(&[3], 0)],
            |x| x[0] * 1.0,
            |_, _, ct| {
                let part = |i: usize| ct.slice(0, i..i + 1);
                vec![ct.graph().cat(&[part(2), part(1), part(0)], 0)]
            },
        ),
        mutant(
            "broadcast without its sum",
            "tensor",
            vec![numbers(&[1, 3], 0)],
            |x| x[0].broadcast_to([4, 3]),
            |_, _, ct| vec![ct.slice(0, 0..1)],
        ),
    ]
}

/// A linear map of 1,000 numbers whose rule is wrong in some of them.
fn many(name: &str, wrong: fn(usize) -> f64) -> Mutant {
    let weights = Tensor::from_fn([1000], |at| 1.0 + (at[0] % 7) as f64 / 10.0);
    let bent = Tensor::from_fn([1000], |at| weights.data()[at[0]] * wrong(at[0]));
    mutant(
        name,
        "one in 1000",
        vec![numbers(&[1000], 0)],
        move |x| (x[0] * x[0].graph().value(weights.clone())).sum(..),
        move |x, _, ct| vec![ct * x[0].graph().value(bent.clone())],
    )
}

fn contracts() -> Vec<Mutant> {
    let x = || vec![numbers(&[5], 0)];
    let counter = Arc::new(AtomicU64::new(0));
    let seen = Mutex::new(HashSet::new());
    vec![
        many("one element off by 0.05 %", |i| if i == 617 { 1.0005 } else { 1.0 }),
        many("one element with the wrong sign", |i| if i == 3 { -1.0 } else { 1.0 }),
        many("one element 0", |i| if i == 999 { 0.0 } else { 1.0 }),
        many("30 % wrong on a third", |i| if i % 3 == 1 { 1.3 } else { 1.0 }),
        many("1e-8 off on every second", |i| if i % 2 == 1 { 1.0 + 1e-8 } else { 1.0 }),
        mutant("cotangent squared", "not linear", x(), |x| x[0].sin(), |x, _, ct| vec![ct * ct * x[0].cos()]),
        mutant(
            "cotangent without its sign",
            "not linear",
            x(),
            |x| x[0].sin(),
            |x, _, ct| vec![ct.abs() * x[0].cos()],
        ),
        mutant(
            "something added to the cotangent",
            "not linear",
            x(),
            |x| x[0].sin(),
            |x, _, ct| vec![(ct + 1e-3) * x[0].cos()],
        ),
        mutant(
            "cotangent clamped",
            "not linear",
            x(),
            |x| x[0].sin(),
            |x, _, ct| vec![ct.clamp(-1.0, 1.0) * x[0].cos()],
        ),
        mutant(
            "another rule at each call",
            "state",
            x(),
            |x| x[0].sin(),
            move |x, _, ct| {
                let n = counter.fetch_add(1, Ordering::Relaxed);
                vec![ct * x[0].cos() * (1.0 + n as f64 * 1e-3)]
            },
        ),
        mutant(
            "a cotangent that was seen before adds nothing",
            "state",
            x(),
            |x| x[0].sin(),
            move |x, _, ct| {
                let new = seen.lock().expect("no rule panics").insert((x[0].id(), ct.id()));
                vec![if new { ct * x[0].cos() } else { x[0].zeros_like() }]
            },
        ),
        mutant(
            "NaN where the slope is 0",
            "non-finite",
            vec![Tensor::from([1.0, 0.0, 2.0])],
            |x| x[0].square(),
            |x, _, ct| vec![ct * 2.0 * x[0].square() / x[0]],
        ),
        mutant("infinite", "non-finite", x(), |x| x[0].sin(), |x, _, ct| vec![ct / x[0].zeros_like()]),
    ]
}

pub fn all() -> Vec<Mutant> {
    [products(), reductions(), softmaxes(), views(), contracts()].into_iter().flatten().collect()
}
