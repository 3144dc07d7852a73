//! `mujaz translate`: one line in, one line out, same order.

use super::engine::IfMissing;
use super::failure::Failure;
use super::lines::{self, LineRun, OutputArgs, OutputRecord};
use super::{Globals, config, engine};
use crate::article::cleaning;
use crate::batch::translate_halving;
use crate::translate::store::UnitResult;
use crate::translate::{BatchError, Cancel, Translation, Translator, Unit, UnitKind};
use clap::Args;
use serde::Serialize;
use std::ops::Range;
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  mujaz translate --profile compact < arabic.txt > english.txt
  mujaz translate arabic.txt --model opus-mt-ar-en/ --json --n-best 4
  mujaz translate masri.txt --model nllb-200/ --source-lang arz --target-lang fr";

/// Flags of `mujaz translate`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct TranslateArgs {
    /// UTF-8 text, one source a line; - for stdin
    #[arg(value_name = "FILE", default_value = "-")]
    input: PathBuf,
    #[command(flatten)]
    model: engine::ModelArgs,
    #[command(flatten)]
    output: OutputArgs,
    /// With --json: which bytes of the source became which bytes of the text, word by word, by the cross-attention of this
    /// layer of the decoder (counted from 0); in plain f32, which is slow
    #[arg(long, value_name = "LAYER", requires = "json")]
    alignment: Option<u16>,
}

/// One line of `mujaz translate --json`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TranslateRecord<'a> {
    /// Counted from 1.
    line: usize,
    /// The line as it was read.
    source: &'a str,
    /// What became of it.
    #[serde(flatten)]
    output: OutputRecord<'a>,
    /// With `--alignment`: the word of the source that each word of the text heeds most; empty where words can't be told
    /// apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    alignment: Option<Vec<AlignedRecord>>,
}

/// A word of the text, and the word of the source that it came from.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AlignedRecord {
    /// First byte and end in `source`.
    source: [usize; 2],
    /// First byte and end in `text`.
    target: [usize; 2],
}

/// Runs `mujaz translate`.
///
/// # Errors
/// [`Failure`] for an input that can't be read, a model that can't be used, and a stdout that can't be written.
pub fn run(mut args: TranslateArgs, globals: &Globals) -> Result<ExitCode, Failure> {
    args.model.n_best = args.output.n_best;
    args.model.alignment = args.alignment;
    let config = config::load(globals.config.as_deref())?;
    let input = lines::open(&args.input)?;
    let lazy = engine::translator(&args.model, &config, globals, IfMissing::Fetch)?;
    let translator = engine::loaded(&lazy)?;
    LineRun {
        input: &args.input,
        output: &args.output,
        limits: translator.limits(),
        process: &|lines| translate_lines(translator, lines),
        record: &|line, source, result, output| {
            let alignment = result.as_ref().ok().filter(|_| args.alignment.is_some()).map(aligned);
            serde_json::to_string(&TranslateRecord { line, source, output, alignment })
        },
    }
    .run(input)
}

fn aligned(translation: &Translation) -> Vec<AlignedRecord> {
    let bytes = |range: &Range<usize>| [range.start, range.end];
    let pairs = translation.alignment.iter();
    pairs.map(|pair| AlignedRecord { source: bytes(&pair.source), target: bytes(&pair.target) }).collect()
}

/// One result a line; a line without words gives an empty translation.
fn translate_lines(translator: &dyn Translator, lines: &[String]) -> Result<Vec<UnitResult>, BatchError> {
    let limits = translator.limits();
    let units: Vec<Unit> = lines
        .iter()
        .map(|line| {
            let cleaned = cleaning::for_model(line);
            let verbatim = limits.verbatim && !cleaned.is_empty();
            Unit { kind: UnitKind::Sentence, text: if verbatim { line.clone() } else { cleaned } }
        })
        .collect();
    let mut results: Vec<UnitResult> = vec![Ok(Translation::default()); lines.len()];
    let mut order: Vec<usize> = (0..units.len()).filter(|&index| !units[index].text.is_empty()).collect();
    if limits.in_step {
        order.sort_by_cached_key(|&index| std::cmp::Reverse(translator.count_tokens(&units[index].text)));
    }
    for batch in order.chunks(limits.preferred_batch.max(1)) {
        let texts: Vec<Unit> = batch.iter().map(|&index| units[index].clone()).collect();
        for (&index, result) in batch.iter().zip(translate_halving(translator, &texts, &Cancel::new())?) {
            results[index] = result;
        }
    }
    Ok(results)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::translate::fake::FakeTranslator;

    #[test]
    fn lines_keep_their_places() {
        let lines = ["one two", "", "  ", "bad\u{fffd}", "١٢"].map(str::to_owned);
        for (preferred_batch, verbatim, last) in [(1, false, "21"), (4, true, "٢١")] {
            let fake = FakeTranslator { preferred_batch, verbatim, ..FakeTranslator::default() };
            let results = translate_lines(&fake, &lines).unwrap();
            let texts: Vec<_> = results.into_iter().map(|result| result.unwrap().text).collect();
            assert_eq!(texts, ["eno owt", "", "", "\u{fffd}dab", last]);
        }
    }
}
