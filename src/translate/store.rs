//! The sentence store: what is already translated, so that wire copies and repeated lines cost one translation, and a
//! run that was stopped loses none.
//!
//! [`TranslationStore`] is the seam; [`SentenceStore`] keeps them in memory, bounded in bytes, the oldest go first.

use super::{RowError, Translation, Unit};
use std::collections::{HashMap, VecDeque};
use thiserror::Error;

/// Result of one unit.
pub type UnitResult = Result<Translation, RowError>;

/// A store that can't be read or written.
#[derive(Debug, Error)]
#[error(transparent)]
pub struct StoreError(Box<dyn std::error::Error + Send + Sync>);

impl StoreError {
    /// From the store's own error.
    pub fn new(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self(Box::new(source))
    }

    /// The store's own error, if it is of this kind.
    ///
    /// # Errors
    /// This error, if it is of another.
    pub fn downcast<E: std::error::Error + 'static>(self) -> Result<E, Self> {
        self.0.downcast().map(|error| *error).map_err(Self)
    }
}

/// Keeps translations of one translator with one set of settings.
pub trait TranslationStore: Send {
    /// What `unit` gave before.
    ///
    /// # Errors
    /// [`StoreError`].
    fn get(&mut self, unit: &Unit) -> Result<Option<UnitResult>, StoreError>;

    /// Keeps the results of a batch, all or none. What may go through another time need not be kept.
    ///
    /// # Errors
    /// [`StoreError`].
    fn keep(&mut self, batch: Vec<(Unit, UnitResult)>) -> Result<(), StoreError>;
}

impl TranslationStore for SentenceStore {
    fn get(&mut self, unit: &Unit) -> Result<Option<UnitResult>, StoreError> {
        Ok(SentenceStore::get(self, unit).cloned())
    }

    fn keep(&mut self, batch: Vec<(Unit, UnitResult)>) -> Result<(), StoreError> {
        for (unit, result) in batch {
            self.insert(unit, result);
        }
        Ok(())
    }
}

/// See the module.
#[derive(Debug)]
pub struct SentenceStore {
    entries: HashMap<Unit, UnitResult>,
    order: VecDeque<Unit>,
    bytes: usize,
    capacity_bytes: usize,
}

impl SentenceStore {
    /// An empty store that holds about `capacity_bytes` of text.
    pub fn new(capacity_bytes: usize) -> Self {
        Self { entries: HashMap::new(), order: VecDeque::new(), bytes: 0, capacity_bytes }
    }

    /// What `unit` gave before.
    pub fn get(&self, unit: &Unit) -> Option<&UnitResult> {
        self.entries.get(unit)
    }

    /// Keeps a result; the oldest make room for it.
    pub fn insert(&mut self, unit: Unit, result: UnitResult) {
        self.bytes += cost(&unit, &result);
        if let Some(replaced) = self.entries.insert(unit.clone(), result) {
            self.bytes -= cost(&unit, &replaced);
        } else {
            self.order.push_back(unit);
        }
        while self.bytes > self.capacity_bytes {
            let Some(oldest) = self.order.pop_front() else { break };
            if let Some(removed) = self.entries.remove(&oldest) {
                self.bytes -= cost(&oldest, &removed);
            }
        }
    }
}

/// Bytes that an entry holds, roughly: its texts, twice the key, and the bookkeeping.
fn cost(unit: &Unit, result: &UnitResult) -> usize {
    const BOOKKEEPING: usize = 256;
    let target = result.as_ref().map_or(0, |t| t.text.len() + 4 * t.token_ids.len());
    2 * unit.text.len() + target + BOOKKEEPING
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::translate::UnitKind;

    fn unit(text: &str) -> Unit {
        Unit { kind: UnitKind::Sentence, text: text.to_owned() }
    }

    fn translation(text: &str) -> UnitResult {
        Ok(Translation { text: text.to_owned(), ..Translation::default() })
    }

    #[test]
    fn the_oldest_make_room() {
        let mut store = SentenceStore::new(3 * 300);
        for name in ["a", "b", "c", "d"] {
            store.insert(unit(name), translation(name));
        }
        assert!(store.get(&unit("a")).is_none());
        assert_eq!(store.get(&unit("d")), Some(&translation("d")));
        assert!(store.bytes <= 900);
    }

    #[test]
    fn replacing_an_entry_keeps_the_count_right() {
        let mut store = SentenceStore::new(10_000);
        store.insert(unit("a"), translation("one"));
        let bytes = store.bytes;
        store.insert(unit("a"), translation("two"));
        assert_eq!(store.bytes, bytes);
        assert_eq!(store.get(&unit("a")), Some(&translation("two")));
    }

    #[test]
    fn the_kind_is_part_of_the_key() {
        let mut store = SentenceStore::new(10_000);
        store.insert(unit("a"), translation("sentence"));
        assert!(store.get(&Unit { kind: UnitKind::Speaker, text: "a".into() }).is_none());
    }
}
