//! The search over a decoder whose logits are a table: no weights needed.

use super::candidates::tests::FullRow;
use super::processors::Scores as _;
use super::*;
use proptest::prelude::*;

/// Logits depend on the source, the tokens so far and nothing else.
struct FakeDecoder {
    vocabulary: usize,
    seed: u64,
    /// (source, tokens) of each row.
    rows: Vec<(usize, Vec<u32>)>,
    sources: Vec<usize>,
    /// Rows of each step.
    row_counts: Vec<usize>,
}

impl FakeDecoder {
    fn new(vocabulary: usize, seed: u64, sources: &[usize]) -> Self {
        Self { vocabulary, seed, rows: Vec::new(), sources: sources.to_vec(), row_counts: Vec::new() }
    }

    fn logits(&self, source: usize, tokens: &[u32]) -> Vec<f32> {
        let mut state = self.seed ^ ((source as u64 + 1) << 32);
        for &token in tokens {
            state = (state ^ u64::from(token)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23);
        }
        (0..self.vocabulary)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 40) as f32 / (1 << 22) as f32
            })
            .collect()
    }
}

impl Decoder for FakeDecoder {
    fn vocabulary(&self) -> usize {
        self.vocabulary
    }

    fn step(&mut self, tokens: &[u32], named: &[Vec<u32>], count: usize) -> candle_core::Result<Vec<RowScores>> {
        if self.rows.is_empty() {
            self.rows = self.sources.iter().map(|&source| (source, Vec::new())).collect();
        }
        assert_eq!(tokens.len(), self.rows.len());
        for (row, &token) in self.rows.iter_mut().zip(tokens) {
            row.1.push(token);
        }
        self.row_counts.push(tokens.len());
        let rows = self.rows.iter().zip(named);
        let scores = |((source, tokens), named): (&(usize, Vec<u32>), &Vec<u32>)| {
            RowScores::from_logits(&mut self.logits(*source, tokens), named, count)
        };
        Ok(rows.map(scores).collect())
    }

    fn select(&mut self, rows: &[u32], sources: Option<&[u32]>) -> candle_core::Result<()> {
        self.rows = rows.iter().map(|&row| self.rows[row as usize].clone()).collect();
        if let Some(sources) = sources {
            self.sources = sources.iter().map(|&source| self.sources[source as usize]).collect();
        }
        Ok(())
    }
}

fn settings() -> GenerationSettings {
    GenerationSettings {
        start: 0,
        end: vec![1],
        pad: Some(0),
        forced_bos: None,
        forced_eos: vec![1],
        max_length: 9,
        min_length: 0,
        beams: 1,
        n_best: 1,
        length_penalty: 1.0,
        early_stopping: EarlyStopping::Heuristic,
        no_repeat_ngram_size: 0,
        repetition_penalty: 1.0,
        bad_words: vec![vec![0]],
        suppress: Vec::new(),
        begin_suppress: Vec::new(),
        renormalize: true,
    }
}

fn decode(settings: &GenerationSettings, seed: u64, sources: &[usize]) -> Vec<Vec<Sequence>> {
    generate(&mut FakeDecoder::new(12, seed, sources), sources.len(), settings, &Cancel::new()).unwrap()
}

pub(super) fn any_settings() -> impl Strategy<Value = GenerationSettings> {
    let early = prop_oneof![Just(EarlyStopping::Heuristic), Just(EarlyStopping::Full), Just(EarlyStopping::Never)];
    let lengths = (2_usize..12, 0_usize..6, 0_usize..4);
    (1_usize..5, early, lengths, 0.0_f64..2.5, prop_oneof![Just(1.0_f32), 0.8_f32..1.6], any::<bool>(), any::<bool>())
        .prop_map(
            |(beams, early_stopping, (max_length, min_length, ngram), penalty, repetition, forced, renormalize)| {
                GenerationSettings {
                    beams,
                    n_best: beams,
                    early_stopping,
                    max_length,
                    min_length,
                    no_repeat_ngram_size: ngram,
                    length_penalty: penalty,
                    repetition_penalty: repetition,
                    forced_eos: if forced { vec![1] } else { Vec::new() },
                    forced_bos: if forced && beams % 2 == 0 { Some(3) } else { None },
                    renormalize,
                    ..settings()
                }
            },
        )
}

