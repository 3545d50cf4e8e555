#!/usr/bin/env bash
# tinygrad's elementary functions near 0, in float32.
#
# Guess: tanh, erf and softplus keep their relative accuracy, as those of NumPy, PyTorch and JAX do.
# True: tanh is 2 * sigmoid(2x) - 1: of 1e-6 it is 1.0729e-6, 7 % too much, and of -1e-8 exactly 0. erf(1e-6) is 1.1921e-6
# for 1.1284e-6, and of 1e-8 it is 0. softplus(-20) is 0 for 2.06e-9, and logsigmoid(20) is 0 for -2.06e-9, so that a confident
# loss is exactly 0. elu is exp(x) - 1: 0 at -1e-8. sigmoid itself is right in its tail: 2.06e-9 at -20.
#
# Seen with tinygrad 0.14.0 on its device PYTHON, which needs no compiler, Python 3.11.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet tinygrad==0.14.0
cd "$folder"
DEV=PYTHON "$folder/env/bin/python" - <<'PYTHON'
import math
from tinygrad import Tensor

def of(name, x):
    found = getattr(Tensor([x]), name)().item()
    print(name, x, found)
    return found

assert abs(of('tanh', 1e-6) / 1e-6 - 1.0729) < 1e-3
assert of('tanh', -1e-8) == 0
assert abs(of('erf', 1e-6) / math.erf(1e-6) - 1.0565) < 1e-3
assert of('erf', 1e-8) == 0
assert of('softplus', -20.0) == 0
assert of('logsigmoid', 20.0) == 0
assert of('elu', -1e-8) == 0
assert abs(of('sigmoid', -20.0) / 2.0611537e-9 - 1) < 1e-5
PYTHON
