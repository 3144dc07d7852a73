//! An article as the rules see it: tokens, paragraphs, sentences and paired marks, with the questions that the rules
//! ask of them.

use super::lexicon::{Form, class, frame};
use super::marks::{MarkedSpan, Marks, pair};
use super::noun_phrases::HEADS;
use super::tokens::{Kind, Proclitic, Tokens};
use super::word_shapes::{ends_given_name, name_like, names_institution, prepositional_verbal_noun};
use crate::article::Span;
use std::collections::HashSet;

/// Tokens, paragraphs, sentences and marks of one text.
pub(super) struct Document<'t> {
    pub tokens: Tokens<'t>,
    pub marks: Marks,
    /// Ranges of tokens, in order. The closing point and the line end belong to their sentence.
    pub sentences: Vec<(usize, usize)>,
    /// Per token: index of its sentence.
    sentence_of: Vec<u32>,
    /// Folded words with article that stand behind a given name somewhere: family names.
    family_names: HashSet<String>,
    /// Per token, and behind the last: words and numbers before it.
    words_before: Vec<u32>,
}

/// Ranges of tokens between line ends.
pub(super) fn paragraphs(tokens: &Tokens) -> Vec<(usize, usize)> {
    let mut paragraphs = Vec::new();
    let mut start = 0;
    for (index, token) in tokens.list.iter().enumerate() {
        if token.kind == Kind::Newline {
            if index > start {
                paragraphs.push((start, index));
            }
            start = index + 1;
        }
    }
    if tokens.list.len() > start {
        paragraphs.push((start, tokens.list.len()));
    }
    paragraphs
}

impl<'t> Document<'t> {
    /// Reads `text`.
    pub fn new(text: &'t str) -> Self {
        let tokens = Tokens::new(text);
        let paragraphs = paragraphs(&tokens);
        let mut marks = pair(&tokens, &paragraphs);
        marks.cut_unclosed(&tokens);
        let mut words_before = vec![0];
        for token in &tokens.list {
            let word = matches!(token.kind, Kind::Word | Kind::Number);
            words_before.push(words_before[words_before.len() - 1] + u32::from(word));
        }
        let mut document = Self {
            words_before,
            sentence_of: vec![0; tokens.list.len()],
            tokens,
            marks,
            sentences: Vec::new(),
            family_names: HashSet::new(),
        };
        document.cut_sentences();
        document.find_family_names();
        document.find_lone_speakers();
        document.find_repeated_names();
        document
    }

    /// A point inside marks ends no sentence, unless it is the last thing before the closing mark.
    fn cut_sentences(&mut self) {
        let count = self.tokens.list.len();
        let mut start = 0;
        let mut index = 0;
        while index < count {
            let mut end = index + 1;
            let mut ends = matches!(self.tokens.kind(index), Kind::Stop | Kind::Newline);
            if let Some(span) = self.span_at(index) {
                end = span.after().min(count).max(end);
                ends = self.tokens.kind(end.saturating_sub(2)) == Kind::Stop && self.speech_begins(end)
                    || self.tokens.kind(end) == Kind::Newline;
            }
            if ends || end >= count {
                // A closing bracket or a point behind the point belongs to the sentence it ends.
                while end < count && matches!(self.tokens.kind(end), Kind::Stop | Kind::Close | Kind::Newline) {
                    end += 1;
                }
                let sentence = self.sentences.len() as u32;
                self.sentence_of[start..end].fill(sentence);
                self.sentences.push((start, end));
                start = end;
            }
            index = end;
        }
    }

    /// A definite word behind a name (`أحمد الفلاني`) is a family name wherever it stands.
    fn find_family_names(&mut self) {
        for index in 1..self.tokens.list.len() {
            let (before, token) = (self.tokens.list[index - 1], self.tokens.list[index]);
            // Without article too, if the word is not known (`نيكوس فوتسيس`).
            let name = token.definite && token.classes == 0
                || (!token.definite
                    && (name_like(self, index)
                        // `جوزيف موتاري` looks like an adjective of origin.
                        || token.classes == 0 && token.verb.is_none() && before.is(class::NAME))
                    && !before.definite);
            let key = self.tokens.key(index);
            // `بن نهار القحطاني`: the word behind `بن` is a name, too.
            // `المهندس كارم الحمداني`: a first name that is not known, behind its title.
            let unknown_first = index >= 2
                && token.definite
                && key.ends_with('ي')
                && self.tokens.is(index - 2, class::TITLE)
                && self.tokens.list[index - 2].definite
                && name_like(self, index - 1)
                && !self.tokens.key(index - 1).starts_with(['ا', 'ي', 'ت', 'س', 'ن']);
            let behind_name = unknown_first
                || before.is(class::NAME) && (!before.is(HEADS) || index >= 2 && self.tokens.list[index - 2].definite)
                || index >= 2
                    && before.kind == Kind::Word
                    && matches!(self.tokens.key(index - 2), "بن" | "ابن" | "بنت");
            // `بنظرة`: a word with a preposition is no name, nor is an abstract noun.
            let common = !token.definite
                && (token.tanween
                    || key.ends_with('ة')
                    || key.ends_with('ه')
                    || key.ends_with("ها")
                    || key.starts_with("لل")
                    || prepositional_verbal_noun(self, index));
            // `وصف نتنياهو القرار`: what is spoken of.
            let common = common || is_matter(key);
            let name = name && !common;
            let institution = before.is(class::NAME) && names_institution(self, index - 1);
            // `السيد لوح`
            let called = matches!(self.tokens.key(index - 1), "السيد" | "السيدة") && token.verb.is_some();
            if token.kind == Kind::Word && called && !token.definite {
                self.family_names.insert(key.to_owned());
            }
            // `نور الدين`, `عبد السلام`: one given name.
            let given = ends_given_name(key) || matches!(self.tokens.key(index - 1), "عبد");
            if token.kind == Kind::Word && name && behind_name && !institution && !given {
                self.family_names.insert(self.tokens.key(index).to_owned());
            }
        }
    }

