//! Decides which operations run together. Floor 5.
//!
//! It makes two passes over the steps, each linear. Backward, every step joins the earliest cluster that reads it,
//! so that a cheap step runs where it is needed and not before. Forward, a cluster joins the latest one that it
//! reads from, or else the latest one that reads the same. Both keep an order in which the arguments of each are
//! made before it.

use gradus_exec::plan::{Kernel, Plan, Product, Source, Step, Walk};
use smallvec::SmallVec;
use std::collections::HashMap;

/// The longest row that is held as a whole.
const LONGEST: usize = 2048;

/// The elements that a cluster runs over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// A step of its own.
    Alone,
    /// This many elements, each by itself.
    Flat(usize),
    /// Rows of columns, which are folded or repeated inside.
    Rows(usize, usize),
}

/// Steps that run together.
#[derive(Clone, Debug)]
pub(super) struct Cluster {
    pub(super) extent: Extent,
    /// The steps, in order.
    pub(super) members: Vec<usize>,
    /// True if it has a matrix product, which the others follow.
    head: bool,
    /// True if it has a fold over all elements.
    total: bool,
}

/// Returns a plan's steps in clusters, in an order in which they can run.
pub(super) fn clusters(plan: &Plan, values: usize, fuse: bool) -> Vec<Cluster> {
    let mut fuser = Fuser::new(plan, values);
    for at in (0..plan.steps.len()).rev() {
        fuser.place(at, fuse);
    }
    fuser.clusters.reverse();
    let count = fuser.clusters.len();
    fuser.cluster_of.iter_mut().for_each(|cluster| *cluster = count - 1 - *cluster);
    if fuse {
        (0..count).for_each(|i| fuser.raise(i));
    }
    let mut clusters = fuser.clusters;
    clusters.retain(|cluster| !cluster.members.is_empty());
    clusters.iter_mut().for_each(|cluster| cluster.members.sort_unstable());
    clusters
}

struct Fuser<'p> {
    steps: &'p [Step],
    /// The step that makes each value, and that of each value of indices.
    makers: [Vec<usize>; 2],
    /// The steps that read each step's value, each with the number of the argument.
    readers: Vec<SmallVec<[(usize, usize); 4]>>,
    clusters: Vec<Cluster>,
    /// Each step's cluster.
    cluster_of: Vec<usize>,
    /// The last cluster so far that reads a value element by element.
    last: HashMap<Source, usize>,
}

impl<'p> Fuser<'p> {
    fn new(plan: &'p Plan, values: usize) -> Self {
        let steps = &plan.steps[..];
        let mut makers = [vec![usize::MAX; values], vec![usize::MAX; steps.len()]];
        let mut readers = vec![SmallVec::new(); steps.len()];
        for (at, step) in steps.iter().enumerate() {
            for (i, arg) in step.args.iter().enumerate() {
                if let Some(maker) = made(&makers, arg.source) {
                    readers[maker].push((at, i));
                }
            }
            match step.outs[0] {
                Source::Slot(value) => makers[0][value as usize] = at,
                Source::Index(value) => makers[1][value as usize] = at,
                _ => {}
            }
        }
        Fuser {
            steps,
            makers,
            readers,
            clusters: Vec::new(),
            cluster_of: vec![usize::MAX; steps.len()],
            last: HashMap::new(),
        }
    }

    /// Puts a step into a cluster, after all of its readers.
    fn place(&mut self, at: usize, fuse: bool) {
        // Clusters that were made later run earlier.
        let earliest = self.readers[at].iter().map(|(reader, _)| self.cluster_of[*reader]).max();
        let joined = earliest.filter(|_| fuse).and_then(|i| self.joined(at, i).map(|extent| (i, extent)));
        match joined {
            Some((i, extent)) => {
                let cluster = &mut self.clusters[i];
                cluster.extent = extent;
                cluster.head |= matches!(self.steps[at].kernel, Kernel::Contract(_));
                cluster.members.push(at);
                self.cluster_of[at] = i;
            }
            None => {
                let extent = alone(&self.steps[at]);
                let total = matches!(self.steps[at].kernel, Kernel::Fold { outer: 1, .. });
                self.cluster_of[at] = self.clusters.len();
                self.clusters.push(Cluster { extent, members: vec![at], head: false, total });
            }
        }
    }

