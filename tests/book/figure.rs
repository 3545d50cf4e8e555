//! Figures: SVG that can be read by a person, a program and an eye in any light.
//!
//! A figure is a title, a description, and panels. A panel has two axes and marks placed in their numbers.
//! Colors are attributes, so that every program draws them; the classes `ink`, `axis` and `grid` follow a
//! dark theme. What differs by color differs by dash, marker or label as well.

use std::fmt::Write;

/// Colors that most can tell apart, also beside each other in gray.
pub const BLUE: &str = "#0072b2";
pub const ORANGE: &str = "#d55e00";
pub const GREEN: &str = "#009e73";
pub const PINK: &str = "#cc79a7";
pub const GRAY: &str = "#888";

/// How a line is drawn: its color, its dash.
pub type Pen = (&'static str, &'static str);
pub const SOLID: Pen = (BLUE, "");
pub const DASHED: Pen = (ORANGE, "7 3");
pub const DOTTED: Pen = (GREEN, "2 3");
pub const MIXED: Pen = (PINK, "9 3 2 3");

const STYLE: &str = "<style>rect{shape-rendering:crispEdges}@media(prefers-color-scheme:dark){.ink{fill:#ddd}.axis{stroke:#aaa}.grid{stroke:#444}}</style>";

/// A picture of 640 by `height`.
pub struct Figure {
    title: String,
    description: String,
    height: f64,
    body: String,
}

impl Figure {
    /// The title says what is shown, the description in words what is to be seen in it.
    pub fn new(title: &str, description: &str, height: f64) -> Self {
        let mut figure =
            Figure { title: title.into(), description: description.into(), height, body: String::new() };
        figure.text((16.0, 24.0), "start", 15.0, title);
        figure
    }

    /// Text at pixels; `anchor` is start, middle or end.
    pub fn text(&mut self, at: (f64, f64), anchor: &str, size: f64, text: &str) {
        self.colored(at, anchor, size, text, "#222", " class=\"ink\"");
    }

    fn colored(&mut self, (x, y): (f64, f64), anchor: &str, size: f64, text: &str, color: &str, class: &str) {
        // Writing to a String cannot fail; nor below.
        let _ = writeln!(
            self.body,
            "<text{class} fill=\"{color}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" font-size=\"{size}\">{}</text>",
            escaped(text)
        );
    }

    /// A panel between two corners in pixels, with axes from and to these numbers.
    pub fn panel(&mut self, corners: [f64; 4], x: Axis, y: Axis) -> Panel<'_> {
        let [left, top, right, bottom] = corners;
        Panel { figure: self, left, top, right, bottom, x, y }.axes()
    }

    pub fn svg(self) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 {}\" role=\"img\" font-family=\"sans-serif\">\n\
             <title>{}</title>\n<desc>{}</desc>\n{STYLE}\n{}</svg>\n",
            self.height,
            escaped(&self.title),
            escaped(&self.description),
            self.body
        )
    }
}

/// A direction: its label, its ends, and where ticks with their texts stand.
pub struct Axis {
    label: String,
    ends: (f64, f64),
    log: bool,
    ticks: Vec<(f64, String)>,
}

impl Axis {
    /// Ticks print themselves.
    pub fn new(label: &str, ends: (f64, f64), ticks: &[f64]) -> Self {
        let ticks = ticks.iter().map(|&at| (at, format!("{at}").replace('-', "−"))).collect();
        Axis { label: label.into(), ends, log: false, ticks }
    }

    /// A logarithmic axis with a tick at each of these powers of ten.
    pub fn decades(label: &str, ends: (f64, f64), powers: &[i32]) -> Self {
        let tick = |&power: &i32| {
            let text = match power {
                -1..=2 => format!("{}", 10f64.powi(power)),
                _ => format!("1e{power}").replace('-', "−"),
            };
            (libm::pow(10.0, f64::from(power)), text)
        };
        Axis { label: label.into(), ends, log: true, ticks: powers.iter().map(tick).collect() }
    }

    /// Ticks with words: categories.
    pub fn named(label: &str, ends: (f64, f64), ticks: &[(f64, &str)]) -> Self {
        let ticks = ticks.iter().map(|&(at, text)| (at, text.to_string())).collect();
        Axis { label: label.into(), ends, log: false, ticks }
    }

    /// The same axis, with logarithmic steps.
    pub fn log(mut self) -> Self {
        self.log = true;
        self
    }

    fn share(&self, value: f64) -> f64 {
        let (low, high) = self.ends;
        if self.log { libm::log(value / low) / libm::log(high / low) } else { (value - low) / (high - low) }
    }
}

pub struct Panel<'f> {
    figure: &'f mut Figure,
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
    x: Axis,
    y: Axis,
}

