//! The health of a network as data, and the way in which it is made of looks.

use super::bounds::Bounds;
use super::layers::WatchedLayer;
use super::look::{Seen, SeenLayer, SeenUnit};
use crate::error::Site;
use std::collections::VecDeque;

/// The health of a network's units. Displayed, it is a table with remarks.
///
/// Units are judged dead or asleep over the looks of the window; all else is from the last look.
#[derive(Clone, Debug, PartialEq)]
pub struct Health {
    /// The steps that had been taken before the last look.
    pub step: u64,
    /// The layers in the order in which they were recorded.
    pub layers: Vec<Layer>,
    /// The parameters that the value depends on, in recorded order.
    pub weights: Vec<Weight>,
    /// Every look so far, the oldest first.
    pub history: Vec<Look>,
    /// A unit counts as dead after this many consecutive silent looks.
    pub window: usize,
    /// The bounds at which remarks begin.
    pub bounds: Bounds,
}

/// One activation of the graph. Its units are its last axis, its samples all others.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// The scope it belongs to, such as `net.0`; without one, the operation and the user's line.
    pub name: String,
    /// The operation, such as `relu`.
    pub function: &'static str,
    /// The place where it was recorded.
    pub site: Site,
    /// Its units.
    pub units: Vec<Unit>,
    /// The number of samples in the last look.
    pub samples: usize,
    /// The mean of all activations.
    pub mean: f64,
    /// The standard deviation of all activations, of a population.
    pub deviation: f64,
    /// The share of samples and units that are saturated, for a function with bounded values.
    pub saturated: Option<f64>,
    /// The norm of the loss's gradient in the activation's argument: the root of the mean over samples of the
    /// sum over units of its square. There is none without a loss.
    pub gradient: Option<f64>,
    /// The number of elements that were infinite or NaN in value, slope or gradient.
    pub non_finite: usize,
}

/// One unit of a layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unit {
    /// Its slope was exactly 0 on every sample of the window: no gradient passes.
    pub dead: bool,
    /// It is not dead, but its slope was below the bound on every sample of the window.
    pub asleep: bool,
    /// If it is dead: the step of the first look from which it stayed so.
    pub since: Option<u64>,
    /// The number of times that it came back after it had been dead for a whole window.
    pub revived: usize,
    /// The largest absolute slope on the samples of the window; NaN if one is.
    pub slope: f64,
    /// The mean activation.
    pub mean: f64,
    /// The standard deviation of the activation, of a population.
    pub deviation: f64,
    /// The share of samples on which it is saturated, for a function with bounded values.
    pub saturated: Option<f64>,
    /// The root of the mean over samples of the squared gradient in its argument.
    pub gradient: Option<f64>,
}

/// One parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Weight {
    /// Its name.
    pub name: String,
    /// The number of axes: 1 for a bias, 2 for a matrix.
    pub rank: usize,
    /// Its Euclidean norm, before the step.
    pub norm: f64,
    /// The Euclidean norm of the loss's gradient in it, the mean over the look's batches.
    pub gradient: Option<f64>,
    /// `|Δw| / |w|` of the step that was watched; none without a step, for weights that are frozen, and
    /// for those that were 0.
    pub update: Option<f64>,
}

/// The record of one look.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// The steps that had been taken before it.
    pub step: u64,
    /// The number of silent units in each layer: slope 0 on every sample of this look.
    pub silent: Vec<usize>,
    /// The number of dead units in each layer: silent for the whole window.
    pub dead: Vec<usize>,
    /// The gradient norm of each layer.
    pub gradients: Vec<Option<f64>>,
}

impl Layer {
    /// The number of dead units.
    pub fn dead(&self) -> usize {
        self.units.iter().filter(|unit| unit.dead).count()
    }

    /// The number of sleeping units.
    pub fn asleep(&self) -> usize {
        self.units.iter().filter(|unit| unit.asleep).count()
    }

    /// The number of times that units came back from the dead.
    pub fn revived(&self) -> usize {
        self.units.iter().map(|unit| unit.revived).sum()
    }
}

impl Health {
    /// The layer of a name.
    pub fn layer(&self, name: &str) -> Option<&Layer> {
        self.layers.iter().find(|layer| layer.name == name)
    }

    /// The number of dead units, in all layers.
    pub fn dead(&self) -> usize {
        self.layers.iter().map(Layer::dead).sum()
    }

    /// The first layer's gradient norm over the last one's: the share of the gradient that is left on its way
    /// back. There is none for fewer than two layers, without a loss, and if no gradient reaches the last
    /// layer.
    pub fn fall(&self) -> Option<f64> {
        let (first, last) = match &self.layers[..] {
            [first, .., last] => (first.gradient?, last.gradient?),
            _ => return None,
        };
        (last != 0.0).then_some(first / last)
    }

    /// The factor by which the gradient changes from one layer to the one before it: the geometric mean
    /// of all such steps.
    pub fn fall_per_layer(&self) -> Option<f64> {
        self.fall().map(|fall| libm::pow(fall, 1.0 / (self.layers.len() - 1) as f64))
    }
}

