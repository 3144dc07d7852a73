//! `mujaz summarize`: one document a line in, one summary a line out, same order.

use super::engine::IfMissing;
use super::failure::Failure;
use super::lines::{self, LineRun, OutputArgs, OutputRecord};
use super::{Globals, config, engine};
use crate::summarize::documents::{Documents, summarize_documents};
use crate::translate::Cancel;
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  mujaz summarize articles.txt --model bart-large-cnn/ > summaries.txt
  mujaz summarize arabic.txt --model mT5_multilingual_XLSum/ --json
  mujaz summarize articles.txt --model flan-t5-base/ --prefix 'summarize: '

A document that is longer than the model takes is summarized in parts, and the summaries are summarized together;
its record has the flag source_split.";

/// Flags of `mujaz summarize`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct SummarizeArgs {
    /// UTF-8 text, one document a line; - for stdin
    #[arg(value_name = "FILE", default_value = "-")]
    input: PathBuf,
    #[command(flatten)]
    model: engine::ModelArgs,
    #[command(flatten)]
    output: OutputArgs,
    /// Words before each document, for models that are told their task (T5: "summarize: ")
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    prefix: String,
}

/// One line of `mujaz summarize --json`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SummarizeRecord<'a> {
    /// Counted from 1.
    line: usize,
    /// The line as it was read.
    document: &'a str,
    /// What became of it.
    #[serde(flatten)]
    output: OutputRecord<'a>,
}

/// Runs `mujaz summarize`.
///
/// # Errors
/// [`Failure`] for an input that can't be read, a model that can't be used, and a stdout that can't be written.
pub fn run(mut args: SummarizeArgs, globals: &Globals) -> Result<ExitCode, Failure> {
    args.model.n_best = args.output.n_best;
    let config = config::load(globals.config.as_deref())?;
    let input = lines::open(&args.input)?;
    let lazy = engine::summarizer(&args.model, &config, globals, IfMissing::Fetch)?;
    let engine = engine::loaded(&lazy)?;
    LineRun {
        input: &args.input,
        output: &args.output,
        limits: engine.limits(),
        process: &|documents| {
            summarize_documents(engine, &Documents { texts: documents, prefix: &args.prefix }, &Cancel::new())
        },
        record: &|line, document, _, output| serde_json::to_string(&SummarizeRecord { line, document, output }),
    }
    .run(input)
}
