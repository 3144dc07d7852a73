//! `mujaz brief`.

use super::dry_run::{self, DryRun};
use super::engine::{IfMissing, SummarizerPlan};
use super::failure::{Failure, SOME_FAILED};
use super::progress::{Closing, Progress};
use super::run_facts::RunFacts;
use super::signals::Signals;
use super::{Embedding, Globals, config, engine, folder_pages, out_dir, shard};
use crate::article::ingest::{self, IngestOptions};
use crate::batch::ScheduleError;
use crate::ledger::{Ledger, LedgerError, Shard, default_state_dir, failed_list};
use crate::pipeline::{self, BriefPlan, RunEnd};
use crate::render::Format;
use crate::translate::Cancel;
use crate::translate::store::StoreError;
use clap::Args;
use std::path::{Path, PathBuf};
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
    /// Files (text, web pages), folders, .jsonl (one article a line), each also as .gz, or - for stdin
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
    /// Part of the articles, by their text, for one of several machines [default: from SLURM_ARRAY_TASK_ID or
    /// JOB_COMPLETION_INDEX, else all]
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Folder on a local disk for the job store and all translations made [default: one for each --out in the user's
    /// state folder]
    #[arg(long, value_name = "DIR", env = "MUJAZ_STATE")]
    state: Option<PathBuf>,
    /// Brief again what is done
    #[arg(long)]
    force: bool,
    /// Try again what failed in earlier runs
    #[arg(long)]
    retry_failed: bool,
    /// Stop at the first article that fails
    #[arg(long)]
    fail_fast: bool,
    /// Stop after N failed articles
    #[arg(long, value_name = "N", conflicts_with = "fail_fast")]
    max_failures: Option<usize>,
    /// Read the first N articles only
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Say what would be done and how long it may take; nothing is fetched, translated or written
    #[arg(long)]
    dry_run: bool,
}

/// Formats where neither flag nor settings name any.
const DEFAULT_FORMATS: [Format; 3] = [Format::Html, Format::Markdown, Format::Csv];

