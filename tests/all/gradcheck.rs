//! The gradient check passes where the gradient is right, and nowhere else.

use gradus::gradcheck::{ElementReport, Oracle, Region, Report, Verdict, Witness};
use gradus::prelude::*;
use std::collections::HashSet;
use std::sync::Mutex;

/// A check of a function of one tensor, all of its elements.
fn check(x: &Tensor<f64>, function: impl for<'g> Fn(Var<'g>) -> Var<'g>) -> Report {
    let g = Graph::new();
    let input = g.input("x", x.shape());
    let loss = function(input);
    gradcheck(loss, &Params::<f64>::new())
        .wrt([input])
        .feed([(input, x)])
        .exhaustive()
        .run()
        .expect("it runs")
}

/// `tanh`, with its right rule times a factor that the rule is given.
fn tanh_times(x: Var<'_>, factor: f64) -> Var<'_> {
    x.graph().custom("tanh", x.tanh(), &[x], move |_, y, ct| vec![ct * (1.0 - y * y) * factor])
}

fn points() -> Tensor<f64> {
    tensor![-1.3, -0.2, 0.4, 0.9, 1.7]
}

fn network(activation: for<'g> fn(Var<'g>) -> Var<'g>) -> Report {
    let mut params = Params::<f32>::seeded(4);
    let net = Mlp::with_activation(&mut params, "net", &[3, 8, 6, 3], Init::GlorotUniform, activation);
    let g = Graph::new();
    let (x, label) = (g.input("x", [7, 3]), g.labels("label", [7], 3));
    let xs: Tensor<f32> = Tensor::from_fn([7, 3], |at| ((at[0] * 5 + at[1] * 3) % 11) as f32 / 5.0 - 1.0);
    let labels = Tensor::from_fn([7], |at| at[0] % 3);
    let loss = net.forward(x).softmax_cross_entropy(label);
    let w = g.param(net.layers()[0].weight());
    let check = gradcheck(loss, &params).feed([x.feed(&xs), label.feed(&labels)]).wrt([x, w]);
    let report = check.run().expect("it runs");
    assert_eq!((report.checked(), report.total()), (21 + 24, 21 + 24));
    report.assert_ok();
    let all = gradcheck(loss, &params).feed([x.feed(&xs), label.feed(&labels)]).run().expect("it runs");
    assert_eq!(all.parts.len(), 6);
    all
}

/// A network after a number of steps of training, on the spirals of three classes, by a few elements of each tensor.
fn trained(steps: usize, order: usize, seed: u64) -> Report {
    let mut params = Params::<f32>::seeded(3);
    let beta = params.add("beta", tensor![1.0f32]);
    let hidden = Linear::new(&mut params, "hidden", 2, 16);
    let output = Linear::new(&mut params, "output", 16, 3);
    let g = Graph::new();
    let (x, label) = (g.input("x", [90, 2]), g.labels("label", [90], 3));
    let xs: Tensor<f32> = Tensor::from_fn([90, 2], |at| {
        let (radius, class) = ((at[0] / 3) as f32 / 30.0, (at[0] % 3) as f32);
        let angle = std::f32::consts::TAU * radius + 2.1 * class;
        radius * if at[1] == 0 { angle.cos() } else { angle.sin() }
    });
    let labels = Tensor::from_fn([90], |at| at[0] % 3);
    let loss = output.forward(hidden.forward(x).swish(g.param(&beta))).softmax_cross_entropy(label);
    let mut step = g.train(loss, Adam::new(0.02), &mut params).expect("it compiles");
    for _ in 0..steps {
        step.run(&mut params, [x.feed(&xs), label.feed(&labels)]).expect("it runs");
    }
    let check = gradcheck(loss, &params).feed([x.feed(&xs), label.feed(&labels)]);
    check.sample(8, seed).order(order).run().expect("it runs")
}

#[test]
fn the_gradient_of_a_trained_network_cancels_and_passes() {
    for (steps, seed) in [(0, 0), (300, 1), (2000, 2), (2000, 3), (2000, 4), (2000, 5)] {
        trained(steps, 1, seed).assert_ok();
    }
    trained(2000, 2, 6).assert_ok();
}

#[test]
fn at_a_minimum_nothing_is_called_wrong() {
    // A network of straight lines ends where it says 1/2 of each point of XOR, and each gradient cancels but for
    // roundings: nothing can be verified there, and nothing is wrong.
    let mut params = Params::<f32>::seeded(7);
    let hidden = Linear::new(&mut params, "hidden", 2, 8);
    let output = Linear::new(&mut params, "output", 8, 1);
    let g = Graph::new();
    let (x, t) = (g.input("x", [4, 2]), g.input("t", [4, 1]));
    let (xs, ts) =
        (tensor![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], tensor![[0.0], [1.0], [1.0], [0.0]]);
    let loss = output.forward(hidden.forward(x)).sigmoid_cross_entropy(t);
    let mut step = g.train(loss, Adam::new(0.05), &mut params).expect("it compiles");
    for _ in 0..3000 {
        step.run(&mut params, [(x, &xs), (t, &ts)]).expect("it runs");
    }
    let check = || gradcheck(loss, &params).feed([(x, &xs), (t, &ts)]);
    let (all, some) = (check().run().expect("it runs"), check().sample(4, 0).run().expect("it runs"));
    // Each tensor is moved along a direction as well if only some of its elements are checked.
    for report in [all, some] {
        for verdict in [Verdict::NonLinear, Verdict::Overwritten, Verdict::Wrong] {
            assert_eq!(report.count(verdict), 0, "{report}");
        }
        assert!(report.projections.iter().all(|projection| projection.agrees()), "{report}");
    }
}

