//! The network of the page on dead units, trained at a rate of the reader's choice.

use crate::said::{fixed, percent};
use crate::{Control, Drawing, Living};
use gradus::data::{Standardizer, moons};
use gradus::plot::{Axis, Figure, ORANGE};
use gradus::prelude::*;

const POINTS: usize = 100;
const UNITS: usize = 16;
const STEPS: u64 = 200;
/// Steps from one look to the next.
const LOOK: u64 = 4;

pub const LIVING: Living = Living {
    page: "dead_units",
    lead: "Two moons, two hidden layers of 16 rectifiers, 200 steps. Turn up the rate and watch units die; then take \
           other networks at the same rate.",
    controls: &[
        Control { name: "rate", label: "learning rate", low: -1.0, high: 1.0, step: 0.05, start: 0.3 },
        Control { name: "network", label: "network", low: 1.0, high: 20.0, step: 1.0, start: 10.0 },
    ],
    draw,
};

/// What became of a network: which units were dead at each look, and the end.
struct Run {
    film: Vec<Vec<bool>>,
    dead: Vec<usize>,
    revived: usize,
    accuracy: f64,
    loss: f64,
}

fn train(rate: f64, seed: u64) -> Result<Run> {
    let (points, label) = moons::<f64>(POINTS, 0.1, seed)?;
    let points = Standardizer::fit(&points)?.apply(&points)?;
    let mut params = Params::<f64>::seeded(seed);
    let net = Mlp::new(&mut params, "net", &[2, UNITS, UNITS, 2]);
    let g = Graph::new();
    let (x, labels) = (g.input("x", [POINTS, 2]), g.labels("label", [POINTS], 2));
    let logits = net.forward(x);
    let loss = logits.softmax_cross_entropy(labels);
    let accuracy = logits.argmax(-1).squeeze(-1).agrees_with(labels).mean(..);
    let mut step = g.training(loss, Sgd::new(rate)).emit(accuracy).compile(&mut params)?;
    step.watch(loss, LOOK)?.window(1);
    let mut run = Run { film: Vec::new(), dead: Vec::new(), revived: 0, accuracy: 0.0, loss: 0.0 };
    for i in 0..=STEPS {
        let out = step.run(&mut params, [x.feed(&points), labels.feed(&label)])?;
        (run.accuracy, run.loss) = (out[accuracy].item(), out[loss].item());
        if i % LOOK == 0 {
            let units = step.health().layers.into_iter().flat_map(|layer| layer.units);
            run.film.push(units.map(|unit| unit.dead).collect());
        }
    }
    let health = step.health();
    run.dead = health.layers.iter().map(|layer| layer.dead()).collect();
    run.revived = health.layers.iter().map(|layer| layer.revived()).sum();
    Ok(run)
}

fn draw(numbers: &[f64]) -> Result<Drawing> {
    // The scale of the control is logarithmic; two digits are enough to say.
    let rate = (libm::pow(10.0, numbers[0]) * 100.0).round() / 100.0;
    let seed = numbers[1].round() as u64;
    let run = train(rate, seed)?;

    let mut figure = Figure::new(
        "Units dying, step by step",
        "A row for each unit of two layers, a column for every fourth step. A row is filled from the step on at which its unit is dead, and for as long.",
        340.0,
    );
    for layer in 0..2 {
        let (left, right) = if layer == 0 { (40.0, 310.0) } else { (350.0, 620.0) };
        let title = format!("layer {}: {} of {UNITS} dead at the end", layer + 1, run.dead[layer]);
        let mut panel = figure.panel(
            [left, 64.0, right, 288.0],
            Axis::new("step", (0.0, (STEPS + LOOK) as f64), &[0.0, 50.0, 100.0, 150.0, 200.0]),
            Axis::named(&title, (UNITS as f64, 0.0), &[(0.5, "1"), (UNITS as f64 - 0.5, "16")]),
        );
        for unit in 0..UNITS {
            let mut begin = None;
            for look in 0..=run.film.len() {
                let dead = run.film.get(look).is_some_and(|units| units[layer * UNITS + unit]);
                let step = (look as u64 * LOOK) as f64;
                match (dead, begin) {
                    (true, None) => begin = Some(step),
                    (false, Some(from)) => {
                        panel.area(ORANGE, 1.0, (from, unit as f64 + 0.12), (step, unit as f64 + 0.88));
                        begin = None;
                    }
                    _ => {}
                }
            }
        }
    }
    // A drawing with no dead unit still has its frame to look at.
    let loss = if run.loss.is_finite() { fixed(run.loss, 3) } else { "no longer finite".into() };
    let words = format!(
        "At rate {rate}, network {seed} ends with {} of {UNITS} units dead in the first layer and {} of {UNITS} in the second; \
         {} came back on the way. It tells {} of the points apart; its loss is {loss}.",
        run.dead[0],
        run.dead[1],
        run.revived,
        percent(run.accuracy),
    );
    Ok(Drawing { svg: figure.to_svg(), words, said: vec![rate.to_string(), seed.to_string()] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gentle_rate_kills_nothing_in_the_first_layer_and_a_high_one_does() {
        let dead = |rate| (1..=20).map(|seed| train(rate, seed).unwrap().dead[0]).sum::<usize>();
        assert_eq!(dead(0.1), 0);
        assert!(dead(5.0) > 20 * UNITS / 4);
    }
}
