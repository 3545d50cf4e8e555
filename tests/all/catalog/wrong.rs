//! Misuses: the whole message of every operation that can be given arguments that do not fit.

use super::numbers;
use gradus::{Convolution, CrossEntropy, Graph, PaddingMode, Pooling, Tensor, Var, tensor};

/// A misuse: its name, the function that records it, and the operation and the message that it leaves.
pub type Wrong = (&'static str, for<'g> fn(&'g Graph) -> Var<'g>, &'static str);

fn m(g: &Graph) -> Var<'_> {
    g.value(numbers([2, 3], 0))
}

fn v(g: &Graph) -> Var<'_> {
    g.value(numbers([4], 0))
}

/// A signal of two channels.
fn s(g: &Graph) -> Var<'_> {
    g.value(numbers([1, 2, 5], 0))
}

/// The weight of a convolution of a signal.
fn w(g: &Graph) -> Var<'_> {
    g.value(numbers([4, 2, 3], 0))
}

const CLASH: &str =
    "the shapes [2, 3] and [4] do not broadcast: sizes must be equal or 1, counted from the last axis";

const SINE: &str =
    "sine: the shapes [2, 3] and [4] do not broadcast: sizes must be equal or 1, counted from the last axis";
const PRELU: &str =
    "prelu: the shapes [2, 3] and [4] do not broadcast: sizes must be equal or 1, counted from the last axis";
const RRELU: &str =
    "rrelu: the shapes [2, 3] and [4] do not broadcast: sizes must be equal or 1, counted from the last axis";
const GT: &str =
    "gt: the shapes [4] and [2, 3] do not broadcast: sizes must be equal or 1, counted from the last axis";
const GE: &str =
    "ge: the shapes [4] and [2, 3] do not broadcast: sizes must be equal or 1, counted from the last axis";
const NE: &str =
    "ne: the shapes [2, 3] and [4] do not broadcast: sizes must be equal or 1, counted from the last axis";
const COSINE: &str = "cosine_similarity: the shapes [2, 3] and [4] do not broadcast: sizes must be equal or 1, counted from the last axis";
const LOGADDEXP: &str = "logaddexp: the shapes [2, 3] and [4] do not broadcast: sizes must be equal or 1, counted from the last axis";

