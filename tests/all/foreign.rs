//! Values of another graph: no entry takes one for a value of its own. Each tells it, with the user's line; and what a
//! user's own rule gives is looked at as well.

use crate::catalog::{self, Case, all};
use gradus::error::Role;
use gradus::gradcheck::{elementwise, function};
use gradus::interpret::{Value, interpret};
use gradus::nn::Facts;
use gradus::prelude::*;
use gradus::{Idx, NodeId, Optimizer, OutputVar, Passes, Rate, Update};
use std::cell::Cell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// A graph that is never dropped, so that closures of any lifetime can give its values.
fn leaked() -> &'static Graph {
    Box::leak(Box::default())
}

/// A value of such a graph.
fn elsewhere(shape: impl Into<Shape>) -> Var<'static> {
    leaked().value(Tensor::from_fn(shape, |_| 0.5)).tanh()
}

/// Whether an error tells of another graph and names this line.
#[track_caller]
fn told<T>(result: Result<T>, line: u32) {
    let text = result.err().expect("it is told").to_string();
    assert!(text.contains("another graph"), "{text}");
    assert!(text.contains(&format!("tests/all/foreign.rs:{line}:")), "not line {line}: {text}");
}

/// The text of a panic.
#[track_caller]
fn panics<T>(f: impl FnOnce() -> T) -> String {
    let panic = catch_unwind(AssertUnwindSafe(|| drop(f()))).expect_err("it panics");
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|s| s.to_string()))
        .expect("a text")
}

#[test]
#[rustfmt::skip] // each `line!()` must be the line of what is told
fn a_program_is_not_compiled_of_another_graphs_values() {
    let (g, h) = (Graph::new(), Graph::new());
    let (x, small, large) =
        (g.value(tensor![1.0, 2.0]), h.value(tensor![3.0, 4.0]), h.value(Tensor::zeros([1000])));
    let line = line!() + 1;
    let beyond = (0..20).fold(large, |y, _| y.exp());
    // Of the same number and shape; of the same number, but larger; of a number that this graph does not have.
    assert_eq!((x.id(), x.shape()), (small.id(), small.shape()));
    let y = x.exp();
    assert_eq!(y.id(), large.id());
    for foreign in [small, large, beyond, large.sum(..)] {
        told(g.compile::<f64>([foreign]), line!());
        told(g.compile::<f32>([y, foreign]), line!());
        told(g.compile_with::<f64>([foreign], Passes::default()), line!());
        let bare = Passes { simplify: false, cse: false, fuse: false };
        told(g.compile_with::<f64>([x, foreign], bare), line!());
    }
    let (own, indices) = (y.argmax(0).squeeze(0), large.argmax(0).squeeze(0));
    told(g.compile::<f64>([indices]), line!());
    told(g.compile::<f64>([OutputVar::from(y), own.into(), indices.into()]), line!());
    let text = g.compile::<f64>([y, beyond]).expect_err("it is told").to_string();
    assert!(
        text.starts_with("output 1 is a value of another graph; record it in this one, or ask"),
        "{text}"
    );
    assert!(text.contains(&format!("exp  [1000]  recorded at tests/all/foreign.rs:{line}:")), "{text}");
    assert!(g.check().is_ok() && h.check().is_ok(), "nothing was recorded");
    assert_eq!(
        g.compile::<f64>([y]).expect("it is sound").run_unfed(&Params::new()).expect("it runs")[y],
        x.exp().eval().expect("it runs")
    );
}

#[test]
fn what_a_program_computed_is_not_read_by_another_graphs_values() {
    let (g, h) = (Graph::new(), Graph::new());
    let (x, other) = (g.value(tensor![1.0, 2.0]), h.value(tensor![3.0, 4.0]));
    let (i, others) = (x.argmax(0).squeeze(0), other.argmax(0).squeeze(0));
    let (both, reals) = ((x.id(), i.id()), (other.id(), others.id()));
    assert_eq!(both, reals);
    let mut program = g.compile::<f64>([OutputVar::from(x), i.into()]).expect("it compiles");
    let params = Params::new();
    let out = program.run_unfed(&params).expect("it runs");
    assert_eq!((out[x].to_string(), out[i].item()), ("[1, 2]".into(), 1));
    assert!(out.real(other).is_none() && out.indices(others).is_none());
    for text in [panics(|| out[other].len()), panics(|| out[others].len())] {
        assert!(text.starts_with("the program was not asked for th"), "{text}");
        assert!(text.contains("of another graph") && text.contains("tests/all/foreign.rs:"), "{text}");
    }
    let text = panics(|| out[x.exp()].len());
    assert!(text.starts_with("the program was not asked for this value:\n"), "{text}");
    // Of a training as well.
    let mut params = Params::<f64>::seeded(0);
    let w = params.add("w", tensor![1.0, 2.0]);
    let (g, h) = (Graph::new(), Graph::new());
    let loss = g.param(&w).square().sum(..);
    let coincides =
        (0..loss.graph().len()).fold(h.value(1.0), |y, _| if y.id() == loss.id() { y } else { y.exp() });
    assert_eq!(coincides.id(), loss.id());
    let mut step = g.train(loss, Sgd::new(0.1), &mut params).expect("it compiles");
    let out = step.run_unfed(&mut params).expect("it runs");
    assert!(out.real(loss).is_some() && out.real(coincides).is_none());
}

