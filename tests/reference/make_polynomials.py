"""Writes crates/gradus-rows/src/number/math/polynomials.rs, the polynomials inside the elementary functions of `f32` and `f64`;
crates/gradus-rows/src/number/math/pieces.rs, those that are looked up by where the argument is; and crates/gradus-rows/src/table/polynomials.rs, those of
some rows.

    pip install mpmath && python3 tests/reference/make_polynomials.py

Each is the polynomial of the smallest degree whose largest error, weighed as it enters the result, stays below the
bound of the type; then its coefficients are rounded.
"""
import os
import struct
from mpmath import mp, mpf, atan, cos, erf, erfc, exp, factorial, findroot, lu_solve, matrix, nstr, pi, sqrt, tanh

mp.prec = 400
OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../crates/gradus-rows/src/number/math/polynomials.rs")
PIECES_OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../crates/gradus-rows/src/number/math/pieces.rs")
ROWS_OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../crates/gradus-rows/src/table/polynomials.rs")


def series(terms):
    """A power series in x, for arguments where the closed form cancels."""
    return lambda x: sum(c * x**k for k, c in enumerate(terms))


def exp_rest(r):
    """2·(e^r − 1 − r − r²/2) / r³"""
    if abs(r) < mpf(2)**-20:
        return series([2 / factorial(k + 3) for k in range(20)])(r)
    return 2 * (exp(r) - 1 - r - r * r / 2) / r**3


def ln_rest(f):
    """(ln(1 + f) − f + f²/2) / f³"""
    if abs(f) < mpf(2)**-20:
        return series([(-1)**k / mpf(k + 3) for k in range(20)])(f)
    return (mp.log(1 + f) - f + f * f / 2) / f**3


def log_rest(square):
    """(2·artanh(s) − 2s − 2s³/3) / (2s⁵) in s²"""
    if square < mpf(2)**-30:
        return series([1 / mpf(2 * k + 5) for k in range(12)])(square)
    s = sqrt(square)
    return (mp.atanh(s) / s - 1 - square / 3) / square**2


def odd_rest(function):
    """(f(x) − x) / x³ in x²"""
    def rest(square):
        x = sqrt(square)
        return (function(x) - x) / x**3
    return rest


def erf_rest(square):
    """erf(x)/x − 1 in x²"""
    x = sqrt(square)
    return erf(x) / x - 1


def logcosh_rest(square):
    """ln cosh x / x² in x²"""
    x = sqrt(square)
    return mp.log(mp.cosh(x)) / square


def tanhshrink_rest(square):
    """(x − tanh x) / x³ in x²"""
    return -odd_rest(tanh)(square)


CENTER, ADDED = mpf(4), mpf(1)


def tail(u):
    """(a + 1)·Φ(−a)·e^(a²/2) in u = (a − 4)/(a + 4)"""
    a = CENTER * (1 + u) / (1 - u)
    return (a + ADDED) * exp(a * a / 2) * erfc(a / sqrt(mpf(2))) / 2


def hazard(a):
    """The hazard h(a) = φ(a)/Φ(−a) of the normal distribution and its first two derivatives"""
    h = exp(-a * a / 2) / sqrt(2 * pi) / (erfc(a / sqrt(mpf(2))) / 2)
    return h, h * (h - a), h * ((h - a) * (2 * h - a) - 1)


def outer(u):
    """a + 4, where u = (a − 4)/(a + 4)"""
    return 2 * CENTER / (1 - u)


def hazard_rest(u):
    """(a + 4)·(h(a) − a)"""
    return mpf(1) if u == 1 else outer(u) * (hazard(outer(u) - CENTER)[0] - (outer(u) - CENTER))


def hazard_weight(u):
    """The share of `hazard_rest` in h(a), over hazard_rest itself"""
    return mpf(0) if u == 1 else 1 / (outer(u) * hazard(outer(u) - CENTER)[0])


def hazard_grad(u):
    """h′(a)"""
    return mpf(1) if u == 1 else hazard(outer(u) - CENTER)[1]


def hazard_grad2(u):
    """((a + 4.5)³·h″(a) − 2)·(a + 4.5)/8 in u = (a − 3.5)/(a + 4.5), so that it begins at a = −½"""
    return mpf("3.375") if u == 1 else (outer(u)**3 * hazard(outer(u) - CENTER - mpf("0.5"))[2] - 2) / (1 - u)


def hazard_grad2_weight(u):
    """The share of `hazard_grad2` in h″(a), over hazard_grad2 itself"""
    return (1 - u) / (2 + (1 - u) * hazard_grad2(u))


def mapped(a):
    return (a - CENTER) / (a + CENTER)


