//! A table of numbers, with the line of each row in its file.

use super::{Columns, TableReader};
use gradus_rows::Float;
use gradus_tensor::Tensor;
use gradus_tensor::error::FileErrorKind;
use gradus_tensor::{Error, Result};
use std::path::Path;

/// Rows of numbers from a CSV file, all of the same length, with the names of its header.
///
/// ```
/// use gradus_data::csv::Table;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("flowers.csv");
/// std::fs::write(&path, "width,height,kind\n1.5,2,0\n3,4.25,1\n")?;
/// let table = Table::read(&path)?;
/// assert_eq!(table.features::<f32>(..2)?.to_string(), "[[1.5, 2], [3, 4.25]]");
/// assert_eq!(table.features::<f64>(["height"])?.to_string(), "[[2], [4.25]]");
/// assert_eq!(table.labels("kind", 2)?.to_string(), "[0, 1]");
///
/// let error = table.labels("height", 9).unwrap_err().to_string();
/// assert!(error.ends_with("flowers.csv:3:2: 4.25 is not a label: a whole number below 9"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    pub(super) path: String,
    pub(super) names: Option<Vec<String>>,
    /// The number of fields in each row: 0 until the first line is read.
    pub(super) width: usize,
    /// The line that set the width.
    pub(super) first: u64,
    pub(super) values: Vec<f64>,
    /// The line of each row.
    pub(super) lines: Vec<u64>,
}

