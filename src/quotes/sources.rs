//! Cues that are not the verb before its words: relays (`نقلت … عن`), `بحسب` and its like, cues behind a quotation,
//! and the speaker before the colon of a headline.

use super::cues::{Clause, CueKind, clause_start};
use super::document::Document;
use super::introducers::{Introducer, Search};
use super::lexicon::{Form, VerbForm, class, frame};
use super::not_speech::introduced_name;
use super::noun_phrases::{HEADS, noun_phrase};
use super::record::Polarity;
use super::same_title::is_origin;
use super::tokens::{Kind, Proclitic};
use super::word_shapes::name_like;

/// `نقلت الوكالة عن فلان قوله إن …`, `نُقل عنه قوله: …`, `نسبت إلى فلان القول …`.
pub(super) fn relay_at(document: &Document, at: usize, verb: VerbForm) -> Option<Clause> {
    let tokens = &document.tokens;
    // `التصريحات التي نسبت إلى الوزير "…"`: a relative clause about the words.
    if verb.object || tokens.list[at].definite || at > 0 && tokens.is(at - 1, class::RELATIVE) {
        return None;
    }
    let (_, sentence_end) = document.sentence(at);
    let mut index = at + 1;
    let mut source = None;
    while index < sentence_end.min(at + 16) {
        if let Some(span) = document.span_at(index) {
            index = span.after();
            continue;
        }
        match tokens.key(index) {
            // `نقلت الصحيفة قول فلان: …`
            "عن" | "الى" | "قول" => {
                source = Some(index + 1);
                break;
            }
            "عنه" | "عنها" | "عنهم" | "اليه" | "اليها" => break,
            _ if tokens.is(index, class::CLAUSE)
                || !matches!(tokens.kind(index), Kind::Word | Kind::Comma | Kind::Open | Kind::Close) =>
            {
                return None;
            }
            _ => index += 1,
        }
    }
    if index >= sentence_end.min(at + 16) {
        return None;
    }
    let subject = match source {
        Some(start) => Some((start, noun_phrase(document, start, false)?)),
        None => None,
    };
    let after = subject.map_or(index + 1, |(_, end)| end);
    let spoken = VerbForm { frames: frame::CLAUSE | frame::QUOTATION, form: Form::Finite, object: false, ..verb };
    let mut search = Search::new(document, at, spoken, true);
    search.at = after;
    // The cue noun (`قوله`) stands between; without it a clause or a mark must follow soon.
    let own_words =
        (after..(after + 12).min(sentence_end)).find(|index| tokens.is(*index, class::OWN_WORDS | class::BY_SAYING));
    let found = search.run()?;
    if own_words.is_none_or(|word| word > found.introducer_at) && found.introducer_at > after + 12 {
        return None;
    }
    Some(Clause {
        kind: CueKind::Relay,
        cue: (at, at + 1),
        verb: Some(spoken),
        start: clause_start(document, at),
        subject,
        introducer: found.introducer,
        content: found.content,
        content_end: None,
        polarity: Polarity::Affirmed,
        between: (at + 1, found.introducer_at),
        subject_first: false,
    })
}

/// `قوله: …`, `بقوله إن …`, `تأكيده أن …`: the speaker is the one that the pronoun stands for.
pub(super) fn own_words_at(document: &Document, at: usize) -> Option<Clause> {
    let tokens = &document.tokens;
    if !tokens.is(at, class::OWN_WORDS | class::BY_SAYING) || tokens.list[at].verb.is_some() || document.marked(at) {
        return None;
    }
    let next = at + 1;
    let introducer = match tokens.kind(next) {
        Kind::Colon => Introducer::Colon,
        Kind::Mark => Introducer::Mark,
        Kind::Word if tokens.is(next, class::CLAUSE) => Introducer::Clause,
        _ => return None,
    };
    let mut content = if introducer == Introducer::Mark { next } else { next + 1 };
    if introducer == Introducer::Colon && tokens.is(content, class::CLAUSE) || tokens.kind(content) == Kind::Colon {
        content += 1;
    }
    document.tokens.list.get(content)?;
    Some(Clause {
        kind: CueKind::Participle,
        cue: (at, next),
        verb: None,
        start: at,
        subject: None,
        introducer,
        content,
        content_end: None,
        polarity: Polarity::Affirmed,
        between: (next, next),
        subject_first: false,
    })
}

