//! The gradient check is proved: wrong derivatives are found, right ones are not taken for wrong. Rates
//! are printed; see them with `cargo test --test wrong_derivatives -- --nocapture`.

mod mutants;

use mutants::{End, Mutant, elementwise, end, formulas, tensors};
use std::collections::BTreeMap;

/// Checks mutants on two threads, in their order.
fn ends(all: &[Mutant], seed: u64) -> Vec<End> {
    let one = |mutant: &Mutant| match mutant.check(seed) {
        Ok(report) => end(&report),
        Err(error) => panic!("{}: {error}", mutant.name),
    };
    let (left, right) = all.split_at(all.len() / 2);
    let mut ends: Vec<End> = Vec::new();
    std::thread::scope(|scope| {
        let right = scope.spawn(|| right.iter().map(one).collect::<Vec<End>>());
        ends.extend(left.iter().map(one));
        ends.extend(right.join().expect("no check panics"));
    });
    ends
}

#[test]
fn every_wrong_derivative_is_found() {
    let all: Vec<Mutant> =
        [elementwise::all(), formulas::all(), tensors::all()].into_iter().flatten().collect();
    assert!(all.len() >= 200, "{}", all.len());
    let ends = ends(&all, 0);
    let mut classes: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut lived = Vec::new();
    for (mutant, end) in all.iter().zip(&ends) {
        let (killed, of) = classes.entry(mutant.class).or_default();
        *of += 1;
        match end {
            End::Killed => *killed += 1,
            end => lived.push(format!("{} ({}): {end:?}", mutant.name, mutant.class)),
        }
    }
    println!("{:30} killed of", "class");
    for (class, (killed, of)) in &classes {
        println!("{class:30} {killed:6} {of:3}");
    }
    println!("{:30} {:6} {:3}", "all", all.len() - lived.len(), all.len());
    assert!(lived.is_empty(), "{} of {} live:\n{}", lived.len(), all.len(), lived.join("\n"));
}

#[test]
fn nearly_every_fresh_one_is_found() {
    let all = elementwise::fresh(2024, 14);
    let sizes: Vec<f64> = all.iter().map(|(_, size)| *size).collect();
    let all: Vec<Mutant> = all.into_iter().map(|(mutant, _)| mutant).collect();
    let ends = ends(&all, 1);
    let killed = ends.iter().filter(|end| **end == End::Killed).count();
    for (mutant, end) in all.iter().zip(&ends).filter(|(_, end)| **end != End::Killed) {
        println!("{}: {end:?}", mutant.name);
    }
    for power in -9..0 {
        let of: Vec<End> = ends
            .iter()
            .zip(&sizes)
            .filter(|(_, size)| (size.log10().floor() as i32) == power)
            .map(|(end, _)| *end)
            .collect();
        println!("1e{power}: {} of {}", of.iter().filter(|end| **end == End::Killed).count(), of.len());
    }
    println!("fresh: {killed} of {}", all.len());
    assert!(killed * 100 >= all.len() * 99, "{killed} of {}", all.len());
}

#[test]
fn the_same_values_with_their_right_rules_pass() {
    for mutant in elementwise::right() {
        let report = mutant.check(3).expect("it runs");
        report.assert_ok();
    }
}
