//! The health of a network in words, as a table and as charts.

use super::health::{Health, Layer, Weight};
use crate::plot::Chart;
use std::fmt;

impl Health {
    /// The remarks, a sentence each, with the numbers behind them; none if all is well.
    pub fn findings(&self) -> Vec<String> {
        let mut found = Vec::new();
        for layer in &self.layers {
            self.remark_on_layer(layer, &mut found);
        }
        self.remark_on_trend(&mut found);
        for weight in &self.weights {
            self.remark_on_weight(weight, &mut found);
        }
        found
    }

    fn remark_on_layer(&self, layer: &Layer, found: &mut Vec<String>) {
        let (name, units) = (&layer.name, layer.units.len());
        if layer.non_finite > 0 {
            let all = layer.samples * units;
            let bad = layer.non_finite;
            found.push(format!(
                "layer {name}: {bad} of {all} values are NaN or infinite, or their gradients are"
            ));
        }
        let dead = layer.dead();
        if dead > 0 {
            let which = if dead == units && units > 1 { "all ".into() } else { format!("{dead} of ") };
            let after = if dead == units { ": nothing before it learns through it" } else { "" };
            found.push(format!(
                "layer {name}: {which}{} dead{}{after}",
                count(units, "unit"),
                self.since(layer)
            ));
        }
        let asleep = layer.asleep();
        if asleep > 0 {
            let bound = short(self.bounds.asleep);
            found.push(format!(
                "layer {name}: {asleep} of {} asleep, their slopes below {bound}",
                count(units, "unit")
            ));
        }
        if let Some(share) = layer.saturated.filter(|&share| share >= self.bounds.crowded) {
            let bound = short(100.0 * self.bounds.saturated);
            found.push(format!(
                "layer {name}: saturated on {:.0} % of its samples, where the slope is below {bound} % of the steepest",
                100.0 * share
            ));
        }
        match layer.revived() {
            0 => {}
            1 => found.push(format!("layer {name}: a unit came back from the dead")),
            n => found.push(format!("layer {name}: units came back from the dead {n} times")),
        }
    }

    /// The step since which the dead units of a layer are dead, in words.
    fn since(&self, layer: &Layer) -> String {
        let mut since: Vec<u64> = layer.units.iter().filter_map(|unit| unit.since).collect();
        since.sort_unstable();
        match (&since[..], self.history.first()) {
            (_, Some(_)) if self.history.len() == 1 => {
                format!(" on all of {}", count(layer.samples, "sample"))
            }
            ([first, .., last], Some(look)) if first != last => {
                let first =
                    if *first == look.step { "the first look".into() } else { format!("step {first}") };
                format!(", the first since {first}, the last since step {last}")
            }
            ([first, ..], Some(look)) if *first == look.step => " since the first look".into(),
            ([first, ..], _) => format!(" since step {first}"),
            _ => String::new(),
        }
    }

    fn remark_on_trend(&self, found: &mut Vec<String>) {
        let ([first, .., last], trend) = (&self.layers[..], self.bounds.trend) else { return };
        if let (Some(reached), Some(0.0)) = (first.gradient, last.gradient) {
            let from = if reached == 0.0 { "" } else { " by way of the last one" };
            found.push(format!("no gradient reaches layer {}{from}", last.name));
        }
        let Some(fall) = self.fall() else { return };
        let (way, factor, each) = if fall < 1.0 {
            ("falls", 1.0 / fall, self.fall_per_layer().map(|factor| 1.0 / factor))
        } else {
            ("grows", fall, self.fall_per_layer())
        };
        let (from, to) = (&last.name, &first.name);
        if fall == 0.0 {
            found.push(format!("the gradient falls to 0 on its way from {from} to {to}"));
        } else if factor >= trend {
            let each = each.map_or(String::new(), |each| format!(" ({} a layer)", short(each)));
            found.push(format!(
                "the gradient {way} {}-fold from {from}, the last layer, to {to}, the first{each}",
                fold(factor)
            ));
        }
    }

    fn remark_on_weight(&self, weight: &Weight, found: &mut Vec<String>) {
        let name = &weight.name;
        if !weight.norm.is_finite() || weight.gradient.is_some_and(|gradient| !gradient.is_finite()) {
            found.push(format!("{name} or its gradient is NaN or infinite"));
            return;
        }
        // A bias starts at 0 and may move by many times its size.
        let Some(update) = weight.update.filter(|_| weight.rank > 1) else { return };
        let Self { bounds, .. } = self;
        if update == 0.0 {
            found.push(format!("{name} does not move: it learns nothing"));
        } else if update < bounds.slow {
            found.push(format!("{name} moves by {update:.0e} of its size a step: it hardly learns"));
        } else if update > bounds.fast {
            let percent = short(100.0 * update);
            found.push(format!(
                "{name} moves by {percent} % of its size in one step: it loses what it learned"
            ));
        }
    }

