//! Puts an article, what was found in it and its translations together into a briefing.
//!
//! Indirect speech has no English of its own: where its words begin and end in the English sentence is not known, so
//! `en` is null and `sentences` says in which sentences to read it. A quote is as weak as its weakest piece: one piece
//! translated alone makes it `retranslated`, one piece without English leaves it without.

use super::signature::{SIGNATURE_SCHEMA, rules, settings_sha256};
use super::warnings::WarningCode;
use super::{
    ArticleRecord, Bilingual, Briefing, EnglishPiece, NotSpeechRecord, ProjectionMethod, QuoteChecks, QuoteEnglish,
    QuoteRecord, SCHEMA, SentenceRecord, Signature, SpeakerEnglish, SpeakerMethod, Warning,
};
use crate::article::folding::has_arabic_letter;
use crate::article::{Article, Sentence, SentenceKind, Span, Title};
use crate::project::{Located, MarkedPiece, Projection, project, without_marks};
use crate::quotes::{Attribution, AttributionType, Extraction};
use crate::summarize::{Summarized, Summarizer, SummaryInput};
use crate::translate::marks::is_mark;
use crate::translate::units::{ArticleUnits, PieceAt, Source};
use crate::translate::{Flag, RowError, Translation, TranslatorInfo, four_digits};
use crate::verify;
use crate::verify::names::NamedMention;
use std::ops::Range;
use std::path::Path;

/// All that a briefing is made from.
#[derive(Clone, Copy)]
pub struct AssembleInput<'a> {
    /// The article.
    pub article: &'a Article,
    /// Its sentences, in order.
    pub sentences: &'a [Sentence],
    /// Who said what in it.
    pub extraction: &'a Extraction,
    /// Its units, made from the three above.
    pub units: &'a ArticleUnits,
    /// The translations by unit number.
    pub translations: &'a [Result<Translation, RowError>],
    /// What translated.
    pub translator: &'a TranslatorInfo,
    /// What summarizes.
    pub summarizer: &'a dyn Summarizer,
    /// SHA-256 of the glossary file; `None` without one.
    pub glossary_sha256: Option<&'a str>,
}

/// Makes the briefing. What failed is `null` with a flag or a warning; nothing here fails as a whole.
pub fn assemble(input: AssembleInput) -> Briefing {
    let mut draft = Draft {
        input,
        usable: input.units.sentences.iter().map(|layout| vec![false; layout.pieces.len()]).collect(),
        projections: Vec::new(),
        records: Vec::new(),
        warnings: Vec::new(),
        named: verify::names::named_mentions(input.extraction),
    };
    draft.find_usable_pieces();
    if let Some(reason) = &input.translator.unreliable {
        draft.warnings.push(WarningCode::ModelUnreliable.at(None, reason.clone()));
    }
    for (index, sentence) in input.sentences.iter().enumerate() {
        draft.add_sentence(index, sentence);
    }
    let title = draft.title();
    let quotes: Vec<QuoteRecord> =
        input.extraction.attributions.iter().enumerate().map(|(index, quote)| draft.quote(index, quote)).collect();
    draft.warn_about_speakers();
    let not_speech = input
        .extraction
        .not_speech
        .iter()
        .enumerate()
        .map(|(index, marked)| NotSpeechRecord {
            marked: marked.clone(),
            en: draft.english_of(input.units.not_speech.get(index).map_or(&[], Vec::as_slice)),
        })
        .collect();
    let Summarized { summary, warnings: of_summary } = input.summarizer.summarize(&SummaryInput {
        title: input.article.title_text(),
        sentences: input.sentences,
        records: &draft.records,
        quotes: &quotes,
    });
    let Draft { records, mut warnings, .. } = draft;
    warnings.extend(of_summary);
    Briefing {
        schema: SCHEMA.to_owned(),
        article: article_record(input.article, title),
        sentences: records,
        quotes,
        not_speech,
        summary,
        warnings,
        signature: signature(&input),
    }
}

fn article_record(article: &Article, title: Bilingual) -> ArticleRecord {
    ArticleRecord {
        id: article.id.clone(),
        path: portable_path(&article.path, &article.id),
        title,
        url: article.url.clone(),
        outlet: article.outlet.clone(),
        published: article.published.clone(),
        language: article.language.clone(),
        words: article.words,
        text_sha256: article.text_sha256.clone(),
        encoding: article.encoding.clone(),
        offsets: "utf8-bytes".to_owned(),
        text: article.text.clone(),
    }
}

/// A briefing tells no absolute path: of one, as many parts are kept as the article's id has.
fn portable_path(path: &str, id: &str) -> String {
    if !Path::new(path).is_absolute() {
        return path.to_owned();
    }
    let parts: Vec<&str> = path.split(['/', '\\']).collect();
    parts[parts.len().saturating_sub(id.split('/').count())..].join("/")
}

