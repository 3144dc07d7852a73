//! The output folder: whether it can be written, before any work and when a run had to stop because of it.

use super::failure::Failure;
use crate::render::RenderError;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Refuses a folder that can't be written before a model is fetched or a text is read. Nothing is made.
///
/// # Errors
/// [`Failure`].
pub fn check(out: &Path) -> Result<(), Failure> {
    // An empty path is the working folder.
    let there = out.ancestors().find(|folder| folder.as_os_str().is_empty() || folder.exists());
    let there = there.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if there.is_dir() {
        return tempfile::tempfile_in(there).map(drop).map_err(|error| failure(out, "can't be written to", error));
    }
    let error = io::Error::new(ErrorKind::NotADirectory, format!("{} is a file", there.display()));
    Err(failure(out, "can't be made", error))
}

/// Makes the folder; gives its absolute path.
///
/// # Errors
/// [`Failure`].
pub fn make(out: &Path) -> Result<PathBuf, Failure> {
    let made = std::fs::create_dir_all(out).and_then(|()| out.canonicalize());
    made.map_err(|error| failure(out, "can't be made", error))
}

/// A full disk may have room later; everything else stays as it is until somebody mends it.
fn failure(out: &Path, what: &str, error: io::Error) -> Failure {
    let is_full = is_full(error.kind());
    let error = anyhow::Error::new(error).context(format!("--out {} {what}", out.display()));
    match is_full {
        true => Failure::temporary(error).hint("the disk is full: make room, then run the same command again"),
        false => Failure::usage(error).hint("name a folder that you may write to, or make this one writable"),
    }
}

fn is_full(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

/// The output folder could not be written any more in mid-run.
pub fn lost(out: &Path, error: RenderError) -> Failure {
    let kind = match &error {
        RenderError::Io { source, .. } => source.kind(),
        _ => ErrorKind::Other,
    };
    let out = out.display();
    let mend = match kind {
        kind if is_full(kind) => format!("the disk is full: make room for {out}"),
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => format!("make {out} writable again"),
        ErrorKind::NotFound => format!("bring {out} back, or let the next run make it anew"),
        _ => format!("look at the disk of {out}"),
    };
    Failure::temporary(error).hint(format!("{mend}; the same command goes on where this run stopped"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::failure::{TEMPORARY, USAGE};

    #[test]
    fn a_folder_that_is_there_or_can_be_made_passes() {
        let place = tempfile::tempdir().unwrap();
        assert!(check(place.path()).is_ok() && check(&place.path().join("a/b")).is_ok());
        assert!(!place.path().join("a").exists(), "nothing is made");
        std::fs::write(place.path().join("file"), "").unwrap();
        let refused = check(&place.path().join("file/out")).unwrap_err();
        assert_eq!(refused.exit_code, USAGE);
        assert!(refused.hint.is_some());
    }

    #[test]
    fn only_a_full_disk_is_worth_another_try() {
        let rows = [
            (ErrorKind::StorageFull, TEMPORARY),
            (ErrorKind::QuotaExceeded, TEMPORARY),
            (ErrorKind::ReadOnlyFilesystem, USAGE),
            (ErrorKind::PermissionDenied, USAGE),
        ];
        for (kind, code) in rows {
            assert_eq!(failure(Path::new("out"), "can't be made", kind.into()).exit_code, code, "{kind:?}");
        }
    }
}
