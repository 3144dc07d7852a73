//! What a run shows while it works, on stderr: a bar on a terminal, a plain line now and then elsewhere, nothing
//! with `-q`; and the closing summary.

use crate::pipeline::{Event, Outcome};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

/// Between two plain lines.
const PLAIN_INTERVAL: Duration = Duration::from_secs(10);
/// Failures and skips shown one by one in the closing summary; the rest is counted.
const SHOWN: usize = 20;

/// An input that was not briefed, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    path: String,
    text: String,
    hint: Option<String>,
}

/// Counts and shows what the pipeline tells.
pub struct Progress {
    quiet: bool,
    bar: Option<ProgressBar>,
    started: Instant,
    last_line: Instant,
    /// Articles expected, if known.
    total: Option<usize>,
    units_queued: usize,
    units_done: usize,
    tokens_out: usize,
    briefed: usize,
    with_warnings: usize,
    rendered: usize,
    up_to_date: usize,
    skipped: BTreeMap<&'static str, usize>,
    failed: BTreeMap<&'static str, usize>,
    skips: Vec<Note>,
    failures: Vec<Note>,
}

impl Progress {
    /// `total`: how many articles there are, if that is known.
    pub fn new(total: Option<usize>, quiet: bool) -> Self {
        let bar = (!quiet && stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new(total.unwrap_or(0) as u64);
            let template = "{bar:30} {pos}/{len} articles  {msg}  {elapsed}";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(250));
            bar
        });
        let now = Instant::now();
        Self {
            quiet,
            bar,
            started: now,
            last_line: now,
            total,
            units_queued: 0,
            units_done: 0,
            tokens_out: 0,
            briefed: 0,
            with_warnings: 0,
            rendered: 0,
            up_to_date: 0,
            skipped: BTreeMap::new(),
            failed: BTreeMap::new(),
            skips: Vec::new(),
            failures: Vec::new(),
        }
    }

    /// Takes one event of the pipeline.
    pub fn observe(&mut self, event: Event) {
        match event {
            Event::Queued { units } => self.units_queued += units,
            Event::Batch(done) => {
                self.units_done += done.units;
                self.tokens_out += done.tokens_out;
            }
            Event::Ended { path, outcome } => self.end(path, outcome),
        }
        let message = self.rate();
        if let Some(bar) = &self.bar {
            bar.set_position(self.ended() as u64);
            bar.set_message(message);
        } else if !self.quiet && self.last_line.elapsed() >= PLAIN_INTERVAL {
            self.last_line = Instant::now();
            let total = self.total.map_or(String::new(), |total| format!(" of {total}"));
            eprintln!("{}{total} articles, {message}", self.ended());
        }
    }

    fn end(&mut self, path: String, outcome: Outcome) {
        match outcome {
            Outcome::Briefed { warnings } => {
                self.briefed += 1;
                self.with_warnings += usize::from(warnings > 0);
            }
            Outcome::Rendered => self.rendered += 1,
            Outcome::UpToDate => self.up_to_date += 1,
            Outcome::Skipped { kind, reason } => {
                *self.skipped.entry(kind).or_default() += 1;
                if self.skips.len() < SHOWN {
                    self.skips.push(Note { path, text: reason, hint: None });
                }
            }
            Outcome::Failed { kind, message, hint } => {
                *self.failed.entry(kind).or_default() += 1;
                if self.failures.len() < SHOWN {
                    self.failures.push(Note { path, text: message, hint });
                }
            }
        }
    }

    fn ended(&self) -> usize {
        let counted: usize = self.skipped.values().chain(self.failed.values()).sum();
        self.briefed + self.rendered + self.up_to_date + counted
    }

    fn rate(&self) -> String {
        let seconds = self.started.elapsed().as_secs_f64().max(1e-3);
        let tokens_per_second = self.tokens_out as f64 / seconds;
        let failed: usize = self.failed.values().sum();
        let failures = if failed > 0 { format!(", {failed} failed") } else { String::new() };
        format!("{}/{} texts, {tokens_per_second:.1} tokens/s{failures}", self.units_done, self.units_queued)
    }

    /// Articles that failed.
    pub fn failed(&self) -> usize {
        self.failed.values().sum()
    }

    /// Nothing had to be written.
    pub fn nothing_to_do(&self) -> bool {
        self.briefed + self.rendered == 0 && self.failed() == 0
    }

    /// Takes the bar off the screen.
    pub fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// The closing summary. Failures are told even with `-q`: they are errors.
    pub fn summarize(&self, out_dir: &std::path::Path) {
        for note in &self.failures {
            eprintln!("failed: {}: {}", printable(&note.path), printable(&note.text));
            if let Some(hint) = &note.hint {
                eprintln!("  hint: {hint}");
            }
        }
        more("failed", self.failed(), self.failures.len());
        if self.quiet {
            return;
        }
        for note in &self.skips {
            eprintln!("skipped: {}: {}", printable(&note.path), printable(&note.text));
        }
        more("skipped", self.skipped.values().sum(), self.skips.len());
        if self.nothing_to_do() {
            eprintln!("nothing to do: {} up to date, {} skipped", self.up_to_date, kinds(&self.skipped));
        } else {
            let seconds = self.started.elapsed().as_secs_f64();
            eprintln!(
                "{} briefed ({} with warnings), {} rendered, {} up to date, {} skipped, {} failed in {seconds:.1} s",
                self.briefed,
                self.with_warnings,
                self.rendered,
                self.up_to_date,
                kinds(&self.skipped),
                kinds(&self.failed),
            );
        }
        eprintln!("briefings: {}", printable(&out_dir.display().to_string()));
    }
}

fn more(what: &str, count: usize, shown: usize) {
    if count > shown {
        eprintln!("{what}: {} more", count - shown);
    }
}

/// `3 (not_arabic 2, unknown_type 1)`.
fn kinds(counts: &BTreeMap<&'static str, usize>) -> String {
    let total: usize = counts.values().sum();
    if total == 0 {
        return "0".into();
    }
    let list: Vec<_> = counts.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    format!("{total} ({})", list.join(", "))
}

/// Names and messages come from the input: controls and bidi marks are shown as escapes on a terminal.
pub fn printable(text: &str) -> String {
    let is_bidi =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars()
        .map(|c| if c.is_control() || is_bidi(c) { c.escape_unicode().to_string() } else { c.to_string() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_of_file_names_do_not_reach_the_terminal() {
        assert_eq!(printable("a\u{1b}[31m\u{202e}خبر"), "a\\u{1b}[31m\\u{202e}خبر");
    }

    #[test]
    fn outcomes_are_counted_by_kind() {
        let mut progress = Progress::new(Some(4), true);
        let end = |path: &str, outcome| Event::Ended { path: path.into(), outcome };
        progress.observe(end("a", Outcome::Briefed { warnings: 1 }));
        progress.observe(end("b", Outcome::Skipped { kind: "not_arabic", reason: "it is French".into() }));
        progress.observe(end("c", Outcome::Skipped { kind: "not_arabic", reason: "it is French".into() }));
        progress.observe(end("d", Outcome::Failed { kind: "empty", message: "no text".into(), hint: None }));
        assert_eq!(progress.ended(), 4);
        assert_eq!(progress.failed(), 1);
        assert_eq!(kinds(&progress.skipped), "2 (not_arabic 2)");
    }
}
