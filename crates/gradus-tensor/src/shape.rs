//! Shapes, axes, strides and the broadcasting rule.

pub use crate::new_shape::{IntoSize, NewShape};
use smallvec::SmallVec;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, RangeFull};

/// A short list of sizes or axes, inline up to rank 4.
pub type List = SmallVec<[usize; 4]>;

/// The most elements that a shape may have, an axis of size 0 counted as one of size 1: more could not be addressed
/// in numbers of eight bytes.
const MOST: usize = isize::MAX as usize / 8;

/// The sizes of a tensor's axes, outermost first. A scalar has none.
///
/// Tensors and recorded values have at most `isize::MAX / 8` elements. An axis of size 0 counts as one of size 1
/// there, so that the product of any sizes of a shape can be counted.
///
/// ```
/// use gradus_tensor::Shape;
/// let shape = Shape::from([2, 3]);
/// assert_eq!((shape.len(), shape.size()), (2, 6));
/// assert_eq!(shape.to_string(), "[2, 3]");
/// ```
#[derive(Clone, Eq, Default)]
pub struct Shape(List);

/// Compares element by element: each run compares some shapes, and for lists this short a call of `memcmp`
/// takes longer.
impl PartialEq for Shape {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.0.iter().zip(&other.0).all(|(a, b)| a == b)
    }
}

impl Hash for Shape {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl Shape {
    /// The shape of a scalar: no axes, one element.
    pub fn scalar() -> Self {
        Self::default()
    }

    /// The number of elements of a tensor of this shape (saturating).
    #[inline]
    pub fn size(&self) -> usize {
        if self.0.contains(&0) {
            return 0;
        }
        self.0.iter().fold(1, |product, &n| product.saturating_mul(n))
    }

    /// The number of elements that there would be if axes of size 0 had size 1 (saturating).
    pub fn extent(&self) -> usize {
        self.0.iter().fold(1, |product, &n| product.saturating_mul(n.max(1)))
    }

    /// Returns the shape itself, or a message that it is too large. In a shape that passes, no product of
    /// sizes over any axes overflows, and no stride does, so that later code need not check again.
    pub fn checked(self) -> Result<Self, String> {
        match self.extent() <= MOST {
            true => Ok(self),
            false => Err(format!("the shape {self} is too large: its sizes multiply to more than {MOST}")),
        }
    }

    /// The sum of sizes along one axis (saturating, at a size that is too large for any shape).
    pub fn sum(sizes: impl IntoIterator<Item = usize>) -> usize {
        sizes.into_iter().fold(0, usize::saturating_add)
    }

    /// The row-major distance between neighbors along each axis.
    pub fn strides(&self) -> List {
        let mut strides: List = smallvec::smallvec![1; self.len()];
        for axis in (1..self.len()).rev() {
            strides[axis - 1] = strides[axis].saturating_mul(self[axis]);
        }
        strides
    }

    /// The same shape with one axis of another size.
    pub fn with(&self, axis: usize, size: usize) -> Self {
        let mut shape = self.clone();
        if let Some(n) = shape.0.get_mut(axis) {
            *n = size;
        }
        shape
    }

    /// The same shape without one axis.
    pub fn without(&self, axis: usize) -> Self {
        self.iter().enumerate().filter(|&(i, _)| i != axis).map(|(_, &n)| n).collect()
    }

    /// The shape with the folded axes kept as 1.
    pub fn folded(&self, axes: &[usize]) -> Self {
        self.iter().enumerate().map(|(i, &n)| if axes.contains(&i) { 1 } else { n }).collect()
    }

    /// The axes in another order.
    pub fn permuted(&self, order: &[usize]) -> Self {
        order.iter().map(|&axis| self.get(axis).copied().unwrap_or(1)).collect()
    }

