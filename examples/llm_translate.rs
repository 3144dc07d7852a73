//! Translates the lines of standard input with a GGUF model and says what it cost.
//!
//! `cargo run --release --example llm_translate -- MODEL.gguf chat|few [sentence|title|words|speaker] < lines.ar`
//! With MUJAZ_NO_PREFIX_REUSE set, the fixed prefix of the prompt is computed for each line.

use anyhow::{Context, bail};
use candle_core::Device;
use mujaz::llm::{LlmOptions, LlmTranslator, PromptStyle};
use mujaz::translate::{Cancel, Translator, Unit, UnitKind};
use std::io::BufRead;
use std::path::Path;
use std::time::Instant;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let path = arguments.first().context("usage: llm_translate MODEL.gguf chat|few [sentence|title|words|speaker]")?;
    let style = match arguments.get(1).map(String::as_str) {
        Some("chat") => PromptStyle::ChatTranslate,
        Some("few") => PromptStyle::FewShot,
        other => bail!("expected `chat` or `few`, found {other:?}"),
    };
    let kind = match arguments.get(2).map_or("sentence", String::as_str) {
        "sentence" => UnitKind::Sentence,
        "title" => UnitKind::Title,
        "words" => UnitKind::MarkedWords,
        "speaker" => UnitKind::Speaker,
        other => bail!("unknown kind {other}"),
    };
    let mut options = LlmOptions::new(path.as_str(), style);
    options.reuse_prefix = std::env::var_os("MUJAZ_NO_PREFIX_REUSE").is_none();
    let started = Instant::now();
    let translator = LlmTranslator::load(Path::new(path), options, &Device::Cpu)?;
    eprintln!("loaded in {:.2} s: {:?}", started.elapsed().as_secs_f64(), translator.info());
    let (started, mut tokens_in, mut tokens_out) = (Instant::now(), 0, 0);
    for line in std::io::stdin().lock().lines() {
        let unit = Unit { kind, text: line?.trim().to_owned() };
        for row in translator.translate(std::slice::from_ref(&unit), &Cancel::new())? {
            let row = row?;
            tokens_in += row.tokens_in;
            tokens_out += row.tokens_out;
            println!("{}", row.text);
            eprintln!("{:.3} {:?}", row.score.unwrap_or(f32::NAN), row.flags);
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    eprintln!("{seconds:.2} s, {tokens_in} tokens in, {tokens_out} tokens out");
    Ok(())
}
