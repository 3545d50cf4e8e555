//! Layers without parameters: pooling, and axes as one.

use super::Module;
use crate::graph::Var;
use crate::ops::{Pooling, Sizes};

/// All axes from one on as one, from the second on unless another is named: PyTorch's `Flatten`.
///
/// ```
/// # use gradus::prelude::*;
/// let g = Graph::new();
/// assert_eq!(Flatten::new().forward(g.input("x", [8, 3, 4, 5])).shape()[..], [8, 60]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flatten {
    start: usize,
}

impl Flatten {
    /// The layer that leaves the first axis, that of a batch, as it is.
    pub fn new() -> Self {
        Self::from_axis(1)
    }

    /// The layer that leaves the axes before this one as they are.
    pub fn from_axis(start: usize) -> Self {
        Flatten { start }
    }

    /// Records the layer.
    #[track_caller]
    pub fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
        x.flatten(self.start..)
    }
}

impl Default for Flatten {
    fn default() -> Self {
        Self::new()
    }
}

macro_rules! pooling {
    ($($(#[doc = $doc:literal])* $Layer:ident $One:ident $Two:ident $method:ident;)*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $Layer<const D: usize> {
            kernel: [usize; D],
            options: Pooling<D>,
        }

        #[doc = concat!("[`", stringify!($Layer), "`] along one axis.")]
        pub type $One = $Layer<1>;
        #[doc = concat!("[`", stringify!($Layer), "`] along two axes, height and width.")]
        pub type $Two = $Layer<2>;

        impl<const D: usize> $Layer<D> {
            /// Windows side by side, without padding.
            pub fn new(kernel: impl Sizes<D>) -> Self {
                Self::with_options(kernel, Pooling::new())
            }

            /// Windows with options.
            pub fn with_options(kernel: impl Sizes<D>, options: Pooling<D>) -> Self {
                $Layer { kernel: kernel.sizes(), options }
            }

            /// Records the layer.
            #[track_caller]
            pub fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
                x.$method(self.kernel, self.options)
            }
        }
    )*};
}

pooling! {
    /// The largest element of each window along `D` axes, [`MaxPool1d`] or [`MaxPool2d`]: a layer for
    /// [`Var::max_pool2d`](crate::Var::max_pool2d) and its like.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let mut params = Params::<f32>::seeded(7);
    /// let net = Sequential::new()
    ///     .append(Conv2d::new(&mut params, "conv", 1, 6, 5))
    ///     .append_fn(|x| x.relu())
    ///     .append(MaxPool2d::new(2))
    ///     .append(Flatten::new())
    ///     .append(Linear::new(&mut params, "line", 6 * 12 * 12, 10));
    /// let g = Graph::new();
    /// assert_eq!(net.forward(g.input("x", [8, 1, 28, 28])).shape()[..], [8, 10]);
    /// ```
    MaxPool MaxPool1d MaxPool2d max_pool;

    /// The mean of each window along `D` axes, [`AvgPool1d`] or [`AvgPool2d`]: a layer for
    /// [`Var::avg_pool2d`](crate::Var::avg_pool2d) and its like.
    ///
    /// ```
    /// # use gradus::prelude::*;
    /// let g = Graph::new();
    /// let layer = AvgPool2d::with_options(3, Pooling::new().stride(2).padding(1));
    /// assert_eq!(layer.forward(g.input("x", [8, 3, 7, 7])).shape()[..], [8, 3, 4, 4]);
    /// ```
    AvgPool AvgPool1d AvgPool2d avg_pool;
}

/// The mean of each of a number of windows along `D` axes, [`AdaptiveAvgPool1d`] or [`AdaptiveAvgPool2d`]: a layer for
/// [`Var::adaptive_avg_pool2d`](crate::Var::adaptive_avg_pool2d) and its like.
///
/// ```
/// # use gradus::prelude::*;
/// let g = Graph::new();
/// let layer = AdaptiveAvgPool2d::new(1);
/// assert_eq!(layer.forward(g.input("x", [8, 3, 7, 7])).shape()[..], [8, 3, 1, 1]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdaptiveAvgPool<const D: usize> {
    sizes: [usize; D],
}

/// [`AdaptiveAvgPool`] along one axis.
pub type AdaptiveAvgPool1d = AdaptiveAvgPool<1>;
/// [`AdaptiveAvgPool`] along two axes, height and width.
pub type AdaptiveAvgPool2d = AdaptiveAvgPool<2>;

impl<const D: usize> AdaptiveAvgPool<D> {
    /// A layer with outputs of these sizes.
    pub fn new(sizes: impl Sizes<D>) -> Self {
        AdaptiveAvgPool { sizes: sizes.sizes() }
    }

    /// Records the layer.
    #[track_caller]
    pub fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
        x.adaptive_avg_pool(self.sizes)
    }
}

macro_rules! modules {
    ($($Layer:ident $(<$D:ident>)?)*) => {$(
        impl $(<const $D: usize>)? Module for $Layer$(<$D>)? {
            #[track_caller]
            fn forward<'g>(&self, x: Var<'g>) -> Var<'g> {
                self.forward(x)
            }
        }
    )*};
}
modules!(Flatten MaxPool<D> AvgPool<D> AdaptiveAvgPool<D>);
