//! The quality of predictions: accuracy, and the confusion of classes.

use gradus_tensor::{Error, Result};
use std::fmt;

/// The fraction of predictions that equal their label.
///
/// ```
/// # fn main() -> gradus_tensor::Result<()> {
/// assert_eq!(gradus_data::accuracy(&[0, 1, 1, 2], &[0, 1, 2, 2])?, 0.75);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Error::Invalid`] if there are no predictions, or more or fewer than labels.
pub fn accuracy(predicted: &[usize], labels: &[usize]) -> Result<f64> {
    paired(predicted, labels)?;
    let right = predicted.iter().zip(labels).filter(|(p, l)| p == l).count();
    Ok(right as f64 / labels.len() as f64)
}

/// A confusion matrix: how often each class was predicted for each label.
///
/// Displayed, it has a row for each true label and a column for each predicted one.
///
/// ```
/// use gradus_data::Confusion;
/// # fn main() -> gradus_tensor::Result<()> {
/// let confusion = Confusion::new(&[0, 1, 1, 1], &[0, 1, 0, 1], 3)?;
/// assert_eq!(confusion.count(0, 1), 1); // one 0 was taken for a 1
/// assert_eq!(confusion.recall(0), Some(0.5));
/// assert_eq!(confusion.precision(2), None); // 2 was never predicted
/// assert_eq!(confusion.to_string(), "\
/// true \\ predicted  0  1  2
///                0  1  1  0
///                1  0  2  0
///                2  0  0  0");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confusion {
    classes: usize,
    counts: Vec<usize>,
}

impl Confusion {
    /// Counts the predictions of each class for each label.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there are no predictions, or more or fewer than labels; if a prediction
    /// or a label is not below `classes`; or if there are too many classes for a matrix of them.
    pub fn new(predicted: &[usize], labels: &[usize], classes: usize) -> Result<Self> {
        paired(predicted, labels)?;
        for (what, list) in [("prediction", predicted), ("label", labels)] {
            if let Some((position, found)) = list.iter().enumerate().find(|&(_, &class)| class >= classes) {
                return Err(Error::Invalid(format!(
                    "{what} {found} at position {position} is not below {classes}, the number of classes"
                )));
            }
        }
        let mut counts = Vec::new();
        let size = classes.checked_mul(classes).filter(|&size| counts.try_reserve_exact(size).is_ok());
        let Some(size) = size else {
            return Err(Error::Invalid(format!(
                "a matrix of {classes} × {classes} classes does not fit in memory"
            )));
        };
        counts.resize(size, 0);
        for (p, l) in predicted.iter().zip(labels) {
            counts[l * classes + p] += 1;
        }
        Ok(Confusion { classes, counts })
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Returns how often a label was predicted as a class; 0 if there is no such label or class.
    pub fn count(&self, label: usize, predicted: usize) -> usize {
        match label < self.classes && predicted < self.classes {
            true => self.counts[label * self.classes + predicted],
            false => 0,
        }
    }

    /// The fraction of predictions that equal their label.
    pub fn accuracy(&self) -> f64 {
        let right: usize = (0..self.classes).map(|class| self.count(class, class)).sum();
        right as f64 / self.counts.iter().sum::<usize>() as f64
    }

    /// Returns the fraction of a class's predictions that were right, or `None` if there were none.
    pub fn precision(&self, class: usize) -> Option<f64> {
        self.fraction(class, (0..self.classes).map(|label| self.count(label, class)).sum())
    }

    /// Returns the fraction of a class's labels that were predicted, or `None` if there were none.
    pub fn recall(&self, class: usize) -> Option<f64> {
        self.fraction(class, (0..self.classes).map(|predicted| self.count(class, predicted)).sum())
    }

    fn fraction(&self, class: usize, of: usize) -> Option<f64> {
        (of > 0).then(|| self.count(class, class) as f64 / of as f64)
    }
}

impl fmt::Display for Confusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const CORNER: &str = "true \\ predicted";
        let largest = self.counts.iter().copied().max().unwrap_or(0).max(self.classes.saturating_sub(1));
        let width = largest.to_string().len();
        write!(f, "{CORNER}")?;
        for class in 0..self.classes {
            write!(f, "  {class:width$}")?;
        }
        for label in 0..self.classes {
            write!(f, "\n{label:corner$}", corner = CORNER.len())?;
            for predicted in 0..self.classes {
                write!(f, "  {:width$}", self.count(label, predicted))?;
            }
        }
        Ok(())
    }
}

