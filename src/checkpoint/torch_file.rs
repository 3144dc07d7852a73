//! `pytorch_model.bin`: a table of tensors in a pickle and the numbers beside it, in a zip (torch 1.6 and later) or one
//! after the other (before).

use super::CheckpointError;
use super::pickle::{self, Pickle, TensorEntry, Value};
use super::tensor_file::TensorInfo;
use candle_core::DType;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;
use std::rc::Rc;

/// First bytes of the older format: pickle protocol 2, then torch's magic number.
const LEGACY_MAGIC: &[u8] = &[0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];

/// Largest table of tensors that is read, in bytes.
const MOST_TABLE_BYTES: u64 = 256 << 20;

/// The tensors of the file at `path`, which `reader` stands at the start of.
pub(super) fn table(mut reader: BufReader<File>, path: &Path) -> Result<HashMap<String, TensorInfo>, CheckpointError> {
    let mut start = Vec::new();
    reader.by_ref().take(LEGACY_MAGIC.len() as u64).read_to_end(&mut start).map_err(CheckpointError::io(path))?;
    reader.rewind().map_err(CheckpointError::io(path))?;
    if start == LEGACY_MAGIC {
        read_legacy(&mut reader, path)
    } else if start.starts_with(b"PK") {
        read_zip(reader, path)
    } else {
        Err(CheckpointError::damaged(path, "not a torch checkpoint, or cut off"))
    }
}

fn dtype_of(kind: &str) -> Option<DType> {
    match kind.rsplit('.').next() {
        Some("FloatStorage") => Some(DType::F32),
        Some("HalfStorage") => Some(DType::F16),
        Some("BFloat16Storage") => Some(DType::BF16),
        Some("DoubleStorage") => Some(DType::F64),
        Some("LongStorage") => Some(DType::I64),
        _ => None,
    }
}

/// The tensors of a state dictionary, or of the one under `state_dict`.
fn entries(pickle: &Pickle) -> Result<Vec<(String, Rc<TensorEntry>)>, String> {
    let Value::Dict(mut index) = pickle.root else { return Err("holds no table of tensors".to_owned()) };
    let inner = pickle.containers[index].chunks_exact(2).find_map(|pair| match pair {
        [Value::Text(key), Value::Dict(inner)] if &**key == "state_dict" => Some(*inner),
        _ => None,
    });
    index = inner.unwrap_or(index);
    let found = pickle.containers[index].chunks_exact(2).filter_map(|pair| match pair {
        [Value::Text(name), Value::Tensor(entry)] => Some((name.to_string(), entry.clone())),
        _ => None,
    });
    Ok(found.collect())
}

/// Tensors by name, given where each storage starts.
fn located(
    entries: Vec<(String, Rc<TensorEntry>)>,
    path: &Path,
    mut start_of: impl FnMut(&TensorEntry) -> Result<u64, String>,
) -> Result<HashMap<String, TensorInfo>, CheckpointError> {
    let mut tensors = HashMap::new();
    for (name, entry) in entries {
        // Masks of bytes and the like are not weights.
        let Some(dtype) = dtype_of(&entry.storage.kind) else { continue };
        let damaged = |message: String| CheckpointError::damaged(path, format!("the tensor `{name}`: {message}"));
        let storage = start_of(&entry).map_err(damaged)?;
        let skipped = (entry.offset as u64).checked_mul(dtype.size_in_bytes() as u64);
        let start = skipped.and_then(|skipped| storage.checked_add(skipped));
        let available = entry.storage.elements.checked_sub(entry.offset);
        let (Some(start), Some(available)) = (start, available) else {
            return Err(damaged("starts beyond its storage".to_owned()));
        };
        let info = TensorInfo { shape: entry.shape.clone(), strides: entry.strides.clone(), dtype, start, available };
        tensors.insert(name, info);
    }
    Ok(tensors)
}

