//! What a run has done so far, counted from the pipeline's events; shown by [`super::progress`], written by
//! [`super::run_facts`].

use crate::pipeline::{Event, Outcome};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Failures and skips told one by one in the closing summary; the rest is counted.
pub const SHOWN: usize = 20;
/// Slowest articles told.
const SLOWEST: usize = 5;

/// An input that was not briefed, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The input as the user named it.
    pub path: String,
    /// Why.
    pub text: String,
    /// What mends it.
    pub hint: Option<String>,
}

/// An article and what the model needed for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Slow {
    /// The input as the user named it.
    pub path: String,
    /// Time of the model.
    pub seconds: f64,
    /// Words of the article.
    pub words: usize,
}

/// See the module.
#[derive(Debug)]
pub struct Tally {
    started: Instant,
    /// When the model began to work.
    model_since: Option<Instant>,
    /// Articles expected, if known; those of other shards are taken off as they are met.
    pub total: Option<usize>,
    /// Texts for the model, of all articles read so far.
    pub texts_queued: usize,
    /// Of these, back or known.
    pub texts_done: usize,
    /// Texts that the model translated.
    pub texts_decoded: usize,
    /// Tokens of their sources.
    pub tokens_in: usize,
    /// Tokens that the model wrote.
    pub tokens_out: usize,
    /// Time that it took.
    pub model_seconds: f64,
    /// Briefings written.
    pub briefed: usize,
    /// Words of these articles.
    pub words: usize,
    /// Briefings with warnings.
    pub with_warnings: usize,
    /// Formats made from the JSON.
    pub rendered: usize,
    /// Nothing to do.
    pub up_to_date: usize,
    /// By kind.
    pub skipped: BTreeMap<String, usize>,
    /// By kind, those of earlier runs included.
    pub failed: BTreeMap<String, usize>,
    /// Of these, failed in earlier runs and not tried again.
    pub failed_before: usize,
    /// The first ones.
    pub skips: Vec<Note>,
    /// The first ones.
    pub failures: Vec<Note>,
    /// The slowest articles, slowest first.
    pub slowest: Vec<Slow>,
}

impl Tally {
    /// `total`: how many articles there are, if that is known.
    pub fn new(total: Option<usize>) -> Self {
        Self {
            started: Instant::now(),
            model_since: None,
            total,
            texts_queued: 0,
            texts_done: 0,
            texts_decoded: 0,
            tokens_in: 0,
            tokens_out: 0,
            model_seconds: 0.0,
            briefed: 0,
            words: 0,
            with_warnings: 0,
            rendered: 0,
            up_to_date: 0,
            skipped: BTreeMap::new(),
            failed: BTreeMap::new(),
            failed_before: 0,
            skips: Vec::new(),
            failures: Vec::new(),
            slowest: Vec::new(),
        }
    }

    /// Takes one event of the pipeline.
    pub fn observe(&mut self, event: Event) {
        match event {
            Event::Queued { units } => self.texts_queued += units,
            Event::Translated { units } => self.texts_done += units,
            Event::Batch(done) => {
                let began = Instant::now().checked_sub(Duration::from_secs_f64(done.seconds));
                self.model_since.get_or_insert(began.unwrap_or(self.started));
                self.texts_decoded += done.units;
                self.tokens_in += done.tokens_in;
                self.tokens_out += done.tokens_out;
                self.model_seconds += done.seconds;
            }
            Event::Ended { path, outcome } => self.end(path, outcome),
            Event::Quiet => {}
        }
    }

    fn end(&mut self, path: String, outcome: Outcome) {
        match outcome {
            Outcome::Briefed { warnings, work } => {
                self.briefed += 1;
                self.words += work.words;
                self.with_warnings += usize::from(warnings > 0);
                self.add_slow(Slow { path, seconds: work.model_seconds, words: work.words });
            }
            Outcome::Rendered => self.rendered += 1,
            Outcome::UpToDate => self.up_to_date += 1,
            Outcome::OtherShard => self.total = self.total.map(|total| total.saturating_sub(1)),
            Outcome::Skipped { kind, reason } => {
                *self.skipped.entry(kind.to_owned()).or_default() += 1;
                if self.skips.len() < SHOWN {
                    self.skips.push(Note { path, text: reason, hint: None });
                }
            }
            Outcome::FailedBefore { kind, message } => {
                self.failed_before += 1;
                let hint = "it failed in an earlier run and was not tried again; --retry-failed tries it";
                self.add_failure(kind, Note { path, text: message, hint: Some(hint.into()) });
            }
            Outcome::Failed { kind, message, hint } => {
                self.add_failure(kind.into_owned(), Note { path, text: message, hint });
            }
        }
    }

