//! `mujaz brief --dry-run`: reads everything, writes nothing, says what would be done and how long it may take.

use super::brief::{ledger_failure, store_failure};
use super::engine::{self, SummarizerPlan};
use super::failure::{Failure, SOME_FAILED};
use super::missing_model::MissingModel;
use super::progress::{counted, duration, printable};
use super::{memory, output_end, rates};
use crate::article::ingest::{Ingested, InputPlan};
use crate::article::{Article, sha256_hex};
use crate::border;
use crate::brief::signature;
use crate::ledger::{JobState, Ledger, OutputPath, Shard, StoredTranslations, default_state_dir, state_of};
use crate::pipeline::Analysed;
use crate::render::Format;
use crate::translate::store::TranslationStore;
use crate::translate::{LazyTranslator, Translator, Unit};
use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

/// What a run would be given.
pub struct DryRun<'d> {
    /// The articles.
    pub inputs: &'d InputPlan,
    /// Where the briefings would go.
    pub out_dir: &'d Path,
    /// The state folder, if one is named.
    pub state_dir: Option<&'d Path>,
    /// The articles of this machine.
    pub shard: Shard,
    /// Formats asked for.
    pub formats: &'d [Format],
    /// How summaries would be made.
    pub summarizer: Result<SummarizerPlan, MissingModel>,
    /// What is done would be done again.
    pub force: bool,
    /// The model.
    pub translator: Result<LazyTranslator, MissingModel>,
}

#[derive(Default)]
struct Counts {
    articles: usize,
    words: usize,
    skipped: usize,
    failed: usize,
    up_to_date: usize,
    /// Distinct texts of what is not up to date.
    texts: HashSet<u64>,
    /// Of these, translated by an earlier run.
    known: usize,
    /// Tokens of the others.
    tokens: usize,
}

/// Counts articles, words, texts and tokens, and names what would be left out.
///
/// # Errors
/// [`Failure`] for a model that is here and can't be loaded, and for a job store that can't be read.
pub fn run(plan: DryRun) -> Result<ExitCode, Failure> {
    let DryRun { inputs, out_dir, state_dir, shard, formats, summarizer, force, translator } = plan;
    let mut model_lines = Vec::new();
    let summarizer = summarizer.map_err(|missing| model_lines.extend(missing.lines("summarizer"))).ok();
    let lazy = translator.map_err(|missing| model_lines.extend(missing.lines("model"))).ok();
    let settings = lazy.as_ref().zip(summarizer).map(|(lazy, summarizer)| {
        let settings = summarizer.summarizer(lazy).settings();
        signature::settings_sha256(&lazy.info().identity, &settings, &signature::rules(), None)
    });
    let ledger = ledger_of(out_dir, state_dir)?;
    let stored = match (&lazy, &ledger) {
        (Some(lazy), Some(ledger)) => Some(ledger.translations(&lazy.info().identity, None).map_err(ledger_failure)?),
        _ => None,
    };
    let mut counting = Counting {
        out_dir,
        shard,
        formats,
        force,
        settings,
        engine: lazy.as_ref().map(engine::loaded).transpose()?,
        stored,
        counts: Counts::default(),
    };
    for ingested in inputs.articles() {
        counting.count(ingested)?;
    }
    let counts = counting.counts;
    let Counts { articles, words, skipped, failed, up_to_date, .. } = counts;
    let mut report = vec![format!(
        "{}, {}; {skipped} skipped, {failed} failed",
        counted(articles, "article"),
        counted(words, "word")
    )];
    if counting.settings.is_some() {
        report.push(format!("{up_to_date} up to date, {} to brief", articles - up_to_date));
    }
    match &lazy {
        Some(lazy) => report.extend(cost(lazy, &counts)),
        None => report.push(format!(
            "{} to translate, each distinct text once; tokens and time are not known without the model",
            counted(counts.texts.len(), "text")
        )),
    }
    report.extend(model_lines);
    if let Some(end) = output_end(writeln!(io::stdout(), "{}", report.join("\n")))? {
        return Ok(end);
    }
    Ok(if failed > 0 { ExitCode::from(SOME_FAILED) } else { ExitCode::SUCCESS })
}

