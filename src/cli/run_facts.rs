//! The facts of a run, beside the briefings and never in them: `run.json` when it ends, `status-I-of-N.json` while it
//! goes on, and the rate of this machine for the next dry run.

use super::rates;
use super::shard_status::{self, COMPLETE, RUNNING, STATUS_SCHEMA, StatusRecord};
use super::tally::Tally;
use crate::ledger::{JobStore, Ledger, Shard};
use crate::pipeline::RunEnd;
use crate::render::RenderError;
use crate::render::write::write_atomic;
use crate::translate::TranslatorInfo;
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Schema of `run.json`.
const RUN_SCHEMA: &str = "mujaz.run/1";
/// Between two writings of the status file.
const STATUS_INTERVAL: Duration = Duration::from_secs(5);

/// Writes the facts of one run.
pub struct RunFacts<'r> {
    out_dir: &'r Path,
    shard: Shard,
    ledger: &'r Ledger,
    info: &'r TranslatorInfo,
    started: SystemTime,
    last_status: Option<Instant>,
}

impl<'r> RunFacts<'r> {
    /// Of a run that begins now.
    pub fn new(out_dir: &'r Path, shard: Shard, ledger: &'r Ledger, info: &'r TranslatorInfo) -> Self {
        Self { out_dir, shard, ledger, info, started: SystemTime::now(), last_status: None }
    }

    /// Writes the status file if the last one is old. It informs: where it can't be written, the run goes on.
    pub fn tick(&mut self, tally: &Tally) {
        if self.last_status.is_none_or(|last| last.elapsed() >= STATUS_INTERVAL) {
            self.last_status = Some(Instant::now());
            self.write_status(tally, RUNNING);
        }
    }

    fn write_status(&self, tally: &Tally, state: &str) {
        // An output folder that was removed must not come back with nothing but a status in it.
        if !self.out_dir.is_dir() {
            return;
        }
        let stats = match self.ledger.stats(self.shard) {
            Ok(stats) => stats,
            Err(error) => return log::warn!("the status is not written: {error}"),
        };
        let record = StatusRecord {
            schema: STATUS_SCHEMA.into(),
            shard: self.shard.to_string(),
            state: state.into(),
            updated: unix(SystemTime::now()),
            inputs: tally.total,
            ended: tally.ended(),
            done: stats.done,
            running: stats.running,
            skipped: tally.skipped.clone(),
            failed: stats.failed,
            articles_per_hour: tally.articles_per_second().map(|rate| rounded(rate * 3600.0)),
            tokens_per_second: tally.tokens_per_second().map(rounded),
            seconds_left: tally.seconds_left().map(rounded),
        };
        let written = serde_json::to_string_pretty(&record).map_err(RenderError::Json).and_then(|text| {
            write_atomic(&shard_status::path(self.out_dir, self.shard), format!("{text}\n").as_bytes())
        });
        if let Err(error) = written {
            log::warn!("the status is not written: {error}");
        }
    }

    /// Writes the last status, `run.json` and the rate.
    ///
    /// # Errors
    /// [`RenderError`] for `run.json`.
    pub fn end(&self, tally: &Tally, end: &RunEnd) -> Result<(), RenderError> {
        let (state, name) = match end {
            RunEnd::Complete => (COMPLETE, "complete"),
            RunEnd::Cancelled => ("interrupted", "interrupted"),
            RunEnd::TooManyFailures => ("interrupted", "too_many_failures"),
            RunEnd::Model(_) => ("failed", "model"),
            RunEnd::Output(_) => ("failed", "output"),
            RunEnd::Ledger(_) => ("failed", "ledger"),
        };
        self.write_status(tally, state);
        let slowest: Vec<_> = tally
            .slowest
            .iter()
            .map(|slow| json!({"input": slow.path, "model_seconds": rounded(slow.seconds), "words": slow.words}))
            .collect();
        let failures: Vec<_> = tally
            .failures
            .iter()
            .map(|note| json!({"input": note.path, "message": note.text, "hint": note.hint}))
            .collect();
        let run = json!({
            "schema": RUN_SCHEMA,
            "tool": env!("CARGO_PKG_VERSION"),
            "shard": self.shard.to_string(),
            "started": utc(self.started),
            "ended": utc(SystemTime::now()),
            "seconds": rounded(tally.seconds()),
            "end": name,
            "translator": self.info.identity,
            "device": self.info.device,
            "briefed": tally.briefed,
            "with_warnings": tally.with_warnings,
            "rendered": tally.rendered,
            "up_to_date": tally.up_to_date,
            "skipped": tally.skipped,
            "failed": tally.failed,
            "failed_before": tally.failed_before,
            "words": tally.words,
            "texts": tally.texts_done,
            "texts_decoded": tally.texts_decoded,
            "tokens_in": tally.tokens_in,
            "tokens_out": tally.tokens_out,
            "tokens_per_second": tally.tokens_per_second().map(rounded),
            "model_seconds": rounded(tally.model_seconds),
            "slowest": slowest,
            "first_failures": failures,
        });
        let name = match self.shard.is_part() {
            false => "run.json".to_owned(),
            true => format!("run-{}-of-{}.json", self.shard.index(), self.shard.count()),
        };
        write_atomic(&self.out_dir.join(name), format!("{run:#}\n").as_bytes())?;
        if tally.tokens_in > 0 && tally.model_seconds > 0.0 {
            rates::keep(self.info, tally.tokens_in as f64 / tally.model_seconds);
        }
        Ok(())
    }
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// Seconds since 1970.
pub fn unix(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// `2026-11-24T18:00:00Z`.
fn utc(time: SystemTime) -> String {
    let seconds = unix(time);
    let (day, rest) = ((seconds / 86_400) as i64, seconds % 86_400);
    // Days since 0000-03-01, so that a leap day is the last one of its year; 146,097 days are 400 years.
    let shifted = day + 719_468;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day_of_month = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day_of_month:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_in_utc() {
        let rows = [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_200, "2024-03-01T00:00:00Z"),
            (1_795_543_445, "2026-11-24T18:04:05Z"),
        ];
        for (seconds, expected) in rows {
            assert_eq!(utc(UNIX_EPOCH + Duration::from_secs(seconds)), expected);
        }
    }
}