impl Panel<'_> {
    fn axes(self) -> Self {
        let (left, top, right, bottom) = (self.left, self.top, self.right, self.bottom);
        for (at, text) in self.y.ticks.clone() {
            let y = self.at((0.0, at)).1;
            let _ = writeln!(
                self.figure.body,
                "<path class=\"grid\" stroke=\"#ddd\" d=\"M{left:.1} {y:.1}H{right:.1}\"/>"
            );
            self.figure.text((left - 8.0, y + 4.0), "end", 12.0, &text);
        }
        for (at, text) in self.x.ticks.clone() {
            self.figure.text((self.at((at, 0.0)).0, bottom + 18.0), "middle", 12.0, &text);
        }
        let (x, y) = (self.x.label.clone(), self.y.label.clone());
        self.figure.text(((left + right) / 2.0, bottom + 36.0), "middle", 12.0, &x);
        self.figure.text((left, top - 8.0), "start", 12.0, &y);
        let _ = writeln!(
            self.figure.body,
            "<path class=\"axis\" fill=\"none\" stroke=\"#666\" d=\"M{left:.1} {top:.1}V{bottom:.1}H{right:.1}\"/>"
        );
        self
    }

    /// Where a point stands, in pixels.
    pub fn at(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (
            self.left + self.x.share(x) * (self.right - self.left),
            self.bottom - self.y.share(y) * (self.bottom - self.top),
        )
    }

    /// A line; a point that is not finite, or has no logarithm, leaves a gap.
    pub fn line(&mut self, (color, dash): Pen, points: impl IntoIterator<Item = (f64, f64)>) -> &mut Self {
        let (mut path, mut pen) = (String::new(), 'M');
        for point in points {
            let (x, y) = self.at(point);
            if x.is_finite() && y.is_finite() {
                let _ = write!(path, "{pen}{x:.1} {y:.1}");
                pen = 'L';
            } else {
                pen = 'M';
            }
        }
        let dash = if dash.is_empty() { String::new() } else { format!(" stroke-dasharray=\"{dash}\"") };
        let _ = writeln!(
            self.figure.body,
            "<path fill=\"none\" stroke=\"{color}\" stroke-width=\"1.8\"{dash} d=\"{path}\"/>"
        );
        self
    }

    /// Round marks, hollow or full.
    pub fn dots(
        &mut self,
        color: &str,
        full: bool,
        points: impl IntoIterator<Item = (f64, f64)>,
    ) -> &mut Self {
        let fill = if full { color } else { "none" };
        for point in points {
            let (x, y) = self.at(point);
            let _ = writeln!(
                self.figure.body,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{fill}\" stroke=\"{color}\"/>"
            );
        }
        self
    }

    /// A rectangle between two points.
    pub fn area(&mut self, color: &str, opacity: f64, from: (f64, f64), to: (f64, f64)) -> &mut Self {
        let ((a, b), (c, d)) = (self.at(from), self.at(to));
        let _ = writeln!(
            self.figure.body,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{color}\" fill-opacity=\"{opacity}\"/>",
            a.min(c),
            b.min(d),
            (a - c).abs(),
            (b - d).abs()
        );
        self
    }

    /// A label beside a point, moved by some pixels, in the color of what it names.
    pub fn label(&mut self, color: &str, point: (f64, f64), by: (f64, f64), text: &str) -> &mut Self {
        let (x, y) = self.at(point);
        self.figure.colored((x + by.0, y + by.1), "start", 12.0, text, color, "");
        self
    }

    /// The same in the color of text.
    pub fn note(&mut self, point: (f64, f64), by: (f64, f64), text: &str) -> &mut Self {
        let (x, y) = self.at(point);
        self.figure.text((x + by.0, y + by.1), "start", 12.0, text);
        self
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// What every figure has to be.
pub fn inspect(svg: &str) -> Result<(), String> {
    let document = roxmltree::Document::parse(svg).map_err(|fault| fault.to_string())?;
    let words = |tag: &str| {
        let found = document.root_element().children().find(|node| node.tag_name().name() == tag);
        found.and_then(|node| node.text()).map_or(0, |text| text.split_whitespace().count())
    };
    let count = |tag: &str| document.descendants().filter(|node| node.tag_name().name() == tag).count();
    if document.root_element().attribute("viewBox").is_none() || words("title") < 2 || words("desc") < 8 {
        return Err("a figure has a viewBox, a title and a description in words".into());
    }
    let mut attributes = document.descendants().flat_map(|node| node.attributes());
    if let Some(lost) = attributes.find(|each| each.value().contains("NaN") || each.value().contains("inf")) {
        return Err(format!("{} is not finite", lost.name()));
    }
    if count("path") + count("circle") + count("rect") < 2 || count("text") < 4 {
        return Err("a figure has marks, and labels beside them".into());
    }
    // In gray, lines of different color are told apart by their dashes.
    let mut styles: Vec<(&str, &str)> = Vec::new();
    for line in document.descendants().filter(|node| node.attribute("stroke-width") == Some("1.8")) {
        let style =
            (line.attribute("stroke").unwrap_or(""), line.attribute("stroke-dasharray").unwrap_or(""));
        if styles.iter().any(|other| other.1 == style.1 && other.0 != style.0) {
            return Err(format!("two lines differ in color alone: {style:?}"));
        }
        styles.push(style);
    }
    if svg.contains("href=") || svg.contains("url(") {
        return Err("a figure loads nothing".into());
    }
    Ok(())
}
