//! The fullest mention of a speaker: which other phrase of the article names the same one, and says more.

use super::document::Document;
use super::lexicon::class;
use super::mentions::Mention;
use super::not_speech::headline_end;
use super::noun_phrases::noun_phrase;
use super::record::SpeakerKind;
use super::resolve::Speakers;
use super::same_title::{COUNTERPARTS, counterpart, is_origin, other_head, plural_variants, said_by};
use super::subjects::{LEFT, starts_phrase, word_at};
use super::tokens::{Kind, Proclitic};

/// Occurrences of a word that are looked at.
const OCCURRENCES: usize = 16;
/// Two different bearers of a title this near to each other leave a bare title open, in tokens.
const AMBIGUOUS: usize = 40;

impl<'d, 't> Speakers<'d, 't> {
    /// The fullest phrase anywhere in the article that holds what `mention` says. `None` where a bare title or
    /// organisation (`الشركة`) may mean several.
    pub(super) fn fullest(&self, mention: &Mention) -> Option<Mention> {
        // What tells this speaker from others: the family name, else the title's head.
        let anchor = match (mention.names.last(), mention.words.first()) {
            (Some(name), _) => name,
            (None, Some(head)) if matches!(head.as_str(), "بعض" | "اخرون" | "كثيرون" | "عدد" | "احد" | "احدى") =>
            {
                return Some(mention.clone());
            }
            (None, Some(head))
                if mention.definite
                    || mention.kind == SpeakerKind::Text && !several_texts(head)
                    // `رويترز`
                    || mention.words.len() == 1
                        && self.document.tokens.is(mention.tokens.0, class::OUTLET)
                        && !self.document.tokens.is(mention.tokens.0, class::NAME_INTRO)
                    // `نائب: …` over `قال النائب فلان`
                    || mention.kind != SpeakerKind::Org && mention.tokens.1 <= headline_end(self.document) =>
            {
                head
            }
            _ => return Some(mention.clone()),
        };
        let occurrences = self.positions.get(anchor.as_str()).map_or(&[][..], Vec::as_slice);
        let candidates = self.candidates(anchor, mention);
        if !mention.names.is_empty() {
            let best = candidates.max_by_key(rank).filter(|candidate| rank(candidate) > rank(mention));
            return Some(best.unwrap_or_else(|| mention.clone()));
        }
        // A bare title or organisation means the one named last; two close to each other leave it open.
        let (before, after): (Vec<Mention>, Vec<Mention>) = candidates
            .filter(|candidate| candidate.words.len() > mention.words.len())
            .partition(|candidate| candidate.tokens.0 < mention.tokens.0);
        let Some(last) = before.last() else {
            let elsewhere = after.into_iter().next().or_else(|| self.counterpart(mention));
            let elsewhere = elsewhere.or_else(|| self.without_origin(anchor, mention));
            return Some(elsewhere.unwrap_or_else(|| mention.clone()));
        };
        // Bodies of one kind (`الشركة`) stand for each other farther than people do.
        let reach = if mention.kind == SpeakerKind::Org { 4 * AMBIGUOUS } else { AMBIGUOUS };
        // `وقالت الشركة …` where nobody of hers has spoken and the text names another one right behind.
        let tokens = &self.document.tokens;
        let another = |at: usize| {
            let next = if tokens.kind(at + 1) == Kind::Mark { at + 2 } else { at + 1 };
            !tokens.list[at].definite
                && tokens.is_word(next)
                && !last.words.iter().any(|word| word == word_at(self.document, next))
        };
        let behind = occurrences.partition_point(|at| (*at as usize) < mention.tokens.1);
        let next = mention.kind == SpeakerKind::Org
            && occurrences[behind..]
                .iter()
                .map(|at| *at as usize)
                .take_while(|at| *at < mention.tokens.1 + reach)
                .any(another);
        let open = next || before.iter().any(|other| differ(other, last) && other.tokens.0 + reach > last.tokens.0);
        if open {
            return None;
        }
        let last = last.clone();
        before
            .into_iter()
            .filter(|candidate| !differ(candidate, &last))
            .max_by_key(|candidate| (rank(candidate), candidate.tokens.0))
    }