def tail_times(a):
    """a·Φ(−a)·e^(a²/2)"""
    return a * exp(a * a / 2) * erfc(a / sqrt(mpf(2))) / 2


def tail_slope(a):
    """(Φ(−a) − a·φ(a))·e^(a²/2)"""
    return exp(a * a / 2) * erfc(a / sqrt(mpf(2))) / 2 - a / sqrt(2 * pi)


LN2 = mp.log(2) / 2 * mpf("1.001")
LEAST = mpf(2)**-60

# Name, what it is, function, interval, weight of an error beside the result's size, bounds for f32 and f64 in bits.
POLYNOMIALS = [
    ("EXP", "`2(e^r − 1 − r − r²/2)/r³`, where `|r| ≤ ln 2 / 2`", exp_rest, (-LN2, LN2), lambda r: r**3 / 2, 27.5, 56.5),
    ("LN", "`(ln(1 + f) − f + f²/2)/f³`, where `|f| ≤ 1/3`", ln_rest, (-mpf(1) / 3, mpf(1) / 3), lambda f: f**2, 27.5, 56.5),
    ("LN_1P", "the same, where `0 ≤ f ≤ 1`", ln_rest, (LEAST, mpf(1)), lambda f: f**2 / mpf("0.69"), 27.5, 56.5),
    ("LOG", "`(artanh s / s − 1 − s²/3)/s⁴` in `s²`, where `|s| ≤ 1/5`", log_rest, (LEAST, mpf("0.0401")), lambda z: z**2, 35, 66),
    ("TANH", "`(tanh x − x)/x³` in `x²`, where `|x| ≤ 5/8`", odd_rest(tanh), (LEAST, mpf("0.3907")), lambda s: s, 27.5, 56.5),
    ("ATAN", "`(atan x − x)/x³` in `x²`, where `|x| ≤ 2/3`", odd_rest(atan), (LEAST, mpf("0.4445")), lambda s: s, 27.5, 56.5),
    ("ERF", "`erf(x)/x − 1` in `x²`, where `|x| ≤ 3/4`", erf_rest, (LEAST, mpf("0.5626")), lambda s: mpf(1), 27.5, 56.5),
    ("TAIL", "`(a + 1)·Φ(−a)·e^(a²/2)` in `(a − 4)/(a + 4)`, where `0 ≤ a ≤` 14.5 or 39", tail,
     (mpf(-1), {"f32": mapped(mpf("14.5")), "f64": mapped(mpf(39))}), lambda u: 2, 27.5, 56),
    ("HAZARD", "`(a + 4)·(h(a) − a)` in `(a − 4)/(a + 4)`, where `a ≥ 0` and `h(a) = φ(a)/Φ(−a)`", hazard_rest,
     (mpf(-1), mpf(1)), hazard_weight, 27.5, 56.5),
    ("HAZARD_GRAD", "`h′(a)` in the same", hazard_grad, (mpf(-1), mpf(1)), lambda u: 1 / hazard_grad(u), 27.5, 56.5),
    ("HAZARD_GRAD2", "`((a + 4.5)³·h″(a) − 2)·(a + 4.5)/8` in `(a − 3.5)/(a + 4.5)`, where `a ≥ −½`",
     hazard_grad2, (mpf(-1), mpf(1)), hazard_grad2_weight, 27.5, 56.5),
]


# The same for rows that are written once for all number types; good for `f64`.
ROWS = [
    ("LOGCOSH", "`ln cosh x / x²` in `x²`, where `|x| ≤ 1`", logcosh_rest, (LEAST, mpf("1.0001")), lambda s: 2, 57),
    ("TANHSHRINK", "`(x − tanh x)/x³` in `x²`, where `|x| ≤ 1`", tanhshrink_rest, (LEAST, mpf("1.0001")), lambda s: 3, 57),
]

# By pieces, of `f32` alone: a piece is a quarter of what lies between two powers of two, of a + the shift, from the shift
# to sixteen times as much. Name, what it is, function, shift, end; what is known of the piece at 0, the root, if there is
# one; the highest power.
PIECES = 16
PIECEWISE = [
    ("TANH_PIECES", "`tanh a`", tanh, mpf("0.625"), mpf("9.3"), [mpf(0), mpf(1)], None, 6),
    ("TAIL_TIMES", "`a·Φ(−a)·e^(a²/2)`", tail_times, mpf("1.125"), mpf("14.87"), [mpf(0), mpf("0.5")], None, 6),
    ("TAIL_SLOPE", "`(Φ(−a) − a·φ(a))·e^(a²/2)`", tail_slope, mpf("1.125"), mpf("14.87"), [mpf("0.5")], mpf("0.7517915"), 5),
]


