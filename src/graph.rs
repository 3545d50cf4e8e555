//! `Graph`: the append-only record of operations. Floor 2: reads floor 1; knows no rule.
//!
//! Arguments precede their users, so the order of the nodes is a topological one. The arena lends
//! nothing: nodes are read by copy, and no borrow lives across a user's code.

mod fault;
mod foreign;
mod leaf;
mod scope;
mod show;
mod var;

pub use scope::Scope;
pub use var::{Idx, Var};

use crate::error::{Error, Fault, Faults, Result, Site};
use crate::op::Op;
use crate::params::Param;
use crate::shape::Shape;
use crate::tensor::Tensor;
use smallvec::SmallVec;
use std::cell::{Cell, RefCell, RefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The message for arguments that were recorded in another graph.
const FOREIGN: &str = "the arguments belong to different graphs";

/// A node's position in its graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(crate) u32);

impl NodeId {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// One recorded operation.
#[derive(Clone, Debug)]
pub struct Node {
    /// The operation.
    pub op: Op,
    /// Its arguments.
    pub args: SmallVec<[NodeId; 3]>,
    /// The shape of its value.
    pub shape: Shape,
    /// The user's line.
    pub site: Site,
    /// The scope it was recorded in.
    pub(crate) scope: u32,
}

/// The user's own derivative rule: from the arguments, the value and the cotangent of the value to
/// the cotangents of the arguments.
pub type CustomRule = Arc<dyn for<'g> Fn(&[Var<'g>], Var<'g>, Var<'g>) -> Vec<Var<'g>> + Send + Sync>;

/// Something that is fed at each run.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    pub(crate) name: String,
    /// The number of classes, for labels.
    pub(crate) classes: usize,
    pub(crate) node: NodeId,
}

#[derive(Clone)]
pub(crate) struct Custom {
    pub(crate) name: String,
    pub(crate) rule: CustomRule,
    /// The poisoned value left by its first wrong answer; the rule is not asked again.
    pub(crate) refused: Option<NodeId>,
    /// Tells whether the last argument is the square of the value. The rule is not asked of it; the derivative of a
    /// power of the value may take that way.
    pub(crate) root: bool,
}

/// A scope's name within the scope around it.
#[derive(Clone, Debug)]
struct ScopeName {
    name: String,
    parent: u32,
}

#[derive(Default)]
pub(crate) struct Record {
    pub(crate) nodes: Vec<Node>,
    pub(crate) inputs: Vec<Input>,
    /// The parameters, each with its node.
    pub(crate) params: Vec<(Param, NodeId)>,
    pub(crate) values: Vec<Arc<Tensor<f64>>>,
    pub(crate) indices: Vec<Arc<Tensor<usize>>>,
    pub(crate) customs: Vec<Custom>,
    /// The values that steps give buffers, each with the line that asked.
    pub(crate) assigned: Vec<(Param, NodeId, Site)>,
    /// The values that layers recorded for evaluation though they differ in a training, each with the layer's kind.
    pub(crate) evaluated: Vec<(NodeId, &'static str)>,
    /// The faults, each with the poisoned node that it left.
    faults: Vec<(NodeId, Fault)>,
    /// Tells whether a mistake left no value that could be poisoned.
    lost: bool,
    scopes: Vec<ScopeName>,
}

/// The record of a computation. Operations on its handles ([`Var`], [`Idx`]) append to it; nothing
/// is computed until it is compiled or a value is asked for.
///
/// Recording cannot fail. An operation whose arguments do not fit leaves a poisoned value, and
/// whatever asks for numbers that depend on one returns all such mistakes at once, each with the user's own line. Values
/// that depend on none go on:
///
/// ```
/// use gradus::prelude::*;
/// let g = Graph::new();
/// let x = g.value(tensor![[1.0, 2.0]]);
/// let y = x.matmul(x) + 1.0;
/// let error = y.eval::<f64>().unwrap_err().to_string();
/// assert!(error.starts_with("matmul: columns of the left (2) must equal rows of the right (1)"));
/// assert!(error.contains("1 later value depends on this one"));
/// ```
pub struct Graph {
    id: u64,
    record: RefCell<Record>,
    strict: Cell<bool>,
    /// Tells whether layers record what they are in a training.
    training: Cell<bool>,
    /// The seed of random values, and the number of those that were recorded.
    random: Cell<(u64, u64)>,
    /// The innermost open scope; 0 is none.
    scope: Cell<u32>,
    /// Stands in for the caller's line while rules record on behalf of an earlier node; the scope stays the open
    /// one where none is given.
    site: Cell<Option<(Site, Option<u32>)>>,
    /// The method that the user called, while others that it is made of record.
    called: Cell<Option<&'static str>>,
}

impl Default for Graph {
    fn default() -> Self {
        Graph::new()
    }
}

impl Graph {
    /// An empty graph.
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Graph {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            record: RefCell::default(),
            strict: Cell::new(false),
            training: Cell::new(false),
            random: Cell::new((0, 0)),
            scope: Cell::new(0),
            site: Cell::new(None),
            called: Cell::new(None),
        }
    }

