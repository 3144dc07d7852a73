//! What belongs to a batch and not to the weights.

use super::profile::Stopwatch;
use crate::kernels::attention::{OwnMemory, SourceMemory};
use crate::kernels::linear::Bytes;

/// What a decoder knows of a batch between two steps. Each source has the same number of rows (its beams), one after
/// the other.
#[derive(Debug)]
pub struct CpuState<'m> {
    pub(super) memory: Memory,
    /// Tokens decoded so far in each row.
    pub(super) length: usize,
    pub(super) space: Space,
    pub(super) watch: Stopwatch<'m>,
}

/// Keys and values, as wide as the weights ask for.
#[derive(Debug)]
pub(super) enum Memory {
    F32(Memories<f32>),
    Half(Memories<u16>),
}

#[derive(Debug)]
pub(super) struct Memories<E> {
    pub own: OwnMemory<E>,
    /// Of each source, of each layer.
    pub sources: Vec<Vec<SourceMemory<E>>>,
}

/// Room for intermediate results, used again at every step.
#[derive(Debug, Default)]
pub(super) struct Space {
    pub hidden: Vec<f32>,
    pub normed: Vec<f32>,
    pub all: Vec<f32>,
    pub mixed: Vec<f32>,
    pub inner: Vec<f32>,
    pub scores: Vec<f32>,
    pub logits: Vec<f32>,
    pub bytes: Bytes,
}

impl CpuState<'_> {
    /// Rows and sources that go on, in the order in which they go on: `rows` counts rows of now (a row may go on
    /// several times), `sources` is `None` where all of them stay.
    pub fn select(&mut self, rows: &[u32], sources: Option<&[u32]>) {
        match &mut self.memory {
            Memory::F32(memories) => memories.select(rows, sources),
            Memory::Half(memories) => memories.select(rows, sources),
        }
    }
}

impl<E: crate::kernels::attention::Element> Memories<E> {
    fn select(&mut self, rows: &[u32], sources: Option<&[u32]>) {
        self.own.select(rows);
        if let Some(sources) = sources {
            // Sources keep their order and none is there twice.
            let mut old = std::mem::take(&mut self.sources).into_iter().enumerate();
            let kept = sources.iter().filter_map(|&wanted| old.find(|(index, _)| *index == wanted as usize));
            self.sources = kept.map(|(_, source)| source).collect();
        }
    }
}
