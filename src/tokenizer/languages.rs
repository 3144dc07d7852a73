//! From a language as people name it (`ar`, `zh-Hant`) to the code of a model (`arb_Arab`, `ar_AR`, `__ar__`, `<2ar>`).

use super::TokenizerError;
use super::language_codes::ISO_639;

/// The languages of a translation; `None` for the default, Arabic to English.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Languages {
    /// BCP-47 or the model's own code.
    pub source: Option<String>,
    /// BCP-47 or the model's own code.
    pub target: Option<String>,
}

impl Languages {
    /// The source, Arabic unless told otherwise.
    pub(super) fn source(&self) -> &str {
        self.source.as_deref().unwrap_or("ar")
    }

    /// The target, English unless told otherwise.
    pub(super) fn target(&self) -> &str {
        self.target.as_deref().unwrap_or("en")
    }
}

/// How many codes an error names.
const MOST_NEAR: usize = 8;

/// The token among `tokens` (`arb_Arab`, `__ar__`, `>>ara<<`, …) for the language `code`.
///
/// # Errors
/// [`TokenizerError::Language`] with the nearest codes.
pub(super) fn resolve<'a>(code: &str, tokens: &'a [String]) -> Result<&'a str, TokenizerError> {
    let own = tokens.iter().find(|token| *token == code || bare(token) == code);
    let wanted = Tag::parse(code);
    let matching = || {
        let mut found: Vec<(u32, &'a String)> =
            tokens.iter().filter_map(|token| Some((Tag::parse(bare(token)).fits(&wanted)?, token))).collect();
        // A stable sort: among equals the model's own order.
        found.sort_by_key(|(misfit, _)| *misfit);
        found.into_iter().next().map(|(_, token)| token)
    };
    own.or_else(matching)
        .map(String::as_str)
        .ok_or_else(|| TokenizerError::Language { code: code.to_owned(), near: near(code, tokens) })
}

/// The code inside a token's brackets.
pub(super) fn bare(token: &str) -> &str {
    let inside = |open: &str, close: &str| token.strip_prefix(open)?.strip_suffix(close);
    inside("__", "__").or_else(|| inside("<2", ">")).or_else(|| inside(">>", "<<")).unwrap_or(token)
}

/// The parts of a language code, in lower case.
struct Tag {
    /// ISO 639-3 where it is known.
    language: String,
    script: Option<String>,
    region: Option<String>,
}

impl Tag {
    fn parse(code: &str) -> Self {
        let lower = code.to_lowercase();
        let mut parts = lower.split(['-', '_']);
        let language = parts.next().unwrap_or_default();
        let long = ISO_639.iter().find(|(short, _)| *short == language).map_or(language, |(_, long)| long);
        // Marian names Arabic, Chinese and Persian by the codes of the macrolanguage.
        let long = match long {
            "ara" => "arb",
            "cmn" => "zho",
            "fas" => "pes",
            other => other,
        };
        let mut tag = Self { language: long.to_owned(), script: None, region: None };
        for part in parts {
            match part.len() {
                4 => tag.script = Some(part.to_owned()),
                2 | 3 if part != "xx" => tag.region = Some(part.to_owned()),
                _ => {}
            }
        }
        // Chinese is told apart by script in some models and by country in others.
        if tag.language == "zho" && tag.script.is_none() {
            let traditional = matches!(tag.region.as_deref(), Some("tw" | "hk" | "mo"));
            tag.script = Some(if traditional { "hant" } else { "hans" }.to_owned());
        }
        tag
    }

    /// How badly this code of a model fits to the code that is wanted; `None` if it is another language.
    fn fits(&self, wanted: &Tag) -> Option<u32> {
        if self.language != wanted.language {
            return None;
        }
        let differ = |own: &Option<String>, wanted: &Option<String>| match (own, wanted) {
            (Some(own), Some(wanted)) => own != wanted,
            _ => false,
        };
        if differ(&self.script, &wanted.script) {
            return None;
        }
        Some(u32::from(differ(&self.region, &wanted.region)))
    }
}

