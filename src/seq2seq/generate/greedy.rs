//! Greedy search: transformers' `_sample` without sampling.

use super::candidates::{SparseRow, touched};
use super::processors::apply;
use super::{Decoder, GenerateError, GenerationSettings, Sequence};
use crate::translate::Cancel;

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
        let named: Vec<Vec<u32>> = rows.iter().map(|row| touched(settings, &row.ids)).collect();
        let answers = decoder.step(&last, &named, 1)?;
        let mut chosen = Vec::with_capacity(rows.len());
        for ((answer, named), row) in answers.into_iter().zip(&named).zip(&rows) {
            let mut scores = SparseRow::new(answer, named);
            apply(settings, &row.ids, &mut scores);
            let sum = scores.log_sum_exp();
            if sum.is_nan() {
                return Err(GenerateError::NotANumber);
            }
            chosen.extend(scores.best(1, decoder.vocabulary()).iter().map(|best| (best.id, best.score - sum)));
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
