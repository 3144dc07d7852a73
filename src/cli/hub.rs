//! Which models are known and where they are kept, as flags, environment and settings file have it.

use super::engine::hub_failure;
use super::failure::Failure;
use super::{Globals, config};
use crate::hub::{Catalogue, LOCK_FILE_NAME, Settings};

/// Which models are known, and where they are kept.
pub struct Models {
    /// Manifests and profiles.
    pub catalogue: Catalogue,
    /// Folders, endpoint, lock file.
    pub settings: Settings,
}

/// What flags, environment and settings file ask for: `--models-dir` wins over the settings file, and that over what
/// is compiled in.
///
/// # Errors
/// [`Failure`] for manifests and variables that are wrong.
pub fn open(globals: &Globals, config: &config::Config) -> Result<Models, Failure> {
    let file = config.path.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
    let known = Catalogue::builtin()
        .and_then(|known| known.with_tables(&file, &config.settings.models, &config.settings.profiles))
        .and_then(|known| match &globals.models_dir {
            Some(folder) => known.with_folder(folder),
            None => Ok(known),
        });
    let catalogue = known.map_err(hub_failure)?;
    let mut settings = Settings::from_env(globals.offline).map_err(hub_failure)?;
    settings.verbose = !globals.quiet;
    settings.lock_file = match (&globals.lock, &config.path) {
        (Some(path), _) => Some(path.clone()),
        (None, Some(path)) => Some(path.with_file_name(LOCK_FILE_NAME)),
        (None, None) => config::user_file().map(|path| path.with_file_name(LOCK_FILE_NAME)),
    };
    Ok(Models { catalogue, settings })
}
