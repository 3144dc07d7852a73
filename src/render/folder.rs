//! The briefings that lie in an output folder, one at a time.

use super::RenderError;
use crate::brief::{Briefing, SCHEMA};
use serde::Deserialize;
use std::fs;
use std::path::{Component, Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// A file that looks like a briefing and can't be read as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The file, below the output folder.
    pub path: PathBuf,
    /// Why, in words.
    pub reason: String,
}

/// What became of a folder.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct FolderReport {
    /// Briefings read.
    pub briefings: usize,
    /// Quotes in them.
    pub quotes: usize,
    /// Files written.
    pub files: usize,
    /// Files that were left out. A reader must be told.
    pub skipped: Vec<Skipped>,
}

/// Reads one briefing.
///
/// # Errors
/// [`RenderError::Io`], [`RenderError::NotABriefing`] or [`RenderError::Schema`].
pub fn read_briefing(path: &Path) -> Result<Briefing, RenderError> {
    let bytes =
        fs::read(path).map_err(|source| RenderError::Io { action: "reading", path: path.to_owned(), source })?;
    let briefing: Briefing = serde_json::from_slice(&bytes).map_err(|source| {
        // Another version's briefing may lack fields of ours: its schema says more than the missing field.
        match serde_json::from_slice::<Probe>(&bytes) {
            Ok(Probe { schema }) if schema != SCHEMA => RenderError::Schema { path: path.to_owned(), found: schema },
            _ => RenderError::NotABriefing { path: path.to_owned(), source },
        }
    })?;
    if briefing.schema != SCHEMA {
        return Err(RenderError::Schema { path: path.to_owned(), found: briefing.schema });
    }
    Ok(briefing)
}

#[derive(Deserialize)]
struct Probe {
    #[serde(default)]
    schema: String,
}

/// Every briefing below `out_dir` with its path there, in the order of the names; files that are broken as the reason.
/// Other JSON (`run.json`), hidden files and the index are passed over.
///
/// # Errors
/// [`RenderError::Io`] if `out_dir` is no folder that can be read.
pub fn briefings(
    out_dir: &Path,
) -> Result<impl Iterator<Item = Result<(PathBuf, Briefing), Skipped>> + '_, RenderError> {
    fs::read_dir(out_dir).map_err(|source| RenderError::Io {
        action: "reading the folder",
        path: out_dir.to_owned(),
        source,
    })?;
    let below = move |path: &Path| path.strip_prefix(out_dir).unwrap_or(path).to_owned();
    let entries = WalkDir::new(out_dir).sort_by_file_name().into_iter().filter_entry(is_wanted);
    Ok(entries.filter_map(move |entry| match entry {
        Err(error) => {
            let path = error.path().map(below).unwrap_or_default();
            let reason = match error.io_error() {
                Some(source) => format!("can't be read: {source}"),
                None => "is a loop of links".to_owned(),
            };
            Some(Err(Skipped { path, reason }))
        }
        Ok(entry) if !entry.file_type().is_file() || entry.path().extension().is_none_or(|ext| ext != "json") => None,
        Ok(entry) => {
            let path = below(entry.path());
            match read_briefing(entry.path()) {
                Ok(briefing) => Some(Ok((path, briefing))),
                Err(RenderError::Schema { found, .. }) if !found.starts_with("mujaz.briefing/") => None,
                Err(error) => Some(Err(Skipped { path, reason: reason(&error) })),
            }
        }
    }))
}

/// Not hidden, and not the index (which holds no briefings, but thousands of pages).
fn is_wanted(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    entry.depth() == 0
        || !(name.starts_with('.')
            || (entry.depth() == 1 && entry.file_type().is_dir() && name == super::index::FOLDER))
}

/// Why a briefing could not be read, without the path: the index shows it, and no absolute path belongs in there.
fn reason(error: &RenderError) -> String {
    match error {
        RenderError::Io { source, .. } => format!("can't be read: {source}"),
        RenderError::NotABriefing { source, .. } => format!("is no {SCHEMA} briefing: {source}"),
        RenderError::Schema { found, .. } => format!("has the schema {found:?}, expected {SCHEMA:?}"),
        other => other.to_string(),
    }
}

/// A path below the output folder as a relative address: `/`-separated, everything percent-encoded that is not a plain
/// letter, digit, `.`, `-` or `_`, so that no name can be read as a query, a fragment or a scheme.
///
/// # Errors
/// [`RenderError::Template`]; none is known for a path.
pub fn address(path: &Path) -> Result<String, RenderError> {
    let mut bytes: Vec<u8> = Vec::new();
    for component in path.components() {
        let Component::Normal(name) = component else { continue };
        if !bytes.is_empty() {
            bytes.push(b'/');
        }
        bytes.extend_from_slice(name.as_encoded_bytes());
    }
    Ok(minijinja::filters::urlencode(&minijinja::Value::from_bytes(bytes))?)
}

#[cfg(test)]
mod tests {
    use super::super::{fixture, json, write::write_atomic};
    use super::*;

    #[test]
    fn addresses_survive_hard_names() {
        let table = [
            ("a.html", "a.html"),
            ("sub/two words.html", "sub/two%20words.html"),
            ("a#b?c%d&e.html", "a%23b%3Fc%25d%26e.html"),
            ("javascript:x.html", "javascript%3Ax.html"),
            ("خبر.html", "%D8%AE%D8%A8%D8%B1.html"),
            ("a\"b'<c>.html", "a%22b%27%3Cc%3E.html"),
        ];
        let wrong: Vec<_> = table
            .iter()
            .map(|(path, expected)| (address(Path::new(path)).unwrap(), expected))
            .filter(|(got, expected)| got != *expected)
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn reads_briefings_and_says_what_is_broken() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| write_atomic(&folder.path().join(name), text.as_bytes()).unwrap();
        let briefing = json(&fixture::briefing()).unwrap();
        put("b/good.json", &briefing);
        put("a.json", &briefing);
        put(".hidden.json", &briefing);
        put("index/old.json", &briefing);
        put("a.html", &briefing);
        put("run.json", r#"{"articles": 3}"#);
        put("quotes.json", r#"{"schema": "mujaz.quotes/1"}"#);
        put("later.json", &briefing.replace("mujaz.briefing/1", "mujaz.briefing/2"));
        put("half.json", &briefing[..1000]);
        put("lacking.json", r#"{"schema": "mujaz.briefing/1"}"#);
        let (good, bad): (Vec<_>, Vec<_>) = briefings(folder.path()).unwrap().partition(Result::is_ok);
        let good: Vec<_> = good.into_iter().map(|entry| entry.unwrap().0).collect();
        assert_eq!(good, [Path::new("a.json"), Path::new("b/good.json")]);
        let bad: Vec<_> = bad.into_iter().map(|entry| entry.unwrap_err()).collect();
        let reason = |name: &str| {
            let skipped = bad.iter().find(|skipped| skipped.path == Path::new(name));
            skipped.unwrap_or_else(|| panic!("{name} is not in {bad:?}")).reason.clone()
        };
        assert_eq!(bad.len(), 3, "{bad:?}");
        assert!(bad.iter().all(|skipped| !skipped.reason.contains(&*folder.path().to_string_lossy())), "{bad:?}");
        assert!(reason("half.json").contains("EOF"), "{}", reason("half.json"));
        assert!(reason("later.json").contains("mujaz.briefing/2"));
        assert!(reason("lacking.json").contains("missing field"));
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let error = briefings(Path::new("no/such/folder")).map(|_| ()).unwrap_err();
        assert!(error.to_string().contains("no/such/folder") && error.hint().is_some());
    }
}
