//! Beam search: transformers' `_beam_search`, source by source. There the loop goes on until the last source of the
//! batch is done, and a source that is done changes no more; here it leaves at once.

use super::candidates::{Candidate, SparseRow, touched};
use super::processors::{Scores, apply};
use super::{Decoder, EarlyStopping, GenerateError, GenerationSettings, Sequence};
use crate::translate::Cancel;

/// What transformers adds to rule a candidate out. It is finite there, and f32 swallows what it is added to.
const RULED_OUT: f32 = -1e9;

#[derive(Debug, Clone)]
struct Beam {
    ids: Vec<u32>,
    score: f32,
    /// Finished, and not a placeholder of a finished one.
    finished: bool,
}

/// The search for one source.
struct SourceSearch {
    source: usize,
    running: Vec<Beam>,
    /// Best first; placeholders where fewer are finished.
    finished: Vec<Beam>,
}

/// The outcome of a step for one source.
struct Advance {
    /// Which of the source's rows each running beam goes on from.
    parents: Vec<u32>,
    done: bool,
}

pub(super) fn search(
    decoder: &mut dyn Decoder,
    sources: usize,
    settings: &GenerationSettings,
    cancel: &Cancel,
) -> Result<Vec<Vec<Sequence>>, GenerateError> {
    let mut results = vec![Vec::new(); sources];
    let mut searches: Vec<SourceSearch> = (0..sources).map(|source| SourceSearch::new(source, settings)).collect();
    // All beams of a source start alike: the first step needs one row a source.
    let mut rows_each = 1;
    let candidates_kept = (1 + settings.end.len()).max(2) * settings.beams;
    while !searches.is_empty() {
        if cancel.is_cancelled() {
            return Err(GenerateError::Cancelled);
        }
        let rows: Vec<&Beam> = searches.iter().flat_map(|search| &search.running[..rows_each]).collect();
        let tokens: Vec<u32> = rows.iter().filter_map(|beam| beam.ids.last().copied()).collect();
        let named: Vec<Vec<u32>> = rows.iter().map(|beam| touched(settings, &beam.ids)).collect();
        let answers = decoder.step(&tokens, &named, candidates_kept)?;
        let mut best_of_rows = Vec::with_capacity(rows.len());
        for ((answer, named), beam) in answers.into_iter().zip(&named).zip(&rows) {
            let mut scores = SparseRow::new(answer, named);
            if scores.log_sum_exp().is_nan() {
                return Err(GenerateError::NotANumber);
            }
            scores.normalize();
            apply(settings, &beam.ids, &mut scores);
            best_of_rows.push(scores.best(candidates_kept, decoder.vocabulary()));
        }
        let mut row_choice = Vec::new();
        let mut source_choice = Vec::new();
        let mut going = Vec::with_capacity(searches.len());
        let count = searches.len();
        for (index, mut search) in searches.into_iter().enumerate() {
            let first_row = index * rows_each;
            let advance = search.advance(&best_of_rows[first_row..first_row + rows_each], candidates_kept, settings);
            if advance.done {
                let source = search.source;
                results[source] = search.into_sequences(settings);
            } else {
                row_choice.extend(advance.parents.iter().map(|parent| first_row as u32 + parent));
                source_choice.push(index as u32);
                going.push(search);
            }
        }
        if !going.is_empty() {
            let some_left = going.len() < count;
            decoder.select(&row_choice, some_left.then_some(source_choice.as_slice()))?;
        }
        searches = going;
        rows_each = settings.beams;
    }
    Ok(results)
}

impl SourceSearch {
    fn new(source: usize, settings: &GenerationSettings) -> Self {
        let placeholder = Beam { ids: Vec::new(), score: RULED_OUT, finished: false };
        let mut running = vec![Beam { ids: vec![settings.start], score: RULED_OUT, finished: false }; settings.beams];
        // Only the first counts in the first step, else all beams would choose the same tokens.
        running[0].score = 0.0;
        Self { source, running, finished: vec![placeholder; settings.beams] }
    }

    /// Takes the best continuations of each row. In the first step one row stands for all beams.
    fn advance(&mut self, rows: &[Vec<Candidate>], kept: usize, settings: &GenerationSettings) -> Advance {
        let beams = settings.beams;
        // Length with the new token.
        let length = self.running[0].ids.len() + 1;
        let mut candidates: Vec<(f32, usize, u32)> = Vec::with_capacity(beams * kept);
        for (beam, running) in self.running.iter().enumerate() {
            let row = &rows[beam.min(rows.len() - 1)];
            candidates.extend(row.iter().map(|candidate| (running.score + candidate.score, beam, candidate.id)));
        }
        // Stable: of equal scores the earlier beam and the lower id come first.
        candidates.sort_by(|a, b| b.0.total_cmp(&a.0));
        candidates.truncate(kept);
        let stops = |id: u32| settings.is_end(id) || length >= settings.max_length;
        let all_stop = candidates.iter().all(|&(_, _, id)| stops(id));
        let extended = |beam: usize, id: u32| {
            let mut ids = Vec::with_capacity(length + 1);
            ids.extend_from_slice(&self.running[beam].ids);
            ids.push(id);
            ids
        };

        let power = ((length - 1) as f64).powf(settings.length_penalty) as f32;
        let mut merged = self.finished.clone();
        for &(score, beam, id) in candidates.iter().take(beams).filter(|&&(_, _, id)| stops(id)) {
            merged.push(Beam { ids: extended(beam, id), score: score / power, finished: true });
        }
        merged.sort_by(|a, b| b.score.total_cmp(&a.score));
        merged.truncate(beams);

        let mut order: Vec<(f32, usize, u32)> = candidates
            .into_iter()
            .map(|(score, beam, id)| (if stops(id) { score + RULED_OUT } else { score }, beam, id))
            .collect();
        order.sort_by(|a, b| b.0.total_cmp(&a.0));
        order.truncate(beams);
        let parents = order.iter().map(|&(_, beam, _)| beam.min(rows.len() - 1) as u32).collect();
        let running =
            order.iter().map(|&(score, beam, id)| Beam { ids: extended(beam, id), score, finished: false }).collect();
        self.running = running;
        self.finished = merged;

        let full = self.finished.iter().all(|beam| beam.finished);
        let done = all_stop
            || (full && (settings.early_stopping == EarlyStopping::Full || !self.can_improve(length, settings)));
        Advance { parents, done }
    }

    /// `_check_early_stop_heuristic` for a source whose beams are all finished; before that anything can improve.
    fn can_improve(&self, length: usize, settings: &GenerationSettings) -> bool {
        let longest = settings.early_stopping == EarlyStopping::Never && settings.length_penalty > 0.0;
        let tokens = if longest { settings.max_length } else { length } - 1;
        let best_possible = self.running[0].score / (tokens as f64).powf(settings.length_penalty) as f32;
        let worst_finished = self.finished.iter().map(|beam| beam.score).fold(f32::INFINITY, f32::min);
        best_possible > worst_finished
    }

    fn into_sequences(self, settings: &GenerationSettings) -> Vec<Sequence> {
        let finished = self.finished.into_iter().filter(|beam| beam.finished).take(settings.n_best);
        finished.map(|beam| Sequence { ids: beam.ids, score: beam.score }).collect()
    }
}