/// `بحسب الوزارة`, `وفق ما ذكرته الصحيفة`, and phrases behind the words (`على حد قوله`).
pub(super) fn according_at(document: &Document, at: usize) -> Option<Clause> {
    let tokens = &document.tokens;
    let token = tokens.list.get(at)?;
    if document.marked(at) || !token.is(class::ACCORDING | class::AFTER_PHRASE) {
        return None;
    }
    let (sentence, sentence_end) = document.sentence(at);
    let mut index = at + token.phrase.max(1) as usize;
    let mut cue_end = index;
    // `وفق تعبيره`: the phrase has its pronoun, though `وفق` alone takes a source.
    let with_pronoun = token.is(class::AFTER_PHRASE) && token.phrase > 1;
    // `…، على ما أعلنت السلطات`: behind a pause; elsewhere the preposition belongs to a verb (`شدد على ما قاله`).
    let stated = tokens.key(at) == "على" && tokens.key(at + 1) == "ما";
    if stated && at > sentence && tokens.is_word(at - 1) {
        return None;
    }
    // `كما قال فلان في منشور آخر إن …`: the verb reports what follows.
    if matches!(tokens.stem(at), "كما") && at == sentence && super::cues::clause_at(document, at + 1).is_some() {
        return None;
    }
    if token.is(class::ACCORDING) && !with_pronoun {
        let verb_at = matches!(tokens.key(index), "ما" | "لما" | "كما");
        if verb_at || stated || tokens.key(at) == "حسبما" {
            index += usize::from(verb_at);
            // `على ما قاله الوزير`: the pronoun stands for the words.
            if stated && tokens.list.get(index).is_some_and(|token| token.verb.is_none_or(|verb| verb.object)) {
                return None;
            }
            // The verb of the clause (`ما ذكرته`), with a pronoun behind it (`جاء في`, `أفادت به`).
            let relayed = tokens.list.get(index).is_some_and(|token| token.classes == 0 && !token.definite)
                && ["ته", "تها", "ه", "ها"].iter().any(|ending| tokens.key(index).ends_with(ending));
            if !document.finite_verb(index) && !relayed {
                return None;
            }
            index += 1;
            if matches!(tokens.key(index), "به" | "في" | "عنه" | "لها" | "له" | "فيه") {
                index += 1;
            }
            cue_end = index;
        } else if matches!(tokens.key(index), "ل" | "الى") {
            index += 1;
        }
    }
    let subject = if with_pronoun {
        tokens
            .list
            .get(at + 1)
            .filter(|_| matches!(tokens.key(at), "كما" | "وكما"))
            .and_then(|_| Some((index, noun_phrase(document, index, false)?)))
    } else {
        let end = noun_phrase(document, index, false)?;
        let head =
            tokens.is(index, HEADS | class::NAME) || document.span_at(index).is_some() || document.family_name(index);
        let evidence =
            tokens.is(index, class::EVIDENCE) && !tokens.is(index, class::TEXT | class::OUTLET | class::TITLE);
        // `بحسب` names a source more often than `وفق`, which also takes plans and rules.
        let named =
            matches!(tokens.stem(at), "بحسب" | "نقلا") && name_like(document, index) && !tokens.is(index, class::MASDAR);
        // `وفقا لبيار دوران، محامي …`: a name behind the preposition that is written together with it.
        let attached = matches!(tokens.stem(at), "وفقا" | "طبقا" | "تبعا")
            && tokens.key(index).starts_with('ل')
            && !tokens.list[index].definite
            && tokens.list[index].classes & !class::NAME == 0
            && tokens.list.get(index + 1).is_some_and(|next| {
                next.kind == Kind::Word && !next.definite && next.verb.is_none() && next.classes & !class::NAME == 0
            });
        let named = named || attached;
        // `وحسب المندوبية، فإن …`: what follows says that a source stands before it.
        let introduces = tokens.list.get(index).is_some_and(|token| token.definite)
            && matches!(
                tokens.key(if tokens.kind(end) == Kind::Comma { end + 1 } else { end }),
                "فان" | "فانه" | "فانها" | "فقد"
            );
        // Behind `ما ذكر` whoever it is has said something.
        let said = cue_end > at + token.phrase.max(1) as usize;
        if !head && !named && !said && !introduces || evidence {
            return None;
        }
        Some((index, end))
    };
    // `بالنسبة لفلان، فإن …` says whose view it is; alone it says what something is about.
    if matches!(tokens.stem(at), "بالنسبة")
        && !subject.is_some_and(|(start, end)| {
            tokens.kind(end) == Kind::Comma
                && matches!(tokens.key(end + 1), "فان" | "فانه" | "فانها")
                && (tokens.is(start, class::TITLE | class::NAME | class::INDEFINITE) || document.family_name(start))
        })
    {
        return None;
    }
    if subject.is_none() && !token.is(class::AFTER_PHRASE) {
        return None;
    }
    let after = subject.map_or(cue_end, |(_, end)| end);
    let start = clause_start(document, at);
    // `يذكر أن …، بحسب فلان`: the words begin behind the frame.
    let frame = if tokens.is(sentence, class::EDITORIAL) { tokens.list[sentence].phrase as usize } else { 0 };
    let content =
        if tokens.is(sentence + frame, class::CLAUSE) && frame > 0 { sentence + frame + 1 } else { sentence + frame };
    let base = Clause {
        kind: CueKind::According,
        cue: (at, cue_end),
        verb: None,
        start,
        subject,
        introducer: Introducer::Noun,
        content,
        content_end: None,
        polarity: Polarity::Affirmed,
        between: (after, after),
        subject_first: false,
    };
    // The words stand behind the source as behind a verb.
    let behind =
        |introducer: Introducer, content: usize| Clause { kind: CueKind::Verb, introducer, content, ..base.clone() };
    // `ووفق الموقع: قالت الصحيفة إنها …`: the clause behind the colon has its own speaker.
    if tokens.kind(after) == Kind::Colon && document.finite_verb(after + 1) {
        return None;
    }
    if tokens.kind(after) == Kind::Colon && token.is(class::ACCORDING) {
        return Some(behind(Introducer::Colon, after + 1));
    }
    // `على لسان مصدر قضائي، بأنه لا يجوز …`, `نقلا عن الوزير أن …`
    let next = after + usize::from(tokens.kind(after) == Kind::Comma);
    if tokens.is(next, class::CLAUSE)
        && subject.is_some()
        && token.phrase > 1
        && matches!(tokens.stem(at), "على" | "نقلا")
        && document.word_count(next + 1, sentence_end) >= 2
    {
        return Some(behind(Introducer::Clause, next + 1));
    }
    // `وحسب المتحدث «…»`
    let marked = document
        .span_at(next)
        .is_some_and(|span| document.word_count(span.open, span.close) >= 4 && !introduced_name(document, span));
    if marked && subject.is_some() && quotation_before(document, at).is_none() {
        return Some(behind(Introducer::Mark, next));
    }
    if let Some(span) = quotation_before(document, at) {
        return Some(Clause { kind: CueKind::After, introducer: Introducer::Mark, content: span, ..base });
    }
    if start == sentence || at == sentence {
        // `وبحسب تقرير نشر أمس، فقد …`: what is said of the source ends there.
        let therefore = (after..sentence_end.min(after + 16)).find(|index| {
            tokens.kind(*index) == Kind::Comma && matches!(tokens.key(index + 1), "فقد" | "فان" | "فانه" | "فانها")
        });
        let mut content = therefore.unwrap_or(after);
        while matches!(tokens.kind(content), Kind::Comma | Kind::Dash)
            || tokens.is(content, class::CLAUSE)
            || matches!(tokens.key(content), "فقد" | "فان" | "فانه" | "فانها")
        {
            content += 1;
        }
        return (content < sentence_end && document.word_count(content, sentence_end) >= 3)
            .then_some(Clause { content, ..base });
    }
    // `فالأسعار، وفق النقابة، لن تعود …`: the words go on behind the source.
    let parenthetical = tokens.kind(after) == Kind::Comma
        && document.word_count(sentence + frame, start) < 3
        && document.word_count(after, sentence_end) >= 3;
    let behind = after + 1;
    let goes_on = tokens.is_word(behind)
        && tokens.list[behind].proclitic != Proclitic::Conjunction
        && !tokens.key(behind).starts_with(['و', 'ف'])
        && !tokens.is(behind, class::CONNECTIVE | class::RELATIVE)
        && tokens.list[behind].verb.is_none_or(|verb| verb.form != Form::Participle)
        && document.word_count(sentence + frame, start) <= 5;
    if parenthetical {
        return Some(Clause { content: after + 1, ..base });
    }
    // `وأدى هذا العطل، بحسب البلدية، إلى توقف الحافلات`: the source stands inside the clause.
    if goes_on && tokens.kind(after) == Kind::Comma && tokens.kind(start - 1) == Kind::Comma {
        let report = |index: &usize| {
            tokens.kind(*index) == Kind::Comma && tokens.list.get(index + 1).is_some_and(|next| next.verb.is_some())
        };
        let end = (behind..sentence_end).find(report).unwrap_or(sentence_end);
        return Some(Clause { content_end: Some(end), ..base });
    }
    let behind_comma = matches!(tokens.kind(start - 1), Kind::Comma | Kind::Dash | Kind::Close | Kind::Open);
    let rest = document.word_count(after, sentence_end);
    // `جدد الوزير شكره وفقا لوكالة الأنباء للدول …`: in the middle of a clause an outlet only says where it stood.
    let outlet = subject.is_some_and(|(start, _)| tokens.is(start, class::OUTLET));
    let said = cue_end > at + token.phrase.max(1) as usize;
    if outlet && !said && !behind_comma && rest > 0 && tokens.kind(after) != Kind::Comma {
        return None;
    }
    let end = if behind_comma || rest == 0 { start } else { sentence_end };
    Some(Clause { content_end: Some(end), ..base })
}

