//! What is to be seen of a network, in words and as numbers.

use super::{Judgment, Playground};
use gradus::Result;
use gradus::diagnose::{Health, Unit};
use std::fmt::Write;

/// What the playground's letters for a unit mean.
fn letter(unit: &Unit) -> char {
    match unit {
        unit if unit.dead => 'd',
        unit if unit.asleep => 'a',
        unit if unit.saturated.is_some_and(|share| share >= 0.5) => 's',
        _ => '.',
    }
}

impl Playground {
    /// How it does, and what there is to remark about its units.
    pub fn words(&mut self) -> Result<Vec<String>> {
        let judgment = self.judge()?;
        Ok(words(self.steps(), judgment, self.health().as_ref()))
    }

    /// All of it for a script, as JSON, from how it does now.
    pub fn json(&self, judgment: Judgment, health: Option<&Health>) -> String {
        let mut text = format!(
            "{{\"step\":{},\"trainLoss\":{},\"testLoss\":{},\"trainRight\":{},\"testRight\":{},\"words\":[{}]",
            self.steps(),
            number(judgment.train_loss),
            number(judgment.test_loss),
            number(judgment.train_right),
            number(judgment.test_right),
            listed(words(self.steps(), judgment, health).iter().map(|words| quoted(words))),
        );
        let layers = health.map_or(&[][..], |health| &health.layers).iter().map(|layer| {
            let units: String = layer.units.iter().map(letter).collect();
            format!(
                "{{\"units\":\"{units}\",\"dead\":{},\"asleep\":{},\"saturated\":{},\"gradient\":{}}}",
                layer.dead(),
                layer.asleep(),
                number(layer.saturated.unwrap_or(f64::NAN)),
                number(layer.gradient.unwrap_or(f64::NAN)),
            )
        });
        // Writing to a String cannot fail.
        let _ = write!(text, ",\"layers\":[{}]}}", listed(layers));
        text
    }

    /// What does not change while it trains, as JSON: the choice, and the points as x, y, class and whether they are
    /// for testing.
    pub fn setting(&self) -> String {
        let mut points = Vec::new();
        for (part, (x, labels)) in [&self.points.train, &self.points.test].into_iter().enumerate() {
            for (at, label) in x.rows().zip(labels) {
                points.push(format!("[{:.4},{:.4},{label},{part}]", at[0], at[1]));
            }
        }
        format!(
            "{{\"settings\":{},\"classes\":{},\"sizes\":[{}],\"watched\":{},\"points\":[{}]}}",
            quoted(&self.settings.written()),
            self.settings.set.classes,
            listed(self.settings.layers.iter().map(usize::to_string)),
            self.health().is_some(),
            points.join(","),
        )
    }
}

fn words(steps: u64, judgment: Judgment, health: Option<&Health>) -> Vec<String> {
    if !judgment.train_loss.is_finite() {
        return vec![format!("After {steps} steps the loss is no longer a finite number. This run is over.")];
    }
    let mut words = vec![format!(
        "After {steps} steps it tells {:.0} % of the points that it learns from right, and {:.0} % of the others.",
        100.0 * judgment.train_right,
        100.0 * judgment.test_right,
    )];
    match health.map(Health::findings) {
        None => words.push("There is no activation here whose units could be watched.".into()),
        Some(found) if found.is_empty() => words.push("Its units are well: nothing to remark.".into()),
        Some(found) => words.extend(found),
    }
    words
}

fn listed(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(",")
}

/// JSON has no word for what is not a finite number.
fn number(x: f64) -> String {
    if x.is_finite() { format!("{x:e}") } else { "null".into() }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', " "))
}

#[cfg(test)]
mod tests {
    use super::super::settings::Settings;
    use super::*;

    #[test]
    fn what_a_script_gets_is_whole() {
        let mut playground = Playground::new(Settings::read("layers=3-5&rate=0.05")).unwrap();
        for _ in 0..9 {
            playground.step().unwrap();
        }
        let (judgment, health) = (playground.judge().unwrap(), playground.health());
        let text = playground.json(judgment, health.as_ref());
        assert_eq!(health.map(|health| health.history.len()), Some(3));
        assert_eq!(text.matches("\"units\"").count(), 2, "{text}");
        assert_eq!(text.matches('{').count(), text.matches('}').count());
        let setting = playground.setting();
        assert!(setting.contains("\"sizes\":[3,5]") && setting.matches(",1]").count() >= 100, "{setting}");
        assert_eq!(
            (number(f64::NAN), number(0.5), quoted("a\"b")),
            ("null".into(), "5e-1".into(), "\"a\\\"b\"".into())
        );
    }

    #[test]
    fn a_run_that_diverges_says_so() {
        let text = "activation=relu_squared&layers=24-24-24-24&rate=10&init=large";
        let mut playground = Playground::new(Settings::read(text)).unwrap();
        for _ in 0..50 {
            playground.step().unwrap();
        }
        let words = playground.words().unwrap();
        assert!(words.len() == 1 && words[0].contains("no longer a finite number"), "{words:?}");
        let judgment = playground.judge().unwrap();
        assert!(playground.json(judgment, None).contains("\"trainLoss\":null"));
    }
}
