//! The real models of the profiles `compact` and `tiny`. Runs only where `MUJAZ_REAL_MODELS` names the folder that holds
//! their files; says what it left out otherwise. Slow in debug builds: `cargo test --release --test llm_real`.

use candle_core::Device;
use mujaz::llm::gguf::Gguf;
use mujaz::llm::prompts::{Piece, prompt};
use mujaz::llm::{LlmOptions, LlmTranslator, PromptStyle};
use mujaz::translate::{Cancel, Translator, Unit, UnitKind};
use std::path::PathBuf;

const COMPACT: &str = "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf";
const TINY: &str = "gemma-3-270m-q4_k_m.gguf";

/// The file, or `None` after saying that `what` was left out.
fn real(file: &str, what: &str) -> Option<PathBuf> {
    match std::env::var_os("MUJAZ_REAL_MODELS") {
        Some(folder) => Some(PathBuf::from(folder).join(file)),
        None => {
            eprintln!("left out: {what} with {file} (MUJAZ_REAL_MODELS is not set)");
            None
        }
    }
}

#[test]
fn our_chat_prompt_is_what_the_template_of_the_file_makes() {
    let Some(path) = real(COMPACT, "the chat template") else { return };
    let gguf = Gguf::open(&path).unwrap();
    let template = gguf.string("tokenizer.chat_template").unwrap().expect("the file has a chat template");
    let parts = prompt(PromptStyle::ChatTranslate, UnitKind::Sentence);
    let write = |pieces: &[Piece]| -> String {
        let part = |piece: &Piece| match piece {
            Piece::Control(name) => (*name).to_owned(),
            Piece::Text(text) => text.clone(),
        };
        pieces.iter().map(part).collect()
    };
    let text = "وصل الوفد إلى الميناء.";
    let ours = [&write(&parts.prefix), parts.lead, text, parts.tail, &write(&parts.suffix)].concat();

    // The two messages, as the prompt has them between its control tokens.
    let between = |start: &str| {
        let from = ours.find(start).unwrap() + start.len();
        &ours[from..from + ours[from..].find("<|im_end|>").unwrap()]
    };
    let (system, user) = (between("<|im_start|>system\n"), between("<|im_start|>user\n"));
    let environment = minijinja::Environment::new();
    let context = minijinja::context! {
        messages => [
            minijinja::context! { role => "system", content => system },
            minijinja::context! { role => "user", content => user },
        ],
        add_generation_prompt => true,
    };
    assert_eq!(environment.render_str(template, context).unwrap(), ours);
}

#[test]
fn translates_with_the_real_weights() {
    for (file, style) in [(COMPACT, PromptStyle::ChatTranslate), (TINY, PromptStyle::FewShot)] {
        let Some(path) = real(file, "a translation") else { continue };
        let translator = LlmTranslator::load(&path, LlmOptions::new(file, style), &Device::Cpu).unwrap();
        assert_eq!(translator.info().identity.dtype, "q4_k_m");
        let unit = |kind, text: &str| Unit { kind, text: text.into() };
        let units = [
            unit(UnitKind::Sentence, "وصل الرئيس الفرنسي إلى القاهرة يوم الأحد."),
            unit(UnitKind::Title, "الرئيس الفرنسي يصل إلى القاهرة"),
            unit(UnitKind::MarkedWords, "رئيس فرنسا في القاهرة"),
            unit(UnitKind::Speaker, "الرئيس الفرنسي"),
        ];
        for (unit, row) in units.iter().zip(translator.translate(&units, &Cancel::new()).unwrap()) {
            let row = row.unwrap();
            assert!(row.flags.is_empty() && !row.text.is_empty(), "{file}: {row:?}");
            let words = row.text.to_lowercase();
            assert!(words.contains("french") || words.contains("france"), "{file}: {unit:?}: {row:?}");
        }
    }
}
