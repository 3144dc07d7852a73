//! Cuts an article into tokens and says of each word what the lexicon knows: its folded key, its classes, the
//! reporting verb it may be, and the proclitics before it.

use super::fold::{fold_into, is_control, is_ignorable};
use super::lexicon::{Classes, Entry, Form, Lexicon, VerbForm, class, lexicon};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Letters, with their diacritics.
    Word,
    /// Digits, with decimal points and the like inside.
    Number,
    /// `،` `,`
    Comma,
    /// `؛` `;`
    Semicolon,
    /// `:`
    Colon,
    /// End of a sentence: `.` `؟` `?` `!`
    Stop,
    /// A dash or a hyphen that stands alone.
    Dash,
    /// Opening bracket.
    Open,
    /// Closing bracket.
    Close,
    /// A quotation mark of any form and direction.
    Mark,
    /// One or more line ends.
    Newline,
    /// Everything else: `..`, `/`, the point of an abbreviation.
    Other,
}

/// Proclitics that were taken off to find the word in the lexicon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proclitic {
    /// None.
    None,
    /// `و` or `ف`.
    Conjunction,
    /// `ب`, `ل` or `ك`.
    Preposition,
}

/// One token. `start..end` are bytes of the text; `key` is a range of [`Tokens::keys`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub start: usize,
    pub end: usize,
    pub kind: Kind,
    key: (u32, u32),
    /// Where the key goes on after the proclitic that was taken off.
    stem: u32,
    /// Word classes, those of a phrase that begins here included.
    pub classes: Classes,
    /// Words of the phrase that begins here; 1 for a single word.
    pub phrase: u8,
    /// The reporting verb that this may be.
    pub verb: Option<VerbForm>,
    pub proclitic: Proclitic,
    /// Has the article.
    pub definite: bool,
    /// A dual or masculine plural or `ًا` ending as written is seen by its tanween: an indefinite accusative.
    pub tanween: bool,
}

impl Token {
    /// Any of the classes in `classes`.
    pub fn is(&self, classes: Classes) -> bool {
        self.classes & classes != 0
    }
}

/// The tokens of a text.
pub(super) struct Tokens<'t> {
    pub text: &'t str,
    pub list: Vec<Token>,
    keys: String,
}

/// Quotation marks of any form.
pub(super) fn is_mark(c: char) -> bool {
    matches!(c, '«' | '»' | '"' | '“' | '”' | '„' | '‟' | '‘' | '’' | '‚' | '‛' | '‹' | '›' | '\'' | '″' | '＂')
}

fn is_letter(c: char) -> bool {
    // The Arabic block first: the table behind `is_alphabetic` was a fifth of the whole time.
    matches!(c, '\u{0620}'..='\u{064A}' if c != '\u{0640}') || (c != '\u{0640}' && is_letter_by_table(c))
}

fn is_letter_by_table(c: char) -> bool {
    c.is_ascii_alphabetic() || (!c.is_ascii() && c.is_alphabetic()) || matches!(c, '\u{064B}'..='\u{0655}' | '\u{0670}')
}

/// Bytes of the word that `أن` or `إن` is glued to (`قال سامرأنه …`): behind a letter that does not join the next one
/// a lost space is not seen.
fn glued_clause(word: &str) -> Option<usize> {
    let place = word.rfind(['أ', 'إ'])?;
    let (before, clause) = word.split_at(place);
    let particle = clause.strip_prefix("أن").or_else(|| clause.strip_prefix("إن"))?;
    let pronoun = matches!(particle, "" | "ه" | "ها" | "هم" | "هما" | "هن" | "نا" | "ني" | "ي");
    let unjoined = before.ends_with(['ا', 'د', 'ذ', 'ر', 'ز', 'و', 'ة', 'ى', 'ء']);
    (pronoun && unjoined && before.chars().count() >= 3).then_some(place)
}

