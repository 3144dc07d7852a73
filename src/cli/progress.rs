//! What a run shows while it works, on stderr: a bar on a terminal, a plain line now and then elsewhere, nothing
//! with `-q`; and the closing summary.

use super::tally::{Note, SHOWN, Tally, kinds};
use crate::pipeline::Event;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

/// Between two plain lines.
const PLAIN_INTERVAL: Duration = Duration::from_secs(30);
/// The bar is drawn this often at most: a run with nothing to do has thousands of events a second.
const BAR_INTERVAL: Duration = Duration::from_millis(100);

/// Shows what a [`Tally`] counts.
pub struct Progress {
    quiet: bool,
    bar: Option<ProgressBar>,
    last_shown: Instant,
    /// The counts.
    pub tally: Tally,
}

/// How the closing summary ends.
pub struct Closing<'c> {
    /// Where the output is.
    pub out_dir: &'c std::path::Path,
    /// Where the failures are listed, if there are any.
    pub failed_list: Option<std::path::PathBuf>,
    /// What to do now.
    pub next: String,
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
        Self { quiet, bar, last_shown: Instant::now(), tally: Tally::new(total) }
    }

    /// Takes one event of the pipeline.
    pub fn observe(&mut self, event: Event) {
        self.tally.observe(event);
        let waited = self.last_shown.elapsed();
        if let Some(bar) = self.bar.as_ref().filter(|_| waited >= BAR_INTERVAL) {
            self.last_shown = Instant::now();
            if let Some(total) = self.tally.total {
                bar.set_length(total as u64);
            }
            bar.set_position(self.tally.ended() as u64);
            bar.set_message(line(&self.tally));
        } else if self.bar.is_none() && !self.quiet && waited >= PLAIN_INTERVAL {
            self.last_shown = Instant::now();
            let total = self.tally.total.map_or(String::new(), |total| format!(" of {total}"));
            eprintln!("{}{total} articles, {}", self.tally.ended(), line(&self.tally));
        }
    }

    /// Takes the bar off the screen.
    pub fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// The closing summary. Failures are told even with `-q`: they are errors.
    pub fn summarize(&self, closing: &Closing) {
        let tally = &self.tally;
        for note in by_path(&tally.failures) {
            eprintln!("failed: {}: {}", printable(&note.path), printable(&note.text));
            if let Some(hint) = &note.hint {
                eprintln!("  hint: {hint}");
            }
        }
        more("failed", tally.failed_count());
        if self.quiet {
            return;
        }
        for note in by_path(&tally.skips) {
            eprintln!("skipped: {}: {}", printable(&note.path), printable(&note.text));
        }
        more("skipped", tally.skipped_count());
        if tally.nothing_to_do() {
            eprintln!("nothing to do: {} up to date, {}", tally.up_to_date, kinds("skipped", &tally.skipped));
        } else {
            self.table(closing);
        }
        eprintln!("output     {}", printable(&closing.out_dir.display().to_string()));
        eprintln!("next       {}", printable(&closing.next));
    }

    fn table(&self, closing: &Closing) {
        let tally = &self.tally;
        let seconds = tally.seconds();
        eprintln!(
            "done       {} briefed ({} with warnings), {} rendered, {} up to date in {seconds:.1} s",
            tally.briefed, tally.with_warnings, tally.rendered, tally.up_to_date
        );
        eprintln!("left out   {}", kinds("skipped", &tally.skipped));
        let list = closing.failed_list.as_ref().map_or(String::new(), |path| format!(": {}", path.display()));
        eprintln!("failures   {}{}", kinds("failed", &tally.failed), printable(&list));
        if let Some(rate) = tally.tokens_per_second() {
            eprintln!(
                "speed      {} words, {} texts ({} by the model), {rate:.1} tokens/s",
                tally.words, tally.texts_done, tally.texts_decoded
            );
        }
        for (index, slow) in tally.slowest.iter().enumerate() {
            let label = if index == 0 { "slowest" } else { "" };
            eprintln!("{label:10} {:.1} s for {} words: {}", slow.seconds, slow.words, printable(&slow.path));
        }
    }
}

/// Several threads write; what they tell comes in any order.
fn by_path(notes: &[Note]) -> Vec<&Note> {
    let mut sorted: Vec<&Note> = notes.iter().collect();
    sorted.sort_by(|one, other| one.path.cmp(&other.path));
    sorted
}

/// `120/300 texts, 45.0 tokens/s, 1 failed, 5 min left`.
fn line(tally: &Tally) -> String {
    let mut line = format!("{}/{} texts", tally.texts_done, tally.texts_queued);
    if let Some(rate) = tally.tokens_per_second() {
        line += &format!(", {rate:.1} tokens/s");
    }
    if tally.failed_count() > 0 {
        line += &format!(", {} failed", tally.failed_count());
    }
    if let Some(seconds) = tally.seconds_left() {
        line += &format!(", {} left", duration(seconds));
    }
    line
}

/// `45 s`, `12 min`, `3 h 05 min`.
pub fn duration(seconds: f64) -> String {
    let minutes = (seconds / 60.0).round() as u64;
    match seconds {
        _ if seconds < 90.0 => format!("{} s", seconds.ceil() as u64),
        _ if minutes < 90 => format!("{minutes} min"),
        _ => format!("{} h {:02} min", minutes / 60, minutes % 60),
    }
}

/// `1 text`, `2 texts`.
pub fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn more(what: &str, count: usize) {
    if count > SHOWN {
        eprintln!("{what}: {} more", count - SHOWN);
    }
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
    fn durations_are_told_as_one_says_them() {
        let rows = [(0.2, "1 s"), (45.0, "45 s"), (95.0, "2 min"), (3600.0, "60 min"), (11_100.0, "3 h 05 min")];
        for (seconds, expected) in rows {
            assert_eq!(duration(seconds), expected, "{seconds}");
        }
    }
}
