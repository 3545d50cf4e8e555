//! Named scopes, and the sites of derivatives: the place on whose behalf nodes are recorded. Floor 2.

use super::{Graph, NodeId, ScopeName};
use crate::error::{Role, Site};

impl Graph {
    /// Opens a named scope: what is recorded until the guard is dropped belongs to it. Layers do
    /// this, so that a message can say `hidden/matmul`.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.input("x", [2]);
    /// let y = {
    ///     let _scope = g.scope("encoder");
    ///     x.tanh()
    /// };
    /// assert!(format!("{y:?}").contains("encoder/tanh"));
    /// ```
    pub fn scope(&self, name: impl Into<String>) -> Scope<'_> {
        let (parent, mut record) = (self.scope.get(), self.record.borrow_mut());
        record.scopes.push(ScopeName { name: name.into(), parent });
        self.scope.set(record.scopes.len() as u32);
        Scope { graph: self, parent }
    }

    /// Records with the site and scope of an earlier node, in another role, until the guard is dropped. A
    /// derivative belongs to the line of the value that it differentiates.
    pub(crate) fn on_behalf_of(&self, node: NodeId, role: Role) -> Behalf<'_> {
        let (mut site, scope) = {
            let record = self.record.borrow();
            (record.nodes[node.index()].site, record.nodes[node.index()].scope)
        };
        if site.role == Role::Forward {
            site.role = role;
        }
        self.behalf(site, Some(scope))
    }

    /// Records with one site, in the open scope, until the guard is dropped.
    pub(crate) fn at(&self, site: Site) -> Behalf<'_> {
        let (site, scope) = self.place(site);
        self.behalf(site, Some(scope))
    }

    /// Records a method that is made of others with the caller's site, and reports their faults under its name, until
    /// the guard is dropped. Of methods within each other, the one that the user called counts.
    #[track_caller]
    pub(crate) fn call(&self, name: &'static str) -> Call<'_> {
        let site = self.at(Site::here());
        let outer = self.called.get();
        self.called.set(outer.or(Some(name)));
        Call { outer, site }
    }

    /// Records with one site, in whichever scope is open then, until the guard is dropped: for layers that are
    /// called where no line of the caller's gets through.
    pub(crate) fn calling(&self, site: Site) -> Behalf<'_> {
        let (site, scope) = self.site.get().unwrap_or((site, None));
        self.behalf(site, scope)
    }

    /// The site and the scope of what is recorded now, `here` being the caller's line.
    pub(super) fn place(&self, here: Site) -> (Site, u32) {
        let (site, scope) = self.site.get().unwrap_or((here, None));
        (site, scope.unwrap_or(self.scope.get()))
    }

    fn behalf(&self, site: Site, scope: Option<u32>) -> Behalf<'_> {
        Behalf { graph: self, before: self.site.replace(Some((site, scope))) }
    }
}

/// An open scope; dropping it closes the scope.
#[must_use = "the scope closes when this guard is dropped"]
pub struct Scope<'g> {
    graph: &'g Graph,
    parent: u32,
}

/// The names of the scopes that are open, from the outermost on.
impl std::fmt::Debug for Scope<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path = self.graph.read(|record| record.scope_path(self.graph.scope.get()).join("/"));
        f.debug_tuple("Scope").field(&path).finish()
    }
}

impl Drop for Scope<'_> {
    fn drop(&mut self) {
        self.graph.scope.set(self.parent);
    }
}

/// Recording on behalf of another place; dropping it ends that.
#[must_use = "ends when this guard is dropped"]
pub(crate) struct Behalf<'g> {
    graph: &'g Graph,
    before: Option<(Site, Option<u32>)>,
}

impl Drop for Behalf<'_> {
    fn drop(&mut self) {
        self.graph.site.set(self.before);
    }
}

/// Recording of one method of the user's; dropping it ends that.
#[must_use = "ends when this guard is dropped"]
pub(crate) struct Call<'g> {
    outer: Option<&'static str>,
    site: Behalf<'g>,
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.site.graph.called.set(self.outer);
    }
}
