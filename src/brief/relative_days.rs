//! Days that are named from the day of writing (أمس, غدا). Where the article has no date, nobody can tell which day is
//! meant: the English keeps the relative word, and the briefing warns.

/// Words that name a day from the day of writing. `اليوم` is none of them: it is "the day" as often as "today".
const RELATIVE: [&str; 8] = ["أمس", "امس", "الأمس", "الامس", "البارحة", "غدا", "غداً", "غدًا"];

/// Whether `arabic` names such a day, with or without و or ب before it.
pub(super) fn names_relative_day(arabic: &str) -> bool {
    arabic.split(|c: char| !(c.is_alphabetic() || ('\u{64b}'..='\u{652}').contains(&c))).any(|word| {
        let bare = word.strip_prefix('و').unwrap_or(word);
        let bare = bare.strip_prefix('ب').unwrap_or(bare);
        RELATIVE.contains(&word) || RELATIVE.contains(&bare)
    })
}

#[cfg(test)]
mod tests {
    use super::names_relative_day;

    #[test]
    fn relative_days() {
        let rows = [
            ("وصل الوزير أمس، وقال: نعم.", true),
            ("تبدأ الأعمال غداً.", true),
            ("حدث ذلك بالأمس", true),
            ("وأمس زار المدينة", true),
            ("أمسك الحارس بالباب", false),
            ("في اليوم الأول من العام", false),
            ("", false),
        ];
        let wrong: Vec<_> = rows.iter().filter(|(text, expected)| names_relative_day(text) != *expected).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}
