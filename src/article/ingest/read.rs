//! Reading one source: opening it, its size, and the errors of both.

use super::assemble::from_plain_text;
use super::decode::{NotText, decode};
use super::ids::record_id;
use super::json_lines::{RawLines, read_record};
use super::outcome::{BINARY_HINT, EMPTY_HINT, Failed, Ingested};
use crate::border;
use std::io::{self, Read};

/// A larger file or JSONL line is no article; reading stops there, so that one bad file can't fill the memory.
pub const MAX_ARTICLE_BYTES: u64 = 16 * 1024 * 1024;

pub(super) fn too_large(id: String, path: String) -> Failed {
    Failed {
        id,
        path,
        kind: "too_large",
        message: format!("larger than {} MiB, no single article", MAX_ARTICLE_BYTES / 1024 / 1024),
        hint: Some("one article a file; many articles in one file are a .jsonl, one a line".to_owned()),
    }
}

pub(super) fn unreadable(id: String, path: String, error: &io::Error) -> Failed {
    let hint = match error.kind() {
        io::ErrorKind::PermissionDenied => Some("give the user that runs this leave to read it".to_owned()),
        io::ErrorKind::NotFound => Some("it is gone, or a symbolic link to something that is not there".to_owned()),
        _ => None,
    };
    Failed { id, path, kind: "unreadable", message: format!("can't be read: {error}"), hint }
}

pub(super) fn binary(id: String, path: String) -> Failed {
    Failed { id, path, kind: "binary", message: NotText::Binary.to_string(), hint: Some(BINARY_HINT.to_owned()) }
}

/// The article of a plain text.
pub(super) fn plain_text(id: String, path: String, opened: io::Result<impl Read>) -> Ingested {
    match whole(&id, &path, opened).map(|bytes| decode(&bytes)) {
        Err(failed) => Ingested::Failed(failed),
        Ok(Ok(decoded)) => at_the_border(id, path, |id, path| from_plain_text(id, path, decoded)),
        Ok(Err(NotText::Binary)) => Ingested::Failed(binary(id, path)),
    }
}

/// The article of a web page.
pub(super) fn web_page(id: String, path: String, opened: io::Result<impl Read>) -> Ingested {
    match whole(&id, &path, opened) {
        Err(failed) => Ingested::Failed(failed),
        Ok(bytes) => at_the_border(id, path, |id, path| super::web_page::article(id, path, &bytes)),
    }
}

/// A panic over one input, in this program or in the extractor of pages, is that input's failure.
fn at_the_border(id: String, path: String, read: impl FnOnce(String, String) -> Ingested) -> Ingested {
    border::caught(|| read(id.clone(), path.clone())).unwrap_or_else(|panic| {
        let message = format!("the program failed on it: {panic}");
        Ingested::Failed(Failed { id, path, kind: border::PANIC, message, hint: Some(border::HINT.to_owned()) })
    })
}

/// All bytes of a file that can be one article.
fn whole(id: &str, path: &str, opened: io::Result<impl Read>) -> Result<Vec<u8>, Failed> {
    let mut bytes = Vec::new();
    if let Err(error) = opened.and_then(|file| file.take(MAX_ARTICLE_BYTES + 1).read_to_end(&mut bytes)) {
        return Err(unreadable(id.to_owned(), path.to_owned(), &error));
    }
    if bytes.len() as u64 > MAX_ARTICLE_BYTES {
        return Err(too_large(id.to_owned(), path.to_owned()));
    }
    Ok(bytes)
}

/// The articles of a JSONL file, lazily. A file without any line fails as empty.
pub(super) fn json_lines(
    file_id: &str,
    path: &str,
    opened: io::Result<impl Read + Send + 'static>,
) -> impl Iterator<Item = Ingested> + Send {
    let lines = opened.and_then(RawLines::new);
    let (lines, failed) = match lines {
        Ok(lines) if lines.is_binary => (None, Some(Ingested::Failed(binary(file_id.to_owned(), path.to_owned())))),
        Ok(lines) => (Some(lines), None),
        Err(error) => (None, Some(Ingested::Failed(unreadable(file_id.to_owned(), path.to_owned(), &error)))),
    };
    let utf16 = lines.as_ref().and_then(|lines| lines.utf16.clone());
    let articles = lines.into_iter().flatten().map(move |line| match line {
        Ok(line) => {
            let (id, path) = (record_id(file_id, None, line.number), format!("{path}:{}", line.number));
            at_the_border(id, path, |_, path| read_record(file_id, path, line, utf16.as_deref()))
        }
        Err(error) => Ingested::Failed(unreadable(file_id.to_owned(), path.to_owned(), &error)),
    });
    let empty = Failed {
        id: file_id.to_owned(),
        path: path.to_owned(),
        kind: "empty",
        message: "no line in it".to_owned(),
        hint: Some(EMPTY_HINT.to_owned()),
    };
    or_if_none(failed.into_iter().chain(articles), Ingested::Failed(empty))
}

/// `items`, or `fallback` alone if there are none.
fn or_if_none<T>(items: impl Iterator<Item = T>, fallback: T) -> impl Iterator<Item = T> {
    let mut items = items.peekable();
    let fallback = items.peek().is_none().then_some(fallback);
    items.chain(fallback)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_over_one_input_is_its_failure() {
        let read = |_, _| -> Ingested { panic!("as told") };
        let Ingested::Failed(failed) = at_the_border("a".into(), "in/a.txt".into(), read) else { panic!("it failed") };
        assert_eq!((failed.id.as_str(), failed.path.as_str(), failed.kind), ("a", "in/a.txt", "panic"));
        assert!(failed.message.ends_with("as told") && failed.hint.is_some());
    }
}
