//! The activations that are watched, between the parameters and the loss, and the program that computes their
//! figures.

use super::bounds::Bounds;
use super::look::{Seen, SeenLayer, SeenUnit};
use crate::autodiff::between;
use crate::element::Element;
use crate::error::{Error, Result, Role, Site};
use crate::graph::{Graph, NodeId, Var};
use crate::op::{Map, Op};
use crate::params::Params;
use crate::session::{Feed, Program};
use crate::tensor::Tensor;
use gradus_rows::with_activations;

macro_rules! activation_rows {
    ($($(#[doc = $doc:literal])* $Row:ident $row:ident($($arg:ident),*) -> $y:ident { $($fields:tt)* })*) => {
        /// The rows of the table that are activations.
        const ROWS: &[Map] = &[$(Map::$Row),*];
    };
}
with_activations! { activation_rows [] }

/// Elementary functions that serve as activations as well.
const ELEMENTARY: &[Map] = &[Map::Sin, Map::Cos, Map::Erf];

fn is_activation(map: Map) -> bool {
    ROWS.contains(&map) || ELEMENTARY.contains(&map)
}

/// One activation that is watched.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct WatchedLayer {
    pub(super) name: String,
    pub(super) function: Map,
    pub(super) site: Site,
    pub(super) units: usize,
    /// The largest slope that the function has anywhere, if its values are bounded.
    pub(super) steepest: Option<f64>,
}

/// The program that looks. Its outputs are, for each layer, value, slope and (for a loss) the gradient in its
/// argument; then the gradients of the parameters.
pub(super) struct Looker<E> {
    pub(super) layers: Vec<WatchedLayer>,
    /// The names of the parameters whose gradients are outputs.
    pub(super) params: Vec<String>,
    /// True if there are gradients, that is, if the value is a single number.
    graded: bool,
    program: Program<E>,
}

impl<E: Element> Looker<E> {
    #[track_caller]
    pub(super) fn new(loss: Var<'_>) -> Result<Self> {
        let graph = loss.graph();
        graph.sound([loss.id()])?;
        let params: Vec<(String, Var<'_>)> = graph.read(|record| {
            record.params.iter().map(|(param, node)| (param.name.to_string(), graph.var(*node))).collect()
        });
        let all: Vec<Var<'_>> = params.iter().map(|(_, var)| *var).collect();
        let path = between(graph, &all, loss);
        let params: Vec<(String, Var<'_>)> =
            params.into_iter().filter(|(_, var)| path.contains(&var.id())).collect();
        let found = activations(graph, &path);
        if found.is_empty() {
            let problem =
                "there is nothing to watch: no activation stands between the parameters and this value";
            return Err(Error::Invalid(format!("{problem}\n  --> {}", loss.site())));
        }
        let graded = loss.shape().size() == 1;
        let mut asked = Vec::new();
        let mut layers: Vec<WatchedLayer> = Vec::new();
        for &(id, function) in &found {
            let (node, y) = (graph.node(id), graph.var(id));
            let args: Vec<Var<'_>> = node.args.iter().map(|&arg| graph.var(arg)).collect();
            let _site = graph.on_behalf_of(id, Role::Backward);
            let slope = function.slope(0, &args, y).unwrap_or_else(|| y.zeros_like());
            asked.extend([y, slope.broadcast_to(&node.shape)]);
            let name = name(graph, id);
            let same = layers.iter().filter(|layer| layer.name.split(" (").next() == Some(&name)).count();
            let name = if same == 0 { name } else { format!("{name} ({})", same + 1) };
            let units = node.shape.last().copied().unwrap_or(1);
            // With an empty batch, nothing else allocates for each unit.
            if Vec::<SeenUnit>::new().try_reserve_exact(units).is_err() {
                let problem = format!("there is no memory to watch {units} units");
                return Err(Error::Invalid(format!("{problem}\n  --> {}", node.site)));
            }
            layers.push(WatchedLayer {
                name,
                function,
                site: node.site,
                units,
                steepest: steepest(function),
            });
        }
        if graded {
            let given = found.iter().map(|(id, _)| graph.var(graph.node(*id).args[0]));
            let wrt: Vec<Var<'_>> = given.chain(params.iter().map(|(_, var)| *var)).collect();
            asked.extend(loss.grads(&wrt));
        }
        let program = graph.compile(asked)?;
        Ok(Looker { layers, params: params.into_iter().map(|(name, _)| name).collect(), graded, program })
    }

    /// Runs once, and adds the outputs to `seen`.
    pub(super) fn look(
        &mut self,
        params: &Params<E>,
        feeds: &[Feed<'_, E>],
        bounds: &Bounds,
        seen: &mut Seen,
        site: Site,
    ) -> Result<()> {
        let out = self.program.run_at(params, feeds, site)?;
        let (layers, graded) = (self.layers.len(), self.graded);
        if seen.layers.is_empty() {
            seen.layers = self.layers.iter().map(|layer| SeenLayer::new(layer.units)).collect();
            seen.gradients = self.params.iter().map(|_| Vec::new()).collect();
        }
        for (i, (layer, watch)) in seen.layers.iter_mut().zip(&self.layers).enumerate() {
            let flat = watch.steepest.map(|steepest| bounds.saturated * steepest);
            let gradient = graded.then(|| out.at(2 * layers + i).data());
            layer.add(out.at(2 * i).data(), out.at(2 * i + 1).data(), gradient, flat);
        }
        seen.batches += 1;
        if graded {
            for (i, sum) in seen.gradients.iter_mut().enumerate() {
                let gradient: &Tensor<E> = out.at(3 * layers + i);
                sum.resize(gradient.len(), 0.0);
                sum.iter_mut().zip(gradient.data()).for_each(|(sum, g)| *sum += g.to_f64());
            }
        }
        Ok(())
    }
}

/// The activations on the path that the user recorded, in recorded order.
///
/// A loss may use an activation for itself, as the cross-entropies use softplus. It is recognized by the
/// further nodes of the same call, which make a value of fewer axes from it.
fn activations(graph: &Graph, path: &[NodeId]) -> Vec<(NodeId, Map)> {
    graph.read(|record| {
        let node = |id: NodeId| &record.nodes[id.index()];
        let found = path.iter().filter_map(|&id| match node(id).op {
            Op::Map(map) if is_activation(map) && node(id).site.role == Role::Forward => Some((id, map)),
            _ => None,
        });
        let layer = |&(id, _): &(NodeId, Map)| {
            let (site, rank) = (node(id).site, node(id).shape.len());
            let mut made = vec![id];
            for &later in path.iter().filter(|&&later| later > id) {
                if node(later).site == site && node(later).args.iter().any(|arg| made.contains(arg)) {
                    if node(later).shape.len() < rank {
                        return false;
                    }
                    made.push(later);
                }
            }
            true
        };
        found.filter(layer).collect()
    })
}

/// The scope of the activation or, deeper, that of its argument: a layer closes its scope before its
/// activation is recorded. Without a scope, the operation and the user's line.
fn name(graph: &Graph, id: NodeId) -> String {
    graph.read(|record| {
        let node = |id: NodeId| &record.nodes[id.index()];
        let own = record.scope_path(node(id).scope);
        let (mut at, mut best) = (id, own.clone());
        while let Some(&arg) = node(at).args.first() {
            let path = record.scope_path(node(arg).scope);
            if path.len() > own.len() && path.starts_with(&own) {
                best = path;
                break;
            }
            if matches!(node(arg).op, Op::Map(map) if is_activation(map)) {
                break;
            }
            at = arg;
        }
        if !best.is_empty() {
            return best.join("/");
        }
        let at = node(id).site.location;
        let file = at.file().rsplit(['/', '\\']).next().unwrap_or_default();
        format!("{} at {file}:{}:{}", node(id).op.name(), at.line(), at.column())
    })
}

/// The largest slope of a function of one argument with bounded values, found by trying many points.
fn steepest(function: Map) -> Option<f64> {
    let (low, high) = function.range();
    if !(low.is_finite() && high.is_finite()) || function.args().len() != 1 {
        return None;
    }
    let slope = |x: f64| function.slope(0, &[x], function.value(&[x])).map_or(0.0, f64::abs);
    Some((-800..=800).map(|i| slope(f64::from(i) / 100.0)).fold(0.0, f64::max))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_told_apart() {
        assert!(is_activation(Map::Relu) && is_activation(Map::Silu) && is_activation(Map::Sin));
        assert!(!is_activation(Map::Add) && !is_activation(Map::Exp) && !is_activation(Map::StrongMul));
        // The slope of an activation is no activation.
        assert!(!is_activation(Map::TanhGrad) && !is_activation(Map::LogisticPdf));
        // Only a row with a slope in the first argument can be watched.
        assert!(ROWS.iter().chain(ELEMENTARY).all(|row| !row.flat(0)));
    }

    #[test]
    fn the_steepest_slopes_are_the_known_ones() {
        for (row, expected) in [(Map::Sigmoid, 0.25), (Map::Tanh, 1.0), (Map::Softsign, 1.0), (Map::Sin, 1.0)]
        {
            assert_eq!(steepest(row), Some(expected), "{}", row.name());
        }
        assert_eq!(steepest(Map::Relu), None);
        assert_eq!(steepest(Map::LeakyRelu), None);
    }
}
