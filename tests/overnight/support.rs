//! A folder of articles, and runs of the program with a translator without weights (`program.rs`).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::SystemTime;

/// Article number `number`: eight sentences, two of them with quotes, all different; every tenth is a wire copy of the
/// one before.
pub fn article(number: usize) -> String {
    let number = if number % 10 == 9 { number - 1 } else { number };
    let mut text = format!("عنوان الخبر رقم {number}\n\nقال المدير سالم الراوي: \"وصلت الدفعة رقم {number}\".\n");
    for sentence in 0..5 {
        text += &format!("أعلنت الوزارة أن العمل بدأ في {} مدن من الإقليم رقم {number}.\n", sentence + 3);
    }
    text + &format!("وأضاف: \"نعمل منذ {number} يوما على هذا المشروع\".\n")
}

/// A temporary folder with `in/`.
pub struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn with_articles(count: usize) -> Self {
        let place = Self::new();
        for number in 0..count {
            place.write(&format!("in/{:02}/{number:05}.txt", number % 7), &article(number));
        }
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// `mujaz ARGUMENTS` in the folder, not yet started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--ignored", "--exact", "program::as_mujaz", "--nocapture", "--test-threads", "1"])
            .current_dir(self.folder.path())
            .env_clear()
            .env("FAKE_ARGUMENTS", serde_json::to_string(arguments).unwrap())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path("home"))
            .env("TMPDIR", std::env::temp_dir())
            .env("NO_COLOR", "1")
            .env("COLUMNS", "100")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// `mujaz brief in --out OUT`.
    pub fn brief(&self, out: &str) -> Command {
        self.command(&["brief", "in", "--out", out, "--format", "html,md,csv"])
    }

    /// Every file below `name` with its bytes, without the facts of runs.
    pub fn files(&self, name: &str) -> BTreeMap<String, Vec<u8>> {
        self.files_at(&self.path(name))
    }

    /// The same of any folder.
    pub fn files_at(&self, root: &Path) -> BTreeMap<String, Vec<u8>> {
        let is_fact = |name: &str| name.starts_with("run") || name.starts_with("status-");
        walkdir::WalkDir::new(root)
            .into_iter()
            .map(Result::unwrap)
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| (entry.path().strip_prefix(root).unwrap().display().to_string(), entry.into_path()))
            .filter(|(name, _)| !(is_fact(name) && name.ends_with(".json")))
            .map(|(name, path)| (name, fs::read(path).unwrap()))
            .collect()
    }

    /// When each briefing below `name` was written.
    pub fn times(&self, name: &str) -> BTreeMap<PathBuf, SystemTime> {
        walkdir::WalkDir::new(self.path(name))
            .follow_links(true)
            .into_iter()
            .flatten()
            .filter(|entry| entry.depth() > 1 && entry.path().extension().is_some_and(|ext| ext == "json"))
            .filter_map(|entry| Some((entry.path().to_owned(), entry.metadata().ok()?.modified().ok()?)))
            .collect()
    }

    /// The batches of a log, each a list of hashes.
    pub fn batches(&self, log: &str) -> Vec<Vec<String>> {
        let text = fs::read_to_string(self.path(log)).unwrap_or_default();
        text.lines().map(|line| line.split(' ').map(str::to_owned).collect()).collect()
    }
}

/// Articles that fail in each way, beside some that do not.
pub fn troubled() -> Place {
    let place = Place::with_articles(4);
    place.write("in/model.txt", "وصلت زمردة إلى المدينة.\n");
    place.write("in/memory.txt", "أعلنت الوزارة أن العمل بدأ.\nوصلت لؤلؤة إلى المدينة.\n");
    place.write("in/panic.txt", "أعلنت الوزارة أن العمل بدأ.\nوصلت ياقوتة إلى المدينة.\n");
    place.write("in/empty.txt", " ");
    place
}

/// Exit code, stdout and stderr as one block.
pub fn block(output: &Output) -> String {
    let code = output.status.code().map_or("signal".to_owned(), |code| code.to_string());
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    // What the test runner says before it starts the program.
    let stdout = stdout.trim_start().strip_prefix("running 1 test\n").unwrap_or(&stdout);
    format!("exit code: {code}\n--- stdout\n{stdout}--- stderr\n{stderr}")
}

pub fn run(command: &mut Command, code: i32) -> String {
    let output = command.output().unwrap();
    let block = block(&output);
    assert_eq!(output.status.code(), Some(code), "{block}");
    block
}

pub fn finish(child: Child, code: i32) -> String {
    let output = child.wait_with_output().unwrap();
    let block = block(&output);
    assert_eq!(output.status.code(), Some(code), "{block}");
    block
}

/// The two folders hold the same files; the first difference is told.
pub fn assert_same(left: &BTreeMap<String, Vec<u8>>, right: &BTreeMap<String, Vec<u8>>) {
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(left), names(right));
    for (name, bytes) in left {
        assert!(*bytes == right[name], "{name} differs");
    }
}

/// Numbers that differ from run to run: the moments of kills.
pub struct Random(u64);

impl Random {
    pub fn new() -> Self {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        Self(since.as_nanos() as u64 | 1)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// A checkpoint of the fixtures.
pub fn checkpoint() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/checkpoints/opus-mt-ar-en")
}
