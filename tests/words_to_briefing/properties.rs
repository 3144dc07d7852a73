//! Promises of the briefing as properties: random articles, a "translator" that spells Arabic in Latin letters and then
//! drops, moves, adds and exchanges quotation marks and loses rows.

use crate::support::{Draft, translated, transliterate};
use mujaz::article::{SentenceKind, Span, Title};
use mujaz::brief::{Briefing, QuoteEnglish};
use mujaz::quotes::AttributionType;
use mujaz::translate::{RowError, Translation, Unit};
use proptest::prelude::*;

const WORDS: &[&str] = &[
    "قال",
    "الوزير",
    "المدينة",
    "صباح",
    "اتفاق",
    "جديد",
    "تاس",
    "الجسر",
    "البحر",
    "نهر",
    "العمال",
    "لجنة",
    "مدرسة",
    "300",
    "CNN",
    "بـ",
    "أُعلن",
    "،",
    "don't",
    ".",
    "o'Neil",
];
const MARKS: &[(&str, &str)] =
    &[("\"", "\""), ("«", "»"), ("“", "”"), ("»", "«"), ("‘", "’"), ("\u{202b}\"", "\"\u{202c}"), ("'", "'")];

#[derive(Debug, Clone)]
enum Part {
    Words(Vec<usize>),
    /// A marked span: glyphs, words, kind (direct, mixed, name), an inner span, a sentence end inside, space inside.
    Marked {
        marks: usize,
        words: Vec<usize>,
        kind: u8,
        inner: Option<Vec<usize>>,
        cut: bool,
        space: bool,
    },
    StrayMark(usize),
    SentenceEnd(bool),
}

fn parts() -> impl Strategy<Value = Vec<Part>> {
    let words = || proptest::collection::vec(0..WORDS.len(), 1..5);
    let part = prop_oneof![
        3 => words().prop_map(Part::Words),
        4 => (0..MARKS.len(), words(), 0u8..3, proptest::option::of(words()), any::<bool>(), any::<bool>())
            .prop_map(|(marks, words, kind, inner, cut, space)| Part::Marked { marks, words, kind, inner, cut, space }),
        1 => (0..MARKS.len()).prop_map(Part::StrayMark),
        2 => any::<bool>().prop_map(Part::SentenceEnd),
    ];
    proptest::collection::vec(part, 0..12)
}

fn write(parts: &[Part]) -> Draft {
    let mut draft = Draft::default();
    let speaker = draft.put("سالم");
    draft.put(" ");
    let put_words = |draft: &mut Draft, words: &[usize]| {
        let text: Vec<&str> = words.iter().map(|word| WORDS[*word]).collect();
        draft.put(&text.join(" "))
    };
    for part in parts {
        match part {
            Part::Words(words) => {
                put_words(&mut draft, words);
            }
            Part::Marked { marks, words, kind, inner, cut, space } => {
                let (open, close) = MARKS[*marks];
                draft.put(open);
                draft.put(if *space { " " } else { "" });
                let mut spans: Vec<Span> = Vec::new();
                let start = put_words(&mut draft, words);
                let mut piece = start;
                if *cut {
                    draft.put(".");
                    spans.push(Span { end: piece.end + 1, ..piece });
                    draft.end_sentence(SentenceKind::Body, " ");
                    piece = put_words(&mut draft, words);
                }
                if let Some(inner) = inner {
                    draft.put(" «");
                    let name = put_words(&mut draft, inner);
                    piece.end = draft.put("»").end;
                    draft.name(name);
                }
                spans.push(piece);
                draft.put(if *space { " " } else { "" });
                draft.put(close);
                match kind {
                    0 => draft.quote(AttributionType::Direct, spans, Some(("s1", speaker))),
                    1 => draft.quote(AttributionType::Mixed, spans, None),
                    _ => spans.into_iter().for_each(|span| draft.name(span)),
                }
            }
            Part::StrayMark(marks) => {
                draft.put(MARKS[*marks].0);
            }
            Part::SentenceEnd(paragraph) => {
                draft.put(".");
                draft.end_sentence(SentenceKind::Body, if *paragraph { "\n" } else { " " });
                continue;
            }
        }
        draft.put(" ");
    }
    draft.end_sentence(SentenceKind::Body, "");
    draft
}

/// What a bad model does to the line, one step for each number.
fn disturb(line: &str, steps: &[u16]) -> String {
    let mut characters: Vec<char> = line.chars().collect();
    for step in steps {
        let marks: Vec<usize> = (0..characters.len()).filter(|at| "\"'“”«»‘’".contains(characters[*at])).collect();
        let pick = (*step / 8) as usize;
        match (step % 8, marks.get(pick % marks.len().max(1))) {
            (0, Some(at)) => {
                characters.remove(*at);
            }
            (1, Some(at)) => characters[*at] = ['“', '”', '«', '’', '\'', '‹', '"'][pick % 7],
            (2, Some(at)) => {
                let mark = characters.remove(*at);
                characters.insert(pick % (characters.len() + 1), mark);
            }
            (3, _) => characters.insert(pick % (characters.len() + 1), ['"', '\'', '”', '«', '`'][pick % 5]),
            (4, _) => characters.extend("it isn't the workers' 'own'".chars()),
            (5, _) => {
                let half = characters.len() / 2;
                characters.rotate_left(half);
            }
            (6, _) => characters.retain(|c| *c != '"'),
            _ => {}
        }
    }
    characters.into_iter().collect()
}

