"""Writes kinks.txt: the slopes that PyTorch, JAX, MLX and tinygrad have where the rows of the table have no derivative.

    pip install torch==2.15.0 jax==0.10.2 "mlx[cpu]==0.32.4" tinygrad==0.14.0 && python3 tests/reference/measure_kinks.py

The first line holds the names and versions. A line of one point holds: the row, or a way of a row's own such as
`clamp/tensors`; the arguments; and of each library the slopes that it gives, in `x` alone where the others are numbers
to it. A dash: it has no such function, or no slope in it. `measure_peers.py` runs this too.
"""
import importlib.metadata
import os

os.environ.setdefault('DEV', 'PYTHON')  # tinygrad's own device, which needs no compiler
HERE = os.path.dirname(os.path.abspath(__file__))
LIBRARIES = ['torch', 'jax', 'mlx', 'tinygrad']


def by_torch(f, at):
    import torch
    x = [torch.tensor([float(a)], requires_grad=True) for a in at]
    return [g.item() for g in torch.autograd.grad(f(*x).sum(), x)]


def by_jax(f, at):
    import jax
    import jax.numpy as jnp
    x = [jnp.array([float(a)]) for a in at]
    return [float(g[0]) for g in jax.grad(lambda *x: f(*x).sum(), range(len(x)))(*x)]


def by_mlx(f, at):
    import mlx.core as mx
    x = [mx.array([float(a)]) for a in at]
    found = mx.grad(lambda *x: f(*x).sum(), tuple(range(len(x))))(*x)
    return [g.item() for g in (found if isinstance(found, (tuple, list)) else [found])]


def by_tinygrad(f, at):
    from tinygrad import Tensor
    x = [Tensor([float(a)]) for a in at]
    # A slope that is a constant stands on no device until something of one is added.
    return [(g + each * 0).item() for g, each in zip(f(*x).sum().gradient(*x), x)]


def functions():
    """For each row: how each library calls it on its arguments, or on x and the numbers behind it."""
    import torch
    import torch.nn.functional as F
    import jax
    import jax.numpy as jnp
    import mlx.core as mx
    import mlx.nn as mn
    n = jax.nn
    return {
        'maximum': (torch.maximum, jnp.maximum, mx.maximum, lambda a, b: a.maximum(b)),
        'maximum/number': (lambda x, b: torch.clamp_min(x, b), lambda x, b: jnp.maximum(x, b),
                           lambda x, b: mx.maximum(x, b), lambda x, b: x.maximum(b)),
        'minimum': (torch.minimum, jnp.minimum, mx.minimum, lambda a, b: a.minimum(b)),
        'clamp': (torch.clamp, jnp.clip, mx.clip, lambda x, a, b: x.clip(a, b)),
        'clamp/tensors': (torch.clamp, jnp.clip, mx.clip, lambda x, a, b: x.clip(a, b)),
        'clamp/lax': (None, lambda x, a, b: jax.lax.clamp(a, x, b), None, None),
        'abs': (torch.abs, jnp.abs, mx.abs, lambda x: x.abs()),
        'sign': (torch.sign, jnp.sign, mx.sign, lambda x: x.sign()),
        'step': (None, lambda x: jnp.heaviside(x, 0.0), mn.step, None),
        'relu': (F.relu, n.relu, mn.relu, lambda x: x.relu()),
        'leaky_relu': (F.leaky_relu, n.leaky_relu, mn.leaky_relu, lambda x, a: x.leaky_relu(a)),
        'relu6': (F.relu6, n.relu6, mn.relu6, lambda x: x.relu6()),
        'elu': (F.elu, n.elu, mn.elu, lambda x, a: x.elu(a)),
        'selu': (F.selu, n.selu, mn.selu, lambda x: x.selu()),
        'hard_sigmoid': (F.hardsigmoid, n.hard_sigmoid, None, lambda x: x.hardsigmoid()),
        'hard_swish': (F.hardswish, n.hard_swish, mn.hardswish, lambda x: x.hardswish()),
        'hard_tanh': (F.hardtanh, n.hard_tanh, mn.hard_tanh, lambda x: x.hardtanh()),
        'softshrink': (F.softshrink, None, mn.softshrink, lambda x, a: x.softshrink(a)),
        'hardshrink': (F.hardshrink, None, mn.hard_shrink, None),
        'threshold': (F.threshold, None, None, None),
        'hypot': (torch.hypot, jnp.hypot, None, None),
        'atan2': (torch.atan2, jnp.arctan2, mx.arctan2, None),
    }


TENSORS = ['maximum', 'minimum', 'clamp/tensors', 'hypot', 'atan2']
POINTS = [
    ('maximum', [1, 1]), ('maximum/number', [1, 1]), ('minimum', [1, 1]), ('clamp', [-1, -1, 1]), ('clamp', [1, -1, 1]),
    ('clamp/tensors', [-1, -1, 1]), ('clamp/tensors', [1, -1, 1]), ('clamp/tensors', [1, 1, 1]), ('clamp/lax', [-1, -1, 1]),
    ('clamp/lax', [1, -1, 1]), ('abs', [0]), ('sign', [0]), ('step', [0]), ('relu', [0]), ('leaky_relu', [0, 0.25]),
    ('relu6', [0]), ('relu6', [6]), ('elu', [0, 2]), ('selu', [0]), ('hard_sigmoid', [-3]), ('hard_sigmoid', [3]),
    ('hard_swish', [-3]), ('hard_swish', [3]), ('hard_tanh', [-1]), ('hard_tanh', [1]), ('softshrink', [0.5, 0.5]),
    ('softshrink', [-0.5, 0.5]), ('hardshrink', [0.5, 0.5]), ('hardshrink', [-0.5, 0.5]), ('threshold', [1, 1, -0.5]),
    ('hypot', [0, 0]), ('atan2', [0, -1]), ('atan2', [0, 0]),
]


def slopes(by, f, name, at):
    if f is None:
        return '-'
    try:
        if name in TENSORS:
            found = by(f, at)
        else:
            found = by(lambda x: f(x, *[float(a) for a in at[1:]]), at[:1])
    except (AttributeError, RuntimeError):
        return '-'
    return ','.join(repr(round(slope, 6) + 0.0) for slope in found)


def main():
    known, out = functions(), []
    out.append('# ' + ' '.join(f'{name}=={importlib.metadata.version(name)}' for name in LIBRARIES))
    for name, at in POINTS:
        by = zip((by_torch, by_jax, by_mlx, by_tinygrad), known[name])
        words = [name, ','.join(str(float(a)) for a in at)] + [slopes(each, f, name, at) for each, f in by]
        print(*words, flush=True)
        out.append(' '.join(words))
    with open(os.path.join(HERE, 'kinks.txt'), 'w') as file:
        file.write('\n'.join(out) + '\n')


if __name__ == '__main__':
    main()
