//! Folders that are not as they should be: each is refused with words that name the file, and nothing panics.

use super::reference::{Reference, checkpoints};
use candle_core::{DType, Device};
use mujaz::checkpoint::Checkpoint;
use mujaz::seq2seq::families::Model;
use mujaz::seq2seq::{Config, Seq2SeqError, Seq2SeqOptions, Seq2SeqTranslator};
use std::error::Error;
use std::path::{Path, PathBuf};

/// A copy that may be damaged.
pub fn copy(reference: &Reference) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(&reference.folder).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    folder
}

/// The error with its causes, and its hint.
fn refusal(folder: &Path) -> Option<String> {
    Seq2SeqTranslator::load(folder, &Seq2SeqOptions::new("damaged"), &Device::Cpu).err().map(|error| in_words(&error))
}

/// As [`refusal`], of the network alone: not every folder here has a tokenizer.
fn network_refusal(folder: &Path) -> Option<String> {
    let load = || -> Result<Model, Seq2SeqError> {
        let config = Config::from_folder(folder)?;
        Model::load(&Checkpoint::open(folder, &Device::Cpu, DType::F32)?, &config.network)
    };
    load().err().map(|error| in_words(&error))
}

pub fn in_words(error: &Seq2SeqError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    format!("{text} (hint: {})", error.hint().unwrap_or_default())
}

pub fn weights(folder: &Path) -> PathBuf {
    let names = [
        "pytorch_model.bin",
        "model.safetensors",
        "model-00002-of-00002.safetensors",
        "pytorch_model-00002-of-00002.bin",
    ];
    names.iter().map(|name| folder.join(name)).find(|path| path.is_file()).unwrap()
}

#[test]
fn configurations_of_every_family_that_make_no_sense() {
    let mut failures = Vec::new();
    for reference in checkpoints() {
        let text = std::fs::read_to_string(reference.folder.join("config.json")).unwrap();
        let config: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
        let folder = copy(&reference);
        for (field, value) in &config {
            for wrong in ["-1", "0", "\"word\"", "16777217"] {
                let mut config = config.clone();
                config.insert(field.clone(), serde_json::from_str(wrong).unwrap());
                std::fs::write(folder.path().join("config.json"), serde_json::to_string(&config).unwrap()).unwrap();
                // Refused or not, but without a panic and without asking for memory that there is not.
                network_refusal(folder.path());
            }
            if ["vocab_size", "d_model", "d_ff", "encoder_ffn_dim"].contains(&field.as_str()) {
                let mut config = config.clone();
                config.insert(field.clone(), (value.as_u64().unwrap() + 8).into());
                std::fs::write(folder.path().join("config.json"), serde_json::to_string(&config).unwrap()).unwrap();
                let found = network_refusal(folder.path()).unwrap_or_else(|| "loaded".to_owned());
                if !found.contains("config.json asks for") && !found.contains("divided") && !found.contains("shared") {
                    failures.push(format!("{} {field}: {found}", reference.name));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn files_that_are_missing_or_make_no_sense() {
    let references: Vec<_> = checkpoints().into_iter().filter(Reference::has_tokenizer).collect();
    let reference = &references[0];
    type Damage = fn(&Path);
    let cases: [(&str, Damage, &str); 9] = [
        ("no config", |folder| std::fs::remove_file(folder.join("config.json")).unwrap(), "config.json"),
        ("no weights", |folder| std::fs::remove_file(weights(folder)).unwrap(), "holds no weights"),
        ("no tokenizer", |folder| std::fs::remove_file(folder.join("source.spm")).unwrap(), "source.spm"),
        ("no JSON", |folder| std::fs::write(folder.join("config.json"), "{").unwrap(), "config.json"),
        (
            "another model",
            |folder| std::fs::write(folder.join("config.json"), patched(folder, "model_type", "\"whisper\"")).unwrap(),
            "`whisper` is not supported",
        ),
        (
            "another width",
            |folder| std::fs::write(folder.join("config.json"), patched(folder, "encoder_ffn_dim", "52")).unwrap(),
            "config.json asks for",
        ),
        (
            "one layer more",
            |folder| std::fs::write(folder.join("config.json"), patched(folder, "decoder_layers", "3")).unwrap(),
            "there is no tensor `model.decoder.layers.2.",
        ),
        (
            "a vocabulary of another model",
            |folder| {
                let words: std::collections::BTreeMap<String, usize> = ["</s>", "<unk>"]
                    .iter()
                    .map(|word| (*word).to_owned())
                    .chain((0..5000).map(|n| format!("w{n}")))
                    .zip(0..)
                    .collect();
                std::fs::write(folder.join("vocab.json"), serde_json::to_string(&words).unwrap()).unwrap();
            },
            "the tokenizer has ids",
        ),
        ("no model of pieces", |folder| std::fs::write(folder.join("target.spm"), "spm").unwrap(), "target.spm"),
    ];
    let failures: Vec<String> = cases
        .into_iter()
        .filter_map(|(name, damage, wanted)| {
            let folder = copy(reference);
            damage(folder.path());
            let found = refusal(folder.path()).unwrap_or_else(|| "loaded".to_owned());
            (!found.contains(wanted)).then(|| format!("{name}: {found}"))
        })
        .collect();
    assert!(failures.is_empty(), "{failures:#?}");
}

/// config.json with one field changed.
fn patched(folder: &Path, field: &str, value: &str) -> String {
    let text = std::fs::read_to_string(folder.join("config.json")).unwrap();
    let mut config: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
    assert!(config.insert(field.to_owned(), serde_json::from_str(value).unwrap()).is_some());
    serde_json::to_string(&config).unwrap()
}

#[test]
fn weight_files_cut_off_anywhere() {
    for reference in checkpoints() {
        let folder = copy(&reference);
        let path = weights(folder.path());
        let whole = std::fs::read(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for part in [0, 1, 7, 20, 200, 800, 950, 999] {
            std::fs::write(&path, &whole[..whole.len() * part / 1000]).unwrap();
            let found = network_refusal(folder.path());
            assert!(found.as_ref().is_some_and(|text| text.contains(&name)), "{}: {part}: {found:?}", reference.name);
        }
    }
}

#[test]
fn weight_files_with_wrong_bytes() {
    for reference in checkpoints() {
        let folder = copy(&reference);
        let path = weights(folder.path());
        let whole = std::fs::read(&path).unwrap();
        // Every kind of place: header, table, numbers, directory at the end. Loaded or refused, but no panic.
        let mut place = 3;
        while place < whole.len() {
            let mut bytes = whole.clone();
            bytes[place] ^= 0x55;
            std::fs::write(&path, bytes).unwrap();
            network_refusal(folder.path());
            place = place * 5 / 3 + 11;
        }
        for back in [1, 9, 17, 25, 60, 200] {
            let mut bytes = whole.clone();
            let place = bytes.len() - back;
            bytes[place] ^= 0x55;
            std::fs::write(&path, bytes).unwrap();
            network_refusal(folder.path());
        }
    }
}