/// Every mark of every English text stands around a recorded piece of a record.
fn check_marks(briefing: &Briefing) -> Result<(), TestCaseError> {
    let english: Vec<&QuoteEnglish> = (briefing.quotes.iter().filter_map(|quote| quote.en.as_ref()))
        .chain(briefing.not_speech.iter().filter_map(|name| name.en.as_ref()))
        .collect();
    for sentence in &briefing.sentences {
        let Some(line) = &sentence.en else { continue };
        let pieces = || english.iter().flat_map(|en| &en.pieces).filter(|piece| piece.sentence == sentence.id);
        for (at, c) in line.char_indices() {
            if "\"“”„«»‹›‘’‚`´″".contains(c) {
                let recorded = pieces().any(|piece| piece.start == at + c.len_utf8() || piece.end == at);
                prop_assert!(recorded, "unrecorded {c} at {at} of {line:?}");
            }
        }
        for piece in pieces() {
            let (before, after) = (line[..piece.start].chars().next_back(), line[piece.end..].chars().next());
            let marked = matches!((before, after), (Some('"'), Some('"')) | (Some('‘'), Some('’')));
            prop_assert!(marked, "no marks around {piece:?} of {line:?}");
        }
        prop_assert!(line.trim() == line && !line.contains("  "), "{line:?}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn marks_stand_around_recorded_spans_only(
        parts in parts(),
        steps in proptest::collection::vec(proptest::collection::vec(any::<u16>(), 0..4), 1..8),
        fails in proptest::collection::vec(0u8..12, 1..8),
    ) {
        let draft = write(&parts);
        let run = || {
            let mut row = 0;
            let translate = |unit: &Unit| -> Result<Translation, RowError> {
                row += 1;
                match fails[row % fails.len()] {
                    0 => Err(RowError::Model("lost".into())),
                    1 => translated("..."),
                    _ => translated(disturb(&transliterate(&unit.text), &steps[row % steps.len()])),
                }
            };
            draft.brief(Some(Title::Given("«خبر» جديد".into())), None, translate)
        };
        let briefing = run();
        check_marks(&briefing)?;
        prop_assert!(!briefing.article.title.en.as_deref().unwrap_or_default().contains(['"', '«', '“']));
        for quote in &briefing.quotes {
            let content = &quote.attribution.content;
            prop_assert_eq!(&draft.text[content.start..content.end], content.text.as_str());
            prop_assert_eq!(quote.checks.verbatim, Some(true));
            if quote.en.is_some() {
                prop_assert_eq!(quote.checks.balanced, Some(true));
            }
            if let Some(en) = &quote.en {
                prop_assert_eq!(en.sentence.is_some(), en.method != mujaz::brief::ProjectionMethod::Retranslated);
                prop_assert!(!en.text.trim().is_empty());
            }
        }
        // The same again, and through JSON.
        prop_assert_eq!(&run(), &briefing);
        let json = serde_json::to_string(&briefing).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let read: Briefing = serde_json::from_str(&json).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(read, briefing);
    }

    #[test]
    fn what_goes_to_the_translator_is_clean(parts in parts()) {
        let draft = write(&parts);
        let article = draft.article(None);
        let units = draft.units(&article);
        let mut seen = std::collections::BTreeSet::new();
        for unit in &units.units {
            prop_assert!(seen.insert(unit.clone()), "twice: {unit:?}");
            prop_assert!(!unit.text.contains(['«', '»', '“', '”', '\n', '\u{202b}']), "{unit:?}");
            prop_assert_eq!(unit.text.matches('"').count() % 2, 0, "{:?}", unit);
        }
        prop_assert_eq!(units.sentences.len(), draft.sentences.len());
    }

    #[test]
    fn a_faithful_translation_keeps_every_mark(parts in parts()) {
        // Transliteration is faithful, so each span with words of its own is found, and nothing is removed.
        let draft = write(&parts);
        let briefing = draft.brief(None, None, |unit| translated(transliterate(&unit.text)));
        check_marks(&briefing)?;
        for quote in &briefing.quotes {
            prop_assert!(quote.en.is_some() || !quote.attribution.content.text.chars().any(char::is_alphanumeric), "{quote:?}");
        }
        for sentence in &briefing.sentences {
            prop_assert!(!sentence.flags.contains(&mujaz::translate::Flag::NumberMismatch), "{sentence:?}");
            prop_assert!(!sentence.flags.contains(&mujaz::translate::Flag::ArabicLeftover), "{sentence:?}");
        }
    }
}
