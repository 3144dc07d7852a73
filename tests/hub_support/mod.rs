//! A Hub on loopback and a pip in a shell script, for the tests of `mujaz::hub`.

// Each test file uses its own part of this.
#![allow(dead_code)]

use mujaz::hub::{Manifest, Settings};
use sha2::{Digest, Sha256};
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
    /// The connection ends after so many bytes of the body.
    Cut(usize),
    /// Nothing more comes after so many bytes of the body.
    Stall(usize),
}

#[derive(Default)]
struct State {
    requests: Vec<String>,
    api_faults: Vec<Fault>,
    resolve_faults: Vec<Fault>,
    content_faults: Vec<Fault>,
}

/// Speaks the Hub's protocol for one file: `/api/models/…`, `/…/resolve/…` with a redirect, ranges.
pub struct Hub {
    pub endpoint: String,
    state: Arc<Mutex<State>>,
}

impl Hub {
    pub fn serving(content: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("bound"));
        let state = Arc::new(Mutex::new(State::default()));
        let (shared, base, content) = (Arc::clone(&state), endpoint.clone(), Arc::new(content));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (state, base, content) = (Arc::clone(&shared), base.clone(), Arc::clone(&content));
                // A client that goes away is part of the tests.
                std::thread::spawn(move || drop(answer(stream, &state, &base, &content)));
            }
        });
        Self { endpoint, state }
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

    /// `PATH RANGE AUTHORIZATION` of each request so far; the list starts anew.
    pub fn take_requests(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().expect("not poisoned").requests)
    }

    /// Starts of the ranges in which the content was asked for, the one-byte look at its size left out.
    pub fn take_content_starts(&self) -> Vec<usize> {
        self.take_requests()
            .iter()
            .filter(|line| line.starts_with("/content") && !line.contains("bytes=0-0"))
            .map(|line| {
                let range = line.split("bytes=").nth(1).and_then(|range| range.split('-').next());
                range.and_then(|start| start.parse().ok()).unwrap_or_else(|| panic!("no range: {line}"))
            })
            .collect()
    }
}

fn answer(mut stream: TcpStream, state: &Mutex<State>, base: &str, content: &[u8]) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let (mut range, mut authorization) = (String::new(), String::new());
    for line in lines {
        let line = line?;
        match line.split_once(": ") {
            _ if line.is_empty() => break,
            Some((name, value)) if name.eq_ignore_ascii_case("range") => range = value.to_owned(),
            Some((name, value)) if name.eq_ignore_ascii_case("authorization") => authorization = value.to_owned(),
            _ => {}
        }
    }
    let fault = {
        let mut state = state.lock().expect("not poisoned");
        state.requests.push(format!("{path} {range} {authorization}"));
        let look = range == "bytes=0-0";
        let faults = match () {
            () if path.starts_with("/api/") => &mut state.api_faults,
            () if path.starts_with("/content") && !look => &mut state.content_faults,
            () if path.starts_with("/content") => return send_range(&mut stream, content, &range, None),
            () => &mut state.resolve_faults,
        };
        if faults.is_empty() { None } else { Some(faults.remove(0)) }
    };
    if let Some(Fault::Status(status)) = fault {
        return write!(stream, "HTTP/1.1 {status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }
    if path == "/api/models/someone/test-model/revision/main" {
        let body = format!(r#"{{"sha":"{COMMIT}","siblings":[{{"rfilename":"{FILE}"}}]}}"#);
        let length = body.len();
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
    } else if path == format!("/someone/test-model/resolve/main/{FILE}") {
        let etag = sha256(content);
        write!(
            stream,
            "HTTP/1.1 302 Found\r\nLocation: {base}/content/{etag}\r\nX-Repo-Commit: {COMMIT}\r\n\
             X-Linked-Etag: \"{etag}\"\r\nX-Linked-Size: {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            content.len()
        )
    } else if path.starts_with("/content/") {
        send_range(&mut stream, content, &range, fault)
    } else {
        write!(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    }
}

fn send_range(stream: &mut TcpStream, content: &[u8], range: &str, fault: Option<Fault>) -> std::io::Result<()> {
    let (start, end) = range.trim_start_matches("bytes=").split_once('-').unwrap_or(("0", ""));
    let start: usize = start.parse().unwrap_or(0);
    let end: usize = end.parse().map_or(content.len(), |last: usize| last + 1);
    if start >= content.len() {
        return write!(stream, "HTTP/1.1 416 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }
    let body = &content[start..end];
    write!(
        stream,
        "HTTP/1.1 206 Partial Content\r\nContent-Length: {}\r\nContent-Range: bytes {start}-{}/{}\r\n\
         Connection: close\r\n\r\n",
        body.len(),
        end - 1,
        content.len()
    )?;
    match fault {
        Some(Fault::Cut(bytes)) => stream.write_all(&body[..bytes]),
        Some(Fault::Stall(bytes)) => {
            stream.write_all(&body[..bytes])?;
            std::thread::sleep(Duration::from_secs(10));
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
