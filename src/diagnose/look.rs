//! The sums of one look, over one batch or several.

use crate::element::Element;

/// Sums of one look.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) layers: Vec<SeenLayer>,
    /// The sum over batches of the gradient of each parameter, empty without gradients.
    pub(super) gradients: Vec<Vec<f64>>,
    pub(super) batches: usize,
}

impl Seen {
    /// Tells whether there are gradients.
    pub(super) fn graded(&self) -> bool {
        self.layers.iter().any(|layer| layer.graded)
    }
}

/// Sums of one layer, unit by unit.
pub(super) struct SeenLayer {
    pub(super) samples: usize,
    pub(super) units: Vec<SeenUnit>,
    pub(super) graded: bool,
    /// The number of its values, slopes and gradients that are infinite or NaN.
    pub(super) non_finite: usize,
}

#[derive(Clone)]
pub(super) struct SeenUnit {
    /// The largest absolute slope; NaN if one is NaN, −∞ without samples.
    pub(super) slope: f64,
    /// The number of saturated samples.
    pub(super) saturated: usize,
    /// The mean of the values so far, and the sum of their squared distances from it (Welford 1962).
    pub(super) mean: f64,
    pub(super) spread: f64,
    /// The sum of the squared gradients.
    pub(super) squares: f64,
}

impl SeenLayer {
    pub(super) fn new(units: usize) -> Self {
        let unit = SeenUnit { slope: f64::NEG_INFINITY, saturated: 0, mean: 0.0, spread: 0.0, squares: 0.0 };
        SeenLayer { samples: 0, units: vec![unit; units], graded: false, non_finite: 0 }
    }

    /// Adds a batch: all samples of all units in row-major order, units last. A sample is saturated
    /// where its slope is below `flat`.
    pub(super) fn add<E: Element>(
        &mut self,
        values: &[E],
        slopes: &[E],
        gradient: Option<&[E]>,
        flat: Option<f64>,
    ) {
        let units = self.units.len();
        self.graded |= gradient.is_some();
        for (i, (value, slope)) in values.iter().zip(slopes).enumerate() {
            let (value, slope) = (value.to_f64(), slope.to_f64().abs());
            let gradient = gradient.map_or(0.0, |gradient| gradient[i].to_f64());
            if i % units == 0 {
                self.samples += 1;
            }
            let unit = &mut self.units[i % units];
            // `f64::max` would skip a NaN.
            unit.slope = if slope.is_nan() || slope > unit.slope { slope } else { unit.slope };
            unit.saturated += usize::from(flat.is_some_and(|flat| slope < flat));
            let apart = value - unit.mean;
            unit.mean += apart / self.samples as f64;
            unit.spread += apart * (value - unit.mean);
            unit.squares += gradient * gradient;
            self.non_finite += [value, slope, gradient].iter().any(|figure| !figure.is_finite()) as usize;
        }
    }
}
