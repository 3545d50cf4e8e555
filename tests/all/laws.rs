//! Tests are laws: properties that hold for every operation, walked over the catalog.

mod axes;
mod faults;
mod passes;
mod rows;
mod select;
mod sites;

use crate::catalog::{self, Case, all, nodes};
use crate::law::{agree, derive, hold};
use gradus::op::{Fold, Map, Op};
use gradus::{Graph, Passes};
use std::collections::BTreeSet;

/// The cases whose rule is meant to be the derivative of the value.
fn exact() -> Vec<Case> {
    all().into_iter().filter(|case| !case.estimate).collect()
}

/// The cases and their gradients.
fn both_orders() -> Vec<Case> {
    all().into_iter().flat_map(|case| [derive::gradient(&case), case]).collect()
}

#[test]
fn the_catalog_holds_every_operation_every_row_and_every_fold() {
    let mut found = BTreeSet::new();
    let (mut maps, mut folds) = (BTreeSet::new(), BTreeSet::new());
    for case in all() {
        let g = Graph::new();
        let recorded = case.record(&g);
        // Forward nodes only: an operation that only gradients record has no case of its own.
        for node in nodes(&g, recorded.ys.iter().map(|y| y.id())).values() {
            found.insert(node.op.kind());
            match &node.op {
                Op::Map(map) => _ = maps.insert(*map),
                Op::Fold(fold, _) => _ = folds.insert(*fold),
                _ => {}
            }
        }
    }
    for (_, build, _) in catalog::wrong::WRONG {
        let g = Graph::new();
        found.insert(g.node(build(&g).id()).op.kind());
    }
    let missing: Vec<_> = Op::KINDS.iter().filter(|kind| !found.contains(*kind)).collect();
    assert!(missing.is_empty(), "the catalog has no case of {missing:?}");
    assert_eq!(maps.into_iter().collect::<Vec<_>>(), Map::ALL);
    assert_eq!(folds.into_iter().collect::<Vec<_>>(), Fold::ALL);
}

#[test]
fn the_catalogs_cases_have_no_faults_and_names_of_their_own() {
    let mut names = BTreeSet::new();
    for case in all() {
        let g = Graph::new();
        case.record(&g);
        assert!(g.check().is_ok(), "{}: {}", case.name, g.check().unwrap_err());
        assert!(names.insert(case.name.clone()), "{} is there twice", case.name);
    }
}

#[test]
fn the_shape_that_is_inferred_is_the_shape_that_is_computed() {
    hold(&both_orders(), agree::shapes);
}

#[test]
fn the_executor_agrees_with_the_interpreter_in_f64() {
    hold(&both_orders(), |case| agree::executor::<f64>(case, &case.inputs, Passes::default()));
}

#[test]
fn the_executor_agrees_with_the_interpreter_in_f32() {
    hold(&both_orders(), |case| agree::executor::<f32>(case, &case.inputs, Passes::default()));
}

#[test]
fn every_step_by_itself_agrees_with_the_interpreter_in_f64() {
    hold(&both_orders(), agree::steps::<f64>);
}

#[test]
fn every_step_by_itself_agrees_with_the_interpreter_in_f32_within_the_rows_ulp() {
    hold(&both_orders(), agree::steps::<f32>);
}

#[test]
fn a_derivative_is_the_limit_of_differences() {
    hold(&exact(), derive::differences);
}

#[test]
fn a_second_derivative_is_the_limit_of_differences_of_the_gradient() {
    hold(&exact(), |case| derive::differences(&derive::gradient(case)));
}

#[test]
fn backward_and_forward_mode_are_adjoint() {
    hold(&all(), derive::adjoint);
}

#[test]
fn backward_and_forward_mode_of_the_gradient_are_adjoint() {
    hold(&all(), |case| derive::adjoint(&derive::gradient(case)));
}

#[test]
fn a_hessian_is_symmetric() {
    hold(&exact(), derive::symmetric);
}
