//! The laws bite: rules that are wrong on purpose are found by the very functions that the laws use.

use crate::catalog::{Case, case, numbers};
use crate::law::{Verdict, derive};
use gradus::Var;

type Rule = for<'a> fn(&[Var<'a>], Var<'a>, Var<'a>) -> Vec<Var<'a>>;

/// A value of two matrices with a rule of its own.
fn with_rule(
    name: &str,
    shapes: [&'static [usize]; 2],
    value: for<'g> fn(Var<'g>, Var<'g>) -> Var<'g>,
    rule: Rule,
) -> Case {
    case(name, [numbers(shapes[0], 1), numbers(shapes[1], 2)], move |g, x, _| {
        g.custom("rule", value(x[0], x[1]), x, rule)
    })
}

#[track_caller]
fn bitten(what: &str, verdict: Verdict) {
    let problem = verdict.expect_err(&format!("{what} was not found"));
    println!("{what}: {problem}");
}

const M: &[usize] = &[2, 3];

#[test]
fn right_rules_pass() {
    let right = [
        with_rule("sin", [M, M], |a, b| a.sin() + b, |x, _, ct| vec![ct * x[0].cos(), ct]),
        with_rule("product", [M, M], |a, b| a * b, |x, _, ct| vec![ct * x[1], ct * x[0]]),
        with_rule(
            "matmul",
            [M, &[3, 2]],
            |a, b| a.matmul(b),
            |x, _, ct| vec![ct.matmul_t(x[1]), x[0].t().matmul(ct)],
        ),
        with_rule("row", [M, &[1, 3]], |a, b| a + b, |_, _, ct| vec![ct, ct.sum(0)]),
    ];
    for case in right {
        let gradient = derive::gradient(&case);
        for verdict in [&case, &gradient].map(derive::differences) {
            assert!(verdict.is_ok(), "{verdict:?}");
        }
        for verdict in [&case, &gradient].map(derive::adjoint) {
            assert!(verdict.is_ok(), "{verdict:?}");
        }
        assert!(derive::symmetric(&case).is_ok());
    }
}

#[test]
fn differences_find_every_wrong_rule() {
    let wrong = [
        with_rule(
            "a slope that is off by 1e-4",
            [M, M],
            |a, b| a.sin() + b,
            |x, _, ct| vec![ct * x[0].cos() * (1.0 + 1e-4), ct],
        ),
        with_rule(
            "a slope that is off by 1e-8",
            [M, M],
            |a, b| a.sin() + b,
            |x, _, ct| vec![ct * x[0].cos() * (1.0 + 1e-8), ct],
        ),
        with_rule("a wrong sign", [M, M], |a, b| a - b, |_, _, ct| vec![ct, ct]),
        with_rule("swapped arguments", [M, M], |a, b| a * b, |x, _, ct| vec![ct * x[0], ct * x[1]]),
        with_rule(
            "a missing transpose",
            [&[3, 3], &[3, 3]],
            |a, b| a.matmul(b),
            |x, _, ct| vec![ct.matmul(x[1]), x[0].t().matmul(ct)],
        ),
        with_rule(
            "a missing sum over a repeated axis",
            [M, &[1, 3]],
            |a, b| a + b,
            |_, _, ct| vec![ct, ct.slice(0, ..1)],
        ),
        with_rule("a mean for the sum", [M, &[1, 3]], |a, b| a + b, |_, _, ct| vec![ct, ct.mean(0)]),
        with_rule("a dropped cotangent", [M, M], |a, b| a.sin() + b, |x, _, ct| vec![x[0].cos(), ct]),
        with_rule("a dropped argument", [M, M], |a, b| a * b, |x, _, ct| vec![ct * x[1], ct.zeros_like()]),
        with_rule(
            "a part that is held constant",
            [M, M],
            |a, b| a * a + b,
            |x, _, ct| vec![ct * x[0].detach(), ct],
        ),
    ];
    for case in wrong {
        bitten(&case.name, derive::differences(&case));
    }
}

#[test]
fn adjointness_finds_a_rule_that_is_not_linear_in_the_cotangent() {
    let wrong = [
        with_rule("a dropped cotangent", [M, M], |a, b| a.sin() + b, |x, _, ct| vec![x[0].cos(), ct]),
        with_rule("a squared cotangent", [M, M], |a, b| a * b, |x, _, ct| vec![ct * ct * x[1], ct * x[0]]),
        with_rule("an absolute cotangent", [M, M], |a, b| a * b, |x, _, ct| vec![ct.abs() * x[1], ct * x[0]]),
    ];
    for case in wrong {
        bitten(&case.name, derive::adjoint(&case));
    }
}

#[test]
fn the_second_order_finds_what_the_first_cannot() {
    // The gradient is right, but its own derivative is cut off.
    let cut = with_rule(
        "a detached slope",
        [M, M],
        |a, b| a.sin() * b,
        |x, _, ct| vec![ct * x[1] * x[0].cos().detach(), ct * x[0].sin()],
    );
    assert!(derive::differences(&cut).is_ok());
    bitten("a detached slope", derive::differences(&derive::gradient(&cut)));
    // A Hessian that is no Hessian: the gradient is not that of any function.
    let twisted = case("a field that turns", [numbers([3, 3], 1)], |g, x, _| {
        g.custom("field", x[0].sum(..), &[x[0]], |x, _, ct| vec![ct * earlier_rows(x[0])])
    });
    bitten("a field that turns", derive::symmetric(&twisted));
}

/// Each row replaced by the square of the one before it.
fn earlier_rows(x: Var<'_>) -> Var<'_> {
    x.slice(0, ..2).pad(0, 1, 0).square()
}
