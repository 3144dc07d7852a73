//! Phrases in running text, where no cue shows them: the subject of the last clause, the antecedent of a relative, the
//! person named last.

use super::document::Document;
use super::fold::without_article;
use super::lexicon::{VerbForm, class, frame};
use super::noun_phrases::{HEADS, noun_phrase};
use super::tokens::{Kind, Proclitic};
use super::word_shapes::{name_like, nisba};

/// How far to the left of a word a title of its phrase may begin.
pub(super) const LEFT: usize = 14;

/// The folded word at `index` without proclitic and article.
pub(super) fn word_at<'d>(document: &'d Document, index: usize) -> &'d str {
    let key = document.tokens.key(index);
    // In `للاتحاد` the article has lost its first letter.
    let whole = document.tokens.list[index].proclitic == Proclitic::None || key.starts_with("لل");
    without_article(if whole { key } else { document.tokens.stem(index) })
}

/// A phrase with the word at `at` may begin at `start`: with a title or organisation, or with a name before `at`.
pub(super) fn starts_phrase(document: &Document, start: usize, at: usize) -> bool {
    let tokens = &document.tokens;
    let token = &tokens.list[start];
    if token.kind == Kind::Mark {
        let name = |index: usize| {
            !tokens.is(index, class::ENDS | class::CLAUSE | class::PREPOSITION | class::RELATIVE | class::NEGATION)
                && !document.finite_verb(index)
        };
        return document.span_at(start).is_some_and(|span| {
            span.after() > at
                && document.word_count(span.open, span.close) <= 7
                && (span.open + 1..span.close).all(name)
        });
    }
    if token.kind != Kind::Word {
        return false;
    }
    // Behind a conjunction and a second title another person begins (`ونظيره`).
    let named = |index: usize| tokens.is(index, class::NAME) && !tokens.is(index, class::TITLE);
    let other = (start + 1..=at).any(|index| {
        tokens.list[index].proclitic == Proclitic::Conjunction
            && tokens.is(index, class::TITLE)
            && (start..index).any(named)
    });
    if other {
        return false;
    }
    // `رئيس البلدية فلان`: the body inside begins no phrase.
    let inner = start > 0
        && tokens.is_word(start - 1)
        && tokens.is(start - 1, class::TITLE | class::ORG)
        && token.proclitic == Proclitic::None
        && !token.is(class::TITLE);
    if start == at {
        return !(inner && token.is(HEADS) && !token.is(class::NAME));
    }
    if token.is(HEADS) {
        return !inner;
    }
    // All words from `start` to `at` are names, and so is not the one before; a comma may stand before a title.
    let name =
        |index: usize| tokens.is(index, class::NAME) || name_like(document, index) || document.family_name(index);
    let apposition = at - start >= 2 && tokens.kind(at - 1) == Kind::Comma && tokens.is(at, class::TITLE);
    (start..if apposition { at - 1 } else { at }).all(name)
        && (tokens.is(start, class::NAME)
            || (start > 0 && tokens.kind(start - 1) == Kind::Comma && tokens.is(at, class::TITLE))
            || apposition && start > 0 && document.finite_verb(start - 1))
}

/// `رحبت وزارة الدفاع الروسية بالقرار`: the noun with the preposition that the verb at `at` takes is no part of its
/// subject.
pub(super) fn before_complement(document: &Document, at: usize, (start, end): (usize, usize)) -> usize {
    let tokens = &document.tokens;
    let takes =
        ["رحب", "ترحب", "اشاد", "تشيد", "يشيد", "ندد", "تندد", "نوه", "تنوه", "طالب", "تطالب", "وعد", "تعهد", "اعترف"]
            .iter()
            .any(|stem| tokens.stem(at).starts_with(stem) || tokens.stem(at).trim_start_matches('ي').starts_with(stem));
    if !takes {
        return end;
    }
    let complement = |index: &usize| {
        let key = tokens.key(*index);
        // `القائم بالأعمال`, `مدير التعليم بمنطقة …`, `باسم` belong to a title.
        key.starts_with('ب')
            && (key.starts_with("بال") || tokens.list[*index].proclitic == Proclitic::Preposition)
            && !tokens.is(*index, class::NAME | class::PLACE)
            && !matches!(
                key,
                "بمنطقة"
                    | "بمحافظة"
                    | "بمدينة"
                    | "بوزارة"
                    | "بجامعة"
                    | "باسم"
                    | "بالاعمال"
                    | "باعمال"
                    | "بالوزارة"
                    | "بالمحكمة"
                    | "بالجامعة"
                    | "بالشركة"
                    | "بالانابة"
            )
            && !matches!(tokens.key(index - 1), "المكلف" | "المكلفة" | "القائم" | "المعني" | "الملحق")
    };
    (start + 1..end).find(complement).unwrap_or(end)
}

