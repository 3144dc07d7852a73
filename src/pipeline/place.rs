//! Which write errors lie with the output folder and not with one article.

use crate::render::RenderError;
use std::io::{self, ErrorKind};
use std::path::Path;

/// The output folder must be there: made anew in mid-run, it would hold a part and look like the whole.
pub(super) fn require(out_dir: &Path) -> Result<(), RenderError> {
    if out_dir.is_dir() {
        return Ok(());
    }
    let source = io::Error::new(ErrorKind::NotFound, "it was removed during the run");
    Err(RenderError::Io { action: "writing to the output folder", path: out_dir.to_owned(), source })
}

/// No other article could be written either: the disk is full or read-only, or the folder is gone or closed to us.
pub(super) fn is_of_the_place(error: &RenderError, out_dir: &Path) -> bool {
    let RenderError::Io { source, .. } = error else { return false };
    match source.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::ReadOnlyFilesystem => true,
        ErrorKind::PermissionDenied => tempfile::tempfile_in(out_dir).is_err(),
        _ => !out_dir.is_dir(),
    }
}
