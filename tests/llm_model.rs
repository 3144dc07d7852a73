//! GGUF language models through the public seam, on random weights (`scripts/make-tiny-gguf`).

use candle_core::Device;
use candle_core::quantized::gguf_file::Content;
use mujaz::llm::config::Config;
use mujaz::llm::generate::{GenerateError, Limits, NextToken, Stop, greedy};
use mujaz::llm::gguf::Gguf;
use mujaz::llm::model::Model;
use mujaz::llm::tokenizer::Tokenizer;
use mujaz::llm::{LlmError, LlmOptions, LlmTranslator, PromptStyle};
use mujaz::translate::{BatchError, Cancel, Flag, RowError, Translation, Translator, Unit, UnitKind};
use proptest::prelude::*;
use std::path::{Path, PathBuf};

const MODELS: [(&str, PromptStyle); 2] =
    [("llm_qwen2.gguf", PromptStyle::ChatTranslate), ("llm_gemma3.gguf", PromptStyle::FewShot)];

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn options(style: PromptStyle) -> LlmOptions {
    LlmOptions { max_new_tokens_base: 8, max_new_tokens_per_source_token: 0, ..LlmOptions::new("tiny", style) }
}

fn load(name: &str, style: PromptStyle) -> LlmTranslator {
    LlmTranslator::load(&fixture(name), options(style), &Device::Cpu).unwrap()
}

fn unit(kind: UnitKind, text: &str) -> Unit {
    Unit { kind, text: text.to_owned() }
}

fn units() -> Vec<Unit> {
    vec![
        unit(UnitKind::Speaker, "مدير الميناء"),
        unit(UnitKind::MarkedWords, "لن ننتظر أكثر من 3 أيام"),
        unit(UnitKind::Title, "افتتاح المكتبة الجديدة"),
        unit(UnitKind::Speaker, "الوزيرة ليلى القاسم"),
    ]
}

fn rows(translator: &LlmTranslator, units: &[Unit]) -> Vec<Translation> {
    translator.translate(units, &Cancel::new()).unwrap().into_iter().map(Result::unwrap).collect()
}

#[test]
fn decodes_the_same_alone_in_any_order_and_with_or_without_a_kept_prefix() {
    for (name, style) in MODELS {
        let translator = load(name, style);
        let together = rows(&translator, &units());
        assert!(together.iter().all(|row| row.tokens_out > 0 && row.score.is_some()), "{name}: {together:#?}");
        // Random weights may well say the same word to everything, but not with the same probability.
        let scores: std::collections::HashSet<_> = together.iter().map(|row| row.score.map(f32::to_bits)).collect();
        assert_eq!(scores.len(), together.len(), "{name}: the output does not depend on the source");

        let mut reversed: Vec<Unit> = units();
        reversed.reverse();
        let mut from_reversed = rows(&translator, &reversed);
        from_reversed.reverse();
        assert_eq!(from_reversed, together, "{name}: order");

        let no_reuse = LlmOptions { reuse_prefix: false, ..options(style) };
        let no_reuse = LlmTranslator::load(&fixture(name), no_reuse, &Device::Cpu).unwrap();
        let alone: Vec<_> = units().iter().flat_map(|unit| rows(&no_reuse, std::slice::from_ref(unit))).collect();
        assert_eq!(alone, together, "{name}: alone, without a kept prefix");
    }
}

#[test]
fn cancelling_gives_no_rows() {
    let (name, style) = MODELS[0];
    let cancel = Cancel::new();
    cancel.cancel();
    assert!(matches!(load(name, style).translate(&units(), &cancel), Err(BatchError::Cancelled)));
}

#[test]
fn a_text_that_is_too_long_fails_alone() {
    let (name, style) = MODELS[0];
    let translator = load(name, style);
    let limit = translator.limits().max_source_tokens;
    let long = unit(UnitKind::Sentence, &"ب ".repeat(limit));
    let short = unit(UnitKind::Sentence, "ب");
    let rows = translator.translate(&[long, short], &Cancel::new()).unwrap();
    assert!(
        matches!(rows[0], Err(RowError::TooLong { tokens, limit: at }) if tokens > limit && at == limit),
        "{rows:?}"
    );
    assert!(rows[1].is_ok(), "{rows:?}");
}

#[test]
fn an_output_that_does_not_end_is_flagged() {
    let (name, style) = MODELS[0];
    let options = LlmOptions { max_new_tokens_base: 1, ..options(style) };
    let translator = LlmTranslator::load(&fixture(name), options, &Device::Cpu).unwrap();
    let row = &rows(&translator, &units()[..1])[0];
    assert_eq!((row.tokens_out, row.flags.contains(&Flag::OutputTruncated)), (1, true), "{row:?}");
}

