//! Reported things that are a noun phrase: `أكد ضرورة …`, `كشف عن بدء …`, `أفاد بمقتل …`, `نفى أي نية …`.

use super::introducers::{Found, Introducer, Search};
use super::lexicon::{Form, class, frame};
use super::noun_phrases::HEADS;
use super::tokens::{Kind, Proclitic};
use super::word_shapes::{deniable, prepositional_verbal_noun, verbal_noun, verbal_noun_pattern};

impl Search<'_, '_> {
    /// A noun phrase as the reported thing: bare, or behind the verb's preposition.
    pub fn noun_content(&self, at: usize) -> Option<Option<Found>> {
        let document = self.document;
        let tokens = &document.tokens;
        if self.denied_thing(at) {
            return Some(self.found(Introducer::Noun, at, at));
        }
        let bare = self.takes(frame::BARE_NOUN)
            && !self.relative_verb(at)
            && (verbal_noun(document, at) || self.definite_verbal_noun(at) || self.accusative_noun(at))
            && !self.clause_follows(at);
        // `يعلن رسميا رحيل المدرب`
        let behind_adverb =
            at == self.cue + 2 && tokens.list[at - 1].classes == 0 && tokens.key(at - 1).ends_with("يا");
        let settled = self.subject.is_some() || self.subject_known || at == self.cue + 1 || behind_adverb;
        if bare && settled && !self.relative {
            return Some(self.found(Introducer::Noun, at, at));
        }
        // `أفادت البلدية، صباح أمس، بانهيار جسر`
        if self.takes(frame::BI_NOUN)
            && tokens.key(at).starts_with('ب')
            && prepositional_verbal_noun(document, at)
            && self.beside(at)
            && !self.relative
        {
            return Some(self.found(Introducer::Noun, at, at));
        }
        let preposition = match tokens.key(at) {
            "الى" | "الي" => frame::ILA_NOUN,
            "على" => frame::ALA_NOUN,
            "عن" => frame::AN_NOUN,
            "من" => frame::MIN_NOUN,
            _ => return None,
        };
        let direct = at == self.cue + 1
            || self.subject.is_some_and(|(_, end)| end == at || (end + 1 == at && tokens.kind(end) == Kind::Comma))
            // `حذرت الطبيبة، التي …، من تعميم …`
            || self.subject.is_some() && self.passed_relative && tokens.kind(at - 1) == Kind::Comma;
        let behind_circumstance = self.takes(frame::AN_NOUN) && self.circumstance && preposition == frame::AN_NOUN;
        // `وأشار سموه في هذا المجال إلى توسيع …`
        let listed = preposition != frame::AN_NOUN && self.circumstance && tokens.is(at + 1, class::MASDAR);
        if !self.takes(preposition)
            || !(direct
                || listed && !tokens.is(at - 1, class::EVENT | class::MASDAR)
                || behind_circumstance
                || self.subject_known)
            || tokens.is(at + 1, class::CLAUSE)
        {
            return None;
        }
        // `كشف عن آخر مرة بكى فيها`, `كشف عن تفاصيل الخطة`: what it was about, not what was said.
        if matches!(
            tokens.key(at + 1),
            "اخر"
                | "اول"
                | "سبب"
                | "اسباب"
                | "تفاصيل"
                | "كواليس"
                | "اسم"
                | "اسماء"
                | "هوية"
                | "حقيقة"
                | "سر"
                | "اسرار"
                | "قائمة"
        ) {
            return None;
        }
        let noun = verbal_noun(document, at + 1)
            || matches!(preposition, frame::AN_NOUN | frame::MIN_NOUN)
                // `حذرت الدائرة من خطر الانزلاق`: a thing to beware of.
                && !matches!(
                    tokens.key(at + 1),
                    "خطر" | "مخاطر" | "تداعيات" | "عواقب" | "مغبة" | "كارثة" | "امطار" | "سيول" | "مجاري" | "عاصفة" | "عواصف"
                )
                && tokens.is_word(at + 1)
                && !tokens.definite(at + 1)
                && !["ه", "ها", "هم", "هما"].iter().any(|pronoun| tokens.key(at + 1).ends_with(pronoun))
                && !tokens.is(at + 1, HEADS);
        // `أشارت إلى احتمال أن تكون المدينة …`
        let noun_with_clause = tokens.is(at + 1, class::MASDAR) && tokens.is(at + 2, class::CLAUSE);
        (noun && (noun_with_clause || !self.clause_follows(at))).then(|| self.found(Introducer::Noun, at + 1, at + 1))
    }

    /// `نفى الوزير، في تصريح له، أي نية …`, `نفت الشركة الأنباء التي …`: what is denied need not be a verbal noun.
    fn denied_thing(&self, at: usize) -> bool {
        let tokens = &self.document.tokens;
        self.takes(frame::DENIAL)
            && self.takes(frame::BARE_NOUN)
            && (deniable(tokens.key(at)) || self.own_thing(at))
            && self.beside(at)
            // `ونفت في الوقت نفسه ما أثير …`
            && (self.subject.is_some() || self.subject_known || self.circumstance || self.own_thing(at))
            && !self.relative
    }

