//! The site of a recorded node is the line that called, for every public method and operator; and
//! a derivative belongs to the line of what it is the derivative of.

use crate::catalog::{nodes, store};
use gradus::error::Role;
use gradus::nn::{
    AdaptiveAvgPool2d, AvgPool2d, Conv2d, ConvTranspose2d, Embedding, Flatten, GRU, GroupNorm, InstanceNorm,
    LSTM, LayerNorm, Linear, MaxPool2d, Mlp, MultiheadAttention, RMSNorm, RotaryPositions,
    SinusoidalPositions, TransformerEncoderLayer,
};
use gradus::op::{Fold, Map};
use gradus::{Convolution, CrossEntropy, Graph, NodeId, Params, Pooling, Tensor, tensor};
use std::collections::BTreeMap;

/// An operation, the line it stands in, and the node it recorded.
type Called = (&'static str, u32, NodeId);

fn judge(g: &Graph, called: &[Called]) {
    for &(name, line, id) in called {
        let site = g.node(id).site;
        assert_eq!(
            (site.location.file(), site.location.line(), site.role),
            (file!(), line, Role::Forward),
            "{name}"
        );
    }
    assert!(g.check().is_ok(), "{}", g.check().unwrap_err());
}

#[test]
#[rustfmt::skip] // each entry's `line!()` must be its method's line
fn every_row_and_operator_records_the_calling_line() {
    let g = Graph::new();
    let (x, y) = (g.value(tensor![[1.0, 2.0], [3.0, 4.0]]), g.value(tensor![0.5, 0.25]));
    let called: &[Called] = &[
        ("add", line!(), x.add(y).id()), ("sub", line!(), x.sub(y).id()), ("mul", line!(), x.mul(y).id()),
        ("div", line!(), x.div(y).id()), ("strong_mul", line!(), x.strong_mul(y).id()), ("neg", line!(), x.neg().id()),
        ("square", line!(), x.square().id()), ("pow", line!(), x.pow(2.0).id()), ("sqrt", line!(), x.sqrt().id()),
        ("lt", line!(), x.lt(y).id()), ("le", line!(), x.le(1.0).id()),
        ("eq", line!(), x.eq(y).id()), ("select", line!(), x.select(y, 0.0).id()),
        ("maximum", line!(), x.maximum(y).id()), ("minimum", line!(), x.minimum(0.0).id()),
        ("clamp", line!(), x.clamp(0.0, 1.0).id()), ("abs", line!(), x.abs().id()), ("sign", line!(), x.sign().id()),
        ("step", line!(), x.step().id()), ("exp", line!(), x.exp().id()), ("exp_m1", line!(), x.exp_m1().id()),
        ("exp2", line!(), x.exp2().id()), ("exp2_grad", line!(), x.exp2_grad().id()), ("log2", line!(), x.log2().id()), ("log10", line!(), x.log10().id()),
        ("hypot", line!(), x.hypot(y).id()), ("atan2", line!(), x.atan2(y).id()), ("tan", line!(), x.tan().id()),
        ("hypot_grad", line!(), x.hypot_grad(y).id()), ("atan2_grad", line!(), x.atan2_grad(1.0).id()),
        ("asin", line!(), x.asin().id()), ("acos", line!(), x.acos().id()), ("asin_grad", line!(), x.asin_grad().id()),
        ("sinh", line!(), x.sinh().id()), ("cosh", line!(), x.cosh().id()), ("asinh", line!(), x.asinh().id()),
        ("acosh", line!(), x.acosh().id()), ("acosh_grad", line!(), x.acosh_grad().id()),
        ("atanh", line!(), x.atanh().id()), ("atanh_grad", line!(), x.atanh_grad().id()),
        ("xlogy", line!(), x.xlogy(y).id()), ("floor", line!(), x.floor().id()), ("ceil", line!(), x.ceil().id()),
        ("round", line!(), x.round().id()), ("trunc", line!(), x.trunc().id()), ("fract", line!(), x.fract().id()),
        ("remainder", line!(), x.remainder(y).id()), ("erfc", line!(), x.erfc().id()),
        ("erfinv", line!(), x.erfinv().id()), ("erfinv_grad", line!(), x.erfinv_grad().id()),
        ("cbrt", line!(), x.cbrt().id()), ("cbrt_grad", line!(), x.cbrt_grad().id()), ("rsqrt", line!(), x.rsqrt().id()),
        ("ln", line!(), x.ln().id()), ("ln_1p", line!(), x.ln_1p().id()), ("sin", line!(), x.sin().id()),
        ("cos", line!(), x.cos().id()), ("erf", line!(), x.erf().id()), ("sigmoid", line!(), x.sigmoid().id()),
        ("tanh", line!(), x.tanh().id()), ("relu", line!(), x.relu().id()),
        ("leaky_relu", line!(), x.leaky_relu(0.1).id()), ("softplus", line!(), x.softplus().id()),
        ("log_sigmoid", line!(), x.log_sigmoid().id()), ("silu", line!(), x.silu().id()),
        ("gaussian", line!(), x.gaussian().id()), ("relu6", line!(), x.relu6().id()),
        ("normal_pdf", line!(), x.normal_pdf().id()), ("normal_cdf", line!(), x.normal_cdf().id()),
        ("log_normal_cdf", line!(), x.log_normal_cdf().id()), ("log_normal_cdf_grad", line!(), x.log_normal_cdf_grad().id()),
        ("log_normal_cdf_grad2", line!(), x.log_normal_cdf_grad2().id()),
        ("log_normal_cdf_grad3", line!(), x.log_normal_cdf_grad3().id()),
        ("gelu", line!(), x.gelu().id()),
        ("relu_squared", line!(), x.relu_squared().id()), ("elu", line!(), x.elu(1.0).id()),
        ("selu", line!(), x.selu().id()), ("mish", line!(), x.mish().id()),
        ("hard_sigmoid", line!(), x.hard_sigmoid().id()), ("hard_swish", line!(), x.hard_swish().id()),
        ("softsign", line!(), x.softsign().id()), ("softshrink", line!(), x.softshrink(0.5).id()),
        ("softplus_sharp", line!(), x.softplus_sharp(2.0).id()), ("swish", line!(), x.swish(1.5).id()),
        ("gelu_tanh", line!(), x.gelu_tanh().id()), ("gelu_sigmoid", line!(), x.gelu_sigmoid().id()),
        ("squareplus", line!(), x.squareplus(4.0).id()), ("isru", line!(), x.isru().id()),
        ("arctan", line!(), x.arctan().id()), ("bent_identity", line!(), x.bent_identity().id()),
        ("logcosh", line!(), x.logcosh().id()), ("tanhshrink", line!(), x.tanhshrink().id()),
        ("celu", line!(), x.celu(0.5).id()), ("hard_tanh", line!(), x.hard_tanh().id()),
        ("hardshrink", line!(), x.hardshrink(0.5).id()), ("threshold", line!(), x.threshold(1.0, 0.0).id()),
        ("pow_grad", line!(), x.pow_grad(2.0).id()), ("pow_b_grad", line!(), x.pow_b_grad(2.0).id()),
        ("logistic_pdf", line!(), x.logistic_pdf().id()), ("normal_pdf_grad", line!(), x.normal_pdf_grad().id()),
        ("celu_alpha_grad", line!(), x.celu_alpha_grad(3.0).id()), ("swish_beta_grad", line!(), x.swish_beta_grad(1.5).id()),
        ("softplus_sharp_beta_grad", line!(), x.softplus_sharp_beta_grad(1.5).id()),
        ("normal_pdf_grad2", line!(), x.normal_pdf_grad2().id()), ("gaussian_grad", line!(), x.gaussian_grad().id()),
        ("gaussian_grad2", line!(), x.gaussian_grad2().id()), ("gelu_grad", line!(), x.gelu_grad().id()),
        ("gelu_grad2", line!(), x.gelu_grad2().id()), ("silu_grad", line!(), x.silu_grad().id()),
        ("silu_grad2", line!(), x.silu_grad2().id()), ("swish_gate", line!(), x.swish_gate(2.0).id()),
        ("swish_grad", line!(), x.swish_grad(2.0).id()), ("swish_grad2", line!(), x.swish_grad2(2.0).id()),
        ("gelu_tanh_grad", line!(), x.gelu_tanh_grad().id()), ("gelu_tanh_grad2", line!(), x.gelu_tanh_grad2().id()),
        ("gelu_sigmoid_grad", line!(), x.gelu_sigmoid_grad().id()),
        ("gelu_sigmoid_grad2", line!(), x.gelu_sigmoid_grad2().id()),
        ("mish_grad", line!(), x.mish_grad().id()), ("mish_grad2", line!(), x.mish_grad2().id()),
        ("squareplus_grad", line!(), x.squareplus_grad(4.0).id()),
        ("exp_ratio", line!(), x.exp_ratio(2.0).id()), ("exp_difference", line!(), x.exp_difference(2.0).id()),
        ("inverse_root", line!(), x.inverse_root(1.0).id()),
        ("tanh_grad", line!(), x.tanh_grad().id()), ("selu_grad", line!(), x.selu_grad().id()),
        ("elu_grad", line!(), x.elu_grad(2.0).id()),
        ("arctan_grad", line!(), x.arctan_grad().id()), ("isru_grad", line!(), x.isru_grad().id()),
        ("swish_gate_grad", line!(), x.swish_gate_grad(2.0).id()), ("swish_mixed_grad2", line!(), x.swish_mixed_grad2(2.0).id()),
        ("exp_ratio_grad", line!(), x.exp_ratio_grad(2.0).id()),
        ("exp_ratio_b_grad", line!(), x.exp_ratio_b_grad(2.0).id()),
        ("sum", line!(), x.sum(..).id()), ("max", line!(), x.max(0).id()), ("min", line!(), x.min(-1).id()),
        ("logsumexp", line!(), x.logsumexp([0, 1]).id()),
        ("+", line!(), (x + y).id()), ("-", line!(), (x - y).id()), ("*", line!(), (x * y).id()),
        ("/", line!(), (x / y).id()), ("unary -", line!(), (-x).id()), ("+ number", line!(), (x + 1.0).id()),
        ("number +", line!(), (1.0 + x).id()), ("number -", line!(), (1.0 - x).id()),
        ("number *", line!(), (2.0 * x).id()), ("number /", line!(), (1.0 / x).id()),
    ];
    judge(&g, called);
    let missing: Vec<&str> = Map::ALL.iter().map(|map| map.name())
        .chain(Fold::ALL.iter().map(|fold| fold.name()))
        .filter(|name| !called.iter().any(|(called, ..)| called == name)).collect();
    assert!(missing.is_empty(), "no site is checked of {missing:?}");
}

#[test]
#[rustfmt::skip] // each entry's `line!()` must be its method's line
fn every_other_method_records_the_calling_line() {
    let g = Graph::new();
    let (x, y) = (g.value(tensor![[1.0, 2.0], [3.0, 4.0]]), g.value(tensor![0.5, 0.25]));
    let t = g.labels("t", [2], 2);
    let ce = CrossEntropy::new().smoothing(0.1);
    let hard = ce.ignore(1);
    let (signal, kernel) = (g.value(Tensor::from([[[1.0, 2.0, 4.0, 8.0]]])), g.value(Tensor::from([[[1.0, 0.5]]])));
    let image = x.reshape([1, 1, 2, 2]);
    let weight = store::<f64>().1;
    let called: &[Called] = &[
        ("value", line!(), g.value(1.0).id()), ("constant", line!(), g.constant(2.0).id()),
        ("input", line!(), g.input("a", [2]).id()), ("labels", line!(), g.labels("b", [2], 3).id()),
        ("param", line!(), g.param(&weight).id()), ("cat", line!(), g.cat(&[y, y], 0).id()),
        ("stack", line!(), g.stack(&[y, y], 0).id()),
        ("custom", line!(), g.custom("c", x, &[y], |_, _, _| vec![]).id()),
        ("gt", line!(), x.gt(y).id()), ("ge", line!(), x.ge(0.0).id()),
        ("ne", line!(), x.ne(y).id()), ("recip", line!(), x.recip().id()),
        ("zeros_like", line!(), x.zeros_like().id()), ("ones_like", line!(), x.ones_like().id()),
        ("full_like", line!(), x.full_like(0.5).id()), ("detach", line!(), x.detach().id()),
        ("mean", line!(), x.mean(..).id()), ("var", line!(), x.var(0).id()),
        ("sample_var", line!(), x.sample_var(..).id()), ("prod", line!(), x.prod(..).id()),
        ("sine", line!(), x.sine(30.0).id()),
        ("prelu", line!(), x.prelu(x).id()), ("rrelu", line!(), x.rrelu(x, 0.125, 0.5).id()),
        ("rrelu_mean", line!(), x.rrelu_mean(0.125, 0.5).id()), ("sparsemax", line!(), x.sparsemax(-1).id()),
        ("step_straight_through", line!(), x.step_straight_through().id()),
        ("round_straight_through", line!(), x.round_straight_through().id()),
        ("softmin", line!(), x.softmin(0).id()), ("glu", line!(), x.glu(0).id()), ("reglu", line!(), x.reglu(0).id()),
        ("geglu", line!(), x.geglu(0).id()), ("swiglu", line!(), x.swiglu(0).id()),
        ("maxout", line!(), x.maxout(0, 2).id()), ("crelu", line!(), x.crelu(0).id()),
        ("softmax", line!(), x.softmax(-1).id()), ("log_softmax", line!(), x.log_softmax(-1).id()),
        ("std", line!(), x.std(0).id()), ("sample_std", line!(), x.sample_std(..).id()),
        ("norm", line!(), x.norm(-1).id()), ("l2_normalize", line!(), x.l2_normalize(..).id()),
        ("cosine_similarity", line!(), x.cosine_similarity(y, -1).id()), ("logaddexp", line!(), x.logaddexp(y).id()),
        ("normalize", line!(), x.normalize(-1, 1e-5).id()), ("reshape", line!(), x.reshape([4]).id()),
        ("permute", line!(), x.permute([1, 0]).id()), ("t", line!(), x.t().id()),
        ("transpose", line!(), x.transpose(0, 1).id()), ("broadcast_to", line!(), y.broadcast_to([2, 2]).id()),
        ("unsqueeze", line!(), y.unsqueeze(0).id()), ("squeeze", line!(), g.value(tensor![[1.0]]).squeeze(0).id()),
        ("slice", line!(), x.slice(0, 1..).id()), ("pad", line!(), x.pad(0, 1, 1).id()),
        ("einsum", line!(), g.einsum("ij,jk,k->ik", &[x, x, y]).id()), ("einsum, a diagonal", line!(), g.einsum("ii,j->j", &[x, y]).id()),
        ("sort", line!(), x.sort(0).id()), ("sort_descending", line!(), x.sort_descending(1).id()),
        ("argsort", line!(), x.argsort(0).id()), ("argsort_descending", line!(), x.argsort_descending(0).id()),
        ("topk", line!(), x.topk(1, 0).0.id()), ("topk, places", line!(), x.topk(1, 0).1.id()),
        ("take_along_axis", line!(), x.take_along_axis(x.argsort(0), 0).id()), ("along", line!(), t.along(0, 2).id()),
        ("flip", line!(), x.flip(0).id()), ("roll", line!(), x.roll(1, 0).id()), ("tile", line!(), x.tile(2).id()),
        ("repeat_interleave", line!(), x.repeat_interleave(2, 0).id()), ("slice_step", line!(), x.slice_step(0, .., 2).id()),
        ("flatten", line!(), x.flatten(..).id()), ("outer", line!(), y.outer(y).id()), ("diagonal", line!(), x.diagonal().id()),
        ("arange", line!(), g.arange(3).id()), ("indices", line!(), g.indices(tensor![1, 0]).id()),
        ("argmin", line!(), x.argmin(0).id()), ("any", line!(), x.any(0).id()), ("all", line!(), x.all(..).id()),
        ("tril", line!(), x.tril(0).id()), ("triu", line!(), x.triu(0).id()),
        ("cumsum", line!(), x.cumsum(0).id()), ("cumprod", line!(), x.cumprod(1).id()), ("cummax", line!(), x.cummax(0).id()),
        ("logcumsumexp", line!(), g.arange(5).logcumsumexp(0).id()),
        ("unfold", line!(), y.unfold(0, 2, 1).id()), ("overlap_add", line!(), x.overlap_add(0, 1, 3).id()),
        ("matmul", line!(), x.matmul(x).id()), ("matmul, vectors", line!(), y.matmul(y).id()),
        ("matmul_t", line!(), x.matmul_t(x).id()), ("dot", line!(), y.dot(y).id()),
        ("gather", line!(), x.gather(t, 0).id()), ("scatter_add", line!(), x.scatter_add(t, 0, 2).id()),
        ("pick", line!(), x.pick(t).id()), ("argmax", line!(), x.argmax(0).id()),
        ("one_hot", line!(), t.one_hot().id()), ("agrees_with", line!(), t.agrees_with(t).id()),
        ("mse_loss", line!(), x.mse_loss(x).id()), ("l1_loss", line!(), x.l1_loss(x).id()), ("huber_loss", line!(), x.huber_loss(x, 1.0).id()),
        ("softmax_cross_entropy", line!(), x.softmax_cross_entropy(t).id()),
        ("sigmoid_cross_entropy", line!(), x.sigmoid_cross_entropy(x).id()),
        ("CrossEntropy::of", line!(), hard.of(x, t).id()), ("CrossEntropy, soft", line!(), ce.of(x, x).id()),
        ("conv1d", line!(), signal.conv1d(kernel, Convolution::new().padding(1)).id()),
        ("conv2d", line!(), image.conv2d(image, Convolution::new()).id()),
        ("conv_transpose1d", line!(), signal.conv_transpose1d(kernel, Convolution::new().dilation(2), 0).id()),
        ("conv_transpose2d", line!(), image.conv_transpose2d(image, Convolution::new(), 0).id()),
        ("max_pool1d", line!(), signal.max_pool1d(2, Pooling::new().padding(1)).id()),
        ("max_pool2d", line!(), image.max_pool2d(2, Pooling::new()).id()),
        ("avg_pool1d", line!(), signal.avg_pool1d(2, Pooling::new().padding(1).exclude_padding()).id()),
        ("avg_pool2d", line!(), image.avg_pool2d(2, Pooling::new()).id()),
        ("adaptive_avg_pool1d", line!(), signal.adaptive_avg_pool1d(3).id()),
        ("adaptive_avg_pool2d", line!(), image.adaptive_avg_pool2d(1).id()),
        ("scaled_dot_product_attention", line!(), x.scaled_dot_product_attention(x, x, g.causal_mask(2)).id()),
        ("random", line!(), g.random([2, 2]).id()), ("dropout", line!(), x.dropout(0.5).id()),
        ("dropout_channels", line!(), x.dropout_channels(0.5).id()),
        ("causal_mask", line!(), g.causal_mask(2).id()),
        ("grad of nothing", line!(), y.sum(..).grad(x).id()),
    ];
    judge(&g, called);
    // Whatever a method records on its way is the caller's, too: no line of the engine shows.
    for node in nodes(&g, called.iter().map(|&(.., id)| id)).values() {
        assert!(node.site.location.file() == file!() || node.op.name() == "param", "{}", node.site);
    }
}

#[test]
#[rustfmt::skip] // each entry's `line!()` must be its method's line
fn layers_and_derivatives_record_the_calling_line() {
    let mut params = Params::<f64>::seeded(1);
    let first = line!() + 1;
    let layer = Linear::new(&mut params, "layer", 2, 2); let mlp = Mlp::new(&mut params, "mlp", &[2, 3, 1]);
    let conv = Conv2d::new(&mut params, "conv", 1, 1, 2); let up = ConvTranspose2d::new(&mut params, "up", 1, 1, 2);
    let norm = LayerNorm::new(&mut params, "norm", [2]); let rms = RMSNorm::new(&mut params, "rms", [2]);
    let group = GroupNorm::new(&mut params, "group", 1, 1); let words = Embedding::with_padding(&mut params, "words", 2, 2, 0);
    let heads = MultiheadAttention::new(&mut params, "heads", 2, 1);
    let block = TransformerEncoderLayer::new(&mut params, "block", 2, 1, 2);
    let lstm = LSTM::new(&mut params, "lstm", 2, 2); let gru = GRU::new(&mut params, "gru", 2, 2);
    let made = first..line!();
    let g = Graph::new();
    let x = g.value(tensor![[1.0, 2.0], [3.0, 4.0]]);
    let (image, rows, t) = (x.reshape([1, 1, 2, 2]), x.reshape([1, 2, 2]), g.labels("t", [2], 2));
    let y = x.square().sum(..);
    let before = NodeId::max(t.one_hot().id(), y.id());
    let called: &[Called] = &[
        ("Linear::forward", line!(), layer.forward(x).id()), ("Mlp::forward", line!(), mlp.forward(x).id()),
        ("Conv2d::forward", line!(), conv.forward(image).id()), ("ConvTranspose2d::forward", line!(), up.forward(image).id()),
        ("LayerNorm::forward", line!(), norm.forward(x).id()), ("RMSNorm::forward", line!(), rms.forward(x).id()),
        ("GroupNorm::forward", line!(), group.forward(image).id()), ("InstanceNorm::forward", line!(), InstanceNorm::new().forward(image).id()),
        ("Embedding::forward", line!(), words.forward(t).id()), ("Embedding::scores", line!(), words.scores(x).id()),
        ("MultiheadAttention::forward", line!(), heads.forward(rows).id()), ("TransformerEncoderLayer::forward", line!(), block.forward(rows).id()),
        ("MaxPool2d::forward", line!(), MaxPool2d::new(2).forward(image).id()), ("AvgPool2d::forward", line!(), AvgPool2d::new(2).forward(image).id()),
        ("AdaptiveAvgPool2d::forward", line!(), AdaptiveAvgPool2d::new(1).forward(image).id()),
        ("Flatten::forward", line!(), Flatten::new().forward(image).id()),
        ("SinusoidalPositions::forward", line!(), SinusoidalPositions::new().forward(rows).id()),
        ("RotaryPositions::forward", line!(), RotaryPositions::new().halves().forward(rows).id()),
        ("GRU::states_from", line!(), gru.states_from(rows, x.reshape([1, 2, 2]).slice(1, ..1), None).output.id()),
        ("LSTM::forward", line!(), lstm.forward(rows).id()), ("GRU::forward", line!(), gru.forward(rows).id()),
        ("jacobian", line!(), x.jacobian(x).id()), ("hessian of nothing", line!(), x.sum(..).hessian(x).id()),
    ];
    judge(&g, called);
    for node in nodes(&g, called.iter().map(|&(.., id)| id)).iter().filter(|(id, _)| **id > before).map(|(_, node)| node) {
        let line = node.site.location.line();
        let known = called.iter().any(|&(_, known, _)| known == line) || (node.op.name() == "param" && made.contains(&line));
        assert!(node.site.location.file() == file!() && known, "{} of {}", node.op.name(), node.site);
    }
}

#[test]
fn nodes_of_a_derivative_have_the_forward_line_and_the_backward_role() {
    let g = Graph::new();
    let x = g.value(Tensor::from([[0.5, -1.0], [2.0, 1.5]]));
    let first = line!() + 1;
    let hidden = x.matmul(x.t());
    let hidden = hidden.tanh();
    let loss = hidden.log_softmax(-1).sum(..);
    let last = line!() - 1;
    let forward: BTreeMap<u32, Vec<String>> = lines(&g, loss.id(), Role::Forward);
    let line = line!() + 1;
    let gradient = loss.grad(x);
    let all = nodes(&g, [gradient.id()]);
    let new: Vec<_> = all.iter().filter(|(id, _)| **id > loss.id()).map(|(_, node)| node).collect();
    assert!(!new.is_empty());
    for node in new {
        let at = node.site.location.line();
        match node.site.role {
            // The seed, and nothing else, is recorded by the call itself.
            Role::Forward => {
                assert!(at == line && ["constant", "broadcast"].contains(&node.op.name()), "{node:?}")
            }
            Role::Backward => assert!((first..=last).contains(&at) && forward.contains_key(&at), "{node:?}"),
            _ => panic!("{node:?}"),
        }
    }
    let backward: Vec<u32> = lines(&g, gradient.id(), Role::Backward).into_keys().collect();
    assert_eq!(backward, (first..=last).collect::<Vec<_>>(), "every line has its part in the derivative");
    // The same for forward mode and for the derivative of the derivative.
    let second = gradient.jvp(x, x);
    let roles = nodes(&g, [second.id()]);
    let late = roles.iter().filter(|(id, _)| **id > gradient.id()).map(|(_, node)| node.site);
    assert!(late.clone().count() > 0);
    for site in late {
        assert!(site.role == Role::Backward && (first..=last).contains(&site.location.line()), "{site}");
    }
}

fn lines(g: &Graph, of: NodeId, role: Role) -> BTreeMap<u32, Vec<String>> {
    let mut lines: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for node in nodes(g, [of]).values().filter(|node| node.site.role == role) {
        lines.entry(node.site.location.line()).or_default().push(node.op.name().into());
    }
    lines
}
