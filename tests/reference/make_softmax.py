"""Writes softmax.txt: softmax, log-softmax and cross-entropy with their first two derivatives, exact to 106 bits
(mpmath).

    pip install mpmath && python3 tests/reference/make_softmax.py

A line holds: name, mode, target, number of classes, the logits; then, mode by mode,
- `each`: the element of softmax and of log-softmax of each class;
- `hard`: the loss of the target, and its gradient, element by element;
- `smooth`: the same with smoothing by 1/8;
- `soft`: the probabilities it is taken against, the loss, its gradient;
- `second`: a cotangent v; the derivative of softmax, p·(1 − p) and −p·q, which is the second one of logsumexp and of
  every cross-entropy, element by element; and likewise the second derivative of Σ v·p;
- `along`: a vector v, and the first of these times v.
A number is its three words `hi lo scale` as in make.py, logits and probabilities are one; 0 stands for itself.
"""
import os
from make import HERE, bits, exact
from mpmath import mp, mpf

INF = float('inf')


def e(x):
    # Far below the smallest number of all; mpmath would hold it nevertheless.
    return mpf(0) if x < -30000 else mp.exp(x)


def word(x):
    return bits(x) if x else '0'


def number(v, scale=0):
    """hi, lo, and the scale where the terms cancel to less than a quarter of it."""
    if v == mp.inf or v == -mp.inf:
        return [bits(float(v)), '0', '0']
    hi = exact(v)
    lo = exact(v - mpf(hi)) if abs(hi) != INF else 0.0
    return [word(hi), word(lo), word(exact(mpf(scale)) if scale > 4 * abs(v) else 0.0)]


class Case:
    def __init__(self, name, logits):
        mp.prec = 40000 if name == 'spread_1e4' else 3000
        self.name, self.logits, self.n = name, logits, len(logits)
        self.top = max(mpf(z) for z in logits)
        ws = [mpf(0) if z == -INF else e(mpf(z) - self.top) for z in logits]
        self.total = sum(ws)
        self.p = [w / self.total for w in ws]
        # Digits enough that 1 − p is exact to 106 bits, too.
        self.rest = [(self.total - w) / self.total for w in ws]

    def minus_log(self, c):
        if self.logits[c] == -INF:
            return mp.inf
        return mp.log(self.total) + (self.top - mpf(self.logits[c]))

    def head(self, mode, target):
        return [self.name, mode, str(target), str(self.n)] + [word(z) for z in self.logits]

    def each(self):
        words = self.head('each', 0)
        for c in range(self.n):
            words += number(self.p[c]) + number(-self.minus_log(c))
        return ' '.join(words)

    def loss(self, mode, target, weights):
        words = self.head(mode, target)
        if mode == 'soft':
            words += [word(float(w)) for w in weights]
        words += number(sum(self.minus_log(c) * w for c, w in enumerate(weights) if w != 0))
        mass = sum(weights)
        for c, w in enumerate(weights):
            # p·Σw − w, from which what cancels always is gone: a confident class is no reason to lose digits.
            pushed, pulled = self.p[c] * (mass - w), w * self.rest[c]
            words += number(pushed - pulled, pushed + pulled)
        return ' '.join(words)

    def hard(self, target):
        return self.loss('hard', target, [mpf(int(c == target)) for c in range(self.n)])

    def smooth(self, target):
        spread = mpf(1) / 8 / self.n
        return self.loss('smooth', target, [mpf(7) / 8 * int(c == target) + spread for c in range(self.n)])

    def apart(self, v):
        """v − Σ p·v of each class, from differences, and the sizes of their terms."""
        terms = [[self.p[m] * (v[i] - v[m]) for m in range(self.n)] for i in range(self.n)]
        return [sum(t) for t in terms], [sum(abs(x) for x in t) for t in terms]

    def second(self):
        v = cotangent(self.n)
        words = self.head('second', 0) + [word(float(x)) for x in v]
        p, (d, size) = self.p, self.apart(v)
        both = [(i, j) for i in range(self.n) for j in range(self.n)]
        for i, j in both:
            words += number(p[i] * self.rest[i] if i == j else -p[i] * p[j])
        for i, j in both:
            off, terms = p[i] * p[j] * (d[i] + d[j]), p[i] * p[j] * (size[i] + size[j])
            words += number((p[i] * d[i] if i == j else 0) - off, terms + (p[i] * size[i] if i == j else 0))
        return ' '.join(words)

    def along(self):
        v = cotangent(self.n)
        words = self.head('along', 0) + [word(float(x)) for x in v]
        d, size = self.apart(v)
        for i in range(self.n):
            words += number(self.p[i] * d[i], self.p[i] * size[i])
        return ' '.join(words)

    def soft(self, weights):
        return self.loss('soft', 0, [mpf(w) for w in weights])


def cotangent(n):
    return [mpf([1, -2, 0.5, 3, 0][i % 5]) for i in range(n)]


def lines():
    seed = 12345

    def unit():
        nonlocal seed
        seed = (seed * 6364136223846793005 + 1442695040888963407) % 2 ** 64
        return (seed >> 40) / 2 ** 24

    big = float.fromhex('0x1.fffffep127')
    cases = [('confident', [40.0, 0.0]), ('sure', [100.0, 0.0, 1.0]), ('equal', [1.5] * 4), ('one', [3.25]),
             ('near', [1.0, 1.0 + 2.0 ** -20, 1.0 - 2.0 ** -20]), ('spread_40', [0.0, 40.0, -3.0, 17.5]),
             ('spread_1e4', [0.0, 10000.0, -10000.0, 5000.0]), ('spread_100', [0.0, -100.0, -50.0]),
             ('masked', [1.0, -INF, 2.0, 0.5]), ('masked_all_but_one', [-INF, 0.25, -INF]),
             ('largest', [big, 0.0, -big]), ('both_largest', [big, big, -big]), ('two', [0.5, -0.75]),
             ('small', [2.0 ** -30, 0.0, -2.0 ** -31]), ('far_right', [700.0, 701.0, 650.0]),
             ('far_left', [-700.0, -745.0, -701.0]), ('tied', [30.0, 30.0, 0.0]), ('subnormal', [0.0, -90.0, -100.0]),
             ('edge', [0.0, -720.0, -740.0])]
    for n in (3, 10, 1000):
        cases.append(('random_%d' % n, [8 * unit() - 4 for _ in range(n)]))
        cases.append(('wide_%d' % n, [256 * unit() - 128 for _ in range(n)]))
    for name, logits in cases:
        case, n = Case(name, logits), len(logits)
        if n > 100:
            yield case.hard(0)
            yield case.along()
            if name.startswith('random'):
                yield case.hard(logits.index(max(logits)))
                yield case.smooth(1)
            continue
        yield case.each()
        yield case.second()
        for target in range(n) if n <= 4 else (0, n // 2, logits.index(max(logits))):
            yield case.hard(target)
        if -INF in logits or name in ('largest', 'both_largest'):
            continue
        yield case.smooth(0)
        yield case.soft([1.0] + [0.0] * (n - 1))
        yield case.soft([0.0] * (n - 1) + [1.0])
        if n > 1:
            yield case.soft([0.5, 0.25] + [0.25] * (n > 2) + [0.0] * (n - 3))


if __name__ == '__main__':
    with open(os.path.join(HERE, 'softmax.txt'), 'w') as out:
        out.write('\n'.join(lines()) + '\n')
