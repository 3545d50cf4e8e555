//! Two elementwise operations in one pass. Pairs share their costly part: mostly a function and its slope at one
//! argument. Chains are cheap operations, of which the second alone reads the first's result, as in an optimizer's
//! update. Each operation is rounded as if it stood by itself.

use gradus_rows::Map;

/// Passes the pairs to the macro `$read`.
macro_rules! for_each_pair {
    ($read:ident) => {
        $read! {
            Sigmoid LogisticPdf,
            Softplus Sigmoid,
            Tanh TanhGrad,
            Gelu GeluGrad,
            GeluTanh GeluTanhGrad,
            GeluSigmoid GeluSigmoidGrad,
            Silu SiluGrad,
            Mish MishGrad,
        }
    };
}
pub(crate) use for_each_pair;

/// Returns the operations that share their costly part with this one.
pub fn partners(map: Map) -> impl Iterator<Item = Map> {
    macro_rules! pairs {
        ($($a:ident $b:ident,)*) => { [$((Map::$a, Map::$b)),*] };
    }
    for_each_pair!(pairs).into_iter().filter_map(move |(a, b)| match map {
        _ if map == a => Some(b),
        _ if map == b => Some(a),
        _ => None,
    })
}

/// Two operations, the second of the first's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chain {
    /// `a · b + c`
    MulAdd,
    /// `a · b + c`, where in the product an exact zero wins: a gradient that arrives along two paths.
    StrongMulAdd,
    /// `a · b − c`, where in the product an exact zero wins.
    StrongMulSub,
    /// `a · b / c`
    MulDiv,
    /// `a / b · c`, where in the product an exact zero wins.
    DivStrongMul,
    /// `−a · b`, where in the product an exact zero wins.
    NegStrongMul,
    /// `c − a · b`
    SubMul,
    /// `a² · b`
    SquareMul,
}

impl Chain {
    /// Returns the number of its arguments.
    pub fn args(self) -> usize {
        if matches!(self, Chain::SquareMul | Chain::NegStrongMul) { 2 } else { 3 }
    }

    /// Returns the chain of these arguments, as text.
    pub fn text(self, args: &[String]) -> String {
        match (self, args) {
            (Chain::MulAdd, [a, b, c]) => format!("add(mul({a}, {b}), {c})"),
            (Chain::StrongMulAdd, [a, b, c]) => format!("add(strong_mul({a}, {b}), {c})"),
            (Chain::StrongMulSub, [a, b, c]) => format!("sub(strong_mul({a}, {b}), {c})"),
            (Chain::DivStrongMul, [a, b, c]) => format!("strong_mul(div({a}, {b}), {c})"),
            (Chain::NegStrongMul, [a, b]) => format!("strong_mul(neg({a}), {b})"),
            (Chain::MulDiv, [a, b, c]) => format!("div(mul({a}, {b}), {c})"),
            (Chain::SubMul, [a, b, c]) => format!("sub({c}, mul({a}, {b}))"),
            (Chain::SquareMul, [a, b]) => format!("mul(square({a}), {b})"),
            _ => unreachable!("a chain has as many arguments as its operations"),
        }
    }
}

/// Returns the chain of two operations, the first's result being argument number `argument` of the second, if there
/// is one.
pub fn chain(first: Map, then: Map, argument: usize) -> Option<Chain> {
    match (first, then, argument) {
        (Map::Mul, Map::Add, _) => Some(Chain::MulAdd),
        (Map::StrongMul, Map::Add, _) => Some(Chain::StrongMulAdd),
        (Map::StrongMul, Map::Sub, 0) => Some(Chain::StrongMulSub),
        (Map::Div, Map::StrongMul, _) => Some(Chain::DivStrongMul),
        (Map::Neg, Map::StrongMul, _) => Some(Chain::NegStrongMul),
        (Map::Mul, Map::Div, 0) => Some(Chain::MulDiv),
        (Map::Mul, Map::Sub, 1) => Some(Chain::SubMul),
        (Map::Square, Map::Mul, _) => Some(Chain::SquareMul),
        _ => None,
    }
}
