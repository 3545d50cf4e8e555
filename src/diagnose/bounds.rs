//! The bounds at which a health report remarks on something.

/// The bounds at which remarks begin. The defaults are in the fields.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// A unit whose slope stays below this on every sample is asleep; 1e-3.
    pub asleep: f64,
    /// A sample on which the slope is below this share of the function's steepest one is saturated;
    /// 0.01.
    pub saturated: f64,
    /// A layer is remarked on if at least this share of its samples is saturated; 0.5.
    pub crowded: f64,
    /// A gradient that falls or grows by this factor from the last layer to the first is remarked on;
    /// 100.
    pub trend: f64,
    /// Weights that move by less than this share of their size a step hardly learn; 1e-7.
    pub slow: f64,
    /// Weights that move by more than this share of their size a step lose what they learned; 0.1.
    pub fast: f64,
}

impl Default for Bounds {
    fn default() -> Self {
        Bounds { asleep: 1e-3, saturated: 0.01, crowded: 0.5, trend: 100.0, slow: 1e-7, fast: 0.1 }
    }
}
