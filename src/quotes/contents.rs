//! How far the reported words go: to the end of the sentence, or to where the next reporting clause begins.

use super::cues::{Clause, CueKind};
use super::document::Document;
use super::introducers::Introducer;
use super::lexicon::{Form, class, frame};
use super::marks::MarkedSpan;
use super::tokens::{Kind, Proclitic};

/// Tokens at which reported words end because a clause of the journalist's begins, in order.
pub(super) fn breaks(document: &Document, clauses: &[Clause]) -> Vec<usize> {
    let mut breaks: Vec<usize> =
        clauses.iter().filter(|clause| breaks_content(document, clause)).map(|clause| clause.start).collect();
    let tokens = &document.tokens;
    for index in 0..tokens.list.len() {
        if !document.marked(index) && journalist_begins(document, index) {
            breaks.push(index);
        }
    }
    breaks.sort_unstable();
    breaks.dedup();
    breaks
}

/// A reporting clause beside another one, not inside it (`قال إن الوزير أكد أن …`).
fn breaks_content(document: &Document, clause: &Clause) -> bool {
    let tokens = &document.tokens;
    let start = clause.start;
    let Some(token) = tokens.list.get(start) else { return false };
    // `… وأن «…»`: what goes on belongs to the report around it.
    if token.is(class::CLAUSE) {
        return false;
    }
    if matches!(clause.kind, CueKind::Participle | CueKind::After | CueKind::Answer) {
        return true;
    }
    let before = start.checked_sub(1);
    if before.is_some_and(|before| tokens.is(before, class::CLAUSE | class::RELATIVE)) {
        return false;
    }
    // `كلمة الملك - رعاه الله - أكدت أن …`: the dash closes what it opened.
    let aside = before.is_some_and(|before| {
        tokens.kind(before) == Kind::Dash
            && (before.saturating_sub(7)..before.saturating_sub(1)).any(|index| tokens.kind(index) == Kind::Dash)
            && document.sentence_number(before) == document.sentence_number(before.saturating_sub(7))
    });
    let separated = !aside
        && before.is_none_or(|before| {
            matches!(
                tokens.kind(before),
                Kind::Comma | Kind::Dash | Kind::Stop | Kind::Newline | Kind::Mark | Kind::Semicolon
            )
        });
    if clause.kind == CueKind::According {
        return separated || clause.content_end == Some(start);
    }
    // `و أضاف`
    let detached = before.is_some_and(|before| tokens.key(before) == "و");
    let conjunction = detached
        || token.proclitic == Proclitic::Conjunction
        || (clause.subject_first && tokens.key(start).starts_with("وال"));
    conjunction || separated || tokens.is(start, class::CONNECTIVE | class::AUXILIARY)
}

