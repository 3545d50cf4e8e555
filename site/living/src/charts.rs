//! The playground's charts: losses, gradients and dead units of a training since it began.

use crate::playground::Judgment;
use crate::said::power;
use gradus::diagnose::{Health, Look};
use gradus::plot::{Axis, BLUE, Figure, GRAY, ORANGE, Panel, Pen};

/// Points of a line; beyond that every other one goes.
const KEEP: usize = 500;
const HEIGHT: f64 = 196.0;

/// A training, as it was seen.
#[derive(Default)]
pub struct Seen {
    /// The units of each hidden layer.
    sizes: Vec<usize>,
    /// The step, the loss of the points that it learns from, and that of the others.
    losses: Vec<[f64; 3]>,
    health: Option<Health>,
}

/// A line of a chart: its pen, its name, and its points.
type Line = (String, &'static str, String, Vec<(f64, f64)>);

impl Seen {
    /// Begins to see a network of hidden layers of these sizes.
    pub fn new(sizes: &[usize]) -> Self {
        Seen { sizes: sizes.to_vec(), ..Seen::default() }
    }

    pub fn look(&mut self, steps: u64, judgment: Judgment, health: Option<Health>) {
        let now = [steps as f64, judgment.train_loss, judgment.test_loss];
        match self.losses.last_mut() {
            Some(last) if last[0] == now[0] => *last = now,
            _ => self.losses.push(now),
        }
        if self.losses.len() > KEEP {
            self.losses = thinned(&self.losses, 2).copied().collect();
        }
        self.health = health;
    }

    /// Draws the loss (0), the gradients over time (1), the dead units (2), or the gradients across the depth (3), in a width
    /// in pixels.
    pub fn draw(&self, chart: usize, width: f64) -> String {
        let last = self.losses.last().copied().unwrap_or_default();
        let steps = || Axis::within("step", [0.0, last[0].max(20.0)]);
        let (title, words) = self.words(chart, last);
        let mut figure = Figure::new(title, words, HEIGHT).width(width).untitled();
        let sides = [50.0, 12.0, (width - 62.0).max(80.0), HEIGHT - 40.0];
        match chart {
            0 => {
                let line = |of: usize| -> Vec<(f64, f64)> {
                    self.losses.iter().map(|each| (each[0], each[of])).collect()
                };
                let lines = [line_of(BLUE, "", "learning", line(1)), line_of(ORANGE, "6 3", "test", line(2))];
                let losses = heights(&lines).chain([0.0, 0.2]);
                drawn(figure.panel(sides, steps(), Axis::over("", losses)), &lines);
            }
            1 => {
                let lines = self.over_time(|look, layer| look.gradients[layer].unwrap_or(f64::NAN));
                let (axis, lines) = logarithmic(lines);
                drawn(figure.panel(sides, steps(), axis), &lines);
            }
            2 => {
                let lines = self.over_time(|look, layer| look.dead[layer] as f64);
                let most = self.sizes.iter().copied().max().unwrap_or(0).max(4);
                drawn(figure.panel(sides, steps(), Axis::over("", [0.0, most as f64])), &lines);
            }
            _ => {
                let across = |look: Option<&Look>| -> Vec<(f64, f64)> {
                    let gradients = look.map_or(&[][..], |look| &look.gradients);
                    let place = |(i, g): (usize, &Option<f64>)| ((i + 1) as f64, g.unwrap_or(f64::NAN));
                    gradients.iter().enumerate().map(place).collect()
                };
                let (first, now) = (self.looks().first(), self.looks().last());
                let lines = vec![
                    line_of(GRAY, "6 3", "at first", across(first)),
                    line_of(BLUE, "", "now", across(now)),
                ];
                let (axis, lines) = logarithmic(lines);
                let layers: Vec<f64> = (1..=self.sizes.len()).map(|layer| layer as f64).collect();
                let x = Axis::new("layer", (0.5, self.sizes.len() as f64 + 0.5), &layers);
                let mut panel = figure.panel(sides, x, axis);
                for (full, (color, _, _, points)) in [false, true].into_iter().zip(&lines) {
                    panel.dots(color, full, points.iter().copied());
                }
                drawn(panel, &lines);
            }
        }
        figure.to_svg()
    }

    fn looks(&self) -> &[Look] {
        self.health.as_ref().map_or(&[], |health| &health.history)
    }

    /// The subject of a chart, and the things to be seen in it.
    fn words(&self, chart: usize, [steps, train, test]: [f64; 3]) -> (&'static str, String) {
        let said = |number: f64| if number.is_finite() { power(number, 2) } else { "no number".into() };
        let now = self.looks().last();
        let gradient = |layer: Option<&Option<f64>>| said(layer.copied().flatten().unwrap_or(f64::NAN));
        match (chart, now) {
            (0, _) => {
                let words = format!(
                    "Loss after {steps} steps: {} on the points that it learns from, {} on the others",
                    said(train),
                    said(test)
                );
                ("Loss", words)
            }
            (2, Some(now)) => {
                let layers = now.dead.iter().zip(&self.sizes).enumerate();
                let layers = layers.map(|(i, (dead, size))| format!("{dead} of {size} in layer {}", i + 1));
                ("Dead units", format!("Dead units: {}", layers.collect::<Vec<_>>().join(", ")))
            }
            (2, None) => ("Dead units", "Dead units: not watched".into()),
            (_, Some(now)) => {
                let (first, last) = (gradient(now.gradients.first()), gradient(now.gradients.last()));
                ("Gradients", format!("Norm of the gradient: {first} in the first layer, {last} in the last"))
            }
            (_, None) => ("Gradients", "Norm of the gradient: not watched".into()),
        }
    }

    /// A line for each layer, from blue for the last one to orange for the first.
    fn over_time(&self, value: impl Fn(&Look, usize) -> f64) -> Vec<Line> {
        let looks = self.looks();
        let every = looks.len().div_ceil(KEEP).max(1);
        let line = |layer: usize| {
            let share = layer as f64 / (self.sizes.len() - 1).max(1) as f64;
            let share = if self.sizes.len() > 1 { (100.0 * share).round() } else { 100.0 };
            let color = format!("color-mix(in oklch, var(--blue) {share}%, var(--orange))");
            let points = thinned(looks, every).map(|look| (look.step as f64, value(look, layer))).collect();
            (color, "", format!("layer {}", layer + 1), points)
        };
        (0..self.sizes.len()).map(line).collect()
    }
}

fn line_of(color: &str, dash: &'static str, name: &str, points: Vec<(f64, f64)>) -> Line {
    (color.into(), dash, name.into(), points)
}

fn heights(lines: &[Line]) -> impl Iterator<Item = f64> {
    lines.iter().flat_map(|line| &line.3).map(|point| point.1)
}

/// The axis of lines with a logarithm, and the lines on it: what is beyond the digits of numbers of its size stays at its edge.
fn logarithmic(mut lines: Vec<Line>) -> (Axis, Vec<Line>) {
    let most = heights(&lines).filter(|y| y.is_finite()).fold(0.1, f64::max);
    for (_, y) in lines.iter_mut().flat_map(|line| &mut line.3) {
        if *y > 0.0 {
            *y = y.max(most * 1e-15);
        }
    }
    let axis = Axis::log_over("", heights(&lines).chain([0.1, 1.0]));
    (axis, lines)
}

/// Every so many, and the last one.
fn thinned<T>(all: &[T], every: usize) -> impl Iterator<Item = &T> {
    let last = all.len().saturating_sub(1);
    all.iter().enumerate().filter(move |(at, _)| at % every == 0 || *at == last).map(|(_, each)| each)
}

/// Draws lines with their names at their ends.
fn drawn(mut panel: Panel<'_>, lines: &[Line]) {
    let mut names = Vec::new();
    for (color, dash, name, points) in lines {
        panel.line(Pen::new(color, dash), points.iter().copied());
        let end = points.iter().rev().find(|point| panel.at(**point).1.is_finite());
        names.extend(end.map(|&end| (color.as_str(), end, name.as_str())));
    }
    panel.labels(&names);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playground::{Playground, settings::Settings};

    #[test]
    fn every_chart_is_drawn_from_the_beginning_to_the_end() {
        for text in
            ["layers=3-4", "layers=5&activation=identity", "rate=10&init=large&activation=relu_squared"]
        {
            let mut playground = Playground::new(Settings::read(text)).unwrap();
            let mut seen = Seen::new(&playground.settings.layers);
            for _ in 0..60 {
                let (steps, judgment) = (playground.steps(), playground.judge().unwrap());
                seen.look(steps, judgment, playground.health());
                for (chart, words) in ["Loss after", "Norm of", "Dead units:", "Norm of"].iter().enumerate() {
                    let svg = seen.draw(chart, 320.0);
                    assert!(roxmltree::Document::parse(&svg).is_ok(), "{text} {chart}: {svg}");
                    assert!(svg.contains(&format!("<desc>{words}")), "{text} {chart}: {svg}");
                    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{text} {chart}: {svg}");
                }
                let _ = playground.step();
            }
        }
    }

    #[test]
    fn a_training_of_any_length_has_so_many_points() {
        let mut seen = Seen::new(&[3]);
        let judgment = Judgment { train_loss: 0.5, test_loss: 0.6, train_right: 1.0, test_right: 1.0 };
        for step in 0..5000 {
            seen.look(step, judgment, None);
            seen.look(step, judgment, None);
        }
        assert!((KEEP / 2..=KEEP).contains(&seen.losses.len()), "{}", seen.losses.len());
        assert_eq!((seen.losses[0][0], seen.losses[seen.losses.len() - 1][0]), (0.0, 4999.0));
        assert!(seen.draw(0, 320.0).contains("0.500 on the points that it learns from, 0.600 on the others"));
    }
}
