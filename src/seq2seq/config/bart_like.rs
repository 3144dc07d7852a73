//! The network part of `config.json` for the BART-like families: one core, told apart by flags.
//!
//! Source of the defaults: `configuration_*.py` of transformers 5.23.

use super::{LARGEST_SIZE, ModelType};
use candle_nn::Activation;
use serde::Deserialize;

/// A network of the BART-like families.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkConfig {
    /// The family.
    pub model_type: ModelType,
    /// Width of the hidden states.
    pub d_model: usize,
    /// Encoder layers.
    pub encoder_layers: usize,
    /// Decoder layers.
    pub decoder_layers: usize,
    /// Attention heads of the encoder.
    pub encoder_heads: usize,
    /// Attention heads of the decoder.
    pub decoder_heads: usize,
    /// Inner width of the encoder's feed-forward layers.
    pub encoder_ffn: usize,
    /// Inner width of the decoder's feed-forward layers.
    pub decoder_ffn: usize,
    /// Between the two feed-forward layers.
    pub activation: Activation,
    /// Rows of the encoder's embedding.
    pub source_vocabulary: usize,
    /// Rows of the decoder's embedding and columns of the logits.
    pub target_vocabulary: usize,
    /// Longest sequence on either side, in tokens.
    pub max_positions: usize,
    /// What embeddings are multiplied by.
    pub embedding_scale: f64,
    /// One embedding for both sides.
    pub shared_embeddings: bool,
    /// Where the output projection comes from.
    pub head: HeadKind,
    /// Where the layer norms stand.
    pub norm: NormPlacement,
    /// A layer norm after the embeddings (`layernorm_embedding`).
    pub embedding_norm: bool,
    /// A layer norm at the end of each stack (`layer_norm`).
    pub final_norm: bool,
    /// How positions enter.
    pub positions: PositionKind,
    /// A bias on the logits (`final_logits_bias`).
    pub logits_bias: bool,
}

/// Where a layer's norms stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NormPlacement {
    /// After the residual sum (Marian, BART).
    Post,
    /// Before the sublayer (mBART, Pegasus, M2M100).
    Pre,
}

/// How positions enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PositionKind {
    /// Marian's and Pegasus's sinusoid: sines in the first half, cosines in the second, no offset. A table in the
    /// checkpoint goes first.
    Sinusoidal,
    /// M2M100's sinusoid: other angles, always computed, and positions are counted from `padding` + 1, past padding.
    CountedSinusoidal {
        /// `pad_token_id`: its row is zero.
        padding: u32,
    },
    /// BART's and mBART's learned table; position 0 is in row 2.
    Learned,
}

/// Where the output projection comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadKind {
    /// The target's embedding, whatever `lm_head.weight` the file holds (Marian: opus-mt-tc-big has a stray one).
    AlwaysTied,
    /// The target's embedding, unless the file holds an `lm_head.weight` with other numbers.
    TiedUnlessDifferent,
    /// `lm_head.weight` (`tie_word_embeddings` is false).
    Own,
}

/// Rows before the one of position 0 in a learned table.
pub(crate) const LEARNED_OFFSET: usize = 2;

impl PositionKind {
    /// Rows of the table for sequences of up to `max_positions` tokens.
    pub fn rows(self, max_positions: usize) -> usize {
        match self {
            PositionKind::Sinusoidal => max_positions,
            PositionKind::CountedSinusoidal { padding } => padding as usize + 1 + max_positions,
            PositionKind::Learned => LEARNED_OFFSET + max_positions,
        }
    }

    /// The rows of the table for `ids`, which follow `past` tokens.
    pub fn rows_of<'a>(self, ids: &'a [u32], past: usize) -> impl Iterator<Item = u32> + 'a {
        let mut counted = past as u32;
        ids.iter().zip(past as u32..).map(move |(&id, position)| match self {
            PositionKind::Sinusoidal => position,
            PositionKind::Learned => LEARNED_OFFSET as u32 + position,
            PositionKind::CountedSinusoidal { padding } if id == padding => padding,
            PositionKind::CountedSinusoidal { padding } => {
                counted += 1;
                padding + counted
            }
        })
    }
}

#[derive(Deserialize)]
pub(super) struct RawNetwork {
    d_model: usize,
    encoder_layers: usize,
    decoder_layers: usize,
    encoder_attention_heads: usize,
    decoder_attention_heads: usize,
    encoder_ffn_dim: usize,
    decoder_ffn_dim: usize,
    activation_function: Option<String>,
    vocab_size: usize,
    decoder_vocab_size: Option<usize>,
    max_position_embeddings: Option<usize>,
    scale_embedding: Option<bool>,
    share_encoder_decoder_embeddings: Option<bool>,
    tie_word_embeddings: Option<bool>,
    pad_token_id: Option<u32>,
}

