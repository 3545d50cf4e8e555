//! Reports of mistakes in recording, and the names of nodes in messages. Floor 2.

use super::{Graph, NodeId, Record};
use crate::error::{Argument, Fault};
use crate::op::Op;

/// Returns the labels of an operation's arguments in a fault.
pub(crate) fn labels(op: &Op) -> &'static [&'static str] {
    match op {
        Op::Map(map) => map.args(),
        Op::MatMul { .. } => &["left", "right"],
        Op::Gather(_) | Op::ScatterAdd(_) => &["from", "indices"],
        Op::SameIndex => &["left", "right"],
        Op::Cat(_) | Op::Custom(_) | Op::Random(_) => &[],
        Op::Indices(_) => &[],
        Op::Pad(starts) if starts.len() > 1 => &[],
        Op::Poison | Op::Input(_) | Op::Labels(_) | Op::Param(_) | Op::Constant(_) | Op::Value(_) => &[],
        Op::Broadcast | Op::Fold(..) | Op::Reshape | Op::Permute(_) | Op::Slice(_) | Op::Pad(_) => &["value"],
        Op::Unfold { .. } | Op::Overlap { .. } | Op::OneHot | Op::ArgMax(_) | Op::Detach => &["value"],
        Op::ArgSort { .. } => &["value"],
        Op::Along { .. } => &["indices"],
    }
}

/// Ends the program at the user's line; only `Graph::strict` asks for this.
#[allow(clippy::panic, reason = "this is what Graph::strict is asked to do")]
#[track_caller]
pub(crate) fn stop(fault: &Fault) -> ! {
    panic!("{fault}")
}

impl Graph {
    /// Remembers that a custom rule answered wrongly, with the poisoned value in place of its answer.
    pub(crate) fn refuse_rule(&self, rule: u32, poison: NodeId) {
        self.record.borrow_mut().customs[rule as usize].refused.get_or_insert(poison);
    }
}

impl Record {
    /// Returns an operation's name within its scopes.
    pub(crate) fn full_name(&self, op: &Op, scope: u32) -> String {
        let name = match op {
            Op::Custom(i) => &self.customs[*i as usize].name,
            op => op.name(),
        };
        self.scoped(name, scope)
    }

    /// Returns a name within its scopes.
    pub(super) fn scoped(&self, name: &str, scope: u32) -> String {
        let mut path = self.scope_path(scope);
        path.push(name);
        path.join("/")
    }

    /// Returns the names of a scope and of those around it, the outermost first.
    pub(crate) fn scope_path(&self, scope: u32) -> Vec<&str> {
        let (mut path, mut at) = (Vec::new(), scope);
        while at > 0 {
            let scope = &self.scopes[at as usize - 1];
            path.push(scope.name.as_str());
            at = scope.parent;
        }
        path.reverse();
        path
    }

    /// Returns a node's name in messages: its own if it has one, else its operation's.
    pub(crate) fn called(&self, id: NodeId) -> String {
        let node = &self.nodes[id.index()];
        match node.op {
            Op::Input(i) | Op::Labels(i) => self.inputs[i as usize].name.clone(),
            Op::Param(i) => self.params[i as usize].0.name.to_string(),
            Op::Constant(bits) => bits.value().to_string(),
            _ => self.full_name(&node.op, node.scope),
        }
    }

    pub(super) fn argument(&self, label: String, id: NodeId) -> Argument {
        let node = &self.nodes[id.index()];
        Argument { label, shape: node.shape.clone(), name: self.called(id), site: node.site }
    }
}
