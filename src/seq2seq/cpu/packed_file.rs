//! Packed 8-bit weights in a file beside the checkpoint: written on request (`mujaz models pack`), read in place of the
//! checkpoint's matrices from then on. A quarter of what f32 weights take is read, and nothing is rounded anew.
//!
//! The file is a safetensors file. For each matrix it holds the panels of the kernels, the scales and the corrections;
//! its notes hold the version of that layout and the fingerprint of the checkpoint that it was made of. Where one of the
//! two is another, the file is left aside with a warning.

use crate::checkpoint::{Checkpoint, read_at};
use crate::kernels::linear::{Int8Parts, Linear};
use crate::seq2seq::Seq2SeqError;
use rayon::prelude::*;
use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// The file's name, in the folder of the weights.
pub const PACKED_FILE: &str = "mujaz-int8.safetensors";

/// Which rounding and order of panels the file holds. To be raised with either.
const VERSION: &str = "1";

/// Bytes in front of the numbers: the table's length, the table, and spaces, which the format allows behind it. The
/// table comes last, so its place is kept free; that of a model with 200 matrices has 60 kB.
const TABLE_END: u64 = 1 << 20;

/// The table's length: 8 bytes.
const LENGTH_BYTES: u64 = 8;

/// Bytes that a thread reads at a time.
const PART: usize = 1 << 20;

type Result<T> = std::result::Result<T, Seq2SeqError>;

/// Where the packed weights of the checkpoint in `folder` lie, if there are any.
pub(super) fn path_in(folder: &Path) -> PathBuf {
    folder.join(PACKED_FILE)
}

/// An opened file whose weights are those of the checkpoint.
pub(super) struct PackedFile {
    path: PathBuf,
    file: File,
    table: Metadata,
}

impl PackedFile {
    /// The file beside `checkpoint`; none if there is none, or if it can't be used, which is told.
    ///
    /// # Errors
    /// Samples of the checkpoint can't be read.
    pub(super) fn open(checkpoint: &Checkpoint) -> Result<Option<Self>> {
        let path = path_in(checkpoint.folder());
        if !path.is_file() {
            return Ok(None);
        }
        let fingerprint = checkpoint.fingerprint()?;
        match Self::read_table(&path, &fingerprint) {
            Ok((file, table)) => Ok(Some(Self { path, file, table })),
            Err(reason) => {
                log::warn!(
                    "{}: {reason}; the checkpoint is read instead (`mujaz models pack` writes the file anew)",
                    path.display()
                );
                Ok(None)
            }
        }
    }

    fn read_table(path: &Path, fingerprint: &str) -> std::result::Result<(File, Metadata), String> {
        let no_file = |error: io::Error| format!("can't be read ({error})");
        let mut file = File::open(path).map_err(no_file)?;
        let bytes = file.metadata().map_err(no_file)?.len();
        let mut length = [0; LENGTH_BYTES as usize];
        file.read_exact(&mut length).map_err(no_file)?;
        if u64::from_le_bytes(length) != TABLE_END - LENGTH_BYTES {
            return Err("is no file of packed weights".to_owned());
        }
        let mut text = vec![0; (TABLE_END - LENGTH_BYTES) as usize];
        file.read_exact(&mut text).map_err(no_file)?;
        let table: Metadata = serde_json::from_slice(&text).map_err(|error| format!("is damaged ({error})"))?;
        let notes = table.metadata().clone().unwrap_or_default();
        let note = |name: &str| notes.get(name).map(String::as_str);
        if note("mujaz_version") != Some(VERSION) {
            return Err("was written by another version of mujaz".to_owned());
        }
        if note("mujaz_checkpoint") != Some(fingerprint) {
            return Err("holds the weights of another checkpoint than the one beside it".to_owned());
        }
        let wanted = TABLE_END + table.data_len() as u64;
        if bytes != wanted {
            return Err(format!("is cut off ({bytes} bytes of {wanted})"));
        }
        Ok((file, table))
    }

    /// The layer `name` of `(outputs, inputs)`.
    ///
    /// # Errors
    /// The file does not hold it in this shape, or can't be read.
    pub(super) fn linear(&self, name: &str, shape: (usize, usize), bias: Option<&[f32]>) -> Result<Linear> {
        let mut parts = Int8Parts::zeros(shape);
        self.fill(name, "panels", Dtype::I8, parts.panels.bytes_mut())?;
        self.fill(name, "scales", Dtype::F32, parts.scales.bytes_mut())?;
        self.fill(name, "corrections", Dtype::I32, parts.corrections.bytes_mut())?;
        Ok(Linear::from_int8(parts, shape, bias))
    }

