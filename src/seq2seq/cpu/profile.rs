//! Where the time of decoding goes, by part: counted by laps of a stopwatch, which stands still unless somebody asks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Parts of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Embeddings and positions, both sides.
    Embedding,
    /// Linear layers of the encoder, norms and activations included.
    EncoderLayers,
    /// Attention of the encoder.
    EncoderAttention,
    /// Keys and values of the sources, for all decoder layers.
    SourceMemory,
    /// Linear layers of the decoder, norms and activations included.
    DecoderLayers,
    /// Attention to what was decoded.
    OwnAttention,
    /// Attention to the sources.
    SourceAttention,
    /// Logits.
    OutputProjection,
    /// The best logits and the sum of exponentials.
    Scan,
    /// Between two steps: the search, and rows that change places.
    Search,
}

impl Part {
    /// All, in the order in which they come.
    pub const ALL: [Part; 10] = [
        Part::Embedding,
        Part::EncoderLayers,
        Part::EncoderAttention,
        Part::SourceMemory,
        Part::DecoderLayers,
        Part::OwnAttention,
        Part::SourceAttention,
        Part::OutputProjection,
        Part::Scan,
        Part::Search,
    ];

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Part::Embedding => "embedding",
            Part::EncoderLayers => "encoder layers",
            Part::EncoderAttention => "encoder attention",
            Part::SourceMemory => "source keys and values",
            Part::DecoderLayers => "decoder layers",
            Part::OwnAttention => "own attention",
            Part::SourceAttention => "source attention",
            Part::OutputProjection => "output projection",
            Part::Scan => "best tokens",
            Part::Search => "search",
        }
    }
}

/// Sums of all threads, in nanoseconds.
#[derive(Debug, Default)]
pub struct Profile([AtomicU64; Part::ALL.len()]);

impl Profile {
    /// Seconds of each part, summed over threads.
    pub fn seconds(&self) -> [(Part, f64); Part::ALL.len()] {
        Part::ALL.map(|part| (part, self.0[part as usize].load(Ordering::Relaxed) as f64 * 1e-9))
    }
}

/// Laps of one batch.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Stopwatch<'p>(Option<(&'p Profile, Instant)>);

impl<'p> Stopwatch<'p> {
    /// Starts, if there is a profile to count for.
    pub(super) fn start(profile: Option<&'p Profile>) -> Self {
        Self(profile.map(|profile| (profile, Instant::now())))
    }

    /// Ends a lap: the time since the last one went into `part`.
    #[inline]
    pub(super) fn lap(&mut self, part: Part) {
        if let Some((profile, last)) = &mut self.0 {
            let now = Instant::now();
            let nanoseconds = now.duration_since(*last).as_nanos() as u64;
            profile.0[part as usize].fetch_add(nanoseconds, Ordering::Relaxed);
            *last = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn laps_go_into_their_parts() {
        let profile = Profile::default();
        let mut watch = Stopwatch::start(Some(&profile));
        std::thread::sleep(std::time::Duration::from_millis(5));
        watch.lap(Part::Scan);
        watch.lap(Part::Search);
        let seconds = profile.seconds();
        assert!(seconds.iter().all(|(part, _)| seconds[*part as usize].0 == *part));
        assert!(seconds[Part::Scan as usize].1 >= 0.005 && seconds[Part::Embedding as usize].1 == 0.0);
        assert!(seconds[Part::Search as usize].1 < seconds[Part::Scan as usize].1);
        let mut still = Stopwatch::start(None);
        still.lap(Part::Scan);
        assert!(still.0.is_none());
    }
}
