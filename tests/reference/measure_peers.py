"""Writes peers.txt: the worst errors that PyTorch and JAX show on the tables of this folder, on a CPU.

    pip install torch==2.15.0 jax==0.10.2 && python3 tests/reference/measure_peers.py

A line of one function holds: name, type, then of PyTorch and of JAX the worst errors of value, slope and second slope in units in the last
place, each for |x| <= 5 / <= 800 / beyond / where terms cancel, and how many results are 0 and should not be. Where a
library has the function, that is measured, else the formula as its users write it. JAX runs compiled (`jit`).
A line of softmax holds: mode, type, then of each the worst errors of losses / gradients / where terms cancel (of `each`:
all values first), and the false zeros.

It then runs measure_kinks.py, measure_zeros.py, measure_wrong.py and measure_conventions.py, each of which says what it needs. After that,
`UPDATE=1 cargo test` writes the documents anew, so that a change of another library shows as a difference.
"""
import functools
import os
import struct
import subprocess
import sys
import numpy as np
import torch
import torch.nn.functional as F
import jax
import jax.numpy as jnp

jax.config.update('jax_enable_x64', True)
HERE = os.path.dirname(os.path.abspath(__file__))
nn, stats = jax.nn, jax.scipy.stats
NAN = float('nan')


def slope_in(f, at):
    """The slope of f(x, p) in p, element by element, in both libraries."""
    def of_torch(x):
        p = torch.full_like(x, at).requires_grad_()
        return torch.autograd.grad(f(torch, F)(x, p).sum(), p, create_graph=True)[0]

    def of_jax(x):
        return jax.grad(lambda p: f(jnp, nn)(x, p))(jnp.asarray(at, x.dtype))
    return of_torch, of_jax


def swish(m, n):
    return lambda x, b: x * (torch if m is torch else n).sigmoid(b * x)


def sharp(m, n):
    # PyTorch's own takes no tensor as its sharpness.
    return lambda x, b: n.softplus(b * x) / b


def elu(m, n):
    return lambda x, a: m.where(x > 0, x, a * m.expm1(m.where(x > 0, m.zeros_like(x), x)))


def celu(m, n):
    return lambda x, a: m.where(x > 0, x, a * m.expm1(m.where(x > 0, m.zeros_like(x), x) / a))


def squareplus(m, n):
    return lambda x, b: (x + m.sqrt(x * x + b)) / 2


def bce_torch(target):
    return lambda x: F.binary_cross_entropy_with_logits(x, torch.full_like(x, target), reduction='none')


def bce_jax(target):
    return lambda x: -target * nn.log_sigmoid(x) - (1 - target) * nn.log_sigmoid(-x)


def same(f):
    """A formula that is written alike in both."""
    return lambda x: f(torch, x), lambda x: f(jnp, x)


def sig(m, x):
    return torch.sigmoid(x) if m is torch else nn.sigmoid(x)


