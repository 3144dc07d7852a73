//! Where the article names its speakers, and whether the English there names them, too.

use super::missing;
use crate::article::Span;
use crate::article::folding::fold;
use crate::quotes::{Extraction, Speaker, SpeakerKind, name_words};

/// A place in the article where a person who speaks is called by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedMention {
    /// Where the mention stands in the article's text.
    pub span: Span,
    /// Its name words, in order.
    pub names: Vec<String>,
}

/// Whether `english` carries the name of `speaker`; `None` where the speaker is no person or no name word can be told.
pub fn speaker_is_named(speaker: &Speaker, english: &str) -> Option<bool> {
    if speaker.kind != SpeakerKind::Person {
        return None;
    }
    missing(&names_in(&speaker.text), english).map(|missing| missing.is_empty())
}

/// The mentions by name of the persons who speak, each place once, in the order of the text.
pub fn named_mentions(extraction: &Extraction) -> Vec<NamedMention> {
    let speakers = extraction.attributions.iter().filter_map(|quote| quote.speaker.as_ref());
    let mut mentions: Vec<NamedMention> =
        speakers.filter(|speaker| speaker.kind == SpeakerKind::Person).flat_map(mentions_of).collect();
    mentions.sort_by_key(|mention| (mention.span.start, mention.span.end));
    mentions.dedup();
    mentions
}

/// The fullest mention and the one at this place, where they have name words.
fn mentions_of(speaker: &Speaker) -> Vec<NamedMention> {
    let full = names_in(&speaker.text);
    let span = Span { start: speaker.start, end: speaker.end };
    let mut mentions = vec![NamedMention { span, names: full.iter().map(|name| (*name).to_owned()).collect() }];
    if let Some(mention) = &speaker.mention {
        // A short name that alone could be any noun is known from the fullest mention.
        let known: Vec<String> = full.iter().map(|name| bare(name)).collect();
        let short = mention.text.split(|c: char| !c.is_alphanumeric() && !is_inside_word(c));
        let repeated: Vec<&str> = short.filter(|word| known.contains(&bare(word))).collect();
        let names = if repeated.is_empty() { names_in(&mention.text) } else { repeated };
        let names = names.into_iter().map(str::to_owned).collect();
        mentions.push(NamedMention { span: mention.span(), names });
    }
    mentions.retain(|mention| !mention.names.is_empty());
    mentions
}

fn names_in(mention: &str) -> Vec<&str> {
    name_words(mention).into_iter().map(|span| span.slice(mention)).collect()
}

/// The folded word without the article.
fn bare(word: &str) -> String {
    let folded = fold(word);
    folded.strip_prefix("ال").filter(|rest| rest.chars().nth(1).is_some()).unwrap_or(&folded).to_owned()
}

/// Vowel marks and the stroke that stretches a word part no words.
fn is_inside_word(c: char) -> bool {
    use crate::article::letters::{TATWEEL, is_haraka, is_invisible};
    c == TATWEEL || is_haraka(c) || is_invisible(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quotes::{SpeakerHow, TextSpan};

    fn speaker(text: &str, kind: SpeakerKind, mention: Option<&str>) -> Speaker {
        let mention = mention.map(|words| TextSpan { text: words.into(), start: 500, end: 500 + words.len() });
        Speaker { id: "s1".into(), text: text.into(), start: 0, end: text.len(), kind, how: SpeakerHow::Title, mention }
    }

    #[test]
    fn speakers_in_english() {
        use SpeakerKind::{Org, Person};
        let rows = [
            ("رئيس الجمهورية الإيرانية مسعود بزشكيان", Person, "President Masoud Pezeshkian of Iran", Some(true)),
            ("رئيس الجمهورية الإيرانية مسعود بزشكيان", Person, "Saudi President Mohammed bin Salman", Some(false)),
            ("رئيس الجمهورية الإيرانية مسعود بزشكيان", Person, "The President of Iran", Some(false)),
            ("رئيس الجمهورية الإيرانية مسعود بزشكيان", Person, "President Masoud Rajavi", Some(false)),
            ("وزيرة النقل سلمى الهادي", Person, "Transport Minister Salma al-Hadi", Some(true)),
            ("وزيرة النقل سلمى الهادي", Person, "Transport Minister Layla al-Hadi", Some(false)),
            ("وزيرة النقل", Person, "Transport Minister Layla al-Hadi", None),
            ("جامعة الملك سعود", Org, "a university", None),
        ];
        let failed: Vec<_> = rows
            .iter()
            .filter(|(text, kind, english, named)| speaker_is_named(&speaker(text, *kind, None), english) != *named)
            .collect();
        assert!(failed.is_empty(), "{failed:?}");
    }

    #[test]
    fn short_mentions_are_known_from_the_fullest() {
        // The fullest mention, the one here, the name words of each place.
        type Row = (&'static str, Option<&'static str>, &'static [&'static [&'static str]]);
        let rows: &[Row] = &[
            ("المدير نبيل كركوتلي", Some("كركوتلي"), &[&["نبيل", "كركوتلي"], &["كركوتلي"]]),
            ("المدير نبيل الكركوتلي", Some("السيد الكركوتـلي"), &[&["نبيل", "الكركوتلي"], &["الكركوتـلي"]]),
            ("المدير نبيل كركوتلي", Some("المدير"), &[&["نبيل", "كركوتلي"]]),
            ("المدير نبيل كركوتلي", None, &[&["نبيل", "كركوتلي"]]),
            ("المدير", Some("هو"), &[]),
        ];
        let names = |text: &str, mention: Option<&str>| -> Vec<Vec<String>> {
            let speaker = speaker(text, SpeakerKind::Person, mention);
            mentions_of(&speaker).into_iter().map(|mention| mention.names).collect()
        };
        let failed: Vec<_> =
            rows.iter().filter(|row| names(row.0, row.1) != row.2).map(|row| (row, names(row.0, row.1))).collect();
        assert!(failed.is_empty(), "{failed:#?}");
    }
}
