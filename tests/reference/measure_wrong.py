"""Writes wrong.txt: numbers of other libraries that are not true, each beside the truth.

    pip install torch==2.15.0 jax==0.10.2 flax==0.12.8 optax==0.2.8 "mlx[cpu]==0.32.4" tinygrad==0.14.0 \
        onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6 mpmath
    python3 tests/reference/measure_wrong.py

The first line holds the names and versions. Each other line: the library, its function, what was computed, the element type, the number
found, and the truth for the same inputs, to 17 digits. tests/all/peers.rs puts beside them what Gradus computes. A number
may depend on the processor: these are of x86-64 with AVX-512. `measure_peers.py` runs this too.
"""
import importlib.metadata
import os
import warnings

os.environ.setdefault('DEV', 'PYTHON')  # tinygrad's own device, which needs no compiler
HERE = os.path.dirname(os.path.abspath(__file__))
LIBRARIES = ['torch', 'jax', 'flax', 'optax', 'mlx', 'tinygrad', 'onnx', 'onnxruntime', 'numpy']

import flax.nnx
import jax
import jax.numpy as jnp
import mlx.core as mx
import mlx.nn as mn
import mpmath as mp
import numpy as np
import onnx
import onnx.reference
import onnxruntime
import optax
import tinygrad
import torch
import torch.nn.functional as F

mp.mp.prec = 300
HUGE = [3e20, 4e20]
FAR = [10000.0, 10001.0, 10002.0, 10003.0]


def exact(x, dtype=np.float32):
    return mp.mpf(float(dtype(x)))


def sigmoid(x):
    return 1 / (1 + mp.exp(-x))


def gelu(x):
    return x * mp.erfc(-x / mp.sqrt(2)) / 2


def normalized(numbers, epsilon):
    """The first of the numbers, normalized to mean 0 and variance 1."""
    numbers = [mp.mpf(x) for x in numbers]
    mean = sum(numbers) / len(numbers)
    return (numbers[0] - mean) / mp.sqrt(sum((x - mean) ** 2 for x in numbers) / len(numbers) + epsilon)


def model(op, inputs, opset, **attributes):
    names = [f'x{i}' for i in range(len(inputs))]
    types = [onnx.helper.np_dtype_to_tensor_dtype(x.dtype) for x in inputs]
    given = [onnx.helper.make_tensor_value_info(n, t, list(x.shape)) for n, t, x in zip(names, types, inputs)]
    made = [onnx.helper.make_tensor_value_info('y', types[0], None)]
    graph = onnx.helper.make_graph([onnx.helper.make_node(op, names, ['y'], **attributes)], 'g', given, made)
    opset = [onnx.helper.make_opsetid('', opset)]
    return onnx.helper.make_model(graph, opset_imports=opset, ir_version=10), dict(zip(names, inputs))


def ort(op, *inputs, opset=21, **attributes):
    made, feeds = model(op, inputs, opset, **attributes)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(made.SerializeToString(), options, providers=['CPUExecutionProvider'])
    return float(session.run(None, feeds)[0].ravel()[0])


def reference(op, *inputs, opset=21, **attributes):
    made, feeds = model(op, inputs, opset, **attributes)
    return float(onnx.reference.ReferenceEvaluator(made).run(None, feeds)[0].ravel()[0])


def f32(*x):
    return np.array(x, np.float32)


def torch_slope(f, *x):
    x = torch.tensor(x, requires_grad=True)
    return torch.autograd.grad(f(x).sum(), x)[0].view(-1)[0].item()


def torch_bend(f, x):
    x = torch.tensor(x, requires_grad=True)
    slope, = torch.autograd.grad(f(x), x, create_graph=True)
    return torch.autograd.grad(slope, x)[0].item()


def hazard(a):
    """φ(a)/Φ(−a)"""
    return mp.exp(-a * a / 2) / mp.sqrt(2 * mp.pi) / (mp.erfc(a / mp.sqrt(2)) / 2)


def clipped():
    p = torch.nn.Parameter(torch.zeros(2))
    p.grad = torch.tensor(HUGE)
    torch.nn.utils.clip_grad_norm_([p], 1.0)
    return p.grad[0].item()


def tg(f, x):
    return f(tinygrad.Tensor([x])).item()


def tg_slope(f, x):
    x = tinygrad.Tensor([x])
    return (f(x).sum().gradient(x)[0] + x * 0).item()