#[test]
#[rustfmt::skip] // each `line!()` must be the line of what is told
fn a_training_has_its_loss_and_its_outputs_in_its_own_graph() {
    let mut params = Params::<f32>::seeded(0);
    let w = params.add("w", tensor![1.0, 2.0]);
    let (g, h) = (Graph::new(), Graph::new());
    let (loss, other) = (g.param(&w).square().sum(..), h.param(&w).square().sum(..));
    told(g.train(other, Sgd::new(0.1), &mut params), line!());
    let far = line!() + 1;
    let builder = g.training(other, Adam::new(0.1));
    told(builder.compile(&mut params), far);
    let far = line!() + 1;
    let builder = g.training(loss, Adam::new(0.1)).emit(other.exp());
    told(builder.compile(&mut params), far);
    let labels = h.value(Tensor::zeros([900])).argmax(0).squeeze(0);
    told(g.training(loss, Adam::new(0.1)).emit(labels).compile(&mut params), line!());
    assert_eq!((params.states().count(), params.steps()), (0, 0));
    g.train(loss, Adam::new(0.1), &mut params)
        .expect("the graph is sound")
        .run_unfed(&mut params)
        .expect("it runs");
}

#[test]
#[rustfmt::skip] // each `line!()` must be the line of what is told
fn a_traced_function_gives_values_of_its_own_graph() {
    let x = Tensor::<f32>::zeros([2]);
    let params = Params::new();
    for size in [2, 500] {
        let mut traced = trace(|_, _| elsewhere([size]));
        told(traced.run(&params, &x), line!());
        let mut traced = trace(|g, _| if g.len() > 9 { g.constant(1.0) } else { elsewhere([size]) });
        told(traced.run(&params, &x), line!());
        assert_eq!(traced.compiled(), 0);
    }
    let mut params = Params::<f32>::seeded(0);
    let net = Linear::new(&mut params, "layer", 2, 2);
    for place in 0..2 {
        let net = net.clone();
        let mut step = trace_training(Adam::new(0.1), |at| {
            let mut given = vec![net.forward(at.input("x")).tanh().sum(..); 2];
            given[place] = elsewhere(());
            given
        });
        let x = Tensor::<f32>::zeros([3, 2]);
        told(step.run(&mut params, [feed("x", &x)]), line!());
        assert_eq!((step.compiled(), params.steps(), params.states().count()), (0, 0, 0));
        step.watch(None, 1).expect("each");
        told(step.run(&mut params, [feed("x", &x)]), line!());
    }
}

/// An optimizer that gives what it is told to.
#[derive(Clone, Copy)]
enum Odd {
    Update,
    Keep,
    Param,
    Mixed,
    Gradient,
    Fewer,
    More,
    Reversed,
}

impl Optimizer for Odd {
    fn rate(&self) -> Rate {
        Box::new(|_| 0.1)
    }

    fn gradients<'g>(&self, mut gradients: Vec<Var<'g>>) -> Vec<Var<'g>> {
        match self {
            Odd::Gradient => gradients[1] = elsewhere([2]),
            Odd::Fewer => drop(gradients.pop()),
            Odd::More => gradients.push(gradients[0]),
            Odd::Reversed => gradients.reverse(),
            _ => {}
        }
        gradients
    }

    fn update<'g>(&self, at: &mut Update<'g>) -> Var<'g> {
        let shape = at.param.shape();
        if let Odd::Param = self {
            at.param = elsewhere(&shape);
        }
        let next = at.state("m", 0.0) + at.gradient;
        at.keep("m", next);
        match self {
            Odd::Update => elsewhere(shape),
            Odd::Keep => {
                at.keep("m", elsewhere(shape));
                at.param
            }
            Odd::Mixed => at.param - elsewhere(shape),
            _ => at.param - at.rate * next,
        }
    }
}

