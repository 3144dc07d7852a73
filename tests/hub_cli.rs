//! The real binary against a Hub on loopback: profiles by name end to end, killed and parallel fetches, proxies, the
//! user's own manifests.

mod common;
mod hub_support;

use common::Sandbox;
use hub_support::{COMMIT, Fault, Hub, Repository, content};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const FAST: &str = "Helsinki-NLP/opus-mt-ar-en";
const NEWS: &str = "Helsinki-NLP/opus-mt-tc-big-ar-en";
const NLLB: &str = "facebook/nllb-200-distilled-600M";

fn checkpoint(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/checkpoints").join(name)
}

fn hub() -> Hub {
    let nllb = Repository::new(
        NLLB,
        &[
            ("config.json", br#"{"model_type":"m2m_100"}"#),
            ("pytorch_model.bin", &content(5_000)),
            ("sentencepiece.bpe.model", &content(600)),
            ("tokenizer.json", b"{}"),
            ("flax_model.msgpack", &content(5_000)),
        ],
    );
    Hub::with(vec![
        Repository::of_folder(FAST, &checkpoint("opus-mt-ar-en")),
        Repository::of_folder(NEWS, &checkpoint("opus-mt-tc-big-ar-en")),
        nllb,
    ])
}

/// The program in the sandbox, with a connection to `server`.
fn online(place: &Sandbox, server: &Hub, arguments: &[&str]) -> Command {
    let mut command = place.command(arguments);
    command.env("HF_HUB_OFFLINE", "0").env("HF_ENDPOINT", &server.endpoint);
    command
}

fn run(mut command: Command, stdin: &str) -> Output {
    let mut child = command.stdin(Stdio::piped()).spawn().expect("it starts");
    // One that ends before it reads is part of the tests.
    let _ = child.stdin.take().expect("piped").write_all(stdin.as_bytes());
    child.wait_with_output().expect("it ends")
}

fn good(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{:?}\n{stdout}\n{stderr}", output.status);
    (stdout, stderr)
}

#[test]
fn a_profile_runs_by_name_and_then_offline() {
    let lines = "أعلنت الوزارة أن العمل بدأ في 3 مدن.\n\nخبر قصير\n";
    for (profile, folder) in [("fast", "opus-mt-ar-en"), ("news", "opus-mt-tc-big-ar-en")] {
        let place = Sandbox::new();
        let server = hub();
        let path = checkpoint(folder).display().to_string();
        let (expected, _) = good(&run(place.command(&["translate", "--model", &path]), lines));

        let (stdout, stderr) = good(&run(online(&place, &server, &["translate", "--profile", profile]), lines));
        assert_eq!(stdout, expected, "the same words as from the folder");
        assert!(stderr.contains("7 files, ") && stderr.contains("0123456789ab"), "{stderr}");
        assert!(place.path(".config/mujaz/mujaz.lock").is_file());
        assert!(server.take_requests().iter().all(|line| !line.contains("reference.")));

        let (stdout, stderr) = good(&run(place.command(&["translate", "--profile", profile]), lines));
        assert_eq!((stdout, stderr.contains("files")), (expected, false), "{stderr}");
        assert_eq!(server.take_requests(), Vec::<String>::new());

        let (at, _) = good(&run(place.command(&["models", "path", profile]), ""));
        assert!(at.trim_end().ends_with(&format!("snapshots/{COMMIT}")), "{at}");
        let (verified, _) = good(&run(place.command(&["models", "verify", profile]), ""));
        assert_eq!(verified.lines().count(), 7, "{verified}");
        let (shown, _) = good(&run(place.command(&["models", "show", profile]), ""));
        for part in ["licence ", "languages   ar to en", "memory      about ", "state       here", COMMIT, "quality "] {
            assert!(shown.contains(part), "{part}:\n{shown}");
        }
    }
}

#[test]
fn a_briefing_names_the_commit() {
    let place = Sandbox::new();
    let server = hub();
    place.write("in/a.txt", "أعلنت الوزارة أن العمل بدأ في 3 مدن.\n");
    // The lock file lies beside the settings in force.
    place.write("mujaz.toml", "profile = \"fast\"\n");
    good(&run(online(&place, &server, &["brief", "in", "--out", "out"]), ""));
    let briefing = std::fs::read_to_string(place.path("out/a.json")).expect("written");
    assert!(briefing.contains(COMMIT) && briefing.contains(FAST), "{briefing}");
    assert!(place.path("mujaz.lock").is_file() && !place.path(".config/mujaz/mujaz.lock").exists());
    let again = run(place.command(&["brief", "in", "--out", "out"]), "");
    assert!(good(&again).1.contains("nothing to do"));
}

#[test]
fn all_profiles_are_fetched_by_name_and_listed() {
    let place = Sandbox::new();
    let server = hub();
    let arguments = ["--lock", "my.lock", "models", "fetch", "fast", "news", "nllb"];
    good(&run(online(&place, &server, &arguments), ""));
    let lock = std::fs::read_to_string(place.path("my.lock")).expect("written");
    assert_eq!(lock.matches("[[model]]").count(), 3, "{lock}");
    assert!(!lock.contains("flax"));
    let (list, _) = good(&run(place.command(&["--lock", "my.lock", "models", "list", "--json"]), ""));
    let here: Vec<serde_json::Value> = list
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"))
        .filter(|model| !model["path"].is_null())
        .map(|model| model["hub_id"].clone())
        .collect();
    assert_eq!(here, [FAST, NEWS, NLLB]);
    let (table, _) = good(&run(place.command(&["models", "list"]), ""));
    assert!(table.contains("CC-BY-NC-4.0 (non-commercial)"), "{table}");

    // Nothing new: the entry stays as it is.
    let update = ["--lock", "my.lock", "models", "fetch", "fast", "--update"];
    server.take_requests();
    good(&run(online(&place, &server, &update), ""));
    assert_eq!(server.take_requests().len(), 1, "one look at the list of files");
    assert_eq!(std::fs::read_to_string(place.path("my.lock")).expect("there"), lock);
    assert_eq!(run(place.command(&update), "").status.code(), Some(2), "an update needs a connection");
}

#[test]
fn codes_and_hints_of_what_can_not_be_had() {
    let place = Sandbox::new();
    let server = hub();
    let gated = "X-Error-Code: GatedRepo\r\nX-Error-Message: Access to it is restricted\r\n";
    let rows = [
        (Fault::Answer(403, gated), 3, "Access to it is restricted (HTTP 403)", "set HF_TOKEN"),
        (Fault::Answer(429, "Retry-After: 4000\r\n"), 75, "too many requests", "in 4000 s"),
        (Fault::Status(404), 3, "not found", "HF_ENDPOINT"),
    ];
    for (fault, code, said, hint) in rows {
        server.fail_api(&[fault]);
        let output = run(online(&place, &server, &["translate", "--profile", "fast"]), "خبر\n");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{stderr}");
        assert!(stderr.contains(said) && stderr.contains(hint), "{stderr}");
    }
    let output = run(place.command(&["--offline", "translate", "--profile", "fast"]), "خبر\n");
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("mujaz models fetch opus-mt-ar-en"));
}

