//! Laws of agreement: inference, interpreter and executor give the same.

use super::again::{Handle, again};
use super::{Runner, Verdict, given, rounded, worst};
use crate::catalog::{Case, Recorded, nodes, store};
use gradus::interpret::{Value, interpret};
use gradus::op::{Fold, Op};
use gradus::{Element, Graph, Node, NodeId, OutputVar, Passes, Tensor};
use std::collections::{BTreeMap, HashMap};

/// The bound on the distance of the executor's whole result from the interpreter's, in units of rounding of
/// the largest number on the way. Each operation by itself is held to its own bound by [`steps`].
const WHOLE: f64 = 32.0;

/// The interpreter's value of every node of a case.
struct Reference {
    nodes: BTreeMap<NodeId, Node>,
    values: HashMap<NodeId, Value>,
    /// The largest finite number on the way.
    largest: f64,
}

fn reference(
    g: &Graph,
    case: &Case,
    recorded: &Recorded<'_>,
    inputs: &[Tensor<f64>],
    params: &gradus::Params<f64>,
) -> Result<Reference, String> {
    let nodes = nodes(g, recorded.ys.iter().map(|y| y.id()));
    let ids: Vec<NodeId> = nodes.keys().copied().collect();
    let values =
        interpret(g, &ids, params, &given(case, recorded, inputs)).map_err(|error| error.to_string())?;
    let numbers = values.iter().filter_map(Value::real).flatten();
    let largest = numbers.filter(|x| x.is_finite()).fold(0.0_f64, |most, x| most.max(x.abs()));
    Ok(Reference { nodes, values: ids.into_iter().zip(values).collect(), largest })
}

/// The shape that was inferred when recording is the shape of the result.
pub fn shapes(case: &Case) -> Verdict {
    let g = Graph::new();
    let recorded = case.record(&g);
    let reference = reference(&g, case, &recorded, &case.inputs, &store().0)?;
    for (id, node) in &reference.nodes {
        let shape = match &reference.values[id] {
            Value::Real(x) => x.shape(),
            Value::Index(x) => x.shape(),
        };
        if *shape != node.shape {
            return Err(format!("{} has shape {shape}, inferred was {}", node.op.name(), node.shape));
        }
    }
    let mut runner = Runner::new(&g, case, &recorded, &[], &recorded.ys, Passes::default())?;
    let outputs = runner.run(&case.inputs)?;
    match recorded.ys.iter().zip(&outputs).find(|(y, out)| y.shape() != *out.shape()) {
        Some((y, out)) => Err(format!("an output has shape {}, inferred was {}", out.shape(), y.shape())),
        None => Ok(0.0),
    }
}

/// Two results are equal: the same NaN and infinities, and finite numbers at most `most` apart.
pub fn equal(what: &str, found: &Tensor<f64>, expected: &Tensor<f64>, most: f64, unit: f64) -> Verdict {
    if found.shape() != expected.shape() {
        return Err(format!("{what}: shape {} should be {}", found.shape(), expected.shape()));
    }
    worst(found.iter().zip(expected).enumerate().map(|(i, (&a, &b))| {
        let same = a == b || (a.is_nan() && b.is_nan());
        let error = if same { 0.0 } else { (a - b).abs() };
        match error <= most {
            true => Ok(error / unit),
            false => Err(format!(
                "{what}: {a:e} should be {b:e} (element {i}; off by {error:.1e}, may {most:.1e})"
            )),
        }
    }))
}

/// Half the distance of neighbors around 1.
fn rounding<E: Element>() -> f64 {
    if E::DTYPE == "F32" { f64::from(f32::EPSILON) / 2.0 } else { f64::EPSILON / 2.0 }
}

/// The executor's result is the interpreter's on the inputs as the element type rounds them, within
/// [`WHOLE`] roundings of the largest number on the way.
pub fn executor<E: Element>(case: &Case, inputs: &[Tensor<f64>], passes: Passes) -> Verdict {
    let g = Graph::new();
    let recorded = case.record(&g);
    let inputs: Vec<Tensor<E>> = rounded(inputs);
    let wide: Vec<Tensor<f64>> = inputs.iter().map(Tensor::cast).collect();
    let reference = reference(&g, case, &recorded, &wide, &store().0)?;
    let outputs = Runner::new(&g, case, &recorded, &[], &recorded.ys, passes)?.run(&inputs)?;
    let unit = rounding::<E>() * reference.largest.max(f64::MIN_POSITIVE);
    worst(recorded.ys.iter().zip(&outputs).map(|(y, out)| {
        let Value::Real(expected) = &reference.values[&y.id()] else { return Err("indices".into()) };
        equal("executor", &out.cast(), expected, WHOLE * unit, unit)
    }))
}

