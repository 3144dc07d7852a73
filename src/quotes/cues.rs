//! Reporting clauses: a cue, its subject, and what introduces the reported words (`أن`, a colon, a mark, a noun
//! phrase). A verb without an introducer reports nothing and makes no clause.

use super::document::Document;
use super::introducers::{Introducer, Search};
use super::lexicon::{Agreement, Form, VerbForm, class, frame};
use super::noun_phrases::{HEADS, ends_phrase, noun_phrase};
use super::record::Polarity;
use super::subject_before::{preposed_subject, pronoun_before, topic};
use super::subjects::{before_complement, may_speak};
use super::tokens::{Kind, Proclitic};
use super::word_shapes::names_the_source;

/// What kind of cue it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CueKind {
    /// A finite verb.
    Verb,
    /// A participle beside the main verb (`مشيرا`), or a noun with the speaker's pronoun (`قوله`).
    Participle,
    /// `نقلت … عن`: the subject is who stands behind عن.
    Relay,
    /// `بحسب`, `وفق`.
    According,
    /// A phrase or verb behind the reported words.
    After,
    /// `name:` in a headline.
    Headline,
    /// A paragraph that answers the question before it.
    Answer,
}

/// A reporting clause. All numbers are tokens; ranges are half-open.
#[derive(Debug, Clone)]
pub(super) struct Clause {
    pub kind: CueKind,
    /// The cue's tokens.
    pub cue: (usize, usize),
    pub verb: Option<VerbForm>,
    /// First token of the reporting clause, connectives and a subject before the verb included.
    pub start: usize,
    /// Noun phrase of the speaker.
    pub subject: Option<(usize, usize)>,
    pub introducer: Introducer,
    /// First token of the reported words (the mark, where they begin with one).
    pub content: usize,
    /// Where the content must end at the latest, if something before the sentence's end limits it.
    pub content_end: Option<usize>,
    pub polarity: Polarity,
    /// Tokens between cue and content: circumstance, medium, addressee.
    pub between: (usize, usize),
    /// The subject stands before the verb.
    pub subject_first: bool,
}

