//! A tensor's numbers as `f32`, block by block, so that no second copy of a large matrix is ever in memory.

use super::CheckpointError;
use super::tensor_file::read_at;
use candle_core::DType;
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};
use std::fs::File;
use std::path::Path;

/// Where the bytes come from.
pub(super) enum Bytes<'a> {
    /// The file, from the place `next` on.
    File { file: &'a File, next: u64 },
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
    halves: Vec<f16>,
    block: Vec<f32>,
}

impl<'a> Numbers<'a> {
    /// `count` numbers of the type `dtype`; `None` for types that are no weights.
    pub(super) fn new(path: &'a Path, bytes: Bytes<'a>, dtype: DType, count: usize) -> Option<Self> {
        let known = matches!(dtype, DType::F32 | DType::F16 | DType::BF16 | DType::F64 | DType::I64);
        let (raw, halves, block) = (Vec::new(), Vec::new(), Vec::new());
        known.then_some(Self { path, bytes, dtype, done: 0, count, raw, halves, block })
    }

    /// The next up to `most` numbers; none after the last.
    pub(super) fn next_block(&mut self, most: usize) -> Result<&[f32], CheckpointError> {
        let mut block = std::mem::take(&mut self.block);
        block.clear();
        let read = self.append(most, &mut block);
        self.block = block;
        read.map(|()| self.block.as_slice())
    }

    /// Appends the next up to `most` numbers.
    pub(super) fn append(&mut self, most: usize, numbers: &mut Vec<f32>) -> Result<(), CheckpointError> {
        let count = most.min(self.count - self.done);
        let width = self.dtype.size_in_bytes();
        let (start, end) = (self.done * width, (self.done + count) * width);
        let raw: &[u8] = match &mut self.bytes {
            Bytes::Picked(bytes) => bytes
                .get(start..end)
                .ok_or_else(|| CheckpointError::damaged(self.path, "ends before its numbers do"))?,
            Bytes::File { file, next } => {
                self.raw.resize(end - start, 0);
                read_at(file, &mut self.raw, *next).map_err(CheckpointError::io(self.path))?;
                *next += (end - start) as u64;
                &self.raw
            }
        };
        self.done += count;
        let words = raw.chunks_exact(width);
        match self.dtype {
            DType::F16 => {
                self.halves.clear();
                self.halves.extend(words.map(|word| f16::from_le_bytes([word[0], word[1]])));
                let first = numbers.len();
                numbers.resize(first + count, 0.0);
                self.halves.convert_to_f32_slice(&mut numbers[first..]);
            }
            DType::BF16 => numbers.extend(words.map(|word| bf16::from_le_bytes([word[0], word[1]]).to_f32())),
            DType::F32 => numbers.extend(words.map(|word| f32::from_le_bytes(first(word)))),
            DType::F64 => numbers.extend(words.map(|word| f64::from_le_bytes(first(word)) as f32)),
            // `new` lets nothing else through.
            _ => numbers.extend(words.map(|word| i64::from_le_bytes(first(word)) as f32)),
        }
        Ok(())
    }
}

/// The first `N` bytes of a word that has as many.
fn first<const N: usize>(word: &[u8]) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&word[..N]);
    bytes
}
