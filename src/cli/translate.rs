//! `mujaz translate`: one line in, one line out, same order.

use super::engine::IfMissing;
use super::failure::{Failure, SOME_FAILED};
use super::{Globals, config, engine, output_end};
use crate::article::cleaning;
use crate::batch::translate_halving;
use crate::translate::store::UnitResult;
use crate::translate::{BatchError, Cancel, Flag, Translation, Translator, Unit, UnitKind};
use clap::Args;
use serde::Serialize;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  mujaz translate --profile compact < arabic.txt > english.txt
  mujaz translate arabic.txt --model model.gguf --json";

/// Flags of `mujaz translate`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct TranslateArgs {
    /// UTF-8 text, one source a line; - for stdin
    #[arg(value_name = "FILE", default_value = "-")]
    input: PathBuf,
    #[command(flatten)]
    model: engine::ModelArgs,
    /// One JSON record a line
    #[arg(long)]
    json: bool,
    /// With --json: the decoded ids
    #[arg(long, requires = "json")]
    token_ids: bool,
    /// With --json: this many hypotheses for each line, at most one a beam
    #[arg(long, value_name = "N", requires = "json", value_parser = clap::value_parser!(u8).range(1..=64))]
    n_best: Option<u8>,
}

/// One line of `mujaz translate --json`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TranslateRecord<'a> {
    /// Counted from 1.
    line: usize,
    /// The line as it was read.
    source: &'a str,
    /// The translation; null if it failed.
    text: Option<&'a str>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<LineError>,
    /// Mean log-probability a token; null where the engine does not compute it.
    score: Option<f64>,
    /// What the engine noticed.
    flags: &'a [Flag],
    /// Tokens of the source.
    tokens_in: usize,
    /// Tokens decoded.
    tokens_out: usize,
    /// With `--token-ids`: the decoded ids.
    #[serde(skip_serializing_if = "Option::is_none")]
    token_ids: Option<&'a [u32]>,
    /// With `--n-best`: the hypotheses, best first; the first is `text`.
    #[serde(skip_serializing_if = "Option::is_none")]
    n_best: Option<Vec<HypothesisRecord<'a>>>,
}

/// One of several translations of a line.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HypothesisRecord<'a> {
    /// The text.
    text: &'a str,
    /// As `score` of the line.
    score: Option<f64>,
}

/// Why a line has no translation.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LineError {
    /// Stable name.
    kind: &'static str,
    /// In words.
    message: String,
}

/// Batches of lines that are sorted by length together, for engines that decode in step.
const CHUNK_BATCHES: usize = 16;

/// Runs `mujaz translate`.
///
/// # Errors
/// [`Failure`] for an input that can't be read, a model that can't be used, and a stdout that can't be written.
pub fn run(mut args: TranslateArgs, globals: &Globals) -> Result<ExitCode, Failure> {
    args.model.n_best = args.n_best;
    let config = config::load(globals.config.as_deref())?;
    let mut input = open(&args.input)?;
    let lazy = engine::translator(&args.model, &config, globals, IfMissing::Fetch)?;
    let translator = lazy.get().map_err(|error| {
        let hint = error.hint.clone();
        Failure::model(error).maybe_hint(hint)
    })?;
    let limits = translator.limits();
    let chunk_lines = limits.preferred_batch.max(1) * if limits.in_step { CHUNK_BATCHES } else { 1 };
    let mut stdout = BufWriter::new(io::stdout().lock());
    let (mut first_line, mut failed) = (1, 0);
    loop {
        let lines = read_lines(&mut input, chunk_lines).map_err(|error| {
            Failure::usage(anyhow::Error::new(error).context(format!("{} can't be read", args.input.display())))
        })?;
        if lines.is_empty() {
            break;
        }
        let results = translate_lines(translator, &lines).map_err(Failure::model)?;
        for (offset, (source, result)) in lines.iter().zip(&results).enumerate() {
            let line = first_line + offset;
            if let Err(error) = result {
                failed += 1;
                eprintln!("failed: line {line}: {error}");
            }
            let written = write_line(&mut stdout, &args, line, source, result);
            if let Some(end) = output_end(written)? {
                return Ok(end);
            }
        }
        // Who reads along sees each line as soon as it is there.
        if let Some(end) = output_end(stdout.flush())? {
            return Ok(end);
        }
        first_line += lines.len();
    }
    Ok(if failed > 0 { ExitCode::from(SOME_FAILED) } else { ExitCode::SUCCESS })
}

