//! Cases for the losses and for every option of the cross-entropy.

use super::{Case, between, case, numbers, positive};
use gradus::Reduction::{Mean, None, Sum};
use gradus::{CrossEntropy, Reduction, Tensor, Var, tensor};

/// Rows of probabilities, from any numbers.
fn probabilities(x: Var<'_>) -> Var<'_> {
    x.softmax(-1)
}

fn soft() -> Tensor<f64> {
    tensor![[0.1, 0.2, 0.3, 0.4], [0.0, 1.0, 0.0, 0.0], [0.25, 0.25, 0.5, 0.0]]
}

pub fn cases() -> Vec<Case> {
    let z = || [numbers([3, 4], 1)];
    let labels = || [(tensor![3, 0, 1], 4)];
    let weighted = || [numbers([3, 4], 1), positive([4], 1)];
    // The last label, 4, is one more than the last class and is ignored.
    let ignored = || [(tensor![3, 4, 1], 5)];
    let pair = || [numbers([2, 3], 1), between([2, 3], 2)];
    let mut cases = vec![
        case("mse_loss", pair(), |_, x, _| x[0].mse_loss(x[1])),
        case("l1_loss", pair(), |_, x, _| x[0].l1_loss(x[1])),
        case("huber_loss", pair(), |_, x, _| x[0].huber_loss(x[1], 1.0)),
        case("huber with a small delta", pair(), |_, x, _| x[0].huber_loss(x[1], 0.25)),
        case("sigmoid_cross_entropy", pair(), |_, x, _| x[0].sigmoid_cross_entropy(x[1].sigmoid())),
        case("sigmoid_cross_entropy with hard targets", [numbers([2, 3], 1)], |g, x, _| {
            x[0].sigmoid_cross_entropy(g.value(tensor![[0.0, 1.0, 1.0], [0.0, 0.0, 1.0]]))
        }),
        case("softmax_cross_entropy", z(), |_, x, t| x[0].softmax_cross_entropy(t[0])).labels(labels()),
        case("softmax_cross_entropy of a vector", [numbers([4], 1)], |_, x, t| {
            x[0].softmax_cross_entropy(t[0])
        })
        .labels([(2.into(), 4)]),
        case("softmax_cross_entropy of a batch of rows", [numbers([2, 2, 3], 1)], |_, x, t| {
            x[0].softmax_cross_entropy(t[0])
        })
        .labels([(tensor![[0, 2], [1, 1]], 3)]),
        case("softmax_cross_entropy of two classes", [numbers([3, 2], 1)], |_, x, t| {
            x[0].softmax_cross_entropy(t[0])
        })
        .labels([(tensor![1, 0, 1], 2)]),
        case("cross-entropy, soft targets", z(), |g, x, _| x[0].softmax_cross_entropy(g.value(soft()))),
        case("cross-entropy, learned soft targets", [numbers([3, 4], 1), numbers([3, 4], 2)], |_, x, _| {
            x[0].softmax_cross_entropy(probabilities(x[1]))
        }),
    ];
    let name = |what: &str, reduction: Reduction| format!("cross-entropy, {what}, {reduction:?}");
    for r in [Mean, Sum, None] {
        let ce = move || CrossEntropy::new().reduction(r);
        cases.extend([
            case(name("labels", r), z(), move |_, x, t| ce().of(x[0], t[0])).labels(labels()),
            case(name("weights", r), weighted(), move |_, x, t| ce().weights(x[1]).of(x[0], t[0]))
                .labels(labels()),
            case(name("an extra label ignored", r), z(), move |_, x, t| ce().ignore(4).of(x[0], t[0]))
                .labels(ignored()),
            case(name("a class ignored", r), z(), move |_, x, t| ce().ignore(0).of(x[0], t[0]))
                .labels(labels()),
            case(name("smoothing", r), z(), move |_, x, t| ce().smoothing(0.1).of(x[0], t[0]))
                .labels(labels()),
            case(name("smoothing of everything", r), z(), move |_, x, t| ce().smoothing(1.0).of(x[0], t[0]))
                .labels(labels()),
            case(name("weights, ignored, smoothing", r), weighted(), move |_, x, t| {
                ce().weights(x[1]).ignore(4).smoothing(0.2).of(x[0], t[0])
            })
            .labels(ignored()),
            case(name("soft targets", r), z(), move |g, x, _| ce().of(x[0], g.value(soft()))),
            case(name("soft targets, weights, smoothing", r), weighted(), move |g, x, _| {
                ce().weights(x[1]).smoothing(0.2).of(x[0], g.value(soft()))
            }),
        ]);
    }
    cases
}