impl<'t> Tokens<'t> {
    /// Cuts `text`.
    pub fn new(text: &'t str) -> Self {
        let mut tokens =
            Self { text, list: Vec::with_capacity(text.len() / 8), keys: String::with_capacity(text.len()) };
        let mut at = 0;
        while let Some(c) = text[at..].chars().next() {
            at = tokens.push_at(at, c);
        }
        tokens.add_phrases();
        tokens
    }

    /// The folded key of token `index`; empty beyond the end.
    pub fn key(&self, index: usize) -> &str {
        self.list.get(index).map_or("", |token| &self.keys[token.key.0 as usize..token.key.1 as usize])
    }

    /// The key without the proclitic that was taken off.
    pub fn stem(&self, index: usize) -> &str {
        self.list.get(index).map_or("", |token| &self.keys[token.stem as usize..token.key.1 as usize])
    }

    /// Token `index` has the article.
    pub fn definite(&self, index: usize) -> bool {
        self.list.get(index).is_some_and(|token| token.definite)
    }

    /// The proclitic of token `index`; none beyond the end.
    pub fn proclitic(&self, index: usize) -> Proclitic {
        self.list.get(index).map_or(Proclitic::None, |token| token.proclitic)
    }

    /// The reporting verb that token `index` may be.
    pub fn verb(&self, index: usize) -> Option<VerbForm> {
        self.list.get(index).and_then(|token| token.verb)
    }

    /// The kind of token `index`; a line end beyond the end.
    pub fn kind(&self, index: usize) -> Kind {
        self.list.get(index).map_or(Kind::Newline, |token| token.kind)
    }

    /// Token `index` has one of these classes.
    pub fn is(&self, index: usize, classes: Classes) -> bool {
        self.list.get(index).is_some_and(|token| token.is(classes))
    }

    /// Token `index` is a word.
    pub fn is_word(&self, index: usize) -> bool {
        self.kind(index) == Kind::Word
    }

    /// Adds the token at byte `at`, where `c` stands, and says where the next one begins.
    fn push_at(&mut self, at: usize, c: char) -> usize {
        let text = self.text;
        let width = c.len_utf8();
        let after = |from: usize| text[from..].chars().next();
        if c == '\n' || c == '\r' || c == '\u{2028}' || c == '\u{2029}' {
            if self.list.last().is_none_or(|token| token.kind != Kind::Newline) {
                self.push(at, at + width, Kind::Newline);
            }
            return at + width;
        }
        if c.is_whitespace() || is_control(c) {
            return at + width;
        }
        if !matches!(c, '\u{0620}'..='\u{064A}') && c.is_numeric() {
            let end = self.number_end(at);
            self.push(at, end, Kind::Number);
            return end;
        }
        if is_letter(c) || (c == '\u{0640}' && after(at + width).is_some_and(is_letter)) {
            let end = self.word_end(at);
            let end = glued_clause(&text[at..end]).map_or(end, |length| at + length);
            self.push(at, end, Kind::Word);
            return end;
        }
        let kind = match c {
            '،' | ',' | '٬' | '、' => Kind::Comma,
            '؛' | ';' => Kind::Semicolon,
            ':' | '：' => Kind::Colon,
            '؟' | '?' | '!' | '۔' => Kind::Stop,
            '-' | '–' | '—' | '―' | '‐' | '−' | '\u{0640}' => Kind::Dash,
            '(' | '[' | '{' | '﴾' => Kind::Open,
            ')' | ']' | '}' | '﴿' => Kind::Close,
            '.' => return self.push_point(at),
            c if is_mark(c) => Kind::Mark,
            _ => Kind::Other,
        };
        self.push(at, at + width, kind);
        at + width
    }