/// The reporting clause whose verb is token `at`, if it is one.
pub(super) fn clause_at(document: &Document, at: usize) -> Option<Clause> {
    let tokens = &document.tokens;
    let token = tokens.list.get(at)?;
    let verb = token.verb?;
    if token.definite && verb.form != Form::Participle || document.marked(at) {
        return None;
    }
    // `عدم ذكر اسمه`: a verbal noun written like the verb. `قال تعالى`: scripture.
    if at > 0 && matches!(tokens.key(at - 1), "عدم" | "بعدم")
        || matches!(tokens.key(at + 1), "تعالى" | "سبحانه" | "الله" | "عز" | "النبي" | "الرسول" | "صلى" | "عليه")
    {
        return None;
    }
    // `عبر طريقين`: a preposition, unless `عن` says what is expressed.
    if tokens.key(at) == "عبر" && !(at + 1..at + 14).any(|index| tokens.key(index) == "عن") {
        return None;
    }
    // `ردا على سؤال`: a circumstance.
    if tokens.key(at) == "ردا" && tokens.key(at + 1) == "على" {
        return None;
    }
    // `صلى الله عليه وسلم`
    if tokens.key(at) == "وسلم" && at > 0 && matches!(tokens.key(at - 1), "عليه" | "واله") {
        return None;
    }
    // `تواصل - فلان الفلاني: …`: a paper that is called like a verb, and its reporter.
    if tokens.kind(at + 1) == Kind::Dash
        && (at == 0 || tokens.kind(at - 1) == Kind::Newline)
        && tokens.list[at].proclitic == Proclitic::None
        && (at + 2..at + 6).any(|index| tokens.kind(index) == Kind::Colon)
    {
        return None;
    }
    if byline(document, at) || verb.form == Form::Participle && !participle_stands(document, at) {
        return None;
    }
    // `من خلال توقع …`, `بعد إعلان`: behind a preposition stands a noun.
    if at > 0
        && verb.form == Form::Finite
        && token.proclitic == Proclitic::None
        && (tokens.is(at - 1, class::PREPOSITION)
            || matches!(
                tokens.key(at - 1),
                "خلال" | "بعد" | "قبل" | "عند" | "منذ" | "بسبب" | "رغم" | "حول" | "نحو" | "دون"
            ))
        && tokens.list[at - 1].phrase == 1
    {
        return None;
    }
    // `في هاتفه`
    if at > 0 && verb.form == Form::Participle && tokens.is(at - 1, class::PREPOSITION) && !tokens.list[at].tanween {
        return None;
    }
    // `يبلغ من العمر`, `تبلغ قيمتها`
    if amounts_to(document, at) {
        return None;
    }
    // `يبين هذا أن …`: a thing shows it.
    if matches!(tokens.key(at + 1), "هذا" | "هذه" | "ذلك" | "تلك")
        && (tokens.is(at + 2, class::CLAUSE)
            || tokens.is(at + 2, class::PREPOSITION) && tokens.is(at + 3, class::CLAUSE))
    {
        return None;
    }
    // `عن مسؤول لم تذكر اسمه قوله إن …`: a relative clause about the source.
    if at > 0 && tokens.is(at - 1, class::NEGATION) && (at + 1..at + 3).any(|index| names_the_source(tokens.key(index)))
    {
        return None;
    }
    // `ما يُنشر «…»`: a relative clause about a thing.
    if at > 0 && verb.form == Form::Finite && !verb.object && matches!(tokens.key(at - 1), "ما" | "عما" | "مما" | "بما")
    {
        return None;
    }
    // `ليعلن أن …` begins a clause of its own only behind a pause; elsewhere it is a purpose.
    if token.proclitic == Proclitic::Conjunction && tokens.key(at).starts_with('ل') && at > 0 && tokens.is_word(at - 1)
    {
        return None;
    }
    if editorial(document, at) || subjunctive(document, at, verb) {
        return None;
    }
    if verb.frames & frame::TURN != 0 {
        return None;
    }
    if verb.frames & frame::RELAY != 0 {
        return super::sources::relay_at(document, at, verb);
    }
    if verb.form == Form::Passive || (verb.object && !takes_object(document, at, verb)) {
        return None;
    }
    if verb.frames & frame::TEXT != 0 && verb.frames & frame::ALA_CLAUSE == 0 {
        return text_clause(document, at, verb);
    }
    let before = preposed_subject(document, at);
    // Behind `كان` and in a relative clause the subject stands before the verb; elsewhere one behind it is nearer.
    let pronoun = pronoun_before(document, at);
    let settled = pronoun
        || before.is_some_and(|(start, end)| {
            // `إذا كانت الولايات المتحدة ستزود …، قالت فلانة`: behind a comma only `قد` goes with `كان`.
            let parted = end < at && tokens.kind(end) == Kind::Comma && tokens.stem(at - 1) != "قد";
            let auxiliary = start > 0 && tokens.is(start - 1, class::AUXILIARY);
            if parted && auxiliary {
                return false;
            }
            (start > 0
                && (tokens.is(start - 1, class::AUXILIARY | class::CLAUSE)
                    || matches!(tokens.key(start - 1), "لكن" | "ولكن")))
                || tokens.is(end, class::RELATIVE)
                || tokens.is(end + 1, class::RELATIVE)
        });
    let found = Search::new(document, at, verb, settled).run()?;
    // `العلاقات بين البلدين "…"`: between, unless a clause says that it is the verb.
    if tokens.stem(at) == "بين" && found.introducer != Introducer::Clause && token.proclitic == Proclitic::None {
        return None;
    }
    if verb.frames & frame::HOMOGRAPH != 0 && verb.form == Form::Finite {
        // `القادة الذين كتبوا الرسالة مع مخاوف بأن …`: in a relative clause the words must follow at once.
        let relative = at > 0 && tokens.is(at - 1, class::RELATIVE);
        if !opens_clause(document, at) && !settled || relative && found.introducer_at > at + 3 {
            return None;
        }
    }
    // `أما الائتلاف فقد دعا الفصائل إلى …`: what stands behind the verb then is its object.
    let subject = topic(document, at).or(found.subject).or(before);
    if let Some((start, end)) = subject
        && !may_speak(document, start, end, verb)
    {
        return None;
    }
    // `يرى كثيرون أن …`: everybody and nobody.
    if subject.is_some_and(|(start, end)| {
        end == start + 1
            && matches!(tokens.key(start), "كثيرون" | "الكثيرون" | "البعض" | "كثير" | "اخرون" | "كثر")
            && matches!(tokens.stem(at), "يرى" | "يعتقد" | "يظن" | "يعتبر" | "يؤمن" | "يتوقع")
    }) {
        return None;
    }
    // `يعتقد الخبراء أن …` is what is thought, not what somebody said.
    if verb.frames & frame::OPINION != 0
        && verb.frames & frame::QUOTATION == 0
        && subject.is_none_or(|(start, _)| tokens.is(start, class::INDEFINITE))
    {
        return None;
    }
    // `الغموض السياسي يرجح احتمال …`: what is no person, body or text has no words.
    if found.introducer == Introducer::Noun
        && found.subject.is_none()
        && before.is_some_and(|(start, end)| {
            !tokens.is(start, HEADS)
                && !(start..end).any(|index| tokens.is(index, class::NAME))
                && !document.family_name(start)
        })
    {
        return None;
    }
    // What a law says is law, unless its words are quoted.
    let law = verb.frames & frame::TEXT != 0 && found.introducer == Introducer::Clause;
    if law && document.span_at(found.content).is_none() {
        return None;
    }
    if verb.frames & frame::TEXT_ONLY != 0 && !subject.is_some_and(|(start, _)| tokens.is(start, class::TEXT)) {
        return None;
    }
    let polarity = polarity(document, at, verb);
    // `لم يعلن الفريق موعد …`: what somebody did not name is nobody's words.
    if polarity == Polarity::Unconfirmed && found.introducer == Introducer::Noun {
        return None;
    }
    // `قرار المحكمة الأخير يشير إلى أن …`: a subject that was not understood stands before a verb inside a clause.
    let inside = subject.is_none()
        && verb.form == Form::Finite
        && !opens_clause(document, at)
        && !tokens.is(at - 1, class::CLAUSE | class::RELATIVE | class::ACCORDING | class::ADDRESSEE)
        && !verb.object
        // `ولدى سؤاله عن ترشحه قال: "…"`
        && !(matches!(found.introducer, Introducer::Colon | Introducer::Mark)
            && verb.frames & frame::HOMOGRAPH == 0
            && document.span_at(found.content).is_some())
        // `ألقى كلمة قال فيها …`
        && !matches!(tokens.key(at + 1), "فيه" | "فيها" | "خلالها" | "خلاله")
        && !matches!(tokens.key(at - 1), "ان" | "حيث" | "ما" | "فيما" | "بينما" | "كما" | "قبل" | "ايضا");
    if inside {
        return None;
    }
    let subject_first = found.subject.is_none() && before.is_some();
    let start = clause_start(document, if subject_first { before.map_or(at, |(start, _)| start) } else { at });
    Some(Clause {
        kind: if verb.form == Form::Participle { CueKind::Participle } else { CueKind::Verb },
        cue: (at, found.cue_end),
        verb: Some(verb),
        start,
        subject,
        introducer: found.introducer,
        content: found.content,
        content_end: None,
        polarity,
        between: (found.subject.map_or(at + 1, |(_, end)| end), found.introducer_at),
        subject_first,
    })
}

