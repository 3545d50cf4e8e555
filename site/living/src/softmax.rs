//! Three logits, their probabilities, and how the loss pulls at each.

use crate::said::{fixed, power};
use crate::{Control, Drawing, Living};
use gradus::plot::{Axis, BLUE, Figure, ORANGE};
use gradus::prelude::*;

const fn logit(name: &'static str, label: &'static str, start: f64) -> Control {
    Control { name, label, low: -20.0, high: 20.0, step: 0.1, start }
}

pub const LIVING: Living = Living {
    page: "softmax",
    lead: "Add the same to all three: nothing changes. Then make the model sure and wrong, and see how hard the loss pulls. \
           Class A is the right one.",
    controls: &[logit("a", "logit of A", 1.0), logit("b", "logit of B", 2.0), logit("c", "logit of C", 3.0)],
    draw,
};

/// Probabilities, the gradient of the loss in the logits, and the loss.
fn computed(logits: &[f64]) -> Result<[Vec<f64>; 3]> {
    let g = Graph::new();
    let z = g.value(Tensor::new([1, logits.len()], logits.to_vec())?);
    let right = g.labels("right", [1], logits.len());
    let loss = z.softmax_cross_entropy(right);
    let mut program = g.compile::<f64>([z.softmax(-1), loss.grad(z), loss])?;
    let out = program.run(&Params::seeded(1), [right.feed(&Tensor::new([1], vec![0])?)])?;
    Ok([0, 1, 2].map(|place| out.at(place).iter().copied().collect()))
}

fn draw(numbers: &[f64]) -> Result<Drawing> {
    let [shares, pulls, loss] = computed(numbers)?;
    let mut figure = Figure::new(
        "Three logits, their shares and pulls",
        "Two panels of three bars. Left the probability of each class, together 1; right the gradient of the loss in each logit, together 0.",
        340.0,
    );
    let names = [(0.5, "A, right"), (1.5, "B"), (2.5, "C")];
    // Below −1 there is room for the number of a bar that ends there.
    let panels = [
        ([40.0, 310.0], (0.0, 1.0), [0.0, 0.5, 1.0], "probability", &shares, BLUE),
        ([370.0, 630.0], (-1.2, 1.0), [-1.0, 0.0, 1.0], "gradient of the loss in the logit", &pulls, ORANGE),
    ];
    for ([left, right], ends, ticks, title, values, color) in panels {
        let mut panel = figure.panel(
            [left, 64.0, right, 288.0],
            Axis::named("", (0.0, 3.0), &names),
            Axis::new(title, ends, &ticks),
        );
        for (place, &value) in values.iter().enumerate() {
            let at = place as f64;
            panel.area(color, 1.0, (at + 0.2, 0.0), (at + 0.8, value));
            let above = if value < 0.0 { 15.0 } else { -5.0 };
            panel.note((at + 0.2, value), (0.0, above), &power(value, 2));
        }
    }
    let words = format!(
        "The probabilities are {}, {} and {}. With A right, the loss is {}, and its gradient in the logits {}, {} and {}.",
        power(shares[0], 2),
        power(shares[1], 2),
        power(shares[2], 2),
        power(loss[0], 2),
        power(pulls[0], 2),
        power(pulls[1], 2),
        power(pulls[2], 2),
    );
    Ok(Drawing { svg: figure.to_svg(), words, said: numbers.iter().map(|&logit| fixed(logit, 1)).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_to_one_and_pulls_to_nothing() {
        for logits in [[1.0, 2.0, 3.0], [-20.0, 20.0, 0.0], [20.0, -20.0, 20.0]] {
            let [shares, pulls, loss] = computed(&logits).unwrap();
            assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-15);
            assert!(pulls.iter().sum::<f64>().abs() < 1e-15);
            assert!((loss[0] + shares[0].ln()).abs() < 1e-12);
        }
    }
}
