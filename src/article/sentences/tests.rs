use super::*;
use proptest::prelude::*;
use std::time::{Duration, Instant};

fn pieces(text: &str) -> Vec<&str> {
    split(text, None).iter().map(|sentence| sentence.span.slice(text)).collect()
}

#[test]
fn table() {
    // `|` marks where the splitter must cut; the text is the row without it.
    let rows: &[&str] = &[
        "وصل الوفد إلى المدينة.| وبدأت المحادثات صباحا.",
        "هل تنجح الخطة؟| لا أحد يعلم!| ننتظر.",
        "انتهت الجولة الأولى؛| وتبدأ الثانية غدا.",
        "لا جديد…| عاد الجميع.",
        "لا جديد...| عاد الجميع.",
        "الميناء.. رافعات جديدة تبدأ العمل",
        "ارتفع السعر 3.5 في المئة.| وبلغ ٣٫٥ أو ٣.٥ دولار مقابل 1.000 وحدة.",
        "التقى د. سامر الحلبي و أ. نورة القاضي و أ.د. كريم ناصر في المقر.| وغادروا.",
        "حضر ود. ليلى م. عمران أيضا.| ثم انصرفت.",
        "حضر د . سامر الجلسة.",
        "تعود القطعة إلى القرن الثالث ق.م. وفق الخبراء.| وهي نادرة.",
        "توفي عام 622 م.| ودفن هناك.",
        "صدر عام 1445 هـ.| وطبع مرتين.",
        "تملك ج.م.ع. حصة الأغلبية.",
        "أرسل إلى ص.ب. 1234 أو ص. 15 من الكتاب.",
        "قال (م.د) إنه رأى الحادث.| وأضاف أنه خائف.",
        "زار U.S. Navy الميناء e.g. مرتين.| وغادر Mr. Smith اليوم.",
        "الموقع example.org يعمل.| راسلوا info@example.org.| شكرا.",
        "انظر https://example.org/a.b?c=1!d. ثم عد.",
        "انظر https://example.org/a.b?c=1 .| ثم عد.",
        "قال: \"نعم.\"| وأضاف: \"لا.\"",
        "قال: «سنعود…».| ثم خرج.",
        "قال: «سنعود غدا.»| ثم خرج.",
        "قال: « سنعود غدا. »| ثم خرج.",
        "قال: »سنعود غدا.«| ثم خرج.",
        "قال: “سنعود غدا.”| ثم خرج.",
        "قال: \"نحن باقون هنا. |ولن نرحل أبدا.\"| ثم خرج.",
        "قال: \"نحن باقون هنا.|ولن نرحل أبدا\".| ثم خرج.",
        "انتهى الاجتماع.| \"لن نرحل\"، قال الوزير.",
        "انتهى الاجتماع.|\"لن نرحل\"، قال الوزير.",
        "\"لن نرحل مهما كان.\"، قال الوزير.",
        "عرض فيلم \"أين أنت؟\" للمخرج الشاب.| ونال جائزة.",
        "سأل (من هناك؟) بصوت عال.| ثم سكت.",
        "(انتهى الحديث.)| ثم سكت.",
        "وصفه بأنه \"بطل\" (!) في المقال.",
        "قال الوزير (...) إن الأمر انتهى.",
        "ماذا؟!| لا!!!| نعم.",
        "انتهى الاجتماع.|وقال الوزير كلمة.",
        "1. البند الأول واضح.| وهو قصير.",
        "١٢. البند واضح.",
        "كان ذلك في 2024.| ثم تغير.",
        "تطبيق على .NET بنسبة .5 فقط.",
        "نص أول.\u{200F}| نص ثان.",
        "قال سامِر: دٌ. أحمد هنا.",
        "نص بلا نهاية",
        "نص.| \" نص آخر \"",
        "***",
        "؟؟؟ نص",
    ];
    let mut wrong = Vec::new();
    for row in rows {
        let text = row.replace('|', "");
        let expected: Vec<&str> = row.split('|').map(str::trim).collect();
        if pieces(&text) != expected {
            wrong.push((expected.join(" | "), pieces(&text).join(" | ")));
        }
    }
    for (expected, found) in &wrong {
        eprintln!("expected {expected}\nfound    {found}\n");
    }
    assert!(wrong.is_empty());
}

