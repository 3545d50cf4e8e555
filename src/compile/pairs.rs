//! Pairs of elementwise operations that share their costly part: a function and its slope, mostly. Where both
//! are wanted of one argument, one pass makes them. Floor 5.

use crate::op::Map;

/// Hands the pairs to the macro `$read`.
macro_rules! for_each_pair {
    ($read:ident) => {
        $read! {
            Sigmoid LogisticPdf,
            Softplus Sigmoid,
            Tanh TanhSlope,
            Gelu GeluSlope,
            GeluTanh GeluTanhSlope,
            GeluSigmoid GeluSigmoidSlope,
            Silu SiluSlope,
            Mish MishSlope,
        }
    };
}
pub(crate) use for_each_pair;

/// The operations that share their costly part with this one.
pub(super) fn partners(map: Map) -> impl Iterator<Item = Map> {
    macro_rules! pairs {
        ($($a:ident $b:ident,)*) => { [$((Map::$a, Map::$b)),*] };
    }
    for_each_pair!(pairs).into_iter().filter_map(move |(a, b)| match map {
        _ if map == a => Some(b),
        _ if map == b => Some(a),
        _ => None,
    })
}