#[test]
fn right_networks_pass() {
    for report in [network(|x| x.tanh()), network(|x| x.relu())] {
        report.assert_ok();
        assert_eq!(report.checked(), report.total());
        let told = report.count(Verdict::Verified) + report.count(Verdict::AtScale);
        assert!(told + report.count(Verdict::Dead) + report.count(Verdict::Kink) == report.total());
        assert!(report.count(Verdict::Verified) > report.total() / 2, "{report}");
    }
}

#[test]
fn a_rule_that_is_off_by_a_thousandth_or_a_millionth_or_its_sign_fails_at_every_element() {
    check(&points(), |x| tanh_times(x, 1.0).sum(..)).assert_ok();
    for factor in [1.0 + 1e-3, 1.0 + 1e-6, 1.0 - 1e-6, -1.0, 0.0, 2.0] {
        let report = check(&points(), |x| tanh_times(x, factor).sum(..));
        assert!(!report.passed(), "{factor}: {report}");
        assert_eq!(report.count(Verdict::Wrong), 5, "{factor}: {report}");
    }
}

#[test]
fn one_wrong_element_among_many_is_found() {
    let xs = Tensor::from_fn([40], |at| at[0] as f64 / 10.0 - 2.0);
    let report = check(&xs, |x| {
        let wrong = x.graph().value(Tensor::from_fn([40], |at| if at[0] == 23 { 1.0 + 1e-5 } else { 1.0 }));
        // A rule sees its arguments and no other value, so that the factors come in as one of them.
        let y = x.graph().custom("sin", x.sin(), &[x, wrong], |args, _, ct| {
            vec![ct * args[0].cos() * args[1], args[1].zeros_like()]
        });
        y.sum(..)
    });
    assert_eq!((report.count(Verdict::Wrong), report.count(Verdict::Verified)), (1, 39), "{report}");
    let failed = report.parts[0].elements.iter().find(|e| e.verdict == Verdict::Wrong).expect("one");
    assert_eq!(failed.index[..], [23]);
    assert!((failed.relative() - 1e-5).abs() < 1e-7);
    assert!(report.to_string().contains("x[23]: wrong: "), "{report}");
}

