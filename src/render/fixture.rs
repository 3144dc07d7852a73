//! A briefing made by hand, for the tests of the renderers: invented people, places and words, and each phenomenon
//! that a page must show (nested and denied speech, a quote over three sentences, an unknown speaker, marked words
//! that are not speech, a sentence without English, flags, warnings).

use crate::article::{Span, sha256_hex};
use crate::brief::*;
use crate::quotes::*;
use crate::translate::{Flag, ModelIdentity};
use serde_json::json;

/// Sentences one a line, as they stand in the article, each with its English.
const SENTENCES: [(&str, Option<&str>, &[Flag]); 13] = [
    (
        "اتفاق مبدئي على تقاسم مياه نهر السرو بعد ثلاثة أشهر من المفاوضات",
        Some("Preliminary agreement on sharing the waters of the Sarw river after three months of negotiations"),
        &[],
    ),
    (
        "أعلنت وزارة الموارد المائية، في بيان صدر مساء الأحد، أنّ المفاوضات مع الجانب الجبلي دخلت مرحلة \"حاسمة\" وأنّ التوقيع سيجري قبل 15 آذار المقبل.",
        Some(
            "The Ministry of Water Resources announced in a statement issued on Sunday evening that the negotiations with the mountain side had entered a \"decisive\" phase and that the signing would take place before next March 15.",
        ),
        &[],
    ),
    (
        "وقالت الوزيرة سلمى الدرويش في حديث لصحيفة \"صوت الوادي\": \"حصلنا على 620 مليون متر مكعب سنوياً.",
        Some(
            "Minister Salma al-Darwish said in an interview with the newspaper \"Sawt al-Wadi\": \"We obtained 620 million cubic metres a year.\"",
        ),
        &[],
    ),
    ("هذا الرقم لم يكن مطروحاً في العام الماضي.", Some("\"This figure was not on the table last year.\""), &[]),
    ("ولن نتنازل عن قطرة واحدة منه\".", Some("\"And we will not give up a single drop of it.\""), &[]),
    (
        "وأضافت: \"سنعرض الاتفاق على البرلمان خلال أسبوعين\".",
        Some("She added: \"We will present the agreement to parliament within two weeks.\""),
        &[],
    ),
    (
        "ونفى المتحدث باسم الوفد الجبلي، كريم الأشقر، أن تكون بلاده قد وافقت على \"تفكيك السد القديم\".",
        Some(
            "The spokesman of the mountain delegation, Karim al-Ashqar, denied that his country had agreed to \"dismantle the old dam\".",
        ),
        &[],
    ),
    ("ولم يؤكد الأشقر موعد الجولة المقبلة.", Some("Al-Ashqar did not confirm the date of the next round."), &[]),
    (
        "\"كل ما نريده أن تصل المياه إلى حقولنا\".",
        Some("All we want is for the water to reach our fields."),
        &[Flag::MarksMissing],
    ),
    (
        "ورفع المحتجون شعار \"الماء حقّ لا منّة\" أمام مبنى الوزارة.",
        Some("The protesters raised the slogan \"Water is a right, not a favour\" in front of the ministry."),
        &[],
    ),
    (
        "ونقلت وكالة \"ريفر نيوز\" عن خبير لم تسمّه قوله إن الاتفاق \"هشّ للغاية\".",
        Some(
            "The agency \"River News\" quoted an expert it did not name as saying that the agreement is \"very fragile\".",
        ),
        &[],
    ),
    (
        "وتضم المنطقة 48 قرية يعتمد سكانها على الزراعة.",
        Some("The region has 84 villages whose inhabitants live from farming."),
        &[Flag::NumberMismatch, Flag::LengthRatio],
    ),
    ("ويُعدّ ما تسميه الصحف \"المعجزة الزراعية\" محل جدل.", None, &[Flag::NotTranslated]),
];

struct Maker {
    text: String,
    sentences: Vec<SentenceRecord>,
}