/// `يبلغ من العمر`, `تبلغ قيمتها`: a measure.
fn amounts_to(document: &Document, at: usize) -> bool {
    let tokens = &document.tokens;
    let measures = ["عدد", "قيمت", "نسبت", "عمر", "طول", "مساحت", "كلفت", "تكلفت", "سعر", "وزن", "ارتفاع", "سن"];
    matches!(tokens.stem(at), "يبلغ" | "تبلغ" | "بلغ" | "بلغت")
        && (tokens.key(at + 1) == "من"
            || tokens.kind(at + 1) == Kind::Number
            || measures.iter().any(|measure| tokens.key(at + 1).starts_with(measure)))
}

/// `كتب: فلان الفلاني الثلاثاء`: who wrote the article, in a line of its own.
fn byline(document: &Document, at: usize) -> bool {
    let tokens = &document.tokens;
    let begins = at == 0 || tokens.kind(at - 1) == Kind::Newline;
    let end = (at + 1..tokens.list.len().min(at + 16)).find(|index| tokens.kind(*index) == Kind::Newline);
    begins
        && matches!(tokens.key(at), "كتب" | "كتبت")
        && tokens.kind(at + 1) == Kind::Colon
        && document.word_count(at + 2, end.unwrap_or(tokens.list.len()).max(at + 2)) <= 8
        && document.span_at(at + 2).is_none()
}

