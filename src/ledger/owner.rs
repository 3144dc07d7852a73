//! Who holds leases. Each run locks a file as long as its process lives; the system frees the lock of a dead one, also
//! of one in another container that has the same process number.

use super::LedgerError;
use crate::render::write::process_tag;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// One run of this process; dropped, it is dead to the others.
#[derive(Debug)]
pub struct Owner {
    name: String,
    path: PathBuf,
    /// Locked until it is closed.
    _lock: File,
}

impl Owner {
    /// A new owner, known by its lock in `state_dir`.
    ///
    /// # Errors
    /// [`LedgerError::Io`].
    pub fn new(state_dir: &Path) -> Result<Self, LedgerError> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("{}-{}", process_tag(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let path = lock_path(state_dir, &name);
        let failed = |source| LedgerError::Io { action: "locking", path: path.clone(), source };
        fs::create_dir_all(folder(state_dir)).map_err(failed)?;
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        lock.lock().map_err(failed)?;
        Ok(Self { name, path, _lock: lock })
    }

    /// Its name, unique among all runs.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The process that `owner` belongs to: what its temporary files are named after.
    pub fn process(owner: &str) -> &str {
        owner.rsplit_once('-').map_or(owner, |(process, _)| process)
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // A file that stays is seen as dead all the same.
        let _ = fs::remove_file(&self.path);
    }
}

fn folder(state_dir: &Path) -> PathBuf {
    state_dir.join("owners")
}

fn lock_path(state_dir: &Path, name: &str) -> PathBuf {
    folder(state_dir).join(format!("{name}.lock"))
}

/// Whether the process of `owner` still runs. In doubt it does: its leases run out anyway.
pub(super) fn is_alive(state_dir: &Path, owner: &str) -> bool {
    let path = lock_path(state_dir, owner);
    match OpenOptions::new().write(true).open(&path) {
        Err(error) => error.kind() != io::ErrorKind::NotFound,
        Ok(file) => match file.try_lock() {
            Ok(()) => {
                let _ = fs::remove_file(&path);
                false
            }
            Err(TryLockError::WouldBlock) => true,
            Err(TryLockError::Error(_)) => true,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_lives_as_long_as_its_lock() {
        let state = tempfile::tempdir().unwrap();
        let owner = Owner::new(state.path()).unwrap();
        let name = owner.name().to_owned();
        assert!(is_alive(state.path(), &name));
        assert_ne!(Owner::new(state.path()).unwrap().name(), name);
        drop(owner);
        assert!(!is_alive(state.path(), &name));
        // Killed: the file is there, nobody holds its lock.
        fs::write(lock_path(state.path(), "1-1-0"), "").unwrap();
        assert!(!is_alive(state.path(), "1-1-0"));
        assert_eq!(Owner::process("12-ab-3"), "12-ab");
    }
}