impl Maker {
    fn new() -> Self {
        let mut text = String::new();
        let mut sentences = Vec::new();
        for (index, (ar, en, flags)) in SENTENCES.iter().enumerate() {
            // Sentences 3 to 5 are one paragraph: the quote goes through them.
            text.push_str(match index {
                0 => "",
                3 | 4 => " ",
                _ => "\n\n",
            });
            let start = text.len();
            text.push_str(ar);
            sentences.push(SentenceRecord {
                id: index as u32 + 1,
                start,
                end: text.len(),
                ar: ar.to_string(),
                en: en.map(str::to_owned),
                score: en.map(|_| -0.4213),
                flags: flags.to_vec(),
            });
        }
        Self { text, sentences }
    }

    /// From the first byte of `first` to the last of the next `last`.
    fn range(&self, first: &str, last: &str) -> TextSpan {
        let start = self.text.find(first).unwrap_or_else(|| panic!("{first} is not in the text"));
        let end = start + self.text[start..].find(last).unwrap_or_else(|| panic!("{last}")) + last.len();
        TextSpan::new(&self.text, Span { start, end })
    }

    fn words(&self, words: &str) -> TextSpan {
        self.range(words, words)
    }

    /// `words` in the English of the sentences, piece by piece.
    fn english(&self, method: ProjectionMethod, pieces: &[(u32, &str)]) -> Option<QuoteEnglish> {
        let places: Vec<EnglishPiece> = pieces
            .iter()
            .map(|&(sentence, words)| {
                let en = self.sentences[sentence as usize - 1].en.as_deref().unwrap();
                let start = en.find(words).unwrap_or_else(|| panic!("{words} is not in {en}"));
                EnglishPiece { sentence, start, end: start + words.len() }
            })
            .collect();
        Some(QuoteEnglish {
            text: pieces.iter().map(|(_, words)| *words).collect::<Vec<_>>().join(" "),
            sentence: places.first().map(|piece| piece.sentence),
            start: places.first().map(|piece| piece.start),
            end: places.first().map(|piece| piece.end),
            method,
            pieces: places,
        })
    }

    fn speaker(&self, id: &str, words: &str, kind: SpeakerKind, how: SpeakerHow, mention: Option<&str>) -> Speaker {
        let TextSpan { text, start, end } = self.words(words);
        Speaker { id: id.into(), text, start, end, kind, how, mention: mention.map(|words| self.words(words)) }
    }

    fn quote(&self, number: usize, r#type: AttributionType, content: TextSpan) -> QuoteRecord {
        let touched: Vec<&SentenceRecord> =
            self.sentences.iter().filter(|sentence| sentence.span().intersection(content.span()).is_some()).collect();
        QuoteRecord {
            attribution: Attribution {
                id: format!("q{number}"),
                r#type,
                spans: touched.iter().filter_map(|sentence| sentence.span().intersection(content.span())).collect(),
                content: content.clone(),
                parent: None,
                polarity: Polarity::Affirmed,
                speaker: None,
                speaker_reason: None,
                cue: None,
                medium: None,
                addressee: None,
                circumstance: None,
                translated_from: Some(TranslatedFrom::No),
                confidence: Some(0.9),
                reasons: Vec::new(),
            },
            sentences: touched.iter().map(|sentence| sentence.id).collect(),
            en: None,
            speaker_en: None,
            checks: QuoteChecks { verbatim: Some(true), balanced: Some(true), numbers: Some(true), names: None },
        }
    }

    fn not_speech(&self, words: &str, kind: NotSpeechKind, en: Option<QuoteEnglish>) -> NotSpeechRecord {
        let TextSpan { text, start, end } = self.words(words);
        NotSpeechRecord { marked: NotSpeech { text, start, end, kind }, en }
    }
}

fn name(text: &str, method: SpeakerMethod) -> Option<SpeakerEnglish> {
    Some(SpeakerEnglish { text: text.into(), method, flags: Vec::new() })
}

