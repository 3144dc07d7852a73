//! Which part of the articles one of several machines takes: by the hash of the text, so that the parts stay the same
//! when articles are added, and wire copies come to one machine.

use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// Part `index` of `count`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    index: u32,
    count: u32,
}

/// No part of a whole.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{given:?} is no shard: I/N with 1 <= I <= N is expected")]
pub struct ShardError {
    /// What was given.
    pub given: String,
}

impl Shard {
    /// The only shard.
    pub const WHOLE: Self = Self { index: 1, count: 1 };

    /// Part `index` (counted from 1) of `count`.
    ///
    /// # Errors
    /// [`ShardError`] for an index that is not among them.
    pub fn new(index: u32, count: u32) -> Result<Self, ShardError> {
        if index == 0 || index > count {
            return Err(ShardError { given: format!("{index}/{count}") });
        }
        Ok(Self { index, count })
    }

    /// Counted from 1.
    pub fn index(self) -> u32 {
        self.index
    }

    /// How many there are.
    pub fn count(self) -> u32 {
        self.count
    }

    /// There are others.
    pub fn is_part(self) -> bool {
        self.count > 1
    }

    /// Whether the article or input with this hash belongs here.
    pub fn has(self, sha256: &str) -> bool {
        Self::key(sha256) % self.count == self.index - 1
    }

    /// The first 32 bits of a hash in hex; 0 where it is none.
    pub(super) fn key(sha256: &str) -> u32 {
        sha256.get(..8).and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or(0)
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(given: &str) -> Result<Self, ShardError> {
        let wrong = || ShardError { given: given.to_owned() };
        let (index, count) = given.split_once('/').ok_or_else(wrong)?;
        let number = |digits: &str| digits.trim().parse().map_err(|_| wrong());
        Self::new(number(index)?, number(count)?).map_err(|_| wrong())
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::sha256_hex;

    #[test]
    fn shards_are_read_and_refused() {
        let rows = [("1/1", Some((1, 1))), (" 3 / 8", Some((3, 8))), ("0/2", None), ("3/2", None), ("1", None)];
        let more = [("", None), ("1/0", None), ("a/b", None), ("-1/2", None), ("1/2/3", None)];
        for (given, expected) in rows.into_iter().chain(more) {
            let found = given.parse::<Shard>().ok().map(|shard| (shard.index(), shard.count()));
            assert_eq!(found, expected, "{given:?}");
        }
    }

    #[test]
    fn every_hash_belongs_to_exactly_one_shard_and_shards_are_of_like_size() {
        let mut sizes = [0; 5];
        for number in 0..5000 {
            let hash = sha256_hex(&number.to_string());
            let holders: Vec<_> = (1..=5).filter(|index| Shard::new(*index, 5).unwrap().has(&hash)).collect();
            assert_eq!(holders.len(), 1);
            assert!(Shard::WHOLE.has(&hash));
            sizes[holders[0] as usize - 1] += 1;
        }
        assert!(sizes.iter().all(|size| (900..1100).contains(size)), "{sizes:?}");
    }
}