/// `أن يؤكد`: what somebody should say is not said.
fn subjunctive(document: &Document, at: usize, verb: VerbForm) -> bool {
    let tokens = &document.tokens;
    verb.imperfect
        && at > 0
        && tokens.list[at].proclitic == Proclitic::None
        && (matches!(tokens.stem(at - 1), "ان" | "لن" | "كي" | "لكي" | "حتى"))
        // `قبل أن يضيف: …`: that is what happened.
        && !(at > 1 && tokens.key(at - 2) == "قبل" && verb.frames & frame::CARRY != 0)
}

/// Who takes the floor with the verb at `at` without words of theirs that are reported (`رحب الوزير بالقرار`): the
/// next dropped subject is theirs.
pub(super) fn turn_at(document: &Document, at: usize) -> Option<(usize, usize)> {
    let tokens = &document.tokens;
    let token = tokens.list.get(at)?;
    let verb = token.verb.filter(|verb| {
        verb.form == Form::Finite
            && !verb.object
            && verb.frames & (frame::RELAY | frame::TEXT | frame::PREDICATIVE) == 0
    })?;
    let preposition =
        matches!(tokens.stem(at), "بين" | "دون" | "وسط") || tokens.stem(at) == "عبر" && tokens.key(at + 1) != "عن";
    if token.definite
        || preposition
        || document.marked(at)
        || !opens_clause(document, at)
        || subjunctive(document, at, verb)
        || editorial(document, at)
        || amounts_to(document, at)
        || pronoun_before(document, at)
    {
        return None;
    }
    let start = if matches!(tokens.key(at + 1), "له" | "لها" | "معه" | "معها" | "ايضا" | "كذلك") {
        at + 2
    } else {
        at + 1
    };
    // `د. فلان`
    let abbreviated = matches!(tokens.key(start), "د" | "ا" | "م") && tokens.kind(start + 1) == Kind::Other;
    // `رحبت إيران بالقرار`
    let state =
        super::lexicon::COUNTRIES.contains(&tokens.key(start)) || super::phrase_limits::is_capital(tokens.key(start));
    let head = tokens.is(start, HEADS | class::NAME) && tokens.list[start].proclitic == Proclitic::None
        || abbreviated
        || state
        || document.family_name(start);
    let everybody = matches!(tokens.key(start), "كثيرون" | "الكثيرون" | "البعض" | "بعض" | "اخرون" | "كثر");
    if !head || everybody || tokens.is(start, class::TEXT) || ends_phrase(document, start) {
        return None;
    }
    let end = noun_phrase(document, start, true)?;
    Some((start, before_complement(document, at, (start, end))))
}

