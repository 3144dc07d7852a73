//! One content of the Hub, brought into the cache: resumed where it stopped, checked as a whole, renamed at the end.
//!
//! Until it is checked it lies under another name, so whatever ends the program in between, no later run and no other
//! tool takes it for the file.

use super::http::{Ask, Client};
use super::hub_cache::RepositoryCache;
use super::listing::{Etag, content_address};
use super::progress::Progress;
use super::retry::Retries;
use super::{HubError, PinnedFile, Settings, store};
use sha1::{Digest, Sha1};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use ureq::http::StatusCode;

/// Where files come from, in messages.
pub(super) const ORIGIN: &str = "the Hugging Face Hub";

/// A file that is wanted, as the Hub and the pins describe it.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub name: String,
    pub bytes: u64,
    pub etag: Etag,
    /// What the manifest or the lock file says of its content, and which of them.
    pub pin: Option<Pin>,
}

/// A sum that a file must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pin {
    pub sha256: String,
    /// `the manifest`, or the lock file's path.
    pub by: String,
}

/// Brings contents of one repository at one commit.
pub(super) struct Downloader<'a> {
    pub client: &'a Client<'a>,
    pub cache: &'a RepositoryCache,
    pub commit: &'a str,
    pub settings: &'a Settings,
}

impl Downloader<'_> {
    /// Sees that `blobs/ETAG` is there and right.
    ///
    /// # Errors
    /// [`HubError::Unreachable`], [`HubError::Refused`], [`HubError::Transfer`], [`HubError::WrongContent`],
    /// [`HubError::Io`].
    pub(super) fn bring(&self, wanted: &Wanted, progress: &mut Progress) -> Result<(), HubError> {
        let blob = self.cache.blob(&wanted.etag);
        let _lock = self.cache.lock(&wanted.etag, self.settings)?;
        if blob.is_file() {
            match check(&blob, wanted, "the Hugging Face cache", self.settings)? {
                Ok(()) => return Ok(()),
                Err(error) => {
                    progress.note(&format!("{error}; fetching it again"));
                    store::forget_stamp(&blob, self.settings);
                    std::fs::remove_file(&blob).map_err(HubError::io("remove", &blob))?;
                }
            }
        }
        let part = self.cache.part(&wanted.etag);
        self.fill(wanted, &part, progress)?;
        store::rename_checked(&part, &blob, self.settings)
    }

    /// Fills `part` until it is whole and right.
    fn fill(&self, wanted: &Wanted, part: &Path, progress: &mut Progress) -> Result<(), HubError> {
        let length = || std::fs::metadata(part).map_or(0, |metadata| metadata.len());
        let mut retries = Retries::new(self.settings);
        let mut resumed = length() > 0;
        loop {
            let before = length();
            let error = match self.go_on(wanted, part, progress) {
                Ok(()) => {
                    store::forget_stamp(part, self.settings);
                    let Err(wrong) = check(part, wanted, ORIGIN, self.settings)? else { return Ok(()) };
                    store::forget_stamp(part, self.settings);
                    std::fs::remove_file(part).map_err(HubError::io("remove", part))?;
                    if !resumed {
                        return Err(wrong);
                    }
                    // The beginning may have been another file's: once more, from the start.
                    resumed = false;
                    progress.note(&format!("{wrong}; fetching it from the start"));
                    continue;
                }
                Err(error) => error,
            };
            if length() > before {
                retries.moved_forward();
            }
            retries.after(error)?;
            resumed |= length() > 0;
        }
    }

    /// One request for what is missing.
    fn go_on(&self, wanted: &Wanted, part: &Path, progress: &mut Progress) -> Result<(), HubError> {
        let write_error = || HubError::io("write", part);
        if let Some(folder) = part.parent() {
            std::fs::create_dir_all(folder).map_err(HubError::io("create", folder))?;
        }
        let mut file = File::options().create(true).truncate(false).write(true).open(part).map_err(write_error())?;
        let mut start = file.metadata().map_err(write_error())?.len();
        // What can't be checked afterwards is not put together from two answers; what is too long is another file.
        if start > wanted.bytes || matches!((&wanted.etag, &wanted.pin), (Etag::Other(_), None)) {
            file.set_len(0).map_err(write_error())?;
            start = 0;
        }
        progress.set(start);
        if start == wanted.bytes {
            return Ok(());
        }
        let broke_off =
            |message: String| HubError::Transfer { file: wanted.name.clone(), message, endpoint: self.endpoint() };
        let answer = self.client.ask(&content_address(self.client, self.commit, &wanted.name), Ask::From(start));
        let answer = answer.map_err(|error| match error {
            // The list of files was answered: the Hub is there, and may be there again soon.
            HubError::Unreachable { message, .. } => broke_off(message),
            // It has no such bytes: what lies here is of another file.
            HubError::Refused { status: 416, .. } if start > 0 => match file.set_len(0) {
                Ok(()) => broke_off(format!("it can't go on at byte {start}")),
                Err(error) => write_error()(error),
            },
            error => error,
        })?;
        if start > 0 && answer.status() != StatusCode::PARTIAL_CONTENT {
            // A server that does not know ranges sends everything.
            file.set_len(0).map_err(write_error())?;
            start = 0;
            progress.set(0);
        }
        file.seek(SeekFrom::Start(start)).map_err(write_error())?;
        let mut body = answer.into_body().into_with_config().limit(u64::MAX).reader();
        let mut buffer = vec![0; 1 << 17];
        let mut at = start;
        loop {
            let count = body.read(&mut buffer).map_err(|error| broke_off(error.to_string()))?;
            if count == 0 {
                break;
            }
            at += count as u64;
            if at > wanted.bytes {
                file.set_len(0).map_err(write_error())?;
                return Err(wrong(
                    wanted,
                    ORIGIN,
                    "its size",
                    format!("more than {} bytes", wanted.bytes),
                    format!("{} bytes", wanted.bytes),
                ));
            }
            file.write_all(&buffer[..count]).map_err(write_error())?;
            progress.set(at);
        }
        if at < wanted.bytes {
            return Err(broke_off(format!("it ended after {at} of {} bytes", wanted.bytes)));
        }
        // Before it gets its name: after a power cut the name must not stand for less than the whole file.
        file.sync_all().map_err(write_error())
    }

    fn endpoint(&self) -> String {
        self.client.address("").trim_end_matches('/').to_owned()
    }
}

