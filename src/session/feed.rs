//! What a run is given: tensors for the inputs, indices for the labels. Floor 7.

use crate::compile::Origins;
use crate::element::Element;
use crate::error::{Error, FeedErrorKind, Result, Site};
use crate::graph::{Graph, Idx, NodeId, Var};
use crate::op::Op;
use crate::params::Params;
use crate::shape::Shape;
use crate::tensor::Tensor;
use smallvec::SmallVec;

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

impl<E> FeedValue<'_, E> {
    /// The shape of what is fed.
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

/// An input with the numbers for it: `(x, &tensor)`, or [`x.feed(&tensor)`](Var::feed) where inputs
/// and labels stand in one list.
pub struct Feed<'a, E> {
    pub(crate) graph: u64,
    pub(crate) node: NodeId,
    pub(crate) value: FeedValue<'a, E>,
}

impl<E> Clone for Feed<'_, E> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<E> Copy for Feed<'_, E> {}

impl<'a, E: Element> From<(Var<'_>, &'a Tensor<E>)> for Feed<'a, E> {
    fn from((input, tensor): (Var<'_>, &'a Tensor<E>)) -> Self {
        Feed { graph: input.graph().id(), node: input.id(), value: FeedValue::Real(tensor) }
    }
}

impl<'a, E: Element> From<&(Var<'_>, &'a Tensor<E>)> for Feed<'a, E> {
    fn from(&pair: &(Var<'_>, &'a Tensor<E>)) -> Self {
        pair.into()
    }
}

impl<'a, E: Element> From<(Idx<'_>, &'a Tensor<usize>)> for Feed<'a, E> {
    fn from((labels, tensor): (Idx<'_>, &'a Tensor<usize>)) -> Self {
        Feed { graph: labels.graph().id(), node: labels.id(), value: FeedValue::Index(tensor) }
    }
}

impl<'a, E: Element> From<&(Idx<'_>, &'a Tensor<usize>)> for Feed<'a, E> {
    fn from(&pair: &(Idx<'_>, &'a Tensor<usize>)) -> Self {
        pair.into()
    }
}

impl<'a, E: Element> From<&Feed<'a, E>> for Feed<'a, E> {
    fn from(&feed: &Feed<'a, E>) -> Self {
        feed
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

/// The inputs that a graph declares, so that a feed that fits none can be told by name.
#[derive(Clone, Debug)]
pub(crate) struct Declared {
    graph: u64,
    nodes: Vec<NodeId>,
    /// The inputs that were fed last, in their order: found right once, they are not judged again.
    judged: Vec<NodeId>,
}

impl Declared {
    pub(crate) fn of(graph: &Graph) -> Self {
        let nodes = graph.read(|record| record.inputs.iter().map(|input| input.node).collect());
        Declared { graph: graph.id(), nodes, judged: Vec::new() }
    }

    /// The number of the graph.
    pub(super) fn graph(&self) -> u64 {
        self.graph
    }

    /// Fails if something is fed that is no input of the graph; the caller's line is told.
    #[track_caller]
    pub(crate) fn judge<E>(&mut self, feeds: &[Feed<'_, E>]) -> Result<()> {
        let again = |(feed, node): (&Feed<'_, E>, &NodeId)| feed.graph == self.graph && feed.node == *node;
        if feeds.len() == self.judged.len() && feeds.iter().zip(&self.judged).all(again) {
            return Ok(());
        }
        let (kind, problem) = if feeds.iter().any(|feed| feed.graph != self.graph) {
            (
                FeedErrorKind::OtherGraph,
                "a value of another graph was fed; feed the inputs and labels of the graph that was compiled",
            )
        } else if feeds.iter().any(|feed| !self.nodes.contains(&feed.node)) {
            (
                FeedErrorKind::Unknown,
                "a value was fed that is not an input; only inputs and labels are fed, of those that were declared before the graph was compiled",
            )
        } else if feeds
            .iter()
            .enumerate()
            .any(|(i, feed)| feeds[..i].iter().any(|other| other.node == feed.node))
        {
            (FeedErrorKind::Twice, "an input was fed twice; feed each once")
        } else {
            self.judged.clear();
            self.judged.extend(feeds.iter().map(|feed| feed.node));
            return Ok(());
        };
        Err(Error::Feed { kind, problem: format!("{problem}\n  --> {}", Site::here()) })
    }
}

/// A few slices, inline up to what is common: resolving feeds does not allocate.
pub(super) type Few<'a, T> = SmallVec<[&'a [T]; 8]>;

/// Finds the tensor for each of the plan's inputs and labels, which are empty before, and judges their shapes; the executor judges labels. They
/// are filled where they are: to move so many places takes longer than to fill a few.
///
/// An input of the graph that this program does not need may be fed; it is not read.
#[track_caller]
pub(super) fn resolve<'a, E: Element>(
    origins: &Origins,
    declared: &mut Declared,
    feeds: &[Feed<'a, E>],
    inputs: &mut Few<'a, E>,
    labels: &mut Few<'a, usize>,
) -> Result<()> {
    declared.judge(feeds)?;
    let find = |fed: &crate::compile::DeclaredInput, kind: Op| {
        let missing = || Error::Missing {
            kind: kind.name(),
            name: fed.name.clone(),
            shape: Some(fed.shape.clone()),
            site: fed.site,
        };
        let feed = feeds.iter().find(|feed| feed.node == fed.node).ok_or_else(missing)?;
        let found = feed.value.shape();
        match *found == fed.shape {
            true => Ok(feed.value),
            false => Err(Error::Shape {
                what: format!("the {} {:?}", kind.name(), fed.name),
                expected: fed.shape.clone(),
                found: found.clone(),
                at: Some(fed.site),
            }),
        }
    };
    for fed in &origins.inputs {
        match find(fed, Op::Input(0))? {
            FeedValue::Real(tensor) => inputs.push(tensor.data()),
            FeedValue::Index(_) => {
                let problem =
                    format!("the input {:?} was fed indices\n  --> declared at {}", fed.name, fed.site);
                return Err(Error::Feed { kind: FeedErrorKind::WrongKind, problem });
            }
        }
    }
    for fed in &origins.labels {
        let FeedValue::Index(tensor) = find(fed, Op::Labels(0))? else {
            let problem =
                format!("the labels {:?} were fed real numbers\n  --> declared at {}", fed.name, fed.site);
            return Err(Error::Feed { kind: FeedErrorKind::WrongKind, problem });
        };
        labels.push(tensor.data());
    }
    Ok(())
}

/// A NaN that is fed is named as such, before anything is made of it.
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
