//! Judges each operation of a value by itself where it stands: this names the one whose rule is wrong. Floor 7.

use super::linearity::Contract;
use crate::element::Number;
use crate::error::Result;
use crate::gradcheck::numbers::{Dd, Dual, random};
use crate::gradcheck::oracle::{CheckedValue, Reference};
use crate::gradcheck::report::{Operation, Region};
use crate::gradcheck::verdict::Rules;
use crate::graph::{Graph, Node, NodeId, Var};
use crate::op::Op;
use crate::ops;
use crate::tensor::Tensor;
use std::collections::{BTreeMap, HashSet};

/// The agreement, relative to the sizes of the terms, that a right rule shows.
const RIGHT: f64 = 1e-9;
/// Outputs at a kink that are looked at, and how far beside it, in double-double numbers.
const TIES: usize = 4;
const BESIDE: f64 = 9.094_947_017_729_282e-13;

/// One question to a rule: its operation, the argument, the cotangent, and the parts of the argument's cotangent.
struct Question {
    id: NodeId,
    arg: NodeId,
    ct: Tensor<f64>,
    parts: Vec<NodeId>,
}

/// The outcome of a question.
enum Answer {
    /// The relative error of a right answer.
    Right(f64),
    Open,
    /// These outputs are at a tie or another kink.
    Tied(Vec<usize>),
    /// The answer of the rule, and the right one in words.
    Wrong(f64, String),
    /// Question in another way, the rule says something else.
    Broken,
}

/// Judges the rule of each operation between `wrt` and the value by itself, at the values that it has there:
/// compares its cotangents along a random direction with the complex step of its own value. Returns the operations
/// by name, and those whose rules are wrong, in words. `suspect`: a rule is known not to be linear.
pub(crate) fn audit_rules<'g>(
    subject: &CheckedValue<'g>,
    wrt: &[Var<'g>],
    seed: u64,
    rules: &Rules,
    suspect: bool,
) -> Result<(Vec<Operation>, Vec<String>)> {
    let graph = subject.y.graph();
    let (moves, path) = subject.path(wrt);
    // The cotangents by the rules are recorded first, so that all is computed at once.
    let mut random = random(seed ^ 0x6017);
    let mut asked: Vec<Question> = Vec::new();
    let mut contract = Contract::default();
    for &id in &path {
        let (y, node) = (graph.var(id), graph.node(id));
        let ct = Tensor::try_from_fn(&node.shape, |_| random())?;
        let ct_var = graph.value(ct.clone());
        let parts = ops::vjp(y, ct_var, |i| moves.contains(&node.args[i]));
        if let Op::Custom(_) = node.op {
            let wanted = |i: usize| moves.contains(&node.args[i]);
            contract.ask(y, (&ct, ct_var), &parts, wanted, suspect);
        }
        for (i, part) in parts {
            // An argument that stands in two places gets the sum of both cotangents.
            match asked.iter_mut().find(|asked| asked.id == id && asked.arg == node.args[i]) {
                Some(asked) => asked.parts.push(part.id()),
                None => {
                    asked.push(Question { id, arg: node.args[i], ct: ct.clone(), parts: vec![part.id()] })
                }
            }
        }
    }
    let parts = asked.iter().flat_map(|asked| &asked.parts).copied().chain(contract.wanted());
    let wanted: Vec<NodeId> = parts.chain([subject.y.id()]).collect();
    let reference: Reference<Dual<Dd>> = subject.reference(&wanted, None)?;
    let mut answers: BTreeMap<NodeId, Vec<Answer>> = path.iter().map(|&id| (id, Vec::new())).collect();
    let mut wrong: Vec<String> = Vec::new();
    // The arguments of one operation stand together.
    for asked in asked.chunk_by(|a, b| a.id == b.id) {
        let (id, node) = (asked[0].id, graph.node(asked[0].id));
        let mut tied: Vec<usize> = Vec::new();
        for asked in asked {
            let answer = answer(asked, &node, &path, &reference, &mut random)?;
            match &answer {
                Answer::Tied(outputs) => tied.extend(outputs),
                Answer::Wrong(backward, should) => {
                    wrong.push(accused(graph, id, &[asked.arg], *backward, should))
                }
                _ => {}
            }
            answers.entry(id).or_default().push(answer);
        }
        if !tied.is_empty() {
            tied.sort_unstable();
            tied.dedup();
            tied.truncate(TIES);
            let answer = beside(subject, asked, &tied, &path, &mut random, rules)?;
            if let Answer::Wrong(backward, should) = &answer {
                let args: Vec<NodeId> = asked.iter().map(|asked| asked.arg).collect();
                wrong.push(accused(graph, id, &args, *backward, should));
            }
            let answers = answers.entry(id).or_default();
            answers.retain(|answer| !matches!(answer, Answer::Tied(_)));
            answers.push(answer);
        }
    }
    for (id, arg, problem) in contract.broken(&reference) {
        if answers.get(&id).is_some_and(|all| all.iter().any(|a| matches!(a, Answer::Wrong(..)))) {
            continue; // It is named already.
        }
        let arg = graph.read(|record| record.called(arg));
        wrong.push(format!("{}: for {arg} it {problem}", named(graph, id)));
        answers.entry(id).or_default().push(Answer::Broken);
    }
    let mut operations: BTreeMap<String, Operation> = BTreeMap::new();
    for (id, answers) in answers {
        let node = graph.node(id);
        let name = match node.op {
            Op::Custom(_) => graph.read(|record| record.called(id)),
            ref op => op.name().to_string(),
        };
        let empty =
            || Operation { name: name.clone(), nodes: 0, wrong: 0, open: 0, worst: 0.0, reached: Vec::new() };
        let operation = operations.entry(name.clone()).or_insert_with(empty);
        operation.nodes += 1;
        match &answers[..] {
            all if all.iter().any(|a| matches!(a, Answer::Wrong(..) | Answer::Broken)) => {
                operation.wrong += 1;
            }
            all if all.is_empty() || all.iter().any(|a| matches!(a, Answer::Open)) => operation.open += 1,
            _ => {}
        }
        for answer in &answers {
            if let Answer::Right(off) = answer {
                operation.worst = operation.worst.max(*off);
            }
        }
        if let Op::Map(map) = node.op
            && let Some(x) = reference.real(node.args[0])
        {
            let kinks: Vec<f64> = map.kinks().iter().map(|kink| kink.at[0]).collect();
            operation.reached.extend(x.iter().map(|x| Region::of(x.real(), &kinks)));
            operation.reached.sort_unstable();
            operation.reached.dedup();
        }
    }
    Ok((operations.into_values().collect(), wrong))
}

