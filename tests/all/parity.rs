//! Layers give the outputs and gradients that PyTorch's give, from the same parameters by the same names. The numbers are
//! those of `tests/reference/layers.py`; each layer passes the gradient check as well.

use gradus::nn::{PaddingMode, ReluRNN, States};
use gradus::prelude::*;
use safetensors::SafeTensors;
use std::collections::HashMap;

/// A layer on its inputs. It adds parameters to the store, whose numbers are then those of the file.
type Layer = for<'g> fn(&mut Params<f64>, &[Var<'g>]) -> Var<'g>;

/// All states as one row of numbers.
fn together<'g>(states: States<'g>) -> Var<'g> {
    let all: Vec<Var<'g>> = [Some(states.output), Some(states.hidden), states.cell]
        .into_iter()
        .flatten()
        .map(|x| x.reshape([x.shape().size()]))
        .collect();
    states.output.graph().cat(&all, 0)
}

/// The steps that sequences of 5, 2 and 4 steps have.
fn lengths<'g>(x: Var<'g>) -> Var<'g> {
    x.graph().value(Tensor::from_fn([3, 5], |at| f64::from(u8::from(at[1] < [5, 2, 4][at[0]]))))
}

macro_rules! conv {
    ($Layer:ident, $inputs:expr, $outputs:expr, $kernel:expr, $options:expr $(, $more:expr)?) => {
        |params, x| $Layer::with_options(params, "layer", $inputs, $outputs, $kernel, $options $(, $more)?).forward(x[0])
    };
}

macro_rules! recurrent {
    ($Layer:ident) => {
        [
            |params, x| together($Layer::new(params, "layer", 3, 4).states(x[0])),
            |params, x| together($Layer::with(params, "layer", 3, 4, 2, true).states(x[0])),
            |params, x| {
                together($Layer::with(params, "layer", 3, 4, 1, true).masked_states(x[0], lengths(x[0])))
            },
        ]
    };
}

fn c1() -> Convolution<1> {
    Convolution::new()
}

fn c2() -> Convolution<2> {
    Convolution::new()
}

