//! The manifests and profiles that are known: those compiled in, and the user's, which add to them and override them.

use super::manifest::is_hub_id;
use super::{HubError, Manifest};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// File name and text of each manifest of `models/`.
macro_rules! manifests {
    ($($name:literal),* $(,)?) => {
        [$((concat!("models/", $name, ".toml"), include_str!(concat!("../../models/", $name, ".toml")))),*]
    };
}
const MANIFESTS: [(&str, &str); 13] = manifests![
    "compact",
    "tiny",
    "opus-mt-ar-en",
    "opus-mt-tc-big-ar-en",
    "nllb-200-distilled-600m",
    "m2m100-418m",
    "mbart-large-50-many-to-one",
    "madlad400-3b",
    "mt5-multilingual-xlsum",
    "bart-large-cnn",
    "distilbart-cnn-12-6",
    "pegasus-cnn-dailymail",
    "pegasus-xsum",
];
const PROFILES: (&str, &str) = ("models/profiles.toml", include_str!("../../models/profiles.toml"));

/// A summarizer that needs no model.
pub const EXTRACTIVE: &str = "extractive";

/// What `--profile NAME` stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// What the user calls it.
    pub name: String,
    /// Manifest of the translation model.
    pub translator: String,
    /// [`EXTRACTIVE`] or the manifest of a summarization model.
    pub summarizer: String,
    /// For whom it is.
    pub purpose: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfilesFile {
    default: Option<String>,
    #[serde(default)]
    profile: Vec<Profile>,
}

/// What a profile is, in a settings file that gives its name as the table's.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileTable {
    translator: String,
    summarizer: String,
    #[serde(default)]
    purpose: String,
}

/// What a user's name for a model stands for.
#[derive(Debug, Clone)]
pub enum Named<'c> {
    /// A model with a manifest.
    Manifest(&'c Manifest),
    /// A repository of the Hub that no manifest describes.
    Repository(String),
    /// A file or folder of the user's, which may be one that a manifest of the catalogue describes.
    Path(PathBuf, &'c Catalogue),
}

impl<'c> From<&'c Manifest> for Named<'c> {
    fn from(manifest: &'c Manifest) -> Self {
        Named::Manifest(manifest)
    }
}

/// All manifests and profiles, checked against each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalogue {
    manifests: Vec<Manifest>,
    profiles: Vec<Profile>,
    default_profile: String,
}

impl Catalogue {
    /// What is compiled in.
    ///
    /// # Errors
    /// [`HubError::Manifest`] if a file is not right.
    pub fn builtin() -> Result<Self, HubError> {
        let manifests =
            MANIFESTS.iter().map(|(file, text)| Manifest::from_toml(file, text)).collect::<Result<Vec<_>, _>>()?;
        let (file, text) = PROFILES;
        let empty = Self { manifests: Vec::new(), profiles: Vec::new(), default_profile: String::new() };
        empty.with(manifests, profiles_of(file, text)?, file)
    }