    /// Phrases anywhere in the article, the first and the nearest ones, that hold what `mention` says.
    fn candidates<'m>(&'m self, anchor: &str, mention: &'m Mention) -> impl Iterator<Item = Mention> + use<'m, 'd, 't> {
        let occurrences = self.positions.get(anchor).map_or(&[][..], Vec::as_slice);
        let nearest = occurrences.partition_point(|at| (*at as usize) < mention.tokens.0);
        let from = nearest.saturating_sub(OCCURRENCES / 2);
        let first = occurrences.iter().take(4);
        let near = occurrences.iter().skip(from.max(4)).take(OCCURRENCES);
        let other = other_head(anchor).and_then(|head| self.positions.get(head));
        let other = other.into_iter().flatten().take(4);
        // `عبد العاطي` stands as two words, too.
        let parted =
            anchor.strip_prefix("عبدال").and_then(|name| self.positions.get(name)).into_iter().flatten().take(4);
        let other = other.chain(parted);
        let plurals = plural_variants(anchor).filter_map(|word| self.positions.get(word.as_str()));
        let plurals: Vec<&u32> = plurals.flatten().take(4).collect();
        first.chain(near).chain(other).chain(plurals).filter_map(|at| self.fullest_at(*at as usize, mention))
    }

    /// `وزير الدفاع الكويتي` where the article names one minister of defence, and of no country.
    fn without_origin(&self, anchor: &str, title: &Mention) -> Option<Mention> {
        if title.kind != SpeakerKind::Person {
            return None;
        }
        let mut bare = title.clone();
        bare.words.retain(|word| !is_origin(word));
        if bare.words.len() == title.words.len() || bare.words.len() < 2 {
            return None;
        }
        let bearers: Vec<Mention> = self.candidates(anchor, &bare).filter(|bearer| !bearer.names.is_empty()).collect();
        let best = bearers.iter().max_by_key(|bearer| rank(bearer))?;
        let same = |other: &Mention| other.names.iter().any(|name| best.names.contains(name));
        let foreign = |bearer: &Mention| bearer.words.iter().any(|word| is_origin(word));
        bearers.iter().all(|bearer| same(bearer) && !foreign(bearer)).then(|| best.clone())
    }

    /// The bearer of a title who is named as somebody's counterpart.
    fn counterpart(&self, title: &Mention) -> Option<Mention> {
        if title.kind != SpeakerKind::Person || title.words.len() < 2 {
            return None;
        }
        let places = COUNTERPARTS.iter().filter_map(|word| self.positions.get(word)).flatten().take(OCCURRENCES);
        places.filter_map(|at| counterpart(self.document, *at as usize, title)).next()
    }

    /// The fullest phrase that holds the word at `at` and says what `mention` says.
    fn fullest_at(&self, at: usize, mention: &Mention) -> Option<Mention> {
        let document = self.document;
        let (sentence, _) = document.sentence(at);
        let mut best: Option<Mention> = None;
        for start in at.saturating_sub(LEFT).max(sentence)..=at {
            if !starts_phrase(document, start, at) {
                continue;
            }
            let Some(end) = noun_phrase(document, start, true).filter(|end| *end > at) else { continue };
            let end = if mention.names.is_empty() { end } else { behind_name(document, mention, at, end) };
            let end = before_preposition(document, (start, at), end);
            let candidate = Mention::new(document, (start, end));
            // `الوزارة المستهلكين`: behind a definite noun in running text its object stands, no complement; an
            // adjective of origin belongs to it (`البنك المركزي التركي`).
            let adjective = document.tokens.is_word(at + 1) && {
                let next = document.tokens.key(at + 1);
                document.tokens.definite(at + 1) && (next.ends_with("ية") || next.ends_with(['ي', 'ى']))
            };
            let bare = mention.names.is_empty()
                && start == at
                && document.tokens.list[at].definite
                && candidate.names.is_empty()
                && !adjective;
            if !bare
                && self.extends(&candidate, mention)
                && best.as_ref().is_none_or(|best| rank(&candidate) > rank(best))
            {
                best = Some(candidate);
            }
        }
        best
    }