    /// Returns the extent of a cluster, which reads a step's value, with that step in it, or `None` if the step
    /// cannot join it.
    fn joined(&self, at: usize, i: usize) -> Option<Extent> {
        let (step, cluster) = (&self.steps[at], &self.clusters[i]);
        let size = step.shape.size();
        let mut readers = self.readers[at].iter().filter(|(reader, _)| self.cluster_of[*reader] == i);
        let extent = match (&step.kernel, cluster.extent) {
            (_, Extent::Alone) => return None,
            (Kernel::Map(_) | Kernel::Copy, Extent::Flat(n)) if n != size => {
                let &(reader, arg) = readers.clone().next()?;
                match self.steps[reader].args[arg].walk() {
                    Walk::Spread(columns) if size.checked_mul(columns) == Some(n) => {
                        Extent::Rows(size, columns)
                    }
                    _ => return None,
                }
            }
            (Kernel::Map(_) | Kernel::Copy | Kernel::OneHot { .. }, extent) => extent,
            // A single row is joined later, if its arguments find nothing better.
            (Kernel::Fold { outer: 1, .. }, _) => return None,
            (Kernel::Fold { outer, size, inner: 1, .. }, Extent::Flat(n))
                if n == *outer || n == outer * size =>
            {
                Extent::Rows(*outer, *size)
            }
            (Kernel::Fold { inner: 1, .. }, extent @ Extent::Rows(..)) => extent,
            (Kernel::Contract(Product { size: [m, _, n], .. }), Extent::Flat(size))
                if m * n == size && !cluster.head && !cluster.total =>
            {
                cluster.extent
            }
            _ => return None,
        };
        let same = extent == cluster.extent;
        let wider = !cluster.head && long(extent) && self.all_fit(cluster, extent);
        let possible = fits(step, extent) && (same || wider);
        (possible && readers.all(|&(reader, arg)| self.passes(at, reader, arg, extent))).then_some(extent)
    }

    /// Tells whether all steps of a cluster can run over this extent.
    fn all_fit(&self, cluster: &Cluster, extent: Extent) -> bool {
        cluster.extent == extent || cluster.members.iter().all(|&at| fits(&self.steps[at], extent))
    }

    /// Tells whether a reader in the same cluster can take a step's value as it is made.
    fn passes(&self, at: usize, reader: usize, arg: usize, extent: Extent) -> bool {
        let (step, reader) = (&self.steps[at], &self.steps[reader]);
        match (&step.kernel, extent) {
            // A fold over all elements has its value only at the end.
            (Kernel::Fold { outer, size, .. }, _) if extent != Extent::Rows(*outer, *size) => return false,
            (Kernel::Contract(_), Extent::Rows(..)) => return false,
            _ => {}
        }
        let (size, view, walk) = (step.shape.size(), &reader.args[arg], reader.args[arg].walk());
        let whole = walk == Walk::Whole && view.offset == 0 && view.shape.size() == size;
        match (&reader.kernel, extent) {
            (Kernel::Fold { .. }, Extent::Flat(_)) | (Kernel::Map(_), Extent::Flat(_)) => whole,
            (Kernel::Fold { outer, .. }, Extent::Rows(rows, _)) => {
                whole && (*outer == rows || *outer == 1 && size == rows)
            }
            (Kernel::Map(_), Extent::Rows(rows, columns)) => {
                let spread = walk == Walk::Spread(columns) || walk == Walk::One && rows == 1;
                whole || spread && size == rows && reader.shape.size() == rows * columns
            }
            _ => false,
        }
    }

    /// Joins a cluster with the latest one that it reads from, or that reads the same, if they can run together.
    fn raise(&mut self, i: usize) {
        let cluster = &self.clusters[i];
        if cluster.extent == Extent::Alone || cluster.head {
            return;
        }
        let mut reads: SmallVec<[(usize, usize, usize); 8]> = SmallVec::new();
        for &reader in &cluster.members {
            for (arg, view) in self.steps[reader].args.iter().enumerate() {
                reads.extend(made(&self.makers, view.source).map(|maker| (maker, reader, arg)));
            }
        }
        reads.retain(|(maker, ..)| self.cluster_of[*maker] != i);
        let latest = reads.iter().map(|(maker, ..)| self.cluster_of[*maker]).max();
        let after = latest.and_then(|to| {
            let between = || reads.iter().filter(|(maker, ..)| self.cluster_of[*maker] == to);
            let other = &self.clusters[to];
            let possible = |extent: &Extent| {
                between().all(|&(maker, reader, arg)| self.passes(maker, reader, arg, *extent))
                    && self.all_fit(other, *extent)
                    && self.all_fit(cluster, *extent)
            };
            together(other, cluster).into_iter().flatten().find(possible).map(|extent| (to, extent))
        });
        let sources: SmallVec<[Source; 8]> = self.whole(i).collect();
        let joined = after.or_else(|| self.beside(i, &sources, latest));
        if let Some((to, extent)) = joined {
            let total = cluster.total;
            let moved = std::mem::take(&mut self.clusters[i].members);
            moved.iter().for_each(|&at| self.cluster_of[at] = to);
            let other = &mut self.clusters[to];
            other.members.extend(moved);
            other.total |= total;
            other.extent = extent;
        }
        let cluster = joined.map_or(i, |(to, _)| to);
        for source in sources {
            self.last.entry(source).and_modify(|last| *last = cluster.max(*last)).or_insert(cluster);
        }
    }

