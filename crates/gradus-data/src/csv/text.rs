//! The bytes of a text file, decompressed if they are gzip, up to a limit, and where its lines
//! begin.

use flate2::read::MultiGzDecoder;
use gradus_tensor::error::FileErrorKind;
use gradus_tensor::{Error, Result};
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::Path;

/// The bytes that some programs begin a text with; the reader of records skips them.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The first bytes of every gzip file.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Reads a file whole, unless its text is longer than `limit` bytes.
pub(super) fn read(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let name = path.display().to_string();
    let refused = |source| Error::Io { path: name.clone(), source };

    let mut file = BufReader::new(File::open(path).map_err(refused)?);
    let mut start = Vec::new();
    file.by_ref().take(GZIP.len() as u64).read_to_end(&mut start).map_err(refused)?;
    let gzip = start == GZIP;
    let whole = start.chain(file);

    let mut text = Vec::new();
    // One byte more than the limit distinguishes a longer text from one that just fits.
    let most = limit.saturating_add(1);
    let found = match gzip {
        true => MultiGzDecoder::new(whole).take(most).read_to_end(&mut text),
        false => whole.take(most).read_to_end(&mut text),
    };
    found.map_err(|source| match source.kind() {
        // An error of the system has its number; any other is the decoder's.
        _ if !gzip || source.raw_os_error().is_some() => refused(source),
        ErrorKind::UnexpectedEof => {
            Error::file(&name, FileErrorKind::Damaged, "the gzip data ends too early")
        }
        _ => {
            let problem = format!("the gzip data is damaged: {source}");
            Error::File {
                path: name.clone(),
                kind: FileErrorKind::Damaged,
                problem,
                source: Some(source.into()),
            }
        }
    })?;
    match text.len() as u64 > limit {
        true => {
            let problem = format!(
                "the text is longer than the limit of {limit} bytes (`TableReader::limit` sets another)"
            );
            Err(Error::file(name, FileErrorKind::TooLong, problem))
        }
        false => Ok(text),
    }
}

/// Counts lines up to ascending positions of a text.
///
/// The `csv` crate's own line numbers are of no use here: its position of a record lies before the
/// blank lines and the comments that it skips.
pub(super) struct Lines<'a> {
    text: &'a [u8],
    comment: Option<u8>,
    start: usize,
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a [u8], comment: Option<u8>) -> Self {
        let start = if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        Lines { text, comment, start, at: start, line: 1 }
    }

    /// Returns the line of the first byte from `position` on that is neither a line break nor part of a comment.
    pub(super) fn of(&mut self, position: u64) -> u64 {
        let position = usize::try_from(position).unwrap_or(usize::MAX);
        let mut comment = false;
        while let Some(&byte) = self.text.get(self.at) {
            let breaks = byte == b'\r' || byte == b'\n';
            if self.at >= position {
                let begins = self.at == self.start || b"\r\n".contains(&self.text[self.at - 1]);
                comment = !breaks && (comment || begins && Some(byte) == self.comment);
                if !breaks && !comment {
                    break;
                }
            }
            self.at += 1;
            let ends = byte == b'\n' || (byte == b'\r' && self.text.get(self.at) != Some(&b'\n'));
            self.line += u64::from(ends);
        }
        self.line
    }

    /// Returns the byte of which the line was asked last.
    pub(super) fn byte(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn zipped(text: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text)?;
        encoder.finish()
    }

    /// Returns the text of a file of these bytes, or the error without the path.
    fn through(bytes: &[u8], limit: u64) -> std::io::Result<Result<Vec<u8>, String>> {
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), bytes)?;
        Ok(match read(file.path(), limit) {
            Err(Error::File { path, problem, .. }) if path == file.path().display().to_string() => {
                Err(problem)
            }
            other => other.map_err(|error| format!("{error:?}")),
        })
    }

    #[test]
    fn gzip_is_known_by_its_bytes_and_may_have_several_members() -> std::io::Result<()> {
        let twice = [zipped(b"1,2\n")?, zipped(b"3,4\n")?].concat();
        assert_eq!(through(&twice, 100)?, Ok(b"1,2\n3,4\n".to_vec()));
        assert_eq!(through(b"1,2\n", 100)?, Ok(b"1,2\n".to_vec()));
        assert_eq!(through(b"1", 100)?, Ok(b"1".to_vec()));
        assert_eq!(through(b"", 100)?, Ok(vec![]));
        Ok(())
    }

    #[test]
    fn gzip_cut_anywhere_ends_too_early() -> std::io::Result<()> {
        let bytes = zipped(b"1,2\n3,4\n")?;
        for end in 2..bytes.len() {
            assert_eq!(through(&bytes[..end], 100)?, Err("the gzip data ends too early".into()), "{end}");
        }
        Ok(())
    }

    #[test]
    fn gzip_with_any_byte_of_its_content_or_checksum_changed_is_damaged() -> std::io::Result<()> {
        let bytes = zipped(b"1,2\n3,4\n5,6\n")?;
        // The first ten bytes are a header of flags and a date, not all of which matter.
        for at in 10..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0x55;
            let found = through(&changed, 100)?;
            assert!(
                matches!(&found, Err(problem) if problem.starts_with("the gzip data")),
                "{at}: {found:?}"
            );
        }
        Ok(())
    }

    #[test]
    fn a_text_above_the_limit_is_refused_before_it_fills_the_memory() -> std::io::Result<()> {
        let bomb = zipped(&vec![b'0'; 1 << 22])?;
        assert!(bomb.len() < 5000);
        let refused = "the text is longer than the limit of 1000 bytes (`TableReader::limit` sets another)";
        assert_eq!(through(&bomb, 1000)?, Err(refused.into()));
        // A missing end goes unnoticed: the reader stops before it.
        assert_eq!(through(&bomb[..bomb.len() / 2], 1000)?, Err(refused.into()));
        assert_eq!(through(&[b'0'; 1001], 1000)?, Err(refused.into()));
        assert_eq!(through(&[b'0'; 1000], 1000)?.map(|text| text.len()), Ok(1000));
        assert_eq!(through(&zipped(&[b'0'; 1000])?, 1000)?.map(|text| text.len()), Ok(1000));
        assert_eq!(through(b"12", u64::MAX)?, Ok(b"12".to_vec()));
        Ok(())
    }

    #[test]
    fn what_the_system_refuses_is_an_io_error_with_the_path() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        for path in [folder.path().join("missing.csv"), folder.path().to_path_buf()] {
            let found = read(&path, 100);
            assert!(
                matches!(&found, Err(Error::Io { path: named, .. }) if *named == path.display().to_string())
            );
        }
        Ok(())
    }

    #[test]
    fn a_line_ends_at_either_break_or_both_together() {
        let text = b"a\nb\r\n\n\rc";
        let mut lines = Lines::new(text, None);
        assert_eq!([0, 2, 3, 7, 99].map(|at| lines.of(at)), [1, 2, 5, 5, 5]);
        let text = b"# a\n#b\r\n\nc\n #\n#\nd#\n";
        let mut lines = Lines::new(text, Some(b'#'));
        assert_eq!([0, 12, 15, 19].map(|at| lines.of(at)), [4, 5, 7, 8]);
    }
}