const CASES: &[(&str, Layer)] = &[
    ("conv1d", |params, x| Conv1d::new(params, "layer", 4, 6, 3).forward(x[0])),
    ("conv1d_stride", conv!(Conv1d, 4, 6, 3, c1().stride(2).padding(1))),
    ("conv1d_groups", |params, x| {
        Conv1d::no_bias(params, "layer", 4, 6, 3, c1().dilation(2).groups(2)).forward(x[0])
    }),
    ("conv1d_same", conv!(Conv1d, 4, 6, 4, c1().same().dilation(2))),
    ("conv1d_reflect", conv!(Conv1d, 4, 6, 3, c1().padding(2).padding_mode(PaddingMode::Reflect))),
    ("conv1d_replicate", conv!(Conv1d, 4, 6, 3, c1().padding(2).padding_mode(PaddingMode::Replicate))),
    ("conv1d_circular", conv!(Conv1d, 4, 6, 3, c1().padding(2).padding_mode(PaddingMode::Circular))),
    ("conv2d", |params, x| Conv2d::new(params, "layer", 4, 6, [3, 2]).forward(x[0])),
    ("conv2d_stride", conv!(Conv2d, 4, 6, 3, c2().stride([2, 1]).padding([1, 2]).dilation([1, 2]))),
    ("conv2d_groups", conv!(Conv2d, 4, 6, [2, 3], c2().groups(2).stride(2))),
    ("conv2d_depthwise", conv!(Conv2d, 4, 8, 3, c2().groups(4).padding(1))),
    ("conv2d_same", conv!(Conv2d, 4, 6, [2, 4], c2().same())),
    ("conv2d_point", |params, x| Conv2d::new(params, "layer", 4, 6, 1).forward(x[0])),
    ("conv2d_reflect", conv!(Conv2d, 4, 6, 3, c2().padding([1, 2]).padding_mode(PaddingMode::Reflect))),
    ("conv2d_replicate", conv!(Conv2d, 4, 6, 3, c2().padding([1, 2]).padding_mode(PaddingMode::Replicate))),
    ("conv2d_circular", conv!(Conv2d, 4, 6, 3, c2().padding([1, 2]).padding_mode(PaddingMode::Circular))),
    ("conv_transpose1d", |params, x| ConvTranspose1d::new(params, "layer", 4, 6, 3).forward(x[0])),
    ("conv_transpose1d_stride", conv!(ConvTranspose1d, 4, 6, 3, c1().stride(2).padding(1), 1)),
    ("conv_transpose1d_groups", |params, x| {
        let options = c1().stride(3).dilation(2).groups(2);
        ConvTranspose1d::no_bias(params, "layer", 4, 6, 3, options, 0).forward(x[0])
    }),
    ("conv_transpose2d", |params, x| ConvTranspose2d::new(params, "layer", 4, 6, [3, 2]).forward(x[0])),
    (
        "conv_transpose2d_stride",
        conv!(ConvTranspose2d, 4, 6, 3, c2().stride(2).padding([1, 2]).dilation([1, 2]).groups(2), [1, 0]),
    ),
    ("max_pool1d", |_, x| MaxPool1d::with_options(3, Pooling::new().stride(2).padding(1)).forward(x[0])),
    ("max_pool1d_ceil", |_, x| {
        MaxPool1d::with_options(3, Pooling::new().stride(2).ceil_mode()).forward(x[0])
    }),
    ("max_pool2d", |_, x| MaxPool2d::new(2).forward(x[0])),
    ("max_pool2d_padding", |_, x| {
        MaxPool2d::with_options(3, Pooling::new().stride(2).padding(1).ceil_mode()).forward(x[0])
    }),
    ("max_pool2d_dilation", |_, x| {
        MaxPool2d::with_options([2, 3], Pooling::new().stride(1).dilation([2, 1])).forward(x[0])
    }),
    ("avg_pool1d", |_, x| {
        AvgPool1d::with_options(3, Pooling::new().stride(2).padding(1).ceil_mode()).forward(x[0])
    }),
    ("avg_pool2d", |_, x| AvgPool2d::with_options(3, Pooling::new().stride(2).padding(1)).forward(x[0])),
    ("avg_pool2d_exclude", |_, x| {
        AvgPool2d::with_options(3, Pooling::new().stride(2).padding(1).exclude_padding()).forward(x[0])
    }),
    ("avg_pool2d_ceil", |_, x| {
        AvgPool2d::with_options([3, 2], Pooling::new().stride([2, 3]).padding(1).ceil_mode()).forward(x[0])
    }),
    ("adaptive_avg_pool1d", |_, x| AdaptiveAvgPool1d::new(4).forward(x[0])),
    ("adaptive_avg_pool2d", |_, x| AdaptiveAvgPool2d::new([3, 4]).forward(x[0])),
    ("layer_norm", |params, x| LayerNorm::new(params, "layer", [6]).forward(x[0])),
    ("layer_norm_two", |params, x| LayerNorm::new(params, "layer", [4, 3]).epsilon(1e-3).forward(x[0])),
    ("rms_norm", |params, x| RMSNorm::new(params, "layer", [6]).forward(x[0])),
    ("group_norm", |params, x| GroupNorm::new(params, "layer", 2, 6).forward(x[0])),
    ("instance_norm", |_, x| InstanceNorm::new().forward(x[0])),
    ("attention", |params, x| MultiheadAttention::new(params, "layer", 8, 2).attend(x[0], x[1], x[2], None)),
    ("attention_cross", |params, x| {
        MultiheadAttention::new(params, "layer", 8, 4).attend(x[0], x[1], x[2], None)
    }),
    ("attention_causal", |params, x| {
        MultiheadAttention::new(params, "layer", 8, 2).attend(x[0], x[1], x[2], x[0].graph().causal_mask(5))
    }),
    ("linear_weight_norm", |params, x| Linear::weight_norm(params, "layer", 4, 3).forward(x[0])),
    ("conv2d_weight_norm", |params, x| {
        Conv2d::weight_norm(params, "layer", 4, 6, 3, c2().padding(1).groups(2)).forward(x[0])
    }),
    ("flatten", |_, x| Flatten::new().forward(x[0])),
    ("flatten_from", |_, x| Flatten::from_axis(2).forward(x[0])),
    ("lstm_first_lengths", |params, x| {
        let lstm = LSTM::with(params, "layer", 3, 4, 2, true);
        together(lstm.states_from(x[0], (x[1], x[2]), lengths(x[0])))
    }),
    ("lstm_first", |params, x| {
        together(LSTM::with(params, "layer", 3, 4, 2, true).states_from(x[0], (x[1], x[2]), None))
    }),
    ("gru_first", |params, x| {
        together(GRU::with(params, "layer", 3, 4, 2, true).states_from(x[0], x[1], None))
    }),
    ("rnn_first", |params, x| {
        together(RNN::with(params, "layer", 3, 4, 2, true).states_from(x[0], x[1], None))
    }),
    ("relu_rnn_first", |params, x| {
        together(ReluRNN::with(params, "layer", 3, 4, 2, true).states_from(x[0], x[1], None))
    }),
    ("encoder", |params, x| TransformerEncoderLayer::new(params, "layer", 8, 2, 16).forward(x[0])),
    ("encoder_first", |params, x| {
        let layer = TransformerEncoderLayer::new(params, "layer", 8, 2, 16).norm_first();
        layer.activation(|x| x.gelu()).attend(x[0], x[0].graph().causal_mask(5))
    }),
];

