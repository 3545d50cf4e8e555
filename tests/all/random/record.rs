//! A random graph over the whole alphabet, with its gradients, from a list of choices.

use super::choices::{Choices, Mixer};
use gradus::op::{Map, Real};
use gradus::prelude::*;
use gradus::{Axes, OutputVar};

/// Sizes of axes: small ones, those around the widths of vectors and blocks, none.
const SIZES: [usize; 33] = [
    1, 2, 3, 5, 7, 8, 10, 4, 1, 2, 0, 15, 16, 17, 31, 32, 33, 63, 64, 65, 511, 512, 513, 520, 600, 1000,
    1001, 1023, 1024, 1025, 2047, 2048, 2049,
];
/// Elements that a value may have; most graphs are small, so that there can be many.
const BUDGETS: [usize; 20] = [
    48, 48, 48, 130, 130, 130, 300, 300, 700, 700, 1300, 1300, 1300, 2600, 2600, 2600, 5200, 5200, 9000,
    34_000,
];
/// Operations on small whole numbers, which give whole numbers, and so do their slopes.
const WHOLE: [Map; 19] = [
    Map::Add,
    Map::Sub,
    Map::Mul,
    Map::StrongMul,
    Map::Neg,
    Map::Square,
    Map::Select,
    Map::Lt,
    Map::Le,
    Map::Eq,
    Map::Clamp,
    Map::Abs,
    Map::Sign,
    Map::Step,
    Map::Relu,
    Map::Relu6,
    Map::HardTanh,
    Map::ReluSquared,
    Map::Add,
];

/// A value with the facts that are known about it.
#[derive(Clone, Copy)]
pub struct Known<'g> {
    pub var: Var<'g>,
    /// A bound on its size.
    most: f64,
    /// True if it has only been moved and chosen, so that each number type computes it exactly.
    exact: bool,
}

