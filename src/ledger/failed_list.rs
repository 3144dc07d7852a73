//! `failed.jsonl`: the articles that failed, one a line, sorted by id, each with its error. The file is an input: given
//! to `mujaz brief`, its articles go to the places that they would have had.

use super::{FailedJob, JobStore, LedgerError, Shard};
use crate::article::{Article, Title};
use crate::render::RenderError;
use crate::render::write::AtomicFile;
use serde_json::{Map, Value, json};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The list of failures could not be written.
#[derive(Debug, Error)]
pub enum FailedListError {
    /// The file.
    #[error(transparent)]
    Write(#[from] RenderError),
    /// The job store.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// What the job store keeps of a failed article is no JSON object.
    #[error("the job store keeps something unreadable of the failed article {id}")]
    Record {
        /// The article.
        id: String,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
}

/// Where the list of a shard lies.
pub fn path(out_dir: &Path, shard: Shard) -> PathBuf {
    let name = match shard.is_part() {
        false => "failed.jsonl".to_owned(),
        true => format!("failed-{}-of-{}.jsonl", shard.index(), shard.count()),
    };
    out_dir.join(name)
}

/// What is needed to try `article` again, as JSON.
pub(crate) fn record(article: &Article) -> String {
    let (title, title_in_text) = match &article.title {
        Some(Title::Given(title)) => (Some(title), None),
        Some(Title::InText(_)) => (None, Some(true)),
        None => (None, None),
    };
    json!({
        "output": article.id,
        "title": title,
        "title_in_text": title_in_text,
        "text": article.text,
        "url": article.url,
        "date": article.published,
        "outlet": article.outlet,
    })
    .to_string()
}

/// The same of an input that gave no article.
pub(crate) fn without_text(id: &str) -> String {
    json!({ "output": id }).to_string()
}

/// Writes the failures of `shard`; without any, an older list is removed. Gives their number.
///
/// # Errors
/// [`FailedListError`].
pub fn write(out_dir: &Path, jobs: &dyn JobStore, shard: Shard) -> Result<usize, FailedListError> {
    let path = path(out_dir, shard);
    let mut count = 0;
    let mut file: Option<AtomicFile> = None;
    let mut first_error: Option<FailedListError> = None;
    let failing = |source: io::Error| RenderError::Io { action: "writing", path: path.clone(), source };
    jobs.failed(shard, &mut |job| {
        count += 1;
        if first_error.is_some() {
            return;
        }
        let write = || -> Result<(), FailedListError> {
            let line = line(job)?;
            let file = match &mut file {
                Some(file) => file,
                none => none.insert(AtomicFile::create(&path)?),
            };
            Ok(file.write_all(line.as_bytes()).map_err(failing)?)
        };
        first_error = write().err();
    })?;
    if let Some(error) = first_error {
        return Err(error);
    }
    match file {
        Some(file) => file.commit()?,
        None => match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(RenderError::Io { action: "removing", path, source: error }.into());
            }
            _ => {}
        },
    }
    Ok(count)
}

fn line(job: FailedJob) -> Result<String, FailedListError> {
    let mut line: Map<String, Value> =
        serde_json::from_str(&job.failure.record).map_err(|source| FailedListError::Record { id: job.id, source })?;
    line.insert("input".into(), job.input.into());
    line.insert("error".into(), json!({"kind": job.failure.kind, "message": job.failure.message}));
    line.retain(|_, value| !value.is_null());
    Ok(Value::Object(line).to_string() + "\n")
}
