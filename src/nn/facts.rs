//! Facts about an activation, to be known before it is used: its trend, its steepest slope, its effect on
//! variances.

use crate::error::{Error, Result};
use crate::graph::{Graph, NodeId, Var};
use crate::params::Params;
use crate::session::{Feed, FeedValue, Program};
use crate::table::Interval;
use crate::tensor::Tensor;

/// The trend of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trend {
    /// The function never falls.
    Rising,
    /// The function never rises.
    Falling,
    /// The function rises and falls.
    Neither,
}

/// Facts about an activation, to be known before it is used, measured in `f64`.
///
/// In the expectations, `x` is a number from the standard normal distribution; they are exact to about 1e-13,
/// at kinks, too. The trend and the steepest slope are found at 3,841 points from −30 to 30 and a few as far
/// as ±1e12.
///
/// ```
/// # use gradus::prelude::*;
/// use gradus::nn::{Facts, Trend};
/// let facts = Facts::of(|x| x.relu())?;
/// assert!((facts.gain() - 2f64.sqrt()).abs() < 1e-13, "He's initialization");
/// assert_eq!((facts.trend, facts.steepest), (Trend::Rising, 1.0));
///
/// // Layers that keep the mean square at 1: for standardized inputs, and behind an activation.
/// let mut params = Params::<f32>::seeded(7);
/// let gain = Facts::of(|x| x.gelu())?.gain();
/// let hidden = Linear::with_init(&mut params, "hidden", 64, 32, Init::KaimingNormal(1.0));
/// let output = Linear::with_init(&mut params, "output", 32, 10, Init::KaimingNormal(gain));
/// # Ok::<(), gradus::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Facts {
    /// The trend: rising, falling or neither.
    pub trend: Trend,
    /// The largest absolute slope; ∞ if there is no largest.
    pub steepest: f64,
    /// The place of the steepest slope: one point, an interval, or an infinity if the slope is steepest only
    /// towards it. If there are several, the one nearest to 0.
    pub steepest_at: Interval,
    /// `E f(x)`.
    pub mean: f64,
    /// `E f(x)²`.
    pub second_moment: f64,
    /// `E f′(x)²`.
    pub slope_moment: f64,
}

/// The number of points that a program computes at once.
const CHUNK: usize = 1024;
/// The bound beyond which the density is below 1e-37.
const REACH: f64 = 13.0;
/// The number of points in a unit of length at which slopes are compared.
const DENSITY: f64 = 64.0;
/// The difference below which slopes count as equal.
const SAME: f64 = 1e-9;

impl Facts {
    /// Measures an activation.
    ///
    /// # Errors
    /// The errors of recording it; [`Error::Invalid`] if it does not keep the shape, is not finite between
    /// −13 and 13, or does not depend on its argument.
    #[track_caller]
    pub fn of(activation: impl for<'g> Fn(Var<'g>) -> Var<'g>) -> Result<Facts> {
        let mut curve = Curve::new(activation)?;
        let [mean, second_moment, slope_moment] = moments(&mut curve)?;
        let far = [40.0, 100.0, 1e3, 1e6, 1e12];
        let count = (30.0 * DENSITY) as i32;
        let lattice = (-count..=count).map(|i| f64::from(i) / DENSITY);
        let xs: Vec<f64> = far.iter().rev().map(|x| -x).chain(lattice).chain(far).collect();
        let points = curve.at(&xs)?;
        let (steepest, steepest_at) = steepest(&mut curve, &xs, &points)?;
        Ok(Facts { trend: trend(&points), steepest, steepest_at, mean, second_moment, slope_moment })
    }

    /// The factor that keeps the mean square of a layer's units at 1, going forward: `1 / √(E f²)`. With
    /// rectifiers it is √2 (He et al. 2015).
    pub fn gain(&self) -> f64 {
        1.0 / libm::sqrt(self.second_moment)
    }

    /// The factor that keeps the mean square of the gradient, going backward: `1 / √(E f′²)`.
    pub fn slope_gain(&self) -> f64 {
        1.0 / libm::sqrt(self.slope_moment)
    }
}

/// An activation as a program, with its slope.
struct Curve {
    graph: u64,
    input: NodeId,
    program: Program<f64>,
}

