//! How sure a record is, from 0 to 1, and what it rests on.

use super::assemble::Draft;
use super::cues::CueKind;
use super::introducers::Introducer;
use super::record::{AttributionType, SpeakerHow};
use super::resolve::Evidence;

/// Confidence and the reasons for it.
pub(super) fn confidence(draft: &Draft) -> (f64, Vec<String>) {
    let mut reasons = Vec::new();
    let mut score: f64 = match (draft.r#type, draft.introducer) {
        (AttributionType::Direct, Some(Introducer::Colon)) => {
            reason(&mut reasons, 0.98, "cue before a colon and marks")
        }
        (AttributionType::Direct, Some(Introducer::Mark)) if draft.kind == Some(CueKind::After) => {
            reason(&mut reasons, 0.95, "cue behind the marks")
        }
        (AttributionType::Direct, Some(Introducer::Mark)) => reason(&mut reasons, 0.94, "cue before the marks"),
        (AttributionType::Direct, Some(_)) => reason(&mut reasons, 0.96, "marks around the whole clause"),
        (AttributionType::Direct, None) => reason(&mut reasons, 0.85, "quotation without cue behind another"),
        (AttributionType::Mixed, Some(Introducer::Fragment)) => reason(&mut reasons, 0.93, "marked words with the cue"),
        (AttributionType::Mixed, _) if draft.words >= 4 => {
            reason(&mut reasons, 0.95, "marked words inside reported speech")
        }
        (AttributionType::Mixed, _) => reason(&mut reasons, 0.93, "a few marked words inside reported speech"),
        (AttributionType::Indirect, Some(Introducer::Clause)) => reason(&mut reasons, 0.92, "clause behind the cue"),
        (AttributionType::Indirect, Some(Introducer::Colon)) => reason(&mut reasons, 0.85, "words behind a colon"),
        (AttributionType::Indirect, _) => reason(&mut reasons, 0.75, "noun phrase or sentence with a source"),
    };
    score *= match draft.speaker {
        None => reason(&mut reasons, 0.6, "no speaker"),
        Some((_, SpeakerHow::Named, Evidence::Beside)) => reason(&mut reasons, 1.0, "name or noun phrase is subject"),
        Some((_, _, Evidence::Beside)) => reason(&mut reasons, 0.98, "short mention, fuller one elsewhere"),
        Some((_, _, Evidence::Anaphor)) => reason(&mut reasons, 0.9, "pronoun or its like"),
        Some((_, _, Evidence::MainVerb)) => reason(&mut reasons, 0.97, "speaker of the main verb"),
        Some((_, _, Evidence::LastSpeaker)) => reason(&mut reasons, 0.95, "subject dropped, the last speaker goes on"),
        Some((_, _, Evidence::LastSpeakerFar)) => {
            reason(&mut reasons, 0.85, "subject dropped, the last speaker, some way back")
        }
        Some((_, _, Evidence::SameSentence)) => reason(&mut reasons, 0.9, "subject dropped, that of the verb before"),
    };
    if draft.unclosed {
        score *= reason(&mut reasons, 0.85, "closing mark missing");
    }
    ((score * 100.0).round() / 100.0, reasons)
}

fn reason(reasons: &mut Vec<String>, factor: f64, words: &str) -> f64 {
    reasons.push(words.to_owned());
    factor
}