    /// `candidate` says all that `mention` says, and is of the same kind.
    fn extends(&self, candidate: &Mention, mention: &Mention) -> bool {
        let person = |kind| matches!(kind, SpeakerKind::Person | SpeakerKind::Indefinite);
        if person(candidate.kind) != person(mention.kind) || candidate.anaphor {
            return false;
        }
        if !mention.names.is_empty() {
            let all = mention.names.iter().all(|name| candidate.names.contains(name) || candidate.words.contains(name));
            return all && candidate.words.len() <= 18;
        }
        // `الولايات المتحدة` is not `فريق الولايات المتحدة`.
        // `وكالة رويترز للأنباء` for `رويترز`.
        let outlet = self.document.tokens.is(candidate.tokens.0, class::OUTLET)
            && !self.document.tokens.list[candidate.tokens.0].definite
            && candidate.words.get(1) == mention.words.first();
        let head = mention.kind != SpeakerKind::Org || candidate.words.first() == mention.words.first() || outlet;
        // Somebody told by a complement (`والدة الطفل`) is fuller only with a name.
        let named = mention.kind != SpeakerKind::Person || mention.words.len() < 2 || !candidate.names.is_empty();
        head && named
            && mention.words.iter().all(|word| said_by(word, &candidate.words))
            && candidate.words.len() <= 14
            && candidate.plural == mention.plural
            && (same_head(candidate, mention) || outlet || !candidate.names.is_empty())
    }
}

/// Both begin with the same title, be it in another form of the plural.
fn same_head(candidate: &Mention, mention: &Mention) -> bool {
    mention.words.first().is_some_and(|head| {
        candidate.words.first().is_some_and(|other| other == head || plural_variants(head).any(|form| form == *other))
    })
}

/// `تقارير`, `دراسات`: each mention means others.
fn several_texts(head: &str) -> bool {
    head.ends_with("ات") || matches!(head, "تقارير" | "صحف" | "وثائق" | "رسائل" | "ابحاث" | "سجلات")
}

/// A mention is fuller with a name, with a title, and with more words.
pub(super) fn rank(mention: &Mention) -> (bool, usize) {
    (!mention.names.is_empty(), mention.words.len().min(12))
}

/// Where a phrase with the name at `at` ends in running text, where no cue shows its end: behind the name only
/// more of the name or a title may follow.
fn behind_name(document: &Document, mention: &Mention, at: usize, end: usize) -> usize {
    let tokens = &document.tokens;
    for index in at + 1..end {
        let token = &tokens.list[index];
        let title = |index: usize| tokens.is(index, class::TITLE) && tokens.list[index].proclitic == Proclitic::None;
        // `لترامب مساعدة المرشح فلان`: with a name of its own the title is another's.
        let other = title(index)
            && (index + 1..end).any(|later| {
                tokens.is(later, class::NAME) && !mention.names.iter().any(|name| name == word_at(document, later))
            });
        if other {
            return index;
        }
        if title(index) || (token.kind == Kind::Comma && title(index + 1)) {
            return end;
        }
        let name = token.is(class::NAME)
            || (token.kind == Kind::Word
                && (document.family_name(index) || mention.names.iter().any(|name| name == word_at(document, index))));
        if !name {
            return index;
        }
    }
    end
}

/// `رحبت الوزارة الروسية بالقرار`: in running text a definite noun with ب belongs to the phrase only on the way to a name.
fn before_preposition(document: &Document, (start, at): (usize, usize), end: usize) -> usize {
    let tokens = &document.tokens;
    let cut = (start.max(at) + 1..end)
        .find(|index| tokens.key(*index).starts_with("بال") && !tokens.is(*index, class::NAME | class::PLACE));
    cut.filter(|cut| !(cut + 1..end).any(|index| tokens.is(index, class::NAME))).unwrap_or(end)
}

/// Two phrases with the same head that name different things: neither has all words of the other.
fn differ(a: &Mention, b: &Mention) -> bool {
    let within = |a: &Mention, b: &Mention| a.words.iter().all(|word| b.words.contains(word));
    !within(a, b) && !within(b, a)
}
