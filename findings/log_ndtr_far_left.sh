#!/usr/bin/env bash
# The slopes of log_ndtr, the logarithm of the normal distribution function, far to the left, in PyTorch and JAX.
#
# Guess: the function is there for that tail, so its slope is -x, nearly, and its second slope -1, as far as x is a number.
# True: the values are right there, and the slopes are not; they look like the exponential of a difference of numbers as large as
# x*x/2. PyTorch, float32: 955.6 at -1000 for 1000.001, and a second slope of -3.06 at -100 for -0.9999. PyTorch, float64: the
# slope at -1e10 is inf. JAX, float32: 998.5 at -1000, and 1 at -1e5 for 1e5; the second slope at -100 is +1.90, so that a
# concave function bends the other way, and at -1000 it is 1502. JAX, float64: the slope at -1e10 is 1. On the other side, JAX's
# value at 5, in float32, is off by 4 %.
#
# Seen with torch 2.15.0 and jax 0.10.2 on a CPU (x86-64), Python 3.11.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet torch==2.15.0 jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6
cd "$folder"
"$folder/env/bin/python" - <<'PYTHON'
import jax
import jax.numpy as jnp
import math
import torch

def by_torch(x, dtype):
    x = torch.tensor(x, dtype=dtype, requires_grad=True)
    y = torch.special.log_ndtr(x)
    slope, = torch.autograd.grad(y, x, create_graph=True)
    bend, = torch.autograd.grad(slope, x)
    return y.item(), slope.item(), bend.item()

def by_jax(x, dtype):
    f, x = jax.scipy.special.log_ndtr, jnp.asarray(x, dtype)
    return tuple(float(g(x)) for g in (f, jax.grad(f), jax.grad(jax.grad(f))))

def told(name, found):
    print(name, *found)
    return found

single = {x: told(f'torch float32 {x}', by_torch(x, torch.float32)) for x in (-100.0, -1000.0)}
assert abs(single[-1000.0][0] / -500007.8 - 1) < 1e-6
assert abs(single[-1000.0][1] - 955.57) < 0.1
assert abs(single[-100.0][2] + 3.056) < 0.01
assert told('torch float64 -1e10', by_torch(-1e10, torch.float64))[1] == math.inf
single = {x: told(f'jax float32 {x}', by_jax(x, jnp.float32)) for x in (5.0, -100.0, -1000.0, -1e5)}
assert abs(single[-1000.0][1] - 998.5) < 0.1 and single[-1000.0][2] > 1000
assert single[-1e5][1] == 1
assert abs(single[-100.0][2] - 1.8965) < 0.01
assert 0.03 < single[5.0][0] / -2.8665161e-7 - 1 < 0.05
jax.config.update('jax_enable_x64', True)
assert told('jax float64 -1e10', by_jax(-1e10, jnp.float64))[1] == 1
PYTHON
