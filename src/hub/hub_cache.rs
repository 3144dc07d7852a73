//! The standard Hugging Face cache: contents by ETag in `blobs/`, their names in `snapshots/COMMIT/`, branches in
//! `refs/`. Shared both ways with Python's `huggingface_hub`, its locks included.

use super::listing::{Etag, is_commit};
use super::store::{self, Lock};
use super::{HubError, Settings};
use std::path::{Path, PathBuf};

/// One repository's place in the cache.
pub(super) struct RepositoryCache {
    cache: hf_hub::CacheRepo,
    folder: PathBuf,
    locks: PathBuf,
}

impl RepositoryCache {
    pub(super) fn new(hub_id: &str, settings: &Settings) -> Self {
        let repository = hf_hub::Repo::model(hub_id.to_owned());
        let name = repository.folder_name();
        Self {
            cache: hf_hub::Cache::new(settings.hub_cache.clone()).repo(repository),
            folder: settings.hub_cache.join(&name),
            locks: settings.hub_cache.join(".locks").join(name),
        }
    }

    pub(super) fn snapshot(&self, commit: &str) -> PathBuf {
        self.cache.pointer_path(commit)
    }

    pub(super) fn blob(&self, etag: &Etag) -> PathBuf {
        self.cache.blob_path(etag.name())
    }

    /// A content that is not whole yet. The name is ours alone: no other tool writes into it.
    pub(super) fn part(&self, etag: &Etag) -> PathBuf {
        self.cache.blob_path(&format!("{}.mujaz-part", etag.name()))
    }

    /// The commit that a branch, a tag or a commit's own name stood for when it was last looked up.
    pub(super) fn commit_of(&self, revision: &str) -> Option<String> {
        if is_commit(revision) {
            return Some(revision.to_owned());
        }
        let text = std::fs::read_to_string(self.folder.join("refs").join(revision)).ok()?;
        let commit = text.trim();
        is_commit(commit).then(|| commit.to_owned())
    }

    /// Keeps what a branch stands for now.
    ///
    /// # Errors
    /// [`HubError::Io`].
    pub(super) fn keep_ref(&self, revision: &str, commit: &str) -> Result<(), HubError> {
        let path = self.folder.join("refs").join(revision);
        if is_commit(revision) || std::fs::read_to_string(&path).is_ok_and(|kept| kept == commit) {
            return Ok(());
        }
        store::write_text_atomically(&path, commit).map_err(HubError::io("write", &path))
    }

    /// Files of a snapshot, as paths below it, in alphabetical order.
    pub(super) fn names_in(&self, commit: &str) -> Vec<String> {
        let snapshot = self.snapshot(commit);
        let mut names: Vec<String> = walkdir::WalkDir::new(&snapshot)
            .into_iter()
            .flatten()
            // A link whose content is gone is no file.
            .filter(|entry| entry.path().is_file())
            .filter_map(|entry| {
                let parts = entry.path().strip_prefix(&snapshot).ok()?.components();
                Some(parts.map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/"))
            })
            .collect();
        names.sort();
        names
    }

    /// The ETag of the content that a file of a snapshot points to; `None` for a file that is no link into `blobs/`.
    pub(super) fn etag_behind(&self, path: &Path) -> Option<Etag> {
        let target = std::fs::read_link(path).ok()?;
        let blob = path.parent()?.join(target);
        let blobs = self.folder.join("blobs").canonicalize().ok()?;
        (blob.parent()?.canonicalize().ok()? == blobs).then_some(())?;
        Etag::from_name(blob.file_name()?.to_str()?)
    }

    /// Waits for other processes, Python's among them, that fetch the same content.
    ///
    /// # Errors
    /// [`HubError::Io`].
    pub(super) fn lock(&self, etag: &Etag, settings: &Settings) -> Result<Lock, HubError> {
        store::lock_file(&self.locks.join(format!("{}.lock", etag.name())), settings)
    }

    /// Gives a content its name in a snapshot: a relative link, put in place at once.
    ///
    /// # Errors
    /// [`HubError::Io`].
    pub(super) fn link(&self, commit: &str, name: &str, etag: &Etag) -> Result<(), HubError> {
        let path = self.snapshot(commit).join(name);
        if path.is_file() && self.etag_behind(&path).as_ref() == Some(etag) {
            return Ok(());
        }
        let folder = path.parent().unwrap_or(&self.folder);
        std::fs::create_dir_all(folder).map_err(HubError::io("create", folder))?;
        let ups = "../".repeat(2 + name.matches('/').count());
        put_link(&format!("{ups}blobs/{}", etag.name()), &self.blob(etag), &path).map_err(HubError::io("link", &path))
    }
}

#[cfg(unix)]
fn put_link(relative: &str, _blob: &Path, path: &Path) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let scratch = tempfile::Builder::new().prefix(".mujaz-").tempdir_in(folder)?;
    let temporary = scratch.path().join("link");
    std::os::unix::fs::symlink(relative, &temporary)?;
    std::fs::rename(&temporary, path)
}

/// Where links need rights that users do not have, a second name for the same content does it.
#[cfg(not(unix))]
fn put_link(_relative: &str, blob: &Path, path: &Path) -> std::io::Result<()> {
    let _ = std::fs::remove_file(path);
    std::fs::hard_link(blob, path).or_else(|_| std::fs::copy(blob, path).map(drop))
}
