//! Arabic words as the ranking counts them: folded, light-stemmed, without function words.

use crate::article::folding::fold;
use crate::article::letters::{TATWEEL, is_arabic_letter, is_haraka};

/// Folded Arabic function words and words of reporting that say nothing about the topic.
#[rustfmt::skip] // one word a line otherwise
const FUNCTION_WORDS: &[&str] = &[
    "في", "من", "علي", "الي", "عن", "مع", "ان", "انه", "انها", "انهم", "بان", "لان", "التي", "الذي", "الذين",
    "اللذين", "هذا", "هذه", "ذلك", "تلك", "هو", "هي", "هم", "نحن", "انا", "كان", "كانت", "كانوا", "يكون", "تكون",
    "قد", "لقد", "لم", "لن", "لا", "ما", "ماذا", "كما", "بما", "مما", "فيما", "حيث", "حين", "عندما", "بعد", "قبل",
    "بين", "حتي", "منذ", "خلال", "عبر", "حول", "ضد", "لدي", "عند", "او", "ام", "ثم", "بل", "لكن", "لكنه", "كل", "بعض",
    "جميع", "غير", "اي", "ايضا", "كذلك", "فقط", "هناك", "هنا", "به", "بها", "بهم", "له", "لها", "لهم", "لنا", "فيه",
    "فيها", "منه", "منها", "عنه", "عنها", "عليه", "عليها", "اليه", "اليها", "معه", "معها", "نفسه", "نفسها", "وهو",
    "وهي", "اذا", "لو", "ليس", "ليست", "يوم", "امس", "اليوم", "قال", "قالت", "اضاف", "اضافت", "اكد", "اكدت", "اوضح",
    "اوضحت", "اشار", "اشارت", "ذكر", "ذكرت", "اعلن", "اعلنت", "تابع", "تم", "يتم", "احد", "احدي", "سوف", "الا", "اما",
    "دون", "تحت", "فوق", "امام", "وراء", "نحو", "مثل", "ذات", "ضمن", "وفق", "بحسب", "حسب", "ال", "لل", "بشان", "يشار",
    "يذكر",
];

const PREFIXES: &[&str] = &["وبال", "وال", "بال", "كال", "فال", "ولل", "ال", "لل"];
const SUFFIXES: &[&str] = &["ها", "ان", "ات", "ون", "ين", "يه", "هم", "نا", "ه", "ي"];

/// Fewest letters that must be left after taking something off.
const STEM_LETTERS: usize = 3;

/// The stems of the content words of `text`, in order. Numbers and Latin words count as they are.
pub(super) fn stems(text: &str) -> Vec<String> {
    text.split(|c: char| !(c.is_alphanumeric() || c == TATWEEL || is_haraka(c)))
        .map(fold)
        .filter(|word| word.chars().count() >= 2)
        .map(without_conjunction)
        .filter(|word| !FUNCTION_WORDS.contains(&word.as_str()))
        .map(|word| stem(&word))
        .collect()
}

/// Openings of frequent words whose first letter is no conjunction. Folded.
#[rustfmt::skip] // one word a line otherwise
const WAW_WORDS: &[&str] = &[
    "وزير", "وزار", "وزرا", "وكال", "وكيل", "وفد", "وفود", "وفا", "ولاي", "ولي", "وطن", "وحد", "واشنط", "وثيق",
    "وثاي", "وضع", "وسط", "وسيط", "وسيل", "وساي", "وقف", "وقت", "وقع", "واقع", "واجب", "واضح", "واسع", "والد", "وجود",
    "وظيف", "وظاي", "ورش", "ورق", "وباي", "وصول",
];

/// `والمعلم`, `وقرر`: the conjunction goes, where enough is left for a word.
fn without_conjunction(word: String) -> String {
    if WAW_WORDS.iter().any(|opening| word.starts_with(opening)) {
        return word;
    }
    match word.strip_prefix('و') {
        Some(rest) if rest.chars().count() >= 4 || FUNCTION_WORDS.contains(&rest) => rest.to_owned(),
        _ => word,
    }
}

/// Light stemming after Larkey, Ballesteros and Connell (light10): article and conjunction prefixes, then suffixes.
fn stem(word: &str) -> String {
    if !word.chars().any(is_arabic_letter) {
        return word.to_owned();
    }
    let long_enough = |rest: &&str| rest.chars().count() >= STEM_LETTERS;
    let mut rest = PREFIXES.iter().find_map(|prefix| word.strip_prefix(prefix).filter(long_enough)).unwrap_or(word);
    for suffix in SUFFIXES {
        rest = rest.strip_suffix(suffix).filter(long_enough).unwrap_or(rest);
    }
    rest.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_one_word_share_a_stem() {
        let rows = [
            ("الاتفاقية", "اتفاقيات"),
            ("وزارة", "الوزارة"),
            ("والمعلّمون", "المعلمين"),
            ("للمدارس", "المدارس"),
            ("الصحيّة", "صحية"),
        ];
        let failed: Vec<_> =
            rows.iter().map(|(a, b)| (stems(a), stems(b))).filter(|(a, b)| a != b || a.len() != 1).collect();
        assert!(failed.is_empty(), "{failed:?}");
        assert!(stems("وقالت في الـ من إلى").is_empty());
    }
}
