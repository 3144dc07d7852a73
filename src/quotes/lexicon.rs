//! The words the rules know: reporting verbs with their frames, and classes of other words. Data lives in
//! `data/*.tsv`; it is read once.

use super::fold::fold;
use std::collections::HashMap;
use std::sync::LazyLock;

/// A set of [`class`] bits.
pub(super) type Classes = u64;

/// Names a class constant for each row name of `data/words.tsv`.
macro_rules! classes {
    ($($name:ident = $bit:expr, $row:literal;)*) => {
        /// Word classes, one bit each; the names are those of `data/words.tsv`.
        pub(super) mod class {
            $(pub const $name: u64 = 1 << $bit;)*
        }
        const CLASS_ROWS: &[(&str, Classes)] = &[$(($row, class::$name)),*];
    };
}

classes! {
    CLAUSE = 0, "clause";
    PREPOSITION = 1, "preposition";
    ENDS = 2, "ends";
    TIME = 3, "time";
    RELATIVE = 4, "relative";
    DEMONSTRATIVE = 5, "demonstrative";
    NEGATION = 6, "negation";
    AUXILIARY = 7, "auxiliary";
    NO_CLAUSE = 8, "no_clause";
    CONNECTIVE = 9, "connective";
    TITLE = 10, "title";
    ORG = 11, "org";
    TEXT = 12, "text";
    INDEFINITE = 13, "indefinite";
    OUTLET = 14, "outlet";
    FOREIGN = 15, "foreign";
    NATIONALITY = 16, "nationality";
    MEDIUM = 17, "medium";
    EVENT = 18, "event";
    ADDRESSEE = 19, "addressee";
    ANAPHOR = 20, "anaphor";
    OWN_WORDS = 21, "own_words";
    BY_SAYING = 22, "by_saying";
    AFTER_PHRASE = 23, "after_phrase";
    ACCORDING = 24, "according";
    EVIDENCE = 25, "evidence";
    EDITORIAL = 26, "editorial";
    NAME_INTRO = 27, "name_intro";
    SCRIPTURE = 28, "scripture";
    MASDAR = 29, "masdar";
    PLACE = 30, "place";
    NAME = 31, "name";
}

/// Countries that begin a headline as its place (`تركيا: …`), folded. Capitals speak there (`موسكو: …`).
pub(super) const COUNTRIES: &[&str] = &[
    "السعودية",
    "مصر",
    "الامارات",
    "الكويت",
    "البحرين",
    "قطر",
    "عمان",
    "اليمن",
    "العراق",
    "سوريا",
    "سورية",
    "لبنان",
    "الاردن",
    "فلسطين",
    "ليبيا",
    "تونس",
    "الجزائر",
    "المغرب",
    "السودان",
    "موريتانيا",
    "الصومال",
    "تركيا",
    "ايران",
    "اسرائيل",
    "روسيا",
    "الصين",
    "الهند",
    "باكستان",
    "افغانستان",
    "اليابان",
    "فرنسا",
    "المانيا",
    "بريطانيا",
    "ايطاليا",
    "اسبانيا",
    "اليونان",
    "اوكرانيا",
    "اميركا",
    "امريكا",
    "البرازيل",
    "نيجيريا",
    "كينيا",
    "اثيوبيا",
    "قبرص",
    "كندا",
    "استراليا",
    "السويد",
    "النرويج",
    "الدنمارك",
    "فنلندا",
    "هولندا",
    "بلجيكا",
    "سويسرا",
    "النمسا",
    "المجر",
    "بولندا",
    "رومانيا",
    "صربيا",
    "المكسيك",
    "الارجنتين",
    "فنزويلا",
    "اندونيسيا",
    "ماليزيا",
    "سنغافورة",
    "بنغلاديش",
    "كازاخستان",
    "اذربيجان",
    "ارمينيا",
    "جورجيا",
    "تشاد",
    "السنغال",
    "غانا",
    "الكاميرون",
    "البرتغال",
    "بلغاريا",
    "كرواتيا",
    "كولومبيا",
    "تشيلي",
    "كوبا",
    "الفلبين",
    "تايلاند",
    "فيتنام",
    "بنغلادش",
    "سريلانكا",
    "اوغندا",
    "رواندا",
    "النيجر",
    "انغولا",
    "زيمبابوي",
    "اوزبكستان",
    "ايرلندا",
    "جيبوتي",
    "اريتريا",
];

/// What a reporting verb takes, as bits of [`frame`].
pub(super) type Frames = u32;