/// The subject of the last clause between `from` and `to` that has a person for subject: a word that may be a verb,
/// and a phrase behind it that begins with a title or a name.
pub(super) fn local_subject(
    document: &Document,
    (from, to): (usize, usize),
    subordinate_too: bool,
) -> Option<(usize, usize)> {
    let tokens = &document.tokens;
    let mut found = None;
    let mut index = from;
    while index + 1 < to {
        if document.marked(index) || tokens.kind(index) != Kind::Word {
            index += 1;
            continue;
        }
        let token = &tokens.list[index];
        let opens = document.sentence(index).0 == index
            || token.proclitic == Proclitic::Conjunction
            // `د. غنام`: behind an abbreviation no clause begins.
            || !tokens.is_word(index - 1) && tokens.kind(index - 1) != Kind::Other
            || tokens.is(index - 1, class::CONNECTIVE | class::AUXILIARY)
            || (tokens.key(index).starts_with('و') && token.classes == 0);
        let known_verb =
            token.verb.is_some() && token.proclitic == Proclitic::Conjunction && tokens.stem(index) != "بين";
        let key = tokens.key(index);
        let noun_ending = ["ة", "ات", "ين", "ون"].iter().any(|ending| key.ends_with(ending)) && token.verb.is_none();
        // `في الزاوية تجلس أم خالد`: an imperfect before a name, wherever it stands.
        let imperfect = key.starts_with(['ت', 'ي'])
            && key.chars().count() >= 4
            && token.classes == 0
            && tokens.is(index + 1, class::NAME | class::TITLE)
            && (tokens.is(index + 2, class::NAME) || document.family_name(index + 2));
        let was = token.proclitic == Proclitic::Conjunction && matches!(tokens.stem(index), "كان" | "كانت");
        let verb_like = (opens || imperfect)
            && !noun_ending
            && !token.definite
            && !matches!(tokens.stem(index), "بين" | "دون" | "وسط")
            && (known_verb
                || was
                || !token.is(HEADS
                    | class::NAME
                    | class::PREPOSITION
                    | class::ENDS
                    | class::TIME
                    | class::CLAUSE
                    | class::DEMONSTRATIVE)
                    // `عقد المدير اجتماعا`: a short one is rather a verb.
                    // `تعرض ناشطون`: before a nominative plural too.
                    && (!token.is(class::MASDAR) || key.chars().count() <= 3 || tokens.key(index + 1).ends_with("ون")));
        if token.is(class::RELATIVE)
            && let Some(antecedent) = phrase_before(document, from, index)
        {
            found = Some(antecedent);
            index += 1;
            continue;
        }
        // `غير أن الوزير …`, `لكن الوزير …`, `علم أن الوزير …`: a subject before its verb.
        let contrast = index > from && matches!(tokens.key(index - 1), "بيد" | "غير" | "الا" | "كما");
        let subordinate =
            token.is(class::CLAUSE) && (subordinate_too || contrast) || matches!(tokens.key(index), "لكن" | "ولكن");
        // `فما كان من الوزير إلا أن قال`
        let left_to = tokens.key(index) == "من"
            && index >= 2
            && tokens.stem(index - 1) == "كان"
            && matches!(tokens.key(index - 2), "ما" | "فما" | "وما");
        // `ويتفق معه فلان`
        let next = if matches!(tokens.key(index + 1), "معه" | "معها" | "معهم" | "له" | "لها" | "عليه")
        {
            index + 2
        } else {
            index + 1
        };
        // `أبدى الأرجنتيني خوليو رامالي أسفه`: an adjective of origin for a title.
        let origin = verb_like
            && tokens.list.get(next).is_some_and(|token| token.definite && token.proclitic == Proclitic::None)
            && nisba(tokens.key(next))
            && (tokens.is(next + 1, class::NAME) || name_like(document, next + 1) && name_like(document, next + 2));
        // `انتقد خبير التعديلات`
        let unnamed = verb_like
            && opens
            && tokens.list.get(next).is_some_and(|token| token.proclitic == Proclitic::None)
            && tokens.is(next, class::INDEFINITE);
        let head = origin
            || unnamed
            || tokens.is(next, class::TITLE | class::NAME) && tokens.proclitic(next) == Proclitic::None
            || tokens.is(next, class::ORG)
                && tokens.proclitic(next) == Proclitic::None
                && (token.proclitic == Proclitic::Conjunction
                    || key.starts_with('و')
                    // `إسطنبول (رويترز) - خفض البنك المركزي …`
                    || verb_like && (index == 0 || !tokens.is_word(index - 1)))
            || (verb_like && tokens.list.get(next).is_some_and(|token| document.family_name(next) && token.definite));
        if (verb_like || subordinate || left_to)
            && head
            && let Some(end) = noun_phrase(document, next, true)
        {
            let end = before_complement(document, index, (next, end));
            found = Some((next, end));
            index = end;
            continue;
        }
        index += 1;
    }
    found
}

