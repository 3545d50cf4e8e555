//! Random graphs over the whole alphabet: whatever passes, element type, instruction set and threads, a program computes
//! what the interpreter says.
//!
//! `GRADUS_GRAPHS=2000000 cargo test --profile checked --test all differential -- --nocapture` runs as many graphs as one
//! likes, from the number `GRADUS_FIRST` on, on all processors; it says how far it is, and of a fault all that is needed
//! to see it again. `fuzz/` has the same graphs for `cargo fuzz`.

use crate::random::choices::Mixer;
use crate::random::{self, ALL, Count, Effort};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// One of this many graphs is run in every way, the others in some that are drawn.
const EVERY: u64 = 64;
const SOME: Effort = Effort { compilations: 2, runs: 2 };

fn effort(number: u64) -> Effort {
    if number.is_multiple_of(EVERY) { ALL } else { SOME }
}

/// The text of a fault, with bytes that show it and are as few as could be found.
fn report(number: u64, fault: &str) -> String {
    let (bytes, smaller) = random::smaller(&Mixer::bytes(number), effort(number));
    format!("graph {number}: {fault}\nsmaller: {smaller}\n{bytes:?}\n{}", random::show(&bytes))
}

/// Judges graphs by their numbers on so many threads.
#[track_caller]
fn judge(first: u64, graphs: u64, jobs: usize) {
    let (next, faults, all) = (AtomicU64::new(first), Mutex::new(Vec::new()), Mutex::new(Count::default()));
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let enough = faults.lock().map_or(true, |faults| faults.len() >= 3);
                    if number >= first + graphs || enough {
                        return;
                    }
                    let verdict = random::judge_caught(&Mixer::bytes(number), effort(number));
                    let Ok(mut all) = all.lock() else { return };
                    match verdict {
                        Ok(count) => all.add(count),
                        Err(fault) => {
                            drop(all);
                            eprintln!("graph {number}: {fault}");
                            let report = report(number, &fault);
                            faults.lock().expect("nobody panics with it").push(report);
                            continue;
                        }
                    }
                    if graphs > 10_000 && (number + 1 - first).is_multiple_of(10_000) {
                        eprintln!("{:7.1} s, up to {number}: {all:?}", start.elapsed().as_secs_f64());
                    }
                }
            });
        }
    });
    println!("{:.1} s: {:?}", start.elapsed().as_secs_f64(), all.lock().expect("nobody panics with it"));
    let few = all.lock().map_or(true, |all| all.masked * 20 < graphs);
    let faults = faults.into_inner().expect("nobody panics with it");
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
    assert!(!few || graphs < 1000, "one in twenty graphs has a NaN or ∞ behind a mask");
}

#[test]
fn many_random_graphs_compute_what_the_interpreter_says() {
    let asked = |name: &str| std::env::var(name).ok().and_then(|number| number.parse::<u64>().ok());
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    match asked("GRADUS_GRAPHS") {
        Some(graphs) => judge(asked("GRADUS_FIRST").unwrap_or(0), graphs, jobs),
        None => judge(0, 3000, jobs),
    }
}
