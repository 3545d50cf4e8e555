"""JAX as a competitor, as most use it: one jitted call a step."""

from functools import partial

import jax
import jax.numpy as jnp

import protocol

ACTIVATIONS = {
    "tanh": jnp.tanh,
    "relu": jax.nn.relu,
    "sigmoid": jax.nn.sigmoid,
    "gelu": partial(jax.nn.gelu, approximate=False),
    "silu": jax.nn.silu,
    "mish": jax.nn.mish,
}
MAPS = ACTIVATIONS | {"softplus": jax.nn.softplus}


def cross_entropy(logits, labels):
    return -jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], axis=-1).mean()


def binary_cross_entropy(logits, targets):
    return (jnp.logaddexp(logits, 0.0) - logits * targets).mean()


def network_loss(workload, weights, x, labels):
    activation = ACTIVATIONS[workload.activation]
    for weight, bias in weights[:-1]:
        x = activation(x @ weight + bias)
    weight, bias = weights[-1]
    loss = binary_cross_entropy if workload.loss == "bce" else cross_entropy
    return loss(x @ weight + bias, labels)


def optimizer(workload):
    """How a state (weights, step count, moments) follows from a gradient."""
    rate, zeros = workload.rate, partial(jax.tree.map, jnp.zeros_like)

    def sgd(state, gradient):
        weights, *rest = state
        return jax.tree.map(lambda w, g: w - rate * g, weights, gradient), *rest

    def momentum(state, gradient):
        weights, velocity = state
        velocity = jax.tree.map(lambda v, g: 0.9 * v + g, velocity, gradient)
        return jax.tree.map(lambda w, v: w - rate * v, weights, velocity), velocity

    def adam(state, gradient, decay=0.0):
        weights, step, first, second = state
        step = step + 1
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradient)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradient)
        size = rate / (1 - 0.9**step)
        root = jnp.sqrt(1 - 0.999**step)
        keep = 1 - rate * decay
        move = lambda w, m, v: keep * w - size * m / (jnp.sqrt(v) / root + 1e-8)
        return jax.tree.map(move, weights, first, second), step, first, second

    start = {
        "sgd": lambda weights: (weights,),
        "momentum": lambda weights: (weights, zeros(weights)),
        "adam": lambda weights: (weights, jnp.float32(0), zeros(weights), zeros(weights)),
    }
    start["adamw"] = start["adam"]
    updates = {"sgd": sgd, "momentum": momentum, "adam": adam, "adamw": partial(adam, decay=0.01)}
    return updates[workload.optimizer], start[workload.optimizer]


def training(workload):
    """The first state, and the function from a state to the loss and the next one."""
    update, start = optimizer(workload)
    weights = [(jnp.array(workload.weight(l)), jnp.array(workload.bias(l))) for l in workload.layers()]

    def step(state, x, labels):
        loss, gradient = jax.value_and_grad(partial(network_loss, workload))(state[0], x, labels)
        return loss, update(state, gradient)

    return start(weights), step


def chain(x):
    return MAPS["gelu"](jax.nn.sigmoid(x) * jnp.tanh(x) + x).sum()


def scalar(rounds):
    def function(x):
        a, b = x
        for _ in range(rounds):
            a = jax.nn.relu(a * b + a)
            b = b - (0.5 * a) * a
        return a + b

    return function


class Training(protocol.Contest):
    def __init__(self, workload):
        self.state, step = training(workload)
        self.step = jax.jit(step, donate_argnums=0)
        self.x, self.labels = jnp.array(workload.inputs()), jnp.array(workload.labels())

    def run(self, steps):
        for _ in range(steps):
            self.last, self.state = self.step(self.state, self.x, self.labels)
        jax.block_until_ready(self.state)

    def loss(self):
        return self.last


class Gradient(protocol.Contest):
    """Value and gradient of a function of one argument."""

    def __init__(self, function, *arguments):
        self.function, self.arguments = jax.jit(jax.value_and_grad(function)), arguments

    def run(self, steps):
        for _ in range(steps):
            self.last = self.function(*self.arguments)
        jax.block_until_ready(self.last)

    def loss(self):
        return self.last[0]

    def squares(self):
        return sum((protocol.np.float64(g) ** 2).sum() for g in jax.tree.leaves(self.last[1]))


class Map(protocol.Contest):
    def __init__(self, workload):
        self.map, self.x = jax.jit(MAPS[workload.map]), jnp.array(workload.inputs())

    def run(self, steps):
        for _ in range(steps):
            self.y = self.map(self.x)
        self.y.block_until_ready()

    def loss(self):
        return protocol.np.float64(self.y).sum()

    def squares(self):
        return (protocol.np.float64(self.y) ** 2).sum()


def contest(workload):
    if workload.kind == "mlp":
        return Training(workload)
    if workload.kind == "map":
        return Map(workload)
    x = workload.inputs()
    if workload.kind == "softmax":
        return Gradient(cross_entropy, jnp.array(x), jnp.array(workload.labels()))
    if workload.kind == "chain":
        return Gradient(chain, jnp.array(x))
    return Gradient(scalar(workload.shape[0]), tuple(jnp.array(x)))


if __name__ == "__main__":
    args = protocol.arguments()
    protocol.race("jax-called", jax.__version__, args, contest(args.workload))
