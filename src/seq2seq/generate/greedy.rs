//! Greedy search: transformers' `_sample` without sampling.

use super::processors::{apply, log_sum_exp};
use super::{Decoder, GenerateError, GenerationSettings, Sequence};
use crate::translate::Cancel;
use rayon::prelude::*;

struct Row {
    source: usize,
    ids: Vec<u32>,
    log_probability: f32,
}

pub(super) fn search(
    decoder: &mut dyn Decoder,
    sources: usize,
    settings: &GenerationSettings,
    cancel: &Cancel,
) -> Result<Vec<Vec<Sequence>>, GenerateError> {
    let mut results = vec![Vec::new(); sources];
    let start = |source| Row { source, ids: vec![settings.start], log_probability: 0.0 };
    let mut rows: Vec<Row> = (0..sources).map(start).collect();
    while !rows.is_empty() {
        if cancel.is_cancelled() {
            return Err(GenerateError::Cancelled);
        }
        let last: Vec<u32> = rows.iter().filter_map(|row| row.ids.last().copied()).collect();
        let mut logits = decoder.step(&last)?;
        let chosen: Vec<(u32, f32)> = logits
            .par_chunks_mut(decoder.vocabulary())
            .zip(&rows)
            .map(|(scores, row)| {
                apply(settings, &row.ids, scores);
                let (id, score) = largest(scores);
                (id, score - log_sum_exp(scores))
            })
            .collect();
        if chosen.iter().any(|(_, log_probability)| log_probability.is_nan()) {
            return Err(GenerateError::NotANumber);
        }
        let mut staying = Vec::with_capacity(rows.len());
        let mut going = Vec::with_capacity(rows.len());
        for ((index, mut row), (id, log_probability)) in rows.into_iter().enumerate().zip(chosen) {
            row.ids.push(id);
            row.log_probability += log_probability;
            if settings.is_end(id) || row.ids.len() >= settings.max_length {
                let score = row.log_probability / (row.ids.len() - 1) as f32;
                results[row.source] = vec![Sequence { ids: row.ids, score }];
            } else {
                staying.push(index as u32);
                going.push(row);
            }
        }
        if !going.is_empty() && going.len() < last.len() {
            decoder.select(&staying, Some(&staying))?;
        }
        rows = going;
    }
    Ok(results)
}

/// The first of the largest scores.
fn largest(scores: &[f32]) -> (u32, f32) {
    let mut found = (0, f32::NEG_INFINITY);
    for (id, &score) in scores.iter().enumerate() {
        if score > found.1 || score.is_nan() {
            found = (id as u32, score);
        }
    }
    found
}