    fn fill(&self, name: &str, part: &str, dtype: Dtype, bytes: &mut [u8]) -> Result<()> {
        let name = format!("{name}.{part}");
        let failed = |source| Seq2SeqError::PackedFile { path: self.path.clone(), source };
        let wrong = |message: String| failed(io::Error::new(io::ErrorKind::InvalidData, message));
        let info = self.table.info(&name).ok_or_else(|| wrong(format!("there is no `{name}`")))?;
        let (start, end) = info.data_offsets;
        if info.dtype != dtype || end - start != bytes.len() {
            return Err(wrong(format!("`{name}` has {} bytes, {} are wanted", end - start, bytes.len())));
        }
        let start = TABLE_END + start as u64;
        let read = |(part, bytes): (usize, &mut [u8])| read_at(&self.file, bytes, start + (part * PART) as u64);
        bytes.par_chunks_mut(PART).enumerate().try_for_each(read).map_err(failed)
    }
}

/// The file while it is written: matrix after matrix as they are packed. It takes its name when it is whole.
pub(super) struct PackedWriter {
    path: PathBuf,
    file: io::BufWriter<NamedTempFile>,
    entries: Vec<(String, TensorInfo)>,
    notes: HashMap<String, String>,
}

impl PackedWriter {
    /// # Errors
    /// The folder can't be written, or samples of the checkpoint can't be read.
    pub(super) fn create(checkpoint: &Checkpoint) -> Result<Self> {
        let path = path_in(checkpoint.folder());
        let notes = [("mujaz_version", VERSION.to_owned()), ("mujaz_checkpoint", checkpoint.fingerprint()?)];
        let start = || {
            let mut builder = tempfile::Builder::new();
            builder.prefix(".mujaz-int8-");
            // As any new file: the process's mask says who may read it.
            #[cfg(unix)]
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
            let mut file = builder.tempfile_in(checkpoint.folder())?;
            file.seek(SeekFrom::Start(TABLE_END))?;
            Ok(io::BufWriter::with_capacity(PART, file))
        };
        let file = start().map_err(|source| Seq2SeqError::WritePackedFile { path: path.clone(), source })?;
        let notes = notes.map(|(name, value)| (name.to_owned(), value)).into();
        Ok(Self { path, file, entries: Vec::new(), notes })
    }

    /// Writes a layer of 8-bit integers as `name`.
    ///
    /// # Errors
    /// The file can't be written.
    pub(super) fn append(&mut self, name: &str, layer: &Linear) -> Result<()> {
        let Some(parts) = layer.int8() else { return Ok(()) };
        let mut append = |part: &str, dtype, numbers: usize, bytes: &[u8]| {
            let start = self.entries.last().map_or(0, |(_, info)| info.data_offsets.1);
            let info = TensorInfo { dtype, shape: vec![numbers], data_offsets: (start, start + bytes.len()) };
            self.entries.push((format!("{name}.{part}"), info));
            self.file.write_all(bytes)
        };
        append("panels", Dtype::I8, parts.panels.len(), parts.panels.bytes())
            .and_then(|()| append("scales", Dtype::F32, parts.scales.len(), parts.scales.bytes()))
            .and_then(|()| append("corrections", Dtype::I32, parts.corrections.len(), parts.corrections.bytes()))
            .map_err(|source| self.failed(source))
    }

    /// Writes the table and gives the file its name; returns its path and its bytes.
    ///
    /// # Errors
    /// The file can't be written.
    pub(super) fn finish(self) -> Result<(PathBuf, u64)> {
        let Self { path, file, entries, notes } = self;
        let write = || -> io::Result<u64> {
            let table = Metadata::new(Some(notes), entries).map_err(io::Error::other)?;
            let end = TABLE_END + table.data_len() as u64;
            // In the order of the names, so that equal weights make equal files.
            let mut text = serde_json::to_vec(&serde_json::to_value(&table)?)?;
            let room = (TABLE_END - LENGTH_BYTES) as usize;
            if text.len() > room {
                return Err(io::Error::other(format!("its table has {} bytes, {room} are kept for it", text.len())));
            }
            text.resize(room, b' ');
            let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.rewind()?;
            file.write_all(&(text.len() as u64).to_le_bytes())?;
            file.write_all(&text)?;
            file.as_file().sync_all()?;
            file.persist(&path)?;
            Ok(end)
        };
        match write() {
            Ok(bytes) => Ok((path, bytes)),
            Err(source) => Err(Seq2SeqError::WritePackedFile { path, source }),
        }
    }

    fn failed(&self, source: io::Error) -> Seq2SeqError {
        Seq2SeqError::WritePackedFile { path: self.path.clone(), source }
    }
}