GRID = 400


def interpolate(places, values, weights):
    """The polynomial that misses the values by the same weighed error, above and below in turn."""
    n = len(places)
    rows = matrix(n, n)
    for i, (x, weight) in enumerate(zip(places, weights)):
        for j in range(n - 1):
            rows[i, j] = x**j * weight
        rows[i, n - 1] = (-1)**i
    return list(lu_solve(rows, matrix([y * weight for y, weight in zip(values, weights)])))[:-1]


def alternating(errors, count):
    """Where errors of alternating signs are largest; the smallest are left out, with a neighbor if need be."""
    found = []
    for i, e in enumerate(errors):
        if found and (errors[found[-1]] > 0) == (e > 0):
            found[-1] = max(found[-1], i, key=lambda k: abs(errors[k]))
        else:
            found.append(i)
    size = lambda k: abs(errors[k])
    while len(found) > count:
        least = min(found, key=size)
        i = found.index(least)
        inside = 0 < i < len(found) - 1
        if inside and len(found) > count + 1:
            found.remove(min(found[i - 1], found[i + 1], key=size))
            found.remove(least)
        else:
            found.remove(min(found[0], found[-1], key=size))
    return found


def minimax(function, weight, low, high, degree):
    """The polynomial whose largest weighed error is smallest, on a grid (Remez's exchange), and that error."""
    xs = [(low + high) / 2 - (high - low) / 2 * cos(pi * k / GRID) for k in range(GRID + 1)]
    values, weights = [function(x) for x in xs], [abs(weight(x)) for x in xs]
    count = degree + 2
    at = [int(GRID * (k + 0.5) / count) for k in range(count)]
    best = None
    for _ in range(20):
        terms = interpolate([xs[k] for k in at], [values[k] for k in at], [weights[k] for k in at])
        errors = [(series(terms)(x) - y) * weight for x, y, weight in zip(xs, values, weights)]
        worst = max(abs(e) for e in errors)
        if best is None or worst < best[1]:
            best = (terms, worst)
        found = alternating(errors, count)
        if found == at or len(found) < count:
            break
        at = found
    return best


def fit(function, low, high, weight, bits):
    for degree in range(2, 40):
        terms, worst = minimax(function, weight, low, high, degree)
        if worst < mpf(2)**-bits:
            return terms, worst
    raise SystemExit("no polynomial is good enough")


def rounded(c, kind):
    """The nearest number of the type."""
    return float(c) if kind == "f64" else struct.unpack("f", struct.pack("f", float(c)))[0]


def neighbor(c, steps):
    """The `f32` so many further on."""
    return struct.unpack("f", struct.pack("I", struct.unpack("I", struct.pack("f", c))[0] + steps))[0]


def accurate(function, center):
    """A number near this one where the function is nearly an `f32`, so that rounding it leaves nothing out (Gal, 1986)."""
    center = rounded(center, "f32")
    for steps in (sign * k for k in range(100000) for sign in (1, -1)):
        x = neighbor(center, steps)
        y = function(mpf(x))
        if abs(rounded(y, "f32") - y) < abs(y) / 2**31:
            return mpf(x)
    raise SystemExit("no accurate place")


def fit_piece(function, low, high, center, known, degree):
    """The terms in `a − center`: each is rounded, and the ones after it are fitted to what is left."""
    xs = [(low + high) / 2 - (high - low) / 2 * cos(pi * (k + mpf(1) / 2) / 40) for k in range(40)]
    weights = [1 / max(abs(function(x)), mpf("0.01") if len(known) < 2 else mpf(0)) for x in xs]
    terms = list(known)
    while len(terms) <= degree:
        n = len(terms)
        rows, rest = matrix(len(xs), degree + 1 - n), matrix(len(xs), 1)
        for i, (x, weight) in enumerate(zip(xs, weights)):
            rest[i] = (function(x) - series(terms)(x - center)) * weight
            for k in range(n, degree + 1):
                rows[i, k - n] = (x - center)**k * weight
        terms.append(mpf(rounded(lu_solve(rows, rest)[0], "f32")))
    worst = max(abs(series(terms)(x - center) - function(x)) * weight for x, weight in zip(xs, weights))
    return [center] + terms, worst


def quarters(y):
    """The quarter that a number is in: its exponent as `f32` has it, and the highest two bits after the point."""
    return struct.unpack("I", struct.pack("f", float(y)))[0] >> 21


def place(k):
    """Where a quarter begins."""
    return mpf(struct.unpack("f", struct.pack("I", k << 21))[0])