fn open(path: &Path) -> Result<Box<dyn BufRead>, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    let file = File::open(path).map_err(|error| {
        Failure::usage(anyhow::Error::new(error).context(format!("{} can't be read", path.display())))
            .hint("name a text file, or - for stdin")
    })?;
    Ok(Box::new(BufReader::new(file)))
}

/// Up to `count` lines without their ends. Bytes that are not UTF-8 become U+FFFD: no line is lost or shifted.
fn read_lines(input: &mut dyn BufRead, count: usize) -> io::Result<Vec<String>> {
    let mut lines = Vec::new();
    let mut bytes = Vec::new();
    while lines.len() < count && input.read_until(b'\n', &mut bytes)? > 0 {
        let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        lines.push(String::from_utf8_lossy(line).into_owned());
        bytes.clear();
    }
    Ok(lines)
}

/// One result a line; a line without words gives an empty translation.
fn translate_lines(translator: &dyn Translator, lines: &[String]) -> Result<Vec<UnitResult>, BatchError> {
    let units: Vec<Unit> =
        lines.iter().map(|line| Unit { kind: UnitKind::Sentence, text: cleaning::for_model(line) }).collect();
    let mut results: Vec<UnitResult> = vec![Ok(Translation::default()); lines.len()];
    let mut order: Vec<usize> = (0..units.len()).filter(|&index| !units[index].text.is_empty()).collect();
    let limits = translator.limits();
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

fn write_line(
    stdout: &mut impl Write,
    args: &TranslateArgs,
    line: usize,
    source: &str,
    result: &UnitResult,
) -> io::Result<()> {
    let empty = Translation::default();
    let translation = result.as_ref().unwrap_or(&empty);
    if !args.json {
        return writeln!(stdout, "{}", translation.text);
    }
    let record = TranslateRecord {
        line,
        source,
        text: result.as_ref().ok().map(|translation| translation.text.as_str()),
        error: result.as_ref().err().map(|error| LineError { kind: error.kind(), message: error.to_string() }),
        score: translation.score.map(crate::translate::four_digits),
        flags: &translation.flags,
        tokens_in: translation.tokens_in,
        tokens_out: translation.tokens_out,
        token_ids: args.token_ids.then_some(translation.token_ids.as_slice()),
        n_best: args.n_best.filter(|_| result.is_ok()).map(|_| hypotheses(translation)),
    };
    writeln!(stdout, "{}", serde_json::to_string(&record)?)
}

fn hypotheses(translation: &Translation) -> Vec<HypothesisRecord<'_>> {
    let best = std::iter::once((translation.text.as_str(), translation.score));
    let others = translation.n_best.iter().map(|other| (other.text.as_str(), other.score));
    best.chain(others)
        .map(|(text, score)| HypothesisRecord { text, score: score.map(crate::translate::four_digits) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::translate::fake::FakeTranslator;

    #[test]
    fn lines_keep_their_places() {
        let bytes: &[u8] = b"one two\r\n\n  \nbad\xff\nlast";
        let lines = read_lines(&mut { bytes }, 10).unwrap();
        assert_eq!(lines, ["one two", "", "  ", "bad\u{fffd}", "last"]);
        for preferred_batch in [1, 4] {
            let fake = FakeTranslator { preferred_batch, ..FakeTranslator::default() };
            let results = translate_lines(&fake, &lines).unwrap();
            let texts: Vec<_> = results.into_iter().map(|result| result.unwrap().text).collect();
            assert_eq!(texts, ["eno owt", "", "", "\u{fffd}dab", "tsal"]);
        }
    }
}
