//! The feeds of a run: tensors for the inputs, indices for the labels.

use crate::compile::{DeclaredInput, Origins};
use crate::element::Element;
use crate::error::{Error, FeedErrorKind, Result, Role, Site};
use crate::graph::{Graph, Idx, Input, NodeId, Var};
use crate::op::Op;
use crate::params::Params;
use crate::shape::Shape;
use crate::tensor::Tensor;
use smallvec::SmallVec;
use std::fmt;

/// The numbers for one input.
pub enum FeedValue<'a, E> {
    /// Real numbers.
    Real(&'a Tensor<E>),
    /// Indices.
    Index(&'a Tensor<usize>),
}

impl<E> Clone for FeedValue<'_, E> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<E> Copy for FeedValue<'_, E> {}

/// Shows the kind and the shape, without the numbers.
impl<E> fmt::Debug for FeedValue<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            FeedValue::Real(_) => "Real",
            FeedValue::Index(_) => "Index",
        };
        write!(f, "{kind}({})", self.shape())
    }
}

impl<E> FeedValue<'_, E> {
    /// The shape of the tensor that is fed.
    pub fn shape(&self) -> &Shape {
        match self {
            FeedValue::Real(x) => x.shape(),
            FeedValue::Index(x) => x.shape(),
        }
    }
}

impl<'a, E: Element> From<&'a Tensor<E>> for FeedValue<'a, E> {
    fn from(x: &'a Tensor<E>) -> Self {
        FeedValue::Real(x)
    }
}

impl<'a, E: Element> From<&'a Tensor<usize>> for FeedValue<'a, E> {
    fn from(x: &'a Tensor<usize>) -> Self {
        FeedValue::Index(x)
    }
}

/// The input that a feed is for: its handle, or its name if the graph is not at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedKey<'a>(Key<'a>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key<'a> {
    Node { graph: u64, node: NodeId },
    Name(&'a str),
}

impl From<Var<'_>> for FeedKey<'_> {
    fn from(input: Var<'_>) -> Self {
        FeedKey(Key::Node { graph: input.graph().id(), node: input.id() })
    }
}

impl From<Idx<'_>> for FeedKey<'_> {
    fn from(labels: Idx<'_>) -> Self {
        FeedKey(Key::Node { graph: labels.graph().id(), node: labels.id() })
    }
}

impl<'a> From<&'a str> for FeedKey<'a> {
    fn from(name: &'a str) -> Self {
        FeedKey(Key::Name(name))
    }
}

impl<'a> From<&'a String> for FeedKey<'a> {
    fn from(name: &'a String) -> Self {
        FeedKey(Key::Name(name))
    }
}

/// An input with the numbers for it: `(x, &tensor)`; or, if inputs and labels stand in one list,
/// [`x.feed(&tensor)`](Var::feed) or [`feed("x", &tensor)`](feed()).
#[derive(Debug)]
pub struct Feed<'a, E> {
    key: FeedKey<'a>,
    pub(crate) value: FeedValue<'a, E>,
}

impl<E> Clone for Feed<'_, E> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<E> Copy for Feed<'_, E> {}

/// Returns a feed: an input or labels, by handle or by name, with the numbers for it.
///
/// ```
/// # use gradus::prelude::*;
/// let g = Graph::new();
/// let (x, label) = (g.input("x", [2, 3]), g.labels("label", [2], 3));
/// let mut program = g.compile::<f32>([x.softmax_cross_entropy(label)])?;
/// let (xs, labels) = (Tensor::<f32>::zeros([2, 3]), tensor![0, 2]);
/// let by_name = program.run(&Params::new(), [feed("x", &xs), feed("label", &labels)])?.at(0).item();
/// let by_handle = program.run(&Params::new(), [x.feed(&xs), label.feed(&labels)])?.at(0).item();
/// assert_eq!(by_name, by_handle);
/// # Ok::<(), gradus::Error>(())
/// ```
pub fn feed<'a, E: Element>(key: impl Into<FeedKey<'a>>, value: impl Into<FeedValue<'a, E>>) -> Feed<'a, E> {
    Feed { key: key.into(), value: value.into() }
}

impl<'a, E> Feed<'a, E> {
    /// Returns the feed of a node of the graph with this number.
    pub(crate) fn of(graph: u64, node: NodeId, value: FeedValue<'a, E>) -> Self {
        Feed { key: FeedKey(Key::Node { graph, node }), value }
    }

    /// Returns the number of the graph and the node that this is for, looking up a name in `graph`. An
    /// unknown name becomes a node that does not exist.
    pub(crate) fn node(&self, graph: &Graph) -> (u64, NodeId) {
        match self.key.0 {
            Key::Node { graph, node } => (graph, node),
            Key::Name(name) => {
                let node = Declared::of(graph).named(name);
                (graph.id(), node.unwrap_or(NodeId(u32::MAX)))
            }
        }
    }