    fn add_failure(&mut self, kind: String, note: Note) {
        *self.failed.entry(kind).or_default() += 1;
        if self.failures.len() < SHOWN {
            self.failures.push(note);
        }
    }

    fn add_slow(&mut self, article: Slow) {
        let place = self.slowest.partition_point(|other| other.seconds >= article.seconds);
        if place < SLOWEST && article.seconds > 0.0 {
            self.slowest.insert(place, article);
            self.slowest.truncate(SLOWEST);
        }
    }

    /// Inputs dealt with.
    pub fn ended(&self) -> usize {
        self.briefed + self.rendered + self.up_to_date + self.skipped_count() + self.failed_count()
    }

    /// Inputs that failed, now or before.
    pub fn failed_count(&self) -> usize {
        self.failed.values().sum()
    }

    /// Inputs that were left out.
    pub fn skipped_count(&self) -> usize {
        self.skipped.values().sum()
    }

    /// Nothing had to be written.
    pub fn nothing_to_do(&self) -> bool {
        self.briefed + self.rendered == 0 && self.failed_count() == 0
    }

    /// Since the run began.
    pub fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// Tokens written a second since the model began; `None` before.
    pub fn tokens_per_second(&self) -> Option<f64> {
        let seconds = self.model_since?.elapsed().as_secs_f64();
        (seconds > 0.0).then(|| self.tokens_out as f64 / seconds)
    }

    /// Articles briefed a second since the model began; `None` before the first.
    pub fn articles_per_second(&self) -> Option<f64> {
        let seconds = self.model_since?.elapsed().as_secs_f64();
        (self.briefed > 0 && seconds > 0.0).then(|| self.briefed as f64 / seconds)
    }

    /// How long the rest takes if it is like what was briefed so far; `None` where that is not known.
    pub fn seconds_left(&self) -> Option<f64> {
        let left = self.total?.saturating_sub(self.ended());
        Some(left as f64 / self.articles_per_second()?)
    }
}

/// `3 skipped (not_arabic 2, unknown_type 1)`.
pub fn kinds(what: &str, counts: &BTreeMap<String, usize>) -> String {
    let total: usize = counts.values().sum();
    if total == 0 {
        return format!("0 {what}");
    }
    let list: Vec<_> = counts.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    format!("{total} {what} ({})", list.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Work;

    fn end(path: &str, outcome: Outcome) -> Event {
        Event::Ended { path: path.into(), outcome }
    }

    #[test]
    fn outcomes_are_counted_by_kind() {
        let mut tally = Tally::new(Some(6));
        let work = Work { words: 7, model_seconds: 1.0 };
        tally.observe(end("a", Outcome::Briefed { warnings: 1, work }));
        tally.observe(end("b", Outcome::Skipped { kind: "not_arabic", reason: "it is French".into() }));
        tally.observe(end("c", Outcome::Skipped { kind: "not_arabic", reason: "it is French".into() }));
        tally.observe(end("d", Outcome::Failed { kind: "empty".into(), message: "no text".into(), hint: None }));
        tally.observe(end("e", Outcome::FailedBefore { kind: "empty".into(), message: "no text".into() }));
        tally.observe(end("f", Outcome::OtherShard));
        assert_eq!((tally.ended(), tally.total, tally.failed_count(), tally.failed_before), (5, Some(5), 2, 1));
        assert_eq!(kinds("skipped", &tally.skipped), "2 skipped (not_arabic 2)");
        assert_eq!(tally.words, 7);
    }

    #[test]
    fn the_slowest_are_kept_in_order() {
        let mut tally = Tally::new(None);
        for seconds in [1.0, 5.0, 3.0, 0.0, 9.0, 2.0, 4.0, 8.0] {
            let work = Work { words: 1, model_seconds: seconds };
            tally.observe(end("x", Outcome::Briefed { warnings: 0, work }));
        }
        let seconds: Vec<_> = tally.slowest.iter().map(|slow| slow.seconds).collect();
        assert_eq!(seconds, [9.0, 8.0, 5.0, 4.0, 3.0]);
    }
}
