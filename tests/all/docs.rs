//! The documents say what the code does: the generated parts are compared with what is generated
//! now. `UPDATE=1 cargo test --test all docs` writes them anew.

use crate::peers;
use gradus::nn::{ACTIVATIONS, Activation, Facts, Trend};
use gradus::op::{Fold, Map, Op};
use gradus::plot::Chart;
use gradus::prelude::*;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

#[path = "../../examples/hello.rs"]
#[allow(dead_code)]
mod hello;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Compares a file with what it should be, or writes it.
pub fn hold(name: &str, expected: &str) {
    let file = path(name);
    if std::env::var("UPDATE").is_ok() {
        return fs::write(&file, expected).expect("the document can be written");
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    let line = found.lines().zip(expected.lines()).position(|(a, b)| a != b);
    assert!(
        found == expected,
        "{name} is not what the code says (line {}); run UPDATE=1 cargo test --test all docs peers",
        line.map_or(found.lines().count().min(expected.lines().count()), |line| line) + 1
    );
}

/// A document with the text between two marks replaced.
fn with_part(document: &str, mark: &str, part: &str) -> String {
    let (open, close) = (format!("<!-- {mark} -->"), format!("<!-- /{mark} -->"));
    let (before, rest) = document.split_once(&open).expect("the opening mark");
    let (_, after) = rest.split_once(&close).expect("the closing mark");
    format!("{before}{open}\n{part}\n{close}{after}")
}

#[test]
fn the_operation_reference_is_the_table() {
    let mut text = String::from(
        "# Operations\n\nGenerated from the table in `crates/gradus-rows/src/table.rs` and `crates/gradus-rows/src/table/activations.rs`; do not edit. Names are methods of `Var`.\n\n\
         ## Elementwise\n\nThe slopes are as the table has them: in the arguments and the result `y`, one per argument, `flat`\n\
         where the value is piecewise constant. Error: the bound on the value's error inside the domain, in units in the\n\
         last place.\n\n\
         | operation | formula | slopes | domain | range | error |\n|---|---|---|---|---|---|\n",
    );
    let (functions, slopes) = Map::ALL.split_at(Map::ALL.len() - Map::SLOPES.len());
    text.push_str(&rows(functions));
    text.push_str(&at_a_glance());
    text.push_str(&over_an_axis());
    text.push_str(
        "\n## Slopes\n\nRows that are slopes of others, or that slopes are made of: derivatives are recorded with them.\n\n\
         | operation | formula | slopes | domain | range | error |\n|---|---|---|---|---|---|\n",
    );
    text.push_str(&rows(slopes));
    text.push_str("\n## What the table says\n\n");
    for map in Map::ALL {
        writeln!(text, "- `{}`: {}", map.name(), one_line(map.doc())).expect("a string");
    }
    text.push_str(&at_kinks());
    text.push_str(&crate::limits::table());
    text.push_str(&crate::conventions::table());
    text.push_str(
        "\n## Folds\n\nReductions along axes, which stay with size 1; along all (`..`), to a scalar. `mean`, `var`,\n\
         `sample_var`, `std`, `norm` and `prod` are made of them and of elementwise operations.\n\n\
         | operation | formula | slope | of nothing |\n|---|---|---|---|\n",
    );
    for fold in Fold::ALL {
        let ties = if fold.ties() { ", shared by ties" } else { "" };
        let empty = if fold.empty() { "has a value" } else { "is a fault" };
        let slope = one_line(fold.slope_text());
        writeln!(text, "| `{}` | {} | `{slope}`{ties} | {empty} |", fold.name(), fold.formula())
            .expect("a string");
    }
    text.push_str(
        "\n## Structure\n\nOperations that move elements, multiply matrices or choose. The derivative of each is another one.\n\n\
         | operation | its vjp is |\n|---|---|\n",
    );
    for (name, vjp) in structure() {
        writeln!(text, "| `{name}` | {vjp} |").expect("a string");
    }
    text.push_str("\n## Made of these\n\nMethods of `Var` that record several operations; what they are made of says all about their derivatives.\n\n");
    for (name, says) in derived() {
        writeln!(text, "- `{name}`: {says}").expect("a string");
    }
    hold("docs/ops.md", &text);
}

/// The table of kinks: of each row, and of the ways to write it that other libraries tell apart, what is chosen here and
/// there.
fn at_kinks() -> String {
    let measured = peers::kinks();
    let points = peers::points(&measured);
    let libraries = measured.libraries();
    let mut text = format!(
        "\n## Kinks\n\nWhere a row has no derivative: what we choose, and the slopes of the two sides. Beside it what other libraries have,\n\
         measured by [`tests/reference/measure_kinks.py`](../tests/reference/measure_kinks.py) in these versions: in the first argument, or in all\n\
         where all are tensors; a dash where a library has no such function, or no slope in it.\n\n\
         | operation | at | chosen slopes | one-sided slopes | {} |\n|---|---|---|---|{}\n",
        libraries.join(" | "),
        "---|".repeat(libraries.len())
    );
    let list = |slopes: &[f64]| {
        let told: Vec<String> = slopes.iter().map(|&slope| rounded(slope, 4)).collect();
        if told.is_empty() { "–".into() } else { told.join(", ") }
    };
    let mut line = |name: &str, at: &[f64], chosen: &[f64], sides: &str| {
        let point = points.iter().find(|point| point.name == name && point.at == at);
        let found = (0..libraries.len()).map(|i| list(point.map_or(&[][..], |point| &point.libraries[i])));
        let found: Vec<String> = found.collect();
        let called = match name.split_once('/') {
            None => format!("`{name}`"),
            Some((row, "number")) => format!("`{row}`, with a number"),
            Some((row, "tensors")) => format!("`{row}`, with tensors as bounds"),
            Some((row, "lax")) => format!("`{row}`, JAX's `lax.{row}`"),
            Some((row, way)) => unreachable!("{row}, {way}: it has no words"),
        };
        writeln!(text, "| {called} | {} | {} | {sides} | {} |", list(at), list(chosen), found.join(" | "))
            .expect("a string");
    };
    for map in Map::ALL {
        for kink in map.kinks() {
            let sides: Vec<String> = kink.between.iter().map(|&each| interval(each)).collect();
            line(map.name(), kink.at, kink.slopes, &sides.join("; "));
        }
        let ways = points
            .iter()
            .filter(|point| point.name.split_once('/').is_some_and(|(row, _)| row == map.name()));
        for point in ways {
            line(&point.name, &point.at, &point.slopes, "");
        }
    }
    text
}

/// A line of the reference for each row.
fn rows(maps: &[Map]) -> String {
    let mut text = String::new();
    for map in maps {
        let domain: Vec<String> = map.domain().iter().map(|&each| interval(each)).collect();
        let domain =
            if domain.iter().all(|each| *each == domain[0]) { domain[0].clone() } else { domain.join("; ") };
        writeln!(
            text,
            "| `{}({})` | {} | `{}` | {} | {} | {} |",
            map.name(),
            map.args().join(", "),
            bars(map.formula()),
            slopes(map.slopes_text()),
            domain,
            interval(map.range()),
            map.ulp()
        )
        .expect("a string");
    }
    text
}

/// What is measured of each activation, with a plot of it and of its slope.
fn at_a_glance() -> String {
    let mut text = String::from(
        "\n## Activations at a glance\n\nMeasured by `gradus::nn::Facts`, with the parameters that are shown. Blue the value, orange the slope.\n\
         Expectations are under the standard normal distribution: a layer behind the activation keeps its mean square with weights\n\
         of variance `1 / (fan_in · E f²)`, and the gradient's with `1 / (fan_out · E f′²)`. *At kinks*: where, and the slope that we\n\
         choose. *Ulp*: the budgets of value, slope and second slope in units in the last place, held everywhere but beside roots\n\
         ([accuracy](accuracy.md)). Names are PyTorch's with the words apart, `hard_tanh` for `hardtanh`; slopes at kinks are PyTorch's,\n\
         and parameters too, unless it is said.\n\n\
         | | activation | formula, and slope | range | at kinks | monotone | steepest slope | at | E f | E f² | E f′² | ulp | what it is |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    let told = derived();
    for (called, activation) in ACTIVATIONS {
        let facts = Facts::of(activation).expect("it is measured");
        let name = called.split('(').next().expect("a name");
        let row = Map::ALL.iter().find(|map| map.name() == name);
        let range = match (row, name) {
            (Some(row), _) => interval(row.range()),
            (None, "sine") => interval((-1.0, 1.0)),
            (None, "step_straight_through") => interval((0.0, 1.0)),
            (None, _) => interval((f64::NEG_INFINITY, f64::INFINITY)),
        };
        let trend = match facts.trend {
            Trend::Rising => "rising",
            Trend::Falling => "falling",
            Trend::Neither => "no",
        };
        let at = match facts.steepest_at {
            (low, high) if low == high && low.is_infinite() => format!("→ {}", number(low)),
            (low, high) if low == high => rounded(low, 3),
            (low, high) => format!("{} … {}", rounded(low, 3), rounded(high, 3)),
        };
        let says = told.iter().find(|(of, _)| of == name).map(|(_, says)| says.clone());
        let (formula, kinks, ulp, says) = match row {
            Some(row) => {
                let formula = format!("{}<br>`{}`", bars(row.formula()), bars(&first_slope(*row)));
                let kink = |kink: &gradus::table::Kink| {
                    let at = kink.at[0];
                    format!("{}: {}", number(at), rounded(slope_at(*activation, at), 4))
                };
                let kinks: Vec<String> = row.kinks().iter().map(kink).collect();
                (
                    formula,
                    kinks.join("<br>"),
                    format!("{} / {} / 8", row.ulp(), slope_ulp(name)),
                    one_line(row.doc()),
                )
            }
            None => (String::new(), String::new(), String::new(), says.expect("it is documented")),
        };
        writeln!(
            text,
            "| <img src=\"plots/{name}.svg\" width=\"180\" alt=\"{name} and its slope\"> | `{called}` | {formula} | {range} | {kinks} | {trend} | {} | {at} | {} | {} | {} | {ulp} | {} |",
            rounded(facts.steepest, 4),
            rounded(facts.mean, 4),
            rounded(facts.second_moment, 4),
            rounded(facts.slope_moment, 4),
            bars(&says)
        )
        .expect("a string");
        hold(&format!("docs/plots/{name}.svg"), &plot(called, *activation));
    }
    text
}

/// Curves of one number that varies, each with its name.
type Curves<'g> = Vec<(&'static str, Var<'g>)>;

/// The functions over an axis: the name, what is along the axis, and what comes of it.
const OVER_AN_AXIS: &[(&str, &str, for<'g> fn(Var<'g>) -> Curves<'g>)] = &[
    ("softmax", "x, 0, 1", |x| shares(beside(x, &[0.0, 1.0]).softmax(-1))),
    ("softmin", "x, 0, 1", |x| shares(beside(x, &[0.0, 1.0]).softmin(-1))),
    ("log_softmax", "x, 0, 1", |x| shares(beside(x, &[0.0, 1.0]).log_softmax(-1))),
    ("sparsemax", "x, 0, 1", |x| shares(beside(x, &[0.0, 1.0]).sparsemax(-1))),
    ("glu", "a, x", |x| gates(x, |row| row.glu(-1))),
    ("reglu", "a, x", |x| gates(x, |row| row.reglu(-1))),
    ("geglu", "a, x", |x| gates(x, |row| row.geglu(-1))),
    ("swiglu", "a, x", |x| gates(x, |row| row.swiglu(-1))),
    ("maxout", "x, −x/2, 1", |x| {
        let row = x.graph().cat(&[x, x * -0.5, x.full_like(1.0)], 1);
        let y = row.maxout(-1, 3);
        vec![("value", y), ("slope", y.sum(..).grad(x))]
    }),
    ("crelu", "x", |x| columns(x.crelu(-1), &["first", "second"])),
];

/// A row of a column of numbers and some that stay.
fn beside<'g>(x: Var<'g>, others: &[f64]) -> Var<'g> {
    let rest = others.iter().map(|&other| x.full_like(other));
    x.graph().cat(&std::iter::once(x).chain(rest).collect::<Vec<_>>(), 1)
}

