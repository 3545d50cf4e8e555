//! The check of a row of the table, by what the row says of itself. Floor 7.

use super::elementwise::{Elementwise, elementwise};
use crate::graph::Var;
use crate::op::{Map, Real};

/// Checks a row of the table in its first argument, by what the row says of itself; see [`op_in`] for
/// its others.
///
/// ```
/// use gradus::{gradcheck::op, op::Map};
/// op(Map::Gelu).order(2).run()?.assert_ok();
/// # Ok::<(), gradus::Error>(())
/// ```
#[track_caller]
pub fn op(map: Map) -> Elementwise<'static> {
    of(map, 0, &others(map, 0), format!("op(Map::{map:?})"))
}

/// Checks a row of the table in one of its arguments. The others are those of its first kink, or lie
/// inside their domains, where the row depends on the one that is checked. Running it is an error if the
/// row has no such argument.
///
/// ```
/// use gradus::{gradcheck::op_in, op::Map};
/// // The learned slope of a leaky rectifier: to the left of 0, where it counts.
/// op_in(Map::LeakyRelu, 1).run()?.assert_ok();
/// # Ok::<(), gradus::Error>(())
/// ```
#[track_caller]
pub fn op_in(map: Map, argument: usize) -> Elementwise<'static> {
    of(map, argument, &others(map, argument), format!("op_in(Map::{map:?}, {argument})"))
}

/// Checks a row of the table in one of its arguments, with the others as they are here; what stands in
/// the place of the one that is checked does not count.
#[track_caller]
pub fn op_at(map: Map, argument: usize, at: &[f64]) -> Elementwise<'static> {
    of(map, argument, at, format!("op_at(Map::{map:?}, {argument}, &{at:?})"))
}

#[track_caller]
fn of(map: Map, argument: usize, others: &[f64], code: String) -> Elementwise<'static> {
    let count = map.args().len();
    if argument >= count || others.len() != count {
        let name = map.name();
        let problem = match argument >= count {
            true => format!("{name} has no argument {argument}: there are {count}"),
            false => format!("{name} has {count} arguments, not {}", others.len()),
        };
        let mut check = elementwise(name, |x| x);
        check.problem = Some(problem);
        return check;
    }
    let at: Vec<f64> = others.to_vec();
    let mut check = elementwise(map.name(), move |x| record(map, argument, &at, x));
    check.row = Some(code);
    check.domain = map.domain()[argument];
    for kink in map.kinks() {
        let same = (0..count).all(|i| i == argument || kink.at[i] == others[i]);
        let bends = kink.between[argument].0 != kink.between[argument].1;
        if same && (bends || !jumpless(map, argument, kink.at)) {
            check.kinks.push((kink.at[argument], kink.slopes[argument]));
        }
    }
    if map.flat(argument) {
        check.dead = vec![check.domain];
    } else if argument == 0 {
        check.dead = map.dead().to_vec();
    }
    check
}

/// Returns the arguments of a row beside the one that is probed.
fn others(map: Map, argument: usize) -> Vec<f64> {
    let count = map.args().len();
    let kink = map.kinks().first().map(|kink| kink.at.to_vec());
    let inside: Vec<f64> = (0..count).map(|i| 0.75 + 0.5 * i as f64).collect();
    let left = (0..count).map(|i| if i == 0 { -inside[0] } else { inside[i] }).collect();
    let candidates: Vec<Vec<f64>> = kink.into_iter().chain([inside, left]).collect();
    // Nothing would be checked if the row did not depend on the argument at all.
    let counts = |at: &&Vec<f64>| {
        [-1.7, -0.3, 0.3, 1.7].into_iter().any(|x| {
            let mut at = at.to_vec();
            let Some(place) = at.get_mut(argument) else { return true };
            *place = x;
            let (low, high) = map.domain()[argument];
            let slope = || map.slope(argument, &at, map.value(&at));
            x > low && x < high && slope().is_none_or(|slope| slope != 0.0)
        })
    };
    let chosen = candidates.iter().find(counts).or(candidates.first());
    chosen.cloned().unwrap_or_default()
}

fn record<'g>(map: Map, argument: usize, others: &[f64], x: Var<'g>) -> Var<'g> {
    let arg = |i: usize| if i == argument { x } else { x.full_like(others[i]) };
    let args: Vec<Var<'g>> = (0..others.len()).map(arg).collect();
    Real::row(map, &args)
}

/// Tells whether a row's value is continuous in an argument at a point.
fn jumpless(map: Map, argument: usize, at: &[f64]) -> bool {
    let value = |x: f64| {
        let mut at = at.to_vec();
        at[argument] = x;
        map.value(&at)
    };
    let x = at[argument];
    (value(x.next_up()) - value(x.next_down())).abs() <= 1e-12 * value(x).abs().max(1.0)
}
