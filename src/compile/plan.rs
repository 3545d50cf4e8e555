//! Turns a graph into steps: a view costs nothing, and every other node is one operation, until `fuse` and `emit`
//! make groups of them. Floor 5.

use super::{Ir, UnfusedPlan};
use crate::error::Site;
use crate::graph::{Graph, Node, NodeId};
use crate::op::Op;
use crate::params::Param;
use crate::shape::{List, Shape};
use gradus_exec::plan::{
    Kernel, Plan, PlanInput, Product, Source, Step, View, apart, around, broadcast, collapse, skipped,
};
use smallvec::{SmallVec, smallvec};

/// An input that is fed at each run.
#[derive(Clone, Debug)]
pub(crate) struct DeclaredInput {
    pub(crate) node: NodeId,
    pub(crate) name: String,
    pub(crate) shape: Shape,
    pub(crate) classes: usize,
    pub(crate) site: Site,
}

/// The graph's side of a plan's numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origins {
    /// The user's line of each step's origin.
    pub(crate) steps: Vec<Site>,
    pub(crate) inputs: Vec<DeclaredInput>,
    pub(crate) labels: Vec<DeclaredInput>,
    pub(crate) params: Vec<Param>,
}

/// Plans the graph's roots as outputs, with a slot for each value.
pub(super) fn steps(ir: &Ir, graph: &Graph) -> UnfusedPlan {
    let (plan, origins) = (Plan::default(), Origins::default());
    let mut planner = Planner { plan, origins, graph, sizes: Vec::new(), indices: Vec::new() };
    let mut views: Vec<View> = Vec::with_capacity(ir.nodes.len());
    for node in &ir.nodes {
        let view = {
            let args: SmallVec<[&View; 3]> = node.args.iter().map(|arg| &views[arg.index()]).collect();
            planner.node(ir, node, &args)
        };
        views.push(view);
    }
    planner.plan.outputs = ir.roots.iter().map(|root| views[root.index()].clone()).collect();
    UnfusedPlan {
        plan: planner.plan,
        origins: planner.origins,
        sizes: planner.sizes,
        indices: planner.indices,
    }
}

struct Planner<'g> {
    plan: Plan,
    origins: Origins,
    graph: &'g Graph,
    /// The size of each value, before values share slots.
    sizes: Vec<usize>,
    indices: Vec<usize>,
}

