//! The change of derivatives when the inputs are rounded differently. Floor 7.

/// Units in the last place by which inputs are moved to see the effect of their rounding.
pub(crate) const SHAKES: [i64; 2] = [1, 16];

/// Moves a number by units in its last place.
pub(crate) fn shaken(x: f64, units: i64) -> f64 {
    let mut moved = x;
    for _ in 0..units.abs() {
        moved = if units > 0 { moved.next_up() } else { moved.next_down() };
    }
    if moved.is_finite() { moved } else { x }
}

/// The changes of derivatives when inputs are moved, for each of the [`SHAKES`].
pub(crate) struct Changes(Vec<[f64; 2]>);

impl Changes {
    pub(crate) fn new(n: usize) -> Self {
        Changes(vec![[0.0; 2]; n])
    }

    /// Adds one more way of moving them.
    pub(crate) fn add(&mut self, round: usize, derivatives: &[f64], moved: impl Iterator<Item = f64>) {
        for (most, (moved, derivative)) in self.0.iter_mut().zip(moved.zip(derivatives)) {
            most[round] = most[round].max((moved - derivative).abs());
        }
    }

    /// Returns the change by one unit, if it grows with the units. A change that does not is one across a kink, not
    /// a rounding.
    pub(crate) fn spread(&self) -> Vec<f64> {
        self.0.iter().map(|[one, many]| if *many >= 4.0 * one { *one } else { 0.0 }).collect()
    }
}
