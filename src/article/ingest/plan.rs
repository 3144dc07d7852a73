//! The plan: which inputs there are, in which order, under which ids. Everything that is wrong with the command line
//! comes out here, before any work.

use super::ids::{Claims, file_id};
use super::json_lines::{RawLines, id_of};
use super::outcome::{Failed, IngestError, Ingested, SkipReason, Skipped};
use super::read;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;
use walkdir::{DirEntry, WalkDir};

/// What the command line says about inputs beside their names.
#[derive(Debug, Clone, Default)]
pub struct IngestOptions {
    /// The output folder: what lies in it is not read, also where it lies inside an input folder.
    pub out_dir: Option<PathBuf>,
    /// Stop after this many articles. What was skipped or failed does not count.
    pub limit: Option<usize>,
}

/// Where articles come from. Holds no article text.
#[derive(Debug)]
enum Source {
    PlainText {
        from: Origin,
        path: String,
        id: String,
    },
    /// `lines` were there when the plan was made.
    JsonLines {
        from: Origin,
        path: String,
        id: String,
        lines: usize,
    },
    Skipped(Skipped),
    Failed(Failed),
}

#[derive(Debug)]
enum Origin {
    File(PathBuf),
    /// Standard input, kept so that it can be read for its ids and again for its articles.
    Kept(NamedTempFile),
}

impl Origin {
    fn open(&self) -> io::Result<File> {
        match self {
            Self::File(path) => File::open(path),
            Self::Kept(file) => file.reopen(),
        }
    }
}

/// The walked, ordered, checked list of sources.
#[derive(Debug)]
pub struct InputPlan {
    sources: Vec<Source>,
    limit: Option<usize>,
}

/// Walks `inputs` in the order given (folders sorted by name, hidden entries left out) and checks that no two articles
/// would write the same output. `-` is standard input: JSONL if its first byte that is no white space is `{`, else one
/// plain text with the id `stdin`.
pub fn plan(inputs: &[PathBuf], options: &IngestOptions) -> Result<InputPlan, IngestError> {
    plan_with_stdin(inputs, options, io::stdin())
}

/// [`plan`] with another standard input; it is read only if `-` is among the inputs.
pub fn plan_with_stdin(
    inputs: &[PathBuf],
    options: &IngestOptions,
    mut stdin: impl Read,
) -> Result<InputPlan, IngestError> {
    if inputs.is_empty() {
        return Err(IngestError::NoInput);
    }
    if inputs.iter().filter(|input| input.as_os_str() == "-").count() > 1 {
        return Err(IngestError::StdinTwice);
    }
    let out_dir = options.out_dir.as_ref().and_then(|folder| fs::canonicalize(folder).ok());
    let mut sources = Vec::new();
    for input in inputs {
        if input.as_os_str() == "-" {
            sources.push(keep_stdin(&mut stdin).map_err(IngestError::Stdin)?);
            continue;
        }
        match fs::metadata(input) {
            Ok(found) if found.is_dir() => {
                if out_dir.is_some() && fs::canonicalize(input).ok() == out_dir {
                    return Err(IngestError::OutputIsInput { path: input.clone() });
                }
                walk(input, out_dir.as_deref(), &mut sources);
            }
            Ok(found) if found.is_file() => {
                let name = input.file_name().map_or(input.as_path(), Path::new);
                sources.push(source_of_file(input.clone(), name));
            }
            Ok(_) => return Err(IngestError::NotAFile { path: input.clone() }),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Err(IngestError::NotFound { path: input.clone() });
            }
            Err(error) => sources.push(Source::Failed(read::unreadable(input.display().to_string(), &error))),
        }
    }
    check_outputs(&mut sources)?;
    Ok(InputPlan { sources, limit: options.limit })
}

/// Adds the files below `folder`. Symbolic links are followed.
fn walk(folder: &Path, out_dir: Option<&Path>, sources: &mut Vec<Source>) {
    let is_hidden = |entry: &DirEntry| entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".");
    let is_out_dir = |entry: &DirEntry| {
        entry.file_type().is_dir() && out_dir.is_some() && fs::canonicalize(entry.path()).ok().as_deref() == out_dir
    };
    let entries = WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter();
    for entry in entries.filter_entry(|entry| !is_hidden(entry) && !is_out_dir(entry)) {
        match entry {
            Ok(entry) if entry.file_type().is_dir() => {}
            Ok(entry) if entry.file_type().is_file() => {
                let relative = entry.path().strip_prefix(folder).unwrap_or(entry.path()).to_owned();
                sources.push(source_of_file(entry.into_path(), &relative));
            }
            Ok(entry) => {
                let path = entry.path().display().to_string();
                sources.push(Source::Skipped(Skipped { path, reason: SkipReason::NotAFile }));
            }
            Err(error) => {
                let path = error.path().unwrap_or(folder).display().to_string();
                let is_hidden =
                    error.path().and_then(Path::file_name).is_some_and(|n| n.as_encoded_bytes().starts_with(b"."));
                if error.loop_ancestor().is_some() {
                    sources.push(Source::Skipped(Skipped { path, reason: SkipReason::LinkLoop }));
                } else if !(is_hidden && error.depth() > 0) {
                    sources.push(Source::Failed(read::unreadable(path, &io::Error::from(error))));
                }
            }
        }
    }
}

