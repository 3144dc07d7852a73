//! The plan: which inputs there are, in which order, under which ids. Everything that is wrong with the command line
//! comes out here, before any work.

use super::ids::{Claims, file_id};
use super::json_lines::{RawLines, id_of};
use super::origin::Origin;
use super::outcome::{Failed, IngestError, Ingested, SkipReason, Skipped};
use super::read;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// What the command line says about inputs beside their names.
#[derive(Debug, Clone, Default)]
pub struct IngestOptions {
    /// The output folder: what lies in it is not read, also where it lies inside an input folder.
    pub out_dir: Option<PathBuf>,
    /// Stop after this many articles. What was skipped or failed does not count.
    pub limit: Option<usize>,
}

/// What a file holds, by its name or its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    PlainText,
    WebPage,
    /// One article a line.
    JsonLines,
}

/// Where articles come from. Holds no article text.
#[derive(Debug)]
enum Source {
    /// `lines` of a JSONL were there when the plan was made.
    File {
        kind: Kind,
        from: Origin,
        path: String,
        id: String,
        lines: usize,
    },
    Skipped(Skipped),
    Failed(Failed),
}

/// The walked, ordered, checked list of sources.
#[derive(Debug)]
pub struct InputPlan {
    sources: Vec<Source>,
    roots: Vec<String>,
    limit: Option<usize>,
}

/// Walks `inputs` in the order given (folders sorted by name, hidden entries left out) and checks that no two articles
/// would write the same output. `-` is standard input, gzip or not: JSONL if its first byte that is no white space is
/// `{`, a web page if it is `<`, else one plain text with the id `stdin`.
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
            let (kind, from) = Origin::keep(&mut stdin).map_err(IngestError::Stdin)?;
            sources.push(Source::File { kind, from, path: "-".to_owned(), id: "stdin".to_owned(), lines: 0 });
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
            Err(error) => {
                let path = input.display().to_string();
                sources.push(Source::Failed(read::unreadable(file_id(input), path, &error)));
            }
        }
    }
    check_outputs(&mut sources)?;
    let roots = inputs.iter().map(|input| input.display().to_string()).collect();
    Ok(InputPlan { sources, roots, limit: options.limit })
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
                    let relative = error.path().and_then(|path| path.strip_prefix(folder).ok());
                    let id = file_id(relative.unwrap_or(Path::new("")));
                    sources.push(Source::Failed(read::unreadable(id, path, &io::Error::from(error))));
                }
            }
        }
    }
}

/// What the name of a file says that it is. `relative` is what its id is made from. `.gz` stands behind any type.
fn source_of_file(file: PathBuf, relative: &Path) -> Source {
    let path = file.display().to_string();
    let extension_of = |path: &Path| path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    let is_gzip = extension_of(relative).as_deref() == Some("gz");
    let bare = if is_gzip { relative.with_extension("") } else { relative.to_owned() };
    let kind = match extension_of(&bare).as_deref() {
        None | Some("txt" | "text") => Kind::PlainText,
        Some("html" | "htm" | "xhtml") => Kind::WebPage,
        Some("jsonl" | "ndjson") => Kind::JsonLines,
        Some(extension) => {
            let extension = if is_gzip { format!("{extension}.gz") } else { extension.to_owned() };
            return Source::Skipped(Skipped { path, reason: SkipReason::UnknownType { extension } });
        }
    };
    Source::File { kind, from: Origin::file(file, is_gzip), path, id: file_id(&bare), lines: 0 }
}

