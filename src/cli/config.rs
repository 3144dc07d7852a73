//! `mujaz.toml`: defaults that flags and environment override.

use super::failure::Failure;
use etcetera::BaseStrategy;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Name of the settings file.
pub const FILE_NAME: &str = "mujaz.toml";

/// The settings that a file may give. Relative paths in it are relative to the working folder.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Profile to use when neither `--profile` nor `--translator` is given.
    pub profile: Option<String>,
    /// Formats beside the JSON.
    pub format: Option<Vec<String>>,
    /// Manifests of the user's: `[models.NAME]`.
    #[serde(default)]
    pub models: BTreeMap<String, toml::Table>,
    /// Profiles of the user's: `[profiles.NAME]`.
    #[serde(default)]
    pub profiles: BTreeMap<String, toml::Table>,
}

/// Settings, and the file they came from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Config {
    /// What the file says.
    pub settings: Settings,
    /// The file in force, if there is one.
    pub path: Option<PathBuf>,
}

/// Where the user's settings lie.
pub fn user_file() -> Option<PathBuf> {
    etcetera::choose_base_strategy().ok().map(|base| base.config_dir().join("mujaz").join(FILE_NAME))
}

/// Reads `named`, else `./mujaz.toml`, else the user's file, else nothing.
///
/// # Errors
/// A file that is named but not there, unreadable, or has keys that are not known.
pub fn load(named: Option<&Path>) -> Result<Config, Failure> {
    let path = match named {
        Some(path) => Some(path.to_owned()),
        None => [Some(PathBuf::from(FILE_NAME)), user_file()].into_iter().flatten().find(|path| path.is_file()),
    };
    let Some(path) = path else { return Ok(Config::default()) };
    let text = std::fs::read_to_string(&path).map_err(|error| {
        Failure::usage(anyhow::Error::new(error).context(format!("the settings file {} can't be read", path.display())))
            .hint("name another with --config FILE, or leave it out")
    })?;
    let settings = toml::from_str(&text).map_err(|error| {
        Failure::usage(anyhow::Error::new(error).context(format!("the settings file {} is wrong", path.display())))
            .hint("known keys: profile = \"compact\", format = [\"html\", \"md\", \"csv\"], tables [models.NAME], [profiles.NAME]")
    })?;
    Ok(Config { settings, path: Some(path) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gives_defaults_and_unknown_keys_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        std::fs::write(&path, "profile = \"tiny\"\nformat = [\"md\"]\n").unwrap();
        let config = load(Some(&path)).unwrap();
        assert_eq!(config.settings.profile.as_deref(), Some("tiny"));
        assert_eq!(config.settings.format, Some(vec!["md".to_owned()]));

        std::fs::write(&path, "profil = \"tiny\"\n").unwrap();
        let failure = load(Some(&path)).unwrap_err();
        assert_eq!(failure.exit_code, super::super::failure::USAGE);
        assert!(format!("{:#}", failure.error).contains("profil"), "the wrong key is named");

        assert!(load(Some(&folder.path().join("absent.toml"))).is_err(), "a file that is named must be there");
    }
}
