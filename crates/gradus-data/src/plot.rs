//! Charts and figures as SVG text, for readers, and for tests to compare.
//!
//! [`Chart`] makes a whole picture of lines, dots and bars: it chooses the axes and places the labels. [`Figure`] is what it
//! draws with: panels with axes that one gives, and marks at their numbers.
//!
//! A picture has a title and a description for those who cannot see it, labels beside what they name, and dashes beside
//! colors. Its colors are attributes, so that every program draws them; the classes `ink`, `axis` and `grid` follow the
//! reader's light or dark theme. The same calls give the same text on every platform.

mod axis;
mod chart;
mod figure;
mod panel;

pub use axis::Axis;
pub use chart::Chart;
pub use figure::{Anchor, Figure};
pub use panel::Panel;

/// Blue, of colors that most people can tell apart (Okabe & Ito 2008), also in gray.
pub const BLUE: &str = "#0072b2";
/// Orange (vermilion in Okabe & Ito).
pub const ORANGE: &str = "#d55e00";
/// Green.
pub const GREEN: &str = "#009e73";
/// Pink (reddish purple in Okabe & Ito).
pub const PINK: &str = "#cc79a7";
/// Gray, for what is beside the point.
pub const GRAY: &str = "#888";

/// A line's color, as CSS writes colors, and its dashes: lengths in pixels of strokes and gaps by turns.
///
/// ```
/// use gradus_data::plot::{BLUE, Pen};
/// let (full, dashed) = (Pen::new(BLUE, ""), Pen::new("black", "7 3"));
/// assert_ne!(full, dashed);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pen<'c> {
    /// The color.
    pub color: &'c str,
    /// The dashes; none for a full line.
    pub dash: &'c str,
}

/// A full blue line.
pub const SOLID: Pen<'static> = Pen::new(BLUE, "");
/// A dashed orange line.
pub const DASHED: Pen<'static> = Pen::new(ORANGE, "7 3");
/// A dotted green line.
pub const DOTTED: Pen<'static> = Pen::new(GREEN, "2 3");
/// A pink line of strokes and dots.
pub const MIXED: Pen<'static> = Pen::new(PINK, "9 3 2 3");

impl<'c> Pen<'c> {
    /// Makes a pen of a color and of dashes.
    pub const fn new(color: &'c str, dash: &'c str) -> Self {
        Pen { color, dash }
    }
}

/// Returns the text as it stands in XML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
