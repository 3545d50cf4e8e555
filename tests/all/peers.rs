//! Figures of other libraries, measured by the scripts of `tests/reference`, beside what Gradus computes. A new
//! measurement shows as a difference of the documents that are made of it.

use gradus::Feed;
use gradus::op::{Map, Real};
use gradus::prelude::*;

/// A file that a script has written: the versions, and lines of words.
pub struct Measured {
    versions: Vec<(String, String)>,
    lines: Vec<Vec<String>>,
}

impl Measured {
    pub fn of(text: &str) -> Self {
        let mut lines = text.lines();
        let head = lines.next().and_then(|line| line.strip_prefix("# ")).expect("the versions");
        let versions = head.split(' ').map(|each| each.split_once("==").expect("a name and a version"));
        Measured {
            versions: versions.map(|(name, version)| (name.into(), version.into())).collect(),
            lines: lines.map(|line| line.split(' ').map(str::to_string).collect()).collect(),
        }
    }

    /// The lines of words.
    pub fn lines(&self) -> &[Vec<String>] {
        &self.lines
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
    /// The slope that Gradus computes: in the first argument, or in all where all are tensors.
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
const UNLIKE: [(&str, &str); 3] = [
    (
        "clamp/tensors",
        "the slope at a bound is the bound's; PyTorch has one rule for numbers and another for tensors",
    ),
    (
        "maximum/number",
        "a tie shares the slope, as PyTorch's `maximum` has it; for a number it has `clamp_min`, a clamp",
    ),
    ("hypot", "of the slopes of all sides the smallest, as of `norm`; PyTorch has NaN, 0 / 0"),
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
    // Rows that are said to differ do.
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

/// A number of another library that is not true.
struct Wrong {
    library: String,
    call: String,
    what: String,
    dtype: String,
    found: String,
    truth: f64,
}

/// The computation: as the scripts call it, in words, and the same in Gradus.
const COMPUTED: &[(&str, &str, for<'g> fn(&'g Graph) -> Var<'g>)] = &[
    ("sigmoid(-17)", "σ(−17)", |g| g.value(-17.0).sigmoid()),
    ("sigmoid(-37)", "σ(−37)", |g| g.value(-37.0).sigmoid()),
    ("silu(-20)", "swish of −20", |g| g.value(-20.0).silu()),
    ("elu(-1e-8)", "ELU of −1e-8", |g| g.value(-1e-8).elu(1.0)),
    ("elu_slope(0)", "slope of ELU at 0, where both sides have 1", |g| {
        let x = g.value(0.0);
        x.elu(1.0).grad(x)
    }),
    ("gelu(-6)", "exact GELU of −6", |g| g.value(-6.0).gelu()),
    ("max(1,NaN)", "largest of 1 and NaN", |g| g.value(tensor![1.0, f64::NAN]).max(..)),
    ("mean", "mean of a million times 0.1", |g| g.value(Tensor::full([1_000_000], 0.1)).mean(..)),
    ("column_mean", "mean of a column of a million times 0.1, beside another", |g| {
        g.value(Tensor::full([1_000_000, 2], 0.1)).mean(0).slice(1, ..1)
    }),
    ("normalized", "10000 of 10000 … 10003, normalized, ε = 1e-5", |g| normalized(g, 1e-5)),
    ("normalized_1e-6", "10000 of 10000 … 10003, normalized, ε = 1e-6", |g| normalized(g, 1e-6)),
    ("normalized_by_deviation", "10000 of 10000 … 10003, less the mean, over the deviation", |g| {
        normalized(g, 0.0)
    }),
    ("log_softmax(0,20,200)", "log-softmax of (0, 20, 200), the first", |g| {
        g.value(tensor![0.0, 20.0, 200.0]).log_softmax(0).slice(0, ..1)
    }),
    ("exp2(13)", "2¹³", |g| g.value(13.0).exp2()),
    ("log2(8192)", "log₂ 8192", |g| g.value(8192.0).log2()),
    ("log10(1e9)", "log₁₀ of 1e9", |g| g.value(1e9).log10()),
    ("acosh_slope(1+2^-20)", "slope of arcosh at 1 + 2⁻²⁰", |g| {
        let x = g.value(1.0 + (-20f64).exp2());
        x.acosh().grad(x)
    }),
    ("asin_slope(1-2^-20)", "slope of arcsin at 1 − 2⁻²⁰", |g| {
        let x = g.value(1.0 - (-20f64).exp2());
        x.asin().grad(x)
    }),
    ("sigmoid_slope(17)", "slope of σ at 17", |g| {
        let x = g.value(17.0);
        x.sigmoid().grad(x)
    }),
    ("tanh_slope(10)", "slope of tanh at 10", |g| {
        let x = g.value(10.0);
        x.tanh().grad(x)
    }),
    ("cross_entropy(20,0)", "cross-entropy of logits (20, 0), class 0", |g| leader(g).1),
    ("cross_entropy_slope(20,0)", "slope of cross-entropy of logits (20, 0), class 0, in the first", |g| {
        let (logits, loss) = leader(g);
        loss.grad(logits).slice(1, ..1)
    }),
    ("erf(1e-6)", "erf of 1e-6", |g| g.value(1e-6).erf()),
    ("tanh(1e-6)", "tanh of 1e-6", |g| g.value(1e-6).tanh()),
    ("log_normal_cdf(5)", "ln Φ(5)", |g| g.value(5.0).log_normal_cdf()),
    ("log_normal_cdf_slope(-1000)", "slope of ln Φ at −1000", |g| log_normal_cdf_slope(g, -1000.0, 1)),
    ("log_normal_cdf_slope(-1e5)", "slope of ln Φ at −100000", |g| log_normal_cdf_slope(g, -1e5, 1)),
    ("log_normal_cdf_second_slope(-100)", "second slope of ln Φ at −100", |g| {
        log_normal_cdf_slope(g, -100.0, 2)
    }),
    ("softplus(-20)", "softplus of −20", |g| g.value(-20.0).softplus()),
];

/// The first or second slope of `ln Φ`.
fn log_normal_cdf_slope(g: &Graph, x: f64, order: usize) -> Var<'_> {
    let x = g.value(x);
    (0..order).fold(x.log_normal_cdf(), |y, _| y.grad(x))
}

/// The first of four numbers far from 0, normalized.
fn normalized(g: &Graph, epsilon: f64) -> Var<'_> {
    let x = g.value(tensor![10000.0, 10001.0, 10002.0, 10003.0]);
    ((x - x.mean(..)) / (x.var(..) + epsilon).sqrt()).slice(0, ..1)
}

/// Logits that say the right class, and their loss.
fn leader(g: &Graph) -> (Var<'_>, Var<'_>) {
    let logits = g.value(tensor![[20.0, 0.0]]);
    let class = g.value(tensor![[1.0, 0.0]]);
    (logits, logits.softmax_cross_entropy(class))
}

/// The first of the gradients (3e20, 4e20), clipped to norm 1.
fn clipped() -> f64 {
    let mut params = Params::<f32>::seeded(0);
    let p = params.add("p", tensor![0.0, 0.0]);
    let g = Graph::new();
    let loss = (g.param(&p) * g.value(tensor![3e20, 4e20])).sum(..);
    let mut step = g.train(loss, Sgd::new(1.0).clip_norm(1.0), &mut params).expect("it compiles");
    step.run(&mut params, [] as [Feed<'_, f32>; 0]).expect("it runs");
    f64::from(-params[&p].data()[0])
}

/// The computation of a line in Gradus, in words and as a number of the line's type.
fn own(wrong: &Wrong) -> (&'static str, f64) {
    if wrong.what == "clip_norm" {
        return ("first of the gradients (3e20, 4e20), clipped to norm 1", clipped());
    }
    let (_, words, of) = COMPUTED.iter().find(|(what, ..)| *what == wrong.what).expect(&wrong.what);
    let g = Graph::new();
    let value = of(&g);
    (
        words,
        match &*wrong.dtype {
            "f32" => f64::from(value.eval::<f32>().expect("it runs").data()[0]),
            "f64" => value.eval::<f64>().expect("it runs").data()[0],
            other => unreachable!("{other}"),
        },
    )
}

/// The page of the numbers that are not true, after a check that ours are.
pub fn page() -> String {
    let measured = Measured::of(include_str!("../reference/wrong.txt"));
    let versions = measured.libraries();
    let of = |name: &str| {
        let at = measured.versions.iter().position(|(known, _)| known == name).expect(name);
        match name {
            "onnx" => format!("ONNX's reference evaluator {}", measured.versions[at].1),
            _ => versions[at].clone(),
        }
    };
    let mut text = String::from(
        "# Where peers are wrong today\n\nGenerated by `UPDATE=1 cargo test --test all peers`; do not edit.\n\n\
         Numbers of other libraries that are not true, on valid input and with the functions that users call, as\n\
         [`tests/reference/measure_wrong.py`](../tests/reference/measure_wrong.py) measured them in these versions on a CPU (x86-64). The truth is that of the\n\
         same inputs, computed with 300 bits; beside it stands what Gradus computes, which a test holds to 4 units in\n\
         the last place and nearer to the truth than the other. None of this is a fault of a user's: where a model is confident, far from 0 or large,\n\
         these numbers are what it meets. Errors of each activation over the whole line are in [accuracy](accuracy.md), slopes at\n\
         kinks in [operations](ops.md), other conventions in [coming from PyTorch](coming_from.md).\n\n\
         | library | its function | computed | type | found | truth | Gradus |\n|---|---|---|---|---|---|---|\n",
    );
    for line in &measured.lines {
        let [library, call, what, dtype, found, truth] = &line[..] else { panic!("{line:?}") };
        let wrong = Wrong {
            library: library.clone(),
            call: call.clone(),
            what: what.clone(),
            dtype: dtype.clone(),
            found: found.clone(),
            truth: truth.parse().expect("a number"),
        };
        let (words, own) = own(&wrong);
        let theirs = match &*wrong.dtype {
            "f32" => f64::from(wrong.found.parse::<f32>().expect("a number")),
            _ => wrong.found.parse().expect("a number"),
        };
        let off = |x: f64| match (x.is_nan(), wrong.truth.is_nan()) {
            (true, true) => 0.0,
            (false, false) => ((x - wrong.truth) / wrong.truth).abs(),
            (true, false) | (false, true) => f64::INFINITY,
        };
        let unit = if wrong.dtype == "f32" { f64::from(f32::EPSILON) } else { f64::EPSILON };
        assert!(off(own) <= 4.0 * unit, "{words}: {own:e}, and the truth is {:e}", wrong.truth);
        assert!(off(own) < off(theirs), "{words}: {own:e}, and {} has {theirs:e}", wrong.library);
        text += &format!(
            "| {} | `{}` | {words} | {} | {} | {} | {} |\n",
            of(&wrong.library),
            wrong.call,
            wrong.dtype,
            told(theirs),
            told(wrong.truth),
            told(own)
        );
    }
    text
}

/// A number with eight digits, or as many as it needs.
fn told(x: f64) -> String {
    let size = x.abs();
    let text = match x {
        _ if x.is_nan() => "NaN".into(),
        _ if x.is_infinite() => "∞".into(),
        _ if x == 0.0 => "0".into(),
        _ if (1e-3..1e6).contains(&size) => {
            let digits = (7.0 - size.log10().floor()) as usize;
            let text = format!("{size:.digits$}");
            if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
        }
        _ => {
            let text = format!("{size:.7e}");
            let (digits, power) = text.split_once('e').expect("an exponent");
            format!("{}e{}", digits.trim_end_matches('0').trim_end_matches('.'), power.replace('-', "−"))
        }
    };
    if x < 0.0 { format!("−{text}") } else { text }
}

#[test]
fn the_page_of_peers_says_what_was_measured_and_what_gradus_computes() {
    crate::docs::hold("docs/peers.md", &page());
}
