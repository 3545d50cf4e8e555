#!/usr/bin/env bash
# onnxruntime's float32 reductions on the CPU, where PyTorch's and NumPy's keep their digits.
#
# Guess: the mean of a million times 0.1 is right to some 1e-6, as sums by blocks or pairs are; and a vector of any size is
# normalized to length 1.
# True: ReduceMean of one row of a million is off by some 1e-3 of itself (0.09991 here). `LpNormalization` of (3e20, 4e20)
# is (0, 0), since the norm is infinite; so is that of (3e-30, 4e-30), whose norm is 0. NumPy's mean is right to 1e-7.
#
# Seen with onnxruntime 1.32.0, onnx 1.23.2, numpy 2.4.6, Python 3.11, x86-64.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
cd "$folder"
"$folder/env/bin/python" - <<'PYTHON'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper

def run(op, x, **attributes):
    given = helper.make_tensor_value_info('x', TensorProto.FLOAT, list(x.shape))
    made = helper.make_tensor_value_info('y', TensorProto.FLOAT, None)
    graph = helper.make_graph([helper.make_node(op, ['x'], ['y'], **attributes)], 'g', [given], [made])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=10)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=['CPUExecutionProvider'])
    found = session.run(None, {'x': x})[0]
    print(op, found)
    return found

million = np.full(1_000_000, 0.1, np.float32)
assert abs(million.mean() - 0.1) < 1e-7
assert 1e-5 < abs(float(run('ReduceMean', million, keepdims=0)) - 0.1) < 1e-2
for size in (1e20, 1e-30):
    assert run('LpNormalization', np.array([3, 4], np.float32) * np.float32(size), axis=0).tolist() == [0.0, 0.0]
assert np.allclose(run('LpNormalization', np.array([3, 4], np.float32), axis=0), [0.6, 0.8])
PYTHON
