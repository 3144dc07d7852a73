//! Arabic span to English span, by tables: what the model wrote, the words alone, and the line with recorded marks.

use mujaz::brief::ProjectionMethod::{Alignment, Marks};
use mujaz::project::{MarkedPiece, project, without_marks};

fn piece(words: &str) -> MarkedPiece<'_> {
    // Too long to be taken without a match.
    let (source_words, source_middle) = (9, 0.5);
    MarkedPiece { words: Some(words), parent: None, whole: false, repeated: false, source_words, source_middle }
}

#[test]
fn marks_are_kept_moved_or_removed() {
    let inside = |words| MarkedPiece { parent: Some(0), ..piece(words) };
    let whole = |words| MarkedPiece { whole: true, ..piece(words) };
    let repeated = |words| MarkedPiece { repeated: true, ..piece(words) };
    let short = |words, source_middle| MarkedPiece { source_words: 1, source_middle, ..piece(words) };
    let untranslated = MarkedPiece { words: None, ..piece("") };
    // The raw English, the pieces, the result, what was found for each piece, (marks removed, marks missing).
    type Found = Option<(&'static str, mujaz::brief::ProjectionMethod)>;
    type Row = (&'static str, Vec<MarkedPiece<'static>>, &'static str, Vec<Found>, (bool, bool));
    let rows: Vec<Row> = vec![
        (
            "He said: “We agree.”",
            vec![piece("We agree.")],
            "He said: \"We agree.\"",
            vec![Some(("We agree.", Marks))],
            (false, false),
        ),
        (
            "He told «Tehran Times»: \"Russia is our ally\".",
            vec![piece("Tehran Times"), piece("Russia is our strategic ally")],
            "He told \"Tehran Times\": \"Russia is our ally\".",
            vec![Some(("Tehran Times", Marks)), Some(("Russia is our ally", Marks))],
            (false, false),
        ),
        // English turns the order around: two marks and two spans, yet the first is not the first.
        (
            "A \"historic document\", the agency \"TASS\" reported.",
            vec![piece("TASS"), piece("a historic document")],
            "A \"historic document\", the agency \"TASS\" reported.",
            vec![Some(("TASS", Marks)), Some(("historic document", Marks))],
            (false, false),
        ),
        // A scare quote of the model's own.
        (
            "The \"agreement\" was called \"historic\".",
            vec![piece("historic")],
            "The agreement was called \"historic\".",
            vec![Some(("historic", Marks))],
            (true, false),
        ),
        // The marks moved to other words; the right words stand there once.
        (
            "\"The treaty\" is a historic document for both.",
            vec![piece("historic document")],
            "The treaty is a \"historic document\" for both.",
            vec![Some(("historic document", Alignment))],
            (true, false),
        ),
        // One short span, one short pair, about the same place: other words for the same.
        (
            "They expect to sign it \"soon\".",
            vec![short("Near", 0.9)],
            "They expect to sign it \"soon\".",
            vec![Some(("soon", Marks))],
            (false, false),
        ),
        (
            "He told \"Tahrir Times\": \"Russia is our ally\".",
            vec![short("Tehran is Timaz", 0.4), piece("Russia is our strategic ally")],
            "He told \"Tahrir Times\": \"Russia is our ally\".",
            vec![Some(("Tahrir Times", Marks)), Some(("Russia is our ally", Marks))],
            (false, false),
        ),
        // Too far away, too long, or the words alone stand elsewhere.
        ("\"They\" expect it now.", vec![short("Near", 0.9)], "They expect it now.", vec![None], (true, true)),
        (
            "They \"expect to sign it\" now.",
            vec![short("Near", 0.5)],
            "They expect to sign it now.",
            vec![None],
            (true, true),
        ),
        (
            "They expect to \"sign\" it near here.",
            vec![short("Near", 0.5)],
            "They expect to sign it \"near\" here.",
            vec![Some(("near", Alignment))],
            (true, false),
        ),
        // Lost marks and other words: nothing is guessed.
        ("It will be signed shortly.", vec![piece("soon")], "It will be signed shortly.", vec![None], (false, true)),
        // Two places: no guess either.
        ("Soon means very soon.", vec![piece("soon")], "Soon means very soon.", vec![None], (false, true)),
        ("It will be soon.", vec![repeated("soon")], "It will be soon.", vec![None], (false, true)),
        // Function words are no evidence.
        ("It is in the house.", vec![piece("in the")], "It is in the house.", vec![None], (false, true)),
        (
            "The workers' union doesn’t \"agree",
            vec![piece("agree")],
            "The workers' union doesn't \"agree\"",
            vec![Some(("agree", Alignment))],
            (true, false),
        ),
        // A quote within a quote.
        (
            "He said: \"I read 'Tehran Times' daily\".",
            vec![piece("I read Tehran Times every day"), inside("Tehran Times")],
            "He said: \"I read ‘Tehran Times’ daily\".",
            vec![Some(("I read ‘Tehran Times’ daily", Marks)), Some(("Tehran Times", Marks))],
            (false, false),
        ),
        // The outer one is lost: the inner one is the outermost now.
        (
            "He said that nobody buys \"Tehran Times\" now.",
            vec![piece("I read a paper every single day"), inside("Tehran Times")],
            "He said that nobody buys \"Tehran Times\" now.",
            vec![None, Some(("Tehran Times", Marks))],
            (false, true),
        ),
        // The whole sentence is the quote; the model may or may not have put marks around it.
        ("We agree.", vec![whole("We agree.")], "\"We agree.\"", vec![Some(("We agree.", Alignment))], (false, false)),
        (
            "“We agree.”",
            vec![whole("We agree.")],
            "\"We agree.\"",
            vec![Some(("We agree.", Alignment))],
            (false, false),
        ),
        (
            "We read \"TASS\" here",
            vec![whole("We read TASS here"), inside("TASS")],
            "\"We read ‘TASS’ here\"",
            vec![Some(("We read ‘TASS’ here", Alignment)), Some(("TASS", Marks))],
            (false, false),
        ),
        ("Some \"marked\" words.", vec![], "Some marked words.", vec![], (true, false)),
        ("Some \"marked\" words.", vec![untranslated], "Some marked words.", vec![None], (true, true)),
        (
            "said: \" spaced out \" .",
            vec![piece("spaced out")],
            "said: \"spaced out\" .",
            vec![Some(("spaced out", Marks))],
            (false, false),
        ),
        ("  ", vec![piece("soon")], "", vec![None], (false, true)),
        ("\"\"", vec![whole("x")], "", vec![None], (false, true)),
    ];
    let failed: Vec<String> = rows
        .into_iter()
        .filter_map(|(raw, pieces, text, found, flags)| {
            let got = project(raw, &pieces);
            let got_found: Vec<_> = got
                .pieces
                .iter()
                .map(|one| one.as_ref().map(|located| (&got.text[located.range.clone()], located.method)))
                .collect();
            let got_flags = (got.unmapped_marks_removed, got.marks_missing);
            ((got.text.as_str(), &got_found, got_flags) != (text, &found, flags))
                .then(|| format!("{raw:?} gave {got:?}"))
        })
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn lines_without_records_have_no_marks() {
    let rows = [
        ("President “X” of 'Y'", "President X of Y", true),
        ("the workers' union isn't", "the workers' union isn't", false),
        ("word\"word", "word word", true),
        ("", "", false),
    ];
    let failed: Vec<_> = rows
        .iter()
        .map(|(raw, text, removed)| (without_marks(raw), (text.to_string(), *removed)))
        .filter(|(got, wanted)| got != wanted)
        .collect();
    assert!(failed.is_empty(), "{failed:?}");
}
