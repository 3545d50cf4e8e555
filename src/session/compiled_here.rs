//! Programs of both element types, used in functions that are not generic, so that their kernels are compiled with this
//! library. Builds up to `opt-level = 1` share them with every crate that uses it; without this, each test binary and
//! each example compiled all kernels of `f32` again, for 70 s. Floor 7.

use super::feed::Feed;
use super::program::{Asked, Program};
use crate::compile::{Passes, Updates};
use crate::element::Element;
use crate::error::Result;
use crate::exec::Lent;
use crate::graph::Graph;
use crate::params::Params;

fn program<E: Element>(graph: &Graph, asked: &[Asked<'_>], params: &mut Params<E>) -> Result<()> {
    let mut program = Program::<E>::with_updates(graph, asked, Passes::default(), &Updates::default())?;
    program.threads(1)?;
    program.run(params, [] as [Feed<'_, E>; 0])?;
    program.run_feeds(Lent::Change(params), &[])
}

/// Programs of `f32`.
pub fn single(graph: &Graph, asked: &[Asked<'_>], params: &mut Params<f32>) -> Result<()> {
    program(graph, asked, params)
}

/// Programs of `f64`.
pub fn double(graph: &Graph, asked: &[Asked<'_>], params: &mut Params<f64>) -> Result<()> {
    program(graph, asked, params)
}
