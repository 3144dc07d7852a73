//! `mujaz bench`: how fast an encoder-decoder model decodes on this machine, and where the time goes.

use super::engine::{BenchModel, DtypeName};
use super::failure::Failure;
use super::{Globals, config, engine, memory, output_end};
use crate::seq2seq::Seq2SeqTranslator;
use crate::translate::Translator;
use anyhow::{Context, anyhow};
use clap::Args;
use serde::Serialize;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

const EXAMPLES: &str = "\
Examples:
  mujaz bench --model opus-mt-ar-en --beams 4 --profile
  mujaz bench --model opus-mt-ar-en/ --dtype f32 --sentences 128 --ratio 1.1 --json
  mujaz bench --model opus-mt-ar-en/ --quality";

/// Flags of `mujaz bench`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct BenchArgs {
    /// Encoder-decoder model by name, Hub id or folder
    #[arg(long, value_name = "ID|DIR")]
    model: String,
    /// Number type; auto: int8 where the processor is good at it
    #[arg(long, value_enum, default_value_t)]
    dtype: DtypeName,
    /// Beams of the search [default: the model's own setting]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64))]
    beams: Option<u8>,
    /// Threads [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    workers: Option<u16>,
    /// Sources, of ids by chance
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    sentences: u32,
    /// Tokens of the shortest and of the longest source
    #[arg(long, value_name = "N", num_args = 2, default_values_t = [16, 48], value_parser = clap::value_parser!(u32).range(1..=4096))]
    source_tokens: Vec<u32>,
    /// Sources from a file instead: in each line a JSON list of ids, the end of the sequence included
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sentences", "source_tokens"])]
    ids: Option<PathBuf>,
    /// Tokens that are decoded for each source, no more and no fewer
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=4096))]
    tokens: u32,
    /// Instead: as many as this times the tokens of the source
    #[arg(long, value_name = "X", conflicts_with = "tokens")]
    ratio: Option<f64>,
    /// Each source by itself, one after the other: how long one takes
    #[arg(long)]
    one_by_one: bool,
    /// Times that all is decoded; the median counts
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=100))]
    runs: u16,
    /// Where the time goes, by part
    #[arg(long)]
    profile: bool,
    /// Instead of speed: how far int8 is from f32 on the first logits and on greedy tokens
    #[arg(long, conflicts_with_all = ["profile", "runs", "ratio", "dtype", "beams", "one_by_one"])]
    quality: bool,
    /// One JSON record
    #[arg(long)]
    json: bool,
}

/// What was measured.
#[derive(Debug, Serialize)]
struct SpeedRecord {
    model: String,
    dtype: String,
    device: String,
    workers: usize,
    beams: usize,
    sentences: usize,
    tokens_in: usize,
    /// Of the best sequences of one run, their ends included.
    tokens_out: usize,
    /// Reading and packing of the weights.
    load_seconds: f64,
    /// Of each run.
    seconds: Vec<f64>,
    /// Of the median run.
    tokens_per_second: f64,
    sentences_per_second: f64,
    /// Most memory of the process until the weights were there; null where the system does not say.
    load_peak_memory_mb: Option<u64>,
    /// The same until the end.
    peak_memory_mb: Option<u64>,
    /// Only with `--profile`; null for models that run on tensors, where nothing is counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<Option<Vec<PartRecord>>>,
}

/// One part of the work.
#[derive(Debug, Serialize)]
struct PartRecord {
    part: &'static str,
    /// Summed over threads.
    seconds: f64,
    /// Of all parts together.
    share: f64,
}

/// How far int8 is from f32.
#[derive(Debug, Serialize)]
struct QualityRecord {
    model: String,
    sentences: usize,
    /// Of each source the largest difference of the first logits, relative to the largest f32 logit: the median.
    first_logits_error_median: f64,
    /// The largest.
    first_logits_error_largest: f64,
    /// Of each source the length of the difference of the first logits, relative to that of the f32 logits: the median.
    first_logits_distance_median: f64,
    /// Places at which greedy search gives the same token.
    same_greedy_tokens: f64,
    /// Sources whose greedy tokens are all the same.
    same_greedy_sequences: f64,
    tokens_compared: usize,
}

