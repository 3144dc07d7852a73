//! Markdown: one file an article, plain enough to read as it is.
//!
//! Text stays text: every character that Markdown or GitHub's dialect could take for markup is escaped. Arabic stands
//! in right-to-left isolates (U+2067 … U+2069) with a right-to-left mark before it, so that its order is right in any
//! viewer and in a plain editor, and its side is right where a viewer looks at the first strong character. Direction
//! controls of the text itself are left out here, so that none can end the isolate; the JSON keeps them.

use super::view::{Fact, Pair, QuoteView, Reference, Shown, View};
use super::words::is_direction_control;
use super::{RenderError, Renderer};
use crate::brief::Briefing;
use std::fmt::Write;

/// Markdown: the summary, the sentences in both languages, the quotes.
#[derive(Debug, Clone, Copy)]
pub struct Markdown;

impl Renderer for Markdown {
    fn extension(&self) -> &'static str {
        "md"
    }

    fn render(&self, briefing: &Briefing) -> Result<String, RenderError> {
        let view = View::new(briefing)?;
        let mut out = String::new();
        head(&mut out, &view);
        summary(&mut out, &view);
        article(&mut out, &view, briefing);
        quotes(&mut out, &view);
        foot(&mut out, &view);
        Ok(out)
    }
}

/// Writing into a `String` can't fail; this keeps that in one place.
macro_rules! line {
    ($out:expr) => { $out.push('\n') };
    ($out:expr, $($words:tt)*) => {{
        let _ = writeln!($out, $($words)*);
    }};
}

/// `text` as a part of a line of Markdown that shows exactly its words. [`at_line_start`] is for the start of one.
fn escape(text: &str) -> String {
    let mut line = String::with_capacity(text.len() + 8);
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        // `www.` and `://` alone are enough for GitHub to make a link.
        let is_address = word.contains("://") || word.get(..4).is_some_and(|www| www.eq_ignore_ascii_case("www."));
        for c in word.chars() {
            let is_markup =
                matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '#' | '~' | '|' | '$' | '@');
            if is_markup || (is_address && matches!(c, ':' | '.')) {
                line.push('\\');
            }
            if !(c.is_control() || is_direction_control(c)) {
                line.push(c);
            }
        }
    }
    line
}

/// Escaped text such that, at the start of a line, it is no list, no numbered item and no heading's underline.
fn at_line_start(mut line: String) -> String {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let is_number = digits > 0 && line[digits..].starts_with(['.', ')']);
    if is_number || line.starts_with(['-', '+', '=', ':']) {
        line.insert(if is_number { digits } else { 0 }, '\\');
    }
    line
}

/// Arabic, isolated.
fn arabic(text: &str) -> String {
    format!("\u{200F}\u{2067}{}\u{2069}", escape(text))
}

fn shown(value: &Shown, is_arabic: bool) -> String {
    match (value.known, is_arabic) {
        (true, true) => arabic(&value.text),
        (true, false) => escape(&value.text),
        (false, _) => format!("*{}*", escape(&value.text)),
    }
}

fn name(pair: &Pair) -> String {
    if pair.ar.known {
        format!("{} / {}", shown(&pair.en, false), shown(&pair.ar, true))
    } else {
        shown(&pair.en, false)
    }
}

fn label(reference: &Reference) -> String {
    match reference.note {
        Some(note) => format!("{} ({})", escape(reference.label), note.to_uppercase()),
        None => escape(reference.label),
    }
}

/// The words of both languages as two quoted paragraphs.
fn both(out: &mut String, pair: &Pair) {
    line!(out, "> {}", at_line_start(shown(&pair.en, false)));
    line!(out, ">");
    line!(out, "> {}", shown(&pair.ar, true));
    line!(out);
}

fn facts(out: &mut String, facts: &[Fact]) {
    for fact in facts {
        line!(out, "- {}: {}", fact.name, shown(&fact.value, fact.arabic));
    }
}

fn head(out: &mut String, view: &View) {
    line!(out, "# {}\n", shown(&view.title.en, false));
    line!(out, "{}\n", shown(&view.title.ar, true));
    facts(out, &view.facts);
    match view.link {
        // An address in angle brackets is a link; the characters that would end it are percent-encoded.
        Some(link) => line!(out, "- Address: <{}>", link.replace('<', "%3C").replace('>', "%3E")),
        None => line!(out, "- Address: {}", shown(&view.url, false)),
    }
    line!(out);
    for message in &view.unreliable {
        line!(out, "**NOT TO BE RELIED UPON.** {}\n", escape(message));
    }
    line!(out, "*The English is a machine translation. The Arabic is the article’s own text.*\n");
    if view.warnings.is_empty() && view.sentence_warnings.is_empty() {
        return;
    }
    line!(out, "## Warnings\n");
    for message in &view.warnings {
        line!(out, "- {}", escape(message));
    }
    for warning in &view.sentence_warnings {
        if let Some(sentence) = warning.sentence {
            line!(out, "- Sentence {sentence}: {}", escape(&warning.message));
        }
    }
    line!(out);
}

