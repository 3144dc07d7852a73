//! The pages over the whole output folder: index and quote sheet, and what they say about runs that go on.

use super::failure::Failure;
use super::progress::printable;
use super::shard_status;
use crate::ledger::Shard;
use crate::render::{self, Format, RenderError, Skipped};
use std::path::Path;

/// Writes them. Files that look like briefings and can't be read as one are left out of them, and named on stderr.
///
/// Runs on other machines write into the same folder and are not waited for. If one of them ends while the pages are
/// made, they are made once more: whoever is the last to write them has seen every shard that was complete by then.
///
/// # Errors
/// [`Failure`] where a page can't be written.
pub fn write(out_dir: &Path, formats: &[Format]) -> Result<(), Failure> {
    let left_out = written(out_dir, formats).map_err(|error| {
        let hint = error.hint();
        Failure::temporary(error).maybe_hint(hint)
    })?;
    for file in left_out {
        let path = printable(&file.path.display().to_string());
        eprintln!("left out of the index and the quote sheet: {path}: {}", printable(&file.reason));
    }
    Ok(())
}

fn written(out_dir: &Path, formats: &[Format]) -> Result<Vec<Skipped>, RenderError> {
    loop {
        let shards = shard_status::all(out_dir);
        // Both read the same folder: one list of what was left out is enough.
        let mut left_out = Vec::new();
        if formats.contains(&Format::Csv) {
            left_out = render::quote_sheet(out_dir)?.skipped;
        }
        if formats.contains(&Format::Html) {
            left_out = render::index(out_dir, shard_status::standing(&shards))?.skipped;
        }
        if states(&shards) == states(&shard_status::all(out_dir)) {
            return Ok(left_out);
        }
    }
}

fn states(shards: &[(Shard, Option<shard_status::StatusRecord>)]) -> Vec<Option<&str>> {
    shards.iter().map(|(_, record)| record.as_ref().map(|record| record.state.as_str())).collect()
}