/// Frames of reporting verbs; the letters are those of `data/verbs.tsv`.
pub(super) mod frame {
    pub const CLAUSE: u32 = 1;
    pub const ILA_CLAUSE: u32 = 1 << 1;
    pub const ALA_CLAUSE: u32 = 1 << 2;
    pub const MIN_CLAUSE: u32 = 1 << 3;
    pub const BARE_NOUN: u32 = 1 << 4;
    pub const ILA_NOUN: u32 = 1 << 5;
    pub const ALA_NOUN: u32 = 1 << 6;
    pub const AN_NOUN: u32 = 1 << 7;
    pub const BI_NOUN: u32 = 1 << 8;
    pub const MIN_NOUN: u32 = 1 << 9;
    pub const QUOTATION: u32 = 1 << 10;
    pub const CARRY: u32 = 1 << 11;
    pub const PREDICATIVE: u32 = 1 << 12;
    pub const RELAY: u32 = 1 << 13;
    pub const TEXT: u32 = 1 << 14;
    pub const DENIAL: u32 = 1 << 15;
    pub const ATTITUDE: u32 = 1 << 16;
    pub const TEXT_ONLY: u32 = 1 << 17;
    pub const OPINION: u32 = 1 << 18;
    pub const HOMOGRAPH: u32 = 1 << 19;
    pub const TURN: u32 = 1 << 20;
    pub const ANY_CLAUSE: u32 = CLAUSE | ILA_CLAUSE | ALA_CLAUSE | MIN_CLAUSE;
}

/// Letter of `data/verbs.tsv` to bit.
fn frames_of(letters: &str) -> Frames {
    letters.chars().fold(0, |frames, letter| {
        frames
            | match letter {
                'c' => frame::CLAUSE,
                'i' => frame::ILA_CLAUSE,
                'l' => frame::ALA_CLAUSE,
                'm' => frame::MIN_CLAUSE,
                'D' => frame::BARE_NOUN,
                'I' => frame::ILA_NOUN,
                'L' => frame::ALA_NOUN,
                'N' => frame::AN_NOUN,
                'B' => frame::BI_NOUN,
                'M' => frame::MIN_NOUN,
                'q' => frame::QUOTATION,
                '+' => frame::CARRY,
                'p' => frame::PREDICATIVE,
                'r' => frame::RELAY,
                't' => frame::TEXT,
                'x' => frame::DENIAL,
                'a' => frame::ATTITUDE,
                'e' => frame::TEXT_ONLY,
                'o' => frame::OPINION,
                'h' => frame::HOMOGRAPH,
                'n' => frame::TURN,
                _ => 0,
            }
    })
}

/// Gender and number that a verb form or a noun phrase shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Agreement {
    /// Third person masculine singular; also before any plural subject.
    Masculine,
    /// Third person feminine singular; also of organisations and things in the plural.
    Feminine,
    /// Masculine plural.
    Plural,
    /// Dual.
    Dual,
}

/// Finite or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Perfect or imperfect, active.
    Finite,
    /// A passive that is written as such.
    Passive,
    /// A circumstantial participle (`مشيرا`): its subject is that of the main verb.
    Participle,
}

/// One form of a reporting verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct VerbForm {
    /// What it takes.
    pub frames: Frames,
    /// Gender and number.
    pub agreement: Agreement,
    /// Finite, passive or participle.
    pub form: Form,
    /// Begins with the prefix of the imperfect.
    pub imperfect: bool,
    /// An object pronoun is attached.
    pub object: bool,
}

/// What is known of one folded word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its classes as a single word.
    pub classes: Classes,
    /// The reporting verb it is a form of.
    pub verb: Option<VerbForm>,
}

/// A phrase of several words: what follows its first word, and its classes.
struct Phrase {
    rest: Vec<String>,
    classes: Classes,
}

/// All that the rules know of words.
pub(super) struct Lexicon {
    words: HashMap<String, Entry>,
    phrases: HashMap<String, Vec<Phrase>>,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::read);

/// The lexicon, read on first use.
pub(super) fn lexicon() -> &'static Lexicon {
    &LEXICON
}

/// Rows of a data file without comments and blank lines, cut at tabs.
fn rows(data: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    data.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()).map(|line| line.split('\t').collect())
}

impl Lexicon {
    fn read() -> Self {
        let mut lexicon = Self { words: HashMap::new(), phrases: HashMap::new() };
        for row in rows(include_str!("data/words.tsv")) {
            let class = CLASS_ROWS.iter().find(|(name, _)| row.first() == Some(name)).map_or(0, |(_, bit)| *bit);
            for word in row.get(1).copied().unwrap_or_default().split_whitespace() {
                lexicon.add_word(word, class);
            }
        }
        for row in rows(include_str!("data/names.txt")) {
            row.iter().flat_map(|line| line.split_whitespace()).for_each(|name| lexicon.add_word(name, class::NAME));
        }
        for row in rows(include_str!("data/verbs.tsv")) {
            lexicon.add_verb(&row);
        }
        lexicon
    }

