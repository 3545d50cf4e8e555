//! One direction of a panel.

/// A direction of a panel: its label, its ends, and where ticks with their texts stand.
///
/// The first end is left or below, the second right or above; the first may be the larger one. Between ends that are
/// equal, not finite, or not positive on a logarithmic axis, no number has a place, and marks are left out.
///
/// ```
/// use gradus_data::plot::Axis;
/// let given = Axis::new("x", (-1.0, 1.0), &[-1.0, 0.0, 1.0]);
/// let fitted = Axis::over("loss", [0.31, 0.07, 0.02]);
/// assert_eq!((given.ends(), fitted.ends()), ((-1.0, 1.0), (0.0, 0.4)));
/// ```
#[derive(Clone, Debug)]
pub struct Axis {
    pub(super) label: String,
    ends: (f64, f64),
    log: bool,
    pub(super) ticks: Vec<(f64, String)>,
}

impl Axis {
    /// Makes an axis with these ends, and ticks that print themselves.
    pub fn new(label: impl Into<String>, ends: (f64, f64), ticks: &[f64]) -> Self {
        Axis {
            label: label.into(),
            ends,
            log: false,
            ticks: ticks.iter().map(|&at| (at, plain(at))).collect(),
        }
    }

    /// Makes a logarithmic axis with these ends, and a tick at each of these powers of ten.
    ///
    /// ```
    /// use gradus_data::plot::Axis;
    /// assert_eq!(Axis::decades("gradient", (1e-6, 1.0), &[-6, -3, 0]).ends(), (1e-6, 1.0));
    /// ```
    pub fn decades(label: impl Into<String>, ends: (f64, f64), powers: &[i32]) -> Self {
        let tick = |&power: &i32| {
            let text = match power {
                -1..=2 => format!("{}", 10f64.powi(power)),
                _ => format!("1e{power}").replace('-', "−"),
            };
            (libm::pow(10.0, f64::from(power)), text)
        };
        Axis { label: label.into(), ends, log: true, ticks: powers.iter().map(tick).collect() }
    }

    /// Makes an axis with these ends, and ticks with these texts.
    pub fn named(label: impl Into<String>, ends: (f64, f64), ticks: &[(f64, &str)]) -> Self {
        let ticks = ticks.iter().map(|&(at, text)| (at, text.to_string())).collect();
        Axis { label: label.into(), ends, log: false, ticks }
    }

    /// Makes an axis of categories, which stand at 0, 1, 2 and so on, with half a place at both ends.
    ///
    /// ```
    /// use gradus_data::plot::Axis;
    /// assert_eq!(Axis::categories("function", ["tanh", "relu", "gelu"]).ends(), (-0.5, 2.5));
    /// ```
    pub fn categories<T: Into<String>>(label: impl Into<String>, names: impl IntoIterator<Item = T>) -> Self {
        let ticks: Vec<(f64, String)> =
            names.into_iter().enumerate().map(|(i, name)| (i as f64, name.into())).collect();
        let ends = (-0.5, ticks.len().max(1) as f64 - 0.5);
        Axis { label: label.into(), ends, log: false, ticks }
    }

    /// Makes an axis that has room for these values, with ticks at some five round numbers, two of which are its ends.
    /// Values that are not finite are left out.
    pub fn over(label: impl Into<String>, values: impl IntoIterator<Item = f64>) -> Self {
        let (low, high) = extremes(values).unwrap_or((1.0, 10.0)); // of nothing, any
        let step = step(low, high);
        let end = |count: f64| (count * step).clamp(-f64::MAX, f64::MAX);
        let (low, high) = (end(libm::floor(low / step)), end(libm::ceil(high / step)));
        let high = if high > low { high } else { low + step };
        Axis { label: label.into(), ends: (low, high), log: false, ticks: round_numbers(low, high, step) }
    }

    /// Makes an axis that ends at the least and the largest of these values, with ticks at some five round numbers between
    /// them; of fewer than two values, it is [`Axis::over`] them. Values that are not finite are left out.
    ///
    /// ```
    /// use gradus_data::plot::Axis;
    /// assert_eq!(Axis::within("step", [0.0, 117.0]).ends(), (0.0, 117.0));
    /// ```
    pub fn within(label: impl Into<String>, values: impl IntoIterator<Item = f64>) -> Self {
        match extremes(values) {
            Some((low, high)) if low < high => {
                let ticks = round_numbers(low, high, step(low, high));
                Axis { label: label.into(), ends: (low, high), log: false, ticks }
            }
            found => Axis::over(label, found.map(|(value, _)| value)),
        }
    }

    /// Makes a logarithmic axis that has room for these values, from one power of ten to another. Values that are not
    /// positive or not finite are left out.
    ///
    /// ```
    /// use gradus_data::plot::Axis;
    /// assert_eq!(Axis::log_over("loss", [0.31, 0.07, 0.0]).ends(), (0.01, 1.0));
    /// ```
    pub fn log_over(label: impl Into<String>, values: impl IntoIterator<Item = f64>) -> Self {
        let positive = values.into_iter().filter(|&value| value > 0.0);
        let (low, high) = extremes(positive).unwrap_or((1.0, 10.0));
        // The powers of ten that are numbers.
        let first = (libm::floor(libm::log10(low)) as i32).clamp(-323, 307);
        let last = (libm::ceil(libm::log10(high)) as i32).clamp(first + 1, 308);
        let powers: Vec<i32> = (first..=last).step_by(((last - first) as usize).div_ceil(6).max(1)).collect();
        let end = |power: i32| libm::pow(10.0, f64::from(power));
        Axis::decades(label, (end(first), end(last)), &powers)
    }

