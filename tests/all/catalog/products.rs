//! Cases for matrix products and for choosing by indices.

use super::{Case, case, numbers};
use gradus::tensor;

pub fn cases() -> Vec<Case> {
    let ab = |a: &[usize], b: &[usize]| [numbers(a, 1), numbers(b, 2)];
    let index = || [(tensor![2, 0, 2], 3)];
    let rows = || [(tensor![3, 0, 1], 4)];
    vec![
        case("matmul", ab(&[2, 3], &[3, 4]), |_, x, _| x[0].matmul(x[1])),
        case("matmul of one", ab(&[1, 1], &[1, 1]), |_, x, _| x[0].matmul(x[1])),
        case("matmul of a value with itself", [numbers([3, 3], 1)], |_, x, _| x[0].matmul(x[0])),
        case("matmul of a batch", ab(&[2, 2, 3], &[2, 3, 2]), |_, x, _| x[0].matmul(x[1])),
        case("matmul, the left batch repeats", ab(&[2, 3], &[2, 3, 2]), |_, x, _| x[0].matmul(x[1])),
        case("matmul, the right batch repeats", ab(&[2, 2, 3], &[3, 2]), |_, x, _| x[0].matmul(x[1])),
        case("matmul, both batches repeat", ab(&[2, 1, 1, 2], &[3, 2, 2]), |_, x, _| x[0].matmul(x[1])),
        case("matmul of vectors", ab(&[3], &[3]), |_, x, _| x[0].matmul(x[1])),
        case("matmul of a row", ab(&[3], &[3, 2]), |_, x, _| x[0].matmul(x[1])),
        case("matmul with a column", ab(&[2, 3], &[3]), |_, x, _| x[0].matmul(x[1])),
        case("matmul of a batch with a column", ab(&[2, 2, 3], &[3]), |_, x, _| x[0].matmul(x[1])),
        case("matmul of a row with a batch", ab(&[3], &[2, 3, 2]), |_, x, _| x[0].matmul(x[1])),
        case("matmul over nothing", ab(&[2, 0], &[0, 3]), |_, x, _| x[0].matmul(x[1])),
        case("matmul of no rows", ab(&[0, 3], &[3, 2]), |_, x, _| x[0].matmul(x[1])),
        case("matmul of no batch", ab(&[0, 2, 3], &[3, 2]), |_, x, _| x[0].matmul(x[1])),
        case("matmul_t", ab(&[2, 3], &[4, 3]), |_, x, _| x[0].matmul_t(x[1])),
        case("matmul_t of a row", ab(&[3], &[4, 3]), |_, x, _| x[0].matmul_t(x[1])),
        case("matmul_t of a batch", ab(&[2, 2, 3], &[2, 3]), |_, x, _| x[0].matmul_t(x[1])),
        case("matmul of transposed sides", ab(&[3, 2], &[4, 3]), |_, x, _| x[0].t().matmul(x[1].t())),
        case("matmul of a transposed left side", ab(&[3, 2], &[3, 4]), |_, x, _| x[0].t().matmul(x[1])),
        case("matmul_t of a transposed side", ab(&[2, 3], &[3, 4]), |_, x, _| x[0].matmul_t(x[1].t())),
        case("matmul of slices", ab(&[3, 4], &[4, 3]), |_, x, _| {
            x[0].slice(0, 1..).slice(1, 1..3).matmul(x[1].slice(0, ..2).slice(1, 1..))
        }),
        case("matmul with a repeated column", ab(&[2, 3], &[3, 1]), |_, x, _| {
            x[0].matmul(x[1].broadcast_to([3, 2]))
        }),
        case("matmul over windows", ab(&[6], &[3, 2]), |_, x, _| x[0].unfold(0, 3, 1).matmul(x[1])),
        case("matmul of a batch transposed", ab(&[2, 3, 2], &[3, 2, 2]), |_, x, _| {
            x[0].permute([1, 0, 2]).matmul(x[1])
        }),
        case("einsum of a product", ab(&[2, 3], &[3, 4]), |g, x, _| g.einsum("ij,jk->ik", x)),
        case("einsum of a product, turned", ab(&[3, 2], &[4, 3]), |g, x, _| g.einsum("ji, kj -> ki", x)),
        case("einsum without an arrow", ab(&[3, 2], &[2, 4]), |g, x, _| g.einsum("kb,ba", x)),
        case("einsum of batches", ab(&[2, 3, 2], &[2, 2, 3]), |g, x, _| g.einsum("bij,bki->bjk", x)),
        case("einsum of batches in the middle", ab(&[3, 2, 2], &[2, 2, 3]), |g, x, _| {
            g.einsum("ibj,bkj->bik", &[x[0], x[1].permute([0, 2, 1])])
        }),
        case("einsum over two labels", ab(&[2, 3, 2], &[3, 2, 2]), |g, x, _| g.einsum("ijk,jkl->il", x)),
        case("einsum to a scalar", ab(&[2, 3], &[2, 3]), |g, x, _| g.einsum("ij,ij->", x)),
        case("einsum without a sum", ab(&[2, 3], &[3, 2]), |g, x, _| g.einsum("ij,jk->kij", x)),
        case("einsum of an outer product", ab(&[2], &[3]), |g, x, _| g.einsum("i,j->ji", x)),
        case("einsum with a sum of its own", ab(&[2, 3], &[2, 2]), |g, x, _| g.einsum("ij,ik->k", x)),
        case("einsum of one value", [numbers([2, 3, 2], 1)], |g, x, _| g.einsum("ijk->ki", x).square()),
        case("einsum of a trace", [numbers([3, 3], 1)], |g, x, _| g.einsum("ii", x).square()),
        case("einsum of a diagonal", [numbers([2, 3, 2], 1)], |g, x, _| g.einsum("iji->ij", x).square()),
        case("einsum of three axes in one", [numbers([2, 2, 2], 1)], |g, x, _| {
            g.einsum("iii->i", x).square()
        }),
        case("einsum of a diagonal and a product", ab(&[3, 3], &[3, 2]), |g, x, _| g.einsum("ii,ij->ij", x)),
        case("einsum of three", [numbers([2, 3], 1), numbers([3, 2], 2), numbers([2, 3], 4)], |g, x, _| {
            g.einsum("ij,jk,kl->il", x)
        }),
        case(
            "einsum of three with a common label",
            [numbers([2, 3], 1), numbers([3], 2), numbers([3, 2], 4)],
            |g, x, _| g.einsum("ij,j,jk->ik", x),
        ),
        case("einsum over nothing", ab(&[2, 0], &[0, 3]), |g, x, _| g.einsum("ij,jk->ik", x)),
        case("einsum of scalars", ab(&[], &[2]), |g, x, _| g.einsum(",i->i", x)),
        case("dot", ab(&[2, 3], &[2, 3]), |_, x, _| x[0].dot(x[1])),
        case("dot of a value with itself", [numbers([4], 1)], |_, x, _| x[0].dot(x[0])),
        case("gather along 0", [numbers([3, 2], 1)], |_, x, t| x[0].gather(t[0], 0).square()).labels(index()),
        case("gather along -1", [numbers([2, 3], 1)], |_, x, t| x[0].gather(t[0], -1).square())
            .labels(index()),
        case("gather along the middle", [numbers([2, 3, 2], 1)], |_, x, t| x[0].gather(t[0], 1).square())
            .labels(index()),
        case("gather by a matrix", [numbers([3, 2], 1)], |_, x, t| x[0].gather(t[0], 0).square())
            .labels([(tensor![[2, 0], [1, 1], [2, 2]], 3)]),
        case("gather by one index", [numbers([3, 2], 1)], |_, x, t| x[0].gather(t[0], 0).square())
            .labels([(2.into(), 3)]),
        case("gather of nothing", [numbers([3, 2], 1)], |_, x, t| x[0].gather(t[0], 0).square())
            .labels([(gradus::Tensor::full([0], 0), 3)]),
        case("gather of a transposed value", [numbers([2, 3], 1)], |_, x, t| x[0].t().gather(t[0], 0).exp())
            .labels(index()),
        case("scatter_add with repeats", [numbers([3, 2], 1)], |_, x, t| {
            x[0].scatter_add(t[0], 0, 4).square()
        })
        .labels(index()),
        case("scatter_add along -1", [numbers([2, 3], 1)], |_, x, t| x[0].scatter_add(t[0], -1, 3).square())
            .labels(index()),
        case("scatter_add by a matrix", [numbers([2, 2, 3], 1)], |_, x, t| {
            x[0].scatter_add(t[0], 0, 5).square()
        })
        .labels([(tensor![[2, 0], [2, 2]], 3)]),
        case("pick", [numbers([3, 4], 1)], |_, x, t| x[0].pick(t[0]).square()).labels(rows()),
        case("pick from a vector", [numbers([4], 1)], |_, x, t| x[0].pick(t[0]).square())
            .labels([(3.into(), 4)]),
        case("one_hot times a value", [numbers([3, 4], 1)], |_, x, t| t[0].one_hot() * x[0].square())
            .labels(rows()),
        case("one_hot as a matrix", [numbers([4, 2], 1)], |_, x, t| t[0].one_hot().matmul(x[0]).exp())
            .labels(rows()),
        case("argmax as an index", [numbers([3, 4], 1), numbers([4, 2], 2)], |_, x, _| {
            x[1].gather(x[0].argmax(-1).squeeze(-1), 0).square() * x[0].sum(..)
        }),
        case("argmax along 0", [numbers([3, 4], 1)], |_, x, _| {
            x[0].argmax(0).squeeze(0).one_hot().matmul(x[0]).square()
        }),
        case("agrees_with", [numbers([3, 4], 1)], |_, x, t| {
            x[0].argmax(-1).squeeze(-1).agrees_with(t[0]).unsqueeze(-1) * x[0].square()
        })
        .labels(rows()),
    ]
}
