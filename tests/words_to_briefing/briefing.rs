//! A small article through units, projection, checks and assembly, with translations written by hand.

use crate::support::{Draft, translated};
use mujaz::article::{SentenceKind, Title};
use mujaz::brief::{Briefing, ProjectionMethod};
use mujaz::quotes::AttributionType::{Direct, Indirect, Mixed};
use mujaz::translate::{Flag, RowError, Translation, Unit, UnitKind};

/// Title; a direct quote over three sentences beside a marked paper name; a mixed one; an indirect one of nobody.
fn article() -> Draft {
    let mut draft = Draft::default();
    draft.put("اتفاق جديد على ترميم ميناء الفنار");
    draft.end_sentence(SentenceKind::Title, "\n\n");

    draft.put("وقالت ");
    let speaker = draft.put("وزيرة النقل سلمى الهادي");
    draft.put(" لصحيفة «");
    let paper = draft.put("صدى الفنار");
    draft.put("»: « ");
    let one = draft.put("سننهي العمل في 18 شهرا.");
    draft.end_sentence(SentenceKind::Body, " ");
    let two = draft.put("لن يتوقف الميناء يوما واحدا.");
    draft.end_sentence(SentenceKind::Body, " ");
    let three = draft.put("والبحر لنا جميعا");
    draft.put(" ».");
    draft.end_sentence(SentenceKind::Body, "\n");

    draft.put("ووصفت الاتفاق بأنه \"");
    let mixed = draft.put("بداية عهد جديد");
    draft.put("\" للمدينة القديمة وأهلها الطيبين.");
    draft.end_sentence(SentenceKind::Body, "\n");

    draft.put("وقيل إن ");
    let indirect = draft.put("الكلفة بلغت 3.5 مليون دينار في العام الماضي وحده");
    draft.put(".");
    draft.end_sentence(SentenceKind::Body, "\n");

    draft.name(paper);
    draft.quote(Direct, vec![one, two, three], Some(("s1", speaker)));
    draft.quote(Mixed, vec![mixed], Some(("s1", speaker)));
    draft.quote(Indirect, vec![indirect], None);
    draft
}

/// By hand, like a good model; every text that it does not know fails the test.
fn by_hand(unit: &Unit) -> Result<Translation, RowError> {
    let known = [
        ("اتفاق جديد على ترميم ميناء الفنار", "A new agreement to restore the port of al-Fanar"),
        (
            "وقالت وزيرة النقل سلمى الهادي لصحيفة \"صدى الفنار\": \"سننهي العمل في 18 شهرا.\"",
            "Transport Minister Salma al-Hadi told the newspaper “Sada al-Fanar”: “We will finish the work in 18 months.”",
        ),
        ("صدى الفنار", "Sada al-Fanar"),
        ("سننهي العمل في 18 شهرا.", "We'll finish work in 18 months."),
        ("لن يتوقف الميناء يوما واحدا.", "The port will not stop for a single day."),
        ("والبحر لنا جميعا.", "And the sea belongs to all of us."),
        (
            "ووصفت الاتفاق بأنه \"بداية عهد جديد\" للمدينة القديمة وأهلها الطيبين.",
            "She called the agreement a fresh start for the old town and its good people.",
        ),
        ("بداية عهد جديد", "The beginning of a new era."),
        (
            "وقيل إن الكلفة بلغت 3.5 مليون دينار في العام الماضي وحده.",
            "The cost was said to be 3.5 billion dinars last year alone.",
        ),
        ("وزيرة النقل سلمى الهادي", "\"Transport Minister Salma al-Hadi.\""),
    ];
    let english = known.iter().find(|(arabic, _)| *arabic == unit.text).map(|(_, english)| *english);
    translated(english.unwrap_or_else(|| panic!("unexpected unit {unit:?}")))
}

fn title(draft: &Draft) -> Option<Title> {
    Some(Title::InText(draft.sentences[0].span))
}

#[test]
fn each_text_goes_to_the_translator_once() {
    let draft = article();
    let article = draft.article(title(&draft));
    let units = draft.units(&article).units;
    let kinds: Vec<UnitKind> = units.iter().map(|unit| unit.kind).collect();
    use UnitKind::*;
    // Sentences 3 and 4 are nothing but the quote: their translation is that of the words alone.
    let expected =
        [Title, Sentence, MarkedWords, MarkedWords, Sentence, Sentence, Sentence, MarkedWords, Sentence, Speaker];
    assert_eq!(kinds, expected, "{units:#?}");
}

