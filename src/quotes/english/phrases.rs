//! Reporting verbs of English and their subjects.

use super::words::{Token, TokenKind};
use crate::quotes::SpeakerKind;

/// Reporting verbs, as they stand in news.
const VERBS: &[&str] = &[
    "said",
    "says",
    "told",
    "tells",
    "added",
    "adds",
    "asked",
    "asks",
    "stated",
    "states",
    "noted",
    "notes",
    "wrote",
    "writes",
    "tweeted",
    "explained",
    "explains",
    "insisted",
    "insists",
    "argued",
    "argues",
    "warned",
    "warns",
    "announced",
    "announces",
    "declared",
    "declares",
    "claimed",
    "claims",
    "admitted",
    "admits",
    "replied",
    "replies",
    "answered",
    "continued",
    "concluded",
    "confirmed",
    "confirms",
    "denied",
    "denies",
    "stressed",
    "stresses",
    "reported",
    "reports",
    "affirmed",
    "emphasized",
    "emphasised",
    "revealed",
    "remarked",
    "commented",
    "believes",
    "called",
    "calls",
    "described",
    "describes",
    "pointed",
    "indicated",
    "clarified",
    "reiterated",
    "vowed",
    "pledged",
    "acknowledged",
    "testified",
    "recalled",
    "complained",
    "shouted",
    "quoted",
    "predicted",
    "urged",
    "saying",
    "adding",
    "noting",
    "stressing",
    "explaining",
    "calling",
    "describing",
    "warning",
    "insisting",
];
/// Verbs that need `that` or marks: with a noun phrase they report nothing.
const NEED_THAT: &[&str] = &[
    "told",
    "added",
    "adds",
    "reported",
    "reports",
    "announced",
    "confirmed",
    "confirms",
    "denied",
    "denies",
    "noted",
    "revealed",
    "wrote",
    "writes",
    "continued",
    "indicated",
    "pointed",
    "quoted",
    "called",
    "calls",
    "described",
    "describes",
    "asked",
    "asks",
    "urged",
    "claims",
    "states",
    "notes",
    "calling",
    "describing",
    "warning",
    "recalled",
];
const PRONOUNS: &[&str] = &["he", "she", "they", "it", "i", "we", "who"];
/// Words that end a subject on the way back from its verb.
const ENDS: &[&str] = &[
    "that", "and", "but", "while", "as", "when", "because", "if", "after", "before", "which", "who", "then", "also",
    "later", "has", "have", "had", "was", "were", "is", "are", "be", "been", "to", "not", "n't", "than", "what", "how",
    "where",
];

/// A reporting verb and what goes with it, in tokens.
pub(super) struct Cue {
    /// The verb, or `according to`.
    pub tokens: (usize, usize),
    pub subject: Option<(usize, usize)>,
    /// First token of the clause that it reports, where one follows without marks.
    clause: Option<usize>,
    /// The verb describes: its marked words are a fragment.
    describes: bool,
}

/// The cue of the sentence: the first reporting verb outside marks, else `according to`.
pub(super) fn cue_in(
    text: &str,
    tokens: &[Token],
    (start, end): (usize, usize),
    marked: &[(usize, usize)],
) -> Option<Cue> {
    let word = |index: usize| -> String {
        tokens
            .get(index)
            .filter(|token| token.kind == TokenKind::Word && index < end)
            .map_or(String::new(), |token| text[token.start..token.end].to_lowercase())
    };
    let outside = |index: usize| !marked.iter().any(|(open, close)| (*open..=*close).contains(&index));
    for index in (start..end).filter(|index| outside(*index)) {
        let key = word(index);
        if key == "according" && word(index + 1) == "to" {
            let last = phrase_forward(tokens, index + 2, end, &word);
            let clause = (tokens.get(last).is_some_and(|token| token.kind == TokenKind::Comma)).then_some(last + 1);
            let subject = (last > index + 2).then_some((index + 2, last));
            return subject.map(|subject| Cue {
                tokens: (index, index + 2),
                subject: Some(subject),
                clause: clause.filter(|_| index == start),
                describes: false,
            });
        }
        if !VERBS.contains(&key.as_str()) {
            continue;
        }
        let back = phrase_back(tokens, start, index, &word, &outside);
        let inverted = phrase_forward(tokens, index + 1, end, &word);
        let behind_marks = index > start && marked.iter().any(|(_, close)| close + 1 == index || close + 2 == index);
        let forward = (behind_marks && inverted > index + 1).then_some((index + 1, inverted));
        // `Prices are high, he said`: the verb's own subject stands before it.
        let subject = back.or(forward);
        let clause = clause_at(tokens, index, end, &key, &word).filter(|_| back.is_some());
        if subject.is_none()
            && !marked.iter().any(|(open, close)| open.abs_diff(index) <= 3 || close.abs_diff(index) <= 3)
        {
            continue;
        }
        let describes =
            matches!(key.as_str(), "called" | "calls" | "described" | "describes" | "calling" | "describing");
        return Some(Cue { tokens: (index, index + 1), subject, clause, describes });
    }
    None
}

