//! Models from the Hub, against a server on loopback that speaks its protocol.

mod hub_support;

use hub_support::{COMMIT, FILE, Fault, Hub, Repository, content, files_below, manifest, nobody, settings, sha256};
use mujaz::hub::{self, HubError};
use std::time::{Duration, Instant};

const LENGTH: usize = 300_000;

#[test]
fn a_model_is_fetched_once_and_then_found_without_a_request() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = content(LENGTH);
    let server = Hub::serving(bytes.clone());
    let (manifest, mut settings) = (manifest(&bytes, ""), settings(folder.path(), &server.endpoint));
    settings.token = Some("hf_secret".to_owned());

    let model = hub::fetch(&manifest, &settings).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(std::fs::read(&model.path).expect("readable"), bytes);
    assert_eq!((model.sha256.as_str(), model.revision.as_deref()), (sha256(&bytes).as_str(), Some(COMMIT)));
    let repository = settings.hub_cache.join("models--someone--test-model");
    assert_eq!(model.path, repository.join("snapshots").join(COMMIT).join(FILE), "the layout of Python's tools");
    assert_eq!(std::fs::read_to_string(repository.join("refs/main")).expect("written"), COMMIT);
    let requests = server.take_requests();
    assert!(requests[0].starts_with("GET /api/models/") && requests[0].ends_with("Bearer hf_secret"), "{requests:?}");

    assert_eq!(hub::fetch(&manifest, &settings).map(|again| again.path).ok(), Some(model.path.clone()));
    // Without the stamps of the first run the file is hashed, not fetched.
    settings.store = folder.path().join("another store");
    settings.offline = true;
    assert_eq!(hub::fetch(&manifest, &settings).map(|again| again.path).ok(), Some(model.path));
    assert_eq!(server.take_requests(), Vec::<String>::new());
}

#[test]
fn offline_attempts_nothing_and_names_where_it_looked() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = content(100);
    let server = Hub::serving(bytes.clone());
    let mut settings = settings(folder.path(), &server.endpoint);
    settings.offline = true;
    let error = hub::fetch(&manifest(&bytes, ""), &settings).expect_err("it is not there");
    let text = format!("{error} / {}", error.hint().unwrap_or_default());
    for part in ["test-model", "models--someone--test-model", "store/test-model", "mujaz models fetch test-model"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(server.take_requests(), Vec::<String>::new());
}

#[test]
fn a_wrong_file_is_refused_and_leaves_nothing() {
    let bytes = content(LENGTH);
    let mut other = bytes.clone();
    other[LENGTH / 2] ^= 1;
    let lying = |sent: Vec<u8>| {
        let mut repository = Repository::new("someone/test-model", &[(FILE, &bytes)]);
        repository.sent_instead.insert(FILE.to_owned(), sent);
        repository
    };
    let honest = |content: &[u8]| Repository::new("someone/test-model", &[(FILE, content)]);
    let rows = [
        ("told of another content", honest(&other), "test-model names: its SHA-256", 0),
        ("told of another size", honest(&content(LENGTH - 1)), "its size is 299999 bytes, expected 300000", 0),
        ("sent another byte", lying(other.clone()), "its SHA-256", 1),
        ("sent more", lying(content(LENGTH + 1)), "its size", 1),
    ];
    for (name, repository, expected, asked) in rows {
        let folder = tempfile::tempdir().expect("a folder");
        let server = Hub::with(vec![repository]);
        let (manifest, settings) = (manifest(&bytes, ""), settings(folder.path(), &server.endpoint));
        let error = hub::fetch(&manifest, &settings).expect_err(name);
        assert!(matches!(error, HubError::WrongContent { .. } | HubError::Pinned { .. }), "{name}: {error:?}");
        assert!(error.to_string().contains(expected), "{name}: {error}");
        assert_eq!(server.take_content_starts().len(), asked, "{name}");
        let left = files_below(&settings.hub_cache);
        assert!(left.iter().all(|file| !file.contains("snapshots") && !file.contains(FILE)), "{name}: {left:?}");
        assert!(!left.iter().any(|file| file.ends_with(&sha256(&bytes))), "{name}: {left:?}");
        assert!(matches!(hub::find(&manifest, &settings), Err(HubError::NotFetched { .. })), "{name}");
        assert!(!folder.path().join("mujaz.lock").exists(), "{name}");
    }
}