    /// Returns the sources that a cluster reads element by element.
    fn whole(&self, i: usize) -> impl Iterator<Item = Source> {
        let args = self.clusters[i].members.iter().flat_map(|&at| &self.steps[at].args);
        args.filter(|view| view.walk() == Walk::Whole).map(|view| view.source)
    }

    /// Returns the latest cluster that also reads one of these sources, runs over the same elements and comes after
    /// all that this one waits for: so a function and its slope are made in one pass.
    fn beside(&self, i: usize, sources: &[Source], latest: Option<usize>) -> Option<(usize, Extent)> {
        let extent = self.clusters[i].extent;
        let to = sources.iter().filter_map(|source| self.last.get(source).copied()).max()?;
        let (flat, other) = (matches!(extent, Extent::Flat(_)), &self.clusters[to]);
        let possible = flat && other.extent == extent && !other.head;
        (possible && latest.is_none_or(|latest| latest < to)).then_some((to, extent))
    }
}

/// Returns the step that makes a source, if one does.
fn made(makers: &[Vec<usize>; 2], source: Source) -> Option<usize> {
    match source {
        Source::Slot(value) => Some(makers[0][value as usize]),
        Source::Index(value) => Some(makers[1][value as usize]),
        _ => None,
    }
}

/// Tells whether rows of this extent may be held as a whole.
fn long(extent: Extent) -> bool {
    matches!(extent, Extent::Rows(rows, 2..=LONGEST) if rows > 0)
}

/// Tells whether a step can run over an extent: both its value and its arguments have a place there.
fn fits(step: &Step, extent: Extent) -> bool {
    let made = step.shape.size();
    match (&step.kernel, extent) {
        (Kernel::Map(_) | Kernel::Copy | Kernel::OneHot { .. }, Extent::Flat(n)) => made == n,
        (Kernel::Map(_) | Kernel::Copy, Extent::Rows(rows, columns)) => {
            made == rows || made == rows * columns
        }
        // Masks of one class have a number for each row, but are made as a block's elements.
        (Kernel::OneHot { .. }, Extent::Rows(rows, columns)) => made == rows * columns,
        (Kernel::Fold { outer: 1, size, inner: 1, .. }, Extent::Flat(n)) => *size == n,
        (Kernel::Fold { outer, size, inner: 1, .. }, Extent::Rows(rows, columns)) => {
            (*outer, *size) == (rows, columns) || *outer == 1 && (*size == rows || *size == rows * columns)
        }
        (Kernel::Contract(_), Extent::Flat(n)) => made == n,
        _ => false,
    }
}

/// Returns the extent of a step by itself.
fn alone(step: &Step) -> Extent {
    let size = step.shape.size();
    match step.kernel {
        Kernel::Map(_) | Kernel::Copy if size > 0 => Extent::Flat(size),
        Kernel::Fold { outer: 1, size, inner: 1, .. } if size > 0 => Extent::Flat(size),
        Kernel::Fold { outer, size, inner: 1, .. } if long(Extent::Rows(outer, size)) => {
            Extent::Rows(outer, size)
        }
        _ => Extent::Alone,
    }
}

/// Returns the extents that two clusters may run over together, the better one first.
fn together(first: &Cluster, second: &Cluster) -> [Option<Extent>; 2] {
    let (head, total) = (first.head || second.head, first.total || second.total);
    let row = |n: usize| Some(Extent::Rows(1, n)).filter(|extent| !head && long(*extent));
    match (first.extent, second.extent) {
        (Extent::Alone, _) => [None; 2],
        (a, b) if a == b => {
            let same = (!(head && total)).then_some(a);
            [same, if let Extent::Flat(n) = a { row(n) } else { None }]
        }
        (Extent::Rows(rows, columns), Extent::Flat(n)) | (Extent::Flat(n), Extent::Rows(rows, columns)) => {
            let held = !head && (n == rows || n == rows * columns);
            [held.then_some(Extent::Rows(rows, columns)), None]
        }
        (Extent::Flat(n), Extent::Flat(1)) | (Extent::Flat(1), Extent::Flat(n)) => [row(n), None],
        _ => [None; 2],
    }
}
