//! `mujaz status`: how far the runs of an output folder are, joined over all shards, also while they go on.

use super::brief::ledger_failure;
use super::failure::Failure;
use super::progress::duration;
use super::run_facts::unix;
use super::shard_status::{self, COMPLETE, RUNNING, STATUS_SCHEMA, StatusRecord};
use super::{Globals, output_end};
use crate::ledger::{JobStore, Ledger, Shard, default_state_dir};
use clap::Args;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

/// A run that says nothing for so long is dead or hangs.
const SILENT_SECONDS: u64 = 60;

/// Flags of `mujaz status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Folder of briefings, as `mujaz brief --out` writes it
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// State folder, where `mujaz brief` was given one
    #[arg(long, value_name = "DIR", env = "MUJAZ_STATE")]
    state: Option<PathBuf>,
    /// One JSON record (mujaz.status/1)
    #[arg(long)]
    json: bool,
}

/// Runs `mujaz status`.
///
/// # Errors
/// [`Failure`] for a folder without any run, and for a job store that can't be read.
pub fn run(args: StatusArgs, _: &Globals) -> Result<ExitCode, Failure> {
    let all = shard_status::all(&args.dir);
    if all.is_empty() {
        return Err(Failure::usage(anyhow::anyhow!("there is no status of a run in {}", args.dir.display()))
            .hint("name the folder that `mujaz brief --out` writes"));
    }
    let missing: Vec<String> =
        all.iter().filter(|(_, record)| record.is_none()).map(|(shard, _)| shard.to_string()).collect();
    let mut shards: Vec<StatusRecord> = all.into_iter().filter_map(|(_, record)| record).collect();
    look_into_the_store(&args, &mut shards)?;
    let now = unix(SystemTime::now());
    for shard in &mut shards {
        if shard.state == RUNNING && now.saturating_sub(shard.updated) > SILENT_SECONDS {
            shard.state = "silent".into();
        }
    }
    let total = Total::of(&shards, missing);
    let text = if args.json {
        json!({"schema": STATUS_SCHEMA, "total": total, "shards": shards}).to_string()
    } else {
        table(&shards, &total).join("\n")
    };
    Ok(output_end(writeln!(io::stdout(), "{text}"))?.unwrap_or(ExitCode::SUCCESS))
}

/// The job store of this machine knows more than the file that a run writes every few seconds, and of all processes.
fn look_into_the_store(args: &StatusArgs, shards: &mut [StatusRecord]) -> Result<(), Failure> {
    let Ok(out_dir) = args.dir.canonicalize() else { return Ok(()) };
    let state_dir = match &args.state {
        Some(state) => state.clone(),
        None => match default_state_dir(&out_dir) {
            Ok(state) => state,
            Err(_) => return Ok(()),
        },
    };
    let Some(ledger) = Ledger::look_into(&state_dir, &out_dir).map_err(ledger_failure)? else { return Ok(()) };
    for record in shards {
        let Ok(shard) = record.shard.parse::<Shard>() else { continue };
        let stats = ledger.stats(shard).map_err(ledger_failure)?;
        // Another machine's shard is not in it.
        if stats.done >= record.done {
            let count = |kinds: &BTreeMap<String, usize>| kinds.values().sum::<usize>();
            let ended_since = stats.done - record.done + count(&stats.failed).saturating_sub(count(&record.failed));
            record.ended = (record.ended + ended_since).min(record.inputs.unwrap_or(usize::MAX));
            record.done = stats.done;
            record.running = stats.running;
            record.failed = stats.failed;
        }
    }
    Ok(())
}

/// All shards together.
#[derive(Debug, Serialize)]
struct Total {
    /// How many there are.
    shards: usize,
    /// Of these, how many have told anything.
    started: usize,
    /// The others.
    missing: Vec<String>,
    /// How many have dealt with all of their inputs.
    complete: usize,
    /// Inputs of those that know their number; null where one does not.
    inputs: Option<usize>,
    /// Inputs dealt with.
    ended: usize,
    done: usize,
    running: usize,
    failed: BTreeMap<String, usize>,
    skipped: BTreeMap<String, usize>,
    articles_per_hour: Option<f64>,
    tokens_per_second: Option<f64>,
    /// Of the slowest shard; null where one does not know it.
    seconds_left: Option<f64>,
}

