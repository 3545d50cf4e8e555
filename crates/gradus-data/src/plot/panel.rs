//! A part of a picture: two axes, and marks at their numbers.

use super::{Anchor, Axis, Figure, Pen, escaped};
use std::fmt::Write;

/// The least distance between the baselines of two labels, in pixels.
const LINE: f64 = 14.0;

/// A part of a [`Figure`] with two axes, in whose numbers marks are placed. A mark whose point has no place, since it is
/// not finite or has no logarithm, is left out.
///
/// ```
/// use gradus_data::plot::{Axis, BLUE, Figure};
/// let mut figure = Figure::new("Right answers", "Of three networks, the second is right most often.", 300.0);
/// let mut panel = figure.panel(
///     [64.0, 56.0, 560.0, 250.0],
///     Axis::categories("network", ["first", "second", "third"]),
///     Axis::new("share", (0.0, 1.0), &[0.0, 0.5, 1.0]),
/// );
/// let shares = [0.71, 0.94, 0.86];
/// panel.bars(BLUE, 1.0, 0.6, shares.into_iter().enumerate().map(|(i, share)| (i as f64, share)));
/// panel.note((1.0, 0.94), (-12.0, -5.0), "0.94");
/// assert_eq!(figure.to_svg().matches("<rect ").count(), 3);
/// ```
#[derive(Debug)]
pub struct Panel<'f> {
    figure: &'f mut Figure,
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
    x: Axis,
    y: Axis,
}

impl<'f> Panel<'f> {
    /// Draws the axes, their labels and their ticks.
    pub(super) fn new(
        figure: &'f mut Figure,
        [left, top, right, bottom]: [f64; 4],
        x: Axis,
        y: Axis,
    ) -> Self {
        let panel = Panel { figure, left, top, right, bottom, x, y };
        for (at, text) in &panel.y.ticks {
            let y = panel.bottom - panel.y.share(*at) * (bottom - top);
            if y.is_finite() {
                panel.figure.mark(format_args!(
                    "<path class=\"grid\" stroke=\"#ddd\" d=\"M{left:.1} {y:.1}H{right:.1}\"/>"
                ));
            }
            panel.figure.text((left - 8.0, y + 4.0), Anchor::End, 12.0, text);
        }
        for (at, text) in &panel.x.ticks {
            let x = left + panel.x.share(*at) * (right - left);
            panel.figure.text((x, bottom + 18.0), Anchor::Middle, 12.0, text);
        }
        panel.figure.text(((left + right) / 2.0, bottom + 36.0), Anchor::Middle, 12.0, &panel.x.label);
        panel.figure.text((left, top - 8.0), Anchor::Start, 12.0, &panel.y.label);
        panel.figure.mark(format_args!(
            "<path class=\"axis\" fill=\"none\" stroke=\"#666\" d=\"M{left:.1} {top:.1}V{bottom:.1}H{right:.1}\"/>"
        ));
        panel
    }

    /// Returns where a point stands, in pixels.
    pub fn at(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (
            self.left + self.x.share(x) * (self.right - self.left),
            self.bottom - self.y.share(y) * (self.bottom - self.top),
        )
    }

    /// Returns where a point stands, if it has a place.
    fn place(&self, point: (f64, f64)) -> Option<(f64, f64)> {
        Some(self.at(point)).filter(|(x, y)| x.is_finite() && y.is_finite())
    }

    /// Draws a line through points. A point without a place leaves a gap.
    pub fn line(&mut self, pen: Pen<'_>, points: impl IntoIterator<Item = (f64, f64)>) -> &mut Self {
        let (mut path, mut letter) = (String::new(), 'M');
        for point in points {
            letter = match self.place(point) {
                Some((x, y)) => {
                    // Writing to a String cannot fail.
                    let _ = write!(path, "{letter}{x:.1} {y:.1}");
                    'L'
                }
                None => 'M',
            };
        }
        let color = escaped(pen.color);
        let dash = match pen.dash {
            "" => String::new(),
            dash => format!(" stroke-dasharray=\"{}\"", escaped(dash)),
        };
        self.figure.mark(format_args!(
            "<path fill=\"none\" stroke=\"{color}\" stroke-width=\"1.8\"{dash} d=\"{path}\"/>"
        ));
        self
    }