/// The briefing.
pub fn briefing() -> Briefing {
    use AttributionType::{Direct, Indirect, Mixed};
    use ProjectionMethod::{Alignment, Marks, Retranslated};
    let made = Maker::new();

    let ministry =
        made.speaker("s1", "وزارة الموارد المائية", SpeakerKind::Org, SpeakerHow::Named, Some("وزارة الموارد المائية"));
    let ministry_en = name("Ministry of Water Resources", SpeakerMethod::Glossary);
    let mut q1 = made.quote(1, Indirect, made.range("المفاوضات مع", "15 آذار المقبل"));
    q1.attribution.speaker = Some(ministry.clone());
    q1.attribution.cue = Some(made.words("أعلنت"));
    q1.attribution.medium = Some(made.words("بيان صدر مساء الأحد"));
    q1.attribution.reasons = vec!["cue with أنّ".into(), "name is subject".into()];
    q1.en = made.english(
        Alignment,
        &[(
            2,
            "the negotiations with the mountain side had entered a \"decisive\" phase and that the signing would take place before next March 15",
        )],
    );
    q1.speaker_en = ministry_en.clone();

    let mut q2 = made.quote(2, Mixed, made.words("حاسمة"));
    q2.attribution.parent = Some("q1".into());
    q2.attribution.speaker = Some(ministry);
    q2.en = made.english(Marks, &[(2, "decisive")]);
    q2.speaker_en = ministry_en;

    let minister = |how, mention| made.speaker("s2", "الوزيرة سلمى الدرويش", SpeakerKind::Person, how, mention);
    let minister_en = name("Minister Salma al-Darwish", SpeakerMethod::Translation);
    let mut q3 = made.quote(3, Direct, made.range("حصلنا على", "قطرة واحدة منه"));
    q3.attribution.speaker = Some(minister(SpeakerHow::Named, Some("الوزيرة سلمى الدرويش")));
    q3.attribution.cue = Some(made.words("وقالت"));
    q3.attribution.medium = Some(made.range("حديث لصحيفة", "الوادي\""));
    q3.attribution.confidence = Some(0.97);
    q3.attribution.reasons = vec!["cue before colon".into(), "name is subject".into()];
    q3.en = made.english(
        Marks,
        &[
            (3, "We obtained 620 million cubic metres a year."),
            (4, "This figure was not on the table last year."),
            (5, "And we will not give up a single drop of it."),
        ],
    );
    q3.speaker_en = minister_en.clone();

    let mut q4 = made.quote(4, Direct, made.words("سنعرض الاتفاق على البرلمان خلال أسبوعين"));
    q4.attribution.speaker = Some(minister(SpeakerHow::CarryOver, None));
    q4.attribution.cue = Some(made.words("وأضافت"));
    q4.attribution.confidence = Some(0.88);
    q4.en = made.english(Marks, &[(6, "We will present the agreement to parliament within two weeks.")]);
    q4.speaker_en = minister_en;

    let spokesman_words = "المتحدث باسم الوفد الجبلي، كريم الأشقر";
    let spokesman = |how, mention| made.speaker("s3", spokesman_words, SpeakerKind::Person, how, Some(mention));
    let spokesman_en = Some(SpeakerEnglish {
        text: "Karim al-Ashqar, spokesman of the mountain delegation".into(),
        method: SpeakerMethod::Transliteration,
        flags: vec![Flag::LengthRatio],
    });
    let mut q5 = made.quote(5, Indirect, made.range("تكون بلاده", "السد القديم\""));
    q5.attribution.polarity = Polarity::Denied;
    q5.attribution.speaker = Some(spokesman(SpeakerHow::Named, spokesman_words));
    q5.attribution.cue = Some(made.words("ونفى"));
    q5.en = made.english(Alignment, &[(7, "his country had agreed to \"dismantle the old dam\"")]);
    q5.speaker_en = spokesman_en.clone();

    let mut q6 = made.quote(6, Mixed, made.words("تفكيك السد القديم"));
    q6.attribution.parent = Some("q5".into());
    q6.attribution.polarity = Polarity::Denied;
    q6.attribution.speaker = Some(spokesman(SpeakerHow::Named, spokesman_words));
    q6.en = made.english(Marks, &[(7, "dismantle the old dam")]);
    q6.speaker_en = spokesman_en.clone();

    let mut q7 = made.quote(7, Indirect, made.words("موعد الجولة المقبلة"));
    q7.attribution.polarity = Polarity::Unconfirmed;
    q7.attribution.speaker = Some(spokesman(SpeakerHow::Title, "الأشقر"));
    q7.attribution.cue = Some(made.words("ولم يؤكد"));
    q7.attribution.confidence = None;
    q7.en = made.english(Alignment, &[(8, "the date of the next round")]);
    q7.speaker_en = spokesman_en;

    let mut q8 = made.quote(8, Direct, made.words("كل ما نريده أن تصل المياه إلى حقولنا"));
    q8.attribution.speaker_reason = Some("no reporting words and no speaker before it in the paragraph".into());
    q8.attribution.translated_from = None;
    q8.attribution.confidence = Some(0.4);
    q8.en = Some(QuoteEnglish {
        text: "All we want is that the water reaches our fields".into(),
        sentence: None,
        start: None,
        end: None,
        method: Retranslated,
        pieces: Vec::new(),
    });
    q8.checks = QuoteChecks { verbatim: Some(true), balanced: Some(false), numbers: None, names: None };

    let mut q9 = made.quote(9, Mixed, made.words("هشّ للغاية"));
    q9.attribution.speaker =
        Some(made.speaker("s4", "خبير لم تسمّه", SpeakerKind::Indefinite, SpeakerHow::Named, Some("خبير لم تسمّه")));
    q9.attribution.cue = Some(made.words("قوله إن"));
    q9.attribution.medium = Some(made.range("وكالة", "نيوز\""));
    q9.attribution.translated_from = Some(TranslatedFrom::Likely);
    q9.en = made.english(Marks, &[(11, "very fragile")]);

    let not_speech = vec![
        made.not_speech("صوت الوادي", NotSpeechKind::Name, made.english(Marks, &[(3, "Sawt al-Wadi")])),
        made.not_speech(
            "الماء حقّ لا منّة",
            NotSpeechKind::Slogan,
            made.english(Marks, &[(10, "Water is a right, not a favour")]),
        ),
        made.not_speech("ريفر نيوز", NotSpeechKind::Name, made.english(Marks, &[(11, "River News")])),
        made.not_speech("المعجزة الزراعية", NotSpeechKind::Scare, None),
    ];
    let item = |sentence: usize, quotes: &[&str]| SummaryItem {
        ar: Some(made.sentences[sentence - 1].ar.clone()),
        en: made.sentences[sentence - 1].en.clone(),
        sentences: vec![sentence as u32],
        quotes: quotes.iter().map(|id| id.to_string()).collect(),
    };
    let warning =
        |code: &str, sentence, message: &str| Warning { code: code.into(), sentence, message: message.into() };
    Briefing {
        schema: SCHEMA.into(),
        article: ArticleRecord {
            id: "valley/river".into(),
            path: "in/valley/river.txt".into(),
            title: Bilingual { ar: Some(made.sentences[0].ar.clone()), en: made.sentences[0].en.clone() },
            url: Some("https://example.org/مياه?id=7&lang=ar".into()),
            outlet: Some("Example Gazette".into()),
            published: Some("2024-02-18".into()),
            language: Some("ar".into()),
            words: made.text.split_whitespace().count(),
            text_sha256: sha256_hex(&made.text),
            encoding: "windows-1256".into(),
            offsets: "utf8-bytes".into(),
            text: made.text.clone(),
        },
        summary: Summary {
            method: SummaryMethod::Extractive,
            items: vec![item(2, &["q1"]), item(3, &["q3"]), item(7, &["q5"])],
        },
        warnings: vec![
            warning(
                "model_unreliable",
                None,
                "The model example/tiny-news is known to get names and numbers wrong: this English must not be relied upon.",
            ),
            warning("quote_unattributed", None, "1 of 9 quotes has no speaker: the evidence is missing."),
            warning("number_mismatch", Some(12), "48 in the Arabic, 84 in the English."),
            warning("not_translated", Some(13), "The model failed on this sentence."),
        ],
        quotes: vec![q1, q2, q3, q4, q5, q6, q7, q8, q9],
        not_speech,
        sentences: made.sentences,
        signature: Signature {
            schema: 1,
            translator: ModelIdentity {
                model: "example/tiny-news".into(),
                revision: None,
                sha256: Some("0123456789abcdef".repeat(4)),
                dtype: "q4_k_m".into(),
                decoding: json!({"beams": 1}),
            },
            summarizer: json!({"method": "extractive", "sentences": 3}),
            rules: RULES_VERSION.into(),
            glossary_sha256: None,
            settings_sha256: "fedcba9876543210".repeat(4),
            deterministic: true,
            tool: "0.1.0".into(),
            device: "cpu".into(),
        },
    }
}

