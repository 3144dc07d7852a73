//! Files that are there whole or not at all: written under a hidden name in the same folder, then renamed.
//!
//! A killed process can leave a hidden file behind whose name starts with [`TEMPORARY_PREFIX`] and [`process_tag`];
//! nothing reads those, and [`remove_temporaries`] clears them away once the process is known to be dead.

use super::RenderError;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};
use tempfile::NamedTempFile;
use walkdir::WalkDir;

/// How the name of an unfinished file starts.
pub const TEMPORARY_PREFIX: &str = ".mujaz-";
/// How the name of an unfinished file ends.
pub const TEMPORARY_SUFFIX: &str = ".tmp";

/// Names this process among all that ever ran on this machine.
pub fn process_tag() -> &'static str {
    static TAG: LazyLock<String> = LazyLock::new(|| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
        format!("{}-{since:x}", std::process::id())
    });
    &TAG
}

/// Removes the unfinished files of `processes` (as [`process_tag`] named them) below `folder`. What can't be removed
/// stays: nothing reads it.
pub fn remove_temporaries(folder: &Path, processes: &[String]) {
    let prefixes: Vec<String> = processes.iter().map(|tag| format!("{TEMPORARY_PREFIX}{tag}-")).collect();
    let is_left_over = |name: &str| {
        name.ends_with(TEMPORARY_SUFFIX) && prefixes.iter().any(|prefix| name.starts_with(prefix.as_str()))
    };
    for entry in WalkDir::new(folder).into_iter().flatten() {
        if entry.file_type().is_file() && entry.file_name().to_str().is_some_and(is_left_over) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// A file that appears under its name at [`AtomicFile::commit`] and not before; dropped without it, nothing remains.
#[derive(Debug)]
pub struct AtomicFile {
    path: PathBuf,
    file: BufWriter<NamedTempFile>,
}

/// A whole file whose bytes are on the disk, without its name.
#[derive(Debug)]
pub struct SyncedFile {
    path: PathBuf,
    file: NamedTempFile,
}

impl AtomicFile {
    /// Starts a file that will be called `path`; makes the folders above it.
    ///
    /// # Errors
    /// [`RenderError::Io`] if the folder can't be made or written to.
    pub fn create(path: &Path) -> Result<Self, RenderError> {
        let folder = folder_of(path);
        make_folder(folder).map_err(|source| RenderError::Io {
            action: "making the folder",
            path: folder.to_owned(),
            source,
        })?;
        let mut builder = tempfile::Builder::new();
        let prefix = format!("{TEMPORARY_PREFIX}{}-", process_tag());
        builder.prefix(&prefix).suffix(TEMPORARY_SUFFIX);
        #[cfg(unix)]
        {
            // Temporary files are private by default; these become ordinary files, so the umask decides.
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let file = builder.tempfile_in(folder).map_err(|source| writing(path, source))?;
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file) })
    }

    /// Brings the bytes to the disk.
    ///
    /// # Errors
    /// [`RenderError::Io`].
    pub fn sync(self) -> Result<SyncedFile, RenderError> {
        let Self { path, file } = self;
        let file = file.into_inner().map_err(|error| writing(&path, error.into_error()))?;
        file.as_file().sync_all().map_err(|source| writing(&path, source))?;
        Ok(SyncedFile { path, file })
    }

    /// Puts the file in its place, over an older one of that name. Its bytes are on the disk before the name is, so
    /// that a power cut leaves the old file or the new one. (The folder is not synced: then the old one may be back;
    /// [`sync_folder`] does that once for all files of a folder.)
    ///
    /// # Errors
    /// [`RenderError::Io`]; the older file is then untouched.
    pub fn commit(self) -> Result<(), RenderError> {
        self.sync()?.rename()
    }
}

impl SyncedFile {
    /// Puts the file in its place, over an older one of that name.
    ///
    /// # Errors
    /// [`RenderError::Io`]; the older file is then untouched.
    pub fn rename(self) -> Result<(), RenderError> {
        let Self { path, file } = self;
        file.persist(&path).map_err(|error| writing(&path, error.error))?;
        Ok(())
    }
}

/// Brings the names of the folder that `path` lies in to the disk. Systems that can't do it are left alone.
///
/// # Errors
/// [`RenderError::Io`].
pub fn sync_folder(path: &Path) -> Result<(), RenderError> {
    let folder = folder_of(path);
    sync_names(folder).map_err(|source| RenderError::Io {
        action: "syncing the folder",
        path: folder.to_owned(),
        source,
    })
}

fn sync_names(folder: &Path) -> io::Result<()> {
    // Only Unix opens folders as files; some network file systems refuse to sync one.
    if !cfg!(unix) {
        return Ok(());
    }
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        other => other,
    }
}

/// A bare file name has the parent "", which is the working folder.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Makes `folder` and those above it, each name on the disk.
fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        make_folder(parent)?;
    }
    match fs::create_dir(folder) {
        // Another process may have been faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) => Err(error),
        Ok(()) => sync_names(folder_of(folder)),
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
    fn only_what_dead_processes_left_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["sub/.mujaz-1-a-xyz.tmp", "sub/.mujaz-1-ab-xyz.tmp", ".mujaz-2-b-x.tmp", "sub/a.json"] {
            write_atomic(&folder.path().join(name), b"x").unwrap();
        }
        remove_temporaries(folder.path(), &["1-a".into(), "2-b".into()]);
        assert_eq!(names(folder.path()), ["sub"]);
        assert_eq!(names(&folder.path().join("sub")), [".mujaz-1-ab-xyz.tmp", "a.json"]);
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
