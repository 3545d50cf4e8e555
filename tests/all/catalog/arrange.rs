//! Cases for elements in another arrangement, masks of triangles, and running folds.

use super::{Case, case, numbers, positive};
use gradus::{Tensor, tensor};

pub fn cases() -> Vec<Case> {
    [arranged(), scans(), sorted()].concat()
}

fn arranged() -> Vec<Case> {
    let m = || [numbers([2, 3], 1)];
    let c = || [numbers([2, 3, 2], 1)];
    let v = || [numbers([7], 1)];
    vec![
        case("reshape with an open size", c(), |_, x, _| x[0].square().reshape([4, -1])),
        case("reshape with only an open size", m(), |_, x, _| x[0].square().reshape(-1)),
        case("flip along 0", m(), |_, x, _| x[0].flip(0).square()),
        case("flip along -1", m(), |_, x, _| x[0].flip(-1).exp()),
        case("flip of all", c(), |_, x, _| x[0].flip(..).square()),
        case("flip of two axes", c(), |_, x, _| x[0].flip([0, 2]).square()),
        case("flip of one element", [numbers([1, 3], 1)], |_, x, _| x[0].flip(0).square()),
        case("flip of nothing", [numbers([0, 3], 1)], |_, x, _| x[0].flip(..).exp()),
        case("roll", v(), |_, x, _| x[0].roll(2, 0).square()),
        case("roll to the start", c(), |_, x, _| x[0].roll(-4, 1).square()),
        case("roll all around", v(), |_, x, _| x[0].roll(14, 0).square()),
        case("roll of nothing", [numbers([0], 1)], |_, x, _| x[0].roll(1, 0).square()),
        case("tile", m(), |_, x, _| x[0].tile([2, 3]).square()),
        case("tile with more axes", m(), |_, x, _| x[0].tile([2, 1, 2]).square()),
        case("tile with fewer axes", m(), |_, x, _| x[0].tile(2).exp()),
        case("tile to nothing", m(), |_, x, _| x[0].tile([0, 2]).exp()),
        case("repeat_interleave along 0", m(), |_, x, _| x[0].repeat_interleave(2, 0).square()),
        case("repeat_interleave along -1", m(), |_, x, _| x[0].repeat_interleave(3, -1).exp()),
        case("slice_step", v(), |_, x, _| x[0].slice_step(0, .., 3).square()),
        case("slice_step of a part", c(), |_, x, _| x[0].slice_step(1, 1.., 2).square()),
        case("slice_step of the middle", [numbers([2, 6], 1)], |_, x, _| x[0].slice_step(-1, 1..6, 2).exp()),
        case("slice_step of one", v(), |_, x, _| x[0].slice_step(0, 2..3, 5).square()),
        case("slice_step of nothing", v(), |_, x, _| x[0].slice_step(0, 2..2, 2).square()),
        case("slice_step, both parts", v(), |g, x, _| {
            g.cat(&[x[0].slice_step(0, 1.., 2).square(), x[0].slice_step(0, .., 2).exp()], 0)
        }),
        case("flatten", c(), |_, x, _| x[0].flatten(1..).square()),
        case("flatten of all", c(), |_, x, _| x[0].flatten(..).square()),
        case("flatten of a scalar", [numbers([], 1)], |_, x, _| x[0].flatten(..).square()),
        case("outer", [numbers([2], 1), numbers([3], 2)], |_, x, _| x[0].outer(x[1])),
        case("diagonal", [numbers([3, 3], 1)], |_, x, _| x[0].diagonal().square()),
        case("diagonal of a wide matrix", m(), |_, x, _| x[0].diagonal().square()),
        case("diagonal of a tall batch", [numbers([2, 3, 2], 1)], |_, x, _| x[0].diagonal().exp()),
        case("diagonal of a transposed value", m(), |_, x, _| x[0].t().diagonal().square()),
        case("diagonal of nothing", [numbers([0, 2], 1)], |_, x, _| x[0].diagonal().square()),
        case("arange", v(), |g, x, _| x[0].square() * g.arange(7)),
        case("gather by constant indices", m(), |g, x, _| {
            x[0].gather(g.indices(tensor![[2, 0], [1, 2]]), 1).square()
        }),
        case("scatter_add by constant indices", m(), |g, x, _| {
            x[0].scatter_add(g.indices(tensor![1, 1]), 0, 3).square()
        }),
        case("argmin as an index", m(), |_, x, _| x[0].argmin(-1).squeeze(-1).one_hot() * x[0].square()),
        case("any", m(), |_, x, _| x[0].lt(0.0).any(1) * x[0].square()),
        case("all", m(), |_, x, _| x[0].lt(1.0).all(0) * x[0].square()),
        case("any of nothing", [numbers([2, 0], 1)], |_, x, _| x[0].any(1) + x[0].sum(1)),
        case("all of nothing", [numbers([2, 0], 1)], |_, x, _| x[0].all(1) + x[0].sum(1)),
        case("tril", m(), |_, x, _| x[0].tril(0).square()),
        case("tril of a batch, to the right", [numbers([2, 3, 3], 1)], |_, x, _| x[0].tril(1).exp()),
        case("triu", m(), |_, x, _| x[0].triu(0).square()),
        case("triu, to the left", [numbers([3, 3], 1)], |_, x, _| x[0].triu(-1).exp()),
        case("triu beyond all", m(), |_, x, _| x[0].triu(isize::MAX).exp()),
    ]
}

