//! Pooling: windows of the input, each folded to one number.

use super::conv::Sizes;
use crate::graph::Var;
use crate::shape::{List, Shape};
use crate::tensor::Tensor;

/// The options of a pooling along `D` axes, with PyTorch's names, defaults and meanings.
///
/// ```
/// # use gradus::prelude::*;
/// let g = Graph::new();
/// let x = g.input("x", [8, 3, 7, 7]);
/// assert_eq!(x.max_pool2d(2, Pooling::new()).shape()[..], [8, 3, 3, 3]);
/// assert_eq!(x.max_pool2d(2, Pooling::new().ceil_mode()).shape()[..], [8, 3, 4, 4]);
/// assert_eq!(x.avg_pool2d(3, Pooling::new().stride(2).padding(1)).shape()[..], [8, 3, 4, 4]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pooling<const D: usize> {
    /// `None` is the kernel.
    stride: Option<[usize; D]>,
    padding: [usize; D],
    dilation: [usize; D],
    ceil: bool,
    excludes: bool,
}

impl<const D: usize> Default for Pooling<D> {
    fn default() -> Self {
        Pooling { stride: None, padding: [0; D], dilation: [1; D], ceil: false, excludes: false }
    }
}

impl<const D: usize> Pooling<D> {
    /// Windows side by side, without padding.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the distance between the starts of neighboring windows; the size of a window unless it is set.
    pub fn stride(self, stride: impl Sizes<D>) -> Self {
        Pooling { stride: Some(stride.sizes()), ..self }
    }

    /// Sets the number of elements that are put before and after each axis, at most half a window: −∞ for a maximum, 0 for
    /// a mean.
    pub fn padding(self, padding: impl Sizes<D>) -> Self {
        Pooling { padding: padding.sizes(), ..self }
    }

    /// Sets the distance between neighboring elements of a window of a maximum; a mean has none.
    pub fn dilation(self, dilation: impl Sizes<D>) -> Self {
        Pooling { dilation: dilation.sizes(), ..self }
    }

    /// Lets a last window reach beyond the end, if it begins before it.
    pub fn ceil_mode(self) -> Self {
        Pooling { ceil: true, ..self }
    }

    /// Divides a sum by the number of elements of the input in its window, not by that of the window: PyTorch's
    /// `count_include_pad=False`.
    pub fn exclude_padding(self) -> Self {
        Pooling { excludes: true, ..self }
    }
}

/// The largest number of windows of unequal sizes, each of which is recorded by itself.
const MOST: usize = 4096;

/// The windows along one axis.
#[derive(Clone, Copy)]
struct Windows {
    count: usize,
    kernel: usize,
    stride: usize,
    dilation: usize,
    /// The elements put before the axis, and after it.
    sides: [usize; 2],
    /// The size of the axis, and the padding that was asked for.
    n: usize,
    padding: usize,
}

impl Windows {
    /// The number of elements that the mean of each window is of.
    fn counts(&self, excludes: bool) -> Vec<f64> {
        let [low, high] = match excludes {
            true => [self.padding, self.padding + self.n],
            false => [0, self.n + 2 * self.padding],
        };
        let within = |i: usize| {
            let start = i * self.stride;
            (start + self.kernel).min(high).saturating_sub(start.max(low)) as f64
        };
        (0..self.count).map(within).collect()
    }
}

