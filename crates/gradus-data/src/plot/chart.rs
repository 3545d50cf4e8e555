//! A whole picture of lines, dots and bars.

use super::{Axis, DASHED, DOTTED, Figure, MIXED, Pen, SOLID};
use gradus_tensor::Result;
use std::path::Path;

const HEIGHT: f64 = 360.0;
const LEFT: f64 = 64.0;
/// The right side of the panel, if the labels beside it leave it there.
const RIGHT: f64 = 540.0;
const TOP: f64 = 56.0;
const BOTTOM: f64 = 312.0;
/// A letter's width on average, in pixels.
const LETTER: f64 = 7.0;
const PENS: [Pen<'static>; 6] =
    [SOLID, DASHED, DOTTED, MIXED, Pen::new("#e69f00", "5 5"), Pen::new("#56b4e9", "1 2")];

/// A chart of lines, dots and bars, which chooses its axes and places its labels.
///
/// ```
/// use gradus_data::plot::Chart;
/// let chart = Chart::new("A parabola", "The square of x from 0 to 4.")
///     .axes("x", "x²")
///     .line("square", (0..5).map(|x| (f64::from(x), f64::from(x * x))))
///     .dots("measured", [(1.0, 1.2), (2.0, 3.9), (3.0, 8.8)]);
/// assert!(chart.to_svg().starts_with("<svg "));
/// ```
#[derive(Clone, Debug)]
pub struct Chart {
    title: String,
    description: String,
    axes: [String; 2],
    log: bool,
    series: Vec<Series>,
    categories: Vec<String>,
}

#[derive(Clone, Debug)]
struct Series {
    label: String,
    kind: Kind,
    points: Vec<(f64, f64)>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Line,
    Dots,
    Bars,
}

impl Chart {
    /// Makes an empty chart from its title, and a description in words of what it shows.
    pub fn new(title: impl Into<String>, description: impl Into<String>) -> Self {
        Chart {
            title: title.into(),
            description: description.into(),
            axes: [String::new(), String::new()],
            log: false,
            series: Vec::new(),
            categories: Vec::new(),
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
    pub fn line(self, label: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.series(label, Kind::Line, points)
    }

    /// Adds dots at points, full ones and hollow ones by turns. A point that is not finite is left out.
    pub fn dots(self, label: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.series(label, Kind::Dots, points)
    }

    /// Adds a bar from 0 for the value of each category. The categories stand along the horizontal axis in the order in which
    /// they are named first, at 0, 1, 2 and so on, where lines and dots can be placed as well; the bars of several calls
    /// stand beside each other. On a logarithmic axis, bars rise from its lower end.
    ///
    /// ```
    /// use gradus_data::plot::Chart;
    /// let svg = Chart::new("Dead units", "Of the rectifiers a fifth is dead, of the others none.")
    ///     .axes("activation", "dead units, %")
    ///     .bars("low rate", [("relu", 20.0), ("gelu", 0.0)])
    ///     .bars("high rate", [("relu", 45.0), ("gelu", 1.0)])
    ///     .to_svg();
    /// assert_eq!((svg.matches("<rect ").count(), svg.matches(">relu</text>").count()), (4, 1));
    /// ```
    pub fn bars<T: Into<String>>(
        mut self,
        label: impl Into<String>,
        values: impl IntoIterator<Item = (T, f64)>,
    ) -> Self {
        let mut points = Vec::new();
        for (name, value) in values {
            let name = name.into();
            let place = self.categories.iter().position(|known| *known == name).unwrap_or_else(|| {
                self.categories.push(name);
                self.categories.len() - 1
            });
            points.push((place as f64, value));
        }
        self.series(label, Kind::Bars, points)
    }

    fn series(
        mut self,
        label: impl Into<String>,
        kind: Kind,
        points: impl IntoIterator<Item = (f64, f64)>,
    ) -> Self {
        self.series.push(Series { label: label.into(), kind, points: points.into_iter().collect() });
        self
    }

    /// Tells whether a point has a place.
    fn shows(&self, &(x, y): &(f64, f64)) -> bool {
        x.is_finite() && y.is_finite() && (!self.log || y > 0.0)
    }

    /// The number of series that are bars.
    fn bar_series(&self) -> usize {
        self.series.iter().filter(|series| series.kind == Kind::Bars).count()
    }

    fn horizontal(&self) -> Axis {
        let points = self.series.iter().flat_map(|series| &series.points).filter(|point| self.shows(point));
        let xs = points.map(|point| point.0);
        if self.bar_series() == 0 {
            return Axis::within(&self.axes[0], xs);
        }
        // Half a place more at both ends, and room for lines and dots beyond.
        let ends = (-0.5_f64, self.categories.len().max(1) as f64 - 0.5);
        let ends = xs.fold(ends, |(low, high), x| (low.min(x), high.max(x)));
        let ticks: Vec<(f64, &str)> =
            self.categories.iter().enumerate().map(|(i, name)| (i as f64, name.as_str())).collect();
        Axis::named(&self.axes[0], ends, &ticks)
    }

    fn vertical(&self) -> Axis {
        let points = self.series.iter().flat_map(|series| &series.points).filter(|point| self.shows(point));
        let ys = points.map(|point| point.1);
        match self.log {
            true => Axis::log_over(&self.axes[1], ys),
            // Bars begin at 0.
            false => Axis::over(&self.axes[1], ys.chain((self.bar_series() > 0).then_some(0.0))),
        }
    }

    fn figure(&self) -> Figure {
        let (x, y) = (self.horizontal(), self.vertical());
        let mut figure = Figure::new(&self.title, &self.description, HEIGHT);
        let longest = self.series.iter().map(|series| series.label.chars().count()).max().unwrap_or(0);
        let right = RIGHT.min(640.0 - 16.0 - LETTER * longest as f64).max((LEFT + RIGHT) / 2.0);
        let end = x.ends().1;
        let mut panel = figure.panel([LEFT, TOP, right, BOTTOM], x, y);
        let width = 0.8 / self.bar_series().max(1) as f64;
        let (mut bars, mut dots, mut labels) = (0, 0, Vec::new());
        for (i, Series { label, kind, points }) in self.series.iter().enumerate() {
            let pen = PENS[i % PENS.len()];
            let points =
                points.iter().map(|point| if self.shows(point) { *point } else { (f64::NAN, f64::NAN) });
            match kind {
                Kind::Line => panel.line(pen, points.clone()),
                Kind::Dots => {
                    dots += 1;
                    panel.dots(pen.color, dots % 2 == 1, points.clone())
                }
                Kind::Bars => {
                    bars += 1;
                    // Beside the color, the tone.
                    let opacity = [1.0, 0.5, 0.75, 0.25][(bars - 1) % 4];
                    let first = -0.4 + width * (bars as f64 - 0.5);
                    panel.bars(pen.color, opacity, 0.9 * width, points.clone().map(|(x, y)| (x + first, y)))
                }
            };
            if let Some((_, last)) = points.rev().find(|point| point.0.is_finite()) {
                labels.push((pen.color, (end, last), label.as_str()));
            }
        }
        panel.labels(&labels);
        figure
    }

    /// Returns the chart as SVG.
    pub fn to_svg(&self) -> String {
        self.figure().to_svg()
    }

    /// Writes the chart to a file.
    ///
    /// # Errors
    /// [`Error::Io`](gradus_tensor::Error::Io) with what the system said.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        self.figure().save(path)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{BLUE, ORANGE};
    use super::*;

    #[test]
    fn a_chart_has_words_ticks_and_a_line() {
        let svg = Chart::new("a < b", "in words")
            .axes("step", "loss")
            .line("one", [(0.0, 1.0), (1.0, 3.0)])
            .to_svg();
        assert!(svg.contains("<title>a &lt; b</title>") && svg.contains("<desc>in words</desc>"));
        assert!(svg.contains("M64.0 312.0L540.0 56.0"), "from corner to corner: {svg}");
        assert!(svg.contains(">1.5</text>") && svg.contains(">one</text>"));
    }

    #[test]
    fn what_is_not_finite_leaves_a_gap() {
        let svg = Chart::new("", "").line("", [(0.0, 0.0), (1.0, f64::NAN), (2.0, 1.0), (3.0, 1.0)]).to_svg();
        assert!(svg.contains("d=\"M64.0 312.0M381.3 56.0L540.0 56.0\""), "{svg}");
    }

    #[test]
    fn a_logarithmic_axis_has_decades_and_leaves_out_what_has_none() {
        let svg = Chart::new("", "").log().line("", [(0.0, 1e-3), (1.0, 0.0), (2.0, 1.0)]).to_svg();
        assert!(svg.contains(">1e−3</text>") && svg.contains(">0.1</text>") && svg.contains(">1</text>"));
        assert!(svg.contains("M64.0 312.0M540.0 56.0"), "{svg}");
    }

    #[test]
    fn nothing_a_level_line_and_huge_numbers_make_a_chart() {
        let (least, most) = (f64::from_bits(1), f64::MAX);
        for points in [
            vec![],
            vec![(1.0, 5.0)],
            vec![(0.0, 0.0), (1.0, 0.0)],
            vec![(0.0, -1e300), (1e300, 1e300)],
            vec![(-most, -most), (0.0, least), (most, most)],
            vec![(least, least), (2.0 * least, 2.0 * least)],
        ] {
            for chart in [Chart::new("", ""), Chart::new("", "").log()] {
                let svg = chart.line("", points.clone()).dots("", points.clone()).to_svg();
                assert!(!svg.contains("NaN") && !svg.contains("inf"), "{points:?}: {svg}");
                // All that has a place is there, within the frame.
                let places = svg.split("<circle cx=\"").skip(1).filter_map(|rest| rest.split('"').next());
                let places: Vec<f64> = places.filter_map(|place| place.parse().ok()).collect();
                let positive = points.iter().filter(|point| point.1 > 0.0).count();
                assert!(places.len() >= positive, "{points:?}: {svg}");
                assert!(places.iter().all(|place| (LEFT..=RIGHT).contains(place)), "{points:?}: {svg}");
            }
        }
    }

    #[test]
    fn bars_stand_side_by_side_on_zero() {
        let svg = Chart::new("", "")
            .bars("one", [("a", 2.0), ("b", -1.0)])
            .bars("two", [("b", 1.0), ("c", f64::NAN)])
            .line("limit", [(0.0, 1.0), (2.0, 1.0)])
            .to_svg();
        let number = |rect: &str, name: &str| -> f64 {
            let (_, rest) = rect.split_once(&format!(" {name}=\"")).unwrap();
            rest.split('"').next().unwrap().parse().unwrap()
        };
        let bars: Vec<[f64; 4]> = svg
            .split("<rect")
            .skip(1)
            .map(|rect| ["x", "y", "width", "height"].map(|name| number(rect, name)))
            .collect();
        let [a, b, other_b] = bars[..] else { panic!("three bars: {svg}") };
        // From 2 to −1, 0 is at two thirds of the height.
        let zero = 56.0 + 256.0 * 2.0 / 3.0;
        assert!((a[1] - 56.0).abs() < 0.1 && (a[1] + a[3] - zero).abs() < 0.2, "{a:?}");
        assert!((b[1] - zero).abs() < 0.1 && (b[1] + b[3] - 312.0).abs() < 0.2, "{b:?}");
        assert!(b[0] + b[2] < other_b[0], "{b:?} beside {other_b:?}");
        assert!(["a", "b", "c"].iter().all(|name| svg.matches(&format!(">{name}</text>")).count() == 1));
    }

    #[test]
    fn long_labels_have_room() {
        let svg =
            Chart::new("", "").line("a label of some thirty letters", [(0.0, 0.0), (1.0, 1.0)]).to_svg();
        assert!(svg.contains("L414.0 56.0"), "{svg}");
    }

    #[test]
    fn colors_and_words_are_escaped() {
        let mut figure = Figure::new("<", "\"", 10.0);
        let axis = || Axis::new("&", (0.0, 1.0), &[]);
        let mut panel = figure.panel([0.0, 0.0, 1.0, 1.0], axis(), axis());
        panel.line(Pen::new("\"", "<"), [(0.0, 0.0)]).dots("<", true, [(0.0, 0.0)]);
        panel.area("&", 1.0, (0.0, 0.0), (1.0, 1.0)).label("<", (0.0, 0.0), (0.0, 0.0), ">");
        let svg = figure.to_svg();
        assert!(roxmltree::Document::parse(&svg).is_ok(), "{svg}");
    }

    #[test]
    fn what_has_no_place_is_left_out() {
        for ends in [(1.0, 1.0), (f64::NAN, 1.0), (0.0, f64::INFINITY)] {
            for log in [false, true] {
                let axis = Axis::new("label", ends, &[1.0, f64::NAN]);
                let axis = if log { axis.log() } else { axis };
                let mut figure = Figure::new("", "", 10.0);
                let mut panel = figure.panel([0.0, 0.0, 100.0, 100.0], axis.clone(), axis);
                let points = [(1.0, 1.0), (0.0, f64::NAN), (f64::INFINITY, 2.0)];
                panel.line(SOLID, points).dots(BLUE, true, points).bars(ORANGE, 1.0, 0.5, points);
                panel.labels(&points.map(|point| (BLUE, point, "text"))).note(
                    (f64::NAN, 0.0),
                    (0.0, 0.0),
                    "",
                );
                let svg = figure.to_svg();
                assert!(!svg.contains("NaN") && !svg.contains("inf"), "{ends:?}: {svg}");
            }
        }
    }
}