FUNCTIONS = {
    'sigmoid': (torch.sigmoid, nn.sigmoid),
    'tanh': (torch.tanh, jnp.tanh),
    'softplus': (F.softplus, nn.softplus),
    'softplus_sharp': (lambda x: F.softplus(x, beta=2.0), lambda x: nn.softplus(2 * x) / 2),
    'log_sigmoid': (F.logsigmoid, nn.log_sigmoid),
    'silu': (F.silu, nn.silu),
    'swish': same(lambda m, x: x * sig(m, 1.5 * x)),
    'mish': (F.mish, nn.mish),
    'gelu': (F.gelu, lambda x: nn.gelu(x, approximate=False)),
    'gelu_tanh': (lambda x: F.gelu(x, approximate='tanh'), lambda x: nn.gelu(x, approximate=True)),
    'gelu_sigmoid': same(lambda m, x: x * sig(m, 1.702 * x)),
    'squareplus': (lambda x: (x + torch.sqrt(x * x + 4)) / 2, lambda x: nn.squareplus(x, 4)),
    'softsign': (F.softsign, nn.soft_sign),
    'isru': same(lambda m, x: x / m.sqrt(1 + x * x)),
    'arctan': (torch.atan, jnp.arctan),
    'bent_identity': same(lambda m, x: (m.sqrt(x * x + 1) - 1) / 2 + x),
    'logcosh': same(lambda m, x: m.log(m.cosh(x))),
    'tanhshrink': (F.tanhshrink, lambda x: x - jnp.tanh(x)),
    'gaussian': same(lambda m, x: m.exp(-x * x)),
    'normal_pdf': (lambda x: torch.distributions.Normal(torch.zeros((), dtype=x.dtype), torch.ones((), dtype=x.dtype),
                                                        validate_args=False).log_prob(x).exp(), stats.norm.pdf),
    'normal_cdf': (torch.special.ndtr, stats.norm.cdf),
    'log_normal_cdf': (torch.special.log_ndtr, stats.norm.logcdf),
    'logistic_pdf': (lambda x: torch.sigmoid(x) * torch.sigmoid(-x), stats.logistic.pdf),
    'relu': (F.relu, nn.relu),
    'leaky_relu': (lambda x: F.leaky_relu(x, 0.25), lambda x: nn.leaky_relu(x, 0.25)),
    'relu6': (F.relu6, nn.relu6),
    'relu_squared': (lambda x: F.relu(x) ** 2, lambda x: nn.relu(x) ** 2),
    'elu': (F.elu, nn.elu),
    'celu': (lambda x: F.celu(x, 3.0), lambda x: nn.celu(x, 3.0)),
    'selu': (F.selu, nn.selu),
    'hard_sigmoid': (F.hardsigmoid, nn.hard_sigmoid),
    'hard_swish': (F.hardswish, nn.hard_swish),
    'hard_tanh': (F.hardtanh, nn.hard_tanh),
    'softshrink': (lambda x: F.softshrink(x, 0.5), None),
    'hardshrink': (lambda x: F.hardshrink(x, 0.5), None),
    'threshold': (lambda x: F.threshold(x, 1.0, -0.5), None),
    'exp': (torch.exp, jnp.exp),
    'exp_m1': (torch.expm1, jnp.expm1),
    'ln': (torch.log, jnp.log),
    'ln_1p': (torch.log1p, jnp.log1p),
    'sqrt': (torch.sqrt, jnp.sqrt),
    'exp2': (torch.exp2, jnp.exp2),
    'log2': (torch.log2, jnp.log2),
    'log10': (torch.log10, jnp.log10),
    'hypot': (lambda x: torch.hypot(x, torch.full_like(x, 1.5)), lambda x: jnp.hypot(x, 1.5)),
    'atan2': (lambda x: torch.atan2(x, torch.full_like(x, -0.75)), lambda x: jnp.arctan2(x, -0.75)),
    'atan2_x': (lambda x: torch.atan2(torch.full_like(x, 0.75), x), lambda x: jnp.arctan2(0.75, x)),
    'tan': (torch.tan, jnp.tan),
    'asin': (torch.asin, jnp.arcsin),
    'acos': (torch.acos, jnp.arccos),
    'sinh': (torch.sinh, jnp.sinh),
    'cosh': (torch.cosh, jnp.cosh),
    'asinh': (torch.asinh, jnp.arcsinh),
    'acosh': (torch.acosh, jnp.arccosh),
    'atanh': (torch.atanh, jnp.arctanh),
    # PyTorch has no cube root.
    'cbrt': (lambda x: torch.sign(x) * torch.abs(x) ** (1 / 3), jnp.cbrt),
    'rsqrt': (torch.rsqrt, jax.lax.rsqrt),
    'sin': (torch.sin, jnp.sin),
    'erf': (torch.erf, jax.scipy.special.erf),
    'erfc': (torch.erfc, jax.scipy.special.erfc),
    'erfinv': (torch.erfinv, jax.scipy.special.erfinv),
    'swish_beta': slope_in(swish, 1.5),
    'softplus_sharp_beta': slope_in(sharp, 2.0),
    'elu_alpha': slope_in(elu, 1.0),
    'celu_alpha': slope_in(celu, 3.0),
    'squareplus_b': slope_in(squareplus, 4.0),
    'logit_of_0': (bce_torch(0.0), bce_jax(0.0)),
    'logit_of_1': (bce_torch(1.0), bce_jax(1.0)),
    'logit_of_quarter': (bce_torch(0.25), bce_jax(0.25)),
}


def number(word):
    return struct.unpack('<d', struct.pack('<Q', int(word, 16)))[0]


def table(name):
    with open(os.path.join(HERE, name + '.txt')) as lines:
        return np.array([[number(word) for word in line.split()] for line in lines])


def ulp(size, dtype):
    size = np.abs(size).astype(dtype)
    return np.nextafter(size, dtype(np.inf)).astype(np.float64) - size.astype(np.float64)


def by_torch(f, x, dtype):
    """Value, slope and second slope; None where it knows no more."""
    x = torch.tensor(x.astype(dtype), requires_grad=True)
    found, y = [], f(x)
    for order in range(3):
        try:
            if order and y.requires_grad:
                y, = torch.autograd.grad(y.sum(), x, create_graph=True, materialize_grads=True)
            elif order:
                # Where nothing more depends on x, the derivative is 0.
                y = torch.zeros_like(x)
            found.append(y.detach().numpy().astype(np.float64))
        except RuntimeError:
            return found + [None] * (3 - order)
    return found


def by_jax(f, x, dtype):
    x = jnp.asarray(x.astype(dtype))
    orders = [f, jax.grad(f), jax.grad(jax.grad(f))]
    return [np.asarray(jax.jit(jax.vmap(g))(x)).astype(np.float64) for g in orders]


def errors(found, hi, lo, scale, dtype):
    """In units in the last place, and whether a result is 0 and should not be."""
    nearest = hi.astype(dtype).astype(np.float64)
    special = np.isinf(nearest) | ~np.isfinite(found)
    units = np.where(special, np.where(found == nearest, 0.0, np.inf),
                     np.abs((found - hi) - lo) / ulp(np.where(special, 1.0, np.maximum(np.abs(hi), scale)), dtype))
    zeros = (found == 0) & (np.abs(nearest) > ulp(np.zeros(1), dtype)) & (scale == 0)
    return units, zeros


