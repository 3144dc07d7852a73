//! Lets another engine be held against this one, in JSON lines (see `scripts/compare-llama-cpp`).
//!
//! `llm_logits MODEL.gguf chat|few ids`: lines of text in, `[ids]` of each out.
//! `llm_logits MODEL.gguf chat|few prompts`: lines of text in, `[ids]` of the whole prompt for it (as a sentence) out.
//! `llm_logits MODEL.gguf chat|few logits`: `{"prompt":[ids],"continuation":[ids]}` in; out, for each position of the
//! continuation, the likeliest token, its logit and the logit of the token that stands there, and the seconds it took.

use anyhow::{Context, anyhow, bail};
use candle_core::Device;
use mujaz::llm::{LlmOptions, LlmTranslator, PromptStyle, generate::likeliest};
use mujaz::translate::{Unit, UnitKind};
use serde::{Deserialize, Serialize};
use std::io::BufRead;
use std::path::Path;
use std::time::Instant;

#[derive(Deserialize)]
struct Forced {
    prompt: Vec<u32>,
    continuation: Vec<u32>,
}

#[derive(Serialize, Default)]
struct Position {
    top: u32,
    top_logit: f32,
    reference_logit: f32,
}

#[derive(Serialize, Default)]
struct Answer {
    positions: Vec<Position>,
    prompt_seconds: f64,
    continuation_seconds: f64,
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, style, mode] = arguments.as_slice() else {
        bail!("usage: llm_logits MODEL.gguf chat|few ids|prompts|logits");
    };
    let style = match style.as_str() {
        "chat" => PromptStyle::ChatTranslate,
        "few" => PromptStyle::FewShot,
        other => bail!("expected `chat` or `few`, found `{other}`"),
    };
    let mut options = LlmOptions::new(path.as_str(), style);
    options.context_length = 4096;
    let translator = LlmTranslator::load(Path::new(path), options, &Device::Cpu)?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let answer = match mode.as_str() {
            "ids" => serde_json::to_string(&translator.tokenizer().encode(&line).map_err(|error| anyhow!(error))?)?,
            "prompts" => {
                let unit = Unit { kind: UnitKind::Sentence, text: line };
                serde_json::to_string(&translator.prompt_ids(&unit)?)?
            }
            "logits" => serde_json::to_string(&forced(&translator, &serde_json::from_str(&line)?)?)?,
            other => bail!("expected `ids`, `prompts` or `logits`, found `{other}`"),
        };
        println!("{answer}");
    }
    Ok(())
}

fn forced(translator: &LlmTranslator, forced: &Forced) -> anyhow::Result<Answer> {
    let model = translator.model();
    let mut state = model.new_state();
    let mut answer = Answer::default();
    let started = Instant::now();
    let mut logits: Vec<f32> = model.forward(&forced.prompt, &mut state)?.to_vec1()?;
    answer.prompt_seconds = started.elapsed().as_secs_f64();
    let started = Instant::now();
    for &reference in &forced.continuation {
        let (top, _) = likeliest(&logits).context("no finite logit")?;
        let reference_logit = *logits.get(reference as usize).context("reference id beyond the vocabulary")?;
        answer.positions.push(Position { top, top_logit: logits[top as usize], reference_logit });
        logits = model.forward(&[reference], &mut state)?.to_vec1()?;
    }
    answer.continuation_seconds = started.elapsed().as_secs_f64();
    Ok(answer)
}