/// `"…"، هكذا يصف فلان …`: the verb may be any.
fn thus_at(document: &Document, at: usize) -> Option<Clause> {
    let tokens = &document.tokens;
    if !matches!(tokens.key(at), "هكذا" | "بهذه") || document.marked(at) {
        return None;
    }
    let content = quotation_before(document, at)?;
    // `بهذه الكلمات بدأ فلان`
    let verb = if tokens.key(at) == "هكذا" { at + 1 } else { at + 2 };
    let subject = noun_phrase(document, verb + 1, false).map(|end| (verb + 1, end))?;
    if !tokens.is(subject.0, HEADS | class::NAME) && !document.family_name(subject.0) {
        return None;
    }
    Some(Clause {
        kind: CueKind::After,
        cue: (at, verb + 1),
        verb: None,
        start: at,
        subject: Some(subject),
        introducer: Introducer::Mark,
        content,
        content_end: None,
        polarity: Polarity::Affirmed,
        between: (subject.1, subject.1),
        subject_first: false,
    })
}

/// `"…"، قال فلان`: a cue behind a quotation that nothing introduces.
pub(super) fn postposed_at(document: &Document, at: usize) -> Option<Clause> {
    if let Some(thus) = thus_at(document, at) {
        return Some(thus);
    }
    let tokens = &document.tokens;
    let token = tokens.list.get(at)?;
    let verb =
        token.verb.filter(|verb| verb.form == Form::Finite && !verb.object && verb.frames & frame::QUOTATION != 0)?;
    if token.proclitic != Proclitic::None || document.marked(at) {
        return None;
    }
    // `"…"، كما أضاف فلان`
    let like = at > 0 && tokens.key(at - 1) == "كما";
    let content = quotation_before(document, if like { at - 1 } else { at })?;
    let subject = match tokens.kind(at + 1) {
        Kind::Word | Kind::Mark => noun_phrase(document, at + 1, false).map(|end| (at + 1, end)),
        _ => None,
    };
    // `ردا على «…»، قال فلان: «…»`: the words behind the colon are the answer.
    let colon = subject.map_or(at + 1, |(_, end)| end);
    let answered = tokens.kind(colon) == Kind::Colon && document.span_at(colon + 1).is_some();
    if answered && document.sentence(at).0 != content {
        return None;
    }
    Some(Clause {
        kind: CueKind::After,
        cue: (at, at + 1),
        verb: Some(verb),
        start: at,
        subject,
        introducer: Introducer::Mark,
        content,
        content_end: None,
        polarity: Polarity::Affirmed,
        between: (subject.map_or(at + 1, |(_, end)| end), subject.map_or(at + 1, |(_, end)| end)),
        subject_first: false,
    })
}

