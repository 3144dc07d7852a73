//! A model on one of the paths it can run on: tensors, or the processor's fast path.

use super::cache::DecoderState;
use super::config::Network;
use super::cpu::{CpuModel, CpuState, CpuType, Profile};
use super::error::Seq2SeqError;
use super::families::Model;
use super::generate::{Decoder, RowScores};
use crate::checkpoint::Checkpoint;
use crate::kernels::Isa;
use crate::llm::device_name;
use candle_core::{DType, Device, Result};
use std::path::PathBuf;

/// Which arithmetic a model runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compute {
    /// 8-bit integers on a processor that is good at them, else 32-bit floats.
    Auto,
    /// 32-bit floats; on the fast path where there is one.
    #[default]
    F32,
    /// 8-bit integers; on the processor only, and not for T5 and its kin.
    Int8,
    /// 16-bit floats, operation by operation on tensors: for GPUs.
    F16,
    /// The same with the range of 32-bit floats.
    Bf16,
    /// 32-bit floats, operation by operation on tensors: the reference of the others.
    Plain,
}

/// What [`Compute`] comes to on a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Path {
    Tensors(DType),
    Cpu(CpuType, Isa),
}

impl Path {
    /// # Errors
    /// An instruction set that is not there, or 8-bit integers where there are none.
    pub(super) fn choose(
        compute: Compute,
        network: &Network,
        device: &Device,
    ) -> std::result::Result<Self, Seq2SeqError> {
        let is_t5 = matches!(network, Network::T5(_));
        if is_t5 || !device.is_cpu() {
            let place = if is_t5 { "models of the T5 family".to_owned() } else { device_name(device) };
            return match compute {
                Compute::Int8 => Err(Seq2SeqError::NoInt8 { place }),
                Compute::F16 => Ok(Path::Tensors(DType::F16)),
                Compute::Bf16 => Ok(Path::Tensors(DType::BF16)),
                Compute::Auto | Compute::F32 | Compute::Plain => Ok(Path::Tensors(DType::F32)),
            };
        }
        let isa = Isa::from_env()?;
        Ok(match compute {
            Compute::Plain => Path::Tensors(DType::F32),
            Compute::F16 => Path::Tensors(DType::F16),
            Compute::Bf16 => Path::Tensors(DType::BF16),
            Compute::F32 => Path::Cpu(CpuType::F32, isa),
            Compute::Int8 => Path::Cpu(CpuType::Int8, isa),
            Compute::Auto if isa.is_fast_with_bytes() => Path::Cpu(CpuType::Int8, isa),
            Compute::Auto => Path::Cpu(CpuType::F32, isa),
        })
    }

    /// The number type, for signatures.
    pub(super) fn dtype(self) -> &'static str {
        match self {
            Path::Tensors(dtype) => dtype.as_str(),
            Path::Cpu(CpuType::F32, _) => "f32",
            Path::Cpu(CpuType::Int8, _) => "int8",
        }
    }

    /// The number type that a checkpoint's tensors are read in.
    pub(super) fn tensors(self) -> DType {
        match self {
            Path::Tensors(dtype) => dtype,
            Path::Cpu(..) => DType::F32,
        }
    }

    /// The device, for signatures: `cpu/amx`.
    pub(super) fn device(self, device: &Device) -> String {
        match self {
            Path::Tensors(_) => device_name(device),
            Path::Cpu(_, isa) => format!("cpu/{isa}"),
        }
    }
}

/// Weights on one of the paths; shared by all workers.
#[derive(Debug)]
pub struct Engine(Weights);

#[derive(Debug)]
enum Weights {
    Tensors(Box<Model>),
    Cpu(Box<CpuModel>),
}

/// A batch that is being decoded.
pub(super) enum Running<'m> {
    Tensors(&'m Model, DecoderState),
    Cpu(&'m CpuModel, Box<CpuState<'m>>),
}

impl Engine {
    /// Reads the weights, for `compute` on the checkpoint's device; on tensors in the checkpoint's number type.
    ///
    /// # Errors
    /// [`Seq2SeqError`]: weights that are missing or misshapen, arithmetic that is not to be had.
    pub fn load(
        checkpoint: &Checkpoint,
        network: &Network,
        compute: Compute,
    ) -> std::result::Result<Self, Seq2SeqError> {
        let path = Path::choose(compute, network, checkpoint.device())?;
        let weights = match (path, network) {
            (Path::Cpu(kind, isa), Network::BartLike(config)) => {
                Weights::Cpu(Box::new(CpuModel::load(checkpoint, config, kind, isa)?))
            }
            _ => Weights::Tensors(Box::new(Model::load(checkpoint, network)?)),
        };
        Ok(Self(weights))
    }

