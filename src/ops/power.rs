//! Powers of one value behind several operations: `(√x)²`, `e^(ln x)`, `1/(1/x)`, `x·√x`. Where one of the slopes is
//! infinite, their product says nothing of that of the whole, which is taken from the power instead.

use super::cotangent::{Cotangent, filled};
use super::custom;
use crate::graph::{NodeId, Var};
use crate::op::{Map, Op};

/// The number of operations that are seen through. Repeated multiplication would make the search exponential.
const DEPTH: usize = 6;

/// `factor · baseᵉ`, or `factor · |base|ᵉ`.
#[derive(Clone, Copy)]
struct Power<'g> {
    base: Var<'g>,
    factor: f64,
    exponent: f64,
    /// The base's sign has no influence.
    even: bool,
    /// Negative bases have no value.
    positive: bool,
    /// The number of powers that it is made of.
    parts: usize,
    /// Some part is a root with a rule of its own, right where the base over- or underflows.
    root: bool,
    /// Tells of the base's 0 whether some part's slope is 0 there, and whether some part's is infinite. At ∞ it is the
    /// other way round.
    slopes: [bool; 2],
}

impl<'g> Power<'g> {
    fn of(base: Var<'g>) -> Self {
        Power {
            base,
            factor: 1.0,
            exponent: 1.0,
            even: false,
            positive: false,
            parts: 0,
            root: false,
            slopes: [false; 2],
        }
    }

    /// Tells whether the base's sign has no influence, be it by the exponent.
    fn is_even(self) -> bool {
        !self.positive && (self.even || self.exponent % 2.0 == 0.0)
    }

    fn scaled(self, by: f64) -> Self {
        Power { factor: self.factor * by, ..self }
    }

    /// The power raised to another one, where that is a power of the base again.
    fn raised(self, to: f64) -> Option<Self> {
        let (whole, exponent) = (to.fract() == 0.0, self.exponent * to);
        let even = self.is_even();
        if !to.is_finite() || to == 0.0 || !(whole || self.factor > 0.0) {
            return None;
        }
        Some(Power {
            factor: libm::pow(self.factor, to),
            exponent,
            even: even && exponent % 2.0 != 0.0,
            positive: self.positive || !(whole || even),
            parts: self.parts + 1,
            root: self.root,
            slopes: self.with_slope(self.exponent * (to - 1.0)),
            base: self.base,
        })
    }

    /// Returns the facts about the slopes, with one more slope that is this power of the base.
    fn with_slope(self, exponent: f64) -> [bool; 2] {
        [self.slopes[0] || exponent > 0.0, self.slopes[1] || exponent < 0.0]
    }

    fn times(self, other: Self) -> Option<Self> {
        let exponent = self.exponent + other.exponent;
        // An odd power beside an absolute value is neither.
        let alike = !(self.even || other.even) || self.is_even() && other.is_even();
        (same(self.base, other.base, DEPTH) && alike && exponent != 0.0).then_some(Power {
            base: self.base,
            factor: self.factor * other.factor,
            exponent,
            even: (self.even || other.even) && exponent % 2.0 != 0.0,
            positive: self.positive || other.positive,
            parts: self.parts + other.parts + 1,
            root: self.root || other.root,
            // The slope in one factor is the other one.
            slopes: [0, 1].map(|i| self.with_slope(other.exponent)[i] || other.with_slope(self.exponent)[i]),
        })
    }
}

/// Tells whether two values are equal since they were recorded alike.
fn same(a: Var<'_>, b: Var<'_>, depth: usize) -> bool {
    if a.id() == b.id() {
        return true;
    }
    let [x, y] = [a, b].map(|x| x.graph().node(x.id()));
    let alike = matches!(x.op, Op::Map(_) | Op::Fold(..) | Op::Reshape | Op::Broadcast | Op::Constant(_));
    let graph = a.graph();
    let pair =
        |(&a, &b): (&NodeId, &NodeId)| a == b || depth > 0 && same(graph.var(a), graph.var(b), depth - 1);
    let each = || x.args.iter().zip(&y.args).all(pair);
    alike && x.op == y.op && x.shape == y.shape && x.args.len() == y.args.len() && each()
}

/// Returns the base of which a value is a power; the value itself at worst. It does not see through the values of which `ends` is true.
fn power<'g>(x: Var<'g>, ends: &dyn Fn(NodeId) -> bool, depth: usize) -> Power<'g> {
    let node = x.graph().node(x.id());
    let (Some(depth), false) = (depth.checked_sub(1), ends(x.id())) else { return Power::of(x) };
    let map = match &node.op {
        Op::Map(map) => map,
        Op::Custom(rule) => {
            let root = custom::square(x, *rule).and_then(|square| power(square, ends, depth).raised(0.5));
            // The square is no negative number.
            return root.map_or(Power::of(x), |root| Power { root: true, positive: true, ..root });
        }
        _ => return Power::of(x),
    };
    let arg = |i: usize| x.graph().var(node.args[i]);
    let of = |i: usize| power(arg(i), ends, depth);
    let number = |i: usize| filled(arg(i)).filter(|c| c.is_finite() && *c != 0.0);
    let found = match map {
        Map::Sqrt => of(0).raised(0.5),
        Map::Square => of(0).raised(2.0),
        Map::Neg => Some(of(0).scaled(-1.0)),
        Map::Pow => number(1).and_then(|to| of(0).raised(to)),
        Map::Mul => match [number(0), number(1)] {
            [Some(c), None] => Some(of(1).scaled(c)),
            [None, Some(c)] => Some(of(0).scaled(c)),
            _ if node.args[0] == node.args[1] => of(0).raised(2.0),
            _ => of(0).times(of(1)),
        },
        Map::Div => match [number(0), number(1)] {
            [Some(c), None] => of(1).raised(-1.0).map(|power| power.scaled(c)),
            [None, Some(c)] => Some(of(0).scaled(1.0 / c)),
            _ => of(1).raised(-1.0).and_then(|below| of(0).times(below)),
        },
        // eˡ with l = c · ln(baseᵉ), and likewise to the base 2
        Map::Exp | Map::Exp2 => logarithm(*map, arg(0), ends, depth).and_then(|(of, c)| {
            let of = power(of, ends, depth);
            let whole = of.raised(c).filter(|_| of.factor > 0.0)?;
            let positive = whole.positive || !of.is_even();
            Some(Power { positive, slopes: [true; 2], parts: whole.parts + 1, ..whole })
        }),
        // Rows are added without notice; another one makes no power.
        _ => None,
    };
    // Far from 1, the factor would over- or underflow in f32.
    found.filter(|power| (1e-12..=1e12).contains(&power.factor.abs())).unwrap_or(Power::of(x))
}