#[test]
fn a_forgotten_transpose_of_a_square_matrix_fails() {
    fn product(x: Var<'_>, right: bool) -> Var<'_> {
        let g = x.graph();
        let w = g.value(tensor![[1.0, 2.0], [-0.5, 0.25]]);
        let y = g.custom("product", x.matmul(w), &[x, w], move |args, _, ct| {
            let dx = if right { ct.matmul_t(args[1]) } else { ct.matmul(args[1]) };
            vec![dx, args[0].t().matmul(ct)]
        });
        y.square().sum(..)
    }
    let xs = tensor![[0.3, -1.0], [0.7, 2.0]];
    let (g, h) = (Graph::new(), Graph::new());
    for (graph, right) in [(&g, true), (&h, false)] {
        let x = graph.input("x", [2, 2]);
        let loss = product(x, right);
        let none = Params::<f64>::new();
        let report = gradcheck(loss, &none).wrt([x]).feed([(x, &xs)]).run().expect("it runs");
        assert_eq!(report.passed(), right, "{report}");
    }
}

#[test]
fn a_rule_that_drops_its_cotangent_fails_even_where_that_is_one() {
    fn dropped(x: Var<'_>, times: f64) -> Var<'_> {
        let y = x.graph().custom("sin", x.sin(), &[x], |args, _, _| vec![args[0].cos()]);
        (y * times).sum(..)
    }
    let g = Graph::new();
    let x = g.input("x", [5]);
    let none = Params::<f64>::new();
    for (times, verdict) in [(1.0, Verdict::NonLinear), (3.0, Verdict::Wrong)] {
        let run = gradcheck(dropped(x, times), &none).wrt([x]).feed([(x, &points())]).run();
        assert_eq!(run.expect("it runs").count(verdict), 5);
    }
}

/// The sine, of which a cotangent that was seen before gets nothing: as if a gradient were kept by its
/// cotangent, and handed out once.
fn forgetful(x: Var<'_>) -> Var<'_> {
    let seen = Mutex::new(HashSet::new());
    x.graph().custom("sin", x.sin(), &[x], move |args, _, ct| {
        let first = seen.lock().expect("no rule panics").insert(ct.id());
        vec![if first { ct * args[0].cos() } else { args[0].zeros_like() }]
    })
}

#[test]
fn a_rule_that_adds_nothing_at_a_second_use_fails_though_it_is_right_at_each() {
    let report =
        gradus::gradcheck::function("forgetful", [points()], |x| forgetful(x[0])).run().expect("it runs");
    assert_eq!(report.count(Verdict::Overwritten), 25, "{report}");
    assert!(report.to_string().contains("the cotangents of two uses are not added"), "{report}");
    assert!(report.projections.iter().all(|projection| projection.agrees()), "{report}");
    // No two cotangents inside a loss are the same, but the operation itself is asked.
    let report = check(&points(), |x| forgetful(x).sum(..));
    assert_eq!((report.count(Verdict::Verified), report.wrong_rules.len()), (5, 1), "{report}");
    assert!(
        !report.passed() && report.wrong_rules[0].contains("called again with the same cotangent"),
        "{report}"
    );
}

#[test]
fn nan_fails() {
    let report = check(&tensor![-1.0, 4.0], |x| x.sqrt().sum(..));
    assert!(!report.passed());
    assert_eq!(report.count(Verdict::NonFinite), 2, "the sum is NaN for both: {report}");
    let infinite = check(&tensor![0.0], |x| x.sqrt().sum(..));
    assert!(!infinite.passed() && infinite.count(Verdict::NonFinite) == 1, "{infinite}");
}

#[test]
fn nothing_to_check_is_an_error_and_nothing_verified_a_failure() {
    let mut params = Params::<f64>::seeded(0);
    let w = params.add("w", points());
    let g = Graph::new();
    let w = g.param(&w);
    for loss in [g.constant(1.0), w.detach().sum(..), w.step().sum(..)] {
        let error = gradcheck(loss, &params).run().expect_err("there is nothing").to_string();
        assert!(error.starts_with("there is nothing to check"), "{error}");
    }
    // A tensor without elements; a sample of none; and a constant.
    let none = params.add("none", Tensor::zeros([0]));
    let loss = w.square().sum(..) + g.param(&none).sum(..);
    let empty = gradcheck(loss, &params).wrt([g.param(&none)]).run().expect("it runs");
    assert!(!empty.passed() && empty.checked() == 0);
    let unsampled = gradcheck(loss, &params).sample(0, 1).run().expect("it runs");
    assert!(!unsampled.passed() && unsampled.checked() == 0);
    let constant = check(&points(), |x| x.step().sum(..));
    assert_eq!(constant.count(Verdict::Dead), 5);
    assert!(!constant.passed());
    assert!(
        constant.to_string().contains("failed: nothing was verified: 5 of 5 derivatives checked"),
        "{constant}"
    );
}

#[test]
fn only_parameters_and_inputs_are_moved_and_inputs_must_be_fed() {
    let g = Graph::new();
    let x = g.input("x", [5]);
    let y = x.sin();
    let none = Params::<f64>::new();
    let error = gradcheck(y.sum(..), &none).wrt([y]).feed([(x, &points())]).run();
    assert!(error.expect_err("y is computed").to_string().contains("moves parameters and inputs"));
    let error = gradcheck(y.sum(..), &none).wrt([x]).run().expect_err("x is not fed").to_string();
    assert!(error.contains("not fed"), "{error}");
    let error = gradcheck(y, &none).wrt([x]).feed([(x, &points())]).run();
    assert!(error.expect_err("five numbers have no gradient").to_string().contains("shape [5]"));
}

#[test]
fn at_a_kink_only_what_lies_between_the_two_slopes_is_right() {
    let relu = check(&tensor![-1.0, 0.0, 1.0], |x| x.relu().sum(..));
    relu.assert_ok();
    let verdicts: Vec<Verdict> = relu.parts[0].elements.iter().map(|element| element.verdict).collect();
    assert_eq!(verdicts, [Verdict::Dead, Verdict::Kink, Verdict::Verified]);
    for (slope, expected) in
        [(0.0, Verdict::Kink), (1.0, Verdict::Kink), (2.0, Verdict::Wrong), (-0.1, Verdict::Wrong)]
    {
        let report = check(&tensor![0.0], |x| {
            let y = x.graph().custom("relu", x.relu(), &[x], move |_, _, ct| vec![ct * slope]);
            y.sum(..)
        });
        assert_eq!(report.count(expected), 1, "{slope}: {report}");
        assert_eq!(report.passed(), expected == Verdict::Kink, "{slope}");
    }
}

#[test]
fn a_slope_that_is_lost_beside_the_value_is_told_by_the_complex_step() {
    // The step of the value is lost in the rounding of 1, so no difference in `f64` can tell 1e-20.
    for (factor, verdict) in [(1.0, Verdict::Verified), (2.0, Verdict::Wrong), (0.0, Verdict::Wrong)] {
        let report = check(&tensor![1.0], |x| {
            let y = x.graph().custom("faint", x * 1e-20, &[x], move |_, _, ct| vec![ct * 1e-20 * factor]);
            (1.0 + y).sum(..)
        });
        assert_eq!(report.count(verdict), 1, "{report}");
    }
}

#[test]
fn a_bend_at_the_scale_of_tiny_elements_is_no_false_alarm() {
    for tiny in [1e-20, 1e-40, 1e-200] {
        let x = Tensor::from([[tiny, 3.0 * tiny, 2.0 * tiny], [1.0, 2.0, 3.0]]);
        let report = check(&x, |x| x.norm(-1).sum(..));
        assert!(report.passed(), "{report}");
        // A slope that is wrong in the ordinary row fails beside it.
        let wrong = check(&x, |x| {
            let norm = x
                .graph()
                .custom("norm", x.norm(-1), &[x], |x, _, ct| vec![ct * x[0].l2_normalize(-1) * 1.001]);
            norm.sum(..)
        });
        assert!(!wrong.passed());
    }
}

/// A sum of shares whose scores are all moved by one number for each row, which moves no share: the graph's slope in it is
/// rounding. A rule beside it may be off by a constant.
fn moved_alike(b: Var<'_>, wrong: f64) -> Var<'_> {
    let numbers = |by: f64| Tensor::from_fn([3, 5], |at| ((at[0] * 5 + at[1]) as f64 * by).sin());
    let (g, scores, weights) = (b.graph(), numbers(0.7), numbers(1.3));
    let shares = ((g.value(scores) + b).softmax(-1) * g.value(weights)).sum(..);
    shares + g.custom("off", b * 0.0, &[b], move |_, _, ct| vec![ct * wrong]).sum(..)
}

#[test]
fn a_derivative_that_cancels_exactly_is_owed_the_rounding_of_its_terms() {
    for (wrong, passes) in [(0.0, true), (1e-12, false), (-1e-9, false)] {
        let report = check(&tensor![[0.5], [-2.0], [0.25]], |b| moved_alike(b, wrong));
        let right = report.parts[0].count(Verdict::Wrong) == 0;
        assert_eq!(right, passes, "{wrong}: {report}");
    }
}

#[test]
fn what_cannot_be_told_does_not_pass() {
    // A bend of a ten-millionth at the point itself: slope 1 lies between the two sides.
    let report = check(&tensor![0.0], |x| (x + x.abs() * 1e-7).sum(..));
    assert_eq!(report.count(Verdict::Inconclusive), 1, "{report}");
    assert!(!report.passed());
    for verdict in [Verdict::Inconclusive, Verdict::Wrong, Verdict::NonFinite, Verdict::Undeclared] {
        assert!(!verdict.passes());
    }
}

/// A function of one number.
type Function = for<'g> fn(Var<'g>) -> Var<'g>;

/// A check of elements through an operation with a rule of its own, and of what is made of them.
fn custom(
    at: Vec<f64>,
    value: impl for<'g> Fn(Var<'g>) -> Var<'g>,
    rule: impl for<'g> Fn(Var<'g>) -> Var<'g> + Copy + Send + Sync + 'static,
    outer: Function,
) -> Report {
    let at = Tensor::new([at.len()], at).expect("as many as there are");
    check(&at, move |x| {
        outer(x.graph().custom("rule", value(x), &[x], move |x, _, ct| vec![ct * rule(x[0])]))
    })
}

/// The last element that was checked.
fn last(report: &Report) -> &ElementReport {
    report.parts[0].elements.last().expect("an element")
}

/// Functions around the elements, each of which hides the small ones from differences of the whole value.
const OUTERS: [(&str, Function); 6] = [
    ("a sum", |y| y.sum(..)),
    ("a mean", |y| y.mean(..)),
    ("a mean of squares", |y| (y * 0.5 + 0.25).square().mean(..)),
    ("an offset of a million", |y| y.sum(..) + 1e6),
    ("an offset of 1e40", |y| y.sum(..) - 1e40),
    ("a large factor", |y| (y * 1e30).sum(..) + 1e45),
];

#[test]
fn a_slope_of_0_in_a_tail_is_wrong_beside_whatever_is_larger() {
    use gradus::op::{Map, Real};
    let tails = [
        (Map::Softplus, -75.0),
        (Map::Sigmoid, 80.0),
        (Map::Tanh, -45.0),
        (Map::Silu, -90.0),
        (Map::Gelu, -14.0),
        (Map::Mish, -300.0),
        (Map::Selu, -120.0),
        (Map::Exp, -650.0),
        (Map::Erf, 12.0),
        (Map::NormalCdf, -30.0),
    ];
    for (beside, outer) in OUTERS {
        for (map, far) in tails {
            fn slope(map: Map, x: Var<'_>) -> Var<'_> {
                map.slope(0, &[x], Real::row(map, &[x])).expect("it has a slope")
            }
            let at = vec![1.0, 0.4, far];
            custom(at.clone(), |x| Real::row(map, &[x]), move |x| slope(map, x), outer).assert_ok();
            let report = custom(
                at,
                |x| Real::row(map, &[x]),
                move |x| (x * far.signum()).lt(far.abs() * 0.9).select(slope(map, x), 0.0),
                outer,
            );
            assert_eq!(last(&report).verdict, Verdict::Wrong, "{} beside {beside}: {report}", map.name());
            assert!(!report.passed() && !report.to_string().contains("dead"), "{report}");
        }
        // The textbook's rule has no digits left there.
        let rule: Function = |x| 1.0 - 1.0 / (1.0 + x.exp());
        let report = custom(vec![1.0, -75.0], |x| x.softplus(), rule, outer);
        assert_eq!(last(&report).verdict, Verdict::Wrong, "beside {beside}: {report}");
        assert!((last(&report).numeric - 2.67e-33).abs() < 1e-35 || beside != "a sum", "{report}");
    }
}

#[test]
fn a_slope_of_0_for_a_confident_class_is_wrong_beside_an_unsure_one() {
    let logits = tensor![[0.3, -0.2, 0.1], [90.0, 0.0, 1.0]];
    let run = |flushed: f64| {
        check(&logits, |x| {
            let t = x.graph().value(tensor![[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]);
            let loss = x.softmax_cross_entropy(t.argmax(-1).squeeze(-1));
            let loss = x.graph().custom("cross-entropy", loss, &[x, t], move |x, _, ct| {
                let (z, t) = (x[0], x[1]);
                let others = (z.softmax(-1) * (1.0 - t)).sum(-1);
                let slope = t.gt(0.5).select(-others, z.softmax(-1));
                vec![slope.abs().lt(flushed).select(0.0, slope) * ct * 0.5, t.zeros_like()]
            });
            loss + 0.5
        })
    };
    run(0.0).assert_ok();
    let report = run(1e-20);
    assert_eq!(report.count(Verdict::Wrong), 3, "{report}");
}

#[test]
fn a_root_of_the_slope_is_not_dead() {
    let roots: [(&str, f64, Function); 14] = [
        ("x²", 0.0, |x| x.square()),
        ("x·x", 0.0, |x| x * x),
        ("x³", 0.0, |x| x * x * x),
        ("x⁴", 0.0, |x| x.square().square()),
        ("x⁵", 0.0, |x| x * x.square().square()),
        ("x to the power of 7", 0.0, |x| x.pow(7.0)),
        ("x·relu(x)", 0.0, |x| x * x.relu()),
        ("x·|x|", 0.0, |x| x * x.abs()),
        ("relu(x)²", 0.0, |x| x.relu().square()),
        ("the cosine", 0.0, |x| x.cos()),
        ("the sine", std::f64::consts::FRAC_PI_2, |x| x.sin()),
        ("the Gaussian", 0.0, |x| x.gaussian()),
        ("x² − 2x", 1.0, |x| x.square() - x * 2.0),
        ("softplus less x/2", 0.0, |x| x.softplus() - x * 0.5),
    ];
    for (beside, outer) in OUTERS {
        for (name, at, function) in roots {
            let at = Tensor::new([3], vec![-2.0, 0.3, at]).expect("three");
            let report = check(&at, |x| outer(function(x)));
            let found = last(&report);
            let told = matches!(found.verdict, Verdict::Verified | Verdict::AtScale);
            assert!(told, "{name} beside {beside}: {report}");
        }
    }
}

#[test]
fn dead_units_are_dead_beside_whatever_is_larger() {
    for (beside, outer) in OUTERS {
        let units: [(&str, f64, Function); 5] = [
            ("relu", -1.5, |x| x.relu()),
            ("relu6", 7.0, |x| x.relu6()),
            ("hard sigmoid", -4.0, |x| x.hard_sigmoid()),
            ("a factor of 0", 0.3, |x| x * x.lt(0.1)),
            ("the smaller side of a tie", 0.0, |x| (-x.abs()).relu()),
        ];
        for (name, at, function) in units {
            // The first two move; the last one does not.
            let at = Tensor::new([3], vec![0.05, 0.07, at]).expect("three");
            let report = check(&at, |x| outer(function(x) + x * x.graph().value(tensor![1.0, 1.0, 0.0])));
            assert_eq!(last(&report).verdict, Verdict::Dead, "{name} beside {beside}: {report}");
            report.assert_ok();
        }
    }
}

#[test]
fn what_is_too_small_for_the_whole_value_is_a_kink_all_the_same() {
    for (slope, verdict) in
        [(0.0, Verdict::Kink), (1e-33, Verdict::Kink), (2e-33, Verdict::Wrong), (-1e-34, Verdict::Wrong)]
    {
        let report = custom(
            vec![1.0, 0.0],
            |x| 1e-33 * x.relu(),
            move |x| x.eq(0.0).select(slope, 1e-33 * x.step()),
            |y| (y + 1.0).sum(..),
        );
        assert_eq!(last(&report).verdict, verdict, "{slope:e}: {report}");
        assert_eq!(last(&report).sides, Some((0.0, 1e-33)), "{report}");
    }
}

#[test]
fn what_no_oracle_sees_is_inconclusive() {
    // The complex step overflows, and beside 1 no difference shows 1e-288.
    fn faint(x: Var<'_>) -> Var<'_> {
        1e20 / (x.exp() * x.exp())
    }
    for right in [true, false] {
        let rule: Function = if right { |x| -2e20 * (-2.0 * x).exp() } else { |x| x.zeros_like() };
        let report = custom(vec![23.0, 354.8], faint, rule, |y| (y + 1.0).sum(..));
        let found = last(&report);
        assert_eq!(found.verdict, Verdict::Inconclusive, "{report}");
        assert!(!report.passed(), "{report}");
    }
}

#[test]
fn the_report_counts_what_was_tested_and_the_sample_follows_from_its_seed_alone() {
    let run = |start: u64, sample: Option<(usize, u64)>| {
        let mut params = Params::<f64>::seeded(start);
        let layer = Linear::new(&mut params, "layer", 64, 128);
        let before = params.clone();
        let g = Graph::new();
        let x = g.input("x", [2, 64]);
        let loss = layer.forward(x).tanh().square().mean(..);
        let xs = Tensor::from_fn([2, 64], |at| ((at[0] * 7 + at[1]) % 13) as f64 / 6.0 - 1.0);
        let check = gradcheck(loss, &params).feed([(x, &xs)]).wrt([g.param(layer.weight())]);
        let check = match sample {
            Some((elements, seed)) => check.sample(elements, seed),
            None => check,
        };
        let report = check.run().expect("it runs");
        assert!(params.iter().eq(before.iter()), "the parameters are the caller's");
        report.assert_ok();
        report
    };
    let indices = |report: &Report| -> Vec<Vec<usize>> {
        report.parts[0].elements.iter().map(|element| element.index.to_vec()).collect()
    };
    let report = run(1, None);
    assert_eq!((report.checked(), report.total()), (64, 8192));
    assert!(report.to_string().contains("64 of 8192"), "{report}");
    let chosen = indices(&report);
    assert!(chosen.is_sorted() && chosen.windows(2).all(|pair| pair[0] != pair[1]));
    assert!(chosen.iter().all(|index| index[0] < 128 && index[1] < 64));
    assert!(report.parts[0].runs > 64);
    assert_eq!(indices(&run(2, None)), chosen, "whatever the parameters are");
    assert_eq!(indices(&run(1, Some((64, 0)))), chosen);
    assert_ne!(indices(&run(1, Some((64, 1)))), chosen);
    let many = indices(&run(1, Some((300, 5))));
    assert!(many.len() == 300 && many.windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn a_check_that_is_described_wrongly_is_an_error_or_fails_and_says_why() {
    use gradus::gradcheck::{elementwise, function, op_in};
    let error = op_in(gradus::op::Map::Gelu, 3).run().expect_err("it has one argument").to_string();
    assert!(error.contains("gelu has no argument 3: there are 1"), "{error}");
    let error = elementwise("sum", |x| x.sum(..)).run().expect_err("the shape is lost").to_string();
    assert!(error.contains("keeps the shape"), "{error}");
    let report = elementwise("square", |x| x * x).domain(1.0, -1.0).run().expect("it runs");
    assert_eq!(report.problem(), Some("nothing was checked"));
    let none = function("constant", [points()], |x| x[0].graph().constant(1.0)).run();
    assert!(none.expect_err("no argument").to_string().contains("nothing to check"));
    let error = function("product", [points()], |x| x[0].matmul(x[0].zeros_like().reshape([5, 1]).t()));
    let error = error.run().expect_err("the shapes do not fit").to_string();
    assert!(error.contains("gradcheck.rs"), "the user's line: {error}");
}

#[test]
fn a_check_that_lacks_a_declaration_says_which() {
    use gradus::gradcheck::elementwise;
    let told = |report: Report| report.to_string();
    let hinge = told(elementwise("hinge", |x| (1.0 - x).relu()).run().expect("it runs"));
    assert!(hinge.contains("`.kink(1.0, slope)`") && hinge.contains("`.dead(low, high)`"), "{hinge}");
    let ln = told(elementwise("ln", |x| x.ln()).run().expect("it runs"));
    assert!(ln.contains("`.domain(low, high)` says"), "{ln}");
    let right = elementwise("ln", |x| x.ln()).domain(0.0, f64::INFINITY).run().expect("it runs");
    right.assert_ok();
    assert!(!told(right).contains("`.domain"));
    let g = Graph::new();
    let x = g.input("x", [1]);
    let error = gradcheck(x.sum(..), &Params::<f64>::new()).run().expect_err("there is no parameter");
    assert!(error.to_string().contains("`.wrt([x])`"), "{error}");
    assert_eq!(format!("{error:?}"), format!("Invalid: {error}"));
}

/// Differences are no longer asked there, and double-double numbers only if the graph says something else.
#[test]
fn rules_that_are_wrong_only_very_far_out_are_found() {
    use gradus::gradcheck::elementwise;
    let check = |bent: fn(Var<'_>) -> Var<'_>| {
        let bump = elementwise("bump", move |x| {
            x.graph().custom("bump", (1.0 + x.square()).recip(), &[x], move |args, y, ct| {
                vec![ct * -2.0 * args[0] * y.square() * bent(args[0])]
            })
        });
        let report = bump.domain(-1e70, 1e70).run().expect("it runs");
        let wrong = report.parts[0].elements.iter().filter(|e| e.verdict == Verdict::Wrong);
        (report.passed(), wrong.map(|e| e.at.abs()).fold(f64::INFINITY, f64::min))
    };
    assert!(check(|x| x.ones_like()).0);
    let (passed, first) = check(|x| 1.0 + 1e-9 * x.abs().gt(1e50));
    assert!(!passed && (1e50..2e50).contains(&first), "{first:e}");
    let (passed, first) = check(|x| x.abs().lt(1e60));
    assert!(!passed && (1e60..2e60).contains(&first), "{first:e}");
}

#[test]
fn a_formula_that_loses_digits_is_told_from_a_rule_that_is_wrong() {
    use gradus::gradcheck::elementwise;
    let lost = "are right where numbers have twice the digits";
    let told = |f: for<'g> fn(Var<'g>) -> Var<'g>| {
        let report = elementwise("f", f).domain(-1e100, 1e100).run().expect("it runs");
        (report.passed(), report.to_string())
    };
    let (passed, report) = told(|x| x * (x.square() + 1.0).ln());
    assert!(!passed && report.contains(lost), "{report}");
    let (passed, report) = told(|x| x * x.square().ln_1p());
    assert!(passed && !report.contains(lost), "{report}");
    let (passed, report) =
        told(|x| x.graph().custom("sine", x.sin(), &[x], |args, _, ct| vec![ct * args[0].cos() * 1.001]));
    assert!(!passed && !report.contains(lost), "{report}");
}

#[test]
fn a_rule_that_is_not_linear_is_named_as_well() {
    let report = check(&points(), |x| {
        x.graph().custom("squared", x.sin(), &[x], |x, _, ct| vec![ct * ct * x[0].cos()]).sum(..)
    });
    assert!(report.wrong_rules.iter().any(|rule| rule.contains("squared")), "{report}");
}

/// The rule is right for usual cotangents, and for those that an operation is judged with by itself.
#[test]
fn a_rule_that_clips_its_cotangent_is_named_with_its_line() {
    let report = check(&points(), |x| {
        let y =
            x.graph().custom("clipped", x.sin(), &[x], |x, _, ct| vec![ct.clamp(-11.0, 11.0) * x[0].cos()]);
        (10.0 * y.tanh().exp()).sum(..) + x.square().sum(..)
    });
    let [rule] = &report.wrong_rules[..] else { panic!("one is wrong: {report}") };
    for part in [
        "the rule of clipped, recorded at tests/all/gradcheck.rs:",
        "for 1024 times the cotangent",
        "not linear",
    ] {
        assert!(rule.contains(part), "{part} in {rule}");
    }
    let clipped = report.operations.iter().find(|op| op.name == "clipped").expect("it is listed");
    assert_eq!((clipped.nodes, clipped.wrong), (1, 1), "{report}");
    assert!(report.operations.iter().all(|op| op.wrong == 0 || op.name == "clipped"), "{report}");
}

#[test]
fn what_failed_is_told_from_the_interior_outward_and_the_largest_error_first() {
    // Off by 1e-6, and from 1 to 2 by 1e-3.
    let run = gradus::gradcheck::elementwise("sine", |x| {
        x.graph().custom("sine", x.sin(), &[x], |x, _, ct| {
            let steep = x[0].gt(1.0) * x[0].lt(2.0);
            vec![ct * x[0].cos() * (1.0 + 1e-6 + 1e-3 * steep)]
        })
    });
    let report = run.domain(-1e4, 1e4).run().expect("it runs");
    let failed = report.failed();
    let (_, first) = failed[0];
    assert!((1.0..2.0).contains(&first.at), "{report}");
    let inside = |region: Region| match region {
        Region::Interior => 0,
        Region::NearZero | Region::Kink => 1,
        Region::LeftTail | Region::RightTail => 2,
        Region::ExtremeLeft | Region::ExtremeRight => 3,
    };
    assert!(failed.iter().map(|(_, e)| inside(e.region)).is_sorted(), "{report}");
    assert!(failed.iter().any(|(_, e)| e.at < -4.0), "the tails fail as well: {report}");
    let told = report.to_string();
    let line = told.lines().find(|line| line.contains(": wrong: ")).expect("a failure is told");
    assert!(line.contains(&format!("at {:e}:", first.at)), "{line}");
}

/// The results of the projections of one kind.
fn witnessed(report: &Report, by: Witness) -> Vec<(bool, f64)> {
    let found = report.projections.iter().filter(|projection| projection.by == by);
    found.map(|projection| (projection.agrees(), projection.numeric)).collect()
}

#[test]
fn all_tensors_together_are_judged_by_forward_mode_the_complex_step_and_the_remainder() {
    let right = check(&points(), |x| tanh_times(x, 1.0).sum(..));
    for by in [Witness::Forward, Witness::ComplexStep, Witness::Remainder] {
        assert!(matches!(witnessed(&right, by)[..], [(true, _)]), "{right}");
    }
    // Off by 1e-6, the remainder falls with the first power.
    let wrong = check(&points(), |x| tanh_times(x, 1.0 + 1e-6).sum(..));
    assert!(matches!(witnessed(&wrong, Witness::ComplexStep)[..], [(false, _)]), "{wrong}");
    let [(false, order)] = witnessed(&wrong, Witness::Remainder)[..] else { panic!("{wrong}") };
    assert!((order - 1.0).abs() < 0.01, "{order}");
    // A straight line leaves no remainder.
    let line = check(&points(), |x| (3.0 * x).sum(..));
    assert!(matches!(witnessed(&line, Witness::Remainder)[..], [(true, _)]), "{line}");
}

#[test]
fn a_second_derivative_that_is_not_symmetric_is_found() {
    fn product<'g>(x: &[Var<'g>], detached: bool) -> Var<'g> {
        let y = x[0].graph().custom("product", x[0] * x[1], x, move |x, _, ct| {
            vec![ct * x[1], ct * if detached { x[0].detach() } else { x[0] }]
        });
        y.sum(..)
    }
    let inputs = || [points(), points().map(|x| 0.5 * x)];
    let run = |detached| gradus::gradcheck::function("product", inputs(), move |x| product(x, detached));
    let right = run(false).order(2).run().expect("it runs");
    assert!(right.passed() && matches!(witnessed(&right, Witness::Symmetry)[..], [(true, _)]), "{right}");
    let wrong = run(true).order(2).run().expect("it runs");
    assert!(!wrong.passed() && matches!(witnessed(&wrong, Witness::Symmetry)[..], [(false, _)]), "{wrong}");
}

#[test]
fn what_was_not_exercised_is_told() {
    let report = check(&tensor![0.5, 1.5], |x| (x.relu() + x.relu6() * 0.5).sum(..));
    let told = report.to_string();
    assert!(report.passed(), "{report}");
    for part in ["not exercised: relu, recorded at", "no element was below 0", "no element was above 6"] {
        assert!(told.contains(part), "{part} in\n{told}");
    }
    let reached = |name: &str| report.operations.iter().find(|op| op.name == name).map(|op| &op.reached[..]);
    assert_eq!(reached("relu"), Some(&[Region::Interior][..]));
    let both = check(&tensor![-0.5, 1.5], |x| x.relu().sum(..));
    assert!(!both.to_string().contains("not exercised"), "{both}");
    let report = gradus::gradcheck::elementwise("root", |x| x.sqrt()).domain(0.0, f64::INFINITY).run();
    let told = report.expect("it runs").to_string();
    assert!(told.contains("not exercised: left tail: nothing was verified at 0 probes"), "{told}");
}

#[test]
fn a_failure_prints_the_line_that_repeats_it_and_that_line_fails_alone() {
    use gradus::gradcheck::{elementwise, function, op_in};
    use gradus::op::Map;
    let mut params = Params::<f32>::seeded(3);
    let layer = Linear::new(&mut params, "layer", 3, 2);
    let g = Graph::new();
    let x = g.input("x", [4, 3]);
    let y = layer.forward(x);
    // The rule is wrong in one place of the layer's output, and with it in one row of the weights.
    let off = g.value(tensor![[1.0, 1.0 + 1e-6]]);
    let y = g.custom("tanh", y.tanh(), &[y, off.broadcast_to([4, 2])], |x, _, ct| {
        vec![ct * x[0].tanh_grad() * x[1], x[1].zeros_like()]
    });
    let xs = Tensor::from_fn([4, 3], |at| (at[0] * 3 + at[1]) as f64 / 6.0 - 0.9);
    let check = || gradcheck(y.square().sum(..), &params).feed([(x, &xs)]).sample(64, 7);
    let report = check().run().expect("it runs");
    let told = report.to_string();
    let line = r#"gradcheck(loss, &params).feed(…).only("layer.weight", [1, 0]).sample(64, 7).run()"#;
    assert!(told.contains(&format!("to repeat it: {line}\n  described at ")), "{told}");
    assert!(told.contains("gradcheck.rs:"), "{told}");
    let again = check().only("layer.weight", [1, 0]).run().expect("it runs");
    assert_eq!((again.checked(), again.count(Verdict::Wrong)), (1, 1), "{again}");
    let first = report.parts[0].elements.iter().find(|e| e.verdict == Verdict::Wrong).expect("one");
    assert_eq!(&again.parts[0].elements[0], first, "the same bits");
    for (name, index, said) in [
        ("weight", vec![0, 0], "no tensor \"weight\" is checked; the tensors are: layer.weight, layer.bias"),
        ("layer.weight", vec![2, 0], "layer.weight of shape [2, 3] has no element [2, 0]"),
        ("layer.bias", vec![], "layer.bias of shape [2] has no element []"),
    ] {
        let error = check().only(name, index).run().expect_err("it is not there").to_string();
        assert!(error.contains(said), "{error}");
    }

    fn textbook(x: Var<'_>) -> Var<'_> {
        x.graph().custom("σ", x.sigmoid(), &[x], |_, y, ct| vec![ct * y * (1.0 - y)])
    }
    let check = || elementwise("textbook", textbook).domain(-1.0, 100.0).seed(11);
    let report = check().run().expect("it runs");
    let (_, wrong) = report.failed()[0];
    let line =
        format!(r#"elementwise("textbook", f).domain(-1.0, 100.0).only([{:?}]).seed(11).run()"#, wrong.at);
    assert_eq!(report.repeat(), line);
    let again = check().only([wrong.at]).run().expect("it runs");
    assert_eq!((again.checked(), again.count(Verdict::Wrong)), (1, 1), "{again}");

    let report =
        function("drop", [points()], |x| x[0].graph().custom("drop", x[0] * 2.0, x, |_, _, ct| vec![ct]));
    let report = report.order(2).run().expect("it runs");
    assert_eq!(
        report.repeat(),
        r#"function("drop", inputs, f).only("x0", [0]).sample(64, 0).order(2).run()"#
    );
    // A check that passes is repeated as a whole.
    let right = op_in(Map::Elu, 1).seed(5).order(2).run().expect("it runs");
    assert_eq!(right.repeat(), "op_in(Map::Elu, 1).order(2).seed(5).run()");
    assert!(right.passed() && !right.to_string().contains("to repeat it"), "{right}");
}

#[test]
fn where_two_oracles_disagree_both_are_shown_and_nothing_passes() {
    // A ripple too fine for differences, as steep as the line that it lies on.
    fn ripple(x: Var<'_>) -> Var<'_> {
        // A power of two, so that no rounding of the argument explains a difference.
        let frequency = 45f64.exp2();
        x + (x * frequency).sin() / frequency
    }
    let points: Tensor<f64> = Tensor::from_fn([8], |at| 0.3 + at[0] as f64 / 64.0);
    let report = check(&points, |x| ripple(x).sum(..));
    let torn = report.parts[0].elements.iter().filter(|e| e.verdict == Verdict::Inconclusive);
    let torn: Vec<_> = torn.filter(|e| e.other.is_some()).collect();
    assert!(torn.len() > 3, "{report}");
    for element in torn {
        assert_eq!(element.oracle, Some(Oracle::ComplexStep));
        let (oracle, value) = element.other.expect("another one");
        assert!(oracle == Oracle::Differences && (value - 1.0).abs() < 1e-9, "{report}");
    }
    let told = report.to_string();
    assert!(told.contains("by the complex step, and ") && told.contains(" by differences"), "{told}");
    assert!(!report.passed());
}

#[test]
fn the_report_names_the_worst_element_the_kinks_and_how_far_the_dead_reach() {
    let report = check(&tensor![-2.0, 0.0, 0.7, 5.0], |x| (x.relu() + x.relu().sin()).sum(..));
    report.assert_ok();
    let (part, worst) = report.worst().expect("something was verified");
    assert!((part.name.as_str(), worst.verdict) == ("x", Verdict::Verified));
    let told = report.to_string();
    for said in [
        "x[1]: kink: 0e0 by the graph; 0e0 to the left, 2",
        "x: 1 dead: exactly constant to both sides for at least ",
        "  right tail",
        "  interior",
    ] {
        assert!(told.contains(said), "{said} in\n{told}");
    }
    let row = gradus::gradcheck::op(gradus::op::Map::HardSwish).run().expect("it runs").to_string();
    assert!(row.contains("hard_swish, slope at 3e0: kink: 1e0 by the graph, as it was declared; "), "{row}");
}

#[test]
fn a_sample_leaves_no_part_of_a_tensor_out() {
    let xs = Tensor::from_fn([64, 100], |at| (at[0] as f64 - 31.5) / 16.0 + at[1] as f64 / 1e3);
    for seed in 0..4 {
        let g = Graph::new();
        let x = g.input("x", [64, 100]);
        let check = gradcheck(x.square().sum(..), &Params::<f64>::new()).wrt([x]).feed([(x, &xs)]);
        let report = check.sample(64, seed).run().expect("it runs");
        report.assert_ok();
        let rows: Vec<usize> = report.parts[0].elements.iter().map(|element| element.index[0]).collect();
        assert!(rows.iter().copied().eq(0..64), "one of each row: {rows:?}");
    }
}

#[test]
fn an_input_that_is_nan_is_named_and_no_rule_is_for_it() {
    let g = Graph::new();
    let x = g.input("x", [2, 2]);
    let values = tensor![[1.0, f64::NAN], [-2.0, 0.5]];
    for y in [x.relu().sum(..), x.maximum(0.25).sum(..), x.softmax(-1).square().sum(..)] {
        let report =
            gradcheck(y, &Params::<f64>::seeded(0)).feed([(x, &values)]).wrt([x]).run().expect("it runs");
        let told = report.to_string();
        assert!(told.contains("note: the input x is NaN at [0, 1]"), "{told}");
        assert!(report.wrong_rules.is_empty(), "{told}");
        assert!(!report.passed(), "{told}");
    }
}