/// A verb of the lexicon that begins a clause without reporting anything (`، ودعا إلى …`, `معربا عن …`), or a
/// discourse phrase (`من جهة أخرى`).
fn journalist_begins(document: &Document, index: usize) -> bool {
    let tokens = &document.tokens;
    let token = &tokens.list[index];
    let comma = index > 0 && tokens.kind(index - 1) == Kind::Comma;
    // `…، في حين يرجع العجز إلى …` goes on; `…، في حين أكد المدير …` does not.
    let while_goes_on = tokens.stem(index) == "في"
        && tokens.key(index + 1) == "حين"
        && !document.finite_verb(index + 2)
        && !tokens.is(index + 2, class::AUXILIARY);
    if token.is(class::CONNECTIVE) && token.phrase > 1 && !while_goes_on {
        return comma || token.proclitic == Proclitic::Conjunction;
    }
    // `…، فيما رفضت الإدارة`, `…، بينما طالب`: another subject.
    let perfect = document.finite_verb(index + 1) && tokens.verb(index + 1).is_some_and(|verb| !verb.imperfect);
    if comma && matches!(tokens.key(index), "فيما" | "بينما") && perfect {
        return true;
    }
    // `…، حيث أوضحت الشركة ما يلي`
    let reports = |at: usize| {
        tokens.list.get(at).is_some_and(|next| {
            next.verb.is_some_and(|verb| {
                verb.form == Form::Finite
                    && !verb.imperfect
                    && verb.frames & frame::QUOTATION != 0
                    && verb.frames & (frame::HOMOGRAPH | frame::ATTITUDE) == 0
            })
        })
    };
    if comma && matches!(tokens.key(index), "حيث" | "اذ") && reports(index + 1) {
        return true;
    }
    // `…، لكنه لم يفصح عن الأسماء`, `…، دون أن يكشف تفاصيل`: what was not said.
    let unsaid = |at: usize| {
        matches!(
            tokens.key(at),
            "يفصح"
                | "تفصح"
                | "يكشف"
                | "تكشف"
                | "يذكر"
                | "تذكر"
                | "يحدد"
                | "تحدد"
                | "يوضح"
                | "توضح"
                | "يعط"
                | "يدل"
                | "تدل"
                | "يعطي"
                | "تعطي"
                | "يدلي"
                | "يشر"
                | "يسم"
                | "يسمها"
                | "يسمهم"
        )
    };
    let after_negation = matches!(tokens.key(index), "لكنه" | "لكنها" | "لكنهم" | "دون" | "ولم" | "بدون")
        && (unsaid(index + 1) || matches!(tokens.key(index + 1), "لم" | "ان") && unsaid(index + 2));
    if after_negation {
        return true;
    }
    // `…، وسط توقعات بأن …`, `… أما عن الطاقم`, `…، كما ترفض النقابة …`: the journalist's again.
    let amid = comma
        && tokens.key(index) == "وسط"
        && matches!(
            tokens.key(index + 1),
            "تقارير" | "انباء" | "توقعات" | "تكهنات" | "مخاوف" | "دعوات" | "تحذيرات" | "انتقادات"
        );
    let topic = tokens.key(index) == "اما" && tokens.key(index + 1) == "عن"
        || tokens.key(index) == "هذا" && matches!(tokens.key(index + 1), "و" | "وقد");
    let also = comma
        && tokens.key(index) == "كما"
        && tokens.list.get(index + 1).and_then(|next| next.verb).is_some_and(|verb| {
            verb.form == Form::Finite
                && verb.frames & (frame::ATTITUDE | frame::TURN) != 0
                && verb.frames & frame::HOMOGRAPH == 0
        });
    // `…، وذلك خلال لقاء عبر القناة`
    let occasion = comma
        && tokens.key(index) == "وذلك"
        && matches!(tokens.key(index + 1), "خلال" | "في" | "على" | "اثناء" | "ضمن" | "بعد" | "عقب" | "اثر" | "ردا")
        && (index + 2..index + 5).any(|at| tokens.is(at, class::EVENT | class::MEDIUM));
    // `…، في تصريح للتلفزيون`: where it was said.
    let medium = comma
        && tokens.key(index) == "في"
        && tokens.is(index + 1, class::MEDIUM)
        && !tokens.definite(index + 1)
        && matches!(tokens.key(index + 1), "تصريح" | "تصريحات" | "بيان" | "مقابلة" | "تغريدة" | "حديث" | "حوار");
    let occasion = occasion || medium;
    // `…، في وقت أعلنت فيه الفصائل …`
    let meanwhile =
        comma && tokens.key(index) == "في" && tokens.key(index + 1) == "وقت" && document.finite_verb(index + 2);
    // `…، في إشارة إلى الأزمة`, `…، ردا على سؤال`, `…، خلال مؤتمر صحفي`, `…، من دون أن يوضح`: about the words, not of them.
    let (next, third) = (tokens.key(index + 1), tokens.key(index + 2));
    let about = comma
        && match tokens.key(index) {
            "في" => {
                matches!(next, "اشارة" | "رد" | "تعليق" | "رده" | "تعليقه") && matches!(third, "الى" | "الي" | "على")
            }
            "ردا" | "تعليقا" => next == "على",
            "خلال" => tokens.is(index + 1, class::EVENT | class::MEDIUM),
            "دون" => matches!(next, "مزيد" | "ذكر" | "توضيح" | "الكشف" | "تفاصيل"),
            "من" => next == "دون" && third == "ان" && tokens.is_word(index + 3),
            "جاء" => next == "ذلك",
            "يذكر" | "علما" => matches!(next, "ان" | "بان"),
            "قبل" => {
                next == "ان"
                    && tokens
                        .list
                        .get(index + 2)
                        .and_then(|verb| verb.verb)
                        .is_some_and(|verb| verb.frames & frame::CARRY != 0)
            }
            _ => false,
        };
    if amid || topic || also || occasion || meanwhile || about {
        return true;
    }
    let Some(verb) = token.verb else { return false };
    // `…؛ قال تعالى: …`
    let scripture = matches!(tokens.stem(index), "قال" | "يقول")
        && matches!(tokens.key(index + 1), "تعالى" | "سبحانه" | "صلى" | "عز" | "الله");
    if scripture && (index == 0 || !tokens.is_word(index - 1) || token.proclitic == Proclitic::Conjunction) {
        return true;
    }
    // `…، وقدم أوباما تعازيه`: a person named as the subject of a verb without words of theirs.
    if comma
        && token.proclitic == Proclitic::Conjunction
        && !verb.imperfect
        && verb.frames & (frame::ATTITUDE | frame::TURN) != 0
        && super::cues::turn_at(document, index)
            .is_some_and(|(start, _)| tokens.is(start, class::NAME) || document.family_name(start))
    {
        return true;
    }
    if token.definite || verb.object || verb.frames & frame::HOMOGRAPH != 0 && verb.form != Form::Participle {
        return false;
    }
    match verb.form {
        Form::Participle => comma && (token.tanween || tokens.key(index).ends_with(['ا', 'ة'])),
        // A plea or a thank-you is the journalist's; another verb without words of its own may be the speaker's.
        Form::Finite => {
            let attitude = verb.frames & (frame::ATTITUDE | frame::TURN) != 0;
            comma && token.proclitic == Proclitic::Conjunction && !verb.imperfect && attitude
        }
        Form::Passive => false,
    }
}

