#!/usr/bin/env bash
# Optax's cosine similarity of a vector with itself, as the vector becomes small.
#
# Guess: 1 down to about 1e-19, where the squares of float32 vanish; below that NaN, or 0 for the sake of an epsilon.
# True: +inf from 1e-19 on. Each vector is divided by the root of its square, which is bounded below by epsilon, whose
# default is 0: the norm becomes 0, and x / 0 is inf. The result is then inf, and the distance, 1 minus it, is -inf: a loss
# without a floor. A vector of zeros gives NaN. With `epsilon=1e-12` both are finite, and nearly 0.
#
# Seen with optax 0.2.8, jax 0.10.2, Python 3.11.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet optax==0.2.8 jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6
cd "$folder"
"$folder/env/bin/python" - <<'PYTHON'
import jax.numpy as jnp
import numpy as np
import optax

def similarity(size, **settings):
    x = jnp.array([size, size])
    return float(optax.cosine_similarity(x, x, **settings))

found = {size: similarity(size) for size in (1.0, 1e-10, 1e-18, 1e-20, 1e-22)}
print(found)
assert all(abs(found[size] - 1) < 1e-6 for size in (1.0, 1e-10, 1e-18))
assert found[1e-20] == np.inf and found[1e-22] == np.inf
x = jnp.array([1e-20, 1e-20])
distance = float(optax.cosine_distance(x, x))
print('distance:', distance)
assert distance == -np.inf
assert np.isnan(similarity(0.0))
assert 0 <= similarity(1e-20, epsilon=1e-12) < 1e-20 and similarity(0.0, epsilon=1e-12) == 0.0
PYTHON