#[test]
fn a_briefing_of_a_good_translation() {
    let draft = article();
    let briefing = draft.brief(title(&draft), Some("a test"), by_hand);
    let english = |id: usize| briefing.sentences[id - 1].en.as_deref().unwrap_or_default();
    assert_eq!(briefing.article.title.en.as_deref(), Some("A new agreement to restore the port of al-Fanar"));
    assert_eq!(
        english(2),
        "Transport Minister Salma al-Hadi told the newspaper \"Sada al-Fanar\": \"We will finish the work in 18 months.\""
    );
    assert_eq!(english(3), "\"The port will not stop for a single day.\"");
    assert_eq!(briefing.sentences[1].score, Some(-0.1235));

    let quote = &briefing.quotes[0];
    let en = quote.en.as_ref().expect("the quote has English");
    assert_eq!(
        en.text,
        "We will finish the work in 18 months. The port will not stop for a single day. And the sea belongs to all of us."
    );
    assert_eq!(en.method, ProjectionMethod::Alignment);
    assert_eq!((quote.sentences.as_slice(), en.sentence, en.pieces.len()), (&[2, 3, 4][..], Some(2), 3));
    for piece in &en.pieces {
        assert!(en.text.contains(&english(piece.sentence as usize)[piece.start..piece.end]));
    }
    assert_eq!(
        quote.speaker_en.as_ref().map(|speaker| speaker.text.as_str()),
        Some("Transport Minister Salma al-Hadi")
    );
    let checks = quote.checks;
    assert_eq!(
        (checks.verbatim, checks.balanced, checks.numbers, checks.names),
        (Some(true), Some(true), Some(true), Some(true))
    );

    // The model dropped the marks and chose other words: translated alone, flagged.
    let mixed = briefing.quotes[1].en.as_ref().expect("the quote has English");
    assert_eq!((mixed.text.as_str(), mixed.method), ("The beginning of a new era", ProjectionMethod::Retranslated));
    assert_eq!((mixed.sentence, mixed.start, mixed.end), (None, None, None));
    assert_eq!(briefing.sentences[4].flags, [Flag::MarksMissing]);

    let indirect = &briefing.quotes[2];
    assert_eq!((indirect.en.is_none(), indirect.sentences.as_slice()), (true, &[6][..]));
    assert_eq!((indirect.checks.verbatim, indirect.checks.numbers), (Some(true), None));
    assert_eq!(briefing.sentences[5].flags, [Flag::NumberMismatch]);
    assert_eq!(briefing.not_speech[0].en.as_ref().map(|en| en.text.as_str()), Some("Sada al-Fanar"));

    let codes: Vec<_> = briefing.warnings.iter().map(|warning| (warning.code.as_str(), warning.sentence)).collect();
    assert_eq!(codes, [("model_unreliable", None), ("quote_unattributed", Some(6))]);
    assert!(briefing.summary.items.iter().any(|item| item.quotes.contains(&"q1".to_owned())), "{:?}", briefing.summary);
}

#[test]
fn a_briefing_survives_serde() {
    let draft = article();
    let briefing = draft.brief(title(&draft), None, by_hand);
    let json = serde_json::to_string(&briefing).expect("a briefing can be written");
    let read: Briefing = serde_json::from_str(&json).expect("a briefing can be read");
    assert_eq!(read, briefing);
    let value: serde_json::Value = serde_json::from_str(&json).expect("json");
    let keys = |value: &serde_json::Value| -> Vec<String> {
        let mut keys: Vec<String> = value.as_object().map(|map| map.keys().cloned().collect()).unwrap_or_default();
        keys.sort();
        keys
    };
    assert_eq!(
        keys(&value),
        ["article", "not_speech", "quotes", "schema", "sentences", "signature", "summary", "warnings"]
    );
    assert_eq!(keys(&value["sentences"][0]), ["ar", "en", "end", "flags", "id", "score", "start"]);
    assert_eq!(keys(&value["quotes"][0]["checks"]), ["balanced", "names", "numbers", "verbatim"]);
    assert_eq!(keys(&value["quotes"][0]["en"]), ["end", "method", "pieces", "sentence", "start", "text"]);
    // Nobody is named for the third quote: a check that was not made is null.
    assert_eq!(value["quotes"][2]["checks"]["names"], serde_json::Value::Null);
}

