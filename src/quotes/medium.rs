//! Where, to whom and when something was said, and whether the Arabic is likely a translation.

use super::document::Document;
use super::lexicon::class;
use super::tokens::{Kind, Proclitic};

/// Token ranges of what stands around a cue.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Setting {
    pub medium: Option<(usize, usize)>,
    pub addressee: Option<(usize, usize)>,
    pub circumstance: Option<(usize, usize)>,
}

/// Reads the tokens between a cue and its words.
pub(super) fn setting(document: &Document, start: usize, end: usize) -> Setting {
    let tokens = &document.tokens;
    let mut setting = Setting::default();
    let mut index = start;
    while index < end {
        let token = &tokens.list[index];
        if let Some(span) = document.span_at(index) {
            index = span.after();
            continue;
        }
        if token.kind != Kind::Word {
            index += 1;
            continue;
        }
        let introduced = index > 0
            && (tokens.is(index - 1, class::PREPOSITION)
                || matches!(tokens.key(index - 1), "خلال" | "عبر" | "اثناء" | "ضمن")
                || token.proclitic == Proclitic::Preposition);
        if setting.medium.is_none() && token.is(class::MEDIUM) && introduced {
            let stop = phrase_end(document, index, end);
            setting.medium = Some((index, stop));
            index = stop;
            continue;
        }
        let to_outlet = tokens.key(index) == "ل" && document.span_at(index + 1).is_some();
        if setting.addressee.is_none() && (token.is(class::ADDRESSEE) || to_outlet) {
            let stop = phrase_end(document, index, end);
            setting.addressee = Some((index, stop));
            index = stop;
            continue;
        }
        let occasion = matches!(tokens.key(index), "خلال" | "عقب" | "اثناء" | "بعد" | "قبل")
            || (tokens.key(index) == "على" && tokens.is(index + 1, class::EVENT));
        if setting.circumstance.is_none() && (occasion || token.is(class::TIME)) {
            let stop = phrase_end(document, index, end);
            setting.circumstance = Some((index, stop));
            index = stop;
            continue;
        }
        index += 1;
    }
    setting
}

/// One past the last token of the phrase that begins at `start`.
fn phrase_end(document: &Document, start: usize, limit: usize) -> usize {
    let tokens = &document.tokens;
    let mut index = start + 1;
    while index < limit {
        if let Some(span) = document.span_at(index) {
            index = span.after();
            continue;
        }
        let token = &tokens.list[index];
        let ends = match token.kind {
            Kind::Word => {
                token.is(class::CLAUSE | class::RELATIVE | class::BY_SAYING)
                    || matches!(tokens.key(index), "خلال" | "عقب" | "اثناء" | "حول" | "بشان" | "بعد")
            }
            Kind::Number => false,
            _ => true,
        };
        if ends {
            break;
        }
        index += 1;
    }
    index.min(limit)
}

/// A foreign outlet or agency stands in the tokens: the Arabic words are likely a translation.
pub(super) fn foreign_source(document: &Document, start: usize, end: usize) -> bool {
    let tokens = &document.tokens;
    (start..end).any(|index| {
        tokens.is(index, class::FOREIGN)
            || (tokens.is(index, class::OUTLET)
                && (index + 1..end.min(index + 4)).any(|next| tokens.is(next, class::NATIONALITY)))
    })
}