/// Runs `mujaz bench`.
///
/// # Errors
/// [`Failure`] for a model that can't be used or is no encoder-decoder model, and for sources that can't be read.
pub fn run(args: &BenchArgs, globals: &Globals) -> Result<ExitCode, Failure> {
    let config = config::load(globals.config.as_deref())?;
    let load = |dtype, beams| {
        let model = BenchModel { name: args.model.clone(), dtype, beams, workers: args.workers };
        engine::encoder_decoder_model(model, &config, globals)
    };
    let text = if args.quality {
        let beams = Some(1);
        let record = quality(args, &load(DtypeName::F32, beams)?, &load(DtypeName::Int8, beams)?)?;
        output(&record, args.json, QualityRecord::text)?
    } else {
        let translator = load(args.dtype, args.beams)?;
        let record = speed(args, &translator)?;
        output(&record, args.json, SpeedRecord::text)?
    };
    Ok(output_end(writeln!(std::io::stdout(), "{text}"))?.unwrap_or(ExitCode::SUCCESS))
}

fn output<R: Serialize>(record: &R, json: bool, text: impl Fn(&R) -> String) -> Result<String, Failure> {
    if json { serde_json::to_string(record).map_err(Failure::temporary) } else { Ok(text(record)) }
}

fn speed(args: &BenchArgs, translator: &Seq2SeqTranslator) -> Result<SpeedRecord, Failure> {
    let load_peak_memory_mb = peak_memory_mb();
    let sources = sources(args, translator)?;
    let lengths: Vec<usize> = sources.iter().map(|source| args.length(source.len())).collect();
    // What is made once (threads, room) is made before the clock starts.
    let few = sources.len().min(2);
    decode(translator, &sources[..few], &lengths[..few])?;
    let profile = args.profile.then(|| translator.engine().profile());
    let before = profile.flatten().map(|profile| profile.seconds());
    let mut tokens_out = 0;
    let mut seconds = Vec::new();
    for _ in 0..args.runs {
        let start = Instant::now();
        tokens_out = match args.one_by_one {
            false => decode(translator, &sources, &lengths)?,
            true => {
                let single = |(source, length)| decode(translator, std::slice::from_ref(source), &[length]);
                sources.iter().zip(lengths.iter().copied()).map(single).sum::<Result<usize, Failure>>()?
            }
        };
        seconds.push(start.elapsed().as_secs_f64());
    }
    let median = median(&seconds);
    let parts = profile.map(|profile| {
        let (after, before) = (profile?.seconds(), before?);
        let spent = || after.iter().zip(before).map(|((part, after), (_, before))| (part.name(), after - before));
        let total: f64 = spent().map(|(_, seconds)| seconds).sum();
        Some(spent().map(|(part, seconds)| PartRecord { part, seconds, share: seconds / total }).collect())
    });
    let info = translator.info();
    Ok(SpeedRecord {
        model: info.identity.model.clone(),
        dtype: info.identity.dtype.clone(),
        device: info.device.clone(),
        workers: translator.workers(),
        beams: translator.settings().beams,
        sentences: sources.len(),
        tokens_in: sources.iter().map(Vec::len).sum(),
        tokens_out,
        load_seconds: translator.load_time().as_secs_f64(),
        seconds,
        tokens_per_second: tokens_out as f64 / median,
        sentences_per_second: sources.len() as f64 / median,
        load_peak_memory_mb,
        peak_memory_mb: peak_memory_mb(),
        profile: parts,
    })
}

