"""PyTorch as a competitor, as most use it: eager, with the fused optimizers."""

import torch
from torch import nn
from torch.nn import functional as F

import protocol

ACTIVATIONS = {
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "mish": nn.Mish,
}
MAPS = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "gelu": F.gelu,
    "silu": F.silu,
    "softplus": F.softplus,
}


class Training(protocol.Contest):
    def __init__(self, workload):
        layers = []
        for layer in workload.layers():
            linear = nn.Linear(*workload.shape[layer : layer + 2])
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(workload.weight(layer)).T)
                linear.bias.copy_(torch.from_numpy(workload.bias(layer)))
            layers += [linear, ACTIVATIONS[workload.activation]()]
        self.model = nn.Sequential(*layers[:-1])
        self.criterion = nn.BCEWithLogitsLoss() if workload.loss == "bce" else nn.CrossEntropyLoss()
        weights, rate = self.model.parameters(), workload.rate
        self.optimizer = {
            "sgd": lambda: torch.optim.SGD(weights, rate, fused=True),
            "momentum": lambda: torch.optim.SGD(weights, rate, momentum=0.9, fused=True),
            "adam": lambda: torch.optim.Adam(weights, rate, fused=True),
            "adamw": lambda: torch.optim.AdamW(weights, rate, weight_decay=0.01, fused=True),
        }[workload.optimizer]()
        self.x, self.labels = torch.from_numpy(workload.inputs()), torch.from_numpy(workload.labels())

    def run(self, steps):
        for _ in range(steps):
            self.optimizer.zero_grad()
            self.last = self.criterion(self.model(self.x), self.labels)
            self.last.backward()
            self.optimizer.step()

    def loss(self):
        return self.last.item()


class Gradient(protocol.Contest):
    """Value and gradient of a function of one tensor."""

    def __init__(self, function, x):
        self.function, self.x = function, torch.from_numpy(x).requires_grad_()

    def run(self, steps):
        for _ in range(steps):
            self.x.grad = None
            self.last = self.function(self.x)
            self.last.backward()

    def loss(self):
        return self.last.item()

    def squares(self):
        return self.x.grad.double().square().sum().item()


class Map(protocol.Contest):
    def __init__(self, workload):
        self.map, self.x = MAPS[workload.map], torch.from_numpy(workload.inputs())

    @torch.no_grad()
    def run(self, steps):
        for _ in range(steps):
            self.y = self.map(self.x)

    def loss(self):
        return self.y.double().sum().item()

    def squares(self):
        return self.y.double().square().sum().item()


def chain(x):
    return F.gelu(torch.sigmoid(x) * torch.tanh(x) + x).sum()


def scalar(rounds):
    def function(x):
        a, b = x.unbind()
        for _ in range(rounds):
            a = torch.relu(a * b + a)
            b = b - (0.5 * a) * a
        return a + b

    return function


def contest(workload):
    if workload.kind == "mlp":
        return Training(workload)
    if workload.kind == "map":
        return Map(workload)
    if workload.kind == "softmax":
        labels = torch.from_numpy(workload.labels())
        return Gradient(lambda x: F.cross_entropy(x, labels), workload.inputs())
    function = chain if workload.kind == "chain" else scalar(workload.shape[0])
    return Gradient(function, workload.inputs())


if __name__ == "__main__":
    args = protocol.arguments()
    torch.set_num_threads(args.threads)
    protocol.race("torch", torch.__version__.split("+")[0], args, contest(args.workload))
