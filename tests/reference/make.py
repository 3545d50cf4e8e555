"""Writes the tables of this folder: values, first and second slopes of functions of one number, exact to 106
bits, with arbitrary precision (mpmath).

    pip install mpmath && python3 tests/reference/make.py [NAME ...]

A line holds x, then for each order the truth as `hi lo` (rounded to f64, and what that left out) and `scale`: 0,
or the sum of the sizes of the terms where they cancel to less than a quarter of it. All are the bits of an f64
in hex. Derivatives come of arithmetic with truncated Taylor series, not of formulas for slopes.
"""
import os
import struct
import sys
from mpmath import mp, mpf

HERE = os.path.dirname(os.path.abspath(__file__))


def exact(v):
    """A real number rounded to f64 (subnormals too), as a float."""
    if v == 0:
        return 0.0
    sign, man, exp, _ = v._mpf_
    shift = max(man.bit_length() - 53, -1074 - exp)
    if shift > 0:
        low, man = man & ((1 << shift) - 1), man >> shift
        half = 1 << (shift - 1)
        if low > half or (low == half and man & 1):
            man += 1
        exp += shift
    if man.bit_length() + exp > 1024:
        return float('-inf') if sign else float('inf')
    # Dividing integers is exact where the result is a float.
    value = float(man << exp) if exp >= 0 else man / (1 << -exp)
    return -value if sign else value


assert exact(mpf(2) ** -1074) == 5e-324 and exact(mpf(2) ** -1075) == 0.0 and exact(mpf(3) ** -678) == 5e-324


def bits(x):
    return '%016x' % struct.unpack('<Q', struct.pack('<d', x))[0]


class Jet:
    """A value with its first two derivatives."""

    def __init__(self, v, d=0, dd=0):
        self.v, self.d, self.dd = mpf(v), mpf(d), mpf(dd)

    def chain(self, f, f1, f2):
        return Jet(f, f1 * self.d, f2 * self.d ** 2 + f1 * self.dd)

    def __add__(self, o):
        o = jet(o)
        return Jet(self.v + o.v, self.d + o.d, self.dd + o.dd)

    def __mul__(self, o):
        o = jet(o)
        return Jet(self.v * o.v, self.d * o.v + self.v * o.d, self.dd * o.v + 2 * self.d * o.d + self.v * o.dd)

    def __neg__(self):
        return Jet(-self.v, -self.d, -self.dd)

    def __sub__(self, o):
        return self + -jet(o)

    def __truediv__(self, o):
        return self * jet(o).inverse()

    def inverse(self):
        r = 1 / self.v
        return self.chain(r, -r * r, 2 * r ** 3)

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, o):
        return jet(o) - self

    def __rtruediv__(self, o):
        return jet(o) / self


def jet(x):
    return x if isinstance(x, Jet) else Jet(x)


def exp(x):
    # Below this nothing is left, whatever it is multiplied with.
    y = mpf(0) if x.v < -30000 else mp.exp(x.v)
    return x.chain(y, y, y)


def expm1(x):
    y = mpf(0) if x.v < -30000 else mp.exp(x.v)
    return x.chain(mpf(-1) if x.v < -30000 else mp.expm1(x.v), y, y)


def log(x):
    return x.chain(mp.log(x.v), 1 / x.v, -1 / x.v ** 2)


def log1p(x):
    r = 1 / (1 + x.v)
    return x.chain(mp.log1p(x.v), r, -r * r)


def sqrt(x):
    r = mp.sqrt(x.v)
    return x.chain(r, 1 / (2 * r), -1 / (4 * r ** 3))


def sin(x):
    return x.chain(mp.sin(x.v), mp.cos(x.v), -mp.sin(x.v))


def atan(x):
    r = 1 / (1 + x.v ** 2)
    return x.chain(mp.atan(x.v), r, -2 * x.v * r * r)


def tan(x):
    t = mp.tan(x.v)
    return x.chain(t, 1 + t * t, 2 * t * (1 + t * t))


def asin(x):
    r = 1 / mp.sqrt((1 - x.v) * (1 + x.v))
    return x.chain(mp.asin(x.v), r, x.v * r ** 3)


def cbrt(x):
    r = mp.sign(x.v) * mp.cbrt(abs(x.v))
    return x.chain(r, 1 / (3 * r ** 2), -2 / (9 * r ** 5))


def hypot(a, b):
    return sqrt(a * a + b * b)


def atan2(y, x):
    square = y.v ** 2 + x.v ** 2
    angle = Jet(mp.atan2(y.v, x.v), (x.v * y.d - y.v * x.d) / square)
    # The slope again, of straight lines.
    angle.dd = -2 * (x.v * x.d + y.v * y.d) * angle.d / square
    return angle


