//! What changes the scores of the next token, in the order of transformers' `_get_logits_processor`.

use super::GenerationSettings;

/// Scores of one row, as far as processors go: each touches few of them.
pub(super) trait Scores {
    /// Replaces the score of `id`. Ids were checked against the vocabulary when the settings were read, or came out of
    /// it.
    fn change(&mut self, id: u32, change: impl Fn(f32) -> f32);

    /// Zero for `ids`, minus infinity for all others.
    fn force(&mut self, ids: &[u32]);

    /// Scores to log-probabilities.
    fn normalize(&mut self);

    /// Minus infinity for `id`.
    fn ban(&mut self, id: u32) {
        self.change(id, |_| f32::NEG_INFINITY);
    }
}

/// Changes one row of scores given the sequence so far (decoder start included).
pub(super) fn apply(settings: &GenerationSettings, ids: &[u32], scores: &mut impl Scores) {
    if settings.repetition_penalty != 1.0 {
        penalize_repetition(settings.repetition_penalty, ids, scores);
    }
    if settings.no_repeat_ngram_size > 0 {
        ban_repeated(settings.no_repeat_ngram_size, ids, scores);
    }
    for word in &settings.bad_words {
        // A word that is the end alone stays allowed.
        let is_end = matches!(word.as_slice(), [id] if settings.is_end(*id));
        if let Some((last, before)) = word.split_last()
            && !is_end
            && ids.ends_with(before)
        {
            scores.ban(*last);
        }
    }
    if ids.len() < settings.min_length {
        settings.end.iter().for_each(|&id| scores.ban(id));
    }
    if let Some(id) = settings.forced_bos
        && ids.len() == 1
    {
        scores.force(&[id]);
    }
    if !settings.forced_eos.is_empty() && ids.len() + 1 == settings.max_length {
        scores.force(&settings.forced_eos);
    }
    settings.suppress.iter().for_each(|&id| scores.ban(id));
    if ids.len() == if settings.forced_bos.is_some() { 2 } else { 1 } {
        settings.begin_suppress.iter().for_each(|&id| scores.ban(id));
    }
    if settings.renormalize {
        scores.normalize();
    }
}

fn penalize_repetition(penalty: f32, ids: &[u32], scores: &mut impl Scores) {
    for (index, &id) in ids.iter().enumerate() {
        if !ids[..index].contains(&id) {
            scores.change(id, |score| if score < 0.0 { score * penalty } else { score / penalty });
        }
    }
}

/// Bans what would complete a sequence of `size` tokens that was there before.
fn ban_repeated(size: usize, ids: &[u32], scores: &mut impl Scores) {
    if ids.len() + 1 < size {
        return;
    }
    let last = &ids[ids.len() + 1 - size..];
    for window in ids.windows(size) {
        if let Some((next, before)) = window.split_last()
            && before == last
        {
            scores.ban(*next);
        }
    }
}
