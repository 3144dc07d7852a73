//! An [`Article`] from decoded text and what is given beside it, or the reason why there is none.

use super::super::{Article, Title, sha256_hex};
use super::decode::Decoded;
use super::language::{Language, language};
use super::metadata::{address, count_words, date_of_address, outlet_of_address, title_line};
use super::outcome::{EMPTY_HINT, Failed, Ingested, SkipReason, Skipped};

/// What stands beside the text in a JSONL record. All empty for a plain text.
#[derive(Debug, Default)]
pub(super) struct Beside {
    pub title: Option<String>,
    /// Without a title: the text begins with one, as a plain text does.
    pub title_in_text: bool,
    pub url: Option<String>,
    pub outlet: Option<String>,
    pub published: Option<String>,
}

/// The article of a plain text file.
pub(super) fn from_plain_text(id: String, path: String, decoded: Decoded) -> Ingested {
    let title = title_line(&decoded.text).map(Title::InText);
    assemble(id, path, decoded, title, Beside::default())
}

/// The article of a JSONL record or a web page.
pub(super) fn from_record(id: String, path: String, decoded: Decoded, mut beside: Beside) -> Ingested {
    let title = match beside.title.take() {
        Some(given) => Some(Title::Given(given)),
        None if beside.title_in_text => title_line(&decoded.text).map(Title::InText),
        None => None,
    };
    assemble(id, path, decoded, title, beside)
}

fn assemble(id: String, path: String, decoded: Decoded, title: Option<Title>, beside: Beside) -> Ingested {
    let Decoded { text, encoding, malformed } = decoded;
    let words = count_words(&text);
    if words == 0 {
        let message = if text.trim().is_empty() { "no text in it" } else { "no text in it but an address" };
        return Ingested::Failed(Failed {
            id,
            path,
            kind: "empty",
            message: message.to_owned(),
            hint: Some(EMPTY_HINT.to_owned()),
        });
    }
    if let Language::Other { share, likely } = language(&text) {
        return Ingested::Skipped(Skipped { path, reason: SkipReason::NotArabic { share, likely } });
    }
    if malformed {
        log::warn!("{path}: bytes that are no {encoding} were replaced by U+FFFD");
    }
    let url = beside.url.or_else(|| address(&text).map(str::to_owned));
    let outlet = beside.outlet.or_else(|| url.as_deref().and_then(outlet_of_address));
    let published = beside.published.or_else(|| url.as_deref().and_then(date_of_address));
    Ingested::Article(Box::new(Article {
        id,
        path,
        text_sha256: sha256_hex(&text),
        text,
        encoding,
        language: Some("ar".to_owned()),
        words,
        title,
        url,
        outlet,
        published,
    }))
}