def fit_pieces(function, shift, end, known, root, degree):
    """The pieces in the order of their numbers, each with its center first; and the largest error."""
    table, largest = [None] * PIECES, mpf(0)
    first = quarters(shift)
    for k in range(PIECES):
        low, high = (place(first + k + more) - shift for more in (0, 1))
        low, high = max(low, mpf(0)), min(high, end)
        if k == 0:
            center, start = mpf(0), known
        elif root and low < root < high:
            center = mpf(rounded(findroot(function, root), "f32"))
            start = [mpf(rounded(function(center), "f32"))]
        else:
            center = accurate(function, (low + high) / 2)
            start = [mpf(rounded(function(center), "f32"))]
        terms, worst = fit_piece(function, low, high, center, start, degree)
        table[(first + k) % PIECES] = terms
        largest = max(largest, worst)
    return list(zip(*table)), largest


def literal(c, kind):
    """The shortest decimal that is read back as the same number."""
    c = rounded(c, kind)
    text = next(t for t in (f"{c:.{digits}e}" for digits in range(20)) if rounded(float(t), kind) == c)
    text = repr(float(text))
    mantissa, _, exponent = text.partition("e")
    whole, _, digits = mantissa.partition(".")
    groups = "_".join(digits[i:i + 3] for i in range(0, len(digits), 3)) or "0"
    return f"{whole}.{groups}" + (f"e{int(exponent)}" if exponent else "")


def main():
    lines = ["//! The polynomials inside the elementary functions; lowest power first.", "//!",
             "//! Generated by `tests/reference/make_polynomials.py`; do not edit.", "",
             "/// The polynomials of one number type.", "pub(in crate::number) trait Polynomials: Sized + 'static {"]
    for name, what, *_ in POLYNOMIALS:
        lines += [f"    /// {what}.", f"    const {name}: &'static [Self];"]
    lines += ["    /// The rounding error of the first of `TAIL`.", "    const TAIL_LOW: Self;", "}"]
    for kind in ("f32", "f64"):
        lines += ["", f"impl Polynomials for {kind} {{"]
        for name, _, function, (low, high), weight, single, double in POLYNOMIALS:
            end = high[kind] if isinstance(high, dict) else high
            terms, worst = fit(function, low, end, weight, single if kind == "f32" else double)
            print(kind, name, "degree", len(terms) - 1, "error 2 to", nstr(mp.log(worst, 2), 4))
            lines += [f"    const {name}: &'static [Self] = &["]
            lines += [f"        {literal(c, kind)}," for c in terms] + ["    ];"]
            if name == "TAIL":
                lines += [f"    const TAIL_LOW: Self = {literal(terms[0] - rounded(terms[0], kind), kind)};"]
        lines += ["}"]
    with open(OUT, "w") as file:
        file.write("\n".join(lines) + "\n")
    lines = ["//! Polynomials by pieces, for `f32`.", "//!",
             "//! Generated by `tests/reference/make_polynomials.py`; do not edit.", "//!",
             "//! Long because a number has a line of its own.", "",
             "/// Sixteen polynomials: the center of each, and its terms, lowest power first.",
              "#[repr(align(64))]", "pub(super) struct Pieces<const N: usize>(pub(super) [[f32; 16]; N]);"]
    for name, what, function, shift, end, known, root, degree in PIECEWISE:
        columns, worst = fit_pieces(function, shift, end, known, root, degree)
        print(name, "error 2 to", nstr(mp.log(worst, 2), 4))
        lines += ["", f"/// {what} in `a`, where `0 ≤ a ≤ {nstr(end, 4)}`.",
                  f"pub(super) static {name}: Pieces<{len(columns)}> = Pieces(["]
        for column in columns:
            lines += ["    ["] + [f"        {literal(c, 'f32')}," for c in column] + ["    ],"]
        lines += ["]);"]
    with open(PIECES_OUT, "w") as file:
        file.write("\n".join(lines) + "\n")
    lines = ["//! The polynomials of `curves`; lowest power first.", "//!",
             "//! Generated by `tests/reference/make_polynomials.py`; do not edit."]
    for name, what, function, (low, high), weight, bits in ROWS:
        terms, worst = fit(function, low, high, weight, bits)
        print(name, "degree", len(terms) - 1, "error 2 to", nstr(mp.log(worst, 2), 4))
        lines += ["", f"/// {what}.", f"pub(super) const {name}: [f64; {len(terms)}] = ["]
        lines += [f"    {literal(c, 'f64')}," for c in terms] + ["];"]
    with open(ROWS_OUT, "w") as file:
        file.write("\n".join(lines) + "\n")


main()