fn read_zip(reader: BufReader<File>, path: &Path) -> Result<HashMap<String, TensorInfo>, CheckpointError> {
    let damaged =
        |error: zip::result::ZipError| CheckpointError::damaged(path, format!("not a whole zip file: {error}"));
    let mut archive = zip::ZipArchive::new(reader).map_err(damaged)?;
    let mut names = archive.file_names().filter_map(Result::ok);
    let table_name = names.find(|name| name.ends_with("/data.pkl") || name == "data.pkl").map(|name| name.into_owned());
    drop(names);
    let Some(table_name) = table_name else {
        return Err(CheckpointError::damaged(path, "holds no data.pkl: not a torch checkpoint"));
    };
    let prefix = table_name.trim_end_matches("data.pkl").to_owned();
    let mut table = Vec::new();
    let entry = archive.by_name(&table_name).map_err(damaged)?;
    entry.take(MOST_TABLE_BYTES).read_to_end(&mut table).map_err(CheckpointError::io(path))?;
    let words = |message: String| CheckpointError::damaged(path, message);
    let found = entries(&pickle::read(&table).map_err(words)?).map_err(words)?;
    located(found, path, |entry| {
        let name = format!("{prefix}data/{}", entry.storage.key);
        let file = archive.by_name(&name).map_err(|error| format!("its numbers in {name}: {error}"))?;
        let width = dtype_of(&entry.storage.kind).map_or(0, |dtype| dtype.size_in_bytes() as u64);
        let wanted = (entry.storage.elements as u64).saturating_mul(width);
        if file.compression() != zip::CompressionMethod::Stored {
            return Err("its numbers are compressed, as torch never writes them".to_owned());
        }
        if file.size() < wanted {
            return Err(format!("{wanted} bytes are expected in {name}, there are {}", file.size()));
        }
        file.data_start().ok_or_else(|| format!("{name} has no place in the file"))
    })
}

/// Magic number, version, system, table: four pickles; then the list of storage keys as a fifth, and each storage as
/// a count (8 bytes) and its numbers.
fn read_legacy(reader: &mut BufReader<File>, path: &Path) -> Result<HashMap<String, TensorInfo>, CheckpointError> {
    let words = |message: String| CheckpointError::damaged(path, message);
    let file_bytes = reader.get_ref().metadata().map_err(CheckpointError::io(path))?.len();
    // The pickles come first and are small; the window grows until they fit.
    let mut window = Vec::new();
    let mut wanted = 1_u64 << 20;
    let (pickles, length) = loop {
        reader
            .by_ref()
            .take(wanted - window.len() as u64)
            .read_to_end(&mut window)
            .map_err(CheckpointError::io(path))?;
        match five_pickles(&window) {
            Ok(read) => break read,
            Err(message) if window.len() as u64 >= file_bytes || wanted >= MOST_TABLE_BYTES => {
                return Err(words(message));
            }
            Err(_) => wanted *= 4,
        }
    };
    let [table, keys] = pickles;
    let found = entries(&table).map_err(words)?;
    let mut kinds = HashMap::new();
    for (_, entry) in &found {
        kinds.insert(entry.storage.key.clone(), entry.storage.clone());
    }
    let Value::List(index) = keys.root else { return Err(words("holds no list of storages".to_owned())) };
    let mut at = length as u64;
    let mut starts = HashMap::new();
    for key in &keys.containers[index] {
        let Value::Text(key) = key else { return Err(words("its list of storages is damaged".to_owned())) };
        let Some(storage) = kinds.get(key) else {
            return Err(words(format!("the storage {key} belongs to no tensor")));
        };
        let Some(dtype) = dtype_of(&storage.kind) else {
            return Err(words(format!("numbers of the kind {} are not supported", storage.kind)));
        };
        let bytes = (storage.elements as u64).saturating_mul(dtype.size_in_bytes() as u64);
        starts.insert(key.clone(), at + 8);
        at = at.saturating_add(8).saturating_add(bytes);
        if at > file_bytes {
            return Err(words(format!("{at} bytes or more are expected, there are {file_bytes}: cut off")));
        }
    }
    located(found, path, |entry| {
        starts.get(&entry.storage.key).copied().ok_or_else(|| "its numbers are not there".to_owned())
    })
}

/// The last two of the five pickles at the start of `bytes`, and where they end.
fn five_pickles(bytes: &[u8]) -> Result<([Pickle; 2], usize), String> {
    let mut at = 0;
    let mut next = || {
        let read = pickle::read(&bytes[at..])?;
        at += read.length;
        Ok::<Pickle, String>(read)
    };
    for _ in 0..3 {
        next()?;
    }
    let pickles = [next()?, next()?];
    Ok((pickles, at))
}