/// The quotation that ends right before `at` (a comma, a point or a dash may stand between): its opening mark.
fn quotation_before(document: &Document, at: usize) -> Option<usize> {
    let tokens = &document.tokens;
    let mut index = at;
    let pause = |index: usize| match tokens.kind(index) {
        Kind::Comma | Kind::Dash | Kind::Stop => true,
        Kind::Other => tokens.text[tokens.list[index].start..].starts_with(['.', '…']),
        _ => false,
    };
    while index > 0 && at - index < 3 && pause(index - 1) {
        index -= 1;
    }
    let span = &document.marks.spans[document.marks.outermost(index.checked_sub(1)?)?];
    (span.after() == index && !span.unclosed && document.word_count(span.open, span.close) >= 3).then_some(span.open)
}

/// `فلان الفلاني: …` at the beginning of a paragraph of the body: a survey or an interview.
pub(super) fn paragraph_speaker(document: &Document, at: usize) -> Option<Clause> {
    let tokens = &document.tokens;
    if at == 0 || tokens.kind(at - 1) != Kind::Newline || tokens.list[at].verb.is_some() {
        return None;
    }
    let end = noun_phrase(document, at, false).filter(|end| tokens.kind(*end) == Kind::Colon && *end - at <= 10)?;
    let title = tokens.is(at, class::TITLE) && tokens.list[at].proclitic == Proclitic::None;
    // A lone name only before marks.
    let marks = document.span_at(end + 1).is_some();
    let person = title || (tokens.is(at, class::NAME) && !tokens.is(at, class::ORG) && (end - at >= 2 || marks));
    let (_, sentence_end) = document.sentence(end);
    let bare = end == at + 1 && !tokens.list[at].definite;
    (person && !bare && document.word_count(end + 1, sentence_end) >= 4).then_some(Clause {
        kind: CueKind::Verb,
        cue: (end, end),
        verb: None,
        start: at,
        subject: Some((at, end)),
        introducer: Introducer::Colon,
        content: end + 1,
        content_end: None,
        polarity: Polarity::Affirmed,
        between: (end, end),
        subject_first: true,
    })
}