/// First token of the clause that the verb at `index` reports.
fn clause_at(tokens: &[Token], index: usize, end: usize, key: &str, word: &impl Fn(usize) -> String) -> Option<usize> {
    // The addressee of `told`.
    let reach = if key == "told" || key == "tells" { index + 8 } else { index + 2 };
    if let Some(that) = (index + 1..reach.min(end)).find(|at| word(at.to_owned()) == "that") {
        return Some(that + 1);
    }
    let next = tokens.get(index + 1).filter(|_| index + 1 < end)?;
    let clause = next.kind == TokenKind::Word && !NEED_THAT.contains(&key);
    // `said nothing`, `said in a statement`: no clause.
    let other =
        matches!(word(index + 1).as_str(), "nothing" | "so" | "in" | "on" | "at" | "of" | "to" | "about" | "during");
    (clause && !other).then_some(index + 1)
}

/// The noun phrase that ends before the verb at `verb`.
fn phrase_back(
    tokens: &[Token],
    start: usize,
    verb: usize,
    word: &impl Fn(usize) -> String,
    outside: &impl Fn(usize) -> bool,
) -> Option<(usize, usize)> {
    let mut from = verb;
    while from > start && verb - from < 14 {
        let before = from - 1;
        let key = word(before);
        if tokens[before].kind != TokenKind::Word || !outside(before) || ENDS.contains(&key.as_str()) {
            break;
        }
        from = before;
        if PRONOUNS.contains(&key.as_str()) {
            break;
        }
    }
    // `In Cairo on Monday the minister said`: the subject begins at its article.
    let article = (from..verb).rev().find(|index| matches!(word(*index).as_str(), "the" | "a" | "an"));
    let starts_lower = tokens.get(from).is_some_and(|token| !token.capital);
    let from = article.filter(|_| starts_lower || matches!(word(from).as_str(), "in" | "on" | "at")).unwrap_or(from);
    let named = (from..verb).any(|index| tokens[index].capital)
        || matches!(word(from).as_str(), "the" | "a" | "an")
        || PRONOUNS.contains(&word(from).as_str());
    (verb > from && named).then_some((from, verb))
}

/// One past the noun phrase that begins at `from`: capitalised words, articles, titles and what joins them.
fn phrase_forward(tokens: &[Token], from: usize, end: usize, word: &impl Fn(usize) -> String) -> usize {
    let mut index = from;
    while index < end && index - from < 14 {
        let key = word(index);
        if tokens[index].kind != TokenKind::Word || ENDS.contains(&key.as_str()) || VERBS.contains(&key.as_str()) {
            break;
        }
        if matches!(key.as_str(), "in" | "on" | "at" | "during" | "for" | "by" | "with") {
            break;
        }
        index += 1;
        if PRONOUNS.contains(&key.as_str()) {
            break;
        }
    }
    index
}

impl Cue {
    /// The marked words `open..=close` (`words` of them) are those of this cue.
    pub fn speaks_of(&self, open: usize, close: usize, words: usize) -> bool {
        let behind = open >= self.tokens.1;
        let beside = open.abs_diff(self.tokens.0).min(close.abs_diff(self.tokens.0)) <= 8;
        words >= 3 && (behind || beside)
            || self.describes && behind
            || self.clause.is_some_and(|clause| clause <= open)
            || beside && words >= 2
    }

    /// They are a whole utterance: behind a colon or a comma, or right before the cue.
    pub fn introduces(&self, tokens: &[Token], open: usize, close: usize, words: usize) -> bool {
        if self.describes {
            return false;
        }
        let led = open > 0 && matches!(tokens[open - 1].kind, TokenKind::Colon | TokenKind::Comma);
        let right_behind = open == self.tokens.1;
        let fronted = close < self.tokens.0 && words >= 2;
        (led || right_behind) && open >= self.tokens.1 || fronted
    }

    /// The clause without marks that it reports, in a sentence that ends before token `end`.
    pub fn clause(&self, tokens: &[Token], end: usize) -> Option<(usize, usize)> {
        let from = self.clause?;
        let mut to = end;
        while to > from && matches!(tokens[to - 1].kind, TokenKind::Stop | TokenKind::Newline | TokenKind::Comma) {
            to -= 1;
        }
        (to > from && self.subject.is_some() && !self.describes && tokens[from].kind != TokenKind::Open)
            .then_some((from, to))
    }
}

/// `words` is a pronoun.
pub(super) fn is_pronoun(words: &str) -> bool {
    PRONOUNS.contains(&words.to_lowercase().as_str())
}

/// `short` names the one whom `full` names: the last word, capitalised in both, or the same words.
pub(super) fn mentions_speaker(full: &str, short: &str) -> bool {
    if full.eq_ignore_ascii_case(short) {
        return true;
    }
    let last = short.split_whitespace().next_back().unwrap_or_default();
    last.starts_with(char::is_uppercase) && full.split_whitespace().any(|word| word == last)
}

/// What a speaker is by its words.
pub(super) fn kind(words: &str) -> SpeakerKind {
    let lower = words.to_lowercase();
    let any = |list: &[&str]| lower.split_whitespace().any(|word| list.contains(&word));
    if any(&["sources", "source", "officials", "witnesses", "analysts", "experts", "some", "someone", "people"]) {
        SpeakerKind::Indefinite
    } else if any(&["report", "statement", "study", "survey", "document", "letter", "poll"]) {
        SpeakerKind::Text
    } else if any(&[
        "ministry",
        "government",
        "company",
        "agency",
        "police",
        "army",
        "council",
        "committee",
        "bank",
        "party",
        "group",
        "court",
        "office",
        "newspaper",
        "university",
        "union",
        "authority",
        "organization",
        "organisation",
    ]) {
        SpeakerKind::Org
    } else {
        SpeakerKind::Person
    }
}
