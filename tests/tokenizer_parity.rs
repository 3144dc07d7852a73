//! Tokenizers of all families against what transformers makes of the same files (`scripts/checkpoint_tokenizers.py`).
//!
//! More of them: `MUJAZ_TOKENIZERS=DIR cargo test --release --test tokenizer_parity`.

use mujaz::tokenizer::{Languages, Tokenizer, TokenizerError};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[derive(Deserialize)]
struct Reference {
    class: String,
    vocabulary: usize,
    source: Option<String>,
    target: Option<String>,
    forced_bos: Option<u32>,
    rows: Vec<Row>,
    random: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    #[serde(default)]
    text: String,
    ids: Vec<u32>,
    decoded: String,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tokenizers")
}

/// The committed tokenizers and those of `MUJAZ_TOKENIZERS`.
fn references() -> Vec<(PathBuf, Reference)> {
    let mut found = Vec::new();
    for folder in [Some(fixtures()), std::env::var_os("MUJAZ_TOKENIZERS").map(PathBuf::from)].into_iter().flatten() {
        let mut folders: Vec<PathBuf> =
            std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        folders.sort();
        for folder in folders {
            if let Ok(text) = std::fs::read(folder.join("tokenizer_reference.json")) {
                found.push((folder, serde_json::from_slice(&text).unwrap()));
            }
        }
    }
    found
}

#[test]
fn ids_and_texts_are_those_of_transformers() {
    let mut wrong = Vec::new();
    for (folder, reference) in references() {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let languages = Languages { source: reference.source.clone(), target: reference.target.clone() };
        let tokenizer = Tokenizer::from_folder(&folder, &languages).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(tokenizer.vocabulary_size(), reference.vocabulary, "{name}");
        assert_eq!(tokenizer.forced_bos(), reference.forced_bos, "{name}");
        let (mut ids, mut texts) = (0, 0);
        for row in &reference.rows {
            let found = tokenizer.encode(&row.text).unwrap();
            if found == row.ids {
                ids += 1;
            } else {
                wrong.push(format!("{name}: {:?}: ids {found:?}, not {:?}", row.text, row.ids));
            }
        }
        for row in reference.rows.iter().chain(&reference.random) {
            let found = tokenizer.decode(&row.ids).unwrap();
            if found == row.decoded {
                texts += 1;
            } else {
                wrong.push(format!("{name}: {:?}: text {found:?}, not {:?}", row.ids, row.decoded));
            }
        }
        let (rows, all) = (reference.rows.len(), reference.rows.len() + reference.random.len());
        println!("{name:24} {:20} ids of {ids} of {rows} texts, text of {texts} of {all} rows", reference.class);
    }
    let shown: Vec<&String> = wrong.iter().take(40).collect();
    assert!(wrong.is_empty(), "{} rows differ: {shown:#?}", wrong.len());
}

/// Twice the text takes about twice the time, for every family and for texts that are one word, one run or all markup.
#[test]
fn long_lines_take_linear_time() {
    let texts = ["ا", "كلمة ", " ", "</s>", "<mask> ", "x\u{301}", "\u{1f468}\u{200d}", "ab,.", "\u{200b}", "١٢"];
    for (folder, reference) in references().into_iter().filter(|(folder, _)| folder.starts_with(fixtures())) {
        let languages = Languages { source: reference.source, target: reference.target };
        let tokenizer = Tokenizer::from_folder(&folder, &languages).unwrap();
        for text in texts {
            let took = |characters: usize| {
                let line = text.repeat(characters / text.chars().count());
                let started = Instant::now();
                let ids = tokenizer.encode(&line).unwrap();
                tokenizer.decode(&ids).unwrap();
                started.elapsed()
            };
            let (short, long) = (took(25_000), took(100_000));
            // Quadratic time would be 16 times as much.
            let bound = short.max(Duration::from_millis(40)) * 11;
            assert!(long < bound, "{} {text:?}: {short:?}, then {long:?}", folder.display());
        }
    }
}