/// The phrase with a name or a title that ends at `end` (a comma may stand between): the antecedent of a relative.
pub(super) fn phrase_before(document: &Document, from: usize, end: usize) -> Option<(usize, usize)> {
    let tokens = &document.tokens;
    let end = if end > from && tokens.kind(end - 1) == Kind::Comma { end - 1 } else { end };
    (from.max(end.saturating_sub(8))..end).find_map(|start| {
        let head = tokens.is(start, class::TITLE | class::NAME) && tokens.list[start].proclitic == Proclitic::None
            || document.family_name(start);
        (head && noun_phrase(document, start, false) == Some(end)).then_some((start, end))
    })
}

/// The nearest phrase before `at` that names a person and begins with a word that `head` accepts.
pub(super) fn person_before(document: &Document, at: usize, head: impl Fn(usize) -> bool) -> Option<(usize, usize)> {
    let tokens = &document.tokens;
    let start = (at.saturating_sub(120)..at).rev().find(|start| {
        let first = *start == 0 || !tokens.is(start - 1, class::TITLE | class::NAME);
        first && !document.marked(*start) && tokens.is(*start, class::TITLE | class::NAME) && head(*start)
    })?;
    let end = noun_phrase(document, start, true).filter(|end| *end <= at)?;
    // `الخاصة بالدفاع`: behind a preposition only a name tells who it is.
    let governed = tokens.list[start].proclitic == Proclitic::Preposition;
    if governed && !(start..end).any(|index| tokens.is(index, class::NAME) || document.family_name(index)) {
        return None;
    }
    // A title before it that the same phrase begins with (`صاحب السمو الأمير فلان، أمير المنطقة`).
    let (sentence, _) = document.sentence(start);
    let begin = (start.saturating_sub(LEFT).max(sentence)..start).find(|begin| {
        tokens.is(*begin, class::TITLE)
            && tokens.list[*begin].proclitic != Proclitic::Preposition
            && starts_phrase(document, *begin, start)
            && noun_phrase(document, *begin, true).is_some_and(|reach| reach >= end)
    });
    Some((begin.unwrap_or(start), end))
}

/// The nearest two persons before `at` that are named side by side: `الرئيس فلان ونظيره الفرنسي علان`.
pub(super) fn pair_before(document: &Document, at: usize) -> Option<(usize, usize)> {
    let tokens = &document.tokens;
    (at.saturating_sub(200)..at).rev().find_map(|second| {
        let token = &tokens.list[second];
        if token.proclitic != Proclitic::Conjunction
            || !(token.is(class::TITLE) || tokens.stem(second).starts_with("نظير"))
            || document.marked(second)
        {
            return None;
        }
        let end = noun_phrase(document, second, true).filter(|end| *end <= at)?;
        let named = |from: usize, to: usize| (from..to).any(|index| tokens.is(index, class::NAME));
        let (sentence, _) = document.sentence(second);
        let start = (second.saturating_sub(LEFT).max(sentence)..second).find(|start| {
            let head = tokens.is(*start, class::TITLE) && tokens.list[*start].proclitic != Proclitic::Preposition;
            head && noun_phrase(document, *start, true).is_some_and(|end| end >= second) && named(*start, second)
        })?;
        named(second + 1, end).then_some((start, end))
    })
}

/// Figures, laws and things are evidence, not speakers.
pub(super) fn may_speak(document: &Document, start: usize, end: usize, verb: VerbForm) -> bool {
    let tokens = &document.tokens;
    // A law says what it lays down (`نصت المادة على أن …`), nothing else.
    let lays_down = verb.frames & frame::TEXT != 0 && verb.frames & frame::ALA_CLAUSE != 0;
    let some = usize::from(matches!(tokens.key(start), "بعض" | "هذه" | "تلك"));
    if tokens.is(start + some, class::EVIDENCE) && !tokens.is(start + some, HEADS) && !lays_down {
        return false;
    }
    // `أكد على`, `تشير التقديرات الأولية`: a verbal noun with the article is no speaker of an imperfect.
    let adjective = end == start + 2 && tokens.definite(start + 1) && !tokens.is(start + 1, HEADS | class::NAME);
    let information = verb.imperfect && without_article(tokens.key(start)) == "معلومات";
    !information
        && !(verb.imperfect
            && (end == start + 1 || adjective)
            && tokens.key(start).ends_with("ات")
            && tokens.list[start].definite
            && !tokens.is(start, HEADS))
}
