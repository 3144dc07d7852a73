//! What tells one checkpoint from another without reading all of it.

use super::{Checkpoint, CheckpointError};
use sha2::{Digest, Sha256};

/// Numbers of a tensor's part that count.
const MOST: usize = 4096;

impl Checkpoint {
    /// SHA-256 over each tensor's name, shape and samples of its numbers: the first ones, and for matrices those of the
    /// first, the middle and the last row. Training changes practically all numbers, so other weights have other
    /// samples; a change to single other numbers is not seen.
    ///
    /// # Errors
    /// [`CheckpointError`]: numbers that can't be read.
    pub fn fingerprint(&self) -> Result<String, CheckpointError> {
        let mut sum = Sha256::new();
        for (name, place) in &self.places {
            let file = &self.files[*place];
            let Some(shape) = file.shape(name) else { continue };
            sum.update(format!("{name} {shape:?} "));
            let parts = match *shape {
                [rows, _] if rows > 0 => {
                    [0, rows / 2, rows - 1].into_iter().filter_map(|row| file.rows(name, row..row + 1)).collect()
                }
                _ => Vec::from_iter(file.numbers(name)),
            };
            for part in parts {
                match part {
                    Ok(mut numbers) => {
                        numbers.next_block(MOST)?.iter().for_each(|number| sum.update(number.to_le_bytes()));
                    }
                    // Of a type that is not read: no weights of ours.
                    Err(CheckpointError::Damaged { .. }) => sum.update("?"),
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}
