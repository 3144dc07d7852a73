//! Weight files as they lie in a checkpoint's folder: safetensors or `pytorch_model.bin`, whole or in shards.
//!
//! A tensor is asked for by name and shape and comes back on the wanted device in the wanted number type. What is
//! missing or misshapen is named; what nobody asked for can be listed.

mod error;
mod pickle;
mod torch_file;

pub use error::CheckpointError;

use candle_core::safetensors::MmapedSafetensors;
use candle_core::{DType, Device, Tensor};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use torch_file::TorchFile;

/// File names in the order in which transformers looks for them: one file, or the index of its shards.
const FILES: [(&str, &str); 2] =
    [("model.safetensors", "model.safetensors.index.json"), ("pytorch_model.bin", "pytorch_model.bin.index.json")];

/// The weights of one folder: opened, not read.
pub struct Checkpoint {
    folder: PathBuf,
    files: Vec<WeightFile>,
    /// Which file holds a tensor.
    places: BTreeMap<String, usize>,
    device: Device,
    dtype: DType,
    asked: Mutex<BTreeSet<String>>,
}

enum WeightFile {
    Safetensors(MmapedSafetensors),
    Torch(TorchFile),
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
        let files = weight_files(folder)?.iter().map(|path| WeightFile::open(path)).collect::<Result<Vec<_>, _>>()?;
        let mut places = BTreeMap::new();
        for (index, file) in files.iter().enumerate() {
            for name in file.names() {
                places.insert(name, index);
            }
        }
        Ok(Self { folder: folder.to_owned(), files, places, device: device.clone(), dtype, asked: Mutex::default() })
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

    /// The tensor `name` of the given shape.
    ///
    /// # Errors
    /// [`CheckpointError::Missing`], [`CheckpointError::Shape`], [`CheckpointError::Damaged`].
    pub fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor, CheckpointError> {
        self.first_of(&[name], shape)
    }

    /// The first of `names` that is there. For tensors that checkpoints hold under several names.
    ///
    /// # Errors
    /// As [`Checkpoint::tensor`].
    pub fn first_of(&self, names: &[&str], shape: &[usize]) -> Result<Tensor, CheckpointError> {
        self.expect_names(names);
        let found = names.iter().find_map(|name| self.places.get(*name).map(|place| (*name, &self.files[*place])));
        let Some((name, file)) = found else {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            return Err(CheckpointError::Missing { folder: self.folder.clone(), names });
        };
        let tensor_error = |source| CheckpointError::Tensor {
            folder: self.folder.clone(),
            name: name.to_owned(),
            source: Box::new(source),
        };
        if let Some(found) = file.shape(name)
            && found != shape
        {
            return Err(CheckpointError::Shape {
                folder: self.folder.clone(),
                name: name.to_owned(),
                found,
                expected: shape.to_vec(),
            });
        }
        let tensor = match file {
            WeightFile::Safetensors(file) => file.load(name, &Device::Cpu).map_err(tensor_error)?,
            // `places` holds only what the file holds.
            WeightFile::Torch(file) => file.tensor(name).unwrap_or_else(|| {
                Err(CheckpointError::Missing { folder: self.folder.clone(), names: vec![name.to_owned()] })
            })?,
        };
        tensor.to_dtype(self.dtype).and_then(|tensor| tensor.to_device(&self.device)).map_err(tensor_error)
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

impl WeightFile {
    fn open(path: &Path) -> Result<Self, CheckpointError> {
        if path.extension().is_some_and(|end| end == "safetensors") {
            std::fs::metadata(path).map_err(CheckpointError::io(path))?;
            // SAFETY: the map is read-only. Weights must not be changed while a model is loaded from them; the program
            // itself only ever replaces model files by renaming, which leaves an open map as it was.
            let mapped = unsafe { MmapedSafetensors::new(path) };
            return mapped
                .map(Self::Safetensors)
                .map_err(|error| CheckpointError::damaged(path, format!("not a whole safetensors file: {error}")));
        }
        TorchFile::open(path).map(Self::Torch)
    }

    fn names(&self) -> Vec<String> {
        match self {
            WeightFile::Safetensors(file) => file.tensors().into_iter().map(|(name, _)| name).collect(),
            WeightFile::Torch(file) => file.names().map(str::to_owned).collect(),
        }
    }

    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        match self {
            WeightFile::Safetensors(file) => file.get(name).ok().map(|view| view.shape().to_vec()),
            WeightFile::Torch(file) => file.shape(name).map(<[usize]>::to_vec),
        }
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