/// The same with the subject before the verb (`لكن زعيم الحزب عبر عن تشككه`).
pub(super) fn turn_before(document: &Document, at: usize) -> Option<(usize, usize)> {
    let tokens = &document.tokens;
    let token = tokens.list.get(at)?;
    let verb = token.verb.filter(|verb| verb.form == Form::Finite && !verb.object)?;
    let expresses = tokens.stem(at).starts_with("عبر") && tokens.key(at + 1) == "عن";
    if token.definite
        || document.marked(at)
        || token.proclitic != Proclitic::None
        || verb.frames & frame::HOMOGRAPH != 0 && !expresses
        || verb.frames & (frame::RELAY | frame::TEXT) != 0
    {
        return None;
    }
    // `الدعوة التي وجهها الوزير`: a relative clause gives nobody the floor.
    let relative = at > 0 && tokens.is(at - 1, class::RELATIVE);
    preposed_subject(document, at).filter(|(start, end)| {
        !relative
            && *end <= at
            && (tokens.is(*start, HEADS | class::NAME) || document.family_name(*start))
            && !tokens.is(*start, class::TEXT)
    })
}

/// `جاء في البيان أن …`, `وورد فيه: …`.
fn text_clause(document: &Document, at: usize, verb: VerbForm) -> Option<Clause> {
    let tokens = &document.tokens;
    let (subject, after, cue_end) = match tokens.key(at + 1) {
        "في" => {
            let end = noun_phrase(document, at + 2, false)?;
            (Some((at + 2, end)), end, at + 2)
        }
        "فيه" | "فيها" => (None, at + 2, at + 2),
        // `وجاء بالتقرير أن …`
        key if key.starts_with('ب') && tokens.proclitic(at + 1) == Proclitic::Preposition => {
            let end = noun_phrase(document, at + 1, false)?;
            (Some((at + 1, end)), end, at + 1)
        }
        _ => return None,
    };
    if subject.is_some_and(|(start, _)| !tokens.is(start, class::TEXT | class::MEDIUM)) {
        return None;
    }
    let mut search = Search::new(document, at, verb, true);
    search.at = after;
    let found = search.run()?;
    Some(Clause {
        kind: CueKind::Verb,
        cue: (at, cue_end),
        verb: Some(verb),
        start: clause_start(document, at),
        subject,
        introducer: found.introducer,
        content: found.content,
        content_end: None,
        polarity: Polarity::Affirmed,
        between: (after, found.introducer_at),
        subject_first: false,
    })
}

/// Verbs whose attached pronoun is the addressee or the thing described; others are relative (`ما أكده`).
fn takes_object(document: &Document, at: usize, verb: VerbForm) -> bool {
    if verb.frames & frame::PREDICATIVE != 0 {
        return true;
    }
    let key = document.tokens.stem(at);
    ["ابلغ", "اخبر", "هدد", "اتهم", "طمان", "سال", "تبلغ", "يبلغ", "ذكر", "حذر", "اجاب", "خاطب", "وعد", "اعلم"]
        .iter()
        .any(|stem| key.starts_with(stem))
        && !(at > 0
            && (matches!(document.tokens.key(at - 1), "ما" | "مما") || document.tokens.is(at - 1, class::RELATIVE)))
}

/// An accusative participle that begins a circumstance clause, not an adjective or a noun of the same letters.
fn participle_stands(document: &Document, at: usize) -> bool {
    let tokens = &document.tokens;
    let key = tokens.key(at);
    if tokens.list[at].definite
        || (at > 0 && matches!(tokens.stem(at - 1), "كان" | "كانت" | "يكون" | "تكون" | "ليس" | "مازال" | "زال"))
    {
        return false;
    }
    let before = at == 0 || matches!(tokens.kind(at - 1), Kind::Comma | Kind::Dash | Kind::Mark | Kind::Close);
    let conjunction = tokens.list[at].proclitic == Proclitic::Conjunction;
    let saying = matches!(tokens.stem(at), "قائلا" | "قائلة" | "قائلين");
    // Elsewhere it must stand right before what it introduces.
    let introduces = (at + 1..at + 3).any(|next| tokens.is(next, class::CLAUSE) || tokens.kind(next) == Kind::Colon);
    let accusative = tokens.list[at].tanween || key.ends_with('ا') || key.ends_with("ين");
    let preposition = accusative && tokens.is(at + 1, class::PREPOSITION);
    before || conjunction || saying || introduces || preposition
}

