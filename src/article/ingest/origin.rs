//! Where the bytes of a source come from: a file, or standard input kept in one; gzip is undone on the way.

use super::plan::Kind;
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::PathBuf;
use tempfile::NamedTempFile;

/// See the module.
#[derive(Debug)]
pub(super) struct Origin {
    place: Place,
    is_gzip: bool,
}

#[derive(Debug)]
enum Place {
    File(PathBuf),
    /// Standard input, kept so that it can be read for its ids and again for its articles.
    Kept(NamedTempFile),
}

/// How a gzip stream begins.
const GZIP: [u8; 2] = [0x1F, 0x8B];
/// Bytes that tell what standard input holds.
const BEGINNING: u64 = 64 * 1024;

impl Origin {
    pub(super) fn file(path: PathBuf, is_gzip: bool) -> Self {
        Self { place: Place::File(path), is_gzip }
    }

    /// Keeps standard input in a temporary file, which may be larger than memory, and says what it holds.
    pub(super) fn keep(stdin: &mut impl Read) -> io::Result<(Kind, Self)> {
        let mut kept = NamedTempFile::with_prefix("mujaz-stdin-")?;
        io::copy(stdin, kept.as_file_mut())?;
        kept.as_file_mut().flush()?;
        let mut magic = Vec::new();
        kept.reopen()?.take(GZIP.len() as u64).read_to_end(&mut magic)?;
        let origin = Self { is_gzip: magic == GZIP, place: Place::Kept(kept) };
        let mut beginning = Vec::new();
        // What is broken further in shows when it is read.
        let _ = origin.open()?.take(BEGINNING).read_to_end(&mut beginning);
        // A byte-order mark and the high bytes of UTF-16 are none of these characters.
        let text = beginning.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&beginning);
        let first = text.iter().find(|byte| !byte.is_ascii_whitespace() && !matches!(byte, 0x00 | 0xFE | 0xFF));
        let kind = match first {
            Some(b'{') => Kind::JsonLines,
            Some(b'<') => Kind::WebPage,
            _ => Kind::PlainText,
        };
        Ok((kind, origin))
    }

    pub(super) fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let file = match &self.place {
            Place::File(path) => File::open(path)?,
            Place::Kept(file) => file.reopen()?,
        };
        Ok(match self.is_gzip {
            true => Box::new(MultiGzDecoder::new(BufReader::new(file))),
            false => Box::new(file),
        })
    }
}
