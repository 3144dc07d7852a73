//! The schedule: which units go to the translator together, and when.
//!
//! Requests (all units of one article each) come in through a bounded channel. A bounded *window* of them is open
//! at a time; its distinct, not yet known units are cut into batches of the size the engine prefers (longest first
//! where the engine decodes a batch in step) and translated. A request is answered as soon as its last unit is back. A
//! batch that does not fit into memory is halved down to one unit before that unit fails.

use crate::border;
use crate::translate::store::{StoreError, TranslationStore, UnitResult};
use crate::translate::{BatchError, Cancel, LazyTranslator, Limits, LoadError, RowError, Translator, Unit};
use std::collections::HashMap;
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::Instant;
use thiserror::Error;

/// Batches of the preferred size in one window, for engines that decode in step.
const WINDOW_BATCHES: usize = 16;
/// Articles that are open at a time at most, however short.
const WINDOW_REQUESTS: usize = 1024;

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
    /// Time of the model for the units that this request was the first to ask for, as a share of their batches.
    pub model_seconds: f64,
}

/// What the schedule reports while it works.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum BatchStep {
    /// A batch goes to the model.
    Starting,
    /// It is back.
    Decoded,
    /// Its translations are in the store.
    Kept(BatchDone),
}

/// A batch that is back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BatchDone {
    /// Units of the batch.
    pub units: usize,
    /// Tokens of their sources.
    pub tokens_in: usize,
    /// Tokens decoded in it.
    pub tokens_out: usize,
    /// Time that the model took.
    pub seconds: f64,
}

