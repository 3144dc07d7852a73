//! The encoder-decoder engine against what `transformers` made of the same files (scripts/make-checkpoints).
//!
//! The committed fixtures are small. `MUJAZ_CHECKPOINTS=DIR` adds every checkpoint in DIR.

mod damage;
mod invariance;
mod real_shapes;
mod reference;

use candle_core::{DType, Device};
use mujaz::checkpoint::Checkpoint;
use mujaz::seq2seq::families::Model;
use mujaz::seq2seq::generate::{EarlyStopping, GenerationOverrides, GenerationSettings};
use mujaz::seq2seq::{Config, Seq2SeqOptions, Seq2SeqTranslator, decode};
use mujaz::translate::Cancel;
use reference::{Reference, checkpoints};

/// A network without its tokenizer, and its folder's settings.
struct Network {
    model: Model,
    settings: GenerationSettings,
}

impl Network {
    fn load(reference: &Reference) -> Self {
        let config = Config::from_folder(&reference.folder).unwrap();
        let checkpoint = Checkpoint::open(&reference.folder, &Device::Cpu, DType::F32).unwrap();
        let model = Model::load(&checkpoint, &config.network).unwrap();
        // Of the awkward layouts only the table that M2M100 no longer reads stays unread.
        let unexpected = checkpoint.unexpected();
        assert!(unexpected.is_empty(), "{}: {unexpected:?}", reference.name);
        Self { model, settings: config.generation }
    }
}

fn load(reference: &Reference) -> Seq2SeqTranslator {
    Seq2SeqTranslator::load(&reference.folder, &Seq2SeqOptions::new(&reference.name), &Device::Cpu).unwrap()
}

#[test]
fn token_ids_and_texts() {
    for reference in checkpoints().into_iter().filter(Reference::has_tokenizer) {
        let translator = load(&reference);
        let rows = &reference.record.tokenizer;
        assert!(rows.len() > 50);
        let mut failures = Vec::new();
        for row in rows {
            let ids = translator.tokenizer().encode(&row.text).unwrap();
            if ids != row.ids {
                failures.push(format!("{:?}: {ids:?}, expected {:?}", row.text, row.ids));
            }
            let decoded = translator.tokenizer().decode(&row.ids).unwrap();
            if decoded != row.decoded {
                failures.push(format!("{:?}, expected {:?}", decoded, row.decoded));
            }
        }
        println!("{}: {} texts, {} failures", reference.name, rows.len(), failures.len());
        assert!(failures.is_empty(), "{}: {}", reference.name, failures[..failures.len().min(20)].join("\n"));
    }
}

#[test]
fn encoder_outputs_and_first_logits() {
    for reference in checkpoints() {
        let Network { model, settings } = Network::load(&reference);
        let mut largest = (0.0_f64, 0.0_f64);
        for (index, expected_encoder, expected_logits) in reference.tensors() {
            let ids = reference.record.ids[index].as_slice();
            let encoded = model.encode(&[ids]).unwrap();
            let encoder = encoded.source(0).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
            let mut state = model.start(&encoded).unwrap();
            let logits = model.step(&[settings.start], &mut state).unwrap();
            let logits = logits.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            largest.0 = largest.0.max(relative_error(&encoder, &expected_encoder));
            largest.1 = largest.1.max(relative_error(&logits, &expected_logits));
        }
        println!("{}: encoder {:.1e}, logits {:.1e}", reference.name, largest.0, largest.1);
        assert!(largest.0 <= 1e-4 && largest.1 <= 1e-4, "{}: {largest:?}", reference.name);
    }
}

/// max|a−b| / max|b|.
fn relative_error(found: &[f32], expected: &[f32]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().map(|b| b.abs()).fold(0.0, f32::max);
    let difference = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    f64::from(difference) / f64::from(largest)
}

/// A run's overrides over the checkpoint's settings, as the program's own flags set them.
fn settings(folder: &GenerationSettings, run: &serde_json::Map<String, serde_json::Value>) -> GenerationSettings {
    let mut overrides = GenerationOverrides::default();
    let (mut n_best, mut renormalize) = (folder.n_best, folder.renormalize);
    for (name, value) in run {
        let size = || Some(value.as_u64().unwrap() as usize);
        match name.as_str() {
            "num_beams" => overrides.beams = size(),
            "num_return_sequences" => n_best = size().unwrap(),
            "no_repeat_ngram_size" => overrides.no_repeat_ngram_size = size(),
            "min_length" => overrides.min_length = size(),
            "max_length" => overrides.max_length = size(),
            "length_penalty" => overrides.length_penalty = value.as_f64(),
            "repetition_penalty" => overrides.repetition_penalty = Some(value.as_f64().unwrap() as f32),
            "forced_bos_token_id" => overrides.forced_bos = Some(value.as_u64().unwrap() as u32),
            "renormalize_logits" => renormalize = value.as_bool().unwrap(),
            "early_stopping" => {
                overrides.early_stopping = Some(match value.as_str() {
                    Some("never") => EarlyStopping::Never,
                    _ if value.as_bool() == Some(true) => EarlyStopping::Full,
                    _ => EarlyStopping::Heuristic,
                });
            }
            other => panic!("the test does not know the setting {other}"),
        }
    }
    GenerationSettings { n_best, renormalize, ..overrides.over(folder.clone()) }
}

