//! Encoder and decoder step.

use super::pack::{Packed, activation};
use super::profile::{Part, Stopwatch};
use super::state::{CpuState, Memories, Memory, Space};
use super::{CpuModel, CpuType};
use crate::kernels::attention::{Element, OwnMemory, Rows, SourceMemory};
use crate::kernels::linear::{Bytes, Mode};
use crate::kernels::row_ops::Norm;
use crate::seq2seq::config::NormPlacement;
use crate::seq2seq::families::bart_like::{FeedForward, Stack};
use crate::seq2seq::generate::RowScores;
use candle_core::{Result, bail};
use std::ops::Range;

/// Tokens of sources that are encoded together, unless one source has more: their states stay in the cache, and the room
/// for them is small.
const ENCODED_ROWS: usize = 512;

/// Rows that go through a feed-forward block together: their inner states stay in the cache.
const FEED_ROWS: usize = 256;

impl CpuModel {
    /// Runs the encoder over `sources`, `(tokens of all, d_model)`; none may be empty or longer than the network's
    /// positions.
    ///
    /// # Errors
    /// An id or a position beyond the tables.
    pub fn encode(&self, sources: &[&[u32]]) -> Result<Vec<f32>> {
        let mut watch = Stopwatch::start(self.profile.get());
        let mut space = Space::default();
        let tokens: usize = sources.iter().map(|ids| ids.len()).sum();
        let mut encoded = Vec::with_capacity(tokens * self.config.d_model);
        for part in parts(sources, |ids| ids.len()) {
            self.encode_part(&sources[part], &mut space, &mut watch)?;
            encoded.extend_from_slice(&space.hidden);
        }
        Ok(encoded)
    }

    /// Runs the encoder over a few sources; what comes out is left in `space.hidden`.
    fn encode_part(&self, sources: &[&[u32]], space: &mut Space, watch: &mut Stopwatch<'_>) -> Result<()> {
        let width = self.config.d_model;
        let positions = sources.iter().flat_map(|ids| self.config.positions.rows_of(ids, 0));
        self.embed(&self.encoder, &sources.concat(), positions, self.config.source_vocabulary, &mut space.hidden)?;
        watch.lap(Part::Embedding);
        let heads = self.encoder_heads;
        for layer in &self.encoder.layers {
            self.sublayer(&layer.own.norm, space, |input, hidden, space| {
                let rows = hidden.len() / width;
                space.all.resize(rows * 3 * heads.row(), 0.0);
                space.mixed.resize(rows * heads.row(), 0.0);
                layer.own.queries_keys_values.forward(self.isa, input, &mut space.bytes, &mut space.all, Mode::Set);
                watch.lap(Part::EncoderLayers);
                let mut first = 0;
                for source in sources {
                    let all = &space.all[first * 3 * heads.row()..];
                    let part = |index: usize| Rows { data: &all[index * heads.row()..], stride: 3 * heads.row() };
                    let memory = SourceMemory::<f32>::new(self.isa, heads, part(1), part(2), source.len());
                    let mixed = &mut space.mixed[first * heads.row()..];
                    memory.attend(self.isa, part(0), source.len(), mixed, &mut space.scores);
                    first += source.len();
                }
                watch.lap(Part::EncoderAttention);
                layer.own.output.forward(self.isa, &space.mixed, &mut space.bytes, hidden, Mode::Add);
                Ok(())
            })?;
            self.feed_forward(&layer.feed_forward, space)?;
        }
        if let Some(norm) = &self.encoder.final_norm {
            norm.forward_in_place(self.isa, &mut space.hidden);
        }
        watch.lap(Part::EncoderLayers);
        Ok(())
    }

