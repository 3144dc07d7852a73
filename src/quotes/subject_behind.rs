//! The subject behind a cue, on the way to what the cue introduces.

use super::closed_subjects::closed_subject;
use super::introducers::Search;
use super::lexicon::{class, frame};
use super::noun_phrases::{HEADS, ends_phrase, noun_phrase};
use super::tokens::{Kind, Proclitic};
use super::word_shapes::{deniable, plural_object, prepositional_verbal_noun, verbal_noun};

impl Search<'_, '_> {
    /// The noun phrase of a subject at `at`.
    pub fn subject_at(&mut self, at: usize) -> Option<usize> {
        let document = self.document;
        let tokens = &document.tokens;
        let token = &tokens.list[at];
        if token.is(class::PREPOSITION | class::TIME | class::ADDRESSEE | class::RELATIVE)
            || (token.is(class::ENDS) && !token.is(class::ANAPHOR | class::NAME))
        {
            return None;
        }
        // `ويضيف والدموع في عينيه: …`
        let beside = token.proclitic == Proclitic::Conjunction || tokens.key(at).starts_with("وال");
        let governed = token.proclitic == Proclitic::Preposition
            || tokens.key(at).starts_with("بال") && tokens.key(at).chars().count() >= 6 && !token.is(class::NAME);
        if governed || beside && token.definite && !token.is(class::NAME) {
            return None;
        }
        // `وقالت العام الماضي إن …`, `وقالت نفسها`
        let year = tokens.key(at) == "العام"
            && matches!(tokens.key(at + 1), "الماضي" | "الجاري" | "الحالي" | "المقبل" | "القادم" | "المنصرم" | "نفسه");
        if year || matches!(tokens.key(at), "نفسه" | "نفسها" | "ذاته" | "ذاتها" | "انفسهم") {
            return None;
        }
        // `عبر طريقين قصيرين`: the ending of an object.
        let object = token.classes == 0
            && !token.definite
            && tokens.key(at).ends_with("ين")
            && tokens.key(at).chars().count() >= 6
            && tokens.key(at + 1).ends_with("ين");
        if object {
            return None;
        }
        // `وقال لي: …`
        if matches!(tokens.key(at), "لي" | "لنا" | "لك" | "لكم" | "لهما" | "لكما") {
            return None;
        }
        // `كشفت الفنانة النقاب عن …`: part of the verb.
        if matches!(tokens.key(at), "النقاب" | "الستار" | "اللثام") {
            return None;
        }
        // `يبين هذا أن …` shows, `أعلن هذا العام أن …` says when.
        let lone = token.is(class::DEMONSTRATIVE)
            && (tokens.is(at + 1, class::TIME | class::CLAUSE | class::PREPOSITION) || tokens.key(at + 1) == "العام");
        if lone || tokens.is(at - 1, class::DEMONSTRATIVE) && at - 1 > self.cue && self.subject.is_none() {
            return None;
        }
        // `واختتم كلمته بأن …`: what is ended or gone on with is the speaker's own.
        let own_text = at == self.cue + 1
            && token.is(class::TEXT | class::MEDIUM | class::EVENT)
            && !token.definite
            && tokens.key(at).ends_with(['ه', 'ا'])
            && (self.takes(frame::CARRY)
                || tokens.stem(self.cue).contains("ختم")
                || tokens.stem(self.cue).contains("ختتم"));
        if own_text {
            return None;
        }
        // `أبدى سروره`: what is the speaker's own.
        let own_feeling = ["ه", "ها", "هم"].iter().any(|pronoun| tokens.key(at).ends_with(pronoun))
            && verbal_noun(document, at)
            && !token.is(HEADS | class::NAME);
        if own_feeling {
            return None;
        }
        // A verbal noun right behind the verb is its object (`أكد استمرار …`).
        if self.takes(frame::BARE_NOUN) && verbal_noun(document, at)
            || token.is(class::MASDAR) && !token.definite && !token.is(HEADS | class::NAME)
        {
            return None;
        }
        if ends_phrase(document, at) && !token.is(class::ANAPHOR)
            || plural_object(document, at)
            || prepositional_verbal_noun(document, at)
        {
            return None;
        }
        let end = noun_phrase(document, at, self.takes(frame::BARE_NOUN))?;
        let end = self.before_own_preposition(at, end);
        // `نفت الوزارة الأنباء التي …`: what is denied is no part of who denies it.
        let denied = (at + 1..end).find(|index| self.takes(frame::DENIAL) && deniable(tokens.key(*index)));
        let end = denied.unwrap_or(end);
        let end = if denied.is_none() { closed_subject(self, (at, end)).unwrap_or(end) } else { end };
        // `وتابع بحسرة:`, `وقال ضاحكا:` say how, not who.
        let letters: Vec<char> = tokens.key(at).chars().collect();
        let manner = match letters.as_slice() {
            ['ب', .., 'ة'] | ['ب', .., 'ا', 'ت'] | ['ب', .., 'ه'] | ['ب', .., 'ه', 'ا'] => letters.len() >= 5,
            [_, 'ا', _, _, 'ة'] => !token.definite,
            ['م', .., 'ا'] => letters.len() >= 5,
            [_, 'ا', _, _, 'ا'] => true,
            _ => token.tanween,
        };
        (token.classes != 0 || end > at + 1 || !manner).then_some(end)
    }

