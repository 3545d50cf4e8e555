//! Tables of numbers from CSV files, plain or gzip, with errors that name the line and the field.
//!

mod columns;
mod table;
mod text;

pub use columns::Columns;
pub use table::Table;

use ::csv::{ByteRecord, ReaderBuilder};
use gradus_tensor::error::FileErrorKind;
use gradus_tensor::{Error, Result};
use std::path::Path;
use text::Lines;

/// Options for reading a CSV file; [`Table::read`] uses the defaults.
///
/// ```
/// use gradus_data::csv::TableReader;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("points.csv");
/// std::fs::write(&path, "0.5; 1\n-2; 3\n")?;
/// let table = TableReader::new().header(false).delimiter(b';').read(&path)?;
/// assert_eq!(table.features::<f32>(..)?.to_string(), "[[0.5, 1], [-2, 3]]");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableReader {
    header: Option<bool>,
    delimiter: u8,
    comment: Option<u8>,
    non_finite: bool,
    limit: u64,
}

impl Default for TableReader {
    fn default() -> Self {
        TableReader { header: None, delimiter: b',', comment: None, non_finite: false, limit: 1 << 30 }
    }
}

impl TableReader {
    /// The defaults: a header, commas, no comments, finite numbers, and at most 1 GiB of text.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets whether the first line names the columns.
    ///
    /// If this is not called, the first line is a header, and one of numbers only is refused: a row
    /// of data would be lost. So is one that looks like a comment, such as `# made in May`.
    pub fn header(mut self, present: bool) -> Self {
        self.header = Some(present);
        self
    }

    /// Sets the byte between two fields.
    pub fn delimiter(mut self, byte: u8) -> Self {
        self.delimiter = byte;
        self
    }

    /// Sets the byte that makes a line a comment if it is its first one; such lines are skipped, wherever they stand.
    ///
    /// ```
    /// use gradus_data::csv::TableReader;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("points.csv");
    /// std::fs::write(&path, "# measured in May\nx,y\n0.5,1\n# a pause\n-2,3\n")?;
    /// let table = TableReader::new().comment(b'#').read(&path)?;
    /// assert_eq!(table.features::<f32>(["x", "y"])?.to_string(), "[[0.5, 1], [-2, 3]]");
    /// # Ok(())
    /// # }
    /// ```
    pub fn comment(mut self, byte: u8) -> Self {
        self.comment = Some(byte);
        self
    }

    /// Sets whether cells such as `inf` and `NaN` are allowed.
    pub fn non_finite(mut self, allowed: bool) -> Self {
        self.non_finite = allowed;
        self
    }

    /// Sets the largest text that is read, in bytes and after decompression.
    ///
    /// It keeps a small file that decompresses to a huge one from filling the memory.
    pub fn limit(mut self, bytes: u64) -> Self {
        self.limit = bytes;
        self
    }

    /// Reads a CSV file of numbers, plain or gzip.
    ///
    /// It is taken for gzip if it starts as gzip does, whatever its name. Fields may be quoted, and
    /// spaces around a number are ignored. Blank lines are skipped.
    ///
    /// # Errors
    /// [`Error::Cell`] for a row that is longer or shorter than the first, and for a cell that is
    /// empty or not a number; [`Error::Io`] if the file cannot be read; [`Error::File`] if it has no
    /// rows, has a first line that may be no header, is damaged gzip or above the limit;
    /// [`Error::Invalid`] for a delimiter, or a mark of comments, that could be part of a number, a quote or a line break.
    pub fn read(&self, path: impl AsRef<Path>) -> Result<Table> {
        let of_numbers =
            |byte: u8| !byte.is_ascii() || byte.is_ascii_alphanumeric() || b"+-.\"\r\n".contains(&byte);
        let byte = self.delimiter;
        if of_numbers(byte) {
            return Err(Error::Invalid(format!("{:?} cannot separate numbers", char::from(byte))));
        }
        if let Some(mark) =
            self.comment.filter(|&mark| of_numbers(mark) || mark == byte || b" \t".contains(&mark))
        {
            return Err(Error::Invalid(format!(
                "{:?} cannot begin a comment: a row of the table may begin with it",
                char::from(mark)
            )));
        }
        let path = path.as_ref();
        self.parse(path.display().to_string(), &text::read(path, self.limit)?)
    }