/// The value and the factor of a multiple of its logarithm, which is the inverse of `exp`.
fn logarithm<'g>(
    exp: Map,
    x: Var<'g>,
    ends: &dyn Fn(NodeId) -> bool,
    depth: usize,
) -> Option<(Var<'g>, f64)> {
    let node = x.graph().node(x.id());
    let (Op::Map(map), Some(depth), false) = (&node.op, depth.checked_sub(1), ends(x.id())) else {
        return None;
    };
    let arg = |i: usize| x.graph().var(node.args[i]);
    let number = |i: usize| filled(arg(i)).filter(|c| c.is_finite() && *c != 0.0);
    let of = |i: usize, times: f64| logarithm(exp, arg(i), ends, depth).map(|(of, c)| (of, c * times));
    match map {
        Map::Ln if exp == Map::Exp => Some((arg(0), 1.0)),
        Map::Log2 if exp == Map::Exp2 => Some((arg(0), 1.0)),
        Map::Neg => of(0, -1.0),
        Map::Mul => match [number(0), number(1)] {
            [Some(c), None] => of(1, c),
            [None, Some(c)] => of(0, c),
            _ => None,
        },
        Map::Div => number(1).and_then(|c| of(0, 1.0 / c)),
        // Rows are added without notice; another one makes no logarithm.
        _ => None,
    }
}

/// The argument of a function and of its inverse, or of `e^(ln(1 + x))`, and whether it has a lower bound of −1.
/// Somewhere, one of the slopes is 0 and the other infinite.
fn undone<'g>(y: Var<'g>, ends: &dyn Fn(NodeId) -> bool) -> Option<(Var<'g>, bool)> {
    let map_of = |x: Var<'g>| {
        let node = x.graph().node(x.id());
        let Op::Map(map) = node.op else { return None };
        Some((map, x.graph().var(node.args[0])))
    };
    let (outer, inner) = map_of(y)?;
    let (first, x) = map_of(inner).filter(|_| !ends(inner.id()))?;
    let inverse = matches!(
        (outer, first),
        (Map::Ln, Map::Exp)
            | (Map::Log2, Map::Exp2)
            | (Map::Ln1p, Map::ExpM1)
            | (Map::ExpM1 | Map::Exp, Map::Ln1p)
    );
    inverse.then_some((x, first == Map::Ln1p))
}

/// Returns the value that a derivative goes to from `y` at once, past the operations between. It does not go past the values of which
/// `ends` is true.
pub(super) fn base<'g>(y: Var<'g>, ends: &dyn Fn(NodeId) -> bool) -> Option<Var<'g>> {
    let inside = |id: NodeId| id != y.id() && ends(id);
    let found = power(y, &inside, DEPTH);
    let whole = found.exponent > 0.0 && found.exponent.fract() == 0.0;
    let asked = found.parts > 1 && found.slopes == [true; 2] && (whole || !found.root);
    let seen = asked.then_some(found.base);
    seen.or_else(|| undone(y, &inside).map(|(x, _)| x))
}

/// The cotangent of the base of `y`, or the tangent of `y` from that of its base.
#[track_caller]
pub(super) fn carry<'g>(y: Var<'g>, ends: &dyn Fn(NodeId) -> bool, ct: Cotangent<'g>) -> Cotangent<'g> {
    let inside = |id: NodeId| id != y.id() && ends(id);
    if let Some((x, bounded)) = undone(y, &inside) {
        let one = y.graph().constant(1.0);
        return ct.times(if bounded { from(x, -1.0, one, y) } else { one }, false);
    }
    let Power { base: x, factor, exponent, even, positive, .. } = power(y, &inside, DEPTH);
    let (size, less) = (if even { x.abs() } else { x }, exponent - 1.0);
    let slope = match less {
        0.0 => x.graph().constant(factor * exponent),
        1.0 => size * (factor * exponent),
        less => size.pow(less) * (factor * exponent),
    };
    let slope = if even { x.sign() * slope } else { slope };
    // A power that is not whole has no value below 0, and says so itself.
    let guarded = positive && less.fract() == 0.0;
    ct.times(if guarded { from(x, 0.0, slope, y) } else { slope }, false)
}

/// The slope from a bound on. Below it, the value is NaN, and the slope as well.
#[track_caller]
fn from<'g>(x: Var<'g>, bound: f64, slope: Var<'g>, y: Var<'g>) -> Var<'g> {
    x.ge(bound).select(slope, y.detach())
}