/// Codes of the same language in other dress, then those that are spelled alike.
fn near(code: &str, tokens: &[String]) -> Vec<String> {
    // Dialects of Arabic and their standard, which most models have alone.
    const ARABIC: [&str; 11] = ["arb", "ara", "acm", "acq", "aeb", "ajp", "apc", "ars", "ary", "arz", "shu"];
    let wanted = Tag::parse(code);
    let is_arabic = |language: &str| ARABIC.contains(&language);
    let mut codes: Vec<(usize, &str)> = tokens
        .iter()
        .map(|token| {
            let tag = Tag::parse(bare(token));
            let related = tag.language == wanted.language || is_arabic(&tag.language) && is_arabic(&wanted.language);
            let distance = edit_distance(&code.to_lowercase(), &bare(token).to_lowercase());
            (if related { 0 } else { 1 + distance.min(edit_distance(&wanted.language, &tag.language)) }, bare(token))
        })
        .collect();
    codes.sort_by_key(|(distance, _)| *distance);
    codes.into_iter().take(MOST_NEAR).map(|(_, code)| code.to_owned()).collect()
}

/// Insertions, deletions and replacements between two short words.
fn edit_distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, character) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, another) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(character != *another);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::super::language_codes::{M2M100, MBART50, NLLB};
    use super::*;

    fn tokens(codes: &[&str]) -> Vec<String> {
        codes.iter().map(|code| (*code).to_owned()).collect()
    }

    #[test]
    fn codes_are_found() {
        let nllb = tokens(&NLLB);
        let mbart = tokens(&MBART50);
        let m2m: Vec<String> = M2M100.iter().map(|code| format!("__{code}__")).collect();
        let marian = tokens(&[">>ara<<", ">>eng<<", ">>cmn_Hans<<"]);
        let madlad = tokens(&["<2ar>", "<2en>", "<2arz>"]);
        let rows = [
            (&nllb, "ar", "arb_Arab"),
            (&nllb, "AR", "arb_Arab"),
            (&nllb, "ar-EG", "arb_Arab"),
            (&nllb, "arz", "arz_Arab"),
            (&nllb, "arb_Arab", "arb_Arab"),
            (&nllb, "en", "eng_Latn"),
            (&nllb, "en-GB", "eng_Latn"),
            (&nllb, "eng", "eng_Latn"),
            (&nllb, "zh", "zho_Hans"),
            (&nllb, "zh-Hant", "zho_Hant"),
            (&nllb, "zh-TW", "zho_Hant"),
            (&nllb, "fa", "pes_Arab"),
            (&mbart, "ar", "ar_AR"),
            (&mbart, "en-US", "en_XX"),
            (&mbart, "eng", "en_XX"),
            (&mbart, "ar_AR", "ar_AR"),
            (&m2m, "ar", "__ar__"),
            (&m2m, "__ar__", "__ar__"),
            (&m2m, "arb", "__ar__"),
            (&marian, "ar", ">>ara<<"),
            (&marian, "en", ">>eng<<"),
            (&marian, "zh", ">>cmn_Hans<<"),
            (&madlad, "en", "<2en>"),
            (&madlad, "<2arz>", "<2arz>"),
        ];
        let failures: Vec<_> = rows
            .iter()
            .map(|(tokens, code, wanted)| (code, resolve(code, tokens).ok(), wanted))
            .filter(|(_, found, wanted)| *found != Some(**wanted))
            .collect();
        assert!(failures.is_empty(), "{failures:?}");
    }

    #[test]
    fn unknown_codes_come_with_near_ones() {
        let rows =
            [(tokens(&NLLB), "engl_Latn", "eng_Latn"), (tokens(&MBART50), "arz", "ar_AR"), (tokens(&M2M100), "xx", "")];
        for (tokens, code, wanted) in rows {
            match resolve(code, &tokens) {
                Err(TokenizerError::Language { near, .. }) => {
                    assert_eq!(near.len(), MOST_NEAR);
                    assert!(wanted.is_empty() || near[0] == wanted, "{code}: {near:?}");
                }
                other => panic!("{code}: {other:?}"),
            }
        }
    }

    #[test]
    fn all_short_codes_lead_somewhere() {
        let nllb = tokens(&NLLB);
        let lost: Vec<_> = ISO_639.iter().filter(|(short, _)| resolve(short, &nllb).is_err()).collect();
        assert!(lost.is_empty(), "{lost:?}");
    }
}