proptest! {
    /// Promise 4, as far as the search goes: neighbours, order and who leaves when change nothing.
    #[test]
    fn alone_or_in_any_batch(
        settings in any_settings(),
        seed in any::<u64>(),
        sources in proptest::collection::vec(0_usize..20, 1..8),
    ) {
        let together = decode(&settings, seed, &sources);
        for (&source, found) in sources.iter().zip(&together) {
            let alone = decode(&settings, seed, &[source]);
            prop_assert_eq!(&alone[0], found);
        }
    }

    /// What the settings forbid is never there, and what they ask for is.
    #[test]
    fn the_settings_hold(settings in any_settings(), seed in any::<u64>()) {
        for sequences in decode(&settings, seed, &[0, 1, 2]) {
            prop_assert!((1..=settings.n_best).contains(&sequences.len()));
            prop_assert!(sequences.windows(2).all(|pair| pair[0].score >= pair[1].score));
            for Sequence { ids, .. } in sequences {
                prop_assert_eq!(ids[0], settings.start);
                prop_assert!(ids.len() <= settings.max_length);
                let end = ids.iter().position(|&id| id == 1);
                prop_assert!(end.is_none_or(|place| place + 1 == ids.len()));
                prop_assert!(end.is_some() || ids.len() == settings.max_length);
                let forced_first = settings.forced_bos.filter(|_| settings.max_length > 2);
                prop_assert!(forced_first.is_none_or(|id| ids[1] == id));
            }
        }
    }
}

#[test]
fn with_enough_beams_the_best_sequence_is_found() {
    // Three tokens beside the end and sequences of at most three: 64 beams hold every sequence.
    let settings = GenerationSettings {
        beams: 27,
        max_length: 5,
        length_penalty: 0.0,
        early_stopping: EarlyStopping::Never,
        bad_words: Vec::new(),
        renormalize: false,
        forced_eos: Vec::new(),
        ..settings()
    };
    for seed in 0..20 {
        let decoder = FakeDecoder::new(4, seed, &[0]);
        let mut best = (f32::NEG_INFINITY, Vec::new());
        let mut open = vec![(0.0_f32, vec![settings.start])];
        while let Some((score, ids)) = open.pop() {
            let mut row = decoder.logits(0, &ids);
            FullRow(&mut row).normalize();
            for (id, value) in row.iter().enumerate() {
                let next = (score + value, [ids.clone(), vec![id as u32]].concat());
                if settings.is_end(id as u32) || next.1.len() == settings.max_length {
                    if next.0 > best.0 {
                        best = next;
                    }
                } else {
                    open.push(next);
                }
            }
        }
        let found = generate(&mut FakeDecoder::new(4, seed, &[0]), 1, &settings, &Cancel::new()).unwrap();
        assert_eq!(found[0][0].ids, best.1, "seed {seed}");
        assert!((found[0][0].score - best.0).abs() < 1e-5);
    }
}

#[test]
fn finished_sources_leave_at_once() {
    for beams in [1, 3] {
        let settings = GenerationSettings { beams, early_stopping: EarlyStopping::Full, ..settings() };
        let sources: Vec<usize> = (0..12).collect();
        let mut decoder = FakeDecoder::new(12, 5, &sources);
        generate(&mut decoder, sources.len(), &settings, &Cancel::new()).unwrap();
        let counts = &decoder.row_counts;
        assert_eq!(counts[0], 12, "one row a source in the first step");
        let steps_alone: usize = sources
            .iter()
            .map(|&source| {
                let mut decoder = FakeDecoder::new(12, 5, &[source]);
                generate(&mut decoder, 1, &settings, &Cancel::new()).unwrap();
                decoder.row_counts.iter().sum::<usize>()
            })
            .sum();
        assert_eq!(counts.iter().sum::<usize>(), steps_alone, "{beams} beams: {counts:?}");
        assert!(counts.last() < counts.get(1));
    }
}

#[test]
fn cancel_and_damaged_weights_are_told() {
    let cancel = Cancel::new();
    cancel.cancel();
    for beams in [1, 4] {
        let settings = GenerationSettings { beams, ..settings() };
        let stopped = generate(&mut FakeDecoder::new(12, 1, &[0]), 1, &settings, &cancel);
        assert!(matches!(stopped, Err(GenerateError::Cancelled)));
        let broken = generate(&mut Broken, 1, &settings, &Cancel::new());
        assert!(matches!(broken, Err(GenerateError::NotANumber)), "{broken:?}");
    }
}

