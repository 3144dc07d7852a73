//! Files on this machine: where a model may lie, whether it is the right one, and the lock while it is fetched.

use super::{HubError, Manifest, PinnedFile, Settings};
use fs4::FileExt;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// Room that must stay free beside a download.
const SPARE_BYTES: u64 = 64 * 1024 * 1024;

/// What lies on this machine of one model file.
#[derive(Debug)]
pub(super) enum Present {
    /// The right file.
    Good {
        /// Where.
        path: PathBuf,
        /// The commit, for a file in the Hugging Face cache.
        revision: Option<String>,
    },
    /// A file of that name with other content, in our own store.
    Damaged(HubError),
    /// Nothing.
    Absent,
}

/// The model's folder in our store.
pub(super) fn model_folder(manifest: &Manifest, settings: &Settings) -> PathBuf {
    settings.store.join(&manifest.name)
}

/// The model's folder in the Hugging Face cache.
pub(super) fn hub_folder(manifest: &Manifest, settings: &Settings) -> PathBuf {
    settings.hub_cache.join(hf_hub::Repo::model(manifest.hub_id.clone()).folder_name())
}

/// Looks for `file` in our store, then in every snapshot of the Hugging Face cache.
///
/// # Errors
/// [`HubError::Io`] where a file is there and can't be read.
pub(super) fn find(manifest: &Manifest, file: PinnedFile<'_>, settings: &Settings) -> Result<Present, HubError> {
    let own = model_folder(manifest, settings).join(file.name);
    let mut damaged = None;
    if own.is_file() {
        match check(&own, file, "the store", settings)? {
            Ok(()) => return Ok(Present::Good { path: own, revision: None }),
            Err(error) => {
                let reason = error.to_string();
                damaged = Some(HubError::Damaged { model: manifest.name.clone(), path: own, reason });
            }
        }
    }
    let mut snapshots: Vec<PathBuf> = match std::fs::read_dir(hub_folder(manifest, settings).join("snapshots")) {
        Ok(entries) => entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect(),
        Err(_) => Vec::new(),
    };
    snapshots.sort();
    for snapshot in snapshots {
        let path = snapshot.join(file.name);
        if path.is_file() {
            match check(&path, file, "the Hugging Face cache", settings)? {
                Ok(()) => {
                    let revision = snapshot.file_name().map(|name| name.to_string_lossy().into_owned());
                    return Ok(Present::Good { path, revision });
                }
                Err(error) => log::warn!("{}: {error}", path.display()),
            }
        }
    }
    Ok(damaged.map_or(Present::Absent, Present::Damaged))
}

/// Compares a file with what is expected of it. The inner result is the comparison's.
pub(super) fn check(
    path: &Path,
    file: PinnedFile<'_>,
    origin: &str,
    settings: &Settings,
) -> Result<Result<(), HubError>, HubError> {
    let wrong = |what, found: String, expected: String| HubError::WrongContent {
        file: file.name.to_owned(),
        origin: origin.to_owned(),
        what,
        found,
        expected,
    };
    let bytes = std::fs::metadata(path).map_err(HubError::io("read", path))?.len();
    if bytes != file.bytes {
        return Ok(Err(wrong("its size", format!("{bytes} bytes"), format!("{} bytes", file.bytes))));
    }
    let sum = sha256_of(path, settings)?;
    Ok(if sum == file.sha256 { Ok(()) } else { Err(wrong("its SHA-256", sum, file.sha256.to_owned())) })
}

/// The note that a file was hashed: as long as path, size and time of change stay, its sum is not computed again.
#[derive(Serialize, Deserialize, PartialEq)]
struct Stamp {
    path: PathBuf,
    bytes: u64,
    modified_nanoseconds: u128,
    sha256: String,
}

/// Lower-case hex SHA-256 of a file; from the stamp of an earlier run if the file did not change since.
///
/// # Errors
/// [`HubError::Io`] where the file can't be read.
pub(super) fn sha256_of(path: &Path, settings: &Settings) -> Result<String, HubError> {
    let read = |path: &Path| -> std::io::Result<(PathBuf, u64, Option<u128>)> {
        let canonical = path.canonicalize()?;
        let metadata = canonical.metadata()?;
        let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Ok((canonical, metadata.len(), modified.map(|time| time.as_nanos())))
    };
    let (canonical, bytes, modified) = read(path).map_err(HubError::io("read", path))?;
    if let (Some(stamp), Some(modified)) = (read_stamp(&canonical, settings), modified)
        && (&stamp.path, stamp.bytes, stamp.modified_nanoseconds) == (&canonical, bytes, modified)
    {
        return Ok(stamp.sha256);
    }

    let sha256 = hash(&canonical).map_err(HubError::io("read", &canonical))?;
    if let Some(modified_nanoseconds) = modified {
        keep_stamp(&Stamp { path: canonical, bytes, modified_nanoseconds, sha256: sha256.clone() }, settings);
    }
    Ok(sha256)
}

