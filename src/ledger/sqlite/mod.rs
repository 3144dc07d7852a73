//! The state in one SQLite file: opened, checked, and the runs in it.

mod jobs;
mod sentences;

pub use sentences::StoredTranslations;

use super::{LedgerError, Owner, location, owner};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Name of the database in the state folder.
pub const FILE_NAME: &str = "ledger.sqlite3";

/// Version of the tables; a later one is refused.
const VERSION: i64 = 1;
/// `mujz`: tells our file from other programs'.
const APPLICATION_ID: i64 = 0x6d75_6a7a;
/// Number of no run: they are counted from 1.
const NO_RUN: i64 = 0;
/// How long one process waits for another one's transaction.
const BUSY: Duration = Duration::from_secs(60);

/// Milliseconds since 1970.
type Clock = Box<dyn Fn() -> i64 + Send + Sync>;

/// The job store of one output folder, opened by one run.
pub struct Ledger {
    connection: Mutex<Connection>,
    state_dir: PathBuf,
    file: PathBuf,
    /// Number of the output folder.
    output: i64,
    /// Number of this run.
    run: i64,
    owner: Owner,
    clock: Clock,
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger").field("file", &self.file).field("run", &self.run).finish_non_exhaustive()
    }
}

impl Ledger {
    /// Opens or makes the store in `state_dir` for the output folder `out_dir` (absolute), and begins a run.
    ///
    /// # Errors
    /// [`LedgerError`]: a network file system, a file that is damaged, another program's or of a later version, a disk
    /// that can't be written.
    pub fn open(state_dir: &Path, out_dir: &Path) -> Result<Self, LedgerError> {
        Self::open_with_clock(state_dir, out_dir, Box::new(system_clock))
    }

    pub(super) fn open_with_clock(state_dir: &Path, out_dir: &Path, clock: Clock) -> Result<Self, LedgerError> {
        std::fs::create_dir_all(state_dir).map_err(|source| LedgerError::Io {
            action: "making the state folder",
            path: state_dir.to_owned(),
            source,
        })?;
        let (mut connection, file) = connect(state_dir)?;
        let owner = Owner::new(state_dir)?;
        let (output, run) = begin(&mut connection, out_dir, owner.name(), clock())
            .map_err(|error| LedgerError::sql("beginning a run", file.clone(), error))?;
        let connection = Mutex::new(connection);
        Ok(Self { connection, state_dir: state_dir.to_owned(), file, output, run, owner, clock })
    }

    /// The store of `out_dir` in `state_dir`, to read what is known there: no run begins. `None` where nothing is.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub fn look_into(state_dir: &Path, out_dir: &Path) -> Result<Option<Self>, LedgerError> {
        if !state_dir.join(FILE_NAME).is_file() {
            return Ok(None);
        }
        let (connection, file) = connect(state_dir)?;
        let output = output_number(&connection, out_dir)
            .map_err(|error| LedgerError::sql("looking for the output folder", file.clone(), error))?;
        let Some(output) = output else { return Ok(None) };
        Ok(Some(Self {
            connection: Mutex::new(connection),
            state_dir: state_dir.to_owned(),
            file,
            output,
            run: NO_RUN,
            owner: Owner::new(state_dir)?,
            clock: Box::new(system_clock),
        }))
    }

    /// Only one process at a time writes the pages over the output folder; until the file is dropped it is this one.
    ///
    /// # Errors
    /// [`LedgerError::Io`].
    pub fn lock_pages(&self) -> Result<std::fs::File, LedgerError> {
        lock(self.state_dir.join("pages.lock"))
    }

    /// The database; SQLite's locks tell processes apart, this one tells threads.
    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic inside a transaction rolled it back: the connection is sound.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sql_failed(&self, action: &'static str) -> impl FnOnce(rusqlite::Error) -> LedgerError + '_ {
        move |error| LedgerError::sql(action, self.file.clone(), error)
    }

    /// Processes that had a run of this output folder and died in it: their temporary files lie about there.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub fn lost_processes(&self) -> Result<Vec<String>, LedgerError> {
        let owners = || -> rusqlite::Result<Vec<String>> {
            let connection = self.connection();
            let mut open = connection.prepare("SELECT owner FROM runs WHERE output = ?1 AND ended IS NULL")?;
            open.query_map([self.output], |row| row.get(0))?.collect()
        };
        let owners = owners().map_err(self.sql_failed("reading runs"))?;
        let lost = owners.into_iter().filter(|name| !owner::is_alive(&self.state_dir, name));
        Ok(lost.map(|name| Owner::process(&name).to_owned()).collect())
    }

    /// What `processes` left behind is cleared away.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub fn close_lost(&self, processes: &[String]) -> Result<(), LedgerError> {
        let now = (self.clock)();
        let connection = self.connection();
        for process in processes {
            connection
                .execute(
                    "UPDATE runs SET ended = ?1 WHERE ended IS NULL AND owner LIKE ?2 || '-%' AND owner <> ?3",
                    params![now, process, self.owner.name()],
                )
                .map_err(self.sql_failed("closing runs"))?;
        }
        Ok(())
    }

    /// This run is over: its leases are free. Failures of inputs that were among `roots` (as the user named them) and
    /// are no more are forgotten where the run saw them all.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub fn end_run(&self, saw_all_of: Option<&[String]>) -> Result<(), LedgerError> {
        let now = (self.clock)();
        let mut connection = self.connection();
        let mut end = || -> rusqlite::Result<()> {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.execute(
                "UPDATE jobs SET state = 'open', owner = NULL, lease_until = NULL
                 WHERE output = ?1 AND owner = ?2 AND state = 'leased'",
                params![self.output, self.owner.name()],
            )?;
            for root in saw_all_of.unwrap_or_default() {
                transaction.execute(
                    "DELETE FROM jobs WHERE output = ?1 AND state = 'failed' AND last_run < ?2
                     AND (input = ?3 OR substr(input, 1, length(?3) + 1) IN (?3 || '/', ?3 || ':'))",
                    params![self.output, self.run, root],
                )?;
            }
            transaction.execute("UPDATE runs SET ended = ?1 WHERE run = ?2", params![now, self.run])?;
            transaction.commit()
        };
        end().map_err(self.sql_failed("ending the run"))
    }
}