    /// The gradient norm of each layer at the first look and at the last, on a logarithmic axis.
    pub fn gradient_chart(&self) -> Chart {
        let description = match self.fall() {
            Some(fall) => format!("The first layer's gradient is {fall:.1e} of the last one's."),
            None => "The gradient norms of the layers.".to_string(),
        };
        let mut chart = Chart::new("The gradient, layer by layer", description)
            .axes("layer", "gradient norm of the pre-activation")
            .log();
        let points = |gradients: &[Option<f64>]| -> Vec<(f64, f64)> {
            let place = |(i, g): (usize, &Option<f64>)| ((i + 1) as f64, g.unwrap_or(f64::NAN));
            gradients.iter().enumerate().map(place).collect()
        };
        if let [first, .., last] = &self.history[..] {
            chart = chart.line(format!("step {}", first.step), points(&first.gradients));
            chart.line(format!("step {}", last.step), points(&last.gradients))
        } else {
            let gradients: Vec<Option<f64>> = self.layers.iter().map(|layer| layer.gradient).collect();
            chart.line("gradient", points(&gradients))
        }
    }

    /// The share of dead units in percent over the steps, a line for each layer.
    pub fn dead_chart(&self) -> Chart {
        let (dead, all) = (self.dead(), self.layers.iter().map(|layer| layer.units.len()).sum());
        let description = format!("In the end {dead} of {} are dead.", count(all, "unit"));
        let mut chart = Chart::new("Dead units", description).axes("step", "dead units, %");
        for (i, layer) in self.layers.iter().enumerate() {
            let share = |dead: usize| 100.0 * dead as f64 / layer.units.len().max(1) as f64;
            chart = chart
                .line(&layer.name, self.history.iter().map(|look| (look.step as f64, share(look.dead[i]))));
        }
        chart
    }
}

/// Shows the table of layers, that of parameters, and the findings.
impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.history.is_empty() {
            return write!(f, "nothing has been looked at yet");
        }
        write!(f, "health at step {}", self.step)?;
        match self.history.len() {
            1 => writeln!(f)?,
            looks => writeln!(f, ", the last of {looks} looks")?,
        }
        let maybe = |figure: Option<f64>| figure.map_or("–".into(), short);
        let percent =
            |share: Option<f64>| share.map_or("–".into(), |share| format!("{:.1} %", 100.0 * share));
        let mut rows = vec![
            ["layer", "function", "units", "dead", "asleep", "saturated", "mean", "std", "gradient"]
                .map(String::from),
        ];
        rows.extend(self.layers.iter().map(|layer| {
            [
                layer.name.clone(),
                layer.function.to_string(),
                layer.units.len().to_string(),
                layer.dead().to_string(),
                layer.asleep().to_string(),
                percent(layer.saturated),
                short(layer.mean),
                short(layer.deviation),
                maybe(layer.gradient),
            ]
        }));
        table(f, &rows, 2)?;
        let mut rows = vec![["parameter", "norm", "gradient", "update / norm"].map(String::from)];
        rows.extend(
            self.weights.iter().map(|w| [w.name.clone(), short(w.norm), maybe(w.gradient), maybe(w.update)]),
        );
        writeln!(f)?;
        table(f, &rows, 1)?;
        writeln!(f)?;
        match &self.findings()[..] {
            [] => write!(f, "nothing to remark"),
            found => write!(f, "- {}", found.join("\n- ")),
        }
    }
}

/// Writes rows in columns; the first `left` columns are texts, the others numbers.
fn table<const N: usize>(f: &mut fmt::Formatter<'_>, rows: &[[String; N]], left: usize) -> fmt::Result {
    let widths: [usize; N] =
        std::array::from_fn(|i| rows.iter().map(|row| row[i].chars().count()).max().unwrap_or(0));
    for row in rows {
        for (i, (cell, width)) in row.iter().zip(widths).enumerate() {
            let gap = if i == 0 { "" } else { "  " };
            match i < left {
                true => write!(f, "{gap}{cell:width$}")?,
                false => write!(f, "{gap}{cell:>width$}")?,
            }
        }
        writeln!(f)?;
    }
    Ok(())
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// Formats a number with three digits.
fn short(x: f64) -> String {
    match x.abs() {
        0.0 => "0".into(),
        size if (1e-2..1e4).contains(&size) => {
            let digits = 2 - libm::floor(libm::log10(size)) as i32;
            format!("{x:.*}", digits.max(0) as usize)
        }
        size if size.is_finite() => format!("{x:.1e}"),
        _ => x.to_string(),
    }
}

/// Formats a factor with two digits and separated thousands.
fn fold(x: f64) -> String {
    if !(1.0..1e7).contains(&x) {
        return format!("{x:.1e}");
    }
    let unit = libm::pow(10.0, (libm::floor(libm::log10(x)) - 1.0).max(0.0));
    let digits = format!("{:.0}", libm::round(x / unit) * unit);
    let groups = digits.as_bytes().rchunks(3).rev().map(|group| String::from_utf8_lossy(group).into_owned());
    groups.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        let found = [0.0, 1.0, 0.0123456, 123.456, 9999.0, 1.7e-6, -0.5, f64::NAN].map(short);
        assert_eq!(found, ["0", "1.00", "0.0123", "123", "9999", "1.7e-6", "-0.500", "NaN"]);
        let found = [1.0, 12.34, 3_876.0, 123_456.0, 3e12].map(fold);
        assert_eq!(found, ["1", "12", "3,900", "120,000", "3.0e12"]);
    }
}
