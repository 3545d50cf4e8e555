//! Line charts as SVG text, for readers, and for tests to compare.
//!
//! A chart has a title and a description for those who cannot see it, labels beside its lines, and dashes beside
//! its colors; it follows the reader's light or dark theme.

use gradus_tensor::{Error, Result};
use std::fmt::Write;
use std::path::Path;

/// The whole picture, and the part of it that the lines fill.
const SIZE: (f64, f64) = (640.0, 360.0);
const LEFT: f64 = 64.0;
const RIGHT: f64 = 540.0;
const TOP: f64 = 44.0;
const BOTTOM: f64 = 312.0;
/// Colors that most people can tell apart, with their dashes.
const STYLES: [(&str, &str); 6] = [
    ("#0072b2", ""),
    ("#d55e00", "7 3"),
    ("#009e73", "2 3"),
    ("#cc79a7", "9 3 2 3"),
    ("#e69f00", "5 5"),
    ("#56b4e9", "1 2"),
];

/// A line chart.
///
/// ```
/// use gradus_data::plot::Chart;
/// let chart = Chart::new("A parabola", "The square of x from 0 to 4.")
///     .axes("x", "x²")
///     .line("square", (0..5).map(|x| (f64::from(x), f64::from(x * x))));
/// assert!(chart.to_svg().starts_with("<svg "));
/// ```
#[derive(Clone, Debug)]
pub struct Chart {
    title: String,
    description: String,
    axes: [String; 2],
    log: bool,
    lines: Vec<(String, Vec<(f64, f64)>)>,
}

impl Chart {
    /// Makes an empty chart from its title, and a description in words of what it shows.
    pub fn new(title: impl Into<String>, description: impl Into<String>) -> Self {
        Chart {
            title: title.into(),
            description: description.into(),
            axes: [String::new(), String::new()],
            log: false,
            lines: Vec::new(),
        }
    }

    /// Sets the names of the axes.
    pub fn axes(mut self, x: impl Into<String>, y: impl Into<String>) -> Self {
        self.axes = [x.into(), y.into()];
        self
    }

    /// Makes the vertical axis logarithmic; values that are not positive are left out.
    pub fn log(mut self) -> Self {
        self.log = true;
        self
    }

    /// Adds a line through points. A point that is not finite leaves a gap.
    pub fn line(mut self, label: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.lines.push((label.into(), points.into_iter().collect()));
        self
    }

    /// Returns the chart as SVG.
    pub fn to_svg(&self) -> String {
        let shown = |(x, y): &(f64, f64)| x.is_finite() && y.is_finite() && (!self.log || *y > 0.0);
        let points = || self.lines.iter().flat_map(|(_, points)| points).filter(|point| shown(point));
        let xs = Axis::new(points().map(|point| point.0), false, (LEFT, RIGHT));
        let ys = Axis::new(points().map(|point| point.1), self.log, (BOTTOM, TOP));
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" role=\"img\" font-family=\"sans-serif\" \
             font-size=\"12\">\n<title>{}</title>\n<desc>{}</desc>\n<style>.ink{{fill:#222}}.axis{{stroke:#888}}\
             .grid{{stroke:#8883}}@media(prefers-color-scheme:dark){{.ink{{fill:#ddd}}}}</style>\n",
            SIZE.0,
            SIZE.1,
            escaped(&self.title),
            escaped(&self.description)
        );
        let mut text = |x: f64, y: f64, anchor: &str, more: &str, text: &str| {
            // Writing to a String cannot fail; nor below.
            let _ = writeln!(
                svg,
                "<text class=\"ink\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\"{more}>{}</text>",
                escaped(text)
            );
        };
        text(LEFT, 24.0, "start", " font-size=\"15\"", &self.title);
        text((LEFT + RIGHT) / 2.0, SIZE.1 - 10.0, "middle", "", &self.axes[0]);
        text(8.0, TOP - 10.0, "start", "", &self.axes[1]);
        xs.ticks.iter().for_each(|&x| text(xs.place(x), BOTTOM + 18.0, "middle", "", &tick(x)));
        ys.ticks.iter().for_each(|&y| text(LEFT - 8.0, ys.place(y) + 4.0, "end", "", &tick(y)));
        for &y in &ys.ticks {
            let at = ys.place(y);
            let _ = writeln!(svg, "<path class=\"grid\" stroke=\"#ccc\" d=\"M{LEFT} {at:.1}H{RIGHT}\"/>");
        }
        let _ = writeln!(
            svg,
            "<path class=\"axis\" stroke=\"#888\" fill=\"none\" d=\"M{LEFT} {TOP}V{BOTTOM}H{RIGHT}\"/>"
        );
        // Labels stand at the ends of their lines, pushed apart where they would overlap.
        let mut ends: Vec<(f64, usize)> = Vec::new();
        for (i, (_, points)) in self.lines.iter().enumerate() {
            let (color, dash) = STYLES[i % STYLES.len()];
            let (mut path, mut pen) = (String::new(), 'M');
            for point in points {
                if !shown(point) {
                    pen = 'M';
                    continue;
                }
                let _ = write!(path, "{pen}{:.1} {:.1}", xs.place(point.0), ys.place(point.1));
                pen = 'L';
            }
            let _ = writeln!(
                svg,
                "<path fill=\"none\" stroke=\"{color}\" stroke-width=\"1.8\" stroke-dasharray=\"{dash}\" d=\"{path}\"/>"
            );
            if let Some(last) = points.iter().rev().find(|point| shown(point)) {
                ends.push((ys.place(last.1), i));
            }
        }
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut free = TOP;
        for (at, _) in &mut ends {
            *at = at.max(free);
            free = *at + 14.0;
        }
        let below = ends.last().map_or(0.0, |(at, _)| (at - BOTTOM).max(0.0));
        for (at, i) in ends {
            let (label, color) = (escaped(&self.lines[i].0), STYLES[i % STYLES.len()].0);
            let (x, y) = (RIGHT + 8.0, at - below + 4.0);
            let _ = writeln!(svg, "<text fill=\"{color}\" x=\"{x:.1}\" y=\"{y:.1}\">{label}</text>");
        }
        svg + "</svg>\n"
    }

    /// Writes the chart to a file.
    ///
    /// # Errors
    /// [`Error::Io`] with what the system said.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        std::fs::write(path, self.to_svg())
            .map_err(|source| Error::Io { path: path.display().to_string(), source })
    }
}

