"""Writes conventions.txt: where a row of docs/coming_from.md is not the same thing, in numbers.

    pip install torch==2.15.0 jax==0.10.2 optax==0.2.8 keras==3.15.1 safetensors==0.8.0 numpy==2.4.6
    python3 tests/reference/measure_conventions.py

The first line holds the names and versions; each other line a name, and the numbers or words that were seen.
"""
import importlib.metadata
import os

os.environ.setdefault('KERAS_BACKEND', 'jax')
HERE = os.path.dirname(os.path.abspath(__file__))
LIBRARIES = ['torch', 'jax', 'optax', 'keras', 'safetensors', 'numpy']

import jax
import jax.numpy as jnp
import keras
import numpy as np
import optax
import safetensors.numpy
import torch
import torch.nn.functional as F


def he_normal():
    """The largest of a million weights of a layer of 1,000 inputs, in units of their own deviation sqrt(2/1000)."""
    unit = (2 / 1000) ** 0.5
    torch.manual_seed(7)
    w = torch.nn.init.kaiming_normal_(torch.empty(1000, 1000), nonlinearity='relu').numpy()
    of_jax = np.asarray(jax.nn.initializers.he_normal()(jax.random.key(7), (1000, 1000)))
    of_keras = keras.ops.convert_to_numpy(keras.initializers.HeNormal(seed=7)((1000, 1000)))
    for name, w in (('torch', w), ('jax', of_jax), ('keras', of_keras)):
        yield 'he_normal/' + name, [abs(w).max() / unit, w.std() / unit]


def clip():
    """The norm, over its bound, of gradients of norm 4e-3 that are clipped to 1e-3."""
    p = torch.nn.Parameter(torch.zeros(2, dtype=torch.float64))
    p.grad = torch.tensor([2.4e-3, 3.2e-3], dtype=torch.float64)
    torch.nn.utils.clip_grad_norm_([p], 1e-3)
    yield 'clip/torch', [p.grad.norm().item() / 1e-3]
    jax.config.update('jax_enable_x64', True)
    rule = optax.clip_by_global_norm(1e-3)
    g = jnp.array([2.4e-3, 3.2e-3])
    found, _ = rule.update(g, rule.init(g))
    yield 'clip/optax', [float(jnp.linalg.norm(found)) / 1e-3]
    jax.config.update('jax_enable_x64', False)


def keras_steps(optimizer, grads, values, rates=None):
    """How far each variable moves in each step."""
    held = [keras.Variable(np.float32(v)) for v in values]
    optimizer.build(held)
    moved = []
    for i, all in enumerate(grads):
        if rates:
            optimizer.learning_rate = rates[i]
        before = [float(v.value) for v in held]
        optimizer.apply([keras.ops.convert_to_tensor(np.float32(g)) for g in all], held)
        moved.append([b - float(v.value) for b, v in zip(before, held)])
    return moved


def clipnorm():
    """Two variables of one number, with gradients 3 and 4, clipped to 1."""
    for name in ('clipnorm', 'global_clipnorm'):
        moved = keras_steps(keras.optimizers.SGD(1.0, **{name: 1.0}), [[3.0, 4.0]], [0.0, 0.0])
        yield f'{name}/keras', moved[0]
    p = [torch.nn.Parameter(torch.zeros(1)) for _ in range(2)]
    for each, g in zip(p, (3.0, 4.0)):
        each.grad = torch.tensor([g])
    torch.nn.utils.clip_grad_norm_(p, 1.0)
    yield 'clipnorm/torch', [each.grad.item() for each in p]


def first_adam_step():
    """The first step of Adam at rate 1 and gradient 1e-6, with each library's own default epsilon."""
    p = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
    p.grad = torch.full((1,), 1e-6, dtype=torch.float64)
    torch.optim.Adam([p], lr=1.0).step()
    yield 'adam/torch', [-p.item()]
    rule = optax.adam(1.0)
    update, _ = rule.update(jnp.array([1e-6]), rule.init(jnp.zeros(1)))
    yield 'adam/optax', [-float(update[0])]
    yield 'adam/keras', keras_steps(keras.optimizers.Adam(1.0), [[1e-6]], [0.0])[0]
    yield 'adam_epsilon/keras', [keras.optimizers.Adam().epsilon]
    yield 'norm_epsilon/keras', [keras.layers.BatchNormalization().epsilon, keras.layers.LayerNormalization().epsilon]


