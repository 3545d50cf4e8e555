//! The slope of the sigmoid at a point, on a logarithmic scale, as the engine and as the textbook have it.

use crate::said::{fixed, power};
use crate::{Control, Drawing, Living};
use gradus::plot::{Axis, BLUE, DASHED, DOTTED, Figure, GRAY, GREEN, ORANGE, SOLID};
use gradus::prelude::*;

pub const LIVING: Living = Living {
    page: "sigmoid",
    lead: "Move x to the right until each of the textbook's lines ends, and then to the same place on the left.",
    controls: &[Control { name: "x", label: "x", low: -60.0, high: 60.0, step: 0.5, start: 17.0 }],
    draw,
};

/// The engine's slope and y(1 − y).
fn slopes<E: Element>(xs: &[f64]) -> Result<[Vec<f64>; 2]> {
    let g = Graph::new();
    let x = g.value(Tensor::new([xs.len()], xs.to_vec())?);
    let y = x.sigmoid();
    let mut program = g.compile::<E>([y.sum(..).grad(x), y * (1.0 - y)])?;
    let out = program.run_unfed(&Params::seeded(1))?;
    Ok([out.at(0), out.at(1)].map(|slopes| slopes.iter().map(|slope| slope.to_f64()).collect()))
}

fn draw(numbers: &[f64]) -> Result<Drawing> {
    let x = numbers[0];
    let mut xs: Vec<f64> = (-240..=240).map(|i| f64::from(i) / 4.0).collect();
    xs.push(x);
    let [engine, double] = slopes::<f64>(&xs)?;
    let [_, single] = slopes::<f32>(&xs)?;
    let last = xs.len() - 1;

    let mut figure = Figure::new(
        "The slope of the sigmoid at x",
        "The engine's slope falls in two straight lines on a logarithmic scale. The textbook's falls off it on the right side, in f32 before f64.",
        340.0,
    );
    let powers: Vec<i32> = (-25..=0).step_by(5).collect();
    let mut panel = figure.panel(
        [56.0, 60.0, 620.0, 288.0],
        Axis::new("x", (-60.0, 60.0), &[-60.0, -40.0, -20.0, 0.0, 20.0, 40.0, 60.0]),
        Axis::decades("slope", (1e-27, 1.0), &powers),
    );
    let curve = |slopes: &[f64]| -> Vec<(f64, f64)> {
        xs[..last]
            .iter()
            .copied()
            .zip(slopes.iter().map(|&slope| if slope > 0.0 { slope } else { f64::NAN }))
            .collect()
    };
    panel.line(SOLID, curve(&engine)).line(DOTTED, curve(&double)).line(DASHED, curve(&single));
    panel.area(GRAY, 0.6, (x - 0.15, 1.0), (x + 0.15, 1e-27));
    panel.dots(BLUE, true, [(x, engine[last])]);
    panel.label(BLUE, (46.0, 1e-20), (6.0, -8.0), "engine");
    panel.label(GREEN, (37.0, 1e-16), (6.0, -14.0), "y(1 − y), f64");
    panel.label(ORANGE, (17.0, 1e-7), (6.0, -10.0), "y(1 − y), f32");

    let words = format!(
        "At x = {} the slope is {}. Computed as y(1 − y) it is {} in f64 and {} in f32.",
        fixed(x, 1),
        power(engine[last], 2),
        power(double[last], 2),
        power(single[last], 2),
    );
    Ok(Drawing { svg: figure.to_svg(), words, said: vec![fixed(x, 1)] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_the_page_says() {
        let words = draw(&[17.0]).unwrap().words;
        assert_eq!(
            words,
            "At x = 17.0 the slope is 4.14e−8. Computed as y(1 − y) it is 4.14e−8 in f64 and 0 in f32."
        );
        assert!(draw(&[-40.0]).unwrap().words.ends_with("it is 4.25e−18 in f64 and 4.25e−18 in f32."));
    }
}
