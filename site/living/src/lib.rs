//! The interactive figures of the book. Each is a function from the numbers of its controls to a drawing and
//! a sentence, computed by Gradus: natively where the site is made, for the still that every reader gets, and
//! as WebAssembly in the browser, for the figure that moves.

mod charts;
mod dead_units;
mod exports;
// The rules of the figures of the book hold for these.
#[cfg(test)]
#[path = "../../../tests/book/figure.rs"]
mod figure;
// What the playground trains is the page's, which proves its numbers by it.
#[path = "../../../tests/book/playground/mod.rs"]
pub mod playground;
mod said;
mod sigmoid;
mod softmax;
mod vanishing;

/// A figure that moves.
pub struct Living {
    /// The page it stands on.
    pub page: &'static str,
    /// What there is to try.
    pub lead: &'static str,
    pub controls: &'static [Control],
    /// A number for each control, within its bounds.
    pub draw: fn(&[f64]) -> gradus::Result<Drawing>,
}

/// A number that the reader turns.
pub struct Control {
    pub name: &'static str,
    pub label: &'static str,
    pub low: f64,
    pub high: f64,
    pub step: f64,
    pub start: f64,
}

pub struct Drawing {
    pub svg: String,
    /// What is to be seen, in words.
    pub words: String,
    /// The controls' numbers as a reader reads them.
    pub said: Vec<String>,
}

pub static ALL: &[Living] = &[sigmoid::LIVING, dead_units::LIVING, softmax::LIVING, vanishing::LIVING];

#[cfg(test)]
mod tests {
    use super::*;

    /// Every figure at all corners of its controls, in the middle and at the start.
    #[test]
    fn every_figure_can_be_drawn_everywhere() {
        for living in ALL {
            let count = living.controls.len() as u32;
            for corner in 0..3u32.pow(count) + 1 {
                let number = |(place, control): (usize, &Control)| match corner / 3u32.pow(place as u32) % 3 {
                    _ if corner == 3u32.pow(count) => control.start,
                    0 => control.low,
                    1 => control.high,
                    _ => {
                        control.low
                            + ((control.high - control.low) / 2.0 / control.step).round() * control.step
                    }
                };
                let numbers: Vec<f64> = living.controls.iter().enumerate().map(number).collect();
                let drawing = (living.draw)(&numbers)
                    .unwrap_or_else(|error| panic!("{} {numbers:?}: {error}", living.page));
                figure::inspect(&drawing.svg)
                    .unwrap_or_else(|fault| panic!("{} {numbers:?}: {fault}", living.page));
                assert_eq!(drawing.said.len(), numbers.len(), "{}", living.page);
                assert!(drawing.words.split_whitespace().count() > 8, "{}: {}", living.page, drawing.words);
                assert_eq!(
                    drawing.words,
                    (living.draw)(&numbers).map(|again| again.words).unwrap_or_default()
                );
            }
        }
    }

    #[test]
    fn controls_are_named_apart_and_start_within_their_bounds() {
        for living in ALL {
            for (place, control) in living.controls.iter().enumerate() {
                assert!((control.low..=control.high).contains(&control.start) && control.step > 0.0);
                assert!(living.controls[..place].iter().all(|other| other.name != control.name));
            }
        }
    }
}
