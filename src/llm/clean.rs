//! Takes off what a language model puts around a translation: labels and wrapping marks that the source does not have.

/// Labels that models write before a translation, in lower case.
const LABELS: [&str; 5] = ["translation:", "english translation:", "english:", "the translation is:", "in english:"];

/// Quotation marks that may wrap a whole answer: opening and closing.
const WRAPPING: [(char, char); 5] =
    [('"', '"'), ('\u{201c}', '\u{201d}'), ('\u{ab}', '\u{bb}'), ('\'', '\''), ('`', '`')];

/// The translation alone: one line, without a label, and without marks around the whole where `source` has no marks.
pub fn clean(source: &str, output: &str) -> String {
    let mut text = output.trim();
    if let Some(label) = LABELS.iter().find(|label| starts_with_ignoring_case(text, label)) {
        text = text[label.len()..].trim_start();
    }
    if !source.chars().any(is_mark) {
        for (open, close) in WRAPPING {
            let inner = text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
            match inner {
                // `"A" and "B"` is not one wrapped whole.
                Some(inner) if !inner.contains([open, close]) => text = inner.trim(),
                _ => {}
            }
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn starts_with_ignoring_case(text: &str, label: &str) -> bool {
    text.get(..label.len()).is_some_and(|start| start.eq_ignore_ascii_case(label))
}

fn is_mark(character: char) -> bool {
    matches!(character, '"' | '\u{201c}'..='\u{201f}' | '\u{ab}' | '\u{bb}' | '\u{2018}'..='\u{201b}' | '\'' | '`')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_wrapping_marks() {
        let rows = [
            ("وصل الوفد", "  The delegation arrived. ", "The delegation arrived."),
            ("وصل الوفد", "Translation: The delegation arrived.", "The delegation arrived."),
            ("وصل الوفد", "\"The delegation arrived.\"", "The delegation arrived."),
            ("\"وصل الوفد\"", "\"The delegation arrived.\"", "\"The delegation arrived.\""),
            ("قال: «وصل الوفد»", "He said: \"The delegation arrived.\"", "He said: \"The delegation arrived.\""),
            ("الشمس والقمر", "\"The Sun\" and \"the Moon\"", "\"The Sun\" and \"the Moon\""),
            ("اللغة الإنجليزية: مقدمة", "English: an introduction", "an introduction"),
            ("وصل  الوفد", "The\u{a0}delegation  arrived", "The delegation arrived"),
            ("", "", ""),
        ];
        let failures: Vec<_> = rows
            .iter()
            .filter(|(source, output, expected)| clean(source, output) != *expected)
            .map(|row| (row, clean(row.0, row.1)))
            .collect();
        assert!(failures.is_empty(), "{failures:#?}");
    }
}
