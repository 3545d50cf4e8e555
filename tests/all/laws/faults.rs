//! Mistakes in recording: each gives exactly its message, all roots are told at once, and what
//! follows from one is only counted.

use crate::catalog::wrong::{WRONG, clash};
use crate::catalog::{all, numbers};
use gradus::op::{Map, Real};
use gradus::{Error, Graph, Tensor, Var, tensor};

fn told(error: &Error) -> Vec<String> {
    error.faults().iter().map(|fault| format!("{}: {}", fault.op, fault.message)).collect()
}

#[test]
fn every_misuse_gives_exactly_its_message() {
    let mut wrong = Vec::new();
    for (name, build, expected) in WRONG {
        let g = Graph::new();
        let y = build(&g);
        let found = y.eval::<f64>().map_or_else(|error| told(&error), |_| Vec::new());
        if found != [*expected] || !y.is_poisoned() {
            wrong.push(format!("{name}: {found:#?} should be {expected:?}"));
        }
    }
    for &map in Map::ALL.iter().filter(|map| map.args().len() > 1) {
        let g = Graph::new();
        let x = [numbers([2, 3], 0), numbers([4], 0), numbers([2, 3], 0)].map(|x| g.value(x));
        Real::row(map, &x[..map.args().len()]);
        let found = g.check().map_or_else(|error| told(&error), |()| Vec::new());
        if found != [clash(map.name(), map.args().len())] {
            wrong.push(format!("{}: {found:#?}", map.name()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_misuse_is_told_at_its_line_with_its_arguments() {
    let g = Graph::new();
    let x = g.input("pixels", [2, 3]);
    let line = line!() + 1;
    let y = x.matmul(x.exp());
    let error = y.eval::<f64>().unwrap_err();
    let [fault] = error.faults() else { panic!("there is one fault") };
    assert_eq!((fault.site.location.file(), fault.site.location.line()), (file!(), line));
    let args: Vec<(&str, &str, String)> =
        fault.args.iter().map(|arg| (&*arg.label, &*arg.name, arg.shape.to_string())).collect();
    assert_eq!(args, [("left", "pixels", "[2, 3]".into()), ("right", "exp", "[2, 3]".into())]);
    assert_eq!((fault.args[0].site.location.line(), fault.args[1].site.location.line()), (line - 2, line));
}

#[test]
fn all_roots_are_told_at_once_and_what_follows_is_counted() {
    let g = Graph::new();
    let x = g.value(tensor![[1.0, 2.0]]);
    let first = x.matmul(x);
    let second = x.reshape([3]);
    // Four on top of the first, one of them on top of both, which counts for its first argument.
    let y = (first + 1.0).exp() * second + first.sum(..);
    let z = second.tanh();
    let error = (y + z + x.sum(..)).eval::<f64>().unwrap_err();
    assert_eq!(
        told(&error),
        [
            "matmul: columns of the left (2) must equal rows of the right (1)",
            "reshape: shape [1, 2] has 2 elements, and [3] has 3"
        ]
    );
    let dependents: Vec<usize> = error.faults().iter().map(|fault| fault.dependents).collect();
    // first: +1, exp, ·second, sum, its reshape to a scalar, +, + z, + x.sum. second: tanh.
    assert_eq!(dependents, [8, 1]);
    assert!(error.to_string().contains("8 later values depend on this one"), "{error}");
    // A value that is well is computed in a graph that is not.
    assert_eq!(x.sum(..).eval::<f64>().expect("it depends on no mistake").item(), 3.0);
    assert_eq!(told(&g.check().unwrap_err()).len(), 2);
}

#[test]
fn derivatives_of_a_poisoned_value_tell_nothing_new() {
    let g = Graph::new();
    let x = g.value(tensor![[1.0, 2.0]]);
    let loss = x.matmul(x).sum(..);
    let poisons = [loss.grad(x), loss.hvp(x, x), loss.jvp(x, x), loss.hessian(x), loss.vjp(x, &[x])[0]];
    assert!(poisons.iter().all(|poison| poison.is_poisoned()));
    assert_eq!(g.check().unwrap_err().faults().len(), 1);
}

#[test]
fn what_is_recorded_of_a_poisoned_argument_tells_nothing_new() {
    let mut met = 0;
    for case in all() {
        for i in 0..case.inputs.len() {
            let g = Graph::new();
            let mut recorded = case.record(&g);
            let [x, wrong] = [recorded.xs[i], recorded.xs[i].reshape([977])];
            recorded.xs[i] = wrong;
            let ys = (case.build)(&g, &recorded.xs, &recorded.labels);
            let error = g.check().unwrap_err();
            assert_eq!(error.faults().len(), 1, "{}, argument {i}: {error}", case.name);
            met += ys.iter().filter(|y| y.is_poisoned()).count();
            for y in ys {
                let _derivatives = (y.grad(x), y.jvp(x, x), y.jacobian(wrong), y.vjp(y, &[x, wrong]));
            }
            let error = g.check().unwrap_err();
            let told = error.faults().iter().filter(|fault| fault.op != "grad").count();
            assert_eq!(told, 1, "{}, argument {i}: {error}", case.name);
        }
    }
    assert!(met > 300, "only {met}");
}

#[test]
fn values_of_two_graphs_do_not_mix() {
    let (g, h) = (Graph::new(), Graph::new());
    let (x, y) = (g.value(tensor![1.0, 2.0]), h.value(tensor![3.0, 4.0]));
    mixed(x, |x| x + h.value(tensor![3.0, 4.0]), &h);
    let expected = "the arguments belong to different graphs";
    let mixes: [for<'g> fn(Var<'g>, Var<'g>) -> Var<'g>; 8] = [
        |x, y| x * y,
        |x, y| x.matmul(y),
        |x, y| x.dot(y),
        |x, y| x.graph().cat(&[x, y], 0),
        |x, y| x.mse_loss(y),
        |x, y| x.sum(..).grad(y),
        |x, y| x.vjp(y, &[x])[0],
        |x, y| x.jvp(x, y),
    ];
    for (i, mix) in mixes.into_iter().enumerate() {
        let (g, h) = (Graph::new(), Graph::new());
        let z = mix(g.value(tensor![1.0, 2.0]), h.value(tensor![3.0, 4.0]));
        assert!(z.is_poisoned(), "mix {i}");
        let error = g.check().unwrap_err();
        assert_eq!(error.faults().len(), 1, "mix {i}: {error}");
        assert_eq!(error.faults()[0].message, expected, "mix {i}");
    }
    assert!(h.check().is_ok() && y.eval::<f64>().is_ok());
}

fn mixed<'g>(x: Var<'g>, mix: impl Fn(Var<'g>) -> Var<'g>, other: &Graph) {
    assert!(mix(x).is_poisoned() && other.check().is_ok());
}

#[test]
fn a_name_is_given_once() {
    let g = Graph::new();
    let _x = g.input("x", [2]);
    let line = line!() - 1;
    let _y = g.labels("x", [2], 3);
    let message = &told(&g.check().unwrap_err())[0];
    assert!(message.starts_with("labels: the name \"x\" is taken by the input of "), "{message}");
    assert!(message.contains(&format!("{}:{line}:", file!())), "{message}");
}

#[test]
fn a_strict_graph_stops_at_the_line_of_the_mistake() {
    let stopped = std::panic::catch_unwind(|| {
        let g = Graph::strict();
        let x = g.value(Tensor::<f64>::zeros([2, 3]));
        x.matmul(x);
    });
    let message = *stopped.unwrap_err().downcast::<String>().expect("the fault as text");
    assert!(
        message.starts_with("matmul: columns of the left (3) must equal rows of the right (2)"),
        "{message}"
    );
}

#[test]
fn a_value_too_large_to_hold_is_an_error() {
    let g = Graph::new();
    let row = g.value(numbers([4], 0)).broadcast_to([1 << 28, 1 << 28, 4]) + 1.0;
    let line = line!() - 1;
    let error = row.eval::<f64>().expect_err("no machine holds it").to_string();
    let expected =
        "a value of 288230376151711744 elements needs 2305843009213693952 bytes, which cannot be had";
    assert!(error.starts_with(&format!("{expected}\n  --> {}:{line}:", file!())), "{error}");
}