const RECURRENT: [(&str, [Layer; 3]); 4] = [
    ("rnn", recurrent!(RNN)),
    ("relu_rnn", recurrent!(ReluRNN)),
    ("lstm", recurrent!(LSTM)),
    ("gru", recurrent!(GRU)),
];

/// All cases: those above, and each recurrent layer as it is, deep, and on several lengths.
fn cases() -> Vec<(String, Layer)> {
    let plain = CASES.iter().map(|&(name, layer)| (name.to_string(), layer));
    let kinds = ["", "_deep", "_lengths"];
    let recurrent = RECURRENT.iter().flat_map(|(name, layers)| {
        kinds.iter().zip(layers).map(move |(kind, &layer)| (format!("{name}{kind}"), layer))
    });
    plain.chain(recurrent).collect()
}

/// The tensors of a case, but those of whole numbers.
pub fn tensors(name: &str) -> HashMap<String, Tensor<f64>> {
    let path = format!("{}/tests/reference/layers/{name}.safetensors", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let file = SafeTensors::deserialize(&bytes).expect("a whole file");
    let numbers = |data: &[u8]| {
        data.chunks_exact(8).map(|x| f64::from_le_bytes(x.try_into().expect("eight bytes"))).collect()
    };
    file.tensors()
        .into_iter()
        .filter(|(_, view)| view.dtype() == safetensors::Dtype::F64)
        .map(|(name, view)| (name, Tensor::new(view.shape(), numbers(view.data())).expect("it fits")))
        .collect()
}

/// The largest difference, as a share of the largest number.
pub fn difference<E: Element>(found: &Tensor<E>, expected: &Tensor<f64>) -> f64 {
    assert_eq!(found.shape(), expected.shape());
    let largest = expected.iter().fold(f64::MIN_POSITIVE, |most, x| most.max(x.abs()));
    let off = found.iter().zip(expected).map(|(a, b)| (a.to_f64() - b).abs());
    off.fold(0.0, |most, x| if x > most || x.is_nan() { x } else { most }) / largest
}

/// A case: its graph's values, their parameters and feeds.
struct Case<'g> {
    params: Params<f64>,
    feeds: Vec<(Var<'g>, Tensor<f64>)>,
    y: Var<'g>,
    loss: Var<'g>,
}

fn case<'g>(g: &'g Graph, layer: Layer, file: &HashMap<String, Tensor<f64>>) -> Case<'g> {
    let named = |i: usize| file.get(&format!("in.{i}"));
    let inputs: Vec<Tensor<f64>> = (0..).map_while(|i| named(i).cloned()).collect();
    let vars: Vec<Var<'g>> =
        inputs.iter().enumerate().map(|(i, x)| g.input(format!("in.{i}"), x.shape())).collect();
    let mut params = Params::seeded(1);
    let y = layer(&mut params, &vars);
    let names: Vec<String> = params.iter().map(|(name, _)| name.to_string()).collect();
    for name in &names {
        let value = file.get(name).unwrap_or_else(|| panic!("the file has no {name}"));
        params.set(name, value.clone()).expect("it has the shape of PyTorch's");
    }
    let more = file.keys().filter(|key| key.starts_with("layer.") && !names.contains(key));
    assert_eq!(more.collect::<Vec<_>>(), Vec::<&String>::new(), "parameters of PyTorch's that are not here");
    let loss = (y * g.value(file["ct"].clone())).sum(..);
    Case { params, feeds: vars.into_iter().zip(inputs).collect(), y, loss }
}

