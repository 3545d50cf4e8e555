//! Cases for every fold of the table, and for the functions made of folds.

use super::{Case, case, numbers, positive};
use gradus::op::Fold;
use gradus::{Axes, Tensor, Var, tensor};

/// A fold as a user calls it.
pub type Called = for<'g> fn(Var<'g>, Axes) -> Var<'g>;

macro_rules! calls {
    ($($(#[doc = $doc:literal])* $Row:ident $row:ident $names:tt -> $y:ident { $($fields:tt)* })*) => {
        /// The call of a fold of the table.
        pub fn call(fold: Fold) -> Called {
            let calls: &[(Fold, Called)] = &[$((Fold::$Row, |x, axes| x.$row(axes))),*];
            calls.iter().find(|(called, _)| *called == fold).expect("every fold has a method").1
        }
    };
}
gradus_rows::for_each_fold!(calls);

/// Every fold of the table, and `logsumexp`, which is made of them: the name, true if it has a value for no
/// elements, and the call.
fn folds() -> Vec<(&'static str, bool, Called)> {
    let table = Fold::ALL.iter().map(|&fold| (fold.name(), fold.empty(), call(fold)));
    table.chain([("logsumexp", true, (|x, axes| x.logsumexp(axes)) as Called)]).collect()
}

/// Shapes with the axes to fold: first, last, not neighbors, all, of size 1, beside an empty one, and
/// after a permutation.
fn along() -> Vec<(&'static [usize], Axes)> {
    vec![
        (&[2, 3], 0.into()),
        (&[2, 3], (-1).into()),
        (&[2, 3, 2], [0, 2].into()),
        (&[2, 3, 2], [0, 1].into()),
        (&[2, 3, 2], 1.into()),
        (&[2, 3], (..).into()),
        (&[], (..).into()),
        (&[2, 1, 3], 1.into()),
        (&[2, 1, 3], [0, 1, 2].into()),
        (&[0, 3], 1.into()),
        (&[3, 0, 2], [0, 2].into()),
        (&[19], 0.into()),
    ]
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (called, empty, fold) in folds() {
        for (shape, axes) in along() {
            let name = format!("{} of {shape:?} along {axes:?}", called);
            let moved = axes.clone();
            cases.push(case(name, [numbers(shape, 1)], move |_, x, _| fold(x[0], moved.clone())));
        }
        if empty {
            let name = format!("{} of nothing", called);
            cases.push(case(name, [numbers([0, 3], 1)], move |_, x, _| fold(x[0], 0.into())));
            let name = format!("{} of nothing at all", called);
            cases.push(case(name, [numbers([0, 3], 1)], move |_, x, _| fold(x[0], (..).into())));
        }
        let name = format!("{} of a transposed value", called);
        cases.push(case(name, [numbers([2, 3, 2], 2)], move |_, x, _| {
            fold(x[0].permute([2, 0, 1]), [0, 1].into())
        }));
        let name = format!("{} of a repeated value", called);
        // Repeated along a kept axis, since along a folded one the largest would tie with itself.
        cases.push(case(name, [numbers([3], 2)], move |_, x, _| {
            fold(x[0].broadcast_to([2, 3]) * positive_row(x[0]), (-1).into())
        }));
    }
    let matrix = || [numbers([2, 3], 1)];
    let zeros = |data: [f64; 5]| [Tensor::from(data)];
    cases.extend([
        case("mean along 0", matrix(), |_, x, _| x[0].mean(0)),
        case("mean of all", matrix(), |_, x, _| x[0].mean(..)),
        case("mean of a scalar", [numbers([], 1)], |_, x, _| x[0].mean(..)),
        case("variance along -1", matrix(), |_, x, _| x[0].var(-1)),
        case("variance of all", matrix(), |_, x, _| x[0].var(..)),
        case("variance along two axes", [numbers([2, 3, 2], 1)], |_, x, _| x[0].var([0, 2])),
        case("sample variance along 0", matrix(), |_, x, _| x[0].sample_var(0)),
        case("sample variance of all", matrix(), |_, x, _| x[0].sample_var(..)),
        case("prod along 1", matrix(), |_, x, _| x[0].prod(1)),
        case("prod of all", matrix(), |_, x, _| x[0].prod(..)),
        case("prod along two axes", [positive([2, 3, 2], 1)], |_, x, _| x[0].prod([0, 2])),
        case("prod of seven", [positive([7], 1)], |_, x, _| x[0].prod(..)),
        case("prod with one zero", zeros([0.5, 0.0, -1.5, 2.0, 0.7]), |_, x, _| x[0].prod(0)),
        case("prod with two zeros", zeros([0.5, 0.0, -1.5, 0.0, 0.7]), |_, x, _| x[0].prod(..)),
        case("prod with three zeros", zeros([0.0, 0.0, -1.5, 0.0, 0.7]), |_, x, _| x[0].prod(..)),
        case("prod of nothing", [numbers([2, 0], 0)], |_, x, _| x[0].prod(1)),
        case("softmax along 0", matrix(), |_, x, _| x[0].softmax(0)),
        case("softmax along -1", matrix(), |_, x, _| x[0].softmax(-1)),
        case("softmax along all", matrix(), |_, x, _| x[0].softmax(..)),
        case("softmax along two axes", [numbers([2, 3, 2], 1)], |_, x, _| x[0].softmax([0, 2])),
        case("softmax of one class", [numbers([3, 1], 1)], |_, x, _| x[0].softmax(-1)),
        case("log_softmax along -1", matrix(), |_, x, _| x[0].log_softmax(-1)),
        case("log_softmax along 0", matrix(), |_, x, _| x[0].log_softmax(0)),
        case("normalize along -1", matrix(), |_, x, _| x[0].normalize(-1, 1e-5)),
        case("normalize along two axes", [numbers([2, 3, 2], 1)], |_, x, _| x[0].normalize([0, 2], 0.1)),
        case("standard deviation along -1", matrix(), |_, x, _| x[0].std(-1)),
        case("sample standard deviation of all", matrix(), |_, x, _| x[0].sample_std(..)),
        case("norm along -1", matrix(), |_, x, _| x[0].norm(-1)),
        case("norm along two axes", [numbers([2, 3, 2], 1)], |_, x, _| x[0].norm([0, 2])),
        case("norm of all", matrix(), |_, x, _| x[0].norm(..)),
        case("norm of nothing", [numbers([2, 0], 1)], |_, x, _| x[0].norm(1)),
        case("norm beside nothing", [numbers([0, 2], 1)], |_, x, _| x[0].norm(1)),
        case("norm, squared", matrix(), |_, x, _| x[0].norm(0).square()),
        case("l2_normalize along 0", matrix(), |_, x, _| x[0].l2_normalize(0)),
        case("l2_normalize of all", matrix(), |_, x, _| x[0].l2_normalize(..)),
        case("cosine_similarity along -1", [numbers([2, 3], 1), numbers([3], 4)], |_, x, _| {
            x[0].cosine_similarity(x[1], -1)
        }),
        case("cosine_similarity of all", [numbers([2, 3], 1), numbers([2, 3], 4)], |_, x, _| {
            x[0].cosine_similarity(x[1], ..)
        }),
        case("logaddexp", [numbers([2, 3], 1), numbers([3], 4)], |_, x, _| x[0].logaddexp(x[1])),
        case("a fold of a fold", matrix(), |_, x, _| (x[0].logsumexp(0) * x[0].max(0)).sum(..)),
        case("the largest of one", [tensor![1.5]], |_, x, _| x[0].max(0) + x[0].min(0)),
    ]);
    cases
}

fn positive_row(x: Var<'_>) -> Var<'_> {
    x.graph().value(tensor![[0.5, 1.0, 1.5], [2.0, 0.75, 1.25]])
}
