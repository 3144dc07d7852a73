//! What the translator is given for a sentence: marks of one kind, balanced in each sentence.

use crate::support::Draft;
use mujaz::article::{SentenceKind, Span};
use mujaz::translate::units::Source;
use mujaz::translate::{Unit, UnitKind};

/// Writes `text`, in which `{` and `}` stand around the words of a record (they are not written), one sentence a line.
fn draft(text: &str) -> Draft {
    let mut draft = Draft::default();
    let mut open: Vec<usize> = Vec::new();
    let mut spans: Vec<Span> = Vec::new();
    for c in text.chars() {
        match c {
            '{' => open.push(draft.text.len()),
            '}' => spans.push(Span { start: open.pop().expect("a row with balanced braces"), end: draft.text.len() }),
            '\n' => draft.end_sentence(SentenceKind::Body, "\n"),
            _ => {
                draft.put(c.encode_utf8(&mut [0; 4]));
            }
        }
    }
    draft.end_sentence(SentenceKind::Body, "");
    for span in spans {
        draft.name(span);
    }
    draft
}

#[test]
fn marks_in_what_the_translator_is_given() {
    type Row = (&'static str, &'static [&'static str], &'static [&'static str]);
    // The article, its sentences for the translator, the marked words alone.
    let rows: &[Row] = &[
        ("قال: «{نعم}».", &["قال: \"نعم\"."], &["نعم"]),
        ("قال: »{نعم}«.", &["قال: \"نعم\"."], &["نعم"]),
        ("قال: \" {نعم} \" .", &["قال: \"نعم\" ."], &["نعم"]),
        ("قال: \u{202b}\"{ نعم }\"\u{202c} ومضى", &["قال: \"نعم\" ومضى"], &["نعم"]),
        ("وصفه بـ\"{الكبير}\"، ثم ذهب", &["وصفه ب\"الكبير\"، ثم ذهب"], &["الكبير"]),
        ("علامة \" ضائعة في السطر", &["علامة ضائعة في السطر"], &[]),
        ("كلمة\"كلمة", &["كلمة كلمة"], &[]),
        // A quote over three sentences: closed in each, and the one that is nothing but the quote has no marks.
        (
            "قال: \"{لن نذهب.\nسنبقى هنا.\nهذا وعد}\" للناس.",
            &["قال: \"لن نذهب.\"", "سنبقى هنا.", "\"هذا وعد\" للناس."],
            &["لن نذهب.", "هذا وعد"],
        ),
        ("«{سنبقى هنا.}»", &["سنبقى هنا."], &[]),
        // One inside another.
        ("قال: «{قرأت \"{البيان}\" أمس}».", &["قال: \"قرأت 'البيان' أمس\"."], &["قرأت البيان أمس", "البيان"]),
        ("«{{الفجر} جريدة}» قديمة", &["\"'الفجر' جريدة\" قديمة"], &["الفجر جريدة", "الفجر"]),
        // The same words twice are one unit.
        ("زار «{الفجر}» ثم «{الفجر}»", &["زار \"الفجر\" ثم \"الفجر\""], &["الفجر"]),
        // No Arabic letters: nothing to translate.
        ("قناة \"{CNN}\" قالت", &["قناة \"CNN\" قالت"], &[]),
        ("ولد في O'Neil ومات", &["ولد في O'Neil ومات"], &[]),
        ("قرأ ﴿{اقرأ}﴾ مرتين", &["قرأ \"اقرأ\" مرتين"], &["اقرأ"]),
    ];
    let failed: Vec<String> = rows
        .iter()
        .filter_map(|(text, sentences, words)| {
            let draft = draft(text);
            let laid_out = draft.units(&draft.article(None));
            let of = |kind| -> Vec<&str> {
                laid_out.units.iter().filter(|unit: &&Unit| unit.kind == kind).map(|unit| unit.text.as_str()).collect()
            };
            let got = (of(UnitKind::Sentence), of(UnitKind::MarkedWords));
            (got != (sentences.to_vec(), words.to_vec())).then(|| format!("{text:?} gave {got:?}"))
        })
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn spans_that_cross_are_not_both_marked() {
    let mut draft = Draft::default();
    let first = draft.put("واحد اثنان");
    draft.put(" ثلاثة أربعة");
    draft.end_sentence(SentenceKind::Body, "");
    draft.name(first);
    draft.name(Span { start: first.start + "واحد ".len(), end: draft.text.len() });
    let units = draft.units(&draft.article(None));
    let sentence = &units.sentences[0];
    assert_eq!(sentence.pieces.iter().map(|piece| piece.marked).collect::<Vec<_>>(), [true, false]);
    assert_eq!(sentence.source, Source::Unit(0));
    assert_eq!(units.units[0].text, "\"واحد اثنان\" ثلاثة أربعة");
}
