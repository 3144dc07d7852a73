//! Ids that are safe as file names on every system, and the check that no two inputs share one.

use super::super::letters::is_invisible;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Component, Path};
use unicode_normalization::UnicodeNormalization;

/// Longest part of an id between two `/`: leaves room for extensions and temporary names in the 255 bytes of a file
/// name.
pub const MAX_ID_PART_BYTES: usize = 200;

/// First parts that no id has: `index.html` and the folder `index` hold the pages over all briefings.
pub const RESERVED_FIRST_PARTS: [&str; 1] = ["index"];

/// `name` as one part of an id. A name that had to be changed gets eight hex digits of its hash, so that two names that
/// differ only in what was changed stay two. Never empty.
pub(super) fn safe_part(name: &OsStr) -> String {
    let given = name.to_string_lossy();
    let mut safe: String = given.chars().map(|character| if is_unsafe(character) { '_' } else { character }).collect();
    // No `..` anywhere: it is harmless inside a name, but not every reader of an id knows that.
    safe = safe.replace("..", "__");
    if safe.starts_with(['.', ' ', '-', '~']) {
        safe.replace_range(..1, "_");
    }
    if safe.ends_with(['.', ' ']) {
        safe.replace_range(safe.len() - 1.., "_");
    }
    if safe.is_empty() || is_reserved(&safe) {
        safe.insert(0, '_');
    }
    if safe == given && safe.len() <= MAX_ID_PART_BYTES {
        return safe;
    }
    let hash: String = Sha256::digest(name.as_encoded_bytes())[..4].iter().map(|byte| format!("{byte:02x}")).collect();
    let mut end = safe.len().min(MAX_ID_PART_BYTES - hash.len() - 1);
    while !safe.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}-{hash}", &safe[..end])
}

/// Not allowed in file names somewhere, invisible, or not decodable.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || is_invisible(character)
        || (character.is_whitespace() && character != ' ')
        || matches!(character, '/' | '\\' | '<' | '>' | ':' | '"' | '|' | '?' | '*' | char::REPLACEMENT_CHARACTER)
}

/// A device name of Windows, which no extension makes a file name.
fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end().to_ascii_uppercase();
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$")
        || (stem.strip_prefix("COM").or(stem.strip_prefix("LPT"))).is_some_and(|port| {
            matches!(port, "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³")
        })
}

/// The id of a file at `relative` (below the folder that was named, or the file name alone): no extension, `/` between
/// the parts.
pub(super) fn file_id(relative: &Path) -> String {
    let mut parts: Vec<&OsStr> = relative
        .components()
        .filter_map(|component| match component {
            Component::Normal(name) => Some(name),
            _ => None,
        })
        .collect();
    if let (Some(last), Some(stem)) = (parts.last_mut(), relative.file_stem()) {
        *last = stem;
    }
    file_id_of(parts.into_iter())
}

/// The id of these parts, each made safe, away from the names of the folder's own files.
fn file_id_of<'p>(parts: impl Iterator<Item = &'p OsStr>) -> String {
    let mut parts: Vec<String> = parts.map(safe_part).collect();
    let is_alone = parts.len() <= 1;
    match parts.first_mut() {
        Some(first) if is_reserved_first(first) || (is_alone && is_run_file(first)) => first.insert(0, '_'),
        Some(_) => {}
        None => parts.push("_".to_owned()),
    }
    parts.join("/")
}

fn is_reserved_first(part: &str) -> bool {
    RESERVED_FIRST_PARTS.iter().any(|reserved| part.eq_ignore_ascii_case(reserved))
}

/// `run.json`, and of shards `run-1-of-2.json` and `status-1-of-2.json`, are no briefings.
fn is_run_file(part: &str) -> bool {
    let part = part.to_ascii_lowercase();
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let shard = part.strip_prefix("run-").or(part.strip_prefix("status-"));
    part == "run"
        || shard.and_then(|shard| shard.split_once("-of-")).is_some_and(|(one, all)| is_number(one) && is_number(all))
}

/// The id that a record claims as a whole: safe parts between `/`.
pub(super) fn output_id(output: &str) -> String {
    file_id_of(output.split('/').filter(|part| !part.is_empty()).map(OsStr::new))
}

/// The id of line `line` (from 1) of a JSONL file whose own id is `file`.
pub(super) fn record_id(file: &str, id: Option<&str>, line: usize) -> String {
    match id {
        Some(id) => format!("{file}/{}", safe_part(OsStr::new(id))),
        None => format!("{file}/{line:06}"),
    }
}

