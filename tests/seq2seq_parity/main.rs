//! The encoder-decoder engine against what `transformers` made of the same files (scripts/make-checkpoints).
//!
//! The committed fixtures are small. `MUJAZ_CHECKPOINTS=DIR` adds every checkpoint in DIR.

mod damage;
mod invariance;
mod long_input;
mod packed;
mod real_shapes;
mod reference;

use candle_core::{DType, Device};
use mujaz::checkpoint::Checkpoint;
use mujaz::seq2seq::families::Model;
use mujaz::seq2seq::generate::{EarlyStopping, GenerationOverrides, GenerationSettings};
use mujaz::seq2seq::{Compute, Config, Engine, Seq2SeqError, Seq2SeqOptions, Seq2SeqTranslator, decode};
use mujaz::translate::Cancel;
use reference::{Reference, checkpoints};

/// A network without its tokenizer, and its folder's settings.
struct Network {
    engine: Engine,
    settings: GenerationSettings,
}

impl Network {
    /// `None` where this family does not run so.
    fn load(reference: &Reference, compute: Compute) -> Option<Self> {
        let config = Config::from_folder(&reference.folder).unwrap();
        let dtype = match compute {
            Compute::F16 => DType::F16,
            Compute::Bf16 => DType::BF16,
            _ => DType::F32,
        };
        let checkpoint = Checkpoint::open(&reference.folder, &Device::Cpu, dtype).unwrap();
        let engine = match Engine::load(&checkpoint, &config.network, compute) {
            Err(Seq2SeqError::NoInt8 { .. }) => return None,
            engine => engine.unwrap(),
        };
        // Of the awkward layouts only the table that M2M100 no longer reads stays unread.
        let unexpected = checkpoint.unexpected();
        assert!(unexpected.is_empty(), "{}: {unexpected:?}", reference.name);
        Some(Self { engine, settings: config.generation })
    }
}

/// Every checkpoint on every path that must decode as transformers does.
fn exact() -> impl Iterator<Item = (Reference, Network, Compute)> {
    let paths = |reference: Reference| {
        [Compute::Plain, Compute::F32].map(|compute| {
            let network = Network::load(&reference, compute).unwrap();
            (reference.clone(), network, compute)
        })
    };
    checkpoints().into_iter().flat_map(paths)
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
    for (reference, Network { engine, settings }, compute) in exact() {
        let mut largest = (0.0_f64, 0.0_f64);
        for (index, expected_encoder, expected_logits) in reference.tensors() {
            let ids = reference.record.ids[index].as_slice();
            let encoder = engine.encode(ids).unwrap();
            let logits = engine.logits(ids, &[settings.start]).unwrap();
            largest.0 = largest.0.max(relative_error(&encoder, &expected_encoder));
            largest.1 = largest.1.max(relative_error(&logits, &expected_logits));
        }
        println!("{} {compute:?}: encoder {:.1e}, logits {:.1e}", reference.name, largest.0, largest.1);
        assert!(largest.0 <= 1e-4 && largest.1 <= 1e-4, "{}: {largest:?}", reference.name);
    }
}

/// 8-bit integers stay near to floats. The fixtures are far narrower than real models (32 numbers for a token) and their
/// attention is sharp, so that single sources may come out quite differently; what must hold is that for most of them the
/// logits are the same ones with noise.
#[test]
fn first_logits_in_8_bits() {
    for reference in checkpoints() {
        let Some(Network { engine, settings }) = Network::load(&reference, Compute::Int8) else { continue };
        let floats = Network::load(&reference, Compute::F32).unwrap().engine;
        let cosine_of = |ids: &Vec<u32>| {
            let wanted = floats.logits(ids, &[settings.start]).unwrap();
            cosine(&engine.logits(ids, &[settings.start]).unwrap(), &wanted)
        };
        let mut cosines: Vec<f64> = reference.record.ids.iter().map(cosine_of).collect();
        cosines.sort_by(f64::total_cmp);
        let median = cosines[cosines.len() / 2];
        println!("{}: median cosine {median:.4} of {}, least {:.4}", reference.name, cosines.len(), cosines[0]);
        assert!(cosines.len() >= 8 && median > 0.7, "{}: {cosines:?}", reference.name);
    }
}

