//! Models of several files: which are fetched, the lock file, offline, refusals, against a Hub on loopback.

mod hub_support;

use hub_support::{COMMIT, Fault, Hub, Repository, content, etag, files_below, nobody, settings, sha256};
use mujaz::hub::{self, Catalogue, HubError, LocatedModel, Settings};
use std::path::Path;

const ID: &str = "Helsinki-NLP/opus-mt-ar-en";
const LATER: &str = "fedcba9876543210fedcba9876543210fedcba98";
const NEEDED: [&str; 7] = [
    "config.json",
    "generation_config.json",
    "pytorch_model.bin",
    "source.spm",
    "target.spm",
    "tokenizer_config.json",
    "vocab.json",
];

/// What the repository of such a model holds, small.
fn marian() -> Repository {
    let mut repository = Repository::new(ID, &[]);
    for (at, name) in NEEDED.iter().chain(&["README.md", "tf_model.h5", "rust_model.ot"]).enumerate() {
        repository.files.insert((*name).to_owned(), content(2_000 + at)[at..].to_vec());
    }
    repository
}

fn catalogue() -> Catalogue {
    Catalogue::builtin().expect("checked in its own tests")
}

fn fetch(name: &str, settings: &Settings) -> Result<LocatedModel, HubError> {
    hub::locate_with(name, &catalogue(), settings)
}

fn fetched(name: &str, settings: &Settings) -> LocatedModel {
    fetch(name, settings).unwrap_or_else(|error| panic!("{error}; {:?}", error.hint()))
}

/// Names in a located folder.
fn names(model: &LocatedModel) -> Vec<String> {
    files_below(&model.path)
}

fn lock_text(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("mujaz.lock")).unwrap_or_default()
}

#[test]
fn what_is_needed_is_fetched_once_and_locked() {
    for bare_listing in [false, true] {
        let folder = tempfile::tempdir().expect("a folder");
        let repository = Repository { bare_listing, ..marian() };
        let server = Hub::with(vec![repository.clone()]);
        let mut settings = settings(folder.path(), &server.endpoint);
        let model = fetched("fast", &settings);
        assert_eq!(names(&model), NEEDED, "and neither README.md nor tf_model.h5 nor rust_model.ot");
        assert_eq!((model.name.as_str(), model.revision.as_deref()), ("opus-mt-ar-en", Some(COMMIT)));
        assert_eq!(model.sha256, sha256(&repository.files["pytorch_model.bin"]));
        let cache = settings.hub_cache.join("models--Helsinki-NLP--opus-mt-ar-en");
        assert_eq!(model.path, cache.join("snapshots").join(COMMIT));
        assert_eq!(std::fs::read_to_string(cache.join("refs/main")).expect("written"), COMMIT);
        for name in NEEDED {
            let bytes = &repository.files[name];
            assert_eq!(&std::fs::read(cache.join("blobs").join(etag(name, bytes))).expect("a blob"), bytes, "{name}");
            #[cfg(unix)]
            assert_eq!(
                std::fs::read_link(model.path.join(name)).expect("a link"),
                Path::new(&format!("../../blobs/{}", etag(name, bytes)))
            );
        }
        let lock = lock_text(folder.path());
        for part in [ID, COMMIT, &sha256(&repository.files["vocab.json"]), "revision = \"main\""] {
            assert!(lock.contains(part), "{part}:\n{lock}");
        }
        assert!(!server.take_requests().iter().any(|line| line.contains("tf_model") || line.contains("rust_model")));

        assert_eq!(fetched("fast", &settings), model);
        settings.store = folder.path().join("another store");
        settings.offline = true;
        assert_eq!(fetched(ID, &settings), model);
        assert_eq!(server.take_requests(), Vec::<String>::new(), "a hit makes no request");
    }
}

#[test]
fn safetensors_come_before_pickles_and_shards_by_their_index() {
    let index = br#"{"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}"#;
    let (whole, first, second) = (content(900), content(800), content(700));
    type Row<'a> = (&'a [(&'a str, &'a [u8])], &'a [&'a str]);
    let rows: [Row<'_>; 2] = [
        (&[("model.safetensors", &whole)], &["model.safetensors"]),
        (
            &[
                ("model.safetensors.index.json", index),
                ("model-00001-of-00002.safetensors", &first),
                ("model-00002-of-00002.safetensors", &second),
                ("model-00003-of-00003.safetensors", b"of another export"),
            ],
            &["model.safetensors.index.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"],
        ),
    ];
    for (weights, wanted) in rows {
        let folder = tempfile::tempdir().expect("a folder");
        let mut repository = marian();
        for (name, bytes) in weights {
            repository.files.insert((*name).to_owned(), bytes.to_vec());
        }
        let server = Hub::with(vec![repository]);
        let settings = settings(folder.path(), &server.endpoint);
        let model = fetched("fast", &settings);
        let mut expected: Vec<&str> = NEEDED.iter().copied().filter(|name| *name != "pytorch_model.bin").collect();
        expected.extend(wanted);
        expected.sort_unstable();
        assert_eq!(names(&model), expected);
    }
}