def lines():
    e = exact
    target = torch.tensor([0])
    logits = [20.0, 0.0]
    loss, share = mp.log(1 + mp.exp(-20)), 1 / (1 + mp.exp(20))
    far, wide = f32(*FAR).reshape(1, 4, 1), f32(1, 1, 1, 1)
    yield 'onnxruntime', 'Sigmoid', 'sigmoid(-17)', 'f32', ort('Sigmoid', f32(-17)), sigmoid(mp.mpf(-17))
    yield 'onnxruntime', 'Sigmoid', 'sigmoid(-37)', 'f64', ort('Sigmoid', np.array([-37.0])), sigmoid(mp.mpf(-37))
    yield 'onnxruntime', 'Swish', 'silu(-20)', 'f32', ort('Swish', f32(-20), opset=24), -20 * sigmoid(mp.mpf(-20))
    yield 'onnxruntime', 'Elu', 'elu(-1e-8)', 'f32', ort('Elu', f32(-1e-8)), mp.expm1(e(-1e-8))
    yield 'onnxruntime', 'Gelu', 'gelu(-6)', 'f32', ort('Gelu', f32(-6)), gelu(mp.mpf(-6))
    yield 'onnxruntime', 'ReduceMax', 'max(1,NaN)', 'f32', ort('ReduceMax', f32(1, np.nan), opset=17, keepdims=0), mp.nan
    million = np.full(1_000_000, 0.1, np.float32)
    yield 'onnxruntime', 'ReduceMean', 'mean', 'f32', ort('ReduceMean', million, opset=17, keepdims=0), e(0.1)
    norm = ort('GroupNormalization', far, wide, f32(0, 0, 0, 0), num_groups=1, epsilon=1e-5)
    yield 'onnxruntime', 'GroupNormalization', 'normalized', 'f32', norm, normalized(FAR, e(1e-5))
    yield 'onnx', 'LogSoftmax', 'log_softmax(0,20,200)', 'f32', reference('LogSoftmax', f32(0, 20, 200), axis=0), -200 - mp.log(
        1 + mp.exp(-180) + mp.exp(-200))
    norm = reference('MeanVarianceNormalization', far.reshape(1, 1, 1, 4), axes=[0, 2, 3])
    yield 'onnx', 'MeanVarianceNormalization', 'normalized_by_deviation', 'f32', norm, normalized(FAR, 0)
    norm = flax.nnx.LayerNorm(4, rngs=flax.nnx.Rngs(0))(jnp.array([FAR]))
    yield 'flax', 'nnx.LayerNorm', 'normalized_1e-6', 'f32', float(norm[0, 0]), normalized(FAR, e(1e-6))
    yield 'jax', 'nn.standardize', 'normalized', 'f32', float(jax.nn.standardize(jnp.array(FAR), epsilon=1e-5)[0]), normalized(FAR, e(1e-5))
    yield 'jax', 'jnp.exp2', 'exp2(13)', 'f32', float(jnp.exp2(13.0)), mp.mpf(8192)
    yield 'jax', 'jnp.log2', 'log2(8192)', 'f32', float(jnp.log2(8192.0)), mp.mpf(13)
    yield 'jax', 'jnp.log10', 'log10(1e9)', 'f32', float(jnp.log10(1e9)), mp.mpf(9)
    near = 1 + mp.mpf(2) ** -20
    yield 'torch', 'torch.acosh', 'acosh_slope(1+2^-20)', 'f32', torch_slope(torch.acosh, float(near)), 1 / mp.sqrt((near - 1) * (near + 1))
    yield 'torch', 'torch.asin', 'asin_slope(1-2^-20)', 'f32', torch_slope(torch.asin, float(2 - near)), 1 / mp.sqrt((near - 1) * (3 - near))
    slope = sigmoid(mp.mpf(17)) * sigmoid(mp.mpf(-17))
    yield 'torch', 'torch.sigmoid', 'sigmoid_slope(17)', 'f32', torch_slope(torch.sigmoid, 17.0), slope
    yield 'jax', 'nn.sigmoid', 'sigmoid_slope(17)', 'f32', float(jax.grad(jax.nn.sigmoid)(17.0)), slope
    yield 'mlx', 'mx.sigmoid', 'sigmoid_slope(17)', 'f32', mx.grad(mx.sigmoid)(mx.array(17.0)).item(), slope
    slope = 1 / mp.cosh(10) ** 2
    yield 'torch', 'torch.tanh', 'tanh_slope(10)', 'f32', torch_slope(torch.tanh, 10.0), slope
    yield 'jax', 'jnp.tanh', 'tanh_slope(10)', 'f32', float(jax.grad(jnp.tanh)(10.0)), slope
    yield 'torch', 'F.cross_entropy', 'cross_entropy(20,0)', 'f32', F.cross_entropy(torch.tensor([logits]), target).item(), loss
    entropy = optax.softmax_cross_entropy_with_integer_labels
    yield 'optax', 'softmax_cross_entropy_with_integer_labels', 'cross_entropy(20,0)', 'f32', float(entropy(jnp.array(logits), 0)), loss
    found = mn.losses.cross_entropy(mx.array([logits]), mx.array([0]))
    yield 'mlx', 'losses.cross_entropy', 'cross_entropy(20,0)', 'f32', found.item(), loss
    found = torch_slope(lambda z: F.cross_entropy(z[None], target), *logits)
    yield 'torch', 'F.cross_entropy', 'cross_entropy_slope(20,0)', 'f32', found, -share
    found = jax.grad(lambda z: entropy(z, 0))(jnp.array(logits))
    yield 'optax', 'softmax_cross_entropy_with_integer_labels', 'cross_entropy_slope(20,0)', 'f32', float(found[0]), -share
    yield 'torch', 'clip_grad_norm_', 'clip_norm', 'f32', clipped(), mp.mpf('0.6')
    rule = optax.clip_by_global_norm(1.0)
    found, _ = rule.update(jnp.array(HUGE), rule.init(jnp.zeros(2)))
    yield 'optax', 'clip_by_global_norm', 'clip_norm', 'f32', float(found[0]), mp.mpf('0.6')
    yield 'torch', 'F.gelu', 'gelu(-6)', 'f32', F.gelu(torch.tensor([-6.0])).item(), gelu(mp.mpf(-6))
    ndtr, jax_ndtr = torch.special.log_ndtr, jax.scipy.special.log_ndtr
    thousand, five = hazard(mp.mpf(1000)), mp.log1p(-mp.erfc(5 / mp.sqrt(2)) / 2)
    bend = -hazard(mp.mpf(100)) * (hazard(mp.mpf(100)) - 100)
    yield 'torch', 'special.log_ndtr', 'log_normal_cdf_slope(-1000)', 'f32', torch_slope(ndtr, -1000.0), thousand
    yield 'torch', 'special.log_ndtr', 'log_normal_cdf_second_slope(-100)', 'f32', torch_bend(ndtr, -100.0), bend
    yield 'jax', 'scipy.special.log_ndtr', 'log_normal_cdf(5)', 'f32', float(jax_ndtr(5.0)), five
    yield 'jax', 'scipy.special.log_ndtr', 'log_normal_cdf_slope(-1e5)', 'f32', float(jax.grad(jax_ndtr)(-1e5)), hazard(mp.mpf(10**5))
    yield 'jax', 'scipy.special.log_ndtr', 'log_normal_cdf_second_slope(-100)', 'f32', float(jax.grad(jax.grad(jax_ndtr))(-100.0)), bend
    yield 'mlx', 'nn.gelu', 'gelu(-6)', 'f32', mn.gelu(mx.array([-6.0])).item(), gelu(mp.mpf(-6))
    yield 'mlx', 'mx.erf', 'erf(1e-6)', 'f32', mx.erf(mx.array([1e-6])).item(), mp.erf(e(1e-6))
    yield 'mlx', 'nn.elu', 'elu(-1e-8)', 'f32', mn.elu(mx.array([-1e-8])).item(), mp.expm1(e(-1e-8))
    yield 'mlx', 'mx.mean', 'mean', 'f32', mx.mean(mx.array(million)).item(), e(0.1)
    yield 'tinygrad', 'Tensor.tanh', 'tanh(1e-6)', 'f32', tg(lambda x: x.tanh(), 1e-6), mp.tanh(e(1e-6))
    yield 'tinygrad', 'Tensor.erf', 'erf(1e-6)', 'f32', tg(lambda x: x.erf(), 1e-6), mp.erf(e(1e-6))
    yield 'tinygrad', 'Tensor.softplus', 'softplus(-20)', 'f32', tg(lambda x: x.softplus(), -20.0), mp.log1p(mp.exp(-20))
    yield 'tinygrad', 'Tensor.elu', 'elu_slope(0)', 'f32', tg_slope(lambda x: x.elu(), 0.0), mp.mpf(1)
    yield 'numpy', 'ndarray.mean', 'column_mean', 'f32', float(np.full((1_000_000, 2), 0.1, np.float32).mean(axis=0)[0]), e(0.1)


def main():
    warnings.simplefilter('ignore')
    out = ['# ' + ' '.join(f'{name}=={importlib.metadata.version(name)}' for name in LIBRARIES)]
    for library, call, what, dtype, found, truth in lines():
        digits = 9 if dtype == 'f32' else 17
        line = f'{library} {call} {what} {dtype} {found:.{digits}g} {mp.nstr(truth, 17)}'
        print(line, flush=True)
        out.append(line)
    with open(os.path.join(HERE, 'wrong.txt'), 'w') as file:
        file.write('\n'.join(out) + '\n')


if __name__ == '__main__':
    main()
