//! A model that is not on this machine, as the dry run tells of it: what would be downloaded, and what it will need.

use super::failure::Failure;
use super::progress::printable;
use crate::hub::{Catalogue, HubError, Manifest};

/// See the module.
#[derive(Debug)]
pub struct MissingModel {
    failure: Failure,
    manifest: Option<Manifest>,
}

impl MissingModel {
    /// What was found, or the model `name` that is not here.
    ///
    /// # Errors
    /// Every other [`Failure`].
    pub fn or<T>(found: Result<T, Failure>, name: &str, catalogue: &Catalogue) -> Result<Result<T, Self>, Failure> {
        match found {
            Ok(found) => Ok(Ok(found)),
            Err(failure) if is_missing(&failure) => {
                Ok(Err(Self { failure, manifest: catalogue.manifest(name).ok().cloned() }))
            }
            Err(failure) => Err(failure),
        }
    }

    /// What a user should know; `what` is `model` or `summarizer`.
    pub fn lines(&self, what: &str) -> Vec<String> {
        let mut lines = vec![format!("{what}: {}", printable(&self.failure.error.to_string()))];
        lines.extend(self.failure.hint.as_ref().map(|hint| format!("  hint: {hint}")));
        let size = self
            .manifest
            .as_ref()
            .and_then(Manifest::total_bytes)
            .map(|(bytes, exact)| format!("{}{} MB", if exact { "" } else { "about " }, bytes.div_ceil(1_000_000)));
        lines.push(match size {
            Some(size) => format!("  download: {size}"),
            None => "  download: its size is not known".to_owned(),
        });
        lines.push(match self.manifest.as_ref().and_then(|manifest| manifest.memory.as_ref()) {
            Some(memory) => format!("  memory: about {:.1} GB ({})", memory.about_bytes as f64 / 1e9, memory.basis),
            None => "  memory: not known without the model".to_owned(),
        });
        lines
    }
}

fn is_missing(failure: &Failure) -> bool {
    matches!(failure.error.downcast_ref::<HubError>(), Some(HubError::NotFetched { .. }))
}