/// Inputs decoded together in this test; neighbours must not matter.
const BATCH: usize = 7;

/// Rows of each run in an everyday test; with `MUJAZ_CHECKPOINTS` all of them.
const EVERYDAY_ROWS: usize = 6;

#[test]
fn greedy_and_beam_ids() {
    for reference in checkpoints() {
        let network = Network::load(&reference);
        let mut failures = Vec::new();
        for run in &reference.record.runs {
            let settings = settings(&network.settings, &run.settings);
            let mut same = 0;
            let mut score_error = 0.0_f32;
            let count = if std::env::var_os("MUJAZ_CHECKPOINTS").is_some() { run.rows.len() } else { EVERYDAY_ROWS };
            // From the end: the longest sources.
            let rows = &run.rows[run.rows.len().saturating_sub(count)..];
            for rows in rows.chunks(BATCH) {
                let sources: Vec<&[u32]> = rows.iter().map(|row| reference.record.ids[row.input].as_slice()).collect();
                let decoded = decode(&network.model, &sources, &settings, &Cancel::new()).unwrap();
                for (row, sequences) in rows.iter().zip(decoded) {
                    let ids: Vec<_> = sequences.iter().map(|sequence| sequence.ids.clone()).collect();
                    if ids != row.ids {
                        let source = &reference.record.ids[row.input];
                        let (place, margin) = margin(&network.model, source, &ids[0], &row.ids[0]);
                        let note = format!("{} input {}: token {place} differs by {margin:.1e}", run.name, row.input);
                        println!("{}: {note}", reference.name);
                        // Beams differ by sums of many steps; only a step of greedy search can be a near-tie by itself.
                        if settings.beams > 1 || margin > 1e-4 {
                            failures.push(format!("{note}: {ids:?}, expected {:?}", row.ids));
                        }
                        continue;
                    }
                    same += 1;
                    for (sequence, expected) in sequences.iter().zip(row.scores.iter().flatten()) {
                        score_error = score_error.max((sequence.score - expected).abs() / expected.abs().max(1.0));
                    }
                }
            }
            println!("{} {}: {same} of {}, scores within {score_error:.1e}", reference.name, run.name, rows.len());
            assert!(score_error < 1e-4, "{} {}: {score_error}", reference.name, run.name);
        }
        assert!(failures.is_empty(), "{}: {}", reference.name, failures.join("\n"));
    }
}

#[test]
fn decoded_texts() {
    for reference in checkpoints().into_iter().filter(Reference::has_tokenizer) {
        let translator = load(&reference);
        for run in &reference.record.runs {
            for row in &run.rows {
                let text = translator.tokenizer().decode(&row.ids[0]).unwrap();
                assert_eq!(Some(text), row.text, "{} {} input {}", reference.name, run.name, row.input);
            }
        }
    }
}

#[test]
fn cross_attention() {
    for reference in checkpoints() {
        let network = Network::load(&reference);
        for expected in &reference.record.alignments {
            let source = &reference.record.ids[expected.input];
            let found = network.model.alignment(source, &expected.ids, expected.layer).unwrap();
            assert_eq!(found.len(), expected.weights.len());
            for (found, expected) in found.iter().flatten().zip(expected.weights.iter().flatten()) {
                assert!((found - expected).abs() < 1e-4, "{}: {found}, expected {expected}", reference.name);
            }
            assert!(found.iter().all(|row| row.len() == source.len()));
        }
        let layers = network.model.alignment(&reference.record.ids[0], &[network.settings.start, 0], 99);
        assert!(layers.is_err());
    }
}

/// Where two sequences part, and by how much the model prefers the one token to the other there (logits).
fn margin(model: &Model, source: &[u32], found: &[u32], expected: &[u32]) -> (usize, f32) {
    let same = found.iter().zip(expected).take_while(|(a, b)| a == b).count();
    let encoded = model.encode(&[source]).unwrap();
    let mut state = model.start(&encoded).unwrap();
    let mut logits = Vec::new();
    for &token in &found[..same] {
        logits = model.step(&[token], &mut state).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
    }
    let logit = |ids: &[u32]| ids.get(same).map_or(f32::NAN, |&id| logits[id as usize]);
    (same, (logit(found) - logit(expected)).abs())
}