    /// An empty graph in which layers record what they are in a training: a batch normalization takes the statistics of the
    /// batch, not the running ones. [`trace_training`](crate::trace_training) records into such a graph by itself. A
    /// training of a graph in which a layer was recorded for evaluation is an error, so that the mode cannot be forgotten.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// assert!(Graph::for_training().is_training() && !Graph::new().is_training());
    /// ```
    pub fn for_training() -> Self {
        let graph = Graph::new();
        graph.training.set(true);
        graph
    }

    /// Sets the seed of the random values that are recorded from here on, 0 unless it is set, and counts them anew.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let (g, h) = (Graph::new(), Graph::new());
    /// h.seed(7);
    /// assert_ne!(g.random([9]).eval::<f64>()?, h.random([9]).eval::<f64>()?);
    /// # Ok::<(), gradus::Error>(())
    /// ```
    pub fn seed(&self, seed: u64) {
        self.random.set((seed, 0));
    }

    pub(crate) fn seed_of_random(&self) -> u64 {
        self.random.get().0
    }

    /// Returns the number of random values before, and counts one more.
    pub(crate) fn count_random(&self) -> u64 {
        let (seed, count) = self.random.get();
        self.random.set((seed, count + 1));
        count
    }

    /// Tells whether layers record what they are in a training, not in an evaluation.
    pub fn is_training(&self) -> bool {
        self.training.get()
    }

    /// An empty graph that panics at the line of a mistake instead of keeping it for later: for
    /// those who debug that way.
    ///
    /// ```should_panic
    /// # use gradus::prelude::*;
    /// let g = Graph::strict();
    /// let x = g.value(tensor![[1.0, 2.0]]);
    /// x.matmul(x); // panics here
    /// ```
    pub fn strict() -> Self {
        let graph = Graph::new();
        graph.strict.set(true);
        graph
    }

    /// Returns a number that distinguishes this graph from all others of the process.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Returns the number of recorded nodes.
    pub fn len(&self) -> usize {
        self.record.borrow().nodes.len()
    }

    /// Tells whether nothing has been recorded.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns all root mistakes so far, as an error, whether or not something depends on them.
    ///
    /// # Errors
    /// [`Error::Recording`] if there are any.
    pub fn check(&self) -> Result<()> {
        let record = self.record.borrow();
        match record.faults.is_empty() {
            true => Ok(()),
            false => {
                Err(Error::Recording(Faults(record.faults.iter().map(|(_, fault)| fault.clone()).collect())))
            }
        }
    }

    /// Requires values that depend on no mistake; those of others are of no account.
    ///
    /// # Errors
    /// [`Error::Recording`] with all root mistakes if one of the values depends on one. A mistake that left a number
    /// instead of a value, as [`Var::size`] does, may be in any.
    pub(crate) fn sound(&self, values: impl IntoIterator<Item = NodeId>) -> Result<()> {
        let depends = self.read(|record| {
            let poisoned =
                |id: NodeId| record.nodes.get(id.index()).is_some_and(|node| node.op == Op::Poison);
            record.lost || values.into_iter().any(poisoned)
        });
        if depends { self.check() } else { Ok(()) }
    }