#[test]
fn an_invented_name_is_flagged() {
    let draft = article();
    let inventing = |unit: &Unit| match unit.kind {
        UnitKind::Speaker => translated("Minister of Transport, Mohammed bin Salman"),
        UnitKind::Sentence if unit.text.starts_with("وقالت") => translated(
            "Mohammed bin Salman told the newspaper “Sada al-Fanar”: “We will finish the work in 18 months.”",
        ),
        _ => by_hand(unit),
    };
    let briefing = draft.brief(title(&draft), None, inventing);
    let flagged: Vec<u32> = briefing
        .sentences
        .iter()
        .filter(|sentence| sentence.flags.contains(&Flag::NameMismatch))
        .map(|sentence| sentence.id)
        .collect();
    assert_eq!(flagged, [2]);
    let said: Vec<_> = briefing
        .quotes
        .iter()
        .map(|quote| (quote.speaker_en.as_ref().map(|en| en.flags.as_slice()), quote.checks.names))
        .collect();
    let invented = (Some(&[Flag::NameMismatch][..]), Some(false));
    assert_eq!(said, [invented, invented, (None, None)]);
}

#[test]
fn what_the_model_fails_on_is_null_and_said() {
    let draft = article();
    let failing = |unit: &Unit| match unit.kind {
        UnitKind::Sentence if unit.text.starts_with("وقالت") => Err(RowError::TooLong { tokens: 900, limit: 512 }),
        UnitKind::MarkedWords if unit.text.starts_with("بداية") => Err(RowError::Model("lost".into())),
        UnitKind::Speaker => translated("  "),
        _ => by_hand(unit),
    };
    let briefing = draft.brief(title(&draft), None, failing);
    let sentence = &briefing.sentences[1];
    assert_eq!((sentence.en.as_deref(), sentence.flags.as_slice()), (None, &[Flag::NotTranslated][..]));
    // Its first piece comes from the words alone.
    let en = briefing.quotes[0].en.as_ref().expect("the words alone were translated");
    assert_eq!(en.method, ProjectionMethod::Retranslated);
    assert!(en.text.starts_with("We'll finish work in 18 months. The port"), "{}", en.text);
    assert!(briefing.quotes[1].en.is_none() && briefing.quotes[0].speaker_en.is_none());
    let codes: Vec<_> = briefing.warnings.iter().map(|warning| (warning.code.as_str(), warning.sentence)).collect();
    assert_eq!(
        codes,
        [
            ("sentence_not_translated", Some(2)),
            ("quote_not_translated", Some(5)),
            ("quote_unattributed", Some(6)),
            ("speaker_not_translated", None)
        ]
    );
}

#[test]
fn a_given_title_has_no_marks_and_its_checks_are_said() {
    let mut draft = Draft::default();
    draft.put("لا شيء هنا");
    draft.end_sentence(SentenceKind::Body, "");
    let title = Title::Given("الوزير: «نعم» لعام 2031".into());
    let briefing = draft.brief(Some(title), None, |unit| match unit.kind {
        UnitKind::Title => {
            assert_eq!(unit.text, "الوزير: نعم لعام 2031");
            translated("Minister: \"yes\" to 2013")
        }
        _ => translated("Nothing here"),
    });
    assert_eq!(briefing.article.title.en.as_deref(), Some("Minister: yes to 2013"));
    assert_eq!(briefing.warnings[0].code, "title_flagged");
    assert!(briefing.warnings[0].message.contains("number_mismatch"));
}

#[test]
fn text_without_arabic_letters_is_taken_over() {
    let mut draft = Draft::default();
    draft.put("CNN, ١٢/٥/٢٠٢٤");
    draft.end_sentence(SentenceKind::Body, "");
    let briefing = draft.brief(None, None, |unit| panic!("unexpected unit {unit:?}"));
    assert_eq!(briefing.sentences[0].en.as_deref(), Some("CNN, 12/5/2024"));
    assert!(briefing.sentences[0].flags.is_empty());
}
