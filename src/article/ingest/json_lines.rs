//! JSONL: one article a line, streamed, so that a feed may be larger than memory.

use super::assemble::{Beside, from_record};
use super::decode::{Decoded, decode, utf16};
use super::ids::{output_id, record_id};
use super::outcome::{BINARY_HINT, Failed, Ingested, SkipReason, Skipped};
use super::read::{MAX_ARTICLE_BYTES, too_large};
use encoding_rs::{CoderResult, Decoder};
use serde::Deserialize;
use serde_json::Value;
use std::io::{self, BufRead, BufReader, Read};

/// A line of a JSONL file that is not blank.
pub(super) struct RawLine {
    /// Counted from 1, blank lines included.
    pub number: usize,
    /// The line; `None` if it is longer than an article may be.
    pub bytes: Option<Vec<u8>>,
}

/// The lines of a JSONL file in UTF-8, UTF-16 or an 8-bit encoding. Ends after the first read error.
pub(super) struct RawLines {
    reader: Option<Box<dyn BufRead + Send>>,
    /// UTF-16 is made UTF-8 before it is cut into lines; its name is kept.
    pub utf16: Option<String>,
    /// The file begins as no text does; its "lines" are not worth a message each.
    pub is_binary: bool,
    number: usize,
}

impl RawLines {
    pub(super) fn new(file: impl Read + Send + 'static) -> io::Result<Self> {
        let mut reader = BufReader::with_capacity(64 * 1024, file);
        let beginning = reader.fill_buf()?;
        let (encoding, is_binary) = (utf16(beginning), decode(beginning).is_err());
        let reader: Box<dyn BufRead + Send> = match encoding {
            Some(encoding) => Box::new(BufReader::new(ToUtf8 {
                inner: reader,
                decoder: encoding.new_decoder_with_bom_removal(),
                ended: false,
            })),
            None => Box::new(reader),
        };
        let utf16 = encoding.map(|encoding| encoding.name().to_ascii_lowercase());
        Ok(Self { reader: Some(reader), utf16, is_binary, number: 0 })
    }

    fn read_line(&mut self) -> io::Result<Option<RawLine>> {
        let Some(reader) = self.reader.as_mut() else { return Ok(None) };
        loop {
            let mut bytes = Vec::new();
            let limit = MAX_ARTICLE_BYTES + 1;
            if reader.by_ref().take(limit).read_until(b'\n', &mut bytes)? == 0 {
                return Ok(None);
            }
            self.number += 1;
            let number = self.number;
            if bytes.len() as u64 == limit && bytes.last() != Some(&b'\n') {
                reader.skip_until(b'\n')?;
                return Ok(Some(RawLine { number, bytes: None }));
            }
            let without_mark = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
            if !without_mark.trim_ascii().is_empty() {
                return Ok(Some(RawLine { number, bytes: Some(bytes) }));
            }
        }
    }
}

impl Iterator for RawLines {
    type Item = io::Result<RawLine>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.read_line().transpose();
        if !matches!(line, Some(Ok(_))) {
            self.reader = None;
        }
        line
    }
}

/// Gives UTF-16 as UTF-8.
struct ToUtf8<R> {
    inner: BufReader<R>,
    decoder: Decoder,
    ended: bool,
}

impl<R: Read> Read for ToUtf8<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        // The decoder writes whole characters: too small a room would make it write nothing for ever.
        if out.len() < 16 {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the buffer is smaller than 16 bytes"));
        }
        loop {
            if self.ended {
                return Ok(0);
            }
            let bytes = self.inner.fill_buf()?;
            let last = bytes.is_empty();
            let (result, read, written, _) = self.decoder.decode_to_utf8(bytes, out, last);
            self.inner.consume(read);
            self.ended = last && result == CoderResult::InputEmpty;
            if written > 0 {
                return Ok(written);
            }
        }
    }
}

/// One record; every field is looked at by hand so that an error can name it.
#[derive(Deserialize)]
struct Record {
    text: Option<Value>,
    title: Option<Value>,
    url: Option<Value>,
    date: Option<Value>,
    outlet: Option<Value>,
    id: Option<Value>,
    output: Option<Value>,
    title_in_text: Option<Value>,
    input: Option<Value>,
    error: Option<Value>,
}

/// What the plan needs of a record.
#[derive(Deserialize)]
struct RecordId {
    id: Option<Value>,
    output: Option<Value>,
}

/// What a record calls itself.
struct GivenId {
    id: Option<String>,
    /// The whole id, as lists of failures have it: parts between `/`.
    output: Option<String>,
}

impl GivenId {
    fn new(id: Option<Value>, output: Option<Value>) -> Result<Self, BadLine> {
        Ok(Self { id: short_field("id", id)?, output: short_field("output", output)? })
    }

