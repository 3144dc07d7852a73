//! Rows kept in an unnamed temporary file, so that an index over 100,000 articles needs memory for their order only.

use serde::{Serialize, de::DeserializeOwned};
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};

/// Where a row lies in its spool.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    offset: u64,
    length: u32,
}

/// Takes rows.
pub struct Spool {
    file: BufWriter<File>,
    end: u64,
}

/// Gives rows back.
pub struct Rows {
    file: File,
}

impl Spool {
    /// An empty spool in the system's folder for temporary files; it vanishes with the process.
    pub fn new() -> io::Result<Self> {
        Ok(Self { file: BufWriter::new(tempfile::tempfile()?), end: 0 })
    }

    /// Keeps a row.
    pub fn push(&mut self, row: &impl Serialize) -> io::Result<Place> {
        let bytes = serde_json::to_vec(row)?;
        let length = u32::try_from(bytes.len()).map_err(|_| io::Error::other("a row of 4 GiB"))?;
        self.file.write_all(&bytes)?;
        let place = Place { offset: self.end, length };
        self.end += u64::from(length);
        Ok(place)
    }

    /// No more rows.
    pub fn finish(self) -> io::Result<Rows> {
        Ok(Rows { file: self.file.into_inner().map_err(io::IntoInnerError::into_error)? })
    }
}

impl Rows {
    /// The row at `place`.
    pub fn get<R: DeserializeOwned>(&mut self, place: Place) -> io::Result<R> {
        self.file.seek(SeekFrom::Start(place.offset))?;
        let mut bytes = vec![0; place.length as usize];
        self.file.read_exact(&mut bytes)?;
        Ok(serde_json::from_slice(&bytes)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_in_any_order() {
        let mut spool = Spool::new().unwrap();
        let rows = ["", "a", "خبر", "b\n\"c\""];
        let places: Vec<_> = rows.iter().map(|row| spool.push(row).unwrap()).collect();
        let mut back = spool.finish().unwrap();
        for index in [3, 0, 2, 1, 2] {
            assert_eq!(back.get::<String>(places[index]).unwrap(), rows[index]);
        }
    }
}
