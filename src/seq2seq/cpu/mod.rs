//! The processor's fast path: the same network over packed weights and plain slices, in 32-bit floats or 8-bit integers.
//!
//! The plain path on tensors (`families::bart_like`) is its reference and reads the weights. Here sources are never
//! padded, biases, activations and residual sums happen where a product is written, each source is attended to by all
//! its beams at once, and logits are read block by block as they are made.

mod forward;
mod pack;
mod state;

pub use state::CpuState;

use super::config::NetworkConfig;
use super::generate::{Candidate, RowScores};
use crate::kernels::Isa;
use crate::kernels::attention::Heads;
use crate::kernels::linear::{Bytes, Linear, Mode, Output, WeightType};
use crate::kernels::row_ops::Norm;
use crate::kernels::scan::{RowScan, scan};
use std::sync::Arc;

/// Number types of the fast path's weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CpuType {
    /// 32-bit floats, as the plain path.
    F32,
    /// 8-bit integers: a scale for each output of a layer and for each token; caches of 16 bits.
    Int8,
}

impl CpuType {
    fn weights(self) -> WeightType {
        match self {
            CpuType::F32 => WeightType::F32,
            CpuType::Int8 => WeightType::Int8,
        }
    }
}

/// Packed weights. Shared by all workers: decoding changes a [`CpuState`], never this.
#[derive(Debug)]
pub struct CpuModel {
    config: NetworkConfig,
    isa: Isa,
    kind: CpuType,
    encoder: Stack,
    decoder: Stack,
    head: Arc<Linear>,
}

/// One side of the network.
#[derive(Debug)]
struct Stack {
    /// Packed as an output projection is, which it may be at the same time.
    embedding: Arc<Linear>,
    positions: Vec<f32>, // (rows of PositionKind, d_model)
    embedding_norm: Option<Norm>,
    layers: Vec<Layer>,
    final_norm: Option<Norm>,
    heads: Heads,
}

#[derive(Debug)]
struct Layer {
    queries_keys_values: Linear,
    own_output: Linear,
    own_norm: Norm,
    source: Option<Cross>,
    first: Linear,
    second: Linear,
    norm: Norm,
}

#[derive(Debug)]
struct Cross {
    queries: Linear,
    keys_values: Linear,
    output: Linear,
    norm: Norm,
}

/// Columns of logits that are made and read together.
const LOGITS: usize = 128;

impl CpuModel {
    /// What the network is.
    pub fn config(&self) -> &NetworkConfig {
        &self.config
    }

    /// The instruction set.
    pub fn isa(&self) -> Isa {
        self.isa
    }

    /// The number type.
    pub fn kind(&self) -> CpuType {
        self.kind
    }

    /// What a search asks about the logits of `hidden` (rows, d_model).
    fn answers(
        &self,
        hidden: &[f32],
        named: &[Vec<u32>],
        count: usize,
        bytes: &mut Bytes,
        logits: &mut Vec<f32>,
    ) -> Vec<RowScores> {
        let rows = named.len();
        let columns = self.config.target_vocabulary.next_multiple_of(crate::kernels::linear::BLOCK);
        self.head.prepare(self.isa, hidden, bytes);
        let mut scans = vec![RowScan::default(); rows];
        let mut taken: Vec<Vec<f32>> = named.iter().map(|named| Vec::with_capacity(named.len())).collect();
        logits.resize(rows * LOGITS, 0.0);
        for first in (0..columns).step_by(LOGITS) {
            let width = LOGITS.min(columns - first);
            let logits = &mut logits[..rows * width];
            let output = &mut Output { data: logits, stride: width, mode: Mode::Set };
            self.head.columns(self.isa, hidden, bytes, first..first + width, output);
            for ((row, named), taken) in logits.chunks_exact_mut(width).zip(named).zip(&mut taken) {
                // Both ascend: the next to be taken is the next that is named.
                while let Some(&id) = named.get(taken.len())
                    && (id as usize) < first + width
                {
                    taken.push(std::mem::replace(&mut row[id as usize - first], f32::NEG_INFINITY));
                }
            }
            scan(self.isa, logits, width, first, count, &mut scans);
        }
        let answer = |(scan, named): (RowScan, Vec<f32>)| RowScores {
            log_sum_exp: scan.log_sum_exp(),
            best: scan.best.into_iter().map(|(score, id)| Candidate { score, id }).collect(),
            named,
        };
        scans.into_iter().zip(taken).map(answer).collect()
    }

    /// All logits of one row: for tests and measurements of errors.
    fn logits(&self, hidden: &[f32]) -> Vec<f32> {
        let mut logits = vec![0.0; hidden.len() / self.config.d_model * self.head.outputs()];
        self.head.forward(self.isa, hidden, &mut Bytes::default(), &mut logits, Mode::Set);
        logits
    }
}
