#!/usr/bin/env bash
# The names of layers in a .weights.h5 file of Keras.
#
# Guess: layers that were named `encoder` and `decoder` are found under these names, with `kernel` and `bias`, as in the
# HDF5 files of Keras 2 and in a `state_dict`.
# True: the file knows classes and their order alone, `layers/dense/vars/0` and `layers/dense_1/vars/0`. Neither name is a
# group or a dataset, and a variable is a number. So two layers of one class that change places in the code, and have the
# same shape, load each other's weights without a word.
#
# Seen with keras 3.15.1, jax 0.10.2 as its backend, h5py 3.16.0, Python 3.11.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet keras==3.15.1 jax==0.10.2 jaxlib==0.10.2 h5py==3.16.0 numpy==2.4.6
cd "$folder"
KERAS_BACKEND=jax "$folder/env/bin/python" - <<'PYTHON'
import h5py
import keras
import numpy as np

def model(*names):
    return keras.Sequential([keras.Input((2,))] + [keras.layers.Dense(2, name=name) for name in names])

first = model('encoder', 'decoder')
first.save_weights('model.weights.h5')
found = []
with h5py.File('model.weights.h5') as file:
    file.visit(found.append)
print(found)
assert 'layers/dense/vars/0' in found and 'layers/dense_1/vars/0' in found
assert not any('coder' in name or 'kernel' in name for name in found)

other = model('decoder', 'encoder')
other.load_weights('model.weights.h5')
same = np.array_equal(first.get_layer('encoder').kernel, other.get_layer('decoder').kernel)
print('the decoder of the other model has the weights of the encoder:', same)
assert same
PYTHON
