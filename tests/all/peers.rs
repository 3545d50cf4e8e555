//! What was measured of other libraries by the scripts of `tests/reference`, beside what Gradus computes. A new
//! measurement shows as a difference of the documents that are made of it.

use gradus::op::{Map, Real};
use gradus::prelude::*;

/// A file that a script has written: the versions, and lines of words.
pub struct Measured {
    versions: Vec<(String, String)>,
    lines: Vec<Vec<String>>,
}

impl Measured {
    fn of(text: &str) -> Self {
        let mut lines = text.lines();
        let head = lines.next().and_then(|line| line.strip_prefix("# ")).expect("the versions");
        let versions = head.split(' ').map(|each| each.split_once("==").expect("a name and a version"));
        Measured {
            versions: versions.map(|(name, version)| (name.into(), version.into())).collect(),
            lines: lines.map(|line| line.split(' ').map(str::to_string).collect()).collect(),
        }
    }

    /// The libraries, each with its version, as they call themselves.
    pub fn libraries(&self) -> Vec<String> {
        let own = |name: &str| match name {
            "torch" => "PyTorch".to_string(),
            "jax" => "JAX".into(),
            "mlx" => "MLX".into(),
            "flax" => "Flax".into(),
            "optax" => "Optax".into(),
            "keras" => "Keras".into(),
            "numpy" => "NumPy".into(),
            _ => name.into(),
        };
        self.versions.iter().map(|(name, version)| format!("{} {version}", own(name))).collect()
    }
}

/// The slopes at kinks.
pub fn kinks() -> Measured {
    Measured::of(include_str!("../reference/kinks.txt"))
}

/// One point of the table of kinks: what stands in front of the libraries' cells, and these.
pub struct Point {
    pub name: String,
    pub at: Vec<f64>,
    /// What Gradus computes: in the first argument, or in all where all are tensors.
    pub slopes: Vec<f64>,
    pub libraries: Vec<Vec<f64>>,
}

/// Every point that was measured, with what Gradus computes there.
pub fn points(measured: &Measured) -> Vec<Point> {
    let numbers = |words: &str| -> Vec<f64> {
        let of = |word: &str| word.parse().expect("a number");
        if words == "-" { Vec::new() } else { words.split(',').map(of).collect() }
    };
    let point = |line: &Vec<String>| {
        let (name, at) = (line[0].clone(), numbers(&line[1]));
        let row = name.split('/').next().unwrap_or_default();
        let map = *Map::ALL.iter().find(|map| map.name() == row).expect("a row of the table");
        let libraries: Vec<Vec<f64>> = line[2..].iter().map(|words| numbers(words)).collect();
        let all = libraries.iter().any(|slopes| slopes.len() > 1);
        let g = Graph::new();
        let args: Vec<Var<'_>> = at
            .iter()
            .enumerate()
            .map(|(i, &x)| if i == 0 || all { g.value(x) } else { g.constant(x) })
            .collect();
        let wanted = if all { &args[..] } else { &args[..1] };
        let slopes = Real::row(map, &args).grads(wanted).into_iter();
        let slopes = slopes.map(|slope| slope.eval::<f64>().expect("it runs").item()).collect();
        Point { name, at, slopes, libraries }
    };
    measured.lines.iter().map(point).collect()
}

/// Points whose slopes are not PyTorch's, with the reason.
const UNLIKE: [(&str, &str); 2] = [
    (
        "clamp/tensors",
        "the slope at a bound is the bound's; PyTorch has one rule for numbers and another for tensors",
    ),
    (
        "maximum/number",
        "a tie shares the slope, as PyTorch's `maximum` has it; for a number it has `clamp_min`, a clamp",
    ),
];

#[test]
fn slopes_at_kinks_are_pytorchs() {
    let measured = kinks();
    let points = points(&measured);
    for point in &points {
        let own: Vec<f64> = point.slopes.iter().map(|slope| (slope * 1e6).round() / 1e6).collect();
        let unlike = UNLIKE.iter().any(|(name, _)| *name == point.name);
        let pytorch = &point.libraries[0];
        assert!(
            unlike || pytorch.is_empty() || *pytorch == own,
            "{} at {:?}: {own:?}, and PyTorch has {pytorch:?}",
            point.name,
            point.at
        );
    }
    // What is said to differ does.
    for (name, _) in UNLIKE {
        assert!(
            points.iter().any(|point| point.name == name && point.libraries[0] != point.slopes),
            "{name}"
        );
    }
    // A new row with a kink has to be measured.
    for map in Map::ALL.iter().filter(|map| !Map::SLOPES.contains(map)) {
        for kink in map.kinks() {
            let known = points.iter().any(|point| point.name == map.name() && point.at == kink.at);
            assert!(
                known,
                "{} at {:?} was not measured by tests/reference/measure_kinks.py",
                map.name(),
                kink.at
            );
        }
    }
}
