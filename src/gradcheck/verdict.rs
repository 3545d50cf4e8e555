//! The verdicts of a check, and how they follow from the evidence. Floor 7.

mod judge;
mod ladder;

pub(crate) use judge::{Evidence, Judgment, RULES, Rules};
pub(crate) use ladder::gather;

/// The verdict on one element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// An oracle resolves the derivative, and it is right to 1e-11 of its own size, however small.
    Verified,
    /// It is right as far as the function allows: a sum cancels here, so that the rounding of the
    /// inputs alone changes the derivative by more than a verified one may be off; or it is subnormal,
    /// where digits run out.
    AtScale,
    /// The point is a kink, and the derivative lies between the slopes of the two sides; at a declared
    /// kink, it is the declared one.
    Kink,
    /// The value does not depend on the element here: nothing that the complex step moves reaches it, in `f64` it
    /// is exactly constant to both sides, and the graph says 0. A root of the slope is not dead.
    Dead,
    /// The derivative is wrong.
    Wrong,
    /// The value or the derivative is infinite or NaN.
    NonFinite,
    /// The rule gave another derivative when it was asked again.
    NonDeterministic,
    /// The rule is not linear in the cotangent.
    NonLinear,
    /// A value that is used twice did not get the sum of both cotangents.
    Overwritten,
    /// A kink, or an interval without a slope, that nobody declared.
    Undeclared,
    /// No oracle resolves the derivative, or two of them disagree. This never passes.
    Inconclusive,
}

impl Verdict {
    /// All verdicts, those that pass first.
    pub const ALL: [Verdict; 11] = [
        Verdict::Verified,
        Verdict::AtScale,
        Verdict::Kink,
        Verdict::Dead,
        Verdict::Wrong,
        Verdict::NonFinite,
        Verdict::NonDeterministic,
        Verdict::NonLinear,
        Verdict::Overwritten,
        Verdict::Undeclared,
        Verdict::Inconclusive,
    ];

    /// Tells whether an element with this verdict lets a check pass.
    pub fn passes(self) -> bool {
        match self {
            Verdict::Verified | Verdict::AtScale | Verdict::Kink | Verdict::Dead => true,
            Verdict::Wrong
            | Verdict::NonFinite
            | Verdict::NonDeterministic
            | Verdict::NonLinear
            | Verdict::Overwritten
            | Verdict::Undeclared
            | Verdict::Inconclusive => false,
        }
    }

    /// Returns the verdict as a report has it.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Verified => "verified",
            Verdict::AtScale => "at scale",
            Verdict::Kink => "kink",
            Verdict::Dead => "dead",
            Verdict::Wrong => "wrong",
            Verdict::NonFinite => "non-finite",
            Verdict::NonDeterministic => "non-deterministic",
            Verdict::NonLinear => "non-linear",
            Verdict::Overwritten => "overwritten",
            Verdict::Undeclared => "undeclared",
            Verdict::Inconclusive => "inconclusive",
        }
    }
}

/// The oracle that a derivative was compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Oracle {
    /// Differences in `f64`, extrapolated (Ridders 1982).
    Differences,
    /// Differences in double-double numbers, of 106 bits.
    DoubleDouble,
    /// The complex step (Squire & Trapp 1998), in double-double numbers: it subtracts nothing, and so
    /// resolves what vanishes.
    ComplexStep,
    /// Differences on either side.
    OneSided,
}

impl Oracle {
    /// Returns the oracle as a report has it.
    pub fn word(self) -> &'static str {
        match self {
            Oracle::Differences => "differences",
            Oracle::DoubleDouble => "double-double differences",
            Oracle::ComplexStep => "the complex step",
            Oracle::OneSided => "one-sided differences",
        }
    }
}