/// Reads the ids of all JSONL files and refuses inputs with one output: all of them are counted, the first is named. A
/// file that can't be read is left to be reported when its turn comes.
fn check_outputs(sources: &mut [Source]) -> Result<(), IngestError> {
    let mut claims = Claims::default();
    let mut first_clash = None;
    let mut clashes = 0;
    for (index, source) in sources.iter_mut().enumerate() {
        // A source's number and a line's number are far below 2^32: each takes bytes of memory or of a file.
        let index = index as u32;
        let mut claim = |id: &str, line: u32| {
            if let Err(first) = claims.claim(id, (index, line)) {
                clashes += 1;
                first_clash.get_or_insert_with(|| (id.to_owned(), first, (index, line)));
            }
        };
        match source {
            Source::File { kind: Kind::PlainText | Kind::WebPage, id, .. } => claim(id, 0),
            Source::File { kind: Kind::JsonLines, from, id: file_id, lines, .. } => {
                let opened = from.open().and_then(RawLines::new).ok().filter(|lines| !lines.is_binary);
                for line in opened.into_iter().flatten().map_while(Result::ok) {
                    *lines += 1;
                    if let Some(id) = id_of(file_id, &line) {
                        claim(&id, line.number as u32);
                    }
                }
            }
            Source::Skipped(_) | Source::Failed(_) => {}
        }
    }
    let Some((id, first, second)) = first_clash else { return Ok(()) };
    Err(IngestError::SameOutput {
        id,
        are_lines: first.0 == second.0 && first.1 != second.1,
        first: input_name(sources, first),
        second: input_name(sources, second),
        others: clashes - 1,
    })
}

fn input_name(sources: &[Source], (source, line): (u32, u32)) -> String {
    match sources.get(source as usize) {
        Some(Source::File { kind: Kind::JsonLines, path, .. }) => format!("{path}:{line}"),
        Some(Source::File { path, .. }) => path.clone(),
        // Only files claim an id.
        Some(Source::Skipped(_) | Source::Failed(_)) | None => String::new(),
    }
}

impl InputPlan {
    /// How many items [`InputPlan::articles`] will give if no file changes; with a limit it may stop earlier or, where
    /// inputs are skipped or fail, give more than the limit says.
    pub fn len_hint(&self) -> Option<usize> {
        let all = self.sources.iter().map(|source| match source {
            Source::File { kind: Kind::JsonLines, lines, .. } => (*lines).max(1),
            _ => 1,
        });
        let all: usize = all.sum();
        Some(self.limit.map_or(all, |limit| limit.min(all)))
    }

    /// The inputs as the user named them.
    pub fn roots(&self) -> Vec<String> {
        self.roots.clone()
    }

    /// Not all inputs may be read.
    pub fn is_limited(&self) -> bool {
        self.limit.is_some()
    }

    /// Reads the inputs in order, one article in memory at a time.
    pub fn articles(&self) -> impl Iterator<Item = Ingested> + Send + '_ {
        self.articles_at(&|_| true)
    }

    /// The same, of the inputs that `wanted` names (`feed.jsonl:12` for a line). Other files are not read.
    pub fn articles_at<'s>(
        &'s self,
        wanted: &'s (dyn Fn(&str) -> bool + Sync),
    ) -> impl Iterator<Item = Ingested> + Send + 's {
        let mut left = self.limit;
        let mut items = self.sources.iter().flat_map(move |source| read_source(source, wanted));
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

fn read_source<'s>(
    source: &'s Source,
    wanted: &'s (dyn Fn(&str) -> bool + Sync),
) -> Box<dyn Iterator<Item = Ingested> + Send + 's> {
    match source {
        Source::File { kind: Kind::JsonLines, from, path, id, .. } => {
            Box::new(read::json_lines(id, path, from.open()).filter(move |item| wanted(item.path())))
        }
        Source::File { path, .. } if !wanted(path) => Box::new(std::iter::empty()),
        Source::File { kind: Kind::PlainText, from, path, id, .. } => {
            Box::new(std::iter::once_with(|| read::plain_text(id.clone(), path.clone(), from.open())))
        }
        Source::File { kind: Kind::WebPage, from, path, id, .. } => {
            Box::new(std::iter::once_with(|| read::web_page(id.clone(), path.clone(), from.open())))
        }
        Source::Skipped(skipped) if wanted(&skipped.path) => {
            Box::new(std::iter::once(Ingested::Skipped(skipped.clone())))
        }
        Source::Failed(failed) if wanted(&failed.path) => Box::new(std::iter::once(Ingested::Failed(failed.clone()))),
        Source::Skipped(_) | Source::Failed(_) => Box::new(std::iter::empty()),
    }
}
