//! Cotangents, and tangents, on their way through the rules: which of their zeros win over an infinite slope.

use crate::graph::{NodeId, Var};
use crate::op::{Map, Op};

/// A cotangent as the product of what a mask may have set to 0 and of the slopes since.
///
/// A zero of the first factor says that the value does not depend on what is behind it, and wins over ∞ and NaN. A
/// zero among the slopes is a slope that vanishes at this point: beside an infinite one, `0 · ∞` is NaN.
#[derive(Clone, Copy)]
pub(crate) struct Cotangent<'g> {
    kept: Var<'g>,
    /// Tells whether zeros of the first factor win.
    hides: bool,
    slopes: Option<Var<'g>>,
}

impl<'g> Cotangent<'g> {
    /// A cotangent from outside: its zeros ask for nothing, so they win.
    pub(crate) fn given(ct: Var<'g>) -> Self {
        Cotangent { kept: ct, hides: filled(ct).is_none_or(|c| c == 0.0), slopes: None }
    }

    /// The cotangent of an operation that moves or adds elements, from the whole one of its value; `hides` tells
    /// whether it puts zeros beside them.
    pub(super) fn moved(self, ct: Var<'g>, hides: bool) -> Self {
        Cotangent { kept: ct, hides: self.hides || hides, slopes: None }
    }

    /// Tells whether its zeros win.
    pub(super) fn hides(self) -> bool {
        self.hides
    }

    pub(crate) fn is_poisoned(self) -> bool {
        self.kept.is_poisoned() || self.slopes.is_some_and(|slopes| slopes.is_poisoned())
    }

    /// The cotangent itself.
    #[track_caller]
    pub(crate) fn value(self) -> Var<'g> {
        match self.slopes {
            None => self.kept,
            Some(slopes) if filled(self.kept) == Some(1.0) => slopes.broadcast_to(self.kept.shape()),
            Some(slopes) if self.hides => self.kept.strong_mul(slopes),
            Some(slopes) => self.kept * slopes,
        }
    }

    /// The product with a slope, whose zeros win if it is a mask.
    #[track_caller]
    pub(super) fn times(self, slope: Var<'g>, mask: bool) -> Self {
        match (filled(slope), self.slopes) {
            (Some(1.0), _) => self,
            (Some(-1.0), None) => Cotangent { kept: -self.kept, ..self },
            (Some(-1.0), Some(slopes)) => Cotangent { slopes: Some(-slopes), ..self },
            _ if mask && filled(self.kept) == Some(1.0) => {
                Cotangent { kept: slope.broadcast_to(self.kept.shape()), hides: true, ..self }
            }
            _ if mask => Cotangent { kept: self.kept.strong_mul(slope), hides: true, ..self },
            // A number that scales all, such as 1/n of a mean, is multiplied first, in the order of the operations: slopes
            // alone may overflow.
            (_, None) if !self.hides && filled(self.kept).is_some_and(|c| c != 1.0) => {
                Cotangent { kept: self.kept.ones_like(), slopes: Some(self.kept * slope), ..self }
            }
            (_, None) => Cotangent { slopes: Some(slope), ..self },
            (_, Some(slopes)) => Cotangent { slopes: Some(slopes * slope), ..self },
        }
    }

    /// The product with the slope `1/x`, a quotient where there are slopes already: the inverse of a subnormal number is
    /// infinite where the quotient is not.
    #[track_caller]
    pub(super) fn over(self, x: Var<'g>, inverse: Var<'g>) -> Self {
        match self.slopes {
            Some(slopes) => Cotangent { slopes: Some(slopes / x), ..self },
            None => self.times(inverse, false),
        }
    }

    /// The product with a slope in which every zero wins. It is taken in the order of the operations: a factor that is
    /// no mask may be what keeps the others from vanishing.
    #[track_caller]
    pub(super) fn strong(self, slope: Var<'g>) -> Self {
        Cotangent { kept: self.value().strong_mul(slope), hides: true, slopes: None }
    }

    /// The sum of two cotangents of one value. Under a common mask the slopes are summed, so that a zero of their
    /// sum is not one of the mask.
    #[track_caller]
    pub(crate) fn plus(self, other: Self) -> Self {
        let common = self.hides && other.hides && self.kept.id() == other.kept.id();
        match (self.slopes, other.slopes) {
            (Some(a), Some(b)) if common => Cotangent { slopes: Some(a + b), ..self },
            (Some(a), None) | (None, Some(a)) if common => Cotangent { slopes: Some(a + 1.0), ..self },
            _ => Cotangent {
                kept: self.value() + other.value(),
                hides: self.hides && other.hides,
                slopes: None,
            },
        }
    }
}

/// Returns the number that fills a value, if it is known.
pub(super) fn filled(x: Var<'_>) -> Option<f64> {
    let node = x.graph().node(x.id());
    match node.op {
        Op::Constant(c) => Some(c.value()),
        Op::Broadcast => filled(x.graph().var(node.args[0])),
        _ => None,
    }
}

/// Tells whether a zero of a slope says that the value does not depend on the argument: it is one of a mask, or of a
/// factor that the argument has no influence on. `fixed` tells of a value whether this argument has none on it.
pub(super) fn is_mask<'g>(slope: Var<'g>, fixed: &dyn Fn(NodeId) -> bool) -> bool {
    masks(slope, fixed, 8)
}

/// A slope is a short expression: what lies deeper is the user's, and taken for no mask.
fn masks<'g>(x: Var<'g>, fixed: &dyn Fn(NodeId) -> bool, depth: usize) -> bool {
    if let Some(c) = filled(x) {
        return c == 0.0;
    }
    if fixed(x.id()) {
        return true;
    }
    let node = x.graph().node(x.id());
    let Some(depth) = depth.checked_sub(1) else { return false };
    let arg = |i: usize| x.graph().var(node.args[i]);
    let mask = |i: usize| masks(arg(i), fixed, depth);
    match &node.op {
        Op::Map(map) => match map {
            // The 0 of a sign is the slope that is chosen at a kink; on both sides of it, the value depends.
            Map::Sign => false,
            Map::Lt | Map::Le | Map::Eq | Map::Step => true,
            Map::Select => mask(1) || mask(2),
            Map::Relu
            | Map::Relu6
            | Map::ReluSquared
            | Map::HardSigmoid
            | Map::Softshrink
            | Map::Hardshrink => true,
            Map::CeluAlphaGrad => true,
            Map::Min | Map::Max => [0, 1].into_iter().any(|i| filled(arg(i)) == Some(0.0)),
            Map::Mul | Map::StrongMul => mask(0) || mask(1),
            Map::Add | Map::Sub => mask(0) && mask(1),
            Map::Div | Map::Neg | Map::Square | Map::ExpM1 => mask(0),
            Map::EluGrad => mask(1),
            // Rows are added without notice; a zero of another one is no mask.
            _ => false,
        },
        Op::Pad(_) | Op::ScatterAdd(_) | Op::Overlap { .. } | Op::OneHot | Op::SameIndex => true,
        Op::Broadcast | Op::Reshape | Op::Permute(_) | Op::Slice(_) | Op::Gather(_) | Op::Unfold { .. } => {
            mask(0)
        }
        Op::Detach => mask(0),
        Op::Poison | Op::Input(_) | Op::Labels(_) | Op::Param(_) | Op::Constant(_) | Op::Value(_) => false,
        Op::Fold(..) | Op::Cat(_) | Op::MatMul { .. } | Op::ArgMax(_) | Op::Custom(_) | Op::Random(_) => {
            false
        }
        Op::Indices(_) | Op::ArgSort { .. } | Op::Along { .. } => false,
    }
}
