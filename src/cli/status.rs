//! `mujaz status`: how far the runs of an output folder are, joined over all shards, also while they go on.

use super::brief::ledger_failure;
use super::failure::Failure;
use super::progress::duration;
use super::run_facts::{STATUS_SCHEMA, StatusRecord, read_status, status_path, unix};
use super::{Globals, output_end};
use crate::ledger::{JobStore, Ledger, Shard, default_state_dir};
use clap::Args;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
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
    let mut shards = shards(&args.dir);
    if shards.is_empty() {
        return Err(Failure::usage(anyhow::anyhow!("there is no status of a run in {}", args.dir.display()))
            .hint("name the folder that `mujaz brief --out` writes"));
    }
    look_into_the_store(&args, &mut shards)?;
    let now = unix(SystemTime::now());
    for shard in &mut shards {
        if shard.state == "running" && now.saturating_sub(shard.updated) > SILENT_SECONDS {
            shard.state = "silent".into();
        }
    }
    let total = joined(&shards);
    let text = if args.json {
        json!({"schema": STATUS_SCHEMA, "total": total, "shards": shards}).to_string()
    } else {
        table(&shards, &total).join("\n")
    };
    Ok(output_end(writeln!(io::stdout(), "{text}"))?.unwrap_or(ExitCode::SUCCESS))
}

/// The status files of the newest division into shards, in their order; those that are not there yet are left out.
fn shards(dir: &Path) -> Vec<StatusRecord> {
    let names = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_status = |path: &PathBuf| {
        path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("status-"))
    };
    let found: Vec<StatusRecord> = names.filter(is_status).filter_map(|path| read_status(&path)).collect();
    let count = |record: &StatusRecord| record.shard.parse::<Shard>().map_or(0, Shard::count);
    let Some(newest) = found.iter().max_by_key(|record| record.updated).map(count) else { return Vec::new() };
    let of_newest = (1..=newest).filter_map(|index| Shard::new(index, newest).ok());
    of_newest.filter_map(|shard| read_status(&status_path(dir, shard))).collect()
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
    if !Ledger::exists(&state_dir) {
        return Ok(());
    }
    let ledger = Ledger::open(&state_dir, &out_dir).map_err(ledger_failure)?;
    for record in shards {
        let Ok(shard) = record.shard.parse::<Shard>() else { continue };
        let stats = ledger.stats(shard).map_err(ledger_failure)?;
        // Another machine's shard is not in it.
        if stats.done >= record.done {
            record.done = stats.done;
            record.running = stats.running;
            record.failed = stats.failed;
        }
    }
    ledger.end_run(None).map_err(ledger_failure)
}

/// Sums; the time left is that of the slowest shard, and not known where one does not know it.
fn joined(shards: &[StatusRecord]) -> serde_json::Value {
    let sum = |of: fn(&StatusRecord) -> usize| shards.iter().map(of).sum::<usize>();
    let kinds = |of: fn(&StatusRecord) -> &BTreeMap<String, usize>| {
        let mut all: BTreeMap<String, usize> = BTreeMap::new();
        for (kind, count) in shards.iter().flat_map(of) {
            *all.entry(kind.clone()).or_default() += count;
        }
        all
    };
    let rate = |of: fn(&StatusRecord) -> Option<f64>| {
        let running = shards.iter().filter(|shard| shard.state == "running");
        running.filter_map(of).fold(None, |all: Option<f64>, one| Some(all.unwrap_or(0.0) + one))
    };
    let expected = shards.first().and_then(|shard| shard.shard.parse::<Shard>().ok()).map_or(1, Shard::count) as usize;
    let running: Vec<_> = shards.iter().filter(|shard| shard.state == "running").collect();
    let seconds_left =
        running.iter().map(|shard| shard.seconds_left).try_fold(0.0, |all: f64, one| Some(all.max(one?)));
    json!({
        "shards": expected,
        "started": shards.len(),
        "complete": shards.iter().filter(|shard| shard.state == "complete").count(),
        "done": sum(|shard| shard.done),
        "running": sum(|shard| shard.running),
        "failed": kinds(|shard| &shard.failed),
        "skipped": kinds(|shard| &shard.skipped),
        "articles_per_hour": rate(|shard| shard.articles_per_hour),
        "tokens_per_second": rate(|shard| shard.tokens_per_second),
        "seconds_left": seconds_left.filter(|_| !running.is_empty()),
    })
}

/// The lines of the table.
fn table(shards: &[StatusRecord], total: &serde_json::Value) -> Vec<String> {
    let mut lines = vec![format!(
        "{:8} {:12} {:>8} {:>8} {:>8} {:>8} {:>10}  left",
        "shard", "state", "done", "running", "failed", "skipped", "tokens/s"
    )];
    for shard in shards {
        let count = |kinds: &BTreeMap<String, usize>| kinds.values().sum::<usize>();
        let rate = shard.tokens_per_second.map_or("-".into(), |rate| format!("{rate:.1}"));
        let left = shard.seconds_left.filter(|_| shard.state == "running").map_or("-".into(), duration);
        lines.push(format!(
            "{:8} {:12} {:>8} {:>8} {:>8} {:>8} {rate:>10}  {left}",
            shard.shard,
            shard.state,
            shard.done,
            shard.running,
            count(&shard.failed),
            count(&shard.skipped)
        ));
    }
    lines.push(format!("{} done, {} of {} shards complete", total["done"], total["complete"], total["shards"]));
    for (what, kinds) in [("failed", &total["failed"]), ("skipped", &total["skipped"])] {
        for (kind, count) in kinds.as_object().into_iter().flatten() {
            lines.push(format!("{what}: {kind} {count}"));
        }
    }
    lines
}