def velocity():
    """Two steps with momentum 0.9 and gradient 1, of which the second has a tenth of the rate."""
    rates = [1.0, 0.1]
    moved = keras_steps(keras.optimizers.SGD(1.0, momentum=0.9), [[1.0], [1.0]], [0.0], rates)
    yield 'velocity/keras', [m[0] for m in moved]
    p, found = torch.nn.Parameter(torch.zeros(1)), []
    rule = torch.optim.SGD([p], lr=1.0, momentum=0.9)
    for rate in rates:
        rule.param_groups[0]['lr'], before = rate, p.item()
        p.grad = torch.ones(1)
        rule.step()
        found.append(before - p.item())
    yield 'velocity/torch', found


def probabilities():
    """Binary cross-entropy against 1 of the logit -20, whose loss is 20 and whose slope is -1."""
    for from_logits in (False, True):
        def loss(z):
            given = z if from_logits else jax.nn.sigmoid(z)
            return keras.losses.BinaryCrossentropy(from_logits=from_logits)(jnp.ones((1, 1)), given)
        value, slope = jax.value_and_grad(loss)(jnp.array([[-20.0]]))
        yield f'cross_entropy_{"logits" if from_logits else "default"}/keras', [float(value), slope.item()]


def ignored_row():
    """Cross-entropy of two rows, of which the second is ignored and holds a NaN: the loss, and the sum of each row's
    gradient."""
    z = torch.tensor([[0.0, 0.0], [float('nan'), 0.0]], requires_grad=True)
    loss = F.cross_entropy(z, torch.tensor([0, -100]))
    slope, = torch.autograd.grad(loss, z)
    yield 'ignored_row/torch', [loss.item(), *slope.sum(1).tolist()]


def transposed():
    """A matrix of two rows, (1, 2) and (3, 4), whose transpose is saved and loaded: its first row."""
    w = np.array([[1.0, 2.0], [3.0, 4.0]], dtype=np.float32)
    for name, saved in (('view', w.T), ('copy', np.ascontiguousarray(w.T))):
        yield f'transposed_{name}/safetensors', list(safetensors.numpy.load(safetensors.numpy.save({'w': saved}))['w'][0])


def names():
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1))
    yield 'names/torch', list(model.state_dict())


def order():
    """The places that sort 1, NaN, 0, -0, 1 upward and downward, and those of the two largest."""
    x = np.array([1.0, float('nan'), 0.0, -0.0, 1.0])
    t, j = torch.tensor(x), jnp.array(x)
    yield 'argsort/torch', torch.argsort(t, stable=True).tolist()
    yield 'argsort/numpy', np.argsort(x, kind='stable').tolist()
    yield 'argsort/jax', jnp.argsort(j).tolist()
    yield 'argsort_descending/torch', torch.argsort(t, descending=True, stable=True).tolist()
    yield 'argsort_descending/jax', jnp.argsort(j, descending=True).tolist()
    yield 'topk/torch', torch.topk(t, 2).indices.tolist()
    yield 'topk/jax', jax.lax.top_k(j, 2)[1].tolist()


def running():
    """The gradient of the sum of the running maximum of 1, 3, 2, 3 and of the running product of 2, 0, 5."""
    x = torch.tensor([1.0, 3.0, 2.0, 3.0], requires_grad=True)
    yield 'cummax/torch', torch.autograd.grad(torch.cummax(x, 0).values.sum(), x)[0].tolist()
    yield 'cummax/jax', jax.grad(lambda x: jax.lax.cummax(x).sum())(jnp.array([1.0, 3.0, 2.0, 3.0])).tolist()
    x = torch.tensor([2.0, 0.0, 5.0], requires_grad=True)
    yield 'cumprod/torch', torch.autograd.grad(torch.cumprod(x, 0).sum(), x)[0].tolist()
    yield 'cumprod/jax', jax.grad(lambda x: jnp.cumprod(x).sum())(jnp.array([2.0, 0.0, 5.0])).tolist()


def main():
    out = ['# ' + ' '.join(f'{name}=={importlib.metadata.version(name)}' for name in LIBRARIES)]
    for measure in (he_normal, clip, clipnorm, first_adam_step, velocity, probabilities, ignored_row, transposed, names, order, running):
        for name, found in measure():
            words = [each if isinstance(each, str) else '%.7g' % each for each in found]
            print(name, *words, flush=True)
            out.append(' '.join([name] + words))
    with open(os.path.join(HERE, 'conventions.txt'), 'w') as file:
        file.write('\n'.join(out) + '\n')


if __name__ == '__main__':
    main()