/// The job store of the output folder, where there is one: it is looked into and no run begins.
fn ledger_of(out_dir: &Path, state_dir: Option<&Path>) -> Result<Option<Ledger>, Failure> {
    // A folder that is not there has no store yet.
    let Ok(out_dir) = out_dir.canonicalize() else { return Ok(None) };
    let state_dir = match state_dir {
        Some(state_dir) => state_dir.to_owned(),
        None => default_state_dir(&out_dir).map_err(ledger_failure)?,
    };
    Ledger::look_into(&state_dir, &out_dir).map_err(ledger_failure)
}

/// Goes through the articles.
struct Counting<'c> {
    out_dir: &'c Path,
    shard: Shard,
    formats: &'c [Format],
    force: bool,
    /// Known where all models are here.
    settings: Option<String>,
    engine: Option<&'c dyn Translator>,
    stored: Option<StoredTranslations<'c>>,
    counts: Counts,
}

impl Counting<'_> {
    fn count(&mut self, ingested: Ingested) -> Result<(), Failure> {
        match ingested {
            Ingested::Article(article) if self.shard.has(&article.text_sha256) => self.article(&article)?,
            Ingested::Skipped(left) if self.shard.has(&sha256_hex(&left.path)) => {
                self.counts.skipped += 1;
                eprintln!("would skip: {}: {}", printable(&left.path), left.reason);
            }
            Ingested::Failed(left) if self.shard.has(&sha256_hex(&left.path)) => {
                self.fails(&left.path, &left.message);
            }
            Ingested::Article(_) | Ingested::Skipped(_) | Ingested::Failed(_) => {}
        }
        Ok(())
    }

    fn fails(&mut self, path: &str, message: &str) {
        self.counts.failed += 1;
        eprintln!("would fail: {}: {}", printable(path), printable(message));
    }

    fn article(&mut self, article: &Article) -> Result<(), Failure> {
        self.counts.articles += 1;
        self.counts.words += article.words;
        let output = OutputPath::new(self.out_dir, &article.id);
        let is_done = self
            .settings
            .as_ref()
            .is_some_and(|settings| state_of(&output, &article.text_sha256, settings, self.formats) != JobState::Brief);
        if is_done && !self.force {
            self.counts.up_to_date += 1;
            return Ok(());
        }
        let units = match border::caught(|| Analysed::new(article).units.units) {
            Ok(units) => units,
            Err(panic) => {
                self.fails(&article.path, &panic.to_string());
                return Ok(());
            }
        };
        for unit in units {
            if !self.counts.texts.insert(short_hash(&unit)) {
                continue;
            }
            let known = match &mut self.stored {
                Some(stored) => stored.get(&unit).map_err(store_failure)?.is_some(),
                None => false,
            };
            if known {
                self.counts.known += 1;
            } else {
                self.counts.tokens += self.engine.map_or(0, |engine| engine.count_tokens(&unit.text));
            }
        }
        Ok(())
    }
}

/// Eight bytes a text: the texts themselves need not fit into memory.
fn short_hash(unit: &Unit) -> u64 {
    let mut hasher = DefaultHasher::new();
    unit.hash(&mut hasher);
    hasher.finish()
}

/// What the run would cost, line by line.
fn cost(lazy: &LazyTranslator, counts: &Counts) -> Vec<String> {
    let Counts { known, tokens, .. } = *counts;
    let new = counts.texts.len() - known;
    let stored = if known > 0 { format!("; {known} more are translated already") } else { String::new() };
    let mut lines = vec![
        format!("{} to translate, {tokens} tokens, each distinct text once{stored}", counted(new, "text")),
        format!("model: {} is on this machine; nothing would be downloaded", printable(&lazy.info().identity.model)),
    ];
    lines.extend(
        memory::peak_bytes()
            .map(|bytes| format!("memory: {:.2} GB with the model loaded; batches come on top", bytes as f64 / 1e9)),
    );
    lines.push(match rates::last(lazy.info()) {
        _ if tokens == 0 => "time: none for the model".to_owned(),
        Some(rate) if rate > 0.0 => {
            format!("time: {} at the last measured {rate:.1} tokens/s", duration(tokens as f64 / rate))
        }
        _ => "time: not known; no run of this model on this device was measured yet".to_owned(),
    });
    lines
}
