//! What belongs to a batch and not to the weights: how its rows lie, its encoder output, its keys and values.

use super::layers::{KEY_MULTIPLE, KeysValues};
use candle_core::{DType, Device, Result, Tensor};

/// How the tokens of several sources lie one after the other, and where attention needs them in a rectangle.
#[derive(Debug, Clone)]
pub(super) struct SourceLayout {
    /// Sources.
    pub batch: usize,
    /// Places for each source in the rectangle; a multiple of [`KEY_MULTIPLE`].
    pub padded_length: usize,
    /// For each place of the rectangle the row that stands there; places beyond a source's end hold any row.
    into_rectangle: Tensor, // (batch * padded_length)
    /// For each row its place.
    out_of_rectangle: Tensor, // (rows)
    /// 0 for tokens, minus infinity beyond a source's end.
    pub mask: Tensor, // (batch, 1, 1, padded_length)
}

impl SourceLayout {
    pub(super) fn new(lengths: &[usize], dtype: DType, device: &Device) -> Result<Self> {
        let longest = lengths.iter().copied().max().unwrap_or(0).max(1);
        let padded_length = longest.next_multiple_of(KEY_MULTIPLE);
        let mut places = Vec::new();
        let mut rows = Vec::new();
        let mut mask = Vec::with_capacity(lengths.len() * padded_length);
        let mut row = 0_u32;
        for (source, &length) in lengths.iter().enumerate() {
            for place in 0..padded_length {
                let is_token = place < length;
                mask.push(if is_token { 0_f32 } else { f32::NEG_INFINITY });
                places.push(if is_token { row } else { 0 });
                if is_token {
                    rows.push((source * padded_length + place) as u32);
                    row += 1;
                }
            }
        }
        Ok(Self {
            batch: lengths.len(),
            padded_length,
            into_rectangle: Tensor::new(places, device)?,
            out_of_rectangle: Tensor::new(rows, device)?,
            mask: Tensor::from_vec(mask, (lengths.len(), 1, 1, padded_length), device)?.to_dtype(dtype)?,
        })
    }

    /// `(rows, heads * head_width)` to `(batch, padded_length, heads, head_width)`.
    pub(super) fn spread(&self, rows: &Tensor, heads: usize) -> Result<Tensor> {
        let width = rows.dim(1)?;
        rows.index_select(&self.into_rectangle, 0)?.reshape((self.batch, self.padded_length, heads, width / heads))
    }

    /// `(batch, heads, padded_length, head_width)` to `(rows, heads * head_width)`.
    pub(super) fn gather(&self, rectangle: &Tensor) -> Result<Tensor> {
        let (batch, heads, length, head_width) = rectangle.dims4()?;
        rectangle
            .transpose(1, 2)?
            .reshape((batch * length, heads * head_width))?
            .index_select(&self.out_of_rectangle, 0) // (rows, heads * head_width)
    }

    /// Keys and values for attention over the sources, from `(rows, heads * head_width)` each.
    pub(super) fn keys_values(&self, keys: &Tensor, values: &Tensor, heads: usize) -> Result<KeysValues> {
        let keys = self.spread(keys, heads)?.permute((0, 2, 3, 1))?.contiguous()?; // (batch, heads, head_width, length)
        let values = self.spread(values, heads)?.transpose(1, 2)?.contiguous()?; // (batch, heads, length, head_width)
        Ok(KeysValues { keys, values })
    }
}

/// The encoder's output for a batch of sources.
#[derive(Debug, Clone)]
pub struct Encoded {
    pub(super) hidden: Tensor, // (rows, d_model)
    pub(super) layout: SourceLayout,
    pub(super) lengths: Vec<usize>,
}

impl Encoded {
    /// The hidden states of source `index`, `(tokens, d_model)`.
    ///
    /// # Errors
    /// A tensor operation failed, or there is no such source.
    pub fn source(&self, index: usize) -> Result<Tensor> {
        let Some(&length) = self.lengths.get(index) else { candle_core::bail!("no source {index}") };
        let first = self.lengths[..index].iter().sum();
        self.hidden.narrow(0, first, length)
    }
}

/// One layer's keys and values of the tokens that were decoded, and of the source.
#[derive(Debug, Clone)]
pub(super) struct LayerState {
    /// None before the first step.
    pub own: Option<KeysValues>, // batch = rows
    pub source: KeysValues, // batch = sources
}

/// What a decoder knows of a batch between two steps. Each source has the same number of rows (its beams), one after
/// the other.
#[derive(Debug, Clone)]
pub struct DecoderState {
    pub(super) layers: Vec<LayerState>,
    pub(super) source_mask: Tensor, // (sources, 1, 1, keys)
    /// Tokens decoded so far in each row.
    pub(super) length: usize,
    /// The layer whose cross-attention is wanted.
    pub(super) watched: Option<usize>,
    /// The watched layer's cross-attention of the last step, (sources, heads, rows of a source, keys).
    pub(super) heeded: Option<Tensor>,
}

impl DecoderState {
    pub(super) fn new(layers: Vec<LayerState>, source_mask: Tensor) -> Self {
        Self { layers, source_mask, length: 0, watched: None, heeded: None }
    }

    /// Rows and sources that go on, in the order in which they go on: `rows` counts rows of now (a row may go on
    /// several times), `sources` is `None` where all of them stay.
    ///
    /// # Errors
    /// A tensor operation failed.
    pub fn select(&mut self, rows: &[u32], sources: Option<&[u32]>) -> Result<()> {
        let device = self.source_mask.device().clone();
        let rows = Tensor::new(rows, &device)?;
        let sources = sources.map(|sources| Tensor::new(sources, &device)).transpose()?;
        for layer in &mut self.layers {
            if let Some(own) = &mut layer.own {
                own.keys = own.keys.index_select(&rows, 0)?;
                own.values = own.values.index_select(&rows, 0)?;
            }
            if let Some(sources) = &sources {
                layer.source.keys = layer.source.keys.index_select(sources, 0)?;
                layer.source.values = layer.source.values.index_select(sources, 0)?;
            }
        }
        if let Some(sources) = &sources {
            self.source_mask = self.source_mask.index_select(sources, 0)?;
        }
        Ok(())
    }
}
