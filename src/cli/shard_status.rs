//! `status-I-of-N.json`: what each shard tells the others, `mujaz status` and the index page. Replaced atomically, so
//! that whoever reads it sees the old one or the new one.

use super::tally::kinds;
use crate::ledger::Shard;
use crate::render::Standing;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Schema of the status files.
pub const STATUS_SCHEMA: &str = "mujaz.status/1";
/// State of a shard that has dealt with all of its inputs.
pub const COMPLETE: &str = "complete";
/// State of a shard that is at work.
pub const RUNNING: &str = "running";

/// What one shard tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatusRecord {
    /// [`STATUS_SCHEMA`].
    pub schema: String,
    /// `2/8`.
    pub shard: String,
    /// `running`, `complete`, `interrupted` or `failed`.
    pub state: String,
    /// When this was written, seconds since 1970.
    pub updated: u64,
    /// Inputs of this shard, as far as they are known; null where their number is not.
    pub inputs: Option<usize>,
    /// Of these, dealt with by the run.
    pub ended: usize,
    /// Briefings that are there.
    pub done: usize,
    /// Articles in work.
    pub running: usize,
    /// Inputs left out, by kind.
    pub skipped: BTreeMap<String, usize>,
    /// Inputs that failed, by kind.
    pub failed: BTreeMap<String, usize>,
    /// Articles an hour since the model began; null before the first.
    pub articles_per_hour: Option<f64>,
    /// Tokens a second; null before the first batch.
    pub tokens_per_second: Option<f64>,
    /// Until the end, if the rest is like what was done; null where not known.
    pub seconds_left: Option<f64>,
}

/// Where the status of a shard lies.
pub fn path(out_dir: &Path, shard: Shard) -> PathBuf {
    out_dir.join(format!("status-{}-of-{}.json", shard.index(), shard.count()))
}

/// A status file; none where it is missing or another program's.
fn read(path: &Path) -> Option<StatusRecord> {
    let record: StatusRecord = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    (record.schema == STATUS_SCHEMA).then_some(record)
}

/// The shards of the newest division, in their order; `None` for one that has told nothing yet. Empty where no run told
/// anything.
pub fn all(dir: &Path) -> Vec<(Shard, Option<StatusRecord>)> {
    let names = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_status = |path: &PathBuf| {
        path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("status-"))
    };
    let found: Vec<StatusRecord> = names.filter(is_status).filter_map(|path| read(&path)).collect();
    let count = |record: &StatusRecord| record.shard.parse::<Shard>().map_or(0, Shard::count);
    let Some(newest) = found.iter().max_by_key(|record| record.updated).map(count) else { return Vec::new() };
    let of_newest = (1..=newest).filter_map(|index| Shard::new(index, newest).ok());
    of_newest.map(|shard| (shard, read(&path(dir, shard)))).collect()
}

/// What the index page says about the runs behind it.
pub fn standing(shards: &[(Shard, Option<StatusRecord>)]) -> Standing {
    let mut failed: BTreeMap<String, usize> = BTreeMap::new();
    for (kind, count) in shards.iter().filter_map(|(_, record)| record.as_ref()).flat_map(|record| &record.failed) {
        *failed.entry(kind.clone()).or_default() += count;
    }
    Standing {
        unfinished: shards.iter().filter_map(|(shard, record)| unfinished(*shard, record.as_ref())).collect(),
        failed: (!failed.is_empty()).then(|| kinds("failed", &failed)),
    }
}

/// In words, what is missing of a shard.
fn unfinished(shard: Shard, record: Option<&StatusRecord>) -> Option<String> {
    let name = if shard.is_part() { format!("shard {shard}") } else { "the last run".to_owned() };
    let Some(record) = record else { return Some(format!("{name} has not begun")) };
    let how = match record.state.as_str() {
        COMPLETE => return None,
        RUNNING => "was at work when this page was written",
        "interrupted" => "was interrupted",
        _ => "ended with an error",
    };
    let inputs = record.inputs.map_or(String::new(), |inputs| format!(" of {inputs}"));
    Some(format!("{name} {how}: {}{inputs} inputs were dealt with", record.ended))
}
