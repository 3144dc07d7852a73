//! What must hold of any input. One function for the fuzzer (`fuzz/fuzz_targets/quotes.rs`) and for the short run in
//! the tests.

use mujaz::article::{Span, sentences};
use mujaz::quotes::{AttributionType, extract};
use std::collections::HashSet;

/// Reads `bytes` as UTF-8 (what is not is replaced) and panics where a promise of the records is broken.
pub fn quotes(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let text = text.as_ref();
    let found = extract(text, &sentences::split(text, None));
    let slice = |start: usize, end: usize| text.get(start..end);
    let mut marked = HashSet::new();
    let mut last = 0;
    for record in &found.attributions {
        let content = record.content.span();
        assert_eq!(slice(content.start, content.end), Some(record.content.text.as_str()), "content is no slice");
        assert!(content.start >= last && !content.is_empty(), "empty or out of order");
        last = content.start;
        assert!(!record.spans.is_empty(), "no spans");
        for span in &record.spans {
            assert!(content.contains(*span) && slice(span.start, span.end).is_some(), "a span outside its content");
        }
        assert!(record.spans.is_sorted_by(|a, b| a.end <= b.start), "spans overlap");
        let around = [&record.cue, &record.medium, &record.addressee, &record.circumstance];
        for words in around.into_iter().flatten() {
            assert_eq!(slice(words.start, words.end), Some(words.text.as_str()), "words are no slice");
        }
        if let Some(speaker) = &record.speaker {
            assert_eq!(slice(speaker.start, speaker.end), Some(speaker.text.as_str()), "speaker is no slice");
        }
        assert_eq!(record.speaker.is_none(), record.speaker_reason.is_some(), "a reason where there is no speaker");
        if record.r#type != AttributionType::Indirect {
            assert!(marked.insert(content), "a marked span is in two records");
        }
    }
    for other in &found.not_speech {
        assert_eq!(slice(other.start, other.end), Some(other.text.as_str()), "marked words are no slice");
        assert!(marked.insert(Span { start: other.start, end: other.end }), "a marked span is in both lists");
    }
}
