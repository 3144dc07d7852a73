//! Every translation that was made, by what it was made from: kind and text, model, decoding and glossary.

use super::{Ledger, one};
use crate::ledger::LedgerError;
use crate::translate::store::{SentenceStore, StoreError, TranslationStore, UnitResult};
use crate::translate::{AlignedRange, ModelIdentity, RowError, Translation, Unit, UnitKind};
use rusqlite::{OptionalExtension, TransactionBehavior, params};
use sha2::{Digest, Sha256};

/// Translations kept in memory before the database, in bytes.
const MEMORY_BYTES: usize = 32 << 20;

/// The translations of one model with one set of settings.
pub struct StoredTranslations<'l> {
    ledger: &'l Ledger,
    translator: i64,
    memory: SentenceStore,
}

impl Ledger {
    /// The translations that `identity` made with this glossary.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub fn translations(
        &self,
        identity: &ModelIdentity,
        glossary_sha256: Option<&str>,
    ) -> Result<StoredTranslations<'_>, LedgerError> {
        let identity = serde_json::json!({"model": identity, "glossary_sha256": glossary_sha256}).to_string();
        let sha256 = crate::article::sha256_hex(&identity);
        let number = || -> rusqlite::Result<i64> {
            let connection = self.connection();
            let find = || one(&connection, "SELECT translator FROM translators WHERE sha256 = ?1", [&sha256]);
            if let Some(known) = find()? {
                return Ok(known);
            }
            connection.execute(
                "INSERT OR IGNORE INTO translators (sha256, identity) VALUES (?1, ?2)",
                params![sha256, identity],
            )?;
            find()?.ok_or(rusqlite::Error::QueryReturnedNoRows)
        };
        let translator = number().map_err(self.sql_failed("naming the translator"))?;
        Ok(StoredTranslations { ledger: self, translator, memory: SentenceStore::new(MEMORY_BYTES) })
    }
}

impl StoredTranslations<'_> {
    fn read(&self, unit: &Unit) -> rusqlite::Result<Option<UnitResult>> {
        let connection = self.ledger.connection();
        let mut select = connection.prepare(
            "SELECT english, score, flags, tokens_in, tokens_out, alignment, too_long_limit FROM sentences
             WHERE translator = ?1 AND kind = ?2 AND text_sha256 = ?3",
        )?;
        let mut found = select
            .query_row(params![self.translator, kind_number(unit.kind), text_hash(&unit.text)], |row| {
                let tokens_in = row.get::<_, i64>(3)? as usize;
                if let Some(limit) = row.get::<_, Option<i64>>(6)? {
                    return Ok(Some(Err(RowError::TooLong { tokens: tokens_in, limit: limit as usize })));
                }
                let parsed = (serde_json::from_str(row.get_ref(2)?.as_str()?), ranges(row.get_ref(5)?.as_str()?));
                let (flags, alignment) = match parsed {
                    (Ok(flags), Ok(alignment)) => (flags, alignment),
                    (Err(error), _) | (_, Err(error)) => {
                        log::warn!("a stored translation can't be read and is made again: {error}");
                        return Ok(None);
                    }
                };
                Ok(Some(Ok(Translation {
                    text: row.get(0)?,
                    score: row.get::<_, Option<f64>>(1)?.map(|score| score as f32),
                    flags,
                    tokens_in,
                    tokens_out: row.get::<_, i64>(4)? as usize,
                    alignment,
                    ..Translation::default()
                })))
            })
            .optional()?;
        Ok(found.take().flatten())
    }

    fn write(&self, batch: &[(Unit, UnitResult)]) -> rusqlite::Result<()> {
        let mut connection = self.ledger.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut insert = transaction.prepare(
                "INSERT OR REPLACE INTO sentences (translator, kind, text_sha256, english, score, flags, tokens_in,
                                                   tokens_out, alignment, too_long_limit)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?;
            for (unit, result) in batch {
                let (kind, hash) = (kind_number(unit.kind), text_hash(&unit.text));
                match result {
                    Ok(made) => insert.execute(params![
                        self.translator,
                        kind,
                        hash,
                        made.text,
                        made.score.map(f64::from),
                        serde_json::to_string(&made.flags).map_err(unwritable)?,
                        made.tokens_in as i64,
                        made.tokens_out as i64,
                        numbers(&made.alignment).map_err(unwritable)?,
                        None::<i64>,
                    ])?,
                    Err(RowError::TooLong { tokens, limit }) => insert.execute(params![
                        self.translator,
                        kind,
                        hash,
                        "",
                        None::<f64>,
                        "[]",
                        *tokens as i64,
                        0,
                        "[]",
                        *limit as i64
                    ])?,
                    // May go through another time.
                    Err(RowError::Model(_) | RowError::OutOfMemory { .. }) => 0,
                };
            }
        }
        transaction.commit()
    }

    fn failed(&self, action: &'static str) -> impl FnOnce(rusqlite::Error) -> StoreError + '_ {
        move |error| StoreError::new(self.ledger.sql_failed(action)(error))
    }
}

impl TranslationStore for StoredTranslations<'_> {
    fn get(&mut self, unit: &Unit) -> Result<Option<UnitResult>, StoreError> {
        if let Some(known) = self.memory.get(unit) {
            return Ok(Some(known.clone()));
        }
        let found = self.read(unit).map_err(self.failed("looking for a translation"))?;
        if let Some(result) = &found {
            self.memory.insert(unit.clone(), result.clone());
        }
        Ok(found)
    }

    fn keep(&mut self, batch: Vec<(Unit, UnitResult)>) -> Result<(), StoreError> {
        self.write(&batch).map_err(self.failed("keeping translations"))?;
        for (unit, result) in batch {
            self.memory.insert(unit, result);
        }
        Ok(())
    }
}

fn kind_number(kind: UnitKind) -> i64 {
    match kind {
        UnitKind::Sentence => 0,
        UnitKind::Title => 1,
        UnitKind::MarkedWords => 2,
        UnitKind::Speaker => 3,
    }
}

fn text_hash(text: &str) -> Vec<u8> {
    Sha256::digest(text.as_bytes()).to_vec()
}

fn unwritable(error: serde_json::Error) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(Box::new(error))
}

/// `[source start, source end, target start, target end]` of each aligned range, as JSON.
fn numbers(alignment: &[AlignedRange]) -> serde_json::Result<String> {
    let rows: Vec<[usize; 4]> = alignment
        .iter()
        .map(|range| [range.source.start, range.source.end, range.target.start, range.target.end])
        .collect();
    serde_json::to_string(&rows)
}

fn ranges(numbers: &str) -> serde_json::Result<Vec<AlignedRange>> {
    let rows: Vec<[usize; 4]> = serde_json::from_str(numbers)?;
    Ok(rows.into_iter().map(|[a, b, c, d]| AlignedRange { source: a..b, target: c..d }).collect())
}
