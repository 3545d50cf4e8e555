//! The point sets of the playground, standardized, some of them kept for testing.

use gradus::data::{Standardizer, blobs, moons, noise, spirals, split};
use gradus::prelude::*;

/// How many points there are to learn from, and how many to judge by.
pub const TRAIN: usize = 200;
pub const TEST: usize = 100;

/// A set of points: its name in the address, what it is called, its classes, the noise it begins with.
pub struct Set {
    pub key: &'static str,
    pub name: &'static str,
    pub classes: usize,
    pub noise: f64,
    place: fn(f64, u64) -> Result<(Tensor<f32>, Tensor<usize>)>,
}

pub static SETS: &[Set] = &[
    Set {
        key: "moons",
        name: "two moons",
        classes: 2,
        noise: 0.1,
        place: |noise, seed| moons(ALL, noise, seed),
    },
    Set { key: "circles", name: "circle in a ring", classes: 2, noise: 0.1, place: circles },
    Set { key: "xor", name: "exclusive or", classes: 2, noise: 0.05, place: corners },
    Set {
        key: "spirals",
        name: "two spirals",
        classes: 2,
        noise: 0.02,
        place: |noise, seed| spirals(ALL, 2, noise, seed),
    },
    Set {
        key: "arms",
        name: "three spirals",
        classes: 3,
        noise: 0.02,
        place: |noise, seed| spirals(ALL, 3, noise, seed),
    },
    Set {
        key: "blobs",
        name: "three clouds",
        classes: 3,
        noise: 0.3,
        place: |noise, seed| blobs(ALL, 3, noise, seed),
    },
];

const ALL: usize = TRAIN + TEST;

/// Points with their labels, to learn from and to judge by.
pub struct Points {
    pub train: (Tensor<f32>, Tensor<usize>),
    pub test: (Tensor<f32>, Tensor<usize>),
}

impl Set {
    pub fn points(&self, noise: f64, seed: u64) -> Result<Points> {
        let (points, labels) = (self.place)(noise, seed)?;
        let (train, test) = split(ALL, TEST as f64 / ALL as f64, seed)?;
        // What the test's points are like is not known before.
        let scale = Standardizer::fit(&points.take(&train)?)?;
        let part = |rows: &[usize]| Ok((scale.apply(&points.take(rows)?)?, labels.take(rows)?));
        Ok(Points { train: part(&train)?, test: part(&test)? })
    }
}

/// A disk of radius ½ and a ring of radius 1 around it.
fn circles(deviation: f64, seed: u64) -> Result<(Tensor<f32>, Tensor<usize>)> {
    let angle = noise::<f64>([ALL], seed, 0);
    scattered(deviation, seed, |i| {
        let (label, turn) = (i % 2, std::f64::consts::TAU * angle.data()[i]);
        let radius = if label == 0 { 0.4 } else { 1.0 };
        ([radius * libm::cos(turn), radius * libm::sin(turn)], label)
    })
}

/// A square, its quarters labeled as the exclusive or of their signs.
fn corners(deviation: f64, seed: u64) -> Result<(Tensor<f32>, Tensor<usize>)> {
    let place = noise::<f64>([ALL, 2], seed, 0).map(|u| 2.0 * u - 1.0);
    scattered(deviation, seed, |i| {
        let at = [place[[i, 0]], place[[i, 1]]];
        (at, usize::from(at[0] * at[1] > 0.0))
    })
}

/// Points as they are placed, each moved by normal noise.
fn scattered(
    deviation: f64,
    seed: u64,
    place: impl Fn(usize) -> ([f64; 2], usize),
) -> Result<(Tensor<f32>, Tensor<usize>)> {
    let moved: Tensor<f64> = Init::Normal(deviation).sample([ALL, 2], Params::<f64>::seeded(seed).rng());
    let points = Tensor::from_fn([ALL, 2], |at| (place(at[0]).0[at[1]] + moved[[at[0], at[1]]]) as f32);
    Ok((points, (0..ALL).map(|i| place(i).1).collect::<Vec<_>>().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_has_its_classes_in_both_parts_and_fits_the_map() {
        for set in SETS {
            let points = set.points(set.noise, 1).unwrap();
            assert_eq!((points.train.1.len(), points.test.1.len()), (TRAIN, TEST), "{}", set.name);
            for (at, labels) in [&points.train, &points.test] {
                for class in 0..set.classes {
                    let count = labels.iter().filter(|&&label| label == class).count();
                    assert!(count >= 20, "{}: {count} of class {class}", set.name);
                }
                assert!(at.iter().all(|x| x.abs() < super::super::REACH as f32), "{}", set.name);
            }
        }
    }

    #[test]
    fn another_seed_gives_other_points_and_no_noise_none() {
        for set in SETS {
            let first = |noise, seed| set.points(noise, seed).unwrap().train.0;
            assert_eq!(first(0.1, 1), first(0.1, 1), "{}", set.name);
            assert_ne!(first(0.1, 1), first(0.1, 2), "{}", set.name);
            assert_ne!(first(0.1, 1), first(0.0, 1), "{}", set.name);
        }
    }
}
