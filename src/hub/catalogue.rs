//! The manifests and profiles that this version knows.

use super::{Engine, HubError, Manifest};
use serde::{Deserialize, Serialize};

/// File name and text of each manifest of `models/`.
const MANIFESTS: [(&str, &str); 6] = [
    ("models/compact.toml", include_str!("../../models/compact.toml")),
    ("models/tiny.toml", include_str!("../../models/tiny.toml")),
    ("models/opus-mt-ar-en.toml", include_str!("../../models/opus-mt-ar-en.toml")),
    ("models/opus-mt-tc-big-ar-en.toml", include_str!("../../models/opus-mt-tc-big-ar-en.toml")),
    ("models/nllb-200-distilled-600m.toml", include_str!("../../models/nllb-200-distilled-600m.toml")),
    ("models/mt5-multilingual-xlsum.toml", include_str!("../../models/mt5-multilingual-xlsum.toml")),
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
    default: String,
    profile: Vec<Profile>,
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
        Self::new(manifests, PROFILES)
    }

    /// `manifests` with the profiles of one TOML text, given as (file, text).
    fn new(manifests: Vec<Manifest>, (file, text): (&str, &str)) -> Result<Self, HubError> {
        let refuse =
            |field: Option<String>, message: String| HubError::Manifest { file: file.to_owned(), field, message };
        let profiles: ProfilesFile = toml::from_str(text).map_err(|error| refuse(None, error.to_string()))?;
        let known = |name: &str| manifests.iter().any(|manifest| manifest.name == name);
        for profile in &profiles.profile {
            for (field, name) in [("translator", &profile.translator), ("summarizer", &profile.summarizer)] {
                let needs_no_model = field == "summarizer" && name == EXTRACTIVE;
                if !needs_no_model && !known(name) {
                    return Err(refuse(
                        Some(format!("profile `{}`, {field}", profile.name)),
                        format!("no manifest is named `{name}`"),
                    ));
                }
            }
        }
        if !profiles.profile.iter().any(|profile| profile.name == profiles.default) {
            return Err(refuse(Some("default".to_owned()), format!("no profile is named `{}`", profiles.default)));
        }
        Ok(Self { manifests, profiles: profiles.profile, default_profile: profiles.default })
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

    /// Whether this version has the engines for a profile.
    pub fn is_available(&self, profile: &Profile) -> bool {
        let engine = |name: &str| self.manifest(name).map(|manifest| manifest.engine);
        engine(&profile.translator).is_ok_and(Engine::is_available)
            && (profile.summarizer == EXTRACTIVE || engine(&profile.summarizer).is_ok_and(Engine::is_available))
    }

    /// The manifest whose GGUF file has this size and sum.
    pub fn by_content(&self, bytes: u64, sha256: &str) -> Option<&Manifest> {
        self.manifests
            .iter()
            .find(|manifest| manifest.gguf().is_some_and(|file| file.bytes == bytes && file.sha256 == sha256))
    }
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
        let available: Vec<&str> = catalogue
            .profiles()
            .iter()
            .filter(|profile| catalogue.is_available(profile))
            .map(|profile| profile.name.as_str())
            .collect();
        assert_eq!(available, ["compact", "tiny"]);
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
    fn a_profile_of_an_unknown_model_is_refused_with_file_and_field() {
        let text = "default = \"a\"\n[[profile]]\nname = \"a\"\ntranslator = \"gone\"\nsummarizer = \"extractive\"\npurpose = \"p\"\n";
        let error = Catalogue::new(Vec::new(), ("my.toml", text)).expect_err("`gone` is not there");
        assert_eq!(error.to_string(), "my.toml: profile `a`, translator: no manifest is named `gone`");
    }
}