/// `فلان: …` in the first line, where the rest of the article knows that speaker; `…` parts a headline in two.
pub(super) fn headline(document: &Document) -> Vec<Clause> {
    let tokens = &document.tokens;
    let line_end = tokens.list.iter().position(|token| token.kind == Kind::Newline).unwrap_or(tokens.list.len());
    let first_colon = (0..line_end.min(9)).find(|index| tokens.kind(*index) == Kind::Colon);
    let parts: Vec<usize> = std::iter::once(0)
        .chain((0..line_end.min(64)).filter(|index| {
            // `مصدر مصري: … ومصدر سوري: …`
            let second = first_colon.is_some_and(|colon| *index > colon + 2)
                && tokens.list[*index].proclitic == Proclitic::Conjunction
                && tokens.is(*index, HEADS)
                && noun_phrase(document, *index, false).is_some_and(|end| tokens.kind(end) == Kind::Colon);
            second
                || matches!(tokens.kind(*index), Kind::Semicolon | Kind::Stop)
                || tokens.kind(*index) == Kind::Other
                    && tokens.text[tokens.list[*index].start..].starts_with(['.', '…'])
        }))
        .chain(std::iter::once(line_end))
        .collect();
    // A headline has a few parts; a first line without end is none.
    let mut clauses: Vec<Clause> = Vec::new();
    for part in parts.windows(2).take(4) {
        match headline_part(document, (part[0], part[1]), line_end) {
            Some(clause) => clauses.push(clause),
            // `فلان: نشر الخبر.. فأجبنا`: dots in the words of one speaker.
            None if tokens.kind(part[0]) == Kind::Other
                && !(part[0]..part[1]).any(|index| tokens.kind(index) == Kind::Colon) =>
            {
                if let Some(last) = clauses.last_mut().filter(|last| last.content_end == Some(part[0])) {
                    last.content_end = Some(part[1]);
                }
            }
            None => {}
        }
    }
    clauses
}