#[test]
fn a_server_without_ranges_sends_all_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = content(LENGTH);
    let server = Hub::serving(bytes.clone());
    server.fail_content(&[Fault::Cut(100_000), Fault::NoRanges]);
    let model = hub::fetch(&manifest(&bytes, ""), &settings(folder.path(), &server.endpoint));
    let model = model.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(std::fs::read(model.path).expect("readable"), bytes);
    assert_eq!(server.take_content_starts(), [0, 100_000]);
}

#[test]
fn a_broken_connection_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = content(LENGTH);
    let server = Hub::serving(bytes.clone());
    server.fail_content(&[Fault::Cut(100_000), Fault::Status(503), Fault::Cut(50_000), Fault::Stall(1_000)]);
    let (manifest, settings) = (manifest(&bytes, ""), settings(folder.path(), &server.endpoint));
    let model = hub::fetch(&manifest, &settings).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(std::fs::read(model.path).expect("readable"), bytes);
    let starts = server.take_content_starts();
    assert_eq!(starts, [0, 100_000, 100_000, 150_000, 151_000]);
}

#[test]
fn a_part_left_by_a_killed_run_is_used_or_dropped() {
    let bytes = content(LENGTH);
    let wrong = vec![7; LENGTH];
    let rows: [(&str, &[u8], &[usize]); 4] = [
        ("half of it", &bytes[..1000], &[1000]),
        ("all of it, not renamed yet", &bytes, &[]),
        ("longer than the file", &[&bytes[..], b"x"].concat(), &[0]),
        ("other content: the sum finds it, then from the start", &wrong[..1000], &[1000, 0]),
    ];
    for (name, part, starts) in rows {
        let folder = tempfile::tempdir().expect("a folder");
        let server = Hub::serving(bytes.clone());
        let (manifest, settings) = (manifest(&bytes, ""), settings(folder.path(), &server.endpoint));
        let blobs = settings.hub_cache.join("models--someone--test-model/blobs");
        std::fs::create_dir_all(&blobs).expect("created");
        std::fs::write(blobs.join(format!("{}.mujaz-part", sha256(&bytes))), part).expect("written");
        let model = hub::fetch(&manifest, &settings).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(std::fs::read(model.path).expect("readable"), bytes, "{name}");
        assert_eq!(server.take_content_starts(), starts, "{name}");
    }
}

#[test]
fn refusals_say_what_and_what_mends_it() {
    let bytes = content(100);
    let rows = [
        (401, "wants a token", "HF_TOKEN", 1),
        (403, "not granted", "HF_TOKEN", 1),
        (404, "not found", "HF_ENDPOINT", 1),
        (500, "server failed", "later", 4),
    ];
    for at_the_file in [false, true] {
        for (status, text, hint, tries) in rows {
            let folder = tempfile::tempdir().expect("a folder");
            let server = Hub::serving(bytes.clone());
            let faults = vec![Fault::Status(status); 10];
            if at_the_file {
                server.fail_resolve(&faults)
            } else {
                server.fail_api(&faults)
            }
            let error = hub::fetch(&manifest(&bytes, ""), &settings(folder.path(), &server.endpoint))
                .expect_err("it was refused");
            assert!(matches!(error, HubError::Refused { status: s, .. } if s == status), "{status}: {error:?}");
            assert!(error.to_string().contains(text), "{status}: {error}");
            assert!(error.hint().unwrap_or_default().contains(hint), "{status}: {:?}", error.hint());
            let requests = server.take_requests();
            assert_eq!(requests.len(), if at_the_file { 1 + tries } else { tries }, "{status}: {requests:?}");
        }
    }
}

#[test]
fn a_server_that_recovers_is_asked_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = content(100);
    let server = Hub::serving(bytes.clone());
    server.fail_api(&[Fault::Status(500)]);
    server.fail_resolve(&[Fault::Status(429), Fault::Answer(429, "Retry-After: 1\r\n")]);
    let started = Instant::now();
    assert!(hub::fetch(&manifest(&bytes, ""), &settings(folder.path(), &server.endpoint)).is_ok());
    assert!(started.elapsed() >= Duration::from_secs(1), "it waits as long as it was asked to");
}

#[test]
fn a_wait_that_is_too_long_is_told_instead() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = content(100);
    let server = Hub::serving(bytes.clone());
    server.fail_api(&[Fault::Answer(429, "Retry-After: 3600\r\nX-Error-Message: slow down\r\n")]);
    let error = hub::fetch(&manifest(&bytes, ""), &settings(folder.path(), &server.endpoint)).expect_err("too long");
    let text = format!("{error} / {}", error.hint().unwrap_or_default());
    assert!(text.contains("slow down (HTTP 429)") && text.contains("in 3600 s"), "{text}");
    assert_eq!(server.take_requests().len(), 1);
}

