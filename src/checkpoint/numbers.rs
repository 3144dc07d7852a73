//! A tensor's numbers as `f32`, block by block, so that no second copy of a large matrix is ever in memory.

use super::CheckpointError;
use candle_core::DType;
use half::{bf16, f16};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Where the bytes come from.
pub(super) enum Bytes<'a> {
    /// A map of the file.
    Mapped(&'a [u8]),
    /// The file, standing at the first number.
    File(File),
    /// Numbers that were picked out of a view that is not contiguous.
    Picked(Vec<u8>),
}

/// Reads the numbers of one tensor in their order.
pub(super) struct Numbers<'a> {
    path: &'a Path,
    bytes: Bytes<'a>,
    dtype: DType,
    /// Numbers read so far, and in all.
    done: usize,
    count: usize,
    raw: Vec<u8>,
    block: Vec<f32>,
}

impl<'a> Numbers<'a> {
    /// `count` numbers of the type `dtype`; `None` for types that are no weights.
    pub(super) fn new(path: &'a Path, bytes: Bytes<'a>, dtype: DType, count: usize) -> Option<Self> {
        let known = matches!(dtype, DType::F32 | DType::F16 | DType::BF16 | DType::F64 | DType::I64);
        known.then(|| Self { path, bytes, dtype, done: 0, count, raw: Vec::new(), block: Vec::new() })
    }

    /// The next up to `most` numbers; none after the last.
    pub(super) fn next_block(&mut self, most: usize) -> Result<&[f32], CheckpointError> {
        let count = most.min(self.count - self.done);
        let width = self.dtype.size_in_bytes();
        let (start, end) = (self.done * width, (self.done + count) * width);
        let cut_off = || CheckpointError::damaged(self.path, "ends before its numbers do");
        let raw: &[u8] = match &mut self.bytes {
            Bytes::Mapped(bytes) => bytes.get(start..end).ok_or_else(cut_off)?,
            Bytes::Picked(bytes) => bytes.get(start..end).ok_or_else(cut_off)?,
            Bytes::File(file) => {
                self.raw.resize(end - start, 0);
                file.read_exact(&mut self.raw).map_err(CheckpointError::io(self.path))?;
                &self.raw
            }
        };
        self.done += count;
        self.block.clear();
        let words = raw.chunks_exact(width);
        match self.dtype {
            DType::F16 => self.block.extend(words.map(|word| f16::from_le_bytes([word[0], word[1]]).to_f32())),
            DType::BF16 => self.block.extend(words.map(|word| bf16::from_le_bytes([word[0], word[1]]).to_f32())),
            DType::F32 => self.block.extend(words.map(|word| f32::from_le_bytes(first(word)))),
            DType::F64 => self.block.extend(words.map(|word| f64::from_le_bytes(first(word)) as f32)),
            // `new` lets nothing else through.
            _ => self.block.extend(words.map(|word| i64::from_le_bytes(first(word)) as f32)),
        }
        Ok(&self.block)
    }
}

/// The first `N` bytes of a word that has as many.
fn first<const N: usize>(word: &[u8]) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&word[..N]);
    bytes
}
