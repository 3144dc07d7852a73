//! What a written summary says and the article does not: numbers and names that stand in neither language of it.

use super::numbers;
use std::collections::HashSet;

/// Numbers and names of a summary without support in the article, as written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unsupported {
    /// Numbers in digits that the Arabic does not have.
    pub numbers: Vec<String>,
    /// Words written as names that the article's English does not have.
    pub names: Vec<String>,
}

/// Checks the English `summary` against the article's Arabic and its English. A capital letter at the start of a sentence
/// says nothing, unless the next word has one, too.
pub fn unsupported(summary: &str, arabic: &str, english: &str) -> Unsupported {
    let in_arabic = numbers::compare(arabic, summary).only_english;
    // What the Arabic spells in another way may stand in the translation as the summary has it.
    let known: HashSet<String> = words(english).map(|(word, _)| word.to_lowercase()).collect();
    let numbers = in_arabic.into_iter().filter(|number| !known.contains(&number.to_lowercase())).collect();
    let all: Vec<(&str, bool)> = words(summary).collect();
    let mut names: Vec<String> = Vec::new();
    for (place, (word, starts)) in all.iter().enumerate() {
        let is_name = |word: &str| {
            let mut characters = word.chars();
            characters.next().is_some_and(char::is_uppercase) && characters.next().is_some_and(char::is_alphabetic)
        };
        let next_is_name = all.get(place + 1).is_some_and(|(next, starts)| !starts && is_name(next));
        let told = is_name(word) && (!starts || next_is_name);
        if told && !known.contains(&word.to_lowercase()) && !names.iter().any(|name| name == word) {
            names.push((*word).to_owned());
        }
    }
    Unsupported { numbers, names }
}

/// The words of an English text without what stands around them, and whether each starts a sentence.
fn words(text: &str) -> impl Iterator<Item = (&str, bool)> {
    let mut starts = true;
    text.split(|c: char| c.is_whitespace() || c == '-' || c == '–' || c == '—').filter_map(move |token| {
        let word = token.trim_matches(|c: char| !c.is_alphanumeric());
        let word = word.strip_suffix("'s").or_else(|| word.strip_suffix("’s")).unwrap_or(word);
        let first = starts;
        let end = token.trim_end_matches(['"', '”', '’', ')']);
        if !word.is_empty() {
            // `U.S.` and `Dr.` end no sentence.
            starts = end.ends_with(['!', '?', ':']) || end.ends_with('.') && word.chars().count() > 3;
        }
        (!word.is_empty()).then_some((word, first))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_article_does_not_have_is_found() {
        let arabic = "أعلن الوزير سامي حداد أمس أن الميناء استقبل 12 سفينة";
        let english = "Minister Sami Haddad announced yesterday that the port received 12 ships.";
        type Row = (&'static str, &'static [&'static str], &'static [&'static str]);
        let rows: [Row; 6] = [
            ("The port received 12 ships, Haddad says.", &[], &[]),
            ("Sami Haddad's port received twelve ships.", &[], &[]),
            ("The port received 15 ships.", &["15"], &[]),
            ("The port received 12 ships, says Omar Haddad.", &[], &["Omar"]),
            ("Omar Said announced it. Ships came.", &[], &["Omar", "Said"]),
            ("Yesterday ships came. They were in Beirut.", &[], &["Beirut"]),
        ];
        let failures: Vec<_> = rows
            .iter()
            .map(|(summary, numbers, names)| (summary, unsupported(summary, arabic, english), numbers, names))
            .filter(|(_, found, numbers, names)| found.numbers != **numbers || found.names != **names)
            .collect();
        assert!(failures.is_empty(), "{failures:#?}");
    }
}
