//! Random graphs over the whole alphabet, run in every way that a program can be compiled and run, and
//! compared with the reference interpreter. `tests/all/differential.rs` runs some thousands, `fuzz/` any
//! number.
#![allow(dead_code, reason = "tests and fuzzers read their own parts")]

pub mod choices;
mod record;
mod train;

use choices::{Choices, Mixer};
use gradus::interpret::{Value, interpret};
use gradus::op::{Fold, Op};
use gradus::prelude::*;
use gradus::{Feed, InstructionSet, Node, NodeId, OutputVar, Passes};
use rayon::ThreadPool;
use record::Recorded;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::OnceLock;

/// The ways in which each graph is run: 16 compilations (eight sets of passes in two element types), each run on every
/// instruction set of the processor with no, one, two and four threads.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// The number of compilations, of which the first has all passes; 16 are all.
    pub compilations: usize,
    /// The number of runs of each; 12 are all.
    pub runs: usize,
}

/// Everything.
pub const ALL: Effort = Effort { compilations: 16, runs: 12 };

/// Counts of graphs, to be added up.
#[derive(Clone, Copy, Debug, Default)]
pub struct Count {
    pub graphs: u64,
    /// Graphs whose numbers are all whole, and are compared exactly.
    pub whole: u64,
    /// Graphs in which a number is not finite: they are run, and not compared.
    pub infinite: u64,
    /// Graphs of whole numbers that were also compared with NaN and ∞ in an input, behind masks.
    pub masked: u64,
    /// Graphs with a value that is too large to be interpreted, which are not run.
    pub large: u64,
    pub nodes: u64,
    pub compilations: u64,
    pub runs: u64,
    pub trainings: u64,
}

impl Count {
    /// Adds another count.
    pub fn add(&mut self, other: Count) {
        self.graphs += other.graphs;
        self.whole += other.whole;
        self.infinite += other.infinite;
        self.masked += other.masked;
        self.large += other.large;
        self.nodes += other.nodes;
        self.compilations += other.compilations;
        self.runs += other.runs;
        self.trainings += other.trainings;
    }
}

/// Units of rounding that a result may be off by, of the largest number on the way: 1e-12 of it in `f64`. A rounding for
/// each term of the longest sum comes to it, for the interpreter adds one after another.
const ROUNDINGS: f64 = 1e-12 / (f64::EPSILON / 2.0);

/// The most elements of a value in a graph that is run: a product over an empty axis can have any number.
const LARGEST: usize = 1 << 18;

/// The numbers that the graph stands for.
struct Reference {
    values: HashMap<NodeId, Value>,
    largest: f64,
    /// The terms of the longest sum.
    terms: usize,
    finite: bool,
    /// True if every sum and product of finite numbers is exact in whole numbers below 2²⁴; the same below 2⁵³.
    exact: [bool; 2],
}

/// Every node that these depend on.
fn ancestors(g: &Graph, of: &[NodeId]) -> Vec<(NodeId, Node)> {
    let mut found = HashMap::new();
    let mut open = of.to_vec();
    while let Some(id) = open.pop() {
        found.entry(id).or_insert_with(|| {
            let node = g.node(id);
            open.extend(node.args.iter().copied());
            node
        });
    }
    found.into_iter().collect()
}

fn reference(
    g: &Graph,
    of: &[NodeId],
    params: &Params<f64>,
    inputs: &HashMap<NodeId, Value>,
) -> Result<Reference, String> {
    let nodes = ancestors(g, of);
    let ids: Vec<NodeId> = nodes.iter().map(|(id, _)| *id).collect();
    let values = interpret(g, &ids, params, inputs).map_err(|error| format!("interpreter: {error}"))?;
    let values: HashMap<NodeId, Value> = ids.into_iter().zip(values).collect();
    let (mut largest, mut finite, mut whole, mut bound, mut terms) = (0.0_f64, true, true, 0.0_f64, 0);
    for (id, node) in &nodes {
        let real = |id: &NodeId| values[id].real();
        for &x in real(id).into_iter().flatten() {
            finite &= x.is_finite();
            largest = largest.max(x.abs());
            whole &= x.fract() == 0.0 || !x.is_finite();
        }
        let sizes = |x: &NodeId| -> Vec<f64> {
            real(x).into_iter().flatten().map(|x| x.abs()).filter(|x| x.is_finite()).collect()
        };
        let sum = |x: &NodeId| sizes(x).iter().sum::<f64>();
        let most = |x: &NodeId| sizes(x).into_iter().fold(0.0, f64::max);
        bound = bound.max(match &node.op {
            Op::Fold(Fold::Sum, _) | Op::Overlap { .. } | Op::ScatterAdd(_) => {
                terms = terms.max(real(&node.args[0]).map_or(0, Tensor::len));
                sum(&node.args[0])
            }
            Op::MatMul { ta, .. } => {
                let x = g.node(node.args[0]).shape;
                let k = x[x.len() - if *ta { 2 } else { 1 }];
                terms = terms.max(k);
                k as f64 * most(&node.args[0]) * most(&node.args[1])
            }
            _ => most(id),
        });
    }
    let exact = [24, 53].map(|bits| whole && bound < 2f64.powi(bits));
    Ok(Reference { values, largest, terms, finite, exact })
}