/// Names an operation, its line, and what its rule says.
fn accused(graph: &Graph, id: NodeId, args: &[NodeId], backward: f64, should: &str) -> String {
    let called = |id: NodeId| graph.read(|record| record.called(id)).to_string();
    let args: Vec<String> = args.iter().map(|&arg| called(arg)).collect();
    let what = named(graph, id);
    format!("{what}: {backward:e} along a direction through {}, {should}", args.join(" and "))
}

/// The rule of an operation, with the line that recorded it.
fn named(graph: &Graph, id: NodeId) -> String {
    let name = graph.read(|record| record.called(id));
    format!("the rule of {name}, recorded at {}", graph.node(id).site.location)
}

/// Compares the answer of a rule with the operation's value.
fn answer(
    asked: &Question,
    node: &Node,
    path: &[NodeId],
    reference: &Reference<Dual<Dd>>,
    random: &mut impl FnMut() -> f64,
) -> Result<Answer> {
    let Question { id, arg, ct, parts } = asked;
    let Some(base) = reference.real(*arg) else { return Ok(Answer::Open) };
    let direction = Tensor::from_fn(base.shape(), |_| random());
    let moved = base.iter().zip(&direction).map(|(x, &d)| Dual::new(x.re, d)).collect();
    let moved = vec![(*arg, Tensor::new(base.shape(), moved)?)];
    let (value, fixed) = of(*id, &[*arg], node, path);
    let pushed = reference.moved(moved, &fixed, value)?;
    if pushed.iter().any(|y| y.tied) {
        let tied = pushed.iter().enumerate().filter(|(_, y)| y.tied).map(|(i, _)| i);
        return Ok(Answer::Tied(tied.take(TIES).collect()));
    }
    let forward: f64 = pushed.iter().zip(ct).map(|(y, c)| c * y.im.to_f64()).sum();
    let parts = parts.iter().filter_map(|part| reference.real(*part));
    let terms = parts.flat_map(|part| part.iter().zip(&direction).map(|(g, d)| g.real() * d));
    let (backward, size) = terms.fold((0.0, 0.0), |(sum, size): (f64, f64), t| (sum + t, size + t.abs()));
    let size = size.max(pushed.iter().zip(ct).map(|(y, c)| c.abs() * y.size).sum());
    let nan = node.args.iter().any(|&arg| is_nan(reference, arg));
    Ok(match (forward - backward).abs() {
        _ if !forward.is_finite() || size.is_infinite() => Answer::Open,
        off if off <= RIGHT * size + f64::MIN_POSITIVE => {
            Answer::Right(if off == 0.0 { 0.0 } else { off / size })
        }
        // A rule is not judged by what it says of NaN.
        _ if nan => Answer::Open,
        _ => Answer::Wrong(backward, format!("{forward:e} by the complex step")),
    })
}