fn quality(args: &BenchArgs, f32: &Seq2SeqTranslator, int8: &Seq2SeqTranslator) -> Result<QualityRecord, Failure> {
    let sources = sources(args, f32)?;
    let start = [f32.settings().start];
    let (mut largest, mut distances) = (Vec::new(), Vec::new());
    for source in &sources {
        let logits =
            |translator: &Seq2SeqTranslator| translator.engine().logits(source, &start).map_err(Failure::model);
        let (wanted, found) = (logits(f32)?, logits(int8)?);
        // What a checkpoint rules out has no logit to compare.
        let pairs = || wanted.iter().zip(&found).filter(|(a, _)| a.is_finite());
        let peak = pairs().map(|(a, _)| f64::from(a.abs())).fold(0.0, f64::max);
        let off = pairs().map(|(a, b)| f64::from((a - b).abs())).fold(0.0, f64::max);
        let length = |of: &dyn Fn(f64, f64) -> f64| -> f64 {
            pairs().map(|(a, b)| of(f64::from(*a), f64::from(*b)).powi(2)).sum::<f64>().sqrt()
        };
        largest.push(off / peak);
        distances.push(length(&|a, b| a - b) / length(&|a, _| a));
    }
    let lengths = vec![args.tokens as usize; sources.len()];
    let (wanted, found) = (sequences(f32, &sources, &lengths)?, sequences(int8, &sources, &lengths)?);
    // The start and the end are forced.
    let middle = |ids: &[u32]| ids[1..ids.len() - 1].to_vec();
    let pairs: Vec<(Vec<u32>, Vec<u32>)> = wanted.iter().zip(&found).map(|(a, b)| (middle(a), middle(b))).collect();
    let compared: usize = pairs.iter().map(|(a, _)| a.len()).sum();
    let same: usize = pairs.iter().map(|(a, b)| a.iter().zip(b).filter(|(a, b)| a == b).count()).sum();
    let whole = pairs.iter().filter(|(a, b)| a == b).count();
    Ok(QualityRecord {
        model: f32.info().identity.model.clone(),
        sentences: sources.len(),
        first_logits_error_median: median(&largest),
        first_logits_error_largest: largest.iter().copied().fold(0.0, f64::max),
        first_logits_distance_median: median(&distances),
        same_greedy_tokens: same as f64 / compared as f64,
        same_greedy_sequences: whole as f64 / sources.len() as f64,
        tokens_compared: compared,
    })
}

impl BenchArgs {
    /// Tokens to be decoded for a source of `tokens`.
    fn length(&self, tokens: usize) -> usize {
        match self.ratio {
            Some(ratio) => ((tokens as f64 * ratio).round() as usize).max(1),
            None => self.tokens as usize,
        }
    }
}

/// From the file, or ids by chance, the same at each run.
fn sources(args: &BenchArgs, translator: &Seq2SeqTranslator) -> Result<Vec<Vec<u32>>, Failure> {
    let vocabulary = translator.source_vocabulary();
    let most = translator.limits().max_source_tokens;
    let sources = match &args.ids {
        Some(path) => from_file(path).map_err(Failure::usage)?,
        None => by_chance(args, vocabulary as u32)?,
    };
    for (index, source) in sources.iter().enumerate() {
        if source.is_empty() || source.len() > most {
            let message = format!("source {} has {} tokens; the model takes 1 to {most}", index + 1, source.len());
            return Err(Failure::usage(anyhow!(message)));
        }
        if let Some(id) = source.iter().find(|&&id| id as usize >= vocabulary) {
            let message = format!("source {} holds the id {id}; the vocabulary has {vocabulary}", index + 1);
            return Err(Failure::usage(anyhow!(message)));
        }
    }
    if sources.is_empty() {
        return Err(Failure::usage(anyhow!("there are no sources")));
    }
    Ok(sources)
}

fn from_file(path: &std::path::Path) -> anyhow::Result<Vec<Vec<u32>>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))?;
    let line = |(index, line)| {
        serde_json::from_str(line).with_context(|| format!("{}: line {}: no list of ids", path.display(), index + 1))
    };
    text.lines().enumerate().map(line).collect()
}

fn by_chance(args: &BenchArgs, vocabulary: u32) -> Result<Vec<Vec<u32>>, Failure> {
    let &[shortest, longest] = args.source_tokens.as_slice() else {
        return Err(Failure::usage(anyhow!("--source-tokens takes two numbers")));
    };
    if shortest > longest {
        return Err(Failure::usage(anyhow!("--source-tokens {shortest} {longest}: the first is the larger")));
    }
    let mut state = 1_u32;
    let mut random = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((u64::from(state) * u64::from(below)) >> 32) as u32
    };
    let source = |_| {
        let length = shortest + random(longest - shortest + 1);
        (0..length).map(|_| random(vocabulary)).collect()
    };
    Ok((0..args.sentences).map(source).collect())
}

