//! The steps and bytes of what the benchmarks run. `UPDATE=1 cargo test --test all workloads` writes them anew.

use gradus::prelude::*;

/// A classifier or a regression of the benchmarks, as `benches/peers/workloads.txt` has them.
fn network(row: &[&str]) -> (usize, usize) {
    let [sizes, batch, activation, loss, optimizer, rate] = row else { panic!("no network: {row:?}") };
    let sizes: Vec<usize> = sizes
        .split('-')
        .flat_map(|size| {
            let (size, times) = size.split_once('x').unwrap_or((size, "1"));
            let number = |text: &str| text.parse().expect("a number");
            vec![number(size); number(times)]
        })
        .collect();
    let batch: usize = batch.parse().expect("a number");
    let rate: f64 = rate.parse().expect("a rate");
    let (inputs, classes) = (sizes[0], sizes[sizes.len() - 1]);
    let mut params = Params::<f32>::seeded(1);
    let g = Graph::new();
    let x = g.input("x", [batch, inputs]);
    let activation: fn(Var<'_>) -> Var<'_> = match *activation {
        "tanh" => |x| x.tanh(),
        "sigmoid" => |x| x.sigmoid(),
        "relu" => |x| x.relu(),
        other => panic!("no activation {other}"),
    };
    let y = Mlp::with_activation(&mut params, "net", &sizes, Init::Zeros, activation).forward(x);
    let loss = match *loss {
        "bce" => y.sigmoid_cross_entropy(g.input("t", [batch, classes])),
        "ce" => y.softmax_cross_entropy(g.labels("t", [batch], classes)),
        other => panic!("no loss {other}"),
    };
    let mut step = match *optimizer {
        "sgd" => g.train(loss, Sgd::new(rate), &mut params),
        "momentum" => g.train(loss, Sgd::new(rate).momentum(0.9), &mut params),
        "adam" => g.train(loss, Adam::new(rate), &mut params),
        other => panic!("no optimizer {other}"),
    }
    .expect("it compiles");
    let program = step.program().expect("it is compiled");
    (program.steps(), program.bytes())
}

/// A function of the benchmarks, with its gradient if it is a loss.
fn function(kind: &str, row: &[&str]) -> (usize, usize) {
    let number = |text: &str| text.parse::<usize>().expect("a number");
    let g = Graph::new();
    let (inputs, y) = match (kind, row) {
        ("chain", [n]) => {
            let x = g.input("x", [number(n)]);
            (vec![x], (x.sigmoid() * x.tanh() + x).gelu().sum(..))
        }
        ("scalar", [rounds]) => {
            let inputs = [g.input("a", ()), g.input("b", ())];
            let [mut a, mut b] = inputs;
            for _ in 0..number(rounds) {
                a = (a * b + a).relu();
                b = b - 0.5 * a * a;
            }
            (inputs.to_vec(), a + b)
        }
        ("map", [n, map]) => {
            let x = g.input("x", [number(n)]);
            let y = match *map {
                "sigmoid" => x.sigmoid(),
                "tanh" => x.tanh(),
                "relu" => x.relu(),
                "gelu" => x.gelu(),
                "silu" => x.silu(),
                "softplus" => x.softplus(),
                other => panic!("no map {other}"),
            };
            (vec![], y)
        }
        ("softmax", [size]) => {
            let (rows, columns) = size.split_once('x').expect("rows and columns");
            let (rows, columns) = (number(rows), number(columns));
            let x = g.input("x", [rows, columns]);
            (vec![x], x.softmax_cross_entropy(g.labels("t", [rows], columns)))
        }
        other => panic!("no workload {other:?}"),
    };
    let mut asked = vec![y];
    if !inputs.is_empty() {
        asked.extend(y.grads(&inputs));
    }
    let program: Program<f32> = g.compile(asked).expect("it compiles");
    (program.steps(), program.bytes())
}

/// How many kernel calls each benchmark's step makes, and the bytes of its buffers beside its outputs.
#[test]
fn the_steps_of_the_benchmarks() {
    let workloads = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/workloads.txt");
    let workloads = std::fs::read_to_string(workloads).expect("the list of workloads");
    let mut table = format!("{:13} {:>5} {:>10}\n", "workload", "steps", "bytes");
    for row in workloads.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let words: Vec<&str> = row.split_whitespace().collect();
        let (steps, bytes) = match words[1] {
            "mlp" => network(&words[2..]),
            kind => function(kind, &words[2..]),
        };
        table += &format!("{:13} {steps:>5} {bytes:>10}\n", words[0]);
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/all/programs/workloads.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &table).expect("written");
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    assert!(table == expected, "{path}\n--- expected\n{expected}--- found\n{table}");
}