/// Tells whether some element of a value is NaN.
fn is_nan<S: Number>(reference: &Reference<S>, id: NodeId) -> bool {
    reference.real(id).is_some_and(|x| x.iter().any(|x| x.real().is_nan()))
}

/// Compares the rule at a kink: the derivative of each output along a direction through all arguments lies between
/// those of its two sides, so that the parts of a tie must fit together.
fn beside<'g>(
    subject: &CheckedValue<'g>,
    asked: &[Question],
    outputs: &[usize],
    path: &[NodeId],
    random: &mut impl FnMut() -> f64,
    rules: &Rules,
) -> Result<Answer> {
    let graph = subject.y.graph();
    let (y, node) = (graph.var(asked[0].id), graph.node(asked[0].id));
    let args: Vec<NodeId> = asked.iter().map(|asked| asked.arg).collect();
    // For each output, the parts of the arguments' cotangents.
    let mut cotangents: Vec<Vec<(NodeId, NodeId)>> = Vec::new();
    for &output in outputs {
        let mut ct = Tensor::try_full(&node.shape, 0.0)?;
        ct.data_mut()[output] = 1.0;
        let parts = ops::vjp(y, graph.value(ct), |i| args.contains(&node.args[i]));
        cotangents.push(parts.into_iter().map(|(i, part)| (node.args[i], part.id())).collect());
    }
    let parts = cotangents.iter().flatten().map(|(_, part)| *part);
    let wanted: Vec<NodeId> = parts.chain([asked[0].id]).collect();
    let reference: Reference<Dd> = subject.reference(&wanted, None)?;
    let (value, fixed) = of(asked[0].id, &args, &node, path);
    let Some(here) = reference.real(value) else { return Ok(Answer::Open) };
    for round in 0..3 {
        // The first direction moves all that is tied alike.
        let mut number = || if round == 0 { random().abs() } else { random() };
        let mut directions: Vec<(NodeId, Tensor<f64>)> = Vec::new();
        for &arg in &args {
            let Some(base) = reference.real(arg) else { return Ok(Answer::Open) };
            directions.push((arg, Tensor::from_fn(base.shape(), |_| number())));
        }
        let moved = |by: f64| {
            let mut all = Vec::new();
            for (arg, direction) in &directions {
                let Some(base) = reference.real(*arg) else { continue };
                let moved = base.iter().zip(direction).map(|(&x, &d)| x + Dd::from(by * d)).collect();
                all.push((*arg, Tensor::new(base.shape(), moved)?));
            }
            reference.moved(all, &fixed, value)
        };
        let (right, left) = (moved(BESIDE)?, moved(-BESIDE)?);
        for (&output, parts) in outputs.iter().zip(&cotangents) {
            let side = |y: &Tensor<Dd>, by: f64| (y.data()[output] - here.data()[output]).to_f64() / by;
            let (right, left) = (side(&right, BESIDE), side(&left, -BESIDE));
            if !left.is_finite() || !right.is_finite() || node.args.iter().any(|&arg| is_nan(&reference, arg))
            {
                return Ok(Answer::Open);
            }
            let mut backward = 0.0;
            for (arg, part) in parts {
                let direction = directions.iter().find(|(of, _)| of == arg).map(|(_, direction)| direction);
                let Some((part, direction)) = reference.real(*part).zip(direction) else { continue };
                backward += part.iter().zip(direction).map(|(g, d)| g.real() * d).sum::<f64>();
            }
            let (low, high) = (rules.between)(left, right);
            let slack = 1e-6 * low.abs().max(high.abs()).max(backward.abs()) + f64::MIN_POSITIVE;
            if !(low - slack..=high + slack).contains(&backward) {
                return Ok(Answer::Wrong(
                    backward,
                    format!("from {low:e} to {high:e} on the sides of its kink"),
                ));
            }
        }
    }
    Ok(Answer::Right(0.0))
}

/// Returns the value whose derivative a rule is, and the nodes that stay while its arguments move.
fn of(id: NodeId, args: &[NodeId], node: &Node, path: &[NodeId]) -> (NodeId, HashSet<NodeId>) {
    match node.op {
        // A custom operation is its value, as a function of its arguments; the others stay.
        Op::Custom(_) => {
            (node.args[0], node.args[1..].iter().copied().filter(|other| !args.contains(other)).collect())
        }
        _ => (id, path.iter().copied().filter(|other| *other != id).collect()),
    }
}
