//! The parts of the number line. Floor 7.

/// Numbers within this power of two are near 0.
pub(crate) const NEAR: i32 = -7;

/// A part of the number line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Region {
    /// Numbers below −2048.
    ExtremeLeft,
    /// Numbers from −2048 to −4.
    LeftTail,
    /// Numbers between −4 and 4, but for the neighborhood of 0.
    Interior,
    /// Numbers within 2⁻⁷ of 0.
    NearZero,
    /// A kink, or numbers within 0.001 of one.
    Kink,
    /// Numbers from 4 to 2048.
    RightTail,
    /// Numbers above 2048.
    ExtremeRight,
}

impl Region {
    /// All regions, from left to right.
    pub const ALL: [Region; 7] = [
        Region::ExtremeLeft,
        Region::LeftTail,
        Region::Interior,
        Region::NearZero,
        Region::Kink,
        Region::RightTail,
        Region::ExtremeRight,
    ];

    /// Returns the distance from the middle of the number line, in regions.
    pub(crate) fn outward(self) -> u8 {
        match self {
            Region::Interior => 0,
            Region::NearZero | Region::Kink => 1,
            Region::LeftTail | Region::RightTail => 2,
            Region::ExtremeLeft | Region::ExtremeRight => 3,
        }
    }

    /// Returns the region of a point, given the kinks.
    pub fn of(x: f64, kinks: &[f64]) -> Region {
        match x {
            _ if kinks.iter().any(|kink| (x - kink).abs() <= 1.01e-3 * kink.abs().max(1.0)) => Region::Kink,
            x if x.abs() < f64::from(NEAR).exp2() => Region::NearZero,
            x if x < -2048.0 => Region::ExtremeLeft,
            x if x < -4.0 => Region::LeftTail,
            x if x <= 4.0 => Region::Interior,
            x if x <= 2048.0 => Region::RightTail,
            _ => Region::ExtremeRight,
        }
    }

    /// Returns the name.
    pub fn name(self) -> &'static str {
        match self {
            Region::ExtremeLeft => "far left",
            Region::LeftTail => "left tail",
            Region::Interior => "interior",
            Region::NearZero => "near zero",
            Region::Kink => "kinks",
            Region::RightTail => "right tail",
            Region::ExtremeRight => "far right",
        }
    }
}
