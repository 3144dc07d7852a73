//! A model's files at one commit of its repository: found in the cache, or brought there.
//!
//! ```text
//! lock file's commit, else the Hub's list ─► which files ─► size ─► contents (blobs/) ─► links (snapshots/) ─► lock file
//! ```
//! Links are made when all contents are there and right, the weights' last: a snapshot with weights is whole.

use super::download::{Downloader, ORIGIN, Pin, Wanted, check};
use super::http::Client;
use super::hub_cache::RepositoryCache;
use super::listing::{Etag, Listing, RemoteFile, ask_for_file, list};
use super::lock_file::{self, LockedFile, LockedModel};
use super::progress::{Progress, megabytes};
use super::retry::Retries;
use super::select::{self, CONFIG};
use super::{Engine, HubError, Manifest, ModelFile, Settings, store};
use std::path::{Path, PathBuf};

/// What is wanted from a repository.
pub(super) struct Source<'m> {
    /// As the user names it.
    pub model: &'m str,
    pub hub_id: &'m str,
    pub revision: &'m str,
    pub kind: Kind<'m>,
    /// What the manifest knows of the files.
    pub known: &'m [ModelFile],
}

/// What kind of model it is.
#[derive(Clone, Copy)]
pub(super) enum Kind<'m> {
    /// This one file.
    Gguf(&'m str),
    /// An encoder-decoder model of this `model_type`.
    EncoderDecoder(&'m str),
    /// Its files will tell.
    Unknown,
}

/// A model's files at one commit, all there and right.
#[derive(Debug, Clone)]
pub(super) struct Snapshot {
    pub folder: PathBuf,
    pub commit: String,
    pub files: Vec<LockedFile>,
}

/// What the cache holds of a source.
pub(super) enum Found {
    /// What the lock file names.
    Locked(Snapshot),
    /// All that is needed, but no lock file names it.
    Unlocked(Snapshot),
    /// A file that is not the one it should be.
    Damaged(HubError),
    /// Nothing, or not all of it.
    Absent,
}

impl<'m> Source<'m> {
    pub(super) fn of_manifest(manifest: &'m Manifest) -> Self {
        let kind = match (manifest.engine, manifest.files.as_slice()) {
            (Engine::Gguf, [file]) => Kind::Gguf(&file.name),
            // A manifest of a GGUF model has one file: it is checked as it is read.
            (Engine::Gguf, _) => Kind::Unknown,
            (Engine::EncoderDecoder, _) => Kind::EncoderDecoder(&manifest.family),
        };
        let Manifest { name, hub_id, revision, files, .. } = manifest;
        Self { model: name, hub_id, revision, kind, known: files }
    }

    /// A repository that no manifest describes.
    pub(super) fn of_repository(hub_id: &'m str) -> Self {
        Self { model: hub_id, hub_id, revision: "main", kind: Kind::Unknown, known: &[] }
    }

    fn pin(&self, name: &str, locked: Option<&LockedModel>, settings: &Settings) -> Option<Pin> {
        let of_lock = locked.and_then(|model| model.files.iter().find(|file| file.name == name)).map(|file| Pin {
            sha256: file.sha256.clone(),
            by: settings.lock_file.as_ref().map(|path| path.display().to_string()).unwrap_or_default(),
        });
        of_lock.or_else(|| {
            let sha256 = self.known.iter().find(|file| file.name == name)?.sha256.clone()?;
            Some(Pin { sha256, by: format!("the manifest of {}", self.model) })
        })
    }
}

impl Snapshot {
    /// What runs it.
    pub(super) fn engine(&self) -> Engine {
        if self.gguf().is_some() { Engine::Gguf } else { Engine::EncoderDecoder }
    }

    /// The GGUF file of a language model.
    pub(super) fn gguf(&self) -> Option<&LockedFile> {
        self.files.iter().find(|file| file.name.ends_with(".gguf"))
    }
}

/// Looks into the cache. Makes no connection.
///
/// # Errors
/// A lock file that makes no sense, a file that can't be read, a model of a family that is not known.
pub(super) fn find(source: &Source<'_>, settings: &Settings) -> Result<Found, HubError> {
    let cache = RepositoryCache::new(source.hub_id, settings);
    let locked = lock_file::entry(source.hub_id, source.revision, settings)?;
    let commit = match &locked {
        Some(model) => model.commit.clone(),
        None => match cache.commit_of(source.revision) {
            Some(commit) => commit,
            None => return Ok(Found::Absent),
        },
    };
    let folder = cache.snapshot(&commit);
    let names = match &locked {
        Some(model) => model.files.iter().map(|file| file.name.clone()).collect(),
        None => match names_of_snapshot(source, &folder, &cache.names_in(&commit)) {
            Ok(names) => names,
            Err(HubError::Incomplete { .. }) => return Ok(Found::Absent),
            Err(error) => return Err(error),
        },
    };
    let mut files = Vec::new();
    for name in names {
        let path = folder.join(&name);
        let Ok(metadata) = path.metadata() else { return Ok(Found::Absent) };
        let etag = cache.etag_behind(&path).unwrap_or_else(|| Etag::Other(name.clone()));
        let pin = source.pin(&name, locked.as_ref(), settings);
        let wanted = Wanted { name, bytes: metadata.len(), etag, pin };
        if let Err(error) = check(&path, &wanted, "the Hugging Face cache", settings)? {
            let reason = error.to_string();
            return Ok(Found::Damaged(HubError::Damaged { model: source.model.to_owned(), path, reason }));
        }
        files.push(LockedFile { sha256: store::sha256_of(&path, settings)?, bytes: wanted.bytes, name: wanted.name });
    }
    let snapshot = Snapshot { folder, commit, files };
    Ok(if locked.is_some() { Found::Locked(snapshot) } else { Found::Unlocked(snapshot) })
}

/// Files that a snapshot in the cache needs, all of them there.
fn names_of_snapshot(source: &Source<'_>, folder: &Path, names: &[String]) -> Result<Vec<String>, HubError> {
    let read = |name: &str| {
        let path = folder.join(name);
        std::fs::read(&path).map_err(HubError::io("read", &path))
    };
    let incomplete =
        |missing: &str| HubError::Incomplete { model: source.model.to_owned(), missing: missing.to_owned() };
    let model_type = match source.kind {
        Kind::Gguf(file) if names.iter().any(|name| name == file) => return Ok(vec![file.to_owned()]),
        Kind::Gguf(file) => return Err(incomplete(file)),
        Kind::EncoderDecoder(model_type) => model_type.to_owned(),
        Kind::Unknown if names.iter().any(|name| name == CONFIG) => model_type_of(source, &read(CONFIG)?)?,
        Kind::Unknown => return Ok(vec![select::only_gguf(source.model, names)?]),
    };
    let selection = select::select(source.model, &model_type, names)?;
    let shards = if selection.is_sharded() { shards_of(source, &read(&selection.weights)?)? } else { Vec::new() };
    match shards.iter().find(|shard| !names.contains(shard)) {
        Some(shard) => Err(incomplete(shard)),
        None => Ok([selection.small, vec![selection.weights], shards].concat()),
    }
}

/// Takes a snapshot that no lock file names as what is to be used from now on.
///
/// # Errors
/// A lock file that can't be written.
pub(super) fn keep_in_lock_file(source: &Source<'_>, snapshot: &Snapshot, settings: &Settings) -> Result<(), HubError> {
    let model = LockedModel {
        hub_id: source.hub_id.to_owned(),
        revision: source.revision.to_owned(),
        commit: snapshot.commit.clone(),
        files: snapshot.files.clone(),
    };
    lock_file::keep(model, settings)
}

/// Brings what is missing into the cache. With `update` the lock file's entry is not asked, but written anew.
///
/// # Errors
/// See [`HubError`]. The cache is left so that no later run takes a part for the whole.
pub(super) fn bring(source: &Source<'_>, update: bool, settings: &Settings) -> Result<Snapshot, HubError> {
    let locked = if update { None } else { lock_file::entry(source.hub_id, source.revision, settings)? };
    let revision = locked.as_ref().map_or(source.revision, |model| &model.commit);
    let client = Client::new(source.hub_id, settings)?;
    let listing = list(&client, revision, Retries::new(settings))?;
    let cache = RepositoryCache::new(source.hub_id, settings);
    let run = Bring { source, client: &client, cache: &cache, listing: &listing, locked: locked.as_ref(), settings };
    let wanted = run.wanted()?;
    run.bring_all(&wanted)?;

    let folder = cache.snapshot(&listing.commit);
    let mut files = Vec::new();
    for file in &wanted {
        // A cache without links holds the file itself.
        if cache.blob(&file.etag).is_file() {
            cache.link(&listing.commit, &file.name, &file.etag)?;
        }
        let sha256 = store::sha256_of(&folder.join(&file.name), settings)?;
        files.push(LockedFile { name: file.name.clone(), bytes: file.bytes, sha256 });
    }
    if locked.is_none() {
        cache.keep_ref(source.revision, &listing.commit)?;
    }
    let snapshot = Snapshot { folder, commit: listing.commit.clone(), files };
    keep_in_lock_file(source, &snapshot, settings)?;
    Ok(snapshot)
}

/// One run of [`bring`].
struct Bring<'a> {
    source: &'a Source<'a>,
    client: &'a Client<'a>,
    cache: &'a RepositoryCache,
    listing: &'a Listing,
    locked: Option<&'a LockedModel>,
    settings: &'a Settings,
}

