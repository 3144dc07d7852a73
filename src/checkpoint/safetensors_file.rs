//! `.safetensors`: the length of a table (8 bytes), the table as JSON, and the numbers behind it.

use super::CheckpointError;
use super::tensor_file::TensorInfo;
use candle_core::DType;
use serde::Deserialize;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// Largest table that is read, in bytes; the format's own limit.
const MOST_TABLE_BYTES: u64 = 100_000_000;

/// The key of the table's notes, which are no tensor.
const NOTES: &str = "__metadata__";

/// What the table says of a tensor.
#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    /// First byte and the one behind the last, counted from the end of the table.
    data_offsets: (u64, u64),
}

/// The tensors of the file at `path`, which `reader` stands at the start of.
pub(super) fn table(mut reader: BufReader<File>, path: &Path) -> Result<HashMap<String, TensorInfo>, CheckpointError> {
    let damaged = |message: String| CheckpointError::damaged(path, format!("not a whole safetensors file: {message}"));
    let file_bytes = reader.get_ref().metadata().map_err(CheckpointError::io(path))?.len();
    if file_bytes < 8 {
        return Err(damaged(format!("{file_bytes} bytes")));
    }
    let mut length = [0; 8];
    reader.read_exact(&mut length).map_err(CheckpointError::io(path))?;
    let length = u64::from_le_bytes(length);
    if length > MOST_TABLE_BYTES || length > file_bytes - 8 {
        return Err(damaged(format!("its table has {length} bytes, the file {file_bytes}")));
    }
    let mut text = Vec::new();
    reader.take(length).read_to_end(&mut text).map_err(CheckpointError::io(path))?;
    let entries: HashMap<String, serde_json::Value> =
        serde_json::from_slice(&text).map_err(|error| damaged(format!("its table: {error}")))?;
    let numbers = file_bytes - 8 - length;
    let mut tensors = HashMap::new();
    for (name, entry) in entries.into_iter().filter(|(name, _)| name != NOTES) {
        let wrong = |message: String| damaged(format!("the tensor `{name}`: {message}"));
        let Entry { dtype, shape, data_offsets: (start, end) } =
            serde_json::from_value(entry).map_err(|error| wrong(error.to_string()))?;
        if start > end || end > numbers {
            return Err(wrong(format!("the bytes {start} to {end} of {numbers}")));
        }
        // Types that nothing here can name are not weights; where one is, it will be missing.
        let Some(dtype) = dtype_of(&dtype) else {
            log::warn!("{}: the tensor `{name}` is of the type {dtype}, which is not read", path.display());
            continue;
        };
        let elements = shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size));
        let Some(elements) =
            elements.filter(|&elements| elements as u128 * dtype.size_in_bytes() as u128 == u128::from(end - start))
        else {
            return Err(wrong(format!("{} bytes for the shape {shape:?}", end - start)));
        };
        // Within the file's length.
        let info = TensorInfo::contiguous(shape, dtype, 8 + length + start, elements);
        tensors.insert(name, info);
    }
    Ok(tensors)
}

fn dtype_of(name: &str) -> Option<DType> {
    match name {
        "F32" => Some(DType::F32),
        "F16" => Some(DType::F16),
        "BF16" => Some(DType::BF16),
        "F64" => Some(DType::F64),
        "I64" => Some(DType::I64),
        "U8" => Some(DType::U8),
        "U32" => Some(DType::U32),
        "F8_E4M3" => Some(DType::F8E4M3),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(table: &str, numbers: usize) -> Result<HashMap<String, TensorInfo>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        let bytes = [&(table.len() as u64).to_le_bytes(), table.as_bytes(), &vec![0; numbers]].concat();
        std::fs::write(&path, bytes).unwrap();
        super::table(BufReader::new(File::open(&path).unwrap()), &path).map_err(|error| error.to_string())
    }

    #[test]
    fn tables() {
        let found = read(
            r#"{"__metadata__":{"format":"pt"},"a":{"dtype":"F16","shape":[2,3],"data_offsets":[4,16]},
                "b":{"dtype":"BOOL","shape":[4],"data_offsets":[0,4]}}"#,
            16,
        );
        let found = found.unwrap();
        let start = found["a"].start;
        assert_eq!(
            found["a"],
            TensorInfo { shape: vec![2, 3], strides: vec![3, 1], dtype: DType::F16, start, available: 6 }
        );
        assert!(!found.contains_key("b"));
        for (entry, wanted) in [
            (r#"{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#, "the bytes 0 to 8 of 4"),
            (r#"{"dtype":"F32","shape":[2],"data_offsets":[0,4]}"#, "4 bytes for the shape [2]"),
            (r#"{"dtype":"F32","shape":[9223372036854775807,4],"data_offsets":[0,4]}"#, "4 bytes for the shape"),
            (r#"{"dtype":"F32","shape":[1],"data_offsets":[4,0]}"#, "the bytes 4 to 0"),
            (r#"{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}"#, "the tensor `a`"),
            ("7", "the tensor `a`"),
        ] {
            let message = read(&format!(r#"{{"a":{entry}}}"#), 4).unwrap_err();
            assert!(message.contains(wanted), "{entry}: {message}");
        }
        assert!(read("{", 4).unwrap_err().contains("its table"));
        assert!(read("", 0).unwrap_err().contains("its table"));
    }

    /// As candle reads the same bytes.
    #[test]
    fn as_the_format_is_read_elsewhere() {
        let tensors: HashMap<String, candle_core::Tensor> = (1..5)
            .map(|size| {
                let tensor = candle_core::Tensor::randn(0_f32, 1.0, (size, 3), &candle_core::Device::Cpu).unwrap();
                (format!("t{size}"), tensor)
            })
            .collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        candle_core::safetensors::save(&tensors, &path).unwrap();
        let file = super::super::tensor_file::TensorFile::open(&path).unwrap();
        for (name, tensor) in &tensors {
            assert_eq!(file.shape(name), Some(tensor.dims()));
            let mut numbers = file.numbers(name).unwrap().unwrap();
            let wanted = tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            assert_eq!(numbers.next_block(usize::MAX).unwrap(), wanted);
        }
        assert_eq!(file.names().count(), tensors.len());
    }
}