/// Runs `mujaz brief`.
///
/// # Errors
/// [`Failure`] before the run starts, or when the model, the state or the output folder can't be used.
pub fn run(args: BriefArgs, globals: &Globals, embedding: &Embedding) -> Result<ExitCode, Failure> {
    let config = config::load(globals.config.as_deref())?;
    let formats = formats(&args, &config)?;
    let shard = shard::choose(args.shard, globals.quiet)?;
    let options = IngestOptions { out_dir: Some(args.out.clone()), limit: args.limit };
    let plan_inputs = || {
        ingest::plan(&args.inputs, &options).map_err(|error| {
            let hint = error.hint();
            Failure::usage(error).maybe_hint(hint)
        })
    };
    if args.dry_run {
        let summarizer = SummarizerPlan::if_here(&args.summarizer, &args.model, (&config, globals))?;
        let translator = match embedding.translator {
            Some(make) => Ok(make()),
            None => engine::translator_if_here(&args.model, &config, globals)?,
        };
        return dry_run::run(DryRun {
            inputs: &plan_inputs()?,
            out_dir: &args.out,
            state_dir: args.state.as_deref(),
            shard,
            formats: &formats,
            summarizer,
            force: args.force,
            translator,
        });
    }
    let summarizer = SummarizerPlan::new(&args.summarizer, &args.model, (&config, globals), IfMissing::Fetch)?;
    let inputs = plan_inputs()?;
    out_dir::check(&args.out)?;
    let translator = match embedding.translator {
        Some(make) => make(),
        None => engine::translator(&args.model, &config, globals, IfMissing::Fetch)?,
    };
    let out_dir = out_dir::make(&args.out)?;
    let state_dir = match &args.state {
        Some(state) => state.clone(),
        None => default_state_dir(&out_dir).map_err(ledger_failure)?,
    };
    let ledger = Ledger::open(&state_dir, &out_dir).map_err(ledger_failure)?;

    let stop = Cancel::new();
    let signals = Signals::watch(&stop).map_err(Failure::temporary)?;
    let summarizer = summarizer.summarizer(&translator);
    let plan = BriefPlan {
        inputs: &inputs,
        out_dir: args.out.clone(),
        formats: formats.clone(),
        translator: &translator,
        summarizer: summarizer.as_ref(),
        ledger: &ledger,
        shard,
        force: args.force,
        retry_failed: args.retry_failed,
        max_failures: if args.fail_fast { Some(1) } else { args.max_failures },
        on_step: embedding.on_step,
    };
    let mut progress = Progress::new(inputs.len_hint(), globals.quiet);
    let mut facts = RunFacts::new(&args.out, shard, &ledger, translator.info());
    let end = pipeline::run(&plan, &stop, |event| {
        progress.observe(event);
        facts.tick(&progress.tally);
    });
    progress.clear();
    let folder_written = write_after(&plan, &end, &facts, &progress);
    let failed_list = failed_list::path(&args.out, shard);
    progress.summarize(&Closing {
        out_dir: &args.out,
        failed_list: failed_list.is_file().then_some(failed_list),
        next: next_command(&end, progress.tally.failed_count(), &args.out),
    });
    match end {
        RunEnd::Model(error) => return Err(schedule_failure(error)),
        RunEnd::Output(error) => return Err(out_dir::lost(&args.out, error)),
        RunEnd::Ledger(error) => return Err(ledger_failure(error)),
        RunEnd::Cancelled => {
            eprintln!("interrupted: what is written stays; run the same command to go on");
            return Ok(signals.exit_code().unwrap_or(ExitCode::from(130)));
        }
        RunEnd::TooManyFailures => eprintln!("stopped: too many articles failed"),
        RunEnd::Complete => {}
    }
    folder_written?;
    Ok(if progress.tally.failed_count() > 0 { ExitCode::from(SOME_FAILED) } else { ExitCode::SUCCESS })
}

/// Whatever the end, the facts of the run, the list of failures and the pages over the folder show what is there.
fn write_after(plan: &BriefPlan, end: &RunEnd, facts: &RunFacts, progress: &Progress) -> Result<(), Failure> {
    if matches!(end, RunEnd::Output(_) | RunEnd::Ledger(_)) {
        return Ok(());
    }
    facts.end(&progress.tally, end).map_err(Failure::temporary)?;
    // Two runs that end at the same time must not write one page from what each of them saw.
    let _alone = plan.ledger.lock_pages().map_err(ledger_failure)?;
    failed_list::write(&plan.out_dir, plan.ledger, plan.shard).map_err(Failure::temporary)?;
    folder_pages::write(&plan.out_dir, &plan.formats)
}

fn next_command(end: &RunEnd, failed: usize, out: &Path) -> String {
    match end {
        RunEnd::Complete if failed == 0 => format!("open {}", out.join("index.html").display()),
        RunEnd::Complete => "mend what failed, or the same command with --retry-failed".to_owned(),
        _ => "the same command goes on where this run stopped".to_owned(),
    }
}

fn schedule_failure(error: ScheduleError) -> Failure {
    match error {
        ScheduleError::Load(load) => {
            let hint = load.hint.clone();
            Failure::model(load).maybe_hint(hint)
        }
        ScheduleError::Batch(batch) => Failure::model(batch).hint("mujaz doctor"),
        ScheduleError::Store(store) => store_failure(store),
    }
}

/// Translations that can't be read or kept.
pub fn store_failure(error: StoreError) -> Failure {
    match error.downcast::<LedgerError>() {
        Ok(error) => ledger_failure(error),
        Err(other) => Failure::temporary(other),
    }
}

/// A state folder that can't be used.
pub fn ledger_failure(error: LedgerError) -> Failure {
    let hint = error.hint();
    let failure = if error.is_temporary() { Failure::temporary(error) } else { Failure::usage(error) };
    failure.maybe_hint(hint)
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
