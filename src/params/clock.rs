//! `Clocks`: the number of steps of each training, which schedules follow.

use std::sync::Arc;

/// The number of steps that each training of a store has taken, by the training's key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clocks {
    /// The steps from which a training counts that is not known: 0, or all steps of a file of before trainings had
    /// counts of their own.
    start: u64,
    steps: Vec<(Arc<str>, u64)>,
}

impl Clocks {
    pub(crate) fn new(start: u64, steps: Vec<(Arc<str>, u64)>) -> Self {
        Clocks { start, steps }
    }

    pub(crate) fn start(&self) -> u64 {
        self.start
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.steps.iter().map(|(key, steps)| (&**key, *steps))
    }

    pub(crate) fn steps(&self, key: &Arc<str>) -> u64 {
        self.steps.iter().find(|(known, _)| same(known, key)).map_or(self.start, |(_, steps)| *steps)
    }

    pub(crate) fn set(&mut self, key: &Arc<str>, steps: u64) {
        match self.steps.iter_mut().find(|(known, _)| same(known, key)) {
            Some((_, known)) => *known = steps,
            None => self.steps.push((key.clone(), steps)),
        }
    }
}

/// Tells whether two keys are equal. Mostly both are the same string.
fn same(a: &Arc<str>, b: &Arc<str>) -> bool {
    Arc::ptr_eq(a, b) || a == b
}

/// The key of a training without a name: the parameters that it trains, in alphabetical order. It is one line.
pub(crate) fn clock_key<'a>(trained: impl Iterator<Item = &'a str>) -> Arc<str> {
    let mut names: Vec<&str> = trained.collect();
    names.sort_unstable();
    format!("{names:?}").into()
}

/// The key of a training with a name. It is one line.
pub(crate) fn named_key(name: &str) -> Arc<str> {
    format!("{name:?}").into()
}