    fn in_file(&self, file_id: &str, line: usize) -> String {
        match &self.output {
            Some(output) => output_id(output),
            None => record_id(file_id, self.id.as_deref(), line),
        }
    }
}

/// The id that the article of `line` will have; `None` if the line is no record.
pub(super) fn id_of(file_id: &str, line: &RawLine) -> Option<String> {
    let decoded = decode(line.bytes.as_ref()?).ok()?;
    let record: RecordId = serde_json::from_str(&decoded.text).ok()?;
    Some(GivenId::new(record.id, record.output).ok()?.in_file(file_id, line.number))
}

/// The article of `line`, or why there is none. `path` is the line's own (`feed.jsonl:12`).
pub(super) fn read_record(file_id: &str, path: String, line: RawLine, utf16: Option<&str>) -> Ingested {
    let number = line.number;
    let Some(bytes) = line.bytes else {
        return Ingested::Failed(too_large(record_id(file_id, None, number), path));
    };
    match parse(&bytes) {
        Ok((mut decoded, given, beside)) => {
            if let Some(name) = utf16 {
                decoded.encoding = name.to_owned();
            }
            from_record(given.in_file(file_id, number), path, decoded, beside)
        }
        Err(Unusable::Listed { input }) => {
            Ingested::Skipped(Skipped { path, reason: SkipReason::ListedWithoutText { input } })
        }
        Err(Unusable::Bad(BadLine { kind, message, hint })) => {
            // A record without text may name itself all the same: a list of failures does.
            let named = id_of(file_id, &RawLine { number, bytes: Some(bytes) });
            let id = named.unwrap_or_else(|| record_id(file_id, None, number));
            Ingested::Failed(Failed { id, path, kind, message, hint: hint.map(str::to_owned) })
        }
    }
}

/// Why a line gives no article.
enum Unusable {
    /// It is of a list of failures, about an input without text.
    Listed {
        input: String,
    },
    Bad(BadLine),
}

impl From<BadLine> for Unusable {
    fn from(line: BadLine) -> Self {
        Self::Bad(line)
    }
}

struct BadLine {
    kind: &'static str,
    message: String,
    hint: Option<&'static str>,
}

const RECORD_HINT: &str = r#"each line is one JSON object: {"title": "…", "text": "…", "url": "…", "date": "…", "outlet": "…", "id": "…"}; only text is needed"#;

fn bad_record(message: String) -> BadLine {
    BadLine { kind: "bad_record", message, hint: Some(RECORD_HINT) }
}

fn parse(bytes: &[u8]) -> Result<(Decoded, GivenId, Beside), Unusable> {
    let line = decode(bytes).map_err(|error| BadLine {
        kind: "binary",
        message: error.to_string(),
        hint: Some(BINARY_HINT),
    })?;
    let record: Record = serde_json::from_str(&line.text).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => {
            bad_record(format!("not a JSON object with the known fields: {}", bare(&error)))
        }
        _ => BadLine {
            kind: "bad_json",
            message: format!("not valid JSON at column {}: {}", error.column(), bare(&error)),
            hint: Some(RECORD_HINT),
        },
    })?;
    let text = match record.text {
        Some(Value::String(text)) => text,
        None | Some(Value::Null) => {
            return Err(match (record.output, record.input, record.error) {
                (Some(_), Some(Value::String(input)), Some(Value::Object(_))) => Unusable::Listed { input },
                _ => bad_record("the field text is missing".to_owned()).into(),
            });
        }
        Some(other) => return Err(wrong_type("text", &other).into()),
    };
    let title = match record.title {
        Some(Value::String(title)) => filled(title),
        None | Some(Value::Null) => None,
        Some(other) => return Err(wrong_type("title", &other).into()),
    };
    let beside = Beside {
        title,
        title_in_text: record.title_in_text == Some(Value::Bool(true)),
        url: short_field("url", record.url)?,
        outlet: short_field("outlet", record.outlet)?,
        published: short_field("date", record.date)?,
    };
    let given = GivenId::new(record.id, record.output)?;
    Ok((Decoded { text, ..line }, given, beside))
}

/// serde_json's words without its place, which counts lines within the one line.
fn bare(error: &serde_json::Error) -> String {
    let words = error.to_string();
    words.split(" at line ").next().unwrap_or(&words).to_owned()
}

fn filled(value: String) -> Option<String> {
    let trimmed = value.trim();
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

/// A string, or a number as its digits; blank is none.
fn short_field(name: &str, value: Option<Value>) -> Result<Option<String>, BadLine> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(filled(text)),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(other) => Err(wrong_type(name, &other)),
    }
}

fn wrong_type(name: &str, value: &Value) -> BadLine {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    bad_record(format!("the field {name} is {found}, not a string"))
}
