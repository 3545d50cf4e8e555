//! Nodes without arguments: inputs, parameters and constants. Floor 2.

use super::{Graph, Idx, Input, NodeId, Var};
use crate::error::Site;
use crate::op::Op;
use crate::params::Param;
use crate::shape::Shape;
use crate::tensor::Tensor;
use std::sync::Arc;

impl Graph {
    /// An input, fed with real numbers at each run.
    #[track_caller]
    pub fn input(&self, name: impl Into<String>, shape: impl Into<Shape>) -> Var<'_> {
        self.var(self.feed(name.into(), shape.into(), 0, Op::Input))
    }

    /// An input of indices, fed at each run; each must be below `classes`.
    #[track_caller]
    pub fn labels(&self, name: impl Into<String>, shape: impl Into<Shape>, classes: usize) -> Idx<'_> {
        Idx(self.var(self.feed(name.into(), shape.into(), classes, Op::Labels)))
    }

    #[track_caller]
    fn feed(&self, name: String, shape: Shape, classes: usize, op: fn(u32) -> Op) -> NodeId {
        let (i, taken) = {
            let record = self.record.borrow();
            let taken = record.inputs.iter().find(|input| input.name == name);
            let taken = taken.map(|input| record.nodes[input.node.index()].site);
            (record.inputs.len() as u32, taken)
        };
        let shape = match taken {
            Some(site) => Err(format!("the name {name:?} is taken by the input of {site}")),
            None => Ok(shape),
        };
        let node = self.push(op(i), &[], shape);
        if taken.is_none() {
            self.record.borrow_mut().inputs.push(Input { name, classes, node });
        }
        node
    }

    /// A parameter as a value. The same parameter always gives the same node.
    #[track_caller]
    pub fn param(&self, param: &Param) -> Var<'_> {
        let (i, known) = self.read(|record| {
            // A run finds parameters by name. A poisoned one, such as the second of one name in a store, is
            // distinguished by its slot.
            let same = |(each, _): &&(Param, NodeId)| {
                let had = each.taken.is_none() && param.taken.is_none();
                each.name == param.name && (had || each.slot == param.slot && each.shape == param.shape)
            };
            (record.params.len() as u32, record.params.iter().find(same).cloned())
        });
        let shape = match (known, &param.taken) {
            (Some((first, node)), _) if first.shape == param.shape => return self.var(node),
            (Some((first, _)), _) => Err(format!(
                "the parameter {:?} of {} has shape {}, and the one of {} has shape {}; give each its own name",
                param.name, first.site, first.shape, param.site, param.shape
            )),
            (None, Some(problem)) => Err(problem.to_string()),
            (None, None) => Ok(param.shape.clone()),
        };
        let node = self.push(Op::Param(i), &[], shape);
        self.record.borrow_mut().params.push((param.clone(), node));
        self.var(node)
    }

    /// Lets each step of a training give a buffer this value
    /// ([`Params::add_buffer`](crate::Params::add_buffer)). Programs that are no trainings leave it as it is. The value is that after
    /// the step; within it, [`param`](Graph::param) is the value before. Of several values for one buffer the last counts.
    #[track_caller]
    pub fn assign(&self, buffer: &Param, value: Var<'_>) {
        let site = self.place(Site::here()).0;
        // A value of another graph is a fault, with this line.
        let node = match value.is_of(self) {
            true => value.id(),
            false => self.refuse("assign", &[("value", value)], String::new()).id(),
        };
        self.record.borrow_mut().assigned.push((buffer.clone(), node, site));
    }

    /// The value that a buffer has so far in this step: the last one that it was given, or the one before the step.
    #[track_caller]
    pub(crate) fn current(&self, buffer: &Param) -> Var<'_> {
        let last = self.read(|record| {
            let mut all = record.assigned.iter().rev();
            all.find(|(each, ..)| each.name == buffer.name).map(|&(_, node, _)| node)
        });
        last.map_or_else(|| self.param(buffer), |node| self.var(node))
    }

    /// Notes that a layer was recorded for evaluation, though it is another value in a training.
    pub(crate) fn evaluates(&self, value: Var<'_>, layer: &'static str) {
        self.record.borrow_mut().evaluated.push((value.id(), layer));
    }

    /// A constant tensor.
    #[track_caller]
    pub fn value(&self, value: impl Into<Tensor<f64>>) -> Var<'_> {
        let value = value.into();
        let shape = value.shape().clone();
        let i = {
            let mut record = self.record.borrow_mut();
            record.values.push(Arc::new(value));
            record.values.len() as u32 - 1
        };
        self.var(self.push(Op::Value(i), &[], Ok(shape)))
    }

    /// A constant tensor of indices.
    #[track_caller]
    pub(crate) fn constant_indices(&self, indices: Tensor<usize>) -> Idx<'_> {
        let shape = indices.shape().clone();
        let i = {
            let mut record = self.record.borrow_mut();
            record.indices.push(Arc::new(indices));
            record.indices.len() as u32 - 1
        };
        Idx(self.var(self.push(Op::Indices(i), &[], Ok(shape))))
    }

    /// A scalar constant.
    #[track_caller]
    pub fn constant(&self, value: f64) -> Var<'_> {
        self.var(self.push(Op::Constant(value.into()), &[], Ok(Shape::scalar())))
    }
}
