//! Pairs quotation marks by where they stand and what is beside them, not by their form: outlets reverse, mix and
//! lose them. Each paragraph is paired on its own by the cheapest reading of its marks (a Viterbi search over the
//! marks that are open), so that a stray one costs one paragraph at most.

use super::lexicon::{Form, class, frame};
use super::tokens::{Kind, Proclitic, Tokens};
use crate::article::Span;

/// Words between two marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MarkedSpan {
    /// Token of the opening mark.
    pub open: usize,
    /// Token of the closing mark, or the first token behind the words where the mark is missing.
    pub close: usize,
    /// The closing mark is missing.
    pub unclosed: bool,
    /// Marked spans around this one.
    pub depth: u8,
    /// The words, without white space at the ends.
    pub inner: Span,
}

impl MarkedSpan {
    /// First token behind the span.
    pub fn after(&self) -> usize {
        if self.unclosed { self.close } else { self.close + 1 }
    }
}

/// The marked spans of a text, in the order of their opening marks.
pub(super) struct Marks {
    pub spans: Vec<MarkedSpan>,
    /// Per token: 1 + index of the span that opens there, or 0.
    opens: Vec<u32>,
    /// Per token: 1 + index of the outermost span around it (its own marks included), or 0.
    around: Vec<u32>,
}

impl Marks {
    /// The span that opens at token `token`.
    pub fn opening_at(&self, token: usize) -> Option<usize> {
        self.opens.get(token).filter(|index| **index > 0).map(|index| *index as usize - 1)
    }

    /// The outermost span around token `token`.
    pub fn outermost(&self, token: usize) -> Option<usize> {
        self.around.get(token).filter(|index| **index > 0).map(|index| *index as usize - 1)
    }

    /// Lets a span without closing mark end where the next sentence begins with a reporting verb.
    pub fn cut_unclosed(&mut self, tokens: &Tokens) {
        for (index, span) in self.spans.iter_mut().enumerate().filter(|(_, span)| span.unclosed) {
            let verb_follows = |at: usize| {
                tokens.kind(at) == Kind::Stop
                    && tokens
                        .list
                        .get(at + 1)
                        .is_some_and(|next| next.verb.is_some_and(|verb| verb.form == Form::Finite))
            };
            let Some(stop) = (span.open + 1..span.close).find(|at| verb_follows(*at)) else { continue };
            for around in &mut self.around[stop..span.close] {
                if *around == index as u32 + 1 {
                    *around = 0;
                }
            }
            span.close = stop;
            span.inner = Span { start: span.inner.start, end: tokens.list[stop - 1].end.max(span.inner.start) }
                .trimmed(tokens.text);
        }
    }
}

/// What stands beside a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beside {
    Edge,
    Space,
    Letter,
    Proclitic,
    Bracket,
    Colon,
    Point,
    Mark,
}

/// Forms of marks that belong together.
fn family(c: char) -> usize {
    match c {
        '«' | '»' => 0,
        '“' | '”' | '„' | '‟' => 1,
        '‘' | '’' | '‚' | '‛' | '‹' | '›' | '\'' => 2,
        _ => 3,
    }
}

/// Depth of a span whose opening mark only opened a quotation again.
const DROPPED: u8 = u8::MAX;
const FAMILIES: usize = 4;
/// Nothing open, one mark open, two open.
const STATES: usize = 1 + FAMILIES + FAMILIES * FAMILIES;
const STRAY: f32 = 2.6;
const LEFT_OPEN: f32 = 2.0;

fn push(state: usize, family: usize) -> Option<usize> {
    match state {
        0 => Some(1 + family),
        1..=FAMILIES => Some(1 + FAMILIES + (state - 1) * FAMILIES + family),
        _ => None,
    }
}

/// The state below and the family on top.
fn pop(state: usize) -> Option<(usize, usize)> {
    match state {
        0 => None,
        1..=FAMILIES => Some((0, state - 1)),
        _ => {
            let pair = state - 1 - FAMILIES;
            Some((1 + pair / FAMILIES, pair % FAMILIES))
        }
    }
}