fn wrong(wanted: &Wanted, origin: &str, what: &'static str, found: String, expected: String) -> HubError {
    HubError::WrongContent { file: wanted.name.clone(), origin: origin.to_owned(), what, found, expected }
}

/// Compares a file with what is known of it: size, the content's name, the pin. The inner result is the comparison's.
///
/// # Errors
/// [`HubError::Io`] where the file can't be read.
pub(super) fn check(
    path: &Path,
    wanted: &Wanted,
    origin: &str,
    settings: &Settings,
) -> Result<Result<(), HubError>, HubError> {
    if let Etag::Sha256(sha256) = &wanted.etag {
        let file = PinnedFile { name: &wanted.name, bytes: wanted.bytes, sha256 };
        if let Err(error) = store::check(path, file, origin, settings)? {
            return Ok(Err(error));
        }
    }
    let bytes = std::fs::metadata(path).map_err(HubError::io("read", path))?.len();
    if bytes != wanted.bytes {
        let (found, expected) = (format!("{bytes} bytes"), format!("{} bytes", wanted.bytes));
        return Ok(Err(wrong(wanted, origin, "its size", found, expected)));
    }
    if let Etag::GitBlob(id) = &wanted.etag {
        let found = git_blob_id(path).map_err(HubError::io("read", path))?;
        if found != *id {
            return Ok(Err(wrong(wanted, origin, "its git id", found, id.clone())));
        }
    }
    if let Some(Pin { sha256, by }) = &wanted.pin {
        let found = store::sha256_of(path, settings)?;
        if found != *sha256 {
            return Ok(Err(HubError::Pinned {
                file: wanted.name.clone(),
                origin: origin.to_owned(),
                by: by.clone(),
                found,
                expected: sha256.clone(),
            }));
        }
    }
    Ok(Ok(()))
}

/// The id that git gives a content: SHA-1 over `blob LENGTH\0` and the content.
fn git_blob_id(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha1::new();
    hasher.update(format!("blob {}\0", file.metadata()?.len()));
    std::io::copy(&mut file, &mut hasher)?;
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_ids_are_gits() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a");
        // `git hash-object` of an empty file, and of "hello\n".
        for (text, id) in
            [("", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"), ("hello\n", "ce013625030ba8dba906f756967f9e9ca394464a")]
        {
            std::fs::write(&path, text).expect("written");
            assert_eq!(git_blob_id(&path).expect("readable"), id);
        }
    }
}