    /// Writes the weights as [`Compute::Int8`] packs them into a file beside `checkpoint`; its path and its bytes.
    ///
    /// # Errors
    /// As [`Engine::load`], and a folder that can't be written.
    pub(super) fn write_packed(
        checkpoint: &Checkpoint,
        network: &Network,
    ) -> std::result::Result<(PathBuf, u64), Seq2SeqError> {
        match (Path::choose(Compute::Int8, network, checkpoint.device())?, network) {
            (Path::Cpu(_, isa), Network::BartLike(config)) => CpuModel::write_packed(checkpoint, config, isa),
            _ => Err(Seq2SeqError::NoInt8 { place: "this model".to_owned() }),
        }
    }

    /// Where time goes from now on, on the processor's fast path; elsewhere it is not counted.
    pub fn profile(&self) -> Option<&Profile> {
        match &self.0 {
            Weights::Cpu(model) => Some(model.profile()),
            Weights::Tensors(_) => None,
        }
    }

    /// The encoder's output for one source, (tokens, width).
    ///
    /// # Errors
    /// The model failed.
    pub fn encode(&self, source: &[u32]) -> Result<Vec<f32>> {
        match &self.0 {
            Weights::Tensors(model) => model.encode(&[source])?.source(0)?.flatten_all()?.to_vec1(),
            Weights::Cpu(model) => model.encode(&[source]),
        }
    }

    /// The logits of the token that follows `tokens` (decoder start first) for one source.
    ///
    /// # Errors
    /// The model failed.
    pub fn logits(&self, source: &[u32], tokens: &[u32]) -> Result<Vec<f32>> {
        let mut running = self.start(&[source])?;
        let mut logits = Vec::new();
        for &token in tokens {
            logits = running.logits(&[token])?;
        }
        Ok(logits)
    }

    /// As [`Model::alignment`].
    ///
    /// # Errors
    /// The same, and weights that were packed for another path than [`Compute::Plain`].
    pub fn alignment(&self, source: &[u32], target: &[u32], layer: usize) -> Result<Vec<Vec<f32>>> {
        match &self.0 {
            Weights::Tensors(model) => model.alignment(source, target, layer),
            Weights::Cpu(_) => candle_core::bail!("only the plain path shows what a token heeds"),
        }
    }

    /// Encodes `sources`; the state before their first tokens.
    pub(super) fn start(&self, sources: &[&[u32]]) -> Result<Running<'_>> {
        Ok(match &self.0 {
            Weights::Tensors(model) => Running::Tensors(model, model.start(&model.encode(sources)?)?),
            Weights::Cpu(model) => {
                let lengths: Vec<usize> = sources.iter().map(|ids| ids.len()).collect();
                Running::Cpu(model, Box::new(model.start(&model.encode(sources)?, &lengths)?))
            }
        })
    }
}

impl Running<'_> {
    /// All logits of the next token, row after row.
    fn logits(&mut self, tokens: &[u32]) -> Result<Vec<f32>> {
        match self {
            Running::Tensors(model, state) => model.step(tokens, state)?.to_dtype(DType::F32)?.flatten_all()?.to_vec1(),
            Running::Cpu(model, state) => model.step_logits(tokens, state),
        }
    }
}

impl Decoder for Running<'_> {
    fn vocabulary(&self) -> usize {
        match self {
            Running::Tensors(model, _) => model.target_vocabulary(),
            Running::Cpu(model, _) => model.config().target_vocabulary,
        }
    }

    fn step(&mut self, tokens: &[u32], named: &[Vec<u32>], count: usize) -> Result<Vec<RowScores>> {
        if let Running::Cpu(model, state) = self {
            return model.step(tokens, named, count, state);
        }
        let vocabulary = self.vocabulary();
        let mut logits = self.logits(tokens)?;
        let rows = logits.chunks_exact_mut(vocabulary).zip(named);
        Ok(rows.map(|(row, named)| RowScores::from_logits(row, named, count)).collect())
    }

    fn select(&mut self, rows: &[u32], sources: Option<&[u32]>) -> Result<()> {
        match self {
            Running::Tensors(_, state) => state.select(rows, sources),
            Running::Cpu(_, state) => {
                state.select(rows, sources);
                Ok(())
            }
        }
    }
}
