//! One job's outputs, and what they say about it: the briefing there is the record of what is done, whatever became of
//! the job store.

use crate::render::Format;
use serde::Deserialize;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// Where one article's outputs lie: `OUT/ID.json` and the same path with other extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputPath {
    /// The path without extension.
    stem: PathBuf,
}

impl OutputPath {
    /// Of the briefing that lies at `json`; `None` where the name does not end in `.json`.
    pub fn of_briefing(json: &Path) -> Option<Self> {
        (json.extension()? == "json").then(|| Self { stem: json.with_extension("") })
    }

    /// `id` is an [`crate::article::Article::id`]: safe and `/`-separated.
    pub fn new(out_dir: &Path, id: &str) -> Self {
        Self { stem: out_dir.join(id) }
    }

    fn with_extension(&self, extension: &str) -> PathBuf {
        // Not `set_extension`: an id may hold dots.
        let mut path = self.stem.clone().into_os_string();
        path.push(".");
        path.push(extension);
        path.into()
    }

    /// The article's file in a format; `None` for formats that have one file for the whole folder.
    pub fn of_format(&self, format: Format) -> Option<PathBuf> {
        format.renderer().map(|renderer| self.with_extension(renderer.extension()))
    }

    /// The briefing.
    pub fn json(&self) -> PathBuf {
        self.with_extension("json")
    }
}

/// What has to be done for one job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobState {
    /// The briefing and all formats asked for are there.
    Done,
    /// The briefing is there; these formats have to be rendered from it.
    Render(Vec<Format>),
    /// The article has to be briefed.
    Brief,
}

/// The two hashes of a briefing, without the rest of it.
#[derive(Deserialize)]
struct Stamp {
    article: ArticleStamp,
    signature: SignatureStamp,
}

#[derive(Deserialize)]
struct ArticleStamp {
    text_sha256: String,
}

#[derive(Deserialize)]
struct SignatureStamp {
    settings_sha256: String,
}

/// Looks at what lies at `output`. A briefing that can't be read is not done.
pub fn state_of(output: &OutputPath, text_sha256: &str, settings_sha256: &str, formats: &[Format]) -> JobState {
    let Some(stamp) = read_stamp(&output.json()) else { return JobState::Brief };
    if stamp.article.text_sha256 != text_sha256 || stamp.signature.settings_sha256 != settings_sha256 {
        return JobState::Brief;
    }
    let is_missing = |format: &Format| output.of_format(*format).is_some_and(|path| !path.exists());
    let missing: Vec<_> = formats.iter().copied().filter(is_missing).collect();
    if missing.is_empty() { JobState::Done } else { JobState::Render(missing) }
}

fn read_stamp(path: &Path) -> Option<Stamp> {
    let file = File::open(path).ok()?;
    match serde_json::from_reader(BufReader::new(file)) {
        Ok(stamp) => Some(stamp),
        Err(error) => {
            log::warn!("{} is no briefing and will be written anew: {error}", path.display());
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, text: &str, settings: &str) {
        let stamp = serde_json::json!({"article": {"text_sha256": text}, "signature": {"settings_sha256": settings}});
        std::fs::write(path, stamp.to_string()).unwrap();
    }

    #[test]
    fn a_job_is_done_when_text_settings_and_formats_agree() {
        let folder = tempfile::tempdir().unwrap();
        let output = OutputPath::new(folder.path(), "a.b");
        assert_eq!(state_of(&output, "t", "s", &[]), JobState::Brief, "nothing there");
        write(&output.json(), "t", "s");
        assert_eq!(output.json().file_name().unwrap(), "a.b.json");
        assert_eq!(state_of(&output, "t", "s", &[]), JobState::Done);
        assert_eq!(state_of(&output, "t2", "s", &[]), JobState::Brief, "another text");
        assert_eq!(state_of(&output, "t", "s2", &[]), JobState::Brief, "other settings");
        let html = [Format::Html];
        assert_eq!(state_of(&output, "t", "s", &html), JobState::Render(html.to_vec()));
        std::fs::write(output.of_format(Format::Html).unwrap(), "").unwrap();
        assert_eq!(state_of(&output, "t", "s", &html), JobState::Done);
    }

    #[test]
    fn half_a_briefing_is_not_done() {
        let folder = tempfile::tempdir().unwrap();
        let output = OutputPath::new(folder.path(), "a");
        std::fs::write(output.json(), r#"{"article":{"text_sha256":"t"},"signa"#).unwrap();
        assert_eq!(state_of(&output, "t", "s", &[]), JobState::Brief);
    }
}