impl Total {
    fn of(shards: &[StatusRecord], missing: Vec<String>) -> Self {
        let sum = |of: fn(&StatusRecord) -> usize| shards.iter().map(of).sum::<usize>();
        let kinds = |of: fn(&StatusRecord) -> &BTreeMap<String, usize>| {
            let mut all: BTreeMap<String, usize> = BTreeMap::new();
            for (kind, count) in shards.iter().flat_map(of) {
                *all.entry(kind.clone()).or_default() += count;
            }
            all
        };
        let running: Vec<_> = shards.iter().filter(|shard| shard.state == RUNNING).collect();
        let rate = |of: fn(&StatusRecord) -> Option<f64>| {
            running.iter().filter_map(|shard| of(shard)).reduce(|all, one| all + one)
        };
        let left = running.iter().map(|shard| shard.seconds_left).try_fold(0.0, |all: f64, one| Some(all.max(one?)));
        Self {
            shards: shards.len() + missing.len(),
            started: shards.len(),
            complete: shards.iter().filter(|shard| shard.state == COMPLETE).count(),
            inputs: shards.iter().map(|shard| shard.inputs).sum::<Option<usize>>().filter(|_| missing.is_empty()),
            ended: sum(|shard| shard.ended),
            done: sum(|shard| shard.done),
            running: sum(|shard| shard.running),
            failed: kinds(|shard| &shard.failed),
            skipped: kinds(|shard| &shard.skipped),
            articles_per_hour: rate(|shard| shard.articles_per_hour),
            tokens_per_second: rate(|shard| shard.tokens_per_second),
            seconds_left: left.filter(|_| !running.is_empty()),
            missing,
        }
    }
}

/// The lines of the table.
fn table(shards: &[StatusRecord], total: &Total) -> Vec<String> {
    let mut lines = vec![format!(
        "{:8} {:12} {:>15} {:>8} {:>8} {:>8} {:>8} {:>10} {:>10}  left",
        "shard", "state", "inputs", "done", "running", "failed", "skipped", "tokens/s", "articles/h"
    )];
    for shard in shards {
        let count = |kinds: &BTreeMap<String, usize>| kinds.values().sum::<usize>();
        let number = |value: Option<f64>, digits: usize| value.map_or("-".into(), |value| format!("{value:.digits$}"));
        let left = shard.seconds_left.filter(|_| shard.state == RUNNING).map_or("-".into(), duration);
        let inputs = shard.inputs.map_or("?".into(), |inputs| inputs.to_string());
        lines.push(format!(
            "{:8} {:12} {:>15} {:>8} {:>8} {:>8} {:>8} {:>10} {:>10}  {left}",
            shard.shard,
            shard.state,
            format!("{} of {inputs}", shard.ended),
            shard.done,
            shard.running,
            count(&shard.failed),
            count(&shard.skipped),
            number(shard.tokens_per_second, 1),
            number(shard.articles_per_hour, 0),
        ));
    }
    let left = total.seconds_left.map_or(String::new(), |seconds| format!(", {} left", duration(seconds)));
    let complete = match shards {
        [only] if total.shards == 1 => only.state.clone(),
        _ => format!("{} of {} shards complete", total.complete, total.shards),
    };
    lines.push(format!("{} done, {complete}{left}", total.done));
    if !total.missing.is_empty() {
        lines.push(format!("not begun: {}", total.missing.join(", ")));
    }
    for (what, kinds) in [("failed", &total.failed), ("skipped", &total.skipped)] {
        lines.extend(kinds.iter().map(|(kind, count)| format!("{what}: {kind} {count}")));
    }
    lines
}
