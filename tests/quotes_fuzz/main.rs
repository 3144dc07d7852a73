//! The fuzz target for a second or two: articles of ours with bytes exchanged, pieces cut out, doubled and moved.

mod target;

use std::time::{Duration, Instant};

/// How long the mutations run; the fuzzer proper has no end.
const RUN: Duration = Duration::from_millis(1500);
const SEEDS: &[&str] = &[
    include_str!("../fixtures/quotes_article.txt"),
    include_str!("../fixtures/quotes_table.tsv"),
    "Minister Salma Haddad said: \"We will not leave.\" “Nobody will,” she added. It called this \"fiction\".\n",
];
/// Pieces that turn the rules.
const PIECES: &[&str] =
    &["«", "»", "\"", "“", "”", "\n", ":", "،", ".", " أن ", " وقال ", " نقلت ", " عن ", "- ", "؟", "\u{202B}"];

/// A small generator (xorshift), seeded afresh in each run; the seed is printed where a case fails.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }
}

fn mutated(random: &mut Random) -> Vec<u8> {
    let seed = SEEDS[random.below(SEEDS.len())].as_bytes();
    let start = random.below(seed.len());
    let mut bytes = seed[start..(start + random.below(3000)).min(seed.len())].to_vec();
    for _ in 0..random.below(12) {
        let at = random.below(bytes.len() + 1);
        let end = (at + random.below(60)).min(bytes.len());
        match random.below(4) {
            0 => drop(bytes.drain(at..end)),
            1 => {
                let piece = bytes[at..end].to_vec();
                let to = random.below(bytes.len() + 1);
                bytes.splice(to..to, piece);
            }
            2 if at < bytes.len() => bytes[at] = random.below(256) as u8,
            _ => drop(bytes.splice(at..at, PIECES[random.below(PIECES.len())].bytes())),
        }
    }
    bytes
}

#[test]
fn promises_hold_on_mutated_articles() {
    let seed = std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(1, |time| time.as_nanos() as u64) | 1;
    println!("seed {seed}");
    let mut random = Random(seed);
    let start = Instant::now();
    let mut cases = 0;
    while start.elapsed() < RUN {
        target::quotes(&mutated(&mut random));
        cases += 1;
    }
    assert!(cases > 10, "only {cases} cases in {RUN:?}");
}