    /// Returns the name that it was given with.
    pub(super) fn name(&self) -> Option<&'a str> {
        match self.key.0 {
            Key::Name(name) => Some(name),
            Key::Node { .. } => None,
        }
    }
}

impl<'a, E: Element> From<(Var<'_>, &'a Tensor<E>)> for Feed<'a, E> {
    fn from((input, tensor): (Var<'_>, &'a Tensor<E>)) -> Self {
        Feed { key: input.into(), value: FeedValue::Real(tensor) }
    }
}

impl<'a, E: Element> From<&(Var<'_>, &'a Tensor<E>)> for Feed<'a, E> {
    fn from(&pair: &(Var<'_>, &'a Tensor<E>)) -> Self {
        pair.into()
    }
}

impl<'a, E: Element> From<(Idx<'_>, &'a Tensor<usize>)> for Feed<'a, E> {
    fn from((labels, tensor): (Idx<'_>, &'a Tensor<usize>)) -> Self {
        Feed { key: labels.into(), value: FeedValue::Index(tensor) }
    }
}

impl<'a, E: Element> From<&(Idx<'_>, &'a Tensor<usize>)> for Feed<'a, E> {
    fn from(&pair: &(Idx<'_>, &'a Tensor<usize>)) -> Self {
        pair.into()
    }
}

impl<'a, E: Element> From<(&'a str, &'a Tensor<E>)> for Feed<'a, E> {
    fn from((name, tensor): (&'a str, &'a Tensor<E>)) -> Self {
        Feed { key: name.into(), value: FeedValue::Real(tensor) }
    }
}

impl<'a, E: Element> From<(&'a str, &'a Tensor<usize>)> for Feed<'a, E> {
    fn from((name, tensor): (&'a str, &'a Tensor<usize>)) -> Self {
        Feed { key: name.into(), value: FeedValue::Index(tensor) }
    }
}

impl<'a, E: Element> From<&Feed<'a, E>> for Feed<'a, E> {
    fn from(feed: &Feed<'a, E>) -> Self {
        *feed
    }
}

impl Var<'_> {
    /// This input with the numbers for it, for a run.
    pub fn feed<'a, E: Element>(self, tensor: &'a Tensor<E>) -> Feed<'a, E> {
        (self, tensor).into()
    }
}

impl Idx<'_> {
    /// These labels with the indices for them, for a run.
    pub fn feed<'a, E: Element>(self, tensor: &'a Tensor<usize>) -> Feed<'a, E> {
        (self, tensor).into()
    }
}

/// The inputs that a graph declares, so that a feed that fits none is reported by name.
#[derive(Clone, Debug)]
pub(crate) struct Declared {
    graph: u64,
    inputs: Vec<Fed>,
    /// The inputs that were fed last, in their order: once checked, they are not checked again.
    judged: Vec<NodeId>,
}

/// An input that is fed at a run.
#[derive(Clone, Debug)]
struct Fed {
    node: NodeId,
    name: String,
    labels: bool,
    /// A training's own, such as the learning rate: no user feeds it, so no message offers it.
    own: bool,
}

impl Declared {
    pub(crate) fn of(graph: &Graph) -> Self {
        let inputs = graph.read(|record| {
            let fed = |input: &Input| {
                let node = &record.nodes[input.node.index()];
                Fed {
                    node: input.node,
                    name: input.name.clone(),
                    labels: matches!(node.op, Op::Labels(_)),
                    own: node.site.role == Role::Update,
                }
            };
            record.inputs.iter().map(fed).collect()
        });
        Declared { graph: graph.id(), inputs, judged: Vec::new() }
    }

    /// The number of the graph.
    pub(super) fn graph(&self) -> u64 {
        self.graph
    }

    /// The input of a name that a user may feed.
    fn named(&self, name: &str) -> Option<NodeId> {
        self.inputs.iter().find(|input| input.name == name && !input.own).map(|input| input.node)
    }

