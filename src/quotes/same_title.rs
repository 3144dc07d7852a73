//! Words that say the same of a bearer of a title: a country and its adjective, two names of one office; and the bearer
//! who is told as somebody's counterpart.

use super::document::Document;
use super::fold::without_article;
use super::lexicon::{COUNTRIES, class};
use super::mentions::Mention;
use super::noun_phrases::noun_phrase;
use super::subjects::word_at;
use super::tokens::{Kind, Proclitic};

/// Words for somebody of the same office in another country or body.
pub(super) const COUNTERPARTS: [&str; 10] =
    ["نظيره", "نظيرها", "نظيرته", "نظيرتها", "نظيريه", "نظيرهما", "نظرائه", "نظرائها", "نظراءه", "نظيرهم"];

/// Words looked at behind such a word: several may be told one after the other.
const REACH: usize = 40;

/// `word` is said by `others`: the word itself, the country of an adjective of origin or the other way round
/// (`وزير خارجية فرنسا`, `وزير الخارجية الفرنسي`), or another name of the office (`المدرب`, `المدير الفني`).
pub(super) fn said_by(word: &str, others: &[String]) -> bool {
    let has = |word: &str| others.iter().any(|other| other == word);
    has(word)
        || plural_variants(word).any(|variant| has(&variant))
        || others.iter().any(|other| same_origin(word, other))
        || word == "مدرب" && has("مدير") && has("فني")
        || matches!(word, "مدير" | "فني") && has("مدرب")
}

/// The other forms of a sound masculine plural: `مزارعون`, `مزارعين`, and before a complement `مزارعو`, `مزارعي`.
pub(super) fn plural_variants(word: &str) -> impl Iterator<Item = String> + use<> {
    let stem =
        ["ون", "ين"].iter().find_map(|ending| word.strip_suffix(ending)).filter(|stem| stem.chars().count() >= 4);
    let stem = stem.map(str::to_owned);
    let word = word.to_owned();
    ["ون", "ين", "و", "ي"]
        .into_iter()
        .filter_map(move |ending| Some(format!("{}{ending}", stem.as_ref()?)))
        .filter(move |variant| *variant != word)
}

/// Another word by which the bearer of a title may be found.
pub(super) fn other_head(head: &str) -> Option<&'static str> {
    match head {
        "مدرب" => Some("مدير"),
        "مدير" => Some("مدرب"),
        _ => None,
    }
}

/// A country and its adjective: `فرنسا` and `فرنسي`, `مصر` and `مصرية`; words without article, folded.
fn same_origin(a: &str, b: &str) -> bool {
    let adjective = |word: &str| word.ends_with('ي') || word.ends_with("ية");
    (adjective(a) || adjective(b)) && origin(a) == origin(b) && origin(a).chars().count() >= 3
}

/// A country or an adjective of one.
pub(super) fn is_origin(word: &str) -> bool {
    COUNTRIES
        .iter()
        .map(|country| without_article(country))
        .any(|country| country == word || same_origin(country, word))
}

fn origin(word: &str) -> &str {
    let word = word.strip_prefix("ال").filter(|rest| rest.chars().count() >= 4).unwrap_or(word);
    let endings = ["يا", "ية", "ي", "ا", "ة"];
    let stem = endings.iter().find_map(|ending| word.strip_suffix(ending)).unwrap_or(word);
    if stem == "اميرك" { "امريك" } else { stem }
}

/// `التقى الوزير نظيره الفرنسي جان دوران`: who is meant by a title with that origin (`الوزير الفرنسي`). `at` is the
/// place of a word of [`COUNTERPARTS`].
pub(super) fn counterpart(document: &Document, at: usize, title: &Mention) -> Option<Mention> {
    let tokens = &document.tokens;
    let (_, end) = document.sentence(at);
    let bearer = (at + 1..end.min(at + REACH)).find(|index| {
        let token = &tokens.list[*index];
        token.kind == Kind::Word
            && (token.definite || tokens.key(*index).starts_with("وال"))
            && tokens.key(*index).ends_with(['ي', 'ة'])
            && title.words[1..].iter().any(|word| {
                let here = word_at(document, *index);
                without_article(here) == word || same_origin(here, word)
            })
    })?;
    let start = bearer + 1;
    if !tokens.is_word(start) || tokens.list[start].definite && !tokens.is(start, class::NAME) {
        return None;
    }
    // `جان دوران واليوناني نيكوس داماس`: the next of them.
    let next = (start..end)
        .find(|index| tokens.list[*index].proclitic == Proclitic::Conjunction || tokens.key(*index).starts_with("وال"))
        .unwrap_or(end);
    let mention = Mention::new(document, (start, noun_phrase(document, start, true)?.min(next)));
    (!mention.names.is_empty() && mention.words.len() <= 6).then_some(mention)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_and_their_adjectives() {
        for (country, adjective) in [
            ("فرنسا", "فرنسي"),
            ("مصر", "مصرية"),
            ("تركيا", "تركي"),
            ("مانيا", "الماني"),
            ("سعودية", "سعودي"),
            ("امريكا", "اميركي"),
            ("سورية", "سوري"),
            ("يونان", "يوناني"),
        ] {
            assert!(same_origin(country, adjective) && same_origin(adjective, country), "{country} {adjective}");
        }
        for (a, b) in [("فرنسا", "روسي"), ("مصر", "قطري"), ("دفاع", "دفاعات"), ("وزير", "وزيرة"), ("خارجية", "داخلية")]
        {
            assert!(!same_origin(a, b), "{a} {b}");
        }
    }
}
