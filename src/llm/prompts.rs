//! Prompts: what is said around a text, by prompt style and kind of unit.
//!
//! A prompt is a fixed prefix (the same for each text of a kind, so that the model works through it once), the text, and
//! a suffix. The examples are invented for this project.

use super::LlmError;
use super::gguf::Gguf;
use crate::translate::UnitKind;
use std::path::Path;

/// How a model is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromptStyle {
    /// An instruction in the model's chat template (ChatML), without examples: for instruction-tuned models.
    ChatTranslate,
    /// Examples of translations, then the text: for base models.
    FewShot,
}

impl PromptStyle {
    /// The style that fits the file at `path`: its chat template if it has one that we know, examples else.
    ///
    /// # Errors
    /// [`LlmError`] if it is no sound GGUF file.
    pub fn of_file(path: &Path) -> Result<Self, LlmError> {
        let gguf = Gguf::open(path)?;
        let template = gguf.string("tokenizer.chat_template")?;
        Ok(match template.is_some_and(|template| template.contains(TURN_START)) {
            true => PromptStyle::ChatTranslate,
            false => PromptStyle::FewShot,
        })
    }

    /// Its name in configuration and signatures. The number grows when the words of a prompt change.
    pub fn name(self) -> &'static str {
        match self {
            PromptStyle::ChatTranslate => "chat_translate/1",
            PromptStyle::FewShot => "few_shot/1",
        }
    }
}

/// A piece of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A control token, by name.
    Control(&'static str),
    /// Words.
    Text(String),
}

/// What stands before and after a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// Before the text; ends where tokens end (a line end), so that it can be tokenised alone.
    pub prefix: Vec<Piece>,
    /// Written directly before the text and tokenised with it.
    pub lead: &'static str,
    /// Words after the text, tokenised with it.
    pub tail: &'static str,
    /// After that.
    pub suffix: Vec<Piece>,
}

/// The prompt for a text of `kind` in `style`.
pub fn prompt(style: PromptStyle, kind: UnitKind) -> Prompt {
    match style {
        PromptStyle::ChatTranslate => chat(kind),
        PromptStyle::FewShot => few_shot(kind),
    }
}

/// The start and the end of a turn in ChatML.
pub const TURN_START: &str = "<|im_start|>";
/// See [`TURN_START`].
pub const TURN_END: &str = "<|im_end|>";

fn chat(kind: UnitKind) -> Prompt {
    let what = match kind {
        UnitKind::Sentence => "sentence",
        UnitKind::Title => "headline",
        UnitKind::MarkedWords => "words",
        UnitKind::Speaker => "name and title of a person or organisation",
    };
    let system = "You are a professional translator of Arabic news into English.";
    let request = format!(
        "Translate the following Arabic {what} into English. Keep quotation marks where the Arabic has them. \
         Reply with the English translation only.\n\n"
    );
    Prompt {
        prefix: vec![
            Piece::Control(TURN_START),
            Piece::Text(format!("system\n{system}")),
            Piece::Control(TURN_END),
            Piece::Text("\n".into()),
            Piece::Control(TURN_START),
            Piece::Text(format!("user\n{request}")),
        ],
        lead: "",
        tail: "",
        suffix: vec![
            Piece::Control(TURN_END),
            Piece::Text("\n".into()),
            Piece::Control(TURN_START),
            Piece::Text("assistant\n".into()),
        ],
    }
}

/// Arabic and English, written for this project.
const SENTENCES: [(&str, &str); 5] = [
    (
        "قال وزير النقل إن الجسر الجديد سيفتح أمام السيارات في نهاية الشهر المقبل.",
        "The transport minister said that the new bridge would open to cars at the end of next month.",
    ),
    (
        "وأضافت مديرة المستشفى: \"استقبلنا 35 جريحا منذ صباح اليوم، وحالة معظمهم مستقرة\".",
        "The director of the hospital added: \"We have received 35 wounded since this morning, and most of them are in stable condition.\"",
    ),
    (
        "من جهة أخرى، ارتفعت أسعار القمح بنسبة 4.5 في المئة خلال الأسبوع الماضي بسبب الجفاف.",
        "Meanwhile, wheat prices rose by 4.5 percent over the past week because of the drought.",
    ),
    (
        "ونقلت صحيفة \"صوت الميناء\" عن مسؤول في البلدية قوله إن المفاوضات مع الشركة لم تصل إلى نتيجة.",
        "The newspaper \"Voice of the Port\" quoted a municipal official as saying that the negotiations with the company had not reached a result.",
    ),
    (
        "يشار إلى أن البلدين وقعا عام 2019 اتفاقا للتعاون في مجالات المياه والطاقة والتعليم.",
        "The two countries signed an agreement in 2019 to cooperate on water, energy and education.",
    ),
];

const TITLES: [(&str, &str); 4] = [
    ("رئيس الوزراء يزور المناطق المتضررة من الفيضانات", "Prime minister visits areas hit by floods"),
    ("12 قتيلا في حادث قطار شمالي البلاد", "12 killed in train accident in the north of the country"),
    ("وزيرة المالية: \"لا نية لرفع الضرائب\"", "Finance minister: \"No intention to raise taxes\""),
    ("المزارعون يحتجون على أسعار المياه", "Farmers protest against water prices"),
];

const MARKED_WORDS: [(&str, &str); 4] = [
    ("لن نقبل بأي تأجيل جديد للانتخابات", "We will not accept any further delay of the elections"),
    ("أصدقاء البحر", "Friends of the Sea"),
    ("قرار مؤسف يضر بمصالح 200 ألف عامل", "a regrettable decision that harms the interests of 200,000 workers"),
    ("المرحلة الثانية", "the second phase"),
];

const SPEAKERS: [(&str, &str); 5] = [
    ("وزير الخارجية التونسي سامي الورتاني", "Tunisian Foreign Minister Sami Ouertani"),
    ("المتحدثة باسم وزارة الصحة هدى منصور", "Health Ministry spokeswoman Huda Mansour"),
    ("الرئيس الفرنسي", "the French president"),
    ("منظمة أطباء بلا حدود", "Doctors Without Borders"),
    ("مسؤول في البلدية", "a municipal official"),
];

fn few_shot(kind: UnitKind) -> Prompt {
    let examples: &[(&str, &str)] = match kind {
        UnitKind::Sentence => &SENTENCES,
        UnitKind::Title => &TITLES,
        UnitKind::MarkedWords => &MARKED_WORDS,
        UnitKind::Speaker => &SPEAKERS,
    };
    let lines: String =
        examples.iter().map(|(arabic, english)| format!("Arabic: {arabic}\nEnglish: {english}\n\n")).collect();
    Prompt { prefix: vec![Piece::Text(lines)], lead: "Arabic: ", tail: "\nEnglish:", suffix: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_keep_the_marks_and_digits_of_their_sources() {
        let all = SENTENCES.iter().chain(&TITLES).chain(&MARKED_WORDS).chain(&SPEAKERS);
        let marks = |text: &str| text.matches('"').count();
        let failures: Vec<_> = all.filter(|(arabic, english)| marks(arabic) != marks(english)).collect();
        assert!(failures.is_empty(), "{failures:#?}");
    }
}