#[test]
fn languages_are_chosen_and_refused() {
    let open = |name: &str, source: Option<&str>, target: Option<&str>| {
        let languages = Languages { source: source.map(str::to_owned), target: target.map(str::to_owned) };
        Tokenizer::from_folder(&fixtures().join(name), &languages)
    };
    let first = |name: &str, source, target| open(name, source, target).unwrap().encode("نص").unwrap()[0];
    let forced = |name: &str, target| open(name, None, target).unwrap().forced_bos().unwrap();
    for (name, own) in [("nllb-200", "arb_Arab"), ("mbart50-m2one", "ar_AR"), ("m2m100", "ar")] {
        assert_eq!(first(name, None, None), first(name, Some(own), None), "{name}: Arabic is the default");
        assert_eq!(first(name, Some("ar"), None), first(name, Some(own), None), "{name}");
        assert_ne!(first(name, Some("fr"), None), first(name, Some("ar"), None), "{name}");
        assert_eq!(forced(name, None), forced(name, Some("en-GB")), "{name}: English is the default");
        assert_ne!(forced(name, Some("fr")), forced(name, Some("en")), "{name}");
        match open(name, Some("tlh"), None) {
            Err(TokenizerError::Language { code, near }) => assert!(code == "tlh" && !near.is_empty()),
            other => panic!("{name}: {:?}", other.map(|_| ())),
        }
    }
    assert_ne!(first("nllb-200", Some("arz"), None), first("nllb-200", Some("ar"), None));
    let madlad = |target| open("madlad400-spiece", None, target).unwrap();
    assert_eq!(madlad(None).encode("نص").unwrap(), madlad(Some("fr")).encode("<2en> نص").unwrap());
    assert_ne!(madlad(None).encode("نص").unwrap(), madlad(Some("fr")).encode("نص").unwrap());
    for name in ["distilbart-cnn", "pegasus-cnn", "t5-spiece"] {
        let refused = open(name, None, Some("en"));
        assert!(matches!(refused, Err(TokenizerError::NoLanguages { .. })), "{name}");
    }
}

/// Damaged and missing files are named; nothing panics.
#[test]
fn damage_is_told() {
    for (folder, reference) in references().into_iter().filter(|(folder, _)| folder.starts_with(fixtures())) {
        let names = ["spiece.model", "sentencepiece.bpe.model", "vocab.json", "merges.txt", "tokenizer.json"];
        for name in names.into_iter().filter(|name| folder.join(name).is_file()) {
            let bytes = std::fs::read(folder.join(name)).unwrap();
            let damages: [(&str, Option<Vec<u8>>); 4] = [
                ("missing", None),
                ("empty", Some(Vec::new())),
                ("cut off", Some(bytes[..bytes.len() / 2].to_vec())),
                ("rubbish", Some((0..5000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect())),
            ];
            for (damage, bytes) in damages {
                let copy = tempfile::tempdir().unwrap();
                for file in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap()) {
                    std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
                }
                match bytes {
                    None => std::fs::remove_file(copy.path().join(name)).unwrap(),
                    Some(bytes) => std::fs::write(copy.path().join(name), bytes).unwrap(),
                }
                let languages = Languages { source: reference.source.clone(), target: reference.target.clone() };
                let opened = Tokenizer::from_folder(copy.path(), &languages);
                let json_is_enough = copy.path().join("tokenizer.json").is_file() && name != "tokenizer.json";
                let other_is_enough = damage == "missing" && name == "tokenizer.json" && folder.ends_with("nllb-200");
                match opened {
                    Ok(_) => {
                        let cut_text = damage == "cut off" && name == "merges.txt";
                        assert!(
                            json_is_enough || other_is_enough || cut_text || damage == "empty" && name == "merges.txt",
                            "{} {name} {damage}",
                            folder.display()
                        );
                    }
                    Err(error) => assert!(error.hint().is_some() && !error.to_string().is_empty()),
                }
            }
        }
    }
}
