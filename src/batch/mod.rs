//! The schedule: which units go to the translator together, and when.
//!
//! Requests (all units of one article each) come in through a bounded channel. A bounded *window* of them is open
//! at a time; its distinct, not yet known units are cut into batches of the size the engine prefers (longest first
//! where the engine decodes a batch in step) and translated. A request is answered as soon as its last unit is back. A batch that does not fit into
//! memory is halved down to one unit before that unit fails.

use crate::translate::store::{SentenceStore, UnitResult};
use crate::translate::{BatchError, Cancel, LazyTranslator, Limits, LoadError, RowError, Translator, Unit};
use std::collections::HashMap;
use std::sync::mpsc::{Receiver, SyncSender};
use thiserror::Error;

/// Batches of the preferred size in one window, for engines that decode in step.
const WINDOW_BATCHES: usize = 16;

/// All units of one article, with whatever the caller wants back beside their translations.
#[derive(Debug)]
pub struct Request<T> {
    /// Handed back untouched.
    pub payload: T,
    /// What to translate.
    pub units: Vec<Unit>,
}

/// The answer to a [`Request`].
#[derive(Debug)]
pub struct Response<T> {
    /// The request's payload.
    pub payload: T,
    /// One result for each of the request's units, in their order.
    pub results: Vec<UnitResult>,
}

/// What the schedule reports while it works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchDone {
    /// Units of the batch.
    pub units: usize,
    /// Tokens decoded in it.
    pub tokens_out: usize,
}

/// Why the schedule stopped before the requests ended.
#[derive(Debug, Error)]
pub enum ScheduleError {
    /// The model could not be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The engine gave up, or the run was cancelled.
    #[error(transparent)]
    Batch(#[from] BatchError),
}

/// A request whose units are not all back.
struct Open<T> {
    payload: T,
    results: Vec<Option<UnitResult>>,
    missing: usize,
}

/// Answers `requests` until their senders are gone. The model is loaded at the first unit that needs it.
///
/// # Errors
/// [`ScheduleError`]; requests of the open window are lost then, nothing else is.
pub fn run<T>(
    requests: &Receiver<Request<T>>,
    responses: &SyncSender<Response<T>>,
    translator: &LazyTranslator,
    store: &mut SentenceStore,
    cancel: &Cancel,
    mut on_batch: impl FnMut(BatchDone),
) -> Result<(), ScheduleError> {
    let mut window_units = 1;
    while let Ok(first) = requests.recv() {
        if cancel.is_cancelled() {
            return Err(BatchError::Cancelled.into());
        }
        let mut window = Window::new();
        window.admit(first, store);
        while window.queued() < window_units {
            match requests.try_recv() {
                Ok(request) => window.admit(request, store),
                Err(_) => break,
            }
        }
        if window.queued() > 0 {
            let engine = translator.get()?;
            let limits = engine.limits();
            window_units = limits.preferred_batch * if limits.in_step { WINDOW_BATCHES } else { 1 };
            for batch in window.batches(engine, limits) {
                let results = translate_halving(engine, &batch, cancel)?;
                let tokens_out = results.iter().flatten().map(|t| t.tokens_out).sum();
                on_batch(BatchDone { units: batch.len(), tokens_out });
                for (unit, result) in batch.into_iter().zip(results) {
                    window.deliver(&unit, &result);
                    store.insert(unit, result);
                }
                if !window.answer_finished(responses) {
                    return Ok(());
                }
            }
        }
        if !window.answer_finished(responses) {
            return Ok(());
        }
    }
    Ok(())
}

/// Open requests and the distinct units that they wait for.
struct Window<T> {
    open: Vec<Option<Open<T>>>,
    /// Who waits for a unit: (request, index in the request).
    waiting: HashMap<Unit, Vec<(usize, usize)>>,
    /// The keys of `waiting` in the order of arrival.
    queue: Vec<Unit>,
}

impl<T> Window<T> {
    fn new() -> Self {
        Self { open: Vec::new(), waiting: HashMap::new(), queue: Vec::new() }
    }

    fn queued(&self) -> usize {
        self.queue.len()
    }

    fn admit(&mut self, request: Request<T>, store: &SentenceStore) {
        let request_index = self.open.len();
        let mut results = vec![None; request.units.len()];
        let mut missing = 0;
        for (unit_index, unit) in request.units.into_iter().enumerate() {
            if let Some(known) = store.get(&unit) {
                results[unit_index] = Some(known.clone());
                continue;
            }
            missing += 1;
            let waiters = self.waiting.entry(unit.clone()).or_default();
            if waiters.is_empty() {
                self.queue.push(unit);
            }
            waiters.push((request_index, unit_index));
        }
        self.open.push(Some(Open { payload: request.payload, results, missing }));
    }

    /// The queue, cut into batches. Engines that decode in step get the longest first, so that a batch holds similar
    /// lengths and a lack of memory shows at once; the others get the order of the articles, so that each article is
    /// finished early.
    fn batches(&mut self, engine: &dyn Translator, limits: Limits) -> Vec<Vec<Unit>> {
        let mut queue = std::mem::take(&mut self.queue);
        if limits.in_step {
            queue.sort_by_cached_key(|unit| std::cmp::Reverse(engine.count_tokens(&unit.text)));
        }
        queue.chunks(limits.preferred_batch.max(1)).map(<[Unit]>::to_vec).collect()
    }

    fn deliver(&mut self, unit: &Unit, result: &UnitResult) {
        for (request, index) in self.waiting.remove(unit).unwrap_or_default() {
            if let Some(open) = &mut self.open[request] {
                open.results[index] = Some(result.clone());
                open.missing -= 1;
            }
        }
    }

    /// Sends every complete request on. False if nobody listens any more.
    fn answer_finished(&mut self, responses: &SyncSender<Response<T>>) -> bool {
        for slot in &mut self.open {
            if let Some(open) = slot.take_if(|open| open.missing == 0) {
                let results = open.results.into_iter().flatten().collect();
                if responses.send(Response { payload: open.payload, results }).is_err() {
                    return false;
                }
            }
        }
        true
    }
}

/// Translates a batch; where memory does not suffice, its halves.
///
/// # Errors
/// [`BatchError`] other than a lack of memory.
pub fn translate_halving(
    engine: &dyn Translator,
    units: &[Unit],
    cancel: &Cancel,
) -> Result<Vec<UnitResult>, BatchError> {
    match engine.translate(units, cancel) {
        Err(BatchError::OutOfMemory { device, message }) if units.len() > 1 => {
            log::warn!("out of memory on {device} with {} texts, trying half of them: {message}", units.len());
            let (first, second) = units.split_at(units.len() / 2);
            let mut results = translate_halving(engine, first, cancel)?;
            results.extend(translate_halving(engine, second, cancel)?);
            Ok(results)
        }
        Err(error @ BatchError::OutOfMemory { .. }) => Ok(vec![Err(RowError::Model(error.to_string()))]),
        Ok(results) if results.len() != units.len() => Err(BatchError::Device {
            device: engine.info().device.clone(),
            message: format!("{} results for {} texts", results.len(), units.len()),
        }),
        other => other,
    }
}

#[cfg(test)]
mod tests;