/// The misuses of single operations. Those of elementwise rows are made from the table.
pub const WRONG: &[Wrong] = &[
    ("sum", |g| m(g).sum(2), "sum: axis 2 is out of range for rank 2"),
    ("sum from the end", |g| m(g).sum(-3), "sum: axis -3 is out of range for rank 2"),
    ("sum twice", |g| m(g).sum([0, -2]), "sum: axis -2 is given twice"),
    ("max", |g| m(g).max([0, 5]), "max: axis 5 is out of range for rank 2"),
    ("min", |g| v(g).min(1), "min: axis 1 is out of range for rank 1"),
    ("logsumexp", |g| v(g).logsumexp(1), "logsumexp: axis 1 is out of range for rank 1"),
    (
        "max of nothing",
        |g| g.value(numbers([2, 0], 0)).max(-1),
        "max: axis 1 of shape [2, 0] is empty, and max of nothing has no value",
    ),
    (
        "min of nothing",
        |g| g.value(numbers([0], 0)).min(..),
        "min: axis 0 of shape [0] is empty, and min of nothing has no value",
    ),
    ("mean", |g| m(g).mean(2), "mean: axis 2 is out of range for rank 2"),
    (
        "mean of nothing",
        |g| g.value(numbers([2, 0], 0)).mean(1),
        "mean: needs 1 or more elements along the axes; the shape is [2, 0]",
    ),
    ("var", |g| m(g).var(2), "var: axis 2 is out of range for rank 2"),
    (
        "sample variance of one",
        |g| g.value(numbers([3, 1], 0)).sample_var(1),
        "sample_var: needs 2 or more elements along the axes; the shape is [3, 1]",
    ),
    ("prod", |g| m(g).prod(2), "prod: axis 2 is out of range for rank 2"),
    ("softmax", |g| m(g).softmax(2), "softmax: axis 2 is out of range for rank 2"),
    ("log_softmax", |g| m(g).log_softmax(-3), "log_softmax: axis -3 is out of range for rank 2"),
    ("normalize", |g| m(g).normalize(3, 1e-5), "normalize: axis 3 is out of range for rank 2"),
    ("reshape", |g| m(g).reshape([4]), "reshape: shape [2, 3] has 6 elements, and [4] has 4"),
    ("reshape, two open", |g| m(g).reshape([-1, -1]), "reshape: only one size can be -1, and there are 2"),
    (
        "reshape, negative",
        |g| m(g).reshape([-2, 3]),
        "reshape: -2 is no size; -1 stands for the one that follows from the others",
    ),
    (
        "reshape, open beside 0",
        |g| m(g).reshape([0, -1]),
        "reshape: beside a size of 0, the size at -1 could be any",
    ),
    (
        "reshape, open that does not divide",
        |g| m(g).reshape([-1, 4]),
        "reshape: shape [2, 3] has 6 elements, which do not divide into 4, the size of all axes but the one at -1",
    ),
    (
        "einsum, an unknown label",
        |g| g.einsum("ij->iq", &[m(g)]),
        "einsum: the label q of the output stands in no input\n    ij->iq\n         ^",
    ),
    (
        "einsum, a label twice",
        |g| g.einsum("ij->ii", &[m(g)]),
        "einsum: the label i stands twice in the output\n    ij->ii\n         ^",
    ),
    (
        "einsum, sizes",
        |g| g.einsum("ij, jk -> ik", &[m(g), m(g)]),
        "einsum: the label j is 3 long in value 0 and 2 in value 1\n    ij, jk -> ik\n        ^",
    ),
    (
        "einsum, a diagonal of unequal axes",
        |g| g.einsum("ii->i", &[m(g)]),
        "einsum: the label i is 2 long in value 0 and 3 in value 0\n    ii->i\n     ^",
    ),
    (
        "einsum, axes",
        |g| g.einsum("ij,jk->ik", &[m(g), v(g)]),
        "einsum: value 1 has 1 axes, of shape [4], and 2 labels\n    ij,jk->ik\n       ^",
    ),
    (
        "einsum, values",
        |g| g.einsum("ij,jk->ik", &[m(g)]),
        "einsum: \"ij,jk->ik\" has the labels of 2 values, and 1 were given",
    ),
    (
        "einsum, dots",
        |g| g.einsum("...i->i", &[m(g)]),
        "einsum: axes cannot be left out by dots; give each its label\n    ...i->i\n    ^",
    ),
    (
        "einsum, no label",
        |g| g.einsum("i1->i", &[m(g)]),
        "einsum: '1' is no label, which is a letter\n    i1->i\n     ^",
    ),
    ("sort", |g| m(g).sort(2), "sort: axis 2 is out of range for rank 2"),
    ("sort_descending", |g| m(g).sort_descending(2), "sort_descending: axis 2 is out of range for rank 2"),
    ("argsort", |g| m(g).argsort(-3).one_hot(), "argsort: axis -3 is out of range for rank 2"),
    (
        "argsort_descending",
        |g| m(g).argsort_descending(2).one_hot(),
        "argsort_descending: axis 2 is out of range for rank 2",
    ),
    ("topk", |g| m(g).topk(4, 1).0, "topk: 4 elements were asked for, and axis 1 of shape [2, 3] has 3"),
    ("topk out of range", |g| m(g).topk(1, 2).1.one_hot(), "topk: axis 2 is out of range for rank 2"),
    (
        "take_along_axis",
        |g| m(g).take_along_axis(g.labels("t", [3, 1], 3), 1),
        "take_along_axis: indices of shape [3, 1] do not fit shape [2, 3], whose axes but 1 they are to have",
    ),
    (
        "take_along_axis of another rank",
        |g| m(g).take_along_axis(g.labels("t", [2], 3), 1),
        "take_along_axis: indices of shape [2] do not fit shape [2, 3], of whose rank they are to be",
    ),
    (
        "take_along_axis beyond the axis",
        |g| m(g).take_along_axis(g.labels("t", [2, 1], 4), 1),
        "take_along_axis: the indices go up to 4, but axis 1 has only 3",
    ),
    (
        "along",
        |g| g.labels("t", [2, 1], 4).along(1, 3).one_hot(),
        "along: the indices go up to 4, but the size is 3",
    ),
    (
        "along out of range",
        |g| g.labels("t", [2], 2).along(1, 3).one_hot(),
        "along: axis 1 is out of range for rank 1",
    ),
    ("flip", |g| m(g).flip(2), "flip: axis 2 is out of range for rank 2"),
    ("roll", |g| m(g).roll(1, -3), "roll: axis -3 is out of range for rank 2"),
    (
        "tile",
        |g| m(g).tile(usize::MAX),
        "tile: the shape [2, 18446744073709551615] is too large: its sizes multiply to more than 1152921504606846975",
    ),
    (
        "repeat_interleave",
        |g| m(g).repeat_interleave(2, 2),
        "repeat_interleave: axis 2 is out of range for rank 2",
    ),
    ("slice_step", |g| m(g).slice_step(1, ..4, 2), "slice_step: 0..4 is not inside axis 1 of shape [2, 3]"),
    (
        "slice_step of 0",
        |g| m(g).slice_step(1, .., 0),
        "slice_step: the step is 0, and it has to be 1 or more",
    ),
    ("flatten", |g| m(g).flatten(1..4), "flatten: 1..4 is not inside the 2 axes of shape [2, 3]"),
    ("outer", |g| m(g).outer(v(g)), "outer: both sides are to be vectors; the shapes are [2, 3] and [4]"),
    ("diagonal", |g| v(g).diagonal(), "diagonal: a diagonal is of rows and columns; the shape is [4]"),
    (
        "arange",
        |g| g.arange(usize::MAX),
        "arange: the shape [18446744073709551615] is too large: its sizes multiply to more than 1152921504606846975",
    ),
    ("any", |g| m(g).any(2), "any: axis 2 is out of range for rank 2"),
    ("all", |g| m(g).all(2), "all: axis 2 is out of range for rank 2"),
    ("tril", |g| v(g).tril(0), "tril: a triangle is of rows and columns; the shape is [4]"),
    ("triu", |g| v(g).triu(0), "triu: a triangle is of rows and columns; the shape is [4]"),
    ("argmin", |g| m(g).argmin(2).one_hot(), "argmin: axis 2 is out of range for rank 2"),
    (
        "constant indices too large",
        |g| m(g).gather(g.indices(tensor![0, 2]), 0),
        "gather: the indices go up to 3, but axis 0 has only 2",
    ),
    ("cumsum", |g| m(g).cumsum(2), "cumsum: axis 2 is out of range for rank 2"),
    ("cumprod", |g| m(g).cumprod(2), "cumprod: axis 2 is out of range for rank 2"),
    ("cummax", |g| m(g).cummax(-3), "cummax: axis -3 is out of range for rank 2"),
    ("logcumsumexp", |g| v(g).logcumsumexp(1), "logcumsumexp: axis 1 is out of range for rank 1"),
    ("permute", |g| m(g).permute([0, 0]), "permute: [0, 0] is not an order of the axes of shape [2, 3]"),
    ("permute of fewer", |g| m(g).permute([0]), "permute: [0] is not an order of the axes of shape [2, 3]"),
    ("t", |g| v(g).t(), "t: axis -2 is out of range for rank 1"),
    ("transpose", |g| m(g).transpose(0, 2), "transpose: axis 2 is out of range for rank 2"),
    (
        "broadcast_to",
        |g| m(g).broadcast_to([2, 4]),
        "broadcast_to: shape [2, 3] cannot be repeated to [2, 4]",
    ),
    ("broadcast_to less", |g| m(g).broadcast_to([3]), "broadcast_to: shape [2, 3] cannot be repeated to [3]"),
    ("unsqueeze", |g| m(g).unsqueeze(3), "unsqueeze: axis 3 is out of range for rank 3"),
    ("squeeze", |g| m(g).squeeze(1), "squeeze: axis 1 of shape [2, 3] is not of size 1"),
    ("squeeze out of range", |g| m(g).squeeze(2), "squeeze: axis 2 is out of range for rank 2"),
    ("slice", |g| m(g).slice(1, 2..4), "slice: 2..4 is not inside axis 1 of shape [2, 3]"),
    #[allow(clippy::reversed_empty_ranges, reason = "this is the misuse")]
    ("slice backward", |g| m(g).slice(1, 2..1), "slice: 2..1 is not inside axis 1 of shape [2, 3]"),
    ("slice out of range", |g| m(g).slice(2, ..1), "slice: axis 2 is out of range for rank 2"),
    (
        "slice to the end of all",
        |g| m(g).slice(0, ..=usize::MAX),
        "slice: 0..18446744073709551615 is not inside axis 0 of shape [2, 3]",
    ),
    ("pad", |g| m(g).pad(2, 1, 1), "pad: axis 2 is out of range for rank 2"),
    (
        "pad too large",
        |g| m(g).pad(1, usize::MAX - 3, 0),
        "pad: the shape [2, 18446744073709551615] is too large: its sizes multiply to more than 1152921504606846975",
    ),
    ("cat", |g| g.cat(&[m(g), v(g)], 0), "cat: the shapes [2, 3] and [4] must be equal but for axis 0"),
    (
        "join of unequal",
        |g| g.cat(&[m(g), m(g).t()], 1),
        "cat: the shapes [2, 3] and [3, 2] must be equal but for axis 1",
    ),
    ("join out of range", |g| g.cat(&[m(g), m(g)], 2), "cat: axis 2 is out of range for rank 2"),
    ("join of nothing", |g| g.cat(&[], 0), "cat: there is nothing to join"),
    ("stack", |g| g.stack(&[m(g), v(g)], 0), "stack: the shapes [2, 3] and [4] must be equal"),
    ("stack out of range", |g| g.stack(&[m(g), m(g)], 3), "stack: axis 3 is out of range for rank 3"),
    ("stack of nothing", |g| g.stack(&[], 0), "stack: there is nothing to join"),
    (
        "unfold",
        |g| v(g).unfold(0, 5, 1),
        "unfold: windows of size 5, 1 apart, do not fit axis 0 of shape [4]",
    ),
    (
        "window by 0",
        |g| v(g).unfold(0, 2, 0),
        "unfold: windows of size 2, 0 apart, do not fit axis 0 of shape [4]",
    ),
    (
        "window of 0",
        |g| v(g).unfold(0, 0, 1),
        "unfold: windows of size 0, 1 apart, do not fit axis 0 of shape [4]",
    ),
    ("window out of range", |g| v(g).unfold(1, 2, 1), "unfold: axis 1 is out of range for rank 1"),
    (
        "overlap_add",
        |g| m(g).overlap_add(0, 2, 9),
        "overlap_add: windows of size 3, 2 apart, do not fit axis 0 of shape [9]",
    ),
    ("overlap_add of a vector", |g| v(g).overlap_add(0, 1, 4), "overlap_add: axis 0 has no windows after it"),
    (
        "overlap_add out of range",
        |g| v(g).overlap_add(1, 1, 4),
        "overlap_add: axis 1 is out of range for rank 1",
    ),
    ("matmul", |g| m(g).matmul(m(g)), "matmul: columns of the left (3) must equal rows of the right (2)"),
    (
        "matmul with a vector",
        |g| m(g).matmul(v(g)),
        "matmul: columns of the left (3) must equal rows of the right (4)",
    ),
    (
        "matmul of a scalar",
        |g| m(g).matmul(g.constant(2.0)),
        "matmul: both sides need rows and columns; the shapes are [2, 3] and []",
    ),
    (
        "matmul of batches",
        |g| g.value(numbers([2, 2, 3], 0)).matmul(g.value(numbers([3, 3, 2], 0))),
        "matmul: the batch axes [2] of the left and [3] of the right must be equal",
    ),
    (
        "matmul_t",
        |g| m(g).matmul_t(m(g).t()),
        "matmul_t: columns of the left (3) must equal columns of the transposed right (2)",
    ),
    (
        "matmul_t with a vector",
        |g| m(g).matmul_t(v(g)),
        "matmul_t: both sides need rows and columns; the shapes are [2, 3] and [4]",
    ),
    (
        "dot",
        |g| m(g).dot(v(g)),
        "dot: the shapes [2, 3] and [4] do not broadcast: sizes must be equal or 1, counted from the last axis",
    ),
    (
        "gather",
        |g| m(g).gather(g.labels("t", [2], 3), 0),
        "gather: the indices go up to 3, but axis 0 has only 2",
    ),
    (
        "gather out of range",
        |g| m(g).gather(g.labels("t", [2], 2), 2),
        "gather: axis 2 is out of range for rank 2",
    ),
    (
        "scatter_add",
        |g| m(g).scatter_add(g.labels("t", [3], 3), 0, 4),
        "scatter_add: rows of shape [2, 3] at indices of shape [3] do not add into axis 0 of [4, 3]",
    ),
    (
        "scatter_add of few",
        |g| m(g).scatter_add(g.labels("t", [2], 3), 0, 2),
        "scatter_add: the indices go up to 3, but the size is 2",
    ),
    (
        "scatter_add out of range",
        |g| m(g).scatter_add(g.labels("t", [2], 2), 2, 2),
        "scatter_add: axis 2 is out of range for rank 2",
    ),
    (
        "pick",
        |g| m(g).pick(g.labels("t", [5], 3)),
        "pick: indices of shape [5] do not fit the rows of shape [2, 3], which have shape [2]",
    ),
    (
        "pick beyond the row",
        |g| m(g).pick(g.labels("t", [2], 4)),
        "pick: the indices go up to 4, but a row has only 3",
    ),
    ("glu", |g| m(g).glu(-1), "glu: axis 1 of shape [2, 3] does not have two halves"),
    ("swiglu", |g| m(g).swiglu(2), "swiglu: axis 2 is out of range for rank 2"),
    ("maxout", |g| m(g).maxout(1, 2), "maxout: axis 1 of shape [2, 3] does not divide into pieces of 2"),
    (
        "maxout of nothing",
        |g| m(g).maxout(1, 0),
        "maxout: axis 1 of shape [2, 3] does not divide into pieces of 0",
    ),
    ("crelu", |g| m(g).crelu(5), "crelu: axis 5 is out of range for rank 2"),
    ("argmax", |g| m(g).argmax(2).one_hot(), "argmax: axis 2 is out of range for rank 2"),
    (
        "argmax of nothing",
        |g| g.value(numbers([2, 0], 0)).argmax(1).one_hot(),
        "argmax: axis 1 of shape [2, 0] is empty, and argmax of nothing has no value",
    ),
    (
        "agrees_with",
        |g| m(g).argmax(0).agrees_with(g.labels("t", [2], 3)),
        "agrees_with: the shapes [1, 3] and [2] must be equal; an axis of size 1 goes by `squeeze`",
    ),
    ("mse_loss", |g| m(g).mse_loss(v(g)), "mse_loss: targets of shape [4] do not fit values of shape [2, 3]"),
    (
        "l1_loss",
        |g| m(g).l1_loss(m(g).slice(0, ..1)),
        "l1_loss: targets of shape [1, 3] do not fit values of shape [2, 3]",
    ),
    (
        "huber_loss",
        |g| v(g).huber_loss(m(g), 1.0),
        "huber_loss: targets of shape [2, 3] do not fit values of shape [4]",
    ),
    (
        "huber_loss, delta",
        |g| m(g).huber_loss(m(g), -1.0),
        "huber_loss: delta is -1; it is the distance from which the loss is straight, above 0",
    ),
    ("sine", |g| m(g).sine(v(g)), SINE),
    ("prelu", |g| m(g).prelu(v(g)), PRELU),
    ("rrelu", |g| m(g).rrelu(v(g), 0.1, 0.3), RRELU),
    ("gt", |g| m(g).gt(v(g)), GT),
    ("ge", |g| m(g).ge(v(g)), GE),
    ("ne", |g| m(g).ne(v(g)), NE),
    ("std", |g| m(g).std(2), "std: axis 2 is out of range for rank 2"),
    (
        "sample standard deviation of one",
        |g| g.value(numbers([3, 1], 0)).sample_std(1),
        "sample_std: needs 2 or more elements along the axes; the shape is [3, 1]",
    ),
    ("norm", |g| m(g).norm(2), "norm: axis 2 is out of range for rank 2"),
    ("l2_normalize", |g| m(g).l2_normalize(2), "l2_normalize: axis 2 is out of range for rank 2"),
    ("cosine_similarity", |g| m(g).cosine_similarity(v(g), 0), COSINE),
    (
        "cosine_similarity, axis",
        |g| m(g).cosine_similarity(m(g), 2),
        "cosine_similarity: axis 2 is out of range for rank 2",
    ),
    ("logaddexp", |g| m(g).logaddexp(v(g)), LOGADDEXP),
    ("softmin", |g| m(g).softmin(2), "softmin: axis 2 is out of range for rank 2"),
    ("sparsemax", |g| m(g).sparsemax(2), "sparsemax: axis 2 is out of range for rank 2"),
    ("reglu", |g| m(g).reglu(2), "reglu: axis 2 is out of range for rank 2"),
    ("geglu", |g| m(g).geglu(2), "geglu: axis 2 is out of range for rank 2"),
    (
        "squeeze of indices",
        |g| g.labels("t", [2], 3).squeeze(0).one_hot(),
        "squeeze: axis 0 of shape [2] is not of size 1",
    ),
    (
        "sigmoid_cross_entropy",
        |g| m(g).sigmoid_cross_entropy(v(g)),
        "sigmoid_cross_entropy: targets of shape [4] do not fit values of shape [2, 3]",
    ),
    (
        "cross-entropy of a scalar",
        |g| g.constant(1.0).softmax_cross_entropy(m(g)),
        "softmax_cross_entropy: logits need an axis of classes",
    ),
    (
        "cross-entropy, labels",
        |g| m(g).softmax_cross_entropy(g.labels("t", [3], 3)),
        "softmax_cross_entropy: labels of shape [3] do not fit logits of shape [2, 3], which have [2] rows",
    ),
    (
        "cross-entropy, classes",
        |g| m(g).softmax_cross_entropy(g.labels("t", [2], 4)),
        "softmax_cross_entropy: the labels go up to 4, but the logits have 3 classes",
    ),
    (
        "cross-entropy, ignored beyond",
        |g| CrossEntropy::new().ignore(4).of(m(g), g.labels("t", [2], 5)),
        "softmax_cross_entropy: the labels go up to 5, but the logits have 3 classes",
    ),
    (
        "conv1d, rank",
        |g| m(g).conv1d(w(g), Convolution::new()),
        "conv1d: the value has to have 3 axes, batch, channels, length, and its shape is [2, 3]",
    ),
    (
        "conv1d, channels",
        |g| g.value(Tensor::zeros([1, 3, 5])).conv1d(w(g), Convolution::new()),
        "conv1d: a weight of shape [4, 2, 3] takes 2 channels, but the value has 3",
    ),
    (
        "conv1d, groups",
        |g| g.value(Tensor::zeros([1, 6, 5])).conv1d(w(g), Convolution::new().groups(3)),
        "conv1d: a weight of shape [4, 2, 3] cannot be divided into 3 groups",
    ),
    (
        "conv1d, no groups",
        |g| s(g).conv1d(w(g), Convolution::new().groups(0)),
        "conv1d: the number of groups is [0], and each has to be 1 or more",
    ),
    (
        "conv1d, stride",
        |g| s(g).conv1d(w(g), Convolution::new().stride(0)),
        "conv1d: the stride is [0], and each has to be 1 or more",
    ),
    (
        "conv1d, same with a stride",
        |g| s(g).conv1d(w(g), Convolution::new().same().stride(2)),
        "conv1d: padding to the same size takes a stride of 1, and the stride is [2]",
    ),
    (
        "conv1d, window",
        |g| s(g).conv1d(w(g), Convolution::new().dilation(3).padding(0)),
        "conv1d: a window of 7 elements does not fit axis 2 of shape [1, 2, 5], with padding 5 long",
    ),
    (
        "conv1d, reflected too far",
        |g| s(g).conv1d(w(g), Convolution::new().padding(5).padding_mode(PaddingMode::Reflect)),
        "conv1d: 5 elements are put beside axis 2 of shape [1, 2, 5], which has room for 4 in the mode Reflect",
    ),
    (
        "conv_transpose1d, channels",
        |g| s(g).conv_transpose1d(w(g), Convolution::new(), 0),
        "conv_transpose1d: a weight of shape [4, 2, 3] takes 4 channels, but the value has 2",
    ),
    (
        "conv_transpose1d, output padding",
        |g| g.value(Tensor::zeros([1, 4, 5])).conv_transpose1d(w(g), Convolution::new().stride(2), 2),
        "conv_transpose1d: the output padding 2 has to be below the stride 2 or the dilation 1",
    ),
    (
        "max_pool1d, padding",
        |g| s(g).max_pool1d(2, Pooling::new().padding(2)),
        "max_pool1d: the padding 2 is more than half of a window of 2, which would hold nothing",
    ),
    (
        "max_pool1d, window",
        |g| s(g).max_pool1d(6, Pooling::new()),
        "max_pool1d: a window of 6 elements does not fit axis 2 of shape [1, 2, 5], with padding 5 long",
    ),
    (
        "avg_pool1d, dilation",
        |g| s(g).avg_pool1d(2, Pooling::new().dilation(2)),
        "avg_pool1d: a mean has no dilation",
    ),
    (
        "adaptive_avg_pool1d, size",
        |g| s(g).adaptive_avg_pool1d(0),
        "adaptive_avg_pool1d: the output's size is [0], and each has to be 1 or more",
    ),
    (
        "attention",
        |g| m(g).scaled_dot_product_attention(m(g).t(), m(g), None),
        "scaled_dot_product_attention: queries of shape [2, 3], keys of shape [3, 2] and values of shape [2, 3] do not fit: queries and keys have one width, keys and values one number",
    ),
    (
        "cross-entropy, ignored probabilities",
        |g| CrossEntropy::new().ignore(1).of(m(g), m(g)),
        "softmax_cross_entropy: label 1 is to be ignored, but the targets are probabilities: give labels, or take each loss (`Reduction::None`) and `select` those that count",
    ),
    (
        "cross-entropy, soft targets",
        |g| m(g).softmax_cross_entropy(v(g)),
        "softmax_cross_entropy: targets of shape [4] do not fit logits of shape [2, 3]",
    ),
    (
        "cross-entropy, weights",
        |g| CrossEntropy::new().weights(v(g)).of(m(g), g.labels("t", [2], 3)),
        "softmax_cross_entropy: the class weights have shape [4], but there are 3 classes",
    ),
    (
        "cross-entropy, smoothing",
        |g| CrossEntropy::new().smoothing(1.5).of(m(g), g.labels("t", [2], 3)),
        "softmax_cross_entropy: the smoothing 1.5 is not between 0 and 1",
    ),
    (
        "vjp",
        |g| m(g).exp().vjp(v(g), &[m(g)])[0],
        "vjp: the cotangent has shape [4], but the value has shape [2, 3]",
    ),
    (
        "jvp",
        |g| {
            let x = m(g);
            x.exp().jvp(x, v(g))
        },
        "jvp: the tangent has shape [4], but the value has shape [2, 3]",
    ),
    (
        "grad of many",
        |g| m(g).exp().grad(m(g)),
        "grad: a gradient is of one number, but this value has shape [2, 3]; sum it, or use vjp",
    ),
    (
        "custom with too few cotangents",
        |g| {
            let x = m(g);
            g.custom("rule", x.exp(), &[x], |_, _, _| vec![]).sum(..).grad(x)
        },
        "rule: the rule gave 0 cotangents for 1 arguments",
    ),
    (
        "custom with a cotangent of another shape",
        |g| {
            let x = m(g);
            g.custom("rule", x.exp(), &[x], |_, _, ct| vec![ct.sum(..)]).sum(..).grad(x)
        },
        "rule: the rule gave a cotangent of shape [] for an argument of shape [2, 3]",
    ),
    (
        "a value too large",
        |g| g.constant(0.0).broadcast_to([usize::MAX, 2]),
        "broadcast_to: the shape [18446744073709551615, 2] is too large: its sizes multiply to more than 1152921504606846975",
    ),
    (
        "scopes",
        |g| {
            let _outer = g.scope("encoder");
            let _inner = g.scope("hidden");
            m(g).matmul(m(g))
        },
        "encoder/hidden/matmul: columns of the left (3) must equal rows of the right (2)",
    ),
    (
        "a tensor of literals",
        |g| g.value(tensor![1.0, 2.0]).reshape([3]),
        "reshape: shape [2] has 2 elements, and [3] has 3",
    ),
];

/// The message of an elementwise row of two arguments or more on `[2, 3]` and `[4]`.
pub fn clash(name: &str, arguments: usize) -> String {
    match arguments {
        2 => format!("{name}: {CLASH}"),
        _ => format!("{name}: {}", CLASH.replace("[2, 3] and [4]", "[2, 3] and [4] and [2, 3]")),
    }
}
