//! Web pages: the main text without menus and advertisements, and what the page says of itself. Spans of such an
//! article point into the extracted text, one paragraph a line.

use super::assemble::{Beside, from_record};
use super::decode::{Decoded, NotText, decode, decode_as};
use super::outcome::{Failed, Ingested, SkipReason, Skipped};
use super::read::binary;
use dom_smoothie::{Config, Readability, ReadabilityError, TextMode};
use encoding_rs::Encoding;

/// A page of more elements is no article; the extractor's time grows with them.
const MAX_ELEMENTS: usize = 50_000;

/// Nor is a page whose elements are nested deeper: the extractor goes down by recursion, and browsers stop there too.
const MAX_DEPTH: usize = 512;

/// Bytes in which a page names its encoding, as browsers look for it.
const DECLARATION_BYTES: usize = 4096;

/// The article of a page.
pub(super) fn article(id: String, path: String, bytes: &[u8]) -> Ingested {
    let decoded = match declared_encoding(bytes) {
        Some(encoding) => Ok(decode_as(bytes, encoding)),
        None => decode(bytes),
    };
    let decoded = match decoded {
        Ok(decoded) => decoded,
        Err(NotText::Binary) => return Ingested::Failed(binary(id, path)),
    };
    let config = Config { max_elements_to_parse: MAX_ELEMENTS, text_mode: TextMode::Formatted, ..Config::default() };
    let found = Readability::new(decoded.text.as_str(), None, Some(config)).map_err(|error| error.to_string());
    let found = found.and_then(|mut page| {
        if is_too_deep(&page) {
            return Err(format!("its elements are nested deeper than {MAX_DEPTH}"));
        }
        let canonical = page.doc.select("link[rel=canonical]").attr("href").map(|address| address.to_string());
        page.parse().map(|article| (article, canonical)).map_err(|error| error.to_string())
    });
    let (page, canonical) = match found {
        Ok(found) => found,
        Err(error) => return Ingested::Failed(no_main_text(id, path, &error)),
    };
    // A page that says it is in another language is believed; one that says nothing is looked at.
    if let Some(language) = page.lang.as_deref().and_then(other_language) {
        return Ingested::Skipped(Skipped { path, reason: SkipReason::OtherLanguage { language } });
    }
    let text = paragraphs(&page.text_content);
    if text.is_empty() {
        return Ingested::Failed(no_main_text(id, path, &ReadabilityError::GrabFailed.to_string()));
    }
    let filled = |value: Option<String>| value.map(|text| one_line(&text)).filter(|text| !text.is_empty());
    let is_address = |address: &String| address.starts_with("https://") || address.starts_with("http://");
    let beside = Beside {
        title: filled(Some(page.title)),
        url: filled(canonical).filter(is_address).or(filled(page.url).filter(is_address)),
        outlet: filled(page.site_name),
        published: filled(page.published_time),
        ..Beside::default()
    };
    from_record(id, path, Decoded { text, ..decoded }, beside)
}

fn no_main_text(id: String, path: String, why: &str) -> Failed {
    Failed {
        id,
        path,
        kind: "no_main_text",
        message: format!("no main text was found in the page: {why}"),
        hint: Some("save the article's own page, not a list of articles, or its text as .txt".to_owned()),
    }
}

/// Looks for elements below [`MAX_DEPTH`], without recursion.
fn is_too_deep(page: &Readability) -> bool {
    let mut node = page.doc.root();
    let mut depth = 0;
    loop {
        if let Some(child) = node.first_child() {
            node = child;
            depth += 1;
            if depth > MAX_DEPTH {
                return true;
            }
            continue;
        }
        // The next node after this one and all below it.
        node = loop {
            if let Some(next) = node.next_sibling() {
                break next;
            }
            match node.parent() {
                Some(parent) if depth > 0 => {
                    node = parent;
                    depth -= 1;
                }
                _ => return false,
            }
        };
    }
}

/// What a page or its first bytes name as encoding; a byte-order mark and sound UTF-8 speak for themselves.
fn declared_encoding(bytes: &[u8]) -> Option<&'static Encoding> {
    if Encoding::for_bom(bytes).is_some() || std::str::from_utf8(bytes).is_ok() {
        return None;
    }
    let beginning = String::from_utf8_lossy(&bytes[..bytes.len().min(DECLARATION_BYTES)]).to_ascii_lowercase();
    let (_, after) = beginning.split_once("charset")?;
    let value = after.trim_start().strip_prefix('=')?.trim_start().trim_start_matches(['"', '\'']);
    let label = value.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '>' | ';' | '/')).next()?;
    let encoding = Encoding::for_label(label.as_bytes())?;
    // Declared as UTF-8 and not sound UTF-8: its bytes are looked at.
    (encoding != encoding_rs::UTF_8 && encoding.is_ascii_compatible()).then_some(encoding)
}

/// The page's language, if it is another one in Arabic script. Anything else is for the text to show: templates name
/// English or French above Arabic articles.
fn other_language(code: &str) -> Option<String> {
    const IN_ARABIC_SCRIPT: [&str; 8] = ["fa", "ur", "ps", "ckb", "ku", "ug", "sd", "az"];
    let primary = code.trim().split(['-', '_']).next()?.to_lowercase();
    IN_ARABIC_SCRIPT.contains(&primary.as_str()).then_some(primary)
}

/// One paragraph a line, white space collapsed, a blank line between paragraphs.
fn paragraphs(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(one_line).filter(|line| !line.is_empty()).collect();
    lines.join("\n\n")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