def sinh(x):
    e = expm1(absolute(x))
    y = (e + e / (1 + e)) / 2
    return y if x.v >= 0 else -y


def cosh(x):
    e = exp(absolute(x))
    return (e + 1 / e) / 2


def asinh(x):
    a = absolute(x)
    y = log1p(a + a * a / (1 + sqrt(1 + a * a)))
    return y if x.v >= 0 else -y


def acosh(x):
    t = x - 1
    return log1p(t + sqrt(t * (t + 2)))


def bell(x):
    return exp(-(x * x))


def erfc(x):
    g = 2 / mp.sqrt(mp.pi) * bell(Jet(x.v)).v
    far = abs(x.v) > 150
    y = (mpf(0) if x.v > 0 else mpf(2)) if far else mp.erfc(x.v)
    return x.chain(y, -g, 2 * x.v * g)


def erfinv(x):
    # Not at as many bits as the sum of a huge and a tiny number would need.
    with mp.workprec(400):
        y = mp.erfinv(x.v)
        slope = mp.sqrt(mp.pi) / 2 * mp.exp(y * y)
        return x.chain(y, slope, 2 * y * slope ** 2)


def absolute(x):
    return x if x.v >= 0 else -x


def sigmoid(x):
    e = exp(-absolute(x))
    return (1 if x.v >= 0 else e) / (1 + e)


def softplus(x):
    return (x if x.v >= 0 else Jet(0)) + log1p(exp(-absolute(x)))


def tanh(x):
    e = exp(-2 * absolute(x))
    y = (1 - e) / (1 + e)
    return y if x.v >= 0 else -y


def phi(x):
    return bell(x * mp.sqrt(mpf(1) / 2)) * (1 / mp.sqrt(2 * mp.pi))


def cdf(x):
    return erfc(-x * mp.sqrt(mpf(1) / 2)) * mpf('0.5')


def log_cdf(x):
    if x.v >= 0:
        return log1p(-cdf(-x))
    if x.v > -6:
        return log(cdf(x))
    # The tail over the density by Laplace's continued fraction, since both are below all numbers that mpmath's erfc computes.
    below, a = Jet(0), -x
    for k in range(200 + int(3000 / a.v ** 2), 0, -1):
        below = k / (a + below)
    return -(x * x) / 2 - log(a + below) - mp.log(2 * mp.pi) / 2


def pieces(x, cuts, parts):
    for cut, part in zip(cuts, parts):
        if x.v < cut:
            return jet(part(x))
    return jet(parts[-1](x))


def zero(x):
    return Jet(0)


def mish_gate(x):
    u = exp(-absolute(x))
    return u * (2 + u) / (2 + 2 * u + u * u) if x.v < 0 else (1 + 2 * u) / (1 + 2 * u + 2 * u * u)


def wide(x):
    return 2 * mp.sqrt(2 / mp.pi) * (x + mpf('0.044715') * x * x * x)


def logcosh(x):
    a = absolute(x)
    return a + log1p(exp(-2 * a)) - mp.log(2)


def softplus_beta(x):
    e = exp(-1 * absolute(2 * x))
    return -(log1p(e) + absolute(2 * x) * e / (1 + e)) / 4


L = mpf(1.0507009873554805)
LA = L * mpf(1.6732632423543772)

