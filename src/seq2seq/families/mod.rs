//! The networks.

pub mod bart_like;
pub(super) mod bart_like_names;
pub mod t5;

pub use bart_like::BartLike;
pub use t5::T5;

use super::Seq2SeqError;
use super::cache::{DecoderState, Encoded};
use super::config::Network;
use crate::checkpoint::Checkpoint;
use candle_core::{DType, Device, Result, Tensor};

/// A network of any family. Its weights are shared by all workers: decoding changes a [`DecoderState`], never this.
#[derive(Debug)]
pub enum Model {
    /// Marian, BART, mBART, M2M100 and NLLB, Pegasus.
    BartLike(BartLike),
    /// T5, flan-T5, mT5, MADLAD-400.
    T5(T5),
}

impl Model {
    /// Reads the weights.
    ///
    /// # Errors
    /// [`Seq2SeqError::Checkpoint`] naming the tensor that is missing or misshapen.
    pub fn load(checkpoint: &Checkpoint, network: &Network) -> std::result::Result<Self, Seq2SeqError> {
        match network {
            Network::BartLike(config) => BartLike::load(checkpoint, config).map(Self::BartLike),
            Network::T5(config) => T5::load(checkpoint, config).map(Self::T5),
        }
    }

    /// Where it runs.
    pub fn device(&self) -> &Device {
        match self {
            Model::BartLike(model) => model.device(),
            Model::T5(model) => model.device(),
        }
    }

    /// Columns of the logits.
    pub fn target_vocabulary(&self) -> usize {
        match self {
            Model::BartLike(model) => model.config().target_vocabulary,
            Model::T5(model) => model.config().vocabulary,
        }
    }

    /// Runs the encoder over `sources`; none may be empty or longer than [`Network::max_source_tokens`].
    ///
    /// # Errors
    /// A tensor operation failed: an id beyond the vocabulary, no memory.
    pub fn encode(&self, sources: &[&[u32]]) -> Result<Encoded> {
        match self {
            Model::BartLike(model) => model.encode(sources),
            Model::T5(model) => model.encode(sources),
        }
    }

    /// The state before the first token: the sources' keys and values, made once for each source.
    ///
    /// # Errors
    /// A tensor operation failed.
    pub fn start(&self, encoded: &Encoded) -> Result<DecoderState> {
        match self {
            Model::BartLike(model) => model.start(encoded),
            Model::T5(model) => model.start(encoded),
        }
    }

    /// Reads one token in each row and gives the logits of the next, `(rows, vocabulary)`. The number of rows is a
    /// multiple of the number of sources in `state`.
    ///
    /// # Errors
    /// A tensor operation failed.
    pub fn step(&self, tokens: &[u32], state: &mut DecoderState) -> Result<Tensor> {
        match self {
            Model::BartLike(model) => model.step(tokens, state),
            Model::T5(model) => model.step(tokens, state),
        }
    }

    /// How much each token of `target` (as `generate` returns it: the start first) heeds each token of `source` when it is
    /// decoded: the cross-attention of the decoder's layer `layer` (counted from 0), as the mean over its heads. One row
    /// for each token after the start; a row sums to 1.
    ///
    /// # Errors
    /// A tensor operation failed, or there is no such layer.
    pub fn alignment(&self, source: &[u32], target: &[u32], layer: usize) -> Result<Vec<Vec<f32>>> {
        let encoded = self.encode(&[source])?;
        let mut state = self.start(&encoded)?;
        if layer >= state.layers.len() {
            candle_core::bail!("the decoder has {} layers, not layer {layer}", state.layers.len());
        }
        state.watched = Some(layer);
        let mut rows = Vec::with_capacity(target.len().saturating_sub(1));
        for token in &target[..target.len().saturating_sub(1)] {
            self.step(std::slice::from_ref(token), &mut state)?;
            let Some(heeded) = state.heeded.take() else { candle_core::bail!("no cross-attention in layer {layer}") };
            let mean = heeded.to_dtype(DType::F32)?.mean(1)?.flatten_all()?; // (keys)
            rows.push(mean.narrow(0, 0, source.len())?.to_vec1()?);
        }
        Ok(rows)
    }
}

/// Splits `(rows, N * width)` into N of `(rows, width)`.
fn columns<const N: usize>(all: &Tensor) -> Result<[Tensor; N]> {
    let width = all.dim(1)? / N;
    let mut parts = Vec::with_capacity(N);
    for index in 0..N {
        parts.push(all.narrow(1, index * width, width)?.contiguous()?);
    }
    // N were pushed.
    parts.try_into().map_err(|_| candle_core::Error::Msg("wrong number of parts".to_owned()))
}