fn columns<'g>(y: Var<'g>, names: &[&'static str]) -> Curves<'g> {
    names.iter().enumerate().map(|(i, &name)| (name, y.slice(1, i..i + 1))).collect()
}

fn shares(y: Var<'_>) -> Curves<'_> {
    columns(y, &["of x", "of 0", "of 1"])
}

/// A gated unit whose gate varies, for some values that are let through.
fn gates<'g>(x: Var<'g>, f: impl Fn(Var<'g>) -> Var<'g>) -> Curves<'g> {
    let all = [("a = −1", -1.0), ("a = 1", 1.0), ("a = 2", 2.0)];
    all.into_iter().map(|(name, a)| (name, f(x.graph().cat(&[x.full_like(a), x], 1)))).collect()
}

/// A plot and the first words of each function over an axis.
fn over_an_axis() -> String {
    let mut text = String::from(
        "\n## Over an axis\n\nFunctions of all that is along an axis, of which one number varies here: *x*, from −6 to 6, beside the numbers that\n\
         are shown. Each is made of elementwise operations and folds, so its derivatives of every order are theirs; softmax and\n\
         log-softmax have a rule of their own, made of softmax again, which keeps the digits of every order; *accuracy* of\n\
         softmax and log-softmax is measured ([accuracy](accuracy.md)).\n\n\
         | | function | along the axis | what it is |\n|---|---|---|---|\n",
    );
    let told = derived();
    for &(name, along, curves) in OVER_AN_AXIS {
        let says = told.iter().find(|(of, _)| of == name).map(|(_, says)| says).expect("it is documented");
        writeln!(
            text,
            "| <img src=\"plots/{name}.svg\" width=\"180\" alt=\"{name} as one number varies\"> | `{name}` | {along} | {} |",
            bars(says)
        )
        .expect("a string");
        let xs: Vec<f64> = (-150..=150).map(|i| f64::from(i) / 25.0).collect();
        let g = Graph::new();
        let x = g.value(Tensor::new([xs.len(), 1], xs.clone()).expect("a column"));
        let words = format!("{name} of {along}, as x goes from -6 to 6.");
        let mut chart = Chart::new(format!("{name} of {along}"), words).axes("x", "");
        for (label, values) in curves(x) {
            let values = values.eval::<f64>().expect("it runs");
            chart = chart.line(label, xs.iter().copied().zip(values.iter().copied()));
        }
        hold(&format!("docs/plots/{name}.svg"), &chart.to_svg());
    }
    text
}

/// The slope of an activation at a point.
fn slope_at(activation: Activation, at: f64) -> f64 {
    let g = Graph::new();
    let x = g.value(at);
    activation(x).grad(x).eval::<f64>().expect("it runs").item()
}

/// What the slope of a row may be off by: 4 units, or what its own row says.
fn slope_ulp(name: &str) -> f64 {
    let slope = Map::ALL.iter().find(|map| map.name().strip_suffix("_grad") == Some(name));
    slope.map_or(4.0, |slope| slope.ulp().max(4.0))
}

/// A row's slope in its first argument, as it is written.
fn first_slope(map: Map) -> String {
    let all = slopes(map.slopes_text());
    let mut depth = 0;
    let end = all.find(|c: char| {
        depth += i32::from("([{".contains(c)) - i32::from(")]}".contains(c));
        c == ',' && depth == 0
    });
    all[..end.unwrap_or(all.len())].to_string()
}

/// Value and slope of an activation from −6 to 6.
fn plot(called: &str, activation: Activation) -> String {
    let g = Graph::new();
    let xs: Vec<f64> = (-150..=150).map(|i| f64::from(i) / 25.0).collect();
    let x = g.value(Tensor::new([xs.len()], xs.clone()).expect("a row"));
    let y = activation(x);
    let slope = y.sum(..).grad(x);
    let words = format!("{called} from -6 to 6, and its slope.");
    let mut chart = Chart::new(called, words).axes("x", "");
    for (label, values) in [("value", y), ("slope", slope)] {
        let values = values.eval::<f64>().expect("it runs");
        chart = chart.line(label, xs.iter().copied().zip(values.iter().copied()));
    }
    chart.to_svg()
}

/// A number with so many digits behind the point, without zeros at its end.
fn rounded(x: f64, digits: usize) -> String {
    if x.is_infinite() {
        return number(x);
    }
    let text = format!("{x:.digits$}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.replace('-', "−") }
}

/// The methods that are made of operations, each with the first paragraph of its documentation.
fn derived() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for file in [
        "activation",
        "derived",
        "softmax",
        "conv",
        "pool",
        "attention",
        "random",
        "loss",
        "arrange",
        "mask",
        "order",
        "scan",
        "einsum",
    ] {
        let text = fs::read_to_string(path(&format!("src/ops/{file}.rs"))).expect("a source file");
        let mut doc: Vec<&str> = Vec::new();
        for line in text.lines().map(str::trim) {
            if let Some(says) = line.strip_prefix("///") {
                doc.push(says.trim());
            } else if let Some(rest) = line.strip_prefix("pub fn ") {
                let (name, args) = rest.split_once('(').expect("arguments");
                // Builders take `self` as well, and give themselves; other arguments may stand in lines of their own.
                let builds = args.contains("-> Self") || (file == "loss" && !args.contains("targets: "));
                if (args.is_empty() || args.starts_with("self")) && !builds && name != "of" {
                    let first: Vec<&str> = doc.iter().take_while(|line| !line.is_empty()).copied().collect();
                    found.push((name.to_string(), unlinked(&one_line(&first.join(" ")))));
                }
            } else if !line.starts_with('#') {
                doc.clear();
            }
        }
    }
    found
}

/// Every letter of the alphabet that is neither a leaf nor a row, with its derivative. A new one is missed below.
fn structure() -> Vec<(&'static str, &'static str)> {
    let all = [
        (Op::Broadcast, "the sum over the repeated axes"),
        (Op::Reshape, "reshape"),
        (Op::Permute(Default::default()), "the inverse permute"),
        (Op::Slice(Default::default()), "pad"),
        (Op::Pad(Default::default()), "slice"),
        (Op::Cat(0), "slices"),
        (Op::MatMul { ta: false, tb: false, strong: [false; 2] }, "matmul, with one side transposed"),
        (Op::Unfold { axis: 0, step: 1 }, "overlap_add"),
        (Op::Overlap { axis: 0, step: 1 }, "unfold"),
        (Op::Gather(0), "scatter_add"),
        (Op::ScatterAdd(0), "gather"),
        (Op::Indices(0), "none: indices have no derivative"),
        (Op::OneHot, "none: indices have no derivative"),
        (Op::ArgMax(0), "none: indices have no derivative"),
        (Op::ArgSort { axis: 0, descending: false }, "none: indices have no derivative"),
        (Op::Along { axis: 0, size: 1 }, "none: indices have no derivative"),
        (Op::SameIndex, "none: indices have no derivative"),
        (Op::Random(0), "none: it has no arguments"),
        (Op::Detach, "none: it stops the derivative"),
        (Op::Custom(0), "what the user gave"),
    ];
    let elsewhere = ["Poison", "Input", "Labels", "Param", "Constant", "Value", "Map", "Fold"];
    for kind in Op::KINDS.iter().filter(|kind| !elsewhere.contains(kind)) {
        assert!(all.iter().any(|(op, _)| op.kind() == *kind), "the reference has no line for Op::{kind}");
    }
    all.iter().map(|(op, says)| (op.name(), *says)).collect()
}

/// A text with its links to code as code alone.
fn unlinked(text: &str) -> String {
    let parts = text.split("](");
    let kept = parts
        .enumerate()
        .map(|(i, part)| if i == 0 { part } else { part.split_once(')').map_or(part, |p| p.1) });
    kept.collect::<String>().replace("[`", "`").replace("`]", "`")
}

fn interval((low, high): (f64, f64)) -> String {
    format!("{} … {}", number(low), number(high))
}

fn number(x: f64) -> String {
    if x.is_infinite() {
        if x > 0.0 { "∞".into() } else { "−∞".into() }
    } else {
        x.to_string().replace('-', "−")
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn bars(text: &str) -> String {
    text.replace('|', "\\|")
}

/// A row's slopes without the noise of how constants are written.
fn slopes(text: &str) -> String {
    let mut text = one_line(text).replace("std :: f64 :: consts :: ", "");
    while let Some(at) = text.find(".lit(") {
        let start = text[..at].rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |i| i + 1);
        let end = at + text[at..].find(')').expect("a closing parenthesis");
        text = format!("{}{}{}", &text[..start], &text[at + 5..end], &text[end + 1..]);
    }
    text
}

#[test]
fn the_readme_shows_what_the_code_does() {
    let readme = fs::read_to_string(path("README.md")).expect("README.md");
    let g = Graph::new();
    let (x, w, b) = (g.input("x", [4, 2]), g.input("w", [2, 1]), g.input("b", [1]));
    let y = (x.matmul(w) + b).sigmoid();
    let dot = g.to_dot([y, y.sum(..).grad(w)]);
    let readme = with_part(&readme, "graph", &format!("```mermaid\n{}```", mermaid(&dot)));
    let readme = with_part(
        &readme,
        "fault",
        &format!("```text\n{}\n```", hello::mistakes().replace("tests/all/../../", "")),
    );
    hold("README.md", &readme);
}

/// The engine's drawing in the language that forges draw themselves.
fn mermaid(dot: &str) -> String {
    let mut text = String::from("graph TD\n");
    for line in dot.lines() {
        let line = line.trim();
        if let Some((from, to)) = line.split_once(" -> ") {
            writeln!(text, "  {from} --> {to}").expect("a string");
        } else if let Some((id, rest)) = line.split_once(" [label=\"") {
            let (label, style) = rest.split_once('"').expect("a label");
            let label = label.replace("\\n", "<br/>").replace('[', "#91;").replace(']', "#93;");
            let (open, close) = if style.contains("ellipse") { ("([", "])") } else { ("[", "]") };
            writeln!(text, "  {id}{open}\"{label}\"{close}").expect("a string");
            if style.contains("dashed") {
                writeln!(text, "  style {id} stroke-dasharray: 5 5").expect("a string");
            }
        }
    }
    text
}

#[test]
fn contributing_shows_a_real_row() {
    let table = fs::read_to_string(path("crates/gradus-rows/src/table/activations.rs")).expect("the table");
    let start = table.find("            /// The inverse tangent, in radians.").expect("the row");
    let end = start + table[start..].find("}\n").expect("its end") + 1;
    let row: Vec<String> = table[start..end].lines().map(|line| format!("+{}", &line[12..])).collect();
    let part = format!(
        "```diff\n--- a/crates/gradus-rows/src/table/activations.rs\n+++ b/crates/gradus-rows/src/table/activations.rs\n{}\n```",
        row.join("\n")
    );
    let document = fs::read_to_string(path("CONTRIBUTING.md")).expect("CONTRIBUTING.md");
    hold("CONTRIBUTING.md", &with_part(&document, "row", &part));
}

#[test]
fn the_other_diffs_of_contributing_are_in_the_code() {
    let document = fs::read_to_string(path("CONTRIBUTING.md")).expect("CONTRIBUTING.md");
    for mark in ["structure", "layer"] {
        let part = document.split(&format!("<!-- {mark} -->")).nth(1).expect("the opening mark");
        let (mut file, mut text, mut found) = ("", String::new(), 0);
        for line in part.split("<!-- /").next().expect("the closing mark").lines() {
            if let Some(name) = line.strip_prefix("--- a/") {
                (file, text) =
                    (name, fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}")));
            } else if let Some(added) = line.strip_prefix('+') {
                assert!(text.lines().any(|each| each == added), "{file} has no line {added:?}");
                found += 1;
            }
        }
        assert!(found > 10, "{mark}: {found} lines");
    }
}