impl Curve {
    #[track_caller]
    fn new(activation: impl for<'g> Fn(Var<'g>) -> Var<'g>) -> Result<Self> {
        let graph = Graph::new();
        let x = graph.input("x", [CHUNK]);
        let y = graph.admit("activation", activation(x));
        if !y.is_poisoned() && y.shape()[..] != [CHUNK] {
            let problem = format!("an activation keeps the shape, but {} became {}", x.shape(), y.shape());
            return Err(Error::Invalid(problem));
        }
        let program = graph.compile([y, y.sum(..).grad(x)])?;
        Ok(Curve { graph: graph.id(), input: x.id(), program })
    }

    /// Value and slope at some points.
    fn at(&mut self, xs: &[f64]) -> Result<Vec<[f64; 2]>> {
        let mut found = Vec::with_capacity(xs.len());
        let params = Params::new();
        for some in xs.chunks(CHUNK) {
            let x = Tensor::from_fn([CHUNK], |at| some.get(at[0]).copied().unwrap_or_default());
            let feed = Feed::of(self.graph, self.input, FeedValue::Real(&x));
            let out = self.program.run(&params, [feed])?;
            let both = out.at(0).iter().zip(out.at(1).iter());
            found.extend(both.take(some.len()).map(|(&value, &slope)| [value, slope]));
        }
        Ok(found)
    }
}

fn trend(points: &[[f64; 2]]) -> Trend {
    // Rounding may turn a plateau into a step down.
    let noise = |a: f64, b: f64| (a - b).abs() <= 4.0 * f64::EPSILON * a.abs().max(b.abs());
    let holds = |order: fn(f64, f64) -> bool| {
        points.windows(2).all(|pair| order(pair[0][0], pair[1][0]) || noise(pair[0][0], pair[1][0]))
    };
    match (holds(|a, b| a <= b), holds(|a, b| a >= b)) {
        (true, _) => Trend::Rising,
        (false, true) => Trend::Falling,
        (false, false) => Trend::Neither,
    }
}

/// The largest slope, and its place.
fn steepest(curve: &mut Curve, xs: &[f64], points: &[[f64; 2]]) -> Result<(f64, Interval)> {
    let sizes: Vec<f64> = points.iter().map(|point| point[1].abs()).collect();
    let n = xs.len();
    for (end, before, at) in [(n - 1, n - 2, f64::INFINITY), (0, 1, f64::NEG_INFINITY)] {
        if sizes[end].is_nan() || sizes[end] > 2.0 * sizes[before] {
            return Ok((f64::INFINITY, (at, at)));
        }
    }
    let best = sizes.iter().copied().fold(0.0, f64::max);
    let as_steep = |i: &usize| sizes[*i] >= best * (1.0 - SAME);
    let nearest = |i: &usize| (xs[*i].abs(), xs[*i] < 0.0);
    let Some(start) = (0..n)
        .filter(as_steep)
        .min_by(|a, b| nearest(a).partial_cmp(&nearest(b)).unwrap_or(std::cmp::Ordering::Equal))
    else {
        return Err(Error::Invalid("the slope of the activation is not a number".into()));
    };
    let (mut low, mut high) = (start, start);
    while low > 0 && as_steep(&(low - 1)) {
        low -= 1;
    }
    while high + 1 < n && as_steep(&(high + 1)) {
        high += 1;
    }
    // A plateau is level from its edge on; a slope that is steepest only at infinity still grows.
    let level = |i: usize| sizes[i] >= best * (1.0 - 4.0 * f64::EPSILON);
    match (low, high) {
        (low, high) if low == high => peak(curve, xs[low]),
        (low, high) if high == n - 1 && !level(low) => Ok((best, (f64::INFINITY, f64::INFINITY))),
        (0, high) if !level(high) => Ok((best, (f64::NEG_INFINITY, f64::NEG_INFINITY))),
        (low, high) => {
            let from = if low == 0 { f64::NEG_INFINITY } else { edge(curve, xs[low], xs[low - 1], best)? };
            let to = if high == n - 1 { f64::INFINITY } else { edge(curve, xs[high], xs[high + 1], best)? };
            Ok((best, (from, to)))
        }
    }
}