impl Reference {
    /// Compares a result with the interpreter's.
    fn compare<E: Element>(&self, what: &str, id: NodeId, found: &Tensor<E>) -> Result<(), String> {
        let Value::Real(expected) = &self.values[&id] else { return Err(format!("{what}: indices")) };
        if found.shape() != expected.shape() {
            return Err(format!("{what}: shape {} should be {}", found.shape(), expected.shape()));
        }
        let (exact, unit) = match E::DTYPE {
            "F32" => (self.exact[0], f64::from(f32::EPSILON) / 2.0),
            _ => (self.exact[1], f64::EPSILON / 2.0),
        };
        let most = if exact { 0.0 } else { (ROUNDINGS + self.terms as f64) * unit * self.largest };
        for (i, (a, &b)) in found.iter().zip(expected).enumerate() {
            let a = a.to_f64();
            if !((a - b).abs() <= most || a == b || a.is_nan() && b.is_nan()) {
                return Err(format!(
                    "{what}: {a:e} should be {b:e} (element {i} of {}; off by {:e}, may {most:e})",
                    expected.shape(),
                    (a - b).abs()
                ));
            }
        }
        Ok(())
    }
}

/// Pools of one, two and four threads, which all graphs share.
fn pools() -> &'static [ThreadPool; 3] {
    static POOLS: OnceLock<[ThreadPool; 3]> = OnceLock::new();
    POOLS.get_or_init(|| {
        [1, 2, 4].map(|n| rayon::ThreadPoolBuilder::new().num_threads(n).build().expect("there are threads"))
    })
}

/// Runs on the pool of `threads` threads, or on the caller's alone for 0.
fn on<T: Send>(threads: usize, run: &mut (dyn FnMut() -> T + Send)) -> T {
    match pools().iter().find(|pool| pool.current_num_threads() == threads) {
        Some(pool) => pool.install(run),
        None => run(),
    }
}

fn feeds<'a, E: Element>(
    recorded: &Recorded<'_>,
    inputs: &'a [Tensor<E>],
    labels: &'a [Tensor<usize>],
) -> Vec<Feed<'a, E>> {
    let real = recorded.inputs.iter().zip(inputs).map(|((x, _), value)| x.feed(value));
    let index = recorded.labels.iter().zip(labels).map(|((t, ..), value)| t.feed(value));
    real.chain(index).collect()
}

/// The numbers of a graph in one type, and others that leave traces in each buffer: numbers that are not
/// finite, and the last class.
struct Numbers<E> {
    inputs: [Vec<Tensor<E>>; 2],
    labels: [Vec<Tensor<usize>>; 2],
    params: [Params<E>; 2],
}

impl<E: Element> Numbers<E> {
    fn of(recorded: &Recorded<'_>) -> Self {
        let inputs: Vec<Tensor<E>> = recorded.inputs.iter().map(|(_, x)| x.cast()).collect();
        let labels: Vec<Tensor<usize>> = recorded.labels.iter().map(|(_, t, _)| t.clone()).collect();
        let nan = |x: &Tensor<E>| x.map(|_| E::from_f64(f64::NAN));
        let last = recorded.labels.iter().map(|(_, t, classes)| t.map(|_| classes.saturating_sub(1)));
        let params: Params<E> = recorded.params.cast();
        let mut traces = params.clone();
        for (name, value) in params.iter() {
            traces.set(name, nan(value)).expect("of the same shape");
        }
        Numbers {
            inputs: [inputs.iter().map(nan).collect(), inputs],
            labels: [last.collect(), labels],
            params: [traces, params],
        }
    }
}

/// One way to run: an instruction set, and threads; 0 for none but the caller's.
type Way = (InstructionSet, usize);