    /// Fails, with the line of the run, if a feed is for no input of the graph. Afterwards `judged` has the
    /// input of each feed.
    pub(crate) fn judge<E>(&mut self, feeds: &[Feed<'_, E>], site: Site) -> Result<()> {
        let again = |(feed, known): (&Feed<'_, E>, &NodeId)| match feed.key.0 {
            Key::Node { graph, node } => graph == self.graph && node == *known,
            Key::Name(name) => self.named(name) == Some(*known),
        };
        if feeds.len() == self.judged.len() && feeds.iter().zip(&self.judged).all(again) {
            return Ok(());
        }
        let mut judged = std::mem::take(&mut self.judged);
        judged.clear();
        let refused =
            |kind, problem: String| Err(Error::Feed { kind, problem: format!("{problem}\n  --> {site}") });
        for feed in feeds {
            let input = match feed.key.0 {
                Key::Node { graph, .. } if graph != self.graph => {
                    let problem = "a value of another graph was fed; feed the inputs and labels of the graph that was compiled";
                    return refused(FeedErrorKind::OtherGraph, problem.into());
                }
                Key::Node { node, .. } => self.inputs.iter().any(|input| input.node == node).then_some(node),
                Key::Name(name) => self.named(name),
            };
            match (input, feed.key.0) {
                (Some(input), _) => judged.push(input),
                (None, Key::Name(name)) => {
                    let known = self.inputs.iter().filter(|input| !input.own);
                    let problem = match &known.map(|input| input.name.as_str()).collect::<Vec<_>>()[..] {
                        [] => format!("{name:?} was fed, but the graph has no inputs; feed nothing"),
                        [one] => {
                            format!("{name:?} was fed, but there is no such input; the only one is {one:?}")
                        }
                        known => format!("{name:?} was fed, but there is no such input; there are {known:?}"),
                    };
                    return refused(FeedErrorKind::Unknown, problem);
                }
                (None, Key::Node { .. }) => {
                    let problem = "a value was fed that is not an input; only inputs and labels are fed, of those that were declared before the graph was compiled";
                    return refused(FeedErrorKind::Unknown, problem.into());
                }
            }
        }
        let twice = (1..judged.len()).find(|&i| judged[..i].contains(&judged[i])).map(|i| judged[i]);
        if let Some(input) = self.inputs.iter().find(|input| Some(input.node) == twice) {
            let problem = match input.labels {
                true => format!("the labels {:?} were fed twice; feed them once", input.name),
                false => format!("the input {:?} was fed twice; feed it once", input.name),
            };
            return refused(FeedErrorKind::Twice, problem);
        }
        self.judged = judged;
        Ok(())
    }
}

/// A few slices, inline up to a common number of inputs, so that resolving feeds does not allocate.
pub(super) type Few<'a, T> = SmallVec<[&'a [T]; 8]>;

/// Finds the tensor for each of the plan's inputs and labels, and checks their shapes; the executor checks
/// the labels. The lists, empty before, are out-parameters: returning the inline arrays by value was slower.
///
/// An input of the graph that this program does not need may be fed; it is not read.
pub(super) fn resolve<'a, E: Element>(
    origins: &Origins,
    declared: &mut Declared,
    feeds: &[Feed<'a, E>],
    inputs: &mut Few<'a, E>,
    labels: &mut Few<'a, usize>,
    site: Site,
) -> Result<()> {
    declared.judge(feeds, site)?;
    let fed = |input: NodeId| {
        let place = declared.judged.iter().position(|node| *node == input)?;
        Some(feeds[place].value)
    };
    for input in &origins.inputs {
        match fed(input.node) {
            Some(FeedValue::Real(tensor)) if *tensor.shape() == input.shape => inputs.push(tensor.data()),
            other => return Err(unfit(input, Op::Input(0), other)),
        }
    }
    for input in &origins.labels {
        match fed(input.node) {
            Some(FeedValue::Index(tensor)) if *tensor.shape() == input.shape => labels.push(tensor.data()),
            other => return Err(unfit(input, Op::Labels(0), other)),
        }
    }
    Ok(())
}

/// Returns the error of an input that was not fed, or was fed something of this shape that does not fit.
#[cold]
fn unfit<E>(input: &DeclaredInput, kind: Op, found: Option<FeedValue<'_, E>>) -> Error {
    let (name, site) = (input.name.clone(), input.site);
    match found {
        None => Error::Missing { kind: kind.name(), name, shape: Some(input.shape.clone()), site },
        Some(found) if *found.shape() != input.shape => Error::Shape {
            what: format!("the {} {name:?}", kind.name()),
            expected: input.shape.clone(),
            found: found.shape().clone(),
            at: Some(site),
        },
        Some(_) => {
            let problem = match kind {
                Op::Labels(_) => {
                    format!("the labels {name:?} were fed real numbers\n  --> declared at {site}")
                }
                _ => format!("the input {name:?} was fed indices\n  --> declared at {site}"),
            };
            Error::Feed { kind: FeedErrorKind::WrongKind, problem }
        }
    }
}

/// Reports a NaN that is fed as such, before anything is computed from it.
pub(super) fn trap_nan<E: Element>(
    origins: &Origins,
    inputs: &[&[E]],
    (params, slots): (&Params<E>, &[usize]),
) -> Result<()> {
    let found = |name: &str, numbers: &[E], shape: &Shape, site| match numbers
        .iter()
        .position(|x| x.to_f64().is_nan())
    {
        Some(at) => Err(Error::NonFinite {
            op: name.into(),
            value: f64::NAN,
            position: Shape::from(&shape.unravel(at)[..]),
            shape: shape.clone(),
            site,
        }),
        None => Ok(()),
    };
    for (fed, numbers) in origins.inputs.iter().zip(inputs) {
        found(&fed.name, numbers, &fed.shape, fed.site)?;
    }
    for (param, &slot) in origins.params.iter().zip(slots) {
        found(&param.name, params.entries()[slot].value.data(), &param.shape, param.site)?;
    }
    Ok(())
}
