//! Values of another graph. A node's number does not tell which graph it belongs to, so every function that takes
//! numbers out of handles checks the graph here first. Floor 2.

use super::{Graph, Node, NodeId, Var};
use crate::error::{Error, Result, Site};
use std::fmt::Display;

impl<'g> Var<'g> {
    /// Tells whether the node belongs to a graph.
    pub(crate) fn is_of(self, graph: &Graph) -> bool {
        std::ptr::eq(self.graph, graph)
    }

    /// Returns the error for this value, given as `what` to a function of another graph.
    pub(crate) fn foreign(self, what: impl Display, site: Site) -> Error {
        let (name, shape) = (self.graph.read(|record| record.called(self.id)), self.shape());
        Error::Foreign { what: what.to_string(), name, shape, recorded: self.site(), site }
    }

    /// Returns the other side of an operation that is recorded from right to left, so that its mistakes are
    /// recorded in this graph.
    #[track_caller]
    pub(crate) fn beside(self, what: &str, other: Var<'g>) -> Var<'g> {
        match other.is_of(self.graph) {
            true => other,
            false => self.graph.refuse(what, &[("left", self), ("right", other)], String::new()),
        }
    }
}

impl Graph {
    /// Returns the number of a value that was given as `what`.
    ///
    /// # Errors
    /// [`Error::Foreign`] if it belongs to another graph.
    pub(crate) fn own(&self, what: impl Display, value: Var<'_>, site: Site) -> Result<NodeId> {
        if value.is_of(self) { Ok(value.id) } else { Err(value.foreign(what, site)) }
    }

    /// Returns the value that a function of the user's returned, or a fault in its place if it belongs to another
    /// graph.
    #[track_caller]
    pub(crate) fn admit<'g>(&'g self, what: &str, value: Var<'g>) -> Var<'g> {
        if value.is_of(self) {
            return value;
        }
        let message = "the function gave a value of another graph; it records what it gives on its arguments";
        let (site, scope) = self.place(Site::here());
        let record = self.record.borrow_mut();
        let id = NodeId(record.nodes.len() as u32);
        let name = record.scoped(what, scope);
        self.keep(record, name, message.into(), &[("value".into(), value)], site, scope);
        self.var(id)
    }

    /// Returns an error if one of the numbers is that of no node of this graph.
    #[track_caller]
    pub(crate) fn within(&self, ids: impl IntoIterator<Item = NodeId>) -> Result<()> {
        let (len, site) = (self.len(), Site::here());
        match ids.into_iter().find(|id| id.index() >= len) {
            Some(id) => Err(Error::Invalid(format!("{}\n  --> {site}", beyond(id, len)))),
            None => Ok(()),
        }
    }

    /// Returns a copy of a node.
    ///
    /// # Panics
    /// If there is no such node, as indexing does: the number is of another graph.
    #[doc(hidden)]
    #[track_caller]
    pub fn node(&self, id: NodeId) -> Node {
        let (node, len) = self.read(|record| (record.nodes.get(id.index()).cloned(), record.nodes.len()));
        assert!(node.is_some(), "{}", beyond(id, len));
        node.unwrap_or_else(|| unreachable!("asserted above"))
    }
}

fn beyond(id: NodeId, len: usize) -> String {
    format!(
        "node %{} is of another graph, for this one has {len} nodes; ask the graph that recorded it",
        id.0
    )
}