impl<'g> Var<'g> {
    /// The largest element of each window along the last axis: `[n, channels, length]` to
    /// `[n, channels, (length + 2·padding − kernel) / stride + 1]`. Elements that tie share the slope, as in
    /// [`max`](Var::max); PyTorch gives it to the first. A NaN is the largest.
    #[track_caller]
    pub fn max_pool1d(self, kernel: impl Sizes<1>, options: Pooling<1>) -> Var<'g> {
        self.max_pool(kernel.sizes(), options)
    }

    /// The largest element of each window along the last two axes; see [`max_pool1d`](Var::max_pool1d).
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(Tensor::from([[1.0, 5.0, 2.0, 0.0], [3.0, 4.0, 6.0, 7.0]])).reshape([1, 1, 2, 4]);
    /// assert_eq!(x.max_pool2d(2, Pooling::new()).to_string(), "[[[[5, 7]]]]");
    /// ```
    #[track_caller]
    pub fn max_pool2d(self, kernel: impl Sizes<2>, options: Pooling<2>) -> Var<'g> {
        self.max_pool(kernel.sizes(), options)
    }

    /// The mean of each window along the last axis, of padding as well unless that is excluded; sizes as in
    /// [`max_pool1d`](Var::max_pool1d).
    #[track_caller]
    pub fn avg_pool1d(self, kernel: impl Sizes<1>, options: Pooling<1>) -> Var<'g> {
        self.avg_pool(kernel.sizes(), options)
    }

    /// The mean of each window along the last two axes; see [`avg_pool1d`](Var::avg_pool1d).
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(Tensor::from([[1.0, 5.0, 2.0, 0.0], [3.0, 3.0, 6.0, 8.0]])).reshape([1, 1, 2, 4]);
    /// assert_eq!(x.avg_pool2d(2, Pooling::new()).to_string(), "[[[[3, 4]]]]");
    /// ```
    #[track_caller]
    pub fn avg_pool2d(self, kernel: impl Sizes<2>, options: Pooling<2>) -> Var<'g> {
        self.avg_pool(kernel.sizes(), options)
    }

    /// The mean of as many windows as are asked for along the last axis, each from element `⌊i·n / size⌋` to `⌈(i + 1)·n / size⌉`:
    /// PyTorch's `AdaptiveAvgPool1d`.
    #[track_caller]
    pub fn adaptive_avg_pool1d(self, size: impl Sizes<1>) -> Var<'g> {
        self.adaptive_avg_pool(size.sizes())
    }

    /// The mean of as many windows as are asked for along the last two axes; see
    /// [`adaptive_avg_pool1d`](Var::adaptive_avg_pool1d). Of size 1, it is the mean of each channel.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let x = g.value(Tensor::from([[1.0, 2.0, 6.0]])).reshape([1, 1, 1, 3]);
    /// assert_eq!(x.adaptive_avg_pool2d([1, 2]).to_string(), "[[[[1.5, 4]]]]");
    /// assert_eq!(x.adaptive_avg_pool2d(1).to_string(), "[[[[3]]]]");
    /// ```
    #[track_caller]
    pub fn adaptive_avg_pool2d(self, size: impl Sizes<2>) -> Var<'g> {
        self.adaptive_avg_pool(size.sizes())
    }

    #[track_caller]
    pub(crate) fn max_pool<const D: usize>(self, kernel: [usize; D], options: Pooling<D>) -> Var<'g> {
        let name = named::<D>(["max_pool1d", "max_pool2d"]);
        let _call = self.graph.call(name);
        let windows = match pooled(self, kernel, &options) {
            Ok(windows) => windows,
            Err(problem) => return self.graph.refuse(name, &[("value", self)], problem),
        };
        let mut x = self;
        if windows.iter().any(|each| each.sides != [0; 2]) {
            let spatial: Shape = windows.iter().map(|each| each.sides[0] + each.n + each.sides[1]).collect();
            let inside = Tensor::try_from_fn(&spatial, |at| {
                let within =
                    |(each, &i): (&Windows, &usize)| (each.sides[0]..each.sides[0] + each.n).contains(&i);
                f64::from(u8::from(windows.iter().zip(at).all(within)))
            });
            for (axis, each) in windows.iter().enumerate() {
                x = x.pad(2 + axis, each.sides[0], each.sides[1]);
            }
            x = match inside {
                Ok(inside) => self.graph.value(inside).select(x, f64::NEG_INFINITY),
                Err(error) => return self.graph.refuse(name, &[("value", self)], error.to_string()),
            };
        }
        let x = x.cut(&windows);
        let axes: List = (0..D).map(|axis| 3 + 2 * axis).collect();
        x.max(&axes[..]).reshape(pooled_shape(self, &windows))
    }

    #[track_caller]
    pub(crate) fn avg_pool<const D: usize>(self, kernel: [usize; D], options: Pooling<D>) -> Var<'g> {
        let name = named::<D>(["avg_pool1d", "avg_pool2d"]);
        let _call = self.graph.call(name);
        let windows = match pooled(self, kernel, &options) {
            Ok(_) if options.dilation != [1; D] => Err("a mean has no dilation".to_string()),
            found => found,
        };
        let windows = match windows {
            Ok(windows) => windows,
            Err(problem) => return self.graph.refuse(name, &[("value", self)], problem),
        };
        let mut x = self;
        for (axis, each) in windows.iter().enumerate() {
            x = x.pad(2 + axis, each.sides[0], each.sides[1]);
        }
        let axes: List = (0..D).map(|axis| 3 + 2 * axis).collect();
        let mut mean = x.cut(&windows).sum(&axes[..]).reshape(pooled_shape(self, &windows));
        for (axis, each) in windows.iter().enumerate() {
            let counts = each.counts(options.excludes);
            let first = counts.first().copied().unwrap_or(1.0);
            mean = match counts.iter().all(|&count| count == first) {
                true => mean / first,
                false => {
                    let shape: Shape =
                        std::iter::once(counts.len()).chain(std::iter::repeat_n(1, D - 1 - axis)).collect();
                    mean / self.graph.value(Tensor::from(counts)).reshape(shape)
                }
            };
        }
        mean
    }

    #[track_caller]
    pub(crate) fn adaptive_avg_pool<const D: usize>(self, sizes: [usize; D]) -> Var<'g> {
        let name = named::<D>(["adaptive_avg_pool1d", "adaptive_avg_pool2d"]);
        let _call = self.graph.call(name);
        let shape = self.shape();
        let problem = match shape.len() {
            _ if self.is_poisoned() => Some(String::new()),
            rank if rank != D + 2 => Some(rank_problem(&shape, D)),
            _ if sizes.contains(&0) => {
                Some(format!("the output's size is {sizes:?}, and each has to be 1 or more"))
            }
            _ if sizes.iter().zip(&shape[2..]).any(|(&size, &n)| size > MOST && !n.is_multiple_of(size)) => {
                Some(format!(
                    "the output's size is {sizes:?}, and more than {MOST} windows have to divide the axis"
                ))
            }
            _ if shape[2..].contains(&0) => Some(format!("shape {shape} has no elements to take a mean of")),
            _ => None,
        };
        if let Some(problem) = problem {
            return self.graph.refuse(name, &[("value", self)], problem);
        }
        let mut y = self;
        for (axis, &size) in sizes.iter().enumerate() {
            let n = shape[2 + axis];
            let bounds = |i: usize| (i * n / size, ((i + 1) * n).div_ceil(size));
            let part = |i: usize| {
                let (start, end) = bounds(i);
                y.slice(2 + axis, start..end).mean(2 + axis)
            };
            y = match n.is_multiple_of(size) {
                // Windows that do not overlap are rows of the axis.
                true => {
                    let s = y.shape();
                    let rows: Shape = s[..2 + axis]
                        .iter()
                        .chain(&[size, n / size])
                        .chain(&s[3 + axis..])
                        .copied()
                        .collect();
                    y.reshape(rows).mean(3 + axis).squeeze(3 + axis)
                }
                false => {
                    let parts: Vec<Var<'g>> = (0..size).map(part).collect();
                    self.graph.cat(&parts, 2 + axis)
                }
            };
        }
        y
    }

    /// Cuts the axes behind the channels into windows: `[n, channels, count₀, kernel₀, …]`.
    #[track_caller]
    fn cut(self, windows: &[Windows]) -> Var<'g> {
        let mut x = self;
        for (axis, each) in windows.iter().enumerate() {
            x = x.windows(2 + 2 * axis, each.kernel, each.stride, each.dilation);
        }
        x
    }
}