/// A recorded graph with the numbers to feed.
pub struct Recorded<'g> {
    pub inputs: Vec<(Var<'g>, Tensor<f64>)>,
    pub labels: Vec<(Idx<'g>, Tensor<usize>, usize)>,
    pub params: Params<f64>,
    pub loss: Var<'g>,
    pub outputs: Vec<OutputVar<'g>>,
    /// All values, in the order of their recording.
    pub values: Vec<Var<'g>>,
    /// True if all numbers are whole by the operations.
    pub whole: bool,
    /// The rule of [`super::train`] that trains it, if one does.
    pub rule: Option<usize>,
}

struct Recorder<'g, 'c> {
    g: &'g Graph,
    choices: &'c mut Choices<'c>,
    whole: bool,
    budget: usize,
    base: Vec<usize>,
    values: Vec<Known<'g>>,
    leaves: Vec<Var<'g>>,
    inputs: Vec<(Var<'g>, Tensor<f64>)>,
    labels: Vec<(Idx<'g>, Tensor<usize>, usize)>,
    indices: Vec<Idx<'g>>,
    params: Params<f64>,
    numbers: Mixer,
}

/// Records the graph of these choices.
pub fn record<'g, 'c>(g: &'g Graph, choices: &'c mut Choices<'c>) -> Recorded<'g> {
    let whole = choices.below(2) == 0;
    let budget = choices.pick(&BUDGETS);
    let numbers = Mixer(choices.below(256) as u64);
    let mut recorder = Recorder {
        g,
        choices,
        whole,
        budget,
        base: Vec::new(),
        values: Vec::new(),
        leaves: Vec::new(),
        inputs: Vec::new(),
        labels: Vec::new(),
        indices: Vec::new(),
        params: Params::new(),
        numbers,
    };
    recorder.base = recorder.shape();
    let trained = recorder.choices.once_in(5);
    for _ in 0..1 + recorder.choices.below(3) {
        let shape = recorder.like(&recorder.base.clone());
        recorder.leaf(&shape, trained);
    }
    let steps = 1 + recorder.choices.below(14);
    for _ in 0..steps {
        if recorder.choices.done() {
            break;
        }
        recorder.step();
    }
    recorder.finish(trained)
}

impl<'g> Recorder<'g, '_> {
    /// A shape within the budget, of rank 0 to 5, mostly a matrix.
    fn shape(&mut self) -> Vec<usize> {
        let rank = self.choices.pick(&[2, 2, 2, 1, 3, 2, 4, 1, 3, 5, 0, 2]);
        let mut left = self.budget.max(1);
        let mut shape: Vec<usize> = Vec::new();
        for _ in 0..rank {
            let size = self.size(left);
            left /= size.max(1);
            shape.push(size);
        }
        // The long axis stands last, or at the place where it was drawn.
        if self.choices.below(2) == 0
            && let Some((longest, _)) = shape.iter().enumerate().max_by_key(|(_, size)| **size)
        {
            let last = shape.len() - 1;
            shape.swap(longest, last);
        }
        shape
    }

    fn size(&mut self, most: usize) -> usize {
        let size = self.choices.pick(&SIZES);
        if size <= most { size } else { 1 + size % most.min(9) }
    }

    /// A shape that is repeated to fill another: some axes of size 1, the first ones left out.
    fn like(&mut self, shape: &[usize]) -> Vec<usize> {
        let skip = if self.choices.once_in(4) { self.choices.below(shape.len() + 1) } else { 0 };
        let every = self.choices.below(3);
        shape[skip..].iter().map(|&n| if every > 0 || self.choices.below(2) == 0 { n } else { 1 }).collect()
    }

    fn tensor(&mut self, shape: &[usize]) -> Tensor<f64> {
        let (whole, ties) = (self.whole, self.choices.below(2) == 0);
        let numbers = &mut self.numbers;
        Tensor::from_fn(shape, |_| {
            let number = numbers.number();
            match (whole, ties) {
                (true, _) => (number % 7) as f64 - 3.0,
                (false, true) => (number % 33) as f64 / 8.0 - 2.0,
                // A number of f32, so that two of them are equal in both types or in none.
                (false, false) => (number >> 40) as f64 / (1u64 << 22) as f64 - 2.0,
            }
        })
    }

    fn known(&mut self, var: Var<'g>, most: f64, exact: bool) -> Known<'g> {
        let known = Known { var, most, exact };
        self.values.push(known);
        known
    }

    /// A value without arguments.
    fn leaf(&mut self, shape: &[usize], param: bool) -> Known<'g> {
        let kind = if param { 0 } else { self.choices.below(8) };
        let most = if self.whole { 3.0 } else { 2.0 };
        let var = match kind {
            0 | 1 => {
                let value = self.tensor(shape);
                let name = format!("p{}", self.params.len());
                let param = self.params.add(name, value);
                self.g.param(&param)
            }
            2 => {
                let value = self.tensor(shape);
                self.g.value(value)
            }
            3 => {
                let c = self.tensor(&[]).item();
                let scalar = self.g.constant(c);
                if self.choices.once_in(2) { scalar } else { scalar.broadcast_to(shape) }
            }
            _ => {
                let value = self.tensor(shape);
                let var = self.g.input(format!("x{}", self.inputs.len()), shape);
                self.inputs.push((var, value));
                var
            }
        };
        if kind != 3 {
            self.leaves.push(var);
        }
        self.known(var, most, true)
    }

    /// One of the values, mostly a late one.
    fn value(&mut self) -> Known<'g> {
        let n = self.values.len();
        let back = match self.choices.below(4) {
            0 => self.choices.below(n),
            _ => self.choices.below(n.min(4)),
        };
        self.values[n - 1 - back]
    }

    /// A value that can stand beside this one: their common shape is within the budget.
    fn other(&mut self, x: Known<'g>, exact: bool) -> Known<'g> {
        for _ in 0..2 {
            let y = self.value();
            if (y.exact || !exact) && common(&x.var.shape(), &y.var.shape()).is_some_and(|n| n <= self.budget)
            {
                return y;
            }
        }
        let shape = x.var.shape();
        let shape = self.like(&shape);
        self.leaf(&shape, false)
    }

    /// The same value held down where it grows.
    fn tame(&mut self, x: Known<'g>) -> Known<'g> {
        match (self.whole, x.most) {
            (true, most) if most > 40.0 => Known { var: x.var.clamp(-3.0, 3.0), most: 3.0, exact: x.exact },
            (false, most) if most > 4.0 => Known { var: 2.0 * (0.5 * x.var).tanh(), most: 2.0, exact: false },
            _ => x,
        }
    }

    fn push(&mut self, var: Var<'g>, most: f64, exact: bool) {
        // A larger value is left out, and nothing is made of it.
        if var.shape().size() <= 2 * self.budget {
            let known = self.tame(Known { var, most, exact });
            self.values.push(known);
        }
    }

    fn axis(&mut self, rank: usize) -> usize {
        self.choices.below(rank.max(1))
    }

    fn step(&mut self) {
        let x = self.value();
        match self.choices.below(32) {
            0..=10 => self.map(x),
            11..=14 => self.fold(x),
            15..=17 => self.product(x),
            18..=23 => self.moved(x),
            24..=28 => self.indexed(x),
            29 => self.custom(x),
            _ if self.whole => self.map(x),
            _ => self.composite(x),
        }
    }

    /// A row of the table.
    fn map(&mut self, x: Known<'g>) {
        // A function of a row's number, for each element of the row.
        if x.var.rank() > 0 && self.choices.once_in(5) {
            self.fold(x);
        }
        let x = if self.choices.below(3) == 0 { self.value() } else { x };
        if self.whole {
            let map = self.choices.pick(&WHOLE);
            let mut args = vec![x];
            for _ in 1..map.args().len() {
                let other = if self.choices.once_in(6) { x } else { self.other(x, false) };
                args.push(other);
            }
            if map == Map::Clamp {
                // Bounds in order.
                let (low, high) = (self.g.constant(-2.0), self.g.constant(3.0));
                args[1] = Known { var: low, most: 2.0, exact: true };
                args[2] = Known { var: high, most: 3.0, exact: true };
            }
            let fits = |args: &[Known<'g>]| {
                let shapes = args.iter().map(|arg| arg.var.shape());
                shapes.reduce(|a, b| broadcast(&a, &b)).is_some_and(|all| all.size() <= self.budget)
            };
            if args.len() == 3 && !(triple(&args) && fits(&args)) {
                args[2] = args[0];
            }
            let most = match map {
                Map::Add | Map::Sub => args[0].most + args[1].most,
                Map::Mul | Map::StrongMul => args[0].most * args[1].most,
                Map::Square | Map::ReluSquared => x.most * x.most,
                Map::Relu6 => 6.0,
                Map::Select => args[1].most.max(args[2].most),
                _ => x.most.max(3.0),
            };
            let vars: Vec<Var<'g>> = args.iter().map(|arg| arg.var).collect();
            return self.push(Real::row(map, &vars), most, true);
        }
        let map = match self.choices.below(3) {
            0 => self.choices.pick(&[Map::Sigmoid, Map::Tanh, Map::Gelu, Map::Silu, Map::Softplus, Map::Exp]),
            _ => Map::ALL[self.choices.below(Map::ALL.len())],
        };
        let smooth = map.kinks().is_empty() && (0..map.args().len()).all(|i| !map.flat(i));
        // At a kink a rounding decides, so only exact values go there.
        let x = if smooth || x.exact { x } else { self.fresh(x) };
        let mut args = Vec::new();
        for (i, &(low, high)) in map.domain().iter().enumerate() {
            let inside = |edge: f64, by: f64, other: f64| if edge.is_finite() { edge + by } else { other };
            let low_in = inside(low, 0.3, -2.0);
            let high_in = inside(high, -0.3, low_in.max(0.0) + 2.0);
            let (middle, half) = ((low_in + high_in) / 2.0, ((high_in - low_in) / 2.0).max(0.0));
            let var = match (i, smooth) {
                (0, _) => x.var,
                (_, true) if self.choices.once_in(3) => self.other(x, false).var,
                _ => {
                    args.push(self.g.constant(middle + half * 0.25));
                    continue;
                }
            };
            let all = low == f64::NEG_INFINITY && high == f64::INFINITY;
            args.push(if all || !smooth { var } else { middle + half * (0.5 * var).tanh() });
        }
        if args.len() == 3 && common3(&args).is_none_or(|n| n > self.budget) {
            args[2] = self.g.constant(1.0);
        }
        let y = Real::row(map, &args);
        let y = 2.0 * (0.5 * y).tanh();
        self.push(y, 2.0, false);
    }

    /// A leaf of the same shape.
    fn fresh(&mut self, x: Known<'g>) -> Known<'g> {
        let shape = x.var.shape();
        self.leaf(&shape, false)
    }

    fn axes(&mut self, rank: usize) -> Axes {
        match self.choices.below(6) {
            0 => (..).into(),
            1 => Axes::from(&[] as &[usize]),
            2 => {
                let axes: Vec<usize> = (0..rank).filter(|_| self.choices.below(2) == 1).collect();
                axes[..].into()
            }
            3 if rank > 0 => (rank - 1).into(),
            _ if rank > 0 => self.axis(rank).into(),
            _ => (..).into(),
        }
    }

    /// A fold, mostly repeated along the axis again, as in a normalization.
    fn fold(&mut self, x: Known<'g>) {
        let before = self.values.len();
        self.folded(x);
        let y = self.values[self.values.len() - 1];
        let kept = self.values.len() > before && y.var.rank() == x.var.rank();
        if kept && x.var.rank() > 0 && self.choices.below(3) > 0 {
            self.push(y.var.broadcast_to(x.var.shape()), y.most, y.exact);
        }
    }

    fn folded(&mut self, x: Known<'g>) {
        let axes = self.axes(x.var.rank());
        let n = x.var.shape().size().max(1) as f64;
        // The largest of rounded numbers may be another one.
        let choose = x.exact || self.whole;
        match self.choices.below(4) {
            0 if choose && n > 0.0 && !x.var.shape().contains(&0) => {
                self.push(x.var.max(axes), x.most, x.exact)
            }
            1 if choose && !x.var.shape().contains(&0) => self.push(x.var.min(axes), x.most, x.exact),
            2 if !self.whole && !x.var.shape().contains(&0) => self.push(x.var.mean(axes), x.most, false),
            _ if self.whole => self.push(x.var.sum(axes), x.most * n, true),
            _ => self.push(x.var.sum(axes), x.most * n, false),
        }
    }

    fn product(&mut self, x: Known<'g>) {
        let shape = x.var.shape();
        let rank = shape.len();
        if rank == 0 {
            return self.map(x);
        }
        let x = if x.most > 8.0 { self.held(x) } else { x };
        let k = shape[rank - 1];
        let rows = shape.size() / k.max(1);
        let most = x.most * x.most.max(3.0) * k.max(1) as f64;
        let y = match self.choices.below(7) {
            0 if rank >= 2
                && shape[rank - 2] * shape[rank - 2] * (rows / shape[rank - 2].max(1)) <= self.budget =>
            {
                x.var.matmul_t(x.var)
            }
            1 if rank >= 2 && k * k * (rows / shape[rank - 2].max(1)) <= self.budget => {
                x.var.t().matmul(x.var)
            }
            2 => {
                let vector = self.leaf(&[k], false);
                if vector.var.rank() == 0 { x.var } else { x.var.matmul(vector.var) }
            }
            3 if rank >= 2 => {
                let m =
                    self.size(self.budget / (k.max(1) * (rows / shape[rank - 2].max(1)).max(1)).max(1) + 1);
                let left = self.leaf(&[m, shape[rank - 2]], false);
                let fits = left.var.rank() == 2 && m * k * (rows / shape[rank - 2].max(1)) <= 4 * self.budget;
                if fits { left.var.matmul(x.var) } else { x.var }
            }
            which => {
                let n = self.size(self.budget / rows.max(1) + 1);
                if n * k > 8 * self.budget {
                    return self.map(x);
                }
                let right = self.leaf(&if which % 2 == 0 { [k, n] } else { [n, k] }, false);
                match right.var.rank() {
                    2 if which % 2 == 0 => x.var.matmul(right.var),
                    2 => x.var.matmul_t(right.var),
                    _ => x.var,
                }
            }
        };
        self.push(y, most, self.whole);
    }

    fn held(&mut self, x: Known<'g>) -> Known<'g> {
        match self.whole {
            true => Known { var: x.var.clamp(-3.0, 3.0), most: 3.0, exact: x.exact },
            false => Known { var: x.var.tanh(), most: 1.0, exact: false },
        }
    }

    /// Views, cuts and joints.
    fn moved(&mut self, x: Known<'g>) {
        let (v, shape) = (x.var, x.var.shape());
        let (rank, size) = (shape.len(), shape.size());
        let at = self.axis(rank);
        let room = |n: usize| n <= self.budget;
        let y = match self.choices.below(18) {
            0 => {
                let more = self.choices.pick(&[2usize, 3, 1, 16, 17]);
                let mut target: Vec<usize> = shape.to_vec();
                target.insert(0, more);
                if room(size * more) { v.broadcast_to(target) } else { v.reshape([size]) }
            }
            1 => {
                let target: Vec<usize> = self.base.clone();
                let whole = broadcast(&shape, &Shape::from(&target[..]));
                let fits = common(&shape, &target).is_some_and(room);
                if fits { v.broadcast_to(whole) } else { v.reshape([size]) }
            }
            2 => v.reshape([size]),
            3 if rank > 0 => {
                // One axis in two.
                let n = shape[at];
                let factor = [16, 2, 3, 5, 8].into_iter().find(|f| n > 0 && n % f == 0).unwrap_or(1);
                let mut target: Vec<usize> = shape.to_vec();
                target[at] = factor;
                target.insert(at, n / factor);
                v.reshape(target)
            }
            4 if rank > 1 => {
                // Two axes as one.
                let at = at.min(rank - 2);
                let mut target: Vec<usize> = shape.to_vec();
                target[at] *= target.remove(at + 1);
                v.reshape(target)
            }
            5 => v.unsqueeze(self.choices.below(rank + 1)),
            6 | 7 if rank > 1 => {
                let mut order: Vec<usize> = (0..rank).collect();
                order.rotate_left(self.choices.below(rank));
                let (a, b) = (self.axis(rank), self.axis(rank));
                order.swap(a, b);
                v.permute(&order[..])
            }
            8 if rank > 0 => {
                let n = shape[at];
                let start = self.choices.below(n + 1);
                let end = start + self.choices.below(n - start + 1);
                v.slice(at, start..end)
            }
            9 if rank > 0 => {
                let (before, after) = (self.choices.below(4), self.choices.below(4));
                let n = size / shape[at].max(1) * (shape[at] + before + after);
                if room(n) { v.pad(at, before, after) } else { v }
            }
            10 if rank > 0 => {
                let same = self.values.iter().rev().find(|y| y.var.shape() == shape && y.var.id() != v.id());
                let y = same.copied().unwrap_or(x);
                if !room(2 * size) {
                    return self.map(x);
                }
                let exact = x.exact && y.exact;
                return self.push(self.g.cat(&[v, y.var], at), x.most.max(y.most), exact);
            }
            11 if room(2 * size) => {
                let at = self.choices.below(rank + 1);
                let y = -v;
                self.g.stack(&[v, y], at)
            }
            12 | 13 if rank > 0 && shape[at] > 0 => {
                let (width, step) = (1 + self.choices.below(shape[at].min(5)), 1 + self.choices.below(3));
                let count = (shape[at] - width) / step + 1;
                if !room(size / shape[at] * count * width) {
                    return self.map(x);
                }
                let windows = v.unfold(at, width, step);
                if self.choices.below(2) == 0 {
                    windows
                } else {
                    let back = windows.overlap_add(at, step, shape[at]);
                    return self.push(back, x.most * width as f64, self.whole);
                }
            }
            14 if rank > 0 => v.flip(at),
            15 if rank > 0 => v.roll(self.choices.below(4) as isize - 1, at),
            16 if rank > 0 => v.slice_step(at, .., 1 + self.choices.below(3)),
            17 if rank > 0 && shape[at] > 0 => {
                // Slices that lie over each other, whose cotangents are added in one step.
                let part = 1 + self.choices.below(shape[at]);
                let y = v.slice(at, ..part) + v.slice(at, shape[at] - part..);
                return self.push(y, 2.0 * x.most, self.whole);
            }
            _ => v.detach(),
        };
        self.push(y, x.most, x.exact);
    }

    /// Labels of some shape, below `classes`.
    fn label(&mut self, shape: &[usize], classes: usize) -> Idx<'g> {
        let numbers = &mut self.numbers;
        let tensor = Tensor::from_fn(shape, |_| numbers.number() as usize % classes.max(1));
        if self.choices.once_in(4) {
            let constant = self.g.indices(tensor);
            self.indices.push(constant);
            return constant;
        }
        let labels = self.g.labels(format!("t{}", self.labels.len()), shape, classes);
        self.labels.push((labels, tensor, classes));
        self.indices.push(labels);
        labels
    }

    /// Operations that choose by indices, or make them.
    fn indexed(&mut self, x: Known<'g>) {
        let shape = x.var.shape();
        let rank = shape.len();
        if rank == 0 {
            return self.map(x);
        }
        let at = self.axis(rank);
        let n = shape[at];
        match self.choices.below(8) {
            0 if n > 0 => {
                let classes = self.choices.pick(&[n, 1, n.div_ceil(2)]);
                let rows = self.choices.below(5);
                let mut idx: Vec<usize> = if self.choices.once_in(4) { vec![2, rows] } else { vec![rows] };
                if self.choices.once_in(6) {
                    idx = vec![];
                }
                let many: usize = idx.iter().product();
                if shape.size() / n * many > self.budget {
                    return self.map(x);
                }
                let labels = self.label(&idx, classes);
                self.push(x.var.gather(labels, at), x.most, x.exact);
            }
            1 if n > 0 => {
                let size = self.choices.pick(&[1usize, 2, 3, 7, 16, 17]);
                if shape.size() / n * size > self.budget {
                    return self.map(x);
                }
                let labels = self.label(&[n], size);
                self.push(x.var.scatter_add(labels, at, size), x.most * n as f64, self.whole);
            }
            2 | 3 => {
                let width = shape[rank - 1];
                if width == 0 {
                    return self.map(x);
                }
                let classes = self.choices.pick(&[width, 1, width.div_ceil(2)]);
                let known = self.indices.iter().rev().find(|idx| idx.shape()[..] == shape[..rank - 1]);
                let known = known.copied().filter(|idx| self.fits(*idx, width));
                let labels = match known {
                    Some(known) if self.choices.below(2) == 0 => known,
                    _ => self.label(&shape[..rank - 1], classes),
                };
                self.push(x.var.pick(labels), x.most, x.exact);
            }
            4 => {
                let known = self.indices.last().copied();
                let labels = match known {
                    Some(labels) if self.choices.below(2) == 0 => labels,
                    _ => {
                        let classes = self.choices.pick(&[1usize, 2, 5, 16, 17, 600]);
                        let rows = self.choices.pick(&[1usize, 3, 16, 33]);
                        self.label(&[rows], classes)
                    }
                };
                let hot = labels.one_hot();
                if hot.shape().size() <= self.budget {
                    self.push(hot, 1.0, true);
                }
            }
            5 if n > 0 && x.exact => {
                let kept = 1 + self.choices.below(n);
                let (top, order) = x.var.topk(kept, at);
                self.indices.push(order);
                self.push(top, x.most, true);
                self.push(x.var.sort(at), x.most, true);
            }
            _ if n > 0 && x.exact => self.largest(x, at),
            _ => self.map(x),
        }
    }

    /// The index of the largest element along an axis, and operations that choose by it.
    fn largest(&mut self, x: Known<'g>, at: usize) {
        let (n, last) = (x.var.size(at), x.var.rank() - 1);
        let best = x.var.argmax(at).squeeze(at);
        let shape = best.shape();
        let known = self.indices.iter().rev().find(|idx| idx.shape() == shape).copied();
        self.indices.push(best);
        let width = self.choices.pick(&[1usize, 3, 2]);
        match self.choices.below(6) {
            0 if n * width <= self.budget && shape.size() * width <= self.budget => {
                let table = self.leaf(&[n, width], false);
                if table.var.rank() == 2 {
                    self.push(table.var.gather(best, 0), table.most, true);
                }
            }
            1 if shape.size() * n <= self.budget => self.push(best.one_hot(), 1.0, true),
            2 if at == last => self.push(x.var.pick(best), x.most, true),
            3 if n * width <= self.budget && shape.size() * width <= self.budget => {
                let rows: Vec<usize> = shape.iter().copied().chain([width]).collect();
                let rows = self.leaf(&rows, false);
                if rows.var.rank() == shape.len() + 1 {
                    let most = rows.most * shape.size().max(1) as f64;
                    self.push(rows.var.scatter_add(best, 0, n), most, self.whole);
                }
            }
            _ => {
                let other = known.unwrap_or_else(|| self.label(&shape, n));
                self.push(best.agrees_with(other), 1.0, true);
            }
        }
    }

    /// Tells whether indices are known to be below a width.
    fn fits(&self, idx: Idx<'g>, width: usize) -> bool {
        self.labels.iter().any(|(labels, _, classes)| labels.id() == idx.id() && *classes <= width)
    }

    /// A value with a rule of its own; its value may not read its argument.
    fn custom(&mut self, x: Known<'g>) {
        let y = match self.choices.below(4) {
            // At a step a rounding decides, so only exact values go there.
            0 if self.whole || x.exact => {
                self.g.custom("straight", x.var.step(), &[x.var], |_, _, ct| vec![ct])
            }
            1 => {
                let other = self.other(x, false);
                self.g.custom("other", x.var, &[other.var], |args, _, ct| {
                    vec![ct.sum(..).broadcast_to(args[0].shape())]
                })
            }
            2 => self.g.random(x.var.shape()).ge(0.5).select(x.var, 0.0),
            _ => self.g.custom("double", x.var + x.var, &[x.var], |_, _, ct| vec![ct + ct]),
        };
        self.push(y, 2.0 * x.most, self.whole);
    }

    /// Functions made of several operations, some with rules of their own.
    fn composite(&mut self, x: Known<'g>) {
        let (v, shape) = (x.var, x.var.shape());
        let rank = shape.len();
        if rank == 0 || shape.contains(&0) {
            return self.map(x);
        }
        let at = self.axis(rank);
        let last = shape[rank - 1];
        let y = match self.choices.below(16) {
            0 => v.softmax(at),
            1 => v.log_softmax(at),
            2 => v.logsumexp(at),
            3 => v.softmax(self.axes(rank)),
            4 | 5 => {
                let labels = self.label(&shape[..rank - 1], last);
                let mut loss = CrossEntropy::new();
                match self.choices.below(5) {
                    0 => loss = loss.smoothing(0.1),
                    1 => {
                        let weights = self.g.value(Tensor::full([last], 0.75));
                        loss = loss.weights(weights);
                    }
                    2 if last > 1 => loss = loss.ignore(0).reduction(Reduction::Sum),
                    3 => loss = loss.reduction(Reduction::None),
                    _ => {}
                }
                loss.of(v, labels)
            }
            6 => {
                let soft = v.detach().softmax(-1);
                v.softmax_cross_entropy(soft)
            }
            7 => v.sigmoid_cross_entropy(v.detach().sigmoid()),
            8 => v.mse_loss(v.detach().tanh()),
            9 => v.huber_loss(v.detach() * 0.5 + 3.0, 0.5),
            10 => v.normalize(at, 1e-2),
            11 => v.var(at),
            12 if shape[at] <= 6 => v.prod(at),
            13 if shape[at] % 2 == 0 => match self.choices.below(4) {
                0 => v.glu(at),
                1 => v.geglu(at),
                _ => v.swiglu(at),
            },
            14 if shape[at] % 3 == 0 && x.exact => v.maxout(at, 3),
            15 if 2 * shape.size() <= self.budget && x.exact => v.crelu(at),
            _ => v.softmin(at),
        };
        let y = 2.0 * (0.5 * y).tanh();
        self.push(y, 2.0, false);
    }

    /// The loss, gradients and further outputs.
    fn finish(mut self, trained: bool) -> Recorded<'g> {
        let mut parts = Vec::new();
        for i in 0..self.values.len() {
            let late = i + 3 >= self.values.len();
            if late || self.choices.below(3) == 0 {
                let x = self.values[i].var;
                parts.push(match self.choices.below(4) {
                    0 => x.square().sum(..),
                    1 if self.whole => (x * 2.0).sum(..),
                    1 if x.shape().size() > 0 => x.mean(..),
                    2 if !self.values[i].exact => (x * x).sum(..),
                    _ => x.sum(..),
                });
            }
        }
        let loss = parts.into_iter().reduce(|a, b| a + b).unwrap_or_else(|| self.g.constant(0.0));
        let mut wrt: Vec<Var<'g>> = self.leaves.clone();
        if self.choices.once_in(3) {
            wrt.push(self.value().var);
        }
        let mut outputs: Vec<OutputVar<'g>> = vec![loss.into()];
        let order = if trained { 0 } else { self.choices.below(8) };
        match order {
            0 => {}
            1 => {
                let x = self.value().var;
                let gradient = loss.grad(x);
                let squares = gradient.square().sum(..);
                outputs.extend(squares.grads(&wrt).into_iter().map(OutputVar::from));
            }
            2 if !wrt.is_empty() => {
                let x = wrt[self.choices.below(wrt.len())];
                outputs.push(loss.jvp(x, x.detach()).into());
            }
            _ => outputs.extend(loss.grads(&wrt).into_iter().map(OutputVar::from)),
        }
        for _ in 0..self.choices.below(4) {
            let x = self.value().var;
            outputs.push(x.into());
        }
        // A value that is not an output leaves its buffer to others.
        if self.choices.once_in(4) {
            outputs.extend(self.indices.iter().map(|&idx| OutputVar::from(idx)));
        }
        let rule = trained.then(|| self.choices.below(super::train::RULES));
        Recorded {
            inputs: self.inputs,
            labels: self.labels,
            params: self.params,
            loss,
            outputs,
            values: self.values.iter().map(|known| known.var).collect(),
            whole: self.whole,
            rule,
        }
    }
}

/// The common shape of two that fit.
fn broadcast(a: &Shape, b: &Shape) -> Shape {
    let rank = a.len().max(b.len());
    let size = |shape: &Shape, axis: usize| (axis + shape.len()).checked_sub(rank).map_or(1, |i| shape[i]);
    (0..rank).map(|axis| if size(a, axis) == 1 { size(b, axis) } else { size(a, axis) }).collect()
}

/// The elements of the common shape of two, if they have one.
fn common(a: &[usize], b: &[usize]) -> Option<usize> {
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    let skip = long.len() - short.len();
    let fits = long[skip..].iter().zip(short).all(|(a, b)| a == b || *a == 1 || *b == 1);
    fits.then(|| broadcast(&Shape::from(a), &Shape::from(b)).size())
}

fn triple(args: &[Known<'_>]) -> bool {
    let vars: Vec<Var<'_>> = args.iter().map(|arg| arg.var).collect();
    common3(&vars).is_some()
}

/// The elements of the common shape of three, if they have one.
fn common3(args: &[Var<'_>]) -> Option<usize> {
    let shapes: Vec<Shape> = args.iter().map(|arg| arg.shape()).collect();
    common(&shapes[0], &shapes[1])?;
    let two = broadcast(&shapes[0], &shapes[1]);
    common(&two, &shapes[2])
}
