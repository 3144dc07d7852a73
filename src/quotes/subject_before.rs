//! The subject before its verb: a topic (`أما الوزير فقد …`), the antecedent of a relative clause, a noun phrase or a
//! pronoun.

use super::document::Document;
use super::lexicon::{Form, class, frame};
use super::noun_phrases::{HEADS, noun_phrase};
use super::tokens::{Kind, Proclitic};
use super::word_shapes::name_like;

/// `أما فلان فيرى أن …`, `أما فلان، فقد أكد أن …`
pub(super) fn topic(document: &Document, at: usize) -> Option<(usize, usize)> {
    let tokens = &document.tokens;
    let (sentence, _) = document.sentence(at);
    let after_all = at > 0 && tokens.key(at - 1) == "فقد";
    let joined = tokens.list[at].proclitic == Proclitic::Conjunction && tokens.key(at).starts_with('ف');
    if !after_all && !joined {
        return None;
    }
    let verb = if after_all { at - 1 } else { at };
    let topic = (verb.saturating_sub(16).max(sentence)..verb)
        .rev()
        .find(|index| matches!(tokens.key(*index), "اما" | "واما"))?;
    noun_phrase(document, topic + 1, false).filter(|end| *end <= verb).map(|end| (topic + 1, end))
}

/// A subject before the verb: `وكان الوزير قد أكد`, `والوزير الذي أكد`, `الوزير أكد`.
pub(super) fn preposed_subject(document: &Document, at: usize) -> Option<(usize, usize)> {
    let tokens = &document.tokens;
    let token = &tokens.list[at];
    // `ألقى المدير كلمة قال فيها …`: what stands before is the speech, not the speaker.
    if token.verb.is_some_and(|verb| verb.form == Form::Participle)
        || matches!(tokens.key(at + 1), "فيه" | "فيها" | "خلالها" | "خلاله")
    {
        return None;
    }
    let (sentence, _) = document.sentence(at);
    let topic = topic(document, at);
    // With و the clause begins at the verb.
    if topic.is_some() || token.proclitic == Proclitic::Conjunction {
        return topic;
    }
    let mut verb = at;
    while verb > sentence
        && tokens.is(verb - 1, class::AUXILIARY)
        && matches!(tokens.stem(verb - 1), "قد" | "لقد" | "فقد" | "وقد")
    {
        verb -= 1;
    }
    if verb == sentence {
        return None;
    }
    let relative = tokens.is(verb - 1, class::RELATIVE);
    // `المزارع التي وصفها بأنها …`: the noun before is what is spoken of.
    if relative && token.verb.is_some_and(|verb| verb.object) {
        return None;
    }
    // `البلدية هي التي أخبرت …`
    let pronoun = relative && verb >= sentence + 2 && matches!(tokens.key(verb - 2), "هو" | "هي" | "هم");
    let target = verb - usize::from(relative) - usize::from(pronoun);
    let lowest = sentence.max(target.saturating_sub(40));
    // `القانون رقم 12 الخاص بالنقل، الذي ينص على أن …`: the law, however long its name is.
    if relative && token.verb.is_some_and(|verb| verb.frames & frame::TEXT != 0) {
        let law = |index: &usize| {
            matches!(tokens.key(*index), "القانون" | "المادة" | "اللائحة" | "الدستور" | "المرسوم" | "الفصل" | "الاتفاقية")
        };
        let comma = usize::from(target > lowest && tokens.kind(target - 1) == Kind::Comma);
        if let Some(start) = (lowest.max(target.saturating_sub(16))..target).rev().find(law) {
            return Some((start, target - comma));
        }
    }
    // `كان` and its subject around a comma apposition: the phrase may end in a comma before the verb.
    // The antecedent of a relative is the longest phrase, a subject the nearest one.
    for offset in 0..target - lowest {
        let start = if relative { lowest + offset } else { target - 1 - offset };
        let boundary = start == sentence
            || matches!(
                tokens.kind(start - 1),
                Kind::Comma | Kind::Semicolon | Kind::Newline | Kind::Colon | Kind::Dash | Kind::Stop
            )
            || (tokens.is(start - 1, class::AUXILIARY | class::CLAUSE | class::CONNECTIVE)
                && tokens.list[start - 1].phrase == 1)
            || (relative && tokens.is(start, HEADS) && tokens.list[start].proclitic != Proclitic::Preposition);
        if !boundary || !tokens.is_word(start) && document.span_at(start).is_none() {
            continue;
        }
        if tokens.is(
            start,
            class::PREPOSITION | class::ENDS | class::TIME | class::CLAUSE | class::CONNECTIVE | class::DEMONSTRATIVE,
        ) && !tokens.is(start, class::ANAPHOR)
        {
            continue;
        }
        // `وحضر الدكتور فلان …`: an unknown word before a title or a name is a verb.
        let verb_before =
            name_like(document, start) && !tokens.is(start, class::NAME) && tokens.is(start + 1, HEADS | class::NAME);
        // `حضر الوزير فلان الذي قال …`
        let known_verb = tokens.list[start]
            .verb
            .is_some_and(|verb| verb.form == Form::Finite && !tokens.is(start, HEADS | class::NAME))
            && relative;
        if verb_before && start == sentence || known_verb {
            continue;
        }
        // The verb may look like one more word of the phrase.
        let Some(end) = noun_phrase(document, start, false).map(|end| end.min(target)) else { continue };
        let auxiliary = start > 0 && tokens.is(start - 1, class::AUXILIARY);
        // `بدوره، المتحدث فلان، أفاد بأن …`
        let introduced = tokens.kind(start.saturating_sub(1)) == Kind::Comma
            && ((2..=4usize).any(|words| {
                start.checked_sub(words + 1).is_some_and(|first| {
                    tokens.is(first, class::CONNECTIVE) && tokens.list[first].phrase as usize == words
                })
            }) || start >= 2 && matches!(tokens.stem(start - 2), "بدوره" | "بدورها"));
        // `المدير العام للشركة، فلان الفلاني، أوضح أن …`, `الناطق باسم المديرية، كان قد قال إن …`
        let opens = start == sentence
            && tokens.is(start, class::TITLE)
            && (start..end).any(|index| tokens.is(index, class::NAME) || document.family_name(index));
        let comma =
            end + 1 == target && tokens.kind(end) == Kind::Comma && (auxiliary || relative || introduced || opens);
        if end == target || comma {
            // A lone indefinite word is rather a verb or an adverb than a subject.
            let bare = end == start + 1
                && !tokens.list[start].definite
                && !tokens.is(start, HEADS | class::NAME | class::ANAPHOR)
                && !document.family_name(start)
                && document.span_at(start).is_none();
            return (!bare).then_some((start, end));
        }
    }
    None
}

/// `لكنه طمأن الجماهير`, `وهي تؤكد`: the subject of the verb is a pronoun before it, what follows is an object.
pub(super) fn pronoun_before(document: &Document, at: usize) -> bool {
    let tokens = &document.tokens;
    let verb = if at > 0 && matches!(tokens.stem(at - 1), "قد" | "لم" | "لا" | "لن") { at - 1 } else { at };
    verb > 0
        && tokens.list[verb].proclitic == Proclitic::None
        && matches!(
            tokens.key(verb - 1),
            "لكنه"
                | "لكنها"
                | "لكنهم"
                | "ولكنه"
                | "ولكنها"
                | "وهو"
                | "وهي"
                | "وهم"
                | "انه"
                | "انها"
                | "انهم"
                | "بانه"
                | "بانها"
                | "لانه"
                | "لانها"
        )
}