FUNCTIONS = {
    'sigmoid': sigmoid,
    'tanh': tanh,
    'softplus': softplus,
    'softplus_sharp': lambda x: softplus(2 * x) / 2,
    'log_sigmoid': lambda x: -softplus(-x),
    'silu': lambda x: x * sigmoid(x),
    'swish': lambda x: x * sigmoid(mpf('1.5') * x),
    'mish': lambda x: x * mish_gate(x),
    'gelu': lambda x: x * cdf(x),
    'gelu_tanh': lambda x: x * sigmoid(wide(x)),
    'gelu_sigmoid': lambda x: x * sigmoid(mpf('1.702') * x),
    'squareplus': lambda x: (x + sqrt(x * x + 4)) / 2 if x.v >= 0 else 2 / (sqrt(x * x + 4) - x),
    'softsign': lambda x: x / (1 + absolute(x)),
    'isru': lambda x: x / sqrt(1 + x * x),
    'arctan': atan,
    'bent_identity': lambda x: (sqrt(x * x + 1) - 1) / 2 + x,
    'logcosh': logcosh,
    'tanhshrink': lambda x: x - tanh(x),
    'gaussian': bell,
    'normal_pdf': phi,
    'normal_cdf': cdf,
    'log_normal_cdf': log_cdf,
    'logistic_pdf': lambda x: sigmoid(x) * sigmoid(-x),
    'relu': lambda x: pieces(x, [0], [zero, lambda x: x]),
    'leaky_relu': lambda x: pieces(x, [0], [lambda x: x / 4, lambda x: x]),
    'relu6': lambda x: pieces(x, [0, 6], [zero, lambda x: x, lambda x: 6]),
    'relu_squared': lambda x: pieces(x, [0], [zero, lambda x: x * x]),
    'elu': lambda x: pieces(x, [0], [expm1, lambda x: x]),
    'celu': lambda x: pieces(x, [0], [lambda x: 3 * expm1(x / 3), lambda x: x]),
    'selu': lambda x: pieces(x, [0], [lambda x: LA * expm1(x), lambda x: L * x]),
    'hard_sigmoid': lambda x: pieces(x, [-3, 3], [zero, lambda x: (x + 3) / 6, lambda x: 1]),
    'hard_swish': lambda x: pieces(x, [-3, 3], [zero, lambda x: x * (x + 3) / 6, lambda x: x]),
    'hard_tanh': lambda x: pieces(x, [-1, 1], [lambda x: -1, lambda x: x, lambda x: 1]),
    'softshrink': lambda x: pieces(x, [-0.5, 0.5], [lambda x: x + mpf('0.5'), zero, lambda x: x - mpf('0.5')]),
    'hardshrink': lambda x: pieces(x, [-0.5, 0.5], [lambda x: x, zero, lambda x: x]),
    'threshold': lambda x: pieces(x, [1], [lambda x: mpf('-0.5'), lambda x: x]),
    # Slopes in a learned parameter.
    'swish_beta': lambda x: x * x * sigmoid(mpf('1.5') * x) * sigmoid(mpf('-1.5') * x),
    'softplus_sharp_beta': softplus_beta,
    'elu_alpha': lambda x: pieces(x, [0], [expm1, zero]),
    'celu_alpha': lambda x: pieces(x, [0], [lambda x: exp(x / 3) * (1 - x / 3) - 1, zero]),
    'squareplus_b': lambda x: 1 / (4 * sqrt(x * x + 4)),
    # Sigmoid cross-entropy of one logit, against 0, 1 and a quarter.
    'logit_of_0': softplus,
    'logit_of_1': lambda x: softplus(-x),
    'logit_of_quarter': lambda x: softplus(-x) / 4 + 3 * softplus(x) / 4,
    'exp': exp,
    'exp_m1': expm1,
    'ln': log,
    'ln_1p': log1p,
    'sqrt': sqrt,
    'exp2': lambda x: exp(x * mp.log(2)),
    'log2': lambda x: log(x) * (1 / mp.log(2)),
    'log10': lambda x: log(x) * (1 / mp.log(10)),
    'hypot': lambda x: hypot(x, Jet('1.5')),
    'atan2': lambda x: atan2(x, Jet('-0.75')),
    'atan2_x': lambda x: atan2(Jet('0.75'), x),
    'tan': tan,
    'asin': asin,
    'acos': lambda x: mp.pi / 2 - asin(x),
    'sinh': sinh,
    'cosh': cosh,
    'asinh': asinh,
    'acosh': acosh,
    'atanh': lambda x: (log1p(x) - log1p(-x)) / 2,
    'cbrt': cbrt,
    'rsqrt': lambda x: 1 / sqrt(x),
    'sin': sin,
    'erf': lambda x: 1 - erfc(x) if x.v >= 0 else erfc(-x) - 1,
    'erfc': erfc,
    'erfinv': erfinv,
}
KINKS = {'relu6': [0, 6], 'hard_sigmoid': [-3, 3], 'hard_swish': [-3, 3], 'hard_tanh': [-1, 1],
         'softshrink': [-0.5, 0.5], 'hardshrink': [-0.5, 0.5], 'threshold': [1], 'relu': [0], 'leaky_relu': [0],
         'relu_squared': [0], 'elu': [0], 'celu': [0], 'selu': [0], 'softsign': [0], 'elu_alpha': [0],
         'celu_alpha': [0], 'cbrt': [0]}
DOMAIN = {'ln': 0, 'sqrt': 0, 'ln_1p': -1, 'log2': 0, 'log10': 0, 'rsqrt': 0, 'asin': -1, 'acos': -1, 'atanh': -1, 'acosh': 1,
          'erfinv': -1}
END = {'asin': 1, 'acos': 1, 'atanh': 1, 'erfinv': 1}
# Beyond this, the value is beyond all numbers.
LARGEST = {'exp': 2000, 'exp_m1': 2000, 'exp2': 2000, 'sinh': 2000, 'cosh': 2000}


def gated(w):
    """The terms of the slopes of x·σ(w)."""
    def terms(x):
        one = Jet(x.v, 1)
        inner, s = w(one), sigmoid(w(one))
        p = sigmoid(inner).v * sigmoid(-inner).v
        away = abs(inner.d) * abs(s.d) * abs(1 - 2 * s.v)
        return s.v + abs(x.v * s.d), 2 * abs(s.d) + abs(x.v) * (p * abs(inner.dd) + away)
    return terms


