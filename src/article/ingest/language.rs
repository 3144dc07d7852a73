//! Whether a text is Arabic, and not Persian, Urdu or another language in Arabic script.

use super::super::letters::{is_arabic_letter, is_haraka, without_persian_shape};
use super::super::lines::{LineKind, lines};
use super::decode::has_article;

/// Share of Arabic letters among all letters that an article needs. Names and terms in Latin letters rarely reach a
/// fifth of a news text.
pub const MIN_ARABIC_SHARE: f64 = 0.5;

/// What the letters and words of a text say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Language {
    Arabic,
    /// Share of Arabic-script letters (0 to 1), and the likely language if it is written in them.
    Other {
        share: f64,
        likely: Option<&'static str>,
    },
}

/// Letters that Persian adds to the Arabic alphabet. `ی` and `ک` are none: Arabic texts typed on Persian keyboards have
/// them.
const PERSIAN_LETTERS: &[char] = &['پ', 'چ', 'ژ', 'گ'];

/// Letters that Urdu adds to the Persian alphabet.
const URDU_LETTERS: &[char] = &['ٹ', 'ڈ', 'ڑ', 'ں', 'ے', 'ہ', 'ۓ', 'ۂ'];

/// Letters of Kurdish, Pashto, Sindhi, Uyghur.
const OTHER_LETTERS: &[char] =
    &['ە', 'ێ', 'ۆ', 'ڕ', 'ڵ', 'ښ', 'ړ', 'ې', 'ۍ', 'ځ', 'څ', 'ټ', 'ډ', 'ڼ', 'ۇ', 'ۈ', 'ڭ', 'ڪ', 'ٿ', 'ڻ'];

/// Function words with Arabic shapes of yeh and kaf, none of them a common Arabic word.
const PERSIAN_WORDS: &[&str] = &[
    "است", "این", "اين", "که", "كه", "از", "را", "برای", "براي", "با", "های", "هاي", "شد", "شده", "کرد", "كرد", "بود",
    "می", "مي", "تا", "خود", "باید", "بايد", "نیز", "نيز", "هم", "یک", "يك", "اند", "دارد", "کند", "كند",
];
const URDU_WORDS: &[&str] = &[
    "کے", "كے", "کی", "میں", "ميں", "ہے", "اور", "سے", "کو", "كو", "نے", "پر", "کا", "كا", "یہ", "ہیں", "ہيں", "گیا",
    "تھا",
];
const ARABIC_WORDS: &[&str] = &[
    "في", "من", "على", "علي", "إلى", "الى", "إلي", "الي", "أن", "ان", "إن", "عن", "مع", "هذا", "هذه", "التي", "الذي",
    "كان", "كانت", "بعد", "قال", "ما", "لا", "لم", "لن", "بين", "أو", "كما", "قد", "ذلك", "وفي", "ومن", "وقال", "هو",
    "هي", "خلال", "قبل", "حتى", "كل", "أي", "ثم", "إذا", "بعض", "غير", "عند", "أنه", "انه", "منذ", "فيما", "وهو", "وهي",
];

/// From this share of added letters on a text without function words (a headline) counts as their language.
const MIN_ADDED_LETTERS: f64 = 0.02;

#[derive(Default)]
struct Counts {
    letters: usize,
    arabic_script: usize,
    persian_letters: usize,
    urdu_letters: usize,
    other_letters: usize,
    arabic_words: usize,
    persian_words: usize,
    urdu_words: usize,
}

/// Judges `text` without its address lines.
pub(super) fn language(text: &str) -> Language {
    let mut counts = Counts::default();
    for line in lines(text).filter(|line| line.kind == LineKind::Text) {
        let slice = line.span.slice(text);
        slice
            .split(|c: char| !c.is_alphabetic() && !is_haraka(c))
            .filter(|word| !word.is_empty())
            .for_each(|word| counts.see(word));
    }
    counts.judge()
}

impl Counts {
    fn see(&mut self, word: &str) {
        for letter in word.chars().filter(|letter| letter.is_alphabetic()) {
            self.letters += 1;
            self.arabic_script += usize::from(is_arabic_letter(letter));
            self.persian_letters += usize::from(PERSIAN_LETTERS.contains(&letter));
            self.urdu_letters += usize::from(URDU_LETTERS.contains(&letter));
            self.other_letters += usize::from(OTHER_LETTERS.contains(&letter));
        }
        if word.is_ascii() {
            return;
        }
        let plain: String = word.chars().filter(|letter| !is_haraka(*letter)).map(without_persian_shape).collect();
        // کی is Urdu "of", كي is Arabic "so that": the Urdu words are looked up as they are written.
        if URDU_WORDS.contains(&word) {
            self.urdu_words += 1;
        } else if PERSIAN_WORDS.contains(&plain.as_str()) {
            self.persian_words += 1;
        } else {
            self.arabic_words += usize::from(ARABIC_WORDS.contains(&plain.as_str()) || has_article(&plain));
        }
    }

    fn judge(&self) -> Language {
        let share = self.arabic_script as f64 / self.letters.max(1) as f64;
        let other = |likely| Language::Other { share, likely };
        if share < MIN_ARABIC_SHARE {
            return other(None);
        }
        let enough = |letters: usize| letters as f64 >= MIN_ADDED_LETTERS * self.letters as f64;
        if self.other_letters > self.persian_letters + self.urdu_letters
            && enough(self.other_letters)
            && self.other_letters > self.arabic_words
        {
            return other(Some("another language in Arabic script (Kurdish, Pashto, …)"));
        }
        let foreign_words = self.persian_words + self.urdu_words;
        let by_words = foreign_words > self.arabic_words;
        let by_letters = self.arabic_words == 0 && enough(self.persian_letters + self.urdu_letters);
        if !(by_words || by_letters) {
            return Language::Arabic;
        }
        let urdu = self.urdu_letters + self.urdu_words > self.persian_letters + self.persian_words;
        other(Some(if urdu { "Urdu" } else { "Persian" }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let rows: &[(&str, Option<Option<&str>>)] = &[
            ("أعلنت الوزارة أن الأشغال تبدأ غدا في المدينة", None),
            ("اعلنت الوزارة ان الاشغال تبدا غدا فی المدينة وقال المدیر هذا کلام من القلب", None),
            ("شارك فريق Google Cloud وشركة Amazon في المعرض الذي أقيم في المدينة", None),
            ("خبر عاجل", None),
            ("سوگ وچاي في الگاعة من الصباح", None),
            ("وزیر گفت که این برنامه برای مردم است و از فردا آغاز می‌شود", Some(Some("Persian"))),
            ("گزارش پژوهشگران", Some(Some("Persian"))),
            ("وزیر نے کہا ہے کہ یہ منصوبہ عوام کے لیے ہے اور کل سے شروع ہو گا", Some(Some("Urdu"))),
            (
                "وەزیر ڕایگەیاند کە پڕۆژەکە سبەی دەست پێدەکات لە شارەکە",
                Some(Some("another language in Arabic script (Kurdish, Pashto, …)")),
            ),
            ("The minister said work starts tomorrow", Some(None)),
            ("The minister said في المدينة that work starts", Some(None)),
            ("12345", Some(None)),
            ("https://example.org/a\nخبر من المدينة", None),
        ];
        let mut wrong = Vec::new();
        for (text, expected) in rows {
            let found = match language(text) {
                Language::Arabic => None,
                Language::Other { likely, .. } => Some(likely),
            };
            if found != *expected {
                wrong.push((text, found));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