/// The network of this crate against that of candle-transformers, which is right for Qwen2.
#[test]
fn qwen2_gives_the_logits_of_candle_transformers() {
    use candle_transformers::models::quantized_qwen2::ModelWeights;
    let path = fixture("llm_qwen2.gguf");
    let ids: Vec<u32> = (0..40).map(|index| index * 7 % 256).collect();

    let mut file = std::fs::File::open(&path).unwrap();
    let content = Content::read(&mut file).unwrap();
    let mut reference = ModelWeights::from_gguf(content, &mut file, &Device::Cpu).unwrap();
    let input = candle_core::Tensor::new(ids.as_slice(), &Device::Cpu).unwrap().unsqueeze(0).unwrap();
    let expected: Vec<f32> = reference.forward(&input, 0).unwrap().squeeze(0).unwrap().to_vec1().unwrap();

    let model = model("llm_qwen2.gguf");
    let logits: Vec<f32> = model.forward(&ids, &mut model.new_state()).unwrap().to_vec1().unwrap();
    assert_close("logits", &logits, &expected, 0.02);
}

fn model(name: &str) -> Model {
    let mut gguf = Gguf::open(&fixture(name)).unwrap();
    let config = Config::from_gguf(&gguf).unwrap();
    Model::load(&mut gguf, config, 512, &Device::Cpu).unwrap()
}

/// Largest difference as a share of the spread of `expected`.
fn assert_close(what: &str, found: &[f32], expected: &[f32], share: f32) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let spread = expected.iter().fold(0f32, |most, logit| most.max(logit.abs()));
    let difference = found.iter().zip(expected).fold(0f32, |most, (a, b)| most.max((a - b).abs()));
    assert!(difference <= share * spread, "{what}: differ by {difference} of {spread}");
}

/// Token by token, in pieces and at once: the masks and the sliding window must say the same.
#[test]
fn the_context_may_come_in_pieces() {
    for (name, _) in MODELS {
        let model = model(name);
        let ids: Vec<u32> = (0..90).map(|index| 3 + index * 11 % 250).collect();
        let at_once: Vec<f32> = model.forward(&ids, &mut model.new_state()).unwrap().to_vec1().unwrap();
        for length in [1, 13, 60] {
            let mut state = model.new_state();
            let mut last = Vec::new();
            for piece in ids.chunks(length) {
                last = model.forward(piece, &mut state).unwrap().to_vec1().unwrap();
            }
            assert_eq!(state.tokens(), ids.len());
            // int8 activations: a rounding that falls otherwise shows, a wrong mask shows a hundred times as much.
            assert_close(&format!("{name}, pieces of {length}"), &last, &at_once, 0.05);
        }
    }
}

/// Gemma 3's window: what lies further back than `layers × (window − 1)` tokens can't be seen, what is nearer can.
#[test]
fn the_sliding_window_hides_the_distant_past() {
    let model = model("llm_gemma3.gguf");
    let reach = model.config().layers * (model.config().sliding_window.unwrap() - 1);
    let logits = |first: u32, distance: usize| -> Vec<f32> {
        let ids: Vec<u32> = std::iter::once(first).chain((0..distance as u32).map(|index| 20 + index)).collect();
        model.forward(&ids, &mut model.new_state()).unwrap().to_vec1().unwrap()
    };
    assert_eq!(logits(270, reach + 1), logits(280, reach + 1), "one token beyond its reach");
    assert_ne!(logits(270, reach), logits(280, reach), "at the end of its reach");
}

struct Script(std::vec::IntoIter<u32>, usize);

impl NextToken for Script {
    fn logits(&mut self, _: &[u32]) -> candle_core::Result<Vec<f32>> {
        let mut logits = vec![0.0; self.1];
        logits[self.0.next().expect("asked for more tokens than the test has") as usize] = 30.0;
        Ok(logits)
    }
}

