"""Writes optimizers.txt: what PyTorch's optimizers do with two parameters of one number, by steps of given gradients.

    pip install torch==2.15.0
    python tests/reference/optimizers.py

Each line holds a case, its optimizer, then the parameters a and b after each phase. The phases are those of
tests/all/optimizers.rs:
- unfrozen: 1,000 steps with b frozen, then 20 with both, then 10 with b alone, then one with both.
- alternating: 20 rounds in which a training of a takes 3 steps, and one of b takes 1.
- scheduled: the same, each with a cosine of its own from the rate to 0 over 40 steps.
"""

import math
from pathlib import Path

import torch

RATE = 0.01
OPTIMIZERS = {
    "Sgd": lambda p: torch.optim.SGD(p, lr=RATE),
    "Momentum": lambda p: torch.optim.SGD(p, lr=RATE, momentum=0.9),
    "Nesterov": lambda p: torch.optim.SGD(p, lr=RATE, momentum=0.9, nesterov=True),
    "RmsProp": lambda p: torch.optim.RMSprop(p, lr=RATE),
    "RmsPropMomentum": lambda p: torch.optim.RMSprop(p, lr=RATE, momentum=0.9),
    "Adam": lambda p: torch.optim.Adam(p, lr=RATE),
    "AdamW": lambda p: torch.optim.AdamW(p, lr=RATE),
}


def gradients(step):
    x = float(step)
    return [1.0 + math.sin(x * 0.7) * 2.0, 0.3 * math.cos(x * 1.3) - 0.1]


def two():
    return [torch.tensor([start], dtype=torch.float64, requires_grad=True) for start in (0.5, -2.0)]


def step(optimizer, parameters, step, which):
    for i, parameter in enumerate(parameters):
        # A frozen parameter has no gradient, and is left as it is.
        parameter.grad = torch.tensor([gradients(step)[i]], dtype=torch.float64) if i in which else None
    optimizer.step()


def unfrozen(make):
    parameters = two()
    optimizer = make(parameters)
    for first, last, which in [(0, 1000, [0]), (1000, 1020, [0, 1]), (1020, 1030, [1]), (1030, 1031, [0, 1])]:
        for i in range(first, last):
            step(optimizer, parameters, i, which)
        yield from (parameter.item() for parameter in parameters)


def alternating(make, scheduled):
    parameters = two()
    optimizers = [make([parameter]) for parameter in parameters]
    schedules = [torch.optim.lr_scheduler.CosineAnnealingLR(o, 40) for o in optimizers] if scheduled else []
    for i in range(20):
        for which, times in [(0, 3), (1, 1)]:
            for _ in range(times):
                if scheduled and schedules[which].last_epoch >= 40:
                    # PyTorch's cosine rises again, Gradus' stays at its floor.
                    continue
                step(optimizers[which], parameters, i, [which])
                if scheduled:
                    schedules[which].step()
    return [parameter.item() for parameter in parameters]


with open(Path(__file__).parent / "optimizers.txt", "w") as file:
    print(f"# torch {torch.__version__.split('+')[0]}, tests/reference/optimizers.py", file=file)
    for name, make in OPTIMIZERS.items():
        for case, found in [
            ("unfrozen", unfrozen(make)),
            ("alternating", alternating(make, False)),
            ("scheduled", alternating(make, True)),
        ]:
            print(case, name, *(repr(x) for x in found), file=file)
