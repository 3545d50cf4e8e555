//! Convolutions: windows of the input and one matrix product, so that values and gradients of every order are those
//! of the alphabet.

mod fits;
mod options;

pub use options::{Convolution, PaddingMode, Sizes};

use crate::graph::Var;
use crate::shape::{List, Shape};
use fits::{convolved, deconvolved};

impl<'g> Var<'g> {
    /// The convolution along the last axis, a cross-correlation as everywhere in this field: `[n, in, length]` with a
    /// weight of shape `[out, in / groups, kernel]` to `[n, out, (length + padding − dilation·(kernel − 1) − 1) / stride + 1]`.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(Tensor::from([[[1.0, 2.0, 4.0, 8.0]]]));
    /// let w = g.value(Tensor::from([[[1.0, 10.0]]]));
    /// assert_eq!(x.conv1d(w, Convolution::new()).to_string(), "[[[21, 42, 84]]]");
    /// assert_eq!(x.conv1d(w, Convolution::new().stride(2)).to_string(), "[[[21, 84]]]");
    /// ```
    #[track_caller]
    pub fn conv1d(self, weight: Var<'g>, options: Convolution<1>) -> Var<'g> {
        self.convolution(weight, options)
    }

    /// The convolution along the last two axes: `[n, in, height, width]` with a weight of shape
    /// `[out, in / groups, kernel height, kernel width]` to `[n, out, …, …]`, each size as in [`conv1d`](Var::conv1d)
    /// (LeCun et al. 1989).
    #[track_caller]
    pub fn conv2d(self, weight: Var<'g>, options: Convolution<2>) -> Var<'g> {
        self.convolution(weight, options)
    }

    /// The convolution along the last `D` axes.
    #[track_caller]
    pub(crate) fn convolution<const D: usize>(self, weight: Var<'g>, options: Convolution<D>) -> Var<'g> {
        let name = if D == 1 { "conv1d" } else { "conv2d" };
        let _call = self.graph.call(name);
        if let Err(problem) = convolved(self, weight, &options) {
            return self.graph.refuse(name, &[("value", self), ("weight", weight)], problem);
        }
        let (w, groups) = (weight.shape(), options.groups);
        let mut x = self;
        for axis in 0..D {
            let sides = options.sides(axis, w[2 + axis]);
            x = x.padded(2 + axis, sides, options.mode);
        }
        for axis in 0..D {
            x = x.windows(2 + 2 * axis, w[2 + axis], options.stride[axis], options.dilation[axis]);
        }
        if x.is_poisoned() {
            return x; // windows that are too many
        }
        // [n, in, out₀, kernel₀, out₁, kernel₁, …] to [groups, n, out…, in / groups, kernel…]
        let s = x.shape();
        let (n, places): (usize, List) = (s[0], (0..D).map(|axis| s[2 + 2 * axis]).collect());
        let (each, outputs) = (s[1] / groups, w[0] / groups);
        let split: Shape = [n, groups, each].into_iter().chain(s[2..].iter().copied()).collect();
        let order: List = [1, 0]
            .into_iter()
            .chain((0..D).map(|axis| 3 + 2 * axis))
            .chain([2])
            .chain((0..D).map(|axis| 4 + 2 * axis))
            .collect();
        let rows: usize = places.iter().product::<usize>() * n;
        let width: usize = w[1..].iter().product();
        let columns = x.reshape(split).permute(&order[..]).reshape([groups, rows, width]);
        let y = columns.matmul_t(weight.reshape([groups, outputs, width]));
        // [groups, n, out…, outputs] to [n, groups · outputs, out…]
        let whole: Shape = [groups, n].into_iter().chain(places.iter().copied()).chain([outputs]).collect();
        let order: List = [1, 0, D + 2].into_iter().chain(2..D + 2).collect();
        let shape: Shape = [n, w[0]].into_iter().chain(places).collect();
        y.reshape(whole).permute(&order[..]).reshape(shape)
    }

    /// The transposed convolution along the last axis, the transpose of [`conv1d`](Var::conv1d) as a linear map: `[n, in, length]`
    /// with a weight of shape `[in, out / groups, kernel]` to
    /// `[n, out, (length − 1)·stride − padding + dilation·(kernel − 1) + 1 + more]`. `more` elements, PyTorch's
    /// `output_padding`, are left at the end, of a length that the stride has rounded away.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(Tensor::from([[[1.0, 2.0]]]));
    /// let w = g.value(Tensor::from([[[1.0, 10.0, 100.0]]]));
    /// assert_eq!(x.conv_transpose1d(w, Convolution::new().stride(2), 0).to_string(), "[[[1, 10, 102, 20, 200]]]");
    /// ```
    #[track_caller]
    pub fn conv_transpose1d(self, weight: Var<'g>, options: Convolution<1>, more: impl Sizes<1>) -> Var<'g> {
        self.transposed_convolution(weight, options, more.sizes())
    }

    /// The transposed convolution along the last two axes, with a weight of shape `[in, out / groups, kernel height, kernel width]`;
    /// sizes as in [`conv_transpose1d`](Var::conv_transpose1d) (Zeiler et al. 2010).
    #[track_caller]
    pub fn conv_transpose2d(self, weight: Var<'g>, options: Convolution<2>, more: impl Sizes<2>) -> Var<'g> {
        self.transposed_convolution(weight, options, more.sizes())
    }

    /// The transposed convolution along the last `D` axes.
    #[track_caller]
    pub(crate) fn transposed_convolution<const D: usize>(
        self,
        weight: Var<'g>,
        options: Convolution<D>,
        more: [usize; D],
    ) -> Var<'g> {
        let name = if D == 1 { "conv_transpose1d" } else { "conv_transpose2d" };
        let _call = self.graph.call(name);
        let sizes = match deconvolved(self, weight, &options, more) {
            Ok(sizes) => sizes,
            Err(problem) => {
                return self.graph.refuse(name, &[("value", self), ("weight", weight)], problem);
            }
        };
        let (s, w, groups) = (self.shape(), weight.shape(), options.groups);
        let (n, each, outputs) = (s[0], s[1] / groups, w[1]);
        // [n, groups, in, s…] to [groups, n · s…, in]
        let split: Shape = [n, groups, each].into_iter().chain(s[2..].iter().copied()).collect();
        let order: List = [1, 0].into_iter().chain(3..D + 3).chain([2]).collect();
        let rows = n * s[2..].iter().product::<usize>();
        let x = self.reshape(split).permute(&order[..]).reshape([groups, rows, each]);
        let width: usize = w[1..].iter().product();
        let y = x.matmul(weight.reshape([groups, each, width]));
        // [groups, n, s…, outputs, kernel…] to [n, groups · outputs, s₀, kernel₀, s₁, kernel₁, …]
        let whole: Shape =
            [groups, n].into_iter().chain(s[2..].iter().copied()).chain(w[1..].iter().copied()).collect();
        let order: List =
            [1, 0, D + 2].into_iter().chain((0..D).flat_map(|axis| [2 + axis, D + 3 + axis])).collect();
        let pairs = (0..D).flat_map(|axis| [s[2 + axis], w[2 + axis]]);
        let shape: Shape = [n, groups * outputs].into_iter().chain(pairs).collect();
        let mut y = y.reshape(whole).permute(&order[..]).reshape(shape);
        for axis in 0..D {
            let (at, [before, _]) = (2 + axis, options.sides(axis, w[2 + axis]));
            let (dilation, step) = (options.dilation[axis], options.stride[axis]);
            let span = options.span(axis, w[2 + axis]);
            if dilation > 1 && w[2 + axis] > 1 {
                // Zeros between the elements of a window.
                let mut shape = y.shape();
                let apart: Shape =
                    shape[..at + 2].iter().chain(&[1]).chain(&shape[at + 2..]).copied().collect();
                shape = shape.with(at + 1, w[2 + axis] * dilation);
                y = y.reshape(apart).pad(at + 2, 0, dilation - 1).reshape(shape).slice(at + 1, ..span);
            }
            y = y.overlap_add(at, step, (s[2 + axis] - 1) * step + span);
            y = y.pad(at, 0, more[axis]).slice(at, before..before + sizes[axis]);
        }
        y
    }

    /// The windows of an axis, each of `kernel` elements that are `dilation` apart: `[…, n, …]` to `[…, count, kernel, …]`.
    #[track_caller]
    pub(super) fn windows(self, at: usize, kernel: usize, stride: usize, dilation: usize) -> Var<'g> {
        // The caller has seen to it that a window fits the axis.
        let span = dilation.saturating_mul(kernel - 1).saturating_add(1);
        let whole = self.unfold(at, span, stride);
        if dilation == 1 || kernel == 1 {
            return whole;
        }
        // Every dilation-th element: the first of each row of as many.
        let shape = whole.shape();
        let apart: Shape =
            shape[..at + 1].iter().chain(&[kernel, dilation]).chain(&shape[at + 2..]).copied().collect();
        let chosen = whole.pad(at + 1, 0, dilation - 1).reshape(apart).slice(at + 2, ..1);
        chosen.reshape(shape.with(at + 1, kernel))
    }

    /// An axis with numbers put before and after it.
    #[track_caller]
    fn padded(self, at: usize, [before, after]: [usize; 2], mode: PaddingMode) -> Var<'g> {
        let n = self.size(at);
        if before + after == 0 {
            return self;
        }
        let one = |i: usize| self.slice(at, i..i + 1);
        let (left, right): (Vec<Var<'g>>, Vec<Var<'g>>) = match mode {
            PaddingMode::Zeros => return self.pad(at, before, after),
            PaddingMode::Reflect => {
                ((1..=before).rev().map(one).collect(), (0..after).map(|i| one(n - 2 - i)).collect())
            }
            PaddingMode::Replicate => {
                let end = |i: usize, count: usize| one(i).broadcast_to(self.shape().with(at, count));
                (vec![end(0, before)], vec![end(n - 1, after)])
            }
            PaddingMode::Circular => (vec![self.slice(at, n - before..)], vec![self.slice(at, ..after)]),
        };
        let parts: Vec<Var<'g>> = left.into_iter().chain([self]).chain(right).collect();
        self.graph.cat(&parts, at)
    }
}