#[test]
fn an_optimizers_rule_gives_a_value_of_this_graph_for_each_parameter() {
    let mut params = Params::<f64>::seeded(0);
    let (a, b) = (params.add("a", tensor![1.0]), params.add("b", tensor![1.0, 2.0]));
    let cases = [
        (Odd::Update, "the new value of \"a\" is a value of another graph"),
        (Odd::Keep, "the new value of \"optimizer.a.m\" is a value of another graph"),
        (Odd::Param, "the new value of \"a\" is a value of another graph"),
        (Odd::Mixed, "sub: the arguments belong to different graphs"),
        (Odd::Gradient, "the optimizer's gradient of \"b\" is a value of another graph"),
        (Odd::Fewer, "the optimizer's `gradients` gave 1 for 2 parameters"),
        (Odd::More, "the optimizer's `gradients` gave 3 for 2 parameters"),
        (Odd::Reversed, "the optimizer's gradient of \"a\" has shape [1], but was given [2]"),
    ];
    for (odd, expected) in cases {
        let g = Graph::new();
        let loss = (g.param(&a).square() * g.param(&b)).sum(..);
        let error = g.train(loss, odd, &mut params).expect_err(expected).to_string();
        assert!(error.starts_with(expected), "{error}");
        assert!(error.contains(&format!("tests/all/foreign.rs:{}:", line!() - 2)), "{error}");
        assert_eq!(params.states().count(), 0, "{expected}");
    }
}

#[test]
fn a_traced_training_tells_of_the_optimizers_rule_with_the_line_of_the_run() {
    let mut params = Params::<f64>::seeded(0);
    let [a, b] = ["a", "b"].map(|name| params.add(name, tensor![1.0, 2.0]));
    for odd in [Odd::Update, Odd::Keep, Odd::Param, Odd::Mixed, Odd::Gradient, Odd::Fewer, Odd::More] {
        let mut step = trace_training(odd, |at| {
            let x = at.input("x");
            vec![(at.graph().param(&a) * at.graph().param(&b) * x).sum(..)]
        });
        let line = line!() + 1;
        let error = step.run(&mut params, [feed("x", &tensor![1.0, 2.0])]).expect_err("it is told");
        assert!(error.to_string().contains(&format!("tests/all/foreign.rs:{line}:")), "{error}");
        assert_eq!((params.states().count(), params.steps(), step.compiled()), (0, 0, 0));
    }
}