    /// With the `*.toml` files of a folder: one manifest each, and `profiles.toml`.
    ///
    /// # Errors
    /// [`HubError::Io`], [`HubError::Manifest`].
    pub fn with_folder(self, folder: &Path) -> Result<Self, HubError> {
        let entries = std::fs::read_dir(folder).map_err(HubError::io("read", folder))?;
        let mut paths: Vec<PathBuf> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|end| end == "toml"))
            .collect();
        paths.sort();
        let (mut manifests, mut profiles) = (Vec::new(), ProfilesFile { default: None, profile: Vec::new() });
        for path in paths {
            let file = path.display().to_string();
            let text = std::fs::read_to_string(&path).map_err(HubError::io("read", &path))?;
            if path.file_name().is_some_and(|name| name == "profiles.toml") {
                profiles = profiles_of(&file, &text)?;
            } else {
                manifests.push(Manifest::from_toml(&file, &text)?);
            }
        }
        self.with(manifests, profiles, &folder.display().to_string())
    }

    /// With the tables `models.NAME` and `profiles.NAME` of a settings file.
    ///
    /// # Errors
    /// [`HubError::Manifest`].
    pub fn with_tables(
        self,
        file: &str,
        models: &BTreeMap<String, toml::Table>,
        profiles: &BTreeMap<String, toml::Table>,
    ) -> Result<Self, HubError> {
        let manifests = models.iter().map(|(name, table)| Manifest::from_table(file, name, table.clone()));
        let manifests = manifests.collect::<Result<Vec<_>, _>>()?;
        let profile = profiles.iter().map(|(name, table)| {
            let table: ProfileTable =
                table.clone().try_into().map_err(|error: toml::de::Error| HubError::Manifest {
                    file: file.to_owned(),
                    field: Some(format!("profiles.{name}")),
                    message: error.to_string(),
                })?;
            let ProfileTable { translator, summarizer, purpose } = table;
            Ok(Profile { name: name.clone(), translator, summarizer, purpose })
        });
        let profile = profile.collect::<Result<Vec<_>, HubError>>()?;
        self.with(manifests, ProfilesFile { default: None, profile }, file)
    }

    /// With these; one that has the name of a known one takes its place. `file` is named in errors.
    fn with(mut self, manifests: Vec<Manifest>, profiles: ProfilesFile, file: &str) -> Result<Self, HubError> {
        for manifest in manifests {
            match self.manifests.iter_mut().find(|known| known.name == manifest.name) {
                Some(known) => *known = manifest,
                None => self.manifests.push(manifest),
            }
        }
        for profile in profiles.profile {
            match self.profiles.iter_mut().find(|known| known.name == profile.name) {
                Some(known) => *known = profile,
                None => self.profiles.push(profile),
            }
        }
        if let Some(default) = profiles.default {
            self.default_profile = default;
        }
        let refuse =
            |field: String, message: String| HubError::Manifest { file: file.to_owned(), field: Some(field), message };
        for profile in &self.profiles {
            for (field, name) in [("translator", &profile.translator), ("summarizer", &profile.summarizer)] {
                let needs_no_model = field == "summarizer" && name == EXTRACTIVE;
                if !needs_no_model && !self.manifests.iter().any(|manifest| manifest.name == *name) {
                    return Err(refuse(
                        format!("profile `{}`, {field}", profile.name),
                        format!("no manifest is named `{name}`"),
                    ));
                }
            }
        }
        if !self.profiles.iter().any(|profile| profile.name == self.default_profile) {
            return Err(refuse("default".to_owned(), format!("no profile is named `{}`", self.default_profile)));
        }
        Ok(self)
    }

    /// All manifests, in the order they are listed.
    pub fn manifests(&self) -> &[Manifest] {
        &self.manifests
    }

    /// All profiles, in the order they are listed.
    pub fn profiles(&self) -> &[Profile] {
        &self.profiles
    }

    /// Name of the profile that is taken where none is chosen.
    pub fn default_profile(&self) -> &str {
        &self.default_profile
    }

    /// The profile `name`.
    ///
    /// # Errors
    /// [`HubError::UnknownProfile`].
    pub fn profile(&self, name: &str) -> Result<&Profile, HubError> {
        self.profiles.iter().find(|profile| profile.name == name).ok_or_else(|| HubError::UnknownProfile {
            name: name.to_owned(),
            known: self.profiles.iter().map(|profile| profile.name.clone()).collect(),
        })
    }

    /// The manifest that `name` stands for: a manifest's name, a profile's name (its translator) or a Hub id.
    ///
    /// # Errors
    /// [`HubError::UnknownModel`].
    pub fn manifest(&self, name: &str) -> Result<&Manifest, HubError> {
        let named = |wanted: &str| self.manifests.iter().find(|manifest| manifest.name == wanted);
        named(name)
            .or_else(|| self.profiles.iter().find(|profile| profile.name == name).and_then(|p| named(&p.translator)))
            .or_else(|| self.manifests.iter().find(|manifest| manifest.hub_id == name))
            .ok_or_else(|| HubError::UnknownModel {
                name: name.to_owned(),
                known: self.manifests.iter().map(|manifest| manifest.name.clone()).collect(),
            })
    }

    /// What `name` stands for: a manifest, a profile (its translator), the id of a repository that a manifest
    /// describes, a file or folder, or the id of any other repository.
    ///
    /// # Errors
    /// [`HubError::UnknownModel`], [`HubError::NotAModel`].
    pub fn named(&self, name: &str) -> Result<Named<'_>, HubError> {
        let unknown = match self.manifest(name) {
            Ok(manifest) => return Ok(Named::Manifest(manifest)),
            Err(error) => error,
        };
        let path = Path::new(name);
        if path.is_dir() || path.is_file() {
            return Ok(Named::Path(path.to_owned(), self));
        }
        // What looks like a path is answered as one.
        if path.extension().is_some_and(|end| end == "gguf") || name.starts_with(['.', '/']) {
            return Err(HubError::NotAModel { path: path.to_owned(), message: "no such file".to_owned() });
        }
        if is_hub_id(name) { Ok(Named::Repository(name.to_owned())) } else { Err(unknown) }
    }

    /// The manifest whose GGUF file has this size and sum.
    pub fn by_content(&self, bytes: u64, sha256: &str) -> Option<&Manifest> {
        self.manifests
            .iter()
            .find(|manifest| manifest.gguf().is_some_and(|file| file.bytes == bytes && file.sha256 == sha256))
    }
}