    /// The second of two unknown words behind a title (`الوزير السابق جوزيف موتوا`) is a family name if it is the
    /// subject of a reporting verb elsewhere (`لكن موتوا أقر`, `يقول موتوا`).
    fn find_repeated_names(&mut self) {
        let tokens = &self.tokens;
        let mut candidates: HashSet<&str> = HashSet::new();
        let mut title = None;
        for index in 0..tokens.list.len() {
            if tokens.is(index, class::TITLE) {
                title = Some(index);
            }
            let near = title.is_some_and(|title| index >= title + 2 && index - title <= 12);
            if near
                && name_like(self, index)
                && name_like(self, index - 1)
                && (tokens.list[index - 2].definite || tokens.is(index - 2, class::TITLE))
                && !prepositional_verbal_noun(self, index)
                && ![index - 1, index].iter().any(|word| {
                    tokens.list[*word].tanween
                        || ["ات", "ة", "ون", "ين"].iter().any(|end| tokens.key(*word).ends_with(end))
                })
                && tokens.key(index).chars().count() >= 3
            {
                candidates.insert(tokens.key(index));
            }
        }
        if candidates.is_empty() {
            return;
        }
        let speaks = |index: usize| {
            let verb = |at: usize| {
                tokens.list.get(at).is_some_and(|token| {
                    token.verb.is_some_and(|verb| verb.form == Form::Finite && verb.frames & frame::HOMOGRAPH == 0)
                })
            };
            verb(index + 1) || index > 0 && (verb(index - 1) || tokens.is(index - 1, class::ACCORDING))
        };
        let found: Vec<String> = (0..tokens.list.len())
            .filter(|index| candidates.contains(tokens.key(*index)) && speaks(*index))
            .map(|index| tokens.key(index).to_owned())
            .collect();
        self.family_names.extend(found);
    }

    /// A lone word with article that speaks (`وأكد العمراني أن`) is a family name if it stands behind an unknown word
    /// elsewhere (`المتحدث رسام العمراني`).
    fn find_lone_speakers(&mut self) {
        let tokens = &self.tokens;
        let speaks = |index: usize| {
            let token = &tokens.list[index];
            token.kind == Kind::Word
                && token.definite
                && token.classes == 0
                && tokens.key(index).ends_with('ي')
                && tokens.list[index - 1].verb.is_some_and(|verb| {
                    verb.form == Form::Finite && verb.frames & frame::HOMOGRAPH == 0 && !verb.object
                })
                && (tokens.is(index + 1, class::CLAUSE) || matches!(tokens.kind(index + 1), Kind::Comma | Kind::Colon))
        };
        let speakers: HashSet<&str> =
            (1..tokens.list.len()).filter(|index| speaks(*index)).map(|index| tokens.key(index)).collect();
        // `وقال سلامة إن`: words that mean something, too, behind a given name (`الحاكم رياض سلامة`).
        let says = |index: usize| {
            tokens.list[index - 1].verb.is_some_and(|verb| {
                verb.form == Form::Finite && verb.frames & (frame::HOMOGRAPH | frame::ATTITUDE) == 0 && !verb.object
            }) && (tokens.is(index + 1, class::CLAUSE) || matches!(tokens.kind(index + 1), Kind::Comma | Kind::Colon))
        };
        let word = |index: usize| {
            let token = &tokens.list[index];
            let meaning = class::MASDAR | class::EVENT | if token.definite { 0 } else { class::TITLE };
            token.kind == Kind::Word
                && token.classes != 0
                && token.classes & !meaning == 0
                && token.verb.is_none()
                && token.proclitic == Proclitic::None
        };
        let ordinary: HashSet<&str> = (1..tokens.list.len())
            .filter(|index| word(*index) && says(*index))
            .map(|index| tokens.key(index))
            .collect();
        if speakers.is_empty() && ordinary.is_empty() {
            return;
        }
        let behind_name = |index: usize| tokens.is(index - 1, class::NAME) && !tokens.is(index - 1, HEADS);
        // `زعيم التيار، الساحلي العمراني،`: two such words behind a pause.
        let pair = |index: usize| {
            let before = &tokens.list[index - 1];
            before.definite
                && before.classes == 0
                && tokens.key(index - 1).ends_with('ي')
                && tokens.kind(index - 2) == Kind::Comma
        };
        let pairs: Vec<String> = (2..tokens.list.len())
            .filter(|index| speakers.contains(tokens.key(*index)) && pair(*index))
            .flat_map(|index| [tokens.key(index - 1).to_owned(), tokens.key(index).to_owned()])
            .collect();
        let found: Vec<String> = (2..tokens.list.len())
            .filter(|index| {
                ordinary.contains(tokens.key(*index)) && behind_name(*index)
                    || speakers.contains(tokens.key(*index))
                        && name_like(self, index - 1)
                        && (tokens.list[index - 2].definite || tokens.is(index - 2, class::TITLE))
            })
            .map(|index| tokens.key(index).to_owned())
            .collect();
        self.family_names.extend(found);
        self.family_names.extend(pairs);
    }