/// One past the last token of the words that `clause` reports without marks.
pub(super) fn content_end(document: &Document, clause: &Clause, breaks: &[usize]) -> usize {
    let tokens = &document.tokens;
    let (_, mut sentence_end) = document.sentence(clause.content);
    // `قال: هل نتحدث عن جيراننا؟ هذا وارد، لكن …`: a question does not end what stands behind a colon.
    let mut question_end = clause.content;
    if clause.introducer == Introducer::Colon && clause.content_end.is_none() {
        for _ in 0..3 {
            let asks = sentence_end > 0
                && tokens.kind(sentence_end - 1) == Kind::Stop
                && tokens.text[tokens.list[sentence_end - 1].start..].starts_with(['؟', '?'])
                && tokens.is_word(sentence_end)
                && breaks.binary_search(&sentence_end).is_err();
            if !asks {
                break;
            }
            question_end = sentence_end;
            sentence_end = document.sentence(sentence_end).1;
        }
    }
    let first_break = breaks.partition_point(|at| *at <= clause.content);
    let mut limit = clause.content_end.unwrap_or(sentence_end);
    if clause.content_end.is_none() {
        if let Some(at) = breaks.get(first_break).filter(|at| **at < limit) {
            limit = *at;
        }
        let mut index = clause.content;
        while index < limit {
            if let Some(span) = document.span_at(index) {
                index = span.after().max(index + 1);
                continue;
            }
            if matches!(tokens.kind(index), Kind::Stop | Kind::Newline) && index >= question_end {
                break;
            }
            // `قال إن المنطقة هادئة: «…»`: the speaker's own words follow what the journalist says of them.
            let quotation = tokens.kind(index) == Kind::Colon && index > clause.content + 1;
            if quotation
                && !inner_cue(document, clause.content, index)
                && document.span_at(index + 1).is_some_and(|span| document.word_count(span.open, span.close) >= 5)
            {
                break;
            }
            // `… على حد قوله` with no pause before it.
            if tokens.is(index, class::AFTER_PHRASE)
                && matches!(tokens.stem(index), "على" | "حسب" | "بحسب" | "وفق" | "وفقا")
                && index > clause.content
            {
                break;
            }
            index += 1;
        }
        limit = limit.min(index);
    }
    trim_end(document, clause.content, limit)
}