    /// Appends a node; there is no other way. `shape` is the node's shape, or the problem.
    ///
    /// Returns the poisoned argument if there is one, and a new poisoned node if `shape` is an error.
    #[track_caller]
    pub(crate) fn push(&self, op: Op, args: &[Var<'_>], shape: Result<Shape, String>) -> NodeId {
        let mut record = self.record.borrow_mut();
        for arg in args.iter().filter(|arg| arg.is_of(self)) {
            if let Some((_, fault)) = record.faults.iter_mut().find(|(node, _)| *node == arg.id) {
                fault.dependents += 1;
                return arg.id;
            }
        }
        let foreign = !args.iter().all(|arg| arg.is_of(self));
        let (site, scope) = self.place(Site::here());
        let shape = match shape {
            _ if foreign => Err(FOREIGN.to_string()),
            shape => shape.and_then(Shape::checked),
        };
        let id = NodeId(record.nodes.len() as u32);
        match shape {
            Ok(shape) => {
                record.nodes.push(Node {
                    op,
                    args: args.iter().map(|arg| arg.id).collect(),
                    shape,
                    site,
                    scope,
                });
            }
            Err(message) => {
                let labels = fault::labels(&op);
                let label =
                    |i: usize| labels.get(i).map_or_else(|| format!("argument {i}"), |l| l.to_string());
                let args: Vec<(String, Var<'_>)> =
                    args.iter().enumerate().map(|(i, arg)| (label(i), *arg)).collect();
                let name = match self.called.get() {
                    Some(name) => record.scoped(name, scope),
                    None => record.full_name(&op, scope),
                };
                self.keep(record, name, message, &args, site, scope);
            }
        }
        id
    }

    /// Records that the arguments of `what`, which is made of several operations, do not fit. Each argument comes
    /// with its label.
    #[track_caller]
    pub(crate) fn refuse<'g>(&'g self, what: &str, args: &[(&str, Var<'g>)], message: String) -> Var<'g> {
        if args.iter().any(|(_, x)| x.is_of(self) && x.is_poisoned()) {
            let values: Vec<Var<'g>> = args.iter().map(|(_, value)| *value).collect();
            return self.var(self.push(Op::Detach, &values, Ok(Shape::scalar())));
        }
        let foreign = !args.iter().all(|(_, x)| x.is_of(self));
        let message = if foreign { FOREIGN.to_string() } else { message };
        let (site, scope) = self.place(Site::here());
        let args: Vec<(String, Var<'_>)> =
            args.iter().map(|(label, value)| (label.to_string(), *value)).collect();
        let record = self.record.borrow_mut();
        let id = NodeId(record.nodes.len() as u32);
        let name = record.scoped(self.called.get().unwrap_or(what), scope);
        self.keep(record, name, message, &args, site, scope);
        self.var(id)
    }

    /// Keeps a fault, and leaves a poisoned node.
    #[track_caller]
    fn keep(
        &self,
        mut record: RefMut<'_, Record>,
        op: String,
        message: String,
        args: &[(String, Var<'_>)],
        site: Site,
        scope: u32,
    ) {
        let args = args.iter().map(|(label, arg)| match arg.is_of(self) {
            true => record.argument(label.clone(), arg.id),
            false => arg.graph.read(|other| other.argument(label.clone(), arg.id)),
        });
        let fault = Fault { op, message, site, args: args.collect(), dependents: 0 };
        if self.strict.get() {
            drop(record);
            fault::stop(&fault);
        }
        let id = NodeId(record.nodes.len() as u32);
        record.faults.push((id, fault));
        let args = SmallVec::new();
        record.nodes.push(Node { op: Op::Poison, args, shape: Shape::scalar(), site, scope });
    }

    pub(crate) fn var(&self, id: NodeId) -> Var<'_> {
        Var { graph: self, id }
    }

    /// Reads the record; `read` must not record.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Record) -> T) -> T {
        read(&self.record.borrow())
    }

    /// Adds a custom rule.
    pub(crate) fn add_custom(&self, name: String, rule: CustomRule, root: bool) -> u32 {
        let mut record = self.record.borrow_mut();
        record.customs.push(Custom { name, rule, refused: None, root });
        record.customs.len() as u32 - 1
    }
}
