//! A Hub on loopback and a pip in a shell script, for the tests of `mujaz::hub`.

// Each test file uses its own part of this.
#![allow(dead_code)]

use mujaz::hub::{Manifest, Proxies, Settings};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub const FILE: &str = "model.gguf";
pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes that do not repeat, so that a piece in the wrong place changes the sum.
pub fn content(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        })
        .collect()
}

/// A manifest for `bytes`, with `extra` at its end.
pub fn manifest_text(bytes: u64, sha256: &str, extra: &str) -> String {
    format!(
        r#"
name = "test-model"
title = "A test"
hub_id = "someone/test-model"
revision = "main"
task = "translation"
family = "qwen2"
engine = "gguf"
prompt = "chat"
[languages]
source = ["ar"]
target = ["en"]
[licence]
id = "Apache-2.0"
non_commercial = false
[[file]]
name = "{FILE}"
bytes = {bytes}
sha256 = "{sha256}"
{extra}
"#
    )
}

pub fn manifest(content: &[u8], extra: &str) -> Manifest {
    let text = manifest_text(content.len() as u64, &sha256(content), extra);
    Manifest::from_toml("test.toml", &text).unwrap_or_else(|error| panic!("{error}"))
}

/// Store, cache and time-outs of a test below `folder`.
pub fn settings(folder: &Path, endpoint: &str) -> Settings {
    Settings {
        store: folder.join("store"),
        hub_cache: folder.join("hub"),
        endpoint: Some(endpoint.to_owned()),
        token: None,
        offline: false,
        python: folder.join("no-python"),
        connect_timeout: Duration::from_secs(2),
        answer_timeout: Duration::from_secs(2),
        stall_timeout: Duration::from_secs(2),
        retry_pause: Duration::from_millis(20),
        longest_wait: Duration::from_secs(2),
        proxies: Proxies::default(),
        certificates: None,
        lock_file: Some(folder.join("mujaz.lock")),
        verbose: false,
    }
}

/// An address on which nothing listens.
pub fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    format!("http://{}", listener.local_addr().expect("bound"))
}

/// Every file below `folder`, as paths below it.
pub fn files_below(folder: &Path) -> Vec<String> {
    let mut found: Vec<String> = walkdir::WalkDir::new(folder)
        .into_iter()
        .flatten()
        .filter(|entry| !entry.file_type().is_dir())
        .map(|entry| entry.path().strip_prefix(folder).expect("below").display().to_string())
        .collect();
    found.sort();
    found
}

/// How one answer goes wrong. Taken from the front of the list for its kind of request.
#[derive(Clone, Debug)]
pub enum Fault {
    Status(u16),
    /// With these headers, each line ended by `\r\n`.
    Answer(u16, &'static str),
    /// The connection ends after so many bytes of the body.
    Cut(usize),
    /// Nothing more comes after so many bytes of the body.
    Stall(usize),
    /// This one goes as it should.
    Nothing,
    /// The whole file, whatever range was asked for.
    NoRanges,
}

/// A model repository on the server.
#[derive(Clone, Default)]
pub struct Repository {
    pub id: String,
    pub commit: String,
    pub files: BTreeMap<String, Vec<u8>>,
    /// Not what `main` stands for.
    pub old: bool,
    /// Files that the listing shows without size and content id.
    pub bare_listing: bool,
    /// Size of large files that is told, whatever it is.
    pub told_bytes: Option<u64>,
    /// What is sent in place of a file, whatever is told of it.
    pub sent_instead: BTreeMap<String, Vec<u8>>,
}

impl Repository {
    pub fn new(id: &str, files: &[(&str, &[u8])]) -> Self {
        let files = files.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect();
        Self { id: id.to_owned(), commit: COMMIT.to_owned(), files, ..Self::default() }
    }