    /// `تنفي طلبها من السكان الإخلاء`: a noun with the speaker's pronoun and its preposition.
    fn own_thing(&self, at: usize) -> bool {
        let tokens = &self.document.tokens;
        let token = &tokens.list[at];
        (at == self.cue + 1 || self.subject.is_some_and(|(_, end)| end == at))
            && !token.definite
            && token.proclitic == Proclitic::None
            && ["ه", "ها", "هم"].iter().any(|pronoun| tokens.key(at).ends_with(pronoun))
            && tokens.is(at + 1, class::PREPOSITION)
            && !token.is(HEADS | class::NAME | class::MEDIUM)
    }

    /// `توقع تباطؤا في النمو`, `أكدت متانة الروابط`: a verbal noun in the accusative, an abstract noun with its complement.
    fn accusative_noun(&self, at: usize) -> bool {
        let tokens = &self.document.tokens;
        let token = &tokens.list[at];
        if token.definite || token.classes != 0 || token.verb.is_some() || token.proclitic != Proclitic::None {
            return false;
        }
        let letters: Vec<char> = tokens.key(at).chars().collect();
        let abstract_noun = matches!(letters.as_slice(), [_, _, 'ا', _, 'ة'])
            && tokens.list.get(at + 1).is_some_and(|next| next.definite);
        // `اعتبارا من الغد`, `استعدادا للعيد`: a circumstance.
        let circumstance =
            matches!(tokens.key(at + 1), "من" | "الى" | "على" | "مع" | "عن") || tokens.key(at + 1).starts_with('ل');
        abstract_noun || !circumstance && tokens.key(at).strip_suffix('ا').is_some_and(verbal_noun_pattern)
    }

    /// Right behind the cue, its subject, or a circumstance that has ended.
    fn beside(&self, at: usize) -> bool {
        let tokens = &self.document.tokens;
        at == self.cue + 1
            || tokens.kind(at - 1) == Kind::Comma
            || tokens.is(at - 1, class::TIME)
            || matches!(tokens.key(at - 1), "نفسه" | "ذاته" | "عينه")
            || self.subject.is_some_and(|(_, end)| end == at)
    }

    /// `في مؤتمر صحفي عقده في العاصمة`: an unknown word with a pronoun behind a noun without article is a verb.
    fn relative_verb(&self, at: usize) -> bool {
        let tokens = &self.document.tokens;
        self.circumstance
            && tokens.is_word(at - 1)
            && !tokens.list[at - 1].definite
            && self.subject.is_none_or(|(_, end)| end != at)
            && ["ه", "ها", "هم"].iter().any(|pronoun| tokens.key(at).ends_with(pronoun))
    }

    /// `متوقعا الانتهاء من …`, `أكد الوزير الالتزام بـ…`: a verbal noun with the article and its preposition.
    fn definite_verbal_noun(&self, at: usize) -> bool {
        let tokens = &self.document.tokens;
        let token = &tokens.list[at];
        let Some(word) = tokens.key(at).strip_prefix("ال") else { return false };
        let noun = token.is(class::MASDAR) && !token.is(HEADS) || token.classes == 0 && verbal_noun_pattern(word);
        let settled = self.subject_known || self.subject.is_some();
        noun && settled
            && (tokens.is(at + 1, class::PREPOSITION)
                || tokens.is_word(at + 1) && tokens.key(at + 1).starts_with(['ب', 'ل']))
    }

    /// A bare `أن` of this verb still follows, so that the noun phrase is not the reported thing.
    pub fn clause_follows(&self, at: usize) -> bool {
        let tokens = &self.document.tokens;
        for index in at + 1..(at + 14).min(tokens.list.len()) {
            match tokens.kind(index) {
                Kind::Stop | Kind::Newline | Kind::Semicolon => return false,
                Kind::Colon => return self.takes(frame::QUOTATION),
                // `ضرورة أن يكون المبنى …`: the clause belongs to the noun.
                Kind::Word if tokens.is(index, class::CLAUSE) && index == at + 1 && tokens.is(at, class::MASDAR) => {
                    return false;
                }
                Kind::Word if tokens.is(index, class::CLAUSE) => {
                    return !tokens.is(index - 1, class::PREPOSITION | class::NO_CLAUSE) && self.takes(frame::CLAUSE);
                }
                Kind::Word if tokens.list[index].verb.is_some_and(|verb| verb.form == Form::Participle) => {
                    return false;
                }
                Kind::Word
                    if self.document.finite_verb(index) && tokens.list[index].proclitic == Proclitic::Conjunction =>
                {
                    return false;
                }
                _ => {}
            }
        }
        false
    }
}
