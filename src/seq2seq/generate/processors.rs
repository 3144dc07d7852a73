//! What changes the scores of the next token, in the order of transformers' `_get_logits_processor`.

use super::GenerationSettings;

/// Changes one row of scores given the sequence so far (decoder start included).
pub(super) fn apply(settings: &GenerationSettings, ids: &[u32], scores: &mut [f32]) {
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
            ban(scores, *last);
        }
    }
    if ids.len() < settings.min_length {
        settings.end.iter().for_each(|&id| ban(scores, id));
    }
    if let Some(id) = settings.forced_bos
        && ids.len() == 1
    {
        force(scores, &[id]);
    }
    if !settings.forced_eos.is_empty() && ids.len() + 1 == settings.max_length {
        force(scores, &settings.forced_eos);
    }
    settings.suppress.iter().for_each(|&id| ban(scores, id));
    if ids.len() == if settings.forced_bos.is_some() { 2 } else { 1 } {
        settings.begin_suppress.iter().for_each(|&id| ban(scores, id));
    }
    if settings.renormalize {
        log_softmax(scores);
    }
}

/// Scores to log-probabilities.
pub(super) fn log_softmax(scores: &mut [f32]) {
    let shift = log_sum_exp(scores);
    scores.iter_mut().for_each(|score| *score -= shift);
}

/// Logarithm of the sum of exponentials.
pub(super) fn log_sum_exp(scores: &[f32]) -> f32 {
    let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if !largest.is_finite() {
        return 0.0;
    }
    // Blocks in f32, their sums in f64: exact enough, and the same whatever stands in the other rows.
    let sum: f64 =
        scores.chunks(256).map(|block| f64::from(block.iter().map(|s| (s - largest).exp()).sum::<f32>())).sum();
    largest + sum.ln() as f32
}

/// Ids were checked against the vocabulary when the settings were read, or came out of it.
fn ban(scores: &mut [f32], id: u32) {
    scores[id as usize] = f32::NEG_INFINITY;
}

fn force(scores: &mut [f32], ids: &[u32]) {
    scores.fill(f32::NEG_INFINITY);
    ids.iter().for_each(|&id| scores[id as usize] = 0.0);
}

fn penalize_repetition(penalty: f32, ids: &[u32], scores: &mut [f32]) {
    for (index, &id) in ids.iter().enumerate() {
        if ids[..index].contains(&id) {
            continue;
        }
        let score = &mut scores[id as usize];
        *score = if *score < 0.0 { *score * penalty } else { *score / penalty };
    }
}

/// Bans what would complete a sequence of `size` tokens that was there before.
fn ban_repeated(size: usize, ids: &[u32], scores: &mut [f32]) {
    if ids.len() + 1 < size {
        return;
    }
    let last = &ids[ids.len() + 1 - size..];
    for window in ids.windows(size) {
        if let Some((next, before)) = window.split_last()
            && before == last
        {
            ban(scores, *next);
        }
    }
}