fn keep_stamp(stamp: &Stamp, settings: &Settings) {
    let path = stamp_path(&stamp.path, settings);
    // A read-only store is fine: the file is then hashed at each start.
    if let Err(error) = write_atomically(&path, stamp) {
        log::debug!("can't keep {}: {error}", path.display());
    }
}

/// Gives a checked file its name. Its stamp goes with it.
///
/// # Errors
/// [`HubError::Io`].
pub(super) fn rename_checked(from: &Path, to: &Path, settings: &Settings) -> Result<(), HubError> {
    let old = from.canonicalize().map_err(HubError::io("read", from))?;
    let stamp = read_stamp(&old, settings);
    forget_stamp(from, settings);
    std::fs::rename(from, to).map_err(HubError::io("rename", from))?;
    if let (Some(stamp), Ok(path)) = (stamp, to.canonicalize()) {
        keep_stamp(&Stamp { path, ..stamp }, settings);
    }
    Ok(())
}

fn read_stamp(canonical: &Path, settings: &Settings) -> Option<Stamp> {
    serde_json::from_slice(&std::fs::read(stamp_path(canonical, settings)).ok()?).ok()
}

/// Drops the stamp of a file, so that the next look reads every byte.
pub(super) fn forget_stamp(path: &Path, settings: &Settings) {
    if let Ok(canonical) = path.canonicalize() {
        // Not there is what we want.
        let _ = std::fs::remove_file(stamp_path(&canonical, settings));
    }
}

/// Stamps lie together in our store, not beside the files: the Hugging Face cache belongs to other tools too, and a
/// user's folder is the user's.
fn stamp_path(canonical: &Path, settings: &Settings) -> PathBuf {
    let key = crate::article::sha256_hex(&canonical.to_string_lossy());
    let name = canonical.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    settings.store.join("verified").join(format!("{name:.100}-{key:.12}.verified"))
}

fn hash(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => hasher.update(&buffer[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Writes `value` as JSON beside `path`, then renames: a reader sees the old or the new, never a half.
pub(super) fn write_atomically<T: Serialize>(path: &Path, value: &T) -> std::io::Result<()> {
    write_text_atomically(path, &serde_json::to_string(value)?)
}

/// The same for a text. The file has the rights of any new file: others may read what they may read.
pub(super) fn write_text_atomically(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or_else(|| Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut temporary = builder.prefix(".mujaz-").tempfile_in(folder)?;
    temporary.write_all(text.as_bytes())?;
    temporary.as_file().sync_all()?;
    temporary.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Held while a model is fetched; released when dropped or when the process ends.
pub(super) struct Lock {
    _file: File,
}

/// Waits for other processes that fetch the same model.
///
/// # Errors
/// [`HubError::Io`] where the folder can't be written.
pub(super) fn lock(folder: &Path, settings: &Settings) -> Result<Lock, HubError> {
    lock_file(&folder.join(".lock"), settings)
}

/// Waits for other processes that hold `path`.
///
/// # Errors
/// [`HubError::Io`] where it can't be written.
pub(super) fn lock_file(path: &Path, settings: &Settings) -> Result<Lock, HubError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(HubError::io("create", folder))?;
    }
    let file =
        File::options().create(true).truncate(false).write(true).open(path).map_err(HubError::io("write", path))?;
    if FileExt::try_lock(&file).is_err() {
        if settings.verbose {
            eprintln!("waiting for another process that holds {}", path.display());
        }
        FileExt::lock(&file).map_err(HubError::io("lock", path))?;
    }
    Ok(Lock { _file: file })
}

/// Looks at the disk before anything is fetched.
///
/// # Errors
/// [`HubError::DiskSpace`].
pub(super) fn check_space(folder: &Path, bytes: u64) -> Result<(), HubError> {
    // The folder may not be there yet: its nearest parent that is lies on the same disk.
    let existing = folder.ancestors().find(|path| path.is_dir()).unwrap_or(folder);
    let available = fs4::available_space(existing).map_err(HubError::io("look at the free space of", existing))?;
    let needed = bytes.saturating_add(SPARE_BYTES);
    if available >= needed {
        return Ok(());
    }
    Err(HubError::DiskSpace {
        folder: folder.to_owned(),
        needed_megabytes: needed.div_ceil(1_000_000),
        available_megabytes: available / 1_000_000,
    })
}