/// A small briefing of one sentence and one quote, for folders of many.
pub fn small(id: &str, published: Option<&str>, outlet: Option<&str>, speaker: Option<(&str, &str)>) -> Briefing {
    let mut briefing = briefing();
    let full = briefing.article.text.clone();
    let (title, sentence) = (&briefing.sentences[0], &briefing.sentences[5]);
    let text = full[sentence.start..sentence.end].to_owned();
    let shift = sentence.start;
    let name = speaker.map_or(String::new(), |(ar, _)| format!(" {ar}"));
    let mut quote = briefing.quotes[3].clone();
    for span in std::iter::once(&mut quote.attribution.content).chain(&mut quote.attribution.cue) {
        span.start -= shift;
        span.end -= shift;
    }
    quote.attribution.spans = vec![quote.attribution.content.span()];
    quote.attribution.id = "q1".into();
    quote.sentences = vec![1];
    if let Some(en) = &mut quote.en {
        en.sentence = Some(1);
        en.pieces[0].sentence = 1;
    }
    match speaker {
        Some((ar, en)) => {
            quote.attribution.speaker = Some(Speaker {
                id: "s1".into(),
                text: ar.into(),
                start: text.len() + 1,
                end: text.len() + 1 + ar.len(),
                kind: SpeakerKind::Person,
                how: SpeakerHow::Named,
                mention: None,
            });
            quote.speaker_en = self::name(en, SpeakerMethod::Translation);
        }
        None => {
            quote.attribution.speaker = None;
            quote.attribution.speaker_reason = Some("no evidence".into());
            quote.speaker_en = None;
        }
    }
    let sentence = SentenceRecord { id: 1, start: 0, end: text.len(), ..sentence.clone() };
    briefing.article.title = Bilingual { ar: title_of(&title.ar, id), en: title_of(title.en.as_deref().unwrap(), id) };
    briefing.article.text = format!("{text}{name}");
    briefing.article.text_sha256 = sha256_hex(&briefing.article.text);
    briefing.article.id = id.into();
    briefing.article.path = format!("in/{id}.txt");
    briefing.article.published = published.map(str::to_owned);
    briefing.article.outlet = outlet.map(str::to_owned);
    briefing.summary.items = Vec::new();
    briefing.warnings = Vec::new();
    briefing.not_speech = Vec::new();
    briefing.sentences = vec![sentence];
    briefing.quotes = vec![quote];
    briefing
}

fn title_of(title: &str, id: &str) -> Option<String> {
    Some(format!("{title} ({id})"))
}