impl RawNetwork {
    pub(super) fn checked(self, model_type: ModelType) -> Result<NetworkConfig, String> {
        let is_marian = model_type == ModelType::Marian;
        let target_vocabulary = self.decoder_vocab_size.filter(|_| is_marian).unwrap_or(self.vocab_size);
        let max_positions = self.max_position_embeddings.unwrap_or(1024);
        let sizes = [
            ("d_model", self.d_model),
            ("encoder_layers", self.encoder_layers),
            ("decoder_layers", self.decoder_layers),
            ("encoder_attention_heads", self.encoder_attention_heads),
            ("decoder_attention_heads", self.decoder_attention_heads),
            ("encoder_ffn_dim", self.encoder_ffn_dim),
            ("decoder_ffn_dim", self.decoder_ffn_dim),
            ("vocab_size", self.vocab_size),
            ("decoder_vocab_size", target_vocabulary),
            ("max_position_embeddings", max_positions),
        ];
        if let Some((name, size)) = sizes.into_iter().find(|(_, size)| !(1..=LARGEST_SIZE).contains(size)) {
            return Err(format!("{name} is {size}, expected 1 to {LARGEST_SIZE}"));
        }
        for (name, heads) in [
            ("encoder_attention_heads", self.encoder_attention_heads),
            ("decoder_attention_heads", self.decoder_attention_heads),
        ] {
            if !self.d_model.is_multiple_of(heads) {
                return Err(format!("d_model {} can't be divided by {name} {heads}", self.d_model));
            }
        }
        let activation = match (self.activation_function.as_deref(), model_type) {
            (Some(name), _) => super::activation(name)?,
            (None, ModelType::M2m100) => Activation::Relu,
            (None, _) => Activation::Gelu,
        };
        // The other families always have one.
        let shared_embeddings = !is_marian || self.share_encoder_decoder_embeddings.unwrap_or(true);
        if shared_embeddings && target_vocabulary != self.vocab_size {
            return Err(format!(
                "shared embeddings, but vocab_size {} and decoder_vocab_size {target_vocabulary}",
                self.vocab_size
            ));
        }
        let positions = match model_type {
            ModelType::Marian | ModelType::Pegasus => PositionKind::Sinusoidal,
            ModelType::Bart | ModelType::MBart => PositionKind::Learned,
            ModelType::T5 | ModelType::Mt5 => return Err("T5 is another network".to_owned()),
            ModelType::M2m100 => PositionKind::CountedSinusoidal { padding: self.pad_token_id.unwrap_or(1) },
        };
        if let PositionKind::CountedSinusoidal { padding } = positions
            && padding as usize >= self.vocab_size
        {
            return Err(format!("pad_token_id is {padding}, the vocabulary has {} ids", self.vocab_size));
        }
        let scaled = self.scale_embedding.unwrap_or(model_type == ModelType::M2m100);
        Ok(NetworkConfig {
            model_type,
            embedding_scale: if scaled { (self.d_model as f64).sqrt() } else { 1.0 },
            d_model: self.d_model,
            encoder_layers: self.encoder_layers,
            decoder_layers: self.decoder_layers,
            encoder_heads: self.encoder_attention_heads,
            decoder_heads: self.decoder_attention_heads,
            encoder_ffn: self.encoder_ffn_dim,
            decoder_ffn: self.decoder_ffn_dim,
            activation,
            source_vocabulary: self.vocab_size,
            target_vocabulary,
            max_positions,
            shared_embeddings,
            head: match (model_type, self.tie_word_embeddings) {
                (ModelType::Marian, _) => HeadKind::AlwaysTied,
                (_, Some(false)) => HeadKind::Own,
                _ => HeadKind::TiedUnlessDifferent,
            },
            // By the family alone: transformers reads no `normalize_before`, `normalize_embedding` and their like.
            norm: match model_type {
                ModelType::Marian | ModelType::Bart => NormPlacement::Post,
                _ => NormPlacement::Pre,
            },
            embedding_norm: matches!(model_type, ModelType::Bart | ModelType::MBart),
            final_norm: matches!(model_type, ModelType::MBart | ModelType::M2m100 | ModelType::Pegasus),
            positions,
            logits_bias: model_type != ModelType::M2m100,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_the_position_table() {
        let rows = |kind: PositionKind, ids: &[u32], past| kind.rows_of(ids, past).collect::<Vec<_>>();
        let counted = PositionKind::CountedSinusoidal { padding: 1 };
        assert_eq!(rows(PositionKind::Sinusoidal, &[9, 9, 9], 4), [4, 5, 6]);
        assert_eq!(rows(PositionKind::Learned, &[9, 9, 9], 0), [2, 3, 4]);
        assert_eq!(rows(counted, &[9, 9, 9], 0), [2, 3, 4]);
        assert_eq!(rows(counted, &[9, 1, 9], 0), [2, 1, 3], "padding has a row of its own and is not counted");
        assert_eq!(rows(counted, &[9], 7), [9]);
        assert_eq!((counted.rows(10), PositionKind::Learned.rows(10)), (12, 12));
    }
}
