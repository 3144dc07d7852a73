//! A GGUF file: opened, its header checked against its length, metadata by type, tensors by name and shape.
//!
//! Format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>. Tensors are read one by one from the file, so
//! that the file never lies in memory as a whole.

use super::error::LlmError;
use candle_core::Device;
use candle_core::quantized::QTensor;
use candle_core::quantized::gguf_file::{Content, Value};
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// An opened GGUF file whose tensors are known to lie inside it.
pub struct Gguf {
    path: PathBuf,
    reader: BufReader<File>,
    content: Content,
}

impl Gguf {
    /// Opens `path` and checks that every tensor lies inside the file.
    ///
    /// # Errors
    /// [`LlmError::Open`], [`LlmError::Header`], [`LlmError::Truncated`].
    pub fn open(path: &Path) -> Result<Self, LlmError> {
        let open_error = |source| LlmError::Open { path: path.to_owned(), source };
        let file = File::open(path).map_err(open_error)?;
        let length = file.metadata().map_err(open_error)?.len();
        let mut reader = BufReader::with_capacity(1 << 20, file);
        // candle divides by `general.alignment` unchecked: a damaged file that says 0 there panics inside the reader.
        let content = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| Content::read(&mut reader)))
            .unwrap_or_else(|_| Err(candle_core::Error::Msg("the header is damaged".into())))
            .map_err(|error| LlmError::Header { path: path.to_owned(), message: error.to_string() })?;
        let gguf = Self { path: path.to_owned(), reader, content };
        gguf.check_tensors(length)?;
        Ok(gguf)
    }

    fn check_tensors(&self, length: u64) -> Result<(), LlmError> {
        let mut worst: Option<(&str, u64)> = None;
        for (name, info) in &self.content.tensor_infos {
            let elements = info.shape.dims().iter().try_fold(1usize, |product, &dim| product.checked_mul(dim));
            let end = elements
                .map(|elements| elements.div_ceil(info.ggml_dtype.block_size()))
                .and_then(|blocks| blocks.checked_mul(info.ggml_dtype.type_size()))
                .and_then(|bytes| (bytes as u64).checked_add(info.offset)?.checked_add(self.content.tensor_data_offset))
                .ok_or_else(|| self.tensor_error(name, format!("impossible shape {:?}", info.shape.dims())))?;
            // Of several tensors beyond the end, the one that ends last: the same message whatever the map's order.
            if end > length && worst.is_none_or(|(_, so_far)| end > so_far) {
                worst = Some((name, end));
            }
        }
        match worst {
            None => Ok(()),
            Some((tensor, needed)) => {
                Err(LlmError::Truncated { path: self.path.clone(), tensor: tensor.to_owned(), needed, length })
            }
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A metadata error about `key`.
    pub fn metadata_error(&self, key: &str, message: impl Into<String>) -> LlmError {
        LlmError::Metadata { path: self.path.clone(), key: key.to_owned(), message: message.into() }
    }

    fn tensor_error(&self, tensor: &str, message: impl Into<String>) -> LlmError {
        LlmError::Tensor { path: self.path.clone(), tensor: tensor.to_owned(), message: message.into() }
    }

    fn get<T>(&self, key: &str, expected: &str, read: impl Fn(&Value) -> Option<T>) -> Result<Option<T>, LlmError> {
        match self.content.metadata.get(key) {
            None => Ok(None),
            Some(value) => match read(value) {
                Some(value) => Ok(Some(value)),
                None => Err(self.metadata_error(key, format!("expected {expected}"))),
            },
        }
    }

    /// `value`, or the error that `key` is missing.
    pub fn required<T>(&self, key: &str, value: Option<T>) -> Result<T, LlmError> {
        value.ok_or_else(|| self.metadata_error(key, "missing"))
    }

    /// A count or id; `None` if the key is not there.
    pub fn unsigned(&self, key: &str) -> Result<Option<usize>, LlmError> {
        self.get(key, "a whole number", |value| {
            usize::try_from(match value {
                Value::U64(number) => *number,
                Value::U32(number) => u64::from(*number),
                Value::U16(number) => u64::from(*number),
                Value::U8(number) => u64::from(*number),
                Value::I32(number) => u64::try_from(*number).ok()?,
                Value::I64(number) => u64::try_from(*number).ok()?,
                _ => return None,
            })
            .ok()
        })
    }

    /// A real number; `None` if the key is not there.
    pub fn float(&self, key: &str) -> Result<Option<f32>, LlmError> {
        self.get(key, "a number", |value| value.to_f32().ok())
    }

    /// A switch; `None` if the key is not there.
    pub fn boolean(&self, key: &str) -> Result<Option<bool>, LlmError> {
        self.get(key, "true or false", |value| value.to_bool().ok())
    }

    /// A string; `None` if the key is not there.
    pub fn string(&self, key: &str) -> Result<Option<&str>, LlmError> {
        match self.content.metadata.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.metadata_error(key, "expected a string")),
        }
    }

    fn array<'a, T>(
        &'a self,
        key: &str,
        expected: &str,
        read: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<Vec<T>, LlmError> {
        let wrong = || self.metadata_error(key, format!("expected a list of {expected}"));
        match self.content.metadata.get(key) {
            None => Err(self.metadata_error(key, "missing")),
            Some(Value::Array(values)) => values.iter().map(|value| read(value).ok_or_else(wrong)).collect(),
            Some(_) => Err(wrong()),
        }
    }

    /// A list of strings; missing is an error.
    pub fn strings(&self, key: &str) -> Result<Vec<&str>, LlmError> {
        self.array(key, "strings", |value| value.to_string().ok().map(String::as_str))
    }

    /// A list of real numbers; missing is an error.
    pub fn floats(&self, key: &str) -> Result<Vec<f32>, LlmError> {
        self.array(key, "numbers", |value| value.to_f32().ok())
    }

    /// A list of small whole numbers; missing is an error.
    pub fn integers(&self, key: &str) -> Result<Vec<i64>, LlmError> {
        self.array(key, "whole numbers", |value| match value {
            Value::I32(number) => Some(i64::from(*number)),
            Value::U32(number) => Some(i64::from(*number)),
            Value::I64(number) => Some(*number),
            _ => None,
        })
    }

    /// Is there a tensor `name`?
    pub fn has_tensor(&self, name: &str) -> bool {
        self.content.tensor_infos.contains_key(name)
    }

    /// The shape of tensor `name`, outermost dimension first.
    ///
    /// # Errors
    /// [`LlmError::Tensor`] if it is missing.
    pub fn tensor_shape(&self, name: &str) -> Result<&[usize], LlmError> {
        match self.content.tensor_infos.get(name) {
            Some(info) => Ok(info.shape.dims()),
            None => Err(self.tensor_error(name, "missing")),
        }
    }

    /// Tensor `name`, which must have `shape`.
    ///
    /// # Errors
    /// [`LlmError::Tensor`] if it is missing, has another shape or can't be read.
    pub fn tensor(&mut self, name: &str, shape: &[usize], device: &Device) -> Result<QTensor, LlmError> {
        let found = self.tensor_shape(name)?;
        if found != shape {
            return Err(self.tensor_error(name, format!("has shape {found:?}, the metadata make it {shape:?}")));
        }
        let read = self.content.tensor(&mut self.reader, name, device);
        read.map_err(|error| self.tensor_error(name, error.to_string()))
    }
}