def figure(x):
    return 'inf' if np.isinf(x) else '%.0e' % x if x >= 100 else '%.1f' % x


def figures(x):
    return figure(x).replace('e+0', 'e').replace('e+', 'e')


def cells(found, lines, dtype):
    x, told, count = lines[:, 0], [], 0
    for order in range(3):
        if found[order] is None:
            told.append('-')
            continue
        hi, lo, scale = lines[:, 3 * order + 1:3 * order + 4].T
        units, zeros = errors(found[order], hi, lo, scale, dtype)
        count += int(zeros.sum())
        a = np.abs(x)
        regions = [(scale == 0) & (a <= 5), (scale == 0) & (a > 5) & (a <= 800), (scale == 0) & (a > 800), scale != 0]
        told.append('/'.join(figures(units[r].max() if r.any() else 0.0) for r in regions))
    return told + [str(count)]


def softmax_by_torch(mode, target, weights, z):
    z = torch.tensor(z, requires_grad=True)
    if mode == 'each':
        return torch.stack([F.softmax(z, -1), F.log_softmax(z, -1)], 1).detach().numpy().ravel()
    against = torch.tensor(weights, dtype=z.dtype)[None] if mode == 'soft' else torch.tensor([target])
    loss = F.cross_entropy(z[None], against, label_smoothing=0.125 if mode == 'smooth' else 0.0)
    return np.append(loss.detach().numpy(), torch.autograd.grad(loss, z)[0].numpy())


@functools.partial(jax.jit, static_argnums=0)
def softmax_by_jax(mode, z, against):
    if mode == 'each':
        return jnp.stack([nn.softmax(z), nn.log_softmax(z)], 1).ravel()
    # As optax has it.
    loss = (lambda z: -nn.log_softmax(z)[against]) if mode == 'hard' else \
        (lambda z: -jnp.sum(against * nn.log_softmax(z)))
    value, slope = jax.value_and_grad(loss)(z)
    return jnp.append(value, slope)


def softmax_cells(mode, dtype, library):
    """The worst errors of loss and gradient (or of all values), of all where terms cancel, and the false zeros."""
    worst, zeros = [0.0, 0.0, 0.0], 0
    with open(os.path.join(HERE, 'softmax.txt')) as lines:
        for line in lines:
            name, of, target, n, *words = line.split()
            if of != mode:
                continue
            n, target, numbers = int(n), int(target), np.array([number(word) for word in words])
            z, rest = numbers[:n].astype(dtype), numbers[n:]
            weights, rest = (rest[:n], rest[n:]) if mode == 'soft' else ([], rest)
            if library == 'torch':
                found = softmax_by_torch(mode, target, weights, z)
            else:
                smooth = 0.875 * (np.arange(n) == target) + 0.125 / n
                against = {'each': 0, 'hard': target, 'smooth': smooth.astype(dtype),
                           'soft': np.array(weights, dtype)}[mode]
                found = np.asarray(softmax_by_jax(mode, jnp.asarray(z), against))
            hi, lo, scale = rest.reshape(-1, 3).T
            units, false = errors(found.astype(np.float64), hi, lo, scale, dtype)
            zeros += int(false.sum())
            for i, unit in enumerate(units):
                at = 2 if scale[i] != 0 else min(i, 1) if mode != 'each' else 0
                worst[at] = max(worst[at], unit)
    return ['/'.join(figures(x) for x in worst), str(zeros)]


def main():
    np.seterr(all='ignore')
    out = []
    for mode in ('each', 'hard', 'smooth', 'soft'):
        for dtype in (np.float64, np.float32):
            words = ['softmax_' + mode, 'f64' if dtype == np.float64 else 'f32']
            words += softmax_cells(mode, dtype, 'torch') + softmax_cells(mode, dtype, 'jax')
            print(*words, flush=True)
            out.append(' '.join(words))
    for name, (of_torch, of_jax) in FUNCTIONS.items():
        for dtype in (np.float64, np.float32):
            lines = table(name)
            if dtype == np.float32:
                lines = lines[lines[:, 0].astype(np.float32).astype(np.float64) == lines[:, 0]]
            words = [name, 'f64' if dtype == np.float64 else 'f32']
            words += cells(by_torch(of_torch, lines[:, 0], dtype), lines, dtype)
            words += cells(by_jax(of_jax, lines[:, 0], dtype), lines, dtype) if of_jax else ['-'] * 4
            print(*words, flush=True)
            out.append(' '.join(words))
    with open(os.path.join(HERE, 'peers.txt'), 'w') as file:
        file.write('\n'.join(out) + '\n')
    # Each by itself: 64 bits, which are set here, would be theirs too.
    for name in ('kinks', 'zeros', 'wrong', 'conventions'):
        subprocess.run([sys.executable, os.path.join(HERE, f'measure_{name}.py')], check=True)


if __name__ == '__main__':
    main()