    /// `حذر المفتي من جر المدينة إلى …`: the preposition that the verb takes is no part of a complete subject.
    fn before_own_preposition(&self, at: usize, end: usize) -> usize {
        let tokens = &self.document.tokens;
        let own = |index: usize| match tokens.key(index) {
            "من" => self.takes(frame::MIN_NOUN),
            "عن" => self.takes(frame::AN_NOUN),
            _ => false,
        };
        let settled = |cut: usize| (at..cut).any(|index| tokens.list[index].definite);
        let complete = tokens.is(at, HEADS) && !tokens.is(at, class::INDEFINITE);
        let governed =
            |index: usize| matches!(tokens.key(index - 1), "المسؤول" | "المسؤولة" | "الصادر" | "الصادرة" | "المقرب");
        let cut = (at + 1..end).find(|index| tokens.is(*index, class::PREPOSITION) && own(*index) && !governed(*index));
        cut.filter(|cut| complete && settled(*cut) && tokens.key(*cut) != tokens.key(end)).unwrap_or(end)
    }

    /// A subject behind a circumstance: it begins with a title or an organisation and something ends before it.
    pub fn late_subject(&self, at: usize) -> bool {
        let tokens = &self.document.tokens;
        let token = &tokens.list[at];
        let head = token.is(class::TITLE | class::ORG | class::INDEFINITE)
            && token.proclitic == Proclitic::None
            && !token.is(class::MEDIUM);
        let closed = matches!(tokens.kind(at - 1), Kind::Comma | Kind::Mark | Kind::Close)
            || tokens.is(at - 1, class::TIME)
            || matches!(tokens.key(at - 1), "له" | "لها" | "صحفي" | "صحافي" | "صحفية" | "لهم" | "خاص" | "هاتفي");
        head && closed && !self.tells_medium(at)
    }

    /// `في مقابلة بثتها مساء الأحد قناة الواحة`: what stands at `at` behind times brought the interview to the public.
    fn tells_medium(&self, at: usize) -> bool {
        let tokens = &self.document.tokens;
        let times = (self.cue + 1..at).rev().take_while(|index| tokens.is(*index, class::TIME)).count();
        let verb = at - 1 - times;
        verb > self.cue + 1
            && (tokens.key(verb).ends_with("ته") || tokens.key(verb).ends_with("تها"))
            && (verb - 2..verb).any(|index| index > self.cue && tokens.is(index, class::MEDIUM | class::EVENT))
    }
}