/// One direction: its scale, and the numbers that are labelled.
struct Axis {
    log: bool,
    low: f64,
    high: f64,
    pixels: (f64, f64),
    ticks: Vec<f64>,
}

impl Axis {
    fn new(values: impl Iterator<Item = f64>, log: bool, pixels: (f64, f64)) -> Self {
        let (mut low, mut high) =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        if low > high {
            (low, high) = (1.0, 10.0); // nothing to show
        }
        let ticks = if log {
            let (first, last) = (libm::floor(libm::log10(low)) as i32, libm::ceil(libm::log10(high)) as i32);
            let last = last.max(first + 1);
            (low, high) = (10f64.powi(first), 10f64.powi(last));
            (first..=last)
                .step_by(((last - first) as usize).div_ceil(6).max(1))
                .map(|e| 10f64.powi(e))
                .collect()
        } else {
            let step = nice((high - low) / 5.0, low.abs().max(high.abs()));
            (low, high) = (libm::floor(low / step) * step, libm::ceil(high / step) * step);
            if low == high {
                high = low + step;
            }
            let count = libm::round((high - low) / step) as usize;
            (0..=count.min(20)).map(|i| low + i as f64 * step).collect()
        };
        Axis { log, low, high, pixels, ticks }
    }

    fn place(&self, value: f64) -> f64 {
        let share = match self.log {
            true => libm::log10(value / self.low) / libm::log10(self.high / self.low),
            false => (value - self.low) / (self.high - self.low),
        };
        self.pixels.0 + share * (self.pixels.1 - self.pixels.0)
    }
}

/// Returns 1, 2 or 5 times a power of ten, at least `step`; for a level line, a tenth of its size.
fn nice(step: f64, size: f64) -> f64 {
    let step = if step > 1e-12 * size { step } else { (size / 10.0).max(1e-300) };
    let power = libm::pow(10.0, libm::floor(libm::log10(step)));
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|&s| s >= step * 0.999).unwrap_or(10.0 * power)
}

fn tick(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || (1e-3..1e5).contains(&size) {
        let text = format!("{value:.4}");
        text.trim_end_matches('0').trim_end_matches('.').replace('-', "−")
    } else {
        format!("{value:.0e}").replace('-', "−")
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_has_words_ticks_and_a_line() {
        let svg = Chart::new("a < b", "in words")
            .axes("step", "loss")
            .line("one", [(0.0, 1.0), (1.0, 3.0)])
            .to_svg();
        assert!(svg.contains("<title>a &lt; b</title>") && svg.contains("<desc>in words</desc>"));
        assert!(svg.contains("M64.0 312.0L540.0 44.0"), "from corner to corner: {svg}");
        assert!(svg.contains(">1.5</text>") && svg.contains(">one</text>"));
    }

    #[test]
    fn what_is_not_finite_leaves_a_gap() {
        let svg = Chart::new("", "").line("", [(0.0, 0.0), (1.0, f64::NAN), (2.0, 1.0), (3.0, 1.0)]).to_svg();
        assert!(svg.contains("d=\"M64.0 312.0M381.3 44.0L540.0 44.0\""), "{svg}");
    }

    #[test]
    fn a_logarithmic_axis_has_decades_and_leaves_out_what_has_none() {
        let svg = Chart::new("", "").log().line("", [(0.0, 1e-3), (1.0, 0.0), (2.0, 1.0)]).to_svg();
        assert!(svg.contains(">0.001</text>") && svg.contains(">0.1</text>") && svg.contains(">1</text>"));
        assert!(svg.contains("M64.0 312.0M540.0 44.0"), "{svg}");
    }

    #[test]
    fn nothing_a_level_line_and_huge_numbers_make_a_chart() {
        for points in
            [vec![], vec![(1.0, 5.0)], vec![(0.0, 0.0), (1.0, 0.0)], vec![(0.0, -1e300), (1e300, 1e300)]]
        {
            for chart in [Chart::new("", ""), Chart::new("", "").log()] {
                let svg = chart.line("", points.clone()).to_svg();
                assert!(!svg.contains("NaN") && !svg.contains("inf"), "{points:?}: {svg}");
            }
        }
    }
}