impl Planner<'_> {
    /// Returns the view that stands for a node, and adds the steps that make it.
    fn node(&mut self, ir: &Ir, node: &Node, args: &[&View]) -> View {
        match &node.op {
            Op::Input(i) | Op::Labels(i) => self.fed(node, *i),
            Op::Param(i) => {
                let param = self.graph.read(|record| record.params[*i as usize].0.clone());
                let (name, shape) = (param.name.to_string(), param.shape.clone());
                self.plan.params.push(PlanInput { name, shape, bound: 0 });
                self.origins.params.push(param);
                View::whole(Source::Param(self.plan.params.len() as u32 - 1), &node.shape)
            }
            Op::Value(i) => {
                self.plan.values.push(ir.values[*i as usize].clone());
                View::whole(Source::Value(self.plan.values.len() as u32 - 1), &node.shape)
            }
            Op::Constant(c) => {
                self.plan.constants.push(c.value());
                View::whole(Source::Constant(self.plan.constants.len() as u32 - 1), &node.shape)
            }
            Op::Detach | Op::Custom(_) => args[0].clone(),
            Op::Broadcast => broadcast(args[0], &node.shape),
            Op::Permute(order) => args[0].permuted(order),
            Op::Slice(start) => {
                let skip = skipped(start, &args[0].strides, &node.shape);
                View { offset: args[0].offset + skip, shape: node.shape.clone(), ..args[0].clone() }
            }
            Op::Unfold { axis, step } => {
                let mut strides = args[0].strides.clone();
                strides.insert(*axis, apart(&node.shape, *axis, strides[*axis], *step));
                View { shape: node.shape.clone(), strides, ..args[0].clone() }
            }
            Op::Reshape => {
                if let Some(view) = args[0].with_other_ones(&node.shape) {
                    return view;
                }
                let x = if args[0].is_contiguous() { args[0].clone() } else { self.copy(node, args[0]) };
                View { strides: node.shape.strides(), shape: node.shape.clone(), ..x }
            }
            Op::Map(map) => {
                let args = args.iter().map(|&arg| arg.clone()).collect();
                let args = collapse(&node.shape, args);
                self.step(node, Kernel::Map(*map), args)
            }
            Op::Fold(fold, axes) => {
                let (x, [outer, size, inner]) = self.outer_size_inner(node, args[0], axes);
                self.step(node, Kernel::Fold { fold: *fold, outer, size, inner }, smallvec![x])
            }
            Op::ArgMax(axis) => {
                let (x, [_, size, inner]) = self.outer_size_inner(node, args[0], &[*axis]);
                self.step(node, Kernel::ArgMax { size, inner }, smallvec![x])
            }
            Op::ArgSort { axis, descending } => {
                let x = self.contiguous(node, args[0]);
                let [size, inner] = around(&x.shape, *axis);
                let kernel =
                    Kernel::ArgSort { size, kept: node.shape[*axis], inner, descending: *descending };
                self.step(node, kernel, smallvec![x])
            }
            Op::Along { axis, size } => {
                let [kept, inner] = around(&node.shape, *axis);
                let whole = node.shape.with(*axis, *size).size();
                self.step(node, Kernel::Along { size: *size, kept, inner, whole }, smallvec![args[0].clone()])
            }
            Op::MatMul { ta, tb, strong } => self.contract(node, args, [*ta, *tb], *strong),
            Op::Pad(starts) => {
                let strides = node.shape.strides();
                let places = starts.iter().zip(args);
                let places =
                    places.map(|(start, arg)| (*arg, skipped(start, &strides, &arg.shape), strides.clone()));
                let (args, boxes) = boxes(places);
                self.step(node, Kernel::Boxes { zero: true, add: starts.len() > 1, boxes }, args)
            }
            Op::Cat(axis) => {
                let strides = node.shape.strides();
                let mut offset = 0;
                let places = args.iter().map(|&arg| {
                    let before = offset;
                    offset += arg.shape[*axis] * strides[*axis];
                    (arg, before, strides.clone())
                });
                let (args, boxes) = boxes(places);
                self.step(node, Kernel::Boxes { zero: false, add: false, boxes }, args)
            }
            Op::Overlap { axis, step } => {
                let mut strides = node.shape.strides();
                strides.insert(*axis, apart(&args[0].shape, *axis, strides[*axis], *step));
                let (args, boxes) = boxes(std::iter::once((args[0], 0, strides)));
                self.step(node, Kernel::Boxes { zero: true, add: true, boxes }, args)
            }
            Op::Gather(axis) => {
                let x = self.contiguous(node, args[0]);
                let [size, inner] = around(&x.shape, *axis);
                self.step(node, Kernel::Gather { size, inner }, smallvec![x, args[1].clone()])
            }
            Op::ScatterAdd(axis) => {
                let x = self.contiguous(node, args[0]);
                let [size, inner] = around(&node.shape, *axis);
                self.step(node, Kernel::ScatterAdd { size, inner }, smallvec![x, args[1].clone()])
            }
            Op::OneHot => {
                let width = node.shape.last().copied().unwrap_or(0);
                self.step(node, Kernel::OneHot { width }, smallvec![args[0].clone()])
            }
            Op::Indices(i) => {
                let indices = self.graph.read(|record| record.indices[*i as usize].clone());
                self.step(node, Kernel::Indices { indices }, SmallVec::new())
            }
            Op::Random(seed) => self.step(node, Kernel::Random { seed: *seed }, SmallVec::new()),
            Op::SameIndex => self.step(node, Kernel::SameIndex, smallvec![args[0].clone(), args[1].clone()]),
            Op::Poison => unreachable!("a graph with faults is not planned"),
        }
    }

    fn fed(&mut self, node: &Node, i: u32) -> View {
        let fed = self.graph.read(|record| {
            let input = &record.inputs[i as usize];
            let (name, classes) = (input.name.clone(), input.classes);
            DeclaredInput { node: input.node, name, shape: node.shape.clone(), classes, site: node.site }
        });
        let input = PlanInput { name: fed.name.clone(), shape: fed.shape.clone(), bound: fed.classes };
        let source = match node.op {
            Op::Labels(_) => {
                self.plan.labels.push(input);
                self.origins.labels.push(fed);
                Source::Labels(self.plan.labels.len() as u32 - 1)
            }
            _ => {
                self.plan.inputs.push(input);
                self.origins.inputs.push(fed);
                Source::Input(self.plan.inputs.len() as u32 - 1)
            }
        };
        View::whole(source, &node.shape)
    }

    /// Adds a step that fills a new value.
    fn step(&mut self, node: &Node, kernel: Kernel, args: SmallVec<[View; 3]>) -> View {
        let out = match node.op.is_index() {
            true => {
                self.indices.push(node.shape.size());
                Source::Index(self.indices.len() as u32 - 1)
            }
            false => {
                self.sizes.push(node.shape.size());
                Source::Slot(self.sizes.len() as u32 - 1)
            }
        };
        let name = self.graph.read(|record| record.full_name(&node.op, node.scope));
        self.origins.steps.push(node.site);
        self.plan.steps.push(Step {
            kernel,
            args,
            outs: smallvec![out],
            shape: node.shape.clone(),
            name,
            origin: self.origins.steps.len() - 1,
        });
        View::whole(out, &node.shape)
    }

    /// Adds a step that copies the elements of a view to a value of their own, one after another.
    fn copy(&mut self, node: &Node, x: &View) -> View {
        let node = Node { op: Op::Reshape, shape: x.shape.clone(), ..node.clone() };
        let args = collapse(&x.shape, smallvec![x.clone()]);
        self.step(&node, Kernel::Copy, args)
    }

    fn contiguous(&mut self, node: &Node, x: &View) -> View {
        if x.is_contiguous() { x.clone() } else { self.copy(node, x) }
    }

    /// Returns a value as `[outer, size, inner]` with the folded axes in the middle, copied in another order where
    /// its axes do not lie so.
    fn outer_size_inner(&mut self, node: &Node, x: &View, axes: &[usize]) -> (View, [usize; 3]) {
        let long: List = axes.iter().copied().filter(|&axis| x.shape[axis] != 1).collect();
        let adjacent = long.windows(2).all(|pair| x.shape[pair[0] + 1..pair[1]].iter().all(|&n| n == 1));
        if adjacent && x.is_contiguous() {
            let (from, to) = (long.first().copied().unwrap_or(0), long.last().map_or(0, |last| last + 1));
            let size = |range: &[usize]| range.iter().product::<usize>();
            return (x.clone(), [size(&x.shape[..from]), size(&x.shape[from..to]), size(&x.shape[to..])]);
        }
        let kept = (0..x.shape.len()).filter(|axis| !axes.contains(axis));
        let order: List = kept.chain(axes.iter().copied()).collect();
        let moved = self.contiguous(node, &x.permuted(&order));
        let size: usize = axes.iter().map(|&axis| x.shape[axis]).product();
        let outer = order[..order.len() - axes.len()].iter().map(|&axis| x.shape[axis]).product();
        (moved, [outer, size, 1])
    }

    fn contract(&mut self, node: &Node, args: &[&View], turned: [bool; 2], strong: [bool; 2]) -> View {
        let rank = node.shape.len();
        let mut sides: SmallVec<[View; 3]> = SmallVec::new();
        for (&arg, transposed) in args.iter().zip(turned) {
            // A repeated row or column is copied: the kernel needs elements of their own.
            let repeated = (rank - 2..rank).any(|axis| arg.strides[axis] == 0 && arg.shape[axis] > 1);
            let mut side = if repeated { self.copy(node, arg) } else { arg.clone() };
            if transposed {
                let order: List = (0..rank - 2).chain([rank - 1, rank - 2]).collect();
                side = side.permuted(&order);
            }
            sides.push(side);
        }
        let size = [node.shape[rank - 2], sides[0].shape[rank - 1], node.shape[rank - 1]];
        self.step(node, Kernel::Contract(Product { size, strong }), sides)
    }
}

