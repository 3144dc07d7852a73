//! `mujaz brief --dry-run`: reads everything, writes nothing, says what would be done and how long it may take.

use super::failure::{Failure, SOME_FAILED};
use super::output_end;
use super::progress::{duration, printable};
use super::run_facts::last_rate;
use crate::article::ingest::{Ingested, InputPlan};
use crate::article::{Title, sentences, sha256_hex};
use crate::brief::signature;
use crate::ledger::{JobState, OutputPath, Shard, state_of};
use crate::quotes;
use crate::render::Format;
use crate::summarize::Summarizer;
use crate::translate::units::ArticleUnits;
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
    /// The articles of this machine.
    pub shard: Shard,
    /// Formats asked for.
    pub formats: &'d [Format],
    /// The summary; `None` without a translator.
    pub summarizer: Option<&'d dyn Summarizer>,
    /// What is done would be done again.
    pub force: bool,
    /// The model if it is on this machine, else why not.
    pub translator: &'d Result<LazyTranslator, Failure>,
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
    tokens: usize,
}

/// Counts articles, words, texts and tokens, and names what would be left out.
///
/// # Errors
/// [`Failure`] for a model that is here and can't be loaded.
pub fn run(plan: &DryRun) -> Result<ExitCode, Failure> {
    let lazy = plan.translator.as_ref().ok();
    let engine = match lazy {
        Some(lazy) => Some(lazy.get().map_err(|error| {
            let hint = error.hint.clone();
            Failure::model(error).maybe_hint(hint)
        })?),
        None => None,
    };
    let settings = lazy.zip(plan.summarizer).map(|(lazy, summarizer)| {
        let identity = &lazy.info().identity;
        signature::settings_sha256(identity, &summarizer.settings(), &signature::rules(), None)
    });
    let mut counts = Counts::default();
    for ingested in plan.inputs.articles() {
        count(plan, ingested, settings.as_deref(), engine, &mut counts);
    }
    let Counts { articles, words, skipped, failed, .. } = counts;
    let mut report = vec![format!("{articles} articles, {words} words; {skipped} skipped, {failed} failed")];
    if settings.is_some() {
        report.push(format!("{} up to date, {} to brief", counts.up_to_date, articles - counts.up_to_date));
    }
    match (plan.translator, engine) {
        (Ok(lazy), Some(_)) => report.extend(cost(lazy, &counts)),
        (Err(failure), _) => {
            report.push(format!(
                "{} texts to translate; tokens, memory and time are not known without the model",
                counts.texts.len()
            ));
            report.push(format!("model: {}", printable(&format!("{:#}", failure.error))));
            report.extend(failure.hint.as_ref().map(|hint| format!("  hint: {hint}")));
        }
        (Ok(_), None) => {}
    }
    if let Some(end) = output_end(writeln!(io::stdout(), "{}", report.join("\n")))? {
        return Ok(end);
    }
    Ok(if failed > 0 { ExitCode::from(SOME_FAILED) } else { ExitCode::SUCCESS })
}

fn count(
    plan: &DryRun,
    ingested: Ingested,
    settings: Option<&str>,
    engine: Option<&dyn Translator>,
    counts: &mut Counts,
) {
    match ingested {
        Ingested::Article(article) if plan.shard.has(&article.text_sha256) => {
            counts.articles += 1;
            counts.words += article.words;
            let output = OutputPath::new(plan.out_dir, &article.id);
            let is_done = settings.is_some_and(|settings| {
                state_of(&output, &article.text_sha256, settings, plan.formats) != JobState::Brief
            });
            if is_done && !plan.force {
                counts.up_to_date += 1;
                return;
            }
            let title = match &article.title {
                Some(Title::InText(span)) => Some(*span),
                _ => None,
            };
            let sentences = sentences::split(&article.text, title);
            let units = ArticleUnits::new(&article, &sentences, &quotes::extract(&article.text, &sentences));
            for unit in units.units {
                if counts.texts.insert(short_hash(&unit)) {
                    counts.tokens += engine.map_or(0, |engine| engine.count_tokens(&unit.text));
                }
            }
        }
        Ingested::Skipped(left) if plan.shard.has(&sha256_hex(&left.path)) => {
            counts.skipped += 1;
            eprintln!("would skip: {}: {}", printable(&left.path), left.reason);
        }
        Ingested::Failed(left) if plan.shard.has(&sha256_hex(&left.path)) => {
            counts.failed += 1;
            eprintln!("would fail: {}: {}", printable(&left.path), left.message);
        }
        Ingested::Article(_) | Ingested::Skipped(_) | Ingested::Failed(_) => {}
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
    let mut lines = vec![
        format!("{} texts to translate, {} tokens, each distinct text once", counts.texts.len(), counts.tokens),
        format!("model: {} is on this machine; nothing would be downloaded", printable(&lazy.info().identity.model)),
    ];
    lines.extend(
        peak_memory_gigabytes()
            .map(|gigabytes| format!("memory: {gigabytes:.2} GB with the model loaded; batches come on top")),
    );
    lines.push(match last_rate(lazy.info()) {
        Some(rate) if rate > 0.0 => {
            format!("time: {} at the last measured {rate:.1} tokens/s", duration(counts.tokens as f64 / rate))
        }
        _ => "time: not known; no run of this model on this device was measured yet".to_owned(),
    });
    lines
}

/// The most memory that this process has held, where the system tells it.
fn peak_memory_gigabytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024.0 / 1e9)
}