fn profiles_of(file: &str, text: &str) -> Result<ProfilesFile, HubError> {
    toml::from_str(text).map_err(|error| HubError::Manifest {
        file: file.to_owned(),
        field: None,
        message: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compiled_in_is_right() {
        let catalogue = Catalogue::builtin().unwrap_or_else(|error| panic!("{error}"));
        for (file, _) in MANIFESTS {
            let name = file.trim_start_matches("models/").trim_end_matches(".toml");
            assert_eq!(catalogue.manifest(name).map(|manifest| manifest.name.as_str()).ok(), Some(name));
        }
        let profiles: Vec<&str> = catalogue.profiles().iter().map(|profile| profile.name.as_str()).collect();
        assert_eq!(profiles, ["news", "fast", "nllb", "compact", "tiny"]);
        assert_eq!(catalogue.default_profile(), "news");
    }

    #[test]
    fn names_profiles_and_hub_ids_are_found() {
        let catalogue = Catalogue::builtin().expect("checked above");
        for (name, found) in [
            ("compact", Some("compact")),
            ("fast", Some("opus-mt-ar-en")),
            ("Helsinki-NLP/opus-mt-tc-big-ar-en", Some("opus-mt-tc-big-ar-en")),
            ("Compact", None),
            ("", None),
        ] {
            assert_eq!(catalogue.manifest(name).ok().map(|manifest| manifest.name.as_str()), found, "{name}");
        }
    }

    #[test]
    fn a_users_folder_and_tables_add_and_override() {
        let folder = tempfile::tempdir().expect("a folder");
        let (_, text) = MANIFESTS[2];
        std::fs::write(folder.path().join("a.toml"), text.replace("revision = \"main\"", "revision = \"v2\""))
            .expect("written");
        std::fs::write(folder.path().join("profiles.toml"), "default = \"fast\"\n").expect("written");
        let tables: BTreeMap<String, toml::Table> =
            [("own".to_owned(), toml::from_str(&text.replace("name = \"opus-mt-ar-en\"\n", "")).expect("TOML"))].into();
        let profiles: BTreeMap<String, toml::Table> =
            [("mine".to_owned(), toml::from_str("translator = \"own\"\nsummarizer = \"extractive\"").expect("TOML"))]
                .into();
        let catalogue = Catalogue::builtin()
            .and_then(|catalogue| catalogue.with_tables("mujaz.toml", &tables, &profiles))
            .and_then(|catalogue| catalogue.with_folder(folder.path()))
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(catalogue.manifests().len(), MANIFESTS.len() + 1);
        assert_eq!(catalogue.manifest("fast").map(|manifest| manifest.revision.as_str()).ok(), Some("v2"));
        assert_eq!(catalogue.manifest("mine").map(|manifest| manifest.name.as_str()).ok(), Some("own"));
        assert_eq!(catalogue.default_profile(), "fast");
    }

    #[test]
    fn a_profile_of_an_unknown_model_is_refused_with_file_and_field() {
        let text = "[[profile]]\nname = \"a\"\ntranslator = \"gone\"\nsummarizer = \"extractive\"\npurpose = \"p\"\n";
        let profiles = profiles_of("my.toml", text).expect("TOML");
        let catalogue = Catalogue::builtin().expect("checked above");
        let error = catalogue.with(Vec::new(), profiles, "my.toml").expect_err("`gone` is not there");
        assert_eq!(error.to_string(), "my.toml: profile `a`, translator: no manifest is named `gone`");
    }
}