/// Every node by itself: a copy of the case is run with each node as an output, and each is held to the
/// interpreter's result from the executor's own numbers for its arguments.
///
/// - A row of the table: `ulp()` units in the last place and one rounding; in `f64` exactly.
/// - A sum, or a product's sum, of `n` terms: `n` roundings of `Σ |terms|`; in `f64`, where the
///   interpreter rounds as well and in another order, `n` for each of the two.
/// - An operation that only moves or chooses numbers: exactly.
pub fn steps<E: Element>(case: &Case) -> Verdict {
    let original = Graph::new();
    let recorded = case.record(&original);
    let inputs: Vec<Tensor<E>> = rounded(&case.inputs);
    let wide: Vec<Tensor<f64>> = inputs.iter().map(Tensor::cast).collect();
    let reference = reference(&original, case, &recorded, &wide, &store().0)?;

    let g = Graph::new();
    let leaves = case.record(&g);
    let mut copies: BTreeMap<NodeId, Handle<'_>> = BTreeMap::new();
    let places = recorded.xs.iter().map(|x| x.id()).zip(leaves.xs.iter().map(|&x| Handle::Real(x)));
    let labels = recorded.labels.iter().map(|t| t.id()).zip(leaves.labels.iter().map(|&t| Handle::Index(t)));
    let places: HashMap<NodeId, Handle<'_>> = places.chain(labels).collect();
    for (id, node) in &reference.nodes {
        let args: Vec<Handle<'_>> = node.args.iter().map(|arg| copies[arg]).collect();
        let leaf = || match &reference.values[id] {
            Value::Real(x) => Handle::Real(g.value(x.clone())),
            Value::Index(x) => Handle::Index(g.indices(x.clone())),
        };
        let copy = places.get(id).copied().or_else(|| again(&g, node, &args)).unwrap_or_else(leaf);
        copies.insert(*id, copy);
    }
    g.check().map_err(|error| error.to_string())?;
    let asked = copies.values().map(|&copy| match copy {
        Handle::Real(x) => OutputVar::Real(x),
        Handle::Index(t) => OutputVar::Index(t),
    });
    let mut program = g.compile::<E>(asked).map_err(|error| error.to_string())?;
    let feeds = leaves.xs.iter().zip(&inputs).map(|(x, value)| x.feed(value));
    let feeds = feeds.chain(leaves.labels.iter().zip(&case.labels).map(|(t, (value, _))| t.feed(value)));
    let feeds: Vec<gradus::Feed<'_, E>> = feeds.collect();
    let out = program.run(&store().0, &feeds).map_err(|error| error.to_string())?;
    let value = |id: &NodeId| match copies[id] {
        Handle::Real(x) => Value::Real(out[x].cast()),
        Handle::Index(t) => Value::Index(out[t].clone()),
    };
    worst(
        reference
            .nodes
            .iter()
            .filter(|(_, node)| !node.args.is_empty())
            .map(|(id, node)| step::<E>(node, &node.args.iter().map(value).collect::<Vec<_>>(), &value(id))),
    )
}

fn step<E: Element>(node: &Node, args: &[Value], found: &Value) -> Verdict {
    let g = Graph::new();
    let handles: Vec<Handle<'_>> = args
        .iter()
        .enumerate()
        .map(|(i, arg)| match arg {
            Value::Real(x) => Handle::Real(g.input(format!("x{i}"), x.shape())),
            Value::Index(t) => {
                let classes = t.iter().max().map_or(0, |most| most + 1);
                Handle::Index(g.labels(format!("x{i}"), t.shape(), classes))
            }
        })
        .collect();
    let id = |handle: &Handle<'_>| match handle {
        Handle::Real(x) => x.id(),
        Handle::Index(t) => t.id(),
    };
    let fed = handles.iter().map(id).zip(args.iter().cloned()).collect();
    let copy = again(&g, node, &handles).ok_or("a leaf has no arguments")?;
    let values = interpret(&g, &[id(&copy)], &store().0, &fed).map_err(|error| error.to_string())?;
    let (found, expected) = match (found, &values[0]) {
        (Value::Real(found), Value::Real(expected)) => (found, expected),
        (Value::Index(found), Value::Index(expected)) if found == expected => return Ok(0.0),
        _ => return Err(format!("{} found other indices", node.op.name())),
    };
    let bounds = bounds(node, args, expected, rounding::<E>(), E::DTYPE == "F64");
    worst(found.iter().zip(expected).zip(&bounds).map(|((&a, &b), &most)| {
        let scalar = |x: f64| Tensor::from(x);
        let most = most + if E::DTYPE == "F32" { f64::from(f32::from_bits(1)) / 2.0 } else { 0.0 };
        equal(node.op.name(), &scalar(a), &scalar(b), most, if most > 0.0 { most } else { 1.0 })
    }))
}

/// The bound on the error of each element of a node, given its arguments, by the text of [`steps`].
fn bounds(node: &Node, args: &[Value], y: &Tensor<f64>, rounding: f64, wide: bool) -> Tensor<f64> {
    // The terms' absolute values, summed by the interpreter through the same operation.
    let terms = || {
        let g = Graph::new();
        let absolute = |arg: &Value| arg.real().map(|x| Handle::Real(g.value(x.map(|x| x.abs()))));
        let args: Option<Vec<Handle<'_>>> = args.iter().map(absolute).collect();
        let sum = args.and_then(|args| again(&g, node, &args)).and_then(Handle::real)?;
        let values = interpret(&g, &[sum.id()], &store().0, &HashMap::new()).ok()?;
        values[0].real().cloned()
    };
    let terms = || terms().unwrap_or_else(|| y.map(|y| y.abs()));
    let size = |i: usize| args[i].real().map_or(0, Tensor::len);
    let rounding = if wide && !matches!(node.op, Op::Map(_)) { 2.0 * rounding } else { rounding };
    match &node.op {
        Op::Map(_) if wide => y.map(|_| 0.0),
        Op::Map(map) => y.map(|y| (2.0 * map.ulp() + 1.0) * rounding * y.abs()),
        Op::Fold(Fold::Sum, _) => {
            let n = size(0) as f64 / y.len().max(1) as f64;
            terms().map(|sum| n * rounding * sum)
        }
        Op::MatMul { ta, .. } => {
            let k = args[0].real().map_or(0, |a| a.shape()[a.shape().len() - if *ta { 2 } else { 1 }]);
            terms().map(|sum| k as f64 * rounding * sum)
        }
        Op::Pad(starts) if starts.len() > 1 => terms().map(|sum| starts.len() as f64 * rounding * sum),
        Op::Overlap { .. } | Op::ScatterAdd(_) => terms().map(|sum| size(0) as f64 * rounding * sum),
        _ => y.map(|_| 0.0),
    }
}