fn paired(predicted: &[usize], labels: &[usize]) -> Result<()> {
    match (predicted.len(), labels.len()) {
        (0, 0) => Err(Error::Invalid("no predictions to judge".into())),
        (p, l) if p != l => Err(Error::Invalid(format!("{p} predictions were given for {l} labels"))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message<T>(found: Result<T>) -> String {
        found.map_or_else(|error| error.to_string(), |_| "fine".into())
    }

    #[test]
    fn accuracy_counts_what_is_right() -> Result<()> {
        assert_eq!(accuracy(&[1, 1, 1], &[1, 0, 1])?, 2.0 / 3.0);
        assert_eq!(accuracy(&[1], &[0])?, 0.0);
        Ok(())
    }

    #[test]
    fn precision_goes_by_column_and_recall_by_row() -> Result<()> {
        //                             right ─────┐  0 for 1, 1 for 2 twice
        let confusion = Confusion::new(&[0, 1, 2, 1, 2, 2], &[0, 1, 2, 0, 1, 1], 4)?;
        assert_eq!((confusion.count(0, 1), confusion.count(1, 0), confusion.count(1, 2)), (1, 0, 2));
        let each =
            |f: fn(&Confusion, usize) -> Option<f64>| (0..4).map(|c| f(&confusion, c)).collect::<Vec<_>>();
        assert_eq!(each(Confusion::precision), [Some(1.0), Some(0.5), Some(1.0 / 3.0), None]);
        assert_eq!(each(Confusion::recall), [Some(0.5), Some(1.0 / 3.0), Some(1.0), None]);
        assert_eq!((confusion.accuracy(), confusion.classes()), (0.5, 4));
        assert_eq!((confusion.count(4, 0), confusion.count(0, 4), confusion.precision(9)), (0, 0, None));
        Ok(())
    }

    #[test]
    fn the_table_is_aligned_whatever_the_counts() -> Result<()> {
        let (mut predicted, mut labels) = (vec![1; 120], vec![0; 120]);
        predicted.push(0);
        labels.push(1);
        let expected = "true \\ predicted    0    1\n               0    0  120\n               1    1    0";
        assert_eq!(Confusion::new(&predicted, &labels, 2)?.to_string(), expected);
        let wide = Confusion::new(&[0], &[11], 12)?.to_string();
        let lengths: Vec<usize> = wide.lines().map(str::len).collect();
        assert_eq!(lengths, [16 + 12 * 4; 13]);
        Ok(())
    }

    #[test]
    fn what_cannot_be_judged_is_refused() {
        assert_eq!(message(accuracy(&[], &[])), "no predictions to judge");
        assert_eq!(message(accuracy(&[1, 2], &[1])), "2 predictions were given for 1 labels");
        assert_eq!(message(Confusion::new(&[], &[1], 2)), "0 predictions were given for 1 labels");
        let out = "is not below 2, the number of classes";
        assert_eq!(message(Confusion::new(&[0, 2], &[0, 1], 2)), format!("prediction 2 at position 1 {out}"));
        assert_eq!(message(Confusion::new(&[0, 1], &[5, 1], 2)), format!("label 5 at position 0 {out}"));
        assert!(message(Confusion::new(&[0], &[0], usize::MAX)).ends_with("does not fit in memory"));
        assert!(message(Confusion::new(&[0], &[0], 1 << 31)).ends_with("does not fit in memory"));
    }
}