    /// Draws round marks, full or hollow.
    pub fn dots(
        &mut self,
        color: &str,
        full: bool,
        points: impl IntoIterator<Item = (f64, f64)>,
    ) -> &mut Self {
        let color = escaped(color);
        let fill = if full { &color } else { "none" };
        for point in points {
            let Some((x, y)) = self.place(point) else { continue };
            self.figure.mark(format_args!(
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{fill}\" stroke=\"{color}\"/>"
            ));
        }
        self
    }

    /// Draws a rectangle between two points, opaque at an opacity of 1 and not to be seen at 0.
    pub fn area(&mut self, color: &str, opacity: f64, from: (f64, f64), to: (f64, f64)) -> &mut Self {
        if let (Some((a, b)), Some((c, d))) = (self.place(from), self.place(to)) {
            self.figure.mark(format_args!(
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{}\" fill-opacity=\"{opacity}\"/>",
                a.min(c),
                b.min(d),
                (a - c).abs(),
                (b - d).abs(),
                escaped(color),
            ));
        }
        self
    }

    /// Draws a bar at each point, upright, of a width in numbers of the horizontal axis. Bars begin at 0, or at the end of the
    /// vertical axis that is nearest to it.
    pub fn bars(
        &mut self,
        color: &str,
        opacity: f64,
        width: f64,
        points: impl IntoIterator<Item = (f64, f64)>,
    ) -> &mut Self {
        let base = self.y.base();
        for (x, y) in points {
            self.area(color, opacity, (x - width / 2.0, base), (x + width / 2.0, y));
        }
        self
    }

    /// Writes a label beside a point, moved by some pixels to the right and down, in the color of what it names.
    pub fn label(&mut self, color: &str, point: (f64, f64), by: (f64, f64), text: &str) -> &mut Self {
        let (x, y) = self.at(point);
        self.figure.colored((x + by.0, y + by.1), color, text);
        self
    }

    /// Writes labels to the right of points, each in its color, such as the names of lines at their ends. Where they would
    /// lie on each other, they are moved apart.
    ///
    /// ```
    /// use gradus_data::plot::{Axis, BLUE, Figure, ORANGE};
    /// let mut figure = Figure::new("Two ends", "Two labels of places that are near each other.", 200.0);
    /// let axis = || Axis::new("", (0.0, 1.0), &[]);
    /// let mut panel = figure.panel([64.0, 40.0, 560.0, 160.0], axis(), axis());
    /// panel.labels(&[(BLUE, (1.0, 0.5), "one"), (ORANGE, (1.0, 0.5), "other")]);
    /// assert!(figure.to_svg().contains("y=\"104.0\"") && figure.to_svg().contains("y=\"118.0\""));
    /// ```
    pub fn labels(&mut self, labels: &[(&str, (f64, f64), &str)]) -> &mut Self {
        let mut placed: Vec<(f64, f64, &str, &str)> = Vec::new();
        placed.extend(
            labels.iter().filter_map(|&(color, at, text)| self.place(at).map(|(x, y)| (x, y, color, text))),
        );
        placed.sort_by(|a, b| a.1.total_cmp(&b.1));
        let mut free = self.top;
        for (_, y, ..) in &mut placed {
            *y = y.max(free);
            free = *y + LINE;
        }
        // The room ends at the lower axis: the last ones give way upward, and push those above them.
        let mut most = self.bottom;
        for (_, y, ..) in placed.iter_mut().rev() {
            *y = y.min(most);
            most = *y - LINE;
        }
        for (x, y, color, text) in placed {
            self.figure.colored((x + 8.0, y + 4.0), color, text);
        }
        self
    }

    /// Writes a label beside a point, moved by some pixels to the right and down, in the color of text.
    pub fn note(&mut self, point: (f64, f64), by: (f64, f64), text: &str) -> &mut Self {
        let (x, y) = self.at(point);
        self.figure.text((x + by.0, y + by.1), Anchor::Start, 12.0, text);
        self
    }
}