/// The offset of a box in a result, and its strides there.
type Boxes = SmallVec<[(usize, List); 2]>;

/// Views with the places where they go, in as few and as long rows as both allow.
fn boxes<'v>(places: impl Iterator<Item = (&'v View, usize, List)>) -> (SmallVec<[View; 3]>, Boxes) {
    let merged = places.map(|(x, offset, strides)| {
        let to = View { offset, strides, ..x.clone() };
        let mut both = collapse(&x.shape, smallvec![x.clone(), to]);
        let to = both.pop().map_or_else(List::new, |to| to.strides);
        (both.swap_remove(0), (offset, to))
    });
    merged.unzip()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::{Passes, Updates, lower};

    #[test]
    fn the_cost_of_a_product_too_large_to_count_saturates() -> crate::Result<()> {
        let g = Graph::new();
        let (a, b) = (g.input("a", [1 << 29, 1 << 29]), g.input("b", [1 << 29, 1 << 29]));
        for (fuse, y) in [(false, a.matmul(b)), (true, a.matmul(b).tanh())] {
            let plan = UnfusedPlan::of(&lower(&g, &[y.id()], Passes::default())?, &g)
                .plan(fuse, &Updates::default());
            let [operations, moved] = plan.steps[0].cost();
            assert_eq!((operations, moved >= 3 << 58), (usize::MAX, true), "{plan}");
            assert!(moved.checked_mul(size_of::<f64>()).is_some());
        }
        let large = Plan { slots: vec![1 << 59; 40], ..Plan::default() };
        assert_eq!(large.bytes(size_of::<f64>()), usize::MAX);
        Ok(())
    }
}
