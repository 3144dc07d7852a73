//! What `mujaz translate` and `mujaz summarize` share: one line in, one line or record out, same order, none lost.

use super::failure::{Failure, SOME_FAILED};
use super::output_end;
use crate::translate::store::UnitResult;
use crate::translate::{BatchError, Flag, Limits, Translation, four_digits};
use clap::Args;
use serde::Serialize;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

/// What is written for each line.
#[derive(Debug, Args)]
pub struct OutputArgs {
    /// One JSON record a line
    #[arg(long)]
    pub json: bool,
    /// With --json: the decoded ids
    #[arg(long, requires = "json")]
    pub token_ids: bool,
    /// With --json: this many hypotheses for each line, at most one a beam
    #[arg(long, value_name = "N", requires = "json", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub n_best: Option<u8>,
}

/// What came out for a line: the part that all records share.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct OutputRecord<'a> {
    /// The output; null if the line failed.
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

/// One of several outputs for a line.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HypothesisRecord<'a> {
    /// The text.
    text: &'a str,
    /// As `score` of the line.
    score: Option<f64>,
}

/// Why a line has no output.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LineError {
    /// Stable name.
    kind: &'static str,
    /// In words.
    message: String,
}

impl OutputArgs {
    /// The record's shared part for one line. `empty` is a translation of nothing.
    fn record<'a>(&self, result: &'a UnitResult, empty: &'a Translation) -> OutputRecord<'a> {
        let translation = result.as_ref().unwrap_or(empty);
        OutputRecord {
            text: result.as_ref().ok().map(|translation| translation.text.as_str()),
            error: result.as_ref().err().map(|error| LineError { kind: error.kind(), message: error.to_string() }),
            score: translation.score.map(four_digits),
            flags: &translation.flags,
            tokens_in: translation.tokens_in,
            tokens_out: translation.tokens_out,
            token_ids: self.token_ids.then_some(translation.token_ids.as_slice()),
            n_best: self.n_best.filter(|_| result.is_ok()).map(|_| hypotheses(translation)),
        }
    }
}

fn hypotheses(translation: &Translation) -> Vec<HypothesisRecord<'_>> {
    let best = std::iter::once((translation.text.as_str(), translation.score));
    let others = translation.n_best.iter().map(|other| (other.text.as_str(), other.score));
    best.chain(others).map(|(text, score)| HypothesisRecord { text, score: score.map(four_digits) }).collect()
}

/// One result for each line.
type Process<'a> = dyn Fn(&[String]) -> Result<Vec<UnitResult>, BatchError> + 'a;

/// The JSON record of a line: its number, the line, what came out of it, and the part of that which all records share.
type Record<'a> = dyn Fn(usize, &str, &UnitResult, OutputRecord) -> serde_json::Result<String> + 'a;

/// Batches of lines that are sorted by length together, for engines that decode in step.
const CHUNK_BATCHES: usize = 16;

/// A run over the lines of a file.
pub struct LineRun<'a> {
    /// The file; `-` for stdin.
    pub input: &'a Path,
    /// What is written for each line.
    pub output: &'a OutputArgs,
    /// What the engine takes at once.
    pub limits: Limits,
    /// What becomes of the lines.
    pub process: &'a Process<'a>,
    /// A line as JSON.
    pub record: &'a Record<'a>,
}

impl LineRun<'_> {
    /// Reads, processes and writes all lines.
    ///
    /// # Errors
    /// [`Failure`] for an input that can't be read, a model that can't go on, and a stdout that can't be written.
    pub fn run(&self, mut input: Box<dyn BufRead>) -> Result<ExitCode, Failure> {
        let mut stdout = BufWriter::new(io::stdout().lock());
        let (mut first_line, mut failed) = (1, 0);
        let batches = if self.limits.in_step { CHUNK_BATCHES } else { 1 };
        let chunk_lines = self.limits.preferred_batch.max(1) * batches;
        loop {
            let lines = read_lines(&mut input, chunk_lines).map_err(|error| {
                Failure::usage(anyhow::Error::new(error).context(format!("{} can't be read", self.input.display())))
            })?;
            if lines.is_empty() {
                break;
            }
            let results = (self.process)(&lines).map_err(Failure::model)?;
            for (offset, (source, result)) in lines.iter().zip(&results).enumerate() {
                let line = first_line + offset;
                if let Err(error) = result {
                    failed += 1;
                    eprintln!("failed: line {line}: {error}");
                }
                if let Some(end) = output_end(self.write_line(&mut stdout, line, source, result))? {
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

    fn write_line(&self, stdout: &mut impl Write, line: usize, source: &str, result: &UnitResult) -> io::Result<()> {
        if self.output.json {
            let empty = Translation::default();
            return writeln!(stdout, "{}", (self.record)(line, source, result, self.output.record(result, &empty))?);
        }
        let text = result.as_ref().map_or("", |translation| translation.text.as_str());
        writeln!(stdout, "{}", text.replace(['\n', '\r'], " "))
    }
}

/// Opens a text; `-` is stdin.
///
/// # Errors
/// [`Failure`] for a file that can't be read.
pub fn open(path: &Path) -> Result<Box<dyn BufRead>, Failure> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_places() {
        let bytes: &[u8] = b"one two\r\n\n  \nbad\xff\nlast";
        let lines = read_lines(&mut { bytes }, 10).unwrap();
        assert_eq!(lines, ["one two", "", "  ", "bad\u{fffd}", "last"]);
        let surrogate: &[u8] = b"a\xed\xa0\x80b\nc";
        assert_eq!(read_lines(&mut { surrogate }, 10).unwrap(), ["a\u{fffd}\u{fffd}\u{fffd}b", "c"]);
    }
}