    /// Makes the same axis with logarithmic steps.
    pub fn log(mut self) -> Self {
        self.log = true;
        self
    }

    /// Returns the numbers at the ends.
    pub fn ends(&self) -> (f64, f64) {
        self.ends
    }

    /// Returns the number from which bars rise: 0, or the end that is nearest to it.
    pub(super) fn base(&self) -> f64 {
        let (low, high) = (self.ends.0.min(self.ends.1), self.ends.0.max(self.ends.1));
        if self.log { low } else { low.max(high.min(0.0)) }
    }

    /// Returns the way of a value from the first end to the second, as a share of the whole; not finite if it has no place.
    pub(super) fn share(&self, value: f64) -> f64 {
        let (low, high) = self.ends;
        if self.log && (high / low).is_finite() {
            libm::log(value / low) / libm::log(high / low)
        } else if self.log {
            (libm::log(value) - libm::log(low)) / (libm::log(high) - libm::log(low))
        } else if (high - low).is_finite() {
            (value - low) / (high - low)
        } else {
            (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0)
        }
    }
}

/// Returns the least and the largest of the finite values.
fn extremes(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    values.into_iter().filter(|value| value.is_finite()).fold(None, |found, value| match found {
        None => Some((value, value)),
        Some((low, high)) => Some((value.min(low), value.max(high))),
    })
}

/// Returns a round number of which some five lie between the ends: 1, 2 or 5 times a power of ten; of ends that are
/// nearly equal, a tenth of their size.
fn step(low: f64, high: f64) -> f64 {
    let (step, size) = (high / 5.0 - low / 5.0, low.abs().max(high.abs()));
    let step = if step > 1e-12 * size { step } else { (size / 10.0).max(1e-300) };
    let power = libm::pow(10.0, libm::floor(libm::log10(step)));
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|&s| s >= step * 0.999).unwrap_or(10.0 * power)
}

/// Returns the multiples of a step from one end to the other, with their texts.
fn round_numbers(low: f64, high: f64, step: f64) -> Vec<(f64, String)> {
    // An end that rounding moved by less than this is a multiple.
    let (first, last) = (libm::ceil(low / step - 1e-6), libm::floor(high / step + 1e-6));
    let count = (last - first).clamp(0.0, 20.0) as usize;
    let ticks = (0..=count).map(|i| (first + i as f64) * step).filter(|tick| tick.is_finite());
    ticks.map(|tick| (tick, rounded(tick, step))).collect()
}

/// Returns a number with all its digits.
fn plain(value: f64) -> String {
    format!("{value}").replace('-', "−")
}

/// Returns a multiple of a round step with the digits that the step has, without zeros at their end.
fn rounded(value: f64, step: f64) -> String {
    let digits =
        |smallest: f64, size: f64| libm::floor(libm::log10(size)) - libm::floor(libm::log10(smallest));
    let trimmed = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_string(),
        false => text.to_string(),
    };
    let size = value.abs();
    if size == 0.0 {
        return "0".into();
    }
    let text = if (1e-3..1e5).contains(&size) {
        let decimals = digits(step, 1.0).max(0.0) as usize;
        trimmed(&format!("{value:.decimals$}"))
    } else {
        let decimals = digits(step, size).max(0.0) as usize;
        let text = format!("{value:.decimals$e}");
        let (number, power) = text.split_once('e').unwrap_or((&text, "0"));
        format!("{}e{power}", trimmed(number))
    };
    text.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, text)| text.as_str()).collect()
    }

    #[test]
    fn ticks_are_round_and_say_their_numbers() {
        let of = |values: [f64; 2]| Axis::over("", values);
        assert_eq!(texts(&of([0.0, 1.0])), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(texts(&of([-0.3, 0.3])), ["−0.4", "−0.2", "0", "0.2", "0.4"]);
        assert_eq!(texts(&of([0.0, 2e6])), ["0", "5e5", "1e6", "1.5e6", "2e6"]);
        assert_eq!(texts(&of([1.0, 1.000_038])), ["1", "1.00001", "1.00002", "1.00003", "1.00004"]);
        assert_eq!(texts(&of([0.0, 1e-7])), ["0", "2e−8", "4e−8", "6e−8", "8e−8", "1e−7"]);
        assert_eq!(texts(&Axis::within("", [-6.0, 6.0])), ["−5", "0", "5"]);
        assert_eq!(texts(&Axis::within("", [0.1, 0.7])), ["0.2", "0.4", "0.6"]);
        assert_eq!(texts(&Axis::within("", [3.0, 3.0])), texts(&of([3.0, 3.0])));
        assert_eq!(texts(&Axis::log_over("", [0.004, 20.0])), ["1e−3", "1e−2", "0.1", "1", "10", "100"]);
    }

    #[test]
    fn every_tick_says_its_own_number() {
        let mut range = 1.0_f64;
        for low in [0.0, 1.0, -3.7, 1e5, 123_456.0, -1e-6] {
            for _ in 0..60 {
                range *= 1.7;
                let range = 1e-9 * (range % 1e12);
                if range < 1e-9 * f64::abs(low) {
                    continue;
                }
                let axis = Axis::over("", [low, low + range]);
                let step = axis.ticks[1].0 - axis.ticks[0].0;
                for (at, text) in &axis.ticks {
                    let said: f64 = text.replace('−', "-").parse().unwrap();
                    assert!((said - at).abs() < 1e-3 * step + 1e-12 * at.abs(), "{at}: {text}");
                }
            }
        }
    }
}