#[test]
fn an_operand_of_ones_own_may_not_be_of_another_graph_either() {
    struct Half;
    impl<'g> gradus::Operand<'g> for Half {
        fn on(self, _: &'g Graph) -> Var<'g> {
            elsewhere([2])
        }
    }
    let mixes: [for<'g> fn(Var<'g>) -> Var<'g>; 5] =
        [|x| x + Half, |x| x.gt(Half), |x| x.select(1.0, Half), |x| x.sine(Half), |x| x.clamp(Half, 1.0)];
    for mix in mixes {
        let g = Graph::new();
        let y = mix(g.value(tensor![1.0, 2.0]));
        assert!(y.is_poisoned() && std::ptr::eq(y.graph(), &g));
        assert_eq!(g.check().expect_err("it is told").faults().len(), 1);
    }
}

#[test]
fn a_row_of_too_few_or_too_many_arguments_is_a_fault() {
    use gradus::op::{Map, Real};
    for (map, count) in [(Map::Add, 1), (Map::Add, 3), (Map::Exp, 2), (Map::Select, 2)] {
        let g = Graph::new();
        let xs = [g.value(tensor![1.0, 2.0]), g.value(2.0), g.value(3.0)];
        let y = Real::row(map, &xs[..count]);
        let error = y.eval::<f64>().expect_err("it is told").to_string();
        let expected = format!("{count} arguments were given, and it takes {}", map.args().len());
        assert!(error.starts_with(&format!("{}: {expected}", map.name())), "{error}");
    }
}

#[test]
fn a_custom_rule_that_gives_a_value_of_another_graph_is_told_once_with_its_line() {
    let g = Graph::new();
    let (x, z) = (g.value(tensor![1.0, 2.0]), g.value(tensor![3.0, 4.0]));
    let line = line!() + 1;
    let y = g.custom("mine", x * z, &[x, z], |_, _, ct| vec![elsewhere(ct.shape()), ct]);
    assert!(y.sum(..).grad(z).eval::<f64>().is_ok(), "only the other answer is foreign");
    let poisons = [y.sum(..).grad(x), y.jvp(x, x), y.sum(..).hessian(x), y.jacobian(x), y.sum(..).hvp(x, z)];
    assert!(poisons.iter().all(|poison| poison.is_poisoned()));
    let error = poisons[0].eval::<f64>().expect_err("it is told");
    let [fault] = error.faults() else { panic!("there is one fault: {error}") };
    assert!(
        fault.message.starts_with("the rule gave a cotangent of another graph for argument 0"),
        "{error}"
    );
    assert_eq!((fault.site.role, fault.site.location.line()), (Role::Backward, line));
    assert!(fault.dependents > 0);
}

/// Whether each of these recordings is one fault of `g` at this line, and leaves its value there, and `h` as it is.
#[track_caller]
fn refused(g: &Graph, line: u32, name: &str, poisons: &[Var<'_>], faults: usize) {
    let error = g.check().expect_err(name);
    assert_eq!(error.faults().len(), faults, "{name}: {error}");
    let fault = &error.faults()[faults - 1];
    assert_eq!(
        (fault.message.as_str(), fault.site.location.line()),
        ("the arguments belong to different graphs", line),
        "{name}: {error}"
    );
    assert!(poisons.iter().all(|poison| poison.is_poisoned() && std::ptr::eq(poison.graph(), g)), "{name}");
}

#[test]
fn every_operation_that_takes_a_value_of_another_graph_is_a_fault_of_its_own_graph() {
    type Mix = for<'g> fn(Var<'g>, Var<'g>, Idx<'g>) -> Vec<Var<'g>>;
    // Of the same shape, and of another, which is a mistake as well.
    let mixes: &[(&str, Mix)] = &[
        ("add", |x, y, _| vec![x + y]),
        ("sub", |x, y, _| vec![x.sub(y)]),
        ("pow", |x, y, _| vec![x.pow(y)]),
        ("lt", |x, y, _| vec![x.lt(y)]),
        ("gt", |x, y, _| vec![x.gt(y)]),
        ("ge", |x, y, _| vec![x.ge(y)]),
        ("ne", |x, y, _| vec![x.ne(y)]),
        ("select", |x, y, _| vec![x.select(y, 0.0)]),
        ("select otherwise", |x, y, _| vec![x.select(0.0, y)]),
        ("clamp", |x, y, _| vec![x.clamp(0.0, y)]),
        ("leaky_relu", |x, y, _| vec![x.leaky_relu(y)]),
        ("prelu", |x, y, _| vec![x.prelu(y)]),
        ("rrelu", |x, y, _| vec![x.rrelu(y, 0.1, 0.2)]),
        ("sine", |x, y, _| vec![x.sine(y)]),
        ("matmul", |x, y, _| vec![x.matmul(y)]),
        ("matmul_t", |x, y, _| vec![x.matmul_t(y)]),
        ("dot", |x, y, _| vec![x.dot(y)]),
        ("cat", |x, y, _| vec![x.graph().cat(&[x, y], 0)]),
        ("join of others", |x, y, _| vec![x.graph().cat(&[y, y], 0)]),
        ("stack", |x, y, _| vec![x.graph().stack(&[x, y], 0)]),
        ("stack of others", |x, y, _| vec![x.graph().stack(&[y, y], -1)]),
        ("custom of another value", |x, y, _| vec![x.graph().custom("mine", y, &[x], |_, _, ct| vec![ct])]),
        ("custom of other arguments", |x, y, _| vec![x.graph().custom("mine", x, &[y], |_, _, ct| vec![ct])]),
        ("custom of both", |x, y, _| vec![x.graph().custom("mine", y, &[y], |_, _, ct| vec![ct])]),
        ("gather", |x, _, i| vec![x.gather(i, 0)]),
        ("scatter_add", |x, _, i| vec![x.scatter_add(i, 0, 3)]),
        ("pick", |x, _, i| vec![x.pick(i)]),
        ("agrees_with", |x, _, i| vec![x.argmax(-1).squeeze(-1).agrees_with(i)]),
        ("mse_loss", |x, y, _| vec![x.mse_loss(y)]),
        ("l1_loss", |x, y, _| vec![x.l1_loss(y)]),
        ("huber_loss", |x, y, _| vec![x.huber_loss(y, 1.0)]),
        ("sigmoid_cross_entropy", |x, y, _| vec![x.sigmoid_cross_entropy(y)]),
        ("cross entropy of labels", |x, _, i| vec![x.softmax_cross_entropy(i)]),
        ("cross entropy of probabilities", |x, y, _| vec![x.softmax_cross_entropy(y)]),
        ("class weights, labels", |x, y, _| {
            vec![CrossEntropy::new().weights(y).of(x, x.argmax(-1).squeeze(-1))]
        }),
        ("class weights, probabilities", |x, y, _| vec![CrossEntropy::new().weights(y).of(x, x)]),
        ("grad", |x, y, _| vec![x.sum(..).grad(y)]),
        ("grads", |x, y, _| x.sum(..).grads(&[x, y])),
        ("vjp of a cotangent", |x, y, _| x.vjp(y, &[x])),
        ("vjp in a value", |x, y, _| x.vjp(x, &[x, y])),
        ("vjp in none", |x, y, _| [x.vjp(y, &[]), vec![x.vjp(y, &[x])[0]]].concat()),
        ("jvp along", |x, y, _| vec![x.jvp(x, y)]),
        ("jvp in a value", |x, y, _| vec![x.jvp(y, x)]),
        ("jvp in and along", |x, y, _| vec![x.jvp(y, y)]),
        ("hvp in", |x, y, _| vec![x.square().sum(..).hvp(y, x)]),
        ("hvp along", |x, y, _| vec![x.square().sum(..).hvp(x, y)]),
        ("hvp in and along", |x, y, _| vec![x.square().sum(..).hvp(y, y)]),
        ("jacobian", |x, y, _| vec![x.jacobian(y)]),
        ("hessian", |x, y, _| vec![x.square().sum(..).hessian(y)]),
    ];
    for &(name, mix) in mixes {
        for shape in [[2, 2], [2, 5], [0, 2]] {
            let (g, h) = (Graph::new(), Graph::new());
            let (x, y) = (g.value(Tensor::full([2, 2], 0.5)), h.value(Tensor::full(shape, 0.5)));
            let i = y.argmax(1).squeeze(1);
            let known = h.check().map_or_else(|error| error.faults().len(), |()| 0);
            let faults = if name == "vjp in none" { 2 } else { 1 };
            let poisons = mix(x, y, i);
            let error = g.check().expect_err(name);
            let line = error.faults()[0].site.location.line();
            assert_eq!(error.faults()[0].site.location.file(), "tests/all/foreign.rs", "{name}: {error}");
            refused(&g, line, name, &poisons, faults);
            let named =
                error.faults()[0].args.iter().all(|arg| arg.site.location.file() == "tests/all/foreign.rs");
            assert!(named, "{name}: {error}");
            let others = h.check().map_or_else(|error| error.faults().len(), |()| 0);
            assert_eq!(others, known, "{name}: the other graph is as it was");
        }
    }
}

#[test]
fn a_poisoned_value_beside_one_of_another_graph_tells_nothing_new() {
    let (g, h) = (Graph::new(), Graph::new());
    let (x, y) = (g.value(tensor![1.0, 2.0]).reshape([3]), h.value(tensor![1.0, 2.0]));
    let poisons = [x + y, x.mse_loss(y), x.jvp(y, y), x.gt(y), g.cat(&[x, y], 0), x.sum(..).hessian(y)];
    assert!(poisons.iter().all(|poison| poison.is_poisoned()) && h.check().is_ok());
    let error = g.check().expect_err("the reshape");
    assert_eq!((error.faults().len(), error.faults()[0].op.as_str()), (1, "reshape"), "{error}");
}

#[test]
#[rustfmt::skip] // each `line!()` must be the line of what is told
fn numbers_of_nodes_are_held_to_the_graph_that_is_interpreted() {
    let (g, h) = (Graph::new(), Graph::new());
    let (x, label) = (g.input("x", [2]), g.labels("label", [2], 3));
    let y = x.exp() + label.one_hot().sum(1).squeeze(1);
    let beyond = (0..20).fold(h.input("x", [2]), |y, _| y.exp());
    let params = Params::new();
    let (xs, labels) = (Value::Real(tensor![1.0, 2.0]), Value::Index(vec![0, 2].into()));
    let sound: HashMap<NodeId, Value> = [(x.id(), xs.clone()), (label.id(), labels.clone())].into();
    assert!(interpret(&g, &[y.id()], &params, &sound).is_ok());
    told(interpret(&g, &[y.id(), beyond.id()], &params, &sound), line!());
    let mut more = sound.clone();
    more.insert(beyond.id(), xs.clone());
    told(interpret(&g, &[y.id()], &params, &more), line!());
    let with = |id: NodeId, value: Value| {
        let mut inputs = sound.clone();
        inputs.insert(id, value);
        interpret(&g, &[y.id()], &params, &inputs).err().map(|error| error.to_string()).unwrap_or_default()
    };
    let cases = [
        (with(y.id(), xs), "a value was given for \"add\", which is not an input"),
        (with(x.id(), labels), "the input \"x\" was fed indices"),
        (with(x.id(), Value::Real(Tensor::zeros([1]))), "the input \"x\" has shape [2], but was given [1]"),
        (with(label.id(), Value::Real(Tensor::zeros([2]))), "the labels \"label\" were fed real numbers"),
        (
            with(label.id(), Value::Index(vec![0, 3].into())),
            "label 3 at position 1 of \"label\" is not below 3",
        ),
        (
            with(label.id(), Value::Index(vec![0].into())),
            "the labels \"label\" have shape [2], but were given [1]",
        ),
    ];
    for (found, expected) in cases {
        assert!(found.starts_with(expected), "{found:?} should be {expected:?}");
    }
    let mut params = Params::<f64>::seeded(0);
    let w = params.add("w", tensor![1.0, 2.0]);
    let mut other = Params::<f64>::seeded(0);
    other.add("w", tensor![1.0]);
    let z = g.param(&w).exp();
    let error =
        interpret(&g, &[z.id()], &other, &HashMap::new()).expect_err("of another shape").to_string();
    assert!(error.starts_with("the parameter \"w\" has shape [2], but was given [1]"), "{error}");
}

#[test]
fn a_node_that_is_not_there_is_told_by_the_range_of_those_that_are() {
    let (g, h) = (Graph::new(), Graph::new());
    let beyond = h.value(1.0).exp().ln();
    g.value(1.0);
    let text = panics(|| g.node(beyond.id()));
    assert_eq!(text, "node %2 is of another graph, for this one has 1 nodes; ask the graph that recorded it");
}

#[test]
fn a_drawing_tells_what_is_not_of_the_graph() {
    let (g, h) = (Graph::new(), Graph::new());
    let (x, other) = (g.value(1.0).exp(), h.value(tensor![1.0, 2.0]).exp().tanh());
    let dot = g.to_dot([x, other]);
    assert!(dot.contains("n1 [label=\"exp\\n[]\""), "{dot}");
    let line = line!() - 2;
    assert!(
        dot.contains("is a value of another graph") && dot.contains(&format!("tests/all/foreign.rs:{line}:")),
        "{dot}"
    );
    assert!(!dot.contains("n2") && dot.ends_with("}\n") && g.check().is_ok(), "{dot}");
}

#[test]
#[rustfmt::skip] // each `line!()` must be the line of what is told
fn a_check_is_of_one_graph() {
    let (g, h) = (Graph::new(), Graph::new());
    let (x, other) = (g.input("x", [2]), h.input("x", [2]));
    let loss = x.square().sum(..);
    let (xs, wide) = (tensor![1.0, 2.0], Tensor::<f64>::zeros([50]));
    let params = Params::<f64>::new();
    let foreign = gradcheck(loss, &params).feed([(x, &xs)]).wrt([x, other]);
    told(foreign.run(), line!());
    let foreign = gradcheck(loss, &params).feed([(other, &wide)]).wrt([x]);
    told(foreign.run(), line!());
    let foreign = gradcheck(loss, &params).feed([(x, &xs), (other, &xs)]).wrt([x]);
    told(foreign.run(), line!());
    gradcheck(loss, &params).feed([(x, &xs)]).wrt([x]).run().expect("it runs").assert_ok();
    told(elementwise("mine", |x| elsewhere(x.shape())).run(), line!());
    told(elementwise("mine", |x| if x.size(0) == 1 { elsewhere([1]) } else { x.exp() }).order(2).run(), line!());
    for inputs in [vec![], vec![xs.clone()], vec![xs.clone(), xs]] {
        told(function("mine", inputs, |_| elsewhere([2])).run(), line!());
    }
}

#[test]
#[rustfmt::skip] // each `line!()` must be the line of what is told
fn an_activation_gives_a_value_of_the_graph_of_its_argument() {
    told(Facts::of(|x| elsewhere(x.shape())), line!());
    told(Facts::of(|_| elsewhere([3])), line!());
    let mut params = Params::<f32>::seeded(0);
    let net = Mlp::with_activation(&mut params, "net", &[2, 3, 1], Init::HeNormal, |x| elsewhere(x.shape()));
    let g = Graph::new();
    let loss = net.forward(g.input("x", [4, 2])).sum(..);
    assert!(std::ptr::eq(loss.graph(), &g));
    told(g.train(loss, Sgd::new(0.1), &mut params), line!() - 2);
}

#[test]
#[rustfmt::skip] // each `line!()` must be the line of what is told
fn what_is_watched_is_the_loss_of_the_training() {
    let mut params = Params::<f32>::seeded(0);
    let layer = Linear::new(&mut params, "layer", 2, 3);
    let (g, h) = (Graph::new(), Graph::new());
    let [(x, loss), (other, others)] = [&g, &h].map(|g| {
        let x = g.input("x", [4, 2]);
        (x, layer.forward(x).tanh().sum(..))
    });
    assert_eq!(loss.id(), others.id());
    let mut step = g.train(loss, Sgd::new(0.1), &mut params).expect("it compiles");
    told(step.watch(others, 1), line!());
    step.watch(loss, 2).expect("it is watched");
    let xs = Tensor::zeros([4, 2]);
    for taken in 0..2 {
        told(step.run(&mut params, [(other, &xs)]), line!());
        step.run(&mut params, [(x, &xs)]).expect("it runs");
        assert_eq!(params.steps(), taken + 1);
    }
}

#[test]
#[rustfmt::skip] // each `line!()` must be the line of what is told
fn what_is_fed_is_told_with_the_line_of_the_run() {
    let mut params = Params::<f32>::seeded(0);
    let w = params.add("w", tensor![1.0, 2.0]);
    let (g, h) = (Graph::new(), Graph::new());
    let (x, other) = (g.input("x", [2]), h.input("x", [2]));
    let loss = (g.param(&w) * x).sum(..);
    let xs = tensor![1.0, 2.0];
    let mut program = g.compile::<f32>([loss]).expect("it compiles");
    told(program.run(&params, [(other, &xs)]), line!());
    let mut step = g.train(loss, Sgd::new(0.1), &mut params).expect("it compiles");
    told(step.run(&mut params, [(other, &xs)]), line!());
}

#[test]
fn an_input_of_the_users_own_is_not_taken_for_the_learning_rate() {
    let inputs: [fn(&Graph); 2] =
        [|g| _ = g.labels("optimizer.rate", (), 3), |g| _ = g.input("optimizer.rate", ())];
    for input in inputs {
        let mut params = Params::<f32>::seeded(0);
        let w = params.add("w", tensor![1.0, 2.0]);
        let g = Graph::new();
        input(&g);
        let error =
            g.train(g.param(&w).sum(..), Adam::new(0.1), &mut params).expect_err("it is told").to_string();
        assert!(error.contains("\" is taken by the input of tests/all/foreign.rs:"), "{error}");
    }
    // Two trainings of one graph share theirs.
    let mut params = Params::<f32>::seeded(0);
    let (v, w) = (params.add("v", tensor![1.0]), params.add("w", tensor![1.0]));
    let g = Graph::new();
    let (mut one, mut two) = {
        let mut step = |w| g.train(g.param(w).sum(..), Sgd::new(0.5), &mut params).expect("it compiles");
        (step(&v), step(&w))
    };
    one.run_unfed(&mut params).expect("it runs");
    two.run_unfed(&mut params).expect("it runs");
    assert_eq!([&v, &w].map(|p| params.get(p.name()).expect("it is there")[[0]]), [0.5, 0.5]);
}

#[test]
fn a_training_of_no_parameter_is_refused() {
    let (mut none, mut params) = (Params::<f32>::new(), Params::<f32>::new());
    params.add("w", tensor![1.0, 2.0]);
    let g = Graph::new();
    let loss = g.input("x", [2]).sum(..);
    let text = |error: Error| error.to_string();
    let refused = |params: &mut Params<f32>| g.train(loss, Sgd::new(0.1), params).map(|_| ()).map_err(text);
    let words = "the loss depends on no parameter that can be trained: ";
    for (params, why) in
        [(&mut none, "the store holds none"), (&mut params, "none of the store's 1 is used in it")]
    {
        let error = refused(params).expect_err("nothing would change");
        assert!(
            error.starts_with(&format!("{words}{why}")) && error.contains("tests/all/foreign.rs:"),
            "{error}"
        );
    }
    params.freeze("w", true).expect("it is there");
    let error = refused(&mut params).expect_err("nothing would change");
    assert!(error.starts_with(&format!("{words}the store's 1 are frozen")), "{error}");
}

/// Rules that answer wrongly: in shape, in number, with a value of another graph, and with a mistake in them.
type Rule = for<'g> fn(&[Var<'g>], Var<'g>, Var<'g>) -> Vec<Var<'g>>;
const WRONG: [(&str, Rule); 5] = [
    ("the rule gave a cotangent of shape", |_, _, ct| vec![ct.unsqueeze(0).broadcast_to(wider(ct))]),
    ("the rule gave 0 cotangents for 1 arguments", |_, _, _| vec![]),
    ("the rule gave 2 cotangents for 1 arguments", |_, _, ct| vec![ct, ct]),
    ("the rule gave a cotangent of another graph", |_, _, ct| vec![elsewhere(ct.shape())]),
    ("shape", |_, _, ct| vec![ct.reshape([977])]),
];

