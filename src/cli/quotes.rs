//! `mujaz quotes`: who said what, no model needed.

use super::failure::{Failure, SOME_FAILED};
use super::progress::printable;
use crate::article::ingest::{self, IngestOptions, Ingested};
use crate::article::{Article, sentences};
use crate::border;
use crate::quotes::{self, Extraction, QuotesRecord};
use clap::Args;
use rayon::prelude::*;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  mujaz quotes article.txt
  mujaz quotes articles/ --json | jq -r '.attributions[] | [.speaker.text, .content.text] | @tsv'";

/// Flags of `mujaz quotes`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct QuotesArgs {
    /// Files, folders, .jsonl (one article a line), or - for stdin
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<PathBuf>,
    /// One JSON record an article (mujaz.quotes/1)
    #[arg(long)]
    json: bool,
}

/// Articles that are analysed together; their records come out in the order of the inputs.
const CHUNK: usize = 256;

/// Runs `mujaz quotes`.
///
/// # Errors
/// [`Failure`] for inputs that can't be walked and for a stdout that can't be written.
pub fn run(args: QuotesArgs) -> Result<ExitCode, Failure> {
    let inputs = ingest::plan(&args.inputs, &IngestOptions::default()).map_err(|error| {
        let hint = error.hint();
        Failure::usage(error).maybe_hint(hint)
    })?;
    let mut stdout = BufWriter::new(io::stdout().lock());
    let mut failed = false;
    let mut articles = inputs.articles();
    loop {
        let chunk: Vec<_> = articles.by_ref().take(CHUNK).collect();
        if chunk.is_empty() {
            break;
        }
        let rendered: Vec<_> = chunk.into_par_iter().map(|ingested| at_the_border(ingested, args.json)).collect();
        for result in rendered {
            let written = match result {
                Ok(text) => stdout.write_all(text.as_bytes()),
                Err(Left::Skipped(note)) => {
                    eprintln!("skipped: {note}");
                    Ok(())
                }
                Err(Left::Failed(note)) => {
                    failed = true;
                    eprintln!("failed: {note}");
                    Ok(())
                }
            };
            if let Some(end) = super::output_end(written)? {
                return Ok(end);
            }
        }
    }
    if let Some(end) = super::output_end(stdout.flush())? {
        return Ok(end);
    }
    Ok(if failed { ExitCode::from(SOME_FAILED) } else { ExitCode::SUCCESS })
}

/// An input without a record, and why.
enum Left {
    Skipped(String),
    Failed(String),
}

/// A panic over one article is that article's failure.
fn at_the_border(ingested: Ingested, json: bool) -> Result<String, Left> {
    let path = printable(ingested.path());
    border::caught(|| analyse(ingested, json)).unwrap_or_else(|panic| {
        let hint = border::HINT;
        Err(Left::Failed(format!("{path}: the program failed on this article: {panic}\n  hint: {hint}")))
    })
}

fn analyse(ingested: Ingested, json: bool) -> Result<String, Left> {
    let article = match ingested {
        Ingested::Article(article) => article,
        Ingested::Skipped(skipped) => {
            return Err(Left::Skipped(format!("{}: {}", printable(&skipped.path), skipped.reason)));
        }
        Ingested::Failed(failed) => {
            let hint = failed.hint.map_or(String::new(), |hint| format!("\n  hint: {hint}"));
            return Err(Left::Failed(format!("{}: {}{hint}", printable(&failed.path), failed.message)));
        }
    };
    let found = quotes::extract(&article.text, &sentences::split(&article.text, article.title_in_text()));
    if !json {
        return Ok(listing(&article, &found));
    }
    let record = QuotesRecord {
        schema: "mujaz.quotes/1".into(),
        article: article.path.clone(),
        text_sha256: article.text_sha256.clone(),
        encoding: article.encoding.clone(),
        language: article.language.clone(),
        found,
    };
    serde_json::to_string(&record)
        .map(|line| line + "\n")
        .map_err(|error| Left::Failed(format!("{}: {error}", printable(&article.path))))
}

/// For people: one block an article.
fn listing(article: &Article, found: &Extraction) -> String {
    let mut text = format!("{}\n", printable(&article.path));
    for attribution in &found.attributions {
        let speaker = match (&attribution.speaker, &attribution.speaker_reason) {
            (Some(speaker), _) => format!("{} ({})", speaker.text, super::label(&speaker.how)),
            (None, Some(reason)) => format!("unknown: {reason}"),
            (None, None) => "unknown".into(),
        };
        text += &format!(
            "  {} {} {}\n    {}\n    {}\n",
            attribution.id,
            super::label(&attribution.r#type),
            super::label(&attribution.polarity),
            printable(&speaker),
            printable(&attribution.content.text.replace('\n', " ")),
        );
    }
    for marked in &found.not_speech {
        text += &format!("  not speech ({}): {}\n", super::label(&marked.kind), printable(&marked.text));
    }
    text + "\n"
}
