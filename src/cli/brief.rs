//! `mujaz brief`.

use super::engine::{IfMissing, SummarizerPlan};
use super::failure::{Failure, SOME_FAILED};
use super::progress::{Progress, printable};
use super::signals::Signals;
use super::{Globals, config, engine};
use crate::article::ingest::{self, IngestOptions};
use crate::pipeline::{self, BriefPlan, RunEnd};
use crate::render::{self, Format};
use crate::translate::Cancel;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  mujaz brief articles/ --out briefings/ --profile compact
  mujaz brief feed.jsonl extra.txt --out briefings/ --format html,md,csv
  mujaz brief articles/ --out briefings/ --dry-run";

/// Flags of `mujaz brief`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct BriefArgs {
    /// Files, folders, .jsonl (one article a line), or - for stdin
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<PathBuf>,
    /// Folder of the briefings; the tree of the inputs is mirrored in it
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    model: engine::ModelArgs,
    /// How summaries are made: `extractive`, or a summarizing model by name, Hub id or folder
    #[arg(long, value_name = "extractive|ID|DIR", default_value = "extractive")]
    summarizer: String,
    /// Formats beside the JSON: html, md, csv
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    format: Vec<Format>,
    /// Brief again what is done
    #[arg(long)]
    force: bool,
    /// Stop at the first article that fails
    #[arg(long)]
    fail_fast: bool,
    /// Stop after N failed articles
    #[arg(long, value_name = "N", conflicts_with = "fail_fast")]
    max_failures: Option<usize>,
    /// Read the first N articles only
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Say what would be done; no model is loaded, nothing is written
    #[arg(long)]
    dry_run: bool,
}

/// Formats where neither flag nor settings name any.
const DEFAULT_FORMATS: [Format; 3] = [Format::Html, Format::Markdown, Format::Csv];

/// Runs `mujaz brief`.
///
/// # Errors
/// [`Failure`] before the run starts, or when the model or the output folder can't be used.
pub fn run(args: BriefArgs, globals: &Globals) -> Result<ExitCode, Failure> {
    let config = config::load(globals.config.as_deref())?;
    let formats = formats(&args, &config)?;
    let summarizer = SummarizerPlan::new(&args.summarizer, &args.model, &config, globals)?;
    let options = IngestOptions { out_dir: Some(args.out.clone()), limit: args.limit };
    let inputs = ingest::plan(&args.inputs, &options).map_err(|error| {
        let hint = error.hint();
        Failure::usage(error).maybe_hint(hint)
    })?;
    if args.dry_run {
        return super::dry_run::run(&inputs);
    }
    let translator = engine::translator(&args.model, &config, globals, IfMissing::Fetch)?;
    let summarizer = summarizer.summarizer(&translator);
    std::fs::create_dir_all(&args.out).map_err(|error| {
        Failure::usage(anyhow::Error::new(error).context(format!("--out {} can't be made", args.out.display())))
            .hint("name a folder that you may write to")
    })?;

    let cancel = Cancel::new();
    let signals = Signals::watch(&cancel).map_err(Failure::temporary)?;
    let plan = BriefPlan {
        inputs: &inputs,
        out_dir: args.out.clone(),
        formats: formats.clone(),
        translator: &translator,
        summarizer: summarizer.as_ref(),
        force: args.force,
        max_failures: if args.fail_fast { Some(1) } else { args.max_failures },
    };
    let mut progress = Progress::new(inputs.len_hint(), globals.quiet);
    let end = pipeline::run(&plan, &cancel, |event| progress.observe(event));
    progress.clear();
    let folder_written = write_folder_pages(&args.out, &formats);
    progress.summarize(&args.out);
    match end {
        RunEnd::Model(error) => {
            let hint = match &error {
                crate::batch::ScheduleError::Load(load) => load.hint.clone(),
                crate::batch::ScheduleError::Batch(_) => Some("mujaz doctor".into()),
            };
            return Err(Failure::model(error).maybe_hint(hint));
        }
        RunEnd::Cancelled => {
            eprintln!("interrupted: what is written stays; run the same command to go on");
            return Ok(signals.exit_code().unwrap_or(ExitCode::from(130)));
        }
        RunEnd::TooManyFailures => eprintln!("stopped: too many articles failed"),
        RunEnd::Complete => {}
    }
    folder_written?;
    Ok(if progress.failed() > 0 { ExitCode::from(SOME_FAILED) } else { ExitCode::SUCCESS })
}

fn formats(args: &BriefArgs, config: &config::Config) -> Result<Vec<Format>, Failure> {
    if !args.format.is_empty() {
        return Ok(args.format.clone());
    }
    let Some(named) = &config.settings.format else { return Ok(DEFAULT_FORMATS.to_vec()) };
    let parsed: Result<Vec<Format>, _> = named.iter().map(|name| name.parse()).collect();
    parsed.map_err(|error| {
        let file = config.path.clone().unwrap_or_default();
        Failure::usage(anyhow::anyhow!("{}: format: {error}", file.display()))
            .hint("format = [\"html\", \"md\", \"csv\"]")
    })
}

/// The pages over the whole folder: index and quote sheet. Files that look like briefings and can't be read as one are
/// left out of them, and named.
pub fn write_folder_pages(out_dir: &std::path::Path, formats: &[Format]) -> Result<(), Failure> {
    let written = || -> Result<Vec<render::Skipped>, render::RenderError> {
        // Both read the same folder: one list of what was left out is enough.
        let mut left_out = Vec::new();
        if formats.contains(&Format::Csv) {
            left_out = render::quote_sheet(out_dir)?.skipped;
        }
        if formats.contains(&Format::Html) {
            left_out = render::index(out_dir)?.skipped;
        }
        Ok(left_out)
    };
    let left_out = written().map_err(|error| {
        let hint = error.hint();
        Failure::temporary(error).maybe_hint(hint)
    })?;
    for file in left_out {
        let path = printable(&file.path.display().to_string());
        eprintln!("left out of the index and the quote sheet: {path}: {}", printable(&file.reason));
    }
    Ok(())
}