/// Why the schedule stopped before the requests ended.
#[derive(Debug, Error)]
pub enum ScheduleError {
    /// The model could not be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The engine gave up, or the run was asked to stop.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// Translations can't be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A request whose units are not all back.
struct Open<T> {
    payload: T,
    results: Vec<Option<UnitResult>>,
    missing: usize,
    model_seconds: f64,
}

/// Answers `requests` until their senders are gone or `stop` is set: then the batch in flight is finished and kept,
/// what it completes is answered, and no further one is begun. The model is loaded at the first unit that needs it.
///
/// # Errors
/// [`ScheduleError`]; requests of the open window are not answered then. What was kept of them is not lost.
pub fn run<T>(
    requests: &Receiver<Request<T>>,
    responses: &SyncSender<Response<T>>,
    translator: &LazyTranslator,
    store: &mut dyn TranslationStore,
    stop: &Cancel,
    mut on_step: impl FnMut(BatchStep),
) -> Result<(), ScheduleError> {
    let mut window_units = 1;
    while let Ok(first) = requests.recv() {
        if stop.is_cancelled() {
            return Err(BatchError::Cancelled.into());
        }
        let mut window = Window::new();
        let mut next = Some(first);
        while let Some(request) = next {
            // What the store knows wholly goes on at once.
            if let Some(known) = window.admit(request, store)?
                && responses.send(known).is_err()
            {
                return Ok(());
            }
            let has_room = window.queued() < window_units && window.open.len() < WINDOW_REQUESTS;
            next = has_room.then(|| requests.try_recv().ok()).flatten();
        }
        if window.queued() == 0 {
            continue;
        }
        let engine = translator.get()?;
        let limits = engine.limits();
        window_units = limits.preferred_batch * if limits.in_step { WINDOW_BATCHES } else { 1 };
        for batch in window.batches(engine, limits) {
            if stop.is_cancelled() {
                return Err(BatchError::Cancelled.into());
            }
            on_step(BatchStep::Starting);
            let started = Instant::now();
            // A stop lets the batch in flight end: nothing of it would be lost but the time spent on it.
            let results = translate_halving(engine, &batch, &Cancel::new())?;
            let seconds = started.elapsed().as_secs_f64();
            on_step(BatchStep::Decoded);
            let tokens = |count: fn(&UnitResult) -> usize| results.iter().map(count).sum::<usize>();
            let done = BatchDone {
                units: batch.len(),
                tokens_in: tokens(|result| result.as_ref().map_or(0, |made| made.tokens_in)),
                tokens_out: tokens(|result| result.as_ref().map_or(0, |made| made.tokens_out)),
                seconds,
            };
            let batch: Vec<(Unit, UnitResult)> = batch.into_iter().zip(results).collect();
            for (unit, result) in &batch {
                window.deliver(unit, result, seconds * share(result, &done));
            }
            store.keep(batch)?;
            on_step(BatchStep::Kept(done));
            if !window.answer_finished(responses) {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// The part of a batch's time that one of its units is charged with: by tokens, or equally where none are known.
fn share(result: &UnitResult, done: &BatchDone) -> f64 {
    let all = done.tokens_in + done.tokens_out;
    if all == 0 {
        return 1.0 / done.units as f64;
    }
    result.as_ref().map_or(0, |made| made.tokens_in + made.tokens_out) as f64 / all as f64
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

    /// Opens a request, or answers it where the store knows all of its units.
    fn admit(
        &mut self,
        request: Request<T>,
        store: &mut dyn TranslationStore,
    ) -> Result<Option<Response<T>>, StoreError> {
        let request_index = self.open.len();
        let mut results = vec![None; request.units.len()];
        let mut missing = 0;
        for (unit_index, unit) in request.units.into_iter().enumerate() {
            if self.waiting.contains_key(&unit) {
                // In this window: no need to look.
            } else if let Some(known) = store.get(&unit)? {
                results[unit_index] = Some(known);
                continue;
            }
            missing += 1;
            let waiters = self.waiting.entry(unit.clone()).or_default();
            if waiters.is_empty() {
                self.queue.push(unit);
            }
            waiters.push((request_index, unit_index));
        }
        if missing == 0 {
            let results = results.into_iter().flatten().collect();
            return Ok(Some(Response { payload: request.payload, results, model_seconds: 0.0 }));
        }
        self.open.push(Some(Open { payload: request.payload, results, missing, model_seconds: 0.0 }));
        Ok(None)
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

    /// Gives a result to all that wait for it; the first of them is charged with the model's time.
    fn deliver(&mut self, unit: &Unit, result: &UnitResult, mut model_seconds: f64) {
        for (request, index) in self.waiting.remove(unit).unwrap_or_default() {
            if let Some(open) = &mut self.open[request] {
                open.results[index] = Some(result.clone());
                open.missing -= 1;
                open.model_seconds += std::mem::take(&mut model_seconds);
            }
        }
    }

    /// Sends every complete request on. False if nobody listens any more.
    fn answer_finished(&mut self, responses: &SyncSender<Response<T>>) -> bool {
        for slot in &mut self.open {
            if let Some(open) = slot.take_if(|open| open.missing == 0) {
                let results = open.results.into_iter().flatten().collect();
                let response = Response { payload: open.payload, results, model_seconds: open.model_seconds };
                if responses.send(response).is_err() {
                    return false;
                }
            }
        }
        true
    }
}

/// Translates a batch; where memory does not suffice or the engine panics, its halves.
///
/// # Errors
/// [`BatchError`] other than a lack of memory.
pub fn translate_halving(
    engine: &dyn Translator,
    units: &[Unit],
    cancel: &Cancel,
) -> Result<Vec<UnitResult>, BatchError> {
    let (row_error, why) = match border::caught(|| engine.translate(units, cancel)) {
        Ok(Ok(results)) if results.len() == units.len() => return Ok(results),
        Ok(Ok(results)) => {
            return Err(BatchError::Device {
                device: engine.info().device.clone(),
                message: format!("{} results for {} texts", results.len(), units.len()),
            });
        }
        Ok(Err(BatchError::OutOfMemory { device, message })) => {
            let why = format!("out of memory on {device}: {message}");
            (RowError::OutOfMemory { device, message }, why)
        }
        Ok(Err(other)) => return Err(other),
        Err(panic) => {
            let message = format!("the engine failed on it: {panic}");
            (RowError::Model(message.clone()), message)
        }
    };
    if units.len() <= 1 {
        return Ok(units.iter().map(|_| Err(row_error.clone())).collect());
    }
    log::warn!("{} texts, trying half of them: {why}", units.len());
    let (first, second) = units.split_at(units.len() / 2);
    let mut results = translate_halving(engine, first, cancel)?;
    results.extend(translate_halving(engine, second, cancel)?);
    Ok(results)
}

#[cfg(test)]
mod tests;