    /// A point ends a sentence, or an abbreviation (`د.`), or is one of several (`..`), which part no sentence.
    fn push_point(&mut self, at: usize) -> usize {
        let run = self.text[at..].bytes().take_while(|byte| *byte == b'.').count();
        let line_ends = self.text[at + run..].trim_start_matches([' ', '\u{00A0}']).starts_with(['\n', '\r'])
            || self.text.len() == at + run;
        let abbreviation = self.list.last().is_some_and(|token| {
            token.kind == Kind::Word
                && token.end == at
                && self.text[token.start..token.end].chars().filter(|c| !is_ignorable(*c)).count() == 1
        });
        // `يو.بي.إس`: names of foreign letters with points between them.
        let spelled = self.list.last().is_some_and(|token| {
            token.kind == Kind::Word
                && token.end == at
                && is_letter_name(&self.keys[token.key.0 as usize..token.key.1 as usize])
        });
        let next_glued = self.text[at + run..].starts_with(is_letter);
        let ends = match run {
            1 => !(abbreviation || spelled && next_glued) || line_ends,
            _ => line_ends,
        };
        self.push(at, at + run, if ends { Kind::Stop } else { Kind::Other });
        at + run
    }

    /// Digits with separators between them (`2.5`, `10,000`, `16:57`, `2015/8/8`).
    fn number_end(&self, at: usize) -> usize {
        let mut end = at;
        let mut characters = self.text[at..].char_indices().peekable();
        while let Some((offset, c)) = characters.next() {
            let digit_follows = characters.peek().is_some_and(|(_, next)| next.is_numeric());
            if c.is_numeric() || (matches!(c, '.' | ',' | ':' | '/' | '٫' | '٬' | '-') && digit_follows) {
                end = at + offset + c.len_utf8();
            } else {
                break;
            }
        }
        end
    }

