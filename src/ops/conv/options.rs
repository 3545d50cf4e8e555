//! The options of a convolution.

/// Sizes along `D` axes: one number for all of them, or one for each.
pub trait Sizes<const D: usize> {
    /// The size along each axis.
    fn sizes(self) -> [usize; D];
}

impl<const D: usize> Sizes<D> for usize {
    fn sizes(self) -> [usize; D] {
        [self; D]
    }
}

impl<const D: usize> Sizes<D> for [usize; D] {
    fn sizes(self) -> [usize; D] {
        self
    }
}

/// The numbers that stand around the input of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum PaddingMode {
    /// Zeros.
    #[default]
    Zeros,
    /// The input mirrored at its first and last element, which are not repeated: `c b | a b c | b a`.
    Reflect,
    /// The first and the last element, repeated: `a a | a b c | c c`.
    Replicate,
    /// The input again, from its other end: `b c | a b c | a b`.
    Circular,
}

/// The options of a convolution along `D` axes, with PyTorch's names, defaults and meanings.
///
/// ```
/// # use gradus::prelude::*;
/// let g = Graph::new();
/// let (x, w) = (g.input("x", [8, 3, 32, 32]), g.input("w", [16, 3, 5, 5]));
/// assert_eq!(x.conv2d(w, Convolution::new()).shape()[..], [8, 16, 28, 28]);
/// assert_eq!(x.conv2d(w, Convolution::new().stride(2).padding([2, 1])).shape()[..], [8, 16, 16, 15]);
/// assert_eq!(x.conv2d(w, Convolution::new().same()).shape()[..], [8, 16, 32, 32]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Convolution<const D: usize> {
    pub(crate) stride: [usize; D],
    /// The padding before and after; `None` is "same".
    pub(crate) padding: Option<[[usize; 2]; D]>,
    pub(crate) dilation: [usize; D],
    pub(crate) groups: usize,
    pub(crate) mode: PaddingMode,
}

impl<const D: usize> Default for Convolution<D> {
    fn default() -> Self {
        Convolution {
            stride: [1; D],
            padding: Some([[0; 2]; D]),
            dilation: [1; D],
            groups: 1,
            mode: PaddingMode::Zeros,
        }
    }
}

impl<const D: usize> Convolution<D> {
    /// Stride 1, no padding, dilation 1, one group.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the distance between the starts of neighboring windows.
    pub fn stride(self, stride: impl Sizes<D>) -> Self {
        Convolution { stride: stride.sizes(), ..self }
    }

    /// Sets the number of elements that are put before and after each axis.
    pub fn padding(self, padding: impl Sizes<D>) -> Self {
        Convolution { padding: Some(padding.sizes().map(|each| [each; 2])), ..self }
    }

    /// Sets the numbers of elements that are put before and after each axis, one by one: `[[before, after]; D]`.
    pub fn padding_sides(self, sides: [[usize; 2]; D]) -> Self {
        Convolution { padding: Some(sides), ..self }
    }

    /// Pads so that the output is as large as the input, as PyTorch's `padding="same"`, which demands a stride of 1. Of
    /// an odd number of elements the larger half stands after the input.
    pub fn same(self) -> Self {
        Convolution { padding: None, ..self }
    }

    /// Sets the distance between neighboring elements of a window.
    pub fn dilation(self, dilation: impl Sizes<D>) -> Self {
        Convolution { dilation: dilation.sizes(), ..self }
    }

    /// Sets the number of groups of channels, each of which is convolved by itself.
    pub fn groups(self, groups: usize) -> Self {
        Convolution { groups, ..self }
    }

    /// Sets the numbers that stand around the input.
    pub fn padding_mode(self, mode: PaddingMode) -> Self {
        Convolution { mode, ..self }
    }

    /// The length of a window of `kernel` elements.
    pub(super) fn span(&self, axis: usize, kernel: usize) -> usize {
        self.dilation[axis].saturating_mul(kernel - 1).saturating_add(1)
    }

    /// The padding before and after an axis.
    pub(super) fn sides(&self, axis: usize, kernel: usize) -> [usize; 2] {
        let total = self.span(axis, kernel) - 1;
        self.padding.map_or([total / 2, total - total / 2], |padding| padding[axis])
    }

    /// The mistake in these options beside a weight of the given kernel, if there is one.
    pub(super) fn problem(&self, kernel: &[usize]) -> Option<String> {
        let zero = |what: &str, all: &[usize]| {
            all.contains(&0).then(|| format!("the {what} is {all:?}, and each has to be 1 or more"))
        };
        let unequal = self.padding.is_none() && self.stride != [1; D];
        zero("kernel", kernel)
            .or_else(|| zero("stride", &self.stride))
            .or_else(|| zero("dilation", &self.dilation))
            .or_else(|| zero("number of groups", &[self.groups]))
            .or_else(|| {
                unequal.then(|| {
                    format!(
                        "padding to the same size takes a stride of 1, and the stride is {:?}",
                        self.stride
                    )
                })
            })
    }
}
