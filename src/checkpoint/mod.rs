//! Weight files as they lie in a checkpoint's folder: safetensors or `pytorch_model.bin`, whole or in shards.
//!
//! A tensor is asked for by name and shape and comes back on the wanted device in the wanted number type. What is
//! missing or misshapen is named; what nobody asked for can be listed.

mod error;
mod fingerprint;
mod numbers;
mod pickle;
mod safetensors_file;
mod tensor_file;
mod torch_file;

pub use error::CheckpointError;
pub(crate) use tensor_file::read_at;

use candle_core::{DType, Device, Tensor, WithDType};
use half::{bf16, f16};
use numbers::Numbers;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use tensor_file::TensorFile;

/// File names in the order in which transformers looks for them: one file, or the index of its shards.
const FILES: [(&str, &str); 2] =
    [("model.safetensors", "model.safetensors.index.json"), ("pytorch_model.bin", "pytorch_model.bin.index.json")];

/// Numbers read at a time.
const BLOCK: usize = 1 << 18;

/// The weights of one folder: opened, not read.
pub struct Checkpoint {
    folder: PathBuf,
    files: Vec<TensorFile>,
    /// Which file holds a tensor.
    places: BTreeMap<String, usize>,
    device: Device,
    dtype: DType,
    asked: Mutex<BTreeSet<String>>,
}

/// The part of an index of shards that we need.
#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

impl Checkpoint {
    /// Opens the weights of `folder`; tensors will be made on `device` as `dtype`.
    ///
    /// # Errors
    /// [`CheckpointError`]: no weights, or a file that is damaged.
    pub fn open(folder: &Path, device: &Device, dtype: DType) -> Result<Self, CheckpointError> {
        let open = |path: PathBuf| TensorFile::open(&path);
        let files = weight_files(folder)?.into_iter().map(open).collect::<Result<Vec<_>, _>>()?;
        let mut places = BTreeMap::new();
        for (index, file) in files.iter().enumerate() {
            for name in file.names() {
                places.insert(name.to_owned(), index);
            }
        }
        Ok(Self { folder: folder.to_owned(), files, places, device: device.clone(), dtype, asked: Mutex::default() })
    }