impl Table {
    /// Reads a CSV file with a header, plain or gzip; [`TableReader`] reads others.
    ///
    /// # Errors
    /// As [`TableReader::read`] has them.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        TableReader::new().read(path)
    }

    pub(super) fn new(path: String) -> Self {
        Table { path, names: None, width: 0, first: 0, values: Vec::new(), lines: Vec::new() }
    }

    /// Returns the number of rows, without the header.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Tells whether there are no rows; always false for a table returned by `read`.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Returns the number of columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Returns the names of the columns, if the file has a header.
    pub fn names(&self) -> Option<&[String]> {
        self.names.as_deref()
    }

    /// Returns the rows, one after another.
    pub fn rows(&self) -> std::slice::ChunksExact<'_, f64> {
        self.values.chunks_exact(self.width.max(1))
    }

    /// The numbers of the chosen columns, `[rows, columns]`, each rounded to `E`.
    ///
    /// # Errors
    /// [`Error::File`] if there is no such column; [`Error::Cell`] if a finite number is too large
    /// for `E`.
    pub fn features<E: Float>(&self, columns: impl Into<Columns>) -> Result<Tensor<E>> {
        let columns = self.resolve(&columns.into())?;
        let mut data = Vec::new();
        for (row, &line) in self.rows().zip(&self.lines) {
            for &column in &columns {
                let x = row[column];
                let rounded = E::from_f64(x);
                if x.is_finite() && !rounded.is_finite() {
                    return Err(self.cell(line, column, format!("{x:e} is too large for {}", E::DTYPE)));
                }
                data.push(rounded);
            }
        }
        Tensor::new([self.len(), columns.len()], data)
    }

    /// The numbers of one column as labels, `[rows]`.
    ///
    /// # Errors
    /// [`Error::File`] if there is no such column, or more than one was chosen; [`Error::Cell`] if a
    /// number is not a whole one from 0 and below `classes`.
    pub fn labels(&self, column: impl Into<Columns>, classes: usize) -> Result<Tensor<usize>> {
        let &[column] = &self.resolve(&column.into())?[..] else {
            return Err(self.refused("labels come from one column, but several were chosen".into()));
        };
        let label = |(row, &line): (&[f64], &u64)| {
            let x = row[column];
            // The conversion saturates, so that what is no index at all fails the comparison.
            let label = x as usize;
            match x >= 0.0 && x == libm::trunc(x) && label < classes {
                true => Ok(label),
                false => Err(self.cell(
                    line,
                    column,
                    format!("{x} is not a label: a whole number below {classes}"),
                )),
            }
        };
        self.rows().zip(&self.lines).map(label).collect()
    }

    fn resolve(&self, columns: &Columns) -> Result<Vec<usize>> {
        columns.resolve(self.width, self.names()).map_err(|problem| self.refused(problem))
    }

    fn refused(&self, problem: String) -> Error {
        Error::file(&self.path, FileErrorKind::Content, problem)
    }

    /// Returns the error of one cell, its column counted from 0.
    pub(super) fn cell(&self, line: u64, column: usize, problem: String) -> Error {
        Error::Cell { path: self.path.clone(), line, column: column + 1, problem }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        Table {
            path: "t.csv".into(),
            names: Some(["x", "y", "kind"].map(str::to_owned).to_vec()),
            width: 3,
            first: 1,
            values: vec![0.5, 1e300, 2.0, -1.0, 7.0, 0.0],
            lines: vec![2, 5],
        }
    }

    fn message<T>(found: Result<T>) -> String {
        found.map_or_else(|error| error.to_string(), |_| "fine".into())
    }

    #[test]
    fn features_are_the_chosen_columns_in_their_order() -> Result<()> {
        let table = table();
        assert_eq!(table.features::<f64>(["kind", "x"])?, Tensor::from([[2.0, 0.5], [0.0, -1.0]]));
        assert_eq!(table.features::<f32>([0, 2])?, Tensor::from([[0.5, 2.0], [-1.0, 0.0]]));
        assert_eq!(table.features::<f64>(..)?.data(), table.values);
        Ok(())
    }

    #[test]
    fn a_number_too_large_for_the_element_type_is_named() {
        assert_eq!(message(table().features::<f32>(..)), "t.csv:2:2: 1e300 is too large for F32");
    }

    #[test]
    fn infinite_numbers_that_were_allowed_stay_so() -> Result<()> {
        let mut table = table();
        table.values[1] = f64::INFINITY;
        assert_eq!(table.features::<f32>(1)?.data(), [f32::INFINITY, 7.0]);
        Ok(())
    }

    #[test]
    fn labels_are_whole_numbers_below_the_classes() -> Result<()> {
        let table = table();
        assert_eq!(table.labels("kind", 3)?, Tensor::from([2, 0]));
        let text = |x, classes| format!("{x} is not a label: a whole number below {classes}");
        assert_eq!(message(table.labels(2, 2)), format!("t.csv:2:3: {}", text("2", 2)));
        assert_eq!(message(table.labels(0, 9)), format!("t.csv:2:1: {}", text("0.5", 9)));
        let mut negative = table.clone();
        negative.values[0] = 0.0;
        assert_eq!(message(negative.labels(0, 9)), format!("t.csv:5:1: {}", text("-1", 9)));
        for x in [f64::NAN, f64::INFINITY, 1e300] {
            negative.values[0] = x;
            assert!(message(negative.labels(0, usize::MAX)).starts_with("t.csv:2:1: "), "{x}");
        }
        Ok(())
    }

    #[test]
    fn a_column_that_is_not_there_is_an_error_of_the_file() {
        assert_eq!(
            message(table().features::<f32>(1..4)),
            "t.csv: there is no column 3: the columns are 0 to 2"
        );
        let several = "t.csv: labels come from one column, but several were chosen";
        assert_eq!(message(table().labels([0, 2], 3)), several);
    }

    #[test]
    fn a_file_is_read_with_names_and_rows() -> std::result::Result<(), Box<dyn std::error::Error>> {
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), " x ,\"the label\"\n1.5,0\n\n2.5,1\n")?;
        let table = Table::read(file.path())?;
        assert_eq!(table.names(), Some(&["x".to_owned(), "the label".to_owned()][..]));
        assert_eq!((table.len(), table.width(), table.is_empty()), (2, 2, false));
        assert_eq!(table.rows().collect::<Vec<_>>(), [[1.5, 0.0], [2.5, 1.0]]);
        assert_eq!(table.lines, [2, 4]);
        Ok(())
    }
}