fn ways(mixer: &mut Mixer, count: usize) -> Vec<Way> {
    let sets = InstructionSet::available();
    let mut all: Vec<Way> = sets.iter().flat_map(|&set| [0, 1, 2, 4].map(|threads| (set, threads))).collect();
    for i in 0..all.len() {
        let j = i + mixer.number() as usize % (all.len() - i);
        all.swap(i, j);
    }
    all.truncate(count);
    // Each set has its turn before the next.
    all.sort_by_key(|(set, _)| *set as usize);
    all
}

fn programs<E: Element>(
    g: &Graph,
    recorded: &Recorded<'_>,
    reference: &Reference,
    passes: Passes,
    (ways, trap): (&[Way], bool),
    count: &mut Count,
) -> Result<(), String> {
    let numbers = Numbers::<E>::of(recorded);
    let text = |error: gradus::Error| format!("{passes:?} {}: {error}", E::DTYPE);
    let mut program = g.compile_with::<E>(recorded.outputs.iter().copied(), passes).map_err(text)?;
    count.compilations += 1;
    // Once more with the trap on every value, unless a number is not finite, which it would stop.
    let trapped = ways.first().filter(|_| trap).map(|&way| (way, true));
    for ((set, threads), trap) in ways.iter().map(|&way| (way, false)).chain(trapped) {
        program.trap_non_finite(trap);
        program.instructions(set).map_err(text)?;
        program.divide_all(threads > 0);
        for round in usize::from(trap)..2 {
            let feeds = feeds(recorded, &numbers.inputs[round], &numbers.labels[round]);
            let mut run = || program.run(&numbers.params[round], &feeds).map(|_| ());
            on(threads, &mut run).map_err(text)?;
            count.runs += 1;
        }
        if reference.finite {
            // Reads the outputs alone: another run would change nothing.
            let out = program.last();
            for (i, asked) in recorded.outputs.iter().enumerate() {
                let what = || {
                    format!("output {i}, {passes:?}, {}, {set:?}, threads {threads}, trap {trap}", E::DTYPE)
                };
                match asked {
                    OutputVar::Real(y) => reference.compare(&what(), y.id(), out.at(i))?,
                    OutputVar::Index(t) => {
                        let Value::Index(expected) = &reference.values[&t.id()] else { continue };
                        if out.indices(*t) != Some(expected) {
                            return Err(format!("{}: other indices", what()));
                        }
                    }
                }
            }
        }
    }
    Ok(())
}

/// Fails unless the slope of the loss in every parameter is 0, as of a training that is refused.
fn unmoved(g: &Graph, recorded: &Recorded<'_>) -> Result<(), String> {
    let parameter = |x: &Var<'_>| matches!(g.node(x.id()).op, Op::Param(_));
    let params: Vec<Var<'_>> = recorded.values.iter().copied().filter(parameter).collect();
    let slopes: Vec<NodeId> = recorded.loss.grads(&params).iter().map(|slope| slope.id()).collect();
    let found = interpret(g, &slopes, &recorded.params, &given(recorded));
    let found = found.map_err(|error| format!("interpreter: {error}"))?;
    let still = found.iter().filter_map(Value::real).flatten().all(|&x| x == 0.0);
    still.then_some(()).ok_or_else(|| "a training was refused whose loss depends on a parameter".into())
}

fn training<E: Element>(
    g: &Graph,
    recorded: &Recorded<'_>,
    which: usize,
    passes: Passes,
    in_place_from: usize,
    way: Way,
    count: &mut Count,
) -> Result<(), String> {
    let numbers = Numbers::<E>::of(recorded);
    let what = format!("rule {which}, {passes:?}, {}, {way:?}, in place from {in_place_from}", E::DTYPE);
    let text = |error: gradus::Error| format!("{what}: {error}");
    let [mut traces, mut params] = numbers.params;
    let seen = Rc::new(RefCell::new(train::Seen::default()));
    let builder = g.training(recorded.loss, train::Rule { which, seen: seen.clone() });
    let builder = builder.passes(passes, in_place_from);
    let builder = recorded.outputs[1..].iter().fold(builder, |builder, &asked| builder.emit(asked));
    let mut step = match builder.compile(&mut params) {
        Err(error) if error.to_string().starts_with("the loss depends on no parameter") => {
            return unmoved(g, recorded);
        }
        compiled => compiled.map_err(text)?,
    };
    let seen = seen.take();
    // The new values by the rules, from the interpreter.
    let mut wide: Params<f64> = recorded.params.clone();
    for (name, value) in params.states() {
        wide.add(name, value.cast());
        // The other store has the same parameters.
        traces.add(name, value.clone());
    }
    let mut ids: Vec<NodeId> = seen.next.iter().map(|(_, id)| *id).collect();
    ids.push(recorded.loss.id());
    let mut inputs = given(recorded);
    for (id, value) in seen.scalars.into_iter().flatten().zip([2.0, 1.0]) {
        inputs.insert(id, Value::Real(value.into()));
    }
    let reference = reference(g, &ids, &wide, &inputs)?;
    let (set, threads) = way;
    let program = step.program().ok_or("the step is not compiled")?;
    program.instructions(set).map_err(text)?;
    program.divide_all(threads > 0);
    for (round, params) in [&mut traces, &mut params].into_iter().enumerate() {
        let feeds = feeds(recorded, &numbers.inputs[round], &numbers.labels[round]);
        step.stop_on_non_finite_loss(round == 1 && reference.finite);
        let mut run = || step.run(params, &feeds).map(|_| ());
        on(threads, &mut run).map_err(text)?;
    }
    count.trainings += 1;
    if reference.finite {
        for (name, id) in &seen.next {
            let all = params.iter().chain(params.states());
            let found = all.into_iter().find(|(each, _)| each == name).map(|(_, value)| value);
            let found = found.ok_or_else(|| format!("{what}: no {name}"))?;
            reference.compare(&format!("{what}: {name}"), *id, found)?;
        }
    }
    Ok(())
}