    fn parse(&self, path: String, text: &[u8]) -> Result<Table> {
        // Ragged rows are let through, so that they are reported like every other wrong cell.
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.delimiter)
            .comment(self.comment)
            .from_reader(text);
        let (mut record, mut lines) = (ByteRecord::new(), Lines::new(text, self.comment));
        let mut table = Table::new(path);
        while reader
            .read_byte_record(&mut record)
            .map_err(|error| Error::file(&table.path, FileErrorKind::Damaged, error.to_string()))?
        {
            let line = lines.of(record.position().map_or(0, ::csv::Position::byte));
            if lines.byte().is_none() {
                // The reader takes the end of a comment that ends the text for a record.
                continue;
            }
            let mark = commented(&record).filter(|_| lines.byte() != Some(b'"'));
            if table.width > 0 || self.header == Some(false) {
                self.push(&mut table, &record, line, mark)?;
                continue;
            }
            if self.header.is_none() && record.iter().all(|cell| number(cell, true).is_ok()) {
                let problem =
                    "the first line is all numbers: `TableReader::header` says whether it is a header";
                return Err(Error::file(&table.path, FileErrorKind::Content, problem));
            }
            if self.header.is_none()
                && let Some(mark) = mark
            {
                let problem = format!(
                    "line {line} looks like a comment: {}; `TableReader::comment(b{mark:?})` skips such lines, and `TableReader::header(true)` takes this one for the header",
                    quoted(&record[0])
                );
                return Err(Error::file(&table.path, FileErrorKind::Content, problem));
            }
            table.width = record.len();
            table.first = line;
            table.names =
                Some(record.iter().map(|cell| String::from_utf8_lossy(cell).trim().to_owned()).collect());
        }
        match (text.is_empty(), table.is_empty()) {
            (true, _) => Err(Error::file(&table.path, FileErrorKind::Empty, "the file is empty")),
            (_, true) => Err(Error::file(&table.path, FileErrorKind::Empty, "there are no rows of numbers")),
            _ => Ok(table),
        }
    }

    fn push(&self, table: &mut Table, record: &ByteRecord, line: u64, mark: Option<char>) -> Result<()> {
        if table.width == 0 {
            (table.width, table.first) = (record.len(), line);
        }
        for (i, cell) in record.iter().enumerate().take(table.width) {
            let value = number(cell, self.non_finite).map_err(|problem| {
                let mark = mark.filter(|_| i == 0 && self.comment.is_none());
                let hint = mark
                    .map(|mark| format!(" (`TableReader::comment(b{mark:?})` skips lines that begin so)"));
                table.cell(line, i, problem + &hint.unwrap_or_default())
            })?;
            table.values.push(value);
        }
        // After the cells: none of them spans lines, so that the line is that of every field.
        if record.len() != table.width {
            let at = record.len().min(table.width);
            let surplus =
                record.get(at).map(|cell| format!(", {} is too many", quoted(cell))).unwrap_or_default();
            let problem =
                format!("{} fields, but line {} has {}{surplus}", record.len(), table.first, table.width);
            return Err(table.cell(line, at, problem));
        }
        table.lines.push(line);
        Ok(())
    }
}

/// Returns the mark of a comment that a line begins with. A column may be called by the mark alone: `#,name,height`.
fn commented(record: &ByteRecord) -> Option<char> {
    let first = record.get(0)?.trim_ascii();
    let mark = *first.first().filter(|byte| b"#%;!/".contains(byte))?;
    let alone = first.len() == 1 && record.len() > 1;
    (!alone && (mark != b'/' || first.starts_with(b"//"))).then_some(char::from(mark))
}

/// Returns the number in a cell, or the problem.
fn number(cell: &[u8], non_finite: bool) -> Result<f64, String> {
    // Line breaks are no such space: a quote that is never closed must not go unnoticed.
    let text = std::str::from_utf8(cell).unwrap_or("not UTF-8").trim_matches([' ', '\t']);
    match text.parse::<f64>() {
        Ok(x) if x.is_finite() || non_finite => Ok(x),
        Ok(_) => Err(format!("{} is not finite (`TableReader::non_finite` allows it)", quoted(cell))),
        Err(_) if text.is_empty() => Err("the cell is empty".into()),
        Err(_) => Err(format!("{} is not a number", quoted(cell))),
    }
}

