//! The network as the translator sees it, whichever path it runs on.

use super::cache::DecoderState;
use super::config::NetworkConfig;
use super::cpu::{CpuModel, CpuState, CpuType};
use super::error::Seq2SeqError;
use super::families::BartLike;
use super::generate::{Decoder, RowScores};
use crate::kernels::Isa;
use crate::llm::device_name;
use candle_core::{DType, Device, Result};

/// Which arithmetic a model runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compute {
    /// 8-bit integers on a processor that is good at them, else 32-bit floats.
    Auto,
    /// 32-bit floats.
    #[default]
    F32,
    /// 8-bit integers; on the processor only.
    Int8,
    /// 32-bit floats, operation by operation on tensors: the reference of the others.
    Plain,
}

/// What [`Compute`] comes to on a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Path {
    Tensors,
    Cpu(CpuType, Isa),
}

impl Path {
    /// # Errors
    /// An instruction set that is not there, or 8-bit integers on another device than the processor.
    pub(super) fn choose(compute: Compute, device: &Device) -> std::result::Result<Self, Seq2SeqError> {
        if !device.is_cpu() {
            return match compute {
                Compute::Int8 => Err(Seq2SeqError::Int8Device { device: device_name(device) }),
                _ => Ok(Path::Tensors),
            };
        }
        let isa = Isa::from_env()?;
        Ok(match compute {
            Compute::Plain => Path::Tensors,
            Compute::F32 => Path::Cpu(CpuType::F32, isa),
            Compute::Int8 => Path::Cpu(CpuType::Int8, isa),
            Compute::Auto if isa.is_fast_with_bytes() => Path::Cpu(CpuType::Int8, isa),
            Compute::Auto => Path::Cpu(CpuType::F32, isa),
        })
    }

    /// The number type, for signatures.
    pub(super) fn dtype(self) -> &'static str {
        match self {
            Path::Tensors | Path::Cpu(CpuType::F32, _) => "f32",
            Path::Cpu(CpuType::Int8, _) => "int8",
        }
    }

    /// The device, for signatures: `cpu/amx`.
    pub(super) fn device(self, device: &Device) -> String {
        match self {
            Path::Tensors => device_name(device),
            Path::Cpu(_, isa) => format!("{}/{isa}", device_name(device)),
        }
    }
}

/// Weights on one of the paths.
pub(super) enum Network {
    Tensors(Box<BartLike>),
    Cpu(Box<CpuModel>),
}

/// A batch that is being decoded.
pub(super) enum Running<'m> {
    Tensors(&'m BartLike, DecoderState),
    Cpu(&'m CpuModel, Box<CpuState>),
}

impl Network {
    pub(super) fn new(plain: BartLike, path: Path) -> Result<Self> {
        Ok(match path {
            Path::Tensors => Network::Tensors(Box::new(plain)),
            Path::Cpu(kind, isa) => Network::Cpu(Box::new(CpuModel::pack(plain, kind, isa)?)),
        })
    }

    pub(super) fn config(&self) -> &NetworkConfig {
        match self {
            Network::Tensors(model) => model.config(),
            Network::Cpu(model) => model.config(),
        }
    }

    /// The encoder's output for one source, (tokens, d_model).
    pub(super) fn encode(&self, source: &[u32]) -> Result<Vec<f32>> {
        match self {
            Network::Tensors(model) => model.encode(&[source])?.source(0)?.flatten_all()?.to_vec1(),
            Network::Cpu(model) => model.encode(&[source]),
        }
    }

    /// Encodes `sources`; the state before their first tokens.
    pub(super) fn start(&self, sources: &[&[u32]]) -> Result<Running<'_>> {
        Ok(match self {
            Network::Tensors(model) => Running::Tensors(model, model.start(&model.encode(sources)?)?),
            Network::Cpu(model) => {
                let lengths: Vec<usize> = sources.iter().map(|ids| ids.len()).collect();
                Running::Cpu(model, Box::new(model.start(&model.encode(sources)?, &lengths)?))
            }
        })
    }
}

impl Running<'_> {
    /// All logits of the next token, row after row.
    pub(super) fn logits(&mut self, tokens: &[u32]) -> Result<Vec<f32>> {
        match self {
            Running::Tensors(model, state) => model.step(tokens, state)?.to_dtype(DType::F32)?.flatten_all()?.to_vec1(),
            Running::Cpu(model, state) => model.step_logits(tokens, state),
        }
    }
}

impl Decoder for Running<'_> {
    fn vocabulary(&self) -> usize {
        match self {
            Running::Tensors(model, _) => model.config().target_vocabulary,
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