    /// The common shape of two under the usual broadcasting rule: aligned at the last axis, each
    /// pair of sizes is equal or one of them is 1.
    pub fn broadcast(&self, other: &Shape) -> Option<Shape> {
        let rank = self.len().max(other.len());
        let size = |shape: &Shape, axis: usize| match (axis + shape.len()).checked_sub(rank) {
            Some(i) => shape[i],
            None => 1,
        };
        (0..rank)
            .map(|axis| match (size(self, axis), size(other, axis)) {
                (a, b) if a == b => Some(a),
                (1, n) | (n, 1) => Some(n),
                _ => None,
            })
            .collect::<Option<List>>()
            .map(Shape)
    }

    /// Tells whether a value of this shape may be repeated to fill `target`.
    pub fn fits(&self, target: &Shape) -> bool {
        self.broadcast(target).as_ref() == Some(target)
    }

    /// The index of each axis of the element at row-major position `flat`.
    pub fn unravel(&self, mut flat: usize) -> List {
        let mut index: List = smallvec::smallvec![0; self.len()];
        for axis in (0..self.len()).rev() {
            let n = self[axis].max(1);
            index[axis] = flat % n;
            flat /= n;
        }
        index
    }
}

impl Deref for Shape {
    type Target = [usize];
    #[inline]
    fn deref(&self) -> &[usize] {
        &self.0
    }
}

impl FromIterator<usize> for Shape {
    fn from_iter<I: IntoIterator<Item = usize>>(sizes: I) -> Self {
        Shape(sizes.into_iter().collect())
    }
}

impl<const N: usize> From<[usize; N]> for Shape {
    fn from(sizes: [usize; N]) -> Self {
        sizes.into_iter().collect()
    }
}

impl From<&[usize]> for Shape {
    fn from(sizes: &[usize]) -> Self {
        sizes.iter().copied().collect()
    }
}

impl From<Vec<usize>> for Shape {
    fn from(sizes: Vec<usize>) -> Self {
        sizes.into_iter().collect()
    }
}

impl From<usize> for Shape {
    fn from(size: usize) -> Self {
        [size].into()
    }
}

impl From<()> for Shape {
    fn from((): ()) -> Self {
        Shape::scalar()
    }
}

impl From<&Shape> for Shape {
    fn from(shape: &Shape) -> Self {
        shape.clone()
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// The axes that an operation folds or moves: one, several, or all (`..`). Negative numbers count from the
/// last axis, as in every method that takes one axis ([`IntoAxis`]).
///
/// ```
/// use gradus_tensor::Axes;
/// assert_eq!(Axes::from(-1).resolve(3).as_deref(), Ok(&[2][..]));
/// assert_eq!(Axes::from([2, 0]).resolve(3).as_deref(), Ok(&[0, 2][..]));
/// assert_eq!(Axes::from(..).resolve(3).as_deref(), Ok(&[0, 1, 2][..]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axes(Option<SmallVec<[isize; 4]>>);

impl Axes {
    /// Tells whether these are all axes, written `..`.
    pub fn is_all(&self) -> bool {
        self.0.is_none()
    }

    /// The axes as sorted positions in a shape of the given rank, or a message that says why they do not fit.
    pub fn resolve(&self, rank: usize) -> Result<List, String> {
        let Some(axes) = &self.0 else { return Ok((0..rank).collect()) };
        let mut found = List::new();
        for &axis in axes {
            let at = axis.position(rank)?;
            if found.contains(&at) {
                return Err(format!("axis {axis} is given twice"));
            }
            found.push(at);
        }
        found.sort_unstable();
        Ok(found)
    }

    /// The axes as positions in a shape of the given rank, in the order in which they were given, or a
    /// message that says why they do not fit.
    pub fn in_order(&self, rank: usize) -> Result<List, String> {
        match &self.0 {
            Some(axes) => axes.iter().map(|axis| axis.position(rank)).collect(),
            None => Ok((0..rank).collect()),
        }
    }

    /// The position of the one axis; `None` if these are all axes.
    pub fn one(&self, rank: usize) -> Result<Option<usize>, String> {
        match self.0.as_deref() {
            None => Ok(None),
            Some([axis]) => axis.position(rank).map(Some),
            Some(axes) => Err(format!("one axis is to be given, or all as `..`, but not {axes:?}")),
        }
    }
}

/// A number that names an axis. Negative ones count from the last axis, -1 being the last itself.
///
/// ```
/// use gradus_tensor::IntoAxis;
/// assert_eq!((1.position(3), (-1).position(3), 2_usize.position(3)), (Ok(1), Ok(2), Ok(2)));
/// assert_eq!(3.position(3), Err("axis 3 is out of range for rank 3".into()));
/// ```
pub trait IntoAxis: Copy {
    /// The axis as a signed number.
    fn axis(self) -> isize;

    /// The axis as a position in a shape of the given rank.
    ///
    /// # Errors
    /// A message, if the shape has no such axis.
    fn position(self, rank: usize) -> Result<usize, String> {
        let axis = self.axis();
        let at = if axis < 0 { axis + rank as isize } else { axis };
        usize::try_from(at)
            .ok()
            .filter(|&at| at < rank)
            .ok_or_else(|| format!("axis {axis} is out of range for rank {rank}"))
    }
}

macro_rules! into_axis {
    ($($int:ty),*) => {$(
        impl IntoAxis for $int {
            /// A number that does not fit `isize` becomes its maximum, beyond every rank; wrapped to a
            /// negative one, it would count from the end.
            #[allow(clippy::useless_conversion, reason = "one of the types is isize")]
            fn axis(self) -> isize {
                self.try_into().unwrap_or(isize::MAX)
            }
        }
    )*};
}
into_axis!(i32, isize, usize);

impl From<RangeFull> for Axes {
    fn from(_: RangeFull) -> Self {
        Axes(None)
    }
}

impl<A: IntoAxis> From<A> for Axes {
    fn from(axis: A) -> Self {
        Axes(Some(std::iter::once(axis.axis()).collect()))
    }
}

impl<A: IntoAxis, const N: usize> From<[A; N]> for Axes {
    fn from(axes: [A; N]) -> Self {
        axes[..].into()
    }
}

impl<A: IntoAxis> From<&[A]> for Axes {
    fn from(axes: &[A]) -> Self {
        Axes(Some(axes.iter().map(|axis| axis.axis()).collect()))
    }
}

impl<A: IntoAxis> From<Vec<A>> for Axes {
    fn from(axes: Vec<A>) -> Self {
        axes[..].into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broadcasting_aligns_at_the_last_axis() {
        let b = |a: &[usize], b: &[usize]| Shape::from(a).broadcast(&Shape::from(b));
        assert_eq!(b(&[3], &[2, 3]), Some([2, 3].into()));
        assert_eq!(b(&[2, 1], &[1, 3]), Some([2, 3].into()));
        assert_eq!(b(&[], &[0, 3]), Some([0, 3].into()));
        assert_eq!(b(&[1], &[0]), Some([0].into()));
        assert_eq!(b(&[2], &[3]), None);
    }

    #[test]
    fn axes_count_from_the_end_and_refuse_nonsense() {
        assert_eq!(Axes::from([-1, 0]).resolve(3).as_deref(), Ok(&[0, 2][..]));
        assert_eq!(Axes::from(2).resolve(2), Err("axis 2 is out of range for rank 2".into()));
        assert_eq!(Axes::from([1, -1]).resolve(2), Err("axis -1 is given twice".into()));
        assert_eq!(Axes::from(..).resolve(2).as_deref(), Ok(&[0, 1][..]));
    }

    #[test]
    fn a_shape_too_large_to_count_saturates() {
        assert_eq!(Shape::from([usize::MAX, 2]).size(), usize::MAX);
        assert_eq!(Shape::from([usize::MAX, 2, 0]).size(), 0);
    }

    #[test]
    fn a_shape_is_judged_as_if_no_axis_were_empty() {
        let judged = |sizes: &[usize]| Shape::from(sizes).checked().is_ok();
        assert!(judged(&[]) && judged(&[0, 0]) && judged(&[MOST]) && judged(&[MOST, 0, 1]));
        assert!(!judged(&[MOST + 1]) && !judged(&[usize::MAX, 0]) && !judged(&[0, 1 << 32, 1 << 32]));
        assert_eq!(Shape::sum([usize::MAX, 1]), usize::MAX);
    }
}
