//! A weight file of either format: a table of where each tensor's numbers lie, which are read when they are asked for.
//!
//! Files are read, not mapped: mapped pages would count as the program's memory beside the weights made of them.

use super::CheckpointError;
use super::numbers::{Bytes, Numbers};
use super::{safetensors_file, torch_file};
use candle_core::DType;
use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// An opened file: its table is read, its numbers are not.
#[derive(Debug)]
pub(super) struct TensorFile {
    path: PathBuf,
    file: File,
    tensors: HashMap<String, TensorInfo>,
}

/// Where a tensor's numbers are.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TensorInfo {
    pub shape: Vec<usize>,
    pub strides: Vec<usize>,
    pub dtype: DType,
    /// First byte of the tensor in the file.
    pub start: u64,
    /// Numbers from `start` to the end of its storage.
    pub available: usize,
}

impl TensorFile {
    /// Reads the table of the file at `path`.
    pub(super) fn open(path: &Path) -> Result<Self, CheckpointError> {
        let file = File::open(path).map_err(CheckpointError::io(path))?;
        let reader = BufReader::new(file.try_clone().map_err(CheckpointError::io(path))?);
        let tensors = match path.extension() {
            Some(end) if end == "safetensors" => safetensors_file::table(reader, path)?,
            _ => torch_file::table(reader, path)?,
        };
        Ok(Self { path: path.to_owned(), file, tensors })
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    pub(super) fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.get(name).map(|info| info.shape.as_slice())
    }

    /// The numbers of the tensor `name`; `None` if there is none.
    pub(super) fn numbers(&self, name: &str) -> Option<Result<Numbers<'_>, CheckpointError>> {
        self.tensors.get(name).map(|info| self.read(name, info))
    }

    /// Those of the rows `rows` of a matrix; `None` if there is no such matrix, or it has fewer.
    pub(super) fn rows(&self, name: &str, rows: Range<usize>) -> Option<Result<Numbers<'_>, CheckpointError>> {
        self.tensors.get(name).and_then(|info| info.rows(rows)).map(|info| self.read(name, &info))
    }

    fn read(&self, name: &str, info: &TensorInfo) -> Result<Numbers<'_>, CheckpointError> {
        let outside =
            || CheckpointError::damaged(&self.path, format!("the tensor `{name}` reaches beyond its numbers"));
        let elements = info.shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size));
        // The highest element that the view reaches.
        let reach = info.shape.iter().zip(&info.strides).try_fold(0_usize, |reach, (&size, &stride)| {
            size.saturating_sub(1).checked_mul(stride).and_then(|step| reach.checked_add(step))
        });
        let (Some(elements), Some(reach)) = (elements, reach) else { return Err(outside()) };
        if info.shape.len() != info.strides.len()
            || (elements > 0 && reach >= info.available)
            || elements > info.available
        {
            return Err(outside());
        }
        let width = info.dtype.size_in_bytes();
        let bytes = if elements == 0 || info.is_contiguous() {
            Bytes::File { file: &self.file, next: info.start }
        } else {
            // A view with other strides (a transposed matrix, say): picked number by number.
            let mut all = vec![0_u8; (reach + 1) * width];
            read_at(&self.file, &mut all, info.start).map_err(CheckpointError::io(&self.path))?;
            Bytes::Picked(info.picks().flat_map(|place| &all[place * width..(place + 1) * width]).copied().collect())
        };
        Numbers::new(&self.path, bytes, info.dtype, elements).ok_or_else(|| {
            let message = format!("the tensor `{name}` is of the type {}", info.dtype.as_str());
            CheckpointError::damaged(&self.path, message)
        })
    }
}

impl TensorInfo {
    /// A tensor whose numbers lie one after the other.
    pub(super) fn contiguous(shape: Vec<usize>, dtype: DType, start: u64, elements: usize) -> Self {
        let mut strides = vec![1_usize; shape.len()];
        for place in (1..shape.len()).rev() {
            strides[place - 1] = strides[place].saturating_mul(shape[place]);
        }
        Self { shape, strides, dtype, start, available: elements }
    }

    /// The view on the rows `rows` of a matrix.
    fn rows(&self, rows: Range<usize>) -> Option<Self> {
        let (&[count, columns], &[step, column_step]) = (self.shape.as_slice(), self.strides.as_slice()) else {
            return None;
        };
        if rows.start > rows.end || rows.end > count {
            return None;
        }
        let skipped = rows.start.checked_mul(step)?;
        let skipped_bytes = (skipped as u64).checked_mul(self.dtype.size_in_bytes() as u64)?;
        Some(Self {
            shape: vec![rows.len(), columns],
            strides: vec![step, column_step],
            dtype: self.dtype,
            start: self.start.checked_add(skipped_bytes)?,
            available: self.available.saturating_sub(skipped),
        })
    }

    /// Whether the elements lie in the order of the shape. The stride of a dimension of one element does not matter.
    fn is_contiguous(&self) -> bool {
        let mut expected = 1;
        self.shape.iter().zip(&self.strides).rev().all(|(&size, &stride)| {
            let fits = size == 1 || stride == expected;
            expected *= size;
            fits
        })
    }

    /// The place of each element, in the order of a contiguous tensor.
    fn picks(&self) -> impl Iterator<Item = usize> + use<> {
        let mut places = vec![0];
        for (&size, &stride) in self.shape.iter().zip(&self.strides) {
            places = places.iter().flat_map(|&place| (0..size).map(move |step| place + step * stride)).collect();
        }
        places.into_iter()
    }
}

/// Fills `bytes` from the place `start` of `file`; several threads may read one file.
#[cfg(unix)]
pub(crate) fn read_at(file: &File, bytes: &mut [u8], start: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, start)
}

/// Fills `bytes` from the place `start` of `file`; several threads may read one file.
#[cfg(windows)]
pub(crate) fn read_at(file: &File, mut bytes: &mut [u8], mut start: u64) -> std::io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, bytes, start)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            count => {
                bytes = &mut bytes[count..];
                start += count as u64;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Rows of a matrix however it lies are those of the whole.
        #[test]
        fn rows_are_parts_of_the_whole(
            rows in 1_usize..9, columns in 1_usize..9, turned in any::<bool>(), offset in 0_usize..4, seed in any::<u64>(),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("numbers");
            let all: Vec<f32> = (0..offset + rows * columns).map(|x| x as f32).collect();
            std::fs::write(&path, all.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<_>>()).unwrap();
            let strides = if turned { vec![1, rows] } else { vec![columns, 1] };
            let info = TensorInfo {
                shape: vec![rows, columns], strides, dtype: DType::F32, start: 4 * offset as u64, available: rows * columns,
            };
            let file = TensorFile {
                path: path.clone(), file: File::open(&path).unwrap(), tensors: HashMap::from([("m".to_owned(), info)]),
            };
            let whole = file.numbers("m").unwrap().unwrap().next_block(usize::MAX).unwrap().to_vec();
            for (place, x) in whole.iter().enumerate() {
                let (row, column) = (place / columns, place % columns);
                let wanted = offset + if turned { column * rows + row } else { place };
                prop_assert_eq!(*x, wanted as f32);
            }
            let start = seed as usize % (rows + 1);
            let end = start + (seed >> 32) as usize % (rows + 1 - start);
            let part = file.rows("m", start..end).unwrap().unwrap().next_block(usize::MAX).unwrap().to_vec();
            prop_assert_eq!(part, &whole[start * columns..end * columns]);
            prop_assert!(file.rows("m", 0..rows + 1).is_none());
        }
    }
}
