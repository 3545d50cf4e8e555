"""What all Python competitors share: the workloads, their numbers bit for bit, the stopwatch, and the
line of JSON. The crate `protocol` says the same to the Rust competitors."""

import argparse
import json
import math
import resource
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

INPUTS, LABELS = 1000, 1001
RANGE = 4.0  # inputs of all but the networks are drawn from −4 to 4
BUNDLE = 500e-6  # seconds that a bundle of steps, timed at once, takes at least
GAIN = {"tanh": 1.0, "sigmoid": 4.0} | dict.fromkeys(["relu", "gelu", "silu", "mish"], math.sqrt(2.0))


def hash24(stream, count):
    """The upper 24 bits of SplitMix64's finalizer of (stream, index)."""
    z = np.uint64(stream << 40) + np.arange(1, count + 1, dtype=np.uint64)
    z *= np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (z ^ (z >> np.uint64(31))) >> np.uint64(40)


def uniform(stream, count, bound):
    """Numbers from -bound to bound: one rounding, in the last product."""
    unit = hash24(stream, count).astype(np.float32) * np.float32(1 / 8388608) - np.float32(1)
    return unit * np.float32(bound)


def labels(stream, count, classes):
    return (hash24(stream, count) % np.uint64(classes)).astype(np.int64)


@dataclass
class Workload:
    """One line of workloads.txt; `shape` is what its kind makes of it."""

    name: str
    kind: str
    shape: list
    batch: int = 0
    activation: str = ""
    loss: str = ""
    optimizer: str = ""
    rate: float = 0.0
    map: str = field(default="")

    @staticmethod
    def all():
        table = Path(__file__).parent.parent / "workloads.txt"
        rows = (line.split() for line in table.read_text().splitlines())
        return [Workload.parse(row) for row in rows if row and not row[0].startswith("#")]

    @staticmethod
    def parse(row):
        name, kind, shape, *rest = row
        if kind == "mlp":
            parts = (part.split("x") for part in shape.split("-"))
            sizes = [int(size) for size, *times in parts for _ in range(int(times[0]) if times else 1)]
            batch, activation, loss, optimizer, rate = rest
            return Workload(name, kind, sizes, int(batch), activation, loss, optimizer, float(rate))
        sizes = [int(size) for size in shape.split("x")]
        return Workload(name, kind, sizes, map=rest[0] if rest else "")

    def weight(self, layer):
        """The weights of a layer, a row for each input."""
        inputs, outputs = self.shape[layer : layer + 2]
        bound = GAIN[self.activation] * math.sqrt(3.0 / inputs)
        return uniform(2 * layer, inputs * outputs, bound).reshape(inputs, outputs)

    def bias(self, layer):
        return uniform(2 * layer + 1, self.shape[layer + 1], 0.1)

    def layers(self):
        return range(len(self.shape) - 1)

    def inputs(self):
        if self.loss == "bce":
            return np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
        if self.kind == "mlp":
            return uniform(INPUTS, self.batch * self.shape[0], 1.0).reshape(self.batch, self.shape[0])
        if self.kind == "scalar":
            return np.array([0.6, 0.4], np.float32)
        return uniform(INPUTS, math.prod(self.shape), RANGE).reshape(self.shape)

    def labels(self):
        if self.loss == "bce":
            return np.array([[0], [1], [1], [0]], np.float32)
        rows = self.batch if self.kind == "mlp" else self.shape[0]
        return labels(LABELS, rows, self.shape[-1])


class Contest:
    """A workload that is ready to run."""

    def run(self, steps):
        """Takes so many steps, as a training loop would, and waits for their end."""
        raise NotImplementedError

    def loss(self):
        """The last step's loss; of a map the sum."""
        raise NotImplementedError

    def squares(self):
        """The sum of the squares of the last step's gradient, or of a map; of a training None."""
        return None


def named(text):
    """The workload of a name, or of a line without one, such as `mlp 37-93-10 59 gelu ce adamw 0.001`."""
    if len(text.split()) > 1:
        return Workload.parse([text, *text.split()])
    return {workload.name: workload for workload in Workload.all()}[text]


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--workload", required=True, type=named, help="a name of workloads.txt, or a line without one")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1.0, help="0: one step, and out")
    return parser.parse_args()


def race(competitor, version, args, contest):
    """Runs a contest as the arguments say, and prints its line."""
    contest.run(1)
    check, times, bundle = [contest.loss(), None], [], 1
    if args.seconds > 0:
        check[1] = contest.squares()
        if check[1] is None:
            contest.run(10)
            check[1] = contest.loss()
        while timed(contest, bundle) < BUNDLE and bundle < 1 << 20:
            bundle *= 2
        start = time.perf_counter()
        while len(times) < 5 or time.perf_counter() - start < args.seconds:
            times.append(timed(contest, bundle) * 1e6 / bundle)
        times.sort()
    result = {
        "competitor": competitor,
        "version": version,
        "workload": args.workload.name,
        "threads": args.threads,
        "median_us": times[len(times) // 2] if times else None,
        "min_us": times[0] if times else None,
        "steps": bundle * len(times),
        "check": [x if x is not None and math.isfinite(x) else None for x in map(as_float, check)],
        "allocations": None,
        "peak_kb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }
    print(json.dumps(result))


def as_float(x):
    return None if x is None else float(x)


def timed(contest, steps):
    start = time.perf_counter()
    contest.run(steps)
    return time.perf_counter() - start