fn given(recorded: &Recorded<'_>) -> HashMap<NodeId, Value> {
    let real = recorded.inputs.iter().map(|(x, value)| (x.id(), Value::Real(value.clone())));
    let index = recorded.labels.iter().map(|(t, value, _)| (t.id(), Value::Index(value.clone())));
    real.chain(index).collect()
}

/// Records the graph of these bytes, and compares its runs with the interpreter.
pub fn judge(bytes: &[u8], effort: Effort) -> Result<Count, String> {
    let g = Graph::new();
    let mut choices = Choices::new(bytes);
    let recorded = record::record(&g, &mut choices);
    g.check().map_err(|error| format!("recording: {error}"))?;
    let ids: Vec<NodeId> = recorded
        .outputs
        .iter()
        .map(|asked| match asked {
            OutputVar::Real(y) => y.id(),
            OutputVar::Index(t) => t.id(),
        })
        .collect();
    if ancestors(&g, &ids).iter().any(|(_, node)| node.shape.size() > LARGEST) {
        return Ok(Count { large: 1, ..Count::default() });
    }
    let reference = reference(&g, &ids, &recorded.params, &given(&recorded))?;
    let mut count = Count {
        graphs: 1,
        whole: u64::from(reference.finite && reference.exact[1]),
        infinite: u64::from(!reference.finite),
        nodes: reference.values.len() as u64,
        ..Count::default()
    };
    let mut mixer =
        Mixer(bytes.iter().fold(bytes.len() as u64, |hash, &byte| hash.wrapping_mul(257) + u64::from(byte)));
    let all: Vec<(Passes, bool)> = (0..16)
        .map(|i| (Passes { simplify: i & 2 == 0, cse: i & 4 == 0, fuse: i & 8 == 0 }, i & 1 == 1))
        .collect();
    let first = mixer.number() as usize % 2;
    let mut chosen = vec![all[first]];
    let mut others: Vec<(Passes, bool)> =
        all.iter().enumerate().filter(|(i, _)| *i != first).map(|(_, c)| *c).collect();
    while chosen.len() < effort.compilations && !others.is_empty() {
        chosen.push(others.swap_remove(mixer.number() as usize % others.len()));
    }
    for (passes, single) in chosen {
        let ways = ways(&mut mixer, effort.runs);
        let trap = reference.finite && mixer.number().is_multiple_of(4);
        match single {
            true => programs::<f32>(&g, &recorded, &reference, passes, (&ways, trap), &mut count)?,
            false => programs::<f64>(&g, &recorded, &reference, passes, (&ways, trap), &mut count)?,
        }
        if let Some(rule) = recorded.rule {
            let from = [1, 40, 1 << 16][mixer.number() as usize % 3];
            match single {
                true => training::<f32>(&g, &recorded, rule, passes, from, ways[0], &mut count)?,
                false => training::<f64>(&g, &recorded, rule, passes, from, ways[0], &mut count)?,
            }
        }
    }
    if recorded.whole {
        masked(bytes, effort, &mut mixer, &mut count)?;
    }
    Ok(count)
}