/// Returns the text of a cell for an error message, shortened where it is long.
fn quoted(cell: &[u8]) -> String {
    const SHOWN: usize = 40;
    let text = String::from_utf8_lossy(cell);
    let text = text.trim_matches([' ', '\t']);
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(reader: TableReader, text: &[u8]) -> String {
        match reader.parse("t.csv".into(), text) {
            Ok(table) => format!("{:?} {:?}", table.values, table.lines),
            Err(error) => error.to_string(),
        }
    }

    fn plain(text: &str) -> String {
        parse(TableReader::new().header(false), text.as_bytes())
    }

    #[test]
    fn numbers_are_read_with_quotes_spaces_and_any_line_break() {
        assert_eq!(plain("1, 2.5\r\n\"-3e2\",\t4 \n"), "[1.0, 2.5, -300.0, 4.0] [1, 2]");
        assert_eq!(plain("1\r2\r3"), "[1.0, 2.0, 3.0] [1, 2, 3]");
        assert_eq!(plain("\u{feff}1\n2"), "[1.0, 2.0] [1, 2]");
        assert_eq!(parse(TableReader::new().header(false).delimiter(b'\t'), b"1\t 2"), "[1.0, 2.0] [1]");
    }

    #[test]
    fn a_wrong_cell_is_named_by_line_and_column_with_its_text() {
        assert_eq!(plain("1,2\n3,x4\n"), "t.csv:2:2: \"x4\" is not a number");
        assert_eq!(plain("1,2\n , 4\n"), "t.csv:2:1: the cell is empty");
        assert_eq!(parse(TableReader::new(), b"a,b\n1,\xff\n"), "t.csv:2:2: \"\u{fffd}\" is not a number");
        let long = format!("t.csv:1:1: \"{}\"… is not a number", "é".repeat(40));
        assert_eq!(plain(&"é".repeat(100)), long);
    }

    #[test]
    fn blank_lines_and_a_header_of_two_lines_do_not_shift_the_line() {
        assert_eq!(plain("\n\n1\n\n\r\n2\nx"), "t.csv:7:1: \"x\" is not a number");
        assert_eq!(plain("\u{feff}1\r\n\r\n\r\nx\r\n"), "t.csv:4:1: \"x\" is not a number");
        assert_eq!(
            parse(TableReader::new(), b"\"a\nb\",c\r\n1,2\r\n3,-\r\n"),
            "t.csv:4:2: \"-\" is not a number"
        );
    }

    #[test]
    fn a_ragged_row_is_named_by_line_and_column() {
        assert_eq!(plain("1,2,3\n4,5\n"), "t.csv:2:3: 2 fields, but line 1 has 3");
        assert_eq!(plain("\n1,2\n4,5,6,7\n"), "t.csv:3:3: 4 fields, but line 2 has 2, \"6\" is too many");
        assert_eq!(parse(TableReader::new(), b"a,b\n1\n"), "t.csv:2:2: 1 fields, but line 1 has 2");
    }

    #[test]
    fn numbers_that_are_not_finite_need_permission() {
        for text in ["inf", "-Infinity", "NaN", "1e999"] {
            let refused = format!("t.csv:2:1: {text:?} is not finite (`TableReader::non_finite` allows it)");
            assert_eq!(plain(&format!("1\n{text}")), refused);
        }
        let allowed = parse(TableReader::new().header(false).non_finite(true), b"nan,-inf");
        assert_eq!(allowed, "[NaN, -inf] [1]");
    }

    #[test]
    fn a_header_of_numbers_is_refused_unless_it_is_said_to_be_one() {
        let refused =
            "t.csv: the first line is all numbers: `TableReader::header` says whether it is a header";
        assert_eq!(parse(TableReader::new(), b"0,1\n2,3\n"), refused);
        assert_eq!(parse(TableReader::new().header(true), b"0,1\n2,3\n"), "[2.0, 3.0] [2]");
    }

    #[test]
    fn comments_are_skipped_if_they_are_told_and_lines_are_counted_on() {
        let of = |text: &str| parse(TableReader::new().comment(b'#'), text.as_bytes());
        assert_eq!(of("# a, b\nx,y\n1,2\n#\n#,\"\n3,4\n# end"), "[1.0, 2.0, 3.0, 4.0] [3, 6]");
        assert_eq!(of("\u{feff}# a\r\n\r\nx\r\n# b\r\n\r\n5\r\n"), "[5.0] [6]");
        assert_eq!(of("# a\nx\n# b\n# c\n-\n"), "t.csv:5:1: \"-\" is not a number");
        assert_eq!(of("x\n1\n #2\n"), "t.csv:3:1: \"#2\" is not a number");
        assert_eq!(of("# a\n# b\n"), "t.csv: there are no rows of numbers");
        let plain = parse(TableReader::new().comment(b'%').header(false), b"% a\n1;2\n");
        assert_eq!(plain, "t.csv:2:1: \"1;2\" is not a number");
        for byte in [b'.', b'-', b'e', b'0', b'"', b'\n', b',', b' ', b'\t', 0xff] {
            let found = TableReader::new().comment(byte).read("nowhere");
            assert!(matches!(found, Err(Error::Invalid(_))), "{byte}");
        }
    }

    #[test]
    fn a_comment_in_the_place_of_the_header_is_told() {
        for (text, mark) in [
            ("# made in May\nx,y\n1,2\n", '#'),
            ("#x,y\n1,2\n", '#'),
            ("# x, y\n1,2\n", '#'),
            ("  # a\nx\n1\n", '#'),
            ("#\nx\n1\n", '#'),
            ("\u{feff}# a\nx\n1\n", '#'),
            ("% a\nx\n1\n", '%'),
            ("; a\nx\n1\n", ';'),
            ("!a\nx\n1\n", '!'),
            ("// a\nx\n1\n", '/'),
        ] {
            let error = parse(TableReader::new(), text.as_bytes());
            let words = format!("`TableReader::comment(b'{mark}')` skips such lines");
            assert!(
                error.starts_with("t.csv: line 1 looks like a comment: \"") && error.contains(&words),
                "{error}"
            );
        }
        // Who says that it is a header has one, as `numpy.savetxt` writes it.
        assert_eq!(parse(TableReader::new().header(true), b"# x,y\n1,2\n"), "[1.0, 2.0] [2]");
        assert_eq!(parse(TableReader::new(), b"#,Name\n1,2\n"), "[1.0, 2.0] [2]");
        assert_eq!(parse(TableReader::new(), b"/x,y\n1,2\n"), "[1.0, 2.0] [2]");
        assert_eq!(parse(TableReader::new(), b"\"#x\",y\n1,2\n"), "[1.0, 2.0] [2]");
        // A comment between the rows is a wrong cell, and told how to be skipped.
        let hint =
            "t.csv:3:1: \"# a\" is not a number (`TableReader::comment(b'#')` skips lines that begin so)";
        assert_eq!(parse(TableReader::new(), b"x\n1\n# a\n2\n"), hint);
        assert_eq!(parse(TableReader::new(), b"x,y\n1,#2\n"), "t.csv:2:2: \"#2\" is not a number");
    }

    #[test]
    fn a_table_without_rows_is_refused() {
        assert_eq!(plain(""), "t.csv: the file is empty");
        assert_eq!(plain("\n \n"), "t.csv:2:1: the cell is empty");
        assert_eq!(plain("\n\n"), "t.csv: there are no rows of numbers");
        assert_eq!(parse(TableReader::new(), b"a,b\n"), "t.csv: there are no rows of numbers");
    }

    #[test]
    fn a_quote_that_is_never_closed_is_refused() {
        assert_eq!(plain("1,2\n3,\"4\n5,6\n"), "t.csv:2:2: \"4\\n5,6\\n\" is not a number");
        assert_eq!(plain("1,2\n3,\"4\n"), "t.csv:2:2: \"4\\n\" is not a number");
    }

    #[test]
    fn a_delimiter_that_numbers_need_is_refused() {
        for byte in [b'.', b'-', b'e', b'0', b'"', b'\n', 0xff] {
            let found = TableReader::new().delimiter(byte).read("nowhere");
            assert!(matches!(found, Err(Error::Invalid(_))), "{byte}");
        }
    }

    #[test]
    fn arbitrary_bytes_give_a_table_or_an_error() {
        let bytes = b"1,\"\n\r;\xff\xef\xbb\xbf.e-\0 a";
        let mut state = 1_u32;
        let mut draw = |n: usize| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as usize % n
        };
        let mut tables = 0;
        for _ in 0..20_000 {
            let text: Vec<u8> = (0..draw(12)).map(|_| bytes[draw(bytes.len())]).collect();
            if let Ok(table) = TableReader::new().header(false).parse(String::new(), &text) {
                assert_eq!(table.values.len(), table.len() * table.width());
                assert!(!table.is_empty() && table.lines.is_sorted());
                tables += 1;
            }
        }
        assert!(tables > 100, "{tables}");
    }
}