fn signature(input: &AssembleInput) -> Signature {
    let (translator, summarizer, rules) = (&input.translator.identity, input.summarizer.settings(), rules());
    Signature {
        schema: SIGNATURE_SCHEMA,
        settings_sha256: settings_sha256(translator, &summarizer, &rules, input.glossary_sha256),
        translator: translator.clone(),
        summarizer,
        rules,
        glossary_sha256: input.glossary_sha256.map(str::to_owned),
        deterministic: input.translator.deterministic,
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        device: input.translator.device.clone(),
    }
}

/// The English of one text as the engine gave it.
struct English {
    text: Option<String>,
    score: Option<f64>,
    flags: Vec<Flag>,
    /// Why there is none, in words.
    failure: Option<String>,
}

struct Draft<'a> {
    input: AssembleInput<'a>,
    /// By sentence and piece: a record with English for all its pieces has this one. Only such pieces may have marks in
    /// the English, as marks around words that no record shows would be nobody's.
    usable: Vec<Vec<bool>>,
    /// By sentence; an empty one where there is no English.
    projections: Vec<Projection>,
    records: Vec<SentenceRecord>,
    warnings: Vec<Warning>,
    /// Where persons who speak are called by name.
    named: Vec<NamedMention>,
}

impl Draft<'_> {
    fn english(&self, source: &Source) -> English {
        let none = |flags, failure: String| English { text: None, score: None, flags, failure: Some(failure) };
        let number = match source {
            Source::AsIs(text) => {
                return English { text: Some(text.clone()), score: None, flags: Vec::new(), failure: None };
            }
            Source::Unit(number) => *number,
        };
        match self.input.translations.get(number) {
            Some(Ok(translation)) if translation.text.trim().is_empty() => {
                let flags = translation.flags.iter().copied().chain([Flag::EmptyOutput]).collect();
                none(flags, "the model gave no words".to_owned())
            }
            Some(Ok(translation)) => English {
                text: Some(translation.text.trim().replace(['\n', '\r'], " ")),
                score: translation.score.map(four_digits),
                flags: translation.flags.clone(),
                failure: None,
            },
            Some(Err(error)) => none(vec![Flag::NotTranslated], error.to_string()),
            None => none(vec![Flag::NotTranslated], "it was not handed to the model".to_owned()),
        }
    }

    fn find_usable_pieces(&mut self) {
        for pieces in self.input.units.quotes.iter().chain(&self.input.units.not_speech) {
            if pieces.iter().all(|at| self.retranslated(*at).is_some()) {
                for at in pieces {
                    self.usable[at.sentence][at.piece] = true;
                }
            }
        }
    }

    fn add_sentence(&mut self, index: usize, sentence: &Sentence) {
        let arabic = sentence.span.slice(&self.input.article.text);
        let layout = &self.input.units.sentences[index];
        let English { text, score, mut flags, failure } = self.english(&layout.source);
        let projection = match &text {
            None => Projection { pieces: vec![None; layout.pieces.len()], ..Projection::default() },
            Some(english) => {
                let alone: Vec<Option<String>> =
                    layout.pieces.iter().map(|piece| self.english(&piece.words).text).collect();
                let pieces: Vec<MarkedPiece> = layout
                    .pieces
                    .iter()
                    .zip(alone.iter().zip(&self.usable[index]))
                    .map(|(piece, (alone, usable))| MarkedPiece {
                        words: alone.as_deref().filter(|_| piece.marked && *usable),
                        parent: piece.parent,
                        whole: piece.whole && *usable,
                        repeated: piece.repeated,
                        source_words: piece.span.slice(&self.input.article.text).split_whitespace().count(),
                        source_middle: middle(piece.span, sentence.span),
                    })
                    .collect();
                project(english, &pieces)
            }
        };
        let en = text.map(|_| projection.text.clone());
        if let Some(english) = &en {
            flags.extend(projection.unmapped_marks_removed.then_some(Flag::UnmappedMarksRemoved));
            flags.extend(projection.marks_missing.then_some(Flag::MarksMissing));
            flags.extend(verify::sentence_flags(arabic, english));
            flags.extend(self.lacks_a_name(sentence.span, english).then_some(Flag::NameMismatch));
        }
        flags.sort_unstable();
        flags.dedup();
        if let Some(reason) = failure {
            self.warnings.push(WarningCode::SentenceNotTranslated.at(Some(sentence.id), reason));
        }
        let Span { start, end } = sentence.span;
        self.records.push(SentenceRecord { id: sentence.id, start, end, ar: arabic.to_owned(), en, score, flags });
        self.projections.push(projection);
    }

    /// A speaker whom the sentence names is not named in its English.
    fn lacks_a_name(&self, sentence: Span, english: &str) -> bool {
        let here = self.named.iter().filter(|mention| sentence.intersection(mention.span) == Some(mention.span));
        here.map(|mention| mention.names.iter().map(String::as_str).collect::<Vec<_>>())
            .any(|names| verify::names::missing(&names, english).is_some_and(|missing| !missing.is_empty()))
    }

    fn title(&mut self) -> Bilingual {
        let ar = self.input.article.title_text().map(|title| title.trim().to_owned());
        let en = match (&self.input.article.title, &self.input.units.title) {
            (Some(Title::Given(title)), Some(source)) => self.given_title(title, source),
            (Some(Title::InText(_)), _) => {
                let lines = self.input.sentences.iter().zip(&self.records);
                let titles = lines.filter(|(sentence, _)| sentence.kind == SentenceKind::Title);
                let english: Option<Vec<&str>> = titles.map(|(_, record)| record.en.as_deref()).collect();
                english.filter(|lines| !lines.is_empty()).map(|lines| lines.join(" "))
            }
            _ => None,
        };
        if ar.is_some() && en.is_none() {
            self.warnings.push(WarningCode::TitleNotTranslated.at(None, "the title has no English"));
        }
        Bilingual { ar, en }
    }

    /// A title beside the text has no recorded spans, so its English has no quotation marks.
    fn given_title(&mut self, arabic: &str, source: &Source) -> Option<String> {
        let English { text, mut flags, .. } = self.english(source);
        let english = without_marks(&text?).0;
        flags.extend(verify::sentence_flags(arabic, &english));
        if !flags.is_empty() {
            let names: Vec<String> = flags.iter().map(flag_name).collect();
            let message = format!("the English of the title: {}", names.join(", "));
            self.warnings.push(WarningCode::TitleFlagged.at(None, message));
        }
        Some(english)
    }

    fn quote(&mut self, index: usize, quote: &Attribution) -> QuoteRecord {
        let pieces = self.input.units.quotes.get(index).map_or(&[][..], Vec::as_slice);
        let sentences = self.sentences_of(quote);
        let en = self.english_of(pieces);
        let verbatim = verify::is_verbatim(&self.input.article.text, quote);
        let first = sentences.first().copied();
        if !verbatim {
            let message = format!("{}: the recorded words are not those of the article", quote.id);
            self.warnings.push(WarningCode::QuoteNotVerbatim.at(first, message));
        }
        if en.is_none() && quote.r#type != AttributionType::Indirect {
            self.warnings.push(WarningCode::QuoteNotTranslated.at(first, format!("{} has no English", quote.id)));
        }
        if quote.speaker.is_none() {
            let reason = quote.speaker_reason.as_deref().unwrap_or("no reason is recorded");
            self.warnings.push(WarningCode::QuoteUnattributed.at(first, format!("{}: {reason}", quote.id)));
        }
        let speaker_en = self.speaker(quote);
        let checks = QuoteChecks {
            verbatim: Some(verbatim),
            balanced: en.as_ref().map(|en| self.is_balanced(en)),
            numbers: en.as_ref().map(|en| verify::numbers::compare(&self.arabic_of(pieces), &en.text).agree()),
            names: quote
                .speaker
                .as_ref()
                .zip(speaker_en.as_ref())
                .and_then(|(speaker, english)| verify::names::speaker_is_named(speaker, &english.text)),
        };
        QuoteRecord { attribution: quote.clone(), sentences, en, speaker_en, checks }
    }

    /// Ids of the sentences that the record's words stand in.
    fn sentences_of(&self, quote: &Attribution) -> Vec<u32> {
        let whole = [quote.content.span()];
        let spans = if quote.spans.is_empty() { &whole[..] } else { &quote.spans };
        let holds = |sentence: &&Sentence| spans.iter().any(|span| sentence.span.intersection(*span).is_some());
        self.input.sentences.iter().filter(holds).map(|sentence| sentence.id).collect()
    }

    fn arabic_of(&self, pieces: &[PieceAt]) -> String {
        let words: Vec<&str> = pieces
            .iter()
            .map(|at| self.input.units.sentences[at.sentence].pieces[at.piece].span.slice(&self.input.article.text))
            .collect();
        words.join(" ")
    }

    fn english_of(&self, pieces: &[PieceAt]) -> Option<QuoteEnglish> {
        let mut texts: Vec<String> = Vec::with_capacity(pieces.len());
        let mut found: Vec<EnglishPiece> = Vec::new();
        let mut aligned = false;
        for at in pieces {
            let projection = &self.projections[at.sentence];
            if let Some(Located { range, method }) = &projection.pieces[at.piece] {
                texts.push(projection.text[range.clone()].to_owned());
                found.push(EnglishPiece { sentence: self.records[at.sentence].id, start: range.start, end: range.end });
                aligned |= *method == ProjectionMethod::Alignment;
            } else {
                texts.push(self.retranslated(*at)?);
            }
        }
        if texts.is_empty() {
            return None;
        }
        let first = found.first().copied().filter(|_| found.len() == pieces.len());
        let method = match first {
            None => ProjectionMethod::Retranslated,
            Some(_) if aligned => ProjectionMethod::Alignment,
            Some(_) => ProjectionMethod::Marks,
        };
        Some(QuoteEnglish {
            text: texts.join(" "),
            sentence: first.map(|piece| piece.sentence),
            start: first.map(|piece| piece.start),
            end: first.map(|piece| piece.end),
            method,
            pieces: found,
        })
    }

    /// The piece's words translated alone, without marks. A full stop that only the English has goes.
    fn retranslated(&self, at: PieceAt) -> Option<String> {
        let piece = &self.input.units.sentences[at.sentence].pieces[at.piece];
        let english = without_marks(&self.english(&piece.words).text?).0;
        let arabic = piece.span.slice(&self.input.article.text);
        let bare = match english.strip_suffix('.') {
            Some(bare) if !arabic.ends_with(['.', '…']) && !bare.ends_with('.') => bare,
            _ => &english,
        };
        bare.chars().any(char::is_alphanumeric).then(|| bare.to_owned())
    }

    fn is_balanced(&self, en: &QuoteEnglish) -> bool {
        let sentence_is = |piece: &EnglishPiece| {
            self.records.iter().zip(&self.projections).filter(|(record, _)| record.id == piece.sentence).all(
                |(record, projection)| {
                    let recorded: Vec<Range<usize>> =
                        projection.pieces.iter().flatten().map(|located| located.range.clone()).collect();
                    record.en.as_deref().is_some_and(|english| verify::marks_are_recorded(english, &recorded))
                },
            )
        };
        // Marks inside the words are those of a piece within; words translated alone have none.
        let inside = en.method != ProjectionMethod::Retranslated
            || !en.pieces.is_empty()
            || !en.text.chars().any(|c| c != '\'' && is_mark(c));
        inside && en.pieces.iter().all(sentence_is)
    }

    fn speaker(&self, quote: &Attribution) -> Option<SpeakerEnglish> {
        let speaker = quote.speaker.as_ref()?;
        let source = self.input.units.speaker(&speaker.id)?;
        let English { text, mut flags, .. } = self.english(source);
        let text = without_marks(&text?).0;
        let text = text.trim_end_matches(['.', ',', ':', ';']).trim();
        if !text.chars().any(char::is_alphanumeric) {
            return None;
        }
        flags.extend(has_arabic_letter(text).then_some(Flag::ArabicLeftover));
        let misnamed = verify::names::speaker_is_named(speaker, text) == Some(false);
        flags.extend(misnamed.then_some(Flag::NameMismatch));
        flags.sort_unstable();
        flags.dedup();
        Some(SpeakerEnglish { text: text.to_owned(), method: SpeakerMethod::Translation, flags })
    }

    /// One warning for each speaker without an English name.
    fn warn_about_speakers(&mut self) {
        for (id, _) in &self.input.units.speakers {
            let said = |quote: &&Attribution| quote.speaker.as_ref().is_some_and(|speaker| speaker.id == *id);
            let Some(quote) = self.input.extraction.attributions.iter().find(said) else { continue };
            if self.speaker(quote).is_none() {
                let message = format!("speaker {id} has no English name");
                self.warnings.push(WarningCode::SpeakerNotTranslated.at(None, message));
            }
        }
    }
}

/// Where the middle of `piece` stands in `sentence`, from 0 to 1.
fn middle(piece: Span, sentence: Span) -> f64 {
    let doubled = (piece.start - sentence.start) + (piece.end - sentence.start);
    doubled as f64 / (2 * sentence.len().max(1)) as f64
}

/// The flag as it is written in records.
fn flag_name(flag: &Flag) -> String {
    serde_json::to_value(flag).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::portable_path;

    #[test]
    fn no_absolute_path_is_told() {
        let table = [
            ("in/a.txt", "a", "in/a.txt"),
            ("/data/in/a.txt", "a", "a.txt"),
            ("/data/in/asia/a.txt", "asia/a", "asia/a.txt"),
            ("/data/feed.jsonl:12", "feed/000012", "data/feed.jsonl:12"),
        ];
        let wrong: Vec<_> = table
            .iter()
            .map(|(path, id, told)| (portable_path(path, id), told))
            .filter(|(is, told)| is != *told)
            .collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}
