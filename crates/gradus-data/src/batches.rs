//! Rows in batches: seeded orders per epoch, and rows set aside for testing.

use super::{Purpose, positions, random, room, shuffle};
use gradus_tensor::{Error, Result};
use std::collections::BTreeMap;

/// The rows of a table, cut into batches anew in each epoch.
///
/// Without a seed the rows come in their own order. The last batch of an epoch may be short.
///
/// ```
/// use gradus_data::Batches;
/// # fn main() -> gradus_tensor::Result<()> {
/// let batches = Batches::new(10, 4)?;
/// let sizes: Vec<usize> = batches.epoch(0).map(|rows| rows.len()).collect();
/// assert_eq!(sizes, [4, 4, 2]);
///
/// let batches = batches.seed(7).drop_last();
/// assert_eq!(batches.epoch(3).len(), 2);
/// assert!(batches.epoch(3).eq(batches.epoch(3)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batches {
    rows: usize,
    size: usize,
    seed: Option<u64>,
    whole: bool,
}

impl Batches {
    /// Batches of `size` out of `rows` rows, in their own order.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the size is 0; [`Error::Memory`] if there is none for the order of the rows.
    pub fn new(rows: usize, size: usize) -> Result<Self> {
        // An epoch, which has no error to give, takes this room again.
        room::<usize>(rows, 1)?;
        match size {
            0 => Err(Error::Invalid("a batch of 0 rows would never end an epoch".into())),
            _ => Ok(Batches { rows, size, seed: None, whole: false }),
        }
    }

    /// Shuffles the rows of each epoch, in an order that follows from this seed and the epoch.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Leaves out the last batch of an epoch if it is short.
    ///
    /// If the size is above the number of rows, no batch is left.
    pub fn drop_last(mut self) -> Self {
        self.whole = true;
        self
    }

    /// Returns the number of batches in an epoch.
    pub fn per_epoch(&self) -> usize {
        match self.whole {
            true => self.rows / self.size,
            false => self.rows.div_ceil(self.size),
        }
    }

    /// Returns the batches of one epoch, each the positions of its rows.
    ///
    /// The order depends on the seed and the epoch's number only, so that a run resumed at epoch `k`, or at batch
    /// `b` of it with `.epoch(k).skip(b)`, goes on exactly as if it had never stopped.
    pub fn epoch(&self, number: u64) -> Epoch {
        let mut order: Vec<usize> = (0..self.rows).collect();
        if let Some(seed) = self.seed {
            shuffle(&mut order, &mut random(seed, Purpose::Order(number)));
        }
        if self.whole {
            order.truncate(self.per_epoch() * self.size);
        }
        Epoch { order: order.into_iter(), size: self.size }
    }
}

/// The batches of one epoch, made by [`Batches::epoch`].
#[derive(Clone, Debug)]
pub struct Epoch {
    order: std::vec::IntoIter<usize>,
    size: usize,
}

impl Iterator for Epoch {
    type Item = Vec<usize>;

    fn next(&mut self) -> Option<Vec<usize>> {
        let rows: Vec<usize> = self.order.by_ref().take(self.size).collect();
        (!rows.is_empty()).then_some(rows)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.order.len().div_ceil(self.size);
        (left, Some(left))
    }
}

impl ExactSizeIterator for Epoch {}
impl std::iter::FusedIterator for Epoch {}

/// Chooses rows for testing at random: the positions to train on, then those to test on.
///
/// The number of rows for testing is `n · test_fraction`, rounded. Both lists ascend.
///
/// ```
/// # fn main() -> gradus_tensor::Result<()> {
/// let (train, test) = gradus_data::split(150, 0.2, 7)?;
/// assert_eq!((train.len(), test.len()), (120, 30));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Error::Invalid`] if the fraction is not within 0 and 1, [`Error::Memory`] if there is none for the rows.
pub fn split(n: usize, test_fraction: f64, seed: u64) -> Result<(Vec<usize>, Vec<usize>)> {
    let total = share(n, test_fraction)?;
    let mut order = positions(n)?;
    shuffle(&mut order, &mut random(seed, Purpose::Split));
    let train = order.split_off(total);
    Ok(ascending(train, order))
}

/// Chooses rows for testing as [`split`] does, with every label in its proportion.
///
/// Each label gives its count times `test_fraction`, rounded up or down such that the total is that
/// of [`split`].
///
/// ```
/// # fn main() -> gradus_tensor::Result<()> {
/// let labels = [0, 0, 0, 0, 0, 0, 1, 1, 1];
/// let (train, test) = gradus_data::stratified(&labels, 1.0 / 3.0, 7)?;
/// assert_eq!(test.iter().filter(|&&row| labels[row] == 1).count(), 1);
/// assert_eq!((train.len(), test.len()), (6, 3));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Error::Invalid`] if the fraction is not within 0 and 1.
pub fn stratified(labels: &[usize], test_fraction: f64, seed: u64) -> Result<(Vec<usize>, Vec<usize>)> {
    let total = share(labels.len(), test_fraction)?;
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (row, &label) in labels.iter().enumerate() {
        groups.entry(label).or_default().push(row);
    }
    let mut groups: Vec<(f64, usize, Vec<usize>)> = groups
        .into_values()
        .map(|rows| {
            let exact = rows.len() as f64 * test_fraction;
            let down = exact as usize;
            (exact - down as f64, down, rows)
        })
        .collect();
    // The places that rounding down leaves open go to the largest remainders; the sort is stable,
    // so that equal remainders go by label.
    groups.sort_by(|a, b| b.0.total_cmp(&a.0));
    let open = total.saturating_sub(groups.iter().map(|group| group.1).sum());
    let mut random = random(seed, Purpose::Split);
    let (mut train, mut test) = (Vec::new(), Vec::new());
    for (i, (_, down, mut rows)) in groups.into_iter().enumerate() {
        shuffle(&mut rows, &mut random);
        let count = (down + usize::from(i < open)).min(rows.len());
        train.extend(rows.split_off(count));
        test.extend(rows);
    }
    Ok(ascending(train, test))
}