/// The shape with an axis of size 2 before it.
fn wider(x: Var<'_>) -> Shape {
    [2].iter().chain(&x.shape()[..]).copied().collect()
}

thread_local! {
    /// Whether a wrong rule was asked.
    static ASKED: Cell<bool> = const { Cell::new(false) };
}

/// A value behind a wrong rule.
#[track_caller]
fn wrong<'g>(x: Var<'g>, rule: Rule) -> Var<'g> {
    x.graph().custom("mine", x, &[x], move |args, y, ct| {
        assert!(!ct.is_poisoned(), "no rule is asked of a poisoned cotangent");
        ASKED.set(true);
        rule(args, y, ct)
    })
}

/// Derivatives of a value, of both modes and orders, all of which go through what lies between.
fn derivatives<'g>(y: Var<'g>, x: Var<'g>) -> Vec<Var<'g>> {
    let loss = y.sin().sum(..);
    let (grad, along) = (loss.grad(x), loss.jvp(x, x));
    let mut all = vec![grad, along, loss.hvp(x, x), y.jvp(x, x), y.vjp(y, &[x])[0]];
    all.extend([grad.sum(..).grad(x), grad.jvp(x, x), along.grad(x), along.jvp(x, x)]);
    if y.shape().size() * x.shape().size() > 0 {
        all.extend([loss.jacobian(x), y.jacobian(x), loss.hessian(x)]);
    }
    all
}