#[test]
fn where_decoding_ends() {
    let tokenizer = Tokenizer::from_gguf(&Gguf::open(&fixture("llm_qwen2.gguf")).unwrap()).unwrap();
    let end = tokenizer.eos().unwrap();
    let encode = |text: &str| tokenizer.encode(text).unwrap();
    let round = encode("and he said: ");
    let rows = [
        ("end token", [encode("The port"), vec![end]].concat(), "The port", Stop::End),
        ("line end", encode("The port\nThe"), "The port", Stop::End),
        ("length", (33..133).collect(), "", Stop::Length),
        ("loop", [encode("Well, "), round.repeat(9)].concat(), "Well, and he said:", Stop::Loop),
        ("a letter cut off", [encode("ab"), encode("ق")[..1].to_vec(), vec![end]].concat(), "", Stop::End),
    ];
    for (name, script, text, stop) in rows {
        let limits = Limits { max_new_tokens: 100, stop_ids: vec![end] };
        let cancel = Cancel::new();
        let mut model = Script(script.into_iter(), tokenizer.len());
        let generated = greedy(&mut model, &tokenizer, &[0], &limits, &cancel).unwrap();
        assert_eq!(generated.stop, stop, "{name}: {generated:?}");
        if !text.is_empty() {
            assert_eq!(generated.text, text, "{name}");
        }
        assert!(generated.score.is_some_and(|score| (-0.01..=0.0).contains(&score)), "{name}: {generated:?}");
    }

    struct Cancelling(Cancel, usize);
    impl NextToken for Cancelling {
        fn logits(&mut self, _: &[u32]) -> candle_core::Result<Vec<f32>> {
            self.0.cancel();
            Ok((0..self.1).map(|index| index as f32).collect())
        }
    }
    let cancel = Cancel::new();
    let limits = Limits { max_new_tokens: 100, stop_ids: Vec::new() };
    let cancelled = greedy(&mut Cancelling(cancel.clone(), 10), &tokenizer, &[0], &limits, &cancel);
    assert!(matches!(cancelled, Err(GenerateError::Cancelled)), "{cancelled:?}");
}

fn tokenizers() -> [Tokenizer; 2] {
    MODELS.map(|(name, _)| Tokenizer::from_gguf(&Gguf::open(&fixture(name)).unwrap()).unwrap())
}

#[test]
fn names_of_control_tokens_in_a_text_are_words() {
    for (tokenizer, control) in tokenizers().iter().zip(["<|im_end|>", "<eos>"]) {
        let id = tokenizer.control(control).unwrap();
        let ids = tokenizer.encode(&format!("قال {control} من")).unwrap();
        assert!(!ids.contains(&id), "{control}: {ids:?}");
        assert_eq!(tokenizer.decode(&ids), format!("قال {control} من"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn text_survives_its_ids(texts in prop::collection::vec("[ا-ي ،؟\"0-9a-zA-Z\n]{0,40}|\\PC{0,12}", 3)) {
        for tokenizer in tokenizers() {
            for text in &texts {
                // The mark that SentencePiece puts in the place of a space can't be told from one.
                prop_assume!(!text.contains('\u{2581}'));
                let ids = tokenizer.encode(text).unwrap();
                prop_assert_eq!(&tokenizer.decode(&ids), text);
            }
        }
    }

    #[test]
    fn a_damaged_file_is_an_error_or_a_model(at in 0usize..8_000, byte in any::<u8>(), cut in prop::option::of(0usize..290_000)) {
        for (name, style) in MODELS {
            let mut data = std::fs::read(fixture(name)).unwrap();
            data[at] = byte;
            data.truncate(cut.unwrap_or(usize::MAX));
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), data).unwrap();
            if let Err(error) = LlmTranslator::load(file.path(), options(style), &Device::Cpu) {
                prop_assert!(error.hint().is_some() || matches!(error, LlmError::Run(_)), "{error:?}");
            }
        }
    }
}

#[test]
fn files_that_cannot_be_used() {
    let whole = std::fs::read(fixture("llm_qwen2.gguf")).unwrap();
    let load = |data: &[u8], style| {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), data).unwrap();
        let error = LlmTranslator::load(file.path(), options(style), &Device::Cpu).err().expect("must fail");
        assert!(error.hint().is_some(), "{error}");
        error
    };
    let chat = PromptStyle::ChatTranslate;
    assert!(matches!(load(&whole[..whole.len() - 1000], chat), LlmError::Truncated { .. }));
    assert!(matches!(load(&whole[..100], chat), LlmError::Header { .. }));
    assert!(matches!(load(b"", chat), LlmError::Header { .. }));
    let missing = LlmTranslator::load(&fixture("none.gguf"), options(chat), &Device::Cpu).err().expect("must fail");
    assert!(matches!(missing, LlmError::Open { .. }));

    let at = whole.windows(5).position(|window| window == b"qwen2").unwrap();
    let mut foreign = whole.clone();
    foreign[at..at + 5].copy_from_slice(b"mamba");
    let error = load(&foreign, chat);
    assert!(error.to_string().contains("`mamba`") && error.to_string().contains("qwen2, gemma3"), "{error}");

    let gemma = std::fs::read(fixture("llm_gemma3.gguf")).unwrap();
    assert!(matches!(load(&gemma, chat), LlmError::Prompt { .. }));
}