#[test]
fn later_runs_use_the_locked_commit_until_it_is_moved() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Hub::with(vec![marian()]);
    let mut settings = settings(folder.path(), &server.endpoint);
    fetched("fast", &settings);
    let first_lock = lock_text(folder.path());

    let mut later = marian();
    later.commit = LATER.to_owned();
    later.files.insert("config.json".to_owned(), b"{\"new\":1}".to_vec());
    server.set(vec![Repository { old: true, ..marian() }, later]);
    // Another machine with the same lock file.
    settings.hub_cache = folder.path().join("another cache");
    settings.store = folder.path().join("another store");
    let model = fetched("fast", &settings);
    assert_eq!(model.revision.as_deref(), Some(COMMIT));
    assert_eq!(lock_text(folder.path()), first_lock);
    let cache = settings.hub_cache.join("models--Helsinki-NLP--opus-mt-ar-en");
    assert!(!cache.join("refs/main").exists(), "main is another commit by now");

    let catalogue = catalogue();
    let named = catalogue.named("fast").expect("known");
    let moved = hub::update(named, &settings).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(moved.revision.as_deref(), Some(LATER));
    assert_eq!(std::fs::read_to_string(cache.join("refs/main")).expect("written"), LATER);
    let lock = lock_text(folder.path());
    assert!(lock.contains(LATER) && !lock.contains(COMMIT) && lock.matches("[[model]]").count() == 1, "{lock}");
    assert_eq!(fetched("fast", &settings), moved);
}

#[test]
fn a_file_that_differs_from_the_lock_file_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Hub::with(vec![marian()]);
    let mut settings = settings(folder.path(), &server.endpoint);
    fetched("fast", &settings);
    for name in ["vocab.json", "pytorch_model.bin"] {
        let mut other = marian();
        other.files.insert(name.to_owned(), content(3_000));
        server.set(vec![other]);
        settings.hub_cache = folder.path().join(format!("cache for {name}"));
        let error = fetch("fast", &settings).expect_err("other content under the same commit");
        let text = format!("{error} / {}", error.hint().unwrap_or_default());
        for part in [name, "mujaz.lock", "--update"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(matches!(hub::find_with("fast", &catalogue(), &settings), Err(HubError::NotFetched { .. })), "{name}");
        assert!(!settings.hub_cache.join("models--Helsinki-NLP--opus-mt-ar-en/snapshots").exists(), "{name}");
    }
}

#[test]
fn damage_in_the_cache_is_found_and_mended() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Hub::with(vec![marian()]);
    let mut settings = settings(folder.path(), &server.endpoint);
    let model = fetched("fast", &settings);
    let path = model.path.join("vocab.json");
    let whole = std::fs::read(&path).expect("readable");
    let mut damaged = whole.clone();
    damaged[7] ^= 1;
    for with_lock in [true, false] {
        std::fs::write(path.canonicalize().expect("there"), &damaged).expect("written");
        if !with_lock {
            std::fs::remove_file(folder.path().join("mujaz.lock")).expect("was there");
        }
        settings.offline = true;
        let error = fetch("fast", &settings).expect_err("it is damaged");
        assert!(error.to_string().contains("vocab.json is damaged"), "{with_lock}: {error}");
        let verified = hub::verify(catalogue().named("fast").expect("known"), &settings);
        assert!(matches!(verified, Err(HubError::Damaged { .. })), "{with_lock}");
        settings.offline = false;
        server.take_requests();
        assert_eq!(fetched("fast", &settings).path, model.path);
        assert_eq!(std::fs::read(&path).expect("readable"), whole, "{with_lock}");
        assert!(!server.take_requests().iter().any(|line| line.contains("pytorch_model")), "only what is damaged");
    }
    let verified = hub::verify(catalogue().named("fast").expect("known"), &settings).expect("all right again");
    assert_eq!(verified.len(), NEEDED.len());
    assert!(verified.iter().any(|file| file.sha256 == sha256(&whole)));
}

#[test]
fn offline_names_the_cache_and_the_command() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Hub::with(vec![marian()]);
    let mut settings = settings(folder.path(), &server.endpoint);
    settings.offline = true;
    for name in ["fast", "Someone/else"] {
        let error = fetch(name, &settings).expect_err("it is not there");
        let text = format!("{error} / {}", error.hint().unwrap_or_default());
        for part in ["offline is set", "hub/models--", "mujaz models fetch "] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
    assert_eq!(server.take_requests(), Vec::<String>::new());
}

