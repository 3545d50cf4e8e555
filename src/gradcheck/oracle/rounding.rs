//! How derivatives change when the inputs are rounded differently. Floor 8.

/// By how many units in the last place inputs are moved to see what their rounding does.
pub(crate) const SHAKES: [i64; 2] = [1, 16];

/// A number moved by units in its last place.
pub(crate) fn shaken(x: f64, units: i64) -> f64 {
    let mut moved = x;
    for _ in 0..units.abs() {
        moved = if units > 0 { moved.next_up() } else { moved.next_down() };
    }
    if moved.is_finite() { moved } else { x }
}

/// By how much derivatives change when inputs are moved, for each of the [`SHAKES`].
pub(crate) struct Changes(Vec<[f64; 2]>);

impl Changes {
    pub(crate) fn new(n: usize) -> Self {
        Changes(vec![[0.0; 2]; n])
    }

    /// What one more way of moving them does.
    pub(crate) fn add(&mut self, round: usize, derivatives: &[f64], moved: impl Iterator<Item = f64>) {
        for (most, (moved, derivative)) in self.0.iter_mut().zip(moved.zip(derivatives)) {
            most[round] = most[round].max((moved - derivative).abs());
        }
    }

    /// The change by one unit, where it grows with the units. Across a kink it does not: there it is
    /// no rounding.
    pub(crate) fn spread(&self) -> Vec<f64> {
        self.0.iter().map(|[one, many]| if *many >= 4.0 * one { *one } else { 0.0 }).collect()
    }
}
