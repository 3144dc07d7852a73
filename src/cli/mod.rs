//! The command line: one file a subcommand; flags become a plan, the plan is run, its end becomes an exit code.
//!
//! stdout carries data only. Logs, progress and the closing summary go to stderr.

mod bench;
mod brief;
mod config;
mod device;
mod doctor;
mod dry_run;
mod engine;
mod failure;
mod folder_pages;
mod hub;
mod lines;
mod memory;
mod missing_model;
mod models;
mod out_dir;
mod progress;
mod quotes;
mod rates;
mod render;
mod run_facts;
mod shard;
mod shard_status;
mod signals;
mod status;
mod summarize;
mod tally;
mod translate;

pub use failure::{Failure, fail};
pub use summarize::SummarizeRecord;
pub use translate::TranslateRecord;

use crate::pipeline::Step;
use crate::translate::LazyTranslator;
use clap::{Args, CommandFactory, Parser, Subcommand};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  mujaz models fetch compact                   get the smallest model that can serve
  mujaz brief articles/ --out briefings/       brief a folder; run it again and only what changed is done
  mujaz quotes article.txt                     who said what, no model needed
  mujaz translate --profile compact < ar.txt   one line in, one line out
  mujaz doctor                                 what this machine has, and what is missing

Exit codes: 0 all done · 1 finished, some articles failed · 2 usage or configuration ·
3 a model or device can't be used · 75 temporary, try again · 130/143 interrupted (work kept)";

/// Reads folders of Arabic news articles and writes English briefings, bilingual, with every quote kept and
/// attributed.
#[derive(Debug, Parser)]
#[command(name = "mujaz", version, after_help = EXAMPLES, propagate_version = true)]
pub struct Cli {
    /// Options of every subcommand.
    #[command(flatten)]
    pub globals: Globals,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every subcommand.
#[derive(Debug, Args)]
pub struct Globals {
    /// Settings file instead of ./mujaz.toml or the one in the user's config folder
    #[arg(long, global = true, value_name = "FILE", env = "MUJAZ_CONFIG")]
    pub config: Option<PathBuf>,
    /// No connection is attempted at all
    #[arg(long, global = true)]
    pub offline: bool,
    /// Lock file of the models instead of mujaz.lock beside the settings file
    #[arg(long, global = true, value_name = "FILE", env = "MUJAZ_LOCK")]
    pub lock: Option<PathBuf>,
    /// Folder of further model manifests (*.toml), which add to the known ones and override them
    #[arg(long, global = true, value_name = "DIR")]
    pub models_dir: Option<PathBuf>,
    /// No progress, no notes: errors and the exit code only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// More about what is done (-vv: everything)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

impl Globals {
    /// Logs to stderr; `RUST_LOG` wins over `-v` and `-q`.
    pub fn set_up_logging(&self) {
        let level = match (self.quiet, self.verbose) {
            (true, _) => "error",
            (false, 0) => "warn",
            (false, 1) => "mujaz=info,warn",
            (false, _) => "mujaz=debug,info",
        };
        env_logger::Builder::from_env(env_logger::Env::default().default_filter_or(level))
            .format_target(false)
            .format_timestamp(None)
            .init();
    }
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Brief articles: a translation, a bilingual summary, and every quote with its speaker
    Brief(brief::BriefArgs),
    /// Who said what in Arabic articles; no model needed
    Quotes(quotes::QuotesArgs),
    /// Translate lines: one line in, one line out, same order
    Translate(translate::TranslateArgs),
    /// Summarize documents with a model: one document a line in, one summary a line out
    Summarize(summarize::SummarizeArgs),
    /// Render briefings again from their JSON; no model needed
    Render(render::RenderArgs),
    /// How far the runs of an output folder are, over all shards, also while they go on
    Status(status::StatusArgs),
    /// List, show, fetch and verify models
    #[command(subcommand)]
    Models(models::ModelsCommand),
    /// How fast a model decodes on this machine
    Bench(bench::BenchArgs),
    /// What this machine has, and what is missing
    Doctor,
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// What a program that embeds the command line puts in place of its own parts.
#[derive(Clone, Copy)]
pub struct Embedding<'e> {
    /// Makes the translator of `brief`, whatever the flags say.
    pub translator: Option<&'e dyn Fn() -> LazyTranslator>,
    /// Called at each step of the write path.
    pub on_step: &'e (dyn Fn(Step) + Sync),
}

impl Default for Embedding<'_> {
    fn default() -> Self {
        Self { translator: None, on_step: &|_| {} }
    }
}

/// Runs a parsed command line.
///
/// # Errors
/// [`Failure`] with its exit code, for everything that stops the run.
pub fn run(cli: Cli) -> Result<ExitCode, Failure> {
    run_embedded(cli, &Embedding::default())
}

/// [`run`] with parts of the program that embeds it.
///
/// # Errors
/// As [`run`].
pub fn run_embedded(cli: Cli, embedding: &Embedding) -> Result<ExitCode, Failure> {
    let globals = cli.globals;
    match cli.command {
        Command::Brief(args) => brief::run(args, &globals, embedding),
        Command::Quotes(args) => quotes::run(args),
        Command::Translate(args) => translate::run(args, &globals),
        Command::Summarize(args) => summarize::run(args, &globals),
        Command::Render(args) => render::run(args),
        Command::Status(args) => status::run(args, &globals),
        Command::Models(command) => models::run(command, &globals),
        Command::Bench(args) => bench::run(&args, &globals),
        Command::Doctor => doctor::run(&globals),
        Command::Completions { shell } => {
            // Made in memory: the generator panics where its writer fails (`| head`).
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "mujaz", &mut script);
            Ok(output_end(std::io::stdout().write_all(&script))?.unwrap_or(ExitCode::SUCCESS))
        }
    }
}

/// The name that a record's enum has in JSON.
fn label(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// A reader of stdout that has gone (`| head`) ends the program quietly.
fn output_end(written: std::io::Result<()>) -> Result<Option<ExitCode>, Failure> {
    match written {
        Ok(()) => Ok(None),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(Some(ExitCode::SUCCESS)),
        Err(error) => Err(Failure::temporary(anyhow::Error::new(error).context("stdout can't be written"))),
    }
}