/// The best sequence of each source.
fn sequences(
    translator: &Seq2SeqTranslator,
    sources: &[Vec<u32>],
    lengths: &[usize],
) -> Result<Vec<Vec<u32>>, Failure> {
    let decoded = translator.decode_to_lengths(sources, lengths).map_err(|error| Failure::usage(anyhow!(error)))?;
    let mut all = vec![Vec::new(); sources.len()];
    for (indices, sequences) in decoded {
        for (index, sequences) in indices.into_iter().zip(sequences.map_err(Failure::model)?) {
            all[index] = sequences.into_iter().next().map(|sequence| sequence.ids).unwrap_or_default();
            if all[index].len() != lengths[index] + 1 {
                let message = format!("source {} was decoded to {} tokens", index + 1, all[index].len());
                return Err(Failure::model(anyhow!("{message}, {} were asked for", lengths[index] + 1)));
            }
        }
    }
    Ok(all)
}

/// Tokens decoded.
fn decode(translator: &Seq2SeqTranslator, sources: &[Vec<u32>], lengths: &[usize]) -> Result<usize, Failure> {
    Ok(sequences(translator, sources, lengths)?.iter().map(|ids| ids.len() - 1).sum())
}

fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => sorted[count / 2],
        count => (sorted[count / 2 - 1] + sorted[count / 2]) / 2.0,
    }
}

impl SpeedRecord {
    fn text(&self) -> String {
        let memory = |mb: Option<u64>| mb.map_or("unknown".to_owned(), |mb| format!("{mb} MB"));
        let of_runs = match self.seconds.as_slice() {
            [one] => format!("{one:.2} s"),
            all => {
                let (least, most) = all.iter().fold((f64::MAX, 0_f64), |(a, b), x| (a.min(*x), b.max(*x)));
                format!("median of {} runs of {least:.2} to {most:.2} s", all.len())
            }
        };
        let mut text = format!(
            "{} in {} on {}, {} workers, {} beams\n\
             {:.0} tokens/s, {:.2} sentences/s ({} sentences, {} tokens in, {} out; {of_runs})\n\
             weights read in {:.2} s; peak memory {}, {} until they were there",
            self.model,
            self.dtype,
            self.device,
            self.workers,
            self.beams,
            self.tokens_per_second,
            self.sentences_per_second,
            self.sentences,
            self.tokens_in,
            self.tokens_out,
            self.load_seconds,
            memory(self.peak_memory_mb),
            memory(self.load_peak_memory_mb),
        );
        match &self.profile {
            None => {}
            Some(None) => text += "\nno breakdown: this model runs operation by operation on tensors",
            Some(Some(parts)) => {
                for PartRecord { part, seconds, share } in parts {
                    text += &format!("\n{part:24} {:5.1} % {seconds:9.3} s", 100.0 * share);
                }
            }
        }
        text
    }
}

impl QualityRecord {
    fn text(&self) -> String {
        format!(
            "{}: int8 against f32 on {} sources\n\
             first logits: relative error {:.4} (median), {:.4} (largest); relative distance {:.4} (median)\n\
             greedy search: {:.1} % of {} tokens and {:.1} % of the sequences are the same",
            self.model,
            self.sentences,
            self.first_logits_error_median,
            self.first_logits_error_largest,
            self.first_logits_distance_median,
            100.0 * self.same_greedy_tokens,
            self.tokens_compared,
            100.0 * self.same_greedy_sequences,
        )
    }
}

fn peak_memory_mb() -> Option<u64> {
    memory::peak_bytes().map(|bytes| bytes >> 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        let rows: [(&[f64], f64); 3] = [(&[3.0], 3.0), (&[4.0, 1.0], 2.5), (&[9.0, 1.0, 2.0], 2.0)];
        for (numbers, wanted) in rows {
            assert_eq!(median(numbers), wanted);
        }
        assert!(median(&[]).is_nan());
    }
}