#[test]
fn a_page_that_is_no_hub_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = content(100);
    let server = Hub::serving(bytes.clone());
    server.fail_api(&[Fault::Answer(200, "Content-Type: text/html\r\n")]);
    let error = hub::fetch(&manifest(&bytes, ""), &settings(folder.path(), &server.endpoint)).expect_err("no Hub");
    assert!(error.to_string().contains("does not answer as a Hugging Face Hub"), "{error}");
}

#[test]
fn a_machine_without_the_hub_learns_it_quickly() {
    // A socket that takes connections and never answers, and one that nobody listens on.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let silent = (format!("http://{}", silent.local_addr().expect("bound")), silent);
    for endpoint in [nobody(), silent.0.clone(), "http://no-such-host.invalid".to_owned()] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut settings = settings(folder.path(), &endpoint);
        settings.connect_timeout = Duration::from_millis(500);
        settings.answer_timeout = Duration::from_millis(500);
        let started = Instant::now();
        let result = hub::fetch(&manifest(&content(100), ""), &settings);
        assert!(matches!(result, Err(HubError::Unreachable { .. })), "{endpoint}: {result:?}");
        assert!(started.elapsed() < Duration::from_secs(5), "{endpoint}: {:?}", started.elapsed());
    }
}

#[test]
fn a_download_that_brings_nothing_more_ends() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = content(LENGTH);
    let server = Hub::serving(bytes.clone());
    server.fail_content(&vec![Fault::Stall(0); 10]);
    let mut settings = settings(folder.path(), &server.endpoint);
    settings.stall_timeout = Duration::from_millis(200);
    let error = hub::fetch(&manifest(&bytes, ""), &settings).expect_err("it stalls");
    assert!(matches!(error, HubError::Transfer { .. }) && error.is_temporary(), "{error:?}");
    assert_eq!(server.take_content_starts().len(), 4);
}

#[test]
fn the_disk_is_looked_at_before_anything_is_fetched() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut repository = Repository::new("someone/test-model", &[(FILE, b"much")]);
    repository.told_bytes = Some(1 << 60);
    let server = Hub::with(vec![repository]);
    let text = hub_support::manifest_text(1 << 60, &sha256(b"much"), "");
    let manifest = hub::Manifest::from_toml("test.toml", &text).expect("right");
    let settings = settings(folder.path(), &server.endpoint);
    let error = hub::fetch(&manifest, &settings).expect_err("no disk is so large");
    assert!(matches!(error, HubError::DiskSpace { .. }), "{error}");
    assert!(error.hint().unwrap_or_default().contains("MUJAZ_MODELS_DIR"));
    assert_eq!(server.take_content_starts(), Vec::<usize>::new());
}

#[test]
fn two_at_once_fetch_one_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = content(LENGTH);
    let server = Hub::serving(bytes.clone());
    let (manifest, settings) = (manifest(&bytes, ""), settings(folder.path(), &server.endpoint));
    std::thread::scope(|scope| {
        let both = [(); 2].map(|()| scope.spawn(|| hub::fetch(&manifest, &settings)));
        for result in both {
            let model = result.join().expect("no panic").unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(std::fs::read(model.path).expect("readable"), bytes);
        }
    });
    assert_eq!(server.take_content_starts(), [0]);
}

#[test]
#[cfg(unix)]
fn a_file_that_python_tools_downloaded_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = content(100);
    let (manifest, settings) = (manifest(&bytes, ""), settings(folder.path(), &nobody()));
    let repository = settings.hub_cache.join("models--someone--test-model");
    let (blob, snapshot) = (repository.join("blobs").join(sha256(&bytes)), repository.join("snapshots").join(COMMIT));
    std::fs::create_dir_all(repository.join("blobs")).expect("created");
    std::fs::create_dir_all(&snapshot).expect("created");
    std::fs::write(&blob, &bytes).expect("written");
    std::os::unix::fs::symlink(format!("../../blobs/{}", sha256(&bytes)), snapshot.join(FILE)).expect("linked");
    let model = hub::fetch(&manifest, &settings).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((model.path, model.revision.as_deref()), (snapshot.join(FILE), Some(COMMIT)));
}