/// What the name of a file says that it is. `relative` is what its id is made from.
fn source_of_file(file: PathBuf, relative: &Path) -> Source {
    let path = file.display().to_string();
    let id = file_id(relative);
    let extension = relative.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    match extension.as_deref() {
        None | Some("txt" | "text") => Source::PlainText { from: Origin::File(file), path, id },
        Some("jsonl" | "ndjson") => Source::JsonLines { from: Origin::File(file), path, id, lines: 0 },
        Some(_) => {
            let extension = extension.unwrap_or_default();
            Source::Skipped(Skipped { path, reason: SkipReason::UnknownType { extension } })
        }
    }
}

fn keep_stdin(stdin: &mut impl Read) -> io::Result<Source> {
    let mut kept = NamedTempFile::with_prefix("mujaz-stdin-")?;
    io::copy(stdin, kept.as_file_mut())?;
    kept.as_file_mut().flush()?;
    let (path, id) = ("-".to_owned(), "stdin".to_owned());
    // A byte-order mark and the high bytes of UTF-16 are none of these characters.
    let mut beginning = Vec::new();
    kept.reopen()?.take(64 * 1024).read_to_end(&mut beginning)?;
    let text = beginning.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&beginning);
    let first = text.iter().find(|byte| !byte.is_ascii_whitespace() && !matches!(byte, 0x00 | 0xFE | 0xFF));
    let from = Origin::Kept(kept);
    Ok(if first == Some(&b'{') {
        Source::JsonLines { from, path, id, lines: 0 }
    } else {
        Source::PlainText { from, path, id }
    })
}

/// Reads the ids of all JSONL files and refuses two inputs with one output. A file that can't be read is left to be
/// reported when its turn comes.
fn check_outputs(sources: &mut [Source]) -> Result<(), IngestError> {
    let mut claims = Claims::default();
    for index in 0..sources.len() {
        // A source's number and a line's number are far below 2^32: each takes bytes of memory or of a file.
        let source = index as u32;
        let clash = match &mut sources[index] {
            Source::PlainText { id, .. } => claims.claim(id, (source, 0)).err().map(|first| (id.clone(), first, 0)),
            Source::JsonLines { from, id: file_id, lines, .. } => {
                let mut clash = None;
                let opened = from.open().and_then(RawLines::new).ok().filter(|lines| !lines.is_binary);
                for line in opened.into_iter().flatten().map_while(Result::ok) {
                    *lines += 1;
                    let Some(id) = id_of(file_id, &line) else { continue };
                    let number = line.number as u32;
                    if let Err(first) = claims.claim(&id, (source, number)) {
                        clash = Some((id, first, number));
                        break;
                    }
                }
                clash
            }
            Source::Skipped(_) | Source::Failed(_) => None,
        };
        if let Some((id, first, line)) = clash {
            let (first, second) = (input_name(sources, first), input_name(sources, (source, line)));
            return Err(IngestError::SameOutput { id, first, second });
        }
    }
    Ok(())
}

fn input_name(sources: &[Source], (source, line): (u32, u32)) -> String {
    match sources.get(source as usize) {
        Some(Source::JsonLines { path, .. }) => format!("{path}:{line}"),
        Some(Source::PlainText { path, .. }) => path.clone(),
        // Only the two kinds above claim an id.
        Some(Source::Skipped(_) | Source::Failed(_)) | None => String::new(),
    }
}

impl InputPlan {
    /// How many items [`InputPlan::articles`] will give if no file changes; with a limit it may stop earlier or, where
    /// inputs are skipped or fail, give more than the limit says.
    pub fn len_hint(&self) -> Option<usize> {
        let all = self.sources.iter().map(|source| match source {
            Source::JsonLines { lines, .. } => (*lines).max(1),
            _ => 1,
        });
        let all: usize = all.sum();
        Some(self.limit.map_or(all, |limit| limit.min(all)))
    }

    /// Reads the inputs in order, one article in memory at a time.
    pub fn articles(&self) -> impl Iterator<Item = Ingested> + Send + '_ {
        let mut left = self.limit;
        let mut items = self.sources.iter().flat_map(read_source);
        std::iter::from_fn(move || {
            if left == Some(0) {
                return None;
            }
            let item = items.next()?;
            if let (Some(left), Ingested::Article(_)) = (left.as_mut(), &item) {
                *left -= 1;
            }
            Some(item)
        })
    }
}

fn read_source(source: &Source) -> Box<dyn Iterator<Item = Ingested> + Send + '_> {
    match source {
        Source::PlainText { from, path, id } => {
            Box::new(std::iter::once_with(|| read::plain_text(id.clone(), path.clone(), from.open())))
        }
        Source::JsonLines { from, path, id, .. } => Box::new(read::json_lines(id, path, from.open())),
        Source::Skipped(skipped) => Box::new(std::iter::once(Ingested::Skipped(skipped.clone()))),
        Source::Failed(failed) => Box::new(std::iter::once(Ingested::Failed(failed.clone()))),
    }
}