/// `قال إن الملك قال لضيفه: «…»`: a verb of saying inside the reported words has the colon at `colon`.
fn inner_cue(document: &Document, content: usize, colon: usize) -> bool {
    let tokens = &document.tokens;
    (content.max(colon.saturating_sub(8))..colon).any(|index| {
        tokens.list[index].proclitic == Proclitic::None
            && tokens.list[index].verb.is_some_and(|verb| {
                verb.form == Form::Finite
                    && verb.frames & frame::QUOTATION != 0
                    && verb.frames & (frame::HOMOGRAPH | frame::ATTITUDE) == 0
                    && !verb.object
            })
    })
}

/// Without punctuation and connectives at the end. A closing mark stays where its opening one is inside.
fn trim_end(document: &Document, start: usize, mut end: usize) -> usize {
    let tokens = &document.tokens;
    while end > start {
        let last = end - 1;
        let drop = match tokens.kind(last) {
            Kind::Comma | Kind::Dash | Kind::Stop | Kind::Newline | Kind::Colon | Kind::Semicolon => {
                !document.marked(last)
            }
            Kind::Mark => document.marks.outermost(last).is_none_or(|span| document.marks.spans[span].open < start),
            Kind::Other => &tokens.text[tokens.list[last].start..tokens.list[last].end] != "%",
            Kind::Word => {
                tokens.is(last, class::CONNECTIVE) && tokens.list[last].phrase == 1 || tokens.key(last) == "و"
            }
            _ => false,
        };
        if !drop {
            break;
        }
        end = last;
    }
    end
}

/// `«…» وأن …`: behind a quotation in marks the report goes on with a member of its own.
pub(super) fn joined_member(document: &Document, span: &MarkedSpan) -> bool {
    let tokens = &document.tokens;
    let after = span.after();
    let words = document.word_count(span.open, span.close);
    tokens.is(after, class::CLAUSE)
        && tokens.proclitic(after) == Proclitic::Conjunction
        && (words >= 5 || words >= 3 && document.span_at(after + 1).is_some())
        && document.word_count(after + 1, document.sentence(after).1) >= 2
}

/// The reported words begin with marks that wrap them whole: the index of that span.
pub(super) fn wrapped(document: &Document, clause: &Clause, breaks: &[usize]) -> Option<usize> {
    let tokens = &document.tokens;
    let index = document.marks.opening_at(clause.content)?;
    let span = &document.marks.spans[index];
    let words = document.word_count(span.open, span.close);
    let after = span.after();
    let closed = match tokens.kind(after) {
        _ if after >= document.sentence(span.open).1 => true,
        Kind::Word => {
            joined_member(document, span)
                || breaks.binary_search(&after).is_ok()
                || tokens.is(after, class::AFTER_PHRASE | class::ACCORDING | class::BY_SAYING)
        }
        Kind::Number | Kind::Mark => false,
        // `أن «…»، وأن الحكومة ماضية`: the report goes on.
        Kind::Comma => !(tokens.is(after + 1, class::CLAUSE) && tokens.proclitic(after + 1) == Proclitic::Conjunction),
        _ => true,
    };
    let whole = match clause.introducer {
        // `فلان: «الواحة السينمائي» عاد …`: a name in the words of a headline.
        Introducer::Colon if clause.kind == CueKind::Headline && words <= 3 => closed,
        Introducer::Colon => words >= 2 || closed,
        Introducer::Mark => closed && words >= 3 || words >= 6 || clause.kind == CueKind::After,
        Introducer::Clause => closed && words >= 3 || span.unclosed,
        Introducer::Noun => closed && words >= 5,
        Introducer::Fragment => false,
    };
    whole.then_some(index)
}