    /// Token `index` is a family name with article.
    pub fn family_name(&self, index: usize) -> bool {
        self.family_names.contains(self.tokens.key(index))
    }

    /// A new clause may begin at `index`: behind a closed quotation that ends in a point.
    fn speech_begins(&self, index: usize) -> bool {
        !matches!(self.tokens.kind(index), Kind::Comma | Kind::Semicolon | Kind::Colon | Kind::Stop | Kind::Dash)
    }

    /// The sentence of token `index`, as a range of tokens.
    pub fn sentence(&self, index: usize) -> (usize, usize) {
        self.sentence_of
            .get(index)
            .and_then(|sentence| self.sentences.get(*sentence as usize))
            .copied()
            .unwrap_or((index, index))
    }

    /// Number of the sentence of token `index`.
    pub fn sentence_number(&self, index: usize) -> usize {
        self.sentence_of.get(index).map_or(0, |sentence| *sentence as usize)
    }

    /// The marked span that opens at `index`, if one does.
    pub fn span_at(&self, index: usize) -> Option<&MarkedSpan> {
        self.marks.opening_at(index).map(|span| &self.marks.spans[span])
    }

    /// Token `index` is inside marks.
    pub fn marked(&self, index: usize) -> bool {
        self.marks.outermost(index).is_some()
    }

    /// Words in the token range.
    pub fn word_count(&self, start: usize, end: usize) -> usize {
        let end = end.min(self.tokens.list.len());
        if start >= end { 0 } else { (self.words_before[end] - self.words_before[start]) as usize }
    }

    /// Bytes of the token range, empty for an empty one.
    pub fn bytes(&self, start: usize, end: usize) -> Span {
        let list = &self.tokens.list;
        match (list.get(start), end.checked_sub(1).and_then(|last| list.get(last))) {
            (Some(first), Some(last)) if end > start => Span { start: first.start, end: last.end },
            (Some(first), _) => Span { start: first.start, end: first.start },
            _ => Span { start: self.tokens.text.len(), end: self.tokens.text.len() },
        }
    }

    /// A finite form of a reporting verb stands at `index`, outside marks.
    pub fn finite_verb(&self, index: usize) -> bool {
        self.tokens.list.get(index).is_some_and(|token| token.verb.is_some_and(|verb| verb.form != Form::Participle))
    }
}

/// Nouns for what people speak of, which follow their names as objects.
fn is_matter(key: &str) -> bool {
    matches!(
        key,
        "النقاب"
            | "الستار"
            | "القرار"
            | "الاتفاق"
            | "الاتفاقية"
            | "الخطة"
            | "الامر"
            | "الوضع"
            | "الازمة"
            | "الحرب"
            | "القانون"
            | "المشروع"
            | "المقترح"
            | "الهجوم"
            | "الحادث"
            | "العملية"
            | "الانسحاب"
            | "الخطوة"
            | "اللقاء"
            | "الزيارة"
            | "الدعوة"
            | "الحكومة"
            | "الجيش"
            | "الشعب"
            | "المجتمع"
            | "الحوار"
            | "الملف"
            | "النتائج"
            | "الانتخابات"
            | "المباراة"
            | "الفوز"
            | "الجمهور"
            | "التقرير"
            | "البيان"
            | "الحكم"
    )
}