/// What a GPU computes in: masks, tables of positions and scores must have its number type. The fixtures are narrow and
/// sharp (see above), and bfloat16 has 8 binary digits: what must hold is that most logits are the same ones with noise (torch's own least cosine in
/// bfloat16 is 0.52 on one of them).
#[test]
fn first_logits_in_16_bits() {
    for (compute, least) in [(Compute::F16, 0.99), (Compute::Bf16, 0.7)] {
        for reference in checkpoints() {
            let network = Network::load(&reference, compute).unwrap();
            let mut cosines = Vec::new();
            for (index, _, expected) in reference.tensors() {
                let ids = reference.record.ids[index].as_slice();
                let logits = network.engine.logits(ids, &[network.settings.start]).unwrap();
                cosines.push(cosine(&logits, &expected));
            }
            cosines.sort_by(f64::total_cmp);
            let median = cosines[cosines.len() / 2];
            println!("{} {compute:?}: median cosine {median:.6}, least {:.6}", reference.name, cosines[0]);
            assert!(median > least, "{} {compute:?}: {cosines:?}", reference.name);
            let source: &[u32] = &reference.record.ids[0];
            let settings = GenerationSettings { max_length: 12, beams: 2, n_best: 1, ..network.settings.clone() };
            let sequences = decode(&network.engine, &[source, source], &settings, &Cancel::new()).unwrap();
            assert!(sequences[0][0].score.is_finite() && sequences[0] == sequences[1], "{}", reference.name);
        }
    }
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
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
    for (reference, network, compute) in exact() {
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
                let decoded = decode(&network.engine, &sources, &settings, &Cancel::new()).unwrap();
                for (row, sequences) in rows.iter().zip(decoded) {
                    let ids: Vec<_> = sequences.iter().map(|sequence| sequence.ids.clone()).collect();
                    if ids != row.ids {
                        let source = &reference.record.ids[row.input];
                        let (place, margin) = margin(&network.engine, source, &ids[0], &row.ids[0]);
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
            println!(
                "{} {compute:?} {}: {same} of {}, scores within {score_error:.1e}",
                reference.name,
                run.name,
                rows.len()
            );
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
        let config = Config::from_folder(&reference.folder).unwrap();
        let checkpoint = Checkpoint::open(&reference.folder, &Device::Cpu, DType::F32).unwrap();
        let model = Model::load(&checkpoint, &config.network).unwrap();
        for expected in &reference.record.alignments {
            let source = &reference.record.ids[expected.input];
            let found = model.alignment(source, &expected.ids, expected.layer).unwrap();
            assert_eq!(found.len(), expected.weights.len());
            for (found, expected) in found.iter().flatten().zip(expected.weights.iter().flatten()) {
                assert!((found - expected).abs() < 1e-4, "{}: {found}, expected {expected}", reference.name);
            }
            assert!(found.iter().all(|row| row.len() == source.len()));
        }
        let layers = model.alignment(&reference.record.ids[0], &[config.generation.start, 0], 99);
        assert!(layers.is_err());
    }
}

/// Where two sequences part, and by how much the model prefers the one token to the other there (logits).
fn margin(engine: &Engine, source: &[u32], found: &[u32], expected: &[u32]) -> (usize, f32) {
    let same = found.iter().zip(expected).take_while(|(a, b)| a == b).count();
    let logits = engine.logits(source, &found[..same]).unwrap();
    let logit = |ids: &[u32]| ids.get(same).map_or(f32::NAN, |&id| logits[id as usize]);
    (same, (logit(found) - logit(expected)).abs())
}