#[test]
fn lines_titles_and_paragraphs() {
    let text = "مدينة جديدة. على الساحل\n\n   تقع المدينة شمالا.  سكانها قلة.\r\nhttps://example.org/x\r\n\r\nانتهى\n";
    let title = Span::new(text, 0, "مدينة جديدة. على الساحل".len());
    let found: Vec<_> =
        split(text, title).iter().map(|s| (s.id, s.paragraph, s.kind, s.span.slice(text).to_owned())).collect();
    let expected = [
        (1, 0, SentenceKind::Title, "مدينة جديدة. على الساحل"),
        (2, 1, SentenceKind::Body, "تقع المدينة شمالا."),
        (3, 1, SentenceKind::Body, "سكانها قلة."),
        (4, 2, SentenceKind::Body, "انتهى"),
    ];
    assert_eq!(found, expected.map(|(id, paragraph, kind, text)| (id, paragraph, kind, text.to_owned())));
}

#[test]
fn overlong_sentences_are_cut() {
    let with_commas = "عبارة طويلة بعض الشيء، ".repeat(200);
    let without_commas = "كلمة ".repeat(2_000);
    let one_word = "ا".repeat(50_000);
    for (text, limit) in [(&with_commas, MAX_SENTENCE_BYTES), (&without_commas, MAX_UNBROKEN_BYTES)] {
        let longest = split(text, None).iter().map(|sentence| sentence.span.len()).max();
        assert!(longest.is_some_and(|bytes| bytes <= limit), "{longest:?}");
    }
    assert!(split(&with_commas, None).iter().all(|s| s.span.slice(&with_commas).ends_with('،')));
    assert_eq!(split(&one_word, None).len(), 1);
}

/// Ten times the text must not take a hundred times the time. The limit leaves room for a slow, busy machine: a
/// quadratic step over these lengths takes minutes.
#[test]
fn time_is_linear_on_hostile_lines() {
    let units = [
        "ا",
        " ",
        ".",
        "\"",
        "«",
        "(",
        ")",
        ". ",
        "a.",
        "د. ",
        ".\" ",
        "!)",
        "(ا!) ",
        "http://",
        "www.a.b ",
        "1.",
        "،",
        "\u{200F}",
        "ا\u{64B}",
        ". \u{200F}",
        "\u{640}.",
        "\"ا؟\" ",
        "((((ا.ب",
        "…",
        "؛،",
    ];
    for unit in units {
        let text = unit.repeat(400_000 / unit.len());
        let begun = Instant::now();
        split(&text, None);
        assert!(begun.elapsed() < Duration::from_secs(5), "{unit:?} took {:?}", begun.elapsed());
        let mixed = format!("{}{}", "(".repeat(200_000), text);
        split(&mixed, None);
        assert!(begun.elapsed() < Duration::from_secs(10), "( and {unit:?} took {:?}", begun.elapsed());
    }
}

fn newsy() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "[\u{621}-\u{64A}]{1,8}",
        "[a-zA-Z]{1,4}",
        "[0-9\u{660}-\u{669}]{1,3}",
        Just("https://example.org/a".to_owned()),
        Just("www.example.org".to_owned()),
        Just("د".to_owned()),
    ];
    let glue = "[ .!?؟…؛،:\"«»“”()\\n\\r\u{A0}\u{200F}\u{640}\u{64B}\u{2028}-]{0,3}";
    proptest::collection::vec((word, glue), 0..30)
        .prop_map(|parts| parts.into_iter().map(|(word, glue)| word + &glue).collect())
}

fn check_promises(text: &str, title: Option<Span>) -> Result<(), TestCaseError> {
    let sentences = split(text, title);
    let mut covered = vec![0u8; text.len()];
    let mut end = 0;
    for (sentence, id) in sentences.iter().zip(1..) {
        let Span { start, end: stop } = sentence.span;
        prop_assert_eq!(sentence.id, id);
        prop_assert!(Span::new(text, start, stop).is_some_and(|span| !span.is_empty()));
        prop_assert!(start >= end, "overlap or wrong order");
        prop_assert_eq!(sentence.span.trimmed(text), sentence.span);
        covered[start..stop].iter_mut().for_each(|count| *count += 1);
        end = stop;
    }
    for line in lines(text) {
        let expected = u8::from(line.kind == LineKind::Text);
        for (at, character) in line.span.slice(text).char_indices() {
            let at = line.span.start + at;
            if is_visible(character) {
                prop_assert!(covered[at..at + character.len_utf8()].iter().all(|count| *count == expected));
            } else if expected == 0 {
                prop_assert_eq!(covered[at], 0);
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn promises_hold_on_news(text in newsy(), title in any::<(prop::sample::Index, prop::sample::Index)>()) {
        let borders: Vec<usize> = (0..=text.len()).filter(|at| text.is_char_boundary(*at)).collect();
        let (from, to) = (*title.0.get(&borders), *title.1.get(&borders));
        check_promises(&text, None)?;
        check_promises(&text, Span::new(&text, from.min(to), from.max(to)))?;
    }

    #[test]
    fn promises_hold_on_anything(text in any::<String>()) {
        check_promises(&text, None)?;
    }
}