    /// Letters with the ignorable characters between them; an address (`www.example.org/page`) is one word.
    fn word_end(&self, at: usize) -> usize {
        let rest = &self.text[at..];
        if rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let end = rest.find(|c: char| c.is_whitespace() || !c.is_ascii()).unwrap_or(rest.len());
            let word = &rest[..end];
            if word.contains("://") || word.contains('@') || word.starts_with("www.") {
                return at + word.trim_end_matches(['.', ',', ')', '"', ';', '!']).len().max(1);
            }
        }
        let mut end = at;
        for (offset, c) in rest.char_indices() {
            if is_letter(c) || c == '\u{0640}' {
                end = at + offset + c.len_utf8();
            } else if matches!(c, '\'' | '’') {
                // The apostrophe of a Latin word; a mark after an Arabic one.
                let latin = rest[..offset].ends_with(|c: char| c.is_ascii_alphabetic())
                    && rest[offset + c.len_utf8()..].starts_with(|c: char| c.is_ascii_alphabetic());
                if !latin {
                    break;
                }
            } else if !is_control(c) {
                break;
            }
        }
        at + glued_verb(&self.text[at..end]).unwrap_or(end - at)
    }

    fn push(&mut self, start: usize, end: usize, kind: Kind) {
        let key_start = self.keys.len();
        let mut token = Token {
            start,
            end,
            kind,
            key: (key_start as u32, key_start as u32),
            stem: key_start as u32,
            classes: 0,
            phrase: 1,
            verb: None,
            proclitic: Proclitic::None,
            definite: false,
            tanween: false,
        };
        if matches!(kind, Kind::Word | Kind::Number) {
            fold_into(&self.text[start..end], &mut self.keys);
            // Egyptian papers write ى for ي at the end of every word.
            if let "فى" | "هى" | "وهى" | "وفى" = &self.keys[key_start..] {
                self.keys.pop();
                self.keys.push('ي');
            }
            // `التنفيذى`, `القاضى`
            let adjective = self.keys[key_start..].strip_prefix("ال").is_some_and(|rest| {
                rest.ends_with('ى')
                    && rest.chars().count() >= 4
                    && (rest.ends_with("يذى") || lexicon().word(rest).is_some() && !lexicon().exact(rest))
            });
            if adjective {
                self.keys.pop();
                self.keys.push('ي');
            }
            token.key.1 = self.keys.len() as u32;
            token.tanween = self.text[start..end].contains('\u{064B}');
            if kind == Kind::Word {
                analyse(&self.keys[key_start..], &mut token, lexicon());
                // Words that begin like the article: `ألقى`, `التقى`, `إلياس`.
                let written = self.text[start..end].trim_start_matches(['و', 'ف']);
                let verb = ["التقى", "التقت", "التحق", "التحقت", "التزم", "التزمت", "التمس", "التفت", "التقوا"];
                // `التزامها بالاتفاق`: the verbal nouns of such verbs.
                let noun = ["التزام", "التقاء", "التحاق", "التماس", "التفاف", "التباس", "التهاب"];
                let verbal_noun = noun.iter().any(|noun| written.starts_with(noun));
                if verbal_noun || written.starts_with("أل") || written.starts_with("إل") || verb.contains(&written)
                {
                    token.definite = false;
                }
                // The doubling tells `وعدّ` (and considered) from `وعد` (promised).
                if matches!(&self.keys[key_start..], "وعد" | "وعدت")
                    && self.text[start..end].contains("د\u{0651}")
                    && let Some(entry) = lexicon().word("عد")
                {
                    set(&mut token, entry, 2, Proclitic::Conjunction);
                }
                // Folding makes `إمام` (prayer leader) and `أمام` (before) one word; the hamza tells.
                if &self.keys[key_start..] == "امام" {
                    token.classes = if self.text[start..end].starts_with('إ') { class::TITLE } else { class::ENDS };
                }
            }
        }
        self.list.push(token);
    }

    /// Marks the words at which a phrase of several words begins.
    fn add_phrases(&mut self) {
        for index in 0..self.list.len() {
            if self.list[index].kind != Kind::Word {
                continue;
            }
            // `الشيخ فلان آل طالب`: behind these stands a name, whatever it looks like.
            if self.list[index].verb.is_some()
                && index > 0
                && (matches!(self.key(index - 1), "بن" | "ابن" | "بنت" | "ابو" | "ابي")
                    || self.text[self.list[index - 1].start..self.list[index - 1].end] == *"آل")
            {
                self.list[index].verb = None;
            }
            // `فيلم أسماه «…»` names; `ما أسماه «…»` is what somebody calls it.
            if index > 0 && matches!(self.key(index - 1), "ما" | "بما" | "عما" | "مما" | "لما" | "فيما")
            {
                let calls = match self.key(index) {
                    "اسماه" | "سماه" | "اسماها" | "سماها" => Some("اسمى"),
                    "اسمته" | "سمته" => Some("اسمت"),
                    "يسميه" => Some("يسمي"),
                    "تسميه" => Some("تسمي"),
                    "اسموه" | "سموه" => Some("اسموا"),
                    _ => None,
                };
                if let Some(verb) = calls.and_then(|calls| lexicon().word(calls)).and_then(|entry| entry.verb) {
                    let token = &mut self.list[index];
                    token.classes &= !class::NAME_INTRO;
                    token.verb = Some(VerbForm { object: true, ..verb });
                }
            }
            let following = |offset: usize| {
                let next = index + 1 + offset;
                (self.kind(next) == Kind::Word).then(|| self.key(next))
            };
            let key = self.key(index);
            let without_conjunction = key.strip_prefix(['و', 'ف']).filter(|rest| rest.chars().count() > 1);
            let without_article = key.strip_prefix("ال");
            let found = lexicon()
                .phrase(key, following)
                .map(|found| (found, Proclitic::None))
                .or_else(|| Some((lexicon().phrase(without_conjunction?, following)?, Proclitic::Conjunction)))
                .or_else(|| Some((lexicon().phrase(without_article?, following)?, Proclitic::None)));
            // `وفقا لبيار دوران`: the preposition before a name that is not known.
            if index > 0
                && matches!(self.key(index - 1).trim_start_matches('و'), "فقا" | "وفقا" | "طبقا" | "تبعا")
                && key.starts_with('ل')
                && key.chars().count() >= 4
                && (self.list[index].classes == 0 || self.list[index].classes & class::ADDRESSEE != 0)
                && self.list[index].proclitic == Proclitic::None
                && !self.list[index].definite
            {
                let outlet = lexicon().word(&key[2..]).map_or(0, |entry| entry.classes);
                let token = &mut self.list[index];
                // `وفقا لوكالة الأنباء`: the source, nobody who is told.
                token.classes = (token.classes | outlet) & !class::ADDRESSEE;
                token.proclitic = Proclitic::Preposition;
                token.stem = token.key.0 + 2;
                continue;
            }
            // `دبليو إن إي`: a letter of a foreign abbreviation; `أن أي` is none.
            if key == "ان" && index > 0 && is_letter_name(self.key(index - 1)) && is_letter_name(self.key(index + 1))
            {
                self.list[index].classes = 0;
                continue;
            }
            // `ورد الوزير` is `و` and `رد`; `ورد في البيان` is one word.
            if matches!(key, "ورد" | "وردت")
                && !matches!(self.key(index + 1), "في" | "فيه" | "فيها" | "على" | "ان" | "الي" | "الى" | "عن" | "من")
                && let Some(verb) = lexicon().word(&key[2..]).and_then(|entry| entry.verb)
            {
                let token = &mut self.list[index];
                token.verb = Some(verb);
                token.proclitic = Proclitic::Conjunction;
                token.stem = token.key.0 + 2;
                continue;
            }
            if let Some(((words, classes), proclitic)) = found {
                let token = &mut self.list[index];
                token.classes |= classes;
                token.phrase = words as u8;
                let name = classes & (class::OUTLET | class::FOREIGN) != 0;
                // `بان كي مون`: every word is a name, whatever it looks like.
                if classes == class::NAME {
                    for word in &mut self.list[index..index + words] {
                        word.classes = class::NAME;
                        word.verb = None;
                        word.phrase = 1;
                    }
                    continue;
                }
                let token = &mut self.list[index];
                if proclitic == Proclitic::Conjunction && token.proclitic == Proclitic::None {
                    token.proclitic = proclitic;
                    token.stem = token.key.0 + 2;
                }
                // `سي إن إن`: the words of an outlet's name are nothing else.
                for word in self.list[index + 1..].iter_mut().take(if name { words - 1 } else { 0 }) {
                    word.classes = 0;
                    word.verb = None;
                }
            }
        }
    }
}

