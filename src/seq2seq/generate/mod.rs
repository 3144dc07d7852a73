//! Decoding by transformers' `generate` contract (5.23): greedy and beam search over anything that gives logits.

mod beam;
mod candidates;
mod greedy;
mod processors;
mod settings;

pub use candidates::{Candidate, RowScores};
pub use settings::{EarlyStopping, GenerationOverrides, GenerationSettings};

use crate::translate::Cancel;
use thiserror::Error;

/// What is decoded from: a model with the state of one batch. Each source has the same number of rows, one after the
/// other.
pub trait Decoder {
    /// Columns of the logits.
    fn vocabulary(&self) -> usize;

    /// Reads one token in each row and says of each row's next token what the search asks for: the `count` best, and
    /// the logits of the columns in `named` (ascending), which are left out of the best and of the sum.
    ///
    /// # Errors
    /// The model failed.
    fn step(&mut self, tokens: &[u32], named: &[Vec<u32>], count: usize) -> candle_core::Result<Vec<RowScores>>;

    /// The rows of now that go on, in the order in which they go on (one may go on several times); and the sources,
    /// where some leave.
    ///
    /// # Errors
    /// The model failed.
    fn select(&mut self, rows: &[u32], sources: Option<&[u32]>) -> candle_core::Result<()>;
}

/// A finished sequence.
#[derive(Debug, Clone, PartialEq)]
pub struct Sequence {
    /// As `generate` returns them: decoder start first, end included, padding not.
    pub ids: Vec<u32>,
    /// Sum of the tokens' log-probabilities, divided by a power of their number (`length_penalty`; 1 for greedy).
    pub score: f32,
}

/// Why decoding stopped.
#[derive(Debug, Error)]
pub enum GenerateError {
    /// [`Cancel`] was set.
    #[error("cancelled")]
    Cancelled,
    /// The model failed.
    #[error(transparent)]
    Model(#[from] candle_core::Error),
    /// The model gave something that is no number; the weights are damaged, or overflow in their number type.
    #[error("the model's output is not a number")]
    NotANumber,
}

/// Decodes `sources` sources: for each up to [`GenerationSettings::n_best`] sequences, best first.
///
/// # Errors
/// [`GenerateError`].
pub fn generate(
    decoder: &mut dyn Decoder,
    sources: usize,
    settings: &GenerationSettings,
    cancel: &Cancel,
) -> Result<Vec<Vec<Sequence>>, GenerateError> {
    if sources == 0 {
        return Ok(Vec::new());
    }
    if settings.beams == 1 {
        greedy::search(decoder, sources, settings, cancel)
    } else {
        beam::search(decoder, sources, settings, cancel)
    }
}

#[cfg(test)]
mod tests;