fn depth(state: usize) -> usize {
    match state {
        0 => 0,
        1..=FAMILIES => 1,
        _ => 2,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Open,
    Close,
    Stray,
}

fn beside_left(tokens: &Tokens, index: usize) -> Beside {
    let Some(before) = index.checked_sub(1).map(|before| &tokens.list[before]) else { return Beside::Edge };
    if before.kind == Kind::Newline {
        return Beside::Edge;
    }
    if tokens.text[before.end..tokens.list[index].start].chars().any(char::is_whitespace) {
        return if before.kind == Kind::Colon { Beside::Colon } else { Beside::Space };
    }
    match before.kind {
        Kind::Word
            if matches!(
                tokens.key(index - 1),
                "ب" | "ل" | "ك" | "و" | "ال" | "ف" | "وب" | "ول" | "بال" | "لل" | "لال"
            ) =>
        {
            Beside::Proclitic
        }
        Kind::Word | Kind::Number => Beside::Letter,
        Kind::Open | Kind::Dash => Beside::Bracket,
        Kind::Colon => Beside::Colon,
        Kind::Mark => Beside::Mark,
        _ => Beside::Point,
    }
}

fn beside_right(tokens: &Tokens, index: usize) -> Beside {
    let Some(next) = tokens.list.get(index + 1) else { return Beside::Edge };
    if next.kind == Kind::Newline {
        return Beside::Edge;
    }
    if tokens.text[tokens.list[index].end..next.start].chars().any(char::is_whitespace) {
        return Beside::Space;
    }
    match next.kind {
        Kind::Word | Kind::Number => Beside::Letter,
        Kind::Open => Beside::Bracket,
        Kind::Mark => Beside::Mark,
        Kind::Colon => Beside::Colon,
        _ => Beside::Point,
    }
}

fn open_cost(glyph: char, left: Beside, right: Beside) -> f32 {
    let left = match left {
        Beside::Edge | Beside::Space | Beside::Proclitic | Beside::Bracket | Beside::Colon => 0.0,
        Beside::Mark => 0.5,
        Beside::Point => 0.6,
        Beside::Letter => 2.0,
    };
    let right = match right {
        Beside::Letter | Beside::Bracket => 0.0,
        Beside::Mark => 0.3,
        Beside::Space => 1.1,
        Beside::Colon | Beside::Point => 2.5,
        _ => 4.0,
    };
    let direction = if matches!(glyph, '»' | '”' | '’' | '›') { 0.8 } else { 0.0 };
    left + right + direction
}

fn close_cost(glyph: char, left: Beside, right: Beside) -> f32 {
    let left = match left {
        Beside::Letter | Beside::Point | Beside::Mark => 0.0,
        Beside::Bracket => 0.5,
        Beside::Space => 1.1,
        Beside::Proclitic => 1.5,
        Beside::Colon => 2.5,
        Beside::Edge => 4.0,
    };
    let right = match right {
        Beside::Edge | Beside::Space | Beside::Point | Beside::Colon | Beside::Mark => 0.0,
        Beside::Bracket => 0.4,
        _ => 1.4,
    };
    let direction = if matches!(glyph, '«' | '“' | '‘' | '‹' | '„') { 0.8 } else { 0.0 };
    left + right + direction
}

/// The cheapest roles for the marks of one paragraph (tokens `marks`, in order).
fn roles(tokens: &Tokens, marks: &[usize]) -> Vec<Role> {
    let mut costs = [f32::INFINITY; STATES];
    costs[0] = 0.0;
    let mut back: Vec<[(u8, Role); STATES]> = Vec::with_capacity(marks.len());
    for &mark in marks {
        let glyph = tokens.text[tokens.list[mark].start..].chars().next().unwrap_or('"');
        let (left, right) = (beside_left(tokens, mark), beside_right(tokens, mark));
        // An apostrophe between letters quotes nothing.
        let inside_word = family(glyph) == 2 && left == Beside::Letter && right == Beside::Letter;
        // `"وقال الوزير "…`: a mark before the cue itself is a slip.
        let before_cue = left == Beside::Edge
            && tokens.list.get(mark + 1).is_some_and(|next| {
                next.proclitic == Proclitic::Conjunction && next.verb.is_some_and(|verb| verb.form == Form::Finite)
            });
        let slip = if before_cue { 1.5 } else { 0.0 };
        let (open, close) = (open_cost(glyph, left, right) + slip, close_cost(glyph, left, right));
        let mut next = [f32::INFINITY; STATES];
        let mut from = [(0u8, Role::Stray); STATES];
        let mut relax = |state: usize, cost: f32, before: usize, role: Role| {
            if cost < next[state] {
                next[state] = cost;
                from[state] = (before as u8, role);
            }
        };
        for (state, cost) in costs.iter().copied().enumerate() {
            if cost.is_infinite() {
                continue;
            }
            relax(state, cost + if inside_word { 0.0 } else { STRAY }, state, Role::Stray);
            if inside_word {
                continue;
            }
            if let Some(pushed) = push(state, family(glyph)) {
                let nested = match pop(state) {
                    None => 0.0,
                    Some((_, top)) if top == family(glyph) => 1.2,
                    Some(_) => 0.3,
                };
                relax(pushed, cost + open + nested, state, Role::Open);
            }
            if let Some((below, top)) = pop(state) {
                let mismatch = match (top == family(glyph), top == 2 || family(glyph) == 2) {
                    (true, _) => 0.0,
                    (false, true) => 2.0,
                    (false, false) => 0.7,
                };
                relax(below, cost + close + mismatch, state, Role::Close);
            }
        }
        costs = next;
        back.push(from);
    }
    let mut state = (0..STATES)
        .min_by(|a, b| {
            let total = |state: usize| costs[state] + LEFT_OPEN * depth(state) as f32;
            total(*a).total_cmp(&total(*b))
        })
        .unwrap_or(0);
    let mut roles = vec![Role::Stray; marks.len()];
    for (role, from) in roles.iter_mut().zip(&back).rev() {
        let (before, taken) = from[state];
        *role = taken;
        state = before as usize;
    }
    roles
}

/// A mark that nothing closes may still begin speech where a colon, `أن` or a verb of saying stands before it.
fn opens_speech(tokens: &Tokens, mark: usize) -> bool {
    let Some(before) = mark.checked_sub(1) else { return false };
    let says = tokens.list[before].verb.is_some_and(|verb| {
        verb.form != Form::Passive
            && verb.frames & frame::QUOTATION != 0
            && verb.frames & (frame::HOMOGRAPH | frame::ATTITUDE) == 0
    });
    (tokens.kind(before) == Kind::Colon || says || tokens.is(before, class::CLAUSE))
        && matches!(tokens.kind(mark + 1), Kind::Word | Kind::Number)
        && beside_right(tokens, mark) == Beside::Letter
}

/// Pairs all marks of the text. `paragraphs` are ranges of tokens.
pub(super) fn pair(tokens: &Tokens, paragraphs: &[(usize, usize)]) -> Marks {
    let mut spans: Vec<MarkedSpan> = Vec::new();
    // The span of the paragraph before that is still open, and how many paragraphs it has gone on.
    let mut pending: Option<(usize, u8)> = None;
    for &(start, end) in paragraphs {
        let marks: Vec<usize> = (start..end).filter(|index| tokens.kind(*index) == Kind::Mark).collect();
        let first_new = spans.len();
        let mut stack: Vec<usize> = Vec::new();
        let mut strays: Vec<usize> = Vec::new();
        for (&mark, role) in marks.iter().zip(roles(tokens, &marks)) {
            match role {
                Role::Open => {
                    stack.push(spans.len());
                    spans.push(new_span(mark, end, stack.len() as u8 - 1));
                }
                Role::Close => {
                    if let Some(index) = stack.pop() {
                        spans[index].close = mark;
                        spans[index].unclosed = false;
                    }
                }
                Role::Stray if opens_speech(tokens, mark) => {
                    // Not past the next quotation of the paragraph.
                    let next = marks.partition_point(|next| *next <= mark);
                    let alone = stack.is_empty() && next < marks.len();
                    let end = if alone { unclosed_end(tokens, (mark, end), &marks[next..]) } else { end };
                    spans.push(new_span(mark, end, stack.len() as u8));
                }
                Role::Stray => strays.push(mark),
            }
        }
        let speaks = tokens.list[start].verb.is_some_and(|verb| verb.form == Form::Finite);
        pending = match pending {
            // A paragraph without marks may lie inside a quotation; one that begins with a reporting verb does not.
            Some((open, paragraphs)) if marks.is_empty() && !speaks && paragraphs < 6 => Some((open, paragraphs + 1)),
            pending => join_paragraphs(&mut spans, pending, first_new, &strays, (start, end)),
        };
        if pending.is_none() {
            pending = stack.first().filter(|index| **index >= first_new).map(|index| (*index, 0));
        }
    }
    finish(tokens, spans)
}

/// Where a quotation without closing mark ends, `later` being the marks behind it: at the last point before the next of
/// them, or, where names are marked in its own sentence, at the end of that.
fn unclosed_end(tokens: &Tokens, (open, end): (usize, usize), later: &[usize]) -> usize {
    let Some(&next) = later.first() else { return end };
    let stop = |index: &usize| tokens.kind(*index) == Kind::Stop;
    if let Some(point) = (open + 2..next).rev().find(stop) {
        return point;
    }
    let sentence = (next..end).find(stop).unwrap_or(end);
    let inside = later.iter().take_while(|mark| **mark < sentence).count();
    if inside % 2 == 0 { sentence } else { next }
}

/// `…، لافتة إلى أن …`: a pause and a participle with its clause, which end words whose closing mark is missing.
fn report_begins(tokens: &Tokens, open: usize, end: usize) -> Option<usize> {
    (open + 2..end).find(|at| {
        let participle = tokens
            .list
            .get(at + 1)
            .and_then(|next| next.verb)
            .is_some_and(|verb| verb.form == Form::Participle && verb.frames & frame::ANY_CLAUSE != 0);
        let clause = tokens.is(at + 2, class::CLAUSE)
            || tokens.is(at + 2, class::PREPOSITION) && tokens.is(at + 3, class::CLAUSE);
        tokens.kind(*at) == Kind::Comma && participle && clause
    })
}

fn new_span(open: usize, end: usize, depth: u8) -> MarkedSpan {
    MarkedSpan { open, close: end, unclosed: true, depth, inner: Span { start: 0, end: 0 } }
}

/// Lets a span that its paragraph left open go on into this one: it begins with a mark again, or has the closing
/// mark that was missing. Returns what is still open.
fn join_paragraphs(
    spans: &mut [MarkedSpan],
    pending: Option<(usize, u8)>,
    first_new: usize,
    strays: &[usize],
    (start, end): (usize, usize),
) -> Option<(usize, u8)> {
    let (open, paragraphs) = pending?;
    if paragraphs >= 8 {
        return None;
    }
    if spans.get(first_new).is_some_and(|span| span.open == start) {
        let again = spans[first_new];
        spans[first_new].depth = DROPPED;
        for span in &mut spans[first_new + 1..] {
            if span.open < again.close {
                span.depth = span.depth.max(1);
            }
        }
        spans[open].close = again.close;
        spans[open].unclosed = again.unclosed;
        return again.unclosed.then_some((open, paragraphs + 1));
    }
    let closing = strays.first().filter(|stray| **stray + 2 >= end || spans.len() == first_new)?;
    if spans.get(first_new).is_none_or(|span| span.open > *closing) {
        spans[open].close = *closing;
        spans[open].unclosed = false;
    }
    None
}

/// Keeps the spans that hold words, and makes the indexes.
fn finish(tokens: &Tokens, mut spans: Vec<MarkedSpan>) -> Marks {
    let count = tokens.list.len();
    spans.sort_by_key(|span| span.open);
    for span in &mut spans {
        if span.unclosed {
            span.close = report_begins(tokens, span.open, span.close.min(count)).unwrap_or(span.close);
        }
        // A missing closing mark: the words go on to the end of the utterance, here the paragraph's.
        let last = span.close.min(count);
        let start = tokens.list[span.open].end;
        let last = if span.unclosed && last > 0 && tokens.kind(last - 1) == Kind::Stop { last - 1 } else { last };
        let end = if span.unclosed {
            tokens.list.get(last.wrapping_sub(1)).map_or(start, |token| token.end)
        } else {
            tokens.list[last].start
        };
        span.inner = Span { start, end: end.max(start) }.trimmed(tokens.text);
    }
    spans.retain(|span| {
        span.depth != DROPPED
            && !span.inner.is_empty()
            && (span.open + 1..span.close.min(count))
                .any(|index| matches!(tokens.kind(index), Kind::Word | Kind::Number))
    });
    // Doubled marks (`""…""`): the inner pair is the span.
    let doubled: Vec<bool> = spans
        .iter()
        .enumerate()
        .map(|(index, span)| {
            spans.get(index + 1).is_some_and(|inner| {
                inner.open == span.open + 1 && inner.close + 1 == span.close && !span.unclosed && !inner.unclosed
            })
        })
        .collect();
    let mut doubled = doubled.iter();
    spans.retain(|_| !doubled.next().copied().unwrap_or(false));
    let mut opens = vec![0; count];
    let mut around = vec![0; count];
    let mut covered = 0;
    for (index, span) in spans.iter_mut().enumerate() {
        opens[span.open] = index as u32 + 1;
        span.depth = u8::from(span.open < covered);
        if span.open >= covered {
            let after = span.after().min(count);
            around[span.open..after].fill(index as u32 + 1);
            covered = after;
        }
    }
    Marks { spans, opens, around }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quotes::document::paragraphs;

    #[test]
    fn pairing() {
        // Text and the marked words that must come out of it.
        let rows: &[(&str, &[&str])] = &[
            ("قال: «سنعود غدا».", &["سنعود غدا"]),
            ("قال: \"سنعود غدا\" ثم مضى.", &["سنعود غدا"]),
            ("صحيفة »الفجر« نشرت", &["الفجر"]),
            ("المسمى بـ»قافلة النور»، وصل", &["قافلة النور"]),
            ("قال: \" سنعود غدا \" ومضى", &["سنعود غدا"]),
            ("«الأول» و«الثاني» و»الثالث«", &["الأول", "الثاني", "الثالث"]),
            ("قال: \"مبادرة \"بحر بلا حدود\" نجحت\".", &["مبادرة \"بحر بلا حدود\" نجحت", "بحر بلا حدود"]),
            ("قال: «اسمها “نور” عندنا».", &["اسمها “نور” عندنا", "نور"]),
            ("قال ''سنعود'' ومضى", &["سنعود"]),
            ("قال: \"\"سنعود غدا\"\" ومضى", &["سنعود غدا"]),
            ("كلمة شاردة» هنا. وقال: «نعم».", &["نعم"]),
            ("قال: «لم يغلق أحد هذا القول.\nوأضاف: «نعم».", &["لم يغلق أحد هذا القول", "نعم"]),
            ("قال: «الفقرة الأولى.\n«والفقرة الثانية».\nانتهى", &["الفقرة الأولى.\n«والفقرة الثانية"]),
            ("player's game", &[]),
        ];
        let wrong: Vec<_> = rows
            .iter()
            .filter_map(|(text, expected)| {
                let tokens = Tokens::new(text);
                let marks = pair(&tokens, &paragraphs(&tokens));
                let found: Vec<&str> = marks.spans.iter().map(|span| span.inner.slice(text)).collect();
                (found != *expected).then_some((text, found))
            })
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
