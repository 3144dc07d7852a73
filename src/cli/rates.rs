//! How fast each model last was on this machine: kept by every run, read by the next dry run.

use crate::ledger::user_state_dir;
use crate::render::write::write_atomic;
use crate::translate::TranslatorInfo;
use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Source tokens a second by model, number type and device.
type Rates = BTreeMap<String, f64>;

/// Source tokens a second that `info` last reached on this machine.
pub fn last(info: &TranslatorInfo) -> Option<f64> {
    let path = path()?;
    match read(&path) {
        Ok(rates) => rates.get(&key(info)).copied(),
        Err(error) => {
            log::warn!("the last rates in {} can't be read: {error}", path.display());
            None
        }
    }
}

/// For the next dry run only: where it can't be kept, nothing is lost but its estimate.
pub fn keep(info: &TranslatorInfo, source_tokens_per_second: f64) {
    let Some(path) = path() else { return };
    let kept = read(&path).and_then(|mut rates| {
        rates.insert(key(info), (source_tokens_per_second * 100.0).round() / 100.0);
        write_atomic(&path, serde_json::to_string_pretty(&rates)?.as_bytes()).map_err(io::Error::other)
    });
    if let Err(error) = kept {
        log::warn!("the rate of this run is not kept in {}: {error}", path.display());
    }
}

fn path() -> Option<PathBuf> {
    Some(user_state_dir().ok()?.join("rates.json"))
}

/// What is in the file; nothing where there is none yet.
fn read(path: &Path) -> io::Result<Rates> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Rates::new()),
        Err(error) => Err(error),
    }
}

fn key(info: &TranslatorInfo) -> String {
    format!("{} {} on {}", info.identity.model, info.identity.dtype, info.device)
}