/// A frame that says what is known without anybody who says it.
pub(super) fn editorial(document: &Document, at: usize) -> bool {
    let tokens = &document.tokens;
    let near = at.saturating_sub(2)..=at;
    // `تبين أن`: it turned out.
    let turned_out = matches!(tokens.stem(at), "تبين" | "اتضح" | "يتبين" | "يتضح") && tokens.is(at + 1, class::CLAUSE);
    turned_out
        || near
            .into_iter()
            .any(|index| tokens.is(index, class::EDITORIAL) && index + tokens.list[index].phrase as usize > at)
        || (tokens.list[at].verb.is_some_and(|verb| verb.imperfect && verb.agreement == Agreement::Masculine)
            && matches!(tokens.stem(at), "يشار" | "يذكر" | "يعتقد" | "يقال" | "يزعم" | "يتوقع" | "يرجح")
            && (tokens.is(at + 1, class::CLAUSE)
                || tokens.is(at + 1, class::PREPOSITION) && tokens.is(at + 2, class::CLAUSE))
            && (at == 0 || !tokens.is_word(at - 1) || tokens.is(at - 1, class::CONNECTIVE | class::AUXILIARY)))
}

/// The verb is the first of its clause.
fn opens_clause(document: &Document, at: usize) -> bool {
    let tokens = &document.tokens;
    // `ومن جانبه كتب`
    let phrase = (2..=4usize).any(|words| {
        at.checked_sub(words)
            .is_some_and(|first| tokens.is(first, class::CONNECTIVE) && tokens.list[first].phrase as usize == words)
    });
    phrase
        || at == 0
        || tokens.list[at].proclitic == Proclitic::Conjunction
        || !tokens.is_word(at - 1)
        || tokens.is(at - 1, class::CONNECTIVE | class::AUXILIARY | class::NEGATION)
}

/// Negation before the verb, and denial by the verb itself.
fn polarity(document: &Document, at: usize, verb: VerbForm) -> Polarity {
    let tokens = &document.tokens;
    let negated = at > 0 && matches!(tokens.stem(at - 1), "لم" | "لا" | "لن");
    match (negated, verb.frames & frame::DENIAL != 0) {
        (true, _) => Polarity::Unconfirmed,
        (false, true) => Polarity::Denied,
        (false, false) => Polarity::Affirmed,
    }
}

/// Where the clause of the verb or subject at `at` begins: connectives and auxiliaries before it belong to it.
pub(super) fn clause_start(document: &Document, at: usize) -> usize {
    let tokens = &document.tokens;
    let (sentence, _) = document.sentence(at);
    let mut start = at;
    while start > sentence {
        let before = start - 1;
        if tokens.is(before, class::AUXILIARY | class::NEGATION | class::CONNECTIVE) && tokens.list[before].phrase == 1
        {
            start = before;
            continue;
        }
        // A discourse phrase of two or three words (`من جانبه`), with its comma.
        let comma = usize::from(tokens.kind(before) == Kind::Comma);
        let phrase = (1..=3usize).find_map(|words| {
            let first = start.checked_sub(words + comma)?;
            (first >= sentence && tokens.is(first, class::CONNECTIVE) && tokens.list[first].phrase as usize == words)
                .then_some(first)
        });
        match phrase {
            Some(first) => start = first,
            None => break,
        }
    }
    start
}
