//! The shape that elements are to be given, in which one size may be left open.

use crate::shape::{List, Shape};

/// The sizes of a new shape for the same elements. One of them may be −1: as many as the elements fill.
///
/// ```
/// use gradus_tensor::{NewShape, Shape};
/// let of = |sizes: NewShape| sizes.of(&Shape::from([2, 3, 4]));
/// assert_eq!(of([6, -1].into()), Ok(Shape::from([6, 4])));
/// assert_eq!(of((-1).into()), Ok(Shape::from([24])));
/// assert!(of([5, -1].into()).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewShape {
    /// The sizes, with 1 in place of the open one.
    sizes: List,
    /// The axes whose size is open; more than one is a mistake.
    open: List,
    /// A negative size other than −1.
    wrong: Option<i128>,
}

impl NewShape {
    /// The shape that the sizes are for the elements of a value of shape `from`, or a message that says why there is
    /// none. Sizes of which none is open are returned as they are.
    ///
    /// # Errors
    /// A message if the open size is no whole number, could be any, or is not the only one.
    pub fn of(&self, from: &Shape) -> Result<Shape, String> {
        let fixed = Shape::from(&self.sizes[..]);
        if let Some(wrong) = self.wrong {
            return Err(format!("{wrong} is no size; -1 stands for the one that follows from the others"));
        }
        match self.open[..] {
            [] => Ok(fixed),
            [at] => match fixed.size() {
                0 => Err("beside a size of 0, the size at -1 could be any".into()),
                rest if from.size().is_multiple_of(rest) => Ok(fixed.with(at, from.size() / rest)),
                rest => Err(format!(
                    "shape {from} has {} elements, which do not divide into {rest}, the size of all axes but the one at -1",
                    from.size()
                )),
            },
            _ => Err(format!("only one size can be -1, and there are {}", self.open.len())),
        }
    }
}

/// A number that is a size, or −1.
pub trait IntoSize: Copy {
    /// The number.
    fn size(self) -> i128;
}

macro_rules! into_size {
    ($($int:ty),*) => {$(
        impl IntoSize for $int {
            fn size(self) -> i128 {
                self as i128
            }
        }
    )*};
}
into_size!(i32, isize, usize);

impl<I: IntoSize> FromIterator<I> for NewShape {
    fn from_iter<T: IntoIterator<Item = I>>(sizes: T) -> Self {
        let mut new = NewShape { sizes: List::new(), open: List::new(), wrong: None };
        for (at, size) in sizes.into_iter().enumerate() {
            let size = size.size();
            match usize::try_from(size) {
                Ok(size) => new.sizes.push(size),
                Err(_) => {
                    new.sizes.push(1);
                    new.open.push(at);
                    new.wrong = new.wrong.or(Some(size).filter(|&size| size != -1));
                }
            }
        }
        new
    }
}

impl<I: IntoSize> From<I> for NewShape {
    fn from(size: I) -> Self {
        [size].into()
    }
}

impl<I: IntoSize, const N: usize> From<[I; N]> for NewShape {
    fn from(sizes: [I; N]) -> Self {
        sizes.into_iter().collect()
    }
}

impl<I: IntoSize> From<&[I]> for NewShape {
    fn from(sizes: &[I]) -> Self {
        sizes.iter().copied().collect()
    }
}

impl<I: IntoSize> From<Vec<I>> for NewShape {
    fn from(sizes: Vec<I>) -> Self {
        sizes[..].into()
    }
}

impl From<()> for NewShape {
    fn from((): ()) -> Self {
        Shape::scalar().into()
    }
}

impl From<Shape> for NewShape {
    fn from(shape: Shape) -> Self {
        shape[..].into()
    }
}

impl From<&Shape> for NewShape {
    fn from(shape: &Shape) -> Self {
        shape[..].into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_size_is_what_the_elements_fill() {
        let of = |sizes: &[isize]| {
            NewShape::from(sizes).of(&Shape::from([2, 3, 2])).map_err(|e| e[..24].to_string())
        };
        assert_eq!(of(&[-1]), Ok([12].into()));
        assert_eq!(of(&[3, -1, 2]), Ok([3, 2, 2].into()));
        assert_eq!(of(&[12, -1]), Ok([12, 1].into()));
        // Fixed sizes are judged by the caller.
        assert_eq!(of(&[5]), Ok([5].into()));
        assert_eq!(of(&[]), Ok(Shape::scalar()));
        assert_eq!(of(&[-1, 5]), Err("shape [2, 3, 2] has 12 e".into()));
        assert_eq!(of(&[-1, -1]), Err("only one size can be -1,".into()));
        assert_eq!(of(&[-2, 6]), Err("-2 is no size; -1 stands".into()));
        assert_eq!(of(&[0, -1]), Err("beside a size of 0, the ".into()));
        let nothing = NewShape::from([-1, 3]).of(&Shape::from([0, 3]));
        assert_eq!(nothing, Ok([0, 3].into()));
        assert!(NewShape::from([usize::MAX, 2]).of(&Shape::from([2])).is_ok());
    }
}