def mish_terms(x):
    t = mish_gate(Jet(x.v, 1))
    # The bend of the gate has a root of its own, and terms of the size of its slope.
    return abs(t.v) + abs(x.v * t.d), 2 * abs(t.d) + 2 * abs(x.v * t.d)


def beta_terms(x):
    w = mpf('1.5') * x.v
    p = sigmoid(Jet(w)).v * sigmoid(Jet(-w)).v
    return 2 * abs(x.v) * p + abs(x.v * w) * p, 0


def quarter_terms(x):
    a, b = sigmoid(Jet(-x.v)).v / 4, 3 * sigmoid(Jet(x.v)).v / 4
    return a + b, 0


TERMS = {
    'swish_beta': beta_terms,
    'logit_of_quarter': quarter_terms,
    'silu': gated(lambda x: x),
    'swish': gated(lambda x: mpf('1.5') * x),
    'gelu_tanh': gated(wide),
    'gelu_sigmoid': gated(lambda x: mpf('1.702') * x),
    'mish': mish_terms,
    'gelu': lambda x: (cdf(x).v + abs(x.v) * phi(x).v, (2 + x.v ** 2) * phi(x).v),
    'gaussian': lambda x: (0, (4 * x.v ** 2 + 2) * bell(x).v),
    'normal_pdf': lambda x: (0, (x.v ** 2 + 1) * phi(x).v),
    'logistic_pdf': lambda x: (0, (lambda p: p + 6 * p * p)(sigmoid(x).v * sigmoid(-x).v)),
    'hard_swish': lambda x: ((2 * abs(x.v) + 3) / 6, 0),
}


def f32(x):
    return struct.unpack('<f', struct.pack('<f', x))[0]


def points():
    near = [i * 0.37 for i in range(1, 14)] + [0.1, 0.25, 0.6, 0.75, 0.753, 0.7071, 1.0, 1.19, 1.192, 1.278, 1.4142, 1.5,
            2.0, 2.256, 2.4, 2.5, 3.0, 3.25, 3.9]
    tail = [5, 6, 6.5, 7.5, 8.3, 9, 10, 12, 13.5, 15, 17, 18.5, 20, 21.3, 22, 25, 26.5, 27.2, 30, 35, 37, 38, 38.5, 40, 45,
            50, 60, 80, 87, 88, 88.7, 90, 95, 100, 103, 104, 120, 150, 200, 300, 400, 500, 600, 690, 700, 708, 709, 720,
            740, 745, 748]
    far = [1e3, 1e4, 1e8, 1e18, 3e38]
    small = [1e-2, 1e-3, 1e-5, 1e-8, 1e-12, 1e-20, 1e-30, 1e-37, 1e-40]
    single = [f32(x) for x in near + tail + far + small]
    double = [1e77, 1e154, 1e200, 1e300, 1.7e308, 1e-100, 1e-300, 1e-310, 5e-324]
    return sorted(s * x for x in single + double for s in (1.0, -1.0)) + [0.0]


def beside(end):
    """Points near the end of a domain, if that is not 0."""
    return [f32(end + s * 2.0 ** -k) for k in (2, 3, 5, 8, 12, 17, 23) for s in (1, -1)] if end else []


def main():
    for name, f in FUNCTIONS.items():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        lines = []
        for x in points() + beside(DOMAIN.get(name)) + beside(END.get(name)):
            if x in KINKS.get(name, []) or x <= DOMAIN.get(name, -1e400) or x >= END.get(name, 1e400):
                continue
            if (x if name.startswith('exp') else abs(x)) > LARGEST.get(name, 1e400):
                continue
            size = abs(x)
            mp.prec = 45000 if 800 < size < 1e5 else 7000 if size <= 800 else 8000
            y = f(Jet(x, 1))
            terms = (0,) + tuple(TERMS[name](Jet(x)) if name in TERMS else (0, 0))
            parts = [bits(x)]
            for truth, scale in zip((y.v, y.d, y.dd), terms):
                hi = exact(truth)
                lo = exact(truth - mpf(hi)) if abs(hi) != float('inf') else 0.0
                cancels = scale != 0 and scale > 4 * abs(truth)
                parts += [bits(hi), bits(lo), bits(exact(mpf(scale)) if cancels else 0.0)]
            lines.append(' '.join(parts))
        with open(os.path.join(HERE, name + '.txt'), 'w') as out:
            out.write('\n'.join(lines) + '\n')
        print(name, len(lines), flush=True)


if __name__ == '__main__':
    main()