/// The bytes of the first unfinished content in the cache.
#[cfg(unix)]
fn part_bytes(place: &Sandbox) -> u64 {
    place
        .snapshot(".cache/huggingface/hub")
        .iter()
        .find(|(name, _)| name.ends_with(".mujaz-part"))
        .map_or(0, |(_, bytes)| bytes.len() as u64)
}

#[test]
#[cfg(unix)]
fn a_fetch_that_is_killed_goes_on_and_is_never_taken_for_whole() {
    let place = Sandbox::new();
    let server = hub();
    let weights =
        std::fs::metadata(checkpoint("opus-mt-ar-en").join("pytorch_model.bin")).expect("there").len() as usize;
    let half = weights / 2;
    // In source.spm, in the file after it, in the middle of the weights.
    let rows: [(&[Fault], usize, &[usize]); 3] = [
        (&[Fault::Stall(100)], 100, &[0]),
        (&[Fault::Nothing, Fault::Stall(100)], 100, &[100, 0]),
        (&[Fault::Nothing, Fault::Stall(half)], half, &[100, 0]),
    ];
    for (faults, stalled, starts) in rows {
        server.fail_content(faults);
        let mut child = online(&place, &server, &["models", "fetch", "fast"]).spawn().expect("it starts");
        let deadline = Instant::now() + Duration::from_secs(60);
        while server.content_requests() < starts.len() || part_bytes(&place) != stalled as u64 {
            assert!(Instant::now() < deadline, "nothing came: {faults:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
        child.kill().expect("SIGKILL");
        child.wait().expect("it ended");
        let output = run(place.command(&["translate", "--profile", "fast"]), "خبر\n");
        assert_eq!(output.status.code(), Some(3), "not taken for whole after {faults:?}");
        assert!(!place.path(".config/mujaz/mujaz.lock").exists());
        assert_eq!(server.take_content_starts(), starts, "{faults:?}");
    }
    good(&run(online(&place, &server, &["models", "fetch", "fast"]), ""));
    assert_eq!(server.take_content_starts(), [half], "only what was missing");
    good(&run(place.command(&["translate", "--profile", "fast"]), "خبر\n"));
}

#[test]
fn two_processes_at_once_fetch_each_file_once() {
    let place = Sandbox::new();
    let server = hub();
    // The first content takes its time, so that the other process surely comes in between.
    server.fail_content(&[Fault::Cut(10)]);
    let start = || online(&place, &server, &["models", "fetch", "fast"]).spawn().expect("it starts");
    let both = [start(), start()];
    for child in both {
        good(&child.wait_with_output().expect("it ends"));
    }
    assert_eq!(server.take_content_starts(), [0, 10, 0, 0], "three large files, the first in two pieces");
}

/// A proxy that knows one name, and where each of its connections went.
fn proxy(name: &'static str, target: String) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("bound"));
    let log = Arc::new(Mutex::new(Vec::new()));
    let shared = Arc::clone(&log);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (shared, target) = (Arc::clone(&shared), target.clone());
            std::thread::spawn(move || drop(tunnel(stream, name, &target, &shared)));
        }
    });
    (address, log)
}

