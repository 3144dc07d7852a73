//! The files of scripts/make-checkpoints.

use serde::Deserialize;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// A checkpoint and what transformers made of it.
#[derive(Clone)]
pub struct Reference {
    pub name: String,
    pub folder: PathBuf,
    pub record: Record,
}

#[derive(Clone, Deserialize)]
pub struct Record {
    pub ids: Vec<Vec<u32>>,
    pub runs: Vec<Run>,
    pub tokenizer: Vec<TokenizerRow>,
    #[serde(default)]
    pub alignments: Vec<Alignment>,
}

/// Cross-attention of a decoder layer, mean over its heads.
#[derive(Clone, Deserialize)]
pub struct Alignment {
    pub input: usize,
    pub ids: Vec<u32>,
    pub layer: usize,
    pub weights: Vec<Vec<f32>>,
}

#[derive(Clone, Deserialize)]
pub struct Run {
    pub name: String,
    pub settings: Map<String, Value>,
    pub rows: Vec<RunRow>,
}

#[derive(Clone, Deserialize)]
pub struct RunRow {
    pub input: usize,
    pub ids: Vec<Vec<u32>>,
    pub scores: Option<Vec<f32>>,
    /// None where the checkpoint has no tokenizer.
    pub text: Option<String>,
}

#[derive(Clone, Deserialize)]
pub struct TokenizerRow {
    pub text: String,
    pub ids: Vec<u32>,
    pub decoded: String,
}

/// The committed checkpoints and those of `MUJAZ_CHECKPOINTS`.
pub fn checkpoints() -> Vec<Reference> {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/checkpoints");
    let more = std::env::var_os("MUJAZ_CHECKPOINTS").map(PathBuf::from);
    let mut found = Vec::new();
    for folder in [Some(committed), more].into_iter().flatten() {
        let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut folders: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        folders.sort();
        for folder in folders.into_iter().filter(|folder| folder.join("reference.json").is_file()) {
            let text = std::fs::read(folder.join("reference.json")).unwrap();
            let record = serde_json::from_slice(&text).unwrap();
            let name = folder.file_name().unwrap().to_string_lossy().into_owned();
            found.push(Reference { name, folder, record });
        }
    }
    assert!(!found.is_empty());
    found
}

impl Reference {
    /// Whether the folder has a tokenizer; the small committed ones of most families don't.
    pub fn has_tokenizer(&self) -> bool {
        !self.record.tokenizer.is_empty()
    }

    /// (input, encoder output, first-step logits).
    pub fn tensors(&self) -> Vec<(usize, Vec<f32>, Vec<f32>)> {
        let path = self.folder.join("reference.safetensors");
        let tensors = candle_core::safetensors::load(path, &candle_core::Device::Cpu).unwrap();
        let flat = |name: String| tensors[&name].flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let inputs = tensors.keys().filter_map(|name| name.strip_prefix("encoder."));
        let mut inputs: Vec<usize> = inputs.map(|index| index.parse().unwrap()).collect();
        inputs.sort_unstable();
        assert!(!inputs.is_empty());
        inputs
            .into_iter()
            .map(|index| (index, flat(format!("encoder.{index}")), flat(format!("logits.{index}"))))
            .collect()
    }
}
