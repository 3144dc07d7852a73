//! `mujaz.lock`: at which commit a model was fetched, and the SHA-256 of each of its files. Later runs use exactly
//! that.

use super::listing::is_commit;
use super::manifest::{is_hub_id, is_safe_path, is_sha256};
use super::{HubError, Settings, store};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Its name, where none is given.
pub const LOCK_FILE_NAME: &str = "mujaz.lock";
const VERSION: u32 = 1;
const HEADER: &str = "\
# Written by mujaz: the commit and the files of each model that was fetched. Later runs use exactly these and refuse
# others. `mujaz models fetch NAME --update` moves an entry to what the Hub has now.
";

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    version: u32,
    #[serde(rename = "model", default)]
    models: Vec<LockedModel>,
}

/// One model as it was fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LockedModel {
    /// `owner/name` on the Hub.
    pub hub_id: String,
    /// What was asked for: a branch, a tag or a commit.
    pub revision: String,
    /// What that was.
    pub commit: String,
    /// The files that the model needs.
    #[serde(rename = "file")]
    pub files: Vec<LockedFile>,
}

/// One of its files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LockedFile {
    /// Path in the repository.
    pub name: String,
    /// Size.
    pub bytes: u64,
    /// Lower-case hex SHA-256.
    pub sha256: String,
}

/// What the lock file in force says about a model.
///
/// # Errors
/// [`HubError::LockFile`] for a file that can't be read or makes no sense.
pub(super) fn entry(hub_id: &str, revision: &str, settings: &Settings) -> Result<Option<LockedModel>, HubError> {
    let Some(path) = &settings.lock_file else { return Ok(None) };
    let content = read(path)?;
    Ok(content.models.into_iter().find(|model| model.hub_id == hub_id && model.revision == revision))
}

/// Writes a model's entry, in place of the one it had.
///
/// # Errors
/// [`HubError::LockFile`].
pub(super) fn keep(model: LockedModel, settings: &Settings) -> Result<(), HubError> {
    let Some(path) = &settings.lock_file else { return Ok(()) };
    // Two processes may add their models at the same time; the guard lies in our store, not beside the user's file.
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.clone());
    let key = crate::article::sha256_hex(&absolute.to_string_lossy());
    let _guard = store::lock_file(&settings.store.join("locks").join(format!("lock-file-{key:.12}.lock")), settings)?;
    let mut content = read(path)?;
    match content.models.iter_mut().find(|old| old.hub_id == model.hub_id && old.revision == model.revision) {
        Some(old) if *old == model => return Ok(()),
        Some(old) => *old = model,
        None => content.models.push(model),
    }
    content.models.sort_by(|a, b| (&a.hub_id, &a.revision).cmp(&(&b.hub_id, &b.revision)));
    let wrong = |message: String| HubError::LockFile { path: path.clone(), message };
    let text = toml::to_string(&content).map_err(|error| wrong(error.to_string()))?;
    store::write_text_atomically(path, &format!("{HEADER}{text}"))
        .map_err(|error| wrong(format!("can't be written: {error}")))
}

fn read(path: &Path) -> Result<Content, HubError> {
    let wrong = |message: String| HubError::LockFile { path: path.to_owned(), message };
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Content { version: VERSION, models: Vec::new() });
        }
        Err(error) => return Err(wrong(format!("can't be read: {error}"))),
    };
    let content: Content = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    if content.version != VERSION {
        return Err(wrong(format!("version is {}, this program knows {VERSION}", content.version)));
    }
    for model in &content.models {
        let right = is_hub_id(&model.hub_id)
            && is_commit(&model.commit)
            && !model.files.is_empty()
            && model.files.iter().all(|file| is_safe_path(&file.name) && is_sha256(&file.sha256));
        if !right {
            return Err(wrong(format!("the entry of `{}` makes no sense", model.hub_id)));
        }
    }
    Ok(content)
}