fn tunnel(mut client: TcpStream, name: &str, target: &str, log: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut lines = BufReader::new(client.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    while !lines.next().transpose()?.unwrap_or_default().is_empty() {}
    let wanted = first.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()).unwrap_or_default().to_owned();
    log.lock().expect("not poisoned").push(wanted.clone());
    let address = if wanted.starts_with(name) { target.to_owned() } else { wanted };
    let mut server = TcpStream::connect(address)?;
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
    std::thread::spawn(move || std::io::copy(&mut from_client, &mut to_server));
    std::io::copy(&mut server, &mut client).map(drop)
}

#[test]
fn proxies_and_their_exceptions_are_obeyed() {
    let server = hub();
    let host = |address: &str| address.trim_start_matches("http://").to_owned();
    let (address, log) = proxy("hub.test", host(&server.endpoint));
    let cdn = host(&server.cdn);
    for (exceptions, expected_cdn) in [("", 3), ("example.org,127.0.0.1", 0)] {
        let place = Sandbox::new();
        let mut command = online(&place, &server, &["models", "fetch", "fast"]);
        // A name that only the proxy knows.
        command.env("HF_ENDPOINT", "http://hub.test").env("HTTP_PROXY", &address).env("NO_PROXY", exceptions);
        good(&run(command, ""));
        let went = std::mem::take(&mut *log.lock().expect("not poisoned"));
        assert!(went.iter().any(|target| target == "hub.test:80"), "{went:?}");
        assert_eq!(went.iter().filter(|target| **target == cdn).count(), expected_cdn, "{went:?}");
    }
    let place = Sandbox::new();
    let mut command = online(&place, &server, &["models", "fetch", "fast"]);
    command.env("HTTP_PROXY", hub_support::nobody());
    let output = run(command, "");
    assert_eq!(output.status.code(), Some(75), "{}", String::from_utf8_lossy(&output.stderr));
    let mut command = online(&place, &server, &["models", "fetch", "fast"]);
    command.env("ALL_PROXY", "nonsense://x");
    let output = run(command, "");
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn manifests_of_the_user_add_and_override() {
    let place = Sandbox::new();
    let mut own = Repository::of_folder("Someone/own", &checkpoint("opus-mt-ar-en"));
    own.commit = "00".repeat(20);
    let server = Hub::with(vec![own]);
    let manifest = "title = \"Mine\"\nhub_id = \"Someone/own\"\nrevision = \"main\"\ntask = \"translation\"\nfamily = \"marian\"\nengine = \"encoder_decoder\"\n\
        languages = { source = [\"ar\"], target = [\"en\"] }\nlicence = { id = \"MIT\", non_commercial = false }\n";
    place.write(
        "mujaz.toml",
        &format!("profile = \"mine\"\n[profiles.mine]\ntranslator = \"own\"\nsummarizer = \"extractive\"\n[models.own]\n{manifest}"),
    );
    let (first, _) = good(&run(online(&place, &server, &["translate"]), "خبر\n"));
    place.write("known/fast.toml", &format!("name = \"opus-mt-ar-en\"\n{manifest}"));
    let (second, _) =
        good(&run(online(&place, &server, &["--models-dir", "known", "translate", "--profile", "fast"]), "خبر\n"));
    let (by_id, _) = good(&run(online(&place, &server, &["translate", "--model", "Someone/own"]), "خبر\n"));
    assert_eq!((&second, &by_id), (&first, &first));
    place.write("known/wrong.toml", "name = \"x\"\n");
    let output = run(place.command(&["--models-dir", "known", "models", "list"]), "");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("known/wrong.toml"));
}