/// Where a reporting verb begins that lost the line end before it (`رضا العملاءوأوضح فلان`): no word has a hamza like
/// that inside.
fn glued_verb(word: &str) -> Option<usize> {
    const VERBS: [&str; 8] = ["وأوضح", "وأضاف", "وأكد", "وأشار", "وأفاد", "وأعلن", "وأعرب", "وأردف"];
    // Such a word is long.
    if word.len() < 16 {
        return None;
    }
    VERBS.iter().filter_map(|verb| word.find(verb)).find(|at| word[..*at].chars().count() >= 3)
}

/// The names of foreign letters, folded, as abbreviations are written with them (`بي بي سي`).
fn is_letter_name(key: &str) -> bool {
    matches!(
        key,
        "اي" | "بي"
            | "سي"
            | "دي"
            | "اف"
            | "جي"
            | "اتش"
            | "كيه"
            | "جيه"
            | "اتس"
            | "ام"
            | "تي"
            | "دبليو"
            | "اكس"
            | "اس"
            | "ايه"
            | "يو"
    )
}

/// Fills in what the lexicon knows of `key`, with its proclitics taken off if it is not known as it stands.
fn analyse(key: &str, token: &mut Token, lexicon: &Lexicon) {
    token.definite = key.starts_with("ال");
    if matches!(key, "الله" | "والله") {
        return;
    }
    let whole = known(key, lexicon);
    if let Some(entry) = whole.filter(|entry| {
        entry.verb.is_some() || entry.classes != class::NAME || !key.starts_with(['و', 'ف']) || lexicon.exact(key)
    }) {
        set(token, entry, 0, Proclitic::None);
        return;
    }
    if let Some(rest) = key.strip_prefix("ال")
        && let Some(entry) = lexicon.word(rest)
    {
        // A name of the list stands without article; with it the word is an adjective (`الروسي`).
        set(token, Entry { verb: None, classes: entry.classes & !class::NAME }, 0, Proclitic::None);
        return;
    }
    if let Some(rest) = key.strip_prefix(['و', 'ف']).filter(|rest| rest.chars().count() > 1) {
        let article =
            rest.strip_prefix("ال").and_then(|rest| lexicon.word(rest)).map(|entry| Entry { verb: None, ..entry });
        // `فريتش`: with ف before a name it is rather the name itself.
        let name = key.starts_with('ف').then_some(class::NAME);
        if let Some(entry) =
            known(rest, lexicon).or(article).filter(|entry| entry.verb.is_some() || Some(entry.classes) != name)
        {
            set(token, entry, 2, Proclitic::Conjunction);
            token.definite = rest.starts_with("ال");
            return;
        }
        token.definite = rest.starts_with("ال");
    }
    // `المزارعون`, `مزارعو الوادي`: the plural of a title.
    let singular = |word: &str| {
        let stem = ["ون", "و"].iter().find_map(|ending| word.strip_suffix(ending))?;
        let entry = lexicon.word(stem).filter(|_| stem.chars().count() >= 4)?;
        (entry.classes & class::TITLE != 0 && entry.verb.is_none()).then_some(class::TITLE)
    };
    if let Some(classes) = singular(key.strip_prefix("ال").unwrap_or(key)) {
        set(token, Entry { classes, verb: None }, 0, Proclitic::None);
        return;
    }
    if key.starts_with("عبدال") && key.chars().count() > 6 {
        token.classes = class::NAME;
        return;
    }
    let prepositional = class::TITLE
        | class::ORG
        | class::TEXT
        | class::MEDIUM
        | class::OUTLET
        | class::EVENT
        | class::INDEFINITE
        | class::MASDAR
        | class::NAME_INTRO
        | class::EVIDENCE
        | class::RELATIVE;
    for (prefix, width) in [("بال", 2), ("لل", 2), ("كال", 2), ("ب", 2), ("ل", 2), ("ك", 2)] {
        let Some(rest) = key.strip_prefix(prefix).filter(|rest| rest.chars().count() > 1) else { continue };
        let Some(entry) = lexicon.word(rest) else { continue };
        let imperfect = prefix == "ل" && entry.verb.is_some_and(|verb| verb.imperfect);
        // `لعبد الله`, `لكريم`: a short name may be part of another word.
        let name = prefix == "ل" && entry.classes & class::NAME != 0 && rest.chars().count() >= 4;
        let name = name || prefix == "ل" && matches!(rest, "عبد" | "بن");
        let prepositional = if name { prepositional | class::NAME } else { prepositional };
        if entry.classes & prepositional != 0 || imperfect {
            let verb = entry.verb.filter(|_| imperfect);
            let proclitic = if imperfect { Proclitic::Conjunction } else { Proclitic::Preposition };
            set(token, Entry { classes: entry.classes & prepositional, verb }, width, proclitic);
            token.definite = prefix != "ب" && prefix != "ل" && prefix != "ك";
            return;
        }
    }
}

/// The entry of `key`, or of the verb in it before an attached object pronoun.
fn known(key: &str, lexicon: &Lexicon) -> Option<Entry> {
    if let Some(entry) = lexicon.word(key) {
        return Some(entry);
    }
    for suffix in ["هما", "ها", "هم", "نا", "ني", "ه"] {
        let Some(stem) = key.strip_suffix(suffix).filter(|stem| stem.chars().count() > 2) else { continue };
        let long_a = stem.strip_suffix('ا').map(|stem| format!("{stem}ى"));
        for candidate in [Some(stem.to_owned()), long_a].into_iter().flatten() {
            if let Some(verb) = lexicon.word(&candidate).and_then(|entry| entry.verb)
                && verb.form == Form::Finite
                && verb.frames & super::lexicon::frame::HOMOGRAPH == 0
            {
                return Some(Entry { classes: 0, verb: Some(VerbForm { object: true, ..verb }) });
            }
        }
    }
    None
}

fn set(token: &mut Token, entry: Entry, stem_offset: u32, proclitic: Proclitic) {
    token.classes = entry.classes;
    token.verb = entry.verb;
    token.proclitic = proclitic;
    token.stem = token.key.0 + stem_offset;
}