/// The same case with a wrong rule between its first input and its operations, or behind them.
fn with_a_wrong_rule(case: &Case, rule: Rule, before: bool) -> Case {
    let inner = case.build.clone();
    let build: catalog::Build = Arc::new(move |g, xs, labels| {
        let mut xs = xs.to_vec();
        if before {
            xs[0] = wrong(xs[0], rule);
        }
        let ys = inner(g, &xs, labels);
        if before { ys } else { ys.into_iter().map(|y| wrong(y, rule)).collect() }
    });
    Case { build, ..case.clone() }
}

/// What is not as it should be where a derivative meets a wrong rule; nothing where none does.
fn passed_on(case: &Case, (words, rule): (&str, Rule), before: bool) -> std::result::Result<bool, String> {
    let case = with_a_wrong_rule(case, rule, before);
    let g = Graph::new();
    let recorded = case.record(&g);
    ASKED.set(false);
    let found = derivatives(recorded.ys[0], recorded.xs[0]);
    if !ASKED.get() {
        return Ok(false);
    }
    let Err(error) = g.check() else { return Err("no fault".into()) };
    let [fault] = error.faults() else { return Err(format!("{} faults: {error}", error.faults().len())) };
    let here = fault.site.location.file() == "tests/all/foreign.rs" && fault.site.role == Role::Backward;
    let poisoned: Vec<bool> = found.iter().map(|derivative| derivative.is_poisoned()).collect();
    match here && fault.message.contains(words) && !poisoned.contains(&false) {
        true => Ok(true),
        false => Err(format!("{poisoned:?}: {error}")),
    }
}

