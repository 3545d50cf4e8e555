//! The estimate of a derivative by an oracle, with its error. Floor 7.

/// Share of the derivative to which an estimate by differences in `f64` is relied on.
pub(crate) const PLAIN: f64 = 1e-10;
/// Share of the derivative to which an estimate in double-double numbers is relied on.
pub(crate) const FINE: f64 = 1e-12;
/// Double-double numbers end where `f64` does: derivatives are resolved to a thousand of the smallest
/// numbers.
pub(crate) const FADED: f64 = 1024.0 * f64::from_bits(1);
/// Size of a derivative below which the loss at the end of the numbers counts.
pub(crate) const END: f64 = 1e-290;
/// Loss of products on the way to a value near the end of the numbers, 2⁻¹⁰⁴⁴.
pub(crate) const LEAST: f64 = f64::from_bits(1 << 30);

/// A derivative with its estimated error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Estimate {
    pub(crate) value: f64,
    pub(crate) error: f64,
    /// The sizes of the terms that it is the sum of, where they are known.
    pub(crate) size: f64,
    /// True if the point is known to be at no kink: `f64` and double-double numbers chose the same, between numbers
    /// that differ.
    pub(crate) firm: bool,
    /// True if nothing that moves with the point reaches the value, or less than the smallest numbers. Differences
    /// cannot know that.
    pub(crate) cut: bool,
}

/// An estimate that knows nothing.
pub(crate) const NOTHING: Estimate =
    Estimate { value: f64::NAN, error: f64::INFINITY, size: 0.0, firm: false, cut: false };

impl Estimate {
    /// Tells whether the error is at most this share of the value. An overflow has no answer.
    pub(crate) fn resolves(self, share: f64) -> bool {
        self.error.is_finite() && self.error <= share * self.value.abs()
    }

    /// Tells whether the estimate resolves a derivative, and says that it is this one.
    pub(crate) fn says(self, derivative: f64) -> bool {
        self.resolves(FINE) && (derivative - self.value).abs() <= FINE * self.value.abs()
    }
}

/// The slopes to the left and to the right of a point.
pub(crate) type Sides = (Estimate, Estimate);
