//! The processor's fast path: the same network over packed weights and plain slices, in 32-bit floats or 8-bit integers.
//!
//! The plain path on tensors (`families::bart_like`) is its reference. Here sources are never
//! padded, biases, activations and residual sums happen where a product is written, each source is attended to by all
//! its beams at once, and logits are read block by block as they are made.

mod forward;
mod pack;
mod packed_file;
mod profile;
mod state;

pub use packed_file::PACKED_FILE;
pub use profile::{Part, Profile};
pub use state::CpuState;

use super::config::NetworkConfig;
use super::families::bart_like::Stack;
use super::generate::{Candidate, RowScores};
use crate::kernels::Isa;
use crate::kernels::attention::Heads;
use crate::kernels::linear::{BLOCK, Bytes, Linear, Mode, Output, WeightType};
use crate::kernels::scan::{RowScan, scan};
use pack::Packed;
use state::Space;
use std::sync::{Arc, OnceLock};

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
    encoder: Stack<Packed>,
    encoder_heads: Heads,
    decoder: Stack<Packed>,
    decoder_heads: Heads,
    head: Arc<Linear>,
    /// Set once somebody asks where time goes.
    profile: OnceLock<Profile>,
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

    /// Counts where time goes from now on.
    pub fn profile(&self) -> &Profile {
        self.profile.get_or_init(Profile::default)
    }

    /// What a search asks about the logits of the state's rows.
    fn answers(&self, named: &[Vec<u32>], count: usize, state: &mut CpuState<'_>) -> Vec<RowScores> {
        let CpuState { space: Space { hidden, bytes, logits, .. }, watch, .. } = state;
        let rows = named.len();
        let columns = self.config.target_vocabulary.next_multiple_of(BLOCK);
        self.head.prepare(self.isa, hidden, bytes);
        let mut scans = vec![RowScan::default(); rows];
        let mut taken: Vec<Vec<f32>> = named.iter().map(|named| Vec::with_capacity(named.len())).collect();
        logits.resize(rows * LOGITS, 0.0);
        for first in (0..columns).step_by(LOGITS) {
            let width = LOGITS.min(columns - first);
            let logits = &mut logits[..rows * width];
            let output = &mut Output { data: logits, stride: width, mode: Mode::Set };
            self.head.columns(self.isa, hidden, bytes, first..first + width, output);
            watch.lap(Part::OutputProjection);
            for ((row, named), taken) in logits.chunks_exact_mut(width).zip(named).zip(&mut taken) {
                // Both ascend: the next to be taken is the next that is named.
                while let Some(&id) = named.get(taken.len())
                    && (id as usize) < first + width
                {
                    taken.push(std::mem::replace(&mut row[id as usize - first], f32::NEG_INFINITY));
                }
            }
            scan(self.isa, logits, width, first, count, &mut scans);
            watch.lap(Part::Scan);
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
