//! A picture: what surrounds its panels.

use super::panel::Panel;
use super::{Axis, escaped};
use gradus_tensor::{Error, Result};
use std::fmt::Write;
use std::path::Path;

const STYLE: &str = "<style>rect{shape-rendering:crispEdges}@media(prefers-color-scheme:dark){.ink{fill:#ddd}.axis{stroke:#aaa}.grid{stroke:#444}}</style>";

/// The part of a text that stands at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The text begins there.
    Start,
    /// The text's middle is there.
    Middle,
    /// The text ends there.
    End,
}

/// A picture as SVG text, 640 pixels wide: a title, a description, and panels.
///
/// ```
/// use gradus_data::plot::{Axis, BLUE, Figure, SOLID};
/// let mut figure = Figure::new("A parabola", "The square of x, which is least at 0.", 360.0);
/// let mut panel = figure.panel(
///     [64.0, 56.0, 560.0, 300.0], // left, top, right and bottom, in pixels
///     Axis::new("x", (-2.0, 2.0), &[-2.0, 0.0, 2.0]),
///     Axis::new("x²", (0.0, 4.0), &[0.0, 2.0, 4.0]),
/// );
/// panel.line(SOLID, (-20..=20).map(|i| f64::from(i) / 10.0).map(|x| (x, x * x)));
/// panel.dots(BLUE, true, [(0.0, 0.0)]).label(BLUE, (0.0, 0.0), (8.0, -4.0), "the least");
/// assert!(figure.to_svg().starts_with("<svg "));
/// ```
#[derive(Clone, Debug)]
pub struct Figure {
    title: String,
    description: String,
    size: (f64, f64),
    /// True if the title is drawn as well.
    shown: bool,
    body: String,
}

impl Figure {
    /// Makes an empty picture of a height in pixels. The title says what is shown, the description in words what is to be
    /// seen in it.
    pub fn new(title: impl Into<String>, description: impl Into<String>, height: f64) -> Self {
        Figure {
            title: title.into(),
            description: description.into(),
            size: (640.0, height),
            shown: true,
            body: String::new(),
        }
    }

    /// Sets the width in pixels.
    pub fn width(mut self, width: f64) -> Self {
        self.size.0 = width;
        self
    }

    /// Leaves the title out of the drawing, for a picture under a heading that says it; programs still read it.
    pub fn untitled(mut self) -> Self {
        self.shown = false;
        self
    }

    /// Writes a text of a size at a place, both in pixels.
    pub fn text(&mut self, at: (f64, f64), anchor: Anchor, size: f64, text: &str) {
        write_text(&mut self.body, at, anchor, size, text, None);
    }

    /// Writes a text in a color.
    pub(super) fn colored(&mut self, at: (f64, f64), color: &str, text: &str) {
        write_text(&mut self.body, at, Anchor::Start, 12.0, text, Some(color));
    }

    /// Adds a mark.
    pub(super) fn mark(&mut self, mark: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail; nor below.
        let _ = writeln!(self.body, "{mark}");
    }

    /// Adds a panel with two axes, whose frame has these sides in pixels: left, top, right and bottom.
    ///
    /// The label of the horizontal axis and its ticks take 40 pixels below, the label of the vertical axis 20 above, and
    /// its ticks some 40 to the left.
    pub fn panel(&mut self, sides: [f64; 4], x: Axis, y: Axis) -> Panel<'_> {
        Panel::new(self, sides, x, y)
    }

    /// Returns the picture as SVG.
    pub fn to_svg(&self) -> String {
        let ((width, height), title) = (self.size, escaped(&self.title));
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" font-family=\"sans-serif\">\n\
             <title>{title}</title>\n<desc>{}</desc>\n{STYLE}\n",
            escaped(&self.description),
        );
        if self.shown {
            write_text(&mut svg, (16.0, 24.0), Anchor::Start, 15.0, &self.title, None);
        }
        svg + &self.body + "</svg>\n"
    }

    /// Writes the picture to a file.
    ///
    /// # Errors
    /// [`Error::Io`] with what the system said.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        std::fs::write(path, self.to_svg())
            .map_err(|source| Error::Io { path: path.display().to_string(), source })
    }
}

/// Writes a text in a color, or in that of text. A place that is not finite is none.
fn write_text(
    svg: &mut String,
    (x, y): (f64, f64),
    anchor: Anchor,
    size: f64,
    text: &str,
    color: Option<&str>,
) {
    if !(x.is_finite() && y.is_finite()) {
        return;
    }
    let anchor = match anchor {
        Anchor::Start => "start",
        Anchor::Middle => "middle",
        Anchor::End => "end",
    };
    let (class, color) = match color {
        Some(color) => ("", color),
        None => (" class=\"ink\"", "#222"),
    };
    let _ = writeln!(
        svg,
        "<text{class} fill=\"{}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" font-size=\"{size}\">{}</text>",
        escaped(color),
        escaped(text)
    );
}
