//! Greedy decoding of one text: next tokens, their log-probabilities, where to stop, and the guard against loops.

use super::tokenizer::Tokenizer;
use crate::translate::Cancel;

/// What decoding needs of a model; a fake in tests.
pub trait NextToken {
    /// Adds `ids` to the context and gives the logits for the next token.
    ///
    /// # Errors
    /// Whatever the device says.
    fn logits(&mut self, ids: &[u32]) -> candle_core::Result<Vec<f32>>;
}

/// When decoding ends.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Most tokens to decode.
    pub max_new_tokens: usize,
    /// Tokens that end an output. (A line end does too.)
    pub stop_ids: Vec<u32>,
}

/// Why decoding ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// An end token or a line end.
    End,
    /// The most tokens were decoded.
    Length,
    /// A loop; what was decoded of it after its first round is cut off.
    Loop,
}

/// A decoded text.
#[derive(Debug, Clone, PartialEq)]
pub struct Generated {
    /// Tokens, the one that ended it included.
    pub ids: Vec<u32>,
    /// The text up to the first line end.
    pub text: String,
    /// Mean natural logarithm of the tokens' probabilities; `None` without tokens.
    pub score: Option<f32>,
    /// Why it ended.
    pub stop: Stop,
}

/// Decoding gave no text.
#[derive(Debug)]
pub enum GenerateError {
    /// [`Cancel`] was set.
    Cancelled,
    /// The model failed.
    Model(candle_core::Error),
}

impl From<candle_core::Error> for GenerateError {
    fn from(error: candle_core::Error) -> Self {
        GenerateError::Model(error)
    }
}

/// Decodes after `prompt`, always taking the likeliest token (the lowest id among equals).
///
/// # Errors
/// [`GenerateError`].
pub fn greedy(
    model: &mut impl NextToken,
    tokenizer: &Tokenizer,
    prompt: &[u32],
    limits: &Limits,
    cancel: &Cancel,
) -> Result<Generated, GenerateError> {
    let mut ids: Vec<u32> = Vec::new();
    let mut log_probabilities: Vec<f32> = Vec::new();
    let mut stop = Stop::Length;
    while ids.len() < limits.max_new_tokens {
        if cancel.is_cancelled() {
            return Err(GenerateError::Cancelled);
        }
        let logits = model.logits(if ids.is_empty() { prompt } else { &ids[ids.len() - 1..] })?;
        let (id, log_probability) = likeliest(&logits)
            .ok_or_else(|| candle_core::Error::Msg(format!("token {} has no finite logit", ids.len())))?;
        ids.push(id);
        log_probabilities.push(log_probability);
        if limits.stop_ids.contains(&id) || tokenizer.bytes(id).contains(&b'\n') {
            stop = Stop::End;
            break;
        }
        if let Some(kept) = loop_end_of_first_round(&ids) {
            ids.truncate(kept);
            log_probabilities.truncate(kept);
            stop = Stop::Loop;
            break;
        }
    }
    let decoded = tokenizer.decode(&ids);
    let text = decoded.split('\n').next().unwrap_or_default().to_owned();
    let score = (!ids.is_empty()).then(|| log_probabilities.iter().sum::<f32>() / log_probabilities.len() as f32);
    Ok(Generated { ids, text, score, stop })
}

/// The index of the highest logit and the natural logarithm of its probability; `None` if no logit is finite.
pub fn likeliest(logits: &[f32]) -> Option<(u32, f32)> {
    let mut best: Option<(usize, f32)> = None;
    for (index, &logit) in logits.iter().enumerate() {
        if logit.is_finite() && best.is_none_or(|(_, highest)| logit > highest) {
            best = Some((index, logit));
        }
    }
    let (index, highest) = best?;
    let sum: f64 =
        logits.iter().filter(|logit| logit.is_finite()).map(|logit| f64::from((logit - highest).exp())).sum();
    Some((u32::try_from(index).ok()?, -(sum.ln() as f32)))
}

/// Longest round of a loop that is looked for, in tokens.
const LONGEST_ROUND: usize = 48;

/// If `ids` end in a loop (the same round several times over), where its first round ends.
///
/// Short rounds need more repetitions: `1,000,000,000` and `!!!!` are no loops.
fn loop_end_of_first_round(ids: &[u32]) -> Option<usize> {
    (1..=LONGEST_ROUND).find_map(|round| {
        let rounds = 4 + 8 / round;
        let start = ids.len().checked_sub(rounds * round)?;
        let tail = &ids[start..];
        let loops = tail[round..].iter().zip(tail).all(|(later, earlier)| later == earlier);
        loops.then_some(start + round)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn loops() {
        let repeat = |round: &[u32], times: usize| round.repeat(times);
        let rows = [
            ("nothing", vec![], None),
            ("no loop", (0..200).collect(), None),
            ("nine zeros of a number", repeat(&[7], 9), None),
            ("one token", repeat(&[7], 12), Some(1)),
            ("a sentence", [vec![1, 2], repeat(&[5, 6, 7, 8, 9, 10, 11, 12, 13], 4)].concat(), Some(11)),
            ("three times only", repeat(&[5, 6, 7, 8, 9, 10, 11, 12, 13], 3), None),
        ];
        let failures: Vec<_> =
            rows.iter().filter(|(_, ids, expected)| loop_end_of_first_round(ids) != *expected).collect();
        assert!(failures.is_empty(), "{failures:#?}");
    }

    proptest! {
        #[test]
        fn log_probability_is_that_of_the_softmax(logits in prop::collection::vec(-20f32..20.0, 1..50)) {
            let (id, log_probability) = likeliest(&logits).unwrap();
            let sum: f64 = logits.iter().map(|&logit| f64::from(logit).exp()).sum();
            let expected = f64::from(logits[id as usize]) - sum.ln();
            prop_assert!((f64::from(log_probability) - expected).abs() < 1e-4);
            prop_assert!(logits.iter().all(|&logit| logit <= logits[id as usize]));
        }
    }

    #[test]
    fn logits_that_are_no_numbers() {
        assert_eq!(likeliest(&[f32::NAN, f32::NEG_INFINITY]), None);
        assert_eq!(likeliest(&[f32::NAN, 1.0]), Some((1, 0.0)));
        assert_eq!(likeliest(&[]), None);
    }
}
