#!/usr/bin/env bash
# A JAX array of bfloat16, written by NumPy and by safetensors.
#
# Guess: `np.load` gives back bfloat16, since JAX registers the type with NumPy (ml_dtypes); and safetensors.numpy, which
# writes it as BF16, reads it again.
# True: the .npy file says '<V2', two bytes without a meaning; what is loaded is of type void, and JAX refuses it. The bits
# are there: `.view(ml_dtypes.bfloat16)` brings the numbers back. safetensors.numpy saves BF16 without a word, and its own
# `load` of these bytes raises KeyError.
#
# Seen with jax 0.10.2, ml_dtypes 0.6.0, numpy 2.4.6, safetensors 0.8.0, Python 3.11.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet jax==0.10.2 jaxlib==0.10.2 ml_dtypes==0.6.0 numpy==2.4.6 safetensors==0.8.0
cd "$folder"
"$folder/env/bin/python" - <<'PYTHON'
import io
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import safetensors.numpy as st

x = np.asarray(jnp.array([1.5, 2.5], jnp.bfloat16))
assert x.dtype == ml_dtypes.bfloat16

file = io.BytesIO()
np.save(file, x)
assert b"'descr': '<V2'" in file.getvalue(), file.getvalue()[:80]
file.seek(0)
y = np.load(file)
print('np.load:', y.dtype, y)
assert y.dtype == np.dtype('V2')
try:
    jnp.asarray(y)
    raise SystemExit('JAX takes it now')
except TypeError as error:
    print('jnp.asarray:', type(error).__name__)
assert y.view(ml_dtypes.bfloat16).tolist() == [1.5, 2.5]

saved = st.save({'w': x})
print('safetensors:', saved[8:64])
assert b'"dtype":"BF16"' in saved
try:
    st.load(saved)
    raise SystemExit('safetensors.numpy loads it now')
except KeyError as error:
    print('its own load: KeyError', error)
    assert error.args == ('BF16',)
PYTHON
