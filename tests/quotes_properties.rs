//! What holds of the records of any text at all: contents are slices, a marked span is in one list, spans lie inside
//! their content, nothing panics, and time grows with the text and no faster.

use mujaz::article::{Sentence, SentenceKind, Span};
use mujaz::quotes::{AttributionType, Extraction, extract};
use proptest::prelude::*;
use std::collections::HashSet;

/// Pieces that make rules fire: cues, subjects, marks, stray controls.
const PIECES: &[&str] = &[
    "قال",
    "وقال",
    "وأضاف",
    "أكد",
    "وأشار",
    "إلى",
    "أن",
    "إن",
    "بأنه",
    "وصف",
    "بأنها",
    "نقلت",
    "عن",
    "قوله",
    "قائلا",
    "مشيراً",
    "بحسب",
    "وفقا",
    "ل",
    "ما",
    "جاء",
    "في",
    "بيان",
    "البيان",
    "الوزير",
    "وزير",
    "الخارجية",
    "رئيس",
    "أحمد",
    "الفلاني",
    "محمد",
    "مصدر",
    "مصادر",
    "الشركة",
    "صحيفة",
    "وكالة",
    "«",
    "»",
    "\"",
    "“",
    "”",
    "'",
    "‘",
    "’",
    "‹",
    "›",
    "„",
    ":",
    "،",
    ".",
    "؟",
    "!",
    "؛",
    "..",
    "…",
    "(",
    ")",
    "-",
    "–",
    "ـ",
    "بـ",
    "لـ«",
    "\n",
    "\n\n",
    "\r\n",
    " ",
    "\u{00A0}",
    "\u{202B}",
    "\u{202C}",
    "\u{200F}",
    "هذا",
    "الذي",
    "كان",
    "قد",
    "لم",
    "ينف",
    "نفى",
    "وجود",
    "استمرار",
    "العمل",
    "جديد",
    "كبير",
    "2.5",
    "١٢",
    "د.",
    "على",
    "حد",
    "تعبيره",
    "الأخير",
    "سموه",
    "كما",
    "حسبما",
    "أفاد",
    "يذكر",
    "U.S.",
    "x",
    "\u{FEFB}",
    "ﷲ",
    "e\u{0301}",
    "🙂",
    "\u{0}",
];

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec((prop::sample::select(PIECES), prop::bool::weighted(0.8)), 0..160).prop_map(|pieces| {
        pieces.into_iter().map(|(piece, space)| if space { format!("{piece} ") } else { piece.to_owned() }).collect()
    })
}

/// Sentences of `text`: its lines, trimmed.
fn lines(text: &str) -> Vec<Sentence> {
    let mut start = 0;
    let mut sentences = Vec::new();
    for line in text.split_inclusive('\n') {
        let span = Span { start, end: start + line.len() }.trimmed(text);
        start += line.len();
        if !span.is_empty() {
            let id = sentences.len() as u32 + 1;
            sentences.push(Sentence { id, span, paragraph: id - 1, kind: SentenceKind::Body });
        }
    }
    sentences
}

fn check(text: &str, found: &Extraction) -> Result<(), TestCaseError> {
    let mut marked = HashSet::new();
    let ids: HashSet<&str> = found.attributions.iter().map(|record| record.id.as_str()).collect();
    prop_assert_eq!(ids.len(), found.attributions.len(), "ids are not unique");
    let mut last = 0;
    for record in &found.attributions {
        let content = record.content.span();
        prop_assert_eq!(text.get(content.start..content.end), Some(record.content.text.as_str()));
        prop_assert!(!content.is_empty() && content.start >= last, "empty or out of order");
        last = content.start;
        prop_assert!(!record.spans.is_empty());
        for pair in record.spans.windows(2) {
            prop_assert!(pair[0].end <= pair[1].start, "spans overlap");
        }
        for span in &record.spans {
            prop_assert!(content.contains(*span) && text.get(span.start..span.end).is_some());
        }
        for words in [&record.cue, &record.medium, &record.addressee, &record.circumstance].into_iter().flatten() {
            prop_assert_eq!(text.get(words.start..words.end), Some(words.text.as_str()));
        }
        prop_assert_eq!(record.speaker.is_none(), record.speaker_reason.is_some());
        if let Some(speaker) = &record.speaker {
            prop_assert_eq!(text.get(speaker.start..speaker.end), Some(speaker.text.as_str()));
            if let Some(mention) = &speaker.mention {
                prop_assert_eq!(text.get(mention.start..mention.end), Some(mention.text.as_str()));
            }
        }
        prop_assert!(record.confidence.is_some_and(|confidence| (0.0..=1.0).contains(&confidence)));
        if let Some(parent) = &record.parent {
            let parent = found.attributions.iter().find(|other| other.id == *parent);
            prop_assert!(parent.is_some_and(
                |parent| parent.content.span().contains(content) && parent.r#type == AttributionType::Indirect
            ));
        }
        if record.r#type != AttributionType::Indirect {
            prop_assert!(marked.insert(content), "a marked span is in two records");
        }
    }
    for name in &found.not_speech {
        prop_assert_eq!(text.get(name.start..name.end), Some(name.text.as_str()));
        prop_assert!(marked.insert(Span { start: name.start, end: name.end }), "a marked span is in both lists");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_news(text in text()) {
        check(&text, &extract(&text, &lines(&text)))?;
    }

    #[test]
    fn random_characters(text in "\\PC{0,200}") {
        check(&text, &extract(&text, &lines(&text)))?;
    }

    #[test]
    fn marks_in_any_order(marks in prop::collection::vec(prop::sample::select(&["«", "»", "\"", "“", "”", " كلمة ", "\n", "قال: ", ". "][..]), 0..80)) {
        let text = marks.concat();
        check(&text, &extract(&text, &[]))?;
    }
}

/// Ten times the text takes about ten times as long: a wide margin, so that only a wrong order of growth fails.
#[test]
fn time_is_linear() {
    let article = include_str!("fixtures/quotes_article.txt");
    let seconds = |repeats: usize| {
        let text = article.repeat(repeats);
        let start = std::time::Instant::now();
        let found = extract(&text, &[]);
        assert!(found.attributions.len() >= 6 * repeats);
        start.elapsed().as_secs_f64()
    };
    seconds(5);
    let (short, long) = (seconds(20), seconds(200));
    assert!(long < 40.0 * short, "20 copies took {short:.3} s, 200 copies {long:.3} s");
}

/// One paragraph without end, and marks that never close, are no worse.
#[test]
fn time_is_linear_in_one_paragraph() {
    let piece = "وقال الوزير أحمد الفلاني إن «العمل مستمر، وأضاف المدير أن \"الخطة\" جيدة ";
    let seconds = |repeats: usize| {
        let text = piece.repeat(repeats);
        let start = std::time::Instant::now();
        extract(&text, &[]);
        start.elapsed().as_secs_f64()
    };
    seconds(50);
    let (short, long) = (seconds(300), seconds(3000));
    assert!(long < 40.0 * short, "300 pieces took {short:.3} s, 3000 pieces {long:.3} s");
}