fn scans() -> Vec<Case> {
    let m = || [numbers([2, 3], 1)];
    let v = || [numbers([7], 1)];
    let zeros = |data: [f64; 6]| [Tensor::from(data)];
    vec![
        case("cumsum along 0", m(), |_, x, _| x[0].cumsum(0).square()),
        case("cumsum along -1", m(), |_, x, _| x[0].cumsum(-1).square()),
        case("cumsum of the middle", [numbers([2, 5, 2], 1)], |_, x, _| x[0].cumsum(1).square()),
        case("cumsum of seven", v(), |_, x, _| x[0].square().cumsum(0)),
        case("cumsum of one", [numbers([1], 1)], |_, x, _| x[0].square().cumsum(0)),
        case("cumsum of nothing", [numbers([0, 2], 1)], |_, x, _| x[0].square().cumsum(0)),
        case("cumprod along 1", m(), |_, x, _| x[0].cumprod(1)),
        case("cumprod of seven", [positive([7], 1)], |_, x, _| x[0].cumprod(0)),
        case("cumprod with one zero", zeros([0.5, -1.5, 0.0, 2.0, 0.7, 1.5]), |_, x, _| x[0].cumprod(0)),
        case("cumprod with two zeros", zeros([0.5, 0.0, -1.5, 0.0, 0.7, 1.5]), |_, x, _| x[0].cumprod(0)),
        case("cumprod with zeros alone", zeros([0.0; 6]), |_, x, _| x[0].cumprod(0)),
        case("cummax along 0", [numbers([4, 2], 1)], |_, x, _| x[0].cummax(0).square()),
        case("cummax of seven", v(), |_, x, _| x[0].cummax(0).square()),
        case("logcumsumexp along 1", m(), |_, x, _| x[0].logcumsumexp(1)),
        case("logcumsumexp of seven", v(), |_, x, _| x[0].logcumsumexp(0).square()),
    ]
}

fn sorted() -> Vec<Case> {
    let m = || [numbers([2, 3], 1)];
    let c = || [numbers([2, 4, 2], 1)];
    vec![
        case("sort along 0", m(), |_, x, _| x[0].sort(0).square()),
        case("sort along -1", m(), |_, x, _| x[0].sort(-1).exp()),
        case("sort of the middle", c(), |_, x, _| x[0].sort(1).square().cumsum(1)),
        case("sort of a vector", [numbers([7], 1)], |g, x, _| x[0].sort(0).square() * g.arange(7)),
        case("sort of a transposed value", m(), |_, x, _| x[0].t().sort(0).square()),
        case("sort of one", [numbers([2, 1], 1)], |_, x, _| x[0].sort(1).square()),
        case("sort of nothing", [numbers([2, 0], 1)], |_, x, _| x[0].sort(1).exp()),
        case("sort_descending along 1", c(), |_, x, _| x[0].sort_descending(1).square().cumsum(1)),
        case("topk along -1", m(), |g, x, _| x[0].topk(2, -1).0.square() * g.value(tensor![2.0, 3.0])),
        case("topk of the middle", c(), |_, x, _| x[0].topk(3, 1).0.exp()),
        case("topk of none", m(), |_, x, _| x[0].topk(0, 1).0.exp()),
        case("argsort as an index", m(), |_, x, _| x[0].argsort(1).one_hot().matmul(x[0].reshape([2, 3, 1]))),
        case("argsort_descending as an index", c(), |_, x, _| {
            x[0].square().take_along_axis(x[0].argsort_descending(1), 1)
        }),
        case("take_along_axis", m(), |_, x, t| x[0].take_along_axis(t[0], 1).square())
            .labels([(tensor![[2, 0, 2, 1], [1, 1, 0, 0]], 3)]),
        case("take_along_axis along 0", c(), |_, x, t| x[0].take_along_axis(t[0], 0).square())
            .labels([(Tensor::from_fn([3, 4, 2], |at| (at[0] + at[1] + at[2]) % 2), 2)]),
        case("take_along_axis of a vector", [numbers([5], 1)], |_, x, t| {
            x[0].take_along_axis(t[0], 0).square()
        })
        .labels([(tensor![4, 0, 4], 5)]),
        case("along", m(), |_, x, t| x[0].flatten(..).gather(t[0].along(1, 3), 0).square())
            .labels([(tensor![[2, 0], [1, 2]], 3)]),
    ]
}