/// The state of each layer from look to look.
pub(super) struct Monitor {
    pub(super) bounds: Bounds,
    pub(super) window: usize,
    tracks: Vec<Track>,
    health: Option<Health>,
}

/// The units of one layer over time.
struct Track {
    /// The largest slopes of the last looks.
    slopes: VecDeque<Vec<f64>>,
    /// The number of consecutive looks for which each unit has been silent, and the step of the first.
    silent: Vec<(usize, u64)>,
    revived: Vec<usize>,
}

impl Monitor {
    pub(super) fn new(window: usize) -> Self {
        Monitor { bounds: Bounds::default(), window: window.max(1), tracks: Vec::new(), health: None }
    }

    /// Takes in a look.
    pub(super) fn see(&mut self, step: u64, watched: &[WatchedLayer], seen: &Seen, weights: Vec<Weight>) {
        if self.tracks.is_empty() {
            let track = |watch: &WatchedLayer| Track {
                slopes: VecDeque::new(),
                silent: vec![(0, 0); watch.units],
                revived: vec![0; watch.units],
            };
            self.tracks = watched.iter().map(track).collect();
        }
        let window = self.window;
        for (track, layer) in self.tracks.iter_mut().zip(&seen.layers) {
            track.see(step, layer, window);
        }
        let layers: Vec<Layer> = self
            .tracks
            .iter()
            .zip(watched)
            .zip(&seen.layers)
            .map(|((t, w), s)| self.layer(t, w, s))
            .collect();
        let silent = |layer: &SeenLayer| layer.units.iter().filter(|unit| unit.slope == 0.0).count();
        let mut history = self.health.take().map_or(Vec::new(), |health| health.history);
        history.push(Look {
            step,
            silent: seen.layers.iter().map(silent).collect(),
            dead: layers.iter().map(Layer::dead).collect(),
            gradients: layers.iter().map(|layer| layer.gradient).collect(),
        });
        self.health = Some(Health { step, layers, weights, history, window, bounds: self.bounds });
    }

    /// Returns the health as of the last look; before the first look it is empty.
    pub(super) fn health(&self) -> Health {
        self.health.clone().unwrap_or_else(|| Health {
            step: 0,
            layers: Vec::new(),
            weights: Vec::new(),
            history: Vec::new(),
            window: self.window,
            bounds: self.bounds,
        })
    }

    fn layer(&self, track: &Track, watch: &WatchedLayer, seen: &SeenLayer) -> Layer {
        let (samples, count) = (seen.samples as f64, seen.units.len() as f64);
        let share = |saturated: usize, of: f64| watch.steepest.map(|_| saturated as f64 / of);
        let root = |squares: f64| seen.graded.then(|| libm::sqrt(squares / samples));
        let mean = seen.units.iter().map(|unit| unit.mean).sum::<f64>() / count;
        // The total spread is the spread within the units plus that of the units' means.
        let spread = |unit: &SeenUnit| unit.spread / samples + (unit.mean - mean) * (unit.mean - mean);
        let unit = |(i, unit): (usize, &SeenUnit)| {
            let slope = track.slope(i);
            let dead = slope == 0.0;
            Unit {
                dead,
                asleep: slope > 0.0 && slope < self.bounds.asleep,
                since: dead.then_some(track.silent[i].1),
                revived: track.revived[i],
                slope,
                mean: unit.mean,
                deviation: libm::sqrt(unit.spread / samples),
                saturated: share(unit.saturated, samples),
                gradient: root(unit.squares),
            }
        };
        Layer {
            name: watch.name.clone(),
            function: watch.function.name(),
            site: watch.site,
            samples: seen.samples,
            mean,
            deviation: libm::sqrt(seen.units.iter().map(spread).sum::<f64>() / count),
            saturated: share(seen.units.iter().map(|unit| unit.saturated).sum(), samples * count),
            gradient: root(seen.units.iter().map(|unit| unit.squares).sum()),
            non_finite: seen.non_finite,
            units: seen.units.iter().enumerate().map(unit).collect(),
        }
    }
}

impl Track {
    fn see(&mut self, step: u64, layer: &SeenLayer, window: usize) {
        self.slopes.push_back(layer.units.iter().map(|unit| unit.slope).collect());
        while self.slopes.len() > window {
            self.slopes.pop_front();
        }
        for (i, unit) in layer.units.iter().enumerate() {
            let (looks, since) = self.silent[i];
            if unit.slope == 0.0 {
                self.silent[i] = (looks + 1, if looks == 0 { step } else { since });
            } else {
                self.revived[i] += usize::from(looks >= window && !unit.slope.is_nan());
                self.silent[i] = (0, 0);
            }
        }
    }

    /// The largest slope of a unit in the window; NaN if one is.
    fn slope(&self, unit: usize) -> f64 {
        let slopes = self.slopes.iter().map(|look| look[unit]);
        slopes.fold(f64::NEG_INFINITY, |max, slope| if slope.is_nan() || slope > max { slope } else { max })
    }
}