fn summary(out: &mut String, view: &View) {
    line!(out, "## Summary\n");
    line!(out, "*{}*\n", view.summary_method);
    if view.summary.is_empty() {
        line!(out, "*The article gave no summary.*\n");
    }
    for item in &view.summary {
        both(out, &item.words);
        for shown_quote in &item.quotes {
            let quote = &view.quotes[shown_quote.quote];
            line!(out, "{}: {}, {}\n", label(&quote.reference), name(&quote.speaker), quote.kind);
            if shown_quote.with_words {
                both(out, &quote.words);
            }
        }
        for note in &item.notes {
            line!(out, "**Note:** {note}\n");
        }
    }
}

fn article(out: &mut String, view: &View, briefing: &Briefing) {
    line!(out, "## Article\n");
    for (sentence, record) in view.sentences.iter().zip(&briefing.sentences) {
        match &record.en {
            Some(en) => line!(out, "**{}** {}\n", sentence.id, escape(en)),
            None => line!(out, "**{}** *unknown (no translation)*\n", sentence.id),
        }
        line!(out, "> {}\n", arabic(&record.ar));
        let here: Vec<String> = view
            .quotes
            .iter()
            .filter(|quote| quote.sentences.contains(&sentence.id))
            .map(|quote| format!("{} {}", label(&quote.reference), name(&quote.speaker)))
            .collect();
        if !here.is_empty() {
            line!(out, "Quotes: {}\n", here.join("; "));
        }
        for note in &sentence.notes {
            line!(out, "**Note:** {note}\n");
        }
    }
}

fn quotes(out: &mut String, view: &View) {
    line!(out, "## Quotes\n");
    if view.quotes.is_empty() {
        line!(out, "*No reported speech was found in this article.*\n");
    }
    for quote in &view.quotes {
        quote_card(out, quote);
    }
    if view.not_speech.is_empty() {
        return;
    }
    line!(out, "## Marked words that are not speech\n");
    for marked in &view.not_speech {
        line!(out, "- {}: {}", marked.kind, name(&marked.words));
    }
    line!(out);
}

fn quote_card(out: &mut String, quote: &QuoteView) {
    line!(out, "### {}: {}\n", escape(quote.reference.label), name(&quote.speaker));
    if let Some(note) = quote.polarity_note {
        line!(out, "**{}**\n", note.to_uppercase());
    }
    both(out, &quote.words);
    let sentences: Vec<String> = quote.sentences.iter().map(u32::to_string).collect();
    line!(out, "- Type: {}", quote.kind);
    line!(out, "- Sentences: {}", sentences.join(", "));
    if let Some(parent) = &quote.parent {
        line!(out, "- Inside: {}", label(parent));
    }
    facts(out, &quote.facts);
    for check in &quote.checks {
        line!(out, "- Check, {}: {}", check.name, check.result);
    }
    for note in &quote.notes {
        line!(out, "- Speaker’s name: {note}");
    }
    if !quote.reasons.is_empty() {
        let reasons: Vec<String> = quote.reasons.iter().map(|reason| escape(reason)).collect();
        line!(out, "- Rests on: {}", reasons.join("; "));
    }
    line!(out);
}

fn foot(out: &mut String, view: &View) {
    line!(out, "## How this briefing was made\n");
    facts(out, &view.signature);
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_briefing_reads_well() {
        insta::assert_snapshot!("markdown", Markdown.render(&fixture::briefing()).unwrap());
    }

    #[test]
    fn text_stays_text() {
        let table = [
            ("plain words, with a comma.", "plain words, with a comma."),
            ("<script>alert(1)</script>", r"\<script\>alert(1)\</script\>"),
            ("[click](javascript:x)", r"\[click\](javascript:x)"),
            ("*a* _b_ `c` ~d~ $e$ |f|", r"\*a\* \_b\_ \`c\` \~d\~ \$e\$ \|f\|"),
            ("# heading", r"\# heading"),
            ("- item", r"\- item"),
            ("+ item", r"\+ item"),
            ("1. item", r"1\. item"),
            ("12) item", r"12\) item"),
            ("15 March", "15 March"),
            ("===", r"\==="),
            ("&lt; & \\", r"\&lt; \& \\"),
            ("a\n\n    b", "a b"),
            ("see https://example.org/a now", r"see https\://example\.org/a now"),
            ("www.example.org a.b", r"www\.example\.org a.b"),
            ("a@b", r"a\@b"),
            ("\u{202e}abc\u{2069}", "abc"),
            ("0.90", r"0\.90"),
            ("", ""),
        ];
        let wrong: Vec<_> = table
            .iter()
            .map(|(text, expected)| (at_line_start(escape(text)), expected))
            .filter(|(got, expected)| got != *expected)
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert_eq!(escape("0.90 - 1"), "0.90 - 1");
    }

    proptest! {
        #[test]
        fn no_markup_character_is_left_bare(text in "\\PC{0,40}") {
            let escaped = escape(&text);
            prop_assert!(!escaped.contains('\n'));
            let mut is_escaped = false;
            let mut words = String::new();
            for c in escaped.chars() {
                if !is_escaped && c == '\\' {
                    is_escaped = true;
                    continue;
                }
                prop_assert!(is_escaped || !"\\`*_[]<>&#~|$@".contains(c), "{c} is bare in {escaped}");
                is_escaped = false;
                words.push(c);
            }
            let expected: String = text.chars().filter(|&c| !is_direction_control(c) && (c.is_whitespace() || !c.is_control())).collect();
            prop_assert_eq!(
                words.split_whitespace().collect::<Vec<_>>(),
                expected.split_whitespace().collect::<Vec<_>>()
            );
        }
    }
}