    /// All files of a folder.
    pub fn of_folder(id: &str, folder: &Path) -> Self {
        let mut repository = Self::new(id, &[]);
        for name in files_below(folder) {
            let bytes = std::fs::read(folder.join(&name)).expect("readable");
            repository.files.insert(name, bytes);
        }
        repository
    }
}

/// Kept with LFS, as the Hub keeps what is no text: behind a redirect, under its SHA-256.
fn is_large(name: &str) -> bool {
    [".gguf", ".bin", ".safetensors", ".spm", ".h5", ".ot"].iter().any(|end| name.ends_with(end))
}

pub fn git_id(bytes: &[u8]) -> String {
    let mut hasher = sha1::Sha1::new();
    hasher.update(format!("blob {}\0", bytes.len()));
    hasher.update(bytes);
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The name of a content in the cache.
pub fn etag(name: &str, bytes: &[u8]) -> String {
    if is_large(name) { sha256(bytes) } else { git_id(bytes) }
}

#[derive(Default)]
struct State {
    requests: Vec<String>,
    api_faults: Vec<Fault>,
    resolve_faults: Vec<Fault>,
    content_faults: Vec<Fault>,
    repositories: Vec<Repository>,
}

/// Speaks the Hub's protocol: `/api/models/…` with the list of files, `/…/resolve/…` with ETag and commit, large
/// files behind a redirect to another address (its "CDN"), ranges.
pub struct Hub {
    pub endpoint: String,
    pub cdn: String,
    state: Arc<Mutex<State>>,
}

impl Hub {
    pub fn serving(content: Vec<u8>) -> Self {
        Self::with(vec![Repository::new("someone/test-model", &[(FILE, &content)])])
    }

    pub fn with(repositories: Vec<Repository>) -> Self {
        let [hub, cdn] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
        let address = |listener: &TcpListener| format!("http://{}", listener.local_addr().expect("bound"));
        let (endpoint, cdn_address) = (address(&hub), address(&cdn));
        let state = Arc::new(Mutex::new(State { repositories, ..State::default() }));
        for listener in [hub, cdn] {
            let (shared, cdn) = (Arc::clone(&state), cdn_address.clone());
            std::thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let (state, cdn) = (Arc::clone(&shared), cdn.clone());
                    // A client that goes away is part of the tests.
                    std::thread::spawn(move || drop(answer(stream, &state, &cdn)));
                }
            });
        }
        Self { endpoint, cdn: cdn_address, state }
    }

    pub fn set(&self, repositories: Vec<Repository>) {
        self.state.lock().expect("not poisoned").repositories = repositories;
    }

    pub fn fail_api(&self, faults: &[Fault]) {
        self.state.lock().expect("not poisoned").api_faults = faults.to_vec();
    }
    pub fn fail_resolve(&self, faults: &[Fault]) {
        self.state.lock().expect("not poisoned").resolve_faults = faults.to_vec();
    }
    pub fn fail_content(&self, faults: &[Fault]) {
        self.state.lock().expect("not poisoned").content_faults = faults.to_vec();
    }

    /// `METHOD PATH RANGE AUTHORIZATION` of each request so far; the list starts anew.
    pub fn take_requests(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().expect("not poisoned").requests)
    }

    /// Starts of the ranges in which large contents were asked for.
    pub fn take_content_starts(&self) -> Vec<usize> {
        self.take_requests()
            .iter()
            .filter(|line| line.contains(" /content"))
            .map(|line| {
                let range = line.split("bytes=").nth(1).and_then(|range| range.split('-').next());
                range.map_or(0, |start| start.parse().expect("a number"))
            })
            .collect()
    }

    /// How many large contents were asked for so far.
    pub fn content_requests(&self) -> usize {
        self.state.lock().expect("not poisoned").requests.iter().filter(|line| line.contains(" /content")).count()
    }
}

/// What a client asked for.
struct Request {
    method: String,
    path: String,
    range: String,
    authorization: String,
}

fn read_request(stream: &TcpStream) -> std::io::Result<Request> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut request = Request { method, path, range: String::new(), authorization: String::new() };
    for line in lines {
        let line = line?;
        match line.split_once(": ") {
            _ if line.is_empty() => break,
            Some((name, value)) if name.eq_ignore_ascii_case("range") => request.range = value.to_owned(),
            Some((name, value)) if name.eq_ignore_ascii_case("authorization") => {
                request.authorization = value.to_owned();
            }
            _ => {}
        }
    }
    Ok(request)
}

fn status_only(stream: &mut TcpStream, status: u16, headers: &str) -> std::io::Result<()> {
    write!(stream, "HTTP/1.1 {status} No\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n")
}