    /// Where the files lie.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where tensors are made.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Their number type.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Whether there is a tensor `name`.
    pub fn has(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// The first of `names` that is there. For tensors that checkpoints hold under several names.
    ///
    /// # Errors
    /// [`CheckpointError::Missing`].
    pub fn find<'n>(&self, names: &[&'n str]) -> Result<&'n str, CheckpointError> {
        self.expect_names(names);
        names.iter().copied().find(|name| self.has(name)).ok_or_else(|| self.missing(names))
    }

    /// The tensor `name` of the given shape.
    ///
    /// # Errors
    /// [`CheckpointError::Missing`], [`CheckpointError::Shape`], [`CheckpointError::Damaged`].
    pub fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor, CheckpointError> {
        match self.dtype {
            DType::F16 => self.read::<f16>(name, shape),
            DType::BF16 => self.read::<bf16>(name, shape),
            _ => self.read::<f32>(name, shape),
        }
    }

    /// The matrices `names` of `(rows, columns)` each, turned round and side by side: `(columns, names * rows)`. They are
    /// turned while they are read: at no time a second copy is in memory.
    ///
    /// # Errors
    /// As [`Checkpoint::tensor`].
    pub fn transposed(&self, names: &[&str], (rows, columns): (usize, usize)) -> Result<Tensor, CheckpointError> {
        match self.dtype {
            DType::F16 => self.read_transposed::<f16>(names, rows, columns),
            DType::BF16 => self.read_transposed::<bf16>(names, rows, columns),
            _ => self.read_transposed::<f32>(names, rows, columns),
        }
    }

    fn read<T: WithDType>(&self, name: &str, shape: &[usize]) -> Result<Tensor, CheckpointError> {
        let mut numbers = self.numbers(name, shape)?;
        let count = shape.iter().product();
        let mut all: Vec<T> = Vec::with_capacity(count);
        while all.len() < count {
            all.extend(numbers.next_block(BLOCK)?.iter().map(|&number| T::from_f64(number.into())));
        }
        Tensor::from_vec(all, shape, &self.device).map_err(self.tensor_error(name))
    }

    fn read_transposed<T: WithDType>(
        &self,
        names: &[&str],
        rows: usize,
        columns: usize,
    ) -> Result<Tensor, CheckpointError> {
        let width = names.len() * rows;
        let mut all = vec![T::zero(); columns * width]; // (columns, names * rows)
        // As many rows at a time as fill a line of the processor's cache.
        let block_rows = (BLOCK / columns.max(1)).clamp(1, 64);
        for (index, name) in names.iter().enumerate() {
            let mut numbers = self.numbers(name, &[rows, columns])?;
            for first_row in (0..rows).step_by(block_rows) {
                let block = numbers.next_block(block_rows.min(rows - first_row) * columns)?;
                let place = index * rows + first_row;
                for (column, line) in all.chunks_exact_mut(width).enumerate() {
                    for (number, row) in line[place..].iter_mut().zip(block.chunks_exact(columns)) {
                        *number = T::from_f64(row[column].into());
                    }
                }
            }
        }
        let name = names.first().copied().unwrap_or_default();
        Tensor::from_vec(all, (columns, width), &self.device).map_err(self.tensor_error(name))
    }

    /// The numbers of the tensor `name` of the given shape, as 32-bit floats whatever the checkpoint is read as.
    ///
    /// # Errors
    /// As [`Checkpoint::tensor`].
    pub fn floats(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, CheckpointError> {
        let mut all = Vec::with_capacity(shape.iter().product());
        self.numbers(name, shape)?.append(usize::MAX, &mut all)?;
        Ok(all)
    }

    /// Appends the rows `rows` of the matrix `name` of `(rows, columns)`, as 32-bit floats. Several threads may read.
    ///
    /// # Errors
    /// As [`Checkpoint::tensor`].
    pub fn append_rows(
        &self,
        name: &str,
        (count, columns): (usize, usize),
        rows: Range<usize>,
        numbers: &mut Vec<f32>,
    ) -> Result<(), CheckpointError> {
        let file = self.file(name, &[count, columns])?;
        file.rows(name, rows).ok_or_else(|| self.missing(&[name]))??.append(usize::MAX, numbers)
    }

    /// Whether `name` holds the same numbers as the first of `others` that is there; true if none is.
    ///
    /// # Errors
    /// [`CheckpointError::Missing`] for `name`, [`CheckpointError::Damaged`].
    pub fn same_numbers(&self, name: &str, others: &[&str]) -> Result<bool, CheckpointError> {
        let Some(other) = others.iter().find(|other| self.has(other)) else { return Ok(true) };
        let (Some(shape), Some(other_shape)) = (self.shape(name), self.shape(other)) else { return Ok(false) };
        if shape != other_shape {
            return Ok(false);
        }
        let (mut first, mut second) = (self.numbers(name, &shape)?, self.numbers(other, &shape)?);
        loop {
            let (first, second) = (first.next_block(BLOCK)?, second.next_block(BLOCK)?);
            if first != second {
                return Ok(false);
            }
            if first.is_empty() {
                return Ok(true);
            }
        }
    }

    /// The shape of the tensor `name`; `None` if there is none.
    pub fn shape(&self, name: &str) -> Option<Vec<usize>> {
        self.places.get(name).and_then(|place| self.files[*place].shape(name)).map(<[usize]>::to_vec)
    }

    /// The numbers of `name`, which must have this shape.
    fn numbers(&self, name: &str, shape: &[usize]) -> Result<Numbers<'_>, CheckpointError> {
        self.file(name, shape)?.numbers(name).ok_or_else(|| self.missing(&[name]))?
    }

    /// The file of `name`, which must have this shape.
    fn file(&self, name: &str, shape: &[usize]) -> Result<&TensorFile, CheckpointError> {
        self.find(&[name])?;
        if let Some(found) = self.shape(name)
            && found != shape
        {
            return Err(CheckpointError::Shape {
                folder: self.folder.clone(),
                name: name.to_owned(),
                found,
                expected: shape.to_vec(),
            });
        }
        self.places.get(name).map(|place| &self.files[*place]).ok_or_else(|| self.missing(&[name]))
    }

    fn missing(&self, names: &[&str]) -> CheckpointError {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        CheckpointError::Missing { folder: self.folder.clone(), names }
    }

    fn tensor_error<'a>(&'a self, name: &'a str) -> impl Fn(candle_core::Error) -> CheckpointError + 'a {
        |source| CheckpointError::Tensor {
            folder: self.folder.clone(),
            name: name.to_owned(),
            source: Box::new(source),
        }
    }

    /// Says that tensors of these names are known and may be left unread (aliases of tied weights, say).
    pub fn expect_names(&self, names: &[&str]) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.extend(names.iter().map(|name| (*name).to_owned()));
    }

    /// Tensors that nobody asked for, in alphabetical order.
    pub fn unexpected(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        self.places.keys().filter(|name| !asked.contains(*name)).cloned().collect()
    }
}

/// The files that hold the weights of `folder`, in a fixed order.
///
/// # Errors
/// [`CheckpointError::NoWeights`], or an index that can't be read.
pub fn weight_files(folder: &Path) -> Result<Vec<PathBuf>, CheckpointError> {
    for (whole, index) in FILES {
        let whole = folder.join(whole);
        if whole.is_file() {
            return Ok(vec![whole]);
        }
        let path = folder.join(index);
        if !path.is_file() {
            continue;
        }
        let text = std::fs::read(&path).map_err(CheckpointError::io(&path))?;
        let index: Index = serde_json::from_slice(&text)
            .map_err(|error| CheckpointError::damaged(&path, format!("no index of shards: {error}")))?;
        let names: BTreeSet<String> = index.weight_map.into_values().collect();
        // A shard lies beside its index; anything else is no shard of ours.
        if let Some(name) = names.iter().find(|name| name.contains(['/', '\\']) || name.starts_with('.')) {
            return Err(CheckpointError::damaged(&path, format!("names the shard `{name}`, which is no file name")));
        }
        if names.is_empty() {
            return Err(CheckpointError::damaged(&path, "names no shards"));
        }
        return Ok(names.iter().map(|name| folder.join(name)).collect());
    }
    Err(CheckpointError::NoWeights { folder: folder.to_owned() })
}
