//! `SessionTable`: what the session computes for each element type, compiled in this crate ([`Element::precompiled`]).

use super::feed::Feed;
use super::lent::Lent;
use super::outputs::OutputVar;
use super::program::Program;
use super::recipe::{Recipe, TrainingProgram};
use super::train::{Feeds, Training};
use crate::compile::{Passes, Updates};
use crate::element::{Element, precompiled};
use crate::error::{Result, Site};
use crate::graph::Graph;
use crate::params::Params;

/// Runs a program on behalf of a line of the user's.
pub(super) type Run<E> = fn(&mut Program<E>, Lent<'_, E>, &[Feed<'_, E>], Site) -> Result<()>;

/// Takes a step of a training on behalf of a line of the user's.
pub(super) type Step<E> =
    for<'a> fn(&'a mut Training<'_, E>, &mut Params<E>, &mut Feeds<'a, E>, Site) -> Result<()>;

/// The functions of an element type. Each has the line of the user's as an argument, since a pointer to a function does
/// not carry its caller's line.
pub(crate) struct SessionTable<E> {
    pub(super) program: fn(&Graph, &[OutputVar<'_>], Passes, &Updates, Site) -> Result<Program<E>>,
    pub(super) run: Run<E>,
    pub(super) training:
        for<'g> fn(Recipe<'_, 'g>, &'g Graph, &mut Params<E>, Site) -> Result<TrainingProgram<E>>,
    pub(super) step: Step<E>,
}

impl<E: Element> SessionTable<E> {
    pub(crate) const NEW: Self = SessionTable {
        program: Program::build,
        run: Program::run_feeds,
        training: |recipe, graph, params, line| recipe.compile(graph, params, line),
        step: |training, params, feeds, line| training.step(params, feeds, line),
    };

    pub(super) fn get() -> &'static Self {
        precompiled::<E, Self>()
    }
}
