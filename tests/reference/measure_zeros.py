"""Writes zeros.txt: what PyTorch and JAX give where a function has no value or no slope of its own, and one is chosen.

    pip install torch==2.15.0 jax==0.10.2 && python3 tests/reference/measure_zeros.py

The first line holds the names and versions. Each other line: the case as tests/all/conventions.rs names it, then of each library
the value and the slopes in all arguments. `measure_peers.py` runs this too.
"""
import importlib.metadata
import os

HERE = os.path.dirname(os.path.abspath(__file__))
LIBRARIES = ['torch', 'jax']

import jax
import jax.numpy as jnp
import torch

CASES = [
    ('hypot', [0.0, 0.0], torch.hypot, jnp.hypot),
    ('atan2', [0.0, 0.0], torch.atan2, jnp.arctan2),
    ('atan2', [0.0, -0.0], torch.atan2, jnp.arctan2),
    ('atan2', [-0.0, -0.0], torch.atan2, jnp.arctan2),
    ('atan2', [0.0, -1.0], torch.atan2, jnp.arctan2),
    ('atan2', [-0.0, -1.0], torch.atan2, jnp.arctan2),
    ('norm', [0.0, 0.0], lambda *x: torch.linalg.vector_norm(torch.stack(x)), lambda *x: jnp.linalg.norm(jnp.stack(x))),
    ('std', [1.0, 1.0], lambda *x: torch.std(torch.stack(x), correction=0), lambda *x: jnp.std(jnp.stack(x))),
    ('pow', [0.0, 0.0], torch.pow, jnp.power),
]


def by_torch(f, at):
    x = [torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in at]
    y = f(*x)
    return [y.item()] + [g.item() for g in torch.autograd.grad(y, x)]


def by_jax(f, at):
    y, slopes = jax.value_and_grad(f, range(len(at)))(*[jnp.float64(a) for a in at])
    return [float(y)] + [float(g) for g in slopes]


def main():
    jax.config.update('jax_enable_x64', True)
    out = ['# ' + ' '.join(f'{name}=={importlib.metadata.version(name)}' for name in LIBRARIES)]
    for name, at, of_torch, of_jax in CASES:
        found = [by_torch(of_torch, at), by_jax(of_jax, at)]
        words = [name, ','.join(map(str, at))] + [','.join('%.17g' % each for each in all) for all in found]
        print(*words, flush=True)
        out.append(' '.join(words))
    with open(os.path.join(HERE, 'zeros.txt'), 'w') as file:
        file.write('\n'.join(out) + '\n')


if __name__ == '__main__':
    main()