/// The steepest place beside a point.
fn peak(curve: &mut Curve, about: f64) -> Result<(f64, Interval)> {
    let (mut at, mut best, mut width) = (about, 0.0, 1.0 / DENSITY);
    for _ in 0..4 {
        let half = (CHUNK / 2) as f64;
        let xs: Vec<f64> = (0..CHUNK).map(|i| at + width * (i as f64 - half) / half).collect();
        for (x, [_, slope]) in xs.iter().zip(curve.at(&xs)?) {
            if slope.abs() > best {
                (at, best) = (*x, slope.abs());
            }
        }
        width /= 64.0;
    }
    Ok((best, (at, at)))
}

/// The point at which the slope stops being the steepest, between one inside and one outside.
fn edge(curve: &mut Curve, mut inside: f64, mut outside: f64, best: f64) -> Result<f64> {
    for _ in 0..8 {
        let step = (outside - inside) / CHUNK as f64;
        let xs: Vec<f64> = (1..=CHUNK).map(|i| inside + step * i as f64).collect();
        let found = curve.at(&xs)?;
        let steep = found.iter().take_while(|[_, slope]| slope.abs() >= best * (1.0 - SAME)).count();
        (inside, outside) = (inside + step * steep as f64, inside + step * (steep + 1) as f64);
    }
    Ok(outside)
}

/// Nodes and weights of the Gauss–Legendre rule with eight points; one half of them, since they are
/// symmetric.
const NODES: [(f64, f64); 4] = [
    (0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887_3),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_48),
    (0.960_289_856_497_536_3, 0.101_228_536_290_376_26),
];

/// `E f`, `E f²` and `E f′²`: panels are halved until both halves agree with the whole.
fn moments(curve: &mut Curve) -> Result<[f64; 3]> {
    let count = (4.0 * REACH) as usize;
    let mut panels: Vec<Interval> =
        (0..count).map(|i| (i as f64 / 2.0 - REACH, (i + 1) as f64 / 2.0 - REACH)).collect();
    let mut wholes = integrals(curve, &panels)?;
    let mut total = [0.0; 3];
    // The width is then 2^-41, and a jump within it adds less than 1e-12.
    for level in 0..40 {
        let halves: Vec<Interval> =
            panels.iter().flat_map(|&(a, b)| [(a, (a + b) / 2.0), ((a + b) / 2.0, b)]).collect();
        let found = integrals(curve, &halves)?;
        let (mut next, mut next_wholes) = (Vec::new(), Vec::new());
        for (i, whole) in wholes.iter().enumerate() {
            let (left, right) = (found[2 * i], found[2 * i + 1]);
            let both: [f64; 3] = std::array::from_fn(|k| left[k] + right[k]);
            let settled = (0..3).all(|k| (both[k] - whole[k]).abs() <= 1e-15 * (1.0 + both[k].abs()));
            if settled || level == 39 || panels.len() > 8 * CHUNK {
                (0..3).for_each(|k| total[k] += both[k]);
            } else {
                next.extend([halves[2 * i], halves[2 * i + 1]]);
                next_wholes.extend([left, right]);
            }
        }
        (panels, wholes) = (next, next_wholes);
        if panels.is_empty() {
            break;
        }
    }
    Ok(total)
}

/// The integrals of `f·φ`, `f²·φ` and `f′²·φ` over each panel.
fn integrals(curve: &mut Curve, panels: &[Interval]) -> Result<Vec<[f64; 3]>> {
    let nodes = NODES.iter().flat_map(|&(x, w)| [(x, w), (-x, w)]);
    let nodes: Vec<(f64, f64)> = nodes.collect();
    let at = |&(a, b): &Interval, x: f64| (a + b) / 2.0 + x * (b - a) / 2.0;
    let xs: Vec<f64> = panels.iter().flat_map(|panel| nodes.iter().map(|&(x, _)| at(panel, x))).collect();
    let found = curve.at(&xs)?;
    let mut sums = vec![[0.0; 3]; panels.len()];
    for (i, (&x, &[value, slope])) in xs.iter().zip(&found).enumerate() {
        if !value.is_finite() || !slope.is_finite() {
            return Err(Error::Invalid(format!("the activation or its slope is not finite at {x}")));
        }
        let (a, b) = panels[i / nodes.len()];
        let density = libm::exp(-0.5 * x * x) / libm::sqrt(std::f64::consts::TAU);
        let weight = nodes[i % nodes.len()].1 * (b - a) / 2.0 * density;
        let sum = &mut sums[i / nodes.len()];
        [value, value * value, slope * slope].iter().zip(sum).for_each(|(y, sum)| *sum += weight * y);
    }
    Ok(sums)
}
