//! Files that are there whole or not at all: written under a hidden name in the same folder, then renamed.
//!
//! A killed process can leave a hidden file behind whose name starts with [`TEMPORARY_PREFIX`]; nothing reads those.

use super::RenderError;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// How the name of an unfinished file starts.
pub const TEMPORARY_PREFIX: &str = ".mujaz-";
/// How the name of an unfinished file ends.
pub const TEMPORARY_SUFFIX: &str = ".tmp";

/// A file that appears under its name at [`AtomicFile::commit`] and not before; dropped without it, nothing remains.
#[derive(Debug)]
pub struct AtomicFile {
    path: PathBuf,
    file: BufWriter<NamedTempFile>,
}

impl AtomicFile {
    /// Starts a file that will be called `path`; makes the folders above it.
    ///
    /// # Errors
    /// [`RenderError::Io`] if the folder can't be made or written to.
    pub fn create(path: &Path) -> Result<Self, RenderError> {
        // A bare file name has the parent "", which is the working folder.
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(folder).map_err(|source| RenderError::Io {
            action: "making the folder",
            path: folder.to_owned(),
            source,
        })?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(TEMPORARY_PREFIX).suffix(TEMPORARY_SUFFIX);
        #[cfg(unix)]
        {
            // Temporary files are private by default; these become ordinary files, so the umask decides.
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let file = builder.tempfile_in(folder).map_err(|source| writing(path, source))?;
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file) })
    }

    /// Puts the file in its place, over an older one of that name. Its bytes are on the disk before the name is, so
    /// that a power cut leaves the old file or the new one. (The folder is not synced: then the old one may be back,
    /// and the work on this file is done again.)
    ///
    /// # Errors
    /// [`RenderError::Io`]; the older file is then untouched.
    pub fn commit(self) -> Result<(), RenderError> {
        let Self { path, file } = self;
        let file = file.into_inner().map_err(|error| writing(&path, error.into_error()))?;
        file.as_file().sync_all().map_err(|source| writing(&path, source))?;
        file.persist(&path).map_err(|error| writing(&path, error.error))?;
        Ok(())
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Writes a whole file atomically; makes the folders above it.
///
/// # Errors
/// [`RenderError::Io`]; an older file of that name is then untouched.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), RenderError> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(bytes).map_err(|source| writing(path, source))?;
    file.commit()
}

fn writing(path: &Path, source: io::Error) -> RenderError {
    RenderError::Io { action: "writing", path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn makes_folders_and_replaces_the_older_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("آسيا/a b#.json");
        write_atomic(&path, b"old").unwrap();
        write_atomic(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names(path.parent().unwrap()), ["a b#.json"]);
    }

    #[test]
    fn a_file_that_is_not_committed_leaves_the_older_one_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        write_atomic(&path, b"old").unwrap();
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"half").unwrap();
        file.flush().unwrap();
        assert!(names(folder.path()).iter().any(|name| name.starts_with(TEMPORARY_PREFIX)));
        drop(file);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["a.json"]);
    }

    #[test]
    fn a_folder_in_the_way_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("taken");
        fs::create_dir(&path).unwrap();
        let error = write_atomic(&path, b"x").unwrap_err();
        assert!(error.to_string().contains("taken"), "{error}");
        assert_eq!(names(folder.path()), ["taken"]);
    }

    #[cfg(unix)]
    #[test]
    fn files_are_as_readable_as_ordinary_ones() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (ours, plain) = (folder.path().join("ours"), folder.path().join("plain"));
        write_atomic(&ours, b"x").unwrap();
        fs::write(&plain, b"x").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&plain));
    }
}