fn answer(mut stream: TcpStream, state: &Mutex<State>, cdn: &str) -> std::io::Result<()> {
    let request = read_request(&stream)?;
    let (fault, repositories) = {
        let mut state = state.lock().expect("not poisoned");
        let Request { method, path, range, authorization } = &request;
        state.requests.push(format!("{method} {path} {range} {authorization}"));
        let faults = match () {
            () if path.starts_with("/api/") => &mut state.api_faults,
            () if path.starts_with("/content") => &mut state.content_faults,
            () => &mut state.resolve_faults,
        };
        let fault = if faults.is_empty() { None } else { Some(faults.remove(0)) };
        (fault, state.repositories.clone())
    };
    match fault {
        Some(Fault::Status(status)) => return status_only(&mut stream, status, ""),
        Some(Fault::Answer(status, headers)) => return status_only(&mut stream, status, headers),
        _ => {}
    }
    let path = request.path.split('?').next().unwrap_or_default();
    let at = |id: &str, revision: &str| {
        repositories.iter().find(|repository| {
            repository.id == id && (repository.commit == revision || (revision == "main" && !repository.old))
        })
    };
    for id in repositories.iter().map(|repository| repository.id.as_str()) {
        if let Some(revision) = path.strip_prefix(&format!("/api/models/{id}/revision/")) {
            let Some(repository) = at(id, revision) else {
                return status_only(&mut stream, 404, "X-Error-Code: RevisionNotFound\r\n");
            };
            return send_all(&mut stream, listing(repository).as_bytes(), "");
        }
        if let Some(rest) = path.strip_prefix(&format!("/{id}/resolve/")) {
            let (revision, name) = rest.split_once('/').unwrap_or_default();
            let found = at(id, revision).and_then(|repository| Some((repository, repository.files.get(name)?)));
            let Some((repository, bytes)) = found else {
                return status_only(&mut stream, 404, "X-Error-Code: EntryNotFound\r\n");
            };
            return resolve(&mut stream, repository, name, bytes, &request.method, cdn);
        }
    }
    for repository in &repositories {
        let by_sum = |(name, bytes): &(&String, &Vec<u8>)| path.strip_prefix("/content/") == Some(&etag(name, bytes));
        if let Some((name, bytes)) = repository.files.iter().find(by_sum) {
            let bytes = repository.sent_instead.get(name).unwrap_or(bytes);
            return send_range(&mut stream, bytes, &request.range, fault);
        }
    }
    let text = br#"{"error":"Repository not found"}"#;
    write!(
        stream,
        "HTTP/1.1 401 No\r\nX-Error-Code: RepoNotFound\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        text.len()
    )?;
    stream.write_all(text)
}

fn resolve(
    stream: &mut TcpStream,
    repository: &Repository,
    name: &str,
    bytes: &[u8],
    method: &str,
    cdn: &str,
) -> std::io::Result<()> {
    let (etag, commit, length) = (etag(name, bytes), &repository.commit, bytes.len());
    let common = format!("X-Repo-Commit: {commit}\r\n");
    if is_large(name) {
        let headers = format!(
            "{common}Location: {cdn}/content/{etag}\r\nX-Linked-Etag: \"{etag}\"\r\nX-Linked-Size: {length}\r\n"
        );
        return status_only(stream, 302, &headers);
    }
    let headers = format!("{common}ETag: \"{etag}\"\r\n");
    if method == "HEAD" {
        return write!(stream, "HTTP/1.1 200 OK\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n");
    }
    send_all(stream, repository.sent_instead.get(name).map_or(bytes, Vec::as_slice), &headers)
}

fn listing(repository: &Repository) -> String {
    let siblings: Vec<serde_json::Value> = repository
        .files
        .iter()
        .map(|(name, bytes)| match (repository.bare_listing, is_large(name)) {
            (true, _) => serde_json::json!({ "rfilename": name }),
            (false, true) => serde_json::json!({
                "rfilename": name, "size": repository.told_bytes.unwrap_or(bytes.len() as u64), "blobId": git_id(b"a pointer"),
                "lfs": { "sha256": sha256(bytes), "pointerSize": 134 },
            }),
            (false, false) => {
                serde_json::json!({ "rfilename": name, "size": bytes.len(), "blobId": git_id(bytes) })
            }
        })
        .collect();
    serde_json::json!({ "id": repository.id, "sha": repository.commit, "siblings": siblings }).to_string()
}