fn headline_part(document: &Document, (from, to): (usize, usize), line_end: usize) -> Option<Clause> {
    let tokens = &document.tokens;
    let start = (from..to).find(|index| tokens.kind(*index) == Kind::Word || document.span_at(*index).is_some())?;
    // `و"الصحة": …`
    let conjunction = tokens.key(start) == "و" && document.span_at(start + 1).is_some();
    let start = start + usize::from(conjunction);
    let colon = (start..to.min(start + 9)).find(|index| tokens.kind(*index) == Kind::Colon)?;
    // `لأول مرة: …`
    if tokens.key(start).starts_with("لاول") || tokens.is(start, class::PREPOSITION) {
        return None;
    }
    if noun_phrase(document, start, false)? != colon
        || colon + 2 >= to
        || (start..colon).any(|index| document.finite_verb(index))
    {
        return None;
    }
    let word = |index: usize| super::fold::without_article(tokens.key(index));
    // `وزير الدفاع الكويتي`: a paper of that country goes on with `وزير الدفاع`.
    let shorter = colon >= start + 3 && is_origin(word(colon - 1)) && tokens.is(start, class::TITLE);
    let last = word(if shorter { colon - 2 } else { colon - 1 }).to_owned();
    let again = (line_end..tokens.list.len()).any(|index| super::fold::without_article(tokens.key(index)) == last);
    let speaks = (start..colon).any(|index| tokens.is(index, HEADS | class::NAME)) || colon == start + 1;
    // The name must speak in the article, not only stand in it.
    let cue_near = (line_end..tokens.list.len()).any(|index| {
        super::fold::without_article(tokens.key(index)) == last
            && (index.saturating_sub(12)..index + 6)
                .any(|near| tokens.list.get(near).is_some_and(|token| token.verb.is_some()))
    });
    // `بيروت: فلان الفلاني`: place and author.
    let name = |index: usize| name_like(document, index) || document.family_name(index);
    let byline = document.word_count(colon + 1, to) <= 3 && (colon + 1..to).all(name);
    if byline {
        return None;
    }
    // `تركيا: …` names the place of the news.
    let country = colon == start + 1 && super::lexicon::COUNTRIES.contains(&tokens.key(start));
    // `وزارة الخارجية: «…»`: a body or a title before marked words needs no other evidence.
    let quoted = document
        .span_at(colon + 1)
        .is_some_and(|span| document.word_count(span.open, span.close) >= 4 && span.after() <= to)
        && tokens.is(start, HEADS);
    (again && speaks && cue_near && !country || quoted).then_some(Clause {
        kind: CueKind::Headline,
        cue: (colon, colon),
        verb: None,
        start,
        subject: Some((start, colon)),
        introducer: Introducer::Colon,
        content: colon + 1,
        content_end: Some(to),
        polarity: Polarity::Affirmed,
        between: (colon, colon),
        subject_first: true,
    })
}

/// The answers of an interview: paragraphs between questions that begin with a dash, a star or `س`. Their speaker is
/// the person who is named last before the first question.
pub(super) fn answers(document: &Document) -> Vec<Clause> {
    let tokens = &document.tokens;
    let paragraphs = super::document::paragraphs(tokens);
    let asks = |(start, end): (usize, usize)| {
        let label = matches!(tokens.key(start), "س" | "سؤال");
        let lead = tokens.kind(start) == Kind::Dash || tokens.kind(start) == Kind::Other || label;
        let last = (start..end).rev().find(|index| !matches!(tokens.kind(*index), Kind::Mark | Kind::Close));
        lead && last.is_some_and(|last| {
            tokens.kind(last) == Kind::Stop && tokens.text[tokens.list[last].start..].starts_with(['؟', '?'])
        })
    };
    let questions: Vec<usize> = (0..paragraphs.len()).filter(|index| asks(paragraphs[*index])).collect();
    let Some(first) = questions.first().filter(|_| questions.len() >= 2) else { return Vec::new() };
    let Some(subject) = super::subjects::person_before(document, paragraphs[*first].0, |_| true) else {
        return Vec::new();
    };
    let mut clauses = Vec::new();
    for (number, question) in questions.iter().enumerate() {
        let next = questions.get(number + 1).copied().unwrap_or((question + 2).min(paragraphs.len()));
        for &(start, end) in &paragraphs[question + 1..next] {
            // The mark of the answer (`-`, `**`, `ج:`) is none of its words.
            let content = (start..end).find(|index| {
                matches!(tokens.kind(*index), Kind::Word | Kind::Number | Kind::Mark)
                    && !(tokens.key(*index) == "ج" && tokens.kind(index + 1) == Kind::Colon)
            });
            let Some(content) = content.filter(|content| document.word_count(*content, end) >= 3) else { continue };
            if (content..end).any(|index| document.finite_verb(index) && tokens.kind(index + 1) == Kind::Colon) {
                continue;
            }
            clauses.push(Clause {
                kind: CueKind::Answer,
                cue: (content, content),
                verb: None,
                start: content,
                subject: Some(subject),
                introducer: Introducer::Colon,
                content,
                content_end: Some(end),
                polarity: Polarity::Affirmed,
                between: (content, content),
                subject_first: true,
            });
        }
    }
    clauses
}