/// Which input writes which output. Holds 24 bytes an id, so that a feed of millions of lines fits.
#[derive(Default)]
pub(super) struct Claims {
    /// By the first half of the id's SHA-256: the source's number, and the line (0 for a file).
    first: HashMap<[u8; 16], (u32, u32)>,
}

impl Claims {
    /// Claims `id` for `input`, or gives the input that has it. Ids that differ only in case or in composed and
    /// decomposed letters are one: some file systems take them for one file.
    pub(super) fn claim(&mut self, id: &str, input: (u32, u32)) -> Result<(), (u32, u32)> {
        let same: String = id.nfc().flat_map(char::to_lowercase).collect();
        let digest = Sha256::digest(same.as_bytes());
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        match *self.first.entry(key).or_insert(input) {
            holder if holder == input => Ok(()),
            holder => Err(holder),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_folders_own_pages_are_no_article() {
        let table = [
            ("index.txt", "_index"),
            ("INDEX", "_INDEX"),
            ("index/a.txt", "_index/a"),
            ("a/index.txt", "a/index"),
            ("indexes.txt", "indexes"),
            ("run.txt", "_run"),
            ("Run-1-of-2.txt", "_Run-1-of-2"),
            ("status-03-of-10", "_status-03-of-10"),
            ("run/a.txt", "run/a"),
            ("run-of-the-mill.txt", "run-of-the-mill"),
            ("status-a-of-2.txt", "status-a-of-2"),
        ];
        let wrong: Vec<_> = table.iter().filter(|(path, id)| file_id(Path::new(path)) != *id).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn parts() {
        let long = "خ".repeat(300);
        let table: &[(&str, &str)] = &[
            ("moscow", "moscow"),
            ("خبر عاجل", "خبر عاجل"),
            ("2024.11.01", "2024.11.01"),
            ("a/b", "a_b-"),
            ("a\\b", "a_b-"),
            ("..", "__-"),
            (".hidden", "_hidden-"),
            ("-rf", "_rf-"),
            ("", "_-"),
            ("con", "_con-"),
            ("LPT1.txt", "_LPT1.txt-"),
            ("COM10", "COM10"),
            ("x\u{202E}y\n", "x_y_-"),
            ("end.", "end_-"),
            ("https://example.org/?a=1", "https___example.org__a=1-"),
            (&long, "خخخ"),
        ];
        let wrong: Vec<_> = table
            .iter()
            .map(|(name, expected)| (name, expected, safe_part(OsStr::new(name))))
            .filter(|(name, expected, found)| !(found == *expected || (found != *name && found.starts_with(*expected))))
            .collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn ids_of_files_and_lines() {
        assert_eq!(file_id(Path::new("asia/east/moscow.txt")), "asia/east/moscow");
        assert_eq!(file_id(Path::new("../in/./moscow")), "in/moscow");
        assert_eq!(record_id("feed", Some("a1"), 3), "feed/a1");
        assert_eq!(record_id("feed", None, 12), "feed/000012");
        assert_eq!(output_id("asia/east/moscow"), "asia/east/moscow");
        let hostile = output_id("/../../etc/passwd");
        assert!(!hostile.contains("..") && !hostile.starts_with('/'), "{hostile}");
        assert_eq!(output_id("index/x"), "_index/x");
        assert_eq!(output_id("/"), "_");
    }

    #[test]
    fn claims_ignore_case_and_composition() {
        let mut claims = Claims::default();
        assert_eq!(claims.claim("Feed/É", (0, 1)), Ok(()));
        assert_eq!(claims.claim("Feed/É", (0, 1)), Ok(()));
        assert_eq!(claims.claim("feed/e\u{301}", (0, 2)), Err((0, 1)));
        assert_eq!(claims.claim("feed/e", (0, 3)), Ok(()));
    }

    proptest! {
        #[test]
        fn a_part_is_always_one_plain_file_name(name in any::<String>()) {
            let part = safe_part(OsStr::new(&name));
            prop_assert!(!part.is_empty() && part.len() <= MAX_ID_PART_BYTES);
            prop_assert!(!part.chars().any(is_unsafe) && !part.starts_with('.') && !part.ends_with(['.', ' ']));
            prop_assert!(!is_reserved(&part));
            prop_assert_eq!(safe_part(OsStr::new(&part)), part);
        }
    }
}