fn send_all(stream: &mut TcpStream, body: &[u8], headers: &str) -> std::io::Result<()> {
    let length = body.len();
    write!(stream, "HTTP/1.1 200 OK\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n")?;
    stream.write_all(body)
}

fn send_range(stream: &mut TcpStream, content: &[u8], range: &str, fault: Option<Fault>) -> std::io::Result<()> {
    let (start, end) = range.trim_start_matches("bytes=").split_once('-').unwrap_or(("", ""));
    let start: usize = start.parse().unwrap_or(0);
    let end: usize = end.parse().map_or(content.len(), |last: usize| last + 1);
    if range.is_empty() || matches!(fault, Some(Fault::NoRanges)) {
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", content.len())?;
    } else if start >= content.len() {
        return status_only(stream, 416, "");
    } else {
        write!(
            stream,
            "HTTP/1.1 206 Partial Content\r\nContent-Length: {}\r\nContent-Range: bytes {start}-{}/{}\r\n\
             Connection: close\r\n\r\n",
            end - start,
            end - 1,
            content.len()
        )?;
    }
    let body = if matches!(fault, Some(Fault::NoRanges)) { content } else { &content[start..end] };
    match fault {
        Some(Fault::Cut(bytes)) => stream.write_all(&body[..bytes]),
        Some(Fault::Stall(bytes)) => {
            stream.write_all(&body[..bytes])?;
            std::thread::sleep(Duration::from_secs(20));
            Ok(())
        }
        _ => stream.write_all(body),
    }
}

/// A `python3` whose pip takes wheels from a folder, and writes down what it was asked for.
pub struct Pip {
    pub python: PathBuf,
    folder: PathBuf,
}

impl Pip {
    pub fn new(folder: &Path) -> Self {
        let folder = folder.join("pip");
        std::fs::create_dir_all(&folder).expect("created");
        let python = folder.join("python3");
        let script = format!(
            "#!/bin/sh\nfolder='{}'\n\
             if [ \"$3\" = --version ]; then echo pip 1.0; exit 0; fi\n\
             while [ $# -gt 1 ]; do if [ \"$1\" = --dest ]; then dest=$2; fi; shift; done\n\
             echo \"$1\" >> \"$folder/log\"\n\
             if [ -e \"$folder/$1.hang\" ]; then exec sleep 60; fi\n\
             if [ ! -e \"$folder/$1.whl\" ]; then echo \"ERROR: no matching distribution for $1\" >&2; exit 1; fi\n\
             cp \"$folder/$1.whl\" \"$dest/\"\n",
            folder.display()
        );
        std::fs::write(&python, script).expect("written");
        #[cfg(unix)]
        std::fs::set_permissions(&python, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("executable");
        Self { python, folder }
    }

    /// A wheel of these members.
    pub fn offer(&self, requirement: &str, members: &[(&str, &[u8])]) {
        let file = std::fs::File::create(self.folder.join(format!("{requirement}.whl"))).expect("created");
        let mut wheel = zip::ZipWriter::new(file);
        for (name, bytes) in members {
            wheel.start_file(*name, zip::write::SimpleFileOptions::default()).expect("started");
            wheel.write_all(bytes).expect("written");
        }
        wheel.finish().expect("finished");
    }

    pub fn withdraw(&self, requirement: &str) {
        std::fs::remove_file(self.folder.join(format!("{requirement}.whl"))).expect("was offered");
    }

    pub fn hang_at(&self, requirement: &str, on: bool) {
        let path = self.folder.join(format!("{requirement}.hang"));
        if on { std::fs::write(path, "").expect("written") } else { std::fs::remove_file(path).expect("was there") }
    }

    /// What it was asked for so far, in order; the list starts anew.
    pub fn take_log(&self) -> Vec<String> {
        let log = self.peek_log();
        let _ = std::fs::remove_file(self.folder.join("log"));
        log
    }

    pub fn peek_log(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}