/// Returns the largest difference of the output and of each gradient.
fn compared<E: Element>(layer: Layer, file: &HashMap<String, Tensor<f64>>) -> f64 {
    let g = Graph::new();
    let Case { params, feeds, y, loss } = case(&g, layer, file);
    let names: Vec<String> = params.iter().map(|(name, _)| name.to_string()).collect();
    let mut store: Params<f64> = Params::new();
    let held = params.iter().map(|(name, value)| g.param(&store.add(name, value.clone())));
    let wrt: Vec<Var<'_>> = feeds.iter().map(|(x, _)| *x).chain(held).collect();
    let asked: Vec<Var<'_>> = std::iter::once(y).chain(loss.grads(&wrt)).collect();
    let mut program = g.compile::<E>(asked).expect("it compiles");
    let given: Vec<(Var<'_>, Tensor<E>)> = feeds.iter().map(|(x, value)| (*x, value.cast())).collect();
    let out = program.run(&params.cast(), given.iter().map(|(x, value)| (*x, value))).expect("it runs");
    let inputs = (0..feeds.len()).map(|i| format!("grad.in.{i}"));
    let keys =
        std::iter::once("y".to_string()).chain(inputs).chain(names.iter().map(|name| format!("grad.{name}")));
    keys.enumerate().map(|(i, key)| difference(out.at(i), &file[&key])).fold(0.0, f64::max)
}

#[test]
fn layers_compute_what_pytorchs_compute() {
    let mut faults = Vec::new();
    for (name, layer) in cases() {
        let file = tensors(&name);
        let (wide, narrow) = (compared::<f64>(layer, &file), compared::<f32>(layer, &file));
        if wide > 1e-12 || narrow > 16.0 * f64::from(f32::EPSILON) || wide.is_nan() || narrow.is_nan() {
            faults.push(format!("{name}: off by {wide:.1e} in f64 and {narrow:.1e} in f32"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn layers_pass_the_gradient_check_at_both_orders() {
    let mut faults = Vec::new();
    for (name, layer) in cases() {
        let file = tensors(&name);
        let g = Graph::new();
        let Case { params, feeds, loss, .. } = case(&g, layer, &file);
        let wrt: Vec<Var<'_>> = feeds.iter().map(|(x, _)| *x).collect();
        let fed = || feeds.iter().map(|(x, value)| (*x, value));
        let checks =
            [(!params.is_empty()).then(|| gradcheck(loss, &params)), Some(gradcheck(loss, &params).wrt(wrt))];
        for check in checks.into_iter().flatten() {
            let report = check.feed(fed()).sample(16, 1).order(2).run().expect("it runs");
            if !report.passed() {
                faults.push(format!("{name}:\n{report}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_vector_of_padding_is_not_trained() {
    let mut params = Params::<f64>::seeded(1);
    let table = Embedding::with_padding(&mut params, "words", 4, 3, 2);
    let before = params.get("words.weight").expect("it is there").clone();
    assert_eq!(before.data()[6..9], [0.0; 3]);
    let g = Graph::new();
    let word = g.labels("word", [3], 4);
    let loss = (table.forward(word) - 1.0).square().sum(..);
    let mut step = g.train(loss, Sgd::new(0.1), &mut params).expect("it compiles");
    step.run(&mut params, [word.feed(&tensor![2, 1, 2])]).expect("it runs");
    let after = params.get("words.weight").expect("it is there");
    assert_eq!([&after.data()[..3], &after.data()[6..]], [&before.data()[..3], &before.data()[6..]]);
    let moved = before.data()[3..6].iter().map(|x| x - 0.2 * (x - 1.0)).collect::<Vec<f64>>();
    assert!(after.data()[3..6].iter().zip(moved).all(|(a, b)| (a - b).abs() < 1e-15), "{after}");
}

#[test]
fn a_query_that_sees_no_key_gives_zeros_and_a_gradient_of_zeros() {
    let g = Graph::new();
    let (q, k, v) = (g.input("q", [3, 4]), g.input("k", [3, 4]), g.input("v", [3, 2]));
    let mask = g.value(Tensor::from([[1.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.0, 1.0, 0.0]]));
    let y = q.scaled_dot_product_attention(k, v, mask);
    let loss = y.square().sum(..);
    let mut program = g.compile::<f64>([y, loss.grad(q), loss.grad(k), loss.grad(v)]).expect("it compiles");
    program.trap_non_finite(true);
    let numbers = |n: usize| Tensor::from_fn([3, n], |at| (at[0] * n + at[1]) as f64 * 0.25 - 1.0);
    let feeds = [(q, &numbers(4)), (k, &numbers(4)), (v, &numbers(2))];
    let out = program.run(&Params::new(), feeds).expect("nothing is infinite");
    assert_eq!(out.at(0).data()[2..4], [0.0; 2]);
    assert_eq!(out.at(1).data()[4..8], [0.0; 4]);
    // The last key is seen by no query.
    assert_eq!((&out.at(2).data()[8..], &out.at(3).data()[4..]), (&[0.0; 4][..], &[0.0; 2][..]));
    assert!(out.at(3).data()[..4].iter().all(|x| x.is_finite() && *x != 0.0));
}

#[test]
fn what_a_mask_hides_may_be_infinite_or_nan() {
    for hidden in [f64::NAN, f64::INFINITY] {
        let g = Graph::new();
        let (q, k, v) = (g.input("q", [2, 1]), g.input("k", [2, 1]), g.input("v", [2, 1]));
        let mask = g.value(Tensor::from([[1.0, 0.0], [1.0, 0.0]]));
        let y = q.scaled_dot_product_attention(k, v, mask);
        let loss = y.square().sum(..);
        let asked = [y, loss.grad(q), loss.grad(k), loss.grad(v)];
        let mut program = g.compile::<f64>(asked).expect("it compiles");
        let (x, beside) = (tensor![[1.0], [2.0]], tensor![[1.0], [hidden]]);
        let out = program.run(&Params::new(), [(q, &x), (k, &beside), (v, &beside)]).expect("it runs");
        assert_eq!(out.at(0).data(), [1.0, 1.0]);
        assert_eq!((out.at(1).data(), out.at(2).data()), (&[0.0; 2][..], &[0.0; 2][..]));
        assert_eq!(out.at(3).data(), [4.0, 0.0]);
    }
}

#[test]
fn the_vector_of_padding_is_not_trained_by_scores_either() {
    let mut params = Params::<f64>::seeded(1);
    let table = Embedding::with_padding(&mut params, "words", 4, 3, 2);
    let g = Graph::new();
    let (word, next) = (g.labels("word", [3], 4), g.labels("next", [3], 4));
    let loss = table.scores(table.forward(word)).softmax_cross_entropy(next);
    let mut step = g.train(loss, Sgd::new(0.5), &mut params).expect("it compiles");
    let (word_now, next_now) = (tensor![0, 1, 3], tensor![1, 3, 2]);
    step.run(&mut params, [word.feed(&word_now), next.feed(&next_now)]).expect("it runs");
    assert_eq!(params.get("words.weight").expect("it is there").data()[6..9], [0.0; 3]);
}

#[test]
fn layers_that_cannot_be_had_are_faults_and_nothing_panics() {
    const MOST: usize = usize::MAX;
    type Made = fn(&mut Params<f64>, &Graph) -> std::result::Result<(), String>;
    fn told(x: Var<'_>) -> std::result::Result<(), String> {
        x.eval::<f64>().map(|_| ()).map_err(|error| error.to_string())
    }
    let made: [(&str, Made); 12] = [
        ("channels of 3 and 4 cannot be divided into 2 groups", |params, g| {
            let conv = Conv2d::with_options(params, "c", 3, 4, 2, Convolution::new().groups(2));
            told(conv.forward(g.value(Tensor::zeros([1, 3, 4, 4]))))
        }),
        ("channels of 1 and 2 cannot be divided into 2 groups", |params, g| {
            let conv = ConvTranspose2d::with_options(params, "c", 2, 1, 2, Convolution::new().groups(2), 0);
            told(conv.forward(g.value(Tensor::zeros([1, 2, 4, 4]))))
        }),
        ("too large", |params, g| {
            told(Conv2d::new(params, "c", 1, 1, MOST).forward(g.value(Tensor::zeros([1, 1, 4, 4]))))
        }),
        ("too large", |params, g| {
            told(ConvTranspose2d::new(params, "c", 1, MOST, 2).forward(g.value(Tensor::zeros([1, 1, 4, 4]))))
        }),
        ("too large", |params, g| {
            told(LSTM::new(params, "l", 4, MOST).forward(g.value(Tensor::zeros([1, 2, 4]))))
        }),
        ("the number of layers has to be from 1 to 1000", |params, g| {
            told(GRU::with(params, "l", 4, 1, MOST, true).forward(g.value(Tensor::zeros([1, 2, 4]))))
        }),
        ("too large", |_, g| {
            told(g.value(Tensor::zeros([1, 1, 4])).max_pool1d(MOST, Pooling::new().padding(MOST / 2)))
        }),
        ("too large", |_, g| {
            told(g.value(Tensor::zeros([1, 1, 4])).avg_pool1d(MOST, Pooling::new().padding(MOST / 2)))
        }),
        ("the epsilon is -1, and has to be a finite number from 0 on", |params, g| {
            told(LayerNorm::new(params, "n", [2]).epsilon(-1.0).forward(g.value(tensor![1.0, 2.0])))
        }),
        ("the epsilon is inf", |_, g| {
            told(InstanceNorm::new().epsilon(f64::INFINITY).forward(g.value(Tensor::zeros([1, 1, 2]))))
        }),
        ("an activation keeps the shape [1, 2, 8], and this one made [1, 1, 8]", |params, g| {
            let layer = TransformerEncoderLayer::new(params, "t", 4, 2, 8).activation(|x| x.mean(1));
            told(layer.forward(g.value(Tensor::zeros([1, 2, 4]))))
        }),
        ("a mask of shape [2, 3] does not broadcast to the scores, of shape [2, 2, 4, 3]", |params, g| {
            let (q, k) = (g.value(Tensor::zeros([2, 4, 4])), g.value(Tensor::zeros([2, 3, 4])));
            let mask = g.value(Tensor::full([2, 3], 1.0));
            told(MultiheadAttention::new(params, "t", 4, 2).attend(q, k, k, mask))
        }),
    ];
    for (words, make) in made {
        let (mut params, g) = (Params::<f64>::seeded(1), Graph::new());
        let error = make(&mut params, &g).expect_err(words);
        assert!(error.contains(words), "{words}: {error}");
        assert!(error.contains("tests/all/parity.rs:"), "{error}");
    }
}
