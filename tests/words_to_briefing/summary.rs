//! What the extractive summary must and must not hold.

use crate::support::{Draft, translated};
use mujaz::article::{SentenceKind, Title};
use mujaz::brief::Summary;
use mujaz::quotes::AttributionType;
use mujaz::translate::{RowError, Unit, UnitKind};

const TITLE: &str = "خطة لترميم جسر المدينة القديم";

/// A title, a lead, a repetition of the lead, background, a quote near the end, short lines and boilerplate.
fn article() -> Draft {
    let mut draft = Draft::default();
    let sentence = |draft: &mut Draft, text: &str| {
        draft.put(text);
        draft.end_sentence(SentenceKind::Body, "\n");
    };
    draft.put(TITLE);
    draft.end_sentence(SentenceKind::Title, "\n");
    sentence(&mut draft, "أقر مجلس المدينة أمس خطة لترميم الجسر القديم فوق النهر بعد سنوات من الخلاف.");
    sentence(&mut draft, "وكان مجلس المدينة قد أقر خطة ترميم الجسر القديم فوق النهر بعد سنوات الخلاف.");
    sentence(&mut draft, "وتقضي الخطة بإغلاق الجسر أمام السيارات عاما كاملا وتحويل المرور إلى الضفة الشمالية.");
    sentence(&mut draft, "نعم.");
    sentence(&mut draft, "ويعمل في ترميم الجسر ثمانون حرفيا من أبناء المدينة ومن القرى المجاورة لها.");
    sentence(&mut draft, "وتنتشر على الضفة مقاه صغيرة يقصدها الصيادون في ساعات الفجر الأولى كل صباح.");
    draft.put("وأمام المقهى قال ");
    let speaker = draft.put("الصياد سالم");
    draft.put(": \"");
    let words = draft.put("لا يهمني إلا أن أعود بسمكة");
    sentence(&mut draft, "\".");
    sentence(&mut draft, "اقرأ أيضا: خطة ترميم جسر المدينة القديم فوق النهر في صور من مجلس المدينة.");
    draft.quote(AttributionType::Direct, vec![words], Some(("s1", speaker)));
    draft
}

fn summary(translate: impl FnMut(&Unit) -> Result<mujaz::translate::Translation, RowError>) -> Summary {
    let draft = article();
    let title = Some(Title::InText(draft.sentences[0].span));
    draft.brief(title, None, translate).summary
}

fn ids(summary: &Summary) -> Vec<u32> {
    summary.items.iter().flat_map(|item| item.sentences.clone()).collect()
}

#[test]
fn it_holds_the_lead_and_the_quote_in_the_order_of_the_text() {
    let summary = summary(|_| translated("Some words"));
    let ids = ids(&summary);
    assert!(ids.is_sorted(), "{ids:?}");
    assert!(ids.contains(&2), "the lead is missing: {ids:?}");
    assert!(!ids.contains(&3), "the lead is said twice: {ids:?}");
    for left_out in [1, 5, 9] {
        assert!(!ids.contains(&left_out), "title, short line or boilerplate: {ids:?}");
    }
    let quoted = summary.items.iter().find(|item| item.quotes == ["q1"]).expect("the quote is shown");
    assert_eq!(quoted.sentences, [8]);
    assert!(quoted.ar.as_deref().is_some_and(|arabic| arabic.contains("الصياد سالم")));
    assert!(summary.items.iter().all(|item| item.en.as_deref() == Some("Some words") || item.quotes == ["q1"]));
}

#[test]
fn sentences_without_english_are_left_out_unless_none_has_any() {
    let lead = |unit: &Unit| unit.kind == UnitKind::Sentence && unit.text.starts_with("أقر مجلس");
    let without_lead =
        summary(|unit| if lead(unit) { Err(RowError::Model("lost".into())) } else { translated("Some words") });
    assert!(!ids(&without_lead).contains(&2) && ids(&without_lead).contains(&3), "{:?}", ids(&without_lead));
    let nothing = summary(|_| Err(RowError::Model("lost".into())));
    assert!(ids(&nothing).contains(&2) && nothing.items.iter().all(|item| item.en.is_none()));
}

#[test]
fn an_article_without_sentences_has_an_empty_summary() {
    let briefing = Draft::default().brief(None, None, |unit| panic!("unexpected unit {unit:?}"));
    assert!(briefing.summary.items.is_empty() && briefing.sentences.is_empty());
}