impl Bring<'_> {
    /// The files that are needed, the weights last.
    fn wanted(&self) -> Result<Vec<Wanted>, HubError> {
        if let Some(model) = self.locked {
            return model.files.iter().map(|file| self.describe(&file.name)).collect();
        }
        let names: Vec<String> = self.listing.files.iter().map(|file| file.name.clone()).collect();
        let source = self.source;
        let model_type = match source.kind {
            Kind::Gguf(file) => return Ok(vec![self.describe(file)?]),
            Kind::EncoderDecoder(model_type) => model_type.to_owned(),
            Kind::Unknown if names.iter().any(|name| name == CONFIG) => {
                model_type_of(source, &self.read(&self.describe(CONFIG)?)?)?
            }
            Kind::Unknown => return Ok(vec![self.describe(&select::only_gguf(source.model, &names)?)?]),
        };
        let selection = select::select(source.model, &model_type, &names)?;
        let mut wanted: Vec<Wanted> =
            selection.small.iter().map(|name| self.describe(name)).collect::<Result<_, HubError>>()?;
        let weights = self.describe(&selection.weights)?;
        let shards = if selection.is_sharded() { shards_of(source, &self.read(&weights)?)? } else { Vec::new() };
        wanted.push(weights);
        for shard in &shards {
            wanted.push(self.describe(shard)?);
        }
        Ok(wanted)
    }

    /// Size, ETag and pin of a file. What contradicts the pin is refused before it is fetched.
    fn describe(&self, name: &str) -> Result<Wanted, HubError> {
        let file: &RemoteFile =
            self.listing.files.iter().find(|file| file.name == name).ok_or_else(|| HubError::Incomplete {
                model: self.source.model.to_owned(),
                missing: name.to_owned(),
            })?;
        let (bytes, etag) = ask_for_file(self.client, &self.listing.commit, file, Retries::new(self.settings))?;
        let known = self.source.known.iter().find(|known| known.name == name).and_then(|known| known.bytes);
        if let Some(expected) = known
            && expected != bytes
        {
            return Err(HubError::WrongContent {
                file: name.to_owned(),
                origin: ORIGIN.to_owned(),
                what: "its size",
                found: format!("{bytes} bytes"),
                expected: format!("{expected} bytes"),
            });
        }
        let pin = self.source.pin(name, self.locked, self.settings);
        if let (Etag::Sha256(found), Some(Pin { sha256, by })) = (&etag, &pin)
            && found != sha256
        {
            return Err(HubError::Pinned {
                file: name.to_owned(),
                origin: ORIGIN.to_owned(),
                by: by.clone(),
                found: found.clone(),
                expected: sha256.clone(),
            });
        }
        Ok(Wanted { name: name.to_owned(), bytes, etag, pin })
    }

    /// A small file that says which others are needed.
    fn read(&self, wanted: &Wanted) -> Result<Vec<u8>, HubError> {
        self.downloader().bring(wanted, &mut Progress::silent())?;
        let path = self.cache.blob(&wanted.etag);
        std::fs::read(&path).map_err(HubError::io("read", &path))
    }

    fn downloader(&self) -> Downloader<'_> {
        Downloader { client: self.client, cache: self.cache, commit: &self.listing.commit, settings: self.settings }
    }

    /// Contents of all files: what is missing is announced, looked for on the disk's free space, and fetched.
    fn bring_all(&self, wanted: &[Wanted]) -> Result<(), HubError> {
        let folder = self.cache.snapshot(&self.listing.commit);
        let is_here = |file: &Wanted| -> Result<bool, HubError> {
            for path in [folder.join(&file.name), self.cache.blob(&file.etag)] {
                if path.is_file() && check(&path, file, "the Hugging Face cache", self.settings)?.is_ok() {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        let mut missing = Vec::new();
        for file in wanted {
            if !is_here(file)? {
                missing.push(file);
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        let part_bytes = |file: &Wanted| {
            let part = std::fs::metadata(self.cache.part(&file.etag)).map_or(0, |metadata| metadata.len());
            part.min(file.bytes)
        };
        let total: u64 = missing.iter().map(|file| file.bytes).sum();
        let here: u64 = missing.iter().map(|file| part_bytes(file)).sum();
        store::check_space(&self.settings.hub_cache, total - here)?;

        let Source { model, hub_id, .. } = self.source;
        let mut progress = Progress::new(model, total, self.settings.verbose);
        let what = if let [file] = missing.as_slice() { file.name.clone() } else { format!("{} files", missing.len()) };
        let before = if here > 0 { format!(", {} of it are here", megabytes(here)) } else { String::new() };
        let commit = &self.listing.commit[..12];
        progress.note(&format!("{model}: {what}, {} from {ORIGIN} ({hub_id} at {commit}){before}", megabytes(total)));
        for file in missing {
            self.downloader().bring(file, &mut progress)?;
            progress.end_of_file(file.bytes);
        }
        Ok(())
    }
}

fn model_type_of(source: &Source<'_>, config: &[u8]) -> Result<String, HubError> {
    #[derive(serde::Deserialize)]
    struct Config {
        model_type: String,
    }
    serde_json::from_slice::<Config>(config).map(|config| config.model_type).map_err(|error| HubError::Incomplete {
        model: source.model.to_owned(),
        missing: format!("a {CONFIG} with a model_type ({error})"),
    })
}

fn shards_of(source: &Source<'_>, index: &[u8]) -> Result<Vec<String>, HubError> {
    select::shards(index).map_err(|message| HubError::Incomplete {
        model: source.model.to_owned(),
        missing: format!("an index of its weights that can be used ({message})"),
    })
}