/// Gives no numbers.
struct Broken;

impl Decoder for Broken {
    fn vocabulary(&self) -> usize {
        12
    }
    fn step(&mut self, _: &[u32], named: &[Vec<u32>], count: usize) -> candle_core::Result<Vec<RowScores>> {
        Ok(named.iter().map(|named| RowScores::from_logits(&mut [f32::NAN; 12], named, count)).collect())
    }
    fn select(&mut self, _: &[u32], _: Option<&[u32]>) -> candle_core::Result<()> {
        Ok(())
    }
}

#[test]
fn processors_change_what_they_name() {
    let plain = GenerationSettings { bad_words: Vec::new(), renormalize: false, forced_eos: Vec::new(), ..settings() };
    let inf = f32::NEG_INFINITY;
    type Row = (&'static str, GenerationSettings, &'static [u32], [f32; 5]);
    let rows: [Row; 14] = [
        ("nothing", plain.clone(), &[0], [-1.0, -2.0, 3.0, -4.0, 5.0]),
        (
            "bad word",
            GenerationSettings { bad_words: vec![vec![0]], ..plain.clone() },
            &[0],
            [inf, -2.0, 3.0, -4.0, 5.0],
        ),
        (
            "the end is no bad word",
            GenerationSettings { bad_words: vec![vec![1]], ..plain.clone() },
            &[0],
            [-1.0, -2.0, 3.0, -4.0, 5.0],
        ),
        (
            "bad words",
            GenerationSettings { bad_words: vec![vec![2, 3, 4], vec![3, 1]], ..plain.clone() },
            &[0, 2, 3],
            [-1.0, inf, 3.0, -4.0, inf],
        ),
        ("min length", GenerationSettings { min_length: 3, ..plain.clone() }, &[0, 2], [-1.0, inf, 3.0, -4.0, 5.0]),
        (
            "min length reached",
            GenerationSettings { min_length: 3, ..plain.clone() },
            &[0, 2, 2],
            [-1.0, -2.0, 3.0, -4.0, 5.0],
        ),
        (
            "no repeat",
            GenerationSettings { no_repeat_ngram_size: 2, ..plain.clone() },
            &[0, 2, 4, 2],
            [-1.0, -2.0, 3.0, -4.0, inf],
        ),
        (
            "repetition",
            GenerationSettings { repetition_penalty: 2.0, ..plain.clone() },
            &[0, 2, 2],
            [-2.0, -2.0, 1.5, -4.0, 5.0],
        ),
        (
            "forced end",
            GenerationSettings { forced_eos: vec![1], max_length: 4, ..plain.clone() },
            &[0, 2, 2],
            [inf, 0.0, inf, inf, inf],
        ),
        ("forced start", GenerationSettings { forced_bos: Some(3), ..plain.clone() }, &[0], [inf, inf, inf, 0.0, inf]),
        (
            "suppressed at the beginning",
            GenerationSettings { begin_suppress: vec![2], ..plain.clone() },
            &[0],
            [-1.0, -2.0, inf, -4.0, 5.0],
        ),
        (
            "suppressed no longer",
            GenerationSettings { begin_suppress: vec![2], ..plain.clone() },
            &[0, 2],
            [-1.0, -2.0, 3.0, -4.0, 5.0],
        ),
        (
            "suppressed behind a forced start",
            GenerationSettings { begin_suppress: vec![2], forced_bos: Some(3), ..plain.clone() },
            &[0, 3],
            [-1.0, -2.0, inf, -4.0, 5.0],
        ),
        ("suppressed", GenerationSettings { suppress: vec![2, 3], ..plain.clone() }, &[0], [-1.0, -2.0, inf, inf, 5.0]),
    ];
    let failures: Vec<_> = rows
        .into_iter()
        .filter_map(|(name, settings, ids, wanted)| {
            let mut scores = [-1.0, -2.0, 3.0, -4.0, 5.0];
            processors::apply(&settings, ids, &mut FullRow(&mut scores));
            (scores != wanted).then_some((name, scores, wanted))
        })
        .collect();
    assert!(failures.is_empty(), "{failures:?}");
}
