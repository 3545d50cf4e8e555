#!/usr/bin/env bash
# ONNX's reference evaluator, which other runtimes are compared with, beside onnxruntime.
#
# Guess: the reference is slow and right, and a runtime may be off by some units in the last place.
# True: the reference takes LogSoftmax as the logarithm of Softmax: of (0, 20, 200) it has -inf, -inf, 0, and onnxruntime
# the true -200, -180, 0. MeanVarianceNormalization of 10000, 10001, 10002, 10003 in float32 is the mean of squares minus the
# square of the mean there: this is 0, and the results are -1.5e9 ... 1.5e9; onnxruntime has the true -1.3416 ... 1.3416. The
# sum of exponentials of -inf and -inf has the logarithm NaN in the reference, and -inf in onnxruntime. In Softplus, and in the
# ReduceLogSumExp of (1000, 1000), both are right.
#
# Seen with onnx 1.23.2, onnxruntime 1.32.0, numpy 2.4.6, Python 3.11.
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
from onnx.reference import ReferenceEvaluator

np.seterr(all='ignore')

def both(op, x, **attributes):
    given = helper.make_tensor_value_info('x', TensorProto.FLOAT, list(x.shape))
    made = helper.make_tensor_value_info('y', TensorProto.FLOAT, None)
    graph = helper.make_graph([helper.make_node(op, ['x'], ['y'], **attributes)], 'g', [given], [made])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 18)], ir_version=10)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=['CPUExecutionProvider'])
    found = ReferenceEvaluator(model).run(None, {'x': x})[0].ravel(), session.run(None, {'x': x})[0].ravel()
    print(op, *found)
    return found

reference, runtime = both('LogSoftmax', np.array([0, 20, 200], np.float32), axis=0)
assert reference.tolist() == [-np.inf, -np.inf, 0.0]
assert runtime.tolist() == [-200.0, -180.0, 0.0]

far = np.array([10000, 10001, 10002, 10003], np.float32).reshape(1, 1, 1, 4)
reference, runtime = both('MeanVarianceNormalization', far, axes=[0, 2, 3])
assert reference[0] < -1e8 and reference[3] > 1e8
assert np.allclose(runtime, [-1.3416408, -0.4472136, 0.4472136, 1.3416408], rtol=1e-5)

reference, runtime = both('ReduceLogSumExp', np.array([-np.inf, -np.inf], np.float32), keepdims=0)
assert np.isnan(reference).all() and (runtime == -np.inf).all()
reference, runtime = both('ReduceLogSumExp', np.array([1000, 1000], np.float32), keepdims=0)
assert np.allclose([reference, runtime], 1000.6931)
reference, runtime = both('Softplus', np.array([1000, -50], np.float32))
assert np.allclose([reference, runtime], [1000, 1.9287499e-22], rtol=1e-5)
PYTHON