#[test]
fn a_hub_that_is_down_does_not_stop_a_model_that_is_here() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Hub::with(vec![marian()]);
    let mut settings = settings(folder.path(), &server.endpoint);
    let model = fetched("fast", &settings);
    std::fs::remove_file(folder.path().join("mujaz.lock")).expect("was there");
    settings.endpoint = Some(nobody());
    assert_eq!(fetched("fast", &settings), model);
    assert!(lock_text(folder.path()).contains(COMMIT));
    // What is only partly here is not taken.
    std::fs::remove_file(folder.path().join("mujaz.lock")).expect("was there");
    std::fs::remove_file(model.path.join("pytorch_model.bin")).expect("was there");
    assert!(matches!(fetch("fast", &settings), Err(HubError::Unreachable { .. })));
}

#[test]
fn refusals_give_the_hubs_reason_and_a_hint() {
    let gated = "X-Error-Code: GatedRepo\r\nX-Error-Message: Access to model a/b is restricted.\r\n";
    let rows = [
        (Fault::Answer(403, gated), None, "Access to model a/b is restricted. (HTTP 403)", "then set HF_TOKEN"),
        (Fault::Answer(403, gated), Some("t"), "restricted", "the account that HF_TOKEN belongs to"),
        (Fault::Answer(401, "X-Error-Code: RepoNotFound\r\n"), None, "it wants a token", "check the name"),
        (Fault::Answer(404, "X-Error-Code: RevisionNotFound\r\n"), None, "not found", "HF_ENDPOINT"),
    ];
    for (fault, token, said, hint) in rows {
        let folder = tempfile::tempdir().expect("a folder");
        let server = Hub::with(vec![marian()]);
        let mut settings = settings(folder.path(), &server.endpoint);
        settings.token = token.map(str::to_owned);
        server.fail_api(std::slice::from_ref(&fault));
        let error = fetch("fast", &settings).expect_err("refused");
        assert!(error.to_string().contains(said), "{fault:?}: {error}");
        let text = error.hint().unwrap_or_default();
        assert!(text.contains(hint), "{fault:?}: {text}");
        assert_eq!(server.take_requests().len(), 1, "{fault:?}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let server = Hub::with(vec![marian()]);
    let error = fetch("Someone/else", &settings(folder.path(), &server.endpoint)).expect_err("there is none");
    assert!(error.to_string().contains("Repository not found (HTTP 401)"), "the reason of the body: {error}");
}

#[test]
fn the_token_stays_with_the_endpoint() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Hub::with(vec![Repository { bare_listing: true, ..marian() }]);
    let mut settings = settings(folder.path(), &server.endpoint);
    settings.token = Some("hf_secret".to_owned());
    server.fail_content(&[Fault::Cut(100), Fault::Status(500)]);
    fetched("fast", &settings);
    let requests = server.take_requests();
    let of_cdn: Vec<&String> = requests.iter().filter(|line| line.contains(" /content/")).collect();
    assert_eq!(of_cdn.len(), 3 + 2, "three large files, two of them asked again: {requests:?}");
    assert!(of_cdn.iter().all(|line| !line.contains("hf_secret")), "{of_cdn:?}");
    assert!(
        requests.iter().all(|line| line.contains(" /content/") || line.ends_with("Bearer hf_secret")),
        "{requests:?}"
    );
}

#[test]
fn an_id_without_a_manifest_is_taken_by_what_it_holds() {
    let config: &[u8] = br#"{"model_type":"marian"}"#;
    let mut marian = marian();
    marian.id = "Someone/fr-en".to_owned();
    marian.files.insert("config.json".to_owned(), config.to_vec());
    let gguf = content(500);
    let server = Hub::with(vec![
        marian,
        Repository::new("Someone/chat", &[("README.md", b"x"), ("chat-q4.gguf", &gguf)]),
        Repository::new("Someone/many", &[("a.gguf", &gguf), ("b.gguf", &gguf)]),
        Repository::new("Someone/bert", &[("config.json", br#"{"model_type":"bert"}"#), ("model.safetensors", &gguf)]),
        Repository::new("Someone/half", &[("config.json", config), ("tf_model.h5", &gguf)]),
        Repository::new("Someone/empty", &[("README.md", b"x")]),
    ]);
    let folder = tempfile::tempdir().expect("a folder");
    let mut settings = settings(folder.path(), &server.endpoint);
    let model = fetched("Someone/fr-en", &settings);
    assert_eq!((model.name.as_str(), names(&model).len(), model.manifest), ("Someone/fr-en", NEEDED.len(), None));
    let chat = fetched("Someone/chat", &settings);
    assert_eq!((chat.engine, chat.sha256), (hub::Engine::Gguf, sha256(&gguf)));
    assert!(chat.path.ends_with(format!("{COMMIT}/chat-q4.gguf")));
    for (id, said) in [
        ("Someone/many", "more than one .gguf file: a.gguf, b.gguf"),
        ("Someone/bert", "of the family `bert`"),
        ("Someone/half", "lacks source.spm"),
        ("Someone/empty", "lacks config.json with weights, or one .gguf file"),
    ] {
        server.take_requests();
        let error = fetch(id, &settings).expect_err(said);
        assert!(error.to_string().contains(said), "{id}: {error}");
        assert_eq!(server.take_content_starts(), Vec::<usize>::new(), "{id}: found out before gigabytes came");
    }
    settings.offline = true;
    assert_eq!(fetched("Someone/fr-en", &settings).path, model.path);
    assert_eq!(fetched("Someone/chat", &settings).path, chat.path);
}

#[test]
fn a_snapshot_of_python_tools_is_found_and_a_part_of_one_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let repository = marian();
    let mut settings = settings(folder.path(), &nobody());
    settings.offline = true;
    let cache = settings.hub_cache.join("models--Helsinki-NLP--opus-mt-ar-en");
    let snapshot = cache.join("snapshots").join(COMMIT);
    for place in [&snapshot, &cache.join("blobs"), &cache.join("refs")] {
        std::fs::create_dir_all(place).expect("created");
    }
    std::fs::write(cache.join("refs/main"), COMMIT).expect("written");
    for (at, name) in NEEDED.into_iter().enumerate() {
        assert!(matches!(fetch("fast", &settings), Err(HubError::NotFetched { .. })), "after {at} files");
        let bytes = &repository.files[name];
        std::fs::write(cache.join("blobs").join(etag(name, bytes)), bytes).expect("written");
        #[cfg(unix)]
        std::os::unix::fs::symlink(format!("../../blobs/{}", etag(name, bytes)), snapshot.join(name)).expect("linked");
        #[cfg(not(unix))]
        std::fs::write(snapshot.join(name), bytes).expect("written");
    }
    assert_eq!(fetched("fast", &settings).path, snapshot);
    assert!(lock_text(folder.path()).contains(COMMIT));
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_told_and_nothing_is_taken_for_the_model() {
    let folder = tempfile::tempdir().expect("a folder");
    let repository = marian();
    let server = Hub::with(vec![repository.clone()]);
    let settings = settings(folder.path(), &server.endpoint);
    let blobs = settings.hub_cache.join("models--Helsinki-NLP--opus-mt-ar-en/blobs");
    std::fs::create_dir_all(&blobs).expect("created");
    let weights = etag("pytorch_model.bin", &repository.files["pytorch_model.bin"]);
    let part = blobs.join(format!("{weights}.mujaz-part"));
    // The kernel answers each write to it with "no space left".
    std::os::unix::fs::symlink("/dev/full", &part).expect("linked");
    let error = fetch("fast", &settings).expect_err("the disk is full");
    let text = format!("{error} / {}", error.hint().unwrap_or_default());
    assert!(text.contains("mujaz-part") && text.contains("make room"), "{text}");
    assert!(matches!(hub::find_with("fast", &catalogue(), &settings), Err(HubError::NotFetched { .. })));
    assert_eq!(lock_text(folder.path()), "");
    std::fs::remove_file(&part).expect("was there");
    assert_eq!(names(&fetched("fast", &settings)), NEEDED);
}

#[test]
fn a_lock_file_that_makes_no_sense_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = settings(folder.path(), &nobody());
    let entry = "[[model]]\nhub_id = \"a/b\"\nrevision = \"main\"\n";
    let rows = [
        ("not TOML".to_owned(), "mujaz.lock: "),
        ("version = 2\n".to_owned(), "version is 2"),
        (format!("version = 1\n{entry}commit = \"main\"\nfile = []\n"), "`a/b` makes no sense"),
        (
            format!(
                "version = 1\n{entry}commit = \"{COMMIT}\"\nfile = [{{ name = \"../x\", bytes = 1, sha256 = \"0\" }}]\n"
            ),
            "`a/b` makes no sense",
        ),
    ];
    for (text, said) in rows {
        std::fs::write(folder.path().join("mujaz.lock"), &text).expect("written");
        let error = fetch("fast", &settings).expect_err(said);
        assert!(matches!(error, HubError::LockFile { .. }) && error.to_string().contains(said), "{text}: {error}");
    }
}
