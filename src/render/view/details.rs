//! What the list of quotes and the foot of the page say.

use super::{CheckView, Fact, Pair, QuoteView, Shown, Speakers, english, name_notes, reference, speaker_name};
use crate::brief::{Briefing, QuoteRecord};
use crate::quotes::TextSpan;
use crate::render::words;
use std::borrow::Cow;

/// A quote as the list shows it; `position` is its place there, counted from 0.
pub fn quote_view<'b>(
    briefing: &'b Briefing,
    position: usize,
    quote: &'b QuoteRecord,
    speakers: &Speakers<'b>,
) -> QuoteView<'b> {
    let record = &quote.attribution;
    let parent = record.parent.as_ref().and_then(|id| {
        let position = briefing.quotes.iter().position(|quote| quote.attribution.id == *id)?;
        Some(reference(position, &briefing.quotes[position]))
    });
    let checks = [
        ("Arabic verbatim in the article", quote.checks.verbatim),
        ("English marks balanced", quote.checks.balanced),
        ("numbers agree", quote.checks.numbers),
        ("names agree", quote.checks.names),
    ];
    QuoteView {
        reference: reference(position, quote),
        colour: speakers.colour(record.speaker.as_ref()),
        kind: words::attribution_type(record.r#type),
        polarity_note: words::polarity_note(record.polarity),
        speaker: speaker_name(quote),
        words: Pair { en: english(quote.en.as_ref()), ar: Shown::words(record.content.text.as_str()) },
        sentences: &quote.sentences,
        parent,
        facts: quote_facts(quote),
        checks: checks
            .into_iter()
            .map(|(name, result)| CheckView {
                name,
                result: match result {
                    Some(true) => "passed",
                    Some(false) => "failed",
                    None => "not checked",
                },
            })
            .collect(),
        reasons: &record.reasons,
        notes: name_notes(quote).collect(),
    }
}

fn quote_facts(quote: &QuoteRecord) -> Vec<Fact<'_>> {
    let record = &quote.attribution;
    let arabic = |name, span: &'_ TextSpan| Fact {
        name: Cow::Borrowed(name),
        value: Shown::words(span.text.clone()),
        arabic: true,
    };
    let mut facts = Vec::new();
    if let Some(speaker) = &record.speaker {
        let how = format!("{}; {}", words::speaker_kind(speaker.kind), words::speaker_how(speaker.how));
        facts.push(Fact::english("Speaker found", Shown::words(how)));
        if let Some(mention) = speaker.mention.as_ref().filter(|mention| mention.text != speaker.text) {
            facts.push(arabic("Called here", mention));
        }
    }
    if let Some(en) = &quote.speaker_en {
        facts.push(Fact::english("English name", Shown::words(words::speaker_method(en.method))));
    }
    match &record.cue {
        Some(cue) => facts.push(arabic("Reporting words", cue)),
        None => facts.push(Fact::english("Reporting words", Shown::words("none: speech without a cue"))),
    }
    let circumstances =
        [("Medium", &record.medium), ("Addressee", &record.addressee), ("Occasion", &record.circumstance)];
    facts.extend(circumstances.iter().filter_map(|(name, span)| Some(arabic(name, span.as_ref()?))));
    let missing: Vec<&str> = circumstances.iter().filter(|(_, span)| span.is_none()).map(|(name, _)| *name).collect();
    if !missing.is_empty() {
        let name = Cow::Owned(missing.join(", "));
        facts.push(Fact { name, value: Shown::new(None, "not recorded"), arabic: false });
    }
    facts.push(Fact::english(
        "Arabic is a translation",
        Shown::new(record.translated_from.map(words::translated_from), "not looked at"),
    ));
    facts.push(Fact::english(
        "Confidence",
        match record.confidence {
            Some(confidence) => Shown::words(format!("{confidence:.2}")),
            None => Shown::new(None, "not estimated"),
        },
    ));
    if let Some(en) = &quote.en {
        facts.push(Fact::english("English words", Shown::words(words::projection(en.method))));
    }
    facts
}

/// What made the briefing.
pub fn signature(briefing: &Briefing) -> Vec<Fact<'_>> {
    let (article, signature) = (&briefing.article, &briefing.signature);
    let translator = &signature.translator;
    vec![
        Fact::english("Translation model", Shown::words(translator.model.as_str())),
        Fact::english("Revision", Shown::new(translator.revision.as_deref(), "a local file")),
        Fact::english("Weights SHA-256", Shown::new(translator.sha256.as_deref(), "not computed")),
        Fact::english("Number type", Shown::words(translator.dtype.as_str())),
        Fact::english("Decoding", Shown::words(translator.decoding.to_string())),
        Fact::english("Summarizer", Shown::words(signature.summarizer.to_string())),
        Fact::english("Quote rules", Shown::words(signature.rules.as_str())),
        Fact::english(
            "Glossary SHA-256",
            match &signature.glossary_sha256 {
                Some(hash) => Shown::words(hash.as_str()),
                None => Shown::words("none: no glossary"),
            },
        ),
        Fact::english("Settings SHA-256", Shown::words(signature.settings_sha256.as_str())),
        Fact::english("Text SHA-256", Shown::words(article.text_sha256.as_str())),
        Fact::english("Encoding of the file", Shown::words(article.encoding.as_str())),
        Fact::english(
            "Repeatable",
            Shown::words(if signature.deterministic {
                "yes: the same settings give the same bytes on the same kind of device"
            } else {
                "no: another run can give other words"
            }),
        ),
        Fact::english("Program", Shown::words(format!("mujaz {}", signature.tool))),
        Fact::english("Device", Shown::words(signature.device.as_str())),
        Fact::english("Schema", Shown::words(briefing.schema.as_str())),
    ]
}