/// Records the graph of these bytes with NaN and ∞ in an input, and a loss of its last values, of which what is not
/// finite is masked. In whole numbers, in which no other order of a sum makes a zero of another number, programs must
/// give what the interpreter gives.
fn masked(bytes: &[u8], effort: Effort, mixer: &mut Mixer, count: &mut Count) -> Result<(), String> {
    let g = Graph::new();
    let mut choices = Choices::new(bytes);
    let mut recorded = record::record(&g, &mut choices);
    let Some((_, odd)) = recorded.inputs.iter_mut().find(|(_, x)| !x.is_empty()) else { return Ok(()) };
    for _ in 0..1 + mixer.number() % 3 {
        let (at, which) = (mixer.number() as usize % odd.len(), mixer.number() as usize % 3);
        odd.data_mut()[at] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY][which];
    }
    let wrt: Vec<Var<'_>> = recorded.inputs.iter().map(|(x, _)| *x).collect();
    let ys: Vec<Var<'_>> = recorded.values.iter().rev().take(3).copied().collect();
    let ids: Vec<NodeId> = ys.iter().map(|y| y.id()).collect();
    let found = reference(&g, &ids, &recorded.params, &given(&recorded))?;
    let mut loss = g.constant(0.0);
    for (i, y) in ys.into_iter().enumerate() {
        let Value::Real(value) = &found.values[&y.id()] else { continue };
        let keep = g.input(format!("keep {i}"), y.shape());
        recorded.inputs.push((keep, value.map(|x| f64::from(x.is_finite()))));
        let each = if mixer.number().is_multiple_of(2) { y.square() } else { y * 3.0 };
        loss = loss + keep.select(each, 0.0).sum(..);
    }
    let slopes = loss.grads(&wrt);
    recorded.outputs = [loss].into_iter().chain(slopes).map(OutputVar::from).collect();
    let real = |y: &OutputVar<'_>| match y {
        OutputVar::Real(y) => Some(y.id()),
        OutputVar::Index(_) => None,
    };
    let ids: Vec<NodeId> = recorded.outputs.iter().filter_map(real).collect();
    if ancestors(&g, &ids).iter().any(|(_, node)| node.shape.size() > LARGEST) {
        return Ok(());
    }
    let mut reference = reference(&g, &ids, &recorded.params, &given(&recorded))?;
    reference.finite = true; // compared, since it is exact
    let ways = ways(mixer, effort.runs);
    let passes = Passes { fuse: !mixer.number().is_multiple_of(4), ..Passes::default() };
    if reference.exact[0] {
        programs::<f32>(&g, &recorded, &reference, passes, (&ways, false), count)?;
    }
    if reference.exact[1] {
        programs::<f64>(&g, &recorded, &reference, passes, (&ways, false), count)?;
        count.masked += 1;
    }
    Ok(())
}

/// As [`judge`], with a panic reported as a fault.
pub fn judge_caught(bytes: &[u8], effort: Effort) -> Result<Count, String> {
    std::panic::catch_unwind(|| judge(bytes, effort)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| text.to_string()));
        Err(format!("panic: {}", text.unwrap_or_default()))
    })
}

/// Reduces failing bytes to fewer and smaller ones that fail as well.
pub fn smaller(bytes: &[u8], effort: Effort) -> (Vec<u8>, String) {
    let mut best = bytes.to_vec();
    let mut fault = judge_caught(bytes, effort).err().unwrap_or_default();
    let mut again = true;
    while again {
        again = false;
        let mut tries: Vec<Vec<u8>> = Vec::new();
        for cut in [best.len() / 2, best.len() / 4, 8, 4, 2, 1].into_iter().filter(|cut| *cut > 0) {
            for at in (0..best.len()).step_by(cut).rev() {
                let end = (at + cut).min(best.len());
                tries.push([&best[..at], &best[end..]].concat());
            }
        }
        tries.extend((0..best.len()).filter(|i| best[*i] > 0).flat_map(|i| {
            [0, best[i] / 2, best[i] - 1].map(|byte| {
                let mut bytes = best.clone();
                bytes[i] = byte;
                bytes
            })
        }));
        for bytes in tries {
            if let Err(problem) = judge_caught(&bytes, effort) {
                (best, fault, again) = (bytes, problem, true);
                break;
            }
        }
    }
    (best, fault)
}

/// The graph of these bytes, as it was recorded.
pub fn show(bytes: &[u8]) -> String {
    let g = Graph::new();
    let mut choices = Choices::new(bytes);
    let recorded = record::record(&g, &mut choices);
    let outputs: Vec<String> = recorded
        .outputs
        .iter()
        .map(|asked| match asked {
            OutputVar::Real(y) => format!("{y:?}"),
            OutputVar::Index(t) => format!("{t:?}"),
        })
        .collect();
    format!("rule {:?}, outputs:\n{}", recorded.rule, outputs.join("\n\n"))
}