fn system_clock() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

/// Waits until no other process holds the lock at `path`; held until the file is dropped.
fn lock(path: PathBuf) -> Result<std::fs::File, LedgerError> {
    let file = std::fs::OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    file.and_then(|file| file.lock().map(|()| file)).map_err(|source| LedgerError::Io {
        action: "locking",
        path,
        source,
    })
}

/// The database in `state_dir`, checked; made where there is none.
fn connect(state_dir: &Path) -> Result<(Connection, PathBuf), LedgerError> {
    location::refuse_network(state_dir)?;
    // A process that makes the tables or changes the journal's mode is seen by others half-way, and SQLite does not
    // wait for either.
    let _alone = lock(state_dir.join("opening.lock"))?;
    let file = state_dir.join(FILE_NAME);
    let mut connection = Connection::open(&file).map_err(|error| LedgerError::sql("opening", file.clone(), error))?;
    set_up(&mut connection, &file)?;
    Ok((connection, file))
}

/// Checks whose file it is and of which version; makes the tables in a new one.
fn set_up(connection: &mut Connection, file: &Path) -> Result<(), LedgerError> {
    let failed = |error| LedgerError::sql("opening", file.to_owned(), error);
    connection.busy_timeout(BUSY).map_err(failed)?;
    let number = |connection: &Connection, name: &str| -> Result<i64, LedgerError> {
        connection.pragma_query_value(None, name, |row| row.get(0)).map_err(failed)
    };
    if number(connection, "application_id")? != APPLICATION_ID {
        let tables: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0)).map_err(failed)?;
        if tables > 0 {
            return Err(LedgerError::Foreign { path: file.to_owned() });
        }
    }
    let found = number(connection, "user_version")?;
    if found > VERSION {
        return Err(LedgerError::Newer { path: file.to_owned(), found, known: VERSION });
    }
    // Written before the output's state is known to be safe, a database in WAL mode loses at most its last
    // transactions in a power cut; they are read off the briefings again.
    connection.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
    connection.pragma_update(None, "synchronous", "NORMAL").map_err(failed)?;
    let create = |connection: &mut Connection| -> rusqlite::Result<()> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Another process may have been faster.
        let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if version == 0 {
            transaction.execute_batch(include_str!("schema.sql"))?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
            transaction.pragma_update(None, "user_version", VERSION)?;
        }
        transaction.commit()
    };
    if found < VERSION {
        create(connection).map_err(failed)?;
    }
    Ok(())
}

/// Numbers of the output folder and of a new run.
fn begin(connection: &mut Connection, out_dir: &Path, owner: &str, now: i64) -> rusqlite::Result<(i64, i64)> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let path = out_dir.to_string_lossy();
    transaction.execute("INSERT OR IGNORE INTO outputs (path) VALUES (?1)", [&path])?;
    let output = output_number(&transaction, out_dir)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    transaction
        .execute("INSERT INTO runs (output, owner, started) VALUES (?1, ?2, ?3)", params![output, owner, now])?;
    let run = transaction.last_insert_rowid();
    transaction.commit()?;
    Ok((output, run))
}

/// The number of an output folder that runs were begun for.
fn output_number(connection: &Connection, out_dir: &Path) -> rusqlite::Result<Option<i64>> {
    one(connection, "SELECT output FROM outputs WHERE path = ?1", [out_dir.to_string_lossy()])
}

/// One value, or none where there is no row.
fn one<T: rusqlite::types::FromSql>(
    connection: &Connection,
    sql: &str,
    values: impl rusqlite::Params,
) -> rusqlite::Result<Option<T>> {
    connection.query_row(sql, values, |row| row.get(0)).optional()
}

#[cfg(test)]
mod tests;