/// The name of a pooling along `D` axes.
fn named<const D: usize>(names: [&'static str; 2]) -> &'static str {
    if D == 1 { names[0] } else { names[1] }
}

/// The shape of a pooled value.
fn pooled_shape(x: Var<'_>, windows: &[Windows]) -> Shape {
    x.shape()[..2].iter().copied().chain(windows.iter().map(|each| each.count)).collect()
}

fn rank_problem(shape: &Shape, d: usize) -> String {
    let axes = if d == 1 { "length" } else { "height, width" };
    format!("the value has to have {} axes, batch, channels, {axes}, and its shape is {shape}", d + 2)
}

/// Returns the windows along each axis, or fails if there are none.
fn pooled<const D: usize>(
    x: Var<'_>,
    kernel: [usize; D],
    options: &Pooling<D>,
) -> Result<[Windows; D], String> {
    if x.is_poisoned() {
        return Err(String::new());
    }
    let shape = x.shape();
    if shape.len() != D + 2 {
        return Err(rank_problem(&shape, D));
    }
    let stride = options.stride.unwrap_or(kernel);
    for (what, all) in [("kernel", kernel), ("stride", stride), ("dilation", options.dilation)] {
        if all.contains(&0) {
            return Err(format!("the {what} is {all:?}, and each has to be 1 or more"));
        }
    }
    let mut found =
        [Windows { count: 0, kernel: 1, stride: 1, dilation: 1, sides: [0; 2], n: 0, padding: 0 }; D];
    for (axis, each) in found.iter_mut().enumerate() {
        let (n, padding, kernel, stride) =
            (shape[2 + axis], options.padding[axis], kernel[axis], stride[axis]);
        if padding > kernel / 2 {
            return Err(format!(
                "the padding {padding} is more than half of a window of {kernel}, which would hold nothing"
            ));
        }
        let dilation = options.dilation[axis];
        let span = dilation.saturating_mul(kernel - 1).saturating_add(1);
        let padded = Shape::sum([padding, n, padding]);
        shape.with(2 + axis, padded).checked()?;
        let Some(room) = padded.checked_sub(span).filter(|_| n > 0) else {
            return Err(format!(
                "a window of {span} elements does not fit axis {} of shape {shape}, with padding {padded} long",
                2 + axis
            ));
        };
        let mut count = room / stride + 1;
        // A window more has to begin within the input or the padding before it.
        if options.ceil && !room.is_multiple_of(stride) && count * stride < n + padding {
            count += 1;
        }
        let reach = (count - 1) * stride + span;
        let sides = [padding, reach.max(padded) - n - padding];
        *each = Windows { count, kernel, stride, dilation, sides, n, padding };
    }
    Ok(found)
}