#[test]
fn a_wrong_rule_beside_any_operation_is_told_once_and_its_poison_is_passed_on() {
    let (mut met, mut problems) = (0, Vec::new());
    for case in all().iter().filter(|case| !case.inputs.is_empty()) {
        for ((words, rule), before) in WRONG.iter().flat_map(|wrong| [(*wrong, true), (*wrong, false)]) {
            let found = catch_unwind(AssertUnwindSafe(|| passed_on(case, (words, rule), before)));
            match found.unwrap_or_else(|_| Err("a panic".into())) {
                Ok(asked) => met += usize::from(asked),
                Err(problem) => {
                    problems.push(format!("{} ({words}, before: {before}): {problem}", case.name))
                }
            }
        }
    }
    assert!(
        problems.is_empty(),
        "{} problems\n{}",
        problems.len(),
        problems[..problems.len().min(9)].join("\n")
    );
    assert!(met > 1000, "only {met}");
}

#[test]
fn a_strict_graph_stops_at_a_wrong_rule_with_its_line() {
    for (words, rule) in WRONG {
        let line = line!() + 4;
        let text = panics(|| {
            let g = Graph::strict();
            let x = g.value(tensor![1.0, 2.0]);
            let y = g.custom("mine", x, &[x], rule);
            g.stack(&[y, y], 0).crelu(0).sum(..).grad(x);
        });
        assert!(text.contains(words) && text.contains(&format!("tests/all/foreign.rs:{line}:")), "{text}");
        let text = panics(|| {
            let g = Graph::strict();
            let x = g.value(tensor![1.0, 2.0]);
            let y = g.custom("mine", g.cat(&[x, x], 0), &[g.cat(&[x, x], 0)], rule);
            y.sum(..).grad(x);
        });
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn a_training_of_a_wrong_rule_tells_it_once() {
    let mut params = Params::<f32>::seeded(0);
    let (a, b) = (params.add("a", tensor![1.0, 2.0]), params.add("b", tensor![3.0, 4.0]));
    let g = Graph::new();
    let (a, b) = (g.param(&a), g.param(&b));
    let y = g.custom("mine", a * b, &[a, b], |_, _, ct| vec![ct]);
    let error = g.train(y.sum(..), Sgd::new(0.1), &mut params).expect_err("it is told");
    assert_eq!(error.faults().len(), 1, "{error}");
    assert!(error.to_string().starts_with("mine: the rule gave 1 cotangents for 2 arguments\n"), "{error}");
}

#[test]
fn a_check_of_a_wrong_rule_tells_it_once() {
    let g = Graph::new();
    let x = g.input("x", [2]);
    let xs = tensor![1.0, 2.0];
    for (words, rule) in WRONG {
        let error = function("mine", [xs.clone()], |x| wrong(x[0].sin(), rule)).run().expect_err(words);
        assert!(error.faults().len() == 1 && error.to_string().contains(words), "{error}");
        let error = elementwise("mine", |x| wrong(x.sin(), rule)).order(2).run().expect_err(words);
        assert!(error.faults().len() == 1 && error.to_string().contains(words), "{error}");
    }
    let loss = wrong(x.sin(), WRONG[0].1).sum(..);
    let check = gradcheck(loss, &Params::<f64>::new()).feed([(x, &xs)]).wrt([x]).order(2);
    assert_eq!(check.run().expect_err("it is told").faults().len(), 1);
}