/// Returns the number of rows for testing, out of `n`.
fn share(n: usize, fraction: f64) -> Result<usize> {
    match (0.0..=1.0).contains(&fraction) {
        true => Ok((libm::round(n as f64 * fraction) as usize).min(n)),
        false => {
            Err(Error::Invalid(format!("the fraction of rows to test on is {fraction}, not within 0 and 1")))
        }
    }
}

fn ascending(mut train: Vec<usize>, mut test: Vec<usize>) -> (Vec<usize>, Vec<usize>) {
    train.sort_unstable();
    test.sort_unstable();
    (train, test)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(batches: &Batches, epoch: u64) -> Vec<usize> {
        batches.epoch(epoch).flatten().collect()
    }

    #[test]
    fn an_epoch_holds_every_row_once() -> Result<()> {
        let mut rows = order(&Batches::new(103, 10)?.seed(1), 5);
        assert!(!rows.is_sorted());
        rows.sort_unstable();
        assert!(rows.into_iter().eq(0..103));
        Ok(())
    }

    #[test]
    fn the_order_follows_from_seed_and_epoch_alone() -> Result<()> {
        let batches = Batches::new(50, 8)?.seed(7);
        let straight: Vec<_> = (0..4).map(|epoch| order(&batches, epoch)).collect();
        assert_eq!(order(&Batches::new(50, 8)?.seed(7), 3), straight[3]);
        assert_ne!(straight[2], straight[3]);
        assert_ne!(order(&Batches::new(50, 8)?.seed(8), 3), straight[3]);
        // Another batch size cuts the same order elsewhere.
        assert_eq!(order(&Batches::new(50, 3)?.seed(7), 3), straight[3]);
        Ok(())
    }

    #[test]
    fn the_order_of_a_seed_never_changes_between_releases() -> Result<()> {
        assert_eq!(order(&Batches::new(10, 3)?.seed(7), 2), [6, 2, 0, 5, 1, 8, 3, 4, 7, 9]);
        assert_eq!(split(10, 0.3, 7)?.1, [2, 3, 6]);
        Ok(())
    }

    #[test]
    fn the_short_batch_is_kept_unless_dropped() -> Result<()> {
        let sizes = |batches: &Batches| batches.epoch(0).map(|rows| rows.len()).collect::<Vec<_>>();
        let batches = Batches::new(7, 3)?;
        assert_eq!((sizes(&batches), batches.per_epoch()), (vec![3, 3, 1], 3));
        let batches = batches.drop_last();
        assert_eq!((sizes(&batches), batches.per_epoch()), (vec![3, 3], 2));
        assert_eq!(batches.epoch(0).skip(1).collect::<Vec<_>>(), [[3, 4, 5]]);
        assert_eq!(sizes(&Batches::new(6, 3)?), [3, 3]);
        assert_eq!(sizes(&Batches::new(0, 3)?), [0; 0]);
        assert_eq!(sizes(&Batches::new(2, 3)?.drop_last()), [0; 0]);
        assert_eq!(sizes(&Batches::new(2, usize::MAX)?), [2]);
        Ok(())
    }

    #[test]
    fn the_length_counts_down_as_batches_are_taken() -> Result<()> {
        let mut epoch = Batches::new(7, 3)?.epoch(0);
        let lengths: Vec<usize> = (0..4).map(|_| (epoch.len(), epoch.next()).0).collect();
        assert_eq!(lengths, [3, 2, 1, 0]);
        Ok(())
    }

    #[test]
    fn a_split_shares_out_all_rows() -> Result<()> {
        let (train, test) = split(101, 0.25, 3)?;
        assert_eq!((train.len(), test.len()), (76, 25));
        let mut all = [train, test.clone()].concat();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..101));
        assert_eq!(split(101, 0.25, 3)?.1, test);
        assert_ne!(split(101, 0.25, 4)?.1, test);
        assert_eq!((split(5, 0.0, 0)?.1.len(), split(5, 1.0, 0)?.0.len()), (0, 0));
        Ok(())
    }

    #[test]
    fn a_stratified_split_keeps_the_proportions() -> Result<()> {
        let labels: Vec<usize> = (0..100).map(|i| if i < 70 { 0 } else { 1 + i % 2 }).collect();
        let (train, test) = stratified(&labels, 0.25, 9)?;
        let count = |label| test.iter().filter(|&&row| labels[row] == label).count();
        // 17.5, 3.75 and 3.75 of 25.
        assert_eq!((count(0), count(1), count(2)), (17, 4, 4));
        let mut all = [train, test].concat();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..100));
        assert_eq!(stratified(&[], 0.5, 9)?, (vec![], vec![]));
        Ok(())
    }

    #[test]
    fn nonsense_is_refused() {
        for fraction in [25.0, -0.1, f64::NAN, f64::INFINITY] {
            assert!(matches!(split(10, fraction, 0), Err(Error::Invalid(_))), "{fraction}");
            assert!(matches!(stratified(&[0, 1], fraction, 0), Err(Error::Invalid(_))), "{fraction}");
        }
        assert!(matches!(Batches::new(10, 0), Err(Error::Invalid(_))));
    }
}
