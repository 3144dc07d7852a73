//! Jobs and their leases.

use super::Ledger;
use crate::ledger::{Claim, FailedJob, Job, JobFailure, JobStore, LedgerError, Shard, Stats, Work, owner};
use rusqlite::{Connection, OptionalExtension, ToSql, TransactionBehavior, params};

/// How long a lease lasts that is not extended. Only a process that lives and hangs loses one this way.
const LEASE_MS: i64 = 60_000;

/// What a claim looks at.
struct Row {
    state: String,
    same: bool,
    owner: Option<String>,
    lease_until: i64,
    error_kind: String,
    error_message: String,
}

impl Ledger {
    /// A lease that still holds: not run out, and its process lives.
    fn holds(&self, owner: Option<&str>, lease_until: i64) -> bool {
        let is_other = owner.is_some_and(|name| name != self.owner.name());
        is_other && lease_until > (self.clock)() && owner.is_some_and(|name| owner::is_alive(&self.state_dir, name))
    }

    /// Writes the row of `job`: the statement's parameters 1 to 6 say which one it is, `further` are those after them.
    fn put(&self, connection: &Connection, statement: &str, job: &Job, further: &[&dyn ToSql]) -> rusqlite::Result<()> {
        let shard_key = Shard::key(&job.text_sha256);
        let mut values: Vec<&dyn ToSql> =
            vec![&self.output, &job.id, &job.input, &shard_key, &job.text_sha256, &job.settings_sha256];
        values.extend(further);
        connection.prepare(statement)?.execute(values.as_slice()).map(drop)
    }

    fn lease(&self, job: &Job, retry_failed: bool) -> rusqlite::Result<Claim> {
        let now = (self.clock)();
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let row = transaction
            .prepare(
                "SELECT state, text_sha256 = ?3 AND settings_sha256 = ?4, owner, coalesce(lease_until, 0),
                        coalesce(error_kind, ''), coalesce(error_message, '')
                 FROM jobs WHERE output = ?1 AND id = ?2",
            )?
            .query_row(params![self.output, job.id, job.text_sha256, job.settings_sha256], |row| {
                Ok(Row {
                    state: row.get(0)?,
                    same: row.get(1)?,
                    owner: row.get(2)?,
                    lease_until: row.get(3)?,
                    error_kind: row.get(4)?,
                    error_message: row.get(5)?,
                })
            })
            .optional()?;
        if let Some(row) = row {
            if row.state == "leased" && self.holds(row.owner.as_deref(), row.lease_until) {
                return Ok(Claim::Busy);
            }
            if row.state == "failed" && row.same && !retry_failed && is_kept(&row.error_kind) {
                transaction.execute(
                    "UPDATE jobs SET last_run = max(last_run, ?3), input = ?4 WHERE output = ?1 AND id = ?2",
                    params![self.output, job.id, self.run, job.input],
                )?;
                transaction.commit()?;
                return Ok(Claim::FailedBefore { kind: row.error_kind, message: row.error_message });
            }
        }
        self.put(
            &transaction,
            "INSERT INTO jobs (output, id, input, shard_key, text_sha256, settings_sha256, state, attempts, owner,
                               lease_until, started, last_run)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'leased', 1, ?7, ?8, ?9, ?10)
             ON CONFLICT DO UPDATE SET
                input = ?3, shard_key = ?4, state = 'leased', owner = ?7, lease_until = ?8, started = ?9,
                last_run = max(last_run, ?10), ended = NULL, words = NULL, model_ms = NULL,
                error_kind = NULL, error_message = NULL, error_hint = NULL, record = NULL,
                attempts = CASE WHEN text_sha256 = ?5 AND settings_sha256 = ?6 THEN attempts + 1 ELSE 1 END,
                text_sha256 = ?5, settings_sha256 = ?6",
            job,
            params![self.owner.name(), now + LEASE_MS, now, self.run],
        )?;
        transaction.commit()?;
        Ok(Claim::Granted)
    }

    fn write_done(&self, job: &Job, work: Option<Work>) -> rusqlite::Result<()> {
        let now = (self.clock)();
        let words = work.map(|work| work.words as i64);
        let model_ms = work.map(|work| (work.model_seconds * 1000.0) as i64);
        // Found done and noted as done: nothing is written, so that a run with nothing to do costs reads only.
        self.put(
            &self.connection(),
            "INSERT INTO jobs (output, id, input, shard_key, text_sha256, settings_sha256, state, attempts, words,
                               model_ms, ended, last_run)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'done', 0, ?7, ?8, ?9, ?10)
             ON CONFLICT DO UPDATE SET
                input = ?3, shard_key = ?4, text_sha256 = ?5, settings_sha256 = ?6, state = 'done', owner = NULL,
                lease_until = NULL, error_kind = NULL, error_message = NULL, error_hint = NULL, record = NULL,
                words = coalesce(?7, words), model_ms = coalesce(?8, model_ms), ended = ?9,
                last_run = max(last_run, ?10)
             WHERE state <> 'done' OR text_sha256 <> ?5 OR settings_sha256 <> ?6",
            job,
            params![words, model_ms, now, self.run],
        )
    }

    fn write_failed(&self, job: &Job, failure: &JobFailure) -> rusqlite::Result<()> {
        let now = (self.clock)();
        self.put(
            &self.connection(),
            "INSERT INTO jobs (output, id, input, shard_key, text_sha256, settings_sha256, state, attempts,
                               error_kind, error_message, error_hint, record, ended, last_run)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'failed', 1, ?7, ?8, ?9, ?10, ?11, ?12)
             ON CONFLICT DO UPDATE SET
                attempts = CASE
                    WHEN state = 'leased' THEN attempts
                    WHEN state = 'failed' AND text_sha256 = ?5 AND last_run < ?12 THEN attempts + 1
                    WHEN state = 'failed' AND text_sha256 = ?5 THEN attempts
                    ELSE 1 END,
                input = ?3, shard_key = ?4, text_sha256 = ?5, settings_sha256 = ?6, state = 'failed', owner = NULL,
                lease_until = NULL, error_kind = ?7, error_message = ?8, error_hint = ?9, record = ?10,
                ended = ?11, last_run = max(last_run, ?12)",
            job,
            params![failure.kind, failure.message, failure.hint, failure.record, now, self.run],
        )
    }

    fn count(&self, shard: Shard) -> rusqlite::Result<Stats> {
        let mut stats = Stats::default();
        let mut leases: Vec<(String, i64)> = Vec::new();
        let connection = self.connection();
        let mut counts = connection.prepare(
            "SELECT state, error_kind, owner, coalesce(lease_until, 0), count(*) FROM jobs
             WHERE output = ?1 AND shard_key % ?2 = ?3 GROUP BY 1, 2, 3, 4",
        )?;
        let mut rows = counts.query(params![self.output, shard.count(), shard.index() - 1])?;
        while let Some(row) = rows.next()? {
            let count = row.get::<_, i64>(4)? as usize;
            match row.get_ref(0)?.as_str()? {
                "done" => stats.done += count,
                "failed" => *stats.failed.entry(row.get(1)?).or_default() += count,
                "leased" => leases.extend(std::iter::repeat_n((row.get(2)?, row.get(3)?), count)),
                _ => {}
            }
        }
        let is_ours = |name: &str| name == self.owner.name();
        stats.running = leases.iter().filter(|(name, until)| is_ours(name) || self.holds(Some(name), *until)).count();
        Ok(stats)
    }

    fn each_failed(&self, shard: Shard, each: &mut dyn FnMut(FailedJob)) -> rusqlite::Result<()> {
        let connection = self.connection();
        let mut failed = connection.prepare(
            "SELECT id, input, attempts, error_kind, error_message, error_hint, coalesce(record, '{}') FROM jobs
             WHERE output = ?1 AND state = 'failed' AND shard_key % ?2 = ?3 ORDER BY id",
        )?;
        let mut rows = failed.query(params![self.output, shard.count(), shard.index() - 1])?;
        while let Some(row) = rows.next()? {
            each(FailedJob {
                id: row.get(0)?,
                input: row.get(1)?,
                attempts: row.get(2)?,
                failure: JobFailure { kind: row.get(3)?, message: row.get(4)?, hint: row.get(5)?, record: row.get(6)? },
            });
        }
        Ok(())
    }
}