    fn add_word(&mut self, word: &str, class: Classes) {
        let mut parts = word.split('_').map(fold);
        let Some(first) = parts.next() else { return };
        let rest: Vec<String> = parts.collect();
        if rest.is_empty() {
            self.words.entry(first).or_default().classes |= class;
            return;
        }
        let phrases = self.phrases.entry(first).or_default();
        match phrases.iter_mut().find(|phrase| phrase.rest == rest) {
            Some(phrase) => phrase.classes |= class,
            None => {
                phrases.push(Phrase { rest, classes: class });
                // Longest first, so that the first match is the longest.
                phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.rest.len()));
            }
        }
    }

    fn add_verb(&mut self, row: &[&str]) {
        let frames = frames_of(row.get(1).copied().unwrap_or_default());
        let columns = [
            (2, Agreement::Masculine, Form::Finite),
            (3, Agreement::Feminine, Form::Finite),
            (4, Agreement::Plural, Form::Finite),
            (5, Agreement::Dual, Form::Finite),
            (6, Agreement::Dual, Form::Finite),
            (7, Agreement::Masculine, Form::Passive),
            (8, Agreement::Masculine, Form::Participle),
        ];
        for (column, agreement, form) in columns {
            for (index, word) in row.get(column).copied().unwrap_or_default().split_whitespace().enumerate() {
                let key = fold(word);
                let agreement = match (form, index) {
                    (Form::Participle, 1) => Agreement::Feminine,
                    (Form::Participle, 2) => Agreement::Plural,
                    _ => agreement,
                };
                let imperfect = form == Form::Finite
                    && (key.starts_with('ي') || (key.starts_with('ت') && column == 3 && index == 1));
                let verb = VerbForm { frames, agreement, form, imperfect, object: false };
                // The first row that has a form wins: the active (`يذكر`) before the passive written the same.
                self.words.entry(key).or_default().verb.get_or_insert(verb);
            }
        }
    }

    /// The folded word `key` is known in this very spelling.
    pub fn exact(&self, key: &str) -> bool {
        self.words.contains_key(key)
    }

    /// What is known of the folded word `key`, also in the spellings with ي for ى and ه for ة at its end.
    pub fn word(&self, key: &str) -> Option<Entry> {
        if let Some(entry) = self.words.get(key) {
            return Some(*entry);
        }
        let last = key.chars().last()?;
        let other = match last {
            'ي' => 'ى',
            'ى' => 'ي',
            'ه' => 'ة',
            _ => return None,
        };
        // Short words are too easily another word (`علي`, `على`).
        if key.chars().count() < 4 {
            return None;
        }
        let mut swapped = key[..key.len() - last.len_utf8()].to_owned();
        swapped.push(other);
        self.words.get(&swapped).copied()
    }

    /// Length in words and classes of the longest phrase that begins with `first` and goes on as `following` says.
    pub fn phrase<'k>(&self, first: &str, following: impl Fn(usize) -> Option<&'k str>) -> Option<(usize, Classes)> {
        self.phrases
            .get(first)?
            .iter()
            .find(|phrase| phrase.rest.iter().enumerate().all(|(index, word)| following(index) == Some(word.as_str())))
            .map(|phrase| (phrase.rest.len() + 1, phrase.classes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_name_is_known() {
        let unknown: Vec<_> = rows(include_str!("data/words.tsv"))
            .filter(|row| !CLASS_ROWS.iter().any(|(name, _)| row[0] == *name) || row.len() != 2)
            .map(|row| row[0])
            .collect();
        assert!(unknown.is_empty(), "rows without a class or a second column: {unknown:?}");
    }

    #[test]
    fn every_frame_letter_is_known() {
        let unknown: Vec<_> = rows(include_str!("data/verbs.tsv"))
            .filter(|row| row.len() != 9 || row[1].chars().any(|letter| frames_of(&letter.to_string()) == 0))
            .map(|row| row[0])
            .collect();
        assert!(unknown.is_empty(), "lemmas with unknown frames or a missing column: {unknown:?}");
    }

    #[test]
    fn forms_and_spellings() {
        let lexicon = lexicon();
        let verb = |word: &str| lexicon.word(&fold(word)).and_then(|entry| entry.verb);
        assert_eq!(verb("أكَّدت").map(|verb| verb.agreement), Some(Agreement::Feminine));
        assert_eq!(verb("مشيراً").map(|verb| verb.form), Some(Form::Participle));
        assert_eq!(verb("ينفى").map(|verb| verb.frames & frame::DENIAL), Some(frame::DENIAL));
        assert_eq!(lexicon.word("حكومه").map(|entry| entry.classes & class::ORG), Some(class::ORG));
        assert!(verb("كرسي").is_none());
    }
}
