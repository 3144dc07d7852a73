//! A temporary working folder in which the real binary runs.

// Each test file uses its own part of this.
#![allow(dead_code)]

use assert_cmd::cargo::CommandCargoExt;
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// See the module. Gone with the value.
pub struct Sandbox {
    folder: tempfile::TempDir,
}

/// What a run gave.
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    folder: String,
}

impl Run {
    pub fn assert_code(&self, code: i32) {
        assert_eq!(self.code, Some(code), "{}", self.block());
    }

    /// Exit code, stdout and stderr as one block, without what changes from run to run.
    pub fn block(&self) -> String {
        let code = self.code.map_or("signal".into(), |code| code.to_string());
        let block = format!("exit code: {code}\n--- stdout\n{}--- stderr\n{}", self.stdout, self.stderr);
        let block = block.replace(&self.folder, "[folder]");
        // "in 1.2 s" of the closing summary, its rates and its times.
        block
            .lines()
            .filter(|line| !line.starts_with("          ") || !line.contains(" s for "))
            .map(|line| match line.rfind(" in ") {
                Some(at) if line.ends_with(" s") => format!("{} in [time]", &line[..at]),
                _ if line.starts_with("speed ") => "speed      [rate]".to_owned(),
                _ if line.starts_with("slowest ") => "slowest    [articles]".to_owned(),
                _ => line.to_owned(),
            })
            .collect::<Vec<_>>()
            .join("\n")
    }
}

impl Sandbox {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        self.write_bytes(name, text.as_bytes());
    }

    pub fn write_bytes(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// The random model of the fixtures.
    pub fn model(&self) -> String {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/llm_qwen2.gguf").display().to_string()
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::cargo_bin("mujaz").unwrap();
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .env("HF_HUB_OFFLINE", "1")
            .env("NO_COLOR", "1")
            .env("COLUMNS", "100")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn mujaz(&self, arguments: &[&str]) -> Run {
        self.finished(self.command(arguments).output().unwrap())
    }

    pub fn mujaz_with_stdin(&self, arguments: &[&str], stdin: &[u8]) -> Run {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        // A program that refuses its arguments ends before it reads.
        let written = child.stdin.take().unwrap().write_all(stdin);
        assert!(written.is_ok() || written.is_err_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe));
        self.finished(child.wait_with_output().unwrap())
    }

    /// With a stdout that nobody reads any more (`| head`).
    pub fn mujaz_into_closed_pipe(&self, arguments: &[&str]) -> Run {
        let mut child = self.command(arguments).spawn().unwrap();
        drop(child.stdout.take());
        self.finished(child.wait_with_output().unwrap())
    }

    /// `mujaz brief` with the random model.
    pub fn brief(&self, arguments: &[&str]) -> Run {
        self.mujaz(&[&["brief", "--translator", &self.model()], arguments].concat())
    }

    /// The same, and SIGINT as soon as the first briefing lies in `out`.
    #[cfg(unix)]
    pub fn brief_interrupted(&self, arguments: &[&str], out: &str) -> Run {
        let model = self.model();
        let child = self.command(&[&["brief", "--translator", &model], arguments].concat()).spawn().unwrap();
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(120);
        while !self.snapshot(out).iter().any(|(name, _)| name.ends_with(".json")) {
            assert!(std::time::Instant::now() < deadline, "no briefing came");
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        self.finished(child.wait_with_output().unwrap())
    }

    fn finished(&self, output: std::process::Output) -> Run {
        Run {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            folder: self.folder.path().display().to_string(),
        }
    }

    /// Every file below `name` with its bytes, sorted.
    pub fn snapshot(&self, name: &str) -> Vec<(String, Vec<u8>)> {
        let root = self.path(name);
        let mut files: Vec<_> = walkdir::WalkDir::new(&root)
            .into_iter()
            .flatten()
            .filter(|entry| entry.file_type().is_file())
            .filter_map(|entry| {
                let relative = entry.path().strip_prefix(&root).unwrap().display().to_string();
                // Facts of runs, with their times.
                if relative == "run.json" || relative.starts_with("status-") {
                    return None;
                }
                // A file that is being renamed may be gone by now.
                fs::read(entry.path()).ok().map(|bytes| (relative, bytes))
            })
            .collect();
        files.sort();
        files
    }
}

pub fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}