/// Failures that lie with the place and not with the article are tried again by every run.
fn is_kept(kind: &str) -> bool {
    !matches!(kind, "output" | "unreadable")
}

impl JobStore for Ledger {
    fn claim(&self, job: &Job, retry_failed: bool) -> Result<Claim, LedgerError> {
        self.lease(job, retry_failed).map_err(self.sql_failed("claiming a job"))
    }

    fn extend(&self) -> Result<(), LedgerError> {
        let until = (self.clock)() + LEASE_MS;
        self.connection()
            .execute(
                "UPDATE jobs SET lease_until = ?1 WHERE output = ?2 AND state = 'leased' AND owner = ?3",
                params![until, self.output, self.owner.name()],
            )
            .map(drop)
            .map_err(self.sql_failed("extending leases"))
    }

    fn finish(&self, job: &Job, work: Option<Work>) -> Result<(), LedgerError> {
        self.write_done(job, work).map_err(self.sql_failed("noting a job as done"))
    }

    fn fail(&self, job: &Job, failure: &JobFailure) -> Result<(), LedgerError> {
        self.write_failed(job, failure).map_err(self.sql_failed("noting a failure"))
    }

    fn release(&self, job: &Job) -> Result<(), LedgerError> {
        self.connection()
            .execute(
                "UPDATE jobs SET state = 'open', owner = NULL, lease_until = NULL
                 WHERE output = ?1 AND id = ?2 AND state = 'leased' AND owner = ?3",
                params![self.output, job.id, self.owner.name()],
            )
            .map(drop)
            .map_err(self.sql_failed("giving a job back"))
    }

    fn is_busy(&self, id: &str) -> Result<bool, LedgerError> {
        let lease = self
            .connection()
            .query_row(
                "SELECT owner, lease_until FROM jobs WHERE output = ?1 AND id = ?2 AND state = 'leased'",
                params![self.output, id],
                |row| Ok((row.get::<_, Option<String>>(0)?, row.get::<_, Option<i64>>(1)?)),
            )
            .optional()
            .map_err(self.sql_failed("looking for a lease"))?;
        Ok(lease.is_some_and(|(owner, until)| self.holds(owner.as_deref(), until.unwrap_or(0))))
    }

    fn stats(&self, shard: Shard) -> Result<Stats, LedgerError> {
        self.count(shard).map_err(self.sql_failed("counting jobs"))
    }

    fn failed(&self, shard: Shard, each: &mut dyn FnMut(FailedJob)) -> Result<(), LedgerError> {
        self.each_failed(shard, each).map_err(self.sql_failed("reading failures"))
    }
}
