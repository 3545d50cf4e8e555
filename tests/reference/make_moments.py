"""Writes moments.txt: E f(x), E f(x)² and E f′(x)² of activations under the standard normal distribution, by
quadrature with 40 digits (mpmath), cut at the kinks.

    pip install mpmath && python3 tests/reference/make_moments.py

A line holds the function as `ACTIVATIONS` calls it, and the three numbers.
"""
import os
from make import HERE, FUNCTIONS, KINKS, Jet, absolute, bell, cdf, erfc, expm1, pieces, sigmoid, sin, softplus, zero
from mpmath import mp, mpf, quad

mp.prec = 160
CALLS = {name + '()': (f, KINKS.get(name, [])) for name, f in FUNCTIONS.items()}
third = mpf(1.0 / 3.0)
mean_slope = (mpf(0.125) + third) / 2
CALLS.update({
    'identity()': (lambda x: x, []),
    'softplus_sharp(2.0)': (FUNCTIONS['softplus_sharp'], []),
    'swish(1.5)': (FUNCTIONS['swish'], []),
    'squareplus(4.0)': (FUNCTIONS['squareplus'], []),
    'sine(1.0)': (sin, []),
    'leaky_relu(0.01)': (lambda x: pieces(x, [0], [lambda x: x * mpf(0.01), lambda x: x]), [0]),
    'rrelu_mean(0.125, 1.0 / 3.0)': (lambda x: pieces(x, [0], [lambda x: x * mean_slope, lambda x: x]), [0]),
    'elu(1.0)': (FUNCTIONS['elu'], [0]),
    'celu(1.0)': (FUNCTIONS['elu'], [0]),
    'softshrink(0.5)': (FUNCTIONS['softshrink'], [-0.5, 0.5]),
    'hardshrink(0.5)': (FUNCTIONS['hardshrink'], [-0.5, 0.5]),
    'threshold(1.0, -0.5)': (FUNCTIONS['threshold'], [1]),
    # Its slope is that of the identity, by definition.
    'step_straight_through()': (lambda x: Jet(int(x.v > 0), 1), [0]),
})
ACTIVATIONS = '''identity() sigmoid() tanh() softplus() softplus_sharp(2.0) log_sigmoid() silu() swish(1.5) mish() gelu()
gelu_tanh() gelu_sigmoid() squareplus(4.0) softsign() isru() arctan() bent_identity() logcosh() tanhshrink() gaussian()
normal_cdf() log_normal_cdf() erf() sine(1.0) relu() leaky_relu(0.01) rrelu_mean(0.125,~1.0~/~3.0) relu6() relu_squared() elu(1.0) celu(1.0)
selu() hard_sigmoid() hard_swish() hard_tanh() softshrink(0.5) hardshrink(0.5) threshold(1.0,~-0.5)
step_straight_through()'''


def main():
    with open(os.path.join(HERE, 'moments.txt'), 'w') as out:
        for name in ACTIVATIONS.split():
            name = name.replace('~', ' ')
            f, kinks = CALLS[name]
            cuts = sorted(set([-20, -10, -4, -2, -1, 0, 1, 2, 4, 10, 20] + kinks))
            density = lambda x: mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)
            y = lambda x: f(Jet(x, 1))
            parts = [lambda x: y(x).v, lambda x: y(x).v ** 2, lambda x: y(x).d ** 2]
            words = [mp.nstr(quad(lambda x: part(x) * density(x), cuts), 25) for part in parts]
            out.write('\t'.join([name] + words) + '\n')


if __name__ == '__main__':
    main()
