//! Cases for every row of the table of elementwise operations, made from the facts in the row.

use super::{Case, case, numbers};
use gradus::op::{Map, Real};
use gradus::table::Interval;
use gradus::{Shape, Tensor};

/// Points of a lattice that differs by argument: two arguments are never closer than 0.2, and none
/// is closer to zero than 0.1, nor closer than 0.25 to an end of its domain.
fn points((low, high): Interval, argument: usize) -> Vec<f64> {
    let all = (-4..=5).map(|j| 0.6 * f64::from(j) + 0.2 * argument as f64 + 0.1);
    all.filter(|&x| x > low + 0.25 && x < high - 0.25).collect()
}

/// A tensor of a row's argument inside its domain.
pub fn sample(map: Map, argument: usize, shape: &[usize]) -> Tensor<f64> {
    let points = points(map.domain()[argument], argument);
    let mut i = 0..;
    Tensor::from_fn(shape, |_| points[(3 * i.next().unwrap_or(0) + 2 * argument + 1) % points.len()])
}

/// The arguments' shapes: equal, broadcasting, with axes of size 1, scalar and empty.
fn shapes(arguments: usize) -> Vec<Vec<&'static [usize]>> {
    match arguments {
        1 => vec![vec![&[2, 3]], vec![&[]], vec![&[0, 3]], vec![&[1, 3]], vec![&[2, 1, 2]]],
        2 => vec![
            vec![&[2, 3], &[2, 3]],
            vec![&[2, 1], &[1, 3]],
            vec![&[], &[3]],
            vec![&[], &[]],
            vec![&[0, 3], &[3]],
            vec![&[1, 2], &[2, 1, 1]],
        ],
        _ => vec![
            vec![&[2, 3], &[2, 3], &[2, 3]],
            vec![&[2, 1], &[1, 3], &[]],
            vec![&[], &[3], &[2, 1]],
            vec![&[], &[], &[]],
            vec![&[0, 3], &[], &[3]],
        ],
    }
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for &map in Map::ALL {
        for shapes in shapes(map.args().len()) {
            let inputs: Vec<Tensor<f64>> =
                shapes.iter().enumerate().map(|(i, shape)| sample(map, i, shape)).collect();
            let list: Vec<String> = shapes.iter().map(|&shape| Shape::from(shape).to_string()).collect();
            let name = format!("{} of {}", map.name(), list.join(" and "));
            cases.push(case(name, inputs, move |_, x, _| Real::row(map, x)));
        }
    }
    let two = || [numbers([2, 3], 0), numbers([2, 3], 3).map(|x| x + 0.11)];
    cases.extend([
        case("select by a comparison", two(), |_, x, _| x[0].gt(0.0).select(x[0] * x[1], x[1].exp())),
        case("select by a mask that repeats", two(), |_, x, _| {
            x[0].slice(0, ..1).lt(x[1].slice(0, 1..)).select(x[0].square(), x[1])
        }),
        case("equal indices as numbers", two(), |_, x, _| x[0].eq(x[0]) * x[1] + x[0].ne(x[1])),
        case("greater and at least", two(), |_, x, _| x[0].gt(x[1]) * x[0] + x[0].ge(0.5) * x[1]),
        case("leaky relu on both sides", two(), |_, x, _| x[0].leaky_relu(0.1)),
        case("sign times the value", two(), |_, x, _| x[0].sign() * x[0] + x[1].step() * x[1]),
        case("a value used many times", two(), |_, x, _| x[0] * x[0] * x[0] + x[0] / x[1] - x[0].sin()),
        case("numbers on either side", two(), |_, x, _| {
            (2.0 - x[0]) * 0.5 + (1.0 + x[1]).square() / 4.0 - 3.0 * x[0]
        }),
        case("the reciprocal", [numbers([3], 1)], |_, x, _| x[0].recip() + 2.0 / x[0].square()),
        case("a power of a number of either sign", [numbers([4], 1)], |_, x, _| {
            x[0].pow(3.0) + x[0].pow(2.0)
        }),
        case("a detached factor", two(), |_, x, _| x[0].detach() * x[1] + x[0].tanh()).estimate(),
        case("a step with a straight-through rule", [numbers([5], 2)], |g, x, _| {
            g.custom("straight_through", x[0].step(), &[x[0]], |_, _, ct| vec![ct])
        })
        .estimate(),
        case("a product with its own right rule", two(), |g, x, _| {
            g.custom("product", x[0] * x[1], x, |x, _, ct| vec![ct * x[1], ct * x[0]])
        }),
        case("a custom value of a custom value", two(), |g, x, _| {
            let y = g.custom("sine", x[0].sin(), &[x[0]], |x, _, ct| vec![ct * x[0].cos()]);
            g.custom("exponential", y.exp(), &[y], |_, y, ct| vec![ct * y]) * x[1]
        }),
        case("a constant that the inputs do not reach", two(), |g, x, _| {
            g.value(numbers([2, 3], 6)) + x[0].zeros_like() + x[1].ones_like() + x[0].full_like(2.5)
        }),
        case("a parameter", two(), |g, x, _| g.param(&super::store::<f64>().1) * x[0] + x[1]),
    ]);
    cases
}
