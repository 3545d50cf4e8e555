//! The choice of columns of a table: positions, a range of them, or names.

use std::ops::{Bound, Range, RangeBounds, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

/// One or several columns of a table: positions from 0, a range of them, or names of the header.
///
/// ```
/// use gradus_data::csv::Columns;
/// let all: Columns = (..).into();
/// let first_four = Columns::from(..4);
/// let some = Columns::from([2, 0]);
/// let named = Columns::from(["width", "height"]);
/// let one = Columns::from("width");
/// # assert!(all != first_four && some != named && named != one);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns(Choice);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Choice {
    /// From the first up to, but not with, the second; without a second, to the end.
    Span(usize, Option<usize>),
    At(Vec<usize>),
    Named(Vec<String>),
}

impl Columns {
    /// Returns the positions meant in a table of `width` columns with these names, or the problem.
    pub(super) fn resolve(&self, width: usize, names: Option<&[String]>) -> Result<Vec<usize>, String> {
        let found = match &self.0 {
            Choice::Span(start, end) => {
                let end = end.unwrap_or(width);
                match end.checked_sub(1).filter(|_| end > width) {
                    Some(last) => return Err(outside(last, width)),
                    None => (*start..end).collect(),
                }
            }
            Choice::At(positions) => positions.clone(),
            Choice::Named(chosen) => {
                chosen.iter().map(|name| position(name, names)).collect::<Result<Vec<_>, _>>()?
            }
        };
        match found.iter().find(|&&at| at >= width) {
            Some(&at) => Err(outside(at, width)),
            None if found.is_empty() => Err("no columns were chosen".into()),
            None => Ok(found),
        }
    }
}

fn outside(at: usize, width: usize) -> String {
    format!("there is no column {at}: the columns are 0 to {}", width.saturating_sub(1))
}

fn position(name: &str, names: Option<&[String]>) -> Result<usize, String> {
    const SHOWN: usize = 10;
    let Some(names) = names else {
        return Err(format!("there is no column {name:?}: the columns have no names"));
    };
    let mut at = names.iter().enumerate().filter(|(_, other)| *other == name).map(|(at, _)| at);
    match (at.next(), at.next()) {
        (Some(at), None) => Ok(at),
        (Some(a), Some(b)) => Err(format!("columns {a} and {b} are both named {name:?}")),
        (None, _) => {
            let known: Vec<String> = names.iter().take(SHOWN).map(|name| format!("{name:?}")).collect();
            let more = if names.len() > SHOWN { ", …" } else { "" };
            Err(format!("there is no column {name:?}: the columns are {}{more}", known.join(", ")))
        }
    }
}

macro_rules! from_ranges {
    ($($range:ty),*) => {$(
        impl From<$range> for Columns {
            fn from(range: $range) -> Self {
                let start = match range.start_bound() {
                    Bound::Included(&at) => at,
                    Bound::Excluded(&at) => at.saturating_add(1),
                    Bound::Unbounded => 0,
                };
                let end = match range.end_bound() {
                    Bound::Included(&at) => Some(at.saturating_add(1)),
                    Bound::Excluded(&at) => Some(at),
                    Bound::Unbounded => None,
                };
                Columns(Choice::Span(start, end))
            }
        }
    )*};
}
from_ranges!(Range<usize>, RangeInclusive<usize>, RangeTo<usize>, RangeToInclusive<usize>, RangeFrom<usize>);

impl From<RangeFull> for Columns {
    fn from(_: RangeFull) -> Self {
        Columns(Choice::Span(0, None))
    }
}

impl From<usize> for Columns {
    fn from(position: usize) -> Self {
        [position].into()
    }
}

impl<const N: usize> From<[usize; N]> for Columns {
    fn from(positions: [usize; N]) -> Self {
        positions.to_vec().into()
    }
}

impl From<&[usize]> for Columns {
    fn from(positions: &[usize]) -> Self {
        positions.to_vec().into()
    }
}

impl From<Vec<usize>> for Columns {
    fn from(positions: Vec<usize>) -> Self {
        Columns(Choice::At(positions))
    }
}

impl From<&str> for Columns {
    fn from(name: &str) -> Self {
        [name].into()
    }
}

impl<const N: usize> From<[&str; N]> for Columns {
    fn from(names: [&str; N]) -> Self {
        names.as_slice().into()
    }
}

impl From<&[&str]> for Columns {
    fn from(names: &[&str]) -> Self {
        Columns(Choice::Named(names.iter().map(|&name| name.to_owned()).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(columns: impl Into<Columns>) -> Result<Vec<usize>, String> {
        let names = ["a", "b", "c", "b"].map(str::to_owned);
        columns.into().resolve(4, Some(&names))
    }

    #[test]
    fn ranges_positions_and_names_give_positions() {
        assert_eq!(resolve(..), Ok(vec![0, 1, 2, 3]));
        assert_eq!((resolve(1..), resolve(..2)), (Ok(vec![1, 2, 3]), Ok(vec![0, 1])));
        assert_eq!((resolve(1..=2), resolve(..=1)), (Ok(vec![1, 2]), Ok(vec![0, 1])));
        assert_eq!((resolve(3), resolve([2, 0, 2])), (Ok(vec![3]), Ok(vec![2, 0, 2])));
        assert_eq!((resolve("c"), resolve(["c", "a"])), (Ok(vec![2]), Ok(vec![2, 0])));
    }

    #[test]
    fn columns_that_are_not_there_are_named() {
        let outside = |at: usize| Err(format!("there is no column {at}: the columns are 0 to 3"));
        assert_eq!((resolve(4), resolve([0, 9]), resolve(2..6)), (outside(4), outside(9), outside(5)));
        assert_eq!(resolve(..=usize::MAX), outside(usize::MAX - 1));
        assert_eq!(resolve("d"), Err(r#"there is no column "d": the columns are "a", "b", "c", "b""#.into()));
        let nameless = Columns::from("a").resolve(4, None);
        assert_eq!(nameless, Err(r#"there is no column "a": the columns have no names"#.into()));
    }

    #[test]
    fn a_name_of_two_columns_is_refused() {
        assert_eq!(resolve("b"), Err(r#"columns 1 and 3 are both named "b""#.into()));
    }

    #[test]
    fn a_choice_of_nothing_is_refused() {
        let nothing = Err("no columns were chosen".into());
        assert_eq!(resolve(2..2), nothing);
        assert_eq!(resolve(Range { start: 3, end: 1 }), nothing);
        assert_eq!((resolve(4..), resolve([0_usize; 0])), (nothing.clone(), nothing));
    }
}