    /// The state before the first token: the keys and values of sources of these lengths, made once for each.
    ///
    /// # Errors
    /// A decoder without cross-attention.
    pub fn start(&self, encoded: &[f32], lengths: &[usize]) -> Result<CpuState<'_>> {
        let mut watch = Stopwatch::start(self.profile.get());
        let memory = match self.kind {
            CpuType::F32 => Memory::F32(self.memories(encoded, lengths)?),
            CpuType::Int8 => Memory::Half(self.memories(encoded, lengths)?),
        };
        watch.lap(Part::SourceMemory);
        Ok(CpuState { memory, length: 0, space: Space::default(), watch })
    }

    fn memories<E: Element>(&self, encoded: &[f32], lengths: &[usize]) -> Result<Memories<E>> {
        let heads = self.decoder_heads;
        let row = 2 * heads.row();
        let mut sources: Vec<Vec<SourceMemory<E>>> = lengths.iter().map(|_| Vec::new()).collect();
        let (mut both, mut bytes) = (Vec::new(), Bytes::default());
        let mut rest = encoded;
        for part in parts(lengths, |length| *length) {
            let tokens: usize = lengths[part.clone()].iter().sum();
            let (encoded, behind) = rest.split_at(tokens * self.config.d_model);
            rest = behind;
            both.resize(tokens * row, 0.0);
            for layer in &self.decoder.layers {
                let Some(cross) = &layer.source else { bail!("a decoder layer without cross-attention") };
                cross.keys_values.forward(self.isa, encoded, &mut bytes, &mut both, Mode::Set);
                let mut first = 0;
                for (source, &length) in sources[part.clone()].iter_mut().zip(&lengths[part.clone()]) {
                    let both = &both[first * row..];
                    let keys = Rows { data: both, stride: row };
                    let values = Rows { data: &both[heads.row()..], stride: row };
                    source.push(SourceMemory::new(self.isa, heads, keys, values, length));
                    first += length;
                }
            }
        }
        Ok(Memories { own: OwnMemory::new(heads, self.decoder.layers.len()), sources })
    }

    /// Reads one token in each row and answers what a search asks of the next: the `count` best logits but for those
    /// of the columns in `named`. The number of rows is a multiple of the number of sources in `state`.
    ///
    /// # Errors
    /// An id or a position beyond the tables.
    pub fn step(
        &self,
        tokens: &[u32],
        named: &[Vec<u32>],
        count: usize,
        state: &mut CpuState<'_>,
    ) -> Result<Vec<RowScores>> {
        self.advance(tokens, state)?;
        Ok(self.answers(named, count, state))
    }

    /// Reads one token in each row and gives all logits of the next, row after row.
    ///
    /// # Errors
    /// As [`CpuModel::step`].
    pub fn step_logits(&self, tokens: &[u32], state: &mut CpuState<'_>) -> Result<Vec<f32>> {
        self.advance(tokens, state)?;
        Ok(self.logits(&state.space.hidden))
    }

    /// The decoder's last hidden states, in the state's space.
    fn advance(&self, tokens: &[u32], state: &mut CpuState<'_>) -> Result<()> {
        let CpuState { memory, length, space, watch } = state;
        watch.lap(Part::Search);
        let place = |token| self.config.positions.rows_of(std::slice::from_ref(token), *length);
        let positions = tokens.iter().flat_map(place);
        self.embed(&self.decoder, tokens, positions, self.config.target_vocabulary, &mut space.hidden)?;
        watch.lap(Part::Embedding);
        match memory {
            Memory::F32(memories) => self.decode(tokens.len(), memories, space, watch)?,
            Memory::Half(memories) => self.decode(tokens.len(), memories, space, watch)?,
        }
        if let Some(norm) = &self.decoder.final_norm {
            norm.forward_in_place(self.isa, &mut space.hidden);
        }
        watch.lap(Part::DecoderLayers);
        *length += 1;
        Ok(())
    }

    fn decode<E: Element>(
        &self,
        rows: usize,
        memories: &mut Memories<E>,
        space: &mut Space,
        watch: &mut Stopwatch<'_>,
    ) -> Result<()> {
        let heads = self.decoder_heads;
        let Memories { own, sources } = memories;
        let beams = rows / sources.len().max(1);
        own.begin(rows);
        for (index, layer) in self.decoder.layers.iter().enumerate() {
            self.sublayer(&layer.own.norm, space, |input, hidden, space| {
                space.all.resize(rows * 3 * heads.row(), 0.0);
                space.mixed.resize(rows * heads.row(), 0.0);
                layer.own.queries_keys_values.forward(self.isa, input, &mut space.bytes, &mut space.all, Mode::Set);
                watch.lap(Part::DecoderLayers);
                own.attend(self.isa, index, &space.all, &mut space.mixed, &mut space.scores);
                watch.lap(Part::OwnAttention);
                layer.own.output.forward(self.isa, &space.mixed, &mut space.bytes, hidden, Mode::Add);
                Ok(())
            })?;
            let Some(cross) = &layer.source else { bail!("a decoder layer without cross-attention") };
            self.sublayer(&cross.norm, space, |input, hidden, space| {
                space.all.resize(rows * heads.row(), 0.0);
                cross.queries.forward(self.isa, input, &mut space.bytes, &mut space.all, Mode::Set);
                watch.lap(Part::DecoderLayers);
                let part = beams * heads.row();
                for (source, layers) in sources.iter().enumerate() {
                    let queries = Rows { data: &space.all[source * part..], stride: heads.row() };
                    let mixed = &mut space.mixed[source * part..];
                    layers[index].attend(self.isa, queries, beams, mixed, &mut space.scores);
                }
                watch.lap(Part::SourceAttention);
                cross.output.forward(self.isa, &space.mixed, &mut space.bytes, hidden, Mode::Add);
                Ok(())
            })?;
            self.feed_forward(&layer.feed_forward, space)?;
        }
        Ok(())
    }

    fn feed_forward(&self, layer: &FeedForward<Packed>, space: &mut Space) -> Result<()> {
        let mode = Mode::Activate(activation(self.config.activation)?);
        let width = self.config.d_model;
        self.sublayer(&layer.norm, space, |input, hidden, space| {
            for (input, hidden) in input.chunks(FEED_ROWS * width).zip(hidden.chunks_mut(FEED_ROWS * width)) {
                space.inner.resize(input.len() / width * layer.first.outputs(), 0.0);
                layer.first.forward(self.isa, input, &mut space.bytes, &mut space.inner, mode);
                layer.second.forward(self.isa, &space.inner, &mut space.bytes, hidden, Mode::Add);
            }
            Ok(())
        })
    }

    /// Runs `work` on its input and the hidden states, to which it adds, with the norm where the family has it.
    fn sublayer(
        &self,
        norm: &Norm,
        space: &mut Space,
        work: impl FnOnce(&[f32], &mut [f32], &mut Space) -> Result<()>,
    ) -> Result<()> {
        let mut hidden = std::mem::take(&mut space.hidden);
        let mut normed = std::mem::take(&mut space.normed);
        normed.resize(hidden.len(), 0.0);
        match self.config.norm {
            NormPlacement::Pre => {
                norm.forward(self.isa, &hidden, &mut normed);
                work(&normed, &mut hidden, space)?;
            }
            NormPlacement::Post => {
                normed.copy_from_slice(&hidden);
                work(&normed, &mut hidden, space)?;
                norm.forward_in_place(self.isa, &mut hidden);
            }
        }
        space.hidden = hidden;
        space.normed = normed;
        Ok(())
    }

    /// `(ids, d_model)` into `hidden`.
    fn embed(
        &self,
        stack: &Stack<Packed>,
        ids: &[u32],
        positions: impl Iterator<Item = u32>,
        vocabulary: usize,
        hidden: &mut Vec<f32>,
    ) -> Result<()> {
        let width = self.config.d_model;
        hidden.resize(ids.len() * width, 0.0);
        for ((&id, position), row) in ids.iter().zip(positions).zip(hidden.chunks_exact_mut(width)) {
            if id as usize >= vocabulary {
                bail!("the id {id} is beyond the vocabulary of {vocabulary}");
            }
            let Some(place) = stack.positions.get(position as usize * width..(position as usize + 1) * width) else {
                bail!("no position {position}");
            };
            stack.embedding.weights_of(id as usize, self.config.embedding_scale as f32, row);
            row.iter_mut().zip(place).for_each(|(x, place)| *x += place);
        }
        if let Some(norm) = &stack.embedding_norm {
            norm.forward_in_place(self.isa, hidden);
        }
        Ok(())
    }
}

/// Cuts sources into runs of up to [`ENCODED_ROWS`] tokens, and no fewer than one source.
fn parts<T>(sources: &[T], tokens: impl Fn(&T) -> usize) -> Vec<Range<usize>> {
    let mut parts: Vec<Range<usize>> = Vec::new();
    let mut filled = 0;
    for (index, source) in sources.iter().enumerate() {
        let count = tokens(source);
        match parts.last_mut() {
            Some(part) if filled + count <= ENCODED_ROWS => {
                part.end = index + 1;
                filled += count;
            }
            _ => {
                parts.push(index..index + 1);
                filled = count;
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_hold_all_sources_in_their_order() {
        let rows = [
            (vec![], vec![]),
            (vec![600], vec![(0, 1)]),
            (vec![500, 12, 1, 511], vec![(0, 2), (2, 4)]),
            (vec![1, 600, 2, 3], vec![(0, 1), (1, 2), (2, 4)]),
        ];
        for (lengths, wanted) in rows {
            let found: Vec<_> =
                parts(&lengths, |length| *length).into_iter().map(|part| (part.start, part.end)).collect();
            assert_eq!(found, wanted, "{lengths:?}");
        }
    }
}
