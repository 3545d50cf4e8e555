//! The gradient check is proved: wrong derivatives are found, right ones are not taken for wrong. Rates
//! are printed.

mod mutants;
mod tables;

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
    let mut table = format!("wrong derivatives\n{:30} killed of\n", "class");
    classes.insert("all", (all.len() - lived.len(), all.len()));
    for (class, (killed, of)) in &classes {
        table += &format!("{class:30} {killed:6} {of:3}\n");
    }
    tables::print(&table);
    assert!(lived.is_empty(), "{} of {} live:\n{}", lived.len(), all.len(), lived.join("\n"));
}

#[test]
fn nearly_every_fresh_one_is_found() {
    let all = elementwise::fresh(2024, 14);
    let sizes: Vec<f64> = all.iter().map(|(_, size)| *size).collect();
    let all: Vec<Mutant> = all.into_iter().map(|(mutant, _)| mutant).collect();
    let ends = ends(&all, 1);
    let killed = ends.iter().filter(|end| **end == End::Killed).count();
    let mut table = String::from("fresh wrong derivatives\noff by    killed of\n");
    for power in -9..0 {
        let within = |size: f64| size.log10().floor() as i32 == power;
        let of: Vec<End> =
            ends.iter().zip(&sizes).filter(|(_, size)| within(**size)).map(|(end, _)| *end).collect();
        let killed = of.iter().filter(|end| **end == End::Killed).count();
        table += &format!("1e{power}      {killed:6} {:3}\n", of.len());
    }
    table += &format!("all       {killed:6} {:3}\n", all.len());
    for (mutant, end) in all.iter().zip(&ends).filter(|(_, end)| **end != End::Killed) {
        table += &format!("{}: {end:?}\n", mutant.name);
    }
    tables::print(&table);
    assert!(killed * 100 >= all.len() * 99, "{killed} of {}", all.len());
}

#[test]
fn the_same_values_with_their_right_rules_pass() {
    for mutant in elementwise::right() {
        let report = mutant.check(3).expect("it runs");
        report.assert_ok();
    }
}
